"""Indicators that the trained tagger passed over, found beside their numbers, as a spaCy component.

Needs the words of `ingest.lac`, the candidates of `ingest.names` and the names in `doc.ents`; adds those names of
measured quantities (产量 before 200万吨, 科研人员 behind 110名) that the rules of `ingest/patterns/indicators.*.toml`
find beside a number and that touch no other name, and gives those that are there the words that modify them. One that
begins with a known thing becomes two names. `ingest.figures` says what a number measures.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import pairwise
from typing import Literal

from spacy.language import Language
from spacy.tokens import Doc

from ingest.figures import MASK, Draft, FigureFinder, Scene
from ingest.lac import Word, text_of, words_of
from ingest.names import Name, confidence, names_of, set_names
from ingest.patterns import FOLDER, WEAK, read_toml
from ingest.quantities import quantity
from ingest.relations import Mention, outside
from kg import ontology
from kg.errors import OntologyError
from kg.model import Section, Sentence
from kg.ontology import Ontology

_TYPE = "Indicator"
_THINGS = frozenset({"Product", "Technology", "Industry"})
_LEAST = 2
"""How many characters are left of the indicator, at least."""
_NOUNS = frozenset({"n", "nz", "vn", "an", "nw", "nt", "ORG", "a"})
_LATIN = re.compile(r"^[A-Za-z][A-Za-z0-9&.+\-/]*$")
_ALONE = Section("", (), "body", 0, 0)

Kind = Literal["measured", "counted", "listed", "named", "amount"]


@dataclass(frozen=True, slots=True)
class IndicatorRule:
    """One rule of `indicators.*.toml`; the file's head says what each kind does."""

    id: str
    kind: Kind
    confidence: float
    example: str
    finds: str
    counterexample: str


@dataclass(frozen=True, slots=True)
class IndicatorRules:
    """The rules of one language."""

    before: re.Pattern[str]
    tail: re.Pattern[str]
    modifier: re.Pattern[str]
    lead: re.Pattern[str]
    link: re.Pattern[str]
    stop: frozenset[str]
    generic: frozenset[str]
    by_kind: dict[Kind, IndicatorRule]


@cache
def indicator_rules(language: str) -> IndicatorRules:
    """The rules of `indicators.<language>.toml`. Raises OntologyError for a rule without its parts."""
    path = FOLDER / f"indicators.{language}.toml"
    data = read_toml(path)
    try:
        rules = [IndicatorRule(**row) for row in data["rule"]]
        words = {name: re.compile(pattern) for name, pattern in data["words"].items()}
        stop, generic = frozenset(data["stop"]), frozenset(data["generic"])
        return IndicatorRules(**words, stop=stop, generic=generic, by_kind={rule.kind: rule for rule in rules})
    except (KeyError, TypeError, re.error) as error:
        raise OntologyError(f"{path}: {error}") from error


def _parted(names: Sequence[Name], candidates: Sequence[Name]) -> Iterator[Name]:
    """The names, those of indicators that begin with a thing that the dictionary knows (汽车 in 汽车销量) as two."""
    known = {each.start: each for each in candidates if each.entry and each.type in _THINGS and each.rule != WEAK}
    for name in names:
        thing = known.get(name.start)
        if name.type == _TYPE and thing and name.end - thing.end >= _LEAST:
            yield replace(thing, confidence=name.confidence)
            yield replace(name, start=thing.end, entry="")
        else:
            yield name


class IndicatorFinder:
    """The spaCy component `indicator_names`."""

    def __init__(self, terms: Ontology, language: str) -> None:
        self._ontology = terms
        self._rules = indicator_rules(language)
        self._figures = FigureFinder(terms, language)

    def __call__(self, doc: Doc) -> Doc:
        """The same Doc with more indicators in `doc.ents`."""
        text = text_of(doc)
        if not self._figures.rules.worth_reading(text):
            return doc
        own = [
            Name(ent.start_char, ent.end_char, ent.label_, ent.id_, ent.kb_id_, confidence(doc, ent))
            for ent in doc.ents
        ]
        whole = list(self._whole(text, list(_parted(own, names_of(doc)))))
        found = self._found(text, words_of(doc), whole)
        if not found and whole == own:
            return doc
        return set_names(doc, sorted([*whole, *found], key=lambda name: name.start), alignment="strict")

    def _whole(self, text: str, names: Sequence[Name]) -> Iterator[Name]:
        """The names, indicators with what modifies them and without the words that lead to their number."""
        for before, name in pairwise([None, *names]):
            if name is None or name.type != _TYPE:
                if name:
                    yield name
                continue
            start, end = name.start, self._rules.tail.search(text, name.start + 1, name.end)
            modifier = self._rules.modifier.search(text, before.end if before else 0, start)
            start = modifier.start() if modifier else start
            stop = end.start() if end else name.end
            same = (start, stop) == (name.start, name.end)
            yield name if same else replace(name, start=start, end=stop, entry="")

    def _found(self, text: str, words: Sequence[Word], names: Sequence[Name]) -> list[Name]:
        """The indicators beside the text's numbers that touch none of its names, in order."""
        taken = [Mention(n.start, n.end, n.type, str(n.start)) for n in names]
        sentence = Sentence(text, tuple(range(len(text))), _ALONE)
        scene = self._figures.scene(sentence, [m for m in taken if m.type != _TYPE])
        found: dict[int, Name] = {}
        for draft in self._figures.drafts(scene):
            for kind, start, end in self._beside(scene, words, draft):
                own = [*taken, *(Mention(n.start, n.end, _TYPE, "") for n in found.values())]
                if outside(own, start, end) and self._names(text[start:end]):
                    rule = self._rules.by_kind[kind]
                    found[start] = Name(start, end, _TYPE, rule.id, "", rule.confidence)
        return [found[start] for start in sorted(found)]

    def _names(self, words: str) -> bool:
        return len(words) > 1 and words not in self._rules.generic and not words.isdecimal()

    def _beside(self, scene: Scene, words: Sequence[Word], draft: Draft) -> Iterator[tuple[Kind, int, int]]:
        """What the number of a draft measures or counts, as kind of rule and place."""
        value = draft.value
        if value.flaw or (read := quantity(value.words, self._ontology)) is None:
            return
        if read.kind == "rank":
            if draft.measured:
                yield from self._measured(scene, words, draft)
        elif read.kind == "count" and read.unit != "1":
            yield from self._counted(scene, words, draft)
        elif draft.measured:
            yield from self._measured(scene, words, draft)
        elif scene.text.startswith("的", value.end):
            if span := self._behind(words, value.end + 1):
                yield "amount", *span
        elif span := self._ahead(scene, words, self._leading(scene, value.start)):
            yield "named", *span

    def _measured(self, scene: Scene, words: Sequence[Word], draft: Draft) -> Iterator[tuple[Kind, int, int]]:
        """The words that `ingest.figures` reads as measured, where they stand before the number, or behind it."""
        start = scene.text.rfind(draft.measured, 0, draft.value.start)
        start = start if start >= 0 else scene.text.find(draft.measured, draft.value.end)
        if start < 0:
            return
        end = self._leading(scene, start + len(draft.measured), start)
        span = self._ahead(scene, words, end) or (start, end)
        yield "measured", *span
        while link := self._rules.link.search(scene.text, 0, span[0]):
            other = self._ahead(scene, words, link.start())
            if other is None or not self._figures.rules.measured.search(scene.text[slice(*other)]):
                return
            span = other
            yield "measured", *span

    def _counted(self, scene: Scene, words: Sequence[Word], draft: Draft) -> Iterator[tuple[Kind, int, int]]:
        """The nouns behind a number with a classifier, or else those before it."""
        of_them = scene.text.startswith("的", draft.value.end)
        if not of_them and (span := self._behind(words, draft.value.end)):
            yield "counted", *span
        elif span := self._ahead(scene, words, self._leading(scene, draft.value.start)):
            yield "listed", *span

    def _leading(self, scene: Scene, end: int, least: int = 0) -> int:
        """Where the words begin that lead to what stands at `end`."""
        found = self._rules.before.search(scene.masked, least, end)
        return found.start() if found else end

    def _ahead(self, scene: Scene, words: Sequence[Word], end: int) -> tuple[int, int] | None:
        """The run of nouns that ends there, from the last other name or time on, with what modifies it."""
        least = max((m.end for m in scene.mentions if m.end <= end), default=0)
        least = max(least, scene.masked.rfind(MASK, 0, end) + 1)
        start = end
        for word in reversed([w for w in words if w.end <= end]):
            if word.end != start or word.start < least or not self._noun(word):
                break
            start = word.start
        if start == end:
            return None
        if (modifier := self._rules.modifier.search(scene.text, least, start)) and modifier.end() == start:
            start = modifier.start()
        return start, end

    def _behind(self, words: Sequence[Word], start: int) -> tuple[int, int] | None:
        """The run of nouns that begins there, or behind what may lead to it."""
        run: list[Word] = []
        for at, word in enumerate(words):
            if word.end <= start:
                continue
            if word.start < start:
                return None
            if self._noun(word) or (not run and _attribute(words, at)):
                run.append(word)
            elif self._rules.lead.fullmatch(word.text):
                run = []
            else:
                break
        return (run[0].start, run[-1].end) if run else None

    def _noun(self, word: Word) -> bool:
        return word.text not in self._rules.stop and (word.tag in _NOUNS or bool(_LATIN.match(word.text)))


def _attribute(words: Sequence[Word], at: int) -> bool:
    """Whether the word is a verb of two characters right before a noun: 参展 in 46个参展国家."""
    return words[at].tag == "v" and len(words[at].text) == 2 and at + 1 < len(words) and words[at + 1].tag in _NOUNS


@Language.factory("indicator_names", requires=["doc.ents", "doc.spans", "doc.user_data"], assigns=["doc.ents"])
def make_indicator_finder(nlp: Language, name: str) -> IndicatorFinder:
    """The component's factory, for a spaCy config."""
    return IndicatorFinder(ontology.load(), nlp.lang or "zh")
