"""A process that answers queries for a server, so that it can be killed when one takes too long: Oxigraph cannot be
stopped otherwise. It reads the files that the server holds; what server and worker say to each other is in `Frame`.

Beside the server's clock two limits of the system hold, also when the server is gone: CPU time for each query, and
memory.
"""

import os
import resource
import sys
from io import BytesIO
from pathlib import Path
from struct import Struct
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import orjson

from kg.errors import PolicykgError
from kg.media import GRAPHS, RESULTS
from kg.store import Store

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

SIZES = Struct(">II")
"""What a frame begins with: the lengths of its head and its body."""


class Frame(NamedTuple):
    """What goes over the pipe: a head, JSON, and a body.

    A query's body is the query; its head says `folder` (of the store), `results` and `graph` (media types or None),
    `default` and `named` (IRIs of graphs, or None), `bytes` and `seconds` (the most that it may give and take). An
    answer's head says `kind`: `results` or `graph`, with the answer as its body; `unwanted`, where it has no such
    format; `large`; or `error`, with the error's text as its body.
    """

    head: dict[str, Any]
    body: bytes

    def packed(self) -> bytes:
        """The frame as bytes."""
        head = orjson.dumps(self.head)
        return SIZES.pack(len(head), len(self.body)) + head + self.body

    @classmethod
    def unpacked(cls, data: bytearray) -> "Frame | None":
        """The frame that the bytes are; None as long as they are only a part of one."""
        if len(data) < SIZES.size:
            return None
        head, body = SIZES.unpack_from(data)
        start, end = SIZES.size + head, SIZES.size + head + body
        return cls(orjson.loads(data[SIZES.size : start]), bytes(data[start:end])) if len(data) >= end else None


class _Large(Exception):
    """An answer has more bytes than it may have."""


class _Bounded(BytesIO):
    """A file in memory that takes no more than so many bytes."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self._left = most

    def write(self, data: "Buffer") -> int:
        self._left -= memoryview(data).nbytes
        if self._left < 0:
            raise _Large
        return super().write(data)


class _Reader:
    """The store that queries are answered from: another one when the server has opened another one."""

    def __init__(self) -> None:
        self._store: Store | None = None

    def store(self, folder: str) -> Store:
        if self._store is None or str(self._store.folder) != folder:
            self._store = Store.at(Path(folder))
        return self._store

    def answer(self, asked: Frame) -> Frame:
        head, stream = asked.head, _Bounded(asked.head["bytes"])
        results, graph = RESULTS.get(head["results"] or ""), GRAPHS.get(head["graph"] or "")
        try:
            store = self.store(head["folder"])
            query = asked.body.decode("utf-8")
            kind = store.answer(query, stream, results, graph, head["default"], head["named"])
        except _Large:
            return Frame({"kind": "large"}, b"")
        except (PolicykgError, UnicodeDecodeError) as error:
            return Frame({"kind": "error"}, str(error).encode("utf-8", "replace"))
        return Frame({"kind": kind or "unwanted"}, stream.getvalue())


def main(source: IO[bytes], sink: IO[bytes], memory: int) -> None:
    """Answer queries until the pipe ends, in at most so many bytes of memory beyond what the process starts with."""
    os.nice(5)  # so that queries wait for the other routes, not these for queries
    _, most = resource.getrlimit(resource.RLIMIT_DATA)
    resource.setrlimit(resource.RLIMIT_DATA, (memory, most))
    reader = _Reader()
    while asked := _read(source):
        _limit_cpu(asked.head["seconds"])
        sink.write(reader.answer(asked).packed())
        sink.flush()


def _read(source: IO[bytes]) -> Frame | None:
    sizes = source.read(SIZES.size)
    if len(sizes) < SIZES.size:
        return None
    head, body = SIZES.unpack(sizes)
    return Frame(orjson.loads(source.read(head)), source.read(body))


def _limit_cpu(seconds: float) -> None:
    """The system ends the process when it has used so much CPU time more; a little later than the server would."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    _, most = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(used.ru_utime + used.ru_stime + seconds) + 2, most))


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer, int(sys.argv[1]))
