"""Formats that strangers' libraries parse are read in a process of their own, with limits of memory and time, so that a
broken or hostile file can harm nothing but its own reading."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ingest.typeset import Made
from kg.errors import DocumentError

LONGEST = 20_000_000
"""The longest text that a document may have, in characters."""
_GIGABYTE = 2**30


@dataclass(frozen=True, slots=True)
class Limits:
    """What the reading of one file may take: address space in bytes, seconds of CPU time, seconds by the clock."""

    memory: int = 3 * _GIGABYTE
    cpu: int = 300
    wall: int = 600


_LIMITS = {"html": Limits(cpu=60, wall=150), "docx": Limits(cpu=60, wall=150)}


def read_apart(path: Path, kind: str, limits: Limits | None = None) -> Made:
    """The text of a file of that kind (`pdf`, `docx`, `html`), read in a process of its own. Scanned pages are read by
    OCR where the extra `ocr` is installed. Raises DocumentError where the file cannot be read within the limits."""
    limits = limits or _LIMITS.get(kind, Limits())
    told = _answer(path, kind, limits)
    if scanned := int(told.get("scanned", 0)):
        if not find_spec("rapidocr"):
            raise DocumentError(f"{path} {told['error']}: install what reads pictures, pip install 'policykg[ocr]'")
        told = _answer(path, "ocr", Limits(2 * limits.memory, limits.cpu + 30 * scanned, limits.wall + 60 * scanned))
    if error := told.get("error"):
        raise DocumentError(f"{path} {error}")
    return Made(told["text"], tuple((label, start, end) for label, start, end in told["pages"]))


def _answer(path: Path, kind: str, limits: Limits) -> dict[str, Any]:
    """What the process says: the text and its pages, or the error."""
    command = [sys.executable, "-P", "-c", "from ingest.apart import main; main()", kind, str(path.resolve())]
    command += [str(limits.memory), str(limits.cpu)]
    # The modules of this process, whatever the folder is that the command was given in.
    known = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path)), "PYTHONIOENCODING": "utf-8"}
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, timeout=limits.wall, env=known, check=False
        )
    except subprocess.TimeoutExpired:
        return {"error": f"could not be read in {limits.wall} seconds: split it, or convert it to text"}
    if done.returncode == 0:
        return dict(json.loads(done.stdout))
    return {"error": _broken(done.returncode, limits)}


_OUT_OF_TIME = (-24, -9, 152, 137)
"""How a process ends that has used up its CPU time."""


def _broken(code: int, limits: Limits) -> str:
    if code in _OUT_OF_TIME:
        return f"could not be read in {limits.cpu} seconds of CPU time: split it, or convert it to text"
    return f"broke what reads it (status {code}), as damaged and hostile files do: get it again, or convert it to text"


# --- in the process of its own ----------------------------------------------------------------------------------------


def main() -> None:
    """Reads the file that the command line names, and writes what it says to standard output as JSON."""
    kind, path, memory, cpu = sys.argv[1:5]
    out = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints is no part of the answer
    _limit(int(memory), int(cpu))
    answer = _read(_reader(kind), Path(path), int(memory))
    with os.fdopen(out, "w", encoding="utf-8", errors="replace") as stream:
        json.dump(answer, stream, ensure_ascii=False)


def _limit(memory: int, cpu: int) -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the time by the clock holds there too
        return
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, cpu), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(limit)
        value = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(limit, (value, hard))


def _reader(kind: str) -> Callable[[Path], Made]:
    """The reader of a kind of files; each imports its own library only."""
    if kind in ("pdf", "ocr"):
        from ingest.pdf import read_pdf

        return lambda path: read_pdf(path, ocr=kind == "ocr")
    if kind == "docx":
        from ingest.docx import read_docx

        return read_docx
    from ingest.html import read_html

    return read_html


def _read(reader: Callable[[Path], Made], path: Path, memory: int) -> dict[str, object]:
    try:
        made = reader(path)
    except (ValueError, DocumentError) as error:
        return {"error": str(error).removeprefix(f"{path} "), "scanned": getattr(error, "scanned", 0)}
    except MemoryError:
        return {"error": f"needs more than {memory // 2**20:,} MB of memory: split it, or convert it to text"}
    except RecursionError:
        return {"error": "is nested too deeply for a text: save it again, or convert it to text"}
    except Exception as error:  # whatever a library raises on a file that is not as it should be
        return {"error": f"is damaged ({type(error).__name__}: {error}): get it again, or convert it to text"}
    if len(made.text) > LONGEST:
        return {"error": f"holds {len(made.text):,} characters, more than {LONGEST:,}: split it"}
    return {"text": made.text, "pages": made.pages}
