"""Which of a sentence's citation marks stand behind what one of its clauses states."""

import re
from dataclasses import dataclass

from ingest.qualifiers import Qualifiers
from kg.model import Sentence

_BREAK = re.compile(r"[，。；：！？;!?]|[,:]\s|\.(?=\s|$)")
_WIDE_BREAK = re.compile(r"[。；！？;!?]|\.(?=\s|$)")
_STOP = re.compile(r"[，。；：！？;!?,.:”’）)】」』》〉\"'\s]*")


@dataclass(frozen=True, slots=True)
class Cited:
    """The labels of the references behind a statement: all of them, and those that its sentence names as its source
    ahead of it (`据……[7]，`), to which it is attributed."""

    labels: tuple[str, ...] = ()
    sources: tuple[str, ...] = ()


def cited(sentence: Sentence, start: int, end: int, words: Qualifiers) -> Cited:
    """The references that the sentence cites for what it states from `start` to `end`, offsets in its text.

    A mark belongs to the clause that it ends, or stands in; the only mark of a sentence, at its end, to all of it; a
    mark of a source that is named ahead, to all that follows in that part of the sentence."""
    if not sentence.cites:
        return Cited()
    text = sentence.text
    first = max((m.end() for m in _BREAK.finditer(text, 0, start)), default=0)
    stop = _BREAK.search(text, end)
    # a mark may stand behind the comma that ends its clause
    last = _STOP.match(text, stop.start() if stop else len(text))
    own = [label for place, label in sentence.cites if first < place <= (last.end() if last else len(text))]
    if not own and _only_at_the_end(sentence):
        own = [label for _, label in sentence.cites]
    sources = _named_ahead(sentence, start, words)
    return Cited(tuple(dict.fromkeys([*sources, *own])), sources)


def _only_at_the_end(sentence: Sentence) -> bool:
    places = {place for place, _ in sentence.cites}
    return len(places) == 1 and not _STOP.sub("", sentence.text[min(places) :])


def _named_ahead(sentence: Sentence, start: int, words: Qualifiers) -> tuple[str, ...]:
    """The labels of marks ahead of a place, in the same part of the sentence, that stand by the name of a source."""
    text = sentence.text
    part = max((m.end() for m in _WIDE_BREAK.finditer(text, 0, start)), default=0)
    found = []
    for place, label in sentence.cites:
        clause = max((m.end() for m in _BREAK.finditer(text, part, max(place - 1, part))), default=part)
        ahead = part < place <= start and (
            words.source_ahead.match(text, clause) or words.source_verb.match(text, place)
        )
        if ahead:
            found.append(label)
    return tuple(dict.fromkeys(found))
