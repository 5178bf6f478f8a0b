"""The analyses over hand-made graphs: what counts, what does not, and that they say what limits them."""

import csv
import io
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import httpx
import pytest
from analysed import ONTOLOGY, graph, in_one_sentence, kg, rows, stored, written
from served import HOSTILE, filled, process
from small_graphs import Fact, document, entity, id_of

from kg import analysis, taxonomy
from kg.analyses import counts
from kg.analysis import Result
from kg.charts import Axis, Chart, Point, chart_lines, chart_svg
from kg.config import data_folder
from kg.errors import NotFound, OntologyError, QueryError
from kg.graph import Graph
from kg.model import Extraction, Figure, Period

CN, JP, US, KR = (
    entity(f"Place:{name}", code) for name, code in zip("中日美韩", ("CN", "JP", "US", "KR"), strict=True)
)


def run(of: Graph, name: str, **params: str) -> Result:
    return analysis.run(of, analysis.find(name), params)


# ---- What holds of all of them

WHOLE = graph(
    Fact("Program:甲计划", "issuedBy", "Place:中", time="2001年"),
    Fact("Program:甲计划", "targets", "Technology:光刻"),
    Fact("Program:甲计划", "usesInstrument", "Instrument:财政补贴"),
    Fact("Firm:乙公司", "develops", "Technology:光刻", time="2005年"),
    Fact("Technology:光刻", "enables", "Industry:芯片产业", time="2020年"),
    Fact("Industry:芯片产业", "faces", "Challenge:卡脖子"),
    b=(Fact("Firm:乙公司", "develops", "Technology:光刻"), Fact("Place:日", "develops", "Technology:光刻")),
    described=(CN, JP),
)
NEEDED = {"concentration": {"industry": "芯片产业"}, "compare": {"one": "中", "other": "日"}}


@pytest.mark.parametrize("name", analysis.load())
def test_an_analysis_answers_in_both_languages_with_a_table_a_chart_and_notes(name: str) -> None:
    result = run(WHOLE, name, **NEEDED.get(name, {}))
    assert result.table.rows
    assert result.notes
    assert all(zh and en and zh != en for zh, en in (result.title, *result.notes))
    for row in result.table.rows:
        assert len(row) == len(result.table.columns)
        assert all(bool(cell.zh) == bool(cell.en) == (cell.kind != "empty") for cell in row)
    shown = analysis.result_json(result)
    assert {"columns", "rows", "chart", "notes", "name"} <= shown.keys()
    assert shown["chart"]["kind"] in ("bar", "stacked", "timeline", "scatter")


@pytest.mark.parametrize("found", analysis.load().values(), ids=lambda found: found.name)
def test_an_analysis_says_what_it_is_and_what_it_takes(found: analysis.Analysis) -> None:
    said = analysis.analysis_json(found)
    assert all(said["description"][language] for language in ("zh", "en"))
    assert said["params"][-1]["name"] == "min_confidence"
    assert all(param["label_zh"] and param["label_en"] for param in said["params"])
    names = {column["name"] for column in said["columns"]}
    charted = {key: value for key, value in said["chart"].items() if key != "kind"}
    assert {name for value in charted.values() for name in ([value] if isinstance(value, str) else value)} <= names


def test_what_is_believed_too_little_is_left_out_and_the_notes_say_so() -> None:
    doubtful = graph(
        Fact("Industry:甲业", "faces", "Challenge:卡脖子", belief=0.2), Fact("Place:乙", "aimsAt", "Goal:丙")
    )
    assert not run(doubtful, "chokepoints").table.rows
    assert any("1 条" in zh for zh, _ in run(doubtful, "chokepoints").notes)
    assert run(doubtful, "chokepoints", min_confidence="0").table.rows


def test_what_is_written_meanwhile_shows_in_the_next_answer() -> None:
    found = graph(Fact("Industry:甲业", "faces", "Challenge:卡脖子"))
    assert len(run(found, "chokepoints").table.rows) == 1
    found.store.put(written("b", (Fact("Industry:乙业", "faces", "Challenge:卡脖子"),), ()))
    assert len(run(found, "chokepoints").table.rows) == 2
    found.store.remove("a")
    assert rows(run(found, "chokepoints"), "thing") == [("乙业",)]


def test_a_long_answer_is_cut_and_says_how_long_it_is() -> None:
    found = graph(*(Fact(f"Technology:{n}", "faces", "Challenge:卡脖子") for n in range(1001)))
    shown = analysis.result_json(run(found, "chokepoints"))
    assert (shown["total"], len(shown["rows"]), len(shown["chart"]["points"])) == (1001, 1000, 1000)


def test_an_empty_graph_has_no_answer_but_notes() -> None:
    empty = stored()
    for name in ("instrument-mix", "chokepoints", "readiness", "lag", "program-timeline", "centrality", "communities"):
        result = run(empty, name)
        assert result.table.rows == ()
        assert result.notes
        assert list(chart_lines(result.chart, "zh")) == []
        assert ElementTree.fromstring(chart_svg(result.chart, "空", "zh")).tag.endswith("svg")


@pytest.mark.parametrize(
    ("name", "params", "message"),
    [
        ("chokepoints", {"colour": "red"}, "has no parameter colour"),
        ("chokepoints", {"kind": "sad"}, "kind cannot be 'sad'"),
        ("chokepoints", {"type": "Thing"}, "type cannot be 'Thing'"),
        ("chokepoints", {"min_confidence": "much"}, "must be a number"),
        ("centrality", {"limit": "nan"}, "must lie between"),
        ("centrality", {"limit": "1e9"}, "must lie between"),
        ("concentration", {}, "needs industry"),
        ("concentration", {"industry": "乙公司"}, "must be one of: Industry"),
        ("compare", {"one": "中", "other": "中"}, "the same entity"),
    ],
)
def test_a_wrong_parameter_is_told_of(name: str, params: dict[str, str], message: str) -> None:
    with pytest.raises(QueryError, match=message):
        run(WHOLE, name, **params)


def test_an_unknown_analysis_is_told_of_with_near_names() -> None:
    with pytest.raises(NotFound) as raised:
        analysis.find("chokepoint")
    assert raised.value.suggestions[0] == "chokepoints"


# ---- The mix of instruments


def mixed(of: Graph, **params: str) -> set[tuple[str, ...]]:
    return set(rows(run(of, "instrument-mix", **params), "group", "class", "status", "instruments"))


def test_an_instrument_counts_once_in_a_group_and_as_actual_where_anything_says_so() -> None:
    found = graph(
        Fact("Program:甲计划", "issuedBy", "Place:日"),
        Fact("Program:甲计划", "usesInstrument", "Instrument:财政补贴", "proposed"),
        Fact("Place:日", "usesInstrument", "Instrument:财政补贴"),
        Fact("Place:日", "usesInstrument", "Instrument:政府采购", "proposed"),
        Fact("Place:日", "usesInstrument", "Instrument:科学普及", "negated"),
        Fact("Firm:乙公司", "usesInstrument", "Instrument:知识产权保护"),
        described=(JP,),
    )
    assert mixed(found) == {("日本", "要素", "实际", "财政补贴"), ("日本", "要素", "建议", "政府采购")}
    assert mixed(found, scheme="side") == {("日本", "环境", "实际", "财政补贴"), ("日本", "需求", "建议", "政府采购")}


def test_an_instrument_is_at_work_for_an_industry_directly_or_by_a_program_that_uses_it() -> None:
    found = graph(
        Fact("Instrument:政府采购", "enables", "Industry:芯片产业"),
        Fact("Program:甲计划", "usesInstrument", "Instrument:财政补贴"),
        Fact("Program:甲计划", "targets", "Industry:芯片产业"),
        Fact("Government:某部", "usesInstrument", "Instrument:税收优惠"),
        Fact("Government:某部", "targets", "Industry:芯片产业"),
    )
    assert mixed(found, by="industry") == {("芯片产业", "要素", "实际", "政府采购、财政补贴")}
    of_industry = mixed(found, industry="芯片产业", by="document")
    assert {frozenset(instruments.split("、")) for *_, instruments in of_industry} == {
        frozenset(("政府采购", "财政补贴"))
    }


def test_an_instruments_country_is_that_of_who_uses_it_in_the_same_sentence() -> None:
    facts = (
        Fact("Instrument:财政补贴", "targets", "Industry:光伏产业"),
        Fact("Place:日", "usesInstrument", "Instrument:财政补贴", belief=0.1),
    )
    assert mixed(stored(in_one_sentence(written("a", facts, (JP,)))), industry="光伏产业") == {
        ("日本", "要素", "实际", "财政补贴")
    }
    assert mixed(graph(*facts, described=(JP,)), industry="光伏产业") == {("未说明", "要素", "实际", "财政补贴")}


def test_an_instrument_that_the_taxonomy_does_not_have_is_placed_by_the_end_of_its_name() -> None:
    known = taxonomy.load()
    assert known.placed(["财政补贴"]) == replace(known.placed(["国家财政补贴"]), exact=True)  # type: ignore[type-var]
    assert known.placed(["国家财政补贴"]) != known.placed(["财政补贴"])
    assert known.placed(["月亮"]) is None


# ---- Chokepoints


def stands(of: Graph, **params: str) -> dict[str, tuple[str, ...]]:
    found = rows(run(of, "chokepoints", **params), "thing", "kind", "state")
    return {thing: (kind, state) for thing, kind, state in found}


def test_a_thing_under_a_chokepoint_is_a_gap_until_something_addresses_it() -> None:
    found = graph(
        Fact("Technology:光刻", "partOf", "Technology:卡脖子技术"),
        Fact("Technology:封装", "faces", "Challenge:进口依赖"),
        Fact("Program:甲计划", "targets", "Technology:封装", "proposed"),
        Fact("Challenge:技术封锁", "hinders", "Product:光刻胶"),
        Fact("Firm:乙公司", "develops", "Product:光刻胶"),
        Fact("Technology:雷达", "faces", "Challenge:卡脖子", "negated"),
        Fact("Place:中", "faces", "Challenge:卡脖子"),
    )
    assert stands(found) == {
        "光刻": ("卡脖子", "缺口：无人应对"),
        "封装": ("受制于人、对外依赖", "仅有建议"),
        "光刻胶": ("封锁、断供", "有应对"),
    }
    assert next(iter(stands(found))) == "光刻"
    assert list(stands(found, kind="dependence")) == ["封装"]
    assert list(stands(found, type="Product")) == ["光刻胶"]


def test_export_control_puts_a_technology_under_it_and_is_no_answer() -> None:
    found = graph(
        Fact("Instrument:出口管制", "targets", "Technology:光刻"),
        Fact("Instrument:财政补贴", "targets", "Technology:雷达"),
        Fact("Technology:芯片", "measuredBy", "Indicator:进口额", value="4400亿美元"),
    )
    assert stands(found) == {
        "光刻": ("被出口管制或制裁", "缺口：无人应对"),
        "芯片": ("进口数字", "缺口：无人应对"),
    }


def test_what_another_country_does_is_no_answer_for_ones_own() -> None:
    found = graph(
        Fact("Technology:光刻", "faces", "Challenge:卡脖子"),
        Fact("Place:日", "develops", "Technology:光刻"),
        Fact("Place:中", "aimsAt", "Goal:自立"),
        described=(CN, JP),
    )
    assert stands(found)["光刻"][1] == "有应对"
    assert stands(found, country="中")["光刻"][1] == "仅他国应对"
    assert stands(found, country="日")["光刻"][1] == "有应对"


def test_what_a_sub_program_targets_is_addressed_by_the_whole_as_inferred() -> None:
    found = graph(
        Fact("Technology:光刻", "faces", "Challenge:卡脖子"),
        Fact("Program:子专项", "partOf", "Program:大计划"),
        Fact("Program:子专项", "targets", "Technology:光刻"),
    )
    (row,) = rows(run(found, "chokepoints"), "actual", "answers", "quote")
    assert row[0] == "2"
    assert "大计划 间接面向 光刻" in row[1]


# ---- Readiness and lag


def ready(of: Graph, **params: str) -> dict[str, tuple[str, ...]]:
    found = rows(run(of, "readiness", **params), "technology", "level", "planned", "demand")
    return {name: tuple(rest) for name, *rest in found}


def test_readiness_is_the_highest_level_that_an_actual_statement_shows() -> None:
    found = graph(
        Fact("University:甲大学", "develops", "Technology:一"),
        Fact("Firm:乙公司", "develops", "Technology:二"),
        Fact("Technology:二", "appliedIn", "Product:车", "proposed"),
        Fact("Technology:三", "appliedIn", "Product:车"),
        Fact("Firm:乙公司", "produces", "Technology:四"),
        Fact("Technology:五", "enables", "Industry:车业"),
        Fact("Technology:六", "partOf", "Industry:未来产业"),
        Fact("Technology:七", "enables", "Industry:车业", "negated"),
    )
    assert ready(found) == {
        "五": ("5", "", "0"),
        "四": ("4", "", "0"),
        "三": ("3", "", "0"),
        "二": ("2", "应用", "0"),
        "一": ("1", "", "0"),
    }


def test_demand_is_how_many_kinds_of_it_are_stated() -> None:
    found = graph(
        Fact("Program:甲计划", "targets", "Technology:一", "proposed"),
        Fact("Policy:乙政策", "targets", "Technology:一"),
        Fact("Technology:一", "addresses", "Challenge:难题"),
        Fact("Technology:一", "appliedIn", "Industry:车业"),
        Fact("Technology:一", "measuredBy", "Indicator:出口额", value="5亿元"),
        Fact("Technology:二", "measuredBy", "Indicator:重量", value="5吨"),
        Fact("Program:甲计划", "targets", "Technology:二"),
    )
    assert ready(found)["一"][2] == "4"
    assert ready(found)["二"][2] == "1"
    assert list(ready(found, industry="车业")) == ["一"]
    assert any("二" not in zh and "需求先于" in zh for zh, _ in run(found, "readiness").notes)


def lags(of: Graph) -> dict[str, tuple[str, ...]]:
    return {name: tuple(rest) for name, *rest in rows(run(of, "lag"), "technology", "first", "industry", "years")}


def test_a_lag_runs_from_the_first_dated_statement_to_the_first_industry() -> None:
    found = graph(
        Fact("University:甲大学", "develops", "Technology:一", time="1961年"),
        Fact("Technology:一", "appliedIn", "Product:疫苗", time="1990年"),
        Fact("Product:疫苗", "enables", "Industry:药业", time="2020年"),
        Fact("Firm:乙公司", "develops", "Technology:二", time="20世纪60年代"),
        Fact("Technology:二", "enables", "Industry:药业", time="1980年"),
        Fact("Firm:乙公司", "develops", "Technology:三", time="2005年"),
        Fact("Technology:四", "enables", "Industry:药业", "proposed", time="2001年"),
    )
    assert lags(found) == {
        "一": ("1961", "2020", "59"),
        "二": ("1960–1969", "1980", "11–20"),
        "三": ("2005", "", ""),
    }
    drawn = {point.label[0]: (point.start, point.end) for point in run(found, "lag").chart.points}
    assert drawn == {"一": (1961, 2020), "二": (1969, 1980)}


def happened(extraction: Extraction, *dates: tuple[str, str, int]) -> Extraction:
    """The document with dates of what happened: to what, what, in which year."""
    sentence = extraction.assertions[0].evidence[0]
    figures = (
        Figure(
            span=sentence.spans[0],
            subject=thing,
            indicator=name,
            modality="actual",
            evidence=sentence,
            about=id_of(thing),
            value=f"{year}年",
            happening=name,
            time=f"{year}年",
            period=Period(year, year, "year"),
        )
        for thing, name, year in dates
    )
    return replace(extraction, figures=tuple(figures))


def test_years_of_what_happened_begin_and_end_a_lag_and_begin_a_program() -> None:
    facts = (
        Fact("University:甲大学", "develops", "Technology:一", time="1990年"),
        Fact("Technology:一", "appliedIn", "Product:疫苗"),
        Fact("Program:丙计划", "targets", "Technology:一", time="2001年"),
        Fact("Program:丁计划", "issuedBy", "Government:某国政府"),
    )
    dates = (
        ("Technology:一", "discovery", 1961),
        ("Technology:一", "award", 1950),
        ("Product:疫苗", "market", 2020),
        ("Program:丁计划", "launch", 1986),
    )
    found = stored(happened(document("a", *facts), *dates))
    (row,) = rows(run(found, "lag"), "technology", "first", "first_what", "industry", "industry_what", "years")
    assert row == ("一", "1961", "一 发现 (1961年)", "2020", "疫苗 进入市场 (2020年)", "59")
    started = dict(rows(run(found, "program-timeline"), "program", "start"))
    assert started == {"丙计划": "2001", "丁计划": "1986"}
    sure = rows(run(found, "lag", min_confidence="0.9"), "technology")
    assert sure == []


def test_lengths_of_time_that_documents_state_are_listed_with_their_sentences() -> None:
    found = graph(Fact("Technology:一", "measuredBy", "Indicator:研发周期", value="25—35年"))
    (row,) = rows(run(found, "lag"), "technology", "years", "document", "quote")
    assert row[:3] == ("一", "25—35年", "a")
    assert "25—35年" in row[3]


# ---- Programs in time


def test_programs_have_their_years_their_country_and_what_followed_them() -> None:
    found = graph(
        Fact("Program:旧计划", "issuedBy", "Place:中", time="1986年"),
        Fact("Program:新计划", "succeeds", "Program:旧计划", time="2016年"),
        Fact("Program:新计划", "issuedBy", "Place:中"),
        Fact("Program:863计划", "targets", "Technology:一", time="21世纪"),
        Fact("Program:日计划", "issuedBy", "Place:日", time="1966—1990年"),
        described=(CN, JP, entity("Program:863计划", "CN")),
    )
    columns = ("program", "country", "start", "end", "known", "before", "after")
    assert set(rows(run(found, "program-timeline"), *columns)) == {
        ("旧计划", "中国", "1986", "", "", "", "新计划"),
        ("新计划", "中国", "2016", "", "", "旧计划", ""),
        ("863计划", "中国", "", "", "1986", "", ""),
        ("日计划", "日本", "1966", "1990", "", "", ""),
    }
    assert [row[0] for row in rows(run(found, "program-timeline", country="日"), "program")] == ["日计划"]


# ---- Networks


def test_what_joins_two_groups_stands_in_the_middle_and_hubs_are_left_out() -> None:
    groups = [(f"Firm:{side}{one}", f"Firm:{side}{other}") for side in "甲乙" for one in "123" for other in "123"]
    found = graph(
        *(Fact(one, "collaboratesWith", other) for one, other in groups if one < other),
        Fact("Firm:桥", "collaboratesWith", "Firm:甲1"),
        Fact("Firm:桥", "collaboratesWith", "Firm:乙1"),
        *(Fact(f"Firm:{side}{n}", "locatedIn", "Place:中") for side in "甲乙" for n in "123"),
    )
    assert rows(run(found, "centrality", limit="3"), "entity")[0] == ("桥",)
    assert ("中",) not in rows(run(found, "centrality"), "entity")
    parts = rows(run(found, "communities"), "members")
    assert len(parts) == 2
    assert all(not {"甲2", "乙2"} <= set(members.split("、")) for (members,) in parts)
    assert run(found, "communities") == run(found, "communities")


def test_concentration_is_the_sum_of_squared_shares_of_countries() -> None:
    firms = tuple(entity(f"Firm:{name}", code) for name, code in zip("甲乙丙丁", ("CN", "CN", "CN", "JP"), strict=True))
    found = graph(
        *(Fact(f"Firm:{name}", "operatesIn", "Industry:车业") for name in "甲乙丙丁戊"),
        Fact("Technology:一", "enables", "Industry:车业"),
        Fact("Firm:甲", "develops", "Technology:一"),
        Fact("Place:日", "develops", "Technology:一"),
        Fact("Firm:丁", "operatesIn", "Industry:船业", "proposed"),
        described=(*firms, JP),
    )
    result = run(found, "concentration", industry="车业")
    assert run(found, "concentration", industry="船业").table.rows == ()
    assert set(rows(result, "part", "country", "count", "hhi")) == {
        ("主体", "中国", "3", "0.625"),
        ("主体", "日本", "1", "0.625"),
        ("技术", "中国", "1", "0.5"),
        ("技术", "日本", "1", "0.5"),
    }
    assert any("戊" in zh for zh, _ in result.notes)


def test_an_industrys_chain_has_what_is_inside_its_products_and_who_makes_that_alone_or_together() -> None:
    firms = tuple(entity(f"Firm:{name}", "CN") for name in "甲乙")
    found = graph(
        Fact("Product:车", "partOf", "Industry:车业"),
        Fact("Technology:电池", "appliedIn", "Product:车"),
        Fact("Firm:甲", "develops", "Technology:电池"),
        Fact("Consortium:联盟", "produces", "Product:车"),
        Fact("Firm:乙", "participatesIn", "Consortium:联盟"),
        Fact("Technology:雷达", "appliedIn", "Product:船"),
        described=firms,
    )
    result = run(found, "concentration", industry="车业")
    assert ("主体", "中国", "甲、乙") in rows(result, "part", "country", "members")
    assert ("技术", "中国", "电池") in rows(result, "part", "country", "members")


# ---- Agreement


def pairs(of: Graph, **params: str) -> list[tuple[str, ...]]:
    return rows(run(of, "agreement", **params), "kind", "document", "other_document")


def test_documents_agree_contradict_and_propose_alike() -> None:
    subsidy = Fact("Policy:补贴", "causes", "Challenge:过剩")
    found = graph(
        subsidy,
        Fact("Policy:丙", "usesInstrument", "Instrument:研发费用加计扣除", "proposed"),
        Fact("Place:中", "develops", "Technology:一", "proposed"),
        Fact("Technology:二", "enables", "Industry:车业"),
        Fact("Place:中", "measuredBy", "Indicator:占比", time="2022年", value="5%"),
        Fact("Place:中", "measuredBy", "Indicator:人口", time="2022年", value="14亿"),
        b=(
            subsidy,
            Fact("Policy:丁", "usesInstrument", "Instrument:研发费用加计扣除", "proposed"),
            Fact("Place:中", "develops", "Technology:一"),
            Fact("Technology:二", "hinders", "Industry:车业"),
            Fact("Place:中", "measuredBy", "Indicator:占比", time="2022年", value="6%"),
            Fact("Place:中", "measuredBy", "Indicator:人口", time="2020年", value="13亿"),
        ),
        c=(Fact("Policy:补贴", "causes", "Challenge:过剩", "negated"),),
    )
    assert sorted(pairs(found)) == sorted(
        [
            ("相反", "a", "b"),
            ("相反", "a", "c"),
            ("相反", "b", "c"),
            ("数字不一", "a", "b"),
            ("一说已行，一说应行", "a", "b"),
            ("说法一致", "a", "b"),
            ("建议相同", "a", "b"),
        ]
    )
    assert [pair[0] for pair in pairs(found)][:4] == ["相反", "相反", "相反", "数字不一"]
    assert pairs(found, kind="figures") == [("数字不一", "a", "b")]
    assert [pair[0] for pair in pairs(found, about="过剩")] == ["相反", "相反", "说法一致"]


def test_a_document_agrees_with_others_only_but_may_contradict_itself() -> None:
    found = graph(
        Fact("Policy:补贴", "causes", "Challenge:过剩"),
        Fact("Policy:补贴", "causes", "Challenge:过剩", time="2001年"),
        Fact("Policy:补贴", "causes", "Challenge:过剩", "negated"),
    )
    assert pairs(found) == [("相反", "a", "a")]


# ---- Comparison


def test_two_countries_side_by_side_shared_things_first() -> None:
    found = graph(
        Fact("Government:日本府", "usesInstrument", "Instrument:政府采购"),
        Fact("Place:中", "usesInstrument", "Instrument:政府采购"),
        Fact("Place:中", "usesInstrument", "Instrument:财政补贴"),
        Fact("Place:日", "develops", "Technology:一", "proposed"),
        Fact("Program:甲计划", "issuedBy", "Place:日"),
        described=(CN, JP, entity("Government:日本府", "JP")),
    )
    assert rows(run(found, "compare", one="中", other="日"), "aspect", "thing", "one", "other") == [
        ("政策工具", "政府采购", "实际", "实际"),
        ("政策工具", "财政补贴", "实际", ""),
        ("计划与政策", "甲计划", "", "实际"),
        ("主体", "日本府", "", "实际"),
        ("建议", "一", "", "建议"),
    ]


def test_two_industries_side_by_side() -> None:
    found = graph(
        Fact("Instrument:政府采购", "enables", "Industry:芯片产业"),
        Fact("Program:甲计划", "targets", "Industry:光伏产业"),
        Fact("Industry:光伏产业", "faces", "Challenge:过剩"),
    )
    assert rows(run(found, "compare", one="芯片产业", other="光伏产业"), "thing", "one", "other") == [
        ("政府采购", "实际", ""),
        ("甲计划", "", "实际"),
        ("过剩", "", "实际"),
    ]


# ---- Pictures and tables

LABELS = ("<script>alert(1)</script>&\"'", "\u202eabc\x07\x1b[31m", "")


@pytest.mark.parametrize("kind", ["bar", "stacked", "timeline", "scatter"])
def test_labels_of_documents_are_text_in_every_picture(kind: str) -> None:
    points = tuple(
        Point((label, label), (label, label), value=n, start=1990 + n, x=n, y=n) for n, label in enumerate(LABELS)
    )
    chart = Chart(kind, Axis("x", *LABELS[:2]), Axis("y", *LABELS[:2]), points=points)  # type: ignore[arg-type]
    drawing = chart_svg(chart, LABELS[0], "zh")
    tags = {element.tag.rpartition("}")[2] for element in ElementTree.fromstring(drawing).iter()}
    assert tags <= {"svg", "title", "rect", "text", "g", "circle", "line"}
    lines = "\n".join(chart_lines(chart, "en"))
    assert "\x1b" not in lines + drawing
    assert "\u202e" not in lines + drawing


def test_a_bar_is_as_long_as_its_value() -> None:
    points = (Point(("甲", "A"), value=4), Point(("乙", "B"), value=2), Point(("丙", "C"), value=0))
    lengths = [line.count("█") for line in chart_lines(Chart("bar", points=points), "zh")]
    assert lengths == [40, 20, 0]
    boxes = ElementTree.fromstring(chart_svg(Chart("bar", points=points), "图", "zh")).findall(".//{*}rect")
    widths = [float(box.get("width", 0)) for box in boxes][1:]
    assert widths[0] == pytest.approx(2 * widths[1])


def test_a_spreadsheet_takes_nothing_for_a_formula() -> None:
    found = graph(Fact("Technology:=1+1", "faces", "Challenge:卡脖子"))
    table = list(csv.DictReader(io.StringIO(analysis.table_csv(run(found, "chokepoints").table, "zh"))))
    assert table[0]["对象"] == "'=1+1"
    assert table[0]["实际应对"] == "0"


# ---- What counts


def test_what_counts_names_types_and_relations_that_there_are() -> None:
    known = counts.load()
    relations = {sign.relation for step in (*known.levels, *known.demands) for sign in step.signs}
    relations |= {kin.relation for kin in known.kin} | {name for name, _ in known.applies} | {known.through[0]}
    relations |= {name for group in (known.under, known.answers, known.mix) for of in group.values() for name in of}
    assert relations | set(known.belongs) <= ONTOLOGY.phrases.keys()
    types = {type_ for of in known.roles.values() for type_ in of} | {t for kin in known.kin for t in kin.targets}
    types |= {t for step in (*known.levels, *known.demands) for sign in step.signs for t in sign.others} - {"*"}
    assert types <= ONTOLOGY.kinds.keys()
    categories = {id_ for step in known.levels for sign in step.signs for id_ in sign.but}
    assert categories
    assert categories <= ONTOLOGY.entries.keys()
    assert all(step.trl.startswith("TRL") for step in known.levels)
    assert {name for of in known.happenings.values() for name in of} <= ONTOLOGY.lists["happening"].keys()


@pytest.mark.parametrize("fault", ['stage = "no-such-stage"', "[[levels"])
def test_a_fault_in_what_counts_is_told_of(tmp_path: Path, fault: str) -> None:
    for name in ("lists.ttl", "instruments.ttl", "chains.toml"):
        (tmp_path / name).symlink_to(data_folder("ontology") / name)
    text = (data_folder("ontology") / "analyses.toml").read_text(encoding="utf-8")
    (tmp_path / "analyses.toml").write_text(text.replace('stage = "basic-research"', fault), encoding="utf-8")
    with pytest.raises(OntologyError, match=r"analyses\.toml"):
        counts.load(tmp_path)


# ---- Commands and routes


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return filled(tmp_path_factory.mktemp("analysis") / "store")


@pytest.fixture(scope="module")
def client(place: Path) -> Iterator[httpx.Client]:
    with process(place) as (address, _), httpx.Client(base_url=address, timeout=20) as client:
        yield client


def test_the_command_lists_and_runs_analyses(place: Path, capsys: pytest.CaptureFixture[str]) -> None:
    listed = kg(capsys, "analyse")
    assert all(name in listed.out for name in analysis.load())
    shown = kg(capsys, "analyse", "program-timeline", "--store", str(place), "--lang", "en")
    assert "863计划" in shown.out
    assert "Sentences:" in shown.out
    assert kg(capsys, "analyse", "no-such", "--store", str(place)).code == 6
    assert kg(capsys, "analyse", "compare", "--store", str(place)).code == 2


def test_the_command_writes_pictures_tables_and_data(
    place: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("analyse", "readiness", "--store", str(place), "--format")
    drawn = tmp_path / "readiness.svg"
    assert kg(capsys, *arguments, "svg", "-o", str(drawn)).code == 0
    assert ElementTree.parse(drawn).getroot().tag.endswith("svg")
    assert kg(capsys, *arguments, "csv").out.startswith("技术,")
    assert '"name": "readiness"' in kg(capsys, *arguments, "json").out


def test_the_routes_list_and_run_analyses(client: httpx.Client) -> None:
    listed = client.get("/api/analysis").json()["analyses"]
    assert [each["name"] for each in listed] == list(analysis.load())
    found = client.get("/api/analysis/readiness", params={"what": "动力电池"}).json()
    assert [row["technology"]["id"] for row in found["rows"]] == [id_of("Technology:动力电池")]
    assert found["chart"]["points"][0]["label"]["zh"] == "动力电池"
    drawing = client.get("/api/analysis/readiness", params={"format": "svg", "lang": "en"})
    assert drawing.headers["content-type"].startswith("image/svg+xml")
    assert not [label for label in HOSTILE if label in drawing.text and "<" in label]
    paths = client.get("/openapi.json").json()["paths"]
    named = {parameter["name"] for parameter in paths["/api/analysis/chokepoints"]["get"]["parameters"]}
    assert named == {"kind", "type", "country", "min_confidence", "format", "lang"}


def test_the_route_of_the_matching(client: httpx.Client) -> None:
    found = client.get("/api/match", params={"what": "比亚迪"}).json()
    assert found["rows"][0]["match"]["id"] == id_of("Program:863计划")
    assert found["rows"][0]["status"]["id"] == "actual"
    assert client.get("/api/match").status_code == 400
    table = client.get("/api/match", params={"what": "比亚迪", "format": "csv"})
    assert table.text.startswith("政策、计划或工具,")


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("nothing", 404),
        ("compare", 400),
        ("chokepoints?kind=sad", 400),
        ("readiness?what=月亮", 404),
        ("lag?format=x", 400),
    ],
)
def test_a_route_that_cannot_answer_says_why(client: httpx.Client, path: str, status: int) -> None:
    answer = client.get(f"/api/analysis/{path}")
    assert answer.status_code == status
    assert answer.json()["detail"]
