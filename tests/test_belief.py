"""Belief across documents: what several of them state is believed more, and the same everywhere it is shown."""

from dataclasses import replace

import pytest
from small_graphs import Fact, document, id_of

from kg.chains import Index
from kg.graph import Graph
from kg.ontology import load
from kg.store import Store

FACT = Fact("Program:甲", "targets", "Technology:乙", belief=0.6)


def shown(*documents: Fact) -> list[float]:
    """The belief of each document's statement, as `kg show` shows it."""
    with Store.in_memory() as store:
        for number, fact in enumerate(documents):
            store.put(document(f"d{number}", fact))
        outgoing, _ = Graph(store, load()).statements(id_of(FACT.subject))
        return [statement.belief for statement in outgoing]


def test_one_document_is_believed_as_it_is() -> None:
    assert shown(FACT) == [0.6]


@pytest.mark.parametrize(
    ("other", "together"),
    [
        (FACT, 0.84),
        (replace(FACT, belief=0.95), 0.98),
        (replace(FACT, belief=0.99), 0.99),
        (replace(FACT, time="2001年"), 0.84),
        (replace(FACT, modality="proposed"), 0.6),
        (replace(FACT, object="Technology:丙"), 0.6),
    ],
)
def test_what_documents_share_is_believed_for_both(other: Fact, together: float) -> None:
    assert shown(FACT, other)[0] == together


def test_other_years_and_values_support_nothing() -> None:
    assert shown(replace(FACT, time="2001年"), replace(FACT, time="2006年")) == [0.6, 0.6]
    assert shown(replace(FACT, value="3亿元"), replace(FACT, value="5亿元")) == [0.6, 0.6]


def test_a_document_does_not_support_itself() -> None:
    with Store.in_memory() as store:
        store.put(document("a", FACT, replace(FACT, time="2001年")))
        outgoing, _ = Graph(store, load()).statements(id_of(FACT.subject))
        assert [statement.belief for statement in outgoing] == [0.6, 0.6]


def test_it_is_the_same_in_look_ups_neighbours_and_chains() -> None:
    with Store.in_memory() as store:
        store.put(document("a", FACT))
        store.put(document("b", FACT))
        graph, ends = Graph(store, load()), (id_of(FACT.subject), id_of(FACT.object))
        (neighbour,) = graph.neighbours(ends[0])
        (chain,) = Index.of(store, graph.ontology).between(*ends)
        found = {statement.belief for statement in graph.statements(ends[1])[1]}
        assert {neighbour.belief, chain.belief, *found} == {0.84}
        assert store.extraction("a").assertions[0].belief == 0.6
