"""Whether the ontology is in good order: its Turtle files, and what its rules and the queries take from them.

A reasoner finds contradictions; this finds what it cannot see: a term that nobody explained, a name that nobody
declared, and whatever would take the ontology out of OWL 2 DL, so that no reasoner could read it.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, Triple, parse
from rdflib.namespace import DCTERMS, FOAF, ORG, OWL, PROV, QB, RDF, RDFS, SDO, SH, SKOS, XSD

from kg.iris import BASE, CLAIM, CLAIM_OBJECT, ONTOLOGY, PREFIXES

_Node = NamedNode | BlankNode | Literal | Triple
_Edges = Mapping[str, set[str]]


def faults(folder: Path) -> list[str]:
    """Every fault of the ontology in `folder`, one sentence each, in the order of the checks.

    Read are its `*.ttl`, the rules `rules/*.rq` below it, and the questions and checks of the folder `queries` beside
    it. A file that is no Turtle is reported and left out.
    """
    found: list[str] = []
    graph = _Graph.read(folder, found)
    texts = {path.name: path.read_text(encoding="utf-8") for path in _queries(folder)}
    questions = {path.stem for path in (folder.parent / "queries").glob("*.rq")}
    return [
        *found,
        *_undocumented(graph, questions),
        *_repeated_labels(graph),
        *_undeclared(graph, texts),
        *_two_kinds(graph),
        *_without_top(graph),
        *_without_inverse_label(graph),
        *_unknown_foreign(graph),
        *_against_the_basis(graph),
        *_circular(graph),
        *_out_of_profile(graph),
    ]


def _queries(folder: Path) -> list[Path]:
    places = (folder / "rules", folder.parent / "queries", folder.parent / "queries" / "checks")
    return [path for place in places for path in sorted(place.glob("*.rq"))]


# ---- What the files say

_TYPE = str(RDF.type)
_KINDS = {
    str(OWL.Class): "class",
    str(OWL.ObjectProperty): "object property",
    str(OWL.DatatypeProperty): "data property",
    str(OWL.AnnotationProperty): "annotation property",
}
_OWN = (ONTOLOGY, CLAIM, CLAIM_OBJECT)
_REPEATING = ("alignments.ttl", "instruments.ttl", "lists.ttl", "qualifiers.ttl")
"""The files that only repeat declarations of the core's terms, so that each can be opened alone."""


@dataclass(frozen=True, slots=True)
class _Graph:
    """Triples with the file they stand in, and their values by subject and predicate. `owl` leaves out the shapes,
    which are no part of the ontology's axioms."""

    triples: list[tuple[str, Triple]]
    owl: list[tuple[str, Triple]]
    values: Mapping[tuple[str, str], list[_Node]]
    kinds: Mapping[str, set[str]]
    """Term → its kinds, wherever declared."""
    declared: frozenset[str]
    """Whatever has a type in a file of its own right."""

    @classmethod
    def read(cls, folder: Path, found: list[str]) -> "_Graph":
        triples: list[tuple[str, Triple]] = []
        for path in sorted(folder.glob("*.ttl")):
            try:
                triples += [(path.name, quad.triple) for quad in parse(path=path, format=RdfFormat.TURTLE)]
            except SyntaxError as error:
                found.append(f"{path.name} is no Turtle: {error}.")
        shapes = {file for file, t in triples if t.predicate.value == str(SH.targetClass)}
        values: defaultdict[tuple[str, str], list[_Node]] = defaultdict(list)
        kinds: defaultdict[str, set[str]] = defaultdict(set)
        for _, t in triples:
            values[_key(t.subject), t.predicate.value].append(t.object)
            if t.predicate.value == _TYPE and _key(t.object) in _KINDS:
                kinds[_key(t.subject)].add(_KINDS[_key(t.object)])
        typed = (
            _key(t.subject)
            for file, t in triples
            if t.predicate.value == _TYPE and not (file in _REPEATING and _key(t.subject).startswith(_OWN))
        )
        owl = [(file, t) for file, t in triples if file not in shapes]
        return cls(triples, owl, dict(values), dict(kinds), frozenset(typed))

    def iris(self, subject: str, predicate: object) -> list[str]:
        """The values that are no literals."""
        return [_key(o) for o in self.values.get((subject, str(predicate)), ()) if not isinstance(o, Literal)]

    def languages(self, subject: str, predicate: object) -> set[str]:
        texts = self.values.get((subject, str(predicate)), ())
        return {o.language for o in texts if isinstance(o, Literal) and o.language and o.value.strip()}

    def pairs(self, predicate: object) -> list[tuple[str, str]]:
        """Subjects and objects of a predicate in the axioms; an object that is a literal stands as its text."""
        return [(_key(t.subject), _key(t.object)) for _, t in self.owl if t.predicate.value == str(predicate)]

    def edges(self, *predicates: object) -> defaultdict[str, set[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for subject, object_ in chain.from_iterable(map(self.pairs, predicates)):
            found[subject].add(object_)
        return found

    def members(self, head: str) -> list[str]:
        """The members of an RDF list."""
        found = []
        while head != str(RDF.nil) and (first := self.iris(head, RDF.first)):
            found += first
            head = next(iter(self.iris(head, RDF.rest)), str(RDF.nil))
        return found

    def terms(self, kind: str) -> list[str]:
        """Our own terms of a kind, by name."""
        return sorted(
            t for t, kinds in self.kinds.items() if kind in kinds and t.startswith(_OWN) and t in self.declared
        )


def _key(node: _Node) -> str:
    return str(node) if isinstance(node, BlankNode | Triple) else node.value


def _short(iri: str) -> str:
    """An IRI by its prefix, where one is known."""
    known = {**PREFIXES, **_MORE}
    fits = [(len(base), f"{prefix}:{iri[len(base) :]}") for prefix, base in known.items() if iri.startswith(base)]
    return max(fits)[1] if fits else f"<{iri}>"


def _above(edges: _Edges, start: str) -> set[str]:
    """All that is reached from `start`; `start` itself only where it lies on a cycle."""
    found: set[str] = set()
    new = set(edges.get(start, ()))
    while new:
        found |= new
        new = {up for node in new for up in edges.get(node, ())} - found
    return found


# ---- Each term explained

_ID = re.compile(r"Q\d\d")
_TEXTS = (("label", RDFS.label), ("definition", SKOS.definition), ("example", SKOS.example))
_CONCEPT_TEXTS = (("label", SKOS.prefLabel), ("definition", SKOS.definition))


def _undocumented(graph: _Graph, questions: set[str]) -> Iterator[str]:
    for kind in _KINDS.values():
        for term in graph.terms(kind):
            yield from _silent(graph, term, kind, _TEXTS)
            yield from _unfounded(graph, term, kind, questions)
    for type_, kind in ((SKOS.Concept, "concept"), (SKOS.ConceptScheme, "concept scheme")):
        for term, object_ in graph.pairs(_TYPE):
            if object_ == str(type_) and term.startswith(ONTOLOGY):
                yield from _silent(graph, term, kind, _CONCEPT_TEXTS)


def _silent(graph: _Graph, term: str, kind: str, texts: Iterable[tuple[str, object]]) -> Iterator[str]:
    for name, predicate in texts:
        for language in sorted({"zh", "en"} - graph.languages(term, predicate)):
            yield f"The {kind} {_short(term)} has no {name} in {language}: add one."


def _unfounded(graph: _Graph, term: str, kind: str, questions: set[str]) -> Iterator[str]:
    if not graph.values.get((term, str(DCTERMS.source))):
        yield f"The {kind} {_short(term)} has no source: name the vocabulary it follows, or policykg."
    answers = [_key(o) for o in graph.values.get((term, ONTOLOGY + "answers"), ())]
    if not answers:
        yield f"The {kind} {_short(term)} answers no question: name one with pkg:answers, or drop the term."
    for answer in answers:
        if answer not in questions and not _ID.fullmatch(answer):
            yield f"The {kind} {_short(term)} answers {answer!r}, which is no question: correct it."


def _repeated_labels(graph: _Graph) -> Iterator[str]:
    for kind in _KINDS.values():
        named = [(term, label) for term in graph.terms(kind) for label in graph.values.get((term, str(RDFS.label)), ())]
        yield from _repeated(named, kind)
    schemes: defaultdict[str, list[tuple[str, _Node]]] = defaultdict(list)
    for concept, scheme in graph.pairs(SKOS.inScheme):
        schemes[scheme] += [(concept, label) for label in graph.values.get((concept, str(SKOS.prefLabel)), ())]
    for scheme, named in schemes.items():
        yield from _repeated(named, f"concept of {_short(scheme)}")


def _repeated(named: Iterable[tuple[str, _Node]], kind: str) -> Iterator[str]:
    first: dict[tuple[str, str | None], str] = {}
    for term, label in named:
        if isinstance(label, Literal):
            other = first.setdefault((label.value.lower(), label.language), term)
            if other != term:
                yield f"The {kind} {_short(term)} has the label of {_short(other)}, {label.value}: rename one."


def _without_inverse_label(graph: _Graph) -> Iterator[str]:
    for term in graph.terms("object property"):
        if term.startswith(ONTOLOGY):
            yield from _silent(graph, term, "object property", (("inverse label", ONTOLOGY + "inverseLabel"),))


# ---- Each name declared

_USED = re.compile(r"(?<![\w:/])(pkg|claim|claimo):([A-Za-z]\w*)\b(?!\()")
"""A name in a query; one that is called is a function of the engine."""
_COMMENT = re.compile(r"^\s*#.*$", re.MULTILINE)


def _undeclared(graph: _Graph, texts: Mapping[str, str]) -> Iterator[str]:
    used = {(file, _key(node)) for file, t in graph.triples for node in (t.subject, t.predicate, t.object)}
    for file, text in texts.items():
        used |= {(file, PREFIXES[prefix] + name) for prefix, name in _USED.findall(_COMMENT.sub("", text))}
    for file, term in sorted(used):
        if term.startswith(_OWN) and term not in graph.declared:
            yield f"{file} uses {_short(term)}, which no file declares: declare it or correct the name."


def _two_kinds(graph: _Graph) -> Iterator[str]:
    for term, kinds in sorted(graph.kinds.items()):
        if len(properties := sorted(kinds - {"class"})) > 1:
            yield f"{_short(term)} is declared as {' and '.join(properties)}: keep one."


def _without_top(graph: _Graph) -> Iterator[str]:
    """A top is pkg:Entity or a class that one axiom declares disjoint with it."""
    lists = [graph.members(head) for _, head in graph.pairs(OWL.members)]
    tops = {ONTOLOGY + "Entity", *chain.from_iterable(group for group in lists if ONTOLOGY + "Entity" in group)}
    above = graph.edges(RDFS.subClassOf)
    for term in graph.terms("class"):
        if not ({term} | _above(above, term)) & tops:
            yield f"The class {_short(term)} is below no top: make it a subclass, or disjoint with pkg:Entity."


_MORE = {
    "org": str(ORG),
    "foaf": str(FOAF),
    "qb": str(QB),
    "eli": "http://data.europa.eu/eli/ontology#",
    "frapo": "http://purl.org/cerif/frapo/",
    "doco": "http://purl.org/spar/doco/",
    "sdmx-dimension": "http://purl.org/linked-data/sdmx/2009/dimension#",
}
_CLOSED = {str(space): space for space in (DCTERMS, FOAF, ORG, OWL, PROV, QB, RDF, RDFS, SDO, SH, SKOS, XSD)}
"""Vocabularies whose terms rdflib lists."""
_LISTED = {
    PREFIXES["oa"]: "Annotation SpecificResource TextPositionSelector TextQuoteSelector end exact hasBody hasSelector "
    "hasSource hasTarget prefix refinedBy start suffix",
    PREFIXES["bibo"]: "doi issue pages uri volume",
    PREFIXES["cito"]: "cites citesAsEvidence",
    _MORE["eli"]: "LegalResource date_document in_force jurisdiction passed_by",
    _MORE["frapo"]: "FundingAgency FundingProgramme ResearchInstitute funds hasOutput",
    _MORE["doco"]: "Section Sentence",
    _MORE["sdmx-dimension"]: "refArea refPeriod",
}
"""Terms of the other ones, as far as they are used here and were looked up."""


def _unknown_foreign(graph: _Graph) -> Iterator[str]:
    places: dict[str, str] = {}
    for file, t in graph.triples:
        for node in (t.subject, t.predicate, t.object):
            if isinstance(node, NamedNode):
                places.setdefault(node.value, file)
    must = {t.predicate.value for _, t in graph.triples} | set(graph.kinds)
    for iri, file in sorted(places.items()):
        if _is_unknown(iri, iri in must and not iri.startswith(BASE)):
            yield f"{file} uses {_short(iri)}, which is no term of a vocabulary known here: look it up or correct it."


def _is_unknown(iri: str, must_be_known: bool) -> bool:
    for base, space in _CLOSED.items():
        if iri.startswith(base) and iri != base:
            return iri not in space
    for base, names in _LISTED.items():
        if iri.startswith(base) and iri != base:
            return iri[len(base) :] not in names.split()
    return must_be_known and not iri.startswith("_:")


def _against_the_basis(graph: _Graph) -> Iterator[str]:
    for predicate in (RDFS.domain, RDFS.range):
        for term, _ in graph.pairs(predicate):
            if term.startswith(_OWN):
                name = _short(str(predicate))
                yield f"{_short(term)} has {name}, which would turn faults into types: use schema:domainIncludes."
    for term, _ in graph.pairs(OWL.sameAs):
        yield f"{_short(term)} has owl:sameAs, which merges what may differ: use skos:exactMatch."


def _circular(graph: _Graph) -> Iterator[str]:
    for predicate in (RDFS.subClassOf, RDFS.subPropertyOf, SKOS.broader):
        above = graph.edges(predicate)
        for term in sorted(above):
            if term in _above(above, term):
                yield f"{_short(term)} is above itself by {_short(str(predicate))}: break the circle."


# ---- OWL 2 DL, as far as it shows without a reasoner

_RESERVED = (str(RDF), str(RDFS), str(OWL))
_REIFICATION = {str(name) for name in (RDF.subject, RDF.predicate, RDF.object, RDF.value)}
_BUILT_IN = {str(OWL.Thing), str(OWL.Nothing)}
_CLASS_SIDES = (RDFS.subClassOf, OWL.equivalentClass, OWL.disjointWith)
_FILLERS = (OWL.someValuesFrom, OWL.allValuesFrom, OWL.onClass, OWL.complementOf)
_FEATURES = {
    "simple": (OWL.FunctionalProperty, OWL.InverseFunctionalProperty, OWL.IrreflexiveProperty, OWL.AsymmetricProperty),
    "any": (OWL.TransitiveProperty, OWL.SymmetricProperty, OWL.ReflexiveProperty),
}
_COUNTS = (
    *(OWL.minCardinality, OWL.maxCardinality, OWL.cardinality, OWL.hasSelf),
    *(OWL.minQualifiedCardinality, OWL.maxQualifiedCardinality, OWL.qualifiedCardinality),
)
_XSD_NAMES = (
    "string normalizedString token language Name NCName NMTOKEN boolean decimal integer double float "
    "nonNegativeInteger nonPositiveInteger positiveInteger negativeInteger long int short byte unsignedLong "
    "unsignedInt unsignedShort unsignedByte hexBinary base64Binary anyURI dateTime dateTimeStamp"
)
_DATATYPES = {
    *(str(XSD) + name for name in _XSD_NAMES.split()),
    *(str(RDF) + name for name in ("PlainLiteral", "XMLLiteral", "langString")),
    *(str(OWL) + name for name in ("real", "rational")),
    str(RDFS.Literal),
}


def _out_of_profile(graph: _Graph) -> Iterator[str]:
    yield from _reserved(graph)
    yield from _untyped(graph)
    yield from _unclassed(graph)
    yield from _mixed_kinds(graph)
    yield from _wrong_values(graph)
    yield from _not_simple(graph)
    yield from _irregular(graph)


def _reserved(graph: _Graph) -> Iterator[str]:
    for term, kinds in sorted(graph.kinds.items()):
        if term.startswith(_RESERVED):
            yield f"{_short(term)} is declared as {min(kinds)}, but belongs to OWL itself: drop the declaration."
        if "class" in kinds and str(RDFS.Datatype) in graph.iris(term, _TYPE):
            yield f"{_short(term)} is declared as class and as datatype: keep one."


def _untyped(graph: _Graph) -> Iterator[str]:
    used = {t.predicate.value for _, t in graph.owl} | {name for _, name in graph.pairs(OWL.onProperty)}
    used |= {step for _, head in graph.pairs(OWL.propertyChainAxiom) for step in _steps(graph, head)}
    for predicate in sorted(name for name in used if not name.startswith("_:")):
        if predicate in _REIFICATION:
            yield f"{_short(predicate)} is reserved in OWL 2 DL: state it with a property of our own."
        elif not predicate.startswith(_RESERVED) and not graph.kinds.get(predicate, set()) - {"class"}:
            yield f"The property {_short(predicate)} is used but not declared: say which kind of property it is."


def _unclassed(graph: _Graph) -> Iterator[str]:
    used = {object_ for _, object_ in graph.pairs(_TYPE)}
    used |= {side for predicate in _CLASS_SIDES for pair in graph.pairs(predicate) for side in pair}
    used |= {filler for predicate in _FILLERS for _, filler in graph.pairs(predicate)}
    lists = [head for predicate in (OWL.unionOf, OWL.intersectionOf) for _, head in graph.pairs(predicate)]
    lists += [head for node, head in graph.pairs(OWL.members) if str(OWL.AllDisjointClasses) in graph.iris(node, _TYPE)]
    used |= {member for head in lists for member in graph.members(head)}
    for term in sorted(used - _BUILT_IN):
        named = not term.startswith(("_:", str(XSD), *_RESERVED))
        if named and "class" not in graph.kinds.get(term, set()):
            yield f"{_short(term)} stands where a class must, but is not declared as one: declare it."


def _mixed_kinds(graph: _Graph) -> Iterator[str]:
    for predicate in (RDFS.subPropertyOf, OWL.equivalentProperty, OWL.inverseOf):
        for lower, upper in graph.pairs(predicate):
            kinds = [graph.kinds.get(term, set()) - {"class"} for term in (lower, upper) if not term.startswith("_:")]
            if any(a != b or not a for a, b in pairwise(kinds)):
                yield f"{_short(lower)} and {_short(upper)} are joined by {_short(str(predicate))}, but differ in kind."
    for feature in chain(_FEATURES["simple"][1:], _FEATURES["any"]):
        for term, type_ in graph.pairs(_TYPE):
            if type_ == str(feature) and "object property" not in graph.kinds.get(term, set()):
                yield f"{_short(term)} is {_short(type_)}, but no object property: declare it as one."


def _wrong_values(graph: _Graph) -> Iterator[str]:
    for file, t in graph.owl:
        kinds = graph.kinds.get(t.predicate.value, set())
        place = f"{file}: {_short(_key(t.subject))} {_short(t.predicate.value)}"
        if isinstance(t.object, Literal):
            if "object property" in kinds:
                yield f"{place} has the text {t.object.value!r}, but leads to things: give an IRI."
            if t.object.datatype.value not in _DATATYPES:
                yield f"{place} is a {_short(t.object.datatype.value)}, unknown to OWL 2: use another datatype."
        elif "data property" in kinds:
            yield f"{place} leads to {_short(_key(t.object))}, but holds values: give a literal."


def _not_simple(graph: _Graph) -> Iterator[str]:
    """Counting, and features that count, are undecidable on what follows from paths."""
    paths = {term for term, type_ in graph.pairs(_TYPE) if type_ == str(OWL.TransitiveProperty)}
    paths |= {term for term, _ in graph.pairs(OWL.propertyChainAxiom)}
    above = graph.edges(RDFS.subPropertyOf, OWL.equivalentProperty, OWL.inverseOf)
    for one, other in chain(graph.pairs(OWL.equivalentProperty), graph.pairs(OWL.inverseOf)):
        above[other].add(one)
    complex_ = paths.union(*(_above(above, term) for term in paths))
    counted = {node for predicate in _COUNTS for node, _ in graph.pairs(predicate)}
    used = {prop for node, prop in graph.pairs(OWL.onProperty) if node in counted}
    features = {str(feature) for feature in _FEATURES["simple"]}
    used |= {term for term, type_ in graph.pairs(_TYPE) if type_ in features}
    used |= {side for pair in graph.pairs(OWL.propertyDisjointWith) for side in pair}
    for term in sorted(used & complex_):
        yield f"{_short(term)} follows from paths, so it cannot be counted, functional or disjoint: drop that."


def _irregular(graph: _Graph) -> Iterator[str]:
    """A property may follow from a chain only of lesser ones, itself at most at one end (or twice: transitive)."""
    below: defaultdict[str, set[str]] = defaultdict(set)
    for lower, upper in graph.pairs(RDFS.subPropertyOf):
        below[upper].add(lower)
    chains = [(term, _steps(graph, head)) for term, head in graph.pairs(OWL.propertyChainAxiom)]
    for term, steps in chains:
        below[term].update(_lesser(term, steps))
    for term, steps in chains:
        if any(step == term or term in _above(below, step) for step in _lesser(term, steps)):
            yield f"The chain of {_short(term)} leads back to itself, which OWL 2 DL forbids: shorten it."


def _steps(graph: _Graph, head: str) -> list[str]:
    """The properties of a chain; an inverse counts as its property."""
    return [
        next(iter(graph.iris(step, OWL.inverseOf)), step) if step.startswith("_:") else step
        for step in graph.members(head)
    ]


def _lesser(term: str, steps: list[str]) -> list[str]:
    """The steps that must be lesser than the chain's property."""
    if steps == [term, term]:
        return []
    if steps[0] == term:
        return steps[1:]
    return steps[:-1] if steps[-1] == term else steps
