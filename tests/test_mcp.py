"""The tools for assistants, as the SDK's own client sees them: over standard input and output of a child process."""

import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters
from served import filled
from small_graphs import Fact, citing, document

from kg.model import Bibliography, Extraction, Page
from kg.store import Store

ROOT = Path(__file__).resolve().parents[1]
MAIN = "import sys; from kg.cli import main; main()"
TOOLS = {"search", "show", "chain", "ask", "evidence", "documents"}
WORK = "张三. 电池技术[J]. 科学通报, 2019, 3(2): 1-9."


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two made-up documents with hostile names, and one that has authors, pages and references."""
    path = filled(tmp_path_factory.mktemp("mcp") / "store")
    made = citing(document("he2025", Fact("Policy:补贴", "targets", "Technology:钠电池", belief=0.7)), WORK)
    about = Bibliography(title_zh="论补贴", authors=("贺德方", "李四", "王五"), year=2025)
    pages = (Page("785", 0, 3), Page("786", 3, len(made.document.text)))
    with Store.open(path) as opened:
        opened.put(_printed(made, about, pages))
    return path


def _printed(made: Extraction, about: Bibliography, pages: tuple[Page, ...]) -> Extraction:
    whole = replace(made.document, bibliography=about, pages=pages)
    paged = (
        replace(each, evidence=tuple(replace(e, page=whole.page(e.spans)) for e in each.evidence))
        for each in made.assertions
    )
    return replace(made, document=whole, assertions=tuple(paged))


@pytest.fixture(scope="module")
def answers(store: Path) -> dict[str, Any]:
    """What one client, in one session, was answered: the process starts once for all tests."""

    async def converse(client: Client) -> dict[str, Any]:
        told: dict[str, Any] = {"tools": (await client.list_tools()).tools, "instructions": client.instructions}
        for name, (tool, arguments) in CALLS.items():
            told[name] = await client.call_tool(tool, arguments)
        statement = told["show"].structured_content["statements"][0]["id"]
        told["evidence"] = await client.call_tool("evidence", {"statement": statement})
        chain = told["chain"].structured_content["chains"][0]["id"]
        told["again"] = await client.call_tool("chain", {"id": chain})
        with Store.open(store) as opened:
            opened.put(document("late", Fact("Policy:新政", "targets", "Technology:钠电池")))
        told["later"] = await client.call_tool("search", {"query": "新政"})
        return told

    return talk(store, converse)


CALLS: dict[str, tuple[str, dict[str, Any]]] = {
    "search": ("search", {"query": "dongli"}),
    "typed": ("search", {"query": "动力电池", "type": "Firm"}),
    "hostile": ("search", {"query": "长长"}),
    "show": ("show", {"entity": "补贴"}),
    "proposed": ("show", {"entity": "双积分政策", "modality": "proposed"}),
    "page": ("show", {"entity": "动力电池", "limit": 2, "offset": 1}),
    "crowd": ("show", {"entity": "动力电池", "limit": 100}),
    "chain": ("chain", {"start": "863计划", "end": "电动汽车产业"}),
    "questions": ("ask", {}),
    "ask": ("ask", {"question": "what-targets", "params": {"what": "钠电池"}}),
    "documents": ("documents", {}),
    "no entity": ("show", {"entity": "动力电迟"}),
    "no relation": ("show", {"entity": "补贴", "relation": "likes"}),
    "no end": ("chain", {"start": "863计划"}),
    "no question": ("ask", {"question": "what-what"}),
    "no parameter": ("ask", {"question": "what-targets"}),
    "no statement": ("evidence", {"statement": "../../etc"}),
    "too many": ("search", {"query": "x", "limit": 100_000}),
    "too long": ("show", {"entity": "x" * 501}),
}


def talk(store: Path, converse: Callable[[Client], Awaitable[dict[str, Any]]]) -> dict[str, Any]:
    """What a conversation with `kg mcp` in a child process gives."""
    parameters = StdioServerParameters(
        command=sys.executable, args=["-c", MAIN, "mcp", "--store", str(store)], env={"PYTHONPATH": str(ROOT)}
    )

    async def main() -> dict[str, Any]:
        with anyio.fail_after(50):
            async with Client(parameters) as client:
                return await converse(client)

    return anyio.run(main)


def given(answers: dict[str, Any], name: str) -> dict[str, Any]:
    assert not answers[name].is_error, answers[name].content
    found: dict[str, Any] = answers[name].structured_content
    return found


def test_the_tools_say_in_both_languages_what_they_do_and_that_they_only_read(answers: dict[str, Any]) -> None:
    tools = {tool.name: tool for tool in answers["tools"]}
    assert tools.keys() == TOOLS
    for tool in tools.values():
        said = [tool.title, tool.description, *_described(tool.input_schema)]
        assert all(any("一" <= c <= "鿿" for c in text) and any(c.isascii() for c in text) for text in said)
        assert tool.annotations.read_only_hint
        assert not tool.annotations.destructive_hint
        assert tool.output_schema["type"] == "object"
    assert tools["search"].input_schema["properties"]["limit"]["maximum"] == 100
    assert "quote" in answers["instructions"]


def _described(schema: dict[str, Any]) -> list[str]:
    return [part["description"] for part in schema["properties"].values() if "description" in part]


def test_an_entity_is_found_by_its_pinyin_and_by_type(answers: dict[str, Any]) -> None:
    assert given(answers, "search")["entities"][0]["id"] == "technology/动力电池"
    assert all(each["type"] == "Firm" for each in given(answers, "typed")["entities"])


def test_a_statement_comes_with_author_year_page_section_quote_and_the_work_it_rests_on(
    answers: dict[str, Any],
) -> None:
    [statement] = given(answers, "show")["statements"]
    assert statement["reads"]["zh"].startswith("补贴")
    [citation] = statement["citations"]
    assert citation["cite"]["zh"] == "贺德方等，2025，第785–786页，1节"
    assert (citation["authors"][0], citation["year"], citation["page"]) == ("贺德方", 2025, "785–786")
    assert citation["quote"] == "补贴 targets 钠电池。"
    assert "电池技术" in citation["rests_on"][0]


def test_modalities_and_pages_choose_among_statements(answers: dict[str, Any]) -> None:
    assert {each["modality"] for each in given(answers, "proposed")["statements"]} == {"proposed"}
    page, crowd = given(answers, "page"), given(answers, "crowd")
    assert page["total"] == crowd["total"] > 3
    assert [each["id"] for each in page["statements"]] == [each["id"] for each in crowd["statements"][1:3]]
    beliefs = [each["belief"] for each in crowd["statements"]]
    assert beliefs == sorted(beliefs, reverse=True)


def test_a_name_of_ten_thousand_characters_is_cut(answers: dict[str, Any]) -> None:
    [entity] = given(answers, "hostile")["entities"]
    assert len(entity["name"]["zh"]) == 200
    quotes = [c for each in given(answers, "crowd")["statements"] for c in each["citations"]]
    assert max(len(each["quote"]) for each in quotes) == 1000
    assert any(each["cut"] for each in quotes)


def test_chains_are_told_and_found_again_by_id(answers: dict[str, Any]) -> None:
    best = given(answers, "chain")["chains"][0]
    ends = best["hops"][0]["statement"]["subject"]["id"], best["hops"][-1]["statement"]["object"]["id"]
    assert ends == ("program/863计划", "industry/新能源汽车产业")
    assert all(hop["statement"]["citations"][0]["quote"] for hop in best["hops"])
    assert best["paragraph"]["en"].startswith("From 863计划 to NEV industry")
    assert given(answers, "again")["chains"] == [best]


def test_questions_are_listed_with_their_parameters(answers: dict[str, Any]) -> None:
    listed = given(answers, "questions")
    questions = {each["name"]: each for each in listed["questions"]}
    what, type_ = questions["what-targets"]["params"]
    assert (what["name"], what["kind"], what["required"]) == ("what", "Entity", True)
    assert type_["kind"] == "Type"
    assert "Policy" in listed["choices"]["Type"]


def test_an_answer_cites_the_sentence_of_each_row(answers: dict[str, Any]) -> None:
    answer = given(answers, "ask")
    assert answer["total"] == 1
    [row] = answer["rows"]
    assert row["ids"]["actor"] == "policy/补贴"
    assert row["citation"]["cite"]["en"].endswith("2025, pp. 785–786, section 1")
    assert row["citation"]["quote"] == row["cells"]["quote"]["zh"]


def test_evidence_gives_the_sentence_and_the_text_around_it(answers: dict[str, Any]) -> None:
    found = given(answers, "evidence")
    [sentence] = found["sentences"]
    assert found["total"] == 1
    assert sentence["quote"] == "补贴 targets 钠电池。"
    assert sentence["after"].startswith("\n参考文献")


def test_documents_come_with_how_to_cite_them(answers: dict[str, Any]) -> None:
    documents = {each["document"]: each for each in given(answers, "documents")["documents"]}
    assert documents.keys() == {"paper-a", "paper-b", "he2025"}
    assert documents["he2025"]["cite"] == {"zh": "贺德方等，2025", "en": "贺德方 et al., 2025"}


def test_what_is_written_meanwhile_is_found(answers: dict[str, Any]) -> None:
    assert [each["id"] for each in given(answers, "later")["entities"]] == ["policy/新政"]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("no entity", "did you mean"),
        ("no relation", "choose one of"),
        ("no end", "name an entity"),
        ("no question", "ask one of"),
        ("no parameter", "needs what"),
        ("no statement", "take one that show or chain gives"),
        ("too many", "less than or equal to 100"),
        ("too long", "at most 500 characters"),
    ],
)
def test_what_cannot_be_answered_is_a_tool_error_that_says_what_to_do(
    answers: dict[str, Any], name: str, remedy: str
) -> None:
    assert answers[name].is_error
    assert remedy in answers[name].content[0].text


def test_without_a_store_the_command_ends_with_one_line(tmp_path: Path) -> None:
    done = _run(MAIN, tmp_path / "none")
    assert (done.returncode, done.stdout) == (4, "")
    assert len(done.stderr.splitlines()) == 1


def test_without_the_sdk_the_command_says_what_to_install(store: Path) -> None:
    done = _run("import sys; sys.modules['mcp'] = None; " + MAIN, store)
    assert done.returncode == 1
    assert "pip install 'policykg[mcp]'" in done.stderr


def _run(code: str, store: Path) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, "-c", code, "mcp", "--store", str(store)]
    env = {"PYTHONPATH": str(ROOT)}
    return subprocess.run(command, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, env=env)
