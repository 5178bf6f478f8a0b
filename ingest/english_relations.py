"""Statements in an English sentence, read from its dependency parse (`ingest/patterns/dependencies.en.toml`).

Needs a sentence as a parsed Doc (see `ingest.english_model`) and its mentions; gives the relations that the rules read
there, restricted to the ontology's signatures. A clause is looked at as its deep subject and object (who does it to
what, in the active or the passive) and its prepositions; a noun as what it has, modifies or is "of" and "in".
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from typing import Any, Literal, get_args

from spacy.tokens import Doc, Token

from ingest.patterns import FOLDER, read_toml, relation_rules
from ingest.relations import Mention, Relation, RelationFinder
from kg.errors import OntologyError
from kg.ontology import Ontology

Kind = Literal["clause", "noun", "role", "pair"]

_MEANS = frozenset({"Policy", "Program", "Instrument"})
"""What one can use in order to reach something: it then aims at it too."""
_WITHIN = ("of", "for", "in", "to")
_EMPTY = frozenset({"use", "part", "advantage", "sense", "place", "need", "lack", "absence"})
"""Heads that do not stand for what they are of: who makes use of boats makes no boats."""
_EXAMPLES = frozenset({"including", "include", "like"})
_ATTRIBUTIVE = frozenset({"compound", "amod", "nmod"})
_DEPTH = 6
"""How deep a phrase is looked into: deeper ones are parsed wrongly more often than not."""


@dataclass(frozen=True, slots=True)
class DependencyRule:
    """One rule of `dependencies.*.toml`; the file's head says what each kind does. `finds` stands in `example`, and
    the rule must find nothing in `counterexample`. `confidence` is its measured precision."""

    id: str
    kind: Kind
    relation: str
    confidence: float
    example: str
    finds: str
    counterexample: str
    words: tuple[str, ...] = ()
    subject: str = "subject"
    object: str = "object"
    links: tuple[str, ...] = ()
    subject_types: tuple[str, ...] = ()
    object_types: tuple[str, ...] = ()
    same_type: bool = False
    reversed: bool = False


@cache
def dependency_rules(language: str) -> tuple[DependencyRule, ...]:
    """The rules of `dependencies.<language>.toml`. Raises OntologyError for a rule without its parts."""
    path = FOLDER / f"dependencies.{language}.toml"
    data = read_toml(path)
    rules = []
    for kind in get_args(Kind):
        for row in data.get(kind, ()):
            values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in row.items()}
            try:
                rules.append(DependencyRule(kind=kind, **values))
            except TypeError as error:
                raise OntologyError(f"rule {row.get('id', '?')!r} of {path}: {error}") from error
    if len({rule.id for rule in rules}) != len(rules):
        raise OntologyError(f"two rules of {path} have the same id")
    return tuple(rules)


class EnglishFinder:
    """Reads English sentences by their parse, and by the words between names where the parser stumbles."""

    def __init__(self, ontology: Ontology) -> None:
        self._parsed = DependencyFinder(ontology, dependency_rules("en"))
        self._written = RelationFinder(ontology, relation_rules("en"))

    def read(
        self, docs: Sequence[Doc], headings: Sequence[Sequence[str]], mentions: Sequence[Sequence[Mention]]
    ) -> list[list[Relation]]:
        """The relations of every sentence of a document; headings say nothing to the rules."""
        return [self.relations(doc, row) for doc, row in zip(docs, mentions, strict=True)]

    def relations(self, doc: Doc, mentions: Sequence[Mention]) -> list[Relation]:
        """What the rules read, the surest reading of each pair of things only."""
        return _surest([*self._parsed.relations(doc, mentions), *self._written.relations(doc.text, mentions)])


class DependencyFinder:
    """The dependency rules of one language, ready to be applied."""

    def __init__(self, ontology: Ontology, rules: Sequence[DependencyRule]) -> None:
        self._ontology = ontology
        self._clauses: dict[str, list[DependencyRule]] = {}
        for rule in rules:
            if rule.kind == "clause":
                for word in rule.words:
                    self._clauses.setdefault(word, []).append(rule)
        self._nouns = [rule for rule in rules if rule.kind == "noun"]
        self._roles = [rule for rule in rules if rule.kind == "role"]
        self._pairs = [rule for rule in rules if rule.kind == "pair"]

    def relations(self, doc: Doc, mentions: Sequence[Mention]) -> list[Relation]:
        """What the rules read, the surest reading of each pair of things only."""
        scene = _Scene(doc, mentions)
        readers = (self._in_clauses, self._in_nouns, self._in_roles, self._in_pairs)
        return _surest(chain.from_iterable(reader(scene) for reader in readers))

    def _in_clauses(self, scene: "_Scene") -> Iterator[Relation]:
        for verb in scene.doc:
            for rule in self._clauses.get(_verb(verb), ()):
                if rule.subject != rule.object:
                    subjects, objects = scene.slot(verb, rule.subject), scene.slot(verb, rule.object)
                    yield from self._joined(rule, subjects, objects, verb.idx)

    def _in_nouns(self, scene: "_Scene") -> Iterator[Relation]:
        for rule in self._nouns:
            own = rule.object_types if rule.reversed else rule.subject_types
            for mention in scene.mentions:
                if own and mention.type not in own:
                    continue
                owner = scene.root(mention)
                for link in rule.links:
                    others = scene.linked(owner, link)
                    subjects, objects = (others, [mention]) if rule.reversed else ([mention], others)
                    yield from self._joined(rule, subjects, objects, owner.idx)

    def _in_roles(self, scene: "_Scene") -> Iterator[Relation]:
        """Statements that a nameless noun makes of who bears it: Norway, a maker of boats."""
        for noun in scene.doc:
            for rule in self._roles:
                if noun.lemma_.lower() in rule.words and scene.nameless(noun):
                    for link in rule.links:
                        yield from self._joined(rule, scene.bearers(noun), scene.linked(noun, link), noun.idx)

    def _in_pairs(self, scene: "_Scene") -> Iterator[Relation]:
        """Statements between the subjects of one verb: Norway and Sweden agreed."""
        for verb in scene.doc:
            for rule in self._pairs:
                if _verb(verb) in rule.words:
                    acting = scene.subjects(verb)
                    for number, one in enumerate(acting):
                        yield from self._joined(rule, [one], acting[number + 1 :], verb.idx)

    def _joined(
        self, rule: DependencyRule, subjects: Sequence[Mention], objects: Sequence[Mention], trigger: int
    ) -> Iterator[Relation]:
        for subject in subjects:
            for object_ in objects:
                if subject.entity != object_.entity and self._reads(rule, subject, object_):
                    yield Relation(subject, rule.relation, object_, rule.id, rule.confidence, trigger)

    def _reads(self, rule: DependencyRule, subject: Mention, object_: Mention) -> bool:
        """Whether the rule speaks of things of these types, and its relation can hold between them."""
        fits = (not rule.subject_types or subject.type in rule.subject_types) and (
            not rule.object_types or object_.type in rule.object_types
        )
        same = not rule.same_type or subject.type == object_.type
        return fits and same and self._ontology.allows(subject.type, rule.relation, object_.type)


class _Scene:
    """A sentence as the rules look at it."""

    def __init__(self, doc: Doc, mentions: Sequence[Mention]) -> None:
        self.doc = doc
        self.mentions: list[Mention] = []
        self._at: dict[int, Mention] = {}
        self._roots: dict[Mention, Token] = {}
        for mention in mentions:
            span = doc.char_span(mention.start, mention.end, alignment_mode="expand")
            if span is not None and len(span):
                self.mentions.append(mention)
                self._roots[mention] = span.root
                self._at.update((token.i, mention) for token in span)

    def root(self, mention: Mention) -> Token:
        """The word of the mention that the rest of it hangs on."""
        return self._roots[mention]

    def named(self, token: Token, depth: int = 0) -> list[Mention]:
        """The mentions that a phrase stands for: its head, or what that head is of or is modified by; then the rest of
        its list, and what it includes."""
        if depth > _DEPTH:
            return []
        own = self._at.get(token.i)
        found = [own] if own else self._within(token, depth)
        for child in token.children:
            outside = self._at.get(child.i) is not own or own is None
            if child.dep_ == "conj" and outside:
                found += self.named(child, depth + 1)
            elif child.lower_ in _EXAMPLES or _such_as(child):
                found += self._behind(child, depth)
        return list(dict.fromkeys(found))

    def _within(self, token: Token, depth: int) -> list[Mention]:
        """What a nameless head is about: "deployment of X", "X projects"."""
        if token.lemma_.lower() in _EMPTY:
            return []
        for preposition in _WITHIN:
            for child in token.children:
                if child.dep_ == "prep" and child.lower_ == preposition and (found := self._behind(child, depth)):
                    return [m for m in found if m.type != "Place" or preposition == "of"]
        before = [self._at[c.i] for c in token.lefts if c.dep_ in _ATTRIBUTIVE and c.i in self._at]
        things = [mention for mention in before if mention.type != "Place"]
        return things[-1:] or before[-1:]

    def _behind(self, preposition: Token, depth: int = 0) -> list[Mention]:
        found: list[Mention] = []
        for child in preposition.children:
            if child.dep_ == "pobj":
                found += self.named(child, depth + 1)
            elif child.dep_ == "prep":
                found += self._behind(child, depth + 1)
        return found

    def slot(self, verb: Token, slot: str) -> list[Mention]:
        """The mentions in a part of a clause: "subject", "object", "paid", or a preposition's."""
        if slot == "subject":
            return self.subjects(verb)
        if slot == "object":
            return self.objects(verb)
        if slot == "paid":
            return self._paid(verb)
        return self._prepositional(verb, slot)

    def subjects(self, verb: Token, depth: int = 0) -> list[Mention]:
        """Who or what does it: the subject, the agent of a passive, or whoever does what the clause depends on."""
        if depth > _DEPTH:
            return []
        agents = [c for c in verb.children if c.dep_ == "agent"] or _shared_agents(verb)
        if agents:
            return [m for agent in agents for m in self._behind(agent)]
        if _passive(verb):
            return []
        own = [c for c in verb.children if c.dep_ == "nsubj"]
        if own:
            return self._antecedent(verb, own[0])
        return self._inherited(verb, depth)

    def _antecedent(self, verb: Token, subject: Token) -> list[Mention]:
        """The subject's mentions; those of the noun before a relative clause."""
        if subject.tag_ in {"WDT", "WP"} and verb.dep_ == "relcl":
            return self.named(verb.head)
        return self.named(subject)

    def _inherited(self, verb: Token, depth: int) -> list[Mention]:
        """The subject of a clause that has none of its own."""
        head = verb.head
        if verb.dep_ == "acl" and not _passive(verb):
            return self.named(head) or self._governor_subject(head, depth)
        if verb.dep_ == "pcomp":
            head = head.head
        if verb.dep_ not in {"conj", "xcomp", "advcl", "ccomp", "pcomp"} or head.i == verb.i:
            return []
        if head.pos_ not in {"VERB", "AUX"}:
            return self._governor_subject(head, depth)
        means = [m for m in self.objects(head) if m.type in _MEANS] if verb.dep_ in {"xcomp", "advcl"} else []
        return list(dict.fromkeys([*self.subjects(head, depth + 1), *means]))

    def _governor_subject(self, noun: Token, depth: int) -> list[Mention]:
        """Who does what the noun is the object of: "launched an effort to …"."""
        verb = noun.head
        return self.subjects(verb, depth + 1) if noun.dep_ in {"dobj", "pobj"} and verb.pos_ == "VERB" else []

    def objects(self, verb: Token) -> list[Mention]:
        """What it is done to: the object, or the subject of a passive; the noun that a participle modifies."""
        found = [m for c in verb.children if c.dep_ in {"dobj", "nsubjpass", "attr"} for m in self.named(c)]
        if verb.dep_ == "acl" and _passive(verb):
            found += self.named(verb.head)
        if not found and verb.dep_ == "conj" and verb.tag_ == "VBN" and _passive(verb.head):
            return self.objects(verb.head)
        return found

    def _paid(self, verb: Token) -> list[Mention]:
        """What the money is for that the verb's object is: the object of its clause of purpose."""
        sums = [c for c in verb.children if c.dep_ in {"dobj", "nsubjpass"} and any(t.is_currency for t in c.subtree)]
        if not sums:
            return []
        clauses = [c for owner in (verb, *sums) for c in _purposes(owner)]
        return [mention for clause in clauses for mention in self.objects(clause)]

    def _prepositional(self, verb: Token, preposition: str) -> list[Mention]:
        """What stands behind a preposition of the verb or of its object (which of the two is a guess of the parser)."""
        owners = [verb, *(c for c in verb.children if c.dep_ in {"dobj", "nsubjpass", "acomp", "prt", "attr"})]
        return [
            mention
            for owner in owners
            for child in owner.children
            if child.dep_ in {"prep", "dative"} and child.lower_ == preposition
            for mention in self._behind(child)
        ]

    def linked(self, owner: Token, link: str) -> list[Mention]:
        """The mentions that a noun has ("poss"), is modified by ("modifier"), stands beside ("beside"), or that stand
        behind one of its prepositions."""
        head = self._carrier(owner)
        if link == "poss":
            return [
                m for c in head.children if c.dep_ == "poss" for m in self.named(c) if m is not self._at.get(head.i)
            ]
        if link == "modifier":
            mine = self._at.get(owner.i)
            before = [c for c in head.lefts if c.dep_ in _ATTRIBUTIVE]
            return [self._at[c.i] for c in before if c.i in self._at and self._at[c.i] is not mine]
        if link == "beside":
            return [m for c in owner.children if c.dep_ == "appos" for m in self.named(c)]
        return [m for c in head.children if _is_preposition(c, link) for m in self._behind(c)]

    def nameless(self, token: Token) -> bool:
        """Whether the token stands outside the names."""
        return token.i not in self._at

    def bearers(self, noun: Token) -> list[Mention]:
        """Who is said to be what the noun says: "X, a maker of", "X is a maker of", "maker X"; for "in partnership" who
        is in it."""
        if noun.dep_ == "appos":
            return self.named(noun.head)
        if noun.dep_ in {"attr", "oprd"}:
            return self.subjects(noun.head)
        if noun.dep_ in _ATTRIBUTIVE and noun.head.i in self._at:
            return [self._at[noun.head.i]]
        if noun.dep_ == "pobj" and noun.head.lower_ in {"in", "as"}:
            return self.subjects(noun.head.head)
        return self.linked(noun, "beside")

    def _carrier(self, token: Token) -> Token:
        """The noun that the mention's word modifies without a name of its own: "tidal energy" projects."""
        while token.dep_ in _ATTRIBUTIVE and token.head.i not in self._at:
            token = token.head
        return token


def _surest(relations: Iterable[Relation]) -> list[Relation]:
    """Of the relations between the same two things the one with the highest confidence, the first of equals."""
    best: dict[tuple[str, str], Relation] = {}
    for relation in relations:
        key = (relation.subject.entity, relation.object.entity)
        if key not in best or relation.confidence > best[key].confidence:
            best[key] = relation
    return list(best.values())


def _verb(token: Token) -> str:
    """The lemma of a verb, with its particle: "set up"."""
    if token.pos_ not in {"VERB", "AUX"} and token.dep_ not in {"acl", "relcl", "advcl"}:
        return ""
    particle = next((c.lower_ for c in token.children if c.dep_ == "prt"), "")
    return f"{token.lemma_.lower()} {particle}".strip()


def _purposes(token: Token, depth: int = 0) -> Iterator[Token]:
    """The verbs of the clauses of purpose that depend on the token: "to make boats"."""
    for child in token.children:
        if child.dep_ in {"advcl", "xcomp", "acl"} and any(
            c.lower_ == "to" and c.dep_ == "aux" for c in child.children
        ):
            yield child
            yield from (c for c in child.children if c.dep_ == "conj")
        elif depth < _DEPTH and child.dep_ in {"prep", "pobj", "acomp", "amod"}:
            yield from _purposes(child, depth + 1)


def _passive(verb: Token) -> bool:
    if any(c.dep_ in {"nsubjpass", "auxpass"} for c in verb.children):
        return True
    return verb.tag_ == "VBN" and verb.dep_ == "acl"


def _shared_agents(verb: Token) -> list[Token]:
    """The agents of the last of several passives: "was built and sold by"."""
    return [
        c for other in verb.conjuncts if other.tag_ == verb.tag_ == "VBN" for c in other.children if c.dep_ == "agent"
    ]


def _such_as(token: Token) -> bool:
    return token.lower_ == "as" and any(c.lower_ == "such" for c in token.children)


def _is_preposition(token: Token, word: str) -> bool:
    if word == "such as":
        return token.lower_ in _EXAMPLES or _such_as(token)
    return token.dep_ == "prep" and token.lower_ == word
