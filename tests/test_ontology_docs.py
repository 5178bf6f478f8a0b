"""The generated documentation of the ontology, and the JSON-LD context."""

import json
import re
from html.parser import HTMLParser
from io import BytesIO

import pytest
import rdflib
from pyoxigraph import RdfFormat, parse
from small_graphs import Fact, document
from typer.testing import CliRunner

from kg.cli import app  # noqa: TID251  (its command writes the pages)
from kg.config import data_folder
from kg.context import context, names
from kg.describe import OWL, RDF, SKOS, anchor
from kg.diagram import Node, Relation, draw
from kg.docs import files
from kg.export import write
from kg.iris import ONTOLOGY, PREFIXES
from kg.markup import element, joined
from kg.ontology import load
from kg.store import Store
from kg.vocabulary import Vocabulary, below, is_own, turtle_files

VOID = {"meta", "link", "input", "br"}
LANGUAGES = ("zh", "en")
VOCABULARY = Vocabulary.read(turtle_files())
KINDS = [OWL + kind for kind in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")]
TERMS = [*filter(is_own, VOCABULARY.of_type(*KINDS)), *VOCABULARY.of_type(SKOS + "ConceptScheme")]


class Page(HTMLParser):
    """What a page holds: ids, the text below each id's element, attributes, and every tag that does not match."""

    def __init__(self, html):
        super().__init__()
        self.open, self.faults, self.tags, self.texts, self.repeated = [], [], [], {}, []
        self.feed(html)
        self.close()
        self.faults += [f"{tag} is not closed" for tag, _ in self.open]

    def handle_starttag(self, tag, attrs):
        attributes = dict(attrs)
        self.tags.append((tag, attributes))
        if "id" in attributes:
            self.repeated += [attributes["id"]] if attributes["id"] in self.texts else []
            self.texts[attributes["id"]] = ""
        if tag not in VOID:
            self.open.append((tag, attributes.get("id")))

    def handle_endtag(self, tag):
        if not self.open or self.open[-1][0] != tag:
            self.faults.append(f"</{tag}> at {self.getpos()}")
        else:
            self.open.pop()

    def handle_data(self, data):
        for _, id_ in self.open:
            if id_ is not None:
                self.texts[id_] += data


@pytest.fixture(scope="module")
def written():
    return files()


@pytest.fixture(scope="module")
def pages(written):
    return {language: Page(written[f"index.{language}.html"].decode("utf-8")) for language in LANGUAGES}


# ---- The pages


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_class_property_and_scheme_stands_in_both_pages_with_both_labels(pages, language):
    assert len(TERMS) > 100
    for term in TERMS:
        text = pages[language].texts[anchor(term)]
        for spoken in LANGUAGES:
            assert VOCABULARY.label(term, spoken) in text
        assert VOCABULARY.text(term, SKOS + "definition", language) in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_concept_stands_in_its_tree_with_its_codes(pages, language):
    for concept in VOCABULARY.of_type(SKOS + "Concept"):
        text = pages[language].texts[anchor(concept)]
        assert VOCABULARY.label(concept, language) in text
        for code in VOCABULARY.texts(concept, SKOS + "notation") + VOCABULARY.texts(concept, ONTOLOGY + "stipCode"):
            assert code in text


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_rule_is_said_in_words(pages, language):
    rules = VOCABULARY.of_type(PREFIXES["sh"] + "PropertyShape")
    assert len(rules) > 40
    text = pages[language].texts["s-shapes"]
    assert [r for r in rules if VOCABULARY.text(r, PREFIXES["sh"] + "message", language) not in text] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_are_well_formed_and_no_id_stands_twice(pages, language):
    assert pages[language].faults == []
    assert pages[language].repeated == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_link_within_a_page_leads_somewhere(pages, language):
    hrefs = [attributes["href"] for tag, attributes in pages[language].tags if tag == "a"]
    inner = {href[1:] for href in hrefs if href.startswith("#")}
    assert inner - pages[language].texts.keys() == set()
    assert len(inner) > 100


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_asks_nothing_of_the_network(pages, written, language):
    for tag, attributes in pages[language].tags:
        assert "src" not in attributes
        assert tag not in {"iframe", "img", "object", "embed", "use", "image", "base", "form"}
        assert tag != "link" or attributes["href"].startswith("data:")
        assert not any(name.startswith("on") or name == "style" for name in attributes)
    html = written[f"index.{language}.html"].decode("utf-8")
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|sendBeacon|new WebSocket", html)
    policies = [attributes["content"] for tag, attributes in pages[language].tags if "http-equiv" in attributes]
    assert [policy.split(";")[0] for policy in policies] == ["default-src 'none'"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_files_that_a_page_links_to_are_written_beside_it(pages, written, language):
    hrefs = {attributes["href"] for tag, attributes in pages[language].tags if tag == "a"}
    beside = {href for href in hrefs if not href.startswith(("#", "http"))}
    assert beside <= written.keys()
    assert {"context.jsonld", "policykg.ttl", f"index.{'en' if language == 'zh' else 'zh'}.html"} <= beside


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_says_its_language_and_names_its_parts(pages, language):
    tags = pages[language].tags
    assert ("html", {"lang": language}) in tags
    assert {"header", "nav", "main", "search"} <= {tag for tag, _ in tags}
    labelled = {attributes["for"] for tag, attributes in tags if tag == "label"}
    assert {attributes["id"] for tag, attributes in tags if tag == "input"} <= labelled
    assert sum(tag == "h1" for tag, _ in tags) == 1
    assert all(attributes.get("aria-label") for tag, attributes in tags if tag == "svg")


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_diagrams_hold_every_class_and_every_relation_with_a_signature(pages, language):
    text = pages[language].texts["s-diagram"]
    for iri in VOCABULARY.of_type(OWL + "Class"):
        assert not is_own(iri) or VOCABULARY.label(iri, language) in text
    for relation in load().relations.values():
        assert getattr(relation, f"label_{language}") in text


def test_the_dictionary_is_counted_by_type_and_country(pages):
    text = pages["en"].texts["s-dictionary"]
    entries = load().entries.values()
    for name in load().types:
        counted = [entry for entry in entries if entry.type == name]
        assert f"{len(counted):,}" in text
    assert "CN" in text


def test_the_context_and_the_turtle_files_are_written_as_they_are(written):
    assert json.loads(written["context.jsonld"]) == {"@context": context()}
    for path in data_folder("ontology").glob("*.ttl"):
        assert written[path.name] == path.read_bytes()


# ---- What terms say is never markup


def test_text_is_escaped_wherever_it_stands(tmp_path):
    hostile = "<script>alert(1)</script>\\\"'&amp;"
    assert "<script>" not in element("p", hostile, title=hostile)
    assert "<script>" not in joined([hostile, [hostile, element("b", hostile)]])
    assert element("p", None, hidden=False, open=True, data_x=1) == '<p open data-x="1"></p>'
    node = Node("<k>", hostile, hostile, f"#{hostile}")
    assert "<script>" not in draw(hostile, [node], [Relation(node, ("<k>",), ("<k>",))], [node])


def test_a_diagram_without_relations_can_be_drawn():
    assert draw("empty", [], [], []).startswith("<svg")


# ---- The vocabulary


def test_a_cycle_is_entered_once():
    assert list(below({"a": ["b"], "b": ["a", "c"]}, "a")) == [("a", 0), ("b", 1), ("c", 2)]


def test_the_longest_prefix_names_a_term():
    assert VOCABULARY.short(ONTOLOGY + "Program") == "pkg:Program"
    assert VOCABULARY.short("urn:x:y") == "urn:x:y"
    assert VOCABULARY.label("urn:x:y", "en") == "urn:x:y"


# ---- The JSON-LD context


def test_every_class_and_property_has_its_name_in_the_context():
    for iri in filter(is_own, VOCABULARY.of_type(*KINDS)):
        meaning = context()[iri.removeprefix(ONTOLOGY)]
        short = meaning["@id"] if isinstance(meaning, dict) else meaning
        assert short == "pkg:" + iri.removeprefix(ONTOLOGY)
    assert context().items() >= PREFIXES.items()
    assert context()["issuedBy"]["@type"] == "@id"
    assert context()["belief"]["@type"] == "xsd:double"


def test_the_context_turns_short_names_into_the_right_triples():
    written_by_hand = {
        "@context": context(),
        "@id": "id:program/a",
        "@type": "Program",
        "targets": "id:technology/b",
        "country": "CN",
        "skos:prefLabel": {"@value": "甲", "@language": "zh"},
    }
    graph = rdflib.Graph().parse(data=json.dumps(written_by_hand), format="json-ld")
    pkg, subject = rdflib.Namespace(ONTOLOGY), rdflib.URIRef(PREFIXES["id"] + "program/a")
    assert set(graph) == {
        (subject, rdflib.URIRef(RDF + "type"), pkg.Program),
        (subject, pkg.targets, rdflib.URIRef(PREFIXES["id"] + "technology/b")),
        (subject, pkg.country, rdflib.Literal("CN")),
        (subject, rdflib.SKOS.prefLabel, rdflib.Literal("甲", lang="zh")),
    }


def test_the_export_uses_the_context():
    with Store.in_memory() as store:
        store.put(document("a", Fact("Program:甲", "targets", "Technology:乙", value="3亿元")))
        stream = BytesIO()
        write(store, "jsonld", stream)
        expected = {str(quad.triple) for quad in store.quads()}
    exported = json.loads(stream.getvalue())
    assert exported["@context"] == context()
    keys = {key for node in exported["@graph"] for key in node}
    assert {"targets", "belief", "evidence"} <= keys
    assert not [key for key in keys if key.startswith("pkg:") and key.removeprefix("pkg:") in names().values()]
    read = rdflib.Graph().parse(data=stream.getvalue(), format="json-ld")
    assert rdflib.URIRef(ONTOLOGY + "targets") in set(read.predicates())
    assert {str(quad.triple) for quad in parse(stream.getvalue(), format=RdfFormat.JSON_LD)} == expected


# ---- The command


def test_the_command_writes_the_files(tmp_path, written):
    done = CliRunner().invoke(app, ["ontology", "-o", str(tmp_path / "a" / "b")])
    assert done.exit_code == 0, done.output
    assert {path.name: path.read_bytes() for path in (tmp_path / "a" / "b").iterdir()} == written


def test_a_folder_that_cannot_be_made_is_named(tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = CliRunner().invoke(app, ["ontology", "-o", str(tmp_path / "file")])
    assert "choose another folder" in str(done.exception)
