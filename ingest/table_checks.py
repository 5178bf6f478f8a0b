"""What is odd about the figures of a table: sums that do not hold, repeated neighbours, outliers, breaks, labels that
slipped. Each finding says what was seen; nothing is mended, and no figure is left out for it.

Outliers and breaks are told by the modified z-score of Iglewicz and Hoaglin, 0.6745 (x − median) / MAD, beyond 3.5:
median and MAD hold still where up to half of the figures are odd. It is taken of logarithms where all figures are
positive, since figures of places and firms differ by factors. Fewer than eight figures say nothing.
"""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import pairwise
from statistics import median

from ingest.table_layout import Layout, Place, Row, Slot, at, finding, rounding
from ingest.table_words import SUBTOTALS, Names, is_of_which, is_total, sums_up
from kg.model import TableFinding, TableValue, plain_number
from kg.ontology import Entry

_FEWEST = 8
_FAR = 3.5
_JUMP = math.log(1.5)
"""How much a series must rise or fall from one time to the next to count as broken: by half, or to two thirds."""
_SIGNIFICANT = 3
_ADDITIVE = ("count", "amount")
_UNSURE = ("damaged-number", "ragged-rows", "short-rows", "spread-figure", "same-key", "unit-conflict")
"""Findings behind which a sum would miss a part."""


@dataclass(frozen=True, slots=True)
class Figure:
    """A number of a table, its row, and what it is a figure of; None where that is not certain."""

    row: Row
    slot: Slot
    value: TableValue | None

    @property
    def place(self) -> Place:
        """The row and column of its cell."""
        return self.slot.place

    @property
    def number(self) -> Decimal:
        """The number as written."""
        return self.slot.number.value


def check(
    layout: Layout, figures: Sequence[Figure], names: Names, others: Sequence[TableFinding]
) -> list[TableFinding]:
    """What is odd about the figures of a table, `others` being what was found odd before."""
    sure = not any(f.rule in _UNSURE for f in [*layout.findings, *others])
    found: list[TableFinding] = [*_regions(layout, names)]
    for column in _columns(figures):
        if sure:
            found += _column_sums(layout, column, names)
        found += _neighbours(column)
        found += _outliers(column, names)
        found += _breaks([f for f in column if f.value and f.value.period])
    for row in _rows(figures):
        if sure:
            found += _row_sums(layout, row)
        if _by_time(row):
            found += _breaks(row)
    return found


def _columns(figures: Sequence[Figure]) -> list[list[Figure]]:
    found: defaultdict[int, list[Figure]] = defaultdict(list)
    for figure in figures:
        found[figure.slot.column].append(figure)
    return [found[column] for column in sorted(found)]


def _rows(figures: Sequence[Figure]) -> list[list[Figure]]:
    found: defaultdict[tuple[int, int], list[Figure]] = defaultdict(list)
    for figure in figures:
        found[figure.row.index, figure.row.block].append(figure)
    return list(found.values())


def _by_time(row: Sequence[Figure]) -> bool:
    """Whether the figures of a row are one series over time."""
    return len({f.value.series for f in row if f.value}) == 1


# ---- Sums


def _is_sum(figure: Figure) -> bool:
    return figure.row.total or sums_up(figure.row.key)


def _column_sums(layout: Layout, column: Sequence[Figure], names: Names) -> Iterator[TableFinding]:
    """The rows' sums against the rows that say they are totals, each over the rows that share its outer keys."""
    if any(f.value is None for f in column) or len({f.value.quantity.unit for f in column if f.value}) != 1:
        return
    places = {f.place: entry for f in column if (entry := _place(f, names))}
    wholes = {entry.parent for entry in places.values()}
    for total in column:
        place = places.get(total.place)
        if not (total.row.total or (place and place.id in wholes)) or not _adds(total, column):
            continue
        if total.row.total:
            parts = _parts(total, column, names)
        else:
            parts = [f for f in column if place and f.place in places and places[f.place].parent == place.id]
        complete = {(f.row.index, f.row.block) for f in parts} == _expected(layout, total, parts)
        if len(parts) > 1 and complete:
            yield from _compared(total, parts)


def _adds(total: Figure, column: Sequence[Figure]) -> bool:
    """Whether a figure should be the sum of others: of a kind that adds up, or a whole of 100 %."""
    assert total.value is not None
    if (
        total.value.period
        and any(f.value and f.value.period != total.value.period for f in column)
        and not total.row.total
    ):
        return False
    kind, unit = total.value.quantity.kind, total.value.quantity.unit
    return kind in _ADDITIVE or (unit == "%" and total.number == 100)


def _parts(total: Figure, column: Sequence[Figure], names: Names) -> list[Figure]:
    """The rows that a total is over: those with its outer keys, without sums and without what others are part of."""
    outer = total.row.keys[:-1]
    inner = [f for f in column if f is not total and f.row.keys[: len(outer)] == outer]
    if any(sums_up(f.row.key) and not f.row.total and f.row.key.strip().lower() not in SUBTOTALS for f in inner):
        # partial sums whose parts are not known
        return []
    if any(is_of_which(f.row.key) for f in inner):
        # where the parts of a part end is not said
        return []
    rows = [f for f in inner if not _is_sum(f)]
    wholes = {above.id for f in rows if (entry := _place(f, names)) for above in names.parents(entry)}
    return [f for f in rows if f.row.block == total.row.block and not ((e := _place(f, names)) and e.id in wholes)]


def _place(figure: Figure, names: Names) -> Entry | None:
    return names.place(figure.row.key) or names.region(figure.row.key)


def _expected(layout: Layout, total: Figure, parts: Sequence[Figure]) -> set[tuple[int, int]]:
    """The rows that should have a part, where the total is over all rows: none may lack its figure."""
    if not total.row.total or len(total.row.keys) > 1:
        return {(f.row.index, f.row.block) for f in parts}
    known = {(f.row.index, f.row.block) for f in parts}
    rows = [r for r in layout.rows if r.block == total.row.block and not r.total and r.index != total.row.index]
    lacking = {(r.index, r.block) for r in rows if not any(s.column == total.slot.column for s in r.slots)}
    return known | lacking


def _row_sums(layout: Layout, row: Sequence[Figure]) -> Iterator[TableFinding]:
    """A row's sums against the columns that say they are totals, each over the columns under its own heading."""
    columns = {c.index: c for c in layout.columns}
    for total in row:
        column = columns[total.slot.column]
        if not (column.path and is_total(column.path[-1]) and total.value and total.value.quantity.kind in _ADDITIVE):
            continue
        same = [f for f in row if f is not total and columns[f.slot.column].path[:-1] == column.path[:-1]]
        parts = [f for f in same if f.value and f.value.quantity.unit == total.value.quantity.unit]
        wanted = [
            c
            for c in layout.columns
            if c.kind == "measure" and c.block == column.block and c.path[:-1] == column.path[:-1] and c is not column
        ]
        if len(parts) == len(wanted) > 1 and not any(is_of_which(c.path[-1]) for c in wanted if c.path):
            yield from _compared(total, parts)


def _compared(total: Figure, parts: Sequence[Figure]) -> Iterator[TableFinding]:
    added = sum((f.number for f in parts), Decimal(0))
    gap = abs(added - total.number)
    if not gap:
        return
    numbers = f"{plain_number(added)}", f"{plain_number(total.number)}", f"{plain_number(gap)}"
    series = total.value.series if total.value else ""
    place, english = at(total.place), at(total.place, english=True)
    if gap <= _rounding([*parts, total]):
        yield finding(
            "sum-rounding",
            [total.place],
            f"“{series}”{len(parts)}项之和为{numbers[0]}，{place}的合计为{numbers[1]}，相差{numbers[2]}，在四舍五入之内。",
            f"“{series}”: {len(parts)} parts add up to {numbers[0]}, the total at {english} is {numbers[1]}; the "
            f"difference of {numbers[2]} is within rounding.",
            "info",
        )
    else:
        yield finding(
            "sum-differs",
            [total.place],
            f"“{series}”{len(parts)}项之和为{numbers[0]}，{place}的合计为{numbers[1]}，相差{numbers[2]}，四舍五入不能解释。",
            f"“{series}”: {len(parts)} parts add up to {numbers[0]}, but the total at {english} is {numbers[1]}; "
            f"rounding does not explain the difference of {numbers[2]}.",
        )


def _rounding(figures: Sequence[Figure]) -> Decimal:
    """How far rounding may lead a sum from its total: not at all for things that were counted one by one."""
    values = [(f, f.value.quantity) for f in figures if f.value]
    if all(q.kind == "count" and q.low == f.number and not f.slot.number.digits for f, q in values):
        return Decimal(0)
    return rounding([f.slot.number for f in figures])


# ---- Figures beside each other


def _neighbours(column: Sequence[Figure]) -> Iterator[TableFinding]:
    """Equal figures in rows that follow each other, where a column has few of them."""
    rows = [f for f in column if not _is_sum(f)]
    pairs = [(one, other) for one, other in pairwise(rows) if _copies(one, other)]
    if len(pairs) > max(1, len(rows) * 0.2):
        return
    for one, other in pairs:
        words = f"{one.row.key}、{other.row.key}", f"{one.row.key} and {other.row.key}"
        over_time = bool(one.value and one.value.period and one.value.time and one.value.time == one.row.key)
        yield finding(
            "duplicate-neighbour",
            [one.place, other.place],
            f"{at(one.place)}与{at(other.place)}的数相同：{words[0]}都是{plain_number(one.number)}，可能抄重，请核对。",
            f"{words[1]} have the same figure, {plain_number(one.number)} ({at(one.place, english=True)} and "
            f"{at(other.place, english=True)}): one may be a slip, check it.",
            "info" if over_time else "warning",
        )


def _copies(one: Figure, other: Figure) -> bool:
    digits = plain_number(abs(one.number)).replace(".", "").strip("0")
    same = one.number == other.number and one.row.block == other.row.block
    return same and other.row.index == one.row.index + 1 and len(digits) >= _SIGNIFICANT


def _scores(values: Sequence[float]) -> list[float]:
    """Each value's modified z-score; all 0 where at least half of the values are equal."""
    middle = median(values)
    spread = median(abs(value - middle) for value in values)
    return [0.6745 * (value - middle) / spread if spread else 0.0 for value in values]


def _outliers(column: Sequence[Figure], names: Names) -> Iterator[TableFinding]:
    """Figures far from those of all other rows, where the rows are no times."""
    wholes = {above.id for f in column if (entry := _place(f, names)) for above in names.parents(entry)}
    rows = [f for f in column if not _is_sum(f) and not ((e := _place(f, names)) and e.id in wholes)]
    if len(rows) < _FEWEST or len({f.value.time for f in rows if f.value}) > 1:
        return
    logs = all(f.number >= 0 for f in rows)
    rows = [f for f in rows if f.number > 0] if logs else rows
    if len(rows) < _FEWEST:
        return
    measure: Callable[[Decimal], float] = (lambda n: math.log(n)) if logs else float
    scored = list(zip(rows, _scores([measure(f.number) for f in rows]), strict=True))
    if sum(abs(score) > _FAR for _, score in scored) > max(2, len(rows) * 0.1):
        # so many are no outliers: the figures are of different sizes
        return
    for figure, score in scored:
        if abs(score) > _FAR:
            words = plain_number(figure.number)
            of = "，取对数" if logs else "", " of logarithms" if logs else ""
            yield finding(
                "outlier",
                [figure.place],
                f"{at(figure.place)}：{figure.row.key}的{words}远离同列其他数（稳健 z 值 {score:+.1f}{of[0]}）。",
                f"{figure.row.key}: {words} at {at(figure.place, english=True)} lies far from the column's "
                f"other figures (robust z {score:+.1f}{of[1]}).",
                "info",
            )


def _breaks(series: Sequence[Figure]) -> Iterator[TableFinding]:
    """Years that a series leaves out, and steps far larger than its others."""
    timed = [(f.value.period.start, f) for f in series if f.value and f.value.period and not _is_sum(f)]
    years = [(year, f) for year, f in timed if year is not None and f.value and f.value.period == _year(f)]
    if len({year for year, _ in years}) < max(3, len(years)):
        return
    ordered = sorted(years, key=lambda pair: pair[0])
    steps = [later - earlier for (earlier, _), (later, _) in pairwise(ordered)]
    usual = Counter(steps).most_common(1)[0]
    if usual[1] * 10 >= len(steps) * 7:
        for ((earlier, one), (later, other)), step in zip(pairwise(ordered), steps, strict=True):
            if step > usual[0]:
                yield finding(
                    "missing-times",
                    [one.place, other.place],
                    f"“{_series(one)}”缺{earlier}年与{later}年之间的数。",
                    f"“{_series(one)}” has no figure between {earlier} and {later}.",
                    "info",
                )
    yield from _jumps(ordered)


def _jumps(ordered: Sequence[tuple[int, Figure]]) -> Iterator[TableFinding]:
    figures = [f for _, f in ordered]
    kinds = {f.value.quantity.kind for f in figures if f.value}
    if len(figures) <= _FEWEST or not kinds <= {"count", "amount", "price"} or not all(f.number > 0 for f in figures):
        return
    steps = [math.log(other.number / one.number) for one, other in pairwise(figures)]
    for (one, other), step, score in zip(pairwise(figures), steps, _scores(steps), strict=True):
        if abs(score) > _FAR and abs(step) >= _JUMP:
            words = f"{plain_number(one.number)}→{plain_number(other.number)}"
            times = f"{_time(one)}–{_time(other)}"
            yield finding(
                "series-break",
                [one.place, other.place],
                f"“{_series(one)}”{times}由{words}，变化远大于其他年份（稳健 z 值 {score:+.1f}）："
                "口径可能变了，请核对。",
                f"“{_series(one)}” goes {words} in {times}, far more than in other years (robust z {score:+.1f}): "
                "what is counted may have changed, check it.",
                "info",
            )


def _year(figure: Figure) -> object:
    """The period of a figure where it is one year."""
    period = figure.value.period if figure.value else None
    return period if period and period.start == period.end else None


def _series(figure: Figure) -> str:
    return figure.value.series if figure.value else ""


def _time(figure: Figure) -> str:
    return figure.value.time if figure.value else ""


# ---- Labels that stand for several rows


def _regions(layout: Layout, names: Names) -> Iterator[TableFinding]:
    """Places under the label of a region that they are no part of."""
    slipped: dict[tuple[Place, str, str], list[tuple[Row, Entry]]] = {}
    for row in layout.rows:
        if found := misplaced(row, names):
            label, place, region = found
            slipped.setdefault((row.places[-2], label, region.label_zh), []).append((row, place))
    for (label_place, label, belongs), rows in slipped.items():
        zh = "、".join(place.label_zh for _, place in rows)
        en = ", ".join(place.label_en or place.label_zh for _, place in rows)
        above = names.parents(rows[0][1])[0]
        yield finding(
            "region-conflict",
            [label_place, *(row.places[-1] for row, _ in rows)],
            f"{zh}列在“{label}”（{at(label_place)}）之下，但属于{belongs}：行标签可能错位；"
            f"各数按本身的地名记录，地区取{belongs}。",
            f"{en} stand under “{label}” ({at(label_place, english=True)}) but belong to {above.label_en or belongs}: "
            "the labels may have slipped; each figure is kept by its own place, with the region that it belongs to.",
        )


def misplaced(row: Row, names: Names) -> tuple[str, Entry, Entry] | None:
    """The label over a row, the row's place, and the region that this belongs to, where the two do not agree. Nothing
    is said of regions whose members are not known."""
    place = names.place(row.key)
    if place is None or len(row.keys) < 2:
        return None
    label = row.keys[-2]
    region, above = names.region(label), names.parents(place)
    if region is None or not above or region in above or not names.has_parts(region) or place in names.parents(region):
        return None
    return (label, place, above[0]) if above[0].id != region.id and names.has_parts(above[0]) else None
