"""Marks names in sentences that nobody has annotated: `python -m ingest.train.teacher --help`.

The teacher is a tagger like the package's own that also sees what a large language model makes of each sentence (its
hidden states after some layers, the model itself staying as it is), and is far too slow to be shipped. It learns from
`annotations.jsonl` alone, so that no document of the gold has a part in what it marks, and marks sentences of papers of
which none is in the gold. They are written to `silver.jsonl`, from which the package's tagger learns in its first stage
(knowledge distillation by hard labels).

Needs the extra `teach`, and the packages that `ingest.train.language_model` names.
"""

import argparse
import json
import random
import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from ingest.encoding import Characters, Tables
from ingest.gold import GoldDocument, GoldSentence, gold_files, read_gold
from ingest.tagger import FOLDER, Tagged, decode
from ingest.train.__main__ import ANNOTATIONS, SHARED, SILVER, read_rows, said
from ingest.train.data import Row, attached, corpus_text, detached, entity_row
from ingest.train.fit import Course, Example, fit_tagger, read_examples
from ingest.train.lac import LacWeights, lac_weights
from ingest.train.language_model import LanguageModel
from ingest.train.models import candidates
from ingest.train.networks import TaggerNet
from kg.errors import PolicykgError
from kg.ontology import load

_WIDTH = 128
_COURSE = Course(5, 32, 1.2e-3, 2e-3, 0.05, 0.4)
_BEFORE = "句子："
"""What the language model reads before each sentence."""
_SURE = 0.3
"""A sentence with a name that the teacher is less sure of is left out."""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    own = argparse.ArgumentParser(
        prog="python -m ingest.train.teacher",
        description="Mark names in unannotated sentences with the help of a large language model. Takes over an hour.",
        epilog="Example: python -m ingest.train.teacher --language-model parts",
    )
    own.add_argument(
        "--language-model", required=True, type=Path, help="the language model's file, or the folder of its packages"
    )
    own.add_argument("--corpus", type=Path, default=SHARED / "corpus" / "chinaxiv-zh.txt.xz", help="raw text")
    own.add_argument("--gold", nargs="+", type=Path, default=[SHARED / "gold"], help="of whose papers to take nothing")
    own.add_argument("--most", type=int, default=8000, help="how many sentences to mark")
    own.add_argument("--out", type=Path, default=SILVER)
    return own


def main(arguments: Sequence[str] | None = None) -> int:
    """Train the teacher and let it mark; 0 where all went well, 1 where something is missing."""
    args = parser().parse_args(arguments)
    missing = [path for path in (args.language_model, args.corpus, *args.gold) if not path.exists()]
    if missing:
        print(f"skipped: {missing[0]} is missing", file=sys.stderr)
        return 1
    try:
        teach(args)
    except PolicykgError as error:
        print(f"ingest.train.teacher: {error}", file=sys.stderr)
        return 1
    return 0


def teach(args: argparse.Namespace) -> None:
    """The whole way from the annotations to the sentences that the teacher has marked."""
    ontology, model = load(), LanguageModel(args.language_model, said)
    corpus = corpus_text(args.corpus)
    annotated = read_rows("extra", attached(ANNOTATIONS, corpus), ontology).sentences
    gold = [read_gold(path, ontology) for path in gold_files(args.gold)]
    texts = chosen(corpus, gold, {sentence.text for sentence in annotated})[: args.most]
    said(f"{len(annotated):,} annotated sentences, {len(texts):,} to be marked")
    tables, lac = Tables.load(FOLDER), lac_weights()
    examples = stated(model, annotated, tables)
    make = partial(TeacherNet, states=model.width)
    teacher = fit_tagger(examples, tables, lac, _COURSE, make=make, report=lambda line: said(f"teacher: {line}"))
    unmarked = [GoldSentence(f"s{number:05}", "", text, (), ()) for number, text in enumerate(texts)]
    rows = sorted(marked(teacher, stated(model, unmarked, tables), tables), key=lambda row: corpus.find(row["text"]))
    with args.out.open("w", encoding="utf-8") as stream:
        for row in detached(rows, corpus):
            stream.write(json.dumps(row, ensure_ascii=False, separators=(",", ":")) + "\n")
    said(f"written: {args.out}")


# ---- What the language model sees


@dataclass(frozen=True, slots=True)
class Stated(Characters):
    """A sentence for the teacher: the language model's state at each token, and each character's token."""

    states: Tensor
    tokens: Tensor


def stated(model: LanguageModel, sentences: Sequence[GoldSentence], tables: Tables) -> list[Example]:
    """The sentences as the teacher sees them."""
    examples = read_examples(candidates(), sentences, tables)
    texts = [example.source.text for example in examples]
    states = dict(model.states(texts, _BEFORE))
    return [
        Example(
            e.source,
            e.words,
            Stated(e.read.ids, e.read.tags, e.read.candidates, e.read.words, states[number], model.tokens(text)),
            e.tags,
        )
        for number, (e, text) in enumerate(zip(examples, texts, strict=True))
    ]


class TeacherNet(TaggerNet):
    """The tagger that also sees the language model's states."""

    def __init__(self, tables: Tables, lac: LacWeights, drop: float, states: int) -> None:
        super().__init__(tables, lac, drop, more=_WIDTH)
        # some of a state's numbers are far larger than all others in every state
        self.even = nn.BatchNorm1d(states, affine=False)
        self.blind = nn.Dropout(0.2)
        self.states = nn.Linear(states, _WIDTH)

    def more(self, batch: Sequence[Characters]) -> tuple[Tensor, ...]:
        """The state of each character's token."""
        read = [sentence for sentence in batch if isinstance(sentence, Stated)]
        seen = self.even(torch.cat([sentence.states for sentence in read]).float()).clamp(-8, 8)
        seen = self.states(self.blind(seen)).relu()
        parts = seen.split([len(sentence.states) for sentence in read])
        of = [part[sentence.tokens] for part, sentence in zip(parts, read, strict=True)]
        return (nn.utils.rnn.pad_sequence(of, batch_first=True),)


# ---- What is marked

_POLICY = re.compile("政策|补贴|产业|企业|规划|专项|国家|科技部|国务院|计划|法案|战略|公司|投资")
"""What papers speak of that speak of policy."""
_LEAST_POLICY, _POLICY_EVERY = 5, 1500
"""How often, at least, and at least once in how many characters."""
_SUBJECTS = re.compile(
    "政策|补贴|税收|专项|规划|产业|企业|国务院|科技部|发改委|工信部|创新|科研机构|国家实验室|大学|研发|战略|技术|基金|法案|计划|美国|日本"
    "|韩国|欧盟|德国|半导体|芯片|集成电路|光伏|新能源|汽车|疫苗|生物医药|航天|卫星|高铁|核电|人工智能|量子|机器人|5G|公司|集团|市场|出口|采购|标准"
    "|专利|示范|园区|工程|研究院|研究所|制造|材料|设备|电池|风电|氢能|数据|投资|资金|经费|支持|推动|资助"
)
"""What a sentence may have names of things beside."""
_SENTENCE = re.compile(r"[^。！？；\n]{15,150}[。！？；]")
_HAN = re.compile("[\u4e00-\u9fff]")
_SHORTEST, _LONGEST, _OF_A_PAPER = 25, 140, 40
_RUN = 16
"""So many characters in a row are not shared by chance."""


def chosen(corpus: str, gold: Sequence[GoldDocument], known: set[str]) -> list[str]:
    """Sentences of papers on policy, a few of each paper and in random order. Of papers that hold a sentence of the
    gold none is taken, nor any that is known or shares a longer run of characters with the gold."""
    chance = random.Random(7)
    found: list[str] = []
    theirs = {run for document in gold for sentence in document.sentences for run in _runs(sentence.text)}
    for paper in _papers(corpus, gold):
        if len(_POLICY.findall(paper)) < max(_LEAST_POLICY, len(paper) / _POLICY_EVERY):
            continue
        fit = [text for text in _sentences(paper) if text not in known and theirs.isdisjoint(_runs(text))]
        chance.shuffle(fit)
        found += sorted(fit, key=lambda text: -_subjects(text) - 3 * chance.random())[:_OF_A_PAPER]
    chance.shuffle(found)
    return list(dict.fromkeys(found))


def _papers(corpus: str, gold: Iterable[GoldDocument]) -> Iterator[str]:
    """The papers of the corpus, less those of the gold."""
    texts = [s.text for document in gold for s in document.sentences if len(s.text) >= _SHORTEST]
    places = [place for text in texts if (place := corpus.find(text[:40])) >= 0]
    papers = corpus.split("\n\n")
    starts = [0]
    for paper in papers:
        starts.append(starts[-1] + len(paper) + 2)
    left_out = {bisect_right(starts, place) - 1 for place in places}
    return (paper for number, paper in enumerate(papers) if number not in left_out)


def _sentences(paper: str) -> Iterator[str]:
    for match in _SENTENCE.finditer(paper):
        text = match[0].strip()
        if _SHORTEST <= len(text) <= _LONGEST and len(_HAN.findall(text)) >= 0.7 * len(text) and _subjects(text) > 1:
            yield text


def _runs(text: str) -> Iterator[str]:
    return (text[start : start + _RUN] for start in range(len(text) - _RUN + 1))


def _subjects(text: str) -> int:
    return len(set(_SUBJECTS.findall(text)))


def marked(teacher: TaggerNet, examples: Sequence[Example], tables: Tables) -> Iterator[Row]:
    """The sentences with the names that the teacher finds, in the gold's form; not those with a doubtful one."""
    order = sorted(examples, key=lambda example: len(example.tags))
    rest = iter(order)
    while batch := list(islice(rest, 32)):
        with torch.inference_mode():
            scores = teacher([example.read for example in batch], tables).log_softmax(-1).numpy()
        lengths = np.array([len(example.tags) for example in batch], np.int32)
        for example, names in zip(batch, decode(scores, lengths, tables.types), strict=True):
            if all(name.confidence >= _SURE for name in names):
                yield _row(example.source, names)


def _row(source: GoldSentence, names: Sequence[Tagged]) -> Row:
    entities = [
        entity_row(f"T{number}", source.text, name.start, name.end, name.type) for number, name in enumerate(names, 1)
    ]
    return {"sid": source.sid, "section": "", "text": source.text, "entities": entities, "relations": []}


if __name__ == "__main__":
    sys.exit(main())
