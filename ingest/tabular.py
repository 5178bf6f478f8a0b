"""Tables on a page, found by cells that stand below each other, and written with pipes as Markdown has them."""

import itertools
from collections import Counter
from collections.abc import Sequence

from ingest.typeset import LEADER, Line

_LEAST = 3
"""A table has at least so many rows of several cells."""


def table_rows(rows: Sequence[Line]) -> dict[int, int]:
    """Where tables stand among a column's rows: from the first row's place to the place behind the last one."""
    found: dict[int, int] = {}
    start = 0
    while start < len(rows):
        end = _end(rows, start)
        if (
            rows[start].cells
            and not any(LEADER.search(row.text) for row in rows[start:end])
            and _edges(rows[start:end])
        ):
            found[start] = end
            start = end
        else:
            start += 1
    return found


def _end(rows: Sequence[Line], start: int) -> int:
    """Behind the last row of a run of rows with cells; one without may stand between two that have them."""
    end = start
    for at in range(start, len(rows)):
        if rows[at].cells:
            end = at + 1
        elif at - end >= 1 or rows[at].y - rows[at - 1].y > 3 * rows[at].size:
            break
    return end


def _edges(rows: Sequence[Line]) -> list[tuple[float, float]]:
    """From where to where each column of the table goes; none where the cells do not stand below each other."""
    counts = Counter(len(row.cells) for row in rows if row.cells)
    if sum(counts.values()) < _LEAST:
        return []
    usual, times = max(counts.items(), key=lambda item: (item[1], item[0]))
    if times < 2:
        return []
    regular = [row.cells for row in rows if len(row.cells) == usual]
    edges = [(min(c.x0 for c in column), max(c.x1 for c in column)) for column in zip(*regular, strict=True)]
    return edges if all(a[1] <= b[0] for a, b in itertools.pairwise(edges)) else []


def pipe_table(rows: Sequence[Line]) -> str:
    """The table of those rows. A cell that goes over several columns stands in each of them."""
    edges = _edges(rows)
    lines = [_placed(row.cells or (row,), edges) for row in rows]
    rule = "| " + " | ".join("---" for _ in edges) + " |"
    written = ["| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines]
    return "\n".join([written[0], rule, *written[1:]])


def _placed(cells: Sequence[Line], edges: Sequence[tuple[float, float]]) -> list[str]:
    line = [""] * len(edges)
    for cell in cells:
        over = [n for n, (x0, x1) in enumerate(edges) if cell.x0 < x1 and x0 < cell.x1]
        middle = (cell.x0 + cell.x1) / 2
        nearest = min(range(len(edges)), key=lambda n: abs(sum(edges[n]) / 2 - middle))
        for n in over if over and len(cells) > 1 else [0 if len(cells) == 1 else nearest]:
            line[n] = f"{line[n]} {cell.text}".strip()
    return line
