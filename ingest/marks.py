"""What of a document's characters is text and what is mark, what the marks cite, and the language of the text."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from kg.model import Language, SectionKind

Range = tuple[int, int]
"""Document offsets: start inclusive, end exclusive."""

CITED = r"\d{1,3}(?:\s*[-–—一,，、;；.~～]\s*\d{1,3})*"
"""A pattern for the numbers of the works that a citation names."""
RAISED = "[\u00b9\u00b2\u00b3\u2070\u2074-\u2079]{1,3}"
"""A pattern for a number in raised digits."""
_MARK = re.compile(
    rf"""
      <!--.*?-->                                                        # comment
    | !\[[^\]\n]{{0,300}}\]\([^)\n]{{0,600}}\)                                          # image
    | <sup>\s*[\[［(（]?\s*(?:[\d\s,，、;；\-–—~*†‡\\]|[①-⑳])*[\]］)）]?\s*</sup>(?<!m<sup>2</sup>)(?<!m<sup>3</sup>)
    | \^\{{[^{{}}\n]{{1,24}}\}} | \^\[[^\]\n]{{1,24}}\] | \^[①-⑳]        # citation
    | (?<=[\u4e00-\u9fff。，；、”》）]){RAISED}(?:[,，、\-–—⁻]{RAISED})*      # citation in raised digits
    | [\[［]\s*{CITED}\s*[\]］](?!\()                                    # citation in brackets
    | \[\^[^\]\s]{{1,24}}\](?!:)                                          # footnote
    | \[\d{{1,2}}(?=[，。、；\u4e00-\u9fff])                                # its closing bracket lost
    | \$\s*\^\s*\{{?\s*[\[［]?[\d\s,，、.\-–—~*]*[\]］]?\s*\}}?\s*\$         # citation set as a formula
    | \$\s*\\(?:bullet|textcircled)\b[^$\n]{{0,12}}\$                     # bullet set as a formula
    | \$(?P<formula>[^$\n]{{0,200}}[\\^_{{}}][^$\n]{{0,200}}|\s*(?:[+=<>@~]|[A-Za-z])?\s*[\d.\s]*)\$
    | \[(?P<link>[^\]\n]{{1,300}})\]\((?:[^()\s]|\([^()\s]*\)){{1,600}}\)
    | </?[A-Za-z][A-Za-z0-9]*(?:\s[^<>\n]{{0,600}})?/?> | <https?://[^<>\s]+>   # tag, bare address
    | ^\ufeff?[ \t]*(?:\#{{1,6}}(?!\#)[ \t]*|[-*+•●▪◆■□>][ \t]+|={{2,}}[ \t]*)      # heading, bullet, quotation
    | (?<![ \t])[ \t]*={{2,}}[ \t]*$ | (?<![ \t])[ \t]+\#+[ \t]*$         # end of a heading
    | \\?\*+ | `+ | (?<!\w)_+(?=\w) | (?<=[\w.,!?)])_+(?!\w) | \\(?=[\\_{{}}\[\]()\#+.!<>~|$%&-])
    | [\ufeff\u200b-\u200f\u2060\u00ad\x00-\x08\x0e-\x1f]
    """,
    re.VERBOSE | re.MULTILINE,
)
_IN_FORMULA = re.compile(r"\^\s*\{\s*\[[^$]*?\]\s*\}|\\[A-Za-z]+|[\\^_{}~\s]")
_WIDE = re.compile("[\u2e80-\u9fff\uac00-\ud7ff\uf900-\ufaff\uff00-\uffef\u3000-\u303f①-⑳]")
_NEUTRAL = frozenset("—…“”‘’·")
HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
"""A Chinese character."""
LATIN = re.compile("[A-Za-zÀ-ɏ]")
"""A Latin letter."""


CITATION_KINDS: tuple[SectionKind, ...] = ("abstract", "body", "foreign", "notes")
"""The parts of a document in which marks cite references: elsewhere they lead to addresses, or are labels."""


@dataclass(frozen=True, slots=True)
class Visible:
    """Text as a reader sees it; `offsets[i]` is the document offset of `text[i]`. `cites` are the citation marks that
    were left out: how many characters of the text stand before the mark, and a label that it names."""

    text: str
    offsets: tuple[int, ...]
    cites: tuple[tuple[int, str], ...] = ()


def visible(document: str, ranges: Sequence[Range]) -> Visible:
    """What a reader reads in those ranges, one after the other: no marks, no citations; white space only where it
    parts Latin words or the digits of a number, as one space with the offset of a space or line break."""
    pieces: list[str] = []
    offsets: list[int] = []
    gap = -1
    for run in (run for stretch in _stretches(document, ranges) for run in _RUN.finditer(document, *stretch)):
        start, end = run.span()
        if run["blank"]:
            space = document.find(" ", start, end)
            if gap < 0 or (space >= 0 and document[gap] != " "):
                gap = max(space, start)
            continue
        if gap >= 0 and pieces and _parted(pieces[-1][-1], document[start]):
            pieces.append(" ")
            offsets.append(gap)
        pieces.append(run[0])
        offsets.extend(range(start, end))
        gap = -1
    marked = (mark for start, end in ranges for mark in cites_in(document, start, end))
    cites = ((bisect_left(offsets, place), label) for place, label in marked)
    return Visible("".join(pieces), tuple(offsets), tuple(cites))


_RUN = re.compile(r"(?P<blank>\s+)|\S+")


# --- citations --------------------------------------------------------------------------------------------------------

_FRAMED = re.compile(rf"[\[［(（【]\s*(?P<numbers>{CITED})\s*[\]］)）】]?|(?P<bare>{CITED})")
_AROUND = re.compile(r"</?sup>|[\^{}$\s\\*†‡]")
_LOWERED = str.maketrans("\u00b9\u00b2\u00b3\u2070\u2074\u2075\u2076\u2077\u2078\u2079⁻", "1230456789-")
_RANGE = re.compile(r"\s*[-–—一~～]\s*")
_MOST = 40
"""The most references that one range of numbers names."""


def cites_in(document: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The citation marks in that stretch of a document: the offset of each, and a label that it names, in order.

    `[3-5]` names three. A raised number without brackets counts only where no unit or power can be meant: behind
    Chinese, a mark of punctuation, or a word."""
    for mark in _MARK.finditer(document, start, end):
        found = _FRAMED.fullmatch(_AROUND.sub("", mark[0]).translate(_LOWERED))
        before = document[max(start, mark.start() - 4) : mark.start()]
        if found and (found["numbers"] or _may_cite(before, mark[0])):
            yield from ((mark.start(), label) for label in _labels(found["numbers"] or found["bare"]))


def _may_cite(before: str, mark: str) -> bool:
    """Whether a number without brackets is raised, and stands where it cites."""
    raised = mark.startswith(("<sup>", "^", "$")) and ("^" in mark or "sup" in mark)
    word = re.search(r"[A-Za-z]{4}$|[\u4e00-\u9fff。，；、：”》）)\]?!.,;]$", before) is not None
    return word and (raised or mark.translate(_LOWERED) != mark)


def _labels(numbers: str) -> Iterator[str]:
    """The single labels that the numbers of a mark name: `12,13` two, `3-5` three."""
    for part in re.split(r"\s*[,，、;；.]\s*", numbers):
        first, *last = (int(number) for number in _RANGE.split(part))
        end = last[-1] if last and first < last[-1] <= first + _MOST else first
        yield from (str(number) for number in range(first, end + 1) if number)
        if last and end == first != last[-1]:
            yield str(last[-1])


def _parted(before: str, char: str) -> bool:
    """Whether white space between two characters is kept: not beside Chinese, nor between its quotation marks."""
    return not (_WIDE.match(before) or _WIDE.match(char) or (before in _NEUTRAL and char in _NEUTRAL))


def _stretches(document: str, ranges: Sequence[Range]) -> Iterator[Range]:
    """Where the text between marks stands, and the line break after every range but the last."""
    for n, (start, end) in enumerate(ranges):
        at = start
        for mark in _MARK.finditer(document, start, end):
            yield at, mark.start()
            yield from _kept(mark)
            at = mark.end()
        yield at, end
        if n + 1 < len(ranges) and end < len(document):
            yield end, end + 1


def _kept(mark: re.Match[str]) -> Iterator[Range]:
    """What is text all the same inside a mark: a link's words, a formula's letters and figures."""
    if mark["link"] is not None:
        yield mark.span("link")
    elif mark["formula"] is not None:
        at, end = mark.span("formula")
        for noise in _IN_FORMULA.finditer(mark.string, at, end):
            yield at, noise.start()
            at = noise.end()
        yield at, end


def width(text: str) -> int:
    """How wide a text is on the page: a Chinese character counts two, any other one."""
    return len(text) + len(_WIDE.findall(text))


def language_of(text: str) -> Language:
    """zh where it has at least as many Chinese characters as words in Latin letters."""
    return "zh" if len(HAN.findall(text)) >= max(1, len(re.findall(r"[A-Za-z]+", text))) else "en"
