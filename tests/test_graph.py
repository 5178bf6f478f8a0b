"""Look-ups by name and by entity."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from small_graphs import Fact, document, entity, id_of

from kg.errors import NotFound, QueryError
from kg.graph import Graph
from kg.model import Entity, Extraction, Refusal
from kg.ontology import load
from kg.store import Store

DRAM = Entity("technology/dram", "Technology", "DRAM", "dynamic memory", ("动态随机存取存储器",))


def refused(extraction: Extraction) -> Extraction:
    refusal = Refusal("a", "甲", "issuedBy", "乙", "r", "signature", "主语类型不符。", "The subject does not fit.")
    parts = (extraction.entities, extraction.mentions, extraction.assertions)
    return Extraction(extraction.document, *parts, (refusal,), "p")


@pytest.fixture
def graph() -> Graph:
    store = Store.in_memory()
    facts = (
        Fact("Program:863计划", "targets", "Technology:DRAM"),
        Fact("Program:863计划", "targets", "Industry:半导体产业", "proposed", belief=0.5),
        Fact("Firm:甲公司", "develops", "Technology:DRAM"),
    )
    store.put(refused(document("a", *facts, described=(DRAM,))))
    store.put(
        document("b", Fact("Program:863计划", "targets", "Technology:DRAM"), Fact("Place:DRAM", "faces", "Event:丁"))
    )
    return Graph(store, load())


@pytest.mark.parametrize(
    ("name", "id_", "kind"),
    [
        ("dram", "technology/dram", "exact"),
        ("Dynamic Memory", "technology/dram", "exact"),
        ("动态随机存取存储器", "technology/dram", "exact"),
        ("“863” 计划", "program/863计划", "exact"),
        ("半导", "industry/半导体产业", "prefix"),
        ("存取", "technology/dram", "part"),
        ("半导体产", "industry/半导体产业", "prefix"),
        ("半异体产业", "industry/半导体产业", "near"),
    ],
)
def test_names_are_found(graph: Graph, name: str, id_: str, kind: str) -> None:
    best = graph.find(name)[0]
    assert (best.entity.id, best.kind) == (id_, kind)


def test_the_name_that_more_statements_use_comes_first(graph: Graph) -> None:
    assert [(m.entity.id, m.statements) for m in graph.find("DRAM")] == [("technology/dram", 3), ("place/dram", 1)]
    assert [m.entity.id for m in graph.find("DRAM", type="Place")] == ["place/dram"]


def test_the_empty_name_finds_all(graph: Graph) -> None:
    assert len(graph.find("", limit=100)) == 6
    assert [m.entity.id for m in graph.find("", limit=1)] == ["program/863计划"]


def test_an_unknown_type_is_refused(graph: Graph) -> None:
    with pytest.raises(QueryError, match="choose one of Policy"):
        graph.find("DRAM", type="Gadget")


def test_names_of_the_dictionary_lead_to_entities_of_the_store() -> None:
    ontology = load()
    entry = next(entry for entry in ontology.entries.values() if entry.aliases)
    with Store.in_memory() as store:
        store.put(document("a", described=(Entity(entry.id, entry.type, entry.label_zh),)))
        assert Graph(store, ontology).resolve(entry.aliases[-1]).id == entry.id


def test_a_name_is_resolved(graph: Graph) -> None:
    for name in ("863计划", "program/863计划", "https://w3id.org/policykg/id/program/863计划", "863"):
        assert graph.resolve(name).id == "program/863计划"


@pytest.mark.parametrize("name", ["873计划", "半异体产业", "", "计划/ 甲> <b", "program/zzz", "随机", "a/b\\u003e"])
def test_what_is_not_clear_is_not_resolved(graph: Graph, name: str) -> None:
    with pytest.raises(NotFound):
        graph.resolve(name)
    with pytest.raises(NotFound):
        graph.entity(name)


def test_a_slip_is_answered_by_a_suggestion(graph: Graph) -> None:
    with pytest.raises(NotFound, match="did you mean 半导体产业") as error:
        graph.resolve("半异体产业")
    assert error.value.suggestions == ("半导体产业",)


def test_names_are_read_again_after_a_change(graph: Graph) -> None:
    assert graph.find("新") == ()
    graph.store.put(document("c", described=(entity("Goal:新"),)))
    assert graph.resolve("新").id == "goal/新"
    graph.store.remove("c")
    assert graph.find("新") == ()


def test_statements_of_all_documents_with_their_evidence(graph: Graph) -> None:
    outgoing, incoming = graph.statements("technology/dram")
    assert outgoing == ()
    assert [(a.source, a.subject) for a in incoming] == [
        ("a", "program/863计划"),
        ("a", "firm/甲公司"),
        ("b", "program/863计划"),
    ]
    assert all(a.evidence[0].quote for a in incoming)
    assert replace(graph.store.extraction("b").assertions[0], belief=0.96) == incoming[2]


def test_neighbours(graph: Graph) -> None:
    first, second = graph.neighbours("program/863计划")
    assert (first.entity.id, first.relations, first.inverse) == ("technology/dram", ("targets",), ())
    assert (first.statements, first.belief) == (2, 0.96)
    assert (second.entity.id, second.statements, second.belief) == ("industry/半导体产业", 1, 0.5)
    assert {n.inverse for n in graph.neighbours(id_of("Technology:DRAM"))} == {("targets",), ("develops",)}
    assert len(graph.neighbours("program/863计划", limit=1)) == 1


def test_stats_and_refusals(graph: Graph) -> None:
    stats = graph.stats()
    assert stats.documents == 2
    assert stats.entities == {"Event": 1, "Firm": 1, "Industry": 1, "Place": 1, "Program": 1, "Technology": 1}
    assert stats.assertions == {"targets": 3, "develops": 1, "faces": 1}
    assert stats.modalities == {"actual": 4, "proposed": 1}
    assert (stats.evidence, stats.mentions, stats.refusals) == (5, 5, {"signature": 1})
    assert [r.reason for r in graph.refusals()] == ["signature"]
    assert graph.refusals("b") == ()
    with pytest.raises(NotFound):
        graph.refusals("zzz")


def test_a_look_up_imports_nothing_heavy(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as store:
        store.put(document("a", described=(DRAM,)))
    program = f"""
import sys
from pathlib import Path
from kg.graph import Graph
from kg.ontology import load
from kg.store import Store
with Store.open(Path({str(tmp_path / "s")!r}), read_only=True) as store:
    graph = Graph(store, load())
    graph.statements(graph.resolve("DRAM").id)
sys.exit(", ".join({{"rdflib", "spacy", "networkx", "pyshacl"}} & set(sys.modules)) or 0)
"""
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=Path(__file__).parents[1]
    )
    assert done.stderr == ""
    assert done.returncode == 0
