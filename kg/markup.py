"""HTML and SVG that cannot be left unescaped: text becomes markup only through `element`."""

from collections.abc import Iterable
from html import escape
from typing import TypeAlias

_VOID = frozenset({"meta", "link", "input", "br"})


class Markup(str):
    """Text that is markup already. Any other text is escaped where it is put into an element."""

    __slots__ = ()


Child: TypeAlias = "str | Iterable[Child] | None"
"""Text, markup, nothing, or any nesting of them."""
Attribute = str | int | float | bool | None


def element(name: str, /, *children: Child, **attributes: Attribute) -> Markup:
    """An element. Attributes are written with `_` for `-`, and `class_` and the like for reserved words; True stands
    without a value, None and False are left out.

    >>> element("a", "<b>", href="?x&y", class_="own")
    '<a href="?x&amp;y" class="own">&lt;b&gt;</a>'
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    start = f"<{name}{written}>"
    return Markup(start if name in _VOID else f"{start}{joined(children)}</{name}>")


def joined(children: Iterable[Child], between: str = "") -> Markup:
    """The children one after the other, text escaped."""
    return Markup(between.join(_child(child) for child in children))


def _child(child: Child) -> str:
    if child is None or isinstance(child, Markup):
        return child or ""
    return escape(child) if isinstance(child, str) else joined(child)


def _attribute(key: str, value: Attribute) -> str:
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{escape(str(value))}"'
