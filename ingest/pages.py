"""The pages of plain texts that say where theirs end: form feeds, as pdftotext writes them, or lines that number the
pages and count up without a gap. Where that is not certain there are none."""

import itertools
import re
from collections.abc import Sequence

from ingest.folios import bare_number, counting, labels, numbers
from kg.model import Page

_LINE = re.compile(r"(?:(?<=\n)|\A)[ \t]*(?:\S[^\n\r]{0,24}?)[ \t]*(?=\r?\n|\Z)")
_LEAST = 3
"""So many lines with numbers that count up are needed to take them for the pages' own."""


def pages_of(text: str) -> tuple[Page, ...]:
    """The pages of a plain text, or none."""
    return _fed(text) if "\f" in text.strip() else _numbered(text)


def _fed(text: str) -> tuple[Page, ...]:
    """The pages between form feeds, labelled by the numbers in their first and last lines where these count up."""
    ends = [found.end() for found in re.finditer("\f", text)]
    bounds = [end for end in ends if text[end:].strip()] if len(ends) < 2 else ends
    if bounds and not text[bounds[-1] :].strip():
        bounds.pop()
    starts, stops = [0, *bounds], [*bounds, len(text)]
    offset, shown = counting([_edge_numbers(text[a:b]) for a, b in zip(starts, stops, strict=True)])
    found = labels([""] * len(starts), offset, shown)
    return tuple(Page(label, a, b) for label, a, b in zip(found, starts, stops, strict=True))


def _edge_numbers(page: str) -> list[int]:
    lines = [line.strip() for line in page.splitlines() if line.strip()]
    return [number for line in {*lines[:2], *lines[-2:]} if len(line) < 80 for number in numbers(line)]


def _numbered(text: str) -> tuple[Page, ...]:
    """The pages that lines with nothing but a number part. They are certain only where all such lines count up one by
    one, and the first stands over the whole text, or the last under it: else which side they are on is not known."""
    marks = [(number, m.start(), m.end()) for m in _LINE.finditer(text) if (number := _alone(text, m)) is not None]
    if len(marks) < _LEAST or any(b[0] - a[0] != 1 for a, b in itertools.pairwise(marks)):
        return ()
    if not text[marks[-1][2] :].strip():
        return tuple(_below(text, marks))
    if not text[: marks[0][1]].strip("\ufeff \t\r\n"):
        return tuple(_above(text, marks))
    return ()


def _alone(text: str, line: "re.Match[str]") -> int | None:
    """The number of a line that says nothing else and stands between blank ones."""
    before, after = text[max(0, line.start() - 3) : line.start()], text[line.end() : line.end() + 4]
    free = re.search(r"(?:\A|\n\r?)\n\Z", before) or line.start() == 0
    if not free or not re.match(r"\r?\n\s*\r?\n|\s*\Z", after):
        return None
    return bare_number(line[0])


def _below(text: str, marks: Sequence[tuple[int, int, int]]) -> "list[Page]":
    ends = [*(end for _, _, end in marks[:-1]), len(text)]
    return [
        Page(str(number), start, end) for (number, _, _), start, end in zip(marks, [0, *ends[:-1]], ends, strict=True)
    ]


def _above(text: str, marks: Sequence[tuple[int, int, int]]) -> "list[Page]":
    starts = [0, *(start for _, start, _ in marks[1:])]
    return [
        Page(str(number), start, end)
        for (number, _, _), start, end in zip(marks, starts, [*starts[1:], len(text)], strict=True)
    ]
