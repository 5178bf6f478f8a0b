"""The routes of the analyses and of the matching, as JSON, CSV or SVG."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse

from kg import analysis, charts, matching
from kg.analyses.form import Analysis, Param
from kg.analysis import Result
from kg.answers import Reader, Reading
from kg.live import LiveStore, Snapshot
from kg.model import Language
from kg.ontology import Ontology, load
from kg.problems import PROBLEMS

Form = Literal["json", "csv", "svg"]
_Format = Annotated[Form, Query(description="json 数据, csv 表格, svg 图 · data, table, picture")]
_Language = Annotated[Language, Query(description="csv 和 svg 的语言 · the language of csv and svg")]
_OWN = ("format", "lang")
"""What the routes take beside the parameters of an analysis."""


def router() -> APIRouter:
    """A route for the list of analyses, one for each, and one for the matching."""
    made = APIRouter(prefix="/api", tags=["分析 analyses"], responses=PROBLEMS)
    known, ontology = analysis.load(), load()
    listed = {"analyses": [analysis.analysis_json(each) for each in known.values()], "match": matching.match_json()}
    made.add_api_route(
        "/analysis", lambda: JSONResponse(listed), summary="Analyses", description="全部分析 · All analyses"
    )
    for each in known.values():
        made.add_api_route(
            f"/analysis/{each.name}",
            _running(each),
            summary=each.name,
            description=f"{each.zh}：{each.about_zh}\n\n{each.en}: {each.about_en}",
            openapi_extra=_described(analysis.params_of(each), ontology),
        )
    made.add_api_route("/analysis/{name}", _unknown, include_in_schema=False)
    made.add_api_route(
        "/match",
        _matching,
        summary="match",
        description="适用于企业、技术或产业的政策工具和计划 · What applies to a firm, a technology or an industry",
        openapi_extra=_described(matching.PARAMS, ontology),
    )
    return made


def _running(each: Analysis) -> Callable[..., Response]:
    def run(request: Request, reading: Reading, format: _Format = "json", lang: _Language = "zh") -> Response:
        return _answer(request, reading, format, lang, lambda now, given: analysis.run(now.graph, each, given))

    return run


def _matching(request: Request, reading: Reading, format: _Format = "json", lang: _Language = "zh") -> Response:
    return _answer(request, reading, format, lang, lambda now, given: matching.run(now.graph, given))


def _unknown(name: str) -> Response:
    analysis.find(name)
    raise AssertionError(f"the analysis {name} has a route of its own")


def _answer(
    request: Request,
    reading: Reader,
    form: Form,
    language: Language,
    run: Callable[[Snapshot, Mapping[str, str]], Result],
) -> Response:
    """What the analysis gives for the request's other parameters, in the form asked for."""
    given = {name: value for name, value in request.query_params.items() if name not in _OWN}
    if form == "json":
        return reading.answer(lambda now: analysis.result_json(run(now, given)))
    live: LiveStore = request.app.live
    result = live.read(lambda now: run(now, given))
    if form == "csv":
        return Response(analysis.table_csv(result.table, language), media_type="text/csv; charset=utf-8")
    drawn = charts.chart_svg(result.chart, result.title[0 if language == "zh" else 1], language)
    return Response(drawn, media_type="image/svg+xml")


def _described(params: tuple[Param, ...], ontology: Ontology) -> dict[str, Any]:
    """The parameters as OpenAPI describes them, beside those of the route itself."""
    return {"parameters": [_parameter(param, ontology) for param in params]}


def _parameter(param: Param, ontology: Ontology) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "number"} if param.kind == "Number" else {"type": "string", "maxLength": 500}
    if param.kind == "Type":
        schema["enum"] = list(ontology.kinds)
    if param.choices:
        schema["enum"] = [choice.name for choice in param.choices]
    if param.default is not None:
        schema["default"] = float(param.default) if param.kind == "Number" else param.default
    said = f"{param.label_zh} · {param.label_en} ({param.kind})"
    row = {"name": param.name, "in": "query", "required": param.required, "description": said, "schema": schema}
    return {**row, "example": _EXAMPLES.get(param.name, "半导体产业")} if param.required else row


_EXAMPLES = {"one": "半导体产业", "other": "新能源汽车产业"}
"""Things of the bundled examples, which OpenAPI's examples are about."""
