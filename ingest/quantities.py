"""What words for a value mean as a number: 超3 000亿日元 is more than 3·10¹¹ JPY, 30%—40% is a share from 30 to 40.

Units, with what they measure and the currency, are `ontology/units.csv`; the words by which an indicator shows that its
figure is a share, a growth rate or a price stand in `ontology/qualifiers.ttl`. Nothing is guessed: a value that is not
understood to its last character is None.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import cache

from ingest.patterns import longest_first
from kg.model import Comparator, Quantity
from kg.ontology import Ontology, Unit

_ABOUT = "约为?|大约|大概|将近|接近|近|几乎|about|around|approximately|roughly|nearly|almost|circa"
_MORE = "超过?|逾|多于|高于|大于|突破|more than|over|above|exceeding"
_LESS = "不到|不足|低于|少于|小于|未满|less than|under|below|fewer than"
_LEAST = "至少|不少于|不低于|at least|no less than"
_MOST = "至多|最多|不超过|不高于|不多于|up to|at most|no more than"
_PLAIN = "普遍|平均|仅为?|只有?|共计?|总计|合计|累计|高达|达到?|为|最高|均|都|only|a total of|some"
_WORDS: tuple[tuple[Comparator, str], ...] = (
    ("≥", _LEAST),
    ("≤", _MOST),
    ("≈", _ABOUT),
    (">", _MORE),
    ("<", _LESS),
    ("=", _PLAIN),
)
_AHEAD: dict[Comparator, re.Pattern[str]] = {
    sign: re.compile(f"(?:{words})\\s?", re.IGNORECASE) for sign, words in _WORDS
}
"""Words before a number, those that hold others first (不超过 before 超过)."""
_BEHIND: dict[Comparator, re.Pattern[str]] = {
    ">": re.compile("以上| or more|\\+"),
    "<": re.compile("以下|以内|之内"),
    "≈": re.compile("左右|上下"),
}

_SCALES = {
    "百": 2,
    "千": 3,
    "万": 4,
    "十万": 5,
    "百万": 6,
    "千万": 7,
    "亿": 8,
    "十亿": 9,
    "百亿": 10,
    "千亿": 11,
    "万亿": 12,
}
_SCALES |= {"thousand": 3, "million": 6, "billion": 9, "trillion": 12, "m": 6, "bn": 9}
_DIGITS = r"[+-]?\d{1,3}(?:[ ,，]\d{3})+(?:\.\d+)?|[+-]?\d+(?:\.\d+)?"
_SCALE = "|".join(longest_first(_SCALES))
_SIGN = r"(?:US|HK|NT)?[$€£¥]"


def _number(name: str) -> str:
    """A pattern for a number with its scale, 多 or 余 on either side of that, and a unit that is a mark."""
    several, scale = rf"(?P<{name}_more>[多余])?\s?", rf"(?P<{name}_scale>{_SCALE})?(?P<{name}_rest>[多余])?\s?"
    return rf"(?P<{name}>{_DIGITS})\s?{several}{scale}(?P<{name}_unit>[%％‰])?"


_NUMBER = re.compile(
    rf"(?P<sign>{_SIGN})?\s?{_number('low')}(?:\s?(?:[—–~～至到-]{{1,2}}|to)\s?{_number('high')})?\s?", re.IGNORECASE
)
_RANK = re.compile(
    r"(?:位[居列]|排名)?(?:全[国球]|世界)?(?:首位|第一|第(?P<place>\d+|[一二三四五六七八九十]))(?:[位名]|大)?"
)
_PER = re.compile(r"(?:/|每|per )\s?", re.IGNORECASE)
_CHINESE = {digit: number for number, digit in enumerate("一二三四五六七八九十", 1)}
_YEARS = range(1500, 2200)


def quantity(words: str, ontology: Ontology, about: str = "") -> Quantity | None:
    """The number that the words mean, `about` being the name of what they measure; None where they mean none."""
    words = words.strip(" ,，。")
    if match := _RANK.fullmatch(words):
        place = match.group("place") or "1"
        number = Decimal(_CHINESE.get(place) or int(place))
        return Quantity(number, number, "位", "rank")
    ahead, rest = _ahead(words)
    match = _NUMBER.match(rest)
    if match is None:
        return None
    behind, unit = _behind(rest[match.end() :])
    several: list[Comparator] = [">"] if _several(match) else []
    sign = _joined([*ahead, *behind, *several])
    return _made(match, sign, unit, about, ontology) if sign else None


def _joined(signs: list[Comparator]) -> Comparator | None:
    """What several comparisons of one number come to: nearly more (几乎超过) is about as much; None for others."""
    told = set(signs) - {"="}
    if "≈" in told:
        return "≈"
    return None if len(told) > 1 else told.pop() if told else "="


def _ahead(words: str) -> tuple[list[Comparator], str]:
    found: list[Comparator] = []
    while match := next(((sign, m) for sign, p in _AHEAD.items() if (m := p.match(words))), None):
        found.append(match[0])
        words = words[match[1].end() :]
    return found, words


def _behind(words: str) -> tuple[list[Comparator], str]:
    for sign, pattern in _BEHIND.items():
        for match in pattern.finditer(words):
            if match.end() == len(words):
                return [sign], words[: match.start()].strip()
    return [], words.strip()


def _several(match: re.Match[str]) -> bool:
    """Whether 多 or 余 stands behind the number: some more than it."""
    return any(match.group(f"{part}_{place}") for part in ("low", "high") for place in ("more", "rest"))


def _made(match: re.Match[str], comparator: Comparator, rest: str, about: str, ontology: Ontology) -> Quantity | None:
    sign, unit = match.group("sign") or "", match.group("high_unit") or match.group("low_unit") or ""
    if (sign or unit) and ((unit and sign) or (rest and not _PER.match(rest))):
        return None
    measured = _unit(f"{sign or unit}{rest}", ontology.units)
    if measured is None or _is_year(match, measured) or (ends := _ends(match)) is None:
        return None
    low, high = ends
    whole = low == low.to_integral_value() and high == high.to_integral_value()
    kind = _kind(measured, whole, about, ontology)
    if not _can_be(kind, low, high):
        return None
    try:
        return Quantity(low, high, measured.unit, kind, comparator, measured.currency)
    except ValueError:
        # more digits than can be kept exactly
        return None


def _can_be(kind: str, low: Decimal, high: Decimal) -> bool:
    """Whether there can be such a figure: no share of more than all, and nothing less than none."""
    return kind in ("growth-rate", "amount", "price", "ratio") or (low >= 0 and (kind != "share" or high <= 100))


def _ends(match: re.Match[str]) -> tuple[Decimal, Decimal] | None:
    """The number, or the two of a range, which share a scale that only the second has (3—5万) where that leaves no
    doubt; None for what is no range."""
    if match.group("high") is None:
        number = _decimal(match.group("low"), match.group("low_scale"))
        return number, number
    shared = match.group("low_scale") or match.group("high_scale")
    low, high = _decimal(match.group("low"), shared), _decimal(match.group("high"), match.group("high_scale"))
    marks = {match.group("low_unit"), match.group("high_unit")}
    alike = len(marks) == 1 or marks == {None, match.group("high_unit")}
    return (low, high) if low < high and alike else None


def _is_year(match: re.Match[str], measured: Unit) -> bool:
    return measured.unit in ("年", "1") and match.group("low").isdecimal() and int(match.group("low")) in _YEARS


def _decimal(digits: str, scale: str | None) -> Decimal:
    number = Decimal(re.sub("[ ,，]", "", digits))
    return number.scaleb(_SCALES[scale.lower()]) if scale else number


_BARE = Unit((), "1", "count", "")


def _unit(words: str, units: tuple[Unit, ...]) -> Unit | None:
    """The unit of that name, or of one per another: 元/千瓦时. None where it is not known."""
    if not words:
        return _BARE
    if found := _known(units).get(words.strip().lower()):
        return found
    for match in _PER.finditer(words):
        one, other = _unit(words[: match.start()], units), _unit(words[match.end() :], units)
        if one and other and _BARE not in (one, other):
            return Unit((), f"{one.unit}/{other.unit}", "price" if one.currency else "ratio", one.currency)
    return None


@cache
def _known(units: tuple[Unit, ...]) -> Mapping[str, Unit]:
    return {name.lower(): unit for unit in units for name in unit.names}


def _kind(measured: Unit, whole: bool, about: str, ontology: Ontology) -> str:
    """What a number, `whole` or not, measures: as the unit says, or the name of what it is about of such a unit."""
    told = _told(about.lower(), ontology)
    if measured.unit == "1" and not whole:
        # 0.054 things cannot be counted
        return "ratio"
    if measured.unit == "%":
        return told if told in ("growth-rate", "share") else measured.kind
    if measured.kind == "amount" and measured.currency:
        return told if told == "price" else measured.kind
    return measured.kind


def _told(about: str, ontology: Ontology) -> str:
    """The kind of measure whose word stands last in the name: 出口占比的增长率 is a growth rate."""
    places = [
        (about.rfind(word.lower()), item.name)
        for item in ontology.lists["measure"].values()
        for word in item.words
        if word.lower() in about
    ]
    return max(places, default=(0, ""))[1]
