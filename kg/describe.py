"""The terms of the ontology in words, as HTML: cards for classes and properties, trees for concept schemes, sentences
for shapes. What a term carries beyond the known properties is shown too, under that property's own label.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from pyoxigraph import BlankNode, Literal, NamedNode

from kg.iris import BASE, ONTOLOGY, PREFIXES, local
from kg.markup import Child, Markup, element, joined
from kg.model import Language
from kg.queries import Question
from kg.vocabulary import Value, Vocabulary, below, is_own

RDF, RDFS, OWL = PREFIXES["rdf"], PREFIXES["rdfs"], PREFIXES["owl"]
SKOS, SCHEMA, SH, DCTERMS = PREFIXES["skos"], PREFIXES["schema"], PREFIXES["sh"], PREFIXES["dcterms"]
DOMAIN, RANGE = SCHEMA + "domainIncludes", SCHEMA + "rangeIncludes"
SHAPES = f"{BASE}shapes#"
ANSWERS = ONTOLOGY + "answers"
_CODED = (ONTOLOGY + "stipCode", SKOS + "notation")

_FOREIGN = {
    RDF + "type": ("种类", "kind"),
    RDFS + "subClassOf": ("上位类", "subclass of"),
    RDFS + "subPropertyOf": ("上位属性", "subproperty of"),
    RDFS + "seeAlso": ("参见", "see also"),
    RDFS + "comment": ("说明", "comment"),
    OWL + "inverseOf": ("逆属性", "inverse of"),
    OWL + "equivalentClass": ("等同于", "equivalent to"),
    OWL + "equivalentProperty": ("等同于", "equivalent to"),
    OWL + "propertyChainAxiom": ("由此推出", "follows from the chain"),
    OWL + "disjointWith": ("互斥", "disjoint with"),
    SKOS + "example": ("例", "example"),
    SKOS + "scopeNote": ("注", "note"),
    SKOS + "altLabel": ("又称", "also"),
    SKOS + "notation": ("编号", "code"),
    SKOS + "exactMatch": ("即", "same as"),
    SKOS + "closeMatch": ("近似", "close to"),
    SKOS + "broadMatch": ("较宽", "broader match"),
    SKOS + "narrowMatch": ("较窄", "narrower match"),
    SKOS + "relatedMatch": ("相关", "related match"),
    DCTERMS + "source": ("来源", "source"),
    DCTERMS + "license": ("许可", "licence"),
    OWL + "versionInfo": ("版本", "version"),
    OWL + "versionIRI": ("版本 IRI", "version IRI"),
    OWL + "priorVersion": ("前一版本", "prior version"),
    OWL + "backwardCompatibleWith": ("兼容版本", "compatible with"),
    OWL + "incompatibleWith": ("不兼容版本", "incompatible with"),
    OWL + "Class": ("类", "class"),
    OWL + "ObjectProperty": ("对象属性", "object property"),
    OWL + "DatatypeProperty": ("数据属性", "datatype property"),
    OWL + "AnnotationProperty": ("注释属性", "annotation property"),
    OWL + "SymmetricProperty": ("对称", "symmetric"),
    OWL + "TransitiveProperty": ("传递", "transitive"),
    OWL + "FunctionalProperty": ("函数性", "functional"),
    OWL + "IrreflexiveProperty": ("非自反", "irreflexive"),
    OWL + "AsymmetricProperty": ("非对称", "asymmetric"),
}
"""What terms of other vocabularies are called here: Chinese, English."""

_NAMED = {RDFS + "label", SKOS + "prefLabel", SKOS + "definition", RDFS + "isDefinedBy", DCTERMS + "title"}
_PLACED = {SKOS + "inScheme", SKOS + "topConceptOf", SKOS + "hasTopConcept", SKOS + "broader", DOMAIN, RANGE}
_MATCHES = re.compile(r".*#(\w+Match|equivalent\w+|seeAlso)")
_ALIGNED = re.compile(r".*#(subClassOf|subPropertyOf|\w+Match|equivalent\w+)")


@dataclass(frozen=True)
class Writer:
    """Writes the vocabulary in one language."""

    vocabulary: Vocabulary
    questions: Mapping[str, Question]
    language: Language

    @property
    def other(self) -> Language:
        """The language that labels are repeated in."""
        return "en" if self.language == "zh" else "zh"

    def say(self, zh: str, en: str) -> str:
        """The one of two wordings that is in the page's language."""
        return zh if self.language == "zh" else en

    def listed(self, parts: Iterable[Child]) -> Markup:
        """The parts, with the language's comma between them."""
        return joined(parts, self.say("、", ", "))

    # ---- Names and links

    def name(self, iri: str) -> str:
        """What a term is called in the page's language."""
        known = _FOREIGN.get(iri)
        return self.say(*known) if known else self.vocabulary.label(iri, self.language)

    def link(self, iri: str) -> Markup:
        """A link to the term: within the page where it stands there, else to its own address."""
        if iri in self.documented:
            return element("a", self.name(iri), href=f"#{anchor(iri)}", title=self.vocabulary.short(iri))
        text = self.vocabulary.short(iri)
        return element("a", text, href=iri, rel="noreferrer") if iri.startswith("http") else element("code", text)

    @cached_property
    def documented(self) -> frozenset[str]:
        """What has a place of its own on the page."""
        kinds = (OWL + name for name in ("Class", "ObjectProperty", "DatatypeProperty", "AnnotationProperty"))
        own = filter(is_own, self.vocabulary.of_type(*kinds))
        return frozenset(
            [*own, *self.vocabulary.of_type(SKOS + "Concept", SKOS + "ConceptScheme", *self.concept_types)]
        )

    @cached_property
    def concept_types(self) -> tuple[str, ...]:
        """The ontology's own kinds of concept."""
        return tuple(filter(is_own, self.vocabulary.holders(RDFS + "subClassOf", SKOS + "Concept")))

    def title(self, iri: str) -> list[Markup]:
        """The label in either language and the short IRI, for a heading."""
        second = self.vocabulary.label(iri, self.other)
        return [
            element("span", self.vocabulary.label(iri, self.language), class_="label"),
            element("span", second, class_="second", lang=self.other),
            element("code", self.vocabulary.short(iri)),
        ]

    # ---- Cards

    def card(self, iri: str) -> Markup:
        """All that is said of a class or property."""
        rows = [*self._standing(iri), *self._signature(iri), *self._use(iri), *self._rest(iri), *self._alignments(iri)]
        return element(
            "article",
            element("h3", self.title(iri)),
            element("p", self.vocabulary.text(iri, SKOS + "definition", self.language), class_="definition"),
            self.rows(rows),
            id=anchor(iri),
            class_="term",
            data_find=True,
        )

    def rows(self, rows: Iterable[tuple[str, Child]]) -> Markup:
        """A list of names and values; what has no value is left out."""
        return element("dl", ([element("dt", name), element("dd", value)] for name, value in rows if value))

    def _standing(self, iri: str) -> Iterator[tuple[str, Child]]:
        """Where a term stands among its like."""
        vocabulary = self.vocabulary
        yield self.name(RDF + "type"), self.listed(self.name(kind) for kind in vocabulary.links(iri, RDF + "type"))
        for predicate, zh, en in (
            (RDFS + "subClassOf", "下位类", "subclasses"),
            (RDFS + "subPropertyOf", "下位属性", "subproperties"),
        ):
            above = [value for value in vocabulary.links(iri, predicate) if value.startswith(BASE)]
            under = [holder for holder in vocabulary.holders(predicate, iri) if is_own(holder)]
            yield self.name(predicate), self.listed(map(self.link, above))
            yield self.say(zh, en), self.listed(map(self.link, under))

    def _signature(self, iri: str) -> Iterator[tuple[str, Child]]:
        sides = [self.vocabulary.links(iri, side) for side in (DOMAIN, RANGE)]
        if any(sides):
            anything = element("span", self.say("任意", "anything"), class_="quiet")
            domain, range_ = (self.listed(map(self.link, side)) or anything for side in sides)
            yield self.say("签名", "signature"), joined([domain, element("b", " → "), range_])

    def _use(self, iri: str) -> Iterator[tuple[str, Child]]:
        """For a class, the properties that it may carry or be reached by; inherited ones too."""
        above = set(self.above(iri))
        for side, zh, en in ((DOMAIN, "可作主语", "as subject"), (RANGE, "可作宾语", "as object")):
            found = [p for p in self.properties if above & set(self.vocabulary.links(p, side))]
            yield self.say(zh, en), self.listed(map(self.link, found)) if above else None

    @cached_property
    def properties(self) -> list[str]:
        """The ontology's own properties between things."""
        return [iri for iri in self.vocabulary.of_type(OWL + "ObjectProperty") if is_own(iri)]

    def above(self, iri: str) -> list[str]:
        """A class and its superclasses of the ontology; nothing for what is no class."""
        found = [iri] if OWL + "Class" in self.vocabulary.links(iri, RDF + "type") else []
        for class_ in found:
            found += (up for up in self.vocabulary.links(class_, RDFS + "subClassOf") if is_own(up) and up not in found)
        return found

    def _rest(self, iri: str) -> Iterator[tuple[str, Child]]:
        """Everything that no other row says."""
        said = {*_NAMED, *_PLACED, RDF + "type", RDFS + "subClassOf", RDFS + "subPropertyOf"}
        for predicate, values in self.vocabulary.facts[iri].items():
            if predicate not in said and not _MATCHES.fullmatch(predicate):
                yield self.name(predicate), self.values(predicate, values)

    def _alignments(self, iri: str) -> Iterator[tuple[str, Child]]:
        """What the term is to terms of other vocabularies."""
        matches = [
            joined([element("span", self.name(predicate), class_="quiet"), " ", self.link(value.value)])
            for predicate, values in self.vocabulary.facts[iri].items()
            if _ALIGNED.fullmatch(predicate)
            for value in values
            if isinstance(value, NamedNode) and not value.value.startswith(BASE)
        ]
        yield self.say("对应其他词汇", "alignments"), self.listed(matches)

    def values(self, predicate: str, values: Iterable[Value]) -> Markup:
        """The values of a property as they are read."""
        spoken = [v for v in values if not isinstance(v, Literal) or v.language in (None, self.language)]
        return self.listed(self._value(predicate, value) for value in spoken)

    def _value(self, predicate: str, value: Value) -> Child:
        if isinstance(value, NamedNode):
            return self.link(value.value)
        if isinstance(value, BlankNode):
            return joined((self._step(item.value) for item in self.vocabulary.items(value.value)), " ∘ ")
        if predicate == ANSWERS and (question := self.questions.get(value.value)):
            return [self.say(question.zh, question.en), " ", element("code", question.name)]
        return {"true": self.say("是", "yes"), "false": self.say("否", "no")}.get(value.value, value.value)

    def _step(self, property_: str) -> Markup:
        """A property in a chain; one that is followed backwards has `^` before it."""
        backwards = self.vocabulary.links(property_, OWL + "inverseOf") if property_ not in self.documented else []
        return joined(["^", self.link(backwards[0])]) if backwards else self.link(property_)

    # ---- Concept schemes

    def scheme(self, iri: str) -> Markup:
        """A concept scheme as a tree that opens and closes."""
        vocabulary = self.vocabulary
        members = sorted(self.members(iri), key=self._order)
        children: dict[str, list[str]] = {}
        for member in members:
            for broader in vocabulary.links(member, SKOS + "broader"):
                children.setdefault(broader, []).append(member)
        tops = [m for m in members if not vocabulary.links(m, SKOS + "broader")]
        definition = vocabulary.text(iri, SKOS + "definition", self.language)
        heading = element("summary", self.title(iri), " ", element("span", f"({len(members)})", class_="quiet"))
        described = definition or vocabulary.text(iri, DCTERMS + "description", self.language)
        return element(
            "details",
            heading,
            element("p", described, class_="definition") if described else None,
            element("ul", [self._concept(top, children) for top in tops], class_="tree"),
            id=anchor(iri),
            class_="scheme",
            open=len(members) <= 12,
        )

    def members(self, scheme: str) -> list[str]:
        """The concepts of a scheme."""
        return self.vocabulary.holders(SKOS + "inScheme", scheme)

    def _order(self, concept: str) -> list[int]:
        """The numbers of its notation; concepts without one stay in the order of the file."""
        code = next(iter(self.vocabulary.texts(concept, SKOS + "notation")), "")
        return [int(number) for number in re.findall(r"\d+", code)]

    def _concept(self, iri: str, children: Mapping[str, list[str]], over: tuple[str, ...] = ()) -> Markup:
        narrower = [child for child in children.get(iri, ()) if child not in over]
        own = self._concept_line(iri, len(list(below(children, iri))) - 1)
        about = self._concept_text(iri)
        if not narrower:
            return element("li", element("div", own, class_="own"), about, id=anchor(iri), data_find=True)
        inner = element("ul", [self._concept(child, children, (*over, iri)) for child in narrower])
        opened = element("details", element("summary", own, class_="own"), about, inner)
        return element("li", opened, id=anchor(iri), data_find=True)

    def _concept_line(self, iri: str, count: int) -> list[Child]:
        vocabulary = self.vocabulary
        codes = [element("code", code) for name in _CODED for code in vocabulary.texts(iri, name)]
        return [
            element("span", vocabulary.label(iri, self.language), class_="label"),
            element("span", vocabulary.label(iri, self.other), class_="second", lang=self.other),
            codes,
            element("span", f"({count})", class_="quiet") if count else None,
        ]

    def _concept_text(self, iri: str) -> Markup | None:
        """The definition of a concept, and whatever else it carries, in one paragraph."""
        said = {*_NAMED, *_PLACED, *_CODED, RDF + "type"}
        parts: list[Child] = list(self.vocabulary.texts(iri, SKOS + "definition", self.language))
        for predicate, values in self.vocabulary.facts[iri].items():
            if predicate not in said and (value := self.values(predicate, values)):
                name = element("span", self.name(predicate), class_="quiet")
                parts.append(joined([name, self.say("：", ": "), value]))
        return element("p", joined(parts, self.say("　", " · ")), class_="about") if parts else None

    # ---- Shapes

    def shape(self, iri: str) -> list[Markup]:
        """A row for each rule of a node shape: what it asks, of what, in words."""
        vocabulary = self.vocabulary
        rules = vocabulary.links(iri, SH + "property")
        own = [iri] if vocabulary.texts(iri, SH + "message", self.language) else []
        return [self._rule(rule) for rule in (*own, *rules) if vocabulary.texts(rule, SH + "message")]

    def targets(self, shape: str) -> Markup:
        """What a node shape is about."""
        classes = [self.link(class_) for class_ in self.vocabulary.links(shape, SH + "targetClass")]
        reached = [
            joined([self.say("所指：", "what is reached by "), self.link(property_)])
            for property_ in self.vocabulary.links(shape, SH + "targetObjectsOf")
        ]
        return self.listed([*classes, *reached])

    def _rule(self, rule: str) -> Markup:
        warns = SH + "Warning" in self.vocabulary.links(rule, SH + "severity")
        return element(
            "tr",
            element("th", element("code", local(rule, SHAPES)), scope="row"),
            element("td", self.listed(self._path(path) for path in self.vocabulary.links(rule, SH + "path"))),
            element("td", self.vocabulary.text(rule, SH + "message", self.language)),
            element("td", self.say("警告", "warning") if warns else self.say("错误", "violation")),
            data_find=True,
        )

    def _path(self, path: str) -> Markup:
        """A property path: `^` for against the arrow, `/` for then, `|` for or."""
        vocabulary = self.vocabulary
        if inverse := vocabulary.links(path, SH + "inversePath"):
            return joined(["^", self._path(inverse[0])])
        if either := vocabulary.links(path, SH + "alternativePath"):
            return joined((self._path(item.value) for item in vocabulary.items(either[0])), " | ")
        if steps := [item.value for item in vocabulary.items(path) if path not in self.documented]:
            return joined(map(self._path, steps), " / ")
        return self.link(path)


def anchor(iri: str) -> str:
    """The id that a term has on the page; what follows `#` in a term's own IRI."""
    return local(iri, ONTOLOGY) if is_own(iri) else local(iri, BASE)
