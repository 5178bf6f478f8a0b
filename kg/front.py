"""The layers before the application, plain ASGI: which hosts a server answers for, and the routes that are called most,
which go past the application's own layers, since these cost several times what a small answer does."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import lru_cache
from http import HTTPStatus
from typing import Any

from fastapi import APIRouter, Request, Response
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from kg.errors import PolicykgError
from kg.problems import problem

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
"""Names of this machine as the Host header may give them."""

COMPRESSED: dict[str, Any] = {"minimum_size": 1000, "compresslevel": 4}
"""How Starlette's GZipMiddleware compresses answers."""


class Hosts:
    """Answers only requests to one of the hosts, or to any where one of them is `*`."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self._app = app
        known = frozenset(hosts)

        @lru_cache(maxsize=64)
        def answered(host: bytes) -> bool:
            return "*" in known or _name(host.decode("latin-1")) in known

        self._answered = answered

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request, or say that it came to the wrong host."""
        known = scope["type"] == "lifespan" or self._answered(_host(scope))
        return (self._app if known else _refuse)(scope, receive, send)


async def _refuse(scope: Scope, receive: Receive, send: Send) -> None:
    error = HTTPException(HTTPStatus.BAD_REQUEST, "this server does not answer for the host of the request")
    await (await problem(Request(scope), error))(scope, receive, send)


def _host(scope: Scope) -> bytes:
    """The Host header; empty where there is none, or several that differ."""
    given: set[bytes] = {value for name, value in scope["headers"] if name == b"host"}
    return given.pop() if len(given) == 1 else b""


def _name(host: str) -> str:
    """The host without its port."""
    end = host.find("]") + 1 if host.startswith("[") else host.find(":")
    return (host[:end] if end > 0 else host).lower()


Endpoint = Callable[[Request], Awaitable[Response]]


class Direct:
    """Answers the routes of some routers by their endpoints alone, each a function of the request; all other requests
    go on to the application. The application has these routes too, and describes them."""

    def __init__(self, app: ASGIApp, routers: Iterable[APIRouter]) -> None:
        self._app = app
        self._compressing = GZipMiddleware(self._answer, **COMPRESSED)
        routes = [route for router in routers for route in router.routes if isinstance(route, APIRoute)]
        self._routes = {(method, route.path): route for route in routes for method in route.methods or ()}

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Answer one request."""
        route = self._routes.get((scope["method"], scope["path"])) if scope["type"] == "http" else None
        if route is None:
            return self._app(scope, receive, send)
        scope["route"] = route
        packed = b"gzip" in dict(scope["headers"]).get(b"accept-encoding", b"")
        return (self._compressing if packed else self._answer)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        endpoint: Endpoint = scope["route"].endpoint
        try:
            answer = await endpoint(request)
        except (PolicykgError, HTTPException) as error:
            answer = await problem(request, error)
        await answer(scope, receive, send)
