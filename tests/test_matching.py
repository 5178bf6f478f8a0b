"""Matching over hand-made graphs: what applies, by which steps, in what state, and what does not apply."""

from pathlib import Path

import pytest
from analysed import graph, in_one_sentence, kg, rows, stored, written
from served import filled
from small_graphs import Fact, entity, id_of

from kg import matching
from kg.analysis import Result
from kg.errors import NotFound, QueryError
from kg.graph import Graph
from kg.ontology import load

CN, JP = entity("Place:中", "CN"), entity("Place:日", "JP")
OURS, THEIRS = entity("Firm:中企", "CN"), entity("Firm:日企", "JP")


def matched(of: Graph, what: str, **params: str) -> dict[str, tuple[str, ...]]:
    """What applies → status and number of steps, best first."""
    found = rows(matching.run(of, {"what": what, **params}), "match", "status", "steps")
    return {name: tuple(rest) for name, *rest in found}


def notes(result: Result) -> str:
    return "\n".join(zh for zh, _ in result.notes)


def test_what_applies_is_one_step_away_or_two() -> None:
    found = graph(
        Fact("Firm:中企", "participatesIn", "Program:一"),
        Fact("Program:一", "usesInstrument", "Instrument:财政补贴"),
        Fact("Firm:中企", "develops", "Technology:光刻"),
        Fact("Program:二", "targets", "Technology:光刻", belief=0.7),
        Fact("Program:二", "usesInstrument", "Instrument:政府采购"),
        Fact("Technology:光刻", "appliedIn", "Industry:芯片产业"),
        Fact("Policy:三", "targets", "Industry:芯片产业"),
        Fact("Firm:中企", "faces", "Challenge:卡脖子"),
        Fact("Policy:四", "addresses", "Challenge:卡脖子"),
        Fact("Firm:别家", "participatesIn", "Program:五"),
    )
    assert matched(found, "中企") == {
        "一": ("实际", "1"),
        "财政补贴": ("实际", "2"),
        "四": ("实际", "2"),
        "二": ("实际", "2"),
    }
    assert matched(found, "光刻") == {"二": ("实际", "1"), "三": ("实际", "2"), "政府采购": ("实际", "2")}
    assert matched(found, "芯片产业") == {"三": ("实际", "1"), "二": ("实际", "2")}


def test_a_match_says_why_with_every_step_and_its_sentence() -> None:
    found = graph(Fact("Firm:中企", "develops", "Technology:光刻"), Fact("Program:二", "targets", "Technology:光刻"))
    result = matching.run(found, {"what": "中企"})
    (row,) = rows(result, "why", "quote", "document", "score")
    assert "中企 研发 光刻；二 面向 光刻" in row[0]
    assert "中企 develops 光刻。" in row[1]
    assert "二 targets 光刻。" in row[1]
    assert (row[2], row[3]) == ("a", "0.56")
    (english,) = (row[5].en for row in result.table.rows)
    assert english == "through 光刻, which 中企 develops: 中企 develops 光刻; 二 targets 光刻"


def test_proposals_and_denials() -> None:
    found = graph(
        Fact("Program:一", "targets", "Industry:车业", "proposed"),
        Fact("Program:二", "targets", "Industry:车业", "negated"),
        Fact("Firm:中企", "operatesIn", "Industry:车业", "proposed"),
    )
    assert matched(found, "车业") == {"一": ("建议", "1")}
    assert matched(found, "中企") == {}


def test_what_has_ended_by_the_year_or_was_succeeded_is_said_to_have_ended() -> None:
    found = graph(
        Fact("Program:旧", "targets", "Industry:车业", time="1966—1990年"),
        Fact("Program:新", "targets", "Industry:车业", time="2001年"),
        Fact("Program:前", "targets", "Industry:车业"),
        Fact("Program:新", "succeeds", "Program:前"),
    )
    assert matched(found, "车业") == {"新": ("实际", "1"), "前": ("已结束", "1"), "旧": ("已结束", "1")}
    assert matched(found, "车业", year="1980")["旧"] == ("实际", "1")
    assert "以 2025 年为准" in notes(matching.run(found, {"what": "车业"}))


def test_a_firm_is_matched_with_nothing_of_another_country() -> None:
    found = graph(
        Fact("Firm:中企", "develops", "Technology:光刻"),
        Fact("Firm:日企", "develops", "Technology:光刻"),
        Fact("Program:日计划", "issuedBy", "Place:日"),
        Fact("Program:日计划", "targets", "Technology:光刻"),
        Fact("Program:日计划", "usesInstrument", "Instrument:政府采购"),
        Fact("Program:某计划", "targets", "Technology:光刻"),
        described=(CN, JP, OURS, THEIRS),
    )
    assert list(matched(found, "中企")) == ["某计划"]
    assert set(matched(found, "日企")) == {"某计划", "日计划"}
    assert set(matched(found, "光刻")) == {"某计划", "日计划", "政府采购"}
    assert set(matched(found, "光刻", country="日")) == {"某计划", "日计划", "政府采购"}
    assert "另有 1 项属于他国" in notes(matching.run(found, {"what": "中企"}))


def test_an_instrument_that_another_country_uses_in_the_same_sentence_is_no_match() -> None:
    facts = (
        Fact("Instrument:财政补贴", "targets", "Industry:光伏产业"),
        Fact("Place:日", "usesInstrument", "Instrument:财政补贴", belief=0.1),
        Fact("Firm:中企", "operatesIn", "Industry:光伏产业"),
    )
    assert matched(graph(*facts, described=(JP, OURS)), "中企") == {"财政补贴": ("实际", "2")}
    assert matched(stored(in_one_sentence(written("a", facts, (JP, OURS)))), "中企") == {}


def test_export_control_is_no_support_and_a_government_no_instrument() -> None:
    found = graph(
        Fact("Instrument:出口管制", "targets", "Technology:光刻"),
        Fact("Government:某部", "targets", "Technology:光刻"),
        Fact("Instrument:财政补贴", "hinders", "Technology:光刻"),
    )
    result = matching.run(found, {"what": "光刻"})
    assert result.table.rows == ()
    assert "没有计划、政策或工具" in notes(result)


def test_what_cannot_be_matched_is_told_of() -> None:
    found = graph(Fact("Program:一", "targets", "Place:中"))
    with pytest.raises(QueryError, match="what must be"):
        matching.run(found, {"what": "中"})
    with pytest.raises(QueryError, match="needs what"):
        matching.run(found, {})
    with pytest.raises(NotFound):
        matching.run(found, {"what": "月亮"})


def test_every_match_is_reached_by_statements_of_the_graph() -> None:
    found = graph(
        *(Fact(f"Program:{n}", "targets", f"Technology:{n % 3}") for n in range(9)),
        *(Fact("Firm:中企", "develops", f"Technology:{n}") for n in range(2)),
    )
    store, ontology = found.store, load()
    stated = {(a.subject, a.predicate, a.object) for a in store.extraction("a").assertions}
    facts = matching.Facts.of(Graph(store, ontology))
    ways, _ = matching.matches(facts, id_of("Firm:中企"), 2025)
    assert len(ways) == 6
    assert all({fact.claim for fact in match.way} <= stated and len(match.way) <= 2 for match in ways)
    assert [match.score for match in ways] == sorted((match.score for match in ways), reverse=True)


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = filled(tmp_path / "store")
    shown = kg(capsys, "match", "比亚迪", "--store", str(place))
    assert shown.code == 0
    assert "863计划" in shown.out
    assert kg(capsys, "match", "月亮", "--store", str(place)).code == 6
