"""The analyses that policy research asks for, each a module that gives one or more `form.Analysis`; `kg.analysis` lists
them. What counts for what is data, in `ontology/analyses.toml`."""
