"""The statements of a store as flat arrays: what leaves each entity, either way, with all that a search asks of it.

Numbers stand for entities, documents, sentences and sections. A *half* is a statement as it leaves one of its two
ends; its *code* is twice the statement's number, plus 1 where it is walked from object to subject. The halves of an
entity lie side by side (compressed sparse rows), the most believed first.

Reading the store is slow, putting the arrays together is not: so what a document gave is kept as a `Block`, and after
a change only the documents whose graph is not what it was are read again.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from itertools import chain, count
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kg.belief import Stated, across_documents
from kg.iris import ENTITY, EVIDENCE, ONTOLOGY, STATEMENT, local
from kg.model import MODALITIES
from kg.ontology import Ontology
from kg.store import Store

Ints = NDArray[np.integer[Any]]
Floats = NDArray[np.floating[Any]]
Mask = NDArray[np.bool_]

NEVER, EVER = -32768, 32767
"""The years that stand for an open start and an open end."""

WIDE = 64
"""An entity that more halves leave than this has a row in `Adjacency.strong`."""
LEVELS = 64
"""The steps of belief in which `Adjacency.strong` counts."""

LOOSE_TYPES = ("Technology", "Product", "Industry")
"""What many countries share, unless it is of one country."""


class Names:
    """Entity ids and their numbers, in a few bytes more than the ids themselves take."""

    def __init__(self, ids: Sequence[str]) -> None:
        encoded = [id_.encode() for id_ in ids]
        self._ends: NDArray[np.int64] = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
        self._text = b"".join(encoded)
        hashes: NDArray[np.int64] = np.fromiter(map(hash, ids), np.int64, len(ids))
        self._order = np.argsort(hashes).astype(np.int32)
        self._hashes = hashes[self._order]

    def __len__(self) -> int:
        return len(self._hashes)

    def __getitem__(self, number: int) -> str:
        return self._text[int(self._ends[number]) : int(self._ends[number + 1])].decode()

    def number(self, id_: str) -> int | None:
        """The number of the entity with that id, or None."""
        wanted = hash(id_)
        for at in range(int(np.searchsorted(self._hashes, wanted)), len(self._hashes)):
            if self._hashes[at] != wanted:
                return None
            if self[int(self._order[at])] == id_:
                return int(self._order[at])
        return None

    @property
    def nbytes(self) -> int:
        """The memory that the names take, in bytes."""
        return len(self._text) + self._ends.nbytes + self._hashes.nbytes + self._order.nbytes


@dataclass(frozen=True, slots=True)
class Columns:
    """Statements, a row each, in numbers. `years` are `NEVER` and `EVER` where they are open or not known. The
    evidence of statement i stands in the rows `first[i]` to `first[i + 1]` of `sentence` and `section`: numbers that
    are the same only where the sentence or section is."""

    id: NDArray[np.uint8]
    """The ten bytes of each id."""
    subject: NDArray[np.int32]
    object: NDArray[np.int32]
    predicate: NDArray[np.int16]
    modality: NDArray[np.int8]
    belief: NDArray[np.float64]
    source: NDArray[np.int32]
    start: NDArray[np.int16]
    end: NDArray[np.int16]
    first: NDArray[np.int32]
    sentence: NDArray[np.int32]
    section: NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Block:
    """What one document states: its columns, in numbers of its own, and what these stand for. `state` changes with the
    document's graph; `told` holds the words for time and value of the statements that have any."""

    source: str
    state: object
    entities: tuple[str, ...]
    predicates: tuple[str, ...]
    columns: Columns
    told: Mapping[int, tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Adjacency:
    """The index, see the module. Arrays of entities are as long as `names`, arrays of statements as `predicate`."""

    names: Names
    predicates: tuple[str, ...]
    sources: tuple[str, ...]
    countries: tuple[str, ...]
    """The codes of countries by number; the first is empty."""
    types: tuple[str, ...]
    """The ids' prefixes by number (`program`, `firm` …)."""
    # of each entity
    rows: NDArray[np.int64]
    """The halves of entity i are `rows[i]` to `rows[i + 1]`."""
    type: NDArray[np.uint8]
    country: NDArray[np.int16]
    members: NDArray[np.int32]
    """All of them, those of one type side by side: those of type t are `members[begins[t]]` to
    `members[begins[t + 1]]`."""
    begins: NDArray[np.int64]
    # of each half
    head: NDArray[np.int32]
    code: NDArray[np.int32]
    kind: NDArray[np.uint16]
    """Predicate times the number of modalities, plus the modality; times 2, plus 1 where it is walked backwards."""
    belief: NDArray[np.float32]
    again: Mask
    """Whether another half, of the same ends and relation, fits better: is rather actual, or believed more."""
    # of each entity that many halves leave
    wide: NDArray[np.int32]
    """Their numbers, in order."""
    strong: NDArray[np.int32]
    """A row for each of them: how many of its halves are believed at least 0, 1, 2 … `LEVELS` of `LEVELS` parts."""
    # of each statement
    id: NDArray[np.uint8]
    predicate: NDArray[np.int16]
    source: NDArray[np.int32]
    start: NDArray[np.int16]
    end: NDArray[np.int16]
    first: NDArray[np.int32]
    setting: NDArray[np.int16]
    """The only country that its sentence tells of, where neither end is of one."""
    span: int
    """How far apart, at most, are the numbers of two statements that have a sentence or a section alike."""
    # of each piece of evidence
    sentence: NDArray[np.int32]
    section: NDArray[np.int32]

    @classmethod
    def of(
        cls,
        names: Names,
        columns: Columns,
        predicates: tuple[str, ...],
        sources: tuple[str, ...],
        country_of: Mapping[int, str],
        types: NDArray[np.uint8],
        type_names: tuple[str, ...],
    ) -> "Adjacency":
        """The index of these statements. `country_of` gives entities' countries by number, where they have one;
        `types` are the entities' places in `type_names`. A statement of an entity about itself leads nowhere."""
        countries = ("", *sorted(set(country_of.values())))
        country = np.zeros(len(names), np.int16)
        for number, code in country_of.items():
            country[number] = countries.index(code)
        _lend_countries(country, columns, predicates, types, type_names)
        rows, head, code_, again = _halves(columns, len(names))
        statement = code_ >> 1
        kind = columns.predicate[statement] * len(MODALITIES) + columns.modality[statement]
        belief = columns.belief[statement].astype(np.float32)
        wide, strong = _strong(rows, belief)
        return cls(
            names=names,
            predicates=predicates,
            sources=sources,
            countries=countries,
            types=type_names,
            rows=rows,
            type=types,
            members=np.argsort(types, kind="stable").astype(np.int32),
            begins=np.cumsum([0, *np.bincount(types, minlength=len(type_names))]),
            country=country,
            head=head,
            code=code_,
            kind=kind.astype(np.uint16) * 2 + (code_ & 1).astype(np.uint16),
            belief=belief,
            again=again,
            wide=wide,
            strong=strong,
            id=columns.id,
            predicate=columns.predicate,
            source=columns.source,
            start=columns.start,
            end=columns.end,
            first=columns.first,
            setting=_settings(columns, country),
            span=max(_span(columns, columns.sentence), _span(columns, columns.section)),
            sentence=columns.sentence,
            section=columns.section,
        )

    def __len__(self) -> int:
        return len(self.predicate)

    @property
    def nbytes(self) -> int:
        """The memory that the index takes, in bytes."""
        arrays = (getattr(self, field.name) for field in fields(self))
        return self.names.nbytes + sum(each.nbytes for each in arrays if isinstance(each, np.ndarray))

    def statement_id(self, number: int) -> str:
        """The id of a statement."""
        return bytes(self.id[number]).hex()

    def statement_number(self, id_: str) -> int:
        """The number of the statement of that id, or -1."""
        wanted = np.frombuffer(bytes.fromhex(id_), np.uint8)
        (found,) = np.nonzero(self.id[:, 0] == wanted[0])
        (whole,) = np.nonzero((self.id[found] == wanted).all(axis=1))
        return int(found[whole[0]]) if len(whole) else -1

    def of_types(self, wanted: Mask) -> NDArray[np.int32]:
        """The entities of those types; `wanted` is as long as `types`."""
        begins = self.begins
        parts = [self.members[begins[place] : begins[place + 1]] for place in np.nonzero(wanted)[0]]
        return np.concatenate(parts) if parts else self.members[:0]

    def degree(self, nodes: Ints) -> NDArray[np.int64]:
        """How many halves leave each of the entities."""
        return self.rows[nodes + 1] - self.rows[nodes]

    def leaving(self, nodes: Ints, sizes: Ints) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The first halves that leave the entities, so many of each: for each its place in `nodes`, and its number."""
        begins = self.rows[nodes]
        place = np.repeat(np.arange(len(nodes)), sizes)
        return place, np.arange(len(place)) + np.repeat(begins - np.cumsum(sizes) + sizes, sizes)

    def believed(self, nodes: Ints, least: Floats) -> NDArray[np.int64]:
        """How many halves of each of the entities to look at for all that are believed more than `least`, a value for
        each: they are the first, and hardly more than these."""
        sizes = self.degree(nodes)
        (many,) = np.nonzero(sizes > WIDE)
        place = np.searchsorted(self.wide, nodes[many].astype(np.int32, copy=False))
        sizes[many] = self.strong[place, _level(least[many])]
        return sizes

    def share(self, column: NDArray[np.int32], one: Ints, other: Ints) -> Mask:
        """Whether statements of two rows have a piece of evidence alike in that column, `sentence` or `section`."""
        found = np.zeros(len(one), bool)
        # most are of different documents
        (close,) = np.nonzero(np.abs(one - other) <= self.span)
        if len(close):
            found[close] = self._share(column, one[close], other[close])
        return found

    def _share(self, column: NDArray[np.int32], one: Ints, other: Ints) -> Mask:
        a, b = self.first[one], self.first[other]
        found: Mask = column[a] == column[b]
        many, much = self.first[one + 1] - a, self.first[other + 1] - b
        (open_,) = np.nonzero(((many > 1) | (much > 1)) & ~found)
        if len(open_):
            # each piece of the one beside each of the other
            pairs = many[open_].astype(np.int64) * much[open_]
            owner = np.repeat(open_, pairs)
            place = np.arange(len(owner)) - np.repeat(np.cumsum(pairs) - pairs, pairs)
            ours, theirs = a[owner] + place // much[owner], b[owner] + place % much[owner]
            found[owner[column[ours] == column[theirs]]] = True
        return found


def _halves(columns: Columns, entities: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int32], Mask]:
    """Where the halves of each entity begin; and their heads, their codes, and whether they are said again."""
    (apart,) = np.nonzero(columns.subject != columns.object)
    tail = np.concatenate((columns.subject[apart], columns.object[apart]))
    head = np.concatenate((columns.object[apart], columns.subject[apart]))
    code = np.concatenate((apart * 2, apart * 2 + 1)).astype(np.int32)
    doubt = ((1 - columns.belief) * 65_535).astype(np.int64)
    # like ones together, first by what they say, then by their ends
    said = columns.modality.astype(np.int64) * 65_536 + doubt
    relation = columns.predicate[code >> 1].astype(np.int64) * 2 + (code & 1)
    order = np.argsort(relation * 262_144 + said[code >> 1], kind="stable")
    ends = tail.astype(np.int64) * entities + head
    order = order[np.argsort(ends[order], kind="stable")]
    again = np.zeros(len(order), bool)
    again[order[1:]] = (np.diff(ends[order]) == 0) & (np.diff(relation[order]) == 0)
    best = np.lexsort((-columns.belief[code >> 1], tail))
    rows = np.zeros(entities + 1, np.int64)
    np.cumsum(np.bincount(tail, minlength=entities), out=rows[1:])
    return rows, head[best], code[best], again[best]


def _level(belief: Floats) -> NDArray[np.int64]:
    """The steps of belief."""
    return np.clip(belief * LEVELS, 0, LEVELS).astype(np.int64)


def _strong(rows: NDArray[np.int64], belief: NDArray[np.float32]) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
    """The entities that many halves leave, and how many of these are believed at least each step."""
    degree = np.diff(rows)
    (wide,) = np.nonzero(degree > WIDE)
    levels = _level(belief[np.repeat(degree > WIDE, degree)])
    counted = np.bincount(np.repeat(np.arange(len(wide)) * (LEVELS + 1), degree[wide]) + levels)
    counts = np.zeros((len(wide), LEVELS + 1), np.int32)
    counts.ravel()[: len(counted)] = counted
    strong = np.cumsum(counts[:, ::-1], axis=1, dtype=np.int32)[:, ::-1]
    return wide.astype(np.int32), np.ascontiguousarray(strong)


def _lend_countries(
    country: NDArray[np.int16],
    columns: Columns,
    predicates: tuple[str, ...],
    types: NDArray[np.uint8],
    type_names: tuple[str, ...],
) -> None:
    """Give what has no country that of the one place or government that it is said to be of. Things that many
    countries share get none: that an industry is in one country does not say that it is nowhere else."""
    wanted = [number for number, name in enumerate(predicates) if name in ("issuedBy", "locatedIn")]
    shared = [number for number, name in enumerate(type_names) if name in {each.lower() for each in LOOSE_TYPES}]
    says = np.isin(columns.predicate, wanted) & (columns.modality == 0)
    says &= (country[columns.subject] == 0) & (country[columns.object] > 0) & ~np.isin(types[columns.subject], shared)
    subjects, codes = columns.subject[says], country[columns.object[says]]
    low, high = np.full(len(country), EVER, np.int16), np.zeros(len(country), np.int16)
    np.minimum.at(low, subjects, codes)
    np.maximum.at(high, subjects, codes)
    only = low == high
    country[only] = high[only]


def _settings(columns: Columns, country: NDArray[np.int16]) -> NDArray[np.int16]:
    """For statements whose ends are of no country, the one that their first sentence tells of, if one only."""
    owner = np.repeat(np.arange(len(columns.subject)), np.diff(columns.first))
    low = np.full(int(columns.sentence.max(initial=-1)) + 1, EVER, np.int16)
    high = np.zeros(len(low), np.int16)
    for end in (columns.subject, columns.object):
        codes = country[end[owner]]
        known = codes > 0
        np.minimum.at(low, columns.sentence[known], codes[known])
        np.maximum.at(high, columns.sentence[known], codes[known])
    told = np.where(low == high, high, 0).astype(np.int16)
    if not len(columns.subject):
        return told[:0]
    setting = told[columns.sentence[columns.first[:-1]]]
    setting[(country[columns.subject] > 0) | (country[columns.object] > 0)] = 0
    return setting


def _span(columns: Columns, column: NDArray[np.int32]) -> int:
    """How far apart, at most, are two statements whose evidence is alike in that column."""
    owner = np.repeat(np.arange(len(columns.subject)), np.diff(columns.first))
    alike = np.argsort(column, kind="stable")
    (first,) = np.nonzero(np.diff(column[alike], prepend=-1))
    # a stable sort leaves the owners of like pieces in their order
    low, high = owner[alike[first]], owner[alike[np.append(first[1:], len(alike))[: len(first)] - 1]]
    return int((high - low).max(initial=0))


# ---- From the store


def adjacency(store: Store, ontology: Ontology, blocks: Mapping[str, Block]) -> Adjacency:
    """The index of what the blocks hold; each statement is believed as all documents together support it."""
    sources = tuple(sorted(blocks))
    ordered = [blocks[source] for source in sources]
    ids = list(dict.fromkeys(chain.from_iterable(block.entities for block in ordered)))
    numbers = {id_: number for number, id_ in enumerate(ids)}
    predicates = tuple(dict.fromkeys((*ontology.relations, *chain.from_iterable(b.predicates for b in ordered))))
    columns = _joined(ordered, numbers, predicates)
    _support(columns, ordered)
    type_names = tuple(dict.fromkeys((*(n.lower() for n in ontology.kinds), *(id_.partition("/")[0] for id_ in ids))))
    at = {name: number for number, name in enumerate(type_names)}
    types = np.fromiter((at[id_.partition("/")[0]] for id_ in ids), np.uint8, len(ids))
    # the union is of many countries
    told = ((local(iri, ENTITY), code) for iri, code in store.pairs("country") if code != "EU")
    country_of = {numbers[id_]: code for id_, code in told if id_ in numbers}
    return Adjacency.of(Names(ids), columns, predicates, sources, country_of, types, type_names)


def _joined(blocks: Sequence[Block], numbers: Mapping[str, int], predicates: tuple[str, ...]) -> Columns:
    """The columns of all blocks as one, in the numbers of the whole."""
    parts: defaultdict[str, list[NDArray[Any]]] = defaultdict(list)
    rows = sentences = sections = 0
    for number, block in enumerate(blocks):
        own = block.columns
        entities = np.fromiter((numbers[id_] for id_ in block.entities), np.int32, len(block.entities))
        relations = np.fromiter((predicates.index(name) for name in block.predicates), np.int16, len(block.predicates))
        for name in ("id", "modality", "belief", "start", "end"):
            parts[name].append(getattr(own, name))
        parts["subject"].append(entities[own.subject])
        parts["object"].append(entities[own.object])
        parts["predicate"].append(relations[own.predicate])
        parts["source"].append(np.full(len(own.belief), number, np.int32))
        parts["first"].append(own.first[:-1] + rows)
        parts["sentence"].append(own.sentence + sentences)
        parts["section"].append(own.section + sections)
        rows += len(own.sentence)
        sentences += int(own.sentence.max(initial=-1)) + 1
        sections += int(own.section.max(initial=-1)) + 1
    parts["first"].append(np.array([rows], np.int32))
    empty = _columns([])
    return Columns(
        **{f.name: np.concatenate([getattr(empty, f.name)[:0], *parts[f.name]]) for f in fields(Columns)},
    )


def _support(columns: Columns, blocks: Sequence[Block]) -> None:
    """Raise the belief in what several documents state alike, see `kg.belief`."""
    if not len(columns.belief):
        return
    claim = np.stack((columns.subject, columns.predicate, columns.object, columns.modality))
    _, group, sizes = np.unique(claim, axis=1, return_inverse=True, return_counts=True)
    (several,) = np.nonzero(sizes[group.ravel()] > 1)
    begins = np.cumsum([0, *(len(block.columns.belief) for block in blocks)])

    def stated(row: int) -> Stated:
        number = int(columns.source[row])
        block = blocks[number]
        time, value = block.told.get(row - int(begins[number]), ("", ""))
        key = (str(group.ravel()[row]), "", "", "")
        return Stated(str(row), key, block.source, float(columns.belief[row]), time, value)

    for row, belief in across_documents(stated(int(row)) for row in several).items():
        columns.belief[int(row)] = belief


def blocks_of(store: Store, known: Mapping[str, Block]) -> dict[str, Block]:
    """The blocks of all documents of the store: those `known` already where the document's graph is what it was."""
    merged = hash(frozenset(store.replaced().items()))
    found: dict[str, Block] = {}
    for source in store.sources():
        # ids of statements say what is stated, in which mood, when and how much
        state = (store.state(source), merged, hash(frozenset(store.pairs("belief", source))))
        old = known.get(source)
        found[source] = old if old and old.state == state else _block(store, source, state)
    return found


@dataclass(slots=True)
class _Draft:
    """A statement as it is read; the fields that the store has under the same names come last."""

    id: str
    evidence: list[tuple[str, int]]
    subject: str = ""
    predicate: str = ""
    object: str = ""
    modality: str = ""
    belief: float = 0.0
    startYear: int = NEVER  # noqa: N815 - as the store names it
    endYear: int = EVER  # noqa: N815
    timeText: str = ""  # noqa: N815
    valueText: str = ""  # noqa: N815


_READ: tuple[tuple[str, Callable[[str], str | int | float]], ...] = (
    ("predicate", lambda text: local(text, ONTOLOGY)),
    ("object", lambda text: local(text, ENTITY)),
    ("modality", lambda text: local(text, ONTOLOGY)),
    ("belief", float),
    ("startYear", lambda text: max(NEVER + 1, min(EVER - 1, int(text)))),
    ("endYear", lambda text: max(NEVER + 1, min(EVER - 1, int(text)))),
    ("timeText", str),
    ("valueText", str),
)


def _block(store: Store, source: str, state: object) -> Block:
    """What the document states, read from the store property by property, which is what it gives fastest."""
    drafts = {iri: _Draft(local(iri, STATEMENT), [], local(s, ENTITY)) for iri, s in store.pairs("subject", source)}
    for name, read in _READ:
        for iri, text in store.pairs(name, source):
            if draft := drafts.get(iri):
                setattr(draft, name, read(text))
    sections, starts = dict(store.pairs("section", source)), _starts(store, source)
    for iri, evidence in store.pairs("evidence", source):
        if draft := drafts.get(iri):
            draft.evidence.append((sections.get(evidence, ""), starts.get(evidence, -1)))
    rows = sorted(drafts.values(), key=lambda draft: draft.id)
    entities = dict(zip(dict.fromkeys(e for d in rows for e in (d.subject, d.object)), count(), strict=False))
    predicates = dict(zip(dict.fromkeys(d.predicate for d in rows), count(), strict=False))
    told = {n: (d.timeText, d.valueText) for n, d in enumerate(rows) if d.timeText or d.valueText}
    return Block(source, state, tuple(entities), tuple(predicates), _columns(rows, entities, predicates), told)


def _starts(store: Store, source: str) -> dict[str, int]:
    """Evidence → where its sentence begins in the document."""
    starts: dict[str, int] = {}
    begins = {iri: int(text) for iri, text in store.pairs("start", source)}
    for evidence, part in store.pairs("part", source):
        starts[evidence] = min(begins.get(part, -1), starts.get(evidence, EVER << 16))
    return starts | {iri: start for iri, start in begins.items() if iri.startswith(EVIDENCE) and iri not in starts}


def _columns(
    rows: Sequence[_Draft], entities: Mapping[str, int] | None = None, predicates: Mapping[str, int] | None = None
) -> Columns:
    """The drafts in numbers."""
    entities, predicates = entities or {}, predicates or {}
    # evidence without a known place shares its sentence with nothing
    unknown = count(-1, -1)
    told = [piece for draft in rows for piece in draft.evidence or [("", -1)]]
    evidence = [(section, start if start >= 0 else next(unknown)) for section, start in told]
    sizes = [max(1, len(draft.evidence)) for draft in rows]
    return Columns(
        id=np.frombuffer(bytes.fromhex("".join(d.id for d in rows)), np.uint8).reshape(-1, 10),
        subject=np.array([entities[d.subject] for d in rows], np.int32),
        object=np.array([entities[d.object] for d in rows], np.int32),
        predicate=np.array([predicates[d.predicate] for d in rows], np.int16),
        modality=np.array([MODALITIES.index(d.modality) for d in rows], np.int8),
        belief=np.array([d.belief for d in rows], np.float64),
        source=np.zeros(len(rows), np.int32),
        start=np.array([d.startYear for d in rows], np.int16),
        end=np.array([d.endYear for d in rows], np.int16),
        first=np.cumsum([0, *sizes], dtype=np.int32),
        sentence=_dense([start for _, start in evidence]),
        section=_dense([section for section, _ in evidence]),
    )


def _dense(values: Iterable[object]) -> NDArray[np.int32]:
    """Each value as a number from 0 on, the same for the same."""
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(value, len(numbers)) for value in values], np.int32)


def ids(names: Names) -> Iterator[str]:
    """All entity ids in the order of their numbers."""
    return (names[number] for number in range(len(names)))
