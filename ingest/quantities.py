"""What words for a value mean as a number: 超3 000亿日元 is more than 3·10¹¹ JPY, 30%—40% is a share from 30 to 40.

Units, with what they measure and the currency, are `ontology/units.csv`; the words by which an indicator shows that its
figure is a share, a growth rate or a price stand in `ontology/qualifiers.ttl`. Nothing is guessed: a value that is not
understood to its last character is None.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
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


# ---- Numbers in a text


@dataclass(frozen=True, slots=True)
class Number:
    """A number with its unit and the words that compare it, at `start` to `end` of a text. `words` are what `quantity`
    reads it from: those of the text, a number in Chinese characters (四十多年, 百分之五) written in digits."""

    start: int
    end: int
    words: str


def numbers(text: str, ontology: Ontology) -> list[Number]:
    """All numbers of the text, in order: also those that measure nothing (a part of a name, a year), which their
    surroundings tell from the others, and bare ones, which may share the unit of the next.

    >>> from kg.ontology import load
    >>> [number.words for number in numbers("投入超3 000亿日元，历时四十多年，电价不到0.15元。", load())]
    ['超3 000亿日元', '40多年', '不到0.15元']
    """
    found = [*_digits(text, ontology.units), *_characters(text, ontology.units), *_ranks(text)]
    kept: list[Number] = []
    for number in sorted(found, key=lambda n: (n.start, -n.end)):
        if not kept or number.start >= kept[-1].end:
            kept.append(number)
    return kept


def _digits(text: str, units: tuple[Unit, ...]) -> Iterator[Number]:
    for match in _scanner(units).finditer(text):
        words = match.group("words").strip()
        start = text.index(words, match.start("words"))
        if not _NO_UNIT.match(text, start + len(words)) and not _runs_on(text, start + len(words)):
            yield Number(start, start + len(words), words)


def _runs_on(text: str, end: int) -> bool:
    """Whether the number is only the beginning of a word of digits and letters: 5G, 3.5.1."""
    return bool(_RUN_ON.match(text, end))


_RUN_ON = re.compile(r"(?<=[\dA-Za-z])(?:[\dA-Za-z]|[.．]\d)")


_NO_UNIT = re.compile(r"(?<=部)[委门]|(?<=位)于|(?<=天)[津然]|(?<=度)假|(?<=门)槛|(?<=条)件|(?<=次)[年月日]")
"""What shows that a unit's character begins another word: 5部委."""


@cache
def _scanner(units: tuple[Unit, ...]) -> re.Pattern[str]:
    """Numbers with the words that `quantity` understands around them."""
    ahead = "|".join(words for sign, words in _WORDS if sign != "=")
    names = [name for unit in units for name in unit.names]
    latin = [rf"{re.escape(n)}(?![A-Za-z])" if n[-1].isascii() and n[-1].isalpha() else re.escape(n) for n in names]
    unit = "|".join(longest_first(latin))
    whole = rf"(?:{unit})(?:(?:/|每|\sper\s)\s?(?:{unit}))?"
    behind = "以上|以下|以内|之内|左右|上下|\\sor more"
    return re.compile(
        rf"(?<![\dA-Za-z.．/_—–数几-])(?<![\d][,，])(?P<words>(?:(?:{ahead})\s?){{0,3}}{_NUMBER.pattern}"
        rf"(?:{whole})?(?:{behind})?)",
        re.IGNORECASE,
    )


_SPOKEN = "一二两三四五六七八九十百千零〇"
_SPOKEN_NUMBER = re.compile(
    rf"(?P<ahead>(?:(?:{'|'.join(words for sign, words in _WORDS if sign != '=')})\s?){{0,3}})"
    rf"(?<![{_SPOKEN}数几第之每年月点“])(?:百分之(?P<percent>[{_SPOKEN}点]+)|(?P<number>[{_SPOKEN}]+))(?P<more>[多余])?(?P<scale>[万亿])?"
)
_SPOKEN_UNIT = re.compile(
    r"倍|番|成(?=以上|以下|多|左右|的|[、，。；,;]|$)|个?百分点|(?<![百千万])年(?!级|代|度)|个月|天(?![津然])|小时|周(?![期边围末转密])"
)
_TENS = {"十": 10, "百": 100, "千": 1000}


def _characters(text: str, units: tuple[Unit, ...]) -> Iterator[Number]:
    """Numbers in Chinese characters where they measure: with a unit of time, 倍, 成 or 番, or with 多 and any unit.
    Other small ones (四个方面) count the items of a list."""
    for match in _SPOKEN_NUMBER.finditer(text):
        if match.group("percent"):
            if (digits := _decimal_digits(match.group("percent"))) is not None:
                yield Number(match.start(), match.end(), f"{match.group('ahead')}{digits}%")
            continue
        number = _spoken(match.group("number"))
        unit = _SPOKEN_UNIT.match(text, match.end()) or (
            _any_unit(units).match(text, match.end()) if match.group("more") or match.group("scale") else None
        )
        if number is None or unit is None:
            continue
        behind = _BEHIND_WORDS.match(text, unit.end())
        end = behind.end() if behind else unit.end()
        parts = match.group("ahead"), number, match.group("more") or "", match.group("scale") or ""
        if unit.group() == "成":
            parts = match.group("ahead"), number * 10, "", "%"
            yield Number(match.start(), end, "".join(map(str, parts)) + text[unit.end() : end])
        else:
            yield Number(match.start(), end, "".join(map(str, parts)) + text[unit.start() : end])


_BEHIND_WORDS = re.compile("以上|以下|以内|之内|左右|上下")


@cache
def _any_unit(units: tuple[Unit, ...]) -> re.Pattern[str]:
    names = [name for unit in units for name in unit.names if not name.isascii()]
    return re.compile("|".join(map(re.escape, longest_first(names))))


def _spoken(characters: str) -> int | None:
    """The whole number below ten thousand that the characters say; None where they say none (十十, 三四)."""
    total = digit = 0
    last = 10_000
    for character in characters:
        if character in "零〇":
            continue
        if size := _TENS.get(character):
            if size >= last:
                return None
            total, digit, last = total + (digit or 1) * size, 0, size
        elif digit:
            return None
        else:
            digit = 2 if character == "两" else _CHINESE[character]
    return total + digit


def _decimal_digits(characters: str) -> str | None:
    """五点三 as 5.3, None where it is no number."""
    whole, point, part = characters.partition("点")
    if (number := _spoken(whole)) is None or (point and not part):
        return None
    digits = "".join("0" if c in "零〇" else str(_CHINESE.get(c, "")) for c in part)
    return f"{number}.{digits}" if point else str(number)


_RANKED = re.compile(
    r"第\s?(?:\d+|[一二三四五六七八九十])\s?[位名大](?![学家])|(?<=[全国球世界洲居列名])(?:首位|第一(?!产业|次|个|款|台|代|届|批|时间|线|书记|轮))"
)


def _ranks(text: str) -> Iterator[Number]:
    for match in _RANKED.finditer(text):
        yield Number(match.start(), match.end(), match.group().replace(" ", ""))
