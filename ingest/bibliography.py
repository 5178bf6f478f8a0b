"""What a document says of itself: title, authors, journal, year, DOI, keywords. Nothing is guessed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.marks import visible
from kg.model import Bibliography, Section

_FIELDS: Mapping[str, str] = {
    **dict.fromkeys(("title", "题名", "题目", "标题", "title_zh", "title_en", "英文题名", "英文标题"), "title"),
    **dict.fromkeys(("author", "authors", "authors_en", "作者", "英文作者"), "authors"),
    **dict.fromkeys(("journal", "期刊", "刊名", "journal_zh", "journal_en", "英文刊名"), "journal"),
    **dict.fromkeys(("year", "date", "年", "年份", "日期", "发表时间"), "year"),
    **dict.fromkeys(("volume", "卷"), "volume"),
    **dict.fromkeys(("issue", "number", "期"), "issue"),
    **dict.fromkeys(("pages", "page", "页", "页码"), "pages"),
    "doi": "doi",
    **dict.fromkeys(("keywords", "key words", "keyword", "keywords_en"), "keywords"),
}
_FIELD = re.compile(r"[#*\s]*(?P<key>[A-Za-z_ ]{3,16}|[年卷期页]|[\u4e00-\u9fff]{2,5})\**\s*[:：]\**\s*(?P<value>.*)$")
_LIST_LINE = re.compile(r"\s*-\s+(.+)$")

_CITATION = re.compile(
    r"""(?:(?P<label>引用格式|引用本文|欢迎按以下格式引用|Citation\ Format|Cite\ this(?:\ article)?(?:\ as)?|To\ cite)
    \s*[:：]\s*)?
    (?P<authors>[^.．\[\]\#/|:：]{2,200}?)[.．]\s*
    (?P<title>\S.{3,300}?)\s*(?:\[J(?:/OL)?\]\s*)?[.．]\s*
    (?P<journal>[^,，.．]{2,120}?)\s*[,，]\s*
    (?P<year>(?:19|20)\d{2})\s*(?:[,，]\s*(?P<volume>\d{1,4})\s*)?(?:[(（]\s*(?P<issue>[^)）\s]{1,12})\s*[)）]\s*)?
    [:：]\s*(?P<pages>[\dA-Za-z]+(?:\s*[-–—]\s*[\dA-Za-z]+)?)""",
    re.VERBOSE,
)
_DOI = re.compile(r"10\.\d{4,9}/[!-~]*?[0-9A-Za-z](?=[.,;)\]<>]*(?:[^!-~]|$))")
_KEYWORDS = re.compile(
    r"[#*\s【\[［]*(?:关\s*键\s*词|Key\s*[Ww]ords?|KEY\s*WORDS?)[\s】\]］*]*[:：]?[\s*]*(?P<words>.*)$", re.DOTALL
)
_AFTER_KEYWORDS = re.compile(
    r"(?:【|\[|［|\*\*)?\s*(?:DOI\b|CSTR\b|中图分类号|分\s*类\s*号|文献标[志识]码).*$", re.DOTALL
)
_SEPARATOR = re.compile(r"\s*[;；,，、]\s*")
_LISTS = ("authors", "keywords")
_HEADING = re.compile(r"\s*#{1,3}(?!#)\s*(?=\S)")
_SHORT = 6
"""A heading of so few characters before a longer one names a journal's column, not the paper."""
_MARKS = re.compile(r"<sup>.*?</sup>|\^\{[^}]*\}|\$[^$]*\$|\\?\*+|^[\s#]+|\s#+\s*$")
_SUPERSCRIPT = re.compile(r"<sup>.*?</sup>|\^\{[^}]*\}|\$[^$]*\$|[\\*＊†‡■#^]|[¹²³⁴⁵⁶⁷⁸⁹⁰]|\d+(?:[,，.]\d+)*")
_HAN_NAME = re.compile(
    r"(?:[\u4e00-\u9fff]{2,3}|(?:欧阳|司马|上官|诸葛|皇甫|尉迟|公孙|慕容|令狐|司徒|端木|夏侯)[\u4e00-\u9fff]{2}"
    r"|[\u4e00-\u9fff]+·[\u4e00-\u9fff·]+)$"
)
_LATIN_NAME = re.compile(r"[A-Z][A-Z'’-]+ [A-Z][a-z'’-]+(?: [A-Z][a-z'’-]+)?")
_AFFILIATION = re.compile(
    r"大学|学院|研究[院所]|科学院|研究会|实验室|中心|委员会|公司|[部局厅署]\s*(?:\S{2,4}\s*)?\d{6}|\d{6}"
)
_ADDRESS = re.compile(r"\d{6}|(?:大学|学院|研究[院所]|科学院|中心|公司|[部局])$")
_HAN = re.compile(r"[\u4e00-\u9fff]")


@dataclass(frozen=True, slots=True)
class _Line:
    """A line of the parts in which a document speaks of itself: as it stands, and as it reads."""

    raw: str
    text: str

    @property
    def heading(self) -> bool:
        return _HEADING.match(self.raw) is not None

    @property
    def chinese(self) -> bool:
        return _HAN.search(self.text) is not None


def read_bibliography(text: str, sections: Sequence[Section]) -> Bibliography:
    """The bibliographic data that a document states in its front matter, its head, the citation it asks for and the
    abstract in the other language; empty where it does not. Fields that are named win over the citation."""
    lines = list(_lines(text, sections))
    fields = _fields(lines)
    stated = {**_headings(lines), **_citations(lines), **fields}
    year = stated.get("year", "")
    return Bibliography(
        title_zh=stated.get("title zh", ""),
        title_en=stated.get("title en", ""),
        authors=_names(fields, "authors zh") or _byline(lines, stated) or _names(stated, "authors zh"),
        authors_en=_names(fields, "authors en") or _latin_byline(lines) or _names(stated, "authors en"),
        journal_zh=stated.get("journal zh", ""),
        journal_en=stated.get("journal en", ""),
        year=int(year) if year else None,
        volume=stated.get("volume", ""),
        issue=stated.get("issue", ""),
        pages=stated.get("pages", ""),
        doi=stated.get("doi") or _doi(lines),
        keywords=_split(fields.get("keywords zh", "")) or _keywords(lines, chinese=True),
        keywords_en=_split(fields.get("keywords en", "")) or _keywords(lines, chinese=False),
    )


def _lines(text: str, sections: Sequence[Section]) -> Iterator[_Line]:
    """The lines of the head, of the parts in the other language, and of notes that ask to be cited."""
    for section in sections:
        if section.kind in ("body", "references", "abstract"):
            continue
        at = section.start
        for raw in text[section.start : section.end].splitlines(keepends=True):
            line = _Line(raw.strip("\ufeff \t\r\n"), visible(text, [(at, at + len(raw.rstrip()))]).text)
            at += len(raw)
            if line.raw and (section.kind != "notes" or _labelled(line.raw)):
                yield line


def _labelled(raw: str) -> bool:
    found = _CITATION.match(raw)
    return found is not None and found["label"] is not None


def _script(text: str) -> str:
    return "zh" if _HAN.search(text) else "en"


# --- named fields -----------------------------------------------------------------------------------------------------


def _fields(lines: Sequence[_Line]) -> dict[str, str]:
    """The values of `title:`, `authors:` and the like, of front matter or of lines at the head; lists joined by ;"""
    found: dict[str, str] = {}
    key = ""
    for line in lines:
        if item := _LIST_LINE.match(line.raw):
            value = item[1]
        elif field := _FIELD.match(line.raw):
            key, value = _FIELDS.get(_key(field["key"]), ""), field["value"]
        else:
            key = ""
        if key and (value := value.strip().strip("[]\"' ")):
            _put(found, key, value)
    return found


def _key(written: str) -> str:
    """A field's name as `_FIELDS` has it; `Keywords:` with a capital is the paper's own line, read elsewhere."""
    key = written.strip()
    return key if key.lower().startswith("key") else key.lower()


def _put(found: dict[str, str], key: str, value: str) -> None:
    """Takes in a value: the first one of a field, all of a list."""
    value = "; ".join(part.strip(" \"'") for part in _SEPARATOR.split(value)) if key in _LISTS else value
    if key in ("title", "journal", *_LISTS):
        key = f"{key} {_script(value)}"
    if key == "year":
        value = (re.search(r"(?:19|20)\d{2}", value) or [""])[0]
    if key.split()[0] in _LISTS and key in found:
        found[key] += "; " + value
    elif value:
        found.setdefault(key, value)


# --- the citation a document asks for, its headings -------------------------------------------------------------------


def _citations(lines: Sequence[_Line]) -> dict[str, str]:
    """What the citations of the document itself say, as GB/T 7714 writes them, in either language."""
    found: dict[str, str] = {}
    for line in lines:
        if cited := _CITATION.match(line.raw):
            script = _script(cited["title"])
            for key in ("title", "journal"):
                found.setdefault(f"{key} {script}", cited[key].strip())
            found.setdefault(f"authors {script}", cited["authors"].strip())
            for key in ("year", "volume", "issue", "pages"):
                found.setdefault(key, re.sub(r"\s", "", cited[key] or ""))
    return found


def _headings(lines: Sequence[_Line]) -> dict[str, str]:
    """The titles by their marks: the first heading in each language, or the first long one where that is a column's."""
    found: dict[str, str] = {}
    for line in lines:
        title = " ".join(_MARKS.sub(" ", line.raw).split())
        if not line.heading or _FIELD.match(line.raw) or _ADDRESS.search(title) or _han_names(line.raw):
            continue
        key = f"title {_script(title)}"
        if len(found.get(key, "")) <= _SHORT < len(title) or key not in found:
            found[key] = title
    return found


def _doi(lines: Sequence[_Line]) -> str:
    found = (_DOI.search(line.raw) for line in lines)
    return next((doi[0] for doi in found if doi), "")


# --- names and keywords -----------------------------------------------------------------------------------------------


def _names(found: Mapping[str, str], key: str) -> tuple[str, ...]:
    """The names in a field or citation, without "et al."."""
    return tuple(name for name in _split(found.get(key, "")) if name not in ("等", "et al", "et al."))


def _split(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _SEPARATOR.split(text) if part.strip())


def _byline(lines: Sequence[_Line], stated: Mapping[str, str]) -> tuple[str, ...]:
    """The Chinese names on a line of their own at the head: under the title, beside the authors' address, or those
    that the citation begins with."""
    first = _names(stated, "authors zh")[:1]
    for n, line in enumerate(lines):
        names = _han_names(line.raw)
        beside = any(_AFFILIATION.search(other.text) for other in lines[max(0, n - 1) : n + 2])
        if names and (names[:1] == first if first else beside and line.text != stated.get("title zh")):
            return names
    return ()


def _han_names(raw: str) -> tuple[str, ...]:
    """The names that a line consists of, or none. A name may be set wide: 邢 颖."""
    parts = re.split(r"[\s,，、;；]+", _SUPERSCRIPT.sub(" ", raw).strip())
    names: list[str] = []
    for part in parts:
        if names and len(names[-1]) == 1 and len(part) == 1:
            names[-1] += part
        elif part:
            names.append(part)
    return tuple(names) if names and all(_HAN_NAME.match(name) for name in names) else ()


def _latin_byline(lines: Sequence[_Line]) -> tuple[str, ...]:
    """The names on a line such as `YAO Shujie, CHEN Xiyi`: family name in capitals, nothing else on it."""
    for line in lines:
        bare = "" if _LIST_LINE.match(line.raw) else _SUPERSCRIPT.sub(" ", line.raw)
        names = _LATIN_NAME.findall(bare)
        if names and not re.search(r"\w", re.sub(r"\band\b", "", _LATIN_NAME.sub("", bare))):
            return tuple(names)
    return ()


def _keywords(lines: Sequence[_Line], *, chinese: bool) -> tuple[str, ...]:
    """The words of the line of keywords in that language; parted by spaces where they have no other marks."""
    for line in lines:
        found = _KEYWORDS.match(line.raw)
        if found and line.chinese == chinese:
            words = _AFTER_KEYWORDS.sub("", found["words"]).replace("*", "").strip(" ;；.。")
            parts = _split(words)
            parts = tuple(re.split(r"\s+", words)) if chinese and len(parts) == 1 else parts
            return tuple(part for part in parts if part)
    return ()
