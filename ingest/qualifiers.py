"""What qualifies a statement in its sentence: modality, time, value, who says so, role, mode, condition, generality
(`ingest/patterns/qualifiers.*.toml`)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from ingest.patterns import FOLDER, ToldRule, longest_first, read_toml, told_rules
from kg.model import Modality

_BREAK = re.compile(r"[，。；！？;!?]|,\s")
_WIDE_BREAK = re.compile(r"[。；！？;!?]")
_BEHIND = 14
"""How far behind a trigger a word may still bear on it, in characters."""


@dataclass(frozen=True, slots=True)
class Qualifiers:
    """The words and patterns of one language."""

    headings: re.Pattern[str]
    proposed: re.Pattern[str]
    not_proposed: re.Pattern[str]
    actual: re.Pattern[str]
    negated: re.Pattern[str]
    times: re.Pattern[str]
    figure: re.Pattern[str]
    counting: re.Pattern[str]
    money: re.Pattern[str]
    paying: re.Pattern[str]
    told: tuple[ToldRule, ...]
    source_ahead: re.Pattern[str]
    source_verb: re.Pattern[str]

    def modality(self, text: str, trigger: int, headings: Sequence[str]) -> Modality:
        """Whether what stands around the trigger (an offset in the text) happened, is proposed or is denied.

        The words of the clause decide; where they are silent, those of the sentence before it or of the headings do."""
        clause_start = _last_break(_BREAK, text, trigger)
        clause = text[clause_start : min(_next_break(_BREAK, text, trigger), trigger + _BEHIND)]
        if self.negated.search(text, clause_start, trigger):
            return "negated"
        sentence = text[_last_break(_WIDE_BREAK, text, trigger) : trigger]
        before = self.not_proposed.sub(lambda m: "·" * len(m.group()), sentence)
        if self.proposed.search(before, clause_start - trigger + len(before)):
            return "proposed"
        if self.actual.search(clause):
            return "actual"
        planned = self.proposed.search(before) or any(self.headings.search(heading) for heading in headings)
        return "proposed" if planned else "actual"

    def time(self, text: str, trigger: int) -> str:
        """The sentence's words for when: the last ones before the trigger, or those right behind it, or none."""
        start = _last_break(_WIDE_BREAK, text, trigger)
        before = [m.group() for m in self.times.finditer(text, start, trigger)]
        if before:
            return before[-1].strip()
        behind = self.times.search(text, trigger, _next_break(_BREAK, text, trigger))
        return behind.group().strip() if behind else ""

    def value(self, text: str, predicate: str, subject_end: int, object_: tuple[int, int]) -> str:
        """The figure of a measurement (behind its indicator, or right before it: 110名科研人员) or of a funding (the
        clause's sum of money), or none. `object_` is where the object stands."""
        object_end = object_[1]
        if predicate == "measuredBy":
            if ahead := self._counting(text, object_[0]):
                return ahead
            found = self.figure.search(text, object_end, _next_break(_WIDE_BREAK, text, object_end))
            return found.group().strip(" ,，") if found and not _in_name(text, found.start()) else ""
        if predicate == "funds":
            start = _last_break(_WIDE_BREAK, text, min(subject_end, object_end))
            stop = _next_break(_WIDE_BREAK, text, max(subject_end, object_end))
            found = self.money.search(text, start, stop)
            return found.group().strip() if found else ""
        return ""

    def _counting(self, text: str, before: int) -> str:
        """The figure right before a place of the text, with nothing between that does not belong to what it counts."""
        start = _last_break(_WIDE_BREAK, text, before)
        found = [m for m in self.figure.finditer(text, start, before) if not _in_name(text, m.start())]
        fits = found and self.counting.fullmatch(text, found[-1].end(), before)
        return found[-1].group().strip(" ,，") if fits else ""

    def others(self, text: str, predicate: str, trigger: int, ends: tuple[int, int]) -> dict[str, str | bool]:
        """What else the sentence says of the statement, by field of `kg.model.Assertion`; `ends` is the stretch between
        its two names. A field for which different things are found is left out."""
        places = {
            "ahead": (_last_break(_WIDE_BREAK, text, trigger), trigger),
            "clause": (_last_break(_BREAK, text, trigger), min(_next_break(_BREAK, text, trigger), trigger + _BEHIND)),
            "between": ends,
        }
        found: dict[str, set[str | bool]] = {}
        for rule in self.told:
            if rule.relations and predicate not in rule.relations:
                continue
            stretch = text[slice(*places[rule.place])]
            if rule.place == "between" and _BREAK.search(stretch):
                continue
            for match in rule.pattern.finditer(stretch):
                value = rule.member or (True if rule.field == "general" else match.group("found").strip())
                found.setdefault(rule.field, set()).add(value)
        return {field: values.pop() for field, values in found.items() if len(values) == 1}

    def times_in(self, text: str) -> list[str]:
        """All the words for times in a text."""
        return [match.group().strip() for match in self.times.finditer(text)]


@cache
def qualifiers(language: str) -> Qualifiers:
    """The qualifiers of `qualifiers.<language>.toml`."""
    data: Mapping[str, Any] = read_toml(FOLDER / f"qualifiers.{language}.toml")
    return Qualifiers(
        headings=_any(data["proposed_headings"]),
        proposed=_any(data["proposed"]),
        not_proposed=_any(data["not_proposed"]),
        actual=_any(data["actual"]),
        negated=_any(data["negated"]),
        times=re.compile("|".join(longest_first(data["time"]))),
        figure=re.compile(data["figure"]),
        counting=re.compile(data.get("counting", "(?!)")),
        money=re.compile(data["money"]),
        paying=re.compile(data.get("paying", "")),
        told=told_rules(language),
        source_ahead=re.compile(data["source_ahead"]),
        source_verb=re.compile(data["source_verb"]),
    )


def _any(patterns: Sequence[str]) -> re.Pattern[str]:
    """One pattern for all of them; it matches nothing where there are none."""
    return re.compile("|".join(longest_first(patterns)) or r"(?!)", re.IGNORECASE)


def _next_break(pattern: re.Pattern[str], text: str, start: int) -> int:
    found = pattern.search(text, start)
    return found.start() if found else len(text)


def _in_name(text: str, at: int) -> bool:
    """Whether the figure that begins there is part of a name in Latin letters: TOP500, IPv6."""
    return at > 0 and text[at - 1].isascii() and text[at - 1].isalpha()


def _last_break(pattern: re.Pattern[str], text: str, before: int) -> int:
    return max((m.end() for m in pattern.finditer(text, 0, before)), default=0)
