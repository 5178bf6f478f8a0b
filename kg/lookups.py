"""The smallest SPARQL queries, answered without a process of their own, which costs more than they do: SELECT or ASK
with a few triple patterns in one graph, and in which language to find. What may be read for one is counted while it is
read, so that none can keep a server from its work; whatever would need more, or says more than is understood here, is
left to `kg.workers`.
"""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import count, islice
from operator import attrgetter
from typing import Any, NamedTuple

import orjson
import pyoxigraph as ox

from kg.iris import PREFIXES
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
    if len(query) > _LONGEST:
        return None
    prologue = _PROLOGUE.match(query)
    start = prologue.end() if prologue else 0
    # text between IRIs, an IRI, text …
    parts = _NAMED.split(query[start:])
    iris = parts[1::2]
    plan = _plan(query[:start], _IRI.join(parts[::2]))
    if plan is None or plan.iris != len(iris):
        return None
    try:
        row = [*map(ox.NamedNode, iris), *plan.row]
    except ValueError:
        return None
    try:
        body = orjson.dumps(_answered(plan, row, _Reading(store)))
    except _Left:
        return None
    if results == ox.QueryResultsFormat.JSON:
        return body
    return ox.parse_query_results(body, ox.QueryResultsFormat.JSON).serialize(format=results)


# ---- What is asked


class _Named(NamedTuple):
    """An IRI that the query names in full, the first, second … of them. Queries that differ in these only are of one
    form, and are read once."""

    number: int


_DEFAULT = ox.DefaultGraph()
_Part = ox.Variable | ox.NamedNode | ox.Literal | _Named


class _Pattern(NamedTuple):
    """A triple pattern, its predicate any of several, in a graph."""

    subject: _Part
    predicates: tuple[_Part, ...]
    object: _Part
    graph: _Part | ox.DefaultGraph

    @property
    def parts(self) -> tuple[_Part | ox.DefaultGraph, ...]:
        """All that it speaks of."""
        return self.graph, self.subject, *self.predicates, self.object

    @property
    def variables(self) -> list[str]:
        """Its variables."""
        return [part.value for part in self.parts if isinstance(part, ox.Variable)]

    def known(self, names: Collection[str]) -> int:
        """How much of it is known where these variables are; what it says of subject and object counts most."""
        weights = zip((2, 1, 2), (self.subject, self.predicates[0], self.object), strict=True)
        return sum(weight for weight, part in weights if not isinstance(part, ox.Variable) or part.value in names)


class _Speaks(NamedTuple):
    """A filter: the variable is a text of that language."""

    name: str
    language: str


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


_IRI = "<>"
"""Stands for an IRI in the form of a query."""
_ANY_IRI = r"<([A-Za-z][A-Za-z0-9+.-]*+:[^\x00-\x20<>\"{}|^`\\]*+)>"
_NAMED = re.compile(_ANY_IRI)
_PREFIX = re.compile(rf"\s*+PREFIX\s++([A-Za-z][A-Za-z0-9_-]*+|):\s*+{_ANY_IRI}", re.IGNORECASE | re.ASCII)
_PROLOGUE = re.compile(rf"(?:{_PREFIX.pattern})*+", _PREFIX.flags)
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


def _parsed(prologue: str, form: str) -> _Asked | None:
    """What queries of the form ask; None where it says anything that is not understood here."""
    head = _HEAD.fullmatch(form)
    if head is None:
        return None
    try:
        patterns, filters = _told(head, _prefixes(prologue))
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
    numbers = count()
    graph = _Body(head["graph"], prefixes, numbers).only() if head["graph"] else _DEFAULT
    patterns = tuple(_Body(text[:end], prefixes, numbers).patterns(graph))
    if next(numbers) < head.string.count(_IRI):
        # in a text
        raise ValueError
    return patterns, tuple(_filters(text, end))


def _filters(text: str, start: int) -> Iterator[_Speaks]:
    while start < len(text):
        found = _FILTER.match(text, start)
        if found is None:
            raise ValueError
        start = found.end()
        yield _Speaks(found["name"], _quoted(found))


def _quoted(found: re.Match[str]) -> str:
    return found["single"] if found["double"] is None else found["double"]


def _prefixes(prologue: str) -> Mapping[str, str]:
    """What the prefixes stand for. Raises ValueError where one stands for no IRI."""
    return {**PREFIXES, **{name: ox.NamedNode(iri).value for name, iri in _PREFIX.findall(prologue)}}


_Token = str | _Part
"""A sign is a text, all else what it names."""


class _Body:
    """The triple patterns between the braces. Raises ValueError, or KeyError, for anything else."""

    def __init__(self, text: str, prefixes: Mapping[str, str], numbers: Iterator[int]) -> None:
        self._tokens = list(self._read(text, prefixes, numbers))
        self._at = 0

    @staticmethod
    def _read(text: str, prefixes: Mapping[str, str], numbers: Iterator[int]) -> Iterator[_Token]:
        start, end = 0, len(text.rstrip(" \t\n\r"))
        while start < end:
            found = _TOKEN.match(text, start)
            if found is None:
                raise ValueError
            start = found.end()
            yield _token(found, prefixes, numbers)

    def only(self) -> _Part:
        """The one thing that it names, which may be a graph."""
        part = self._part()
        if isinstance(part, ox.Literal) or self._at < len(self._tokens):
            raise ValueError
        return part

    def patterns(self, graph: _Part | ox.DefaultGraph) -> Iterator[_Pattern]:
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

    def _of(self, subject: _Part, graph: _Part | ox.DefaultGraph) -> Iterator[_Pattern]:
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
        if len(found) > 1 and any(isinstance(part, ox.Variable) for part in found):
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


def _token(found: re.Match[str], prefixes: Mapping[str, str], numbers: Iterator[int]) -> _Token:
    match found.lastgroup:
        case "iri":
            return _Named(next(numbers))
        case "name":
            return ox.Variable(found["name"])
        case "short":
            prefix, _, name = found["short"].partition(":")
            return ox.NamedNode(prefixes[prefix] + name)
        case "double" | "single" | "language":
            return ox.Literal(_quoted(found), language=found["language"])
        case _:
            return found[0].strip()


# ---- How it is found

_Get = Callable[[ox.Quad], Node]
_GET: tuple[_Get, ...] = tuple(map(attrgetter, ("subject", "predicate", "object", "graph_name")))


class _Step(NamedTuple):
    """A pattern to be looked up. Its parts are places in a row, which holds all that patterns speak of: None, which is
    also what stands for anything in a look-up, at those that are not known yet. The `new` ones are filled by what each
    triple has there."""

    subject: int
    predicates: tuple[int, ...]
    object: int
    graph: int
    new: tuple[tuple[int, _Get], ...]


@dataclass(frozen=True, slots=True)
class _Plan:
    """How queries of one form are answered. A row begins with the query's own IRIs, so many, and goes on with `row`.
    `told` are the variables with their places, None for ASK; `filters` languages with places."""

    iris: int
    row: tuple[Node, ...]
    steps: tuple[_Step, ...]
    filters: tuple[tuple[int, str], ...]
    told: tuple[tuple[str, int], ...] | None
    distinct: bool
    limit: int | None


@lru_cache(maxsize=256)
def _plan(prologue: str, form: str) -> _Plan | None:
    """How queries of the form are answered; None where they are left to others."""
    asked = _parsed(prologue, form)
    if asked is None or not asked.small():
        return None
    iris = form.count(_IRI)
    parts = dict.fromkeys(part for pattern in asked.patterns for part in pattern.parts)
    constants = [part for part in parts if not isinstance(part, ox.Variable | _Named)]
    names = [*(asked.variables or ()), *(each.name for each in asked.filters)]
    variables = dict.fromkeys([*(part for part in parts if isinstance(part, ox.Variable)), *map(ox.Variable, names)])
    places = {part: at for at, part in enumerate((*map(_Named, range(iris)), *constants, *variables))}
    return _Plan(
        iris,
        (*constants, *(None for _ in variables)),
        tuple(_steps(_ordered(asked.patterns), places)),
        tuple((places[ox.Variable(each.name)], each.language) for each in asked.filters),
        None if asked.variables is None else tuple((name, places[ox.Variable(name)]) for name in asked.variables),
        asked.distinct,
        asked.limit,
    )


def _ordered(patterns: Sequence[_Pattern]) -> list[_Pattern]:
    """The patterns so that each is looked up when most of it is known."""
    left, names, found = list(patterns), set[str](), list[_Pattern]()
    while left:
        best = max(left, key=lambda pattern: pattern.known(names))
        left.remove(best)
        found.append(best)
        names.update(best.variables)
    return found


def _steps(patterns: Iterable[_Pattern], places: Mapping[_Part | ox.DefaultGraph, int]) -> Iterator[_Step]:
    known = set[str]()
    for pattern in patterns:
        graph, subject, *predicates, object_ = (places[part] for part in pattern.parts)
        ends = zip((pattern.subject, pattern.predicates[0], pattern.object, pattern.graph), _GET, strict=True)
        new = [(part, get) for part, get in ends if isinstance(part, ox.Variable) and part.value not in known]
        known.update(pattern.variables)
        yield _Step(subject, tuple(predicates), object_, graph, tuple((places[part], get) for part, get in new))


# ---- What is found

_Row = list[Node]


class _Left(Exception):
    """The query is left to others: it needs more than a smallest one may, or what is not done here."""


class _Reading:
    """Reads the store, no more than so much."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._lookups, self._triples, self._text = _MOST_LOOKUPS, _MOST_TRIPLES, _MOST_TEXT

    def solutions(self, steps: Sequence[_Step], row: _Row) -> Iterator[_Row]:
        """What all steps together make of the row, one after the other: each is read as it is taken."""
        rows: Iterator[_Row] = iter((row,))
        for step in steps:
            rows = self._found(step, rows)
        return rows

    def _found(self, step: _Step, rows: Iterator[_Row]) -> Iterator[_Row]:
        """What the step makes of the rows."""
        for row in rows:
            if len(step.predicates) > 1 and len({row[at] for at in step.predicates}) < len(step.predicates):
                # Oxigraph finds what both ways lead to once, the standard twice
                raise _Left
            for at in step.predicates:
                self._lookups -= 1
                if self._lookups < 0:
                    raise _Left
                for quad in self._store.matches(row[step.subject], row[at], row[step.object], row[step.graph]):
                    found = self._filled(row, step.new, quad)
                    if found is not None:
                        yield found

    def _filled(self, row: _Row, new: Sequence[tuple[int, _Get]], quad: ox.Quad) -> _Row | None:
        """The row with what is new in the quad; None where a variable would have to stand for two things."""
        self._triples -= 1
        if self._triples < 0:
            raise _Left
        found = row.copy()
        for at, get in new:
            term = get(quad)
            if term is None or isinstance(term, ox.DefaultGraph):
                # of all graphs, it has no name
                return None
            self.take(0 if isinstance(term, ox.Triple) else len(term.value))
            if found[at] is None:
                found[at] = term
            elif found[at] != term:
                return None
        return found

    def take(self, length: int) -> None:
        """Count so many characters that are read, or told: one text that was read may be told many times."""
        self._text -= length
        if self._text < 0:
            raise _Left


def _answered(plan: _Plan, row: _Row, reading: _Reading) -> dict[str, Any]:
    """The answer in the form of SPARQL's results in JSON."""
    rows = reading.solutions(plan.steps, row)
    if plan.filters:
        rows = (row for row in rows if all(_speaks(row[at], language) for at, language in plan.filters))
    if plan.told is None:
        return {"head": {}, "boolean": next(rows, None) is not None}
    if plan.distinct:
        rows = _each_once(rows, [at for _, at in plan.told])
    bindings = [
        {name: _json(row[at], reading) for name, at in plan.told if row[at] is not None}
        for row in islice(rows, plan.limit)
    ]
    return {"head": {"vars": [name for name, _ in plan.told]}, "results": {"bindings": bindings}}


def _speaks(term: Node, language: str) -> bool:
    return isinstance(term, ox.Literal) and (term.language or "") == language


def _each_once(rows: Iterable[_Row], places: Sequence[int]) -> Iterator[_Row]:
    seen: set[tuple[Node, ...]] = set()
    for row in rows:
        told = tuple(row[at] for at in places)
        if told not in seen:
            seen.add(told)
            yield row


def _json(term: Node, reading: _Reading) -> dict[str, str]:
    if isinstance(term, ox.NamedNode):
        told = {"type": "uri", "value": term.value}
    elif isinstance(term, ox.Literal):
        told = _literal(term)
    elif isinstance(term, ox.BlankNode):
        told = {"type": "bnode", "value": term.value}
    else:
        raise _Left
    reading.take(len(told["value"]))
    return told


def _literal(term: ox.Literal) -> dict[str, str]:
    if language := term.language:
        if term.direction:
            raise _Left
        return {"type": "literal", "value": term.value, "xml:lang": language}
    typed = {} if term.datatype == _STRING else {"datatype": term.datatype.value}
    return {"type": "literal", "value": term.value, **typed}


_STRING = ox.NamedNode(PREFIXES["xsd"] + "string")
