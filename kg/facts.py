"""All statements of a store with their sentences, read in one go, for what looks at the whole graph: the analyses and
the matching.

What was inferred stands among them with its rule and the sentences of its premises. Countries are ISO 3166-1 codes or
EU: an entity's own, else those of who issued it, founded it or where it is located.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import cast
from weakref import WeakKeyDictionary

from kg import rdf
from kg.belief import across_documents
from kg.graph import Graph
from kg.inference import Inference, inferences
from kg.iris import ENTITY, FIGURE, INFERRED, ONTOLOGY, QUALIFIER, STATEMENT, local
from kg.model import Entity, Language, Modality
from kg.ontology import Ontology
from kg.store import Row, Store, stated


@dataclass(frozen=True, slots=True, order=True)
class Quote:
    """A sentence behind a statement."""

    source: str
    section: str
    text: str


@dataclass(frozen=True, slots=True)
class Fact:
    """A statement of one document, or (with a `rule`) what follows from some. `belief` is that of all documents
    together. `start` and `end` are the years of its time, both included, None where open or not stated."""

    id: str
    subject: str
    predicate: str
    object: str
    modality: Modality
    belief: float
    source: str
    quotes: tuple[Quote, ...]
    time: str = ""
    value: str = ""
    start: int | None = None
    end: int | None = None
    precision: str = ""
    rule: str = ""

    @property
    def is_dated(self) -> bool:
        """Whether it names years, more exactly than a century."""
        return (self.start is not None or self.end is not None) and self.precision != "century"

    @property
    def claim(self) -> tuple[str, str, str]:
        """What it says, whoever says so and however."""
        return self.subject, self.predicate, self.object

    def other(self, id_: str) -> str:
        """The end that is not that entity."""
        return self.object if self.subject == id_ else self.subject


@dataclass(frozen=True, slots=True)
class Duration:
    """A length of time that a document gives: the entity that it is the time of, or where it is none of the graph, the
    words for it; what it says, and where; the id of the statement that gives it, where one does."""

    about: str
    words: str
    value: str
    quote: Quote
    statement: str = ""


class Facts:
    """The statements of a store that are believed at least so far, and what they are about."""

    def __init__(
        self,
        ontology: Ontology,
        entities: Iterable[Entity],
        facts: Iterable[Fact],
        doubted: Iterable[Fact] = (),
        durations: Iterable[Duration] = (),
        happenings: Iterable[Fact] = (),
    ) -> None:
        self.ontology = ontology
        self.entities: Mapping[str, Entity] = {entity.id: entity for entity in entities}
        self.all: tuple[Fact, ...] = tuple(facts)
        self.doubted: tuple[Fact, ...] = tuple(doubted)
        """The statements that are believed too little to be among them."""
        self.durations: tuple[Duration, ...] = tuple(durations)
        self._happened: defaultdict[str, list[Fact]] = defaultdict(list)
        for fact in happenings:
            self._happened[fact.subject].append(fact)
        self._from: defaultdict[str, list[Fact]] = defaultdict(list)
        self._to: defaultdict[str, list[Fact]] = defaultdict(list)
        for fact in self.all:
            self._from[fact.subject].append(fact)
            self._to[fact.object].append(fact)

    @classmethod
    def of(cls, graph: Graph, min_confidence: float = 0.0) -> "Facts":
        """The statements of the graph's store; those believed less than `min_confidence` are left out. The store is
        read once for as long as it stays the same."""
        read = _read(graph.store)
        kept = [fact for fact in read.facts if fact.belief >= min_confidence]
        doubted = [fact for fact in read.facts if fact.belief < min_confidence]
        unsure = {fact.id for fact in doubted}
        durations = [duration for duration in read.durations if duration.statement not in unsure]
        happenings = [fact for fact in read.happenings if fact.belief >= min_confidence]
        return cls(graph.ontology, read.entities, kept, doubted, durations, happenings)

    # ---- Statements

    def about(
        self,
        id_: str,
        relations: Collection[str] | None = None,
        *,
        modalities: Collection[str] = ("actual", "proposed"),
    ) -> list[Fact]:
        """The statements from that entity, of those relations (any by default) and modalities."""
        return [f for f in self._from.get(id_, ()) if _wanted(f, relations, modalities)]

    def to(
        self,
        id_: str,
        relations: Collection[str] | None = None,
        *,
        modalities: Collection[str] = ("actual", "proposed"),
    ) -> list[Fact]:
        """The statements to that entity, of those relations (any by default) and modalities."""
        return [f for f in self._to.get(id_, ()) if _wanted(f, relations, modalities)]

    def happened(self, id_: str, names: Collection[str]) -> list[Fact]:
        """What is told with its year to have happened to that entity: members of the list `happening`, each a fact
        without an object."""
        return [fact for fact in self._happened.get(id_, ()) if fact.predicate in names]

    def of_relation(self, *relations: str) -> list[Fact]:
        """The statements of those relations."""
        return [fact for fact in self.all if fact.predicate in relations]

    # ---- Entities

    def type(self, id_: str) -> str:
        """The entity's type."""
        return self.entities[id_].type

    def of_type(self, *types: str) -> list[str]:
        """The ids of the entities of those types that statements name, by id."""
        named = self._from.keys() | self._to.keys()
        return sorted(id_ for id_ in named if self.entities[id_].type in types)

    def label(self, id_: str, language: Language) -> str:
        """What the entity is called."""
        return self.entities[id_].label(language)

    def countries(self, id_: str) -> frozenset[str]:
        """The countries of an entity; none where nothing says so."""
        own = self.entities[id_].country
        return frozenset({own}) if own else self._countries[id_]

    @cached_property
    def _countries(self) -> Mapping[str, frozenset[str]]:
        found: defaultdict[str, set[str]] = defaultdict(set)
        for fact in self.all:
            if fact.modality == "actual" and fact.predicate in _PLACING:
                one, other = (fact.subject, fact.object) if _PLACING[fact.predicate] else (fact.object, fact.subject)
                if country := self.entities[other].country:
                    found[one].add(country)
        return defaultdict(frozenset, {id_: frozenset(of) for id_, of in found.items()})

    def users(self, fact: Fact) -> frozenset[str]:
        """The countries of those who, as a sentence of the statement says, use the instrument that is its subject.
        Doubted statements count too: a doubt about who uses it is reason enough not to take it for somebody else's."""
        found = (user for quote in fact.quotes for user in self._users.get((fact.subject, quote), ()))
        return frozenset().union(*(self.countries(user) for user in found))

    @cached_property
    def _users(self) -> Mapping[tuple[str, Quote], list[str]]:
        found: defaultdict[tuple[str, Quote], list[str]] = defaultdict(list)
        for fact in (*self.all, *self.doubted):
            if fact.predicate == "usesInstrument":
                for quote in fact.quotes:
                    found[fact.object, quote].append(fact.subject)
        return dict(found)

    def country_names(self, code: str) -> tuple[str, str]:
        """What a country is called in Chinese and in English; the code itself where the dictionary does not say."""
        return self._country_names.get(code, (code, code))

    @cached_property
    def _country_names(self) -> Mapping[str, tuple[str, str]]:
        places = [e for e in self.ontology.entries.values() if e.type == "Place" and e.country and not e.parent]
        # several may be of one code (欧洲, 欧盟: EU): the one that bears it as a name, else the first
        first = {entry.country: entry for entry in reversed([e for e in places if e.country not in e.aliases])}
        first |= {entry.country: entry for entry in places if entry.country in entry.aliases}
        return {code: (entry.label_zh, entry.label_en) for code, entry in first.items()}

    # ---- In words

    def say(self, fact: Fact, language: Language) -> str:
        """The statement in words, on one line: `贝尔实验室 研发 晶体管（1947年）`, `晶体管 发现（1947年）`."""
        if not fact.object:
            happened = self.ontology.lists["happening"][fact.predicate].label(language)
            return f"{self.label(fact.subject, language)} {happened} ({fact.time})"
        phrase = self.ontology.phrases[fact.predicate].label(language)
        notes = [fact.time, fact.value]
        if fact.modality != "actual":
            notes.append(self.ontology.modality_labels[fact.modality][0 if language == "zh" else 1])
        told = ("，" if language == "zh" else ", ").join(note for note in notes if note)
        said = f"{self.label(fact.subject, language)} {phrase} {self.label(fact.object, language)}"
        return f"{said} ({told})" if told else said


_PLACING = {"issuedBy": True, "locatedIn": True, "established": False}
"""Relations that show a country: whether it is the object's that the subject takes, or the other way round."""


def _wanted(fact: Fact, relations: Collection[str] | None, modalities: Collection[str]) -> bool:
    return fact.modality in modalities and (relations is None or fact.predicate in relations)


# ---- Reading the store


@dataclass(frozen=True, slots=True)
class _Read:
    """All that was read from a store, and which of its changes was the last then."""

    revision: int
    entities: tuple[Entity, ...]
    facts: tuple[Fact, ...]
    durations: tuple[Duration, ...]
    happenings: tuple[Fact, ...]


_READ: WeakKeyDictionary[Store, _Read] = WeakKeyDictionary()
"""What was read from the stores that are open: a server asks one store many times."""


def _read(store: Store) -> _Read:
    known = _READ.get(store)
    if known is None or known.revision != store.revision:
        revision, found = store.revision, _facts(store.select(_STATED))
        by_id = {fact.id: fact for fact in found}
        found += [_inferred(inference, by_id) for inference in inferences(store)]
        durations, happenings = _durations(store.select(_DURATIONS)), _happenings(store.select(_HAPPENINGS))
        known = _Read(revision, store.entities(), tuple(found), tuple(durations), tuple(happenings))
        _READ[store] = known
    return known


_STATED = f"""
SELECT ?st ?s ?p ?o ?m ?b ?source ?quote ?section ?time ?value ?start ?end ?precision {{
    GRAPH ?source {{
        ?st pkg:subject ?s ; pkg:predicate ?p ; pkg:object ?o ; pkg:modality ?m ; pkg:belief ?b ; pkg:evidence ?ev .
        ?ev pkg:quote ?quote .
        OPTIONAL {{ ?ev pkg:section ?section }}
        OPTIONAL {{ ?st pkg:timeText ?time }}
        OPTIONAL {{ ?st pkg:valueText ?value }}
        OPTIONAL {{ ?st pkg:startYear ?start }}
        OPTIONAL {{ ?st pkg:endYear ?end }}
        OPTIONAL {{ ?st pkg:precision ?precision }}
    }}
    FILTER(?source != <{INFERRED}>)
}}"""


def _facts(rows: list[Row]) -> list[Fact]:
    """The statements, from a row for each piece of evidence, by id."""
    quotes: defaultdict[str, set[Quote]] = defaultdict(set)
    first: dict[str, Row] = {}
    for row in rows:
        id_ = local(rdf.text_of(row["st"]), STATEMENT)
        first.setdefault(id_, row)
        source = rdf.source_of(rdf.text_of(row["source"]))
        quotes[id_].add(Quote(source, _text(row, "section"), rdf.text_of(row["quote"])))
    beliefs = across_documents(map(stated, first.values()))
    return [_fact(id_, first[id_], beliefs[id_], tuple(sorted(quotes[id_]))) for id_ in sorted(first)]


def _fact(id_: str, row: Row, belief: float, quotes: tuple[Quote, ...]) -> Fact:
    return Fact(
        id=id_,
        subject=local(rdf.text_of(row["s"]), ENTITY),
        predicate=local(rdf.text_of(row["p"]), ONTOLOGY),
        object=local(rdf.text_of(row["o"]), ENTITY),
        modality=cast(Modality, local(rdf.text_of(row["m"]), ONTOLOGY)),
        belief=belief,
        source=quotes[0].source,
        quotes=quotes,
        time=_text(row, "time"),
        value=_text(row, "value"),
        start=_year(row, "start"),
        end=_year(row, "end"),
        precision=_text(row, "precision").removeprefix(f"{QUALIFIER}precision/"),
    )


def _text(row: Row, name: str) -> str:
    return rdf.text_of(row[name]) if name in row else ""


def _year(row: Row, name: str) -> int | None:
    return int(rdf.text_of(row[name])) if name in row else None


_DURATIONS = f"""
SELECT DISTINCT ?about ?words ?value ?source ?quote ?section ?st {{
    GRAPH ?source {{
        ?ob pkg:measureKind <{QUALIFIER}measure/duration> ; pkg:valueText ?value .
        {{ ?ob pkg:evidence ?ev }} UNION {{ ?st pkg:observation ?ob ; pkg:evidence ?ev }}
        ?ev pkg:quote ?quote .
        OPTIONAL {{ ?ev pkg:section ?section }}
        OPTIONAL {{ ?ob pkg:about ?about }}
        OPTIONAL {{ ?ob pkg:aboutText ?words }}
    }}
}} ORDER BY ?source ?quote ?value ?about ?words"""
"""Figures are lengths of time by the kind of what they measure, whether a statement or the prose gives them."""


def _durations(rows: list[Row]) -> list[Duration]:
    found = (
        Duration(
            about=_text(row, "about").removeprefix(ENTITY),
            words=_text(row, "words"),
            value=_text(row, "value"),
            quote=Quote(rdf.source_of(_text(row, "source")), _text(row, "section"), _text(row, "quote")),
            statement=_text(row, "st").removeprefix(STATEMENT),
        )
        for row in rows
    )
    return list(dict.fromkeys(found))


_HAPPENINGS = """
SELECT ?f ?about ?name ?time ?start ?end ?confidence ?source ?quote ?section {
    GRAPH ?source {
        ?f pkg:happening ?name ; pkg:about ?about ; pkg:timeText ?time ; pkg:startYear ?start ; pkg:endYear ?end ;
           pkg:modality pkg:actual ; pkg:evidence ?ev .
        ?ev pkg:quote ?quote ; pkg:confidence ?confidence .
        OPTIONAL { ?ev pkg:section ?section }
    }
} ORDER BY ?f"""


def _happenings(rows: list[Row]) -> list[Fact]:
    """What happened to entities, from the dates in prose."""
    return [
        Fact(
            id=local(_text(row, "f"), FIGURE),
            subject=local(_text(row, "about"), ENTITY),
            predicate=_text(row, "name").removeprefix(f"{QUALIFIER}happening/"),
            object="",
            modality="actual",
            belief=float(_text(row, "confidence")),
            source=rdf.source_of(_text(row, "source")),
            quotes=(Quote(rdf.source_of(_text(row, "source")), _text(row, "section"), _text(row, "quote")),),
            time=_text(row, "time"),
            start=_year(row, "start"),
            end=_year(row, "end"),
        )
        for row in rows
    ]


def _inferred(inference: Inference, known: Mapping[str, Fact]) -> Fact:
    premises = [known[id_] for id_ in inference.premises if id_ in known]
    return Fact(
        id=inference.id,
        subject=inference.subject,
        predicate=inference.predicate,
        object=inference.object,
        modality="actual",
        belief=inference.belief,
        source=premises[0].source if premises else "",
        quotes=tuple(dict.fromkeys(quote for premise in premises for quote in premise.quotes)),
        rule=inference.rule,
    )


def strongest(facts: Iterable[Fact]) -> list[Fact]:
    """The statements, actual before proposed before negated, then those believed most first; of those that say the same
    in the same modality, the first, with the sentences of all."""
    order = {"actual": 0, "proposed": 1, "negated": 2}
    found: dict[tuple[tuple[str, str, str], str], Fact] = {}
    for fact in sorted(facts, key=lambda f: (order[f.modality], -f.belief, f.id)):
        key = (fact.claim, fact.modality)
        kept = found.get(key)
        quotes = tuple(dict.fromkeys((*kept.quotes, *fact.quotes))) if kept else fact.quotes
        found[key] = replace(kept or fact, quotes=quotes)
    return list(found.values())


def quotes_of(facts: Iterable[Fact]) -> Iterator[Quote]:
    """The sentences behind the statements, each once, in their order."""
    yield from dict.fromkeys(quote for fact in facts for quote in fact.quotes)
