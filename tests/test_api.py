"""The API, asked over HTTP as a client would ask it."""

import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest
from served import FACTS, HOSTILE, filled, process
from small_graphs import Fact, document, id_of

from kg.api import run
from kg.errors import StoreError
from kg.iris import entity_id
from kg.store import Store

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
    assert client.get("/api/merges").json() == {"merges": []}


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
        assert {param["name"] for param in question["params"]} == names.keys() - {"limit"}
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
    for path in ("/", "/docs", "/view", "/static/explorer.js", "/swagger/swagger-ui-bundle.js", "/api/stats"):
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
