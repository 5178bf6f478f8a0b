"""The packaged knowledge: entity types, relations and modalities (`ontology/policykg.ttl`), and the dictionary of the
field (`ontology/dictionary/*.csv`); the closed lists of what qualifies statements (`ontology/qualifiers.ttl`), named
stretches of time and units (`ontology/periods.csv`, `ontology/units.csv`). Read with pyoxigraph, since importing rdflib
alone costs the command line more.
"""

import csv
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast, get_args

from pyoxigraph import Literal as Text
from pyoxigraph import NamedNode, RdfFormat, parse

from kg.config import data_folder
from kg.errors import OntologyError
from kg.iris import ONTOLOGY, PREFIXES, QUALIFIER, entity_id, local, normal
from kg.model import Entity, Language, Modality, Period

Direction = Literal["forward", "backward", "both", "none"]

HEADER = ("type", "zh", "en", "zh_alt", "en_alt", "weak", "country", "parent", "year", "source")
"""The columns of every dictionary file."""


@dataclass(frozen=True, slots=True)
class EntityType:
    """A kind of thing. Things of a `hub` type may end a chain but never carry it."""

    name: str
    label_zh: str
    label_en: str
    definition_zh: str
    definition_en: str
    hub: bool


@dataclass(frozen=True, slots=True)
class RelationType:
    """A relation, how it reads from either side, and the types it may join (groups resolved to their members).

    `direction` says which way it leads along policy, program, actor, technology, product, industry: `forward` is from
    subject to object. `subjects` and `objects` hold, beside the types that extraction reads (`domain`, `range`), what
    refines them. Following an `acyclic` relation never leads back; a statement of one that `needs_value` has a figure.
    """

    name: str
    label_zh: str
    label_en: str
    inverse_zh: str
    inverse_en: str
    definition_zh: str
    definition_en: str
    domain: frozenset[str]
    range: frozenset[str]
    symmetric: bool
    direction: Direction
    subjects: frozenset[str]
    objects: frozenset[str]
    acyclic: bool
    needs_value: bool


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing that the dictionary knows. `aliases` name it wherever they stand; a `weak` name is also an ordinary word
    or another thing's name. `parent` is the id of what it is part of; `country` is an ISO 3166-1 code, EU or empty."""

    id: str
    type: str
    label_zh: str
    label_en: str
    aliases: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    country: str = ""
    parent: str = ""
    year: int | None = None
    source: str = ""

    def entity(self) -> Entity:
        """The entity it names; weak names are left out, since alone they do not identify it."""
        return Entity(self.id, self.type, self.label_zh, self.label_en, self.aliases, self.country)


@dataclass(frozen=True, slots=True)
class ListItem:
    """A member of a closed list that qualifies statements. `words` show it in a text."""

    name: str
    label_zh: str
    label_en: str
    words: tuple[str, ...]

    def label(self, language: Language) -> str:
        """What it is called in that language."""
        return self.label_zh if language == "zh" else self.label_en


@dataclass(frozen=True, slots=True)
class NamedPeriod:
    """A stretch of years that has names, such as a five-year plan: knowledge from outside the documents."""

    names: tuple[str, ...]
    period: Period
    source: str


@dataclass(frozen=True, slots=True)
class Unit:
    """Names of a unit, the one that stands for all of them, what it measures, and the currency if it is money."""

    names: tuple[str, ...]
    unit: str
    kind: str
    currency: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """How a property that leads from thing to thing reads from either side."""

    label_zh: str
    label_en: str
    inverse_zh: str
    inverse_en: str

    def label(self, language: Language, *, inverse: bool = False) -> str:
        """How it reads in that language, from its object's side where `inverse`."""
        zh, en = (self.inverse_zh, self.inverse_en) if inverse else (self.label_zh, self.label_en)
        return zh if language == "zh" else en


@dataclass(frozen=True, slots=True)
class Ontology:
    """All packaged knowledge, each mapping in the order of its files. `digest` changes with any file of the folder."""

    version: str
    types: Mapping[str, EntityType]
    relations: Mapping[str, RelationType]
    modality_labels: Mapping[Modality, tuple[str, str]]
    """Modality → (Chinese, English)."""
    entries: Mapping[str, Entry]
    """Entity id → entry."""
    digest: str
    refinements: Mapping[str, EntityType]
    """Kinds of things that refine the types: data may hold them, extraction does not read them."""
    years: tuple[int, int]
    """The first and the last year that a time may mean."""
    lists: Mapping[str, Mapping[str, ListItem]]
    """Name of a closed list (`role`, `mode`, `measure`, `precision`) → its members by name."""
    periods: tuple[NamedPeriod, ...]
    units: tuple[Unit, ...]
    phrases: Mapping[str, Phrase]
    """Every property that leads from thing to thing, those that are only ever inferred too, by name."""

    @property
    def kinds(self) -> Mapping[str, EntityType]:
        """All kinds of things that data may hold: the types that extraction reads, then what refines them."""
        return {**self.types, **self.refinements}

    def allows(self, subject_type: str, predicate: str, object_type: str) -> bool:
        """Whether the relation may lead from the one type to the other; False for unknown names."""
        relation = self.relations.get(predicate)
        return relation is not None and subject_type in relation.subjects and object_type in relation.objects


@cache
def load(folder: Path | None = None) -> Ontology:
    """The ontology in `folder`, or the packaged one. Read once per process and folder.

    An entry that stands twice is kept where it stands first, and an unknown parent is left out: `dictionary_faults`
    reports both. Raises OntologyError, naming file and line or term, for everything that cannot be read.
    """
    folder = folder or data_folder("ontology")
    terms = _Terms.read(folder / "policykg.ttl")
    types, refinements = _types(terms), _refinements(terms)
    return Ontology(
        version=terms.value("https://w3id.org/policykg/ontology", _OWL + "versionInfo"),
        types=MappingProxyType(types),
        relations=MappingProxyType(_relations(terms, types, refinements)),
        modality_labels=MappingProxyType(_modalities(terms)),
        entries=MappingProxyType(_entries(folder, types)),
        digest=_digest(folder),
        refinements=MappingProxyType(refinements),
        years=_years(terms),
        lists=MappingProxyType(_lists(_Terms.read(folder / "qualifiers.ttl"))),
        periods=tuple(_named_periods(folder / "periods.csv")),
        units=tuple(_units(folder / "units.csv")),
        phrases=MappingProxyType(_phrases(terms)),
    )


def dictionary_faults(folder: Path) -> list[str]:
    """Every fault of the dictionary below the ontology folder `folder`, one sentence each, in the order of the files.

    Raises OntologyError only where `policykg.ttl` itself cannot be read.
    """
    types = _types(_Terms.read(folder / "policykg.ttl"))
    faults: list[str] = []
    rows: list[_Row] = []
    for path in _dictionary_files(folder):
        try:
            rows.extend(_rows(path))
        except OntologyError as error:
            faults.append(str(error))
    faults += (fault for row in rows for fault in _malformed(row, types))
    sound = [row for row in rows if not any(_malformed(row, types))]
    return [*faults, *_repeated(sound), *_duplicates(sound), *_clashes(sound), *_lost_parents(sound), *_cycles(sound)]


# ---- The terms of policykg.ttl

_OWL = PREFIXES["owl"]
_RDFS = PREFIXES["rdfs"]
_SKOS = PREFIXES["skos"]
_SCHEMA = PREFIXES["schema"]
_TYPE = PREFIXES["rdf"] + "type"


@dataclass(frozen=True, slots=True)
class _Terms:
    """The triples of a Turtle file by subject and predicate, and by predicate and value, in the order of the file."""

    path: Path
    objects: Mapping[tuple[str, str], list[NamedNode | Text]]
    holders: Mapping[tuple[str, str], list[str]]

    @classmethod
    def read(cls, path: Path) -> "_Terms":
        objects: defaultdict[tuple[str, str], list[NamedNode | Text]] = defaultdict(list)
        holders: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        try:
            triples = [quad.triple for quad in parse(path=path, format=RdfFormat.TURTLE)]
        except (SyntaxError, OSError) as error:
            raise OntologyError(f"{path.name} cannot be read: {error}; install policykg again") from error
        for triple in triples:
            if isinstance(triple.subject, NamedNode) and isinstance(triple.object, NamedNode | Text):
                objects[triple.subject.value, triple.predicate.value].append(triple.object)
                holders[triple.predicate.value, triple.object.value].append(triple.subject.value)
        return cls(path, dict(objects), dict(holders))

    def all(self, subject: str, predicate: str) -> list[str]:
        return [o.value for o in self.objects.get((subject, predicate), ())]

    def value(self, subject: str, predicate: str, language: str | None = None) -> str:
        for o in self.objects.get((subject, predicate), ()):
            if language is None or (isinstance(o, Text) and o.language == language):
                return o.value
        spoken = f" in {language}" if language else ""
        raise OntologyError(f"{self.path.name}: {subject} has no {predicate}{spoken}: add one")

    def texts(self, subject: str, predicate: str) -> tuple[str, str]:
        return self.value(subject, predicate, "zh"), self.value(subject, predicate, "en")

    def subjects(self, predicate: str, value: str) -> list[str]:
        return self.holders.get((predicate, value), [])

    def extracted(self, kind: str) -> list[str]:
        """The terms of that kind that extraction reads; the other ones refine them."""
        return [iri for iri in self.subjects(_TYPE, kind) if "true" in self.all(iri, ONTOLOGY + "extracted")]

    def below(self, group: str) -> set[str]:
        """The class and all its subclasses, which must not be circular."""
        return {group}.union(*(self.below(kind) for kind in self.subjects(_RDFS + "subClassOf", group)))


def _types(terms: _Terms) -> dict[str, EntityType]:
    return {local(iri, ONTOLOGY): _type(terms, iri) for iri in terms.extracted(_OWL + "Class")}


def _refinements(terms: _Terms) -> dict[str, EntityType]:
    """What refines the types: the other classes of entities, those that only group extracted types left out."""
    extracted = set(terms.extracted(_OWL + "Class"))
    rest = sorted(terms.below(ONTOLOGY + "Entity") - extracted)
    return {local(iri, ONTOLOGY): _type(terms, iri) for iri in rest if not terms.below(iri) & extracted}


def _years(terms: _Terms) -> tuple[int, int]:
    earliest, latest = (terms.value(ONTOLOGY + "timeText", ONTOLOGY + name) for name in ("earliestYear", "latestYear"))
    return int(earliest), int(latest)


def _type(terms: _Terms, iri: str) -> EntityType:
    return EntityType(
        local(iri, ONTOLOGY),
        *terms.texts(iri, _RDFS + "label"),
        *terms.texts(iri, _SKOS + "definition"),
        hub="true" in terms.all(iri, ONTOLOGY + "hub"),
    )


def _relations(
    terms: _Terms, types: Mapping[str, EntityType], refinements: Mapping[str, EntityType]
) -> dict[str, RelationType]:
    extracted = terms.extracted(_OWL + "ObjectProperty")
    return {local(iri, ONTOLOGY): _relation(terms, iri, types, refinements) for iri in extracted}


def _relation(
    terms: _Terms, iri: str, types: Mapping[str, EntityType], refinements: Mapping[str, EntityType]
) -> RelationType:
    direction = terms.value(iri, _DIRECTION)
    if direction not in get_args(Direction):
        raise OntologyError(f"{terms.path.name}: {iri} leads {direction!r}, not {', '.join(get_args(Direction))}")
    subjects, objects = (_members(terms, iri, _SCHEMA + side, types) for side in ("domainIncludes", "rangeIncludes"))
    return RelationType(
        local(iri, ONTOLOGY),
        *terms.texts(iri, _RDFS + "label"),
        *terms.texts(iri, ONTOLOGY + "inverseLabel"),
        *terms.texts(iri, _SKOS + "definition"),
        domain=subjects & types.keys(),
        range=objects & types.keys(),
        symmetric=_OWL + "SymmetricProperty" in terms.all(iri, _TYPE),
        direction=cast(Direction, direction),
        subjects=subjects & (types.keys() | refinements.keys()),
        objects=objects & (types.keys() | refinements.keys()),
        acyclic="true" in terms.all(iri, ONTOLOGY + "acyclic"),
        needs_value="true" in terms.all(iri, ONTOLOGY + "needsValue"),
    )


_DIRECTION = ONTOLOGY + "chainDirection"


def _members(terms: _Terms, iri: str, side: str, types: Mapping[str, EntityType]) -> frozenset[str]:
    """All classes of entities that the relation may join, extracted types among them."""
    groups = terms.all(iri, side)
    names = {iri.removeprefix(ONTOLOGY) for group in groups for iri in terms.below(group)}
    if not names & types.keys() or any(_OWL + "Class" not in terms.all(group, _TYPE) for group in groups):
        raise OntologyError(f"{terms.path.name}: {side} of {iri} must name entity types or groups of them")
    return frozenset(names)


def _modalities(terms: _Terms) -> dict[Modality, tuple[str, str]]:
    found = terms.subjects(_TYPE, ONTOLOGY + "Modality")
    return {cast(Modality, local(iri, ONTOLOGY)): terms.texts(iri, _SKOS + "prefLabel") for iri in found}


def _phrases(terms: _Terms) -> dict[str, Phrase]:
    properties = [iri for iri in terms.subjects(_TYPE, _OWL + "ObjectProperty") if iri.startswith(ONTOLOGY)]
    return {
        local(iri, ONTOLOGY): Phrase(*terms.texts(iri, _RDFS + "label"), *terms.texts(iri, ONTOLOGY + "inverseLabel"))
        for iri in properties
    }


# ---- What qualifies statements


def _lists(terms: _Terms) -> dict[str, Mapping[str, ListItem]]:
    schemes = terms.subjects(_TYPE, _SKOS + "ConceptScheme")
    return {_parts(scheme)[0]: MappingProxyType(_members_of(terms, scheme)) for scheme in schemes}


def _members_of(terms: _Terms, scheme: str) -> dict[str, ListItem]:
    members = terms.subjects(_SKOS + "inScheme", scheme)
    return {_parts(iri)[1]: _list_item(terms, iri) for iri in members}


def _list_item(terms: _Terms, iri: str) -> ListItem:
    labels = terms.texts(iri, _SKOS + "prefLabel")
    return ListItem(_parts(iri)[1], *labels, words=tuple(terms.all(iri, _SKOS + "hiddenLabel")))


def _parts(iri: str) -> tuple[str, str]:
    """The list and the member that an IRI of a closed list names."""
    list_, _, name = local(iri, QUALIFIER).partition("/")
    return list_, name


def _named_periods(path: Path) -> Iterator[NamedPeriod]:
    for line, (names, start, end, precision, source) in _table(path, ("names", "start", "end", "precision", "source")):
        try:
            period = Period(int(start), int(end) if end else None, precision)
        except ValueError as error:
            raise OntologyError(f"{path.name}:{line}: {error}") from error
        yield NamedPeriod(tuple(names.split("|")), period, source)


def _units(path: Path) -> Iterator[Unit]:
    for _, (names, unit, kind, currency) in _table(path, ("names", "unit", "kind", "currency")):
        yield Unit(tuple(names.split("|")), unit, kind, currency)


def _table(path: Path, header: tuple[str, ...]) -> Iterator[tuple[int, list[str]]]:
    """The lines of a table with their numbers; raises OntologyError for another header or a wrong number of cells."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            lines = list(csv.reader(file, strict=True))
    except (OSError, csv.Error, UnicodeDecodeError) as error:
        raise OntologyError(f"{path.name} cannot be read: {error}; install policykg again") from error
    if not lines or tuple(lines[0]) != header or any(len(line) != len(header) for line in lines):
        raise OntologyError(f"{path.name}: each line must have the cells {','.join(header)}")
    yield from enumerate(lines[1:], 2)


def _digest(folder: Path) -> str:
    """SHA-256 over the names and contents of all files of the folder, hidden ones left out."""
    files = {path.relative_to(folder).as_posix(): path for path in folder.rglob("*") if path.is_file()}
    total = sha256()
    for name in sorted(name for name in files if not any(part.startswith(".") for part in name.split("/"))):
        total.update(name.encode() + b"\0" + sha256(files[name].read_bytes()).digest())
    return total.hexdigest()


# ---- The dictionary

_STRONG = ("zh", "en", "zh_alt", "en_alt")
"""The columns whose names identify the entry by themselves."""
_COUNTRY = re.compile(r"([A-Z]{2})?")
_YEAR = re.compile(r"(\d{1,4})?")


@dataclass(frozen=True, slots=True)
class _Row:
    """A line of a dictionary file, its cells stripped and named by the header; `place` is `file:line`,
    `id` the id of the entity."""

    place: str
    cells: Mapping[str, str]
    id: str

    def names(self, *columns: str) -> tuple[str, ...]:
        """The alternatives in those columns, each once."""
        parts = "|".join([self.cells[column] for column in columns]).split("|")
        return tuple(dict.fromkeys([name for part in parts if (name := part.strip())]))


def _dictionary_files(folder: Path) -> list[Path]:
    return sorted(path for path in (folder / "dictionary").glob("*.csv") if not path.name.startswith("."))


def _rows(path: Path) -> Iterator[_Row]:
    """The rows of a file; raises OntologyError for another header, a wrong number of cells, or bytes not in UTF-8."""
    with path.open(encoding="utf-8", newline="") as file:
        reader = csv.reader(file, strict=True)
        try:
            if tuple(next(reader, ())) != HEADER:
                raise OntologyError(f"{path.name}:1: the header must be {','.join(HEADER)}")
            for cells in reader:
                if len(cells) != len(HEADER):
                    raise OntologyError(f"{path.name}:{reader.line_num}: {len(cells)} cells instead of {len(HEADER)}")
                row = dict(zip(HEADER, map(str.strip, cells), strict=True))
                yield _Row(f"{path.name}:{reader.line_num}", row, entity_id(row["type"], row["zh"]))
        except (csv.Error, UnicodeDecodeError) as error:
            place = f"{path.name}:{reader.line_num + 1}"
            raise OntologyError(f"{place}: not a line of CSV in UTF-8 ({error}): mend it") from error


def _malformed(row: _Row, types: Mapping[str, EntityType]) -> Iterator[str]:
    cells = row.cells
    if cells["type"] not in types:
        yield f"{row.place}: type {cells['type']!r} is none of {', '.join(types)}."
    for column in ("zh", "en"):
        if not cells[column]:
            yield f"{row.place}: the column {column} is empty: give the main name."
    if not _COUNTRY.fullmatch(cells["country"]):
        yield f"{row.place}: country {cells['country']!r} is no code of two capital letters."
    if not _YEAR.fullmatch(cells["year"]):
        yield f"{row.place}: year {cells['year']!r} is no year."


def _entries(folder: Path, types: Mapping[str, EntityType]) -> dict[str, Entry]:
    rows: dict[str, _Row] = {}
    for path in _dictionary_files(folder):
        for row in _rows(path):
            if fault := next(_malformed(row, types), ""):
                raise OntologyError(fault)
            rows.setdefault(row.id, row)
    parents = _parents(rows.values())
    return {id_: _entry(id_, row, parents.get(id_, "")) for id_, row in rows.items()}


def _entry(id_: str, row: _Row, parent: str) -> Entry:
    cells = row.cells
    labels = cells["zh"], cells["en"]
    return Entry(
        id_,
        cells["type"],
        *labels,
        aliases=tuple(name for name in row.names("zh_alt", "en_alt") if name not in labels),
        weak=row.names("weak"),
        country=cells["country"],
        parent=parent,
        year=int(cells["year"]) if cells["year"] else None,
        source=cells["source"],
    )


def _parents(rows: Iterable[_Row]) -> dict[str, str]:
    """Entry id → parent id, for known parents: the one of the same type, else the first of that name."""
    rows = list(rows)
    ids: dict[str, str] = {}
    for row in rows:
        ids.setdefault(row.cells["zh"], row.id)
    own = {(row.cells["type"], row.cells["zh"]): row.id for row in rows}
    found = {
        row.id: own.get((row.cells["type"], row.cells["parent"])) or ids.get(row.cells["parent"], "") for row in rows
    }
    return {child: parent for child, parent in found.items() if parent}


def _repeated(rows: list[_Row]) -> Iterator[str]:
    for row in rows:
        strong = {normal(name) for name in row.names(*_STRONG)}
        for name in row.names("weak"):
            if normal(name) in strong:
                yield f"{row.place}: the weak name {name} is repeated in another column: keep it in one of them."


def _duplicates(rows: list[_Row]) -> Iterator[str]:
    first: dict[str, str] = {}
    for row in rows:
        if (place := first.setdefault(row.id, row.place)) != row.place:
            yield f"{row.place}: {row.cells['type']} {row.cells['zh']} stands already at {place}: keep one."


def _clashes(rows: list[_Row]) -> Iterator[str]:
    first: dict[tuple[str, str], _Row] = {}
    for row in rows:
        for name in row.names(*_STRONG):
            other = first.setdefault((row.cells["type"], normal(name)), row)
            if other.id != row.id:
                claim = f"{row.place}: {name} names {row.cells['zh']}, but also {other.cells['zh']} at {other.place}"
                yield f"{claim}: leave it to one of them or make it weak."


def _lost_parents(rows: list[_Row]) -> Iterator[str]:
    known = {row.cells["zh"] for row in rows}
    for row in rows:
        if row.cells["parent"] and row.cells["parent"] not in known:
            yield f"{row.place}: the parent {row.cells['parent']} is no entry's main name in Chinese."


def _cycles(rows: list[_Row]) -> Iterator[str]:
    parents = _parents(rows)
    places = {row.id: row.place for row in reversed(rows)}
    done: set[str] = set()
    for id_ in parents:
        path: list[str] = []
        while id_ in parents and id_ not in done and id_ not in path:
            path.append(id_)
            id_ = parents[id_]
        if id_ in path:
            yield f"{places[id_]}: {' → '.join([*path[path.index(id_) :], id_])} is a cycle of parents: break it."
        done.update(path)
