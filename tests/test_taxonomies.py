"""The taxonomies: instruments (`instruments.ttl`) and the closed lists (`lists.ttl`)."""

import csv
from collections import Counter
from itertools import groupby

import pytest
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.config import data_folder
from kg.iris import BASE, ENTITY, ONTOLOGY, PREFIXES, normal
from kg.ontology import load

FOLDER = data_folder("ontology")
FILES = ("instruments.ttl", "lists.ttl")
SKOS = PREFIXES["skos"]
CONCEPT, SCHEME = NamedNode(SKOS + "Concept"), NamedNode(SKOS + "ConceptScheme")
TYPE = PREFIXES["rdf"] + "type"
TRIPLES = [quad.triple for name in FILES for quad in parse(path=FOLDER / name, format=RdfFormat.TURTLE)]
TRIPLES_OF = {s: list(group) for s, group in groupby(TRIPLES, key=lambda t: t.subject.value)}
LISTS = ("stage", "segment", "challenge", "goal", "actor-kind")


def objects(subject, predicate):
    return [t.object for t in TRIPLES_OF.get(subject, ()) if t.predicate.value == predicate]


def texts(subject, name, language):
    return [o.value for o in objects(subject, SKOS + name) if isinstance(o, Literal) and o.language == language]


def links(subject, predicate):
    return [o.value for o in objects(subject, predicate)]


CONCEPTS = [s for s in TRIPLES_OF if CONCEPT in objects(s, TYPE)]
SCHEMES = [s for s in TRIPLES_OF if SCHEME in objects(s, TYPE)]
INSTRUMENTS = [c for c in CONCEPTS if c.startswith(f"{BASE}instrument/")]


def in_list(name):
    return [c for c in CONCEPTS if c.startswith(f"{BASE}{name}/")]


def above(concept):
    """The concept and all that is broader, nearest first; stops where a cycle closes."""
    found = []
    queue = [concept]
    while queue:
        here = queue.pop(0)
        if here not in found:
            found.append(here)
            queue += links(here, SKOS + "broader")
    return found


# ---- Every taxonomy


def test_there_is_a_scheme_for_instruments_and_for_each_list():
    assert {f"{BASE}{name}/scheme" for name in ("instrument", *LISTS)} == set(SCHEMES)
    for scheme in SCHEMES:
        assert texts(scheme, "prefLabel", "zh")
        assert texts(scheme, "prefLabel", "en")


@pytest.mark.parametrize("language", ["zh", "en"])
def test_every_concept_has_one_label_in_either_language(language):
    assert [c for c in CONCEPTS if len(texts(c, "prefLabel", language)) != 1] == []


def test_every_concept_is_in_the_scheme_of_its_folder():
    for concept in CONCEPTS:
        assert links(concept, SKOS + "inScheme") == [concept.rpartition("/")[0] + "/scheme"]


def test_broader_leads_to_a_concept_of_the_scheme_and_never_back():
    for concept in CONCEPTS:
        for broader in links(concept, SKOS + "broader"):
            assert broader in TRIPLES_OF
            assert links(broader, SKOS + "inScheme") == links(concept, SKOS + "inScheme")
            assert concept not in above(broader)


def test_what_has_nothing_broader_is_a_top_concept_of_its_scheme():
    for scheme in SCHEMES:
        members = [c for c in CONCEPTS if scheme in links(c, SKOS + "inScheme")]
        tops = {c for c in members if not links(c, SKOS + "broader")}
        assert set(links(scheme, SKOS + "hasTopConcept")) == tops


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_preferred_label_names_one_concept_of_its_scheme(scheme, language):
    members = [c for c in CONCEPTS if scheme in links(c, SKOS + "inScheme")]
    counted = Counter(normal(name) for c in members for name in texts(c, "prefLabel", language))
    assert [name for name, times in counted.items() if times > 1] == []


PI = {f"PI{number:03}" for number in range(6, 34)}
TH_NUMBERS = (
    *(9, 10, 11, 13, 14, 15, 16, *range(18, 29), *range(30, 40), 41, 42, 43, 44, 46, 47, 48, *range(50, 57), 58),
    *(61, 63, 64, 65, 66, 70, 82, 89, 91, 92, *range(94, 100), *range(101, 110), 111),
)
TH = {f"TH{number}" for number in TH_NUMBERS}
FACETS = {"V0173", "V0191", "V0330", "V0403", "V0428", "V0753", "V0885"}
TG = {f"TG{number}" for number in (*range(9, 39), 40, 41, 42)}


def test_stip_codes_are_of_the_codebook():
    for concept in CONCEPTS:
        allowed = TG if concept.startswith(f"{BASE}actor-kind/") else PI | TH | FACETS
        assert set(links(concept, ONTOLOGY + "stipCode")) <= allowed, concept


# ---- Instruments


def test_there_are_hundreds_of_instruments():
    assert len(INSTRUMENTS) >= 400


def test_every_instrument_has_a_dimension_and_a_side():
    dimensions = {ONTOLOGY + name for name in ("factor", "actor", "environment", "governance", "trade")}
    for tool in INSTRUMENTS:
        (dimension,) = links(tool, ONTOLOGY + "dimension")
        assert dimension in dimensions, tool
        (side,) = links(tool, ONTOLOGY + "side")
        assert side in {"supply", "environment", "demand"}, tool


def test_the_taxonomy_has_every_instrument_of_the_dictionary_under_the_same_labels():
    with (FOLDER / "dictionary" / "instruments.csv").open(encoding="utf-8", newline="") as file:
        rows = {(row["zh"], row["en"]) for row in csv.DictReader(file)}
    named = {(zh, en) for c in INSTRUMENTS for zh in texts(c, "prefLabel", "zh") for en in texts(c, "prefLabel", "en")}
    assert rows <= named
    other = {
        normal(name) for e in load().entries.values() if e.type != "Instrument" for name in (e.label_zh, *e.aliases)
    }
    assert [zh for zh, _ in named - rows if normal(zh) not in other] == [], "neither an instrument nor anything else"


HE_2025 = {
    "factor": (
        "要素融合 资金政策 科技计划项目资助 财政补贴 税收优惠 科技金融 政府采购 人才政策 人才培养 人才使用 "
        "人才引进 人才评价 人才激励 人才服务保障 基础设施政策 创新平台基地 科技基础设施 概念验证中心"
    ),
    "actor": "主体融合 统筹协调 引导激励",
    "environment": (
        "环境融合 科研环境政策 作风学风 科研诚信 科技伦理 市场环境政策 市场准入 产权保护 公平竞争 "
        "社会文化环境政策 科学普及 创新创业文化"
    ),
}
"""The three dimensions of the framework of He et al. (2025) and the tools that it names under each."""


@pytest.mark.parametrize(("dimension", "name"), [(d, name) for d, names in HE_2025.items() for name in names.split()])
def test_the_framework_of_he_et_al_is_there(dimension, name):
    wanted = normal(name)
    found = [c for c in INSTRUMENTS if wanted in map(normal, texts(c, "prefLabel", "zh") + texts(c, "altLabel", "zh"))]
    assert found, f"no instrument is named {name}"
    assert ONTOLOGY + dimension in {d for c in found for d in links(c, ONTOLOGY + "dimension")}


# ---- Closed lists


@pytest.mark.parametrize(
    ("name", "least"), [("stage", 20), ("segment", 20), ("challenge", 60), ("goal", 50), ("actor-kind", 40)]
)
def test_the_lists_are_defined_in_both_languages(name, least):
    concepts = in_list(name)
    assert len(concepts) >= least
    for concept in concepts:
        assert len(texts(concept, "definition", "zh")) == len(texts(concept, "definition", "en")) == 1


@pytest.mark.parametrize("name", LISTS)
def test_a_notation_gives_the_place_in_the_list(name):
    codes = {c: links(c, SKOS + "notation")[0] for c in in_list(name)}
    assert len(set(codes.values())) == len(codes)
    for concept, code in codes.items():
        parents = [codes[broader] for broader in links(concept, SKOS + "broader")]
        assert parents == [above_ for above_ in [code.rpartition(".")[0]] if above_]


@pytest.mark.parametrize("name", LISTS)
def test_no_other_label_is_another_concepts_preferred_one(name):
    for language in ("zh", "en"):
        preferred = {normal(texts(c, "prefLabel", language)[0]): c for c in in_list(name)}
        for concept in in_list(name):
            others = {normal(text) for text in texts(concept, "altLabel", language)}
            assert {preferred[text] for text in others & preferred.keys()} == set()


def test_the_innovation_chain_has_its_eight_stages_each_with_its_readiness_levels():
    tops = [c for c in in_list("stage") if not links(c, SKOS + "broader")]
    assert sorted(links(c, SKOS + "notation")[0] for c in tops) == [f"IC{number}" for number in range(1, 9)]
    for stage in in_list("stage"):
        assert all(texts(stage, "scopeNote", language)[0].startswith("TRL ") for language in ("zh", "en"))


def test_the_industry_chain_leads_from_upstream_to_recycling():
    slugs = {c.rpartition("/")[2] for c in in_list("segment")}
    assert {
        "upstream",
        "midstream",
        "downstream",
        "recycling",
        "design",
        "manufacture",
        "packaging",
        "testing",
    } <= slugs


@pytest.mark.parametrize(("name", "type_"), [("challenge", "Challenge"), ("goal", "Goal")])
def test_challenges_and_goals_lead_to_the_entities_of_the_dictionary(name, type_):
    entries = [entry for entry in load().entries.values() if entry.type == type_]
    known: dict[str, set[str]] = {}
    for entry in entries:
        for text in (entry.label_zh, *entry.aliases):
            known.setdefault(normal(text), set()).add(ENTITY + entry.id)
    matched = 0
    for concept in in_list(name):
        matches = set(links(concept, SKOS + "exactMatch"))
        expected = known.get(normal(texts(concept, "prefLabel", "zh")[0]), set())
        assert matches == expected, concept
        matched += len(matches)
    assert matched >= 50


def test_only_kinds_of_actors_carry_target_groups_and_those_at_the_top_name_their_class():
    classes = {iri for c in in_list("actor-kind") for iri in links(c, PREFIXES["rdfs"] + "seeAlso")}
    assert classes == {ONTOLOGY + t for t in ("Government", "Firm", "University", "Institute", "Consortium", "Person")}
    assert sum(bool(links(c, ONTOLOGY + "stipCode")) for c in in_list("actor-kind")) >= 40


def test_the_lists_are_part_of_the_digest_but_not_of_what_is_loaded(tmp_path):
    for name in ("policykg.ttl", "qualifiers.ttl", "periods.csv", "units.csv"):
        (tmp_path / name).write_bytes((FOLDER / name).read_bytes())
    without = load(tmp_path).digest
    load.cache_clear()
    (tmp_path / "lists.ttl").write_text("this is no Turtle", encoding="utf-8")
    try:
        assert load(tmp_path).digest != without
    finally:
        load.cache_clear()
