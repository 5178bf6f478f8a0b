"""What errors say, in the reader's language.

Errors are raised in English; their Chinese, sentence by sentence, is the table `static/messages.toml`. A sentence that
the table does not have stays English.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from kg.model import Language

_OURS = ("fault", "remedy", "known", "place", "status")
"""The places where words of this program stand; in others stands what a user or a document wrote."""
_LONGEST = 2000
_LONGEST_HEADER = 500
"""Longer ones are hostile."""
_PLACE = re.compile(r"\{(\w+)\}")


def translated(message: str, language: Language) -> str:
    """An error's sentence in that language.

    >>> translated("the store knows no entity named 甲: did you mean 乙?", "zh")
    '图谱中没有名为“甲”的实体：是不是 乙？'
    """
    if language == "en" or len(message) > _LONGEST:
        return message
    for form, chinese in _forms():
        if found := form.fullmatch(message):
            places = found.groupdict().items()
            return chinese.format(
                **{name: translated(said, language) if name in _OURS else said for name, said in places}
            )
    return message


def preferred(header: str) -> Language:
    """The language that an `Accept-Language` header wants most; English where it wants neither.

    >>> preferred("zh-CN,zh;q=0.9,en;q=0.8"), preferred("de, en;q=0.5, zh;q=0.4"), preferred("")
    ('zh', 'en', 'en')
    """
    ranges = [_range(part) for part in header[:_LONGEST_HEADER].split(",")]
    wanted = [(weight, language) for weight, language in ranges if language in ("zh", "en") and weight > 0]
    return "zh" if wanted and max(wanted, key=lambda each: each[0])[1] == "zh" else "en"


def of_locale(environment: Mapping[str, str]) -> Language:
    """The language of messages that the environment of a process asks for: by KG_LANG, or else as POSIX has it.

    >>> of_locale({"LANG": "zh_CN.UTF-8"}), of_locale({"LANG": "zh_CN.UTF-8", "LC_ALL": "C"})
    ('zh', 'en')
    """
    names = ("KG_LANG", "LC_ALL", "LC_MESSAGES", "LANG")
    return "zh" if next(filter(None, map(environment.get, names)), "").lower().startswith("zh") else "en"


def _range(part: str) -> tuple[float, str]:
    """A language, without its region, and how much it is wanted."""
    name, _, weight = (piece.strip().lower() for piece in part.partition(";"))
    number = weight.removeprefix("q=")
    return float(number) if re.fullmatch(r"[01](\.\d{0,3})?", number) else 1.0, name.partition("-")[0]


@cache
def _forms() -> tuple[tuple[re.Pattern[str], str], ...]:
    """The English sentences as patterns, those that say most first, and their Chinese."""
    table = tomllib.loads((Path(__file__).parent / "static" / "messages.toml").read_text(encoding="utf-8"))
    by_words = sorted(table, key=lambda english: -len(_PLACE.sub("", english)))
    return tuple((_pattern(english), table[english]) for english in by_words)


def _pattern(english: str) -> re.Pattern[str]:
    """Matches the sentence with whatever stands in its places; the same place twice holds the same."""
    parts, known = [], set[str]()
    for at, part in enumerate(_PLACE.split(english)):
        if at % 2 == 0:
            parts.append(re.escape(part))
        else:
            parts.append(f"(?P={part})" if part in known else f"(?P<{part}>.*?)")
            known.add(part)
    return re.compile("".join(parts), re.DOTALL)
