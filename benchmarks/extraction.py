"""How often each rule is right: `python benchmarks/extraction.py GOLD…`, the `confidence` of the pattern files.

For each rule, the share of its finds that the annotators state too, of those whose two names they name. Files and
folders are those of `kg evaluate`; the annotated sentences themselves are read.
"""

import sys
from collections import defaultdict
from pathlib import Path

from ingest.evaluation import evaluate
from ingest.gold import gold_files, gold_reading, read_gold
from ingest.pipeline import Pipeline
from kg.ontology import load


def main() -> None:
    if not sys.argv[1:]:
        sys.exit(__doc__)
    ontology, pipeline = load(), Pipeline()
    rules: dict[str, list[bool]] = defaultdict(list)
    for path in gold_files([Path(name) for name in sys.argv[1:]]):
        gold = read_gold(path, ontology)
        for each in evaluate(gold, pipeline.extract_reading(gold_reading(gold, None)), ontology).judged:
            if each.named:
                for evidence in each.assertion.evidence:
                    rules[evidence.rule].append(each.right)
    for rule, right in sorted(rules.items(), key=lambda item: -len(item[1])):
        print(f"{rule:28} {sum(right) / len(right):.2f} of {len(right)}")


if __name__ == "__main__":
    main()
