"""The search for chains over the arrays of `kg.adjacency`: the best ways from some entities to others.

Walks are kept in tables, a row each, and lengthened all at once. The search meets in the middle: from both ends, it
lengthens the side from which fewer statements leave, and joins the two where they come to the same entity; so it
finds all ways of one hop, then of two, and ends where longer ones can no longer be among the best.

It looks twice. A quick look, within a small part of the bounds, finds good ways; they say what a walk must promise to
be worth lengthening, so that the second look need not go far to be sure of the best. Of the statements that leave an
entity only those that are believed enough are read; those that cannot meet the other side in time are sieved out
before anything else is asked of them. Each table and each step is bounded; where a bound is reached, the most promising
rows are kept, so that a search that is cut short has found good ways, if perhaps not the best.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace

import numpy as np
from numpy.typing import NDArray

from kg.adjacency import LOOSE_TYPES, NEVER, Adjacency, Floats, Ints, Mask
from kg.model import MODALITIES
from kg.ontology import Ontology
from kg.templates import Forms

HOP = 0.85
"""What the score of a way is multiplied by for each hop after the first."""
DOUBT = 0.5
"""What it is multiplied by for each leap, each turn, and dates that contradict its order."""
ACTS = 2
"""So many times is it multiplied by that for two acts which only their body joins: there is no link, not a weak one."""

QUICK = 12
"""The part of its bounds within which a search looks first."""
FEW = 20
"""The part of the statements it may look at in a step that is soon looked at."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one search may do, at most: rows in a table, statements looked at in a step, pairs in a join, ends
    from which it walks (of more it only asks whether a walk has come to one)."""

    rows: int = 10_000
    halves: int = 200_000
    pairs: int = 40_000
    ends: int = 2_000

    def part(self, parts: int) -> "Limits":
        """So small a part of it, with as many ends."""
        rows, halves, pairs = (max(1, most // parts) for most in (self.rows, self.halves, self.pairs))
        return Limits(rows, halves, pairs, self.ends)


@dataclass(frozen=True, slots=True)
class Way:
    """A way that was found: its entities, the codes of its statements, and what makes its rank."""

    nodes: tuple[int, ...]
    codes: tuple[int, ...]
    belief: float
    leaps: int
    """Leaps, and for two acts that only their body joins as many as `ACTS`."""
    turns: int
    dates: bool
    """Whether its dates contradict its order."""

    @property
    def factor(self) -> float:
        """What the belief of the weakest link is multiplied by to give its score."""
        return HOP ** (len(self.codes) - 1) * DOUBT ** (self.leaps + self.turns + self.dates)

    def turned(self) -> "Way":
        """The same way from its other end."""
        codes = tuple(code ^ 1 for code in reversed(self.codes))
        return replace(self, nodes=self.nodes[::-1], codes=codes)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the ontology says that a search must know, as arrays by entity or by kind of statement."""

    hub: Mask
    """Entities that end chains but never carry them."""
    loose: Mask
    """Things that many countries share."""
    against: NDArray[np.uint8]
    """Of each kind of half whether it is walked against the direction in which its relation leads."""
    body: Mask
    """Entities whose acts have nothing to do with each other."""
    act: Mask
    """Of each kind of half whether it leads from an act to the body whose act it is."""

    @classmethod
    def of(cls, adjacency: Adjacency, ontology: Ontology, forms: Forms) -> "Rules":
        """The rules for the index; of the forms, which entities are hubs though their type is none, and what bodies
        are."""
        hub = _typed(adjacency, (name for name, type_ in ontology.kinds.items() if type_.hub))
        for number in map(adjacency.names.number, forms.broad):
            if number is not None:
                hub[number] = True
        loose = _typed(adjacency, LOOSE_TYPES) & (adjacency.country == 0)
        relations = [ontology.relations.get(name) for name in adjacency.predicates]
        ways = [
            (direction in ("backward", "none"), direction in ("forward", "none"))
            for direction in (relation.direction if relation else "none" for relation in relations)
        ]
        against = np.repeat(np.array(ways, np.uint8).reshape(-1, 2), len(MODALITIES), axis=0).ravel()
        ends = [forms.bodies.acts.get(name) for name in adjacency.predicates]
        acts = np.array([(end == "object", end == "subject") for end in ends], bool).reshape(-1, 2)
        act = np.repeat(acts, len(MODALITIES), axis=0).ravel()
        return cls(hub, loose, against, _typed(adjacency, forms.bodies.types), act)


def _typed(adjacency: Adjacency, types: Iterable[str]) -> Mask:
    """Which entities are of one of the types."""
    wanted = {name.lower() for name in types}
    return np.array([name in wanted for name in adjacency.types], bool)[adjacency.type]


Step = Callable[[Ints], Mask]
"""Which halves may be walked."""


class Ends:
    """Entities at which a way may begin, or end: `ends[nodes]` says of many at a time which are among them."""

    def __init__(self, nodes: Ints) -> None:
        self._nodes = np.unique(nodes).astype(np.int32)
        self._sieve = _Sieve(self._nodes)

    def __len__(self) -> int:
        return len(self._nodes)

    @property
    def nodes(self) -> Ints:
        """All of them."""
        return self._nodes

    def without(self, others: "Ends") -> "Ends":
        """These but those."""
        return Ends(np.setdiff1d(self._nodes, others.nodes))

    def __getitem__(self, nodes: Ints) -> Mask:
        if len(self._nodes) == 1:
            alone: Mask = nodes == self._nodes[0]
            return alone
        found = self._sieve[nodes]
        (maybe,) = np.nonzero(found)
        place = np.searchsorted(self._nodes, nodes[maybe])
        found[maybe] = self._nodes[np.minimum(place, len(self._nodes) - 1)] == nodes[maybe]
        return found


class Typed(Ends):
    """All entities of some types but a few: to ask for them takes no longer the more there are."""

    def __init__(self, adjacency: Adjacency, types: Mask, but: Ints | None = None) -> None:
        self._adjacency, self._types = adjacency, types
        self._but = np.zeros(0, np.int32) if but is None else but[types[adjacency.type[but]]]

    def __len__(self) -> int:
        return int(np.diff(self._adjacency.begins)[self._types].sum()) - len(self._but)

    @property
    def nodes(self) -> Ints:
        """All of them."""
        found = self._adjacency.of_types(self._types)
        return np.setdiff1d(found, self._but) if len(self._but) else found

    def without(self, others: Ends) -> "Typed":
        """These but those."""
        return Typed(self._adjacency, self._types, np.union1d(self._but, others.nodes))

    def __getitem__(self, nodes: Ints) -> Mask:
        found: Mask = self._types[self._adjacency.type[nodes]]
        for other in self._but:
            found &= nodes != other
        return found


class _Sieve:
    """Some entities, and as it happens some more: to leave out at once most of those that are not among them."""

    def __init__(self, nodes: Ints) -> None:
        # small ones stay in the processor's cache
        size = 1 << (16 if len(nodes) < 1 << 13 else 20)
        self._table, self._mask = np.zeros(size, bool), size - 1
        self._table[nodes & self._mask] = True

    def __getitem__(self, nodes: Ints) -> Mask:
        found: Mask = self._table[nodes & self._mask]
        return found


@dataclass(frozen=True, slots=True)
class Stations:
    """What a way is to pass, one after the other: which of them may be left out, and the step from one to another."""

    optional: Sequence[bool]
    step: Callable[[int, int], Step]


@dataclass(frozen=True, slots=True)
class _Walks:
    """A table of walks of one length. A column of `nodes` for each entity, a column of `codes` for each hop."""

    nodes: tuple[Ints, ...]
    codes: tuple[Ints, ...]
    belief: Floats
    leaps: NDArray[np.int8]
    against: NDArray[np.int8]
    """Hops against the direction of their relations, walked as they are; `back`: walked the other way."""
    back: NDArray[np.int8]
    place: NDArray[np.int16]
    """The country that the walk was last in; 0 where it has been in none."""
    here: NDArray[np.int16]
    """The country of its last statement; 0 where that is of none."""
    broken: Mask
    """Whether, since then, it left a thing that many countries share by a statement of another sentence."""
    lean: tuple[int, int]
    """What is added to `against` and `back` for the choice of the way in which the whole is read."""

    @classmethod
    def at(cls, nodes: Ints, lean: tuple[int, int]) -> "_Walks":
        """The walks of no hop."""
        n = len(nodes)
        none, nowhere = np.zeros(n, np.int8), np.zeros(n, np.int16)
        start = (nodes.astype(np.int32),)
        return cls(start, (), np.ones(n, np.float32), none, none, none, nowhere, nowhere, np.zeros(n, bool), lean)

    def __len__(self) -> int:
        return len(self.belief)

    @property
    def head(self) -> Ints:
        return self.nodes[-1]

    @property
    def hops(self) -> int:
        return len(self.codes)

    def promise(self) -> Floats:
        """The best score that the rows can still come to, apart from their length."""
        return _promise(self.belief, self.leaps, self.against, self.back, self.lean)

    def need(self, least: float) -> Floats:
        """What a row's next statement must be believed more than, if the row is then to promise more than `least`."""
        turns = np.minimum(self.against + self.lean[0], self.back + self.lean[1])
        need: Floats = np.float32(least) / _DOUBTS[self.leaps + turns]
        return need

    def take(self, rows: Ints | Mask) -> "_Walks":
        """The table of those rows."""
        columns = {f.name: getattr(self, f.name)[rows] for f in fields(self)[2:-1]}
        nodes, codes = (tuple(column[rows] for column in each) for each in (self.nodes, self.codes))
        return _Walks(nodes=nodes, codes=codes, **columns, lean=self.lean)


def _promise(belief: Floats, leaps: Ints, against: Ints, back: Ints, lean: tuple[int, int]) -> Floats:
    turns = np.minimum(against + lean[0], back + lean[1])
    promise: Floats = belief * _DOUBTS[leaps + turns]
    return promise


_DOUBTS = np.float32(DOUBT) ** np.arange(256, dtype=np.float32)
"""The powers of what a leap or a turn costs."""


@dataclass(frozen=True, slots=True)
class _Asked:
    """What one search is for, and what it has found."""

    starts: Ends
    ends: Ends
    max_hops: int
    best: "_Best"

    def least(self, hops: int) -> float:
        """What a walk must promise more than, if a way of so many hops is to be among the best."""
        return self.best.floor / HOP ** (hops - 1)


@dataclass(frozen=True, slots=True)
class _Side:
    """A table of walks, how many statements are to be looked at of each walk's head, and where they are to come to."""

    walks: _Walks
    sizes: Ints
    goal: Ends

    @property
    def statements(self) -> int:
        """How many are to be looked at in all."""
        return int(self.sizes.sum())


_Leaving = tuple[Ints, Ints, Ints]
"""Steps that leave the heads of walks: the walks' rows, the halves, the entities to which they lead."""


@dataclass(slots=True)
class Search:
    """One search over the index. `step` says which steps may be made."""

    adjacency: Adjacency
    rules: Rules
    step: Step
    limits: Limits = field(default_factory=Limits)
    lean: tuple[int, int] = (0, 1)
    plain: bool = False
    """Whether, of statements alike, `step` lets the actual and most believed one pass if any."""
    must: Mask | None = None
    """Entities of which a way must have one."""
    cut: bool = False
    """Whether a bound was reached, so that better ways may have been missed."""

    def ways(self, starts: Ends, ends: Ends, max_hops: int, limit: int) -> list[Way]:
        """The best ways from any of the starts to any of the ends, best first, at most so many. None has an end or a
        start in its middle."""
        if not len(starts) or not len(ends) or limit < 1:
            return []
        if len(starts) > self.limits.ends and len(ends) < len(starts):
            with self._turned():
                return [way.turned() for way in self.ways(ends, starts, max_hops, limit)]
        best, whole = _Best(limit, self.adjacency, self.must), self.limits
        asked = _Asked(starts, ends, max_hops, best)
        # a quick look finds good ways: what promises less than they give need not be looked at
        for self.limits in (whole.part(QUICK), whole):
            self.cut = False
            self._meet(asked)
            if not self.cut:
                break
        self.limits = whole
        return best.ways()

    def _meet(self, asked: "_Asked") -> None:
        """Put the ways from the starts to the ends among the best."""
        front = self._first(asked.starts, asked.least(1))
        few = len(asked.ends) <= self.limits.ends
        rear = _Walks.at(asked.ends.nodes, self.lean[::-1]) if few else None
        for hops in range(1, asked.max_hops + 1):
            front, rear = self._longer(front, rear, hops, asked)
            # what goes on is longer by a hop at least: leave what can no longer be among the best
            front = self._going_on(front, asked, asked.least(hops + 1))
            if rear is not None:
                rear = self._going_on(rear, asked, asked.least(hops + 1))
            if not len(front) or (rear is not None and not len(rear)):
                break

    @contextmanager
    def _turned(self) -> Iterator[None]:
        """While it lasts, the ways that are found are to be read from their ends."""
        self.lean = self.lean[::-1]
        try:
            yield
        finally:
            self.lean = self.lean[::-1]

    def through(self, starts: Ends, stations: "Stations", ends: Ends, limit: int) -> list[Way]:
        """The best ways from any of the starts, the first station, to any of the ends, the last one, best first."""
        best = _Best(limit, self.adjacency, self.must)
        if len(starts) and len(ends) and limit > 0:
            self._on(self._first(starts), 0, stations, ends, best)
        return best.ways()

    def _on(self, walks: _Walks, here: int, stations: "Stations", ends: Ends, best: "_Best") -> None:
        last = len(stations.optional) - 1
        leaving = self._leaving(walks, self.adjacency.degree(walks.head))
        for there in range(here + 1, last + 1):
            step = stations.step(here, there)
            if there < last:
                longer = self._extended(walks, leaving, None, None, step=step)
                if len(longer):
                    self._on(longer, there, stations, ends, best)
            else:
                best.add(self._complete(self._extended(walks, leaving, ends, ends, step=step), ends, best))
            if not stations.optional[there]:
                break

    def _first(self, starts: Ends, least: float = -1.0) -> _Walks:
        """The walks of no hop, from the starts that a statement leaves which is believed more than `least`; of too many
        from those where one is believed most."""
        nodes, adjacency = starts.nodes, self.adjacency
        nodes = nodes[adjacency.degree(nodes) > 0]
        most = adjacency.belief[adjacency.rows[nodes]]
        nodes, most = nodes[most > least], most[most > least]
        if len(nodes) > self.limits.rows:
            self.cut = True
            nodes = nodes[np.argpartition(-most, self.limits.rows)[: self.limits.rows]]
        return _Walks.at(nodes, self.lean)

    def _longer(self, front: _Walks, rear: _Walks | None, hops: int, asked: _Asked) -> tuple[_Walks, _Walks | None]:
        """Both tables, the cheaper one a hop longer; the ways of so many hops that they make are put among the best."""
        least, best = asked.least(hops), asked.best
        one = _Side(front, self._sizes(front, least), asked.ends)
        if rear is None:
            return self._lengthened(one, None, hops, asked, lambda w: self._complete(w, asked.ends, best)), None
        other = _Side(rear, self._sizes(rear, least), asked.starts)
        if other.statements < one.statements:
            return front, self._lengthened(other, one, hops, asked, lambda walks: self._joined(front, walks, best))
        return self._lengthened(one, other, hops, asked, lambda walks: self._joined(walks, rear, best)), rear

    def _lengthened(
        self, side: "_Side", other: "_Side | None", hops: int, asked: _Asked, whole: "Callable[[_Walks], _Found]"
    ) -> _Walks:
        """The side's walks with a hop more, to go on with. `whole` gives the whole ways that such walks make."""
        walks, leaving = side.walks, self._leaving(side.walks, side.sizes)
        goal = side.goal if other is None or not other.walks.hops else None
        least, last = asked.least(hops), hops == asked.max_hops
        if not last and side.statements * FEW <= self.limits.halves:
            longer = self._extended(walks, leaving, goal, None, least)
            asked.best.add(whole(longer))
            return longer
        # first only what makes whole ways: the better these are, the less need go on
        only = _Sieve(other.walks.head) if other else goal
        asked.best.add(whole(self._extended(walks, leaving, goal, only, least)))
        if last:
            return walks
        near = self._near(other) if other and hops + 1 == asked.max_hops else None
        return self._extended(walks, leaving, None, near, asked.least(hops + 1))

    def _near(self, side: "_Side") -> _Sieve | None:
        """The entities to which a step leads from the side's walks; None if there are too many to say."""
        if side.statements > self.limits.halves:
            return None
        return _Sieve(self.adjacency.head[self.adjacency.leaving(side.walks.head, side.sizes)[1]])

    def _going_on(self, walks: _Walks, asked: _Asked, least: float) -> _Walks:
        """The walks that may go on: those that promise more than `least`, and have not come to an end."""
        going = walks.promise() > least
        if walks.hops:
            head = walks.head
            going &= ~(self.rules.hub[head] | asked.starts[head] | asked.ends[head])
        return walks.take(going)

    # ---- A hop more

    def _leaving(self, walks: _Walks, sizes: Ints) -> _Leaving:
        """What leaves the walks' heads, so many statements of each, or as many as may be looked at."""
        row, half = self.adjacency.leaving(walks.head, self._bounded(sizes))
        return row, half, self.adjacency.head[half]

    def _extended(
        self,
        walks: _Walks,
        leaving: _Leaving,
        ends: Ends | None,
        only: Ends | _Sieve | None,
        least: float = -1.0,
        step: Step | None = None,
    ) -> _Walks:
        """The walks with one of the steps that leave them: to no hubs unless they are `ends`, to entities in `only`, if
        given; such as promise more than `least`. `step` is asked beside the search's own."""
        adjacency, rules = self.adjacency, self.rules
        row, half, head = leaving
        if only is not None:
            (kept,) = np.nonzero(only[head])
            row, half, head = row[kept], half[kept], head[kept]
        wanted = self.step(half)
        if step:
            wanted &= step(half)
        if least > 0:
            wanted &= adjacency.belief[half] > walks.need(least)[row]
        (kept,) = np.nonzero(wanted)
        row, half, head = row[kept], half[kept], head[kept]
        wanted = ~rules.hub[head] if ends is None else ~rules.hub[head] | ends[head]
        if self.plain:
            # said again: only beside a thing that many share does it matter where
            (again,) = np.nonzero(adjacency.again[half])
            wanted[again] &= rules.loose[head[again]] | rules.loose[walks.head[row[again]]]
        for nodes in walks.nodes[:-1]:
            wanted &= nodes[row] != head
        row, half = row[wanted], half[wanted]
        return self._stepped(walks, row, half, least)

    def _sizes(self, walks: _Walks, least: float) -> Ints:
        """How many statements are to be looked at of each walk's head, for all ways on that promise more than that."""
        if least <= 0:
            return self.adjacency.degree(walks.head)
        return self.adjacency.believed(walks.head, walks.need(least))

    def _bounded(self, sizes: Ints) -> Ints:
        """As many, for each alike, as may be."""
        most = self.limits.halves
        if sizes.sum() <= most:
            return sizes
        self.cut = True
        few, many = 1, int(sizes.max())
        while few + 1 < many:
            middle = (few + many) // 2
            few, many = (middle, many) if np.minimum(sizes, middle).sum() <= most else (few, middle)
        return np.minimum(sizes, few)

    def _stepped(self, walks: _Walks, row: Ints, half: Ints, least: float) -> _Walks:
        """The table of the walks in `row`, each with a step more; without those that change the country where nothing
        says that they may, and of the others the most promising."""
        adjacency = self.adjacency
        belief = np.minimum(walks.belief[row], adjacency.belief[half])
        kind = adjacency.kind[half]
        against = walks.against[row] + self.rules.against[kind]
        back = walks.back[row] + self.rules.against[kind ^ 1]
        if least > 0:
            (kept,) = np.nonzero(_promise(belief, walks.leaps[row], against, back, walks.lean) > least)
            row, half = row[kept], half[kept]
            belief, against, back = belief[kept], against[kept], back[kept]
        tail, head, code = walks.head[row], adjacency.head[half], adjacency.code[half]
        here = self._here(tail, head, code >> 1)
        leaps, broken, place = walks.leaps[row], walks.broken[row], walks.place[row]
        if walks.hops:
            last = walks.codes[-1][row]
            apart, far = self._parted(last >> 1, walks.here[row], code >> 1, here, self.rules.loose[tail])
            broken, leaps = broken | apart, leaps + far + ACTS * self._acts(last, code ^ 1, tail)
        promise = _promise(belief, leaps, against, back, walks.lean)
        true = ~(broken & (here > 0) & (place > 0) & (here != place)) & (promise > least)
        (kept,) = np.nonzero(true)
        if len(kept) > self.limits.rows:
            self.cut = True
            kept = kept[np.argpartition(-promise[kept], self.limits.rows)[: self.limits.rows]]
        row, head, here = row[kept], head[kept], here[kept]
        there = adjacency.country[head]
        there = np.where(there > 0, there, here)
        return _Walks(
            nodes=(*(nodes[row] for nodes in walks.nodes), head),
            codes=(*(codes[row] for codes in walks.codes), code[kept]),
            belief=belief[kept],
            leaps=leaps[kept].astype(np.int8),
            against=against[kept].astype(np.int8),
            back=back[kept].astype(np.int8),
            place=np.where(there > 0, there, place[kept]),
            here=here,
            broken=broken[kept] & (there == 0),
            lean=walks.lean,
        )

    def _here(self, tail: Ints, head: Ints, statement: Ints) -> NDArray[np.int16]:
        """The country of each statement between two entities: of the one, of the other, or that its sentence tells
        of."""
        found = self.adjacency.country[tail]
        (open_,) = np.nonzero(found == 0)
        found[open_] = self.adjacency.country[head[open_]]
        open_ = open_[found[open_] == 0]
        found[open_] = self.adjacency.setting[statement[open_]]
        return found

    def _parted(self, one: Ints, here: Ints, other: Ints, there: Ints, loose: Mask) -> tuple[Mask, Mask]:
        """Where two statements, of the countries `here` and `there`, meet in a `loose` thing: whether they share no
        sentence, and whether they share no section either and are not of one country."""
        adjacency = self.adjacency
        apart, far = np.zeros(len(one), bool), np.zeros(len(one), bool)
        (at,) = np.nonzero(loose)
        apart[at] = ~adjacency.share(adjacency.sentence, one[at], other[at])
        at = at[apart[at]]
        at = at[(here[at] == 0) | (here[at] != there[at])]
        far[at] = ~adjacency.share(adjacency.section, one[at], other[at])
        return apart, far

    def _acts(self, one: Ints, other: Ints, middle: Ints) -> Mask:
        """Where two halves, both walked to the entity in the `middle`, come from acts of that body."""
        ours, theirs = (self.rules.act[self._kinds(codes)] for codes in (one, other))
        both: Mask = self.rules.body[middle] & ours & theirs
        return both

    def _kinds(self, codes: Ints) -> NDArray[np.int64]:
        """The kinds of the halves of those codes, of whatever modality."""
        relations = self.adjacency.predicate[codes >> 1].astype(np.int64)
        kinds: NDArray[np.int64] = relations * (2 * len(MODALITIES)) + (codes & 1)
        return kinds

    def leaps(self, way: Way) -> list[int]:
        """The places of the hops that a way comes to by a leap."""
        nodes, statements = np.array(way.nodes), np.array(way.codes) >> 1
        here = self._here(nodes[:-1], nodes[1:], statements)
        middle = self.rules.loose[nodes[1:-1]]
        _, far = self._parted(statements[:-1], here[:-1], statements[1:], here[1:], middle)
        return [int(place) + 1 for place in np.nonzero(far)[0]]

    def acts(self, way: Way) -> list[int]:
        """The places of the hops that lead to another act of the body that the way has just come to from one."""
        nodes, codes = np.array(way.nodes), np.array(way.codes)
        return [int(place) + 1 for place in np.nonzero(self._acts(codes[:-1], codes[1:] ^ 1, nodes[1:-1]))[0]]

    # ---- Whole ways

    def _complete(self, front: _Walks, ends: Ends, best: "_Best") -> "_Found":
        done = front.take(ends[front.head])
        return self._whole(done.nodes, done.codes, done.belief, done.leaps, done.against, done.back, best)

    def _whole(
        self,
        nodes: Sequence[Ints],
        codes: Sequence[Ints],
        belief: Floats,
        leaps: Ints,
        against: Ints,
        back: Ints,
        best: "_Best",
    ) -> "_Found":
        """Those of the ways that may be among the best. One that leads from its end to its start has one turn more."""
        forth, home = against + self.lean[0], back + self.lean[1]
        found = _Found(nodes, codes, belief, leaps, np.minimum(forth, home), np.zeros(len(belief), bool))
        (good,) = np.nonzero(found.scores() > best.floor)
        found = found.take(good)
        onward = ((forth <= home) if self.lean[1] else (forth < home))[good]
        backwards = [code ^ 1 for code in reversed(found.codes)]
        dates = np.zeros(len(good), bool)
        for codes_, rows in ((found.codes, onward), (backwards, ~onward)):
            dates[rows] = self._out_of_order([code[rows] for code in codes_])
        return replace(found, dates=dates)

    def _out_of_order(self, codes: Sequence[Ints]) -> Mask:
        """Whether, of the hops that lead onward, one ends before an earlier one begins."""
        adjacency, found = self.adjacency, np.zeros(len(codes[0]), bool)
        late = np.full(len(found), NEVER, np.int16)
        for code in codes:
            statement = code >> 1
            onward = self.rules.against[self._kinds(code)] == 0
            found |= onward & (adjacency.end[statement] < late)
            late = np.where(onward, np.maximum(late, adjacency.start[statement]), late)
        return found

    def _joined(self, front: _Walks, rear: _Walks, best: "_Best") -> "_Found":
        """The whole ways that the two tables make."""
        (rows,) = np.nonzero(_Sieve(rear.head)[front.head])
        (others,) = np.nonzero(_Sieve(front.head[rows])[rear.head])
        others = others[np.argsort(rear.head[others], kind="stable")]
        low = np.searchsorted(rear.head[others], front.head[rows], "left")
        counts = np.searchsorted(rear.head[others], front.head[rows], "right") - low
        if counts.sum() > self.limits.pairs:
            self.cut = True
            others = others[np.lexsort((-rear.promise()[others], rear.head[others]))]
            most = np.argsort(-front.promise()[rows], kind="stable")[: self.limits.pairs]
            rows, low, counts = rows[most], low[most], counts[most]
            counts = np.minimum(counts, max(1, self.limits.pairs // len(rows)))
        one = np.repeat(rows, counts)
        other = np.arange(len(one)) + np.repeat(low - np.cumsum(counts) + counts, counts)
        return self._paired(front, one, rear, others[other], best)

    def _paired(self, front: _Walks, one: Ints, rear: _Walks, other: Ints, best: "_Best") -> "_Found":
        """The ways that go by a row of the front and then a row of the rear."""
        forth = front.against[one] + rear.back[other] + self.lean[0]
        turns = np.minimum(forth, front.back[one] + rear.against[other] + self.lean[1])
        belief = np.minimum(front.belief[one], rear.belief[other])
        promise = belief * _DOUBTS[front.leaps[one] + rear.leaps[other] + turns]
        sound = promise * HOP ** (front.hops + rear.hops - 1) > best.floor
        for ours in front.nodes[:-1]:
            for theirs in rear.nodes[:-1]:
                sound &= ours[one] != theirs[other]
        one, other = one[sound], other[sound]
        a, b = front.take(one), rear.take(other)
        broken, leaps = a.broken | b.broken, a.leaps + b.leaps
        same = (a.place > 0) & (a.place == b.place)
        if front.hops and rear.hops:
            meeting = (a.codes[-1] >> 1, a.here, b.codes[-1] >> 1, b.here)
            apart, far = self._parted(*meeting, self.rules.loose[a.head])
            broken, leaps = broken | apart, leaps + far + ACTS * self._acts(a.codes[-1], b.codes[-1], a.head)
        true = ~(broken & (a.place > 0) & (b.place > 0) & ~same)
        a, b, leaps = a.take(true), b.take(true), leaps[true]
        nodes = (*a.nodes, *b.nodes[-2::-1])
        codes = (*a.codes, *(code ^ 1 for code in reversed(b.codes)))
        belief = np.minimum(a.belief, b.belief)
        return self._whole(nodes, codes, belief, leaps, a.against + b.back, a.back + b.against, best)


@dataclass(frozen=True, slots=True)
class _Found:
    """Whole ways, a row each, as `Way` has them."""

    nodes: Sequence[Ints]
    codes: Sequence[Ints]
    belief: Floats
    leaps: Ints
    turns: Ints
    dates: Mask

    def take(self, rows: Ints) -> "_Found":
        """Those of the rows."""
        nodes, codes = (tuple(column[rows] for column in each) for each in (self.nodes, self.codes))
        rest = (self.belief[rows], self.leaps[rows], self.turns[rows], self.dates[rows])
        return _Found(nodes, codes, *rest)

    def way(self, row: int) -> Way:
        return Way(
            tuple(int(column[row]) for column in self.nodes),
            tuple(int(column[row]) for column in self.codes),
            float(self.belief[row]),
            int(self.leaps[row]),
            int(self.turns[row]),
            bool(self.dates[row]),
        )

    def scores(self) -> Floats:
        factor = _DOUBTS[self.leaps + self.turns + self.dates]
        scores: Floats = self.belief * factor * np.float32(HOP ** (len(self.codes) - 1))
        return scores


class _Best:
    """The best ways so far; of those that differ in the choice among statements alike only, the best one."""

    def __init__(self, limit: int, adjacency: Adjacency, must: Mask | None) -> None:
        self._limit = limit
        self._must = must
        self._predicate = adjacency.predicate
        self._ways: dict[object, tuple[float, Way]] = {}
        self.floor = -1.0
        """The score that a way must be above to be among the best."""

    def add(self, found: _Found) -> None:
        """Take in those of the ways that are among the best."""
        scores = found.scores()
        for row in np.argsort(-scores, kind="stable"):
            score = float(scores[row])
            if score <= self.floor:
                break
            way = found.way(int(row))
            if self._must is not None and not self._must[list(way.nodes)].any():
                continue
            key = (way.nodes, tuple((int(self._predicate[code >> 1]), code & 1) for code in way.codes))
            if key not in self._ways or self._ways[key][0] < score:
                self._ways[key] = score, way
            if len(self._ways) > 2 * self._limit:
                self._trim()
        self._trim()

    def _trim(self) -> None:
        kept = sorted(self._ways.items(), key=lambda item: (-item[1][0], len(item[1][1].codes), item[1][1].codes))
        self._ways = dict(kept[: self._limit])
        if len(self._ways) == self._limit:
            self.floor = kept[self._limit - 1][1][0]

    def ways(self) -> list[Way]:
        """The best ways, best first."""
        return [way for _, way in sorted(self._ways.values(), key=lambda each: (-each[0], len(each[1].codes)))]
