"""Names of things in an English sentence: the dictionary's, the model's, and phrases with telling words.

Needs the tags, lemmas and entities of `ingest.english_model`; gives `doc.ents` just as `ingest.names` does for Chinese.
The model's own entities stay in `doc.spans["model"]`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from spacy.language import Language
from spacy.tokens import Doc, Span

from ingest.english_phrases import Phrases
from ingest.lexicon import Lexicon
from ingest.names import Name, by_word, known_names, select, set_names
from ingest.patterns import FOLDER, NameRule, NameRules, longest_first, name_rules, read_toml
from kg import ontology
from kg.ontology import Entry

MODEL = "model"
"""Where a Doc keeps the entities of the English model."""

_WORD = r"[A-Z][\w&.'’–-]*\w|[A-Z]"
_RUN = re.compile(rf"(?:{_WORD})(?:\s(?:(?:of|the|and|&|for|on|in|de)\s(?:the\s)?)?(?:{_WORD}))*(?:\s\d[\d-]*)?")
_OWNER = re.compile(r"['’]s?\s")
_BELONGS = re.compile(r"\s(?:of|at)\s(?:the\s)?")
_AND = re.compile(r"\sand\s(?:the\s)?")
_COMPLEMENT = re.compile(r"\s(?:of|for|on|in)\s.*")
_ARTICLE = re.compile(r"^(?:[Tt]he|[Aa]n?|[Tt]his|[Oo]ur)\s")
_POSSESSIVE = re.compile(r"['’]s?$")
_PLACES = frozenset({"GPE", "LOC", "NORP"})
_FOREIGN = _PLACES | {"PERSON", "DATE"}
_ACRONYM = re.compile(r"[A-Z0-9&.-]{2,6}s?")
_TABLE = re.compile(r"[|@*=_\[\]()]")
_NOT_ENOUGH = re.compile(r"[A-Z][a-z]*\.?|.*\s[a-z]\S*")
"""One capitalised word is too little for an organisation that only the model knows."""
_SHORTEST = 4
_PERSON = re.compile(r"[A-Z]['’]?[a-zà-ÿ]*\.?(?:[\s-](?:[A-Z]['’]?[A-Za-zà-ÿ'’]*\.?|de|van|von|der|al|bin))*")


class EnglishNames:
    """The spaCy component `english_names`."""

    def __init__(self, entries: Mapping[str, Entry], rules: NameRules) -> None:
        self._lexicon = Lexicon(entries)
        self._rules = rules
        self._phrases = Phrases(rules)
        self._heads = by_word(rules.of("head"))
        self._longest = max(word.count(" ") + 1 for word in self._heads)
        self._openings = [(word, rule) for rule in rules.of("opening") for word in rule.words]
        self._numbered = [(rule, _numbered_pattern(rule)) for rule in rules.of("title")]
        self._marked = by_word(rules.of("marked"))
        self._behind = re.compile(rf"\s({'|'.join(longest_first(self._marked))})\b")
        self._by_tag = {tag: rule for rule in rules.of("tagged") for tag in rule.tags}
        self._places = {entry.label_en: entry.id for entry in entries.values() if entry.type == "Place"}

    def __call__(self, doc: Doc) -> Doc:
        """The same Doc with its names as `doc.ents`."""
        doc.spans[MODEL] = list(doc.ents)
        return set_names(doc, select(self.candidates(doc)), alignment="contract")

    def candidates(self, doc: Doc) -> list[Name]:
        """Every name that some rule finds, overlapping ones too."""
        spans = list(doc.spans[MODEL])
        known = list(known_names(self._lexicon, self._rules, doc.text, _edges(doc)))
        foreign = frozenset(token.i for span in spans if span.label_ in _FOREIGN for token in span)
        return [
            *known,
            *self._capitalised(doc.text, spans),
            *self._with_number(doc.text),
            *self._extended(doc.text, known),
            *self._modelled(spans),
            *self._phrases.names(doc, foreign),
        ]

    def _capitalised(self, text: str, spans: Sequence[Span]) -> Iterator[Name]:
        """Capitalised runs with a telling first or last word, or one right behind them."""
        places = {span.text for span in spans if span.label_ in _PLACES}
        persons = {span.start_char: span.end_char for span in spans if span.label_ == "PERSON"}
        for match in _RUN.finditer(text):
            for start, run in self._apart(*self._trimmed(match)):
                if behind_person := _BELONGS.match(run, persons.get(start, start) - start):
                    start, run = start + behind_person.end(), run[behind_person.end() :]
                end = start + len(run)
                if told := self._telling_word(run):
                    yield Name.by(told, start, end)
                elif (behind := self._behind.match(text, end)) and run not in places and self._may_name(run):
                    yield Name.by(self._marked[behind.group(1)], start, behind.end())

    def _with_number(self, text: str) -> Iterator[Name]:
        """Telling words with a number behind them: Executive Order 1234."""
        for rule, pattern in self._numbered:
            for match in pattern.finditer(text):
                yield Name.by(rule, *match.span())

    def _may_name(self, run: str) -> bool:
        return run not in _demonyms() and run not in self._rules.leading and not run[-1].isdigit()

    def _apart(self, start: int, run: str) -> Iterator[tuple[int, str]]:
        """The run, or the names that it is made of: Fjord University and Polar Institute, Norway's Polar Institute."""
        begin = max((found.end() for found in _OWNER.finditer(run)), default=0)
        for found in _AND.finditer(run, begin):
            one, other = run[begin : found.start()], run[found.end() :]
            if self._ending(one) and self._telling_word(other):
                yield start + begin, one
                begin = found.end()
        yield start + begin, run[begin:]

    def _telling_word(self, run: str) -> NameRule | None:
        """The rule for the run's head (what stands before its first preposition), or else for its last word."""
        if run in self._rules.generic:
            return None
        head = _COMPLEMENT.sub("", run)
        return self._opening(run) or (head != run and self._heads.get(head)) or self._ending(head) or self._ending(run)

    def _extended(self, text: str, known: list[Name]) -> Iterator[Name]:
        """Capitalised runs that end in a known name, each of that name's type."""
        ends = {name.end: name for name in known}
        for match in _RUN.finditer(text):
            last = ends.get(match.end())
            if last is None or _COMPLEMENT.search(match.group()):
                continue
            start, _ = list(self._apart(*self._trimmed(match)))[-1]
            for rule in self._rules.of("extension"):
                if last.start > start and last.type in rule.source_types:
                    yield Name(start, match.end(), last.type, rule.id, "", rule.confidence)

    def _trimmed(self, match: re.Match[str]) -> tuple[int, str]:
        """The run without words that only begin a sentence."""
        start, run = match.start(), match.group()
        while (first := run.split(" ", 1)[0]) in self._rules.leading and " " in run:
            start, run = start + len(first) + 1, run[len(first) + 1 :]
        return start, run

    def _opening(self, run: str) -> NameRule | None:
        return next((rule for word, rule in self._openings if f" {word} " in f" {run}"), None)

    def _ending(self, run: str) -> NameRule | None:
        words = run.rsplit(" ", self._longest)
        candidates = (" ".join(words[i:]) for i in range(1, len(words)))
        return next((self._heads[ending] for ending in candidates if ending in self._heads), None)

    def _modelled(self, spans: Sequence[Span]) -> Iterator[Name]:
        """What the model names, typed by its label where no word of it tells more."""
        for span in spans:
            start, surface = _stripped(span)
            if country := _demonyms().get(surface):
                rule = self._by_tag["GPE"]
                yield Name(start, start + len(surface), rule.type, rule.id, self._places[country], rule.confidence)
            elif (other := self._by_tag.get(span.label_)) and self._is_name(surface, span.label_):
                for begin, part in self._apart(start, surface):
                    yield Name.by(self._telling_word(part) or other, begin, begin + len(part))

    def _is_name(self, surface: str, label: str) -> bool:
        if not any(map(str.isupper, surface)) or surface in self._rules.leading or surface in self._rules.generic:
            return False
        if label in _PLACES:
            return not any(map(str.isdigit, surface))
        if label == "PRODUCT":
            return len(surface) >= _SHORTEST and not _TABLE.search(surface)
        if label == "PERSON":
            return _PERSON.fullmatch(surface) is not None
        return not (_ACRONYM.fullmatch(surface) or _NOT_ENOUGH.fullmatch(surface) or _TABLE.search(surface))


def _stripped(span: Span) -> tuple[int, str]:
    """Where the entity begins and what it is, without article and possessive ending."""
    surface = _POSSESSIVE.sub("", span.text)
    bare = _ARTICLE.sub("", _OWNER.split(surface)[-1])
    return span.start_char + len(surface) - len(bare), bare


def _numbered_pattern(rule: NameRule) -> re.Pattern[str]:
    words = "|".join(map(re.escape, longest_first(rule.words)))
    return re.compile(rf"\b(?:{words})\s(?:No\.\s)?(?:\d(?:[\w.-]*\w)?|[IVX]+)\b")


@cache
def _demonyms() -> dict[str, str]:
    """Adjective → English name of the place."""
    table: dict[str, str] = read_toml(FOLDER / "places.en.toml")["demonyms"]
    return table


def _edges(doc: Doc) -> frozenset[int]:
    return frozenset(t.idx for t in doc) | frozenset(t.idx + len(t.text) for t in doc)


@Language.factory("english_names", requires=["doc.ents", "token.tag", "token.lemma"], assigns=["doc.ents"])
def make_english_names(nlp: Language, name: str) -> EnglishNames:
    """The component's factory, for a spaCy config."""
    return EnglishNames(ontology.load().entries, name_rules(nlp.lang))
