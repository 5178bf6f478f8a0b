"""All checks of a store at once: the shapes on every document's graph, and the integrity rules on the whole."""

from io import BytesIO

import pyoxigraph as ox
from rdflib import Graph as RdfGraph

from kg import inference, queries
from kg.iris import INFERRED
from kg.model import Finding
from kg.ontology import Ontology
from kg.shapes import validate
from kg.store import Store


def findings(store: Store, ontology: Ontology) -> list[Finding]:
    """What is wrong with the store, violations first; empty where nothing is.

    Shapes are checked document by document (about 4 s per 1,000 statements), because a document's graph holds all
    that its statements need; what only shows between documents is left to `queries/checks/`.
    """
    found = [finding for source in store.sources() for finding in validate(_graph(store, source), ontology)]
    found += queries.findings(store, ontology)
    if not inference.is_current(store, ontology):
        found.append(_OUTDATED)
    return sorted(dict.fromkeys(found), key=lambda f: (f.severity != "violation", f.rule, f.focus))


_OUTDATED = Finding(
    "inference-not-current",
    "warning",
    INFERRED,
    "推断图与各文献的陈述不符（上次导入可能中断）：请再次运行 kg ingest，未变的文献不会重读。",
    "The inferred statements are not what follows from the documents (perhaps ingesting was cut short): run kg ingest "
    "again; what has not changed is not read again.",
)


def _graph(store: Store, source: str) -> RdfGraph:
    """The document's graph for rdflib: written and parsed at once, which is faster than reading it triple by triple."""
    buffer = BytesIO()
    ox.serialize((quad.triple for quad in store.graph(source)), buffer, format=ox.RdfFormat.N_TRIPLES)
    return RdfGraph().parse(data=buffer.getvalue(), format="nt")
