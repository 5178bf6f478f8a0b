"""The command line as a user meets it: what it prints, what it leaves behind, how it ends."""

import json
import os
import pty
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from io import BytesIO
from itertools import pairwise
from pathlib import Path

import networkx as nx
import pytest
import typer
from rdflib import Dataset
from rdflib import Graph as RdfGraph
from small_graphs import Fact, document, id_of

from ingest.batch import ingest
from ingest.pipeline import Pipeline
from kg.cli import app, main  # noqa: TID251  (this is the test of that edge)
from kg.export import FORMATS
from kg.inference import infer
from kg.model import Extraction
from kg.ontology import load
from kg.resolution import resolve
from kg.store import Store

TIDAL = """# 深海的政策

## 1 布局

2001年，挪威政府启动了深海探测重点专项（以下简称“深探专项”）。深探专项支持超导磁体技术。奥斯陆大学研制出深海潜水装备。超导磁体技术带动了冰川旅游产业的发展。863计划也支持超导磁体技术。

## 2 政策建议

深探专项支持真空镀膜技术。
"""

AURORA = """# A short history of sonar

In 1999 the Norwegian Polar Agency launched the Aurora Program. The Aurora Program supports sonar technology. \
Fjord University invented the sonar technology. The sonar technology enabled the herring industry.
"""

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self):
        return json.loads(self.out)


@pytest.fixture
def kg(monkeypatch, capsysbinary):
    """Runs a command line in this process."""

    def run(*args: str | Path) -> Ended:
        monkeypatch.setattr(sys, "argv", ["kg", *map(str, args)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsysbinary.readouterr()
        return Ended(int(ended.value.code or 0), out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))

    return run


@pytest.fixture(autouse=True)
def place(tmp_path: Path, monkeypatch) -> Path:
    """The store of this test, which $KG_STORE names."""
    store = tmp_path / "store"
    monkeypatch.setenv("KG_STORE", str(store))
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHONIOENCODING", "utf-8")
    monkeypatch.delenv("KG_LANG", raising=False)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return store


def command(*args: str | bytes | Path) -> list[str | bytes | Path]:
    return [sys.executable, "-m", "kg.cli", *args]


def process(*args: str | bytes | Path, cwd: Path | None = None) -> Ended:
    """Runs a command line in a process of its own."""
    done = subprocess.run(command(*args), capture_output=True, cwd=cwd, timeout=120, check=False)
    return Ended(done.returncode, done.stdout.decode("utf-8"), done.stderr.decode("utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one Chinese and one English document."""
    documents = tmp_path / "documents"
    documents.mkdir()
    (documents / "tidal.md").write_text(TIDAL, encoding="utf-8")
    (documents / "aurora.txt").write_text(AURORA, encoding="utf-8")
    return documents


@pytest.fixture(scope="module")
def filled(tmp_path_factory) -> Path:
    """A store in which both documents are."""
    made = tmp_path_factory.mktemp("filled")
    (made / "tidal.md").write_text(TIDAL, encoding="utf-8")
    (made / "aurora.txt").write_text(AURORA, encoding="utf-8")
    with Store.open(made / "store") as store:
        outcomes = list(ingest(store, [made / "tidal.md", made / "aurora.txt"], Pipeline()))
    assert [outcome.status for outcome in outcomes] == ["added", "added"]
    return made / "store"


@pytest.fixture
def known(filled: Path, place: Path) -> Path:
    """This test's own copy of that store."""
    shutil.copytree(filled, place)
    return place


def quads(place: Path) -> set[str]:
    with Store.open(place, read_only=True) as store:
        return {str(quad) for quad in store.quads()}


# ---- In processes of their own


def test_a_user_reads_documents_and_asks_about_them(folder: Path, place: Path) -> None:
    read = process("ingest", folder)
    assert (read.code, read.err) == (0, "")
    assert [line.split("：")[0] for line in read.out.splitlines()] == ["aurora 已读入", "tidal 已读入"]
    shown = process("show", "863 Program")
    assert (shown.code, shown.err) == (0, "")
    assert "863计划" in shown.out
    assert "863计划也支持超导磁体技术。" in shown.out
    checked = process("check")
    assert (checked.code, checked.out, checked.err) == (0, "发现 0 处\n", "")
    assert place.is_dir()


def test_a_name_that_is_no_text_is_not_found(known: Path) -> None:
    ended = process("show", b"\xff\xfe")
    assert ended.code == 6
    assert ended.err.startswith("kg: the store knows no entity named")


@pytest.mark.parametrize("args", [("export",), ("stats",), ("ask",)])
def test_a_reader_that_stops_early_hears_no_complaint(known: Path, args: tuple[str, ...]) -> None:
    with subprocess.Popen(command(*args), stdout=subprocess.PIPE, stderr=subprocess.PIPE) as writing:
        assert writing.stdout
        assert writing.stderr
        writing.stdout.close()
        assert writing.stderr.read() == b""


def test_only_one_process_writes_and_others_read_meanwhile(folder: Path, known: Path) -> None:
    with Store.open(known):
        ended = process("ingest", folder)
        assert ended.code == 4
        assert ended.err.startswith("kg: ")
        assert str(known) in ended.err
        assert process("documents").code == 0
    assert process("ingest", folder).code in (0, 3)


# ---- Documents in and out


def test_a_folder_is_read_in_order(kg, folder: Path) -> None:
    ended = kg("ingest", folder, "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    documents = ended.json["documents"]
    assert [(d["source"], d["status"]) for d in documents] == [("aurora", "added"), ("tidal", "added")]
    assert all(d["entities"] and d["assertions"] and d["message"] == "" for d in documents)
    assert documents[1]["path"] == str(folder / "tidal.md")


def test_reading_again_changes_nothing(kg, folder: Path, place: Path) -> None:
    kg("ingest", folder)
    before = quads(place)
    again = kg("ingest", folder)
    assert (again.code, again.out) == (0, "aurora 未变\ntidal 未变\n")
    assert quads(place) == before


def test_reading_again_by_force_gives_the_same_store(kg, folder: Path, place: Path) -> None:
    kg("ingest", folder)
    before = quads(place)
    forced = kg("ingest", folder, "--force")
    assert [line.split("：")[0] for line in forced.out.splitlines()] == ["aurora 已更新", "tidal 已更新"]
    assert quads(place) == before


def test_a_changed_document_takes_the_place_of_the_old_one(kg, folder: Path, place: Path) -> None:
    kg("ingest", folder)
    (folder / "tidal.md").write_text("# 深海的政策\n\n挪威政府资助奥斯陆大学。\n", encoding="utf-8")
    ended = kg("ingest", folder)
    assert ended.out.splitlines()[0] == "aurora 未变"
    assert ended.out.splitlines()[1].startswith("tidal 已更新：")
    assert kg("show", "深探专项").code == 6
    assert "挪威政府资助奥斯陆大学。" in kg("show", "奥斯陆大学").out
    assert "深海潜水装备" not in "".join(quads(place))


def test_a_document_is_removed_with_all_that_only_it_states(kg, known: Path) -> None:
    assert kg("remove", "tidal").out == "tidal removed\n"
    assert kg("documents", "--format", "json").json["documents"][0]["source"] == "aurora"
    assert kg("show", "深探专项").code == 6
    assert kg("show", "Aurora Program").code == 0
    assert not any("tidal" in quad for quad in quads(known))


def test_removing_an_unknown_document_suggests_one(kg, known: Path) -> None:
    ended = kg("remove", "tidel")
    assert ended.code == 6
    assert ended.err == "kg: the store holds no document named tidel\nkg: did you mean: tidal?\n"


def test_documents_are_listed_with_what_they_say_of_themselves(kg, known: Path) -> None:
    chinese, english = kg("documents"), kg("documents", "--lang", "en")
    assert [line.split()[0] for line in chinese.out.splitlines()] == ["aurora", "tidal"]
    assert "深海的政策" in chinese.out
    assert "实体" in chinese.out
    assert "entities" in english.out
    rows = kg("documents", "--format", "json").json["documents"]
    assert [(row["source"], row["language"], row["bibliography"]["title_zh"]) for row in rows] == [
        ("aurora", "en", ""),
        ("tidal", "zh", "深海的政策"),
    ]


# ---- Wrong files


def wrong_file(folder: Path, name: str, data: bytes) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("binary.txt", b"\x7fELF\x02\x01\x01\x00\x00\xfe\xff" * 40, "is no text"),
        ("nul.txt", "挪威\0政府启动了深海探测重点专项。".encode(), "is no text"),
        ("empty.md", b"", "is empty"),
        ("blank.md", b" \n\t\n", "is empty"),
        ("wide.txt", TIDAL.encode("utf-16-le"), "iconv -f UTF-16LE -t UTF-8"),
        ("table.md", b"1 2 3\n", "holds no sentence"),
    ],
)
def test_a_file_that_cannot_be_read_stops_no_other(kg, folder: Path, name: str, data: bytes, said: str) -> None:
    bad = wrong_file(folder, name, data)
    ended = kg("ingest", folder)
    assert ended.code == 3
    assert ended.err.splitlines()[0].startswith(f"kg: {bad} ")
    assert said in ended.err
    assert ended.err.splitlines()[-1] == "kg: 1 of 3 files could not be ingested"
    assert "Traceback" not in ended.err
    assert [row["source"] for row in kg("documents", "--format", "json").json["documents"]] == ["aurora", "tidal"]


def test_a_failed_file_is_told_in_json_too(kg, folder: Path) -> None:
    wrong_file(folder, "empty.md", b"")
    ended = kg("ingest", folder, "--format", "json")
    assert ended.code == 3
    failed = [row for row in ended.json["documents"] if row["status"] == "failed"]
    assert [row["source"] for row in failed] == ["empty"]
    assert "is empty" in failed[0]["message"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("missing.md", "does not exist"), ("paper.pdf", "is no PDF, or a damaged one"), ("bare", "folder")],
)
def test_a_path_that_names_no_document_stops_no_other(kg, folder: Path, tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "paper.pdf").write_bytes(b"%PDF-1.7")
    (tmp_path / "bare").mkdir()
    ended = kg("ingest", tmp_path / name, folder)
    assert ended.code == 3
    assert str(tmp_path / name) in ended.err
    assert said in ended.err
    assert [row["source"] for row in kg("documents", "--format", "json").json["documents"]] == ["aurora", "tidal"]


def test_a_file_that_may_not_be_read_stops_no_other(kg, folder: Path) -> None:
    shut = wrong_file(folder, "shut.md", TIDAL.encode())
    shut.chmod(0)
    if os.access(shut, os.R_OK):
        pytest.skip("permissions do not bind this user")
    ended = kg("ingest", folder)
    assert ended.code == 3
    assert "check its permissions" in ended.err


def test_two_files_of_one_name_do_not_replace_each_other(kg, folder: Path, tmp_path: Path) -> None:
    (folder / "more").mkdir()
    wrong_file(folder / "more", "tidal.md", AURORA.encode())
    ended = kg("ingest", folder)
    assert ended.code == 3
    assert "have the same name 'tidal'" in ended.err
    assert len(kg("documents", "--format", "json").json["documents"]) == 2


def test_a_file_from_elsewhere_does_not_take_a_documents_place(kg, folder: Path, tmp_path: Path) -> None:
    kg("ingest", folder)
    other = wrong_file(tmp_path, "tidal.md", AURORA.encode())
    ended = kg("ingest", other)
    assert ended.code == 3
    assert "kg remove tidal" in ended.err
    assert kg("show", "深探专项").code == 0
    assert kg("remove", "tidal").code == 0
    assert kg("ingest", other).code == 0


def test_the_same_text_may_move(kg, folder: Path, tmp_path: Path) -> None:
    kg("ingest", folder)
    moved = tmp_path / "elsewhere"
    folder.rename(moved)
    assert kg("ingest", moved).code == 0


# ---- Looking up


@pytest.mark.parametrize("name", ["863计划", "863 Program", "“863”计划", "program/863计划"])
def test_an_entity_is_shown_by_any_name_and_by_its_id(kg, known: Path, name: str) -> None:
    ended = kg("show", name)
    assert ended.code == 0
    assert ended.out.splitlines()[0].endswith("program/863计划")
    assert "→ 面向 超导磁体技术" in ended.out
    assert "[tidal §1, " in ended.out


def test_an_entity_is_shown_in_english(kg, known: Path, monkeypatch) -> None:
    said = kg("show", "863 Program", "--lang", "en").out
    assert "→ targets 超导磁体技术" in said
    monkeypatch.setenv("KG_LANG", "en")
    assert kg("show", "863 Program").out == said


def test_what_is_proposed_is_shown_as_proposed(kg, known: Path) -> None:
    (line,) = [line for line in kg("show", "深探专项").out.splitlines() if "真空镀膜技术" in line and "→" in line]
    assert "建议" in line


def test_a_limit_says_that_there_is_more(kg, known: Path) -> None:
    ended = kg("show", "深探专项", "--limit", "1")
    assert sum(line.startswith("  →") for line in ended.out.splitlines()) == 1
    assert "--limit" in ended.out


WHOLE = "Program:极光计划"
NESTED = (
    Fact("Program:北极专项", "partOf", WHOLE, time="“十二五”以来"),
    Fact("Program:北极专项", "targets", "Technology:声呐技术", value="约3亿元", attributed_to="能源协会", general=True),
    Fact("Firm:鲱鱼公司", "participatesIn", "Program:北极专项", role="leads", condition="率先达标"),
)


@pytest.fixture
def nested(place: Path) -> Path:
    """A store in which a program has a part, with what follows from that."""
    with Store.open(place) as store:
        store.put(document("nested", *NESTED))
        infer(store, load())
    return place


def test_what_was_inferred_is_shown_as_inferred_with_its_rule(kg, nested: Path) -> None:
    shown = kg("show", "极光计划").out
    stated, _, inferred = shown.partition("由规则推断，文献没有直接说")
    assert "声呐技术" not in stated
    assert "⇒ 间接面向 声呐技术" in inferred
    assert "⇐ 参与者有 鲱鱼公司" in inferred
    assert "[whole-program-indirectly-targets]" in inferred
    assert "⇒ indirectly targets 声呐技术" in kg("show", "极光计划", "--lang", "en").out
    row = next(r for r in kg("show", "极光计划", "--format", "json").json["inferred"] if r["p"] == "indirectlyTargets")
    assert (row["o"], row["rule"], len(row["premises"])) == (id_of("Technology:声呐技术"), row["rule"], 2)


def test_a_limit_holds_for_what_was_inferred(kg, nested: Path) -> None:
    lines = kg("show", "极光计划", "--limit", "1").out.splitlines()
    assert sum(line.startswith(("  ⇒", "  ⇐")) for line in lines) == 1


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("zh", ["“十二五”以来；2011–", "约3亿元；≈ 300000000 CNY；据能源协会；一般论断", "牵头；条件：率先达标"]),
        ("en", ["“十二五”以来；2011–", "≈ 300000000 CNY；after 能源协会；general claim", "leads；if: 率先达标"]),
    ],
)
def test_what_qualifies_a_statement_is_shown(kg, nested: Path, lang: str, said: list[str]) -> None:
    shown = kg("show", "北极专项", "--lang", lang).out
    assert [part for part in said if part not in shown] == []


def test_show_as_json_holds_statements_with_evidence(kg, known: Path) -> None:
    row = kg("show", "深探专项", "--format", "json").json
    assert (row["id"], row["type"], row["label"]) == ("program/深海探测重点专项", "Program", "深海探测重点专项")
    issued = next(s for s in row["outgoing"] if s["p"] == "issuedBy")
    assert (issued["o"], issued["time"], issued["modality"]) == ("government/挪威政府", "2001年", "actual")
    quotes_exactly(issued["evidence"])


def quotes_exactly(evidence: list[dict]) -> None:
    texts = {"tidal": TIDAL, "aurora": AURORA}
    assert evidence
    for row in evidence:
        assert texts[row["source"]][row["start"] : row["end"]] == row["quote"]


def test_a_slip_is_answered_by_a_suggestion(kg, known: Path) -> None:
    ended = kg("show", "深海探测重点专向")
    assert ended.code == 6
    assert ended.out == ""
    assert ended.err == "kg: the store knows no entity named 深海探测重点专向: did you mean 深海探测重点专项?\n"


def test_chains_are_told_hop_by_hop(kg, known: Path) -> None:
    ended = kg("chain", "深探专项", "冰川旅游产业")
    assert ended.code == 0
    first, *hops = ended.out.splitlines()
    assert first.startswith("1. 深海探测重点专项 → 超导磁体技术 → 冰川旅游产业")
    assert [line.strip().split("  (")[0] for line in hops[::2]] == [
        "深海探测重点专项 —面向→ 超导磁体技术",
        "超导磁体技术 —促进→ 冰川旅游产业",
    ]
    assert all("[tidal §1, " in line for line in hops[1::2])


def test_chains_as_json_keep_their_contract(kg, known: Path) -> None:
    chains = kg("chain", "挪威政府", "冰川旅游产业", "--format", "json", "--limit", "9").json["chains"]
    assert chains
    beliefs = [chain["belief"] for chain in chains]
    assert all(0 < belief <= 1 for belief in beliefs)
    assert beliefs == sorted(beliefs, reverse=True)
    for chain in chains:
        for hop in chain["hops"]:
            assert {"s", "p", "o", "evidence"} <= hop.keys()
            quotes_exactly(hop["evidence"])
        ends = [{hop["s"], hop["o"]} for hop in chain["hops"]]
        assert "government/挪威政府" in ends[0]
        assert "industry/冰川旅游产业" in ends[-1]
        assert all(one & other for one, other in pairwise(ends))


def test_chains_may_leave_out_what_is_only_proposed(kg, known: Path) -> None:
    assert kg("chain", "深探专项", "真空镀膜技术").code == 0
    assert kg("chain", "深探专项", "真空镀膜技术", "--actual").code == 6


def test_chains_to_a_type_by_template_and_within_filters(kg, known: Path) -> None:
    assert "→ 冰川旅游产业" in kg("chain", "深探专项", "--to-type", "Industry").out
    assert "→ 冰川旅游产业" in kg("chain", "--template", "program-to-industry", "深探专项").out
    assert kg("chain", "深探专项", "冰川旅游产业", "--document", "tidal", "--type", "Technology").code == 0
    assert kg("chain", "深探专项", "冰川旅游产业", "--relation", "funds").code == 6
    assert kg("chain", "深探专项", "冰川旅游产业", "--modality", "negated").code == 6
    assert kg("chain", "深探专项").code == 2
    assert kg("chain", "深探专项", "冰川旅游产业", "--relation", "likes").code == 2


def test_the_forms_of_chains_are_listed(kg) -> None:
    listed = kg("chain", "--templates", "--format", "json").json["templates"]
    assert "policy-to-industry" in [each["name"] for each in listed]
    assert [line.split()[0] for line in kg("chain", "--templates").out.splitlines()] == [e["name"] for e in listed]


def test_where_no_chain_leads_it_is_said(kg, known: Path) -> None:
    ended = kg("chain", "863计划", "herring industry")
    assert ended.code == 6
    assert ended.err.startswith("kg: no chain of at most 5 hops leads from 863计划 to herring industry")
    assert "--max-hops" in ended.err


def test_too_long_a_way_is_no_chain(kg, known: Path) -> None:
    assert kg("chain", "深探专项", "冰川旅游产业", "--max-hops", "2").code == 0
    assert kg("chain", "深探专项", "冰川旅游产业", "--max-hops", "1").code == 6


# ---- Asking


def test_the_questions_are_listed(kg) -> None:
    listed = kg("ask")
    assert listed.code == 0
    names = [line.split()[0] for line in listed.out.splitlines()]
    assert names == sorted(path.stem for path in (ROOT / "queries").glob("*.rq"))
    assert [q["name"] for q in kg("ask", "--format", "json").json["questions"]] == names


def test_a_question_is_answered(kg, known: Path) -> None:
    ended = kg("ask", "developers-of", "--param", "what=深海潜水装备")
    assert ended.code == 0
    assert "奥斯陆大学研制出深海潜水装备。" in ended.out
    (row,) = kg("ask", "developers-of", "-p", "what=深海潜水装备", "--format", "json").json["rows"]
    assert row["actor"]["id"] == "university/奥斯陆大学"


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("developers-of",), 2, "needs what"),
        (("developers-of", "-p", "wat=深海潜水装备"), 2, "its parameters are: what"),
        (("developers-of", "-p", "深海潜水装备"), 2, "name=value"),
        (("developers-of", "-p", "what=深海潜水装备", "-p", "what=声呐"), 2, "each name once"),
        (("developers-of", "-p", "what=南极洲"), 6, "南极洲"),
        (("developers",), 6, "did you mean: developers-of"),
        (("figures", "--format", "yaml", "-p", "what=863计划"), 2, "yaml"),
    ],
)
def test_a_question_put_wrongly_is_answered_by_how_to_put_it(kg, known: Path, args, code: int, said: str) -> None:
    ended = kg("ask", *args)
    assert ended.code == code
    assert said in ended.err
    assert ended.out == ""


# ---- The whole


def test_the_store_is_counted(kg, known: Path) -> None:
    row = kg("stats", "--format", "json").json
    exported = [json.loads(line) for line in kg("export").out.splitlines()]
    kinds = [line["kind"] for line in exported]
    assert row["documents"] == 2
    assert (row["entities"], row["mentions"], row["assertions"]) == tuple(
        kinds.count(kind) for kind in ("entity", "mention", "assertion")
    )
    assert row["assertions_by_modality"]["proposed"] == 1
    text = kg("stats").out
    assert "文献 2" in text
    assert str(row["assertions"]) in text
    assert "2 documents" in kg("stats", "--lang", "en").out


def test_a_sound_store_has_no_findings(kg, known: Path) -> None:
    assert kg("check").out == "发现 0 处\n"
    assert kg("check", "--format", "json").json == {"findings": []}


def test_a_check_shows_how_far_it_is_on_a_terminal(known: Path) -> None:
    """Piped, it says nothing but what it found: see the test of the commands in processes of their own."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(command("check"), stdout=subprocess.PIPE, stderr=theirs) as checking:
        os.close(theirs)
        shown = bytearray()
        # a terminal whose other side has gone is an error on Linux
        with suppress(OSError):
            while piece := os.read(ours, 4096):
                shown += piece
        assert checking.stdout
        assert checking.stdout.read().decode() == "发现 0 处\n"
    os.close(ours)
    assert "核对 checking" in shown.decode("utf-8", "replace")


def test_errors_are_told_in_the_language_of_the_terminal(kg, known: Path, monkeypatch) -> None:
    monkeypatch.setenv("LC_ALL", "zh_CN.UTF-8")
    ended = kg("show", "深海探测重点专向")
    assert ended.err == "kg: 图谱中没有名为“深海探测重点专向”的实体：是不是 深海探测重点专项？\n"
    assert ended.code == 6
    assert kg("cite", "tidel").err == "kg: 图谱中没有名为“tidel”的文献\nkg: 是不是：tidal？\n"
    monkeypatch.setenv("KG_LANG", "en")
    assert kg("show", "深海探测重点专向").err.startswith("kg: the store knows no entity named")


def test_a_fault_is_found_and_told_as_a_sentence(kg, known: Path) -> None:
    with Store.open(known) as store:
        store.rdflib_dataset().update(
            """PREFIX pkg: <https://w3id.org/policykg/ontology#>
            DELETE { GRAPH ?g { ?e pkg:quote ?q } } INSERT { GRAPH ?g { ?e pkg:quote "x" } }
            WHERE { GRAPH ?g { ?e a pkg:Evidence ; pkg:quote ?q } }"""
        )
    ended = kg("check")
    assert ended.code == 1
    assert "违规: " in ended.out
    assert "violation: " in kg("check", "--lang", "en").out
    assert kg("check", "--format", "json").json["findings"]


def test_what_was_refused_is_listed_with_its_reason(kg, tmp_path: Path) -> None:
    text = "# 极光\n\n1998—1990年，挪威政府启动了“极光”计划。\n"
    kg("ingest", wrong_file(tmp_path, "refused.md", text.encode()))
    rows = kg("check", "--quarantine", "--format", "json").json["refusals"]
    (row,) = (each for each in rows if each["predicate"] == "issuedBy")
    assert (row["reason"], row["subject"], row["object"]) == ("time", "极光计划", "挪威政府")
    listed = kg("check", "--quarantine")
    assert listed.code == 0
    assert "极光计划 —由…出台→ 挪威政府" in listed.out
    assert listed.out.endswith(f"拒收 {len(rows)} 条\n")
    assert f"{len(rows)} refused" in kg("check", "--quarantine", "--lang", "en").out


@pytest.mark.parametrize("format_", FORMATS)
def test_the_store_is_exported(kg, known: Path, tmp_path: Path, format_: str) -> None:
    target = tmp_path / "out"
    assert kg("export", "--format", format_, "--output", target).code == 0
    assert target.read_text(encoding="utf-8") == kg("export", "--format", format_).out
    assert holds(format_, target.read_bytes())
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def holds(format_: str, data: bytes) -> bool:
    """Whether another program finds 863计划 in what was exported."""
    match format_:
        case "jsonl":
            return any(json.loads(line).get("id") == "program/863计划" for line in data.splitlines())
        case "graphml":
            return "863计划" in str(nx.read_graphml(BytesIO(data)).nodes(data=True))
        case "trig" | "nquads":
            found = Dataset()
            found.parse(data=data, format=format_)
            assert len(list(found.graphs())) >= 3
            return any("program/863计划" in str(subject) for subject, _, _, _ in found)
        case _:
            parsed = RdfGraph().parse(data=data, format={"jsonld": "json-ld"}.get(format_, format_))
            return any("program/863计划" in str(subject) for subject in parsed.subjects())


def test_an_unknown_format_is_answered_by_the_known_ones(kg, known: Path) -> None:
    ended = kg("export", "--format", "csv")
    assert ended.code == 2
    assert all(format_ in ended.err for format_ in FORMATS)


def test_a_file_that_cannot_be_written_leaves_nothing_behind(kg, known: Path, tmp_path: Path) -> None:
    ended = kg("export", "-o", tmp_path / "missing" / "out.jsonl")
    assert ended.code == 2
    assert "cannot be written" in ended.err


def test_the_graph_is_drawn(kg, known: Path, tmp_path: Path) -> None:
    target = tmp_path / "graph.html"
    ended = kg("view", "-o", target, "--around", "863 Program", "--hops", "1")
    assert (ended.code, ended.out) == (0, f"{target} written\n")
    html = target.read_text(encoding="utf-8")
    drawn = [json.dumps(name)[1:-1] for name in ("863计划", "超导磁体技术")]
    assert all(name in html for name in drawn)
    assert "herring" not in html
    assert kg("view", "-o", target, "--around", "南极洲").code == 6


def test_the_demo_reads_the_examples_and_shows_a_chain(kg, tmp_path: Path) -> None:
    ended = kg("demo", "--no-serve", "--store", tmp_path / "demo")
    assert ended.code == 0
    examples = sorted(path.stem for path in (ROOT / "examples").glob("*.md"))
    assert [line.split()[0] for line in ended.out.splitlines()[: len(examples)]] == examples
    told = ended.out.split("\nkg chain ")[1:]
    assert told
    for part in told:
        assert "\n1. " in part, f"no chain is shown for: {part}"


# ---- Measuring

ISSUER = {"id": "T1", "surface": "挪威政府", "occ": 0, "type": "Government", "canonical": "挪威政府"}
PROGRAM = {"id": "T2", "surface": "深海探测重点专项", "type": "Program", "canonical": "深海探测重点专项"}
ANNOTATED = {
    "sid": "tidal-001",
    "section": "1",
    "text": "2001年，挪威政府启动了深海探测重点专项（以下简称“深探专项”）。",
    "entities": [ISSUER, PROGRAM, {**PROGRAM, "id": "T3", "surface": "探专", "canonical": "探专"}],
    "relations": [
        {"s": "T2", "p": "issuedBy", "o": "T1", "modality": "actual", "time": "2001年", "value": ""},
        {"s": "T3", "p": "partOf", "o": "T2", "modality": "actual", "time": "", "value": ""},
    ],
}


@pytest.fixture
def gold(tmp_path: Path) -> Path:
    """A file of annotated sentences, named after the document that they are from."""
    (tmp_path / "gold").mkdir()
    path = tmp_path / "gold" / "tidal.jsonl"
    path.write_text(json.dumps(ANNOTATED, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def test_annotations_are_measured_as_json(kg, gold: Path, folder: Path) -> None:
    ended = kg("evaluate", gold.parent, "--text", folder, "--format", "json")
    assert (ended.code, ended.err) == (0, "")
    report = ended.json
    (document,) = report["documents"]
    assert (document["source"], document["text"]) == ("tidal", str(folder / "tidal.md"))
    assert document["sentences"] == {"share": 1.0, "right": 1, "of": 1}
    assert report["all"]["entities"] == {"p": 1.0, "r": 0.6667, "f1": 0.8, "found": 2, "predicted": 2, "gold": 3}
    assert report["types"]["Program"] == {"p": 1.0, "r": 0.5, "f1": 0.6667, "found": 1, "predicted": 1, "gold": 2}
    assert report["predicates"]["issuedBy"]["f1"] == 1.0
    assert sum(band["of"] for band in report["confidence"]) == 1
    assert report["sure"]["from"] == 0.8
    assert {kind: n for kind, n in report["error_kinds"].items() if n} == {"boundary": 1, "missing-end": 1}
    boundary = next(error for error in report["errors"] if error["kind"] == "boundary")
    (example,) = boundary["examples"]
    assert (boundary["expected"], boundary["given"], example["gold"]) == ("Program", "Program", "探专")
    (start, end), text = example["gold_names"][0], example["text"]
    assert (text, text[start:end]) == (ANNOTATED["text"], "探专")


def test_annotations_are_measured_for_people(kg, gold: Path) -> None:
    ended = kg("evaluate", gold)
    assert (ended.code, ended.err) == (0, "")
    assert "Program 计划" in ended.out
    assert "边界不符: Program" in ended.out
    assert "⟨深【探专】项⟩" in ended.out
    english = kg("evaluate", gold, "--lang", "en", "--show", "0").out
    assert "wrong boundary" in english
    assert "【" not in english


def test_a_broken_annotation_is_told_with_its_line(kg, gold: Path) -> None:
    with gold.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({**ANNOTATED, "entities": [{**ISSUER, "type": "Robot"}]}))
    ended = kg("evaluate", gold)
    assert (ended.code, ended.out) == (3, "")
    assert ended.err.startswith(f"kg: {gold}:2: the entity T1 has the unknown type 'Robot'")
    assert len(ended.err.splitlines()) == 1


def test_another_documents_text_is_not_measured(kg, gold: Path, folder: Path) -> None:
    ended = kg("evaluate", gold, "--text", folder / "aurora.txt")
    assert ended.code == 3
    assert "aurora.txt is not the text of tidal" in ended.err
    assert kg("evaluate", gold, "--text", folder / "missing.txt").code == 3
    shutil.copy(gold, gold.with_name("other.jsonl"))
    assert kg("evaluate", gold.parent, "--text", folder / "tidal.md").code == 2


# ---- Which store


def test_a_store_that_is_not_there_is_told(kg, place: Path) -> None:
    ended = kg("documents")
    assert ended.code == 4
    assert ended.err == f"kg: there is no store at {place}: ingest a document first, or name another folder\n"
    assert not place.exists()


def test_a_folder_of_something_else_is_left_alone(kg, folder: Path) -> None:
    before = sorted(folder.iterdir())
    ended = kg("ingest", folder, "--store", folder)
    assert ended.code == 4
    assert "is not a policykg store" in ended.err
    assert sorted(folder.iterdir()) == before


def test_the_option_goes_before_the_variable(kg, known: Path, tmp_path: Path, folder: Path) -> None:
    other = tmp_path / "other"
    assert kg("ingest", folder / "aurora.txt", "--store", other).code == 0
    assert len(kg("documents", "--store", other, "--format", "json").json["documents"]) == 1
    assert len(kg("documents", "--format", "json").json["documents"]) == 2


def test_without_either_the_store_is_in_the_users_data_folder(kg, folder: Path, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.delenv("KG_STORE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert kg("ingest", folder / "aurora.txt").code == 0
    assert (tmp_path / "data" / "policykg" / "store").is_dir()
    assert kg("documents").code == 0


# ---- Help


def test_the_version_is_told(kg) -> None:
    ended = kg("--version")
    assert ended.code == 0
    assert ended.out.startswith("policykg ")


STORELESS = {"ontology", "evaluate"}
"""The commands that need no store."""

COMMANDS = sorted(typer.main.get_command(app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_gives_an_example_in_its_help(kg, name: str) -> None:
    for option in ("--help", "-h"):
        ended = kg(name, option)
        assert ended.code == 0
        assert f"Example: kg {name}" in ended.out
        assert name in STORELESS or "--store" in ended.out


def test_without_a_command_the_commands_are_listed(kg) -> None:
    ended = kg()
    assert all(name in ended.out + ended.err for name in COMMANDS)


def test_an_unknown_command_is_wrong_usage(kg) -> None:
    ended = kg("devour")
    assert ended.code == 2
    assert "devour" in ended.err


# ---- Killed


def many_documents(folder: Path) -> list[Path]:
    """Documents that take long enough to read and write for a kill to fall in between."""
    folder.mkdir()
    paths = []
    for number in range(12):
        stated = [f"{2000 + n}年，挪威政府启动“极光{number}”计划。“极光{n}”计划支持超导磁体技术。" for n in range(5)]
        idle = ["那一年的冬天来得很早，人们都在谈论天气。" * 6] * 12
        path = folder / f"document-{number:02}.md"
        path.write_text(f"# 极光计划的第{number}年\n\n" + "\n\n".join(stated + idle), encoding="utf-8")
        paths.append(path)
    return paths


@pytest.fixture(scope="module")
def written(tmp_path_factory) -> Iterator[tuple[list[Path], Store]]:
    """Many documents, and a store of what they say that nobody killed."""
    paths = many_documents(tmp_path_factory.mktemp("killed") / "documents")
    with Store.in_memory() as whole:
        assert all(outcome.status == "added" for outcome in ingest(whole, paths, Pipeline()))
        yield paths, whole


def killed(args: list[str | Path], lines: int, delay: float) -> list[str]:
    """Starts a command, kills it `delay` seconds after so many lines, and gives the lines."""
    with subprocess.Popen(command(*args), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as running:
        assert running.stdout
        seen = [running.stdout.readline() for _ in range(lines)]
        time.sleep(delay)
        assert running.poll() is None, "it was done before it was killed"
        running.kill()
    return [line.split()[0] for line in seen]


def said(store: Store, source: str) -> Extraction:
    """What the store holds of a document; which software read it is no matter here."""
    return replace(store.extraction(source), pipeline="")


MOMENTS = [(0, 0.6), (1, 0.0), (2, 0.03), (4, 0.08)]
"""After how many documents, and how many seconds, a process is killed."""


@pytest.mark.parametrize("force", [False, True])
def test_a_killed_process_leaves_only_whole_documents(kg, written, place: Path, force: bool) -> None:
    paths, whole = written
    told: set[str] = set()
    for lines, delay in MOMENTS:
        told.update(killed(["ingest", paths[0].parent, *(["--force"] if force else [])], lines, delay))
        if not place.exists():
            continue
        with Store.open(place) as store:
            sources = store.sources()
            assert told <= set(sources), "what was told to be stored is stored"
            assert [source for source in sources if said(store, source) != said(whole, source)] == []
            projected = {str(quad) for quad in store.graph()}
        assert projected <= {str(quad) for quad in whole.graph()}
    assert told
    found = kg("check", "--format", "json").json["findings"]
    assert {finding["rule"] for finding in found} <= {"inference-not-current", "issuer-unknown"}
    assert kg("ingest", paths[0].parent).code == 0
    with Store.open(place) as store:
        assert store.sources() == whole.sources()
        assert {str(quad) for quad in store.graph()} == {str(quad) for quad in whole.graph()}
        assert {str(quad) for quad in store.inferred()} == {str(quad) for quad in whole.inferred()}
    assert kg("check").out == "发现 0 处\n"


# ---- Hostile documents


HOSTILE = {
    "script": "# <script>alert(1)</script>\n\n挪威政府启动“<img src=x onerror=alert(1)>”计划。“</script 1”计划很好。",
    "quotes": '# 极光计划的引号\n\n“a"b\'c\\\\"d”计划支持超导磁体技术。“}} </script> {{7*7}}”计划支持超导磁体技术。',
    "rtl": "# \u202e光极\u202c\n\n“\u202e光极\u202c”计划支持超导磁体技术。“شفق”计划支持超导磁体技术。",
    "long": f"# Long\n\nThe {'B' + 'a' * 9999} Program supports sonar technology. This is a long name.",
    "control": "# 极光计划的控制字符\n\n“极\x07光\x1b[31m”计划支持超导磁体技术，各国都在学习，大家都觉得不错。",
    "emoji😀": "# 极光计划的表情😀\n\n“😀”计划支持超导磁体技术。",
    'x"><script> y': "# 极光计划的文件名\n\n“极光”计划支持超导磁体技术。",
    "--help": "# 极光计划的文件名\n\n“极光”计划支持超导磁体技术。",
    "new\nline": "# 极光计划的文件名\n\n“极光”计划支持超导磁体技术。",
    "bytes\udcff": "# 极光计划的文件名\n\n“极光”计划支持超导磁体技术。",
}


def test_hostile_documents_go_all_the_way(kg, tmp_path: Path) -> None:
    folder = tmp_path / "hostile"
    folder.mkdir()
    for name, text in HOSTILE.items():
        wrong_file(folder, f"{name}.md", text.encode())
    read = kg("ingest", folder)
    assert (read.code, read.err) == (0, "")
    for source in kg("documents", "--format", "json").json["documents"]:
        assert source["entities"], source["source"]
    for format_ in FORMATS:
        target = tmp_path / f"out.{format_}"
        assert kg("export", "--format", format_, "-o", target).code == 0
        assert target.stat().st_size
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines()]
    names = [row["id"] for row in rows if row["kind"] == "entity"]
    assert len(names) > len(HOSTILE)
    for name in names:
        shown = kg("show", name)
        assert (shown.code, shown.err) == (0, "")
        assert not {"\x1b", "\x07", "\u202e"} & set(shown.out)
        assert kg("show", name, "--format", "json").json["id"] == name
    assert nx.read_graphml(tmp_path / "out.graphml").number_of_nodes()
    Dataset().parse(tmp_path / "out.trig")
    assert kg("check").code == 0
    assert kg("ingest", folder).out.count("未变") == len(HOSTILE)
    assert kg("remove", "--", "--help").code == 0


@pytest.mark.parametrize(
    "name", ["", " ", "\0", "\udcff", '"><script>', "program/../x", "x" * 10_000, "a/b c", "%", "?"]
)
def test_a_hostile_name_is_not_found_and_that_is_all(kg, known: Path, name: str) -> None:
    ended = kg("show", "--", name)
    assert ended.code == 6
    assert ended.err.startswith("kg: the store knows no entity named")


# ---- Which entities are one


@pytest.fixture
def merged(kg, place: Path) -> str:
    """A store with one merge, and the merge's id."""
    with Store.open(place) as store:
        store.put(document("a", Fact("Firm:蓝湖绿能", "produces", "Product:硅片")))
        store.put(document("b", Fact("Firm:蓝湖绿能股份有限公司", "develops", "Technology:异质结电池")))
        resolve(store, load())
    (row,) = kg("merges", "--format", "json").json["merges"]
    assert (row["layer"], row["reversed"]) == ("legal-form", False)
    assert {entity["now"] for entity in row["entities"]} == {"firm/蓝湖绿能"}
    return row["id"]


def test_merges_are_listed_in_both_languages(kg, merged: str) -> None:
    zh, en = kg("merges").out, kg("merges", "--lang", "en").out
    assert merged in zh
    assert "组织形式" in zh
    assert "legal form" in en
    assert "[b, 0–10] 蓝湖绿能股份有限公司" in en


def test_a_merge_is_undone_and_done_again(kg, merged: str) -> None:
    name = "蓝湖绿能股份有限公司"
    assert kg("show", name, "--format", "json").json["id"] == "firm/蓝湖绿能"
    assert "已撤销" in kg("merges", "undo", merged).out
    assert kg("show", name, "--format", "json").json["id"] == f"firm/{name}"
    assert kg("merges", "--format", "json").json["merges"][0]["reversed"]
    kg("merges", "redo", merged)
    assert len(kg("show", name, "--format", "json").json["outgoing"]) == 2
    assert kg("merges", "undo", "none").code == 6


def test_a_person_merges_with_a_reason(kg, merged: str) -> None:
    assert kg("merges", "add", "硅片", "异质结电池", "--reason", "x").code == 2
    with Store.open(Path(os.environ["KG_STORE"])) as store:
        store.put(document("c", Fact("Firm:绿山", "produces", "Product:组件")))
    done = kg("merges", "add", "绿山", "蓝湖绿能", "--reason", "renamed", "--lang", "en")
    assert "Decided by a person: renamed" in done.out
    assert kg("show", "绿山", "--format", "json").json["id"] == kg("show", "蓝湖绿能", "--format", "json").json["id"]


# ---- Confidence


def test_what_is_believed_too_little_is_refused_and_read_again_when_asked_otherwise(kg, tmp_path: Path) -> None:
    file = wrong_file(tmp_path, "tidal.md", TIDAL.encode())
    (full,) = kg("ingest", file, "--format", "json").json["documents"]
    (none,) = kg("ingest", file, "--min-confidence", "1", "--format", "json").json["documents"]
    assert (none["status"], none["assertions"]) == ("replaced", 0)
    assert none["refusals"] == full["assertions"] + full["refusals"]
    rows = kg("check", "--quarantine", "--format", "json").json["refusals"]
    assert {row["reason"] for row in rows if "1.00" in row["message"]["en"]} == {"confidence"}
    (again,) = kg("ingest", file, "--min-confidence", "1", "--format", "json").json["documents"]
    assert again["status"] == "unchanged"
    (back,) = kg("ingest", file, "--format", "json").json["documents"]
    assert (back["status"], back["assertions"]) == ("replaced", full["assertions"])
