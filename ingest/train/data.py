"""Annotations without their text.

A row of the gold form (`ingest.gold`) holds its sentence. The stand-off form points into a corpus (a paragraph a line,
an empty line between papers) by offsets in characters instead, so that annotations can be kept where the text may not.
"""

import json
import lzma
from collections.abc import Iterable, Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any

from kg.errors import DocumentError

Row = dict[str, Any]

_NEAR = 100_000
"""How far behind a sentence the next one is looked for first, in characters."""


def corpus_text(corpus: Path) -> str:
    """The corpus' text (`.xz` or plain, UTF-8)."""
    opener = lzma.open if corpus.suffix == ".xz" else open
    with opener(corpus, "rt", encoding="utf-8", newline="") as stream:
        return str(stream.read())


def detached(rows: Iterable[Row], corpus: str) -> Iterator[Row]:
    """Gold rows in the stand-off form. Raises DocumentError for a sentence that does not stand in the corpus.

    The corpus is searched from the sentence before on first: annotations follow the text, and it is long."""
    at = 0
    for row in rows:
        text = row["text"]
        start = corpus.find(text, at, at + _NEAR)
        start = at = corpus.find(text) if start < 0 else start
        if start < 0:
            raise DocumentError(f"the sentence {row['sid']} does not stand in the corpus: leave it out")
        numbers = {entity["id"]: number for number, entity in enumerate(row["entities"])}
        yield {
            "sid": row["sid"],
            "place": [start, start + len(text), _digest(text)],
            "entities": [_marked(entity, text) for entity in row["entities"]],
            "relations": [
                [
                    numbers[r["s"]],
                    r["p"],
                    numbers[r["o"]],
                    r["modality"],
                    _place(r["time"], text),
                    _place(r["value"], text),
                ]
                for r in row["relations"]
            ],
        }


def attached(path: Path, corpus: str) -> Iterator[Row]:
    """The gold rows of a stand-off file. Raises DocumentError where the corpus is another than it was made for."""
    for number, row in _numbered(path):
        yield _attached(row, corpus, f"{path}:{number}")


def windows(path: Path, folder: Path) -> dict[str, list[Row]]:
    """Document of the gold → the gold rows of more of its sentences, from a stand-off file whose rows name the gold
    document (`of`) and its text's file in the folder (`file`). Raises DocumentError where a text is another one."""
    found: dict[str, list[Row]] = {}
    texts: dict[str, str] = {}
    for number, row in _numbered(path):
        name = row["file"]
        if name not in texts:
            texts[name] = (folder / name).read_bytes().decode("utf-8")
        found.setdefault(row["of"], []).append(_attached(row, texts[name], f"{path}:{number}"))
    return found


def _numbered(path: Path) -> Iterator[tuple[int, Row]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    return ((number, json.loads(line)) for number, line in enumerate(lines, 1))


def _attached(row: Row, corpus: str, place: str) -> Row:
    start, end, digest = row["place"]
    text = corpus[start:end]
    if _digest(text) != digest:
        raise DocumentError(f"{place}: the corpus has another text there: use the one that it was made for")
    return {
        "sid": row["sid"],
        "section": "",
        "text": text,
        "entities": [_entity_row(str(n), text, *mark) for n, mark in enumerate(row["entities"])],
        "relations": [
            {"s": str(s), "p": p, "o": str(o), "modality": m, "time": _words(t, text), "value": _words(v, text)}
            for s, p, o, m, t, v in row["relations"]
        ],
    }


def _marked(entity: Row, text: str) -> list[int | str]:
    """The n-th occurrence of that length and place: start, end, type, and the canonical name where it is another."""
    start = -1
    for _ in range(entity["occ"] + 1):
        start = text.index(entity["surface"], start + 1)
    same = entity["canonical"] == entity["surface"]
    return [start, start + len(entity["surface"]), entity["type"], *([] if same else [entity["canonical"]])]


def _entity_row(id_: str, text: str, start: int, end: int, type_: str, canonical: str = "") -> Row:
    """The name at those offsets of the sentence in the gold's form. Without a canonical name it is called as it stands
    there."""
    surface = text[start:end]
    before = sum(text.startswith(surface, at) for at in range(start))
    return {"id": id_, "surface": surface, "occ": before, "type": type_, "canonical": canonical or surface}


def _place(words: str, text: str) -> list[int]:
    return [text.index(words), len(words)] if words else []


def _words(place: list[int], text: str) -> str:
    return text[place[0] : place[0] + place[1]] if place else ""


def _digest(text: str) -> str:
    return sha256(text.encode()).hexdigest()[:12]
