"""Extraction patterns as data: `ingest/patterns/*.toml`, each with an example it must match and one it must not."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from kg.errors import OntologyError

FOLDER = Path(__file__).with_name("patterns")

DICTIONARY = "dictionary"
WEAK = "dictionary-weak"
"""The rules of the dictionary's names; a weak one is dropped unless the document names its entry in full."""
_DICTIONARY_CONFIDENCE = {DICTIONARY: 0.68, WEAK: 0.5}

NameKind = Literal["title", "marked", "head", "extension", "tagged", "list", "opening", "lower"]
NAME_KINDS: tuple[NameKind, ...] = get_args(NameKind)


@dataclass(frozen=True, slots=True)
class NameRule:
    """One rule of `names.*.toml`; the file's head says what each kind does. `finds` stands in `example`, and the rule
    must find nothing in `counterexample`. `confidence` is its measured precision; a rule that `wins` has its names
    before the dictionary's."""

    id: str
    kind: NameKind
    type: str
    words: tuple[str, ...]
    confidence: float
    example: str
    finds: str
    counterexample: str
    marks: str = ""
    place: bool = False
    after: tuple[str, ...] = ()
    source_types: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    append: str = ""
    names_only: bool = False
    alone: bool = False
    wins: bool = False


@dataclass(frozen=True, slots=True)
class NameRules:
    """All name rules of one language, and the words that names never begin with or may be followed by."""

    language: str
    leading: frozenset[str]
    following: frozenset[str]
    stop: frozenset[str]
    generic: frozenset[str]
    rules: tuple[NameRule, ...]
    by_id: Mapping[str, NameRule] = field(repr=False)

    def of(self, kind: NameKind) -> tuple[NameRule, ...]:
        """The rules of one kind, in the file's order."""
        return tuple(rule for rule in self.rules if rule.kind == kind)

    def confidence(self, rule: str) -> float:
        """The confidence of a rule of this language, or of the dictionary."""
        return _DICTIONARY_CONFIDENCE.get(rule) or self.by_id[rule].confidence


def read_toml(path: Path) -> dict[str, Any]:
    """A pattern file as it stands; OntologyError names the file and what is wrong with it."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise OntologyError(f"the pattern file {path} cannot be read: {error}") from error


def longest_first(words: Iterable[str]) -> list[str]:
    """The words in the order in which a pattern must try them so that it finds the longest: 集团公司 before 集团."""
    return sorted(words, key=len, reverse=True)


@cache
def name_rules(language: str) -> NameRules:
    """The rules of `names.<language>.toml`. Raises OntologyError for a rule without its parts."""
    path = FOLDER / f"names.{language}.toml"
    data = read_toml(path)
    rules = tuple(_name_rule(path, kind, row) for kind in NAME_KINDS for row in data.get(kind, ()))
    by_id = {rule.id: rule for rule in rules}
    if len(by_id) != len(rules):
        raise OntologyError(f"two rules of {path} have the same id")
    stop, generic = frozenset(data.get("stop", ())), frozenset(data.get("generic", ()))
    return NameRules(language, frozenset(data["leading"]), frozenset(data["following"]), stop, generic, rules, by_id)


def _name_rule(path: Path, kind: NameKind, row: Mapping[str, Any]) -> NameRule:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    if "from" in values:
        values["source_types"] = values.pop("from")
    try:
        return NameRule(kind=kind, **values)
    except TypeError as error:
        raise OntologyError(f"rule {row.get('id', '?')!r} of {path}: {error}") from error


RelationKind = Literal["frame", "pair", "group"]


@dataclass(frozen=True, slots=True)
class RelationRule:
    """One rule of `relations.*.toml`; the file's head says what each kind does. `subject_first` is true where the
    group that stands first in the text (before the trigger) is the relation's subject. `alone` is how sure its
    statements are that the model does not read too; 0 where these do not stand."""

    id: str
    kind: RelationKind
    relation: str
    subject_first: bool
    confidence: float
    example: str
    finds: str
    counterexample: str
    triggers: tuple[str, ...] = ()
    between: str = ""
    pick: Literal["nearest", "first"] = "nearest"
    gap: int = 0
    needs: tuple[str, ...] = ()
    behind: tuple[str, ...] = ()
    ahead_after: tuple[str, ...] = ()
    subject: tuple[str, ...] = ()
    object: tuple[str, ...] = ()
    same_type: bool = False
    alone: float = 0.0


@dataclass(frozen=True, slots=True)
class RelationRules:
    """All relation rules of one language; groups right behind a word of `not_subject_after` are not picked."""

    not_subject_after: tuple[str, ...]
    rules: tuple[RelationRule, ...]


@cache
def relation_rules(language: str) -> RelationRules:
    """The rules of `relations.<language>.toml`. Raises OntologyError for a rule without its parts."""
    path = FOLDER / f"relations.{language}.toml"
    data = read_toml(path)
    rules = [_relation_rule(path, kind, row) for kind in get_args(RelationKind) for row in data.get(kind, ())]
    if len({rule.id for rule in rules}) != len(rules):
        raise OntologyError(f"two rules of {path} have the same id")
    return RelationRules(tuple(data["not_subject_after"]), tuple(rules))


def _relation_rule(path: Path, kind: RelationKind, row: Mapping[str, Any]) -> RelationRule:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    try:
        role = values.pop({"frame": "before", "pair": "first"}.get(kind, ""), "subject")
        return RelationRule(kind=kind, subject_first=role == "subject", **values)
    except (KeyError, TypeError) as error:
        raise OntologyError(f"rule {row.get('id', '?')!r} of {path}: {error}") from error


Place = Literal["ahead", "clause", "between"]


@dataclass(frozen=True, slots=True)
class ToldRule:
    """One rule of what else qualifies a statement, in `qualifiers.*.toml`; the file's head says what its parts do."""

    field: str
    place: Place
    pattern: re.Pattern[str]
    example: str
    finds: str
    counterexample: str
    member: str = ""
    relations: tuple[str, ...] = ()


def told_rules(language: str) -> tuple[ToldRule, ...]:
    """The rules of `told` in `qualifiers.<language>.toml`. Raises OntologyError for a rule without its parts."""
    path = FOLDER / f"qualifiers.{language}.toml"
    return tuple(_told_rule(path, row) for row in read_toml(path).get("told", ()))


def _told_rule(path: Path, row: Mapping[str, Any]) -> ToldRule:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    try:
        return ToldRule(**{**values, "pattern": re.compile(values["pattern"])})
    except (KeyError, TypeError, re.error) as error:
        raise OntologyError(f"a rule of {row.get('field', '?')!r} in {path}: {error}") from error
