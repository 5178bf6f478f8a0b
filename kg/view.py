"""Drawing: the graph, or the part around one entity, as one HTML page that needs no network. Nothing else draws.

pyvis makes the network; the page around it is `kg/static/graph.html`. What documents say reaches the page as JSON
only, and the page shows it as text only.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from pyvis.network import Network

from kg import rdf
from kg.graph import Graph
from kg.iris import ENTITY, STATEMENT, local
from kg.model import Assertion, Entity, Evidence, Language, Modality
from kg.ontology import EntityType, Ontology
from kg.text import citation, shorten, told

_TEMPLATES = Path(__file__).parent / "static"

_COLOURS = ("#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#8C6D1F", "#5B5B5B")
"""Told apart with any kind of colour vision (after Okabe and Ito, the yellow and black toned for white ground)."""
_SHAPES = ("dot", "square", "diamond")
"""Types beyond the number of colours get the colours again in another shape."""
_NEGATED = "#C8102E"
_PLAIN = "#8A94A0"

_MOVED = 300
"""The most entities that the page lets find their places by itself; more would take it minutes."""
_LABEL = 36
"""The longest label in the drawing, in columns of a terminal (two for a Chinese character)."""
_QUOTE = 600
"""The longest quote, likewise."""
_SPREAD = 120
"""How many pixels one unit of the layout is: about the distance between neighbours."""
_NAMED = 25
"""How many entities have names that can be read without zooming in."""
_ALIASES = 12
"""The most names that one entity shows."""
_SENTENCES = 12
"""The most sentences that one edge shows."""


@dataclass(frozen=True, slots=True)
class _Edge:
    """A statement that one or more documents make: what is drawn as one line."""

    subject: str
    predicate: str
    object: str
    modality: Modality
    assertions: tuple[Assertion, ...]


def page(graph: Graph, *, centre: str | None, hops: int, limit: int, language: Language) -> str:
    """The page, as HTML: at most `limit` entities, within `hops` statements of the entity with the id `centre`, or
    where that is None, those with most statements. The same store gives the same page."""
    links = _links(graph)
    chosen = _nearest(links, centre, hops, limit) if centre else _busiest(links, limit)
    entities = graph.store.entities(chosen)
    edges = _edges(graph, links, {entity.id for entity in entities})
    network = _network(entities, edges, graph.ontology, language)
    types = [type_ for name, type_ in graph.ontology.kinds.items() if any(e.type == name for e in entities)]
    return _html(network, graph.ontology, types, language)


# ---- What is drawn

_Links = Mapping[str, tuple[str, str]]
"""Statement id → the ids of its subject and object."""


def _links(graph: Graph) -> _Links:
    rows = graph.store.select("SELECT ?st ?s ?o { GRAPH ?g { ?st a pkg:Statement ; pkg:subject ?s ; pkg:object ?o } }")
    found = {
        local(rdf.text_of(row["st"]), STATEMENT): (
            local(rdf.text_of(row["s"]), ENTITY),
            local(rdf.text_of(row["o"]), ENTITY),
        )
        for row in rows
    }
    return dict(sorted(found.items()))


def _degrees(links: _Links) -> Counter[str]:
    return Counter(end for ends in links.values() for end in ends)


def _busiest(links: _Links, limit: int) -> list[str]:
    degrees = _degrees(links)
    return sorted(degrees, key=lambda id_: (-degrees[id_], id_))[:limit]


def _nearest(links: _Links, centre: str, hops: int, limit: int) -> list[str]:
    """The entities around `centre`, the nearest first, and of those as near the busiest."""
    degrees, distances = _degrees(links), _distances(links, centre, hops)
    return sorted(distances, key=lambda id_: (distances[id_], -degrees[id_], id_))[:limit]


def _distances(links: _Links, centre: str, hops: int) -> dict[str, int]:
    """How many statements each entity within `hops` is away from `centre`."""
    beside: defaultdict[str, set[str]] = defaultdict(set)
    for one, other in links.values():
        beside[one].add(other)
        beside[other].add(one)
    distances, queue = {centre: 0}, deque([centre])
    while queue:
        id_ = queue.popleft()
        if distances[id_] < hops:
            new = [other for other in beside[id_] if other not in distances]
            distances.update((other, distances[id_] + 1) for other in new)
            queue.extend(new)
    return distances


def _edges(graph: Graph, links: _Links, drawn: set[str]) -> list[_Edge]:
    """The statements among the entities that are drawn, those of several documents together."""
    groups: defaultdict[tuple[str, str, str, Modality], list[Assertion]] = defaultdict(list)
    for a in graph.store.assertions(id_ for id_, ends in links.items() if drawn.issuperset(ends)):
        groups[a.subject, a.predicate, a.object, a.modality].append(a)
    return [_Edge(*key, tuple(groups[key])) for key in sorted(groups)]


# ---- How it is drawn


def _network(entities: Sequence[Entity], edges: Sequence[_Edge], ontology: Ontology, language: Language) -> Network:
    network = Network(directed=True, cdn_resources="in_line")
    degrees = Counter(end for edge in edges for end in (edge.subject, edge.object))
    places, sizes = _places(entities, edges), _sizes(entities, degrees)
    for entity in entities:
        network.add_node(entity.id, **_node(entity, ontology, language), **places[entity.id], **sizes[entity.id])
    names = {entity.id: shorten(entity.label(language), _LABEL) for entity in entities}
    parallel: Counter[frozenset[str]] = Counter()
    for edge in edges:
        ends = frozenset((edge.subject, edge.object))
        network.add_edge(edge.subject, edge.object, **_line(edge, parallel[ends], names, ontology, language))
        parallel[ends] += 1
    network.options = _options(moving=len(entities) <= _MOVED)
    return network


def _node(entity: Entity, ontology: Ontology, language: Language) -> dict[str, Any]:
    type_ = ontology.kinds[entity.type]
    colour, shape = _look(type_, ontology)
    kind = _word(language, type_.label_zh, type_.label_en)
    names = [shorten(name, 2 * _LABEL) for name in entity.names[:_ALIASES]]
    return {
        "label": shorten(entity.label(language), _LABEL),
        "shape": shape,
        "color": colour,
        "title": "\n".join((kind, *names)),
        "detail": {"title": names[0], "kind": kind, "names": names},
    }


def _sizes(entities: Sequence[Entity], degrees: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """How large the entities are drawn: the more statements, the larger. The names of the busiest grow with the
    drawing, so that they can be read when all of it is on the screen."""
    busiest = {entity.id for entity in sorted(entities, key=lambda e: (-degrees[e.id], e.id))[:_NAMED]}
    far = max(1.0, sqrt(len(entities) / _NAMED))
    return {
        entity.id: {
            "size": sqrt(far) * min(60.0, 9 + 4 * sqrt(degrees[entity.id])),
            "font": {"size": 14 * far * min(far, 1.35) if entity.id in busiest else 13},
        }
        for entity in entities
    }


def _line(
    edge: _Edge, parallel: int, names: Mapping[str, str], ontology: Ontology, language: Language
) -> dict[str, Any]:
    relation = ontology.relations[edge.predicate]
    said = _word(language, relation.label_zh, relation.label_en)
    modality = _word(language, *ontology.modality_labels[edge.modality])
    belief = max(assertion.belief for assertion in edge.assertions)
    facts = [modality, *_qualifiers(edge, ontology, language), f"{_word(language, '信度', 'belief')} {belief:.2f}"]
    quotes = [_quoted(evidence) for assertion in edge.assertions for evidence in assertion.evidence][:_SENTENCES]
    title = f"{names[edge.subject]} —{said}→ {names[edge.object]}"
    return {
        "label": said if edge.modality != "negated" else f"{said}（{modality}）",
        "title": "\n".join((title, " · ".join(facts), *(f"{q['place']} {q['text']}" for q in quotes[:3]))),
        "color": _NEGATED if edge.modality == "negated" else _PLAIN,
        "dashes": edge.modality == "proposed",
        "width": 1 + 2 * belief,
        "smooth": {"type": "curvedCW" if parallel % 2 else "curvedCCW", "roundness": 0.12 * (1 + parallel // 2)},
        "detail": {"title": title, "facts": facts, "quotes": quotes},
    }


def _qualifiers(edge: _Edge, ontology: Ontology, language: Language) -> list[str]:
    """What its statements say of themselves, each thing once."""
    found = [part for assertion in edge.assertions for part in told(assertion, ontology, language)]
    return [shorten(part, 2 * _LABEL) for part in dict.fromkeys(found)]


def _quoted(evidence: Evidence) -> dict[str, str]:
    return {"place": shorten(citation(evidence), 2 * _LABEL), "text": shorten(evidence.quote, _QUOTE)}


def _look(type_: EntityType, ontology: Ontology) -> tuple[str, str]:
    """The colour and shape of a type; no two types share both."""
    number = list(ontology.kinds).index(type_.name)
    return _COLOURS[number % len(_COLOURS)], _SHAPES[number // len(_COLOURS) % len(_SHAPES)]


def _legend(types: Iterable[EntityType], ontology: Ontology, language: Language) -> list[dict[str, str]]:
    rows = ((_look(type_, ontology), _word(language, type_.label_zh, type_.label_en)) for type_ in types)
    return [{"colour": colour, "shape": shape, "label": label} for (colour, shape), label in rows]


def _options(*, moving: bool) -> dict[str, Any]:
    fonts = "Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, WenQuanYi Micro Hei, sans-serif"
    return {
        "nodes": {"font": {"face": fonts, "strokeWidth": 4, "strokeColor": "#ffffff"}, "borderWidth": 1},
        "edges": {
            "arrows": {"to": {"enabled": True, "scaleFactor": 0.6}},
            "font": {"face": fonts, "size": 13, "color": "#333333", "strokeWidth": 3},
            "scaling": {"label": {"drawThreshold": 7}},
        },
        "layout": {"improvedLayout": False, "randomSeed": 1},
        "interaction": {"hover": True, "tooltipDelay": 150, "keyboard": {"enabled": True, "bindToWindow": False}},
        "physics": {
            "enabled": moving,
            "barnesHut": {
                "gravitationalConstant": -6000,
                "centralGravity": 0.8,
                "springLength": 110,
                "avoidOverlap": 0.2,
            },
            "stabilization": {"iterations": 250},
        },
    }


def _places(entities: Sequence[Entity], edges: Sequence[_Edge]) -> dict[str, dict[str, int]]:
    """Where the entities lie to begin with: forces between them, let go in steps that become smaller."""
    # numpy takes longer to import than a look-up takes
    import numpy as np

    count = len(entities)
    numbers = {entity.id: number for number, entity in enumerate(entities)}
    joined = np.zeros((count, count), dtype=np.float32)
    for edge in edges:
        one, other = numbers[edge.subject], numbers[edge.object]
        joined[one, other] = joined[other, one] = 1
    # else what is joined to a busy entity would lie in a lump on it
    joined /= np.sqrt(np.maximum(joined.sum(axis=0)[:, None], joined.sum(axis=0)[None, :])).clip(1)
    at = np.random.RandomState(1).uniform(-1, 1, (count, 2)).astype(np.float32) * sqrt(count)
    rounds = _rounds(count)
    for step in range(rounds):
        norms = (at**2).sum(axis=1)
        squared = np.maximum(norms[:, None] + norms[None, :] - 2 * at @ at.T, 0.01)
        force = 1 / squared - joined * np.sqrt(squared)
        pull = at * (force.sum(axis=1, keepdims=True) - 0.4) - force @ at
        length = np.maximum(np.sqrt((pull**2).sum(axis=1, keepdims=True)), 0.01)
        at += pull / length * np.minimum(length, sqrt(count) * 0.1 * (1 - step / rounds))
    pixels = (at * _SPREAD).round().astype(int).tolist()
    return {entity.id: {"x": x, "y": y} for entity, (x, y) in zip(entities, pixels, strict=True)}


def _rounds(count: int) -> int:
    """How many steps a layout takes: fewer for many entities, so that the time stays within seconds."""
    return int(min(150, max(20, 150_000_000 / max(count, 1) ** 2)))


# ---- The page


def _html(network: Network, ontology: Ontology, types: Iterable[EntityType], language: Language) -> str:
    folders = [FileSystemLoader(_TEMPLATES), FileSystemLoader(Path(network.template_dir))]
    network.templateEnv = Environment(loader=ChoiceLoader(folders), autoescape=True)
    network.templateEnv.globals.update(
        language=language,
        words=_WORDS[language],
        legend=_legend(types, ontology, language),
        modalities={name: _word(language, *labels) for name, labels in ontology.modality_labels.items()},
    )
    network.path = "graph.html"
    return str(network.generate_html())


_WORDS: dict[Language, dict[str, str]] = {
    "zh": {
        "title": "政策知识图谱",
        "search": "查找实体",
        "none": "没有这个名称的实体",
        "hint": "点击实体或连线，在此查看其名称、陈述和原文。",
        "empty": "图中没有实体。请先用 kg ingest 读入文献，再打开本页。",
        "panel": "证据",
        "names": "名称",
        "statements": "陈述",
        "graph": "图谱：可拖动、缩放",
        "legend": "图例",
    },
    "en": {
        "title": "Policy knowledge graph",
        "search": "Find an entity",
        "none": "No entity of that name",
        "hint": "Click an entity or a line to see its names, statements and sentences here.",
        "empty": "There is no entity to draw. Read documents with kg ingest first, then open this page again.",
        "panel": "Evidence",
        "names": "Names",
        "statements": "Statements",
        "graph": "Graph: drag and zoom",
        "legend": "Legend",
    },
}


def _word(language: Language, zh: str, en: str) -> str:
    return zh if language == "zh" else en
