"""What the checks cost: `python benchmarks/gate.py [FILE…]`, for the given documents or the examples.

Prints for each document the seconds of reading it, the share of them that the gate takes (at most 5 % is promised), and
the seconds of `kg check` on its graph (at most 20). Each figure is the best of three.
"""

import sys
from pathlib import Path
from time import perf_counter
from typing import Any

from ingest.assertions import Gate, Statement
from ingest.pipeline import Pipeline
from kg.check import findings
from kg.inference import infer
from kg.model import Extraction
from kg.ontology import load
from kg.store import Store

_RUNS = range(3)
_spent: list[float] = []


def main() -> None:
    Gate.pass_through = timed  # type: ignore[assignment, method-assign]
    pipeline = Pipeline()
    files = [Path(name) for name in sys.argv[1:]] or sorted(Path(__file__).parents[1].glob("examples/*.md"))
    for path in files:
        extraction = pipeline.extract(path)  # loads the models
        whole, gate = min(read(pipeline, path) for _ in _RUNS)
        seconds, found = check(extraction)
        print(f"{path.stem:16} {len(extraction.assertions):4} statements  read {whole:.2f} s  ", end="")
        print(f"gate {gate * 1000:.1f} ms ({gate / whole:.1%})  check {seconds:.2f} s, {found} findings")


def timed(self: Gate, statements: list[Statement], inner: Any = Gate.pass_through) -> Any:
    began = perf_counter()
    result = inner(self, statements)
    _spent.append(perf_counter() - began)
    return result


def read(pipeline: Pipeline, path: Path) -> tuple[float, float]:
    """Seconds of reading the document, and those of them spent in the gate."""
    began = perf_counter()
    pipeline.extract(path)
    return perf_counter() - began, _spent[-1]


def check(extraction: Extraction) -> tuple[float, int]:
    """Seconds of all checks on the document's graph, and how much they find."""
    with Store.in_memory() as store:
        store.put(extraction)
        infer(store, load())
        runs = [(perf_counter(), len(findings(store, load())), perf_counter()) for _ in _RUNS]
    return min(end - start for start, _, end in runs), runs[0][1]


if __name__ == "__main__":
    main()
