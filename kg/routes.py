"""The look-ups and the questions as routes. Everything only reads."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated

from anyio import from_thread
from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kg import cite, export, media, queries, rows, tables, telling, workers
from kg.answers import MOST, Json, Limit, Offset, Reading, paged
from kg.asked import Asked, answer
from kg.export import Format
from kg.graph import Graph, Only
from kg.inference import inferences
from kg.live import Snapshot
from kg.model import Chain, Entity, Language, Modality
from kg.ontology import Ontology, load
from kg.problems import PROBLEMS
from kg.queries import Bindings, Param, Question
from kg.sparql import answered
from kg.store import DocumentSummary, Row
from kg.templates import load_forms

api = APIRouter(prefix="/api", responses=PROBLEMS)

Form = Annotated[
    telling.Form | None, Query(description="形式，否则由 Accept 决定 · how it is written; else as Accept says")
]


_Source = Annotated[
    str | None, Query(max_length=500, description="只看这篇文献 · of this document only", examples=["hpc-zh"])
]
_Type = Annotated[str | None, Query(max_length=50, description="实体类型 · an entity type", examples=["Technology"])]
_Entity = Annotated[str, Path(description="标识或任一名称 · its id or any name of it", examples=["program/863计划"])]


def _documents(graph: Graph) -> tuple[DocumentSummary, ...]:
    return graph.store.documents()


@api.get("/documents", tags=["文献 documents"])
def documents(reading: Reading, limit: Limit = MOST, offset: Offset = 0) -> Response:
    """全部文献 · All documents, with what they say of themselves and how much was read from each."""

    def look(now: Snapshot) -> Json:
        found = now.once(_documents)
        page = [rows.document_row(document) for document in paged(found, limit, offset)]
        return {"total": len(found), "documents": page}

    return reading.answer(look)


@api.get("/documents/{source:path}", tags=["文献 documents"])
def document(source: Annotated[str, Path(examples=["hpc-zh"])], reading: Reading) -> Response:
    """一篇文献的题录、章节和全文 · A document's bibliography, sections and text."""
    return reading.answer(lambda now: rows.text_row(now.graph.store.document(source)))


@api.get("/references", tags=["文献 documents"])
def references(
    reading: Reading,
    source: Annotated[str, Query(max_length=500, description="文献名 · the document's name", examples=["hpc-zh"])],
) -> Response:
    """一篇文献的参考文献 · The works that a document lists."""

    def look(now: Snapshot) -> Json:
        found = now.graph.store.references(source)
        return {"references": [rows.reference_row(source, each, now.graph.ontology) for each in found]}

    return reading.answer(look)


@api.get("/tables", tags=["文献 documents"])
def tables_(
    reading: Reading,
    source: _Source = None,
    label: Annotated[str | None, Query(max_length=200, description="表号或第几张 · its label, or its number")] = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Response:
    """读出的表格、数值和疑点 · Tables as they were read: cells, figures, and what is odd about them."""

    def look(now: Snapshot) -> Json:
        found = tables.chosen(now.graph.store, source, label)
        page = [tables.table_row(*entry) for entry in paged(found, limit, offset)]
        return {"total": len(found), "tables": page}

    return reading.answer(look)


@api.get("/cite", tags=["文献 documents"])
def cite_work(
    reading: Reading,
    source: Annotated[str, Query(max_length=500, description="文献名 · the document's name", examples=["hpc-zh"])],
    style: Annotated[cite.Style, Query(description="格式 · the style")] = "gbt7714",
    reference: Annotated[str, Query(max_length=20, description="参考文献标号 · one of its references")] = "",
    page: Annotated[str, Query(max_length=40, description="所指页码 · the page pointed to")] = "",
) -> Response:
    """文献或其参考文献的引用格式 · How to cite a document, or one of its references."""

    def look(now: Snapshot) -> Json:
        if reference:
            work = cite.of_reference(source, now.graph.reference(source, reference))
        else:
            work = cite.of_document(source, now.graph.store.document(source).bibliography)
        return rows.citation_row(cite.at_page(work, page) if page else work, source, reference, style)

    return reading.answer(look)


@api.get("/refusals", tags=["文献 documents"])
def refusals(reading: Reading, source: _Source = None, limit: Limit = 200, offset: Offset = 0) -> Response:
    """未收入的陈述及其原因 · What was read but not let in, and why."""

    def look(now: Snapshot) -> Json:
        found = now.graph.refusals(source)
        page = [rows.refusal_row(refusal) for refusal in paged(found, limit, offset)]
        return {"total": len(found), "refusals": page}

    return reading.answer(look)


@api.get("/entities", tags=["实体 entities"])
def entities(
    reading: Reading,
    q: Annotated[
        str,
        Query(
            max_length=200,
            description="名称或其一部分：中文、英文、拼音、首字母，可有误 · "
            "a name or a part of it: Chinese, English, pinyin, initials; slips are forgiven",
            examples=["gaoxingneng"],
        ),
    ] = "",
    type: _Type = None,
    limit: Limit = 20,
    offset: Offset = 0,
) -> Response:
    """按名称查找实体 · Entities by name, the best first."""

    def look(now: Snapshot) -> Json:
        found, total = now.graph.search(q, type=type, limit=limit, offset=offset)
        return {"total": total, "entities": [rows.match_row(match) for match in found]}

    return reading.answer(look)


def described(now: Snapshot, found: Entity, limit: int = MOST, offset: int = 0) -> Json:
    """The entity with a page of the statements that lead from it and to it, and what follows from them."""
    outgoing, incoming = now.graph.statements(found.id)
    shown = paged(outgoing, limit, offset), paged(incoming, limit, offset)
    inferred = inferences(now.graph.store, about=found.id)
    labels = now.graph.ends([*shown[0], *shown[1], *inferred], found)
    totals = {"outgoing_total": len(outgoing), "incoming_total": len(incoming)}
    works = now.graph.works([*shown[0], *shown[1]])
    return {**rows.described_row(found, *shown, inferred, labels, now.graph.ontology, works), **totals}


@api.get("/entity/{id:path}", tags=["实体 entities"])
def entity(id: _Entity, reading: Reading, limit: Limit = MOST, offset: Offset = 0) -> Response:
    """一个实体及其陈述、证据和推断 · An entity, the statements about it with their evidence, and what follows."""
    return reading.answer(lambda now: described(now, now.graph.resolve(id), limit, offset))


@api.get("/neighbours/{id:path}", tags=["实体 entities"])
def neighbours(
    id: _Entity,
    reading: Reading,
    relation: Annotated[
        str, Query(max_length=50, description="只经此关系 · by this relation only", examples=["targets"])
    ] = "",
    type: Annotated[
        str, Query(max_length=50, description="只要此类实体 · of this type only", examples=["Technology"])
    ] = "",
    modality: Annotated[
        str, Query(max_length=20, description="只经此模态 · by statements of this modality only", examples=["actual"])
    ] = "",
    source: Annotated[str, Query(max_length=500, description="只看这篇文献 · by this document only")] = "",
    min_belief: Annotated[float, Query(ge=0, le=1, description="最低可信度 · believed at least so much")] = 0.0,
    limit: Limit = 50,
    offset: Offset = 0,
) -> Response:
    """相邻实体 · The entities one statement away."""
    only = Only(relation, type, modality, source, min_belief)

    def look(now: Snapshot) -> Json:
        found, total = now.graph.neighbour_page(now.graph.resolve(id).id, limit, offset, only)
        return {"total": total, "neighbours": [rows.neighbour_row(neighbour) for neighbour in found]}

    return reading.answer(look)


@api.get("/chains", tags=["关系链 chains"])
def chains(
    reading: Reading,
    start: Annotated[
        str | None,
        Query(
            alias="from", max_length=500, description="名称、标识或类型 · a name, an id or a type", examples=["863计划"]
        ),
    ] = None,
    end: Annotated[
        str | None,
        Query(
            alias="to",
            max_length=500,
            description="名称、标识或类型 · a name, an id or a type",
            examples=["新能源汽车产业"],
        ),
    ] = None,
    to_type: Annotated[str | None, Query(max_length=50, description="到该类型的任一实体 · to any of this type")] = None,
    template: Annotated[
        str | None, Query(max_length=100, description="链条模板，见 /api/templates · a form, see /api/templates")
    ] = None,
    max_hops: Annotated[int, Query(ge=1, le=8, description="最多几步 · the longest chain")] = 5,
    limit: Annotated[int, Query(ge=1, le=100, description="最多条数 · at most so many")] = 10,
    actual: Annotated[bool, Query(description="不含建议 · without what is only proposed")] = False,
    relation: Annotated[list[str], Query(max_length=50, description="只用这些关系 · by these relations only")] = [],  # noqa: B006
    type: Annotated[list[str], Query(max_length=50, description="中间只经这些类型 · through these types only")] = [],  # noqa: B006
    modality: Annotated[list[Modality], Query(description="只用这些模态 · of these modalities only")] = [],  # noqa: B006
    source: Annotated[list[str], Query(max_length=50, description="只用这些文献 · from these documents only")] = [],  # noqa: B006
    min_confidence: Annotated[float, Query(ge=0, le=1, description="最低信度 · the least belief of a hop")] = 0.0,
    from_year: Annotated[int | None, Query(ge=0, le=9999, description="不早于 · not ended before")] = None,
    to_year: Annotated[int | None, Query(ge=0, le=9999, description="不晚于 · not begun after")] = None,
    place: Annotated[str | None, Query(max_length=500, description="在此地、不涉他国 · in this place")] = None,
    format: Form = None,
    lang: Language = "zh",
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """从一个实体到另一个实体、一类实体，或按模板的关系链，每步附证据 · Chains from one entity to another, to a type,
    or of a template's form, each hop with its evidence."""
    asked = Asked(
        start=start,
        end=end,
        to_type=to_type,
        template=template,
        max_hops=max_hops,
        limit=limit,
        actual=actual,
        relations=tuple(relation),
        types=tuple(type),
        modalities=tuple(modality),
        sources=tuple(source),
        min_confidence=min_confidence,
        from_year=from_year,
        to_year=to_year,
        place=place,
    )

    def look(now: Snapshot) -> Json:
        found = answer(now.graph, lambda: now.chains, asked)
        works = telling.Works.of(now.graph, found.chains)
        ends = {"from": found.start, "to": found.end}
        return {
            **{name: rows.chain_end_row(each, now.graph.ontology) for name, each in ends.items()},
            "chains": [rows.chain_row(chain, works) for chain in found.chains],
        }

    form = _form(format, accept)
    if form == "json":
        return reading.answer(look)
    return _exported(reading, lambda now: answer(now.graph, lambda: now.chains, asked).chains, form, lang)


@api.get("/chain/{id}", tags=["关系链 chains"])
def chain(
    id: Annotated[str, Path(max_length=150, description="链条标识 · the id of a chain", examples=["AJZIqNlRuhUEdfk"])],
    reading: Reading,
    format: Form = None,
    lang: Language = "zh",
    accept: Annotated[str, Header(include_in_schema=False)] = "",
) -> Response:
    """一条关系链的永久地址：同样的文献重新读入后仍是同一条 · A chain at its permanent address; the same after its
    documents are read again."""

    def find(now: Snapshot) -> Chain:
        return telling.find(now.graph, lambda: now.chains, id)

    def look(now: Snapshot) -> Json:
        found = find(now)
        return rows.chain_row(found, telling.Works.of(now.graph, [found]))

    form = _form(format, accept)
    if form == "json":
        return reading.answer(look)
    return _exported(reading, lambda now: [find(now)], form, lang)


def _exported(
    reading: Reading, chains: Callable[[Snapshot], Sequence[Chain]], form: telling.Form, language: Language
) -> Response:
    """The chains in a form other than JSON."""

    def look(now: Snapshot) -> str:
        found = chains(now)
        return telling.exported(found, telling.Works.of(now.graph, found), form, language)

    type_ = next(type_ for type_, each in telling.MEDIA.items() if each == form)
    charset = "" if form == "jsonld" else "; charset=utf-8"
    return reading.bytes(lambda now: look(now).encode("utf-8"), type_ + charset, vary="Accept")


def _form(format: telling.Form | None, accept: str) -> telling.Form:
    """The form asked for by name, else the one that the Accept header wants most, else JSON."""
    wanted = format or telling.MEDIA.get(media.choose(accept, tuple(telling.MEDIA)) or "")
    return wanted or "json"


@api.get("/templates", tags=["关系链 chains"])
def templates() -> Response:
    """关系链模板：政策→计划→主体→技术→产品→产业等 · The forms of chains that one can ask for by name."""
    return JSONResponse({"templates": [rows.template_row(each) for each in load_forms().templates.values()]})


@api.get("/merges", tags=["实体 entities"])
def merges(reading: Reading, limit: Limit = MOST, offset: Offset = 0) -> Response:
    """哪些实体已合并，理由与依据 · Which entities were merged, why and where it is read."""

    def look(now: Snapshot) -> Json:
        found, labels = now.graph.merges()
        page = [rows.merge_row(decision, labels) for decision in paged(found, limit, offset)]
        return {"total": len(found), "merges": page}

    return reading.answer(look)


@api.get("/stats", tags=["全图 the whole"])
def stats(reading: Reading) -> Response:
    """图谱的规模 · How much the graph holds."""
    return reading.answer(lambda now: rows.stats_row(now.once(Graph.stats)))


@api.get("/ontology", tags=["全图 the whole"])
def ontology_(reading: Reading) -> Response:
    """实体类型、关系和模态的名称 · The names of entity types, relations and modalities."""
    return JSONResponse(rows.ontology_row(load()))


@api.get("/export/{format}", tags=["全图 the whole"], responses={200: {"content": {"*/*": {}}}})
def export_(format: Annotated[Format, Path(examples=["jsonl"])], reading: Reading) -> Response:
    """导出全图 · The whole graph in one of the formats of `kg export`."""
    ending, media = _EXPORTS.get(format, (format, "application/octet-stream"))
    headers = {"Content-Disposition": f'attachment; filename="policykg.{ending}"'}
    return reading.stream(lambda now, stream: export.write(now.graph.store, format, stream), media, headers)


_EXPORTS = {
    "jsonl": ("jsonl", "application/jsonl"),
    "trig": ("trig", "application/trig"),
    "nquads": ("nq", "application/n-quads"),
    "turtle": ("ttl", "text/turtle; charset=utf-8"),
    "jsonld": ("jsonld", "application/ld+json"),
    "graphml": ("graphml", "application/graphml+xml"),
}
"""Format → the ending of its files, its media type."""


# ---- Questions


def questions(known: Mapping[str, Question], ontology: Ontology) -> APIRouter:
    """A route for the list of questions, and one for each."""
    router = APIRouter(prefix="/api/questions", tags=["问题 questions"], responses=PROBLEMS)
    listed = {"questions": [queries.question_json(question) for question in known.values()]}
    router.add_api_route("", lambda: JSONResponse(listed), summary="Questions", description="全部问题 · All questions")
    for question in known.values():
        router.add_api_route(
            f"/{question.name}",
            _asking(question),
            summary=question.name,
            description=f"{question.zh}\n\n{question.en}",
            openapi_extra={
                "parameters": [_parameter(param, question.example, ontology) for param in question.params],
            },
        )
    router.add_api_route("/{name}", _unknown_question, include_in_schema=False)
    return router


def _asking(question: Question) -> Callable[..., Response]:
    def ask(request: Request, reading: Reading, limit: Limit = MOST, offset: Offset = 0) -> Response:
        given = {name: value for name, value in request.query_params.items() if name not in ("limit", "offset")}

        def look(now: Snapshot) -> Json:
            def select(query: str, bindings: Bindings) -> list[Row]:
                asked = workers.question(query, now.graph.store.folder, bindings)
                return from_thread.run(answered, request, asked).rows()

            answer = queries.table_json(queries.run(now.graph, question, given, select))
            return {"total": len(answer["rows"]), **answer, "rows": paged(answer["rows"], limit, offset)}

        return reading.answer(look)

    return ask


def _unknown_question(name: str) -> Response:
    queries.find(name)
    raise HTTPException(HTTPStatus.NOT_FOUND)


def _parameter(param: Param, example: Mapping[str, str], ontology: Ontology) -> Json:
    """The parameter as OpenAPI describes it."""
    schema: Json = {"type": "string", "maxLength": 500}
    if choices := queries.choices(ontology, param):
        schema["enum"] = list(choices)
    if param.default is not None:
        schema["default"] = param.default
    said = f"{param.label_zh} · {param.label_en} ({param.kind})"
    row = {"name": param.name, "in": "query", "required": param.required, "description": said, "schema": schema}
    return {**row, "example": example[param.name]} if param.name in example else row
