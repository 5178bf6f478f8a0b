"""Drawing: the graph, or the part around one entity, as one HTML page that needs no network. Nothing else draws.

pyvis makes the network; the page around it is `kg/static/graph.html`. What documents say reaches the page as JSON
only, and the page shows it as text only.
"""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any

from jinja2 import ChoiceLoader, Environment, FileSystemLoader
from pyvis.network import Network

from kg import canvas
from kg.canvas import Line, Ties, Wanted
from kg.graph import Graph
from kg.model import Assertion, Entity, Evidence, Language
from kg.ontology import EntityType, Ontology
from kg.text import citation, shorten, told

_TEMPLATES = Path(__file__).parent / "static"

_NEGATED = "#C8102E"
_PLAIN = "#8A94A0"

_LABEL = 36
"""The longest label in the drawing, in columns of a terminal (two for a Chinese character)."""
_QUOTE = 600
"""The longest quote, likewise."""
_NAMED = 25
"""How many entities have names that can be read without zooming in."""
_SCREEN = 850
"""How many pixels of the screen all of the drawing has."""
_ALIASES = 12
"""The most names that one entity shows."""
_SENTENCES = 12
"""The most sentences that one edge shows."""

_Assertions = Mapping[str, Assertion]
"""By id."""


def page(graph: Graph, *, centre: str | None, hops: int, limit: int, language: Language) -> str:
    """The page, as HTML: at most `limit` entities, within `hops` statements of the entity with the id `centre`, or
    where that is None, those with most statements. The same store gives the same page."""
    part = Ties.of(graph.store).part([centre] if centre else [], hops, limit, Wanted())
    entities = graph.store.entities(part.entities)
    stated = {a.id: a for a in graph.store.assertions(tie.id for line in part.lines for tie in line.ties)}
    network = _network(entities, part.lines, stated, graph.ontology, language)
    types = [type_ for name, type_ in graph.ontology.kinds.items() if any(e.type == name for e in entities)]
    return _html(network, graph.ontology, types, language)


def drawing_folder() -> Path:
    """Where the installed pyvis keeps the script that draws, `vis-network.min.js`."""
    return Path(Network().template_dir) / "lib" / "vis-9.1.2"


# ---- How it is drawn


def _network(
    entities: Sequence[Entity], edges: Sequence[Line], stated: _Assertions, ontology: Ontology, language: Language
) -> Network:
    network = Network(directed=True, cdn_resources="in_line")
    degrees = Counter(end for edge in edges for end in (edge.subject, edge.object))
    places = canvas.places([entity.id for entity in entities], [(edge.subject, edge.object) for edge in edges])
    sizes = _sizes(entities, degrees, places)
    for entity in entities:
        x, y = places[entity.id]
        network.add_node(entity.id, **_node(entity, ontology, language), x=x, y=y, **sizes[entity.id])
    names = {entity.id: shorten(entity.label(language), _LABEL) for entity in entities}
    parallel: Counter[frozenset[str]] = Counter()
    for edge in edges:
        ends = frozenset((edge.subject, edge.object))
        network.add_edge(edge.subject, edge.object, **_line(edge, stated, parallel[ends], names, ontology, language))
        parallel[ends] += 1
    network.options = _options()
    return network


def _node(entity: Entity, ontology: Ontology, language: Language) -> dict[str, Any]:
    type_ = ontology.kinds[entity.type]
    colour, shape = canvas.look(type_, ontology)
    kind = _word(language, type_.label_zh, type_.label_en)
    names = [shorten(name, 2 * _LABEL) for name in entity.names[:_ALIASES]]
    return {
        "label": shorten(entity.label(language), _LABEL),
        "shape": shape,
        "color": colour,
        "title": "\n".join((kind, *names)),
        "detail": {"title": names[0], "kind": kind, "names": names},
    }


def _sizes(
    entities: Sequence[Entity], degrees: Mapping[str, int], places: Mapping[str, tuple[int, int]]
) -> dict[str, dict[str, Any]]:
    """How large the entities are drawn: the more statements, the larger. The names of the busiest grow with the
    drawing, so that they can be read when all of it is on the screen."""
    busiest = {entity.id for entity in sorted(entities, key=lambda e: (-degrees[e.id], e.id))[:_NAMED]}
    spread = max((max(axis) - min(axis) for axis in zip(*places.values(), strict=True)), default=0)
    far = max(1.0, (spread + 200) / _SCREEN)
    return {
        entity.id: {
            "size": sqrt(far) * min(60.0, 9 + 4 * sqrt(degrees[entity.id])),
            "font": {"size": round(13 * far) if entity.id in busiest else 13},
        }
        for entity in entities
    }


def _line(
    edge: Line, stated: _Assertions, parallel: int, names: Mapping[str, str], ontology: Ontology, language: Language
) -> dict[str, Any]:
    assertions = [stated[tie.id] for tie in edge.ties if tie.id in stated]
    relation = ontology.relations[edge.predicate]
    said = _word(language, relation.label_zh, relation.label_en)
    modality = _word(language, *ontology.modality_labels[edge.modality])
    belief = f"{_word(language, '信度', 'belief')} {edge.belief:.2f}"
    facts = [modality, *_qualifiers(assertions, ontology, language), belief]
    quotes = [_quoted(evidence) for assertion in assertions for evidence in assertion.evidence][:_SENTENCES]
    title = f"{names[edge.subject]} —{said}→ {names[edge.object]}"
    return {
        "label": said if edge.modality != "negated" else f"{said}（{modality}）",
        "title": "\n".join((title, " · ".join(facts), *(f"{q['place']} {q['text']}" for q in quotes[:3]))),
        "color": _NEGATED if edge.modality == "negated" else _PLAIN,
        "dashes": edge.modality == "proposed",
        "width": 1 + 2 * edge.belief,
        "smooth": {"type": "curvedCW" if parallel % 2 else "curvedCCW", "roundness": 0.12 * (1 + parallel // 2)},
        "detail": {"title": title, "facts": facts, "quotes": quotes},
    }


def _qualifiers(assertions: Iterable[Assertion], ontology: Ontology, language: Language) -> list[str]:
    """What the statements say of themselves, each thing once."""
    found = [part for assertion in assertions for part in told(assertion, ontology, language)]
    return [shorten(part, 2 * _LABEL) for part in dict.fromkeys(found)]


def _quoted(evidence: Evidence) -> dict[str, str]:
    return {"place": shorten(citation(evidence), 2 * _LABEL), "text": shorten(evidence.quote, _QUOTE)}


def _legend(types: Iterable[EntityType], ontology: Ontology, language: Language) -> list[dict[str, str]]:
    rows = ((canvas.look(type_, ontology), _word(language, type_.label_zh, type_.label_en)) for type_ in types)
    return [{"colour": colour, "shape": shape, "label": label} for (colour, shape), label in rows]


def _options() -> dict[str, Any]:
    fonts = "Noto Sans CJK SC, Noto Sans SC, PingFang SC, Microsoft YaHei, WenQuanYi Micro Hei, sans-serif"
    return {
        "nodes": {
            "font": {"face": fonts, "strokeWidth": 4, "strokeColor": "#ffffff"},
            "borderWidth": 1,
            # names do not grow further when one zooms in
            "scaling": {"label": {"maxVisible": 20}},
        },
        "edges": {
            "arrows": {"to": {"enabled": True, "scaleFactor": 0.6}},
            "font": {"face": fonts, "size": 13, "color": "#333333", "strokeWidth": 3},
            "scaling": {"label": {"drawThreshold": 7}},
        },
        "layout": {"improvedLayout": False, "randomSeed": 1},
        "interaction": {"hover": True, "tooltipDelay": 150, "keyboard": {"enabled": True, "bindToWindow": False}},
        # everything lies where `canvas.places` has put it
        "physics": {"enabled": False},
    }


# ---- The page


def _html(network: Network, ontology: Ontology, types: Iterable[EntityType], language: Language) -> str:
    folders = [FileSystemLoader(_TEMPLATES), FileSystemLoader(Path(network.template_dir))]
    network.templateEnv = Environment(loader=ChoiceLoader(folders), autoescape=True)
    network.templateEnv.globals.update(
        language=language,
        words={name: words()[language][name] for name in _SAID},
        legend=_legend(types, ontology, language),
        modalities={name: _word(language, *labels) for name, labels in ontology.modality_labels.items()},
    )
    network.path = "graph.html"
    return str(network.generate_html())


_SAID = (
    *("title", "evidence", "names", "statements"),
    *("view_search", "view_none", "view_hint", "view_empty", "view_graph", "view_legend"),
)
"""What the drawn graph says."""


@cache
def words() -> dict[str, dict[str, str]]:
    """What the explorer and the drawn graph say, by language."""
    found: dict[str, dict[str, str]] = json.loads((_TEMPLATES / "words.json").read_text(encoding="utf-8"))
    return found


def _word(language: Language, zh: str, en: str) -> str:
    return zh if language == "zh" else en
