"""What stands at the head and foot of every page, and the numbers that the pages show there."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from ingest.typeset import Line, Sheet, rows

_ZONE = 0.13
"""How much of a page's height, from its upper and from its lower edge, may hold running lines."""
_DEEP = 3
_FOLIO = re.compile(r"(?<![\d.])\d{1,5}(?![\d.%])")
_BARE = re.compile(
    r"[\W_]*(?:第|[Pp]age|[Pp]\.)?\s*(\d{1,5})\s*页?(?:\s*(?:[/／]|of|[,，]?\s*共)\s*\d+\s*页?)?[\W_]*", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Running:
    """The labels of the pages, and the lines of each that belong to no text: head and foot, number."""

    labels: tuple[str, ...]
    lines: tuple[frozenset[Line], ...]


def running(sheets: Sequence[Sheet]) -> Running:
    """The labels and running lines of the pages. A page is labelled by the number that it shows, where the numbers
    count up; else as the file does; else by its place."""
    edges = [_edges(sheet) for sheet in sheets]
    offset, shown = counting([[n for _, row in page for n in numbers(row.text)] for page in edges])
    lines = _repeated(edges)
    for place, page in enumerate(edges):
        lines[place] |= {row for _, row in page if offset is not None and bare_number(row.text) == place + offset}
    _aligned(edges, lines)
    found = (frozenset(_members(sheet, rows_)) for sheet, rows_ in zip(sheets, lines, strict=True))
    return Running(labels([sheet.label for sheet in sheets], offset, shown), tuple(found))


def numbers(text: str) -> list[int]:
    """The numbers in a line that may number its page."""
    return [int(found[0]) for found in _FOLIO.finditer(text)]


def bare_number(text: str) -> int | None:
    """The number of a line that says nothing else: `- 12 -`, `第12页`, `Page 3 of 9`."""
    found = _BARE.fullmatch(text.strip())
    return int(found[1]) if found else None


def counting(pages: Sequence[Sequence[int]]) -> tuple[int | None, range]:
    """By how much the numbers on the pages exceed the pages' places, where on most of the pages that show numbers they
    count up; and the places from the first to the last that shows its number."""
    offsets = Counter(offset for place, found in enumerate(pages) for offset in {n - place for n in found})
    offset, count = max(offsets.items(), key=lambda item: item[1], default=(0, 0))
    if count < 2 or count < 0.5 * sum(map(bool, pages)):
        return None, range(0)
    places = [place for place, found in enumerate(pages) if place + offset in found]
    return offset, range(places[0], places[-1] + 1)


def labels(own: Sequence[str], offset: int | None, shown: range) -> tuple[str, ...]:
    """The pages' labels: the number that a page shows or that its neighbours show it to have, else its own label in
    the file, else its place, in brackets where other pages do show numbers."""
    if offset is None:
        return tuple(label or str(place + 1) for place, label in enumerate(own))
    # The first page of a paper seldom shows its number, and the last one may be short.
    near = range(max(shown.start - 1, 0), shown.stop + 1)
    return tuple(
        str(place + offset) if place in near and place + offset > 0 else label or f"[{place + 1}]"
        for place, label in enumerate(own)
    )


def _edges(sheet: Sheet) -> list[tuple[str, Line]]:
    """The rows near the page's upper and lower edge."""
    top = rows([line for line in sheet.lines if line.y < _ZONE * sheet.height])[:_DEEP]
    bottom = rows([line for line in sheet.lines if line.y > (1 - _ZONE) * sheet.height])[-_DEEP:]
    return [*(("top", row) for row in top), *(("bottom", row) for row in bottom)]


def _repeated(edges: Sequence[Sequence[tuple[str, Line]]]) -> list[set[Line]]:
    """The rows that stand on several pages, whatever numbers they show."""

    def key(zone: str, row: Line) -> tuple[str, str]:
        return zone, re.sub(r"[\W\d_]+", "", row.text)

    often = Counter(found for page in edges for found in {key(zone, row) for zone, row in page})
    least = max(2 if len(edges) < 6 else 3, 0.1 * len(edges))
    return [{row for z, row in page if key(z, row)[1] and often[key(z, row)] >= least} for page in edges]


def _aligned(edges: Sequence[Sequence[tuple[str, Line]]], lines: list[set[Line]]) -> None:
    """Takes in rows at the very height of the running ones of other pages, in the same type, apart from the text."""
    places = Counter(
        found
        for page, rows_ in zip(edges, lines, strict=True)
        for found in {_place(zone, row) for zone, row in page if row in rows_}
    )
    for page, rows_ in zip(edges, lines, strict=True):
        rows_ |= {row for zone, row in page if places[_place(zone, row)] > 1}


def _place(zone: str, row: Line) -> tuple[str, int, int]:
    return zone, round(row.y), round(row.size)


def _members(sheet: Sheet, running_: set[Line]) -> list[Line]:
    """The lines of the page of which those rows consist."""
    return [
        line for line in sheet.lines if any(abs(line.y - row.y) < 0.4 * min(line.size, row.size) for row in running_)
    ]
