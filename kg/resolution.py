"""Which entities are one: found by names, layer by layer, over all documents of a store, and recorded as decisions.

Two entities of one type may be one where a name of the one is a name of the other: as the dictionary has it, as a
document introduces it (a short form, the name in the other language), written another way, or but for a firm's legal
form or a country in front. They are kept apart where their countries differ, the numbers in their names (十三五 and
十四五) or the years in which they came about; where a statement relates them; and where a person has said so. A name
that two things bear which are kept apart decides nothing.

What is found depends on the documents as they were read and on what people decided, not on the order of reading: each
pass looks at all names (one index, no comparison of all with all), and writes only what has changed.
"""

import re
import tomllib
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cache
from itertools import combinations, product
from typing import Any

import pyoxigraph as ox

from kg import rdf
from kg.config import data_folder
from kg.errors import NotFound, QueryError
from kg.iris import ENTITY, ONTOLOGY, PREFIXES, STATEMENT, local, normal
from kg.merges import BY_HAND, Decision, Place
from kg.model import Assertion, Entity, Span
from kg.ontology import Ontology
from kg.store import Store

_HAN = re.compile(r"[\u3400-\u9fff]")
_YEAR = re.compile(r"\d{4}")
_NUMBER = re.compile(
    r"\d+|(?:十[一二三四五]?|[一二三四五六七八九])五|第[一二三四五六七八九十]+|[一二三四五六七八九十]+期"
)
"""What counts things of one kind: years, five-year plans (十三五), the third, phase two."""
_SHORTEST_LATIN = 3
_SHORTEST_HAN = 2
_TELLING_LATIN = 5
"""Shorter Latin names, mostly initials, join only what else calls so by its main name."""


# ---- What the layers go by


@dataclass(frozen=True, slots=True)
class Rules:
    """What `ontology/resolution.toml` states."""

    reasons: Mapping[str, tuple[str, str]]
    """Layer → the reason in Chinese and English, surest layer first."""
    person: tuple[str, str]
    alike: tuple[tuple[str, str], ...]
    """(way of writing, what stands for it), longest first."""
    letters: Mapping[int, str]
    legal_types: frozenset[str]
    legal: re.Pattern[str]
    generic: re.Pattern[str]
    adjectives: Mapping[str, str]
    """Word for what is of a country → the country's code."""
    origins: Mapping[str, str]
    """Relation → the end of its statements that comes about."""

    @classmethod
    @cache
    def load(cls) -> "Rules":
        """The packaged rules."""
        data: Mapping[str, Any] = tomllib.loads((data_folder("ontology") / "resolution.toml").read_text("utf-8"))
        spelling, traditional = data["spelling"], data["spelling"]["traditional"]
        alike = [(word, row[0]) for row in spelling["alike"] for word in row[1:]]
        return cls(
            reasons={row["name"]: (row["zh"], row["en"]) for row in data["layers"]},
            person=(data["person"]["zh"], data["person"]["en"]),
            alike=tuple(sorted(alike, key=lambda pair: -len(pair[0]))),
            letters=str.maketrans(dict(zip(traditional[::2], traditional[1::2], strict=True))),
            legal_types=frozenset(data["legal"]["types"]),
            legal=re.compile(f"(?:{_any(data['legal']['endings'])})[.]?$", re.IGNORECASE),
            generic=re.compile(f"(?:{_any(data['generic']['words'])})+"),
            adjectives={word: code for code, words in data["countries"].items() for word in words},
            origins=data["time"]["origins"],
        )


def _any(words: Iterable[str]) -> str:
    return "|".join(map(re.escape, sorted(words, key=len, reverse=True)))


_DIGITS = re.compile(r"[〇零一二三四五六七八九]{3,}")
_VALUES = str.maketrans("〇零一二三四五六七八九", "00123456789")


def spelled(name: str) -> str:
    """The name as it is compared by the layer of spelling: words for “and”, digits and traditional characters alike.

    >>> spelled("芯片与科学法案") == spelled("芯片和科學法案"), spelled("八六三计划")
    (True, '863计划')
    """
    rules = Rules.load()
    form = normal(name).translate(rules.letters)
    for word, standing in rules.alike:
        if word in form:
            form = form.replace(word, standing)
    return _DIGITS.sub(lambda match: match.group().translate(_VALUES), form)


# ---- Things as documents name them


@dataclass(slots=True)
class Thing:
    """An entity as all documents together describe it before any merge."""

    id: str
    labels: dict[str, str] = field(default_factory=dict)
    """Language → main name."""
    names: dict[str, str] = field(default_factory=dict)
    """Every name under its normal form, main names too."""
    country: str = ""

    @property
    def type(self) -> str:
        """The type as the id says it: in small letters."""
        return self.id.partition("/")[0]

    @property
    def label(self) -> str:
        """Its main name, the Chinese one where there is one."""
        return self.labels.get("zh") or self.labels.get("en") or self.id

    def add(self, predicate: str, value: rdf.Term) -> None:
        """Take in a triple that describes it."""
        text = rdf.text_of(value)
        if predicate == _COUNTRY:
            self.country = min(filter(None, (self.country, text)))
        elif isinstance(value, ox.Literal):
            self.names.setdefault(normal(text), text)
            if predicate == _PREFERRED:
                known = self.labels.get(value.language or "", text)
                self.labels[value.language or ""] = min(known, text, key=lambda name: (len(name), name))


_PREFERRED = PREFIXES["skos"] + "prefLabel"
_ALTERNATIVE = PREFIXES["skos"] + "altLabel"
_COUNTRY = ONTOLOGY + "country"
_DESCRIBING = frozenset({_PREFERRED, _ALTERNATIVE, _COUNTRY})

_DEFAULT = """
SELECT ?e ?p ?o WHERE { VALUES ?p { skos:prefLabel skos:altLabel pkg:country } ?e ?p ?o }"""
_WHERE_MERGED = """
SELECT ?g ?e ?p ?o WHERE {
    VALUES ?p { skos:prefLabel skos:altLabel pkg:country }
    VALUES ?e { $NODES }
    GRAPH ?g { ?e a ?type ; ?p ?o }
}"""


class _Names:
    """The things of a store, found by their names."""

    def __init__(self, store: Store, ontology: Ontology) -> None:
        self.store = store
        self.rules = Rules.load()
        self.entries = ontology.entries
        self.countries = _Countries(ontology, self.rules.adjectives)
        self.entry_of = _dictionary(ontology)
        self.records = store.records()
        self.things = self._read()

    def _read(self) -> dict[str, Thing]:
        standing = set(self.store.replaced().values())
        things: dict[str, Thing] = {}
        for e, p, o in self._triples(standing):
            id_ = local(e, ENTITY)
            things.setdefault(id_, Thing(id_)).add(p, o)
        return {id_: thing for id_, thing in things.items() if thing.labels}

    def _triples(self, standing: set[str]) -> Iterator[tuple[str, str, rdf.Term]]:
        """What describes the entities: as the default graph has it, and where merges have changed it, as it was."""
        for row in self.store.select(_DEFAULT):
            if local(e := rdf.text_of(row["e"]), ENTITY) not in standing:
                yield e, rdf.text_of(row["p"]), row["o"]
        put = {source: {str(t) for t in given} for source, (_, given) in self.records.items()}
        nodes = " ".join(str(rdf.entity_node(id_)) for id_ in sorted(standing))
        for row in self.store.select(_WHERE_MERGED.replace("$NODES", nodes)) if standing else ():
            triple = ox.Triple(_node(row["e"]), _node(row["p"]), row["o"])
            if str(triple) not in put.get(rdf.source_of(rdf.text_of(row["g"])), ()):
                yield rdf.text_of(triple.subject), triple.predicate.value, triple.object
        for taken, _ in self.records.values():
            for triple in taken:
                if triple.predicate.value in _DESCRIBING:
                    yield rdf.text_of(triple.subject), triple.predicate.value, triple.object

    # ---- Keys

    def index(self) -> dict[tuple[str, ...], dict[str, str]]:
        """Key → the things that have it, each with the name that gave it. Things that share a key may be one."""
        found: defaultdict[tuple[str, ...], dict[str, str]] = defaultdict(dict)
        for thing in self.things.values():
            for key, name in self._keys(thing):
                found[key].setdefault(thing.id, name)
        return found

    def _keys(self, thing: Thing) -> Iterator[tuple[tuple[str, ...], str]]:
        entry = self.entries.get(thing.id)
        if entry:
            yield ("entry", entry.id), thing.label
        for form, name in thing.names.items():
            if known := self.entry_of.get((thing.type, form)):
                yield ("entry", known), name
            if self._tells(thing, form, name):
                yield ("name", thing.type, spelled(name)), name
        for label in thing.labels.values():
            if thing.type.capitalize() in self.rules.legal_types and (short := self.rules.legal.sub("", label).strip()):
                yield ("legal", thing.type, spelled(short)), label
            yield from self._with_country(thing, label)

    def _tells(self, thing: Thing, form: str, name: str) -> bool:
        """Whether a name tells its thing apart from others of its type."""
        shortest = _SHORTEST_HAN if _HAN.search(form) else _SHORTEST_LATIN
        if len(form) < shortest:
            return False
        return name in thing.labels.values() or not self.rules.generic.fullmatch(form)

    def _with_country(self, thing: Thing, label: str) -> Iterator[tuple[tuple[str, ...], str]]:
        country, rest = self.front(label)
        if country and len(rest) > _SHORTEST_LATIN and not self.rules.generic.fullmatch(rest):
            yield ("country", thing.type, country, rest), label
        elif not country and thing.country:
            yield ("country", thing.type, thing.country, spelled(label)), label

    def front(self, label: str) -> tuple[str, str]:
        """The country that stands in front of a name, and what follows, as spelled; empty where none does."""
        match = self.countries.match(label)
        return (self.countries.codes[normal(match[1])], spelled(match[2])) if match else ("", "")


class _Countries:
    """The countries' names, and the words that say that something is theirs."""

    def __init__(self, ontology: Ontology, adjectives: Mapping[str, str]) -> None:
        places = [e for e in ontology.entries.values() if e.type == "Place" and e.country and not e.parent]
        names = {name: e.country for e in places for name in (e.label_zh, e.label_en, *e.aliases)} | dict(adjectives)
        self.codes = {normal(name): code for name, code in names.items()}
        """Normal form of a name → the country's code."""
        han, latin = ([name for name in names if bool(_HAN.search(name)) == kind] for kind in (True, False))
        self._front = re.compile(
            rf"({_any(han)})(?:政府)?的?[“《]?(.{{2,}})|(?:the )?({_any(latin)})(?:['’]s|['’])? (.{{2,}})",
            re.IGNORECASE,
        )

    def match(self, label: str) -> tuple[str, str, str] | None:
        """The label, the name of a country in front of it and what follows; None where there is none."""
        found = self._front.fullmatch(label)
        return (label, found[1] or found[3], found[2] or found[4]) if found else None


def _dictionary(ontology: Ontology) -> dict[tuple[str, str], str]:
    """(type in small letters, normal form of a name) → the entry that it identifies."""
    return {
        (entry.type.lower(), normal(name)): entry.id
        for entry in ontology.entries.values()
        for name in (entry.label_zh, entry.label_en, *entry.aliases)
    }


def _node(value: rdf.Term) -> ox.NamedNode:
    return ox.NamedNode(rdf.text_of(value))


# ---- What keeps things apart


@dataclass(frozen=True, slots=True)
class _Facts:
    """What documents state of the things that may be one, as far as it keeps them apart."""

    related: frozenset[frozenset[str]]
    """Two things that a statement relates."""
    origins: Mapping[str, frozenset[str]]
    """Thing → the years in which documents say that it came about."""

    @classmethod
    def of(cls, names: _Names, ids: Iterable[str]) -> "_Facts":
        nodes = " ".join(str(rdf.entity_node(id_)) for id_ in sorted(ids))
        rows = names.store.select(_FACTS.replace("$NODES", nodes))
        stated = [[rdf.text_of(row[name]) if name in row else "" for name in ("s", "p", "o", "time")] for row in rows]
        stated += [row for taken, _ in names.records.values() for row in _as_read(taken)]
        related, origins = set(), defaultdict(set)
        for s, p, o, time in stated:
            ends = {"subject": local(s, ENTITY), "object": local(o, ENTITY)}
            related.add(frozenset(ends.values()))
            if side := names.rules.origins.get(local(p, ONTOLOGY)):
                origins[ends[side]].update(_YEAR.findall(time))
        return cls(frozenset(related), {id_: frozenset(years) for id_, years in origins.items()})


_FACTS = """
SELECT ?s ?p ?o ?time WHERE {
    VALUES ?e { $NODES }
    { GRAPH ?g { ?st pkg:subject ?e } } UNION { GRAPH ?g { ?st pkg:object ?e } }
    GRAPH ?g {
        ?st pkg:predicate ?p ; pkg:subject ?s ; pkg:object ?o
        OPTIONAL { ?st pkg:timeText ?time }
    }
}"""


def _as_read(taken: Iterable[ox.Triple]) -> Iterator[list[str]]:
    """Subject, predicate, object and time of the statements that merges took out of a document's graph."""
    nodes: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for triple in taken:
        nodes[rdf.text_of(triple.subject)][triple.predicate.value.removeprefix(ONTOLOGY)] = rdf.text_of(triple.object)
    for node in nodes.values():
        if {"subject", "predicate", "object"} <= node.keys():
            yield [node.get(name, "") for name in ("subject", "predicate", "object", "timeText")]


class _Apart:
    """Whether two things may be one."""

    def __init__(self, names: _Names, facts: _Facts, reversed_: Iterable[tuple[str, str]]) -> None:
        self._names = names
        self._facts = facts
        self._reversed = {frozenset(pair) for pair in reversed_}
        self._marks: dict[str, tuple[frozenset[str], frozenset[str]]] = {}

    def __call__(self, one: str, other: str) -> bool:
        """Whether something keeps the two apart."""
        pair = frozenset((one, other))
        if pair in self._reversed or pair in self._facts.related or one.partition("/")[0] != other.partition("/")[0]:
            return True
        years = (self._facts.origins.get(one, frozenset()), self._facts.origins.get(other, frozenset()))
        return any(a and b and a.isdisjoint(b) for a, b in (years, *zip(self._of(one), self._of(other), strict=True)))

    def _of(self, id_: str) -> tuple[frozenset[str], frozenset[str]]:
        """The thing's countries, and the numbers in its names."""
        if id_ not in self._marks:
            self._marks[id_] = self._countries(id_), self._numbers(id_)
        return self._marks[id_]

    def _countries(self, id_: str) -> frozenset[str]:
        thing, entry = self._names.things.get(id_), self._names.entries.get(id_)
        known = {thing.country if thing else "", entry.country if entry else ""} - {""}
        labels = thing.labels.values() if thing else ()
        return frozenset(known or {country for label in labels if (country := self._names.front(label)[0])})

    def _numbers(self, id_: str) -> frozenset[str]:
        thing, entry = self._names.things.get(id_), self._names.entries.get(id_)
        names = [*(thing.labels.values() if thing else ())]
        names += [entry.label_zh, entry.label_en, *entry.aliases] if entry else []
        return frozenset(number for name in names for number in _NUMBER.findall(spelled(name)))


# ---- A pass over the store


@dataclass(frozen=True, slots=True)
class _Meeting:
    """Two things whose names meet: sorts surest layer first."""

    layer: int
    pair: tuple[str, str]
    names: tuple[str, str]


class _Clusters:
    """Things joined so far."""

    def __init__(self) -> None:
        self._of: dict[str, set[str]] = {}

    def of(self, id_: str) -> set[str]:
        """All that is one with the thing, itself too."""
        return self._of.get(id_, {id_})

    def join(self, one: str, other: str) -> None:
        """Make one of what is one with either."""
        members = self.of(one) | self.of(other)
        self._of.update(dict.fromkeys(members, members))

    def all(self) -> list[set[str]]:
        """Every cluster of two things or more."""
        return list({id(members): members for members in self._of.values()}.values())


def resolve(store: Store, ontology: Ontology) -> tuple[Decision, ...]:
    """Make the store's decisions those that its documents and its people give, and write its documents as they say.
    Nothing is written where nothing changes. Gives all decisions, by id. Raises StoreError where the store is
    read-only and there is something to write."""
    names, before = _Names(store, ontology), {decision.id: decision for decision in store.merges()}
    kept = [d for d in before.values() if d.reversed or d.layer == BY_HAND]
    index = {key: owners for key, owners in names.index().items() if len(owners) > 1}
    facts = _Facts.of(names, {id_ for owners in index.values() for id_ in owners})
    apart = _Apart(names, facts, (d.pair for d in kept if d.reversed))
    clusters = _Clusters()
    for decision in kept:
        if not decision.reversed:
            clusters.join(*decision.pair)
    found = [_decided(names, meeting, before) for meeting in _joining(names, index, apart, clusters)]
    decisions = sorted([*kept, *found], key=lambda d: d.id)
    replaced = _replacement(names, clusters)
    if decisions != list(before.values()) or replaced != store.replaced():
        store.put_merges(decisions, replaced, _standing(names, replaced))
    return tuple(decisions)


def _joining(
    names: _Names, index: Mapping[tuple[str, ...], Mapping[str, str]], apart: _Apart, clusters: _Clusters
) -> Iterator[_Meeting]:
    """The meetings that join things not yet joined, surest layer first; what they join is joined in `clusters`."""
    meetings = [m for key, owners in index.items() for m in _meetings(names, key, owners, apart)]
    for meeting in sorted(meetings, key=lambda m: (m.layer, m.pair, m.names)):
        one, other = meeting.pair
        strangers = ((a, b) for a in clusters.of(one) for b in clusters.of(other))
        if other not in clusters.of(one) and not any(apart(a, b) for a, b in strangers):
            clusters.join(one, other)
            yield meeting


def _meetings(names: _Names, key: tuple[str, ...], owners: Mapping[str, str], apart: _Apart) -> Iterator[_Meeting]:
    """How the owners of a key meet: each with the first. None where a name is borne by things that are kept apart."""
    ids = sorted(owners, key=lambda id_: _rank(names, id_))
    if any(apart(one, other) for one, other in combinations(ids, 2)):
        return
    for other in ids[1:]:
        one = min(ids[0], other), max(ids[0], other)
        met = (owners[one[0]], owners[one[1]])
        if (layer := _layer(names, key[0], one, met)) is not None:
            yield _Meeting(layer, one, met)


def _layer(names: _Names, kind: str, pair: tuple[str, str], met: tuple[str, str]) -> int | None:
    """The layer by which two things meet, as its place among the layers; None where the names are too weak."""
    order = list(names.rules.reasons)
    if kind in ("entry", "legal", "country"):
        return order.index({"entry": "dictionary", "legal": "legal-form", "country": "country"}[kind])
    if normal(met[0]) != normal(met[1]):
        return order.index("spelling")
    things = [names.things[id_] for id_ in pair]
    main = [name in thing.labels.values() for thing, name in zip(things, met, strict=True)]
    if not any(main) and not _HAN.search(met[0]) and len(normal(met[0])) < _TELLING_LATIN:
        return None
    called = things[main.index(False)] if not all(main) else things[0]
    other_language = bool(_HAN.search(met[0])) != bool(_HAN.search(called.label))
    return order.index("translation" if other_language else "alias")


def _rank(names: _Names, id_: str) -> tuple[bool, bool, int, str]:
    """Sorts the id that should stand for others first: the dictionary's, a Chinese one, the shortest."""
    return id_ not in names.entries, not _HAN.search(id_), len(id_), id_


def _replacement(names: _Names, clusters: _Clusters) -> dict[str, str]:
    """Id → the id that stands for it, for every cluster of things that documents name."""
    replaced = {}
    for members in clusters.all():
        standing, *rest = sorted((m for m in members if m in names.things), key=lambda m: _rank(names, m)) or [""]
        replaced.update(dict.fromkeys(rest, standing))
    return replaced


def _standing(names: _Names, replaced: Mapping[str, str]) -> dict[str, Entity]:
    """The entities that stand for others, with their own labels."""
    things = [names.things[id_] for id_ in set(replaced.values())]
    return {
        t.id: Entity(t.id, t.type, t.labels.get("zh", ""), t.labels.get("en", ""), country=t.country) for t in things
    }


# ---- What is recorded


def _decided(names: _Names, meeting: _Meeting, before: Mapping[str, Decision]) -> Decision:
    """The decision that a meeting gives: the one made before where it is the same."""
    layer = list(names.rules.reasons)[meeting.layer]
    things = [names.things[id_] for id_ in meeting.pair]
    weaker = 0 if meeting.names[0] not in things[0].labels.values() else 1
    words = {"one": meeting.names[weaker], "other": meeting.names[1 - weaker], "label": things[weaker].label}
    zh, en = (reason.format(**words) for reason in names.rules.reasons[layer])
    new = Decision(meeting.pair, layer, zh, en, now())
    old = before.get(new.id)
    if old and (old.layer, old.reason_zh) == (layer, zh):
        return old
    return Decision(meeting.pair, layer, zh, en, new.at, evidence=tuple(_places(names.store, meeting)))


def _places(store: Store, meeting: _Meeting) -> Iterator[Place]:
    """For each of the two things, the first place where a document calls it by the name that met."""
    for id_, name in zip(meeting.pair, meeting.names, strict=True):
        node = rdf.entity_node(store.replaced().get(id_, id_))
        rows = store.select(_MENTIONED.replace("$NODE", str(node)))
        places = (_place(row) for row in rows)
        fitting = [place for place in places if normal(place.span.quote) == normal(name)]
        yield from sorted(fitting, key=lambda place: (place.source, place.span.start))[:1]


_MENTIONED = """
SELECT ?g ?start ?end ?quote WHERE {
    GRAPH ?g { ?m pkg:mentionOf $NODE ; pkg:start ?start ; pkg:end ?end ; pkg:quote ?quote }
}"""


def _place(row: Mapping[str, rdf.Term]) -> Place:
    start, end, quote = (rdf.text_of(row[name]) for name in ("start", "end", "quote"))
    return Place(rdf.source_of(rdf.text_of(row["g"])), Span(int(start), int(end), quote))


# ---- What was called otherwise before


_MOST_RENAMED = 5_000
"""So many statements are looked at, at most, for what one was called before."""
_TOUCHED = f"""
SELECT DISTINCT ?st WHERE {{
    $NODES
    {{ GRAPH ?g {{ ?st pkg:subject|pkg:object ?e }} }}
    UNION {{ GRAPH ?g {{ ?other pkg:subject|pkg:object ?e . ?st pkg:concerns ?other }} }}
}} LIMIT {_MOST_RENAMED}"""


def renamed(store: Store, ids: Collection[str]) -> dict[str, tuple[Assertion, ...]]:
    """The statements that had those ids before entities were merged, or while they were, if the merge was taken back:
    the entities' ids are part of a statement's. An id has several where a statement is two again, none where no
    decision, in force or reversed, accounts for it."""
    clusters = _Clusters()
    for decision in store.merges():
        clusters.join(*decision.pair)
    nodes = " ".join(str(rdf.entity_node(id_)) for members in clusters.all() for id_ in sorted(members))
    rows = store.select(_TOUCHED.replace("$NODES", f"VALUES ?e {{ {nodes} }}")) if nodes and ids else ()
    touched = {a.id: a for a in store.assertions(local(rdf.text_of(row["st"]), STATEMENT) for row in rows)}
    found: defaultdict[str, tuple[Assertion, ...]] = defaultdict(tuple)
    for assertion in touched.values():
        for id_ in _other_ids(assertion, touched, clusters).intersection(ids):
            found[id_] += (assertion,)
    return dict(found)


def _other_ids(assertion: Assertion, known: Mapping[str, Assertion], clusters: _Clusters) -> set[str]:
    """The ids that a statement has with other ids of its entities, and of the statement that it concerns."""
    other = known.get(assertion.concerns)
    concerns = {assertion.concerns} | (_other_ids(other, known, clusters) if other else set())
    ends = product(clusters.of(assertion.subject), clusters.of(assertion.object), concerns)
    return {replace(assertion, subject=s, object=o, concerns=c).id for s, o, c in ends}


def now() -> str:
    """The time, in ISO 8601 and UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


# ---- What people decide


def decide(store: Store, ontology: Ontology, one: str, other: str, reason: str) -> Decision:
    """Record that two ids name one thing, because a person says so. Raises QueryError where they are one id or two
    types, or where a statement relates them: it would relate a thing to itself."""
    if one == other or one.partition("/")[0] != other.partition("/")[0]:
        raise QueryError(f"{one} and {other} cannot be one: name two different entities of the same type")
    names = _Names(store, ontology)
    if frozenset((one, other)) in _Facts.of(names, (one, other)).related:
        raise QueryError(f"{one} and {other} cannot be one: a statement relates them")
    zh, en = (text.format(reason=reason) for text in names.rules.person)
    decision = Decision((min(one, other), max(one, other)), BY_HAND, zh, en, now())
    _record(store, ontology, decision)
    return decision


def turn(store: Store, ontology: Ontology, id: str, *, reversed: bool) -> Decision:
    """Reverse the decision of that id, or put it in force again. A reversed one is remembered: the two stay apart
    whatever is read. Raises NotFound where there is no such decision."""
    found = next((decision for decision in store.merges() if decision.id == id), None)
    if found is None:
        raise NotFound(f"there is no merge with the id {id}: kg merges lists them")
    decision = Decision(found.pair, found.layer, found.reason_zh, found.reason_en, now(), reversed, found.evidence)
    _record(store, ontology, decision)
    return decision


def _record(store: Store, ontology: Ontology, decision: Decision) -> None:
    """Write a person's decision and what follows from it."""
    others = [known for known in store.merges() if known.id != decision.id]
    store.put_merges([*others, decision], store.replaced(), {})
    resolve(store, ontology)
