"""Test papers as people print them: PDF files of our own, set in a Chinese font, in one or two columns."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

SONG = "STSong-Light"
ROMAN = "Times-Roman"
WIDTH, HEIGHT, MARGIN, GUTTER, TOP, BOTTOM = 595, 842, 60, 24, 90, 110


@dataclass(frozen=True)
class Piece:
    """Words in one style: `title`, `centred`, `heading`, `text` (its first line indented), `flush`."""

    text: str
    style: str = "text"


_SIZES = {"title": 18.0, "centred": 12.0, "heading": 13.0}
_SIZE, _STEP = 10.0, 16.0


def printed(
    path: Path,
    pieces: Sequence[Piece],
    *,
    columns: int = 1,
    first: int | None = 781,
    header: tuple[str, str] = ("", ""),
    footnotes: dict[int, Sequence[str]] | None = None,
    rows: int = 40,
    password: str = "",
    font: str = SONG,
) -> Path:
    """A PDF of those words. Pages are numbered from `first` at their foot, odd and even ones have the two headers,
    `footnotes` stand below a page's text by its place; a column holds `rows` rows."""
    pdfmetrics.registerFont(UnicodeCIDFont(SONG))
    encrypt = StandardEncryption(password, ownerPassword="owner") if password else None
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), encrypt=encrypt, invariant=True)
    size = (WIDTH - 2 * MARGIN - GUTTER * (columns - 1)) / columns
    lines = [(piece.style, row, number) for piece in pieces for number, row in enumerate(_rows(piece, size, font))]
    place, page = 0, 0
    while place < len(lines):
        _frame(canvas, page, first, header[page % 2], (footnotes or {}).get(page, ()), font)
        for column in range(columns):
            left, y = MARGIN + column * (size + GUTTER), HEIGHT - TOP
            for style, row, _ in lines[place : place + rows]:
                height = _SIZES.get(style, _SIZE)
                canvas.setFont(font, height)
                if style in ("title", "centred"):
                    canvas.drawCentredString(left + size / 2, y, row)
                else:
                    canvas.drawString(left, y, row)
                y -= _STEP if height < 14 else 28
            place += rows
        canvas.showPage()
        page += 1
    canvas.save()
    return path


def _frame(canvas: Canvas, page: int, first: int | None, header: str, notes: Sequence[str], font: str) -> None:
    canvas.setFont(font, 8)
    canvas.drawString(MARGIN, HEIGHT - 50, header)
    if first is not None:
        canvas.drawCentredString(WIDTH / 2, 40, f"· {first + page} ·")
    canvas.setFont(font, 7.5)
    for number, note in enumerate(reversed(notes)):
        canvas.drawString(MARGIN, 62 + 10 * number, note)


def _rows(piece: Piece, size: float, font: str) -> Iterator[str]:
    """The words, broken into rows: Chinese anywhere, Latin at spaces, behind hyphens, and at `~` with a hyphen."""
    height = _SIZES.get(piece.style, _SIZE)
    row = "\u3000\u3000" if piece.style == "text" and font == SONG else ""
    units = piece.text if font == SONG else re.findall(r"[^ ~-]+[ ~-]?", piece.text)
    for unit in units:
        if pdfmetrics.stringWidth(row + unit.rstrip(" "), font, height) > size:
            yield row.replace("~", "-") if row.endswith("~") else row.rstrip()
            row = ""
        row = row.removesuffix("~") + unit
    yield row


def table(path: Path, cells: Sequence[Sequence[str]], *, before: str, after: str) -> Path:
    """A page with a table without lines between two paragraphs."""
    pdfmetrics.registerFont(UnicodeCIDFont(SONG))
    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), invariant=True)
    canvas.setFont(SONG, _SIZE)
    canvas.drawString(MARGIN, HEIGHT - 100, before)
    for number, row in enumerate(cells):
        for column, cell in enumerate(row):
            canvas.drawString(MARGIN + 120 * column, HEIGHT - 140 - 16 * number, cell)
    canvas.drawString(MARGIN, HEIGHT - 160 - 16 * len(cells), after)
    canvas.save()
    return path


def scanned(path: Path, pages: Sequence[Path]) -> Path:
    """A PDF whose pages are pictures of those of other PDFs."""
    import pypdfium2

    canvas = Canvas(str(path), pagesize=(WIDTH, HEIGHT), invariant=True)
    from reportlab.lib.utils import ImageReader

    for other in pages:
        document = pypdfium2.PdfDocument(other)
        for page in document:
            canvas.drawImage(ImageReader(page.render(scale=2.5).to_pil()), 0, 0, WIDTH, HEIGHT)
            canvas.showPage()
    canvas.save()
    return path
