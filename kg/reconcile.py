"""Matching the names of a table with the entities of the graph, and reading entities' properties into it.

What is asked and answered is that of the W3C's Reconciliation Service API 0.2; `kg.reconcile_routes` speaks it. A
candidate is a match, to be taken without a look, only where no other one can be meant: see `_certain`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal, TypeAlias

from rapidfuzz import fuzz

from kg import rdf
from kg.errors import QueryError
from kg.graph import Graph, Match, Only
from kg.iris import ENTITY, INFERRED, ONTOLOGY, local, normal
from kg.model import Entity, Language
from kg.ontology import Ontology
from kg.resolution import Rules
from kg.search import syllables

Strict = Literal["any", "should", "all"]
"""How several types count: any of them, preferred to others, or all at once."""
Value: TypeAlias = "str | int | Entity"

AGAINST = "^"
"""A relation read against its direction: `^develops` leads from a technology to who develops it."""

HAS = "has:"
"""What the features that tell whether a property agrees begin with, before its id."""

_OWN = {
    "label_zh": ("中文名称", "Chinese name"),
    "label_en": ("英文名称", "English name"),
    "alias": ("别名", "other name"),
    "country": ("国家代码", "country code"),
    "statements": ("陈述数", "number of statements"),
}
"""The properties beside the relations of the ontology: id → its names."""
_NAMING = ("label_zh", "label_en", "alias")

LONGEST_NAME = 500
"""Nothing is looked for by a longer text: a paragraph in a column of names is no name."""

_LEAST_LOOKED_AT = 10
"""So many candidates are compared at least: whether there is another one like the best is to be seen."""
_PINYIN = 0.8
"""What letters are worth beside the characters that they stand for: many names are said alike."""
_SAME = 100.0
_BUT_FOR_LEGAL_FORM = 95.0
_NOT_EXACT = 90.0
"""The highest score of a name that is not exactly the one asked for, but for a firm's legal form, and otherwise."""
_WITHOUT_AGREEMENT = 0.5
"""What a name is worth where no property agrees."""


@dataclass(frozen=True, slots=True)
class Property:
    """What entities may have values of: a relation of the ontology, or one of their own fields."""

    id: str
    label_zh: str
    label_en: str
    related: bool

    def label(self, language: Language | None = None) -> str:
        """Its name in one language, or in both."""
        both = f"{self.label_zh} · {self.label_en}"
        return {"zh": self.label_zh, "en": self.label_en}.get(language or "", both)


@dataclass(frozen=True, slots=True)
class Constraint:
    """A property and the values, names or ids, of which an entity should have one."""

    property: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """What is looked for: a name or an id (or none, where the constraints alone say it), of these types, with these
    values. Types and properties are meant by their ids or by their names."""

    text: str
    types: tuple[str, ...] = ()
    strict: Strict = "any"
    limit: int = 10
    constraints: tuple[Constraint, ...] = ()

    def __post_init__(self) -> None:
        if self.limit < 1:
            raise QueryError(f"a query has the limit {self.limit}: it must be 1 or more")

    @property
    def named(self) -> bool:
        """Whether it asks by a name."""
        return bool(normal(self.text))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entity that may be meant: how well it fits (0 to 100), whether it is certain, and what that is read from."""

    entity: Entity
    score: float
    match: bool
    features: Mapping[str, float | bool]


# ---- Properties


def properties(ontology: Ontology, type: str | None = None) -> tuple[Property, ...]:
    """The properties that entities of that type, or of any, may have. Raises QueryError for an unknown type."""
    if type is not None:
        (type,) = named_types(ontology, (type,))
    own = (Property(id_, *labels, related=False) for id_, labels in _OWN.items())
    along = (
        Property(relation.name, relation.label_zh, relation.label_en, related=True)
        for relation in ontology.relations.values()
        if type is None or type in relation.subjects
    )
    against = (
        Property(AGAINST + relation.name, relation.inverse_zh, relation.inverse_en, related=True)
        for relation in ontology.relations.values()
        if not relation.symmetric and (type is None or type in relation.objects)
    )
    return (*own, *along, *against)


def named_properties(ontology: Ontology, names: Iterable[str]) -> dict[str, Property]:
    """Each name, an id or a label → its property. Raises QueryError for an unknown one."""
    known = {each.id: each for each in properties(ontology)}
    called = _called((each.id, each.label_zh, each.label_en) for each in known.values())
    wanted = tuple(dict.fromkeys(names))
    found = {name: known.get(name) or known.get(called.get(normal(name), "")) for name in wanted}
    if unknown := [name for name in wanted if not found[name]]:
        raise QueryError(f"there is no property {unknown[0]}: choose one of {', '.join(known)}")
    return {name: property for name, property in found.items() if property}


def named_types(ontology: Ontology, names: Iterable[str]) -> tuple[str, ...]:
    """The ids of the types that are named by their ids or labels. Raises QueryError for an unknown one."""
    known = ontology.kinds
    wanted = tuple(names)
    labelled = ((kind.name, kind.label_zh, kind.label_en) for kind in known.values())
    called = {} if known.keys() >= set(wanted) else _called(labelled)
    found = [name if name in known else called.get(normal(name), "") for name in wanted]
    if "" in found:
        raise QueryError(f"there is no entity type {wanted[found.index('')]}: choose one of {', '.join(known)}")
    return tuple(found)


def _called(labelled: Iterable[tuple[str, str, str]]) -> dict[str, str]:
    """What types or properties are called, in either language or both → their id; of two of one name, the first."""
    called: dict[str, str] = {}
    for id_, zh, en in labelled:
        for name in (zh, en, f"{zh} · {en}"):
            called.setdefault(normal(name), id_)
    return called


class Held:
    """The values that some entities have, read from the store at once."""

    def __init__(self, graph: Graph, entities: Iterable[Entity], modalities: Sequence[str]) -> None:
        """`modalities` are those of the statements that count."""
        self._graph = graph
        ids = sorted({entity.id for entity in entities})
        self._ends: dict[tuple[str, str], dict[str, None]] = {}
        self._read(ids, "subject", "object", "", modalities)
        self._read(ids, "object", "subject", AGAINST, modalities)
        others = {other for ends in self._ends.values() for other in ends}
        self._others = {entity.id: entity for entity in graph.store.entities(sorted(others))}

    def _read(self, ids: Sequence[str], here: str, there: str, mark: str, modalities: Sequence[str]) -> None:
        nodes = " ".join(str(rdf.entity_node(id_)) for id_ in ids)
        counted = ", ".join(f"pkg:{modality}" for modality in modalities)
        query = _ENDS
        for name, value in (("$NODES", nodes), ("$HERE", here), ("$THERE", there), ("$MODALITIES", counted)):
            query = query.replace(name, value)
        relations = self._graph.ontology.relations
        for row in self._graph.store.select(query) if ids else ():
            name = local(rdf.text_of(row["p"]), ONTOLOGY)
            both_ways = name in relations and relations[name].symmetric
            key = local(rdf.text_of(row["e"]), ENTITY), name if both_ways else mark + name
            self._ends.setdefault(key, {})[local(rdf.text_of(row["other"]), ENTITY)] = None

    def of(self, entity: Entity, property: Property) -> tuple[Value, ...]:
        """The entity's values, entities by id."""
        if property.related:
            ends = sorted(self._ends.get((entity.id, property.id), ()))
            return tuple(self._others[id_] for id_ in ends if id_ in self._others)
        if property.id == "statements":
            return (self._graph.statement_count(entity.id),)
        if property.id == "alias":
            return tuple(entity.aliases)
        value = {"label_zh": entity.label_zh, "label_en": entity.label_en, "country": entity.country}[property.id]
        return (value,) if value else ()


_ENDS = f"""
SELECT DISTINCT ?e ?p ?other {{
    VALUES ?e {{ $NODES }}
    GRAPH ?g {{ ?st pkg:$HERE ?e ; pkg:predicate ?p ; pkg:$THERE ?other ; pkg:modality ?m }}
    FILTER(?g != <{INFERRED}> && ?m IN ($MODALITIES))
}}"""


# ---- Matching


def reconcile(graph: Graph, queries: Mapping[str, Query]) -> dict[str, tuple[Candidate, ...]]:
    """For each query, the entities that may be meant, the best first. Raises QueryError for an unknown type or
    property."""
    wanted = (each.property for query in queries.values() for each in query.constraints)
    by_name = named_properties(graph.ontology, wanted)
    known = {property.id: property for property in by_name.values()}
    queries = {key: _by_ids(graph.ontology, query, by_name) for key, query in queries.items()}
    found = {key: _found(graph, query, known) for key, query in queries.items()}
    constrained = (found[key] for key, query in queries.items() if query.constraints)
    held = Held(graph, (each.match.entity for matches in constrained for each in matches), _SAID)
    judged = _Judging(graph, known, held)
    return {key: judged.best(query, found[key]) for key, query in queries.items()}


_SAID = ("actual", "proposed")


def _by_ids(ontology: Ontology, query: Query, properties: Mapping[str, Property]) -> Query:
    """The query with types and properties by their ids."""
    constraints = (Constraint(properties[each.property].id, each.values) for each in query.constraints)
    return replace(query, types=named_types(ontology, query.types), constraints=tuple(constraints))


@dataclass(frozen=True, slots=True)
class _Found:
    """What a search gave, and how much alike the names are."""

    match: Match
    alike: float


def _found(graph: Graph, query: Query, known: Mapping[str, Property]) -> list[_Found]:
    most = max(query.limit, _LEAST_LOOKED_AT)
    if query.strict == "all" and len(set(query.types)) > 1:
        # an entity is of one type
        return []
    types: Sequence[str | None] = query.types or (None,)
    if query.strict == "should" and len(types) > 1:
        types = (*types, None)
    matches = [each for type_ in types for each in _search(graph, query, type_, most, known)]
    best: dict[str, _Found] = {}
    for each in sorted(matches, key=lambda each: -each.alike):
        best.setdefault(each.match.entity.id, each)
    return list(best.values())


def _search(graph: Graph, query: Query, type: str | None, most: int, known: Mapping[str, Property]) -> Iterable[_Found]:
    if not query.named:
        return _by_values(graph, query, type, most, known)
    if len(query.text) > LONGEST_NAME:
        return ()
    if by_id := graph.entities([query.text.strip().removeprefix(ENTITY)]):
        return [_whole(graph, entity) for entity in by_id if type in (None, entity.type)]
    found = [_Found(match, _alike(query.text, match)) for match in graph.find(query.text, type=type, limit=most)]
    if not any(each.match.kind == "exact" for each in found):
        found += _without_legal_form(graph, query.text, type, most)
    return found


def _whole(graph: Graph, entity: Entity) -> _Found:
    """An entity that is asked for by its id."""
    return _Found(Match(entity, "exact", entity.label(), graph.statement_count(entity.id)), _SAME)


def _by_values(
    graph: Graph, query: Query, type: str | None, most: int, known: Mapping[str, Property]
) -> Iterable[_Found]:
    """What has the values that a query without a name asks for: the neighbours of those that are entities, and what is
    called by those that are names."""
    for constraint in query.constraints:
        property = known[constraint.property]
        for value in (each for each in constraint.values if normal(each) and len(each) <= LONGEST_NAME):
            if property.id in _NAMING:
                yield from (_Found(match, _alike(value, match)) for match in graph.find(value, type=type, limit=most))
            elif property.related:
                for end in _named(graph, value):
                    only = Only(relation=property.id.removeprefix(AGAINST), type=type or "")
                    for near in graph.neighbour_page(end, most, only=only)[0]:
                        yield _Found(Match(near.entity, "part", near.entity.label(), near.statements), _SAME)


def _named(graph: Graph, value: str) -> list[str]:
    """The ids of what a value names exactly, by id or name."""
    id_ = value.removeprefix(ENTITY)
    if known := graph.entities([id_]):
        return [entity.id for entity in known]
    return [match.entity.id for match in graph.find(value, limit=3) if match.kind == "exact"]


def _without_legal_form(graph: Graph, text: str, type: str | None, most: int) -> list[_Found]:
    """比亚迪 for 比亚迪股份有限公司: what has the name exactly but for a firm's legal form."""
    rules = Rules.load()
    short = rules.legal.sub("", text.strip()).strip()
    if not normal(short) or normal(short) == normal(text):
        return []
    return [
        _Found(match, _BUT_FOR_LEGAL_FORM)
        for match in graph.find(short, type=type, limit=most)
        if match.kind == "exact" and match.entity.type in rules.legal_types
    ]


def _alike(text: str, match: Match) -> float:
    """How much alike a text and the name found for it are, from 0 to 100, which is the same name."""
    if match.kind == "exact":
        return _SAME
    asked, name = normal(text), normal(match.name)
    ratio = fuzz.ratio(asked, name)
    if match.kind == "pinyin":
        said = syllables(name)
        letters = max(fuzz.ratio(asked, "".join(said)), fuzz.ratio(asked, "".join(part[:1] for part in said)))
        ratio = max(ratio, _PINYIN * letters)
    return _NOT_EXACT / 100 * ratio


@dataclass(slots=True)
class _Judging:
    """How well candidates fit."""

    graph: Graph
    properties: Mapping[str, Property]
    held: Held
    _codes: dict[str, str] = field(default_factory=dict)

    def best(self, query: Query, found: Sequence[_Found]) -> tuple[Candidate, ...]:
        """The candidates of a query, the best first."""
        judged = [(each, self._features(query, each)) for each in found]
        if not query.named:
            judged = [(each, features) for each, features in judged if _agreement(query, features) > 0]
        certain = self._certain(query, judged)
        candidates = [
            Candidate(each.match.entity, _score(query, features), each.match.entity.id == certain, features)
            for each, features in judged
        ]
        return tuple(sorted(candidates, key=lambda candidate: -candidate.score)[: query.limit])

    def _features(self, query: Query, found: _Found) -> dict[str, float | bool]:
        features: dict[str, float | bool] = {
            "name": round(found.alike, 2),
            "exact": found.alike == _SAME and query.named,
            "statements": found.match.statements,
        }
        if query.types:
            features["type"] = found.match.entity.type in query.types
        for constraint in query.constraints:
            agrees = self._agrees(found.match.entity, constraint)
            name = HAS + constraint.property
            features[name] = bool(features.get(name, True)) and agrees
        return features

    def _agrees(self, entity: Entity, constraint: Constraint) -> bool:
        """Whether the entity has one of the values."""
        held = self.held.of(entity, self.properties[constraint.property])
        same = self._same_country if constraint.property == "country" else self._same
        return any(same(value, wanted) for value in held for wanted in constraint.values)

    def _same(self, value: Value, wanted: str) -> bool:
        if not isinstance(value, Entity):
            return normal(str(value)) == normal(wanted)
        id_ = wanted.removeprefix(ENTITY)
        if value.id == self.graph.store.replaced().get(id_, id_):
            return True
        entry = self.graph.ontology.entries.get(value.id)
        names = (*value.names, *(entry.entity().names if entry else ()))
        return normal(wanted) in map(normal, names)

    def _same_country(self, value: Value, wanted: str) -> bool:
        if not self._codes:
            self._codes.update(_country_codes(self.graph.ontology))
        id_ = wanted.removeprefix(ENTITY)
        return value == wanted.strip().upper() or value in (self._codes.get(normal(wanted)), self._codes.get(id_))

    def _certain(self, query: Query, judged: Sequence[tuple[_Found, Mapping[str, float | bool]]]) -> str | None:
        """The id of the only candidate that has exactly the name, a wanted type and a value of each constraint; none
        where there are several, or where the name is also an ordinary word or another thing's name."""
        fitting = [
            found.match
            for found, features in judged
            if features["exact"] and features.get("type", True) and _agreement(query, features) == 1
        ]
        if len(fitting) != 1 or not query.named:
            return None
        (match,) = fitting
        entry = self.graph.ontology.entries.get(match.entity.id)
        weak = entry is not None and normal(query.text) in map(normal, entry.weak)
        return None if weak else match.entity.id


def _agreement(query: Query, features: Mapping[str, float | bool]) -> float:
    """The share of the properties asked for that agree; 1 where none is."""
    asked = {HAS + constraint.property for constraint in query.constraints}
    return sum(features[name] for name in asked) / len(asked) if asked else 1.0


def _score(query: Query, features: Mapping[str, float | bool]) -> float:
    """From 0 to 100: how much alike the names are, less where the type or values are other ones."""
    score = features["name"] * (_WITHOUT_AGREEMENT + (1 - _WITHOUT_AGREEMENT) * _agreement(query, features))
    return round(score if features.get("type", True) else score * _WITHOUT_AGREEMENT, 2)


def _country_codes(ontology: Ontology) -> dict[str, str]:
    """A country's names, and its id → its code in ISO 3166-1."""
    countries = [entry for entry in ontology.entries.values() if entry.source == _COUNTRIES and entry.country]
    named = {normal(name): entry.country for entry in countries for name in entry.entity().names}
    return {**named, **{entry.id: entry.country for entry in countries}}


_COUNTRIES = "ISO 3166-1"
"""The source of the dictionary's entries of countries."""


# ---- Reading properties


def extend(
    graph: Graph, ids: Sequence[str], wanted: Sequence[Property], modalities: Callable[[str], Sequence[str]]
) -> dict[str, dict[str, tuple[Value, ...]]]:
    """For each id, as it was given, the values of each property; none for an unknown id. `modalities` says for the id
    of a property which statements count."""
    replaced = graph.store.replaced()
    short = {id_: id_.removeprefix(ENTITY) for id_ in ids}
    entities = {entity.id: entity for entity in graph.entities(short.values())}
    held = {kind: Held(graph, entities.values(), kind) for kind in {tuple(modalities(each.id)) for each in wanted}}

    def values(id_: str, property: Property) -> tuple[Value, ...]:
        entity = entities.get(replaced.get(short[id_], short[id_]))
        return held[tuple(modalities(property.id))].of(entity, property) if entity else ()

    return {id_: {each.id: values(id_, each) for each in wanted} for id_ in ids}
