"""Formats: PDF, Word, web pages, plain text in several encodings; pages; files that are broken or hostile."""

import os
import re
import zipfile
from contextlib import suppress
from pathlib import Path

import docx
import pytest
from printed import ROMAN, Piece, printed, scanned, table

from ingest import apart, pdf
from ingest.apart import Limits, read_apart
from ingest.docx import read_docx
from ingest.formats import ENDINGS, text_of
from ingest.html import html_text
from ingest.pages import pages_of
from ingest.pdf import read_pdf
from ingest.reading import documents_in, read
from kg.errors import DocumentError
from kg.model import Page, Reading

BODY = "桥梁产业的发展需要科技创新与产业创新深度融合，各国政府都重视钢材和水泥的研究"
HEADS = ("政策学刊 2025年第5期", "张三等：桥梁产业的创新政策")
NOTES = ("①数据见统计局网站的年度公报。", "②桥梁包括公路桥和铁路桥。")


def pieces() -> list[Piece]:
    """A paper of 14 paragraphs, each sentence with a number of its own."""
    firm = f"也投入了不少资金和人力，{BODY}。"
    said = [Piece(f"第{n}段写道，{BODY}。" + f"企业{n}号{firm}" * (1 + n % 3)) for n in range(14)]
    head = (
        Piece("桥梁产业的创新政策", "title"),
        Piece("张三　李四", "centred"),
        Piece("摘要：桥梁是交通的关键。文章讨论其政策。", "flush"),
        Piece("关键词：桥梁；政策", "flush"),
        Piece("1 引言", "heading"),
    )
    return [*head, *said[:6], Piece("2 国外做法", "heading"), *said[6:]]


def sentences(reading: Reading) -> list[str]:
    return [sentence.text for sentence in reading.sentences]


@pytest.fixture(scope="module")
def papers(tmp_path_factory) -> dict[int, Reading]:
    """The paper as it reads in one column and in two."""
    folder = tmp_path_factory.mktemp("papers")
    told = {"header": HEADS, "footnotes": {0: NOTES}, "rows": 20}
    return {n: read(printed(folder / f"columns{n}.pdf", pieces(), columns=n, **told)) for n in (1, 2)}


# --- PDF --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("columns", [1, 2])
def test_a_printed_paper_reads_like_its_text(papers, columns, tmp_path):
    text = "\n\n".join(("# " if p.style in ("title", "heading") else "") + p.text for p in pieces())
    (tmp_path / "plain.md").write_text(text, encoding="utf-8")
    plain = read(tmp_path / "plain.md")
    assert sentences(papers[columns]) == sentences(plain)
    assert [s.section.label for s in papers[columns].sentences] == [s.section.label for s in plain.sentences]
    assert papers[columns].document.bibliography.title_zh == "桥梁产业的创新政策"
    assert papers[columns].document.bibliography.keywords == ("桥梁", "政策")


@pytest.mark.parametrize("columns", [1, 2])
def test_pages_are_cited_as_they_are_numbered(papers, columns):
    document = papers[columns].document
    assert document.pages[0].label == "781"
    assert [int(p.label) for p in document.pages] == list(range(781, 781 + len(document.pages)))
    assert [p.end for p in document.pages[:-1]] == [p.start for p in document.pages[1:]]
    assert (document.pages[0].start, document.pages[-1].end) == (0, len(document.text))
    on = {s.text[:4]: document.page(s.spans(document)) for s in papers[columns].sentences}
    assert on["桥梁是交"] == "781"
    assert on["第12段"] == document.pages[-1 if columns == 2 else -2].label


@pytest.mark.parametrize("columns", [1, 2])
def test_a_sentence_over_two_pages_is_one_and_cites_both(papers, columns):
    reading = papers[columns]
    pages = [reading.document.page(s.spans(reading.document)) for s in reading.sentences]
    crossing = [s for s, page in zip(reading.sentences, pages, strict=True) if page in ("781–782", "782–783")]
    assert len(crossing) == (2 if columns == 2 else 1)
    for sentence in crossing:
        assert re.fullmatch(rf"(?:第\d+段写道|企业\d+号也投入了不少资金和人力)，{BODY}。", sentence.text)


def test_heads_feet_and_footnotes_are_kept_but_are_no_sentences(papers):
    for reading in papers.values():
        read_ = "".join(sentences(reading))
        for words in (*HEADS, "统计局", "公路桥", "· 782 ·"):
            assert words in reading.document.text
            assert words not in read_
        assert "[^②]: 桥梁包括公路桥和铁路桥。" in reading.document.text


def test_every_character_of_a_printed_sentence_stands_in_the_text(papers):
    for reading in papers.values():
        for sentence in reading.sentences:
            assert "".join(span.quote for span in sentence.spans(reading.document))
            assert all(reading.document.text[o] == c for c, o in zip(sentence.text, sentence.offsets, strict=True))


def test_words_parted_at_the_end_of_a_line_are_put_together(tmp_path):
    words = "The govern~ment supports the long-term develop~ment of indus~try with science-based policy and "
    pieces_ = [Piece("Bridge policy", "title"), *(Piece(words * 3 + f"more in year {n}.", "flush") for n in range(9))]
    path = printed(tmp_path / "english.pdf", pieces_, columns=2, font=ROMAN, rows=15)
    text = read_pdf(path).text
    assert set(re.findall(r"[A-Za-z-]*[a-z][A-Za-z-]*", text)) == {
        *("Bridge", "policy", "The", "government", "supports", "the", "long-term", "development", "of", "industry"),
        *("with", "science-based", "and", "more", "in", "year"),
    }
    assert len(sentences(read(path))) == 9


def test_numbers_of_pages_are_the_printed_ones_only_where_they_count_up(tmp_path):
    bare = read_pdf(printed(tmp_path / "bare.pdf", pieces(), first=None, rows=20))
    assert [label for label, _, _ in bare.pages] == [str(n + 1) for n in range(len(bare.pages))]


def test_a_table_without_lines_becomes_one_with_pipes(tmp_path):
    cells = [("年份", "专利", "经费"), ("2020", "1 200", "—"), ("2021", "1 350", "3.5"), ("2022", "", "4.1")]
    path = table(tmp_path / "table.pdf", cells, before="表1列出了各年的数字。", after="数字来自年鉴。")
    assert read_pdf(path).text == (
        "表1列出了各年的数字。\n\n| 年份 | 专利 | 经费 |\n| --- | --- | --- |\n| 2020 | 1 200 | — |\n"
        "| 2021 | 1 350 | 3.5 |\n| 2022 |  | 4.1 |\n\n数字来自年鉴。\n\n"
    )


def test_what_is_no_readable_pdf_is_refused_with_a_remedy(tmp_path, monkeypatch):
    secret = printed(tmp_path / "secret.pdf", pieces()[:5], password="geheim")
    with pytest.raises(ValueError, match="is encrypted: remove the password"):
        read_pdf(secret)
    broken = tmp_path / "broken.pdf"
    broken.write_bytes(b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\nnothing more")
    with pytest.raises(ValueError, match="is no PDF, or a damaged one"):
        read_pdf(broken)
    empty = printed(tmp_path / "empty.pdf", [Piece("", "flush")], first=None)
    with pytest.raises(ValueError, match="holds no text"):
        read_pdf(empty)
    monkeypatch.setattr(pdf, "PAGES", 2)
    with pytest.raises(ValueError, match="pages, more than 2: split it"):
        read_pdf(printed(tmp_path / "long.pdf", pieces(), rows=10))


def test_a_cut_off_pdf_is_read_or_refused_but_never_breaks(tmp_path):
    whole = printed(tmp_path / "whole.pdf", pieces()).read_bytes()
    for share in (0.2, 0.6, 0.95):
        path = tmp_path / "cut.pdf"
        path.write_bytes(whole[: int(share * len(whole))])
        with suppress(ValueError):
            assert "桥梁" in read_pdf(path).text


# --- pictures of pages ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def scan(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("scan")
    said = [Piece("政府支持企业研究桥梁。", "text"), Piece("企业投入了大量资金。", "text")]
    return scanned(folder / "scan.pdf", [printed(folder / "page.pdf", said, first=None)])


def test_a_scanned_pdf_without_ocr_says_how_to_get_it(scan, monkeypatch):
    monkeypatch.setattr(apart, "find_spec", lambda name: None)
    with pytest.raises(DocumentError) as caught:
        read(scan)
    assert str(scan) in str(caught.value)
    assert "1 of its 1 pages are pictures" in str(caught.value)
    assert "pip install 'policykg[ocr]'" in str(caught.value)


def test_a_scanned_pdf_is_read_by_ocr(scan):
    pytest.importorskip("rapidocr", reason="the extra ocr is not installed")
    assert sentences(read(scan)) == ["政府支持企业研究桥梁。", "企业投入了大量资金。"]


# --- Word -------------------------------------------------------------------------------------------------------------


def test_a_word_file_keeps_headings_lists_and_tables(tmp_path):
    made = docx.Document()
    made.add_heading("桥梁产业的创新政策", 0)
    made.add_heading("1 引言", 1)
    made.add_paragraph("政府支持企业。")
    made.add_paragraph("第一项任务。", style="List Bullet")
    grid = made.add_table(3, 3)
    for row, cells in zip(
        grid.rows, (("地区", "2020年", "2021年"), ("东部", "1.5", "—"), ("", "2|3", "4")), strict=True
    ):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    grid.cell(1, 0).merge(grid.cell(2, 0))
    made.save(str(tmp_path / "policy.docx"))
    assert read_docx(tmp_path / "policy.docx").text == (
        "# 桥梁产业的创新政策\n\n# 1 引言\n\n政府支持企业。\n\n- 第一项任务。\n\n"
        "| 地区 | 2020年 | 2021年 |\n| --- | --- | --- |\n| 东部 | 1.5 | — |\n| 东部 | 2\\|3 | 4 |\n\n"
    )
    assert sentences(read(tmp_path / "policy.docx")) == ["政府支持企业。", "第一项任务。"]


TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/></Types>'
)
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def packed(path: Path, document: str, footnotes: str = "") -> Path:
    """A Word file of those parts."""

    def relations(*targets: tuple[str, str]) -> str:
        rows = "".join(f'<Relationship Id="r{k}" Type="{OFFICE}/{k}" Target="{t}"/>' for k, t in targets)
        return f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{rows}</Relationships>'

    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", TYPES)
        archive.writestr("_rels/.rels", relations(("officeDocument", "word/document.xml")))
        archive.writestr("word/_rels/document.xml.rels", relations(("footnotes", "footnotes.xml")))
        archive.writestr("word/document.xml", document)
        if footnotes:
            archive.writestr("word/footnotes.xml", footnotes)
    return path


def run(text: str) -> str:
    return f"<w:r><w:t>{text}</w:t></w:r>"


def body(content: str) -> str:
    return f'<w:document xmlns:w="{WORD}"><w:body><w:p>{content}</w:p></w:body></w:document>'


def test_footnotes_of_a_word_file_are_notes(tmp_path):
    mark = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    notes = (
        f'<w:footnotes xmlns:w="{WORD}"><w:footnote w:id="2"><w:p>{run("见年鉴。")}</w:p></w:footnote></w:footnotes>'
    )
    path = packed(tmp_path / "notes.docx", body(run("政府支持企业") + mark + run("。高校也多。")), notes)
    reading = read(path)
    assert sentences(reading) == ["政府支持企业。", "高校也多。"]
    assert "政府支持企业<sup>[1]</sup>。高校也多。" in reading.document.text
    assert "[^1]: 见年鉴。" in reading.document.text


def test_hostile_and_broken_word_files_are_refused(tmp_path, monkeypatch):
    entities = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]>' + body(run("&b;"))
    with pytest.raises(ValueError, match=r"declares XML entities in word/document\.xml"):
        read_docx(packed(tmp_path / "entities.docx", entities))
    (tmp_path / "old.docx").write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    with pytest.raises(ValueError, match=r"is encrypted, or an old \.doc file"):
        read_docx(tmp_path / "old.docx")
    (tmp_path / "broken.docx").write_bytes(packed(tmp_path / "whole.docx", body(run("政府。"))).read_bytes()[:-30])
    with pytest.raises(ValueError, match="is no DOCX file, or a damaged one"):
        read_docx(tmp_path / "broken.docx")
    with zipfile.ZipFile(tmp_path / "other.docx", "w") as archive:
        archive.writestr("a.txt", "政府。")
    with pytest.raises(ValueError, match="no Word document"):
        read_docx(tmp_path / "other.docx")
    with pytest.raises(ValueError, match=r"holds word/document\.xml of 60,\d{3},\d{3} bytes"):
        read_docx(packed(tmp_path / "bomb.docx", body(run(" " * 60_000_000))))


# --- web pages --------------------------------------------------------------------------------------------------------

WEB = """<!DOCTYPE html><html><head><meta charset="{charset}"><title>桥梁条例_某网</title><style>p {{}}</style>
<script>var 广告 = "买桥梁。";</script></head><body><header><p>某某网站欢迎你。</p></header>
<nav><ul><li><a href="/">首页</a></li></ul></nav>
<div class="side-nav"><p>相关链接很多。</p></div><div style="display: none">看不见的话。</div>
<article><h1>桥梁条例</h1><h2>第一章 总则</h2><p>政府支持
企业<sup>[1]</sup>。高校<b>也</b>多。</p><ol start="3"><li>第三项任务。</li><li>第四项任务。</li></ol>
<table><caption>表1 投入</caption><tr><th rowspan="2">地区</th><th colspan="2">投入</th></tr>
<tr><th>2020</th><th>2021</th></tr><tr><td>东部</td><td>1</td><td>2</td></tr></table>
<p># 不是标题，是一句话。</p><p>CO<sub>2</sub>排放减少10<sup>3</sup>吨。</p></article>
<footer>版权所有。</footer></body></html>"""


@pytest.mark.parametrize(("charset", "encoding"), [("utf-8", "utf-8"), ("gb2312", "gbk"), ("big5", "big5")])
def test_the_text_of_a_web_page_is_read_without_what_stands_around_it(tmp_path, charset, encoding):
    page = WEB.format(charset=charset)
    if encoding == "big5":
        page = page.translate(
            str.maketrans("桥条则业项务别买网关链边区东总称看见话论这", "橋條則業項務別買網關鏈邊區東總稱看見話論這")
        )
        page = page.encode("big5", "ignore").decode("big5")
    (tmp_path / "law.html").write_bytes(page.encode(encoding))
    reading = read(tmp_path / "law.html")
    assert reading.document.text.startswith("# 桥梁条例" if encoding != "big5" else "# 橋")
    if encoding == "big5":
        return
    assert sentences(reading) == [
        "政府支持企业。",
        "高校也多。",
        "3.第三项任务。",
        "4.第四项任务。",
        "#不是标题，是一句话。",
        "CO2排放减少10^3吨。",
    ]
    assert "| 地区 | 投入 | 投入 |\n| --- | --- | --- |\n| 地区 | 2020 | 2021 |\n| 东部 | 1 | 2 |" in (
        reading.document.text
    )


def test_a_page_without_an_article_is_read_whole_less_its_menus():
    links = "".join(f'<li><a href="{n}">栏目{n}</a></li>' for n in range(9))
    page = f"<title>通知</title><body><ul>{links}</ul><div><div>政府支持企业。</div><br>高校也多。</div></body>"
    assert html_text(page).text == "# 通知\n\n政府支持企业。\n\n高校也多。\n\n"


def test_hostile_web_pages_are_refused():
    with pytest.raises(ValueError, match="is nested too deeply"):
        html_text("<div>" * 100_000 + "政府支持企业。")
    with pytest.raises(ValueError, match="has a table of more than"):
        html_text("<table>" + '<tr><td colspan="9999">甲</td><td>乙</td></tr>' * 99 + "</table>")
    with pytest.raises(ValueError, match="holds no text"):
        html_text("<html><body><script>1</script></body></html>")


# --- plain text -------------------------------------------------------------------------------------------------------


def test_text_with_form_feeds_has_pages_with_the_numbers_they_show():
    text = "政策学刊\n\n政府支持企业。\n\n- 12 -\n\f政策学刊\n\n高校也多。\n\n- 13 -\n\f企业投资。\n\n- 14 -\n"
    assert [(p.label, text[p.start : p.end].strip("\f\n")[-6:]) for p in pages_of(text)] == [
        ("12", "- 12 -"),
        ("13", "- 13 -"),
        ("14", "- 14 -"),
    ]
    assert [p.label for p in pages_of("甲。\f乙。\f丙。")] == ["1", "2", "3"]


def test_lines_that_number_pages_are_taken_only_where_that_is_certain():
    below = "政府支持企业。\n\n— 3 —\n\n高校也多。\n\n— 4 —\n\n企业投资。\n\n— 5 —\n"
    assert pages_of(below) == (Page("3", 0, 14), Page("4", 14, 28), Page("5", 28, len(below)))
    above = "第1页\n\n政府支持企业。\n\n第2页\n\n高校也多。\n\n第3页\n\n企业投资。\n"
    assert [p.label for p in pages_of(above)] == ["1", "2", "3"]
    for unsure in (below.rstrip().removesuffix("— 5 —") + "完。", below.replace("— 4", "— 7"), "甲。\n\n7\n\n乙。"):
        assert pages_of(unsure) == ()


@pytest.mark.parametrize("encoding", ["gb18030", "big5", "utf-16", "utf-8-sig"])
def test_encodings_that_are_certain_are_read(tmp_path, encoding):
    text = "政府支持這一計劃，這是我們的目標。" if encoding == "big5" else "政府支持企业发展，这是我们的目标。"
    path = tmp_path / "text.txt"
    path.write_bytes(text.encode(encoding))
    assert sentences(read(path)) == [text]


@pytest.mark.parametrize("text", ["Tree café naïve déjà vu", "产业政策。"])
def test_encodings_that_are_not_certain_are_refused(tmp_path, text):
    path = tmp_path / "text.txt"
    path.write_bytes(text.encode("latin-1" if "é" in text else "gb18030"))
    with pytest.raises(DocumentError, match="is not UTF-8 at byte"):
        read(path)


# --- files and folders ------------------------------------------------------------------------------------------------


def test_documents_of_every_format_are_found(tmp_path):
    for ending in (*ENDINGS, ".csv", ".PDF"):
        (tmp_path / f"a{ending}").write_bytes(b"x")
    found = {path.suffix for path in documents_in([tmp_path])}
    assert found == {*ENDINGS, ".PDF"}


@pytest.mark.parametrize(
    ("name", "remedy"),
    [("a.doc", "save it as .docx"), ("a.caj", "as PDF"), ("a.png", "into a PDF"), ("a.xls", "pandoc")],
)
def test_other_formats_are_refused_with_a_remedy(tmp_path, name, remedy):
    (tmp_path / name).write_bytes(b"x")
    with pytest.raises(DocumentError, match=rf"is none of \.md, \.txt, \.pdf.*{remedy}"):
        text_of(tmp_path / name)


def test_errors_of_a_process_of_its_own_name_the_file(tmp_path):
    path = tmp_path / "paper.pdf"
    path.write_bytes(b"no PDF at all")
    with pytest.raises(DocumentError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path} is no PDF, or a damaged one")


@pytest.mark.skipif(os.name != "posix", reason="the limits of processes are POSIX's")
@pytest.mark.parametrize(
    ("limits", "words"),
    [(Limits(memory=10 * 2**20), "(?:memory|broke what reads it)"), (Limits(wall=0), "in 0 seconds")],
)
def test_reading_ends_at_its_limits(tmp_path, limits, words):
    path = printed(tmp_path / "paper.pdf", pieces())
    with pytest.raises(DocumentError, match=words):
        read_apart(path, "pdf", limits)


def test_the_folder_one_is_in_cannot_slip_in_modules(tmp_path, monkeypatch):
    path = printed(tmp_path / "paper.pdf", pieces())
    (tmp_path / "pypdfium2.py").write_text("raise SystemExit(3)", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert read_apart(path, "pdf").text
