"""How fast chains are found, and in how much memory, beside rdflib, Oxigraph's SPARQL, networkx and rustworkx.

    python benchmarks/chains.py 100000 1000000 10000000

The graphs are made up, of the shape that papers give: the types, relations and signatures of the ontology in the
proportions of the bundled examples' kind, names in a Zipf-like distribution (a few places and instruments stand in a
great share of all statements), documents with sections and sentences. All engines get the same question, from a
program or policy to an industry or technology in at most 3 hops, either way, at most 10 chains, no hub in between; the
others give any ten chains, without sections, countries, dates or order, from direct triples or bare edges. What takes
more than its time is cut off, and the figure says so. Times are CPU time, since machines have other work. Then our own
search as it is used: 5 hops, the best ten.

rustworkx is not needed to run policykg: `pip install rustworkx` to have it in the table.
"""

import argparse
import gc
import resource
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice, product

import numpy as np
from numpy.typing import NDArray

from kg.adjacency import EVER, NEVER, Adjacency, Columns, Names
from kg.model import MODALITIES
from kg.ontology import load
from kg.templates import load_forms
from kg.walks import Rules, Search

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
BUDGET = 20.0
"""Seconds for all questions to one engine."""


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


def timed(ask: Callable[[int, int], int], pairs: list[tuple[int, int]]) -> tuple[list[float], int]:
    """The CPU seconds of each question that was asked within the budget, and how many had an answer."""
    took: list[float] = []
    answered, begin = 0, time.perf_counter()
    for start, end in pairs:
        if time.perf_counter() - begin > BUDGET:
            break
        at = time.process_time()
        answered += ask(start, end) > 0
        took.append(time.process_time() - at)
    return took, answered


ALIKE: list[float] = []
"""What the question that all engines get took us, question by question."""


def told(name: str, took: list[float], answered: int, note: str = "") -> None:
    """Print the figures; for another engine also how much longer it took for the same questions in all."""
    if not name.startswith("policykg") and ALIKE:
        note = f"{sum(took) / sum(ALIKE[: len(took)]):.0f} times ours  {note}"
    median, p95, mean = np.median(took) * 1e3, np.percentile(took, 95) * 1e3, np.mean(took) * 1e3
    print(
        f"  {name:34} median {median:10.3f} ms   p95 {p95:10.3f} ms   mean {mean:10.3f} ms"
        f"   ({len(took)} questions, {answered} answered){'  ' + note if note else ''}",
        flush=True,
    )


def memory() -> float:
    """What this process holds at most so far, in GB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6


# ---- Ours


def built(graph: Made) -> Adjacency:
    columns = graph.columns
    names = Names(graph.ids)
    return Adjacency.of(names, columns, graph.predicates, (), graph.country_of, graph.types, graph.type_names)


def search(adjacency: Adjacency, rules: Rules) -> Search:
    kind = adjacency.kind
    wanted = np.array([modality != "negated" for _ in adjacency.predicates for modality in MODALITIES])
    return Search(adjacency, rules, lambda half: wanted[kind[half] >> 1], plain=True)


def ours(graph: Made, pairs: list[tuple[int, int]]) -> None:
    at = time.perf_counter()
    adjacency = built(graph)
    rules = Rules.of(adjacency, load(), load_forms())
    took = time.perf_counter() - at
    each, names = adjacency.nbytes / len(adjacency), adjacency.names.nbytes / len(adjacency)
    print(f"  policykg: built in {took:.1f} s, {each:.0f} bytes a statement, {names:.0f} of them for names of entities")
    cut = 0
    for hops in (HOPS, 4, 5):

        def ask(start: int, end: int, hops: int = hops) -> int:
            nonlocal cut
            one = search(adjacency, rules)
            found = one.ways(np.array([start]), np.array([end]), hops, CHAINS)
            cut += one.cut
            return len(found)

        cut = 0
        timed(ask, pairs[:5])
        took_each, answered = timed(ask, pairs)
        told(f"policykg, {hops} hops, the best", took_each, answered, f"{cut} cut short")
        if hops == HOPS:
            ALIKE[:] = took_each
    types = np.array(graph.type_names)[graph.types]

    def to_type(start: int, end: int) -> int:
        del end
        return len(search(adjacency, rules).ways(np.array([start]), np.nonzero(types == "industry")[0], 5, CHAINS))

    told("policykg, 5 hops, to any industry", *timed(to_type, pairs[:100]))


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


def oxigraph(graph: Made, pairs: list[tuple[int, int]]) -> None:
    import pyoxigraph as ox

    store, at = ox.Store(), time.perf_counter()
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
    print(f"  Oxigraph in memory: loaded in {time.perf_counter() - at:.0f} s, process at {memory():.1f} GB")

    def ask(start: int, end: int) -> int:
        return sum(1 for _ in store.query(sparql(f"<http://e/{start}>", f"<http://e/{end}>")))

    told("Oxigraph SPARQL, 3 hops, any", *timed(ask, pairs))


def rdflib_(graph: Made, pairs: list[tuple[int, int]]) -> None:
    from rdflib import Graph, Literal, URIRef
    from rdflib.plugins.sparql import prepareQuery

    data, at = Graph(), time.perf_counter()
    for s, p, o in triples(graph):
        data.add((URIRef(s), URIRef(p), URIRef(o)))
    for n in np.nonzero(graph.hub)[0]:
        data.add((URIRef(f"http://e/{n}"), URIRef("http://e/hub"), Literal(True)))
    print(f"  rdflib: loaded in {time.perf_counter() - at:.0f} s, process at {memory():.1f} GB")

    def ask(start: int, end: int) -> int:
        query = prepareQuery(sparql(f"<http://e/{start}>", f"<http://e/{end}>"))
        nonlocal parsing
        parsed = time.process_time()
        found = sum(1 for _ in data.query(query))
        parsing.append(time.process_time() - parsed)
        return found

    parsing: list[float] = []
    _, answered = timed(ask, pairs)
    told("rdflib SPARQL, 3 hops, any", parsing, answered, "without parsing")


def networkx_(graph: Made, pairs: list[tuple[int, int]]) -> None:
    import networkx as nx

    edges, at = nx.MultiGraph(), time.perf_counter()
    columns = graph.columns
    kept = (columns.modality < 2) & ~graph.hub[columns.subject] & ~graph.hub[columns.object]
    edges.add_edges_from(zip(columns.subject[kept].tolist(), columns.object[kept].tolist(), strict=True))
    print(f"  networkx: made in {time.perf_counter() - at:.0f} s, process at {memory():.1f} GB")

    def ask(start: int, end: int) -> int:
        if start not in edges or end not in edges:
            return 0
        return sum(1 for _ in islice(nx.all_simple_edge_paths(edges, start, end, cutoff=HOPS), CHAINS))

    told("networkx simple paths, 3 hops, any", *timed(ask, pairs))


def rustworkx_(graph: Made, pairs: list[tuple[int, int]]) -> None:
    try:
        import rustworkx as rx
    except ImportError:
        print("  rustworkx: not installed")
        return
    edges, at = rx.PyGraph(), time.perf_counter()
    columns = graph.columns
    kept = (columns.modality < 2) & ~graph.hub[columns.subject] & ~graph.hub[columns.object]
    edges.add_nodes_from([None] * len(graph.ids))
    edges.add_edges_from_no_data(list(zip(columns.subject[kept].tolist(), columns.object[kept].tolist(), strict=True)))
    print(f"  rustworkx: made in {time.perf_counter() - at:.0f} s, process at {memory():.1f} GB")

    def ask(start: int, end: int) -> int:
        # it gives all paths or none: there is no way to ask for ten
        return len(rx.all_simple_paths(edges, start, end, cutoff=HOPS + 1))

    told("rustworkx simple paths, 3 hops, all", *timed(ask, pairs))


ENGINES: dict[str, tuple[Callable[[Made, list[tuple[int, int]]], None], int]] = {
    "policykg": (ours, 10**9),
    "oxigraph": (oxigraph, 10**8),
    "rdflib": (rdflib_, 200_000),
    "networkx": (networkx_, 2_000_000),
    "rustworkx": (rustworkx_, 10**8),
}
"""Each with the most statements that it is asked to hold: beyond, it would take more memory or time than there is."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", type=int, nargs="*", default=[100_000, 1_000_000, 10_000_000])
    parser.add_argument("--engine", action="append", choices=ENGINES, help="only this one")
    parser.add_argument("--questions", type=int, default=200)
    args = parser.parse_args()
    for size in args.sizes:
        graph = made(size)
        pairs = questions(graph, args.questions)
        degrees = np.bincount(np.concatenate((graph.columns.subject, graph.columns.object)))
        print(f"{size:,} statements, {len(graph.ids):,} entities, the widest stands in {degrees.max():,}", flush=True)
        for name, (run, most) in ENGINES.items():
            if size <= most and (not args.engine or name in args.engine):
                run(graph, pairs)
                gc.collect()
        del graph


if __name__ == "__main__":
    main()
