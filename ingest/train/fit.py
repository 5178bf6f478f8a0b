"""Fitting the two networks to annotated sentences."""

import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import torch
from spacy.language import Language
from torch import Tensor, nn

from ingest.classifier import Judged, PairReader, Sentence, sentence
from ingest.encoding import Characters, Tables, characters
from ingest.gold import GoldSentence
from ingest.lac import Word, words_of
from ingest.names import names_of
from ingest.relations import Mention
from ingest.train.lac import LacWeights
from ingest.train.networks import ClassifierNet, Pairs, TaggerNet
from kg.model import MODALITIES

E = TypeVar("E")

Network = TaggerNet | ClassifierNet
"""Of which `last` are the layers that give scores."""

Report = Callable[[str], None]
"""Is told how training goes, a line at a time."""

_IGNORED = -100
_LEAST_OFTEN = 4
"""How often a word must stand outside names for the classifier to know it by itself."""
_MOST_WORDS = 3500
_DECAY = 1e-3
"""How fast weights fall to zero that nothing holds, as a share of the learning rate."""


@dataclass(frozen=True, slots=True)
class Example:
    """An annotated sentence, read: LAC's words, the candidates as arrays, the tags that the tagger should give."""

    source: GoldSentence
    words: tuple[Word, ...]
    read: Characters
    tags: np.ndarray


@dataclass(frozen=True, slots=True)
class PairExample:
    """An annotated sentence for the classifier: its pairs, the number of each one's relation (0: none), the number of
    its modality (where it has a relation)."""

    read: Sentence
    judged: Judged
    relations: np.ndarray
    modalities: np.ndarray


@dataclass(frozen=True, slots=True)
class Course:
    """How a network is trained: passes over the sentences, sentences a step, highest learning rate of the layers that
    were trained before and of the new ones, the share of it that is left at the end, dropout, and the highest rate at
    which matrices learn by Muon (Jordan et al. 2024) instead, whose steps have the size of Adam's (0: by Adam too)."""

    passes: int
    batch: int
    rate: float
    rate_new: float
    rest: float
    drop: float
    muon: float = 0.0


def read_examples(nlp: Language, sentences: Sequence[GoldSentence], tables: Tables) -> list[Example]:
    """The sentences with what LAC, the dictionary and the patterns see in them. `nlp` ends with the candidates."""
    examples = []
    for source, doc in zip(sentences, nlp.pipe(s.text for s in sentences), strict=True):
        words = tuple(words_of(doc))
        read = characters(source.text, words, names_of(doc), tables)
        examples.append(Example(source, words, read, _tags(source, tables)))
    return examples


def _tags(source: GoldSentence, tables: Tables) -> np.ndarray:
    """0 outside; 1 + 4 × type for begin, then inside, end, single."""
    tags = np.zeros(len(source.text), np.int64)
    for entity in source.entities:
        first = 1 + 4 * tables.types.index(entity.type)
        tags[entity.start : entity.end] = first + 1
        tags[entity.end - 1] = first + 2
        tags[entity.start] = first if entity.end - entity.start > 1 else first + 3
    return tags


def fit_tagger(
    examples: Sequence[Example],
    tables: Tables,
    lac: LacWeights,
    course: Course,
    *,
    start: dict[str, Tensor] | None = None,
    seed: int = 0,
    report: Report,
) -> TaggerNet:
    """A tagger for the examples; `start` holds the weights of one that was trained before."""
    torch.manual_seed(seed)
    network = TaggerNet(tables, lac, course.drop)
    if start:
        network.load_state_dict(start)
    pretrained = {network.characters, network.first}

    def loss(batch: Sequence[Example]) -> Tensor:
        scores = network([e.read for e in batch], tables, candidate_drop=0.1)
        wanted = torch.full(scores.shape[:2], _IGNORED)
        for row, example in enumerate(batch):
            wanted[row, : len(example.tags)] = torch.from_numpy(example.tags)
        return nn.functional.cross_entropy(scores.flatten(0, 1), wanted.flatten(), ignore_index=_IGNORED)

    sizes = [len(e.tags) for e in examples]
    _descend(network, pretrained, examples, sizes, course, loss, seed, report)
    return network


def frequent_words(sentences: Sequence[GoldSentence], words: Iterable[Sequence[Word]]) -> list[str]:
    """The words that stand often outside names, given LAC's words of each sentence."""
    counts: Counter[str] = Counter()
    for source, own in zip(sentences, words, strict=True):
        inside = {i for entity in source.entities for i in range(entity.start, entity.end)}
        counts.update(w.text for w in own if w.start not in inside)
    return [word for word, count in counts.most_common(_MOST_WORDS) if count >= _LEAST_OFTEN]


def read_pairs(examples: Sequence[Example], reader: PairReader, tables: Tables) -> list[PairExample]:
    """The examples for the classifier, those that have a pair."""
    return [pairs for example in examples if len((pairs := _pairs(example, reader, tables)).judged.pairs)]


def _pairs(example: Example, reader: PairReader, tables: Tables) -> PairExample:
    source = example.source
    entities = sorted(source.entities, key=lambda entity: entity.start)
    mentions = [Mention(e.start, e.end, e.type, e.canonical) for e in entities]
    read = sentence(source.text, example.words, mentions, tables)
    judged = reader.read(source.text, (source.section,), mentions, read)
    stated = {(entities.index(r.subject), entities.index(r.object)): r for r in source.relations}
    found = [stated.get((pair.subject, pair.object)) for pair in judged.pairs]
    relations = np.array([1 + tables.relations.index(r.predicate) if r else 0 for r in found], np.int64)
    # what may never be read there tells nothing, neither that there is a relation nor that there is none
    relations[~judged.allowed[np.arange(len(relations)), relations]] = _IGNORED
    modalities = np.array([[*MODALITIES].index(r.modality) if r else _IGNORED for r in found], np.int64)
    return PairExample(read, judged, relations, modalities)


def fit_classifier(
    examples: Sequence[PairExample],
    tables: Tables,
    width: int,
    course: Course,
    *,
    start: dict[str, Tensor] | None = None,
    seed: int = 0,
    report: Report,
) -> ClassifierNet:
    """A classifier for the examples, whose pairs have `width` features."""
    torch.manual_seed(seed)
    network = ClassifierNet(tables, width, course.drop)
    if start:
        network.load_state_dict(start)

    def loss(batch: Sequence[PairExample]) -> Tensor:
        relations, modalities = network([e.read for e in batch], tables, pairs_of(batch), word_drop=0.1)
        wanted, modality = (
            torch.from_numpy(np.concatenate([getattr(e, name) for e in batch])) for name in ("relations", "modalities")
        )
        wrong = nn.functional.cross_entropy(relations, wanted, ignore_index=_IGNORED, reduction="sum")
        unsure = nn.functional.cross_entropy(modalities, modality, ignore_index=_IGNORED, reduction="sum")
        return (wrong + 0.5 * unsure) / (4 * len(batch))

    _descend(network, set(), examples, [len(e.read.words) for e in examples], course, loss, seed, report)
    return network


def pairs_of(batch: Sequence[PairExample]) -> Pairs:
    """The pairs of a batch as tensors."""
    pairs = [
        (row, e.read.places[p.subject], e.read.places[p.object]) for row, e in enumerate(batch) for p in e.judged.pairs
    ]
    rows, subjects, objects = torch.tensor(pairs).T
    features, allowed = (np.concatenate([getattr(e.judged, name) for e in batch]) for name in ("features", "allowed"))
    return Pairs(rows, subjects, objects, torch.from_numpy(features), torch.from_numpy(allowed))


def _descend(
    network: Network,
    pretrained: set[nn.Module],
    examples: Sequence[E],
    sizes: Sequence[int],
    course: Course,
    loss: Callable[[Sequence[E]], Tensor],
    seed: int,
    report: Report,
) -> None:
    """Adam, or Muon and Adam, with a short warm-up and a linear decline; the loss' gradients are clipped."""
    chance = random.Random(seed)
    steps = course.passes * -(-len(examples) // course.batch)

    def rate(step: int) -> float:
        return min((step + 1) / (0.05 * steps), course.rest + (1 - course.rest) * (steps - step) / (0.95 * steps))

    optimisers = _optimisers(network, pretrained, course)
    schedules = [torch.optim.lr_scheduler.LambdaLR(optimiser, rate) for optimiser in optimisers]
    network.train()
    for turn in range(course.passes):
        total = 0.0
        for batch in _batches(examples, sizes, course.batch, chance):
            value = loss(batch)
            network.zero_grad()
            value.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            for part in (*optimisers, *schedules):
                part.step()
            total += float(value.detach())
        report(f"pass {turn + 1} of {course.passes}: loss {total * course.batch / len(examples):.4f}")
    network.eval()


def _optimisers(network: Network, pretrained: set[nn.Module], course: Course) -> list[torch.optim.Optimizer]:
    """Adam; where matrices learn by Muon, that for all matrices but the tables and the last layers."""
    matrices: list[nn.Parameter] = []
    if course.muon:
        inner = [m for m in network.modules() if not isinstance(m, nn.Embedding) and m not in network.last]
        matrices = [p for m in inner for p in m.parameters(recurse=False) if p.ndim == 2]
    apart = {id(p) for p in matrices}
    old = {id(p) for module in pretrained for p in module.parameters()}
    rest = [p for p in network.parameters() if id(p) not in apart]
    groups = [
        {"params": [p for p in rest if (id(p) in old) is kind], "lr": rate}
        for kind, rate in ((True, course.rate), (False, course.rate_new))
    ]
    adam = torch.optim.AdamW([group for group in groups if group["params"]], weight_decay=_DECAY)
    if not matrices:
        return [adam]
    muon = torch.optim.Muon(matrices, lr=course.muon, weight_decay=_DECAY, adjust_lr_fn="match_rms_adamw")
    return [adam, muon]


def _batches(examples: Sequence[E], sizes: Sequence[int], size: int, chance: random.Random) -> Iterator[list[E]]:
    """The examples in batches of like length, in random order."""
    order = sorted(range(len(examples)), key=lambda i: sizes[i] + chance.random() * 12)
    starts = list(range(0, len(order), size))
    chance.shuffle(starts)
    for start in starts:
        yield [examples[i] for i in order[start : start + size]]
