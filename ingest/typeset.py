"""What stands on a printed page, and the text that it makes: plain types between the readers of pages (PDF, OCR) and
the reading order (`ingest.columns`), paragraphs (`ingest.paragraphs`) and the pages' labels (`ingest.folios`).

Lengths are points; y grows downwards from the top of the page.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from ingest.marks import width


@dataclass(frozen=True, slots=True)
class Line:
    """A stretch of text on one baseline `y`, from `x0` to `x1`. `size` is the height of its type, `strong` that it is
    set in bold or Hei type. `cells` are the parts between wide gaps of a row that has such gaps."""

    text: str
    x0: float
    x1: float
    y: float
    size: float
    strong: bool = False
    cells: tuple["Line", ...] = ()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One page as it was read: its size, its lines, and its label in the file, where it has one."""

    width: float
    height: float
    lines: tuple[Line, ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Made:
    """A document's text as a reader made it, and where each of its pages begins and ends in it: label, start, end."""

    text: str
    pages: tuple[tuple[str, int, int], ...] = ()


_WORD = re.compile(r"[A-Za-z0-9À-ɏ%.,;:!?)\]’”$&+/-]")
_BEGINS_WORD = re.compile(r"[A-Za-z0-9À-ɏ(\[‘“$&+/-]")
LEADER = re.compile(r"(?:[.·•…] ?){4,} ?(?=[\divxlc]{1,6}$)")
"""The dots before the page number of an entry of a table of contents."""
_FAR = 1.4
"""A gap of so many ems parts the cells of a table."""


def joined(before: str, after: str) -> str:
    """Two stretches of text that follow each other, a space between them where both are Latin."""
    spaced = _WORD.match(before[-1:]) and _BEGINS_WORD.match(after[:1])
    return f"{before} {after}" if spaced else before + after


_CITATION = re.compile(r"[\[［(（]?\s*(?:[\d\s,，、;；\-–—~*†‡]|[①-⑳])+[\]］)）]?|[\[［][^\]］]{1,24}[\]］]")
_POWER = re.compile(r"[-–−]?\d{1,2}")


def raised(before: str, text: str) -> str:
    """Raised text as it is written behind `before`: a citation marked as one, an exponent with ^, else as it is."""
    if _POWER.fullmatch(text) and before[-1:].isdigit():
        return f"^{text}"
    return f"<sup>{text}</sup>" if _CITATION.fullmatch(text) else text


def rows(lines: Sequence[Line]) -> list[Line]:
    """The lines from top to bottom, those on one baseline put together."""
    found: list[list[Line]] = []
    for line in sorted(lines, key=lambda line: (line.y, line.x0)):
        if found and abs(found[-1][0].y - line.y) < 0.4 * min(line.size, found[-1][0].size):
            found[-1].append(line)
        else:
            found.append([line])
    return [_row(sorted(row, key=lambda line: line.x0)) for row in found]


def _row(row: Sequence[Line]) -> Line:
    cells = [row[0]]
    for line in row[1:]:
        gap = line.x0 - cells[-1].x1
        if gap > _FAR * line.size:
            cells.append(line)
            continue
        before = cells[-1].text
        text = f"{before} {line.text}" if gap > 0.5 * line.size else joined(before, line.text)
        cells[-1] = replace(cells[-1], text=text, x1=max(cells[-1].x1, line.x1))
    widest = max(row, key=lambda line: width(line.text))
    text = _APART.join(cell.text for cell in cells)
    x1 = max(line.x1 for line in row)
    return replace(widest, text=text, x0=row[0].x0, x1=x1, cells=tuple(cells) if len(cells) > 1 else ())


_APART = "   "
"""Stands in the wide gaps of a row: so many spaces show that it is set in columns."""
