"""Tables as RDF, both ways: every cell with its place in the document, and the figures as an RDF Data Cube.

A table is the data set, `<document>#t0`; it has a structure of its own, since tables differ in what tells their figures
apart. A dimension is what all its figures have: always the series (what is measured), and where every figure has one
the item, the place and the period; the measure is `pkg:value`, in the unit that the attribute `pkg:unit` names. What
only some figures have is kept with them, but is no dimension. No node is blank.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal
from typing import cast

from pyoxigraph import Literal, NamedNode, Quad, Triple

from kg.iris import ENTITY, ONTOLOGY, PREFIXES, QUALIFIER, local
from kg.model import (
    CellRole,
    Comparator,
    Period,
    Quantity,
    Severity,
    Span,
    Table,
    TableCell,
    TableFinding,
    TableValue,
    plain_number,
)

_Pair = tuple[NamedNode, NamedNode | Literal]


def _own(name: str) -> NamedNode:
    return NamedNode(ONTOLOGY + name)


def _cube(name: str) -> NamedNode:
    return NamedNode(PREFIXES["qb"] + name)


_TYPE = NamedNode(PREFIXES["rdf"] + "type")
_LABEL = NamedNode(PREFIXES["rdfs"] + "label")
_DECIMAL = NamedNode(PREFIXES["xsd"] + "decimal")
_ATTRIBUTES = ("unit", "currency", "comparator", "measureKind", "valueText", "unitText")

# ---- From tables to triples


def table_triples(document: NamedNode, order: int, table: Table) -> Iterator[Triple]:
    """The triples of a document's table, `order` being its place among them."""
    node = _named(document, f"t{order}")
    yield from _triples(node, _described(document, order, table))
    for cell in table.cells:
        yield from _cell(node, cell)
    keys = _Keys(node)
    for value in table.values:
        yield from _value(node, value, keys)
    yield from keys.triples
    if table.values:
        yield from _structure(node, dimensions(table.values))
    for number, finding in enumerate(table.findings):
        yield from _finding(node, number, finding)


def dimensions(values: Iterable[TableValue]) -> tuple[str, ...]:
    """What tells the figures of a table apart, as properties of the ontology: what all of them have."""
    found = list(values)
    has = {
        "series": True,
        "item": all(value.item for value in found),
        "place": all(value.place_entity for value in found),
        "period": all(value.period and iso(value.period) for value in found),
    }
    return tuple(name for name, had in has.items() if had)


def iso(period: Period) -> str:
    """The period in ISO 8601, `2023` or `2014/2022`; empty where an end is open."""
    if period.start is None or period.end is None:
        return ""
    return f"{period.start:04}" if period.start == period.end else f"{period.start:04}/{period.end:04}"


def _described(document: NamedNode, order: int, table: Table) -> Iterator[_Pair]:
    yield _TYPE, _own("Table")
    if table.values:
        yield _TYPE, _cube("DataSet")
        yield _cube("structure"), NamedNode(f"{document.value}#t{order}-dsd")
    yield _own("source"), document
    yield _own("order"), Literal(order)
    yield from _texts(
        label=table.label,
        caption=table.caption,
        unitText=table.unit,
        section=table.section,
        note="\n".join(table.notes),
    )
    yield _own("start"), Literal(table.start)
    yield _own("end"), Literal(table.end)


def _cell(table: NamedNode, cell: TableCell) -> Iterator[Triple]:
    node = _cell_node(table, cell.place)
    yield Triple(table, _own("cell"), node)
    pairs = [(_TYPE, _own("TableCell")), *_texts(cellRole=cell.role)]
    pairs += [(_own(name), Literal(getattr(cell, name))) for name in ("row", "column", "rows", "columns")]
    yield from _triples(node, [*pairs, *_texts(valueText=cell.text)])
    if len(cell.spans) == 1:
        yield from _triples(node, _place(cell.spans[0]))
    for number, span in enumerate(cell.spans if len(cell.spans) > 1 else ()):
        part = NamedNode(f"{node.value}-{number + 1}")
        yield Triple(node, _own("part"), part)
        yield from _triples(part, [(_own("order"), Literal(number)), *_place(span)])


class _Keys:
    """The nodes of what a table's figures are of: one for each series and each item, named by order of appearance."""

    def __init__(self, table: NamedNode) -> None:
        self._table = table
        self._known: dict[tuple[str, str, str, str], NamedNode] = {}
        self.triples: list[Triple] = []

    def node(self, letter: str, label: str, unit: str, entity: str) -> NamedNode:
        key = (letter, label, unit, entity)
        if key not in self._known:
            node = NamedNode(f"{self._table.value}-{letter}{sum(known[0] == letter for known in self._known)}")
            self._known[key] = node
            pairs: list[_Pair] = [(_TYPE, _own("TableKey")), (_LABEL, Literal(label)), *_texts(unitText=unit)]
            if entity:
                pairs.append((_own("denotes"), NamedNode(ENTITY + entity)))
            self.triples += _triples(node, pairs)
        return self._known[key]


def _value(table: NamedNode, value: TableValue, keys: _Keys) -> Iterator[Triple]:
    node = NamedNode(f"{table.value}-o{value.row}.{value.column}")
    quantity = value.quantity
    pairs: list[_Pair] = [
        (_TYPE, _cube("Observation")),
        (_TYPE, _own("TableObservation")),
        (_cube("dataSet"), table),
        (_own("sourceCell"), _cell_node(table, (value.row, value.column))),
        (_own("series"), keys.node("s", value.series, value.series_unit, value.indicator)),
        (_own("value"), Literal(plain_number(quantity.low), datatype=_DECIMAL)),
        (_own("measureKind"), NamedNode(f"{QUALIFIER}measure/{quantity.kind}")),
    ]
    if value.item or value.item_entity:
        pairs.append((_own("item"), keys.node("i", value.item, "", value.item_entity)))
    if value.place_entity:
        pairs.append((_own("place"), NamedNode(ENTITY + value.place_entity)))
    if value.region:
        pairs.append((_own("region"), NamedNode(ENTITY + value.region)))
    if value.indicator:
        pairs.append((_own("indicator"), NamedNode(ENTITY + value.indicator)))
    pairs += _texts(
        unit=quantity.unit,
        currency=quantity.currency,
        comparator=quantity.comparator,
        valueText=value.words,
        unitText=value.series_unit,
        placeText=value.place,
        timeText=value.time,
        groupText=value.group,
    )
    yield from _triples(node, [*pairs, *_when(value.period)])


def _when(period: Period | None) -> Iterator[_Pair]:
    if period is None:
        return
    yield from _texts(period=iso(period))
    for name, year in (("startYear", period.start), ("endYear", period.end)):
        if year is not None:
            yield _own(name), Literal(year)
    yield _own("precision"), NamedNode(f"{QUALIFIER}precision/{period.precision}")
    if period.approximate:
        yield _own("approximate"), Literal(True)


def _structure(table: NamedNode, found: tuple[str, ...]) -> Iterator[Triple]:
    """The data structure definition: dimensions in order, the measure, and what may qualify a figure."""
    node = NamedNode(f"{table.value}-dsd")
    yield Triple(node, _TYPE, _cube("DataStructureDefinition"))
    roles = [*(("dimension", name) for name in found), ("measure", "value"), *(("attribute", n) for n in _ATTRIBUTES)]
    for number, (role, name) in enumerate(roles, 1):
        part = NamedNode(f"{node.value}-{name}")
        yield Triple(node, _cube("component"), part)
        pairs: list[_Pair] = [
            (_TYPE, _cube("ComponentSpecification")),
            (_cube(role), _own(name)),
            (_cube("order"), Literal(number)),
        ]
        if name == "unit":
            pairs.append((_cube("componentRequired"), Literal(True)))
        yield from _triples(part, pairs)
        yield Triple(_own(name), _TYPE, _cube(f"{role.capitalize()}Property"))


def _finding(table: NamedNode, number: int, finding: TableFinding) -> Iterator[Triple]:
    node = NamedNode(f"{table.value}-f{number}")
    yield Triple(table, _own("finding"), node)
    yield from _triples(node, [(_TYPE, _own("Finding")), *_texts(rule=finding.rule, severity=finding.severity)])
    for language, message in (("zh", finding.message_zh), ("en", finding.message_en)):
        if message:
            yield Triple(node, _own("message"), Literal(message, language=language))
    yield from (Triple(node, _own("cell"), _cell_node(table, place)) for place in finding.cells)


def _named(document: NamedNode, part: str) -> NamedNode:
    return NamedNode(f"{document.value}#{part}")


def _cell_node(table: NamedNode, place: tuple[int, int]) -> NamedNode:
    return NamedNode(f"{table.value}-r{place[0]}.{place[1]}")


def _triples(node: NamedNode, pairs: Iterable[_Pair]) -> list[Triple]:
    return [Triple(node, predicate, value) for predicate, value in pairs]


def _texts(**values: str) -> list[_Pair]:
    return [(_own(name), Literal(value)) for name, value in values.items() if value]


def _place(span: Span) -> list[_Pair]:
    return [(_own("start"), Literal(span.start)), (_own("end"), Literal(span.end)), *_texts(quote=span.quote)]


# ---- From triples to tables


class _Facts:
    """Triples by subject and predicate; a value that is missing reads as the empty text."""

    def __init__(self, triples: Iterable[Quad | Triple]) -> None:
        self._values: defaultdict[str, defaultdict[str, list[NamedNode | Literal]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for triple in triples:
            if isinstance(triple.subject, NamedNode) and isinstance(triple.object, NamedNode | Literal):
                self._values[triple.subject.value][triple.predicate.value].append(triple.object)

    def tables(self) -> list[str]:
        """The nodes of tables, each document's in order."""
        found = [node for node, of in self._values.items() if _own("Table") in of.get(_TYPE.value, ())]
        return sorted(found, key=lambda node: (node.partition("#")[0], self.number(node, _own("order"))))

    def of(self, node: str, predicate: NamedNode) -> list[NamedNode | Literal]:
        of = self._values.get(node)
        return of.get(predicate.value, []) if of else []

    def observations(self) -> Mapping[str, list[str]]:
        """The observations by their data set."""
        found: defaultdict[str, list[str]] = defaultdict(list)
        for node, of in self._values.items():
            for table in of.get(_cube("dataSet").value, ()):
                found[table.value].append(node)
        return found

    def text(self, node: str, name: str, language: str | None = None) -> str:
        found = (o for o in self.of(node, _own(name)) if isinstance(o, Literal) and o.language == language)
        return next((o.value for o in found), "")

    def number(self, node: str, predicate: NamedNode) -> int:
        return int(self.of(node, predicate)[0].value)

    def link(self, node: str, name: str, base: str) -> str:
        """What the node's link leads to, less `base`; the empty text where there is none."""
        return next((local(o.value, base) for o in self.of(node, _own(name)) if isinstance(o, NamedNode)), "")


def read_tables(triples: Iterable[Quad | Triple]) -> tuple[Table, ...]:
    """The tables that the triples of any number of documents hold, by document and place: `table_triples` backwards."""
    facts = _Facts(triples)
    observations = facts.observations()
    return tuple(_read_table(facts, node, observations.get(node, [])) for node in facts.tables())


def _read_table(facts: _Facts, node: str, observations: list[str]) -> Table:
    cells = [_read_cell(facts, cell.value) for cell in facts.of(node, _own("cell"))]
    values = [_read_value(facts, observation) for observation in observations]
    findings = sorted((f.value for f in facts.of(node, _own("finding"))), key=lambda f: int(f.rpartition("-f")[2]))
    notes = facts.text(node, "note")
    return Table(
        label=facts.text(node, "label"),
        caption=facts.text(node, "caption"),
        unit=facts.text(node, "unitText"),
        notes=tuple(notes.split("\n")) if notes else (),
        section=facts.text(node, "section"),
        start=facts.number(node, _own("start")),
        end=facts.number(node, _own("end")),
        cells=tuple(sorted(cells, key=lambda cell: cell.place)),
        values=tuple(sorted(values, key=lambda value: (value.row, value.column))),
        findings=tuple(_read_finding(facts, finding) for finding in findings),
    )


def _read_cell(facts: _Facts, node: str) -> TableCell:
    parts = sorted((p.value for p in facts.of(node, _own("part"))), key=lambda p: facts.number(p, _own("order")))
    text = facts.text(node, "valueText")
    row, column, rows, columns = (facts.number(node, _own(name)) for name in ("row", "column", "rows", "columns"))
    spans = tuple(_read_span(facts, part) for part in parts or ([node] if text else []))
    return TableCell(row, column, text, spans, cast(CellRole, facts.text(node, "cellRole")), rows, columns)


def _read_span(facts: _Facts, node: str) -> Span:
    return Span(facts.number(node, _own("start")), facts.number(node, _own("end")), facts.text(node, "quote"))


def _read_value(facts: _Facts, node: str) -> TableValue:
    series, item = (next((o.value for o in facts.of(node, _own(name))), "") for name in ("series", "item"))
    number = Decimal(facts.text(node, "value"))
    row, column = _place_of(facts.of(node, _own("sourceCell"))[0].value)
    return TableValue(
        row=row,
        column=column,
        words=facts.text(node, "valueText"),
        quantity=Quantity(
            number,
            number,
            facts.text(node, "unit"),
            facts.link(node, "measureKind", f"{QUALIFIER}measure/"),
            cast(Comparator, facts.text(node, "comparator")),
            facts.text(node, "currency"),
        ),
        series=_label(facts, series),
        series_unit=facts.text(series, "unitText"),
        item=_label(facts, item),
        place=facts.text(node, "placeText"),
        time=facts.text(node, "timeText"),
        period=_read_period(facts, node),
        indicator=facts.link(series, "denotes", ENTITY),
        item_entity=facts.link(item, "denotes", ENTITY),
        place_entity=facts.link(node, "place", ENTITY),
        group=facts.text(node, "groupText"),
        region=facts.link(node, "region", ENTITY),
    )


def _label(facts: _Facts, node: str) -> str:
    return next((o.value for o in facts.of(node, _LABEL)), "")


def _read_period(facts: _Facts, node: str) -> Period | None:
    start, end = (facts.text(node, name) for name in ("startYear", "endYear"))
    if not start and not end:
        return None
    return Period(
        int(start) if start else None,
        int(end) if end else None,
        facts.link(node, "precision", f"{QUALIFIER}precision/"),
        facts.text(node, "approximate") == "true",
    )


def _read_finding(facts: _Facts, node: str) -> TableFinding:
    return TableFinding(
        rule=facts.text(node, "rule"),
        severity=cast(Severity, facts.text(node, "severity")),
        cells=tuple(sorted(_place_of(cell.value) for cell in facts.of(node, _own("cell")))),
        message_zh=facts.text(node, "message", "zh"),
        message_en=facts.text(node, "message", "en"),
    )


def _place_of(cell: str) -> tuple[int, int]:
    row, _, column = cell.rpartition("-r")[2].partition(".")
    return int(row), int(column)
