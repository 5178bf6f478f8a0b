"""References: where the entries of a list begin and end, what each says, and which marks in the text cite them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from ingest.citations import cited
from ingest.marks import cites_in
from ingest.qualifiers import qualifiers
from ingest.reading import read
from ingest.references import cited_labels, read_references
from kg.model import Reading, Reference, Section, Sentence

Write = Callable[..., Reading]


@pytest.fixture
def paper(tmp_path: Path) -> Write:
    def write(*entries: str, body: str = "桥梁产业的政策很重要。", heading: str = "## 参考文献") -> Reading:
        path = tmp_path / "paper.md"
        text = f"# 桥梁产业的创新政策\n\n摘要：桥梁。\n\n# 1 引言\n\n{body}\n\n{heading}\n\n" + "\n".join(entries)
        path.write_text(text, encoding="utf-8")
        return read(path)

    return write


def listed(reading: Reading) -> tuple[Reference, ...]:
    found = read_references(reading.document.text, reading.document.sections)
    assert all(reading.document.text[each.start : each.end] == each.text for each in found)
    return found


FIELDS = [
    (
        "[1] 张三,李四,王五,等.桥梁产业政策的演进:基于三省的证据[J].桥梁学报(社会科学版),2019,12(3):45-58,60.",
        {
            "authors": ("张三", "李四", "王五"),
            "others": True,
            "title": "桥梁产业政策的演进:基于三省的证据",
            "container": "桥梁学报(社会科学版)",
            "year": 2019,
            "volume": "12",
            "issue": "3",
            "pages": "45-58,60",
            "kind": "journal",
        },
    ),
    (
        "[1] 张三． 桥梁 [M]． 北京： 桥梁出版社， 2011： 91-241．",
        {
            "authors": ("张三",),
            "title": "桥梁",
            "place": "北京",
            "publisher": "桥梁出版社",
            "year": 2011,
            "pages": "91-241",
            "kind": "book",
        },
    ),
    (
        "[1] 关于加强桥梁建设的决定[N].建设日报,2023-7-2(01).",
        {"authors": (), "title": "关于加强桥梁建设的决定", "date": "2023-07-02", "issue": "01", "kind": "newspaper"},
    ),
    (
        "[1] 桥梁研究中心.2024年桥梁报告[R/OL].(2024-12-14)[2025-02-16].<https://example.org/a_b/1.htm>.",
        {
            "authors": ("桥梁研究中心",),
            "title": "2024年桥梁报告",
            "year": 2024,
            "date": "2024-12-14",
            "accessed": "2025-02-16",
            "url": "https://example.org/a_b/1.htm",
            "kind": "report",
        },
    ),
    (
        "[1] 张三.桥梁序言[M]//桥梁编译局,编译.桥梁文集(第2卷).北京:桥梁出版社,2009:588-594.",
        {"title": "桥梁序言", "container": "桥梁文集(第2卷)", "publisher": "桥梁出版社", "kind": "chapter"},
    ),
    (
        "[1] 张三.桥梁企业研究[D].兰州:某某大学,2023.",
        {"kind": "thesis", "publisher": "某某大学", "place": "兰州", "year": 2023},
    ),
    (
        "[1] 张三,李四.桥梁补贴的证据[J/OL].桥梁科学,3-31[2024-11-05].https://doi.org/10.5555/bridge.2023.20.",
        {"container": "桥梁科学", "pages": "3-31", "year": None, "doi": "10.5555/bridge.2023.20", "kind": "journal"},
    ),
    (
        "1 Li X H, Wang P. Bridges of the U. S. and S. & T. policy. Bulletin of Bridges, 2023, 38(7): 1001-1011.",
        {
            "authors": ("Li X H", "Wang P"),
            "title": "Bridges of the U. S. and S. & T. policy",
            "container": "Bulletin of Bridges",
            "volume": "38",
            "issue": "7",
            "pages": "1001-1011",
        },
    ),
    (
        "1 Callaway E.Bridges of the next generation. Nature, 2023, 614: 22-25.",
        {"authors": ("Callaway E",), "title": "Bridges of the next generation", "volume": "614", "pages": "22-25"},
    ),
    (
        "1 张三. 桥梁会是未来吗? . (2021-06-07) [2024-12-30]. <https://example.org/articles/36>.",
        {"title": "桥梁会是未来吗?", "year": 2021, "url": "https://example.org/articles/36", "kind": "web"},
    ),
    (
        "[1] Lee, A., & Chen, B. C. (2007). From bridges to tunnels. Journal of Bridges, 7(3), 273–284.",
        {
            "authors": ("Lee, A.", "Chen, B. C."),
            "title": "From bridges to tunnels",
            "container": "Journal of Bridges",
            "year": 2007,
            "volume": "7",
            "issue": "3",
            "pages": "273-284",
        },
    ),
    (
        "[1] 肯某斯.金，刘某生，彭某平．桥梁的援助：以教育为例[M]．杭州：桥社,2015.",
        {"authors": ("肯某斯.金", "刘某生", "彭某平"), "title": "桥梁的援助：以教育为例"},
    ),
    (
        "[1] Miles I.. The development of bridges- A review,2010, 77:1448-1456.",
        {"authors": ("Miles I.",), "title": "The development of bridges- A review", "container": "", "volume": "77"},
    ),
    (
        "[1] Bridge Wiki.Arch [EB/OL]. [2020-09-06][2021-12-03]. htps://n.example.org/wiki/ Arch.",
        {"title": "Arch", "date": "2020-09-06", "accessed": "2021-12-03", "url": "htps://n.example.org/wiki/Arch"},
    ),
    (
        "[1] Song W, Dai J. Bridges under pools. In: Proceedings of a Conference on Bridges. Paris: OECD, 2011: 5-9.",
        {
            "title": "Bridges under pools",
            "container": "Proceedings of a Conference on Bridges",
            "place": "Paris",
            "publisher": "OECD",
            "kind": "conference",
        },
    ),
]


@pytest.mark.parametrize(("entry", "fields"), FIELDS, ids=[entry[:12] for entry, _ in FIELDS])
def test_what_an_entry_says(paper: Write, entry: str, fields: dict[str, object]) -> None:
    (found,) = listed(paper(entry))
    assert {name: getattr(found, name) for name in fields} == fields
    assert found.label == "1"


@pytest.mark.parametrize("entry", ["[1] 见前引。", "[1] 桥梁，张三，某年", "[1] ∑∫ §§ ((((", "[1] doi"])
def test_what_is_not_understood_keeps_its_text_and_nothing_is_made_up(paper: Write, entry: str) -> None:
    (found,) = listed(paper(entry))
    assert entry.endswith(found.text)
    assert (found.authors, found.year, found.pages, found.doi, found.kind) == ((), None, "", "", "")


def test_an_entry_and_its_translation_are_one_reference(paper: Write) -> None:
    one, two = listed(
        paper(
            "- 1 张三, 李四. 桥梁的“体制”研究——以三桥为例. 桥梁管理, 2024, 45(11):",
            "",
            "- 32-45.",
            "- Zhang S, Li S. A study on the “System” of bridges: Taking three as examples. "
            "*Management of Bridges*, 2024, 45 (11): 32-45. (in Chinese)",
            "- 2 王五. 桥. 桥报, 2024-10-14 (04).  ",
            "Wang W. Bridge. Bridge Daily, 2024-10-14 (04). (in Chinese)",
        )
    )
    assert (one.title, one.pages) == ("桥梁的“体制”研究——以三桥为例", "32-45")
    assert (one.authors_en, one.container_en) == (("Zhang S", "Li S"), "Management of Bridges")
    assert one.title_en == "A study on the “System” of bridges: Taking three as examples"
    assert (two.label, two.container, two.container_en, two.date) == ("2", "桥报", "Bridge Daily", "2024-10-14")


def test_entries_on_one_line_out_of_order_or_broken_by_lines_are_told_apart(paper: Write) -> None:
    found = listed(
        paper(
            "[1]张三.一桥[M].北京：桥社，2011:",
            "91-241.[2]李四.二桥[J].桥报,  ",
            "2012,2(4):114-118.",
            "［4］王五．四桥［J］．桥报,2014,(4):1-3.",
            "[3] 赵六.三桥[J].桥报,2013,(4):1-3.",
        )
    )
    assert [(each.label, each.title, each.pages) for each in found] == [
        ("1", "一桥", "91-241"),
        ("2", "二桥", "114-118"),
        ("4", "四桥", "1-3"),
        ("3", "三桥", "1-3"),
    ]


def test_what_stands_behind_the_list_is_no_entry(paper: Write) -> None:
    (found,) = listed(paper("[1] 张三.一桥[J].桥报,2014,(4):1-3.", "", "作者贡献说明：张三设计了研究。"))
    assert found.text.endswith("1-3.")


def test_a_long_line_is_read_in_no_time(paper: Write) -> None:
    found = listed(paper("[1] " + "张三, " * 20_000 + ". " + "A. " * 20_000, "[2] " + "(((([[[[" * 20_000))
    assert all(len(each.text) <= 1500 for each in found)


# ---- Marks


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        ("效果好<sup>[12,13]</sup>。", ["12", "13"]),
        ("效果好^[3-5]。", ["3", "4", "5"]),
        ("效果好［7］。", ["7"]),
        ("效果好[8，政策多。", ["8"]),
        ("效果好$^{[2]}$。", ["2"]),
        ("效果好^{1,2}。", ["1", "2"]),
        ("效果好¹²，政策多。", ["12"]),
        ("效果好<sup>①</sup>。", []),
        ("面积10^{3}米，5m<sup>2</sup>，CO<sub>2</sub>，10³千克。", []),
        ("[2025-02-21]发布，[1234]号。", []),
    ],
)
def test_which_marks_cite(text: str, labels: list[str]) -> None:
    assert [label for _, label in cites_in(text, 0, len(text))] == labels


def test_a_sentence_keeps_the_marks_that_it_hides(paper: Write) -> None:
    reading = paper(body="桥梁<sup>[1]</sup>很好，政策多^[2]。[3]下一句[4-5]。\n\n[6] 这一段。")
    one, two, three = (sentence for sentence in reading.sentences if sentence.text != "桥梁。")
    assert (one.text, one.cites) == ("桥梁很好，政策多。", ((2, "1"), (8, "2"), (9, "3")))
    assert (two.text, two.cites) == ("下一句。", ((3, "4"), (3, "5")))
    assert three.cites == ()
    document = reading.document
    assert cited_labels(document.text, document.sections) == ("1", "2", "3", "4", "5", "6")


SENTENCE = "甲促进乙，丙促进丁，戊很多。"


def behind(text: str, first: str, last: str, *cites: tuple[str, str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What is cited for what stands from `first` to `last` where marks stand behind the words of `cites`."""
    places = tuple((text.index(word) + len(word), label) for word, label in cites)
    section = Section("1", ("1",), "body", 0, len(text))
    sentence = Sentence(text, tuple(range(len(text))), section, places)
    language = "en" if text.isascii() else "zh"
    found = cited(sentence, text.index(first), text.index(last) + len(last), qualifiers(language))
    return found.labels, found.sources


@pytest.mark.parametrize(
    ("first", "last", "cites", "labels"),
    [
        ("甲", "乙", [("乙", "1")], ("1",)),
        ("甲", "乙", [("乙，", "1")], ("1",)),
        ("甲", "乙", [("丁", "2")], ()),
        ("甲", "丁", [("乙", "1"), ("丁", "2")], ("1", "2")),
        ("丙", "丁", [("乙", "1"), ("丁", "2")], ("2",)),
        ("丙", "丁", [("乙，", "1")], ()),
        ("甲", "乙", [("很多", "3")], ("3",)),
        ("甲", "乙", [("很多。", "3"), ("很多。", "4")], ("3", "4")),
        ("甲", "乙", [("丁", "2"), ("很多", "3")], ()),
    ],
)
def test_a_mark_belongs_to_the_clause_that_it_ends(
    first: str, last: str, cites: list[tuple[str, str]], labels: tuple[str, ...]
) -> None:
    assert behind(SENTENCE, first, last, *cites) == (labels, ())


@pytest.mark.parametrize(
    ("text", "first", "last", "mark", "found"),
    [
        ("根据桥梁局调查，甲为3%，乙为5%。", "乙", "5%", "调查", (("7",), ("7",))),
        ("《桥梁报告》显示，甲为3%，乙为5%。", "乙", "5%", "》", (("7",), ("7",))),
        ("《桥梁报告》显示甲为3%；乙为5%，丙少。", "乙", "5%", "》", ((), ())),
        ("甲很重要，乙为5%，丙少。", "乙", "5%", "重要", ((), ())),
        (
            "According to the Bridge Office, iron grew, and steel fell in 2001.",
            "steel",
            "2001",
            "Office",
            (("7",), ("7",)),
        ),
    ],
)
def test_a_source_named_ahead_stands_behind_what_follows(
    text: str, first: str, last: str, mark: str, found: tuple[tuple[str, ...], tuple[str, ...]]
) -> None:
    assert behind(text, first, last, (mark, "7")) == found


PAPERS = Path(__file__).resolve().parents[2] / "shared" / "papers"


@pytest.mark.parametrize(("name", "entries", "journals"), [("he2025", 36, 24), ("yao2025", 27, 23)])
def test_the_papers(name: str, entries: int, journals: int) -> None:
    if not PAPERS.is_dir():
        pytest.skip("../shared/papers is missing")
    reading = read(PAPERS / f"{name}.txt")
    found = listed(reading)
    assert [each.label for each in found] == [str(n) for n in range(1, entries + 1)]
    assert all(each.title and each.kind and (each.year or each.accessed) for each in found)
    assert sum(each.kind == "journal" and bool(each.pages and each.container) for each in found) == journals
    assert set(cited_labels(reading.document.text, reading.document.sections)) == {each.label for each in found}
