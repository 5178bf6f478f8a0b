"""The SPARQL 1.1 protocol: queries by GET, POST form and POST body, answered by `kg.workers`. It only reads."""

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

import pyoxigraph as ox
from fastapi import APIRouter, Request, Response
from pydantic_core import Url
from starlette.exceptions import HTTPException

from kg import lookups, rdf
from kg.errors import QueryError
from kg.iris import PREFIXES
from kg.live import LiveStore
from kg.media import GRAPHS, RESULTS, choose, typed
from kg.problems import PROBLEMS
from kg.telemetry import Telemetry
from kg.workers import Answered, Asked, Busy, Gone, Pool, TooMuch

LONGEST = 100_000
"""The most bytes of a request's body, or characters of a query."""

_FORM, _QUERY, _UPDATE = "application/x-www-form-urlencoded", "application/sparql-query", "application/sparql-update"
_DEFAULT_GRAPH, _NAMED_GRAPH = "default-graph-uri", "named-graph-uri"
_RETRY = {"Retry-After": "2"}
_VARY = "Accept, Accept-Encoding"
_RESULTS, _GRAPH_MEDIA = tuple(RESULTS), tuple(GRAPHS)
_EXAMPLE = "SELECT ?program ?target WHERE { ?program a pkg:Program ; pkg:targets ?target } LIMIT 10"

_ANSWERS: dict[str, Any] = {media: {} for media in dict.fromkeys((*RESULTS, *GRAPHS))}
_DESCRIBED: dict[str, Any] = {
    "parameters": [
        {
            "name": "query",
            "in": "query",
            "description": "SPARQL 1.1 查询；不给则返回服务说明 · a query; without one, the service is described",
            "schema": {"type": "string", "maxLength": LONGEST},
            "example": _EXAMPLE,
        },
        *(
            {
                "name": name,
                "in": "query",
                "description": "查询所见的图（可多个） · a graph that the query is to see; may be given several times",
                "schema": {"type": "array", "items": {"type": "string", "format": "uri"}},
            }
            for name in (_DEFAULT_GRAPH, _NAMED_GRAPH)
        ),
    ],
}
_BODIES = {
    "requestBody": {
        "content": {
            _QUERY: {"schema": {"type": "string"}, "example": _EXAMPLE},
            _FORM: {"schema": {"type": "object", "required": ["query"], "properties": {"query": {"type": "string"}}}},
        }
    }
}
_TAGS: list[str | Enum] = ["SPARQL"]
_FOUND: dict[int | str, dict[str, Any]] = {200: {"description": "答案 · The answer", "content": _ANSWERS}}

router = APIRouter(responses={**PROBLEMS, **_FOUND})


@router.get("/sparql", tags=_TAGS, openapi_extra=_DESCRIBED)
async def query_by_get(request: Request) -> Response:
    """SPARQL 1.1 查询端点（只读） · A SPARQL 1.1 query endpoint that only reads. The prefixes of exports need no
    declaration."""
    named = _named(parameters(request.scope["query_string"]))
    if "query" not in named and "update" not in named:
        return _description(request)
    return await _answered(request, named)


@router.post("/sparql", tags=_TAGS, openapi_extra=_BODIES)
async def query_by_post(request: Request) -> Response:
    """同上，查询在请求体中 · The same with the query in the body, as it is or as a form."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == _UPDATE:
        raise _read_only()
    if kind not in (_FORM, _QUERY):
        raise HTTPException(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"send the query as {_QUERY} or {_FORM}")
    try:
        body = (await _body(request)).decode("utf-8")
        form = parse_qsl(body, keep_blank_values=True, max_num_fields=100) if kind == _FORM else None
    except ValueError as error:
        raise QueryError(f"the body cannot be read: {error}") from error
    if form is None:
        form = [*parameters(request.scope["query_string"]), ("query", body)]
    return await _answered(request, _named(form))


def parameters(query: bytes) -> list[tuple[str, str]]:
    """The parameters that the query part of an address gives, those without a value too, as `parse_qsl` gives them."""
    if query.translate(None, _VISIBLE):
        return parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    # a query in an address is mostly escapes, which this decodes in a fifth of the time
    return Url(f"http://localhost/?{query.decode('ascii')}").query_params()


_VISIBLE = bytes(range(0x21, 0x7F)).replace(b"#", b"")
"""All that the query part of an address may hold, and more."""


async def _body(request: Request) -> bytes:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST:
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a query may have at most {LONGEST:,} bytes")
    return body


def _read_only() -> HTTPException:
    return HTTPException(HTTPStatus.FORBIDDEN, "this endpoint only reads: an update is done by ingesting documents")


# ---- Queries


def _named(given: Iterable[tuple[str, str]]) -> Mapping[str, Sequence[str]]:
    """The parameters' values by their names."""
    named: dict[str, list[str]] = {}
    for name, value in given:
        named.setdefault(name, []).append(value)
    return named


async def _answered(request: Request, named: Mapping[str, Sequence[str]]) -> Response:
    """The answer to the query that the parameters hold."""
    query = _one_query(named)
    results, graph = _wanted(dict(reversed(request.scope["headers"])).get(b"accept", b""))
    if results is None and graph is None:
        raise _unacceptable()
    live: LiveStore = request.app.live
    now = live.unchanged()
    if now is None:
        # opening the store again takes long
        now = await asyncio.to_thread(live.current)
    if now.graph.store.folder is None:
        raise QueryError("a store in memory cannot be asked over HTTP")
    default, other = named.get(_DEFAULT_GRAPH), named.get(_NAMED_GRAPH)
    if results and not default and not other and (body := lookups.answer(now.graph.store, query, RESULTS[results])):
        request.app.telemetry.query("answered")
        return _sent(body, results)
    answer = await _asked(request, Asked(query, now.graph.store.folder, results, graph, default, other))
    if answer.media is None:
        raise _unacceptable()
    return _sent(answer.body, answer.media)


@lru_cache(maxsize=512)
def _wanted(accept: bytes) -> tuple[str | None, str | None]:
    """Which media types for results and for graphs the header wants most."""
    text = accept.decode("latin-1")
    return choose(text, _RESULTS), choose(text, _GRAPH_MEDIA)


def _sent(body: bytes, media: str) -> Response:
    response = Response(body)
    response.raw_headers += _headers(media)
    return response


@lru_cache(maxsize=20)
def _headers(media: str) -> list[tuple[bytes, bytes]]:
    return [(b"content-type", typed(media).encode()), (b"vary", _VARY.encode())]


def _one_query(named: Mapping[str, Sequence[str]]) -> str:
    if "update" in named:
        raise _read_only()
    queries = named.get("query", ())
    if len(queries) != 1:
        raise QueryError(f"there must be one query, not {len(queries)}")
    if len(queries[0]) > LONGEST:
        raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"a query may have at most {LONGEST:,} characters")
    return queries[0]


def _unacceptable() -> HTTPException:
    known = ", ".join(dict.fromkeys((*RESULTS, *GRAPHS)))
    return HTTPException(HTTPStatus.NOT_ACCEPTABLE, f"the answer can be one of {known}, each where it fits the query")


async def _asked(request: Request, asked: Asked) -> Answered:
    try:
        return await answered(request, asked)
    except QueryError as error:
        if _UPDATES.match(asked.query):
            raise _read_only() from error
        raise


async def answered(request: Request, asked: Asked) -> Answered:
    """The answer of a process that can be stopped; counted by what became of it. Raises QueryError for a query that
    cannot be answered, HTTPException for one that was stopped, or could not begin."""
    pool: Pool = request.app.pool
    telemetry: Telemetry = request.app.telemetry
    try:
        answer = await pool.ask(asked, request.is_disconnected)
    except Gone as error:
        telemetry.query("gone")
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, "the client has gone") from error
    except Busy as error:
        telemetry.query("busy")
        raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, str(error), _RETRY) from error
    except TooMuch as error:
        telemetry.query(error.outcome)
        status = HTTPStatus.GATEWAY_TIMEOUT if error.outcome == "time" else HTTPStatus.UNPROCESSABLE_ENTITY
        raise HTTPException(status, str(error)) from error
    except QueryError:
        telemetry.query("refused")
        raise
    telemetry.query("answered")
    return answer


_GAP = r"(?:\s++|#[^\n\r]*+)*+"
_UPDATES = re.compile(
    rf"{_GAP}(?:(?:PREFIX{_GAP}[^\s:]*+:|BASE){_GAP}<[^>\s]*+>{_GAP})*+"
    r"(?:INSERT|DELETE|LOAD|CLEAR|DROP|CREATE|COPY|MOVE|ADD|WITH)\b",
    re.IGNORECASE,
)
"""What begins as an update does."""


# ---- What the service is

_SD = "http://www.w3.org/ns/sparql-service-description#"
_FORMATS = "http://www.w3.org/ns/formats/"
_WRITTEN = (
    *("SPARQL_Results_JSON", "SPARQL_Results_XML", "SPARQL_Results_CSV", "SPARQL_Results_TSV"),
    *("Turtle", "N-Triples", "RDF_XML", "JSON-LD"),
)


def _description(request: Request) -> Response:
    """The service in the words of SPARQL 1.1 Service Description."""
    media = choose(request.headers.get("accept", ""), _GRAPH_MEDIA) or next(iter(GRAPHS))
    live: LiveStore = request.app.live
    triples = live.read(lambda now: _service(str(request.url.replace(query="")), now.graph.store.sources()))
    return _sent(ox.serialize(triples, format=GRAPHS[media], prefixes={**PREFIXES, "sd": _SD}) or b"", media)


def _service(endpoint: str, sources: Sequence[str]) -> list[ox.Triple]:
    service, dataset, default = (ox.NamedNode(f"{endpoint}{part}") for part in ("#service", "#dataset", "#default"))

    def sd(name: str) -> ox.NamedNode:
        return ox.NamedNode(_SD + name)

    a = ox.NamedNode(PREFIXES["rdf"] + "type")
    return [
        ox.Triple(service, a, sd("Service")),
        ox.Triple(service, sd("endpoint"), ox.NamedNode(endpoint)),
        ox.Triple(service, sd("supportedLanguage"), sd("SPARQL11Query")),
        *(ox.Triple(service, sd("resultFormat"), ox.NamedNode(_FORMATS + name)) for name in _WRITTEN),
        ox.Triple(service, sd("defaultDataset"), dataset),
        ox.Triple(dataset, a, sd("Dataset")),
        ox.Triple(dataset, sd("defaultGraph"), default),
        ox.Triple(default, a, sd("Graph")),
        *_named_graphs(dataset, a, sources),
    ]


def _named_graphs(dataset: ox.NamedNode, a: ox.NamedNode, sources: Sequence[str]) -> list[ox.Triple]:
    """The documents' graphs; each document's IRI stands for its own description."""
    found: list[ox.Triple] = []
    for source in sources:
        name = rdf.document_node(source)
        node = ox.NamedNode(f"{name.value}#graph")
        found += (
            ox.Triple(dataset, ox.NamedNode(f"{_SD}namedGraph"), node),
            ox.Triple(node, a, ox.NamedNode(f"{_SD}NamedGraph")),
            ox.Triple(node, ox.NamedNode(f"{_SD}name"), name),
        )
    return found
