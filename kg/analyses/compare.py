"""Two countries or two industries side by side: instruments, programs, actors, technologies, challenges, proposals."""

from collections import defaultdict
from collections.abc import Iterator

from kg.analyses import counts, form
from kg.analyses.form import Analysis, Answer, Given, Param, column
from kg.charts import Axis, Chart, Point, Words
from kg.errors import QueryError
from kg.facts import Fact, Facts, strongest

_ASPECTS: dict[str, Words] = {
    "instruments": ("政策工具", "instruments"),
    "programs": ("计划与政策", "programs and policies"),
    "actors": ("主体", "actors"),
    "technologies": ("技术与产品", "technologies and products"),
    "challenges": ("挑战", "challenges"),
    "proposals": ("建议", "proposals"),
}
_Side = dict[str, dict[str, list[Fact]]]
"""Aspect → what belongs to it → the statements that say so."""


def _run(facts: Facts, given: Given) -> Answer:
    """A row for each thing that one side or both have, what both have first."""
    ids = given["one"], given["other"]
    if ids[0] == ids[1]:
        raise QueryError("one and other are the same entity: name two")
    sides = tuple(_side(facts, id_) for id_ in ids)
    rows: list[form.Row] = []
    points: list[Point] = []
    for aspect, label in _ASPECTS.items():
        things = {thing for side in sides for thing in side[aspect]}
        shared = {thing: sum(thing in side[aspect] for side in sides) for thing in things}
        for thing in sorted(
            things, key=lambda t: (-shared[t], t not in sides[0][aspect], -_weight(sides, aspect, t), t)
        ):
            rows.append(_row(facts, label, thing, [side[aspect].get(thing, []) for side in sides]))
        for id_, side in zip(ids, sides, strict=True):
            statements = sum(len(strongest(found)) for found in side[aspect].values())
            if statements:
                points.append(Point(label, (facts.label(id_, "zh"), facts.label(id_, "en")), statements, id=id_))
    return Answer(tuple(rows), tuple(points), _NOTES)


def _weight(sides: tuple[_Side, ...], aspect: str, thing: str) -> float:
    return max(fact.belief for side in sides for fact in side[aspect].get(thing, ()))


def _side(facts: Facts, id_: str) -> _Side:
    found: _Side = {aspect: defaultdict(list) for aspect in _ASPECTS}
    parts = _of_country(facts, id_) if facts.type(id_) in ("Place", "Government") else _of_thing(facts, id_)
    for aspect, thing, fact in parts:
        proposed = fact.modality == "proposed" and aspect in ("instruments", "programs", "technologies")
        found["proposals" if proposed else aspect][thing].append(fact)
    return found


def _of_country(facts: Facts, id_: str) -> Iterator[tuple[str, str, Fact]]:
    """What the country's actors, programs and policies, and the country itself, have and do."""
    known, home = counts.load(), facts.countries(id_)
    if not home:
        raise QueryError(f"{facts.label(id_, 'zh')} belongs to no country that is known: name a country or an industry")
    types = known.roles["makers"] | known.roles["actors"]
    for own in facts.of_type(*sorted(types)):
        if own == id_ or facts.countries(own) == home:
            yield from _of_actor(facts, own, known)


def _of_actor(facts: Facts, own: str, known: counts.Counts) -> Iterator[tuple[str, str, Fact]]:
    for fact in facts.about(own):
        other = facts.type(fact.object)
        if fact.predicate == "usesInstrument" and facts.type(own) in known.roles["makers"]:
            yield "instruments", fact.object, fact
        elif fact.predicate in ("develops", "produces") and other in ("Technology", "Product"):
            yield "technologies", fact.object, fact
        elif fact.predicate == "faces" and other in ("Challenge", "Event"):
            yield "challenges", fact.object, fact
        if facts.type(own) in known.roles["policy"]:
            yield "programs", own, fact
        elif facts.type(own) in known.roles["actors"]:
            yield "actors", own, fact


def _of_thing(facts: Facts, id_: str) -> Iterator[tuple[str, str, Fact]]:
    """What is stated of an industry (or a technology or product)."""
    known = counts.load()
    for fact in facts.to(id_):
        type_ = facts.type(fact.subject)
        if type_ == "Instrument" and fact.predicate in known.mix["at_work"]:
            yield "instruments", fact.subject, fact
        elif type_ in known.roles["policy"] and fact.predicate in known.mix["program_at_work"]:
            yield "programs", fact.subject, fact
            yield from (("instruments", f.object, f) for f in facts.about(fact.subject, ("usesInstrument",)))
        elif type_ in ("Technology", "Product") and fact.predicate in known.belongs:
            yield "technologies", fact.subject, fact
        elif type_ in known.roles["actors"] and fact.predicate not in ("hinders", "faces"):
            yield "actors", fact.subject, fact
        elif type_ == "Challenge" and fact.predicate == "hinders":
            yield "challenges", fact.subject, fact
    yield from (("challenges", fact.object, fact) for fact in facts.about(id_, ("faces",)))


def _row(facts: Facts, aspect: Words, thing: str, sides: list[list[Fact]]) -> form.Row:
    found = [strongest(side) for side in sides]
    evidence = [fact for side in found for fact in side[:1]]
    return (
        form.words(aspect),
        form.entity(facts, thing),
        *(form.status(facts, side[0].modality) if side else form.EMPTY for side in found),
        *(form.number(len(side)) if side else form.EMPTY for side in found),
        *(form.said(facts, side[:2]) for side in found),
        form.documents(evidence),
        form.quote(evidence),
    )


_NOTES: tuple[Words, ...] = (
    (
        "国家：算作该国的，是登记为该国的、由该国出台或位于该国的主体、计划和政策，以及以该国本身为主语的陈述。"
        "产业：算作它的，是直接面向、促进、属于或应用于它的。",
        "A country has the actors, programs and policies that are of it, issued by it or located in it, and what is "
        "stated of "
        "itself. An industry has what targets, drives, is part of or is applied in it.",
    ),
    (
        "一侧空白表示文献没有谈到或没有抽取到，不表示没有。只是建议的归入“建议”。",
        "Where a side is empty, documents do not tell of it or it was not read: it may well be there. What is only "
        "proposed stands "
        "under proposals.",
    ),
)

COMPARE = Analysis(
    name="compare",
    zh="两国或两产业比较",
    en="two countries or industries side by side",
    about_zh="并排看两个国家或两个产业的政策工具、计划、主体、技术、挑战和建议。",
    about_en="Instruments, programs, actors, technologies, challenges and proposals of two countries or two "
    "industries side by side.",
    params=(
        Param("one", "Entity", "甲", "one", required=True, types=("Place", "Industry")),
        Param("other", "Entity", "乙", "the other", required=True, types=("Place", "Industry")),
    ),
    columns=(
        column("aspect", "方面", "aspect"),
        column("thing", "内容", "what"),
        column("one", "甲", "one"),
        column("other", "乙", "the other"),
        column("one_count", "甲：陈述数", "one: statements"),
        column("other_count", "乙：陈述数", "the other: statements"),
        column("one_what", "甲的陈述", "stated of the one"),
        column("other_what", "乙的陈述", "stated of the other"),
        form.DOCUMENT,
        form.QUOTE,
    ),
    run=_run,
    example={"one": "中国", "other": "美国"},
    chart=Chart(
        "stacked", Axis("aspect", "方面", "aspect"), Axis(("one_count", "other_count"), "陈述数", "statements")
    ),
)
