"""How policy instruments stand to each other in the taxonomy (`ontology/instruments.ttl`), for the questions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import chain

from kg.config import data_folder
from kg.iris import PREFIXES, normal
from kg.vocabulary import Vocabulary

_SKOS = PREFIXES["skos"]


class Taxonomy:
    """The instruments by name, and the concepts that are directly wider than or related to each."""

    def __init__(self, concepts: Vocabulary) -> None:
        self._named: defaultdict[str, set[str]] = defaultdict(set)
        self._wider: Mapping[str, frozenset[str]] = _links(concepts, "broader")
        self._related: Mapping[str, frozenset[str]] = _links(concepts, "related")
        for concept in concepts.facts:
            for name in chain(*(concepts.texts(concept, _SKOS + label) for label in ("prefLabel", "altLabel"))):
                self._named[normal(name)].add(concept)

    def link(self, one: Iterable[str], other: Iterable[str]) -> str:
        """How the instrument of the names `other` stands to that of the names `one`: `related`, `broader` (the other
        is the wider one), `narrower`, `sibling` (both stand directly below one); empty where in none of these ways, or
        where they are the same one."""
        first, second = self._concepts(one), self._concepts(other)
        if first & second:
            return ""
        related, wider = (frozenset().union(*(of.get(c, ()) for c in first)) for of in (self._related, self._wider))
        others_wider = frozenset().union(*(self._wider.get(c, ()) for c in second))
        if related & second:
            return "related"
        if wider & second:
            return "broader"
        if others_wider & first:
            return "narrower"
        return "sibling" if wider & others_wider else ""

    def _concepts(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(self._named.get(normal(name), ()) for name in names))


def _links(concepts: Vocabulary, name: str) -> dict[str, frozenset[str]]:
    return {concept: frozenset(concepts.links(concept, _SKOS + name)) for concept in concepts.facts}


@cache
def load() -> Taxonomy:
    """The packaged taxonomy, read when it is first asked for."""
    return Taxonomy(Vocabulary.read([data_folder("ontology") / "instruments.ttl"]))
