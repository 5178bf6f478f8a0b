"""From a file to a document and its sentences: decoding, language, sections, sentences."""

import re
from collections.abc import Iterator, Sequence
from hashlib import sha256
from pathlib import Path

from ingest.bibliography import read_bibliography
from ingest.layout import Paragraph, lay_out
from ingest.marks import Visible, language_of, visible
from kg.errors import DocumentError
from kg.model import Document, Reading, Sentence

ENDINGS = (".md", ".txt")
"""The endings of files that can be read."""

LARGEST = 20_000_000
"""The largest file that is read, in bytes."""


def read(path: Path) -> Reading:
    """The document in a UTF-8 text or Markdown file, and its sentences in reading order.

    Offsets are characters of the file's own text, newlines as in the file. Raises DocumentError where the file is
    missing, is a folder, has another ending, is empty, too large, no text, not UTF-8, or holds no sentence.
    """
    text = _decode(path, _load(path))
    language = language_of(text)
    layout = lay_out(text, language)
    sentences = tuple(sentence for paragraph in layout.paragraphs for sentence in _sentences(text, paragraph))
    if not sentences:
        raise DocumentError(f"{path} holds no sentence: give a text with whole sentences, not a list or a table")
    bibliography = read_bibliography(text, layout.sections)
    location = sha256(str(path.resolve()).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return Reading(Document(path.stem, text, language, bibliography, layout.sections, location), sentences)


def documents_in(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The .txt and .md files among those files and in those folders (and their folders), each once, hidden ones left
    out. Raises DocumentError for a path that does not exist, a file of another ending, a folder without documents."""
    found = [file for path in paths for file in (_folder(path) if path.is_dir() else [_named(path)])]
    return tuple(dict.fromkeys(found))


def _folder(folder: Path) -> list[Path]:
    found = sorted(
        file
        for file in folder.rglob("*")
        if file.suffix.lower() in ENDINGS and file.is_file() and not _hidden(file.relative_to(folder))
    )
    if not found:
        raise DocumentError(f"{folder} holds no .txt or .md file: give a folder with documents")
    return found


def _hidden(path: Path) -> bool:
    return any(part.startswith(".") for part in path.parts)


def _named(path: Path) -> Path:
    if not path.exists():
        raise DocumentError(f"{path} does not exist: check its name")
    if path.suffix.lower() not in ENDINGS:
        raise DocumentError(f"{path} is neither .txt nor .md: convert it to text first, as pdftotext or pandoc do")
    return path


# --- characters -------------------------------------------------------------------------------------------------------

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_AS_TEXT = "convert it to text first, as pdftotext or pandoc do"
_FREQUENT = frozenset(
    "的是不在有人和中大为上这国我以要他时会来用们到作地于出就分对成可主发年动同工也能下过時會來們於對發動過為國這"
)
"""The characters most Chinese texts are made of, simplified and traditional."""


def _load(path: Path) -> bytes:
    if path.is_dir():
        raise DocumentError(f"{path} is a folder: name the files in it, or ingest the folder as one")
    _named(path)
    try:
        size = path.stat().st_size
        data = path.read_bytes() if size <= LARGEST else b""
    except OSError as error:
        raise DocumentError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    if size > LARGEST:
        raise DocumentError(f"{path} has {size:,} bytes, more than {LARGEST:,}: split it into documents")
    if not data.strip(b"\xef\xbb\xbf \t\r\n"):
        raise DocumentError(f"{path} is empty: give a file with text in it")
    return data


def _decode(path: Path, data: bytes) -> str:
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise DocumentError(_not_utf8(path, data, error.start)) from error
    control = _CONTROL.search(text)
    if control and ("\x00" in text or len(_CONTROL.findall(text)) > len(text) * 0.1):
        at = len(text[: control.start()].encode("utf-8"))
        raise DocumentError(f"{path} is no text (byte {at} is a control character): {_AS_TEXT}")
    return text


def _not_utf8(path: Path, data: bytes, start: int) -> str:
    """The sentence that says what the bytes are instead, and how to convert them."""
    if encoding := _encoding(data):
        convert = f"iconv -f {encoding} -t UTF-8 {path.name} > {path.stem}.utf8{path.suffix}"
        return f"{path} is not UTF-8 at byte {start} but reads as {encoding}: convert it with `{convert}`"
    if b"\x00" in data:
        return f"{path} is no text (not UTF-8 at byte {start}): {_AS_TEXT}"
    return f"{path} is not UTF-8 at byte {start}: save it as UTF-8"


def _encoding(data: bytes) -> str:
    """The encoding in which bytes that are not UTF-8 make a Chinese text, or nothing."""
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    names = ("UTF-16",) if marked else ("GB18030", "BIG5", "UTF-16LE", "UTF-16BE")
    score, name = max((_likeness(data, name), name) for name in names)
    return name if score > (0.02, 0.5) else ""


def _likeness(data: bytes, encoding: str) -> tuple[float, float]:
    """How much the bytes look like a text in that encoding: the shares of the most frequent Chinese characters, and
    of any Chinese or ASCII ones. Zero where they cannot be decoded."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return (0.0, 0.0)
    if not text or _CONTROL.search(text):
        return (0.0, 0.0)
    usual = sum("\u4e00" <= char <= "\u9fff" or "\u3000" <= char <= "\u303f" or char < "\x7f" for char in text)
    return sum(char in _FREQUENT for char in text) / len(text), usual / len(text)


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
    if sum(char.isalpha() for char in text) < 2:
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
