"""Decisions that two ids name one thing, and documents' graphs written as they say.

A decision joins two ids, gives the reason and where it is read, and is either in force or reversed; a reversed one is
remembered, and keeps the two apart. What the decisions in force come to is a replacement, `id → the id that stands for
it`, which has been chosen when they were made (see `kg.resolution`). Both stand in a graph of their own.

A document's graph is written with the replacing ids, so that queries join them like any other. Beside that it holds
what was replaced by what, triple by triple: so it can be had back as it was read, exactly.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from hashlib import sha256
from typing import Any

from pyoxigraph import Literal, NamedNode, Quad, RdfFormat, Triple, parse, serialize

from kg import rdf
from kg.belief import of_evidence
from kg.iris import ENTITY, MERGE, MERGES, PREFIXES, local
from kg.model import Assertion, Entity, Extraction, Refusal, Span, Table

BY_HAND = "person"
"""The layer of what a person decides."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a document has one of the names that led to a decision."""

    source: str
    span: Span


@dataclass(frozen=True, slots=True)
class Decision:
    """That the two ids of `pair`, in order, name one thing, or where `reversed`, that they do not. `layer` is the step
    that found it (`person` where one said so), `at` the time in ISO 8601."""

    pair: tuple[str, str]
    layer: str
    reason_zh: str
    reason_en: str
    at: str
    reversed: bool = False
    evidence: tuple[Place, ...] = ()

    def __post_init__(self) -> None:
        if self.pair[0] >= self.pair[1]:
            raise ValueError(f"a decision is about two ids in order, not {' and '.join(self.pair)}")

    @property
    def id(self) -> str:
        """Stable: there is one decision about two ids."""
        return sha256("\x1f".join(self.pair).encode("utf-8", "surrogatepass")).hexdigest()[:12]


# ---- Decisions as triples

GRAPH = NamedNode(MERGES)
_TYPE = NamedNode(PREFIXES["rdf"] + "type")
_AT = NamedNode(PREFIXES["prov"] + "generatedAtTime")
_REPLACED_BY = NamedNode(PREFIXES["dcterms"] + "isReplacedBy")
_SOURCE = NamedNode(PREFIXES["dcterms"] + "source")
"""pkg:source is for what stands in the document's own graph."""
_XSD_TIME = NamedNode(PREFIXES["xsd"] + "dateTime")


def to_quads(decisions: Iterable[Decision], replaced: Mapping[str, str]) -> list[Quad]:
    """The graph of decisions, and of the replacement that they come to."""
    pairs = ((rdf.entity_node(old), _REPLACED_BY, rdf.entity_node(new)) for old, new in replaced.items())
    found = [*pairs, *(triple for decision in decisions for triple in _triples(decision))]
    return [Quad(subject, predicate, value, GRAPH) for subject, predicate, value in found]


def _triples(decision: Decision) -> Iterator[tuple[NamedNode, NamedNode, NamedNode | Literal]]:
    node = NamedNode(MERGE + decision.id)
    yield node, _TYPE, rdf.term("MergeDecision")
    for id_ in decision.pair:
        yield node, rdf.term("mergeOf"), rdf.entity_node(id_)
    yield node, rdf.term("layer"), Literal(decision.layer)
    yield node, rdf.term("message"), Literal(decision.reason_zh, language="zh")
    yield node, rdf.term("message"), Literal(decision.reason_en, language="en")
    yield node, _AT, Literal(decision.at, datatype=_XSD_TIME)
    yield node, rdf.term("reversed"), Literal(decision.reversed)
    for number, place in enumerate(decision.evidence):
        part = NamedNode(f"{node.value}-{number}")
        yield node, rdf.term("evidence"), part
        yield part, _SOURCE, rdf.document_node(place.source)
        yield part, rdf.term("start"), Literal(place.span.start)
        yield part, rdf.term("end"), Literal(place.span.end)
        yield part, rdf.term("quote"), Literal(place.span.quote)


def from_quads(quads: Iterable[Quad]) -> tuple[tuple[Decision, ...], dict[str, str]]:
    """The decisions by id, and the replacement: `to_quads` backwards."""
    nodes: defaultdict[str, dict[str, list[rdf.Term]]] = defaultdict(lambda: defaultdict(list))
    replaced = {}
    for quad in quads:
        subject, object_ = rdf.text_of(quad.subject), rdf.text_of(quad.object)
        if quad.predicate == _REPLACED_BY:
            replaced[local(subject, ENTITY)] = local(object_, ENTITY)
        else:
            nodes[subject][quad.predicate.value].append(quad.object)
    found = (_decision(nodes, node) for node in nodes.values() if _TYPE.value in node)
    return tuple(sorted(found, key=lambda decision: decision.id)), replaced


def _decision(nodes: Mapping[str, Mapping[str, list[rdf.Term]]], node: Mapping[str, list[rdf.Term]]) -> Decision:
    def texts(name: str) -> list[str]:
        return [rdf.text_of(value) for value in node.get(rdf.term(name).value, ())]

    said = {v.language: v.value for v in node[rdf.term("message").value] if isinstance(v, Literal)}
    one, other = sorted(local(iri, ENTITY) for iri in texts("mergeOf"))
    return Decision(
        pair=(one, other),
        layer=texts("layer")[0],
        reason_zh=said["zh"],
        reason_en=said["en"],
        at=rdf.text_of(node[_AT.value][0]),
        reversed=texts("reversed") == ["true"],
        evidence=tuple(_place(nodes[part]) for part in sorted(texts("evidence"))),
    )


def _place(node: Mapping[str, list[rdf.Term]]) -> Place:
    start, end, quote = (rdf.text_of(node[rdf.term(name).value][0]) for name in ("start", "end", "quote"))
    return Place(rdf.source_of(rdf.text_of(node[_SOURCE.value][0])), Span(int(start), int(end), quote))


# ---- Documents with replacing ids


def graph(
    extraction: Extraction, read: list[Quad], replaced: Mapping[str, str], known: Mapping[str, Entity]
) -> list[Quad]:
    """The document's graph with the replacing ids, and what was replaced by what. `read` is its graph as it was read,
    `known` describes the things that replace: their labels are those of the graph."""
    if not any(entity.id in replaced for entity in extraction.entities):
        return read
    written = rdf.to_quads(merged(extraction, replaced, known))
    node = NamedNode(rdf.document_node(extraction.document.source).value + "#merging")
    record = (
        (_TYPE, rdf.term("Rewriting")),
        (rdf.term("replaced"), Literal(_text(set(read) - set(written)))),
        (rdf.term("replacement"), Literal(_text(set(written) - set(read)))),
    )
    return [*written, *(Quad(node, predicate, value, written[0].graph_name) for predicate, value in record)]


def _text(quads: Iterable[Quad]) -> str:
    lines = serialize(sorted((q.triple for q in quads), key=str), format=RdfFormat.N_TRIPLES) or b""
    return lines.decode("utf-8")


def is_record(quad: Quad) -> bool:
    """Whether the quad tells what was replaced in its document's graph."""
    return isinstance(quad.subject, NamedNode) and quad.subject.value.endswith("#merging")


def as_read(quads: Iterable[Quad]) -> list[Quad]:
    """The document's graph as it was read, before any replacement: `graph` backwards."""
    quads = list(quads)
    record = {q.predicate: rdf.text_of(q.object) for q in quads if is_record(q)}
    if not record:
        return quads
    name = quads[0].graph_name
    put, taken = (
        [Quad(t.subject, t.predicate, t.object, name) for t in triples(record[rdf.term(part)])]
        for part in ("replacement", "replaced")
    )
    gone = set(put)
    kept = [q for q in quads if not is_record(q) and q not in gone]
    return [*kept, *taken]


def triples(text: str) -> list[Triple]:
    """The triples that a record of what was replaced holds."""
    return [quad.triple for quad in parse(text.encode("utf-8"), format=RdfFormat.N_TRIPLES)]


def merged(extraction: Extraction, replaced: Mapping[str, str], known: Mapping[str, Entity]) -> Extraction:
    """The extraction with each id in place of which another stands replaced by that one. Statements that become equal
    are joined; one that would relate a thing to itself is refused instead."""
    new = {entity.id: replaced.get(entity.id, entity.id) for entity in extraction.entities}
    moved = [(a, replace(a, subject=new[a.subject], object=new[a.object])) for a in extraction.assertions]
    reflexive = [old for old, a in moved if a.subject == a.object and old.subject != old.object]
    labels = {entity.id: entity.label() for entity in extraction.entities}
    assertions, renamed = _joined_assertions([(old, a) for old, a in moved if old not in reflexive], reflexive)
    return replace(
        extraction,
        entities=_joined_entities(extraction.entities, new, known),
        mentions=tuple(replace(mention, entity=new[mention.entity]) for mention in extraction.mentions),
        assertions=assertions,
        refusals=(*extraction.refusals, *(_refused(old, labels) for old in reflexive)),
        tables=tuple(_renamed_table(table, new) for table in extraction.tables),
        figures=tuple(
            replace(f, about=new.get(f.about, f.about), statement=renamed.get(f.statement, f.statement))
            for f in extraction.figures
        ),
    )


def _renamed_table(table: Table, new: Mapping[str, str]) -> Table:
    """The table with the new ids of the entities that its figures are of."""
    values = (
        replace(
            value,
            indicator=new.get(value.indicator, ""),
            item_entity=new.get(value.item_entity, ""),
            place_entity=new.get(value.place_entity, ""),
            region=new.get(value.region, ""),
        )
        for value in table.values
    )
    return replace(table, values=tuple(values))


def _joined_entities(
    entities: Sequence[Entity], new: Mapping[str, str], known: Mapping[str, Entity]
) -> tuple[Entity, ...]:
    groups: defaultdict[str, list[Entity]] = defaultdict(list)
    for entity in sorted(entities, key=lambda e: (e.id != new[e.id], e.id)):
        groups[new[entity.id]].append(entity)
    return tuple(_joined(id_, group, known.get(id_, group[0])) for id_, group in groups.items())


def _joined(id_: str, group: Sequence[Entity], model: Entity) -> Entity:
    """One entity for the group, labelled like the model, with all the group's names."""
    if [entity.id for entity in group] == [id_]:
        return group[0]
    zh = model.label_zh or next((e.label_zh for e in group if e.label_zh), "")
    en = model.label_en or next((e.label_en for e in group if e.label_en), "")
    names = dict.fromkeys(name for entity in group for name in entity.names)
    country = model.country or next((e.country for e in group if e.country), "")
    return Entity(id_, group[0].type, zh, en, tuple(name for name in names if name not in (zh, en)), country)


def _joined_assertions(
    moved: Sequence[tuple[Assertion, Assertion]], refused: Iterable[Assertion]
) -> tuple[tuple[Assertion, ...], dict[str, str]]:
    """The assertions with replaced ends, equal ones as one, and what became of each id, empty where it was refused.
    Where one names another, by its id, it names it still."""
    gone = {old.id: "" for old in refused}
    renamed: dict[str, str] = {}
    # the id of a statement may depend on the id of the one that it names
    while (again := gone | {old.id: _renamed(a, renamed).id for old, a in moved}) != renamed:
        renamed = again
    groups: dict[str, Assertion] = {}
    for _, assertion in moved:
        one = _renamed(assertion, renamed)
        groups[one.id] = _both(groups[one.id], one) if one.id in groups else one
    return tuple(groups.values()), renamed


def _renamed(assertion: Assertion, renamed: Mapping[str, str]) -> Assertion:
    """The assertion with each field that holds the id of another one of its document set to that one's new id."""
    values = {field.name: getattr(assertion, field.name) for field in fields(assertion)}
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    changed: dict[str, Any] = {name: renamed[value] for name, value in texts.items() if value in renamed}
    return replace(assertion, **changed) if changed else assertion


def _both(one: Assertion, other: Assertion) -> Assertion:
    evidence = tuple(dict.fromkeys((*one.evidence, *other.evidence)))
    return replace(one, evidence=evidence, belief=max(one.belief, other.belief, of_evidence(evidence)))


def _refused(assertion: Assertion, labels: Mapping[str, str]) -> Refusal:
    evidence = assertion.evidence[0]
    return Refusal(
        source=assertion.source,
        subject=labels[assertion.subject],
        predicate=assertion.predicate,
        object=labels[assertion.object],
        rule=evidence.rule,
        reason="self",
        message_zh="主体和客体已合并为同一实体。",
        message_en="Subject and object have been merged into one entity.",
        span=evidence.spans[0],
    )
