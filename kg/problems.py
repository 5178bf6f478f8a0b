"""Errors as problem details (RFC 9457), in the language that the request asks for: the one place where an error gets
its HTTP status."""

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kg.errors import NotFound, PolicykgError, QueryError, StoreError
from kg.messages import preferred, translated
from kg.model import Language

PROBLEM = "application/problem+json"

PROBLEMS: dict[int | str, dict[str, Any]] = {
    "4XX": {
        "description": "问题说明 · What is wrong (RFC 9457)",
        "content": {PROBLEM: {"schema": {"type": "object"}}},
    }
}
"""What OpenAPI says of every route: pass it as `responses` of a router."""

_STATUSES: dict[type[Exception], HTTPStatus] = {
    NotFound: HTTPStatus.NOT_FOUND,
    QueryError: HTTPStatus.BAD_REQUEST,
    RequestValidationError: HTTPStatus.BAD_REQUEST,
    StoreError: HTTPStatus.SERVICE_UNAVAILABLE,
}
"""Any other error is the server's own."""


def install(app: FastAPI) -> None:
    """Make the application answer every error with problem details."""
    for kind in (PolicykgError, HTTPException, RequestValidationError, Exception):
        app.add_exception_handler(kind, problem)


async def problem(request: Request, error: Exception) -> Response:
    """The error as problem details."""
    language = language_of(request)
    status = _STATUSES.get(type(error), HTTPStatus.INTERNAL_SERVER_ERROR)
    headers: dict[str, str] = {}
    if isinstance(error, HTTPException):
        status, headers = HTTPStatus(error.status_code), {**(error.headers or {})}
    headers["Content-Language"] = language
    headers["Vary"] = ", ".join(filter(None, (headers.get("Vary"), "Accept-Language")))
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": translated(status.phrase, language),
        "status": status.value,
        "detail": _detail(error, language),
    }
    if isinstance(error, NotFound) and error.suggestions:
        body["suggestions"] = list(error.suggestions)
    return JSONResponse(body, status, headers, media_type=PROBLEM)


def language_of(request: Request) -> Language:
    """The language that a request asks for."""
    return preferred(request.headers.get("accept-language", ""))


def _detail(error: Exception, language: Language) -> str:
    """The error as one sentence."""
    if isinstance(error, RequestValidationError):
        faults = ((fault["loc"][-1], translated(fault["msg"], language)) for fault in error.errors())
        colon, semicolon = ("：", "；") if language == "zh" else (": ", "; ")
        return semicolon.join(f"{place}{colon}{fault}" for place, fault in faults)
    if isinstance(error, HTTPException):
        # an error without words of its own has those of its status
        plain = error.detail == HTTPStatus(error.status_code).phrase
        return translated(f"{error.detail}: see /docs for what can be asked" if plain else error.detail, language)
    said = str(error) if isinstance(error, PolicykgError) else "the server failed: its log says where"
    return translated(said, language)
