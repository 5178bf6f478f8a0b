"""The tables of a document: every cell, the figures with what they are figures of, and what is odd about them.

finding them (`ingest.table_sources`) → how each is built (`ingest.table_layout`) → what its figures are of (here) →
what is odd (`ingest.table_checks`). A table that is not understood keeps its cells and says why.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from ingest.quantities import quantity
from ingest.table_checks import Figure, check
from ingest.table_layout import Column, Layout, Row, Slot, at, finding, lay_out
from ingest.table_sources import Grid, RawCell, grids
from ingest.table_words import (
    NATION,
    Measure,
    Names,
    Surroundings,
    caption_time,
    is_total,
    is_year,
    measure,
    parted,
    surroundings,
    time_of,
)
from kg.model import (
    CellRole,
    Comparator,
    Document,
    Entity,
    Mention,
    Period,
    Quantity,
    Span,
    Table,
    TableCell,
    TableFinding,
    TableValue,
)
from kg.ontology import Entry, Ontology

_ITEMS = ("Firm", "University", "Institute", "Government", "Consortium", "Industry", "Technology", "Product", "Program")
"""The types of what a row may be about, beside places and indicators."""
_INDICATORS = ("指标", "项目", "指标名称", "indicator", "item", "items", "variable", "measure")
"""Headings of columns whose keys are what is measured."""
MOST_TABLES = 500
"""The most tables of a document that are read."""


@dataclass(frozen=True, slots=True)
class Found:
    """The tables of a document, the entities that their figures are of, and where these are named."""

    tables: tuple[Table, ...]
    entities: tuple[Entity, ...]
    mentions: tuple[Mention, ...]


class TableReader:
    """Reads the tables of documents with one ontology. Making it indexes the dictionary, once."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology
        self._names = Names(ontology)

    def read(self, document: Document) -> Found:
        """All tables of a document, in its order."""
        tables: list[Table] = []
        entries: dict[str, Entry] = {}
        mentions: list[Mention] = []
        for grid in grids(document.text)[:MOST_TABLES]:
            reading = _Reading(document, grid, self._names, self._ontology)
            tables.append(reading.table())
            entries |= reading.entries
            mentions += reading.mentions
        return Found(tuple(tables), tuple(entry.entity() for entry in entries.values()), tuple(mentions))


@dataclass(frozen=True, slots=True)
class _Head:
    """What a column's heading says of all its figures."""

    series: str
    measure: Measure | None
    time: str = ""
    period: Period | None = None
    place: Entry | None = None


class _Reading:
    """One table, from its grid to its figures."""

    def __init__(self, document: Document, grid: Grid, names: Names, ontology: Ontology) -> None:
        self.document, self.grid, self.names, self.ontology = document, grid, names, ontology
        self.entries: dict[str, Entry] = {}
        self.mentions: list[Mention] = []
        self.around = surroundings(document.text, grid.start, grid.end)
        self.findings: list[TableFinding] = []
        self.marked: set[int] = set()
        """The columns whose unit only shows in their cells."""

    def table(self) -> Table:
        """The table as it was read."""
        layout = lay_out(self.grid, self.names, self.ontology)
        self.around = self._named(layout)
        figures = self._unambiguous(list(self._figures(layout))) if layout.rows else []
        kept = [f for f in figures if f.value]
        refused = {f.place for f in figures} - {f.place for f in kept}
        self._name_entities(layout, kept)
        found = [*layout.findings, *self.findings, *check(layout, kept, self.names, self.findings)]
        roles: dict[tuple[int, int], CellRole] = {p: r for p, r in layout.roles.items() if p not in refused}
        section = next(
            (s.label for s in reversed(self.document.sections) if s.label and s.start <= self.grid.start), ""
        )
        return Table(
            label=self.around.label,
            caption=self.around.caption,
            unit=self.around.unit,
            notes=self.around.notes,
            section=section,
            start=self.grid.start,
            end=self.grid.end,
            cells=tuple(self._cell(place, cell, roles) for place, cell in sorted(self.grid.cells.items())),
            values=tuple(f.value for f in kept if f.value),
            findings=tuple(_bounded(found)),
        )

    def _named(self, layout: Layout) -> Surroundings:
        caption = self.around.caption or " ".join(self.grid.caption.split()) or layout.title
        return replace(self.around, caption=caption)

    def _cell(self, place: tuple[int, int], cell: RawCell, roles: dict[tuple[int, int], CellRole]) -> TableCell:
        role: CellRole = roles.get(place, "text" if cell.text else "empty")
        if not cell.text and role not in ("missing", "group", "key", "header"):
            role = "empty"
        spans = tuple(Span(a, b, self.document.text[a:b]) for a, b in cell.ranges)
        rows = min(cell.rows, self.grid.height - place[0])
        return TableCell(*place, cell.text, spans, role, rows, cell.columns)

    # ---- What the columns say

    def _heads(self, layout: Layout) -> dict[int, _Head]:
        columns = [c for c in layout.columns if c.kind == "measure" or c.declared]
        plain = [c for c in columns if not (c.path and is_total(c.path[-1]))]
        times = {c.index: self._time_in(c) for c in columns}
        places = {c.index: self._place_in(c) for c in columns}
        by_time = bool(plain) and all(times[c.index] for c in plain) and len(plain) == len(columns)
        by_place = bool(plain) and all(places[c.index] for c in plain) and len(plain) == len(columns)
        return {c.index: self._head(c, times[c.index], places[c.index], by_time, by_place) for c in columns}

    def _time_in(self, column: Column) -> tuple[int, str, Period, str] | None:
        """The part of a heading that is a time: its number, the words, the years, what else the part says."""
        found = [(n, *told) for n, part in enumerate(column.path) if (told := time_of(part, self.ontology))]
        return found[0] if len(found) == 1 else None

    def _place_in(self, column: Column) -> tuple[int, Entry] | None:
        found = [(n, entry) for n, part in enumerate(column.path) if (entry := self.names.place(part))]
        return found[0] if len(found) == 1 else None

    def _head(
        self,
        column: Column,
        time: tuple[int, str, Period, str] | None,
        place: tuple[int, Entry] | None,
        by_time: bool,
        by_place: bool,
    ) -> _Head:
        path = list(column.path)
        if time and by_time:
            path[time[0]] = time[3]
        if place and by_place:
            path[place[0]] = ""
        label = " / ".join(part for part in path if part)
        # a heading that is only a time, a place or a total does not say what is measured: the caption does
        only = [part for part in path if part]
        bare = bool(time and (not by_time or time[3] == label)) or bool(place and not by_place)
        bare = bare or bool(only and is_total(only[-1]))
        if bare and len(only) == 1 and self.around.caption:
            label = f"{self.around.caption} / {label}"
        return _Head(
            label,
            column.measure,
            time[1] if time else "",
            time[2] if time else None,
            place[1] if place else None,
        )

    # ---- What the rows say

    def _figures(self, layout: Layout) -> Iterator[Figure]:
        heads = self._heads(layout)
        row_series = self._rows_are_series(layout, heads)
        row_times = {(r.index, r.block): self._row_time(r) for r in layout.rows}
        row_places = {(r.index, r.block): self._row_place(r) for r in layout.rows}
        nation = self._nation(layout, row_places)
        given = caption_time(self.around.caption, self.ontology)
        if any(head.period for head in heads.values()) or any(row_times.values()):
            given = None if given and given[1].start != given[1].end else given
        where = self.names.opening(self.around.caption)
        units = self._column_units(layout, heads, row_series)
        decimals = {slot.column for row in layout.rows for slot in row.slots if slot.number.digits}
        for row in layout.rows:
            key = (row.index, row.block)
            place = row_places[key] or (nation if row.key in NATION else None)
            time = row_times[key]
            label, own = parted(row.key, self.ontology) if row_series else ("", None)
            items = () if row_series else tuple(k for k in row.keys if not (time and k == row.key))
            if place and not row_series:
                items = ()
            for slot in row.slots:
                head = heads.get(slot.column)
                if head is None:
                    continue
                series = " / ".join(filter(None, [*row.keys[:-1], label, head.series])) if row_series else head.series
                period = time or ((head.time, head.period) if head.period else None) or given
                entry = place or head.place or where
                yield self._figure(
                    row,
                    slot,
                    series=series or self._only_series(layout, heads, slot.column),
                    item=" / ".join(items),
                    unit=own or units.get(slot.column),
                    time=period,
                    place=entry,
                    whole=slot.column not in decimals,
                )

    def _only_series(self, layout: Layout, heads: dict[int, _Head], column: int) -> str:
        """What is measured where no heading says it: what the caption says, or the heading of the keys. Nothing where
        the column has no heading beside others that have."""
        of = next(c for c in layout.columns if c.index == column)
        beside = [c for c in layout.columns if c.index in heads and c.block == of.block and c is not of]
        if not of.path and beside:
            return ""
        return self.around.caption or layout.corner

    def _rows_are_series(self, layout: Layout, heads: dict[int, _Head]) -> bool:
        """Whether the keys of the rows are what is measured: the columns are times or places and say nothing else."""
        if not heads or any(head.series and head.series != self.around.caption for head in heads.values()):
            return False
        keys = [row.key for row in layout.rows]
        if any(self._row_place(row) for row in layout.rows) or not any(keys):
            return False
        measured = any(parted(key, self.ontology)[1] or self.names.known(key, ("Indicator",)) for key in keys)
        return measured or layout.corner.lower() in _INDICATORS or not self.around.caption

    def _row_time(self, row: Row) -> tuple[str, Period] | None:
        found = time_of(row.key, self.ontology) if row.key else None
        return (found[0], found[1]) if found and not found[2] else None

    def _row_place(self, row: Row) -> Entry | None:
        """The place that the innermost key names, where it is not just what a label of rows is."""
        return None if is_year(row.key) else self.names.place(row.key) or self._region(row)

    def _region(self, row: Row) -> Entry | None:
        found = self.names.region(row.key)
        return found if found and len(row.keys) == 1 else None

    def _nation(self, layout: Layout, places: dict[tuple[int, int], Entry | None]) -> Entry | None:
        """The country that all the rows' places lie in, which 全国 then means."""
        tops = {(self.names.parents(entry) or (entry,))[-1].id for entry in places.values() if entry}
        if len(tops) != 1:
            return None
        (top,) = tops
        return self.ontology.entries.get(top)

    # ---- Units

    def _column_units(self, layout: Layout, heads: dict[int, _Head], row_series: bool) -> dict[int, Measure]:
        """The unit of each column: its heading's, else the mark in its cells, else the one told for the table."""
        table = measure(self.around.unit, self.ontology) if self.around.unit else None
        if self.around.unit and table is None:
            self._unknown_unit(self.around.unit)
        if self.around.caption and table is None:
            table = parted(self.around.caption, self.ontology)[1]
        found: dict[int, Measure] = {}
        for index, head in heads.items():
            slots = [slot for row in layout.rows for slot in row.slots if slot.column == index]
            marks = Counter(slot.number.mark for slot in slots)
            mark = marks.most_common(1)[0][0] if slots else ""
            marked = measure(mark, self.ontology) if mark else None
            if marked and not head.measure:
                self.marked.add(index)
            own = head.measure or marked or table
            if own:
                found[index] = own
            if head.measure and not head.measure.known:
                self._unknown_unit(head.measure.words)
        return found

    def _unknown_unit(self, words: str) -> None:
        told = finding(
            "unknown-unit",
            [],
            f"单位“{words}”不认识：数按原样保留，未换算。",
            f"The unit “{words}” is not known: figures are kept as they stand, not converted.",
            "info",
        )
        if told not in self.findings:
            self.findings.append(told)

    def _figure(
        self,
        row: Row,
        slot: Slot,
        *,
        series: str,
        item: str,
        unit: Measure | None,
        time: tuple[str, Period] | None,
        place: Entry | None,
        whole: bool,
    ) -> Figure:
        words = self.grid.cells[slot.place].text
        quantity_ = self._quantity(slot, unit, series, whole)
        if quantity_ is None or not series:
            if not series:
                self._no_series(slot)
            return Figure(row, slot, None)
        indicator = self.names.known(series.rpartition(" / ")[2], ("Indicator",))
        thing = self.names.known(row.key, _ITEMS) if item else None
        above = self.names.parents(place) if place else ()
        region = above[0] if len(above) > 1 else None
        value = TableValue(
            *slot.place,
            words=words,
            quantity=quantity_,
            series=series,
            series_unit=unit.words if unit else "",
            item=item,
            place=place.label_zh or place.label_en if place else "",
            time=time[0] if time else "",
            period=time[1] if time else None,
            indicator=indicator.id if indicator else "",
            item_entity=thing.id if thing else "",
            place_entity=place.id if place else "",
            group=" / ".join(row.keys[:-1]),
            region=region.id if region else "",
        )
        for entry in filter(None, (indicator, thing, place, region)):
            self.entries[entry.id] = entry
        return Figure(row, slot, value)

    def _no_series(self, slot: Slot) -> None:
        if any(f.rule == "no-heading" for f in self.findings):
            return
        told = finding(
            "no-heading",
            [slot.place],
            f"自{at(slot.place)}起的数没有列名或表题说明是什么，未读。",
            f"No heading or caption says what the figures from {at(slot.place, english=True)} on are: they are not "
            "read.",
        )
        self.findings.append(told)

    def _quantity(self, slot: Slot, unit: Measure | None, about: str, whole: bool) -> Quantity | None:
        """The cell's number in its unit; None where the cell's own mark says another unit than its column."""
        mark = slot.number.mark
        own = measure(mark, self.ontology) if mark else None
        if own and unit and own.one.unit != unit.one.unit:
            self._conflict(slot, own, unit)
            return None
        if unit and slot.column in self.marked and not mark and slot.number.value != 0:
            self._conflict(slot, None, unit)
            return None
        of = unit or own
        one = of.one if of else None
        told = quantity(f"1{of.words}", self.ontology, about) if of else None
        kind = "count" if whole else "ratio"
        if one:
            kind = told.kind if told and told.unit == one.unit else one.kind
        number = slot.number.value * (one.low if one else Decimal(1))
        sign: Comparator = "≈" if slot.number.approximate else "="
        try:
            return Quantity(number, number, one.unit if one else "1", kind, sign, one.currency if one else "")
        except ValueError:
            return None

    def _conflict(self, slot: Slot, own: Measure | None, unit: Measure) -> None:
        words = self.grid.cells[slot.place].text
        zh = f"单位为“{own.words}”，列的单位为“{unit.words}”" if own else f"没有单位，同列其他格为“{unit.words}”"
        en = f"is in {own.words}, its column in {unit.words}" if own else f"has no unit, the other cells {unit.words}"
        self.findings.append(
            finding(
                "unit-conflict",
                [slot.place],
                f"{at(slot.place)}的“{words}”{zh}：未读。",
                f"“{words}” at {at(slot.place, english=True)} {en}: it is not read.",
            )
        )

    # ---- Figures that cannot be told apart

    def _unambiguous(self, figures: Sequence[Figure]) -> list[Figure]:
        """The figures, those that could be told apart from no other one left without a value: two rows of one name."""
        found = list(figures)
        while True:
            values = [f.value for f in found if f.value]
            by_item = bool(values) and not all(v.place_entity or (v.period and not v.item) for v in values)
            found = [self._with_item(f, by_item) for f in found]
            values = [f.value for f in found if f.value]
            dimensions = _dimensions(values)
            counted = Counter(_key(v, dimensions) for v in values)
            double = {key for key, count in counted.items() if count > 1}
            if not double:
                return found
            places = {f.place for f in found if f.value and _key(f.value, dimensions) in double}
            keys = "、".join(dict.fromkeys(f"“{f.row.key}”" for f in found if f.place in places))
            self.findings.append(
                finding(
                    "same-key",
                    sorted(places),
                    f"{len(places)}个数所说的对象、时间和指标相同（{keys[:60]}），不能区分，未读。",
                    f"{len(places)} figures are of the same thing, time and measure ({keys[:60]}): they cannot be told "
                    "apart and are not read.",
                )
            )
            found = [Figure(f.row, f.slot, None) if f.place in places else f for f in found]

    def _with_item(self, figure: Figure, by_item: bool) -> Figure:
        """A figure with its row's keys as its item, where not all rows are places or times."""
        value = figure.value
        if value is None or value.item or not by_item or not figure.row.keys:
            return figure
        if value.series.startswith(figure.row.key):
            return figure
        return Figure(figure.row, figure.slot, replace(value, item=" / ".join(figure.row.keys)))

    # ---- Entities

    def _name_entities(self, layout: Layout, figures: Sequence[Figure]) -> None:
        """Where the cells of keys and headings name the entities that the figures are of."""
        used = {id_ for f in figures if f.value for id_ in f.value.entities}
        self.entries = {id_: entry for id_, entry in self.entries.items() if id_ in used}
        for place, cell in self.grid.cells.items():
            if layout.roles.get(place) not in ("key", "header", "group") or len(cell.ranges) != 1:
                continue
            label, _ = parted(cell.text, self.ontology)
            entry = self.names.known(label, ("Place", "Indicator", *_ITEMS)) if label else None
            a, b = cell.ranges[0]
            if entry and entry.id in used:
                b = a + len(label) if self.document.text[a:b].startswith(label) else b
                self.mentions.append(Mention(entry.id, self.document.source, Span(a, b, self.document.text[a:b])))


_MOST_ALIKE = 20
"""The most findings of one rule that a table keeps."""


def _bounded(found: Sequence[TableFinding]) -> Iterator[TableFinding]:
    """The findings, of each rule at most so many; how many more there were is one of its own."""
    seen: Counter[str] = Counter()
    for each in found:
        seen[each.rule] += 1
        if seen[each.rule] <= _MOST_ALIKE:
            yield each
    for rule, count in seen.items():
        if count > _MOST_ALIKE:
            more = count - _MOST_ALIKE
            yield finding("more", [], f"另有{more}处 {rule}。", f"There are {more} more of {rule}.", "info")


def _dimensions(values: Sequence[TableValue]) -> tuple[bool, bool, bool]:
    """Whether all figures have an item, a place, and a time that is closed: see `kg.datacube.dimensions`."""
    return (
        all(v.item for v in values),
        all(v.place_entity for v in values),
        all(v.period and v.period.start is not None and v.period.end is not None for v in values),
    )


def _key(value: TableValue, dimensions: tuple[bool, bool, bool]) -> tuple[object, ...]:
    """What tells a figure apart from the others of its table."""
    item, place, period = dimensions
    return (
        value.series,
        value.series_unit,
        value.item if item else "",
        value.place_entity if place else "",
        (value.period.start, value.period.end) if period and value.period else (),
    )
