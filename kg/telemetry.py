"""What a server tells of itself: a log line in JSON for each request, ids of requests, metrics for Prometheus; and the
headers that every answer has."""

import json
import logging
import re
import traceback
from bisect import bisect_left
from collections.abc import Awaitable, Iterator
from datetime import UTC, datetime
from functools import lru_cache
from http import HTTPMethod
from itertools import accumulate
from random import Random
from time import perf_counter
from typing import Any

from fastapi import Request
from prometheus_client import CollectorRegistry, Counter, Gauge, Metric, ProcessCollector, generate_latest
from prometheus_client.core import HistogramMetricFamily
from prometheus_client.registry import Collector
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from kg.answers import HEADERS
from kg.problems import problem

LOG = logging.getLogger("policykg.requests")
"""Every request at the level INFO, those that failed by the server's fault at ERROR with the traceback."""

_SAFE_ID = re.compile(r"[\w.-]{1,64}", re.ASCII)
_METHODS = frozenset(HTTPMethod)
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class _Durations(Collector):
    """Requests by method, route, status and the time that they took: a histogram, whose own class in the library takes
    locks and walks through the buckets at each request. Here only the event loop counts."""

    def __init__(self) -> None:
        self._counts: dict[tuple[str, str, int], list[int]] = {}
        self._seconds: dict[tuple[str, str, int], float] = {}

    def count(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count a request."""
        labels = (method, route, status)
        if labels not in self._counts:
            self._seconds[labels] = 0.0
            self._counts[labels] = [0] * (len(_BUCKETS) + 1)
        self._counts[labels][bisect_left(_BUCKETS, seconds)] += 1
        self._seconds[labels] += seconds

    def collect(self) -> Iterator[Metric]:
        """The histogram; another thread may ask for it."""
        told = HistogramMetricFamily(
            "policykg_http_request_seconds",
            "Time from a request to the end of its answer",
            labels=("method", "route", "status"),
        )
        bounds = [*map(str, map(float, _BUCKETS)), "+Inf"]
        for (method, route, status), counts in list(self._counts.items()):
            buckets = list(zip(bounds, map(float, accumulate(counts)), strict=True))
            told.add_metric((method, route, str(status)), buckets, self._seconds[method, route, status])
        yield told


class Telemetry:
    """The metrics of one application."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        durations = _Durations()
        self.registry.register(durations)
        self.request = durations.count
        """Counts a request to a route, and the seconds that it took."""
        self.queries = Counter(
            "policykg_sparql_queries",
            "SPARQL queries and questions by what became of them: answered, refused, busy, gone, stopped for time …",
            ("outcome",),
            registry=self.registry,
        )
        self.processes = Gauge("policykg_sparql_processes", "Processes that answer queries", registry=self.registry)
        self.waiting = Gauge("policykg_sparql_waiting", "Queries that wait for a process", registry=self.registry)

        # finding a child of a metric costs more than counting with it
        self._of_outcome = lru_cache(maxsize=20)(self.queries.labels)

    def query(self, outcome: str) -> None:
        """Count a query."""
        self._of_outcome(outcome).inc()

    def text(self) -> bytes:
        """All metrics in the form that Prometheus reads."""
        return generate_latest(self.registry)


class Observed:
    """Middleware around everything else: gives each request an id, logs and measures it, answers what nobody caught,
    and sets the headers that every answer has."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry) -> None:
        self._app = app
        self._telemetry = telemetry

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        record = _Record(scope, send)
        try:
            await self._app(scope, receive, record.send)
        except Exception as error:
            record.error = "".join(traceback.format_exception(error))
            if not record.status:
                await (await problem(Request(scope), error))(scope, receive, record.send)
            elif not record.whole:
                raise
        finally:
            record.seconds = perf_counter() - record.began
            self._note(record, scope)

    def _note(self, record: "_Record", scope: Scope) -> None:
        route = getattr(scope.get("route"), "path", "") or "other"
        method = scope["method"] if scope["method"] in _METHODS else "other"
        self._telemetry.request(method, route, record.status, record.seconds)
        level = logging.ERROR if record.error else logging.INFO
        if LOG.isEnabledFor(level):
            LOG.log(level, "request", extra={"fields": record.fields(scope, route)})


_NAME = b"x-request-id"
_RANDOM = Random()
"""For ids, which need to be no secret."""
_EVERY = tuple((name.lower().encode(), value.encode()) for name, value in HEADERS.items())


class _Record:
    """What is known of a request, and the way that its answer takes."""

    __slots__ = ("_send", "began", "bytes", "error", "id", "seconds", "status", "whole")

    def __init__(self, scope: Scope, send: Send) -> None:
        given = dict(scope["headers"]).get(_NAME, b"").decode("latin-1")
        self.id = given if given and _SAFE_ID.fullmatch(given) else f"{_RANDOM.getrandbits(64):016x}"
        self.status = 0
        self.bytes = 0
        self.whole = False
        self.began = perf_counter()
        self.seconds = 0.0
        self.error = ""
        self._send = send

    def send(self, message: Message) -> Awaitable[None]:
        """Pass a part of the answer on, with the headers that every answer has."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            given = message.get("headers", ())
            has = dict(given)
            every = [header for header in _EVERY if header[0] not in has]
            message["headers"] = [*given, *every, (_NAME, self.id.encode())]
        elif message["type"] == "http.response.body":
            self.bytes += len(message.get("body", b""))
            self.whole = not message.get("more_body", False)
        return self._send(message)

    def fields(self, scope: Scope, route: str) -> dict[str, Any]:
        client = scope.get("client")
        told = {
            "id": self.id,
            "method": scope["method"],
            "path": scope["path"],
            "route": route,
            "status": self.status,
            "ms": round(self.seconds * 1000, 2),
            "bytes": self.bytes,
            "client": client[0] if client else "",
        }
        return {**told, "error": self.error} if self.error else told


class JsonLines(logging.Formatter):
    """Log records as JSON, one a line: nothing that a request holds can make a line of its own."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line."""
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["error"] = self.formatException(record.exc_info)
        return json.dumps(line, ensure_ascii=True)


def log_to_stderr(requests: bool) -> None:
    """Write the logs to standard error: failures, and where `requests`, every request."""
    handler = logging.StreamHandler()
    handler.setFormatter(JsonLines())
    for name in ("policykg", "uvicorn"):
        logger = logging.getLogger(name)
        logger.handlers = [handler]
        logger.propagate = False
    logging.getLogger("policykg").setLevel(logging.INFO if requests else logging.WARNING)
