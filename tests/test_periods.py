"""Words for times as years: what is understood, what is left alone, and what a time written out comes back as."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.periods import leaning, leans, period
from kg.model import Period
from kg.ontology import load

NAMED = load().periods

TOLD = [
    ("2001年", "2001", "year"),
    ("2001年3月", "2001", "year"),
    ("2009年12月3日", "2009", "year"),
    ("早在1990年", "1990", "year"),
    ("1966—1990年", "1966–1990", "year"),
    ("从2009年到2015年", "2009–2015", "year"),
    ("2021—22年", "2021–2022", "year"),
    ("20世纪60年代", "1960–1969", "decade"),
    ("1970年代末", "1970–1979", "decade"),
    ("20世纪80年代以来", "1980–", "decade"),
    ("21世纪以来", "2001–", "century"),
    ("20世纪下半叶", "1951–2000", "century"),
    ("2003年前后", "≈2003", "year"),
    ("2015年以来", "2015–", "year"),
    ("2008年之后", "2008–", "year"),
    ("2010年至今", "2010–", "year"),
    ("2018年前", "–2018", "year"),
    ("截至2023年底", "–2023", "year"),
    ("到2025年", "–2025", "year"),
    ("“八五”", "1991–1995", "plan"),
    ("“十二五”以来", "2011–", "plan"),
    ("七五期间", "1986–1990", "plan"),
    ("改革开放初期", "1978–", "era"),
    ("二战后", "1945–", "era"),
    ("二战期间", "1939–1945", "era"),
    ("in the 1990s", "1990–1999", "decade"),
    ("since 2015", "2015–", "year"),
    ("between 1990 and 1995", "1990–1995", "year"),
    ("by 2030", "–2030", "year"),
    ("the late 1980s", "1980–1989", "decade"),
    ("September 11, 2001", "2001", "year"),
    ("19th century", "1801–1900", "century"),
    ("after World War II", "1945–", "era"),
]


@pytest.mark.parametrize(("words", "years", "precision"), TOLD)
def test_a_time_is_understood(words: str, years: str, precision: str) -> None:
    found = period(words, NAMED)
    assert found is not None
    assert (found.text(), found.precision) == (years, precision)


@pytest.mark.parametrize(
    "words",
    [
        "",
        "近年来",
        "同期",
        "上月",
        "世纪之交",
        "2009-12",
        "2017—2006年",
        "自2001年以前",
        "数十年",
        "长期以来",
        "2001年春天的会议",
    ],
)
def test_what_is_no_certain_time_is_left_alone(words: str) -> None:
    assert period(words, NAMED) is None


years = st.integers(1800, 2100)


@settings(deadline=None)
@given(years, years, st.sampled_from(["{}—{}年", "{}年至{}年", "从{}年到{}年", "from {} to {}", "between {} and {}"]))
def test_a_span_of_years_comes_back(one: int, other: int, form: str) -> None:
    found = period(form.format(one, other), NAMED)
    assert found == (Period(one, other, "year") if one <= other else None)


@settings(deadline=None)
@given(
    years,
    st.sampled_from([("{}年以来", 1), ("since {}", 1), ("{}年以前", -1), ("by {}", -1), ("{}年", 0), ("in {}", 0)]),
)
def test_a_bound_keeps_its_side(year: int, form: tuple[str, int]) -> None:
    written, side = form
    wanted = (None if side < 0 else year), (None if side > 0 else year)
    assert period(written.format(year), NAMED) == Period(*wanted, "year")


@settings(deadline=None)
@given(st.integers(18, 21), st.integers(0, 9))
def test_a_decade_has_ten_years_of_its_century(century: int, decade: int) -> None:
    found = period(f"{century}世纪{decade}0年代", NAMED)
    start = (century - 1) * 100 + decade * 10
    assert found == Period(start, start + 9, "decade") == period(f"the {start}s", NAMED)


@settings(deadline=None)
@given(st.text(max_size=12) | st.text("0123456789年世纪代前后以来到至—“”五十二 ", max_size=12))
def test_any_words_give_a_period_or_none(words: str) -> None:
    found = period(words, NAMED)
    assert found is None or found.start is not None or found.end is not None


def test_plans_follow_each_other() -> None:
    plans = [each.period for each in NAMED if each.period.precision == "plan"]
    assert len(plans) == 15
    assert all(plan.end == plan.start + 4 for plan in plans if plan.start and plan.end)
    assert all(a.end < b.start for a, b in pairwise(plans) if a.end and b.start)


def test_a_time_that_leans_on_another_takes_it_where_there_is_one() -> None:
    first, other = Period(1966, 1990, "year"), Period(2009, 2009, "year")
    assert leaning("同期", [first, first]) == first
    assert leaning("随后", [other]) == Period(2009, None, "year", approximate=True)
    assert leaning("同期", [Period(1976, 1976, "year"), first]) == first
    assert leaning("同期", [first, other]) is None
    assert leaning("同期", []) is None
    assert leaning("随后", [Period(None, 2018, "year")]) is None
    assert leaning("2001年", [first]) is None
    assert (leans("同期"), leans("2001年")) == (True, False)
