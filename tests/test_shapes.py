import re

import pyoxigraph
import pytest
from rdflib import Graph

from ingest.periods import period
from ingest.quantities import quantity
from kg.config import data_folder
from kg.iris import CLAIM, CLAIM_OBJECT, ENTITY, ONTOLOGY, PREFIXES, QUALIFIER
from kg.model import (
    Assertion,
    Bibliography,
    Document,
    Entity,
    Evidence,
    Extraction,
    Mention,
    Page,
    Reference,
    Refusal,
    Section,
    Span,
)
from kg.ontology import load
from kg.rdf import to_quads
from kg.shapes import validate

ENTRY = "甲. 晨星计划研究[J]. 乙刊, 2024(3): 1-9."
TEXT = f"某国于2001年启动晨星计划，投入3亿元。\n\n晨星计划应当面\n\n图1\n\n向新型电池。\n\n{ENTRY}"
PROGRAM, PLACE, BATTERY = "program/晨星计划", "place/某国", "technology/新型电池"


def span(quote, after=0):
    start = TEXT.index(quote, after)
    return Span(start, start + len(quote), quote)


def extraction(source="paper"):
    quote = (span("某国于2001年启动晨星计划，投入3亿元。"),)
    whole = Evidence(source, "1", quote, "issuedBy-1", 0.9, "781", cites=("1",))
    entry = span(ENTRY)
    cut = Evidence(source, "1", (span("晨星计划应当面", 20), span("向新型电池。")), "targets-1", 0.6)
    return Extraction(
        document=Document(
            source=source,
            text=TEXT,
            language="zh",
            bibliography=Bibliography("题名", "Title", ("甲", "乙"), doi="10.1234/abc", year=2025, keywords=("电池",)),
            sections=(Section("1", ("1 引言",), "body", 0, len(TEXT)),),
            pages=(Page("781", 0, len(TEXT)),),
            location="0" * 64,
        ),
        entities=(
            Entity(PROGRAM, "Program", "晨星计划", "Morning Star Program", ("晨星",), "CN"),
            Entity(PLACE, "Place", "某国"),
            Entity(BATTERY, "Technology", "新型电池"),
        ),
        mentions=(Mention(PROGRAM, source, span("晨星计划")),),
        assertions=(
            Assertion(PROGRAM, "issuedBy", PLACE, "actual", (whole,), 0.9, "2001年"),
            Assertion(PROGRAM, "targets", BATTERY, "proposed", (cut,), 0.6),
            Assertion(
                *(PLACE, "funds", PROGRAM, "actual", (whole,), 0.9, "2001年", "3亿元"),
                period=period("2001年", ()),
                quantity=quantity("3亿元", load()),
            ),
        ),
        refusals=(
            Refusal(source, "甲", "develops", "乙", "develops-2", "signature", "不符。", "Not so.", span("图1")),
        ),
        pipeline="0.1.0",
        references=(
            Reference(
                *("1", entry.quote, entry.start, entry.end, ("甲",), "晨星计划研究", "乙刊", 2024, "", "3", "1-9"),
                **{"doi": "10.1234/x", "kind": "journal", "date": "2024-05-01", "authors_en": ("A",), "others": True},
            ),
        ),
        cited=("1",),
    )


@pytest.fixture
def graph():
    return Graph().parse(data=ntriples(extraction()), format="nt")


def ntriples(extraction_):
    triples = (quad.triple for quad in to_quads(extraction_))
    return pyoxigraph.serialize(triples, format=pyoxigraph.RdfFormat.N_TRIPLES)


def test_a_documents_graph_conforms(graph):
    size = len(graph)
    assert validate(graph, load()) == []
    assert len(graph) == size


OBSERVATION = """<ID/observation/1> a pkg:Observation ; pkg:value 14600 ; pkg:unit "人" ; pkg:comparator "=" ;
    pkg:valueText "1.46万科技人员" ; pkg:period "2006/2010" ; pkg:about <ID/program/晨星计划>"""
FIGURE = """<ID/figure/1> a pkg:Figure ; pkg:flaw <https://w3id.org/policykg/qualifier/flaw/letter> ;
    pkg:valueText "1O0" ; pkg:evidence <ID/evidence/1> ; pkg:start 0 ; pkg:end 3 ; pkg:quote "1O0" """
RANGE = OBSERVATION.replace("pkg:value 14600", "pkg:minValue 30 ; pkg:maxValue 40.5")
CUBE = """<ID/x/t> a pkg:Table . <ID/x/c> a pkg:TableCell . <ID/x/s> a pkg:TableKey .
    <ID/x/o> a pkg:TableObservation ; <http://purl.org/linked-data/cube#dataSet> <ID/x/t> ;
    pkg:series <ID/x/s> ; pkg:sourceCell <ID/x/c> ;
    pkg:value 3.5 ; pkg:unit "1" . <ID/x/f> a pkg:Finding ; pkg:severity "info" """
GROUP = """<ID/actorgroup/x> a pkg:ActorGroup, pkg:Firm ; skos:prefLabel "一批企业"@zh ; pkg:size 432 ;
    pkg:memberKind <https://w3id.org/policykg/actorkind/firm> . ev:m a pkg:Mention ; pkg:start 0 ; pkg:end 1 ;
    pkg:quote "某" ; pkg:mentionOf <ID/actorgroup/x>"""
SHARE = "<ID/indicator/x> a pkg:Indicator ; skos:prefLabel '市场份额'@zh"


LISTS = {name: f"{QUALIFIER}{name}/" for name in ("role", "mode", "measure", "precision")}
NAMES = PREFIXES | LISTS


def data(triples, old="", new=""):
    """An update that adds the triples, with one change."""
    assert old in triples
    return f"INSERT DATA {{ {triples.replace(old, new)} }}"


@pytest.mark.parametrize(
    "triples",
    [
        OBSERVATION,
        RANGE,
        FIGURE,
        CUBE,
        GROUP,
        OBSERVATION.replace('"人"', '"亿日元" ; pkg:currency "JPY"'),
        f"{OBSERVATION} ; pkg:indicator <ID/indicator/x> . {SHARE}",
        f"{RANGE} ; pkg:indicator <ID/indicator/x> . {SHARE}".replace('"人"', '"%"'),
        OBSERVATION.replace('"人"', '"%"'),
        '<ID/measure/x> a pkg:Measure ; skos:prefLabel "一次采购"@zh ; pkg:targets <ID/technology/新型电池> . '
        'ev:m a pkg:Mention ; pkg:start 0 ; pkg:end 1 ; pkg:quote "某" ; pkg:mentionOf <ID/measure/x>',
    ],
)
def test_what_extraction_does_not_read_may_stand_in_the_data(graph, triples):
    graph.update(data(triples).replace("<ID/", f"<{ENTITY}"), initNs=NAMES)
    assert validate(graph, load()) == []


def test_a_fault_that_a_query_finds_is_told_of_its_statement(graph):
    update = next(update for rule, update in PLANTED if rule == "statement-two-times")
    graph.update(update.replace("<ID/", f"<{ENTITY}"), initNs=NAMES)
    (found,) = [f for f in validate(graph, load()) if f.rule == "statement-two-times"]
    assert found.focus.startswith(PREFIXES["st"])


def test_the_terms_of_a_documents_graph_are_declared():
    policykg = pyoxigraph.parse(path=data_folder("ontology") / "policykg.ttl", format=pyoxigraph.RdfFormat.TURTLE)
    declared = {q.subject.value for q in policykg if q.predicate.value == PREFIXES["rdf"] + "type"}
    quads = to_quads(extraction())
    used = {q.predicate.value for q in quads} | {q.object.value for q in quads}
    own = {iri for iri in used if iri.startswith((ONTOLOGY, CLAIM, CLAIM_OBJECT))}
    assert own
    assert own <= declared


def change(property_, value, class_):
    """An update that replaces every value of a property of the nodes of a class; nothing takes its place where ""."""
    insert = f"INSERT {{ ?n {property_} {value} }}" if value else ""
    return f"DELETE {{ ?n {property_} ?old }} {insert} WHERE {{ ?n a pkg:{class_} OPTIONAL {{ ?n {property_} ?old }} }}"


def add(property_, value, class_):
    return f"INSERT {{ ?n {property_} {value} }} WHERE {{ ?n a pkg:{class_} }}"


def move(class_, iri):
    """An update that gives the nodes of a class another name."""
    return f"""DELETE {{ ?n ?p ?o }} INSERT {{ {iri} ?p ?o }} WHERE {{ ?n a pkg:{class_} ; ?p ?o }} ;
        DELETE {{ ?s ?p ?n }} INSERT {{ ?s ?p {iri} }} WHERE {{ ?s ?p ?n . FILTER NOT EXISTS {{ ?n a ?any }}
            FILTER(?p IN (pkg:evidence, pkg:subject, claim:issuedBy, claim:funds, claim:targets)) }}"""


# `<ID/…>` stands for the IRI of an entity: a prefixed name may hold no slash.
PLANTED = [
    ("document-text", change("pkg:text", "", "Document")),
    ("document-digest", change("pkg:digest", '"abc"', "Document")),
    ("document-language", change("dcterms:language", '"fr"', "Document")),
    ("document-title", change("dcterms:title", "", "Document")),
    ("document-title", add("dcterms:title", '"又一题名"@zh', "Document")),
    ("document-year", change("dcterms:issued", '"2025"^^xsd:gYear', "Document")),
    ("document-year", change("dcterms:issued", "20255", "Document")),
    ("document-doi", change("bibo:doi", '"doi:10.1234"', "Document")),
    ("document-run", change("prov:wasGeneratedBy", "", "Document")),
    ("section-label", add("pkg:label", '"2"', "Section")),
    ("section-kind", change("pkg:kind", '"chapter"', "Section")),
    ("section-order", change("pkg:order", "-1", "Section")),
    ("section-start", change("pkg:start", "9999", "Section")),
    ("end", change("pkg:end", '"9"', "Section")),
    ("page-label", change("pkg:label", "", "Page")),
    ("page-order", change("pkg:order", "-1", "Page")),
    ("page-start", change("pkg:start", "9999", "Page")),
    ("entity", move("Program", "<https://example.org/p>")),
    ("entity-type", add("a", "pkg:Policy", "Program")),
    ("entity-label", change("skos:prefLabel", "", "Program")),
    ("entity-label", add("skos:prefLabel", '"又名"@zh', "Program")),
    ("entity-label", add("skos:prefLabel", '"Programm"@de', "Program")),
    ("entity-country", change("pkg:country", '"China"', "Program")),
    ("entity-used", 'INSERT DATA { <ID/goal/x> a pkg:Goal ; skos:prefLabel "x"@en }'),
    (
        "instrument-country",
        'INSERT DATA { <ID/instrument/x> a pkg:Instrument ; pkg:country "CN" }',
    ),
    ("instrument-date", "INSERT DATA { <ID/instrument/x> a pkg:Instrument ; dcterms:issued 1976 }"),
    ("group-kind", data(GROUP, "pkg:memberKind <https://w3id.org/policykg/actorkind/firm>", "pkg:size 432")),
    ("group-size", data(GROUP, "432", "0")),
    ("observation", data(OBSERVATION, "pkg:value 14600", "pkg:minValue 1")),
    ("observation", data(RANGE, "pkg:minValue", "pkg:value 3 ; pkg:minValue")),
    ("observation-unit", data(OBSERVATION, 'pkg:unit "人" ; ')),
    ("observation-words", data(OBSERVATION, "1.46万科技人员", "科技人员")),
    ("observation-number", data(OBSERVATION, "14600", '"14600"')),
    ("observation-order", data(RANGE, "30", "50")),
    ("observation-comparator", data(OBSERVATION, '"="', '"about"')),
    ("observation-currency", data(OBSERVATION, '"人"', '"日元" ; pkg:currency "yen"')),
    ("observation-period", data(OBSERVATION, "2006/2010", "“十一五”")),
    ("observation-subject", data(OBSERVATION, " ;\n    pkg:valueText", " ;\n    pkg:about <ID/x/y> ; pkg:valueText")),
    ("observation-about", data(OBSERVATION, " ; pkg:about <ID/program/晨星计划>", "")),
    ("figure", data(FIGURE, "pkg:flaw <https://w3id.org/policykg/qualifier/flaw/letter> ;", "")),
    ("figure-evidence", data(FIGURE, "pkg:evidence <ID/evidence/1> ;", "")),
    ("figure-place", data(FIGURE, "pkg:start 0 ;", "")),
    ("observation-money", data(OBSERVATION, '"人"', '"亿日元"')),
    ("observation-money", data(OBSERVATION, '"人"', '"million dollars"')),
    ("observation-share", data(f"{OBSERVATION} ; pkg:indicator <ID/indicator/x> . {SHARE}", '"人"', '"%"')),
    ("entity-type", data(GROUP, "pkg:Firm", "pkg:Firm, pkg:Institute")),
    ("statement", move("Statement", "_:b")),
    ("statement-subject", add("pkg:subject", "<ID/firm/x>", "Statement")),
    ("statement-object", change("pkg:object", "", "Statement")),
    ("statement-predicate", change("pkg:predicate", "", "Statement")),
    ("statement-claim", "DELETE { ?n claimo:targets ?o } WHERE { ?n claimo:targets ?o }"),
    ("statement-modality", change("pkg:modality", "pkg:possible", "Statement")),
    ("statement-belief", change("pkg:belief", "1.5e0", "Statement")),
    ("statement-belief", change("pkg:belief", '"high"', "Statement")),
    ("statement-evidence", change("pkg:evidence", "", "Statement")),
    ("statement-source", change("pkg:source", "doc:unknown", "Statement")),
    ("statement-time", change("pkg:timeText", '""', "Statement")),
    ("statement-value", add("pkg:valueText", '"4亿元"', "Statement")),
    ("statement-distinct", "INSERT { ?n pkg:object ?s } WHERE { ?n a pkg:Statement ; pkg:subject ?s }"),
    (
        "statement-same-source",
        "DELETE { ?e pkg:source ?d } INSERT { ?e pkg:source doc:b . doc:b a pkg:Document } "
        "WHERE { ?e a pkg:Evidence ; pkg:source ?d }",
    ),
    ("observation-measure", data(OBSERVATION, "pkg:unit", "pkg:measureKind measure:weight ; pkg:unit")),
    ("observation-bounds", data(OBSERVATION, "pkg:value 14600", "pkg:measureKind measure:count ; pkg:value -3")),
    ("observation-whole", data(RANGE, "pkg:unit", "pkg:measureKind measure:share ; pkg:maxValue 140 ; pkg:unit")),
    ("statement-start-year", add("pkg:startYear", "1700", "Statement")),
    ("statement-start-year", add("pkg:startYear", "2010 . ?n pkg:endYear 2001", "Statement")),
    ("statement-start-year", add("pkg:startYear", '"2001"^^xsd:gYear', "Statement")),
    ("statement-end-year", add("pkg:endYear", "2200", "Statement")),
    ("statement-precision", add("pkg:precision", "precision:day", "Statement")),
    ("statement-dated-precisely", add("pkg:startYear", "2001", "Statement")),
    ("statement-dated-words", add("pkg:endYear", "2001", "Statement")),
    ("statement-flag", add("pkg:general", '"yes"', "Statement")),
    ("statement-flag", add("pkg:approximate", "1", "Statement")),
    ("statement-attribution", add("pkg:attributedTo", '""', "Statement")),
    ("statement-condition", add("pkg:condition", '"若甲", "若乙"', "Statement")),
    ("statement-role", add("pkg:role", "role:watches", "Statement")),
    ("statement-mode", add("pkg:mode", "mode:obliges, mode:steers", "Statement")),
    ("statement-reference", add("pkg:after", "<ID/place/某国>", "Statement")),
    (
        "statement-two-times",
        "INSERT { <ID/place/某国> a pkg:Event . st:x pkg:timeText '2003年' . st:x ?p ?o } "
        "WHERE { ?n pkg:predicate pkg:issuedBy ; ?p ?o "
        "FILTER(?p != pkg:timeText) }",
    ),
    ("funds-money", change("pkg:quote", '"某国推动晨星计划。"', "Evidence")),
    (
        "participation-named",
        "DELETE { ?e pkg:quote ?q } INSERT { ?n pkg:predicate pkg:participatesIn . ?e pkg:quote '该项行动。' } "
        "WHERE { ?n pkg:predicate pkg:funds ; pkg:evidence ?e . ?e pkg:quote ?q }",
    ),
    ("issuer", "INSERT { ?o a pkg:Firm } WHERE { ?n claimo:issuedBy ?o }"),
    ("value-measuredBy", "INSERT DATA { st:x claimo:measuredBy <ID/indicator/x> }"),
    ("evidence", change("pkg:start", "", "Evidence")),
    ("evidence", change("pkg:part", "", "Evidence")),
    ("evidence-section", add("pkg:section", '"2"', "Evidence")),
    ("evidence-page", add("pkg:page", '"2"', "Evidence")),
    ("evidence-source", change("pkg:source", "", "Evidence")),
    ("evidence-rule", change("pkg:rule", "", "Evidence")),
    ("evidence-confidence", change("pkg:confidence", "-0.1e0", "Evidence")),
    ("evidence-quote", change("pkg:quote", "", "Evidence")),
    ("evidence-quote", change("pkg:quote", '" \u3000"', "Evidence")),
    ("evidence-used", "INSERT DATA { ev:x a pkg:Evidence }"),
    (
        "start",
        "DELETE { ?n pkg:start ?s } INSERT { ?n pkg:start ?e } WHERE { ?n a pkg:Evidence; pkg:start ?s; pkg:end ?e }",
    ),
    *(
        (f"part-{name}", f"DELETE WHERE {{ ?n pkg:order 1 ; pkg:{name} ?old }}")
        for name in ("order", "start", "end", "quote")
    ),
    ("reference-text", change("dcterms:bibliographicCitation", "", "Reference")),
    ("reference-place", change("pkg:start", "9999", "Reference")),
    ("reference-document", "DELETE WHERE { ?d cito:cites ?n }"),
    ("reference-label", change("pkg:label", '""', "Reference")),
    ("reference-title", add("dcterms:title", '"又一题名"@zh', "Reference")),
    ("reference-year", change("dcterms:issued", "20240", "Reference")),
    ("reference-date", change("dcterms:date", '"2024年5月"', "Reference")),
    ("reference-kind", change("pkg:workKind", "<https://w3id.org/policykg/qualifier/work/song>", "Reference")),
    ("reference-doi", change("bibo:doi", '"doi:10.1234"', "Reference")),
    ("citing", "INSERT { ?n pkg:attributedToWork ?d } WHERE { ?n a pkg:Statement ; pkg:source ?d }"),
    ("citing-mark-written", change("pkg:citedMark", "", "Evidence")),
    ("mention-of", change("pkg:mentionOf", "", "Mention")),
    ("mention-start", change("pkg:start", "", "Mention")),
    ("mention-end", change("pkg:end", "", "Mention")),
    ("mention-quote", change("pkg:quote", "", "Mention")),
    ("cube-set", data(CUBE, "<ID/x/t> ;", "<ID/x/c> ;")),
    ("cube-measure", data(CUBE, "3.5", "3.5, 4.5")),
    ("cube-unit", data(CUBE, 'pkg:unit "1"', "pkg:unit 1")),
    ("cube-series", data(CUBE, "pkg:series <ID/x/s> ; ")),
    ("cube-cell", data(CUBE, "<ID/x/c> ;", "<ID/x/s> ;")),
    ("finding-severity", data(CUBE, '"info"', '"odd"')),
    ("refusal-reason", change("pkg:reason", "", "Refusal")),
    ("refusal-rule", change("pkg:rule", "", "Refusal")),
    ("refusal-message", change("pkg:message", '"Not so."@en', "Refusal")),
    ("refusal-predicate", change("pkg:predicateText", "", "Refusal")),
    (
        "signature-issuedBy-subject",
        "INSERT DATA { <ID/technology/新型电池> pkg:issuedBy <ID/place/某国> }",
    ),
    (
        "signature-issuedBy-subject",
        "INSERT DATA { <ID/instrument/x> a pkg:Instrument ; pkg:issuedBy <ID/place/某国> }",
    ),
    (
        "signature-issuedBy-object",
        "INSERT DATA { <ID/program/晨星计划> pkg:issuedBy <ID/technology/新型电池> }",
    ),
    ("signature-targets-object", change("a", "pkg:Goal", "Technology")),
    ("signature-funds-subject", "DELETE WHERE { <ID/place/某国> a ?type }"),
    (
        "claim-targets-subject",
        "INSERT { <ID/place/某国> claim:targets ?n } WHERE { ?n claimo:targets ?o }",
    ),
    ("claim-targets-predicate", change("pkg:predicate", "pkg:develops", "Statement")),
    (
        "claim-targets-object",
        "INSERT { ?n claimo:targets <ID/place/某国> } WHERE { ?n claimo:targets ?o }",
    ),
]
WARNINGS = {
    *("document-title", "document-doi", "entity-used", "instrument-country", "reference-doi"),
    *("funds-money", "participation-named", "issuer", "value-measuredBy"),
}


@pytest.mark.parametrize(("rule", "update"), PLANTED)
def test_each_planted_error_is_found_under_its_rule(graph, rule, update):
    graph.update(update.replace("<ID/", f"<{ENTITY}"), initNs=NAMES)
    found = [finding for finding in validate(graph, load()) if finding.rule == rule]
    assert found
    severity = "warning" if rule in WARNINGS else "info" if rule == "statement-two-times" else "violation"
    assert {finding.severity for finding in found} == {severity}
    assert all(re.search("[一-鿿]", f.message_zh) and re.search("[a-z]", f.message_en) for f in found)


def test_there_is_a_planted_error_for_every_shape():
    blocks = (data_folder("ontology") / "shapes.ttl").read_text(encoding="utf-8").split("\n\n")
    speaking = {block.split()[0].removeprefix("s:") for block in blocks if "sh:message" in block}
    generated = ("signature-", "claim-", "statement-claim", "value-")
    assert speaking == {rule for rule, _ in PLANTED if not rule.startswith(generated)}


KEPT = "FILTER(?p NOT IN (rdf:type, pkg:part))"
DOUBLE = "DATATYPE(?o) = xsd:double"
WHOLESALE = {
    "missing": f"DELETE {{ ?n ?p ?o }} WHERE {{ ?n ?p ?o {KEPT} }}",
    "doubled": f"""INSERT {{ ?n ?p ?more }} WHERE {{ ?n ?p ?o {KEPT} BIND(
        IF(isIRI(?o), <urn:x>, IF({DOUBLE}, ?o / 2, IF(isNumeric(?o), xsd:integer(?o + 1),
        IF(LANG(?o) = "", CONCAT(STR(?o), "x"), STRLANG(CONCAT(STR(?o), "x"), LANG(?o)))))) AS ?more) }}""",
    "empty": f'DELETE {{ ?n ?p ?o }} INSERT {{ ?n ?p "" }} WHERE {{ ?n ?p ?o {KEPT} FILTER(isLiteral(?o)) }}',
    "mistyped": f"""DELETE {{ ?n ?p ?o }} INSERT {{ ?n ?p ?other }} WHERE {{ ?n ?p ?o {KEPT}
        BIND(IF(isNumeric(?o), STR(?o), 7) AS ?other) }}""",
    "negative": f"""DELETE {{ ?n ?p ?o }} INSERT {{ ?n ?p ?low }} WHERE {{ ?n ?p ?o FILTER(isNumeric(?o))
        BIND(IF({DOUBLE}, ?o - 5, xsd:integer(?o - 5000)) AS ?low) }}""",
    "large": f"""DELETE {{ ?n ?p ?o }} INSERT {{ ?n ?p ?high }} WHERE {{ ?n ?p ?o FILTER(isNumeric(?o))
        BIND(IF({DOUBLE}, ?o * 2, xsd:integer(?o * 2)) AS ?high) }}""",
}
RULES_BROKEN = {
    "missing": """
        document-digest document-language document-run document-text document-title entity-label entity-used
        evidence evidence-confidence evidence-quote evidence-rule evidence-source evidence-used mention-end
        mention-of mention-quote mention-start part-end part-order part-quote part-start refusal-message
        refusal-predicate refusal-reason refusal-rule section-kind section-order section-start statement-belief
        statement-claim statement-evidence statement-modality statement-object statement-predicate statement-source
        statement-subject observation observation-about observation-unit observation-words
        reference-document reference-place reference-text page-label page-order page-start""",
    "doubled": """
        document-digest document-doi document-language document-run document-text document-title document-year end
        entity-country entity-label evidence-confidence evidence-quote evidence-rule evidence-section
        evidence-source mention-of mention-quote part-order part-quote refusal-message refusal-predicate
        refusal-reason refusal-rule section-kind section-label section-order section-start start statement-belief
        statement-claim statement-distinct statement-evidence statement-modality statement-object
        statement-predicate statement-source statement-subject statement-time statement-value funds-money
        observation observation-comparator observation-currency observation-measure observation-subject
        observation-unit observation-words statement-end-year statement-precision statement-start-year
        citing reference-date reference-doi reference-kind reference-label reference-place reference-text
        reference-title reference-year evidence-page page-label page-order page-start""",
    "empty": """
        document-digest document-doi document-language document-run document-text document-year end entity-country
        entity-label evidence-confidence evidence-quote evidence-rule evidence-section mention-quote part-order
        part-quote refusal-message refusal-predicate refusal-reason refusal-rule section-kind section-label
        section-order section-start start statement-belief statement-time statement-value funds-money
        observation-comparator observation-currency observation-number observation-unit observation-words
        statement-end-year statement-start-year
        citing-mark-written reference-date reference-doi reference-label reference-place reference-text
        reference-title reference-year evidence-page page-label page-order page-start""",
    "mistyped": """
        document-digest document-doi document-language document-run document-year end entity-country entity-label
        entity-used evidence-confidence evidence-quote evidence-rule evidence-section evidence-source evidence-used
        mention-of mention-quote part-order part-quote refusal-message refusal-predicate refusal-reason refusal-rule
        section-kind section-label section-order section-start start statement-belief statement-distinct
        statement-evidence statement-modality statement-object statement-predicate statement-source
        statement-subject statement-time statement-value statement-same-source funds-money observation-comparator
        observation-currency observation-measure observation-number observation-subject observation-unit
        observation-words statement-end-year statement-precision statement-start-year
        citing citing-mark-written reference-date reference-document reference-doi reference-kind reference-label
        reference-place reference-year evidence-page page-label page-order page-start""",
    "negative": """
        document-year end evidence-confidence part-order section-order section-start start statement-belief
        statement-end-year statement-start-year
        reference-place reference-year page-order page-start""",
    "large": """
        document-year evidence-confidence statement-belief statement-end-year statement-start-year
        reference-year""",
}


@pytest.mark.parametrize("harm", WHOLESALE)
def test_a_graph_harmed_throughout_breaks_every_rule_against_that_harm(graph, harm):
    graph.update(WHOLESALE[harm], initNs=NAMES)
    found = {finding.rule for finding in validate(graph, load())}
    assert {rule for rule in found if not rule.startswith(("signature-", "claim-"))} == set(RULES_BROKEN[harm].split())


def test_findings_name_the_node_and_come_violations_first(graph):
    graph.update(change("dcterms:title", "", "Document"), initNs=NAMES)
    graph.update(change("pkg:reason", "", "Refusal"), initNs=NAMES)
    found = validate(graph, load())
    assert [(f.rule, f.severity) for f in found] == [("refusal-reason", "violation"), ("document-title", "warning")]
    assert found[0].focus.endswith("/document/paper#r0")
    assert found[0].message_en == "A refusal has one reason: add it."


def test_all_documents_of_a_store_may_be_validated_together(graph):
    graph.parse(data=ntriples(extraction("other")), format="nt")
    assert validate(graph, load()) == []
