"""The formats of documents: which endings are read, and how a file becomes text with pages."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ingest.apart import read_apart
from ingest.encodings import decode
from ingest.pages import pages_of
from kg.errors import DocumentError
from kg.model import Page


@dataclass(frozen=True, slots=True)
class Text:
    """A document's text, and its pages where they are known."""

    text: str
    pages: tuple[Page, ...] = ()


@dataclass(frozen=True, slots=True)
class Format:
    """How files of one format are read, and the largest one that is, in bytes."""

    read: Callable[[Path], Text]
    largest: int


LARGEST = 20_000_000
"""The largest plain text that is read, in bytes."""
_LARGEST_PRINT = 200_000_000
_TAIL = 12


def text_of(path: Path) -> Text:
    """The text in a file, by its ending. Raises DocumentError where the file is missing, is a folder, has another
    ending, is empty or too large, or cannot be read as what its ending says."""
    if path.is_dir():
        raise DocumentError(f"{path} is a folder: name the files in it, or ingest the folder as one")
    format_ = named(path)
    try:
        size = path.stat().st_size
        with path.open("rb") as stream:
            head = stream.read(_TAIL)
    except OSError as error:
        raise DocumentError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    if size > format_.largest:
        raise DocumentError(f"{path} has {size:,} bytes, more than {format_.largest:,}: split it into documents")
    if size <= _TAIL and not head.strip(b"\xef\xbb\xbf \t\r\n"):
        raise DocumentError(f"{path} is empty: give a file with text in it")
    return format_.read(path)


def named(path: Path) -> Format:
    """The format of a file, by its ending. Raises DocumentError where there is no such file, or no such format."""
    if not path.exists():
        raise DocumentError(f"{path} does not exist: check its name")
    if format_ := FORMATS.get(path.suffix.lower()):
        return format_
    listed = ", ".join(ENDINGS)
    if remedy := _REMEDIES.get(path.suffix.lower()):
        raise DocumentError(f"{path} is none of {listed}: {remedy}")
    raise DocumentError(f"{path} is none of {listed}: convert it to one of these first, as pandoc does")


def _plain(path: Path) -> Text:
    data = path.read_bytes()
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise DocumentError(f"{path} is empty: give a file with text in it")
    text = decode(path, data)
    return Text(text, pages_of(text))


def _apart(path: Path, kind: str) -> Text:
    made = read_apart(path, kind)
    return Text(made.text, tuple(Page(label, start, end) for label, start, end in made.pages))


_PLAIN = Format(_plain, LARGEST)
_HTML = Format(partial(_apart, kind="html"), LARGEST)
FORMATS: Mapping[str, Format] = {
    ".md": _PLAIN,
    ".txt": _PLAIN,
    ".pdf": Format(partial(_apart, kind="pdf"), _LARGEST_PRINT),
    ".docx": Format(partial(_apart, kind="docx"), _LARGEST_PRINT),
    ".html": _HTML,
    ".htm": _HTML,
    ".xhtml": _HTML,
}
"""Every ending that is read, with its format."""
ENDINGS = tuple(FORMATS)
"""The endings of files that can be read."""
_REMEDIES = {
    **dict.fromkeys((".doc", ".wps", ".rtf", ".odt"), "save it as .docx first"),
    **dict.fromkeys((".caj", ".kdh", ".nh"), "fetch it as PDF, which CNKI offers too"),
    **dict.fromkeys((".png", ".jpg", ".jpeg", ".tif", ".tiff"), "put the pictures into a PDF file"),
}
