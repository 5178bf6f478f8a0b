"""Citing: GB/T 7714, BibTeX and RIS as the parsers of others read them; the command and the API."""

import json
from dataclasses import replace
from pathlib import Path

import bibtexparser
import httpx
import pytest
import rispy
from bibtexparser.middlewares import LatexDecodingMiddleware
from hypothesis import given
from hypothesis import strategies as st
from served import process
from small_graphs import Fact, citing, document
from typer.testing import CliRunner

from kg.cite import STYLES, Work, at_page, of_document, of_reference, short, written
from kg.cli import app  # noqa: TID251  (this tests a command)
from kg.errors import QueryError
from kg.model import Bibliography, Reference
from kg.store import Store

PAPER = Bibliography(
    title_zh="桥梁产业的政策",
    title_en="Policies for the bridge industry",
    authors=("张三", "李四", "王五", "赵六"),
    authors_en=("ZHANG San", "LI Si", "WANG Wu", "ZHAO Liu"),
    journal_zh="桥梁学报(社会科学版)",
    journal_en="Journal of Bridges",
    year=2025,
    volume="40",
    issue="5",
    pages="781-794",
    doi="10.1234/j.2025_05.001",
    keywords=("桥梁", "政策"),
)
ENTRY = "Lee A, Chen B, et al. On bridges & 50% of $tolls: a {study}_of ~all~. Journal of Tolls, 2020, 4(2): 1-9."
LISTED = Reference(
    *("7", ENTRY, 10, 10 + len(ENTRY), ("Lee A", "Chen B", "World Bank and Office of Tolls")),
    *("On bridges & 50% of $tolls: a {study}_of ~all~", "Journal of Tolls", 2020, "4", "2", "1-9"),
    kind="journal",
    others=True,
)


def bibtex(text: str) -> dict[str, str]:
    library = bibtexparser.parse_string(text, append_middleware=[LatexDecodingMiddleware()])
    assert library.failed_blocks == []
    (entry,) = library.entries
    return {"type": entry.entry_type, "key": entry.key, **{f.key: f.value for f in entry.fields}}


def ris(text: str) -> dict[str, object]:
    (entry,) = rispy.loads(text)
    return dict(entry)


def test_a_paper_in_the_national_style_in_both_languages() -> None:
    zh, en = written(of_document("a", PAPER), "gbt7714").splitlines()
    assert zh == (
        "张三, 李四, 王五, 等. 桥梁产业的政策[J]. 桥梁学报(社会科学版), 2025, 40(5): 781-794."
        " DOI: 10.1234/j.2025_05.001"
    )
    assert en == (
        "ZHANG San, LI Si, WANG Wu, et al. Policies for the bridge industry[J]. Journal of Bridges, 2025, 40(5):"
        " 781-794. DOI: 10.1234/j.2025_05.001"
    )


@pytest.mark.parametrize(
    ("work", "said"),
    [
        (
            Work("k", "newspaper", ("张三",), "桥", "桥报", 2024, issue="04", date="2024-10-14"),
            "张三. 桥[N]. 桥报, 2024-10-14(04).",
        ),
        (
            Work("k", "book", ("张三",), "桥", year=2018, pages="2-9", publisher="桥社", place="北京"),
            "张三. 桥[M]. 北京: 桥社, 2018: 2-9.",
        ),
        (
            Work("k", "chapter", ("张三",), "桥", "桥集", 2018, pages="2-9", publisher="桥社", place="北京"),
            "张三. 桥[M]//桥集. 北京: 桥社, 2018: 2-9.",
        ),
        (
            Work("k", "thesis", ("张三",), "桥", year=2018, publisher="桥大学", place="北京"),
            "张三. 桥[D]. 北京: 桥大学, 2018.",
        ),
        (
            Work(
                "k", "web", ("张三",), "桥?", year=2021, url="https://a.b/c", date="2021-06-07", accessed="2024-12-30"
            ),
            "张三. 桥?[EB/OL]. (2021-06-07)[2024-12-30]. https://a.b/c",
        ),
        (Work("k", "journal", (), "桥", "桥刊", 2024, issue="3"), "桥[J]. 桥刊, 2024(3)."),
        (Work("k", title="桥"), "桥."),
        (Work("k", text="见前引"), "见前引"),
    ],
    ids=["newspaper", "book", "chapter", "thesis", "web", "no author", "title only", "not understood"],
)
def test_each_kind_in_the_national_style_with_what_is_known(work: Work, said: str) -> None:
    assert written(work, "gbt7714") == said


def test_bibtex_as_a_parser_reads_it() -> None:
    read = bibtex(written(of_document("he 2025", PAPER), "bibtex"))
    assert read["type"] == "article"
    assert read["key"].isascii()
    assert read["key"].startswith("he-2025-")
    assert read["author"] == "张三 and 李四 and 王五 and 赵六"
    assert read["author_en"] == "ZHANG, San and LI, Si and WANG, Wu and ZHAO, Liu"
    assert (read["title"], read["title_en"]) == ("桥梁产业的政策", "Policies for the bridge industry")
    assert (read["journal"], read["year"], read["volume"], read["number"]) == (
        "桥梁学报(社会科学版)",
        "2025",
        "40",
        "5",
    )
    assert (read["pages"], read["doi"]) == ("781–794", "10.1234/j.2025_05.001")
    assert not read.keys() & {"publisher", "address", "url", "note", "urldate"}


def test_what_tex_would_read_as_a_command_comes_back_as_it_was() -> None:
    text = written(of_reference("a", LISTED), "bibtex")
    # the parser's decoder drops braces, so that these are looked at before
    assert r"a \textbraceleft{}study\textbraceright{}\_of" in text
    assert "and {World Bank and Office of Tolls} and others" in text
    read = bibtex(text)
    assert read["title"] == "On bridges & 50% of $tolls: a study_of ~all~"
    assert read["author"] == "Lee, A and Chen, B and World Bank and Office of Tolls and others"


def test_ris_as_a_parser_reads_it() -> None:
    read = ris(written(at_page(of_document("a", PAPER), "785"), "ris"))
    assert read["type_of_reference"] == "JOUR"
    assert read["authors"] == ["张三", "李四", "王五", "赵六"]
    assert (read["title"], read["translated_title"]) == (PAPER.title_zh, PAPER.title_en)
    assert (read["secondary_title"], read["year"], read["volume"], read["number"]) == (
        *("桥梁学报(社会科学版)", "2025", "40", "5"),
    )
    assert (read["start_page"], read["end_page"], read["doi"]) == ("781", "794", PAPER.doi)
    assert (read["keywords"], read["notes"]) == (["桥梁", "政策"], ["p. 785"])


hostile = st.text(max_size=20) | st.sampled_from(
    ["}", "{", "\\", "\\input{x}", "ER  - ", "a\nTY  - BOOK", '"', "%", "@"]
)


@given(hostile, hostile, hostile, st.sampled_from(["journal", "book", "web", ""]))
def test_nothing_in_a_field_breaks_out_of_it(title: str, name: str, url: str, kind: str) -> None:
    work = Work("k", kind, (name,), title, url=url, year=2020, text="x")  # type: ignore[arg-type]
    library = bibtexparser.parse_string(written(work, "bibtex"))
    assert (len(library.entries), library.failed_blocks, library.entries[0].key) == (1, [], "k")
    assert library.entries[0].fields_dict["year"].value == "2020"
    (entry,) = rispy.loads(written(work, "ris"))
    assert (entry["id"], entry["year"]) == ("k", "2020")


def test_the_page_that_is_pointed_to() -> None:
    work = at_page(of_document("a", PAPER), "785")
    assert "40(5): 785. DOI" in written(work, "gbt7714")
    assert bibtex(written(work, "bibtex"))["note"] == "p. 785"
    with pytest.raises(QueryError, match="page 900 is not one of pages 781-794"):
        at_page(of_document("a", PAPER), "900")


def test_what_does_not_say_its_title_cannot_be_cited() -> None:
    with pytest.raises(QueryError, match="does not say its title"):
        of_document("a", Bibliography(authors=("张三",)))
    with pytest.raises(QueryError, match="there is no style"):
        written(Work("k"), "apa")  # type: ignore[arg-type]


def test_a_reference_on_one_line() -> None:
    assert short(LISTED).startswith("Lee A, Chen B, World Bank and Office of Tolls, et al. On bridges")
    assert short(Reference("1", "见 前引", 0, 4)) == "见 前引"


# ---- The command and the API

FACT = Fact("Program:863计划", "targets", "Industry:半导体产业")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("cite") / "store"
    with Store.open(path) as store:
        store.put(citing(document("a", FACT), ENTRY, cites=("1", "8")))
        store.put(document("b"))
    return path


def kg(place: Path, *arguments: str) -> str:
    done = CliRunner().invoke(app, [*arguments, "--store", str(place)])
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.parametrize("style", STYLES)
def test_one_document_all_of_them_and_a_reference(place: Path, style: str) -> None:
    one, every = kg(place, "cite", "a", "--style", style), kg(place, "cite", "--all", "--style", style)
    assert one in every
    assert len(every) > len(one)
    assert "Journal of Tolls" in kg(place, "cite", "a", "--reference", "1", "--style", style)


def test_citations_as_json_and_into_a_file(place: Path, tmp_path: Path) -> None:
    rows = json.loads(kg(place, "cite", "--all", "--format", "json"))["citations"]
    assert [(row["source"], row["style"]) for row in rows] == [("a", "gbt7714"), ("b", "gbt7714")]
    kg(place, "cite", "--all", "--style", "bibtex", "-o", str(tmp_path / "all.bib"))
    library = bibtexparser.parse_file(str(tmp_path / "all.bib"))
    assert [entry.key for entry in library.entries] == ["a", "b"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "name one document"),
        (("a", "--all"), "name one document"),
        (("a", "--reference", "9"), "lists no reference 9: it has 1 to 1"),
        (("b", "--reference", "1"), "its list of references was not found"),
        (("c",), "no document named c"),
    ],
)
def test_what_cannot_be_cited_is_said(place: Path, arguments: tuple[str, ...], said: str) -> None:
    done = CliRunner().invoke(app, ["cite", *arguments, "--store", str(place)])
    assert said in str(done.exception)


def test_the_source_behind_a_claim_is_shown(place: Path) -> None:
    shown = kg(place, "show", "863计划")
    assert "据 [1] Lee A, Chen B, et al. On bridges" in shown
    assert "据 [8] （未列出）" in shown
    assert "citing [8] (not listed)" in kg(place, "show", "863计划", "--lang", "en")
    row = json.loads(kg(place, "show", "863计划", "--format", "json"))
    assert row["outgoing"][0]["evidence"][0]["cites"] == ["1", "8"]
    (reference,) = row["references"]
    assert (reference["source"], reference["label"], reference["year"]) == ("a", "1", 2020)
    assert reference["kind_label"]["en"] == "journal article"


def test_a_claim_attributed_by_a_mark_points_to_the_reference() -> None:
    said = (replace(FACT, attributed_to="某局[1]"), replace(FACT, time="2001年", attributed_to="某局"))
    with Store.in_memory() as store:
        store.put(citing(document("a", *said), ENTRY))
        rows = store.select(
            "SELECT ?by ?year { GRAPH ?g { ?st pkg:attributedToWork ?ref ; pkg:attributedTo ?by . ?g cito:cites ?ref . "
            "?ref dcterms:issued ?year } }"
        )
        assert [(row["by"].value, row["year"].value) for row in rows] == [("某局[1]", "2020")]


def test_the_api_lists_references_and_cites(place: Path) -> None:
    with process(place) as (address, _), httpx.Client(base_url=f"{address}/api/", timeout=20) as client:
        (reference,) = client.get("references", params={"source": "a"}).json()["references"]
        assert reference["text"] == ENTRY
        cited = client.get("cite", params={"source": "a", "reference": "1", "style": "ris"}).json()
        assert ris(cited["text"])["year"] == "2020"
        assert client.get("cite", params={"source": "a"}).json()["text"].startswith("a.")
        assert client.get("cite", params={"source": "a", "reference": "5"}).status_code == 404
        assert client.get("cite", params={"source": "a", "style": "apa"}).status_code == 400
