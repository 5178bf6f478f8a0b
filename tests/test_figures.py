"""Numbers and dates in prose: what each measures, of what, when, where; what is damaged; what is no figure."""

import json
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import pytest
from small_graphs import Fact, document, id_of

from ingest.figure_rules import figure_rules
from ingest.figures import FigureFinder
from ingest.happenings import dates
from ingest.periods import period
from ingest.quantities import numbers, quantity
from ingest.relations import Mention
from kg import queries
from kg.contradictions import contradictions
from kg.graph import Graph
from kg.inference import infer, is_current
from kg.model import Bibliography, Document, Evidence, Extraction, Figure, Language, Section, Sentence, Span
from kg.ontology import load
from kg.resolution import resolve
from kg.store import Store

ONTOLOGY = load()
FINDERS = {language: FigureFinder(ONTOLOGY, language) for language in ("zh", "en")}
RULES = {language: figure_rules(language) for language in ("zh", "en")}


def read(text: str, *names: str, language: Language = "zh", year: int | None = 2025) -> tuple[Figure, ...]:
    """The figures and dates of a document of one sentence, in which the names (`Type:name`) are known."""
    section = Section("1", ("1 现状",), "body", 0, len(text))
    read_ = Document("d", text, language, Bibliography(year=year), (section,))
    sentence = Sentence(text, tuple(range(len(text))), section)
    mentions = []
    for named in names:
        type_, _, name = named.partition(":")
        mentions += [Mention(text.index(name), text.index(name) + len(name), type_, id_of(named))]
    rows = [sorted(mentions, key=lambda m: m.start)]
    kept = {id_of(named) for named in names}
    finder = FINDERS[language]
    return (*finder.read(read_, [sentence], rows, kept), *dates(finder, read_, [sentence], rows, kept))


def told(figure: Figure) -> tuple[str, str, str]:
    value = figure.quantity.text() if figure.quantity else figure.flaw or figure.happening
    return figure.subject, figure.indicator, value


# ---- The rules as data

FRAMES = [pytest.param(language, frame, id=frame.id) for language, rules in RULES.items() for frame in rules.frames]


@pytest.mark.parametrize(("language", "frame"), FRAMES)
def test_a_frame_finds_its_example_and_nothing_in_its_counterexample(language: Language, frame: object) -> None:
    subject, indicator, value = frame.finds.split("|")  # type: ignore[attr-defined]
    found = [f for f in read(frame.example, language=language) if f.evidence.rule == frame.id]  # type: ignore[attr-defined]
    assert (subject, indicator, value) in [(f.subject, f.indicator, f.value) for f in found]
    others = read(frame.counterexample, language=language)  # type: ignore[attr-defined]
    assert frame.id not in {f.evidence.rule for f in others}  # type: ignore[attr-defined]


FINDS = [
    pytest.param(rule, id=f"{language} {rule.finds}")
    for language, rules in RULES.items()
    for rule in (*rules.sources, *rules.places, *rules.time_rules, *rules.none, *rules.flaw_rules)
]


@pytest.mark.parametrize("rule", FINDS)
def test_what_stands_around_a_number_is_found_in_the_example_only(rule: object) -> None:
    pattern = rule.pattern  # type: ignore[attr-defined]
    assert rule.finds in [m.group("found") for m in pattern.finditer(rule.example)]  # type: ignore[attr-defined]
    assert not pattern.search(rule.counterexample)  # type: ignore[attr-defined]


HAPPENINGS = [
    pytest.param(language, rule, id=f"{language} {rule.name}")
    for language, rules in RULES.items()
    for rule in rules.happenings
]


@pytest.mark.parametrize(("language", "rule"), HAPPENINGS)
def test_what_happened_is_found_in_the_example_only(language: Language, rule: object) -> None:
    found = [f for f in read(rule.example, language=language) if f.happening == rule.name]  # type: ignore[attr-defined]
    assert rule.finds in [f.indicator for f in found]  # type: ignore[attr-defined]
    assert rule.name not in [f.happening for f in read(rule.counterexample, language=language)]  # type: ignore[attr-defined]


def test_flaws_and_happenings_are_those_of_the_ontology() -> None:
    for rules in RULES.values():
        assert {rule.name for rule in rules.flaw_rules} <= ONTOLOGY.lists["flaw"].keys()
        assert {rule.name for rule in rules.happenings} <= ONTOLOGY.lists["happening"].keys()


# ---- What a number measures


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        (
            "2021年某国齿轮、轴承、铸件产量在亚洲占比达到35%、40%和57%。",
            [
                ("某国齿轮", "产量在亚洲占比", "35 %"),
                ("轴承", "产量在亚洲占比", "40 %"),
                ("铸件", "产量在亚洲占比", "57 %"),
            ],
        ),
        (
            "而甲国、乙国等经济体的支出占GDP的比例都在4%以上。",
            [("甲国", "占GDP的比重", "> 4 %"), ("乙国等经济体的支出", "占GDP的比重", "> 4 %")],
        ),
        (
            "2012年以来，某风机的平均价格从约1 900欧元降至2021年的约300欧元每千瓦。",
            [("某风机", "平均价格", "≈ 1900 EUR/kW"), ("某风机", "平均价格", "≈ 300 EUR/kW")],
        ),
        (
            "某公司人均收入达到10元，某厂人均收入达到20元，分别增长5%和6%。",
            [
                ("某公司", "人均收入", "10 CNY"),
                ("某厂", "人均收入", "20 CNY"),
                ("某公司", "人均收入增长", "5 %"),
                ("某厂", "人均收入增长", "6 %"),
            ],
        ),
        (
            "2015年研发投入占GDP的比重为2.23%（486亿欧元）。",
            [("研发投入", "占GDP的比重", "2.23 %"), ("研发投入", "占GDP的比重", "48600000000 EUR")],
        ),
        ("某技术占总经费的三成以上。", [("某技术", "占总经费的比重", "> 30 %")]),
        ("该企业规模翻两番。", [("企业", "规模翻", "2 番")]),
        ("某国产量位居全球第1位。", [("某国", "产量排名", "1 位")]),
        ("该药材种植约占总数的16.5%。", [("药材种植", "占总数的比重", "≈ 16.5 %")]),
    ],
)
def test_what_a_number_measures_and_of_what(text: str, wanted: list[tuple[str, str, str]]) -> None:
    assert [told(figure) for figure in read(text)] == wanted


def test_a_figure_has_its_time_place_source_entity_and_exact_place() -> None:
    text = "据某某船舶学会统计，2011—2019年，我国深潜器工作深度共打破国内纪录8次。"
    (figure,) = read(text, "Product:深潜器")
    assert (figure.about, figure.place, figure.attributed_to) == (id_of("Product:深潜器"), "我国", "某某船舶学会")
    assert figure.period == period("2011—2019年", ())
    assert text[figure.span.start : figure.span.end] == figure.span.quote == figure.value == "8次"
    assert (figure.modality, figure.evidence.quote) == ("actual", text)


def test_a_time_that_had_passed_plans_nothing_and_one_to_come_does() -> None:
    past, planned = ("成本降至2023年的100美元。", "到2035年，产量达到100吨。")
    assert [f.modality for f in read(past)] == ["actual"]
    assert [f.modality for f in read(planned)] == ["proposed"]


def test_a_span_of_years_counts_back_from_the_document_s_year() -> None:
    text = "运输成本在过去10年内降低了30%—45%。"
    (figure,), (undated,) = read(text), read(text, year=None)
    assert figure.period is not None
    assert (figure.period.text(), undated.period) == ("≈2015–2025", None)
    assert figure.quantity is not None
    assert (figure.quantity.low, figure.quantity.high) == (Decimal(30), Decimal(45))


def test_nothing_is_taken_from_a_neighbour_where_a_figure_has_its_own_subject() -> None:
    found = read("甲国的比例在4%以上；海洋设备租赁交易额318.6亿元。")
    assert found[-1].subject == "海洋设备租赁"


@pytest.mark.parametrize(
    "text",
    [
        "“863”计划支持了研发。",
        "图5和表12展示了发展情况。",
        "(1)增加投入。",
        "N型电池和5G通信技术发展迅速。",
        "“十四五”时期，2024年10月17日召开会议。",
        "欧洲工业4.0技术得到应用[12,13]。",
        "主要表现在四个方面，可分为3个阶段。",
        "联系电话：010-12345678。",
        "技术的每1次进步都有意义。",
        "这是百年未有之大变局，成果数10年未见。",
    ],
)
def test_numbers_that_measure_nothing_are_left_out(text: str) -> None:
    assert read(text) == ()


@pytest.mark.parametrize(
    ("text", "flaws"),
    [
        ("沿海每万人有88名工程师，明显高于平原、山区和草原地区的31.22和19人。", ["", "uneven-list", "uneven-list"]),
        ("出口增长1O0%。", ["letter"]),
        ("出口增长12.5.3%。", ["points"]),
        ("研发投入3 00亿元。", ["grouping"]),
        ("研发投入达3 000亿，增长明显。", ["no-unit"]),
        ("成本占收入的比重为140%。", ["impossible"]),
        ("增加值占比由40%—30%构成。", ["impossible"]),
    ],
)
def test_a_damaged_number_is_flagged_and_has_no_value(text: str, flaws: list[str]) -> None:
    found = read(text)
    assert [figure.flaw for figure in found] == flaws
    assert all(figure.quantity is None for figure in found if figure.flaw)


def test_a_list_with_names_that_hold_and_is_shared_out() -> None:
    text = "2024年租赁和商务服务业、信息服务业增加值分别增长10.4%、10.9%。"
    found = read(text, "Industry:租赁和商务服务业", "Industry:信息服务业")
    assert [f.about for f in found] == [id_of("Industry:租赁和商务服务业"), id_of("Industry:信息服务业")]


def test_english_figures() -> None:
    text = "According to the World Bank, the average cost of batteries was nearly $100 in 2023."
    (figure,) = read(text, "Product:batteries", language="en")
    assert told(figure) == ("batteries", "average cost", "≈ 100 USD")
    assert (figure.about, figure.attributed_to) == (id_of("Product:batteries"), "the World Bank")
    assert figure.period == period("2023", ())


def test_numbers_are_read_in_time_that_grows_with_the_text() -> None:
    began = perf_counter()
    assert len(numbers("1 2 3,4，5 000.6%" * 1000, ONTOLOGY)) > 1000
    assert FINDERS["zh"].values(FINDERS["zh"].scene(_sentence("约" * 2000 + "，" + "3、" * 500 + "4%"), ()))
    assert perf_counter() - began < 20


def _sentence(text: str) -> Sentence:
    return Sentence(text, tuple(range(len(text))), Section("", (), "body", 0, len(text)))


# ---- Figures and statements


def test_a_figure_that_a_statement_gives_points_to_it() -> None:
    text = "某电池的平均成本为100美元。"
    section = Section("1", (), "body", 0, len(text))
    whole = Document("d", text, "zh", Bibliography(), (section,))
    made = document("d", Fact("Product:某电池", "measuredBy", "Indicator:平均成本", value="100美元"))
    evidence = Evidence("d", "1", (Span(0, len(text), text),), "r", 0.8)
    fact = replace(made.assertions[0], evidence=(evidence,))
    (figure,) = FINDERS["zh"].read(whole, [replace(_sentence(text), section=section)], [()], set(), [fact])
    assert (figure.statement, fact.quantity) == (fact.id, figure.quantity)


# ---- Contradictions


def figure(source: str, **parts: object) -> Figure:
    """A figure of a document whose text is its own words."""
    given: dict[str, object] = {"value": "5%", "quantity": None, "period": None, "time": ""} | parts
    if "happening" not in given:
        given["quantity"] = quantity(str(given["value"]), ONTOLOGY, str(given.get("indicator", "")))
        given["period"] = period(str(given["time"]), ONTOLOGY.periods)
    else:
        given["period"] = period(str(given["value"]), ONTOLOGY.periods)
    defaults = {"subject": "某产业", "indicator": "普及率", "modality": "actual"}
    evidence = Evidence(source, "1", (Span(0, 2, "甲 "),), "r", 0.8)
    return Figure(span=Span(0, 1, "甲"), evidence=evidence, **{**defaults, **given})  # type: ignore[arg-type]


def stored(*figures: Figure) -> Store:
    """A store with one document for each figure."""
    store = Store.in_memory()
    for each in figures:
        facts = document(each.source, Fact("Program:甲 计划", "targets", "Industry:某产业"))
        store.put(replace(facts, figures=(each,)))
    return store


SAME = {"time": "2022年", "place": "我国"}


@pytest.mark.parametrize(
    ("one", "other", "contradict"),
    [
        ({"value": "5%", **SAME}, {"value": "6%", **SAME}, True),
        ({"value": "5%", **SAME}, {"value": "6%", "time": "2022年", "place": "中国"}, True),
        ({"value": "5%", **SAME}, {"value": "5.0%", **SAME}, False),
        ({"value": "约5%", **SAME}, {"value": "5.3%", **SAME}, False),
        ({"value": "超过5%", **SAME}, {"value": "60%", **SAME}, False),
        ({"value": "超过5%", **SAME}, {"value": "4%", **SAME}, True),
        ({"value": "0.65%", **SAME}, {"value": "0.7%", **SAME}, False),
        ({"value": "5%", **SAME}, {"value": "6%", "time": "2023年", "place": "我国"}, False),
        ({"value": "5%", **SAME}, {"value": "6%", "time": "2022年", "place": "美国"}, False),
        ({"value": "5%", **SAME}, {"value": "6%", **SAME, "indicator": "渗透率"}, False),
        ({"value": "5%", **SAME}, {"value": "6%", **SAME, "subject": "别的产业"}, False),
        ({"value": "5%", **SAME}, {"value": "6%", **SAME, "modality": "proposed"}, False),
        ({"value": "5%", "place": "我国"}, {"value": "6%", "place": "我国"}, False),
        ({"value": "5%", **SAME, "indicator": "占比"}, {"value": "6%", **SAME, "indicator": "占比"}, False),
        (
            {"value": "1989年", "happening": "potential", "indicator": "认为有作为制作疫苗的潜质", "subject": "mRNA"},
            {"value": "1990年", "happening": "potential", "indicator": "发现了在疫苗领域的潜力", "subject": "mRNA技术"},
            True,
        ),
        (
            {"value": "1989年", "happening": "potential", "indicator": "认为有作为制作疫苗的潜质", "subject": "mRNA"},
            {"value": "1995年", "happening": "potential", "indicator": "发现了在农业领域的潜力", "subject": "mRNA"},
            False,
        ),
        (
            {"value": "1987年", "happening": "founding", "indicator": "成立", "subject": "某联盟"},
            {"value": "1988年", "happening": "founding", "indicator": "组建", "subject": "某联盟"},
            True,
        ),
        (
            {"value": "1987年", "happening": "launch", "indicator": "启动", "subject": "某联盟"},
            {"value": "1988年", "happening": "launch", "indicator": "发起", "subject": "某联盟"},
            False,
        ),
    ],
)
def test_what_contradicts_and_what_does_not(one: dict[str, str], other: dict[str, str], contradict: bool) -> None:
    with stored(figure("a", **one), figure("b", **other)) as store:
        assert bool(contradictions(store)) is contradict


def test_contradictions_are_linked_and_listed_with_both_sentences() -> None:
    with stored(figure("a", value="5%", **SAME), figure("b", value="6%", **SAME)) as store:
        assert not is_current(store, ONTOLOGY)
        infer(store, ONTOLOGY)
        assert is_current(store, ONTOLOGY)
        table = queries.run(Graph(store, ONTOLOGY), queries.find("disagreement"), {})
        (row,) = table.rows
        cells = {column.name: cell.text() for column, cell in zip(table.columns, row, strict=True)}
        assert {cells["value"], cells["other_value"]} == {"5%", "6%"}
        assert {cells["source"], cells["other_source"]} == {"a", "b"}
        assert cells["quote"]
        assert cells["other_quote"]
        store.remove("b")
        infer(store, ONTOLOGY)
        assert queries.run(Graph(store, ONTOLOGY), queries.find("disagreement"), {}).rows == ()


def test_a_merge_carries_figures_along_and_back() -> None:
    known = document("a", Fact("Firm:比亚迪", "develops", "Technology:刀片电池"))
    other = document("b", Fact("Firm:比亚迪公司", "develops", "Technology:刀片电池"))
    about = [
        replace(figure(f, value="5%", **SAME), about=id_of(f"Firm:{n}"))
        for f, n in [("a", "比亚迪"), ("b", "比亚迪公司")]
    ]
    with Store.in_memory() as store:
        for whole, one in zip((known, other), about, strict=True):
            quote = whole.document.text[:1]
            span = Span(0, 1, quote)
            store.put(replace(whole, figures=(replace(one, span=span, evidence=replace(one.evidence, spans=(span,))),)))
        resolve(store, ONTOLOGY)
        assert len({f.about for f in store.figures()}) == 1
        assert store.as_read("b").figures[0].about == id_of("Firm:比亚迪公司")


# ---- Questions


def rows(store: Store, name: str, columns: str, **params: str) -> list[tuple[str, ...]]:
    table = queries.run(Graph(store, ONTOLOGY), queries.find(name), params)
    at = [[column.name for column in table.columns].index(column) for column in columns.split()]
    return [tuple(row[i].text() for i in at) for row in table.rows]


def papers(*sentences: str) -> Store:
    """A store with one document, its sentences read for figures and dates."""
    text, at, made = "\n".join(sentences), 0, []
    section = Section("1", (), "body", 0, len(text))
    whole = Document("d", text, "zh", Bibliography(year=2025), (section,))
    for sentence in sentences:
        made.append(Sentence(sentence, tuple(range(at, at + len(sentence))), section))
        at += len(sentence) + 1
    finder, none = FINDERS["zh"], [()] * len(sentences)
    figures = (*finder.read(whole, made, none, set()), *dates(finder, whole, made, none, set()))
    store = Store.in_memory()
    store.put(Extraction(whole, (), (), (), (), "p", figures=figures))
    infer(store, ONTOLOGY)
    return store


def test_a_value_is_given_for_just_what_is_asked() -> None:
    with papers(
        "2019年，中国海洋科研经费占GDP的比重为0.37%，而美国、日本等经济体的比重都在4%以上。",
        "2004年“863”计划某方向安排课题31项。",
        "某攻关计划的某项目投资700万元。",
    ) as store:
        ask = "thing value"
        assert rows(store, "value-of", ask, what="中国", indicator="占GDP比重") == [("海洋科研经费", "0.37%")]
        assert rows(store, "value-of", ask, what="美国", indicator="占GDP的比重", year="2019") == [("美国", "4%以上")]
        assert rows(store, "value-of", ask, what="美国", indicator="占GDP的比重", year="2018") == []
        assert rows(store, "value-of", ask, what="德国") == []
        # a neighbour's figure answers nothing, nor does one that is only compared with what is asked for
        assert rows(store, "value-of", ask, what="GDP") == []
        assert rows(store, "value-of", ask, what="863计划", indicator="预算") == []
        assert rows(store, "value-of", ask, what="863计划", indicator="投资") == []


def test_milestones_are_listed_with_the_other_year() -> None:
    with papers(
        "1952年化学家首次成功提取叶黄素。",
        "1978年工程师发现了叶黄素技术在饲料加工方面的应用潜力。",
        "叶黄素到1977年才被认为有用于饲料的潜质。",
        "2019年某国启动了别的计划。",
    ) as store:
        known = document("e", Fact("Technology:叶黄素技术", "targets", "Industry:某产业"))
        store.put(known)
        infer(store, ONTOLOGY)
        found = rows(store, "milestones", "year other_time", what="叶黄素技术")
    assert found == [("1952", ""), ("1977", "1978年"), ("1978", "到1977年")]


def test_growth_is_no_share_and_damage_is_listed() -> None:
    with papers("2023年组件出口量同比增长37.9%，占总量的比重为20%。", "出口增长1O0%。") as store:
        assert rows(store, "growth", "thing value", what="组件") == [("组件", "37.9%")]
        assert rows(store, "damaged-figures", "value flaw") == [("1O0", "数字中有字母")]


def test_the_list_for_the_benchmark_is_sound() -> None:
    listed = json.loads((Path(__file__).parents[1] / "benchmarks" / "figures.json").read_text(encoding="utf-8"))
    assert len(listed) > 1
    for part in listed.values():
        assert part["figures"]
        assert all(f["about"] and f["value"] and ("damaged" in f or "unit" in f) for f in part["figures"])
