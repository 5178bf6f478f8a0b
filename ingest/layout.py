"""A document's sections, and its paragraphs put together again across page breaks.

Everything here works on document offsets. A paragraph is one or more units that a reader reads on as one.
"""

from dataclasses import dataclass, field, replace

from ingest.looks import Unit
from ingest.marks import Range
from ingest.outline import Outline
from ingest.units import units
from ingest.zones import Zones
from kg.model import Language, Section, SectionKind


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Ranges of a document that a reader reads on as one, and the section they begin in."""

    ranges: tuple[Range, ...]
    section: Section


@dataclass(frozen=True, slots=True)
class Layout:
    """A document's sections in order, and its paragraphs of running text."""

    sections: tuple[Section, ...]
    paragraphs: tuple[Paragraph, ...]


def lay_out(document: str, language: Language) -> Layout:
    """The sections and paragraphs of a document in that language."""
    found = units(document)
    builder = _Builder(language, sum(unit.role == "heading" for unit in found) > 2)
    for unit, kind in zip(found, Zones(found, language).kinds(), strict=True):
        builder.add(unit, kind)
    return builder.layout()


@dataclass(slots=True)
class _Builder:
    """Puts sections and paragraphs together while the units pass by. `structured`: headings show by themselves."""

    language: Language
    structured: bool
    outline: Outline = field(default_factory=Outline)
    sections: list[Section] = field(default_factory=list)
    paragraphs: list[tuple[list[Range], int]] = field(default_factory=list)
    open: Unit | None = None

    def add(self, unit: Unit, kind: SectionKind) -> None:
        """Takes in the next unit."""
        if unit.role == "stray" and kind == "body":
            unit, kind = self._settle(unit)
        begins = self._enter(unit, kind)
        self._extend(unit, kind)
        if kind in ("abstract", "body"):
            self._read(unit, begins)

    def layout(self) -> Layout:
        """What was put together."""
        paragraphs = (Paragraph(tuple(ranges), self.sections[i]) for ranges, i in self.paragraphs)
        return Layout(tuple(self.sections), tuple(paragraphs))

    def _settle(self, unit: Unit) -> tuple[Unit, SectionKind]:
        """A short line without a stop: the rest of a broken paragraph, a heading, or a caption."""
        if unit.lone and self.outline.expects(unit):
            return replace(unit, role="heading"), "body"
        if self.open is not None and not self.open.ended and unit.start - self.open.end < 3:
            return replace(unit, role="text"), "body"
        free = self.open is None or self.open.ended
        if unit.lone and free and (not self.structured or (self.language == "en" and unit.text[:1].isupper())):
            return replace(unit, role="heading"), "body"
        return replace(unit, role="note"), "notes"

    def _enter(self, unit: Unit, kind: SectionKind) -> bool:
        """Takes a heading, or the number of a paragraph, into the outline; whether there was one."""
        head = unit.role in ("heading", "references", "aside") and kind in ("body", "references", "notes")
        if head or (kind == "body" and unit.role == "text" and self.outline.expects(unit)):
            self.outline.enter(unit)
            return True
        return False

    def _extend(self, unit: Unit, kind: SectionKind) -> None:
        """Adds a section for the unit, or lengthens the last one where it is the same."""
        section = Section(*self._names(unit, kind), kind, unit.start, unit.end)
        last = self.sections[-1] if self.sections else None
        if last and (last.label, last.path, last.kind) == (section.label, section.path, kind):
            self.sections[-1] = replace(last, end=unit.end)
        else:
            self.sections.append(section)

    def _names(self, unit: Unit, kind: SectionKind) -> tuple[str, tuple[str, ...]]:
        if kind == "abstract":
            name = "摘要" if self.language == "zh" else "Abstract"
            return name, (name,)
        return (self.outline.label, self.outline.path) if kind in ("body", "references") else ("", ())

    def _read(self, unit: Unit, begins: bool) -> None:
        """Adds a unit of running text to its paragraph. A heading closes the paragraph before it."""
        if unit.role == "heading":
            self.open = None
        start = unit.start + unit.lead + unit.label_end
        if start >= unit.end or (unit.role == "heading" and not unit.whole):
            return
        if self.open is not None and not begins and not unit.item and self._reads_on(self.open, unit):
            self.paragraphs[-1][0].append((start, unit.end))
        else:
            self.paragraphs.append(([(start, unit.end)], len(self.sections) - 1))
        self.open = None if unit.role == "heading" else unit

    def _reads_on(self, before: Unit, unit: Unit) -> bool:
        """Whether a unit goes on where the one before broke off."""
        if before.ended or (before.item and not unit.text[:1].islower()):
            return False
        if before.cited:
            return unit.text[:1] in "，。、；：,;)）"
        if self.language == "zh":
            return True
        return unit.text[:1].islower() or before.text.endswith((",", "-", "–", "—")) or len(before.text) > 100
