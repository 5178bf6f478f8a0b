"""From pages as they were read to the text: paragraphs with a blank line between, headings marked `#`, tables with
pipes, footnotes as `[^1]: …` and running heads as comments at the page's edges, so that nothing is lost and no sentence
is cut by them."""

import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from ingest.columns import Column, columns
from ingest.folios import running
from ingest.looks import begins_part, ends_sentence, heads_references
from ingest.marks import HAN, width
from ingest.numbering import number_of
from ingest.tabular import pipe_table, table_rows
from ingest.typeset import LEADER, Line, Made, Sheet, joined

_LARGER = 1.12
"""Type larger than the body's by this much heads something."""
_SMALLER = 0.93
_ITEM = re.compile(r"[-*+•●▪◆]\s")
_ENTRY = re.compile(r"[\[［]\d{1,3}[\]］]")
_FOOTNOTE = re.compile(
    r"(?:<sup>)?\s*([①-⑳]|[*†‡＊]+|[\[［]\d{1,3}[\]］]|\d{1,2}(?=[\s)）<“《\u4e00-\u9fff]))\s*(?:</sup>)?[\s.)）]*"
)
_TOKEN = re.compile(r"[^\s\u2e80-\uffef]+|.")
_MARKUP = re.compile(r"^([#|]|<!--)")
"""What a paragraph may begin with that Markdown would take for its own."""
_HYPHENS = "-‐\xad\x02"
_COMPOUNDS = re.compile("self|well|high|low|long|short|half|all|ex|cross|non|post|pre|multi|co")
"""What keeps its hyphen where a line breaks behind it and the document writes the word nowhere else."""


@dataclass(slots=True)
class Block:
    """Rows that make one paragraph of a page, and the column of the last row."""

    rows: list[Line]
    column: Column
    kind: str = "text"
    text: str = ""

    @property
    def size(self) -> float:
        """The height of its type."""
        return self.rows[0].size


@dataclass(frozen=True, slots=True)
class Face:
    """What most of the document is set in: size, distance of the rows, the scripts that are set in strong type anyway;
    and its Latin words with how often it writes each."""

    size: float
    leading: float
    strong: frozenset[bool]
    words: Mapping[str, int] = field(default_factory=dict)


def compose(sheets: Sequence[Sheet], *, typed: bool = True) -> Made:
    """The text of the pages. Where it is not `typed` but was read from pictures, sizes are too rough to tell headings
    and footnotes by."""
    runs = running(sheets)
    found = [
        columns([line for line in sheet.lines if line not in lines])
        for sheet, lines in zip(sheets, runs.lines, strict=True)
    ]
    face = _face(found)
    pages = [_page(page, sheet, face, typed=typed) for page, sheet in zip(found, sheets, strict=True)]
    if typed:
        _headings([block for body, _ in pages for block in body], len(pages[0][0]) if pages else 0, face)
    _mend_hyphens([body for body, _ in pages if body], face)
    edges = [_edges(sheet, lines) for sheet, lines in zip(sheets, runs.lines, strict=True)]
    return _composed(runs.labels, pages, edges)


def _face(pages: Sequence[Sequence[Column]]) -> Face:
    sizes: Counter[float] = Counter()
    strong: Counter[tuple[bool, bool]] = Counter()
    words: Counter[str] = Counter()
    lines = [row for page in pages for column in page for row in column.rows]
    for row in lines:
        sizes[round(row.size * 2) / 2] += width(row.text)
        strong[_is_chinese(row.text), row.strong] += width(row.text)
        words.update(re.findall(r"[a-z]+(?:-[a-z]+)*", row.text.lower()))
    size = max(sizes, key=lambda size: sizes[size], default=10.0)
    steps = [
        b.y - a.y
        for page in pages
        for column in page
        for a, b in zip(column.rows, column.rows[1:], strict=False)
        if abs(a.size - size) < 0.6 and abs(b.size - size) < 0.6 and b.y - a.y < 2.2 * size
    ]
    mostly = frozenset(script for script in (True, False) if strong[script, True] > strong[script, False])
    return Face(size, median(steps) if steps else 1.5 * size, mostly, words)


def _is_chinese(text: str) -> bool:
    return HAN.search(text) is not None


# --- a page's paragraphs ----------------------------------------------------------------------------------------------


def _page(found: Sequence[Column], sheet: Sheet, face: Face, *, typed: bool) -> tuple[list[Block], list[Block]]:
    """The paragraphs of a page, and its footnotes."""
    body: list[Block] = []
    notes: list[Block] = []
    lines = [row for column in found for row in column.rows]
    for column in found:
        cut = _footnotes_from(column, lines, sheet, face) if typed else len(column.rows)
        _add(body, column, column.rows[:cut], face)
        _add(notes, column, column.rows[cut:], face)
    for block in notes:
        block.kind = "note"
    for block in (*body, *notes):
        block.text = block.text or _text(block, face)
    return [block for block in body if block.text], [block for block in notes if block.text]


def _footnotes_from(column: Column, lines: Sequence[Line], sheet: Sheet, face: Face) -> int:
    """The place in the column from which on it holds footnotes: small type below larger, in the lower part of the page,
    that begins as a note does."""
    small = face.size * _SMALLER
    at = len(column.rows)
    while at and column.rows[at - 1].size < small and column.rows[at - 1].y > 0.45 * sheet.height:
        at -= 1
    rows = column.rows[at:]
    if not rows or any(heads_references(row.text) for row in rows):
        return len(column.rows)
    if not any(line.y < rows[0].y and line.size >= small for line in lines):
        return len(column.rows)
    begins = (n for n, row in enumerate(rows) if _FOOTNOTE.match(row.text) or begins_part(row.text))
    first = next(begins, None)
    return len(column.rows) if first is None else at + first


def _add(blocks: list[Block], column: Column, rows: Sequence[Line], face: Face) -> None:
    """Adds a column's rows to the blocks of its page: to the last paragraph where they go on with it."""
    leading = _leading(rows)
    tables = table_rows(rows)
    at = 0
    while at < len(rows):
        if at in tables:
            table = rows[at : tables[at]]
            blocks.append(Block(list(table), column, "table", pipe_table(table)))
            at = tables[at]
            continue
        row = rows[at]
        last = blocks[-1] if blocks else None
        if last is None or last.kind == "table" or _breaks(last, row, column, leading, face):
            blocks.append(Block([row], column))
        else:
            last.rows.append(row)
            last.column = column
        at += 1


def _leading(rows: Sequence[Line]) -> float:
    """The usual distance from row to row."""
    steps = [b.y - a.y for a, b in itertools.pairwise(rows) if b.y - a.y < 3 * b.size]
    return median(steps) if steps else 0.0


def _breaks(block: Block, row: Line, column: Column, leading: float, face: Face) -> bool:
    """Whether a row begins a new paragraph behind that one."""
    before = block.rows[-1]
    same_column = block.column is column
    gap = row.y - before.y
    if abs(row.size - before.size) > 0.12 * before.size:
        return True
    if same_column and row.size > 1.2 * face.size and gap < 1.9 * row.size and not number_of(row.text):
        return False
    usual = max(leading, row.size, face.leading * row.size / face.size)
    if same_column and gap > 1.4 * usual:
        return True
    if LEADER.search(before.text) or LEADER.search(row.text):
        return True
    if begins_part(row.text) or _ITEM.match(row.text) or (_ENTRY.match(row.text) and _ENTRY.match(block.rows[0].text)):
        return True
    if row.cells or before.cells:
        return True
    return _indented(block, row, column) or _short(before, row, block.column)


def _indented(block: Block, row: Line, column: Column) -> bool:
    """Whether the row stands further in than those before, as the first one of a paragraph does, or further out than
    the hanging rows of an entry."""
    first, before = block.rows[0], block.rows[-1]
    indent = row.x0 - column.left
    em = row.size
    if len(block.rows) > 1 and block.column is column and block.rows[1].x0 > first.x0 + 0.8 * em:
        return row.x0 < first.x0 + 0.8 * em and row.x0 < before.x0 - 0.8 * em
    hangs = len(block.rows) == 1 and (_ENTRY.match(first.text) or _ITEM.match(first.text))
    if indent < 0.8 * em or hangs:
        return False
    return before.x0 - block.column.left < 0.8 * em or ends_sentence(before.text)


def _short(before: Line, row: Line, column: Column) -> bool:
    """Whether the row before ends although the first word of this one would still have fitted on it."""
    token = _TOKEN.match(row.text)
    needed = width(token[0]) * row.size / 2 if token else 0.0
    return column.right - before.x1 > needed + 1.2 * row.size


# --- words ------------------------------------------------------------------------------------------------------------


def _text(block: Block, face: Face) -> str:
    text = ""
    for row in block.rows:
        text = _hyphenated(text, row.text, face.words) if text[-1:] in _HYPHENS and text else joined(text, row.text)
    return _MARKUP.sub(r"\\\1", LEADER.sub(" … ", text.strip()))


def _hyphenated(before: str, after: str, words: Mapping[str, int]) -> str:
    """Two rows of which the first ends with a hyphen: it goes where it only parts a word at the line's end."""
    stem = re.search(r"([A-Za-z]+)[-‐\xad\x02]$", before)
    rest = re.match(r"[a-z]+", after)
    if stem is None or rest is None:
        return before.rstrip("\x02\xad") + ("-" if before[-1] in "\x02\xad" else "") + after
    one, two = stem[1].lower(), rest[0]
    kept = words.get(f"{one}-{two}", 0) > words.get(one + two, 0)
    kept = kept or (_COMPOUNDS.fullmatch(one) is not None and not words.get(one + two, 0))
    return before[:-1] + ("-" if kept else "") + after


def _mend_hyphens(pages: Sequence[Sequence[Block]], face: Face) -> None:
    """Gives the page on which a parted word begins the whole of it."""
    for page, following in itertools.pairwise(pages):
        last, first = page[-1], following[0]
        rest = re.match(r"[a-z]+\S*\s*", first.text)
        if last.kind == "text" and last.text[-1:] in _HYPHENS and last.text and rest:
            last.text = _hyphenated(last.text, rest[0], face.words).rstrip()
            first.text = first.text[rest.end() :]


# --- headings ---------------------------------------------------------------------------------------------------------


def _headings(blocks: Sequence[Block], first_page: int, face: Face) -> None:
    """Marks the headings: the title, the largest type of the first page, by one `#`, the others by their size. What
    stands over the text, such as names of authors, is often large and heads nothing."""
    large = [block for block in blocks[:first_page] if block.size > face.size * _LARGER and _heads(block, face)]
    title = max(large, key=lambda block: block.size, default=None)
    begun = blocks.index(title) + 1 if title is not None else 0
    while begun < first_page and not _runs(blocks[begun]):
        begun += 1
    marked = [block for block in blocks[begun:] if _heads(block, face)]
    sizes = sorted({_rank(block, face) for block in marked}, reverse=True)
    for block in marked:
        level = min(2 + sizes.index(_rank(block, face)), 6)
        block.kind, block.text = "heading", f"{'#' * level} {block.text}"
    if title is not None:
        title.kind, title.text = "heading", f"# {title.text}"


def _runs(block: Block) -> bool:
    """Whether a paragraph belongs to the text, not to what stands over it."""
    return len(block.rows) > 3 or begins_part(block.rows[0].text)


def _rank(block: Block, face: Face) -> float:
    return max(round(block.size), round(face.size))


def _heads(block: Block, face: Face) -> bool:
    """Whether a paragraph is a heading by its type: larger than the text's, or strong."""
    strong = all(row.strong for row in block.rows) and len(block.rows) < 3 and block.size > face.size * _SMALLER
    strong = strong and _is_chinese(block.text) not in face.strong
    if block.kind != "text" or not (block.size > face.size * _LARGER or strong) or len(block.rows) > 3:
        return False
    bare = block.text
    if _ITEM.match(bare) or LEADER.search(block.rows[-1].text) or any(row.cells for row in block.rows):
        return False
    readable = sum(char.isalpha() for char in bare) > 1 and width(bare) <= 160
    return readable and not begins_part(bare) and not re.search(r"[。；;，,：:]$", bare)


# --- the whole --------------------------------------------------------------------------------------------------------


def _edges(sheet: Sheet, lines: Iterable[Line]) -> tuple[list[str], list[str]]:
    """The running lines at a page's head and at its foot, from left to right."""
    ordered = sorted(lines, key=lambda line: (round(line.y), line.x0))
    top = [line.text for line in ordered if line.y < sheet.height / 2]
    return top, [line.text for line in ordered if line.y >= sheet.height / 2]


def _composed(
    labels: Sequence[str],
    pages: Sequence[tuple[list[Block], list[Block]]],
    edges: Sequence[tuple[list[str], list[str]]],
) -> Made:
    parts: list[str] = []
    starts: list[int] = []
    length = 0
    for place, ((body, notes), (top, bottom)) in enumerate(zip(pages, edges, strict=True)):
        starts.append(length)
        # What stands over the first page belongs to what a paper says of itself.
        head = [" ".join(top)] if place == 0 and top else list(_comment(top))
        blocks = [*head, *(b.text for b in body), *(_note(b, labels[place]) for b in notes), *_comment(bottom)]
        text = "".join(f"{block}\n\n" for block in blocks if block)
        parts.append(text)
        length += len(text)
    ends = [*starts[1:], length]
    return Made("".join(parts), tuple(zip(labels, starts, ends, strict=True)))


def _comment(running_: Sequence[str]) -> Iterator[str]:
    if running_:
        yield f"<!-- {' '.join(running_).replace('--', '- -').replace('>', '＞')} -->"


def _note(block: Block, label: str) -> str:
    """A footnote: its mark in Markdown's way, unless its words show what it is."""
    if begins_part(block.text):
        return block.text
    found = _FOOTNOTE.match(block.text)
    mark = found[1].strip("[]［］") if found else f"p{label}"
    return f"[^{mark}]: {block.text[found.end() :] if found else block.text}"
