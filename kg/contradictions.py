"""Figures that cannot both be right: two numbers for one thing, indicator, place and period that differ by more than
their comparators and their precision allow, and two years for one event.

Both are kept. Which ones contradict each other stands in the graph of inferences (`kg.inference`), as `pkg:contradicts`
from one to the other, and is listed by the question `disagreement`.
"""

import re
import unicodedata
from collections import defaultdict
from collections.abc import Hashable, Iterable, Iterator
from decimal import Decimal
from itertools import combinations

from kg.model import Figure, Quantity
from kg.store import Store

_ONCE = frozenset({"discovery", "founding", "potential"})
"""What happens to one thing only once; other things (an award, a launch) may happen again."""
_MOST_ALIKE = 40
"""Of more figures for one thing and indicator than this, the text tells too little to compare them."""


def contradictions(store: Store) -> tuple[tuple[str, str], ...]:
    """The pairs of figures (their ids) of all documents of the store that contradict each other, each pair once."""
    figures = store.figures()
    return tuple(sorted({(min(a.id, b.id), max(a.id, b.id)) for a, b in _pairs(figures)}))


def _pairs(figures: Iterable[Figure]) -> Iterator[tuple[Figure, Figure]]:
    groups: defaultdict[Hashable, list[Figure]] = defaultdict(list)
    for figure in figures:
        for key in _keys(figure):
            groups[key].append(figure)
    for group in groups.values():
        if len(group) <= _MOST_ALIKE:
            yield from (pair for pair in combinations(group, 2) if contradict(*pair))


def _keys(figure: Figure) -> Iterator[Hashable]:
    """What two figures must have alike to be compared."""
    if figure.happening:
        yield from (("date", figure.happening, figure.modality, thing) for thing in _things(figure))
    elif figure.quantity and figure.period and figure.subject and _tells_what(figure):
        q = figure.quantity
        yield (
            *("number", figure.modality, plain(figure.subject), plain(figure.indicator), _place(figure.place)),
            *(q.unit, q.kind, q.currency, figure.period),
        )


def _tells_what(figure: Figure) -> bool:
    """Whether the figure says what it measures: a share that does not say of what may be one of anything."""
    return bool(figure.indicator) and plain(figure.indicator) not in _OF_ANYTHING


_OF_ANYTHING = frozenset(
    {"占比", "比重", "份额", "比例", "比率", "率", "数量", "规模", "增长", "下降", "share", "rate", "number"}
)


def _things(figure: Figure) -> set[str]:
    """What a date may be of: the thing as named, with or without the word technology."""
    return {name for name in (figure.about, plain(figure.subject)) if name}


def contradict(one: Figure, other: Figure) -> bool:
    """Whether two figures of the same thing and kind cannot both be right. Figures of one sentence never contradict:
    it shares them out in a way that was not understood."""
    if one.evidence.spans == other.evidence.spans and one.source == other.source:
        return False
    if one.quantity and other.quantity:
        return not _meet(one.quantity, other.quantity)
    if not one.period or not other.period or one.happening != other.happening:
        return False
    apart = not one.period.approximate and not other.period.approximate and one.period.start != other.period.start
    return apart and _one_event(one, other)


def _one_event(one: Figure, other: Figure) -> bool:
    """Whether two dates are of one event: what happens only once, or what is told in the same words. That a thing holds
    promise is one event only where it is for the same use."""
    if one.happening == "potential":
        return bool(_content(one) & _content(other))
    same = plain(one.indicator) == plain(other.indicator) and len(plain(one.indicator)) > 5
    return same or (one.happening in _ONCE and _same_name(one, other))


def _same_name(one: Figure, other: Figure) -> bool:
    """Whether the thing itself is named, by at least three characters: 公司 names none."""
    return plain(one.subject) == plain(other.subject) and len(plain(one.subject)) > 2


_GENERAL = re.compile(
    "首次|成功|被?认为|认识到|发现了?|证明|证实|表明|具?有|作为|应用|研究|领域|方面|制作|技术|潜[力质能]|可能性?|前景|巨大|极大|良好|的|在|和|与|"
    r"\b(?:the|of|for|in|and|to|was|were|found|showed|shown|potential|promise|as|its)\b"
)


def _content(figure: Figure) -> set[str]:
    """Pairs of characters (or words) of what happened, less those that every such event has and those of the thing."""
    words = _GENERAL.sub(" ", figure.indicator.replace(figure.subject, " ").lower())
    latin = set(re.findall(r"[a-z]{4,}", words))
    parts = re.findall(r"[\u4e00-\u9fff]+", words)
    return latin | {part[i : i + 2] for part in parts for i in range(len(part) - 1)}


def _meet(one: Quantity, other: Quantity) -> bool:
    """Whether some number fits both, each being as exact as it is written."""
    (low, high), (least, most) = _span(one), _span(other)
    return low <= most and least <= high


_ROUGH = Decimal("0.1")
"""By which part about so many may be off."""
_FAR = Decimal(10) ** 30


def _span(quantity: Quantity) -> tuple[Decimal, Decimal]:
    """The numbers that the quantity leaves possible."""
    low, high = quantity.low - _half(quantity.low), quantity.high + _half(quantity.high)
    match quantity.comparator:
        case "≈":
            return low - abs(low) * _ROUGH, high + abs(high) * _ROUGH
        case ">" | "≥":
            return low, _FAR
        case "<" | "≤":
            return -_FAR, high
        case _:
            return low, high


def _half(number: Decimal) -> Decimal:
    """How far the true number may be from the one written: half of its last decimal, and of a large whole number half
    of its last digit that is no zero, but no more than the twentieth part."""
    exponent = number.normalize().as_tuple().exponent
    places = exponent if isinstance(exponent, int) else 0
    if places < 0:
        return Decimal(5).scaleb(places - 1)
    return min(Decimal(5).scaleb(places - 1), abs(number) / 20) if abs(number) >= 1000 else Decimal(0)


_SAME_PLACE = {"我国": "中国", "国内": "中国", "全国": "中国", "世界": "全球", "全世界": "全球"}


def _place(words: str) -> str:
    return _SAME_PLACE.get(words, words)


def plain(words: str) -> str:
    """The words as they are compared: without marks and spaces, in one width and case, and without the word technology
    at their end (mRNA, mRNA技术)."""
    folded = unicodedata.normalize("NFKC", words).casefold()
    kept = re.sub(r"[\s“”‘’\"'《》()（）,，、.·]", "", folded)
    return kept.removesuffix("技术") or kept
