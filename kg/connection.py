"""Uvicorn's HTTP protocol with one packet for a small answer, not two: each costs the server as much as finding what it
holds, and wakes the client."""

import asyncio
from typing import cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol


class WholeAnswers(HttpToolsProtocol):
    """Sends the head of an answer together with the start of its body, for which ASGI lets a server wait."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Take the connection."""
        self._joining = _Joining(transport)
        super().connection_made(cast(asyncio.Transport, self._joining))

    def on_response_complete(self) -> None:
        """Go on to the next request."""
        self._joining.end()
        super().on_response_complete()


class _Joining:
    """What Uvicorn uses of a transport. The first that is written of an answer, its head, waits for the next."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head = b""
        self._begun = False
        self.get_extra_info, self.is_closing = transport.get_extra_info, transport.is_closing
        self.pause_reading, self.resume_reading = transport.pause_reading, transport.resume_reading

    def write(self, data: bytes) -> None:
        """Send the data, or keep them where they are a head."""
        if self._head:
            self._transport.writelines((self._head, data))
            self._head = b""
        elif self._begun or data.startswith(_INTERIM):
            self._transport.write(data)
        else:
            self._head, self._begun = data, True

    def end(self) -> None:
        """The answer is whole: some have no body. What comes now is another one."""
        if self._head:
            self.write(b"")
        self._begun = False

    def close(self) -> None:
        """Close the connection when all is sent."""
        self.end()
        self._transport.close()


_INTERIM = b"HTTP/1.1 100 "
"""How the word begins that a client who waits for it may send the body of its request. No answer begins so."""
