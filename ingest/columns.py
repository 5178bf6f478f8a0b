"""The order in which a reader reads a page: columns from left to right, each from top to bottom, and what goes over
several columns where it stands."""

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from statistics import median

from ingest.typeset import Line, rows

_ROWS = 3
"""A column has at least so many rows."""
_FILLED = 0.55
"""The rows of a column of running text fill at least so much of its width, those of a table do not."""
_DEPTH = 3


@dataclass(frozen=True, slots=True)
class Column:
    """Rows of a page that are read on one after the other, and the column's edges."""

    left: float
    right: float
    rows: tuple[Line, ...]


def _column(left: float, right: float, lines: Sequence[Line]) -> Column:
    """A column of those lines. Its edges are where at least two rows begin and end, since single ones stick out."""
    found = tuple(rows(lines))
    starts, ends = sorted(row.x0 for row in found), sorted((row.x1 for row in found), reverse=True)
    left = next((a for a, b in itertools.pairwise(starts) if b - a < _EVEN), left)
    right = next((a for a, b in itertools.pairwise(ends) if a - b < _EVEN), right)
    return Column(left, right, found)


_EVEN = 2.0
"""How far rows that begin or end at a column's edge may stand apart."""


def columns(lines: Sequence[Line]) -> list[Column]:
    """The page's columns in reading order; what stands across them is a column of its own."""
    if not lines:
        return []
    return list(_split(lines, min(line.x0 for line in lines), max(line.x1 for line in lines), _DEPTH))


def _split(lines: Sequence[Line], left: float, right: float, depth: int) -> Iterator[Column]:
    gutter = _gutter(lines, left, right) if depth and len(lines) > 2 * _ROWS else None
    if gutter is None:
        yield _column(left, right, lines)
        return
    rest: list[Line] = []
    for band in _bands(lines, gutter):
        if _side_by_side(band, gutter, left, right):
            if rest:
                yield _column(left, right, rest)
                rest = []
            one = [line for line in band if line.x0 < gutter]
            two = [line for line in band if line.x0 >= gutter]
            yield from _split(one, left, max(line.x1 for line in one), depth - 1)
            yield from _split(two, min(line.x0 for line in two), right, depth - 1)
        else:
            rest += band
    if rest:
        yield _column(left, right, rest)


def _gutter(lines: Sequence[Line], left: float, right: float) -> float | None:
    """The x at which most lines stand in two columns side by side; none where none do."""
    extent = right - left
    places = [left + extent * (0.2 + 0.01 * step) for step in range(61)]
    free = [place for place in places if sum(line.x0 < place < line.x1 for line in lines) < 0.7 * len(lines)]
    scored = [(_in_columns(lines, place, left, right), place) for place in free]
    best = max((score for score, _ in scored), default=0)
    if best < 2 * _ROWS:
        return None
    good = [place for score, place in scored if score == best]
    return good[len(good) // 2]


def _in_columns(lines: Sequence[Line], gutter: float, left: float, right: float) -> int:
    return sum(len(band) for band in _bands(lines, gutter) if _is_columns(band, gutter, left, right))


def _bands(lines: Sequence[Line], gutter: float) -> Iterator[list[Line]]:
    """The lines from top to bottom, cut where one that goes over the gutter stands."""
    band: list[Line] = []
    crossing = False
    for line in sorted(lines, key=lambda line: line.y):
        over = line.x0 < gutter < line.x1
        if band and over != crossing:
            yield band
            band = []
        crossing = over
        band.append(line)
    if band:
        yield band


def _is_columns(band: Sequence[Line], gutter: float, left: float, right: float) -> bool:
    """Whether the band holds running text on both sides of the gutter."""
    fills = _fills(band, gutter, left, right, _ROWS)
    return bool(fills) and min(fills) > _FILLED


def _side_by_side(band: Sequence[Line], gutter: float, left: float, right: float) -> bool:
    """Whether a band of a page that is set in columns is so too: a few rows, or a heading on one side, are enough."""
    fills = _fills(band, gutter, left, right, 1)
    return bool(fills) and max(fills) > _FILLED


def _fills(band: Sequence[Line], gutter: float, left: float, right: float, least: int) -> list[float]:
    """How much of its side of the gutter the usual row fills, on each side; nothing where there is no such side."""
    one = [line for line in band if line.x1 <= gutter]
    two = [line for line in band if line.x0 >= gutter]
    if len(one) + len(two) < len(band) or min(len(one), len(two)) < least:
        return []
    spaces = gutter - left, right - gutter
    if min(spaces) < 0.5 * max(spaces):
        return []
    return [median(line.x1 - line.x0 for line in side) / space for side, space in zip((one, two), spaces, strict=True)]
