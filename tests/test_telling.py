"""Chains that can be pointed at: ids, paragraphs, exports, and their routes and commands."""

import csv
import json
from collections.abc import Iterator
from dataclasses import replace
from io import StringIO
from pathlib import Path

import httpx
import pytest
import rdflib
from pyoxigraph import RdfFormat, parse
from served import process
from small_graphs import Fact, document, entity, id_of

from kg import rdf
from kg.chains import Index
from kg.errors import NotFound, OntologyError
from kg.graph import Graph
from kg.iris import BASE
from kg.model import MODALITIES, Bibliography, Chain, Extraction, Hop
from kg.ontology import load
from kg.resolution import decide, turn
from kg.store import Store
from kg.telling import (
    Works,
    as_csv,
    as_jsonld,
    as_markdown,
    chain_id,
    chain_iri,
    find,
    load_sentences,
    paragraph,
    steps,
)

ISSUED = Fact("Program:甲计划", "issuedBy", "Government:某国政府", time="1976年", belief=0.9)
LATER = Fact("Program:甲计划", "targets", "Technology:乙技术", "proposed", belief=0.7, value="3000亿日元")
SAME = Fact("Technology:乙技术", "appliedIn", "Industry:=丙产业", belief=0.8, with_last=True)
HOSTILE = Fact("Industry:=丙产业", "faces", "Challenge:[x](y)<b>{o}", "negated", belief=0.6)


def paper(source: str = "甲文", *facts: Fact) -> Extraction:
    found = document(
        source,
        *(facts or (ISSUED, LATER, SAME, HOSTILE)),
        described=(replace(entity("Program:甲计划"), label_en="Program A"),) if not facts else (),
    )
    bibliography = Bibliography(
        title_zh="论文题目",
        authors=("贺甲", "陈乙", "王丙"),
        authors_en=("HE Jia", "CHEN Yi", "WANG Bing"),
        journal_zh="某刊",
        year=2025,
        doi="10.1/x",
    )
    return replace(found, document=replace(found.document, bibliography=bibliography))


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("telling") / "store"
    with Store.open(path) as store:
        store.put(paper())
        store.put(document("乙文", Fact("Firm:别家", "develops", "Technology:别物")))
    return path


@pytest.fixture(scope="module")
def graph(place: Path) -> Iterator[Graph]:
    with Store.open(place, read_only=True) as store:
        yield Graph(store, load())


@pytest.fixture(scope="module")
def index(graph: Graph) -> Index:
    return Index.of(graph.store, graph.ontology)


@pytest.fixture(scope="module")
def chain(index: Index) -> Chain:
    return index.between(id_of("Government:某国政府"), id_of("Industry:=丙产业"))[0]


@pytest.fixture(scope="module")
def works(graph: Graph, chain: Chain) -> Works:
    return Works.of(graph, [chain])


@pytest.fixture(scope="module")
def client(place: Path) -> Iterator[httpx.Client]:
    with process(place) as (address, _), httpx.Client(base_url=address, timeout=20) as client:
        yield client


# ---- Ids


def test_a_chain_is_rebuilt_from_its_id(graph: Graph, index: Index, chain: Chain) -> None:
    assert find(graph, lambda: index, chain_id(chain)) == chain
    assert chain_iri(chain) == f"{BASE}chain/{chain_id(chain)}"
    assert [inverse for _, inverse in steps(chain_id(chain))] == [True, False, False]


def test_an_id_is_short_and_the_same_wherever_the_documents_are_read(chain: Chain) -> None:
    with Store.in_memory() as store:
        store.put(document("丙文", Fact("Firm:又一家", "develops", "Technology:乙技术")))
        store.put(paper())
        store.put(paper())
        again = Index.of(store, load()).between(chain.hops[0].tail, chain.hops[-1].head)[0]
    assert chain_id(again) == chain_id(chain)
    hop = Hop(chain.hops[0].assertion)
    longest = Chain(tuple(replace(hop, inverse=bool(place % 2)) for place in range(8)))
    assert len(chain_id(longest)) == 108
    assert chain_id(longest).replace("-", "").replace("_", "").isalnum()
    with pytest.raises(ValueError, match="at most 8"):
        chain_id(Chain(tuple(replace(hop, inverse=bool(place % 2)) for place in range(9))))


def test_a_way_back_is_another_chain(chain: Chain) -> None:
    back = Chain(tuple(Hop(hop.assertion, not hop.inverse) for hop in reversed(chain.hops)))
    assert chain_id(back) != chain_id(chain)


@pytest.mark.parametrize(
    "spoil", [lambda i: "", lambda i: i[:-1], lambda i: i + "A", lambda i: "_" + i[1:], lambda i: "链"]
)
def test_what_is_no_id_is_not_found(graph: Graph, index: Index, chain: Chain, spoil) -> None:
    with pytest.raises(NotFound, match="no id of a chain"):
        find(graph, lambda: index, spoil(chain_id(chain)))


def test_a_statement_that_is_gone_is_named(chain: Chain) -> None:
    with Store.in_memory() as store:
        store.put(paper("甲文", ISSUED))
        found = Graph(store, load())
        with pytest.raises(NotFound, match=f"hop 2, {chain.hops[1].assertion.id}, is no longer in the store"):
            find(found, lambda: Index.of(store, load()), chain_id(chain))


def test_statements_that_do_not_follow_are_no_chain(graph: Graph, index: Index, chain: Chain) -> None:
    one, other = (chain_id(Chain((hop,))) for hop in (chain.hops[0], chain.hops[2]))
    (first, _), (last, _) = steps(one)[0], steps(other)[0]
    from kg.telling import _encoded

    with pytest.raises(NotFound, match="never a chain"):
        find(graph, lambda: index, _encoded([(first, True), (last, False)]))


def test_what_speaks_against_a_chain_is_told_again() -> None:
    early = Fact("Policy:甲政策", "enables", "Program:乙计划", time="2010年")
    late = Fact("Program:乙计划", "targets", "Industry:丙产业", time="1990年", section="2")
    leap = Fact("Firm:丁公司", "develops", "Technology:共有技术")
    over = Fact("Technology:共有技术", "appliedIn", "Industry:戊产业", section="9")
    with Store.in_memory() as store:
        store.put(document("甲文", early, late, leap, over))
        graph, index = Graph(store, load()), Index.of(store, load())
        for start, end in (("Policy:甲政策", "Industry:丙产业"), ("Firm:丁公司", "Industry:戊产业")):
            found = index.between(id_of(start), id_of(end))[0]
            assert found.reasons
            assert find(graph, lambda: index, chain_id(found)) == found


# ---- Ids and merges

SHORT, LONG = "Firm:蓝湖新能", "Firm:蓝湖新能源集团"
MADE = Fact(SHORT, "develops", "Technology:乙技术")
USED = Fact("Technology:乙技术", "appliedIn", "Industry:=丙产业")
OTHER = Fact(LONG, "produces", "Product:丁产品")
SENT = Fact("Program:甲计划", "targets", LONG)


def around(store: Store, start: str, end: str) -> Chain:
    """The best chain of a store from one thing to another."""
    return Index.of(store, load()).between(id_of(start), id_of(end))[0]


def standing(store: Store) -> str:
    """The id that stands for all that were merged."""
    (id_,) = set(store.replaced().values())
    return id_


def refound(store: Store, id_: str) -> Chain:
    return find(Graph(store, load()), lambda: Index.of(store, load()), id_)


@pytest.fixture
def apart() -> Iterator[Store]:
    """A store in which two names are two firms."""
    with Store.in_memory() as store:
        store.put(document("甲文", MADE, USED))
        store.put(document("乙文", OTHER, SENT, Fact(LONG, "enables", "Challenge:戊", concerns=OTHER)))
        yield store


def test_an_id_from_before_a_merge_finds_what_the_chain_has_become(apart: Store) -> None:
    before = {chain_id(around(apart, *ends)) for ends in ((SHORT, "Industry:=丙产业"), (LONG, "Product:丁产品"))}
    before.add(chain_id(around(apart, LONG, "Challenge:戊")))
    merge = decide(apart, load(), id_of(SHORT), id_of(LONG), "同一家")
    for id_ in before:
        now = refound(apart, id_)
        assert now.hops[0].tail == standing(apart)
        assert refound(apart, chain_id(now)) == now
    assert len(before - {chain_id(refound(apart, id_)) for id_ in before}) >= 1
    turn(apart, load(), merge.id, reversed=True)
    assert {chain_id(refound(apart, id_)) for id_ in before} == before


def test_an_id_from_a_merge_that_was_taken_back_finds_the_chain_or_says_why_not(apart: Store) -> None:
    merge = decide(apart, load(), id_of(SHORT), id_of(LONG), "同一家")
    one = f"Firm:{standing(apart).partition('/')[2]}"
    kept = [chain_id(around(apart, one, end)) for end in ("Industry:=丙产业", "Product:丁产品")]
    through = chain_id(around(apart, "Program:甲计划", "Industry:=丙产业"))
    turn(apart, load(), merge.id, reversed=True)
    assert [refound(apart, id_).hops[0].tail for id_ in kept] == [id_of(SHORT), id_of(LONG)]
    with pytest.raises(NotFound, match="a merge was taken back"):
        refound(apart, through)


# ---- Words


def test_a_chain_is_told_in_chinese(chain: Chain, works: Works) -> None:
    told = paragraph(chain, works, "zh")
    assert told.startswith(
        "从某国政府到=丙产业，共3步：某国政府出台甲计划（1976年）[1]；文献建议：甲计划应面向乙技术（3000亿日元）[2]；"
        "乙技术应用于=丙产业[2]。其中有只是建议的步骤，整条链因此是建议，不是事实。信度0.70，最弱的是第2步。"
    )
    first, second = (hop.assertion.evidence[0].quote for hop in chain.hops[:2])
    assert told.endswith(f"引文：[1]“{first}”（贺甲等，2025，1节）；[2]“{second}”（贺甲等，2025，1节）。")


def test_a_chain_is_told_in_english(chain: Chain, works: Works) -> None:
    told = paragraph(chain, works, "en")
    assert "某国政府 issues Program A (1976)[1]. It is proposed that Program A should target 乙技术" in told
    assert "As a hop is only proposed, so is the whole. Belief 0.70; hop 2 is the weakest. Quotes: [1] “" in told
    assert told.endswith("(HE Jia et al., 2025, section 1).")


def test_every_relation_reads_both_ways_and_in_each_modality() -> None:
    for name, sentence in load_sentences().relations.items():
        for language in ("zh", "en"):
            for inverse in (False, True):
                read = [sentence.read("甲{o}", "乙", each, language, inverse=inverse) for each in MODALITIES]
                assert len(set(read)) == 3, name
                assert all("甲{o}" in each and "乙" in each and "[" not in each for each in read), name


def test_denials_and_proposals_are_said_in_words() -> None:
    read = load_sentences().relations["funds"].read
    assert read("甲", "乙", "negated", "zh", inverse=False) == "甲未资助乙"
    assert read("甲", "乙", "negated", "en", inverse=False) == "甲 does not fund 乙"
    assert read("甲", "乙", "negated", "en", inverse=True) == "乙 is not funded by 甲"
    assert read("甲", "乙", "proposed", "en", inverse=True) == "乙 should be funded by 甲"


def test_templates_of_other_relations_are_refused(tmp_path: Path) -> None:
    (tmp_path / "telling.toml").write_text("[words]\nzh_proposed = ''\nen_proposed = ''\n[relations]\n")
    with pytest.raises(OntologyError, match="both there and in"):
        load_sentences(tmp_path / "telling.toml")


# ---- Exports


def test_json_ld_holds_the_same_statements(graph: Graph, chain: Chain, works: Works) -> None:
    written = as_jsonld([chain], works)
    triples = [quad.triple for quad in parse(written.encode(), format=RdfFormat.JSON_LD)]
    stated = {hop.assertion for hop in chain.hops}
    assert set(rdf.assertions(triples)) == stated
    assert {each.id for each in rdf.entities(triples)} == {end for a in stated for end in (a.subject, a.object)}
    loaded = rdflib.Graph().parse(data=written, format="json-ld")
    assert len(loaded) == len(set(map(str, triples)))
    schema, node = rdflib.Namespace("https://schema.org/"), rdflib.URIRef(chain_iri(chain))
    items = sorted(loaded.objects(node, schema.itemListElement), key=lambda i: loaded.value(i, schema.position))
    ids = [str(loaded.value(item, schema.item)).rpartition("/")[2] for item in items]
    assert ids == [hop.assertion.id for hop in chain.hops]


def test_csv_has_a_row_for_each_hop_and_no_formula(chain: Chain, works: Works) -> None:
    rows = list(csv.DictReader(StringIO(as_csv([chain], works, "en"))))
    assert [row["hop"] for row in rows] == ["1", "2", "3"]
    assert [row["statement id"] for row in rows] == [hop.assertion.id for hop in chain.hops]
    assert rows[0]["inverse"] == "yes"
    assert rows[0]["years"] == "1976"
    assert rows[1]["modality"] == "proposed"
    assert rows[2]["object"] == "'=丙产业"
    assert rows[0]["citation"] == "HE Jia et al., 2025, section 1"


def test_markdown_cites_and_escapes(index: Index, graph: Graph) -> None:
    (hostile,) = index.between(id_of(SAME.object), id_of(HOSTILE.object), modalities=MODALITIES)
    written = as_markdown([hostile], Works.of(graph, [hostile]), "zh")
    assert "\\[x\\](y)\\<b\\>{o}" in written
    assert "[x](y)" not in written
    assert "未面临" in written
    assert "## 参考文献\n\n- 贺甲等，2025. 论文题目. 某刊. doi:10.1/x. 甲文\n" in written


# ---- Over HTTP


def test_a_chain_has_a_permanent_address(client: httpx.Client, chain: Chain) -> None:
    asked = {"from": chain.hops[0].tail, "to": chain.hops[-1].head}
    first = client.get("/api/chains", params=asked).json()["chains"][0]
    again = client.get(f"/api/chain/{first['id']}").json()
    assert again == first
    assert first["url"] == f"/#/chain/{first['id']}"
    assert first["paragraph"]["zh"].startswith("从某国政府到")


@pytest.mark.parametrize(
    ("accept", "media", "starts"),
    [
        ("text/markdown", "text/markdown", "## "),
        ("text/html, text/csv;q=0.5, text/plain;q=0.9", "text/plain", "从"),
        ("text/csv", "text/csv", "链,"),
        ("application/ld+json", "application/ld+json", "{"),
        ("*/*", "application/json", "{"),
    ],
)
def test_the_form_is_negotiated(client: httpx.Client, chain: Chain, accept: str, media: str, starts: str) -> None:
    response = client.get(f"/api/chain/{chain_id(chain)}", headers={"Accept": accept})
    assert response.status_code == 200
    assert response.headers["content-type"].split(";")[0] == media
    assert response.text.startswith(starts)


def test_format_goes_before_accept(client: httpx.Client, chain: Chain) -> None:
    response = client.get("/api/chains", params={"from": "甲计划", "to_type": "Industry", "format": "jsonld"})
    assert json.loads(response.text)["@graph"]
    assert client.get(f"/api/chain/{chain_id(chain)}?format=csv", headers={"Accept": "text/markdown"}).text[:2] == "链,"
    assert client.get(f"/api/chain/{chain_id(chain)}?format=doc").status_code == 400


def test_a_wrong_address_says_why(client: httpx.Client, chain: Chain) -> None:
    gone = "AAAA" + chain_id(chain)[4:]
    response = client.get(f"/api/chain/{gone}")
    assert response.status_code == 404
    assert response.headers["content-type"] == "application/problem+json"
    assert client.get("/api/chain/" + "A" * 200).status_code == 400


def test_old_addresses_of_chains_and_statements_outlive_a_merge(tmp_path: Path) -> None:
    with Store.open(tmp_path / "store") as store:
        store.put(document("甲文", MADE, USED))
        store.put(document("乙文", OTHER))
        old = [around(store, SHORT, "Industry:=丙产业"), around(store, LONG, "Product:丁产品")]
        decide(store, load(), id_of(SHORT), id_of(LONG), "同一家")
    with process(tmp_path / "store") as (address, _), httpx.Client(base_url=address, timeout=20) as client:
        for chain in old:
            row = client.get(f"/api/chain/{chain_id(chain)}").json()
            assert client.get(f"/api/chain/{row['id']}").json() == row
            one = client.get(f"/statement/{chain.hops[0].assertion.id}", headers={"Accept": "application/json"})
            assert one.json()["evidence"][0]["quote"] == chain.hops[0].assertion.evidence[0].quote
        assert client.get("/statement/00000000000000000000").status_code == 404
