"""What a piece of a document is by its own looks: heading, running text, caption, footnote, list of references.

A unit is a stretch of lines that belong together on the page (a line, or the wrapped lines of one paragraph).
"""

import re
from dataclasses import dataclass
from typing import Literal

from ingest.marks import CITED, HAN, LATIN, width
from ingest.numbering import Number


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
_LEADER = r".*(?:(?:[.·…] ?){4}| … )[\divxlc]{1,6} ?$"
"""An entry of a table of contents."""
_TABLE = _opens(
    r"[^\t]*\t", r"\s*\|", r".*[^|]\|[^|]*\|", r"<(?:html|table|tr|td)\b", r"\$\$", r":?-{3,}:?\s*(?:\||$)", _LEADER
)
_NOTE = _opens(
    r"[\\*＊†‡■□\s^(（]*(?:通[信讯]作者|第一作者|作者简介|作者单位|责任编辑|责编|投稿邮箱|版权所有)",
    r"[\\*＊†‡■□\s^(（]*(?:资助项目|基金项目|基金资助|项目资助|专题|专刊|网络首发|网络出版\S{0,2})\s*[:：]",
    r"[\\*＊†‡■□\s^(（]*(?:修?改?稿?收[到稿]日期|修[回订]日期|出版日期|接受日期)",
    r"[\\*＊†‡■□\s^(（]*(?:[Ee]-?[Mm]ail|Funding|Received|Accepted|Citation)\s*[:：]",
    r"[\\*＊†‡■□\s^(（]*(?:Corresponding [Aa]uthor|About the [Aa]uthors?|Copyright (?:©|\d)|©)",
    r"[\\*＊†‡]+\s*\S{0,4}(?:作者|资助|项目|基金|author)",
    r"\[\^[^\]\s]{1,24}\]:",
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
LIST_ITEM = re.compile(r"[ \t]*[-*+•●▪◆][ \t]+|\$\\bullet\$|——")
"""What an item of a list starts with."""
_BOLD_LINE = re.compile(r"[ \t]*(\*{1,3})(?!\*)[^*\n]+\1[ \t]*$")
_COLUMNS = re.compile(r"[^\s.!?:;,”\"’)\]*#\-][ \t]{2,}\S")
_REFERENCE_MARK = re.compile(
    r"\[(?:[JMNRCDPSGZ]|EB|DB|CP)(?:\s*/\s*OL)?\]|\[\d{4}-\d{1,2}-\d{1,2}\]|\(\d{4}-\d{1,2}-\d{1,2}\)\s*\["
)
_FOOTNOTE = re.compile(
    r"\s*\^?\s*(?:[①-⑳]|\[\d{1,3}\]|\d{1,2}\s)\s*(?:.*(?:https?://|www\.)|资料来源|数据来源|参见|详见|参考|转引自|同上)"
)
_OWN_CITATION = re.compile(r"\d{4}\s*[,，]\s*\d{1,3}\s*[(（]\s*\d{1,3}\s*[)）]\s*[:：]")
_ORNAMENT = re.compile(r"[\d\s\W_]*$|第\s*\d+\s*页.*|Page \d+.*|www\.\S+$|https?://\S+$")

_STOP = re.compile(r"[。！？!?；;：:….][”’\"'）)】\]」』》〉]*$|;\s*(?:and|or)$")
_CITED_END = re.compile(rf"(?:[\[［]\s*{CITED}\s*[\]］]|</sup>|\}}\s*\$|[①-⑳])\s*$")
_SENTENCE_END = re.compile(r"[。！？!?][”’\"'）)】\]」』》〉]*$|[A-Za-z0-9%)”\"][.][”’\"'）)】\]]*$")

Role = Literal["text", "heading", "stray", "aside", "note", "meta", "abstract", "references"]
"""What a unit is. `stray`: a short line without a stop; `aside`: the heading of notes or contents; `meta`: keywords,
classification, the words with which to cite."""


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
        return LIST_ITEM.match(self.raw) is not None

    @property
    def ended(self) -> bool:
        """Whether it ends where a sentence, or an item of a list, ends."""
        return _STOP.search(self.text) is not None

    @property
    def whole(self) -> bool:
        """Whether it ends with a full stop, as a sentence does and a heading or caption does not."""
        return _SENTENCE_END.search(self.text) is not None

    @property
    def cited(self) -> bool:
        """Whether it ends with a citation: the stop before it was lost, or its sentence goes on with a comma."""
        return _CITED_END.search(self.raw) is not None

    @property
    def foreign(self) -> str:
        """The language it is wholly in, or nothing where it is mixed or too short to say."""
        han, latin = len(HAN.findall(self.text)), len(LATIN.findall(self.text))
        if han + latin < 12:
            return ""
        return "en" if han * 25 < latin else "zh" if latin * 2 < han else ""

    @property
    def heads_part(self) -> bool:
        """Whether it is one of the words that head the parts of a paper: 引言, Conclusions."""
        return _KNOWN_HEADING.match(self.text) is not None

    @property
    def bold(self) -> bool:
        """Whether the whole line is in bold or italic type."""
        return _BOLD_LINE.match(self.raw) is not None

    @property
    def reference(self) -> bool:
        """Whether it holds the mark of an entry of a list of references: [J], [EB/OL]."""
        return _REFERENCE_MARK.search(self.raw) is not None

    @property
    def own_citation(self) -> bool:
        """Whether it holds year, volume and issue, as a paper's own citation does."""
        return _OWN_CITATION.search(self.text) is not None

    @property
    def label_end(self) -> int:
        """Where in `raw` the words behind `Abstract:` begin; 0 where it begins no abstract."""
        found = _ABSTRACT.match(self.raw) if self.role == "abstract" else None
        return found.end() if found else 0


_ROLES: tuple[tuple[Role, re.Pattern[str]], ...] = (
    ("references", _REFERENCES),
    ("abstract", _ABSTRACT),
    ("aside", _ASIDE),
    ("meta", _META),
    ("note", _NOTE),
    ("note", _SOURCE),
    ("note", _TABLE),
)


def begins_part(line: str) -> bool:
    """Whether a line begins as a caption, a source, a note, keywords, an abstract or a list of references does."""
    return any(pattern.match(line) for pattern in (_CAPTION, _SOURCE, _NOTE, _META, _ABSTRACT, _REFERENCES))


def heads_references(line: str) -> bool:
    """Whether a line is the heading of a list of references."""
    return _REFERENCES.match(line) is not None


def ends_sentence(line: str) -> bool:
    """Whether a line ends where a sentence, or an item of a list, ends."""
    return _STOP.search(line) is not None


def role_of(unit: Unit) -> Role:
    """What a unit is, whatever role it has been given so far."""
    for role, pattern in _ROLES:
        if pattern.match(unit.raw):
            return role
    if _ORNAMENT.match(unit.text) or not unit.text or unit.text.endswith("]]"):
        return "note"
    if _CAPTION.match(unit.text) and not (unit.whole and width(unit.text) > 120):
        return "note"
    if _footnote(unit) or _drawing(unit) or _entry(unit):
        return "note"
    if _heading(unit):
        return "heading"
    running = unit.ended or unit.item or width(unit.text) > 80 or re.search("[，。,；]", unit.text)
    return "text" if running else "stray"


def _footnote(unit: Unit) -> bool:
    """Whether it is a footnote, an entry of a list of references, or the paper's own citation at a page's head."""
    if _FOOTNOTE.match(unit.raw):
        return True
    if unit.reference:
        return width(unit.text) < 400
    short = unit.own_citation and width(unit.text) < 160
    return short and not _SENTENCE_END.search(unit.text.rstrip(".0123456789"))


def _drawing(unit: Unit) -> bool:
    """Whether it is the words of a drawing or table that lost its lines: many short ones and no punctuation."""
    return len(unit.raw.split()) > 8 and re.search("[，。,；：:;、.]", unit.text) is None and unit.foreign != "en"


def _entry(unit: Unit) -> bool:
    """Whether it is a row of a table set in columns, or an item of a list of mere names."""
    if unit.whole:
        return False
    return len(_COLUMNS.findall(unit.raw)) > 1 or (unit.item and not unit.ended and _few_words(unit.text))


def _few_words(text: str) -> bool:
    """Whether it has too few words for a sentence: under six in Latin letters, under twelve characters of Chinese."""
    return len(text.split()) < 6 and len(HAN.findall(text)) < 12


def _heading(unit: Unit) -> bool:
    """Whether it is a heading by its marks or its number, or one of the words that head the parts of a paper."""
    if unit.marks:
        return width(unit.text) <= 160 and not re.search(r"[；;，,]$", unit.text)
    if unit.heads_part:
        return True
    if unit.item or unit.ended or width(unit.text) > 90 or re.search("[。！？]|[,，、]$", unit.text):
        return False
    return (unit.number is not None and unit.number.style != "figure") or (unit.lone and unit.bold)
