"""Names of things in an English sentence: the dictionary's, and capitalised or telling phrases by their heads.

Gives `doc.ents` just as `ingest.names` does for Chinese. A first version without a trained model.
"""

import re
from collections.abc import Iterator

from spacy.language import Language
from spacy.tokens import Doc

from ingest.lexicon import Lexicon
from ingest.names import Name, by_word, known_names, select, set_names
from ingest.patterns import NameRule, NameRules, name_rules
from kg import ontology

_WORD = r"[A-Z][\w&.'’–-]*\w|[A-Z]"
_RUN = re.compile(rf"(?:{_WORD})(?:\s(?:(?:of|the|and|for|on|in|de)\s(?:the\s)?)?(?:{_WORD}))*")
_AND = re.compile(r"\sand\s(?:the\s)?")


class EnglishNames:
    """The spaCy component `english_names`."""

    def __init__(self, lexicon: Lexicon, rules: NameRules) -> None:
        self._lexicon = lexicon
        self._rules = rules
        self._heads = by_word(rules.of("head"))
        self._longest = max(word.count(" ") + 1 for word in self._heads)
        self._openings = [(word, rule) for rule in rules.of("opening") for word in rule.words]
        self._lower = [(rule, _lower_pattern(rule)) for rule in rules.of("lower")]

    def __call__(self, doc: Doc) -> Doc:
        """The same Doc with its names as `doc.ents`."""
        return set_names(doc, select(self.candidates(doc)), alignment="contract")

    def candidates(self, doc: Doc) -> list[Name]:
        """Every name that some rule finds, overlapping ones too."""
        known = list(known_names(self._lexicon, self._rules, doc.text, _edges(doc)))
        return [*known, *self._capitalised(doc.text), *self._extended(doc.text, known), *self._in_lower_case(doc.text)]

    def _capitalised(self, text: str) -> Iterator[Name]:
        """Capitalised runs with a telling first or last word."""
        for match in _RUN.finditer(text):
            for start, run in self._apart(*self._trimmed(match)):
                if rule := self._telling_word(run):
                    yield Name.by(rule, start, start + len(run))

    def _apart(self, start: int, run: str) -> Iterator[tuple[int, str]]:
        """The run, or the names that "and" joins in it: Fjord University and Polar Institute."""
        begin = 0
        for found in _AND.finditer(run):
            one, other = run[begin : found.start()], run[found.end() :]
            if self._ending(one) and self._telling_word(other):
                yield start + begin, one
                begin = found.end()
        yield start + begin, run[begin:]

    def _telling_word(self, run: str) -> NameRule | None:
        return self._opening(run) or self._ending(run)

    def _extended(self, text: str, known: list[Name]) -> Iterator[Name]:
        """Capitalised runs that end in a known name, each of that name's type."""
        ends = {name.end: name for name in known}
        for match in _RUN.finditer(text):
            start, _ = self._trimmed(match)
            last = ends.get(match.end())
            for rule in self._rules.of("extension"):
                if last and last.start > start and last.type in rule.source_types:
                    yield Name(start, match.end(), last.type, rule.id, "", rule.confidence)

    def _trimmed(self, match: re.Match[str]) -> tuple[int, str]:
        """The run without words that only begin a sentence."""
        start, run = match.start(), match.group()
        while (first := run.split(" ", 1)[0]) in self._rules.leading and " " in run:
            start, run = start + len(first) + 1, run[len(first) + 1 :]
        return start, run

    def _opening(self, run: str) -> NameRule | None:
        return next((rule for word, rule in self._openings if run.startswith(f"{word} ")), None)

    def _ending(self, run: str) -> NameRule | None:
        words = run.rsplit(" ", self._longest)
        candidates = (" ".join(words[i:]) for i in range(1, len(words)))
        return next((self._heads[ending] for ending in candidates if ending in self._heads), None)

    def _in_lower_case(self, text: str) -> Iterator[Name]:
        """A telling word in lower case with the word that says what it is about."""
        for rule, pattern in self._lower:
            for match in pattern.finditer(text):
                if match.group(1).lower() not in self._rules.stop:
                    yield Name.by(rule, match.start(), match.end())


def _lower_pattern(rule: NameRule) -> re.Pattern[str]:
    return re.compile(rf"\b([A-Za-z][\w–-]*)\s(?:{'|'.join(rule.words)})\b")


def _edges(doc: Doc) -> frozenset[int]:
    return frozenset(t.idx for t in doc) | frozenset(t.idx + len(t.text) for t in doc)


@Language.factory("english_names", assigns=["doc.ents"])
def make_english_names(nlp: Language, name: str) -> EnglishNames:
    """The component's factory, for a spaCy config."""
    return EnglishNames(Lexicon(ontology.load().entries), name_rules(nlp.lang))
