"""The reconciliation service, asked as OpenRefine asks it, and held against what the specification demands.

The schemas are written from the text of the Reconciliation Service API 0.2, since no package carries those of its
authors; they are stricter than it where it leaves open what this service decides.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from time import process_time
from typing import Any
from urllib.parse import quote

import pytest
from fastapi.testclient import TestClient
from jsonschema import Draft202012Validator
from served import HOSTILE, SCRIPT, filled
from small_graphs import Fact, document, entity, id_of

from kg.api import create_app
from kg.iris import ENTITY, ONTOLOGY
from kg.model import Entity
from kg.reconcile import Query, reconcile
from kg.store import Store

Json = dict[str, Any]

TYPE = {"type": "object", "required": ["id", "name"], "properties": {"id": {"minLength": 1}, "name": {"minLength": 1}}}
NAMED = {
    "type": "object",
    "required": ["id", "name"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "name": {"type": "string", "minLength": 1},
        "description": {"type": "string"},
        "notable": {"type": "array", "items": TYPE},
    },
    "additionalProperties": False,
}
CANDIDATE = {
    "type": "object",
    "required": ["id", "name", "score", "type", "match", "features"],
    "properties": {
        "id": {"type": "string", "minLength": 1},
        "name": {"type": "string", "minLength": 1},
        "description": {"type": "string"},
        "score": {"type": "number", "minimum": 0, "maximum": 100},
        "match": {"type": "boolean"},
        "type": {"type": "array", "items": TYPE, "minItems": 1},
        "features": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["id", "value"],
                "properties": {"id": {"type": "string"}, "value": {"type": ["boolean", "number"]}},
            },
        },
    },
    "additionalProperties": False,
}
RESULTS = {
    "type": "object",
    "additionalProperties": {
        "type": "object",
        "required": ["result"],
        "properties": {"result": {"type": "array", "items": CANDIDATE}},
        "additionalProperties": False,
    },
}
SUGGESTED = {"type": "object", "required": ["result"], "properties": {"result": {"type": "array", "items": NAMED}}}
PLACE = {
    "type": "object",
    "required": ["service_url", "service_path"],
    "properties": {
        "service_url": {"pattern": "^https?://"},
        "service_path": {"pattern": "^/"},
        "flyout_service_url": {"pattern": "^https?://"},
        "flyout_service_path": {"pattern": "\\$\\{id\\}"},
    },
}
TEMPLATE = {"type": "string", "pattern": "^https?://.*\\{\\{id\\}\\}"}
SETTING = {
    "type": "object",
    "required": ["type", "label", "name"],
    "oneOf": [
        {"properties": {"type": {"const": "number"}, "default": {"type": "number"}}},
        {"properties": {"type": {"const": "text"}, "default": {"type": "string"}}},
        {"properties": {"type": {"const": "checkbox"}, "default": {"type": "boolean"}}},
        {
            "required": ["choices"],
            "properties": {
                "type": {"const": "select"},
                "default": {"type": "string"},
                "choices": {"type": "array", "items": {"type": "object", "required": ["value", "name"]}},
            },
        },
    ],
}
MANIFEST = {
    "type": "object",
    "required": ["versions", "name", "identifierSpace", "schemaSpace", "view", "preview", "suggest", "extend"],
    "properties": {
        "versions": {"type": "array", "contains": {"const": "0.2"}},
        "name": {"type": "string"},
        "identifierSpace": {"type": "string", "pattern": "^https://"},
        "schemaSpace": {"type": "string", "pattern": "^https://"},
        "documentation": {"type": "string", "pattern": "^https?://"},
        "serviceVersion": {"type": "string"},
        "batchSize": {"type": "integer", "minimum": 1},
        "defaultTypes": {"type": "array", "items": TYPE, "uniqueItems": True, "minItems": 1},
        "view": {"type": "object", "required": ["url"], "properties": {"url": TEMPLATE}},
        "preview": {
            "type": "object",
            "required": ["url", "width", "height"],
            "properties": {"url": TEMPLATE, "width": {"type": "integer"}, "height": {"type": "integer"}},
        },
        "suggest": {
            "type": "object",
            "required": ["entity", "property", "type"],
            "additionalProperties": {**PLACE, "required": [*PLACE["required"], "flyout_service_path"]},
        },
        "extend": {
            "type": "object",
            "required": ["propose_properties"],
            "properties": {"propose_properties": PLACE, "property_settings": {"type": "array", "items": SETTING}},
        },
    },
    "additionalProperties": False,
}
VALUE = {
    "type": "object",
    "oneOf": [
        {"maxProperties": 0},
        {
            "required": ["id", "name"],
            "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "description": {"type": "string"}},
            "additionalProperties": False,
        },
        {"required": ["str"], "properties": {"str": {"type": "string"}}, "additionalProperties": False},
        {"required": ["float"], "properties": {"float": {"type": "number"}}, "additionalProperties": False},
        {"required": ["int"], "properties": {"int": {"type": "integer"}}, "additionalProperties": False},
        {"required": ["date"], "properties": {"date": {"type": "string"}}, "additionalProperties": False},
    ],
}
EXTENDED = {
    "type": "object",
    "required": ["meta", "rows"],
    "properties": {
        "meta": {"type": "array", "items": {**TYPE, "properties": {"type": TYPE}}},
        "rows": {
            "type": "object",
            "additionalProperties": {
                "type": "object",
                "additionalProperties": {"type": "array", "items": VALUE},
            },
        },
    },
    "additionalProperties": False,
}
PROPOSED = {
    "type": "object",
    "required": ["properties", "limit"],
    "properties": {"properties": {"type": "array", "items": TYPE}, "limit": {"type": "integer"}},
}

FIRM, BATTERY = id_of("Firm:比亚迪"), id_of("Technology:动力电池")
TORCH_CN, TORCH_US = id_of("Program:火炬cn"), id_of("Program:火炬us")
"""Two programs of one name."""


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    place = filled(tmp_path_factory.mktemp("reconcile") / "store")
    torches = (
        Entity(TORCH_CN, "Program", "火炬甲计划", country="CN"),
        Entity(TORCH_US, "Program", "火炬甲计划", country="US"),
    )
    told = (
        Fact("Program:火炬cn", "targets", "Technology:动力电池"),
        Fact("Program:火炬us", "targets", "Technology:光刻机"),
        Fact("Firm:天齐", "collaboratesWith", "Firm:比亚迪"),
        Fact("Firm:天齐", "develops", "Technology:光刻机", "negated"),
    )
    with Store.open(place) as store:
        store.put(document("paper-c", *told, described=torches))
    with TestClient(create_app(place), base_url="http://localhost:3333") as client:
        yield client


def holds(schema: Json, answer: Any) -> Any:
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(answer)
    return answer


def asked(client: TestClient, **queries: Json) -> dict[str, list[Json]]:
    """The candidates for each query, sent as OpenRefine sends them."""
    response = client.post("/reconcile", data={"queries": json.dumps(queries)})
    assert response.status_code == 200, response.text
    return {key: row["result"] for key, row in holds(RESULTS, response.json()).items()}


def matched(client: TestClient, query: str, **more: Any) -> list[str]:
    """The ids of the certain candidates."""
    (found,) = asked(client, q={"query": query, **more}).values()
    return [row["id"] for row in found if row["match"]]


# ---- The manifest


def test_the_manifest_leads_to_every_part(client: TestClient) -> None:
    said = holds(MANIFEST, client.get("/reconcile").json())
    assert said["identifierSpace"] == ENTITY
    base = "http://localhost:3333"
    assert said["view"]["url"].startswith(base)
    for kind, id_ in (("entity", FIRM), ("property", "develops"), ("type", "Firm")):
        place = said["suggest"][kind]
        found = client.get(
            place["service_url"] + place["service_path"], params={"prefix": id_.partition("/")[2] or id_}
        )
        assert id_ in [row["id"] for row in holds(SUGGESTED, found.json())["result"]]
        path = place["flyout_service_path"].replace("${id}", id_)
        shown = client.get(place["flyout_service_url"] + path).json()
        assert shown["id"] == id_
        assert "<h1>" in shown["html"]
    place = said["extend"]["propose_properties"]
    assert holds(PROPOSED, client.get(place["service_url"] + place["service_path"]).json())["properties"]
    assert client.get(said["preview"]["url"].replace("{{id}}", FIRM)).status_code == 200
    seen = client.get(
        said["view"]["url"].replace("{{id}}", quote(FIRM, safe="")), headers={"Accept": "application/json"}
    )
    assert seen.json()["id"] == FIRM


# ---- Matching


def test_a_batch_by_form_and_by_address_is_the_same(client: TestClient) -> None:
    queries = {
        "q0": {"query": "比亚迪", "type": "Firm"},
        "q1": {"query": "nev INDUSTRY"},
        "q2": {"query": "无此物之名"},
    }
    by_form = asked(client, **queries)
    by_address = client.get("/reconcile", params={"queries": json.dumps(queries)}).json()
    assert {key: row["result"] for key, row in by_address.items()} == by_form
    assert by_form["q0"][0]["id"] == FIRM
    assert by_form["q0"][0]["match"]
    assert by_form["q0"][0]["score"] == 100
    assert by_form["q1"][0]["id"] == id_of("Industry:新能源汽车产业")
    assert by_form["q1"][0]["match"]
    assert by_form["q2"] == []


def test_only_what_can_be_nothing_else_is_a_match(client: TestClient) -> None:
    assert matched(client, "比亚迪") == [FIRM]
    for name in ("比亚", "biyadi", "动力电地", "火炬甲计划"):
        assert matched(client, name) == [], name
    # another type is another thing
    assert matched(client, "比亚迪", type="Program") == []


def test_slips_pinyin_and_legal_forms_are_candidates(client: TestClient) -> None:
    for query in ("biyadi", "比亚笛", "比亚迪有限责任公司"):
        best = asked(client, q={"query": query, "type": "Firm"})["q"][0]
        assert (best["id"], best["match"]) == (FIRM, False), query
        assert 0 < best["score"] < 100, query


def test_types_restrict(client: TestClient) -> None:
    found = asked(
        client,
        one={"query": "动力电池", "type": "Technology"},
        other={"query": "动力电池", "type": "Place"},
        any={"query": "动力电池", "type": ["Place", "Technology"], "type_strict": "any"},
        all={"query": "动力电池", "type": ["Place", "Technology"], "type_strict": "all"},
        should={"query": "动力电池", "type": ["Place", "Firm"], "type_strict": "should"},
    )
    ids = {key: [row["id"] for row in rows] for key, rows in found.items()}
    assert ids["one"] == ids["any"] == [BATTERY]
    assert ids["other"] == ids["all"] == []
    assert ids["should"] == [BATTERY]
    assert found["should"][0]["score"] < 100
    assert not found["should"][0]["match"]


def test_what_openrefine_sends_of_any_cell_is_answered(client: TestClient) -> None:
    """OpenRefine sends ten cells at once, and an error for one of them would be one for all ten."""
    alone = asked(client, q={"query": "比亚迪"})["q"]
    found = asked(
        client,
        q={"query": "比亚迪"},
        dash={"query": "—", "properties": [{"pid": "country", "v": "CN"}]},
        blank={"query": " ", "type": "Firm", "type_strict": "should"},
        empty={"query": ""},
        paragraph={"query": "比亚迪" * 2000, "properties": [{"pid": "develops", "v": "动力电池"}]},
        aside={"query": "火炬甲计划", "properties": [{"pid": "targets", "v": "动力电池" * 2000}]},
        alone={"properties": [{"pid": "develops", "v": "动力电池" * 2000}]},
        year={"query": "863计划", "properties": [{"pid": "country", "v": 1986}, {"pid": "alias", "v": 19.5}]},
        more={"query": "比亚迪", "limit": 5000},
    )
    assert found["q"] == found["more"] == alone
    for nothing in ("dash", "blank", "empty", "paragraph", "alone"):
        assert found[nothing] == [], nothing
    assert [row["match"] for row in found["aside"]] == [False, False]
    assert [row["match"] for row in found["year"]] == [False]


@pytest.mark.parametrize("none", ["", " ", [], [""], [None], None])
def test_a_property_without_a_value_asks_for_nothing(client: TestClient, none: Any) -> None:
    without = asked(client, q={"query": "火炬甲计划"})["q"]
    assert asked(client, q={"query": "火炬甲计划", "properties": [{"pid": "targets", "v": none}]})["q"] == without
    assert matched(client, "比亚迪", properties=[{"pid": "country", "v": none}]) == [FIRM]


def test_members_that_are_null_were_not_given(client: TestClient) -> None:
    nulls = {"type": None, "type_strict": None, "limit": None, "properties": None}
    assert matched(client, "比亚迪", **nulls) == [FIRM]
    assert matched(client, "动力电池", properties=[{"pid": "^targets", "v": {"id": TORCH_CN, "name": None}}]) == [
        BATTERY
    ]


@pytest.mark.parametrize("id_", [TORCH_US, ENTITY + TORCH_US, f" {TORCH_US} "])
def test_an_id_is_as_good_as_a_name(client: TestClient, id_: str) -> None:
    (found,) = asked(client, q={"query": id_})["q"]
    assert (found["id"], found["score"], found["match"]) == (TORCH_US, 100, True)
    assert asked(client, q={"query": id_, "type": "Firm"})["q"] == []
    assert asked(client, q={"query": id_, "properties": [{"pid": "country", "v": "CN"}]})["q"][0]["match"] is False
    suggested = client.get("/reconcile/suggest/entity", params={"prefix": id_}).json()
    assert [row["id"] for row in holds(SUGGESTED, suggested)["result"]] == [TORCH_US]
    skipped = client.get("/reconcile/suggest/entity", params={"prefix": id_, "cursor": 1}).json()
    assert skipped == {"result": []}


@pytest.mark.parametrize(
    "type_",
    [
        "Firm",
        f"{ONTOLOGY}Firm",
        "企业",
        "firm",
        {"id": "Firm", "name": "企业"},
        [{"id": "Firm"}, "Place"],
        "企业 · Firm",
    ],
)
def test_types_by_id_object_or_name(client: TestClient, type_: Any) -> None:
    """Whoever types a type or property into OpenRefine, without choosing a suggestion, sends its name as its id."""
    assert matched(client, "比亚迪", type=type_, type_strict="should") == [FIRM]


@pytest.mark.parametrize("name", ["country", "国家代码", "Country Code", "国家代码 · country code"])
def test_properties_by_id_or_name(client: TestClient, name: str) -> None:
    assert matched(client, "火炬甲计划", properties=[{"pid": name, "v": "US"}]) == [TORCH_US]
    answer = extended(client, [TORCH_US], {"id": name})
    assert [row["id"] for row in answer["meta"]] == ["country"]
    assert answer["rows"][TORCH_US] == {"country": [{"str": "US"}]}


@pytest.mark.parametrize("value", ["US", "美国", "United States", {"id": "place/美国"}])
def test_a_property_tells_namesakes_apart(client: TestClient, value: Any) -> None:
    condition = [{"pid": "country", "v": value}]
    found = asked(client, q={"query": "火炬甲计划", "properties": condition})["q"]
    assert [row["id"] for row in found] == [TORCH_US, TORCH_CN]
    assert [row["match"] for row in found] == [True, False]
    assert found[0]["score"] > found[1]["score"]
    assert {"id": "has:country", "value": True} in found[0]["features"]


@pytest.mark.parametrize(
    "value", ["动力电池", {"id": BATTERY, "name": "x"}, {"id": ENTITY + BATTERY}, ["光", "动力电池"]]
)
def test_relations_are_properties(client: TestClient, value: Any) -> None:
    assert matched(client, "火炬甲计划", properties=[{"pid": "targets", "v": value}]) == [TORCH_CN]
    # read the other way round
    assert matched(client, "动力电池", properties=[{"pid": "^targets", "v": {"id": TORCH_CN}}]) == [BATTERY]
    # a value that contradicts makes a name uncertain
    assert matched(client, "比亚迪", properties=[{"pid": "develops", "v": "光刻机"}]) == []


def test_properties_alone_find_what_has_them_but_are_no_match(client: TestClient) -> None:
    found = asked(
        client,
        by={"properties": [{"pid": "targets", "v": "光刻机"}], "type": "Program"},
        named={"properties": [{"pid": "label_en", "v": "NEV industry"}]},
        denied={"properties": [{"pid": "develops", "v": "光刻机"}]},
    )
    assert [(row["id"], row["match"]) for row in found["by"]] == [(TORCH_US, False)]
    assert [row["id"] for row in found["named"]] == [id_of("Industry:新能源汽车产业")]
    assert found["denied"] == []


def test_the_limit_holds_and_does_not_make_certain(client: TestClient) -> None:
    (only,) = asked(client, q={"query": "火炬甲计划", "limit": 1})["q"]
    assert not only["match"]


def test_an_ordinary_word_is_no_match(tmp_path: Path) -> None:
    """大陆 is a weak name of China in the dictionary: it means other things as well."""
    from kg.graph import Graph
    from kg.ontology import load

    with Store.open(tmp_path / "store") as store:
        china = entity("Place:中国")
        store.put(document("p", Fact("Program:863计划", "issuedBy", "Place:中国"), described=(china,)))
        found = reconcile(Graph(store, load()), {"weak": Query("大陆"), "plain": Query("中国")})
    assert [(each.entity.id, each.match) for each in found["weak"]] == [("place/中国", False)]
    assert found["plain"][0].match


# ---- Reading properties


def extended(client: TestClient, ids: list[str], *properties: Json) -> Json:
    extend = json.dumps({"ids": ids, "properties": list(properties)})
    by_form = client.post("/reconcile", data={"extend": extend})
    assert by_form.status_code == 200, by_form.text
    assert client.get("/reconcile", params={"extend": extend}).json() == by_form.json()
    answer: Json = holds(EXTENDED, by_form.json())
    return answer


def test_properties_of_entities_are_read(client: TestClient) -> None:
    industry = id_of("Industry:新能源汽车产业")
    wanted = ("label_zh", "label_en", "alias", "country", "statements", "develops", "^appliedIn", "collaboratesWith")
    answer = extended(client, [industry, FIRM, TORCH_US, "firm/无"], *({"id": name} for name in wanted))
    assert [row["id"] for row in answer["meta"]] == list(wanted)
    rows = answer["rows"]
    assert rows[industry]["label_en"] == [{"str": "NEV industry"}]
    assert {"str": "电动汽车产业"} in rows[industry]["alias"]
    assert rows[industry]["^appliedIn"] == [{"id": BATTERY, "name": "动力电池"}]
    assert rows[FIRM]["develops"] == [{"id": BATTERY, "name": "动力电池"}]
    assert rows[FIRM]["statements"][0]["int"] >= 2
    assert rows[TORCH_US]["country"] == [{"str": "US"}]
    assert all(values == [] for values in rows["firm/无"].values())


def test_symmetric_relations_are_read_from_both_sides(client: TestClient) -> None:
    other = id_of("Firm:天齐")
    rows = extended(client, [FIRM, other], {"id": "collaboratesWith"})["rows"]
    assert [row["id"] for row in rows[FIRM]["collaboratesWith"]] == [other]
    assert [row["id"] for row in rows[other]["collaboratesWith"]] == [FIRM]


def test_settings_choose_statements_languages_and_how_many(client: TestClient) -> None:
    other, policy = id_of("Firm:天齐"), id_of("Policy:双积分政策")
    assert extended(client, [other], {"id": "develops"})["rows"][other]["develops"] == []
    all_ = {"id": "develops", "settings": {"modality": "all"}}
    assert len(extended(client, [other], all_)["rows"][other]["develops"]) == 1
    english = {"id": "targets", "settings": {"modality": "all", "language": "en"}}
    assert extended(client, [policy], english)["rows"][policy]["targets"][0]["name"] == "NEV industry"
    all_of_them = len(extended(client, [BATTERY], {"id": "^develops"})["rows"][BATTERY]["^develops"])
    assert all_of_them > 2
    # OpenRefine sends what stands in its form, as text
    for limit, count in ((2, 2), ("2", 2), ("0", all_of_them), ("", all_of_them), (None, all_of_them)):
        few = {"id": "^develops", "settings": {"limit": limit, "modality": "actual", "language": "zh"}}
        assert len(extended(client, [BATTERY], few)["rows"][BATTERY]["^develops"]) == count, limit
    assert extended(client, [BATTERY], {"id": "^develops", "settings": None})["rows"]


def test_properties_are_proposed_by_type(client: TestClient) -> None:
    def ids(**params: Any) -> list[str]:
        answer = holds(PROPOSED, client.get("/reconcile/properties", params=params).json())
        return [row["id"] for row in answer["properties"]]

    assert "develops" in ids(type="Firm")
    assert "develops" not in ids(type="Goal")
    assert "^develops" in ids(type="Technology")
    assert "^develops" not in ids(type="Goal")
    assert len(ids(type="Firm", limit=3)) == 3


def test_suggestions_in_both_languages(client: TestClient) -> None:
    def ids(kind: str, prefix: str, **more: Any) -> list[str]:
        answer = client.get(f"/reconcile/suggest/{kind}", params={"prefix": prefix, **more}).json()
        return [row["id"] for row in holds(SUGGESTED, answer)["result"]]

    assert ids("type", "企业")[0] == ids("type", "fir")[0] == "Firm"
    assert "country" in ids("property", "国家")
    assert "country" in ids("property", "COUNTRY")
    assert ids("entity", "NEV")[0] == id_of("Industry:新能源汽车产业")
    assert ids("entity", "火炬", cursor=1) == ids("entity", "火炬")[1:]
    assert ids("type", f"{ONTOLOGY}Firm") == ["Firm"]
    # what OpenRefine adds to every request, and a cell that holds a paragraph
    added = {"spell": "always", "exact": "false", "prefixed": "true", "scoring": "schema", "type": "Firm", "lang": "zh"}
    for kind in ("entity", "type", "property"):
        assert ids(kind, "比亚迪" * 2000, **added) == []
        assert ids(kind, "", **added)


# ---- What may not happen


@pytest.mark.parametrize("name", HOSTILE)
def test_previews_escape_and_shorten(client: TestClient, name: str) -> None:
    (found, *_) = asked(client, q={"query": name[:400], "type": "Firm"})["q"]
    page = client.get("/reconcile/preview", params={"id": found["id"]})
    piece = client.get("/reconcile/flyout/entity", params={"id": found["id"]}).json()["html"]
    assert page.status_code == 200
    assert len(page.text) < 4000
    for html in (page.text, piece):
        assert "<script" not in html
        assert "<img" not in html
    assert "script-src" not in page.headers["content-security-policy"].replace("default-src 'none'", "")
    assert "http://localhost:*" in page.headers["content-security-policy"]
    if name == SCRIPT:
        assert "&lt;script&gt;" in page.text


def test_only_pages_of_this_machine_may_read_answers(client: TestClient) -> None:
    for origin in ("http://127.0.0.1:3333", "http://localhost:8080", "https://localhost", "http://[::1]:3333"):
        for path in ("/reconcile", "/reconcile/suggest/type?prefix=f", "/reconcile?queries=no"):
            said = client.get(path, headers={"Origin": origin})
            assert said.headers.get("access-control-allow-origin") == origin
        asks = {"Origin": origin, "Access-Control-Request-Method": "POST"}
        first = client.options("/reconcile", headers={**asks, "Access-Control-Request-Headers": "content-type"})
        assert first.status_code == 200
        assert first.headers["access-control-allow-origin"] == origin
    for origin in ("https://evil.example", "http://localhost.evil.example", "http://127.0.0.1.evil.example", "null"):
        said = client.get("/reconcile", headers={"Origin": origin})
        assert "access-control-allow-origin" not in said.headers
    said = client.get("/api/stats", headers={"Origin": "http://localhost:8080"})
    assert "access-control-allow-origin" not in said.headers
    # no script of another page gets an answer either
    assert client.get("/reconcile?callback=steal").headers["content-type"] == "application/json"
    assert "steal" not in client.get("/reconcile?callback=steal").text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        ({"queries": "{"}, "queries cannot be read"),
        ({"queries": "[]"}, "queries cannot be read"),
        ({"queries": '{"q": {}}'}, "neither a name nor properties"),
        ({"queries": '{"q": {"query": "x", "kind": 1}}'}, "kind"),
        ({"queries": '{"q": {"query": "x", "limit": 0}}'}, "limit"),
        ({"queries": '{"q": {"query": "x", "type": "Nothing"}}'}, "no entity type Nothing"),
        ({"queries": '{"q": {"query": "x", "properties": [{"pid": "nothing", "v": 1}]}}'}, "no property nothing"),
        ({"queries": json.dumps({"q": {"query": "x", "type": "长" * 501}})}, "type"),
        ({"queries": "[" * 100_000}, "queries cannot be read"),
        (
            {"queries": json.dumps({str(n): {"query": "x", "type": ["Firm"] * 50} for n in range(100)})},
            "too many types and values",
        ),
        ({"extend": '{"ids": ["a"]}'}, "properties"),
        ({"extend": '{"ids": ["a"], "properties": [{"id": "nothing"}]}'}, "no property nothing"),
        ({"extend": "{}", "queries": "{}"}, "not both"),
        ({"other": "1"}, "neither queries nor extend"),
    ],
)
def test_errors_say_what_is_wrong(client: TestClient, form: dict[str, str], said: str) -> None:
    answer = client.post("/reconcile", data=form)
    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


def test_other_errors(client: TestClient) -> None:
    assert client.post("/reconcile", json={"queries": {}}).status_code == 415
    assert client.post("/reconcile", data={"queries": "x" * 3_000_000}).status_code == 413
    many = {str(n): {"query": "x"} for n in range(201)}
    assert client.post("/reconcile", data={"queries": json.dumps(many)}).status_code == 413
    assert client.post("/reconcile", data={"queries": b"\xff".decode("latin-1")}).status_code == 400
    for path in ("/reconcile/preview?id=firm/无", "/reconcile/flyout/entity?id=x", "/reconcile/preview?id=%00"):
        assert client.get(path).status_code == 404
    assert client.get("/reconcile/flyout/type?id=x").status_code == 400
    assert client.get("/reconcile/suggest/entity").status_code == 400


def test_ids_that_are_none_ask_for_nothing(client: TestClient) -> None:
    bad = ["", "/", "firm/> } DROP ALL #", "x" * 499, "http://elsewhere/", "firm/\u202e\x00"]
    rows = extended(client, bad, {"id": "develops"})["rows"]
    assert rows == {id_: {"develops": []} for id_ in bad}


def test_a_hundred_names_take_less_than_a_second_of_the_processor(client: TestClient) -> None:
    names = ["比亚迪", "动力电地", "biyadi", "无此物之名", "863计划"]
    queries = {
        f"q{n}": {"query": f"{names[n % 5]}", "properties": [{"pid": "develops", "v": "动力电池"}]} for n in range(100)
    }
    asked(client, q=queries["q0"])
    begin = process_time()
    assert len(asked(client, **queries)) == 100
    assert process_time() - begin < 1.0
