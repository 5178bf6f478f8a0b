"""How a table is built: which rows are its head, which columns tell what a row is about, which hold figures.

Where a text has lost part of a table, this shows in rows that do not fit the head. Their figures are given to a column
only where the figures themselves prove that it is the one (they add up to its total); else they stay unread.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from itertools import combinations
from typing import Literal

from ingest.table_sources import Grid
from ingest.table_words import (
    Measure,
    Names,
    Number,
    are_fused,
    is_about_time,
    is_missing,
    is_serial,
    is_time,
    is_total,
    is_year,
    looks_damaged,
    number,
    parted,
)
from kg.model import CellRole, TableFinding
from kg.ontology import Ontology

Place = tuple[int, int]
ColumnKind = Literal["key", "serial", "measure", "text", "empty"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its heading from the top down, the unit in it left out, and that unit. `block` counts the tables that
    stand side by side in one."""

    index: int
    path: tuple[str, ...]
    measure: Measure | None
    kind: ColumnKind
    block: int = 0
    declared: bool = False
    """Whether the head says that figures stand here: by a unit, or the name of an indicator."""

    @property
    def label(self) -> str:
        """The heading in one line."""
        return " / ".join(part for part in self.path if part)


@dataclass(frozen=True, slots=True)
class Slot:
    """A cell with a figure in it and the column that it belongs to."""

    place: Place
    column: int
    number: Number


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the body, or its part in one block: what it is about from the outermost, the cells that say so (one that
    stands for several rows is named with each of them), and its figures."""

    index: int
    block: int
    keys: tuple[str, ...]
    places: tuple[Place, ...]
    slots: tuple[Slot, ...]

    @property
    def key(self) -> str:
        """The innermost key."""
        return self.keys[-1] if self.keys else ""

    @property
    def total(self) -> bool:
        """Whether it is the sum of others."""
        return any(map(is_total, self.keys[-1:]))


@dataclass
class Layout:
    """What `lay_out` found. `roles` has every cell that is not of the role `text` or `empty`."""

    columns: list[Column] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    roles: dict[Place, CellRole] = field(default_factory=dict)
    findings: list[TableFinding] = field(default_factory=list)
    title: str = ""
    corner: str = ""
    """The heading of the first column of keys."""


def lay_out(grid: Grid, names: Names, ontology: Ontology) -> Layout:
    """How a grid is built."""
    return _Builder(grid, names, ontology).layout()


def finding(
    rule: str, cells: Sequence[Place], zh: str, en: str, severity: Literal["warning", "info"] = "warning"
) -> TableFinding:
    """Something odd about those cells."""
    return TableFinding(rule, severity, tuple(sorted(set(cells))), zh, en)


_HIGHEST_HEAD = 4


class _Builder:
    def __init__(self, grid: Grid, names: Names, ontology: Ontology) -> None:
        self.grid, self.names, self.ontology = grid, names, ontology
        self.found = Layout()

    # ---- Cells

    def text(self, row: int, column: int) -> str:
        cell = self.grid.at(row, column)
        return cell.text if cell else ""

    @cached_property
    def owners(self) -> dict[Place, Place]:
        """The first place of the cell that covers a place."""
        return {
            (r, c): place
            for place, cell in self.grid.cells.items()
            for r in range(place[0], place[0] + cell.rows)
            for c in range(place[1], place[1] + cell.columns)
        }

    def owner(self, row: int, column: int) -> Place | None:
        return self.owners.get((row, column))

    def words(self, row: int) -> list[str]:
        """The words of a row, each cell once, the empty ones left out."""
        places = dict.fromkeys(place for c in range(self.grid.width) if (place := self.owner(row, c)))
        return [text for place in places if (text := self.grid.cells[place].text)]

    def numeric(self, row: int, column: int) -> bool:
        """Whether a cell is a number, or the remains of one."""
        text = self.text(row, column)
        return bool(text) and (number(text) is not None or looks_damaged(text))

    # ---- The whole

    def layout(self) -> Layout:
        first = self._titles()
        heads = self._heads(first)
        body = range(first + heads, self.grid.height)
        self.body = [r for r in body if self.words(r)]
        self.found.columns = self._columns(range(first, first + heads))
        measures = [c for c in self.found.columns if c.kind == "measure" or c.declared]
        if not any(self.numeric(r, c.index) for r in self.body for c in measures):
            self.found.findings.append(_WORDS_ONLY)
            return self.found
        shifted = self._shifted()
        self._read_rows(shifted)
        self._mark_missing()
        return self.found

    def _titles(self) -> int:
        """How many leading rows are one cell across the whole table: its title, or a line under it."""
        first = 0
        while first < self.grid.height - 2:
            words, owner = self.words(first), self.owner(first, 0)
            cell = self.grid.cells[owner] if owner else None
            whole = (
                cell is not None and cell.text and (cell.columns == self.grid.width or self.grid.lengths[first] == 1)
            )
            if not (whole and len(words) == 1 and number(words[0]) is None):
                break
            assert owner is not None
            self.found.roles[owner] = "title"
            self.found.title = self.found.title or words[0]
            first += 1
        return first

    def _heads(self, first: int) -> int:
        """How many rows from `first` on are the head."""
        marked = max(0, self.grid.heads - first)
        found = marked
        while first + found < self.grid.height and self._is_head(first + found, found):
            if marked and self.text(first + found, 0):
                # a row with a key behind the marked head is one of words or of what is left of figures
                break
            found += 1
        if first + found >= self.grid.height or found > max(_HIGHEST_HEAD, marked):
            # nothing but words: the first row is the head, if any is
            found = max(1, marked) if first + marked < self.grid.height else 1
        return found

    def _is_head(self, row: int, before: int) -> bool:
        words = self.words(row)
        if not words:
            return before == 0
        if is_year(self.text(row, 0)) or any(is_missing(word) for word in words):
            return False
        if any((number(word) and not is_year(word)) or looks_damaged(word) for word in words):
            return False
        beyond = [self.text(row, c) for c in range(1, self.grid.width)]
        alone = len(words) == 1 and self.text(row, 0) == words[0]
        owner = self.owner(row, 0)
        if alone and not before and owner and self.grid.cells[owner].rows > 1:
            # its heading goes on below, the others are empty here
            return True
        return any(beyond) and not (alone and before)

    # ---- Columns

    def _columns(self, heads: range) -> list[Column]:
        for r in heads:
            for c in range(self.grid.width):
                if (place := self.owner(r, c)) and self.grid.cells[place].text:
                    self.found.roles[place] = "header"
        used = self._whole_heads(heads)
        blocks = self._blocks(used)
        made = [self._column(c, used, blocks) for c in range(self.grid.width)]
        return [self._settled(column, made) for column in made]

    def _whole_heads(self, heads: range) -> list[int]:
        """The rows of the head whose cells stand over the columns that they belong to: one that is shorter than the
        table has lost how its cells spread."""
        short = [r for r in heads if r != heads[-1] and self.grid.lengths[r] < self.grid.width]
        if worded := [r for r in short if self.words(r)]:
            cells = [place for r in worded for c in range(self.grid.width) if (place := self.owner(r, c))]
            self.found.findings.append(
                finding(
                    "short-header",
                    cells,
                    f"表头第{_list(worded)}行的单元格比表少，不知各管哪几列，未用于列名。",
                    f"Row {_list(worded)} of the head has fewer cells than the table: which columns they stand over is "
                    "not known, and they are left out of the headings.",
                    "info",
                )
            )
        return [r for r in heads if r not in short]

    def _path(self, column: int, heads: Sequence[int]) -> tuple[str, ...]:
        texts = [self.text(r, column) for r in heads]
        return tuple(_tidy(t) for n, t in enumerate(texts) if t and (n == 0 or t != texts[n - 1]))

    def _blocks(self, heads: Sequence[int]) -> int:
        """How many tables stand side by side: a row of headings that repeats."""
        lasts = [(self._path(c, heads) or ("",))[-1] for c in range(self.grid.width)]
        for count in (2, 3, 4):
            size, rest = divmod(len(lasts), count)
            if rest or size < 2 or not lasts[0]:
                continue
            parts = [lasts[n * size : (n + 1) * size] for n in range(count)]
            alike = sum(len({part[i] for part in parts}) == 1 for i in range(size))
            if alike >= max(2, size * 0.6) and len({part[0] for part in parts}) == 1:
                return count
        return 1

    def _column(self, column: int, heads: Sequence[int], blocks: int) -> Column:
        path = list(self._path(column, heads))
        unit: Measure | None = None
        for n in reversed(range(len(path))):
            bare, unit = parted(path[n], self.ontology)
            if unit:
                path[n] = bare
                break
        named = bool(path) and self.names.known(path[-1], ("Indicator",)) is not None
        block = column * blocks // self.grid.width
        return Column(column, tuple(path), unit, self._kind(column, path), block, unit is not None or named)

    def _kind(self, column: int, path: Sequence[str]) -> ColumnKind:
        texts = [text for r in self.body if (text := self.text(r, column))]
        filled = [text for text in texts if not is_missing(text)]
        if not filled:
            return "empty" if not texts else "measure"
        numbers = [text for text in filled if number(text) or looks_damaged(text)]
        label = path[-1] if path else ""
        if is_serial(label) or (not label and _counts_up(filled)):
            return "serial"
        if all(map(is_time, filled)) and (column == 0 or is_about_time(label)):
            return "key"
        return "measure" if len(numbers) * 2 >= len(filled) else "text"

    def _settled(self, column: Column, made: Sequence[Column]) -> Column:
        """Columns of words, and of years, are keys where they stand before the first figures of their block; the first
        one of words is where none does."""
        if column.kind not in ("text", "key"):
            return column
        block = [c for c in made if c.block == column.block]
        first = next((c.index for c in block if c.kind == "measure" or c.declared), -1)
        leading = [c.index for c in block if c.kind in ("text", "key") and c.index < first and not c.declared]
        words = [c.index for c in block if c.kind == "text" and not c.declared]
        is_key = column.index in (leading or words[:1])
        kind: ColumnKind = "key" if is_key else "text"
        return Column(column.index, column.path, column.measure, kind, column.block, column.declared)

    # ---- Rows that do not fit the head

    def _shifted(self) -> dict[int, int]:
        """The rows with words where the head has figures → how many leading cells are keys in them."""
        declared = [c.index for c in self.found.columns if c.declared and c.kind in ("measure", "text")]
        if not declared or self.found.columns[-1].block:
            return {}
        first = declared[0]
        found: dict[int, int] = {}
        for r in self.body:
            text = self.text(r, first)
            if text and not is_missing(text) and not self.numeric(r, first):
                rest = range(first + 1, self.grid.width)
                keys = next((c for c in rest if self.numeric(r, c) or is_missing(self.text(r, c))), 0)
                if keys:
                    found[r] = keys
        return found if len(found) > 1 else {}

    def _placing(self, shifted: dict[int, int]) -> dict[int, dict[int, int]]:
        """Row → its cells with figures → the columns that they belong to, for the rows that do not fit the head."""
        measures = [c.index for c in self.found.columns if c.declared or (c.kind == "measure" and c.path)]
        placing: dict[int, dict[int, int]] = {}
        for shape in sorted({(keys, self.grid.lengths[r]) for r, keys in shifted.items()}):
            keys, length = shape
            rows = [r for r, k in shifted.items() if (k, self.grid.lengths[r]) == shape]
            cells = list(range(keys, length))
            if len(cells) == len(measures):
                placing |= {r: dict(zip(cells, measures, strict=True)) for r in rows}
            elif len(cells) < len(measures):
                chosen = self._proven(rows, cells, measures, shifted)
                self.found.findings.append(self._lost(rows, cells, measures, chosen))
                placing |= dict.fromkeys(rows, chosen)
            else:
                placing |= {r: {} for r in rows}
                self.found.findings.append(_ragged(rows))
        return placing

    def _proven(
        self, rows: Sequence[int], cells: Sequence[int], measures: Sequence[int], shifted: dict[int, int]
    ) -> dict[int, int]:
        """The columns that the cells belong to, where sums against a total leave only one way; else nothing."""
        totals = [r for r in self.body if r not in shifted and is_total(self.text(r, 0))]
        ways = [
            dict(zip(cells, chosen, strict=True))
            for chosen in combinations(measures, len(cells))
            if totals and all(self._adds_up(rows, c, totals[0], m) for c, m in zip(cells, chosen, strict=True))
        ]
        return ways[0] if len(ways) == 1 else {}

    def _adds_up(self, rows: Sequence[int], cell: int, total: int, column: int) -> bool:
        parts = [found for r in rows if (found := number(self.text(r, cell)))]
        whole = number(self.text(total, column))
        if whole is None or len(parts) < max(2, len(rows) - len(rows) // 10):
            return False
        measure = self.found.columns[column].measure
        if (
            measure
            and measure.one.kind not in ("count", "amount")
            and not (measure.one.unit == "%" and whole.value == 100)
        ):
            # rates do not add up; only shares do, to the whole
            return False
        return abs(sum((p.value for p in parts), Decimal(0)) - whole.value) <= rounding([*parts, whole])

    def _lost(
        self, rows: Sequence[int], cells: Sequence[int], measures: Sequence[int], chosen: dict[int, int]
    ) -> TableFinding:
        """What to say of rows with fewer figures than the head has columns for."""
        gone = [m for m in measures if m not in chosen.values()]
        labels = "、".join(f"“{self.found.columns[m].label}”" for m in gone)
        english = ", ".join(f"“{self.found.columns[m].label}”" for m in gone)
        headings = [place for m in gone for r in range(self.grid.height) if self._heads_column(place := (r, m))]
        if not chosen:
            return finding(
                "lost-column",
                [*headings, *((r, c) for r in rows for c in cells if self.owner(r, c) == (r, c))],
                f"第{_span(rows)}行只有{len(cells)}个数，表头却有{len(measures)}列数（{labels}）：有列丢失，"
                "不能断定这些数属于哪一列，未读。",
                f"Rows {_span(rows)} have {len(cells)} figure(s) where the head has {len(measures)} columns "
                f"({english}): a column was lost, and nothing proves which one the figures belong to: not read.",
            )
        kept = "、".join(f"“{self.found.columns[m].label}”" for m in chosen.values())
        return finding(
            "lost-column",
            headings,
            f"第{_span(rows)}行缺{labels}一列：文本丢失了它；现有的数按合计核对属于{kept}。缺的数未补。",
            f"Rows {_span(rows)} have no figure for {english}: the text lost that column. Their figures belong to "
            f"{kept}, since they add up to its total. Nothing is filled in.",
        )

    def _heads_column(self, place: Place) -> bool:
        return self.owner(*place) == place and self.found.roles.get(place) == "header"

    # ---- Rows

    def _read_rows(self, shifted: dict[int, int]) -> None:
        placing = self._placing(shifted)
        self._check_lengths(shifted)
        self._check_fused()
        blocks = self.found.columns[-1].block + 1
        above: dict[tuple[int, int], tuple[str, Place]] = {}
        group: tuple[str, Place] | None = None
        corners = [c for c in self.found.columns if c.kind == "key"]
        self.found.corner = corners[0].label if corners else ""
        for r in self.body:
            if label := self._group(r):
                group = label
                self.found.roles[label[1]] = "group"
                above.clear()
                continue
            for block in range(blocks):
                keys = self._keys(r, block, shifted.get(r), above)
                if row := self._row(r, block, [*([group] if group else []), *keys], placing.get(r)):
                    self.found.rows.append(row)

    def _group(self, row: int) -> tuple[str, Place] | None:
        """The label of a row that has nothing else and stands over the rows below it."""
        words, place = self.words(row), self.owner(row, 0)
        if self.found.columns[-1].block:
            return None
        if len(words) != 1 or place is None or self.grid.cells[place].text != words[0] or number(words[0]):
            return None
        if place[0] != row or self.grid.cells[place].rows > 1 or row == self.body[-1]:
            return None
        return words[0], place

    def _keys(
        self, row: int, block: int, shifted: int | None, above: dict[tuple[int, int], tuple[str, Place]]
    ) -> list[tuple[str, Place]]:
        """What a row is about; a key that is left empty beside another one is that of the row above."""
        if shifted is None:
            columns = [c.index for c in self.found.columns if c.kind == "key" and c.block == block]
        else:
            columns = list(range(shifted))
        keys: list[tuple[str, Place]] = []
        for n, column in enumerate(columns):
            place, text = self.owner(row, column), self.text(row, column)
            if text and place and (not keys or keys[-1][1] != place):
                below = n + 1 < len(columns)
                spans = self.grid.cells[place].rows > 1 or (below and self._empty_below(row, column, columns[-1]))
                self.found.roles.setdefault(place, "group" if below and spans else "key")
                above[block, n] = (text, place)
                for deeper in range(n + 1, len(columns)):
                    above.pop((block, deeper), None)
                keys.append((text, place))
            elif not text and n + 1 < len(columns) and self.text(row, columns[-1]) and (block, n) in above:
                keys.append(above[block, n])
        return keys

    def _empty_below(self, row: int, column: int, last: int) -> bool:
        below = [r for r in self.body if r > row][:1]
        return bool(below) and not self.text(below[0], column) and bool(self.text(below[0], last))

    def _row(self, row: int, block: int, keys: list[tuple[str, Place]], placed: dict[int, int] | None) -> Row | None:
        columns = {c.index: c.index for c in self.found.columns if c.kind == "measure" and c.block == block}
        columns |= {
            c.index: c.index for c in self.found.columns if c.declared and c.block == block and c.kind == "text"
        }
        slots = []
        for cell, column in (columns if placed is None else placed).items():
            place = self.owner(row, cell)
            if place and (found := number(self.grid.cells[place].text)) and self._alone(place):
                slots.append(Slot(place, column, found))
                self.found.roles[place] = "value"
        for c in self.found.columns:
            if c.kind == "serial" and c.block == block and (place := self.owner(row, c.index)):
                self.found.roles[place] = "number"
        if not slots:
            return None
        return Row(row, block, tuple(text for text, _ in keys), tuple(place for _, place in keys), tuple(slots))

    def _alone(self, place: Place) -> bool:
        """Whether a cell is one row high and one column wide: a figure across several belongs to none of them."""
        cell = self.grid.cells[place]
        if cell.rows == cell.columns == 1:
            return True
        if not any(f.rule == "spread-figure" and place in f.cells for f in self.found.findings):
            told = finding(
                "spread-figure",
                [place],
                f"{_at(place)}的“{cell.text}”跨多行或多列，不能断定属于哪一格，未读。",
                f"“{cell.text}” at {_at(place, english=True)} spreads over several rows or columns: it is not read.",
            )
            self.found.findings.append(told)
        return False

    def _check_lengths(self, shifted: dict[int, int]) -> None:
        """Rows that are longer than their head hold a cell that no heading is for: their figures may stand under the
        wrong one."""
        heads = [r for r, c in self.found.roles if self.found.roles[r, c] == "header"]
        if not heads:
            return
        wide = self.grid.lengths[max(heads)]
        self._check_short(shifted, wide)
        long = [r for r in self.body if self.grid.lengths[r] > wide and r not in shifted and self.numeric(r, wide)]
        if long:
            self.found.findings.append(_ragged(long))
            self.body = [r for r in self.body if r not in long]

    def _check_short(self, shifted: dict[int, int], wide: int) -> None:
        """Rows of fewer cells than the head: in Markdown the last ones are empty, elsewhere any may have been lost."""
        short = [
            r
            for r in self.body
            if self.grid.lengths[r] < wide
            and r not in shifted
            and any(self.numeric(r, c) for c in range(self.grid.width))
        ]
        if short and self.grid.kind != "pipe":
            self.found.findings.append(
                finding(
                    "short-rows",
                    [],
                    f"第{_span(short)}行的格数少于表头，不能断定缺的是哪一格，其中的数未读。",
                    f"Rows {_span(short)} have fewer cells than the head: which one was lost is not known, and their "
                    "figures are not read.",
                )
            )
            self.body = [r for r in self.body if r not in short]

    def _check_fused(self) -> None:
        """Rows beside one with two numbers in a cell: which of the rows each figure is of is not known."""
        columns = [c.index for c in self.found.columns if c.kind == "measure"]
        fused = {(r, c) for r in self.body for c in columns if are_fused(self.text(r, c)) or self._joined(r, c)}
        labels = {self.owner(r, 0) for r, _ in fused if self.found.columns[0].kind == "key"}
        labels = {place for place in labels if place and self.grid.cells[place].rows > 1}
        beside = {r + step for r, _ in fused for step in (-1, 0, 1)}
        near = sorted(r for r in self.body if r in beside or self.owner(r, 0) in labels)
        if not fused:
            return
        self.found.findings.append(
            finding(
                "fused-rows",
                sorted(fused),
                f"第{_list(sorted({r for r, _ in fused}))}行有格中含两个数：相邻各行错位，第{_span(near)}行的数未读。",
                f"Row {_list(sorted({r for r, _ in fused}))} has two numbers in one cell: the rows around it have "
                f"slipped together, and the figures of rows {_span(near)} are not read.",
            )
        )
        self.body = [r for r in self.body if r not in near]

    def _joined(self, row: int, column: int) -> bool:
        """Whether a number with a space in it is two: the cell above or below, which the other belongs to, is empty."""
        text = self.text(row, column)
        if " " not in text or number(text) is None:
            return False
        beside = [r for r in (row - 1, row + 1) if r in self.body]
        return any(self.words(r) and self.owner(r, column) and not self.text(r, column) for r in beside)

    def _mark_missing(self) -> None:
        damaged: list[Place] = []
        odd: list[Place] = []
        seen: set[Place] = set()
        used = {slot.place for row in self.found.rows for slot in row.slots}
        columns = [c for c in self.found.columns if c.kind == "measure"]
        for r in self.body:
            for c in columns:
                place = self.owner(r, c.index)
                if place is None or place in self.found.roles or place in used or place in seen:
                    continue
                seen.add(place)
                text = self.grid.cells[place].text
                if is_missing(text):
                    self.found.roles[place] = "missing"
                elif looks_damaged(text):
                    damaged.append(place)
                elif text:
                    odd.append(place)
        if damaged:
            words = "、".join(f"“{self.grid.cells[p].text}”（{_at(p)}）" for p in damaged[:5])
            english = ", ".join(f"“{self.grid.cells[p].text}” ({_at(p, english=True)})" for p in damaged[:5])
            self.found.findings.append(
                finding(
                    "damaged-number",
                    damaged,
                    f"{len(damaged)}格像数而不成数，未读：{words}。",
                    f"{len(damaged)} cell(s) look like numbers but are none; they are not read: {english}.",
                )
            )
        if odd:
            words = "、".join(f"“{self.grid.cells[p].text[:20]}”（{_at(p)}）" for p in odd[:5])
            english = ", ".join(f"“{self.grid.cells[p].text[:20]}” ({_at(p, english=True)})" for p in odd[:5])
            self.found.findings.append(
                finding(
                    "words-among-figures",
                    odd,
                    f"数据列中有{len(odd)}格文字：{words}。",
                    f"{len(odd)} cell(s) among figures hold words: {english}.",
                    "info",
                )
            )


_WORDS_ONLY = TableFinding(
    "words-only", "info", (), "表中没有读作数据的格，只保留单元格。", "No cell reads as a figure: the cells are kept."
)


def _ragged(rows: Sequence[int]) -> TableFinding:
    return finding(
        "ragged-rows",
        [],
        f"第{_span(rows)}行的格数多于表头，不能断定各数属于哪一列，未读。",
        f"Rows {_span(rows)} have more cells than the head: which column their figures belong to is not known; they "
        "are not read.",
    )


def rounding(numbers: Sequence[Number]) -> Decimal:
    """How far a sum may be from its total where every number is rounded to its last digit: half of one, for each."""
    return sum((Decimal(5).scaleb(-n.digits - 1) for n in numbers), Decimal(0))


def _counts_up(texts: Sequence[str]) -> bool:
    return len(texts) > 2 and [t.rstrip(".、") for t in texts] == [str(n) for n in range(1, len(texts) + 1)]


def _tidy(text: str) -> str:
    """A heading without the spaces that a line break left beside Chinese characters."""
    made = []
    for n, char in enumerate(text):
        near = text[max(0, n - 1)] + text[min(len(text) - 1, n + 1)]
        if char == " " and any("\u2e80" <= c <= "\uffef" for c in near):
            continue
        made.append(char)
    return "".join(made)


def _at(place: Place, *, english: bool = False) -> str:
    """A cell's place as people count."""
    row, column = place[0] + 1, place[1] + 1
    return f"row {row}, column {column}" if english else f"第{row}行第{column}列"


def _list(rows: Sequence[int]) -> str:
    return ", ".join(str(r + 1) for r in rows)


def _span(rows: Sequence[int]) -> str:
    """Rows as people count them, runs joined: 3–33, 35."""
    parts: list[list[int]] = []
    for r in sorted(rows):
        if parts and r == parts[-1][-1] + 1:
            parts[-1].append(r)
        else:
            parts.append([r])
    return "、".join(f"{p[0] + 1}" if len(p) == 1 else f"{p[0] + 1}–{p[-1] + 1}" for p in parts)


at = _at
