"""Every extraction rule finds what its example says, and nothing of its own in its counterexample."""

import re
from dataclasses import replace

import pytest

from ingest.patterns import NAME_KINDS, NameRule, RelationRule, ToldRule, name_rules, relation_rules, told_rules
from ingest.pipeline import nlp
from ingest.relations import Mention, RelationFinder
from kg.model import QUALIFIERS
from kg.ontology import load

LANGUAGES = ("zh", "en")
NAME_RULES = [(language, rule) for language in LANGUAGES for rule in name_rules(language).rules]
RELATION_RULES = [(language, rule) for language in LANGUAGES for rule in relation_rules(language).rules]
TOLD_RULES = [(language, rule) for language in LANGUAGES for rule in told_rules(language)]
_BRACKETED = re.compile(r"\[([^|\]]+)\|(\w+)\]")


def found_by(language: str, rule: NameRule, sentence: str) -> set[str]:
    """What the candidates of a sentence are under that rule."""
    finder = nlp(language).get_pipe({"zh": "policy_names", "en": "english_names"}[language])
    doc = nlp(language)(sentence)
    return {sentence[n.start : n.end] for n in finder.candidates(doc) if n.rule == rule.id}


@pytest.mark.parametrize(("language", "rule"), NAME_RULES, ids=lambda v: getattr(v, "id", v))
def test_a_name_rule_finds_its_example(language: str, rule: NameRule) -> None:
    assert rule.finds in found_by(language, rule, rule.example)


@pytest.mark.parametrize(("language", "rule"), NAME_RULES, ids=lambda v: getattr(v, "id", v))
def test_a_name_rule_leaves_its_counterexample_alone(language: str, rule: NameRule) -> None:
    assert found_by(language, rule, rule.counterexample) == set()


def stated_by(language: str, rule: RelationRule, marked: str) -> set[str]:
    """What the rule reads in a sentence whose names stand in square brackets with their types."""
    text, mentions = "", []
    last = 0
    for match in _BRACKETED.finditer(marked):
        text += marked[last : match.start()]
        mentions.append(Mention(len(text), len(text) + len(match[1]), match[2], match[1]))
        text += match[1]
        last = match.end()
    text += marked[last:]
    alone = replace(relation_rules(language), rules=(rule,))
    relations = RelationFinder(load(), alone).relations(text, mentions)
    return {f"{r.subject.entity} {r.predicate} {r.object.entity}" for r in relations}


@pytest.mark.parametrize(("language", "rule"), RELATION_RULES, ids=lambda v: getattr(v, "id", v))
def test_a_relation_rule_finds_its_example(language: str, rule: RelationRule) -> None:
    assert rule.finds in stated_by(language, rule, rule.example)


@pytest.mark.parametrize(("language", "rule"), RELATION_RULES, ids=lambda v: getattr(v, "id", v))
def test_a_relation_rule_leaves_its_counterexample_alone(language: str, rule: RelationRule) -> None:
    assert stated_by(language, rule, rule.counterexample) == set()


def test_every_kind_of_name_rule_is_in_use() -> None:
    assert {rule.kind for _, rule in NAME_RULES} == set(NAME_KINDS)


def test_every_relation_of_the_ontology_has_a_rule() -> None:
    assert {rule.relation for language, rule in RELATION_RULES if language == "zh"} == set(load().relations)


@pytest.mark.parametrize(("language", "rule"), TOLD_RULES, ids=lambda v: getattr(v, "finds", v))
def test_a_rule_for_what_else_is_told_finds_its_example_and_nothing_in_its_counterexample(
    language: str, rule: ToldRule
) -> None:
    match = rule.pattern.search(rule.example)
    assert match is not None
    assert match.group("found") == rule.finds
    assert rule.pattern.search(rule.counterexample) is None


@pytest.mark.parametrize(("language", "rule"), TOLD_RULES, ids=lambda v: getattr(v, "finds", v))
def test_a_rule_for_what_else_is_told_fills_a_field_of_statements(language: str, rule: ToldRule) -> None:
    assert rule.field in QUALIFIERS
    assert set(rule.relations) <= load().relations.keys()
    assert bool(rule.member) == (rule.field in load().lists)
    assert not rule.member or rule.member in load().lists[rule.field]
