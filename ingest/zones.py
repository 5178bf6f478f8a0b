"""What part of a document each unit belongs to: front, abstract, body, foreign, notes, references."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from ingest.looks import Unit
from ingest.marks import HAN, width
from kg.model import Language, SectionKind

_ABSTRACT_PART = re.compile(r"[\[［【「]?\s*(?:研究)?(?:目的|方法|过程|结果|结论|局限|意义|背景|创新)")
_REFERENCE_ENTRY = re.compile(r"\s*(?:[-*]\s*)?(?:[\[［(（]\s*\d{1,3}\s*[\]］)）]|\d{1,3}[.．\s])\s*\S")
_ADDRESS = re.compile(r"(?:[\u4e00-\u9fff)）]\s*\d{6}\D{0,2}$)|\d{5,6},?\s*(?:P\.?\s?R\.?\s*)?China\b")
_DEEP = 80
"""How many units into a document its abstract may still begin."""

Zone = Literal["front", "abstract", "keywords", "foreign", "body", "aside", "references", "back"]


@dataclass(slots=True)
class Zones:
    """Reads a document's units from top to bottom and says what part each belongs to.

    `abstract` is the unit at which the first abstract begins (-1: none near the top), `bare` whether the heading of
    the present abstract stands on a line of its own.
    """

    units: Sequence[Unit]
    language: Language
    zone: Zone = "front"
    abstract: int = -1
    bare: bool = False

    def __post_init__(self) -> None:
        heads = [i for i, unit in enumerate(self.units[:_DEEP]) if unit.role in ("abstract", "references")]
        if heads and self.units[heads[0]].role == "abstract":
            self.abstract = heads[0]

    def kinds(self) -> list[SectionKind]:
        """The kind of every unit."""
        kinds: list[SectionKind] = []
        for i, unit in enumerate(self.units):
            kinds.append(self._kind(i, unit))
            if unit.role == "abstract" and self.zone == "back":
                self._reclaim(kinds)
        return kinds

    def _kind(self, i: int, unit: Unit) -> SectionKind:
        if unit.role == "references":
            self.zone = "references"
        elif unit.role == "abstract":
            return self._at_abstract(unit)
        elif unit.role == "aside" and self.zone == "front":
            return "notes"
        elif unit.role == "aside" and self.zone != "back":
            self.zone = "back" if self.zone == "references" else "aside"
        match self.zone:
            case "front":
                return self._in_front(i, unit)
            case "abstract":
                return self._in_abstract(i, unit)
            case "keywords" | "foreign":
                return self._before_body(unit)
            case "body" | "aside":
                return self._in_body(unit)
            case "references" | "back":
                return self._at_the_end(unit)

    def _at_abstract(self, unit: Unit) -> SectionKind:
        own = bool(HAN.search(unit.text[:8])) == (self.language == "zh")
        if own and self.zone in ("front", "keywords", "foreign"):
            self.zone = "abstract"
            self.bare = not unit.raw[unit.label_end :].strip()
            return "abstract"
        if self.zone in ("body", "aside"):
            return "body" if own else "foreign"
        self.zone = "back" if self.zone in ("references", "back") else "foreign"
        return "foreign"

    def _in_front(self, i: int, unit: Unit) -> SectionKind:
        if i < self.abstract:
            return "body" if self._foreword(unit) else "front"
        if not self._begins_body(unit):
            return "front"
        self.zone = "body"
        return self._in_body(unit)

    def _foreword(self, unit: Unit) -> bool:
        """Whether it is running text that stands before the abstract: an editor's word."""
        return unit.role == "text" and len(re.findall("[。！？]|[a-z][.] [A-Z]", unit.text)) > 2

    def _begins_body(self, unit: Unit) -> bool:
        if unit.role == "heading":
            known = unit.heads_part or unit.number is not None or unit.marks > 1
            return known and not _ADDRESS.search(unit.text)
        if unit.role != "text" or _ADDRESS.search(unit.text) or unit.own_citation:
            return False
        prose = unit.item or unit.ended or width(unit.text) > 100 or (unit.lone and "，" in unit.text)
        return prose and not self._is_foreign(unit)

    def _in_abstract(self, i: int, unit: Unit) -> SectionKind:
        before = self.units[i - 1]
        goes_on = self.bare or _ABSTRACT_PART.match(unit.text) or not before.ended
        if unit.role in ("text", "stray") and goes_on and not self._is_foreign(unit):
            return "abstract"
        self.zone = "keywords"
        return self._before_body(unit)

    def _before_body(self, unit: Unit) -> SectionKind:
        if unit.role in ("meta", "note"):
            return "front"
        if self._is_foreign(unit):
            self.zone = "foreign"
            return "foreign"
        if (unit.role == "stray" and unit.number is None and width(unit.text) < 60) or _ADDRESS.search(unit.text):
            return "front"
        self.zone = "body"
        return self._in_body(unit)

    def _in_body(self, unit: Unit) -> SectionKind:
        if unit.role in ("note", "meta", "aside"):
            return "notes"
        if self._is_foreign(unit) and not (unit.role == "heading" and unit.number):
            return "foreign"
        if self.zone == "aside" and unit.role != "heading":
            return "notes"
        self.zone = "body"
        return "body"

    def _at_the_end(self, unit: Unit) -> SectionKind:
        foreign = self._is_foreign(unit)
        if unit.role == "heading" and unit.marks and not unit.reference:
            self.zone = "body" if unit.number and not foreign else "back"
            return "body" if self.zone == "body" else "foreign" if foreign else "notes"
        if self.zone == "references":
            return "references"
        return "foreign" if foreign else "notes"

    def _is_foreign(self, unit: Unit) -> bool:
        return unit.foreign not in ("", self.language)

    def _reclaim(self, kinds: list[SectionKind]) -> None:
        """The title and authors over an abstract at the end are no references."""
        for i in range(len(kinds) - 2, -1, -1):
            unit = self.units[i]
            if kinds[i] != "references" or unit.role == "references" or _REFERENCE_ENTRY.match(unit.raw):
                break
            kinds[i] = "foreign"
