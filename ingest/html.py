"""The text of web pages, and of Word files as mammoth turns them into HTML: main text, headings, lists, tables.

Raises ValueError with the end of a sentence that begins with the file's name, where a file cannot be read.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from lxml.etree import LxmlError
from lxml.html import HtmlElement, HTMLParser, document_fromstring

from ingest.encodings import MARKS, decode
from ingest.typeset import Made, raised

_CELLS = 200_000
"""The most cells of a table, merged ones counted as often as they reach."""
_LEFT_OUT = re.compile(
    "script|style|noscript|template|nav|aside|form|button|iframe|svg|select|object|canvas|head|dialog"
)
_ROLES = frozenset(("navigation", "banner", "contentinfo", "search", "complementary", "menu", "dialog"))
_NAMES = re.compile(
    r"(?:^|[\s_-])(?:nav\w*|menu|breadcrumbs?|sidebar|side-?nav|footer|foot|share|sharing|cookies?|pagination"
    r"|pager|advert\w*|banner|skip-?link|toolbar|copyright)(?:$|[\s_-])",
    re.IGNORECASE,
)
"""What classes and ids call the parts of a page that are not its text."""
_BLOCKS = re.compile(
    "address|article|blockquote|body|caption|center|dd|details|div|dl|dt|fieldset|figcaption|figure|footer|h[1-6r]"
    "|header|html|li|main|ol|p|pre|section|summary|table|tbody|td|tfoot|th|thead|tr|ul"
)
_HEADINGS = {f"h{depth}": depth for depth in range(1, 7)}
_NOTE = re.compile(r"(?:foot|end)note-(\d+)$")
_MARKUP = re.compile(r"^([#|]|<!--)")
_DEEP = "Excessive depth"


_CHARSET = re.compile(
    rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w.:-]{2,40})|<\?xml[^>]{0,100}encoding=[\"']([\w.:-]{2,40})", re.I
)
"""Where a page says how its characters are encoded."""


def read_html(path: Path) -> Made:
    """The main text of a web page's file. ValueError, or DocumentError where its encoding is not certain."""
    data = path.read_bytes()
    told = _CHARSET.search(data[:8192])
    name = (told[1] or told[2]).decode("ascii", "replace") if told and data[:2] not in MARKS else ""
    return html_text(decode(path, data, name).removeprefix("\ufeff"))


def html_text(text: str) -> Made:
    """The main text of a web page as Markdown. ValueError where it holds none, or is nested too deeply."""
    parser = HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    try:
        root = document_fromstring(text.encode("utf-8", "replace"), parser=parser)
    except LxmlError as error:
        raise ValueError(f"is no HTML that can be read ({error}): save the page again") from error
    if any(_DEEP in entry.message for entry in parser.error_log):
        raise ValueError("is nested too deeply for a text: save the page again, or as text")
    body = next(iter(root.iter("body")), root)
    main = _main(body)
    writer = _Writer()
    if title := _title(root, main):
        writer.blocks.append(f"# {title}")
    writer.element(main)
    writer.close()
    if not writer.blocks:
        raise ValueError("holds no text: save the page with its text in it, not only its frame")
    return Made("".join(f"{block}\n\n" for block in writer.blocks))


def _main(body: HtmlElement) -> HtmlElement:
    """The element that holds the page's text: the one that is marked as such, else all of the page."""
    for path in ('.//main|.//*[@role="main"]', ".//article"):
        found = body.xpath(path)
        if len(found) == 1 and len(found[0].text_content().strip()) > 200:
            return found[0]
    return body


def _title(root: HtmlElement, main: HtmlElement) -> str:
    """The page's title where its text has no first heading of its own."""
    if next(main.iter("h1"), None) is not None:
        return ""
    found = root.xpath("//h1|//title")
    headings = [element for element in found if element.tag == "h1"] or found
    return _squeezed(headings[0].text_content()) if headings else ""


def _is_left_out(element: HtmlElement) -> bool:
    """Whether an element is none of the page's text: scripts, navigation, what is hidden, lists of links."""
    tag = element.tag
    if not isinstance(tag, str) or _LEFT_OUT.fullmatch(tag) or element.get("role") in _ROLES:
        return True
    if element.get("hidden") is not None or element.get("aria-hidden") == "true":
        return True
    if re.search(r"display\s*:\s*none", element.get("style") or ""):
        return True
    if tag in ("header", "footer") and not any(a.tag in ("article", "main") for a in element.iterancestors()):
        return True
    if tag in ("div", "section", "ul", "ol", "td", "table"):
        named = f"{element.get('class') or ''} {element.get('id') or ''}"
        return _NAMES.search(named) is not None or _is_links(element)
    return False


def _is_links(element: HtmlElement) -> bool:
    """Whether an element holds little but links, as a menu does."""
    links = element.findall(".//a")
    if len(links) < 6:
        return False
    text = "".join(element.text_content().split())
    linked = sum(len("".join(link.text_content().split())) for link in links)
    return linked > 0.8 * len(text) and text.count("。") < 2


def _squeezed(text: str) -> str:
    """The text with each stretch of white space as one space, or as nothing between Chinese characters."""
    text = re.sub(r"[ \t\r\f\v\xa0]*\n\s*", "\n", text)
    text = re.sub(r"(?<=[\u2e80-\uffef])\n(?=[\u2e80-\uffef])", "", text)
    return re.sub(r"[^\S\u3000]+", " ", text).strip(" ")


@dataclass(slots=True)
class _Writer:
    """Writes elements as blocks of Markdown; `pieces` are those of the paragraph that is open."""

    blocks: list[str] = field(default_factory=list)
    pieces: list[str] = field(default_factory=list)
    prefix: str = ""
    strong: list[bool] = field(default_factory=list)
    deep: int = 0

    def close(self) -> None:
        """Ends the open paragraph."""
        lines = [_squeezed(line) for line in "".join(self.pieces).split("\x0b")]
        text = "\n".join(line for line in lines if line.strip("\u3000 "))
        if text.strip("\u3000 "):
            self.blocks.append(self._written(text))
            self.prefix = ""
        self.pieces, self.strong = [], []

    def _written(self, text: str) -> str:
        if self.prefix.startswith("#"):
            return self.prefix + " ".join(text.split("\n")).strip("\u3000 ")
        if self.strong and all(self.strong) and not self.prefix and "\n" not in text and len(text) < 80:
            return f"**{text.strip()}**"
        return self.prefix + (text if self.prefix else _MARKUP.sub(r"\\\1", text))

    def element(self, element: HtmlElement) -> None:
        """Writes what an element holds."""
        tag = element.tag
        if tag == "table":
            self._table(element)
        elif tag == "pre":
            self.close()
            lines = element.text_content().strip("\n").splitlines()
            self.blocks.append("\n".join(_MARKUP.sub(r"\\\1", line.rstrip()) for line in lines))
        elif tag == "br":
            self.pieces.append("\x0b")
        elif tag == "sup":
            self._raised(element)
        elif _BLOCKS.fullmatch(tag):
            self.close()
            self.prefix = self._begins(element) or self.prefix
            self._inside(element)
            self.close()
            if tag in _HEADINGS or tag == "li":
                self.prefix = ""
        else:
            self._inside(element)

    def _begins(self, element: HtmlElement) -> str:
        """What a block begins with: the marks of a heading, of an item, of a footnote."""
        if depth := _HEADINGS.get(element.tag):
            return "#" * depth + " "
        if element.tag != "li":
            return ""
        parent = element.getparent()
        if parent is None or parent.tag != "ol":
            return "- "
        start = parent.get("start") or "1"
        first = int(start) if start.isdecimal() and len(start) < 6 else 1
        number = first + sum(1 for other in element.itersiblings("li", preceding=True))
        return f"[^{number}]: " if _NOTE.search(element.get("id") or "") else f"{number}. "

    def _inside(self, element: HtmlElement) -> None:
        self.deep += element.tag in ("b", "strong")
        self._text(element.text)
        for child in element:
            if not _is_left_out(child):
                self.element(child)
            self._text(child.tail)
        self.deep -= element.tag in ("b", "strong")

    def _text(self, text: str | None) -> None:
        if text:
            self.pieces.append(text.replace("\x0b", " ").replace("↑", "") if self.prefix[:2] == "[^" else text)
            if text.strip():
                self.strong.append(self.deep > 0)

    def _raised(self, element: HtmlElement) -> None:
        """Raised text: a citation, marked as one, or text like any other."""
        text = " ".join(element.text_content().split())
        if text:
            linked = element.find(".//a") is not None
            self.pieces.append(raised("" if linked else "".join(self.pieces[-1:]), text))

    def _table(self, table: HtmlElement) -> None:
        """A table with pipes; one that only places paragraphs on the page is written as these."""
        self.close()
        if _places(table):
            self._inside(table)
            self.close()
            return
        grid = _grid(table)
        if len(grid) < 2 or len(grid[0]) < 2:
            self._inside(table)
            self.close()
            return
        for caption in table.findall("caption"):
            self._inside(caption)
            self.close()
        if grid:
            self.blocks.append(pipes(grid))


def _places(table: HtmlElement) -> bool:
    """Whether a table is there to place things: it holds another one, or a single row or column, or long texts."""
    rows = table.findall(".//tr")
    cells = [cell for row in rows for cell in row if cell.tag in ("td", "th")]
    if table.find(".//table") is not None or len(rows) < 2 or len(cells) < len(rows) + 1:
        return True
    blocks = (len(cell.findall("p")) > 3 or cell.find(".//h1") is not None for cell in cells)
    return any(blocks)


def _grid(table: HtmlElement) -> list[list[str]]:
    """The table's cells, a merged one in every place that it reaches."""
    placed: dict[tuple[int, int], str] = {}
    rows = list(table.iter("tr"))
    for y, row in enumerate(rows):
        x = 0
        for cell in row:
            if cell.tag not in ("td", "th"):
                continue
            while (y, x) in placed:
                x += 1
            text = _cell(cell)
            wide, high = _span(cell, "colspan"), min(_span(cell, "rowspan"), len(rows) - y)
            if len(placed) + wide * high > _CELLS:
                raise ValueError(f"has a table of more than {_CELLS:,} cells: give a smaller one")
            placed |= {(y + dy, x + dx): text for dy in range(high) for dx in range(wide)}
            x += wide
    width = max((x + 1 for _, x in placed), default=0)
    if width * len(rows) > 2 * _CELLS:
        raise ValueError(f"has a table of more than {_CELLS:,} cells: give a smaller one")
    grid = [[placed.get((y, x), "") for x in range(width)] for y in range(len(rows))]
    kept = [x for x in range(width) if any(row[x] for row in grid)]
    return [[row[x] for x in kept] for row in grid if any(row)]


def _span(cell: HtmlElement, name: str) -> int:
    told = cell.get(name) or "1"
    return min(max(int(told), 1), 10_000) if told.isdecimal() and len(told) < 8 else 1


def _cell(cell: HtmlElement) -> str:
    return " ".join(_squeezed("".join(_pieces(cell))).split())


def _pieces(element: HtmlElement) -> Iterator[str]:
    """The text of a cell, a space where a block or a line ends."""
    yield (before := element.text or "")
    for child in element:
        if isinstance(child.tag, str) and not _LEFT_OUT.fullmatch(child.tag):
            if child.tag == "sup":
                yield raised(before, " ".join(child.text_content().split()))
            else:
                yield from _pieces(child)
            if _BLOCKS.fullmatch(child.tag) or child.tag == "br":
                yield " "
        yield (before := child.tail or "")


def pipes(grid: Sequence[Sequence[str]]) -> str:
    """A table as Markdown has it, its first row as the header."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in grid]
    rule = "| " + " | ".join("---" for _ in grid[0]) + " |"
    return "\n".join([lines[0], rule, *lines[1:]])
