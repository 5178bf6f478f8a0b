"""Matching: the programs, policies and instruments that apply to a firm, a technology, a product or an industry.

What applies is one step away (a program targets it, funds it, has it as participant; an instrument drives it), or
two: through what stands for the thing (what a firm develops, the industry it works in, the challenge it faces), or
through a program that applies and the instrument that it uses. The steps are data, in `ontology/analyses.toml`; no
step but these is taken, and each is a statement with its sentences.

A match scores the least belief on its way, times 0.7 for a second step, times 0.6 where it is only proposed and 0.5
where it has ended. A program of another country than the thing's is no match; where a country is not known, it is
shown.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from kg.analyses import counts, form
from kg.analyses.form import MIN_CONFIDENCE, Param, column
from kg.analysis import Result, bound, left_out, param_json
from kg.charts import Axis, Chart, Point, Words
from kg.facts import Fact, Facts
from kg.graph import Graph
from kg.model import Entity
from kg.queries import Cell, Table

MATCHED = ("Firm", "University", "Institute", "Consortium", "Technology", "Product", "Industry")
"""What can be matched."""

_AT_HOME = ("Firm", "University", "Institute", "Consortium")
"""What is of one country, so that policies of others are no match; industries and technologies are of many."""
Status = Literal["actual", "proposed", "ended"]
_STATUSES: dict[Status, Words] = {
    "actual": ("实际", "in force or actual"),
    "proposed": ("建议", "proposed"),
    "ended": ("已结束", "ended"),
}
_WORTH: dict[Status, float] = {"actual": 1.0, "proposed": 0.6, "ended": 0.5}
_SECOND_STEP = 0.7

PARAMS = (
    Param(
        "what",
        "Entity",
        "企业、技术、产品或产业",
        "firm, technology, product or industry",
        required=True,
        types=MATCHED,
    ),
    Param("country", "Entity", "国家", "country", types=("Place",)),
    Param("year", "Number", "以哪一年为准", "as of year"),
    MIN_CONFIDENCE,
)
COLUMNS = (
    column("match", "政策、计划或工具", "policy, program or instrument"),
    column("type", "类型", "type"),
    column("status", "状态", "status"),
    column("period", "时期", "period"),
    column("country", "国家", "country"),
    column("why", "理由", "why"),
    column("steps", "步数", "steps"),
    column("score", "得分", "score"),
    form.DOCUMENT,
    form.QUOTE,
)


@dataclass(frozen=True, slots=True)
class Match:
    """What applies to a thing, the statements that lead there from the thing, and why in words."""

    id: str
    way: tuple[Fact, ...]
    why: Words
    status: Status
    period: tuple[int | None, int | None]
    countries: frozenset[str] = frozenset()

    @property
    def score(self) -> float:
        """How good a match it is, 0 to 1."""
        belief = min(fact.belief for fact in self.way)
        return round(belief * _SECOND_STEP ** (len(self.way) - 1) * _WORTH[self.status], 3)


def run(graph: Graph, params: Mapping[str, str]) -> Result:
    """The matches for `what`, best first, as a table with a chart of the best.

    Raises QueryError for a parameter that is unknown, missing or of no valid value, NotFound for an entity that the
    store does not know.
    """
    given = bound(graph, "match", PARAMS, params)
    facts = Facts.of(graph, float(given["min_confidence"]))
    year = int(float(given["year"])) if given.get("year") else _latest(graph)
    home = facts.countries(given["country"]) if given.get("country") else None
    found, abroad = matches(facts, given["what"], year, home)
    entity = facts.entities[given["what"]]
    title = f"适用于“{entity.label('zh')}”的政策", f"what applies to {entity.label('en')}"
    table = Table(COLUMNS, tuple(_row(facts, match) for match in found))
    points = tuple(
        Point((facts.label(m.id, "zh"), facts.label(m.id, "en")), _STATUSES[m.status], m.score, id=m.id)
        for m in found[:30]
    )
    axes = Axis("match", "匹配", "match"), Axis("score", "得分", "score"), Axis("status", "状态", "status")
    chart = Chart("bar", *axes, points=points)
    return Result("match", title, table, chart, (*_notes(entity, year, found, abroad), *left_out(facts)))


def match_json() -> dict[str, Any]:
    """What one has to know to ask for matches, as `analysis_json` tells it of an analysis."""
    return {
        "name": "match",
        "zh": "适用的政策",
        "en": "what applies to whom",
        "description": {
            "zh": "某企业、技术、产品或产业可用哪些政策、计划和工具，是实际、建议还是已结束，各有理由和原文。",
            "en": "Which policies, programs and instruments apply to a firm, technology, product or industry, in "
            "force, proposed or ended, and why.",
        },
        "params": [param_json(param) for param in PARAMS],
        "columns": [asdict(each) for each in COLUMNS],
        "example": {"what": "光伏产业"},
    }


def _latest(graph: Graph) -> int:
    """The year of the newest document, or this one where none says its year: what had ended by then has ended."""
    years = [document.bibliography.year for document in graph.store.documents()]
    return max((year for year in years if year), default=datetime.now(UTC).year)


def matches(facts: Facts, what: str, year: int, home: frozenset[str] | None = None) -> tuple[list[Match], int]:
    """The matches for an entity as of a year, best first, and how many were left out since they are of other countries
    than `home` (by default the entity's own)."""
    own = facts.countries(what) if facts.type(what) in _AT_HOME else frozenset()
    here = own if home is None else home
    best: dict[str, Match] = {}
    abroad: set[str] = set()
    for way, why in _ways(facts, what):
        id_ = way[-1].other(_before(way, what))
        countries = _countries(facts, id_, way, what)
        if here and countries and not here & countries:
            abroad.add(id_)
            continue
        match = replace(_match(facts, id_, way, why, year), countries=countries)
        if id_ not in best or match.score > best[id_].score:
            best[id_] = match
    found = sorted(best.values(), key=lambda m: (-m.score, len(m.way), m.id))
    return found, len(abroad - best.keys())


def _countries(facts: Facts, id_: str, way: tuple[Fact, ...], what: str) -> frozenset[str]:
    """The countries of a program, or those in which an instrument is used for the thing: by the program on the way,
    or by whoever uses it in the same sentence."""
    if facts.type(id_) != "Instrument":
        return facts.countries(id_)
    if way[-1].predicate == "usesInstrument":
        return facts.countries(_before(way, what))
    return facts.users(way[-1])


def _before(way: tuple[Fact, ...], what: str) -> str:
    """The entity that the last step of a way leaves."""
    return what if len(way) == 1 else way[0].other(what)


# ---- The ways


def _ways(facts: Facts, what: str) -> Iterator[tuple[tuple[Fact, ...], Words]]:
    """All ways of one and two steps to what applies."""
    known = counts.load()
    name = facts.label(what, "zh"), facts.label(what, "en")
    for fact in _applying(facts, what, known):
        yield (fact,), ("直接", "directly")
        policy = fact.other(what)
        if facts.type(policy) in known.roles["policy"]:
            yield from (((fact, used), _through(facts, policy, known)) for used in _used(facts, policy, known))
    for kin, step in _kin(facts, what, known):
        other = step.other(what)
        zh, en = facts.label(other, "zh"), facts.label(other, "en")
        why = (
            f"通过{name[0]}{kin.zh.removeprefix('它')}{zh}",
            f"through {en}, {kin.en.replace(' it', f' {name[1]}', 1)}",
        )
        yield from (((step, fact), why) for fact in _applying(facts, other, known) if fact.other(other) != what)


def _through(facts: Facts, policy: str, known: counts.Counts) -> Words:
    _, zh, en = known.through
    return (
        f"通过{facts.label(policy, 'zh')}{zh.removeprefix('它')}",
        f"through {facts.label(policy, 'en')}: {en}",
    )


def _applying(facts: Facts, id_: str, known: counts.Counts) -> Iterator[Fact]:
    """The statements by which a program, policy or instrument applies to an entity."""
    for relation, inverse in known.applies:
        for fact in facts.about(id_, (relation,)) if inverse else facts.to(id_, (relation,)):
            if _is_policy(facts, fact.other(id_)) and not _restricts(facts, fact.other(id_), known):
                yield fact


def _used(facts: Facts, policy: str, known: counts.Counts) -> Iterator[Fact]:
    yield from (f for f in facts.about(policy, (known.through[0],)) if facts.type(f.object) == "Instrument")


def _kin(facts: Facts, what: str, known: counts.Counts) -> Iterator[tuple[counts.Kin, Fact]]:
    """What stands for the entity, with the statement that says so; only as a fact, not as a proposal."""
    for kin in known.kin:
        if facts.type(what) in kin.sources:
            found = facts.to(what, (kin.relation,)) if kin.inverse else facts.about(what, (kin.relation,))
            yield from ((kin, f) for f in found if f.modality == "actual" and facts.type(f.other(what)) in kin.targets)


def _is_policy(facts: Facts, id_: str) -> bool:
    return facts.type(id_) in ("Program", "Policy", "Instrument")


def _restricts(facts: Facts, id_: str, known: counts.Counts) -> bool:
    """Whether it is an instrument against others, such as export control: it hits, it does not apply for."""
    names = counts.forms(facts.entities[id_].names)
    return any(names & kind.instruments for kind in known.chokepoints)


# ---- Status


def _match(facts: Facts, id_: str, way: tuple[Fact, ...], why: Words, year: int) -> Match:
    dated = [
        f for f in (*way, *facts.about(id_, ("issuedBy", "partOf"))) if id_ in (f.subject, f.object) and f.is_dated
    ]
    starts = [f.start for f in dated if f.start is not None]
    ends = [f.end for f in dated if f.end is not None and f.end != f.start]
    period = min(starts, default=None), max(ends, default=None)
    return Match(id_, way, why, _status(facts, id_, way, period, year), period)


def _status(facts: Facts, id_: str, way: tuple[Fact, ...], period: tuple[int | None, int | None], year: int) -> Status:
    """Proposed where any step is; ended where its stated stretch of years, or another that succeeds it, says so. A
    single year says when it began, not that it ended. Kinds of instruments never end, but uses of them do."""
    if any(fact.modality == "proposed" for fact in way):
        return "proposed"
    ended = period[1] is not None and period[1] < year
    return "ended" if ended or facts.to(id_, ("succeeds",), modalities=("actual",)) else "actual"


# ---- In words


def _row(facts: Facts, match: Match) -> form.Row:
    return (
        form.entity(facts, match.id),
        form.kind(facts, match.id),
        Cell("term", *_STATUSES[match.status], match.status),
        form.text(_years(match.period)),
        form.countries(facts, match.countries),
        form.text(
            *(
                f"{said}：{steps}" if at == 0 else f"{said}: {steps}"
                for at, (said, steps) in enumerate(_why(facts, match))
            )
        ),
        form.number(len(match.way)),
        form.number(match.score),
        form.documents(match.way),
        form.quote(match.way),
    )


def _why(facts: Facts, match: Match) -> Iterable[tuple[str, str]]:
    steps = form.said(facts, match.way)
    return (match.why[0], steps.zh), (match.why[1], steps.en)


def _years(period: tuple[int | None, int | None]) -> str:
    start, end = ("" if year is None else str(year) for year in period)
    return start if not end else f"{start}–{end}"


def _notes(entity: Entity, year: int, found: list[Match], abroad: int) -> tuple[Words, ...]:
    notes: list[Words] = [
        (
            f"以 {year} 年为准：写明的时期早于它就结束的，或已被接替的，算“已结束”；没有写结束的按“实际”列出，"
            f"是否仍有效文献不一定说。",
            f"As of {year}: what has a stated period that ended before, or was succeeded, has ended. What has no end "
            f"stated is listed "
            "as actual; whether it is still in force, documents may not say.",
        )
    ]
    if not found:
        notes.append(
            (
                f"图谱中没有计划、政策或工具经一两步通到“{entity.label('zh')}”。可用 kg show 看关于它的陈述，或降低 "
                f"min_confidence。",
                f"No program, policy or instrument in the graph leads to {entity.label('en')} in one or two steps. "
                f"See kg show for what "
                "is stated of it, or lower min_confidence.",
            )
        )
    if unplaced := sum(1 for match in found if not match.countries):
        notes.append(
            (
                f"{unplaced} 项没有说明属于哪国或由谁采用，是否适用于某国须看原文。",
                f"For {unplaced} no document says of which country they are or who uses them: see the sentences.",
            )
        )
    if abroad:
        notes.append((f"另有 {abroad} 项属于他国，未列。", f"{abroad} more are of other countries and not listed."))
    return tuple(notes)
