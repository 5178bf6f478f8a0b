"""Entities, statements and sentences as an assistant can cite them: with names and words in Chinese and English, each
sentence with its quote, author, year, page and section. They are short: a name or a quote of a hostile length is cut.

Offsets are code points of the document's text, end exclusive.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import BaseModel, Field

from kg import cite
from kg.graph import Graph, Match
from kg.model import Assertion, Chain, Document, Entity, Evidence, Language, Modality, Reference, Span
from kg.ontology import load
from kg.queries import Cell, Param, Question, Table, choices
from kg.store import DocumentSummary
from kg.telling import Works, chain_id, chain_iri, load_sentences, paragraph

LONGEST_NAME = 200
"""So many characters of a name are given."""
LONGEST_QUOTE = 1000
"""So many characters of a sentence are given."""
AROUND = 200
"""So many characters of a document are given on either side of a sentence."""
_MOST_ALIASES = 20
MOST_CITATIONS = 3
"""So many sentences are given for a statement among others; `evidence` gives more."""


LONG_LISTS = ("Type", "Relation")
"""Kinds of parameters with so many values that they are listed once for all questions."""


class Words(BaseModel):
    """The same in Chinese and in English."""

    zh: str
    en: str


class Named(BaseModel):
    """An entity by id and name."""

    id: str = Field(description="标识，可用于其他工具 · the id, for the other tools")
    type: str
    name: Words


class Found(Named):
    """An entity found by name."""

    type_label: Words
    aliases: list[str]
    country: str = ""
    matched: str = Field(default="", description="所匹配的名称 · the name that matched")
    match: str = Field(default="", description="匹配方式 · how it matched: exact, prefix, part, pinyin, near …")
    statements: int = Field(default=0, description="陈述条数 · in how many statements it stands")


class Citation(BaseModel):
    """A sentence and how to cite it."""

    cite: Words = Field(description="引用时写它 · write this when citing: 贺德方等，2025，第785页，2.1节")
    authors: list[str]
    year: int | None
    title: str
    document: str = Field(description="文献名 · the document's name in the store")
    page: str
    section: str
    quote: str = Field(description="原文原句 · the document's own words")
    cut: bool = Field(default=False, description="引文过长，已截短 · the quote was too long and is cut")
    start: int | None = Field(
        default=None, description="在全文中的起点（字符）· where it begins in the text, in characters"
    )
    end: int | None = Field(default=None, description="终点（不含）· where it ends, exclusive")
    confidence: float | None = Field(default=None, description="读取规则的可信度 · how often what read it is right")
    rests_on: list[str] = Field(default=[], description="该句据以立论的参考文献 · works that the sentence cites for it")


class Statement(BaseModel):
    """A statement of a document. Only `actual` ones are facts; `proposed` ones are proposals, `negated` ones denied."""

    id: str = Field(description="标识，可交给 evidence · the id, for the tool evidence")
    subject: Named
    relation: str
    relation_label: Words
    object: Named
    modality: Modality = Field(description="actual 事实 · proposed 建议 · negated 否定")
    reads: Words = Field(description="读作 · as a sentence")
    time: str = ""
    years: str = ""
    value: str = ""
    attributed_to: str = Field(default="", description="据谁所言 · whom the document names as its source")
    belief: float = Field(description="信度，0 到 1 · how far it is believed")
    citations: list[Citation]
    more_citations: int = Field(
        default=0, description="未列出的引证数，见 evidence · so many more, see the tool evidence"
    )


class Hop(BaseModel):
    """A step of a chain: its statement, walked from object to subject where it is `inverse`."""

    inverse: bool
    statement: Statement


class ToldChain(BaseModel):
    """A chain: only as strong as its weakest hop, and a fact only where every hop is one."""

    id: str
    iri: str
    belief: float
    modality: Modality
    weakest: int = Field(description="最弱一步，从 0 数起 · the weakest hop, counted from 0")
    reasons: list[Words] = Field(description="整条链打折扣的理由 · why to trust the whole less than its hops")
    paragraph: Words = Field(description="成段叙述，附编号引文 · told in a paragraph with numbered quotes")
    hops: list[Hop]


class Sentence(Citation):
    """A sentence with the text around it."""

    before: str = ""
    after: str = ""


class Source(BaseModel):
    """A document and how to cite it."""

    document: str
    reference: Words = Field(description="参考文献条目 · its entry in a list of references")
    cite: Words
    language: Language
    title: Words
    authors: list[str]
    year: int | None
    doi: str
    entities: int
    statements: int
    refusals: int = Field(description="读到而未收入的陈述数 · what was read but not let in")


class Parameter(BaseModel):
    """What a question asks for."""

    name: str
    kind: str = Field(description="Entity 实体（任一名称）、Document、Type、Relation、Modality、Qualifier 或 Text")
    label: Words
    required: bool
    default: str | None
    choices: list[str] = Field(
        description="可取的值；类型和关系另列 · the values it may have; types and relations are listed once"
    )


class Asking(BaseModel):
    """A question that can be asked."""

    name: str
    question: Words
    params: list[Parameter]
    example: dict[str, str]


class Answer(BaseModel):
    """A row of an answer: column → value, and the sentence behind it where the row has one."""

    cells: dict[str, Words]
    ids: dict[str, str] = Field(description="列 → 实体标识、文献名或词项 · column → id, document or term")
    citation: Citation | None = None


# ---- Made from the graph


def short(text: str, longest: int) -> str:
    """The text, cut at so many characters."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def _name(entity: Entity, language: Language) -> str:
    return short(entity.label(language), LONGEST_NAME)


def named(entity: Entity) -> Named:
    """An entity by id and name."""
    return Named(id=entity.id, type=entity.type, name=Words(zh=_name(entity, "zh"), en=_name(entity, "en")))


def found(entity: Entity, match: Match | None = None) -> Found:
    """An entity, and how its name matched where it was searched."""
    kind = load().kinds[entity.type]
    it = named(entity)
    return Found(
        id=it.id,
        type=it.type,
        name=it.name,
        type_label=Words(zh=kind.label_zh, en=kind.label_en),
        aliases=[short(alias, LONGEST_NAME) for alias in entity.aliases[:_MOST_ALIASES]],
        country=entity.country,
        matched=short(match.name, LONGEST_NAME) if match else "",
        match=match.kind if match else "",
        statements=match.statements if match else 0,
    )


@dataclass(frozen=True, slots=True)
class Citing:
    """What statements are written with: entities by id, what documents say of themselves, and the works they cite."""

    works: Works
    references: dict[tuple[str, str], Reference]

    @classmethod
    def of(cls, graph: Graph, statements: Sequence[Assertion]) -> "Citing":
        """All that writing those statements needs."""
        labels = graph.ends(statements)
        sources = {each.source for statement in statements for each in statement.evidence}
        return cls(Works(labels, graph.store.bibliographies(sources)), graph.works(statements))

    @classmethod
    def documents(cls, graph: Graph, sources: Sequence[str]) -> "Citing":
        """All that citing those documents needs."""
        return cls(Works({}, graph.store.bibliographies(sources)), {})

    def statement(self, statement: Assertion, most: int = MOST_CITATIONS) -> Statement:
        """The statement with at most so many citations, the surest first."""
        ontology = load()
        ends = self.works.labels[statement.subject], self.works.labels[statement.object]
        relation, sentence = ontology.phrases[statement.predicate], load_sentences().relations[statement.predicate]

        def reads(language: Language) -> str:
            subject, object_ = (_name(end, language) for end in ends)
            return sentence.read(subject, object_, statement.modality, language, inverse=False)

        best = sorted(statement.evidence, key=lambda each: -each.confidence)[:most]
        return Statement(
            id=statement.id,
            subject=named(ends[0]),
            relation=statement.predicate,
            relation_label=Words(zh=relation.label_zh, en=relation.label_en),
            object=named(ends[1]),
            modality=statement.modality,
            reads=Words(zh=reads("zh"), en=reads("en")),
            time=statement.time,
            years=statement.period.text() if statement.period else "",
            value=short(statement.value, LONGEST_NAME),
            attributed_to=short(statement.attributed_to, LONGEST_NAME),
            belief=round(statement.belief, 4),
            citations=[self.citation(each) for each in best],
            more_citations=len(statement.evidence) - len(best),
        )

    def citation(self, evidence: Evidence) -> Citation:
        """The sentence and how to cite it."""
        about = self.works.bibliographies.get(evidence.source)
        works = (self.references.get((evidence.source, label)) for label in evidence.cites)
        return Citation(
            cite=Words(zh=self.works.cite(evidence, "zh"), en=self.works.cite(evidence, "en")),
            authors=list(about.authors or about.authors_en) if about else [],
            year=about.year if about else None,
            title=(about.title_zh or about.title_en) if about else "",
            document=evidence.source,
            page=evidence.page,
            section=evidence.section,
            quote=short(evidence.quote, LONGEST_QUOTE),
            cut=len(evidence.quote) > LONGEST_QUOTE,
            start=evidence.spans[0].start,
            end=evidence.spans[-1].end,
            confidence=evidence.confidence,
            rests_on=[short(cite.short(work), LONGEST_NAME) for work in works if work],
        )

    def sentence(self, evidence: Evidence, document: Document) -> Sentence:
        """The sentence with the text of its document around it."""
        start, end = evidence.spans[0].start, evidence.spans[-1].end
        before, after = document.text[max(0, start - AROUND) : start], document.text[end : end + AROUND]
        return Sentence.model_validate({**self.citation(evidence).model_dump(), "before": before, "after": after})

    def chain(self, chain: Chain) -> ToldChain:
        """The chain, told and hop by hop."""
        hops = [Hop(inverse=hop.inverse, statement=self.statement(hop.assertion, 1)) for hop in chain.hops]
        return ToldChain(
            id=chain_id(chain),
            iri=chain_iri(chain),
            belief=round(chain.belief, 4),
            modality=chain.modality,
            weakest=chain.weakest,
            reasons=[
                Words(zh=short(each.zh, LONGEST_QUOTE), en=short(each.en, LONGEST_QUOTE)) for each in chain.reasons
            ],
            paragraph=Words(zh=self._told(chain, "zh"), en=self._told(chain, "en")),
            hops=hops,
        )

    def _told(self, chain: Chain, language: Language) -> str:
        # names are repeated all through it, so that one of ten thousand characters would fill it
        return short(paragraph(chain, self.works, language), 6 * LONGEST_QUOTE)

    def source(self, summary: DocumentSummary) -> Source:
        """The document and how to cite it."""
        about = summary.bibliography
        return Source(
            document=summary.source,
            reference=Words(
                zh=self.works.reference(summary.source, "zh"), en=self.works.reference(summary.source, "en")
            ),
            cite=Words(zh=self.works.work(summary.source, "zh"), en=self.works.work(summary.source, "en")),
            language=summary.language,
            title=Words(zh=about.title_zh or about.title_en, en=about.title_en or about.title_zh),
            authors=list(about.authors or about.authors_en),
            year=about.year,
            doi=about.doi,
            entities=summary.entities,
            statements=summary.assertions,
            refusals=summary.refusals,
        )


# ---- Questions


def asking(question: Question) -> Asking:
    """What one has to know to ask the question."""
    return Asking(
        name=question.name,
        question=Words(zh=question.zh, en=question.en),
        params=[_parameter(param) for param in question.params],
        example=dict(question.example),
    )


def _parameter(param: Param) -> Parameter:
    return Parameter(
        name=param.name,
        kind=param.kind,
        label=Words(zh=param.label_zh, en=param.label_en),
        required=param.required,
        default=param.default,
        choices=[] if param.kind in LONG_LISTS else list(choices(load(), param)),
    )


def answers(graph: Graph, table: Table, limit: int, offset: int) -> list[Answer]:
    """A page of the rows of an answer, each cited where it names a document and a quote of it."""
    names = [column.name for column in table.columns]
    rows = [dict(zip(names, row, strict=True)) for row in table.rows[offset : offset + limit]]
    sources = sorted({row["source"].id for row in rows if _quoted(row)})
    texts = {source: graph.store.document(source) for source in sources}
    citing = Citing.documents(graph, sources)
    return [_answer(row, citing, texts) for row in rows]


def _quoted(row: dict[str, Cell]) -> bool:
    return "source" in row and row["source"].kind == "document" and bool("quote" in row and row["quote"].zh)


def _answer(row: dict[str, Cell], citing: Citing, texts: dict[str, Document]) -> Answer:
    citation = None
    if _quoted(row):
        section = row["section"].zh if "section" in row else ""
        citation = _row_citation(texts[row["source"].id], section, row["quote"].zh, citing)
    cells = {
        name: Words(zh=short(cell.zh, LONGEST_QUOTE), en=short(cell.en, LONGEST_QUOTE))
        for name, cell in row.items()
        if cell.kind != "empty"
    }
    return Answer(cells=cells, ids={name: cell.id for name, cell in row.items() if cell.id}, citation=citation)


def _row_citation(document: Document, section: str, quote: str, citing: Citing) -> Citation:
    """The citation of a quote that an answer gives without its place: a page and offsets only where the quote stands
    once in the document, since elsewhere they would be guessed."""
    start = document.text.find(quote)
    once = start >= 0 and document.text.find(quote, start + 1) < 0
    at = start if once else 0
    span = Span(at, at + len(quote), quote)
    evidence = Evidence(document.source, section, (span,), "", 1.0, document.page((span,)) if once else "")
    unknown: dict[str, object] = {"confidence": None} if once else {"confidence": None, "start": None, "end": None}
    return citing.citation(evidence).model_copy(update=unknown)
