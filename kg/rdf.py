"""Between extractions and RDF, both ways. Nothing else knows how a statement looks in triples.

A document's graph is named by the document's IRI and holds everything that the document gave. Statements have the
shape of Wikidata's: `s claim:p st . st claim-object:p o`, with evidence nodes below; the direct triple `s pkg:p o`
stands beside it where the modality is actual. No node is blank, so two graphs of the same content are equal.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from hashlib import sha256
from typing import Any, TypeVar, cast
from urllib.parse import unquote

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from kg.iris import (
    CLAIM,
    CLAIM_OBJECT,
    DOCUMENT,
    ENTITY,
    EVIDENCE,
    OBSERVATION,
    ONTOLOGY,
    PREFIXES,
    QUALIFIER,
    STATEMENT,
    document_iri,
    local,
)
from kg.model import (
    REFERENCES,
    Assertion,
    Bibliography,
    Comparator,
    Document,
    Entity,
    Evidence,
    Extraction,
    Language,
    Mention,
    Modality,
    Period,
    Quantity,
    Refusal,
    Section,
    SectionKind,
    Span,
    plain_number,
)

Term = NamedNode | BlankNode | Literal | Triple
T = TypeVar("T")


def term(name: str) -> NamedNode:
    """The ontology's term of that name: `term("belief")` is `pkg:belief`."""
    return NamedNode(ONTOLOGY + name)


def entity_node(id_: str) -> NamedNode:
    """The node of the entity of that id."""
    return NamedNode(ENTITY + id_)


def document_node(source: str) -> NamedNode:
    """The node of a document, which also names its graph."""
    return NamedNode(document_iri(clean(source)))


def statement_node(id_: str) -> NamedNode:
    """The node of the assertion of that id."""
    return NamedNode(STATEMENT + id_)


def qualifier_node(list_: str, name: str) -> NamedNode:
    """The node of a member of a closed list that qualifies statements, such as `role` and `leads`."""
    return NamedNode(f"{QUALIFIER}{list_}/{name}")


def source_of(iri: str) -> str:
    """The document that an IRI names: `document_node` backwards."""
    return unquote(local(iri, DOCUMENT))


def text_of(value: Term) -> str:
    """What a term says: an IRI, or the text of a literal. Raises ValueError for a quoted triple, which is never
    written here."""
    if isinstance(value, Triple):
        raise ValueError(f"{value} is a quoted triple")
    return value.value


# ---- What can be written

_UNFIT = re.compile("[\x00\ud800-\udfff]")


def clean(text: str) -> str:
    """The text with NUL and lone surrogates, which RDF cannot hold, replaced by U+FFFD one for one: offsets stay."""
    return _UNFIT.sub("\ufffd", text)


def canonical(extraction: Extraction) -> Extraction:
    """The extraction as a store gives it back: clean, entities by id, mentions and assertions by place, and without
    repetitions among aliases and evidence. In names of people and keywords a semicolon becomes a comma; an empty one
    is left out, as is an empty heading, and a heading stands on one line.

    Raises ValueError where the parts do not belong together: an id described twice, an entity that is not described,
    a statement that another one names and that is not there, or another document's evidence.
    """
    found: Extraction = _cleaned(extraction)
    if found is not extraction:
        found = replace(found, assertions=_relinked(extraction.assertions, found.assertions))
    _check(found)
    return replace(
        found,
        document=_canonical_document(found.document),
        entities=tuple(sorted(map(_canonical_entity, found.entities), key=lambda e: e.id)),
        mentions=tuple(sorted(found.mentions, key=lambda m: (m.span.start, m.span.end, m.entity))),
        assertions=tuple(sorted(map(_canonical_assertion, found.assertions), key=_place)),
    )


def _cleaned(value: T) -> T:
    """The value with every text in it clean; what is clean already is not copied."""
    if isinstance(value, str):
        return cast(T, clean(value))
    if isinstance(value, tuple):
        parts = tuple(map(_cleaned, value))
        return value if all(a is b for a, b in zip(parts, value, strict=True)) else cast(T, parts)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    old = {field.name: getattr(value, field.name) for field in fields(value)}
    new = {name: cleaned for name, part in old.items() if (cleaned := _cleaned(part)) is not part}
    return cast(T, replace(value, **new)) if new else value


def _relinked(old: tuple[Assertion, ...], new: tuple[Assertion, ...]) -> tuple[Assertion, ...]:
    """The cleaned statements with the references of the old ones: a statement has another id where its text had to be
    cleaned, and so have those that name it."""
    ids = {one.id: other.id for one, other in zip(old, new, strict=True)}
    linked = tuple(
        replace(other, **{name: ids.get(getattr(one, name), getattr(one, name)) for name in REFERENCES})
        for one, other in zip(old, new, strict=True)
    )
    return new if linked == new else _relinked(old, linked)


def _check(extraction: Extraction) -> None:
    source, known = extraction.document.source, {entity.id for entity in extraction.entities}
    named = {m.entity for m in extraction.mentions} | {e for a in extraction.assertions for e in (a.subject, a.object)}
    parts: tuple[Mention | Assertion | Refusal, ...] = (
        *extraction.mentions,
        *extraction.assertions,
        *extraction.refusals,
    )
    sources = {part.source for part in parts}
    ids = {assertion.id for assertion in extraction.assertions}
    linked = {link for a in extraction.assertions for name in REFERENCES if (link := getattr(a, name))}
    if lost := linked - ids:
        raise ValueError(f"{source}: the statement {min(lost)} is named by another one but is not there")
    if len(known) < len(extraction.entities):
        raise ValueError(f"{source}: two entities have the same id")
    if len(ids) < len(extraction.assertions):
        raise ValueError(f"{source}: two assertions have the same id; join their evidence")
    if missing := named - known:
        raise ValueError(f"{source}: {min(missing)} is named but not described")
    if strange := sources - {source}:
        raise ValueError(f"{source}: a part comes from another document, {min(strange)}")


def _canonical_document(document: Document) -> Document:
    bibliography = document.bibliography
    lists: dict[str, Any] = {name: _names(getattr(bibliography, name)) for name, _, _, _ in _LISTS}
    sections = tuple(replace(s, path=tuple(filter(None, map(_one_line, s.path)))) for s in document.sections)
    return replace(document, bibliography=replace(bibliography, **lists), sections=sections)


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in (_one_line(name).replace(";", ",") for name in names) if name)


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _canonical_entity(entity: Entity) -> Entity:
    labels = {entity.label_zh, entity.label_en, ""}
    return replace(entity, aliases=tuple(sorted(set(entity.aliases) - labels, key=_shortest)))


def _canonical_assertion(assertion: Assertion) -> Assertion:
    return replace(assertion, evidence=tuple(sorted(set(assertion.evidence), key=_evidence_place)))


def _place(assertion: Assertion) -> tuple[str, int, str]:
    return assertion.source, assertion.evidence[0].spans[0].start, assertion.id


def _evidence_place(evidence: Evidence) -> tuple[int, str]:
    return evidence.spans[0].start, evidence_id(evidence)


def _shortest(name: str) -> tuple[int, str]:
    return len(name), name


def evidence_id(evidence: Evidence) -> str:
    """Stable: the same sentence read by the same rule has the same id, whatever it is evidence of."""
    spans = " ".join(f"{span.start}:{span.end}" for span in evidence.spans)
    key = (evidence.source, evidence.section, spans, evidence.rule, repr(float(evidence.confidence)))
    return sha256("\x1f".join(key).encode()).hexdigest()[:20]


# ---- From extractions to triples

_TYPE = NamedNode(PREFIXES["rdf"] + "type")
_PREFERRED = NamedNode(PREFIXES["skos"] + "prefLabel")
_ALTERNATIVE = NamedNode(PREFIXES["skos"] + "altLabel")
_LANGUAGE = NamedNode(PREFIXES["dcterms"] + "language")
_ISSUED = NamedNode(PREFIXES["dcterms"] + "issued")
_RUN = NamedNode(PREFIXES["prov"] + "wasGeneratedBy")
_ACTIVITY = NamedNode(PREFIXES["prov"] + "Activity")
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")

_TEXTS: tuple[tuple[str, NamedNode, Language | None], ...] = (
    ("title_zh", NamedNode(PREFIXES["dcterms"] + "title"), "zh"),
    ("title_en", NamedNode(PREFIXES["dcterms"] + "title"), "en"),
    ("journal_zh", term("journal"), "zh"),
    ("journal_en", term("journal"), "en"),
    ("volume", term("volume"), None),
    ("issue", term("issue"), None),
    ("pages", term("pages"), None),
    ("doi", NamedNode(PREFIXES["bibo"] + "doi"), None),
)
"""Field of Bibliography, property, language."""

_LISTS: tuple[tuple[str, NamedNode, NamedNode, Language], ...] = (
    ("authors", term("authors"), NamedNode(PREFIXES["dcterms"] + "creator"), "zh"),
    ("authors_en", term("authors"), NamedNode(PREFIXES["dcterms"] + "creator"), "en"),
    ("keywords", term("keywords"), NamedNode(PREFIXES["dcterms"] + "subject"), "zh"),
    ("keywords_en", term("keywords"), NamedNode(PREFIXES["dcterms"] + "subject"), "en"),
)
"""Field of Bibliography, property of the joined list, property of each member, language."""

_Pair = tuple[NamedNode, NamedNode | Literal]


def to_quads(extraction: Extraction) -> list[Quad]:
    """The document's graph: everything that the extraction holds, in canonical form. Raises ValueError as `canonical`
    does, and for an entity id that is no part of an IRI."""
    whole = canonical(extraction)
    graph = document_node(whole.document.source)
    digest = extraction.document.digest
    parts = (
        _document(whole.document, graph, digest, whole.pipeline),
        *(_section(graph, order, section) for order, section in enumerate(whole.document.sections)),
        *map(_entity, whole.entities),
        *(_mention(graph, order, mention) for order, mention in enumerate(whole.mentions)),
        *map(_assertion, whole.assertions),
        *(_refusal(graph, order, refusal) for order, refusal in enumerate(whole.refusals)),
    )
    triples = dict.fromkeys(triple for part in parts for triple in part)
    return [Quad(triple.subject, triple.predicate, triple.object, graph) for triple in triples]


def triples(assertions: Iterable[Assertion], entities: Iterable[Entity]) -> list[Triple]:
    """Those statements with their evidence, and those entities' descriptions, in triples: `assertions` and `entities`
    backwards."""
    parts = (*map(_entity, entities), *map(_assertion, assertions))
    return list(dict.fromkeys(triple for part in parts for triple in part))


def projection(quads: Iterable[Quad]) -> list[Quad]:
    """What a document's graph adds to the default graph: its entities' descriptions and its direct triples."""
    return [Quad(q.subject, q.predicate, q.object, DefaultGraph()) for q in quads if is_projected(q)]


def is_projected(quad: Quad | Triple) -> bool:
    """Whether the triple belongs in the default graph too: it describes an entity, or joins two directly."""
    subject = quad.subject
    return (
        isinstance(subject, NamedNode)
        and subject.value.startswith(ENTITY)
        and not quad.predicate.value.startswith(CLAIM)
    )


def _pairs(*pairs: tuple[NamedNode, NamedNode | Literal | str | int | float | None]) -> Iterator[_Pair]:
    """The pairs that have a value, each value as a term."""
    for predicate, value in pairs:
        if isinstance(value, NamedNode | Literal):
            yield predicate, value
        elif value is not None and value != "":
            yield predicate, Literal(value)


def _triples(node: NamedNode, pairs: Iterable[_Pair]) -> Iterator[Triple]:
    return (Triple(node, predicate, value) for predicate, value in pairs)


def _text(value: str, language: Language | None) -> Literal:
    return Literal(value, language=language) if language else Literal(value)


def _document(document: Document, node: NamedNode, digest: str, pipeline: str) -> Iterator[Triple]:
    run = NamedNode(f"{node.value}#run")
    described = _pairs(
        (_TYPE, term("Document")),
        (_LANGUAGE, document.language),
        (term("text"), document.text),
        (term("digest"), digest),
        (term("location"), document.location),
        (_RUN, run),
    )
    yield from _triples(node, described)
    yield from _triples(node, _bibliography(document.bibliography))
    yield from _triples(run, _pairs((_TYPE, _ACTIVITY), (term("pipeline"), pipeline)))


def _bibliography(found: Bibliography) -> Iterator[_Pair]:
    for name, predicate, spoken in _TEXTS:
        if value := getattr(found, name):
            yield predicate, _text(value, spoken)
    for name, joined, single, language in _LISTS:
        if members := getattr(found, name):
            yield joined, Literal("; ".join(members), language=language)
            yield from ((single, Literal(member, language=language)) for member in members)
    yield from _pairs((_ISSUED, found.year))


def _section(document: NamedNode, order: int, section: Section) -> Iterator[Triple]:
    pairs = _pairs(
        (_TYPE, term("Section")),
        (term("order"), order),
        (term("label"), section.label),
        (term("kind"), section.kind),
        (term("start"), section.start),
        (term("end"), section.end),
        (term("heading"), "\n".join(section.path)),
    )
    return _triples(NamedNode(f"{document.value}#s{order}"), pairs)


def _entity(entity: Entity) -> Iterator[Triple]:
    node = entity_node(entity.id)
    labels = ((entity.label_zh, "zh"), (entity.label_en, "en"))
    pairs = [(_PREFERRED, Literal(label, language=language)) for label, language in labels if label]
    aliases = [(_ALTERNATIVE, Literal(name, language=_spoken(name))) for name in entity.aliases]
    return _triples(node, _pairs((_TYPE, term(entity.type)), *pairs, *aliases, (term("country"), entity.country)))


def _spoken(name: str) -> Language:
    return "zh" if _HAN.search(name) else "en"


def _span(span: Span) -> Iterator[_Pair]:
    return _pairs((term("start"), span.start), (term("end"), span.end), (term("quote"), span.quote))


def _mention(document: NamedNode, order: int, mention: Mention) -> Iterator[Triple]:
    node = NamedNode(f"{document.value}#m{order}")
    yield from _triples(node, _pairs((_TYPE, term("Mention")), (term("mentionOf"), entity_node(mention.entity))))
    yield from _triples(node, _span(mention.span))


def _assertion(assertion: Assertion) -> Iterator[Triple]:
    node = statement_node(assertion.id)
    subject, object_ = entity_node(assertion.subject), entity_node(assertion.object)
    yield Triple(subject, NamedNode(CLAIM + assertion.predicate), node)
    yield Triple(node, NamedNode(CLAIM_OBJECT + assertion.predicate), object_)
    if assertion.modality == "actual":
        yield Triple(subject, term(assertion.predicate), object_)
    described = _pairs(
        (_TYPE, term("Statement")),
        (term("subject"), subject),
        (term("predicate"), term(assertion.predicate)),
        (term("object"), object_),
        (term("modality"), term(assertion.modality)),
        (term("belief"), float(assertion.belief)),
        (term("timeText"), assertion.time),
        (term("valueText"), assertion.value),
        (term("source"), document_node(assertion.source)),
        *_qualified(assertion),
    )
    yield from _triples(node, described)
    if assertion.quantity:
        yield from _observation(assertion, assertion.quantity)
    for evidence in assertion.evidence:
        yield Triple(node, term("evidence"), NamedNode(EVIDENCE + evidence_id(evidence)))
        yield from _evidence(evidence)


def _qualified(assertion: Assertion) -> Iterator[tuple[NamedNode, NamedNode | Literal | str | int | None]]:
    """What is said of a statement beyond its parts: the period that its time means, and its other qualifiers."""
    if period := assertion.period:
        yield term("startYear"), period.start
        yield term("endYear"), period.end
        yield term("precision"), qualifier_node("precision", period.precision)
        yield term("approximate"), Literal(True) if period.approximate else None
    yield term("attributedTo"), assertion.attributed_to
    yield term("condition"), assertion.condition
    yield term("general"), Literal(True) if assertion.general else None
    for name in _FROM_LISTS:
        if value := getattr(assertion, name):
            yield term(name), qualifier_node(name, value)
    for name in REFERENCES:
        if value := getattr(assertion, name):
            yield term(name), statement_node(value)


_FROM_LISTS = ("role", "mode")
"""The fields of an assertion that hold a member of the closed list of the same name."""


def _observation(assertion: Assertion, quantity: Quantity) -> Iterator[Triple]:
    """The figure as a node of its own: one number (or range), one observation."""
    node = NamedNode(OBSERVATION + assertion.id)
    yield Triple(statement_node(assertion.id), term("observation"), node)
    point = quantity.low == quantity.high
    numbers = (("value", quantity.low),) if point else (("minValue", quantity.low), ("maxValue", quantity.high))
    measured = entity_node(assertion.object) if assertion.predicate == "measuredBy" else None
    described = _pairs(
        (_TYPE, term("Observation")),
        *((term(name), Literal(plain_number(number), datatype=_DECIMAL)) for name, number in numbers),
        (term("comparator"), quantity.comparator),
        (term("unit"), quantity.unit),
        (term("currency"), quantity.currency),
        (term("measureKind"), qualifier_node("measure", quantity.kind)),
        (term("valueText"), assertion.value),
        (term("about"), entity_node(assertion.subject)),
        (term("indicator"), measured),
    )
    yield from _triples(node, described)


_DECIMAL = NamedNode(PREFIXES["xsd"] + "decimal")


def _evidence(evidence: Evidence) -> Iterator[Triple]:
    node = NamedNode(EVIDENCE + evidence_id(evidence))
    described = _pairs(
        (_TYPE, term("Evidence")),
        (term("source"), document_node(evidence.source)),
        (term("section"), evidence.section),
        (term("rule"), evidence.rule),
        (term("confidence"), float(evidence.confidence)),
        (term("quote"), evidence.quote),
    )
    yield from _triples(node, described)
    if len(evidence.spans) == 1:
        yield from _triples(node, _span(evidence.spans[0]))
        return
    for order, span in enumerate(evidence.spans):
        part = NamedNode(f"{node.value}-{order + 1}")
        yield Triple(node, term("part"), part)
        yield from _triples(part, [*_pairs((term("order"), order)), *_span(span)])


def _refusal(document: NamedNode, order: int, refusal: Refusal) -> Iterator[Triple]:
    node = NamedNode(f"{document.value}#r{order}")
    messages = ((refusal.message_zh, "zh"), (refusal.message_en, "en"))
    described = _pairs(
        (_TYPE, term("Refusal")),
        (term("subjectText"), refusal.subject),
        (term("predicateText"), refusal.predicate),
        (term("objectText"), refusal.object),
        (term("rule"), refusal.rule),
        (term("reason"), refusal.reason),
        *((term("message"), Literal(text, language=language)) for text, language in messages if text),
    )
    yield from _triples(node, described)
    if refusal.span:
        yield from _triples(node, _span(refusal.span))


# ---- From triples to extractions


class _Nodes:
    """Triples by subject and predicate. A value that is missing reads as the empty text."""

    def __init__(self, triples: Iterable[Quad | Triple]) -> None:
        self._objects: defaultdict[str, defaultdict[str, list[Term]]] = defaultdict(lambda: defaultdict(list))
        for triple in triples:
            if isinstance(triple.subject, NamedNode):
                self._objects[triple.subject.value][triple.predicate.value].append(triple.object)

    def all_of(self, class_: str) -> list[str]:
        """The nodes of that class of the ontology."""
        wanted = term(class_)
        return [node for node, found in self._objects.items() if wanted in found.get(_TYPE.value, ())]

    def below(self, base: str) -> list[str]:
        """The nodes that have a type and whose IRI starts with `base`."""
        return [node for node, found in self._objects.items() if node.startswith(base) and _TYPE.value in found]

    def texts(self, node: str, predicate: NamedNode, language: str | None = None) -> list[str]:
        """The literals' texts, shortest first."""
        found = self._objects[node][predicate.value]
        return sorted((o.value for o in found if isinstance(o, Literal) and o.language == language), key=_shortest)

    def text(self, node: str, predicate: NamedNode, language: str | None = None) -> str:
        return next(iter(self.texts(node, predicate, language)), "")

    def number(self, node: str, predicate: NamedNode) -> int:
        return int(self.text(node, predicate))

    def links(self, node: str, predicate: NamedNode) -> list[str]:
        return [o.value for o in self._objects[node][predicate.value] if isinstance(o, NamedNode)]

    def link(self, node: str, predicate: NamedNode, base: str) -> str:
        """What the node's one link of that predicate leads to, less `base`."""
        return local(min(self.links(node, predicate)), base)

    def link_or_none(self, node: str, predicate: NamedNode, base: str) -> str:
        """As `link`; the empty text where there is no such link."""
        return self.link(node, predicate, base) if self.links(node, predicate) else ""


@dataclass(frozen=True, slots=True)
class State:
    """What a document's graph was made from: SHA-256 of the text as read, the pipeline, the digest of its path."""

    digest: str
    pipeline: str
    location: str


def from_quads(quads: Iterable[Quad]) -> Extraction:
    """The extraction that a document's graph holds: `from_quads(to_quads(x)) == canonical(x)`. Raises ValueError
    where the quads hold no document, or more than one."""
    quads = list(quads)
    nodes = _Nodes(quads)
    document_ = _read_document(nodes)
    source = document_.source
    return Extraction(
        document=document_,
        entities=entities(quads),
        mentions=tuple(_read_mention(nodes, source, node) for node in _in_order(nodes, "Mention")),
        assertions=assertions(quads),
        refusals=tuple(_read_refusal(nodes, source, node) for node in _in_order(nodes, "Refusal")),
        pipeline=state(quads).pipeline,
    )


def document(quads: Iterable[Quad | Triple]) -> Document:
    """The document whose graph the quads are. Raises ValueError where they hold none, or more than one."""
    return _read_document(_Nodes(quads))


def state(quads: Iterable[Quad | Triple]) -> State:
    """What the document's graph was made from."""
    nodes = _Nodes(quads)
    (node,) = nodes.all_of("Document")
    pipeline = nodes.text(f"{node}#run", term("pipeline"))
    return State(nodes.text(node, term("digest")), pipeline, nodes.text(node, term("location")))


def mentions(quads: Iterable[Quad | Triple]) -> tuple[Mention, ...]:
    """The mentions that one document's quads hold, by place."""
    nodes = _Nodes(quads)
    return tuple(_read_mention(nodes, source_of(n.partition("#")[0]), n) for n in _in_order(nodes, "Mention"))


def refusals(quads: Iterable[Quad | Triple]) -> tuple[Refusal, ...]:
    """The refusals that one document's quads hold, in its order."""
    nodes = _Nodes(quads)
    return tuple(_read_refusal(nodes, source_of(n.partition("#")[0]), n) for n in _in_order(nodes, "Refusal"))


def entities(triples: Iterable[Quad | Triple]) -> tuple[Entity, ...]:
    """The entities described, by id. Where documents prefer different names, the shortest is the label and the others
    are aliases."""
    nodes = _Nodes(triples)
    return tuple(_read_entity(nodes, node) for node in sorted(nodes.below(ENTITY)))


def assertions(triples: Iterable[Quad | Triple]) -> tuple[Assertion, ...]:
    """The statements described with all their evidence, of any number of documents: by document, then place."""
    nodes = _Nodes(triples)
    return tuple(sorted((_read_assertion(nodes, node) for node in nodes.all_of("Statement")), key=_place))


def _in_order(nodes: _Nodes, class_: str) -> list[str]:
    """The nodes `…#m0`, `…#m1`, … of a class in the order of their numbers."""
    return sorted(nodes.all_of(class_), key=lambda node: int(node.rpartition("#")[2][1:]))


def _read_document(nodes: _Nodes) -> Document:
    found = nodes.all_of("Document")
    if len(found) != 1:
        raise ValueError(f"the quads hold {len(found)} documents instead of one")
    node = found[0]
    return Document(
        source=source_of(node),
        text=nodes.text(node, term("text")),
        language=cast(Language, nodes.text(node, _LANGUAGE)),
        bibliography=_read_bibliography(nodes, node),
        sections=tuple(_read_section(nodes, section) for section in _in_order(nodes, "Section")),
        location=nodes.text(node, term("location")),
    )


def _read_bibliography(nodes: _Nodes, node: str) -> Bibliography:
    texts: dict[str, Any] = {name: nodes.text(node, predicate, language) for name, predicate, language in _TEXTS}
    for name, predicate, _, language in _LISTS:
        joined = nodes.text(node, predicate, language)
        texts[name] = tuple(joined.split("; ")) if joined else ()
    year = nodes.text(node, _ISSUED)
    return Bibliography(**texts, year=int(year) if year else None)


def _read_section(nodes: _Nodes, node: str) -> Section:
    heading = nodes.text(node, term("heading"))
    return Section(
        label=nodes.text(node, term("label")),
        path=tuple(heading.split("\n")) if heading else (),
        kind=cast(SectionKind, nodes.text(node, term("kind"))),
        start=nodes.number(node, term("start")),
        end=nodes.number(node, term("end")),
    )


def _read_entity(nodes: _Nodes, node: str) -> Entity:
    zh, en = nodes.texts(node, _PREFERRED, "zh"), nodes.texts(node, _PREFERRED, "en")
    label_zh, label_en = (found[0] if found else "" for found in (zh, en))
    names = {*zh, *en, *nodes.texts(node, _ALTERNATIVE, "zh"), *nodes.texts(node, _ALTERNATIVE, "en")}
    return Entity(
        id=local(node, ENTITY),
        type=nodes.link(node, _TYPE, ONTOLOGY),
        label_zh=label_zh,
        label_en=label_en,
        aliases=tuple(sorted(names - {label_zh, label_en}, key=_shortest)),
        country=nodes.text(node, term("country")),
    )


def _read_span(nodes: _Nodes, node: str) -> Span:
    start, end = (nodes.number(node, term(name)) for name in ("start", "end"))
    return Span(start, end, nodes.text(node, term("quote")))


def _read_mention(nodes: _Nodes, source: str, node: str) -> Mention:
    return Mention(nodes.link(node, term("mentionOf"), ENTITY), source, _read_span(nodes, node))


def _read_assertion(nodes: _Nodes, node: str) -> Assertion:
    evidence = (_read_evidence(nodes, found) for found in nodes.links(node, term("evidence")))
    return Assertion(
        subject=nodes.link(node, term("subject"), ENTITY),
        predicate=nodes.link(node, term("predicate"), ONTOLOGY),
        object=nodes.link(node, term("object"), ENTITY),
        modality=cast(Modality, nodes.link(node, term("modality"), ONTOLOGY)),
        evidence=tuple(sorted(evidence, key=_evidence_place)),
        belief=float(nodes.text(node, term("belief"))),
        time=nodes.text(node, term("timeText")),
        value=nodes.text(node, term("valueText")),
        period=_read_period(nodes, node),
        quantity=_read_quantity(nodes, node),
        attributed_to=nodes.text(node, term("attributedTo")),
        condition=nodes.text(node, term("condition")),
        general=nodes.text(node, term("general")) == "true",
        **{name: nodes.link_or_none(node, term(name), f"{QUALIFIER}{name}/") for name in _FROM_LISTS},
        **{name: nodes.link_or_none(node, term(name), STATEMENT) for name in REFERENCES},
    )


def _read_period(nodes: _Nodes, node: str) -> Period | None:
    start, end = (nodes.text(node, term(name)) for name in ("startYear", "endYear"))
    if not start and not end:
        return None
    precision = nodes.link(node, term("precision"), f"{QUALIFIER}precision/")
    approximate = nodes.text(node, term("approximate")) == "true"
    return Period(int(start) if start else None, int(end) if end else None, precision, approximate)


def _read_quantity(nodes: _Nodes, node: str) -> Quantity | None:
    observations = nodes.links(node, term("observation"))
    if not observations:
        return None
    found = min(observations)
    point, low, high = (nodes.text(found, term(name)) for name in ("value", "minValue", "maxValue"))
    return Quantity(
        low=Decimal(point or low),
        high=Decimal(point or high),
        unit=nodes.text(found, term("unit")),
        kind=nodes.link(found, term("measureKind"), f"{QUALIFIER}measure/"),
        comparator=cast(Comparator, nodes.text(found, term("comparator"))),
        currency=nodes.text(found, term("currency")),
    )


def _read_evidence(nodes: _Nodes, node: str) -> Evidence:
    parts = sorted(nodes.links(node, term("part")), key=lambda part: nodes.number(part, term("order")))
    return Evidence(
        source=source_of(min(nodes.links(node, term("source")))),
        section=nodes.text(node, term("section")),
        spans=tuple(_read_span(nodes, part) for part in parts or [node]),
        rule=nodes.text(node, term("rule")),
        confidence=float(nodes.text(node, term("confidence"))),
    )


def _read_refusal(nodes: _Nodes, source: str, node: str) -> Refusal:
    return Refusal(
        source=source,
        subject=nodes.text(node, term("subjectText")),
        predicate=nodes.text(node, term("predicateText")),
        object=nodes.text(node, term("objectText")),
        rule=nodes.text(node, term("rule")),
        reason=nodes.text(node, term("reason")),
        message_zh=nodes.text(node, term("message"), "zh"),
        message_en=nodes.text(node, term("message"), "en"),
        span=_read_span(nodes, node) if nodes.text(node, term("quote")) else None,
    )
