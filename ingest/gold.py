"""Annotated sentences ("gold"), to measure extraction by: JSON Lines files, one sentence a line.

    {"sid": "p-1", "section": "2.1", "text": "某研究院研制出深潜器。",
     "entities": [{"id": "T1", "surface": "某研究院", "occ": 0, "type": "Institute", "canonical": "某研究院"},
                  {"id": "T2", "surface": "深潜器", "occ": 0, "type": "Product", "canonical": "深潜器"}],
     "relations": [{"s": "T1", "p": "develops", "o": "T2", "modality": "actual", "time": "", "value": ""}]}

`surface` stands in the sentence, `occ` counts its occurrences before this one; `canonical` is what the thing is called
by. Types, relations and their signatures are the ontology's.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ingest.formats import ENDINGS
from ingest.marks import language_of
from ingest.reading import read
from kg.errors import DocumentError, QueryError
from kg.model import MODALITIES, Bibliography, Document, Modality, Reading, Section, Sentence
from kg.ontology import Ontology


@dataclass(frozen=True, slots=True)
class GoldEntity:
    """A name that annotators marked: characters `start` to `end` of its sentence."""

    start: int
    end: int
    surface: str
    type: str
    canonical: str


@dataclass(frozen=True, slots=True)
class GoldRelation:
    """A statement that annotators read in a sentence."""

    subject: GoldEntity
    predicate: str
    object: GoldEntity
    modality: Modality


@dataclass(frozen=True, slots=True)
class GoldSentence:
    """A sentence with all its names and statements."""

    sid: str
    section: str
    text: str
    entities: tuple[GoldEntity, ...]
    relations: tuple[GoldRelation, ...]


@dataclass(frozen=True, slots=True)
class GoldDocument:
    """The annotated sentences of one document. `source` is the file's name without the ending."""

    source: str
    sentences: tuple[GoldSentence, ...]


def gold_files(paths: Sequence[Path]) -> tuple[Path, ...]:
    """The files among those paths, and the *.jsonl files in the folders among them (and their folders), each once.
    Raises DocumentError for a path that does not exist and a folder without such files."""
    return tuple(dict.fromkeys(file for path in paths for file in _files(path)))


def _files(path: Path) -> list[Path]:
    if not path.exists():
        raise DocumentError(f"{path} does not exist: name a file of annotated sentences, or a folder of them")
    if not path.is_dir():
        return [path]
    if found := sorted(file for file in path.rglob("*.jsonl") if file.is_file() and not file.name.startswith(".")):
        return found
    raise DocumentError(f"{path} holds no .jsonl file: give a folder with annotated sentences")


def read_gold(path: Path, ontology: Ontology) -> GoldDocument:
    """The annotated sentences of a file. Raises DocumentError that names file, line and remedy for a line that is no
    JSON, lacks a part, names a type or relation that the ontology does not have, or a name that is not in the text."""
    try:
        lines = path.read_bytes().decode("utf-8-sig").split("\n")
    except OSError as error:
        raise DocumentError(f"{path} cannot be read ({error.strerror}): check its permissions") from error
    except UnicodeDecodeError as error:
        line = path.read_bytes().count(b"\n", 0, error.start) + 1
        raise DocumentError(f"{path}:{line}: not UTF-8: save the file as UTF-8") from error
    sentences = tuple(_line(path, number, line, ontology) for number, line in enumerate(lines, 1) if line.strip())
    if not sentences:
        raise DocumentError(f"{path} holds no annotated sentence: give one JSON object a line")
    return GoldDocument(path.stem, sentences)


def gold_reading(gold: GoldDocument, text: Path | None) -> Reading:
    """The document that the sentences are from: read from the file, or made of the sentences, a paragraph each."""
    if text is not None:
        return read(text)
    whole = "\n\n".join(sentence.text for sentence in gold.sentences)
    sentences, start = [], 0
    for sentence in gold.sentences:
        end = start + len(sentence.text)
        section = Section(sentence.section, (sentence.section,), "body", start, end)
        sentences.append(Sentence(sentence.text, tuple(range(start, end)), section))
        start = end + 2
    return Reading(Document(gold.source, whole, language_of(whole), Bibliography()), tuple(sentences))


def texts_of(documents: Sequence[GoldDocument], text: Path | None) -> tuple[Path | None, ...]:
    """The file that each document is read from: `text` itself, or of a folder the file of the document's name. None
    where there is no such file. Raises DocumentError where no document has one, QueryError where several documents
    would have the same."""
    if text is None:
        return (None,) * len(documents)
    if not text.exists():
        raise DocumentError(f"{text} does not exist: name the document's file, or the folder of it")
    if not text.is_dir():
        if len(documents) > 1:
            raise QueryError(
                f"{text} is one file for {len(documents)} documents: give --text the folder of their files"
            )
        return (text,)
    found = tuple(_text_in(text, document.source) for document in documents)
    if not any(found):
        names = f"{documents[0].source}{' or '.join(reversed(ENDINGS))}"
        raise DocumentError(
            f"{text} holds the text of no annotated document: name each after its annotations ({names})"
        )
    return found


def _text_in(folder: Path, source: str) -> Path | None:
    return next((path for ending in ENDINGS if (path := folder / f"{source}{ending}").is_file()), None)


# ---- One line


class _Fault(Exception):
    """What is wrong with a line, and what to do about it."""


def _line(path: Path, number: int, line: str, ontology: Ontology) -> GoldSentence:
    try:
        return _sentence(json.loads(line), ontology)
    except json.JSONDecodeError as error:
        place = f"{path}:{number}"
        raise DocumentError(
            f"{place}: no JSON at column {error.colno} ({error.msg}): write one object a line"
        ) from error
    except (_Fault, RecursionError) as error:
        raise DocumentError(f"{path}:{number}: {error}") from error


def _sentence(row: object, ontology: Ontology) -> GoldSentence:
    row = _object(row, "the line")
    text = _text(row, "text", "the line")
    entities: dict[str, GoldEntity] = {}
    for item in _list(row, "entities"):
        id_ = _text(item, "id", "an entity")
        if id_ in entities:
            raise _Fault(f"two entities have the id {id_!r}: give each its own")
        entities[id_] = _entity(item, id_, text, ontology)
    relations = tuple(_relation(item, entities, ontology) for item in _list(row, "relations"))
    sid, section = _text(row, "sid", "the line"), _text(row, "section", "the line", empty=True)
    return GoldSentence(sid, section, text, tuple(entities.values()), relations)


def _entity(item: Mapping[str, Any], id_: str, text: str, ontology: Ontology) -> GoldEntity:
    surface, canonical, type_ = (_text(item, key, f"the entity {id_}") for key in ("surface", "canonical", "type"))
    if type_ not in ontology.types:
        raise _Fault(f"the entity {id_} has the unknown type {type_!r}: choose one of {', '.join(ontology.types)}")
    occurrence = item.get("occ", 0)
    if type(occurrence) is not int or occurrence < 0:
        raise _Fault(f"occ of the entity {id_} is no count: write 0 for the first occurrence, 1 for the second …")
    start = _occurrence(text, surface, occurrence)
    if start < 0:
        raise _Fault(
            f"{surface!r} (occ {occurrence}) of the entity {id_} is not in the text: copy it from the sentence"
        )
    return GoldEntity(start, start + len(surface), surface, type_, canonical)


def _occurrence(text: str, surface: str, occurrence: int) -> int:
    """Where the surface stands for the n-th time (0 = first, they may overlap), or -1."""
    at = text.find(surface)
    while occurrence > 0 and at >= 0:
        at, occurrence = text.find(surface, at + 1), occurrence - 1
    return at


def _relation(item: Mapping[str, Any], entities: Mapping[str, GoldEntity], ontology: Ontology) -> GoldRelation:
    predicate, modality = (_text(item, key, "a relation") for key in ("p", "modality"))
    ids = [_text(item, key, f"a relation {predicate}") for key in ("s", "o")]
    if strangers := [id_ for id_ in ids if id_ not in entities]:
        raise _Fault(f"a relation {predicate} names the entity {strangers[0]!r}, which the line does not have: add it")
    if predicate not in ontology.relations:
        raise _Fault(f"the relation {predicate!r} is unknown: choose one of {', '.join(ontology.relations)}")
    if modality not in MODALITIES:
        raise _Fault(f"the modality {modality!r} is unknown: choose one of {', '.join(MODALITIES)}")
    subject, object_ = (entities[id_] for id_ in ids)
    if not ontology.allows(subject.type, predicate, object_.type):
        fault = f"{predicate} may not lead from {subject.type} ({ids[0]}) to {object_.type} ({ids[1]})"
        raise _Fault(f"{fault}: choose another relation or type")
    return GoldRelation(subject, predicate, object_, modality)


def _object(value: object, what: str) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise _Fault(f"{what} is no JSON object: write {{…}}")
    return value


def _list(row: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    value = row.get(key)
    if not isinstance(value, list):
        raise _Fault(f"the line has no list {key!r}: write an empty one where there is nothing")
    return (_object(item, f"a member of {key!r}") for item in value)


def _text(row: Mapping[str, Any], key: str, what: str, *, empty: bool = False) -> str:
    value = row.get(key)
    if not isinstance(value, str) or not (empty or value.strip()):
        raise _Fault(f"{what} has no {key!r}: write it as text")
    if any("\ud800" <= char <= "\udfff" for char in value):
        raise _Fault(f"{key!r} of {what} holds half a character (\\ud800 to \\udfff): write the whole one")
    return value
