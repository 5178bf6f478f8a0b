"""The two networks as torch modules. `ingest.train.export` writes them as ONNX graphs of the same layers."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from onnx import TensorProto
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from ingest.classifier import PARTS, Sentence
from ingest.encoding import Characters, Tables, padded
from ingest.train.export import Graph
from ingest.train.lac import LacWeights
from kg.model import MODALITIES

_TAG, _CANDIDATES, _VECTOR, _HEAD = 32, 64, 48, 192
_WORD, _WORD_TAG, _TYPE, _PAIR = 48, 16, 48, 192
_LOW, _HIGH, _STATE = 128, 192, 192
"""The widths of the tagger's recurrent layers, of which the first starts from LAC's, and of the classifier's, each
way."""


def tensor(arrays: Sequence[np.ndarray]) -> Tensor:
    """The arrays as one padded batch."""
    return torch.from_numpy(padded(arrays))


def _recurrent(layer: nn.GRU | nn.LSTM, x: Tensor, lengths: Tensor) -> Tensor:
    packed = pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False)
    return pad_packed_sequence(layer(packed)[0], batch_first=True)[0]


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
        self.first = nn.GRU(size + width, _LOW, batch_first=True, bidirectional=True)
        self.second = nn.GRU(2 * _LOW + width, _HIGH, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(drop)
        self.hidden = nn.Linear(2 * _HIGH + size + width, _HEAD)
        self.out = nn.Linear(_HEAD, 1 + 4 * len(tables.types))
        lac.start(self.first)

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
        low = _recurrent(self.first, torch.cat([own, seen], -1), lengths)
        high = _recurrent(self.second, torch.cat([self.drop(low), seen], -1), lengths)
        hidden = self.hidden(self.drop(torch.cat([high, own, seen], -1))).relu()
        scores: Tensor = self.out(self.drop(hidden))
        return scores

    def graph(self) -> Graph:
        """The same in ONNX, with log-probabilities; time comes first inside."""
        g = Graph()
        time_first = [g.add("Transpose", name, perm=[1, 0, 2]) for name in ("candidates", "vectors")]
        ids, tags = (g.add("Transpose", name, perm=[1, 0]) for name in ("ids", "tags"))
        own = g.look_up(ids, self.characters)
        marks = g.add("Relu", g.linear(time_first[0], self.candidates))
        vectors = g.add("Relu", g.linear(time_first[1], self.vectors))
        seen = g.add("Concat", g.look_up(tags, self.tags), marks, vectors, axis=2)
        low = g.recurrent(g.add("Concat", own, seen, axis=2), "lengths", self.first)
        high = g.recurrent(g.add("Concat", low, seen, axis=2), "lengths", self.second)
        hidden = g.add("Relu", g.linear(g.add("Concat", high, own, seen, axis=2), self.hidden))
        scores = g.add("LogSoftmax", g.linear(hidden, self.out), axis=2)
        g.outputs["scores"] = g.add("Transpose", scores, perm=[1, 0, 2])
        places: tuple[str | int, ...] = ("batch", "length")
        g.inputs = {
            "ids": (TensorProto.INT64, places),
            "tags": (TensorProto.INT64, places),
            "candidates": (TensorProto.FLOAT, (*places, self.candidates.in_features)),
            "vectors": (TensorProto.FLOAT, (*places, self.vectors.in_features)),
            "lengths": (TensorProto.INT32, ("batch",)),
        }
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
    the states of its two ends, their products, the strongest of those between them, and its features."""

    def __init__(self, tables: Tables, features: int, drop: float) -> None:
        super().__init__()
        self.words = nn.Embedding(len(tables.frequent) + 2, _WORD, padding_idx=0)
        self.tags = nn.Embedding(len(tables.tags) + 2, _WORD_TAG, padding_idx=0)
        self.types = nn.Embedding(len(tables.types) + 1, _TYPE)
        self.vectors = nn.Linear(tables.vectors.shape[1], _VECTOR)
        self.first = nn.LSTM(_WORD + _WORD_TAG + _TYPE + _VECTOR, _STATE, batch_first=True, bidirectional=True)
        self.second = nn.LSTM(2 * _STATE, _STATE, batch_first=True, bidirectional=True)
        self.drop = nn.Dropout(drop)
        self.subject, self.object, self.between = (nn.Linear(2 * _STATE, _PAIR) for _ in range(3))
        self.subject_factor, self.object_factor = (nn.Linear(2 * _STATE, _PAIR) for _ in range(2))
        self.features = nn.Linear(features, _PAIR)
        self.hidden = nn.Linear(_PAIR, _PAIR)
        self.out = nn.Linear(_PAIR, 1 + len(tables.relations))
        self.modality = nn.Linear(_PAIR, len(MODALITIES))

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
        low = _recurrent(self.first, self.drop(own), lengths)
        states = self.drop(low + _recurrent(self.second, self.drop(low), lengths))
        first, second = (pairs.rows, pairs.subjects), (pairs.rows, pairs.objects)
        ends = self.subject(states)[first] + self.object(states)[second]
        both = self.subject_factor(states)[first] * self.object_factor(states)[second]
        mixed = (ends + both + self._between(states, pairs) + self.features(pairs.features)).relu()
        mixed = mixed + self.hidden(self.drop(mixed)).relu()
        return self.out(self.drop(mixed)).masked_fill(~pairs.allowed, -1e4), self.modality(self.drop(mixed))

    def _between(self, states: Tensor, pairs: Pairs) -> Tensor:
        """The strongest state between the two ends of every pair; nothing where they stand side by side."""
        places = torch.arange(states.shape[1])[None]
        first, last = torch.minimum(pairs.subjects, pairs.objects), torch.maximum(pairs.subjects, pairs.objects)
        inside = (places > first[:, None]) & (places < last[:, None])
        strongest = self.between(states)[pairs.rows].masked_fill(~inside[..., None], -1e4).max(1)[0]
        return strongest * inside.any(1)[:, None]

    def graph(self) -> Graph:
        """The part that reads sentences, in ONNX: what every word adds to a pair as its subject, its object, or
        between the two, and its factors as either end. `ingest.classifier` adds these up for each pair; `head` judges
        the sums."""
        g = Graph()
        words, tags, types = (g.add("Transpose", name, perm=[1, 0]) for name in ("words", "tags", "types"))
        vectors = g.add("Relu", g.linear(g.add("Transpose", "vectors", perm=[1, 0, 2]), self.vectors))
        known = (g.look_up(words, self.words), g.look_up(tags, self.tags), g.look_up(types, self.types))
        low = g.recurrent(g.add("Concat", *known, vectors, axis=2), "lengths", self.first)
        states = g.add("Add", low, g.recurrent(low, "lengths", self.second))
        for name in PARTS:
            g.outputs[name] = g.add("Transpose", g.linear(states, getattr(self, name)), perm=[1, 0, 2])
        places: tuple[str | int, ...] = ("batch", "length")
        g.inputs = {
            **dict.fromkeys(("words", "tags", "types"), (TensorProto.INT64, places)),
            "vectors": (TensorProto.FLOAT, (*places, self.vectors.in_features)),
            "lengths": (TensorProto.INT32, ("batch",)),
        }
        return g

    def head(self) -> Graph:
        """The part that judges pairs, in ONNX, from the sum of what its words add to each; gives probabilities."""
        g = Graph()
        g.shape = ("pairs", "width")
        mixed = g.add("Relu", g.add("Add", "words", g.linear("features", self.features)))
        mixed = g.add("Add", mixed, g.add("Relu", g.linear(mixed, self.hidden)))
        scores = g.add("Where", "allowed", g.linear(mixed, self.out), g.constant(np.array(-1e4, np.float32)))
        g.outputs["relations"] = g.add("Softmax", scores, axis=1)
        g.outputs["modalities"] = g.add("Softmax", g.linear(mixed, self.modality), axis=1)
        g.inputs = {
            "words": (TensorProto.FLOAT, ("pairs", _PAIR)),
            "features": (TensorProto.FLOAT, ("pairs", self.features.in_features)),
            "allowed": (TensorProto.BOOL, ("pairs", self.out.out_features)),
        }
        return g
