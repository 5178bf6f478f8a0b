"""From annotated sentences to a folder of models, and what such models are worth on documents that they have not seen.

Two stages: both networks first learn from the annotations made for training alone (`annotations.jsonl`, and
`written.jsonl`), then from the gold documents and what was annotated of the rest of their text (`windows.jsonl`). Only
the second stage differs between the folds of a cross-validation: the first sees no gold document.
"""

import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from multiprocessing import active_children
from pathlib import Path

import numpy as np
import spacy
import torch
from spacy.language import Language
from torch import Tensor, nn

from ingest.classifier import MODEL, Calibration, PairReader, signs
from ingest.encoding import Tables, numbered
from ingest.evaluation import compare
from ingest.gold import GoldDocument, GoldSentence, gold_reading
from ingest.lac import words_of
from ingest.patterns import relation_rules
from ingest.pipeline import Pipeline
from ingest.qualifiers import qualifiers
from ingest.relations import RelationFinder
from ingest.train.fit import (
    Course,
    Example,
    PairExample,
    Report,
    fit_classifier,
    fit_tagger,
    frequent_words,
    read_examples,
    read_pairs,
)
from ingest.train.lac import lac_weights
from ingest.train.networks import judge_graph, reader_graph, tagger_graph
from kg.model import Extraction
from kg.ontology import load

TAGGER = (Course(5, 32, 1.2e-3, 2.5e-3, 0.1, 0.1), Course(3, 24, 6e-4, 1e-3, 0.0, 0.05))
CLASSIFIER = (Course(5, 40, 3.5e-3, 3.5e-3, 0.1, 0.1, 6e-3), Course(3, 24, 1e-3, 1e-3, 0.0, 0.1))
"""The two stages."""

MEMBERS = 2
"""So many networks of each kind are trained, each begun from other chance numbers, and read together: what one alone
takes for sure is wrong more often."""

ALL = "all"
"""The folder of the models that hold out no document, beside those of the folds."""
_FOLDS_SEED = 1
_IDENTITY = Calibration(0.0, (0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0))
"""Confidence as the classifier's own probability: what calibration starts from."""


State = dict[str, np.ndarray]
"""A network's weights by name. Arrays, since tensors that go from process to process hold on to open files."""


@dataclass(frozen=True, slots=True)
class Weights:
    """What the first stage gives the second, for one member of each kind."""

    tagger: State
    classifier: State


@dataclass(frozen=True, slots=True)
class Read:
    """Sentences as both networks see them."""

    examples: list[Example]
    pairs: list[PairExample]


class School:
    """Trains models for one set of tables."""

    def __init__(self, tables: Tables, report: Report) -> None:
        ontology = load()
        self.tables = tables
        self.report = report
        self._lac = lac_weights()
        finder = RelationFinder(ontology, relation_rules("zh"))
        self._reader = PairReader(ontology, finder, qualifiers("zh"), tables)

    def read(self, sentences: Sequence[GoldSentence]) -> Read:
        """The sentences, read once for all courses."""
        examples = read_examples(candidates(), sentences, self.tables)
        return Read(examples, read_pairs(examples, self._reader, self.tables))

    def first(self, sentences: Sequence[GoldSentence], member: int) -> Weights:
        """The first stage of one member of each kind, by its number."""
        read, number = self.read(sentences), member + 1
        tagger = fit_tagger(
            read.examples, self.tables, self._lac, TAGGER[0],
            seed=member, report=self._said(f"tagger {number}, first stage"),
        )  # fmt: skip
        classifier = fit_classifier(
            read.pairs, self.tables, self._reader.width, CLASSIFIER[0],
            seed=member, report=self._said(f"classifier {number}, first stage"),
        )  # fmt: skip
        return Weights(_state(tagger), _state(classifier))

    def second(self, starts: Sequence[Weights], read: Read, folder: Path, name: str) -> None:
        """The second stage of all members, and their models in the folder, without calibration."""
        taggers = [
            fit_tagger(
                read.examples, self.tables, self._lac, TAGGER[1],
                start=_tensors(start.tagger), seed=member, report=self._said(f"tagger {member + 1}, {name}"),
            )
            for member, start in enumerate(starts)
        ]  # fmt: skip
        classifiers = [
            fit_classifier(
                read.pairs, self.tables, self._reader.width, CLASSIFIER[1],
                start=_tensors(start.classifier), seed=member, report=self._said(f"classifier {member + 1}, {name}"),
            )
            for member, start in enumerate(starts)
        ]  # fmt: skip
        folder.mkdir(parents=True, exist_ok=True)
        self.tables.save(folder)
        tagger_graph(taggers).save(folder / "tagger.onnx")
        reader_graph(classifiers).save(folder / "classifier.onnx")
        judge_graph(classifiers).save(folder / "classifier-head.onnx")
        _IDENTITY.save(folder)

    def _said(self, what: str) -> Report:
        return lambda line: self.report(f"{what}: {line}")


def _state(network: nn.Module) -> State:
    return {name: weight.numpy() for name, weight in network.state_dict().items()}


def _tensors(state: State) -> dict[str, Tensor]:
    return {name: torch.from_numpy(weight) for name, weight in state.items()}


def first_stage(school: School, sentences: Sequence[GoldSentence], jobs: int) -> list[Weights]:
    """All members' first stage, `jobs` at a time. Where one fails, the others are ended and the error raised."""
    with ProcessPoolExecutor(jobs) as pool:
        parts = [pool.submit(_first, school.tables, school.report, sentences, member) for member in range(MEMBERS)]
        done, _ = wait(parts, return_when=FIRST_EXCEPTION)
        if error := next(filter(None, (part.exception() for part in done)), None):
            for worker in active_children():
                worker.terminate()
            raise error
        return [part.result() for part in parts]


def _first(tables: Tables, report: Report, sentences: Sequence[GoldSentence], member: int) -> Weights:
    torch.set_num_threads(1)
    return School(tables, report).first(sentences, member)


def candidates() -> Language:
    """The spaCy pipeline up to the candidates: what both networks are given."""
    pipeline = spacy.blank("zh")
    for component in ("lac_words", "policy_names"):
        pipeline.add_pipe(component)
    return pipeline


def with_frequent(tables: Tables, sentences: Sequence[GoldSentence]) -> Tables:
    """The tables, with the words that are frequent in those sentences."""
    lac = spacy.blank("zh")
    lac.add_pipe("lac_words")
    words = (words_of(doc) for doc in lac.pipe(sentence.text for sentence in sentences))
    return replace(tables, frequent=numbered(frequent_words(sentences, words)))


# ---- Cross-validation


@dataclass(frozen=True, slots=True)
class Held:
    """A document that a fold's models have not seen, and where those models are."""

    document: GoldDocument
    folder: Path


def folds(documents: Sequence[GoldDocument], number: int) -> list[list[GoldDocument]]:
    """The documents shared out by chance, always the same for the same documents."""
    order = sorted(documents, key=lambda document: document.source)
    random.Random(_FOLDS_SEED).shuffle(order)
    return [order[fold::number] for fold in range(number)]


def train_folds(
    school: School,
    starts: Sequence[Weights],
    documents: Sequence[GoldDocument],
    more: Mapping[str, GoldDocument],
    number: int,
    folder: Path,
    jobs: int,
) -> list[Held]:
    """Models for every fold, from the other folds' documents and what there is `more` of these, and models from all
    documents in the folder `ALL`, `jobs` at a time."""
    parts = folds(documents, number)
    work = partial(_train_fold, school.tables, school.report, starts, parts, more, folder)
    with ProcessPoolExecutor(jobs) as pool:
        list(pool.map(work, [*range(number), None]))
    return [Held(document, folder / str(fold)) for fold, part in enumerate(parts) for document in part]


def _train_fold(
    tables: Tables,
    report: Report,
    starts: Sequence[Weights],
    parts: list[list[GoldDocument]],
    more: Mapping[str, GoldDocument],
    folder: Path,
    fold: int | None,
) -> None:
    torch.set_num_threads(1)
    school = School(tables, report)
    rest = chain.from_iterable(part for number, part in enumerate(parts) if number != fold)
    place, name = (folder / ALL, "all documents") if fold is None else (folder / str(fold), f"fold {fold + 1}")
    school.second(starts, school.read(list(sentences_of(rest, more))), place, name)


def sentences_of(documents: Iterable[GoldDocument], more: Mapping[str, GoldDocument]) -> Iterator[GoldSentence]:
    """All their sentences, and those that there are `more` of the same documents."""
    for document in documents:
        yield from document.sentences
        if document.source in more:
            yield from more[document.source].sentences


def read_held(held: Sequence[Held], texts: Mapping[str, Path]) -> list[Extraction]:
    """What the models of their folds read in the documents; whole where `texts` has the file."""
    pipelines: dict[Path, Pipeline] = {}
    return [
        pipelines.setdefault(h.folder, Pipeline(models=h.folder)).extract_reading(
            gold_reading(h.document, texts.get(h.document.source))
        )
        for h in held
    ]


# ---- Calibration


@dataclass(frozen=True, slots=True)
class Outcome:
    """A statement of unseen text: the document, what the calibration goes by, and whether annotators state it."""

    source: str
    signs: tuple[float, ...]
    right: bool


def outcomes(held: Sequence[Held]) -> Iterator[Outcome]:
    """All statements that the folds' models read in the annotated sentences of their held-out documents, right or not.
    Raises ValueError where a fold's models have been calibrated: calibrating goes by the probabilities themselves."""
    if any(Calibration.load(h.folder) != _IDENTITY for h in held):
        raise ValueError("calibrated already")
    pipelines: dict[Path, Pipeline] = {}
    ontology = load()
    for h in held:
        pipeline = pipelines.setdefault(h.folder, Pipeline(models=h.folder))
        reading = gold_reading(h.document, None)
        judged = compare(h.document, pipeline.extract_reading(reading), ontology).judged
        right = {(j.assertion.subject, j.assertion.predicate, j.assertion.object): j.right for j in judged}
        _, relations = pipeline.relations(reading)
        for relation in chain.from_iterable(relations):
            if not relation.rule.startswith(MODEL):
                continue
            ruled = relation.rule != MODEL
            sure = (relation.confidence, relation.subject.confidence, relation.object.confidence)
            read = signs(relation.predicate, *sure, ruled=ruled)
            ends = (relation.subject.entity, relation.predicate, relation.object.entity)
            if ends in right:
                yield Outcome(h.document.source, tuple(read), right[ends])


def calibrated(known: Sequence[Outcome], stated: int) -> Calibration:
    """The calibration that fits the outcomes best. Statements are let in from the confidence on at which F1 is highest,
    annotators having made `stated` statements in the same documents."""
    x = np.array([outcome.signs for outcome in known])
    y = np.array([outcome.right for outcome in known], float)
    weights = _logistic(x, y)
    confidence = 1 / (1 + np.exp(-x @ weights))
    order = np.argsort(-confidence)
    right = np.cumsum(y[order])
    best = int((2 * right / (np.arange(1, len(order) + 1) + stated)).argmax())
    return Calibration(round(float(confidence[order[best]]), 4), tuple(map(float, weights)))


def _logistic(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Weights of a logistic regression with a weak pull to zero, by Newton's method."""
    weights = np.zeros(x.shape[1])
    for _ in range(30):
        chance = 1 / (1 + np.exp(-x @ weights))
        slope = x.T @ (y - chance) - 0.1 * weights
        bend = (x * (chance * (1 - chance))[:, None]).T @ x + 0.1 * np.eye(x.shape[1])
        weights = weights + np.linalg.solve(bend, slope)
    return weights
