"""Pages of PDF files: their lines with place, size and type, as pdfium reads them; pages without text by OCR.

Raises ValueError with the end of a sentence that begins with the file's name, where a file cannot be read.
"""

import ctypes
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from ingest.marks import HAN
from ingest.paragraphs import compose
from ingest.typeset import Line, Made, Sheet, raised

PAGES = 2_000
"""The most pages that are read."""
SCANNED_PAGES = 100
"""The most pages that are read by OCR, at up to ten seconds each."""
_CHARACTERS = 200_000
"""The most characters of a page."""
_FEW = 20
"""A page with fewer characters, and a picture over most of it, is a scanned one."""
_UNREADABLE = 0.3
_STRONG = re.compile(r"bold|black|heavy|hei(?!t)|黑|Demi", re.IGNORECASE)
_HEAVY = 600


class Scanned(ValueError):
    """Pages of a file are pictures: `scanned` says how many."""

    def __init__(self, message: str, scanned: int) -> None:
        super().__init__(message)
        self.scanned = scanned


def read_pdf(path: Path, *, ocr: bool = False) -> Made:
    """The text of a PDF file and its pages, those that are pictures read by OCR where `ocr` is asked for.

    ValueError where it is encrypted, broken, too long, or holds no text; Scanned where pages are pictures, and OCR is
    not asked for.
    """
    with _opened(path) as document:
        count = len(document)
        if count > PAGES:
            raise ValueError(f"has {count:,} pages, more than {PAGES:,}: split it into documents")
        pages = [_page(document, number) for number in range(count)]
        scanned = [number for number, (_, picture) in enumerate(pages) if picture]
        sheets = [sheet for sheet, _ in pages]
        if not _needs_ocr(scanned, count):
            return _made(sheets, typed=True)
        if len(scanned) > SCANNED_PAGES:
            raise ValueError(
                f"has {len(scanned):,} scanned pages, more than {SCANNED_PAGES:,}: split it into documents"
            )
        if not ocr:
            where = f"{len(scanned)} of its {count} pages are pictures, the first of them page {scanned[0] + 1}"
            raise Scanned(f"is scanned ({where})", len(scanned))
        return _made(_with_ocr(document, sheets, scanned), typed=2 * len(scanned) < count)


def _needs_ocr(scanned: list[int], count: int) -> bool:
    """Whether pages that are pictures are the text, not a cover or full-page figures of it."""
    return len(scanned) > max(1, 0.3 * count) or len(scanned) == count > 0


def _made(sheets: list[Sheet], *, typed: bool) -> Made:
    text = "".join(line.text for sheet in sheets for line in sheet.lines)
    if not text.strip():
        raise ValueError("holds no text and no scanned page: give a document with text in it")
    strange = sum(char == "\ufffd" or "\ue000" <= char <= "\uf8ff" for char in text)
    if strange > _UNREADABLE * len(text):
        raise ValueError("has fonts that do not say which characters they draw: print it as pictures, for OCR to read")
    return compose(sheets, typed=typed)


def _opened(path: Path) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code == pdfium.FPDF_ERR_PASSWORD:
            raise ValueError("is encrypted: remove the password first, as `qpdf --decrypt` does") from error
        raise ValueError(f"is no PDF, or a damaged one ({error}): get it again, or repair it as `qpdf` does") from error


def _page(document: pypdfium2.PdfDocument, number: int) -> tuple[Sheet, bool]:
    """A page, and whether it is a picture without text."""
    try:
        page = document[number]
        text = page.get_textpage()
    except pypdfium2.PdfiumError as error:
        raise ValueError(f"is damaged at page {number + 1} ({error}): get it again, or repair it") from error
    try:
        count = text.count_chars()
        if count > _CHARACTERS:
            raise ValueError(f"has {count:,} characters on page {number + 1}, more than {_CHARACTERS:,}: split it")
        width, height = page.get_size()
        lines = tuple(line for run in _runs(text.raw, count, _Place.of(page)) for line in run.lines())
        picture = sum(len(line.text) for line in lines) < _FEW and _is_picture(page, width * height)
        return Sheet(width, height, lines, document.get_page_label(number)), picture
    finally:
        text.close()
        page.close()


def _is_picture(page: pypdfium2.PdfPage, area: float) -> bool:
    """Whether pictures cover most of a page."""
    covered = 0.0
    for picture in page.get_objects(filter=[pdfium.FPDF_PAGEOBJ_IMAGE], max_depth=3):
        left, bottom, right, top = picture.get_bounds()
        covered += abs((right - left) * (top - bottom))
    return covered > 0.4 * area


# --- characters -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Place:
    """How a page's own coordinates become those of the sheet as one sees it, with y downwards."""

    left: float
    bottom: float
    width: float
    height: float
    turns: int

    @classmethod
    def of(cls, page: pypdfium2.PdfPage) -> "_Place":
        left, bottom, right, top = page.get_cropbox()
        return cls(left, bottom, right - left, top - bottom, page.get_rotation() // 90)

    def seen(self, x: float, y: float) -> tuple[float, float]:
        """A point as it stands on the sheet."""
        x, y = x - self.left, y - self.bottom
        match self.turns:
            case 1:
                return y, x
            case 2:
                return self.width - x, y
            case 3:
                return self.height - y, self.width - x
            case _:
                return x, self.height - y


@dataclass(frozen=True, slots=True)
class _Type:
    """What a stretch of text is set in."""

    size: float
    strong: bool
    level: bool


@dataclass(frozen=True, slots=True)
class _Char:
    text: str
    x0: float
    x1: float
    y: float
    type: _Type


@dataclass(slots=True)
class _Run:
    """Characters that follow each other on one baseline, raised and lowered ones among them."""

    chars: list[_Char] = field(default_factory=list)
    spaced: set[int] = field(default_factory=set)

    @property
    def size(self) -> float:
        return max(char.type.size for char in self.chars)

    @property
    def y(self) -> float:
        size = self.size
        return next(char.y for char in self.chars if char.type.size == size)

    def takes(self, char: _Char) -> bool:
        """Whether the character goes on with the run."""
        if not self.chars:
            return True
        last, size = self.chars[-1], max(self.size, char.type.size)
        gap = char.x0 - last.x1
        if not -0.6 * size < gap < 0.9 * size or char.type.level != last.type.level:
            return False
        drop = abs(char.y - self.y)
        raised = min(char.type.size, last.type.size) < 0.85 * size
        return drop < 0.2 * size or (raised and drop < 0.65 * size) or abs(char.y - last.y) < 0.05 * size

    def lines(self) -> Iterator[Line]:
        """The run as a line; none where it holds no more than white space, or is not level."""
        text = self._text()
        if text and self.chars[0].type.level:
            # The Latin of a Chinese line is seldom set in the strong type of its Chinese.
            told = [char for char in self.chars if HAN.match(char.text)] or self.chars
            strong = sum(char.type.strong for char in told) * 2 > len(told)
            yield Line(text, self.chars[0].x0, max(char.x1 for char in self.chars), self.y, self.size, strong)

    def _text(self) -> str:
        """The characters, citations that are raised marked as such."""
        size, y = self.size, self.y
        high = [char.type.size < 0.85 * size and y - char.y > 0.12 * size for char in self.chars]
        text, at = "", 0
        while at < len(self.chars):
            end = at
            while end < len(self.chars) and high[end] == high[at]:
                end += 1
            piece = "".join(
                (" " if n in self.spaced and n else "") + char.text for n, char in enumerate(self.chars[at:end], at)
            )
            text += raised(text, piece.strip()) if high[at] else piece
            at = end
        return re.sub(r"\s+", " ", text).strip()


def _runs(raw: pdfium.FPDF_TEXTPAGE, count: int, place: _Place) -> Iterator[_Run]:
    """The page's characters in the order in which they are drawn, those that follow on one baseline together."""
    reader = _Reader(raw, place)
    run, space = _Run(), 0
    for index in range(count):
        code = pdfium.FPDFText_GetUnicode(raw, index)
        if code in _SPACES:
            space = max(space, 1 if pdfium.FPDFText_IsGenerated(raw, index) else 2)
            continue
        char = reader.char(index, code)
        if char is None:
            continue
        if not run.takes(char):
            yield run
            run = _Run()
        elif run.chars and _is_apart(run.chars[-1], char, space):
            run.spaced.add(len(run.chars))
        run.chars.append(char)
        space = 0
    if run.chars:
        yield run


_SPACES = frozenset((0, 9, 10, 13, 32, 160, 0x3000))


def _is_apart(last: _Char, char: _Char, space: int) -> bool:
    """Whether a space stands between two characters of a run: one that is written (2), one that pdfium takes to be
    there (1) and that has some width, or a gap as wide as one."""
    return space == 2 or char.x0 - last.x1 > (0.08 if space else 0.22) * char.type.size


class _Reader:
    """Reads characters of one page; what their stretches of text are set in is asked for once each."""

    def __init__(self, raw: pdfium.FPDF_TEXTPAGE, place: _Place) -> None:
        self._raw, self._place = raw, place
        self._types: dict[int, _Type] = {}
        self._x, self._y = ctypes.c_double(), ctypes.c_double()
        self._box = pdfium.FS_RECTF()
        self._matrix = pdfium.FS_MATRIX()
        self._name = ctypes.create_string_buffer(128)
        self._flags = ctypes.c_int()
        self._waiting = ""

    def char(self, index: int, code: int) -> _Char | None:
        """The character at that place; none where it is half of one, or has no place."""
        if 0xD800 <= code < 0xDC00:
            self._waiting = chr(code)
            return None
        text = "-" if code in (2, 0xAD, 0x2010) else chr(code)
        if 0xDC00 <= code < 0xE000:
            pair, self._waiting = self._waiting + text, ""
            text = pair.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if not pdfium.FPDFText_GetCharOrigin(self._raw, index, self._x, self._y):
            return None
        if not pdfium.FPDFText_GetLooseCharBox(self._raw, index, self._box):
            return None
        box, seen = self._box, self._place.seen
        (one, _), (two, _) = seen(box.left, box.bottom), seen(box.right, box.top)
        type_ = self._type(index)
        if self._place.turns % 2:
            type_ = replace(type_, level=not type_.level)
        x, y = seen(self._x.value, self._y.value)
        if not all(map(math.isfinite, (one, two, x, y))):
            return None
        return _Char(text, min(one, two), max(one, two), y, type_)

    def _type(self, index: int) -> _Type:
        object_ = pdfium.FPDFText_GetTextObject(self._raw, index)
        key = ctypes.cast(object_, ctypes.c_void_p).value or 0
        if key not in self._types:
            self._types[key] = self._asked(index)
        return self._types[key]

    def _asked(self, index: int) -> _Type:
        size = pdfium.FPDFText_GetFontSize(self._raw, index)
        level = True
        if pdfium.FPDFText_GetMatrix(self._raw, index, self._matrix):
            matrix = self._matrix
            size *= math.hypot(matrix.c, matrix.d) or 1.0
            level = abs(matrix.b) < 0.2 * math.hypot(matrix.a, matrix.b) or not (matrix.a or matrix.b)
        length = pdfium.FPDFText_GetFontInfo(self._raw, index, self._name, len(self._name), self._flags)
        name = self._name.value.decode("utf-8", "replace").rpartition("+")[2] if length else ""
        heavy = pdfium.FPDFText_GetFontWeight(self._raw, index) >= _HEAVY
        return _Type(min(max(abs(size), 1.0), 400.0), heavy or bool(_STRONG.search(name)), level)


# --- pictures ---------------------------------------------------------------------------------------------------------


def _with_ocr(document: pypdfium2.PdfDocument, sheets: list[Sheet], scanned: list[int]) -> list[Sheet]:
    """The sheets, those that are pictures read by OCR."""
    from ingest.ocr import Eye

    eye = Eye()
    found = list(sheets)
    for number in scanned:
        page = document[number]
        lines = eye.lines(page)
        found[number] = replace(sheets[number], lines=lines or sheets[number].lines)
        page.close()
    return found
