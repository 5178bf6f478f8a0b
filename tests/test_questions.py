"""The questions that the project started from, asked of a graph of the papers' facts (`facts.py`): one test each.

Each compares all the rows of the answer, so that a neighbour's number or a firm that merely stands nearby fails it.
"""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import facts
import pytest
from facts import HE, YAO

from ingest.batch import ingest
from ingest.pipeline import Pipeline
from kg import queries
from kg.chains import Index
from kg.graph import Graph
from kg.model import MODALITIES, Chain
from kg.ontology import load
from kg.queries import Question, findings, run
from kg.store import Store

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared" / "ontology" / "questions.json"
QUESTIONS = list(queries.load().values())
SECONDS = 2.0
"""What a question may take."""


@pytest.fixture(scope="module")
def graph() -> Iterator[Graph]:
    with Store.in_memory() as store:
        for paper in facts.papers():
            store.put(paper)
        yield Graph(store, load())


@pytest.fixture(scope="session")
def examples() -> Iterator[Graph]:
    """The bundled examples as the pipeline reads them."""
    with Store.in_memory() as store:
        outcomes = list(ingest(store, sorted((ROOT / "examples").glob("*.md")), Pipeline()))
        assert outcomes
        assert {outcome.status for outcome in outcomes} == {"added"}
        yield Graph(store, load())


Rows = set[tuple[str, ...]]


def ask(graph: Graph, name: str, columns: str, **params: str) -> Rows:
    """Those columns of all rows of an answer. Relations and modalities by name, entities by label."""
    table = run(graph, queries.find(name), params)
    at = [[column.name for column in table.columns].index(column) for column in columns.split()]
    listed = {name for items in graph.ontology.lists.values() for name in items}
    terms = {*graph.ontology.relations, *graph.ontology.kinds, *MODALITIES, *listed}
    return {tuple(row[i].id if row[i].id in terms else row[i].text() for i in at) for row in table.rows}


def crossed(*columns: str) -> Rows:
    """Each combination of `name、name` of every column."""
    rows: Rows = {()}
    for column in columns:
        rows = {(*row, name) for row in rows for name in column.split("、")}
    return rows


def chains(graph: Graph, start: str, end: str) -> tuple[Chain, ...]:
    return Index.of(graph.store, graph.ontology).between(graph.resolve(start).id, graph.resolve(end).id)


def walk(graph: Graph, chain: Chain) -> str:
    """The chain as names and relations, an inverse one with a minus."""
    steps = [(("-" if hop.inverse else "") + hop.assertion.predicate, hop.head) for hop in chain.hops]
    names = [part for relation, id_ in steps for part in (relation, graph.entity(id_).label())]
    return " ".join([graph.entity(chain.hops[0].tail).label(), *names])


# ---- Chains


def test_q01_a_japanese_program(graph: Graph) -> None:
    columns = "issuer program time relation actor outcome industry modality"
    answer = ("日本政府", "超大规模集成电路计划", "1976年", "enables", "日本企业", "DRAM", "日本半导体产业", "actual")
    assert ask(graph, "chain-of-program", columns, issuer="日本政府") == {answer}
    found = chains(graph, "日本政府", "日本半导体产业")[0]
    assert walk(graph, found) == (
        "日本政府 -issuedBy 超大规模集成电路计划 enables 日本企业 develops DRAM enables 日本半导体产业"
    )
    assert found.modality == "actual"


def test_q02_two_korean_programs(graph: Graph) -> None:
    """DRAM lifted Japan's industry in another sentence: Korea's programs are not credited with it. “The same period” is
    the one of the sentence before."""
    columns = "issuer program time start end actor outcome industry"
    assert ask(graph, "chain-of-program", columns, issuer="韩国政府") == crossed(
        "韩国政府",
        "超大规模集成电路技术共同开发计划、新一代半导体基础技术开发项目",
        "同期",
        "1966",
        "1990",
        "三星公司、现代公司、LG公司",
        "DRAM",
        "",
    )
    assert ask(graph, "founders", "founded time start end modality", founder="韩国政府") == {
        ("韩国电子通信研究院", "同期", "1966", "1990", "actual")
    }
    assert ask(graph, "succession", "later earlier time", earlier="日本半导体产业") == {
        ("韩国半导体产业", "日本半导体产业", "至今")
    }


def test_q04_military_procurement(graph: Graph) -> None:
    """The chain goes by way of the single orders, since every country's come together in the kind of instrument."""
    columns = "user measure instrument relation effect modality"
    effects = {("enables", "半导体产业", "actual"), ("enables", "半导体初创企业", "actual")}
    used = {("长期稳定的研发合同", "研发合同"), ("长期稳定的军事订单", "军事订单")}
    assert ask(graph, "instrument-effects", columns, user="美国政府") == {
        ("美国政府", *use, *effect) for use in used for effect in effects
    }
    assert ask(graph, "effects-of", "relation effect type", cause="半导体初创企业") == {
        ("enables", "半导体技术创新路线", "Technology")
    }
    columns = "indicator value comparator low high unit measure time start end"
    assert ask(graph, "figures", columns, what="美国政府") == {
        (
            "军事和太空采购占半导体总产量的比重",
            *("30%—40%", "=", "30", "40", "%", "share", "20世纪60年代", "1960", "1969"),
        )
    }
    orders, *_ = chains(graph, "美国政府", "半导体技术创新路线")
    start = "美国政府 -issuedBy 长期稳定的"
    assert walk(graph, orders).startswith(start)
    assert walk(graph, orders).endswith("enables 半导体初创企业 enables 半导体技术创新路线")


def test_q06_from_funding_to_a_vaccine(graph: Graph) -> None:
    assert ask(graph, "funds", "funder funded time", funded="mRNA技术") == {("美国政府", "mRNA技术", "数10年")}
    columns = "developer home time problem enabled award modality"
    people, prize = "卡塔林·卡里科、德鲁·维斯曼", "诺贝尔生理学或医学奖"
    assert ask(graph, "breakthrough-of", columns, technology="mRNA修饰技术") == crossed(
        people, "宾夕法尼亚大学", "2005年", "mRNA被宿主免疫识别和清除", "mRNA疫苗", prize, "actual"
    )
    assert ask(graph, "achievements", "who what start", type="Award") == crossed(people, prize, "2023")
    assert walk(graph, chains(graph, "美国政府", "mRNA疫苗")[0]) == "美国政府 funds mRNA技术 appliedIn mRNA疫苗"
    assert ask(graph, "funds", "funder", funded="卡塔林·卡里科") == set()


def test_q07_a_program_in_a_program(graph: Graph) -> None:
    columns = "sub relation object group time modality"
    assert ask(graph, "sub-programs", columns, program="863计划") == {
        ("电动汽车重大科技专项", "partOf", "863计划", "", "2001年", "actual"),
        *crossed(
            "电动汽车重大科技专项", "targets", "纯电动汽车、混合动力汽车、燃料电池汽车", "三纵", "2001年", "actual"
        ),
        *crossed("电动汽车重大科技专项", "targets", "电池、电机、电控", "三横", "2001年", "actual"),
        ("电动汽车重大科技专项", "enables", "传统动力汽车产业", "", "", "actual"),
        ("节能与新能源汽车项目", "partOf", "863计划", "", "2006年", "actual"),
    }


def test_q09_policies_one_after_another(graph: Graph) -> None:
    """A proposal of the other paper comes last, without a year, and is marked as one. What is only said to come “then”,
    or along with something else, stands in that order without a date of its own."""
    columns = "year measure relation mode object after alongside modality"
    lists, first, programs = "政府优先采购清单、政府强制采购清单", "政府优先采购清单", "十城千辆、推广应用试点"
    policies, market = "补贴退坡政策、双积分政策", "新能源汽车初级消费市场"
    standards = "新能源汽车、电池技术标准、电机技术标准、电控技术标准"
    assert ask(graph, "policies-over-time", columns, what="新能源汽车") == {
        *crossed("2009", lists, "targets", "", "新能源汽车", "", "", "actual"),
        *crossed("2009", lists, "enables", "", market, "", "", "actual"),
        *crossed("2009", programs, "enables", "", "新能源汽车", first, "", "actual"),
        *crossed("2009", "财政补贴、税收减免", "enables", "", "新能源汽车", "", "十城千辆", "actual"),
        *crossed("2015", policies, "targets", "", "新能源汽车企业", "", "", "actual"),
        *crossed("2015", policies, "enables", "obliges", "投资技术开发、提高制造规模与质量", "", "", "actual"),
        *crossed("2015", "购置税优惠、基础设施建设奖励", "enables", "", "新能源汽车", "", "双积分政策", "actual"),
        *crossed("", "链长制", "targets", "", standards, "", "", "proposed"),
    }
    table = run(graph, queries.find("policies-over-time"), {"what": "新能源汽车"})
    years = [row[0].text() for row in table.rows]
    assert years == sorted(years, key=lambda year: (not year, year))
    order = "what order first first_object"
    assert ask(graph, "order-of-statements", order) == {
        *crossed(programs, "after", first, market),
        *crossed("财政补贴、税收减免", "alongside", "十城千辆", "新能源汽车"),
        *crossed("购置税优惠、基础设施建设奖励", "alongside", "双积分政策", "提高制造规模与质量"),
    }
    assert ask(graph, "instruments-of", "instrument", who="十城千辆") == crossed("财政补贴、税收减免")
    assert ask(graph, "figures", "indicator value low", what="新能源汽车") == {("市场占有率", "大幅提高", "")}
    assert ask(graph, "achievements", "what", who="中国") == {("全球最大产销市场",)}


def test_q10_programs_beside_firms(graph: Graph) -> None:
    """The group developed the technologies. Its members are known as members, and nobody took part in a program."""
    programs = "863计划、973计划、国家科技支撑计划、光伏领跑者计划"
    assert ask(graph, "what-targets", "actor modality", what="光伏发电技术", type="Program") == crossed(
        programs, "actual"
    )
    for technology in ("多晶硅关键设备", "冷氢化", "金刚线切割"):
        assert ask(graph, "developers-of", "actor modality", what=technology) == {("光伏企业", "actual")}
    assert ask(graph, "parts-of", "part parent", whole="光伏企业") == crossed("隆基、通威、晶澳、阿特斯", "光伏企业")
    assert ask(graph, "targets-of", "relation object", program="光伏企业") == {("addresses", "关键技术依赖进口")}
    for program in programs.split("、")[1:]:
        assert ask(graph, "participation", "actor", whole=program) == set()


def test_q12_an_alliance(graph: Graph) -> None:
    assert ask(graph, "founders", "founder time", founded="SEMATECH") == crossed("美国政府、美国半导体企业", "1987年")
    assert ask(graph, "collaborations", "partner", who="半导体制造商") == {("半导体设备和材料供应商",)}
    assert ask(graph, "effects-on-relations", "relation one affected other modality", cause="SEMATECH") == {
        ("enables", "半导体制造商", "collaboratesWith", "半导体设备和材料供应商", "actual")
    }
    assert ask(graph, "effects-of", "relation effect", cause="SEMATECH") == crossed(
        "enables", "半导体制造商、半导体设备和材料供应商、美国半导体产业、产业链韧性和竞争力"
    )


def test_q14_a_proposed_chain_chief(graph: Graph) -> None:
    standards, market = "电池技术标准、电机技术标准、电控技术标准", "专利池共享、测试平台共建、市场协同开拓的产业生态"
    told = {*crossed("targets", f"新能源汽车、{standards}"), ("aimsAt", market)}
    assert ask(graph, "targets-of", "relation object modality", program="链长制") == {
        (*row, "proposed") for row in told
    }
    assert ask(graph, "proposed-not-actual", "relation object", subject="链长制") == told
    for standard in standards.split("、"):
        assert ask(graph, "developers-of", "actor role modality", what=standard) == {("整车企业", "leads", "proposed")}
    assert {chain.modality for chain in chains(graph, "链长制", "整车企业")} == {"proposed"}


def test_q15_proposed_foreign_capital(graph: Graph) -> None:
    assert ask(graph, "instruments-of", "instrument modality", who="外资") == {("QFLP", "proposed")}
    assert ask(graph, "participation", "joined modality", actor="外资") == {("硬科技基金", "proposed")}
    assert ask(graph, "targets-of", "relation object modality", program="硬科技基金") == crossed(
        "targets", "量子计算产业、基因编辑产业", "proposed"
    )
    found = chains(graph, "外资", "量子计算产业")[0]
    assert walk(graph, found) == "外资 participatesIn 硬科技基金 targets 量子计算产业"
    assert found.modality == "proposed"


# ---- Comparisons


def test_q16_three_countries_and_semiconductors(graph: Graph) -> None:
    columns = "country relation measure value time"
    japan = {
        ("JP", "funds", "半导体产业", "超3000亿日元", "1966—1990年"),
        ("JP", "issuedBy", "超大规模集成电路计划", "", "1976年"),
        ("JP", "usesInstrument", "产学研联合攻关", "", "1966—1990年"),
    }
    korea = {
        ("KR", "established", "韩国电子通信研究院", "", "同期"),
        ("KR", "issuedBy", "超大规模集成电路技术共同开发计划", "", "同期"),
        ("KR", "issuedBy", "新一代半导体基础技术开发项目", "", "同期"),
    }
    america = {
        *crossed("US", "funds", "基础研究、国防技术", "", "二战后"),
        ("US", "usesInstrument", "军事和太空采购", "", "20世纪60年代"),
        *crossed("US", "issuedBy", "长期稳定的研发合同、长期稳定的军事订单", "", ""),
        ("US", "established", "SEMATECH", "", "1987年"),
        ("US", "issuedBy", "芯片与科学法案", "", "近年来"),
    }
    assert ask(graph, "compare-instruments", columns, industry="半导体产业") == japan | korea | america
    assert ask(graph, "compare-instruments", columns, industry="半导体产业", country="KR") == korea
    assert ask(graph, "funds", "comparator low unit start end", funder="日本政府") == {
        (">", "300000000000", "JPY", "1966", "1990")
    }
    assert ask(graph, "figures", "comparator low high unit measure", what="美国政府") == {
        ("=", "30", "40", "%", "share")
    }


def test_q18_what_started_two_industries(graph: Graph) -> None:
    columns = "cause type relation modality"
    assert ask(graph, "effects", columns, what="中国新能源汽车产业") == {
        ("前瞻科技布局", "Instrument", "enables", "actual"),
        ("新能源汽车国家战略", "Policy", "enables", "actual"),
    }
    assert ask(graph, "effects", columns, what="中国光伏产业") == {("海外光伏市场", "Industry", "enables", "actual")}


def test_q20_investment_of_four_countries(graph: Graph) -> None:
    assert ask(graph, "figures", "what value time modality", indicator="农业科技投入占GDP比重") == {
        ("中国", "0.65%", "2022年", "actual"),
        *crossed("美国、日本、德国", "1%以上", "2022年", "actual"),
    }
    columns = "what comparator low unit measure"
    assert ask(graph, "figures", columns, indicator="农业科技投入占GDP比重") == {
        ("中国", "=", "0.65", "%", "share"),
        *crossed("美国、日本、德国", ">", "1", "%", "share"),
    }
    compared = ask(graph, "compare-figures", "other difference", indicator="农业科技投入占GDP比重", what="中国")
    assert compared == crossed("美国、日本、德国", "0.35")


def test_q21_instruments_that_both_papers_propose(graph: Graph) -> None:
    """税收优惠 is proposed by one only, and 财政补贴 is in use in both. Two error tolerances are alike, one for venture
    funds, the other for first sets."""
    columns = "instrument modality source other_source"
    assert ask(graph, "common-instruments", columns, source=HE, other_source=YAO) == crossed(
        "研发费用加计扣除、双聘制度、使命导向型研发、新型举国体制", "proposed", HE, YAO
    )
    assert ask(graph, "common-instruments", "instrument", modality="actual") == {("财政补贴",)}
    columns = "instrument other link modality"
    assert ask(graph, "similar-instruments", columns, source=HE, other_source=YAO, link="related") == {
        ("国有创投基金容错机制", "首台套产品应用容错机制", "related", "proposed")
    }
    wider = ask(graph, "similar-instruments", columns, source=HE, other_source=YAO, link="narrower")
    assert wider == {("税收优惠", "研发费用加计扣除", "narrower", "proposed")}


# ---- Numbers


def test_q22_the_cost_of_batteries(graph: Graph) -> None:
    columns = "indicator value comparator low unit measure time"
    assert ask(graph, "figures", columns, what="锂离子电池") == {
        ("平均成本", "约1000美元", "≈", "1000", "USD/kWh", "price", "2010年"),
        ("平均成本", "约100美元每千瓦时", "≈", "100", "USD/kWh", "price", "2023年"),
    }
    columns = "value other_value end other_end difference ratio"
    assert ask(graph, "compare-figures", columns, what="锂离子电池", other="锂离子电池") == {
        ("约1000美元", "约100美元每千瓦时", "2010", "2023", "-900", "0.1")
    }


def test_q24_records_of_cells(graph: Graph) -> None:
    columns = "what low unit measure start end by"
    assert ask(graph, "figures", columns, indicator="打破效率纪录次数") == {
        ("晶硅电池", "56", "次", "count", "2014", "2022", "中国光伏行业协会"),
        ("晶硅电池", "14", "次", "count", "2022", "2022", "中国光伏行业协会"),
        ("N型电池", "10", "次", "count", "2022", "2022", "中国光伏行业协会"),
    }
    assert ask(graph, "parts-of", "part", whole="晶硅电池") == {("N型电池",)}


def test_q25_the_growth_of_exports(graph: Graph) -> None:
    """The share of wafers in the world's output is another figure."""
    assert ask(graph, "figures", "what low unit measure time", indicator="出口量同比增长率") == {
        ("光伏产品", "50.4", "%", "growth-rate", "2023年"),
        ("硅片", "93.6", "%", "growth-rate", "2023年"),
        ("电池", "65.5", "%", "growth-rate", "2023年"),
        ("组件", "37.9", "%", "growth-rate", "2023年"),
    }
    assert ask(graph, "figures", "low measure", what="硅片", indicator="产量全球占比") == {("97", "share")}
    assert ask(graph, "compare-figures", "other", what="硅片", measure="share") == set()


def test_q27_milestones_with_two_dates(graph: Graph) -> None:
    columns = "year subject relation object other_time section modality"
    assert ask(graph, "milestones", columns, what="mRNA技术") == {
        *crossed("1961", "科学家", "develops", "mRNA技术", "", "2.2、2.2(1)、4", "actual"),
        ("1989", "mRNA技术", "appliedIn", "疫苗", "1990年", "4", "proposed"),
        ("1990", "mRNA技术", "appliedIn", "疫苗", "1989年", "2.2(1)", "proposed"),
        *crossed("2005", "卡塔林·卡里科、德鲁·维斯曼", "develops", "mRNA修饰技术", "", "2.2(1)", "actual"),
        ("2015", "脂质纳米颗粒", "enables", "mRNA疫苗", "", "2.2(1)", "actual"),
        ("2020", "mRNA疫苗", "appliedIn", "疫苗市场", "", "2.2", "actual"),
        *crossed("2023", "卡塔林·卡里科、德鲁·维斯曼", "achieves", "诺贝尔生理学或医学奖", "", "2.2(1)", "actual"),
    }


# ---- Not stated


def test_q29_the_budget_of_a_program_is_not_stated(graph: Graph) -> None:
    """Another program's budget is."""
    assert ask(graph, "funds", "value", funded="863计划") == set()
    assert ask(graph, "figures", "value", what="863计划") == set()
    assert ask(graph, "funds", "funded value", funded="电动汽车关键技术研究项目") == {
        ("电动汽车关键技术研究项目", "1500万元")
    }


def test_q31_a_firm_s_part_in_a_program_is_not_stated(graph: Graph) -> None:
    """Both stand in the same section, and others do take part."""
    assert ask(graph, "participation", "joined", actor="隆基", whole="863计划") == set()
    assert ask(graph, "participation", "joined", actor="隆基") == set()
    assert chains(graph, "隆基", "863计划") == ()
    assert ask(graph, "participation", "actor joined", whole="863计划") == {("432家单位", "节能与新能源汽车项目")}


# ---- Instruments, proposals, causes, challenges


def test_q33_a_framework_of_three_dimensions(graph: Graph) -> None:
    branches = {
        "融合政策体系": "要素融合、主体融合、环境融合",
        "要素融合": "资金政策、人才政策、基础设施政策",
        "资金政策": "财政补贴、政府采购、科技金融、税收优惠、科技计划项目资助",
        "人才政策": "人才培养、人才使用、人才引进、人才评价、人才激励、人才服务保障",
        "基础设施政策": "创新平台基地、科技基础设施、概念验证中心",
        "主体融合": "统筹协调、引导激励",
        "环境融合": "科研环境政策、市场环境政策、社会文化环境政策",
        "科研环境政策": "作风学风、科研诚信、科技伦理",
        "市场环境政策": "市场准入、产权保护、公平竞争",
        "社会文化环境政策": "科学普及、创新创业文化",
    }
    tree = {row for parent, parts in branches.items() for row in crossed(parent, parts)}
    assert ask(graph, "parts-of", "parent part", whole="融合政策体系") == tree
    actors = crossed("targets", "企业、高等院校、科研机构、中介服务机构")
    assert ask(graph, "targets-of", "relation object", program="主体融合") == actors


def test_q34_elements_of_a_program(graph: Graph) -> None:
    """What the program used besides is not among the elements."""
    elements = "技术平台组合、担保合同、灵活合同机制、技术认证、供应链图谱、特别分配方式"
    assert ask(graph, "parts-of", "part type modality", whole="曲速行动") == crossed(elements, "Instrument", "actual")
    used = "公私合作、并行开发、灵活监管、全产业链支持"
    assert ask(graph, "instruments-of", "instrument", who="曲速行动") == crossed(used)


def test_q36_a_proposed_race(graph: Graph) -> None:
    """Only those who are first get the support."""
    targets = crossed("targets", "人工智能算法、科研团队", "", "proposed")
    for name in ("赛马制", "揭榜制"):
        assert ask(graph, "targets-of", "relation object condition modality", program=name) == targets
    assert ask(graph, "what-targets", "actor condition modality", what="科研团队") == {
        *crossed("赛马制、揭榜挂帅", "", "proposed"),
        ("产业化资源包", "率先达到商业化标准", "proposed"),
    }
    assert ask(graph, "parts-of", "part modality", whole="产业化资源包") == crossed(
        "中试场地、首台套保险、市场推广补贴", "proposed"
    )


def test_q38_subsidies_have_two_effects(graph: Graph) -> None:
    """They helped vehicles, says one paper of one case; they add to overcapacity, says the other in general, after a
    work that it cites."""
    columns = "relation effect value general by source"
    assert ask(graph, "effects-of", columns, cause="政策补贴") == {
        ("causes", "产能过剩", "显著增加", "是", "[24]", YAO),
        ("enables", "新能源汽车", "", "", "", HE),
    }
    columns = "what value comparator low unit time end"
    assert ask(graph, "figures", columns, indicator="产能过剩率") == {
        ("光伏产业", "普遍超过15%", ">", "15", "%", "2018年前", "2018"),
        ("光伏中上游企业", "几乎超过20%", "≈", "20", "%", "2018年前", "2018"),
    }


def test_q40_challenges_and_measures_of_a_conclusion(graph: Graph) -> None:
    """The measures answer the challenges together; another section's challenge is left out."""
    columns = "challenge modality answered answer answer_modality"
    challenges = "产业重复建设、区域发展不平衡、城乡融合不足、脱钩断链、技术产业化缓慢"
    measures = "全球创新治理体系、城乡融合创新体系、教育科技人才一体化、科技成果转化机制、立体化攻坚体系、系统性布局"
    assert ask(graph, "challenges-and-answers", columns, who="中国", section="四 结语") == crossed(
        challenges, "actual", "创新融合发展的难题", measures, "proposed"
    )
    faced = ask(graph, "challenges-and-answers", "challenge", who="中国")
    assert faced == {*crossed(challenges), ("融资难",)}


# ---- All questions


def test_every_question_is_asked() -> None:
    if not SHARED.is_file():
        pytest.skip("the list of questions is not beside this folder")
    wanted = {entry["id"] for entry in json.loads(SHARED.read_text(encoding="utf-8"))}
    asked = {name.split("_")[1].upper() for name in globals() if name.startswith("test_q")}
    assert asked == wanted


def test_the_facts_are_sound(graph: Graph) -> None:
    found = findings(graph.store, graph.ontology)
    assert [finding for finding in found if finding.severity == "violation"] == []


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_question_can_be_asked_of_the_facts(graph: Graph, question: Question) -> None:
    """With what it asks for left open where it may be, and set to each kind of thing where not."""
    names = {"Entity": "863计划", "Document": HE, "Type": "Program", "Relation": "targets", "Modality": "actual"}
    params = {param.name: names.get(param.kind, "中国") for param in question.params if param.required}
    began = time.perf_counter()
    run(graph, question, params)
    assert time.perf_counter() - began < SECONDS


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda question: question.name)
def test_a_question_s_example_holds(examples: Graph, question: Question) -> None:
    table = run(examples, question, question.example)
    at = {column.name: i for i, column in enumerate(table.columns)}
    assert len(table.rows) >= question.expect
    assert question.expect or "rows may be empty" in question.query
    for row in table.rows:
        assert row[at["quote"]].text() in examples.store.document(row[at["source"]].id).text
