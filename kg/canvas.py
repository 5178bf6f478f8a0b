"""What of the graph is drawn, and where it lies: the part around some entities, filtered, with computed positions.

Positions come from forces between the entities, let go in steps that become smaller, from a fixed beginning: the same
part of the same graph always looks the same, and nothing moves in the browser.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from heapq import nsmallest
from typing import TYPE_CHECKING, Any, cast

from kg import rdf
from kg.belief import across_documents
from kg.errors import QueryError
from kg.iris import ENTITY, ONTOLOGY, STATEMENT, local
from kg.model import MODALITIES, Entity, Modality
from kg.ontology import EntityType, Ontology
from kg.store import STATED, Row, Store, stated

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

MOST = 3000
"""The most entities that are ever drawn."""

_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#8C6D1F", "#5B5B5B")
"""Told apart with any kind of colour vision (after Okabe and Ito, the yellow and black toned for white ground)."""
_SHAPES = ("dot", "square", "diamond")
"""Types beyond the number of colours get the colours again in another shape."""
_PIVOTS = 12
"""From how many entities hops are counted to begin a layout with."""
_BLOCK = 128
"""How many rows are worked out at a time, so that they stay in the processor's cache."""
_SPREAD = 150
"""How many pixels one unit of the layout is: about the distance between neighbours."""


@dataclass(frozen=True, slots=True)
class Tie:
    """A statement as drawing needs it: `year` is when its period begins, where that is known."""

    id: str
    subject: str
    predicate: str
    object: str
    modality: Modality
    belief: float
    source: str
    year: int | None

    def other(self, end: str) -> str:
        """The entity that it joins to that one."""
        return self.object if end == self.subject else self.subject


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which statements are drawn: None, and the values given here, let all pass.

    `types` are those of both ends. `until_year` leaves out what began later; statements of no known year stay, unless
    only what is `dated` is wanted.
    """

    relations: Collection[str] | None = None
    modalities: Collection[str] | None = None
    types: Collection[str] | None = None
    sources: Collection[str] | None = None
    hidden_sources: Collection[str] = ()
    min_confidence: float = 0.0
    until_year: int | None = None
    dated: bool = False

    def check(self, ontology: Ontology) -> None:
        """Raise QueryError for a relation, modality or type that there is not."""
        known: tuple[tuple[str, Collection[str] | None, Collection[str]], ...] = (
            ("relation", self.relations, ontology.relations),
            ("modality", self.modalities, MODALITIES),
            ("entity type", self.types, ontology.kinds),
        )
        for what, given, there in known:
            if unknown := set(given or ()) - set(there):
                raise QueryError(f"there is no {what} {min(unknown)}: choose from {', '.join(there)}")

    def allows(self, tie: Tie) -> bool:
        """Whether the statement is drawn, as far as it alone says."""
        return (
            (self.relations is None or tie.predicate in self.relations)
            and (self.modalities is None or tie.modality in self.modalities)
            and (self.sources is None or tie.source in self.sources)
            and tie.source not in self.hidden_sources
            and tie.belief >= self.min_confidence
            and (tie.year is not None or not self.dated)
            and (tie.year is None or self.until_year is None or tie.year <= self.until_year)
        )


@dataclass(frozen=True, slots=True)
class Line:
    """Statements that say the same: what is drawn as one line."""

    subject: str
    predicate: str
    object: str
    modality: Modality
    ties: tuple[Tie, ...]

    @property
    def belief(self) -> float:
        """That of the statement that is believed most."""
        return max(tie.belief for tie in self.ties)


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the graph: its entities' ids, the nearest or busiest first; the lines among them; in how many
    statements that are wanted each stands; and how many more entities are wanted than the limit lets in."""

    entities: tuple[str, ...]
    lines: tuple[Line, ...]
    degrees: Mapping[str, int]
    left_out: int


class Ties:
    """All statements of a store, as they were when this was made."""

    def __init__(self, ties: Iterable[Tie]) -> None:
        self._ties = tuple(sorted(ties, key=lambda tie: tie.id))

    @classmethod
    def of(cls, store: Store) -> "Ties":
        """The statements of the store, each believed as all documents together support it."""
        rows = {rdf.text_of(row["st"]): row for row in store.select(_TIES)}
        beliefs = across_documents(map(stated, rows.values()))
        return cls(_tie(row, beliefs) for row in rows.values())

    @cached_property
    def years(self) -> tuple[int, int] | None:
        """The years in which the first and the last of the statements begin, where any is known."""
        known = [tie.year for tie in self._ties if tie.year is not None]
        return (min(known), max(known)) if known else None

    def part(self, around: Sequence[str], hops: int, limit: int, wanted: Wanted) -> Part:
        """The entities within `hops` wanted statements of those `around`, the nearest first and of those as near the
        busiest; where `around` is empty, the busiest of all. At most `limit` of them, but all of `around`."""
        beside = self._beside(wanted, frozenset(around))
        degrees = {id_: len(ties) for id_, ties in beside.items()}
        distances = _distances(beside, around, hops) if around else dict.fromkeys(beside, 0)
        limit = min(max(limit, len(around)), MOST)
        chosen = nsmallest(limit, distances, key=lambda id_: (distances[id_], -degrees.get(id_, 0), id_))
        lines = _lines(tie for id_ in chosen for tie in beside.get(id_, ()) if tie.subject == id_)
        drawn = set(chosen)
        kept = tuple(line for line in lines if line.object in drawn)
        return Part(tuple(chosen), kept, {id_: degrees.get(id_, 0) for id_ in chosen}, len(distances) - len(chosen))

    def _beside(self, wanted: Wanted, kept: frozenset[str]) -> dict[str, list[Tie]]:
        """Entity → the wanted statements it stands in; entities of other types only where they are `kept`."""
        types = None if wanted.types is None else {f"{name.lower()}/" for name in wanted.types}
        found: defaultdict[str, list[Tie]] = defaultdict(list)
        for tie in filter(wanted.allows, self._ties):
            ends = {tie.subject, tie.object}
            if types is None or all(end in kept or f"{end.partition('/')[0]}/" in types for end in ends):
                for end in ends:
                    found[end].append(tie)
        return found


def _distances(beside: Mapping[str, list[Tie]], around: Iterable[str], hops: int) -> dict[str, int]:
    """How many statements each entity within `hops` is away from the nearest of those `around`."""
    distances = dict.fromkeys(around, 0)
    frontier = list(distances)
    for hop in range(1, hops + 1):
        reached = {tie.other(id_) for id_ in frontier for tie in beside.get(id_, ())} - distances.keys()
        distances.update(dict.fromkeys(reached, hop))
        frontier = sorted(reached)
    return distances


def _lines(ties: Iterable[Tie]) -> Iterator[Line]:
    groups: defaultdict[tuple[str, str, str, Modality], list[Tie]] = defaultdict(list)
    for tie in ties:
        groups[tie.subject, tie.predicate, tie.object, tie.modality].append(tie)
    return (Line(*key, tuple(groups[key])) for key in sorted(groups))


_TIES = f"""
SELECT ?st ?s ?p ?o ?m ?b ?source ?time ?value ?year {{
    {STATED}
    OPTIONAL {{ GRAPH ?source {{ ?st pkg:startYear ?year }} }}
}}"""


def _tie(row: Row, beliefs: Mapping[str, float]) -> Tie:
    id_ = local(rdf.text_of(row["st"]), STATEMENT)
    return Tie(
        id=id_,
        subject=local(rdf.text_of(row["s"]), ENTITY),
        predicate=local(rdf.text_of(row["p"]), ONTOLOGY),
        object=local(rdf.text_of(row["o"]), ENTITY),
        modality=cast(Modality, local(rdf.text_of(row["m"]), ONTOLOGY)),
        belief=beliefs[id_],
        source=rdf.source_of(rdf.text_of(row["source"])),
        year=int(rdf.text_of(row["year"])) if "year" in row else None,
    )


# ---- Where it lies


def places(ids: Sequence[str], pairs: Iterable[tuple[str, str]]) -> dict[str, tuple[int, int]]:
    """Where each entity lies, in pixels around (0, 0), those that a pair joins near each other. The same ids in any
    order and the same pairs give the same places."""
    numbers = {id_: number for number, id_ in enumerate(sorted(ids))}
    joined = {(numbers[one], numbers[other]) for one, other in pairs if one != other}
    return dict(zip(numbers, _layout(len(numbers), tuple(sorted(joined))), strict=True))


@lru_cache(maxsize=32)
def _layout(count: int, joined: tuple[tuple[int, int], ...]) -> tuple[tuple[int, int], ...]:
    # numpy takes longer to import than a look-up takes
    import numpy as np

    if count < 2:
        return ((0, 0),) * count
    at = _beginning(count, joined)
    one, other = np.array(joined, dtype=np.int64).reshape(-1, 2).T
    degrees = np.bincount(np.concatenate([one, other]), minlength=count)
    # else what is joined to a busy entity would lie in a lump on it
    weights = 1 / np.sqrt(np.maximum(degrees[one], degrees[other]).clip(1))
    rounds = _rounds(count)
    for step in range(rounds):
        pull = _pushed(at)
        apart = at[other] - at[one]
        drawn = apart * (np.sqrt((apart**2).sum(axis=1)) * weights)[:, None]
        np.add.at(pull, one, drawn)
        np.subtract.at(pull, other, drawn)
        length = np.maximum(np.sqrt((pull**2).sum(axis=1, keepdims=True)), 0.01)
        at += pull / length * np.minimum(length, count**0.5 * 0.1 * (1 - step / rounds))
    return tuple((x, y) for x, y in (at * _SPREAD).round().astype(int).tolist())


def _pushed(at: "Floats") -> "Floats":
    """How each is pushed away by all others, and pulled to the middle. Without matrix products, whose threads wait for
    each other for seconds on a busy machine, and round as they come."""
    import numpy as np

    pull = np.empty_like(at)
    x, y = at[:, 0].copy(), at[:, 1].copy()
    for start in range(0, len(at), _BLOCK):
        rows = slice(start, start + _BLOCK)
        dx, dy = x[rows, None] - x, y[rows, None] - y
        push = dx * dx
        push += dy * dy
        np.maximum(push, 0.01, out=push)
        np.reciprocal(push, out=push)
        pull[rows, 0] = np.einsum("ij,ij->i", push, dx)
        pull[rows, 1] = np.einsum("ij,ij->i", push, dy)
    return pull - 0.4 * at


def _rounds(count: int) -> int:
    """How many steps a layout takes: fewer for many entities, so that the time stays within a second or so."""
    return int(min(150, max(15, 150_000_000 / count**2)))


def _beginning(count: int, joined: tuple[tuple[int, int], ...]) -> "Floats":
    """Where the entities begin: by how many hops they are from a few of them that are far apart, in the two directions
    in which that differs most (pivot MDS), with a little of chance, which is always the same."""
    import numpy as np

    beside: list[list[int]] = [[] for _ in range(count)]
    for one, other in joined:
        beside[one].append(other)
        beside[other].append(one)
    hops = np.empty((count, min(_PIVOTS, count)))
    pivot = max(range(count), key=lambda number: (len(beside[number]), -number))
    for column in range(hops.shape[1]):
        hops[:, column] = _hops(pivot, beside)
        pivot = int(hops[:, : column + 1].min(axis=1).argmax())
    squares = hops**2
    centred = squares - squares.mean(axis=0) - squares.mean(axis=1, keepdims=True) + squares.mean()
    values, vectors = np.linalg.eigh(centred.T @ centred)
    at = centred @ vectors[:, np.argsort(values)[-2:]]
    if at.shape[1] == 1:
        at = np.hstack([at, np.zeros_like(at)])
    at *= count**0.5 / max(float(np.abs(at).max()), 1e-9)
    # the sign of an eigenvector is open
    at *= np.where(at[np.abs(at).argmax(axis=0), [0, 1]] < 0, -1, 1)
    at += np.random.RandomState(1).uniform(-0.25, 0.25, at.shape) * count**0.5
    found: Floats = at.astype(np.float32)
    return found


def _hops(start: int, beside: Sequence[Sequence[int]]) -> list[int]:
    """How many hops each is from the start; what cannot be reached, a few more than the farthest."""
    found = {start: 0}
    frontier = [start]
    while frontier:
        reached = dict.fromkeys(other for number in frontier for other in beside[number] if other not in found)
        found.update(dict.fromkeys(reached, found[frontier[0]] + 1))
        frontier = list(reached)
    beyond = max(found.values()) + 3
    return [found.get(number, beyond) for number in range(len(beside))]


# ---- How it looks


def look(type_: EntityType, ontology: Ontology) -> tuple[str, str]:
    """The colour and shape of a type; no two types share both."""
    number = list(ontology.kinds).index(type_.name)
    return _COLOURS[number % len(_COLOURS)], _SHAPES[number // len(_COLOURS) % len(_SHAPES)]


def part_row(part: Part, entities: Sequence[Entity], ontology: Ontology) -> dict[str, Any]:
    """The part as plain JSON, with places, and the look of each type that it has. `entities` describes those that the
    store knows; `degree` counts the wanted statements that an entity stands in, drawn or not."""
    known = {entity.id: entity for entity in entities}
    lines = [line for line in part.lines if line.subject in known and line.object in known]
    at = places(list(known), [(line.subject, line.object) for line in lines])
    shown = Counter(end for line in lines for tie in line.ties for end in {tie.subject, tie.object})
    nodes = [
        {
            "id": id_,
            "type": known[id_].type,
            "label": {"zh": known[id_].label("zh"), "en": known[id_].label("en")},
            "x": at[id_][0],
            "y": at[id_][1],
            "degree": part.degrees[id_],
            "hidden": part.degrees[id_] - shown[id_],
        }
        for id_ in part.entities
        if id_ in known
    ]
    return {
        "nodes": nodes,
        "edges": [_line_row(line) for line in lines],
        "types": [_type_row(type_, ontology) for name, type_ in ontology.kinds.items() if _has(known, name)],
        "left_out": part.left_out,
    }


def _has(entities: Mapping[str, Entity], type_: str) -> bool:
    return any(entity.type == type_ for entity in entities.values())


def _line_row(line: Line) -> dict[str, Any]:
    years = [tie.year for tie in line.ties if tie.year is not None]
    return {
        "id": line.ties[0].id,
        "s": line.subject,
        "p": line.predicate,
        "o": line.object,
        "modality": line.modality,
        "belief": round(line.belief, 4),
        "count": len(line.ties),
        "year": min(years, default=None),
    }


def _type_row(type_: EntityType, ontology: Ontology) -> dict[str, Any]:
    colour, shape = look(type_, ontology)
    return {
        "name": type_.name,
        "label": {"zh": type_.label_zh, "en": type_.label_en},
        "colour": colour,
        "shape": shape,
    }
