"""Tables: found in a text, built, read into figures, what is odd about them, and as RDF Data Cube."""

import csv
import importlib.util
import json
import time
from dataclasses import replace
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import RdfFormat, parse
from scoring import SHARED
from typer.testing import CliRunner

from ingest.marks import language_of
from ingest.table_sources import grids
from ingest.tables import Found, TableReader
from kg import queries, rdf
from kg.check import findings
from kg.cli import app  # noqa: TID251  (this is the test of that edge)
from kg.config import data_folder
from kg.datacube import dimensions
from kg.errors import NotFound
from kg.graph import Graph
from kg.iris import ONTOLOGY
from kg.merges import merged
from kg.model import Bibliography, Document, Extraction, Table, TableValue
from kg.ontology import load
from kg.store import Store
from kg.tables import FIELDS, chosen, csv_text, grid_lines, list_lines

READER = TableReader(load())


def doc(text: str, source: str = "t") -> Document:
    return Document(source, text, language_of(text), Bibliography(title_zh="甲", title_en="A", year=2025))


def read(text: str) -> Found:
    found = READER.read(doc(text))
    for table in found.tables:
        for cell in table.cells:
            assert all(text[span.start : span.end] == span.quote for span in cell.spans)
    assert all(text[m.span.start : m.span.end] == m.span.quote for m in found.mentions)
    return found


def one(text: str) -> Table:
    (table,) = read(text).tables
    return table


def extraction(text: str, source: str = "t") -> Extraction:
    document = doc(text, source)
    found = READER.read(document)
    return Extraction(document, found.entities, found.mentions, (), (), "test", found.tables)


def rules(table: Table) -> set[str]:
    return {finding.rule for finding in table.findings}


def at(table: Table, row: int, column: int) -> TableValue | None:
    """The figure in a cell, rows and columns from 1, as findings name them."""
    return next((v for v in table.values if (v.row + 1, v.column + 1) == (row, column)), None)


def numbers(table: Table) -> list[str]:
    return [value.quantity.text() for value in table.values]


def finding(table: Table, rule: str) -> str:
    (found,) = [f for f in table.findings if f.rule == rule]
    assert found.message_zh != found.message_en
    return found.message_en


# ---- A column that was lost, labels that slipped

LOST = """表3 2021年各地技术合同成交额情况

地区\t技术合同成交额(亿元)\t成交额占全国比重(%)
全国\t3\u2009021.4\t100
东部\t北京\t1 005.1
\t河北\t1 000.2
中部\t山西\t500.1
\t湖北\t400.3
西部\t重庆\t60.4
东北\t青海\t20.5
\t吉林\t34.7

资料来源：某统计公报。
"""


def test_figures_go_to_the_column_whose_total_they_add_up_to_and_nothing_is_filled_in() -> None:
    table = one(LOST)
    assert (table.label, table.caption) == ("表3", "2021年各地技术合同成交额情况")
    assert table.notes == ("资料来源：某统计公报。",)
    by_place = {(v.place, v.series): v.quantity.text() for v in table.values}
    assert by_place["中国", "技术合同成交额"] == "302140000000 CNY"
    assert by_place["中国", "成交额占全国比重"] == "100 %"
    assert by_place["重庆", "技术合同成交额"] == "6040000000 CNY"
    assert len(by_place) == len(table.values) == 9
    assert {v.period.text() for v in table.values if v.period} == {"2021"}
    assert "成交额占全国比重" in finding(table, "lost-column")
    assert "7 parts add up to 3021.3, the total at row 2, column 2 is 3021.4" in finding(table, "sum-rounding")


def test_a_place_under_the_wrong_region_is_reported_and_keeps_its_own() -> None:
    table = one(LOST)
    assert "Qinghai stand under “东北” (row 8, column 1) but belong to Western China" in finding(
        table, "region-conflict"
    )
    found = {v.place: (v.group, v.region.rpartition("/")[2]) for v in table.values}
    assert found["青海"] == ("东北", "西部地区")
    assert found["吉林"] == ("东北", "东北地区")
    assert found["河北"] == ("东部", "东部地区")
    assert found["中国"] == ("", "")


@pytest.mark.parametrize("lost", ["3\u2009021.4\t100", "9 999.9\t100", "-\t3 021.3", "3 021.3\t3 021.3"])
def test_without_proof_the_figures_of_a_lost_column_are_not_read(lost: str) -> None:
    table = one(LOST.replace("3\u2009021.4\t100", lost).replace("(%)", "(亿元)" if lost.count("021") > 1 else "(%)"))
    proven = lost.startswith("3\u2009") and "100" in lost
    assert bool(at(table, 4, 3)) is proven
    assert "lost-column" in rules(table)
    assert all(cell.role != "value" for cell in table.cells if cell.row > 1 and not proven)


def test_a_head_that_lost_only_a_heading_of_keys_is_read() -> None:
    text = "地区\t专利(项)\t论文(篇)\n东部\t北京\t11\t22\n\t天津\t33\t44\n"
    table = one(f"表1 2020年产出\n\n{text}")
    assert [(v.place, v.series, v.quantity.text()) for v in table.values] == [
        ("北京", "专利", "11 项"),
        ("北京", "论文", "22 篇"),
        ("天津", "专利", "33 项"),
        ("天津", "论文", "44 篇"),
    ]


# ---- Years

YEARS = """表4 2003—2011年某国航运情况

\t船舶数(艘)\t货运量 (万吨)\t平均船龄(年)\t运费收入 (亿美元)
2003\t—\t12\u202f345.6\t8.1\t101
2004\t1 204\t13 000.1\t8.3\t104
2005\t1 251\t13 455.9\t\t107
2006\t1 300\t13 800.2\t8.8\t111
2007\t1 351\t14 122.4\t9.1\t113
2008\t1 402\t14 500.0\t9.3\t118
2009\t1 449\t15 001.3\t9.5\t121
2010\t1 500\t15 478.8\t9.9\t125
2011\t1 553\t31 900.5\t9.9\t129
2013\t1 600\t33 000.7\t9.8\t133
"""


def test_a_table_of_years_is_complete_and_a_dash_is_no_figure() -> None:
    table = one(YEARS)
    assert len(table.values) == 38
    assert at(table, 2, 2) is None
    assert {c.place: c.role for c in table.cells}[1, 1] == "missing"
    first = at(table, 2, 3)
    assert first
    assert (first.words, first.quantity.text(), first.series, first.series_unit) == (
        "12 345.6",
        "123456000 t",
        "货运量",
        "万吨",
    )
    assert dimensions(table.values) == ("series", "period")
    assert at(table, 2, 5).quantity.text() == "10100000000 USD"  # type: ignore[union-attr]


def test_breaks_gaps_and_repeated_figures_of_a_series_are_told() -> None:
    table = one(YEARS)
    assert "15478.8→31900.5" in finding(table, "series-break")
    gaps = [f.message_en for f in table.findings if f.rule == "missing-times"]
    assert [gap for gap in gaps if "between 2011 and 2013" not in gap] == [
        "“平均船龄” has no figure between 2004 and 2006."
    ]
    assert len(gaps) == 5
    # 9.9 twice has too few digits to be a slip
    assert "duplicate-neighbour" not in rules(table)


def test_years_may_be_columns_and_the_rows_what_is_measured() -> None:
    text = "Table 2. Shipping of a country\n\n| Indicator | 2019 | 2020年 | FY2021 |\n|---|--:|--:|--:|\n"
    text += "| Ships | 1,200 | n/a | 1,250 |\n| Freight (in million tonnes) | 3.5 | 3.6 | 3.75* |\n"
    table = one(text)
    assert [(v.series, v.period.text(), v.quantity.text()) for v in table.values if v.period] == [
        ("Ships", "2019", "1200"),
        ("Ships", "2021", "1250"),
        ("Freight", "2019", "3500000 t"),
        ("Freight", "2020", "3600000 t"),
        ("Freight", "2021", "3750000 t"),
    ]


def test_years_in_columns_of_places_take_their_series_from_the_caption() -> None:
    rows = ("国家|2020|2021", "英国|1 020|1 270", "德国|770|770")
    text = pipe(*rows, caption="表5 各国海上风电装机（单位：万千瓦）")
    table = one(text)
    assert table.unit == "万千瓦"
    assert {v.series for v in table.values} == {"各国海上风电装机"}
    assert [(v.place, v.quantity.text()) for v in table.values][:2] == [
        ("英国", "10200000 kW"),
        ("英国", "12700000 kW"),
    ]
    assert dimensions(table.values) == ("series", "place", "period")


# ---- Forms


def test_html_with_spans_heads_and_entities() -> None:
    text = (
        "表6 两国研发人员\n\n<table><thead><tr><th rowspan=2>部门</th><th colspan='2'>甲&amp;乙国</th>"
        "<th colspan=2>丙国</th></tr><tr><th>人数<br>(人)</th><th>比例</th><th>人数(人)</th><th>比例</th></tr>"
        "</thead>\n"
        "<tbody><tr><td>大学</td><td>1&nbsp;100</td><td>55%</td><td>300</td><td>60 %</td></tr>"
        "<tr><td>企业</td><td>900</td><td>45%</td><td>200</td><td>40 %</td></tr></tbody></table>\n注：不含军方。\n"
    )
    table = one(text)
    assert [(v.series, v.item, v.quantity.text()) for v in table.values][:3] == [
        ("甲&乙国 / 人数", "大学", "1100 人"),
        ("甲&乙国 / 比例", "大学", "55 %"),
        ("丙国 / 人数", "大学", "300 人"),
    ]
    assert len(table.values) == 8
    assert table.notes == ("注：不含军方。",)
    assert next(c for c in table.cells if c.place == (0, 1)).columns == 2


def test_rows_that_a_page_break_parts_are_one_table() -> None:
    row = "<table><tr><td>{}</td><td>{}</td></tr><tr><td>{}</td><td>{}</td></tr></table>"
    text = "表7 论文\n\n" + row.format("机构", "篇", "甲校", "12") + "\n\n" + row.format("乙校", "10", "丙校", "9")
    table = one(text)
    assert [(v.item, v.quantity.text()) for v in table.values] == [("甲校", "12"), ("乙校", "10"), ("丙校", "9")]


def test_a_grid_of_pluses_and_a_table_without_outer_bars() -> None:
    rule, head = "+------+-------+\n", "| Year | Ships |\n|      | (in thousand) |\n+======+=======+\n"
    table = one(f"Table 1. Fleet\n\n{rule}{head}| 2001 | 3 |\n{rule}| 2002 | 4 |\n{rule}")
    assert [v.quantity.text() for v in table.values] == ["3000", "4000"]
    bare = "Table 2. Fleet\n\nYear | Ships\n--- | ---\n2001 | 3\n2002 | 4\n"
    assert [v.period.text() for v in one(bare).values if v.period] == ["2001", "2002"]


def test_tables_side_by_side_are_told_apart() -> None:
    text = pipe("国家|汇率|国家|汇率", "泰国|30.7|日本|97.6", "印度|58.6|巴西|2.1", caption="表8 汇率")
    assert {(v.place, v.words) for v in one(text).values} == {
        ("泰国", "30.7"),
        ("日本", "97.6"),
        ("印度", "58.6"),
        ("巴西", "2.1"),
    }


@pytest.mark.parametrize(
    "text",
    [
        "1.\t某书，第3页。\n2.\t又一书，第4页。\n3.\t第三本书。\n",
        "目录\n\n\t一、绪论\n\t二、结论\n",
        "甲 | 乙，这是一句话。\n\n下一段没有竖线。\n",
        "<table><tr><td>没有收尾",
    ],
)
def test_what_is_no_table_is_left_alone(text: str) -> None:
    assert read(text).tables == ()


def test_a_table_of_words_keeps_its_cells_and_says_so() -> None:
    table = one("表9 工具\n\n| 类型 | 例子 |\n|---|---|\n| 供给 | 补贴 |\n| 需求 | 采购 |\n")
    assert rules(table) == {"words-only"}
    assert len(table.cells) == 6
    assert not table.values


# ---- What is not certain is not read


def pipe(*rows: str, caption: str = "表1 2020年某事") -> str:
    width = rows[0].count("|") + 1
    return "\n".join([caption, "", f"|{rows[0]}|", "|" + "---|" * width, *(f"|{row}|" for row in rows[1:])]) + "\n"


@pytest.mark.parametrize(
    ("text", "rule", "unread"),
    [
        (pipe("国家|产量(万吨)", "英国|47. 1", "德国|12"), "damaged-number", (2, 2)),
        (pipe("国家|产量(万吨)", "英国|5", "德国|12%"), "unit-conflict", (3, 2)),
        (pipe("企业|份额", "甲|5%", "乙|7%", "丙|12"), "unit-conflict", (4, 2)),
        (pipe("企业|销量", "甲|5", "甲|7", "乙|9"), "same-key", (2, 2)),
        (pipe("部门|收入", "软件|1.5", "硬件|7.5 8.5", "服务|9.5"), "fused-rows", (2, 2)),
        (pipe("企业|销量(辆)", "甲|5|6", "乙|7"), "ragged-rows", (2, 3)),
        (pipe("企业|销量|", "甲|5|1", "乙|7|2"), "no-heading", (2, 3)),
        ("表1 某事\n\n<table><tr><td>甲</td><td>量</td></tr><tr><td>乙</td><td rowspan=2>5</td></tr>"
         "<tr><td>丙</td></tr><tr><td>丁</td><td>4</td></tr></table>", "spread-figure", (2, 2)),
        ("表1 某事\n\n甲\t量\t值\n乙\t5\t6\n丙\t4\n丁\t3\t2\n", "short-rows", (3, 2)),
    ],
)  # fmt: skip
def test_a_figure_that_could_be_of_something_else_is_not_read(text: str, rule: str, unread: tuple[int, int]) -> None:
    table = one(text)
    assert rule in rules(table)
    assert at(table, *unread) is None
    assert all(cell.role != "value" for cell in table.cells if cell.place == (unread[0] - 1, unread[1] - 1))


def test_an_unknown_unit_is_kept_and_told() -> None:
    table = one(pipe("Year|GDP (in Bil. moon dollars)", "2001|5.5", "2002|6.5", caption="Table 1. Moon"))
    assert numbers(table) == ["5.5 Bil. moon dollars", "6.5 Bil. moon dollars"]
    assert "unknown-unit" in rules(table)


def test_a_number_in_a_name_is_no_year() -> None:
    table = one(pipe("国家|企业数", "英国|5", "德国|4", caption="表1 “全球2000强”企业"))
    assert all(value.period is None for value in table.values)


# ---- Sums, outliers, repeated neighbours


def test_sums_against_totals() -> None:
    rows = ("部门|经费(亿元)|占比(%)", "大学|10.2|30.1", "企业|20.1|59.3", "院所|3.6|10.6")
    assert not rules(one(pipe(*rows, "合计|33.9|100")))
    assert "within rounding" in finding(one(pipe(*rows, "合计|34.0|100")), "sum-rounding")
    assert "add up to 33.9, but the total at row 5, column 2 is 43.9" in finding(
        one(pipe(*rows, "合计|43.9|100")), "sum-differs"
    )


def test_a_sum_with_a_part_missing_is_not_judged() -> None:
    assert not rules(one(pipe("部门|经费(亿元)|人员(人)", "大学|10.2|5", "企业|-|6", "合计|33.9|11")))


def test_what_is_part_of_a_part_makes_no_sum_differ() -> None:
    assert not rules(one(pipe("车型|销量(万辆)", "乘用车|20", "其中：纯电动|12", "商用车|5", "合计|25")))
    assert not rules(one(pipe("Kind|Sales (units)", "Cars|20", "of which: electric|12", "Vans|5", "Total|25")))
    assert "sum-differs" in rules(one(pipe("车型|销量(万辆)", "乘用车|20", "其他|12", "商用车|5", "合计|25")))
    assert not rules(one(pipe("省份|全部车|其中：客车|货车|总计", "甲省|9|4|3|12", "乙省|8|2|1|9")))


def test_row_sums_and_regions_with_their_parts() -> None:
    assert "add up to 9" in finding(one(pipe("部门|男|女|总计", "大学|4|5|9", "企业|3|6|8")), "sum-differs")
    rows = ("地区|产值(亿元)", "全国|100", "东北地区|60", "辽宁|30", "吉林|20", "黑龙江|10", "中部地区|40", "山西|40")
    assert "sum-differs" not in rules(one(pipe(*rows)))
    told = [f.message_en for f in one(pipe(*rows).replace("60", "70")).findings]
    assert any("add up to 60, but the total at row 3, column 2 is 70" in message for message in told)


def test_neighbours_and_outliers() -> None:
    places = ["河北", "山西", "辽宁", "吉林", "江苏", "浙江", "安徽", "福建", "江西"]
    figures = ["228.1", "228.1", "310.5", "190.2", "255.9", "240.3", "0.2", "275.0", "221.4"]
    table = one(pipe("地区|经费(亿元)", *(f"{p}|{f}" for p, f in zip(places, figures, strict=True))))
    assert "河北 and 山西 have the same figure, 228.1" in finding(table, "duplicate-neighbour")
    assert "安徽: 0.2 at row 8, column 2" in finding(table, "outlier")


# ---- Hostile and large tables


@pytest.mark.parametrize(
    "text",
    [
        "<table>" * 20_000,
        "<table>" + "<tr><td rowspan=9999 colspan=9999>1" * 300 + "</table>",
        "<table><tr>" + "<td>1" * 60_000 + "</table>",
        "<table><tr><td>" + "<" * 50_000 + "</table>",
        "\t".join("1" * 100_000),
        "|" * 100_000,
        ("|a" * 900 + "|\n") * 50,
        "1\t2\n" * 60_000,
        "|" + " " * 100_000 + "x\n|" + "-" * 100_000 + "|\n",
        "表1 " + "(" * 3000 + "\n\n|a|b|\n|-|-|\n|c|1|\n",
    ],
    ids=["open", "spans", "wide", "angles", "tabs", "bars", "block", "long", "spaces", "brackets"],
)
def test_hostile_tables_end_soon(text: str) -> None:
    began = time.process_time()
    read(text)
    assert time.process_time() - began < 5


@settings(deadline=None, max_examples=40)
@given(
    st.lists(
        st.lists(st.sampled_from(["", "甲", "12", "1 234", "-", "5%", "2001", "a|b", "合计", "(亿元)"]), max_size=5),
        max_size=6,
    ),
    st.sampled_from(["\t", "|", "html"]),
)
def test_whatever_a_table_holds_its_cells_are_exact_and_it_comes_back_from_rdf(
    rows: list[list[str]], form: str
) -> None:
    if form == "html":
        text = (
            "<table>" + "".join("<tr>" + "".join(f"<td>{c}</td>" for c in row) + "</tr>" for row in rows) + "</table>"
        )
    else:
        text = "\n".join(f"|{form.join(row)}|" if form == "|" else form.join(row) for row in rows)
    read(text)
    found = extraction(text)
    assert rdf.from_quads(rdf.to_quads(found)) == rdf.canonical(found)


# ---- In the graph


@pytest.fixture(scope="module")
def store() -> Store:
    made = Store.in_memory()
    made.put(extraction(LOST, "lost"))
    made.put(extraction(YEARS, "years"))
    return made


def test_a_document_with_tables_comes_back_from_the_store(store: Store) -> None:
    assert store.extraction("lost") == rdf.canonical(extraction(LOST, "lost"))
    assert [table.label for table in store.tables("lost")] == ["表3"]
    with pytest.raises(NotFound):
        store.tables("nothing")


def test_the_graph_is_a_well_formed_cube_and_its_findings_are_told(store: Store) -> None:
    found = findings(store, load())
    assert [f for f in found if f.severity == "violation"] == []
    told = {f.rule: f for f in found}
    assert told["region-conflict"].severity == "warning"
    assert told["region-conflict"].message_zh.startswith("lost 表3：青海")
    assert told["sum-rounding"].severity == "info"
    focus = told["region-conflict"].focus
    assert store.ask(f"ASK {{ GRAPH ?g {{ <{focus}> a pkg:Finding ; pkg:cell ?cell . ?cell pkg:quote '青海' }} }}")


@pytest.mark.parametrize(
    "constraint",
    [
        # IC-1, IC-2: every observation has one data set, every data set one structure
        "SELECT ?o { GRAPH ?g { ?o a qb:Observation } FILTER NOT EXISTS { GRAPH ?g { ?o qb:dataSet ?s } } }",
        "SELECT ?o { GRAPH ?g { ?o qb:dataSet ?a, ?b } FILTER(?a != ?b) }",
        "SELECT ?s { GRAPH ?g { ?s a qb:DataSet FILTER NOT EXISTS { ?s qb:structure ?d } } }",
        # IC-3: a measure; IC-6: only attributes may be optional
        "SELECT ?d { GRAPH ?g { ?d a qb:DataStructureDefinition "
        "FILTER NOT EXISTS { ?d qb:component/qb:measure/a qb:MeasureProperty } } }",
        "SELECT ?c { GRAPH ?g { ?c qb:componentRequired false FILTER NOT EXISTS { ?c qb:attribute ?a } } }",
        # IC-11, IC-13, IC-14: dimensions, required attributes and measures have values
        "SELECT ?o { GRAPH ?g { ?o qb:dataSet/qb:structure/qb:component/qb:dimension ?p "
        "FILTER NOT EXISTS { ?o ?p ?v } } }",
        "SELECT ?o { GRAPH ?g { ?o qb:dataSet/qb:structure/qb:component ?c . ?c qb:attribute ?p ; "
        "qb:componentRequired true FILTER NOT EXISTS { ?o ?p ?v } } }",
        "SELECT ?o { GRAPH ?g { ?o qb:dataSet/qb:structure/qb:component/qb:measure ?p "
        "FILTER NOT EXISTS { ?o ?p ?v } } }",
        # IC-12: no two observations with the same dimensions
        "SELECT ?a { GRAPH ?g { ?a qb:dataSet ?s . ?b qb:dataSet ?s FILTER(STR(?a) < STR(?b)) FILTER NOT EXISTS { "
        "?s qb:structure/qb:component/qb:dimension ?d . ?a ?d ?x . ?b ?d ?y FILTER(?x != ?y) } } }",
    ],
)
def test_the_cube_keeps_the_constraints_of_the_w3c(store: Store, constraint: str) -> None:
    assert store.select("SELECT ?o { GRAPH ?g { ?o a qb:Observation } }")
    assert store.select(constraint) == []


def test_the_terms_of_tables_are_declared(store: Store) -> None:
    files = sorted(data_folder("ontology").glob("*.ttl"))
    declared = {quad.subject for path in files for quad in parse(path=path, format=RdfFormat.TURTLE)}
    quads = [quad for source in store.sources() for quad in store.graph(source)]
    used = {node for quad in quads for node in (quad.predicate, quad.object)}
    own = {node for node in used if str(node).startswith(f"<{ONTOLOGY}")}
    assert len(own) > 30
    assert own <= declared


def asked(store: Store, name: str, **params: str) -> list[dict[str, str]]:
    table = queries.run(Graph(store, load()), queries.find(name), params)
    names = [column.name for column in table.columns]
    return [dict(zip(names, (cell.text() for cell in row), strict=True)) for row in table.rows]


def test_a_value_is_asked_by_series_place_and_year(store: Store) -> None:
    (row,) = asked(store, "table-values", words="成交额", place="青海", year="2021")
    assert (row["value"], row["unit_text"], row["unit"], row["region"]) == ("20.5", "亿元", "CNY", "西部地区")
    assert (row["table"], row["row"], row["column"], row["quote"]) == ("表3", "8", "3", "20.5")
    assert asked(store, "table-values", words="比重", place="青海") == []
    assert asked(store, "table-values", words="成交额", place="青海", year="2020") == []


def test_a_series_is_asked_as_a_whole(store: Store) -> None:
    rows = asked(store, "series", words="货运量")
    assert [row["period"] for row in rows] == [str(year) for year in [*range(2003, 2012), 2013]]
    assert Decimal(rows[0]["number"]) == 123456000
    assert len(asked(store, "series", source="lost")) == 9


def test_merged_entities_are_named_in_tables_too() -> None:
    found = extraction(LOST)
    (beijing,) = [e for e in found.entities if e.label_zh == "北京"]
    known = {e.id: e for e in found.entities} | {"place/x": replace(beijing, id="place/x")}
    after = merged(found, {beijing.id: "place/x"}, known)
    assert {v.place_entity for v in after.tables[0].values if v.place == "北京"} == {"place/x"}
    assert rdf.from_quads(rdf.to_quads(after)).tables == rdf.canonical(after).tables


# ---- For people and programs


def test_tables_are_listed_and_shown(store: Store) -> None:
    listed = list(list_lines(chosen(store), "en"))
    assert [line.split()[:3] for line in listed[2:]] == [["lost", "表3", "9×3"], ["years", "表4", "11×5"]]
    ((source, _, table),) = chosen(store, "lost", "表 3")
    shown = "\n".join(grid_lines(source, table, "zh"))
    assert "青海" in shown
    assert "警告: 青海列在“东北”（第8行第1列）之下" in shown
    assert chosen(store, "years", "1") == chosen(store, "years")
    with pytest.raises(NotFound, match="its tables are: 表3"):
        chosen(store, "lost", "表9")


def test_csv_has_a_row_for_each_figure_and_no_formula() -> None:
    with Store.in_memory() as store:
        store.put(extraction(pipe("国家|=HYPERLINK(A1)|量(吨)", "英国|5|-3.5", "德国|4|-2")))
        rows = list(csv.reader(StringIO(csv_text(chosen(store)))))
    assert tuple(rows[0]) == FIELDS
    found = [dict(zip(FIELDS, row, strict=True)) for row in rows[1:]]
    assert [row["number"] for row in found] == ["5", "-3.5", "4", "-2"]
    assert found[0]["series"] == "'=HYPERLINK(A1)"


def test_the_command_prints_tables_as_text_json_and_csv(tmp_path: Path) -> None:
    with Store.open(tmp_path) as opened:
        opened.put(extraction(LOST, "lost"))
    runner = CliRunner()

    def kg(*words: str) -> str:
        result = runner.invoke(app, ["tables", *words, "--store", str(tmp_path)])
        assert result.exit_code == 0, result.output
        return result.stdout

    assert "表3" in kg()
    assert "lost-column" in kg("lost", "表3", "--lang", "en")
    (table,) = json.loads(kg("lost", "--format", "json"))["tables"]
    assert len(table["figures"]) == 9
    assert table["dimensions"] == ["series", "place", "period"]
    assert len(kg("--format", "csv").splitlines()) == 10


# ---- The paper that the tables were thought out with


@pytest.mark.skipif(not SHARED.is_dir(), reason="the papers are not beside this folder")
def test_every_row_of_the_papers_tables_is_read_and_nothing_invented() -> None:
    path = Path(__file__).resolve().parents[1] / "benchmarks" / "tables.py"
    spec = importlib.util.spec_from_file_location("benchmark_tables", path)
    assert spec
    assert spec.loader
    benchmark = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(benchmark)
    text = (SHARED / "papers" / "yao2025.txt").read_bytes().decode("utf-8")
    tables = read(text).tables
    result = benchmark.score(tables, benchmark.facts()["yao2025"])
    assert (result.facts, result.absent) == (144, 35)
    assert (result.found, result.wrong, result.missed, result.invented, result.extra) == (144, [], [], [], 0)
    told = {finding.rule for table in tables for finding in table.findings}
    assert told == {"lost-column", "region-conflict", "sum-rounding", "duplicate-neighbour"}


def test_the_finder_gives_places_in_order() -> None:
    found = grids(f"{LOST}\n\n文字。\n\n{YEARS}")
    assert [grid.height for grid in found] == [9, 11]
    assert found[0].end < found[1].start
