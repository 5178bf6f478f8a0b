"""How well numbers in prose are read: precision and recall of value, unit, comparator, period and what each is about.

    python benchmarks/figures.py ../shared/papers          # reads he2025.txt and yao2025.txt there
    python benchmarks/figures.py --store DIR               # takes what a store already holds

`figures.json` lists all figures in the prose of two papers, made by reading them: the number, its unit, how it is
compared, the years it holds for (null where the text tells none) and words that name what it is about, any of which
must stand in the words or the entity that was found. A figure is matched by its number first, and by what it is about
where several have the same; a range is one number. Numbers that the papers themselves damaged count as found where they
are flagged, whatever their value.
"""

import argparse
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ingest.pipeline import Pipeline
from kg.model import Figure, plain_number
from kg.store import Store

LISTED = Path(__file__).with_name("figures.json")
FIELDS = ("unit", "comparator", "period", "about")
Wanted = Mapping[str, Any]


def number(figure: Figure) -> str:
    """The number as the list writes it; for a damaged one, its digits as they stand."""
    if figure.quantity is None:
        return "".join(c for c in figure.value if c.isdigit() or c == ".")
    low, high = plain_number(figure.quantity.low), plain_number(figure.quantity.high)
    return low if low == high else f"{low}–{high}"


def right(figure: Figure, wanted: Wanted, names: Mapping[str, str]) -> dict[str, bool]:
    """Which fields of the figure are those that the list wants."""
    q, period = figure.quantity, figure.period
    told = "".join((figure.subject, figure.indicator, names.get(figure.about, "")))
    years = (period.start, period.end) if period else (None, None)
    return {
        "unit": wanted.get("damaged", False) or (q is not None and q.unit == wanted["unit"]),
        "comparator": wanted.get("damaged", False) or (q is not None and q.comparator == wanted["comparator"]),
        "period": years == (wanted["start"], wanted["end"]),
        "about": any(name in told for name in wanted["about"]),
    }


def matched(
    found: Sequence[Figure], listed: Sequence[Wanted], names: Mapping[str, str]
) -> tuple[list[tuple[Figure, Wanted]], list[Figure], list[Wanted]]:
    """The pairs of the same number, best first, then what was found beyond the list, then what was missed."""
    options = [
        (sum(right(figure, wanted, names).values()), i, j)
        for i, figure in enumerate(found)
        for j, wanted in enumerate(listed)
        if number(figure) == wanted["value"] and (not figure.flaw or wanted.get("damaged"))
    ]
    figures: set[int] = set()
    wants: set[int] = set()
    pairs: list[tuple[Figure, Wanted]] = []
    for _, i, j in sorted(options, key=lambda option: (-option[0], option[1], option[2])):
        if i not in figures and j not in wants:
            figures.add(i)
            wants.add(j)
            pairs.append((found[i], listed[j]))
    more = [figure for i, figure in enumerate(found) if i not in figures]
    return pairs, more, [wanted for j, wanted in enumerate(listed) if j not in wants]


def read(args: argparse.Namespace, source: str) -> tuple[list[Figure], dict[str, str]]:
    """The figures of a document, dates left out, and the names of the entities that they are about."""
    if args.store:
        with Store.open(args.store, read_only=True) as store:
            figures: Iterable[Figure] = store.figures(source)
            names = {entity.id: "".join(entity.names) for entity in store.entities()}
    else:
        extraction = Pipeline().extract(args.papers / f"{source}.txt")
        figures, names = extraction.figures, {e.id: "".join(e.names) for e in extraction.entities}
    return [figure for figure in figures if not figure.happening], names


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("papers", type=Path, nargs="?")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--wrong", action="store_true", help="show what is wrong, too much and missing")
    args = parser.parse_args()
    listed: dict[str, list[Wanted]] = json.loads(LISTED.read_text(encoding="utf-8"))
    total: Counter[str] = Counter()
    for source, wanted in listed.items():
        found, names = read(args, source)
        pairs, more, missing = matched(found, wanted, names)
        total.update(found=len(found), listed=len(wanted), value=len(pairs))
        for figure, want in pairs:
            fields = right(figure, want, names)
            total.update(name for name, is_right in fields.items() if is_right)
            total["all"] += all(fields.values())
            if args.wrong and not all(fields.values()):
                wrong = [name for name in FIELDS if not fields[name]]
                print(source, "wrong", wrong, want["value"], figure.subject, "|", figure.indicator, "|", figure.time)
        if args.wrong:
            for figure in more:
                print(source, "too much", figure.value, figure.subject, "|", figure.indicator, figure.evidence.rule)
            for want in missing:
                print(source, "missing", want["value"], *want["about"])
    print(f"{total['found']} figures found, {total['listed']} listed")
    for name in ("value", *FIELDS, "all"):
        precision, recall = total[name] / max(total["found"], 1), total[name] / max(total["listed"], 1)
        print(f"{name:12} precision {precision:.2f}  recall {recall:.2f}")


if __name__ == "__main__":
    main()
