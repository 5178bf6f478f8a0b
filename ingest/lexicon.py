"""Finding the dictionary's names in text: one Aho–Corasick automaton over every name of every entry.

Names are compared case-folded, full-width forms as half-width ones. A name in Latin letters must stand alone (not
inside a longer word), and one of up to four letters must have its own capitals. A Chinese name of up to three
characters must begin and end where a word does: 大田 (Daejeon) is not in 扩大田间.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick, MatchKind

from kg.ontology import Entry

_LATIN = re.compile(r"[0-9a-z]")
_SINGULAR = re.compile(r"[A-Za-z][A-Za-z -]*[a-rt-xz]")
"""An English name whose plural is made with s alone."""
_SHORT_LATIN = 4
_SHORT_CHINESE = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry's name at `start` to `end` (characters) of a text; `weak` where the name is also an ordinary word."""

    start: int
    end: int
    entry: Entry
    weak: bool


class Lexicon:
    """The dictionary, ready to be looked for."""

    def __init__(self, entries: Mapping[str, Entry]) -> None:
        self._names: dict[str, list[tuple[str, Entry, bool]]] = {}
        for entry in entries.values():
            strong = {entry.label_zh, entry.label_en, *entry.aliases} - {""}
            for name in sorted(strong):
                self._add(name, entry, weak=False)
            for name in sorted(set(entry.weak) - strong - {""}):
                self._add(name, entry, weak=True)
        self._keys = list(self._names)
        self._automaton = AhoCorasick(self._keys, matchkind=MatchKind.Standard) if self._keys else None

    def _add(self, name: str, entry: Entry, *, weak: bool) -> None:
        self._names.setdefault(fold(name), []).append((name, entry, weak))
        if name.isascii() and _SINGULAR.fullmatch(name):
            self._names.setdefault(f"{fold(name)}s", []).append((f"{name}s", entry, weak))

    def hits(self, text: str, edges: frozenset[int]) -> Iterator[Hit]:
        """Every hit in the text, overlapping ones too. `edges` holds the offsets at which words begin or end."""
        if self._automaton is None:
            return
        folded = fold(text)
        for key, start, end in self._automaton.find_matches_as_indexes(folded, overlapping=True):
            for name, entry, weak in self._names[self._keys[key]]:
                if _stands(name, text, folded, start, end, edges):
                    yield Hit(start, end, entry, weak)


def fold(text: str) -> str:
    """The text with letters in lower case and full-width forms as half-width ones; as long as before.

    >>> fold("ＣＨＩＰＳ Act")
    'chips act'
    """
    return text.lower() if text.isascii() else text.translate(_FOLDED)


class _Folded(dict[int, int]):
    """The code of each character folded; worked out when it is first met."""

    def __missing__(self, code: int) -> int:
        half = chr(code - 0xFEE0) if 0xFF01 <= code <= 0xFF5E else chr(code)
        lower = half.lower()
        self[code] = ord(lower if len(lower) == 1 else half)
        return self[code]


_FOLDED = _Folded()


def _stands(name: str, text: str, folded: str, start: int, end: int, edges: frozenset[int]) -> bool:
    if _LATIN.match(folded[start]) and start and _LATIN.match(folded[start - 1]):
        return False
    if _LATIN.match(folded[end - 1]) and end < len(folded) and _LATIN.match(folded[end]):
        return False
    if name.isascii():
        return len(name) > _SHORT_LATIN or text[start:end] == name
    return len(name) > _SHORT_CHINESE or (start in edges and end in edges)
