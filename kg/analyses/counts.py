"""Which statements count for what: `ontology/analyses.toml`, read once."""

import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Literal

from kg.charts import Words
from kg.config import data_folder
from kg.errors import OntologyError
from kg.facts import Fact, Facts
from kg.iris import BASE, ENTITY, PREFIXES, normal
from kg.vocabulary import Vocabulary

_SKOS = PREFIXES["skos"]
SCHEMES = ("dimension", "side")
"""The schemes of instruments."""


@dataclass(frozen=True, slots=True)
class Sign:
    """A kind of statement that shows something of the thing at its `end`; `others` are the types at the other end, `*`
    for any; where there are `words`, the other end's name holds one of them; none of the ids of `but` counts."""

    relation: str
    end: Literal["subject", "object"]
    others: frozenset[str]
    words: tuple[str, ...] = ()
    but: frozenset[str] = frozenset()

    def of(self, facts: Facts, id_: str) -> Iterator[Fact]:
        """The statements of the kind about an entity, actual and proposed."""
        found = facts.about(id_, (self.relation,)) if self.end == "subject" else facts.to(id_, (self.relation,))
        for fact in found:
            other = fact.other(id_)
            fits = ("*" in self.others or facts.type(other) in self.others) and other not in self.but
            if fits and (not self.words or holds_word(facts.entities[other].names, self.words)):
                yield fact


@dataclass(frozen=True, slots=True)
class Step:
    """A step of a scale, or a kind of demand: its signs, and the technology readiness levels that it stands for."""

    name: str
    zh: str
    en: str
    signs: tuple[Sign, ...]
    trl: str = ""

    @property
    def words(self) -> Words:
        """What it is called."""
        return self.zh, self.en

    def of(self, facts: Facts, id_: str) -> list[Fact]:
        """The statements that show the step for an entity."""
        return [fact for sign in self.signs for fact in sign.of(facts, id_)]


@dataclass(frozen=True, slots=True)
class Chokepoint:
    """A kind of chokepoint: the ids and names of challenges of the kind, words in other names, names of instruments
    that put a thing under it, and words in the names of indicators. `others` says that it takes what no other kind
    takes."""

    name: str
    zh: str
    en: str
    ids: frozenset[str]
    names: frozenset[str]
    words: tuple[str, ...]
    instruments: frozenset[str]
    indicators: tuple[str, ...]
    others: bool


@dataclass(frozen=True, slots=True)
class Kin:
    """A relation by which another thing stands for a thing when instruments are looked for, and how that is said."""

    relation: str
    inverse: bool
    sources: frozenset[str]
    targets: frozenset[str]
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Counts:
    """What counts for what."""

    roles: Mapping[str, frozenset[str]]
    """policy, makers, actors, things → types."""
    schemes: Mapping[str, Mapping[str, Words]]
    """dimension, side → the names of its classes, in their order → what they are called."""
    mix: Mapping[str, tuple[str, ...]]
    chokepoints: tuple[Chokepoint, ...]
    under: Mapping[str, tuple[str, ...]]
    answers: Mapping[str, tuple[str, ...]]
    levels: tuple[Step, ...]
    demands: tuple[Step, ...]
    happenings: Mapping[str, frozenset[str]]
    """What it shows → the members of the list `happening` that show it."""
    belongs: Mapping[str, frozenset[str]]
    """Relation to an industry → types of what belongs to it then."""
    opposites: tuple[tuple[str, str], ...]
    kin: tuple[Kin, ...]
    applies: tuple[tuple[str, bool], ...]
    """Relation, and whether it leads from the thing to what applies to it."""
    through: tuple[str, str, str]
    """The relation from what applies to the instruments that it uses, and how that is said."""


@cache
def load(folder: Path | None = None) -> Counts:
    """The file in `folder`, or the packaged one. Raises OntologyError, naming it, where it cannot be read or names a
    concept or a relation that there is not."""
    folder = folder or data_folder("ontology")
    try:
        data, chains = (
            tomllib.loads((folder / f"{n}.toml").read_text(encoding="utf-8")) for n in ("analyses", "chains")
        )
        lists = Vocabulary.read([folder / "lists.ttl"])
        tools = Vocabulary.read([folder / "instruments.ttl"])
        return _counts({**data, "categories": chains["categories"]}, lists, tools)
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise OntologyError(f"analyses.toml cannot be read: {error}; install policykg again") from error


def _counts(data: Mapping[str, Any], lists: Vocabulary, tools: Vocabulary) -> Counts:
    through = data["through"]
    return Counts(
        roles={name: frozenset(types) for name, types in data["roles"].items()},
        schemes={name: {each["name"]: (each["zh"], each["en"]) for each in data[name]} for name in SCHEMES},
        mix={name: tuple(relations) for name, relations in data["mix"].items()},
        chokepoints=tuple(_chokepoint(each, lists, tools) for each in data["chokepoints"]),
        under={name: tuple(relations) for name, relations in data["under"].items()},
        answers={name: tuple(relations) for name, relations in data["answers"].items()},
        levels=tuple(_step(each, lists, data) for each in data["levels"]),
        demands=tuple(_step(each, lists, data) for each in data["demands"]),
        happenings={name: frozenset(members) for name, members in data["happenings"].items()},
        belongs={each["relation"]: frozenset(each["types"]) for each in data["belongs"]},
        opposites=tuple((one, other) for one, other in data["agreement"]["opposites"]),
        kin=tuple(_kin(each) for each in data["kin"]),
        applies=tuple((each["relation"], bool(each.get("inverse"))) for each in data["applies"]),
        through=(through["relation"], through["zh"], through["en"]),
    )


def _kin(data: Mapping[str, Any]) -> Kin:
    sources, targets = frozenset(data["from"]), frozenset(data["to"])
    return Kin(data["relation"], bool(data.get("inverse")), sources, targets, data["zh"], data["en"])


def _step(data: Mapping[str, Any], lists: Vocabulary, whole: Mapping[str, Any]) -> Step:
    signs = tuple(_sign(sign, whole) for sign in data["signs"])
    stage = data.get("stage")
    trl = lists.text(_concept(lists, f"{BASE}stage/{stage}"), _SKOS + "scopeNote", "en") if stage else ""
    return Step(data["name"], data["zh"], data["en"], signs, trl)


def _sign(data: Mapping[str, Any], whole: Mapping[str, Any]) -> Sign:
    but = frozenset(whole[data["except"]] if "except" in data else ())
    return Sign(data["relation"], data["end"], frozenset(data["others"]), tuple(data.get("words", ())), but)


def _chokepoint(data: Mapping[str, Any], lists: Vocabulary, tools: Vocabulary) -> Chokepoint:
    wanted = [name for name in data.get("concepts", ()) if name != "*"]
    concepts = _below(lists, (f"{BASE}challenge/{name}" for name in wanted))
    matches = (iri for concept in concepts for iri in lists.links(concept, _SKOS + "exactMatch"))
    restricting = _below(tools, (f"{BASE}instrument/{name}" for name in data.get("instruments", ())))
    return Chokepoint(
        name=data["name"],
        zh=data["zh"],
        en=data["en"],
        ids=frozenset(iri.removeprefix(ENTITY) for iri in matches),
        names=_names(lists, concepts),
        words=tuple(normal(word) for word in data.get("words", ())),
        instruments=_names(tools, restricting),
        indicators=tuple(data.get("indicators", ())),
        others="*" in data.get("concepts", ()),
    )


def _concept(vocabulary: Vocabulary, iri: str) -> str:
    if iri not in vocabulary.facts:
        raise KeyError(f"there is no concept {iri}")
    return iri


def _below(vocabulary: Vocabulary, tops: Iterable[str]) -> list[str]:
    """The concepts and all that stand below them."""
    found: dict[str, None] = {}
    queue = [_concept(vocabulary, top) for top in tops]
    while queue:
        here = queue.pop()
        if here not in found:
            found[here] = None
            queue += vocabulary.holders(_SKOS + "broader", here)
    return list(found)


def _names(vocabulary: Vocabulary, concepts: Iterable[str]) -> frozenset[str]:
    labels = (_SKOS + "prefLabel", _SKOS + "altLabel")
    return frozenset(
        normal(text) for concept in concepts for label in labels for text in vocabulary.texts(concept, label)
    )


def forms(names: Iterable[str]) -> frozenset[str]:
    """The names as they are compared."""
    return frozenset(normal(name) for name in names)


def holds_word(names: Iterable[str], words: Iterable[str]) -> bool:
    """Whether one of the names holds one of the words, marks and case left aside."""
    forms = [normal(name) for name in names]
    return any(normal(word) in form for form in forms for word in words)
