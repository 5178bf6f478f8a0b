"""The API, asked over HTTP as a client would ask it."""

import io
import json
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from fastapi.testclient import TestClient
from prometheus_client.parser import text_string_to_metric_families
from rdflib import Graph, URIRef
from served import FACTS, HOSTILE, filled, process
from small_graphs import Fact, document, id_of

from ingest.batch import ingest
from ingest.pipeline import Pipeline
from kg.api import create_app, run
from kg.errors import StoreError
from kg.export import write
from kg.iris import BASE, ENTITY, ONTOLOGY, entity_id
from kg.store import Store

ROOT = Path(__file__).resolve().parents[1]
START, END = "863计划", "NEV industry"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("api") / "store")


@pytest.fixture(scope="module")
def client(place: Path) -> Iterator[httpx.Client]:
    with process(place) as (address, _), httpx.Client(base_url=address, timeout=20) as client:
        yield client


def test_documents(client: httpx.Client) -> None:
    found = client.get("/api/documents").json()["documents"]
    assert [row["source"] for row in found][:2] == ["paper-a", "paper-b"]
    assert found[0]["assertions"] == len(FACTS)
    whole = client.get("/api/documents/paper-a").json()
    assert whole["bibliography"]["year"] == 2025
    assert [section["label"] for section in whole["sections"]] == ["1", "2", "3"]


def test_merges(client: httpx.Client) -> None:
    assert client.get("/api/merges").json() == {"total": 0, "merges": []}


def test_search_in_both_languages(client: httpx.Client) -> None:
    for name in ("新能源汽车产业", "nev INDUSTRY", "电动汽车产业"):
        (found,) = client.get("/api/entities", params={"q": name, "type": "Industry"}).json()["entities"]
        assert (found["id"], found["match"]) == (id_of("Industry:新能源汽车产业"), "exact")
        assert found["labels"] == {"zh": "新能源汽车产业", "en": "NEV industry"}
    assert len(client.get("/api/entities", params={"limit": 3}).json()["entities"]) == 3


def test_an_entity_has_its_statements_with_exact_quotes(client: httpx.Client) -> None:
    found = client.get(f"/api/entity/{quote(id_of('Technology:动力电池'))}").json()
    assert found["type"] == "Technology"
    assert {row["p"] for row in found["outgoing"]} == {"appliedIn"}
    assert {row["p"] for row in found["incoming"]} == {"targets", "develops"}
    for statement in found["outgoing"] + found["incoming"]:
        for row in statement["evidence"]:
            text = client.get(f"/api/documents/{row['source']}").json()["text"]
            assert text[row["start"] : row["end"]] == row["quote"]


def test_every_hostile_name_can_be_looked_up(client: httpx.Client) -> None:
    for name in HOSTILE:
        id_ = entity_id("Firm", name.replace("\x00", "\ufffd"))
        for known in {id_, entity_id("Firm", name)}:
            response = client.get(f"/api/entity/{quote(known, safe='')}")
            assert response.status_code == 200 or known != id_of(f"Firm:{name}")


@pytest.mark.parametrize(
    ("text", "id_", "match"),
    [
        ("dongli", "Technology:动力电池", "pinyin"),
        ("dònglì diànchí", "Technology:动力电池", "pinyin"),
        ("dldc", "Technology:动力电池", "pinyin"),
        ("比压迪", "Firm:比亚迪", "near"),
        ("NEV indstry", "Industry:新能源汽车产业", "near"),
        ("电池 动力", "Technology:动力电池", "part"),
    ],
)
def test_search_forgives(client: httpx.Client, text: str, id_: str, match: str) -> None:
    found = client.get("/api/entities", params={"q": text}).json()
    assert [(row["id"], row["match"]) for row in found["entities"]] == [(id_of(id_), match)]
    assert found["total"] == 1


def test_long_lists_come_in_pages(client: httpx.Client) -> None:
    for path, name in (("documents", "documents"), ("entities", "entities"), ("neighbours/动力电池", "neighbours")):
        whole = client.get(f"/api/{path}").json()
        assert whole["total"] == len(whole[name]) > 1
        offsets = range(whole["total"] + 1)
        pages = [client.get(f"/api/{path}", params={"limit": 1, "offset": at}).json() for at in offsets]
        assert [row for page in pages for row in page[name]] == whole[name]
        assert {page["total"] for page in pages} == {whole["total"]}
    entity = client.get("/api/entity/动力电池", params={"limit": 2, "offset": 1}).json()
    whole = client.get("/api/entity/动力电池").json()
    assert entity["incoming"] == whole["incoming"][1:3]
    assert entity["incoming_total"] == len(whole["incoming"])


@pytest.mark.parametrize(
    ("params", "found"),
    [
        ({"relation": "funds"}, {"Firm:比亚迪"}),
        ({"type": "Technology"}, {"Technology:动力电池"}),
        ({"min_belief": 0.85}, {"Technology:动力电池"}),
        ({"modality": "proposed"}, set()),
        ({"source": "paper-b"}, set()),
        ({}, {"Firm:比亚迪", "Technology:动力电池", "Place:中国"}),
    ],
)
def test_neighbours_can_be_filtered(client: httpx.Client, params: dict[str, str], found: set[str]) -> None:
    answer = client.get("/api/neighbours/863计划", params=params).json()
    assert {row["id"] for row in answer["neighbours"]} == {id_of(name) for name in found}


def test_neighbours(client: httpx.Client) -> None:
    found = client.get(f"/api/neighbours/{quote(id_of('Program:863计划'))}?limit=2").json()["neighbours"]
    assert len(found) == 2
    assert found[0]["relations"]


def test_chains_carry_evidence_for_each_hop(client: httpx.Client) -> None:
    answer = client.get("/api/chains", params={"from": START, "to": END}).json()
    assert answer["to"]["labels"]["zh"] == "新能源汽车产业"
    first = answer["chains"][0]
    assert [(hop["s"], hop["p"], hop["o"]) for hop in first["hops"]] == [
        (id_of("Program:863计划"), "targets", id_of("Technology:动力电池")),
        (id_of("Technology:动力电池"), "appliedIn", id_of("Industry:新能源汽车产业")),
    ]
    assert first["belief"] == min(hop["belief"] for hop in first["hops"])
    assert all(row.keys() >= {"source", "start", "end", "quote"} for hop in first["hops"] for row in hop["evidence"])
    assert first["text"]["zh"] == "863计划 —targets→ 动力电池 —appliedIn→ 新能源汽车产业"
    assert first["text"]["en"].endswith("NEV industry")


def test_chains_may_leave_proposals_out(client: httpx.Client) -> None:
    asked = {"from": "双积分政策", "to": END}
    assert client.get("/api/chains", params=asked).json()["chains"][0]["modality"] == "proposed"
    assert client.get("/api/chains", params={**asked, "actual": "true"}).json()["chains"] == []


def test_chains_to_a_type_within_filters_and_by_template(client: httpx.Client) -> None:
    def asked(**params: object) -> dict[str, object]:
        return client.get("/api/chains", params=params).json()

    answer = asked(**{"from": START, "to_type": "Industry"})
    assert answer["to"] == {"type": "Industry", "label": {"zh": "产业", "en": "Industry"}}
    assert answer["chains"][0]["hops"][-1]["o"] == id_of("Industry:新能源汽车产业")
    assert asked(**{"from": START, "to": "Industry"})["chains"] == answer["chains"]
    assert asked(**{"from": START, "to": END, "relation": ["targets"]})["chains"] == []
    assert asked(**{"from": START, "to": END, "type": ["Technology"], "source": ["paper-a"]})["chains"]
    assert asked(**{"from": START, "to": END, "min_confidence": 0.99})["chains"] == []
    assert (
        asked(**{"from": "双积分政策", "to": "卡脖子", "modality": ["negated"]})["chains"][0]["modality"] == "negated"
    )
    templates = client.get("/api/templates").json()["templates"]
    assert all(each["zh"] and each["en"] and each["stations"] for each in templates)
    answer = asked(template="program-to-industry", **{"from": START})
    assert answer["chains"][0]["hops"][0]["s"] == id_of(f"Program:{START}")


def test_a_chain_says_how_sure_it_is(client: httpx.Client) -> None:
    first = client.get("/api/chains", params={"from": START, "to": END}).json()["chains"][0]
    assert first["hops"][first["weakest"]]["belief"] == first["belief"]
    assert first["hops"][0]["relation"] == {"zh": "面向", "en": "targets"}
    assert first["hops"][0]["period"] is None
    # the two statements about the battery stand in different sections
    assert [("动力电池" in each["zh"], "different sections" in each["en"]) for each in first["reasons"]] == [
        (True, True)
    ]


def test_a_walk_back_is_marked(client: httpx.Client) -> None:
    answer = client.get("/api/chains", params={"from": END, "to": START, "limit": 1}).json()
    assert [hop["inverse"] for hop in answer["chains"][0]["hops"]] == [True, True]
    assert answer["chains"][0]["text"]["zh"].startswith("新能源汽车产业 ←appliedIn— 动力电池")


def test_questions_have_routes_with_described_parameters(client: httpx.Client) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    for question in client.get("/api/questions").json()["questions"]:
        described = paths[f"/api/questions/{question['name']}"]["get"]["parameters"]
        names = {row["name"]: row for row in described}
        assert {param["name"] for param in question["params"]} == names.keys() - {"limit", "offset"}
        assert all(names[param["name"]]["required"] == param["required"] for param in question["params"])
        assert question["zh"] in paths[f"/api/questions/{question['name']}"]["get"]["description"]


def test_a_question_is_answered(client: httpx.Client) -> None:
    answer = client.get("/api/questions/funds").json()
    (row,) = answer["rows"]
    assert row["funder"] == {"kind": "entity", "zh": "863计划", "en": "863计划", "id": id_of("Program:863计划")}
    assert row["value"]["zh"] == "3亿元"
    assert client.get("/api/questions/funds", params={"funder": "比亚迪"}).json()["rows"] == []


def test_stats_refusals_and_words(client: httpx.Client) -> None:
    stats = client.get("/api/stats").json()
    assert stats["assertions"] >= len(FACTS)
    assert stats["assertions_by_modality"]["negated"] == 1
    assert client.get("/api/refusals").json() == {"total": 0, "refusals": []}
    words = client.get("/api/ontology").json()
    assert {"name", "label", "inverse", "definition"} <= words["relations"][0].keys()


@pytest.mark.parametrize(
    ("format_", "media"),
    [("jsonl", "application/jsonl"), ("trig", "application/trig"), ("turtle", "text/turtle; charset=utf-8")],
)
def test_the_graph_is_exported_as_the_command_does(client: httpx.Client, place: Path, format_: str, media: str) -> None:
    answer = client.get(f"/api/export/{format_}")
    assert answer.headers["content-type"] == media
    assert "attachment" in answer.headers["content-disposition"]
    stream = io.BytesIO()
    with Store.open(place, read_only=True) as store:
        write(store, format_, stream)
    assert sorted(answer.content.splitlines()) == sorted(stream.getvalue().splitlines())


def test_an_export_that_nobody_reads_to_its_end_leaves_room_for_others(client: httpx.Client) -> None:
    for _ in range(10):
        with client.stream("GET", "/api/export/nquads") as answer:
            next(answer.iter_raw(10))
    assert client.get("/api/export/nquads").status_code == 200


# ---- IRIs


PROGRAM = f"/id/{id_of('Program:863计划')}"


@pytest.mark.parametrize("media", ["text/turtle", "application/ld+json", "application/n-triples"])
def test_an_entitys_iri_tells_all_about_it(client: httpx.Client, media: str) -> None:
    answer = client.get(PROGRAM, headers={"Accept": f"text/html;q=0.1, {media}"})
    assert answer.headers["content-type"].startswith(media)
    assert "Accept" in answer.headers["vary"]
    graph = Graph().parse(data=answer.text, format=media)
    iri, technology = (URIRef(ENTITY + id_of(name)) for name in ("Program:863计划", "Technology:动力电池"))
    assert (iri, URIRef(f"{ONTOLOGY}targets"), technology) in graph
    quotes = set(graph.objects(None, URIRef(f"{ONTOLOGY}quote")))
    assert any("863计划 targets 动力电池" in quote for quote in quotes)


def test_an_iri_leads_people_to_the_explorer(client: httpx.Client) -> None:
    browser = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
    answer = client.get(PROGRAM, headers=browser)
    assert (answer.status_code, answer.headers["vary"]) == (303, "Accept")
    assert answer.headers["location"] == f"/#/entity/{quote(id_of('Program:863计划'), safe='')}"
    assert client.get("/document/paper-a", headers=browser).headers["location"] == "/#/documents/paper-a"
    (statement, *_) = client.get("/api/entity/863计划").json()["outgoing"]
    place = f"/#/documents/paper-a?at={statement['evidence'][0]['start']}-{statement['evidence'][0]['end']}"
    assert client.get(f"/statement/{statement['id']}", headers=browser).headers["location"] == place
    (chain, *_) = client.get("/api/chains", params={"from": START, "to": END}).json()["chains"]
    path = f"/chain/{chain['id']}"
    assert client.get(path, headers=browser).headers["location"] == chain["url"]
    led = client.get(path, headers={"Accept": "text/markdown"}, follow_redirects=True)
    assert chain["iri"] in led.text
    assert client.get(f"/statement/{statement['id']}?format=json").json()["evidence"] == statement["evidence"]


def test_every_iri_of_an_entity_can_be_followed(client: httpx.Client) -> None:
    rows = client.get("/api/entities").json()["entities"]
    assert len(rows) > len(HOSTILE)
    for row in rows:
        path = quote(row["iri"].removeprefix(BASE), safe="/%~")
        answer = client.get(f"/{path}", headers={"Accept": "application/json"})
        assert answer.json()["iri"] == row["iri"]
        assert row["iri"] in client.get(f"/{path}?format=ntriples").text


@pytest.mark.parametrize(
    "path", ["/id/firm/none", "/id/none", "/id/a>b/c", "/document/none", "/statement/0", "/statement/<", "/chain/none"]
)
def test_an_iri_of_nothing_is_not_found(client: httpx.Client, path: str) -> None:
    for accept in ("text/turtle", "text/html", "application/json"):
        assert client.get(path, headers={"Accept": accept}).status_code == 404
    assert client.get(PROGRAM, headers={"Accept": "image/png"}).status_code == 406


# ---- The service


def test_what_the_client_has_already_is_not_sent_again(client: httpx.Client, place: Path) -> None:
    paths = ("/api/stats", "/api/entities?q=电池", PROGRAM, "/api/export/jsonl", "/api/questions/funds")
    tags = {path: client.get(path).headers["etag"] for path in paths}
    for path, tag in tags.items():
        again = client.get(path, headers={"If-None-Match": f'"x", {tag}'})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert client.get(PROGRAM, headers={"Accept": "application/ld+json"}).headers["etag"] != tags[PROGRAM]
    with Store.open(place) as store:
        store.put(document("etag", Fact("Firm:新公司", "develops", "Technology:新技术")))
    for path, tag in tags.items():
        changed = client.get(path, headers={"If-None-Match": tag})
        assert (changed.status_code, changed.headers["etag"] != tag) == (200, True)
    with Store.open(place) as store:
        store.remove("etag")


def test_long_answers_are_compressed(client: httpx.Client) -> None:
    packed = client.get("/api/ontology", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["content-encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["vary"]
    plain = client.get("/api/ontology", headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == packed.json()
    large = {"query": "SELECT * { GRAPH ?g { ?s ?p ?o } } LIMIT 200"}
    for encoding, said in (("gzip", "gzip"), ("identity", None)):
        answer = client.get("/sparql", params=large, headers={"Accept-Encoding": encoding})
        assert answer.headers.get("content-encoding") == said
        assert {"Accept", "Accept-Encoding"} == set(answer.headers["vary"].split(", "))
        assert len(answer.json()["results"]["bindings"]) == 200


@pytest.mark.parametrize("path", ["/health", "/api/stats", "/sparql?query=ASK{}"])
def test_only_the_servers_own_names_are_answered(client: httpx.Client, path: str) -> None:
    """So that no page of elsewhere reaches it under a name of its own."""
    for host in ("localhost", "LOCALHOST:8000", "127.0.0.1:1", "[::1]", "[::1]:8000"):
        assert client.get(path, headers={"Host": host}).status_code == 200, host
    for host in ("evil.example", "localhost.evil.example:80", "127.0.0.1.evil.example", "[::2]", "localhost@evil", ""):
        refused = client.get(path, headers={"Host": host})
        assert (refused.status_code, refused.headers["content-type"]) == (400, "application/problem+json"), host
        assert refused.headers["x-request-id"]
        assert refused.headers["content-security-policy"]


def test_every_answer_has_the_headers_of_every_answer(client: httpx.Client) -> None:
    for path, status in (("/health", 200), ("/sparql?query=ASK{}", 200), ("/sparql?query=x", 400), ("/no", 404)):
        answer = client.get(path)
        assert answer.status_code == status
        assert {"content-security-policy", "x-content-type-options", "x-request-id"} <= answer.headers.keys()
    assert client.delete("/sparql").status_code == 405


@pytest.mark.parametrize(
    "path", ["/", "/health", "/api/stats", "/api/entity/比亚迪", "/sparql?query=ASK{}", "/nothing"]
)
def test_head_is_answered_as_get_without_a_body(client: httpx.Client, path: str) -> None:
    told, whole = client.head(path), client.get(path)
    assert told.status_code == whole.status_code
    assert told.content == b""
    assert told.headers.get("content-length") == whole.headers.get("content-length")
    assert told.headers["content-type"] == whole.headers["content-type"]


def test_health_readiness_and_metrics(client: httpx.Client) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").json() == {"status": "ready", "documents": 2}
    client.get("/api/entity/动力电池")
    client.get("/api/entity/nothing-of-this-name")
    told = client.get("/metrics")
    assert told.headers["content-type"].startswith("text/plain")
    families = {family.name: family for family in text_string_to_metric_families(told.text)}
    counted = {
        (sample.labels["route"], sample.labels["status"]): sample.value
        for sample in families["policykg_http_request_seconds"].samples
        if sample.name.endswith("_count")
    }
    assert counted["/api/entity/{id:path}", "200"] >= 1
    assert counted["/api/entity/{id:path}", "404"] >= 1
    assert not [route for route, _ in counted if "nothing" in route]
    assert families["process_cpu_seconds"].samples[0].value > 0


def test_requests_have_ids_and_are_logged(place: Path) -> None:
    with process(place, log_requests=True) as (address, server):
        given = httpx.get(f"{address}/api/entity/比亚迪", headers={"X-Request-ID": "trace-1"})
        assert given.headers["x-request-id"] == "trace-1"
        made = httpx.get(f"{address}/nothing%0A{{}}", headers={"X-Request-ID": "bad id!"}).headers["x-request-id"]
        assert re.fullmatch(r"[0-9a-f]{16}", made)
        server.terminate()
        assert server.wait(10) == 0
        assert server.stderr
        first, second = (json.loads(line) for line in server.stderr.read().splitlines())
    assert (first["id"], first["route"], first["status"]) == ("trace-1", "/api/entity/{id:path}", 200)
    assert first["bytes"] == int(given.headers["content-length"])
    assert (second["id"], second["path"], second["status"]) == (made, "/nothing\n{}", 404)


def test_a_failure_is_a_problem_with_its_traceback_in_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    app = create_app(filled(tmp_path / "store"), ["testserver"])

    @app.get("/failing")
    def failing() -> None:
        raise ZeroDivisionError("a secret")

    with TestClient(app) as client, caplog.at_level("ERROR"):
        answer = client.get("/failing")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert "secret" not in answer.text
    (record,) = [record for record in caplog.records if record.name == "policykg.requests"]
    assert record.fields["id"] == answer.headers["x-request-id"]  # type: ignore[attr-defined]
    assert "a secret" in record.fields["error"]  # type: ignore[attr-defined]


# ---- OpenAPI


@pytest.fixture(scope="module")
def examples(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A server over the bundled examples, which the examples of OpenAPI are about."""
    place = tmp_path_factory.mktemp("examples") / "store"
    with Store.open(place) as store:
        outcomes = list(ingest(store, sorted((ROOT / "examples").glob("*.md")), Pipeline()))
        assert {outcome.status for outcome in outcomes} == {"added"}
    with process(place) as (address, _), httpx.Client(base_url=address, timeout=20) as client:
        yield client


def test_every_route_has_an_example_that_is_answered(examples: httpx.Client) -> None:
    paths = examples.get("/openapi.json").json()["paths"]
    assert len({re.sub("/(questions|analysis)/.+", r"/\1/…", path) for path in paths}) <= 32
    for path, operations in paths.items():
        for method, operation in operations.items():
            assert operation["description"], path
            answer = asked(examples, method, path, operation)
            assert answer.status_code == 200, (path, answer.text)
            assert answer.content


def test_tables_come_with_their_figures_and_what_is_odd(examples: httpx.Client) -> None:
    (table,) = examples.get("/api/tables", params={"source": "pv-zh", "label": "表1"}).json()["tables"]
    assert len(table["figures"]) == 10
    assert table["findings"] == []
    assert examples.get("/api/tables").json()["total"] == 1
    assert examples.get("/api/tables", params={"label": "表9"}).status_code == 404


def test_what_the_explorer_asks_of_matching_is_told_beside_the_analyses(examples: httpx.Client) -> None:
    known = examples.get("/api/analysis").json()["match"]
    answer = examples.get("/api/match", params=known["example"]).json()
    assert answer["rows"]
    assert [column["name"] for column in answer["columns"]] == [column["name"] for column in known["columns"]]


def asked(client: httpx.Client, method: str, path: str, operation: dict[str, Any]) -> httpx.Response:
    """The answer to the request that the operation gives as its example."""
    params: dict[str, str] = {}
    for parameter in operation.get("parameters", ()):
        example = next(iter(parameter["schema"].get("examples", ())), parameter.get("example"))
        if parameter["in"] == "path":
            assert example, f"{path}: {parameter['name']} has no example"
            path = path.replace(f"{{{parameter['name']}}}", quote(example))
        elif example:
            params[parameter["name"]] = example
        else:
            assert not parameter.get("required"), f"{path}: {parameter['name']} has no example"
    if method == "get":
        return client.get(path, params=params)
    ((media, body),) = [(m, each) for m, each in operation["requestBody"]["content"].items() if "example" in each]
    return client.request(method, path, content=body["example"].encode(), headers={"Content-Type": media})


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        ("/api/documents/nothing", 404, "nothing"),
        ("/api/entity/比亚", 200, ""),
        ("/api/entity/firm/无此公司", 404, "无此公司"),
        ("/api/chains?from=863计划", 400, "to"),
        ("/api/chains?from=863计划&to=无此物", 404, "无此物"),
        ("/api/chains?from=863计划&to=动力电池&to_type=Firm", 400, "not both"),
        ("/api/chains?to=863计划", 400, "template"),
        ("/api/chains?from=863计划&to_type=Gadget", 400, "Gadget"),
        ("/api/chains?from=863计划&to=动力电池&source=paper", 404, "paper"),
        ("/api/chains?template=policy-to-nothing", 404, "policy-to-nothing"),
        ("/api/chains?from=863计划&to=863计划", 400, "the same entity"),
        ("/api/entities?limit=1001", 400, "1000"),
        ("/api/entities?type=Nonsense", 400, "Nonsense"),
        ("/api/questions/funds?nonsense=1", 400, "nonsense"),
        ("/api/questions/targets-of", 400, "targets-of"),
        ("/api/questions/nonsense", 404, "nonsense"),
        ("/view?lang=xx", 400, "lang"),
        ("/view?around=无此物", 404, "无此物"),
        ("/nonsense", 404, "/docs"),
    ],
)
def test_errors_are_problem_details(client: httpx.Client, path: str, status: int, said: str) -> None:
    response = client.get(path)
    assert response.status_code == status
    if status >= 400:
        assert response.headers["content-type"] == "application/problem+json"
        problem = response.json()
        assert problem["status"] == status
        assert said in problem["detail"]


def test_nothing_can_be_written(client: httpx.Client) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        assert client.request(method, "/api/documents").status_code == 405


def test_pages_bring_all_they_need_and_forbid_the_rest(client: httpx.Client) -> None:
    for path in ("/", "/docs", "/view", "/static/explorer/app.js", "/swagger/swagger-ui-bundle.js", "/api/stats"):
        response = client.get(path)
        assert response.status_code == 200, path
        assert response.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in response.headers["content-security-policy"]
        assert ("'unsafe-inline'" in response.headers["content-security-policy"]) == (path in ("/docs", "/view"))
    for path in ("/", "/docs", "/view"):
        linked = re.findall(r"""<(?:script|link|img)\b[^>]*(?:src|href)=["']?([^"'\s>]+)""", client.get(path).text)
        assert all(url == "data:," or client.get(url).status_code == 200 for url in linked)


def test_what_another_process_writes_shows_at_once(client: httpx.Client, place: Path) -> None:
    for number in range(5):
        with Store.open(place) as store:
            store.put(document(f"new-{number}", Fact("Firm:新公司", "develops", f"Technology:新技术{number}")))
            assert client.get(f"/api/documents/new-{number}").status_code == 200
        chains = client.get("/api/chains", params={"from": "新公司", "to": f"新技术{number}"}).json()["chains"]
        assert len(chains) == 1
    with Store.open(place) as store:
        for number in range(5):
            store.remove(f"new-{number}")
    assert client.get("/api/documents/new-0").status_code == 404


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_the_server_stops_cleanly(place: Path, how: signal.Signals) -> None:
    with process(place) as (address, server):
        assert httpx.get(f"{address}/api/stats").status_code == 200
        server.send_signal(how)
        assert server.wait(10) == 0
        assert server.stderr
        assert server.stderr.read() == ""


def test_a_port_in_use_is_an_error_that_says_so(place: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(StoreError, match=f"port {port} .*--port"):
            run(place, "127.0.0.1", port, say=lambda line: None)


def test_without_a_store_nothing_is_served(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="ingest a document first"):
        run(tmp_path / "none", "127.0.0.1", 0, say=lambda line: None)


def test_a_store_that_goes_away_gives_503(tmp_path: Path) -> None:
    place = filled(tmp_path / "store")
    with process(place) as (address, _):
        assert httpx.get(f"{address}/api/stats").status_code == 200
        place.rename(tmp_path / "gone")
        response = httpx.get(f"{address}/api/stats")
        assert response.status_code == 503
        assert "there is no store" in response.json()["detail"]
