"""What routes share: the store that a request reads from, and the parameters that many of them have."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from kg.live import LiveStore, Snapshot

Json = dict[str, Any]

MOST = 1000
"""The most rows that one answer holds."""

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
"""What every answer says unless its route says something else."""
STYLED = {"Content-Security-Policy": POLICY.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")}
"""For pages whose scripts set styles."""
INLINE = {
    "Content-Security-Policy": STYLED["Content-Security-Policy"].replace(
        "script-src 'self'", "script-src 'unsafe-inline'"
    )
}
"""For pages that carry their scripts in themselves."""


class Reader:
    """What a request reads from: the store as it is now."""

    def __init__(self, request: Request) -> None:
        self._live: LiveStore = request.app.state.live

    def answer(self, look: Callable[[Snapshot], Json]) -> Response:
        """What the look-up gives, as JSON."""
        return JSONResponse(self._live.read(look))

    def text(self, look: Callable[[Snapshot], str], media: str) -> Response:
        """What the look-up gives, as text of that media type, which differs by the request's Accept header."""
        return Response(self._live.read(look), media_type=media, headers={"Vary": "Accept"})

    def page(self, look: Callable[[Snapshot], str]) -> Response:
        """What the look-up gives, as a page that carries its scripts in itself."""
        return HTMLResponse(self._live.read(look), headers=INLINE)


Reading = Annotated[Reader, Depends()]
Name = Annotated[str, Query(max_length=500, description="任一名称或标识 · any name of it, or its id")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="最多条数 · at most so many")]
