"""Routes that the explorer's pages are made of: the drawn part of the graph, statements by what they join or where
they are read, and tables as spreadsheets."""

from typing import Annotated, Literal

from fastapi import APIRouter, Query, Request, Response
from pydantic import BaseModel, Field, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.responses import Response as Plain

from kg import canvas, rdf, rows
from kg.answers import MOST, Json, Reading
from kg.canvas import Wanted
from kg.errors import QueryError
from kg.export import evidence_rows
from kg.iris import STATEMENT, local
from kg.live import Snapshot
from kg.model import Figure, Modality
from kg.ontology import Ontology
from kg.problems import PROBLEMS
from kg.spreadsheet import workbook

router = APIRouter(prefix="/api", responses=PROBLEMS)

_Names = Annotated[list[Annotated[str, Field(max_length=500)]] | None, Query(max_length=100)]
_Around = Annotated[
    list[Annotated[str, Field(max_length=500)]],
    Query(
        max_length=60,
        description="这些实体的周围；不填则取陈述最多的 · around these entities; else the busiest",
        examples=[["863计划"]],
    ),
]


@router.get("/graph", tags=["全图 the whole"])
def graph(
    reading: Reading,
    around: _Around = [],  # noqa: B006
    hops: Annotated[int, Query(ge=0, le=5, description="几步之内 · within so many statements")] = 1,
    limit: Annotated[int, Query(ge=1, le=canvas.MOST, description="最多实体数 · at most so many entities")] = 200,
    relation: _Names = None,
    modality: Annotated[list[Modality] | None, Query(max_length=3)] = None,
    type: _Names = None,
    source: _Names = None,
    hide_source: _Names = None,
    min_confidence: Annotated[float, Query(ge=0, le=1, description="信度不低于 · believed at least so much")] = 0.0,
    until_year: Annotated[int | None, Query(ge=0, le=9999, description="截至该年 · what began by then")] = None,
    dated: Annotated[bool, Query(description="只要有时间的 · only what has a time")] = False,
) -> Response:
    """图的一部分，带算好的位置 · A part of the graph with computed positions."""
    wanted = Wanted(relation, modality, type, source, hide_source or (), min_confidence, until_year, dated)

    def look(now: Snapshot) -> Json:
        wanted.check(now.graph.ontology)
        centres = list(dict.fromkeys(now.graph.resolve(name).id for name in around))
        part = now.ties.part(centres, hops, limit, wanted)
        row = canvas.part_row(part, now.graph.store.entities(part.entities), now.graph.ontology)
        return {"around": centres, "years": now.ties.years, **row}

    return reading.answer(look)


@router.get("/statements", tags=["实体 entities"])
def statements(
    reading: Reading,
    source: Annotated[
        str | None, Query(max_length=500, description="在这篇文献中读到 · read in this document", examples=["hpc-zh"])
    ] = None,
    s: Annotated[str | None, Query(max_length=500, description="主语 · subject, any name or id")] = None,
    p: Annotated[str | None, Query(max_length=100, description="关系 · relation")] = None,
    o: Annotated[str | None, Query(max_length=500, description="宾语 · object, any name or id")] = None,
    limit: Annotated[int, Query(ge=1, le=10 * MOST)] = MOST,
) -> Response:
    """按文献、主语、关系、宾语查陈述，附证据 · Statements by document, subject, relation, object, with evidence."""
    if not (source or s or o):
        raise QueryError("give a source, s or o: a document, a subject or an object")

    def look(now: Snapshot) -> Json:
        graph_ = str(now.graph.store.require(source)) if source else "?g"
        ends = [f"pkg:{end} {rdf.entity_node(now.graph.resolve(name).id)}" for end, name in _given(s, o)]
        if p is not None:
            Wanted(relations=(p,)).check(now.graph.ontology)
            ends.append(f"pkg:predicate {rdf.term(p)}")
        pattern = " ; ".join(["a pkg:Statement", *ends])
        found = now.graph.store.select(f"SELECT DISTINCT ?st {{ GRAPH {graph_} {{ ?st {pattern} }} }}")
        ids = sorted(local(rdf.text_of(row["st"]), STATEMENT) for row in found)
        chosen = now.graph.store.assertions(ids[:limit])
        labels = now.graph.ends(chosen)
        return {"total": len(ids), "statements": [rows.statement_row(each, labels) for each in chosen]}

    return reading.answer(look)


@router.get("/figures", include_in_schema=False)
def figures(about: Annotated[str, Query(max_length=500)], reading: Reading) -> Response:
    """The numbers and dates in the prose about an entity, by document and place: for the explorer's page of it."""

    def look(now: Snapshot) -> Json:
        id_ = now.graph.resolve(about).id
        found = [figure for figure in now.graph.store.figures() if figure.about == id_]
        return {"figures": [_figure_row(figure, now.graph.ontology) for figure in found]}

    return reading.answer(look)


def _figure_row(figure: Figure, ontology: Ontology) -> Json:
    """A figure with what it means; where it is damaged or a date, `said` says of what kind."""
    item = ontology.lists["flaw"].get(figure.flaw) or ontology.lists["happening"].get(figure.happening)
    return {
        "indicator": figure.indicator,
        "value": figure.value,
        "meant": figure.quantity.text() if figure.quantity else "",
        "said": {"zh": item.label_zh, "en": item.label_en} if item else None,
        "time": figure.time,
        "place": figure.place,
        "attributed_to": figure.attributed_to,
        "modality": figure.modality,
        "evidence": evidence_rows(figure.evidence),
    }


def _given(s: str | None, o: str | None) -> list[tuple[Literal["subject", "object"], str]]:
    pairs: list[tuple[Literal["subject", "object"], str | None]] = [("subject", s), ("object", o)]
    return [(end, name) for end, name in pairs if name]


class Sheet(BaseModel):
    """A table as the explorer shows it."""

    columns: list[Annotated[str, Field(max_length=500)]] = Field(max_length=100)
    rows: list[list[Annotated[str, Field(max_length=32_000)] | int | float | None]] = Field(max_length=10_000)


_MOST_BYTES = 16 * 1024 * 1024


@router.post("/spreadsheet", include_in_schema=False)
async def spreadsheet(request: Request) -> Response:
    """A table as an Excel file: of use to the explorer only."""
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _MOST_BYTES:
            raise HTTPException(413, f"a table may have at most {_MOST_BYTES // 1024 // 1024} MiB: take fewer rows")
    try:
        table = Sheet.model_validate_json(bytes(body))
    except ValidationError as error:
        raise QueryError(f"this is no table: {error.errors()[0]['msg']}") from error
    return await run_in_threadpool(_sheet, table)


def _sheet(table: Sheet) -> Response:
    if any(len(row) > len(table.columns) for row in table.rows):
        raise QueryError("a row has more cells than there are columns: give every column a name")
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    said = {"Content-Disposition": 'attachment; filename="policykg.xlsx"'}
    return Plain(workbook(table.columns, table.rows), media_type=kind, headers=said)
