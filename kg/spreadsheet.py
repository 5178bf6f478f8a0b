"""A table as a spreadsheet file."""

from collections.abc import Sequence
from io import BytesIO

Value = str | int | float | None

_WIDEST = 60
"""The widest a column is made, in characters."""


def workbook(columns: Sequence[str], rows: Sequence[Sequence[Value]]) -> bytes:
    """An XLSX file with one sheet: a row of titles that stays in sight, then the rows. Texts stay texts, whatever they
    begin with: none becomes a formula or a link."""
    # takes longer to import than a look-up takes
    from xlsxwriter import Workbook  # type: ignore[import-untyped]

    file = BytesIO()
    with Workbook(file, {"in_memory": True}) as book:
        sheet = book.add_worksheet("policykg")
        title = book.add_format({"bold": True, "bottom": 1})
        body = book.add_format({"valign": "top", "text_wrap": True})
        for place, name in enumerate(columns):
            sheet.write_string(0, place, name, title)
            longest = max((len(str(row[place])) for row in rows[:200] if place < len(row)), default=0)
            sheet.set_column(place, place, min(_WIDEST, 4 + max(2 * len(name), longest)))
        for number, row in enumerate(rows, 1):
            for place, value in enumerate(row):
                write = sheet.write_string if isinstance(value, str) else sheet.write_number
                if value is not None:
                    write(number, place, value, body)
        sheet.freeze_panes(1, 0)
        if rows and columns:
            sheet.autofilter(0, 0, len(rows), len(columns) - 1)
    return file.getvalue()
