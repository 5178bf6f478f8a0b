"""Every export format, read back by other software."""

import json
from io import BytesIO
from typing import Any

import networkx as nx
import pytest
import rdflib
from pyoxigraph import RdfFormat, parse
from small_graphs import Fact, document, entity, id_of

from kg.errors import QueryError
from kg.export import FORMATS, write
from kg.model import Assertion, Entity, Evidence, Extraction, Span
from kg.store import Store

HOSTILE = Entity("program/x", "Program", '<script>"\\u0041\x01\ud800', "שלום", ("a\nb", "甲" * 10_000), "CN")


def cut() -> Extraction:
    """A document whose one sentence is cut by a page."""
    whole = document("b", Fact("Program:甲", "targets", "Technology:乙"))
    text = whole.document.text
    spans = (Span(0, 3, text[:3]), Span(5, 8, text[5:8]))
    evidence = (Evidence("b", "2", spans, "r", 0.5),)
    assertion = Assertion(id_of("Program:甲"), "targets", id_of("Technology:乙"), "proposed", evidence, 0.5, "2001年")
    return Extraction(whole.document, whole.entities, (), (assertion,), (), "p")


@pytest.fixture
def store() -> Store:
    made = Store.in_memory()
    facts = Fact("Program:甲", "targets", "Technology:乙"), Fact("Place:丙", "funds", "Program:甲", value="3亿元")
    made.put(document("a", *facts, described=(HOSTILE, entity("Program:甲", "CN"))))
    made.put(cut())
    return made


def exported(store: Store, format_: str) -> bytes:
    stream = BytesIO()
    write(store, format_, stream)
    return stream.getvalue()


def rows(store: Store) -> list[dict[str, Any]]:
    return [json.loads(line) for line in exported(store, "jsonl").decode().split("\n") if line]


def test_entities_in_json_lines(store: Store) -> None:
    found = {row["id"]: row for row in rows(store) if row["kind"] == "entity"}
    assert found["program/甲"] == {
        "kind": "entity",
        "id": "program/甲",
        "iri": "https://w3id.org/policykg/id/program/甲",
        "type": "Program",
        "label": "甲",
        "labels": {"zh": "甲", "en": ""},
        "aliases": [],
        "country": "CN",
    }
    assert found["program/x"]["label"] == '<script>"\\u0041\x01\ufffd'


def test_statements_and_mentions_in_json_lines(store: Store) -> None:
    text = store.document("a").text
    stated = [row for row in rows(store) if row["kind"] == "assertion"]
    assert [(row["s"], row["p"], row["o"], row["modality"], row["time"], row["value"]) for row in stated] == [
        ("program/甲", "targets", "technology/乙", "actual", "", ""),
        ("place/丙", "funds", "program/甲", "actual", "", "3亿元"),
        ("program/甲", "targets", "technology/乙", "proposed", "2001年", ""),
    ]
    evidence = stated[0]["evidence"][0]
    assert evidence["quote"] == text[evidence["start"] : evidence["end"]]
    given = {"source", "start", "end", "quote", "section", "page", "rule", "confidence", "sentence", "cites"}
    assert set(evidence) == given
    mentions = [row for row in rows(store) if row["kind"] == "mention"]
    assert all(text[row["start"] : row["end"]] == row["quote"] for row in mentions if row["source"] == "a")
    assert len(mentions) == 2


def test_a_cut_sentence_gives_two_rows_of_one_sentence(store: Store) -> None:
    (stated,) = (row for row in rows(store) if row.get("modality") == "proposed")
    first, second = stated["evidence"]
    assert first["sentence"] == second["sentence"] == "b#0"
    assert (first["start"], second["start"]) == (0, 5)


@pytest.mark.parametrize(("format_", "rdf_format"), [("trig", RdfFormat.TRIG), ("nquads", RdfFormat.N_QUADS)])
def test_datasets_hold_every_quad(store: Store, format_: str, rdf_format: RdfFormat) -> None:
    assert set(parse(exported(store, format_), format=rdf_format)) == set(store.quads())


def test_turtle_and_json_ld_hold_every_triple_once(store: Store) -> None:
    expected = {str(quad.triple) for quad in store.quads()}
    turtle = list(parse(exported(store, "turtle"), format=RdfFormat.TURTLE))
    assert {str(quad.triple) for quad in turtle} == expected
    assert len(turtle) == len(expected)
    linked = exported(store, "jsonld")
    assert {str(quad.triple) for quad in parse(linked, format=RdfFormat.JSON_LD)} == expected
    assert json.loads(linked)["@context"]["pkg"] == "https://w3id.org/policykg/ontology#"


def test_rdflib_reads_turtle_and_json_ld_alike(store: Store) -> None:
    turtle = rdflib.Graph().parse(data=exported(store, "turtle"), format="turtle")
    linked = rdflib.Graph().parse(data=exported(store, "jsonld"), format="json-ld")
    assert set(turtle) == set(linked)
    assert len(turtle) > 50


def test_graphml_is_a_network(store: Store) -> None:
    network = nx.read_graphml(BytesIO(exported(store, "graphml")), force_multigraph=True)
    assert network.nodes["program/甲"]["type"] == "Program"
    assert network.nodes["program/x"]["label"] == '<script>"\\u0041\ufffd\ufffd'
    edges = [data for _, _, data in network.edges(data=True)]
    assert sorted(edge["modality"] for edge in edges) == ["actual", "actual", "proposed"]
    assert {edge["belief"] for edge in edges} == {0.8, 0.5}
    assert all(edge["quote"] for edge in edges)


@pytest.mark.parametrize("format_", FORMATS)
def test_exports_have_a_fixed_order(store: Store, format_: str) -> None:
    other = Store.in_memory()
    for source in reversed(store.sources()):
        other.put(store.extraction(source))
    assert exported(other, format_) == exported(store, format_)


@pytest.mark.parametrize("format_", FORMATS)
def test_an_empty_store_can_be_exported(format_: str) -> None:
    with Store.in_memory() as empty:
        exported(empty, format_)


def test_another_format_is_refused(store: Store) -> None:
    with pytest.raises(QueryError, match="choose one of jsonl"):
        write(store, "pdf", BytesIO())
