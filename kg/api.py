"""The HTTP side: look-ups, chains and questions as JSON, the explorer, the drawn graph. Everything only reads.

A server never holds the store for writing, and what another process writes shows in the next answer. Errors are
problem details (RFC 9457), made in one place.
"""

import signal
import socket
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import uvicorn
from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.responses import FileResponse, JSONResponse, PlainTextResponse
from fastapi.staticfiles import StaticFiles
from prometheus_client import CONTENT_TYPE_LATEST
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from kg import analysis_routes, canvas_routes, linked, problems, queries, reconcile_routes, routes, sparql, upload
from kg.answers import MOST, STYLED, Reading
from kg.config import package_version
from kg.connection import WholeAnswers
from kg.errors import StoreError
from kg.front import COMPRESSED, LOOPBACK, Direct, Hosts
from kg.live import LiveStore, Snapshot
from kg.model import Language
from kg.ontology import load
from kg.telemetry import Observed, Telemetry, log_to_stderr
from kg.upload import Uploads
from kg.view import drawing_folder, page
from kg.workers import Limits, Pool

_STATIC = Path(__file__).parent / "static"


class Application(FastAPI):
    """The application with what its routes share and the layers before it. What they share are attributes of its own:
    to find something in Starlette's `state` costs as much as a layer."""

    live: LiveStore
    pool: Pool
    telemetry: Telemetry
    uploads: Uploads | None = None
    hosts: Sequence[str] = ()

    @cached_property
    def _front(self) -> ASGIApp:
        """The layers, the outermost first."""
        direct = Direct(super().__call__, (sparql.router, _alive))
        return Observed(Hosts(direct, self.hosts), self.telemetry)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. HEAD is answered as GET is; the server, which looks at the scope that it made, sends no
        body."""
        if scope.get("method") == "HEAD":
            scope = {**scope, "method": "GET"}
        scope["app"] = self
        await self._front(scope, receive, send)


def create_app(
    store_path: Path,
    hosts: Sequence[str] = LOOPBACK,
    limits: Limits = Limits(),  # noqa: B008  (frozen)
    token: str = "",
) -> Application:
    """The application over the store in that folder. The folder is opened when it is first needed: as long as there
    is no store, the answer is 503 and says so. Only requests to one of `hosts` are answered, so that no web page of
    elsewhere reaches the server under a name of its own (DNS rebinding). With a `token`, documents are taken from who
    names it (see `kg.upload`)."""
    ontology = load()
    pool = Pool(limits)
    uploads = Uploads(store_path, token) if token else None

    @asynccontextmanager
    async def living(app: FastAPI) -> AsyncIterator[None]:
        yield
        if uploads:
            uploads.close()
        await pool.close()

    app = Application(
        title="policykg",
        version=package_version(),
        description="实体、陈述与证据、关系链、问题。 Entities, statements with evidence, chains, questions.",
        docs_url=None,
        redoc_url=None,
        lifespan=living,
    )
    app.live = LiveStore(store_path, ontology)
    app.pool = pool
    app.telemetry = _telemetry(pool)
    app.uploads = uploads
    app.hosts = hosts
    # the last is the outermost
    app.add_middleware(GZipMiddleware, **COMPRESSED)
    app.add_middleware(reconcile_routes.Crossing)
    problems.install(app)
    # a request is compared with the routes in their order: the questions, which are many, come last
    reading = (sparql.router, linked.router, routes.api, analysis_routes.router(), canvas_routes.router, upload.router)
    for router in (*reading, reconcile_routes.router, _alive, _service, _pages):
        app.include_router(router)
    if token:
        app.include_router(upload.sending)
    app.include_router(routes.questions(queries.load(), ontology))
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.mount("/vis", StaticFiles(directory=drawing_folder()))
    app.mount("/swagger", StaticFiles(packages=[("fastapi_offline", "static")]))
    return app


def run(
    store_path: Path,
    host: str,
    port: int,
    say: Callable[[str], None],
    limits: Limits = Limits(),  # noqa: B008  (frozen)
    log_requests: bool = False,
    token: str = "",
) -> None:
    """Serve the store until Ctrl-C or SIGTERM. Port 0 takes a free one; `say` gets the address when it listens.
    Failures are logged to standard error, and every request where `log_requests` (see `kg.telemetry`).

    Raises StoreError where there is no store, or where the host or port cannot be had.
    """
    app = create_app(store_path, LOOPBACK if host in LOOPBACK else ("*",), limits, token)
    app.live.read(lambda snapshot: snapshot.graph.store.sources())
    listener = _listener(host, port)
    name = f"[{host}]" if ":" in host else host
    say(f"http://{name}:{listener.getsockname()[1]}/")
    log_to_stderr(log_requests)
    # a log of its own is composed for each request even where nobody reads it; `kg.telemetry` has one
    quiet: dict[str, Any] = {"log_level": "warning", "log_config": None, "access_log": False, "server_header": False}
    server = uvicorn.Server(uvicorn.Config(app, http=WholeAnswers, ws="none", timeout_graceful_shutdown=3, **quiet))
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


def _telemetry(pool: Pool) -> Telemetry:
    telemetry = Telemetry()
    telemetry.processes.set_function(lambda: pool.running)
    telemetry.waiting.set_function(lambda: pool.waiting)
    return telemetry


# ---- The service itself

_alive = APIRouter(tags=["服务 service"], responses=problems.PROBLEMS)
_service = APIRouter(tags=["服务 service"], responses=problems.PROBLEMS)


@_alive.get("/health")
async def health(request: Request) -> Response:
    """服务在运行 · The server runs."""
    return JSONResponse({"status": "ok"})


@_service.get("/ready")
def ready(request: Request) -> Response:
    """图谱可读 · The store can be read; 503 where it cannot."""
    documents = request.app.live.read(lambda now: len(now.graph.store.sources()))
    return JSONResponse({"status": "ready", "documents": documents})


@_service.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request) -> Response:
    """Prometheus 指标 · Metrics for Prometheus."""
    return Response(request.app.telemetry.text(), headers={"Content-Type": CONTENT_TYPE_LATEST})


# ---- Pages

_pages = APIRouter(include_in_schema=False)


@_pages.get("/")
def explorer() -> Response:
    """The explorer."""
    return FileResponse(_STATIC / "explorer.html")


@_pages.get("/docs")
def docs() -> Response:
    """The API's own pages, with all they need from here."""
    return FileResponse(_STATIC / "docs.html", headers=STYLED)


@_pages.get("/view")
def view(
    reading: Reading,
    around: Annotated[str | None, Query(max_length=500)] = None,
    hops: Annotated[int, Query(ge=1, le=5)] = 2,
    limit: Annotated[int, Query(ge=2, le=MOST)] = 300,
    lang: Language = "zh",
) -> Response:
    """The drawn graph."""

    def look(now: Snapshot) -> str:
        centre = now.graph.resolve(around).id if around else None
        return page(now.graph, centre=centre, hops=hops, limit=limit, language=lang)

    return reading.page(look)
