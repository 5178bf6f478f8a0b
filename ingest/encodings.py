"""From the bytes of a text to its characters: UTF-8, UTF-16 with its mark, GB18030 and Big5, where that is certain."""

import re
from pathlib import Path

from kg.errors import DocumentError

_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
_AS_TEXT = "convert it to text first, as pdftotext or pandoc do"
_FREQUENT = frozenset(
    "的是不在有人和中大为上这国我以要他时会来用们到作地于出就分对成可主发年动同工也能下过时會來們於對發動過為國這"
)
"""The characters most Chinese texts are made of, simplified and traditional."""
_USUAL = re.compile("[\u4e00-\u9fff\u3000-\u303f\x00-\x7e“”‘’—…·（），：；！？％]")
_CERTAIN = 4
"""How many times as many of these characters the right encoding shows as any other one."""
MARKS = (b"\xff\xfe", b"\xfe\xff")
"""What a text in UTF-16 begins with."""


def decode(path: Path, data: bytes, told: str = "") -> str:
    """The characters of a file's bytes. `told` is the encoding that the file itself names, where it does.

    Raises DocumentError where the bytes are no text, or where it is not certain in which encoding they are.
    """
    if told and (text := _as_told(data, told)) is not None:
        return text
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        text = _not_utf8(path, data, error.start)
    control = _CONTROL.search(text)
    if control and ("\x00" in text or len(_CONTROL.findall(text)) > len(text) * 0.1):
        at = len(text[: control.start()].encode("utf-8"))
        raise DocumentError(f"{path} is no text (byte {at} is a control character): {_AS_TEXT}")
    return text


def _as_told(data: bytes, told: str) -> str | None:
    """The text in the encoding that it names; GB2312 and GBK are parts of GB18030, which many name so."""
    name = "gb18030" if re.fullmatch(r"gb_?2312(?:-80)?|gbk|x-gbk", told, re.IGNORECASE) else told
    try:
        return data.decode(name)
    except (UnicodeDecodeError, LookupError):
        return None


def _not_utf8(path: Path, data: bytes, start: int) -> str:
    """The text in the encoding that the bytes are in for certain. Raises DocumentError where that is none."""
    encoding, certain = _encoding(data)
    if encoding and certain:
        return data.decode(encoding)
    if encoding:
        convert = f"iconv -f {encoding} -t UTF-8 {path.name} > {path.stem}.utf8{path.suffix}"
        raise DocumentError(
            f"{path} is not UTF-8 at byte {start} but perhaps {encoding}, not surely: convert it with `{convert}`"
        )
    if b"\x00" in data:
        raise DocumentError(f"{path} is no text (not UTF-8 at byte {start}): {_AS_TEXT}")
    raise DocumentError(f"{path} is not UTF-8 at byte {start}: save it as UTF-8")


def _encoding(data: bytes) -> tuple[str, bool]:
    """The encoding in which bytes that are not UTF-8 make a Chinese text, or nothing; and whether it is certain."""
    if data[:2] in MARKS:
        return ("UTF-16", True) if _likeness(data, "UTF-16") != (0.0, 0.0) else ("", False)
    names = ("GB18030", "BIG5", "UTF-16LE", "UTF-16BE")
    (second, _), (score, name) = sorted((_likeness(data, name), name) for name in names)[-2:]
    if score <= (0.02, 0.5):
        return "", False
    return name, not name.startswith("UTF-16") and score[0] > _CERTAIN * second[0] and score > (0.04, 0.9)


def _likeness(data: bytes, encoding: str) -> tuple[float, float]:
    """How much the bytes look like a text in that encoding: the shares of the most frequent Chinese characters, and
    of any Chinese or ASCII ones. Zero where they cannot be decoded."""
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError:
        return (0.0, 0.0)
    if not text or _CONTROL.search(text):
        return (0.0, 0.0)
    usual = sum(
        "\u4e00" <= char <= "\u9fff"
        or "\u3000" <= char <= "\u303f"
        or char < "\x7f"
        or char in "“”‘’—…·（），：；！？％"
        for char in text
    )
    return sum(char in _FREQUENT for char in text) / len(text), usual / len(text)
