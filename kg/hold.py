"""A reader's own hold on the files of a store that another process may be writing.

RocksDB's writer merges its files and removes the old ones, and a read-only reader opens files only when it needs them:
without a hold of its own, it fails on a file that is gone (measured: one opening in eight beside a busy writer, and
nearly every reader that stays). Files of data never change once written, so hard links to them are enough.
"""

import fcntl
import os
import shutil
import weakref
from contextlib import suppress
from pathlib import Path
from tempfile import mkdtemp
from time import sleep

from kg.errors import StoreError

_ATTEMPTS = 40
_PAUSE = 0.05
"""Seconds between attempts: together about two, far more than the writer needs for one change of its list of files."""


class Hold:
    """The files of the RocksDB folder `data` as they are now, in a new folder below `readers`.

    Raises OSError where links cannot be made there, StoreError where the writer never rests.
    """

    def __init__(self, data: Path, readers: Path) -> None:
        readers.mkdir(exist_ok=True)
        self.folder = Path(mkdtemp(dir=readers))
        lock = os.open(self.folder, os.O_RDONLY)
        self.release = weakref.finalize(self, _release, self.folder, lock)
        """Removes the folder; called by itself at the latest when the process ends."""
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            _keep_all(data, self.folder)
        except (OSError, StoreError):
            self.release()
            raise


def sweep(readers: Path) -> None:
    """Remove what readers that were killed have left behind: the folders that no process has locked."""
    for folder in readers.iterdir() if readers.is_dir() else ():
        with suppress(FileNotFoundError):  # its reader may just be done
            _sweep(folder)


def _sweep(folder: Path) -> None:
    lock = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(lock)
    else:
        _release(folder, lock)


def _release(folder: Path, lock: int) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    os.close(lock)


def _keep_all(data: Path, folder: Path) -> None:
    """Link or copy all files. While the manifest, which lists the files of data, stays the same, none of those that it
    lists can have been removed."""
    for _ in range(_ATTEMPTS):
        before = _manifest(data)
        for file in data.iterdir():
            with suppress(FileNotFoundError):
                _keep(file, folder / file.name)
        if before and _manifest(data) == before:
            return
        sleep(_PAUSE)
    raise StoreError(f"the store at {data.parent} is being changed all the time: try again in a moment")


def _keep(file: Path, copy: Path) -> None:
    if file.suffix == ".sst":
        with suppress(FileExistsError):
            os.link(file, copy)
    elif not file.name.startswith("LO"):  # neither the writer's LOCK nor its LOG
        shutil.copyfile(file, copy)


def _manifest(data: Path) -> bytes:
    """The name and content of the current manifest; empty where it is just being replaced."""
    current = (data / "CURRENT").read_text(encoding="utf-8", errors="replace").strip()
    try:
        return current.encode() + (data / current).read_bytes()
    except FileNotFoundError:
        return b""
