"""How fast documents are read, beside LAC's own tagging of the same sentences: `python benchmarks/reading_speed.py`.

Prints KB of text (UTF-8) per CPU-second of the whole pipeline with and without writing to a store on disk, of the
spaCy pipeline, and of LAC alone, the CPU time that starting takes (imports, models, dictionary), and the most memory.
"""

import gc
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

CORPUS = Path(__file__).resolve().parents[2] / "shared" / "corpus" / "zh"
DOCUMENTS = 12


def main() -> None:
    files = sorted(CORPUS.glob("*.txt"))[:DOCUMENTS]
    if not files:
        sys.exit("skipped: the texts in ../shared/corpus are missing")
    gc.set_threshold(50_000, 20, 100)  # as `kg ingest` does
    began = time.process_time()
    from ingest.lac import lac
    from ingest.pipeline import Pipeline, nlp
    from ingest.reading import read
    from ingest.tagger import FOLDER
    from kg.store import Store

    pipeline = Pipeline()
    pipeline.extract_reading(read(files[0]))
    print(f"start and first document  {time.process_time() - began:.1f} s")
    readings = [read(file) for file in files]
    size = sum(len(file.read_bytes()) for file in files) / 1024
    sentences = [[sentence.text for sentence in reading.sentences] for reading in readings]
    extractions = []
    whole = measured(lambda: extractions.extend(map(pipeline.extract, files)))
    with TemporaryDirectory() as folder, Store.open(Path(folder) / "store") as store:
        stored = whole + measured(lambda: [store.put(extraction) for extraction in extractions])
    names = measured(lambda: [list(nlp("zh", FOLDER).pipe(texts)) for texts in sentences])
    alone = measured(lambda: [batches(lac().words, texts) for texts in sentences])
    print(f"{size:.0f} KB in {len(files)} documents")
    steps = {"read and stored": stored, "read": whole, "names (spaCy)": names, "LAC alone": alone}
    for name, seconds in steps.items():
        print(f"{name:16} {size / seconds:6.1f} KB per CPU-second   {seconds / alone:4.1f} times LAC's")
    print(f"peak of memory   {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def measured(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def batches(words: Callable[[list[str]], object], texts: list[str]) -> None:
    texts = sorted(texts, key=len)
    for start in range(0, len(texts), 32):
        words(texts[start : start + 32])


if __name__ == "__main__":
    main()
