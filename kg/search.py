"""The index of names: finds things by any name, a part of it, its pinyin or initials, its words in any order, or with
slips; fast enough to search as one types (see benchmarks/search.py).

Names of all things stand one below the other in one long text: a regular expression finds every place of a key in it,
numpy does the rest. What only some searches need (pinyin, words, letters) is made when it is first needed.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from threading import RLock
from typing import Any, Literal
from unicodedata import combining, normalize

import numpy as np
from numpy.typing import NDArray

from kg.iris import normal

MatchKind = Literal["exact", "prefix", "part", "pinyin", "near"]

_Ints = NDArray[Any]
_MOST_WORDS = 6

_NEAR_WORD = 80.0
"""How alike one word of a name of several must be to another one."""
_MOST_NEAR = 200
_SHORTEST_WORD = 5

_EXACT, _PREFIX, _PART, _WORDS = 0, 1, 2, 3
_PINYIN, _INITIALS, _PINYIN_PREFIX, _INITIALS_PREFIX, _PINYIN_PART = 4, 5, 6, 7, 8
_HOMOPHONE, _ALIKE = 9, 10
"""How a name matches, the best way first."""
_KINDS: tuple[MatchKind, ...] = ("exact", "prefix", "part", "part", *("pinyin",) * 5, "near", "near")


@dataclass(frozen=True, slots=True)
class Hit:
    """A thing found: its id, the name that matched, and how."""

    id: str
    kind: MatchKind
    name: str


@dataclass(frozen=True, slots=True)
class Hits:
    """A page of what was found, the best first, and how much was found in all."""

    total: int
    hits: tuple[Hit, ...]


class _Found:
    """Names that match: their numbers, how (a code from above) and how unlike they are, in thousandths."""

    def __init__(self, names: _Ints, codes: _Ints, unlike: _Ints | None = None) -> None:
        self.names = names
        self.codes = codes
        self.unlike = np.zeros(len(names), np.int64) if unlike is None else unlike

    @classmethod
    def joined(cls, *parts: "_Found") -> "_Found":
        return cls(
            np.concatenate([part.names for part in parts]),
            np.concatenate([part.codes for part in parts]),
            np.concatenate([part.unlike for part in parts]),
        )

    @classmethod
    def nothing(cls) -> "_Found":
        return cls(np.zeros(0, np.int64), np.zeros(0, np.int64))


class _Lines:
    """Texts, one a line of one long text, and where each character of it stands."""

    def __init__(self, texts: Sequence[str]) -> None:
        whole = "\n" + "".join(text.replace("\n", " ") + "\n" for text in texts)
        self._codes = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), np.uint32)
        lengths = np.fromiter(map(len, texts), np.int64, len(texts))
        self.starts = np.cumsum(lengths + 1) - lengths
        """Where each line begins."""
        self.ends = self.starts + lengths
        # each character's line; the breaks between lines are of none that is asked for
        self._line = np.repeat(np.arange(len(texts) + 1, dtype=np.int32), np.append(lengths + 1, 1))
        self._order = np.argsort(self._codes, kind="stable").astype(np.int32)
        known, first = np.unique(self._codes[self._order], return_index=True)
        bounds = np.append(first, len(whole)).tolist()
        self._places = {code: (bounds[at], bounds[at + 1]) for at, code in enumerate(known.tolist())}

    def find(self, key: str) -> NDArray[np.int32]:
        """Every place in the whole text at which the key stands, in order. The key holds a character, but no break."""
        letters = sorted((self._count(letter), at, ord(letter)) for at, letter in enumerate(key))
        # from the rarest character on, which leaves few places to look at
        (_, at, code), *others = letters
        begin, end = self._places.get(code, (0, 0))
        places = self._order[begin:end] - np.int32(at)
        places = places[places >= 0]
        for _, at, code in others:
            if not len(places):
                break
            places = places[self._codes.take(places + at, mode="clip") == code]
        return places

    def first(self, key: str) -> tuple[_Ints, _Ints, _Ints]:
        """The lines that hold the key, where in the line it stands first, and how many characters follow there."""
        return self.firsts(self.find(key), len(key))

    def firsts(self, places: NDArray[np.int32], length: int) -> tuple[_Ints, _Ints, _Ints]:
        """The same for places of a key of that length."""
        lines = self._line[places]
        kept = np.diff(lines, prepend=np.int32(-1)) > 0
        lines, places = lines[kept].astype(np.int64), places[kept].astype(np.int64)
        return lines, places - self.starts[lines], self.ends[lines] - places - length

    def letters(self) -> NDArray[np.uint64]:
        """For each line, 128 bits in two numbers that say which characters it holds, and how often."""
        lines, codes = self._line[self._order], self._codes[self._order]
        # which one of its kind in its line a character is: its distance from where line or character last changed
        changed = np.ones(len(codes), np.bool_)
        changed[1:] = (lines[1:] != lines[:-1]) | (codes[1:] != codes[:-1])
        at = np.arange(len(codes), dtype=np.int32)
        nth = at - np.maximum.accumulate(np.where(changed, at, np.int32(0)))
        bits = np.empty(len(codes), np.uint8)
        bits[self._order] = _hashed(codes, nth)
        halves = []
        for half in (0, 64):
            # the breaks belong to no line: they are left out of it
            inside = (bits >= half) & (bits < half + 64) & (self._codes != _BREAK)
            ones = np.where(inside, np.uint64(1) << (bits % 64).astype(np.uint64), np.uint64(0))
            halves.append(np.bitwise_or.reduceat(ones, self.starts))
        return np.stack(halves)

    def _count(self, letter: str) -> int:
        begin, end = self._places.get(ord(letter), (0, 0))
        return int(end - begin)


_BREAK = ord("\n")


def _hashed(codes: NDArray[np.uint32], nth: NDArray[np.int32]) -> NDArray[np.uint8]:
    """A number below 128 for the nth character of a kind in its line."""
    mixed = codes * np.uint32(0x9E3779B1) + nth.astype(np.uint32) * np.uint32(0x85EBCA77)
    return (mixed >> np.uint32(25)).astype(np.uint8)


class Names:
    """The names of things. Any number of threads may search."""

    def __init__(self, names: Mapping[str, Mapping[str, str]], statements: Mapping[str, int]) -> None:
        """`names` gives for each id its names under their normal forms, the one to show first; `statements`, in how
        many statements it stands: of equal matches the better known comes first."""
        self._ids = sorted(names)
        pairs = [(at, form, name) for at, id_ in enumerate(self._ids) for form, name in names[id_].items()]
        self._owners = np.fromiter((at for at, _, _ in pairs), np.int64, len(pairs))
        self._forms = [form for _, form, _ in pairs]
        self._names = [name for _, _, name in pairs]
        self._text = _Lines(self._forms)
        self._types = np.array([id_.partition("/")[0] for id_ in self._ids], dtype=np.str_)
        self._known = np.fromiter((statements.get(id_, 0) for id_ in self._ids), np.int64, len(self._ids))
        self._lengths = np.fromiter(map(len, self._forms), np.int64, len(pairs))
        self._statements = statements
        self._lock = RLock()

    def find(self, text: str, type: str | None = None, limit: int = 10, offset: int = 0) -> Hits:
        """What the text names, of one type (the first part of its id) or all. The empty text finds all; what is only
        nearly named is given where nothing else is found."""
        found = self._of_type(self._matching(text), type)
        if not len(found.names):
            found = self._of_type(self._nearly(text), type)
        return self._best(found, limit, offset)

    def statements(self, id: str) -> int:
        """In how many statements the thing of that id stands."""
        return self._statements.get(id, 0)

    # ---- Finding

    def _matching(self, text: str) -> _Found:
        key = normal(text)
        if not key:
            first = np.flatnonzero(np.diff(self._owners, prepend=-1))
            return _Found(first, np.full(len(first), _PREFIX, np.int64))
        parts = [self._literal(key)]
        if not len(parts[0].names) and len(words := text.split()) > 1:
            parts.append(self._holding_all(words))
        if len(letters := _letters(text)) > 1:
            with self._lock:
                parts += self._pinyin.matching(letters)
        return _Found.joined(*parts)

    def _literal(self, key: str) -> _Found:
        lines, at, rest = self._text.first(key)
        return _Found(lines, np.where(at > 0, _PART, np.where(rest > 0, _PREFIX, _EXACT)))

    def _holding_all(self, words: list[str]) -> _Found:
        return self._in_all(self._text.first(key)[0] for word in words[:_MOST_WORDS] if (key := normal(word)))

    def _in_all(self, found: Iterable[_Ints], code: int = _WORDS, unlike: float = 0.0) -> _Found:
        """The names that are in all the parts."""
        held, parts = np.zeros(len(self._forms), np.int64), 0
        for names in found:
            held[names] += 1
            parts += 1
        names = np.flatnonzero(held == parts) if parts else np.zeros(0, np.int64)
        return _Found(names, np.full(len(names), code), np.full(len(names), int(10 * unlike)))

    def _nearly(self, text: str) -> _Found:
        key = normal(text)
        if not key:
            return _Found.nothing()
        with self._lock:
            return _Found.joined(
                self._pinyin.homophones(text) if not key.isascii() else self._pinyin.alike(_letters(text)),
                self._letters.alike(key),
                self._by_words(text),
            )

    def _by_words(self, text: str) -> _Found:
        """Names with words that are nearly those of the text."""
        words = [word for word in _WORD.findall(text.lower()) if len(word) >= _SHORTEST_WORD]
        near = [_near(word, self._vocabulary, _NEAR_WORD) for word in words[:_MOST_WORDS]]
        if not all(near):
            return _Found.nothing()
        lines = (np.concatenate([self._words[self._vocabulary[at]] for at, _ in each]) for each in near)
        return self._in_all(map(np.unique, lines), _ALIKE, max((each[0][1] for each in near), default=0.0))

    # ---- Choosing

    def _of_type(self, found: _Found, type: str | None) -> _Found:
        if type is None:
            return found
        kept = self._types[self._owners[found.names]] == type.lower()
        return _Found(found.names[kept], found.codes[kept], found.unlike[kept])

    def _best(self, found: _Found, limit: int, offset: int) -> Hits:
        owners = self._owners[found.names]
        seen = np.zeros(len(self._ids), np.bool_)
        seen[owners] = True
        ranks = self._ranks(found, owners)
        wanted = offset + limit
        # a thing may be found by several of its names: mostly, this many hold enough things
        some = 8 * wanted
        chosen = np.argpartition(ranks, some)[:some] if some < len(ranks) else np.arange(len(ranks))
        order = self._things(chosen, ranks, owners)
        if len(order) < wanted and len(chosen) < len(ranks):
            order = self._things(np.arange(len(ranks)), ranks, owners)
        page = order[offset:wanted]
        hits = (
            Hit(self._ids[owners[at]], _KINDS[found.codes[at]], self._names[found.names[at]]) for at in page.tolist()
        )
        return Hits(int(seen.sum()), tuple(hits))

    def _ranks(self, found: _Found, owners: _Ints) -> _Ints:
        """Numbers that sort the best first: by how it matches, how alike it is, how well known the thing is, how short
        the name is; at last by id, so that the order is always the same."""
        known = _FEWEST - np.minimum(self._known[owners], _FEWEST)
        length = np.minimum(self._lengths[found.names], 255)
        ranks: _Ints = ((((found.codes << 10 | found.unlike) << 19 | known) << 8 | length) << 21) | owners
        return ranks

    def _things(self, chosen: _Ints, ranks: _Ints, owners: _Ints) -> _Ints:
        """Of the chosen, the best for each thing, the best first."""
        order = chosen[np.argsort(ranks[chosen])]
        _, first = np.unique(owners[order], return_index=True)
        return order[np.sort(first)]

    # ---- Made when needed

    @cached_property
    def _pinyin(self) -> "_Pinyin":
        lines = [at for at, form in enumerate(self._forms) if not form.isascii() and _HAN.search(form)]
        return _Pinyin(lines, [syllables(self._forms[at]) for at in lines])

    @cached_property
    def _letters(self) -> "_Letters":
        return _Letters(self._forms, self._text)

    @cached_property
    def _vocabulary(self) -> Sequence[str]:
        return list(self._words)

    @cached_property
    def _words(self) -> Mapping[str, _Ints]:
        words: dict[str, list[int]] = {}
        for at, name in enumerate(self._names):
            if " " in name:
                for word in _WORD.findall(name.lower()):
                    if len(word) >= _SHORTEST_WORD:
                        words.setdefault(word, []).append(at)
        return {word: np.array(names) for word, names in words.items()}


_FEWEST = 2**19 - 1
_WORD = re.compile(r"[a-z]+")
_HAN = re.compile("[\u3400-\u9fff\U00020000-\U000323af]")


class _Letters:
    """Texts by their letters, to find those that are nearly a key without looking at each."""

    def __init__(self, texts: Sequence[str], lines: _Lines) -> None:
        self._texts = texts
        self._lengths = lines.ends - lines.starts
        self._sets = lines.letters()

    def alike(self, key: str) -> _Found:
        """The texts that are nearly the key."""
        # So many characters must be the same, so of the others there are at most so many in either. Where two share a
        # bit, more is let through, never less.
        least = _least(len(key))
        same = np.ceil(least / 200 * (self._lengths + len(key)))
        mine = _Lines([key]).letters()
        possible = (np.bitwise_count(mine & ~self._sets).sum(0) <= len(key) - same) & (
            np.bitwise_count(self._sets & ~mine).sum(0) <= self._lengths - same
        )
        lines = np.flatnonzero(possible)
        near = _near(key, [self._texts[at] for at in lines.tolist()], least)
        names = lines[[at for at, _ in near]] if near else np.zeros(0, np.int64)
        unlike = np.array([int(10 * unlike) for _, unlike in near], np.int64)
        return _Found(names, np.full(len(near), _ALIKE, np.int64), unlike)


def _least(length: int) -> float:
    """How alike two names must be, in percent (`rapidfuzz.fuzz.ratio`), for one to be a slip of the other: in a short
    name one character in three may be another one; who types a long one makes more slips, but not in proportion."""
    return 66.0 if length < 8 else 75.0 if length < 14 else 82.0


def _near(key: str, texts: Sequence[str], least: float) -> list[tuple[int, float]]:
    """The places of the texts that are nearly the key, and how unlike they are in percent, the most alike first."""
    # its import takes longer than most look-ups
    from rapidfuzz import fuzz, process

    found = process.extract(key, texts, scorer=fuzz.ratio, score_cutoff=least, limit=_MOST_NEAR)
    return [(at, 100 - score) for _, score, at in found]


class _Pinyin:
    """The names with Chinese characters, as they are said."""

    def __init__(self, names: list[int], said: list[tuple[str, ...]]) -> None:
        self._names = np.array(names, np.int64)
        self._full = ["".join(parts) for parts in said]
        self._lines = _Lines(self._full)
        self._initials = _Lines(["".join(part[:1] for part in parts) for parts in said])
        self._begins = np.zeros(self._lines.ends[-1] + 1 if said else 1, np.bool_)
        lengths = np.fromiter((len(part) for parts in said for part in parts), np.int64)
        syllable_line = np.repeat(np.arange(len(said)), [len(parts) for parts in said])
        # each syllable begins where the ones before it end, counting the breaks between lines
        self._begins[np.cumsum(lengths) - lengths + syllable_line + 1] = True

    @cached_property
    def _letters(self) -> _Letters:
        return _Letters(self._full, self._lines)

    def matching(self, letters: str) -> Iterator[_Found]:
        """The names whose pinyin, or its initials, are the letters or begin with them; or have them in the middle."""
        places = self._lines.find(letters)
        # only where a syllable begins
        lines, at, rest = self._lines.firsts(places[self._begins[places]], len(letters))
        codes = np.where(at > 0, _PINYIN_PART, np.where(rest > 0, _PINYIN_PREFIX, _PINYIN))
        # a few letters are in the middle of many names by chance
        kept = (at == 0) | (len(letters) >= _LONG_ENOUGH)
        yield _Found(self._names[lines[kept]], codes[kept])
        lines, at, rest = self._initials.first(letters)
        codes = np.where(rest > 0, _INITIALS_PREFIX, _INITIALS)
        yield _Found(self._names[lines[at == 0]], codes[at == 0])

    def homophones(self, text: str) -> _Found:
        """The names that are said as the text is, or begin so."""
        said = "".join(syllables(normal(text)))
        lines, at, rest = self._lines.first(said)
        kept = at == 0
        return _Found(self._names[lines[kept]], np.full(kept.sum(), _HOMOPHONE), np.minimum(rest[kept], 900))

    def alike(self, letters: str) -> _Found:
        """The names whose pinyin is nearly the letters."""
        if len(letters) < _LONG_ENOUGH:
            return _Found.nothing()
        found = self._letters.alike(letters)
        return _Found(self._names[found.names], found.codes, found.unlike)


_LONG_ENOUGH = 4


def _letters(text: str) -> str:
    """The text as pinyin is typed: letters without tones and spaces, ü as v; empty where it is no pinyin."""
    plain = "".join(c for c in normalize("NFD", text.lower().replace("ü", "v")) if not combining(c))
    plain = normal(plain)
    return plain if plain.isascii() and plain.isalnum() and not plain.isdecimal() else ""


def syllables(form: str) -> tuple[str, ...]:
    """How the name is said: a syllable for each Chinese character, all other characters as they are.

    >>> syllables("重庆长安"), syllables("863计划")
    (('chong', 'qing', 'chang', 'an'), ('8', '6', '3', 'ji', 'hua'))
    """
    # takes long to import; the command line starts without it
    from pypinyin.seg.mmseg import seg

    return tuple(part for word in seg.cut(form) for part in _said(word))


@lru_cache(maxsize=1 << 16)
def _said(word: str) -> tuple[str, ...]:
    from pypinyin import lazy_pinyin

    return tuple(letter for part in lazy_pinyin(word) for letter in ((part,) if part not in word else part))
