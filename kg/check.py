"""All checks of a store at once: the shapes on every document's graph, the integrity rules on the whole, and what was
found odd while tables were read."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from io import BytesIO

import pyoxigraph as ox
from rdflib import Graph as RdfGraph

from kg import inference, queries
from kg.iris import INFERRED, document_iri
from kg.model import Finding, Severity
from kg.ontology import Ontology
from kg.shapes import validate
from kg.store import Store


def findings(store: Store, ontology: Ontology, shown: Callable[[Sequence[str]], Iterable[str]] = iter) -> list[Finding]:
    """What is wrong with the store, violations first; empty where nothing is.

    Shapes are checked document by document (about 3 s per 1,000 statements), because a document's graph holds all
    that its statements need; what only shows between documents is left to `queries/checks/`. `shown` passes the
    documents on, one after the other, and may show how far it has come.
    """
    found = [finding for source in shown(store.sources()) for finding in validate(_graph(store, source), ontology)]
    found += queries.findings(store, ontology)
    found += [finding for source in store.sources() for finding in data_findings(store, source)]
    if not _is_current(store, ontology):
        found.append(_OUTDATED)
    return sorted(dict.fromkeys(found), key=lambda f: (_ORDER[f.severity], f.rule, f.focus))


def _is_current(store: Store, ontology: Ontology) -> bool:
    try:
        return inference.is_current(store, ontology)
    except ValueError:
        # data so broken that nothing follows from it; the shapes say how
        return False


_ORDER: dict[Severity, int] = {"violation": 0, "warning": 1, "info": 2}


def data_findings(store: Store, source: str) -> Iterator[Finding]:
    """What was found odd while the tables of a document were read, each with the table's name. Raises NotFound."""
    for order, table in enumerate(store.tables(source)):
        name = table.label or f"#{order + 1}"
        for number, found in enumerate(table.findings):
            focus = f"{document_iri(source)}#t{order}-f{number}"
            zh, en = f"{source} {name}：{found.message_zh}", f"{source} {name}: {found.message_en}"
            yield Finding(found.rule, found.severity, focus, zh, en)


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
