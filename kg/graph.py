"""Look-ups: finding entities by name, what is stated about them, what is around them, and what the store holds."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, cast

from kg import rdf
from kg.belief import across_documents
from kg.errors import NotFound, QueryError
from kg.inference import Inference
from kg.iris import ENTITY, INFERRED, ONTOLOGY, STATEMENT, local, normal
from kg.merges import Decision
from kg.model import MODALITIES, Assertion, Entity, Modality, Reference, Refusal
from kg.ontology import Ontology
from kg.store import STATED, Row, Store, stated

if TYPE_CHECKING:
    from kg.search import MatchKind, Names


@dataclass(frozen=True, slots=True)
class Match:
    """An entity found by name: `name` is the name that matched, `statements` how many statements it stands in."""

    entity: Entity
    kind: "MatchKind"
    name: str
    statements: int


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entity one statement away: the relations that lead there (`inverse` ones lead here), how many statements
    there are, and the highest belief among them."""

    entity: Entity
    relations: tuple[str, ...]
    inverse: tuple[str, ...]
    statements: int
    belief: float


@dataclass(frozen=True, slots=True)
class Only:
    """Which statements count: of one relation, modality or document, with an entity of one type at the other end, and
    of at least that belief. What is empty lets all through."""

    relation: str = ""
    type: str = ""
    modality: str = ""
    source: str = ""
    belief: float = 0.0

    def check(self, ontology: Ontology) -> None:
        """Raises QueryError for a name that the ontology does not know."""
        known = (("relation", ontology.relations), ("type", ontology.kinds), ("modality", MODALITIES))
        for field_, names in known:
            if (given := getattr(self, field_)) and given not in names:
                raise QueryError(f"there is no {field_} {given}: choose one of {', '.join(names)}")

    def lets(self, row: Row, other: str, belief: float) -> bool:
        """Whether the statement, a solution of `kg.store.STATED`, counts; `other` is the id of its other end."""
        return (
            (not self.relation or rdf.text_of(row["p"]) == ONTOLOGY + self.relation)
            and (not self.modality or rdf.text_of(row["m"]) == ONTOLOGY + self.modality)
            and (not self.source or rdf.text_of(row["source"]) == rdf.document_node(self.source).value)
            and (not self.type or other.startswith(f"{self.type.lower()}/"))
            and belief >= self.belief
        )


@dataclass(frozen=True, slots=True)
class Stats:
    """How much a store holds. Mappings are sorted by number, the highest first."""

    documents: int
    entities: Mapping[str, int]
    """Type → entities."""
    assertions: Mapping[str, int]
    """Predicate → statements."""
    modalities: Mapping[Modality, int]
    evidence: int
    mentions: int
    refusals: Mapping[str, int]
    """Reason → statements that were not let in."""
    inferred: Mapping[str, int]
    """Rule → inferred statements."""


class Graph:
    """The look-ups over a store. The ontology's dictionary lends its names to the entities that the store knows."""

    def __init__(self, store: Store, ontology: Ontology) -> None:
        self.store = store
        self.ontology = ontology
        self._index: tuple[int, Names] | None = None
        self._lock = Lock()

    # ---- By name

    def find(self, name: str, *, type: str | None = None, limit: int = 10) -> tuple[Match, ...]:
        """The first of `search`."""
        return self.search(name, type=type, limit=limit)[0]

    def search(
        self, name: str, *, type: str | None = None, limit: int = 10, offset: int = 0
    ) -> tuple[tuple[Match, ...], int]:
        """Entities whose label or alias, in either language, is the name, begins with it or holds it, or whose pinyin
        or its initials do: in this order, those with more statements first. Where there is none, those whose names are
        nearly it, or sound like it. The empty name finds all. Gives a page of them, and how many there are. `type` is
        the name of an entity type; raises QueryError for an unknown one."""
        if type is not None and type not in self.ontology.kinds:
            raise QueryError(f"there is no entity type {type}: choose one of {', '.join(self.ontology.kinds)}")
        names = self._names()
        found = names.find(name, type, limit, offset)
        entities = {entity.id: entity for entity in self.store.entities(hit.id for hit in found.hits)}
        matches = (Match(entities[hit.id], hit.kind, hit.name, names.statements(hit.id)) for hit in found.hits)
        return tuple(matches), found.total

    def resolve(self, name: str) -> Entity:
        """The entity of that id, IRI or name; of several with the same name, the one in most statements. The
        beginning of a name is enough where only one entity's name begins so.

        Raises NotFound, with the names of similar entities, for everything else: a slip is answered by a suggestion,
        never by another entity."""
        if exact := self._by_id(name.removeprefix(ENTITY)):
            return exact
        matches = self.find(name) if normal(name) else ()
        kinds = [match.kind for match in matches]
        if "exact" in kinds or kinds.count("prefix") == 1:
            return matches[0].entity
        near = tuple(dict.fromkeys(match.entity.label() for match in matches))[:5]
        hint = f": did you mean {', '.join(near)}?" if near else ""
        raise NotFound(f"the store knows no entity named {name}{hint}", suggestions=near)

    def statement_count(self, id: str) -> int:
        """In how many statements the entity of that id stands."""
        return self._names().statements(id)

    def _names(self) -> "Names":
        """The index of names, those of the dictionary too. Made again only after a change."""
        # numpy takes longer to import than most look-ups take
        from kg.search import Names

        with self._lock:
            if self._index is None or self._index[0] != self.store.revision:
                self._index = self.store.revision, Names(self._known(), self._statement_counts())
            return self._index[1]

    def _known(self) -> dict[str, dict[str, str]]:
        """Entity id → its names, those of the dictionary too, each under its normal form."""
        names: dict[str, dict[str, str]] = {}
        for row in self.store.select(_NAMES):
            id_, name = local(rdf.text_of(row["e"]), ENTITY), rdf.text_of(row["name"])
            names.setdefault(id_, self._dictionary_names(id_)).setdefault(normal(name), name)
        return names

    def _dictionary_names(self, id_: str) -> dict[str, str]:
        entry = self.ontology.entries.get(id_)
        names = (entry.label_zh, entry.label_en, *entry.aliases, *entry.weak) if entry else ()
        return {normal(name): name for name in names}

    def _statement_counts(self) -> dict[str, int]:
        """In how many statements each entity stands."""
        rows = self.store.select(_COUNTS)
        return {local(rdf.text_of(row["e"]), ENTITY): int(rdf.text_of(row["n"])) for row in rows}

    def _by_id(self, id: str) -> Entity | None:
        if not _is_id(id):
            return None
        return next(iter(self.store.entities([self.store.replaced().get(id, id)])), None)

    # ---- By entity

    def entity(self, id: str) -> Entity:
        """The entity of that id, or the one that stands for it after a merge, as all documents together describe it.
        Raises NotFound."""
        if found := self._by_id(id):
            return found
        raise NotFound(f"the store knows no entity with the id {id}: look for it by name")

    def entities(self, ids: Iterable[str]) -> tuple[Entity, ...]:
        """The entities of those ids, or what stands for them after a merge; those that the store knows."""
        replaced = self.store.replaced()
        return self.store.entities({replaced.get(id_, id_) for id_ in ids if _is_id(id_)})

    def statements(self, id: str) -> tuple[tuple[Assertion, ...], tuple[Assertion, ...]]:
        """The statements with that subject, and those with that object, of all documents, by document and place."""
        node = str(rdf.entity_node(id))
        rows = self.store.select(_STATEMENTS.replace("$NODE", node))
        found = self.store.assertions(local(rdf.text_of(row["st"]), STATEMENT) for row in rows)
        return tuple(a for a in found if a.subject == id), tuple(a for a in found if a.object == id)

    def ends(self, statements: Iterable[Assertion | Inference], *known: Entity) -> dict[str, Entity]:
        """Every entity that the statements name, and those `known`, by id."""
        ids = {end for statement in statements for end in (statement.subject, statement.object)}
        return {entity.id: entity for entity in (*known, *self.store.entities(sorted(ids)))}

    def works(self, statements: Iterable[Assertion]) -> dict[tuple[str, str], Reference]:
        """The references that the evidence of the statements cites: document and label → reference. A label that the
        document's list does not have is left out."""
        cited = {(e.source, label) for statement in statements for e in statement.evidence for label in e.cites}
        found: dict[tuple[str, str], Reference] = {}
        for source in sorted({source for source, _ in cited}):
            for reference in self.store.references(source):
                if (source, reference.label) in cited:
                    found.setdefault((source, reference.label), reference)
        return found

    def reference(self, source: str, label: str) -> Reference:
        """The reference that the document's list has under that label. Raises NotFound, for the document too."""
        found = self.store.references(source)
        for reference in found:
            if reference.label == label:
                return reference
        labels = [reference.label for reference in found if reference.label]
        known = f"it has {labels[0]} to {labels[-1]}" if labels else "its list of references was not found"
        raise NotFound(f"{source} lists no reference {label}: {known}")

    def neighbours(self, id: str, limit: int = 50) -> tuple[Neighbour, ...]:
        """The entities that statements of any modality join to that one, those with most statements first."""
        return self.neighbour_page(id, limit)[0]

    def neighbour_page(
        self, id: str, limit: int, offset: int = 0, only: Only | None = None
    ) -> tuple[tuple[Neighbour, ...], int]:
        """A page of the neighbours by the statements that `only` lets through, and how many there are. Raises
        QueryError where `only` names what the ontology does not know."""
        only = only or Only()
        only.check(self.ontology)
        found: dict[str, _Ties] = {}
        rows = self.store.select(_NEIGHBOURS.replace("$NODE", str(rdf.entity_node(id))))
        beliefs = across_documents(map(stated, rows))
        for row in rows:
            subject, object_ = (local(rdf.text_of(row[end]), ENTITY) for end in "so")
            other = object_ if subject == id else subject
            belief = beliefs[local(rdf.text_of(row["st"]), STATEMENT)]
            if subject != object_ and only.lets(row, other, belief):
                ties = found.setdefault(other, _Ties())
                (ties.relations if subject == id else ties.inverse).add(local(rdf.text_of(row["p"]), ONTOLOGY))
                ties.statements += 1
                ties.belief = max(ties.belief, belief)
        best = sorted(found, key=lambda other: (-found[other].statements, -found[other].belief, other))
        page = best[offset : offset + limit]
        entities = {entity.id: entity for entity in self.store.entities(page)}
        return tuple(found[other].neighbour(entities[other]) for other in page), len(best)

    def merges(self) -> tuple[tuple[Decision, ...], dict[str, Entity]]:
        """The decisions that two ids name one thing, those in force first, and what now stands for each id."""
        found = sorted(self.store.merges(), key=lambda d: (d.reversed, d.layer, d.pair))
        now = {id_: self.store.replaced().get(id_, id_) for decision in found for id_ in decision.pair}
        entities = {entity.id: entity for entity in self.store.entities(set(now.values()))}
        return tuple(found), {id_: entities[standing] for id_, standing in now.items() if standing in entities}

    # ---- The whole

    def stats(self) -> Stats:
        """How much the store holds."""
        stated = self._counted(_STATED)
        entities = {name: n for (name,), n in self._counted(_TYPES).items()}
        parts = {name: n for (name,), n in self._counted(_PARTS).items()}
        modalities = _summed(stated, 1)
        return Stats(
            documents=len(self.store.sources()),
            entities=entities,
            assertions=_summed(stated, 0),
            modalities={cast(Modality, name): n for name, n in modalities.items()},
            evidence=parts.get("Evidence", 0),
            mentions=parts.get("Mention", 0),
            refusals={name: n for (name,), n in self._counted(_REASONS).items()},
            inferred={name: n for (name,), n in self._counted(_INFERRED).items()},
        )

    def _counted(self, query: str) -> dict[tuple[str, ...], int]:
        """The solutions of a query with a number ?n: the other values' short names → number, highest first."""
        rows = self.store.select(query)
        counts = {tuple(_short(rdf.text_of(row[name])) for name in row if name != "n"): row["n"] for row in rows}
        numbers = {names: int(rdf.text_of(n)) for names, n in counts.items()}
        return dict(sorted(numbers.items(), key=lambda item: (-item[1], item[0])))

    def refusals(self, source: str | None = None) -> tuple[Refusal, ...]:
        """What was read but not let in, of one document or all. Raises NotFound for an unknown document."""
        sources = self.store.sources() if source is None else (source,)
        return tuple(refusal for each in sources for refusal in self.store.refusals(each))


@dataclass(slots=True)
class _Ties:
    """What joins two entities, as it is counted."""

    relations: set[str] = field(default_factory=set)
    inverse: set[str] = field(default_factory=set)
    statements: int = 0
    belief: float = 0.0

    def neighbour(self, entity: Entity) -> Neighbour:
        relations, inverse = tuple(sorted(self.relations)), tuple(sorted(self.inverse))
        return Neighbour(entity, relations, inverse, self.statements, self.belief)


def _is_id(text: str) -> bool:
    """Whether the text may be part of an entity's IRI."""
    type_, slash, name = text.partition("/")
    return bool(slash and type_.isalpha() and name) and not _UNSAFE.search(name)


_UNSAFE = re.compile(r"[^\w.~%-]")


def _short(iri: str) -> str:
    return iri.removeprefix(ONTOLOGY)


def _summed(counts: Mapping[tuple[str, ...], int], place: int) -> dict[str, int]:
    """The counts by one part of their keys, highest first."""
    total: Counter[str] = Counter()
    for key, n in counts.items():
        total[key[place]] += n
    return dict(total.most_common())


_NAMES = "SELECT ?e ?name { ?e skos:prefLabel|skos:altLabel ?name }"

_STATED_ONLY = f"FILTER(?g != <{INFERRED}>)"
"""What documents state, not what was inferred from it."""

_COUNTS = """
SELECT ?e (COUNT(?st) AS ?n) {
    { GRAPH ?g { ?st pkg:subject ?e } } UNION { GRAPH ?g { ?st pkg:object ?e } }
    $STATED
} GROUP BY ?e""".replace("$STATED", _STATED_ONLY)

_STATEMENTS = """
SELECT DISTINCT ?st {
    { GRAPH ?g { ?st pkg:subject $NODE } } UNION { GRAPH ?g { ?st pkg:object $NODE } }
    $STATED
}""".replace("$STATED", _STATED_ONLY)

_NEIGHBOURS = f"""
SELECT DISTINCT ?st ?s ?p ?o ?m ?b ?source ?time ?value {{
    {{ {STATED.replace("?st ", "?st pkg:subject $NODE . ?st ", 1)} }}
    UNION {{ {STATED.replace("?st ", "?st pkg:object $NODE . ?st ", 1)} }}
}}"""
"""The node stands inside the pattern: a join with the pattern as a whole reads every statement there is."""

_TYPES = "SELECT ?type (COUNT(?e) AS ?n) { ?e a ?type } GROUP BY ?type"
_STATED = "SELECT ?p ?m (COUNT(?st) AS ?n) { GRAPH ?g { ?st pkg:predicate ?p ; pkg:modality ?m } } GROUP BY ?p ?m"
_PARTS = """
SELECT ?class (COUNT(?node) AS ?n) {
    VALUES ?class { pkg:Evidence pkg:Mention } GRAPH ?g { ?node a ?class }
} GROUP BY ?class"""
_INFERRED = f"SELECT ?rule (COUNT(?i) AS ?n) {{ GRAPH <{INFERRED}> {{ ?i pkg:byRule ?rule }} }} GROUP BY ?rule"
_REASONS = "SELECT ?reason (COUNT(?r) AS ?n) { GRAPH ?g { ?r a pkg:Refusal ; pkg:reason ?reason } } GROUP BY ?reason"
