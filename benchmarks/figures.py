"""How well numbers in prose are read: precision and recall of value, unit, comparator, period and what each is about.

    python benchmarks/figures.py FOLDER…           # reads the listed documents that are in the folders
    python benchmarks/figures.py --store DIR       # takes what a store already holds

`figures.json` lists the figures in the prose of two papers, and of parts of other documents (from one offset to
another) that were listed before the rules had ever read them; `state` says what became of them since. The list was
made by reading: the number, its unit, how it is compared, the years it holds for (null where the sentence tells none)
and words that name what it is about, any of which must stand in the words or in the entity that was found. A figure is
matched by its number first, and by the other fields where several have the same; a range is one number. Numbers that
the documents themselves damaged count as
found where they are flagged, whatever their value.
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
STATES = {
    "written with": "documents that the rules were written with",
    "mended by": "documents by whose faults the rules were mended",
    "unseen": "documents that the rules have not seen",
}
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


def read(args: argparse.Namespace, source: str) -> tuple[list[Figure], dict[str, str]] | None:
    """The figures of a document, dates left out, and the names of the entities that they are about; None where the
    document is not there."""
    if args.store:
        with Store.open(args.store, read_only=True) as store:
            if source not in store.sources():
                return None
            figures: Iterable[Figure] = store.figures(source)
            names = {entity.id: "".join(entity.names) for entity in store.entities()}
    else:
        path = next((path for folder in args.folders if (path := folder / f"{source}.txt").is_file()), None)
        if path is None:
            return None
        extraction = Pipeline().extract(path)
        figures, names = extraction.figures, {e.id: "".join(e.names) for e in extraction.entities}
    return [figure for figure in figures if not figure.happening], names


def score(source: str, part: Wanted, found: list[Figure], names: Mapping[str, str], show: bool) -> Counter[str]:
    """How many are found, listed, and right in each field."""
    inside = [f for f in found if part.get("from", 0) <= f.span.start < part.get("to", f.span.end + 1)]
    pairs, more, missing = matched(inside, part["figures"], names)
    total = Counter(found=len(inside), listed=len(part["figures"]), value=len(pairs))
    for figure, want in pairs:
        fields = right(figure, want, names)
        total.update(name for name, is_right in fields.items() if is_right)
        total["all"] += all(fields.values())
        if show and not all(fields.values()):
            wrong = ", ".join(name for name in FIELDS if not fields[name])
            print(f"  wrong {wrong}: {want['value']} {figure.subject} | {figure.indicator} | {figure.time}")
    if show:
        for figure in more:
            print(f"  too much: {figure.value} {figure.subject} | {figure.indicator} ({figure.evidence.rule})")
        for want in missing:
            print(f"  missing: {want['value']} {want['about'][0]}")
    return total


def told(total: Counter[str]) -> None:
    print(f"{total['found']} figures found, {total['listed']} listed")
    for name in ("value", *FIELDS, "all"):
        precision, recall = total[name] / max(total["found"], 1), total[name] / max(total["listed"], 1)
        print(f"  {name:12} precision {precision:.2f}  recall {recall:.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", type=Path, nargs="*")
    parser.add_argument("--store", type=Path)
    parser.add_argument("--wrong", action="store_true", help="show what is wrong, too much and missing")
    args = parser.parse_args()
    listed: dict[str, Wanted] = json.loads(LISTED.read_text(encoding="utf-8"))
    totals: dict[str, Counter[str]] = {state: Counter() for state in STATES}
    for source, part in listed.items():
        if (both := read(args, source)) is None:
            print(f"{source} is not there")
            continue
        if args.wrong:
            print(source)
        totals[part["state"]] += score(source, part, *both, args.wrong)
    for state, total in totals.items():
        if total["listed"]:
            print(f"{STATES[state]}:", end=" ")
            told(total)


if __name__ == "__main__":
    main()
