"""Media types: what an answer can be written as, and which of them a client wants (RFC 9110, 12.5.1)."""

from collections.abc import Sequence
from functools import lru_cache

import pyoxigraph as ox

TURTLE, N_TRIPLES, JSON_LD, RDF_XML = (
    "text/turtle",
    "application/n-triples",
    "application/ld+json",
    "application/rdf+xml",
)
JSON, HTML = "application/json", "text/html"

RESULTS: dict[str, ox.QueryResultsFormat] = {
    "application/sparql-results+json": ox.QueryResultsFormat.JSON,
    "application/sparql-results+xml": ox.QueryResultsFormat.XML,
    "text/csv": ox.QueryResultsFormat.CSV,
    "text/tab-separated-values": ox.QueryResultsFormat.TSV,
    JSON: ox.QueryResultsFormat.JSON,
    "application/xml": ox.QueryResultsFormat.XML,
    "text/xml": ox.QueryResultsFormat.XML,
}
"""What SELECT and ASK are answered as, the best first."""
GRAPHS: dict[str, ox.RdfFormat] = {
    TURTLE: ox.RdfFormat.TURTLE,
    N_TRIPLES: ox.RdfFormat.N_TRIPLES,
    RDF_XML: ox.RdfFormat.RDF_XML,
    JSON_LD: ox.RdfFormat.JSON_LD,
    "text/plain": ox.RdfFormat.N_TRIPLES,
    JSON: ox.RdfFormat.JSON_LD,
    "application/xml": ox.RdfFormat.RDF_XML,
}
"""What CONSTRUCT and DESCRIBE are answered as, the best first."""

_LONGEST = 2000


@lru_cache(maxsize=512)
def choose(accept: str, offers: Sequence[str]) -> str | None:
    """Which of the media types, the best first, the header wants most; None where it wants none of them. A missing or
    empty header wants anything.

    >>> choose("text/html;q=0.5, text/*;q=0.8", ("text/html", "text/turtle", "application/json"))
    'text/turtle'
    >>> choose("application/json, */*;q=0", ("text/turtle",)) is None
    True
    """
    ranges = [_range(part) for part in accept[:_LONGEST].split(",") if part.strip()]
    if not ranges:
        return offers[0]
    weights = {offer: max((r for r in ranges if _fits(r[1], offer)), default=(0, "", 0.0))[2] for offer in offers}
    # the first of the equals: the order of the offers is that of the server's liking
    best = max(offers, key=weights.__getitem__)
    return best if weights[best] > 0 else None


def _range(part: str) -> tuple[int, str, float]:
    """How exact a range of the header is, the range itself, and its weight; a weight that is no number is 0."""
    name, *parameters = (piece.strip().lower() for piece in part.split(";"))
    weight = next((piece[2:].strip() for piece in parameters if piece.startswith("q=")), "1")
    exactness = 0 if name == "*/*" else 1 if name.endswith("/*") else 2
    return exactness, name, float(weight) if weight.replace(".", "", 1).isdecimal() else 0.0


def _fits(name: str, offer: str) -> bool:
    return name in ("*/*", offer) or (name.endswith("/*") and offer.startswith(name[:-1]))


def typed(media: str) -> str:
    """The media type as a header says it: texts with their encoding."""
    return f"{media}; charset=utf-8" if media.startswith("text/") else media
