"""Chains of statements from one entity to another, or by a template, found over arrays in memory.

A chain visits no entity twice. Hubs may only be its ends, since nearly everything meets in them: entities of a hub type
(places, instruments, goals, challenges, indicators …, as the ontology says) and broad ones (`ontology/chains.toml`).
Statements may be walked both ways.

No chain tells what nobody said of one case. A technology, product or industry of no country is shared by many. Where a
chain comes to one and leaves it by a statement of another sentence, the two may speak of different countries; so if the
countries that the chain is in before and after differ, there is no such chain: Japan's program, DRAM, Korea's industry.
Where one sentence holds both statements, the change of country is stated, and the chain stands. A statement is of the
country of the entity that it leads to or comes from, or of the only country that its sentence tells of.

The best chain is the one with the highest score: the belief of its weakest link, times 0.85 for each hop after the
first, and times 0.5 for each of these:

- a leap: the two statements about a shared thing are neither of one section nor of one country;
- a turn: a hop against the direction (policy → program → actor → technology → product → industry) in which the chain
  leads on the whole; reading the whole chain from its end is one turn;
- dates that contradict the order: a later step's period ends before an earlier one's begins;

and times 0.25 for each two acts of one government: the chain comes to it from something that it issued, set up, paid
for or takes part in, and goes on to another such thing, of which neither is the other's effect.

Where a statement is made more than once, the chain has the one that fits best: actual, most believed. One score, unlike
an order by direction first, never puts a long doubtful chain before a short sure one, is the same from both ends, and
lets the search stop when longer chains can no longer be among the best.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TypedDict, Unpack

import numpy as np

from kg.adjacency import EVER, NEVER, Adjacency, Block, Ints, Mask, adjacency, blocks_of
from kg.errors import QueryError, StoreError
from kg.model import MODALITIES, Assertion, Chain, Hop, Modality, Reason
from kg.ontology import Ontology
from kg.store import Store
from kg.templates import Station, Template, load_forms
from kg.walks import ACTS, DOUBT, Ends, Limits, Rules, Search, Stations, Step, Typed, Way


class Filters(TypedDict, total=False):
    """What the statements and entities of a chain must be; all are optional. The ends of a chain are exempt from
    `types`, and statements without a period from the years."""

    modalities: Collection[Modality]
    """Actual and proposed ones by default."""
    relations: Collection[str] | None
    types: Collection[str] | None
    """Of the entities between the ends."""
    sources: Collection[str] | None
    """Names of documents."""
    min_confidence: float
    """The least belief of a statement, 0 to 1."""
    from_year: int | None
    to_year: int | None
    place: str | None
    """The id of a place: something in the chain lies in it, and nothing in another country."""


@dataclass(frozen=True, slots=True)
class _Inside:
    """Which entities lie in a place, and which in another country than it does."""

    inside: Mask
    elsewhere: Mask


class Index:
    """The statements of a store as adjacency lists, as they were when the index was made."""

    limits = Limits()

    def __init__(self, store: Store, ontology: Ontology, blocks: Mapping[str, Block]) -> None:
        self._store = store
        self._revision = store.revision
        self._ontology = ontology
        self.blocks = blocks
        """What was read of each document: of use for the next index."""
        self.adjacency: Adjacency = adjacency(store, ontology, blocks)
        self._rules = Rules.of(self.adjacency, ontology, load_forms())

    @classmethod
    def of(cls, store: Store, ontology: Ontology, known: Mapping[str, Block] | None = None) -> "Index":
        """The index of all statements of the store. With the `blocks` of one that was made before, only those documents
        are read that have changed since."""
        return cls(store, ontology, blocks_of(store, known or {}))

    @property
    def current(self) -> bool:
        """Whether the store has not been changed, through the same object, since the index was made."""
        return self._revision == self._store.revision

    def between(
        self, start: str, end: str, *, max_hops: int = 5, limit: int = 10, **filters: Unpack[Filters]
    ) -> tuple[Chain, ...]:
        """The best chains from one entity to another, best first; none where there is no way. Either may be the name
        of a type instead of an id: any entity of it, each chain having one of them at its end only.

        Raises QueryError for an unknown type, relation, modality or document, StoreError where the index is no longer
        current.
        """
        starts, ends = self._named(start), self._named(end)
        if start == end and "/" in start:
            return ()
        if "/" in start:
            ends = ends.without(starts)
        elif "/" in end:
            starts = starts.without(ends)
        search = self._search(starts, ends, filters)
        return self._chains(search, search.ways(starts, ends, max_hops, limit))

    def along(
        self,
        template: Template,
        start: str | None = None,
        end: str | None = None,
        *,
        limit: int = 10,
        **filters: Unpack[Filters],
    ) -> tuple[Chain, ...]:
        """The best chains of the template's form, best first: from an entity and to one, where they are given. Raises
        as `between`, and QueryError where the template begins or ends with entities of other types."""
        stations = template.stations
        for id_, station, where in ((start, stations[0], "begins"), (end, stations[-1], "ends")):
            if id_ and id_.partition("/")[0] not in {name.lower() for name in station.types}:
                raise QueryError(f"{template.name} {where} with {' or '.join(station.types)}, which {id_} is not")
        starts, ends = (self._at(id_, each) for id_, each in ((start, stations[0]), (end, stations[-1])))
        search = self._search(starts, ends, filters)
        if end and not start:
            search.lean = search.lean[::-1]
            ways = search.through(ends, self._stations(stations, turned=True), starts, limit)
            search.lean = search.lean[::-1]
            return self._chains(search, [way.turned() for way in ways])
        return self._chains(search, search.through(starts, self._stations(stations), ends, limit))

    # ---- What may be in a chain

    def _named(self, name: str) -> Ends:
        """The entity of that id, or all of that type."""
        if "/" in name:
            number = self.adjacency.names.number(name)
            return Ends(np.array([] if number is None else [number], np.int64))
        self._check_types([name])
        return self._typed([name])

    def _typed(self, types: Collection[str]) -> Ends:
        return Typed(self.adjacency, self._of_types(types))

    def _of_types(self, types: Collection[str]) -> Mask:
        """For each type of the index whether it is one of these."""
        wanted = {name.lower() for name in types}
        return np.array([name in wanted for name in self.adjacency.types], bool)

    def _check_types(self, types: Collection[str]) -> None:
        if strange := set(types) - self._ontology.kinds.keys():
            known = ", ".join(self._ontology.kinds)
            raise QueryError(f"there is no entity type {min(strange)}: choose one of {known}")

    def _check(self, filters: Filters) -> None:
        self._check_types(filters.get("types") or ())
        if unknown := set(filters.get("modalities", ())) - set(MODALITIES):
            raise QueryError(f"there is no modality {min(unknown)}: choose from {', '.join(MODALITIES)}")
        if strange := set(filters.get("relations") or ()) - self._ontology.relations.keys():
            raise QueryError(f"there is no relation {min(strange)}: choose from {', '.join(self._ontology.relations)}")

    def _search(self, starts: Ends, ends: Ends, filters: Filters) -> Search:
        """The search within the filters."""
        self._check(filters)
        wanted = filters.get("place")
        place = self._place(wanted) if wanted else None
        tests = [self._kinds(filters.get("modalities", ("actual", "proposed")), filters.get("relations"))]
        tests += self._statements(filters)
        head = self.adjacency.head
        if types := filters.get("types"):
            between = Typed(self.adjacency, self._of_types(types))
            tests.append(lambda half: between[head[half]] | starts[head[half]] | ends[head[half]])
        if place:
            elsewhere = place.elsewhere
            tests.append(lambda half: ~elsewhere[head[half]])

        def step(half: Ints) -> Mask:
            fits = tests[0](half)
            for test in tests[1:]:
                fits &= test(half)
            return fits

        chosen = {"sources", "min_confidence", "from_year", "to_year"} & {name for name in filters if filters.get(name)}
        plain = not chosen and "actual" in filters.get("modalities", MODALITIES)
        return Search(self.adjacency, self._rules, step, self.limits, plain=plain, must=place.inside if place else None)

    def _kinds(self, modalities: Collection[Modality], relations: Collection[str] | None) -> Step:
        kind = self.adjacency.kind
        wanted = np.array(
            [
                modality in modalities and (relations is None or predicate in relations)
                for predicate in self.adjacency.predicates
                for modality in MODALITIES
                for _ in (False, True)
            ],
            bool,
        )
        return lambda half: wanted[kind[half]]

    def _statements(self, filters: Filters) -> list[Step]:
        """The tests of statements that most searches do without."""
        index, tests = self.adjacency, list[Step]()
        least = filters.get("min_confidence", 0.0)
        if least > 0:
            tests.append(lambda half: index.belief[half] >= np.float32(least))
        if (sources := filters.get("sources")) is not None:
            of_these = np.array([source in sources for source in index.sources], bool)
            tests.append(lambda half: of_these[index.source[index.code[half] >> 1]])
        if (first := filters.get("from_year")) is not None:
            low = max(NEVER, min(EVER, first))
            tests.append(lambda half: index.end[index.code[half] >> 1] >= low)
        if (last := filters.get("to_year")) is not None:
            high = max(NEVER, min(EVER, last))
            tests.append(lambda half: index.start[index.code[half] >> 1] <= high)
        return tests

    def _place(self, id_: str) -> _Inside:
        """Which entities lie in a place: those of its country, if it is one; else those that are said to lie in it."""
        index, entry = self.adjacency, self._ontology.entries.get(id_)
        number = index.names.number(id_)
        country = int(index.country[number]) if number is not None else 0
        elsewhere = (index.country > 0) & (index.country != country)
        if country and not (entry and entry.parent):
            return _Inside(index.country == country, elsewhere)
        inside = np.zeros(len(index.names), bool)
        inside[[] if number is None else [number]] = True
        located = self._kinds(MODALITIES[:1], ("locatedIn", "partOf"))
        for _ in range(3):
            (within,) = np.nonzero(inside)
            _, half = index.leaving(within, index.degree(within))
            half = half[located(half) & (index.kind[half] & 1 == 1)]
            inside[index.head[half]] = True
        return _Inside(inside, elsewhere & ~inside)

    def _at(self, id_: str | None, station: Station) -> Ends:
        return self._named(id_) if id_ else self._typed(station.types)

    def _stations(self, stations: Sequence[Station], *, turned: bool = False) -> Stations:
        """The stations as the search takes them, from the last to the first where it is `turned`. Of two stations the
        one that stands later in the template says which relations join them."""
        in_order = range(len(stations) - 1, -1, -1) if turned else range(len(stations))

        @cache
        def step(here: int, there: int) -> Step:
            one, other = in_order[here], in_order[there]
            return self._to(stations[other].types, stations[max(one, other)].relations)

        return Stations([stations[place].optional for place in in_order], step)

    def _to(self, types: Collection[str], relations: Collection[str] | None) -> Step:
        open_, index = self._of_types(types), self.adjacency
        kinds: Step = self._kinds(MODALITIES, relations)
        return lambda half: kinds(half) & open_[index.type[index.head[half]]]

    # ---- What was found

    def _chains(self, search: Search, ways: list[Way]) -> tuple[Chain, ...]:
        """The ways as chains, in the order that the beliefs in full give them."""
        if not self.current:
            raise StoreError("the store was changed after the index of chains was made: make it again")
        ids = {code >> 1: self.adjacency.statement_id(code >> 1) for way in ways for code in way.codes}
        known = {a.id: a for a in self._store.assertions(ids.values())} if ids else {}
        ranked = []
        for way in ways:
            hops = tuple(Hop(known[ids[code >> 1]], bool(code & 1)) for code in way.codes)
            score = min(hop.assertion.belief for hop in hops) * way.factor
            ranked.append((-score, len(hops), [hop.assertion.id for hop in hops], way, hops))
        ranked.sort(key=lambda each: each[:3])
        return tuple(Chain(hops, self._reasons(search, way, hops)) for *_, way, hops in ranked)

    def _reasons(self, search: Search, way: Way, hops: tuple[Hop, ...]) -> tuple[Reason, ...]:
        meetings = self._meetings(search, way, hops) if way.leaps else ()
        dates = self._dates(hops) if way.dates else None
        return (*meetings, *([dates] if dates else []))

    def _meetings(self, search: Search, way: Way, hops: tuple[Hop, ...]) -> tuple[Reason, ...]:
        """What speaks against going on from one hop to the next."""
        leaps = ((place, _LEAP, 1.0) for place in search.leaps(way))
        acts = ((place, _ACTS, DOUBT**ACTS) for place in search.acts(way))
        found = sorted((*leaps, *acts), key=lambda each: each[0])
        return tuple(self._reason(words, hops[place].tail, place, weight) for place, words, weight in found)

    def judged(self, chain: Chain) -> Chain:
        """The chain with the reasons that speak against the whole of it, as a search would have found it. Raises
        StoreError where the index is no longer current, QueryError for a statement that it does not have."""
        if not self.current:
            raise StoreError("the store was changed after the index of chains was made: make it again")
        codes = [self.adjacency.statement_number(hop.assertion.id) * 2 + hop.inverse for hop in chain.hops]
        names = [chain.hops[0].tail, *(hop.head for hop in chain.hops)]
        nodes = [self.adjacency.names.number(name) for name in names]
        if min(codes) < 0 or None in nodes:
            raise QueryError("the index of chains does not have every statement of this chain: make it again")
        way = Way(tuple(node for node in nodes if node is not None), tuple(codes), 0.0, 0, 0, dates=False)
        starts, ends = (Ends(np.array([way.nodes[place]])) for place in (0, -1))
        meetings = self._meetings(self._search(starts, ends, {}), way, chain.hops)
        dates = self._dates(chain.hops)
        return Chain(chain.hops, (*meetings, *([dates] if dates else [])))

    def _reason(self, words: tuple[str, str], id_: str, place: int, weight: float) -> Reason:
        """The words, in both languages, with the places of the two hops and the name of the entity where they meet."""
        entities = self._store.entities([id_])
        names = [entities[0].label(language) for language in ("zh", "en")] if entities else [id_, id_]
        zh, en = (text.format(one=place, other=place + 1, name=name) for text, name in zip(words, names, strict=True))
        return Reason(zh, en, weight)

    def _dates(self, hops: tuple[Hop, ...]) -> Reason | None:
        """The first two hops whose dates contradict the order in which the chain leads, if any do."""
        against = [self._against(hop) for hop in hops]
        forth = sum(a for a, _ in against) <= sum(b for _, b in against) + 1
        order = range(len(hops)) if forth else range(len(hops) - 1, -1, -1)
        onward = [place for place in order if not against[place][0 if forth else 1]]
        for at, later in enumerate(onward):
            for earlier in onward[:at]:
                if _ends_before(hops[later].assertion, hops[earlier].assertion):
                    return _contradiction(hops, earlier, later)
        return None

    def _against(self, hop: Hop) -> tuple[int, int]:
        relation = self._ontology.relations.get(hop.assertion.predicate)
        direction = relation.direction if relation else "none"
        forth, back = int(direction in ("backward", "none")), int(direction in ("forward", "none"))
        return (back, forth) if hop.inverse else (forth, back)


_LEAP = (
    "第{one}步与第{other}步都说到“{name}”，但出自不同章节，未必指同一国家的情形。",
    "Hops {one} and {other} both tell of “{name}”, but in different sections: perhaps of two countries.",
)
_ACTS = (
    "第{one}步与第{other}步只因同出“{name}”而相连：同一政府做了两件事，未必有因果。",
    "Only “{name}” joins hops {one} and {other}: it did both things, and neither need have led to the other.",
)


def _ends_before(later: Assertion, earlier: Assertion) -> bool:
    one, other = later.period, earlier.period
    return bool(one and other and one.end is not None and other.start is not None and one.end < other.start)


def _contradiction(hops: tuple[Hop, ...], earlier: int, later: int) -> Reason:
    one, other = hops[earlier].assertion.period, hops[later].assertion.period
    begins, ends = one.start if one else None, other.end if other else None
    return Reason(
        f"时间与次序相反：第{later + 1}步止于{ends}年，早于第{earlier + 1}步开始的{begins}年。",
        f"The dates contradict the order: hop {later + 1} ends in {ends}, before hop {earlier + 1} begins in {begins}.",
        DOUBT,
    )
