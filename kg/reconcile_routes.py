"""The Reconciliation Service API 0.2 of the W3C's community group at `/reconcile`, as OpenRefine speaks it.

Pages of other origins may read its answers only where they come from this machine; JSONP, which 0.2 leaves open, would
let any page, and is not offered.
"""

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import parse_qsl, quote

import orjson
from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from kg import reconcile
from kg.answers import Json, Limit, Offset, Reading
from kg.config import package_version
from kg.errors import QueryError
from kg.graph import Graph
from kg.iris import ENTITY, ONTOLOGY, normal
from kg.live import LiveStore, Snapshot
from kg.markup import Child, Markup, element, joined
from kg.media import JSON
from kg.model import MODALITIES, Entity, Language
from kg.ontology import Ontology
from kg.problems import PROBLEMS
from kg.reconcile import Candidate, Constraint, Property, Strict, Value

PATH = "/reconcile"
_LOOPBACK = r"https?://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
_FORM = "application/x-www-form-urlencoded"

_LONGEST = 2 * 1024 * 1024
"""The most bytes of a batch."""
_MOST_QUERIES = 200
_MOST_LOOK_UPS = 1000
"""How much a batch may ask for: a look-up for each of its types, and for each value where a name is not given."""
_MOST_IDS = 1000
_MOST_CANDIDATES = 100
_USUAL_BATCH = 50
_WIDTH, _HEIGHT = 420, 220
_LONGEST_NAME = 80
_MOST_SHOWN = 5
"""How much of a name a preview shows, and of how many names and neighbours."""

_PREVIEW = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; "
    "frame-ancestors http://localhost:* http://127.0.0.1:*"
}
"""Unlike other pages, a preview is shown in a frame of OpenRefine."""

T = TypeVar("T")

router = APIRouter(prefix=PATH, tags=["数据匹配 reconciliation"], responses=PROBLEMS)


class Crossing:
    """Lets pages of this machine read the answers of the reconciliation service (CORS), and no other route's."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._crossed = CORSMiddleware(app, allow_origin_regex=_LOOPBACK, allow_methods=["GET", "POST"])

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        path = scope["path"] if scope["type"] == "http" else ""
        ours = path == PATH or path.startswith(f"{PATH}/")
        await (self._crossed if ours else self._app)(scope, receive, send)


# ---- What is asked

_Id = Annotated[str, Field(max_length=500)]


class _Sent(BaseModel):
    """An object whose members that are null were not given: so write clients that send all members always."""

    @model_validator(mode="before")
    @classmethod
    def _given(cls, sent: object) -> object:
        return {name: value for name, value in sent.items() if value is not None} if isinstance(sent, dict) else sent


class _Ref(_Sent):
    """A type, or a value that was reconciled before."""

    id: _Id


_Value = str | bool | int | float | _Ref
"""As a cell of a table holds it: a string may be of any length."""


class _Condition(_Sent):
    pid: _Id
    v: _Value | Annotated[list[_Value | None], Field(max_length=50)] = ""

    def constraint(self) -> Constraint:
        values = self.v if isinstance(self.v, list) else [self.v]
        return Constraint(self.pid, tuple(said for value in values if value is not None and (said := _said(value))))


class _Query(_Sent):
    model_config = ConfigDict(extra="forbid")

    query: str = ""
    type: _Id | _Ref | Annotated[list[_Id | _Ref], Field(max_length=50)] = []
    type_strict: Strict = "any"
    limit: int = Field(default=10, ge=1)
    properties: list[_Condition] = Field(default=[], max_length=20)

    def meant(self) -> reconcile.Query:
        if not (self.properties or "query" in self.model_fields_set):
            raise QueryError("a query has neither a name nor properties: give query, properties or both")
        types = self.type if isinstance(self.type, list) else [self.type]
        named = tuple(id_.removeprefix(ONTOLOGY) for id_ in map(_said, types) if id_)
        asked = (condition.constraint() for condition in self.properties)
        constraints = tuple(constraint for constraint in asked if constraint.values)
        return reconcile.Query(self.query, named, self.type_strict, min(self.limit, _MOST_CANDIDATES), constraints)


class _Settings(_Sent):
    """How values are given; what the manifest's `property_settings` offer. OpenRefine sends them as its form has them:
    numbers as text, and what was cleared as an empty one."""

    limit: Annotated[int, Field(ge=0)] | Literal[""] = 0
    modality: Literal["actual", "all"] = "actual"
    language: Language = "zh"


class _Asked(_Sent):
    id: _Id
    settings: _Settings = _Settings()


class _Extension(_Sent):
    ids: list[_Id] = Field(max_length=_MOST_IDS)
    properties: list[_Asked] = Field(max_length=50)


_QUERIES: TypeAdapter[dict[str, _Query]] = TypeAdapter(dict[str, _Query])
_EXTENSION = TypeAdapter(_Extension)


def _said(value: _Value) -> str:
    """A value as text; a whole number without its point."""
    if isinstance(value, _Ref):
        return value.id
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _read(kind: TypeAdapter[T], text: str, name: str) -> T:
    try:
        return kind.validate_json(text)
    except ValidationError as error:
        fault = error.errors()[0]
        place = ".".join(map(str, fault["loc"]))
        raise QueryError(f"{name} cannot be read: {place or 'the whole'}: {fault['msg']}") from error


# ---- The service

_EXAMPLE = orjson.dumps({"q0": {"query": "863计划", "type": "Program", "limit": 3}}).decode("utf-8")
_BATCH = {"queries": {"type": "string"}, "extend": {"type": "string"}}
_BODIES = {
    "requestBody": {
        "content": {
            _FORM: {
                "schema": {"type": "object", "properties": _BATCH},
                "example": f"queries={quote(_EXAMPLE)}",
            }
        }
    }
}


@router.get("")
def service(
    request: Request,
    reading: Reading,
    queries: Annotated[
        str | None,
        Query(max_length=_LONGEST, description="一批名称（JSON） · a batch of names, as JSON", examples=[_EXAMPLE]),
    ] = None,
    extend: Annotated[
        str | None,
        Query(max_length=_LONGEST, description="取实体的属性（JSON） · read properties of entities, as JSON"),
    ] = None,
) -> Response:
    """W3C 数据匹配服务 0.2，可用于 OpenRefine；不带参数时返回服务说明 · The W3C's Reconciliation Service API 0.2, for
    OpenRefine; without parameters the service's manifest."""
    look = _asking(queries, extend)
    base = str(request.base_url)
    return reading.answer(look or (lambda now: manifest(base, now.graph.ontology)))


@router.post("", openapi_extra=_BODIES)
async def service_by_form(request: Request) -> Response:
    """同上，以表单提交 · The same, sent as a form."""
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send queries or extend as {_FORM}")
    form = await _form(request)
    look = _asking(form.get("queries"), form.get("extend"))
    if look is None:
        raise QueryError("the form has neither queries nor extend: send one of them")
    live: LiveStore = request.app.live
    body = await run_in_threadpool(lambda: orjson.dumps(live.read(look)))
    return Response(body, media_type=JSON)


async def _form(request: Request) -> dict[str, str]:
    body = bytearray()
    async for piece in request.stream():
        body += piece
        if len(body) > _LONGEST:
            raise HTTPException(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a batch may have at most {_LONGEST:,} bytes: send smaller ones"
            )
    try:
        return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=20, errors="strict"))
    except ValueError as error:
        raise QueryError(f"the form cannot be read: {error}") from error


def _asking(queries: str | None, extend: str | None) -> Callable[[Snapshot], Json] | None:
    """What the parameters ask for; None where they ask for nothing."""
    if queries is not None and extend is not None:
        raise QueryError("give queries or extend, not both")
    if queries is not None:
        batch = _read(_QUERIES, queries, "queries")
        if len(batch) > _MOST_QUERIES:
            raise HTTPException(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                f"{len(batch)} queries are too many at once: send at most {_MOST_QUERIES}",
            )
        meant = {key: query.meant() for key, query in batch.items()}
        if sum(map(_look_ups, meant.values())) > _MOST_LOOK_UPS:
            raise QueryError("these queries have too many types and values: send smaller batches")
        return lambda now: results_json(now.graph.ontology, reconcile.reconcile(now.graph, meant))
    if extend is not None:
        extension = _read(_EXTENSION, extend, "extend")
        return lambda now: _extended(now.graph, extension)
    return None


def _look_ups(query: reconcile.Query) -> int:
    values = sum(len(constraint.values) for constraint in query.constraints)
    return (len(query.types) + 1) * (1 if query.named else values)


def manifest(base: str, ontology: Ontology) -> Json:
    """What the service at that address (with a slash at its end) says of itself."""
    service = base + PATH.removeprefix("/")

    def suggested(kind: str) -> Json:
        paths = {"service_path": f"/suggest/{kind}", "flyout_service_path": f"/flyout/{kind}?id=${{id}}"}
        return {"service_url": service, "flyout_service_url": service, **paths}

    return {
        "versions": ["0.2"],
        "name": "policykg",
        "identifierSpace": ENTITY,
        "schemaSpace": ONTOLOGY,
        "documentation": f"{base}docs",
        "serviceVersion": package_version(),
        "batchSize": _USUAL_BATCH,
        "defaultTypes": [_type(ontology, name) for name in ontology.types],
        "view": {"url": f"{base}id/{{{{id}}}}"},
        "preview": {"url": f"{service}/preview?id={{{{id}}}}", "width": _WIDTH, "height": _HEIGHT},
        "suggest": {kind: suggested(kind) for kind in ("entity", "property", "type")},
        "extend": {
            "propose_properties": {"service_url": service, "service_path": "/properties"},
            "property_settings": _SETTINGS,
        },
    }


_SETTINGS: list[Json] = [
    {
        "name": "limit",
        "label": "最多几个值 · at most so many values",
        "type": "number",
        "default": 0,
        "help_text": "0 为不限 · 0 for all",
    },
    {
        "name": "modality",
        "label": "陈述 · statements",
        "type": "select",
        "default": "actual",
        "choices": [
            {"value": "actual", "name": "已发生的 · what happened"},
            {"value": "all", "name": "含建议和否定 · also what is proposed or denied"},
        ],
    },
    {
        "name": "language",
        "label": "名称的语言 · language of names",
        "type": "select",
        "default": "zh",
        "choices": [{"value": "zh", "name": "中文"}, {"value": "en", "name": "English"}],
    },
]


def _type(ontology: Ontology, name: str) -> Json:
    kind = ontology.kinds.get(name)
    return {"id": name, "name": f"{kind.label_zh} · {kind.label_en}" if kind else name}


def results_json(ontology: Ontology, found: Mapping[str, Sequence[Candidate]]) -> Json:
    """The candidates of a batch."""
    return {key: {"result": [_candidate(ontology, each) for each in candidates]} for key, candidates in found.items()}


def _candidate(ontology: Ontology, candidate: Candidate) -> Json:
    return {
        **_entity(candidate.entity),
        "type": [_type(ontology, candidate.entity.type)],
        "score": candidate.score,
        "features": [{"id": name, "value": value} for name, value in candidate.features.items()],
        "match": candidate.match,
    }


def _entity(entity: Entity, language: Language = "zh") -> Json:
    """An entity by its id and name, and its other names as a description."""
    name = entity.label(language)
    others = [each for each in (*entity.names, entity.country) if each and each != name]
    said = {"description": _short(" · ".join(_short(each) for each in others[:_MOST_SHOWN]), 300)} if others else {}
    return {"id": entity.id, "name": name, **said}


def _short(text: str, most: int = _LONGEST_NAME) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"


# ---- Suggestions

_LONGEST_PREFIX = 200
_Prefix = Annotated[str, AfterValidator(lambda typed: typed[:_LONGEST_PREFIX])]
"""What was typed. OpenRefine begins with what the cell holds, which may be a whole paragraph."""


@router.get("/suggest/entity", include_in_schema=False)
def suggest_entity(reading: Reading, prefix: _Prefix, cursor: Offset = 0, limit: Limit = 10) -> Response:
    """The entity of that id, or entities by the beginning of a name, or whatever else the search finds."""

    def look(now: Snapshot) -> Json:
        by_id = now.graph.entities([prefix.strip().removeprefix(ENTITY)])
        by_name = () if by_id else now.graph.search(prefix, limit=limit, offset=cursor)[0]
        found = (*by_id[cursor : cursor + limit], *(match.entity for match in by_name))
        kinds = now.graph.ontology
        return {"result": [{**_entity(entity), "notable": [_type(kinds, entity.type)]} for entity in found]}

    return reading.answer(look)


@router.get("/suggest/type", include_in_schema=False)
def suggest_type(reading: Reading, prefix: _Prefix, cursor: Offset = 0, limit: Limit = 10) -> Response:
    """Types by a part of their name in either language."""

    def look(now: Snapshot) -> Json:
        rows = [{**_type(now.graph.ontology, name)} for name in now.graph.ontology.kinds]
        return _suggested(rows, prefix, cursor, limit)

    return reading.answer(look)


@router.get("/suggest/property", include_in_schema=False)
def suggest_property(reading: Reading, prefix: _Prefix, cursor: Offset = 0, limit: Limit = 10) -> Response:
    """Properties by a part of their name in either language."""

    def look(now: Snapshot) -> Json:
        return _suggested(list(map(_property, reconcile.properties(now.graph.ontology))), prefix, cursor, limit)

    return reading.answer(look)


def _suggested(rows: Sequence[Json], prefix: str, cursor: int, limit: int) -> Json:
    """The rows whose id or name holds the text, those that begin with it first."""
    key = normal(prefix.removeprefix(ONTOLOGY))

    def place(row: Json) -> int:
        names = [normal(name) for name in (row["id"], *row["name"].split(" · "))]
        return min((name.index(key) for name in names if key in name), default=-1)

    found = sorted((row for row in rows if place(row) >= 0), key=lambda row: place(row) > 0)
    return {"result": found[cursor : cursor + limit]}


def _property(property: Property) -> Json:
    return {"id": property.id, "name": property.label()}


# ---- Previews

_Shown = Annotated[str, Query(max_length=2000)]


@router.get("/preview", include_in_schema=False)
def preview(reading: Reading, id: _Shown) -> Response:
    """An entity as a small page."""
    head = element("head", element("meta", charset="utf-8"), element("title", "policykg"), element("style", _LOOK))

    def look(now: Snapshot) -> str:
        shown = _shown(now.graph, now.graph.entity(id.removeprefix(ENTITY)))
        return "<!doctype html>" + element("html", head, element("body", shown), lang="zh")

    return HTMLResponse(reading.live.read(look), headers=_PREVIEW)


_LOOK = Markup(
    "body{font:14px/1.45 system-ui,sans-serif;margin:.6em;color-scheme:light dark;overflow-wrap:anywhere}"
    "h1{font-size:1.1em;margin:0}p,ul{margin:.3em 0}ul{padding-left:1.2em}"
)


@router.get("/flyout/{kind}", include_in_schema=False)
def flyout(reading: Reading, kind: Literal["entity", "property", "type"], id: _Shown) -> Response:
    """What is suggested, as a piece of HTML."""
    return reading.answer(lambda now: {"id": id, "html": str(_flown(now.graph, kind, id))})


def _flown(graph: Graph, kind: str, id: str) -> Markup:
    ontology = graph.ontology
    if kind == "entity":
        return _shown(graph, graph.entity(id.removeprefix(ENTITY)))
    if kind == "type":
        (name,) = reconcile.named_types(ontology, (id.removeprefix(ONTOLOGY),))
        of_type = ontology.kinds[name]
        return _defined(f"{of_type.label_zh} · {of_type.label_en}", of_type.definition_zh, of_type.definition_en)
    property = reconcile.named_properties(ontology, (id,))[id]
    relation = ontology.relations.get(property.id.removeprefix(reconcile.AGAINST))
    said = (relation.definition_zh, relation.definition_en) if relation else ()
    return _defined(property.label(), *said)


def _defined(name: str, *definitions: str) -> Markup:
    return joined([element("h1", name), *(element("p", said) for said in definitions)])


def _shown(graph: Graph, entity: Entity) -> Markup:
    """An entity: its names, type and country, and what it has most to do with."""
    kind = [_type(graph.ontology, entity.type)["name"], entity.country]
    others = [name for name in entity.names if name != entity.label()][:_MOST_SHOWN]
    near = graph.neighbours(entity.id, _MOST_SHOWN)
    lines = [element("li", _related(graph.ontology, each.relations, each.inverse), _name(each.entity)) for each in near]
    return joined(
        [
            element("h1", _name(entity)),
            element("p", " · ".join(filter(None, kind))),
            element("p", joined(map(_isolated, others), " · ")) if others else None,
            element("ul", lines) if lines else None,
        ]
    )


def _related(ontology: Ontology, relations: Sequence[str], inverse: Sequence[str]) -> str:
    known = ontology.relations
    words = [f"{known[name].label_zh} {known[name].label_en}" for name in relations if name in known]
    words += [f"{known[name].inverse_zh} {known[name].inverse_en}" for name in inverse if name in known]
    return " / ".join(words[:2]) + "："


def _name(entity: Entity) -> Child:
    return _isolated(entity.label())


def _isolated(name: str) -> Markup:
    """A name, whichever way it is written, shortened; it turns nothing around that stands beside it."""
    return element("bdi", _short(name))


# ---- Properties


@router.get("/properties", include_in_schema=False)
def propose_properties(reading: Reading, type: _Id = "", limit: Annotated[int, Query(ge=0)] = 0) -> Response:
    """The properties that entities of a type may have; 0 is no limit."""
    name = type.removeprefix(ONTOLOGY) or None

    def look(now: Snapshot) -> Json:
        rows = list(map(_property, reconcile.properties(now.graph.ontology, name)))
        said: dict[str, Any] = {"type": name} if name else {}
        return {**said, "limit": limit, "properties": rows[:limit] if limit else rows}

    return reading.answer(look)


def _extended(graph: Graph, asked: _Extension) -> Json:
    """The values of properties: what is known of them, and a row for each id."""
    known = reconcile.named_properties(graph.ontology, (each.id for each in asked.properties))
    settings = {known[each.id].id: each.settings for each in asked.properties}
    wanted = {property.id: property for property in known.values()}

    def counted(id_: str) -> Sequence[str]:
        return MODALITIES if settings[id_].modality == "all" else ("actual",)

    found = reconcile.extend(graph, asked.ids, list(wanted.values()), counted)
    rows = {id_: {name: _values(values, settings[name]) for name, values in row.items()} for id_, row in found.items()}
    return {"meta": [_meta(graph.ontology, each) for each in wanted.values()], "rows": rows}


def _values(values: Sequence[Value], settings: _Settings) -> list[Json]:
    kept = values[: settings.limit] if settings.limit else values
    return [_value(value, settings.language) for value in kept]


def _value(value: Value, language: Language) -> Json:
    if isinstance(value, Entity):
        return {"id": value.id, "name": value.label(language)}
    return {"int": value} if isinstance(value, int) else {"str": value}


def _meta(ontology: Ontology, property: Property) -> Json:
    """A property; where its values are all of one type, that type."""
    relation = ontology.relations.get(property.id.removeprefix(reconcile.AGAINST))
    types: frozenset[str] = frozenset()
    if relation and property.related:
        types = relation.subjects if property.id.startswith(reconcile.AGAINST) else relation.objects
    said = {"type": _type(ontology, next(iter(types)))} if len(types) == 1 else {}
    return {**_property(property), **said}
