"""The documentation of the ontology, generated from its own files: one page in Chinese, one in English, and what a
site needs beside them. A page is one file, asks nothing of the network, and is readable without scripts.
"""

from base64 import b64encode
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from json import dumps
from pathlib import Path

from kg import queries
from kg.context import context
from kg.describe import DOMAIN, OWL, RANGE, RDFS, SH, SHAPES, SKOS, Writer, anchor
from kg.diagram import Node, Relation, draw
from kg.iris import ONTOLOGY, PREFIXES, local
from kg.markup import Child, Markup, element
from kg.model import Language
from kg.ontology import Ontology, load
from kg.vocabulary import Vocabulary, below, is_own, turtle_files

_STATIC = Path(__file__).parent / "static"
_HEADER = ONTOLOGY.removesuffix("#")
_LANGUAGES: tuple[Language, ...] = ("zh", "en")
_COUNTRIES = 10
"""How many countries the table of the dictionary names."""


def files() -> dict[str, bytes]:
    """File name → content: `index.zh.html`, `index.en.html`, `context.jsonld`, and the ontology's Turtle files."""
    vocabulary, questions, ontology = Vocabulary.read(turtle_files()), queries.load(), load()
    pages = {
        f"index.{language}.html": _Page(Writer(vocabulary, questions, language), ontology).html().encode("utf-8")
        for language in _LANGUAGES
    }
    linked = dumps({"@context": context()}, ensure_ascii=False, indent=2) + "\n"
    turtle = {path.name: path.read_bytes() for path in turtle_files()}
    return {**pages, "context.jsonld": linked.encode("utf-8"), **turtle}


@dataclass(frozen=True)
class _Part:
    """A section of the page, and the terms that the contents list below it."""

    id: str
    title: str
    body: Child
    terms: Sequence[str] = ()


@dataclass(frozen=True)
class _Page:
    writer: Writer
    ontology: Ontology

    def html(self) -> str:
        parts = [self._about(), self._diagrams(), *self._terms(), self._schemes(), self._shapes(), self._dictionary()]
        body = element(
            "body",
            element("a", self.writer.say("跳到正文", "Skip to the text"), class_="skip", href="#main"),
            self._bar(),
            element("div", self._contents(parts), element("main", map(self._section, parts), id="main"), class_="page"),
            element("script", Markup(_static("ontology-docs.js"))),
        )
        page = element("html", self._head(), body, lang=self.writer.language)
        return f"<!doctype html>\n{page}\n"

    # ---- The frame

    def _head(self) -> Markup:
        style, script = _static("ontology-docs.css"), _static("ontology-docs.js")
        policy = f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'"
        return element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=policy),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("link", rel="icon", href="data:,"),
            element("title", self._title()),
            element("style", Markup(style)),
        )

    def _title(self) -> str:
        return self.writer.vocabulary.label(_HEADER, self.writer.language)

    def _bar(self) -> Markup:
        writer = self.writer
        search = element(
            "search",
            element("label", writer.say("查找", "Search"), for_="find"),
            element("input", id="find", type="search", autocomplete="off", spellcheck="false"),
            element("output", id="found", for_="find", data_words=writer.say("处", "found")),
            class_="scripted",
        )
        theme = element("button", writer.say("深浅", "Light / dark"), id="theme", type="button", class_="scripted")
        labels = {"zh": "中文", "en": "English"}
        switch = element("a", labels[writer.other], id="switch", href=f"index.{writer.other}.html", lang=writer.other)
        home = element("a", self._title(), class_="home", href="#main")
        return element("header", home, search, element("div", switch, theme, class_="tools"))

    def _contents(self, parts: Iterable[_Part]) -> Markup:
        entries = [element("li", element("a", part.title, href=f"#{part.id}"), self._entries(part)) for part in parts]
        return element("nav", element("ul", entries), aria_label=self.writer.say("目录", "Contents"))

    def _entries(self, part: _Part) -> Markup | None:
        links = [element("li", self.writer.link(term)) for term in part.terms]
        opener = element("summary", self.writer.say(f"{len(links)} 项", f"{len(links)} terms"))
        return element("details", opener, element("ul", links)) if links else None

    def _section(self, part: _Part) -> Markup:
        heading = element("h2", part.title, id=f"{part.id}-title")
        return element("section", heading, part.body, id=part.id, aria_labelledby=f"{part.id}-title")

    # ---- What it is

    def _about(self) -> _Part:
        writer, vocabulary = self.writer, self.writer.vocabulary
        description = vocabulary.text(_HEADER, PREFIXES["dcterms"] + "description", writer.language)
        facts = [
            (writer.name(predicate), writer.values(predicate, values))
            for predicate, values in vocabulary.facts[_HEADER].items()
            if predicate.startswith(OWL) or predicate == PREFIXES["dcterms"] + "license"
        ]
        named = [
            element("li", element("code", f"{p}:"), " ", element("code", b)) for p, b in vocabulary.prefixes.items()
        ]
        prefixes = element("details", element("summary", writer.say("前缀", "Prefixes")), element("ul", named))
        names = ["context.jsonld", *(path.name for path in turtle_files())]
        downloads = writer.listed(element("a", name, href=name) for name in names)
        rows = [
            ("IRI", element("code", ONTOLOGY)),
            *facts,
            (writer.say("规模", "size"), self._size()),
            (writer.say("文件", "files"), downloads),
        ]
        body = [element("h1", self._title()), element("p", description), writer.rows(rows), prefixes]
        return _Part("s-about", writer.say("概述", "Overview"), body)

    def _size(self) -> str:
        classes, relations, values, notes = (self._own(kind) for kind in _KINDS)
        concepts = sum(len(self.writer.members(scheme)) for scheme in self._scheme_iris)
        counts = len(classes), len(relations), len(values) + len(notes), concepts, len(self.ontology.entries)
        words = self.writer.say(
            "{} 个类、{} 个对象属性、{} 个其他属性、{} 个概念、{:,} 个词典条目",
            "{} classes, {} object properties, {} other properties, {} concepts, {:,} dictionary entries",
        )
        return words.format(*counts)

    def _own(self, kind: str) -> list[str]:
        return [iri for iri in self.writer.vocabulary.of_type(OWL + kind) if is_own(iri)]

    # ---- Diagrams

    def _diagrams(self) -> _Part:
        writer = self.writer
        trees = self._trees()
        things = max(trees, key=len)
        records = [node for tree in trees if tree is not things for node in tree]
        titles = (
            writer.say("事物及其关系", "Things and their relations"),
            writer.say("记录及其属性", "Records and their links"),
        )
        about = writer.say(
            "左为类的层次，中为关系，右为关系所指。指向或聚焦一个框，只显示与它相连的线；点击可到其说明。",
            "Left the tree of classes, in the middle the relations, right what they lead to. Point at a box, or focus "
            "it, to see only its lines; follow it to its description.",
        )
        drawings = [self._diagram(title, tree) for title, tree in zip(titles, (things, records), strict=True) if tree]
        return _Part("s-diagram", writer.say("类图", "Class diagram"), [element("p", about), drawings])

    def _trees(self) -> list[list[tuple[str, int]]]:
        """The classes with their depths, a list for each class that has no superclass in the ontology."""
        classes, vocabulary = self._own("Class"), self.writer.vocabulary
        children = {c: [u for u in vocabulary.holders(RDFS + "subClassOf", c) if is_own(u)] for c in classes}
        tops = [c for c in classes if not any(map(is_own, vocabulary.links(c, RDFS + "subClassOf")))]
        return [list(below(children, top)) for top in tops]

    def _diagram(self, title: str, tree: Sequence[tuple[str, int]]) -> Markup:
        vocabulary, known = self.writer.vocabulary, {iri for iri, _ in tree}
        relations = [
            Relation(self._node(iri), tuple(map(_key, domain)), tuple(map(_key, vocabulary.links(iri, RANGE))))
            for iri in self.writer.properties
            if (domain := vocabulary.links(iri, DOMAIN)) and known.issuperset(domain)
        ]
        reached = {key for relation in relations for key in relation.targets}
        outside = dict.fromkeys(
            iri for relation in self.writer.properties for iri in vocabulary.links(relation, RANGE) if iri not in known
        )
        right = [self._node(iri, depth) for iri, depth in tree if reached & self._keys_below(iri)]
        right += [self._node(iri) for iri in outside if _key(iri) in reached]
        drawn = draw(title, [self._node(iri, depth) for iri, depth in tree], relations, right)
        frame = element("div", drawn, class_="wide", tabindex=0, role="region", aria_label=title)
        return element("figure", element("figcaption", title), frame)

    def _keys_below(self, iri: str) -> set[str]:
        """The keys of a class and all its subclasses."""
        return {_key(class_) for class_ in self._own("Class") if iri in self.writer.above(class_)}

    def _node(self, iri: str, depth: int = 0) -> Node:
        writer = self.writer
        hint = f"{writer.vocabulary.label(iri, writer.other)} ({writer.vocabulary.short(iri)})"
        href = f"#{anchor(iri)}" if iri in writer.documented else iri
        return Node(_key(iri), writer.name(iri), hint, href, depth)

    # ---- Terms, lists, shapes

    def _terms(self) -> list[_Part]:
        say = self.writer.say
        ordered = [iri for tree in self._trees() for iri, _ in tree]
        groups = (
            ("s-classes", say("类", "Classes"), ordered),
            ("s-relations", say("对象属性", "Object properties"), self._own("ObjectProperty")),
            ("s-values", say("数据属性", "Datatype properties"), self._own("DatatypeProperty")),
            ("s-notes", say("注释属性", "Annotation properties"), self._own("AnnotationProperty")),
        )
        return [_Part(id_, title, [self.writer.card(iri) for iri in terms], terms) for id_, title, terms in groups]

    @cached_property
    def _scheme_iris(self) -> list[str]:
        return self.writer.vocabulary.of_type(SKOS + "ConceptScheme")

    def _schemes(self) -> _Part:
        title = self.writer.say("模态与分类表", "Modalities and taxonomies")
        return _Part("s-lists", title, [self.writer.scheme(iri) for iri in self._scheme_iris], self._scheme_iris)

    def _shapes(self) -> _Part:
        writer = self.writer
        about = writer.say(
            "图谱须满足的规则（SHACL）。此外，每个关系的主语与宾语须属于其签名所列的类。",
            "What a graph must satisfy (SHACL). Besides, either side of a relation is of the classes in its signature.",
        )
        shapes = [iri for iri in writer.vocabulary.of_type(SH + "NodeShape") if writer.shape(iri)]
        return _Part("s-shapes", writer.say("约束", "Constraints"), [element("p", about), map(self._shape, shapes)])

    def _shape(self, iri: str) -> Markup:
        say = self.writer.say
        heads = say("规则", "rule"), say("路径", "path"), say("要求", "what it asks"), say("级别", "level")
        about = self.writer.targets(iri) or self.writer.name(ONTOLOGY + "Entity")
        head = element("tr", [element("th", text, scope="col") for text in heads])
        caption = element("caption", about)
        return _wide(
            element("table", caption, element("thead", head), element("tbody", self.writer.shape(iri))),
            local(iri, SHAPES),
        )

    # ---- The dictionary

    def _dictionary(self) -> _Part:
        say, entries = self.writer.say, self.ontology.entries.values()
        common = [c for c, _ in Counter(e.country for e in entries if e.country).most_common(_COUNTRIES)]
        heads = [say("类型", "type"), say("条目", "entries"), say("名称", "names"), *common]
        heads += [say("其他国家", "other countries"), say("不分国家", "no country")]
        rows = [self._dictionary_row(name, common) for name in self.ontology.types]
        head = element("tr", [element("th", text, scope="col") for text in heads])
        about = say(
            "词典所知的名称：每类多少条目、多少名称，各属哪国（ISO 3166-1 代码）。",
            "The names that the dictionary knows: entries and names of each type, and their countries (ISO 3166-1).",
        )
        table = element("table", element("thead", head), element("tbody", rows), class_="counts")
        return _Part(
            "s-dictionary", say("词典", "Dictionary"), [element("p", about), _wide(table, say("词典", "Dictionary"))]
        )

    def _dictionary_row(self, type_: str, common: Sequence[str]) -> Markup:
        entries = [entry for entry in self.ontology.entries.values() if entry.type == type_]
        countries = Counter(entry.country for entry in entries)
        names = sum(len({e.label_zh, e.label_en, *e.aliases, *e.weak}) for e in entries)
        others = sum(count for code, count in countries.items() if code and code not in common)
        counts = [len(entries), names, *(countries[code] for code in common), others, countries[""]]
        label = element("th", self.writer.link(ONTOLOGY + type_), scope="row")
        return element("tr", label, [element("td", f"{count:,}" if count else "–") for count in counts])


_KINDS = ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty")


def _key(iri: str) -> str:
    """A class's key in a diagram: an IRI without what separates keys."""
    return iri.removeprefix(ONTOLOGY).replace(" ", "%20")


def _wide(table: Markup, label: str) -> Markup:
    """A table that scrolls by itself where the window is narrow."""
    return element("div", table, class_="wide", tabindex=0, role="region", aria_label=label)


def _static(name: str) -> str:
    return (_STATIC / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """What a content security policy knows an inline script or style by."""
    return f"sha256-{b64encode(sha256(text.encode('utf-8')).digest()).decode('ascii')}"
