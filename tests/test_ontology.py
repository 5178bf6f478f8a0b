import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import Literal, NamedNode, RdfFormat, parse

from kg.config import data_folder
from kg.errors import OntologyError
from kg.iris import ONTOLOGY, PREFIXES, entity_id
from kg.ontology import HEADER, dictionary_faults, load

VOCABULARY = Path(__file__).resolve().parents[2] / "shared" / "gold" / "vocab.json"
PACKAGED = data_folder("ontology")
TRIPLES = [quad.triple for quad in parse(path=PACKAGED / "policykg.ttl", format=RdfFormat.TURTLE)]
DECLARED = {
    t.subject.value for t in TRIPLES if t.predicate.value == PREFIXES["rdf"] + "type" and hasattr(t.subject, "value")
}


def row(type_="Technology", zh="晶体管", en="transistor", **others):
    return {"type": type_, "zh": zh, "en": en, **others}


@pytest.fixture
def folder(tmp_path):
    return cored(tmp_path)


def cored(folder):
    """The folder with all that an ontology must have, and no dictionary."""
    (folder / "dictionary").mkdir()
    for name in ("policykg.ttl", "qualifiers.ttl", "periods.csv", "units.csv"):
        (folder / name).write_bytes((PACKAGED / name).read_bytes())
    return folder


def write(folder, *rows, name="words.csv"):
    with (folder / "dictionary" / name).open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, HEADER, restval="")
        writer.writeheader()
        writer.writerows(rows)
    return folder


# ---- policykg.ttl


def test_the_vocabulary_is_the_one_that_texts_are_annotated_with():
    if not VOCABULARY.is_file():
        pytest.skip("../shared/gold is missing")
    vocabulary, ontology = json.loads(VOCABULARY.read_text(encoding="utf-8")), load()
    assert list(ontology.types) == vocabulary["entity_types"]
    assert list(ontology.relations) == list(vocabulary["relations"])
    assert list(ontology.modality_labels) == vocabulary["modalities"]
    for name, sides in vocabulary["relations"].items():
        expected = [{t for s in side for t in vocabulary["groups"].get(s, [s])} for side in sides]
        assert [ontology.relations[name].domain, ontology.relations[name].range] == expected
        assert ontology.relations[name].symmetric == (name in vocabulary["symmetric"])


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("periods.csv", "十六五,2036,2031,plan,nobody"),
        ("periods.csv", "十六五,soon,,plan,nobody"),
        ("units.csv", "斤,斤,amount"),
    ],
)
def test_a_table_that_cannot_be_read_is_named(folder, name, line):
    with (folder / name).open("a", encoding="utf-8") as file:
        file.write(f"{line}\n")
    with pytest.raises(OntologyError, match=name):
        load(folder)


def test_the_closed_lists_speak_both_languages():
    ontology = load()
    assert list(ontology.lists) == [
        "role",
        "mode",
        "measure",
        "precision",
        "link",
        "order",
        "flaw",
        "happening",
        "work",
    ]
    assert all(item.label("zh") != item.label("en") for list_ in ontology.lists.values() for item in list_.values())
    assert {each.period.precision for each in ontology.periods} <= ontology.lists["precision"].keys()


@pytest.mark.parametrize(
    ("subject", "predicate", "object_", "allowed"),
    [
        ("Program", "issuedBy", "Government", True),
        ("Program", "issuedBy", "Technology", False),
        ("Technology", "issuedBy", "Government", False),
        ("Person", "develops", "Technology", True),
        ("Challenge", "hinders", "Goal", True),
        ("Actor", "develops", "Technology", False),
        ("Firm", "invents", "Technology", False),
    ],
)
def test_signatures(subject, predicate, object_, allowed):
    assert load().allows(subject, predicate, object_) is allowed


def test_hubs_directions_and_inverse_labels():
    ontology = load()
    assert {t.name for t in ontology.types.values() if t.hub} == {
        "Place",
        "Instrument",
        "Goal",
        "Challenge",
        "Indicator",
    }
    assert ontology.relations["issuedBy"].direction == "backward"
    assert ontology.relations["develops"].direction == "forward"
    assert ontology.relations["collaboratesWith"].direction == "both"
    issued = ontology.relations["issuedBy"]
    assert (issued.label_en, issued.inverse_zh, issued.inverse_en) == ("issued by", "出台了", "issued")
    assert ontology.modality_labels["proposed"] == ("建议", "proposed")


def test_what_refines_types_and_relations_is_not_what_extraction_reads():
    ontology = load()
    refinements = {
        "Measure",
        "Award",
        "ActorGroup",
        "Observation",
        "Stage",
        "subProgramOf",
        "componentOf",
        "indirectlyTargets",
    }
    assert {ONTOLOGY + name for name in refinements} <= DECLARED
    assert not refinements & (ontology.types.keys() | ontology.relations.keys())
    assert not any(refinements & (r.domain | r.range) for r in ontology.relations.values())


def own_terms():
    return sorted(term for term in DECLARED if term.startswith(ONTOLOGY))


@pytest.mark.parametrize("term", own_terms())
def test_every_term_is_named_defined_and_placed(term):
    said = [t for t in TRIPLES if t.subject == NamedNode(term)]
    texts = {(t.predicate.value, t.object.language) for t in said if isinstance(t.object, Literal)}
    names = [PREFIXES["rdfs"] + "label", PREFIXES["skos"] + "prefLabel"]
    assert any({(name, "zh"), (name, "en")} <= texts for name in names)
    assert {(PREFIXES["skos"] + "definition", "zh"), (PREFIXES["skos"] + "definition", "en")} <= texts
    assert NamedNode(PREFIXES["rdfs"] + "isDefinedBy") in {t.predicate for t in said}


def test_every_class_and_relation_has_an_example():
    with_example = {t.subject.value for t in TRIPLES if t.predicate.value == PREFIXES["skos"] + "example"}
    assert {ONTOLOGY + name for name in (*load().types, *load().relations, "Actor", "Statement")} <= with_example


def test_no_signature_is_one_that_a_reasoner_would_turn_into_types():
    assert not {t.predicate.value for t in TRIPLES} & {PREFIXES["rdfs"] + "domain", PREFIXES["rdfs"] + "range"}


def test_the_terms_of_the_shapes_are_declared():
    used = set(re.findall(r"\bpkg:(\w+)", (PACKAGED / "shapes.ttl").read_text(encoding="utf-8")))
    assert {ONTOLOGY + name for name in used} <= DECLARED


def test_loading_needs_no_rdflib():
    code = "import sys, kg.ontology as o; o.load(); print({'rdflib', 'spacy'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_a_term_without_a_label_is_named(folder):
    path = folder / "policykg.ttl"
    path.write_text(path.read_text(encoding="utf-8").replace('"研发"@zh, ', ""), encoding="utf-8")
    with pytest.raises(OntologyError, match=r"policykg\.ttl: .*#develops has no .*label in zh"):
        load(folder)


def test_a_direction_that_is_none_is_named(folder):
    path = folder / "policykg.ttl"
    path.write_text(path.read_text(encoding="utf-8").replace('chainDirection "both"', 'chainDirection "up"'), "utf-8")
    with pytest.raises(OntologyError, match="collaboratesWith leads 'up'"):
        load(folder)


def test_a_signature_of_what_is_no_class_is_named(folder):
    path = folder / "policykg.ttl"
    text = path.read_text(encoding="utf-8").replace(
        "schema:rangeIncludes pkg:Instrument ;", "schema:rangeIncludes pkg:Tool ;"
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(OntologyError, match=r"rangeIncludes of .*#usesInstrument must name entity types or groups"):
        load(folder)


def test_a_file_that_is_missing_or_not_turtle_is_named(folder):
    (folder / "policykg.ttl").write_text("pkg:", encoding="utf-8")
    with pytest.raises(OntologyError, match=r"policykg\.ttl cannot be read"):
        load(folder)
    (folder / "policykg.ttl").unlink()
    with pytest.raises(OntologyError, match=r"policykg\.ttl cannot be read"):
        dictionary_faults(folder)


def test_the_digest_follows_the_files_but_not_the_hidden_ones(tmp_path_factory):
    def digest(change):
        copy = cored(tmp_path_factory.mktemp("copy"))
        change(copy)
        return load(copy).digest

    plain = digest(lambda copy: None)
    assert digest(lambda copy: (copy / ".DS_Store").write_bytes(b"x")) == plain
    assert digest(lambda copy: (copy / "patterns.txt").write_bytes(b"x")) != plain


# ---- The dictionary


def test_the_packaged_dictionary_is_sound():
    assert dictionary_faults(PACKAGED) == []


def test_an_entry_has_all_that_its_row_says(folder):
    whole = row("Program", "863计划", "863 Program", zh_alt="国家高技术研究发展计划| “863”计划 |863计划", en_alt="863")
    write(folder, whole | {"weak": "高技术计划", "country": "CN", "year": "1986", "source": "most.gov.cn"})
    (entry,) = load(folder).entries.values()
    assert entry.id == "program/863计划"
    assert entry.aliases == ("国家高技术研究发展计划", "“863”计划", "863")
    assert (entry.weak, entry.country, entry.year, entry.parent) == (("高技术计划",), "CN", 1986, "")
    assert entry.entity().names == ("863计划", "863 Program", *entry.aliases)
    assert entry.entity().country == "CN"


def test_a_parent_of_the_same_type_comes_before_one_of_another_type(folder):
    write(
        folder,
        row("Product", "电池", "battery"),
        row("Technology", "电池", "battery"),
        row("Technology", "锂电池", "lithium battery", parent="电池"),
        row("Industry", "电池产业", "battery industry", parent="电池"),
        row("Industry", "光伏产业", "PV industry", parent="未知"),
    )
    entries = load(folder).entries
    assert entries["technology/锂电池"].parent == "technology/电池"
    assert entries["industry/电池产业"].parent == "product/电池"
    assert entries["industry/光伏产业"].parent == ""


def test_an_entry_that_stands_twice_is_kept_where_it_stands_first(folder):
    write(folder, row(en="first"), name="a.csv")
    write(folder, row(en="second"), name="b.csv")
    assert load(folder).entries["technology/晶体管"].label_en == "first"


MALFORMED = [
    (row("Tool"), "words.csv:2: type 'Tool'"),
    (row(en=" "), "words.csv:2: the column en is empty"),
    (row(zh=""), "words.csv:2: the column zh is empty"),
    (row(country="China"), "words.csv:2: country 'China'"),
    (row(year="1986年"), "words.csv:2: year '1986年'"),
]


@pytest.mark.parametrize(("fault", "sentence"), MALFORMED)
def test_a_malformed_row_stops_loading_and_is_reported(folder, fault, sentence):
    write(folder, fault)
    with pytest.raises(OntologyError, match=re.escape(sentence)):
        load(folder)
    (found,) = dictionary_faults(folder)
    assert found.startswith(sentence)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"type,zh\n", "words.csv:1: the header must be type,zh,en"),
        (b"", "words.csv:1: the header must be type,zh,en"),
        (",".join(HEADER).encode() + b"\nTechnology,a,b\n", "words.csv:2: 3 cells instead of 10"),
        (",".join(HEADER).encode() + b'\nTechnology,"a\n', "words.csv:"),
        (b"\xff\xfe", "words.csv:1: not a line of CSV in UTF-8"),
    ],
)
def test_a_file_that_is_no_dictionary_stops_loading_and_is_reported(folder, content, sentence):
    (folder / "dictionary" / "words.csv").write_bytes(content)
    with pytest.raises(OntologyError, match=re.escape(sentence)):
        load(folder)
    (found,) = dictionary_faults(folder)
    assert found.startswith(sentence)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([row(), row(en="other")], "words.csv:3: Technology 晶体管 stands already at words.csv:2"),
        (
            [row(zh="“863”计划"), row(zh="863计划", en="b")],
            "words.csv:3: Technology 863计划 stands already at words.csv:2",
        ),
        (
            [row(), row(zh="三极管", en="Transistor")],
            "words.csv:3: Transistor names 三极管, but also 晶体管 at words.csv:2",
        ),
        ([row(zh_alt="三极管"), row(zh="三极管", en="triode")], "words.csv:3: 三极管 names 三极管, but also 晶体管"),
        ([row(parent="电子器件")], "words.csv:2: the parent 电子器件 is no entry's main name"),
        ([row(weak="Transistor")], "words.csv:2: the weak name Transistor is repeated"),
        ([row(parent="晶体管")], "words.csv:2: technology/晶体管 → technology/晶体管 is a cycle of parents"),
        (
            [row(parent="三极管"), row(zh="三极管", en="triode", parent="晶体管")],
            "words.csv:2: technology/晶体管 → technology/三极管 → technology/晶体管 is a cycle of parents",
        ),
    ],
)
def test_each_fault_between_rows_is_reported_once_and_does_not_stop_loading(folder, rows, sentence):
    (found,) = dictionary_faults(write(folder, *rows))
    assert found.startswith(sentence)
    assert load(folder).entries


def test_names_shared_by_different_types_or_weak_ones_are_no_fault(folder):
    write(
        folder,
        row("Technology", "光伏", "photovoltaics", weak="太阳能"),
        row("Product", "光伏", "photovoltaics", weak="太阳能"),
        row("Technology", "光热", "solar thermal", weak="太阳能"),
    )
    assert dictionary_faults(folder) == []


NAME = st.text(st.characters(exclude_categories=["Cs", "Cc", "Z"], exclude_characters="|"), min_size=1, max_size=12)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(NAME, NAME, st.lists(NAME, max_size=3)), max_size=8))
def test_whatever_the_names_a_dictionary_reads_as_it_was_written(tmp_path_factory, things):
    folder = cored(tmp_path_factory.mktemp("any"))
    write(folder, *(row("Goal", zh, en, zh_alt="|".join(others)) for zh, en, others in things))
    first = {entity_id("Goal", zh): (zh, en, others) for zh, en, others in reversed(things)}
    entries = load(folder).entries
    assert entries.keys() == first.keys()
    for id_, (zh, en, others) in first.items():
        assert (entries[id_].label_zh, entries[id_].label_en) == (zh, en)
        assert entries[id_].entity().names == tuple(dict.fromkeys([zh, en, *others]))
