"""Graphs of hand-made facts for the tests of analyses and matching, and the command line run in this process."""

import sys
from dataclasses import dataclass, replace

import pytest
from small_graphs import Fact, document, id_of

from kg.analysis import Result
from kg.cli import main  # noqa: TID251  (its commands are tested with it)
from kg.graph import Graph
from kg.inference import infer
from kg.model import Entity, Extraction
from kg.ontology import load
from kg.store import Store

ONTOLOGY = load()


def graph(*facts: Fact, described: tuple[Entity, ...] = (), **more: tuple[Fact, ...]) -> Graph:
    """The graph of the facts as a document `a`, and of `more` documents."""
    return stored(*(written(source, stated, described) for source, stated in {"a": facts, **more}.items()))


def written(source: str, facts: tuple[Fact, ...], described: tuple[Entity, ...]) -> Extraction:
    names = {id_of(name) for fact in facts for name in (fact.subject, fact.object)}
    return document(source, *facts, described=tuple(e for e in described if e.id in names))


def stored(*extractions: Extraction) -> Graph:
    store = Store.in_memory()
    for extraction in extractions:
        store.put(extraction)
    infer(store, ONTOLOGY)
    return Graph(store, ONTOLOGY)


def in_one_sentence(extraction: Extraction) -> Extraction:
    """The document with the first sentence as the evidence of all that it states."""
    evidence = extraction.assertions[0].evidence
    return replace(extraction, assertions=tuple(replace(a, evidence=evidence) for a in extraction.assertions))


def rows(result: Result, *columns: str) -> list[tuple[str, ...]]:
    """The Chinese texts of those columns."""
    places = [[column.name for column in result.table.columns].index(name) for name in columns]
    return [tuple(row[place].zh for place in places) for row in result.table.rows]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


def kg(capsys: pytest.CaptureFixture[str], *args: str) -> Ended:
    """Runs a command line in this process."""
    before, sys.argv = sys.argv, ["kg", *args]
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        sys.argv = before
    out, err = capsys.readouterr()
    return Ended(int(ended.value.code or 0), out, err)
