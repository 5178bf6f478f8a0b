"""Where the tables of a text are: pipe tables of Markdown, grids of + and -, lines with tabs, and HTML tables, each
cell with the characters behind it.

What is found is a `Grid` of cells as they stand; what they mean is read elsewhere.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from html import unescape
from html.parser import HTMLParser

MOST_SLOTS = 40_000
"""The largest table that is read, in rows times columns: larger ones are data files, not tables of a paper."""
_WIDEST = 400
"""The most columns, and the widest span of a cell; HTML allows 1,000."""

Range = tuple[int, int]


@dataclass(frozen=True, slots=True)
class RawCell:
    """A cell as it stands: `ranges` are document offsets of its pieces, `text` what a reader reads there."""

    text: str
    ranges: tuple[Range, ...]
    rows: int = 1
    columns: int = 1
    head: bool = False


@dataclass(frozen=True)
class Grid:
    """A table as it stands: `cells` by the place of their first row and column, in `height` rows of `width` columns.
    `lengths` says how many columns the cells of each row fill as written. `heads` is how many rows are marked as its
    head; `caption` is one that is part of the table."""

    start: int
    end: int
    cells: dict[tuple[int, int], RawCell]
    height: int
    width: int
    lengths: tuple[int, ...]
    heads: int = 0
    caption: str = ""
    kind: str = "html"
    """`pipe`, `tab` or `html`."""

    def at(self, row: int, column: int) -> RawCell | None:
        """The cell that covers a place."""
        return self._covers.get((row, column))

    @cached_property
    def _covers(self) -> dict[tuple[int, int], RawCell]:
        found: dict[tuple[int, int], RawCell] = {}
        for (row, column), cell in self.cells.items():
            for r in range(row, min(row + cell.rows, self.height)):
                for c in range(column, min(column + cell.columns, self.width)):
                    found[r, c] = cell
        return found


def grids(text: str) -> list[Grid]:
    """All tables of a text in order, those that go on behind a page break put together."""
    marked = list(_html(text))
    taken = [(grid.start, grid.end) for grid in marked]
    lined = [grid for grid in _lined(text) if not any(a < grid.end and grid.start < b for a, b in taken)]
    found = sorted([*marked, *lined], key=lambda grid: grid.start)
    joined: list[Grid] = []
    for grid in found:
        if joined and _goes_on(text, joined[-1], grid):
            joined[-1] = _joined(joined[-1], grid)
        else:
            joined.append(grid)
    return joined


def _goes_on(text: str, before: Grid, grid: Grid) -> bool:
    """Whether a table is the rest of the one before: nothing stands between, they are as wide, no head opens it."""
    between = re.sub(r"</?(?:html|body|div|p)\b[^<>]*>", "", text[before.end : grid.start])
    return (
        not between.strip()
        and (("<" in text[grid.start : grid.start + 1]) or _has_figure(grid))
        and not grid.heads
        and not grid.caption
        and grid.width == before.width
        and before.height > 1
        and (before.height + grid.height) * grid.width <= MOST_SLOTS
    )


def _has_figure(grid: Grid) -> bool:
    """Whether the first row holds a number that is no year, as no head does."""
    cells = (grid.cells[place].text for place in grid.cells if place[0] == 0)
    return any(
        re.fullmatch(r"[-−–]?[\d ,，]*\d(?:\.\d+)?\s?%?", c) and not re.fullmatch(r"(?:1[5-9]|20)\d\d", c)
        for c in cells
    )


def _joined(one: Grid, other: Grid) -> Grid:
    moved = {(row + one.height, column): cell for (row, column), cell in other.cells.items()}
    return replace(
        one,
        end=other.end,
        cells={**one.cells, **moved},
        height=one.height + other.height,
        lengths=(*one.lengths, *other.lengths),
    )


def _placed(start: int, end: int, rows: Sequence[Sequence[RawCell]], heads: int, caption: str = "") -> Grid | None:
    """The rows as a grid, cells that span rows pushing those below to the right; None for what is no table."""
    cells: dict[tuple[int, int], RawCell] = {}
    taken: set[tuple[int, int]] = set()
    lengths = [0] * len(rows)
    for r, row in enumerate(rows):
        c = 0
        for cell in row:
            while (r, c) in taken:
                c += 1
            cell = replace(cell, rows=min(cell.rows, len(rows) - r), columns=min(cell.columns, _WIDEST))
            if c + cell.columns > _WIDEST or len(taken) + cell.rows * cell.columns > MOST_SLOTS:
                return None
            cells[r, c] = cell
            taken |= {(r + i, c + j) for i in range(cell.rows) for j in range(cell.columns)}
            c += cell.columns
    for r, c in taken:
        lengths[r] = max(lengths[r], c + 1)
    width = max(lengths, default=0)
    full = sum(bool(cell.text) for cell in cells.values())
    if width < 2 or len(rows) < 2 or full < 3 or len(rows) * width > MOST_SLOTS:
        return None
    return Grid(start, end, cells, len(rows), width, tuple(lengths), heads, caption)


# ---- Tables of lines

_RULE = re.compile(r"[ \t]*\+(?:[-=]{2,}\+)+[ \t]*$")
_HEAD_RULE = re.compile(r"[ \t]*\+(?:={2,}\+)+[ \t]*$")
_DASHES = re.compile(r"[ \t]*\|?[ \t]*:?-{1,}:?[ \t]*(?:\|[ \t]*:?-{1,}:?[ \t]*)*\|?[ \t]*$")
_PIPED = re.compile(r"[ \t]*\|.*\|.*$")
_BAR = re.compile(r"(?<!\\)\|")
_LINE = re.compile(r"[^\r\n]*")
_SPACE = " \t\u3000\xa0\u2002\u2003\u2009\u202f\ufeff"


@dataclass(slots=True)
class _Block:
    """Lines that stand together and look like rows of one kind of table."""

    kind: str
    lines: list[Range] = field(default_factory=list)


def _lined(text: str) -> Iterator[Grid]:
    for block in _blocks(text):
        parts = sum(text.count("\t" if block.kind == "tab" else "|", *line) for line in block.lines)
        if parts > MOST_SLOTS:
            continue
        rows: list[list[RawCell]] = []
        heads = 0
        if block.kind == "tab":
            rows = [_tabbed(text, line) for line in block.lines]
            if not _is_tabular(rows):
                continue
        else:
            rows, heads = _piped(text, block.lines)
        if _is_list(rows):
            continue
        if grid := _placed(block.lines[0][0], block.lines[-1][1], rows, heads):
            yield replace(grid, kind=block.kind)


def _is_list(rows: Sequence[Sequence[RawCell]]) -> bool:
    """Whether rows are the items of a numbered list: notes, references."""
    numbered = sum(len(row) == 2 and re.fullmatch(r"\[?\d{1,3}[.)\]、]", row[0].text) is not None for row in rows)
    return numbered > len(rows) * 0.7


def _is_tabular(rows: Sequence[Sequence[RawCell]]) -> bool:
    """Whether lines with tabs are a table, and not a list whose marks or pages stand behind tabs: most have several
    short cells, and some figures beside the first column or three columns."""
    worded = [[cell for cell in row if cell.text] for row in rows]
    several = sum(len(row) > 1 for row in worded)
    longest = sorted(max((len(cell.text) for cell in row), default=0) for row in worded)
    figures = sum(any(re.fullmatch(r"[-−–—$€£¥]?[\d ,.，]*%?", c.text) for c in row[1:] if c.text) for row in rows)
    columns = sum(len(row) > 2 for row in worded)
    enough = figures >= max(2, len(rows) * 0.3) or columns >= max(2, len(rows) * 0.5)
    return several >= max(2, len(rows) * 0.5) and longest[len(rows) // 2] < 80 and enough


def _blocks(text: str) -> Iterator[_Block]:
    block = _Block("")
    bare: Range | None = None
    """The line before, where it may turn out to be the head of a table without outer bars."""
    for match in _LINE.finditer(text):
        line = match.group()
        if not line and match.start() and text[match.start() - 1] not in "\r\n":
            continue
        kind = _kind(line)
        if kind == "dashes" and block.kind != "pipe":
            kind = "pipe" if bare and _BAR.search(text, *bare) and "|" in line else ""
            if kind and bare:
                block = _Block("pipe", [bare])
        elif kind in ("dashes", "bars"):
            kind = "pipe" if block.kind == "pipe" else ""
        if kind != block.kind:
            if block.kind:
                yield block
            block = _Block(kind)
        if kind:
            block.lines.append(match.span())
        bare = match.span() if line.strip(_SPACE) and not kind else None
    if block.kind:
        yield block


def _kind(line: str) -> str:
    """What a line looks like: a row with bars or tabs, a rule of dashes, a row without outer bars."""
    if "<td" in line or "<table" in line:
        return ""
    if _PIPED.match(line) or _RULE.match(line):
        return "pipe"
    if _DASHES.match(line) and "|" in line:
        return "dashes"
    if "\t" in line.strip(" "):
        return "tab" if line.strip(_SPACE) else ""
    return "bars" if _BAR.search(line) else ""


def _tabbed(text: str, line: Range) -> list[RawCell]:
    return [_cell(text, piece) for piece in _pieces(text, line, re.compile("\t"))]


def _pieces(text: str, line: Range, parting: re.Pattern[str]) -> list[Range]:
    at, end = line
    pieces = []
    for bar in parting.finditer(text, at, end):
        pieces.append((at, bar.start()))
        at = bar.end()
    return [*pieces, (at, end)]


def _piped(text: str, lines: list[Range]) -> tuple[list[list[RawCell]], int]:
    """The rows of a table with bars, and how many stand over the first rule. In a grid whose rows are parted by rules,
    the lines between two rules are one row."""
    ruled = sum(bool(_RULE.match(text[a:b])) for a, b in lines) > 1
    rows: list[list[RawCell]] = []
    heads = 0
    fresh = True
    for a, b in lines:
        line = text[a:b]
        if _RULE.match(line) or _DASHES.match(line):
            if rows and not heads and (not ruled or _HEAD_RULE.match(line)):
                heads = len(rows)
            fresh = True
            continue
        row = _bars(text, a, b)
        if ruled and not fresh and len(rows[-1]) == len(row):
            rows[-1] = [_both(one, other) for one, other in zip(rows[-1], row, strict=True)]
        else:
            rows.append(row)
        fresh = False
    return rows, heads


def _bars(text: str, start: int, end: int) -> list[RawCell]:
    pieces = _pieces(text, (start, end), _BAR)
    if not text[slice(*pieces[0])].strip(_SPACE):
        pieces = pieces[1:]
    if pieces and not text[slice(*pieces[-1])].strip(_SPACE):
        pieces = pieces[:-1]
    return [_cell(text, piece) for piece in pieces]


def _both(one: RawCell, other: RawCell) -> RawCell:
    return replace(one, text=f"{one.text} {other.text}".strip(), ranges=(*one.ranges, *other.ranges))


_MARKUP = re.compile(r"</?[A-Za-z][^<>\n]{0,300}>|\*{1,3}|(?<!\w)_+(?=\w)|(?<=\w)_+(?!\w)|\\(?=[|\\*_])|`")


def _cell(text: str, piece: Range) -> RawCell:
    """A cell between two bars or tabs: its outer white space cut, marks left out of what is read."""
    start, end = piece
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    read = folded(unescape(_MARKUP.sub("", text[start:end].replace("<br>", " ").replace("<br/>", " "))))
    return RawCell(read, ((start, end),) if read else ())


def folded(text: str) -> str:
    """Text with every stretch of white space as one space."""
    return " ".join(text.split())


# ---- HTML

_TABLE = re.compile(r"<(/?)table\b", re.IGNORECASE)
_CELL = re.compile(r"<t[dh]\b", re.IGNORECASE)
_LARGEST = 2_000_000
"""The longest HTML table that is read, in characters."""


def _html(text: str) -> Iterator[Grid]:
    for start, end in _html_ranges(text):
        if text.count("<", start, end) > 4 * MOST_SLOTS or len(_CELL.findall(text, start, end)) > MOST_SLOTS:
            continue
        parser = _HtmlTable(text[start:end])
        rows = parser.read()
        cells = [[_html_cell(cell, start) for cell in row] for row in rows]
        if grid := _placed(start, end, cells, parser.heads, parser.caption):
            yield grid


def _html_ranges(text: str) -> Iterator[Range]:
    """Where tables that stand in no other one begin and end; one that is never closed is none."""
    depth = start = 0
    for match in _TABLE.finditer(text):
        if not match[1]:
            start = match.start() if depth == 0 else start
            depth += 1
        elif depth:
            depth -= 1
            end = text.find(">", match.end())
            if depth == 0 and 0 <= end - start <= _LARGEST:
                yield start, end + 1


@dataclass(slots=True)
class _HtmlCell:
    rows: int
    columns: int
    head: bool
    pieces: list[tuple[int, int, str]] = field(default_factory=list)


class _HtmlTable(HTMLParser):
    """Reads one table. Tables inside its cells are words of these cells."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=False)
        self._html = html
        self._lines = [0, *(m.end() for m in re.finditer("\n", html))]
        self._rows: list[list[_HtmlCell]] = []
        self._open: _HtmlCell | None = None
        self._depth = 0
        self._in_head = False
        self._in_caption = False
        self.heads = 0
        self.caption = ""

    def read(self) -> list[list[_HtmlCell]]:
        """The rows with cells."""
        self.feed(self._html)
        self.close()
        return [row for row in self._rows if row]

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens a row, a cell, the head or the caption."""
        if tag == "table":
            self._depth += 1
        elif self._depth != 1:
            return
        elif tag == "thead":
            self._in_head = True
        elif tag == "caption":
            self._in_caption = True
        elif tag == "tr":
            self._count_head()
            self._rows.append([])
            self._open = None
        elif tag in ("td", "th"):
            if not self._rows:
                self._rows.append([])
            told = dict(attrs)
            head = tag == "th" or self._in_head
            self._open = _HtmlCell(_span(told.get("rowspan")), _span(told.get("colspan")), head)
            self._rows[-1].append(self._open)
        elif tag == "br" and self._open:
            self._open.pieces.append((-1, -1, " "))

    def handle_endtag(self, tag: str) -> None:
        """Closes what stands open."""
        if tag == "table":
            if self._depth == 1:
                self._count_head()
            self._depth -= 1
        elif tag == "thead":
            self._in_head = False
        elif tag == "caption":
            self._in_caption = False
        elif tag in ("td", "th", "tr") and self._depth == 1:
            self._open = None

    def _count_head(self) -> None:
        """Counts the leading rows whose cells are all heads."""
        rows = [row for row in self._rows if row]
        if rows and self.heads == len(rows) - 1 and all(cell.head for cell in rows[-1]):
            self.heads = len(rows)

    def handle_data(self, data: str) -> None:
        """Takes in words as they stand."""
        self._take(data, len(data))

    def handle_entityref(self, name: str) -> None:
        """Takes in `&amp;` and the like."""
        self._reference(f"&{name}")

    def handle_charref(self, name: str) -> None:
        """Takes in `&#8211;` and the like."""
        self._reference(f"&#{name}")

    def _reference(self, written: str) -> None:
        at = self._offset()
        closed = self._html.startswith(";", at + len(written))
        self._take(unescape(f"{written};"), len(written) + closed)

    def _take(self, data: str, length: int) -> None:
        at = self._offset()
        if self._in_caption:
            self.caption += data
        elif self._open is not None:
            self._open.pieces.append((at, at + length, data))


def _span(written: str | None) -> int:
    found = re.match(r"\d{1,4}", written or "")
    return max(1, int(found[0])) if found else 1


def _html_cell(cell: _HtmlCell, start: int) -> RawCell:
    text = folded("".join(data for _, _, data in cell.pieces))
    placed = [(a, b, data) for a, b, data in cell.pieces if a >= 0 and data.strip()]
    ranges: tuple[Range, ...] = ()
    if placed:
        first, last = placed[0], placed[-1]
        lead = len(first[2]) - len(first[2].lstrip()) if first[1] - first[0] == len(first[2]) else 0
        tail = len(last[2]) - len(last[2].rstrip()) if last[1] - last[0] == len(last[2]) else 0
        ranges = ((start + first[0] + lead, start + last[1] - tail),)
    return RawCell(text, ranges if text else (), cell.rows, cell.columns, cell.head)
