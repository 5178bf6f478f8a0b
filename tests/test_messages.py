"""Errors in both languages: every sentence that is raised has its Chinese, and who asks gets their own."""

import ast
import re
import tomllib
from collections.abc import Iterator
from functools import cache
from itertools import count
from pathlib import Path

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from served import filled

from kg.api import create_app
from kg.messages import of_locale, preferred, translated

ROOT = Path(__file__).resolve().parents[1]
TABLE = tomllib.loads((ROOT / "kg" / "static" / "messages.toml").read_text(encoding="utf-8"))
CHINESE = re.compile("[\u4e00-\u9fff]")
PLACES = re.compile(r"\{\w+\}")

USERS = {"QueryError", "NotFound", "StoreError", "DocumentError", "HTTPException", "TooMuch", "PolicykgError"}
"""The errors that users meet. Packaged data at fault (OntologyError) is met by who changes it."""
READERS = {"pdf", "docx", "html", "apart"}
"""The modules of `ingest` whose errors go on as DocumentError, behind the file's name."""
PIECES = {
    ("gold", "{}:{}: {}"),
    ("apart", "{} {}"),
    ("apart", "{} {}: install what reads pictures, pip install 'policykg[ocr]'"),
    ("pdf", "{} is scanned ({})"),
    ("chains", "{} {} with {}, which {} is not"),
    ("cli", "no chain {} leads from {} to {}: {}, or ingest more documents"),
}
"""What is put together from pieces, of which one says what matters: see `PUT_TOGETHER`."""
PUT_TOGETHER = (
    "a.pdf is scanned (pages 1-3): install what reads pictures, pip install 'policykg[ocr]'",
    "policy-to-industry begins with Policy, which place/甲 is not",
    "policy-to-industry ends with Industry or Product, which place/甲 is not",
    "no chain of at most 5 hops leads from 甲 to 乙: allow more with --max-hops, or ingest more documents",
    "no chain of the form policy-to-industry leads from 甲 to …: leave out filters, or ingest more documents",
)


def sentence(node: ast.AST) -> str | None:
    """What a literal says, with something else in each of its places."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    number = count(1)
    return "".join(str(part.value) if isinstance(part, ast.Constant) else f"⟦{next(number)}⟧" for part in node.values)


def said(tree: ast.Module, node: ast.expr) -> Iterator[str]:
    """The sentences that an argument of an error may be: literals, and those of the name or function it is."""
    if (literal := sentence(node)) is not None:
        yield literal
    elif isinstance(node, ast.Name):
        for each in ast.walk(tree):
            if isinstance(each, ast.Assign) and any(isinstance(t, ast.Name) and t.id == node.id for t in each.targets):
                yield from filter(None, [sentence(each.value)])
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        for each in ast.walk(tree):
            if isinstance(each, ast.FunctionDef) and each.name == node.func.id:
                returned = (part.value for part in ast.walk(each) if isinstance(part, ast.Return) and part.value)
                yield from filter(None, map(sentence, returned))


def raised(path: Path) -> Iterator[str]:
    """The sentences of the errors that a module makes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    behind = path.parent.name == "ingest" and path.stem in READERS
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            ours = node.func.id in USERS or (behind and node.func.id in ("ValueError", "Scanned"))
            for text in (text for argument in node.args if ours for text in said(tree, argument)):
                yield text if node.func.id in USERS else f"⟦0⟧ {text}"
        elif behind and isinstance(node, ast.Dict):
            pairs = zip(node.keys, node.values, strict=True)
            errors = (value for key, value in pairs if key is not None and sentence(key) == "error")
            yield from (f"⟦0⟧ {text}" for value in errors for text in said(tree, value))


@cache
def everything() -> list[tuple[str, str]]:
    paths = [*(ROOT / "kg").rglob("*.py"), *(ROOT / "ingest").glob("*.py")]
    found = {(path.stem, text) for path in paths for text in raised(path) if " " in text}
    return sorted(pair for pair in found if (pair[0], re.sub("⟦.⟧", "{}", pair[1])) not in PIECES)


def test_every_error_that_users_meet_has_its_chinese() -> None:
    known = everything()
    assert len(known) > 120
    missing = [f"{module}: {text}" for module, text in known if not CHINESE.search(translated(text, "zh"))]
    assert missing == []
    for text in PUT_TOGETHER:
        assert CHINESE.search(translated(text, "zh").replace("甲", "").replace("乙", "")), text


def test_nothing_that_differs_is_lost() -> None:
    for module, text in everything():
        for place in re.findall("⟦.⟧", text):
            # a parameter's label is told in one language
            if place in text and not re.search(rf"needs .*{place}\)", text):
                assert place in translated(text, "zh"), (module, text)


def test_both_sides_of_the_table_have_the_same_places() -> None:
    for english, chinese in TABLE.items():
        assert not CHINESE.search(english)
        assert CHINESE.search(chinese), english
        places = set(PLACES.findall(english)) - ({"{en}"} if "{zh}" in english else set())
        assert set(PLACES.findall(chinese)) <= set(PLACES.findall(english))
        dropped = places - set(PLACES.findall(chinese))
        assert dropped <= {"{name}", "{remedy}"} if "dictionary" in english else dropped == set(), english


def test_what_users_wrote_stays_as_they_wrote_it() -> None:
    assert "“none”" in translated("the store knows no entity named none", "zh")
    named = translated("the store knows no entity named Not Found: did you mean the whole, none?", "zh")
    assert named == "图谱中没有名为“Not Found”的实体：是不是 the whole, none？"
    braces = translated("the store holds no document named {name} {0}", "zh")
    assert "{name} {0}" in braces
    for english in ("the store knows no entity named 甲", "no such sentence"):
        assert translated(english, "en") == english
    assert translated("no such sentence", "zh") == "no such sentence"


def test_a_hostile_sentence_is_given_back() -> None:
    hostile = "a has  bytes, more than : " * 40_000
    assert translated(hostile, "zh") == hostile
    assert translated(hostile[:2000], "zh")


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("*", "en"),
        ("zh", "zh"),
        ("zh-Hant-TW, en;q=0.3", "zh"),
        ("en-GB, zh", "en"),
        ("zh;q=0, en;q=0.1", "en"),
        ("fr, zh;q=0.1", "zh"),
        ("zh;q=x", "zh"),
        (";;,,q=", "en"),
        ("en," * 10_000, "en"),
    ],
)
def test_the_language_asked_for(header: str, language: str) -> None:
    assert preferred(header) == language


def test_the_language_of_a_terminal() -> None:
    assert of_locale({}) == "en"
    assert of_locale({"LC_ALL": "", "LANG": "zh_TW"}) == "zh"
    assert of_locale({"KG_LANG": "en", "LC_ALL": "zh_CN.UTF-8"}) == "en"
    assert of_locale({"KG_LANG": "zh", "LC_ALL": "C"}) == "zh"


# ---- Served


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    place = filled(tmp_path_factory.mktemp("messages") / "store")
    with TestClient(create_app(place), "http://localhost", raise_server_exceptions=False) as client:
        yield client


@pytest.mark.parametrize(
    ("path", "title", "detail"),
    [
        ("/view?around=无此物", "没有找到", "图谱中没有名为“无此物”的实体"),
        ("/api/chains?from=863计划", "请求有误", "关系链缺少终点：请给出实体（to）或类型（to_type），或模板"),
        ("/api/entities?limit=0", "请求有误", "limit：不得小于 1"),
        ("/api/entities?limit=x&offset=-1", "请求有误", "limit：应为整数；offset：不得小于 0"),
        ("/reconcile?queries={", "请求有误", "queries 无法读取：整体：不是 JSON"),
        ("/sparql?query=SELECT", "请求有误", "查询无法解析："),
        ("/nonsense", "没有找到", "没有找到：可用的地址见 /docs"),
    ],
)
def test_problems_in_the_language_asked_for(client: TestClient, path: str, title: str, detail: str) -> None:
    chinese = client.get(path, headers={"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.8"})
    problem = chinese.json()
    assert problem["title"] == title
    assert problem["detail"].startswith(detail)
    assert chinese.headers["content-language"] == "zh"
    assert "Accept-Language" in chinese.headers["vary"]
    for english in (client.get(path), client.get(path, headers={"Accept-Language": "en-US"})):
        assert english.headers["content-language"] == "en"
        assert english.json()["status"] == problem["status"]
        assert not CHINESE.search(english.json()["title"])
        assert not CHINESE.search(english.json()["detail"].replace("无此物", ""))


def test_every_status_has_both_titles(client: TestClient) -> None:
    def fail() -> None:
        raise RuntimeError("secret")

    app = client.app
    assert isinstance(app, FastAPI)
    app.add_api_route("/fails", fail)
    answer = client.get("/fails", headers={"Accept-Language": "zh"})
    assert (answer.status_code, answer.json()["title"]) == (500, "服务器出错")
    assert "secret" not in answer.text
    posted = client.post("/reconcile", content=b"x", headers={"Accept-Language": "zh"})
    assert (posted.status_code, posted.json()["title"]) == (415, "不收这种格式")
    gone = client.get("/id/firm/比亚迪", headers={"Accept-Language": "zh", "Accept": "image/png"})
    assert gone.status_code == 406
    assert gone.json()["title"] == "没有这种格式"
    assert {part.strip() for part in gone.headers["vary"].split(",")} == {"Accept", "Accept-Language"}
