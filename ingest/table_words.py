"""What the words in and around a table mean: numbers, units, times, places, captions, notes.

Nothing is guessed: a number that is not written as one, or a unit that is not known, is said to be so.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from ingest.periods import period
from ingest.quantities import quantity
from ingest.table_sources import folded
from kg.iris import normal
from kg.model import Period, Quantity
from kg.ontology import Entry, Ontology

# ---- Numbers

_GAP = "[ ,，'’\u2009\u202f\xa0\u2002\u2005\u2006]"
_NUMBER = re.compile(
    rf"(?P<about>[约近≈~])?\s?(?P<sign>[-−–—－+])?(?P<money>(?:US|HK|NT)?[$€£¥])?\s?"
    rf"(?P<whole>\d{{1,3}}(?:{_GAP}\d{{3}})+|\d+)(?P<part>[.．]\d+)?\s?(?P<mark>[%％‰])?"
)
_FOOTNOTE = re.compile(
    r"\s*(?:\^?\{?\[\w{1,3}\]\}?|\^\{?[\w*,]{1,4}\}?|[*†‡§#①-⑳]+|[(（][*†①-⑳][)）]|(?<=\d)\s?[（(]?注\d?[)）]?)$"
)
_NONE = re.compile(
    r"[-−–—－―_]{1,4}|\.{2,6}|…{1,2}|/|\\|n\.?\s?[/.]?\s?a\.?|nil|none|无|缺|缺失|未公布|暂无|×|x|‐|不详", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Number:
    """A cell's number as written, and the mark (%, ‰, $) that gives its unit in the cell itself. `digits` is how many
    stand behind the point."""

    value: Decimal
    mark: str = ""
    digits: int = 0
    approximate: bool = False


def number(words: str) -> Number | None:
    """The number that a cell's words are, thin spaces and commas between its thousands left out; else None.

    >>> number("33 357.1").value, number("−1.3 %"), number("47. 1%"), number("760.3 174.1")
    (Decimal('33357.1'), Number(value=Decimal('-1.3'), mark='%', digits=1, approximate=False), None, None)
    """
    match = _NUMBER.fullmatch(_FOOTNOTE.sub("", words.strip()))
    if match is None or len(match["whole"]) > 24:
        return None
    fraction = (match["part"] or "").replace("．", ".")
    value = Decimal(re.sub(_GAP, "", match["whole"]) + fraction)
    negative = (match["sign"] or "+") != "+"
    marks = (match["mark"] or "").replace("％", "%")
    if marks and match["money"]:
        return None
    return Number(
        -value if negative else value, marks or match["money"] or "", max(0, len(fraction) - 1), bool(match["about"])
    )


def is_missing(words: str) -> bool:
    """Whether a cell's words say that there is no figure: a dash, n/a, dots."""
    return _NONE.fullmatch(words.strip()) is not None


def looks_damaged(words: str) -> bool:
    """Whether words are mostly digits and yet no number: what a scan or a broken cell left of one or two."""
    bare = re.sub(r"\s", "", words)
    if is_time(words) or re.search(r"\d\s*%?\s*[-−–—~～至][-−–—]?\s*[<>≤≥＜＞]?\s*\d", words):
        # a range, which is no one number
        return False
    digits = sum(char.isdecimal() for char in bare)
    signs = sum(char in ".,，%％-−–+$€£¥()（）~" for char in bare)
    return digits > 0 and digits + signs >= len(bare) * 0.8 and number(words) is None


def are_fused(words: str) -> bool:
    """Whether words are two numbers in one cell, `760.3 174.1`: the rows around them have slipped together."""
    parts = words.split()
    return len(parts) > 1 and number(words) is None and all(number(part) for part in parts) and "." in words


# ---- Units


@dataclass(frozen=True, slots=True)
class Measure:
    """A unit as a table writes it (`words`, 亿元) and what one of it is (`one`: 100,000,000 CNY). `known` is False
    where only the words are there."""

    words: str
    one: Quantity
    known: bool = True


_ENGLISH = re.compile(
    r"(?:in\s+)?(?P<scale>thousand|million|billion|trillion|bil\.?|mil\.?|bn|mn)s?\s*(?:of\s+)?(?:current\s+|nominal\s+)?"
    r"(?P<unit>.*)",
    re.IGNORECASE,
)
_SCALES = {"bil": "billion", "bil.": "billion", "mil": "million", "mil.": "million", "bn": "billion", "mn": "million"}
_PERCENT = re.compile(
    r"(?:in\s+)?(?:%|％|percent|per cent|percentage)(?:\s+of\s+.{1,40})?|百分比|百分点", re.IGNORECASE
)
_LEAD = re.compile(r"^(?:(?:单位|计量单位|unit|units)\s*[:：]?\s*|in\s+(?=\S))", re.IGNORECASE)


def measure(words: str, ontology: Ontology) -> Measure | None:
    """The unit that the words are; None where they are no unit that is known.

    >>> from kg.ontology import load
    >>> measure("亿元", load()).one.text(), measure("in millions of current dollars", load()).one.text()
    ('100000000 CNY', '1000000 USD')
    """
    bare = _LEAD.sub("", folded(words).strip(" ,，;；"), count=1).strip()
    bare = re.sub(r"^[A-Za-z][A-Za-z ]{2,30}, in (?=\S)", "", bare)
    if not bare or len(bare) > 60:
        return None
    if any(char.isdecimal() for char in bare):
        return _measured(words, bare, ontology) if re.fullmatch(r"10{0,4}\s?[万亿]\D{1,8}", bare) else None
    if _PERCENT.fullmatch(bare):
        return _measured(words, "1%", ontology)
    if found := _measured(words, f"1{bare}", ontology):
        return found
    if match := _ENGLISH.fullmatch(bare):
        scale = match["scale"].lower()
        unit = re.sub(r"^U\.?S\.?\s+", "", match["unit"].strip())
        return _measured(words, f"1 {_SCALES.get(scale, scale)} {unit}".strip(), ontology)
    return None


def _measured(words: str, one: str, ontology: Ontology) -> Measure | None:
    found = quantity(one, ontology)
    if found is None or found.low <= 0 or found.low != found.high:
        return None
    return Measure(folded(words).strip(), found)


_BRACKET = re.compile(r"\s*[(（\[［](?P<inner>[^()（）\[\]［］]{1,60})[)）\]］]\s*$")
_SLASH = re.compile(r"\s*[/／](?P<inner>[^/／\d]{1,12})$")
_COMMA = re.compile(r"[,，]\s*(?P<inner>[^,，\d]{1,30})$")


def parted(label: str, ontology: Ontology) -> tuple[str, Measure | None]:
    """A heading without its unit, and the unit: `出口额(亿美元)`, `产量/万吨`, `GDP (in Percent)`.

    >>> from kg.ontology import load
    >>> parted("研究与试验发展(R&D)经费(亿元)", load())[0], parted("研究与试验发展(R&D)", load())
    ('研究与试验发展(R&D)经费', ('研究与试验发展(R&D)', None))
    """
    for pattern in (_BRACKET, _SLASH, _COMMA):
        match = pattern.search(label)
        if match is None:
            continue
        found = measure(match["inner"], ontology)
        if found is None and pattern is _BRACKET and match["inner"].lower().startswith("in "):
            found = Measure(
                match["inner"], Quantity(Decimal(1), Decimal(1), match["inner"][3:].strip(), "amount"), False
            )
        if found:
            return label[: match.start()].strip(), found
    whole = measure(label, ontology)
    return ("", whole) if whole and label.strip() in ("%", "％") else (label, None)


# ---- Times

_TIME = re.compile(
    r"(?P<time>(?:FY\s?)?(?:1[5-9]|20)\d\d(?:\s?[—–\-~～至到/]{1,2}\s?(?:(?:1[5-9]|20)\d\d|\d\d(?!\d)))?\s?(?:年度?)?(?:\s?[—–\-~～至到]{1,2}\s?(?:1[5-9]|20)\d\d年)?)"
    r"(?P<rest>.{0,40})",
    re.IGNORECASE,
)


def time_of(words: str, ontology: Ontology) -> tuple[str, Period, str] | None:
    """The time that words open with, its years, and the rest of the words: `FY2026 (Request)`, `2005–2008`."""
    if found := period(words, ontology.periods):
        return words, found, ""
    match = _TIME.fullmatch(words.strip())
    if match is None or re.match(r"\d", match["rest"]):
        return None
    found = period(match["time"].strip(), ontology.periods)
    rest = match["rest"].strip(" ()（）,，:：")
    return (match["time"].strip(), found, rest) if found else None


def is_year(words: str) -> bool:
    """Whether the words are one year as a heading or key writes it."""
    return re.fullmatch(r"(?:FY\s?)?(?:1[89]|20)\d\d\s?(?:年度?)?[*a-e]?", words.strip(), re.IGNORECASE) is not None


def is_time(words: str) -> bool:
    """Whether the words are one year, or a span of years."""
    span = r"(?:FY\s?)?(?:1[89]|20)\d\d\s?年?\s?(?:[—–\-~～至到/]{1,2}|to)\s?(?:(?:1[89]|20)\d\d|\d\d)\s?(?:年度?)?"
    return is_year(words) or re.fullmatch(span, words.strip(), re.IGNORECASE) is not None


def is_about_time(heading: str) -> bool:
    """Whether a heading is one of years or times."""
    return re.search(r"年|时间|时期|期间|year|period|date|fy\b", heading, re.IGNORECASE) is not None


_CAPTION_TIME = re.compile(
    r"(?<![\d.])(?:FY\s?)?(?:1[5-9]|20)\d\d\s?年?(?:\s?(?:[—–\-~～至到]{1,2}|to|and)\s?(?:FY\s?)?(?:1[5-9]|20)\d\d)?(?:\s?年度?)?(?!\d)",
    re.IGNORECASE,
)


def caption_time(caption: str, ontology: Ontology) -> tuple[str, Period] | None:
    """The time that a caption names, where it names one and not several."""
    found = [folded(match.group()) for match in _CAPTION_TIME.finditer(caption)]
    if len(found) != 1:
        return None
    if re.search(r"[\u4e00-\u9fff]", caption) and re.fullmatch(r"\d{4}", found[0]):
        # 全球企业2000强: without 年, four digits may be anything
        return None
    words = re.sub(r"FY\s?", "", found[0])
    meant = period(words, ontology.periods)
    return (found[0], meant) if meant else None


# ---- Names


class Names:
    """The names that the dictionary knows, to be looked up whole. Made once for an ontology."""

    def __init__(self, ontology: Ontology) -> None:
        self._ontology = ontology
        self._found: dict[str, dict[str, Entry]] = {}
        for entry in ontology.entries.values():
            for name in filter(None, (entry.label_zh, entry.label_en, *entry.aliases, *entry.weak)):
                self._found.setdefault(normal(name), {})[entry.id] = entry
        self._wholes = {entry.parent for entry in ontology.entries.values() if entry.parent}

    def has_parts(self, entry: Entry) -> bool:
        """Whether the dictionary knows what lies in it."""
        return entry.id in self._wholes

    def known(self, words: str, types: Iterable[str]) -> Entry | None:
        """The one thing of those types that has just this name, what stands in brackets left out or not; None where
        there is none, or two."""
        if not words or len(words) > 80:
            return None
        wanted = frozenset(types)
        for variant in dict.fromkeys((words, re.sub(r"[(（][^()（）]*[)）]", "", words))):
            named = self._found.get(normal(variant), {}) if variant else {}
            found = [entry for entry in named.values() if entry.type in wanted]
            if len(found) == 1:
                return found[0]
        return None

    def place(self, words: str) -> Entry | None:
        """The place of that name."""
        return self.known(words, ("Place",))

    def region(self, words: str) -> Entry | None:
        """The place that a label of rows names, 地区 left out or not: 东部 stands for 东部地区."""
        bare = re.sub(r"\s", "", words)
        return (self.place(f"{bare}地区") if bare else None) or self.place(bare)

    def opening(self, words: str) -> Entry | None:
        """The place that a caption opens with, behind its time: 2001—2023年中国…; None where more could be meant."""
        bare = re.sub(r"^[\s,，]+", "", _CAPTION_TIME.sub("", words[:80], count=1))
        for length in range(min(12, len(bare)), 1, -1):
            if (found := self.place(bare[:length])) and re.match(r"[^与和及、/,，]", f"{bare[length:]} "):
                return found
        return None

    def parents(self, entry: Entry) -> tuple[Entry, ...]:
        """What the entry is part of, the nearest first."""
        found: list[Entry] = []
        while entry.parent and (above := self._ontology.entries.get(entry.parent)) and above not in found:
            found.append(above)
            entry = above
        return tuple(found)


TOTALS = frozenset(
    ("合计", "总计", "总和", "总数", "总量", "共计", "全部", "total", "sum", "all", "grandtotal", "总额", "全国合计")
)
SUBTOTALS = frozenset(("小计", "subtotal", "sub-total"))
NATION = frozenset(("全国", "全国合计", "全国总计", "全国平均"))
_OF_WHICH = re.compile(r"#|其中|包括|of which\b|includ(?:ing|es)\b|thereof\b")
_SERIAL = frozenset(("序号", "编号", "排名", "名次", "位次", "no", "no.", "rank", "ranking", "#", "序"))


def is_total(words: str) -> bool:
    """Whether the words name the sum of the other rows or columns."""
    bare = re.sub(r"\s", "", words).lower()
    return bare in TOTALS or bare in NATION - {"全国平均"}


def sums_up(words: str) -> bool:
    """Whether the words name some sum: also `Total, NASA`, `小计`, `Subtotal`."""
    bare = words.strip().lower()
    return (
        is_total(bare)
        or bare in SUBTOTALS
        or re.match(r"(?:sub|grand )?-?total\b|.*(?:合计|总计|小计)$", bare) is not None
    )


def is_of_which(words: str) -> bool:
    """Whether the words name a part of what stands before it: `其中：乘用车`, `of which: cars`."""
    return _OF_WHICH.match(words.strip().lower()) is not None


def is_serial(words: str) -> bool:
    """Whether a heading is one of running numbers or ranks."""
    return re.sub(r"\s", "", words).lower() in _SERIAL


# ---- What stands around a table


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a table is called, what it is about, a unit told for all of it, and its notes."""

    label: str = ""
    caption: str = ""
    unit: str = ""
    notes: tuple[str, ...] = ()


_LABEL = re.compile(
    r"\W{0,4}(?P<label>(?:续|附)?表\s*(?:(?P<short>\d{1,2})(?=(?:19|20)\d\d\D)|[A-Z]?\d{1,3}(?:[-–.．]\d{1,3})*|[一二三四五六七八九十]{1,3}(?=\s))"
    r"|(?:Table|TABLE|Tab\.)\s*(?:[A-Z]?\d{1,3}(?:[-–.]\d{1,3})*|[IVX]{1,5}\b))[.:：、]?\s*(?P<rest>.*)"
)
_UNIT = re.compile(
    r"[(（]?\s*(?:计量)?单位\s*[:：]\s*(?P<unit>[^()（）]{1,40}?)\s*[)）]?$|[(（](?P<inner>[^()（）]*\b(?:in|unit:)\s[^()（）]{2,80})[)）]$",
    re.IGNORECASE,
)
_NOTE = re.compile(
    r"[*_\s(（【]*(?:注\s*\d*|附注|说明|(?:资料|数据)?来源|(?:Data )?sources?|notes?|\*+|[①-⑳]|[a-e]\))\s*[:：.]?",
    re.IGNORECASE,
)
_FAR = 6


def surroundings(text: str, start: int, end: int) -> Surroundings:
    """What the lines before and behind a table say of it."""
    label, caption, unit = _before(text, start)
    return Surroundings(label, caption, unit, _behind(text, end))


def _before(text: str, start: int) -> tuple[str, str, str]:
    """Label, caption and unit from the lines before, read upwards to the line with a label. Without one there is only
    the unit, and a bold or short line that ends in a colon is no caption."""
    lines = [line.strip() for line in text[max(0, start - 2000) : start].splitlines()]
    above: list[str] = []
    unit = ""
    for line in list(reversed([line for line in lines if line]))[:_FAR]:
        bare = re.sub(r"[*#_]{1,3}|</?[a-z][^<>]*>", "", line).strip()
        if match := _LABEL.fullmatch(bare):
            label, rest = _label(match)
            caption = folded(" ".join([rest, *above]))
            if rest_unit := _UNIT.search(caption):
                unit = unit or rest_unit["unit"] or rest_unit["inner"]
                caption = caption[: rest_unit.start()].strip(" ,，")
            return label, _bilingual(text, start, caption, bare), unit
        if not unit and (match := _UNIT.search(bare)) and (match.start() == 0 or len(bare) < 60):
            unit = match["unit"] or match["inner"]
            above = [bare[: match.start()].strip(), *above] if match.start() else above
            continue
        if len(bare) > 120 or "|" in bare or "\t" in line or bare.endswith(("。", ".", "；", "|")) or len(above) > 2:
            break
        above = [bare, *above]
    return "", "", unit


def _label(match: re.Match[str]) -> tuple[str, str]:
    label, rest = match["label"], match["rest"]
    return re.sub(r"(?<=表)\s+", "", folded(label)), folded(rest).lstrip(" ,，.:：、")


def _bilingual(text: str, start: int, caption: str, line: str) -> str:
    """The caption; where it is the English one under a Chinese one, both."""
    if not re.match(r"Tab", line):
        return caption
    lines = [each.strip() for each in text[max(0, start - 2000) : start].splitlines() if each.strip()]
    at = max((n for n, each in enumerate(lines) if line in each), default=0)
    if at and (match := _LABEL.fullmatch(lines[at - 1])) and match["label"].lstrip("续附").startswith("表"):
        return f"{_label(match)[1]} / {caption}"
    return caption


def _behind(text: str, end: int) -> tuple[str, ...]:
    """The notes and sources under a table: lines that open like one, directly below it."""
    found: list[str] = []
    blank = 0
    for line in text[end : end + 4000].splitlines():
        bare = re.sub(r"</?[a-z][^<>]*>", "", line).strip()
        if not bare:
            blank += 1
            if blank > 3:
                break
            continue
        if not _NOTE.match(bare) or len(found) > 5:
            break
        blank = 0
        found.append(folded(bare))
    return tuple(found)
