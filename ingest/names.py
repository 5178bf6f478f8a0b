"""What may be a name in a Chinese sentence: all that the dictionary and the patterns find there.

Needs the words of `ingest.lac`; gives the candidates (`names_of`), overlapping ones too. Which of them
stand is for `ingest.tagger` to say.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import dropwhile, product, takewhile

from spacy.language import Language
from spacy.tokens import Doc, Span

from ingest.lac import Word, text_of, words_of
from ingest.lexicon import Lexicon
from ingest.patterns import DICTIONARY, WEAK, NameRule, NameRules, longest_first, name_rules
from kg import ontology

_CANDIDATES, _CONFIDENCE = "candidates", "confidence"
"""Where a Doc's `user_data` holds its candidate names, and how sure each of its ents is."""
_NOUNS = frozenset({"n", "nz", "vn", "an", "nw", "nt", "ns", "nr", "LOC", "ORG", "PER", "a", "s"})
_LATIN = re.compile(r"^[A-Za-z0-9][A-Za-z0-9.+\-/&]*$")
_SEPARATORS = frozenset("、和与及或") | {"以及", "或者"}
_MEASURED = "Indicator"
_FIGURE = re.compile(r"\d")
_QUOTED = re.compile(r"“[^“”《》，。；]{1,16}”")
_LOOK_AHEAD = 24
"""How far behind an indicator its figure may stand, in characters."""
_LIST_REACH = 12
"""How many members a list may have."""


@dataclass(frozen=True, slots=True)
class Name:
    """A stretch of the sentence that may name something."""

    start: int
    end: int
    type: str
    rule: str
    entry: str = ""
    confidence: float = 0.0
    wins: bool = False

    @classmethod
    def by(cls, rule: NameRule, start: int, end: int) -> "Name":
        """The name that a rule finds there."""
        return cls(start, end, rule.type, rule.id, "", rule.confidence, rule.wins)


class NameFinder:
    """The spaCy component `policy_names`."""

    def __init__(self, lexicon: Lexicon, rules: NameRules) -> None:
        self._lexicon = lexicon
        self._rules = rules
        self._titles = [(rule, _title_pattern(rule)) for rule in rules.of("title")]
        self._heads = by_word(rules.of("head"))
        self._marked = by_word(rules.of("marked"))
        self._lists = by_word(rules.of("list"))

    def __call__(self, doc: Doc) -> Doc:
        """The same Doc with its candidates."""
        doc.user_data[_CANDIDATES] = self.candidates(doc)
        return doc

    def candidates(self, doc: Doc) -> list[Name]:
        """Every name that some rule finds, overlapping ones too."""
        text = text_of(doc)
        words = words_of(doc)
        edges = frozenset(w.start for w in words) | frozenset(w.end for w in words)
        known = known_names(self._lexicon, self._rules, text, edges)
        names = [*known, *self._titled(text), *self._tagged(words)]
        for run in _runs(words):
            names += self._headed(text, run)
        names += self._after_marks(text, words)
        names = [*names, *self._extended(text, names)]
        return [*names, *self._listed(words, names)]

    def _titled(self, text: str) -> Iterator[Name]:
        for rule, pattern in self._titles:
            for match in pattern.finditer(text):
                yield Name.by(rule, match.start(1), match.end(1))

    def _tagged(self, words: Sequence[Word]) -> Iterator[Name]:
        for rule in self._rules.of("tagged"):
            for word in words:
                if word.tag in rule.tags and len(word.text) > 1 and word.text not in self._rules.leading:
                    yield Name.by(rule, word.start, word.end)

    def _headed(self, text: str, run: Sequence[Word]) -> Iterator[Name]:
        """Names that are runs of nouns with a telling last word; what stands behind it must be known to be harmless."""
        for stop in range(len(run), 0, -1):
            if stop == len(run) or run[stop].text in self._rules.following:
                head = _ending(run[:stop], self._heads)
                if head and (name := self._trimmed(text, run[:stop], head, self._heads[head])):
                    yield name
                    return

    def _trimmed(self, text: str, run: Sequence[Word], head: str, rule: NameRule) -> Name | None:
        """The run without leading words that name nothing; None where only the head remains."""
        named = list(dropwhile(lambda word: self._drops(word, rule), run))
        stem = "".join(word.text for word in named)[: -len(head)]
        if not stem or (rule.after and stem not in rule.after):
            return None
        if rule.type == _MEASURED and not _figure_behind(text, run[-1].end):
            return None
        return Name.by(rule, named[0].start, run[-1].end)

    def _drops(self, word: Word, rule: NameRule) -> bool:
        if word.tag == "LOC":
            return not rule.place
        return word.text in self._rules.leading and not (rule.place and word.text == "国家")

    def _after_marks(self, text: str, words: Sequence[Word]) -> Iterator[Name]:
        """“X” with the nouns behind it, where these end in a telling word: “九五”重点环保治理计划."""
        for match in _QUOTED.finditer(text):
            behind = [w for w in words if match.end() <= w.start][:5]
            run = list(_prefix(behind, match.end()))
            for stop in range(len(run), 0, -1):
                if head := _ending(run[:stop], self._marked):
                    yield Name.by(self._marked[head], match.start(), run[stop - 1].end)
                    break

    def _extended(self, text: str, names: Iterable[Name]) -> Iterator[Name]:
        """Known names with a head right behind them."""
        known = (name for name in names if name.entry and name.rule == DICTIONARY)
        for name, rule in product(known, self._rules.of("extension")):
            for word in rule.words:
                if name.type in rule.source_types and text.startswith(word, name.end):
                    yield Name.by(rule, name.start, name.end + len(word))

    def _listed(self, words: Sequence[Word], names: Sequence[Name]) -> Iterator[Name]:
        """The members of lists that 等 ends, each of the type that the list's own name says."""
        for at, word in enumerate(words):
            if word.text == "等" and (rule := self._list_rule(words[at + 1 : at + 7])):
                yield from self._members(words, at, rule, names)

    def _list_rule(self, behind: Sequence[Word]) -> NameRule | None:
        """The rule for what the list is of: the longest listed word that the nouns behind 等 end in."""
        run = list(takewhile(_in_list_head, behind))
        heads = (_ending(run[:stop], self._lists) for stop in range(len(run), 0, -1))
        return next((self._lists[head] for head in heads if head), None)

    def _members(self, words: Sequence[Word], at: int, rule: NameRule, names: Sequence[Name]) -> Iterator[Name]:
        """The members before word `at`, last to first, each as far left as it is made of nouns."""
        known = {(n.start, n.end) for n in names if n.entry or n.rule.startswith("lac")}
        stop = at
        for _ in range(_LIST_REACH):
            start = stop
            while start and _in_name(words[start - 1]):
                start -= 1
            member = list(dropwhile(lambda word: word.text in self._rules.leading, words[start:stop]))
            if not member:
                return
            span = (member[0].start, member[-1].end)
            if not rule.names_only or span in known or member[-1].tag in {"ORG", "nz", "LOC", "PER"}:
                yield Name.by(rule, *span)
            if not start or words[start - 1].text not in _SEPARATORS:
                return
            stop = start - 1


def _figure_behind(text: str, end: int) -> bool:
    """Whether a figure stands close behind `end`: an indicator is one only where the text gives its value."""
    return bool(_FIGURE.search(text[end : end + _LOOK_AHEAD]))


def known_names(lexicon: Lexicon, rules: NameRules, text: str, edges: frozenset[int]) -> Iterator[Name]:
    """The dictionary's names in a text whose words begin and end at `edges`."""
    for hit in lexicon.hits(text, edges):
        if text[hit.start : hit.end] in rules.generic or (
            hit.entry.type == _MEASURED and not _figure_behind(text, hit.end)
        ):
            continue
        rule = WEAK if hit.weak else DICTIONARY
        yield Name(hit.start, hit.end, hit.entry.type, rule, hit.entry.id, rules.confidence(rule))


def _title_pattern(rule: NameRule) -> re.Pattern[str]:
    opening, closing = rule.marks[0], rule.marks[1]
    ending = "|".join(map(re.escape, longest_first(rule.words)))
    return re.compile(
        rf"{opening}([^{opening}{closing}。；]{{1,50}}?(?:{ending})(?:（[^（）]*）|\([^()]*\))?){closing}"
    )


def by_word(rules: Sequence[NameRule]) -> dict[str, NameRule]:
    """Head word → rule; where two rules claim a word, the first in the file has it."""
    table: dict[str, NameRule] = {}
    for rule in rules:
        for word in rule.words:
            table.setdefault(word, rule)
    return table


def _ending(run: Sequence[Word], table: Mapping[str, NameRule]) -> str:
    """The longest word of the table that the run ends in, or an empty string."""
    joined = "".join(word.text for word in run)
    return next((joined[i:] for i in range(len(joined)) if joined[i:] in table), "")


def _in_list_head(word: Word) -> bool:
    return word.tag in _NOUNS or word.tag in {"m", "r", "q"} or word.text == "的"


def _in_name(word: Word) -> bool:
    return word.tag in _NOUNS or bool(_LATIN.match(word.text))


def _runs(words: Sequence[Word]) -> Iterator[list[Word]]:
    """The longest stretches of words that can make up a name."""
    run: list[Word] = []
    for word in words:
        if _in_name(word):
            run.append(word)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _prefix(words: Iterable[Word], start: int) -> Iterator[Word]:
    """The words from `start` on that follow each other without a break and can be part of a name."""
    for word in words:
        if word.start != start or not _in_name(word):
            return
        yield word
        start = word.end


def select(names: Iterable[Name]) -> list[Name]:
    """The names that stand where several overlap: the longer one, one whose rule wins, the surer one, the first."""
    chosen: list[Name] = []
    taken: set[int] = set()
    for name in sorted(names, key=lambda n: (n.start - n.end, not n.wins, -n.confidence)):
        if taken.isdisjoint(range(name.start, name.end)):
            chosen.append(name)
            taken.update(range(name.start, name.end))
    return sorted(chosen, key=lambda n: n.start)


def names_of(doc: Doc) -> Sequence[Name]:
    """The candidates that `policy_names` found."""
    names: Sequence[Name] = doc.user_data[_CANDIDATES]
    return names


def confidence(doc: Doc, ent: Span) -> float:
    """How sure the step that set an ent is of it, 0 to 1."""
    found: float = doc.user_data[_CONFIDENCE][ent.start_char, ent.end_char]
    return found


def set_names(doc: Doc, names: Iterable[Name], *, alignment: str) -> Doc:
    """The same Doc with those names as `doc.ents`. `alignment` says what becomes of a name that cuts a token, as in
    spaCy's `char_span`: "strict" drops it, "contract" leaves the whole tokens in it."""
    ents, sure = [], {}
    for n in names:
        span = doc.char_span(n.start, n.end, label=n.type, kb_id=n.entry, span_id=n.rule, alignment_mode=alignment)
        if span is not None:
            ents.append(span)
            sure[span.start_char, span.end_char] = n.confidence
    doc.set_ents(ents)
    doc.user_data[_CONFIDENCE] = sure
    return doc


@Language.factory("policy_names", requires=["doc.user_data"], assigns=["doc.user_data"])
def make_name_finder(nlp: Language, name: str) -> NameFinder:
    """The component's factory, for a spaCy config."""
    return NameFinder(Lexicon(ontology.load().entries), name_rules(nlp.lang))
