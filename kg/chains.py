"""Chains of statements from one entity to another, found over adjacency lists in memory.

A chain visits no entity twice. Entities of a hub type (places, instruments, goals … see the ontology) may only be its
ends, since nearly everything meets in them. Statements may be walked both ways. Where several documents state the
same, the chain has the statement that fits best: without a leap, actual, most believed.

The best chain is the one with the fewest hops against the direction in which its relations lead (policy → program →
actor → technology → product → industry), then the one with the highest score: the belief of its weakest link, times
0.85 for each hop after the first, times 0.5 for each leap. A leap is where a chain comes to a technology, product or
industry of no country and leaves it by a statement from another section: the two statements may well speak of
different countries.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache
from heapq import heappop, heappush
from typing import NamedTuple, cast

from kg import rdf
from kg.belief import across_documents
from kg.errors import QueryError, StoreError
from kg.iris import ENTITY, ONTOLOGY, STATEMENT, local
from kg.model import MODALITIES, Chain, Hop, Modality
from kg.ontology import Ontology
from kg.store import Row, Store, stated

MAX_WALKS = 100_000
"""How many beginnings of chains one search looks at, at most, before it gives what it has found; about a second. It
looks at the promising ones first, so that a search that is cut short has found good chains, if perhaps not the best."""

_HOP = 0.85
_LEAP = 0.5
_LOOSE_TYPES = ("Technology", "Product", "Industry")


@dataclass(frozen=True, slots=True)
class _Edge:
    """A statement as the search needs it; `sections` are those of its document in which it is read."""

    id: str
    subject: str
    predicate: str
    object: str
    modality: Modality
    belief: float
    source: str
    sections: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Step:
    """A statement walked one way. `against` is 1 where that is against the direction in which the relation leads, and
    `against_back` the same for the other way."""

    edge: _Edge
    inverse: bool
    against: int
    against_back: int

    @property
    def head(self) -> str:
        return self.edge.subject if self.inverse else self.edge.object


_Group = tuple[_Step, ...]
"""Steps of the same relation, the same way, to the same entity."""
_Groups = Callable[[str], list[_Group]]
"""The steps that may leave an entity."""


@dataclass(frozen=True, slots=True)
class _Walk:
    """The beginning of a chain: its steps, the entities it has seen, and what makes its rank."""

    steps: tuple[_Step, ...]
    seen: frozenset[str]
    against: int
    belief: float
    leaps: int

    @property
    def head(self) -> str:
        return self.steps[-1].head

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(step.edge.id for step in self.steps)


class _Rank(NamedTuple):
    """The best that a walk can become: sorts best first. The ids make the order of equals stable."""

    against: int
    minus_score: float
    hops: int
    ids: tuple[str, ...]


class Index:
    """The statements of a store as adjacency lists, as they were when the index was made."""

    def __init__(self, store: Store, ontology: Ontology, edges: Iterable[_Edge], loose: frozenset[str]) -> None:
        self._store = store
        self._revision = store.revision
        self._ontology = ontology
        self._hubs = frozenset(name.lower() for name, type_ in ontology.kinds.items() if type_.hub)
        self._loose = loose
        self._steps: defaultdict[str, list[_Step]] = defaultdict(list)
        for edge in edges:
            for tail, step in _both_ways(edge, ontology):
                self._steps[tail].append(step)

    @classmethod
    def of(cls, store: Store, ontology: Ontology) -> "Index":
        """The index of all statements of the store."""
        loose = (local(rdf.text_of(row["e"]), ENTITY) for row in store.select(_COUNTRYLESS))
        return cls(store, ontology, _edges(store.select(_EDGES)), frozenset(loose))

    @property
    def current(self) -> bool:
        """Whether the store has not been changed, through the same object, since the index was made."""
        return self._revision == self._store.revision

    def between(
        self,
        start_id: str,
        end_id: str,
        *,
        max_hops: int = 5,
        limit: int = 10,
        modalities: Collection[Modality] = ("actual", "proposed"),
        relations: Collection[str] | None = None,
        sources: Collection[str] | None = None,
    ) -> tuple[Chain, ...]:
        """The best chains from one entity to another, best first; none where there is no way.

        `relations` and `sources` name the relations and documents that may be used, all by default. Raises QueryError
        for an unknown relation or modality, StoreError where the index is no longer current.
        """
        ends = frozenset({end_id}) - {start_id}
        return self._search(start_id, ends, max_hops, limit, self._allowed(modalities, relations, sources))

    def from_type(
        self,
        start_id: str,
        end_type: str,
        *,
        max_hops: int = 5,
        limit: int = 10,
        modalities: Collection[Modality] = ("actual", "proposed"),
        relations: Collection[str] | None = None,
        sources: Collection[str] | None = None,
    ) -> tuple[Chain, ...]:
        """The best chains from an entity to any entity of a type; each ends at the first one that it comes to.

        As `between`; raises QueryError for an unknown type too.
        """
        if end_type not in self._ontology.kinds:
            raise QueryError(f"there is no entity type {end_type}: choose one of {', '.join(self._ontology.kinds)}")
        ends = frozenset(id_ for id_ in self._steps if id_.startswith(f"{end_type.lower()}/")) - {start_id}
        return self._search(start_id, ends, max_hops, limit, self._allowed(modalities, relations, sources))

    def _allowed(
        self, modalities: Collection[Modality], relations: Collection[str] | None, sources: Collection[str] | None
    ) -> _Groups:
        """The steps that may be used, by the entity they leave."""
        if unknown := set(modalities) - set(MODALITIES):
            raise QueryError(f"there is no modality {min(unknown)}: choose from {', '.join(MODALITIES)}")
        if strange := set(relations or ()) - self._ontology.relations.keys():
            raise QueryError(f"there is no relation {min(strange)}: choose from {', '.join(self._ontology.relations)}")

        @cache
        def groups(tail: str) -> list[_Group]:
            found: defaultdict[tuple[str, str, bool], list[_Step]] = defaultdict(list)
            for step in self._steps.get(tail, ()):
                edge = step.edge
                wanted = edge.modality in modalities and (relations is None or edge.predicate in relations)
                if wanted and (sources is None or edge.source in sources):
                    found[step.head, edge.predicate, step.inverse].append(step)
            return [tuple(group) for group in found.values()]

        return groups

    def _search(
        self, start: str, ends: frozenset[str], max_hops: int, limit: int, groups: _Groups
    ) -> tuple[Chain, ...]:
        """Best-first search, guided by the least number of hops against the direction that each entity's way to the
        ends still takes: what comes off the heap complete is the best of what is left."""
        ways = _Ways.to(ends, start, max_hops, groups, self._hub)
        found: list[_Walk] = []
        heap: list[tuple[_Rank, _Walk]] = []
        walks = self._onward(_Walk((), frozenset({start}), 0, 1.0, 0), start, groups)
        looked_at = 0
        while len(found) < limit:
            for walk in walks if looked_at < MAX_WALKS else ():
                looked_at += 1
                if rank := ways.rank(walk):
                    heappush(heap, (rank, walk))
            if not heap:
                break
            _, best = heappop(heap)
            if complete := best.head in ends:
                found.append(best)
            walks = iter(()) if complete else self._onward(best, best.head, groups)
        return self._chains(found)

    def _onward(self, walk: _Walk, tail: str, groups: _Groups) -> Iterator[_Walk]:
        """The walk with one more step: for each relation and entity that it may go on to, the best statement."""
        before = walk.steps[-1].edge if walk.steps and tail in self._loose else None
        for group in groups(tail):
            if group[0].head not in walk.seen:
                step = min(group, key=lambda step: (_leaps(before, step.edge), *_preference(step.edge)))
                yield _Walk(
                    (*walk.steps, step),
                    walk.seen | {step.head},
                    walk.against + step.against,
                    min(walk.belief, step.edge.belief),
                    walk.leaps + _leaps(before, step.edge),
                )

    def _hub(self, id_: str) -> bool:
        return id_.partition("/")[0] in self._hubs

    def _chains(self, walks: list[_Walk]) -> tuple[Chain, ...]:
        if not self.current:
            raise StoreError("the store was changed after the index of chains was made: make it again")
        assertions = {a.id: a for a in self._store.assertions({id_ for walk in walks for id_ in walk.ids})}
        return tuple(Chain(tuple(Hop(assertions[s.edge.id], s.inverse) for s in walk.steps)) for walk in walks)


@dataclass(frozen=True, slots=True)
class _Ways:
    """How the entities around a start lead to the ends of a search."""

    least: tuple[dict[str, int], ...]
    """`least[k][id]`: the fewest hops against the direction on a way of at most k hops to an end."""
    hops: dict[str, int]
    """The fewest hops to an end."""

    @classmethod
    def to(
        cls, ends: frozenset[str], start: str, max_hops: int, groups: _Groups, hub: Callable[[str], bool]
    ) -> "_Ways":
        """Breadth-first from both sides: outward from the start to see how far each entity is, then from the ends
        back, over entities that are near enough to the start only."""
        distance = _distances(start, max_hops, groups, lambda id_: id_ in ends or hub(id_))
        least = [dict.fromkeys(ends & distance.keys(), 0)]
        hops = dict(least[0])
        changed = set(hops)
        for k in range(1, max_hops + 1):
            layer, previous = dict(least[-1]), least[-1]
            changed, reached = set(), changed
            for head in reached - {start}:
                for group in groups(head):
                    tail, against = group[0].head, previous[head] + group[0].against_back
                    near = distance.get(tail, max_hops) <= max_hops - k and (tail == start or not hub(tail))
                    if near and tail not in ends and against < layer.get(tail, max_hops + 1):
                        layer[tail] = against
                        hops.setdefault(tail, k)
                        changed.add(tail)
            least.append(layer)
        return cls(tuple(least), hops)

    def rank(self, walk: _Walk) -> _Rank | None:
        """The best that the walk can become, or None where it can no longer come to an end."""
        left = len(self.least) - 1 - len(walk.steps)
        if left < 0 or walk.head not in self.least[left]:
            return None
        hops = len(walk.steps) + self.hops[walk.head]
        score = walk.belief * _HOP ** (hops - 1) * _LEAP**walk.leaps
        return _Rank(walk.against + self.least[left][walk.head], -score, len(walk.steps), walk.ids)


def _distances(start: str, max_hops: int, groups: _Groups, closed: Callable[[str], bool]) -> dict[str, int]:
    """How many hops each entity is from the start, up to `max_hops`; `closed` entities are reached but not left."""
    distance, frontier = {start: 0}, [start]
    for hops in range(1, max_hops + 1):
        reached = {group[0].head for tail in frontier for group in groups(tail)} - distance.keys()
        distance.update(dict.fromkeys(reached, hops))
        frontier = [id_ for id_ in reached if not closed(id_)]
    return distance


def _leaps(before: _Edge | None, after: _Edge) -> int:
    """1 where the second statement shares no section with the first; 0 where there is no first to compare."""
    return int(before is not None and (before.source != after.source or before.sections.isdisjoint(after.sections)))


def _preference(edge: _Edge) -> tuple[int, float, str]:
    return MODALITIES.index(edge.modality), -edge.belief, edge.id


def _both_ways(edge: _Edge, ontology: Ontology) -> Iterator[tuple[str, _Step]]:
    """The statement's steps with the entities that they leave; none where it relates an entity to itself."""
    if edge.subject == edge.object:
        return
    relation = ontology.relations.get(edge.predicate)
    direction = relation.direction if relation else "none"
    onward, back = int(direction in ("backward", "none")), int(direction in ("forward", "none"))
    yield edge.subject, _Step(edge, False, onward, back)
    yield edge.object, _Step(edge, True, back, onward)


_EDGES = """
SELECT ?st ?s ?p ?o ?m ?b ?source ?section ?time ?value {
    GRAPH ?source {
        ?st pkg:subject ?s ; pkg:predicate ?p ; pkg:object ?o ; pkg:modality ?m ; pkg:belief ?b ; pkg:evidence ?ev .
        OPTIONAL { ?ev pkg:section ?section }
        OPTIONAL { ?st pkg:timeText ?time }
        OPTIONAL { ?st pkg:valueText ?value }
    }
}"""

_COUNTRYLESS = f"""
SELECT ?e {{
    VALUES ?type {{ {" ".join(f"pkg:{name}" for name in _LOOSE_TYPES)} }}
    ?e a ?type FILTER NOT EXISTS {{ ?e pkg:country ?country }}
}}"""


def _edges(rows: list[Row]) -> Iterator[_Edge]:
    """The statements, from a row for each piece of evidence, each believed as all documents together support it."""
    sections: defaultdict[str, set[str]] = defaultdict(set)
    first: dict[str, Row] = {}
    for row in rows:
        id_ = rdf.text_of(row["st"])
        first.setdefault(id_, row)
        sections[id_].add(rdf.text_of(row["section"]) if "section" in row else "")
    beliefs = across_documents(map(stated, first.values()))
    in_order = ((local(iri, STATEMENT), iri) for iri in sorted(first))
    return (_edge(id_, first[iri], beliefs[id_], frozenset(sections[iri])) for id_, iri in in_order)


def _edge(id_: str, row: Row, belief: float, sections: frozenset[str]) -> _Edge:
    return _Edge(
        id=id_,
        subject=local(rdf.text_of(row["s"]), ENTITY),
        predicate=local(rdf.text_of(row["p"]), ONTOLOGY),
        object=local(rdf.text_of(row["o"]), ENTITY),
        modality=cast(Modality, local(rdf.text_of(row["m"]), ONTOLOGY)),
        belief=belief,
        source=rdf.source_of(rdf.text_of(row["source"])),
        sections=sections,
    )
