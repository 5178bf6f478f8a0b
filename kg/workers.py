"""The processes that answer queries, as few as are needed, and those who wait for one. See `kg.worker`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from kg.errors import QueryError
from kg.worker import Frame


@dataclass(frozen=True, slots=True)
class Limits:
    """What queries may take. `seconds` of one, and of waiting for a process; `size` of an answer and `memory` of a
    process in bytes; `processes` at once, and the `waiting` for one beyond which the next is sent away."""

    seconds: float = 10.0
    size: int = 32 << 20
    memory: int = 2 << 30
    processes: int = 2
    waiting: int = 50


class Busy(Exception):
    """Too many queries at once: to be asked again a little later."""


class Gone(Exception):
    """Nobody waits for the answer any more."""


class TooMuch(Exception):
    """A query that took more time or memory, or gave a larger answer, than one may; `outcome` says which."""

    def __init__(self, outcome: str, message: str) -> None:
        super().__init__(message)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, the folder of the store's data, the media types for either kind of answer, and the graphs, if any, that
    it is to see."""

    query: str
    folder: Path
    results: str | None
    graph: str | None
    default_graphs: Sequence[str] | None = None
    named_graphs: Sequence[str] | None = None


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer and its media type, None where the client wants nothing that it could be."""

    media: str | None
    body: bytes


class Pool:
    """Processes that answer queries. It belongs to the event loop that first asks it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.waiting = 0
        self._free = asyncio.Semaphore(limits.processes)
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()

    @property
    def running(self) -> int:
        """How many processes there are."""
        return len(self._all)

    async def ask(self, asked: Asked, gone: Callable[[], Awaitable[bool]]) -> Answered:
        """The answer. `gone` says whether nobody waits for it any more: then the query is stopped too.

        Raises QueryError for a query that cannot be answered, TooMuch for one that was stopped, Busy where nobody has
        time, Gone."""
        await self._turn()
        try:
            process = self._awake() or await self._started()
            answer = process.ask(self._frame(asked))
            clock = asyncio.get_running_loop().call_later(self.limits.seconds, _settle, answer, TimeoutError())
            watch = _Watch(answer, gone)
            try:
                frame = await answer
            except TimeoutError as error:
                raise TooMuch("time", f"the query was stopped after {self.limits.seconds:g} s: {_SMALLER}") from error
            except EOFError as error:
                raise TooMuch("memory", f"the query needed more memory than it may: {_SMALLER}") from error
            else:
                self._idle.append(process)
            finally:
                clock.cancel()
                watch.end()
                if not answer.done() or answer.cancelled() or answer.exception():
                    await self._end(process)
        finally:
            self._free.release()
        return self._read(frame, asked)

    async def close(self) -> None:
        """End all processes."""
        self._idle.clear()
        for process in list(self._all):
            await self._end(process)

    async def _turn(self) -> None:
        """Wait until a process may be had."""
        if self.waiting >= self.limits.waiting:
            raise Busy
        self.waiting += 1
        try:
            if self._free.locked():
                await asyncio.wait_for(self._free.acquire(), self.limits.seconds)
            else:
                await self._free.acquire()
        except TimeoutError as error:
            raise Busy from error
        finally:
            self.waiting -= 1

    def _awake(self) -> "_Process | None":
        """A process that has nothing to do. One may have ended meanwhile, at somebody else's hand."""
        while self._idle:
            process = self._idle.pop()
            if not process.ended.done():
                return process
            self._all.discard(process)
        return None

    async def _started(self) -> "_Process":
        _, process = await asyncio.get_running_loop().subprocess_exec(
            _Process,
            *(sys.executable, "-P", "-m", "kg.worker", str(self.limits.memory)),
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal is for the server, which ends its workers
        )
        self._all.add(process)
        return process

    async def _end(self, process: "_Process") -> None:
        self._all.discard(process)
        process.kill()
        await process.ended

    def _frame(self, asked: Asked) -> bytes:
        head = {
            "folder": str(asked.folder),
            "results": asked.results,
            "graph": asked.graph,
            "default": asked.default_graphs,
            "named": asked.named_graphs,
            "bytes": self.limits.size,
            "seconds": self.limits.seconds,
        }
        return Frame(head, asked.query.encode("utf-8", "surrogatepass")).packed()

    def _read(self, answer: Frame, asked: Asked) -> Answered:
        match answer.head["kind"]:
            case "error":
                raise QueryError(answer.body.decode("utf-8"))
            case "large":
                most = f"{self.limits.size >> 20} MiB"
                raise TooMuch("size", f"the answer is larger than {most}: give the query a LIMIT, or export the graph")
            case "results":
                return Answered(asked.results, answer.body)
            case "graph":
                return Answered(asked.graph, answer.body)
            case _:
                return Answered(None, b"")


_SMALLER = "make its patterns more selective, or give it a LIMIT"


class _Process(asyncio.SubprocessProtocol):
    """A process, asked one thing at a time. Leaner than asyncio's streams, which cost more than a small query."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self.ended: asyncio.Future[None] = self._loop.create_future()
        self._received = bytearray()
        self._answer: asyncio.Future[Frame] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It runs."""
        self._transport = cast(asyncio.SubprocessTransport, transport)
        self._pipe = cast(asyncio.WriteTransport, self._transport.get_pipe_transport(0))

    def ask(self, frame: bytes) -> "asyncio.Future[Frame]":
        """The answer to come. It raises EOFError where the process ends before."""
        self._received.clear()
        self._answer = self._loop.create_future()
        self._pipe.write(frame)
        return self._answer

    def pipe_data_received(self, fd: int, data: bytes) -> None:
        """A part of the answer has come."""
        self._received += data
        if self._answer and not self._answer.done() and (frame := Frame.unpacked(self._received)):
            self._answer.set_result(frame)

    def process_exited(self) -> None:
        """It has ended."""
        _settle(self._answer, EOFError())
        if not self.ended.done():
            self.ended.set_result(None)
        self._transport.close()

    def kill(self) -> None:
        """End it at once, whatever it does."""
        with suppress(ProcessLookupError):
            self._transport.kill()


class _Watch:
    """Looks now and then whether anybody still waits for the answer; not at all where it comes soon."""

    def __init__(self, answer: "asyncio.Future[Frame]", gone: Callable[[], Awaitable[bool]]) -> None:
        self._answer, self._gone = answer, gone
        self._task: asyncio.Task[None] | None = None
        self._soon = asyncio.get_running_loop().call_later(_LOOK, self._begin)

    def end(self) -> None:
        self._soon.cancel()
        if self._task:
            self._task.cancel()

    def _begin(self) -> None:
        self._task = asyncio.ensure_future(self._look())

    async def _look(self) -> None:
        while not await self._gone():
            await asyncio.sleep(_LOOK)
        _settle(self._answer, Gone())


_LOOK = 0.5
"""Seconds between looks whether the client is still there."""


def _settle(answer: "asyncio.Future[Frame] | None", error: Exception) -> None:
    if answer and not answer.done():
        answer.set_exception(error)
