"""The smallest SPARQL queries, answered without a process of their own, which costs more than they do: SELECT or ASK
with a few triple patterns in one graph, and in which language to find. What may be read for one is counted while it is
read, so that none can keep a server from its work; whatever would need more, or says more than is understood here, is
left to `kg.workers`.
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
from kg.store import Node, Store

_LONGEST = 3000
_MOST_PATTERNS = 10
_MOST_LOOKUPS = 50
_MOST_TRIPLES = 100
_MOST_TEXT = 100_000
"""Characters of a query, its patterns, look-ups and triples read for it, characters of all terms read and told: in all
a few milliseconds at the very most."""


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
    """A triple pattern, its predicate any of several, in a graph: None is the default graph."""

    subject: _Part
    predicates: tuple[_Part, ...]
    object: _Part
    graph: _Part | None

    @property
    def variables(self) -> list[str]:
        """Its variables in their order."""
        parts = (self.graph, self.subject, *self.predicates, self.object)
        return [part.value for part in parts if isinstance(part, ox.Variable)]

    def known(self, names: Collection[str]) -> int:
        """How much of it is known where these variables are; what it says of subject and object counts most."""
        weights = zip((2, 1, 2), (self.subject, self.predicates[0], self.object), strict=True)
        return sum(weight for weight, part in weights if not isinstance(part, ox.Variable) or part.value in names)


class _Speaks(NamedTuple):
    """A filter: the variable is a text of that language."""

    name: str
    language: str

    def holds(self, row: Mapping[str, Term]) -> bool:
        """Whether a solution passes."""
        term = row.get(self.name)
        return isinstance(term, ox.Literal) and (term.language or "") == self.language


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query; `variables` is None for ASK."""

    variables: tuple[str, ...] | None
    distinct: bool
    patterns: tuple[_Pattern, ...]
    filters: tuple[_Speaks, ...]
    limit: int | None

    def small(self) -> bool:
        """Whether it may well need little: it begins at something known, or wants few rows."""
        few = self.variables is None or (self.limit is not None and self.limit <= _MOST_TRIPLES)
        return few or any(pattern.known(()) > 1 for pattern in self.patterns)


_IRI = r"<[A-Za-z][A-Za-z0-9+.-]*+:[^\x00-\x20<>\"{}|^`\\]*+>"
_PREFIX = re.compile(rf"\s*+PREFIX\s++([A-Za-z][A-Za-z0-9_-]*+|):\s*+({_IRI})", re.IGNORECASE | re.ASCII)
_HEAD = re.compile(
    r"\s*+(?:(?P<ask>ASK)|SELECT(?P<distinct>\s++DISTINCT)?(?P<names>\s*+\*|(?:\s*+[?$][A-Za-z_][A-Za-z0-9_]*+)++))"
    r"\s*+(?:(?<![A-Za-z0-9_])WHERE\s*+)?\{\s*+"
    r"(?:GRAPH(?=[\s<?$])\s*+(?P<graph>[^{}\s]++)\s*+\{(?P<within>[^{}]*+)\}\s*+|(?P<body>[^{}]*+))"
    r"\}\s*+(?:LIMIT\s++(?P<limit>[0-9]{1,9}))?\s*+",
    re.IGNORECASE | re.ASCII,
)
_TEXT = r"""(?:"(?P<double>[^"\\\n\r\x00\ud800-\udfff]*+)"(?!")|'(?P<single>[^'\\\n\r\x00\ud800-\udfff]*+)'(?!'))"""
_FILTERS = re.compile(r"(?<=[\s.>\"'])FILTER", re.IGNORECASE | re.ASCII)
_FILTER = re.compile(
    rf"FILTER\s*+\(\s*+LANG\s*+\(\s*+[?$](?P<name>[A-Za-z_][A-Za-z0-9_]*+)\s*+\)\s*+=\s*+{_TEXT}\s*+\)\s*+(?:\.\s*+)?",
    re.IGNORECASE | re.ASCII,
)
_NAME = re.compile(r"[?$]([A-Za-z_][A-Za-z0-9_]*+)", re.ASCII)
_TOKEN = re.compile(
    rf"\s*+(?:(?P<iri>{_IRI})|[?$](?P<name>[A-Za-z_][A-Za-z0-9_]*+)"
    r"|(?P<short>(?:[A-Za-z][A-Za-z0-9_-]*+)?:[A-Za-z_][A-Za-z0-9_-]*+(?![.:%\\A-Za-z0-9\x80-\U0010ffff]))"
    rf"|{_TEXT}(?:@(?P<language>[A-Za-z]{{2,8}}+))?(?![\^@-])"
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
        patterns, filters = _told(head, _prefixes(query[:start]))
    except (ValueError, KeyError):
        return None
    limit = int(head["limit"]) if head["limit"] else None
    if head["ask"]:
        return _Asked(None, False, patterns, filters, limit) if limit is None else None
    names = tuple(_NAME.findall(head["names"])) or tuple(dict.fromkeys(v for each in patterns for v in each.variables))
    if len(set(names)) < len(names):
        return None
    return _Asked(names, bool(head["distinct"]), patterns, filters, limit)


def _told(head: re.Match[str], prefixes: Mapping[str, str]) -> tuple[tuple[_Pattern, ...], tuple[_Speaks, ...]]:
    """The patterns, and the filters, which stand last. Raises ValueError, or KeyError, for anything else."""
    text = head["within"] or head["body"] or ""
    first = _FILTERS.search(text)
    end = first.start() if first else len(text)
    graph = _Body(head["graph"], prefixes).only() if head["graph"] else None
    return tuple(_Body(text[:end], prefixes).patterns(graph)), tuple(_filters(text, end))


def _filters(text: str, start: int) -> Iterator[_Speaks]:
    while start < len(text):
        found = _FILTER.match(text, start)
        if found is None:
            raise ValueError
        start = found.end()
        yield _Speaks(found["name"], _quoted(found))


def _quoted(found: re.Match[str]) -> str:
    return found["single"] if found["double"] is None else found["double"]


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

    def only(self) -> _Part:
        """The one thing that it names, which may be a graph."""
        part = self._part()
        if isinstance(part, ox.Literal) or self._at < len(self._tokens):
            raise ValueError
        return part

    def patterns(self, graph: _Part | None) -> Iterator[_Pattern]:
        number = 0
        while self._at < len(self._tokens):
            subject = self._part()
            if isinstance(subject, ox.Literal):
                raise ValueError
            for pattern in self._of(subject, graph):
                number += 1
                if number > _MOST_PATTERNS:
                    raise ValueError
                yield pattern
            if self._at < len(self._tokens) and not self._took("."):
                raise ValueError
        if not number:
            raise ValueError

    def _of(self, subject: _Part, graph: _Part | None) -> Iterator[_Pattern]:
        while True:
            predicates = self._predicates()
            yield _Pattern(subject, predicates, self._part(), graph)
            while self._took(","):
                yield _Pattern(subject, predicates, self._part(), graph)
            if not self._took(";"):
                return

    def _predicates(self) -> tuple[_Part, ...]:
        """A variable, or IRIs of which any will do."""
        found = [self._predicate()]
        while self._took("|"):
            found.append(self._predicate())
        if len(found) > 1 and not all(isinstance(part, ox.NamedNode) for part in found):
            raise ValueError
        if len(set(found)) < len(found):
            # Oxigraph finds what both ways lead to once, the standard twice
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
        case "double" | "single" | "language":
            return ox.Literal(_quoted(found), language=found["language"])
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
            parts = (pattern.subject, predicate, pattern.object, pattern.graph or _DEFAULT)
            terms: list[Node] = [row.get(part.value) if isinstance(part, ox.Variable) else part for part in parts]
            new = [
                (part.value, get)
                for part, term, get in zip(parts, terms, _GET, strict=True)
                if term is None and isinstance(part, ox.Variable)
            ]
            for quad in self._store.matches(*terms):
                if (found := self._bound(row, new, quad)) is not None:
                    yield found

    def _bound(self, row: _Row, new: Sequence[tuple[str, Callable[[ox.Quad], Term]]], quad: ox.Quad) -> _Row | None:
        """The row with the pattern's new variables; None where one would have to stand for two things."""
        self._triples -= 1
        if self._triples < 0:
            raise _TooMuch
        found, fits = row.copy(), True
        for name, get in new:
            term = get(quad)
            self._take(term)
            # of all graphs, the default graph has no name
            if term == _DEFAULT or found.setdefault(name, term) != term:
                fits = False
        return found if fits else None

    def told(self, term: Term) -> dict[str, str]:
        """The term as JSON; one that was read once may be told many times."""
        self._take(term)
        return _json(term)

    def _take(self, term: Term | ox.DefaultGraph) -> None:
        self._text -= 0 if isinstance(term, ox.DefaultGraph | ox.Triple) else len(term.value)
        if self._text < 0:
            raise _TooMuch


_DEFAULT = ox.DefaultGraph()
_GET: tuple[Callable[[ox.Quad], Term], ...] = tuple(map(attrgetter, ("subject", "predicate", "object", "graph_name")))


def _answered(asked: _Asked, reading: _Reading) -> dict[str, Any]:
    """The answer in the form of SPARQL's results in JSON."""
    rows = _solutions(_ordered(asked.patterns), {}, reading)
    if asked.filters:
        rows = (row for row in rows if all(each.holds(row) for each in asked.filters))
    if asked.variables is None:
        return {"head": {}, "boolean": next(rows, None) is not None}
    names = asked.variables
    told: Iterator[tuple[Term | None, ...]] = (tuple(map(row.get, names)) for row in rows)
    if asked.distinct:
        told = _each_once(told)
    bindings = [
        {name: reading.told(term) for name, term in zip(names, row, strict=True) if term is not None}
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
