"""How fast the shapes that a statement can have are joined: `python benchmarks/statement_shapes.py [STATEMENTS…]`.

The same made-up statements (1,500 and 15,000 where no number is given) are written in three shapes, and the same two
questions are put to each in both engines. `direct` has only the triple, without evidence or modality; `claims` is the
shape of policykg, a property into the statement and one out of it; `paths` is the same data, asked by property paths
(`claim:R/claimo:R`), which do not name the statement; `generic` names subject, predicate and object by three
properties, as rdf:Statement does. A question runs in a process of its own and is stopped after 60 seconds.
Times are the best of up to five runs, loading left out; the ratio is to `direct` in the same engine.
"""

import random
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Literal, get_args

from pyoxigraph import RdfFormat, Store
from rdflib import Graph

from kg.iris import PREFIXES

Shape = Literal["direct", "claims", "paths", "generic"]
Engine = Literal["pyoxigraph", "rdflib"]
Hop = tuple[str, str, str]

SIZES = (1_500, 15_000)
LIMIT = 60.0
RUNS = 5
CHAIN: tuple[Hop, ...] = (
    ("?program", "issuedBy", "?government"),
    ("?actor", "participatesIn", "?program"),
    ("?actor", "develops", "?technology"),
    ("?technology", "enables", "?industry"),
)
QUESTIONS: dict[str, tuple[Hop, ...]] = {
    "4-hop chain": CHAIN,
    "2-hop look-up": (("?actor", "participatesIn", "id:program/0"), ("?actor", "develops", "?technology")),
}
KINDS = {"program": 12, "government": 100, "actor": 6, "technology": 8, "industry": 60, "goal": 60, "indicator": 10}
"""Kind of thing → how many statements there are for each of them."""
RELATIONS: dict[str, tuple[str, str, float]] = {
    "issuedBy": ("program", "government", 0.07),
    "participatesIn": ("actor", "program", 0.12),
    "develops": ("actor", "technology", 0.16),
    "enables": ("technology", "industry", 0.1),
    "targets": ("program", "technology", 0.15),
    "funds": ("government", "program", 0.06),
    "aimsAt": ("program", "goal", 0.09),
    "appliedIn": ("technology", "industry", 0.1),
    "measuredBy": ("industry", "indicator", 0.15),
}
"""Relation → kinds of subject and object, and its share of all statements, about as papers have them."""
HEADER = "".join(f"@prefix {name}: <{iri}> .\n" for name, iri in PREFIXES.items())


@dataclass(frozen=True, slots=True)
class Timing:
    """`rows` and `seconds` are None where the time ran out."""

    rows: int | None
    seconds: float | None


def main() -> None:
    sizes = [int(size) for size in sys.argv[1:]] or SIZES
    print("| statements | question | engine | shape | rows | seconds | ratio |\n|---:|---|---|---|---:|---:|---:|")
    for size in sizes:
        facts = statements(size)
        for question, hops in QUESTIONS.items():
            for engine in get_args(Engine):
                timings = {shape: timed(engine, turtle(facts, shape), query(hops, shape)) for shape in get_args(Shape)}
                for shape, timing in timings.items():
                    print(
                        f"| {size} | {question} | {engine} | {shape} | {cells(timing, timings['direct'])} |", flush=True
                    )


def cells(timing: Timing, direct: Timing) -> str:
    if timing.seconds is None:
        least = f"> {LIMIT / direct.seconds:.0f}" if direct.seconds else "?"
        return f"? | > {LIMIT:.0f} | {least}"
    ratio = f"{timing.seconds / direct.seconds:.1f}" if direct.seconds else "?"
    return f"{timing.rows} | {timing.seconds:.5f} | {ratio}"


# ---- The statements, in each shape


def statements(size: int) -> list[Hop]:
    """About `size` different statements, the same ones each time; a few things are named far more often than most."""
    draw = random.Random(size)
    found: dict[Hop, None] = {}
    for relation, (subject, object_, share) in RELATIONS.items():
        wanted = len(found) + round(size * share)
        while len(found) < wanted:
            found[thing(draw, subject, size), relation, thing(draw, object_, size)] = None
    return list(found)


def thing(draw: random.Random, kind: str, size: int) -> str:
    count = max(1, size // KINDS[kind])
    return f"id:{kind}/{int(count * draw.random() ** 1.5)}"


def turtle(facts: list[Hop], shape: Shape) -> str:
    return HEADER + "".join(lines(facts, shape))


def lines(facts: list[Hop], shape: Shape) -> Iterator[str]:
    for number, (subject, relation, object_) in enumerate(facts):
        s, o, st = iri(subject), iri(object_), f"st:{number}"
        if shape == "direct":
            yield f"{s} pkg:{relation} {o} .\n"
        elif shape in ("claims", "paths"):
            yield f"{s} claim:{relation} {st} . {st} claimo:{relation} {o} .\n"
        else:
            yield f"{st} pkg:subject {s} ; pkg:predicate pkg:{relation} ; pkg:object {o} .\n"
        if shape != "direct":
            said = f"pkg:modality pkg:actual ; pkg:belief 0.8e0 ; pkg:source doc:{number % 12}"
            yield f'{st} a pkg:Statement ; {said} ; pkg:evidence ev:{number} . ev:{number} pkg:quote "{number}" .\n'


def iri(name: str) -> str:
    """A name with a slash in it, which Turtle does not allow after a prefix."""
    return f"<{PREFIXES['id']}{name.removeprefix('id:')}>" if name.startswith("id:") else name


def query(hops: tuple[Hop, ...], shape: Shape) -> str:
    patterns = {
        "direct": "{s} pkg:{r} {o} .",
        "claims": "{s} claim:{r} ?st{n} . ?st{n} claimo:{r} {o} .",
        "paths": "{s} claim:{r}/claimo:{r} {o} .",
        "generic": "?st{n} pkg:subject {s} ; pkg:predicate pkg:{r} ; pkg:object {o} .",
    }
    where = (patterns[shape].format(s=iri(s), r=r, o=iri(o), n=n) for n, (s, r, o) in enumerate(hops))
    names = dict.fromkeys(name for s, _, o in hops for name in (s, o) if name.startswith("?"))
    prefixes = "".join(f"PREFIX {name}: <{value}>\n" for name, value in PREFIXES.items())
    return f"{prefixes}SELECT {' '.join(names)} WHERE {{ {' '.join(where)} }}"


# ---- The clock


def timed(engine: Engine, data: str, question: str) -> Timing:
    context = get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=work, args=(there, engine, data, question))
    process.start()
    there.close()
    here.recv()
    try:
        return Timing(*here.recv()) if here.poll(LIMIT) else Timing(None, None)
    finally:
        process.kill()
        process.join()


def work(parent: Connection, engine: Engine, data: str, question: str) -> None:
    """Loads the data, says so, asks, and sends the number of rows and the least time."""
    ask = ASKERS[engine](data)
    parent.send("loaded")
    least, began, rows = LIMIT, time.perf_counter(), 0
    for _ in range(RUNS):
        start = time.perf_counter()
        rows = ask(question)
        least = min(least, time.perf_counter() - start)
        if time.perf_counter() - began > LIMIT / 10:
            break
    parent.send((rows, least))


def oxigraph(data: str) -> Callable[[str], int]:
    store = Store()
    store.bulk_load(data.encode(), RdfFormat.TURTLE)
    return lambda question: sum(1 for _ in store.query(question))


def rdflib(data: str) -> Callable[[str], int]:
    graph = Graph().parse(data=data, format="turtle")
    return lambda question: sum(1 for _ in graph.query(question))


ASKERS: dict[Engine, Callable[[str], Callable[[str], int]]] = {"pyoxigraph": oxigraph, "rdflib": rdflib}


if __name__ == "__main__":
    main()
