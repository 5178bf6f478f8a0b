"""The two networks as torch modules. `ingest.train.export` writes them as ONNX graphs of the same layers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from onnx import TensorProto
from torch import Tensor, nn

from ingest.classifier import PARTS, Sentence
from ingest.encoding import Characters, Tables, padded
from ingest.train.export import Graph
from ingest.train.lac import LacWeights
from ingest.train.layers import Dropout, Gru, Lstm
from kg.model import MODALITIES

_TAG, _CANDIDATES, _VECTOR, _HEAD = 32, 64, 48, 192
_WORD, _WORD_TAG, _TYPE, _PAIR = 48, 16, 48, 192
_LOW, _HIGH, _STATE = 128, 192, 192
"""The widths of the tagger's recurrent layers, of which the first starts from LAC's, and of the classifier's, each
way."""


def tensor(arrays: Sequence[np.ndarray]) -> Tensor:
    """The arrays as one padded batch."""
    return torch.from_numpy(padded(arrays))


class TaggerNet(nn.Module):
    """Two bidirectional GRU layers over characters, the first started from LAC's; every layer also sees LAC's tags, the
    candidates and the words' vectors. Gives scores for outside and begin, inside, end, single of every type."""

    def __init__(self, tables: Tables, lac: LacWeights, drop: float) -> None:
        super().__init__()
        width = _TAG + _CANDIDATES + _VECTOR
        self.characters = nn.Embedding.from_pretrained(torch.from_numpy(lac.characters), freeze=False, padding_idx=0)
        size = lac.characters.shape[1]
        self.tags = nn.Embedding(2 * len(tables.tags) + 1, _TAG, padding_idx=0)
        self.candidates = nn.Linear(tables.candidate_columns, _CANDIDATES, bias=False)
        self.vectors = nn.Linear(tables.vectors.shape[1], _VECTOR)
        self.first = Gru(size + width, _LOW)
        self.second = Gru(2 * _LOW + width, _HIGH)
        self.drop = Dropout(drop)
        self.hidden = nn.Linear(2 * _HIGH + size + width, _HEAD)
        self.out = nn.Linear(_HEAD, 1 + 4 * len(tables.types))
        self.last = (self.out,)
        lac.start(*self.first.ways)

    def forward(self, batch: Sequence[Characters], tables: Tables, candidate_drop: float = 0.0) -> Tensor:
        """Scores (rows, characters, tags). `candidate_drop` is the chance that a column of candidates is not seen."""
        lengths = torch.tensor([len(s.ids) for s in batch])
        marks = tensor([s.candidates for s in batch])
        if candidate_drop:
            marks = marks * (torch.rand(marks.shape[0], 1, marks.shape[2]) > candidate_drop)
        vectors = torch.from_numpy(tables.vectors[padded([s.words for s in batch])])
        own = self.drop(self.characters(tensor([s.ids for s in batch])))
        parts = (
            self.tags(tensor([s.tags for s in batch])),
            self.candidates(marks).relu(),
            self.vectors(vectors).relu(),
        )
        seen = self.drop(torch.cat(parts, -1))
        low = self.first(torch.cat([own, seen], -1), lengths)
        high = self.second(torch.cat([self.drop(low), seen], -1), lengths)
        hidden = self.hidden(self.drop(torch.cat([high, own, seen], -1))).relu()
        scores: Tensor = self.out(self.drop(hidden))
        return scores

    def add_to(self, g: Graph, given: Mapping[str, str]) -> str:
        """Add the same to an ONNX graph whose nodes `given` hold what it reads, time first; the node of its scores."""
        own = g.look_up(given["ids"], self.characters)
        marks = g.add("Relu", g.linear(given["candidates"], self.candidates))
        vectors = g.add("Relu", g.linear(given["vectors"], self.vectors))
        seen = g.add("Concat", g.look_up(given["tags"], self.tags), marks, vectors, axis=2)
        low = g.recurrent(g.add("Concat", own, seen, axis=2), *self.first.ways)
        high = g.recurrent(g.add("Concat", low, seen, axis=2), *self.second.ways)
        hidden = g.add("Relu", g.linear(g.add("Concat", high, own, seen, axis=2), self.hidden))
        return g.linear(hidden, self.out)


def tagger_graph(members: Sequence[TaggerNet]) -> Graph:
    """Taggers in ONNX that read together: the log-probabilities of the mean of their scores."""
    g = Graph()
    one = members[0]
    given = g.read({"ids": 0, "tags": 0, "candidates": one.candidates.in_features, "vectors": one.vectors.in_features})
    scores = g.add("LogSoftmax", g.add("Mean", *(member.add_to(g, given) for member in members)), axis=2)
    g.outputs["scores"] = g.add("Transpose", scores, perm=[1, 0, 2])
    return g


@dataclass(frozen=True, slots=True)
class Pairs:
    """The pairs of a batch: the row of each one's sentence, where its ends stand, its features, which relations its
    types allow."""

    rows: Tensor
    subjects: Tensor
    objects: Tensor
    features: Tensor
    allowed: Tensor


class ClassifierNet(nn.Module):
    """Two bidirectional LSTM layers over words, each name being one word that says only its type; a pair is judged by
    the states of its two ends, their products, the strongest of those between them and of all, and its features."""

    def __init__(self, tables: Tables, features: int, drop: float) -> None:
        super().__init__()
        self.words = nn.Embedding(len(tables.frequent) + 2, _WORD, padding_idx=0)
        self.tags = nn.Embedding(len(tables.tags) + 2, _WORD_TAG, padding_idx=0)
        self.types = nn.Embedding(len(tables.types) + 1, _TYPE)
        self.vectors = nn.Linear(tables.vectors.shape[1], _VECTOR)
        self.first = Lstm(_WORD + _WORD_TAG + _TYPE + _VECTOR, _STATE)
        self.second = Lstm(2 * _STATE, _STATE)
        self.drop = Dropout(drop)
        self.subject, self.object, self.between, self.around = (nn.Linear(2 * _STATE, _PAIR) for _ in range(4))
        self.subject_factor, self.object_factor = (nn.Linear(2 * _STATE, _PAIR) for _ in range(2))
        self.features = nn.Linear(features, _PAIR)
        self.hidden = nn.Linear(_PAIR, _PAIR)
        self.out = nn.Linear(_PAIR, 1 + len(tables.relations))
        self.modality = nn.Linear(_PAIR, len(MODALITIES))
        self.last = (self.out, self.modality)

    def forward(
        self, batch: Sequence[Sentence], tables: Tables, pairs: Pairs, word_drop: float = 0.0
    ) -> tuple[Tensor, Tensor]:
        """Scores (pairs, 1 + relations), those that the types do not allow very low, and (pairs, modalities).
        `word_drop` is the chance that a word is not known by itself."""
        words = tensor([s.words for s in batch])
        if word_drop:
            words = torch.where((torch.rand(words.shape) < word_drop) & (words > 0), torch.ones_like(words), words)
        vectors = torch.from_numpy(tables.vectors[padded([s.vectors for s in batch])])
        tags, types = tensor([s.tags for s in batch]), tensor([s.types for s in batch])
        own = torch.cat([self.words(words), self.tags(tags), self.types(types), self.vectors(vectors).relu()], -1)
        lengths = torch.tensor([len(s.words) for s in batch])
        low = self.first(self.drop(own), lengths)
        states = self.drop(low + self.second(self.drop(low), lengths))
        first, second = (pairs.rows, pairs.subjects), (pairs.rows, pairs.objects)
        ends = self.subject(states)[first] + self.object(states)[second]
        both = self.subject_factor(states)[first] * self.object_factor(states)[second]
        inside = torch.arange(states.shape[1]) < lengths[:, None]
        around = self.around(states).masked_fill(~inside[..., None], -1e4).amax(1)[pairs.rows]
        mixed = (ends + both + self._between(states, pairs) + around + self.features(pairs.features)).relu()
        mixed = mixed + self.hidden(self.drop(mixed)).relu()
        return self.out(self.drop(mixed)).masked_fill(~pairs.allowed, -1e4), self.modality(self.drop(mixed))

    def _between(self, states: Tensor, pairs: Pairs) -> Tensor:
        """The strongest state between the two ends of every pair; nothing where they stand side by side. Only what
        stands between is looked at, and once for both pairs of two ends: as a table of pairs and all words this took
        nearly half of training."""
        ends = torch.stack([pairs.rows, pairs.subjects.minimum(pairs.objects), pairs.subjects.maximum(pairs.objects)])
        (rows, first, last), number = ends.unique(dim=1, return_inverse=True)
        sizes = last - first - 1
        own = torch.arange(len(sizes)).repeat_interleave(sizes)
        places = first[own] + 1 + torch.arange(len(own)) - (sizes.cumsum(0) - sizes)[own]
        apart = sizes > 0
        strongest = states.new_zeros(len(sizes), _PAIR)
        if apart.any():
            inside = self.between(states)[rows[own], places]
            strongest[apart] = torch.segment_reduce(inside, "max", lengths=sizes[apart], axis=0)
        return strongest[number]

    def add_to(self, g: Graph, given: Mapping[str, str]) -> list[str]:
        """Add the part that reads sentences to an ONNX graph whose nodes `given` hold what it reads, time first; the
        nodes of the `PARTS`."""
        known = (g.look_up(given[name], getattr(self, name)) for name in ("words", "tags", "types"))
        vectors = g.add("Relu", g.linear(given["vectors"], self.vectors))
        low = g.recurrent(g.add("Concat", *known, vectors, axis=2), *self.first.ways)
        states = g.add("Add", low, g.recurrent(low, *self.second.ways))
        return [g.linear(states, getattr(self, name)) for name in PARTS]

    def judge_in(self, g: Graph, words: str) -> tuple[str, str]:
        """Add the part that judges pairs to an ONNX graph, from the node of what their words add; the nodes of the
        scores of relations and modalities."""
        mixed = g.add("Relu", g.add("Add", words, g.linear("features", self.features)))
        mixed = g.add("Add", mixed, g.add("Relu", g.linear(mixed, self.hidden)))
        return g.linear(mixed, self.out), g.linear(mixed, self.modality)


def reader_graph(members: Sequence[ClassifierNet]) -> Graph:
    """The part of classifiers that reads sentences, in ONNX: what every word adds to a pair as its subject, its object,
    between the two or anywhere, and its factors as either end, those of the members side by side. `ingest.classifier`
    adds these up for each pair; `judge_graph` judges the sums."""
    g = Graph()
    given = g.read({"words": 0, "tags": 0, "types": 0, "vectors": members[0].vectors.in_features})
    for name, parts in zip(PARTS, zip(*(member.add_to(g, given) for member in members), strict=True), strict=True):
        g.outputs[name] = g.add("Transpose", g.add("Concat", *parts, axis=2), perm=[1, 0, 2])
    return g


def judge_graph(members: Sequence[ClassifierNet]) -> Graph:
    """The part of classifiers that judges pairs, in ONNX, from the sum of what its words add to each; gives the
    probabilities of the mean of the members' scores."""
    g = Graph()
    g.shape = ("pairs", "width")
    parts = (g.columns("words", n * _PAIR, (n + 1) * _PAIR) for n in range(len(members)))
    judged = (member.judge_in(g, part) for member, part in zip(members, parts, strict=True))
    relations, modalities = (g.add("Mean", *scores) for scores in zip(*judged, strict=True))
    scores = g.add("Where", "allowed", relations, g.constant(np.array(-1e4, np.float32)))
    g.outputs["relations"] = g.add("Softmax", scores, axis=1)
    g.outputs["modalities"] = g.add("Softmax", modalities, axis=1)
    g.inputs = {
        "words": (TensorProto.FLOAT, ("pairs", _PAIR * len(members))),
        "features": (TensorProto.FLOAT, ("pairs", members[0].features.in_features)),
        "allowed": (TensorProto.BOOL, ("pairs", members[0].out.out_features)),
    }
    return g
