"""What answers over HTTP cost, beside other SPARQL servers: `python benchmarks/serving.py`.

The graph is that of the bundled examples, so many times over (--copies) under other names. Served are `kg serve` and,
where they are found (`pip install '.[bench]'`, or the folder of their commands by --tools), `oxigraph serve-read-only`
on the same files and `rdflib-endpoint` on the same quads. One client asks one request after the other, once the server
has answered for a while. Printed are p50 and p95 in milliseconds, the CPU time of the server with its processes per
request, and the ratios.
"""

import argparse
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from http.client import HTTPConnection
from itertools import cycle
from os import sysconf
from pathlib import Path
from statistics import quantiles
from tempfile import TemporaryDirectory
from time import monotonic, perf_counter, sleep
from typing import NamedTuple
from urllib.parse import quote, urlencode

import pyoxigraph as ox

from ingest.batch import ingest
from ingest.pipeline import Pipeline
from kg import rdf
from kg.model import REFERENCES, Evidence, Extraction
from kg.store import Store

_SECONDS = 2.0
"""How long each request is asked again and again."""
_WARM = 10
_OFTEN = 200
_TICKS = sysconf("SC_CLK_TCK")
_PREFIXES = """PREFIX pkg: <https://w3id.org/policykg/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""


class Cost(NamedTuple):
    """What a request costs: milliseconds in the middle, the 95th of a hundred, and of CPU; and its answer's size."""

    p50: float
    p95: float
    cpu: float
    size: int


class Server(NamedTuple):
    """A server that runs: where it listens, the path of its endpoint, its process."""

    port: int
    path: str
    pid: int


def main() -> None:
    options = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    options.add_argument("--copies", type=int, default=30)
    options.add_argument("--tools", type=Path, default=Path(sys.executable).parent)
    given = options.parse_args()
    with TemporaryDirectory() as folder:
        place = Path(folder)
        entities = multiplied(place, given.copies)
        compare(place, entities, given.tools)


def compare(place: Path, entities: Sequence[str], tools: Path) -> None:
    costs: dict[str, dict[str, Cost]] = {}
    for name, serve in SERVERS.items():
        command = serve(place, tools)
        if command is None:
            print(f"{name}: not found, left out (see --help)")
            continue
        with running(name, command) as server:
            warm(server, entities)
            costs[name] = dict(measured_queries(server, entities))
            if name == OURS:
                routes = dict(measured_routes(server, entities))
    print(f"\n{'SPARQL':34}" + "".join(f"{name:>44}" for name in costs))
    for told in costs[OURS]:
        print(f"{told:34}" + "".join(f"{shown(costs[name][told]):>44}" for name in costs))
    for name in sorted(costs.keys() - {OURS}):
        ratios = [costs[OURS][told].cpu / costs[name][told].cpu for told in costs[OURS]]
        print(f"CPU of {OURS} / CPU of {name}: " + ", ".join(f"{ratio:.2f}" for ratio in ratios))
    print(f"\n{'routes of ' + OURS:34}")
    for told, cost in routes.items():
        print(f"{told:34}{shown(cost):>44}")


def shown(cost: Cost) -> str:
    return f"p50 {cost.p50:6.2f}  p95 {cost.p95:6.2f}  CPU {cost.cpu:6.2f} ms {cost.size:7} B"


# ---- The graph


def multiplied(place: Path, copies: int) -> list[str]:
    """A store, and all its quads in a file, from the bundled examples: gives its programs' and technologies' IRIs."""
    with Store.in_memory() as store:
        examples = Path(__file__).parents[1] / "examples"
        if not all(outcome.status == "added" for outcome in ingest(store, sorted(examples.glob("*.md")), Pipeline())):
            raise SystemExit("the examples could not be read")
        read = [store.as_read(source) for source in store.sources()]
    Store.open(place / "store").close()
    data = ox.Store(str(place / "store" / "data"))
    for copy in range(copies):
        for extraction in read:
            quads = rdf.to_quads(renamed(extraction, f"c{copy}-"))
            data.bulk_extend([*quads, *rdf.projection(quads)])
    data.flush()
    data.dump(str(place / "graph.nq"), format=ox.RdfFormat.N_QUADS)
    print(f"{len(data):,} quads")
    found = data.query(f"{_PREFIXES} SELECT DISTINCT ?e {{ ?e pkg:targets|pkg:develops ?o ; skos:prefLabel ?l }}")
    assert isinstance(found, ox.QuerySolutions)
    return sorted(row["e"].value for row in found)


def renamed(extraction: Extraction, mark: str) -> Extraction:
    """What another document would give that speaks of other things in the same words."""

    def other(id_: str) -> str:
        type_, _, name = id_.partition("/")
        return f"{type_}/{mark}{name}"

    def elsewhere(evidence: Evidence) -> Evidence:
        return replace(evidence, source=mark + evidence.source)

    return replace(
        extraction,
        document=replace(extraction.document, source=mark + extraction.document.source),
        entities=tuple(replace(each, id=other(each.id)) for each in extraction.entities),
        mentions=tuple(
            replace(each, entity=other(each.entity), source=mark + each.source) for each in extraction.mentions
        ),
        assertions=tuple(
            replace(
                each,
                subject=other(each.subject),
                object=other(each.object),
                evidence=tuple(map(elsewhere, each.evidence)),
                **dict.fromkeys(REFERENCES, ""),
            )
            for each in extraction.assertions
        ),
        refusals=(),
        tables=(),
        figures=tuple(
            replace(each, about=each.about and other(each.about), evidence=elsewhere(each.evidence), statement="")
            for each in extraction.figures
        ),
    )


# ---- Servers

OURS = "kg serve"


def _kg(place: Path, tools: Path) -> list[str] | None:
    code = "from kg.cli import main; main()"
    return [sys.executable, "-c", code, "serve", "--store", str(place / "store"), "--port", "$PORT"]


def _oxigraph(place: Path, tools: Path) -> list[str] | None:
    command = shutil.which("oxigraph", path=str(tools))
    data = str(place / "store" / "data")
    return [command, "serve-read-only", "-l", data, "-b", "127.0.0.1:$PORT"] if command else None


def _rdflib(place: Path, tools: Path) -> list[str] | None:
    command = shutil.which("rdflib-endpoint", path=str(tools))
    graph = str(place / "graph.nq")
    return [command, "serve", graph, "--host", "127.0.0.1", "--port", "$PORT"] if command else None


SERVERS: dict[str, Callable[[Path, Path], list[str] | None]] = {
    OURS: _kg,
    "oxigraph serve": _oxigraph,
    "rdflib-endpoint": _rdflib,
}
_PORTS = iter(range(18_731, 18_800))


@contextmanager
def running(name: str, command: Sequence[str]) -> Iterator[Server]:
    port = next(_PORTS)
    filled = [part.replace("$PORT", str(port)) for part in command]
    quiet = subprocess.DEVNULL
    with subprocess.Popen(filled, stdout=quiet, stderr=quiet) as process:
        try:
            path = {"oxigraph serve": "/query", "rdflib-endpoint": "/"}.get(name, "/sparql")
            server = Server(port, path, process.pid)
            until_ready(server)
            yield server
        finally:
            process.terminate()


def until_ready(server: Server) -> None:
    for _ in range(600):
        try:
            status, _ = get(HTTPConnection("127.0.0.1", server.port), query(server, "ASK {}"), {})
            if status == 200:
                return
        except OSError:
            pass
        sleep(0.5)
    raise SystemExit(f"nothing answers at port {server.port}")


# ---- Asking


def query(server: Server, text: str) -> str:
    return f"{server.path}?{urlencode({'query': _PREFIXES + text})}"


QUERIES: dict[str, str] = {
    "one thing's labels": "SELECT ?type ?label { <$> a ?type ; skos:prefLabel ?label }",
    "what it targets, and who else": "SELECT ?o ?p { <$> pkg:targets|pkg:develops ?o . ?p pkg:targets ?o } LIMIT 20",
    "one label, by a filter": "SELECT ?label { <$> skos:prefLabel ?label FILTER(LANG(?label) = 'zh') }",
    "yes or no": "ASK { <$> pkg:targets ?o }",
    "1,000 rows": "SELECT ?e ?label { ?e skos:prefLabel ?label } LIMIT 1000",
    "count by type": "SELECT ?type (COUNT(?e) AS ?n) { ?e skos:prefLabel ?label ; a ?type } GROUP BY ?type",
}
_JSON = {"Accept": "application/sparql-results+json"}


def measured_queries(server: Server, entities: Sequence[str]) -> Iterator[tuple[str, Cost]]:
    for told, text in QUERIES.items():
        yield told, measured(server, [query(server, text.replace("$", iri)) for iri in entities], _JSON)


def warm(server: Server, entities: Sequence[str]) -> None:
    """Ask every query many times, then wait until the server rests: what it does once at first (ours copies the store
    into memory) is no part of what a request costs afterwards."""
    connection = HTTPConnection("127.0.0.1", server.port)
    for text in QUERIES.values():
        began = monotonic()
        for iri in entities[:_OFTEN]:
            get(connection, query(server, text.replace("$", iri)), _JSON)
            if monotonic() - began > 2 * _SECONDS:
                break
    before = -1.0
    while (now := cpu(server.pid)) > before:
        before = now
        sleep(1)


def measured_routes(server: Server, entities: Sequence[str]) -> Iterator[tuple[str, Cost]]:
    ids = [iri.partition("/id/")[2] for iri in entities]
    names = [id_.partition("-")[2] for id_ in ids]
    routes = {
        "/health": ["/health"],
        "/api/entities?q=…": [f"/api/entities?q={quote(name[:3])}" for name in names],
        "/api/entity/{id}": [f"/api/entity/{quote(id_)}" for id_ in ids],
        "/api/neighbours/{id}": [f"/api/neighbours/{quote(id_)}" for id_ in ids],
        "/id/{id} as Turtle": [f"/id/{quote(id_)}" for id_ in ids],
        "/api/chains": [f"/api/chains?from={quote(id_)}&to={quote(ids[-1])}&max_hops=3" for id_ in ids],
        "/api/questions/targets-of": [f"/api/questions/targets-of?program={quote(id_)}" for id_ in ids],
        "/api/documents?limit=20": ["/api/documents?limit=20"],
        "/api/stats": ["/api/stats"],
    }
    for told, paths in routes.items():
        yield told, measured(server, paths, {})
    tag = tag_of(server, "/api/stats")
    yield "/api/stats, known already", measured(server, ["/api/stats"], {"If-None-Match": tag}, expected=304)


def tag_of(server: Server, path: str) -> str:
    connection = HTTPConnection("127.0.0.1", server.port)
    connection.request("GET", path)
    response = connection.getresponse()
    response.read()
    return str(response.getheader("ETag"))


def measured(server: Server, paths: Sequence[str], headers: dict[str, str], expected: int = 200) -> Cost:
    connection = HTTPConnection("127.0.0.1", server.port)
    asked = cycle(paths)
    for _ in range(_WARM):
        get(connection, next(asked), headers)
    times, size = [], 0
    used, began = cpu(server.pid), monotonic()
    while monotonic() - began < _SECONDS or len(times) < 2 * _WARM:
        start = perf_counter()
        status, size = get(connection, next(asked), headers)
        times.append(1000 * (perf_counter() - start))
        if status != expected:
            raise SystemExit(f"{status} from {paths[0]}")
    spent = 1000 * (cpu(server.pid) - used) / len(times)
    cut = quantiles(times, n=100)
    return Cost(cut[49], cut[94], spent, size)


def get(connection: HTTPConnection, path: str, headers: dict[str, str]) -> tuple[int, int]:
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    return response.status, len(response.read())


def cpu(pid: int) -> float:
    """Seconds of CPU that the process and all that it started have had."""
    parents: dict[int, tuple[int, float]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(stat.parent.name)] = int(fields[1]), (int(fields[11]) + int(fields[12])) / _TICKS
    family = {pid}
    while more := {child for child, (parent, _) in parents.items() if parent in family} - family:
        family |= more
    return sum(parents[member][1] for member in family)


if __name__ == "__main__":
    main()
