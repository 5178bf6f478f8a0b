"""The store as it is now, for a process that reads for a long time while others write."""

import os
import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from secrets import token_hex
from threading import Lock, RLock
from typing import TypeVar, cast

from kg.adjacency import Block
from kg.canvas import Ties
from kg.chains import Index
from kg.errors import StoreError
from kg.graph import Graph
from kg.ontology import Ontology
from kg.resident import Resident
from kg.store import Store

T = TypeVar("T")


class Snapshot:
    """A store as it was when it was opened. Any number of threads may read it. With what an earlier one
    `knew` of documents, only those that have changed since are read for the index of chains."""

    def __init__(self, store: Store, ontology: Ontology, tag: str, knew: Mapping[str, Block] | None = None) -> None:
        self.graph = Graph(store, ontology)
        self.resident = Resident(store)
        """Is told of every read."""
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
        self._newest: tuple[Snapshot, _Look] | None = None

    def read(self, look: Callable[[Snapshot], T]) -> T:
        """What `look` gives for the newest snapshot. Raises what `look` raises, StoreError where there is no store."""
        return look(self.current())

    def current(self) -> Snapshot:
        """The newest snapshot, opened where need be. Raises StoreError where there is no store."""
        with self._lock:
            return self.unchanged() or self._renewed()

    def unchanged(self) -> Snapshot | None:
        """The newest snapshot where it need not be opened again; never waits for another thread."""
        if self._newest is None:
            return None
        snapshot, look = self._newest
        if not look.holds():
            return None
        snapshot.resident.count()
        return snapshot

    def _renewed(self) -> Snapshot:
        before = self._newest[0] if self._newest else None
        # taken before opening: what is written meanwhile shows as a change the next time
        look = _Look(self._path / "data")
        try:
            store = Store.open(self._path, read_only=True)
        except StoreError:
            if before and look.found:
                # the writer left no moment to open it: the last snapshot serves until the next request
                return before
            raise
        snapshot = Snapshot(store, self._ontology, look.tag, before.knows if before else {})
        self._newest = snapshot, look
        return snapshot


_RUN = token_hex(4)
"""Of this process: another one may run another version of the program, which answers differently."""


class _Look:
    """What the store's folder looks like: what changes whenever the store does. What is written goes to the log and the
    manifest, and files that come or go change the folder; the others, of which there may be hundreds, never change."""

    def __init__(self, folder: Path) -> None:
        self._folder = str(folder)
        self._written: list[int] = []
        """The log and the manifest, kept open: to look at an open file costs half of what it costs by name."""
        weakref.finalize(self, _close, self._written)
        self._marks: list[_Mark] | None = None
        names: list[str] = []
        with suppress(OSError):
            # taken before listing: what comes or goes meanwhile shows as a change
            mark = _mark(self._folder)
            names = sorted(os.listdir(self._folder))
            self._written += _opened(self._folder, names)
            self._marks = [mark, *map(_mark, self._written)]
        self.found = self._marks is not None
        """Whether there is a folder."""
        self.tag = sha256(f"{_RUN} {names} {self._marks}".encode()).hexdigest()[:20]
        """Names what was seen."""

    def holds(self) -> bool:
        """Whether the folder still looks so."""
        try:
            return [_mark(self._folder), *map(_mark, self._written)] == self._marks
        except OSError:
            return False


_Mark = tuple[int, int, int]


def _mark(file: str | int) -> _Mark:
    """When the file, or folder, was last changed, its size, and which it is, since another may take its place."""
    stat = os.stat(file)
    return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _opened(folder: str, names: Iterable[str]) -> Iterator[int]:
    """The log and the manifest, opened."""
    for name in names:
        if name.endswith(".log") or name.startswith("MANIFEST"):
            with suppress(FileNotFoundError):  # the writer has just taken it away
                yield os.open(os.path.join(folder, name), os.O_RDONLY)


def _close(files: Iterable[int]) -> None:
    for file in files:
        os.close(file)
