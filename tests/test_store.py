"""The RDF form and the store: round trips, the default graph, whole documents whatever happens."""

import os
import random
import subprocess
import sys
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import get_args

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyoxigraph import DefaultGraph, Literal, NamedNode, Quad
from small_graphs import Fact, document, entity, id_of

from kg import rdf
from kg.errors import NotFound, QueryError, StoreError
from kg.iris import entity_id
from kg.model import (
    MODALITIES,
    REFERENCES,
    Assertion,
    Bibliography,
    Document,
    Entity,
    Evidence,
    Extraction,
    Figure,
    Mention,
    Page,
    Period,
    Quantity,
    Reference,
    Refusal,
    Section,
    Span,
    Table,
    TableCell,
    TableFinding,
    TableValue,
    WorkKind,
)
from kg.ontology import load
from kg.store import Store

HOSTILE = (
    "<script>alert(1)</script>",
    "quote \" and ' and \\ and \\u0041",
    "שלום עולם \u202e",
    "长" * 10_000,
    "nul \x00 here",
    "lone \ud800 surrogate",
    "line\r\nbreak\ttab",
    "} . INSERT DATA { <a> <b> <c>",
    "\ufffe\U0001f600",
)

words = st.text(max_size=12) | st.sampled_from(HOSTILE)
names = st.text(min_size=1, max_size=12) | st.sampled_from(HOSTILE)
unit = st.floats(0, 1)
years = st.tuples(st.none() | st.integers(1000, 1500), st.none() | st.integers(1500, 2100)).filter(any)
numbers = st.tuples(*[st.decimals(-(10**17), 10**17, places=9) | st.integers(-9, 9).map(Decimal)] * 2).map(sorted)
periods = st.builds(lambda ends, *more: Period(*ends, *more), years, st.sampled_from(["year", "plan"]), st.booleans())
quantities = st.builds(
    lambda ends, *more: Quantity(*ends, *more),
    numbers,
    st.text(min_size=1, max_size=4) | st.just("%"),
    st.sampled_from(["count", "growth-rate"]),
    st.sampled_from("=≈>≥<≤"),
    st.sampled_from(["", "JPY"]),
)


@st.composite
def extractions(draw: st.DrawFn) -> Extraction:
    source = draw(names)
    text = draw(st.text(min_size=30, max_size=80)) + draw(st.sampled_from(HOSTILE))
    spans = st.integers(0, 28).flatmap(lambda a: st.integers(a + 1, 29).map(lambda b: Span(a, b, text[a:b])))
    described = draw(st.lists(_entities(), min_size=1, max_size=4, unique_by=lambda e: e.id))
    ids = st.sampled_from([e.id for e in described])
    evidence = st.builds(
        Evidence,
        *(st.just(source), words, st.lists(spans, min_size=1, max_size=3).map(tuple), words, unit),
        cites=st.lists(words, max_size=3).map(tuple),
        page=st.just("785–786"),
    )
    pages = st.builds(Page, st.sampled_from(["785", "iv", "[1]"]), st.just(0), st.just(9))
    assertions = st.builds(
        Assertion,
        subject=ids,
        predicate=st.sampled_from(["targets", "partOf", "funds"]),
        object=ids,
        modality=st.sampled_from(MODALITIES),
        evidence=st.lists(evidence, min_size=1, max_size=2).map(tuple),
        belief=unit,
        time=words,
        value=words,
        period=st.none() | periods,
        quantity=st.none() | quantities,
        attributed_to=words,
        role=st.sampled_from(["", *load().lists["role"]]),
        mode=st.sampled_from(["", *load().lists["mode"]]),
        condition=words,
        general=st.booleans(),
    )
    figures = st.builds(
        Figure,
        span=spans,
        subject=words,
        indicator=words,
        modality=st.sampled_from(MODALITIES),
        evidence=evidence,
        about=st.just("") | ids,
        value=words,
        quantity=quantities,
        time=words,
        period=st.none() | periods,
        place=words,
        attributed_to=words,
    )
    others = [
        figures.map(lambda f, field=field: replace(f, quantity=None, **{field: next(iter(load().lists[field]))}))
        for field in ("flaw", "happening")
    ]
    message = st.sampled_from(["主语类型不符。", ""])
    refusal = st.builds(Refusal, st.just(source), words, words, words, words, words, message, message, spans)
    section = st.builds(Section, words, st.lists(words, max_size=2).map(tuple), st.just("body"), st.just(0), st.just(9))
    lists = st.lists(words, max_size=3).map(tuple)
    bibliography = st.builds(
        Bibliography,
        *[words] * 2,
        lists,
        lists,
        words,
        words,
        st.none() | st.integers(1900, 2100),
        *[words] * 4,
        *[lists] * 4,
    )
    references = spans.flatmap(
        lambda span: st.builds(
            Reference,
            label=words,
            text=st.just(span.quote),
            start=st.just(span.start),
            end=st.just(span.end),
            authors=lists,
            year=st.none() | st.integers(1900, 2100),
            kind=st.sampled_from(get_args(WorkKind)),
            others=st.booleans(),
            authors_en=lists,
            **dict.fromkeys(_WORK_WORDS, words),
        )
    )
    stated = draw(_linked(draw(st.lists(assertions, max_size=4, unique_by=_cleaned_id))))
    told = draw(st.lists(st.one_of(figures, *others), max_size=3, unique_by=lambda f: (f.span.start, f.span.end)))
    naming = st.sampled_from(["", *(a.id for a in stated)])
    return Extraction(
        document=Document(
            source,
            text,
            "zh",
            draw(bibliography),
            tuple(draw(st.lists(section, max_size=2))),
            "d",
            tuple(draw(st.lists(pages, max_size=2))),
        ),
        entities=tuple(described),
        mentions=tuple(draw(st.lists(st.builds(Mention, ids, st.just(source), spans), max_size=3))),
        assertions=stated,
        refusals=tuple(draw(st.lists(refusal, max_size=2))),
        pipeline=draw(words),
        references=tuple(
            draw(st.lists(references, max_size=3, unique_by=lambda r: (r.start, r.end, rdf.clean(r.label))))
        ),
        cited=tuple(draw(st.lists(words, max_size=3))),
        figures=tuple(replace(figure, statement=draw(naming)) for figure in told),
        tables=tuple(draw(st.lists(_tables(spans, ids), max_size=2))),
    )


@st.composite
def _tables(draw: st.DrawFn, spans: st.SearchStrategy[Span], ids: st.SearchStrategy[str]) -> Table:
    """A table of one row; each of its cells may have a figure and findings."""
    cells: list[TableCell] = []
    for column in range(draw(st.integers(1, 3))):
        text = draw(words)
        places = tuple(draw(st.lists(spans, min_size=1, max_size=2, unique=True))) if text else ()
        cells.append(TableCell(0, column, text, places, draw(st.sampled_from(["key", "value", "empty"]))))
    columns = st.integers(0, len(cells) - 1)
    exact = quantities.map(lambda q: replace(q, high=q.low))
    entity = st.just("") | ids
    value = st.builds(
        TableValue,
        *(st.just(0), columns, words, exact, words, words, words, words, words, st.none() | periods),
        *(entity, entity, entity, words, entity),
    )
    finding = st.builds(
        TableFinding,
        *(words, st.sampled_from(["warning", "info"])),
        *(st.lists(st.tuples(st.just(0), columns), max_size=2).map(tuple), words, words),
    )
    return Table(
        *(draw(words), draw(words), draw(words), tuple(draw(st.lists(words, max_size=2))), draw(words), 0, 9),
        cells=tuple(cells),
        values=tuple(draw(st.lists(value, max_size=3, unique_by=lambda v: v.column))),
        findings=tuple(draw(st.lists(finding, max_size=2))),
    )


_WORK_WORDS = (
    *("title", "container", "volume", "issue", "pages", "doi", "publisher", "place", "url", "date", "accessed"),
    *("title_en", "container_en"),
)


@st.composite
def _linked(draw: st.DrawFn, assertions: list[Assertion]) -> tuple[Assertion, ...]:
    """The statements, each perhaps naming one that stands before it."""
    linked: list[Assertion] = []
    for assertion in assertions:
        ids = st.sampled_from(["", *(a.id for a in linked)])
        linked.append(replace(assertion, **{name: draw(ids) for name in REFERENCES}))
    return tuple(linked)


def _cleaned_id(assertion: Assertion) -> tuple[str, ...]:
    a = assertion
    texts = (a.time, a.value, a.attributed_to, a.condition)
    return a.subject, a.predicate, a.object, a.modality, a.role, a.mode, str(a.general), *map(rdf.clean, texts)


@st.composite
def _entities(draw: st.DrawFn) -> Entity:
    type_, name = draw(st.sampled_from(["Program", "Place", "Technology"])), draw(names)
    aliases = tuple(draw(st.lists(words, max_size=3)))
    return Entity(entity_id(type_, name), type_, name, draw(words), aliases, draw(st.sampled_from(["", "CN"])))


@settings(deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))
@given(extractions())
def test_an_extraction_comes_back_from_its_quads_and_from_a_store(extraction: Extraction) -> None:
    wanted = rdf.canonical(extraction)
    assert rdf.from_quads(rdf.to_quads(extraction)) == wanted
    with Store.in_memory() as store:
        store.put(extraction)
        assert store.extraction(extraction.document.source) == wanted
        assert store.document(extraction.document.source) == wanted.document
        assert store.mentions(extraction.document.source) == wanted.mentions
        assert store.refusals(extraction.document.source) == wanted.refusals
        assert store.figures(extraction.document.source) == wanted.figures
        assert set(store.graph()) == set(rdf.projection(rdf.to_quads(extraction)))
    assert rdf.canonical(wanted) == wanted


def test_cleaning_keeps_every_offset() -> None:
    text = "甲\x00推动\ud800乙。"
    found = rdf.clean(text)
    assert len(found) == len(text)
    assert found == "甲\ufffd推动\ufffd乙。"


def test_a_sentence_cut_in_two_keeps_its_parts_in_order() -> None:
    whole = document("d", Fact("Program:甲", "targets", "Technology:乙"))
    spans = (Span(0, 1, "甲"), Span(3, 5, whole.document.text[3:5]))
    cut = Evidence("d", "1", spans, "r", 0.5)
    assertion = Assertion(id_of("Program:甲"), "targets", id_of("Technology:乙"), "actual", (cut,), 0.5)
    extraction = Extraction(whole.document, whole.entities, (), (assertion,), (), "p")
    assert rdf.from_quads(rdf.to_quads(extraction)).assertions == (assertion,)


@pytest.mark.parametrize("break_", ["entity twice", "assertion twice", "undescribed", "another document"])
def test_an_extraction_that_contradicts_itself_is_refused(break_: str) -> None:
    good = document("d", Fact("Program:甲", "targets", "Technology:乙"))
    parts = {
        "entity twice": (good.entities * 2, good.mentions, good.assertions),
        "assertion twice": (good.entities, good.mentions, good.assertions * 2),
        "undescribed": (good.entities[:1], good.mentions, good.assertions),
        "another document": (good.entities, (Mention(good.entities[0].id, "e", Span(0, 1, "甲")),), good.assertions),
    }
    with pytest.raises(ValueError, match="d: "):
        rdf.to_quads(Extraction(good.document, *parts[break_], (), "p"))


# ---- The default graph

THINGS = ("Program:甲", "Technology:乙", "Technology:丙")
facts = st.builds(
    Fact,
    st.sampled_from(THINGS),
    st.sampled_from(["targets", "partOf"]),
    st.sampled_from(THINGS),
    st.sampled_from(MODALITIES),
)
steps = st.lists(
    st.tuples(st.sampled_from(["a", "b", "c"]), st.none() | st.lists(facts, max_size=3, unique=True)), max_size=8
)


def assert_mended(store: Store) -> None:
    expected = {q for source in store.sources() for q in rdf.projection(store.graph(source))}
    assert set(store.graph()) == expected


@settings(deadline=None, max_examples=60)
@given(steps)
def test_the_default_graph_is_the_union_of_the_projections_whatever_is_put_and_removed(
    steps: list[tuple[str, list[Fact] | None]],
) -> None:
    present: dict[str, Extraction] = {}
    with Store.in_memory() as store:
        for source, stated in steps:
            if stated is not None:
                present[source] = document(source, *stated)
                store.put(present[source])
            elif present.pop(source, None):
                store.remove(source)
            assert_mended(store)
        assert set(store.sources()) == set(present)
        for source, extraction in present.items():
            assert store.extraction(source) == rdf.canonical(extraction)


def test_a_triple_that_another_document_states_stays() -> None:
    fact = Fact("Program:甲", "targets", "Technology:乙")
    direct = (rdf.entity_node(id_of("Program:甲")), rdf.term("targets"), rdf.entity_node(id_of("Technology:乙")))
    with Store.in_memory() as store:
        store.put(document("a", fact))
        store.put(document("b", fact))
        store.remove("a")
        assert Quad(*direct, DefaultGraph()) in set(store.graph())
        store.remove("b")
        assert list(store.quads()) == []


# ---- Looking up


def test_documents_and_states() -> None:
    with Store.in_memory() as store:
        store.put(document("b", Fact("Program:甲", "targets", "Technology:乙"), pipeline="p1"))
        store.put(document("a"))
        first, second = store.documents()
        assert (first.source, first.entities, first.assertions) == ("a", 0, 0)
        assert (second.source, second.entities, second.mentions, second.assertions, second.refusals) == (
            "b",
            2,
            1,
            1,
            0,
        )
        assert second.bibliography.title_zh == "b"
        found = store.state("b")
        assert found is not None
        assert (found.digest, found.pipeline) == (store.document("b").digest, "p1")
        assert store.state("c") is None


def test_an_unknown_document_is_not_found_with_near_names() -> None:
    with Store.in_memory() as store:
        store.put(document("he2025"))
        with pytest.raises(NotFound) as error:
            store.document("he2024")
        assert error.value.suggestions == ("he2025",)
        with pytest.raises(NotFound):
            store.remove("zzz")


def test_documents_that_prefer_different_names_share_one_entity() -> None:
    named, short = Entity("program/甲", "Program", "甲 计划"), Entity("program/甲", "Program", "甲", "Jia")
    with Store.in_memory() as store:
        store.put(document("a", described=(named,)))
        store.put(document("b", described=(short,)))
        assert store.entities() == (Entity("program/甲", "Program", "甲", "Jia", ("甲 计划",)),)
        assert store.entities(["program/甲", "program/unknown"]) == store.entities()


def test_bindings_are_values_never_text() -> None:
    with Store.in_memory() as store:
        store.put(document("a", described=(entity("Program:甲"),)))
        rows = store.select("SELECT ?e ?name { ?e skos:prefLabel ?name }", {"name": Literal("甲", language="zh")})
        assert [row["e"] for row in rows] == [rdf.entity_node("program/甲")]
        hostile = {"name": Literal('甲" } DROP ALL #')}
        assert store.select("SELECT ?e ?name { ?e skos:prefLabel ?name }", hostile) == []
        assert store.ask("ASK { ?e a pkg:Program }")


@pytest.mark.parametrize(
    "query",
    [
        "SELECT",
        "ASK { ?s ?p ?o }",
        "CONSTRUCT { ?s ?p ?o } { ?s ?p ?o }",
        "DROP ALL",
        "SELECT * { SERVICE <http://localhost:8000/> { ?s ?p ?o } }",
        "SELECT * { ?s rdfs:label 'SERVICE' . service silent ?s { ?s ?p ?o } }",
        "SELECT * { ?s ?p <http://x.example/#a> SERVICE<http://x.example/>{ ?s ?p ?o } }",
        "SELECT (<http://x.example/f>(?s) AS ?x) { ?s ?p ?o } ORDER",
    ],
)
def test_what_is_no_question_is_refused(query: str) -> None:
    with Store.in_memory() as store, pytest.raises(QueryError):
        store.select(query)


def test_the_word_service_may_stand_in_names() -> None:
    with Store.in_memory() as store:
        query = 'SELECT ?service { ?service rdfs:label "SERVICE <x>" ; <http://x.example/SERVICE> ?o } # SERVICE'
        assert store.select(query) == []


def test_rdflib_reads_the_same_data() -> None:
    query = "SELECT ?s ?o { ?s <https://w3id.org/policykg/ontology#targets> ?o }"
    with Store.in_memory() as store:
        store.put(
            document("a", Fact("Program:甲", "targets", "Technology:乙"), Fact("Program:甲", "targets", "Place:丙"))
        )
        ours = {(str(row["s"])[1:-1], str(row["o"])[1:-1]) for row in store.select(query)}
        theirs = {(str(row.s), str(row.o)) for row in store.rdflib_dataset().query(query)}
        assert ours == theirs
        assert len(ours) == 2


# ---- On disk


def test_a_store_is_made_kept_and_opened_again(tmp_path: Path) -> None:
    path = tmp_path / "new" / "store"
    with Store.open(path) as store:
        store.put(document("a", Fact("Program:甲", "targets", "Technology:乙")))
        assert store.revision == 1
    with Store.open(path, read_only=True) as store:
        assert store.sources() == ("a",)
        with pytest.raises(StoreError, match="reading only"):
            store.put(document("b"))
        assert store.revision == 0


def test_reading_beside_a_writer(tmp_path: Path) -> None:
    """The writer's merging removes files that a reader has not opened yet; the reader does not notice."""
    path = tmp_path / "s"
    with Store.open(path) as writer:
        writer.put(version(0))
        with Store.open(path, read_only=True) as early:
            for number in range(1, 16):
                writer.put(version(number))
                with Store.open(path, read_only=True) as reader:
                    assert set(reader.sources()) == set(writer.sources())
                    assert set(reader.quads()) == set(writer.quads())
            assert early.extraction("d0") == rdf.canonical(version(0))
        assert list((path / "readers").iterdir()) == []


def test_what_a_killed_reader_leaves_is_swept_away(tmp_path: Path) -> None:
    path = tmp_path / "s"
    Store.open(path).close()
    program = f"""
import os
from pathlib import Path
from kg.store import Store
store = Store.open(Path({str(path)!r}), read_only=True)
os._exit(0)
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=Path(__file__).parents[1])
    with Store.open(path, read_only=True):
        assert len(list((path / "readers").iterdir())) == 2
        with Store.open(path):
            assert len(list((path / "readers").iterdir())) == 1


def test_a_closed_store_says_so() -> None:
    store = Store.in_memory()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.sources()


def test_a_locked_store(tmp_path: Path) -> None:
    with Store.open(tmp_path), pytest.raises(StoreError, match="another process"):
        Store.open(tmp_path)


def test_a_store_that_is_missing(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="no store at"):
        Store.open(tmp_path / "none", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(StoreError, match="not a policykg store"):
        Store.open(tmp_path)
    with pytest.raises(StoreError, match="not a policykg store"):
        Store.open(tmp_path / "letter.txt")
    with pytest.raises(StoreError, match="cannot be opened"):
        Store.open(tmp_path / "letter.txt" / "below")
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


@pytest.mark.parametrize(("text", "said"), [("policykg store 99\n", "newer policykg"), ("other", "something else")])
def test_a_store_of_another_format(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "format").write_text(text)
    with pytest.raises(StoreError, match=said):
        Store.open(tmp_path)


def test_a_damaged_store(tmp_path: Path) -> None:
    with Store.open(tmp_path) as store:
        store.put(document("a"))
    (tmp_path / "data" / "CURRENT").write_text("rubbish")
    with pytest.raises(StoreError, match="damaged"):
        Store.open(tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_store_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(StoreError, match="permissions"):
        Store.open(tmp_path / "s")


def version(number: int) -> Extraction:
    """Versions of one document that share some facts and differ in others."""
    chosen = random.Random(number)
    found = {Fact("Program:甲", "targets", f"Technology:{chosen.randrange(40)}") for _ in range(40)}
    return document(f"d{number % 3}", *sorted(found, key=str), pipeline=str(number))


VERSIONS = 12
_CHILD = """
import sys; sys.path.insert(0, {tests!r})
from itertools import cycle
from pathlib import Path
from kg.store import Store
from test_store import VERSIONS, version
store = Store.open(Path({path!r}))
version(0)
print("open", flush=True)
for number in cycle(range(VERSIONS)):
    store.put(version(number))
"""


def test_a_writer_that_is_killed_leaves_whole_documents(tmp_path: Path) -> None:
    path, chance = tmp_path / "s", random.Random(4)
    child = _CHILD.format(tests=str(Path(__file__).parent), path=str(path))
    versions = [rdf.canonical(version(number)) for number in range(VERSIONS)]
    for _ in range(4):
        process = subprocess.Popen([sys.executable, "-c", child], stdout=subprocess.PIPE, cwd=Path(__file__).parents[1])
        assert process.stdout is not None
        assert process.stdout.readline() == b"open\n"
        time.sleep(chance.uniform(0.02, 0.4))
        process.kill()
        process.wait()
        process.stdout.close()
        with Store.open(path) as store:
            assert all(store.extraction(source) in versions for source in store.sources())
            assert_mended(store)
    with Store.open(path) as store:
        assert store.sources()


def test_unknown_terms_do_not_stop_a_reader() -> None:
    """A later version may add properties to a statement: what is known is read."""
    quads = rdf.to_quads(document("a", Fact("Program:甲", "targets", "Technology:乙")))
    node = next(q.subject for q in quads if q.object == rdf.term("Statement"))
    more = Quad(node, NamedNode("https://example.org/more"), Literal("x"), quads[0].graph_name)
    assert rdf.from_quads([*quads, more]) == rdf.from_quads(quads)
