"""Chains over hand-made graphs, and over random ones against networkx."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from random import Random

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_graphs import Fact, document, entity, id_of

from kg.chains import Index
from kg.config import data_folder
from kg.errors import NotFound, OntologyError, QueryError, StoreError
from kg.model import MODALITIES, Chain, Entity
from kg.ontology import load
from kg.store import Store
from kg.templates import load_forms
from kg.walks import Limits

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


def test_a_hop_against_the_direction_of_the_others_halves_the_score() -> None:
    found = index(
        Fact("Program:甲", "targets", "Firm:乙", belief=0.7),
        Fact("Firm:乙", "develops", "Product:丙", belief=0.7),
        Fact("Product:丙", "enables", "Program:甲", belief=1.0),
    )
    assert between(found, "Program:甲", "Product:丙") == ["甲>乙>丙", "甲<丙"]
    assert between(found, "Product:丙", "Program:甲") == ["丙>甲", "丙<乙<甲"]


def test_a_chain_that_leads_back_as_a_whole_is_not_doubted_at_every_hop() -> None:
    whole = index(*CHAIN[1:], Fact("Industry:丙", "enables", "Goal:丁"), Fact("Program:甲", "aimsAt", "Goal:戊"))
    ((chain,),) = [whole.between("industry/丙", "program/甲")]
    assert [hop.inverse for hop in chain.hops] == [True, True]
    mixed = index(
        Fact("Industry:丙", "faces", "Event:丁", belief=0.5),
        Fact("Program:甲", "addresses", "Event:丁", belief=0.5),
        Fact("Program:甲", "targets", "Technology:乙", belief=0.5),
        Fact("Technology:乙", "enables", "Industry:丙", belief=0.5),
    )
    assert between(mixed, "Program:甲", "Industry:丙") == ["甲>乙>丙", "甲>丁<丙"]
    assert between(mixed, "Industry:丙", "Program:甲")[0] in ("丙<乙<甲", "丙>丁<甲")


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


def test_a_leap_is_told_with_its_reason() -> None:
    chain = index(*LEAPING[2:]).between("program/甲", "industry/丙")[0]
    assert [("丁" in reason.zh, "丁" in reason.en) for reason in chain.reasons] == [(True, True)]
    assert chain.belief == 0.9
    assert index(*LEAPING[:2]).between("program/甲", "industry/丙")[0].reasons == ()


def test_a_hop_prefers_the_statement_that_makes_no_leap() -> None:
    other = (Fact("Technology:乙", "enables", "Industry:丙", belief=1.0),)
    (chain,) = index(*LEAPING[:2], b=other).between("program/甲", "industry/丙")
    assert [hop.assertion.source for hop in chain.hops] == ["a", "a"]


# ---- No false chains

JAPAN, KOREA = entity("Program:VLSI计划", "JP"), entity("Industry:韩国半导体产业", "KR")
INTO = Fact("Program:VLSI计划", "targets", "Technology:DRAM")
OUT_OF = Fact("Technology:DRAM", "enables", "Industry:韩国半导体产业")


@pytest.mark.parametrize("section", ["1", "2"])
def test_what_many_countries_share_does_not_lead_from_one_to_another(section: str) -> None:
    apart = index(INTO, replace(OUT_OF, section=section), described=(JAPAN, KOREA))
    assert between(apart, "Program:VLSI计划", "Industry:韩国半导体产业") == []
    assert between(apart, "Industry:韩国半导体产业", "Program:VLSI计划") == []
    assert apart.between(JAPAN.id, "Industry") == ()


def test_not_by_a_firm_of_the_other_country_either_nor_by_what_comes_between() -> None:
    samsung = entity("Firm:三星", "KR")
    found = index(
        INTO,
        Fact("Firm:三星", "develops", "Technology:DRAM"),
        Fact("Technology:DRAM", "enables", "Product:存储器"),
        Fact("Product:存储器", "appliedIn", "Industry:韩国半导体产业"),
        Fact("Firm:三星", "operatesIn", "Industry:半导体产业"),
        described=(JAPAN, KOREA, samsung),
    )
    assert between(found, "Program:VLSI计划", "Industry:韩国半导体产业") == []
    assert between(found, "Program:VLSI计划", "Industry:半导体产业") == []
    assert between(found, "Program:VLSI计划", "Product:存储器") == ["vlsi计划>dram>存储器"]
    assert between(found, "Firm:三星", "Industry:韩国半导体产业") == ["三星>dram>存储器>韩国半导体产业"]


def test_a_program_is_of_the_country_that_issued_it_and_a_statement_of_the_one_that_its_sentence_tells_of() -> None:
    found = index(
        Fact("Program:计划", "issuedBy", "Place:日本"),
        Fact("Program:计划", "targets", "Technology:DRAM"),
        Fact("Firm:三星", "develops", "Technology:DRAM"),
        Fact("Technology:DRAM", "enables", "Industry:半导体产业", with_last=True),
        described=(entity("Place:日本", "JP"), entity("Firm:三星", "KR")),
    )
    assert between(found, "Program:计划", "Industry:半导体产业") == []
    assert between(found, "Firm:三星", "Industry:半导体产业") == ["三星>dram>半导体产业"]


def test_a_change_of_country_that_one_sentence_tells_of_stands() -> None:
    found = index(
        Fact("Policy:德国补贴政策", "enables", "Industry:光伏市场"),
        Fact("Industry:光伏市场", "enables", "Industry:中国光伏产业", with_last=True),
        described=(entity("Policy:德国补贴政策", "DE"), entity("Industry:中国光伏产业", "CN")),
    )
    (chain,) = found.between("policy/德国补贴政策", "industry/中国光伏产业")
    assert ways((chain,)) == ["德国补贴政策>光伏市场>中国光伏产业"]
    assert chain.reasons == ()


def test_a_change_of_country_in_one_statement_stands() -> None:
    described = (entity("Policy:补贴", "DE"), entity("Firm:尚德", "CN"))
    found = index(
        Fact("Policy:补贴", "enables", "Firm:尚德"), Fact("Firm:尚德", "produces", "Product:组件"), described=described
    )
    assert between(found, "Policy:补贴", "Product:组件") == ["补贴>尚德>组件"]


def test_one_document_may_hold_what_another_lacks() -> None:
    together = (INTO, replace(OUT_OF, with_last=True))
    found = index(INTO, replace(OUT_OF, section="2"), described=(JAPAN, KOREA), b=together)
    (chain,) = found.between(JAPAN.id, KOREA.id)
    assert [hop.assertion.source for hop in chain.hops] == ["b", "b"]


def test_broad_industries_end_chains_but_do_not_carry_them() -> None:
    found = index(
        Fact("Program:甲", "targets", "Industry:制造业"),
        Fact("Industry:制造业", "enables", "Industry:乙"),
    )
    assert between(found, "Program:甲", "Industry:制造业") == ["甲>制造业"]
    assert between(found, "Program:甲", "Industry:乙") == []


# ---- Dates


def dated(first: str, second: str) -> Index:
    return index(
        Fact("Program:甲", "targets", "Firm:乙", time=first, belief=0.8),
        Fact("Firm:乙", "develops", "Product:丙", time=second, belief=0.6),
    )


def test_dates_that_contradict_the_order_lower_a_chain_and_say_why() -> None:
    (chain,) = dated("1986年", "1975年").between("program/甲", "product/丙")
    (reason,) = chain.reasons
    assert all("1975" in text and "1986" in text for text in (reason.zh, reason.en))
    assert (chain.belief, chain.weakest) == (0.3, 1)
    (back,) = dated("1986年", "1975年").between("product/丙", "program/甲")
    assert (back.belief, len(back.reasons)) == (0.3, 1)


@pytest.mark.parametrize(
    "times", [("1975年", "1986年"), ("1986年", ""), ("1986年", "1986年"), ("20世纪80年代", "1985年")]
)
def test_dates_in_order_or_unknown_lower_nothing(times: tuple[str, str]) -> None:
    (chain,) = dated(*times).between("program/甲", "product/丙")
    assert (chain.belief, chain.reasons) == (0.6, ())


def test_a_chain_in_the_order_of_time_comes_first() -> None:
    found = index(
        Fact("Program:甲", "targets", "Firm:乙", time="1986年"),
        Fact("Firm:乙", "develops", "Product:丙", time="1975年"),
        Fact("Program:甲", "targets", "Firm:丁", time="1986年", belief=0.6),
        Fact("Firm:丁", "develops", "Product:丙", time="1990年"),
    )
    assert between(found, "Program:甲", "Product:丙") == ["甲>丁>丙", "甲>乙>丙"]


# ---- What may be in a chain


ISSUED = (
    Fact("Program:甲", "issuedBy", "Government:部", belief=0.9),
    Fact("Program:乙", "issuedBy", "Government:部", belief=0.9),
    Fact("Program:甲", "targets", "Technology:丙", belief=0.4),
    Fact("Technology:丙", "enables", "Program:乙", belief=0.4, with_last=True),
)


def test_what_the_same_government_did_ranks_below_a_weaker_link_and_says_why() -> None:
    real, acts = index(*ISSUED).between("program/甲", "program/乙", max_hops=2)
    assert _way(real) == "甲>丙>乙"
    assert real.reasons == ()
    (reason,) = acts.reasons
    assert "同出“部”" in reason.zh
    assert "“部” joins hops 1 and 2" in reason.en
    assert acts.belief == pytest.approx(0.225)


@pytest.mark.parametrize(
    ("there", "back"),
    [
        (Fact("Government:部", "established", "Program:甲"), Fact("Government:部", "funds", "Program:乙")),
        (Fact("Government:部", "participatesIn", "Program:甲"), Fact("Program:乙", "issuedBy", "Government:部")),
    ],
)
def test_acts_of_a_government_are_known_by_several_relations(there: Fact, back: Fact) -> None:
    found = index(there, back)
    (chain,) = found.between("program/甲", "program/乙")
    assert len(chain.reasons) == 1
    assert found.judged(Chain(chain.hops)) == chain


@pytest.mark.parametrize(
    "facts",
    [
        (Fact("Firm:企", "participatesIn", "Program:甲"), Fact("Firm:企", "participatesIn", "Program:乙")),
        (Fact("Program:甲", "targets", "Government:地"), Fact("Program:乙", "issuedBy", "Government:地")),
        (Fact("Program:甲", "issuedBy", "Government:部"), Fact("Government:部", "targets", "Program:乙")),
    ],
)
def test_a_firm_and_what_a_government_was_led_to_carry_a_chain(facts: tuple[Fact, Fact]) -> None:
    (chain,) = index(*facts).between("program/甲", "program/乙")
    assert chain.reasons == ()


def test_filters_by_belief_class_and_time() -> None:
    found = index(
        Fact("Program:甲", "targets", "Technology:乙", time="1986年", belief=0.9),
        Fact("Technology:乙", "enables", "Industry:丙", belief=0.5),
        Fact("Program:甲", "targets", "Firm:丁", time="2001年", belief=0.7),
        Fact("Firm:丁", "operatesIn", "Industry:丙", time="2005年", belief=0.7),
    )
    one, other = "甲>丁>丙", "甲>乙>丙"

    def kept(**options: object) -> set[str]:
        return set(between(found, "Program:甲", "Industry:丙", **options))

    assert kept() == {one, other}
    assert kept(min_confidence=0.6) == {one}
    assert kept(types={"Technology"}) == {other}
    assert kept(from_year=2000) == {one}
    assert kept(to_year=2000) == {other}
    assert kept(from_year=2000, to_year=2003) == set()
    with pytest.raises(QueryError, match="choose one of"):
        kept(types={"Gadget"})


def test_filter_by_place() -> None:
    found = index(
        Fact("Program:甲", "targets", "Firm:乙"),
        Fact("Firm:乙", "operatesIn", "Industry:丙"),
        Fact("Program:甲", "targets", "Firm:丁"),
        Fact("Firm:丁", "operatesIn", "Industry:丙"),
        Fact("Firm:丁", "locatedIn", "Place:长三角"),
        Fact("Program:甲", "targets", "Firm:戊"),
        Fact("Firm:戊", "operatesIn", "Industry:丙"),
        Fact("Firm:戊", "locatedIn", "Place:中国"),
        described=(
            entity("Firm:乙", "DE"),
            entity("Place:长三角", "CN"),
            entity("Place:中国", "CN"),
        ),
    )
    assert between(found, "Program:甲", "Industry:丙", place="place/长三角") == ["甲>丁>丙"]
    assert set(between(found, "Program:甲", "Industry:丙", place="place/中国")) == {"甲>丁>丙", "甲>戊>丙"}
    assert between(found, "Program:甲", "Industry:丙", place="place/美国") == []


def test_chains_to_any_entity_of_a_type() -> None:
    found = index(*CHAIN, Fact("Industry:丙", "enables", "Industry:丁"), Fact("Program:甲", "targets", "Industry:戊"))
    assert sorted(ways(found.between("government/政", "Industry"))) == ["政<甲>乙>丙", "政<甲>戊"]
    assert ways(found.between("industry/丙", "Industry"))[0] == "丙>丁"
    assert found.between("government/政", "Event") == ()
    with pytest.raises(QueryError, match="choose one of"):
        found.between("government/政", "Gadget")


def test_an_index_of_a_changed_store_says_so() -> None:
    store = Store.in_memory()
    store.put(document("a", *CHAIN))
    found = Index.of(store, ONTOLOGY)
    assert found.current
    store.remove("a")
    assert not found.current
    with pytest.raises(StoreError, match="make it again"):
        found.between("program/甲", "industry/丙")


def test_an_index_made_from_another_one_reads_what_has_changed_only() -> None:
    store = Store.in_memory()
    store.put(document("a", *CHAIN))
    store.put(document("b", Fact("Program:甲", "targets", "Firm:丁", belief=0.5)))
    first = Index.of(store, ONTOLOGY)
    store.put(document("b", Fact("Program:甲", "targets", "Firm:丁", belief=0.7), Fact("Firm:丁", "funds", "Firm:戊")))
    again = Index.of(store, ONTOLOGY, known=first.blocks)
    assert [chain.belief for chain in again.between("program/甲", "firm/丁")] == [0.7]
    assert between(again, "Industry:丙", "Firm:戊") == ["丙<乙<甲>丁>戊"]
    store.remove("a")
    assert between(Index.of(store, ONTOLOGY, known=again.blocks), "Industry:丙", "Firm:戊") == []


def test_an_index_of_no_document_finds_nothing() -> None:
    assert Index.of(Store.in_memory(), ONTOLOGY).between("program/甲", "industry/丙") == ()
    assert Index.of(Store.in_memory(), ONTOLOGY).between("Program", "Industry") == ()


def test_a_search_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """A dense graph has more chains than anyone can look at: a search that is cut short still gives good ones."""
    facts = [Fact(f"Firm:{i}", "funds", f"Firm:{j}", section="1") for i in range(14) for j in range(14) if i != j]
    found = index(*facts)
    monkeypatch.setattr(Index, "limits", Limits(rows=200, halves=2_000, pairs=500))
    best = found.between("firm/0", "firm/13", limit=10**6)
    assert 10 < len(best) < 3_000
    assert len(best[0].hops) == 1


@pytest.mark.parametrize("quick", [12, 60])
def test_the_best_few_are_the_first_of_all(quick: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a search leaves out as not among the best is not, however much or little its quick look sees: here two firms
    of many partners, whose ways to each other over three hops stand among those over two."""
    monkeypatch.setattr("kg.walks.QUICK", quick)
    monkeypatch.setattr(Index, "limits", Limits(rows=10**6, halves=2_000, pairs=10**6))
    chance = Random(5)

    def together(one: str, other: str, most: float) -> Fact:
        return Fact(f"Firm:{one}", "collaboratesWith", f"Firm:{other}", belief=most * chance.random())

    facts = [together(hub, f"{hub}{leaf}", 1.0) for hub in "甲乙" for leaf in range(90)]
    facts += [together(hub, f"丙{leaf}", 0.8) for leaf in range(20) for hub in "甲乙"]
    facts += [together(f"甲{chance.randrange(90)}", f"乙{leaf}", 0.7) for leaf in range(90)]
    found = index(*facts)
    every = [rank(chain) for chain in found.between("firm/甲", "firm/乙", max_hops=3, limit=10**6)]
    assert len(every) == 110
    for limit in range(1, 22):
        few = [rank(chain) for chain in found.between("firm/甲", "firm/乙", max_hops=3, limit=limit)]
        assert few == pytest.approx(every[:limit]), limit


def test_no_statement_that_is_believed_enough_is_left_out() -> None:
    facts = [Fact("Firm:甲", "funds", f"Firm:{leaf}", belief=(leaf + 1) / 100) for leaf in range(100)]
    adjacency = index(*facts).adjacency
    number = adjacency.names.number("firm/甲")
    for least in np.linspace(-0.1, 1.1, 49, dtype=np.float32):
        (looked_at,) = adjacency.believed(np.array([number]), np.array([least]))
        enough = sum(np.float32(fact.belief) > least for fact in facts)
        assert enough <= looked_at <= enough + 3


# ---- Templates


def test_chains_of_a_template() -> None:
    found = index(
        Fact("Program:甲", "targets", "Firm:乙"),
        Fact("Firm:乙", "develops", "Technology:丙"),
        Fact("Technology:丙", "appliedIn", "Industry:丁"),
        Fact("Program:甲", "targets", "Technology:丙", belief=0.7),
        Fact("Program:甲", "targets", "Industry:戊"),
        Fact("Industry:戊", "enables", "Industry:丁"),
        Fact("Program:己", "targets", "Technology:丙", belief=0.6),
    )
    template = load_forms().find("program-to-industry")
    three = ["甲>乙>丙>丁", "甲>丙>丁", "己>丙>丁"]
    assert sorted(ways(found.along(template))) == sorted(three)
    assert sorted(ways(found.along(template, end="industry/丁"))) == sorted(three)
    assert sorted(ways(found.along(template, start="program/甲"))) == sorted(three[:2])
    assert ways(found.along(template, start="program/己", end="industry/丁")) == three[2:]
    assert ways(found.along(template, start="program/甲", limit=1, min_confidence=0.75)) == three[:1]
    with pytest.raises(QueryError, match="begins with Program"):
        found.along(template, start="firm/乙")


def test_a_relation_joins_two_stations_whichever_way_they_are_walked() -> None:
    found = index(
        Fact("Program:甲", "usesInstrument", "Instrument:采购"),
        Fact("Program:甲", "targets", "Industry:乙"),
        Fact("Program:丁", "aimsAt", "Goal:采购"),
    )
    template = load_forms().find("instrument-to-industry")
    assert ways(found.along(template, start="instrument/采购")) == ["采购<甲>乙"]
    assert ways(found.along(template, end="industry/乙")) == ["采购<甲>乙"]


def test_the_packaged_templates_are_of_relations_that_their_types_allow() -> None:
    """Each step of each template can be made: some relation that it names joins some of its types."""
    forms = load_forms()
    assert len(forms.templates) >= 10
    for template in forms.templates.values():
        assert template.zh
        assert template.en
        assert template.label("en") == template.en
        for before, station in pairwise(template.stations):
            pairs = [(one, other) for one in before.types for other in station.types]
            joins = {
                relation
                for relation in station.relations or ONTOLOGY.relations
                for one, other in pairs
                if ONTOLOGY.allows(one, relation, other) or ONTOLOGY.allows(other, relation, one)
            }
            assert joins, (template.name, before, station)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("usesInstrument", "likes"), "likes"),
        (('types = ["Government"]', 'types = ["Ministry"]'), "bodies names Ministry"),
        (('["Challenge"]', '["Gadget"]'), "Gadget"),
        (("broad = [", 'broad = ["industry/nothing", '), "no dictionary file"),
        (("stations = [", "stations = ["), ""),
        (("[[templates]]", "[[templates"), "cannot be read"),
        (('{ types = ["Program"] },', '{ types = ["Program"], optional = true },'), "not optional"),
        (('{ types = ["Product"],', '{ types = ["Goal"],'), "never carries"),
    ],
)
def test_faults_of_the_file_are_named(change: tuple[str, str], message: str, tmp_path: Path) -> None:
    file = tmp_path / "chains.toml"
    file.write_text((data_folder("ontology") / "chains.toml").read_text("utf-8").replace(*change), encoding="utf-8")
    if message:
        with pytest.raises(OntologyError, match=message):
            load_forms(file)
    else:
        assert load_forms(file).templates.keys() == load_forms().templates.keys()


def test_an_unknown_template_is_answered_by_near_ones() -> None:
    with pytest.raises(NotFound) as raised:
        load_forms().find("policy-to-industri")
    assert "policy-to-industry" in raised.value.suggestions


# ---- Random graphs

NAMES = ("Program:甲", "Firm:乙", "Firm:丙", "Technology:丁", "Industry:戊", "Place:己", "Goal:庚", "Government:辛")
facts = st.builds(
    Fact,
    st.sampled_from(NAMES),
    st.sampled_from(["targets", "partOf", "collaboratesWith", "issuedBy"]),
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
    assert [rank(chain) for chain in found] == pytest.approx(sorted(rank(chain) for chain in found))
    assert all(hop.assertion.modality in MODALITIES for chain in found for hop in chain.hops)


def rank(chain: Chain) -> float:
    """The score that the documentation of kg.chains promises, worked out anew, the highest first."""
    against = back = leaps = issued = 0
    for number, hop in enumerate(chain.hops):
        direction = ONTOLOGY.relations[hop.assertion.predicate].direction
        against += direction == ("forward" if hop.inverse else "backward")
        back += direction == ("backward" if hop.inverse else "forward")
        loose = hop.tail.startswith(("technology/", "product/", "industry/"))
        if number and loose:
            sections = [{e.section for e in h.assertion.evidence} for h in chain.hops[number - 1 : number + 1]]
            leaps += sections[0].isdisjoint(sections[1])
        before = chain.hops[number - 1] if number else hop
        acts = [each.assertion.predicate for each in (before, hop)] == ["issuedBy", "issuedBy"]
        # the reason halves the belief already
        issued += acts and hop.tail.startswith("government/") and (before.inverse, hop.inverse) == (False, True)
    assert len([reason for reason in chain.reasons if reason.weight < 1]) == issued
    return -chain.belief * 0.85 ** (len(chain.hops) - 1) * 0.5 ** (leaps + min(against, back + 1))
