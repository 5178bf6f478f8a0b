"""How policy instruments stand to each other in the taxonomy (`ontology/instruments.ttl`), for the questions."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain

from kg.config import data_folder
from kg.iris import ONTOLOGY, PREFIXES, local, normal
from kg.vocabulary import Vocabulary

_SKOS = PREFIXES["skos"]


_PART = 4
"""The least length of a name of the taxonomy that places an instrument by standing anywhere in its name."""


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an instrument stands in the two schemes: `dimension` is factor, actor, environment, governance or trade,
    `side` supply, environment or demand. `exact` is whether the taxonomy has its very name."""

    dimension: str
    side: str
    exact: bool


class Taxonomy:
    """The instruments by name, and the concepts that are directly wider than or related to each."""

    def __init__(self, concepts: Vocabulary) -> None:
        self._named: defaultdict[str, set[str]] = defaultdict(set)
        self._wider: Mapping[str, frozenset[str]] = _links(concepts, "broader")
        self._related: Mapping[str, frozenset[str]] = _links(concepts, "related")
        self._schemes = {concept: _schemes(concepts, concept) for concept in concepts.facts}
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

    def placed(self, names: Iterable[str]) -> Placed | None:
        """Where the instrument of those names stands; None where the taxonomy does not know it.

        A name that the taxonomy does not have is placed by the longest of its names that ends it, since the head of a
        compound stands last (国家财政补贴 is a 财政补贴), else by the longest of four characters and more in it.
        """
        forms = [normal(name) for name in names]
        if found := self._classed(self._concepts(names)):
            return Placed(*found, exact=True)
        parts = {form[i:j] for form in forms for i in range(len(form)) for j in range(i + 2, len(form) + 1)}
        ends = [part for part in parts & self._named.keys() if any(form.endswith(part) for form in forms)]
        inner = [part for part in parts & self._named.keys() if len(part) >= _PART]
        for part in (max(group, key=lambda p: (len(p), p)) for group in (ends, inner) if group):
            if found := self._classed(self._named[part]):
                return Placed(*found, exact=False)
        return None

    def _classed(self, concepts: Iterable[str]) -> tuple[str, str] | None:
        """The dimension and side of the first of the concepts that has both."""
        found = (self._schemes.get(concept, ("", "")) for concept in sorted(concepts))
        return next((schemes for schemes in found if all(schemes)), None)

    def _concepts(self, names: Iterable[str]) -> frozenset[str]:
        return frozenset().union(*(self._named.get(normal(name), ()) for name in names))


def _links(concepts: Vocabulary, name: str) -> dict[str, frozenset[str]]:
    return {concept: frozenset(concepts.links(concept, _SKOS + name)) for concept in concepts.facts}


def _schemes(concepts: Vocabulary, concept: str) -> tuple[str, str]:
    dimension = next((local(iri, ONTOLOGY) for iri in concepts.links(concept, ONTOLOGY + "dimension")), "")
    return dimension, next(iter(concepts.texts(concept, ONTOLOGY + "side")), "")


@cache
def load() -> Taxonomy:
    """The packaged taxonomy, read when it is first asked for."""
    return Taxonomy(Vocabulary.read([data_folder("ontology") / "instruments.ttl"]))
