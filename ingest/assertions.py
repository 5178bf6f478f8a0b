"""The gate: from relations to assertions with evidence, and to refusals with their reasons.

Nothing enters without evidence whose quote is exactly the document's text at its offsets, and without a predicate
whose domain and range hold. What fails is not dropped but refused, with the reason. The rules are those of
`ontology/shapes.ttl` and `queries/checks/` that one document shows, and take what they enforce from the ontology.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ingest.citations import cited
from ingest.periods import leaning, leans, period
from ingest.qualifiers import Qualifiers, qualifiers
from ingest.quantities import quantity
from ingest.relations import Relation
from kg.belief import of_evidence
from kg.config import MIN_CONFIDENCE
from kg.model import Assertion, Document, Entity, Evidence, Modality, Period, Refusal, Sentence, Span
from kg.ontology import Ontology


@dataclass(frozen=True, slots=True)
class Statement:
    """A relation with what qualifies it, and its sentence. `told` is what the sentence says beyond modality, time and
    value, by field of an assertion; `cites` are the labels of the references that it rests on."""

    relation: Relation
    sentence: Sentence
    modality: Modality
    time: str
    value: str
    told: Mapping[str, str | bool] = field(default_factory=dict)
    cites: tuple[str, ...] = ()

    @property
    def key(self) -> "_Key":
        """What makes two statements the same."""
        r, told = self.relation, tuple(sorted(self.told.items()))
        return (r.subject.entity, r.predicate, r.object.entity, self.modality, self.time, self.value, told)


_Key = tuple[str, str, str, Modality, str, str, tuple[tuple[str, str | bool], ...]]


def statement(relation: Relation, sentence: Sentence, qualifiers: Qualifiers) -> Statement:
    """The relation with what qualifies it, read from its sentence and the section's headings."""
    text, first, last = sentence.text, *sorted((relation.subject, relation.object), key=lambda m: m.start)
    told = qualifiers.others(text, relation.predicate, relation.trigger, (first.end, last.start))
    found = cited(sentence, min(first.start, relation.trigger), max(last.end, relation.trigger), qualifiers)
    if found.sources:
        marks = "".join(f"[{label}]" for label in found.sources)
        told["attributed_to"] = f"{told.get('attributed_to', '')}{marks}"
    return Statement(
        relation,
        sentence,
        relation.modality or qualifiers.modality(text, relation.trigger, sentence.section.path),
        qualifiers.time(text, relation.trigger),
        qualifiers.value(text, relation.predicate, relation.subject.end, (relation.object.start, relation.object.end)),
        told,
        found.labels,
    )


_Fault = tuple[str, str, str]
"""Why a statement may not enter: a word for programs, a Chinese and an English sentence."""


class Gate:
    """Lets statements of one document in or refuses them."""

    def __init__(
        self,
        ontology: Ontology,
        document: Document,
        entities: Mapping[str, Entity],
        min_confidence: float = MIN_CONFIDENCE,
    ) -> None:
        self._min_confidence = min_confidence
        self._ontology = ontology
        self._document = document
        self._entities = entities
        self._rules = (
            self._self,
            self._predicate,
            self._signature,
            self._modality,
            self._belief,
            self._label,
            self._time,
            self._value,
        )

    def pass_through(self, statements: Iterable[Statement]) -> tuple[tuple[Assertion, ...], tuple[Refusal, ...]]:
        """The assertions (the same statement of several sentences as one) and the refusals, in reading order."""
        passed: dict[_Key, list[tuple[Statement, Evidence]]] = {}
        refused: dict[tuple[str, str, str, str], Refusal] = {}
        steps = _Steps()
        for item in statements:
            spans = item.sentence.spans(self._document)
            if fault := self._fault(item) or self._evidence(spans) or self._cycle(item, steps):
                refusal = self._refusal(item, spans[0], *fault)
                refused.setdefault((refusal.subject, refusal.predicate, refusal.object, refusal.reason), refusal)
            else:
                passed.setdefault(item.key, []).append((item, self._read(item, spans)))
        made = [(readings, self._assertion(readings)) for readings in passed.values()]
        doubted = [
            self._doubted(*readings[0], assertion)
            for readings, assertion in made
            if assertion.belief < self._min_confidence
        ]
        kept = [assertion for _, assertion in made if assertion.belief >= self._min_confidence]
        return tuple(kept), (*refused.values(), *doubted)

    def _doubted(self, item: Statement, evidence: Evidence, made: Assertion) -> Refusal:
        """The refusal of a statement that all its sentences together do not make sure enough."""
        found, least = made.belief, self._min_confidence
        return self._refusal(
            item,
            evidence.spans[0],
            "confidence",
            f"信度 {found:.2f} 低于所要求的 {least:.2f}。",
            f"Its belief, {found:.2f}, is below the {least:.2f} that is asked for.",
        )

    def _read(self, item: Statement, spans: tuple[Span, ...]) -> Evidence:
        relation, document = item.relation, self._document
        section, page = item.sentence.section.label, document.page(spans)
        return Evidence(
            document.source, section, spans, relation.rule, relation.confidence, page=page, cites=item.cites
        )

    def _assertion(self, readings: Sequence[tuple[Statement, Evidence]]) -> Assertion:
        """The statement that all of these are, with all their evidence. What its time means is left open where that
        differs from sentence to sentence."""
        item = readings[0][0]
        relation, evidence = item.relation, tuple(dict.fromkeys(evidence for _, evidence in readings))
        periods = {self._period(each) for each, _ in readings}
        told: dict[str, Any] = dict(item.told)
        return Assertion(
            subject=relation.subject.entity,
            predicate=relation.predicate,
            object=relation.object.entity,
            modality=item.modality,
            evidence=evidence,
            belief=of_evidence(evidence),
            time=item.time,
            value=item.value,
            period=periods.pop() if len(periods) == 1 else None,
            quantity=quantity(item.value, self._ontology, self._measured(item)) if item.value else None,
            **told,
        )

    def _measured(self, item: Statement) -> str:
        return self._name(item.relation.object.entity) if item.relation.predicate == "measuredBy" else ""

    def _period(self, item: Statement) -> Period | None:
        if not leans(item.time):
            return period(item.time, self._ontology.periods)
        return leaning(item.time, self._told_before(item))

    def _told_before(self, item: Statement) -> list[Period]:
        """The periods that the words leaning on them may mean: those told earlier in the sentence, or where it tells
        none, in the sentence of the section before it; none where not all of these are understood."""
        words, sentence = qualifiers(self._document.language), item.sentence
        here = sentence.text[: max(sentence.text.rfind(item.time, 0, item.relation.trigger), 0)]
        times = words.times_in(here)
        if not times:
            before = self._document.text[sentence.section.start : sentence.offsets[0]].rstrip("。！？!?.\n ")
            times = words.times_in(_SENTENCE_END.split(before)[-1])
        found = [period(time, self._ontology.periods) for time in times]
        return [each for each in found if each] if all(found) else []

    def _fault(self, item: Statement) -> _Fault | None:
        return next((fault for rule in self._rules if (fault := rule(item))), None)

    def _self(self, item: Statement) -> _Fault | None:
        if item.relation.subject.entity != item.relation.object.entity:
            return None
        return "self", "主体和客体是同一实体。", "Subject and object are the same entity."

    def _predicate(self, item: Statement) -> _Fault | None:
        name = item.relation.predicate
        if name in self._ontology.relations:
            return None
        return "predicate", f"本体中没有关系“{name}”。", f"The ontology has no relation “{name}”."

    def _signature(self, item: Statement) -> _Fault | None:
        subject, object_ = item.relation.subject.type, item.relation.object.type
        if self._ontology.allows(subject, item.relation.predicate, object_):
            return None
        relation = self._ontology.relations[item.relation.predicate]
        (one_zh, one_en), (two_zh, two_en) = self._type(subject), self._type(object_)
        return (
            "signature",
            f"关系“{relation.label_zh}”不能从“{one_zh}”指向“{two_zh}”。",
            f"The relation “{relation.label_en}” cannot lead from {one_en} to {two_en}.",
        )

    def _type(self, name: str) -> tuple[str, str]:
        type_ = self._ontology.kinds.get(name)
        return (type_.label_zh, type_.label_en) if type_ else (name, name)

    def _modality(self, item: Statement) -> _Fault | None:
        known = self._ontology.modality_labels
        if item.modality in known:
            return None
        listed = "、".join(zh for zh, _ in known.values()), ", ".join(known)
        return "modality", f"模态须为{listed[0]}之一。", f"The modality {item.modality!r} is none of {listed[1]}."

    def _belief(self, item: Statement) -> _Fault | None:
        confidence = item.relation.confidence
        if 0.0 <= confidence <= 1.0:
            return None
        return (
            "belief",
            f"规则的置信度 {confidence} 不在 0 至 1 之间。",
            f"The rule's confidence {confidence} is not between 0 and 1.",
        )

    def _label(self, item: Statement) -> _Fault | None:
        ends = (item.relation.subject.entity, item.relation.object.entity)
        nameless = next((end for end in ends if not self._name(end).strip()), None)
        if nameless is None:
            return None
        return "label", f"实体 {nameless} 没有名称。", f"The entity {nameless} has no label."

    def _time(self, item: Statement) -> _Fault | None:
        earliest, latest = self._ontology.years
        if _possible(item.time, earliest, latest):
            return None
        return (
            "time",
            f"时间“{item.time}”不可能：须在 {earliest} 至 {latest} 年之间，且起不晚于止。",
            f"The time “{item.time}” cannot be: it must lie in {earliest} to {latest}, its start before its end.",
        )

    def _value(self, item: Statement) -> _Fault | None:
        relation = self._ontology.relations[item.relation.predicate]
        if item.value or not relation.needs_value:
            return None
        return (
            "value",
            f"关系“{relation.label_zh}”须有数值，而句中没有。",
            f"The relation “{relation.label_en}” needs a value, and the sentence gives none.",
        )

    def _evidence(self, spans: Sequence[Span]) -> _Fault | None:
        if all(span.quote.strip() and self._document.text[span.start : span.end] == span.quote for span in spans):
            return None
        return "evidence", "引文与原文不符。", "The quote is not the document's text at its offsets."

    def _cycle(self, item: Statement, steps: "_Steps") -> _Fault | None:
        """Whether an actual statement would close a circle with those let in before it; if not, its step is kept."""
        r, relation = item.relation, self._ontology.relations[item.relation.predicate]
        if not relation.acyclic or item.modality != "actual":
            return None
        if not steps.lead(r.predicate, r.object.entity, r.subject.entity):
            steps.add(r.predicate, r.subject.entity, r.object.entity)
            return None
        return (
            "cycle",
            f"文中前面已从相反方向陈述“{relation.label_zh}”，二者不能并立。",
            f"Earlier statements of the text lead the other way by “{relation.label_en}”: both cannot hold.",
        )

    def _name(self, id_: str) -> str:
        entity = self._entities.get(id_)
        return entity.label() if entity else ""

    def _refusal(self, item: Statement, span: Span, reason: str, zh: str, en: str) -> Refusal:
        relation = item.relation
        return Refusal(
            source=self._document.source,
            subject=self._name(relation.subject.entity),
            predicate=relation.predicate,
            object=self._name(relation.object.entity),
            rule=relation.rule,
            reason=reason,
            message_zh=zh,
            message_en=en,
            span=span,
        )


_SENTENCE_END = re.compile(r"[。！？!?\n]|\. ")


class _Steps:
    """The steps of relations that must not lead back to where one began."""

    def __init__(self) -> None:
        self._heads: defaultdict[tuple[str, str], set[str]] = defaultdict(set)

    def add(self, predicate: str, tail: str, head: str) -> None:
        self._heads[predicate, tail].add(head)

    def lead(self, predicate: str, start: str, end: str) -> bool:
        """Whether the steps of the relation lead from the one entity to the other."""
        seen, waiting = {start}, [start]
        while waiting and end not in seen:
            new = self._heads.get((predicate, waiting.pop()), set()) - seen
            seen |= new
            waiting += new
        return end in seen


_YEAR = re.compile(r"[0-9]{4,}")
_MONTH = re.compile(r"([0-9]+) ?月")
_CENTURY = re.compile(r"([0-9]+) ?世纪")


def _possible(time: str, earliest: int, latest: int) -> bool:
    """Whether the words can name a time: years and centuries in the range and in order, months from 1 to 12."""
    years = [int(year) for year in _YEAR.findall(time)]
    if years != sorted(years) or not all(earliest <= year <= latest for year in years):
        return False
    if not all(1 <= int(month) <= 12 for month in _MONTH.findall(time)):
        return False
    return all(earliest <= int(c) * 100 and int(c) * 100 - 99 <= latest for c in _CENTURY.findall(time))
