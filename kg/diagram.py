"""A class diagram as SVG: the tree of classes on the left, the relations in the middle, on the right what they lead to.

Every box is a link. Lines carry no words, so nothing overlaps however many relations there are; the style sheet of the
page dims all but the relation or class that is pointed at.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from kg.markup import Markup, element

_ROW = 27
_BOX = 21
_INDENT = 18
_COLUMN = 196
_GAP = 190
_MARGIN = 6
_WIDTH = 3 * _COLUMN + 2 * _GAP + 2 * _MARGIN
_HUES = 8


@dataclass(frozen=True, slots=True)
class Node:
    """A box: where it links to, what it says, what it says in the other language, and how deep it stands."""

    key: str
    label: str
    hint: str
    href: str
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Relation:
    """A relation's box, with the keys of the classes that it joins."""

    node: Node
    sources: tuple[str, ...]
    targets: tuple[str, ...]


def draw(title: str, left: Sequence[Node], relations: Sequence[Relation], right: Sequence[Node]) -> Markup:
    """The diagram. Every source must stand on the left and every target on the right."""
    height = _ROW * max(len(left), len(relations), len(right)) + 2 * _MARGIN
    ys, ye = _spread(left, height), _spread(right, height)
    ordered = sorted(relations, key=lambda relation: _pull(relation, ys, ye))
    ym = _spread([relation.node for relation in ordered], height)
    lines = [_relation(r, ys, ym[r.node.key], ye, number % _HUES) for number, r in enumerate(ordered)]
    ends = _MARGIN, _MARGIN + 2 * (_COLUMN + _GAP)
    trees = [*_tree(left, ys, ends[0], mirrored=False), *_tree(right, ye, ends[1], mirrored=True)]
    return element(
        "svg",
        element("title", title),
        lines,
        trees,
        class_="diagram",
        role="group",
        aria_label=title,
        viewBox=f"0 0 {_WIDTH} {height}",
        width=_WIDTH,
        height=height,
    )


def _spread(nodes: Sequence[Node], height: float) -> dict[str, float]:
    """Key → the middle of its box, the boxes spread evenly over the height."""
    pitch = (height - 2 * _MARGIN) / max(len(nodes), 1)
    return {node.key: _MARGIN + pitch * (number + 0.5) for number, node in enumerate(nodes)}


def _pull(relation: Relation, ys: Mapping[str, float], ye: Mapping[str, float]) -> float:
    """Where a relation stands best: at the mean height of what it joins."""
    ends = [[ys[key] for key in relation.sources], [ye[key] for key in relation.targets]]
    means = [sum(heights) / len(heights) for heights in ends if heights]
    return sum(means) / len(means) if means else 0.0


def _relation(relation: Relation, ys: Mapping[str, float], y: float, ye: Mapping[str, float], hue: int) -> Markup:
    start, middle = _MARGIN + _COLUMN, _MARGIN + _COLUMN + _GAP
    after = middle + _COLUMN
    incoming = [element("path", d=_curve(start, ys[key], middle, y), data_left=key) for key in relation.sources]
    outgoing = [element("path", d=_curve(after, y, after + _GAP, ye[key]), data_right=key) for key in relation.targets]
    box = _box(relation.node, middle, y, _COLUMN)
    return element("g", incoming, outgoing, box, class_=f"relation hue{hue}")


def _curve(x1: float, y1: float, x2: float, y2: float) -> str:
    bend = (x1 + x2) / 2
    return f"M{x1:g} {y1:.1f}C{bend:g} {y1:.1f} {bend:g} {y2:.1f} {x2:g} {y2:.1f}"


def _tree(nodes: Sequence[Node], ys: Mapping[str, float], x: float, *, mirrored: bool) -> Iterable[Markup]:
    """The boxes of a side, indented from the outside, and the elbows from each to its children."""
    for parent, child in _edges(nodes):
        offset = parent.depth * _INDENT + _INDENT / 2
        corner, end = x + offset, x + child.depth * _INDENT
        if mirrored:
            corner, end = x + _COLUMN - offset, x + _COLUMN - child.depth * _INDENT
        yield element(
            "path", class_="elbow", d=f"M{corner:g} {ys[parent.key] + _BOX / 2:.1f}V{ys[child.key]:.1f}H{end:g}"
        )
    for node in nodes:
        indent = node.depth * _INDENT
        box = _box(node, x if mirrored else x + indent, ys[node.key], _COLUMN - indent)
        yield element("g", box, class_="class", data_key=node.key, data_side="right" if mirrored else "left")


def _edges(nodes: Sequence[Node]) -> Iterable[tuple[Node, Node]]:
    """Parent and child, from the depths of nodes that stand in the order of the tree."""
    path: list[Node] = list(nodes[:1])
    for before, node in pairwise(nodes):
        path = [*path[: before.depth], before][: node.depth]
        if path:
            yield path[-1], node


def _box(node: Node, x: float, y: float, width: float) -> Markup:
    return element(
        "a",
        element("title", node.hint),
        element("rect", x=f"{x:g}", y=f"{y - _BOX / 2:.1f}", width=f"{width:g}", height=_BOX, rx=4),
        element("text", node.label, x=f"{x + width / 2:g}", y=f"{y:.1f}"),
        href=node.href,
    )
