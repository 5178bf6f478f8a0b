"""What routes share: the store that a request reads from, and the parameters that many of them have."""

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import suppress
from itertools import chain
from typing import Annotated, Any, BinaryIO

import orjson
from fastapi import Depends, Query, Request, Response
from fastapi.responses import HTMLResponse, StreamingResponse
from starlette.requests import ClientDisconnect
from starlette.types import Receive, Scope, Send

from kg.live import LiveStore, Snapshot
from kg.media import JSON
from kg.streams import streamed

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
    """What a request reads from: the store as it is now. Its answers carry an ETag, which changes with the store; where
    the client has that state already, it gets 304."""

    def __init__(self, request: Request) -> None:
        self.live: LiveStore = request.app.live
        self._known = request.headers.get("if-none-match", "")

    def answer(self, look: Callable[[Snapshot], Json]) -> Response:
        """What the look-up gives, as JSON."""
        return self.bytes(lambda now: orjson.dumps(look(now)), JSON)

    def page(self, look: Callable[[Snapshot], str]) -> Response:
        """What the look-up gives, as a page that carries its scripts in itself."""
        return HTMLResponse(self.live.read(look), headers=INLINE)

    def bytes(self, look: Callable[[Snapshot], bytes], content_type: str, vary: str = "") -> Response:
        """What the look-up gives, as that type of content; `vary` names the headers that the choice depends on."""
        now = self.live.current()
        headers = {"ETag": _tag(now, content_type), **({"Vary": vary} if vary else {})}
        if self._knows(headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return Response(look(now), headers={**headers, "Content-Type": content_type})

    def stream(
        self, write: Callable[[Snapshot, BinaryIO], None], content_type: str, headers: Mapping[str, str]
    ) -> Response:
        """What is written to a file, sent while it is written. Raises StoreError where several are being sent."""
        now = self.live.current()
        headers = {**headers, "ETag": _tag(now, content_type)}
        if self._knows(headers["ETag"]):
            return Response(status_code=304, headers=headers)
        return _Streamed(streamed(lambda stream: write(now, stream)), {**headers, "Content-Type": content_type})

    def _knows(self, tag: str) -> bool:
        return tag in (each.strip() for each in self._known.split(","))


class _Streamed(StreamingResponse):
    """Chunks as they come. Their generator is closed when the client has them all, or has gone."""

    def __init__(self, chunks: Generator[bytes, None, None], headers: Mapping[str, str]) -> None:
        self._chunks = chunks
        # an error at the beginning becomes an answer of its own
        super().__init__(chain((next(chunks, b""),), chunks), headers=headers)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        try:
            # nothing is wrong where the client has gone
            with suppress(ClientDisconnect):
                await super().__call__(scope, receive, send)
        finally:
            self._chunks.close()


def _tag(now: Snapshot, content_type: str) -> str:
    # weak, since the same answer may also go compressed; each type of an address has its own
    return f'W/"{now.tag}-{content_type.partition(";")[0].rpartition("/")[2]}"'


def paged(rows: Sequence[Any], limit: int, offset: int) -> Sequence[Any]:
    """The page of the rows."""
    return rows[offset : offset + limit]


Reading = Annotated[Reader, Depends()]
Name = Annotated[str, Query(max_length=500, description="任一名称或标识 · any name of it, or its id")]
Limit = Annotated[int, Query(ge=1, le=MOST, description="最多条数 · at most so many")]
Offset = Annotated[int, Query(ge=0, le=10_000_000, description="跳过前几条 · leave out the first so many")]
