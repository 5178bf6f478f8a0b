"""All that the ontology's Turtle files say, read without knowing their terms in advance: what documents the ontology
and what is generated from it shows terms that are added later too.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from pyoxigraph import BlankNode, Literal, NamedNode, RdfFormat, parse

from kg.config import data_folder
from kg.errors import OntologyError
from kg.iris import BASE, ONTOLOGY, PREFIXES
from kg.model import Language

Value = NamedNode | BlankNode | Literal

_RDF = PREFIXES["rdf"]
_TYPE = _RDF + "type"
_NAMES = (PREFIXES["rdfs"] + "label", PREFIXES["skos"] + "prefLabel", PREFIXES["dcterms"] + "title")
"""The properties that name a term, the first found first."""


@dataclass(frozen=True)
class Vocabulary:
    """The triples of Turtle files, subjects and values in the order of the files. A blank node's name is its own."""

    facts: Mapping[str, Mapping[str, tuple[Value, ...]]]
    """Subject → predicate → values."""
    prefixes: Mapping[str, str]
    """The packaged prefixes, and those that the files declare."""

    @classmethod
    def read(cls, paths: Iterable[Path]) -> "Vocabulary":
        """All that the files say together. Raises OntologyError where one is no Turtle."""
        facts: defaultdict[str, defaultdict[str, list[Value]]] = defaultdict(lambda: defaultdict(list))
        prefixes = dict(PREFIXES)
        for path in paths:
            try:
                parser = parse(path=path, format=RdfFormat.TURTLE, rename_blank_nodes=True)
                for quad in parser:
                    if not isinstance(quad.subject, NamedNode | BlankNode) or not isinstance(quad.object, Value):
                        raise OntologyError(f"{path.name}: {quad.subject} is a quoted triple: write it as a node")
                    facts[quad.subject.value][quad.predicate.value].append(quad.object)
            except (SyntaxError, OSError) as error:
                raise OntologyError(f"{path.name} cannot be read: {error}; install policykg again") from error
            prefixes = {**parser.prefixes, **prefixes}
        return cls({s: {p: tuple(dict.fromkeys(v)) for p, v in of.items()} for s, of in facts.items()}, prefixes)

    def of_type(self, *classes: str) -> list[str]:
        """The IRIs of policykg that have one of the types."""
        found = {holder for class_ in classes for holder in self.holders(_TYPE, class_)}
        return [subject for subject in self.facts if subject in found and subject.startswith(BASE)]

    def values(self, subject: str, predicate: str) -> tuple[Value, ...]:
        """All values, literals and nodes alike."""
        return self.facts.get(subject, {}).get(predicate, ())

    def links(self, subject: str, predicate: str) -> list[str]:
        """The nodes that the property leads to."""
        return [v.value for v in self.values(subject, predicate) if not isinstance(v, Literal)]

    def texts(self, subject: str, predicate: str, language: Language | None = None) -> list[str]:
        """The literals; with a language, those in it and those without any."""
        found = [v for v in self.values(subject, predicate) if isinstance(v, Literal)]
        return [v.value for v in found if language is None or v.language in (None, language)]

    def text(self, subject: str, predicate: str, language: Language) -> str:
        """The first literal in the language, or the empty text."""
        return next(iter(self.texts(subject, predicate, language)), "")

    def holders(self, predicate: str, value: str) -> list[str]:
        """The subjects whose property leads to that node."""
        return self._holders.get((predicate, value), [])

    @cached_property
    def _holders(self) -> Mapping[tuple[str, str], list[str]]:
        found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
        for subject, of in self.facts.items():
            for predicate in of:
                for value in self.links(subject, predicate):
                    found[predicate, value].append(subject)
        return dict(found)

    def items(self, node: str) -> list[Value]:
        """The members of an RDF list."""
        found: list[Value] = []
        while node != _RDF + "nil":
            found += self.values(node, _RDF + "first")
            node = next(iter(self.links(node, _RDF + "rest")), _RDF + "nil")
        return found

    def label(self, iri: str, language: Language) -> str:
        """What a term is called: in that language, else at all, else its short form."""
        named = next((text for name in _NAMES if (text := self.text(iri, name, language))), "")
        return named or next((text for name in _NAMES for text in self.texts(iri, name)), "") or self.short(iri)

    def short(self, iri: str) -> str:
        """The IRI with the longest prefix that fits: `pkg:Program`."""
        fitting = [(base, prefix) for prefix, base in self.prefixes.items() if base and iri.startswith(base)]
        base, prefix = max(fitting, key=lambda pair: len(pair[0]), default=("", ""))
        return f"{prefix}:{iri[len(base) :]}" if base else iri


def turtle_files(folder: Path | None = None) -> list[Path]:
    """The Turtle files of a folder, or of the packaged ontology, its core first."""
    found = (folder or data_folder("ontology")).glob("*.ttl")
    return sorted((path for path in found if not path.name.startswith(".")), key=lambda p: (p.name != CORE, p.name))


CORE = "policykg.ttl"
"""The file of the classes and properties themselves."""


def below(
    tree: Mapping[str, list[str]], top: str, depth: int = 0, over: tuple[str, ...] = ()
) -> Iterator[tuple[str, int]]:
    """What stands at and below `top` in a tree of children, each with its depth. A cycle is entered once."""
    yield top, depth
    for child in tree.get(top, ()):
        if child not in (*over, top):
            yield from below(tree, child, depth + 1, (*over, top))


def is_own(iri: str) -> bool:
    """Whether the IRI is a term of the ontology itself."""
    return iri.startswith(ONTOLOGY)
