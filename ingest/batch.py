"""Many files into a store, one after the other: what is unchanged is skipped, what fails stops nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Literal

from ingest.pipeline import Pipeline
from ingest.reading import documents_in, read
from kg.errors import DocumentError
from kg.inference import infer
from kg.model import Document, Extraction
from kg.ontology import load
from kg.resolution import resolve
from kg.store import Store

Status = Literal["added", "replaced", "unchanged", "failed"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one file; `message` says why it failed and what to do. `seconds` is wall time."""

    path: Path
    source: str
    status: Status
    seconds: float
    entities: int = 0
    assertions: int = 0
    refusals: int = 0
    message: str = ""


def listed(paths: Sequence[Path]) -> tuple[tuple[Path, ...], tuple[Outcome, ...]]:
    """The documents that the paths name, each once, and what became of the paths that name none."""
    files: dict[Path, None] = {}
    failed: list[Outcome] = []
    for path in paths:
        try:
            files |= dict.fromkeys(documents_in([path]))
        except DocumentError as error:
            failed.append(Outcome(path, path.stem, "failed", 0.0, message=str(error)))
    return tuple(files), tuple(failed)


def ingest(
    store: Store, files: Sequence[Path], pipeline: Pipeline, *, force: bool = False, move: bool = False
) -> Iterator[Outcome]:
    """Read each file into the store, and yield what became of it as soon as it is stored (or has failed). After the
    last one, it is decided which entities are one, and what follows from all the statements is inferred anew.

    A file whose text and pipeline are those of the stored document is left alone, unless `force`. A file that has the
    name of a document that was read from another place, and another text, fails, unless `move`: it would silently
    take that document's place.
    """
    done: dict[str, Path] = {}
    for path in files:
        began = perf_counter()
        try:
            if (other := done.setdefault(path.stem, path)) != path:
                raise DocumentError(f"{path} and {other} have the same name {path.stem!r}: rename one of them")
            status, extraction = _store(store, path, pipeline, force=force, move=move)
        except DocumentError as error:
            yield Outcome(path, path.stem, "failed", perf_counter() - began, message=str(error))
        else:
            yield _outcome(path, status, perf_counter() - began, extraction)
    resolve(store, load())
    infer(store, load())


def _store(
    store: Store, path: Path, pipeline: Pipeline, *, force: bool, move: bool
) -> tuple[Status, Extraction | None]:
    reading = read(path)
    document = reading.document
    state = store.state(document.source)
    if state is None:
        status: Status = "added"
    elif state.digest == document.digest and state.pipeline == pipeline.fingerprint and not force:
        return "unchanged", None
    else:
        _check_place(path, document, state.digest, state.location, move=move)
        status = "replaced"
    extraction = pipeline.extract_reading(reading)
    store.put(extraction)
    return status, extraction


def _check_place(path: Path, document: Document, digest: str, location: str, *, move: bool) -> None:
    if document.digest != digest and document.location != location and not move:
        raise DocumentError(
            f"{path} would replace the document {document.source!r}, which was read from another file: rename the "
            f"file, or remove the document first with: kg remove {document.source}"
        )


def _outcome(path: Path, status: Status, seconds: float, extraction: Extraction | None) -> Outcome:
    if extraction is None:
        return Outcome(path, path.stem, status, seconds)
    return Outcome(
        path,
        path.stem,
        status,
        seconds,
        entities=len(extraction.entities),
        assertions=len(extraction.assertions),
        refusals=len(extraction.refusals),
    )
