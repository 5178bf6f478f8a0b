"""The smallest SPARQL queries, answered without a process of their own, which costs more than they do: a few triple
patterns over the default graph, SELECT or ASK. What may be read for one is counted while it is read, so that none can
keep a server from its work; whatever would need more, or says more than is understood here, is left to `kg.workers`.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from operator import attrgetter
from typing import Any, NamedTuple

import orjson
import pyoxigraph as ox

from kg.iris import PREFIXES
from kg.rdf import Term
from kg.store import Store

_LONGEST = 3000
_MOST_PATTERNS = 10
_MOST_LOOKUPS = 50
_MOST_TRIPLES = 100
_MOST_TEXT = 50_000
"""Characters of a query and of all terms read, patterns of a query, look-ups and triples read for it: together about a
millisecond."""


def answer(store: Store, query: str, results: ox.QueryResultsFormat) -> bytes | None:
    """The answer in that format. None where the query is not among the smallest, in what it says or what it needs."""
    asked = _parsed(query) if len(query) <= _LONGEST else None
    if asked is None or not asked.small():
        return None
    try:
        body = orjson.dumps(_answered(asked, _Reading(store)))
    except _TooMuch:
        return None
    if results == ox.QueryResultsFormat.JSON:
        return body
    return ox.parse_query_results(body, ox.QueryResultsFormat.JSON).serialize(format=results)


# ---- What is asked


_Part = ox.Variable | ox.NamedNode | ox.Literal


class _Pattern(NamedTuple):
    """A triple pattern; its predicate is any of several."""

    subject: _Part
    predicates: tuple[_Part, ...]
    object: _Part

    @property
    def variables(self) -> list[str]:
        """Its variables in their order."""
        parts = (self.subject, *self.predicates, self.object)
        return [part.value for part in parts if isinstance(part, ox.Variable)]

    def known(self, names: Collection[str]) -> int:
        """How much of it is known where these variables are; what it says of subject and object counts most."""
        weights = zip((2, 1, 2), (self.subject, self.predicates[0], self.object), strict=True)
        return sum(weight for weight, part in weights if not isinstance(part, ox.Variable) or part.value in names)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query; `variables` is None for ASK."""

    variables: tuple[str, ...] | None
    distinct: bool
    patterns: tuple[_Pattern, ...]
    limit: int | None

    def small(self) -> bool:
        """Whether it may well need little: it begins at something known, or wants few rows."""
        few = self.variables is None or (self.limit is not None and self.limit <= _MOST_TRIPLES)
        return few or max(pattern.known(()) for pattern in self.patterns) > 1


_IRI = r"<[A-Za-z][A-Za-z0-9+.-]*+:[^\x00-\x20<>\"{}|^`\\]*+>"
_PREFIX = re.compile(rf"\s*+PREFIX\s++([A-Za-z][A-Za-z0-9_-]*+|):\s*+({_IRI})", re.IGNORECASE | re.ASCII)
_HEAD = re.compile(
    r"\s*+(?:(?P<ask>ASK)|SELECT(?P<distinct>\s++DISTINCT)?(?P<names>\s*+\*|(?:\s*+[?$][A-Za-z_][A-Za-z0-9_]*+)++))"
    r"\s*+(?:(?<![A-Za-z0-9_])WHERE\s*+)?\{(?P<body>[^{}]*+)\}\s*+(?:LIMIT\s++(?P<limit>[0-9]{1,9}))?\s*+",
    re.IGNORECASE | re.ASCII,
)
_NAME = re.compile(r"[?$]([A-Za-z_][A-Za-z0-9_]*+)", re.ASCII)
_TOKEN = re.compile(
    rf"\s*+(?:(?P<iri>{_IRI})|[?$](?P<name>[A-Za-z_][A-Za-z0-9_]*+)"
    r"|(?P<short>(?:[A-Za-z][A-Za-z0-9_-]*+)?:[A-Za-z_][A-Za-z0-9_-]*+(?![.:%\\A-Za-z0-9\x80-\U0010ffff]))"
    r'|"(?P<text>[^"\\\n\r\x00\ud800-\udfff]*+)"(?!")(?:@(?P<language>[A-Za-z]{2,8}+))?(?![\^@-])'
    r"|(?P<a>a)(?=[\s<?$|])|(?P<sign>[.;,|]))",
    re.ASCII,
)


def _parsed(query: str) -> _Asked | None:
    """What the query asks; None where it says anything that is not understood here."""
    start = 0
    while found := _PREFIX.match(query, start):
        start = found.end()
    head = _HEAD.fullmatch(query, start)
    if head is None:
        return None
    try:
        patterns = tuple(_Body(head["body"], _prefixes(query[:start])).patterns())
    except (ValueError, KeyError):
        return None
    limit = int(head["limit"]) if head["limit"] else None
    if head["ask"]:
        return _Asked(None, False, patterns, limit) if limit is None else None
    names = tuple(_NAME.findall(head["names"])) or tuple(dict.fromkeys(v for each in patterns for v in each.variables))
    if len(set(names)) < len(names):
        return None
    return _Asked(names, bool(head["distinct"]), patterns, limit)


@lru_cache(maxsize=256)
def _prefixes(prologue: str) -> Mapping[str, str]:
    """What the prefixes stand for. Raises ValueError where one stands for no IRI."""
    return {**PREFIXES, **{name: ox.NamedNode(iri[1:-1]).value for name, iri in _PREFIX.findall(prologue)}}


_Token = str | _Part
"""A sign is a text, all else what it names."""


class _Body:
    """The triple patterns between the braces. Raises ValueError, or KeyError, for anything else."""

    def __init__(self, text: str, prefixes: Mapping[str, str]) -> None:
        self._tokens = list(self._read(text, prefixes))
        self._at = 0

    @staticmethod
    def _read(text: str, prefixes: Mapping[str, str]) -> Iterator[_Token]:
        start, end = 0, len(text.rstrip(" \t\n\r"))
        while start < end:
            found = _TOKEN.match(text, start)
            if found is None:
                raise ValueError
            start = found.end()
            yield _token(found, prefixes)

    def patterns(self) -> Iterator[_Pattern]:
        number = 0
        while self._at < len(self._tokens):
            subject = self._part()
            if isinstance(subject, ox.Literal):
                raise ValueError
            for pattern in self._of(subject):
                number += 1
                if number > _MOST_PATTERNS:
                    raise ValueError
                yield pattern
            if self._at < len(self._tokens) and not self._took("."):
                raise ValueError
        if not number:
            raise ValueError

    def _of(self, subject: _Part) -> Iterator[_Pattern]:
        while True:
            predicates = self._predicates()
            yield _Pattern(subject, predicates, self._part())
            while self._took(","):
                yield _Pattern(subject, predicates, self._part())
            if not self._took(";"):
                return

    def _predicates(self) -> tuple[_Part, ...]:
        """A variable, or IRIs of which any will do."""
        found = [self._predicate()]
        while self._took("|"):
            found.append(self._predicate())
        if len(found) > 1 and not all(isinstance(part, ox.NamedNode) for part in found):
            raise ValueError
        return tuple(found)

    def _predicate(self) -> _Part:
        part = _TYPE if self._took("a") else self._part()
        if isinstance(part, ox.Literal):
            raise ValueError
        return part

    def _part(self) -> _Part:
        token = self._tokens[self._at] if self._at < len(self._tokens) else ""
        if isinstance(token, str):
            raise ValueError
        self._at += 1
        return token

    def _took(self, sign: str) -> bool:
        took = self._at < len(self._tokens) and self._tokens[self._at] == sign
        self._at += took
        return took


_TYPE = ox.NamedNode(PREFIXES["rdf"] + "type")


def _token(found: re.Match[str], prefixes: Mapping[str, str]) -> _Token:
    match found.lastgroup:
        case "iri":
            return ox.NamedNode(found["iri"][1:-1])
        case "name":
            return ox.Variable(found["name"])
        case "short":
            prefix, _, name = found["short"].partition(":")
            return ox.NamedNode(prefixes[prefix] + name)
        case "text" | "language":
            return ox.Literal(found["text"], language=found["language"])
        case _:
            return found[0].strip()


# ---- What is found

_Row = dict[str, Term]
"""Variable → what it stands for."""


class _TooMuch(Exception):
    """The query needs more than a smallest one may."""


class _Reading:
    """Reads the store, no more than so much."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lookups, self._triples, self._text = _MOST_LOOKUPS, _MOST_TRIPLES, _MOST_TEXT

    def matches(self, pattern: _Pattern, row: _Row) -> Iterator[_Row]:
        """The row with what each triple that fits the pattern adds to it."""
        for predicate in pattern.predicates:
            self._lookups -= 1
            if self._lookups < 0:
                raise _TooMuch
            parts = (pattern.subject, predicate, pattern.object)
            terms = [row.get(part.value) if isinstance(part, ox.Variable) else part for part in parts]
            new = [(part.value, get) for part, term, get in zip(parts, terms, _GET, strict=True) if term is None]
            for quad in self._store.matches(*terms):
                if (found := self._bound(row, new, quad)) is not None:
                    yield found

    def _bound(self, row: _Row, new: Sequence[tuple[str, Callable[[ox.Quad], Term]]], quad: ox.Quad) -> _Row | None:
        """The row with the pattern's new variables; None where one would have to stand for two things."""
        self._triples -= 1
        found = row.copy()
        for name, get in new:
            term = get(quad)
            self._text -= len(term.value) if isinstance(term, ox.Literal) else 0
            if found.setdefault(name, term) is not term and found[name] != term:
                return None
        if self._triples < 0 or self._text < 0:
            raise _TooMuch
        return found


_GET: tuple[Callable[[ox.Quad], Term], ...] = (attrgetter("subject"), attrgetter("predicate"), attrgetter("object"))


def _answered(asked: _Asked, reading: _Reading) -> dict[str, Any]:
    """The answer in the form of SPARQL's results in JSON."""
    rows = _solutions(_ordered(asked.patterns), {}, reading)
    if asked.variables is None:
        return {"head": {}, "boolean": next(rows, None) is not None}
    names = asked.variables
    told: Iterator[tuple[Term | None, ...]] = (tuple(map(row.get, names)) for row in rows)
    if asked.distinct:
        told = _each_once(told)
    bindings = [
        {name: _json(term) for name, term in zip(names, row, strict=True) if term is not None}
        for row in islice(told, asked.limit)
    ]
    return {"head": {"vars": names}, "results": {"bindings": bindings}}


def _each_once(rows: Iterator[tuple[Term | None, ...]]) -> Iterator[tuple[Term | None, ...]]:
    seen: set[tuple[Term | None, ...]] = set()
    for row in rows:
        if row not in seen:
            seen.add(row)
            yield row


def _ordered(patterns: Sequence[_Pattern]) -> list[_Pattern]:
    """The patterns so that each is looked up when most of it is known."""
    left, names, found = list(patterns), set[str](), list[_Pattern]()
    while left:
        best = max(left, key=lambda pattern: pattern.known(names))
        left.remove(best)
        found.append(best)
        names.update(best.variables)
    return found


def _solutions(patterns: Sequence[_Pattern], row: _Row, reading: _Reading) -> Iterator[_Row]:
    """What all patterns together make of the row."""
    if not patterns:
        yield row
        return
    for found in reading.matches(patterns[0], row):
        yield from _solutions(patterns[1:], found, reading)


def _json(term: Term) -> dict[str, str]:
    match term:
        case ox.NamedNode():
            return {"type": "uri", "value": term.value}
        case ox.BlankNode():
            return {"type": "bnode", "value": term.value}
        case ox.Literal() if term.language and not term.direction:
            return {"type": "literal", "value": term.value, "xml:lang": term.language}
        case ox.Literal() if not term.language:
            typed = {} if term.datatype == _STRING else {"datatype": term.datatype.value}
            return {"type": "literal", "value": term.value, **typed}
        case _:
            raise _TooMuch


_STRING = ox.NamedNode(PREFIXES["xsd"] + "string")
