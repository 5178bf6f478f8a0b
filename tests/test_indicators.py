"""Indicators beside numbers: every rule finds its example; names of the tagger get what belongs to them."""

import pytest
import spacy
from spacy.tokens import Doc, Span

from ingest.indicators import IndicatorRule, indicator_rules
from ingest.names import Name, confidence, set_names
from ingest.pipeline import nlp

RULES = list(indicator_rules("zh").by_kind.values())


def read(sentence: str, *names: Name) -> list[Span]:
    """The names of a sentence in which a tagger found those."""
    words = spacy.blank("zh")
    words.add_pipe("lac_words")
    words.add_pipe("policy_names")
    doc = set_names(words(sentence), names, alignment="strict")
    finder = nlp("zh").get_pipe("indicator_names")
    found: Doc = finder(doc)
    return list(found.ents)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_finds_its_example(rule: IndicatorRule) -> None:
    assert (rule.finds, rule.id) in {(ent.text, ent.id_) for ent in read(rule.example)}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_rule_leaves_its_counterexample_alone(rule: IndicatorRule) -> None:
    assert rule.id not in {ent.id_ for ent in read(rule.counterexample)}


def test_there_is_a_rule_of_each_kind() -> None:
    assert {rule.kind for rule in RULES} == {"measured", "counted", "listed", "named", "amount"}


def named(sentence: str, surface: str, type_: str) -> Name:
    start = sentence.index(surface)
    return Name(start, start + len(surface), type_, "tagger", "", 0.8)


def test_an_indicator_gets_the_word_that_modifies_it() -> None:
    sentence = "2023年，挪威渔业的年均捕捞量为200万吨。"
    ents = read(sentence, named(sentence, "捕捞量", "Indicator"))
    assert [(ent.text, ent.label_) for ent in ents] == [("年均捕捞量", "Indicator")]
    assert confidence(ents[0].doc, ents[0]) == 0.8


def test_an_indicator_ends_before_the_words_that_lead_to_its_number() -> None:
    sentence = "渔业出口额同比增长12%。"
    assert [e.text for e in read(sentence, named(sentence, "出口额同比增长", "Indicator"))] == ["出口额"]


def test_an_indicator_that_begins_with_a_known_thing_is_two_names() -> None:
    sentence = "2023年锂离子电池出口额为200亿元，渔业产值为30亿元。"
    whole = [named(sentence, "锂离子电池出口额", "Indicator"), named(sentence, "渔业产值", "Indicator")]
    thing, measured, *rest = read(sentence, *whole)
    assert (thing.text, measured.text, measured.label_) == ("锂离子电池", "出口额", "Indicator")
    assert thing.label_ in {"Product", "Technology"}
    assert thing.kb_id_
    assert rest[-1].text.endswith("产值")


def test_other_names_stay_as_they_are() -> None:
    sentence = "极地学会共有110名科研人员，海纳公司有12家研究机构。"
    ents = read(sentence, named(sentence, "海纳公司", "Firm"), named(sentence, "科研人员", "Person"))
    found = {(ent.text, ent.label_) for ent in ents}
    assert {("科研人员", "Person"), ("海纳公司", "Firm"), ("研究机构", "Indicator")} == found


def test_lists_of_measures_are_all_found() -> None:
    found = {ent.text for ent in read("2014年渔业专利申请量和授权量分别达1905件、1231件。")}
    assert "授权量" in found
