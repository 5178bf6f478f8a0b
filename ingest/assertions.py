"""The gate: from relations to assertions with evidence, and to refusals with their reasons.

Nothing enters without evidence whose quote is exactly the document's text at its offsets, and without a predicate
whose domain and range hold. What fails is not dropped but refused, with the reason.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from ingest.qualifiers import Qualifiers
from ingest.relations import Mention, Relation
from kg.model import Assertion, Document, Entity, Evidence, Modality, Refusal, Sentence
from kg.ontology import Ontology

_HIGHEST = 0.99
"""Belief never reaches certainty, however many sentences say the same."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A relation with what qualifies it, and its sentence."""

    relation: Relation
    sentence: Sentence
    modality: Modality
    time: str
    value: str

    @property
    def key(self) -> tuple[str, str, str, Modality, str, str]:
        """What makes two statements the same."""
        r = self.relation
        return (r.subject.entity, r.predicate, r.object.entity, self.modality, self.time, self.value)


def statement(relation: Relation, sentence: Sentence, qualifiers: Qualifiers) -> Statement:
    """The relation with its modality, time and value, read from its sentence and the section's headings."""
    text = sentence.text
    return Statement(
        relation,
        sentence,
        qualifiers.modality(text, relation.trigger, sentence.section.path),
        qualifiers.time(text, relation.trigger),
        qualifiers.value(text, relation.predicate, relation.subject.end, relation.object.end),
    )


class Gate:
    """Lets statements of one document in or refuses them."""

    def __init__(self, ontology: Ontology, document: Document, entities: Mapping[str, Entity]) -> None:
        self._ontology = ontology
        self._document = document
        self._entities = entities

    def pass_through(self, statements: Iterable[Statement]) -> tuple[tuple[Assertion, ...], tuple[Refusal, ...]]:
        """The assertions (the same statement of several sentences as one) and the refusals, in reading order."""
        passed: dict[tuple[str, str, str, Modality, str, str], list[Evidence]] = {}
        refused: dict[tuple[str, str, str, str], Refusal] = {}
        for item in statements:
            evidence = self._evidence(item)
            if reason := self._fault(item, evidence):
                refusal = self._refusal(item, evidence, *reason)
                refused.setdefault((refusal.subject, refusal.predicate, refusal.object, refusal.reason), refusal)
            else:
                passed.setdefault(item.key, []).append(evidence)
        return tuple(_assertions(passed)), tuple(refused.values())

    def _evidence(self, item: Statement) -> Evidence:
        return Evidence(
            source=self._document.source,
            section=item.sentence.section.label,
            spans=item.sentence.spans(self._document),
            rule=item.relation.rule,
            confidence=item.relation.confidence,
        )

    def _fault(self, item: Statement, evidence: Evidence) -> tuple[str, str, str] | None:
        """Why the statement may not enter: a word, a Chinese and an English sentence; None where it may."""
        relation = item.relation
        if relation.subject.entity == relation.object.entity:
            return "self", "主体和客体是同一实体。", "Subject and object are the same entity."
        if not self._ontology.allows(relation.subject.type, relation.predicate, relation.object.type):
            return ("signature", *self._signature_message(relation.subject, relation.predicate, relation.object))
        if any(self._document.text[s.start : s.end] != s.quote for s in evidence.spans):
            return "evidence", "引文与原文不符。", "The quote is not the document's text at its offsets."
        return None

    def _signature_message(self, subject: Mention, predicate: str, object_: Mention) -> tuple[str, str]:
        types, relation = self._ontology.types, self._ontology.relations[predicate]
        one, two = types[subject.type], types[object_.type]
        return (
            f"关系“{relation.label_zh}”不能从“{one.label_zh}”指向“{two.label_zh}”。",
            f"The relation “{relation.label_en}” cannot lead from {one.label_en} to {two.label_en}.",
        )

    def _refusal(self, item: Statement, evidence: Evidence, reason: str, zh: str, en: str) -> Refusal:
        relation = item.relation
        return Refusal(
            source=self._document.source,
            subject=self._entities[relation.subject.entity].label(),
            predicate=relation.predicate,
            object=self._entities[relation.object.entity].label(),
            rule=relation.rule,
            reason=reason,
            message_zh=zh,
            message_en=en,
            span=evidence.spans[0],
        )


def _assertions(
    passed: Mapping[tuple[str, str, str, Modality, str, str], Sequence[Evidence]],
) -> Iterator[Assertion]:
    for (subject, predicate, object_, modality, time, value), evidence in passed.items():
        unique = tuple(dict.fromkeys(evidence))
        yield Assertion(subject, predicate, object_, modality, unique, belief(unique), time, value)


def belief(evidence: Iterable[Evidence]) -> float:
    """How far to believe what this evidence says: one minus the chance that all of it errs.

    Sentences err independently, readings of one sentence do not (the best one counts), after INDRA's belief model
    (Gyori et al. 2017, doi:10.15252/msb.20177651) without its systematic term.
    """
    best: dict[tuple[str, int], float] = {}
    for item in evidence:
        key = (item.source, item.spans[0].start)
        best[key] = max(best.get(key, 0.0), item.confidence)
    return min(_HIGHEST, round(1 - prod(1 - c for c in best.values()), 4))
