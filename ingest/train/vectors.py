"""Vectors of words: what the models know of words that no annotated sentence has.

The words are LAC's in raw text. A word's vector is what a large language model makes of the word alone, the mean of its
tokens' states, reduced to its principal components, each scaled to deviate by one. So the vector of a rare word is as
good as that of a frequent one, which vectors learnt from the raw text are not.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from ingest.lac import lac
from ingest.train.fit import Report
from ingest.train.language_model import LanguageModel

_SENTENCE = re.compile(r"[^。！？]+[。！？]?[”’）]?")
_POLICY = re.compile(r"政策|产业|战略|规划|计划|政府|企业|研发|国家|创新|科技|工程|专项|资助|投资|补贴|市场|法案")
_MOST_TEXT = 14_000_000
"""From how many characters words are taken: the papers that speak most of policy."""
_SIZE = 64
_LEAST_OFTEN = 3
_CHUNK = 2048
_BEFORE = "词语："
"""What the language model reads before each word."""
_FAR = 6
"""More deviations from the mean count as so many: some of a state's numbers are far larger than all others."""


@dataclass(frozen=True, slots=True)
class WordVectors:
    """The words, the most frequent first, and their vectors (words, 64) behind two rows of zeros."""

    words: tuple[str, ...]
    vectors: npt.NDArray[np.float32]


def learn(papers: Iterable[str], model: LanguageModel, jobs: int, report: Report) -> WordVectors:
    """Vectors of the words of the papers; `jobs` processes look for these."""
    words = _words(papers, jobs, report)
    report(f"{len(words):,} words")
    states = np.zeros((len(words), model.width), np.float32)
    for number, state in model.states(words, _BEFORE):
        states[number] = state.float().mean(0).numpy()
    return WordVectors(words, np.concatenate([np.zeros((2, _SIZE), np.float32), components(states, _SIZE)]))


def components(states: npt.NDArray[np.float32], size: int) -> npt.NDArray[np.float32]:
    """The rows' first so many principal components, each of deviation one (whitened)."""
    even = ((states - states.mean(0)) / (states.std(0) + 1e-6)).clip(-_FAR, _FAR)
    # eigenvalues come in rising order
    axes = np.linalg.eigh(even.T @ even)[1][:, : -size - 1 : -1]
    found = even @ axes
    result: npt.NDArray[np.float32] = (found / found.std(0)).astype(np.float32)
    return result


def _words(papers: Iterable[str], jobs: int, report: Report) -> tuple[str, ...]:
    """The words that stand often enough in the papers, the most frequent first."""
    sentences = list(_sentences(papers))
    report(f"{len(sentences):,} sentences of the corpus")
    counts = Counter[str]()
    with ProcessPoolExecutor(jobs) as pool:
        for some in pool.map(_counted, [sentences[i : i + _CHUNK] for i in range(0, len(sentences), _CHUNK)]):
            counts.update(some)
    often = ((word, count) for word, count in counts.items() if count >= _LEAST_OFTEN)
    return tuple(word for word, _ in sorted(often, key=lambda each: (-each[1], each[0])))


def _sentences(papers: Iterable[str]) -> Iterator[str]:
    taken = 0
    for paper in sorted(papers, key=lambda paper: -len(_POLICY.findall(paper)) / (len(paper) + 1000)):
        for line in paper.split("\n"):
            for sentence in _SENTENCE.findall(line):
                if 8 <= len(sentence) <= 300:
                    yield sentence
        taken += len(paper)
        if taken >= _MOST_TEXT:
            return


def _counted(sentences: Sequence[str]) -> Counter[str]:
    """How often each word stands in the sentences."""
    counts = Counter[str]()
    order = sorted(sentences, key=len)
    for start in range(0, len(order), 32):
        chosen = order[start : start + 32]
        for text, words in zip(chosen, lac().words(chosen), strict=True):
            counts.update(text[a:b].lower() for a, b, _ in words)
    return counts
