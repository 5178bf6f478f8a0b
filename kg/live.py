"""The store as it is now, for a process that reads for a long time while others write."""

import os
from collections.abc import Callable, Iterable, Mapping
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from threading import Lock, RLock
from typing import NamedTuple, TypeVar, cast

from kg.adjacency import Block
from kg.canvas import Ties
from kg.chains import Index
from kg.errors import StoreError
from kg.graph import Graph
from kg.ontology import Ontology
from kg.store import Store

T = TypeVar("T")

_Trace = list[tuple[str, int, int]]
"""Files: path, time of change, size."""


class Snapshot:
    """A store as it was when it was opened. Any number of threads may read it. With what an earlier one
    `knew` of documents, only those that have changed since are read for the index of chains."""

    def __init__(self, store: Store, ontology: Ontology, tag: str, knew: Mapping[str, Block] | None = None) -> None:
        self.graph = Graph(store, ontology)
        self.tag = tag
        """Names the state of the store: another one has another tag. Of use within one process only."""
        self._knew = knew or {}
        self._lock = RLock()
        self._looked: dict[object, object] = {}

    def once(self, look: Callable[[Graph], T]) -> T:
        """What a look-up gives that reads much of the store: looked up once. The look-up is a function with a name."""
        with self._lock:
            if look not in self._looked:
                self._looked[look] = look(self.graph)
            return cast(T, self._looked[look])

    @property
    def chains(self) -> Index:
        """The index of chains, made when it is first asked for."""
        with self._lock:
            return self._chains

    @cached_property
    def _chains(self) -> Index:
        index = Index.of(self.graph.store, self.graph.ontology, self._knew)
        self._knew = index.blocks
        return index

    @property
    def knows(self) -> Mapping[str, Block]:
        """What was read of documents for the index of chains, its own or an earlier one's."""
        with self._lock:
            return self._knew

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
        self._seen = _Look([], ())
        self._newest: Snapshot | None = None

    def read(self, look: Callable[[Snapshot], T]) -> T:
        """What `look` gives for the newest snapshot. Raises what `look` raises, StoreError where there is no store."""
        return look(self.current())

    def current(self) -> Snapshot:
        """The newest snapshot, opened where need be. Raises StoreError where there is no store."""
        with self._lock:
            # taken before opening: what is written meanwhile shows as a change the next time
            if self._newest is None:
                look = _look(self._path)
                self._newest, self._seen = self._opened(look), look
            elif _trace(self._seen.again) != self._seen.trace:
                self._renew(_look(self._path))
            return self._newest

    def unchanged(self) -> Snapshot | None:
        """The newest snapshot where it need not be opened again; never waits for another thread."""
        if not self._lock.acquire(blocking=False):
            return None
        try:
            return self._newest if self._newest and _trace(self._seen.again) == self._seen.trace else None
        finally:
            self._lock.release()

    def _renew(self, look: "_Look") -> None:
        try:
            self._newest, self._seen = self._opened(look), look
        except StoreError:
            if not look.trace:
                raise
            # the writer left no moment to open it: the last snapshot serves until the next request

    def _opened(self, look: "_Look") -> Snapshot:
        state = sha256(f"{_RUN} {sorted(look.trace)}".encode()).hexdigest()[:20]
        knew = self._newest.knows if self._newest else {}
        return Snapshot(Store.open(self._path, read_only=True), self._ontology, state, knew)


_RUN = token_hex(4)
"""Of this process: another one may run another version of the program, which answers differently."""


class _Look(NamedTuple):
    """What the store's folder looks like: what changes whenever the store does, empty where there is none; and what of
    it to look at again, since a store may have hundreds of files that never change."""

    trace: _Trace
    again: tuple[str, ...]


def _look(path: Path) -> _Look:
    folder = str(path / "data")
    try:
        names = os.listdir(folder)
    except (FileNotFoundError, NotADirectoryError):
        return _Look([], ())
    # what is written goes to the log and the manifest, and files that come or go change the folder's time
    again = [os.path.join(folder, name) for name in names if name.endswith(".log") or name.startswith("MANIFEST")]
    return _Look(_trace((folder, *again)), (folder, *again))


def _trace(paths: Iterable[str]) -> _Trace:
    found: _Trace = []
    for path in paths:
        try:
            stat = os.stat(path)
        except FileNotFoundError:
            # the writer has just taken it away
            continue
        found.append((path, stat.st_mtime_ns, stat.st_size))
    return found
