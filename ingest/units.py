"""A document's lines, put together to units: the wrapped lines of one paragraph are one, a heading's line is one."""

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from ingest.looks import LIST_ITEM, Unit, begins_part, role_of
from ingest.marks import Range, visible, width
from ingest.numbering import number_of

_LINE = re.compile(r"[^\r\n\x0c]+|\n(?=\r?\n)|\r\n(?=\r?\n)|\x0c")
_BLANK = "\ufeff\u200b \t\r\n\u3000\xa0\x0c"
_FRONT_MATTER = re.compile(r"\ufeff?(---[ \t]*\r?\n(?:.*\r?\n)*?---)[ \t]*(?:\r?\n|$)")
_HEADING_MARK = re.compile(r"[ \t]*(#{1,6})(?!#)|[ \t]*(={2,6})[^=]")
_LABELLED = re.compile(
    r"(?<=\S)(?=[\[【［]\s*(?:摘\s*要|关\s*键\s*词|中图分类号|Abstract|Key\s*words?)\s*[】\]］])", re.IGNORECASE
)
_UNFINISHED = re.compile(r"(?:[《（(“‘\[【、，,]|\b(?:Sec|Section|Art|Article|No|Nos|Vol|Fig)\.?)$")
_INDENT = re.compile(r"\u3000\u3000|[ \t]{2,}(?=[\u4e00-\u9fff])")
_ONE_LINE = re.compile(r"[ \t]*(?:#{1,6}(?!#)|={2,6}[^=]|!\[|</?[a-z]+|\||[-=+ ]{5,}$)|.*\t|.*\|\s*$")


def units(document: str) -> list[Unit]:
    """The document's lines, those of one paragraph put together, each unit with what it is by its own looks.
    YAML front matter is one unit."""
    matter = _FRONT_MATTER.match(document)
    skip = matter.end() if matter else 0
    ranges = [piece for block in _blocks(document, skip) for piece in _pieces(document, block)]
    found = [_unit(document, start, end, lone) for start, end, lone in ranges]
    if matter:
        found.insert(0, Unit(matter.start(1), matter.end(1), matter[1], "", True, role="meta"))
    often = Counter(unit.text for unit in found if unit.lone and 2 < len(unit.text) < 60)
    return [replace(u, role="note") if often[u.text] > 2 and u.role in ("stray", "text") else u for u in found if u.raw]


def _blocks(document: str, start: int) -> Iterator[list[Range]]:
    """Lines without a blank line between them, from `start` on."""
    block: list[Range] = []
    for line in _LINE.finditer(document, start):
        if line[0].strip(_BLANK):
            block.append(line.span())
        elif block:
            yield block
            block = []
    if block:
        yield block


def _pieces(document: str, block: list[Range]) -> Iterator[tuple[int, int, bool]]:
    """A block cut where a line starts something new; with each piece, whether it stands alone in its block, or over a
    much longer one as a heading does."""
    widest = max(width(document[a:b].strip()) for a, b in block)
    pieces: list[Range] = []
    for (start, end), before in zip(block, [None, *block], strict=False):
        if before is None or _breaks(document[slice(*before)], document[start:end], widest):
            pieces.append((start, end))
        else:
            pieces[-1] = (pieces[-1][0], end)
    cut = [part for piece in pieces for part in _labelled(document, piece)]
    for n, (start, end) in enumerate(cut):
        over = n == 0 and len(cut) > 1 and width(document[slice(*cut[1])]) > 2 * width(document[start:end])
        yield start, end, over or len(cut) == 1


def _labelled(document: str, piece: Range) -> Iterator[Range]:
    """A piece cut before 【摘要】, 【关键词】 and the like inside a line."""
    at = piece[0]
    for label in _LABELLED.finditer(document, *piece):
        yield at, label.start()
        at = label.start()
    yield at, piece[1]


def _breaks(before: str, line: str, widest: int) -> bool:
    """Whether a line starts a new unit after the line before it in the same block."""
    if _ONE_LINE.match(before) or _ONE_LINE.match(line) or LIST_ITEM.match(line) or _INDENT.match(line):
        return True
    bare = line.strip()
    if _UNFINISHED.search(before.strip()):
        return False
    if begins_part(bare) or number_of(bare) or re.match(r"\\?\*|\[\d+\]|\^?[①-⑳]", bare):
        return True
    return width(before.strip()) < 0.6 * widest and not re.match(r"[a-z》）)”’\]】、，。；,;]", bare)


def _unit(document: str, start: int, end: int, lone: bool) -> Unit:
    raw = document[start:end]
    text = visible(document, [(start, end)]).text
    marks = _HEADING_MARK.match(raw.lstrip(_BLANK))
    depth = 0 if marks is None else len(marks[1] or marks[2])
    if depth == 1 and not lone and re.search(r"[；;。]$", text):
        depth = 0
    bare = raw.strip(_BLANK)
    lead = raw.find(bare[:1]) if bare else 0
    unit = Unit(start, end, bare, text, lone, lead, depth, number=number_of(text, marked=depth > 0))
    return replace(unit, role=role_of(unit))
