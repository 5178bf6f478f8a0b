"""Look-ups: finding entities by name, what is stated about them, what is around them, and what the store holds."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Literal, NamedTuple, cast

from kg import rdf
from kg.belief import across_documents
from kg.errors import NotFound, QueryError
from kg.inference import Inference
from kg.iris import ENTITY, INFERRED, ONTOLOGY, STATEMENT, local, normal
from kg.merges import Decision
from kg.model import Assertion, Entity, Modality, Reference, Refusal
from kg.ontology import Ontology
from kg.store import STATED, Store, stated

MatchKind = Literal["exact", "prefix", "part", "near"]
_KINDS: tuple[MatchKind, ...] = ("exact", "prefix", "part", "near")

_NEAR = 0.7
"""How alike two names must be (`SequenceMatcher.ratio`) for one to be taken as a slip of the other."""


@dataclass(frozen=True, slots=True)
class Match:
    """An entity found by name: `name` is the name that matched, `statements` how many statements it stands in."""

    entity: Entity
    kind: MatchKind
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


class _Hit(NamedTuple):
    """How a name matched: sorts best first."""

    kind: int
    unlikeness: float
    name: str


class Graph:
    """The look-ups over a store. The ontology's dictionary lends its names to the entities that the store knows."""

    def __init__(self, store: Store, ontology: Ontology) -> None:
        self.store = store
        self.ontology = ontology
        self._names: tuple[int, dict[str, dict[str, str]]] = (-1, {})

    # ---- By name

    def find(self, name: str, *, type: str | None = None, limit: int = 10) -> tuple[Match, ...]:
        """Entities whose label or alias, in either language, is the name, begins with it or holds it: in this order,
        those with more statements first. Where there is none, those whose names are nearly it. The empty name finds
        all. `type` is the name of an entity type; raises QueryError for an unknown one."""
        if type is not None and type not in self.ontology.kinds:
            raise QueryError(f"there is no entity type {type}: choose one of {', '.join(self.ontology.kinds)}")
        known = self._known()
        kept = {id_: known[id_] for id_ in known if type is None or id_.startswith(f"{type.lower()}/")}
        hits = _hits(normal(name), kept)
        counts = self._statement_counts(hits)
        best = sorted(hits, key=lambda id_: (hits[id_][:2], -counts[id_], id_))[:limit]
        entities = {entity.id: entity for entity in self.store.entities(best)}
        return tuple(Match(entities[id_], _KINDS[hits[id_].kind], hits[id_].name, counts[id_]) for id_ in best)

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

    def _known(self) -> dict[str, dict[str, str]]:
        """Entity id → its names, those of the dictionary too, each under its normal form. Read again only after a
        change."""
        revision, names = self._names
        if revision != self.store.revision:
            names = {}
            for row in self.store.select(_NAMES):
                id_, name = local(rdf.text_of(row["e"]), ENTITY), rdf.text_of(row["name"])
                names.setdefault(id_, self._dictionary_names(id_)).setdefault(normal(name), name)
            self._names = self.store.revision, names
        return names

    def _dictionary_names(self, id_: str) -> dict[str, str]:
        entry = self.ontology.entries.get(id_)
        names = (entry.label_zh, entry.label_en, *entry.aliases, *entry.weak) if entry else ()
        return {normal(name): name for name in names}

    def _statement_counts(self, ids: Collection[str]) -> Counter[str]:
        """In how many statements each entity stands."""
        rows = self.store.select(_COUNTS.replace("$NODES", " ".join(str(rdf.entity_node(id_)) for id_ in ids)))
        return Counter({local(rdf.text_of(row["e"]), ENTITY): int(rdf.text_of(row["n"])) for row in rows})

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
        found: dict[str, _Ties] = {}
        rows = self.store.select(_NEIGHBOURS.replace("$NODE", str(rdf.entity_node(id))))
        beliefs = across_documents(map(stated, rows))
        for row in rows:
            subject, object_ = (local(rdf.text_of(row[end]), ENTITY) for end in "so")
            if subject != object_:
                ties = found.setdefault(object_ if subject == id else subject, _Ties())
                (ties.relations if subject == id else ties.inverse).add(local(rdf.text_of(row["p"]), ONTOLOGY))
                ties.statements += 1
                ties.belief = max(ties.belief, beliefs[local(rdf.text_of(row["st"]), STATEMENT)])
        best = sorted(found, key=lambda other: (-found[other].statements, -found[other].belief, other))[:limit]
        entities = {entity.id: entity for entity in self.store.entities(best)}
        return tuple(found[other].neighbour(entities[other]) for other in best)

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


def _hits(key: str, known: Mapping[str, Mapping[str, str]]) -> dict[str, _Hit]:
    """The entities whose names match the normal form `key`, or where none does, nearly do."""
    hits = {id_: hit for id_, names in known.items() if (hit := _best(_held(key, names)))}
    return hits or {id_: hit for id_, names in known.items() if (hit := _best(_near(key, names)))}


def _best(hits: Iterable[_Hit]) -> _Hit | None:
    return min(hits, default=None)


def _held(key: str, names: Mapping[str, str]) -> Iterator[_Hit]:
    for form, name in names.items():
        if key in form:
            yield _Hit(0 if form == key else 1 if form.startswith(key) else 2, 0.0, name)


def _near(key: str, names: Mapping[str, str]) -> Iterator[_Hit]:
    for form, name in names.items():
        # the most that the lengths allow, before the slow comparison
        if 2 * min(len(key), len(form)) >= _NEAR * (len(key) + len(form)):
            matcher = SequenceMatcher(None, key, form, autojunk=False)
            if matcher.quick_ratio() >= _NEAR and (ratio := matcher.ratio()) >= _NEAR:
                yield _Hit(3, 1 - ratio, name)


_NAMES = "SELECT ?e ?name { ?e skos:prefLabel|skos:altLabel ?name }"

_STATED_ONLY = f"FILTER(?g != <{INFERRED}>)"
"""What documents state, not what was inferred from it."""

_COUNTS = """
SELECT ?e (COUNT(?st) AS ?n) {
    { VALUES ?e { $NODES } GRAPH ?g { ?st pkg:subject ?e } }
    UNION { VALUES ?e { $NODES } GRAPH ?g { ?st pkg:object ?e } }
    $STATED
} GROUP BY ?e""".replace("$STATED", _STATED_ONLY)

_STATEMENTS = """
SELECT DISTINCT ?st {
    { GRAPH ?g { ?st pkg:subject $NODE } } UNION { GRAPH ?g { ?st pkg:object $NODE } }
    $STATED
}""".replace("$STATED", _STATED_ONLY)

_NEIGHBOURS = f"""
SELECT DISTINCT ?st ?s ?p ?o ?m ?b ?source ?time ?value {{
    {{ GRAPH ?source {{ ?st pkg:subject $NODE }} }} UNION {{ GRAPH ?source {{ ?st pkg:object $NODE }} }}
    {STATED}
}}"""

_TYPES = "SELECT ?type (COUNT(?e) AS ?n) { ?e a ?type } GROUP BY ?type"
_STATED = "SELECT ?p ?m (COUNT(?st) AS ?n) { GRAPH ?g { ?st pkg:predicate ?p ; pkg:modality ?m } } GROUP BY ?p ?m"
_PARTS = """
SELECT ?class (COUNT(?node) AS ?n) {
    VALUES ?class { pkg:Evidence pkg:Mention } GRAPH ?g { ?node a ?class }
} GROUP BY ?class"""
_INFERRED = f"SELECT ?rule (COUNT(?i) AS ?n) {{ GRAPH <{INFERRED}> {{ ?i pkg:byRule ?rule }} }} GROUP BY ?rule"
_REASONS = "SELECT ?reason (COUNT(?r) AS ?n) { GRAPH ?g { ?r a pkg:Refusal ; pkg:reason ?reason } } GROUP BY ?reason"
