"""The IRIs of the graph: how names become identifiers, and back.

Entities are named by type and name, `https://w3id.org/policykg/id/program/863计划`: readable, the same in every
store, and unchanged when the dictionary later learns the name.
"""

import re
import unicodedata
from functools import lru_cache
from hashlib import sha256
from urllib.parse import quote

BASE = "https://w3id.org/policykg/"
ONTOLOGY = f"{BASE}ontology#"
ENTITY = f"{BASE}id/"
DOCUMENT = f"{BASE}document/"
STATEMENT = f"{BASE}statement/"
EVIDENCE = f"{BASE}evidence/"
CHAIN = f"{BASE}chain/"
"""Chains, see `kg.telling`."""
OBSERVATION = f"{BASE}observation/"
"""What a statement's figure means; named by the statement's id."""
FIGURE = f"{BASE}figure/"
"""Numbers and dates in a document's prose."""
QUALIFIER = f"{BASE}qualifier/"
"""The members of the closed lists that qualify statements: `qualifier/role/leads`."""
CLAIM = f"{BASE}claim/"
"""Subject → statement: `<863计划> claim:targets <statement>`."""
CLAIM_OBJECT = f"{BASE}claim-object/"
"""Statement → object: `<statement> claim-object:targets <电动汽车>`."""
INFERRED = f"{BASE}graph/inferred"
"""The graph of what was inferred, see `kg.inference`."""
MERGES = f"{BASE}graph/merges"
"""The graph of decisions that two ids name one thing, see `kg.merges`."""
MERGE = f"{BASE}merge/"
"""Such decisions."""
INFERENCE = f"{BASE}inferred/"
"""Inferred statements."""

PREFIXES: dict[str, str] = {
    "pkg": ONTOLOGY,
    "id": ENTITY,
    "doc": DOCUMENT,
    "st": STATEMENT,
    "ev": EVIDENCE,
    "ob": OBSERVATION,
    "fig": FIGURE,
    "q": QUALIFIER,
    "claim": CLAIM,
    "claimo": CLAIM_OBJECT,
    "tool": f"{BASE}instrument/",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "rdfs": "http://www.w3.org/2000/01/rdf-schema#",
    "owl": "http://www.w3.org/2002/07/owl#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dcterms": "http://purl.org/dc/terms/",
    "prov": "http://www.w3.org/ns/prov#",
    "oa": "http://www.w3.org/ns/oa#",
    "bibo": "http://purl.org/ontology/bibo/",
    "cito": "http://purl.org/spar/cito/",
    "schema": "https://schema.org/",
    "sh": "http://www.w3.org/ns/shacl#",
    "qb": "http://purl.org/linked-data/cube#",
}
"""The prefixes that queries may use without declaring them, and that Turtle and TriG are written with."""

_LONGEST = 80
_MARKS = re.compile(r"[\s“”‘’\"'`《》〈〉「」『』()（）\[\]【】·・,，、.。;；:：!！?？—–_-]+")
_UNSAFE = re.compile(r"[^\w.~-]")


@lru_cache(1 << 17)  # each of the 60,000 names of the dictionary is asked for by several indexes
def normal(name: str) -> str:
    """A name as it is compared: compatibility forms folded, lower case, marks and white space gone.

    >>> normal("“863” 计划"), normal("BioNTech公司")
    ('863计划', 'biontech公司')
    """
    folded = unicodedata.normalize("NFKC", name).lower()
    return _MARKS.sub("", folded) or folded.strip()


def entity_id(type_: str, name: str) -> str:
    """The id of an entity of that type and name.

    >>> entity_id("Program", "“863”计划")
    'program/863计划'
    """
    key = normal(name)
    last = slug(key[:_LONGEST])
    if len(key) > _LONGEST:
        last += "~" + sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{type_.lower()}/{last}"


def slug(name: str) -> str:
    """A name as the last part of an IRI: letters and digits of any script as they are, all else percent-encoded."""
    return _UNSAFE.sub(lambda m: quote(m.group().encode("utf-8", "replace"), safe=""), name)


def document_iri(source: str) -> str:
    """The IRI of a document, which is also the name of its graph."""
    return DOCUMENT + slug(source)


def local(iri: str, base: str) -> str:
    """What follows `base` in an IRI."""
    if not iri.startswith(base):
        raise ValueError(f"{iri} does not start with {base}")
    return iri[len(base) :]
