"""The rules of `ingest/patterns/figures.*.toml`: how a number is told what it measures."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from ingest.patterns import FOLDER, read_toml
from kg.errors import OntologyError
from kg.model import Quantity


@dataclass(frozen=True, slots=True)
class Frame:
    """One way in which words before and behind a number say what it measures; the file's head tells of each part."""

    id: str
    before: re.Pattern[str]
    confidence: float
    example: str
    finds: str
    counterexample: str
    after: re.Pattern[str] | None = None
    units: tuple[str, ...] = ()
    indicator: str = ""
    inherit: tuple[str, ...] = ()
    at: str = ""

    def match(
        self, text: str, start: int, value: tuple[int, int], end: int, unit: str
    ) -> dict[str, tuple[int, int]] | None:
        """The stretches of the groups, where the frame fits a value that stands in `text[start:end]`."""
        if self.units and unit not in self.units:
            return None
        ahead = self.before.search(text[start : value[0]].rstrip())
        behind = self.after.match(text[value[1] : end]) if self.after else None
        if ahead is None or (self.after and behind is None):
            return None
        found = {name: (start + a, start + b) for name, (a, b) in _groups(ahead)}
        return found | {name: (value[1] + a, value[1] + b) for name, (a, b) in _groups(behind)}


def _groups(match: re.Match[str] | None) -> list[tuple[str, tuple[int, int]]]:
    """The groups that hold something."""
    if match is None:
        return []
    return [(name, match.span(name)) for name, words in match.groupdict().items() if words]


@dataclass(frozen=True, slots=True)
class Finds:
    """A pattern whose group `found` is what it finds; `name` is what that shows, where there are several kinds."""

    pattern: re.Pattern[str]
    example: str
    finds: str
    counterexample: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class HappeningRule:
    """How it is said that something happened: `name` is what, a member of the list `happening` of the ontology. The
    group `what` is the thing that it happened to, where the pattern holds it."""

    name: str
    pattern: re.Pattern[str]
    example: str
    finds: str
    counterexample: str


@dataclass(frozen=True, slots=True)
class FigureRules:
    """All rules of one language."""

    language: str
    frames: tuple[Frame, ...]
    sources: tuple[Finds, ...]
    places: tuple[Finds, ...]
    time_rules: tuple[Finds, ...]
    none: tuple[Finds, ...]
    flaw_rules: tuple[Finds, ...]
    happenings: tuple[HappeningRule, ...]
    measured: re.Pattern[str]
    """The name of a measure at the end of what is measured."""
    measured_first: re.Pattern[str]
    """The name of a measure before the thing: the cost of batteries."""
    rate: re.Pattern[str]
    """The name of a rate that is not in the list of measures."""
    joint: re.Pattern[str]
    """What stands between the numbers of a list."""
    coordinator: re.Pattern[str]
    """What stands between the things of a list."""
    comma: re.Pattern[str]
    """That part of it which only lists."""
    each: re.Pattern[str]
    """That a value holds of each thing of a list."""
    lead: re.Pattern[str]
    """Words before a thing that are no part of it."""
    tail: re.Pattern[str]
    head: re.Pattern[str]
    """What a measure's name ends with."""
    brings_up: re.Pattern[str]
    """A clause that only names what the next one measures."""
    limited: re.Pattern[str]
    """What may stand behind a place that limits a thing and is no part of its name."""
    clause: re.Pattern[str]
    """What parts clauses."""
    roughly: re.Pattern[str]
    """That a number is given roughly, where the word for it stands apart from the number (约占总数的)."""
    respectively: re.Pattern[str]
    """That a list of numbers is one of what was named before."""
    verb_first: re.Pattern[str]
    """A verb that begins what looks like a thing, so that the clause has no subject of its own."""
    bare: re.Pattern[str]
    """What stands before a bare number that measures something."""
    counted_people: re.Pattern[str]
    digits: re.Pattern[str] = field(
        default_factory=lambda: re.compile(r"\d|[一二两三四五六七八九十百千]+[多余]?[^\s]|首位|百分之")
    )

    @property
    def near(self) -> str:
        """The name of the rule that takes the nearest name."""
        return "figure-near"

    @property
    def bracket(self) -> str:
        """The name of the rule for numbers in brackets."""
        return "figure-bracket"

    def worth_reading(self, text: str) -> bool:
        """Whether the text can hold a number at all."""
        return bool(self.digits.search(text))

    def clauses(self, text: str) -> list[tuple[int, int]]:
        """Where the clauses of a sentence begin and end."""
        cuts = [m.span() for m in self.clause.finditer(text)]
        starts = [0, *(end for _, end in cuts)]
        ends = [*(start for start, _ in cuts), len(text)]
        return [(a, b) for a, b in zip(starts, ends, strict=True) if a < b]

    def times(self, text: str) -> list[tuple[int, int]]:
        """Where words for times stand, beside those that all statements have."""
        return [m.span("found") for rule in self.time_rules for m in rule.pattern.finditer(text)]

    def source(self, text: str) -> tuple[str, tuple[int, int] | None]:
        """Whom the text names as the source of its figures, and where it says so; nothing where it names several."""
        found = [m for rule in self.sources for m in rule.pattern.finditer(text)]
        names = {m.group("found").strip() for m in found}
        # a rule may find less of the name that another one finds
        longest = max(names, key=len, default="")
        if not found or any(name not in longest for name in names):
            return "", None
        return longest, (min(m.start() for m in found), max(m.end() for m in found))

    def place(self, text: str) -> str:
        """The last place that the text names."""
        found = [m for rule in self.places for m in rule.pattern.finditer(text)]
        return max(found, key=lambda m: m.start()).group("found") if found else ""

    def first_place(self, text: str) -> str:
        """The first place that the text names."""
        found = [m for rule in self.places for m in rule.pattern.finditer(text)]
        return min(found, key=lambda m: m.start()).group("found") if found else ""

    def is_place(self, text: str) -> bool:
        """Whether the text is just the name of a place."""
        return any(rule.pattern.fullmatch(text) for rule in self.places)

    def place_ahead(self, text: str) -> str:
        """The place that the text begins with."""
        return next((m.group("found") for rule in self.places if (m := rule.pattern.match(text))), "")

    def no_figures(self, text: str) -> list[tuple[int, int]]:
        """Where numbers stand that measure nothing."""
        return [m.span("found") for rule in self.none for m in rule.pattern.finditer(text)]

    def flaws(self, text: str) -> list[tuple[str, int, int]]:
        """Damaged numbers: what is wrong, and where."""
        return [(rule.name, *m.span("found")) for rule in self.flaw_rules for m in rule.pattern.finditer(text)]

    def idle(self, read: Quantity, text: str, start: int) -> bool:
        """Whether the number only says that there is one: 1个, in Chinese a kind of article."""
        return read.low == read.high == 1 and read.kind == "count" and read.comparator == "="

    def counts(self, text: str, start: int, end: int, words: str) -> bool:
        """Whether a number without a unit measures something: a large one (1.46万), or one behind words for being."""
        if re.search(r"[万亿]$|illion$|thousand$", words):
            return True
        if self.language == "en":
            return bool(self.counted_people.match(text, end)) or (
                "," in words and bool(re.match(r"\s[a-z]", text[end:]))
            )
        return bool(self.bare.search(text[:start])) and not re.match(r"[\u4e00-\u9fffA-Za-z]", text[end:])

    def counted(self, text: str, end: int) -> str:
        """The unit that the noun behind a bare number shows: people are counted in 人."""
        if not self.counted_people.match(text, end):
            return ""
        return "人" if self.language == "zh" else " people"

    def tidy(self, words: str) -> str:
        """The words as they are shown: without masks and marks at their ends."""
        return re.sub(r"^[·，,、；;的\s]+|(?:[·，,、；;\s]|(?<=[\u4e00-\u9fff])[和与])+$", "", words).replace("·", "")


Compiler = Callable[[str], re.Pattern[str]]
"""Makes a pattern of one in which the names of [words] stand."""


@cache
def figure_rules(language: str) -> FigureRules:
    """The rules of `figures.<language>.toml`. Raises OntologyError for a rule without its parts."""
    path = FOLDER / f"figures.{language}.toml"
    data = read_toml(path)
    words: Mapping[str, str] = data["words"]

    def compiled(pattern: str) -> re.Pattern[str]:
        for name, alternatives in words.items():
            pattern = pattern.replace(f"{{{name}}}", alternatives)
        return re.compile(pattern)

    def finds(name: str, key: str = "") -> tuple[Finds, ...]:
        return tuple(_finds(path, row, key, compiled) for row in data.get(name, ()))

    patterns: dict[str, Any] = {name: compiled(pattern) for name, pattern in data["shape"].items()}
    return FigureRules(
        language,
        tuple(_frame(path, row, compiled) for row in data["frame"]),
        finds("source"),
        finds("place"),
        finds("time"),
        finds("none", "reason"),
        finds("flaw", "flaw"),
        tuple(_happening(path, row, compiled) for row in data.get("happening", ())),
        **patterns,
    )


def _frame(path: Path, row: Mapping[str, Any], compiled: Compiler) -> Frame:
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
    try:
        for name in ("before", "after"):
            if name in values:
                values[name] = compiled(values[name])
        return Frame(**values)
    except (KeyError, TypeError, re.error) as error:
        raise OntologyError(f"the frame {row.get('id', '?')!r} of {path}: {error}") from error


def _finds(path: Path, row: Mapping[str, Any], key: str, compiled: Compiler) -> Finds:
    try:
        name = row[key] if key else ""
        return Finds(compiled(row["pattern"]), row["example"], row["finds"], row["counterexample"], name)
    except (KeyError, re.error) as error:
        raise OntologyError(f"a rule of {path} that finds {row.get('finds', '?')!r}: {error}") from error


def _happening(path: Path, row: Mapping[str, Any], compiled: Compiler) -> HappeningRule:
    try:
        return HappeningRule(**{**row, "pattern": compiled(row["pattern"])})
    except (KeyError, TypeError, re.error) as error:
        raise OntologyError(f"a happening {row.get('name', '?')!r} of {path}: {error}") from error
