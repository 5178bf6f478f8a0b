"""The store as it is now, for a process that reads for a long time while others write."""

import os
from collections.abc import Callable
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from threading import Lock
from typing import TypeVar

from kg.canvas import Ties
from kg.chains import Index
from kg.errors import StoreError
from kg.graph import Graph
from kg.ontology import Ontology
from kg.store import Store

T = TypeVar("T")

_Trace = frozenset[tuple[str, int, int]]
"""The store's files: name, time of change, size."""


class Snapshot:
    """A store as it was when it was opened. Any number of threads may read it."""

    def __init__(self, store: Store, ontology: Ontology, tag: str) -> None:
        self.graph = Graph(store, ontology)
        self.tag = tag
        """Names the state of the store: another one has another tag. Of use within one process only."""
        self._lock = Lock()

    @property
    def chains(self) -> Index:
        """The index of chains, made when it is first asked for."""
        with self._lock:
            return self._chains

    @cached_property
    def _chains(self) -> Index:
        return Index.of(self.graph.store, self.graph.ontology)

    @property
    def ties(self) -> Ties:
        """The statements as drawing needs them, read when they are first asked for."""
        with self._lock:
            return self._ties

    @cached_property
    def _ties(self) -> Ties:
        return Ties.of(self.graph.store)


class LiveStore:
    """Gives the newest snapshot of the store in a folder, opened again only after its files have changed.

    A snapshot lives as long as somebody reads it, so that a change fails no reader.
    """

    def __init__(self, path: Path, ontology: Ontology) -> None:
        self._path = path
        self._ontology = ontology
        self._lock = Lock()
        self._trace: _Trace = frozenset()
        self._newest: Snapshot | None = None

    def read(self, look: Callable[[Snapshot], T]) -> T:
        """What `look` gives for the newest snapshot. Raises what `look` raises, StoreError where there is no store."""
        return look(self.current())

    def current(self) -> Snapshot:
        """The newest snapshot, opened where need be. Raises StoreError where there is no store."""
        with self._lock:
            # taken before opening: what is written meanwhile shows as a change the next time
            trace = _trace(self._path)
            if self._newest is None:
                self._newest, self._trace = self._opened(trace), trace
            elif trace != self._trace:
                self._renew(trace)
            return self._newest

    def unchanged(self) -> Snapshot | None:
        """The newest snapshot where it need not be opened again; never waits for another thread."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            return self._newest if self._newest and _trace(self._path) == self._trace else None
        finally:
            self._lock.release()

    def _renew(self, trace: _Trace) -> None:
        try:
            self._newest, self._trace = self._opened(trace), trace
        except StoreError:
            if not trace:
                raise
            # the writer left no moment to open it: the last snapshot serves until the next request

    def _opened(self, trace: _Trace) -> Snapshot:
        state = sha256(f"{_RUN} {sorted(trace)}".encode()).hexdigest()[:20]
        return Snapshot(Store.open(self._path, read_only=True), self._ontology, state)


_RUN = token_hex(4)
"""Of this process: another one may run another version of the program, which answers differently."""


def _trace(path: Path) -> _Trace:
    """What changes whenever the store does; empty where there is none."""
    found: set[tuple[str, int, int]] = set()
    try:
        # far quicker than Path.glob, and it is done for each request
        with os.scandir(path / "data") as files:
            for file in files:
                try:
                    stat = file.stat()
                except FileNotFoundError:
                    # the writer has just taken it away
                    continue
                found.add((file.name, stat.st_mtime_ns, stat.st_size))
    except (FileNotFoundError, NotADirectoryError):
        return frozenset()
    return frozenset(found)
