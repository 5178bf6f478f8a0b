"""Statements between the names of one sentence: trigger frames and pair patterns (`ingest/patterns/relations.*.toml`).

Needs a sentence's text and its mentions in order; gives the relations that the rules read there, restricted to the
ontology's signatures. Who did what when, and whether it happened or is only proposed, is `ingest.qualifiers`' work.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise, zip_longest

from ingest.patterns import RelationRule, RelationRules, longest_first
from kg.ontology import Ontology

_CLAUSE = re.compile(r"[，。；：！？!?;]|,(?!\d|\sand)|:(?!\d)")
_COORDINATION = re.compile(
    r"^[”’》）)\"]*(?:[（(][^（）()]{0,30}[）)])?[”’》\"]*(?:、|和|与|及|以及|或|或者|/|\s?(?:,\s?and|,|and|or|&)\s?(?:the\s)?)?[“‘《\"]*$"
)
_MARKS = '“”‘’《》"（）() 　'
_ARTICLE = re.compile(r"\b(?:the|a|an|its|their|our)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a sentence: offsets in characters of the sentence, type and id of the entity that it names."""

    start: int
    end: int
    type: str
    entity: str


@dataclass(frozen=True, slots=True)
class Relation:
    """A statement that a rule reads in a sentence. `trigger` is where its trigger word (or the later of its two
    names) begins: the place that time and modality are read from."""

    subject: Mention
    predicate: str
    object: Mention
    rule: str
    confidence: float
    trigger: int


@dataclass(frozen=True, slots=True)
class Group:
    """Names that stand in one list, in order; `clause` counts the clauses of the sentence before its first name."""

    members: tuple[Mention, ...]
    clause: int

    @property
    def start(self) -> int:
        """Where its first name begins."""
        return self.members[0].start

    @property
    def end(self) -> int:
        """Where its last name ends."""
        return self.members[-1].end


class RelationFinder:
    """The rules of one language, ready to be applied."""

    def __init__(self, ontology: Ontology, rules: RelationRules) -> None:
        self._ontology = ontology
        self._frames = [rule for rule in rules.rules if rule.kind == "frame"]
        self._pairs = [(rule, re.compile(rule.between)) for rule in rules.rules if rule.kind == "pair"]
        self._lists = [rule for rule in rules.rules if rule.kind == "group"]
        self._barred = rules.not_subject_after

    def relations(self, text: str, mentions: Sequence[Mention]) -> list[Relation]:
        """What the rules read, the surest reading of each statement only. Mentions are in order and do not overlap."""
        groups = _groups(text, mentions)
        if not groups:
            return []
        heads = [g for g, after in zip_longest(groups, groups[1:]) if not _modifies(text, g, after)]
        found = [r for rule in self._frames for r in self._framed(text, heads, rule)]
        found += [r for rule, pattern in self._pairs for r in self._paired(text, groups, rule, pattern)]
        found += [r for rule in self._lists for group in groups for r in self._within(text, group, rule)]
        best: dict[tuple[str, str], Relation] = {}
        for relation in found:
            key = (relation.subject.entity, relation.object.entity)
            if key not in best or self._rank(relation) > self._rank(best[key]):
                best[key] = relation
        return list(best.values())

    def _rank(self, relation: Relation) -> tuple[bool, float]:
        return self._holds(relation.predicate, relation.subject, relation.object), relation.confidence

    def _holds(self, predicate: str, subject: Mention, object_: Mention) -> bool:
        """Whether the ontology's signature of the relation holds between the two."""
        return self._ontology.allows(subject.type, predicate, object_.type)

    def _framed(self, text: str, groups: Sequence[Group], rule: RelationRule) -> Iterator[Relation]:
        if rule.needs and not any(word in text for word in rule.needs):
            return
        for start, end in _places(text, rule.triggers, groups):
            behind = self._behind(text, groups, end, rule)
            ahead = self._ahead(text, groups, start, rule) if behind else None
            if ahead and behind:
                yield from self._joined(ahead, behind, rule, start)

    def _behind(self, text: str, groups: Sequence[Group], end: int, rule: RelationRule) -> Group | None:
        """The group that the trigger leads to: the first one behind it in its clause that fits, not too far off."""
        clause = _CLAUSE.search(text, end)
        stop = clause.start() if clause else len(text)
        fits = (g for g in groups if end <= g.start < stop and self._fits(g, rule, ahead=False))
        group = next(fits, None)
        if group is None or _without(text, groups, end, group.start) > rule.gap:
            return None
        rest = text[group.end : stop]
        return group if not rule.behind or any(word in rest for word in rule.behind) else None

    def _ahead(self, text: str, groups: Sequence[Group], start: int, rule: RelationRule) -> Group | None:
        """The group before the trigger that the rule wants, from this clause or the last earlier one that has any."""
        fits = [g for g in groups if g.end <= start and self._fits(g, rule) and self._placed(text, g, rule)]
        if not fits:
            return None
        clause = len(_CLAUSE.findall(text, 0, start))
        here = [g for g in fits if g.clause == clause]
        if here:
            return here[-1] if rule.pick == "nearest" else here[0]
        last = fits[-1].clause
        return next(g for g in fits if g.clause == last)

    def _placed(self, text: str, group: Group, rule: RelationRule) -> bool:
        """Whether the words right before the group let it play the part of the group before the trigger."""
        before = _ARTICLE.sub("", text[: group.start].rstrip(_MARKS)).rstrip()
        return _ends_in(before, rule.ahead_after) if rule.ahead_after else not _ends_in(before, self._barred)

    def _fits(self, group: Group, rule: RelationRule, *, ahead: bool = True) -> bool:
        """Whether a member of the group has a type for the part that the rule's first (`ahead`) or second group has."""
        role, allowed = ("domain", rule.subject) if rule.subject_first is ahead else ("range", rule.object)
        types = allowed or getattr(self._ontology.relations[rule.relation], role)
        return any(member.type in types for member in group.members)

    def _paired(
        self, text: str, groups: Sequence[Group], rule: RelationRule, pattern: re.Pattern[str]
    ) -> Iterator[Relation]:
        for first, second in pairwise(groups):
            fits = self._fits(first, rule) and self._fits(second, rule, ahead=False)
            if fits and pattern.match(text[first.end : second.start].strip(_MARKS)):
                yield from self._joined(first, second, rule, second.start)

    def _within(self, text: str, group: Group, rule: RelationRule) -> Iterator[Relation]:
        """Statements between the members of one list, where a telling word stands right behind it."""
        behind = text[group.end : group.end + rule.gap + max(map(len, rule.behind))]
        if not any(0 <= behind.find(word) <= rule.gap for word in rule.behind):
            return
        for one, other in combinations(group.members, 2):
            if self._holds(rule.relation, one, other):
                yield Relation(one, rule.relation, other, rule.id, rule.confidence, group.end)

    def _joined(self, ahead: Group, behind: Group, rule: RelationRule, trigger: int) -> Iterator[Relation]:
        subjects, objects = (ahead, behind) if rule.subject_first else (behind, ahead)
        for subject in subjects.members:
            for object_ in objects.members:
                if self._reads(rule, subject, object_):
                    yield Relation(subject, rule.relation, object_, rule.id, rule.confidence, trigger)

    def _reads(self, rule: RelationRule, subject: Mention, object_: Mention) -> bool:
        """Whether the rule speaks of things of these types. It also does where its relation could not hold between
        them at all: such a member of a list that otherwise fits is left for the gate to refuse, with the reason."""
        if not self._holds(rule.relation, subject, object_):
            return True
        fits = (not rule.subject or subject.type in rule.subject) and (not rule.object or object_.type in rule.object)
        return fits and (not rule.same_type or subject.type == object_.type)


def outside(mentions: Iterable[Mention], start: int, end: int) -> bool:
    """Whether what stands from `start` to `end` touches none of the mentions."""
    return all(end <= mention.start or mention.end <= start for mention in mentions)


def _modifies(text: str, group: Group, after: Group | None) -> bool:
    """Whether the group is a place that only says whose the thing right behind it is: 日本 in 日本半导体产业."""
    place = all(member.type == "Place" for member in group.members)
    return place and after is not None and text[group.end : after.start].strip(_MARKS) in {"", "的"}


def _groups(text: str, mentions: Sequence[Mention]) -> list[Group]:
    """The mentions in order, those put together between which nothing but a comma, a conjunction or marks stands."""
    runs: list[list[Mention]] = []
    for mention in mentions:
        if runs and _COORDINATION.match(text[runs[-1][-1].end : mention.start]) and mention.start > runs[-1][-1].end:
            runs[-1].append(mention)
        else:
            runs.append([mention])
    return [Group(tuple(run), len(_CLAUSE.findall(text, 0, run[0].start))) for run in runs]


def _without(text: str, groups: Sequence[Group], start: int, end: int) -> int:
    """How many characters stand between start and end outside the names."""
    return end - start - sum(g.end - g.start for g in groups if start <= g.start and g.end <= end)


@cache
def _trigger_pattern(triggers: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(_whole, longest_first(triggers))))


def _whole(word: str) -> str:
    """A pattern for the word: as it is in Chinese, between word boundaries in Latin letters."""
    return rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)


@cache
def _last_words(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(map(_whole, words))})$")


def _ends_in(text: str, words: tuple[str, ...]) -> bool:
    return bool(words) and _last_words(words).search(text) is not None


def _places(text: str, triggers: tuple[str, ...], groups: Sequence[Group]) -> Iterator[tuple[int, int]]:
    """Where a trigger stands outside the names."""
    names = [mention for group in groups for mention in group.members]
    for match in _trigger_pattern(triggers).finditer(text):
        if outside(names, *match.span()):
            yield match.span()
