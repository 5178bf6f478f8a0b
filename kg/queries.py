"""Questions that can be asked of the graph, and checks that it must pass. Each is a file of `queries/`.

The header of a question's file, `#+ key: value` lines before the SPARQL:

    #+ question: 某政府或国家出台了哪些政策和计划？
    #+ question_en: Which policies and programs did a government or country issue?
    #+ params: who=Entity (政府或国家 / government or country, required); type=Type (类型 / type, optional)
    #+ columns: issued=政策或计划/policy or program; quote=原文/quote
    #+ example: who=美国
    #+ expect: at least 1 row

A parameter is `required`, `optional` (left out, it may be anything) or has a default (`default actual`). Its kind says
what its value names: an Entity (by name, alias or id), a Document, a Type, a Relation, a Modality, a Qualifier (a
member of the closed list that the parameter is named after), or Text. A query may call `pkg:link(instrument, other)`,
which gives how the two stand to each other in the taxonomy, a member of the list `link`. The query projects every
parameter; `expect` is what it gives for the example: `at least N rows`, or `rows may be empty`. In the query OPTIONAL
stands last: what follows it is not joined before all of it is read, a hundred times slower.

A check of `queries/checks/` has the line `#+ finding: 中文 / English`, with `{variable}` for values, and may have
`#+ severity: warning` (or `info`) where what it finds is no violation; it must return no row. Its first column is the
node that is at fault.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, cast, get_args
from urllib.parse import unquote

import pyoxigraph as ox

from kg import rdf, taxonomy
from kg.config import data_folder
from kg.errors import NotFound, OntologyError, QueryError
from kg.graph import Graph
from kg.iris import BASE, DOCUMENT, ENTITY, ONTOLOGY, PREFIXES, QUALIFIER, local
from kg.model import MODALITIES, Entity, Finding, Language, Severity
from kg.ontology import Ontology
from kg.store import Function, Row, Store

ParamKind = Literal["Entity", "Document", "Type", "Relation", "Modality", "Qualifier", "Text"]
CellKind = Literal["entity", "document", "term", "text", "number", "empty"]


@dataclass(frozen=True, slots=True)
class Param:
    """What a question asks for. Left out, it takes `default`, or where that is None, anything."""

    name: str
    kind: ParamKind
    label_zh: str
    label_en: str
    required: bool
    default: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the answer; `name` is the query's variable."""

    name: str
    label_zh: str
    label_en: str


@dataclass(frozen=True, slots=True)
class Question:
    """A question. `example` holds values for which the packaged examples give at least `expect` rows."""

    name: str
    zh: str
    en: str
    params: tuple[Param, ...]
    columns: tuple[Column, ...]
    example: Mapping[str, str]
    expect: int
    query: str


@dataclass(frozen=True, slots=True)
class Cell:
    """A value of an answer as a person reads it; `id` is the entity's id, the document's source, or the term's name."""

    kind: CellKind
    zh: str
    en: str
    id: str = ""

    def text(self, language: Language = "zh") -> str:
        """The value in that language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Table:
    """An answer: each row has a cell for each column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Check:
    """A query that must return no row; the messages hold `{variable}` for a row's values."""

    name: str
    message_zh: str
    message_en: str
    severity: Severity
    query: str


# ---- Files


@cache
def load(folder: Path | None = None) -> Mapping[str, Question]:
    """The questions in `folder`, or the packaged ones, by name. Raises OntologyError, naming the file, for a header
    that cannot be read."""
    files = sorted((folder or data_folder("queries")).glob("*.rq"), key=lambda path: path.stem)
    return MappingProxyType({path.stem: _question(path) for path in files})


@cache
def load_checks(folder: Path | None = None) -> tuple[Check, ...]:
    """The checks in `folder`, or the packaged ones, by name. Raises OntologyError as `load` does."""
    files = sorted((folder or data_folder("queries") / "checks").glob("*.rq"))
    return tuple(_check(path) for path in files)


_LINE = re.compile(r"#\+ (\w+): *(.*?) *")
_PARAM = re.compile(r"(\w+)=(\w+) \(([^/]+) / ([^,]+), (?:(required)|optional|default (.+))\)")
_COLUMN = re.compile(r"(\w+)=([^/]+)/(.+)")
_PAIR = re.compile(r"(\w+)=(.+)")
_EXPECT = re.compile(r"rows may be empty|at least (\d+) rows?")
_FINDING = re.compile(r"(.+?) / (.+)")


def _question(path: Path) -> Question:
    text = path.read_text(encoding="utf-8")
    header = _header(path, text, {"question", "question_en", "columns", "expect"}, {"params", "example"})
    return Question(
        name=path.stem,
        zh=header["question"],
        en=header["question_en"],
        params=tuple(_param(path, part) for part in _parts(header.get("params", ""))),
        columns=tuple(Column(*_match(path, _COLUMN, part)) for part in _parts(header["columns"])),
        example=MappingProxyType(_example(path, header.get("example", ""))),
        expect=int(_match(path, _EXPECT, header["expect"])[0] or 0),
        query=text,
    )


def _check(path: Path) -> Check:
    text = path.read_text(encoding="utf-8")
    header = _header(path, text, {"finding"}, {"severity"})
    zh, en = _match(path, _FINDING, header["finding"])
    severity = header.get("severity", "violation")
    if severity not in get_args(Severity):
        raise OntologyError(f"{path.name}: the severity {severity} is none of {', '.join(get_args(Severity))}")
    return Check(path.stem, zh, en, cast(Severity, severity), text)


def _header(path: Path, text: str, needed: set[str], allowed: set[str]) -> dict[str, str]:
    lines = [line for line in text.splitlines() if line.startswith("#+")]
    header: dict[str, str] = {m.group(1): m.group(2) for line in lines if (m := _LINE.fullmatch(line))}
    if len(header) < len(lines) or not needed <= header.keys() <= needed | allowed:
        raise OntologyError(f"{path.name}: the header must have the lines {', '.join(sorted(needed))} once each")
    return header


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(";") if part.strip()]


def _match(path: Path, pattern: re.Pattern[str], text: str) -> tuple[str, ...]:
    match = pattern.fullmatch(text)
    if match is None:
        raise OntologyError(f"{path.name}: {text!r} in the header does not have the form that kg/queries.py describes")
    return match.groups()


def _example(path: Path, text: str) -> dict[str, str]:
    pairs = (_match(path, _PAIR, part) for part in _parts(text))
    return {pair[0]: pair[1] for pair in pairs}


def _param(path: Path, text: str) -> Param:
    name, kind, zh, en, required, default = _match(path, _PARAM, text)
    if kind not in get_args(ParamKind):
        raise OntologyError(f"{path.name}: the kind {kind} of {name} is none of {', '.join(get_args(ParamKind))}")
    return Param(name, cast(ParamKind, kind), zh, en, bool(required), default)


# ---- Asking


def find(name: str) -> Question:
    """The packaged question of that name. Raises NotFound with the names there are."""
    questions = load()
    if name not in questions:
        raise NotFound(f"there is no question {name}: ask one of {', '.join(questions)}", suggestions=tuple(questions))
    return questions[name]


Bindings = Mapping[str, ox.NamedNode | ox.Literal]
"""What the variables of a question's query stand for."""


def run(
    graph: Graph,
    question: Question,
    params: Mapping[str, str],
    select: Callable[[str, Bindings], list[Row]] | None = None,
) -> Table:
    """The answer for those parameters, each given as a person would write it. `select` gives a query's solutions where
    not the graph's store is to, which cannot be stopped; it must know `FUNCTIONS`.

    Raises QueryError for a parameter that is unknown, missing or of no valid value, NotFound for an entity or
    document that the store does not know, and whatever `select` raises.
    """
    bindings = _bindings(graph, question, params)
    rows = select(question.query, bindings) if select else graph.store.select(question.query, bindings, FUNCTIONS)
    values = [[row.get(column.name) for column in question.columns] for row in rows]
    ids = {local(v.value, ENTITY) for row in values for v in row if isinstance(v, ox.NamedNode) and _names_entity(v)}
    entities = {entity.id: entity for entity in graph.store.entities(ids)}
    cells = (tuple(_cell(value, entities, graph.ontology) for value in row) for row in values)
    return Table(question.columns, tuple(cells))


def _bindings(graph: Graph, question: Question, params: Mapping[str, str]) -> Bindings:
    known = {param.name: param for param in question.params}
    if unknown := params.keys() - known.keys():
        listed = ", ".join(known) or "none"
        raise QueryError(f"the question {question.name} has no parameter {min(unknown)}; its parameters are: {listed}")
    given = {name: value for name in known if (value := params.get(name) or known[name].default)}
    if missing := [p for p in question.params if p.required and p.name not in given]:
        param = missing[0]
        raise QueryError(f"the question {question.name} needs {param.name} ({param.label_zh}, {param.label_en})")
    return {name: _bound(graph, known[name], value) for name, value in given.items()}


def _bound(graph: Graph, param: Param, value: str) -> ox.NamedNode | ox.Literal:
    match param.kind:
        case "Entity":
            return rdf.entity_node(graph.resolve(value).id)
        case "Document":
            graph.store.require(value)
            return rdf.document_node(value)
        case "Text":
            return ox.Literal(rdf.clean(value))
        case "Type" | "Relation" | "Modality" | "Qualifier":
            return _bound_term(graph.ontology, param, value)


def _bound_term(ontology: Ontology, param: Param, value: str) -> ox.NamedNode:
    known = choices(ontology, param)
    if value not in known:
        raise QueryError(f"{param.name} cannot be {value!r}: choose one of {', '.join(known)}")
    return rdf.qualifier_node(param.name, value) if param.kind == "Qualifier" else rdf.term(value)


def choices(ontology: Ontology, param: Param) -> tuple[str, ...]:
    """The values that a parameter may have, where they are those of a closed list; else none."""
    match param.kind:
        case "Type":
            return tuple(ontology.kinds)
        case "Relation":
            return tuple(ontology.relations)
        case "Modality":
            return MODALITIES
        case "Qualifier":
            return tuple(ontology.lists.get(param.name, ()))
        case _:
            return ()


def _link(*instruments: rdf.Term) -> ox.NamedNode | None:
    """How the second of two instruments stands to the first in the taxonomy."""
    one, other = (unquote(rdf.text_of(term).rpartition("/")[2]) for term in instruments)
    found = taxonomy.load().link((one,), (other,))
    return rdf.qualifier_node("link", found) if found else None


FUNCTIONS: Mapping[str, Function] = {f"{ONTOLOGY}link": _link}
"""What the questions' queries may call, by IRI."""


def _names_entity(value: ox.NamedNode) -> bool:
    return value.value.startswith(ENTITY)


def _cell(value: rdf.Term | None, entities: Mapping[str, Entity], ontology: Ontology) -> Cell:
    if value is None:
        return Cell("empty", "", "")
    text = rdf.text_of(value)
    if isinstance(value, ox.NamedNode):
        return _named_cell(text, entities, ontology)
    if text in _TRUTH and isinstance(value, ox.Literal) and value.datatype == _BOOLEAN:
        return Cell("text", *_TRUTH[text])
    number = isinstance(value, ox.Literal) and value.datatype.value.endswith(("#integer", "#double", "#decimal"))
    return Cell("number" if number else "text", text, text)


_BOOLEAN = ox.NamedNode(PREFIXES["xsd"] + "boolean")
_TRUTH = {"true": ("是", "yes"), "false": ("否", "no")}


def _named_cell(iri: str, entities: Mapping[str, Entity], ontology: Ontology) -> Cell:
    if iri.startswith(ENTITY) and (entity := entities.get(local(iri, ENTITY))):
        return Cell("entity", entity.label("zh"), entity.label("en"), entity.id)
    if iri.startswith(DOCUMENT):
        return Cell("document", rdf.source_of(iri), rdf.source_of(iri), rdf.source_of(iri))
    if iri.startswith(ONTOLOGY):
        return Cell("term", *_term_labels(local(iri, ONTOLOGY), ontology), local(iri, ONTOLOGY))
    if iri.startswith(QUALIFIER):
        list_, _, name = local(iri, QUALIFIER).partition("/")
        if item := ontology.lists.get(list_, {}).get(name):
            return Cell("term", item.label_zh, item.label_en, name)
    return Cell("text", iri, iri)


def _term_labels(name: str, ontology: Ontology) -> tuple[str, str]:
    if term := ontology.relations.get(name) or ontology.kinds.get(name):
        return term.label_zh, term.label_en
    return next((labels for modality, labels in ontology.modality_labels.items() if modality == name), (name, name))


# ---- Showing


def titles(table: Table, language: Language) -> list[str]:
    """The columns' labels in that language."""
    return [column.label_zh if language == "zh" else column.label_en for column in table.columns]


def texts(table: Table, language: Language) -> list[list[str]]:
    """The rows as texts in that language."""
    return [[cell.text(language) for cell in row] for row in table.rows]


def table_json(table: Table) -> dict[str, Any]:
    """The table as plain JSON: each row gives a cell for each column's name."""
    names = [column.name for column in table.columns]
    rows = [{name: asdict(cell) for name, cell in zip(names, row, strict=True)} for row in table.rows]
    return {"columns": [asdict(column) for column in table.columns], "rows": rows}


def question_json(question: Question) -> dict[str, Any]:
    """What one has to know to ask the question, as plain JSON."""
    return {
        "name": question.name,
        "zh": question.zh,
        "en": question.en,
        "params": [asdict(param) for param in question.params],
        "columns": [asdict(column) for column in question.columns],
        "example": dict(question.example),
    }


# ---- Checking


def findings(store: Store, ontology: Ontology) -> list[Finding]:
    """What the packaged checks find wrong in the store; nothing in a sound one."""
    return [finding for check in load_checks() for finding in check_findings(store, ontology, check)]


def check_findings(store: Store, ontology: Ontology, check: Check) -> list[Finding]:
    """What one check finds wrong. Its query may call `pkg:allows(subject type, predicate, object type)`."""

    def allows(*terms: rdf.Term) -> ox.Literal:
        subject, predicate, object_ = (rdf.text_of(term).removeprefix(ONTOLOGY) for term in terms)
        return ox.Literal(ontology.allows(subject, predicate, object_))

    functions: dict[str, Function] = {f"{ONTOLOGY}allows": allows}
    rows = list(store.select(check.query, functions=functions))
    ids = {
        local(v.value, ENTITY) for row in rows for v in row.values() if isinstance(v, ox.NamedNode) and _names_entity(v)
    }
    try:
        entities = {entity.id: entity for entity in store.entities(ids)}
    except ValueError:
        # what is at fault may be what entities are made of
        entities = {}
    return [_finding(check, row, entities, ontology) for row in rows]


def _finding(check: Check, row: Row, entities: Mapping[str, Entity], ontology: Ontology) -> Finding:
    texts = {name: rdf.text_of(value) for name, value in row.items()}
    focus = next(iter(texts.values()))
    languages: tuple[Language, ...] = get_args(Language)
    zh, en = ({name: _readable(text, entities, ontology, each) for name, text in texts.items()} for each in languages)
    return Finding(check.name, check.severity, focus, _told(check.message_zh, zh), _told(check.message_en, en))


def _readable(text: str, entities: Mapping[str, Entity], ontology: Ontology, language: Language) -> str:
    """An entity's IRI as its name, that of a member of a closed list as its label, another of the graph without
    what all begin with, anything else as it is."""
    list_, _, member = text.removeprefix(QUALIFIER).partition("/")
    if text.startswith(QUALIFIER) and (item := ontology.lists.get(list_, {}).get(member)):
        return item.label_zh if language == "zh" else item.label_en
    known = entities.get(local(text, ENTITY)) if text.startswith(ENTITY) else None
    return known.label(language) if known else text.removeprefix(BASE)


def _told(message: str, row: Mapping[str, str]) -> str:
    """The message with the row's values in it, each as it is: a value that looks like a placeholder stays so."""
    return re.sub(r"\{(\w+)\}", lambda match: row.get(match.group(1), "?"), message)
