"""From a file to a document and its sentences: language, sections, sentences, bibliographic data."""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import islice
from pathlib import Path

from ingest.bibliography import read_bibliography
from ingest.formats import ENDINGS, FORMATS, named, text_of
from ingest.layout import Paragraph, lay_out
from ingest.marks import Visible, language_of, visible
from kg.errors import DocumentError
from kg.model import Document, Reading, Sentence


def read(path: Path) -> Reading:
    """The document in a file of any format that is read, and its sentences in reading order.

    Offsets are characters of the text that the format's reader gives: of plain text the file's own, newlines as in the
    file. Raises DocumentError where the file cannot be read (see `ingest.formats`), or holds no sentence.
    """
    read_ = text_of(path)
    text = read_.text
    language = language_of(text)
    layout = lay_out(text, language)
    sentences = tuple(sentence for paragraph in layout.paragraphs for sentence in _sentences(text, paragraph))
    if not sentences:
        raise DocumentError(f"{path} holds no sentence: give a text with whole sentences, not a list or a table")
    bibliography = read_bibliography(text, layout.sections)
    location = sha256(str(path.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Reading(Document(path.stem, text, language, bibliography, layout.sections, location, read_.pages), sentences)


def documents_in(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The files that can be read among those and in those folders (and their folders), each once, hidden ones left
    out. Raises DocumentError for a path that does not exist, a file of another ending, a folder without documents."""
    found = [file for path in paths for file in (_folder(path) if path.is_dir() else [_named(path)])]
    return tuple(dict.fromkeys(found))


def _folder(folder: Path) -> list[Path]:
    found = sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in FORMATS and file.is_file() and not _hidden(file.relative_to(folder))
    )
    if not found:
        raise DocumentError(f"{folder} holds no document ({', '.join(ENDINGS)}): give a folder with documents")
    return found


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _named(path: Path) -> Path:
    named(path)
    return path


# --- sentences --------------------------------------------------------------------------------------------------------

_ENDS = re.compile(r"(?P<stop>[。！？]+|[!?]+|\.{1,6})(?P<close>[”’）)】\]」』》〉\"']*)")
_CLOSERS = "”’）)】]」』》〉'"
_ABBREVIATION = re.compile(
    r"mr|mrs|ms|dr|prof|st|jr|sr|rep|sen|gov|gen|col|lt|capt|pres|hon|rev|nos?|vols?|figs?|eqs?|ch|secs?|arts?|par|pt|pp"
    r"|eds?|inc|ltd|co|corp|dept|univ|assn|bros|etc|al|vs|cf|viz|ca|approx|est|ave|blvd|op|cit|ibid|ph\.d"
    r"|jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec|[a-z]"
)
"""Words, and initials, that a point shortens without ending the sentence."""
_FOLLOWS = re.compile(r" [“‘\"'(\[]*(?:[A-ZÀ-Þ0-9]|[a-z]{1,4}\))")
"""What stands behind the point of an English sentence: a capital, a figure, a lettered item."""
_DOTTED = re.compile(r"(?:[a-z]\.)+[a-z]")
_STARTER = re.compile(
    r"(?:The|This|These|That|In|It|A|An|But|And|For|As|At|By|On|We|He|She|They|If|When|While|Our|Its)\b"
)
"""Words that show that a sentence begins, behind an abbreviation such as U.S."""
_NUMBER = re.compile(r"(?:(?:Section|Sec\.|Article|Chapter|Part) )?[\d.IVX]{0,8}")
"""A number that heads a paragraph: `2. Policy`, `Sec. 2. Policy`."""


def _sentences(document: str, paragraph: Paragraph) -> Iterator[Sentence]:
    seen = visible(document, paragraph.ranges)
    start = 0
    for end in (*_ends(seen.text), len(seen.text)):
        if sentence := _sentence(seen, start, end, paragraph):
            yield sentence
        start = end


def _sentence(seen: Visible, start: int, end: int, paragraph: Paragraph) -> Sentence | None:
    """The sentence between two ends, its outer spaces cut; none where there are fewer than two letters."""
    while start < end and seen.text[start] == " ":
        start += 1
    while start < end and seen.text[end - 1] == " ":
        end -= 1
    text = seen.text[start:end]
    if next(islice(filter(str.isalpha, text), 1, None), None) is None:
        return None
    # a mark behind the stop cites for the sentence that ends there, one before the first word is a label
    cites = tuple((place - start, label) for place, label in seen.cites if start < place <= end)
    return Sentence(text, seen.offsets[start:end], paragraph.section, cites)


def _ends(text: str) -> Iterator[int]:
    """Where sentences end: after 。！？ with what closes there; after .?! where the next sentence can begin."""
    quotes = at = 0
    for found in _ENDS.finditer(text):
        quotes += text.count('"', at, found.start())
        at = found.start()
        end = found.start("close") + _closing(found["close"], quotes)
        if found["stop"][0] in "。！？" or (
            _full_stop(text, found, end) if found["stop"][0] == "." else _free(text, end)
        ):
            yield end


def _closing(close: str, quotes: int) -> int:
    """How many of the characters behind a stop still belong to it: a straight quote only where one is open."""
    for n, char in enumerate(close):
        if char in _CLOSERS:
            continue
        if quotes % 2 == 0:
            return n
        quotes += 1
    return len(close)


def _free(text: str, end: int) -> bool:
    """Whether a sentence may end here by what follows: nothing, a space, or Chinese."""
    return end == len(text) or text[end] == " " or text[end] > "\u2e80"


def _full_stop(text: str, found: re.Match[str], end: int) -> bool:
    """Whether a point ends a sentence: a capital or figure follows, and it belongs to no abbreviation or number."""
    if not _FOLLOWS.match(text, end):
        return False
    if end > found.end("stop"):
        return True
    word = re.search(r"[\w.&]*$", text[max(0, found.start() - 20) : found.start()])
    before = word[0].lower() if word else ""
    if _DOTTED.fullmatch(before):
        return _STARTER.match(text, end + 1) is not None
    return not (_ABBREVIATION.fullmatch(before) or _NUMBER.fullmatch(text, 0, found.start()))
