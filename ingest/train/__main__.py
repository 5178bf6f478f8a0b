"""Trains the models of `ingest` anew: `python -m ingest.train --help`.

Progress goes to standard error, the figures of the cross-validation (the tables of the model card) to standard output.
"""

import argparse
import json
import shutil
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from itertools import chain
from pathlib import Path

from ingest.encoding import Tables, numbered
from ingest.evaluation import evaluate
from ingest.gold import GoldDocument, gold_files, gold_reading, read_gold
from ingest.tagger import FOLDER
from ingest.train import card
from ingest.train.data import Row, attached, corpus_text, windows
from ingest.train.lac import lac_weights
from ingest.train.models import (
    ALL,
    Held,
    Outcome,
    School,
    calibrated,
    first_stage,
    outcomes,
    read_held,
    train_folds,
    with_frequent,
)
from ingest.train.vectors import learn
from kg.errors import PolicykgError
from kg.ontology import Ontology, load

SHARED = Path(__file__).resolve().parents[3] / "shared"
ANNOTATIONS = Path(__file__).with_name("annotations.jsonl")
WRITTEN = Path(__file__).with_name("written.jsonl")
"""Sentences written for training, which stand in the text file beside it, a line each."""
WINDOWS = Path(__file__).with_name("windows.jsonl")
_BEGAN = time.monotonic()


def parser() -> argparse.ArgumentParser:
    """The command line."""
    own = argparse.ArgumentParser(
        prog="python -m ingest.train",
        description="Train the Chinese tagger and relation classifier from annotated sentences, and measure them on "
        "documents that they have not seen. Takes about an hour on two cores.",
        epilog="Example: python -m ingest.train --gold ../shared/gold my-sentences.jsonl --out models",
    )
    own.add_argument("--gold", nargs="+", type=Path, default=[SHARED / "gold"], help="annotated files or folders")
    own.add_argument("--texts", type=Path, default=SHARED / "papers", help="folder of the annotated documents' files")
    own.add_argument("--corpus", type=Path, default=SHARED / "corpus" / "chinaxiv-zh.txt.xz", help="raw text")
    own.add_argument(
        "--windows", type=Path, default=SHARED / "corpus" / "zh", help="texts of which windows.jsonl annotates more"
    )
    own.add_argument("--out", type=Path, default=FOLDER, help="folder for the models (default: the package's)")
    own.add_argument("--folds", type=int, default=5, help="of the cross-validation")
    own.add_argument("--jobs", type=int, default=2, help="members or folds that are trained at a time")
    own.add_argument("--vectors", choices=("old", "new"), default="old", help="learn the words' vectors anew?")
    own.add_argument("--work", type=Path, help="folder that keeps the folds' models (default: none is kept)")
    return own


def main(arguments: Sequence[str] | None = None) -> int:
    """Train; 0 where all went well, 1 where something is missing or broken."""
    args = parser().parse_args(arguments)
    missing = [path for path in (*args.gold, args.corpus) if not path.exists()]
    if missing:
        print(f"skipped: {missing[0]} is missing", file=sys.stderr)
        return 1
    try:
        with tempfile.TemporaryDirectory() as spare:
            train(args, args.work or Path(spare))
    except PolicykgError as error:
        print(f"ingest.train: {error}", file=sys.stderr)
        return 1
    return 0


def train(args: argparse.Namespace, work: Path) -> None:
    """The whole way: vectors, first stage, folds, calibration, figures, the models for the package."""
    ontology = load()
    gold = [read_gold(path, ontology) for path in gold_files(args.gold)]
    gold = [document for document in gold if gold_reading(document, None).document.language == "zh"]
    corpus = corpus_text(args.corpus)
    written = corpus_text(WRITTEN.with_suffix(".txt"))
    extra = read_rows("extra", chain(attached(ANNOTATIONS, corpus), attached(WRITTEN, written)), ontology)
    more = _more(args.windows, ontology)
    said(
        f"{len(gold)} gold documents, {sum(len(d.sentences) for d in more.values()):,} more sentences of these, "
        f"{len(extra.sentences):,} of others"
    )
    tables = _tables(ontology, corpus if args.vectors == "new" else "")
    school = School(with_frequent(tables, extra.sentences), said)
    starts = first_stage(school, extra.sentences, args.jobs)
    held = train_folds(school, starts, gold, more, args.folds, work, args.jobs)
    known = list(outcomes(held))
    _calibrate(known, held, gold, _texts(args.texts))
    shutil.copytree(work / ALL, args.out, dirs_exist_ok=True)
    calibrated(known, _stated(gold)).save(args.out)


def said(line: str) -> None:
    """Tell how far it is."""
    print(f"{time.monotonic() - _BEGAN:6.0f} s  {line}", file=sys.stderr, flush=True)


def _more(folder: Path, ontology: Ontology) -> dict[str, GoldDocument]:
    if not folder.is_dir():
        said(f"skipped: {folder} is missing, so no more of the gold documents is learnt from")
        return {}
    found = windows(WINDOWS, folder).items()
    return {source: read_rows(source, rows, ontology) for source, rows in found}


def read_rows(name: str, rows: Iterable[Row], ontology: Ontology) -> GoldDocument:
    """The document of that name that the rows make."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"{name}.jsonl"
        file.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
        return read_gold(file, ontology)


def _tables(ontology: Ontology, corpus: str) -> Tables:
    """New tables, with the packaged vectors or, where there is a corpus, with new ones."""
    lac = lac_weights()
    if corpus:
        learnt = learn(corpus, 14_000_000, said)
        words, vectors = learnt.words, learnt.vectors
    else:
        old = Tables.load(FOLDER)
        words, vectors = tuple(old.words), old.vectors
    return Tables(
        types=tuple(ontology.types),
        relations=tuple(ontology.relations),
        tags=lac.tags,
        characters=numbered(lac.names),
        half_width=lac.half_width,
        frequent={},
        words=numbered(words),
        vectors=vectors,
    )


def _texts(folder: Path) -> dict[str, Path]:
    return {path.stem: path for path in sorted(folder.glob("*.txt"))} if folder.is_dir() else {}


def _stated(gold: Sequence[GoldDocument]) -> int:
    """How many different statements annotators made in each document, all together."""
    return sum(
        len({(r.subject.canonical, r.predicate, r.object.canonical) for s in document.sentences for r in s.relations})
        for document in gold
    )


def _calibrate(
    known: Sequence[Outcome], held: Sequence[Held], gold: Sequence[GoldDocument], texts: dict[str, Path]
) -> None:
    """Give every fold the calibration that the other folds' documents teach, and print how well the folds then read."""
    for folder in sorted({h.folder for h in held}):
        own = {h.document.source for h in held if h.folder == folder}
        rest = [document for document in gold if document.source not in own]
        calibrated([o for o in known if o.source not in own], _stated(rest)).save(folder)
    found = dict(zip((h.document.source for h in held), read_held(held, texts), strict=True))
    ontology = load()
    scored = {d.source: evaluate(d, found[d.source], ontology) for d in gold}
    print("\n".join(card.tables(scored)))


if __name__ == "__main__":
    sys.exit(main())
