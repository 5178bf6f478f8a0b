"""From the characters of a document to its parts: what is text and what is mark, headings and what stands under them,
paragraphs put together again across page breaks, captions, tables and footnotes.

Everything here works on document offsets. A unit is a stretch of lines that belong together on the page (a line, or
the wrapped lines of one paragraph); a paragraph is one or more units that a reader reads on as one.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from kg.model import Language, Section, SectionKind

Range = tuple[int, int]
"""Document offsets: start inclusive, end exclusive."""


# --- marks: what of the characters is text ----------------------------------------------------------------------------

_CITED = r"\d{1,3}(?:\s*[-–—一,，、;；.~～]\s*\d{1,3})*"
_MARK = re.compile(
    rf"""
      <!--.*?-->                                                        # comment
    | !\[[^\]\n]{{0,300}}\]\([^)\n]{{0,600}}\)                                          # image
    | <sup>\s*[\[［(（]?\s*(?:[\d\s,，、;；\-–—~*†‡\\]|[①-⑳])*[\]］)）]?\s*</sup>(?<!m<sup>2</sup>)(?<!m<sup>3</sup>)
    | \^\{{[^{{}}\n]{{1,24}}\}} | \^\[[^\]\n]{{1,24}}\] | \^[①-⑳]        # citation
    | [\[［]\s*{_CITED}\s*[\]］](?!\()                                    # citation in brackets
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
_HAN = re.compile("[\u3400-\u9fff\uf900-\ufaff]")
_LATIN = re.compile("[A-Za-zÀ-ɏ]")


@dataclass(frozen=True, slots=True)
class Visible:
    """Text as a reader sees it; `offsets[i]` is the document offset of `text[i]`."""

    text: str
    offsets: tuple[int, ...]


def visible(document: str, ranges: Sequence[Range]) -> Visible:
    """What a reader reads in those ranges, one after the other: no marks, no citations; white space only where it
    parts Latin words or the digits of a number, as one space with the offset of a space or line break."""
    chars: list[str] = []
    offsets: list[int] = []
    gap = -1
    for offset in _offsets(document, ranges):
        char = document[offset]
        if char.isspace():
            gap = offset if gap < 0 or (char == " " and document[gap] != " ") else gap
            continue
        if gap >= 0 and chars and _parted(chars[-1], char):
            chars.append(" ")
            offsets.append(gap)
        chars.append(char)
        offsets.append(offset)
        gap = -1
    return Visible("".join(chars), tuple(offsets))


def _parted(before: str, char: str) -> bool:
    """Whether white space between two characters is kept: not beside Chinese, nor between its quotation marks."""
    return not (_WIDE.match(before) or _WIDE.match(char) or (before in _NEUTRAL and char in _NEUTRAL))


def _offsets(document: str, ranges: Sequence[Range]) -> Iterator[int]:
    """The offsets of all characters that are no mark, and of the line break after every range but the last."""
    for n, (start, end) in enumerate(ranges):
        at = start
        for mark in _MARK.finditer(document, start, end):
            yield from range(at, mark.start())
            yield from _kept(mark)
            at = mark.end()
        yield from range(at, end)
        if n + 1 < len(ranges) and end < len(document):
            yield end


def _kept(mark: re.Match[str]) -> Iterator[int]:
    """The offsets inside a mark that are text all the same: a link's words, a formula's letters and figures."""
    if mark["link"] is not None:
        yield from range(*mark.span("link"))
    elif mark["formula"] is not None:
        at, end = mark.span("formula")
        for noise in _IN_FORMULA.finditer(mark.string, at, end):
            yield from range(at, noise.start())
            at = noise.end()
        yield from range(at, end)


def width(text: str) -> int:
    """How wide a text is on the page: a Chinese character counts two, any other one."""
    return len(text) + len(_WIDE.findall(text))


def language_of(text: str) -> Language:
    """zh where it has at least as many Chinese characters as words in Latin letters."""
    return "zh" if len(_HAN.findall(text)) >= max(1, len(re.findall(r"[A-Za-z]+", text))) else "en"


# --- units: lines that belong together --------------------------------------------------------------------------------

_LINE = re.compile(r"[^\r\n\x0c]+|\n(?=\r?\n)|\r\n(?=\r?\n)|\x0c")
_BLANK = "\ufeff\u200b \t\r\n\u3000\xa0\x0c"
_FRONT_MATTER = re.compile(r"\ufeff?(---[ \t]*\r?\n(?:.*\r?\n)*?---)[ \t]*(?:\r?\n|$)")

_HAN_NUMBER = "[一二三四五六七八九十百零〇]{1,5}"
_NUMBERS: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("chapter", re.compile(rf"(第(?:{_HAN_NUMBER}|\d{{1,3}})(?:章|编|篇|部分))\s*")),
    ("division", re.compile(rf"(第(?:{_HAN_NUMBER}|\d{{1,3}})节)\s*")),
    ("article", re.compile(rf"(第(?:{_HAN_NUMBER}|\d{{1,3}})条)(?![的之第至及和与、，,款项规所])")),
    ("han", re.compile(r"([一二三四五六七八九十]{1,3})\s*[、.．]\s*")),
    ("han bracket", re.compile(r"([(（]\s*[一二三四五六七八九十]{1,3}\s*[)）])\s*")),
    ("bracket", re.compile(r"([(（]\s*\d{1,2}\s*[)）]|\d{1,2}[)）])\s*")),
    ("circle", re.compile(r"([①-⑳])\s*")),
    ("section", re.compile(r"((?:Section|Sec\.|SEC\.|SECTION|Chapter|Part|Article)\s+(?:\d{1,3}|[IVX]{1,5}))[.:]?\s+")),
    ("roman", re.compile(r"([IVX]{1,5})[.．]\s+(?=[A-Z])")),
    ("letter", re.compile(r"(\([a-z]\))\s+")),
    ("small roman", re.compile(r"(\([ivx]{1,5}\))\s+")),
)
_DECIMAL = re.compile(r"(\d{1,2}(?:[.．]\s?\d+)*)([.．、]?)\s*(?=\D)")
_YEARS = re.compile(r"(?:年|月|日|世纪|%|％|亿|万|个|项|家|位|多|余|岁|时|/|-|—|–|:|：|,|，|\+)")


def _opens(*words: str, before: str = "", after: str = "", flags: int = 0) -> re.Pattern[str]:
    """A pattern for units that open with one of those words."""
    return re.compile(f"{before}(?:{'|'.join(words)}){after}", flags)


_MARKED = r"[#*\s【\[［=]*"
"""What may stand before a word that opens a part of a paper; `_CLOSED` is what may stand behind it."""
_CLOSED = r"[\s*】\]］=]*"

_CAPTION = _opens(
    r"(?:续?[图表]|附[图表]|图表|照片)\s*\d+(?:[-–.．]\d+)*(?!\s*(?:所?[示列]|显示|给出|列出|反映|可见|描述|展示|表明|说明|呈现|主要|[是为和与中、]))",
    r"(?:Figure|Fig\.?|FIGURE|Table|TABLE|Tab\.|Chart|Exhibit|Box)\s*\d+(?:[-–.]\d+)*\s*(?:[.:]|(?=\s[A-Z“\"(])|$)",
)
_SOURCE = _opens(
    r"[(（【]?\s*(?:资料|数据|图片|图表|信息)?来源\s*[:：]",
    r"[(（【]?\s*(?:注释?|备注|说明)\s*[:：]",
    r"(?:Data )?[Ss]ources?:|SOURCE:|Notes?:|NOTE:",
    before=r"[\^*①-⑳\s]*",
)
_TABLE = _opens(r"[^\t]*\t", r"\s*\|", r".*[^|]\|[^|]*\|", r"<(?:html|table|tr|td)\b", r"\$\$", r":?-{3,}:?\s*(?:\||$)")
_NOTE = _opens(
    r"[\\*＊†‡■□\s^(（]*(?:通[信讯]作者|第一作者|作者简介|作者单位|责任编辑|责编|投稿邮箱|版权所有)",
    r"[\\*＊†‡■□\s^(（]*(?:资助项目|基金项目|基金资助|项目资助|专题|专刊|网络首发|网络出版\S{0,2})\s*[:：]",
    r"[\\*＊†‡■□\s^(（]*(?:修?改?稿?收[到稿]日期|修[回订]日期|出版日期|接受日期)",
    r"[\\*＊†‡■□\s^(（]*(?:[Ee]-?[Mm]ail|Funding|Received|Accepted|Citation)\s*[:：]",
    r"[\\*＊†‡■□\s^(（]*(?:Corresponding [Aa]uthor|About the [Aa]uthors?|Copyright (?:©|\d)|©)",
    r"[\\*＊†‡]+\s*\S{0,4}(?:作者|资助|项目|基金|author)",
)
_META = _opens(
    r"关\s*键\s*词|中图分类号|分类号|文献标[志识]码|文章编号|引用格式|引用本文|欢迎按以下格式引用",
    r"(?:题[名目]|标题|作者|期刊|来源|[年卷期页])\s*[:：]",
    r"DOI\b|[Dd]oi\s*[:：]|CSTR\b|JEL\b|CLC\b|Citation Format|Cite this|To cite|Key\s*[Ww]ords?|KEY\s*WORDS?",
    r"(?:[Ss]ource|Title|Authors?|Journal|Year|Date|Volume|Issue|Pages?|Language|Licen[cs]e)\s*:",
    before=_MARKED,
)
_ABSTRACT = _opens(
    r"摘\s*要|内容[提摘]要|提\s*要",
    r"(?:Abstract|ABSTRACT)(?![a-z])",
    r"(?:Executive )?Summary(?=\W*$|\s*[:：*])",
    before=_MARKED,
    after=r"[\s*】\]］]*[:：.]?[\s*]*",
)
_REFERENCES = _opens(
    r"(?:主要)?参考文献(?:与注释)?|参考资料|引用文献",
    r"References?|REFERENCES|Bibliography|BIBLIOGRAPHY|Works [Cc]ited|Literature [Cc]ited",
    before=_MARKED,
    after=_CLOSED + r"(?:[:：]|$|(?=\[1\]))",
)
_ASIDE = _opens(
    r"注释|尾注|脚注|致\s*谢|作者简介|目\s*录|外部連結|外部链接|参见|參見",
    r"Notes|NOTES|Endnotes|Footnotes|Acknowledge?ments?|Contents|CONTENTS|Table of Contents|Figures|Tables",
    r"Contacts|Author Information|See also|External links|Further reading",
    before=_MARKED,
    after=_CLOSED + r"[:：]?$",
)
_KNOWN_HEADING = _opens(
    r"引\s*言|前\s*言|绪\s*论|导\s*[言论]|序\s*言|结\s*语|结\s*论|结束语|小\s*结|讨\s*论|总\s*结|附\s*录",
    r"Introduction|Conclusions?|Discussion|Background|Methods|Results",
    after="[:：]?$",
    flags=re.IGNORECASE,
)
_LIST_ITEM = re.compile(r"[ \t]*[-*+•●▪◆][ \t]+|\$\\bullet\$|——")
_HEADING_MARK = re.compile(r"[ \t]*(#{1,6})(?!#)|[ \t]*(={2,6})[^=]")
_BOLD_LINE = re.compile(r"[ \t]*(\*{1,3})(?!\*)[^*\n]+\1[ \t]*$")
_LABELLED = re.compile(
    r"(?<=\S)(?=[\[【［]\s*(?:摘\s*要|关\s*键\s*词|中图分类号|Abstract|Key\s*words?)\s*[】\]］])", re.IGNORECASE
)
_INDENT = re.compile(r"\u3000\u3000|[ \t]{2,}(?=[\u4e00-\u9fff])")
_ONE_LINE = re.compile(r"[ \t]*(?:#{1,6}(?!#)|={2,6}[^=]|!\[|</?[a-z]+|\||[-=+ ]{5,}$)|.*\t|.*\|\s*$")

_COLUMNS = re.compile(r"[^\s.!?:;,”\"’)\]*#\-][ \t]{2,}\S")
_REFERENCE_MARK = re.compile(
    r"\[(?:[JMNRCDPSGZ]|EB|DB|CP)(?:\s*/\s*OL)?\]|\[\d{4}-\d{1,2}-\d{1,2}\]|\(\d{4}-\d{1,2}-\d{1,2}\)\s*\["
)
_REFERENCE_ENTRY = re.compile(r"\s*(?:[-*]\s*)?(?:[\[［(（]\s*\d{1,3}\s*[\]］)）]|\d{1,3}[.．\s])\s*\S")
_FOOTNOTE = re.compile(
    r"\s*\^?\s*(?:[①-⑳]|\[\d{1,3}\]|\d{1,2}\s)\s*(?:.*(?:https?://|www\.)|资料来源|数据来源|参见|详见|参考|转引自|同上)"
)
_OWN_CITATION = re.compile(r"\d{4}\s*[,，]\s*\d{1,3}\s*[(（]\s*\d{1,3}\s*[)）]\s*[:：]")
_ADDRESS = re.compile(r"(?:[\u4e00-\u9fff)）]\s*\d{6}\D{0,2}$)|\d{5,6},?\s*(?:P\.?\s?R\.?\s*)?China\b")
_ORNAMENT = re.compile(r"[\d\s\W_]*$|第\s*\d+\s*页.*|Page \d+.*|www\.\S+$|https?://\S+$")

_STOP = re.compile(r"[。！？!?；;：:….][”’\"'）)】\]」』》〉]*$|;\s*(?:and|or)$")
_CITED_END = re.compile(rf"(?:[\[［]\s*{_CITED}\s*[\]］]|</sup>|\}}\s*\$|[①-⑳])\s*$")
_FULL_STOP = re.compile(r"[。！？!?][”’\"'）)】\]」』》〉]*$|[A-Za-z0-9%)”\"][.][”’\"'）)】\]]*$")

Role = Literal["text", "heading", "stray", "aside", "note", "meta", "abstract", "references"]


@dataclass(frozen=True, slots=True)
class Number:
    """The number a heading or paragraph starts with: its style, and its label as one cites it."""

    style: str
    label: str


@dataclass(frozen=True, slots=True)
class Unit:
    """Lines that belong together: `raw` as they stand, `text` as they read. `lone`: nothing else in the block.
    `lead` counts the white space before `raw`; `marks` is how deep a heading its marks make it (0: it has none)."""

    start: int
    end: int
    raw: str
    text: str
    lone: bool
    lead: int = 0
    marks: int = 0
    role: Role = "text"
    number: Number | None = None

    @property
    def item(self) -> bool:
        """Whether it is an item of a list."""
        return _LIST_ITEM.match(self.raw) is not None

    @property
    def ended(self) -> bool:
        """Whether it ends where a sentence, or an item of a list, ends."""
        return _STOP.search(self.text) is not None

    @property
    def cited(self) -> bool:
        """Whether it ends with a citation: the stop before it was lost, or its sentence goes on with a comma."""
        return _CITED_END.search(self.raw) is not None

    @property
    def foreign(self) -> str:
        """The language it is wholly in, or nothing where it is mixed or too short to say."""
        han, latin = len(_HAN.findall(self.text)), len(_LATIN.findall(self.text))
        if han + latin < 12:
            return ""
        return "en" if han * 25 < latin else "zh" if latin * 2 < han else ""


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
    """A block cut where a line starts something new; with each piece, whether it stands alone in its block."""
    widest = max(width(document[a:b].strip()) for a, b in block)
    pieces: list[Range] = []
    for (start, end), before in zip(block, [None, *block], strict=False):
        if before is None or _breaks(document[slice(*before)], document[start:end], widest):
            pieces.append((start, end))
        else:
            pieces[-1] = (pieces[-1][0], end)
    cut = [part for piece in pieces for part in _labelled(document, piece)]
    for n, (start, end) in enumerate(cut):
        first = n == 0 and len(cut) > 1 and width(document[slice(*cut[1])]) > 2 * width(document[start:end])
        yield start, end, first or len(cut) == 1


def _labelled(document: str, piece: Range) -> Iterator[Range]:
    """A piece cut before 【摘要】, 【关键词】 and the like inside a line."""
    at = piece[0]
    for label in _LABELLED.finditer(document, *piece):
        yield at, label.start()
        at = label.start()
    yield at, piece[1]


def _breaks(before: str, line: str, widest: int) -> bool:
    """Whether a line starts a new unit after the line before it in the same block."""
    if _ONE_LINE.match(before) or _ONE_LINE.match(line) or _LIST_ITEM.match(line) or _INDENT.match(line):
        return True
    bare = line.strip()
    if re.search(r"(?:[《（(“‘\[【、，,]|\b(?:Sec|Section|Art|Article|No|Nos|Vol|Fig)\.?)$", before.strip()):
        return False
    if any(p.match(bare) for p in (_CAPTION, _SOURCE, _NOTE, _META, _ABSTRACT, _REFERENCES)) or _number(bare):
        return True
    if re.match(r"\\?\*|\[\d+\]|\^?[①-⑳]", bare):
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
    unit = Unit(start, end, bare, text, lone, lead, depth, number=_number(text, marked=depth > 0))
    return replace(unit, role=_role(unit))


def _number(text: str, *, marked: bool = False) -> Number | None:
    """The number that a text starts with. Bare figures count only in a marked heading, or with a point behind."""
    for style, pattern in _NUMBERS:
        if found := pattern.match(text):
            label = found[1] if style == "section" else re.sub(r"\s", "", found[1])
            return Number(style, label.replace("（", "(").replace("）", ")"))
    found = _DECIMAL.match(text)
    if found is None or (not marked and _YEARS.match(text[found.end() :])):
        return None
    label = re.sub(r"\s", "", found[1]).replace("．", ".")
    if len(label.split(".")[-1]) > 2 and not marked:
        return None
    bare = "." not in label and not found[2]
    if bare and not marked and _LATIN.match(text[found.end(1) :]):
        return None
    return Number("figure" if bare else "decimal", label)


_ROLES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("references", _REFERENCES),
    ("abstract", _ABSTRACT),
    ("aside", _ASIDE),
    ("meta", _META),
    ("note", _NOTE),
    ("note", _SOURCE),
    ("note", _TABLE),
)


def _role(unit: Unit) -> Role:
    """What a unit is, by its own looks."""
    for role, pattern in _ROLES:
        if pattern.match(unit.raw):
            return role
    if _ORNAMENT.match(unit.text) or not unit.text or unit.text.endswith("]]"):
        return "note"
    if _CAPTION.match(unit.text) and not (_FULL_STOP.search(unit.text) and width(unit.text) > 120):
        return "note"
    if _footnote(unit) or _labels(unit) or _entry(unit):
        return "note"
    if _heading(unit):
        return "heading"
    return "text" if unit.ended or unit.item or width(unit.text) > 80 or re.search("[，。,；]", unit.text) else "stray"


def _footnote(unit: Unit) -> bool:
    """Whether it is a footnote, an entry of a list of references, or the paper's own citation at a page's head."""
    if _FOOTNOTE.match(unit.raw):
        return True
    if _REFERENCE_MARK.search(unit.raw):
        return width(unit.text) < 400
    return (
        width(unit.text) < 160
        and _OWN_CITATION.search(unit.text) is not None
        and not _FULL_STOP.search(unit.text.rstrip(".0123456789"))
    )


def _labels(unit: Unit) -> bool:
    """Whether it is the words of a drawing or table that lost its lines: many short ones and no punctuation."""
    return len(unit.raw.split()) > 8 and re.search("[，。,；：:;、.]", unit.text) is None and unit.foreign != "en"


def _entry(unit: Unit) -> bool:
    """Whether it is a row of a table set in columns, or an item of a list of mere names."""
    if _FULL_STOP.search(unit.text):
        return False
    return len(_COLUMNS.findall(unit.raw)) > 1 or (unit.item and not unit.ended and _few(unit.text))


def _few(text: str) -> bool:
    """Whether it has too few words for a sentence: under six in Latin letters, under twelve characters of Chinese."""
    return len(text.split()) < 6 and len(_HAN.findall(text)) < 12


def _heading(unit: Unit) -> bool:
    """Whether it is a heading by its marks or its number, or one of the words that head the parts of a paper."""
    if unit.marks:
        return width(unit.text) <= 160 and not re.search(r"[；;，,]$", unit.text)
    if _KNOWN_HEADING.match(unit.text):
        return True
    if (
        unit.item
        or unit.ended
        or re.search(r"[,，、]$", unit.text)
        or width(unit.text) > 90
        or re.search("[。！？]", unit.text)
    ):
        return False
    return (unit.number is not None and unit.number.style != "figure") or (
        unit.lone and _BOLD_LINE.match(unit.raw) is not None
    )


# --- outline: headings and the labels of what stands under them -------------------------------------------------------

_OUTER_STYLES = ("chapter", "han", "roman", "section")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in force. `depth` is how deep it stands by its looks: 0 outermost, 9 a number inside the text."""

    style: str
    label: str
    title: str
    depth: int


@dataclass(slots=True)
class Outline:
    """The headings in force while a document is read from top to bottom."""

    stack: list[Heading] = field(default_factory=list)
    decimal: tuple[int, ...] = ()

    def enter(self, unit: Unit) -> None:
        """Takes in a heading, or a paragraph that starts with a number, and leaves what it ends."""
        number = self._settled(unit)
        depth = _depth(unit, number)
        if number is None:
            title = _first_sentence(unit.text)
            self._leave(lambda h: h.depth >= depth)
            self.stack.append(Heading("plain", title, title, depth))
            return
        style = self._style(number)
        if any(heading.style == style for heading in self.stack):
            self._leave(lambda h: h.style == style)
        elif style.startswith("decimal") or style in _OUTER_STYLES:
            self._leave(lambda h: h.style == "plain" or (h.style.startswith("decimal") and h.style > style))
        if style.startswith("decimal"):
            self._leave(lambda h: h.style.startswith("decimal") and not number.label.startswith(h.label + "."))
        self.stack.append(Heading(style, number.label, _title(unit.text, number), depth))

    def expects(self, unit: Unit) -> bool:
        """Whether a paragraph's number counts: of decimal numbers only one that goes on counting."""
        if unit.number is None or unit.number.style not in ("decimal", "figure"):
            return unit.number is not None
        if unit.item or (unit.role == "text" and unit.number.style == "figure"):
            return False
        return tuple(map(int, unit.number.label.split("."))) in self._successors()

    def _leave(self, ends: Callable[[Heading], bool]) -> None:
        """Drops the first heading for which that holds, and all below it."""
        for i, heading in enumerate(self.stack):
            if ends(heading):
                del self.stack[i:]
                return

    def _style(self, number: Number) -> str:
        """The style of a number; (i) is a Roman one unless it follows (h)."""
        if number.style == "decimal":
            return f"decimal {number.label.count('.') + 1}"
        if number.style == "letter" and number.label in ("(i)", "(v)", "(x)"):
            before = next((h.label for h in self.stack if h.style == "letter"), "")
            return "letter" if before and ord(before[1]) + 1 == ord(number.label[1]) else "small roman"
        return number.style

    def _settled(self, unit: Unit) -> Number | None:
        """A unit's number. Of figures run together with the heading, as many count as follow the number before
        (2.320世纪 is 2.3); a single figure inside a section, or before running text, is a point of that section."""
        number = unit.number
        if number is None or number.style not in ("decimal", "figure"):
            return number
        *outer, last = number.label.split(".")
        options = [tuple(map(int, (*outer, last[:n]))) for n in range(1, len(last) + 1)]
        chosen = next((option for option in options if option in self._successors()), options[-1])
        if chosen not in self._successors() and (len(last) > 2 or chosen[0] > 40):
            return None
        if len(chosen) == 1 and (unit.role == "text" or self._inside(chosen[0])):
            return Number("point", f"({chosen[0]})")
        self.decimal = chosen
        return Number("decimal", ".".join(map(str, chosen)))

    def _inside(self, figure: int) -> bool:
        """Whether a single figure counts points inside the present section."""
        point = next((h.label for h in self.stack if h.style == "point"), "")
        return point == f"({figure - 1})" or (len(self.decimal) > 1 and figure != self.decimal[0] + 1)

    def _successors(self) -> set[tuple[int, ...]]:
        """The numbers that may follow: the next one at every depth, and the first below."""
        at = self.decimal
        return {(*at, 1)} | {(*at[:n], at[n] + 1) for n in range(len(at))} | {(1,)}

    @property
    def label(self) -> str:
        """What one cites: the numbers in force, or the heading where it has none."""
        parts: list[str] = []
        for heading in self.stack:
            if heading.style == "article" or heading.style == "plain":
                parts = [heading.label]
            elif heading.style.startswith("decimal") and parts and heading.label.startswith(parts[-1] + "."):
                parts[-1] = heading.label
            else:
                parts.append(heading.label)
        return "".join(parts)

    @property
    def path(self) -> tuple[str, ...]:
        """The headings in force, outermost first."""
        return tuple(heading.title for heading in self.stack)


def _depth(unit: Unit, number: Number | None) -> int:
    """How deep a heading stands by its looks: words that head a paper's parts, marks, a number, a line, bold type."""
    if unit.marks:
        return unit.marks
    if unit.role in ("references", "aside") or _KNOWN_HEADING.match(unit.text):
        return 0
    if number is not None:
        return 5 if unit.role == "heading" else 9
    return 8 if _BOLD_LINE.match(unit.raw) else 7


def _title(text: str, number: Number) -> str:
    """A numbered heading as one writes it: `2.1 Heading`, `(1) Heading`, `一、Heading`, `（一）Heading`."""
    either = {".": "[.．]", "(": "[(（]", ")": "[)）]"}
    if number.style == "point":
        return f"{number.label} {_first_sentence(text.lstrip('0123456789.．、 '))}".strip()
    head = re.match(r"\s*".join(either.get(char) or re.escape(char) for char in number.label), text)
    rest = _first_sentence(text[head.end() if head else 0 :].lstrip(" 、.．:"))
    if number.style == "han":
        return f"{number.label}、{rest}"
    return f"{number.label}{'' if number.style == 'han bracket' else ' '}{rest}".strip()


def _first_sentence(text: str) -> str:
    """A heading's own words, without a stop; the beginning where they are long."""
    first = re.split(r"(?<=[。！？])|(?<=[a-z][.])\s", text, maxsplit=1)[0].rstrip("。；;：:.# ")
    return first if width(first) <= 160 else first[:60] + "…"


# --- zones: what part of the document a unit belongs to ---------------------------------------------------------------

_ABSTRACT_PART = re.compile(r"[\[［【「]?\s*(?:研究)?(?:目的|方法|过程|结果|结论|局限|意义|背景|创新)")
_DEEP = 80
"""How many units into a document its abstract may still begin."""

Zone = Literal["front", "abstract", "keywords", "foreign", "body", "aside", "references", "back"]


@dataclass(slots=True)
class Zones:
    """Reads a document's units from top to bottom and says what part each belongs to."""

    found: Sequence[Unit]
    language: Language
    zone: Zone = "front"
    abstract: int = -1
    bare: bool = False

    def __post_init__(self) -> None:
        heads = [i for i, unit in enumerate(self.found[:_DEEP]) if unit.role in ("abstract", "references")]
        if heads and self.found[heads[0]].role == "abstract":
            self.abstract = heads[0]

    def kinds(self) -> list[SectionKind]:
        """The kind of every unit."""
        kinds: list[SectionKind] = []
        for i, unit in enumerate(self.found):
            kinds.append(self._kind(i, unit))
            if unit.role == "abstract" and self.zone == "back":
                self._reclaim(kinds)
        return kinds

    def _kind(self, i: int, unit: Unit) -> SectionKind:
        if unit.role == "references":
            self.zone = "references"
        elif unit.role == "abstract":
            return self._at_abstract(unit)
        elif unit.role == "aside" and self.zone == "front":
            return "notes"
        elif unit.role == "aside" and self.zone != "back":
            self.zone = "back" if self.zone == "references" else "aside"
        match self.zone:
            case "front":
                return self._in_front(i, unit)
            case "abstract":
                return self._in_abstract(i, unit)
            case "keywords" | "foreign":
                return self._before_body(unit)
            case "body" | "aside":
                return self._in_body(unit)
            case "references" | "back":
                return self._at_the_end(unit)

    def _at_abstract(self, unit: Unit) -> SectionKind:
        own = bool(_HAN.search(unit.text[:8])) == (self.language == "zh")
        if own and self.zone in ("front", "keywords", "foreign"):
            self.zone = "abstract"
            self.bare = _ABSTRACT.sub("", unit.raw, count=1).strip() == ""
            return "abstract"
        if self.zone in ("body", "aside"):
            return "body" if own else "foreign"
        self.zone = "back" if self.zone in ("references", "back") else "foreign"
        return "foreign"

    def _in_front(self, i: int, unit: Unit) -> SectionKind:
        if i < self.abstract:
            return "body" if self._foreword(unit) else "front"
        if not self._begins_body(unit):
            return "front"
        self.zone = "body"
        return self._in_body(unit)

    def _foreword(self, unit: Unit) -> bool:
        """Whether it is running text that stands before the abstract: an editor's word."""
        return unit.role == "text" and len(re.findall("[。！？]|[a-z][.] [A-Z]", unit.text)) > 2

    def _begins_body(self, unit: Unit) -> bool:
        if unit.role == "heading":
            known = _KNOWN_HEADING.match(unit.text) or unit.number is not None or unit.marks > 1
            return bool(known) and not _ADDRESS.search(unit.text)
        if unit.role != "text" or _ADDRESS.search(unit.text) or _OWN_CITATION.search(unit.text):
            return False
        prose = unit.item or unit.ended or width(unit.text) > 100 or (unit.lone and "，" in unit.text)
        return prose and not self._is_foreign(unit)

    def _in_abstract(self, i: int, unit: Unit) -> SectionKind:
        before = self.found[i - 1]
        goes_on = self.bare or _ABSTRACT_PART.match(unit.text) or not before.ended
        if unit.role in ("text", "stray") and goes_on and not self._is_foreign(unit):
            return "abstract"
        self.zone = "keywords"
        return self._before_body(unit)

    def _before_body(self, unit: Unit) -> SectionKind:
        if unit.role in ("meta", "note"):
            return "front"
        if self._is_foreign(unit):
            self.zone = "foreign"
            return "foreign"
        if (unit.role == "stray" and unit.number is None and width(unit.text) < 60) or _ADDRESS.search(unit.text):
            return "front"
        self.zone = "body"
        return self._in_body(unit)

    def _in_body(self, unit: Unit) -> SectionKind:
        if unit.role in ("note", "meta", "aside"):
            return "notes"
        if self._is_foreign(unit) and not (unit.role == "heading" and unit.number):
            return "foreign"
        if self.zone == "aside" and unit.role != "heading":
            return "notes"
        self.zone = "body"
        return "body"

    def _at_the_end(self, unit: Unit) -> SectionKind:
        foreign = self._is_foreign(unit)
        if unit.role == "heading" and unit.marks and not _REFERENCE_MARK.search(unit.raw):
            self.zone = "body" if unit.number and not foreign else "back"
            return "body" if self.zone == "body" else "foreign" if foreign else "notes"
        if self.zone == "references":
            return "references"
        return "foreign" if foreign else "notes"

    def _is_foreign(self, unit: Unit) -> bool:
        return unit.foreign not in ("", self.language)

    def _reclaim(self, kinds: list[SectionKind]) -> None:
        """The title and authors over an abstract at the end are no references."""
        for i in range(len(kinds) - 2, -1, -1):
            unit = self.found[i]
            if kinds[i] != "references" or unit.role == "references" or _REFERENCE_ENTRY.match(unit.raw):
                break
            kinds[i] = "foreign"


# --- layout: sections and paragraphs ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Ranges of a document that a reader reads on as one, and the section they begin in."""

    ranges: tuple[Range, ...]
    section: Section


@dataclass(frozen=True, slots=True)
class Layout:
    """A document's sections in order, and its paragraphs of running text."""

    sections: tuple[Section, ...]
    paragraphs: tuple[Paragraph, ...]


def lay_out(document: str, language: Language) -> Layout:
    """The sections and paragraphs of a document in that language."""
    found = units(document)
    builder = _Builder(language, sum(unit.role == "heading" for unit in found) > 2)
    for unit, kind in zip(found, Zones(found, language).kinds(), strict=True):
        builder.add(unit, kind)
    return builder.layout()


@dataclass(slots=True)
class _Builder:
    """Puts sections and paragraphs together while the units pass by. `structured`: headings show by themselves."""

    language: Language
    structured: bool
    outline: Outline = field(default_factory=Outline)
    sections: list[Section] = field(default_factory=list)
    paragraphs: list[tuple[list[Range], int]] = field(default_factory=list)
    open: Unit | None = None

    def add(self, unit: Unit, kind: SectionKind) -> None:
        """Takes in the next unit."""
        if unit.role == "stray" and kind == "body":
            unit, kind = self._settle(unit)
        begins = self._enter(unit, kind)
        self._extend(unit, kind)
        if kind in ("abstract", "body"):
            self._read(unit, begins)

    def layout(self) -> Layout:
        """What was put together."""
        paragraphs = (Paragraph(tuple(ranges), self.sections[i]) for ranges, i in self.paragraphs)
        return Layout(tuple(self.sections), tuple(paragraphs))

    def _settle(self, unit: Unit) -> tuple[Unit, SectionKind]:
        """A short line without a stop: the rest of a broken paragraph, a heading, or a caption."""
        if unit.lone and self.outline.expects(unit):
            return replace(unit, role="heading"), "body"
        if self.open is not None and not self.open.ended and unit.start - self.open.end < 3:
            return replace(unit, role="text"), "body"
        free = self.open is None or self.open.ended
        if unit.lone and free and (not self.structured or (self.language == "en" and unit.text[:1].isupper())):
            return replace(unit, role="heading"), "body"
        return replace(unit, role="note"), "notes"

    def _enter(self, unit: Unit, kind: SectionKind) -> bool:
        """Takes a heading, or the number of a paragraph, into the outline; whether there was one."""
        head = unit.role in ("heading", "references", "aside") and kind in ("body", "references", "notes")
        if head or (kind == "body" and unit.role == "text" and self.outline.expects(unit)):
            self.outline.enter(unit)
            return True
        return False

    def _extend(self, unit: Unit, kind: SectionKind) -> None:
        """Adds a section for the unit, or lengthens the last one where it is the same."""
        section = Section(*self._names(unit, kind), kind, unit.start, unit.end)
        last = self.sections[-1] if self.sections else None
        if last and (last.label, last.path, last.kind) == (section.label, section.path, kind):
            self.sections[-1] = replace(last, end=unit.end)
        else:
            self.sections.append(section)

    def _names(self, unit: Unit, kind: SectionKind) -> tuple[str, tuple[str, ...]]:
        if kind == "abstract":
            name = "摘要" if self.language == "zh" else "Abstract"
            return name, (name,)
        return (self.outline.label, self.outline.path) if kind in ("body", "references") else ("", ())

    def _read(self, unit: Unit, begins: bool) -> None:
        """Adds a unit of running text to its paragraph. A heading closes the paragraph before it."""
        if unit.role == "heading":
            self.open = None
        label = _ABSTRACT.match(unit.raw) if unit.role == "abstract" else None
        start = unit.start + unit.lead + (label.end() if label else 0)
        if start >= unit.end or (unit.role == "heading" and not _FULL_STOP.search(unit.text)):
            return
        if self.open is not None and not begins and not unit.item and self._reads_on(self.open, unit):
            self.paragraphs[-1][0].append((start, unit.end))
        else:
            self.paragraphs.append(([(start, unit.end)], len(self.sections) - 1))
        self.open = None if unit.role == "heading" else unit

    def _reads_on(self, before: Unit, unit: Unit) -> bool:
        """Whether a unit goes on where the one before broke off."""
        if before.ended or (before.item and not unit.text[:1].islower()):
            return False
        if before.cited:
            return unit.text[:1] in "，。、；：,;)）"
        if self.language == "zh":
            return True
        return unit.text[:1].islower() or before.text.endswith((",", "-", "–", "—")) or len(before.text) > 100
