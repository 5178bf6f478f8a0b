"""The plain types that travel through policykg, from the file to the chain. They check themselves and never change.

All offsets are characters (Unicode code points) of the document's own decoded text, newlines as in the file,
start inclusive and end exclusive: `document.text[span.start:span.end] == span.quote`, always.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from itertools import pairwise
from math import prod
from typing import Any, Literal, get_args

Modality = Literal["actual", "proposed", "negated"]
MODALITIES: tuple[Modality, ...] = ("actual", "proposed", "negated")
Language = Literal["zh", "en"]

SectionKind = Literal["front", "abstract", "body", "foreign", "notes", "references"]
"""front: title, authors, addresses; foreign: an abstract in the other language; notes: author notes, footnotes."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` of a document, and what stands there."""

    start: int
    end: int
    quote: str

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end or len(self.quote) != self.end - self.start:
            raise ValueError(f"span {self.start}:{self.end} does not hold {len(self.quote)} characters")


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a document. `label` is what one cites ("2.1(1)", "三(二)", or the heading where it has no number);
    `path` holds the headings from the outermost to this one; `start` and `end` are document offsets."""

    label: str
    path: tuple[str, ...]
    kind: SectionKind
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Bibliography:
    """What a document says of itself. Empty where it does not say; nothing is guessed."""

    title_zh: str = ""
    title_en: str = ""
    authors: tuple[str, ...] = ()
    authors_en: tuple[str, ...] = ()
    journal_zh: str = ""
    journal_en: str = ""
    year: int | None = None
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    keywords: tuple[str, ...] = ()
    keywords_en: tuple[str, ...] = ()
    affiliations: tuple[str, ...] = ()
    affiliations_en: tuple[str, ...] = ()


WorkKind = Literal[
    "",
    "journal",
    "newspaper",
    "book",
    "chapter",
    "collection",
    "conference",
    "thesis",
    "report",
    "standard",
    "patent",
    "web",
    "data",
    "other",
]
"""What kind of work a reference names; empty where it does not show. The list `work` of the ontology labels them."""


@dataclass(frozen=True, slots=True)
class Reference:
    """An entry of a document's list of references: `text` is what stands at `start` to `end`, the other fields what was
    understood of it, empty where the entry does not say.

    `label` is what marks in the text cite it by (`19`), empty in a list without numbers. `container` is the journal,
    newspaper, or book that it stands in; `date` and `accessed` are ISO dates; `others` says that the entry breaks its
    list of authors off (等, et al.). A translation that follows the entry fills the fields that end in `_en`.
    """

    label: str
    text: str
    start: int
    end: int
    authors: tuple[str, ...] = ()
    title: str = ""
    container: str = ""
    year: int | None = None
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    kind: WorkKind = ""
    publisher: str = ""
    place: str = ""
    url: str = ""
    date: str = ""
    accessed: str = ""
    others: bool = False
    authors_en: tuple[str, ...] = ()
    title_en: str = ""
    container_en: str = ""

    def __post_init__(self) -> None:
        if not 0 <= self.start < self.end or len(self.text) != self.end - self.start:
            raise ValueError(f"reference {self.start}:{self.end} does not hold {len(self.text)} characters")
        if self.kind not in get_args(WorkKind):
            raise ValueError(f"{self.kind!r} is no kind of work")


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a document: `label` as printed on it, or its number where the file does not say; document offsets."""

    label: str
    start: int
    end: int

    def __post_init__(self) -> None:
        if not 0 <= self.start <= self.end or not self.label:
            raise ValueError(f"page {self.label!r} cannot run from {self.start} to {self.end}")


@dataclass(frozen=True, slots=True)
class Document:
    """A text that was read. `source` is its file name without the ending and names it in a store; `location` is a
    digest of the path that it was read from, so that two files of one name are told apart without storing paths."""

    source: str
    text: str
    language: Language
    bibliography: Bibliography
    sections: tuple[Section, ...] = ()
    location: str = ""
    pages: tuple[Page, ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the text, in hexadecimal."""
        return sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()

    def page(self, spans: Sequence[Span]) -> str:
        """The page that the spans stand on, by its label; the first and the last where they go over several
        ("785–786"); empty where the document has no pages."""
        labels = [p.label for s in spans for p in self.pages if p.start < s.end and s.start < p.end]
        if not labels:
            return ""
        return labels[0] if labels[0] == labels[-1] else f"{labels[0]}–{labels[-1]}"


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence as a reader reads it: citation marks and markup left out, page breaks joined.

    `offsets[i]` is the document offset of `text[i]`, so that any stretch of the sentence leads back to the document.
    A space may stand for other white space of the document: a line break between English words, a tab. `cites` are the
    citation marks that were left out: how many characters of `text` stand before the mark, and the label it names.
    """

    text: str
    offsets: tuple[int, ...]
    section: Section
    cites: tuple[tuple[int, str], ...] = ()

    def __post_init__(self) -> None:
        if len(self.text) != len(self.offsets) or not self.text:
            raise ValueError("a sentence needs one document offset for each of its characters")
        if any(not 0 <= place <= len(self.text) for place, _ in self.cites):
            raise ValueError("a citation mark stands within its sentence")

    def spans(self, document: Document, start: int = 0, end: int | None = None) -> tuple[Span, ...]:
        """The document's characters behind `text[start:end]`: one span, or several where other text (a page's foot,
        a caption, a footnote) stands in between. Marks and white space inside a stretch stay inside its span."""
        offsets = self.offsets[start:end]
        if not offsets:
            return ()
        starts, ends = [offsets[0]], []
        for last, offset in pairwise(offsets):
            if offset != last + 1 and offset - last - 1 > _gap(document.text, last + 1, offset):
                ends.append(last + 1)
                starts.append(offset)
        ends.append(offsets[-1] + 1)
        return tuple(Span(a, b, document.text[a:b]) for a, b in zip(starts, ends, strict=True))


_MARK_LENGTH = 40
"""The longest stretch inside a sentence that still counts as a mark (`<sup>[12,13]</sup>`, `**`), in characters."""


def _gap(text: str, start: int, end: int) -> int:
    """How many characters a span may bridge between start and end: all, where they are marks or one line break."""
    between = text[start:end]
    return len(between) if len(between) <= _MARK_LENGTH and "\n\n" not in between.replace("\r", "") else 0


@dataclass(frozen=True, slots=True)
class Reading:
    """A document and its sentences, in reading order."""

    document: Document
    sentences: tuple[Sentence, ...]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The sentence behind a statement: where it stands, which rule (or model) read it, how often that rule is right,
    and the labels of the references that the clause which states it cites. `page` is its page's label, of several the
    first and the last ("785–786"); empty where the document has none."""

    source: str
    section: str
    spans: tuple[Span, ...]
    rule: str
    confidence: float
    page: str = ""
    cites: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.spans:
            raise ValueError("evidence needs at least one span")
        if not 0.0 <= self.confidence <= 1.0:
            raise ValueError(f"confidence {self.confidence} is not between 0 and 1")

    @property
    def quote(self) -> str:
        """The spans' characters, joined by an ellipsis where the sentence is cut."""
        return " … ".join(span.quote for span in self.spans)


@dataclass(frozen=True, slots=True)
class Entity:
    """A thing that the documents speak of. `id` is the last part of its IRI (`program/863计划`, see `kg.iris`)."""

    id: str
    type: str
    label_zh: str = ""
    label_en: str = ""
    aliases: tuple[str, ...] = ()
    country: str = ""

    def __post_init__(self) -> None:
        if not (self.label_zh or self.label_en):
            raise ValueError(f"entity {self.id} has no label")

    def label(self, language: Language = "zh") -> str:
        """Its name in that language, or in the other one where it has none."""
        first, second = (self.label_zh, self.label_en) if language == "zh" else (self.label_en, self.label_zh)
        return first or second

    @property
    def names(self) -> tuple[str, ...]:
        """Every name, each once: labels first."""
        return tuple(dict.fromkeys(name for name in (self.label_zh, self.label_en, *self.aliases) if name))


@dataclass(frozen=True, slots=True)
class Mention:
    """One place where a document names an entity."""

    entity: str
    source: str
    span: Span


@dataclass(frozen=True, slots=True)
class Period:
    """The years that words for a time mean, both ends included; None where that end is open. `precision` says what the
    words name (a year, a decade, a plan …: the list `precision` of the ontology), `approximate` that they say about."""

    start: int | None
    end: int | None
    precision: str
    approximate: bool = False

    def __post_init__(self) -> None:
        if self.start is None and self.end is None:
            raise ValueError("a period needs a start or an end")
        if self.start is not None and self.end is not None and self.start > self.end:
            raise ValueError(f"a period cannot run from {self.start} to {self.end}")

    def covers(self, other: "Period") -> bool:
        """Whether all the years of the other lie in this one."""
        starts = self.start is None or (other.start is not None and self.start <= other.start)
        return starts and (self.end is None or (other.end is not None and other.end <= self.end))

    def text(self) -> str:
        """The years, for people of any language: `2014–2022`, `1978–`, `≈2003`."""
        start, end = ("" if year is None else str(year) for year in (self.start, self.end))
        return ("≈" if self.approximate else "") + (start if start == end else f"{start}–{end}")


Comparator = Literal["=", "≈", ">", "≥", "<", "≤"]
_WIDEST = 10**18
"""Numbers of this size and above, and digits behind the ninth, are beyond what every RDF store keeps exactly."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """The number that words for a value mean: from `low` to `high`, which are the same where it is no range.

    `comparator` says how the true number stands to the one given. `unit` is `1` for bare numbers; `currency` is an ISO
    4217 code or empty; `kind` says what is measured (a count, a share, a growth rate …: the list `measure` of the
    ontology), since figures of different kinds must never be compared.
    """

    low: Decimal
    high: Decimal
    unit: str
    kind: str
    comparator: Comparator = "="
    currency: str = ""

    def __post_init__(self) -> None:
        for number in (self.low, self.high):
            if not number.is_finite() or abs(number) >= _WIDEST or round(number, 9) != number:
                raise ValueError(f"{number} is no number that can be kept exactly")
        if self.low > self.high:
            raise ValueError(f"a quantity cannot run from {self.low} to {self.high}")
        if self.comparator not in get_args(Comparator):
            raise ValueError(f"{self.comparator!r} is none of {', '.join(get_args(Comparator))}")
        if not self.unit or not self.kind:
            raise ValueError("a quantity needs a unit and the kind of what it measures")

    def text(self) -> str:
        """The number with its unit, for people of any language: `> 300000000000 JPY`, `30–40 %`."""
        low, high = plain_number(self.low), plain_number(self.high)
        number = low if low == high else f"{low}–{high}"
        compared = "" if self.comparator == "=" else f"{self.comparator} "
        return compared + number + ("" if self.unit == "1" else f" {self.unit}")


def plain_number(number: Decimal) -> str:
    """The number in plain digits, without an exponent and without zeros at its end.

    >>> plain_number(Decimal("3E+11")), plain_number(Decimal("0.650"))
    ('300000000000', '0.65')
    """
    digits = f"{number:f}"
    return (digits.rstrip("0").rstrip(".") if "." in digits else digits) if number else "0"


@dataclass(frozen=True, slots=True)
class Assertion:
    """What one document states: `subject predicate object`, with every sentence of it that says so.

    `time` and `value` are the sentence's own words; `period` and `quantity` are what these mean, where that is certain.
    `belief` (0 to 1) joins the confidence of all the evidence. The other fields say, where the text does:

    - `attributed_to`: whom the text names as the source: a body that counted, or the mark of a cited work;
    - `role`: what part the subject plays (leads, hosts …: the list `role` of the ontology);
    - `mode`: how the subject works on the object (obliges, steers …: the list `mode`);
    - `condition`: under which it holds, in the text's words;
    - `general`: that it is claimed to hold always or as a rule, not of one case;
    - `concerns`: the id of the statement of the same document that the effect is on: what is enabled, hindered or
      caused is then that this statement holds, not only the object as such;
    - `after`, `alongside`: the id of the statement of the same document that it comes after, or goes along with.
    """

    subject: str
    predicate: str
    object: str
    modality: Modality
    evidence: tuple[Evidence, ...]
    belief: float
    time: str = ""
    value: str = ""
    period: Period | None = None
    quantity: Quantity | None = None
    attributed_to: str = ""
    role: str = ""
    mode: str = ""
    condition: str = ""
    general: bool = False
    concerns: str = ""
    after: str = ""
    alongside: str = ""

    def __post_init__(self) -> None:
        if not self.evidence:
            raise ValueError(f"{self.subject} {self.predicate} {self.object} has no evidence")
        if len({e.source for e in self.evidence}) != 1:
            raise ValueError("the evidence of an assertion comes from one document")
        if self.modality not in MODALITIES:
            raise ValueError(f"modality {self.modality!r} is none of {', '.join(MODALITIES)}")
        if not 0.0 <= self.belief <= 1.0:
            raise ValueError(f"belief {self.belief} is not between 0 and 1")

    @property
    def source(self) -> str:
        """The document that states it."""
        return self.evidence[0].source

    @property
    def qualifiers(self) -> dict[str, Any]:
        """What the text says beyond time and value, by field; only what it does say."""
        return {name: value for name in QUALIFIERS if (value := getattr(self, name))}

    @property
    def id(self) -> str:
        """Stable: the same statement of the same document has the same id in every store. What time and value mean, and
        the order among statements, are no part of it: they depend on how well the text is understood."""
        told = (f"{name}={value}" for name, value in self.qualifiers.items() if name not in ORDER)
        key = (self.source, self.subject, self.predicate, self.object, self.modality, self.time, self.value, *told)
        return sha256("\x1f".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:20]


ORDER = ("after", "alongside")
"""The fields of an assertion that say how it stands to another one in time."""
REFERENCES = ("concerns", *ORDER)
"""The fields of an assertion that hold the id of another one of its document."""
QUALIFIERS = ("attributed_to", "role", "mode", "condition", "general", *REFERENCES)
"""The fields of an assertion that qualify it beyond time and value."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """A statement that was read but not let in: its parts as the text names them, the reason as a word for programs
    (`signature`, `self`, `evidence`, `unresolved` …) and as a sentence in both languages for people."""

    source: str
    subject: str
    predicate: str
    object: str
    rule: str
    reason: str
    message_zh: str
    message_en: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A number in the prose of a document, or the date of something that happened, with what it is about.

    `span` is where the number (or the date) stands. `about` is the id of the entity that it is about, where one is
    named, and `subject` are the words for it; `indicator` are the words for what is measured of it, or for what
    happened. `quantity` is what the number means. Where the number is damaged (two run together, a letter in it, its
    unit lost), `flaw` says how (the list `flaw` of the ontology) and nothing is guessed. Where it is a date,
    `happening` says of what (the list `happening`).
    Just one of these three is given. `value`, `time`, `place`, `attributed_to` are the text's own words, `period` is
    what the time means; `statement` is the id of the statement of the same document that gives the same figure.
    """

    span: Span
    subject: str
    indicator: str
    modality: Modality
    evidence: Evidence
    about: str = ""
    value: str = ""
    quantity: Quantity | None = None
    flaw: str = ""
    happening: str = ""
    time: str = ""
    period: Period | None = None
    place: str = ""
    attributed_to: str = ""
    statement: str = ""

    def __post_init__(self) -> None:
        if sum(map(bool, (self.quantity, self.flaw, self.happening))) != 1:
            raise ValueError(f"{self.value!r} is either a quantity, or damaged, or a date")
        if self.modality not in MODALITIES:
            raise ValueError(f"modality {self.modality!r} is none of {', '.join(MODALITIES)}")

    @property
    def source(self) -> str:
        """The document that gives it."""
        return self.evidence.source

    @property
    def id(self) -> str:
        """Stable: the same number of the same document about the same thing has the same id in every store."""
        place = f"{self.span.start}:{self.span.end}"
        key = (self.source, place, self.subject, self.indicator, self.value, self.happening)
        return sha256("\x1f".join(key).encode("utf-8", "surrogatepass")).hexdigest()[:20]


Severity = Literal["violation", "warning", "info"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A place where a graph breaks a rule: the shape or check that says so, the node, and what to do about it."""

    rule: str
    severity: Severity
    focus: str
    message_zh: str
    message_en: str


CellRole = Literal["title", "header", "key", "group", "number", "value", "missing", "text", "empty"]
"""What a cell of a table is: `title` a heading of the whole table, `header` of columns, `key` of a row, `group` a key
that stands for the rows below it too, `number` the running number of a row, `value` a figure that was read, `missing` a
sign that there is none, `text` any other words."""


@dataclass(frozen=True, slots=True)
class TableCell:
    """A cell of a table: `row` and `column` count from 0, `rows` and `columns` say how many it spans. `text` is what a
    reader reads, white space folded; `spans` are the document's characters behind it, none where it is empty."""

    row: int
    column: int
    text: str
    spans: tuple[Span, ...]
    role: CellRole
    rows: int = 1
    columns: int = 1

    def __post_init__(self) -> None:
        if min(self.row, self.column) < 0 or min(self.rows, self.columns) < 1:
            raise ValueError(f"a cell cannot stand at row {self.row}, column {self.column}")
        if bool(self.text) != bool(self.spans):
            raise ValueError("a cell has words and the place where they stand, or neither")

    @property
    def place(self) -> tuple[int, int]:
        """Its row and column."""
        return self.row, self.column


@dataclass(frozen=True, slots=True)
class TableValue:
    """One figure of a table, and what it is a figure of, in the table's own words.

    `row` and `column` name its cell. `series` is what is measured, with `series_unit` as the table writes the unit;
    `item` what the row is about where that is more than a place and a time; `place` and `time` are words, `period` what
    the time means. `indicator`, `item_entity` and `place_entity` are ids of entities, empty where none is known.
    `group` is what is printed over the row (东部); `region` is the entity that the place lies in by the dictionary,
    which need not agree. `words` are the cell's; `quantity` is their number, the unit's scale (万, million) in digits.
    """

    row: int
    column: int
    words: str
    quantity: Quantity
    series: str
    series_unit: str = ""
    item: str = ""
    place: str = ""
    time: str = ""
    period: Period | None = None
    indicator: str = ""
    item_entity: str = ""
    place_entity: str = ""
    group: str = ""
    region: str = ""

    def __post_init__(self) -> None:
        if self.quantity.low != self.quantity.high:
            raise ValueError("a cell of a table holds one number, not a range")

    @property
    def entities(self) -> tuple[str, ...]:
        """The ids of the entities that it names."""
        return tuple(id_ for id_ in (self.indicator, self.item_entity, self.place_entity, self.region) if id_)


@dataclass(frozen=True, slots=True)
class TableFinding:
    """Something odd that was seen while a table was read: the rule that saw it, the cells (row, column) that it is
    about, and what to think of it. What is odd is never mended."""

    rule: str
    severity: Severity
    cells: tuple[tuple[int, int], ...]
    message_zh: str
    message_en: str


@dataclass(frozen=True, slots=True)
class Table:
    """A table of a document. `label` is what the text calls it (表1, Table 2; empty where it has no number), `unit` a
    unit that is told for the whole table, `notes` its notes and sources; `start` and `end` are the offsets of its
    cells, caption and notes left out. All of its cells are kept; only what was understood has a value."""

    label: str
    caption: str
    unit: str
    notes: tuple[str, ...]
    section: str
    start: int
    end: int
    cells: tuple[TableCell, ...]
    values: tuple[TableValue, ...] = ()
    findings: tuple[TableFinding, ...] = ()

    def __post_init__(self) -> None:
        places = {cell.place for cell in self.cells}
        if not self.cells or len(places) < len(self.cells):
            raise ValueError("a table has cells, each in a place of its own")
        named = {(v.row, v.column) for v in self.values} | {place for f in self.findings for place in f.cells}
        if len({(v.row, v.column) for v in self.values}) < len(self.values):
            raise ValueError("a cell of a table has one figure")
        if lost := named - places:
            raise ValueError(f"the table has no cell at row {min(lost)[0]}, column {min(lost)[1]}")


@dataclass(frozen=True, slots=True)
class Extraction:
    """All that one document gave. `pipeline` names the software and data that read it, so that reading it again
    with the same ones can be skipped. `cited` are the labels that citation marks anywhere in its text name, whether the
    list of references has them or not."""

    document: Document
    entities: tuple[Entity, ...]
    mentions: tuple[Mention, ...]
    assertions: tuple[Assertion, ...]
    refusals: tuple[Refusal, ...]
    pipeline: str
    tables: tuple[Table, ...] = ()
    figures: tuple[Figure, ...] = ()
    references: tuple[Reference, ...] = ()
    cited: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Hop:
    """One step of a chain: an assertion, walked from its subject to its object, or back where `inverse`."""

    assertion: Assertion
    inverse: bool = False

    @property
    def tail(self) -> str:
        """The entity id that the step leaves."""
        return self.assertion.object if self.inverse else self.assertion.subject

    @property
    def head(self) -> str:
        """The entity id that the step reaches."""
        return self.assertion.subject if self.inverse else self.assertion.object


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a chain is to be trusted less than its links, as a sentence in both languages. The chain's belief is
    multiplied by `weight` (0 to 1)."""

    zh: str
    en: str
    weight: float = 1.0

    def text(self, language: Language) -> str:
        """The sentence in that language."""
        return self.zh if language == "zh" else self.en


@dataclass(frozen=True, slots=True)
class Chain:
    """Assertions that lead from one entity to another. It is as strong as its weakest link, and weaker where
    `reasons` speak against the whole: dates in the wrong order, a change of what is spoken of."""

    hops: tuple[Hop, ...]
    reasons: tuple[Reason, ...] = ()

    def __post_init__(self) -> None:
        if not self.hops or any(a.head != b.tail for a, b in zip(self.hops, self.hops[1:], strict=False)):
            raise ValueError("the hops of a chain must follow each other")

    @property
    def belief(self) -> float:
        """The lowest belief among its hops, times the weights of its reasons."""
        return prod((reason.weight for reason in self.reasons), start=self.hops[self.weakest].assertion.belief)

    @property
    def weakest(self) -> int:
        """The place of the hop that is believed least; of several, the first."""
        return min(range(len(self.hops)), key=lambda place: self.hops[place].assertion.belief)

    @property
    def modality(self) -> Modality:
        """negated if any hop is, else proposed if any is, else actual."""
        return weakest(hop.assertion.modality for hop in self.hops)


def weakest(modalities: Iterable[Modality]) -> Modality:
    """The weakest of some modalities: negated before proposed before actual."""
    found = set(modalities)
    return next((m for m in reversed(MODALITIES) if m in found), "actual")
