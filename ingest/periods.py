"""What words for a time mean in years: 20世纪60年代 is 1960 to 1969, “十二五”以来 is 2011 and after.

Words that name no years (近年来, recently) mean nothing here; words that lean on an earlier time (同期, then) need that
time. Months and days count as their year. Nothing is guessed: what is not understood to its last character is None.
"""

import re
from collections.abc import Collection, Iterator
from functools import cache

from kg.model import Period
from kg.ontology import NamedPeriod

_YEAR = r"\d{4}"
_IN_YEAR = r"(?:\s?\d{1,2}\s?月(?:份|\s?\d{1,2}\s?[日号])?)?"
_SPAN = r"\s?(?:[—–\-~～至到]{1,2}|to|and|until|through)\s?"
_STAGE = "(?:初期?|末期?|中叶|中期|前期|后期|底)?"
_MONTH = "(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_VAGUE = r"(?:early |late |mid-?\s?)?"

_FORMS = {
    rf"(?P<start>{_YEAR})\s?年?{_IN_YEAR}{_SPAN}(?P<end>{_YEAR}|(?!0|1[0-2])\d\d)\s?年?{_IN_YEAR}": "year",
    rf"(?P<start>{_YEAR})\s?一\s?(?P<end>{_YEAR})\s?年": "year",
    r"(?P<century>\d\d?)\s?世纪\s?(?P<decade>\d)0\s?[、一—–-]\s?(?P<last>\d)0\s?年代": "decade",
    rf"(?:{_MONTH}\s)?(?:\d{{1,2}}(?:st|nd|rd|th)?,\s)?(?P<start>{_YEAR})": "year",
    rf"(?:FY\s?)?(?P<start>{_YEAR})\s?(?:年度?{_IN_YEAR}(?:初|底|末|中)?)?": "year",
    rf"(?P<century>\d\d?)\s?世纪\s?(?P<decade>\d)0\s?年代{_STAGE}": "decade",
    rf"(?P<start>\d{{3}}0)\s?年代{_STAGE}": "decade",
    rf"{_VAGUE}(?P<start>\d{{3}}0)s": "decade",
    r"(?P<century>\d\d?)\s?世纪(?P<half>[上下]半叶)": "century",
    rf"(?P<century>\d\d?)\s?世纪{_STAGE}": "century",
    rf"{_VAGUE}(?P<century>\d\d?)(?:st|nd|rd|th)[ -]century": "century",
}
"""How times are written → their precision. A stage of a decade or century is given as the whole of it."""
_PATTERNS = [(re.compile(form, re.IGNORECASE), precision) for form, precision in _FORMS.items()]

_LEAD = re.compile(
    "(?P<since>自从?|从|since |from )|(?P<later>after )"
    "|(?P<until>截至|截止到?|到|至|直到|before |until |by |up to |as of )"
    "|(?P<about>约|大约|around |about |circa )|(?P<at>早在|在|于|during |between |in |the |fiscal year )",
    re.IGNORECASE,
)
_TAIL = re.compile(
    "(?P<about>前后|左右)|(?P<since>以来|开始|起|[至到]今| onwards?)|(?P<later>之?以?后)|(?P<until>之?以?前|为止|止)"
    "|(?P<at>之?间|期间|时期|时|初期?|末期?|中期| period)",
    re.IGNORECASE,
)
_MARKS = "“”\"'‘’《》 、,，"


_RANGE = re.compile(rf"{_YEAR}\s?年?{_IN_YEAR}{_SPAN}\d")
"""A span that names its end, whose 从 or from opens nothing."""


def period(
    words: str, named: tuple[NamedPeriod, ...], *, year: int | None = None, as_of: bool = False
) -> Period | None:
    """The years that the words mean by themselves, `named` being the stretches of time with a name; None where they
    mean none, or could mean two things. With the `year` that the words were written in, 近10年 means the years before
    it. `as_of`: 截至2023年底 dates a count that was taken then, and does not open a stretch of time.

    >>> period("20世纪60年代", ()).text(), period("2015年以来", ()).text(), period("2003年前后", ()).text()
    ('1960–1969', '2015–', '≈2003')
    >>> period("过去10年内", (), year=2025).text(), period("截至2023年底", (), as_of=True).text()
    ('≈2015–2025', '2023')
    """
    if year and (match := _SPAN_BEFORE.fullmatch(words.strip(_MARKS))):
        return _before(year, match)
    if year and words in _THIS_YEAR:
        return Period(year + _THIS_YEAR[words], year + _THIS_YEAR[words], "year")
    if as_of and (match := _AS_OF.match(words)):
        words = words[match.end() :]
    found = set(_readings(words, named))
    return found.pop() if len(found) == 1 else None


_THIS_YEAR = {"今年": 0, "去年": -1, "前年": -2, "this year": 0, "last year": -1}
_AS_OF = re.compile(r"(?:截至|截止到?|到|至(?=\d)|as of |by the end of |by )\s?", re.IGNORECASE)
_SPAN_BEFORE = re.compile(
    r"(?:在)?(?:过去|近|最近)的?\s?(?P<years>\d{1,3}|[一二两三四五六七八九十]{1,3})\s?[多余]?年(?:来|间|内|里|以来)?"
    r"|(?:over|in|during|within|for) the (?:last|past) "
    r"(?P<long>\d{1,3}|two|three|four|five|ten) (?P<unit>years|decades)",
    re.IGNORECASE,
)
_SMALL = {"two": 2, "three": 3, "four": 4, "five": 5, "ten": 10}
_CHINESE_SMALL = {c: n for n, c in enumerate("一二三四五六七八九十", 1)} | {"两": 2}


def _before(year: int, match: re.Match[str]) -> Period | None:
    """The years up to `year` that the words span."""
    said = match.group("years") or match.group("long")
    length = int(said) if said.isdigit() else _SMALL.get(said.lower()) or _tens(said)
    if not length:
        return None
    if (match.group("unit") or "").lower() == "decades":
        length *= 10
    return Period(year - length, year, "year", approximate=True)


def _tens(characters: str) -> int:
    """三十五 as 35; 0 where the characters are no number below a hundred."""
    tens, ten, ones = characters.partition("十")
    digits = [_CHINESE_SMALL.get(part) for part in (tens, ones) if part]
    if len(digits) > 2 or any(digit is None or digit == 10 for digit in digits):
        return 0
    return (
        ((_CHINESE_SMALL.get(tens, 1) if ten else 0) * 10 + _CHINESE_SMALL.get(ones, 0)) if ten else int(digits[0] or 0)
    )


def _readings(words: str, named: tuple[NamedPeriod, ...]) -> Iterator[Period]:
    for lead, rest in _leads(words.strip(_MARKS)):
        for tail, core in _tails(rest):
            bounds = {*lead, *tail} - ({"since"} if _RANGE.search(core) else set())
            if (found := _core(core, named)) and (bounded := _bounded(found, bounds)):
                yield bounded


def _leads(words: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The words with nothing, one or more words of a lead taken off, and what kinds of lead these are."""
    yield (), words
    if match := _LEAD.match(words):
        rest = words[match.end() :].strip(_MARKS)
        yield from (((str(match.lastgroup), *more), core) for more, core in _leads(rest))


def _tails(words: str) -> Iterator[tuple[tuple[str, ...], str]]:
    yield (), words
    for match in _TAIL.finditer(words):
        if match.end() == len(words):
            yield (str(match.lastgroup),), words[: match.start()].strip(_MARKS)


def _core(words: str, named: tuple[NamedPeriod, ...]) -> Period | None:
    for pattern, precision in _PATTERNS:
        if match := pattern.fullmatch(words):
            return _years(match.groupdict(), precision)
    return _names(named).get(words.lower())


@cache
def _names(named: tuple[NamedPeriod, ...]) -> dict[str, Period]:
    return {name.lower(): each.period for each in named for name in each.names}


def _years(said: dict[str, str | None], precision: str) -> Period | None:
    if century := said.get("century"):
        before = (int(century) - 1) * 100
        if decade := said.get("decade"):
            first, final = 10 * int(decade), 10 * int(said.get("last") or decade) + 9
            return Period(before + first, before + final, precision) if first < final else None
        first, last = {"上半叶": (1, 50), "下半叶": (51, 100)}.get(said.get("half") or "", (1, 100))
        return Period(before + first, before + last, precision)
    written = said["start"] or ""
    start, end = int(written), said.get("end") or written
    if precision == "decade":
        return Period(start, start + 9, precision)
    last = int(written[: 4 - len(end)] + end)
    return Period(start, last, precision) if start <= last else None


def _bounded(found: Period, bounds: Collection[str]) -> Period | None:
    """The years with what the words around them say; None where these do not go with them or with each other."""
    start, end, about = found.start, found.end, found.approximate or "about" in bounds
    if "until" in bounds:
        open_ = {"since", "later"} & set(bounds) or end is None
        return None if open_ else Period(None, end, found.precision, about)
    if "later" in bounds:
        # what came after a war began when it was over; what came after an opening, when it was made
        return Period(start if end is None else end, None, found.precision, about)
    if "since" in bounds:
        return Period(start, None, found.precision, about)
    return Period(start, end, found.precision, about)


# ---- Times that lean on another one

_SAME = re.compile(
    "同期|同一?时期|同年|当年|此时|当时|同时|at the same time|in the same (?:year|period)", re.IGNORECASE
)
_THEN = re.compile("随后|此后|之后|其后|而后|继而|后来|then|later|afterwards|subsequently", re.IGNORECASE)


def leans(words: str) -> bool:
    """Whether the words name a time only by another one: 同期, 随后."""
    return bool(_SAME.fullmatch(words) or _THEN.fullmatch(words))


def leaning(words: str, before: Collection[Period]) -> Period | None:
    """What words that lean on an earlier time mean, where one of the periods told `before` holds all of them: its years
    for 同期, about from its start on for 随后; else None.

    >>> leaning("同期", [Period(1966, 1990, "year")]).text(), leaning("随后", [Period(2009, 2009, "year")]).text()
    ('1966–1990', '≈2009–')
    """
    frames = {each for each in before if all(each.covers(other) for other in before)}
    if len(frames) != 1 or not leans(words):
        return None
    (found,) = frames
    if _SAME.fullmatch(words):
        return found
    return Period(found.start, None, found.precision, approximate=True) if found.start is not None else None
