"""The analyses by name: `find` one, `run` it, and show the answer as the table of a question with a chart and notes.

Each takes `min_confidence`: statements believed less are left out, and the notes say how many.
"""

import csv
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from difflib import get_close_matches
from functools import cache
from io import StringIO
from itertools import islice
from types import MappingProxyType
from typing import Any

from kg import text
from kg.analyses import agreement, chokepoints, compare, mix, network, programs, readiness
from kg.analyses.form import MIN_CONFIDENCE, Analysis, Param
from kg.charts import Chart, Words, chart_json, chart_lines, form_json
from kg.errors import NotFound, QueryError
from kg.facts import Facts
from kg.graph import Graph
from kg.model import Language
from kg.queries import Cell, Column, Table, table_json, titles


@dataclass(frozen=True, slots=True)
class Result:
    """What an analysis found: a table, a picture of it, and what to keep in mind."""

    name: str
    title: Words
    table: Table
    chart: Chart
    notes: tuple[Words, ...]


@cache
def load() -> Mapping[str, Analysis]:
    """The analyses by name, in the order in which they are shown."""
    found = (
        mix.MIX,
        chokepoints.chokepoints(),
        readiness.readiness(),
        readiness.LAG,
        programs.TIMELINE,
        network.CENTRALITY,
        network.COMMUNITIES,
        network.CONCENTRATION,
        agreement.AGREEMENT,
        compare.COMPARE,
    )
    return MappingProxyType({analysis.name: analysis for analysis in found})


def find(name: str) -> Analysis:
    """The analysis of that name. Raises NotFound with the names there are."""
    known = load()
    if name not in known:
        near = tuple(get_close_matches(name, list(known), n=3))
        raise NotFound(
            f"there is no analysis {name}: choose one of {', '.join(known)}", suggestions=near or tuple(known)
        )
    return known[name]


def params_of(analysis: Analysis) -> tuple[Param, ...]:
    """All that the analysis takes, what every one takes last."""
    return (*analysis.params, MIN_CONFIDENCE)


def run(graph: Graph, analysis: Analysis, params: Mapping[str, str]) -> Result:
    """The answer for those parameters, each given as a person would write it.

    Raises QueryError for a parameter that is unknown, missing or of no valid value, NotFound for an entity that the
    store does not know.
    """
    given = bound(graph, analysis.name, params_of(analysis), params)
    facts = Facts.of(graph, float(given[MIN_CONFIDENCE.name]))
    answer = analysis.run(facts, given)
    table = Table(analysis.columns, answer.rows)
    chart = replace(analysis.chart, points=answer.points)
    return Result(analysis.name, (analysis.zh, analysis.en), table, chart, (*answer.notes, *left_out(facts)))


def left_out(facts: Facts) -> tuple[Words, ...]:
    """A note on the statements that are believed too little, where there are any."""
    if not facts.doubted:
        return ()
    return (
        (
            f"信度低于 min_confidence 的 {len(facts.doubted)} 条陈述未计（0.3 以下的约四分之三是读错的）；设为 0 "
            f"可看全部。",
            f"{len(facts.doubted)} statements believed less than min_confidence are left out (of those below 0.3, "
            f"about three in four "
            "were read wrongly); 0 shows all.",
        ),
    )


# ---- Parameters


def bound(graph: Graph, name: str, params: tuple[Param, ...], values: Mapping[str, str]) -> dict[str, str]:
    """The values as `form.Given`, defaults filled in. Raises as `run` does."""
    known = {param.name: param for param in params}
    if unknown := values.keys() - known.keys():
        raise QueryError(f"{name} has no parameter {min(unknown)}; its parameters are: {', '.join(known)}")
    given = {key: value for key in known if (value := values.get(key) or known[key].default)}
    if missing := [param for param in params if param.required and param.name not in given]:
        raise QueryError(f"{name} needs {missing[0].name} ({missing[0].label_zh}, {missing[0].label_en})")
    return {key: _value(graph, known[key], value) for key, value in given.items()}


def _value(graph: Graph, param: Param, value: str) -> str:
    match param.kind:
        case "Entity":
            return _entity(graph, param, value)
        case "Number":
            return _number(param, value)
        case "Type":
            return _one_of(param, value, tuple(graph.ontology.kinds))
        case "Choice":
            return _one_of(param, value, tuple(choice.name for choice in param.choices))


def _entity(graph: Graph, param: Param, value: str) -> str:
    found = graph.resolve(value)
    if param.types and found.type not in param.types:
        kinds = ", ".join(graph.ontology.kinds[type_].label_en for type_ in param.types)
        raise QueryError(
            f"{param.name} must be one of: {kinds}; {found.label()} is a {graph.ontology.kinds[found.type].label_en}"
        )
    return found.id


def _number(param: Param, value: str) -> str:
    try:
        number = float(value)
    except ValueError as error:
        raise QueryError(f"{param.name} must be a number, not {value!r}") from error
    if not 0 <= number <= 10_000:
        raise QueryError(f"{param.name} must lie between 0 and 10000, not {value}")
    return value


def _one_of(param: Param, value: str, known: tuple[str, ...]) -> str:
    if value not in known:
        raise QueryError(f"{param.name} cannot be {value!r}: choose one of {', '.join(known)}")
    return value


# ---- Showing


def analysis_json(analysis: Analysis) -> dict[str, Any]:
    """What one has to know to run the analysis, as plain JSON."""
    return {
        "name": analysis.name,
        "zh": analysis.zh,
        "en": analysis.en,
        "description": {"zh": analysis.about_zh, "en": analysis.about_en},
        "params": [param_json(param) for param in params_of(analysis)],
        "columns": [asdict(column) for column in analysis.columns],
        "example": dict(analysis.example),
        "chart": form_json(analysis.chart),
    }


def param_json(param: Param) -> dict[str, Any]:
    """A parameter as plain JSON: as a question's, with the types of entities and the choices that come into
    question."""
    return {**asdict(param), "types": list(param.types), "choices": [asdict(choice) for choice in param.choices]}


def result_json(result: Result) -> dict[str, Any]:
    """The answer as plain JSON: a question's table, the chart, and the notes as a text in each language. Of more than
    1000 rows only the first are given; `total` says how many there are."""
    notes = {"zh": "\n".join(zh for zh, _ in result.notes), "en": "\n".join(en for _, en in result.notes)}
    title = {"zh": result.title[0], "en": result.title[1]}
    return {
        "name": result.name,
        "title": title,
        "total": len(result.table.rows),
        **table_json(_first(result.table)),
        "chart": chart_json(replace(result.chart, points=result.chart.points[:_MOST])),
        "notes": notes,
    }


def _first(table: Table) -> Table:
    return Table(table.columns, table.rows[:_MOST])


_MOST = 1000
"""The most rows of an answer as JSON, and the most points of its chart."""


def table_csv(table: Table, language: Language) -> str:
    """The table as CSV with a line of titles. What a spreadsheet would take for a formula is marked as text."""
    lines = StringIO()
    writer = csv.writer(lines)
    writer.writerow(titles(table, language))
    writer.writerows([_plain(cell, language) for cell in row] for row in table.rows)
    return lines.getvalue()


def _plain(cell: Cell, language: Language) -> str:
    said = cell.text(language)
    return f"'{said}" if cell.kind != "number" and said.startswith(("=", "+", "-", "@", "\t", "\r")) else said


# ---- For a terminal

_WIDEST = 30
_QUOTE_WIDTH = 160


def result_lines(result: Result, language: Language, limit: int) -> Iterator[str]:
    """The answer for a terminal: title, table without empty columns, chart, sentences by row, notes. At most `limit`
    rows are shown, and said how many more there are."""
    at = 0 if language == "zh" else 1
    yield f"{result.title[at]}"
    yield from _table_lines(result.table, language, limit)
    if drawn := list(islice(chart_lines(result.chart, language), limit + 2)):
        yield ""
        yield from drawn
    yield from _quote_lines(result.table, language, limit)
    yield ""
    yield from (f"* {note[at]}" for note in result.notes)


def _table_lines(table: Table, language: Language, limit: int) -> Iterator[str]:
    rows = table.rows[:limit]
    if not rows:
        yield "没有符合的内容。" if language == "zh" else "Nothing was found."
        return
    shown = [n for n, column in enumerate(table.columns) if _is_shown(column, [row[n] for row in rows])]
    heads = titles(table, language)
    cells = [[str(number), *(row[n].text(language) for n in shown)] for number, row in enumerate(rows, 1)]
    yield from text.table_lines(["", *(heads[n] for n in shown)], cells, _WIDEST)
    if more := len(table.rows) - len(rows):
        yield f"… 另有 {more} 行（--limit）" if language == "zh" else f"… {more} more rows (--limit)"


def _is_shown(column: Column, cells: list[Cell]) -> bool:
    return not column.name.endswith("quote") and any(cell.kind != "empty" for cell in cells)


def _quote_lines(table: Table, language: Language, limit: int) -> Iterator[str]:
    """The sentences, by the numbers of the rows."""
    places = [n for n, column in enumerate(table.columns) if column.name.endswith("quote")]
    found = [(number, row[n]) for number, row in enumerate(table.rows[:limit], 1) for n in places if row[n].zh]
    if found:
        yield ""
        yield "原文：" if language == "zh" else "Sentences:"
    yield from (f"  {number}. {text.shorten(cell.text(language), _QUOTE_WIDTH)}" for number, cell in found)
