"""Writing a store out: JSON Lines for programs, RDF for other stores, GraphML for Gephi and the like.

Every format has a fixed order, so that two exports of the same content are equal. All but GraphML hold at most one
document in memory at a time.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from decimal import Decimal
from itertools import groupby
from typing import Any, BinaryIO, Literal, get_args

import pyoxigraph as ox

from kg import rdf
from kg.context import context, names
from kg.errors import QueryError
from kg.iris import ENTITY, PREFIXES
from kg.model import Assertion, Entity, Evidence, Mention
from kg.store import Store

Format = Literal["jsonl", "trig", "nquads", "turtle", "jsonld", "graphml"]
FORMATS: tuple[Format, ...] = get_args(Format)


def write(store: Store, format: str, stream: BinaryIO) -> None:
    """Write all that the store holds to a binary stream, in UTF-8.

    `jsonl`: one object a line, of the kinds `entity`, `mention`, `assertion`. `trig` and `nquads`: every quad, also
    what was inferred, and the merges, in their own graphs. `turtle` and `jsonld`: all that documents state in one
    graph. `graphml`: entities and statements as a network.
    Raises QueryError for another format.
    """
    if format not in _WRITERS:
        raise QueryError(f"there is no export format {format!r}: choose one of {', '.join(FORMATS)}")
    _WRITERS[format](store, stream)


# ---- JSON Lines


def _write_jsonl(store: Store, stream: BinaryIO) -> None:
    for row in _rows(store):
        stream.write(json.dumps(row, ensure_ascii=False).encode("utf-8") + b"\n")


def _rows(store: Store) -> Iterator[dict[str, Any]]:
    yield from map(entity_row, store.entities())
    for source in store.sources():
        extraction = store.extraction(source)
        yield from map(mention_row, extraction.mentions)
        yield from map(assertion_row, extraction.assertions)


def entity_row(entity: Entity) -> dict[str, Any]:
    """An entity as plain JSON; `label` is the Chinese one where there is one."""
    return {
        "kind": "entity",
        "id": entity.id,
        "iri": ENTITY + entity.id,
        "type": entity.type,
        "label": entity.label(),
        "labels": {"zh": entity.label_zh, "en": entity.label_en},
        "aliases": list(entity.aliases),
        "country": entity.country,
    }


def mention_row(mention: Mention) -> dict[str, Any]:
    """A mention as plain JSON; offsets are code points of the document, end exclusive."""
    span = mention.span
    return {
        "kind": "mention",
        "entity": mention.entity,
        "source": mention.source,
        "start": span.start,
        "end": span.end,
        "quote": span.quote,
    }


def assertion_row(assertion: Assertion) -> dict[str, Any]:
    """A statement as plain JSON; `confidence` is its belief."""
    return {
        "kind": "assertion",
        "id": assertion.id,
        "s": assertion.subject,
        "p": assertion.predicate,
        "o": assertion.object,
        "modality": assertion.modality,
        "time": assertion.time,
        "value": assertion.value,
        "qualifiers": qualifier_row(assertion),
        "confidence": assertion.belief,
        "evidence": [row for evidence in assertion.evidence for row in evidence_rows(evidence)],
    }


def qualifier_row(assertion: Assertion) -> dict[str, Any]:
    """What qualifies a statement beyond its words for time and value, as plain JSON; only what is known."""
    row = dict(assertion.qualifiers)
    if period := assertion.period:
        row["period"] = {**asdict(period), "text": period.text()}
    if quantity := assertion.quantity:
        numbers = {"low": _number(quantity.low), "high": _number(quantity.high)}
        row["quantity"] = {**asdict(quantity), **numbers, "text": quantity.text()}
    return row


def _number(number: Decimal) -> int | float:
    return int(number) if number == number.to_integral_value() else float(number)


def evidence_rows(evidence: Evidence) -> list[dict[str, Any]]:
    """Evidence as plain JSON: one row for each stretch of the sentence, all with the same `sentence`; `cites` are the
    labels of the document's references that the clause cites."""
    shared: dict[str, Any] = {
        "section": evidence.section,
        "page": evidence.page,
        "rule": evidence.rule,
        "confidence": evidence.confidence,
        "cites": list(evidence.cites),
    }
    sentence = f"{evidence.source}#{evidence.spans[0].start}"
    return [
        {"source": evidence.source, "start": s.start, "end": s.end, "quote": s.quote, **shared, "sentence": sentence}
        for s in evidence.spans
    ]


# ---- RDF


def _write_dataset(format_: ox.RdfFormat) -> Callable[[Store, BinaryIO], None]:
    def write_(store: Store, stream: BinaryIO) -> None:
        documents = (store.graph(source) for source in (None, *store.sources()))
        graphs = (*documents, store.inferred(), store.decided())
        quads = (quad for graph in graphs for quad in sorted(graph, key=str))
        ox.serialize(quads, stream, format=format_, prefixes=PREFIXES)

    return write_


def _write_turtle(store: Store, stream: BinaryIO) -> None:
    ox.serialize(_flat(store), stream, format=ox.RdfFormat.TURTLE, prefixes=PREFIXES)


def _flat(store: Store) -> Iterator[ox.Triple]:
    """Every triple that documents give once: the default graph's first, then each document's own."""
    yield from (quad.triple for quad in sorted(store.graph(), key=str))
    for source in store.sources():
        own = (quad for quad in store.graph(source) if not rdf.is_projected(quad))
        yield from (quad.triple for quad in sorted(own, key=str))


def _write_jsonld(store: Store, stream: BinaryIO) -> None:
    write_jsonld(_flat(store), stream)


def write_jsonld(triples: Iterable[ox.Triple], stream: BinaryIO) -> None:
    """Write triples as JSON-LD, a node for each run of the same subject."""
    stream.write(f'{{"@context": {json.dumps(context())}, "@graph": ['.encode())
    comma, short = "\n", names()
    for subject, own in groupby(triples, key=lambda triple: triple.subject):
        stream.write((comma + json.dumps(_node(subject, own, short), ensure_ascii=False)).encode("utf-8"))
        comma = ",\n"
    stream.write(b"\n]}\n")


def jsonld_nodes(triples: Iterable[ox.Triple]) -> list[dict[str, Any]]:
    """The triples, which must be grouped by subject, as nodes of JSON-LD within `kg.context.context`."""
    short = names()
    return [_node(subject, found, short) for subject, found in groupby(triples, key=lambda triple: triple.subject)]


def _node(subject: rdf.Term, triples: Iterable[ox.Triple], short: Mapping[str, str]) -> dict[str, Any]:
    """A subject with its values, its properties named as in the context."""
    node: dict[str, Any] = {"@id": _compact(rdf.text_of(subject))}
    for triple in triples:
        predicate = triple.predicate.value
        node.setdefault(short.get(predicate) or _compact(predicate), []).append(_value(triple.object))
    return node


def _value(term: rdf.Term) -> dict[str, str]:
    if not isinstance(term, ox.Literal):
        return {"@id": _compact(rdf.text_of(term))}
    if term.language:
        return {"@value": term.value, "@language": term.language}
    if term.datatype == _STRING:
        return {"@value": term.value}
    return {"@value": term.value, "@type": _compact(term.datatype.value)}


_STRING = ox.NamedNode(PREFIXES["xsd"] + "string")


def _compact(iri: str) -> str:
    """The IRI with the prefix that names it, for JSON-LD."""
    for prefix, base in PREFIXES.items():
        if iri.startswith(base) and not iri.startswith("//", len(base)):
            return f"{prefix}:{iri[len(base) :]}"
    return iri


# ---- GraphML

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def _write_graphml(store: Store, stream: BinaryIO) -> None:
    # only this format needs networkx, which takes long to import
    import networkx as nx

    network = nx.MultiDiGraph()
    for entity in store.entities():
        network.add_node(entity.id, **_fit(_node_data(entity)))
    for source in store.sources():
        for found in store.extraction(source).assertions:
            network.add_edge(found.subject, found.object, key=found.id, **_fit(_edge_data(found)))
    nx.write_graphml(network, stream)


def _node_data(entity: Entity) -> dict[str, str]:
    zh, en = entity.label_zh, entity.label_en
    return {"label": entity.label(), "label_zh": zh, "label_en": en, "type": entity.type, "country": entity.country}


def _edge_data(assertion: Assertion) -> dict[str, str | float]:
    return {
        "label": assertion.predicate,
        "predicate": assertion.predicate,
        "modality": assertion.modality,
        "belief": assertion.belief,
        "time": assertion.time,
        "value": assertion.value,
        "period": assertion.period.text() if assertion.period else "",
        "quantity": assertion.quantity.text() if assertion.quantity else "",
        "attributed_to": assertion.attributed_to,
        "source": assertion.source,
        "quote": " / ".join(evidence.quote for evidence in assertion.evidence),
    }


def _fit(data: dict[str, Any]) -> dict[str, Any]:
    """The data with the characters that XML cannot hold replaced by U+FFFD."""
    return {name: _NO_XML.sub("\ufffd", value) if isinstance(value, str) else value for name, value in data.items()}


_WRITERS: dict[str, Callable[[Store, BinaryIO], None]] = {
    "jsonl": _write_jsonl,
    "trig": _write_dataset(ox.RdfFormat.TRIG),
    "nquads": _write_dataset(ox.RdfFormat.N_QUADS),
    "turtle": _write_turtle,
    "jsonld": _write_jsonld,
    "graphml": _write_graphml,
}
