"""The HTTP side: look-ups, chains and questions as JSON, the explorer, the drawn graph. Everything only reads.

A server never holds the store for writing, and what another process writes shows in the next answer. Errors are
problem details (RFC 9457), made in one place.
"""

import signal
import socket
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import APIRouter, Depends, FastAPI, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from starlette.middleware.trustedhost import TrustedHostMiddleware

from kg import cite, queries, rows
from kg.config import package_version
from kg.errors import NotFound, PolicykgError, QueryError, StoreError
from kg.export import entity_row
from kg.inference import inferences
from kg.live import LiveStore, Snapshot
from kg.model import Language, Modality
from kg.ontology import Ontology, load
from kg.queries import Param, Question
from kg.view import page

Json = dict[str, Any]

_LOOPBACK = ("localhost", "127.0.0.1", "[")
"""Names of this machine as the Host header may give them; the last is how IPv6 addresses begin."""
_STATIC = Path(__file__).parent / "static"
_MOST = 1000
"""The most rows that one answer holds."""


def create_app(store_path: Path, hosts: Sequence[str] = _LOOPBACK) -> FastAPI:
    """The application over the store in that folder. The folder is opened when it is first needed: as long as there
    is no store, the answer is 503 and says so. Only requests to one of `hosts` are answered, so that no web page of
    elsewhere reaches the server under a name of its own (DNS rebinding)."""
    ontology = load()
    app = FastAPI(
        title="policykg",
        version=package_version(),
        description="实体、陈述与证据、关系链、问题。 Entities, statements with evidence, chains, questions.",
        docs_url=None,
        redoc_url=None,
    )
    app.state.live = LiveStore(store_path, ontology)
    app.middleware("http")(_secured)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=list(hosts))
    for kind in (PolicykgError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, _problem)
    app.include_router(_api)
    app.include_router(_questions(queries.load(), ontology))
    app.include_router(_pages)
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.mount("/swagger", StaticFiles(packages=[("fastapi_offline", "static")]))
    return app


def run(store_path: Path, host: str, port: int, say: Callable[[str], None]) -> None:
    """Serve the store until Ctrl-C or SIGTERM. Port 0 takes a free one; `say` gets the address when it listens.

    Raises StoreError where there is no store, or where the host or port cannot be had.
    """
    app = create_app(store_path, _LOOPBACK if host in _LOOPBACK else ("*",))
    app.state.live.read(lambda snapshot: snapshot.graph.store.sources())
    listener = _listener(host, port)
    name = f"[{host}]" if ":" in host else host
    say(f"http://{name}:{listener.getsockname()[1]}/")
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=3))
    # uvicorn ends its work at either signal, and then hands it on to whoever had it before
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt), listener:
        server.run(sockets=[listener])


def _listener(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise StoreError(f"{host} port {port} cannot be served on ({error.strerror}): choose another --port") from error


# ---- Errors and headers

_STATUSES: dict[type[Exception], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    QueryError: HTTPStatus.BAD_REQUEST,
    RequestValidationError: HTTPStatus.BAD_REQUEST,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The one place where errors get an HTTP status; any other error is the server's own."""


async def _problem(request: Request, error: Exception) -> Response:
    """The error as problem details."""
    status = _STATUSES.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
    if isinstance(error, HTTPException):
        status = HTTPStatus(error.status_code)
    body: Json = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": _detail(error)}
    if isinstance(error, NotFound) and error.suggestions:
        body["suggestions"] = list(error.suggestions)
    return JSONResponse(body, status, media_type="application/problem+json")


def _detail(error: Exception) -> str:
    """The error as one sentence."""
    if isinstance(error, RequestValidationError):
        return "; ".join(f"{fault['loc'][-1]}: {fault['msg']}" for fault in error.errors())
    if isinstance(error, HTTPException):
        return f"{error.detail}: see /docs for what can be asked"
    return str(error) if isinstance(error, PolicykgError) else "the server failed: its log says where"


_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_STYLED = {"Content-Security-Policy": _POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")}
"""For pages whose scripts set styles."""
_INLINE = {
    "Content-Security-Policy": _STYLED["Content-Security-Policy"].replace(
        "script-src 'self'", "script-src 'unsafe-inline'"
    )
}
"""For pages that carry their scripts in themselves."""


async def _secured(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    return response


# ---- What is asked for


class _Reader:
    """What a request reads from: the store as it is now."""

    def __init__(self, request: Request) -> None:
        self._live: LiveStore = request.app.state.live

    def answer(self, look: Callable[[Snapshot], Json]) -> Response:
        """What the look-up gives, as JSON."""
        return JSONResponse(self._live.read(look))

    def page(self, look: Callable[[Snapshot], str]) -> Response:
        """What the look-up gives, as a page that carries its scripts in itself."""
        return HTMLResponse(self._live.read(look), headers=_INLINE)


_Reading = Annotated[_Reader, Depends()]
_Name = Annotated[str, Query(max_length=500, description="任一名称或标识 · any name of it, or its id")]
_Limit = Annotated[int, Query(ge=1, le=_MOST, description="最多条数 · at most so many")]

_PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "问题说明 · What is wrong (RFC 9457)",
        "content": {"application/problem+json": {"schema": {"type": "object"}}},
    }
}
_api = APIRouter(prefix="/api", responses=_PROBLEMS)
_pages = APIRouter(include_in_schema=False)


@_api.get("/documents", tags=["文献 documents"])
def documents(reading: _Reading) -> Response:
    """全部文献 · All documents, with what they say of themselves and how much was read from each."""
    return reading.answer(
        lambda now: {"documents": [rows.document_row(document) for document in now.graph.store.documents()]}
    )


@_api.get("/documents/{source:path}", tags=["文献 documents"])
def document(source: str, reading: _Reading) -> Response:
    """一篇文献的题录、章节和全文 · A document's bibliography, sections and text."""
    return reading.answer(lambda now: rows.text_row(now.graph.store.document(source)))


@_api.get("/references", tags=["文献 documents"])
def references(
    reading: _Reading, source: Annotated[str, Query(max_length=500, description="文献名 · the document's name")]
) -> Response:
    """一篇文献的参考文献 · The works that a document lists."""

    def look(now: Snapshot) -> Json:
        found = now.graph.store.references(source)
        return {"references": [rows.reference_row(source, each, now.graph.ontology) for each in found]}

    return reading.answer(look)


@_api.get("/cite", tags=["文献 documents"])
def cite_work(
    reading: _Reading,
    source: Annotated[str, Query(max_length=500, description="文献名 · the document's name")],
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


@_api.get("/refusals", tags=["文献 documents"])
def refusals(
    reading: _Reading,
    source: Annotated[str | None, Query(max_length=500, description="只看这篇文献 · of this document only")] = None,
    limit: _Limit = 200,
) -> Response:
    """未收入的陈述及其原因 · What was read but not let in, and why."""

    def look(now: Snapshot) -> Json:
        found = now.graph.refusals(source)
        return {"total": len(found), "refusals": [rows.refusal_row(refusal) for refusal in found[:limit]]}

    return reading.answer(look)


@_api.get("/entities", tags=["实体 entities"])
def entities(
    reading: _Reading,
    q: Annotated[
        str, Query(max_length=200, description="中文或英文名称的一部分 · part of a name, either language")
    ] = "",
    type: Annotated[str | None, Query(max_length=50, description="实体类型 · an entity type")] = None,
    limit: _Limit = 20,
) -> Response:
    """按名称查找实体 · Entities by name, the best first."""
    return reading.answer(
        lambda now: {"entities": [rows.match_row(match) for match in now.graph.find(q, type=type, limit=limit)]}
    )


@_api.get("/entity/{id:path}", tags=["实体 entities"])
def entity(id: str, reading: _Reading) -> Response:
    """一个实体及其全部陈述、证据和推断 · An entity, every statement about it with its evidence, and what follows."""

    def look(now: Snapshot) -> Json:
        found = now.graph.resolve(id)
        outgoing, incoming = now.graph.statements(found.id)
        inferred = inferences(now.graph.store, about=found.id)
        labels = now.graph.ends([*outgoing, *incoming, *inferred], found)
        works = now.graph.works([*outgoing, *incoming])
        return rows.described_row(found, outgoing, incoming, inferred, labels, now.graph.ontology, works)

    return reading.answer(look)


@_api.get("/neighbours/{id:path}", tags=["实体 entities"])
def neighbours(id: str, reading: _Reading, limit: _Limit = 50) -> Response:
    """相邻实体 · The entities one statement away."""

    def look(now: Snapshot) -> Json:
        found = now.graph.neighbours(now.graph.resolve(id).id, limit)
        return {"neighbours": [rows.neighbour_row(neighbour) for neighbour in found]}

    return reading.answer(look)


@_api.get("/chains", tags=["关系链 chains"])
def chains(
    reading: _Reading,
    start: Annotated[_Name, Query(alias="from")],
    end: Annotated[_Name, Query(alias="to")],
    max_hops: Annotated[int, Query(ge=1, le=8, description="最多几步 · the longest chain")] = 5,
    limit: Annotated[int, Query(ge=1, le=100, description="最多条数 · at most so many")] = 10,
    actual: Annotated[bool, Query(description="不含建议 · without what is only proposed")] = False,
) -> Response:
    """从一个实体到另一个实体的关系链，每步附证据 · Chains from one entity to another, each hop with its evidence."""
    modalities: tuple[Modality, ...] = ("actual",) if actual else ("actual", "proposed")

    def look(now: Snapshot) -> Json:
        one, other = now.graph.resolve(start), now.graph.resolve(end)
        found = now.chains.between(one.id, other.id, max_hops=max_hops, limit=limit, modalities=modalities)
        labels = now.graph.ends([hop.assertion for chain in found for hop in chain.hops], one, other)
        ends = {"from": entity_row(one), "to": entity_row(other)}
        return {**ends, "chains": [rows.chain_row(chain, labels) for chain in found]}

    return reading.answer(look)


@_api.get("/merges", tags=["实体 entities"])
def merges(reading: _Reading) -> Response:
    """哪些实体已合并，理由与依据 · Which entities were merged, why and where it is read."""

    def look(now: Snapshot) -> Json:
        found, labels = now.graph.merges()
        return {"merges": [rows.merge_row(decision, labels) for decision in found]}

    return reading.answer(look)


@_api.get("/stats", tags=["全图 the whole"])
def stats(reading: _Reading) -> Response:
    """图谱的规模 · How much the graph holds."""
    return reading.answer(lambda now: rows.stats_row(now.graph.stats()))


@_api.get("/ontology", tags=["全图 the whole"])
def ontology_(reading: _Reading) -> Response:
    """实体类型、关系和语态的名称 · The names of entity types, relations and modalities."""
    return JSONResponse(rows.ontology_row(load()))


# ---- Questions


def _questions(known: Mapping[str, Question], ontology: Ontology) -> APIRouter:
    """A route for the list of questions, and one for each."""
    router = APIRouter(prefix="/api/questions", tags=["问题 questions"], responses=_PROBLEMS)
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
    def ask(request: Request, reading: _Reading, limit: _Limit = _MOST) -> Response:
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


# ---- Pages


@_pages.get("/")
def explorer() -> Response:
    """The explorer."""
    return FileResponse(_STATIC / "explorer.html")


@_pages.get("/docs")
def docs() -> Response:
    """The API's own pages, with all they need from here."""
    return FileResponse(_STATIC / "docs.html", headers=_STYLED)


@_pages.get("/view")
def view(
    reading: _Reading,
    around: Annotated[str | None, Query(max_length=500)] = None,
    hops: Annotated[int, Query(ge=1, le=5)] = 2,
    limit: Annotated[int, Query(ge=2, le=_MOST)] = 300,
    lang: Language = "zh",
) -> Response:
    """The drawn graph."""

    def look(now: Snapshot) -> str:
        centre = now.graph.resolve(around).id if around else None
        return page(now.graph, centre=centre, hops=hops, limit=limit, language=lang)

    return reading.page(look)
