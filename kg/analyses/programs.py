"""Programs and policies in time: periods, what they are part of, what followed them."""

from collections.abc import Iterable
from dataclasses import dataclass

from kg.analyses import counts, form
from kg.analyses.form import Analysis, Answer, Given, Param, column
from kg.charts import Axis, Chart, Point, Words
from kg.facts import Fact, Facts, strongest

_DATING = ("issuedBy", "partOf", "funds", "usesInstrument", "targets", "succeeds", "enables")
"""Relations whose time is a time of the program: of one that starts it, and of what it does."""


@dataclass(frozen=True, slots=True)
class _Life:
    """A program, its years as documents state them, and the statements that date it."""

    id: str
    start: int | None
    end: int | None
    dated: tuple[Fact, ...]
    known_year: int | None
    """The year that the dictionary gives, which no document need state."""


def _life(facts: Facts, id_: str) -> _Life:
    found = [*facts.about(id_, _DATING), *facts.to(id_, ("funds", "established", "succeeds"))]
    dated = [f for f in found if f.modality == "actual" and f.is_dated]
    issued = [f for f in dated if f.predicate in ("issuedBy", "established", "partOf", "succeeds")] or list(dated)
    issued += facts.happened(id_, counts.load().happenings["starts"])
    starts = [f.start for f in issued if f.start is not None]
    ends = [f.end for f in issued if f.end is not None and f.end != f.start]
    entry = facts.ontology.entries.get(id_)
    start = min(starts) if starts else None
    return _Life(id_, start, max(ends) if ends else None, tuple(strongest(issued)), entry.year if entry else None)


def _run(facts: Facts, given: Given) -> Answer:
    """A row for each program or policy, by country and year."""
    types = (given["type"],) if given.get("type") else ("Program", "Policy")
    home = facts.countries(given["country"]) if given.get("country") else frozenset()
    found = [_life(facts, id_) for id_ in facts.of_type(*types) if not home or facts.countries(id_) & home]
    found.sort(key=lambda life: (sorted(facts.countries(life.id)) or ["~"], _year(life), life.id))
    rows = tuple(_row(facts, life) for life in found)
    undated = sum(1 for life in found if life.start is None and life.end is None)
    return Answer(rows, tuple(_points(facts, found)), _notes(len(found), undated))


def _year(life: _Life) -> int:
    return next((year for year in (life.start, life.end, life.known_year) if year is not None), 9999)


def _row(facts: Facts, life: _Life) -> form.Row:
    before = [f.object for f in facts.about(life.id, ("succeeds",))]
    after = [f.subject for f in facts.to(life.id, ("succeeds",))]
    wholes = [f.object for f in strongest(facts.about(life.id, ("partOf",)))]
    evidence = life.dated or tuple(strongest([*facts.about(life.id), *facts.to(life.id)]))
    return (
        form.entity(facts, life.id),
        form.kind(facts, life.id),
        form.countries(facts, facts.countries(life.id)),
        form.year(life.start),
        form.year(life.end),
        form.year(life.known_year),
        form.names(facts, [f.object for f in strongest(facts.about(life.id, ("issuedBy",)))]),
        form.names(facts, wholes),
        form.names(facts, before),
        form.names(facts, after),
        form.documents(evidence),
        form.quote(evidence, 1),
    )


def _points(facts: Facts, found: Iterable[_Life]) -> Iterable[Point]:
    for life in found:
        start = life.start if life.start is not None else life.end
        if start is not None:
            label = facts.label(life.id, "zh"), facts.label(life.id, "en")
            country = form.countries(facts, facts.countries(life.id))
            series = (country.zh or "未说明", country.en or "not stated")
            yield Point(label, series, start=start, end=life.end if life.end is not None else start, id=life.id)


def _notes(found: int, undated: int) -> tuple[Words, ...]:
    return (
        (
            f"{found} 项计划和政策，{undated} 项文献没有给出年份。年份取自出台、设立、所属、接替的陈述和启动之年，"
            "没有时取其他陈述的时间；没有写结束的不等于还在进行。",
            f"{found} programs and policies; for {undated} no document names a year. Years are those of statements "
            "that they were issued, founded, are part of or succeed something, and those told of their launch, else of "
            "other statements. Where no end is stated, that does not mean that it goes on.",
        ),
        (
            "“词典年份”来自词典，不是文献所说，图上不画。",
            "The dictionary’s year is not stated by a document, and is not drawn.",
        ),
    )


TIMELINE = Analysis(
    name="program-timeline",
    zh="计划与政策的时间线",
    en="timeline of programs and policies",
    about_zh="各国的计划和政策：起止年份、由谁出台、属于什么、接替了什么、被什么接替。",
    about_en="The programs and policies of each country: years, who issued them, what they are part of, what they "
    "succeed and what "
    "succeeds them.",
    params=(form.COUNTRY, Param("type", "Type", "类型", "type")),
    columns=(
        column("program", "计划或政策", "program or policy"),
        column("type", "类型", "type"),
        column("country", "国家", "country"),
        column("start", "起", "from"),
        column("end", "止", "to"),
        column("known", "词典年份", "dictionary’s year"),
        column("issuer", "出台者", "issued by"),
        column("whole", "属于", "part of"),
        column("before", "接替了", "succeeds"),
        column("after", "被…接替", "succeeded by"),
        form.DOCUMENT,
        form.QUOTE,
    ),
    run=_run,
    chart=Chart(
        "timeline",
        Axis("start", "年", "year"),
        Axis("program", "计划或政策", "program or policy"),
        Axis("country", "国家", "country"),
        until="end",
    ),
)
