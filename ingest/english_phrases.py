"""Noun phrases of an English sentence that name a technology, an industry, a challenge …: by their head nouns.

Needs tags and lemmas (`token.tag_`, `token.lemma_`); gives the stretch from the first telling modifier to the head.
What stands behind the head is of no concern: in "tidal energy projects" it is "tidal energy" that has a name.
"""

import re
from collections.abc import Iterator, Set

from spacy.tokens import Doc, Token

from ingest.names import Name, by_word
from ingest.patterns import NameRule, NameRules

_HEADS = frozenset({"NN", "NNS"})
_NOUNS = _HEADS | {"NNP", "NNPS"}
_MODIFIERS = _NOUNS | {"JJ", "HYPH"}
_VERBAL = frozenset({"VBG", "VBN"})
_ATTRIBUTIVE = frozenset({"amod", "compound", "nmod"})
_MEASURED = "Indicator"
_FIGURE_BEFORE = re.compile(r"\d[\d,.]*(?:\s(?:thousand|million|billion|trillion))?(?:\s(?:or more|new))?\s(?:in\s)?$")
_FIGURE_BEHIND = re.compile(r"^[^.;:]{0,40}?[$€£¥]?\d")
_LOOK_BACK = 40
_YEAR = re.compile(r"(?:18|19|20)\d\d")
_LONGEST = 6
"""How many words a phrase may have: longer ones are sentences that the tagger took for nouns."""


class Phrases:
    """The `lower` rules of a language, ready to be applied."""

    def __init__(self, rules: NameRules) -> None:
        self._with = by_word([rule for rule in rules.of("lower") if not rule.after])
        self._alone = by_word([rule for rule in rules.of("lower") if rule.alone])
        self._about = by_word([rule for rule in rules.of("lower") if rule.after])
        self._stop = rules.stop

    def names(self, doc: Doc, foreign: Set[int]) -> Iterator[Name]:
        """Every phrase with a telling head. `foreign` are the tokens that name a place or somebody: no phrase begins
        with one."""
        for token in doc:
            if token.tag_ in _HEADS:
                if (head := self._head(doc, token)) is not None:
                    yield from self._headed(doc, head, token, foreign)
                if rule := self._about.get(token.lemma_.lower()):
                    yield from self._with_object(doc, token, rule, foreign)

    def _headed(self, doc: Doc, head: int, token: Token, foreign: Set[int]) -> Iterator[Name]:
        """The phrase whose head begins at `head` and ends with the token, if it names something."""
        first = self._first(doc, head)
        start = next((i for i in range(first, head) if not self._names_nothing(doc, i, foreign)), head)
        word = _lemmas(doc, head, token)
        rule = self._alone.get(word) if start == head and head == token.i else self._with.get(word)
        end = token.idx + len(token)
        if rule and (rule.type != _MEASURED or _has_figure(doc.text, doc[first].idx, end)):
            yield Name.by(rule, doc[start].idx, end)

    def _with_object(self, doc: Doc, token: Token, rule: NameRule, foreign: Set[int]) -> Iterator[Name]:
        """The head with what it is about, "dependence on imports": up to the head of what stands behind it."""
        start = next(
            (i for i in range(self._first(doc, token.i), token.i) if not self._names_nothing(doc, i, foreign)), token.i
        )
        for child in token.rights:
            if child.dep_ == "prep" and child.lower_ in rule.after:
                for thing in child.children:
                    if thing.dep_ == "pobj" and thing.tag_ in _NOUNS and thing.i - token.i <= _LONGEST:
                        yield Name.by(rule, doc[start].idx, thing.idx + len(thing))

    def _head(self, doc: Doc, token: Token) -> int | None:
        """Where the longest listed head that ends with the token begins, if any does."""
        firsts = (first for first in range(max(0, token.i - 2), token.i + 1))
        return next((f for f in firsts if _lemmas(doc, f, token) in self._with), None)

    def _first(self, doc: Doc, head: int) -> int:
        """Where the modifiers before the head begin."""
        first = head
        while first and head - first < _LONGEST and self._modifies(doc[first - 1], doc[first]):
            first -= 1
        return first

    def _modifies(self, token: Token, following: Token) -> bool:
        if following.tag_ == "HYPH":
            return token.is_alpha or token.is_digit
        if token.tag_ in _VERBAL:
            return token.dep_ in _ATTRIBUTIVE
        return token.tag_ in _MODIFIERS and not token.is_space

    def _names_nothing(self, doc: Doc, at: int, foreign: Set[int]) -> bool:
        """Whether the word before a name is no part of it: "new", "Norwegian", and each word of "good-paying"."""
        token = doc[at]
        if at in foreign or token.tag_ == "HYPH":
            return True
        if at + 2 < len(doc) and doc[at + 1].tag_ == "HYPH":
            return f"-{doc[at + 2].lower_}" in self._stop
        if at and doc[at - 1].tag_ == "HYPH":
            return f"-{token.lower_}" in self._stop
        return token.lower_ in self._stop


def _lemmas(doc: Doc, first: int, last: Token) -> str:
    """The words from `first` to `last`, in lower case, the last one in the singular."""
    before = "".join(token.lower_ + token.whitespace_ for token in doc[first : last.i])
    return before + last.lemma_.lower()


def _has_figure(text: str, start: int, end: int) -> bool:
    """Whether a figure stands close before or behind: an indicator is one only where the text gives its value."""
    before = _FIGURE_BEFORE.search(text[max(0, start - _LOOK_BACK) : start])
    if before and not _YEAR.fullmatch(before.group().split(" ")[0]):
        return True
    behind = _FIGURE_BEHIND.match(text[end:])
    return bool(behind and not _YEAR.match(text, end + behind.end() - 1))
