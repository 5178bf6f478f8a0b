"""The drawn page, as text; how it looks and behaves in a browser is in test_browser."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from served import FACTS, HOSTILE, SCRIPT
from small_graphs import Fact, document, id_of

from kg import view
from kg.graph import Graph
from kg.ontology import load
from kg.store import Store
from kg.view import page

OUTSIDE = re.compile(
    r"""(?:src|href)\s*=\s*["']?\s*(?:https?:)?//|@import|url\(\s*["']?(?:https?:)?//""", re.IGNORECASE
)


@pytest.fixture
def graph() -> Graph:
    return filled(document("a", *FACTS), document("b", *FACTS[:2]))


def filled(*extractions: Any) -> Graph:
    store = Store.in_memory()
    for extraction in extractions:
        store.put(extraction)
    return Graph(store, load())


def drawn(graph: Graph, centre: str | None = None, hops: int = 2, limit: int = 300, language: Any = "zh") -> str:
    return page(graph, centre=centre, hops=hops, limit=limit, language=language)


def data(html: str, name: str) -> list[dict[str, Any]]:
    found = re.search(rf"const {name} = new vis\.DataSet\((.*)\);\n", html)
    assert found
    rows: list[dict[str, Any]] = json.loads(found.group(1))
    return rows


def options(html: str) -> dict[str, Any]:
    found = re.search(r"const options = (\{.*\});\n", html)
    assert found
    said: dict[str, Any] = json.loads(found.group(1))
    return said


def test_the_page_needs_no_network_and_leaves_no_files(
    graph: Graph, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    html = drawn(graph)
    assert not OUTSIDE.search(html)
    assert "default-src 'none'" in html
    assert not list(tmp_path.iterdir())


def test_the_same_store_gives_the_same_page(graph: Graph) -> None:
    assert drawn(graph) == drawn(filled(document("b", *FACTS[:2]), document("a", *FACTS)))


def test_a_statement_of_two_documents_is_one_line_with_both_sentences(graph: Graph) -> None:
    (edge,) = [e for e in data(drawn(graph), "edges") if e["to"] == id_of("Place:中国")]
    assert [quote["text"] for quote in edge["detail"]["quotes"]] == ["863计划 issuedBy 中国。"] * 2
    assert [quote["place"][:2] for quote in edge["detail"]["quotes"]] == ["[a", "[b"]
    assert "1986年" in edge["detail"]["facts"]


def test_modalities_look_different(graph: Graph) -> None:
    edges = {edge["detail"]["facts"][0]: edge for edge in data(drawn(graph, language="en"), "edges")}
    actual, proposed, negated = (edges[load().modality_labels[m][1]] for m in ("actual", "proposed", "negated"))
    assert (actual["dashes"], proposed["dashes"], negated["dashes"]) == (False, True, False)
    assert actual["color"] == proposed["color"] != negated["color"]


def test_types_differ_by_colour_or_shape_and_stand_in_the_legend(graph: Graph) -> None:
    facts = [Fact(f"{name}:{name}", "partOf", f"{name}:全部") for name in load().types]
    html = drawn(filled(document("all", *facts)))
    looks = {(node["color"], node["shape"]): node["detail"]["kind"] for node in data(html, "nodes")}
    assert len(looks) == len(load().types) == len(set(looks.values()))
    assert all(f"</svg>{type_.label_zh}</li>" in html for type_ in load().types.values())


def test_labels_follow_the_language(graph: Graph) -> None:
    zh, en = drawn(graph), drawn(graph, language="en")
    assert '<html lang="zh">' in zh
    assert '<html lang="en">' in en
    assert {edge["label"] for edge in data(en, "edges")}.isdisjoint(edge["label"] for edge in data(zh, "edges"))


def test_hostile_names_stay_data(graph: Graph) -> None:
    html = drawn(graph)
    assert SCRIPT not in html
    assert html.count("<script>") == drawn(filled(document("tame", *FACTS[:2]))).count("<script>")
    nodes = {node["id"]: node for node in data(html, "nodes")}
    labels = [nodes[id_of(f"Firm:{name}")]["label"] for name in HOSTILE if id_of(f"Firm:{name}") in nodes]
    assert len(labels) >= 4
    assert all(len(label) <= 40 and not re.search("[\u202a-\u202e\x00]", label) for label in labels)
    assert "长" * 100 not in html


def test_around_an_entity_as_far_as_asked(graph: Graph) -> None:
    one, two = (data(drawn(graph, id_of("Place:中国"), hops), "nodes") for hops in (1, 2))
    assert {node["label"] for node in one} == {"中国", "863计划"}
    assert {node["label"] for node in two} == {"中国", "863计划", "动力电池", "比亚迪"}


def test_the_limit_keeps_the_busiest(graph: Graph) -> None:
    assert {node["label"] for node in data(drawn(graph, limit=2), "nodes")} == {"动力电池", "863计划"}
    assert {node["label"] for node in data(drawn(graph, id_of("Place:中国"), limit=1), "nodes")} == {"中国"}


def test_busy_entities_are_larger(graph: Graph) -> None:
    sizes = {node["label"]: node["size"] for node in data(drawn(graph), "nodes")}
    assert sizes["动力电池"] > sizes["863计划"] > sizes["中国"]


def test_many_entities_stand_still_where_they_were_put() -> None:
    facts = [Fact(f"Firm:公司{n}", "develops", f"Technology:技术{n % 40}") for n in range(400)]
    html = drawn(filled(document("many", *facts)), limit=1000)
    places = {(node["x"], node["y"]) for node in data(html, "nodes")}
    assert options(html)["physics"]["enabled"] is False
    assert len(places) > 430


def test_the_page_looks_and_speaks_as_the_explorer_does(graph: Graph) -> None:
    static = Path(view.__file__).parent / "static"
    look = (static / "look.css").read_text(encoding="utf-8")
    assert look.strip() in drawn(graph)
    assert view.words()["en"]["view_hint"] in drawn(graph, language="en")
    used = set(re.findall(r'say\("(\w+)"\)', "".join(path.read_text() for path in (static / "explorer").glob("*.js"))))
    assert len(used) > 100
    assert used <= view.words()["zh"].keys() == view.words()["en"].keys()


def test_an_empty_store_gives_a_page_that_says_what_to_do() -> None:
    assert "kg ingest" in drawn(filled())
    assert "Read documents with kg ingest" in drawn(filled(), language="en")
