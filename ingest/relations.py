"""Statements between the names of one sentence: trigger frames and pair patterns (`ingest/patterns/relations.*.toml`).

Needs a sentence's text and its mentions in order; gives the relations that the rules read there, restricted to the
ontology's signatures. Who did what when, and whether it happened or is only proposed, is `ingest.qualifiers`' work.
"""

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import combinations, pairwise, zip_longest

from ingest.patterns import RelationRule, RelationRules, longest_first
from kg.model import Modality
from kg.ontology import Ontology

_CLAUSE = re.compile(r"[，。；：！？!?;]|,(?!\d|\sand)|:(?!\d)")
_COORDINATION = re.compile(
    r"^[”’》）)\"]*(?:[（(][^（）()]{0,30}[）)])?[”’》\"]*(?:、|和|与|及|以及|或|或者|/|\s?(?:,\s?and|,|and|or|&)\s?(?:the\s)?)?[“‘《\"]*$"
)
_MARKS = '“”‘’《》"（）() 　'
_WINDOW = 40
"""How many groups before and behind a trigger are looked at: more than any sentence written for people has."""
_LONGEST_LIST = 60
_LOOK_BACK = 24
"""How many characters before a group are looked at for the words that it may not stand behind."""
_ARTICLE = re.compile(r"\b(?:the|a|an|its|their|our)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in a sentence: offsets in characters of the sentence, type and id of the entity that it names, and how
    sure it is that this is one (0 to 1)."""

    start: int
    end: int
    type: str
    entity: str
    confidence: float = 1.0


@dataclass(frozen=True, slots=True)
class Relation:
    """A statement that a rule or model reads in a sentence. `trigger` is where its trigger word (or the later of its
    two names) begins: the place that time and modality are read from. `modality` is empty where the reader leaves it
    to the words around the trigger."""

    subject: Mention
    predicate: str
    object: Mention
    rule: str
    confidence: float
    trigger: int
    modality: Modality | None = None


@dataclass(frozen=True, slots=True)
class Group:
    """Names that stand in one list, in order."""

    members: tuple[Mention, ...]

    @property
    def start(self) -> int:
        """Where its first name begins."""
        return self.members[0].start

    @property
    def end(self) -> int:
        """Where its last name ends."""
        return self.members[-1].end


@dataclass(frozen=True, slots=True)
class _Scene:
    """A sentence as the rules look at it: its text, the groups of names in it, and where its clauses end.

    Everything is looked up by bisection and in a window of a few groups, so that a table that was flattened into one
    endless sentence takes time in proportion to its length."""

    text: str
    groups: Sequence[Group]
    starts: Sequence[int]
    breaks: Sequence[int]

    @classmethod
    def of(cls, text: str, groups: Sequence[Group]) -> "_Scene":
        """The scene with those groups, in order."""
        return cls(text, groups, [g.start for g in groups], clauses(text))

    def before(self, offset: int) -> list[Group]:
        """The last few groups that end before the offset."""
        place = bisect_left(self.starts, offset)
        return [group for group in self.groups[max(0, place - _WINDOW) : place] if group.end <= offset]

    def after(self, offset: int) -> Sequence[Group]:
        """The next few groups that begin at the offset or behind it."""
        place = bisect_left(self.starts, offset)
        return self.groups[place : place + _WINDOW]

    def clause(self, offset: int) -> int:
        """How many clauses end before the offset."""
        return bisect_left(self.breaks, offset)

    def clause_end(self, offset: int) -> int:
        """Where the clause that holds the offset ends."""
        place = bisect_left(self.breaks, offset)
        return self.breaks[place] if place < len(self.breaks) else len(self.text)

    def places(self, triggers: re.Pattern[str]) -> Iterator[tuple[int, int]]:
        """Where a trigger stands outside the names."""
        for match in triggers.finditer(self.text):
            start, end = match.span()
            last = bisect_left(self.starts, end)
            if not last or outside(self.groups[last - 1].members, start, end):
                yield start, end


class RelationFinder:
    """The rules of one language, ready to be applied."""

    def __init__(self, ontology: Ontology, rules: RelationRules) -> None:
        self._ontology = ontology
        self._frames = [(rule, _triggers(rule.triggers)) for rule in rules.rules if rule.kind == "frame"]
        self._pairs = [(rule, re.compile(rule.between)) for rule in rules.rules if rule.kind == "pair"]
        self._lists = [rule for rule in rules.rules if rule.kind == "group"]
        self._parts = {rule.id: (self._part(rule, ahead=True), self._part(rule, ahead=False)) for rule in rules.rules}
        self._barred = rules.not_subject_after
        self._alone = {rule.id: rule.alone for rule in rules.rules if rule.alone}

    def relations(self, text: str, mentions: Sequence[Mention]) -> list[Relation]:
        """What the rules read, the surest reading of each statement only. Mentions are in order and do not overlap."""
        groups = groups_of(text, mentions)
        if not groups:
            return []
        heads = [g for g, after in zip_longest(groups, groups[1:]) if not _modifies(text, g, after)]
        scene = _Scene.of(text, heads)
        types = {mention.type for mention in mentions}
        found = [r for rule, t in self._frames if self._in_play(rule, types) for r in self._framed(scene, rule, t)]
        found += [
            r for rule, p in self._pairs if self._in_play(rule, types) for r in self._paired(text, groups, rule, p)
        ]
        found += [r for rule in self._lists for group in groups for r in self._within(text, group, rule)]
        best: dict[tuple[str, str], Relation] = {}
        for relation in found:
            key = (relation.subject.entity, relation.object.entity)
            if key not in best or self._rank(relation) > self._rank(best[key]):
                best[key] = relation
        return list(best.values())

    def alone(self, relation: Relation) -> float:
        """How sure a statement of a rule is where no model reads it too; 0 where it does not stand."""
        return self._alone.get(relation.rule, 0.0)

    def _rank(self, relation: Relation) -> tuple[bool, float]:
        return self._holds(relation.predicate, relation.subject, relation.object), relation.confidence

    def _holds(self, predicate: str, subject: Mention, object_: Mention) -> bool:
        """Whether the ontology's signature of the relation holds between the two."""
        return self._ontology.allows(subject.type, predicate, object_.type)

    def _framed(self, scene: _Scene, rule: RelationRule, triggers: re.Pattern[str]) -> Iterator[Relation]:
        if rule.needs and not any(word in scene.text for word in rule.needs):
            return
        for start, end in scene.places(triggers):
            behind = self._behind(scene, end, rule)
            ahead = self._ahead(scene, start, rule) if behind else None
            if ahead and behind:
                yield from self._joined(ahead, behind, rule, start)

    def _behind(self, scene: _Scene, end: int, rule: RelationRule) -> Group | None:
        """The group that the trigger leads to: the first one behind it in its clause that fits, not too far off."""
        stop, near = scene.clause_end(end), scene.after(end)
        group = next((g for g in near if g.start < stop and self._fits(g, rule, ahead=False)), None)
        if group is None or _without(near, end, group.start) > rule.gap:
            return None
        rest = scene.text[group.end : stop]
        return group if not rule.behind or any(word in rest for word in rule.behind) else None

    def _ahead(self, scene: _Scene, start: int, rule: RelationRule) -> Group | None:
        """The group before the trigger that the rule wants, from this clause or the last earlier one that has any."""
        near = scene.before(start)
        fits = [g for g in near if self._fits(g, rule) and self._placed(scene.text, g, rule)]
        if not fits:
            return None
        here = [g for g in fits if scene.clause(g.start) == scene.clause(start)]
        if here:
            return here[-1] if rule.pick == "nearest" else here[0]
        last = scene.clause(fits[-1].start)
        return next(g for g in fits if scene.clause(g.start) == last)

    def _placed(self, text: str, group: Group, rule: RelationRule) -> bool:
        """Whether the words right before the group let it play the part of the group before the trigger."""
        before = text[max(0, group.start - _LOOK_BACK) : group.start].rstrip(_MARKS)
        before = _ARTICLE.sub("", before).rstrip()
        return _ends_in(before, rule.ahead_after) if rule.ahead_after else not _ends_in(before, self._barred)

    def _part(self, rule: RelationRule, *, ahead: bool) -> frozenset[str]:
        """The types for the part that the rule's first (`ahead`) or second group plays."""
        role, allowed = ("domain", rule.subject) if rule.subject_first is ahead else ("range", rule.object)
        return frozenset(allowed or getattr(self._ontology.relations[rule.relation], role))

    def _in_play(self, rule: RelationRule, types: set[str]) -> bool:
        """Whether a sentence with names of those types has one for each part of the rule."""
        return not any(part.isdisjoint(types) for part in self._parts[rule.id])

    def _fits(self, group: Group, rule: RelationRule, *, ahead: bool = True) -> bool:
        """Whether a member of the group has a type for the part that the rule's first (`ahead`) or second group has."""
        types = self._parts[rule.id][0 if ahead else 1]
        return any(member.type in types for member in group.members)

    def _paired(
        self, text: str, groups: Sequence[Group], rule: RelationRule, pattern: re.Pattern[str]
    ) -> Iterator[Relation]:
        for first, second in pairwise(groups):
            fits = self._fits(first, rule) and self._fits(second, rule, ahead=False)
            between = text[first.end : second.start].strip(_MARKS)
            if fits and pattern.match(between) and _followed(text, second, rule):
                yield from self._joined(first, second, rule, second.start)

    def _within(self, text: str, group: Group, rule: RelationRule) -> Iterator[Relation]:
        """Statements between the members of one list, where a telling word stands right behind it."""
        if not _followed(text, group, rule):
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


def _followed(text: str, group: Group, rule: RelationRule) -> bool:
    """Whether one of the rule's words stands right behind the group, where the rule wants any."""
    behind = text[group.end : group.end + rule.gap + max(map(len, rule.behind), default=0)]
    return not rule.behind or any(0 <= behind.find(word) <= rule.gap for word in rule.behind)


def outside(mentions: Iterable[Mention], start: int, end: int) -> bool:
    """Whether what stands from `start` to `end` touches none of the mentions."""
    return all(end <= mention.start or mention.end <= start for mention in mentions)


def _modifies(text: str, group: Group, after: Group | None) -> bool:
    """Whether the group is a place that only says whose the thing right behind it is: 日本 in 日本半导体产业."""
    place = all(member.type == "Place" for member in group.members)
    return place and after is not None and text[group.end : after.start].strip(_MARKS) in {"", "的"}


def clauses(text: str) -> list[int]:
    """Where the sentence's clauses end, in order."""
    return [match.start() for match in _CLAUSE.finditer(text)]


def groups_of(text: str, mentions: Sequence[Mention]) -> list[Group]:
    """The mentions in order, those put together between which nothing but a comma, a conjunction or marks stands."""
    runs: list[list[Mention]] = []
    for mention in mentions:
        joined = runs and mention.start > runs[-1][-1].end and len(runs[-1]) < _LONGEST_LIST
        if joined and _COORDINATION.match(text[runs[-1][-1].end : mention.start]):
            runs[-1].append(mention)
        else:
            runs.append([mention])
    return [Group(tuple(run)) for run in runs]


def _without(groups: Iterable[Group], start: int, end: int) -> int:
    """How many characters stand between start and end outside the names."""
    return end - start - sum(g.end - g.start for g in groups if start <= g.start and g.end <= end)


def _triggers(triggers: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("|".join(map(whole, longest_first(triggers))))


def whole(word: str) -> str:
    """A pattern for the word: as it is in Chinese, between word boundaries in Latin letters."""
    return rf"\b{re.escape(word)}\b" if word.isascii() else re.escape(word)


@cache
def _last_words(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(f"(?:{'|'.join(map(whole, words))})$")


def _ends_in(text: str, words: tuple[str, ...]) -> bool:
    return bool(words) and _last_words(words).search(text) is not None
