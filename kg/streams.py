"""What a function writes to a file, as chunks that come while it writes."""

from collections.abc import Callable, Generator
from io import BufferedWriter, RawIOBase
from queue import Full, Queue
from threading import BoundedSemaphore, Thread
from typing import BinaryIO, cast

from kg.errors import StoreError

_AT_ONCE = 3
_CHUNK = 1 << 16
_AHEAD = 4
"""How many chunks are written before the first of them has been taken."""
_LOOK = 1.0
"""Seconds after which a writer that nobody reads from looks whether there is still a reader."""

_Chunk = bytes | Exception | None
_free = BoundedSemaphore(_AT_ONCE)


class _Pipe(RawIOBase):
    """The end to write to. Raises BrokenPipeError where the reader has gone."""

    def __init__(self) -> None:
        self.chunks: Queue[_Chunk] = Queue(_AHEAD)
        self.gone = False

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        chunk = bytes(cast(bytes, data))
        self.put(chunk)
        return len(chunk)

    def put(self, chunk: _Chunk) -> None:
        while not self.gone:
            try:
                self.chunks.put(chunk, timeout=_LOOK)
                return
            except Full:
                continue
        raise BrokenPipeError


def streamed(write: Callable[[BinaryIO], None]) -> Generator[bytes, None, None]:
    """The chunks of what `write` writes. It runs in a thread of its own, which ends when the generator is closed.
    Raises what `write` raises, StoreError where too many run already."""
    if not _free.acquire(blocking=False):
        raise StoreError("several exports are being sent already: ask again in a moment")
    pipe = _Pipe()
    Thread(target=_written, args=(write, pipe), daemon=True).start()
    try:
        while (chunk := pipe.chunks.get()) is not None:
            if isinstance(chunk, Exception):
                raise chunk
            yield chunk
    finally:
        pipe.gone = True
        _free.release()


def _written(write: Callable[[BinaryIO], None], pipe: _Pipe) -> None:
    try:
        with BufferedWriter(pipe, _CHUNK) as stream:
            write(cast(BinaryIO, stream))
            stream.flush()
            pipe.put(None)
    except BrokenPipeError:
        pass
    except Exception as error:
        pipe.put(error)
