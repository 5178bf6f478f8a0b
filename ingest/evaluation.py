"""How well an extraction reads a document whose sentences are annotated.

Entities are compared as a reader would look them up, not place by place: the annotators' canonical name and type make
a *thing*, and an entity that was read is that thing where one of its names is one of the thing's names (marks, case
and white space aside). A statement is right where both its ends are the annotated things and the relation is the same.
Only what stands in annotated sentences counts.

What a wrong item counts for, per type and per relation: a thing read with a wrong type is spurious for the type that
was read and missed for the annotated one; a statement with a wrong relation likewise. So the counts of all types add
up to those of the whole, and those of all relations too. An entity that is the same thing as another one of its type
counts as spurious, since a reader meets two things where there is one; a statement read twice counts once.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce
from math import inf
from operator import add
from typing import TypeVar

from ingest.alignment import Place, located
from ingest.gold import GoldDocument, GoldEntity, GoldRelation
from kg.model import Assertion, Entity, Extraction, Mention, Span
from kg.ontology import Ontology

Thing = tuple[str, str]
"""What annotators take for one thing: its canonical name as it is compared, and its type."""
Triple = tuple[Thing, str, Thing]
"""An annotated statement: subject, relation, object; of a symmetric relation the smaller thing first."""
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Counts:
    """How many of the annotated items (`gold`) were found, and how many were read at all."""

    found: int = 0
    predicted: int = 0
    gold: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        return Counts(self.found + other.found, self.predicted + other.predicted, self.gold + other.gold)

    @property
    def precision(self) -> float:
        """The share of what was read that is right; 0 where nothing was."""
        return self.found / self.predicted if self.predicted else 0.0

    @property
    def recall(self) -> float:
        """The share of what is annotated that was read; 0 where nothing is."""
        return self.found / self.gold if self.gold else 0.0

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        return 2 * self.found / (self.predicted + self.gold) if self.found else 0.0


@dataclass(frozen=True, slots=True)
class Share:
    """So many of so many."""

    right: int = 0
    of: int = 0

    def __add__(self, other: "Share") -> "Share":
        return Share(self.right + other.right, self.of + other.of)

    @property
    def value(self) -> float:
        """The share as a number; 0 of 0 is 0."""
        return self.right / self.of if self.of else 0.0


@dataclass(frozen=True, slots=True)
class Judged:
    """An assertion, whether annotators state it too (in any modality), and whether they name both its ends."""

    assertion: Assertion
    right: bool
    named: bool


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of one document, or of several added up."""

    types: Mapping[str, Counts] = field(default_factory=dict)
    """Entity type → things of that name and type."""
    names: Counts = Counts()
    """Things of that name, whatever their type."""
    relations: Mapping[str, Counts] = field(default_factory=dict)
    modality: Share = Share()
    """Statements found that have an annotated modality."""
    evidence: Share = Share()
    """Pieces of evidence that are exactly the document's text."""
    sentences: Share = Share()
    """Annotated sentences that stand in the document."""
    judged: tuple[Judged, ...] = ()

    def __add__(self, other: "Figures") -> "Figures":
        return Figures(
            types=_merged(self.types, other.types),
            names=self.names + other.names,
            relations=_merged(self.relations, other.relations),
            modality=self.modality + other.modality,
            evidence=self.evidence + other.evidence,
            sentences=self.sentences + other.sentences,
            judged=self.judged + other.judged,
        )

    @property
    def entities(self) -> Counts:
        """Things of any type."""
        return reduce(add, self.types.values(), Counts())

    @property
    def statements(self) -> Counts:
        """Statements of any relation."""
        return reduce(add, self.relations.values(), Counts())

    def believed(self, least: float, below: float = inf) -> tuple[Judged, ...]:
        """The assertions whose belief is in that range."""
        return tuple(each for each in self.judged if least <= each.assertion.belief < below)


@dataclass(frozen=True, slots=True)
class Comparison:
    """A document as annotators read it beside what was extracted: what both mean by the same, and what is left."""

    gold: GoldDocument
    extraction: Extraction
    places: tuple[Place | None, ...]
    """Where each annotated sentence stands in the document."""
    things: Mapping[Thing, tuple[tuple[int, GoldEntity], ...]]
    """Each annotated thing with its mentions, and the number of the sentence that each stands in."""
    triples: Mapping[Triple, tuple[tuple[int, GoldRelation], ...]]
    mentions: tuple[Mention, ...]
    """The extraction's mentions in annotated sentences."""
    judged: tuple[Judged, ...]
    """The extraction's assertions with evidence in annotated sentences."""
    entities: Mapping[str, Entity]
    """The entities of those mentions and assertions, by id."""
    meant: Mapping[str, frozenset[Thing]]
    """Entity id → the things with one of its names; empty where there is none."""
    found: frozenset[Thing]
    """The things that were found, name and type."""
    extra: tuple[str, ...]
    """Ids of entities that are no thing of their type, or only one that another entity is already."""
    stated: Mapping[Triple, Assertion]
    """The annotated statements that were found, each with the first assertion that states it."""
    wrong: tuple[Assertion, ...]
    """Assertions that annotators do not state, each subject, relation and object once."""

    def same(self, id_: str) -> frozenset[Thing]:
        """The things that an entity is by name and type, or by name alone where none has its type."""
        return _same(self.entities[id_], self.meant[id_]) or self.meant[id_]


def compare(gold: GoldDocument, extraction: Extraction, ontology: Ontology) -> Comparison:
    """Sets an extraction beside the annotations of the same document."""
    places = located([sentence.text for sentence in gold.sentences], extraction.document.text)
    things, triples = _things(gold), _triples(gold, ontology)
    mentions = tuple(mention for mention in extraction.mentions if _annotated(mention.span, places))
    assertions = [a for a in extraction.assertions if any(_annotated(s, places) for e in a.evidence for s in e.spans)]
    used = {m.entity for m in mentions} | {end for a in assertions for end in (a.subject, a.object)}
    entities = {entity.id: entity for entity in sorted(extraction.entities, key=lambda e: e.id) if entity.id in used}
    meant = _meant(entities, mentions, things)
    found, extra = _matched({id_: _same(entity, meant[id_]) for id_, entity in entities.items()})
    ends = {id_: _same(entity, meant[id_]) or meant[id_] for id_, entity in entities.items()}
    hits = [(assertion, _stated(assertion, ends, triples, ontology)) for assertion in assertions]
    stated: dict[Triple, Assertion] = {}
    wrong: dict[tuple[str, str, str], Assertion] = {}
    for assertion, triple in hits:
        if triple:
            stated.setdefault(triple, assertion)
        else:
            wrong.setdefault((assertion.subject, assertion.predicate, assertion.object), assertion)
    judged = [Judged(a, triple is not None, bool(ends[a.subject] and ends[a.object])) for a, triple in hits]
    return Comparison(
        gold=gold,
        extraction=extraction,
        places=places,
        things=things,
        triples=triples,
        mentions=mentions,
        judged=tuple(judged),
        entities=entities,
        meant=meant,
        found=frozenset(found),
        extra=tuple(extra),
        stated=stated,
        wrong=tuple(wrong.values()),
    )


def figures(comparison: Comparison) -> Figures:
    """The figures of one document."""
    c = comparison
    names, spurious = _matched({id_: frozenset(name for name, _ in c.meant[id_]) for id_ in c.entities})
    spans = [span for each in c.judged for evidence in each.assertion.evidence for span in evidence.spans]
    text = c.extraction.document.text
    modalities = {triple: {r.modality for _, r in stated} for triple, stated in c.triples.items()}
    return Figures(
        types=_counts([t for _, t in c.found], [c.entities[id_].type for id_ in c.extra], [t for _, t in c.things]),
        names=Counts(len(names), len(names) + len(spurious), len({name for name, _ in c.things})),
        relations=_counts([p for _, p, _ in c.stated], [a.predicate for a in c.wrong], [p for _, p, _ in c.triples]),
        modality=Share(sum(a.modality in modalities[triple] for triple, a in c.stated.items()), len(c.stated)),
        evidence=Share(sum(text[span.start : span.end] == span.quote for span in spans), len(spans)),
        sentences=Share(sum(place is not None for place in c.places), len(c.places)),
        judged=c.judged,
    )


def evaluate(gold: GoldDocument, extraction: Extraction, ontology: Ontology) -> Figures:
    """How well the extraction reads the annotated sentences of the same document."""
    return figures(compare(gold, extraction, ontology))


_MARKS = re.compile(r"[\s“”‘’\"'《》〈〉「」()（）\[\]·・,，、.。\-—–_]")


def compared(name: str) -> str:
    """A name as it is compared.

    >>> compared("“自主创新”战略"), compared("R&D Program")
    ('自主创新战略', 'r&dprogram')
    """
    return _MARKS.sub("", unicodedata.normalize("NFKC", name)).lower()


def _thing(entity: GoldEntity) -> Thing:
    return compared(entity.canonical), entity.type


def _triple(subject: Thing, predicate: str, object_: Thing, ontology: Ontology) -> Triple:
    if ontology.relations[predicate].symmetric and object_ < subject:
        return object_, predicate, subject
    return subject, predicate, object_


def _things(gold: GoldDocument) -> dict[Thing, tuple[tuple[int, GoldEntity], ...]]:
    things: defaultdict[Thing, list[tuple[int, GoldEntity]]] = defaultdict(list)
    for number, sentence in enumerate(gold.sentences):
        for entity in sentence.entities:
            things[_thing(entity)].append((number, entity))
    return {thing: tuple(mentions) for thing, mentions in things.items()}


def _triples(gold: GoldDocument, ontology: Ontology) -> dict[Triple, tuple[tuple[int, GoldRelation], ...]]:
    triples: defaultdict[Triple, list[tuple[int, GoldRelation]]] = defaultdict(list)
    for number, sentence in enumerate(gold.sentences):
        for relation in sentence.relations:
            triple = _triple(_thing(relation.subject), relation.predicate, _thing(relation.object), ontology)
            triples[triple].append((number, relation))
    return {triple: tuple(stated) for triple, stated in triples.items()}


def _annotated(span: Span, places: Sequence[Place | None]) -> bool:
    return any(place is not None and place.meets(span) for place in places)


def _meant(
    entities: Mapping[str, Entity],
    mentions: Iterable[Mention],
    things: Mapping[Thing, Sequence[tuple[int, GoldEntity]]],
) -> dict[str, frozenset[Thing]]:
    by_name: defaultdict[str, set[Thing]] = defaultdict(set)
    for thing, marked in things.items():
        for name in {thing[0], *(compared(entity.surface) for _, entity in marked)}:
            by_name[name].add(thing)
    names = {id_: {entity.label(), *entity.aliases} for id_, entity in entities.items()}
    for mention in mentions:
        names[mention.entity].add(mention.span.quote)
    keys = {id_: {compared(name) for name in own} - {""} for id_, own in names.items()}
    return {id_: frozenset(thing for key in own for thing in by_name.get(key, ())) for id_, own in keys.items()}


def _same(entity: Entity, meant: frozenset[Thing]) -> frozenset[Thing]:
    return frozenset(thing for thing in meant if thing[1] == entity.type)


def _matched(meant: Mapping[str, frozenset[T]]) -> tuple[set[T], list[str]]:
    """All that the entities mean, and the entities that mean nothing that others before them do not mean too."""
    found: set[T] = set()
    extra = []
    for id_, own in meant.items():
        if own <= found:
            extra.append(id_)
        found |= own
    return found, extra


def _stated(
    assertion: Assertion, ends: Mapping[str, frozenset[Thing]], triples: Iterable[Triple], ontology: Ontology
) -> Triple | None:
    """The annotated statement that the assertion is: the first, where its names may mean several things."""
    subjects, objects = ends[assertion.subject], ends[assertion.object]
    options = {_triple(s, assertion.predicate, o, ontology) for s in subjects for o in objects}
    return next((triple for triple in triples if triple in options), None) if options else None


def _counts(found: Iterable[str], spurious: Iterable[str], gold: Iterable[str]) -> dict[str, Counts]:
    right, wrong, wanted = Counter(found), Counter(spurious), Counter(gold)
    names = sorted(right.keys() | wrong.keys() | wanted.keys())
    return {name: Counts(right[name], right[name] + wrong[name], wanted[name]) for name in names}


def _merged(one: Mapping[str, Counts], other: Mapping[str, Counts]) -> dict[str, Counts]:
    return {name: one.get(name, Counts()) + other.get(name, Counts()) for name in sorted({*one, *other})}
