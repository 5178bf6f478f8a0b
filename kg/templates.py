"""Chains of a form that one asks for by name, and what is too broad to carry a chain: `ontology/chains.toml`."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from kg.config import data_folder
from kg.errors import NotFound, OntologyError
from kg.model import Language
from kg.ontology import Ontology, load


@dataclass(frozen=True, slots=True)
class Station:
    """What a chain passes: an entity of one of the `types`, to which one of the `relations` leads, walked either way;
    None is any. One that is `optional` may be left out."""

    types: tuple[str, ...]
    relations: tuple[str, ...] | None
    optional: bool


@dataclass(frozen=True, slots=True)
class Template:
    """A form of chains, what it is called in both languages, and its stations from the first to the last."""

    name: str
    zh: str
    en: str
    stations: tuple[Station, ...]

    def label(self, language: Language) -> str:
        """What it tells, in that language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Bodies:
    """Which types of entities do much that has nothing to do with each other, and what their acts are known by:
    relation → whether the body is its `subject` or its `object`."""

    types: frozenset[str]
    acts: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Forms:
    """The templates by name, the ids of entities that may end a chain but never carry it, and the bodies whose acts
    are not each other's effects."""

    templates: Mapping[str, Template]
    broad: frozenset[str]
    bodies: Bodies

    def find(self, name: str) -> Template:
        """The template of that name. Raises NotFound, with near names."""
        if found := self.templates.get(name):
            return found
        near = tuple(get_close_matches(name, self.templates, n=3, cutoff=0.4))
        raise NotFound(f"there is no chain template named {name}: kg chain --templates lists them", suggestions=near)


@cache
def load_forms(path: Path | None = None) -> Forms:
    """The forms in a file, or the packaged ones. Raises OntologyError, naming the template, for what cannot be read
    and for types, relations and entities that the ontology does not know."""
    path, ontology = path or data_folder("ontology") / "chains.toml", load()
    try:
        data: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        groups: Mapping[str, list[str]] = data.get("groups", {})
        templates = {each["name"]: _template(each, groups) for each in data["templates"]}
        broad = frozenset((*data["categories"], *data["broad"]))
        bodies = Bodies(frozenset(data["bodies"]["types"]), MappingProxyType(data["bodies"]["acts"]))
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise OntologyError(f"{path.name} cannot be read ({error!r}): install policykg again") from error
    for template in templates.values():
        _check(template, ontology, path)
    if strange := broad - ontology.entries.keys():
        raise OntologyError(f"{path.name}: broad names {min(strange)}, which no dictionary file has: leave it out")
    if strange := (bodies.types - ontology.kinds.keys()) | (bodies.acts.keys() - ontology.relations.keys()):
        raise OntologyError(f"{path.name}: bodies names {min(strange)}, which policykg.ttl does not have")
    return Forms(MappingProxyType(templates), broad, bodies)


def _template(data: Mapping[str, Any], groups: Mapping[str, list[str]]) -> Template:
    stations = tuple(
        Station(
            types=tuple(dict.fromkeys(type_ for name in each["types"] for type_ in groups.get(name, [name]))),
            relations=tuple(each["relations"]) if "relations" in each else None,
            optional=bool(each.get("optional", False)),
        )
        for each in data["stations"]
    )
    return Template(data["name"], data["zh"], data["en"], stations)


def _check(template: Template, ontology: Ontology, path: Path) -> None:
    stations = template.stations
    types = {type_ for station in stations for type_ in station.types}
    relations = {relation for station in stations for relation in station.relations or ()}
    if strange := (types - ontology.kinds.keys()) | (relations - ontology.relations.keys()):
        raise OntologyError(f"{path.name}: {template.name} names {min(strange)}, which policykg.ttl does not have")
    if len(stations) < 2 or stations[0].optional or stations[-1].optional:
        raise OntologyError(f"{path.name}: {template.name} needs a first and a last station that are not optional")
    for station in stations[1:-1]:
        if hubs := [name for name in station.types if ontology.kinds[name].hub]:
            raise OntologyError(f"{path.name}: {template.name} would go through {hubs[0]}, which never carries a chain")
