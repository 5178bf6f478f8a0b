"""The headings in force at every place of a document, and what one cites them by."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from ingest.looks import Unit
from ingest.marks import width
from ingest.numbering import Number

_OUTER_STYLES = ("chapter", "han", "roman", "section")


@dataclass(frozen=True, slots=True)
class Heading:
    """A heading in force. `depth` is how deep it stands by its looks: 0 outermost, 9 a number inside the text."""

    style: str
    label: str
    title: str
    depth: int


@dataclass(slots=True)
class Outline:
    """The headings in force while a document is read from top to bottom; `decimal` is the last decimal number."""

    stack: list[Heading] = field(default_factory=list)
    decimal: tuple[int, ...] = ()

    def enter(self, unit: Unit) -> None:
        """Takes in a heading, or a paragraph that starts with a number, and leaves what it ends."""
        number = self._settled(unit)
        depth = _depth(unit, number)
        if number is None:
            title = _first_sentence(unit.text)
            self._leave(lambda h: h.depth >= depth)
            self.stack.append(Heading("plain", title, title, depth))
            return
        style = self._style(number)
        self._make_room(style, number.label)
        self.stack.append(Heading(style, number.label, _title(unit.text, number), depth))

    def _make_room(self, style: str, label: str) -> None:
        """Leaves the headings that one with that number ends."""
        if any(heading.style == style for heading in self.stack):
            self._leave(lambda h: h.style == style)
        elif style.startswith("decimal") or style in _OUTER_STYLES:
            self._leave(lambda h: h.style == "plain" or (h.style.startswith("decimal") and h.style > style))
        if style.startswith("decimal"):
            self._leave(lambda h: h.style.startswith("decimal") and not label.startswith(h.label + "."))

    def expects(self, unit: Unit) -> bool:
        """Whether a paragraph's number counts: of decimal numbers only one that goes on counting."""
        if unit.number is None or unit.number.style not in ("decimal", "figure"):
            return unit.number is not None
        if unit.item or (unit.role == "text" and unit.number.style == "figure"):
            return False
        return tuple(map(int, unit.number.label.split("."))) in self._successors()

    def _leave(self, ends: Callable[[Heading], bool]) -> None:
        """Drops the first heading for which that holds, and all below it."""
        for i, heading in enumerate(self.stack):
            if ends(heading):
                del self.stack[i:]
                return

    def _style(self, number: Number) -> str:
        """The style of a number; (i) is a Roman one unless it follows (h)."""
        if number.style == "decimal":
            return f"decimal {number.label.count('.') + 1}"
        if number.style == "letter" and number.label in ("(i)", "(v)", "(x)"):
            before = next((h.label for h in self.stack if h.style == "letter"), "")
            return "letter" if before and ord(before[1]) + 1 == ord(number.label[1]) else "small roman"
        return number.style

    def _settled(self, unit: Unit) -> Number | None:
        """A unit's number. Of figures run together with the heading, as many count as follow the number before
        (2.320世纪 is 2.3); a single figure inside a section, or before running text, is a point of that section."""
        number = unit.number
        if number is None or number.style not in ("decimal", "figure"):
            return number
        *outer, last = number.label.split(".")
        options = [tuple(map(int, (*outer, last[:n]))) for n in range(1, len(last) + 1)]
        chosen = next((option for option in options if option in self._successors()), options[-1])
        if chosen not in self._successors() and (len(last) > 2 or chosen[0] > 40):
            return None
        if len(chosen) == 1 and (unit.role == "text" or self._inside(chosen[0])):
            return Number("point", f"({chosen[0]})")
        self.decimal = chosen
        return Number("decimal", ".".join(map(str, chosen)))

    def _inside(self, figure: int) -> bool:
        """Whether a single figure counts points inside the present section."""
        point = next((h.label for h in self.stack if h.style == "point"), "")
        return point == f"({figure - 1})" or (len(self.decimal) > 1 and figure != self.decimal[0] + 1)

    def _successors(self) -> set[tuple[int, ...]]:
        """The numbers that may follow: the next one at every depth, and the first below."""
        at = self.decimal
        return {(*at, 1)} | {(*at[:n], at[n] + 1) for n in range(len(at))} | {(1,)}

    @property
    def label(self) -> str:
        """What one cites: the numbers in force, or the heading where it has none."""
        parts: list[str] = []
        for heading in self.stack:
            if heading.style in ("article", "plain"):
                parts = [heading.label]
            elif heading.style.startswith("decimal") and parts and heading.label.startswith(parts[-1] + "."):
                parts[-1] = heading.label
            else:
                parts.append(heading.label)
        return "".join(parts)

    @property
    def path(self) -> tuple[str, ...]:
        """The headings in force, outermost first."""
        return tuple(heading.title for heading in self.stack)


def _depth(unit: Unit, number: Number | None) -> int:
    """How deep a heading stands by its looks: words that head a paper's parts, marks, a number, a line, bold type."""
    if unit.marks:
        return unit.marks
    if unit.role in ("references", "aside") or unit.heads_part:
        return 0
    if number is not None:
        return 5 if unit.role == "heading" else 9
    return 8 if unit.bold else 7


def _title(text: str, number: Number) -> str:
    """A numbered heading as one writes it: `2.1 Heading`, `(1) Heading`, `一、Heading`, `（一）Heading`."""
    either = {".": "[.．]", "(": "[(（]", ")": "[)）]"}
    if number.style == "point":
        return f"{number.label} {_first_sentence(text.lstrip('0123456789.．、 '))}".strip()
    head = re.match(r"\s*".join(either.get(char) or re.escape(char) for char in number.label), text)
    rest = _first_sentence(text[head.end() if head else 0 :].lstrip(" 、.．:"))
    if number.style == "han":
        return f"{number.label}、{rest}"
    return f"{number.label}{'' if number.style == 'han bracket' else ' '}{rest}".strip()


def _first_sentence(text: str) -> str:
    """A heading's own words, without a stop; the beginning where they are long."""
    first = re.split(r"(?<=[。！？])|(?<=[a-z][.])\s", text, maxsplit=1)[0].rstrip("。；;：:.# ")
    return first if width(first) <= 160 else first[:60] + "…"
