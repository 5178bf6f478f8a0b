"""The figures of a cross-validation as the tables of the model card (Markdown)."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import reduce
from itertools import pairwise
from operator import add

import numpy as np

from ingest.evaluation import Counts, Figures

_RESAMPLED = 2000
_BANDS = (0.0, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 1.01)
"""Where the bands of belief begin and end."""

_Of = Callable[[Figures], Counts]


def tables(scored: Mapping[str, Figures]) -> Iterator[str]:
    """The lines, from each document's figures. Intervals hold 95 of 100 draws of as many documents, with repetition
    (percentile bootstrap, Efron 1979)."""
    documents = [scored[source] for source in sorted(scored)]
    whole = reduce(add, documents)
    yield f"Names: F1 {whole.entities.f1:.3f} ({_interval(documents, _entities)})"
    yield f"Relations: F1 {whole.statements.f1:.3f} ({_interval(documents, _statements)})"
    yield f"Modality right: {whole.modality.value:.3f} of {whole.modality.of}"
    yield f"Evidence exact: {whole.evidence.value:.3f} of {whole.evidence.of}"
    bands = [(f"{low:.1f}–{min(high, 1):.1f}", whole.believed(low, high)) for low, high in pairwise(_BANDS)]
    rows = [(band, len(found), f"{sum(j.right for j in found) / len(found):.2f}") for band, found in bands if found]
    yield from _table(("confidence", "statements", "right"), rows)
    yield from _by("type", whole.types, lambda type_: lambda figures: figures.types.get(type_, Counts()), documents)
    yield from _by("relation", whole.relations, lambda name: lambda f: f.relations.get(name, Counts()), documents)
    each = [(source, f"{scored[source].entities.f1:.2f}", f"{scored[source].statements.f1:.2f}") for source in scored]
    yield from _table(("document", "names F1", "relations F1"), sorted(each))


def _entities(figures: Figures) -> Counts:
    return figures.entities


def _statements(figures: Figures) -> Counts:
    return figures.statements


def _by(kind: str, counts: Mapping[str, Counts], of: Callable[[str], _Of], documents: Sequence[Figures]) -> list[str]:
    """A table of the counts of every type or relation, those that annotators name most first."""
    rows = [
        (name, f"{c.precision:.2f}", f"{c.recall:.2f}", f"{c.f1:.2f}", _interval(documents, of(name)), c.gold)
        for name, c in sorted(counts.items(), key=lambda each: -each[1].gold)
    ]
    return list(_table((kind, "P", "R", "F1", "95 %", "gold"), rows))


def _interval(documents: Sequence[Figures], of: _Of) -> str:
    """Where F1 lies when other such documents are drawn."""
    counts = np.array([(2 * c.found, c.predicted + c.gold) for c in map(of, documents)])
    drawn = np.random.default_rng(0).integers(0, len(documents), (_RESAMPLED, len(documents)))
    found, of_all = counts[drawn].sum(axis=1).T
    low, high = np.quantile(found / np.maximum(of_all, 1), (0.025, 0.975))
    return f"{low:.2f}–{high:.2f}"


def _table(titles: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[str]:
    yield ""
    for row in (titles, ["---"] * len(titles), *rows):
        yield f"| {' | '.join(map(str, row))} |"
