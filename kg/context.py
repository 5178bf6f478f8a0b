"""The JSON-LD context: short names for the ontology's terms. The export in JSON-LD carries it, and `kg ontology`
publishes it as a file."""

from functools import cache
from typing import Any

from kg.config import data_folder
from kg.iris import ONTOLOGY, PREFIXES, local
from kg.vocabulary import CORE, Vocabulary, is_own

_XSD, _OWL = PREFIXES["xsd"], PREFIXES["owl"]
_TEXT = _XSD + "string"
_LINKS, _VALUES = _OWL + "ObjectProperty", _OWL + "DatatypeProperty"
_TERMS = (_OWL + "Class", _LINKS, _VALUES, _OWL + "AnnotationProperty")


@cache
def context() -> dict[str, Any]:
    """The packaged ontology's context: every prefix, then every class and property under its local name.

    A property that leads to things reads its values as IRIs, one whose range is a data type as literals of that type.
    """
    vocabulary = Vocabulary.read([data_folder("ontology") / CORE])
    terms = {local(iri, ONTOLOGY): _meaning(vocabulary, iri) for iri in filter(is_own, vocabulary.of_type(*_TERMS))}
    return {**{name: terms[name] for name in sorted(terms)}, **PREFIXES}


def names() -> dict[str, str]:
    """Property IRI → its name in the context."""
    return {ONTOLOGY + name: name for name, meaning in context().items() if isinstance(meaning, dict)}


def _meaning(vocabulary: Vocabulary, iri: str) -> str | dict[str, str]:
    types = vocabulary.links(iri, PREFIXES["rdf"] + "type")
    if _OWL + "Class" in types:
        return f"pkg:{local(iri, ONTOLOGY)}"
    meaning = {"@id": f"pkg:{local(iri, ONTOLOGY)}"}
    if _LINKS in types:
        return {**meaning, "@type": "@id"}
    ranges = vocabulary.links(iri, PREFIXES["schema"] + "rangeIncludes")
    if _VALUES in types and len(ranges) == 1 and ranges[0].startswith(_XSD) and ranges[0] != _TEXT:
        return {**meaning, "@type": f"xsd:{local(ranges[0], _XSD)}"}
    return meaning
