"""What `kg evaluate` says: the figures and the mistakes of annotated documents, for programs and for people."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import pairwise
from math import fsum, inf
from operator import add
from pathlib import Path
from typing import Any

from ingest.evaluation import Counts, Figures, Share, compare, figures
from ingest.gold import GoldDocument, gold_reading
from ingest.mistakes import KINDS, Group, Kind, Mistake, grouped, mistakes
from ingest.pipeline import Pipeline
from kg.errors import DocumentError
from kg.model import Language
from kg.ontology import Ontology

_BANDS = (0.0, 0.5, 0.6, 0.7, 0.8, 0.9)
"""Where the bands of belief begin."""
_SURE = 0.8
"""The belief from which on statements should be right."""
_EXAMPLES = 3
"""How many mistakes of a group are shown."""
_AROUND = 50
"""How many characters before the first name and behind the last one are shown of a sentence."""


@dataclass(frozen=True, slots=True)
class Evaluated:
    """One document's figures and mistakes. `text` is the file it was read from, None for the annotated sentences."""

    source: str
    text: Path | None
    figures: Figures
    mistakes: tuple[Mistake, ...]


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under titles, for people."""

    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def evaluated(gold: GoldDocument, text: Path | None, pipeline: Pipeline, ontology: Ontology) -> Evaluated:
    """Reads a document and sets what was read beside its annotations. Raises DocumentError where the text cannot be
    read, or is another document's."""
    comparison = compare(gold, pipeline.extract_reading(gold_reading(gold, text)), ontology)
    if text and not any(comparison.places):
        raise DocumentError(f"{text} is not the text of {gold.source}: none of the annotated sentences stands in it")
    return Evaluated(gold.source, text, figures(comparison), mistakes(comparison))


def _pooled(documents: Iterable[Evaluated]) -> Figures:
    return reduce(add, (document.figures for document in documents), Figures())


def _groups(documents: Iterable[Evaluated], show: int) -> tuple[Group, ...]:
    return grouped(mistake for document in documents for mistake in document.mistakes)[:show]


def _by_kind(documents: Iterable[Evaluated]) -> dict[Kind, int]:
    counted = Counter(mistake.kind for document in documents for mistake in document.mistakes)
    return {kind: counted[kind] for kind in KINDS}


# ---- For programs


def report_row(documents: Sequence[Evaluated], show: int) -> dict[str, Any]:
    """The report as plain JSON. `errors` holds the `show` most frequent kinds of mistake, `error_kinds` counts all."""
    whole = _pooled(documents)
    return {
        "documents": [
            {"source": d.source, "text": str(d.text) if d.text else None, **_figures_row(d.figures)} for d in documents
        ],
        "all": _figures_row(whole),
        "types": {name: _counts_row(counts) for name, counts in whole.types.items()},
        "predicates": {name: _counts_row(counts) for name, counts in whole.relations.items()},
        "confidence": [_band_row(band) for band in _bands(whole)],
        "sure": _band_row(_Band.of(whole, _SURE, 1.0)),
        "error_kinds": dict(_by_kind(documents)),
        "errors": [_group_row(group) for group in _groups(documents, show)],
    }


def _figures_row(f: Figures) -> dict[str, Any]:
    return {
        "entities": _counts_row(f.entities),
        "names": _counts_row(f.names),
        "relations": _counts_row(f.statements),
        "modality": _share_row(f.modality),
        "evidence": _share_row(f.evidence),
        "sentences": _share_row(f.sentences),
    }


def _counts_row(counts: Counts) -> dict[str, float]:
    measured = {"p": round(counts.precision, 4), "r": round(counts.recall, 4), "f1": round(counts.f1, 4)}
    return {**measured, "found": counts.found, "predicted": counts.predicted, "gold": counts.gold}


def _share_row(share: Share) -> dict[str, float]:
    return {"share": round(share.value, 4), "right": share.right, "of": share.of}


@dataclass(frozen=True, slots=True)
class _Band:
    """The assertions with a belief from `least` on and below `below` (1 included): the share that is right, and the
    mean belief, which is the same where belief is calibrated."""

    least: float
    below: float
    right: Share
    belief: float

    @classmethod
    def of(cls, f: Figures, least: float, below: float) -> "_Band":
        judged = f.believed(least, below if below < 1 else inf)
        mean = fsum(each.assertion.belief for each in judged) / max(len(judged), 1)
        return cls(least, below, Share(sum(each.right for each in judged), len(judged)), mean)


def _bands(f: Figures) -> list[_Band]:
    return [_Band.of(f, least, below) for least, below in pairwise((*_BANDS, 1.0))]


def _band_row(band: _Band) -> dict[str, float]:
    return {"from": band.least, "to": band.below, "belief": round(band.belief, 4), **_share_row(band.right)}


def _group_row(group: Group) -> dict[str, Any]:
    count, shown = len(group.mistakes), group.mistakes[:_EXAMPLES]
    named = {"kind": group.kind, "expected": group.expected, "given": group.given}
    return {**named, "count": count, "examples": [_mistake_row(mistake) for mistake in shown]}


def _mistake_row(mistake: Mistake) -> dict[str, Any]:
    return {
        "source": mistake.source,
        "sid": mistake.sid,
        "gold": mistake.gold,
        "read": mistake.read,
        "belief": mistake.belief,
        "text": mistake.text,
        "gold_names": [list(stretch) for stretch in mistake.gold_names],
        "read_names": [list(stretch) for stretch in mistake.read_names],
    }


# ---- For people

_KIND_WORDS: Mapping[Kind, tuple[str, str]] = {
    "missed-entity": ("漏读的名称", "missed name"),
    "spurious-entity": ("多读的名称", "spurious name"),
    "boundary": ("边界不符", "wrong boundary"),
    "wrong-type": ("类型不符", "wrong type"),
    "split-entity": ("一物读作两物", "one thing read as two"),
    "missing-end": ("名称漏读，陈述随之漏读", "statement missed since a name is"),
    "missed-relation": ("名称已读，陈述漏读", "statement missed, both names read"),
    "wrong-relation": ("关系不符", "wrong relation"),
    "wrong-direction": ("方向相反", "wrong direction"),
    "spurious-relation": ("名称无误，陈述多读", "spurious statement, both names right"),
    "spurious-end": ("名称未标注，陈述多读", "spurious statement about a name not annotated"),
    "wrong-modality": ("模态不符", "wrong modality"),
}


def report_tables(documents: Sequence[Evaluated], ontology: Ontology, language: Language) -> Iterator[Table]:
    """The figures: by document, by type, by relation, by belief; then how often each kind of mistake is made."""
    whole = _pooled(documents)
    yield _documents_table(documents, whole, language)
    yield _counts_table(_word(language, "实体类型", "entity type"), whole.types, ontology, language)
    yield _counts_table(_word(language, "关系", "relation"), whole.relations, ontology, language)
    yield _belief_table(whole, language)
    kinds = [(*_KIND_WORDS[kind], count) for kind, count in _by_kind(documents).items() if count]
    yield Table(
        (_word(language, "错误", "mistakes"), _word(language, "次数", "times")),
        tuple((_word(language, zh, en), str(count)) for zh, en, count in sorted(kinds, key=lambda kind: -kind[2])),
    )


def mistake_lines(documents: Sequence[Evaluated], show: int, ontology: Ontology, language: Language) -> Iterator[str]:
    """The most frequent kinds of mistake, each with sentences in which it is made."""
    if groups := _groups(documents, show):
        yield _word(
            language,
            "最常见的错误（【标注的名称】，⟨读出的名称⟩）",
            "The most frequent mistakes (【annotated names】, ⟨names read⟩)",
        )
    for group in groups:
        what = " → ".join(_term(name, ontology, language) for name in (group.expected, group.given) if name)
        yield f"{len(group.mistakes)} × {_word(language, *_KIND_WORDS[group.kind])}: {what}"
        for mistake in group.mistakes[:_EXAMPLES]:
            yield f"    [{mistake.source} {mistake.sid}] {marked(mistake)}"
            yield f"        {_compared(mistake, language)}"


def _compared(mistake: Mistake, language: Language) -> str:
    parts = (
        (_word(language, "标注", "annotated"), mistake.gold),
        (_word(language, "读出", "read"), mistake.read),
    )
    return _word(language, "；", "; ").join(f"{word}: {said}" for word, said in parts if said)


def marked(mistake: Mistake) -> str:
    """The sentence around the names, 【annotated】 and ⟨read⟩."""
    text, stretches = mistake.text, (*mistake.gold_names, *mistake.read_names)
    start = max(0, min((start for start, _ in stretches), default=0) - _AROUND)
    end = min(len(text), max((end for _, end in stretches), default=2 * _AROUND) + _AROUND)
    shown = "".join(_marks_at(mistake, at) + text[at : at + 1] for at in range(start, end)) + _marks_at(mistake, end)
    return f"{'…' if start else ''}{shown}{'…' if end < len(text) else ''}"


def _marks_at(mistake: Mistake, at: int) -> str:
    """The marks that stand before a character: first what ends there, then what begins."""
    sides = ((mistake.gold_names, "【", "】"), (mistake.read_names, "⟨", "⟩"))
    closing = [mark for names, _, mark in reversed(sides) for _, end in names if end == at]
    opening = [mark for names, mark, _ in sides for start, _ in names if start == at]
    return "".join((*closing, *opening))


def _documents_table(documents: Sequence[Evaluated], whole: Figures, language: Language) -> Table:
    titles = (
        _word(language, "文献", "document"),
        _word(language, "句子", "sentences"),
        _word(language, "实体 P", "entities P"),
        "R",
        "F1",
        _word(language, "名称 F1", "names F1"),
        _word(language, "关系 P", "relations P"),
        "R",
        "F1",
        _word(language, "模态", "modality"),
        _word(language, "证据确切", "exact evidence"),
    )
    named = [(document.source, document.figures) for document in documents]
    if len(named) > 1:
        named.append((_word(language, "合计", "all"), whole))
    return Table(titles, tuple(_document_row(*pair) for pair in named))


def _document_row(name: str, f: Figures) -> tuple[str, ...]:
    return (
        name,
        _part(f.sentences),
        *_measures(f.entities),
        _number(f.names.f1),
        *_measures(f.statements),
        _number(f.modality.value),
        _part(f.evidence),
    )


def _counts_table(name: str, counted: Mapping[str, Counts], ontology: Ontology, language: Language) -> Table:
    counts = (("找到", "found"), ("读出", "read"), ("标注", "annotated"))
    titles = (name, "P", "R", "F1", *(_word(language, *words) for words in counts))
    ordered = sorted(counted.items(), key=lambda item: (-item[1].gold, item[0]))
    rows = (
        (_term(n, ontology, language), *_measures(c), str(c.found), str(c.predicted), str(c.gold)) for n, c in ordered
    )
    return Table(titles, tuple(rows))


def _belief_table(whole: Figures, language: Language) -> Table:
    words = (
        ("信度", "belief"),
        ("陈述", "statements"),
        ("正确", "right"),
        ("占比", "share"),
        ("平均信度", "mean belief"),
    )
    bands = [*(band for band in _bands(whole) if band.right.of), _Band.of(whole, _SURE, 1.0)]
    rows = [
        (f"{b.least}–{b.below}", str(b.right.of), str(b.right.right), _number(b.right.value), _number(b.belief))
        for b in bands
    ]
    return Table(tuple(_word(language, *pair) for pair in words), tuple(rows))


def _measures(counts: Counts) -> tuple[str, str, str]:
    return _number(counts.precision), _number(counts.recall), _number(counts.f1)


def _number(value: float) -> str:
    return f"{value:.3f}"


def _part(share: Share) -> str:
    return str(share.of) if share.right == share.of else f"{share.right}/{share.of}"


def _term(name: str, ontology: Ontology, language: Language) -> str:
    """A type, relation or modality: its name, and in Chinese its label too, if it has one."""
    term = ontology.types.get(name) or ontology.relations.get(name)
    return f"{name} {term.label_zh}" if term and language == "zh" else name


def _word(language: Language, zh: str, en: str) -> str:
    return zh if language == "zh" else en
