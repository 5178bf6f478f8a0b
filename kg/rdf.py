"""Between extractions and RDF, both ways. Nothing else knows how a statement looks in triples.

A document's graph is named by the document's IRI and holds everything that the document gave. Statements have the
shape of Wikidata's: `s claim:p st . st claim-object:p o`, with evidence nodes below; the direct triple `s pkg:p o`
stands beside it where the modality is actual. No node is blank, so two graphs of the same content are equal.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from decimal import Decimal
from functools import cache, lru_cache
from hashlib import sha256
from typing import Any, TypeVar, cast
from urllib.parse import unquote

from pyoxigraph import BlankNode, DefaultGraph, Literal, NamedNode, Quad, Triple

from kg.datacube import read_tables, table_triples
from kg.iris import (
    CLAIM,
    CLAIM_OBJECT,
    DOCUMENT,
    ENTITY,
    EVIDENCE,
    FIGURE,
    OBSERVATION,
    ONTOLOGY,
    PREFIXES,
    QUALIFIER,
    STATEMENT,
    document_iri,
    local,
    normal,
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
    Figure,
    Language,
    Mention,
    Modality,
    Page,
    Period,
    Quantity,
    Reference,
    Refusal,
    Section,
    SectionKind,
    Span,
    Table,
    WorkKind,
    plain_number,
)

Term = NamedNode | BlankNode | Literal | Triple
T = TypeVar("T")


@lru_cache(1024)
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
    is left out, as is an empty heading, and a heading stands on one line. References are in the order of the text,
    labels that are cited in that of their numbers, each once.

    Raises ValueError where the parts do not belong together: an id described twice, an entity that is not described,
    a statement that another one names and that is not there, or another document's evidence.
    """
    found: Extraction = _cleaned(extraction)
    if found is not extraction:
        assertions = _relinked(extraction.assertions, found.assertions)
        ids = {one.id: other.id for one, other in zip(extraction.assertions, assertions, strict=True)}
        found = replace(found, assertions=assertions, figures=_pointing(found.figures, extraction.figures, ids))
    _check(found)
    return replace(
        found,
        document=_canonical_document(found.document),
        entities=tuple(sorted(map(_canonical_entity, found.entities), key=lambda e: e.id)),
        mentions=tuple(sorted(found.mentions, key=lambda m: (m.span.start, m.span.end, m.entity))),
        assertions=tuple(sorted(map(_canonical_assertion, found.assertions), key=_place)),
        tables=tuple(map(_canonical_table, found.tables)),
        figures=tuple(sorted(map(_canonical_figure, found.figures), key=_figure_place)),
        references=tuple(sorted(map(_canonical_reference, found.references), key=lambda r: (r.start, r.end, r.label))),
        cited=_canonical_labels(found.cited),
    )


def _cleaned(value: T) -> T:
    """The value with every text in it clean; what is clean already is not copied."""
    if isinstance(value, str):
        return cast(T, clean(value))
    if isinstance(value, tuple):
        parts = tuple(map(_cleaned, value))
        return value if all(a is b for a, b in zip(parts, value, strict=True)) else cast(T, parts)
    kind: type = type(value)
    old = {name: getattr(value, name) for name in _fields(kind)}
    new = {name: cleaned for name, part in old.items() if (cleaned := _cleaned(part)) is not part}
    return cast(T, replace(cast(Any, value), **new)) if new else value


@cache
def _fields(kind: type) -> tuple[str, ...]:
    """The names of a dataclass's fields; none of another class."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) else ()


def _relinked(old: tuple[Assertion, ...], new: tuple[Assertion, ...]) -> tuple[Assertion, ...]:
    """The cleaned statements with the references of the old ones: a statement has another id where its text had to be
    cleaned, and so have those that name it."""
    ids = {one.id: other.id for one, other in zip(old, new, strict=True)}
    linked = tuple(
        replace(other, **{name: ids.get(getattr(one, name), getattr(one, name)) for name in REFERENCES})
        for one, other in zip(old, new, strict=True)
    )
    return new if linked == new else _relinked(old, linked)


def _pointing(new: tuple[Figure, ...], old: tuple[Figure, ...], ids: Mapping[str, str]) -> tuple[Figure, ...]:
    """The cleaned figures with the new ids of the statements that the old ones name."""
    return tuple(
        replace(figure, statement=ids.get(before.statement, before.statement))
        for figure, before in zip(new, old, strict=True)
    )


def _check(extraction: Extraction) -> None:
    source, known = extraction.document.source, {entity.id for entity in extraction.entities}
    named = {m.entity for m in extraction.mentions} | {e for a in extraction.assertions for e in (a.subject, a.object)}
    named |= {entity for table in extraction.tables for value in table.values for entity in value.entities}
    named |= {figure.about for figure in extraction.figures if figure.about}
    parts: tuple[Mention | Assertion | Refusal | Figure, ...] = (
        *extraction.mentions,
        *extraction.assertions,
        *extraction.refusals,
        *extraction.figures,
    )
    sources = {part.source for part in parts}
    ids = {assertion.id for assertion in extraction.assertions}
    linked = {link for a in extraction.assertions for name in REFERENCES if (link := getattr(a, name))}
    linked |= {figure.statement for figure in extraction.figures if figure.statement}
    if lost := linked - ids:
        raise ValueError(f"{source}: the statement {min(lost)} is named by another one but is not there")
    if len(known) < len(extraction.entities):
        raise ValueError(f"{source}: two entities have the same id")
    if len(ids) < len(extraction.assertions):
        raise ValueError(f"{source}: two assertions have the same id; join their evidence")
    if len({figure.id for figure in extraction.figures}) < len(extraction.figures):
        raise ValueError(f"{source}: two figures have the same id")
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
    evidence = set(map(_canonical_evidence, assertion.evidence))
    return replace(assertion, evidence=tuple(sorted(evidence, key=_evidence_place)))


def _canonical_figure(figure: Figure) -> Figure:
    return replace(figure, evidence=_canonical_evidence(figure.evidence))


def _canonical_evidence(evidence: Evidence) -> Evidence:
    return replace(evidence, cites=_canonical_labels(evidence.cites))


def _canonical_reference(reference: Reference) -> Reference:
    return replace(reference, authors=_names(reference.authors), authors_en=_names(reference.authors_en))


def _canonical_labels(labels: Iterable[str]) -> tuple[str, ...]:
    """The labels of references in the order of their numbers, each once."""
    return tuple(sorted(filter(None, set(labels)), key=lambda label: (len(label), label)))


def _canonical_table(table: Table) -> Table:
    return replace(
        table,
        notes=tuple(filter(None, map(_one_line, table.notes))),
        cells=tuple(sorted(table.cells, key=lambda cell: cell.place)),
        values=tuple(sorted(table.values, key=lambda value: (value.row, value.column))),
        findings=tuple(replace(found, cells=tuple(sorted(set(found.cells)))) for found in table.findings),
    )


def _place(assertion: Assertion) -> tuple[str, int, str]:
    return assertion.source, assertion.evidence[0].spans[0].start, assertion.id


def _figure_place(figure: Figure) -> tuple[int, int, str]:
    return figure.span.start, figure.span.end, figure.id


def _evidence_place(evidence: Evidence) -> tuple[int, str]:
    return evidence.spans[0].start, evidence_id(evidence)


def _shortest(name: str) -> tuple[int, str]:
    return len(name), name


def evidence_id(evidence: Evidence) -> str:
    """Stable: the same sentence read by the same rule has the same id, whatever it is evidence of."""
    spans = " ".join(f"{span.start}:{span.end}" for span in evidence.spans)
    key = (evidence.source, evidence.section, spans, evidence.rule, repr(float(evidence.confidence)), *evidence.cites)
    return sha256("\x1f".join(key).encode()).hexdigest()[:20]


# ---- From extractions to triples

_TYPE = NamedNode(PREFIXES["rdf"] + "type")
_PREFERRED = NamedNode(PREFIXES["skos"] + "prefLabel")
_ALTERNATIVE = NamedNode(PREFIXES["skos"] + "altLabel")
_LANGUAGE = NamedNode(PREFIXES["dcterms"] + "language")
_ISSUED = NamedNode(PREFIXES["dcterms"] + "issued")
_RUN = NamedNode(PREFIXES["prov"] + "wasGeneratedBy")
_ACTIVITY = NamedNode(PREFIXES["prov"] + "Activity")
_CITES = NamedNode(PREFIXES["cito"] + "cites")
_CITES_AS_EVIDENCE = NamedNode(PREFIXES["cito"] + "citesAsEvidence")
_CITATION = NamedNode(PREFIXES["dcterms"] + "bibliographicCitation")
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

_LISTS: tuple[tuple[str, NamedNode, NamedNode | None, Language], ...] = (
    ("authors", term("authors"), NamedNode(PREFIXES["dcterms"] + "creator"), "zh"),
    ("authors_en", term("authors"), NamedNode(PREFIXES["dcterms"] + "creator"), "en"),
    ("keywords", term("keywords"), NamedNode(PREFIXES["dcterms"] + "subject"), "zh"),
    ("keywords_en", term("keywords"), NamedNode(PREFIXES["dcterms"] + "subject"), "en"),
    ("affiliations", term("affiliations"), None, "zh"),
    ("affiliations_en", term("affiliations"), None, "en"),
)
"""Field of Bibliography, property of the joined list, property of each member if any, language."""

_WORK_TEXTS: tuple[tuple[str, NamedNode], ...] = (
    ("label", term("label")),
    ("container", term("container")),
    ("container_en", term("translatedContainer")),
    ("volume", term("volume")),
    ("issue", term("issue")),
    ("pages", term("pages")),
    ("doi", NamedNode(PREFIXES["bibo"] + "doi")),
    ("publisher", NamedNode(PREFIXES["dcterms"] + "publisher")),
    ("place", term("publishedAt")),
    ("url", NamedNode(PREFIXES["bibo"] + "uri")),
    ("date", NamedNode(PREFIXES["dcterms"] + "date")),
    ("accessed", term("accessed")),
    ("title_en", NamedNode(PREFIXES["dcterms"] + "alternative")),
)
"""Field of Reference, property; the title stands apart, since it has a language."""
_WORK_LISTS = (("authors", term("authors")), ("authors_en", term("translatedAuthors")))
_WORK_CLASSES: Mapping[WorkKind, str] = {
    "journal": "AcademicArticle",
    "newspaper": "Article",
    "book": "Book",
    "chapter": "BookSection",
    "collection": "CollectedDocument",
    "conference": "Article",
    "thesis": "Thesis",
    "report": "Report",
    "standard": "Standard",
    "patent": "Patent",
    "web": "Webpage",
}
"""Kind of work → class of the bibliographic ontology."""

_Pair = tuple[NamedNode, NamedNode | Literal]


def to_quads(extraction: Extraction) -> list[Quad]:
    """The document's graph: everything that the extraction holds, in canonical form. Raises ValueError as `canonical`
    does, and for an entity id that is no part of an IRI."""
    whole = canonical(extraction)
    graph = document_node(whole.document.source)
    digest = extraction.document.digest
    works = reference_nodes(whole)
    parts = (
        _document(whole.document, graph, digest, whole.pipeline),
        _cited(graph, whole.cited),
        *(_reference(graph, order, reference) for order, reference in enumerate(whole.references)),
        *(_section(graph, order, section) for order, section in enumerate(whole.document.sections)),
        *(_page(graph, order, page) for order, page in enumerate(whole.document.pages)),
        *map(_entity, whole.entities),
        *(_mention(graph, order, mention) for order, mention in enumerate(whole.mentions)),
        *(_assertion(assertion, works) for assertion in whole.assertions),
        *(_refusal(graph, order, refusal) for order, refusal in enumerate(whole.refusals)),
        *(table_triples(graph, order, table) for order, table in enumerate(whole.tables)),
        *(_figure(figure, works) for figure in whole.figures),
    )
    triples = dict.fromkeys(triple for part in parts for triple in part)
    return [Quad(triple.subject, triple.predicate, triple.object, graph) for triple in triples]


def triples(assertions: Iterable[Assertion], entities: Iterable[Entity]) -> list[Triple]:
    """Those statements with their evidence, and those entities' descriptions, in triples: `assertions` and `entities`
    backwards. Works that the evidence cites are named by their marks only."""
    parts = (*map(_entity, entities), *(_assertion(assertion, {}) for assertion in assertions))
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
            if single:
                yield from ((single, Literal(member, language=language)) for member in members)
    yield from _pairs((_ISSUED, found.year))
    yield from _keys(found.doi, found.year, found.title_zh, found.title_en)


def _keys(doi: str, year: int | None, *titles: str) -> Iterator[_Pair]:
    """By what a work is known again in another document: its DOI, and each title with its year, where long enough."""
    if doi:
        yield term("workKey"), Literal(f"doi:{doi.lower()}")
    keys = (normal(title) for title in titles)
    yield from ((term("workKey"), Literal(f"{key}|{year}")) for key in keys if year and len(key) >= _TELLING)


_TELLING = 6
"""A shorter title, in characters without marks and spaces, is no sign of a work: Foreword, 前言."""


def _cited(document: NamedNode, labels: tuple[str, ...]) -> Iterator[Triple]:
    return (Triple(document, term("citedMark"), Literal(label)) for label in labels)


def reference_nodes(extraction: Extraction) -> dict[str, NamedNode]:
    """Label → node of the reference that it names, in a canonical extraction; of two with one label, the first."""
    document = document_node(extraction.document.source)
    labelled = [(reference.label, _reference_node(document, n)) for n, reference in enumerate(extraction.references)]
    return {label: node for label, node in reversed(labelled) if label}


def _reference_node(document: NamedNode, order: int) -> NamedNode:
    return NamedNode(f"{document.value}#b{order}")


def _reference(document: NamedNode, order: int, reference: Reference) -> Iterator[Triple]:
    node = _reference_node(document, order)
    yield Triple(document, _CITES, node)
    class_ = _WORK_CLASSES.get(reference.kind, "Document")
    described = _pairs(
        (_TYPE, term("Reference")),
        (_TYPE, NamedNode(PREFIXES["bibo"] + class_)),
        (term("source"), document),
        (_CITATION, reference.text),
        (term("start"), reference.start),
        (term("end"), reference.end),
        *((predicate, getattr(reference, name)) for name, predicate in _WORK_TEXTS),
        (_ISSUED, reference.year),
        (term("workKind"), qualifier_node("work", reference.kind) if reference.kind else None),
        (term("moreAuthors"), Literal(True) if reference.others else None),
    )
    yield from _triples(node, described)
    if reference.title:
        yield Triple(node, NamedNode(PREFIXES["dcterms"] + "title"), _text(reference.title, _spoken(reference.title)))
    for name, joined in _WORK_LISTS:
        if members := getattr(reference, name):
            yield Triple(node, joined, Literal("; ".join(members), language=_spoken("".join(members))))
    creators = (*reference.authors, *reference.authors_en)
    yield from (Triple(node, _CREATOR, Literal(name, language=_spoken(name))) for name in creators)
    yield from _triples(node, _keys(reference.doi, reference.year, reference.title, reference.title_en))


_CREATOR = NamedNode(PREFIXES["dcterms"] + "creator")


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


def _page(document: NamedNode, order: int, page: Page) -> Iterator[Triple]:
    pairs = _pairs(
        (_TYPE, term("Page")),
        (term("order"), order),
        (term("label"), page.label),
        (term("start"), page.start),
        (term("end"), page.end),
    )
    return _triples(NamedNode(f"{document.value}#p{order}"), pairs)


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


def _assertion(assertion: Assertion, works: Mapping[str, NamedNode]) -> Iterator[Triple]:
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
    for label in _MARKED.findall(assertion.attributed_to):
        if work := works.get(label):
            yield Triple(node, term("attributedToWork"), work)
    for evidence in assertion.evidence:
        yield Triple(node, term("evidence"), NamedNode(EVIDENCE + evidence_id(evidence)))
        yield from _evidence(evidence, works)


_MARKED = re.compile(r"\[(\d{1,3})\]")
"""The mark of a cited work in words for a source: `国际能源署[7]`."""


def _qualified(assertion: Assertion) -> Iterator[tuple[NamedNode, NamedNode | Literal | str | int | None]]:
    """What is said of a statement beyond its parts: the period that its time means, and its other qualifiers."""
    yield from _period(assertion.period)
    yield term("attributedTo"), assertion.attributed_to
    yield term("condition"), assertion.condition
    yield term("general"), Literal(True) if assertion.general else None
    for name in _FROM_LISTS:
        if value := getattr(assertion, name):
            yield term(name), qualifier_node(name, value)
    for name in REFERENCES:
        if value := getattr(assertion, name):
            yield term(name), statement_node(value)


def _period(period: Period | None) -> Iterator[tuple[NamedNode, NamedNode | Literal | str | int | None]]:
    """The years that a time means."""
    if period:
        yield term("startYear"), period.start
        yield term("endYear"), period.end
        yield term("precision"), qualifier_node("precision", period.precision)
        yield term("approximate"), Literal(True) if period.approximate else None


_FROM_LISTS = ("role", "mode")
"""The fields of an assertion that hold a member of the closed list of the same name."""


def _observation(assertion: Assertion, quantity: Quantity) -> Iterator[Triple]:
    """The figure as a node of its own: one number (or range), one observation."""
    node = NamedNode(OBSERVATION + assertion.id)
    yield Triple(statement_node(assertion.id), term("observation"), node)
    measured = entity_node(assertion.object) if assertion.predicate == "measuredBy" else None
    described = _pairs(
        *_number(quantity),
        (term("valueText"), assertion.value),
        (term("about"), entity_node(assertion.subject)),
        (term("indicator"), measured),
    )
    yield from _triples(node, described)


def _number(quantity: Quantity) -> Iterator[tuple[NamedNode, NamedNode | Literal | str]]:
    """What makes a node an observation: its number, and what it is in."""
    point = quantity.low == quantity.high
    numbers = (("value", quantity.low),) if point else (("minValue", quantity.low), ("maxValue", quantity.high))
    yield _TYPE, term("Observation")
    for name, number in numbers:
        yield term(name), Literal(plain_number(number), datatype=_DECIMAL)
    yield term("comparator"), quantity.comparator
    yield term("unit"), quantity.unit
    yield term("currency"), quantity.currency
    yield term("measureKind"), qualifier_node("measure", quantity.kind)


_DECIMAL = NamedNode(PREFIXES["xsd"] + "decimal")


def figure_node(id_: str) -> NamedNode:
    """The node of the figure of that id."""
    return NamedNode(FIGURE + id_)


def _figure(figure: Figure, works: Mapping[str, NamedNode]) -> Iterator[Triple]:
    """A number in prose, an observation where it is understood, or a date."""
    node, evidence = figure_node(figure.id), figure.evidence
    described = _pairs(
        (_TYPE, term("Figure")),
        *(_number(figure.quantity) if figure.quantity else ()),
        (term("about"), entity_node(figure.about) if figure.about else None),
        (term("aboutText"), figure.subject),
        (term("indicatorText"), figure.indicator),
        (term("valueText"), figure.value),
        (term("flaw"), qualifier_node("flaw", figure.flaw) if figure.flaw else None),
        (term("happening"), qualifier_node("happening", figure.happening) if figure.happening else None),
        (term("timeText"), figure.time),
        *_period(figure.period),
        (term("placeText"), figure.place),
        (term("attributedTo"), figure.attributed_to),
        (term("modality"), term(figure.modality)),
        (term("givenBy"), statement_node(figure.statement) if figure.statement else None),
        (term("source"), document_node(figure.source)),
    )
    yield from _triples(node, described)
    yield from _triples(node, _span(figure.span))
    yield Triple(node, term("evidence"), NamedNode(EVIDENCE + evidence_id(evidence)))
    yield from _evidence(evidence, works)


def _evidence(evidence: Evidence, works: Mapping[str, NamedNode]) -> Iterator[Triple]:
    node = NamedNode(EVIDENCE + evidence_id(evidence))
    described = _pairs(
        (_TYPE, term("Evidence")),
        (term("source"), document_node(evidence.source)),
        (term("section"), evidence.section),
        (term("page"), evidence.page),
        (term("rule"), evidence.rule),
        (term("confidence"), float(evidence.confidence)),
        (term("quote"), evidence.quote),
        *((term("citedMark"), label) for label in evidence.cites),
        *((_CITES_AS_EVIDENCE, works.get(label)) for label in evidence.cites),
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

    def text_in_any(self, node: str, predicate: NamedNode) -> str:
        """The literal's text, whatever its language."""
        return next((text for spoken in ("zh", "en", None) if (text := self.text(node, predicate, spoken))), "")

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
        tables=read_tables(quads),
        figures=figures(quads),
        references=references(quads),
        cited=_canonical_labels(nodes.texts(document_node(source).value, term("citedMark"))),
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


def tables(quads: Iterable[Quad | Triple]) -> tuple[Table, ...]:
    """The tables that one document's quads hold, in its order."""
    return read_tables(quads)


def references(quads: Iterable[Quad | Triple]) -> tuple[Reference, ...]:
    """The references that one document's quads hold, in its order."""
    nodes = _Nodes(quads)
    return tuple(_read_reference(nodes, node) for node in _in_order(nodes, "Reference"))


def entities(triples: Iterable[Quad | Triple]) -> tuple[Entity, ...]:
    """The entities described, by id. Where documents prefer different names, the shortest is the label and the others
    are aliases."""
    nodes = _Nodes(triples)
    return tuple(_read_entity(nodes, node) for node in sorted(nodes.below(ENTITY)))


def assertions(triples: Iterable[Quad | Triple]) -> tuple[Assertion, ...]:
    """The statements described with all their evidence, of any number of documents: by document, then place."""
    nodes = _Nodes(triples)
    return tuple(sorted((_read_assertion(nodes, node) for node in nodes.all_of("Statement")), key=_place))


def figures(triples: Iterable[Quad | Triple]) -> tuple[Figure, ...]:
    """The figures described, of any number of documents: by document, then place."""
    nodes = _Nodes(triples)
    found = (_read_figure(nodes, node) for node in nodes.all_of("Figure"))
    return tuple(sorted(found, key=lambda figure: (figure.source, *_figure_place(figure))))


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
        pages=tuple(_read_page(nodes, page) for page in _in_order(nodes, "Page")),
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


def _read_page(nodes: _Nodes, node: str) -> Page:
    return Page(nodes.text(node, term("label")), *(nodes.number(node, term(name)) for name in ("start", "end")))


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
    return _read_number(nodes, min(observations))


def _read_number(nodes: _Nodes, found: str) -> Quantity:
    point, low, high = (nodes.text(found, term(name)) for name in ("value", "minValue", "maxValue"))
    return Quantity(
        low=Decimal(point or low),
        high=Decimal(point or high),
        unit=nodes.text(found, term("unit")),
        kind=nodes.link(found, term("measureKind"), f"{QUALIFIER}measure/"),
        comparator=cast(Comparator, nodes.text(found, term("comparator"))),
        currency=nodes.text(found, term("currency")),
    )


def _read_figure(nodes: _Nodes, node: str) -> Figure:
    return Figure(
        span=_read_span(nodes, node),
        subject=nodes.text(node, term("aboutText")),
        indicator=nodes.text(node, term("indicatorText")),
        modality=cast(Modality, nodes.link(node, term("modality"), ONTOLOGY)),
        evidence=_read_evidence(nodes, min(nodes.links(node, term("evidence")))),
        about=nodes.link_or_none(node, term("about"), ENTITY),
        value=nodes.text(node, term("valueText")),
        quantity=_read_number(nodes, node) if term("Observation").value in nodes.links(node, _TYPE) else None,
        flaw=nodes.link_or_none(node, term("flaw"), f"{QUALIFIER}flaw/"),
        happening=nodes.link_or_none(node, term("happening"), f"{QUALIFIER}happening/"),
        time=nodes.text(node, term("timeText")),
        period=_read_period(nodes, node),
        place=nodes.text(node, term("placeText")),
        attributed_to=nodes.text(node, term("attributedTo")),
        statement=nodes.link_or_none(node, term("givenBy"), STATEMENT),
    )


def _read_evidence(nodes: _Nodes, node: str) -> Evidence:
    parts = sorted(nodes.links(node, term("part")), key=lambda part: nodes.number(part, term("order")))
    return Evidence(
        source=source_of(min(nodes.links(node, term("source")))),
        section=nodes.text(node, term("section")),
        spans=tuple(_read_span(nodes, part) for part in parts or [node]),
        rule=nodes.text(node, term("rule")),
        confidence=float(nodes.text(node, term("confidence"))),
        page=nodes.text(node, term("page")),
        cites=_canonical_labels(nodes.texts(node, term("citedMark"))),
    )


def _read_reference(nodes: _Nodes, node: str) -> Reference:
    fields: dict[str, Any] = {name: nodes.text(node, predicate) for name, predicate in _WORK_TEXTS}
    for name, joined in _WORK_LISTS:
        text = nodes.text_in_any(node, joined)
        fields[name] = tuple(text.split("; ")) if text else ()
    year = nodes.text(node, _ISSUED)
    return Reference(
        text=nodes.text(node, _CITATION),
        start=nodes.number(node, term("start")),
        end=nodes.number(node, term("end")),
        title=nodes.text_in_any(node, NamedNode(PREFIXES["dcterms"] + "title")),
        year=int(year) if year else None,
        kind=cast(WorkKind, nodes.link_or_none(node, term("workKind"), f"{QUALIFIER}work/")),
        others=nodes.text(node, term("moreAuthors")) == "true",
        **fields,
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
