"""Charts of what was analysed: as data, as text for a terminal, and as SVG. Everything shown is text and is escaped.

A chart names the columns of its table that it shows, for whoever draws it from there, and has points that carry all
that is needed to draw it without. In `bar` and `stacked` a point is a piece of the bar of its label; in `timeline`
it is the stretch of years `start` to `end` in the row of its label; in `scatter` it stands at (`x`, `y`).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal
from xml.sax.saxutils import escape

from kg.model import Language
from kg.text import pad, plain, shorten, width

ChartKind = Literal["bar", "stacked", "timeline", "scatter", "none"]
Words = tuple[str, str]
"""Chinese, English."""


@dataclass(frozen=True, slots=True)
class Point:
    """A point of a chart. `id` is the id of the entity that it stands for, where it is one."""

    label: Words
    series: Words = ("", "")
    value: float = 0
    start: int | None = None
    end: int | None = None
    x: float = 0
    y: float = 0
    id: str = ""


@dataclass(frozen=True, slots=True)
class Axis:
    """What a chart shows along an axis: the name of the column (or for lengths of bars, of several), and what it is
    called; `ticks` are the words for 0, 1, 2 … of a scale. Bars without a column of lengths count rows."""

    name: str | tuple[str, ...] = ""
    zh: str = ""
    en: str = ""
    ticks: tuple[Words, ...] = ()

    def label(self, language: Language) -> str:
        """What it is called in that language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn, and from which columns: in a timeline `x` is where a stretch begins and `until` where it ends."""

    kind: ChartKind
    x: Axis = field(default_factory=Axis)
    y: Axis = field(default_factory=Axis)
    series: Axis = field(default_factory=Axis)
    until: str = ""
    points: tuple[Point, ...] = ()


def chart_json(chart: Chart) -> dict[str, Any]:
    """The chart as plain JSON: columns' names, labels of the axes, and the points."""
    axes = {"x": chart.x, "y": chart.y, "series": chart.series}
    return {
        **form_json(chart),
        "labels": {name: {"zh": axis.zh, "en": axis.en} for name, axis in axes.items()},
        "ticks": {name: [_words(tick) for tick in axis.ticks] for name, axis in axes.items() if axis.ticks},
        "points": [_point(chart.kind, point) for point in chart.points],
    }


def form_json(chart: Chart) -> dict[str, Any]:
    """The kind of chart and the columns that it shows, those that it does not have left out."""
    axes = {"x": chart.x, "y": chart.y, "series": chart.series}
    columns = {name: axis.name for name, axis in axes.items() if axis.name}
    stretch = {"start": chart.x.name, "end": chart.until, "label": chart.y.name} if chart.kind == "timeline" else {}
    return {"kind": chart.kind, **columns, **stretch}


def _point(kind: ChartKind, point: Point) -> dict[str, Any]:
    common = {"label": _words(point.label), "series": _words(point.series), "id": point.id}
    match kind:
        case "timeline":
            return {**common, "start": point.start, "end": point.end}
        case "scatter":
            return {**common, "x": point.x, "y": point.y}
        case _:
            return {**common, "value": point.value}


def _words(words: Words) -> dict[str, str]:
    return {"zh": words[0], "en": words[1]}


def _said(words: Words, language: Language) -> str:
    return plain(words[0] if language == "zh" else words[1])


# ---- For a terminal

_BAR = 40
_LABEL = 32
_FILLS = "█▓▒░◆●○■□▲△"


def chart_lines(chart: Chart, language: Language) -> Iterator[str]:
    """The chart as lines of text: bars, stretches of years, or a grid. Nothing where there is nothing to draw."""
    if not chart.points:
        return
    match chart.kind:
        case "bar" | "stacked":
            yield from _bar_lines(chart, language)
        case "timeline":
            yield from _timeline_lines(chart, language)
        case "scatter":
            yield from _grid_lines(chart, language)


def _grouped(points: Iterable[Point]) -> dict[Words, list[Point]]:
    """The points by label, in the order in which labels come first."""
    groups: dict[Words, list[Point]] = {}
    for point in points:
        groups.setdefault(point.label, []).append(point)
    return groups


def _series(points: Iterable[Point]) -> list[Words]:
    return list(dict.fromkeys(point.series for point in points))


def _bar_lines(chart: Chart, language: Language) -> Iterator[str]:
    series, groups = _series(chart.points), _grouped(chart.points)
    if len(series) > 1:
        yield "  ".join(f"{_FILLS[i % len(_FILLS)]} {_said(words, language)}" for i, words in enumerate(series))
    longest = max(sum(point.value for point in points) for points in groups.values()) or 1
    size = min(_LABEL, max(width(_said(label, language)) for label in groups))
    for label, points in groups.items():
        fills = (_FILLS[series.index(p.series) % len(_FILLS)] * round(_BAR * p.value / longest) for p in points)
        total = sum(point.value for point in points)
        yield f"{pad(shorten(_said(label, language), size), size)} │{''.join(fills)} {total:g}"


def _years(points: Sequence[Point]) -> tuple[int, int]:
    years = [year for point in points for year in (point.start, point.end) if year is not None]
    return (min(years), max(years)) if years else (0, 0)


def _timeline_lines(chart: Chart, language: Language) -> Iterator[str]:
    first, last = _years(chart.points)
    span = max(1, last - first)
    groups = _grouped(chart.points)
    size = min(_LABEL, max(width(_said(label, language)) for label in groups))
    yield f"{' ' * size}  {first}{' ' * (_BAR - 8)}{last}"
    for label, points in groups.items():
        line = [" "] * (_BAR + 1)
        for point in points:
            start, end = _stretch(point, last)
            a, b = (round(_BAR * (year - first) / span) for year in (start, end))
            line[a : b + 1] = "█" * (b + 1 - a)
        told = " ".join(dict.fromkeys(_told_years(point) for point in points))
        yield f"{pad(shorten(_said(label, language), size), size)} │{''.join(line)} {told}"


def _stretch(point: Point, last: int) -> tuple[int, int]:
    """The years of a point that are drawn: an open end runs to the last year of the chart."""
    start = point.start if point.start is not None else point.end if point.end is not None else last
    return start, point.end if point.end is not None else last


def _told_years(point: Point) -> str:
    start, end = ("" if year is None else str(year) for year in (point.start, point.end))
    return start if start == end else f"{start}–{end}"


def _grid_lines(chart: Chart, language: Language) -> Iterator[str]:
    """A grid with how many points stand in each cell, then their names by cell."""
    cells: dict[tuple[float, float], list[str]] = {}
    for point in chart.points:
        cells.setdefault((point.x, point.y), []).append(_said(point.label, language))
    yield plain(f"{chart.y.label(language)} ↑  {chart.x.label(language)} →")
    for x, y in sorted(cells, key=lambda cell: (-cell[1], -cell[0])):
        names = "、".join(cells[x, y]) if language == "zh" else ", ".join(cells[x, y])
        place = f"({_tick(chart.x, x, language)}, {_tick(chart.y, y, language)})"
        yield f"{place} {len(cells[x, y])}: {shorten(names, 100)}"


def _tick(axis: Axis, value: float, language: Language) -> str:
    at = round(value)
    return _said(axis.ticks[at], language) if axis.ticks and 0 <= at < len(axis.ticks) else f"{value:g}"


# ---- As SVG

_COLOURS = (
    "#1f77b4",
    "#ff7f0e",
    "#2ca02c",
    "#d62728",
    "#9467bd",
    "#8c564b",
    "#17becf",
    "#bcbd22",
    "#7f7f7f",
    "#e377c2",
)
_ROW = 22
_LEFT = 230
_WIDE = 900
_MOST_ROWS = 200
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def chart_svg(chart: Chart, title: str, language: Language) -> str:
    """The chart as an SVG document that stands alone; at most 200 rows are drawn. Labels are escaped."""
    drawn = {
        "bar": _bars_svg,
        "stacked": _bars_svg,
        "timeline": _timeline_svg,
        "scatter": _grid_svg,
    }
    body, height = drawn[chart.kind](chart, language) if chart.kind in drawn and chart.points else ([], 20)
    series = [words for words in _series(chart.points) if any(words)]
    legend = _legend(series, language) if chart.kind != "none" else []
    top = 34 + _ROW * -(-len(series) // _LEGEND) if legend else 34
    total = top + height + 20
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDE} {total}" width="{_WIDE}" height="{total}"'
            ' font-family="sans-serif" font-size="12" role="img">',
            f"<title>{_safe(title)}</title>",
            f'<rect width="{_WIDE}" height="{total}" fill="#ffffff"/>',
            _label(10, 20, title, size=15),
            *(_shift(34, legend)),
            *(_shift(top, body)),
            "</svg>",
            "",
        ]
    )


def _safe(words: str) -> str:
    return escape(_NO_XML.sub("\ufffd", plain(words)), {'"': "&quot;"})


def _label(x: float, y: float, words: str, *, anchor: str = "start", size: int = 12, longest: int = 140) -> str:
    said = _safe(shorten(words, longest))
    return f'<text x="{x:g}" y="{y:g}" text-anchor="{anchor}" font-size="{size}" fill="#222222">{said}</text>'


def _box(x: float, y: float, wide: float, colour: str, tip: str) -> str:
    return (
        f'<rect x="{x:.1f}" y="{y:g}" width="{max(wide, 1):.1f}" height="{_ROW - 6}" fill="{colour}">'
        f"<title>{_safe(tip)}</title></rect>"
    )


def _shift(down: int, lines: list[str]) -> list[str]:
    return [f'<g transform="translate(0,{down})">', *lines, "</g>"] if lines else []


def _colour(series: list[Words], words: Words) -> str:
    return _COLOURS[series.index(words) % len(_COLOURS)] if words in series else _COLOURS[0]


_LEGEND = 4
"""How many entries of a legend stand in a line."""


def _legend(series: list[Words], language: Language) -> list[str]:
    if len(series) < 2:
        return []
    lines: list[str] = []
    for number, words in enumerate(series):
        down, across = divmod(number, _LEGEND)
        x, y = 10 + across * (_WIDE - 20) / _LEGEND, _ROW * down
        lines.append(_box(x, y, 16, _colour(series, words), ""))
        lines.append(_label(x + 22, y + 13, _said(words, language), longest=28))
    return lines


def _bars_svg(chart: Chart, language: Language) -> tuple[list[str], int]:
    groups = dict(list(_grouped(chart.points).items())[:_MOST_ROWS])
    series = [words for words in _series(chart.points) if any(words)]
    longest = max(sum(point.value for point in points) for points in groups.values()) or 1
    room = _WIDE - _LEFT - 60
    lines: list[str] = []
    for row, (label, points) in enumerate(groups.items()):
        at = float(_LEFT)
        lines.append(_label(_LEFT - 8, _ROW * row + 13, _said(label, language), anchor="end", longest=34))
        for point in points:
            wide = room * point.value / longest
            if point.value:
                tip = f"{_said(label, language)} {_said(point.series, language)} {point.value:g}"
                lines.append(_box(at, _ROW * row, wide, _colour(series, point.series), tip))
            at += wide
        lines.append(_label(at + 6, _ROW * row + 13, f"{sum(point.value for point in points):g}"))
    return lines, _ROW * len(groups)


def _timeline_svg(chart: Chart, language: Language) -> tuple[list[str], int]:
    groups = dict(list(_grouped(chart.points).items())[:_MOST_ROWS])
    series = [words for words in _series(chart.points) if any(words)]
    first, last = _years(chart.points)
    room, span = _WIDE - _LEFT - 90, max(1, last - first)
    lines = [_label(_LEFT, 12, str(first)), _label(_LEFT + room, 12, str(last), anchor="end")]
    for row, (label, points) in enumerate(groups.items(), 1):
        lines.append(_label(_LEFT - 8, _ROW * row + 13, _said(label, language), anchor="end", longest=34))
        for point in points:
            start, end = _stretch(point, last)
            a, b = (_LEFT + room * (year - first) / span for year in (start, end))
            tip = f"{_said(label, language)} {_told_years(point)}"
            lines.append(_box(a, _ROW * row, max(4, b - a), _colour(series, point.series), tip))
        told = " ".join(dict.fromkeys(_told_years(point) for point in points))
        lines.append(_label(_LEFT + room + 8, _ROW * row + 13, told, longest=14))
    return lines, _ROW * (len(groups) + 1)


def _grid_svg(chart: Chart, language: Language) -> tuple[list[str], int]:
    """Points on a grid, each cell's names below each other."""
    most_x, most_y = (max(1.0, *(getattr(p, axis) for p in chart.points)) for axis in ("x", "y"))
    high, wide = 520, _WIDE - 160
    cells: dict[tuple[float, float], list[Point]] = {}
    for point in chart.points:
        cells.setdefault((point.x, point.y), []).append(point)
    lines = [_label(120, high + 40, chart.x.label(language)), _label(4, 12, chart.y.label(language))]
    for value in range(int(most_x) + 1):
        lines.append(_label(120 + wide * value / (most_x + 1), high + 20, _tick(chart.x, value, language), longest=20))
    for value in range(int(most_y) + 1):
        y = high - high * value / (most_y + 1) + 6
        lines.append(f'<line x1="110" x2="{_WIDE - 10}" y1="{y:.1f}" y2="{y:.1f}" stroke="#dddddd"/>')
        lines.append(_label(4, high - high * value / (most_y + 1) - 8, _tick(chart.y, value, language), longest=18))
    rows = max(1, int(high / (most_y + 1) / 14) - 1)
    for (x, y), points in cells.items():
        left, base = 120 + wide * x / (most_x + 1), high - high * y / (most_y + 1) - 8
        names = [_said(point.label, language) for point in points]
        shown = names if len(names) <= rows else [*names[: rows - 1], f"… {len(names) - rows + 1}"]
        longest = max(6, int(wide / (most_x + 1) / 7))
        for row, name in enumerate(reversed(shown)):
            lines.append(
                f'<circle cx="{left:.1f}" cy="{base - 14 * row - 4:.1f}" r="3" fill="{_COLOURS[0]}"/>'
                + _label(left + 6, base - 14 * row, name, size=11, longest=longest)
            )
    return lines, high + 50
