"""The HTTP side: look-ups, chains and questions as JSON, the explorer, the drawn graph. Everything only reads.

A server never holds the store for writing, and what another process writes shows in the next answer. Errors are
problem details (RFC 9457), made in one place.
"""

import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Annotated

import uvicorn
from fastapi import APIRouter, FastAPI, Query, Request, Response
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles
from starlette.middleware.trustedhost import TrustedHostMiddleware

from kg import analysis_routes, problems, queries, routes
from kg.answers import HEADERS, MOST, STYLED, Reading
from kg.config import package_version
from kg.errors import StoreError
from kg.live import LiveStore, Snapshot
from kg.model import Language
from kg.ontology import load
from kg.view import page

_LOOPBACK = ("localhost", "127.0.0.1", "[")
"""Names of this machine as the Host header may give them; the last is how IPv6 addresses begin."""
_STATIC = Path(__file__).parent / "static"


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
    problems.install(app)
    app.include_router(routes.api)
    app.include_router(routes.questions(queries.load(), ontology))
    app.include_router(analysis_routes.router())
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


async def _secured(request: Request, call_next: Callable[[Request], Awaitable[Response]]) -> Response:
    response = await call_next(request)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    return response


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
