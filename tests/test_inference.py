"""What is inferred, what is not, and that nothing inferred outlives its premises."""

import random
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import pairwise
from math import prod
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, Quad, RdfFormat, parse
from pyoxigraph import Store as Oxigraph
from small_graphs import Fact, document, id_of
from test_store import assert_mended

from ingest.batch import ingest
from ingest.pipeline import Pipeline
from kg import queries, rdf
from kg.check import findings
from kg.config import data_folder
from kg.errors import OntologyError, StoreError
from kg.export import write
from kg.graph import Graph
from kg.inference import Inference, conclusions, infer, inferences, is_current, load_rules
from kg.iris import INFERRED
from kg.model import MODALITIES
from kg.ontology import load
from kg.rows import stats_row
from kg.store import Store
from kg.view import page

RULES = {rule.name: rule for rule in load_rules()}


@pytest.fixture
def store() -> Iterator[Store]:
    with Store.in_memory() as opened:
        yield opened


def fact(sentence: str, belief: float = 0.5, modality: str = "actual") -> Fact:
    """`"Firm:甲 participatesIn Program:乙"` as a fact."""
    subject, predicate, object_ = sentence.split()
    return Fact(subject, predicate, object_, modality, belief)  # type: ignore[arg-type]


def inferred(store: Store, *facts: Fact) -> list[Inference]:
    store.put(document("a", *facts))
    assert infer(store, load()) == len(inferences(store))
    return list(inferences(store))


def claims(found: list[Inference] | tuple[Inference, ...]) -> set[tuple[str, str, str]]:
    return {(i.subject, i.predicate, i.object) for i in found}


def claim(sentence: str) -> tuple[str, str, str]:
    subject, predicate, object_ = sentence.split()
    return id_of(subject), predicate, id_of(object_)


# ---- The rules

SUB = "Program:专项 partOf Program:计划"

CASES: list[tuple[str, list[str], str]] = [
    ("part-of-whole-program", [SUB, "Program:计划 partOf Policy:纲要"], "Program:专项 partOf Policy:纲要"),
    (
        "participates-in-whole-program",
        ["Firm:甲 participatesIn Program:专项", SUB],
        "Firm:甲 participatesIn Program:计划",
    ),
    (
        "whole-program-indirectly-targets",
        [SUB, "Program:专项 targets Technology:电池"],
        "Program:计划 indirectlyTargets Technology:电池",
    ),
    (
        "located-in-larger-place",
        ["Firm:甲 locatedIn Place:深圳", "Place:深圳 partOf Place:广东"],
        "Firm:甲 locatedIn Place:广东",
    ),
    ("collaboration-is-mutual", ["Firm:甲 collaboratesWith Firm:乙"], "Firm:乙 collaboratesWith Firm:甲"),
]


@pytest.mark.parametrize(("rule", "facts", "conclusion"), CASES, ids=[case[0] for case in CASES])
def test_a_rule_concludes_and_names_its_premises(store: Store, rule: str, facts: list[str], conclusion: str) -> None:
    (found,) = inferred(store, *map(fact, facts))
    assert (found.subject, found.predicate, found.object) == claim(conclusion)
    assert found.rule == rule
    assert found.premises == tuple(sorted(a.id for a in store.extraction("a").assertions))
    assert found.belief == 0.5 ** len(facts)


@pytest.mark.parametrize("modality", ["proposed", "negated"])
@pytest.mark.parametrize(("rule", "facts", "conclusion"), CASES, ids=[case[0] for case in CASES])
def test_only_actual_statements_are_premises(
    store: Store, rule: str, facts: list[str], conclusion: str, modality: str
) -> None:
    for place in range(len(facts)):
        stated = [fact(f, modality=modality if at == place else "actual") for at, f in enumerate(facts)]
        assert inferred(store, *stated) == [], (rule, conclusion)


def test_every_rule_has_a_case_and_says_what_it_means() -> None:
    assert (
        set(RULES) == {case[0] for case in CASES} == {p.stem for p in (data_folder("ontology") / "rules").glob("*.rq")}
    )
    for rule in RULES.values():
        selected = re.findall(r"\?(\w+)", rule.query.partition("SELECT")[2].partition("WHERE")[0])
        assert selected == [*(premise.name for premise in rule.premises), "subject", "predicate", "object"]
        assert rule.zh != rule.en
        assert rule.source_zh != rule.source_en


@pytest.mark.parametrize(
    "facts",
    [
        ["Government:甲 funds Institute:乙", "Institute:乙 develops Technology:丙"],
        ["Technology:甲 enables Technology:乙", "Technology:乙 enables Industry:丙"],
        ["Technology:甲 partOf Technology:乙", "Technology:乙 partOf Technology:丙"],
        ["Firm:甲 partOf Consortium:乙", "Consortium:乙 develops Technology:丙"],
        ["Consortium:乙 participatesIn Program:丙", "Firm:甲 partOf Consortium:乙"],
        ["Firm:甲 participatesIn Program:乙", "Program:乙 partOf Policy:丙"],
        ["Firm:甲 participatesIn Event:乙", "Event:乙 partOf Event:丙"],
        ["Program:甲 partOf Program:乙", "Program:甲 issuedBy Government:丙"],
        ["Program:甲 partOf Program:乙", "Program:乙 targets Technology:丙"],
        ["Firm:甲 produces Product:乙", "Product:乙 partOf Product:丙"],
        ["Firm:甲 locatedIn Place:乙", "Firm:丙 partOf Firm:甲"],
    ],
)
def test_what_is_left_out_on_purpose_is_not_inferred(store: Store, facts: list[str]) -> None:
    assert inferred(store, *map(fact, facts)) == []


@pytest.mark.parametrize(
    "facts",
    [
        [SUB, "Program:计划 partOf Policy:纲要", "Program:专项 partOf Policy:纲要"],
        ["Firm:甲 participatesIn Program:专项", SUB, "Firm:甲 participatesIn Program:计划"],
        [SUB, "Program:专项 targets Technology:电池", "Program:计划 targets Technology:电池"],
        ["Firm:甲 collaboratesWith Firm:乙", "Firm:乙 collaboratesWith Firm:甲"],
        ["Firm:甲 collaboratesWith Firm:甲"],
        [SUB, "Program:计划 partOf Program:专项"],
        [SUB, "Program:专项 targets Program:计划"],
    ],
)
def test_nothing_is_inferred_that_is_stated_or_of_a_thing_about_itself(store: Store, facts: list[str]) -> None:
    assert inferred(store, *map(fact, facts)) == []


def test_what_one_document_states_is_not_inferred_from_another(store: Store) -> None:
    mutual = fact("Firm:乙 collaboratesWith Firm:甲")
    store.put(document("b", mutual))
    assert inferred(store, fact("Firm:甲 collaboratesWith Firm:乙")) == []
    store.put(document("b", Fact(mutual.subject, mutual.predicate, mutual.object, "proposed")))
    assert infer(store, load()) == 1


def test_premises_may_stand_in_different_documents(store: Store) -> None:
    store.put(document("b", fact(SUB)))
    (found,) = inferred(store, fact("Firm:甲 participatesIn Program:专项"))
    assert claims([found]) == {claim("Firm:甲 participatesIn Program:计划")}
    assert len(found.premises) == 2


def test_a_long_way_is_followed_to_its_end(store: Store) -> None:
    levels = [f"Program:{n}" for n in range(6)]
    steps = [fact(f"{one} partOf {other}", 0.9) for one, other in pairwise(levels)]
    found = inferred(
        store, fact("Firm:甲 participatesIn Program:0", 0.8), fact("Program:0 targets Industry:乙"), *steps
    )
    by_claim = {(i.subject, i.predicate, i.object): i for i in found}
    farthest = by_claim[claim("Firm:甲 participatesIn Program:5")]
    assert len(farthest.premises) == 6
    assert farthest.belief == pytest.approx(0.8 * 0.9**5)
    assert by_claim[claim("Program:5 indirectlyTargets Industry:乙")].belief == pytest.approx(0.5 * 0.9**5)
    assert sum(i.predicate == "partOf" for i in found) == 4 + 3 + 2 + 1
    assert len(found) == 10 + 5 + 5


def test_a_cycle_comes_to_an_end(store: Store) -> None:
    ring = [fact(f"Program:{n} partOf Program:{(n + 1) % 4}", 1.0) for n in range(4)]
    found = inferred(store, *ring, fact("Firm:甲 participatesIn Program:0", 1.0))
    assert sum(i.predicate == "partOf" for i in found) == 4 * 3 - 4
    assert sum(i.predicate == "participatesIn" for i in found) == 3


def test_the_way_believed_most_is_given_and_the_next_one_when_it_goes(store: Store) -> None:
    joins = fact("Firm:甲 participatesIn Program:1", 1.0)
    store.put(document("sure", fact("Program:1 partOf Program:2", 0.9)))
    store.put(document("b", joins, fact("Program:1 partOf Program:2", 0.4)))
    infer(store, load())
    assert [i.belief for i in inferences(store)] == [0.9]
    store.remove("sure")
    infer(store, load())
    assert [i.belief for i in inferences(store)] == [0.4]
    assert inferences(store)[0].premises == tuple(sorted(a.id for a in store.extraction("b").assertions))


@pytest.mark.parametrize(("short", "premises", "belief"), [(0.3, 4, 0.8**4), (0.8, 3, 0.8**3)])
def test_of_two_ways_the_one_believed_more_is_given(store: Store, short: float, premises: int, belief: float) -> None:
    """One way of three steps, whose middle one is of that belief, and one of four."""
    long = ["Program:1 partOf Program:3", "Program:3 partOf Program:4", "Program:4 partOf Program:9"]
    ways = [
        *(fact(f, 0.8) for f in long),
        fact("Program:1 partOf Program:2", short),
        fact("Program:2 partOf Program:9", 0.8),
    ]
    found = inferred(store, fact("Firm:甲 participatesIn Program:1", 0.8), *ways)
    (farthest,) = [i for i in found if (i.predicate, i.object) == ("participatesIn", "program/9")]
    assert (len(farthest.premises), farthest.belief) == (premises, pytest.approx(belief))


def test_of_two_ways_believed_alike_the_shorter_one_is_given(store: Store) -> None:
    ways = [("1", "2"), ("2", "9"), ("1", "3"), ("3", "4"), ("4", "9")]
    steps = [fact(f"Program:{part} partOf Program:{whole}", 1.0) for part, whole in ways]
    (farthest,) = [i for i in inferred(store, *steps) if (i.subject, i.object) == ("program/1", "program/9")]
    assert len(farthest.premises) == 2


@pytest.mark.parametrize(
    "header",
    [
        "",
        "#+ rule: 甲 / a\n#+ source: 乙 / b\n",
        "#+ rule: 甲\n#+ source: 乙 / b\n#+ premises: p=丙/c\n",
        "#+ rule: 甲 / a\n#+ source: 乙 / b\n#+ premises: p\n",
    ],
)
def test_a_rule_s_header_that_cannot_be_read_names_the_file(tmp_path: Path, header: str) -> None:
    (tmp_path / "wrong.rq").write_text(header + "SELECT ?p ?subject ?predicate ?object {}", encoding="utf-8")
    with pytest.raises(OntologyError, match=r"wrong\.rq"):
        load_rules(tmp_path)


def test_a_conclusion_against_a_signature_is_not_drawn(store: Store) -> None:
    query = """SELECT ?mutual ?subject ?predicate ?object {
        ?object claim:develops ?mutual . ?mutual claimo:develops ?subject BIND(%s AS ?predicate) }"""
    store.put(document("a", fact("Firm:甲 develops Technology:乙")))
    rule = RULES["collaboration-is-mutual"]
    drawn = [conclusions(store, load(), (replace(rule, query=query % p),)) for p in ("pkg:develops", "pkg:enables")]
    assert [claims(found) for found in drawn] == [set(), {claim("Technology:乙 enables Firm:甲")}]


# ---- The graph of its own


def everything(store: Store) -> None:
    store.put(document("a", *map(fact, {f: None for _, facts, _ in CASES for f in facts})))
    store.put(document("b", fact(SUB, 0.7), fact("Firm:甲 develops Technology:电池")))


def test_inferred_triples_stand_only_in_their_graph(store: Store) -> None:
    everything(store)
    before = set(store.quads())
    count = infer(store, load())
    added = set(store.quads()) - before
    assert count == len(inferences(store)) >= len(CASES)
    assert {quad.graph_name.value for quad in added} == {INFERRED}
    assert before <= set(store.quads())
    assert_mended(store)
    for found in inferences(store):
        direct = f"{rdf.entity_node(found.subject)} {rdf.term(found.predicate)} {rdf.entity_node(found.object)}"
        assert store.ask(f"ASK {{ GRAPH <{INFERRED}> {{ {direct} }} }}")
        assert not store.ask(f"ASK {{ {direct} }}")


def test_look_ups_pictures_and_checks_are_of_what_documents_state(store: Store) -> None:
    everything(store)
    graph = Graph(store, load())

    def seen() -> list[object]:
        ids = [entity.id for entity in store.entities()]
        looked = [(graph.find(id_.partition("/")[2]), graph.statements(id_), graph.neighbours(id_)) for id_ in ids]
        counted = stats_row(graph.stats())
        kept = {name: counted[name] for name in counted if not name.startswith("inferred")}
        drawn = page(graph, centre="program/计划", hops=2, limit=100, language="zh")
        return [looked, kept, store.documents(), drawn, exported(store, "jsonl"), exported(store, "turtle")]

    before = seen()
    infer(store, load())
    assert seen() == before
    assert {finding.rule for finding in queries.findings(store, load())} == {"issuer-unknown"}


def test_stats_count_them_by_rule(store: Store) -> None:
    assert stats_row(Graph(store, load()).stats())["inferred"] == 0
    everything(store)
    count = infer(store, load())
    counted = stats_row(Graph(store, load()).stats())
    assert counted["inferred"] == count
    assert set(counted["inferred_by_rule"]) == set(RULES)


def test_those_about_one_entity(store: Store) -> None:
    everything(store)
    infer(store, load())
    wanted = [i for i in inferences(store) if "program/计划" in (i.subject, i.object)]
    assert list(inferences(store, "program/计划")) == wanted
    assert 0 < len(wanted) < len(inferences(store))
    assert inferences(store, "program/没有") == ()


def exported(store: Store, format_: str) -> bytes:
    stream = BytesIO()
    write(store, format_, stream)
    return stream.getvalue()


@pytest.mark.parametrize(("format_", "rdf_format"), [("trig", RdfFormat.TRIG), ("nquads", RdfFormat.N_QUADS)])
def test_exports_of_quads_hold_the_graph(store: Store, format_: str, rdf_format: RdfFormat) -> None:
    everything(store)
    infer(store, load())
    assert set(parse(exported(store, format_), format=rdf_format)) == set(store.quads())
    assert exported(store, format_) == exported(store, format_)


def test_inferring_again_writes_nothing(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as store:
        everything(store)
        count = infer(store, load())
        held, revision = set(store.quads()), store.revision
        assert infer(store, load()) == count
        assert (set(store.quads()), store.revision) == (held, revision)
    with Store.open(tmp_path / "s", read_only=True) as store:
        assert infer(store, load()) == count
    with Store.open(tmp_path / "s") as store:
        store.remove("b")
    with Store.open(tmp_path / "s", read_only=True) as store, pytest.raises(StoreError, match="reading only"):
        infer(store, load())


def test_faults_of_the_graph_are_mended(store: Store) -> None:
    everything(store)
    infer(store, load())
    store.put_inferred(list(store.inferred())[1:])
    assert not is_current(store, load())
    infer(store, load())
    assert is_current(store, load())


def test_checks_find_what_is_outside_the_graph_and_what_has_lost_its_premise() -> None:
    direct = tuple(map(rdf.entity_node, ("program/计划", "technology/电池")))
    with Store.in_memory() as sound:
        everything(sound)
        infer(sound, load())
        data = Oxigraph()
        data.extend(sound.quads())
        (found,) = [i for i in inferences(sound) if i.predicate == "indirectlyTargets"]
    data.add(Quad(direct[0], rdf.term(found.predicate), direct[1], DefaultGraph()))
    data.remove(next(data.quads_for_pattern(rdf.statement_node(found.premises[0]), rdf.term("modality"), None)))
    rules = [f.rule for f in queries.findings(Store(data), load())]
    assert rules.count("inferred-outside-its-graph") == 1
    assert rules.count("inferred-without-premise") >= 1
    assert not is_current(Store(data), load())


def test_a_check_says_where_inferring_was_cut_short(store: Store) -> None:
    everything(store)
    unknown = ("issuer-unknown", "warning")
    assert [(f.rule, f.severity) for f in findings(store, load())] == [("inference-not-current", "warning"), unknown]
    infer(store, load())
    assert [(f.rule, f.severity) for f in findings(store, load())] == [unknown]


# ---- Nothing outlives its premises

THINGS = [
    *(f"Program:{n}" for n in range(4)),
    "Policy:纲要",
    "Firm:甲",
    "Firm:乙",
    "Place:深圳",
    "Place:广东",
    "Technology:丙",
]
PREDICATES = ["partOf", "participatesIn", "targets", "locatedIn", "collaboratesWith", "develops"]
POSSIBLE = [
    (s, p, o) for s in THINGS for p in PREDICATES for o in THINGS if load().allows(s.split(":")[0], p, o.split(":")[0])
]
facts = st.builds(
    lambda claimed, modality, belief: Fact(*claimed, modality, belief),
    st.sampled_from(POSSIBLE),
    st.sampled_from([*MODALITIES, "actual", "actual"]),
    st.sampled_from([0.25, 0.5, 1.0, 0.7]),
)
distinct = st.lists(facts, max_size=7, unique_by=lambda f: (f.subject, f.predicate, f.object, f.modality))
steps = st.lists(st.tuples(st.sampled_from("abc"), st.none() | distinct, st.booleans()), max_size=7)


LARGER = {
    "partOf": ({"Program", "Policy"}, {"Program", "Policy"}, {"Program", "Policy"}),
    "participatesIn": ({"Firm", "Place"}, {"Program"}, {"Program"}),
    "locatedIn": ({"Firm", "Program"}, {"Place"}, {"Place"}),
}
"""Relation → types of the subject, of the object, and of the whole that it carries over to."""


def closure(stated: set[tuple[str, str, str]]) -> set[tuple[str, str, str]]:
    """What follows, worked out without SPARQL, on `Type:name` triples."""
    known = set(stated)
    while new := {c for c in once(known, stated) if c[0] != c[2]} - known:
        known |= new
    return known - stated


def once(known: set[tuple[str, str, str]], stated: set[tuple[str, str, str]]) -> Iterator[tuple[str, str, str]]:
    wholes = [(part, whole) for part, p, whole in known if p == "partOf"]
    for s, p, o in known:
        if p == "collaboratesWith":
            yield o, p, s
        for part, whole in wholes:
            types = tuple(thing.split(":")[0] for thing in (s, o, whole))
            if part == o and p in LARGER and all(t in kinds for t, kinds in zip(types, LARGER[p], strict=True)):
                yield s, p, whole
            over = (whole, "targets", o)
            if (part, p) == (s, "targets") and (types[0], types[2]) == ("Program", "Program") and over not in stated:
                yield whole, "indirectlyTargets", o


@settings(deadline=None, max_examples=60)
@given(steps)
def test_the_graph_is_what_follows_from_the_documents_whatever_is_put_and_removed(
    steps: list[tuple[str, list[Fact] | None, bool]],
) -> None:
    present: dict[str, list[Fact]] = {}
    with Store.in_memory() as store:
        for source, stated, infers in steps:
            if stated is not None:
                present[source] = stated
                store.put(document(source, *stated))
            elif present.pop(source, None) is not None:
                store.remove(source)
            if infers:
                infer(store, load())
            assert not set(store.inferred()) or is_current(store, load())
            assert_mended(store)
        infer(store, load())
        fresh = followed(present)
        assert set(store.quads()) == set(fresh.quads())
        held = inferences(store)
        actual = [f for stated in present.values() for f in stated if f.modality == "actual"]
        wanted = closure({(f.subject, f.predicate, f.object) for f in actual})
        assert claims(held) == {(id_of(s), p, id_of(o)) for s, p, o in wanted}
        beliefs = {a.id: a.belief for source in present for a in store.extraction(source).assertions}
        assert all(i.belief == prod(beliefs[premise] for premise in i.premises) for i in held)


def followed(present: dict[str, list[Fact]]) -> Store:
    """A new store with those documents, put in another order."""
    store = Store.in_memory()
    for source in sorted(present, reverse=True):
        store.put(document(source, *present[source]))
    infer(store, load())
    return store


def test_what_rests_on_a_document_goes_in_the_same_transaction(tmp_path: Path) -> None:
    """A reader that opens the store between a change and the next inferring sees nothing stale."""
    with Store.open(tmp_path / "s") as store:
        everything(store)
        infer(store, load())
        store.put(document("a", fact("Firm:甲 develops Technology:电池")))
        with Store.open(tmp_path / "s", read_only=True) as reader:
            assert set(reader.inferred()) == set()
        infer(store, load())
        assert claims(inferences(store)) == set()
        store.put(document("a", fact("Firm:甲 participatesIn Program:专项")))
        infer(store, load())
        store.remove("b")
        with Store.open(tmp_path / "s", read_only=True) as reader:
            assert set(reader.inferred()) == set()


_CHILD = """
import sys; sys.path.insert(0, {tests!r})
import random
from itertools import count
from pathlib import Path
from small_graphs import Fact, document
from kg.inference import infer
from kg.ontology import load
from kg.store import Store

def facts(chosen):
    for _ in range(6):
        yield Fact(f"Program:{{chosen.randrange(9)}}", "partOf", f"Program:{{chosen.randrange(9)}}")
        yield Fact(f"Firm:{{chosen.randrange(4)}}", "participatesIn", f"Program:{{chosen.randrange(9)}}")

store, ontology = Store.open(Path({path!r})), load()
print("open", flush=True)
for number in count():
    store.put(document(f"d{{number % 3}}", *set(facts(random.Random(number)))))
    infer(store, ontology)
    if number % 4 == 3:
        store.remove(f"d{{number % 3}}")
"""


def test_a_writer_that_is_killed_leaves_nothing_stale(tmp_path: Path) -> None:
    path, chance = tmp_path / "s", random.Random(7)
    child = _CHILD.format(tests=str(Path(__file__).parent), path=str(path))
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        time.sleep(chance.uniform(0.02, 0.4))
        process.kill()
        process.wait()
        process.stdout.close()
        with Store.open(path) as store:
            assert [f for f in queries.findings(store, load()) if f.rule.startswith("inferred")] == []
            assert not set(store.inferred()) or is_current(store, load())
            assert_mended(store)
            infer(store, load())
            assert is_current(store, load())


def test_removing_a_document_infers_anew(tmp_path: Path) -> None:
    with Store.open(tmp_path / "s") as store:
        everything(store)
        infer(store, load())
    command = [sys.executable, "-m", "kg.cli", "remove", "b", "--store", str(tmp_path / "s")]
    subprocess.run(command, check=True, capture_output=True, cwd=Path(__file__).parents[1])
    with Store.open(tmp_path / "s", read_only=True) as store:
        assert is_current(store, load())
        assert {i.rule for i in inferences(store)} == set(RULES)


def test_ingesting_infers_and_heals_what_was_cut_short(tmp_path: Path) -> None:
    path = tmp_path / "report.md"
    path.write_text("# 报告\n\n## 一、情况\n\n2020年，辉瑞与BioNTech合作。\n", encoding="utf-8")
    pipeline = Pipeline()
    with Store.in_memory() as store:
        (first,) = ingest(store, [path], pipeline)
        assert (first.status, first.assertions) == ("added", 1)
        assert [i.rule for i in inferences(store)] == ["collaboration-is-mutual"]
        store.put(store.extraction("report"))
        assert inferences(store) == ()
        (again,) = ingest(store, [path], pipeline)
        assert again.status == "unchanged"
        assert is_current(store, load())
        assert len(inferences(store)) == 1
