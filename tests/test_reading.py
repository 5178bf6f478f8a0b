"""Reading: from files to documents, sections, sentences and bibliographic data."""

from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.formats import LARGEST
from ingest.reading import documents_in, read
from kg.errors import DocumentError
from kg.model import Reading

PAPERS = Path(__file__).resolve().parents[2] / "shared" / "papers"

PAPER = """
引用格式: 张三, 李四, 等. 桥梁产业的创新政策. 政策学刊, 2023, 12(3): 45-58, doi: 10.1234/j.issn.0000-0001.2023.03.005.

Zhang S, Li S, et al. Innovation policy of bridge building. Journal of Policy, 2023, 12(3): 45-58. (in Chinese)

# 桥梁产业的创新政策

张三<sup>1</sup> 李 四<sup>2\\*</sup>

1 某某大学 北京 100000

**摘要** 桥梁是交通的关键。文章讨论其政策。

**关键词** 桥梁，创新政策 DOI 10.1234/j.issn.0000-0001.2023.03.005

桥梁产业发展很快<sup>[1]</sup>。各国政府都重视钢

\\*通信作者

修改稿收到日期：2023年1月1日

材和水泥的研究^[2,3]。它们是基础$^{[4]}$。

## 1 国外做法

### 1.1 甲国

甲国投资3 000亿元，推动“桥梁” 计划(Bridge Plan Two)实施。

(1) **设立专项。**政府设立了专项，支持

图1 甲国的桥梁专项

Figure 1 Bridge programs of country A

资料来源：统计局。

高校研究。

① 赵五. 桥梁新闻. (2022-01-01)[2022-02-02]. <https://example.org/a>.

地区\t投入
东部\t3 100.5

(2) 推广应用。① 促进应用的政策。包括补贴。

① 国家通过补贴支持应用，效果良好。

## 2 结语

要继续努力！

## 参考文献

- 1 王六. 钢材研究. 材料, 2020, (1): 1-5.
Wang L. Steel research. Materials, 2020, (1): 1-5.

## Innovation policy of bridge building

ZHANG San<sup>1</sup> LI Si<sup>2</sup>

**Abstract** Bridges are the key to transport. The paper discusses policy.

**Keywords** bridges, innovation policy

**张三** 某某大学教授。研究桥梁。E-mail: z@example.org
"""


@pytest.fixture
def write(tmp_path):
    def write(text: str, name: str = "text.txt") -> Path:
        path = tmp_path / name
        path.write_text(text, encoding="utf-8", newline="")
        return path

    return write


@pytest.fixture
def texts(write):
    return lambda text: [sentence.text for sentence in read(write(text)).sentences]


@pytest.fixture
def paper(write) -> Reading:
    return read(write(PAPER, "paper.md"))


def labels(reading: Reading) -> dict[str, str]:
    return {sentence.text: sentence.section.label for sentence in reading.sentences}


def faithful(reading: Reading) -> bool:
    text = reading.document.text
    return all(
        char == text[offset] or (char == " " and text[offset].isspace())
        for sentence in reading.sentences
        for char, offset in zip(sentence.text, sentence.offsets, strict=True)
    )


# --- a whole paper ----------------------------------------------------------------------------------------------------


def test_the_sentences_of_a_paper_are_those_a_reader_reads(paper):
    assert [sentence.text for sentence in paper.sentences] == [
        "桥梁是交通的关键。",
        "文章讨论其政策。",
        "桥梁产业发展很快。",
        "各国政府都重视钢材和水泥的研究。",
        "它们是基础。",
        "甲国投资3 000亿元，推动“桥梁”计划(Bridge Plan Two)实施。",
        "(1)设立专项。",
        "政府设立了专项，支持高校研究。",
        "(2)推广应用。",
        "①促进应用的政策。",
        "包括补贴。",
        "①国家通过补贴支持应用，效果良好。",
        "要继续努力！",
    ]


def test_a_sentence_cut_by_a_page_has_evidence_in_two_spans(paper):
    cut = next(s for s in paper.sentences if s.text.startswith("各国"))
    assert [span.quote for span in cut.spans(paper.document)] == ["各国政府都重视钢", "材和水泥的研究^[2,3]。"]


def test_sections_are_cited_by_their_numbers_and_know_the_headings_above(paper):
    found = {s.text: s.section for s in paper.sentences}
    assert found["政府设立了专项，支持高校研究。"].label == "1.1(1)"
    assert found["政府设立了专项，支持高校研究。"].path == ("1 国外做法", "1.1 甲国", "(1) 设立专项")
    assert found["①国家通过补贴支持应用，效果良好。"].label == "1.1(2)①"
    assert found["要继续努力！"].path == ("2 结语",)


def test_every_part_of_a_paper_is_what_it_is(paper):
    kinds = {}
    for section in paper.document.sections:
        kinds.setdefault(section.kind, "")
        kinds[section.kind] += paper.document.text[section.start : section.end]
    assert "张三<sup>" in kinds["front"]
    assert "关键词" in kinds["front"]
    assert kinds["abstract"].startswith("**摘要**")
    assert "通信作者" in kinds["notes"]
    assert "example.org" in kinds["notes"]
    assert "东部" in kinds["notes"]
    assert "研究桥梁" in kinds["notes"]
    assert "王六" in kinds["references"]
    assert "Bridges are the key" in kinds["foreign"]


def test_sections_follow_each_other_in_the_document(paper):
    sections = paper.document.sections
    assert all(a.end <= b.start for a, b in pairwise(sections))


def test_the_bibliography_is_what_the_paper_states(paper):
    data = paper.document.bibliography
    assert (data.title_zh, data.title_en) == ("桥梁产业的创新政策", "Innovation policy of bridge building")
    assert (data.authors, data.authors_en) == (("张三", "李四"), ("ZHANG San", "LI Si"))
    assert (data.journal_zh, data.journal_en) == ("政策学刊", "Journal of Policy")
    assert (data.year, data.volume, data.issue, data.pages) == (2023, "12", "3", "45-58")
    assert data.doi == "10.1234/j.issn.0000-0001.2023.03.005"
    assert (data.keywords, data.keywords_en) == (("桥梁", "创新政策"), ("bridges", "innovation policy"))


def test_a_document_is_named_by_its_file_and_its_place(write, tmp_path):
    (tmp_path / "b").mkdir()
    one, two = read(write("一句话。")), read(write("一句话。", "b/text.txt"))
    assert one.document.source == two.document.source == "text"
    assert one.document.location != two.document.location
    assert str(tmp_path) not in one.document.location


# --- sentences --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("他问：“行吗？”没有人答。", ["他问：“行吗？”", "没有人答。"]),
        ("成本为0.3元；效率高。（见图1。）完了！", ["成本为0.3元；效率高。", "（见图1。）", "完了！"]),
        ('他说:"好。"我们走。', ['他说:"好。"', "我们走。"]),
        ("技术<sup>①</sup>很好。[5]又一句[12,13-15]。", ["技术很好。", "又一句。"]),
        ("达到 $8 0 . 5 \\%$ 以上$^{[3]}$。", ["达到80.5%以上。"]),
        ("$\\bullet$ 第一项工程已经建成。", ["第一项工程已经建成。"]),
        ("面积为5 km<sup>2</sup>的园区。", ["面积为5 km2的园区。"]),
        ("排放CO<sub>2</sub>的**企业**减少。", ["排放CO2的企业减少。"]),
        ("参见[主页](https://example.org/a_(b))的说明文字。", ["参见主页的说明文字。"]),
        ("企业 使用 GPU Cluster 和 数据。", ["企业使用GPU Cluster和数据。"]),
        ("\ufeff政府支持企业。", ["政府支持企业。"]),
        ("政府\u200b支持\r\n企业创新。", ["政府支持企业创新。"]),
        ("该计划已完成<!-- 说明 -->。![图](a.png)", ["该计划已完成。"]),
    ],
)
def test_chinese_sentences(texts, text, expected):
    assert texts(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "The U.S. Government and Intel Inc. agreed, i.e. signed. It cost $3.5 billion (No. 5).",
            ["The U.S. Government and Intel Inc. agreed, i.e. signed.", "It cost $3.5 billion (No. 5)."],
        ),
        ("Dr. J. Smith et al. Reported it. He left.", ["Dr. J. Smith et al. Reported it.", "He left."]),
        ("It began in the U.S. The program grew.", ["It began in the U.S.", "The program grew."]),
        (
            "He said, “Go.” They went [4] home.[5] Why? Nobody knows!",
            ["He said, “Go.”", "They went home.", "Why?", "Nobody knows!"],
        ),
        (
            "The agency funds research across\nthe whole country. It also trains\npeople in laboratories.",
            ["The agency funds research across the whole country.", "It also trains people in laboratories."],
        ),
        (
            "Sec. 2. Policy. It is so. (a) The Secretary of E.O. 14017 acts.",
            ["Sec. 2. Policy.", "It is so.", "(a) The Secretary of E.O. 14017 acts."],
        ),
        ("Costs fell from $5 billion to $3 billion.", ["Costs fell from $5 billion to $3 billion."]),
    ],
)
def test_english_sentences(texts, text, expected):
    assert texts(text) == expected


def test_a_space_for_a_line_break_has_the_offset_of_the_line_break(write):
    reading = read(write("The agency funds\nresearch in labs."))
    sentence = reading.sentences[0]
    assert reading.document.text[sentence.offsets[sentence.text.index(" research")]] == "\n"


# --- paragraphs -------------------------------------------------------------------------------------------------------


def test_a_paragraph_that_breaks_off_goes_on_behind_whatever_stands_between(texts):
    text = (
        "政府支持企业开展研究，并\n\n![](images/a.jpg)\n\n表2 各地投入\n\n<table><tr><td>一</td></tr></table>\n\n"
        "- 12 -\n\n作者简介：某某，教授，研究政策。\n\n推动成果转化。"
    )
    assert texts(text) == ["政府支持企业开展研究，并推动成果转化。"]


def test_a_numbered_heading_ends_a_paragraph_that_breaks_off(texts):
    assert texts("政府支持企业开展研究，并\n\n## 2 企业做法\n\n企业投入资金。") == [
        "政府支持企业开展研究，并",
        "企业投入资金。",
    ]


def test_a_lost_stop_before_a_citation_does_not_join_paragraphs(texts):
    text = "该法规定，政府可以咨询学会[22]\n\n次年设立了顾问。\n\n后来，这项办法[3]\n\n，也被采用。"
    assert texts(text) == ["该法规定，政府可以咨询学会", "次年设立了顾问。", "后来，这项办法，也被采用。"]


def test_items_of_a_list_are_sentences_of_their_own(texts):
    text = "The office will:\n\n-   Fund the new research centers in all states\n-   Train people; and\n-   Kaohsiung\n"
    assert texts(text) == ["The office will:", "Fund the new research centers in all states", "Train people; and"]


def test_a_sentence_about_a_figure_is_no_caption(texts):
    assert texts("图7显示了申请的情况。\n\n图7 申请人情况\n\n表1 机构") == ["图7显示了申请的情况。"]


def test_lines_of_a_paragraph_belong_together_and_indents_part_paragraphs(texts):
    assert texts("　　政府支持企业创新，\n推动发展。\n　　企业很多。\n　　高校也多。") == [
        "政府支持企业创新，推动发展。",
        "企业很多。",
        "高校也多。",
    ]


# --- sections ---------------------------------------------------------------------------------------------------------


def test_chinese_numbers_name_sections(write):
    reading = read(
        write(
            "三、主要任务\n\n工作很多。\n\n（二）产业\n\n发展产业。\n\n1. 培育企业。要帮助企业。\n\n结语\n\n努力工作。"
        )
    )
    assert labels(reading) == {
        "工作很多。": "三",
        "发展产业。": "三(二)",
        "1.培育企业。": "三(二)(1)",
        "要帮助企业。": "三(二)(1)",
        "努力工作。": "结语",
    }


def test_articles_of_a_law_are_cited_by_themselves(write):
    reading = read(
        write(
            "# 某某法\n\n## 第一章 总 则\n\n第一条 为了进步，制定本法。\n\n第二条 国家鼓励下列活动：\n\n（一）研究；\n"
        )
    )
    assert list(labels(reading).values()) == ["第一条", "第二条", "第二条(一)"]
    assert reading.sentences[0].section.path[0] == "第一章 总则"


def test_figures_run_together_with_a_heading_are_told_apart_by_counting(write):
    text = "# 2.2 前期\n\n甲。乙国领先世界。\n\n# 2.320世纪的复兴\n\n丙国复兴工业。\n\n# 2.4 后期\n\n丁国跟进。"
    assert labels(read(write(text)))["丙国复兴工业。"] == "2.3"
    assert read(write(text)).sentences[-2].section.path[-1] == "2.3 20世纪的复兴"


def test_american_orders_are_cited_by_section_and_letter(write):
    text = (
        "Sec.\n3.  Drones.  The Secretary acts.\n\n(b)  The Administrator shall do so:\n\n(i)  review the rules; and\n"
    )
    assert labels(read(write(text)))["(i) review the rules; and"] == "Sec. 3(b)(i)"


def test_unmarked_titles_head_the_sections_of_an_english_text(write):
    text = "History\n\nThe agency was founded in 1958.\n\nMain objectives\n\nIt funds the research of others."
    assert [s.section.label for s in read(write(text)).sentences] == ["", "Main objectives"]


def test_a_text_without_any_structure_is_all_body(write):
    reading = read(write("政府支持企业。\n企业投资研究。"))
    assert {section.kind for section in reading.document.sections} == {"body"}
    assert labels(reading) == {"政府支持企业。": "", "企业投资研究。": ""}


def test_an_abstract_in_the_other_language_at_the_head_is_foreign(texts):
    text = (
        "# 题目很长的论文\n\n摘要：本文讨论政策。\n\nAbstract: This paper discusses policy. It is good.\n\n"
        "Keywords: policy\n\n# 1 引言\n\n政策很重要。"
    )
    assert texts(text) == ["本文讨论政策。", "政策很重要。"]


def test_an_abstract_may_share_its_line_with_addresses_and_keywords(texts):
    text = (
        "# 论信息政策\n\n某某 某某所 北京 100190【摘要】本文讨论政策。【关键词】政策；信息\n\n# 1 前言\n\n政策很重要。"
    )
    assert texts(text) == ["本文讨论政策。", "政策很重要。"]


def test_language(write):
    assert read(write("政府支持the use of GPU企业创新发展。")).document.language == "zh"
    assert read(write("The 发改委 supports the use of chips.")).document.language == "en"


# --- bibliography -----------------------------------------------------------------------------------------------------


def test_front_matter(write):
    text = (
        "---\ntitle: 论桥梁政策\nauthors:\n  - 张三\n  - 李四\njournal: 政策学刊\nyear: 2021\ndoi: 10.1000/x.1\n"
        "keywords: [桥梁, 政策]\nlanguage: zh\n---\n\n# 1 引言\n\n政策很重要。\n"
    )
    reading = read(write(text, "a.md"))
    data = reading.document.bibliography
    assert (data.title_zh, data.authors, data.journal_zh, data.year) == (
        "论桥梁政策",
        ("张三", "李四"),
        "政策学刊",
        2021,
    )
    assert (data.doi, data.keywords) == ("10.1000/x.1", ("桥梁", "政策"))
    assert [sentence.text for sentence in reading.sentences] == ["政策很重要。"]


def test_lines_that_name_their_fields(write):
    text = (
        "Title: The Chip Act\nAuthors: Ann Lee; Bo Chen\nDate: 2022-10-13\n\nThe act funds the research of many firms."
    )
    data = read(write(text)).document.bibliography
    assert (data.title_en, data.authors_en, data.year) == ("The Chip Act", ("Ann Lee", "Bo Chen"), 2022)


def test_a_chinese_citation_in_the_national_style(write):
    text = (
        "欢迎按以下格式引用:张三,李四.论桥梁:意义与挑战[J].大学学报(社会科学版),2024(3):1-19. Doi:10.1000/x.2024.\n\n"
        "摘要:桥梁很重要。\n\n关键词:桥梁;政策\n\n一、现状\n\n桥梁很多。"
    )
    data = read(write(text)).document.bibliography
    assert (data.title_zh, data.journal_zh) == ("论桥梁:意义与挑战", "大学学报(社会科学版)")
    assert (data.authors, data.issue, data.volume, data.doi) == (("张三", "李四"), "3", "", "10.1000/x.2024")


def test_nothing_is_guessed(write):
    data = read(write("政府支持企业。2019年企业投资研究，见10.5亿元的项目。")).document.bibliography
    assert data == type(data)()


# --- errors -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "is empty"),
        (b"\xef\xbb\xbf \r\n", "is empty"),
        (
            "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19，的。".encode("gb18030"),
            "iconv -f GB18030 -t UTF-8 text.txt",
        ),
        ("政府支持企业发展，这是我们的目标。".encode("utf-16-le"), "iconv -f UTF-16LE -t UTF-8 text.txt"),
        ("政府支持企业。".encode() + b"\xff and more text", "is not UTF-8 at byte 21"),
        (b"text\x00\x01\x02 more", "byte 4 is a control character"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff\xfe\x80", "is no text"),
        ("一\n二\n三".encode(), "holds no sentence"),
    ],
)
def test_what_cannot_be_read_is_refused_with_a_remedy(tmp_path, data, words):
    path = tmp_path / "text.txt"
    path.write_bytes(data)
    with pytest.raises(DocumentError) as caught:
        read(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_file_too_large_is_refused(tmp_path):
    path = tmp_path / "text.txt"
    with path.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(DocumentError, match="20,000,001 bytes"):
        read(path)


def test_folders_missing_files_and_other_endings_are_refused(tmp_path):
    with pytest.raises(DocumentError, match="is a folder"):
        read(tmp_path)
    with pytest.raises(DocumentError, match="does not exist"):
        read(tmp_path / "no.txt")
    (tmp_path / "a.xls").write_bytes(b"x")
    with pytest.raises(DocumentError, match=r"is none of \.md, \.txt"):
        read(tmp_path / "a.xls")


def test_documents_in_folders_and_files(tmp_path):
    for name in ("b.txt", "a.md", "sub/c.TXT", "sub/d.csv", ".hidden/e.txt", ".f.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("一句话。", encoding="utf-8")
    found = documents_in([tmp_path, tmp_path / "a.md"])
    assert [path.relative_to(tmp_path).as_posix() for path in found] == ["a.md", "b.txt", "sub/c.TXT"]
    assert documents_in([tmp_path / ".hidden"])


def test_documents_in_refuses_what_holds_none(tmp_path):
    with pytest.raises(DocumentError, match=r"holds no document \(\.md, \.txt, \.pdf"):
        documents_in([tmp_path])
    (tmp_path / "a.csv").write_text("x", encoding="utf-8")
    with pytest.raises(DocumentError, match=r"is none of \.md, \.txt"):
        documents_in([tmp_path / "a.csv"])
    with pytest.raises(DocumentError, match="does not exist"):
        documents_in([tmp_path / "gone"])


# --- properties -------------------------------------------------------------------------------------------------------

WORDS = """政府 支持 企业 。 ， ； ： ！ ？ “ ” （ ） 《 》 ( ) . , ! ? " ' The U.S. program (a) 1 1.1 2.320世纪 (1)
（一） 一、 ① 第一条 第三章 # ## ** * _ ` == - | $ ^ \\ <sup>[1]</sup> ^[2] [3] $^{[5]}$ $8\\%$ $\\bullet$ 图1 表2
参考文献 摘要 关键词 结语 来源： Abstract: Keywords: DOI 10.1/x [J] https://a.b <b> </b> ![](a.png) [a](b) Sec.
--- title: 𠀀"""
SPACES = ("\n", "\n\n", "\r\n", "\r\n\r\n", " ", "  ", "\t", "\u3000", "\ufeff", "\u200b", "\x0c", "\x85", "\u2028")
PIECES = st.sampled_from((*WORDS.split(), *SPACES))


@settings(max_examples=300, deadline=None)
@given(st.lists(PIECES, max_size=60).map("".join))
def test_every_character_of_every_sentence_stands_in_the_document(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "generated.txt"
    path.write_bytes(f"{text}\n\n政府支持企业。\n".encode())
    try:
        reading = read(path)
    except DocumentError:
        return
    assert reading.document.text.encode() == path.read_bytes()
    assert faithful(reading)
    for sentence in reading.sentences:
        assert list(sentence.offsets) == sorted(set(sentence.offsets))
        assert sentence.section in reading.document.sections
        assert sentence.section.kind in ("abstract", "body")
        assert "\ufeff" not in sentence.text
        assert all(span.quote for span in sentence.spans(reading.document))


# --- the two papers ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "sentences", "title", "author", "pages"),
    [
        ("he2025", 190, "科技创新与产业创新深度融合的政策实践与对策分析", "杨芳娟", "781-794"),
        ("yao2025", 300, "科技创新与产业创新融合发展:意义、挑战与战略", "陈锡毅", "1-19"),
    ],
)
def test_the_papers(name, sentences, title, author, pages):
    if not PAPERS.is_dir():
        pytest.skip("../shared/papers is missing")
    reading = read(PAPERS / f"{name}.txt")
    data = reading.document.bibliography
    assert sentences < len(reading.sentences) < sentences + 12
    assert faithful(reading)
    assert (data.title_zh, data.authors[-1], data.year, data.pages) == (title, author, 2025, pages)
    assert all(sentence.text[-1] in "。！？”" for sentence in reading.sentences)
