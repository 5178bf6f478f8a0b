"""Documents sent to a running server. They are read as `kg ingest` reads them, one after the other, each in a process
of its own: the server stays responsive and itself only reads the store, and one process at a time writes it.

Nothing is taken unless the server was started with a token, and then only from who names it.
"""

import json
import os
import subprocess
import sys
from collections import OrderedDict, deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field, replace
from enum import Enum
from hmac import compare_digest
from pathlib import Path, PurePosixPath, PureWindowsPath
from tempfile import mkdtemp
from threading import Condition, Thread
from typing import Annotated, Any, Literal
from uuid import uuid4

from fastapi import APIRouter, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from kg.errors import QueryError
from kg.messages import translated
from kg.problems import PROBLEMS, language_of

State = Literal["waiting", "reading", "added", "replaced", "unchanged", "failed"]

MAX_BYTES = 20 * 1024 * 1024
"""The largest file that is taken."""
MAX_WAITING = 20
"""The most files that wait to be read."""
_KEPT = 200
"""How many files' states are remembered."""
_SECONDS = 1800
"""How long one file may take to be read."""
_FOLDER = "uploads"
_LONGEST = 200
"""The longest file name, in bytes."""


@dataclass(frozen=True, slots=True)
class Job:
    """What becomes of one file; `message` says why it failed and what to do."""

    id: str
    name: str
    size: int
    state: State = "waiting"
    source: str = ""
    entities: int = 0
    assertions: int = 0
    refusals: int = 0
    seconds: float = 0.0
    message: str = ""


@dataclass(slots=True)
class _Queue:
    """What the threads share."""

    jobs: OrderedDict[str, Job] = field(default_factory=OrderedDict)
    waiting: deque[tuple[Job, Path]] = field(default_factory=deque)
    changed: Condition = field(default_factory=Condition)
    thread: Thread | None = None
    child: "subprocess.Popen[str] | None" = None
    closed: bool = False


class Uploads:
    """The files sent to a server over the store in that folder, with the token that allows it."""

    def __init__(self, store: Path, token: str) -> None:
        self._store = store.absolute()
        self._token = token.encode()
        self._queue = _Queue()

    def allows(self, authorization: str) -> bool:
        """Whether the header `Authorization` names the token. Takes equally long for every wrong one."""
        kind, _, token = authorization.partition(" ")
        return kind.lower() == "bearer" and compare_digest(token.strip().encode(), self._token)

    def draft(self) -> Path:
        """A new folder for a file that is just coming in."""
        drafts = self._store / _FOLDER / ".drafts"
        drafts.mkdir(parents=True, exist_ok=True)
        return Path(mkdtemp(dir=drafts))

    def add(self, draft: Path, name: str) -> Job:
        """Have the file at `draft` read as a document of that file name. Raises QueryError where too many wait."""
        queue = self._queue
        job = Job(uuid4().hex[:12], name, draft.stat().st_size)
        with queue.changed:
            if len(queue.waiting) >= MAX_WAITING:
                raise QueryError(f"{MAX_WAITING} files are waiting to be read: send this one when they are done")
            queue.jobs[job.id] = job
            while len(queue.jobs) > _KEPT:
                queue.jobs.popitem(last=False)
            queue.waiting.append((job, draft))
            if queue.thread is None:
                queue.thread = Thread(target=self._work, name="uploads", daemon=True)
                queue.thread.start()
            queue.changed.notify()
        return job

    def jobs(self) -> list[Job]:
        """What became of the files sent so far, the last first."""
        with self._queue.changed:
            return list(reversed(self._queue.jobs.values()))

    def close(self) -> None:
        """End the file that is being read; the store stays whole, as after any kill."""
        with self._queue.changed:
            self._queue.closed = True
            child = self._queue.child
            self._queue.changed.notify()
        if child:
            child.kill()

    # ---- In the thread

    def _work(self) -> None:
        queue = self._queue
        while True:
            with queue.changed:
                queue.changed.wait_for(lambda: queue.waiting or queue.closed)
                if queue.closed:
                    return
                job, draft = queue.waiting.popleft()
                self._set(replace(job, state="reading"))
            try:
                outcome = self._read(job, draft)
            except OSError as error:
                outcome = {"state": "failed", "message": f"{job.name} could not be kept: {error.strerror}"}
            with queue.changed:
                self._set(replace(job, **outcome))

    def _set(self, job: Job) -> Job:
        """Remember what the job is now, unless it is no longer remembered."""
        if job.id in self._queue.jobs:
            self._queue.jobs[job.id] = job
        return job

    def _read(self, job: Job, draft: Path) -> dict[str, Any]:
        """Put the file in its place and read it; where that fails, what stood there before is put back."""
        place = self._store / _FOLDER / job.name
        before = draft.with_name("before")
        with suppress(FileNotFoundError):
            os.replace(place, before)
        os.replace(draft, place)
        outcome = self._ingest(place)
        if outcome["state"] == "failed":
            place.unlink()
            with suppress(FileNotFoundError):
                os.replace(before, place)
        before.unlink(missing_ok=True)
        draft.parent.rmdir()
        return outcome

    def _ingest(self, place: Path) -> dict[str, Any]:
        """What `kg ingest` says of the file."""
        command = [sys.executable, "-m", "kg.cli", "ingest", str(place), "--store", str(self._store)]
        child = subprocess.Popen(
            [*command, "--format", "json"],
            # the reading needs no token; who asks what became of the file is told in their own language
            env={**{name: value for name, value in os.environ.items() if name != "KG_TOKEN"}, "KG_LANG": "en"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        with self._queue.changed:
            self._queue.child = child
        try:
            said, trouble = child.communicate(timeout=_SECONDS)
        except subprocess.TimeoutExpired:
            child.kill()
            child.communicate()
            return _failed(f"{place.name} took longer than {_SECONDS // 60} minutes to read: send it in parts")
        finally:
            with self._queue.changed:
                self._queue.child = None
        return _outcome(said, trouble, place)


def _outcome(said: str, trouble: str, place: Path) -> dict[str, Any]:
    try:
        (row,) = json.loads(said)["documents"]
    except (ValueError, KeyError):
        lines = [line.removeprefix("kg: ") for line in trouble.splitlines() if line.startswith("kg: ")]
        unknown = f"{place.name} could not be read: kg ingest on the server's machine says why"
        return _failed(_plain(lines[0], place) if lines else unknown)
    numbers = {name: row[name] for name in ("source", "entities", "assertions", "refusals", "seconds")}
    return {"state": row["status"], "message": _plain(row["message"], place), **numbers}


def _plain(message: str, place: Path) -> str:
    """The message without the folders of the server's machine."""
    return message.replace(f"{place.parent}{os.sep}", "")


def _failed(message: str) -> dict[str, Any]:
    return {"state": "failed", "message": message}


def file_name(name: str) -> str:
    """The last part of a file's name, as it is kept. Raises QueryError where it cannot be one."""
    last = PureWindowsPath(PurePosixPath(name).name).name.strip()
    strange = not last.isprintable() or last.startswith(".") or len(last.encode()) > _LONGEST
    if strange or not PurePosixPath(last).suffix:
        raise QueryError(f"{last or name!r} cannot be a document's file name: give it a short one such as he2025.txt")
    return last


# ---- Routes

_TAGS: list[str | Enum] = ["文献 documents"]
router = APIRouter(prefix="/api", tags=_TAGS, responses=PROBLEMS)
sending = APIRouter(prefix="/api", tags=_TAGS, responses=PROBLEMS)
"""For a server that takes documents."""

_WRONG = "documents are taken from who names the server's token only: send Authorization: Bearer TOKEN"


def _uploads(request: Request, authorization: str) -> Uploads:
    """The server's uploads. Raises 401 where the token is not named."""
    uploads: Uploads = request.app.uploads
    if not uploads.allows(authorization):
        raise HTTPException(401, _WRONG, {"WWW-Authenticate": "Bearer"})
    return uploads


_Token = Annotated[str, Header(max_length=1000)]


@sending.post("/documents", status_code=202)
async def send(
    request: Request,
    name: Annotated[str, Query(min_length=1, max_length=500, description="文件名 · the file's name")],
    authorization: _Token = "",
) -> Response:
    """送入一篇文献；正文即文件内容 · Send a document; the body is the file. Answers at once; see /api/uploads."""
    uploads = _uploads(request, authorization)
    draft = uploads.draft() / "file"
    try:
        kept = file_name(name)
        with draft.open("wb") as stream:
            await _receive(request, stream.write)
        job = uploads.add(draft, kept)
    except BaseException:
        draft.unlink(missing_ok=True)
        draft.parent.rmdir()
        raise
    return JSONResponse(asdict(job), 202)


@router.get("/uploads", include_in_schema=False)
def uploads(request: Request, authorization: _Token = "") -> Response:
    """是否接收文献；已送入的文献及其结果 · Whether documents are taken, and what became of those sent."""
    limits = {"enabled": request.app.uploads is not None, "max_bytes": MAX_BYTES}
    if not (limits["enabled"] and authorization):
        return JSONResponse({**limits, "jobs": []})
    language = language_of(request)
    jobs = _uploads(request, authorization).jobs()
    told = [{**asdict(job), "message": translated(job.message, language)} for job in jobs]
    return JSONResponse({**limits, "jobs": told}, headers={"Vary": "Accept-Language"})


async def _receive(request: Request, take: Callable[[bytes], object]) -> None:
    """The body, piece by piece. Raises 413 as soon as it is known to be too large."""
    most = f"a document may have at most {MAX_BYTES // 1024 // 1024} MiB: send it in parts, or use kg ingest"
    if int(request.headers.get("content-length") or 0) > MAX_BYTES:
        raise HTTPException(413, most)
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BYTES:
            raise HTTPException(413, most)
        take(piece)
