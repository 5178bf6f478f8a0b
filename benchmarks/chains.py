"""How fast chains are found, and in how much memory, beside rdflib, Oxigraph's SPARQL, networkx and rustworkx.

    python benchmarks/chains.py 1000000

does it for one size (100000, 1000000, 10000000; without one, for all three). The graphs are made up, of the shape that
papers give: the types, relations and signatures of the ontology in the proportions of the bundled examples' kind, names
in a Zipf-like distribution (a few places and instruments stand in a great share of all statements), documents with
sections and sentences.

First our own search as it is used: the best ten chains of at most 3, 4 and 5 hops, from an entity to another and to any
of a type; how often that is what a search without bounds gives; and the index's bytes a statement. Then all engines get
the same question, from a program or policy to an industry or technology in at most 3 hops, either way, at most 10
chains, no hub in between; the others give any ten chains, without sections, countries, dates or order, from direct
triples or bare edges. How much longer they take is told for the questions that they were asked, in the same run.

Each engine is loaded in a process of its own, and each question to another engine is asked in a copy of that (copying
pages adds little). A question is given up after ten seconds and counts as that long, so that the figure is then too
small. Times are CPU time, since machines have other work. An engine is not loaded with more statements than it has
memory or time for: 12 GB are enough for all that is run.

rustworkx is not needed to run policykg: `pip install rustworkx` to have it in the table.
"""

import argparse
import gc
import os
import pickle
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kg.adjacency import EVER, NEVER, Adjacency, Columns, Names
from kg.model import MODALITIES
from kg.ontology import load
from kg.templates import load_forms
from kg.walks import Ends, Limits, Rules, Search, Typed, Way

TYPES = {
    "Technology": 0.22, "Firm": 0.16, "Industry": 0.08, "Product": 0.12, "Program": 0.08, "Policy": 0.06,
    "Institute": 0.05, "University": 0.05, "Consortium": 0.03, "Person": 0.05, "Government": 0.02, "Event": 0.02,
    "Challenge": 0.02, "Goal": 0.02, "Indicator": 0.02,
}  # fmt: skip
"""Shares of the entities; places and instruments are few, whatever the size."""
FEW = {"Place": 3_000, "Instrument": 1_500}
RELATIONS = {
    "enables": 0.21, "targets": 0.13, "locatedIn": 0.10, "partOf": 0.09, "develops": 0.09, "usesInstrument": 0.06,
    "appliedIn": 0.05, "issuedBy": 0.05, "produces": 0.04, "operatesIn": 0.03, "participatesIn": 0.03, "faces": 0.03,
    "collaboratesWith": 0.02, "funds": 0.02, "established": 0.02, "aimsAt": 0.02, "hinders": 0.01,
}  # fmt: skip
SKEW = 4.0
"""The number of an entity of a type is n times u to this power, for u even in 0 to 1."""
HOPS, CHAINS = 3, 10
SECONDS = 10
"""Of CPU time, for one question to another engine."""
UNBOUNDED = Limits(rows=3 * 10**6, halves=10**8, pairs=10**7)
"""Bounds that no search here meets, but for very few of the largest."""
Ask = Callable[[int, int], Callable[[], int]]
"""The question for chains between two entities, put into the engine's words; asked, it gives how many there are."""


@dataclass(frozen=True)
class Made:
    ids: list[str]
    type_names: tuple[str, ...]
    types: NDArray[np.uint8]
    columns: Columns
    country_of: dict[int, str]
    predicates: tuple[str, ...]
    hub: NDArray[np.bool_]


def made(size: int, seed: int = 7) -> Made:
    """A graph of so many statements, of a quarter as many entities."""
    ontology, rng = load(), np.random.default_rng(seed)
    counts = {name: max(5, int(share * size / 4)) for name, share in TYPES.items()} | {
        name: min(few, max(20, size // 20)) for name, few in FEW.items()
    }
    type_names = tuple(name.lower() for name in counts)
    begins = dict(zip(counts, np.cumsum([0, *counts.values()]).tolist(), strict=False))
    ids = [f"{name.lower()}/{number:x}" for name, count in counts.items() for number in range(count)]
    types = np.repeat(np.arange(len(counts)), list(counts.values())).astype(np.uint8)
    predicates = tuple(ontology.relations)
    names, shares = list(RELATIONS), np.array(list(RELATIONS.values()))
    chosen = rng.choice(len(names), size, p=shares / shares.sum())
    subject, object_ = np.empty(size, np.int32), np.empty(size, np.int32)
    for number, name in enumerate(names):
        (rows,) = np.nonzero(chosen == number)
        relation = ontology.relations[name]
        for column, allowed in ((subject, relation.domain), (object_, relation.range)):
            kinds = [kind for kind in counts if kind in allowed]
            weights = np.array([TYPES.get(kind, 0.05) for kind in kinds])
            kind = rng.choice(len(kinds), len(rows), p=weights / weights.sum())
            sizes, starts = (np.array([of[k] for k in kinds]) for of in (counts, begins))
            column[rows] = starts[kind] + (sizes[kind] * rng.random(len(rows)) ** SKEW).astype(np.int64)
    document = np.arange(size) // 100
    year = rng.integers(1950, 2025, size).astype(np.int16)
    dated = rng.random(size) < 0.3
    columns = Columns(
        id=rng.integers(0, 256, (size, 10), np.uint8),
        subject=subject,
        object=object_,
        predicate=np.array([predicates.index(name) for name in names], np.int16)[chosen],
        modality=rng.choice(3, size, p=[0.8, 0.17, 0.03]).astype(np.int8),
        belief=rng.beta(4, 3, size).round(4),
        source=document.astype(np.int32),
        start=np.where(dated, year, NEVER).astype(np.int16),
        end=np.where(dated, year, EVER).astype(np.int16),
        first=np.arange(size + 1, dtype=np.int32),
        sentence=(np.arange(size) // 2).astype(np.int32),
        section=(np.arange(size) // 12).astype(np.int32),
    )
    codes = [f"C{number}" for number in range(40)]
    of_country = rng.random(len(ids)) < 0.5
    shared = np.isin(types, [type_names.index(name) for name in ("technology", "product", "industry")])
    (with_country,) = np.nonzero(of_country & ~shared)
    picks = (40 * rng.random(len(with_country)) ** SKEW).astype(int)
    country_of = {int(n): codes[p] for n, p in zip(with_country, picks, strict=True)}
    hubs = [type_names.index(name.lower()) for name in counts if ontology.kinds[name].hub]
    return Made(ids, type_names, types, columns, country_of, predicates, np.isin(types, hubs))


def questions(graph: Made, number: int) -> list[tuple[int, int]]:
    """Pairs to be joined: half of them any entities, half as often as statements name them."""
    rng = np.random.default_rng(11)
    named = np.concatenate((graph.columns.subject, graph.columns.object))

    def some(*types: str) -> NDArray[np.integer]:
        wanted = np.isin(graph.types, [graph.type_names.index(name) for name in types])
        often = named[wanted[named]]
        present = np.unique(often)
        return np.concatenate((rng.choice(present, number // 2), rng.choice(often, number - number // 2)))

    starts, ends = some("program", "policy"), some("industry", "technology")
    pairs = [(int(a), int(b)) for a, b in zip(starts, ends, strict=True)]
    rng.shuffle(pairs)
    return pairs


@dataclass(frozen=True)
class Told:
    """How long each question took, in seconds of CPU time, how many had an answer, and how many were given up."""

    name: str
    took: list[float]
    answered: int
    given_up: int = 0

    def line(self, ours: "Told | None" = None, note: str = "") -> str:
        """The figures; beside ours also how much longer the same questions took in all."""
        mean, median = np.mean(self.took) * 1e3, np.median(self.took) * 1e3
        figures = f"mean {mean:10.3f}   median {median:10.3f}   p95 {np.percentile(self.took, 95) * 1e3:10.3f} ms"
        if ours:
            at_least = "at least " if self.given_up else ""
            note = f"{at_least}{sum(self.took) / sum(ours.took[: len(self.took)]):,.0f} times ours"
        asked = f"{len(self.took)} asked, {self.answered} answered, {self.given_up} given up"
        return f"  {self.name:36} {figures}   ({asked})   {note}"


def apart(do: Callable[[], Any], seconds: int | None = None) -> Any:
    """What `do` gives, done in a copy of this process; None if that took more than so many seconds of CPU time, or
    failed."""
    out, into = os.pipe()
    if (child := os.fork()) == 0:
        if seconds:
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
        with os.fdopen(into, "wb") as pipe:
            pickle.dump(do(), pipe)
            pipe.flush()
            os._exit(0)
    os.close(into)
    with os.fdopen(out, "rb") as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return pickle.loads(told) if told else None


def timed(ask: Ask, start: int, end: int) -> tuple[float, int]:
    """The seconds of CPU time that a question took, and how many answers it has."""
    question = ask(start, end)
    at = time.process_time()
    found = question()
    return time.process_time() - at, found


def asked(name: str, ask: Ask, pairs: list[tuple[int, int]]) -> Told:
    """What the questions take another engine."""
    took: list[float] = []
    answered, given_up = 0, 0
    gc.freeze()
    for start, end in pairs:
        told = apart(lambda start=start, end=end: timed(ask, start, end), SECONDS)  # type: ignore[misc]
        seconds, found = told or (SECONDS, 0)
        took.append(seconds)
        answered += found > 0
        given_up += not told
    return Told(name, took, answered, given_up)


def memory() -> float:
    """What this process holds, in bytes."""
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * resource.getpagesize()


# ---- Ours


def built(graph: Made) -> Adjacency:
    columns = graph.columns
    names = Names(graph.ids)
    return Adjacency.of(names, columns, graph.predicates, (), graph.country_of, graph.types, graph.type_names)


def search(adjacency: Adjacency, rules: Rules, limits: Limits) -> Search:
    kind = adjacency.kind
    wanted = np.array([modality != "negated" for _ in adjacency.predicates for modality in MODALITIES])
    return Search(adjacency, rules, lambda half: wanted[kind[half] >> 1], limits, plain=True)


def ours(graph: Made, pairs: list[tuple[int, int]], unbounded: int) -> Told:
    """Our own figures are printed; what the question that all engines get takes us is given."""
    at = time.process_time()
    adjacency = built(graph)
    rules = Rules.of(adjacency, load(), load_forms())
    each, names = adjacency.nbytes / len(adjacency), adjacency.names.nbytes / len(adjacency)
    took = time.process_time() - at
    print(f"  policykg: built in {took:.1f} s; {each:.0f} bytes a statement, {names:.0f} of them for names of entities")

    def found(start: int, goal: Ends, hops: int, limits: Limits) -> tuple[list[Way], bool]:
        one = search(adjacency, rules, limits)
        return one.ways(Ends(np.array([start])), goal, hops, CHAINS), one.cut

    def told(name: str, hops: int, goals: list[Ends]) -> Told:
        asked = list(zip([start for start, _ in pairs], goals, strict=True))
        for start, goal in asked[:5]:
            found(start, goal, hops, Limits())
        each, answered, cut = list[float](), 0, 0
        for start, goal in asked:
            at = time.process_time()
            ways, stopped = found(start, goal, hops, Limits())
            each.append(time.process_time() - at)
            answered, cut = answered + bool(ways), cut + stopped
        figures = Told(name, each, answered)
        print(figures.line(note=f"{cut} cut short"), flush=True)
        return figures

    to_one = [Ends(np.array([end])) for _, end in pairs]
    alike, *_ = [told(f"policykg, {hops} hops, the best", hops, to_one) for hops in (HOPS, 4, 5)]
    to_any = [Typed(adjacency, np.array([name == "industry" for name in adjacency.types])) for _ in pairs]
    told("policykg, 5 hops, to any industry", 5, list[Ends](to_any))
    for name, goals in (("to one", to_one[:unbounded]), ("to any industry", to_any[:unbounded])):
        both = [
            [found(start, goal, 5, limits)[0] for limits in (Limits(), UNBOUNDED)]
            for (start, _), goal in zip(pairs, goals, strict=False)
        ]
        if both := [(few, all_) for few, all_ in both if all_]:
            best, ten = (np.mean([alike_(*ways, many) for ways in both]) for many in (1, CHAINS))
            print(f"  5 hops {name}, as without bounds: the best of {best:.1%}, all ten of {ten:.1%}", flush=True)
    return alike


def alike_(some: list[Way], others: list[Way], many: int) -> bool:
    """Whether the first so many of both score the same."""
    scores = [[way.belief * way.factor for way in ways[:many]] for ways in (some, others)]
    return len(scores[0]) == len(scores[1]) and np.allclose(*scores, atol=1e-5)


# ---- The others


def triples(graph: Made) -> Iterator[tuple[str, str, str]]:
    base = "http://e/"
    columns = graph.columns
    kept = columns.modality < 2
    for s, p, o in zip(columns.subject[kept], columns.predicate[kept], columns.object[kept], strict=True):
        yield f"{base}{s}", f"{base}p{p}", f"{base}{o}"


def sparql(start: str, end: str) -> str:
    """Any ten chains of at most three hops, either way round, through no hub."""
    branches = []
    for hops in range(1, HOPS + 1):
        nodes = [start, *(f"?x{n}" for n in range(1, hops)), end]
        for ways in product((True, False), repeat=hops):
            steps = [
                f"{nodes[n]} ?p{n} {nodes[n + 1]}" if way else f"{nodes[n + 1]} ?p{n} {nodes[n]}"
                for n, way in enumerate(ways)
            ]
            apart = [f"?x{n} != {other}" for n in range(1, hops) for other in (start, end)]
            apart += ["?x1 != ?x2"] if hops == 3 else []
            no_hub = [f"FILTER NOT EXISTS {{ ?x{n} <http://e/hub> true }}" for n in range(1, hops)]
            filters = f"FILTER({' && '.join(apart)})" if apart else ""
            branches.append(f"{{ {' . '.join(steps)} {filters} {' '.join(no_hub)} }}")
    return f"SELECT * {{ {' UNION '.join(branches)} }} LIMIT {CHAINS}"


def loaded(name: str, before: tuple[float, float], edges: int) -> None:
    seconds, held = time.process_time() - before[0], memory() - before[1]
    print(f"  {name}: loaded in {seconds:.0f} s, {held / edges:.0f} bytes a statement", flush=True)


def oxigraph(graph: Made, pairs: list[tuple[int, int]]) -> Told:
    import pyoxigraph as ox

    store, before = ox.Store(), (time.process_time(), memory())
    node = {p: ox.NamedNode(f"http://e/p{p}") for p in range(len(graph.predicates))}
    columns = graph.columns
    kept = columns.modality < 2
    ends = (column[kept].tolist() for column in (columns.subject, columns.predicate, columns.object))
    rows = zip(*ends, strict=True)
    store.bulk_extend(
        ox.Quad(ox.NamedNode(f"http://e/{s}"), node[p], ox.NamedNode(f"http://e/{o}")) for s, p, o in rows
    )
    hub, true = ox.NamedNode("http://e/hub"), ox.Literal(True)
    store.bulk_extend(ox.Quad(ox.NamedNode(f"http://e/{n}"), hub, true) for n in np.nonzero(graph.hub)[0])
    loaded("Oxigraph in memory", before, int(kept.sum()))

    def ask(start: int, end: int) -> Callable[[], int]:
        query = sparql(f"<http://e/{start}>", f"<http://e/{end}>")
        return lambda: sum(1 for _ in store.query(query))

    return asked("Oxigraph SPARQL, 3 hops, any", ask, pairs)


def rdflib_(graph: Made, pairs: list[tuple[int, int]]) -> Told:
    from rdflib import Graph, Literal, URIRef
    from rdflib.plugins.sparql import prepareQuery

    data, before = Graph(), (time.process_time(), memory())
    # a name is one object, however often it stands in a triple
    names: dict[str, URIRef] = {}
    for triple in triples(graph):
        s, p, o = (names.setdefault(name, URIRef(name)) for name in triple)
        data.add((s, p, o))
    for n in np.nonzero(graph.hub)[0]:
        data.add((URIRef(f"http://e/{n}"), URIRef("http://e/hub"), Literal(True)))
    loaded("rdflib", before, int((graph.columns.modality < 2).sum()))

    def ask(start: int, end: int) -> Callable[[], int]:
        # it takes long to read a query: that is not counted
        query = prepareQuery(sparql(f"<http://e/{start}>", f"<http://e/{end}>"))
        return lambda: sum(1 for _ in data.query(query))

    return asked("rdflib SPARQL, 3 hops, any", ask, pairs)


def networkx_(graph: Made, pairs: list[tuple[int, int]]) -> Told:
    import networkx as nx

    edges, before = nx.MultiGraph(), (time.process_time(), memory())
    columns = graph.columns
    kept = (columns.modality < 2) & ~graph.hub[columns.subject] & ~graph.hub[columns.object]
    edges.add_edges_from(zip(columns.subject[kept].tolist(), columns.object[kept].tolist(), strict=True))
    loaded("networkx", before, int(kept.sum()))

    def ask(start: int, end: int) -> Callable[[], int]:
        if start not in edges or end not in edges:
            return lambda: 0
        return lambda: sum(1 for _ in islice(nx.all_simple_edge_paths(edges, start, end, cutoff=HOPS), CHAINS))

    return asked("networkx simple paths, 3 hops, any", ask, pairs)


def rustworkx_(graph: Made, pairs: list[tuple[int, int]]) -> Told | None:
    try:
        import rustworkx as rx
    except ImportError:
        return None
    edges, before = rx.PyGraph(), (time.process_time(), memory())
    columns = graph.columns
    kept = (columns.modality < 2) & ~graph.hub[columns.subject] & ~graph.hub[columns.object]
    edges.add_nodes_from([None] * len(graph.ids))
    edges.add_edges_from_no_data(list(zip(columns.subject[kept].tolist(), columns.object[kept].tolist(), strict=True)))
    loaded("rustworkx", before, int(kept.sum()))

    def ask(start: int, end: int) -> Callable[[], int]:
        # it gives all paths or none: there is no way to ask for ten
        return lambda: len(rx.all_simple_paths(edges, start, end, cutoff=HOPS + 1))

    return asked("rustworkx simple paths, 3 hops, all", ask, pairs)


ENGINES: dict[str, tuple[Callable[[Made, list[tuple[int, int]]], Told | None], int]] = {
    "oxigraph": (oxigraph, 10**7),
    "rdflib": (rdflib_, 10**7),
    "networkx": (networkx_, 10**7),
    "rustworkx": (rustworkx_, 10**7),
}
"""The others, each with the most statements that it is asked to hold: beyond, it takes more memory or time than a
machine of 24 GB has."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=int, nargs="*", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--engine", action="append", choices=ENGINES, help="of the others only this one")
    parser.add_argument("--questions", type=int, default=200, help="to us (200)")
    parser.add_argument("--others", type=int, default=10, help="questions to each of the others (10)")
    parser.add_argument("--unbounded", type=int, default=50, help="questions asked without bounds too (50)")
    args = parser.parse_args()
    for size in args.sizes:
        graph = made(size)
        pairs = questions(graph, args.questions)
        degrees = np.bincount(np.concatenate((graph.columns.subject, graph.columns.object)))
        print(f"{size:,} statements, {len(graph.ids):,} entities, the widest stands in {degrees.max():,}", flush=True)
        alike = apart(lambda graph=graph, pairs=pairs: ours(graph, pairs, args.unbounded))  # type: ignore[misc]
        for name, (run, most) in ENGINES.items():
            if args.engine and name not in args.engine:
                continue
            if size > most:
                print(f"  {name}: not asked to hold so many")
            elif told := apart(lambda run=run, graph=graph, pairs=pairs[: args.others]: run(graph, pairs)):  # type: ignore[misc]
                print(told.line(alike), flush=True)
            else:
                print(f"  {name}: not installed, or failed")
        del graph


if __name__ == "__main__":
    main()
