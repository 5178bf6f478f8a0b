"""Chains over hand-made graphs, and over random ones against networkx."""

import networkx as nx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_graphs import Fact, document, entity, id_of

from kg import chains
from kg.chains import Index
from kg.errors import QueryError, StoreError
from kg.model import MODALITIES, Chain, Entity
from kg.ontology import load
from kg.store import Store

ONTOLOGY = load()


def index(*facts: Fact, described: tuple[Entity, ...] = (), **more: tuple[Fact, ...]) -> Index:
    store = Store.in_memory()
    for source, stated in {"a": facts, **more}.items():
        names = {id_of(name) for f in stated for name in (f.subject, f.object)}
        store.put(document(source, *stated, described=tuple(e for e in described if e.id in names)))
    return Index.of(store, ONTOLOGY)


def ways(found: tuple[Chain, ...]) -> list[str]:
    """The chains as `甲>乙<丙`, the arrows as the statements point."""
    return [_way(chain) for chain in found]


def _way(chain: Chain) -> str:
    names = [chain.hops[0].tail, *(hop.head for hop in chain.hops)]
    arrows = ["<" if hop.inverse else ">" for hop in chain.hops]
    return "".join(
        part for pair in zip([n.partition("/")[2] for n in names], [*arrows, ""], strict=True) for part in pair
    )


def between(found: Index, start: str, end: str, **options: object) -> list[str]:
    return ways(found.between(id_of(start), id_of(end), **options))  # type: ignore[arg-type]


CHAIN = (
    Fact("Program:甲", "issuedBy", "Government:政", belief=0.9),
    Fact("Program:甲", "targets", "Technology:乙", belief=0.6),
    Fact("Technology:乙", "enables", "Industry:丙", "proposed", belief=0.8),
)


def test_a_chain_carries_its_statements_and_is_as_weak_as_its_weakest_link() -> None:
    (chain,) = index(*CHAIN).between("government/政", "industry/丙")
    assert [(h.assertion.predicate, h.inverse) for h in chain.hops] == [
        ("issuedBy", True),
        ("targets", False),
        ("enables", False),
    ]
    assert chain.belief == 0.6
    assert chain.modality == "proposed"
    assert all(hop.assertion.evidence[0].quote for hop in chain.hops)


def test_chains_are_found_the_other_way_round() -> None:
    assert between(index(*CHAIN), "Industry:丙", "Government:政") == ["丙<乙<甲>政"]


def test_no_way_is_no_chain() -> None:
    found = index(*CHAIN, Fact("Firm:丁", "develops", "Technology:戊"))
    assert between(found, "Program:甲", "Technology:戊") == []
    assert between(found, "Program:甲", "Technology:unknown") == []
    assert between(found, "Program:甲", "Program:甲") == []


def test_max_hops_and_limit() -> None:
    assert between(index(*CHAIN), "Government:政", "Industry:丙", max_hops=2) == []
    two = index(*CHAIN, Fact("Program:甲", "targets", "Industry:丙"))
    assert len(between(two, "Government:政", "Industry:丙")) == 2
    assert between(two, "Government:政", "Industry:丙", limit=1) == ["政<甲>丙"]
    assert between(two, "Government:政", "Industry:丙", limit=0) == []
    assert between(two, "Government:政", "Industry:丙", max_hops=0) == []


def test_filters() -> None:
    found = index(*CHAIN, b=(Fact("Technology:乙", "develops", "Industry:丙", "negated"),))
    assert between(found, "Technology:乙", "Industry:丙") == ["乙>丙"]
    assert between(found, "Technology:乙", "Industry:丙", modalities=("actual",)) == []
    assert between(found, "Technology:乙", "Industry:丙", modalities=("negated",)) == ["乙>丙"]
    assert between(found, "Program:甲", "Industry:丙", relations={"targets"}) == []
    assert between(found, "Program:甲", "Industry:丙", relations={"targets", "enables"}) == ["甲>乙>丙"]
    assert between(found, "Program:甲", "Industry:丙", sources={"b"}) == []


@pytest.mark.parametrize("options", [{"relations": {"likes"}}, {"modalities": ("maybe",)}])
def test_unknown_filters_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(QueryError, match="choose from"):
        between(index(*CHAIN), "Program:甲", "Industry:丙", **options)


def test_hubs_end_chains_but_do_not_carry_them() -> None:
    found = index(
        Fact("Program:甲", "usesInstrument", "Instrument:采购"),
        Fact("Policy:乙", "usesInstrument", "Instrument:采购"),
        Fact("Policy:乙", "targets", "Place:地"),
        Fact("Industry:丙", "locatedIn", "Place:地"),
    )
    assert between(found, "Program:甲", "Policy:乙") == []
    assert between(found, "Program:甲", "Instrument:采购") == ["甲>采购"]
    assert between(found, "Instrument:采购", "Place:地") == ["采购<乙>地"]
    assert between(found, "Policy:乙", "Industry:丙") == []


def test_the_direction_of_the_relations_comes_before_belief_and_length() -> None:
    found = index(
        Fact("Program:甲", "targets", "Firm:乙", belief=0.3),
        Fact("Firm:乙", "develops", "Product:丙", belief=0.3),
        Fact("Product:丙", "enables", "Program:甲", belief=1.0),
    )
    assert between(found, "Program:甲", "Product:丙") == ["甲>乙>丙", "甲<丙"]


def test_then_belief_and_length() -> None:
    found = index(
        Fact("Program:甲", "targets", "Firm:丙", belief=0.6),
        Fact("Program:甲", "targets", "Firm:乙", belief=0.9),
        Fact("Firm:乙", "established", "Firm:丙", belief=0.9),
        Fact("Program:甲", "funds", "Firm:丙", belief=0.8),
    )
    assert [c.hops[0].assertion.predicate for c in found.between("program/甲", "firm/丙")] == [
        "funds",
        "targets",
        "targets",
    ]
    assert between(found, "Program:甲", "Firm:丙") == ["甲>丙", "甲>乙>丙", "甲>丙"]


def test_a_symmetric_relation_is_never_against_the_direction() -> None:
    found = index(
        Fact("Firm:乙", "collaboratesWith", "Firm:甲", belief=0.4),
        Fact("Firm:甲", "participatesIn", "Program:丁", belief=0.9),
        Fact("Firm:乙", "participatesIn", "Program:丁", belief=0.9),
    )
    assert between(found, "Firm:甲", "Firm:乙") == ["甲<乙", "甲>丁<乙"]


def test_what_several_documents_state_is_one_chain_believed_for_all_of_them() -> None:
    weak, strong, proposed = (
        Fact("Program:甲", "targets", "Firm:乙", modality, belief)
        for modality, belief in (("actual", 0.5), ("actual", 0.7), ("proposed", 0.9))
    )
    (chain,) = index(weak, b=(strong,), c=(proposed,)).between("program/甲", "firm/乙")
    assert (chain.hops[0].assertion.modality, chain.belief) == ("actual", 0.85)


LEAPING = (
    Fact("Program:甲", "develops", "Technology:乙", section="1", belief=0.6),
    Fact("Technology:乙", "enables", "Industry:丙", section="1", belief=0.6),
    Fact("Program:甲", "develops", "Technology:丁", section="2", belief=0.9),
    Fact("Technology:丁", "enables", "Industry:丙", section="3", belief=0.9),
)


def test_a_leap_at_a_thing_of_no_country_ranks_lower() -> None:
    assert between(index(*LEAPING), "Program:甲", "Industry:丙") == ["甲>乙>丙", "甲>丁>丙"]


def test_a_thing_of_a_country_carries_a_chain_from_section_to_section() -> None:
    found = index(*LEAPING, described=(entity("Technology:丁", "CN"),))
    assert between(found, "Program:甲", "Industry:丙") == ["甲>丁>丙", "甲>乙>丙"]


def test_a_hop_prefers_the_statement_that_makes_no_leap() -> None:
    other = (Fact("Technology:乙", "enables", "Industry:丙", belief=1.0),)
    (chain,) = index(*LEAPING[:2], b=other).between("program/甲", "industry/丙")
    assert [hop.assertion.source for hop in chain.hops] == ["a", "a"]


def test_chains_to_any_entity_of_a_type() -> None:
    found = index(*CHAIN, Fact("Industry:丙", "enables", "Industry:丁"), Fact("Program:甲", "targets", "Industry:戊"))
    assert sorted(ways(found.from_type("government/政", "Industry"))) == ["政<甲>乙>丙", "政<甲>戊"]
    assert ways(found.from_type("industry/丙", "Industry"))[0] == "丙>丁"
    assert found.from_type("government/政", "Event") == ()
    with pytest.raises(QueryError, match="choose one of"):
        found.from_type("government/政", "Gadget")


def test_an_index_of_a_changed_store_says_so() -> None:
    store = Store.in_memory()
    store.put(document("a", *CHAIN))
    found = Index.of(store, ONTOLOGY)
    assert found.current
    store.remove("a")
    assert not found.current
    with pytest.raises(StoreError, match="make it again"):
        found.between("program/甲", "industry/丙")


def test_a_search_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dense graph has more chains than anyone can look at: a search that is cut short still gives good ones."""
    facts = [Fact(f"Firm:{i}", "funds", f"Firm:{j}", section="1") for i in range(14) for j in range(14) if i != j]
    found = index(*facts)
    monkeypatch.setattr(chains, "MAX_WALKS", 2_000)
    best = found.between("firm/0", "firm/13", limit=10**6)
    assert 10 < len(best) < 2_000
    assert len(best[0].hops) == 1


NAMES = ("Program:甲", "Firm:乙", "Firm:丙", "Technology:丁", "Industry:戊", "Place:己", "Goal:庚")
facts = st.builds(
    Fact,
    st.sampled_from(NAMES),
    st.sampled_from(["targets", "partOf", "collaboratesWith"]),
    st.sampled_from(NAMES),
    st.sampled_from(["actual", "proposed"]),
    belief=st.floats(0.1, 1),
    section=st.sampled_from("12"),
)
Way = tuple[tuple[str, str, str, bool], ...]


def by_networkx(stated: list[Fact], start: str, end: str, max_hops: int) -> set[Way]:
    graph = nx.MultiDiGraph()
    graph.add_nodes_from([start, end])
    for fact in stated:
        tail, head = id_of(fact.subject), id_of(fact.object)
        graph.add_edge(tail, head, key=(fact.predicate, False))
        graph.add_edge(head, tail, key=(fact.predicate, True))
    graph.remove_nodes_from([n for n in graph if n.startswith(("place/", "goal/")) and n not in (start, end)])
    if start == end:
        return set()
    paths = nx.all_simple_edge_paths(graph, start, end, cutoff=max_hops)
    return {tuple((tail, head, *key) for tail, head, key in path) for path in paths}


@settings(deadline=None, max_examples=150)
@given(st.lists(facts, max_size=14, unique_by=str), st.sampled_from(NAMES), st.sampled_from(NAMES), st.integers(1, 5))
def test_all_simple_paths_are_found_each_once_and_best_first(
    stated: list[Fact], start: str, end: str, max_hops: int
) -> None:
    stated = list({(f.subject, f.predicate, f.object, f.modality): f for f in stated}.values())
    found = index(*stated).between(id_of(start), id_of(end), max_hops=max_hops, limit=10**6)
    told = [tuple((h.tail, h.head, h.assertion.predicate, h.inverse) for h in chain.hops) for chain in found]
    assert len(set(told)) == len(told)
    assert set(told) == by_networkx(stated, id_of(start), id_of(end), max_hops)
    assert [rank(chain) for chain in found] == sorted(rank(chain) for chain in found)
    assert all(hop.assertion.modality in MODALITIES for chain in found for hop in chain.hops)


def rank(chain: Chain) -> tuple[int, float]:
    """The rank that the documentation of kg.chains promises, worked out anew."""
    against = leaps = 0
    for number, hop in enumerate(chain.hops):
        direction = ONTOLOGY.relations[hop.assertion.predicate].direction
        against += direction == ("forward" if hop.inverse else "backward")
        loose = hop.tail.startswith(("technology/", "product/", "industry/"))
        if number and loose:
            sections = [{e.section for e in h.assertion.evidence} for h in chain.hops[number - 1 : number + 1]]
            leaps += sections[0].isdisjoint(sections[1])
    return against, -chain.belief * 0.85 ** (len(chain.hops) - 1) * 0.5**leaps
