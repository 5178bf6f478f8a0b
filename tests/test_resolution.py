"""Which entities are one, over documents and languages: each merge recorded with its reason, and taken back exactly."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_graphs import Fact, document, entity, id_of

from kg import queries, rdf
from kg.chains import Index
from kg.errors import NotFound, QueryError
from kg.graph import Graph
from kg.merges import Decision
from kg.model import Entity, Extraction
from kg.ontology import load
from kg.resolution import decide, resolve, turn
from kg.store import Store


def named(type_: str, label: str, *aliases: str, country: str = "", en: str = "") -> Entity:
    return Entity(id_of(f"{type_}:{label}"), type_, label, en, aliases, country)


def about(source: str, thing: Entity, *facts: Fact) -> Extraction:
    """A document that names the thing, and states something of it that is its own."""
    own = Fact(f"{thing.type}:{thing.label_zh}", "targets", f"Industry:{source}产业")
    return document(source, own, *facts, described=(thing,))


def merged(*documents: Extraction) -> list[tuple[str, set[str]]]:
    """The merges in force that the documents lead to: layer, the two ids."""
    with Store.in_memory() as store:
        for each in documents:
            store.put(each)
        return [(d.layer, set(d.pair)) for d in resolve(store, load()) if not d.reversed]


# ---- Layers

ACT = named("Policy", "芯片创新法案", "Chip Innovation Act")


@pytest.mark.parametrize(
    ("layer", "one", "other"),
    [
        ("dictionary", named("Policy", "美国芯片法"), named("Policy", "芯片科学法", "CHIPS and Science Act")),
        ("translation", ACT, Entity("policy/chipinnovationact", "Policy", "", "Chip Innovation Act")),
        ("alias", named("Firm", "蓝湖新能源", "蓝湖"), named("Firm", "蓝湖")),
        ("translation", named("Policy", "芯片创新促进法案", "Chip Innovation Act"), ACT),
        ("spelling", named("Policy", "芯片与创新法案"), named("Policy", "芯片和创新法案")),
        ("spelling", named("Program", "七二一计划"), named("Program", "721计划")),
        ("spelling", named("Program", "蓝湖電池計劃"), named("Program", "蓝湖电池计划")),
        ("legal-form", named("Firm", "蓝湖绿能科技股份有限公司"), named("Firm", "蓝湖绿能")),
        ("legal-form", named("Firm", "蓝湖绿能有限公司"), named("Firm", "蓝湖绿能公司")),
        ("country", named("Program", "韩国蓝湖芯片计划"), named("Program", "蓝湖芯片计划", country="KR")),
    ],
)
def test_names_that_meet(layer: str, one: Entity, other: Entity) -> None:
    if layer == "dictionary":
        one = named("Policy", "美国芯片法", "芯片与科学法案")
    documents = [document(source, described=(thing,)) for source, thing in (("a", one), ("b", other))]
    assert merged(*documents) == merged(*documents[::-1]) == [(layer, {one.id, other.id})]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        # another type, country, number
        (named("Firm", "蓝湖新能源", "蓝湖"), named("Place", "蓝湖")),
        (named("Program", "蓝湖计划甲", "蓝湖计划", country="JP"), named("Program", "蓝湖计划", country="KR")),
        (named("Program", "日本蓝湖计划", "蓝湖计划"), named("Program", "韩国蓝湖计划", "蓝湖计划")),
        (
            named("Program", "Japan's Lake Plan", "Lake Plan"),
            named("Program", "Korea's Lake Plan", "Lake Plan"),
        ),
        (named("Policy", "“十三五”蓝湖规划", "蓝湖规划"), named("Policy", "“十四五”蓝湖规划", "蓝湖规划")),
        (named("Program", "蓝湖专项（2006）", "蓝湖专项"), named("Program", "蓝湖专项（2016）", "蓝湖专项")),
        # only a head, only initials, too short
        (
            named("Program", "电动汽车重大专项", "重大专项"),
            named("Program", "新药重大专项", "重大专项"),
        ),
        (named("Institute", "蓝湖研究院", "LHI"), named("Institute", "绿山研究院", "LHI")),
        (named("Technology", "蓝湖技术", "L2"), named("Technology", "绿山技术", "L2")),
    ],
)
def test_things_that_are_not_one(one: Entity, other: Entity) -> None:
    assert merged(document("a", described=(one,)), document("b", described=(other,))) == []


def test_years_of_origin_keep_apart() -> None:
    one, other = named("Program", "蓝湖专项甲", "蓝湖专项"), named("Program", "蓝湖专项")
    begun = [
        document(source, Fact(f"Program:{thing.label_zh}", "issuedBy", "Place:丙", time=year), described=(thing,))
        for source, thing, year in (("a", one, "2006年"), ("b", other, "2016年"))
    ]
    assert merged(*begun) == []
    assert merged(begun[0], document("b", described=(other,)))


def test_what_a_statement_relates_is_not_one() -> None:
    one, other = named("Firm", "蓝湖新能源", "蓝湖"), named("Firm", "蓝湖")
    related = document("c", Fact("Firm:蓝湖新能源", "partOf", "Firm:蓝湖"))
    assert merged(document("a", described=(one,)), document("b", described=(other,)))
    assert merged(document("a", described=(one,)), document("b", described=(other,)), related) == []


def test_a_name_of_two_things_decides_nothing() -> None:
    things = [
        named("Program", "蓝湖计划甲", "蓝湖计划", country="JP"),
        named("Program", "蓝湖计划乙", "蓝湖计划", country="KR"),
        named("Program", "蓝湖计划"),
    ]
    assert merged(*(document(source, described=(thing,)) for source, thing in zip("abc", things, strict=True))) == []


def test_nothing_joins_what_is_kept_apart_over_a_third() -> None:
    things = [
        named("Program", "蓝湖计划甲", "蓝湖计划", country="JP"),
        named("Program", "蓝湖计划", "蓝湖大计划"),
        named("Program", "蓝湖大计划", country="KR"),
    ]
    found = merged(*(document(source, described=(thing,)) for source, thing in zip("abc", things, strict=True)))
    assert len(found) == 1


# ---- What a merge does

ZH, EN = named("Policy", "蓝湖法案", "Lake Act"), Entity("policy/lakeact", "Policy", "", "Lake Act")


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.in_memory() as opened:
        opened.put(document("a", Fact("Policy:蓝湖法案", "targets", "Industry:甲", belief=0.6), described=(ZH,)))
        opened.put(english("b"))
        resolve(opened, load())
        yield opened


def english(source: str) -> Extraction:
    """A document that calls the act by its English name only."""
    fact = Fact("Policy:Lake Act", "targets", "Industry:甲", belief=0.6)
    return document(source, fact, Fact("Industry:甲", "enables", "Goal:丙"), described=(EN,))


def test_look_ups_chains_and_belief_know_one_thing(store: Store) -> None:
    graph = Graph(store, load())
    for name in ("蓝湖法案", "Lake Act", ZH.id, EN.id):
        assert graph.resolve(name).id == graph.entity(EN.id).id == ZH.id
    assert graph.entity(ZH.id).names == ("蓝湖法案", "Lake Act")
    assert [(s.source, s.belief) for s in graph.statements(ZH.id)[0]] == [("a", 0.84), ("b", 0.84)]
    (chain,) = Index.of(store, load()).between(ZH.id, "goal/丙")
    assert chain.hops[0].assertion.belief == 0.84
    assert not [f for f in queries.findings(store, load()) if f.severity == "violation"]


def test_the_decision_says_why_and_where(store: Store) -> None:
    (decision,) = store.merges()
    assert (decision.layer, decision.pair) == ("translation", (EN.id, ZH.id))
    assert "Lake Act" in decision.reason_zh
    assert "蓝湖法案" in decision.reason_en
    assert [(p.source, p.span.quote) for p in decision.evidence] == [("b", "Lake Act")]
    assert store.document("b").text[decision.evidence[0].span.start :].startswith("Lake Act")


def test_a_merge_is_reversed_and_remembered(store: Store) -> None:
    (decision,) = store.merges()
    turn(store, load(), decision.id, reversed=True)
    assert {e.id for e in store.entities()} >= {ZH.id, EN.id}
    store.put(english("b"))
    resolve(store, load())
    assert [d.reversed for d in store.merges()] == [True]
    assert store.replaced() == {}
    turn(store, load(), decision.id, reversed=False)
    assert store.replaced() == {EN.id: ZH.id}


def test_a_document_that_comes_later_is_written_merged(store: Store) -> None:
    store.put(english("c"))
    assert {e.id for e in store.extraction("c").entities} == {ZH.id, "industry/甲", "goal/丙"}
    assert store.as_read("c") == rdf.canonical(english("c"))


def test_a_merge_ends_with_the_document_behind_it(store: Store) -> None:
    store.remove("a")
    resolve(store, load())
    assert store.merges() == ()
    assert store.extraction("b") == rdf.canonical(english("b"))


def test_a_person_decides(store: Store) -> None:
    store.put(document("c", Fact("Policy:绿山法案", "targets", "Industry:乙")))
    decision = decide(store, load(), "policy/绿山法案", ZH.id, "同一部法")
    assert (decision.layer, decision.reason_zh) == ("person", "人工判定：同一部法")
    assert store.replaced() == {EN.id: "policy/绿山法案", ZH.id: "policy/绿山法案"} or len(store.replaced()) == 2
    turn(store, load(), decision.id, reversed=True)
    assert store.replaced() == {EN.id: ZH.id}


def test_what_a_person_may_not_decide(store: Store) -> None:
    for one, other in ((ZH.id, ZH.id), (ZH.id, "industry/甲")):
        with pytest.raises(QueryError):
            decide(store, load(), one, other, "")
    store.put(document("c", Fact("Industry:甲", "partOf", "Industry:乙")))
    with pytest.raises(QueryError, match="relates them"):
        decide(store, load(), "industry/甲", "industry/乙", "")
    with pytest.raises(NotFound):
        turn(store, load(), "none", reversed=True)


def test_a_statement_that_would_turn_back_on_its_subject_is_refused() -> None:
    with Store.in_memory() as store:
        store.put(document("a", described=(named("Firm", "甲电池厂"), named("Firm", "乙电池厂"))))
        decide(store, load(), "firm/甲电池厂", "firm/乙电池厂", "更名")
        store.put(document("b", Fact("Firm:甲电池厂", "partOf", "Firm:乙电池厂")))
        (refusal,) = store.refusals("b")
        assert (refusal.reason, refusal.subject, refusal.object) == ("self", "甲电池厂", "乙电池厂")
        assert store.extraction("b").assertions == ()


# ---- Any merges, any documents

NAMES = ("甲厂", "乙厂", "丙厂", "丁厂")
facts = st.builds(
    Fact,
    st.sampled_from([f"Firm:{name}" for name in NAMES]),
    st.sampled_from(["partOf", "collaboratesWith"]),
    st.sampled_from([f"Firm:{name}" for name in NAMES]),
    belief=st.sampled_from([0.5, 0.8]),
)


def said(fact: Fact) -> tuple[str, str, str]:
    """What makes a fact the same statement as another: not how much it is believed."""
    return fact.subject, fact.predicate, fact.object


pairs = st.lists(st.sampled_from(NAMES), min_size=2, max_size=2, unique=True).map(sorted)


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.lists(facts, max_size=4, unique_by=said), min_size=1, max_size=3),
    st.lists(pairs, max_size=3),
)
def test_merging_and_undoing_gives_the_graph_back(stated: list[list[Fact]], wanted: list[list[str]]) -> None:
    kept = [[f for f in each if f.subject != f.object] for each in stated]
    documents = [document(f"d{n}", *each, described=(entity("Firm:戊厂"),)) for n, each in enumerate(kept)]
    with Store.in_memory() as store:
        for each in documents:
            store.put(each)
        before = set(store.quads())
        made = [Decision((f"firm/{a}", f"firm/{b}"), "person", "甲", "a", "2026-01-01T00:00:00Z") for a, b in wanted]
        replaced = {pair.pair[1]: pair.pair[0] for pair in made}
        replaced = {old: replaced.get(new, new) for old, new in replaced.items() if replaced.get(new) != old}
        replaced = {old: new for old, new in replaced.items() if new not in replaced}
        store.put_merges(dict.fromkeys(made), replaced, {})
        assert all(store.as_read(each.document.source) == rdf.canonical(each) for each in documents)
        assert not replaced.keys() & {e.id for e in store.entities()}
        assert not [f for f in queries.findings(store, load()) if f.rule in DEFAULT_GRAPH]
        store.put_merges((), {}, {})
        assert set(store.quads()) == before


DEFAULT_GRAPH = {"default-triple-in-no-document", "document-triple-not-in-default", "direct-triple-without-statement"}


def test_the_order_of_reading_changes_nothing(tmp_path: Path) -> None:
    things = [ZH, EN, named("Policy", "蓝湖和法案"), named("Policy", "蓝湖与法案", "蓝湖法")]
    documents = [document(f"d{n}", described=(thing,)) for n, thing in enumerate(things)]
    found = []
    for order in (documents, documents[::-1]):
        with Store.open(tmp_path / str(len(found))) as store:
            for each in order:
                store.put(each)
                resolve(store, load())
            found.append(({d.pair for d in store.merges()}, store.replaced()))
    assert found[0] == found[1]
