import re
from pathlib import Path

import pytest

from kg.config import data_folder
from kg.hygiene import faults
from kg.iris import PREFIXES

SHARED = Path(__file__).resolve().parents[2] / "shared" / "ontology" / "questions.json"
NAMES = {
    **{
        name: PREFIXES[name]
        for name in ("pkg", "claim", "rdf", "rdfs", "owl", "xsd", "skos", "dcterms", "schema", "sh")
    },
    "eli": "http://data.europa.eu/eli/ontology#",
}
PREFIX = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in NAMES.items())


def term(name, kind, more="", missing=""):
    """A term with all that it needs, without the line that begins with `missing`."""
    lines = [
        f'rdfs:label "{name}术语"@zh, "{name}"@en',
        f'skos:definition "{name}之义。"@zh, "What {name} means."@en',
        'skos:example "例"@zh, "case"@en',
        'dcterms:source "policykg"',
        'pkg:answers "who"',
        *(['pkg:inverseLabel "反"@zh, "inverse"@en'] if "ObjectProperty" in kind else []),
    ]
    kept = [line for line in lines if not missing or not line.startswith(missing)]
    return f"pkg:{name} a {kind} ; {more} {' ; '.join(kept)} .\n"


CORE = "".join(
    [
        PREFIX,
        *(f"{name} a owl:AnnotationProperty .\n" for name in ("skos:definition", "skos:example", "dcterms:source")),
        *(term(name, "owl:AnnotationProperty") for name in ("answers", "inverseLabel")),
        term("Entity", "owl:Class"),
        term("Record", "owl:Class"),
        "[] a owl:AllDisjointClasses ; owl:members ( pkg:Entity pkg:Record ) .\n",
        term("Program", "owl:Class", "rdfs:subClassOf pkg:Entity ;"),
        term("joins", "owl:ObjectProperty"),
        term("below", "owl:ObjectProperty, owl:TransitiveProperty"),
        term("year", "owl:DatatypeProperty"),
    ]
)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "queries").mkdir()
    (tmp_path / "queries" / "who.rq").write_text("# pkg:nothing\nSELECT * { ?s pkg:joins ?o FILTER(pkg:call(?o)) }")
    (tmp_path / "ontology" / "rules").mkdir(parents=True)
    (tmp_path / "ontology" / "core.ttl").write_text(CORE, encoding="utf-8")
    return tmp_path / "ontology"


def plant(folder, turtle, name="more.ttl"):
    (folder / name).write_text(PREFIX + turtle, encoding="utf-8")
    return faults(folder)


def test_the_packaged_ontology_is_in_good_order():
    assert faults(data_folder("ontology")) == []


def test_the_questions_that_terms_answer_exist():
    if not SHARED.is_file():
        pytest.skip("../shared/ontology is missing")
    core = (data_folder("ontology") / "policykg.ttl").read_text(encoding="utf-8")
    named = {name for line in re.findall(r"pkg:answers ([^;]+);", core) for name in re.findall(r'"(Q\d\d)"', line)}
    assert named <= set(re.findall(r'"id": *"(Q\d\d)"', SHARED.read_text(encoding="utf-8")))


def test_a_small_ontology_in_good_order_gives_no_finding(folder):
    assert faults(folder) == []


@pytest.mark.parametrize(
    ("missing", "findings"),
    [
        ("rdfs:label", ["has no label in en", "has no label in zh"]),
        ("skos:definition", ["has no definition in en", "has no definition in zh"]),
        ("skos:example", ["has no example in en", "has no example in zh"]),
        ("dcterms:source", ["has no source: name the vocabulary it follows"]),
        ("pkg:answers", ["answers no question: name one with pkg:answers"]),
        ("pkg:inverseLabel", ["has no inverse label in en", "has no inverse label in zh"]),
    ],
)
def test_a_term_that_is_not_explained_is_named(folder, missing, findings):
    found = plant(folder, term("leads", "owl:ObjectProperty", missing=missing))
    assert len(found) == len(findings)
    for sentence, finding in zip(found, findings, strict=True):
        assert sentence.startswith(f"The object property pkg:leads {finding}")


CLASS = "owl:Class"
BELOW = "rdfs:subClassOf pkg:Entity ;"
OBJECT = "owl:ObjectProperty"
COUNTED = "[ a owl:Restriction ; owl:onProperty pkg:below ; owl:maxCardinality 1 ]"
PLANTED = {
    "a question that is none": (
        term("Firm", CLASS, BELOW + ' pkg:answers "which" ;'),
        "The class pkg:Firm answers 'which', which is no question",
    ),
    "a concept without words": (
        'pkg:stage a skos:Concept ; skos:prefLabel "阶段"@zh, "stage"@en ; skos:definition "阶段。"@zh . '
        "skos:prefLabel a owl:AnnotationProperty . skos:Concept a owl:Class .",
        "The concept pkg:stage has no definition in en",
    ),
    "a label of two terms": (
        term("Firm", CLASS, BELOW + ' rdfs:label "program"@en ;'),
        "The class pkg:Program has the label of pkg:Firm, Program",
    ),
    "a name that nobody declared": ("pkg:Program rdfs:seeAlso pkg:Nobody .", "more.ttl uses pkg:Nobody, which no file"),
    "two kinds of property": (
        "pkg:year a owl:AnnotationProperty .",
        "pkg:year is declared as annotation property and data property",
    ),
    "a class below no top": (term("Firm", CLASS), "The class pkg:Firm is below no top"),
    "a term that another vocabulary does not have": (
        "pkg:Program rdfs:seeAlso skos:Konzept .",
        "more.ttl uses skos:Konzept, which is no term of a vocabulary known here",
    ),
    "a term that a listed vocabulary does not have": (
        "pkg:Program rdfs:seeAlso eli:Law .",
        "more.ttl uses eli:Law, which is no term of a vocabulary known here",
    ),
    "a vocabulary that is unknown": (
        "<http://example.org/x> a owl:Class .",
        "more.ttl uses <http://example.org/x>, which is no term of a vocabulary known here",
    ),
    "a domain": (
        "pkg:joins rdfs:domain pkg:Program .",
        "pkg:joins has rdfs:domain, which would turn faults into types",
    ),
    "sameAs": ("pkg:joins owl:sameAs pkg:joins .", "pkg:joins has owl:sameAs, which merges"),
    "a circle": ("pkg:Entity rdfs:subClassOf pkg:Entity .", "pkg:Entity is above itself by rdfs:subClassOf"),
    "a term of OWL declared anew": ("owl:Thing a owl:Class .", "owl:Thing is declared as class, but belongs to OWL"),
    "a class that is a datatype": ("pkg:Program a rdfs:Datatype .", "pkg:Program is declared as class and as datatype"),
    "a property that is not declared": (
        'pkg:Program schema:name "x" .',
        "The property schema:name is used but not declared",
    ),
    "reification": ("pkg:Program rdf:subject pkg:Entity .", "rdf:subject is reserved in OWL 2 DL"),
    "a class that is not declared": (
        "pkg:Program rdfs:subClassOf schema:Thing .",
        "schema:Thing stands where a class must, but is not declared",
    ),
    "a filler that is not declared": (
        "pkg:Program rdfs:subClassOf [ owl:onProperty pkg:joins ; owl:someValuesFrom schema:Thing ] .",
        "schema:Thing stands where a class must, but is not declared",
    ),
    "a restriction on nothing": (
        "pkg:Program rdfs:subClassOf [ a owl:Restriction ; owl:onProperty schema:name ; owl:hasValue pkg:joins ] .",
        "The property schema:name is used but not declared",
    ),
    "kinds that differ": (
        term("leads", OBJECT, "rdfs:subPropertyOf pkg:year ;"),
        "pkg:leads and pkg:year are joined by rdfs:subPropertyOf, but differ in kind",
    ),
    "a transitive data property": (
        "pkg:year a owl:TransitiveProperty .",
        "pkg:year is owl:TransitiveProperty, but no object property",
    ),
    "a text for a thing": ('pkg:Program pkg:joins "x" .', "more.ttl: pkg:Program pkg:joins has the text 'x'"),
    "a thing for a text": ("pkg:Program pkg:year pkg:Entity .", "more.ttl: pkg:Program pkg:year leads to pkg:Entity"),
    "a datatype that OWL does not know": (
        'pkg:Program pkg:year "1986"^^xsd:gYear .',
        "more.ttl: pkg:Program pkg:year is a xsd:gYear, unknown to OWL 2",
    ),
    "a path that is counted": (
        f"pkg:Program rdfs:subClassOf {COUNTED} .",
        "pkg:below follows from paths, so it cannot",
    ),
    "a property above a path that is functional": (
        "pkg:below rdfs:subPropertyOf pkg:joins . pkg:joins a owl:FunctionalProperty .",
        "pkg:joins follows from paths, so it cannot",
    ),
    "an inverse of a path that is functional": (
        "pkg:joins owl:inverseOf pkg:below ; a owl:FunctionalProperty .",
        "pkg:joins follows from paths, so it cannot",
    ),
    "a chain that leads back": (
        "pkg:joins owl:propertyChainAxiom ( pkg:below pkg:joins pkg:below ) .",
        "The chain of pkg:joins leads back to itself",
    ),
}


@pytest.mark.parametrize("case", PLANTED)
def test_a_planted_fault_is_the_only_finding(folder, case):
    turtle, sentence = PLANTED[case]
    (found,) = plant(folder, turtle)
    assert found.startswith(sentence)
    assert found.endswith(".")


def test_a_chain_with_itself_at_one_end_is_regular(folder):
    assert plant(folder, "pkg:joins owl:propertyChainAxiom ( pkg:joins [ owl:inverseOf pkg:below ] ) .") == []


def test_two_concepts_of_one_scheme_with_one_label_are_named(folder):
    scheme = "skos:prefLabel a owl:AnnotationProperty . skos:inScheme a owl:ObjectProperty . skos:Concept a owl:Class ."
    concepts = "".join(
        f'claim:{name} a skos:Concept ; skos:inScheme claim:s ; skos:prefLabel "x"@en .' for name in "ab"
    )
    found = plant(folder, scheme + concepts + "claim:s a skos:ConceptScheme . skos:ConceptScheme a owl:Class .")
    assert found == ["The concept of claim:s claim:b has the label of claim:a, x: rename one."]


def test_an_alignment_of_a_term_that_is_not_ours_is_named(folder):
    found = plant(folder, "pkg:Fund a owl:Class ; rdfs:seeAlso eli:LegalResource .", name="alignments.ttl")
    assert found == ["alignments.ttl uses pkg:Fund, which no file declares: declare it or correct the name."]


@pytest.mark.parametrize("place", ["rules/rule.rq", "../queries/new.rq", "../queries/checks/check.rq"])
def test_a_name_that_only_a_query_knows_is_named(folder, place):
    path = folder / place
    path.parent.mkdir(exist_ok=True)
    path.write_text("SELECT * { ?s claim:founded/pkg:joins ?o }")
    assert faults(folder) == [
        f"{path.name} uses claim:founded, which no file declares: declare it or correct the name."
    ]


def test_names_in_shapes_must_be_declared_but_shapes_are_no_axioms(folder):
    found = plant(folder, "pkg:shape a sh:NodeShape ; sh:targetClass pkg:Program ; sh:path pkg:joined .")
    assert found == ["more.ttl uses pkg:joined, which no file declares: declare it or correct the name."]


def test_a_file_that_is_no_turtle_is_named_and_left_out(folder):
    (found,) = plant(folder, "pkg:Program a .")
    assert found.startswith("more.ttl is no Turtle: ")
