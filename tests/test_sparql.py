"""The SPARQL endpoint, asked as the protocol says and by the clients that people use; what it refuses, and what it
stops."""

import csv
import io
import os
import shutil
import socket
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl, quote

import httpx
import pandas
import pyoxigraph as ox
import pytest
from fastapi.testclient import TestClient
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rdflib import Graph, URIRef
from rdflib.plugins.stores.sparqlstore import SPARQLStore
from served import filled, process
from small_graphs import Fact, document, id_of
from SPARQLWrapper import CSV, JSON, TURTLE, SPARQLWrapper

from kg import queries
from kg.api import create_app
from kg.errors import QueryError
from kg.iris import DOCUMENT, ENTITY, ONTOLOGY
from kg.live import LiveStore
from kg.mcp import Tools
from kg.ontology import load
from kg.queries import Column, Question
from kg.sparql import parameters
from kg.store import Store
from kg.workers import Limits

LIMITS = Limits(seconds=2.0, size=200_000, processes=2, waiting=10)

TARGETS = "SELECT ?s ?o { ?s pkg:targets ?o }"
DESCRIBED = f"CONSTRUCT {{ ?s ?p ?o }} WHERE {{ ?s ?p ?o FILTER(?s = <{ENTITY}program/863计划>) }}"
ENDLESS = "SELECT (COUNT(*) AS ?n) { GRAPH ?a { ?s ?p ?o } GRAPH ?b { ?t ?q ?u } GRAPH ?c { ?v ?r ?w } }"
LARGE = "SELECT * { GRAPH ?a { ?s ?p ?o } GRAPH ?b { ?t ?q ?u } }"

RESULTS, TSV = "application/sparql-results+json", "text/tab-separated-values; charset=utf-8"
PROGRAM, TECHNOLOGY = (ENTITY + id_of(name) for name in ("Program:863计划", "Technology:动力电池"))


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, "subprocess.Popen[str]"]]:
    with process(filled(tmp_path_factory.mktemp("sparql") / "store"), LIMITS) as (address, server):
        yield address, server


@pytest.fixture(scope="module")
def endpoint(served: tuple[str, object]) -> str:
    return f"{served[0]}/sparql"


@pytest.fixture(scope="module")
def client(served: tuple[str, object]) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served[0], timeout=20) as client:
        yield client


def ask(client: httpx.Client, query: str, accept: str = "*/*", **params: str | list[str]) -> httpx.Response:
    return client.get("/sparql", params={"query": query, **params}, headers={"Accept": accept})


def problem(response: httpx.Response, status: int) -> str:
    """What a refusal says."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    return str(response.json()["detail"])


# ---- The protocol


ADDRESSES = st.lists(
    st.sampled_from([*"=&+%;#?'\\ \t\n\0\x7f\u00e9", "query", "%2", "%zz"])
    | st.binary(max_size=6).map(lambda some: "".join(f"%{byte:02X}" for byte in some))
    | st.text(max_size=6).map(quote),
    max_size=12,
).map("".join)


@settings(max_examples=1000, deadline=None)
@given(ADDRESSES.map(lambda text: text.encode("latin-1")) | st.binary())
@example(b"a=%E4%B8&b=%ED%A0%80&c=%F4%90%80%80&d=%C0%80&e=%E4%B8%C3%A9")
def test_the_parameters_are_those_that_the_standard_library_reads(query: bytes) -> None:
    assert parameters(query) == parse_qsl(query.decode("latin-1"), keep_blank_values=True)


def test_a_query_is_taken_in_each_of_the_three_ways(client: httpx.Client) -> None:
    headers = {"Content-Type": "application/sparql-query"}
    answers = [
        client.get("/sparql", params={"query": TARGETS}),
        client.post("/sparql", data={"query": TARGETS}),
        client.post("/sparql", content=TARGETS.encode(), headers=headers),
    ]
    for answer in answers:
        assert answer.headers["content-type"] == "application/sparql-results+json"
        assert "Accept" in answer.headers["vary"]
        (row,) = answer.json()["results"]["bindings"]
        assert (row["s"]["value"], row["o"]["value"]) == (PROGRAM, TECHNOLOGY)


@pytest.mark.parametrize(
    ("accept", "media", "format_"),
    [
        ("application/sparql-results+xml", "application/sparql-results+xml", ox.QueryResultsFormat.XML),
        ("application/json", "application/json", ox.QueryResultsFormat.JSON),
        ("text/*", "text/csv; charset=utf-8", None),
        ("text/csv;q=0.5, text/tab-separated-values", TSV, ox.QueryResultsFormat.TSV),
        ("text/turtle, application/sparql-results+json;q=0.1", RESULTS, ox.QueryResultsFormat.JSON),
    ],
)
def test_results_come_as_the_client_wants_them(
    client: httpx.Client, accept: str, media: str, format_: ox.QueryResultsFormat | None
) -> None:
    answer = ask(client, TARGETS, accept)
    assert answer.headers["content-type"] == media
    if format_ is None:
        assert list(csv.DictReader(io.StringIO(answer.text))) == [{"s": PROGRAM, "o": TECHNOLOGY}]
    else:
        solutions = ox.parse_query_results(answer.content, format=format_)
        assert isinstance(solutions, ox.QuerySolutions)
        assert [(row["s"].value, row["o"].value) for row in solutions] == [(PROGRAM, TECHNOLOGY)]


@pytest.mark.parametrize(
    "media", ["text/turtle", "application/n-triples", "application/rdf+xml", "application/ld+json"]
)
@pytest.mark.parametrize("query", [DESCRIBED, f"DESCRIBE <{PROGRAM}>"])
def test_graphs_come_as_the_client_wants_them(client: httpx.Client, media: str, query: str) -> None:
    answer = ask(client, query, media)
    assert answer.headers["content-type"].startswith(media)
    found = Graph().parse(data=answer.text, format=media)
    assert (URIRef(PROGRAM), URIRef(f"{ONTOLOGY}targets"), URIRef(TECHNOLOGY)) in found


def test_a_question_of_yes_or_no(client: httpx.Client) -> None:
    assert ask(client, "ASK { ?s pkg:targets ?o }").json()["boolean"] is True
    assert "<boolean>false" in ask(client, "ASK { ?s pkg:targets ?s }", "application/sparql-results+xml").text


def test_what_fits_no_wish_is_not_acceptable(client: httpx.Client) -> None:
    assert "text/turtle" in problem(ask(client, TARGETS, "text/turtle"), 406)
    assert "text/turtle" in problem(ask(client, DESCRIBED, "text/csv"), 406)
    assert "text/turtle" in problem(ask(client, TARGETS, "image/png"), 406)


def test_a_query_sees_the_graphs_that_the_request_names(client: httpx.Client) -> None:
    count = "SELECT (COUNT(*) AS ?n) { ?st a pkg:Statement }"
    within = "SELECT (COUNT(*) AS ?n) { GRAPH ?g { ?st a pkg:Statement } }"
    a, b = f"{DOCUMENT}paper-a", f"{DOCUMENT}paper-b"

    def number(query: str, **params: list[str]) -> int:
        return int(ask(client, query, **params).json()["results"]["bindings"][0]["n"]["value"])

    assert number(count) == 0
    assert number(count, **{"default-graph-uri": [b]}) == 2
    assert number(count, **{"default-graph-uri": [a, b]}) == number(within) == 14
    assert number(within, **{"named-graph-uri": [b]}) == 2
    assert number(within, **{"default-graph-uri": [b]}) == 0
    assert number(f"SELECT (COUNT(*) AS ?n) FROM <{a}> {{ ?st a pkg:Statement }}") == 12
    assert number(f"SELECT (COUNT(*) AS ?n) FROM <{a}> {{ ?st a pkg:Statement }}", **{"default-graph-uri": [b]}) == 2
    posted = client.post("/sparql", data={"query": count, "default-graph-uri": b})
    assert posted.json()["results"]["bindings"][0]["n"]["value"] == "2"
    problem(ask(client, count, **{"default-graph-uri": "no iri"}), 400)


def test_the_service_describes_itself(client: httpx.Client, endpoint: str) -> None:
    answer = client.get("/sparql", headers={"Accept": "text/turtle"})
    described = Graph().parse(data=answer.text, format="turtle")
    sd = "http://www.w3.org/ns/sparql-service-description#"
    assert (None, URIRef(f"{sd}endpoint"), URIRef(endpoint)) in described
    assert URIRef(f"{DOCUMENT}paper-b") in set(described.objects(None, URIRef(f"{sd}name")))


# ---- What is refused


@pytest.mark.parametrize(
    "update",
    [
        "INSERT DATA { <http://a.example> <http://a.example> 1 }",
        "DELETE WHERE { ?s ?p ?o }",
        "PREFIX a: <http://a.example/> # INSERT\n LOAD <http://127.0.0.1/x>",
        "BASE <http://a.example/> drop all",
        "WITH <http://a.example> DELETE { ?s ?p ?o } WHERE { ?s ?p ?o }",
    ],
)
def test_nothing_can_be_changed(client: httpx.Client, update: str) -> None:
    for refused in (
        client.post("/sparql", data={"update": update}),
        client.get("/sparql", params={"update": update}),
        client.post("/sparql", content=update.encode(), headers={"Content-Type": "application/sparql-update"}),
        client.post("/sparql", data={"query": update}),
    ):
        assert "only reads" in problem(refused, 403)
    assert len(ask(client, TARGETS).json()["results"]["bindings"]) == 1


@pytest.mark.parametrize(
    "query",
    [
        "SELECT * { SERVICE $ { ?s ?p ?o } }",
        "SELECT * { ?x ?y 1.SERVICE$ { ?s ?p ?o } }",
        "SELECT * { ?x ?y 1SERVICE$ { ?s ?p ?o } }",
        "SELECT * { ?x ?y true.service$ { ?s ?p ?o } }",
        "SELECT * { # \rSERVICE $ { ?s ?p ?o } }",
        "PREFIX e: $ SELECT * { SERVICESILENTe: { ?s ?p ?o } }",
        "SELECT * { VALUES ?e { $ } SERVICE#x\r?e { ?s ?p ?o } }",
        'SELECT * { FILTER(?a<?b#>"""\n) SERVICE $ { ?s ?p ?o } FILTER("""a""" = "a") }',
        'SELECT * { BIND("""a\\"""" AS ?x) SERVICE $ { ?s ?p ?o } } #"',
        "ASK { SERVICE SILENT $ { ?s ?p ?o } }",
    ],
)
def test_no_query_reaches_out(client: httpx.Client, query: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as outside:
        outside.settimeout(0.05)
        refused = ask(client, query.replace("$", f"<http://127.0.0.1:{outside.getsockname()[1]}/>"))
        assert 400 <= refused.status_code < 500
        with pytest.raises(TimeoutError):
            outside.accept()


def test_a_text_may_speak_of_services(client: httpx.Client) -> None:
    query = 'SELECT ?service { ?service pkg:targets ?o FILTER("SERVICE <x>" != "service: a") } # SERVICE'
    assert ask(client, query).status_code == 200


def test_what_cannot_be_read_says_where(client: httpx.Client) -> None:
    assert "1:" in problem(ask(client, "SELECT * WHERE"), 400)
    assert "one query, not 2" in problem(client.get("/sparql", params={"query": [TARGETS, TARGETS]}), 400)
    assert "one query, not 0" in problem(client.post("/sparql", data={"other": "x"}), 400)
    problem(client.post("/sparql", content=b"\xff", headers={"Content-Type": "application/sparql-query"}), 400)
    problem(client.post("/sparql", content=b"{}", headers={"Content-Type": "application/json"}), 415)
    problem(client.post("/sparql", data={"query": TARGETS + " " * 200_000}), 413)


# ---- What is stopped


def children(pid: int, named: str = "") -> set[int]:
    """The processes that the process has started, and whose command has the name."""
    found: set[int] = set()
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        if int(fields[1]) == pid and fields[0] != "Z" and named in (stat.parent / "cmdline").read_text():
            found.add(int(stat.parent.name))
    return found


def ticks(pid: int) -> int:
    """The CPU time that the process has had."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def test_a_query_over_its_time_is_stopped_and_uses_no_more(
    client: httpx.Client, served: tuple[str, "subprocess.Popen[str]"]
) -> None:
    assert ask(client, TARGETS).status_code == 200
    with ThreadPoolExecutor() as threads:
        began = time.monotonic()
        answer = threads.submit(ask, client, ENDLESS)
        time.sleep(1)
        busy = max(children(served[1].pid), key=ticks)
        assert ticks(busy) > 5
        assert "stopped after 2 s" in problem(answer.result(), 504)
        assert time.monotonic() - began < 6
    assert busy not in children(served[1].pid)
    assert not Path(f"/proc/{busy}").exists()
    assert ask(client, TARGETS).status_code == 200
    assert 'policykg_sparql_queries_total{outcome="time"} 1.0' in client.get("/metrics").text


def test_a_query_whose_client_has_gone_is_stopped(
    client: httpx.Client, served: tuple[str, "subprocess.Popen[str]"]
) -> None:
    assert ask(client, TARGETS).status_code == 200
    before = children(served[1].pid)
    with pytest.raises(httpx.ReadTimeout):
        httpx.get(f"{served[0]}/sparql", params={"query": ENDLESS}, timeout=0.2)
    for _ in range(13):
        time.sleep(0.1)
        if not before <= children(served[1].pid):
            break
    assert not before <= children(served[1].pid)


def test_an_answer_over_its_size_is_stopped(client: httpx.Client) -> None:
    assert "LIMIT" in problem(ask(client, LARGE), 422)
    assert len(ask(client, f"{LARGE} LIMIT 100").json()["results"]["bindings"]) == 100


def test_a_hundred_at_once_leave_the_other_routes_answering(client: httpx.Client, endpoint: str) -> None:
    slowest: list[float] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            began = time.monotonic()
            assert client.get("/api/entities", params={"q": "电池"}).status_code == 200
            slowest.append(time.monotonic() - began)
            time.sleep(0.05)

    def endless(_: int) -> httpx.Response:
        return many.get(endpoint, params={"query": ENDLESS})

    limits = httpx.Limits(max_connections=100)
    with ThreadPoolExecutor(101) as threads, httpx.Client(timeout=30, limits=limits) as many:
        looking = threads.submit(look)
        answers = list(threads.map(endless, range(100)))
        done.set()
        looking.result()
    assert set(Counter(answer.status_code for answer in answers)) == {503, 504}
    assert all("retry-after" in answer.headers for answer in answers if answer.status_code == 503)
    assert len(slowest) > 5
    stopped = min(answer.elapsed.total_seconds() for answer in answers if answer.status_code == 504)
    assert sorted(slowest)[len(slowest) // 2] < stopped
    assert ask(client, TARGETS).status_code == 200


def test_a_process_that_is_asked_often_reads_from_memory_and_answers_the_same(tmp_path: Path) -> None:
    path = filled(tmp_path / "store")
    app = create_app(path, ["testserver"], Limits(seconds=10.0))
    with TestClient(app) as client:
        first = counted(client)
        (worker,) = children(os.getpid(), WORKER)
        assert opened_below(worker, path)
        for _ in range(300):
            assert counted(client) == first
            if not opened_below(worker, path):
                break
        assert children(os.getpid(), WORKER) == {worker}
        assert not opened_below(worker, path)
        with Store.open(path) as store:
            store.put(document("new", Fact("Firm:新公司", "develops", "Technology:新技术")))
        assert counted(client) > first


def counted(client: httpx.Client) -> int:
    """The number of triples, found by a process."""
    answer = ask(client, "SELECT (COUNT(*) AS ?n) WHERE { ?s ?p ?o }")
    return int(answer.json()["results"]["bindings"][0]["n"]["value"])


def opened_below(process: int, folder: Path) -> list[str]:
    """The files below the folder that the process has opened."""
    names = []
    for link in Path(f"/proc/{process}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed since it was listed
            names.append(os.readlink(link))
    return [name for name in names if name.startswith(f"{folder}/")]


# ---- Questions, which are stopped alike


WORKER = "-m\0kg.worker"
ENDLESS_QUESTION = Question("endless", "没完？", "Endless?", (), (Column("n", "数", "number"),), {}, 0, ENDLESS)


@pytest.fixture
def known(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if there were an endless question."""
    questions = {**queries.load(), "endless": ENDLESS_QUESTION}
    monkeypatch.setattr(queries, "load", lambda: questions)


@pytest.mark.usefixtures("known")
def test_a_question_over_its_time_is_stopped_and_uses_no_more(tmp_path: Path) -> None:
    app = create_app(filled(tmp_path / "store"), ["testserver"], Limits(seconds=3.0))
    with TestClient(app) as client:
        assert client.get("/api/questions/targets-of", params={"program": "863计划"}).json()["total"] == 1
        (process,) = children(os.getpid(), WORKER)
        assert "stopped after 3 s" in problem(client.get("/api/questions/endless"), 504)
        assert not Path(f"/proc/{process}").exists()
        assert client.get("/api/questions/targets-of", params={"program": "863计划"}).status_code == 200


@pytest.mark.usefixtures("known")
def test_an_assistants_question_over_its_time_is_stopped(tmp_path: Path) -> None:
    tools = Tools(LiveStore(filled(tmp_path / "store"), load()), Limits(seconds=3.0))
    assert tools.ask("targets-of", {"program": "863计划"}).total == 1
    before = children(os.getpid(), WORKER)
    with pytest.raises(QueryError, match=r"stopped after 3 s.*parameters"):
        tools.ask("endless")
    assert not before & children(os.getpid(), WORKER)
    assert tools.ask("targets-of", {"program": "863计划"}).total == 1


# ---- Clients


def test_sparqlwrapper(endpoint: str) -> None:
    wrapper = SPARQLWrapper(endpoint)
    wrapper.setQuery(TARGETS)
    for method in ("GET", "POST"):
        wrapper.setMethod(method)
        wrapper.setReturnFormat(JSON)
        (row,) = wrapper.queryAndConvert()["results"]["bindings"]
        assert row["s"]["value"] == PROGRAM
        wrapper.setReturnFormat(CSV)
        assert TECHNOLOGY in wrapper.queryAndConvert().decode()
    wrapper.setQuery(DESCRIBED)
    wrapper.setReturnFormat(TURTLE)
    assert TECHNOLOGY.rpartition("/")[2] in wrapper.queryAndConvert().decode()


def test_rdflibs_sparql_store(endpoint: str) -> None:
    graph = Graph(SPARQLStore(endpoint))
    assert [str(row.o) for row in graph.query(f"SELECT ?o {{ ?s <{ONTOLOGY}targets> ?o }}")] == [TECHNOLOGY]
    assert list(graph.objects(URIRef(PROGRAM), URIRef(f"{ONTOLOGY}targets"))) == [URIRef(TECHNOLOGY)]
    assert bool(graph.query(f"ASK {{ ?s <{ONTOLOGY}targets> ?o }}"))


def test_pandas(endpoint: str) -> None:
    url = httpx.URL(endpoint, params={"query": TARGETS})
    table = pandas.read_csv(str(url), storage_options={"Accept": "text/csv"})
    assert table.to_dict("records") == [{"s": PROGRAM, "o": TECHNOLOGY}]


@pytest.mark.skipif(not shutil.which("curl"), reason="curl is not installed")
def test_curl(endpoint: str) -> None:
    command = ["curl", "--silent", "--fail", "-H", "Accept: text/csv", "--data-urlencode", f"query={TARGETS}"]
    done = subprocess.run([*command, endpoint], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["s,o", f"{PROGRAM},{TECHNOLOGY}"]
