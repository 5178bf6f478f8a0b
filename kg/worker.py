"""A process that answers queries for a server, so that it can be killed when one takes too long: Oxigraph cannot be
stopped otherwise. It reads the files that the server holds; what server and worker say to each other is in `Frame`.

Beside the server's clock two limits of the system hold, also when the server is gone: CPU time for each query, and
memory.
"""

import os
import resource
import sys
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from struct import Struct
from time import process_time
from typing import IO, TYPE_CHECKING, Any, NamedTuple

import orjson
import pyoxigraph as ox

from kg.errors import PolicykgError
from kg.media import GRAPHS, RESULTS
from kg.resident import MOST, Resident
from kg.store import Store

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer as Buffer

SIZES = Struct(">II")
"""What a frame begins with: the lengths of its head and its body."""


class Frame(NamedTuple):
    """What goes over the pipe: a head, JSON, and a body.

    A query's body is the query; its head says `folder` (of the store), `results` and `graph` (media types or None),
    `default` and `named` (IRIs of graphs, or None), `bytes` and `seconds` (the most that it may give and take); and
    where it is one of the packaged questions, `bindings` (see `packed_term`), else None. An answer's head says `kind`:
    `results` or `graph`, with the answer as its body; `unwanted`, where it has no such format; `large`; or `error`,
    with the error's text as its body.
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
        if len(data) < end:
            return None
        with memoryview(data) as view:
            return cls(orjson.loads(view[SIZES.size : start]), bytes(view[start:end]))


def packed_term(term: ox.NamedNode | ox.Literal) -> list[str]:
    """A term as a head holds it: its kind and value. Of literals only plain texts."""
    return ["iri" if isinstance(term, ox.NamedNode) else "text", term.value]


def _term(packed: Sequence[str]) -> ox.NamedNode | ox.Literal:
    kind, value = packed
    return ox.NamedNode(value) if kind == "iri" else ox.Literal(value)


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


def _question(bindings: Mapping[str, Sequence[str]]) -> dict[str, Any]:
    """What a packaged question is answered with beside its text."""
    # what questions need takes longer to import than a query takes
    from kg.queries import FUNCTIONS

    return {"bindings": {name: _term(packed) for name, packed in bindings.items()}, "functions": FUNCTIONS}


class _Reader:
    """The store that queries are answered from: another one when the server has opened another one."""

    def __init__(self, memory: int) -> None:
        self._most = min(MOST, memory // 16)
        self._store: Store | None = None

    def store(self, folder: str) -> Store:
        if self._store is None or str(self._store.folder) != folder:
            self._store = Store.at(Path(folder))
            self._resident = Resident(self._store, self._most)
        self._resident.count()
        return self._store

    def answer(self, asked: Frame) -> Frame:
        head, stream = asked.head, _Bounded(asked.head["bytes"])
        results, graph = RESULTS.get(head["results"] or ""), GRAPHS.get(head["graph"] or "")
        try:
            store = self.store(head["folder"])
            query = asked.body.decode("utf-8")
            if head["bindings"] is None:
                kind = store.answer(query, stream, results, graph, head["default"], head["named"])
            else:
                kind = store.answer(query, stream, results, graph, **_question(head["bindings"]))
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
    reader, limit = _Reader(memory), _Limit()
    while asked := _read(source):
        limit.set(asked.head["seconds"])
        sink.write(reader.answer(asked).packed())
        sink.flush()


def _read(source: IO[bytes]) -> Frame | None:
    sizes = source.read(SIZES.size)
    if len(sizes) < SIZES.size:
        return None
    head, body = SIZES.unpack(sizes)
    return Frame(orjson.loads(source.read(head)), source.read(body))


class _Limit:
    """The system's limit of this process's CPU time, which is counted from its start."""

    def __init__(self) -> None:
        self._from = -_SLACK

    def set(self, seconds: float) -> None:
        """The system ends the process when it has used so much more, or little above; later than the server would.
        Small queries do not move the limit, which costs as much as they do."""
        used = process_time()
        if used - self._from >= _SLACK:
            self._from = used
            _, most = resource.getrlimit(resource.RLIMIT_CPU)
            resource.setrlimit(resource.RLIMIT_CPU, (int(used + seconds + _SLACK) + 2, most))


_SLACK = 1.0


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer, int(sys.argv[1]))
