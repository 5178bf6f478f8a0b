"""The processes that answer queries, as few as are needed, and those who wait for one. See `kg.worker`."""

import asyncio
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Lock, Thread
from typing import cast

import pyoxigraph as ox

from kg.errors import QueryError
from kg.store import Row, solutions
from kg.worker import Frame, packed_term


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

    def __init__(self) -> None:
        super().__init__("too many queries at once: ask again in a moment")


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
    it is to see. A packaged question has `bindings` instead: what its variables stand for."""

    query: str
    folder: Path
    results: str | None
    graph: str | None
    default_graphs: Sequence[str] | None = None
    named_graphs: Sequence[str] | None = None
    bindings: Mapping[str, ox.NamedNode | ox.Literal] | None = None


_SOLUTIONS = "application/sparql-results+json"


def question(query: str, folder: Path | None, bindings: Mapping[str, ox.NamedNode | ox.Literal]) -> Asked:
    """A packaged question, to be asked for its rows. Raises QueryError for a store in memory, which has no folder."""
    if folder is None:
        raise QueryError("a store in memory cannot be asked by another process")
    return Asked(query, folder, _SOLUTIONS, None, bindings=bindings)


@dataclass(frozen=True, slots=True)
class Answered:
    """An answer and its media type, None where the client wants nothing that it could be."""

    media: str | None
    body: bytes

    def rows(self) -> list[Row]:
        """The solutions of what was asked as a `question`."""
        return solutions(ox.parse_query_results(self.body, ox.QueryResultsFormat.JSON))


class Pool:
    """Processes that answer queries. It belongs to the event loop that first asks it."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.waiting = 0
        self._free = asyncio.Semaphore(limits.processes)
        self._idle: list[_Process] = []
        self._all: set[_Process] = set()
        self._running: set[_Running] = set()
        self._look: asyncio.TimerHandle | None = None

    @property
    def running(self) -> int:
        """How many processes there are."""
        return len(self._all)

    async def ask(self, asked: Asked, gone: Callable[[], Awaitable[bool]] | None = None) -> Answered:
        """The answer. `gone` says whether nobody waits for it any more: then the query is stopped too.

        Raises QueryError for a query that cannot be answered, TooMuch for one that was stopped, Busy where nobody has
        time, Gone."""
        await self._turn()
        try:
            process = self._awake() or await self._started()
            running = _Running(process.ask(self._frame(asked)), gone)
            self._watch(running)
            try:
                frame = await running.answer
            except TimeoutError as error:
                raise TooMuch("time", f"stopped after {self.limits.seconds:g} s: {_smaller(asked)}") from error
            except EOFError as error:
                raise TooMuch("memory", f"stopped, since it needed too much memory: {_smaller(asked)}") from error
            else:
                self._idle.append(process)
            finally:
                self._running.discard(running)
                if not running.answered():
                    await self._end(process)
        finally:
            self._free.release()
        return self._read(frame, asked)

    async def close(self) -> None:
        """End all processes."""
        self._idle.clear()
        for process in list(self._all):
            await self._end(process)

    def _watch(self, running: "_Running") -> None:
        """Look now and then after what runs. One clock for all, since setting one costs what a small query does."""
        self._running.add(running)
        if self._look is None:
            self._look = asyncio.get_running_loop().call_later(_LOOK, self._looked)

    def _looked(self) -> None:
        loop = asyncio.get_running_loop()
        for running in self._running:
            running.look(loop.time(), self.limits.seconds)
        self._look = loop.call_later(_LOOK, self._looked) if self._running else None

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
            "bindings": None if asked.bindings is None else {n: packed_term(t) for n, t in asked.bindings.items()},
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
                raise TooMuch("size", f"the answer is larger than {most}: {_smaller(asked)}, or export the graph")
            case "results":
                return Answered(asked.results, answer.body)
            case "graph":
                return Answered(asked.graph, answer.body)
            case _:
                return Answered(None, b"")


def _smaller(asked: Asked) -> str:
    """What to do about a query that was stopped."""
    if asked.bindings is not None:
        return "ask about less, by naming more of the question's parameters"
    return "make the query's patterns more selective, or give it a LIMIT"


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


class _Running:
    """A query that a process answers, and whether anybody still waits for it."""

    def __init__(self, answer: "asyncio.Future[Frame]", gone: Callable[[], Awaitable[bool]] | None) -> None:
        self.answer, self._gone = answer, gone
        self._since = asyncio.get_running_loop().time()
        self._asking: asyncio.Task[None] | None = None

    def answered(self) -> bool:
        """Whether the answer has come whole."""
        return self.answer.done() and not self.answer.cancelled() and self.answer.exception() is None

    def look(self, now: float, seconds: float) -> None:
        """Stop it where it has had its time, or where nobody waits any more; who waits is asked after a while only."""
        if now - self._since >= seconds:
            _settle(self.answer, TimeoutError())
        elif self._gone and now - self._since >= _WHILE and (self._asking is None or self._asking.done()):
            self._asking = asyncio.ensure_future(self._ask(self._gone))

    async def _ask(self, gone: Callable[[], Awaitable[bool]]) -> None:
        if await gone():
            _settle(self.answer, Gone())


_LOOK = 0.1
"""Seconds between looks at what runs."""
_WHILE = 0.5
"""Seconds after which whoever asked may have gone."""


def _settle(answer: "asyncio.Future[Frame] | None", error: Exception) -> None:
    if answer and not answer.done():
        answer.set_exception(error)


class Waiting:
    """A pool for those who have no event loop of their own, and wait. Any number of threads may ask it."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._lock = Lock()
        self._loop: asyncio.AbstractEventLoop | None = None

    def ask(self, asked: Asked) -> Answered:
        """The answer. Raises what `Pool.ask` raises."""
        return asyncio.run_coroutine_threadsafe(self._ask(asked), self._began()).result()

    def _began(self) -> asyncio.AbstractEventLoop:
        """The loop, in a thread that ends with the program, as its processes do when their pipe ends."""
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._pool = Pool(self._limits)
                Thread(target=self._loop.run_forever, daemon=True).start()
            return self._loop

    async def _ask(self, asked: Asked) -> Answered:
        return await self._pool.ask(asked)
