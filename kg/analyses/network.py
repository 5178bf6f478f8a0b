"""The graph as a network: what stands in its middle, which parts hold together, and how an industry's chain is spread
over countries. Hubs (places, instruments, goals, challenges, indicators) are left out, since nearly everything meets in
them."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

from kg.analyses import counts, form
from kg.analyses.form import Analysis, Answer, Given, Param, column
from kg.charts import Axis, Chart, Point, Words
from kg.facts import Fact, Facts, strongest

if TYPE_CHECKING:
    # networkx takes longer to import than all other look-ups, so that it is imported where it is used
    import networkx as nx

_SEED = 20250101
_LIMIT = Param("limit", "Number", "最多行数", "at most so many", default="30")


def _network(facts: Facts) -> "nx.Graph":
    """The entities that are no hubs, joined where actual or proposed statements join them; an edge weighs the belief in
    all that it stands for, each claim once."""
    import networkx as nx

    network = nx.Graph()
    for fact in strongest(fact for fact in facts.all if fact.modality != "negated"):
        ends = fact.subject, fact.object
        if fact.subject != fact.object and not any(facts.ontology.kinds[facts.type(id_)].hub for id_ in ends):
            weight = network.edges[ends]["weight"] if network.has_edge(*ends) else 0.0
            network.add_edge(*ends, weight=weight + fact.belief)
    return network


# ---- Centrality


def _run_centrality(facts: Facts, given: Given) -> Answer:
    """A row for each of the most central entities."""
    import networkx as nx

    network = _network(facts)
    between = nx.betweenness_centrality(network, k=min(200, len(network)) or None, seed=_SEED) if network else {}
    wanted = [id_ for id_ in network if not given.get("type") or facts.type(id_) == given["type"]]
    rank = _pagerank(network)
    shown = sorted(wanted, key=lambda id_: (-between[id_], -rank[id_], id_))[: int(float(given["limit"]))]
    rows = tuple(
        (
            form.entity(facts, id_),
            form.kind(facts, id_),
            form.number(network.degree(id_)),
            form.number(round(between[id_], 4)),
            form.number(round(rank[id_], 4)),
            form.names(facts, sorted(network[id_], key=lambda other: (-network[id_][other]["weight"], other))[:5]),
        )
        for id_ in shown
    )
    points = tuple(
        Point((facts.label(id_, "zh"), facts.label(id_, "en")), value=round(between[id_], 4), id=id_) for id_ in shown
    )
    return Answer(rows, points, (_size(network), _MIDDLE))


_MIDDLE: Words = (
    "中介度：最短路有多大比例经过它。文献写得多的就居中，这说明文献的重心，不等于现实中的重要性。",
    "Betweenness is the share of shortest paths that pass through it. What documents write much about stands in the "
    "middle: this "
    "shows their focus, not importance in the world.",
)


def _pagerank(network: "nx.Graph") -> dict[str, float]:
    """PageRank by plain iteration: networkx's own needs scipy, which nothing else here does."""
    if not network:
        return {}
    size = len(network)
    strength = {id_: sum(edge["weight"] for edge in network[id_].values()) for id_ in network}
    rank = dict.fromkeys(network, 1 / size)
    for _ in range(60):
        passed = {id_: rank[id_] / strength[id_] for id_ in network}
        flow = ((id_, sum(edge["weight"] * passed[n] for n, edge in network[id_].items())) for id_ in network)
        rank = {id_: 0.15 / size + 0.85 * given for id_, given in flow}
    return rank


def _size(network: "nx.Graph") -> Words:
    nodes, edges = network.number_of_nodes(), network.number_of_edges()
    return (
        f"网络有 {nodes} 个实体、{edges} 条边；地区、工具、目标、挑战、指标等枢纽不在其中。",
        f"The network has {nodes} entities and {edges} edges; hubs (places, instruments, goals, challenges, "
        f"indicators) are left out.",
    )


CENTRALITY = Analysis(
    name="centrality",
    zh="居中的实体",
    en="what stands in the middle",
    about_zh="哪些实体连接最多、处在最多条最短路上。",
    about_en="Which entities have most links and lie on most shortest paths.",
    params=(Param("type", "Type", "类型", "type"), _LIMIT),
    columns=(
        column("entity", "实体", "entity"),
        column("type", "类型", "type"),
        column("degree", "连接数", "links"),
        column("betweenness", "中介度", "betweenness"),
        column("pagerank", "PageRank", "PageRank"),
        column("near", "相邻最紧", "nearest"),
    ),
    run=_run_centrality,
    chart=Chart("bar", Axis("entity", "实体", "entity"), Axis("betweenness", "中介度", "betweenness")),
)


# ---- Communities


def _run_communities(facts: Facts, given: Given) -> Answer:
    """A row for each community of three and more, the largest first."""
    import networkx as nx

    network = _network(facts)
    parts = nx.community.louvain_communities(network, weight="weight", seed=_SEED) if network else []
    large = sorted((part for part in parts if len(part) > 2), key=lambda part: (-len(part), min(part)))
    shown = large[: int(float(given["limit"]))]
    rows, points = [], []
    for part in shown:
        members = sorted(part, key=lambda id_: (-network.degree(id_, weight="weight"), id_))
        types = Counter(facts.type(id_) for id_ in members)
        kinds = [(facts.ontology.kinds[name], n) for name, n in types.most_common(4)]
        inside = [f for f in facts.all if f.subject in part and f.object in part]
        rows.append(
            (
                form.entity(facts, members[0]),
                form.number(len(part)),
                form.text(
                    "、".join(f"{kind.label_zh} {n}" for kind, n in kinds),
                    ", ".join(f"{kind.label_en} {n}" for kind, n in kinds),
                ),
                form.names(facts, members[:12]),
                form.documents(inside),
            )
        )
        points.append(Point((rows[-1][0].zh, rows[-1][0].en), value=len(part), id=members[0]))
    modularity = nx.community.modularity(network, parts, weight="weight") if parts else 0.0
    split: Words = (
        f"Louvain 法，固定种子；分成 {len(parts)} 群，模块度 {modularity:.2f}（0.3 以上说明分得开）。",
        f"Louvain’s method with a fixed seed: {len(parts)} communities, modularity {modularity:.2f} (0.3 and more "
        f"means that they "
        "stand apart).",
    )
    return Answer(tuple(rows), tuple(points), (_size(network), split))


COMMUNITIES = Analysis(
    name="communities",
    zh="实体群落",
    en="communities",
    about_zh="哪些实体彼此连得紧，自成一群。",
    about_en="Which entities hold together as communities.",
    params=(_LIMIT,),
    columns=(
        column("centre", "中心", "centre"),
        column("size", "实体数", "entities"),
        column("types", "类型", "types"),
        column("members", "成员", "members"),
        form.DOCUMENT,
    ),
    run=_run_communities,
    chart=Chart("bar", Axis("centre", "中心", "centre"), Axis("size", "实体数", "entities")),
)


# ---- Concentration

_PARTS: dict[str, Words] = {
    "actors": ("主体", "actors"),
    "technologies": ("技术", "technologies"),
    "products": ("产品", "products"),
}
_MAKING = ("develops", "produces")


def _run_concentration(facts: Facts, given: Given) -> Answer:
    """A row for each part of the industry's chain and country."""
    industry = given["industry"]
    chain = _chain(facts, industry)
    rows, points = [], []
    unplaced: list[str] = []
    for part, label in _PARTS.items():
        places = _by_country(facts, chain[part])
        unplaced += places.pop("", [])
        total = sum(len(ids) for ids in places.values())
        index = sum((len(ids) / total) ** 2 for ids in places.values()) if total else 0.0
        for code in sorted(places, key=lambda code: (-len(places[code]), code)):
            ids = places[code]
            share = len(ids) / total
            evidence = strongest(f for id_ in ids for f in chain[part][id_])
            rows.append(
                (
                    form.words(label),
                    form.words(facts.country_names(code)),
                    form.number(len(ids)),
                    form.number(round(100 * share, 1)),
                    form.number(round(index, 3)),
                    form.names(facts, ids),
                    form.documents(evidence),
                    form.quote(evidence, 1),
                )
            )
            points.append(Point(label, facts.country_names(code), len(ids)))
    return Answer(tuple(rows), tuple(points), _concentration_notes(facts, unplaced))


_Members = dict[str, list[Fact]]
"""What belongs to an industry → the statements that say so."""


def _chain(facts: Facts, industry: str) -> dict[str, _Members]:
    """The actors, technologies and products of the industry: what belongs to it or to an industry that is part of it,
    what is part of such a technology or product or applied in it, who develops or produces these, and the members of
    the consortia among them."""
    known = counts.load()
    found: dict[str, defaultdict[str, list[Fact]]] = {part: defaultdict(list) for part in _PARTS}
    for grow in (_belonging, _inside, _makers, _joined):
        things = [industry, *(id_ for members in found.values() for id_ in members)]
        for id_, fact in [pair for thing in things for pair in grow(facts, thing)]:
            if part := _part(facts, id_, known):
                found[part][id_].append(fact)
    return {part: dict(members) for part, members in found.items()}


_Found = Iterator[tuple[str, Fact]]
"""What belongs to an industry's chain, with the statement that says so."""


def _belonging(facts: Facts, industry: str) -> _Found:
    belongs = counts.load().belongs
    parts = [
        f.subject for f in facts.to(industry, ("partOf",), modalities=_FACT) if facts.type(f.subject) == "Industry"
    ]
    for whole in (industry, *parts):
        for fact in facts.to(whole, tuple(belongs), modalities=_FACT):
            if facts.type(fact.subject) in belongs[fact.predicate]:
                yield fact.subject, fact


def _inside(facts: Facts, thing: str) -> _Found:
    if facts.type(thing) in _THINGS:
        found = facts.to(thing, ("partOf", "appliedIn"), modalities=_FACT)
        yield from ((fact.subject, fact) for fact in found if facts.type(fact.subject) in _THINGS)


def _makers(facts: Facts, thing: str) -> _Found:
    """Who develops or produces the thing; the statement tells of the thing too."""
    if facts.type(thing) in _THINGS:
        found = facts.to(thing, _MAKING, modalities=_FACT)
        yield from ((id_, fact) for fact in found for id_ in (fact.subject, thing))


def _joined(facts: Facts, actor: str) -> _Found:
    if facts.type(actor) == "Consortium":
        yield from ((fact.subject, fact) for fact in facts.to(actor, ("participatesIn",), modalities=_FACT))


_THINGS = ("Technology", "Product")
_FACT = ("actual",)


def _part(facts: Facts, id_: str, known: counts.Counts) -> str:
    type_ = facts.type(id_)
    named = {"Technology": "technologies", "Product": "products"}
    return named.get(type_, "actors" if type_ in known.roles["actors"] else "")


def _by_country(facts: Facts, members: _Members) -> dict[str, list[str]]:
    """The members by country; a technology or product counts for each country whose actors, or which itself, develop or
    produce it. Under the empty code stand those of no country."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for id_, evidence in members.items():
        codes = facts.countries(id_)
        if not codes and facts.type(id_) in ("Technology", "Product"):
            codes = frozenset().union(*(facts.countries(f.subject) for f in evidence if f.predicate in _MAKING))
        for code in codes or [""]:
            found[code].append(id_)
    return dict(found)


def _concentration_notes(facts: Facts, unplaced: list[str]) -> tuple[Words, ...]:
    listed = form.names(facts, unplaced[:12])
    more = len(unplaced) - 12
    return (
        (
            "集中度为赫芬达尔指数（HHI）：各国份额的平方和，1 为集中于一国。技术和产品归研发、生产它的国家，可归多国。",
            "Concentration is the Herfindahl index: the sum of the squared shares of countries, 1 where one country "
            "has all. "
            "Technologies and products count for each country that develops or produces them.",
        ),
        (
            f"未知国家而不计的：{len(unplaced)} 个"
            + (f"（{listed.zh}{'等' if more > 0 else ''}）。" if unplaced else "。"),
            f"Not counted since their country is not known: {len(unplaced)}"
            + (f" ({listed.en}{' …' if more > 0 else ''})." if unplaced else "."),
        ),
        (
            "数的是文献提到的，不是企业数或产量；提到的少，指数就偏高。",
            "What documents mention is counted, not firms or output: where few are mentioned, the index is high.",
        ),
    )


CONCENTRATION = Analysis(
    name="concentration",
    zh="产业链的国家集中度",
    en="concentration of an industry’s chain by country",
    about_zh="一个产业的主体、技术、产品分布在哪些国家，集中到什么程度。",
    about_en="In which countries the actors, technologies and products of an industry are, and how concentrated they "
    "are.",
    params=(Param("industry", "Entity", "产业", "industry", required=True, types=("Industry",)),),
    columns=(
        column("part", "环节", "part"),
        column("country", "国家", "country"),
        column("count", "数量", "number"),
        column("share", "份额（%）", "share (%)"),
        column("hhi", "HHI", "HHI"),
        column("members", "成员", "members"),
        form.DOCUMENT,
        form.QUOTE,
    ),
    run=_run_concentration,
    example={"industry": "晶圆代工产业"},
    chart=Chart(
        "stacked", Axis("part", "环节", "part"), Axis("count", "数量", "number"), Axis("country", "国家", "country")
    ),
)
