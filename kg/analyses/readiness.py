"""How ready technologies are against the demand for them, and how long they took from discovery to industry: from the
kinds of statements there are about them and the years that these name."""

from collections.abc import Iterable
from dataclasses import dataclass

from kg.analyses import counts, form
from kg.analyses.counts import Step
from kg.analyses.form import Analysis, Answer, Given, Param, column
from kg.charts import Axis, Chart, Point, Words
from kg.facts import Duration, Fact, Facts, strongest
from kg.queries import Cell

_NONE: Words = ("未见", "none stated")

# ---- Readiness against demand


@dataclass(frozen=True, slots=True)
class _Ready:
    """A technology: for each level and kind of demand the statements that show it. Only actual ones make a level."""

    thing: str
    levels: tuple[list[Fact], ...]
    demands: tuple[list[Fact], ...]

    @property
    def level(self) -> int:
        """The highest level that an actual statement shows, from 1; 0 for none."""
        return _highest(self.levels, ("actual",))

    @property
    def planned(self) -> int:
        """The highest level that is shown or proposed."""
        return _highest(self.levels, ("actual", "proposed"))

    @property
    def demand(self) -> int:
        """How many kinds of demand are stated."""
        return sum(1 for found in self.demands if found)


def _highest(levels: tuple[list[Fact], ...], modalities: tuple[str, ...]) -> int:
    return max((n for n, of in enumerate(levels, 1) if any(f.modality in modalities for f in of)), default=0)


def _ready(facts: Facts, thing: str) -> _Ready:
    known = counts.load()
    levels = tuple(strongest(step.of(facts, thing)) for step in known.levels)
    return _Ready(thing, levels, tuple(strongest(step.of(facts, thing)) for step in known.demands))


def _run_readiness(facts: Facts, given: Given) -> Answer:
    """A row for each technology (or product) of which a level or a demand is stated."""
    known = counts.load()
    wanted = [given["what"]] if given.get("what") else facts.of_type(given.get("type") or "Technology")
    members = _of_industry(facts, given["industry"]) if given.get("industry") else None
    found = [_ready(facts, thing) for thing in wanted if members is None or thing in members]
    shown = [ready for ready in found if ready.planned or ready.demand]
    shown.sort(key=lambda r: (-r.level, -r.demand, -r.planned, r.thing))
    rows = tuple(_readiness_row(facts, ready) for ready in shown)
    points = tuple(
        Point((facts.label(r.thing, "zh"), facts.label(r.thing, "en")), x=r.level, y=r.demand, id=r.thing)
        for r in shown
    )
    ahead = [r.thing for r in shown if r.demand >= 2 and r.level <= 2]
    return Answer(rows, points, _readiness_notes(facts, known, ahead))


def _of_industry(facts: Facts, industry: str) -> set[str]:
    belongs = counts.load().belongs
    return {fact.subject for fact in facts.to(industry, tuple(belongs))}


def _readiness_row(facts: Facts, ready: _Ready) -> form.Row:
    known = counts.load()
    evidence = [f for of in (*reversed(ready.levels), *ready.demands) for f in of[:1]]
    return (
        form.entity(facts, ready.thing),
        form.number(ready.level),
        form.words(_named(known.levels, ready.level)),
        form.words(_named(known.levels, ready.planned) if ready.planned > ready.level else ("", "")),
        form.number(ready.demand),
        *(form.said(facts, of[:1]) for of in ready.levels),
        *(form.said(facts, of[:1]) for of in ready.demands),
        form.documents(evidence),
        form.quote(evidence),
    )


def _named(steps: tuple[Step, ...], level: int) -> Words:
    return steps[level - 1].words if level else _NONE


def _readiness_notes(facts: Facts, known: counts.Counts, ahead: list[str]) -> tuple[Words, ...]:
    scale_zh = "；".join(f"{n} {step.zh}（{step.trl}）" for n, step in enumerate(known.levels, 1))
    scale_en = "; ".join(f"{n} {step.en} ({step.trl})" for n, step in enumerate(known.levels, 1))
    kinds = "、".join(step.zh for step in known.demands), ", ".join(step.en for step in known.demands)
    listed = form.names(facts, ahead)
    return (
        (f"成熟度：{scale_zh}。取有实际陈述的最高一级；只是建议的另列。", f"Readiness: {scale_en}. The highest level "
        f"that an "
         "actual statement shows; what is only proposed stands apart."),
        (f"需求：说到了几种（{kinds[0]}），0 至 {len(known.demands)}。", f"Demand: how many kinds are stated "
        f"({kinds[1]}), "
         f"0 to {len(known.demands)}."),
        ("级别只说明文献谈到了什么：文献没谈到的应用不等于没有应用；国家不分，一国的产业也使技术列入“成产业”。",
         "A level says what documents tell of, not what there is. Countries are not told apart: an industry anywhere "
         "makes a "
         "technology an industry."),
        (f"需求先于成熟（需求不少于 2、成熟度不高于 2）：{listed.zh or '无'}。",
         f"Demand ahead of readiness (demand of 2 and more, level of 2 and less): {listed.en or 'none'}."),
    )  # fmt: skip


def readiness() -> Analysis:
    """Readiness against demand; the levels and kinds of demand are those of the ontology."""
    known = counts.load()
    ticks = (_NONE, *(step.words for step in known.levels))
    return Analysis(
        name="readiness",
        zh="技术成熟度与需求匹配度",
        en="readiness against demand",
        about_zh="每项技术走到了哪一级（发现、研发、应用、生产、成产业），有几种需求面向它，各以什么陈述为据。",
        about_en="How far each technology has come (discovered, developed, applied, produced, an industry), how many "
        "kinds of "
        "demand there are for it, and the statements that show both.",
        params=(
            Param("what", "Entity", "技术或产品", "technology or product", types=("Technology", "Product")),
            Param("type", "Type", "类型", "type", default="Technology"),
            Param("industry", "Entity", "产业", "industry", types=("Industry",)),
        ),
        columns=form.columns(
            column("technology", "技术", "technology"),
            column("level", "成熟度", "readiness"),
            column("stage", "阶段", "stage"),
            column("planned", "建议达到", "proposed"),
            column("demand", "需求", "demand"),
            *(column(step.name, step.zh, step.en) for step in known.levels),
            *(column(f"demand_{step.name}", step.zh, step.en) for step in known.demands),
            form.DOCUMENT,
            form.QUOTE,
        ),
        run=_run_readiness,
        chart=Chart("scatter", Axis("level", "成熟度", "readiness", ticks), Axis("demand", "需求", "demand")),
    )


# ---- The lag from discovery to industry


@dataclass(frozen=True, slots=True)
class _Dated:
    """The years of a statement, each within a stretch: `low` is the first year that it can mean, `high` the last."""

    fact: Fact
    low: int
    high: int


_WIDTHS = {"decade": 9, "century": 99}
"""Precision of a time → the years after its first in which something may have come about."""
_SURE = 20
"""The most years by which a lag may be uncertain to be drawn."""


def _dated(fact: Fact) -> _Dated | None:
    """When the statement came about: at the beginning of a stretch that it went on for, somewhere in a decade or
    century that it names. Where only the end of a stretch is known, at that."""
    if fact.modality != "actual" or (fact.start is None and fact.end is None):
        return None
    start = fact.start if fact.start is not None else fact.end or 0
    last = start + _WIDTHS.get(fact.precision, 0)
    return _Dated(fact, start, last if fact.end is None else max(start, min(last, fact.end)))


def _first(found: Iterable[Fact]) -> _Dated | None:
    """The statement with the earliest years, those that say them most exactly first, then those that name who or what
    else."""
    dates = [dated for fact in found if (dated := _dated(fact))]
    return min(
        dates, key=lambda d: (d.high, d.high - d.low, not d.fact.object, -d.fact.belief, d.fact.id), default=None
    )


@dataclass(frozen=True, slots=True)
class _Lag:
    """A technology with the first dated statement about it and the first that shows production, a market or an
    industry."""

    thing: str
    first: _Dated
    last: _Dated | None

    @property
    def years(self) -> tuple[int, int] | None:
        """The fewest and the most years between the two."""
        if self.last is None or self.last.high < self.first.low:
            return None
        return max(0, self.last.low - self.first.high), self.last.high - self.first.low

    @property
    def sure(self) -> bool:
        """Whether the years between the two are known well enough to be compared."""
        return self.years is not None and self.years[1] - self.years[0] <= _SURE


def _lag(facts: Facts, thing: str) -> _Lag | None:
    known = counts.load()
    first = _first([*facts.about(thing), *facts.to(thing), *facts.happened(thing, known.happenings["begins"])])
    if first is None:
        return None
    carriers = (thing, *_products(facts, thing))
    ends = [f for carrier in carriers for step in known.levels[-2:] for f in step.of(facts, carrier)]
    ends += [f for carrier in carriers for f in facts.happened(carrier, known.happenings["arrives"])]
    return _Lag(thing, first, _first(f for f in ends if f.id != first.fact.id))


def _products(facts: Facts, thing: str) -> list[str]:
    """The products that the technology is applied in or makes possible: their industry is its industry too."""
    found = facts.about(thing, ("appliedIn", "enables"), modalities=("actual",))
    return [fact.object for fact in found if facts.type(fact.object) == "Product"]


def _run_lag(facts: Facts, given: Given) -> Answer:
    """A row for each technology with a dated statement, those with both ends first, then the claims about lags."""
    wanted = [given["what"]] if given.get("what") else facts.of_type("Technology")
    found = [lag for thing in wanted if (lag := _lag(facts, thing))]
    found.sort(key=lambda lag: (lag.years is None, not lag.sure, -(lag.years or (0, 0))[1], lag.first.low, lag.thing))
    claims = [] if given.get("what") else list(facts.durations)
    rows = (*(_lag_row(facts, lag) for lag in found), *(_claim_row(facts, claim) for claim in claims))
    whole = [lag for lag in found if lag.years is not None]
    points = tuple(
        Point(
            (facts.label(lag.thing, "zh"), facts.label(lag.thing, "en")),
            start=lag.first.high,
            end=lag.last.high if lag.last else None,
            id=lag.thing,
        )
        for lag in sorted((lag for lag in found if lag.sure), key=lambda lag: (lag.first.low, lag.thing))
    )
    return Answer(rows, points, _lag_notes(len(whole), len(found), len(claims)))


def _lag_row(facts: Facts, lag: _Lag) -> form.Row:
    shown = [lag.first.fact, *([lag.last.fact] if lag.last else [])]
    years = lag.years
    told = "" if years is None else str(years[0]) if years[0] == years[1] else f"{years[0]}–{years[1]}"
    return (
        form.entity(facts, lag.thing),
        _stretch(lag.first),
        form.said(facts, [lag.first.fact]),
        _stretch(lag.last),
        form.said(facts, [lag.last.fact] if lag.last else []),
        form.text(told),
        form.documents(shown),
        form.quote(shown),
    )


def _stretch(dated: _Dated | None) -> Cell:
    if dated is None:
        return form.EMPTY
    return form.year(dated.low) if dated.low == dated.high else form.text(f"{dated.low}–{dated.high}")


def _claim_row(facts: Facts, claim: Duration) -> form.Row:
    named = claim.about in facts.entities
    return (
        form.entity(facts, claim.about) if named else form.text(claim.words),
        form.EMPTY,
        form.text("文献所说的时长", "length of time as stated"),
        form.EMPTY,
        form.EMPTY,
        form.text(claim.value),
        form.document(claim.quote.source),
        form.text(form.cited(claim.quote)),
    )


def _lag_notes(whole: int, found: int, claims: int) -> tuple[Words, ...]:
    return (
        (f"{found} 项技术有带年份的陈述，其中 {whole} 项两头都有。年份不精确的（年代、世纪），间隔给出最少和最多；"
        f"相差超过 20 年的不画。",
         f"{found} technologies have dated statements, {whole} of them at both ends. Where a time is a decade or a "
         f"century, the "
         "least and the most years are given; those that differ by more than 20 are not drawn."),
        ("起点是文献中关于该技术最早的带年份陈述或所记的发现、研制、突破之年，不一定是发现；终点是最早说它（或用它的产品）"
         "投产、上市或带动产业的陈述。"
         "句中年份可能被抽取到同句的另一件事上，请看原文。",
         "The beginning is the earliest dated statement about the technology, or the year told of its discovery, "
         "making or breakthrough; it need not be the discovery. The end is the earliest that has it, or a product with "
         "it, in production, on the market or driving an industry. The year of a sentence may have been read as that "
         "of another thing in it: see the quotes."),
        (f"文献关于耗时的说法：图谱中有 {claims} 条。"
        f"" + ("" if claims else "“平均耗时25—35年”一类泛指的句子没有抽取成陈述。"),
         f"Claims about lengths of time: {claims} in the "
         f"graph." + ("" if claims else " Sentences that speak of technologies in "
         "general (“25 to 35 years on average”) were not read as statements.")),
    )  # fmt: skip


LAG = Analysis(
    name="lag",
    zh="从发现到产业的时间",
    en="time from discovery to industry",
    about_zh="每项技术最早的年份、投产或成产业的年份和间隔，各有原文；以及文献关于耗时的说法。",
    about_en="For each technology the earliest year, the year of production or an industry, and the time between, "
    "each with its "
    "sentence; and what documents claim about such times.",
    params=(Param("what", "Entity", "技术", "technology", types=("Technology",)),),
    columns=(
        column("technology", "技术", "technology"),
        column("first", "最早", "first"),
        column("first_what", "当时", "what then"),
        column("industry", "产业", "industry"),
        column("industry_what", "当时", "what then"),
        column("years", "间隔（年）", "years"),
        form.DOCUMENT,
        form.QUOTE,
    ),
    run=_run_lag,
    chart=Chart("timeline", Axis("first", "年", "year"), Axis("technology", "技术", "technology"), until="industry"),
)
