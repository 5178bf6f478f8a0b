"""Chokepoints: technologies, products and industries under a stranglehold, a challenge or foreign dependence, and what
in the graph addresses them. What nothing addresses is a gap."""

from collections import defaultdict
from collections.abc import Iterator

from kg.analyses import counts, form
from kg.analyses.counts import Chokepoint, Counts
from kg.analyses.form import Analysis, Answer, Choice, Given, Param, column
from kg.charts import Axis, Chart, Point, Words
from kg.facts import Fact, Facts, strongest

_STATES: dict[str, Words] = {
    "gap": ("缺口：无人应对", "gap: nothing addresses it"),
    "proposed": ("仅有建议", "only proposed"),
    "abroad": ("仅他国应对", "only other countries"),
    "actual": ("有应对", "addressed"),
}


def _run(facts: Facts, given: Given) -> Answer:
    """A row for each thing under a chokepoint, gaps first."""
    known = counts.load()
    found = _under(facts, known)
    if kind := given.get("kind"):
        found = {thing: signs for thing, signs in found.items() if any(sign.name == kind for sign, _ in signs)}
    if type_ := given.get("type"):
        found = {thing: signs for thing, signs in found.items() if facts.type(thing) == type_}
    home = facts.countries(given["country"]) if given.get("country") else frozenset()
    states = {thing: _state(facts, known, thing, home) for thing in found}
    order = list(_STATES)
    ranked = sorted(found, key=lambda t: (order.index(states[t][0]), _rank(found[t], known), t))
    rows = tuple(_row(facts, thing, found[thing], *states[thing]) for thing in ranked)
    points = tuple(point for thing in ranked for point in _points(facts, thing, states[thing][1]))
    gaps = sum(1 for state, _ in states.values() if state == "gap")
    return Answer(rows, points, _notes(len(found), gaps))


_Signs = list[tuple[Chokepoint, Fact]]


def _rank(signs: _Signs, known: Counts) -> int:
    return min(known.chokepoints.index(kind) for kind, _ in signs)


# ---- What is under a chokepoint


def _under(facts: Facts, known: Counts) -> dict[str, _Signs]:
    """Thing → the kinds of chokepoint that it is under, with the statements."""
    found: defaultdict[str, _Signs] = defaultdict(list)
    for fact in facts.all:
        if fact.modality != "negated":
            for thing, kind in _signs(facts, fact, known):
                found[thing].append((kind, fact))
    return dict(found)


def _signs(facts: Facts, fact: Fact, known: Counts) -> Iterator[tuple[str, Chokepoint]]:
    """What the statement says is under a chokepoint."""
    things, under = known.roles["things"], known.under
    one, other = facts.type(fact.subject), facts.type(fact.object)
    if one in things and fact.predicate in under["from"] and (kind := _kind(facts, fact.object, known)):
        yield fact.subject, kind
    if other in things and fact.predicate in under["to"] and (kind := _kind(facts, fact.subject, known)):
        yield fact.object, kind
    if one in things and fact.predicate in under["member"] and (kind := _class(facts, fact.object, known)):
        yield fact.subject, kind
    if other in things and fact.predicate in under["restricted"] and fact.modality == "actual":
        yield from ((fact.object, kind) for kind in known.chokepoints if _restricts(facts, fact.subject, kind))
    if one in things and fact.predicate in under["measured"]:
        names = facts.entities[fact.object].names
        yield from ((fact.subject, k) for k in known.chokepoints if counts.holds_word(names, k.indicators))


def _kind(facts: Facts, id_: str, known: Counts) -> Chokepoint | None:
    """The kind of chokepoint that a challenge is."""
    found = facts.entities[id_]
    if found.type not in ("Challenge", "Event"):
        return None
    of_concept = (kind for kind in known.chokepoints if id_ in kind.ids or _names(facts, id_) & kind.names)
    return next(of_concept, None) or _worded(facts, id_, known) or _other(found.type, known)


def _class(facts: Facts, id_: str, known: Counts) -> Chokepoint | None:
    """The kind of chokepoint that a class of things (卡脖子技术) or a challenge is by its name."""
    if facts.type(id_) == "Challenge":
        return _kind(facts, id_, known)
    return _worded(facts, id_, known)


def _worded(facts: Facts, id_: str, known: Counts) -> Chokepoint | None:
    return next((k for k in known.chokepoints if counts.holds_word(facts.entities[id_].names, k.words)), None)


def _other(type_: str, known: Counts) -> Chokepoint | None:
    return next((kind for kind in known.chokepoints if kind.others), None) if type_ == "Challenge" else None


def _restricts(facts: Facts, id_: str, kind: Chokepoint) -> bool:
    return facts.type(id_) == "Instrument" and bool(_names(facts, id_) & kind.instruments)


def _names(facts: Facts, id_: str) -> frozenset[str]:
    return counts.forms(facts.entities[id_].names)


# ---- What answers it


def _state(facts: Facts, known: Counts, thing: str, home: frozenset[str]) -> tuple[str, list[Fact]]:
    """Whether anything addresses the thing, and what does. With a `home`, who is of other countries does not count."""
    found = strongest(_answers(facts, known, thing))
    ours = [fact for fact in found if not home or not (places := _places(facts, fact)) or places & home]
    if any(fact.modality == "actual" for fact in ours):
        return "actual", ours
    if ours:
        return "proposed", ours
    return ("abroad" if found else "gap"), found


def _places(facts: Facts, answer: Fact) -> frozenset[str]:
    """The countries of who answers; of those who use the instrument, where it is one."""
    return facts.countries(answer.subject) or facts.users(answer)


def _answers(facts: Facts, known: Counts, thing: str) -> Iterator[Fact]:
    policy = known.roles["policy"] | {"Instrument", "Government"}
    restricting = [kind for kind in known.chokepoints if kind.instruments]
    for fact in facts.to(thing):
        driven = fact.predicate in known.answers["policy_relations"] and facts.type(fact.subject) in policy
        restricted = any(_restricts(facts, fact.subject, kind) for kind in restricting)
        if (driven or fact.predicate in known.answers["relations"]) and not restricted:
            yield fact


# ---- In words


def _row(facts: Facts, thing: str, signs: _Signs, state: str, answers: list[Fact]) -> form.Row:
    kinds = list(dict.fromkeys((kind.zh, kind.en) for kind, _ in signs))
    stated = strongest(fact for _, fact in signs)
    return (
        form.entity(facts, thing),
        form.kind(facts, thing),
        form.text("、".join(zh for zh, _ in kinds), ", ".join(en for _, en in kinds)),
        form.said(facts, stated[:3]),
        form.words(_STATES[state]),
        form.number(sum(1 for fact in answers if fact.modality == "actual")),
        form.number(sum(1 for fact in answers if fact.modality == "proposed")),
        form.said(facts, answers[:4]),
        form.documents(stated),
        form.quote(stated),
    )


def _points(facts: Facts, thing: str, answers: list[Fact]) -> Iterator[Point]:
    label = facts.label(thing, "zh"), facts.label(thing, "en")
    for modality, series in (
        ("actual", ("实际应对", "actual answers")),
        ("proposed", ("建议的应对", "proposed answers")),
    ):
        yield Point(label, series, sum(1 for fact in answers if fact.modality == modality), id=thing)


def _notes(things: int, gaps: int) -> tuple[Words, ...]:
    return (
        (
            f"{things} 项，其中缺口 {gaps} 项。“缺口”指图谱中没有计划、主体或工具面向、资助、研发或生产它，"
            "不等于现实中没有：文献没写的、没有抽取到的都看不见。",
            f"{things} things, {gaps} of them gaps. A gap means that no program, actor or instrument in the graph "
            f"targets, "
            "funds, develops or produces it; what documents do not say, or what was not read from them, cannot be "
            "seen.",
        ),
        (
            "处境的依据：面临或受制于某类挑战、属于以此命名的一类技术、被出口管制或制裁所针对、有进口数字。"
            "出口管制等限制措施不算应对。",
            "What puts a thing here: it faces or is hindered by a challenge of such a kind, is part of a class named "
            "after "
            "one, is the aim of export control or sanctions, or has figures of imports. Restrictions are no answer.",
        ),
        (
            "名单式句子（如“轴承钢、高端传感器等薄弱环节”）往往只抽取出面向它们的计划，抽不出“薄弱环节”，"
            "因而不在表中。",
            "Of sentences that list weak links by apposition, often only the program that targets them is read, not "
            "that they "
            "are weak: these are missing here.",
        ),
    )


def chokepoints() -> Analysis:
    """The analysis; its kinds of chokepoint are those of the ontology."""
    kinds = tuple(Choice(kind.name, kind.zh, kind.en) for kind in counts.load().chokepoints)
    return Analysis(
        name="chokepoints",
        zh="卡点与缺口",
        en="chokepoints and gaps",
        about_zh="哪些技术、产品、产业处在“卡脖子”、挑战或对外依赖之中，图谱中有没有计划、主体或工具应对它。",
        about_en="Which technologies, products and industries are under a stranglehold, a challenge or foreign "
        "dependence, and "
        "whether a program, actor or instrument in the graph addresses them.",
        params=(
            Param("kind", "Choice", "处境", "kind", choices=kinds),
            Param("type", "Type", "类型", "type"),
            Param("country", "Entity", "只算这个国家的应对", "count answers of this country only", types=("Place",)),
        ),
        columns=(
            column("thing", "对象", "thing"),
            column("type", "类型", "type"),
            column("kind", "处境", "kind"),
            column("why", "依据", "why"),
            column("state", "应对情况", "state"),
            column("actual", "实际应对", "actual answers"),
            column("proposed", "建议的应对", "proposed answers"),
            column("answers", "应对", "answers"),
            form.DOCUMENT,
            form.QUOTE,
        ),
        run=_run,
        chart=Chart("stacked", Axis("thing", "对象", "thing"), Axis(("actual", "proposed"), "应对数", "answers")),
    )
