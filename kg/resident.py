"""Stores that a process reads again and again, held in memory: that takes mostly a half to an eighth of the CPU."""

from contextlib import suppress
from itertools import count
from threading import Thread

from kg.errors import StoreError
from kg.store import Store

_OFTEN = 100
"""Reads after which the copy, which takes seconds where each takes milliseconds, is worth making. A store that others
write to is opened anew at each change, and so is not copied again and again."""
MOST = 128 << 20
"""Bytes of a store's files: half a million triples. Its copy takes about twice as much memory, three times while it is
made."""


class Resident:
    """Counts how often a store is read. One that is read often, and has at most so many bytes, goes into memory, while
    others read on."""

    def __init__(self, store: Store, most: int = MOST) -> None:
        self._store = store
        self._most = most
        self._reads = count(1)

    def count(self) -> None:
        """It is read once more."""
        if next(self._reads) == _OFTEN:
            # no daemon: Python cannot end one that is at work in Oxigraph
            Thread(target=self._copy, name="into memory").start()

    def _copy(self) -> None:
        # closed meanwhile, or files gone that this user could not hold: whoever still reads it goes on as before
        with suppress(StoreError, OSError):
            if self._small():
                self._store.into_memory()

    def _small(self) -> bool:
        folder = self._store.folder
        return folder is not None and sum(file.stat().st_size for file in folder.iterdir()) <= self._most
