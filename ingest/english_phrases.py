"""Noun phrases of an English sentence that name a technology, an industry, a challenge …: by their head nouns.

Needs tags and lemmas (`token.tag_`, `token.lemma_`); gives the stretch from the first telling modifier to the head.
What stands behind the head is of no concern: in "tidal energy projects" it is "tidal energy" that has a name.
"""

import re
from collections.abc import Iterator, Set

from spacy.tokens import Doc, Token

from ingest.names import Name, by_word
from ingest.patterns import NameRules

_NOUNS = frozenset({"NN", "NNS", "NNP", "NNPS"})
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
        self._heads = by_word(rules.of("lower"))
        self._stop = rules.stop

    def names(self, doc: Doc, foreign: Set[int]) -> Iterator[Name]:
        """Every phrase with a telling head. `foreign` are the tokens that name a place or somebody: no phrase begins
        with one."""
        for token in doc:
            if token.tag_ in _NOUNS and (head := self._head(doc, token)):
                start = self._start(doc, head, foreign)
                word = doc[head : token.i + 1].text.lower()
                rule = self._heads.get(_lemmas(doc, head, token)) or self._heads[word]
                named = start < head or rule.alone
                if named and (rule.type != _MEASURED or _has_figure(doc.text, doc[start].idx, token.idx + len(token))):
                    yield Name.by(rule, doc[start].idx, token.idx + len(token))

    def _head(self, doc: Doc, token: Token) -> int | None:
        """Where the longest listed head that ends with the token begins, if any does."""
        firsts = (first for first in range(max(0, token.i - 2), token.i + 1))
        return next((f for f in firsts if _lemmas(doc, f, token) in self._heads), None)

    def _start(self, doc: Doc, head: int, foreign: Set[int]) -> int:
        """Where the phrase before the head begins, without the words that name nothing."""
        start = head
        while start and head - start < _LONGEST and self._modifies(doc[start - 1], doc[start]):
            start -= 1
        while start < head and self._names_nothing(doc[start], foreign):
            start += 1
        return start

    def _modifies(self, token: Token, following: Token) -> bool:
        if following.tag_ == "HYPH":
            return token.is_alpha or token.is_digit
        if token.tag_ in _VERBAL:
            return token.dep_ in _ATTRIBUTIVE
        return token.tag_ in _MODIFIERS and not token.is_space

    def _names_nothing(self, token: Token, foreign: Set[int]) -> bool:
        if token.i + 1 < len(token.doc) and token.nbor().tag_ == "HYPH":
            return token.is_digit
        return token.tag_ == "HYPH" or token.lower_ in self._stop or token.i in foreign


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
