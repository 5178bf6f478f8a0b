"""Words for values as numbers: what is understood, what is left alone, and what a number written out comes back as."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.quantities import quantity
from kg.model import Quantity
from kg.ontology import load

ONTOLOGY = load()

TOLD = [
    ("超3 000亿日元", "", "> 300000000000 JPY", "amount"),
    ("1.46万人", "", "14600 人", "count"),
    ("30%—40%", "采购占总产量的比重", "30–40 %", "share"),
    ("50.4%", "出口同比增长率", "50.4 %", "growth-rate"),
    ("-3.2%", "占比的降幅", "-3.2 %", "growth-rate"),
    ("几乎超过20%", "产能过剩率", "≈ 20 %", "ratio"),
    ("普遍超过15%", "产能过剩率", "> 15 %", "ratio"),
    ("1%以上", "占GDP比重", "> 1 %", "share"),
    ("不超过10%", "", "≤ 10 %", "ratio"),
    ("约1000美元", "平均成本", "≈ 1000 USD", "price"),
    ("约100美元每千瓦时", "平均成本", "≈ 100 USD/kWh", "price"),
    ("0.3元/kWh以内", "电价", "< 0.3 CNY/kWh", "price"),
    ("不到8个月", "", "< 8 个月", "duration"),
    ("25—35年", "", "25–35 年", "duration"),
    ("近10项", "", "≈ 10 项", "count"),
    ("10余项", "", "> 10 项", "count"),
    ("5000多万元", "", "> 50000000 CNY", "amount"),
    ("至少3倍", "", "≥ 3 倍", "ratio"),
    ("3—5万吨", "", "30000–50000 t", "amount"),
    ("首位", "", "1 位", "rank"),
    ("第三位", "", "3 位", "rank"),
    ("12", "", "12", "count"),
    ("0.054", "", "0.054", "ratio"),
    ("$5 billion", "", "5000000000 USD", "amount"),
    ("300 billion yen", "", "300000000000 JPY", "amount"),
    ("more than 50%", "market share", "> 50 %", "share"),
    ("about 100 US dollars per kWh", "price", "≈ 100 USD/kWh", "price"),
]


@pytest.mark.parametrize(("words", "about", "wanted", "kind"), TOLD)
def test_a_value_is_understood(words: str, about: str, wanted: str, kind: str) -> None:
    found = quantity(words, ONTOLOGY, about)
    assert found is not None
    assert (found.text(), found.kind) == (wanted, kind)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "大幅提高",
        "显著增加",
        "2022年",
        "40%—30%",
        "1—1万",
        "不到超过8个月",
        "3千克力",
        "$5%",
        "10%—20万",
        "1" * 30 + "元",
    ],
)
def test_what_is_no_certain_number_is_left_alone(words: str) -> None:
    assert quantity(words, ONTOLOGY) is None


def test_every_unit_measures_a_kind_of_the_closed_list_and_has_names_of_its_own() -> None:
    names = [name.lower() for unit in ONTOLOGY.units for name in unit.names]
    assert len(names) == len(set(names))
    assert {unit.kind for unit in ONTOLOGY.units} <= ONTOLOGY.lists["measure"].keys()
    assert all((unit.kind == "amount" and len(unit.currency) == 3) for unit in ONTOLOGY.units if unit.currency)


digits = st.decimals(0, 9999, places=2)
scales = st.sampled_from([("", 0), ("万", 4), ("亿", 8), ("万亿", 12)])
signs = st.sampled_from([("", "="), ("约", "≈"), ("超过", ">"), ("至少", "≥"), ("不到", "<"), ("不超过", "≤")])
units = st.sampled_from([("元", "CNY"), ("美元", "USD"), ("吨", "t"), ("家", "家"), ("%", "%"), ("", "1")])


@settings(deadline=None)
@given(digits, scales, signs, units)
def test_a_number_comes_back(
    number: Decimal, scale: tuple[str, int], sign: tuple[str, str], unit: tuple[str, str]
) -> None:
    found = quantity(f"{sign[0]}{number}{scale[0]}{unit[0]}", ONTOLOGY)
    assert found is not None
    assert found.low == found.high == number.scaleb(scale[1])
    assert (found.comparator, found.unit) == (sign[1], unit[1])


@settings(deadline=None)
@given(st.integers(1, 900), st.integers(1, 900), st.sampled_from("—–~至"))
def test_a_range_comes_back(low: int, more: int, dash: str) -> None:
    found = quantity(f"{low}%{dash}{low + more}%", ONTOLOGY)
    assert found == Quantity(Decimal(low), Decimal(low + more), "%", "ratio")


@settings(deadline=None)
@given(st.text(max_size=12) | st.text("0123456789.,万亿元%—约超过多个 $", max_size=12))
def test_any_words_give_a_number_in_order_or_none(words: str) -> None:
    found = quantity(words, ONTOLOGY)
    assert found is None or found.low <= found.high


@pytest.mark.parametrize("words", ["-5项", "-5年", "120%", "-1%"])
def test_a_figure_that_cannot_be_is_left_alone(words: str) -> None:
    about = "市场占比" if words.endswith("%") else ""
    assert quantity(words, ONTOLOGY, about) is None
