"""What an extraction reads wrongly, kind by kind, each with the sentence: so that a person sees what to mend.

Every annotated thing and statement that was not found is one mistake, and so is every entity and statement that was
read and is not annotated. Where both are two sides of one mistake (a wrong type, a wrong boundary, a wrong relation),
it is told once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Literal, get_args

from ingest.evaluation import Comparison, Thing, Triple
from ingest.gold import GoldEntity, GoldRelation
from kg.model import Assertion

Kind = Literal[
    "missed-entity",
    "spurious-entity",
    "boundary",
    "wrong-type",
    "split-entity",
    "missing-end",
    "missed-relation",
    "wrong-relation",
    "wrong-direction",
    "spurious-relation",
    "spurious-end",
    "wrong-modality",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
"""missing-end: a statement is missed since one of its names is; missed-relation: both names were read, nothing was
stated between them. spurious-end: a statement about a name that nobody annotated; spurious-relation: both names are
annotated, the statement is not. split-entity: a second entity where there is one thing."""

Stretch = tuple[int, int]
"""Characters of a sentence: start inclusive, end exclusive."""


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake: the type, relation or modality that is annotated (`expected`) and the one that was read (`given`),
    what was to be read (`gold`) and what was (`read`), and the sentence with the names of both. What does not apply is
    empty; so is the sentence where an entity is named in no annotated one."""

    kind: Kind
    expected: str = ""
    given: str = ""
    gold: str = ""
    read: str = ""
    source: str = ""
    sid: str = ""
    text: str = ""
    gold_names: tuple[Stretch, ...] = ()
    read_names: tuple[Stretch, ...] = ()
    belief: float = 0.0
    """How far a wrong statement is believed."""


@dataclass(frozen=True, slots=True)
class Group:
    """Mistakes of the same kind, with the same expectation and the same reading."""

    kind: Kind
    expected: str
    given: str
    mistakes: tuple[Mistake, ...]


def mistakes(comparison: Comparison) -> tuple[Mistake, ...]:
    """All mistakes of one document."""
    marks = _Marks.of(comparison)
    return (*_entities(comparison, marks), *_statements(comparison, marks))


def grouped(found: Iterable[Mistake]) -> tuple[Group, ...]:
    """The mistakes by kind, most frequent first. In each group one of every document comes first, then the second of
    every document …; of a document, what is believed most."""
    groups: defaultdict[tuple[Kind, str, str], list[Mistake]] = defaultdict(list)
    for mistake in found:
        groups[mistake.kind, mistake.expected, mistake.given].append(mistake)
    made = [Group(*key, tuple(_in_turn(members))) for key, members in groups.items()]
    return tuple(sorted(made, key=lambda g: (-len(g.mistakes), KINDS.index(g.kind), g.expected, g.given)))


def _in_turn(members: Iterable[Mistake]) -> list[Mistake]:
    seen: defaultdict[str, int] = defaultdict(int)
    turns: list[tuple[int, Mistake]] = []
    for mistake in sorted(members, key=lambda m: -m.belief):
        turns.append((seen[mistake.source], mistake))
        seen[mistake.source] += 1
    return [mistake for _, mistake in sorted(turns, key=lambda turn: turn[0])]


@dataclass(frozen=True, slots=True)
class _Marks:
    """Which entity was read where in the annotated sentences."""

    by_sentence: Mapping[int, Sequence[tuple[Stretch, str]]]
    by_entity: Mapping[str, Sequence[tuple[int, Stretch]]]

    @classmethod
    def of(cls, comparison: Comparison) -> "_Marks":
        by_sentence: defaultdict[int, list[tuple[Stretch, str]]] = defaultdict(list)
        by_entity: defaultdict[str, list[tuple[int, Stretch]]] = defaultdict(list)
        for number, place in enumerate(comparison.places):
            for mention in comparison.mentions if place else ():
                if place and (stretch := place.within(mention.span)):
                    by_sentence[number].append((stretch, mention.entity))
                    by_entity[mention.entity].append((number, stretch))
        return cls(by_sentence, by_entity)

    def names(self, number: int, *ids: str) -> tuple[Stretch, ...]:
        """Where those entities are named in a sentence."""
        return tuple(dict.fromkeys(stretch for stretch, id_ in self.by_sentence.get(number, ()) if id_ in ids))

    def first(self, id_: str) -> int | None:
        """The first annotated sentence that names the entity."""
        return next((number for number, _ in self.by_entity.get(id_, ())), None)


# ---- Entities


def _entities(c: Comparison, marks: _Marks) -> Iterator[Mistake]:
    told: set[str] = set()
    for thing, mentions in c.things.items():
        if thing not in c.found:
            mistake, id_ = _missed_thing(c, marks, thing, mentions)
            told.add(id_)
            yield mistake
    yield from (_extra_entity(c, marks, id_) for id_ in c.extra if id_ not in told)


def _missed_thing(
    c: Comparison, marks: _Marks, thing: Thing, mentions: Sequence[tuple[int, GoldEntity]]
) -> tuple[Mistake, str]:
    """The mistake, and the entity that was read instead, if any."""
    number, entity = mentions[0]
    if other := next((id_ for id_, meant in c.meant.items() if thing in meant), ""):
        number, entity = next(((n, e) for n, e in mentions if marks.names(n, other)), mentions[0])
        return _entity(c, marks, "wrong-type", number, entity, other), other
    for number, entity in mentions:
        if other := _overlapping(marks, number, entity):
            return _entity(c, marks, "boundary", number, entity, other), other
    return _entity(c, marks, "missed-entity", *mentions[0], ""), ""


def _extra_entity(c: Comparison, marks: _Marks, id_: str) -> Mistake:
    number = marks.first(id_)
    if meant := sorted(c.same(id_)):
        kind: Kind = "split-entity" if meant[0][1] == c.entities[id_].type else "wrong-type"
        known = c.things[meant[0]]
        own, entity = next(((n, e) for n, e in known if marks.names(n, id_)), known[0])
        return _entity(c, marks, kind, own, entity, id_)
    for at, (start, end) in marks.by_entity.get(id_, ()):
        for entity in c.gold.sentences[at].entities:
            if entity.start < end and start < entity.end:
                return _entity(c, marks, "boundary", at, entity, id_)
    return _entity(c, marks, "spurious-entity", number, None, id_)


def _overlapping(marks: _Marks, number: int, entity: GoldEntity) -> str:
    """The entity that was read at a part of where the annotated one stands."""
    read = marks.by_sentence.get(number, ())
    return next((id_ for (start, end), id_ in read if start < entity.end and entity.start < end), "")


def _entity(c: Comparison, marks: _Marks, kind: Kind, number: int | None, gold: GoldEntity | None, id_: str) -> Mistake:
    sentence = c.gold.sentences[number] if number is not None else None
    read = c.entities.get(id_)
    return Mistake(
        kind,
        expected=gold.type if gold else "",
        given=read.type if read else "",
        gold=gold.canonical if gold else "",
        read=read.label(c.extraction.document.language) if read else "",
        source=c.gold.source,
        sid=sentence.sid if sentence else "",
        text=sentence.text if sentence else "",
        gold_names=((gold.start, gold.end),) if gold else (),
        read_names=marks.names(number, id_) if number is not None else (),
    )


# ---- Statements


def _statements(c: Comparison, marks: _Marks) -> Iterator[Mistake]:
    read_as: defaultdict[Thing, set[str]] = defaultdict(set)
    for id_ in c.entities:
        for thing in c.same(id_):
            read_as[thing].add(id_)
    told: set[Assertion] = set()
    for triple, stated in c.triples.items():
        if triple in c.stated:
            yield from _modality(c, marks, *stated[0], {r.modality for _, r in stated}, c.stated[triple])
            continue
        kind, other = _missed_triple(c, triple, read_as)
        told |= {other} if other else set()
        ends = read_as.get(triple[0], set()) | read_as.get(triple[2], set())
        yield _statement(c, marks, kind, *stated[0], other, ends)
    for assertion in c.wrong:
        if assertion not in told:
            yield _spurious(c, marks, assertion)


def _modality(
    c: Comparison, marks: _Marks, number: int, relation: GoldRelation, modalities: set[str], assertion: Assertion
) -> Iterator[Mistake]:
    if assertion.modality not in modalities:
        yield _statement(c, marks, "wrong-modality", number, relation, assertion, _ends(assertion))


def _missed_triple(c: Comparison, triple: Triple, read_as: Mapping[Thing, set[str]]) -> tuple[Kind, Assertion | None]:
    """Why a statement was missed, and what was stated instead."""
    subject, predicate, object_ = triple
    subjects, objects = read_as.get(subject, set()), read_as.get(object_, set())
    if not subjects or not objects:
        return "missing-end", None
    for other in c.wrong:
        if other.subject in subjects and other.object in objects:
            return "wrong-relation", other
        if other.subject in objects and other.object in subjects:
            return "wrong-direction" if other.predicate == predicate else "wrong-relation", other
    return "missed-relation", None


def _spurious(c: Comparison, marks: _Marks, assertion: Assertion) -> Mistake:
    kind: Kind = "spurious-relation" if all(c.meant[id_] for id_ in _ends(assertion)) else "spurious-end"
    spans = [span for evidence in assertion.evidence for span in evidence.spans]
    number = next(n for n, place in enumerate(c.places) if place and any(map(place.meets, spans)))
    return _statement(c, marks, kind, number, None, assertion, _ends(assertion))


def _ends(assertion: Assertion) -> set[str]:
    return {assertion.subject, assertion.object}


def _statement(
    c: Comparison,
    marks: _Marks,
    kind: Kind,
    number: int,
    gold: GoldRelation | None,
    read: Assertion | None,
    ends: Set[str],
) -> Mistake:
    """The mistake; `ends` are the entities that were read and whose names the sentence shows."""
    sentence = c.gold.sentences[number]
    compared = "modality" if kind == "wrong-modality" else "predicate"
    marked = (gold.subject, gold.object) if gold else ()
    return Mistake(
        kind,
        expected=getattr(gold, compared) if gold else "",
        given=getattr(read, compared) if read else "",
        gold=f"{gold.subject.canonical} {gold.predicate} {gold.object.canonical}" if gold else "",
        read=_said(c, read) if read else "",
        source=c.gold.source,
        sid=sentence.sid,
        text=sentence.text,
        gold_names=tuple((end.start, end.end) for end in marked),
        read_names=marks.names(number, *ends),
        belief=read.belief if read else 0.0,
    )


def _said(c: Comparison, assertion: Assertion) -> str:
    names = (c.entities[id_].label(c.extraction.document.language) for id_ in (assertion.subject, assertion.object))
    return f" {assertion.predicate} ".join(names)
