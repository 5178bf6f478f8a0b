"""The questions that the project started from, asked of the papers as the pipeline reads them: `python
benchmarks/questions.py [--store DIR] [ID …]` prints the rows of the corresponding questions in `queries/`, and the best
chains, beside the expected answer. Nothing is judged here: a person compares.

The papers and the answers are read from `../shared`; where they are missing, nothing is run.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ingest.batch import ingest
from ingest.pipeline import Pipeline
from kg import queries
from kg.chains import Index
from kg.errors import NotFound
from kg.graph import Graph
from kg.ontology import load
from kg.rows import chain_row
from kg.store import Store
from kg.telling import Works

SHARED = Path(__file__).resolve().parents[2] / "shared"
_MOST_ROWS = 12
_PLAIN = {"source", "section", "quote"}


@dataclass(frozen=True)
class Ask:
    """A question of `queries/` with its parameters, or a search for chains from one name to another."""

    name: str
    params: dict[str, str] = field(default_factory=dict)


def ask(name: str, **params: str) -> Ask:
    return Ask(name, params)


def chain(start: str, end: str) -> Ask:
    return Ask("chain", {"from": start, "to": end})


ASKED: dict[str, list[Ask]] = {
    "Q01": [ask("chain-of-program", issuer="日本政府"), chain("日本政府", "半导体产业")],
    "Q02": [
        ask("founders", founder="韩国政府"),
        ask("programs-of-government", who="韩国政府"),
        chain("韩国政府", "DRAM"),
    ],
    "Q04": [
        ask("figures", what="美国政府"),
        ask("instruments-of", who="美国政府"),
        ask("effects-of", cause="军事订单"),
    ],
    "Q06": [ask("funds", funded="mRNA技术"), ask("breakthrough-of", technology="mRNA修饰技术")],
    "Q07": [ask("sub-programs", program="863计划"), ask("targets-of", program="电动汽车重大科技专项")],
    "Q09": [ask("policies-over-time", what="新能源汽车")],
    "Q10": [
        ask("what-targets", what="technology/光伏"),
        ask("effects", what="technology/光伏"),
        ask("developers-of", what="冷氢化"),
        ask("participation", actor="隆基"),
    ],
    "Q12": [ask("founders", founded="SEMATECH"), ask("effects-of", cause="SEMATECH")],
    "Q14": [ask("targets-of", program="链长制"), ask("documents-on", what="链长制")],
    "Q15": [
        ask("targets-of", program="QFLP"),
        ask("targets-of", program="硬科技基金"),
    ],
    "Q16": [ask("compare-instruments", industry="半导体产业")],
    "Q18": [ask("effects", what="新能源汽车产业"), ask("effects", what="光伏产业")],
    "Q20": [ask("value-of", what="农业科技创新投入"), ask("value-of", indicator="占GDP的比重")],
    "Q21": [ask("common-instruments", source="he2025", other_source="yao2025")],
    "Q22": [ask("value-of", what="锂离子电池")],
    "Q24": [ask("value-of", indicator="纪录")],
    "Q25": [ask("value-of", indicator="同比增长", year="2023")],
    "Q27": [ask("milestones", what="mRNA"), ask("timeline", who="mRNA技术")],
    "Q29": [ask("funds", funded="863计划"), ask("value-of", what="863计划")],
    "Q31": [ask("participation", actor="隆基")],
    "Q33": [ask("parts-of", whole="要素融合"), ask("parts-of", whole="环境融合")],
    "Q34": [ask("instruments-of", who="曲速行动")],
    "Q36": [ask("documents-on", what="揭榜挂帅"), ask("documents-on", what="赛马制")],
    "Q38": [
        ask("effects-of", cause="政策补贴"),
        ask("value-of", indicator="产能过剩"),
        ask("value-of", indicator="产能严重过剩"),
    ],
    "Q40": [ask("challenges-and-answers", source="yao2025", section="结语")],
}
"""For each question what corresponds to it; names are those that a person would write."""


def rows(graph: Graph, index: Index, asked: Ask) -> Iterator[str]:
    """The answer, a line for each row, without the quotes."""
    if asked.name == "chain":
        start, end = (graph.resolve(asked.params[name]).id for name in ("from", "to"))
        found = index.between(start, end, limit=3)
        works = Works.of(graph, found)
        yield from (f"{each.belief:.2f} {chain_row(each, works)['text']['zh']}" for each in found)
        return
    table = queries.run(graph, queries.find(asked.name), asked.params)
    kept = [at for at, column in enumerate(table.columns) if column.name not in _PLAIN]
    yield from dict.fromkeys(" | ".join(filter(None, (row[at].text() for at in kept))) for row in table.rows)


def show(graph: Graph, index: Index, asked: Ask) -> None:
    """Print the question and its rows, or why there are none."""
    params = ", ".join(f"{name}={value}" for name, value in asked.params.items())
    print(f"  {asked.name} ({params})")
    try:
        found = list(rows(graph, index, asked))
    except NotFound as error:
        print(f"    - not in the graph: {error}")
        return
    for line in found[:_MOST_ROWS]:
        print(f"    - {line}")
    if len(found) > _MOST_ROWS:
        print(f"    … {len(found) - _MOST_ROWS} more")
    if not found:
        print("    - no row")


def main() -> None:
    """Ingest the papers and ask."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("ids", nargs="*", help="questions; all where none is named")
    parser.add_argument("--store", type=Path, help="a store that has read the papers; else they are read")
    given = parser.parse_args()
    listed = SHARED / "ontology" / "questions.json"
    papers = sorted((SHARED / "papers").glob("*.txt"))
    if not listed.is_file() or not papers:
        sys.exit(f"skipped: {listed} and the papers beside it are not there")
    with Store.open(given.store, read_only=True) if given.store else Store.in_memory() as store:
        if not given.store:
            list(ingest(store, papers, Pipeline()))
        graph = Graph(store, load())
        index = Index.of(store, graph.ontology)
        for entry in json.loads(listed.read_text(encoding="utf-8")):
            if not given.ids or entry["id"] in given.ids:
                print(f"\n{entry['id']} {entry['question_zh']}\n  expected: {entry['answer']}")
                for asked in ASKED.get(entry["id"], []):
                    show(graph, index, asked)


if __name__ == "__main__":
    main()
