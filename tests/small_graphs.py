"""Small made-up documents for tests: facts become sentences, so that every quote is exact."""

from dataclasses import dataclass, replace

from ingest.periods import period
from ingest.quantities import quantity
from ingest.references import read_references
from kg.iris import entity_id
from kg.model import (
    Assertion,
    Bibliography,
    Document,
    Entity,
    Evidence,
    Extraction,
    Mention,
    Modality,
    Period,
    Section,
    Span,
)
from kg.ontology import load


@dataclass(frozen=True, slots=True)
class Fact:
    """`Type:name` of subject and object; facts with the same `section` share it. Each fact is a sentence of its own,
    unless `with_last`: then it stands in the sentence of the fact before it.

    `means` are the words of the value as the sentence completes them, where it does; the other fields are those of an
    assertion, other facts in the place of their ids.
    """

    subject: str
    predicate: str
    object: str
    modality: Modality = "actual"
    belief: float = 0.8
    section: str = "1"
    with_last: bool = False
    time: str = ""
    value: str = ""
    means: str = ""
    attributed_to: str = ""
    role: str = ""
    mode: str = ""
    condition: str = ""
    general: bool = False
    concerns: "Fact | None" = None
    after: "Fact | None" = None
    alongside: "Fact | None" = None


def id_of(named: str) -> str:
    type_, _, name = named.partition(":")
    return entity_id(type_, name)


def entity(named: str, country: str = "") -> Entity:
    type_, _, name = named.partition(":")
    return Entity(entity_id(type_, name), type_, label_zh=name, country=country)


def document(source: str, *facts: Fact, described: tuple[Entity, ...] = (), pipeline: str = "test") -> Extraction:
    """A document that states the facts. `described` gives entities more than a name."""
    groups = _by_sentence(facts)
    sentences = ["，".join(map(_clause, group)) + "。" for group in groups]
    text = "\n".join(sentences) or "空。"
    spans = [span for group, span in zip(groups, _spans(text, sentences), strict=True) for _ in group]
    known = {e.id: e for f in facts for e in (entity(f.subject), entity(f.object))} | {e.id: e for e in described}
    return Extraction(
        document=Document(source, text, "zh", Bibliography(title_zh=source, year=2025), _sections(facts, spans)),
        entities=tuple(known.values()),
        mentions=tuple(_mention(source, f, span) for f, span in zip(facts, spans, strict=True)),
        assertions=tuple(_assertion(source, f, span) for f, span in zip(facts, spans, strict=True)),
        refusals=(),
        pipeline=pipeline,
    )


def _by_sentence(facts: tuple[Fact, ...]) -> list[list[Fact]]:
    groups: list[list[Fact]] = []
    for fact in facts:
        if groups and fact.with_last:
            groups[-1].append(fact)
        else:
            groups.append([fact])
    return groups


def _clause(fact: Fact) -> str:
    return f"{fact.subject.partition(':')[2]} {fact.predicate} {fact.object.partition(':')[2]}{fact.value}"


def _spans(text: str, sentences: list[str]) -> list[Span]:
    spans, at = [], 0
    for sentence in sentences:
        spans.append(Span(at, at + len(sentence), text[at : at + len(sentence)]))
        at += len(sentence) + 1
    return spans


def _sections(facts: tuple[Fact, ...], spans: list[Span]) -> tuple[Section, ...]:
    ends: dict[str, tuple[int, int]] = {}
    for fact, span in zip(facts, spans, strict=True):
        ends[fact.section] = (ends.get(fact.section, (span.start, 0))[0], span.end)
    return tuple(Section(label, (f"{label} 标题",), "body", start, end) for label, (start, end) in ends.items())


def _mention(source: str, fact: Fact, span: Span) -> Mention:
    name = fact.subject.partition(":")[2]
    start = span.start + span.quote.index(name)
    return Mention(id_of(fact.subject), source, Span(start, start + len(name), name))


def _assertion(source: str, fact: Fact, span: Span) -> Assertion:
    evidence = (Evidence(source, fact.section, (span,), f"{fact.predicate}-1", fact.belief),)
    return assertion(fact, evidence, period(fact.time, load().periods))


def assertion(fact: Fact, evidence: tuple[Evidence, ...], when: Period | None) -> Assertion:
    """The fact as a statement of a document, `when` being what its time means there."""
    about = fact.object.partition(":")[2] if fact.predicate == "measuredBy" else ""

    def id_in_document(other: Fact | None) -> str:
        return assertion(other, evidence, None).id if other else ""

    return Assertion(
        subject=id_of(fact.subject),
        predicate=fact.predicate,
        object=id_of(fact.object),
        modality=fact.modality,
        evidence=evidence,
        belief=fact.belief,
        time=fact.time,
        value=fact.value,
        period=when,
        quantity=quantity(fact.means or fact.value, load(), about),
        attributed_to=fact.attributed_to,
        role=fact.role,
        mode=fact.mode,
        condition=fact.condition,
        general=fact.general,
        concerns=id_in_document(fact.concerns),
        after=id_in_document(fact.after),
        alongside=id_in_document(fact.alongside),
    )


def citing(extraction: Extraction, *entries: str, cites: tuple[str, ...] = ("1",)) -> Extraction:
    """The document with a list of references at its end, whose every piece of evidence cites those labels."""
    listed = "".join(f"\n[{n}] {entry}" for n, entry in enumerate(entries, 1))
    text = f"{extraction.document.text}\n参考文献{listed}"
    section = Section("参考文献", ("参考文献",), "references", len(extraction.document.text) + 1, len(text))
    sections = (*extraction.document.sections, section)
    assertions = (
        replace(a, evidence=tuple(replace(e, cites=cites) for e in a.evidence)) for a in extraction.assertions
    )
    return replace(
        extraction,
        document=replace(extraction.document, text=text, sections=sections),
        assertions=tuple(assertions),
        references=read_references(text, sections),
        cited=cites,
    )
