"""The look-ups and the questions as routes. Everything only reads."""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Header, Path, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kg import queries, rows, telling
from kg.answers import MOST, Json, Limit, Reading
from kg.asked import Asked, answer
from kg.inference import inferences
from kg.live import Snapshot
from kg.model import Chain, Language, Modality
from kg.ontology import Ontology, load
from kg.problems import PROBLEMS
from kg.queries import Param, Question
from kg.templates import load_forms

api = APIRouter(prefix="/api", responses=PROBLEMS)

Form = Annotated[
    telling.Form | None, Query(description="形式，否则由 Accept 决定 · how it is written; else as Accept says")
]


@api.get("/documents", tags=["文献 documents"])
def documents(reading: Reading) -> Response:
    """全部文献 · All documents, with what they say of themselves and how much was read from each."""
    return reading.answer(
        lambda now: {"documents": [rows.document_row(document) for document in now.graph.store.documents()]}
    )


@api.get("/documents/{source:path}", tags=["文献 documents"])
def document(source: str, reading: Reading) -> Response:
    """一篇文献的题录、章节和全文 · A document's bibliography, sections and text."""
    return reading.answer(lambda now: rows.text_row(now.graph.store.document(source)))


@api.get("/refusals", tags=["文献 documents"])
def refusals(
    reading: Reading,
    source: Annotated[str | None, Query(max_length=500, description="只看这篇文献 · of this document only")] = None,
    limit: Limit = 200,
) -> Response:
    """未收入的陈述及其原因 · What was read but not let in, and why."""

    def look(now: Snapshot) -> Json:
        found = now.graph.refusals(source)
        return {"total": len(found), "refusals": [rows.refusal_row(refusal) for refusal in found[:limit]]}

    return reading.answer(look)


@api.get("/entities", tags=["实体 entities"])
def entities(
    reading: Reading,
    q: Annotated[
        str, Query(max_length=200, description="中文或英文名称的一部分 · part of a name, either language")
    ] = "",
    type: Annotated[str | None, Query(max_length=50, description="实体类型 · an entity type")] = None,
    limit: Limit = 20,
) -> Response:
    """按名称查找实体 · Entities by name, the best first."""
    return reading.answer(
        lambda now: {"entities": [rows.match_row(match) for match in now.graph.find(q, type=type, limit=limit)]}
    )


@api.get("/entity/{id:path}", tags=["实体 entities"])
def entity(id: str, reading: Reading) -> Response:
    """一个实体及其全部陈述、证据和推断 · An entity, every statement about it with its evidence, and what follows."""

    def look(now: Snapshot) -> Json:
        found = now.graph.resolve(id)
        outgoing, incoming = now.graph.statements(found.id)
        inferred = inferences(now.graph.store, about=found.id)
        labels = now.graph.ends([*outgoing, *incoming, *inferred], found)
        return rows.described_row(found, outgoing, incoming, inferred, labels, now.graph.ontology)

    return reading.answer(look)


@api.get("/neighbours/{id:path}", tags=["实体 entities"])
def neighbours(id: str, reading: Reading, limit: Limit = 50) -> Response:
    """相邻实体 · The entities one statement away."""

    def look(now: Snapshot) -> Json:
        found = now.graph.neighbours(now.graph.resolve(id).id, limit)
        return {"neighbours": [rows.neighbour_row(neighbour) for neighbour in found]}

    return reading.answer(look)


@api.get("/chains", tags=["关系链 chains"])
def chains(
    reading: Reading,
    start: Annotated[
        str | None, Query(alias="from", max_length=500, description="名称、标识或类型 · a name, an id or a type")
    ] = None,
    end: Annotated[
        str | None, Query(alias="to", max_length=500, description="名称、标识或类型 · a name, an id or a type")
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
    modality: Annotated[list[Modality], Query(description="只用这些语态 · of these modalities only")] = [],  # noqa: B006
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

    form = telling.form_of(format, accept)
    if form == "json":
        return reading.answer(look)
    return _exported(reading, lambda now: answer(now.graph, lambda: now.chains, asked).chains, form, lang)


@api.get("/chain/{id}", tags=["关系链 chains"])
def chain(
    id: Annotated[str, Path(max_length=150, description="链条标识 · the id of a chain")],
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

    form = telling.form_of(format, accept)
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

    media = next(media for media, each in telling.MEDIA.items() if each == form)
    charset = "" if form == "jsonld" else "; charset=utf-8"
    return reading.text(look, media + charset)


@api.get("/templates", tags=["关系链 chains"])
def templates() -> Response:
    """关系链模板：政策→计划→主体→技术→产品→产业等 · The forms of chains that one can ask for by name."""
    return JSONResponse({"templates": [rows.template_row(each) for each in load_forms().templates.values()]})


@api.get("/merges", tags=["实体 entities"])
def merges(reading: Reading) -> Response:
    """哪些实体已合并，理由与依据 · Which entities were merged, why and where it is read."""

    def look(now: Snapshot) -> Json:
        found, labels = now.graph.merges()
        return {"merges": [rows.merge_row(decision, labels) for decision in found]}

    return reading.answer(look)


@api.get("/stats", tags=["全图 the whole"])
def stats(reading: Reading) -> Response:
    """图谱的规模 · How much the graph holds."""
    return reading.answer(lambda now: rows.stats_row(now.graph.stats()))


@api.get("/ontology", tags=["全图 the whole"])
def ontology_(reading: Reading) -> Response:
    """实体类型、关系和语态的名称 · The names of entity types, relations and modalities."""
    return JSONResponse(rows.ontology_row(load()))


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
            openapi_extra={"parameters": [_parameter(param, ontology) for param in question.params]},
        )
    router.add_api_route("/{name}", _unknown_question, include_in_schema=False)
    return router


def _asking(question: Question) -> Callable[..., Response]:
    def ask(request: Request, reading: Reading, limit: Limit = MOST) -> Response:
        given = {name: value for name, value in request.query_params.items() if name != "limit"}

        def look(now: Snapshot) -> Json:
            answer = queries.table_json(queries.run(now.graph, question, given))
            return {"total": len(answer["rows"]), **answer, "rows": answer["rows"][:limit]}

        return reading.answer(look)

    return ask


def _unknown_question(name: str) -> Response:
    queries.find(name)
    raise HTTPException(HTTPStatus.NOT_FOUND)


def _parameter(param: Param, ontology: Ontology) -> Json:
    """The parameter as OpenAPI describes it."""
    schema: Json = {"type": "string", "maxLength": 500}
    if choices := queries.choices(ontology, param):
        schema["enum"] = list(choices)
    if param.default is not None:
        schema["default"] = param.default
    said = f"{param.label_zh} · {param.label_en} ({param.kind})"
    return {"name": param.name, "in": "query", "required": param.required, "description": said, "schema": schema}
