"""The trained classifier of relations between the names of a Chinese sentence.

Needs a sentence's text, LAC's words and its mentions in order; gives the relation of every pair of mentions whose types
the ontology's signatures allow one, where the model finds one likely enough. It reads the sentence as words in which
each name is one word that says only its type, so that what it learns of one name holds for all; a pair is then judged
by its two ends, by what stands between them and in the whole sentence, by where they stand (`PairReader`), and by what
the rules of `ingest.relations` read there.
"""

import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
from spacy.tokens import Doc

from ingest.encoding import UNKNOWN, Floats, Ints, Tables, batches, padded
from ingest.lac import Word, text_of, words_of
from ingest.qualifiers import Qualifiers, qualifiers
from ingest.relations import Group, Mention, Relation, RelationFinder, clauses, groups_of
from ingest.tagger import session, tagger
from kg.model import MODALITIES, Modality
from kg.ontology import Ontology

MODEL = "classifier"
"""The rule of a statement that only the model reads."""
_ONE_SUBJECT, _ONE_OBJECT = frozenset({"measuredBy"}), frozenset({"partOf"})
"""The relations that give a thing one subject or object only in a sentence: an indicator measures one thing, what is
part of something is so of one whole."""
_BESIDE = frozenset({"funds"})
"""The relations that a sentence states of two things beside another one."""
_WORDS_WEIGHT, _HEADING_WEIGHT = 1.25, 3.0
"""What the words around, and a heading such as that of recommendations, add to the log-probability of the modality that
they tell. The model has mostly learnt from sentences without their heading, so a heading must outweigh it."""
FARTHEST = 60
"""How many words may stand between the two ends of a statement."""
LEAST_CHANCE = 0.15
"""Relations that the model holds for less likely than this are not looked at."""
PARTS = ("subject", "object", "between", "around", "subject_factor", "object_factor")
"""What the model makes of a word: what it adds to a pair as its subject, as its object, between the two, and anywhere
in the sentence, and its factors of the product that a pair's two ends add."""
_AT_ONCE = 4096
"""How many pairs are judged together: onnxruntime keeps the memory that it once took."""
_GEOMETRY = 11
_BEFORE, _BEHIND = 300, 60
"""How far from a pair words still tell its modality, in characters."""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence for the classifier, a row per word or name: the number of a frequent word (0 for names), LAC's tag
    (the last number for names), the type of a name (0 for words), the row of its vector. `places` are the mentions'
    rows."""

    words: Ints
    tags: Ints
    types: Ints
    vectors: Ints
    places: tuple[int, ...]


def sentence(text: str, words: Sequence[Word], mentions: Sequence[Mention], tables: Tables) -> Sentence:
    """The sentence as the classifier sees it. Mentions are in order; words are cut at their ends."""
    tags = {tag: number for number, tag in enumerate(tables.tags, 1)}
    types = {name: number for number, name in enumerate(tables.types, 1)}
    rows: list[tuple[int, int, int, int]] = []
    places: list[int] = []
    for start, end, tag, type_ in _pieces(words, mentions):
        piece = text[start:end]
        if type_:
            places.append(len(rows))
            rows.append((0, len(tags) + 1, types[type_], tables.word(piece)))
        else:
            rows.append((tables.frequent.get(piece, UNKNOWN), tags.get(tag, 0), 0, tables.word(piece)))
    columns = np.array(rows, np.int64).reshape(-1, 4).T
    return Sentence(columns[0], columns[1], columns[2], columns[3], tuple(places))


def _pieces(words: Sequence[Word], mentions: Sequence[Mention]) -> list[tuple[int, int, str, str]]:
    """Names (with their type), and the words and parts of words outside them (with their tag), in order."""
    pieces = [(m.start, m.end, "", m.type) for m in mentions]
    passed = 0
    for word in words:
        at = word.start
        while passed < len(mentions) and mentions[passed].end <= at:
            passed += 1
        following = passed
        while at < word.end:
            mention = mentions[following] if following < len(mentions) else None
            if mention and mention.start <= at:
                at = max(at, mention.end)
                following += 1
            else:
                end = min(word.end, mention.start) if mention else word.end
                pieces.append((at, end, word.tag, ""))
                at = end
    return sorted(pieces, key=lambda piece: piece[0])


@dataclass(frozen=True, slots=True)
class Pair:
    """Two mentions of a sentence, by their numbers, that some relation may join."""

    subject: int
    object: int


@dataclass(frozen=True, slots=True)
class Judged:
    """The pairs of a sentence and a row of features for each."""

    pairs: tuple[Pair, ...]
    features: Floats
    allowed: npt.NDArray[np.bool_]
    rules: tuple[Relation | None, ...]
    """What a rule reads of each pair."""
    headed: npt.NDArray[np.bool_]
    """Whether the modality that is told of each pair is told by a heading alone."""


class PairReader:
    """Finds a sentence's pairs and their features; the same for training and reading."""

    def __init__(self, ontology: Ontology, finder: RelationFinder, words: Qualifiers, tables: Tables) -> None:
        self._finder = finder
        self._words = words
        self._types = {name: number for number, name in enumerate(tables.types)}
        self._relations = {name: number for number, name in enumerate(tables.relations, 1)}
        size = len(tables.types)
        self._allowed = np.zeros((size, size, 1 + len(tables.relations)), bool)
        self._allowed[:, :, 0] = True
        for name, column in self._relations.items():
            for s, o in np.ndindex(size, size):
                self._allowed[s, o, column] = ontology.allows(tables.types[s], name, tables.types[o])

    @property
    def width(self) -> int:
        """How many features a pair has."""
        return self._start_of_types + len(self._types) ** 2

    @property
    def _start_of_types(self) -> int:
        return _GEOMETRY + len(MODALITIES) + 1 + len(self._relations)

    def read(self, text: str, headings: Sequence[str], mentions: Sequence[Mention], read: Sentence) -> Judged:
        """The pairs of a sentence. Mentions are in order; `read` is the same sentence as `sentence` gives it. Where
        nothing in it speaks of paying, nobody funds."""
        kinds = np.array([self._types[m.type] for m in mentions], np.int64)
        subjects, objects = _near(np.array(read.places, np.int64))
        allowed = self._allowed[kinds[subjects], kinds[objects]]
        if not self._words.paying.search(text):
            allowed[:, self._relations["funds"]] = False
        some = allowed[:, 1:].any(axis=1)
        subjects, objects, allowed = subjects[some], objects[some], allowed[some]
        pairs = tuple(map(Pair, subjects.tolist(), objects.tolist()))
        ruled = self._ruled(text, mentions)
        rules = tuple(ruled.get((pair.subject, pair.object)) for pair in pairs)
        features = np.zeros((len(pairs), self.width), np.float32)
        features[:, :_GEOMETRY] = _Layout(text, mentions, kinds, read.places).features(subjects, objects)
        # a pair's modality is read at its later name, so that most pairs share theirs
        told = plain = self._modalities(text, mentions, headings)
        if any(map(self._words.headings.search, headings)):
            plain = self._modalities(text, mentions, ())
        later, every = np.maximum(subjects, objects), np.arange(len(pairs))
        features[every, _GEOMETRY + told[later]] = 1
        for row, rule in enumerate(rules):
            if rule:
                features[row, _GEOMETRY + len(MODALITIES) + self._relations[rule.predicate]] = 1
        features[every, self._start_of_types + kinds[subjects] * len(self._types) + kinds[objects]] = 1
        return Judged(pairs, features, allowed, rules, (told != plain)[later])

    def _modalities(self, text: str, mentions: Sequence[Mention], headings: Sequence[str]) -> Ints:
        """What the words around each mention, and the headings, say, by its number; words far off say nothing, and
        sentences can be endless."""
        starts = [(m.start, max(0, m.start - _BEFORE)) for m in mentions]
        found = (self._words.modality(text[first : at + _BEHIND], at - first, headings) for at, first in starts)
        return np.array([MODALITIES.index(modality) for modality in found], np.int64)

    def _ruled(self, text: str, mentions: Sequence[Mention]) -> Mapping[tuple[int, int], Relation]:
        """What the rules read, by the numbers of the two mentions."""
        number = {(m.start, m.end): i for i, m in enumerate(mentions)}
        return {
            (number[r.subject.start, r.subject.end], number[r.object.start, r.object.end]): r
            for r in self._finder.relations(text, mentions)
            if r.predicate in self._relations
        }


def _near(places: Ints) -> tuple[Ints, Ints]:
    """The numbers of any two mentions that are not too far from each other, either way round. In a table that was
    flattened into one endless sentence that is far from all."""
    first = np.searchsorted(places, places - FARTHEST, "left")
    counts = np.searchsorted(places, places + FARTHEST, "right") - first
    one = np.repeat(np.arange(len(places)), counts)
    other = np.arange(len(one)) - np.repeat(np.cumsum(counts) - counts - first, counts)
    return one[one != other], other[one != other]


def trigger(one: Mention, other: Mention) -> int:
    """The place that time and modality of a statement are read from where no trigger word is known: its later name."""
    return max(one.start, other.start)


class _Layout:
    """Where a sentence's mentions stand to each other."""

    def __init__(self, text: str, mentions: Sequence[Mention], kinds: Ints, places: Sequence[int]) -> None:
        self._kinds, self._places = kinds, np.array(places, np.int64)
        breaks = clauses(text)
        self._clauses = np.array([bisect_right(breaks, m.start) for m in mentions], np.int64)
        sizes = [len(group.members) for group in groups_of(text, mentions)]
        self._groups = np.repeat(np.arange(len(sizes)), sizes)
        # where the group of each mention begins and ends
        self._first = np.searchsorted(self._groups, self._groups, "left")
        self._last = np.searchsorted(self._groups, self._groups, "right")
        # how many of the first mentions are of each type
        self._counts = np.zeros((len(mentions) + 1, int(kinds.max(initial=0)) + 1), np.int64)
        self._counts[np.arange(len(mentions)) + 1, kinds] = 1
        self._counts = self._counts.cumsum(axis=0)

    def features(self, s: Ints, o: Ints) -> npt.NDArray[np.float64]:
        """Order, distance in words, names, clauses and lists, and how many names between could take either's place: a
        row for each pair of mentions."""
        low, high = np.minimum(s, o), np.maximum(s, o)
        words = self._places[high] - self._places[low]
        lists = self._groups[high] - self._groups[low]
        columns = [
            s < o,
            np.minimum(words, 20) / 20,
            np.minimum(high - low, 8) / 8,
            lists == 0,
            lists == 1,
            np.minimum(self._clauses[high] - self._clauses[low], 4) / 4,
            high - low == 1,
            words == 1,
            words == 2,
            np.minimum(self._rivals(s, low + 1, high), 3) / 3,
            np.minimum(self._rivals(o, low + 1, high), 3) / 3,
        ]
        return np.stack(columns, axis=1).astype(np.float64)

    def _rivals(self, end: Ints, start: Ints, stop: Ints) -> Ints:
        """How many mentions from `start` to `stop` have the end's type and stand in another list."""
        kind = self._kinds[end]
        first = np.maximum(start, self._first[end])
        last = np.maximum(np.minimum(stop, self._last[end]), first)
        found: Ints = self._counts[stop, kind] - self._counts[start, kind]
        own: Ints = self._counts[last, kind] - self._counts[first, kind]
        return found - own


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the model makes of a sentence's pairs: the probabilities (pairs, 1 + relations) of no relation and of each,
    and (pairs, modalities) of each modality, were there a statement."""

    relations: Floats
    modalities: Floats


class Classifier:
    """The model; `tables` are those that it was trained with."""

    def __init__(self, folder: Path, tables: Tables) -> None:
        self.tables = tables
        self._session = session(folder / "classifier.onnx")
        self._head = session(folder / "classifier-head.onnx")

    def judge(self, sentences: Sequence[Sentence], judged: Sequence[Judged]) -> dict[int, Verdict]:
        """The verdict on each sentence that has a pair, by its number."""
        verdicts: dict[int, Verdict] = {}
        for chosen in batches({i: len(sentences[i].words) for i, j in enumerate(judged) if j.pairs}):
            parts = self._read([sentences[i] for i in chosen])
            for row, i in enumerate(chosen):
                verdicts[i] = self._judge(sentences[i], judged[i], [part[row] for part in parts])
        return verdicts

    def _read(self, batch: Sequence[Sentence]) -> list[Floats]:
        inputs = {name: padded([getattr(s, name) for s in batch]) for name in ("words", "tags", "types")}
        inputs["vectors"] = self.tables.vectors[padded([s.vectors for s in batch])]
        inputs["lengths"] = np.array([len(s.words) for s in batch], np.int32)
        parts: list[Floats] = self._session.run(PARTS, inputs)
        return parts

    def _judge(self, read: Sentence, judged: Judged, parts: Sequence[Floats]) -> Verdict:
        words = _added(read, judged, parts)
        slices = (slice(start, start + _AT_ONCE) for start in range(0, len(words), _AT_ONCE))
        found = [
            self._head.run(
                ["relations", "modalities"],
                {"words": words[some], "features": judged.features[some], "allowed": judged.allowed[some]},
            )
            for some in slices
        ]
        return Verdict(*(np.concatenate(part) for part in zip(*found, strict=True)))


def _added(read: Sentence, judged: Judged, parts: Sequence[Floats]) -> Floats:
    """What the words add to each pair of the sentence: its two ends, their product, the strongest in between and the
    strongest of all."""
    subject, object_, between, around, subject_factor, object_factor = parts
    starts = np.array([read.places[pair.subject] for pair in judged.pairs])
    ends = np.array([read.places[pair.object] for pair in judged.pairs])
    added: Floats = subject[starts] + object_[ends] + subject_factor[starts] * object_factor[ends]
    added += around[: len(read.words)].max(axis=0)
    for row, (first, last) in enumerate(zip(np.minimum(starts, ends), np.maximum(starts, ends), strict=True)):
        if last - first > 1:
            added[row] += between[first + 1 : last].max(axis=0)
    return added


class RelationClassifier:
    """The step behind the entities: relations of every sentence of a document."""

    def __init__(self, ontology: Ontology, finder: RelationFinder, folder: Path) -> None:
        tables = tagger(folder).tables
        self._model = Classifier(folder, tables)
        self._finder = finder
        self._pairs = PairReader(ontology, finder, qualifiers("zh"), tables)
        self._calibration = Calibration.load(folder)

    def read(
        self, docs: Sequence[Doc], headings: Sequence[Sequence[str]], mentions: Sequence[Sequence[Mention]]
    ) -> list[list[Relation]]:
        """One list per sentence; mentions in order."""
        tables = self._model.tables
        sentences = [sentence(text_of(d), words_of(d), row, tables) for d, row in zip(docs, mentions, strict=True)]
        judged = [
            self._pairs.read(text_of(doc), path, row, read)
            for doc, path, row, read in zip(docs, headings, mentions, sentences, strict=True)
        ]
        verdicts = self._model.judge(sentences, judged)
        return [
            _surest(self._read(text_of(doc), row, judged[i], verdicts[i])) if i in verdicts else []
            for i, (doc, row) in enumerate(zip(docs, mentions, strict=True))
        ]

    def _read(self, text: str, mentions: Sequence[Mention], judged: Judged, verdict: Verdict) -> list[Relation]:
        """What the model and the rules read in a sentence."""
        found = [*self._stated(mentions, judged, verdict), *self._ruled(judged, verdict)]
        return _of_one_thing(found, groups_of(text, mentions))

    def _stated(self, mentions: Sequence[Mention], judged: Judged, verdict: Verdict) -> Iterator[Relation]:
        """The likeliest relation of every pair, where that is sure enough."""
        best = verdict.relations[:, 1:].argmax(axis=1)
        for row, pair in enumerate(judged.pairs):
            chance = float(verdict.relations[row, 1 + best[row]])
            if chance < LEAST_CHANCE:
                continue
            subject, object_ = mentions[pair.subject], mentions[pair.object]
            predicate, rule = self._model.tables.relations[best[row]], judged.rules[row]
            ruled = rule is not None and rule.predicate == predicate
            sure = (chance, subject.confidence, object_.confidence)
            confidence = self._calibration.confidence(predicate, *sure, ruled=ruled)
            if confidence < self._calibration.threshold:
                continue
            yield Relation(
                subject,
                predicate,
                object_,
                f"{MODEL}+{rule.rule}" if rule and ruled else MODEL,
                confidence,
                rule.trigger if rule and ruled else trigger(subject, object_),
                _modality(judged, verdict, row),
            )

    def _ruled(self, judged: Judged, verdict: Verdict) -> Iterator[Relation]:
        """What the rules read that may stand by themselves, where the types allow it."""
        for row, rule in enumerate(judged.rules):
            sure = self._finder.alone(rule) if rule else 0.0
            if rule and sure and judged.allowed[row, 1 + self._model.tables.relations.index(rule.predicate)]:
                yield replace(rule, confidence=sure, modality=_modality(judged, verdict, row))


def _modality(judged: Judged, verdict: Verdict, row: int) -> Modality:
    """What the model and the words around together say; a denial is the words' alone, since annotated sentences hold
    too few of them to learn from, and their words are few."""
    told = judged.features[row, _GEOMETRY : _GEOMETRY + len(MODALITIES)]
    if told[MODALITIES.index("negated")] == 1:
        return "negated"
    weight = _HEADING_WEIGHT if judged.headed[row] else _WORDS_WEIGHT
    return MODALITIES[int((np.log(verdict.modalities[row] + 1e-6) + weight * told).argmax())]


def _of_one_thing(relations: Sequence[Relation], lists: Sequence[Group]) -> list[Relation]:
    """The statements, each thing having one counterpart by a relation that gives it only one, the surest one, or things
    of the same list."""
    number = {member.start: n for n, group in enumerate(lists) for member in group.members}
    best: dict[tuple[str, str, int], tuple[float, int]] = {}
    for relation in relations:
        for key, other in _ends(relation):
            if key not in best or relation.confidence > best[key][0]:
                best[key] = relation.confidence, number[other.start]
    return [r for r in relations if all(number[other.start] == best[key][1] for key, other in _ends(r))]


def _ends(relation: Relation) -> Iterator[tuple[tuple[str, str, int], Mention]]:
    """The ends of the relation that have one counterpart only, as keys, each with that counterpart."""
    if relation.predicate in _ONE_SUBJECT:
        yield (relation.predicate, "object", relation.object.start), relation.subject
    if relation.predicate in _ONE_OBJECT:
        yield (relation.predicate, "subject", relation.subject.start), relation.object


def _surest(relations: Iterable[Relation]) -> list[Relation]:
    """Of any two things the surest statement, and the surest of those that may stand beside others. A sentence that
    names a thing twice says no more of it for that, and hardly ever states two relations of the same two things, or one
    both ways (47 of 4,731 pairs in the gold), but for founding or issuing something and paying for it."""
    best: dict[tuple[frozenset[str], bool], Relation] = {}
    for relation in relations:
        pair = frozenset((relation.subject.entity, relation.object.entity)), relation.predicate in _BESIDE
        if pair not in best or _weight(relation) > _weight(best[pair]):
            best[pair] = relation
    return list(best.values())


def _weight(relation: Relation) -> tuple[bool, float]:
    """What a rule reads too goes before what the model reads alone."""
    return relation.rule != MODEL, relation.confidence


@dataclass(frozen=True, slots=True)
class Calibration:
    """How probabilities of the models become confidence: 0.8 means right four times in five on unseen documents.

    A logistic regression on the log-odds of the relation and of the two names, on whether a rule agrees, and on whether
    the relation is the one of which the model is too sure, fitted on documents that the models had not seen
    (`ingest.train`). What is less sure than `threshold` is not stated."""

    threshold: float
    weights: tuple[float, ...]
    """For the constant, the relation, the less sure name, the surer name, the rule, and for `_LOOSE` itself and its
    log-odds once more."""

    def confidence(self, predicate: str, relation: float, subject: float, object_: float, *, ruled: bool) -> float:
        """The share of statements like this one that are right."""
        odds = float(np.dot(self.weights, signs(predicate, relation, subject, object_, ruled=ruled)))
        return round(float(1 / (1 + np.exp(-odds))), 4)

    def save(self, folder: Path) -> None:
        """Write `calibration.json`."""
        data = {"threshold": self.threshold, "weights": [round(w, 4) for w in self.weights]}
        (folder / "calibration.json").write_text(json.dumps(data) + "\n", encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> "Calibration":
        """What `save` wrote."""
        data = json.loads((folder / "calibration.json").read_text(encoding="utf-8"))
        return cls(data["threshold"], tuple(data["weights"]))


_LOOSE = "partOf"
"""Holds between things of all types, and annotators state it of few of those that it holds between: of what is believed
at 0.8 or more without regard to it, 0.63 of these are right, and 0.96 of all other relations."""


def signs(predicate: str, relation: float, subject: float, object_: float, *, ruled: bool) -> list[float]:
    """What the calibration goes by."""
    low, high = sorted((subject, object_))
    sure, loose = _log_odds(relation), float(predicate == _LOOSE)
    return [1.0, sure, _log_odds(low), _log_odds(high), float(ruled), loose, loose * sure]


def _log_odds(chance: float) -> float:
    held = min(max(chance, 0.001), 0.999)
    return float(np.log(held / (1 - held)))
