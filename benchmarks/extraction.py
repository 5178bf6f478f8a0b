"""How well extraction reads annotated documents: `python benchmarks/extraction.py [DOCUMENT…]`.

Scores every annotated document in `../shared/gold` (or the named ones) with its own `score.py`: entities (name and
type) and relations, per document and in all, then the share of each rule's finds that are right (the `confidence` of
the pattern files). A document whose whole text is in `../shared/papers` is read from its file; of the others the
annotated sentences are read, since their annotations are windows of running text.
"""

import importlib.util
import json
import sys
from collections import defaultdict
from pathlib import Path
from types import ModuleType
from typing import Any

from ingest.pipeline import Pipeline
from ingest.reading import read
from kg.export import assertion_row, entity_row, mention_row
from kg.model import Bibliography, Document, Extraction, Reading, Section, Sentence

SHARED = Path(__file__).resolve().parents[2] / "shared"


def main() -> None:
    if not SHARED.is_dir():
        sys.exit("skipped: the annotated documents in ../shared are missing")
    score = load_score()
    wanted = set(sys.argv[1:])
    files = sorted([*SHARED.glob("gold/*.jsonl"), *SHARED.glob("gold/train/*.jsonl")])
    totals: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    rules: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    pipeline = Pipeline()
    for path in files:
        if not wanted or path.stem in wanted:
            rows = score.load(path)
            extraction = pipeline.extract_reading(reading_of(path.stem, rows))
            result = scored(score, rows, extraction)
            group = "papers" if (SHARED / "papers" / f"{path.stem}.txt").exists() else path.stem[:2]
            report(path.stem, result, totals, group)
            for rule, right in judged(score, rows, extraction):
                rules[rule][0] += right
                rules[rule][1] += 1
    for group in sorted({group for group, _ in totals}):
        said = (f"{part} {figures(*totals[group, part])}" for part in ("entities", "relations"))
        print(f"{'all ' + group:10} {'   '.join(said)}")
    for rule, (right, found) in sorted(rules.items(), key=lambda item: -item[1][1]):
        print(f"  {rule:28} {right / found:.2f} of {found}")


def load_score() -> ModuleType:
    spec = importlib.util.spec_from_file_location("score", SHARED / "gold" / "score.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def reading_of(source: str, rows: list[dict[str, Any]]) -> Reading:
    """The document as its file states it, or one that is made of the annotated sentences."""
    if (paper := SHARED / "papers" / f"{source}.txt").exists():
        return read(paper)
    text = "\n\n".join(row["text"] for row in rows)
    sentences, start = [], 0
    for row in rows:
        end = start + len(row["text"])
        section = Section(row["section"], (row["section"],), "body", start, end)
        sentences.append(Sentence(row["text"], tuple(range(start, end)), section))
        start = end + 2
    language = "en" if source.startswith("en") else "zh"
    return Reading(Document(source, text, language, Bibliography()), tuple(sentences))


def scored(score: ModuleType, rows: list[dict[str, Any]], extraction: Extraction) -> dict[str, Any]:
    export = [
        *map(entity_row, extraction.entities),
        *map(mention_row, extraction.mentions),
        *map(assertion_row, extraction.assertions),
    ]
    found: dict[str, Any] = score.score(
        rows, json.loads(json.dumps(export)), extraction.document.source, extraction.document.text
    )
    return found


def report(name: str, result: dict[str, Any], totals: dict[tuple[str, str], list[int]], group: str) -> None:
    said = []
    for part in ("entities", "relations"):
        numbers = [result[part][key] for key in ("found", "predicted", "gold")]
        totals[group, part] = [a + b for a, b in zip(totals[group, part], numbers, strict=True)]
        said.append(f"{part} {figures(*numbers)}")
    evidence = result["evidence"]
    print(f"{name:10} {'   '.join(said)}   modality {result['modality']:.2f}", end="")
    print(f"   exact {evidence['exact']} of {evidence['spans']}")


def figures(found: int, predicted: int, gold: int) -> str:
    precision, recall = found / max(predicted, 1), found / max(gold, 1)
    return f"P {precision:.3f} R {recall:.3f} F1 {2 * precision * recall / max(precision + recall, 1e-9):.3f}"


def judged(score: ModuleType, rows: list[dict[str, Any]], extraction: Extraction) -> list[tuple[str, bool]]:
    """For every assertion whose two ends the annotators named too: its rule, and whether they state it."""
    gold = score.Gold(rows)
    known = {e.id: set().union(*(gold.by_name.get(score.norm(n), set()) for n in e.names)) for e in extraction.entities}
    found = []
    for assertion in extraction.assertions:
        ends = known[assertion.subject], known[assertion.object]
        if all(ends):
            triples = {gold.triple(s, assertion.predicate, o) for s in ends[0] for o in ends[1]}
            found += [(e.rule, any(t in gold.relations for t in triples)) for e in assertion.evidence]
    return found


if __name__ == "__main__":
    main()
