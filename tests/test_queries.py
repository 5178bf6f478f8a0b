"""Every packaged question and check, on small graphs."""

import json
import re
from pathlib import Path

import pytest
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad
from pyoxigraph import Store as Oxigraph
from small_graphs import Fact, citing, document, id_of
from test_gate import TIMES

from kg import queries, rdf
from kg.config import data_folder
from kg.errors import NotFound, OntologyError, QueryError
from kg.graph import Graph
from kg.iris import BASE, EVIDENCE, INFERENCE, INFERRED, OBSERVATION, PREFIXES, STATEMENT
from kg.model import Modality
from kg.ontology import load
from kg.queries import Question, check_findings, findings, run
from kg.store import Store

QUESTIONS = list(queries.load().values())
CHECKS = {check.name: check for check in queries.load_checks()}

FACTS = (
    Fact("Program:863计划", "issuedBy", "Place:美国", time="1986年"),
    Fact("Program:863计划", "targets", "Industry:半导体产业", time="20世纪80年代"),
    Fact("Program:863计划", "aimsAt", "Goal:自主可控", "negated"),
    Fact("Institute:贝尔实验室", "develops", "Technology:晶体管", time="1947年"),
    Fact("Technology:晶体管", "enables", "Industry:半导体产业"),
    Fact("Industry:半导体产业", "faces", "Challenge:卡脖子", section="3"),
    Fact("Policy:芯片法案", "addresses", "Challenge:卡脖子", "proposed"),
    Fact("Event:出口管制", "hinders", "Industry:半导体产业"),
    Fact("Place:美国", "usesInstrument", "Instrument:政府采购"),
    Fact("Place:美国", "funds", "Program:863计划", value="3亿元"),
    Fact("Industry:半导体产业", "measuredBy", "Indicator:产值", value="50.4%"),
    Fact("Technology:DRAM", "succeeds", "Technology:磁芯", time="1970年代"),
    Fact("Firm:甲", "collaboratesWith", "Institute:贝尔实验室"),
    Fact("Industry:芯片产业", "partOf", "Industry:半导体产业"),
)


@pytest.fixture
def graph() -> Graph:
    store = Store.in_memory()
    store.put(document("a", *FACTS))
    store.put(document("b", Fact("Technology:晶体管", "enables", "Industry:半导体产业", "negated")))
    return Graph(store, load())


def answer(graph: Graph, name: str, **params: str) -> list[dict[str, str]]:
    question = queries.find(name)
    table = run(graph, question, params)
    names = [column.name for column in table.columns]
    return [dict(zip(names, (cell.text() for cell in row), strict=True)) for row in table.rows]


@pytest.mark.parametrize("question", QUESTIONS, ids=lambda q: q.name)
def test_a_question_s_file_is_sound(question: Question) -> None:
    selects = re.findall(r"SELECT (?:DISTINCT )?([^{]*)WHERE", question.query)
    assert len(selects) == question.query.count("SELECT")
    needed = {f"?{param.name}" for param in question.params}
    assert all(needed <= set(select.split()) for select in selects)
    assert {f"?{column.name}" for column in question.columns} <= set(selects[0].split())
    assert {"source", "section", "quote"} <= {column.name for column in question.columns}
    assert set(question.example) <= {param.name for param in question.params}
    assert {param.name for param in question.params if param.required} <= set(question.example) or not question.expect
    assert question.zh != question.en


@pytest.mark.parametrize(
    ("name", "params", "column", "values"),
    [
        ("programs-of-government", {"who": "美国"}, "issued", ["863计划"]),
        ("what-targets", {"what": "半导体产业"}, "actor", ["863计划"]),
        ("what-targets", {"what": "半导体产业", "type": "Policy"}, "actor", []),
        ("targets-of", {"program": "863计划"}, "object", ["半导体产业"]),
        ("actors-of-program", {"program": "863计划"}, "relation", ["资助", "发布者"]),
        ("technologies-of-actor", {"actor": "贝尔实验室"}, "object", ["晶体管"]),
        ("developers-of", {"what": "晶体管"}, "actor", ["贝尔实验室"]),
        ("instruments-of", {}, "instrument", ["政府采购"]),
        ("instruments-of", {"who": "863计划"}, "instrument", []),
        ("funds", {"funded": "863计划"}, "value", ["3亿元"]),
        ("proposals", {"source": "a"}, "subject", ["芯片法案"]),
        ("proposals", {"source": "b"}, "subject", []),
        ("proposals", {"relation": "targets"}, "subject", []),
        ("challenges", {"what": "半导体产业"}, "subject", ["芯片法案", "半导体产业", "出口管制"]),
        ("figures", {"what": "半导体产业"}, "value", ["50.4%"]),
        ("timeline", {"who": "863计划"}, "time", ["20世纪80年代", "1986年"]),
        ("succession", {"earlier": "磁芯"}, "later", ["DRAM"]),
        ("disagreement", {}, "other_source", ["b"]),
        ("disagreement", {"object": "卡脖子"}, "other_source", []),
        ("evidence-of", {"subject": "863计划", "object": "半导体产业"}, "relation", ["以之为对象"]),
        ("collaborations", {"who": "贝尔实验室"}, "partner", ["甲"]),
        ("effects", {"what": "半导体产业", "relation": "hinders"}, "cause", ["出口管制"]),
        ("parts-of", {"whole": "半导体产业"}, "part", ["芯片产业"]),
        ("unanswered-challenges", {"who": "半导体产业"}, "challenge", ["出口管制"]),
        ("users-of-instrument", {"instrument": "政府采购"}, "user", ["美国"]),
        ("instruments-only-proposed", {}, "instrument", []),
        ("amounts-of-funding", {"funder": "美国"}, "value", ["3亿元"]),
        ("uses-of-technology", {"technology": "晶体管"}, "use", ["半导体产业"]),
        ("what-it-depends-on", {"what": "半导体产业"}, "input", ["晶体管"]),
        ("unsupported-technologies", {"what": "半导体产业"}, "technology", ["晶体管"]),
        ("research-into-use", {"who": "贝尔实验室"}, "use", ["半导体产业"]),
        ("portfolio-of-body", {"who": "美国"}, "object", ["半导体产业"]),
        ("policies-in-years", {"from_year": "1980", "to_year": "1986"}, "program", ["863计划"]),
        ("policies-in-years", {"from_year": "1987"}, "program", []),
        ("events-of-year", {"year": "1947"}, "object", ["晶体管"]),
        ("events-of-year", {"year": "1985"}, "object", ["半导体产业"]),
        ("technologies-by-year", {}, "what", ["晶体管"]),
        ("denied", {"source": "b"}, "about", ["晶体管"]),
        ("denied", {"about": "863计划"}, "object", ["自主可控"]),
        ("in-both-documents", {"source": "a", "other_source": "b"}, "what", ["晶体管"]),
        ("pursuers-of-goal", {}, "who", []),
        ("came-of-program", {"program": "芯片法案"}, "result", []),
        ("stated-by-several", {}, "subject", []),
    ],
)
def test_answers(graph: Graph, name: str, params: dict[str, str], column: str, values: list[str]) -> None:
    labels = {relation.label_zh for relation in graph.ontology.relations.values()}
    found = [row[column] for row in answer(graph, name, **params)]
    if column == "relation":
        assert set(found) <= labels
        assert len(found) == len(values)
    else:
        assert found == values


def test_cells_say_what_they_are(graph: Graph) -> None:
    table = run(graph, queries.find("evidence-of"), {"subject": "863计划", "object": "半导体产业"})
    cells = dict(zip((column.name for column in table.columns), table.rows[0], strict=True))
    assert (cells["object"].kind, cells["object"].id) == ("entity", "industry/半导体产业")
    assert (cells["relation"].kind, cells["relation"].id) == ("term", "targets")
    assert cells["relation"].text("en") != cells["relation"].text("zh")
    assert (cells["modality"].zh, cells["modality"].en) == graph.ontology.modality_labels["actual"]
    assert (cells["source"].kind, cells["source"].id) == ("document", "a")
    assert (cells["belief"].kind, cells["belief"].text()) == ("number", "0.8")
    assert cells["value"].kind == "empty"


def test_tables_and_questions_as_text_and_json(graph: Graph) -> None:
    table = run(graph, queries.find("funds"), {})
    assert queries.titles(table, "en")[:2] == ["funder", "funded"]
    assert queries.texts(table, "zh")[0][:3] == ["美国", "863计划", "3亿元"]
    row = json.loads(json.dumps(queries.table_json(table)))["rows"][0]
    assert row["funded"] == {"kind": "entity", "zh": "863计划", "en": "863计划", "id": "program/863计划"}
    told = json.loads(json.dumps(queries.question_json(queries.find("effects"))))
    assert [(param["name"], param["required"]) for param in told["params"]] == [("what", True), ("relation", False)]


@pytest.mark.parametrize(
    ("name", "params", "error", "said"),
    [
        ("funds", {"who": "x"}, QueryError, "no parameter who; its parameters are: funder, funded"),
        ("effects", {}, QueryError, "needs what"),
        ("effects", {"what": ""}, QueryError, "needs what"),
        ("effects", {"what": "没有的东西"}, NotFound, "knows no entity"),
        ("effects", {"what": "晶体管", "relation": "likes"}, QueryError, "cannot be 'likes': choose one of"),
        ("what-targets", {"what": "晶体管", "type": "Gadget"}, QueryError, "choose one of Policy"),
        ("proposals", {"source": "zzz"}, NotFound, "no document named zzz"),
    ],
)
def test_wrong_parameters(graph: Graph, name: str, params: dict[str, str], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        run(graph, queries.find(name), params)


def test_an_unknown_question_is_not_found() -> None:
    with pytest.raises(NotFound, match="ask one of") as error:
        queries.find("nothing")
    assert "funds" in error.value.suggestions


HEADER = "#+ question: 问\n#+ question_en: ask\n#+ columns: s=主语/subject\n#+ expect: rows may be empty\n"


def test_a_text_parameter_and_a_default(graph: Graph, tmp_path: Path) -> None:
    params = "#+ params: time=Text (时间 / time, default 1947年); modality=Modality (模态 / modality, optional)\n"
    body = "?st pkg:timeText ?time ; pkg:modality ?modality ; pkg:subject ?s"
    query = f"SELECT ?s ?time ?modality WHERE {{ GRAPH ?g {{ {body} }} }}"
    (tmp_path / "when.rq").write_text(HEADER + params + query, encoding="utf-8")
    question = queries.load(tmp_path)["when"]
    asked: list[dict[str, str]] = [{}, {"time": "1986年"}, {"time": "1986年", "modality": "negated"}]
    assert [[row[0].zh for row in run(graph, question, params).rows] for params in asked] == [
        ["贝尔实验室"],
        ["863计划"],
        [],
    ]


@pytest.mark.parametrize(
    "text",
    [
        HEADER.replace("#+ expect", "#+ expects"),
        HEADER.replace("rows may be empty", "some rows"),
        HEADER.replace("s=主语/subject", "s=主语"),
        HEADER + "#+ params: who=Animal (谁 / who, required)\n",
        HEADER + "#+ params: who=Entity\n",
        HEADER + "#+ question: again\n",
    ],
)
def test_a_header_that_cannot_be_read_names_the_file(tmp_path: Path, text: str) -> None:
    (tmp_path / "wrong.rq").write_text(text, encoding="utf-8")
    with pytest.raises(OntologyError, match=r"wrong\.rq"):
        queries.load(tmp_path)


# ---- Checks: each with a graph on which it fires

A, B = Fact("Program:甲", "targets", "Technology:乙"), Fact("Technology:乙", "partOf", "Technology:丙")
DOC = rdf.document_node("a")
SUBJECT, OBJECT = rdf.entity_node(id_of("Program:甲")), rdf.entity_node(id_of("Technology:乙"))
CONCLUSION, RDF_TYPE = NamedNode(INFERENCE + "0"), NamedNode(PREFIXES["rdf"] + "type")
GROUP = rdf.entity_node("actorgroup/丁")
MATCH, SAME = (NamedNode(PREFIXES[prefix] + name) for prefix, name in (("skos", "exactMatch"), ("owl", "sameAs")))
LABEL = NamedNode("http://www.w3.org/2004/02/skos/core#prefLabel")


def both(*triple: NamedNode | Literal) -> list[Quad]:
    return [Quad(*triple, DOC), Quad(*triple, DefaultGraph())]  # type: ignore[call-arg, arg-type]


def some(quads: list[Quad], predicate: str, base: str = "") -> list[Quad]:
    """The first quad of that predicate whose subject's IRI begins with `base`."""
    return [q for q in quads if q.predicate == rdf.term(predicate) and str(q.subject)[1:].startswith(base)][:1]


def plant(check: str, quads: list[Quad]) -> tuple[list[Quad], list[Quad]]:
    """What to add to a sound graph and what to take away, so that the check fires."""
    quote = some(quads, "quote", EVIDENCE)[0]
    faults: dict[str, tuple[list[Quad], list[Quad]]] = {
        "statement-without-evidence": ([], some(quads, "evidence")),
        "direct-triple-without-statement": (both(SUBJECT, rdf.term("funds"), OBJECT), []),
        "actual-statement-without-direct-triple": ([], both(SUBJECT, rdf.term("targets"), OBJECT)),
        "default-triple-in-no-document": ([Quad(SUBJECT, rdf.term("country"), Literal("CN"), DefaultGraph())], []),
        "document-triple-not-in-default": ([Quad(SUBJECT, rdf.term("country"), Literal("CN"), DOC)], []),
        "quote-not-in-text": ([Quad(quote.subject, quote.predicate, Literal("别的"), DOC)], [quote]),
        "evidence-without-place": ([], some(quads, "start", EVIDENCE)),
        "reflexive-statement": (
            [Quad(some(quads, "object", STATEMENT)[0].subject, rdf.term("object"), SUBJECT, DOC)],
            some(quads, "object", STATEMENT),
        ),
        "two-preferred-labels": (both(SUBJECT, LABEL, Literal("另名", language="zh")), []),
        "inferred-outside-its-graph": (both(SUBJECT, rdf.term("indirectlyTargets"), OBJECT)[:1], []),
        "inferred-without-premise": (
            [Quad(CONCLUSION, RDF_TYPE, rdf.term("InferredStatement"), NamedNode(INFERRED))],
            [],
        ),
        "inferred-triple-without-statement": ([Quad(SUBJECT, rdf.term("funds"), OBJECT, NamedNode(INFERRED))], []),
        "two-types": (both(SUBJECT, RDF_TYPE, rdf.term("Policy")), []),
        "two-countries": ([q for code in ("CN", "JP") for q in both(SUBJECT, rdf.term("country"), Literal(code))], []),
        "match-between-countries": (
            [
                *both(SUBJECT, rdf.term("country"), Literal("CN")),
                *both(OBJECT, rdf.term("country"), Literal("JP")),
                *both(SUBJECT, MATCH, OBJECT),
            ],
            [],
        ),
        "same-as": (both(SUBJECT, SAME, OBJECT), []),
        "group-smaller-than-its-members": (
            [
                *both(GROUP, rdf.term("size"), Literal(1)),
                *both(GROUP, rdf.term("hasMember"), SUBJECT),
                *both(GROUP, rdf.term("hasMember"), OBJECT),
            ],
            [],
        ),
        "part-not-in-quote": (
            [
                Quad(quote.subject, rdf.term("part"), NamedNode(EVIDENCE + "p"), DOC),
                Quad(NamedNode(EVIDENCE + "p"), rdf.term("quote"), Literal("别的"), DOC),
            ],
            [],
        ),
        "statement-in-another-document": (
            [Quad(quote.subject, rdf.term("source"), rdf.document_node("b"), DOC)],
            [q for q in quads if q.subject == quote.subject and q.predicate == rdf.term("source")],
        ),
        "order-in-a-circle": ([Quad(quote.subject, rdf.term("after"), quote.subject, DOC)], []),
        "event-with-two-times": ([*happened("a", 2001), *happened("b", 2003)], []),
        "indicator-of-two-kinds": ([*counted("share"), *counted("growth-rate")], []),
        "mark-without-entry": ([Quad(DOC, rdf.term("citedMark"), Literal("7"), DOC)], []),
        "entry-never-cited": (listed(), []),
        "entry-not-in-text": (
            [
                *listed(),
                *(Quad(ENTRY, rdf.term(name), Literal(n), DOC) for name, n in (("start", 0), ("end", 2))),
                Quad(ENTRY, NamedNode(PREFIXES["dcterms"] + "bibliographicCitation"), Literal("别的"), DOC),
            ],
            [],
        ),
        "entity-without-label": ([], both(SUBJECT, LABEL, Literal("甲", language="zh"))),
        "table-figure-without-dimension": (cube(figures=1)[:-1], []),
        "table-figures-alike": (cube(figures=2), []),
        "table-without-structure": (cube(figures=0)[:1], []),
    }
    return faults[check]


def cube(figures: int) -> list[Quad]:
    """A table with one dimension and that many figures of one series; the last quad gives the last its series."""
    table, structure, part, key = (NamedNode(f"{DOC.value}#t0{end}") for end in ("", "-dsd", "-dsd-series", "-s0"))
    qb = PREFIXES["qb"]
    quads = [
        Quad(table, RDF_TYPE, NamedNode(qb + "DataSet"), DOC),
        Quad(table, NamedNode(qb + "structure"), structure, DOC),
        Quad(structure, NamedNode(qb + "component"), part, DOC),
        Quad(part, NamedNode(qb + "dimension"), rdf.term("series"), DOC),
    ]
    for n in range(figures):
        figure = NamedNode(f"{DOC.value}#t0-o{n}.0")
        quads.append(Quad(figure, NamedNode(qb + "dataSet"), table, DOC))
        quads.append(Quad(figure, rdf.term("series"), key, DOC))
    return quads


ENTRY = NamedNode(f"{rdf.document_node('a').value}#b0")


def listed() -> list[Quad]:
    """A reference that the document lists."""
    return [
        Quad(DOC, NamedNode(PREFIXES["cito"] + "cites"), ENTRY, DOC),
        Quad(ENTRY, rdf.term("label"), Literal("3"), DOC),
    ]


def happened(source: str, year: int) -> list[Quad]:
    """A statement of an event in that year."""
    node, graph = NamedNode(f"{STATEMENT}{source}{year}"), rdf.document_node(source)
    parts = {"subject": SUBJECT, "predicate": rdf.term("addresses"), "object": OBJECT, "modality": rdf.term("actual")}
    told = {"timeText": Literal(f"{year}年"), "startYear": Literal(year), "endYear": Literal(year)}
    quads = [Quad(node, rdf.term(name), value, graph) for name, value in {**parts, **told}.items()]
    return [*quads, Quad(OBJECT, RDF_TYPE, rdf.term("Event"), graph)]


def counted(kind: str) -> list[Quad]:
    """A figure of that kind."""
    node = NamedNode(f"{OBSERVATION}{kind}")
    measured = Quad(node, rdf.term("measureKind"), rdf.qualifier_node("measure", kind), DOC)
    return [Quad(node, rdf.term("indicator"), OBJECT, DOC), measured]


def findings_after(check: str, facts: tuple[Fact, ...], planted: bool) -> list[queries.Finding]:
    with Store.in_memory() as sound:
        sound.put(document("a", *facts))
        data = Oxigraph()
        data.extend(sound.quads())
        assert check_findings(Store(data), load(), CHECKS[check]) == [] or not planted
    if planted:
        added, taken = plant(check, list(data.quads_for_pattern(None, None, None, DOC)))
        assert all(quad in data for quad in taken)
        for quad in taken:
            data.remove(quad)
        data.extend(added)
    return check_findings(Store(data), load(), CHECKS[check])


FIRING_FACTS = {
    "part-of-cycle": (
        B,
        Fact("Technology:丙", "partOf", "Technology:丁"),
        Fact("Technology:丁", "partOf", "Technology:乙"),
    ),
    "impossible-time": (Fact("Program:甲", "targets", "Technology:乙", time="2017—2006年"),),
    "signature-violation": (Fact("Technology:乙", "issuedBy", "Program:甲"),),
    "issuer-unknown": (A, Fact("Policy:丙", "issuedBy", "Place:某国"), Fact("Program:丁", "partOf", "Policy:丙")),
}


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_a_check_fires_once_where_it_should(check: str) -> None:
    found = findings_after(check, FIRING_FACTS.get(check, (A,)), check not in FIRING_FACTS)
    assert len(found) == 1
    assert found[0].rule == check
    assert found[0].focus.startswith(BASE)
    for message in (found[0].message_zh, found[0].message_en):
        assert "{" not in message
        assert "?" not in message


def test_a_finding_names_things_as_readers_do() -> None:
    (found,) = findings_after("issuer-unknown", FIRING_FACTS["issuer-unknown"], planted=False)
    assert found.message_zh.startswith("甲 没有发布者")
    (found,) = findings_after("indicator-of-two-kinds", (A,), planted=True)
    assert "id/" not in found.message_zh
    assert "有的是增长率，有的是份额" in found.message_zh


@pytest.mark.parametrize("modality", ["proposed", "negated"])
def test_what_is_only_proposed_or_denied_is_no_fact(modality: Modality) -> None:
    quads = both(SUBJECT, rdf.term("targets"), OBJECT)
    with Store.in_memory() as store:
        store.put(document("a", Fact("Program:甲", "targets", "Technology:乙", modality)))
        data = Oxigraph()
        data.extend([*store.quads(), *quads])
    (found,) = check_findings(Store(data), load(), CHECKS["direct-triple-without-statement"])
    assert found.focus == SUBJECT.value


@pytest.mark.parametrize("names", ["甲乙", "甲乙丙", "甲乙丙丁戊"])
def test_a_circle_of_parts_is_found_once_however_long(names: str) -> None:
    pairs = zip(names, names[1:] + names[0], strict=True)
    facts = [Fact(f"Program:{a}", "partOf", f"Program:{b}") for a, b in pairs]
    with Store.in_memory() as store:
        store.put(document("a", *facts, Fact("Program:己", "partOf", "Program:甲")))
        assert len(check_findings(store, load(), CHECKS["part-of-cycle"])) == 1


@pytest.mark.parametrize(("time", "possible"), TIMES)
def test_the_check_and_the_gate_agree_on_what_time_can_be(time: str, possible: bool) -> None:
    with Store.in_memory() as store:
        store.put(document("a", Fact("Program:甲", "targets", "Technology:乙", time=time)))
        assert (check_findings(store, load(), CHECKS["impossible-time"]) == []) is possible


def test_a_sound_store_has_no_findings(graph: Graph) -> None:
    assert findings(graph.store, graph.ontology) == []


def test_a_cut_sentence_passes_the_checks() -> None:
    from test_export import cut

    with Store.in_memory() as store:
        store.put(cut())
        assert findings(store, load()) == []


def test_text_beyond_the_basic_plane_keeps_its_offsets() -> None:
    """SPARQL's SUBSTR counts code points, as Python does."""
    with Store.in_memory() as store:
        store.put(document("a", Fact("Institute:😀𠀀甲", "develops", "Technology:乙"), A))
        assert {finding.rule for finding in findings(store, load())} == {"issuer-unknown"}


def test_a_check_says_how_severe_its_finding_is(tmp_path: Path) -> None:
    assert {check.severity for check in CHECKS.values()} == {"violation", "warning", "info"}
    (tmp_path / "odd.rq").write_text("#+ finding: 怪。 / Odd.\n#+ severity: fatal\nSELECT ?s { ?s ?p ?o }", "utf-8")
    with pytest.raises(OntologyError, match=r"odd\.rq: the severity fatal"):
        queries.load_checks(tmp_path)


def test_what_is_only_proposed_needs_no_issuer() -> None:
    with Store.in_memory() as store:
        store.put(document("a", Fact("Program:甲", "targets", "Technology:乙", "proposed")))
        assert findings(store, load()) == []


def test_every_file_is_loaded() -> None:
    folder = data_folder("queries")
    assert {path.stem for path in folder.glob("*.rq")} == {question.name for question in QUESTIONS}
    assert {path.stem for path in (folder / "checks").glob("*.rq")} == set(CHECKS)
    assert len(QUESTIONS) >= 10


# ---- Cited works

BOOK = "王某. 桥梁的政策: 一种解释[M]. 北京: 某某出版社, 2019: 20-31."
PAPER = "Li M, Wang L. On the policy of building bridges[J]. Journal of Bridges, 2020, 4(2): 1-9."


@pytest.fixture(scope="module")
def cited() -> Graph:
    store = Store.in_memory()
    store.put(citing(document("a", Fact("Program:863计划", "targets", "Industry:半导体产业")), PAPER, BOOK))
    store.put(citing(document("b", Fact("Firm:甲", "develops", "Technology:晶体管")), BOOK, cites=("1", "9")))
    return Graph(store, load())


def test_the_works_behind_statements(cited: Graph) -> None:
    rows = answer(cited, "cited-works", what="863计划")
    assert [(row["source"], row["label"], row["year"], row["object"]) for row in rows] == [
        ("a", "1", "2020", "半导体产业")
    ]
    assert rows[0]["work"] == "On the policy of building bridges"
    assert rows[0]["kind"] == "期刊文章"
    assert {row["source"] for row in answer(cited, "cited-works")} == {"a", "b"}
    assert answer(cited, "cited-works", source="b", what="863计划") == []


def test_a_work_that_two_documents_cite(cited: Graph) -> None:
    (row,) = answer(cited, "shared-works")
    assert (row["source"], row["label"], row["other_source"], row["other_label"]) == ("a", "2", "b", "1")
    assert row["work"] == "桥梁的政策: 一种解释"


def test_marks_without_an_entry_and_entries_without_a_mark_are_told_once_a_document(cited: Graph) -> None:
    found = {(f.rule, f.severity): f for f in findings(cited.store, load())}
    unlisted, unused = found["mark-without-entry", "info"], found["entry-never-cited", "info"]
    assert "9" in unlisted.message_zh
    assert unlisted.focus.endswith("document/b")
    assert "2" in unused.message_en
    assert unused.focus.endswith("document/a")
