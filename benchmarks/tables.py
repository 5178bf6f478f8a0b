"""How well tables are read: `python benchmarks/tables.py FOLDER`, against the facts of `benchmarks/tables.csv`.

The folder holds the documents that the facts are of. A person read every row of their tables: `series` are words in the
name of what is measured (the shortest that fits counts), `value` is the number as printed, empty where the document
gives none, `scale` and `unit` are what its unit means. Told are the facts found, those that are wrong, those that were
invented (a figure where the document has none), and the figures that are no fact of the list.
"""

import csv
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from ingest.reading import read
from ingest.tables import TableReader
from kg.model import Table, TableValue
from kg.ontology import load

FACTS = Path(__file__).with_name("tables.csv")


@dataclass
class Score:
    """What became of the facts of one document; the lists hold facts as text."""

    facts: int = 0
    absent: int = 0
    found: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)
    invented: list[str] = field(default_factory=list)
    extra: int = 0


def facts(path: Path = FACTS) -> dict[str, list[dict[str, str]]]:
    """The facts by document."""
    found: defaultdict[str, list[dict[str, str]]] = defaultdict(list)
    with path.open(encoding="utf-8", newline="") as stream:
        for row in csv.DictReader(stream):
            found[row["source"]].append(row)
    return dict(found)


def score(tables: Iterable[Table], wanted: Iterable[dict[str, str]]) -> Score:
    """The tables of a document against its facts."""
    result = Score()
    values = [(table.label, value) for table in tables for value in table.values]
    used: set[int] = set()
    for fact in wanted:
        hits = [n for n, (label, value) in enumerate(values) if _is_of(label, value, fact)]
        shortest = min((len(values[n][1].series) for n in hits), default=0) if fact["value"] else 0
        hits = (
            [n for n in hits if len(values[n][1].series) == shortest] if fact["value"] else _named(values, hits, fact)
        )
        told = " ".join(fact[name] for name in ("table", "series", "place", "year", "value"))
        if not fact["value"]:
            result.absent += 1
            result.invented += [f"{told}: {values[n][1].words}" for n in hits]
            continue
        result.facts += 1
        used |= set(hits)
        if not hits:
            result.missed.append(told)
        elif len(hits) == 1 and _is(values[hits[0]][1], fact):
            result.found += 1
        else:
            result.wrong.append(f"{told}: {', '.join(values[n][1].words for n in hits)}")
    result.extra = len(values) - len(used)
    return result


def _is_of(label: str, value: TableValue, fact: dict[str, str]) -> bool:
    series = value.series.replace("(R&D)", "").replace("研究与试验发展", "R&D")
    years = value.period and {value.period.start, value.period.end}
    same = label == fact["table"] and value.place == fact["place"] and years == {int(fact["year"])}
    return same and fact["series"] in series


def _named(values: list[tuple[str, TableValue]], hits: list[int], fact: dict[str, str]) -> list[int]:
    """The figures among the hits that are in the unit of a fact that the document does not give."""
    return [n for n in hits if values[n][1].quantity.unit == fact["unit"]]


def _is(value: TableValue, fact: dict[str, str]) -> bool:
    number = Decimal(fact["value"]) * Decimal(fact["scale"])
    region = load().entries[value.region].label_zh if value.region else ""
    return value.quantity.low == number and value.quantity.unit == fact["unit"] and region == fact["region"]


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    reader = TableReader(load())
    for source, wanted in facts().items():
        (path,) = Path(sys.argv[1]).glob(f"{source}.*")
        tables = reader.read(read(path).document).tables
        result = score(tables, wanted)
        print(
            f"{source}: {result.found} of {result.facts} facts, {len(result.wrong)} wrong, {len(result.missed)} missed"
        )
        print(f"  {len(result.invented)} invented of {result.absent} that are not given; {result.extra} other figures")
        for line in [*result.wrong, *result.missed, *result.invented]:
            print(f"  {line}")
        for table in tables:
            for found in table.findings:
                print(f"  {table.label} {found.severity} {found.rule}: {found.message_en}")


if __name__ == "__main__":
    main()
