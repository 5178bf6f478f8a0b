"""The form of an analysis: what it asks for, what it answers, and how its answer is put into cells.

An answer is a table of the same cells as a question's (`kg.queries`), a chart, and notes that say what limits it.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from kg.charts import Chart, Point, Words
from kg.facts import Fact, Facts, Quote, quotes_of
from kg.model import Modality
from kg.queries import Cell, Column

ParamKind = Literal["Entity", "Type", "Choice", "Number"]


@dataclass(frozen=True, slots=True)
class Choice:
    """A value that a parameter may have."""

    name: str
    zh: str
    en: str


@dataclass(frozen=True, slots=True)
class Param:
    """What an analysis asks for. An Entity is named as a person would; `types` says which come into question. A Number
    is a decimal. Left out, it takes `default`, or where that is None, anything."""

    name: str
    kind: ParamKind
    label_zh: str
    label_en: str
    required: bool = False
    default: str | None = None
    types: tuple[str, ...] = ()
    choices: tuple[Choice, ...] = ()


MIN_CONFIDENCE = Param("min_confidence", "Number", "最低信度", "least belief", default="0.3")
"""Every analysis takes it. Of the statements believed less than 0.3, three in four are wrong."""
COUNTRY = Param("country", "Entity", "国家", "country", types=("Place",))

Given = Mapping[str, str]
"""The values of the parameters: ids of entities, names of choices."""
Row = tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """The rows of an analysis, the points of its chart, and notes in Chinese and English."""

    rows: tuple[Row, ...]
    points: tuple[Point, ...] = ()
    notes: tuple[Words, ...] = ()


@dataclass(frozen=True, slots=True)
class Analysis:
    """An analysis: its names and descriptions, what it asks for, its columns and chart, and what makes its answer.
    `example` holds values for which the packaged examples give an answer."""

    name: str
    zh: str
    en: str
    about_zh: str
    about_en: str
    params: tuple[Param, ...]
    columns: tuple[Column, ...]
    run: Callable[[Facts, Given], Answer]
    chart: Chart
    example: Mapping[str, str] = field(default_factory=dict)


# ---- Cells

EMPTY = Cell("empty", "", "")


def entity(facts: Facts, id_: str) -> Cell:
    """An entity as a cell."""
    found = facts.entities[id_]
    return Cell("entity", found.label("zh"), found.label("en"), id_)


def kind(facts: Facts, id_: str) -> Cell:
    """The type of an entity as a cell."""
    found = facts.ontology.kinds[facts.type(id_)]
    return Cell("term", found.label_zh, found.label_en, found.name)


def relation(facts: Facts, name: str) -> Cell:
    """A relation as a cell."""
    phrase = facts.ontology.phrases[name]
    return Cell("term", phrase.label_zh, phrase.label_en, name)


def text(zh: str, en: str | None = None) -> Cell:
    """Words as a cell, the same in both languages where there is but one."""
    said = zh if en is None else en
    return Cell("text", zh, said) if zh or said else EMPTY


def words(said: Words) -> Cell:
    """Words in both languages as a cell."""
    return text(*said)


def number(value: float | None) -> Cell:
    """A number as a cell; an empty one for None."""
    return EMPTY if value is None else Cell("number", f"{value:g}", f"{value:g}")


def year(value: int | None) -> Cell:
    """A year as a cell; an empty one for None."""
    return EMPTY if value is None else Cell("number", str(value), str(value))


def document(source: str) -> Cell:
    """A document as a cell."""
    return Cell("document", source, source, source) if source else EMPTY


def documents(facts: Iterable[Fact]) -> Cell:
    """The documents that state something as a cell: a document where it is one, else their names."""
    sources = sorted({quote.source for fact in facts for quote in fact.quotes})
    return document(sources[0]) if len(sources) == 1 else text("；".join(sources), "; ".join(sources))


def names(facts: Facts, ids: Iterable[str]) -> Cell:
    """Entities named in one cell, each once."""
    found = list(dict.fromkeys(ids))
    zh, en = ([facts.label(id_, language) for id_ in found] for language in ("zh", "en"))
    return text("、".join(zh), ", ".join(en))


def said(facts: Facts, found: Iterable[Fact]) -> Cell:
    """Statements in words in one cell."""
    listed = list(found)
    return text("；".join(facts.say(f, "zh") for f in listed), "; ".join(facts.say(f, "en") for f in listed))


def quote(found: Iterable[Fact], most: int = 3) -> Cell:
    """The sentences behind statements in one cell, the first `most` of them, each with its document and section."""
    return text(" ｜ ".join(cited(each) for each in list(quotes_of(found))[:most]))


def cited(found: Quote) -> str:
    """A sentence with its document and section."""
    place = f"{found.source} §{found.section}" if found.section else found.source
    return f"{found.text} [{place}]"


def countries(facts: Facts, codes: Iterable[str]) -> Cell:
    """Countries as a cell, by name; empty where there is none."""
    told = [facts.country_names(code) for code in sorted(codes)]
    return text("、".join(zh for zh, _ in told), ", ".join(en for _, en in told))


def status(facts: Facts, modality: Modality) -> Cell:
    """A modality as a cell."""
    return Cell("term", *facts.ontology.modality_labels[modality], modality)


def column(name: str, zh: str, en: str) -> Column:
    """A column of an answer."""
    return Column(name, zh, en)


QUOTE = Column("quote", "原文", "quote")
DOCUMENT = Column("document", "文献", "document")


def chosen(params: Iterable[Choice], name: str) -> Words:
    """What a choice is called."""
    return next((choice.zh, choice.en) for choice in params if choice.name == name)


def columns(*parts: Column | Iterable[Column]) -> tuple[Column, ...]:
    """Columns, single ones and groups of them, in one row."""
    found: list[Column] = []
    for part in parts:
        found += [part] if isinstance(part, Column) else list(part)
    return tuple(found)
