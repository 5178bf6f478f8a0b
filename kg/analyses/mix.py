"""The mix of policy instruments by industry, country or document, in either scheme, actual against proposed."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from kg import taxonomy
from kg.analyses import counts, form
from kg.analyses.form import Analysis, Answer, Choice, Given, Param, column
from kg.charts import Axis, Chart, Point, Words
from kg.facts import Fact, Facts, strongest
from kg.model import Modality
from kg.queries import Cell

_BY = (
    Choice("country", "国家", "country"),
    Choice("industry", "产业", "industry"),
    Choice("document", "文献", "document"),
)
_SCHEME = (
    Choice("dimension", "要素、主体、环境", "factor, actor, environment"),
    Choice("side", "供给、环境、需求", "supply, environment, demand"),
)
_UNCLASSED: Words = ("未归类", "not in the taxonomy")
_UNKNOWN: Words = ("未说明", "not stated")


@dataclass(frozen=True, slots=True)
class _Use:
    """An instrument at work in a group, and a statement that says so."""

    group: str
    instrument: str
    fact: Fact


def _run(facts: Facts, given: Given) -> Answer:
    """A row for each group, class of instruments, and whether they are actual or proposed."""
    known = counts.load()
    by, scheme = given["by"], given["scheme"]
    uses = [use for use in _uses(facts, by, known) if _kept(facts, use, given)]
    classes = {**known.schemes[scheme], "": _UNCLASSED}
    placed = {use.instrument: taxonomy.load().placed(facts.entities[use.instrument].names) for use in uses}
    class_of = {id_: getattr(found, scheme) if found else "" for id_, found in placed.items()}
    cells: defaultdict[tuple[str, str], list[_Use]] = defaultdict(list)
    for use in uses:
        cells[use.group, class_of[use.instrument]].append(use)
    sizes = {group: len({use.instrument for use in uses if use.group == group}) for group in {u.group for u in uses}}
    groups = sorted(sizes, key=lambda group: (group == "", -sizes[group], group))
    rows, points = [], []
    for group in groups:
        for class_, label in classes.items():
            for modality, ids in _split(cells[group, class_]).items():
                found = [use for use in cells[group, class_] if use.instrument in ids]
                rows.append(_row(facts, by, label, modality, ids, found))
                points.append(_point(facts, by, label, modality, ids, group))
    loose = sum(1 for found in placed.values() if found and not found.exact)
    return Answer(
        tuple(rows), tuple(points), _notes(by, len(placed), loose, sum(1 for found in placed.values() if not found))
    )


def _kept(facts: Facts, use: _Use, given: Given) -> bool:
    """Whether the use is of the industry and country asked for."""
    industry, country = given.get("industry"), given.get("country")
    of_industry = not industry or use.fact.id in {f.id for f in _at_work(facts, use.instrument, industry)}
    return of_industry and (not country or bool(facts.countries(country) & {*_countries(facts, use.fact)}))


def _uses(facts: Facts, by: str, known: counts.Counts) -> Iterator[_Use]:
    for instrument in facts.of_type("Instrument"):
        used = [f for f in facts.to(instrument, ("usesInstrument",)) if facts.type(f.subject) in known.roles["makers"]]
        working = facts.about(instrument, known.mix["at_work"])
        match by:
            case "document":
                yield from (_Use(fact.source, instrument, fact) for fact in (*used, *working))
            case "country":
                yield from (
                    _Use(code, instrument, fact) for fact in (*used, *working) for code in _countries(facts, fact)
                )
            case _:
                for industry in _industries(facts, instrument, known):
                    yield from (_Use(industry, instrument, fact) for fact in _at_work(facts, instrument, industry))


def _countries(facts: Facts, fact: Fact) -> list[str]:
    """The countries in which an instrument is used: of who uses it, else of who uses it in the same sentence."""
    own = facts.countries(fact.subject) if fact.predicate == "usesInstrument" else facts.users(fact)
    return sorted(own) or [""]


def _industries(facts: Facts, instrument: str, known: counts.Counts) -> list[str]:
    """The industries that the instrument is at work for."""
    programs = [f.subject for f in facts.to(instrument, ("usesInstrument",)) if _is_policy(facts, f.subject, known)]
    reached = [f.object for f in facts.about(instrument, known.mix["at_work"])]
    reached += [f.object for id_ in programs for f in facts.about(id_, known.mix["program_at_work"])]
    return sorted({id_ for id_ in reached if facts.type(id_) == "Industry"})


def _is_policy(facts: Facts, id_: str, known: counts.Counts) -> bool:
    return facts.type(id_) in known.roles["policy"]


def _at_work(facts: Facts, instrument: str, industry: str) -> list[Fact]:
    """What says that the instrument is at work for the industry: a statement between the two, or that a program uses it
    which targets, funds or drives the industry (the statement that the program uses it)."""
    known = counts.load()
    direct = [f for f in facts.about(instrument, known.mix["at_work"]) if f.object == industry]
    driving = {
        f.subject for f in facts.to(industry, known.mix["program_at_work"]) if _is_policy(facts, f.subject, known)
    }
    return direct + [f for f in facts.to(instrument, ("usesInstrument",)) if f.subject in driving]


def _split(uses: Iterable[_Use]) -> dict[Modality, list[str]]:
    """The instruments stated as actual, and those only proposed, those with most statements first; only what there
    is."""
    found: defaultdict[str, list[Fact]] = defaultdict(list)
    for use in uses:
        found[use.instrument].append(use.fact)
    in_order = sorted(found, key=lambda id_: (-len(found[id_]), id_))
    actual = [id_ for id_ in in_order if any(fact.modality == "actual" for fact in found[id_])]
    parts: dict[Modality, list[str]] = {"actual": actual, "proposed": [id_ for id_ in in_order if id_ not in actual]}
    return {modality: ids for modality, ids in parts.items() if ids}


def _group(facts: Facts, by: str, group: str) -> Cell:
    if not group:
        return form.words(_UNKNOWN)
    if by == "document":
        return form.document(group)
    return form.entity(facts, group) if by == "industry" else form.words(facts.country_names(group))


def _row(facts: Facts, by: str, class_: Words, modality: Modality, ids: list[str], uses: list[_Use]) -> form.Row:
    best = strongest(use.fact for use in uses)
    return (
        _group(facts, by, uses[0].group),
        form.words(class_),
        form.status(facts, modality),
        form.number(len(ids)),
        form.names(facts, ids),
        form.documents(best),
        form.quote(best, 8),
    )


def _point(facts: Facts, by: str, class_: Words, modality: Modality, ids: list[str], group: str) -> Point:
    label, (zh, en) = _group(facts, by, group), facts.ontology.modality_labels[modality]
    return Point((label.zh, label.en), (f"{class_[0]}·{zh}", f"{class_[1]}, {en}"), len(ids), id=label.id)


def _notes(by: str, instruments: int, loose: int, unknown: int) -> tuple[Words, ...]:
    placed: Words = (
        f"共 {instruments} 种工具：{loose} 种按名称的一部分归类，{unknown} 种不在分类表中。",
        f"{instruments} instruments: {loose} are placed by a part of their name, {unknown} are not in the taxonomy.",
    )
    counted: Words = (
        "每种工具每组计一次：有一条陈述说已在用的计为“实际”，其余为“建议”；企业的经营模式不计。",
        "An instrument counts once in each group: as actual where one statement says that it is in use, else as "
        "proposed. Business models of firms do not count.",
    )
    where: dict[str, Words] = {
        "country": (
            "国家取自采用工具的政府、地区、计划或政策，或同一句中采用它的；句中没有采用者、采用者不属于某国的，"
            "归“未说明”。",
            "The country is that of the government, place, program or policy that uses the instrument, or that uses "
            "it in the "
            "same sentence. Where nobody is named, or who is named has no country, it stands under “not stated”.",
        ),
        "industry": (
            "产业是工具直接面向、促进、应用于或制约的，或采用该工具的计划或政策所面向、资助或促进的；"
            "政府采用工具而未说用于哪个产业的，不计入任何产业。",
            "The industry is what the instrument targets, drives, is applied in or hinders, or what a program or "
            "policy "
            "that uses it targets, funds or drives. A government’s use of an instrument for no industry that is named "
            "counts for none.",
        ),
        "document": ("按文献。", "By document."),
    }
    return counted, where[by], placed


MIX = Analysis(
    name="instrument-mix",
    zh="政策工具组合",
    en="mix of policy instruments",
    about_zh="按国家、产业或文献，看用了和建议了哪些维度的政策工具，每个维度各有几种。",
    about_en="Which kinds of policy instruments are in use and proposed, by country, industry or document, and how "
    "many "
    "instruments there are of each.",
    params=(
        Param("by", "Choice", "分组", "group by", default="country", choices=_BY),
        Param("scheme", "Choice", "分类", "scheme", default="dimension", choices=_SCHEME),
        Param("industry", "Entity", "产业", "industry", types=("Industry",)),
        form.COUNTRY,
    ),
    columns=(
        column("group", "组", "group"),
        column("class", "类别", "class"),
        column("status", "实际或建议", "actual or proposed"),
        column("count", "工具种数", "instruments"),
        column("instruments", "工具", "which"),
        form.DOCUMENT,
        form.QUOTE,
    ),
    run=_run,
    example={"by": "industry"},
    chart=Chart(
        "stacked",
        Axis("group", "组", "group"),
        Axis("count", "工具种数", "instruments"),
        Axis("class", "类别", "class"),
    ),
)
