"""Facts that two papers state, by hand, for the questions that the project started from (`test_questions.py`).

The documents are made up: each passage is one sentence that strings its facts together, so that every quote is exact
and facts of one passage share their sentence, as they do in a paper. Only facts, names and figures come from there.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from small_graphs import Fact, assertion, id_of

from ingest.periods import leaning, leans, period
from kg.model import (
    Assertion,
    Bibliography,
    Document,
    Entity,
    Evidence,
    Extraction,
    Mention,
    Period,
    Section,
    Span,
)
from kg.ontology import load

HE, YAO = "he2025-facts", "yao2025-facts"


@dataclass(frozen=True, slots=True)
class Passage:
    """A sentence of a section: what it states."""

    section: str
    facts: tuple[Fact, ...]


def passage(section: str, *facts: Fact | Iterable[Fact]) -> Passage:
    """Facts and lists of facts as one sentence."""
    return Passage(section, tuple(f for group in facts for f in ((group,) if isinstance(group, Fact) else group)))


def each(subjects: str, predicate: str, objects: str, **qualifiers: Any) -> list[Fact]:
    """A fact for each subject and object of `Type:name、name、name`."""
    return [Fact(s, predicate, o, **qualifiers) for s, o in product(_listed(subjects), _listed(objects))]


def _listed(names: str) -> list[str]:
    type_, _, listed = names.partition(":")
    return [f"{type_}:{name}" for name in listed.split("、")]


def proposed(passages: Iterable[Passage]) -> list[Passage]:
    """The passages as recommendations."""
    return [replace(p, facts=tuple(map(as_proposed, p.facts))) for p in passages]


def as_proposed(fact: Fact) -> Fact:
    """The fact as a recommendation."""
    return replace(fact, modality="proposed")


# ---- The facts

KOREAN_PROGRAMS = "Program:超大规模集成电路技术共同开发计划、新一代半导体基础技术开发项目"
KOREAN_FIRMS = "Firm:三星公司、现代公司、LG公司"
SHARE_OF_OUTPUT = "Indicator:军事和太空采购占半导体总产量的比重"
EV_PROJECT = "Program:电动汽车重大科技专项"
LISTS = "Instrument:政府优先采购清单、政府强制采购清单"
ORDERS = "Measure:长期稳定的研发合同、长期稳定的军事订单"
MAKERS, SUPPLIERS = "Firm:半导体制造商", "Firm:半导体设备和材料供应商"
COOPERATION = Fact(MAKERS, "collaboratesWith", SUPPLIERS)
EFFORTS = "Goal:投资技术开发、提高制造规模与质量"
INCENTIVES = "Instrument:购置税优惠、基础设施建设奖励"
PRIZE = "Award:诺贝尔生理学或医学奖"
LISTED = Fact("Instrument:政府优先采购清单", "enables", "Industry:新能源汽车初级消费市场", time="2009年")
PILOT = Fact("Program:十城千辆", "enables", "Product:新能源汽车", time="随后", after=LISTED)
DUAL_CREDIT = Fact("Policy:双积分政策", "enables", "Goal:提高制造规模与质量", time="2015年以来", mode="obliges")

SEMICONDUCTORS = [
    passage("2.1(1)", each("Government:美国政府", "funds", "Technology:基础研究、国防技术", time="二战后")),
    passage("2.1(1)", Fact("Institute:贝尔实验室", "develops", "Technology:晶体管", time="1947年")),
    passage(
        "2.1(1)",
        Fact("Government:美国政府", "usesInstrument", "Instrument:军事和太空采购", time="20世纪60年代"),
        Fact("Government:美国政府", "measuredBy", SHARE_OF_OUTPUT, time="20世纪60年代", value="30%—40%"),
    ),
    passage(
        "2.1(1)",
        each(ORDERS, "issuedBy", "Government:美国政府"),
        Fact("Measure:长期稳定的研发合同", "usesInstrument", "Instrument:研发合同"),
        Fact("Measure:长期稳定的军事订单", "usesInstrument", "Instrument:军事订单"),
        each(ORDERS, "enables", "Industry:半导体产业"),
        each(ORDERS, "enables", "Firm:半导体初创企业"),
        Fact("Firm:半导体初创企业", "enables", "Technology:半导体技术创新路线"),
    ),
    passage(
        "2.1(2)",
        Fact("Government:日本政府", "funds", "Industry:半导体产业", time="1966—1990年", value="超3000亿日元"),
        Fact("Government:日本政府", "usesInstrument", "Instrument:产学研联合攻关", time="1966—1990年"),
        Fact("Program:超大规模集成电路计划", "issuedBy", "Government:日本政府", time="1976年"),
        Fact("Program:超大规模集成电路计划", "enables", "Firm:日本企业"),
        Fact("Firm:日本企业", "develops", "Technology:DRAM"),
        Fact("Technology:DRAM", "enables", "Industry:日本半导体产业"),
        Fact("Industry:日本半导体产业", "locatedIn", "Place:日本"),
    ),
    passage(
        "2.1(2)",
        Fact("Government:韩国政府", "established", "Institute:韩国电子通信研究院", time="同期"),
        each(KOREAN_PROGRAMS, "issuedBy", "Government:韩国政府", time="同期"),
        each(KOREAN_PROGRAMS, "enables", KOREAN_FIRMS),
        each(KOREAN_FIRMS, "develops", "Technology:DRAM"),
        Fact("Industry:韩国半导体产业", "succeeds", "Industry:日本半导体产业", time="至今"),
        Fact("Industry:韩国半导体产业", "locatedIn", "Place:韩国"),
    ),
    passage(
        "2.1(2)",
        each("Government:美国政府", "established", "Consortium:SEMATECH", time="1987年"),
        each("Firm:美国半导体企业", "established", "Consortium:SEMATECH", time="1987年"),
        Fact("Consortium:SEMATECH", "enables", MAKERS, concerns=COOPERATION),
        Fact("Consortium:SEMATECH", "enables", SUPPLIERS, concerns=COOPERATION),
        COOPERATION,
        Fact("Consortium:SEMATECH", "enables", "Industry:美国半导体产业"),
        Fact("Consortium:SEMATECH", "enables", "Goal:产业链韧性和竞争力"),
        Fact("Industry:美国半导体产业", "locatedIn", "Place:美国"),
    ),
    passage(
        "2.1(3)",
        Fact("Policy:芯片与科学法案", "issuedBy", "Place:美国", time="近年来"),
        Fact("Policy:芯片与科学法案", "usesInstrument", "Instrument:税收减免"),
        Fact("Policy:芯片与科学法案", "funds", "Industry:半导体产业", value="超过700亿美元"),
    ),
]

MRNA = [
    passage("2.2", Fact("Person:科学家", "develops", "Technology:mRNA技术", time="1961年")),
    passage("2.2", Fact("Product:mRNA疫苗", "appliedIn", "Industry:疫苗市场", time="2020年")),
    passage("2.2(1)", Fact("Government:美国政府", "funds", "Technology:mRNA技术", time="数10年")),
    passage("2.2(1)", Fact("Technology:mRNA技术", "appliedIn", "Product:mRNA疫苗")),
    passage("2.2(1)", Fact("Person:科学家", "develops", "Technology:mRNA技术", time="1961年")),
    passage("2.2(1)", Fact("Technology:mRNA技术", "appliedIn", "Product:疫苗", "proposed", time="1990年")),
    passage(
        "2.2(1)",
        each("Technology:mRNA修饰技术、脂质纳米颗粒", "enables", "Product:mRNA疫苗"),
        each("Technology:mRNA修饰技术、脂质纳米颗粒", "partOf", "Technology:mRNA技术"),
    ),
    passage(
        "2.2(1)",
        each("Person:卡塔林·卡里科、德鲁·维斯曼", "develops", "Technology:mRNA修饰技术", time="2005年"),
        each("Person:卡塔林·卡里科、德鲁·维斯曼", "partOf", "University:宾夕法尼亚大学"),
        Fact("Technology:mRNA修饰技术", "addresses", "Challenge:mRNA被宿主免疫识别和清除"),
        each("Person:卡塔林·卡里科、德鲁·维斯曼", "achieves", PRIZE, time="2023年"),
    ),
    passage("2.2(1)", Fact("Technology:脂质纳米颗粒", "enables", "Product:mRNA疫苗", time="2015年")),
    passage(
        "2.2(3)",
        Fact("Program:曲速行动", "issuedBy", "Government:美国政府", time="2020—2021年"),
        Fact("Program:曲速行动", "addresses", "Event:新冠疫情"),
        each("Program:曲速行动", "usesInstrument", "Instrument:公私合作、并行开发、灵活监管、全产业链支持"),
    ),
    passage(
        "2.2(3)",
        each(
            "Instrument:技术平台组合、担保合同、灵活合同机制、技术认证、供应链图谱、特别分配方式",
            "partOf",
            "Program:曲速行动",
        ),
    ),
    passage("4", Fact("Person:科学家", "develops", "Technology:mRNA技术", time="1961年")),
    passage("4", Fact("Technology:mRNA技术", "appliedIn", "Product:疫苗", "proposed", time="1989年")),
]

VEHICLES = [
    passage(
        "3.1",
        Fact("Place:中国", "usesInstrument", "Instrument:新型举国体制"),
        Fact("Policy:新能源汽车国家战略", "issuedBy", "Place:中国"),
        Fact("Policy:新能源汽车国家战略", "enables", "Industry:中国新能源汽车产业"),
        Fact("Industry:中国新能源汽车产业", "locatedIn", "Place:中国"),
    ),
    passage("3.1(1)", each("Instrument:前瞻科技布局", "enables", "Industry:中国新能源汽车产业")),
    passage(
        "3.1(1)",
        Fact("Program:电动汽车关键技术研究项目", "partOf", "Program:八五重点科技攻关计划"),
        Fact("Place:中国", "funds", "Program:电动汽车关键技术研究项目", value="1500万元"),
    ),
    passage(
        "3.1(1)",
        Fact(EV_PROJECT, "partOf", "Program:863计划", time="2001年"),
        each("Technology:纯电动汽车、混合动力汽车、燃料电池汽车", "partOf", "Technology:三纵"),
        each("Technology:电池、电机、电控", "partOf", "Technology:三横"),
        each(
            EV_PROJECT, "targets", "Technology:纯电动汽车、混合动力汽车、燃料电池汽车、电池、电机、电控", time="2001年"
        ),
        Fact(EV_PROJECT, "enables", "Industry:传统动力汽车产业"),
    ),
    passage(
        "3.1(1)",
        Fact("Program:节能与新能源汽车项目", "partOf", "Program:863计划", time="2006年"),
        Fact("Firm:432家单位", "participatesIn", "Program:节能与新能源汽车项目", time="2006年"),
    ),
    passage(
        "3.1(2)",
        each("Government:中国政府", "usesInstrument", LISTS, time="2009年"),
        each(LISTS, "targets", "Product:新能源汽车", time="2009年"),
        LISTED,
        Fact("Instrument:政府强制采购清单", "enables", "Industry:新能源汽车初级消费市场", time="2009年"),
    ),
    passage(
        "3.1(2)",
        each("Program:十城千辆、推广应用试点", "usesInstrument", "Instrument:财政补贴、税收减免", time="随后"),
        PILOT,
        replace(PILOT, subject="Program:推广应用试点"),
        each("Instrument:财政补贴、税收减免", "enables", "Product:新能源汽车", time="随后", alongside=PILOT),
        Fact("Product:新能源汽车", "measuredBy", "Indicator:市场占有率", time="随后", value="大幅提高"),
    ),
    passage(
        "3.1(2)",
        each("Policy:补贴退坡政策、双积分政策", "issuedBy", "Government:中国政府", time="2015年以来"),
        each("Policy:补贴退坡政策、双积分政策", "targets", "Firm:新能源汽车企业", time="2015年以来"),
        each("Policy:补贴退坡政策", "enables", EFFORTS, time="2015年以来", mode="obliges"),
        each("Policy:双积分政策", "enables", "Goal:投资技术开发", time="2015年以来", mode="obliges"),
        DUAL_CREDIT,
        each("Government:中国政府", "usesInstrument", INCENTIVES, time="2015年以来"),
        each(INCENTIVES, "enables", "Product:新能源汽车", time="2015年以来", alongside=DUAL_CREDIT),
        Fact("Firm:新能源汽车企业", "produces", "Product:新能源汽车"),
    ),
    passage("3.1(2)", Fact("Place:中国", "achieves", "Goal:全球最大产销市场")),
]

CPIA = "中国光伏行业协会"
RECORDS = "Indicator:打破效率纪录次数"
PV_FIRMS = "Firm:隆基、通威、晶澳、阿特斯"
PV_TECHNOLOGIES = "Technology:多晶硅关键设备、冷氢化、金刚线切割"

PHOTOVOLTAICS = [
    passage(
        "3.2(1)",
        Fact("Industry:海外光伏市场", "enables", "Industry:中国光伏产业"),
        Fact("Industry:中国光伏产业", "locatedIn", "Place:中国"),
    ),
    passage("3.2(1)", Fact("Industry:中国光伏产业", "faces", "Challenge:三头在外")),
    passage(
        "3.2(2)",
        each("Program:863计划、973计划、国家科技支撑计划、光伏领跑者计划", "issuedBy", "Government:中国政府"),
        each("Program:863计划、973计划、国家科技支撑计划、光伏领跑者计划", "targets", "Technology:光伏发电技术"),
    ),
    passage(
        "3.2(2)",
        each(PV_FIRMS, "partOf", "Firm:光伏企业"),
        each("Firm:光伏企业", "develops", PV_TECHNOLOGIES),
        Fact("Firm:光伏企业", "addresses", "Challenge:关键技术依赖进口"),
    ),
    passage("3.2(2)", Fact("Technology:硅片", "measuredBy", "Indicator:产量全球占比", time="2022年", value="97%")),
    passage(
        "3.2(3)",
        Fact("Technology:晶硅电池", "measuredBy", RECORDS, time="2014—2022年", value="56次", attributed_to=CPIA),
        Fact("Technology:晶硅电池", "measuredBy", RECORDS, time="2022年", value="14次", attributed_to=CPIA),
        Fact("Technology:N型电池", "measuredBy", RECORDS, time="2022年", value="10次", attributed_to=CPIA),
        Fact("Technology:N型电池", "partOf", "Technology:晶硅电池"),
    ),
    passage(
        "3.2(3)",
        Fact("Product:光伏产品", "measuredBy", "Indicator:出口量同比增长率", time="2023年", value="50.4%"),
        Fact("Technology:硅片", "measuredBy", "Indicator:出口量同比增长率", time="2023年", value="93.6%"),
        Fact("Technology:电池", "measuredBy", "Indicator:出口量同比增长率", time="2023年", value="65.5%"),
        Fact("Technology:组件", "measuredBy", "Indicator:出口量同比增长率", time="2023年", value="37.9%"),
    ),
]

FRAMEWORK = [
    passage("1.2", each("Instrument:要素融合、主体融合、环境融合", "partOf", "Policy:融合政策体系")),
    passage(
        "1.2",
        each("Instrument:资金政策、人才政策、基础设施政策", "partOf", "Instrument:要素融合"),
        each("Instrument:财政补贴、政府采购、科技金融、税收优惠、科技计划项目资助", "partOf", "Instrument:资金政策"),
        each(
            "Instrument:人才培养、人才使用、人才引进、人才评价、人才激励、人才服务保障", "partOf", "Instrument:人才政策"
        ),
        each("Instrument:创新平台基地、科技基础设施、概念验证中心", "partOf", "Instrument:基础设施政策"),
    ),
    passage(
        "1.2",
        each("Instrument:主体融合", "targets", "Firm:企业"),
        each("Instrument:主体融合", "targets", "University:高等院校"),
        each("Instrument:主体融合", "targets", "Institute:科研机构"),
        each("Instrument:主体融合", "targets", "Consortium:中介服务机构"),
        each("Instrument:统筹协调、引导激励", "partOf", "Instrument:主体融合"),
    ),
    passage(
        "1.2",
        each("Instrument:科研环境政策、市场环境政策、社会文化环境政策", "partOf", "Instrument:环境融合"),
        each("Instrument:作风学风、科研诚信、科技伦理", "partOf", "Instrument:科研环境政策"),
        each("Instrument:市场准入、产权保护、公平竞争", "partOf", "Instrument:市场环境政策"),
        each("Instrument:科学普及、创新创业文化", "partOf", "Instrument:社会文化环境政策"),
    ),
]

HE_PROPOSALS = proposed(
    [
        passage("5", each("Instrument:新型举国体制", "aimsAt", "Goal:科技自立自强")),
        passage("5", each("Instrument:使命导向型研发", "aimsAt", "Goal:自主可控")),
        passage("5", each("Instrument:研发费用加计扣除、双聘制度", "targets", "Firm:企业")),
        passage("5", each("Instrument:国有创投基金容错机制", "targets", "Firm:国有创投基金")),
        passage("5", each("Instrument:税收优惠", "targets", "Firm:企业")),
    ]
)

MEASURES = (
    "Instrument:全球创新治理体系、城乡融合创新体系、教育科技人才一体化、科技成果转化机制、立体化攻坚体系、系统性布局"
)
PROBLEMS = "Challenge:产业重复建设、区域发展不平衡、城乡融合不足、脱钩断链、技术产业化缓慢"
NEV_STANDARDS = "Technology:电池技术标准、电机技术标准、电控技术标准"

YAO_PROPOSALS = proposed(
    [
        passage("三(一)", Fact("Instrument:使命导向型研发", "addresses", "Challenge:卡脖子")),
        passage("三(一)", Fact("Instrument:新型举国体制", "enables", "Consortium:创新联合体")),
        passage(
            "三(一)",
            Fact("Instrument:链长制", "targets", "Product:新能源汽车"),
            each("Instrument:链长制", "targets", NEV_STANDARDS),
            each("Firm:整车企业", "develops", NEV_STANDARDS, role="leads"),
            Fact("Instrument:链长制", "aimsAt", "Goal:专利池共享、测试平台共建、市场协同开拓的产业生态"),
        ),
        passage("三(一)", Fact("Instrument:研发费用加计扣除", "targets", "Consortium:技术团队")),
        passage(
            "三(二)",
            each("Instrument:赛马制、揭榜挂帅", "targets", "Technology:人工智能算法"),
            each("Instrument:赛马制、揭榜挂帅", "targets", "Consortium:科研团队"),
            Fact("Instrument:产业化资源包", "targets", "Consortium:科研团队", condition="率先达到商业化标准"),
            each("Instrument:中试场地、首台套保险、市场推广补贴", "partOf", "Instrument:产业化资源包"),
        ),
        passage("三(二)", Fact("Instrument:首台套产品应用容错机制", "targets", "Product:首台套产品")),
        passage("三(五)", Fact("Instrument:双聘制度", "targets", "Person:高校科研人员")),
        passage(
            "三(六)",
            Fact("Firm:外资", "usesInstrument", "Instrument:QFLP"),
            Fact("Firm:外资", "participatesIn", "Program:硬科技基金"),
            each("Program:硬科技基金", "targets", "Industry:量子计算产业、基因编辑产业"),
            each("Industry:量子计算产业、基因编辑产业", "partOf", "Industry:未来产业"),
        ),
        passage("四 结语", each(MEASURES, "addresses", "Challenge:创新融合发展的难题")),
    ]
)

PER_KWH, BATTERY, SUBSIDY = "美元每千瓦时", "Technology:锂离子电池", "Instrument:财政补贴"

YAO_FINDINGS = [
    passage(
        "一(二)",
        Fact(
            "Technology:锂离子电池",
            "measuredBy",
            "Indicator:平均成本",
            time="2010年",
            value="约1000美元",
            means=f"约1000{PER_KWH}",
        ),
        Fact("Technology:锂离子电池", "measuredBy", "Indicator:平均成本", time="2023年", value=f"约100{PER_KWH}"),
    ),
    passage(
        "二(二)",
        *(
            Fact(f"Place:{place}", "measuredBy", "Indicator:农业科技投入占GDP比重", time="2022年", value=value)
            for place, value in (("中国", "0.65%"), ("美国", "1%以上"), ("日本", "1%以上"), ("德国", "1%以上"))
        ),
        Fact("Technology:农业技术", "measuredBy", "Indicator:技术合同交易额", time="2022年", value="1212.9亿元"),
    ),
    passage(
        "二(三)",
        Fact("Industry:光伏产业", "measuredBy", "Indicator:产能过剩率", time="2018年前", value="普遍超过15%"),
        Fact("Firm:光伏中上游企业", "measuredBy", "Indicator:产能过剩率", time="2018年前", value="几乎超过20%"),
        Fact("Industry:光伏产业", "faces", "Challenge:产能过剩", time="2018年前"),
    ),
    passage(
        "二(三)", Fact(SUBSIDY, "causes", "Challenge:产能过剩", value="显著增加", general=True, attributed_to="[24]")
    ),
    passage("二(四)", Fact("Place:中国", "faces", "Challenge:融资难")),
    passage(
        "四 结语",
        each("Place:中国", "faces", PROBLEMS),
        each(PROBLEMS, "partOf", "Challenge:创新融合发展的难题"),
    ),
]

# ---- The documents


def papers() -> tuple[Extraction, Extraction]:
    """Both documents."""
    return (
        document(HE, [*FRAMEWORK, *SEMICONDUCTORS, *MRNA, *VEHICLES, *PHOTOVOLTAICS, *HE_PROPOSALS]),
        document(YAO, [*YAO_FINDINGS, *YAO_PROPOSALS]),
    )


def document(source: str, passages: list[Passage]) -> Extraction:
    """A document with a line for each passage. A fact of several passages is one statement with as much evidence."""
    ordered = sorted(passages, key=lambda p: p.section)
    sentences = [_sentence(p) for p in ordered]
    text = "\n".join(sentences)
    starts = [sum(len(s) + 1 for s in sentences[:i]) for i in range(len(sentences))]
    spans = [Span(start, start + len(s), s) for start, s in zip(starts, sentences, strict=True)]
    stated = list(zip(ordered, spans, strict=True))
    facts = [(p, span, fact) for p, span in stated for fact in p.facts]
    return Extraction(
        document=Document(source, text, "zh", Bibliography(title_zh=source, year=2025), _sections(stated)),
        entities=tuple(_entities(fact for _, _, fact in facts)),
        mentions=tuple(dict.fromkeys(_mention(source, span, name) for _, span, f in facts for name in _ends(f))),
        assertions=tuple(_assertions(source, facts)),
        refusals=(),
        pipeline="by hand",
    )


def _ends(fact: Fact) -> tuple[str, str]:
    return fact.subject, fact.object


def _name(named: str) -> str:
    return named.partition(":")[2]


def _sentence(passage: Passage) -> str:
    return f"{'；'.join(map(_said, passage.facts))}。"


def _said(fact: Fact) -> str:
    source = f"据{fact.attributed_to}：" if fact.attributed_to else ""
    relation = load().relations[fact.predicate].label_zh
    said = (_name(fact.subject), fact.condition, relation, _name(fact.object), fact.value, fact.time)
    return source + " ".join(part for part in said if part)


def _sections(stated: list[tuple[Passage, Span]]) -> tuple[Section, ...]:
    places: defaultdict[str, list[Span]] = defaultdict(list)
    for passage, span in stated:
        places[passage.section].append(span)
    return tuple(Section(label, (label,), "body", spans[0].start, spans[-1].end) for label, spans in places.items())


def _entities(facts: Iterable[Fact]) -> Iterable[Entity]:
    """Each entity once, with the country that the dictionary knows for it."""
    for named in sorted({end for fact in facts for end in _ends(fact)}):
        entry = load().entries.get(id_of(named))
        yield Entity(id_of(named), named.partition(":")[0], _name(named), country=entry.country if entry else "")


def _mention(source: str, span: Span, named: str) -> Mention:
    start = span.start + span.quote.index(_name(named))
    return Mention(id_of(named), source, Span(start, start + len(_name(named)), _name(named)))


def _assertions(source: str, facts: list[tuple[Passage, Span, Fact]]) -> Iterable[Assertion]:
    places: defaultdict[Fact, list[Evidence]] = defaultdict(list)
    for passage, span, fact in facts:
        places[fact].append(Evidence(source, passage.section, (span,), "by-hand", 1.0))
    before = _times_before([passage for passage, _, _ in facts])
    when = {fact: _when(fact, before[passage]) for passage, _, fact in facts}
    return (replace(assertion(fact, tuple(found), when[fact]), belief=1.0) for fact, found in places.items())


def _when(fact: Fact, before: list[Period]) -> Period | None:
    return leaning(fact.time, before) if leans(fact.time) else period(fact.time, load().periods)


def _times_before(passages: Iterable[Passage]) -> dict[Passage, list[Period]]:
    """The times of the passage before each one in its section."""
    last: dict[str, Passage] = {}
    found: dict[Passage, list[Period]] = {}
    for passage in dict.fromkeys(passages):
        told = last.get(passage.section)
        found[passage] = [p for f in told.facts if (p := period(f.time, load().periods))] if told else []
        last[passage.section] = passage
    return found
