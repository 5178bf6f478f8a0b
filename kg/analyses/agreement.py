"""Who agrees with whom, and who contradicts whom: the same statement in several documents, opposite ones, figures that
cannot both hold, and what several documents propose alike."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from itertools import combinations

from kg import taxonomy
from kg.analyses import counts, form
from kg.analyses.form import Analysis, Answer, Choice, Given, Param, column
from kg.charts import Axis, Chart, Point, Words
from kg.facts import Fact, Facts

_KINDS = (
    Choice("contradicts", "相反", "contradict each other"),
    Choice("figures", "数字不一", "figures differ"),
    Choice("done-or-proposed", "一说已行，一说应行", "done for one, proposed by the other"),
    Choice("agrees", "说法一致", "agree"),
    Choice("proposes", "建议相同", "propose the same"),
    Choice("alike", "建议相近", "propose alike instruments"),
)


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two statements that bear on each other, and how."""

    kind: str
    one: Fact
    other: Fact


def _run(facts: Facts, given: Given) -> Answer:
    """A row for each pair of statements, contradictions first."""
    found = list(dict.fromkeys(_pairs(facts)))
    if kind := given.get("kind"):
        found = [pair for pair in found if pair.kind == kind]
    if about := given.get("about"):
        found = [pair for pair in found if about in (*_ends(pair.one), *_ends(pair.other))]
    order = [choice.name for choice in _KINDS]
    found.sort(key=lambda p: (order.index(p.kind), p.one.source == p.other.source, -_belief(p), p.one.id, p.other.id))
    rows = tuple(_row(facts, pair) for pair in found)
    sizes = {choice.name: sum(1 for pair in found if pair.kind == choice.name) for choice in _KINDS}
    points = tuple(Point((choice.zh, choice.en), value=sizes[choice.name]) for choice in _KINDS if sizes[choice.name])
    return Answer(rows, points, _notes({quote.source for fact in facts.all for quote in fact.quotes}))


def _ends(fact: Fact) -> tuple[str, str]:
    return fact.subject, fact.object


def _belief(pair: _Pair) -> float:
    return min(pair.one.belief, pair.other.belief)


# ---- What bears on what


def _pairs(facts: Facts) -> Iterator[_Pair]:
    stated = [fact for fact in facts.all if not fact.rule]
    yield from _same_claims(stated)
    yield from _opposites(stated)
    yield from _figures(facts)
    yield from _proposals(facts, stated)


def _best(found: Iterable[Fact]) -> Fact:
    return max(found, key=lambda fact: (fact.belief, fact.id))


def _same_claims(stated: list[Fact]) -> Iterator[_Pair]:
    """The same subject, relation and object, by document and modality: alike, opposed, or done and proposed. A document
    may oppose itself, but agrees with others only."""
    claims: defaultdict[tuple[str, str, str], defaultdict[tuple[str, str], list[Fact]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for fact in stated:
        if fact.predicate != "measuredBy":
            claims[fact.claim][fact.source, fact.modality].append(fact)
    for sides in claims.values():
        for one, other in combinations(sorted(sides), 2):
            (source, modality), (other_source, other_modality) = one, other
            if kind := _bearing(modality, other_modality, source == other_source):
                yield _Pair(kind, _best(sides[one]), _best(sides[other]))


def _bearing(one: str, other: str, same_document: bool) -> str:
    """How two statements of one claim bear on each other by their modality; empty for not at all."""
    if one == other:
        return "" if same_document else "proposes" if one == "proposed" else "agrees"
    if "negated" in (one, other):
        return "contradicts" if "actual" in (one, other) else ""
    return "" if same_document else "done-or-proposed"


def _opposites(stated: list[Fact]) -> Iterator[_Pair]:
    """Relations of which one says the opposite of the other, between the same things."""
    for relation, opposite in counts.load().opposites:
        against = defaultdict(list)
        for fact in stated:
            if fact.predicate == opposite and fact.modality == "actual":
                against[_ends(fact)].append(fact)
        for fact in stated:
            if fact.predicate == relation and fact.modality == "actual":
                yield from (_Pair("contradicts", fact, other) for other in against.get(_ends(fact), ()))


def _figures(facts: Facts) -> Iterator[_Pair]:
    """Figures of one indicator of one thing for the same years that are not worded alike, of several documents."""
    groups: defaultdict[tuple[str, str, int | None, int | None], list[Fact]] = defaultdict(list)
    for fact in facts.of_relation("measuredBy", "funds"):
        if fact.value and fact.modality == "actual":
            groups[fact.subject, fact.object, fact.start, fact.end].append(fact)
    for group in groups.values():
        for one, other in combinations(group, 2):
            if one.source != other.source and _squeezed(one.value) != _squeezed(other.value):
                yield _Pair("figures", one, other)


def _squeezed(value: str) -> str:
    return "".join(value.split()).replace("—", "-").replace("–", "-")


def _proposals(facts: Facts, stated: list[Fact]) -> Iterator[_Pair]:
    """Instruments that two documents propose: the same one, or one that the taxonomy has beside or above the other."""
    proposed: defaultdict[str, defaultdict[str, list[Fact]]] = defaultdict(lambda: defaultdict(list))
    for fact in stated:
        for id_ in _ends(fact):
            if fact.modality == "proposed" and facts.type(id_) == "Instrument":
                proposed[fact.source][id_].append(fact)
    alike = cache(partial(_alike, facts))
    for one, other in combinations(sorted(proposed), 2):
        for mine in proposed[one]:
            for theirs in proposed[other]:
                if kind := alike(mine, theirs):
                    yield _Pair(kind, _best(proposed[one][mine]), _best(proposed[other][theirs]))


def _alike(facts: Facts, one: str, other: str) -> str:
    """Whether two instruments are the same one, or alike; empty where neither."""
    if one == other:
        return "proposes"
    link = taxonomy.load().link(facts.entities[one].names, facts.entities[other].names)
    return "alike" if link in ("related", "broader", "narrower") else ""


# ---- In words


def _row(facts: Facts, pair: _Pair) -> form.Row:
    return (
        form.words(form.chosen(_KINDS, pair.kind)),
        form.said(facts, [pair.one]),
        form.document(pair.one.source),
        form.said(facts, [pair.other]),
        form.document(pair.other.source),
        form.number(round(_belief(pair), 2)),
        form.quote([pair.one], 1),
        form.quote([pair.other], 1),
    )


def _notes(sources: set[str]) -> tuple[Words, ...]:
    return (
        (
            f"图谱中有 {len(sources)} 篇文献。只有两端和关系都归为同一的陈述才能相比：说法不同、实体未合并的，"
            f"一致和矛盾都看不见。",
            f"The graph has {len(sources)} documents. Only statements whose ends and relation are the same can be "
            f"compared: what is "
            "worded otherwise, or about entities that were not merged, shows neither as agreement nor as "
            "contradiction.",
        ),
        (
            "肯定与否定可以出自同一篇文献：往往是模态读错，或两处所指不同，请看原文。",
            "A document may affirm and deny the same: often a modality was read wrongly, or the two sentences mean "
            "different cases. "
            "See the quotes.",
        ),
        (
            "“建议相近”：分类表中一个是另一个的上位、下位或相关工具。",
            "“Alike”: in the taxonomy one instrument is wider than, narrower than or related to the other.",
        ),
    )


AGREEMENT = Analysis(
    name="agreement",
    zh="一致与分歧",
    en="agreement and contradiction",
    about_zh="哪些文献说法一致、互相矛盾、数字不一，哪些建议是几篇文献共有的。",
    about_en="Which documents agree, contradict each other or give other figures, and what several of them propose "
    "alike.",
    params=(
        Param("kind", "Choice", "关系", "kind", choices=_KINDS),
        Param("about", "Entity", "涉及", "about"),
    ),
    columns=(
        column("kind", "关系", "kind"),
        column("one", "一说", "one"),
        form.DOCUMENT,
        column("other", "另一说", "the other"),
        column("other_document", "另一文献", "other document"),
        column("belief", "信度", "belief"),
        form.QUOTE,
        column("other_quote", "另一原文", "other quote"),
    ),
    run=_run,
    chart=Chart("bar", Axis("kind", "关系", "kind"), Axis("", "对数", "pairs")),
)
