"""The tables of documents as people and programs read them: a list, a grid with its findings, JSON, CSV."""

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from io import StringIO
from typing import Any

from kg.datacube import dimensions, iso
from kg.errors import NotFound
from kg.iris import normal
from kg.model import Language, Table, TableValue, plain_number
from kg.store import Store
from kg.text import severity, table_lines

FIELDS = (
    *("source", "table", "row", "column", "series", "item", "group", "place", "region", "time", "period"),
    *("words", "written_unit", "number", "unit", "currency", "measure", "indicator"),
)
"""The columns of the CSV form, one row a figure; `row` and `column` count from 1, `number` is in `unit`."""


def chosen(store: Store, source: str | None = None, label: str | None = None) -> list[tuple[str, int, Table]]:
    """The tables of a document, or of all, each with its document and its number there, from 1; with a label (表1,
    Table 2) or a number, only that one. Raises NotFound, with the labels there are."""
    sources = store.sources() if source is None else (source,)
    found = [(each, n, table) for each in sources for n, table in enumerate(store.tables(each), 1)]
    if label is None:
        return found
    wanted = [entry for entry in found if normal(label) in (normal(entry[2].label), str(entry[1]))]
    if not wanted:
        known = tuple(dict.fromkeys(table.label or f"{n}" for _, n, table in found))
        listed = ", ".join(known[:20]) or "none"
        raise NotFound(f"{source} has no table {label!r}; its tables are: {listed}", suggestions=known[:3])
    return wanted


def list_lines(tables: Iterable[tuple[str, int, Table]], language: Language) -> Iterator[str]:
    """One line a table: document, label, size, figures, findings, caption."""
    titles = ["文献", "表", "行×列", "数值", "疑点", "题注"] if language == "zh" else _LISTED
    rows = [
        [source, table.label or f"#{n}", _size(table), str(len(table.values)), str(len(table.findings)), table.caption]
        for source, n, table in tables
    ]
    return table_lines(titles, rows)


_LISTED = ["document", "table", "rows×columns", "figures", "findings", "caption"]


def _size(table: Table) -> str:
    rows, columns = extent(table)
    return f"{rows}×{columns}"


def extent(table: Table) -> tuple[int, int]:
    """How many rows and columns it has."""
    rows = max(cell.row + cell.rows for cell in table.cells)
    return rows, max(cell.column + cell.columns for cell in table.cells)


def grid(table: Table) -> list[list[str]]:
    """The words of all cells by row and column; a cell that spans several stands in the first."""
    rows, columns = extent(table)
    found = [[""] * columns for _ in range(rows)]
    for cell in table.cells:
        found[cell.row][cell.column] = cell.text
    return found


def grid_lines(source: str, table: Table, language: Language) -> Iterator[str]:
    """The table as it was read, each figure that was understood as it is, any other cell of the body in ‹›; its notes
    and its findings."""
    zh = language == "zh"
    place = f"{table.start}–{table.end}" + (f" §{table.section}" if table.section else "")
    yield f"{table.label} {table.caption}".strip() + f" [{source}, {place}]"
    if table.unit:
        yield ("单位：" if zh else "unit: ") + table.unit
    cells = grid(table)
    for cell in table.cells:
        if cell.role == "text" and cell.text and table.values:
            cells[cell.row][cell.column] = f"‹{cell.text}›"
    yield from table_lines([str(n) for n in range(1, len(cells[0]) + 1)], cells, widest=32)
    yield from table.notes
    told = ", ".join(dimensions(table.values)) if table.values else "–"
    yield f"{len(table.values)} 个数值，维度：{told}" if zh else f"{len(table.values)} figures by {told}"
    for finding in table.findings:
        message = finding.message_zh if zh else finding.message_en
        yield f"{severity(finding, language)}: {message} [{finding.rule}]"


def table_row(source: str, number: int, table: Table) -> dict[str, Any]:
    """A table as plain JSON, rows and columns from 0; `value` is a number's exact text."""
    return {
        "source": source,
        "number": number,
        "label": table.label,
        "caption": table.caption,
        "unit": table.unit,
        "notes": list(table.notes),
        "section": table.section,
        "start": table.start,
        "end": table.end,
        "dimensions": list(dimensions(table.values)) if table.values else [],
        "cells": [asdict(cell) for cell in table.cells],
        "figures": [_value_row(value) for value in table.values],
        "findings": [
            {
                "rule": found.rule,
                "severity": found.severity,
                "cells": [list(place) for place in found.cells],
                "message": {"zh": found.message_zh, "en": found.message_en},
            }
            for found in table.findings
        ],
    }


def _value_row(value: TableValue) -> dict[str, Any]:
    row = asdict(value)
    quantity = row.pop("quantity")
    return {
        **row,
        "period": iso(value.period) if value.period else "",
        "value": plain_number(value.quantity.low),
        **{name: quantity[name] for name in ("unit", "currency", "kind", "comparator")},
    }


def csv_text(tables: Iterable[tuple[str, int, Table]]) -> str:
    """All figures of the tables, one a row, as CSV with the header `FIELDS`. A text that a spreadsheet would take for a
    formula has an apostrophe before it."""
    stream = StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(FIELDS)
    for source, number, table in tables:
        for value in table.values:
            writer.writerow([_safe(field) for field in _fields(source, table.label or f"#{number}", value)])
    return stream.getvalue()


def _fields(source: str, label: str, value: TableValue) -> Sequence[str]:
    quantity = value.quantity
    return (
        source,
        label,
        str(value.row + 1),
        str(value.column + 1),
        value.series,
        value.item,
        value.group,
        value.place,
        value.region,
        value.time,
        iso(value.period) if value.period else "",
        value.words,
        value.series_unit,
        plain_number(quantity.low),
        quantity.unit,
        quantity.currency,
        quantity.kind,
        value.indicator,
    )


def _safe(field: str) -> str:
    risky = field[:1] in ("=", "@", "\t") or (field[:1] in ("+", "-") and not field[1:2].isdecimal())
    return f"'{field}" if risky else field
