"""What of the graph is drawn and where it lies; the routes that the explorer's pages are made of; sent documents."""

import asyncio
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from io import BytesIO
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from served import HOSTILE, filled, process
from small_graphs import Fact, document, id_of

from kg.api import create_app
from kg.canvas import Ties, Wanted, places
from kg.errors import QueryError
from kg.model import Figure, Quantity, Span
from kg.ontology import load
from kg.spreadsheet import workbook
from kg.store import Store
from kg.upload import MAX_BYTES, Uploads, file_name

TOKEN = "a token that nobody guesses"
BEARER = {"Authorization": f"Bearer {TOKEN}"}

AMOUNT = Quantity(Decimal(300_000_000), Decimal(300_000_000), "CNY", "amount", currency="CNY")
PROGRAM, BATTERY, FIRM = "Program:863计划", "Technology:动力电池", "Firm:比亚迪"


@pytest.fixture(scope="module")
def ties() -> Ties:
    store = Store.in_memory()
    store.put(
        document(
            "a",
            Fact(PROGRAM, "targets", BATTERY, belief=0.9, time="1986年"),
            Fact(PROGRAM, "funds", FIRM, "proposed", belief=0.5),
            Fact(FIRM, "develops", BATTERY, time="2008年"),
            Fact(BATTERY, "appliedIn", "Industry:新能源汽车产业"),
        )
    )
    store.put(document("b", Fact(PROGRAM, "targets", BATTERY, belief=0.9), Fact(FIRM, "develops", BATTERY)))
    return Ties.of(store)


def names(ties: Ties, *around: str, hops: int = 1, limit: int = 100, **wanted: Any) -> set[str]:
    part = ties.part([id_of(name) for name in around], hops, limit, Wanted(**wanted))
    return {id_.partition("/")[2] for id_ in part.entities}


# ---- What is drawn


def test_hops_are_counted_from_all_that_is_named(ties: Ties) -> None:
    assert names(ties, PROGRAM) == {"863计划", "动力电池", "比亚迪"}
    assert names(ties, PROGRAM, hops=2) == names(ties, PROGRAM, BATTERY) == names(ties)
    assert names(ties, PROGRAM, hops=0) == {"863计划"}


def test_statements_are_filtered(ties: Ties) -> None:
    assert names(ties, PROGRAM, modalities=["actual"]) == {"863计划", "动力电池"}
    assert names(ties, PROGRAM, relations=["funds"]) == {"863计划", "比亚迪"}
    assert names(ties, FIRM, sources=["b"]) == {"比亚迪", "动力电池"}
    assert names(ties, FIRM, hidden_sources=["a", "b"]) == {"比亚迪"}
    assert names(ties, PROGRAM, min_confidence=0.95) == {"863计划", "动力电池"}
    assert names(ties, types=["Program", "Firm"]) == {"863计划", "比亚迪"}
    assert names(ties, BATTERY, types=["Program"]) == {"动力电池", "863计划"}


def test_the_graph_as_of_a_year(ties: Ties) -> None:
    assert names(ties, BATTERY, until_year=2000, sources=["a"]) == {"动力电池", "863计划", "新能源汽车产业"}
    assert names(ties, BATTERY, until_year=2000, dated=True) == {"动力电池", "863计划"}
    assert names(ties, BATTERY, until_year=2008, dated=True) == {"动力电池", "863计划", "比亚迪"}
    assert ties.years == (1986, 2008)


def test_the_limit_keeps_the_nearest_and_busiest_and_says_what_it_leaves_out(ties: Ties) -> None:
    part = ties.part([], 1, 2, Wanted())
    assert part.entities == (id_of(BATTERY), id_of(FIRM))
    assert part.left_out == 2
    assert part.degrees[id_of(BATTERY)] == 5
    assert names(ties, PROGRAM, FIRM, limit=1) == {"863计划", "比亚迪"}


def test_statements_that_say_the_same_are_one_line(ties: Ties) -> None:
    part = ties.part([id_of(PROGRAM)], 1, 100, Wanted())
    (line,) = [line for line in part.lines if line.predicate == "targets"]
    assert len(line.ties) == 2
    assert line.belief > 0.9


@pytest.mark.parametrize("wanted", [{"relations": ["likes"]}, {"types": ["Thing"]}, {"modalities": ["perhaps"]}])
def test_what_there_is_not_cannot_be_wanted(wanted: dict[str, Any]) -> None:
    with pytest.raises(QueryError, match="there is no"):
        Wanted(**wanted).check(load())


# ---- Where it lies


def test_places_are_always_the_same_and_near_what_is_joined() -> None:
    ids = [f"n{n}" for n in range(60)]
    pairs = [(ids[n], ids[n // 3]) for n in range(1, 60)]
    found = places(ids, pairs)
    assert found == places(ids[::-1], pairs[::-1])
    assert len(set(found.values())) == 60

    def apart(one: str, other: str) -> float:
        (x1, y1), (x2, y2) = found[one], found[other]
        return float(((x1 - x2) ** 2 + (y1 - y2) ** 2) ** 0.5)

    chance = Random(1)
    joined = sum(apart(*pair) for pair in pairs) / len(pairs)
    others = [chance.sample(ids, 2) for _ in range(200)]
    assert joined * 2 < sum(apart(*pair) for pair in others) / len(others)


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_few_things_lie_somewhere(count: int) -> None:
    ids = [f"n{n}" for n in range(count)]
    assert len(set(places(ids, []).values())) == count


def test_two_thousand_things_find_their_places_in_seconds() -> None:
    chance = Random(1)
    ids = [f"n{n:04}" for n in range(2000)]
    pairs = [(one, ids[int(chance.random() ** 3 * 2000)]) for one in ids for _ in range(2)]
    began = monotonic()
    assert len(set(places(ids, pairs).values())) > 1900
    assert monotonic() - began < 10


# ---- Routes


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("canvas") / "store")


@pytest.fixture(scope="module")
def client(place: Path) -> Iterator[httpx.Client]:
    with process(place, token=TOKEN) as (address, _), httpx.Client(base_url=address, timeout=20) as client:
        yield client


def test_the_graph_comes_with_places_and_looks(client: httpx.Client) -> None:
    found = client.get("/api/graph", params={"around": "863计划", "hops": 1}).json()
    assert found["around"] == [id_of(PROGRAM)]
    assert found["years"] == [1986, 1986]
    assert {node["label"]["zh"] for node in found["nodes"]} == {"863计划", "中国", "动力电池", "比亚迪"}
    assert all({"x", "y", "degree", "hidden", "type"} <= node.keys() for node in found["nodes"])
    assert {edge["p"] for edge in found["edges"]} == {"issuedBy", "targets", "funds", "develops"}
    assert {type_["name"] for type_ in found["types"]} == {"Program", "Place", "Technology", "Firm"}
    assert len({(type_["colour"], type_["shape"]) for type_ in found["types"]}) == 4
    busy = next(node for node in found["nodes"] if node["id"] == id_of(BATTERY))
    assert busy["hidden"] == busy["degree"] - 3


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"around": "没有的东西"}, 404),
        ({"relation": "likes"}, 400),
        ({"limit": 1_000_000}, 400),
        ({"until_year": "soon"}, 400),
        ({"around": ["x"] * 100}, 400),
    ],
)
def test_what_cannot_be_drawn_is_a_problem_with_details(
    client: httpx.Client, params: dict[str, Any], status: int
) -> None:
    response = client.get("/api/graph", params=params)
    assert response.status_code == status
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["detail"]


def test_statements_are_found_by_document_and_by_what_they_join(client: httpx.Client) -> None:
    of_b = client.get("/api/statements", params={"source": "paper-b"}).json()
    assert of_b["total"] == len(of_b["statements"]) == 2
    assert {row["source"] for one in of_b["statements"] for row in one["evidence"]} == {"paper-b"}
    given = {"s": FIRM.partition(":")[2], "p": "develops", "o": id_of(BATTERY)}
    both = client.get("/api/statements", params=given).json()["statements"]
    assert sorted(one["evidence"][0]["source"] for one in both) == ["paper-a", "paper-b"]
    assert client.get("/api/statements", params={"source": "none"}).status_code == 404
    assert client.get("/api/statements").status_code == 400
    assert client.get("/api/statements", params={"s": "863计划", "p": "} INSERT"}).status_code == 400


def test_figures_about_an_entity_are_found_with_their_sentence(tmp_path: Path) -> None:
    read = document("numbers", Fact(FIRM, "develops", BATTERY, value="3亿元"))
    sentence = read.assertions[0].evidence[0]
    start = sentence.spans[0].quote.index("3亿元") + sentence.spans[0].start
    figure = Figure(Span(start, start + 3, "3亿元"), "比亚迪", "投入", "actual", sentence, id_of(FIRM), "3亿元", AMOUNT)
    with Store.open(tmp_path / "store") as store:
        store.put(replace(read, figures=(figure,)))
    (found,) = asyncio.run(_asked(create_app(tmp_path / "store"), "/api/figures", about="比亚迪"))["figures"]
    assert (found["indicator"], found["value"], found["meant"]) == ("投入", "3亿元", AMOUNT.text())
    assert found["evidence"][0]["quote"] == sentence.quote
    assert asyncio.run(_asked(create_app(tmp_path / "store"), "/api/figures", about="动力电池")) == {"figures": []}


async def _asked(app: FastAPI, path: str, **params: str) -> Any:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        return (await client.get(path, params=params)).json()


def test_a_table_becomes_a_spreadsheet_in_which_nothing_is_a_formula(client: httpx.Client) -> None:
    rows = [["=1+1", 3], [*HOSTILE[:2]], ["http://example.com", 2.5], [None, None]]
    response = client.post("/api/spreadsheet", json={"columns": ["甲", "乙"], "rows": rows})
    assert response.headers["Content-Type"].endswith("spreadsheetml.sheet")
    with zipfile.ZipFile(BytesIO(response.content)) as book:
        sheet = book.read("xl/worksheets/sheet1.xml").decode()
        assert "=1+1" in book.read("xl/sharedStrings.xml").decode()
    assert "<f>" not in sheet
    assert "hyperlink" not in sheet
    assert "<v>2.5</v>" in sheet


@pytest.mark.parametrize("body", ["", "[]", '{"columns": ["a"], "rows": [[1, 2]]}', '{"columns": 1, "rows": []}'])
def test_what_is_no_table_is_refused(client: httpx.Client, body: str) -> None:
    assert client.post("/api/spreadsheet", content=body).status_code == 400


def test_a_table_has_a_largest_size(client: httpx.Client) -> None:
    assert client.post("/api/spreadsheet", content=b" " * (17 * 1024 * 1024)).status_code == 413


def test_an_empty_table_is_a_file_too() -> None:
    assert zipfile.is_zipfile(BytesIO(workbook(["a"], [])))
    assert zipfile.is_zipfile(BytesIO(workbook([], [])))


# ---- Sending documents


def test_documents_are_taken_only_with_the_token(client: httpx.Client, place: Path) -> None:
    for headers in ({}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN}):
        response = client.post("/api/documents", params={"name": "a.txt"}, content=b"text", headers=headers)
        assert response.status_code == 401
        assert "token" in response.json()["detail"]
    assert client.get("/api/uploads").json() == {"enabled": True, "max_bytes": MAX_BYTES, "jobs": []}


def test_a_server_without_a_token_takes_nothing(place: Path) -> None:
    asyncio.run(_taken_nothing(create_app(place)))


async def _taken_nothing(app: FastAPI) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://localhost") as client:
        response = await client.post("/api/documents", params={"name": "a.txt"}, content=b"text", headers=BEARER)
        assert response.status_code == 405
        assert (await client.get("/api/uploads")).json()["enabled"] is False


@pytest.mark.parametrize("name", ["..", "a/..", ".hidden.txt", "no-ending", "a\x00.txt", "长" * 100 + ".txt", " "])
def test_names_that_cannot_be_kept_are_refused(client: httpx.Client, place: Path, name: str) -> None:
    response = client.post("/api/documents", params={"name": name}, content=b"text", headers=BEARER)
    assert response.status_code == 400
    assert not list((place / "uploads" / ".drafts").iterdir())


def test_only_the_last_part_of_a_name_counts() -> None:
    assert file_name("../../etc/he2025.txt") == file_name("C:\\papers\\he2025.txt") == "he2025.txt"


def test_a_document_has_a_largest_size(client: httpx.Client, place: Path) -> None:
    def pieces() -> Iterator[bytes]:
        for _ in range(21):
            yield b" " * 1024 * 1024

    response = client.post("/api/documents", params={"name": "a.txt"}, content=pieces(), headers=BEARER)
    assert response.status_code == 413
    assert "MiB" in response.json()["detail"]
    assert not list((place / "uploads" / ".drafts").iterdir())


def test_a_failed_file_says_why_and_leaves_the_one_before(
    client: httpx.Client, place: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = place / "uploads" / "strange.exe"
    before.parent.mkdir(exist_ok=True)
    before.write_bytes(b"before")
    sent = client.post("/api/documents", params={"name": "strange.exe"}, content=b"text", headers=BEARER)
    assert sent.status_code == 202
    assert sent.json()["state"] in ("waiting", "reading")
    job = finished(client, sent.json()["id"])
    assert job["state"] == "failed"
    assert job["message"].startswith("strange.exe")
    assert before.read_bytes() == b"before"
    assert str(place) not in job["message"]
    said = client.get("/api/uploads", headers={**BEARER, "Accept-Language": "zh"}).json()["jobs"]
    (chinese,) = [each["message"] for each in said if each["id"] == job["id"]]
    assert chinese.startswith("strange.exe 不是 .md")


def finished(client: httpx.Client, id_: str) -> dict[str, Any]:
    until = monotonic() + 60
    while monotonic() < until:
        jobs = client.get("/api/uploads", headers=BEARER).json()["jobs"]
        job: dict[str, Any] = next(job for job in jobs if job["id"] == id_)
        if job["state"] not in ("waiting", "reading"):
            return job
        sleep(0.1)
    raise AssertionError("the file was not read in a minute")


def test_a_reading_that_dies_fails_one_file_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    uploads = Uploads(tmp_path / "store", TOKEN)
    for name in ("one.txt", "two.txt"):
        draft = uploads.draft() / "file"
        draft.write_text("text")
        uploads.add(draft, name)
    until = monotonic() + 20
    while any(job.state in ("waiting", "reading") for job in uploads.jobs()) and monotonic() < until:
        sleep(0.02)
    assert [(job.name, job.state) for job in uploads.jobs()] == [("two.txt", "failed"), ("one.txt", "failed")]
    assert not [path for path in (tmp_path / "store" / "uploads").rglob("*") if path.is_file()]
    uploads.close()
