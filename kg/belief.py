"""How far to believe what is stated, from all that speaks for it: the one place where belief is made.

After INDRA's belief model (Gyori et al. 2017, doi:10.15252/msb.20177651) without its systematic term: what is
independent errs independently, so belief is one minus the chance that all of it errs. Sentences of a document count as
independent, readings of one sentence do not; documents count as independent, even where one cites the other.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import prod

from kg.iris import normal
from kg.model import Evidence

HIGHEST = 0.99
"""Belief that is joined never reaches certainty, however many sentences or documents say the same."""

_YEAR = re.compile(r"\d{4}")


def joined(beliefs: Iterable[float]) -> float:
    """The belief in what several independent sources say, each believed that far. One alone is believed as it is.

    >>> joined([0.8]), joined([0.8, 0.5]), joined([0.95, 0.95])
    (0.8, 0.9, 0.99)
    """
    found = list(beliefs)
    if len(found) == 1:
        return found[0]
    return max(min(HIGHEST, round(1 - prod(1 - belief for belief in found), 4)), max(found, default=0.0))


def of_evidence(evidence: Iterable[Evidence]) -> float:
    """How far to believe what this evidence says; of several readings of a sentence the best one counts."""
    best: dict[tuple[str, int], float] = {}
    for item in evidence:
        key = (item.source, item.spans[0].start)
        best[key] = max(best.get(key, 0.0), item.confidence)
    return min(HIGHEST, joined(best.values()))


@dataclass(frozen=True, slots=True)
class Stated:
    """A statement of one document, as far as other documents may support it. `claim` is what they must share:
    subject, predicate, object and modality."""

    id: str
    claim: tuple[str, str, str, str]
    source: str
    belief: float
    time: str = ""
    value: str = ""


def across_documents(statements: Iterable[Stated]) -> Mapping[str, float]:
    """Statement id → belief, supported by the other documents that state the same. Of each of these the statement that
    is believed most counts. Statements of different years or values tell different things: they support nothing."""
    groups: defaultdict[tuple[str, str, str, str], list[Stated]] = defaultdict(list)
    for statement in statements:
        groups[statement.claim].append(statement)
    return {one.id: _supported(one, group) for group in groups.values() for one in group}


def _supported(one: Stated, group: Iterable[Stated]) -> float:
    best: dict[str, float] = {}
    for other in group:
        if other.source != one.source and _agree(one, other):
            best[other.source] = max(best.get(other.source, 0.0), other.belief)
    return joined([one.belief, *best.values()])


def _agree(one: Stated, other: Stated) -> bool:
    years = [set(_YEAR.findall(each.time)) for each in (one, other)]
    values = {normal(each.value) for each in (one, other) if each.value}
    return len(values) < 2 and not (all(years) and years[0].isdisjoint(years[1]))
