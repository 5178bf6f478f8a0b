"""The processes that answer queries, as few as are needed, and those who wait for one. See `kg.worker`."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kg.errors import QueryError
from kg.worker import SIZES, Frame


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
        self._idle: list[asyncio.subprocess.Process] = []
        self._all: set[asyncio.subprocess.Process] = set()

    @property
    def running(self) -> int:
        """How many processes there are."""
        return len(self._all)

    async def ask(self, asked: Asked) -> Answered:
        """The answer. Raises QueryError for a query that cannot be answered, TooMuch for one that was stopped, Busy
        where nobody has time."""
        async with self._turn():
            process = await self._process()
            try:
                async with asyncio.timeout(self.limits.seconds):
                    answer = await _exchange(process, self._frame(asked))
            except TimeoutError as error:
                raise TooMuch("time", f"the query was stopped after {self.limits.seconds:g} s: {_SMALLER}") from error
            except (EOFError, ConnectionError) as error:
                raise TooMuch("memory", f"the query needed more memory than it may: {_SMALLER}") from error
            else:
                self._idle.append(process)
            finally:
                # stopped at the limit, or because nobody waits for the answer any more
                if process not in self._idle:
                    await self._end(process)
        return self._read(answer, asked)

    async def close(self) -> None:
        """End all processes."""
        self._idle.clear()
        for process in list(self._all):
            await self._end(process)

    @asynccontextmanager
    async def _turn(self) -> AsyncIterator[None]:
        if self.waiting >= self.limits.waiting:
            raise Busy
        self.waiting += 1
        try:
            await asyncio.wait_for(self._free.acquire(), self.limits.seconds)
        except TimeoutError as error:
            raise Busy from error
        finally:
            self.waiting -= 1
        try:
            yield
        finally:
            self._free.release()

    async def _process(self) -> asyncio.subprocess.Process:
        while self._idle:
            process = self._idle.pop()
            if process.returncode is None:
                return process
            self._all.discard(process)
        return await self._started()

    async def _started(self) -> asyncio.subprocess.Process:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-P", "-m", "kg.worker", str(self.limits.memory)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in a terminal is for the server, which ends its workers
        )
        self._all.add(process)
        return process

    async def _end(self, process: asyncio.subprocess.Process) -> None:
        self._all.discard(process)
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()

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


async def _exchange(process: asyncio.subprocess.Process, frame: bytes) -> Frame:
    """Raises EOFError or ConnectionError where the process ends before it has answered."""
    assert process.stdin
    assert process.stdout
    process.stdin.write(frame)
    await process.stdin.drain()
    head, body = SIZES.unpack(await process.stdout.readexactly(SIZES.size))
    told: dict[str, Any] = json.loads(await process.stdout.readexactly(head))
    return Frame(told, await process.stdout.readexactly(body))
