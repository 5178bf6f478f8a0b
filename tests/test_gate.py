"""The gate: every rule that one document shows turns down what breaks it, with its reason, and nothing else."""

import re
from dataclasses import replace
from typing import Any

import pytest
from rdflib import SH, Graph, URIRef
from rdflib.collection import Collection

from ingest.assertions import Gate, Statement, statement
from ingest.qualifiers import qualifiers
from ingest.relations import Mention, Relation
from kg.config import data_folder
from kg.iris import BASE
from kg.model import Assertion, Bibliography, Document, Entity, Refusal, Section, Sentence
from kg.ontology import load

TIMES = [
    ("", True),
    ("近年来", True),
    ("1999", True),
    ("in 1959", True),
    ("世纪之交", True),
    ("上月", True),
    ("“十二五”以来", True),
    ("1966—1990年", True),
    ("20世纪60年代", True),
    ("18世纪末", True),
    ("2009年12月3日", True),
    ("May 2020", True),
    ("2017—2006年", False),
    ("1799年", False),
    ("2101年", False),
    ("20215年", False),
    ("2009年13月", False),
    ("2009年0月", False),
    ("25世纪", False),
    ("17世纪", False),
]
"""Words for a time, and whether they can be one."""

TEXT = "甲乙丙丁。"
NAMES = {"甲": "Program", "乙": "Program", "丙": "Program", "丁": "Indicator", " ": "Technology"}
ENTITIES = {name: Entity(name, type_, name) for name, type_ in NAMES.items()}
SENTENCE = Sentence(TEXT, tuple(range(len(TEXT))), Section("1", ("1 甲",), "body", 0, len(TEXT)))


def stated(subject: str, predicate: str, object_: str, **changes: Any) -> Statement:
    """A statement as the steps before the gate give it; `confidence` is the relation's."""
    one, other = (Mention(0, 1, NAMES[name], name) for name in (subject, object_))
    relation = Relation(one, predicate, other, "rule", changes.pop("confidence", 0.5), 1)
    return replace(Statement(relation, SENTENCE, "actual", "", ""), **changes)


def passed(*statements: Statement, text: str = TEXT) -> tuple[tuple[Assertion, ...], tuple[Refusal, ...]]:
    document = Document("small", text, "zh", Bibliography())
    return Gate(load(), document, ENTITIES).pass_through(statements)


BROKEN = [
    ("self", stated("甲", "partOf", "甲")),
    ("predicate", stated("甲", "owns", "乙")),
    ("signature", stated("甲", "issuedBy", "乙")),
    ("modality", stated("甲", "partOf", "乙", modality="likely")),
    ("belief", stated("甲", "partOf", "乙", confidence=1.5)),
    ("belief", stated("甲", "partOf", "乙", confidence=float("nan"))),
    ("label", stated("甲", "targets", " ")),
    ("time", stated("甲", "partOf", "乙", time="2017—2006年")),
    ("value", stated("甲", "measuredBy", "丁")),
]


@pytest.mark.parametrize(("reason", "statement"), BROKEN)
def test_what_breaks_a_rule_is_refused_with_its_reason(reason: str, statement: Statement) -> None:
    assertions, (refusal,) = passed(statement, stated("甲", "partOf", "丙"))[0], passed(statement)[1]
    assert [assertion.object for assertion in assertions] == ["丙"]
    assert (refusal.reason, refusal.predicate) == (reason, statement.relation.predicate)
    assert re.fullmatch("[^A-Z]*[一-鿿].*。", refusal.message_zh)
    assert re.fullmatch("[A-Z].*[.]", refusal.message_en)
    assert refusal.span is not None
    assert refusal.span.quote == TEXT


def test_a_quote_that_is_only_white_space_is_no_evidence() -> None:
    blank = Sentence("  ", (0, 1), SENTENCE.section)
    _, (refusal,) = passed(stated("甲", "partOf", "乙", sentence=blank), text="  ")
    assert refusal.reason == "evidence"


@pytest.mark.parametrize(("time", "possible"), TIMES)
def test_a_time_that_cannot_be_is_refused(time: str, possible: bool) -> None:
    assertions, refusals = passed(stated("甲", "partOf", "乙", time=time))
    assert ([a.time for a in assertions], len(refusals)) == (([time], 0) if possible else ([], 1))


def test_a_value_lets_a_measurement_in() -> None:
    assertions, refusals = passed(stated("甲", "measuredBy", "丁", value="3%"))
    assert (len(assertions), refusals) == (1, ())


def test_the_first_statements_stand_against_those_that_lead_back_to_their_start() -> None:
    round_ = (stated("甲", "partOf", "乙"), stated("乙", "partOf", "丙"), stated("丙", "partOf", "甲"))
    assertions, (refusal,) = passed(*round_, stated("乙", "partOf", "甲"))[0], passed(*round_)[1]
    assert [(a.subject, a.object) for a in assertions] == [("甲", "乙"), ("乙", "丙")]
    assert (refusal.subject, refusal.object, refusal.reason) == ("丙", "甲", "cycle")


@pytest.mark.parametrize("modality", ["proposed", "negated"])
def test_what_is_not_stated_as_fact_closes_no_circle(modality: Any) -> None:
    assertions, _ = passed(stated("甲", "partOf", "乙"), stated("乙", "partOf", "甲", modality=modality))
    assert len(assertions) == 2


def test_a_relation_that_may_lead_back_does() -> None:
    assertions, _ = passed(stated("甲", "succeeds", "乙"), stated("乙", "succeeds", "甲"))
    assert len(assertions) == 2


TWICE = "2001年甲乙。同期甲乙。2005年甲乙。同期甲乙。"
SECTION = Section("1", ("1 甲",), "body", 0, len(TWICE))


def at_the_same_time(nth: int) -> Statement:
    """What the sentence says that begins with the nth 同期."""
    start = [match.start() for match in re.finditer("同期", TWICE)][nth]
    sentence = Sentence("同期甲乙。", tuple(range(start, start + 5)), SECTION)
    return stated("甲", "partOf", "乙", time="同期", sentence=sentence)


def test_a_time_that_means_two_things_in_two_sentences_is_left_open() -> None:
    (first,), _ = passed(at_the_same_time(0), text=TWICE)
    (second,), _ = passed(at_the_same_time(1), text=TWICE)
    assert [each.period and each.period.text() for each in (first, second)] == ["2001", "2005"]
    (both,), _ = passed(at_the_same_time(0), at_the_same_time(1), text=TWICE)
    assert (len(both.evidence), both.time, both.period) == (2, "同期", None)
    assert both.id == first.id


def test_what_is_told_besides_makes_a_statement_of_its_own() -> None:
    assertions, _ = passed(
        stated("甲", "partOf", "乙"),
        stated("甲", "partOf", "乙", told={"attributed_to": "某协会"}),
        stated("甲", "partOf", "乙", told={"attributed_to": "某协会"}),
    )
    assert [(a.attributed_to, len(a.evidence)) for a in assertions] == [("", 1), ("某协会", 1)]
    assert len({a.id for a in assertions}) == 2


def test_evidence_keeps_what_its_clause_cites_and_a_source_named_ahead_is_named() -> None:
    text = "根据某局调查，甲属于乙。丙属于乙。"
    section = Section("1", ("1",), "body", 0, len(text))
    places = ((text.index("，"), "7"), (text.index("。"), "8"))
    sentence = Sentence(text[:12], tuple(range(12)), section, places)
    one, other = (Mention(text.index(name), text.index(name) + 1, "Program", name) for name in "甲乙")
    relation = Relation(one, "partOf", other, "rule", 0.5, text.index("属于"))
    (made,), _ = passed(statement(relation, sentence, qualifiers("zh")), text=text)
    assert made.evidence[0].cites == ("7", "8")
    assert made.attributed_to == "某局[7]"


def test_the_shapes_know_the_same_years_as_the_ontology() -> None:
    shapes = Graph().parse(data_folder("ontology") / "shapes.ttl", format="turtle")
    for name in ("document-year", "statement-start-year", "statement-end-year"):
        year = URIRef(f"{BASE}shapes#{name}")
        assert load().years == tuple(int(str(shapes.value(year, p))) for p in (SH.minInclusive, SH.maxInclusive))


def test_the_shapes_know_the_members_of_the_closed_lists() -> None:
    shapes = Graph().parse(data_folder("ontology") / "shapes.ttl", format="turtle")
    for shape, name in (
        ("statement-role", "role"),
        ("statement-mode", "mode"),
        ("statement-precision", "precision"),
        ("observation-measure", "measure"),
    ):
        members = Collection(shapes, shapes.value(URIRef(f"{BASE}shapes#{shape}"), SH["in"]))
        assert [str(member).rpartition("/")[2] for member in members] == list(load().lists[name])
