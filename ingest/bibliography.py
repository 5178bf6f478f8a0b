"""What a document says of itself: title, authors and where they work, journal, year, DOI, keywords. Nothing is
guessed."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ingest.marks import visible
from kg.iris import normal
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
    **dict.fromkeys(("affiliation", "affiliations", "单位", "作者单位", "机构"), "affiliations"),
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
_LISTS = ("authors", "keywords", "affiliations")
_HEADING = re.compile(r"\s*#{1,3}(?!#)\s*(?=\S)")
_SHORT = 6
"""A heading of so few characters before a longer one names a journal's column, not the paper."""
_LONGEST_CITATION = 1000
"""A longer line, in characters, is no citation."""
_BRACKETED = re.compile(r"[(（].*[)）]")
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
    headings = _headings(lines)
    stated = {**headings, **_running_citation(text, headings), **_citations(lines), **fields}
    year = stated.get("year", "")
    return Bibliography(
        title_zh=stated.get("title zh", ""),
        title_en=stated.get("title en", ""),
        authors=_names(fields, "authors zh")
        or _byline(lines, stated)
        or _names(stated, "authors zh")
        or _crowded_byline(lines),
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
        affiliations=_split(fields.get("affiliations zh", "")) or _affiliations(lines, chinese=True),
        affiliations_en=_split(fields.get("affiliations en", "")) or _affiliations(lines, chinese=False),
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


def _running_citation(text: str, headings: Mapping[str, str]) -> dict[str, str]:
    """What a line says that cites the paper under its own title, as journals print at the foot of pages."""
    title = normal(headings.get("title zh", ""))
    if len(title) < _SHORT:
        return {}
    for line in text.splitlines():
        cited = _CITATION.match(line.strip("# \t")) if len(line) < _LONGEST_CITATION else None
        if cited and normal(cited["title"]).startswith(title):
            said = {key: re.sub(r"\s", "", cited[key] or "") for key in ("year", "volume", "issue", "pages")}
            said |= {"journal zh": cited["journal"].strip(), "authors zh": cited["authors"].strip()}
            return {key: value for key, value in said.items() if value}
    return {}


def _headings(lines: Sequence[_Line]) -> dict[str, str]:
    """The titles by their marks: the first heading in each language, or the first long one where that is a column's
    or stands in brackets."""
    found: dict[str, str] = {}
    for line in lines:
        title = " ".join(_MARKS.sub(" ", line.raw).split())
        if not line.heading or _FIELD.match(line.raw) or _ADDRESS.search(title) or _han_names(line.raw):
            continue
        key = f"title {_script(title)}"
        before = found.get(key, "")
        if len(title) > _SHORT and (len(before) <= _SHORT or _BRACKETED.fullmatch(before)):
            found[key] = title
        else:
            found.setdefault(key, title)
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


def _crowded_byline(lines: Sequence[_Line]) -> tuple[str, ...]:
    """The Chinese names that a line at the head begins with, where its rest is where they work: `甲某1（1某大学 …`."""
    for line in lines:
        said = _SUPERSCRIPT.sub(" ", line.raw).strip()
        if line.heading or _LIST_LINE.match(line.raw) or not _AFFILIATION.search(line.raw):
            continue
        names: list[str] = []
        for part in re.split(r"[\s,，、;；.．()（）」]+", said):
            glued = _GLUED.match(part)
            if not part or not (_HAN_NAME.match(part) or glued) or _AFFILIATION.search(part[:3]):
                break
            names.append(glued[1] if glued else part)
            if glued:
                break
        if names:
            return tuple(names)
    return ()


_GLUED = re.compile(
    "([\u4e00-\u9fff]{2,3}?)(?:中国|国家|北京|天津|上海|重庆|河北|山西|辽宁|吉林|黑龙江|江苏|浙江|安徽|福建|江西|山东|河南|湖北|湖南"
    "|广东|海南|四川|贵州|云南|陕西|甘肃|青海|台湾|内蒙古|广西|西藏|宁夏|新疆|香港|澳门)[\u4e00-\u9fff]{2,}"
)
"""A name with no space before the institution, which begins with its country or province."""


# --- where the authors work -------------------------------------------------------------------------------------------

_POSTCODE = r"(?<![\d.\-/])(?=(?:[lOo]?\d){3})[\dlOo]{6}(?![A-Za-z\d])"
"""Six digits, which OCR may have read as letters."""
_APART = re.compile(r"(?<!\d)\d{1,2}(?!\d)[.．)）]?|[¹²³⁴⁵⁶⁷⁸⁹;；(（」【】\[\]]")
"""What stands between the institutions of a line: their numbers, brackets, semicolons."""
_BODY_ZH = re.compile(
    r"[\u4e00-\u9fff·“”（）()\s]*?[\u4e00-\u9fff](?:大学|学院|研究[院所]|科学院|研究会|实验室|中心|委员会|公司|部|局|厅|署|处|院|所"
    r"|图书馆|银行|协会|学会|集团|系)(?![\u4e00-\u9fff]{0,12}(?:大学|学院|研究[院所]|中心|所|系|局|会|公司))"
)
_BODY_EN = re.compile(rf"(?:[l丨]\s*)?(?P<name>[A-Z].*?\s.*?)[,，]?\s*[,，]\s*[A-Z][A-Za-z' ]{{2,24}}?\s*{_POSTCODE}")
_MOST_AFFILIATIONS = 20


def _affiliations(lines: Sequence[_Line], *, chinese: bool) -> tuple[str, ...]:
    """The institutions that the lines with postcodes at the head name in that language, in their order."""
    found: list[str] = []
    for line in lines:
        other = len(line.raw) > _LONGEST_CITATION or _labelled(line.raw) or _KEYWORDS.match(line.raw)
        if line.chinese != chinese or other or not re.search(_POSTCODE, line.raw):
            continue
        pieces = (piece for piece in _APART.split(_MARKS.sub(" ", line.raw)) if re.search(_POSTCODE, piece))
        found += filter(None, map(_body_zh if chinese else _body_en, pieces))
    return tuple(dict.fromkeys(found))[:_MOST_AFFILIATIONS]


def _body_zh(piece: str) -> str:
    """The institution at the head of an address, without the city, the postcode and names of people before it."""
    address = re.split(_POSTCODE, piece)[0]
    named = re.split(r"[,，]", address)[0] if _AFFILIATION.search(re.split(r"[,，]", address)[0]) else address
    parts = named.split()
    while len(parts) > 1 and not _BODY_ZH.search(parts[0]):
        # a name, or the number of the address
        parts = parts[1:]
    ends = [m.end() for m in _BODY_ZH.finditer(" ".join(parts))]
    if not ends:
        return ""
    body = " ".join(parts)[: ends[-1]].strip(" (（)）0123456789.．丨")
    glued = _GLUED.match(body)
    return body[len(glued[1]) :] if glued else body


def _body_en(piece: str) -> str:
    found = _BODY_EN.search(piece)
    return " ".join(found["name"].split()) if found else ""


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
