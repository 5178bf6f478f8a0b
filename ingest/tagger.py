"""The trained tagger of Chinese names, as a spaCy component.

Needs the words of `ingest.lac` and the candidates of `ingest.names`; gives `doc.ents`. Each ent has its type
(`label_`), the dictionary's entry where the dictionary knows it by that type (`kb_id_`), and what it was read by
(`id_`); how sure the model is of it is told by `ingest.names.confidence`.

The model is a bidirectional GRU over characters, its first layer started from LAC's, that also sees LAC's words and
tags and every candidate of the dictionary and the patterns. It gives each character a tag (outside; begin, inside,
end or single of a type); the best sequence that the tags' order allows is found by Viterbi's algorithm.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from itertools import islice
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from spacy.language import Language
from spacy.tokens import Doc

from ingest.encoding import Characters, Floats, Tables, batches, characters, padded
from ingest.lac import text_of, words_of
from ingest.names import Name, names_of, select, set_names
from ingest.patterns import WEAK

FOLDER = Path(__file__).with_name("model")
"""Where the trained models lie, with their tables and their card."""
MODEL = "tagger"
"""The rule of a name that only the model found."""
_CERTAIN = 0.9
"""How sure a rule must be for its names to stand where the model has none."""
_AT_ONCE = 256
"""How many sentences are looked at together."""


@dataclass(frozen=True, slots=True)
class Tagged:
    """A stretch of a sentence that the model takes for a name: offsets in characters, and the least probability that
    one of its characters has of its tag."""

    start: int
    end: int
    type: str
    confidence: float


class Tagger:
    """The model and its tables."""

    def __init__(self, folder: Path) -> None:
        self.tables = Tables.load(folder)
        self._session = session(folder / "tagger.onnx")

    def tag(self, sentences: Sequence[Characters]) -> list[list[Tagged]]:
        """The names in each sentence, in order."""
        found: list[list[Tagged]] = [[] for _ in sentences]
        for chosen in batches({i: len(s.ids) for i, s in enumerate(sentences)}):
            batch = [sentences[i] for i in chosen]
            lengths = np.array([len(s.ids) for s in batch], np.int32)
            for i, names in zip(chosen, decode(self._scores(batch, lengths), lengths, self.tables.types), strict=True):
                found[i] = names
        return found

    def _scores(self, batch: Sequence[Characters], lengths: npt.NDArray[np.int32]) -> Floats:
        inputs = {
            "ids": padded([s.ids for s in batch]),
            "tags": padded([s.tags for s in batch]),
            "candidates": padded([s.candidates for s in batch]),
            "vectors": self.tables.vectors[padded([s.words for s in batch])],
            "lengths": lengths,
        }
        scores: Floats = self._session.run(None, inputs)[0]
        return scores


def session(path: Path) -> onnxruntime.InferenceSession:
    """The ONNX model, to be run on one thread."""
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def decode(scores: Floats, lengths: npt.NDArray[np.int32], types: Sequence[str]) -> list[list[Tagged]]:
    """The names in the best tag sequence of each row of a batch.

    `scores` (rows, columns, 1 + 4 × types) are log-probabilities: outside, then begin, inside, end, single of each
    type. After begin and inside comes inside or end of the same type, after all others outside, begin or single: so
    three running maxima are enough, and a column costs time in proportion to the number of tags, not to its square.
    """
    rows, columns, _ = scores.shape
    outside, parts = scores[:, :, 0], scores[:, :, 1:].reshape(rows, columns, len(types), 4)
    free = np.zeros(rows, np.float32)  # the best sequence up to here after which a name may begin
    open_ = np.full((rows, len(types)), -np.inf, np.float32)  # the same, inside a name of each type
    started = np.zeros((columns, rows, len(types)), bool)
    closing = np.zeros((columns, rows), np.int64)  # the tag in which `free` ends: 0, or 1 + 2 × type (+ 1 if single)
    for column in range(columns):
        begin, inside, end, single = (parts[:, column, :, k] for k in range(4))
        ways = np.stack([open_ + end, free[:, None] + single], axis=2).reshape(rows, -1)
        best = ways.argmax(axis=1)
        closed, stay = ways[np.arange(rows), best], free + outside[:, column]
        begun, going = free[:, None] + begin, open_ + inside
        started[column] = begun >= going
        open_ = np.maximum(begun, going)
        closing[column] = np.where(closed > stay, 1 + best, 0)
        free = np.maximum(closed, stay)
    return [
        list(_names(closing[:, row], started[:, row], parts[row], int(length), types))[::-1]
        for row, length in enumerate(lengths)
    ]


def _names(
    closing: npt.NDArray[np.int64],
    started: npt.NDArray[np.bool_],
    scores: Floats,
    length: int,
    types: Sequence[str],
) -> Iterator[Tagged]:
    """The names of one sentence, the last one first."""
    at = length - 1
    while at >= 0:
        type_, single = divmod(int(closing[at]) - 1, 2)
        if closing[at] == 0:
            at -= 1
            continue
        start = at if single else at - 1
        while not single and not started[start, type_]:
            start -= 1
        inner = [scores[at, type_, 3]] if single else [*scores[start + 1 : at, type_, 1], scores[at, type_, 2]]
        least = min(inner if single else [scores[start, type_, 0], *inner])
        yield Tagged(start, at + 1, types[type_], float(np.exp(least)))
        at = start - 1


class EntityTagger:
    """The spaCy component `entity_tagger`."""

    def __init__(self, folder: Path) -> None:
        self._model = tagger(folder)

    def __call__(self, doc: Doc) -> Doc:
        """The same Doc with its names as `doc.ents`."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], batch_size: int = _AT_ONCE) -> Iterator[Doc]:
        """The same Docs in their order."""
        docs = iter(stream)
        while batch := list(islice(docs, batch_size)):
            named = [names_of(doc) for doc in batch]
            read = [_sentence(doc, names, self._model.tables) for doc, names in zip(batch, named, strict=True)]
            for doc, names, tagged in zip(batch, named, self._model.tag(read), strict=True):
                yield set_names(doc, _chosen(quoted_whole(text_of(doc), tagged), names), alignment="strict")


@cache
def tagger(folder: Path) -> Tagger:
    """The model of a folder, loaded once per process."""
    return Tagger(folder)


def _sentence(doc: Doc, names: Sequence[Name], tables: Tables) -> Characters:
    return characters(text_of(doc), words_of(doc), names, tables)


_QUOTES = {"”": "“", "’": "‘", "》": "《"}
"""Closing marks and those that they close."""
_BREAK = re.compile("[”’》，。；：？！]")
"""What no name goes across: a quotation with one of these in it is speech, or another one."""


def quoted_whole(text: str, tagged: Sequence[Tagged]) -> list[Tagged]:
    """The names, in order, with the whole of every quotation that ends inside them (神舟十一号”飞船: “神舟十一号”飞船)
    and without names that lie in it, nor the mark of one that ends behind them. The model sees quotation marks as any
    character, and mistakes where such names begin."""
    found: list[Tagged] = []
    for name in tagged:
        start = _start(text, name)
        while found and found[-1].end > start:
            found.pop()
        found.append(replace(name, start=start))
    return found


def _start(text: str, name: Tagged) -> int:
    """Where the name begins, by the quotation marks in it and before."""
    inside = text[name.start : name.end]
    for closing, opening in _QUOTES.items():
        if inside.count(closing) > inside.count(opening):
            start = text.rfind(opening, 0, name.start)
            if start >= 0 and not _BREAK.search(text[start : name.start]):
                return start
        elif inside[0] == opening and len(inside) > 1 and closing not in inside:
            return name.start + 1
    return name.start


def _chosen(tagged: Sequence[Tagged], names: Sequence[Name]) -> list[Name]:
    """The model's names, and of the candidates that it passed over or cut short those whose rule is hardly ever wrong
    (《…法》)."""
    certain = select(n for n in names if n.confidence >= _CERTAIN and not any(_crosses(t, n) for t in tagged))
    rest = [t for t in tagged if all(t.end <= n.start or n.end <= t.start for n in certain)]
    return sorted([*(_name(found, names) for found in rest), *certain], key=lambda name: name.start)


def _crosses(found: Tagged, name: Name) -> bool:
    """Whether what the model found overlaps the name and does not lie inside it, or is it."""
    overlaps = found.start < name.end and name.start < found.end
    inside = name.start <= found.start and found.end <= name.end and found.end - found.start < name.end - name.start
    return overlaps and not inside


def _name(found: Tagged, names: Sequence[Name]) -> Name:
    """What the model found, under the dictionary's entry or the rule that has it too; not under an entry of which the
    name is only an ordinary word."""
    here = (found.start, found.end, found.type)
    same = [n for n in names if (n.start, n.end, n.type) == here and n.rule != WEAK]
    known = next((n for n in same if n.entry), same[0] if same else None)
    rule, entry = (known.rule, known.entry) if known else (MODEL, "")
    return Name(found.start, found.end, found.type, rule, entry, found.confidence)


@Language.factory(
    "entity_tagger",
    requires=["doc.user_data"],
    assigns=["doc.ents"],
    default_config={"folder": str(FOLDER)},
)
def make_entity_tagger(nlp: Language, name: str, folder: str) -> EntityTagger:
    """The component's factory, for a spaCy config; `folder` holds the model."""
    return EntityTagger(Path(folder))
