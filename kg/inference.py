"""What follows from the statements by the few safe rules of `ontology/rules/`, in a graph of its own.

The graph of inferences is either empty or holds exactly what follows from the documents of the store: `Store.put` and
`Store.remove` empty it in their own transaction, `infer` fills it in another. So nothing inferred outlives its
premises, whenever a process is killed. It also says which figures of the documents contradict each other
(`kg.contradictions`). Only actual statements are premises, and no inferred triple ever stands in
the default graph or in a document's.

The header of a rule's file:

    #+ rule: 规则 / the rule in a sentence
    #+ source: 理由 / why it is safe
    #+ premises: one=前提/what the variable's statement says; other=…/…

The query selects the premises, then `?subject ?predicate ?object`. It reads, without GRAPH, the actual statements and
what the rules have found from them, as `?s claim:R ?statement . ?statement claimo:R ?o`, and the types of the entities.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from math import prod
from pathlib import Path

import pyoxigraph as ox

from kg import rdf
from kg.config import data_folder
from kg.contradictions import contradictions
from kg.errors import OntologyError
from kg.iris import CLAIM, CLAIM_OBJECT, ENTITY, INFERENCE, INFERRED, ONTOLOGY, PREFIXES, STATEMENT, local
from kg.ontology import Ontology
from kg.store import Row, Store


@dataclass(frozen=True, slots=True)
class Premise:
    """A variable of a rule's query, and what the statement in it says."""

    name: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: what it says, why it is safe, what it starts from."""

    name: str
    zh: str
    en: str
    source_zh: str
    source_en: str
    premises: tuple[Premise, ...]
    query: str


@dataclass(frozen=True, slots=True)
class Inference:
    """An inferred statement: entity ids and the relation's name, the rule that gave it in its last step, and the ids of
    all statements of documents that it rests on. `belief` is the product of theirs."""

    subject: str
    predicate: str
    object: str
    rule: str
    premises: tuple[str, ...]
    belief: float

    @property
    def id(self) -> str:
        """Stable: the same conclusion has the same id in every store, however it is reached."""
        return sha256("\x1f".join((self.subject, self.predicate, self.object)).encode()).hexdigest()[:20]

    @property
    def by(self) -> Rule:
        """The packaged rule that gave it."""
        return next(rule for rule in load_rules() if rule.name == self.rule)


# ---- Rules


@cache
def load_rules(folder: Path | None = None) -> tuple[Rule, ...]:
    """The rules in `folder`, or the packaged ones, by name. Raises OntologyError, naming the file, for a header that
    cannot be read."""
    files = sorted((folder or data_folder("ontology") / "rules").glob("*.rq"))
    return tuple(_rule(path) for path in files)


_LINE = re.compile(r"^#\+ (rule|source|premises): *(.+?) *$", re.MULTILINE)
_BOTH = re.compile(r"(.+?) / (.+)")
_PREMISE = re.compile(r"(\w+)=([^/]+)/(.+)")


def _rule(path: Path) -> Rule:
    text = path.read_text(encoding="utf-8")
    header: dict[str, str] = dict(_LINE.findall(text))
    said = [_BOTH.fullmatch(header.get(key, "")) for key in ("rule", "source")]
    premises = [_PREMISE.fullmatch(part.strip()) for part in header.get("premises", "").split(";")]
    if not all(said) or not all(premises):
        raise OntologyError(
            f"{path.name}: the header must have the lines rule, source and premises: see kg/inference.py"
        )
    zh, en, source_zh, source_en = (part for match in said if match for part in match.groups())
    read = tuple(Premise(*match.groups()) for match in premises if match)
    return Rule(path.stem, zh, en, source_zh, source_en, read, text)


# ---- Inferring


def infer(store: Store, ontology: Ontology) -> int:
    """Make the graph of inferences what follows from the store's documents, in one transaction; nothing is written
    where it is that already. Gives the number of inferred statements. Raises StoreError where the store is read-only
    and there is something to write."""
    found = conclusions(store, ontology)
    quads = [*_quads(found), *_contradictions(store)]
    if set(store.inferred()) != set(quads):
        store.put_inferred(quads)
    return len(found)


def _contradictions(store: Store) -> list[ox.Quad]:
    graph, contradicts = ox.NamedNode(INFERRED), rdf.term("contradicts")
    pairs = contradictions(store)
    return [ox.Quad(rdf.figure_node(a), contradicts, rdf.figure_node(b), graph) for a, b in pairs]


def is_current(store: Store, ontology: Ontology) -> bool:
    """Whether the graph of inferences holds exactly what follows from the store's documents."""
    return set(store.inferred()) == {*_quads(conclusions(store, ontology)), *_contradictions(store)}


def conclusions(store: Store, ontology: Ontology, rules: tuple[Rule, ...] | None = None) -> tuple[Inference, ...]:
    """What follows from the actual statements of all documents, by subject, predicate and object.

    Nothing is concluded that a document states, of a thing about itself, or against a relation's signature. Of several
    ways to a conclusion the one with the highest belief is given, then the one with the fewest premises.
    """
    rules = load_rules() if rules is None else rules
    board = _Board.of(store, rules)
    found: dict[_Claim, Inference] = {}
    while better := {c: new for c, new in board.follow(rules, ontology).items() if _improves(new, found.get(c))}:
        found |= better
        board.add(better)
    return tuple(found[claim] for claim in sorted(found))


def _improves(new: Inference, old: Inference | None) -> bool:
    return old is None or _rank(new) < _rank(old)


def _rank(found: Inference) -> tuple[float, int, tuple[str, ...], str]:
    """Sorts the best way to a conclusion first. Each round of a search improves some rank, and there are finitely many
    sets of premises, so that it ends, in cycles too."""
    return -found.belief, len(found.premises), found.premises, found.rule


_Claim = tuple[str, str, str]
"""Subject, predicate, object: entity ids and the relation's name."""


@dataclass(frozen=True, slots=True)
class _Board:
    """What the rules read: a small store of claims and types, and what each of its statements rests on."""

    scratch: ox.Store = field(default_factory=ox.Store)
    stated: dict[_Claim, str] = field(default_factory=dict)
    """What documents state → the statement believed most."""
    beliefs: dict[str, float] = field(default_factory=dict)
    """Statement id → belief."""
    grounds: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """IRI of a statement, stated or inferred → the ids of the stated ones that it rests on."""
    types: dict[str, str] = field(default_factory=dict)
    """Entity id → type."""

    @classmethod
    def of(cls, store: Store, rules: Iterable[Rule]) -> "_Board":
        """The actual statements with the relations that the rules read."""
        read = sorted({name for rule in rules for name in re.findall(r"\bclaim:(\w+)", rule.query)})
        rows = store.select(_STATED.replace("$RELATIONS", " ".join(f"pkg:{name}" for name in read)))
        board = cls()
        for row in sorted(rows, key=lambda row: (-_belief(row), rdf.text_of(row["st"]))):
            board._state(row)
        return board

    def _state(self, row: Row) -> None:
        claim, id_ = _claim(row["s"], row["p"], row["o"]), local(rdf.text_of(row["st"]), STATEMENT)
        if self.stated.setdefault(claim, id_) != id_:
            return
        self.beliefs[id_], self.grounds[STATEMENT + id_] = _belief(row), (id_,)
        for end, type_ in ((row["s"], row["from"]), (row["o"], row["to"])):
            self.types[local(rdf.text_of(end), ENTITY)] = local(rdf.text_of(type_), ONTOLOGY)
            self.scratch.add(ox.Quad(_node(end), _TYPE, type_))
        self._claim(claim, rdf.statement_node(id_))

    def add(self, found: Mapping[_Claim, Inference]) -> None:
        """Let the rules read what they have found."""
        for claim, inference in found.items():
            node = _inference_node(inference)
            self.grounds[node.value] = inference.premises
            self._claim(claim, node)

    def _claim(self, claim: _Claim, statement: ox.NamedNode) -> None:
        subject, predicate, object_ = claim
        self.scratch.add(ox.Quad(rdf.entity_node(subject), ox.NamedNode(CLAIM + predicate), statement))
        self.scratch.add(ox.Quad(statement, ox.NamedNode(CLAIM_OBJECT + predicate), rdf.entity_node(object_)))

    def follow(self, rules: Iterable[Rule], ontology: Ontology) -> dict[_Claim, Inference]:
        """What one step of any rule gives, each conclusion reached in the best of its ways."""
        found: dict[_Claim, Inference] = {}
        for inference in self._steps(rules):
            claim = (inference.subject, inference.predicate, inference.object)
            if self._permits(claim, ontology) and _improves(inference, found.get(claim)):
                found[claim] = inference
        return found

    def _steps(self, rules: Iterable[Rule]) -> Iterator[Inference]:
        for rule in rules:
            for row in Store(self.scratch).select(rule.query):
                claim = _claim(row["subject"], row["predicate"], row["object"])
                used = {id_ for part in rule.premises for id_ in self.grounds[rdf.text_of(row[part.name])]}
                premises = tuple(sorted(used))
                yield Inference(*claim, rule.name, premises, prod(self.beliefs[id_] for id_ in premises))

    def _permits(self, claim: _Claim, ontology: Ontology) -> bool:
        """A relation that documents cannot state (`indirectlyTargets`) has no signature to keep."""
        subject, predicate, object_ = claim
        kept = ontology.allows(self.types[subject], predicate, self.types[object_])
        return claim not in self.stated and subject != object_ and (kept or predicate not in ontology.relations)


_STATED = """
SELECT ?st ?s ?p ?o ?belief ?from ?to WHERE {
    VALUES ?p { $RELATIONS }
    GRAPH ?g {
        ?st pkg:predicate ?p ; pkg:modality pkg:actual ; pkg:subject ?s ; pkg:object ?o ; pkg:belief ?belief .
        ?s a ?from .
        ?o a ?to
    }
}"""

_TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")


def _belief(row: Row) -> float:
    return float(rdf.text_of(row["belief"]))


def _node(value: rdf.Term) -> ox.NamedNode:
    return ox.NamedNode(rdf.text_of(value))


def _claim(subject: rdf.Term, predicate: rdf.Term, object_: rdf.Term) -> _Claim:
    return (
        local(rdf.text_of(subject), ENTITY),
        local(rdf.text_of(predicate), ONTOLOGY),
        local(rdf.text_of(object_), ENTITY),
    )


# ---- The graph of inferences


def _inference_node(inference: Inference) -> ox.NamedNode:
    return ox.NamedNode(INFERENCE + inference.id)


def _quads(found: Iterable[Inference]) -> list[ox.Quad]:
    graph = ox.NamedNode(INFERRED)
    return [ox.Quad(*triple, graph) for inference in found for triple in _triples(inference)]


def _triples(inference: Inference) -> Iterator[tuple[ox.NamedNode, ox.NamedNode, ox.NamedNode | ox.Literal]]:
    node, predicate = _inference_node(inference), rdf.term(inference.predicate)
    subject, object_ = rdf.entity_node(inference.subject), rdf.entity_node(inference.object)
    yield subject, predicate, object_
    yield node, _TYPE, rdf.term("InferredStatement")
    yield node, rdf.term("subject"), subject
    yield node, rdf.term("predicate"), predicate
    yield node, rdf.term("object"), object_
    yield node, rdf.term("byRule"), ox.Literal(inference.rule)
    yield node, rdf.term("belief"), ox.Literal(inference.belief)
    for id_ in inference.premises:
        yield node, rdf.term("premise"), rdf.statement_node(id_)


def inferences(store: Store, about: str | None = None) -> tuple[Inference, ...]:
    """The inferred statements that the store holds, or those with the entity of the id `about` at either end; by
    subject, predicate and object."""
    ends = f"VALUES ?end {{ {rdf.entity_node(about)} }} ?i pkg:subject|pkg:object ?end ." if about else ""
    premises: dict[str, set[str]] = {}
    rows: dict[str, Row] = {}
    for row in store.select(_INFERRED.replace("$ENDS", ends)):
        id_ = rdf.text_of(row["i"])
        rows[id_] = row
        premises.setdefault(id_, set()).add(local(rdf.text_of(row["premise"]), STATEMENT))
    found = (_inference(row, tuple(sorted(premises[id_]))) for id_, row in rows.items())
    return tuple(sorted(found, key=lambda i: (i.subject, i.predicate, i.object)))


def _inference(row: Row, premises: tuple[str, ...]) -> Inference:
    return Inference(*_claim(row["s"], row["p"], row["o"]), rdf.text_of(row["rule"]), premises, _belief(row))


_INFERRED = f"""
SELECT DISTINCT ?i ?s ?p ?o ?rule ?belief ?premise WHERE {{
    GRAPH <{INFERRED}> {{
        $ENDS
        ?i pkg:subject ?s ; pkg:predicate ?p ; pkg:object ?o ; pkg:byRule ?rule ; pkg:belief ?belief ;
            pkg:premise ?premise
    }}
}}"""
