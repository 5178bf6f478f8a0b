"""The graph side of policykg: model, ontology, store, questions, chains, view, API and command line."""
