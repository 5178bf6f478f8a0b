"""The numbers that headings and paragraphs start with: 第三章, 二、, (4), 2.1, Section 5, IV."""

import re
from dataclasses import dataclass

from ingest.marks import LATIN

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
_COUNTING = re.compile(r"(?:年|月|日|世纪|%|％|亿|万|个|项|家|位|多|余|岁|时|/|-|—|–|:|：|,|，|\+)")
"""What shows, behind a figure, that it counts or dates something and numbers no heading."""


@dataclass(frozen=True, slots=True)
class Number:
    """The number a heading or paragraph starts with: its style, and its label as one cites it."""

    style: str
    label: str


def number_of(text: str, *, marked: bool = False) -> Number | None:
    """The number that a text starts with. Bare figures count only in a marked heading, or with a point behind."""
    for style, pattern in _NUMBERS:
        if found := pattern.match(text):
            label = found[1] if style == "section" else re.sub(r"\s", "", found[1])
            return Number(style, label.replace("（", "(").replace("）", ")"))
    found = _DECIMAL.match(text)
    if found is None or (not marked and _COUNTING.match(text[found.end() :])):
        return None
    label = re.sub(r"\s", "", found[1]).replace("．", ".")
    if len(label.split(".")[-1]) > 2 and not marked:
        return None
    bare = "." not in label and not found[2]
    if bare and not marked and LATIN.match(text[found.end(1) :]):
        return None
    return Number("figure" if bare else "decimal", label)
