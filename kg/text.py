"""How things read for people on a terminal: each function takes plain types and gives lines of text."""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from kg.cite import short
from kg.graph import Stats
from kg.inference import Inference
from kg.merges import Decision
from kg.model import (
    Assertion,
    Bibliography,
    Chain,
    Entity,
    Evidence,
    Finding,
    Language,
    Reference,
    Refusal,
    Severity,
    TableFinding,
)
from kg.ontology import Ontology
from kg.store import DocumentSummary

_QUOTE_WIDTH = 160
Works = Mapping[tuple[str, str], Reference]
"""Document and label → the reference that marks in the document cite by that label."""
NO_WORKS: Works = MappingProxyType({})


def entity_lines(
    entity: Entity,
    outgoing: Sequence[Assertion],
    incoming: Sequence[Assertion],
    inferred: Sequence[Inference],
    labels: Mapping[str, Entity],
    ontology: Ontology,
    language: Language,
    limit: int,
    works: Works = NO_WORKS,
    cited: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """What `kg show` prints: type, names, statements from it and to it with evidence and the works that these cite, at
    most `limit` each way; then what was inferred of it, with the rule. `cited` says what documents are called
    (`names_of`)."""
    type_ = ontology.kinds[entity.type]
    yield f"{both(entity.label_zh, entity.label_en)}  [{both(type_.label_zh, type_.label_en)}]  {entity.id}"
    if others := [name for name in entity.names if name not in (entity.label_zh, entity.label_en)]:
        yield f"  {_word(language, '又名', 'also')}: {shorten('；'.join(others), _QUOTE_WIDTH)}"
    for inverse, assertions in ((False, outgoing), (True, incoming)):
        for assertion in assertions[:limit]:
            yield from statement_lines(assertion, inverse, labels, ontology, language, works, cited)
        if len(assertions) > limit:
            more = len(assertions) - limit
            yield _word(language, f"  … 另有 {more} 条（--limit）", f"  … {more} more (--limit)")
    if not outgoing and not incoming:
        yield _word(
            language, "  文献提到它，但没有关于它的陈述。", "  It is mentioned, but nothing is stated about it."
        )
    if inferred:
        yield _word(language, "  由规则推断，文献没有直接说：", "  Inferred by rule, stated by no document:")
    for inference in inferred[:limit]:
        yield from _inferred_lines(inference, entity.id, labels, ontology, language)
    if len(inferred) > limit:
        more = len(inferred) - limit
        yield _word(language, f"  … 另有 {more} 条（--limit）", f"  … {more} more (--limit)")


def _inferred_lines(
    inference: Inference, seen_from: str, labels: Mapping[str, Entity], ontology: Ontology, language: Language
) -> Iterator[str]:
    inverse = inference.object == seen_from
    said = ontology.phrases[inference.predicate].label(language, inverse=inverse)
    other = labels[inference.subject if inverse else inference.object].label(language)
    yield f"  {'⇐' if inverse else '⇒'} {said} {other}  ({inference.belief:.2f})"
    premises = len(inference.premises)
    based = _word(language, f"依据 {premises} 条陈述", f"from {premises} statements")
    yield f"      [{inference.rule}] {_word(language, inference.by.zh, inference.by.en)} ({based})"


def statement_lines(
    assertion: Assertion,
    inverse: bool,
    labels: Mapping[str, Entity],
    ontology: Ontology,
    language: Language,
    works: Works = NO_WORKS,
    cited: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """One statement as seen from one of its ends, then its evidence with the works that it cites."""
    relation = ontology.relations[assertion.predicate]
    zh, en = (relation.inverse_zh, relation.inverse_en) if inverse else (relation.label_zh, relation.label_en)
    other = labels[assertion.subject if inverse else assertion.object]
    qualified = _qualified(assertion, ontology, language)
    yield f"  {'←' if inverse else '→'} {_word(language, zh, en)} {other.label(language)}{qualified}"
    for evidence in assertion.evidence:
        yield f"      {citation(evidence, cited)} {shorten(evidence.quote, _QUOTE_WIDTH)}"
        yield from (f"        {line}" for line in cited_lines(evidence, language, works))


def cited_lines(evidence: Evidence, language: Language, works: Works) -> Iterator[str]:
    """The works that evidence cites, one a line: `据 [19] 李某. 某报告. 2024`; only the mark where it has no entry."""
    for label in evidence.cites:
        work = works.get((evidence.source, label))
        said = shorten(short(work), _QUOTE_WIDTH) if work else _word(language, "（未列出）", "(not listed)")
        yield f"{_word(language, '据', 'citing')} [{label}] {said}"


def chain_lines(
    number: int,
    chain: Chain,
    labels: Mapping[str, Entity],
    ontology: Ontology,
    language: Language,
    cited: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[str]:
    """One chain: its entities in a row, then each hop with its evidence."""
    names = [labels[chain.hops[0].tail], *(labels[hop.head] for hop in chain.hops)]
    arrow = " → ".join(entity.label(language) for entity in names)
    mark = "" if chain.modality == "actual" else f", {_word(language, *ontology.modality_labels[chain.modality])}"
    yield f"{number}. {arrow}  ({_word(language, '信度', 'belief')} {chain.belief:.2f}{mark})"
    yield from (f"   ! {reason.text(language)}" for reason in chain.reasons)
    for hop in chain.hops:
        subject, object_ = labels[hop.assertion.subject], labels[hop.assertion.object]
        relation = ontology.relations[hop.assertion.predicate]
        said = _word(language, relation.label_zh, relation.label_en)
        qualified = _qualified(hop.assertion, ontology, language)
        yield f"   {subject.label(language)} —{said}→ {object_.label(language)}{qualified}"
        best = max(hop.assertion.evidence, key=lambda e: e.confidence)
        yield f"      {citation(best, cited)} {shorten(best.quote, _QUOTE_WIDTH)}"


def document_lines(documents: Iterable[DocumentSummary], language: Language) -> Iterator[str]:
    """One line a document: name, what it says of itself, how much it gave."""
    for document in documents:
        bibliography = document.bibliography
        said = (
            bibliography.title_zh or bibliography.title_en,
            _authors(bibliography.authors, language),
            bibliography.year,
        )
        several = re.search("[-–—]", bibliography.pages)
        pages = bibliography.pages and f"{'pp' if several else 'p'}. {bibliography.pages}"
        about = "；".join(str(part) for part in (*said, pages) if part)
        counts = _word(
            language,
            f"实体 {document.entities}，陈述 {document.assertions}，拒收 {document.refusals}",
            f"{document.entities} entities, {document.assertions} statements, {document.refusals} refused",
        )
        yield f"{document.source}  {about}  ({counts})"


def _authors(names: Sequence[str], language: Language) -> str:
    """The first three authors, and that there are more."""
    more = _word(language, "等", " et al.") if len(names) > 3 else ""
    return "，".join(names[:3]) + more


def stats_lines(stats: Stats, ontology: Ontology, language: Language) -> Iterator[str]:
    """How much a store holds, as a small table."""
    yield _word(language, f"文献 {stats.documents}", f"{stats.documents} documents")
    yield _word(
        language,
        f"证据 {stats.evidence}，提及 {stats.mentions}",
        f"{stats.evidence} pieces of evidence, {stats.mentions} mentions",
    )
    kinds = ontology.kinds
    entities = {both(kinds[t].label_zh, kinds[t].label_en): n for t, n in stats.entities.items()}
    relations = {
        both(ontology.relations[p].label_zh, ontology.relations[p].label_en): n for p, n in stats.assertions.items()
    }
    modalities = {"/".join(ontology.modality_labels[m]): n for m, n in stats.modalities.items()}
    refusals = dict(stats.refusals)
    for title, counts in (
        (_word(language, "实体", "Entities"), entities),
        (_word(language, "陈述", "Statements"), relations),
        (_word(language, "模态", "Modality"), modalities),
        (_word(language, "推断", "Inferred"), stats.inferred),
        (_word(language, "拒收", "Refused"), refusals),
    ):
        yield f"{title}: {sum(counts.values())}"
        yield from (f"  {pad(name, 34)} {number:>6}" for name, number in counts.items())


def merge_lines(decisions: Iterable[Decision], labels: Mapping[str, Entity], language: Language) -> Iterator[str]:
    """Which entities are one: id, the two and what stands for them, the reason, and where it is read."""
    for decision in decisions:
        state = _word(language, "（已撤销）", " (reversed)") if decision.reversed else ""
        standing = {labels[id_].label(language) for id_ in decision.pair if id_ in labels}
        now = " | ".join(sorted(standing))
        yield f"{decision.id}{state}  {' = '.join(decision.pair)}  → {now}  [{decision.layer}] {decision.at[:10]}"
        yield f"      {_word(language, decision.reason_zh, decision.reason_en)}"
        for place in decision.evidence:
            span = place.span
            yield f"      [{place.source}, {span.start}–{span.end}] {shorten(span.quote, _QUOTE_WIDTH)}"


def refusal_lines(refusals: Sequence[Refusal], ontology: Ontology, language: Language) -> Iterator[str]:
    """The quarantine report: what was read but not let in, and why; last, how much that is."""
    for refusal in refusals:
        relation = ontology.relations.get(refusal.predicate)
        said = _word(language, relation.label_zh, relation.label_en) if relation else refusal.predicate
        why = _word(language, refusal.message_zh, refusal.message_en)
        yield f"{refusal.source}: {refusal.subject} —{said}→ {refusal.object}: {why} [{refusal.rule}]"
        if refusal.span:
            yield f"      {refusal.span.start}–{refusal.span.end} {shorten(refusal.span.quote, _QUOTE_WIDTH)}"
    yield _word(language, f"拒收 {len(refusals)} 条", f"{len(refusals)} refused")


_SEVERITIES: dict[Severity, tuple[str, str, str]] = {
    "violation": ("违规", "violation", "violations"),
    "warning": ("警告", "warning", "warnings"),
    "info": ("提示", "note", "notes"),
}
"""A severity in Chinese, in English, and in English of several."""


def severity(finding: Finding | TableFinding, language: Language) -> str:
    """How grave a finding is, as a word."""
    zh, en, _ = _SEVERITIES[finding.severity]
    return _word(language, zh, en)


def finding_lines(findings: Sequence[Finding], language: Language) -> Iterator[str]:
    """A line for each finding: how grave, what, by which rule, about what; last, how many of each there are."""
    for finding in findings:
        said = _word(language, finding.message_zh, finding.message_en)
        yield f"{severity(finding, language)}: {said} [{finding.rule}] {finding.focus}"
    counts = {grave: sum(finding.severity == grave for finding in findings) for grave in _SEVERITIES}
    words = {grave: _word(language, zh, many) for grave, (zh, _, many) in _SEVERITIES.items()}
    told = "，".join(f"{words[grave]} {count}" for grave, count in counts.items() if count)
    if language == "en":
        told = ", ".join(f"{count} {words[grave]}" for grave, count in counts.items() if count)
    told = told and _word(language, f"（{told}）", f" ({told})")
    yield _word(language, f"发现 {len(findings)} 处{told}", f"{len(findings)} findings{told}")


def table_lines(titles: Sequence[str], rows: Sequence[Sequence[str]], widest: int = 48) -> Iterator[str]:
    """A table with aligned columns; cells are cut at `widest` columns of the terminal."""
    cells = [[shorten(cell, widest) for cell in row] for row in ([*titles], *rows)]
    widths = [max(map(width, column)) for column in zip(*cells, strict=True)]
    for number, row in enumerate(cells):
        yield "  ".join(pad(cell, size) for cell, size in zip(row, widths, strict=True)).rstrip()
        if number == 0:
            yield "  ".join("-" * size for size in widths)


def citation(evidence: Evidence, cited: Mapping[str, str] = MappingProxyType({})) -> str:
    """Where a sentence stands, as one cites it: `[贺德方等 2025, p. 785, §2.1, he2025 120–150]`. `cited` says how
    documents are called (`names_of`); one that is not there is called by its name in the store."""
    source, page, section = evidence.source, evidence.page, evidence.section
    characters = f"{evidence.spans[0].start}–{evidence.spans[-1].end}"
    pages = f"{'pp' if '–' in page else 'p'}. {page}" if page else ""
    place = [part for part in (pages, f"§{section}" if section else "") if part]
    if name := cited.get(source):
        return f"[{', '.join((name, *place, source))} {characters}]"
    head = f"{source}{''.join(f', {part}' for part in place)}" if page else " ".join((source, *place))
    return f"[{head}, {characters}]"


def names_of(documents: Iterable[DocumentSummary], language: Language) -> dict[str, str]:
    """What one calls documents by: authors and year, `贺德方等 2025`; none for those that state neither of the two. Of
    the two languages' names those in `language` are taken, the others where there are none."""
    return {document.source: name for document in documents if (name := _name(document.bibliography, language))}


def _name(bibliography: Bibliography, language: Language) -> str:
    chinese = bool(bibliography.authors) and (language == "zh" or not bibliography.authors_en)
    authors = bibliography.authors if chinese else bibliography.authors_en
    if not authors or bibliography.year is None:
        return ""
    both_ = ("、" if chinese else " and ").join(authors)
    several = f"{authors[0]}{'等' if chinese else ' et al.'}"
    return f"{several if len(authors) > 2 else both_} {bibliography.year}"


def both(zh: str, en: str) -> str:
    """Both labels, the second in brackets; one where there is only one."""
    return f"{zh} ({en})" if zh and en and zh != en else zh or en


def shorten(text: str, longest: int) -> str:
    """The text on one line without control characters, cut at `longest` columns of a terminal."""
    line = " ".join(plain(text).split())
    if width(line) <= longest:
        return line
    kept, used = [], 1
    for character in line:
        used += width(character)
        if used > longest:
            break
        kept.append(character)
    return "".join(kept) + "…"


def plain(text: str) -> str:
    """The text with a space for each control character and each mark that turns the direction of writing, with which
    a document could write over what the terminal shows."""
    return "".join(ch if unicodedata.category(ch)[0] != "C" else " " for ch in text)


def width(text: str) -> int:
    """How many columns of a terminal the text takes: two for a Chinese character."""
    return sum(2 if unicodedata.east_asian_width(ch) in "WF" else 1 for ch in text)


def pad(text: str, size: int) -> str:
    """The text filled up with spaces to `size` columns."""
    return text + " " * max(0, size - width(text))


def told(assertion: Assertion, ontology: Ontology, language: Language) -> list[str]:
    """What a statement says of itself for people: its words for time and value, what these mean where that is not
    plain from the words, whom it is attributed to, role, mode, condition, and that it is a general claim."""
    period, quantity, lists = assertion.period, assertion.quantity, ontology.lists
    years, number = period.text() if period else "", quantity.text() if quantity else ""
    listed = [lists[name][value] for name in ("role", "mode") if (value := getattr(assertion, name)) in lists[name]]
    parts = (
        assertion.time,
        years if _squeezed(years) != _squeezed(assertion.time).rstrip("年") else "",
        assertion.value,
        number if _squeezed(number) != _squeezed(assertion.value) else "",
        *(item.label(language) for item in listed),
        assertion.attributed_to and _word(language, f"据{assertion.attributed_to}", f"after {assertion.attributed_to}"),
        assertion.condition and _word(language, f"条件：{assertion.condition}", f"if: {assertion.condition}"),
        _word(language, "一般论断", "general claim") if assertion.general else "",
    )
    return [part for part in parts if part]


def _squeezed(text: str) -> str:
    return text.replace(" ", "").replace("—", "–").replace("-", "–")


def _qualified(assertion: Assertion, ontology: Ontology, language: Language) -> str:
    parts = told(assertion, ontology, language)
    if assertion.modality != "actual":
        zh, en = ontology.modality_labels[assertion.modality]
        parts.append(_word(language, zh, en))
    parts.append(f"{assertion.belief:.2f}")
    return f"  ({'；'.join(part for part in parts if part)})"


def _word(language: Language, zh: str, en: str) -> str:
    return zh if language == "zh" else en
