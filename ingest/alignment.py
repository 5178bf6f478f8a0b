"""Where annotated sentences stand in their document. Annotators read without citation marks, bold marks and white
space, so these are ignored; a sentence that a page break cuts is found by its two ends."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from kg.model import Span

_MARKUP = re.compile(r"<sup>.*?</sup>|\^\[[^\]]*\]|\^[①-⑩]|\*\*|\s", re.DOTALL)
_END = 12
"""How many characters of a cut sentence's two ends must stand in the document."""
_LONGEST_CUT = 3000
"""How many characters of other text may stand inside a cut sentence."""


@dataclass(frozen=True, slots=True)
class Place:
    """A sentence found in the document, from `start` to `end`. `positions` leads from document offsets to the
    sentence's own characters; it lacks those that the document does not have, and what is ignored."""

    start: int
    end: int
    positions: Mapping[int, int]

    def meets(self, span: Span) -> bool:
        """Whether the span and the sentence share a character."""
        return span.start < self.end and self.start < span.end

    def within(self, span: Span) -> tuple[int, int] | None:
        """The stretch of the sentence that the span covers."""
        if not self.meets(span):
            return None
        found = [self.positions[at] for at in range(span.start, span.end) if at in self.positions]
        return (found[0], found[-1] + 1) if found else None


def located(sentences: Sequence[str], text: str) -> tuple[Place | None, ...]:
    """Where each sentence stands in the text, searched from the one before it on, then from the text's start."""
    return tuple(_located(sentences, text))


def _located(sentences: Sequence[str], text: str) -> Iterator[Place | None]:
    kept = _kept(text)
    flat = "".join(text[offset] for offset in kept)
    at = 0
    for sentence in sentences:
        own = _kept(sentence)
        bare = "".join(sentence[position] for position in own)
        stretch = _stretch(flat, bare, at)
        if stretch is None:
            yield None
            continue
        start, at = stretch
        positions = {kept[start + n]: own[n] for n in _same_head(flat, bare, start)}
        positions |= {kept[at - n]: own[-n] for n in _same_tail(flat, bare, at, len(bare) - len(positions))}
        yield Place(kept[start], kept[at - 1] + 1, positions)


def _kept(text: str) -> list[int]:
    """The offsets of the characters that are compared."""
    kept: list[int] = []
    last = 0
    for mark in _MARKUP.finditer(text):
        kept.extend(range(last, mark.start()))
        last = mark.end()
    kept.extend(range(last, len(text)))
    return kept


def _stretch(flat: str, sentence: str, at: int) -> tuple[int, int] | None:
    if not sentence:
        return None
    if (start := _find(flat, sentence, at)) >= 0:
        return start, start + len(sentence)
    start = _find(flat, sentence[:_END], at)
    tail = sentence[-_END:]
    last = flat.find(tail, start) if start >= 0 else -1
    end = last + len(tail)
    return (start, end) if last >= 0 and end - start < len(sentence) + _LONGEST_CUT else None


def _find(flat: str, wanted: str, at: int) -> int:
    found = flat.find(wanted, at)
    return flat.find(wanted) if found < 0 else found


def _same_head(flat: str, sentence: str, start: int) -> Iterator[int]:
    for n, char in enumerate(sentence):
        if start + n >= len(flat) or flat[start + n] != char:
            return
        yield n


def _same_tail(flat: str, sentence: str, end: int, most: int) -> Iterator[int]:
    for n in range(1, most + 1):
        if flat[end - n] != sentence[-n]:
            return
        yield n
