"""The text of Word files (DOCX), which mammoth turns into HTML: headings, lists, tables, footnotes, no pictures.

Raises ValueError with the end of a sentence that begins with the file's name, where a file cannot be read.
"""

import re
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import mammoth

from ingest.html import html_text
from ingest.typeset import Made

UNPACKED = 200_000_000
"""The most that the parts of a file may hold together, in bytes."""
_XML = 60_000_000
_PARTS = 10_000
_OLE = b"\xd0\xcf\x11\xe0"
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='标题'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='footnote text'] => p:fresh
"""


def read_docx(path: Path) -> Made:
    """The text of a Word file. ValueError where it is encrypted, broken, an old .doc, too large, or holds no text."""
    with path.open("rb") as stream:
        if stream.read(4) == _OLE:
            raise ValueError("is encrypted, or an old .doc file: save it in Word as .docx without a password")
    try:
        with ZipFile(path) as archive:
            _check(archive)
    except (BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
        raise ValueError(f"is no DOCX file, or a damaged one ({error}): save it again in Word") from error
    with path.open("rb") as stream:
        html = mammoth.convert_to_html(stream, style_map=_STYLES, convert_image=mammoth.images.img_element(_no_picture))
    return html_text(html.value)


def _no_picture(_image: object) -> dict[str, str]:
    return {"src": ""}


def _check(archive: ZipFile) -> None:
    """Refuses what would unpack to too much, and XML that declares entities, before anything parses it."""
    parts = archive.infolist()
    size = sum(part.file_size for part in parts)
    if len(parts) > _PARTS or size > UNPACKED:
        raise ValueError(
            f"would unpack to {size:,} bytes in {len(parts):,} parts, more than {UNPACKED:,}: save it again"
        )
    names = {part.filename for part in parts}
    if "[Content_Types].xml" not in names:
        raise ValueError("is a ZIP file but no Word document: save it in Word as .docx")
    for part in parts:
        if part.filename.endswith((".xml", ".rels")):
            if part.file_size > _XML:
                raise ValueError(f"holds {part.filename} of {part.file_size:,} bytes, more than {_XML:,}: split it")
            if re.search(rb"<\0?!\0?D\0?O\0?C\0?T\0?Y\0?P\0?E", archive.read(part)):
                raise ValueError(
                    f"declares XML entities in {part.filename}, as no Word file does: save it again in Word"
                )
