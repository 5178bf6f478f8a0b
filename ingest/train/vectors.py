"""Vectors of words, learnt from raw text: what the models know of words that no annotated sentence has.

Skip-gram with negative sampling (Mikolov et al. 2013, arXiv:1310.4546) over LAC's words of a corpus, by gensim.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from gensim.models import Word2Vec

from ingest.lac import lac
from ingest.train.fit import Report

_SENTENCE = re.compile(r"[^。！？]+[。！？]?[”’）]?")
_POLICY = re.compile(r"政策|产业|战略|规划|计划|政府|企业|研发|国家|创新|科技|工程|专项|资助|投资|补贴|市场|法案")
_SIZE = 64
_LEAST_OFTEN = 8
_CHUNK = 2048


@dataclass(frozen=True, slots=True)
class WordVectors:
    """The words, the most frequent first, and their vectors (words, 64) behind two rows of zeros."""

    words: tuple[str, ...]
    vectors: npt.NDArray[np.float32]


def learn(corpus: str, most: int, report: Report) -> WordVectors:
    """Vectors from the papers of the corpus (an empty line between two) that speak most of policy, as many as have
    `most` characters together."""
    sentences = list(_sentences(corpus, most))
    report(f"{len(sentences):,} sentences of the corpus")
    cut = [words for start in range(0, len(sentences), _CHUNK) for words in _cut(sentences[start : start + _CHUNK])]
    report("cut into words")
    model = Word2Vec(
        cut, vector_size=_SIZE, window=5, min_count=_LEAST_OFTEN, sg=1, negative=8, epochs=4, workers=1, sample=1e-4,
        seed=1,
    )  # fmt: skip
    vectors = model.wv.vectors
    vectors = vectors / np.sqrt((vectors**2).mean())
    return WordVectors(tuple(model.wv.index_to_key), np.concatenate([np.zeros((2, _SIZE), np.float32), vectors]))


def _sentences(corpus: str, most: int) -> Iterator[str]:
    papers = sorted(corpus.split("\n\n"), key=lambda paper: -len(_POLICY.findall(paper)) / (len(paper) + 1000))
    taken = 0
    for paper in papers:
        for line in paper.split("\n"):
            for sentence in _SENTENCE.findall(line):
                if 8 <= len(sentence) <= 300:
                    yield sentence
        taken += len(paper)
        if taken >= most:
            return


def _cut(sentences: Sequence[str]) -> list[list[str]]:
    order = sorted(range(len(sentences)), key=lambda i: len(sentences[i]))
    found: list[list[str]] = [[] for _ in sentences]
    for start in range(0, len(order), 32):
        chosen = order[start : start + 32]
        for i, words in zip(chosen, lac().words([sentences[i] for i in chosen]), strict=True):
            found[i] = [sentences[i][a:b].lower() for a, b, _ in words]
    return found
