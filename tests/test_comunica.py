"""The SPARQL endpoint as comunica sees it, the client that programs in JavaScript use."""

import json
import subprocess
from pathlib import Path
from typing import Any

import httpx
import npm
import pyoxigraph as ox
import pytest
from served import filled, process

COMUNICA = ("@comunica/query-sparql", "5.4.1")
_ASK = """
const { QueryEngine } = require("@comunica/query-sparql");
const [endpoint, queries] = [process.argv[1], JSON.parse(process.argv[2])];
const context = { sources: [{ type: "sparql", value: endpoint }] };
const engine = new QueryEngine();
const term = (t) => t.termType === "Literal" ? [t.value, t.language || t.datatype.value] : [t.value, t.termType];
(async () => {
    const rows = await (await engine.queryBindings(queries.select, context)).toArray();
    const quads = await (await engine.queryQuads(queries.construct, context)).toArray();
    console.log(JSON.stringify({
        select: rows.map((row) => Object.fromEntries([...row].map(([name, value]) => [name.value, term(value)]))),
        construct: quads.map((quad) => [quad.subject, quad.predicate, quad.object].map(term)),
        yes: await engine.queryBoolean(queries.yes, context),
        no: await engine.queryBoolean(queries.no, context),
    }));
})().catch((error) => { console.error(error); process.exit(1); });
"""
_PREFIXES = """PREFIX pkg: <https://w3id.org/policykg/ontology#>
PREFIX skos: <http://www.w3.org/2004/02/skos/core#>
"""
QUERIES = {
    name: _PREFIXES + query
    for name, query in {
        "select": "SELECT ?s ?type ?label { ?s a ?type ; skos:prefLabel ?label FILTER(LANG(?label) = 'zh') }",
        "construct": "CONSTRUCT { ?s ?p ?o . ?o skos:prefLabel ?l } WHERE { ?s ?p ?o . ?o skos:prefLabel ?l }",
        "yes": "ASK { ?s pkg:targets ?o }",
        "no": "ASK { ?s pkg:targets ?s }",
    }.items()
}


def told(term: object) -> list[str]:
    """A term as the script tells it."""
    if isinstance(term, ox.Literal):
        return [term.value, term.language or term.datatype.value]
    assert isinstance(term, ox.NamedNode)
    return [term.value, "NamedNode"]


def own(endpoint: str) -> dict[str, Any]:
    """What the endpoint answers by itself."""

    def got(name: str, accept: str) -> bytes:
        answer = httpx.get(endpoint, params={"query": QUERIES[name]}, headers={"Accept": accept}, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.content

    results, triples = "application/sparql-results+json", "application/n-triples"
    rows = ox.parse_query_results(got("select", results), ox.QueryResultsFormat.JSON)
    assert isinstance(rows, ox.QuerySolutions)
    names = [variable.value for variable in rows.variables]
    quads = ox.parse(got("construct", triples), ox.RdfFormat.N_TRIPLES)
    return {
        "select": [{name: told(row[name]) for name in names} for row in rows],
        "construct": [[told(part) for part in quad.triple] for quad in quads],
        **{name: json.loads(got(name, results))["boolean"] for name in ("yes", "no")},
    }


def test_comunica_gives_what_the_endpoint_answers(tmp_path: Path) -> None:
    modules = npm.installed(*COMUNICA, undici="^7")
    if modules is None:
        pytest.skip("comunica cannot be had: Node is not installed, or the npm registry does not answer")
    with process(filled(tmp_path / "store")) as (address, _):
        endpoint = f"{address}/sparql"
        command = [str(npm.NODE), "-e", _ASK, endpoint, json.dumps(QUERIES)]
        done = subprocess.run(command, cwd=modules.parent, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        found, expected = json.loads(done.stdout), own(endpoint)
    assert len(expected["select"]) > 5
    assert len(expected["construct"]) > 5
    for name in ("select", "construct"):
        assert sorted(map(json.dumps, found[name])) == sorted(map(json.dumps, expected[name]))
    assert (found["yes"], found["no"]) == (expected["yes"], expected["no"]) == (True, False)
