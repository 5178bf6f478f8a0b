"""The list of references at a document's end: where its entries begin and end, and what each says.

Entries follow GB/T 7714 with or without marks of kind (`[J]`), the style of Chinese journals that leave these out, or
English styles. What is not understood stays empty; the entry's own text is always kept.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ingest.marks import CITATION_KINDS, HAN, cites_in
from kg.model import Reference, Section, WorkKind

# --- entries ----------------------------------------------------------------------------------------------------------

_HEADING = re.compile(
    r"\s*(?:#+\s*)?[【\[]?\s*(?:参\s*考\s*文\s*献|References|REFERENCES|Bibliography)\s*[】\]]?\s*[:：]?"
)
_BRACKETED = re.compile(r"^[ \t]*(?:[-*•]\s+)?[\[［【(（]\s*(\d{1,3})\s*[\]］】)）][.．]?[ \t]*", re.MULTILINE)
_INLINE = re.compile(r"(?<=[.。．\]］>\d)）])[ \t]*[\[［](\d{1,3})[\]］][.．]?[ \t]*(?=[^\s.。\[［])")
_BARE = re.compile(
    r"^[ \t]*(?:[-*•]\s+)?(\d{1,3})(?:[.．、](?!\d)|(?=[^\d.．,，:：;；)）\]\-–—~～/+]))[ \t]*", re.MULTILINE
)
_ENDED = re.compile(r"[.。．\d)）\]>][\s*]*$")
_AHEAD = 6
"""How many numbers may be missing from a list of references before one."""
_LONGEST = 1500
"""The longest entry, in characters."""


@dataclass(frozen=True, slots=True)
class _Start:
    """Where an entry begins: its label, the offset of the label, and of what stands behind it."""

    label: str
    at: int
    body: int


def read_references(text: str, sections: Sequence[Section]) -> tuple[Reference, ...]:
    """The entries of the document's list of references, in its order, each with what was understood of it.

    `sections` are those of the text; only those of the kind `references` are read. Offsets are the text's own."""
    found: list[Reference] = []
    for start, end in _stretches(sections):
        starts = _starts(text, start, end) or _unnumbered(text, start, end)
        for this, behind in zip(starts, [*(s.at for s in starts), end][1:], strict=True):
            if entry := _entry(text, this, min(behind, this.at + _LONGEST)):
                found.append(entry)
    return tuple(found)


def cited_labels(text: str, sections: Sequence[Section]) -> tuple[str, ...]:
    """The labels that citation marks name anywhere but in the front matter and the list itself, in their order."""
    labels = (
        label
        for section in sections
        if section.kind in CITATION_KINDS
        for _, label in cites_in(text, section.start, section.end)
    )
    return tuple(dict.fromkeys(labels))


def _stretches(sections: Sequence[Section]) -> Iterator[tuple[int, int]]:
    """The stretches of the text that hold references; sections that follow each other are one."""
    joined: list[tuple[int, int]] = []
    last = -2
    for n, section in enumerate(sections):
        if section.kind != "references":
            continue
        if last == n - 1:
            joined[-1] = (joined[-1][0], section.end)
        else:
            joined.append((section.start, section.end))
        last = n
    return iter(joined)


def _starts(text: str, start: int, end: int) -> list[_Start]:
    """Where the numbered entries begin: numbers in brackets, else bare ones. A number counts where it is new and not
    far from those before it."""
    head = _HEADING.match(text, start, end)
    first = head.end() if head else start
    bracketed = [*_BRACKETED.finditer(text, first, end), *_INLINE.finditer(text, first, end)]
    if head and (at := _BRACKETED.match(text[first : first + 20])):
        # the first entry on the line of the heading
        return _in_order([_Start(at[1], first, first + at.end()), *_sorted(bracketed)])
    found = _in_order(_sorted(bracketed))
    return found or _in_order(_sorted(_BARE.finditer(text, first, end)))


def _sorted(matches: Iterator[re.Match[str]] | list[re.Match[str]]) -> list[_Start]:
    return sorted({_Start(m[1], m.start(), m.end()) for m in matches}, key=lambda s: s.at)


def _in_order(starts: Sequence[_Start]) -> list[_Start]:
    kept: list[_Start] = []
    seen: set[int] = set()
    for each in starts:
        number = int(each.label)
        highest = max(seen, default=0)
        if number and number not in seen and highest - _AHEAD < number <= highest + _AHEAD:
            kept.append(replace(each, label=str(number)))
            seen.add(number)
    return kept


def _unnumbered(text: str, start: int, end: int) -> list[_Start]:
    """The entries of a list without numbers: lines with a year, behind one that has come to its end."""
    found: list[_Start] = []
    at, ended = start, True
    for line in text[start:end].splitlines(keepends=True):
        if line.strip() and not _HEADING.fullmatch(line.strip()):
            if ended and re.search(r"(?:19|20)\d{2}", line):
                lead = len(line) - len(line.lstrip(" \t-*•"))
                found.append(_Start("", at + lead, at + lead))
            ended = _ENDED.search(line) is not None
        at += len(line)
    return found


def _entry(text: str, start: _Start, end: int) -> Reference | None:
    """The entry that begins there, without what stands behind it before the next one."""
    lines = list(_entry_lines(text, start.body, end))
    if not lines:
        return None
    stop = lines[-1][1]
    own, translated = _languages([text[a:b] for a, b in lines])
    data = _parsed(own)
    if translated:
        other = _parsed(translated)
        data |= {f"{name}_en": other[name] for name in ("authors", "title", "container") if other.get(name)}
        data = {**{name: other[name] for name in _SHARED if name in other}, **data}
    return Reference(start.label, text[start.body : stop], start.body, stop, **data)


_SHARED = ("year", "volume", "issue", "pages", "doi", "url", "date", "accessed")
"""What a translation may add to the entry that it follows: the same in both languages."""
_SOURCED = re.compile(r"(?:19|20)\d{2}|\[[A-Z]")
_ANOTHER_PART = re.compile(r"\s*(?:#|!\[|作者贡献|收稿日期|基金项目|责任编辑|\(责任编辑|（责任编辑)")


def _entry_lines(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """The offsets of the entry's lines without white space. It ends at a heading, or where behind an empty line
    something stands that neither goes on with it nor translates it."""
    at, before, empty = start, "", False
    for line in text[start:end].splitlines(keepends=True):
        a, b = at + len(line) - len(line.lstrip(" \t-*•")), at + len(line.rstrip())
        at += len(line)
        if b <= a:
            empty = bool(before)
            continue
        said = text[a:b]
        if _ANOTHER_PART.match(line) or (
            empty and _ENDED.search(before) and not (HAN.search(before) and _translates(said) and _SOURCED.search(said))
        ):
            return
        yield a, b
        before, empty = before + said, False


def _translates(line: str) -> bool:
    """Whether a line can begin the English translation of a Chinese entry."""
    return re.match(r"[“\"*]?[A-Z]", line) is not None and not HAN.search(line) and len(line) > 20


_IN_LINE = re.compile(r"(?<=[.。．\d])\s+(?=[A-Z][^\u4e00-\u9fff]{30,}$)")


def _languages(lines: Sequence[str]) -> tuple[str, str]:
    """The entry in its own words, and its translation where it has one."""
    for n, line in enumerate(lines):
        if n and _translates(line) and HAN.search("".join(lines[:n])):
            return _joined(lines[:n]), _joined(lines[n:])
    whole = _joined(lines)
    cut = _IN_LINE.search(whole)
    if cut and HAN.search(whole[: cut.start()]) and "(in Chinese)" in whole:
        return whole[: cut.start()], whole[cut.end() :]
    return whole, ""


def _joined(lines: Sequence[str]) -> str:
    """Lines that a page breaks, as one: no space beside Chinese, within an address, or behind its hyphen."""
    text = ""
    for line in lines:
        tight = not text or HAN.match(line) or HAN.match(text[-1]) or re.search(r"://\S*$|\d[-–]$|:$", text)
        text += line if tight else " " + line
    return text


# --- what an entry says -----------------------------------------------------------------------------------------------

_FOLD = str.maketrans("，：；．。（）［］【】〔〕／？！－–—－～　", ",:;..()[][][]/?!-------"[:22])
_MARKUP = re.compile(r"\$\s*([^$]*?)\s*\$|\\(?=[^\w\s])|\*+|(?<=[\s.\]])<(?=https?:)|(?<=\S)>(?=\.?\s*(?:\(in|$))")
_KINDS: Mapping[str, WorkKind] = {
    "J": "journal",
    "N": "newspaper",
    "M": "book",
    "G": "collection",
    "C": "conference",
    "D": "thesis",
    "R": "report",
    "S": "standard",
    "P": "patent",
    "EB": "web",
    "EL": "web",
    "OL": "web",
    "A": "chapter",
    "DB": "data",
    "DS": "data",
    "CP": "other",
    "CM": "other",
    "Z": "other",
}
_KIND = re.compile(
    r"\s*\[\s*(?P<kind>EB|EL|OL|DB|DS|CP|CM|[JNMGCDRSPAZ])\s*(?:/\s*(?:[O0]L|CD|DK|MT))?\s*[\]」](?P<host>\s*//)?"
)
_DOI = re.compile(
    r"(?:(?:https?://)?(?:dx\.)?doi\.org/|\bdoi\s*[:.]?\s*)?(10\.\d{4,9}/[^\s,\[\]<>]*[^\s,\[\]<>.;)])", re.I
)
_URL = re.compile(
    r"(?:(?:h[tp]{1,4}s?|ftp)\s*:\s*/+\s*|\bwww\.)[^\s<>\u4e00-\u9fff\[\]]+"
    r"(?:(?<=[-/._=?&])\s+[^\s<>\u4e00-\u9fff\[\]()]+|\s+[^\s<>\u4e00-\u9fff\[\]()]*[/._=?&][^\s<>\u4e00-\u9fff\[\]]+)*"
)
_ACCESSED = re.compile(r"\[\s*(\d{4})\s*-\s*(\d{1,2})\s*-\s*(\d{1,2})\s*\]")
_ISSUED = re.compile(r"\(\s*(\d{4})\s*-\s*(\d{1,2})\s*-\s*(\d{1,2})\s*\)")
_NOISE = re.compile(r"\(in Chinese\)|Available (?:from|at)\s*:?|\[Accessed[^\]]*\]|Retrieved from\s*:?", re.I)
_YEAR = r"(?P<year>(?:19|20)\d{2})[a-z]?"
_PAGES = r"(?P<pages>[A-Za-z]{0,2}\d+(?:\s*-+\s*[A-Za-z]{0,2}\d+)?(?:\s*[,+]\s*\d+(?:\s*-+\s*\d+)?)*\+?)"
_NUMBERS = rf"(?:[,.]\s*(?P<volume>\d{{1,4}}))?\s*(?:,?\s*\(\s*(?P<issue>[^()]{{1,14}}?)\s*\))?(?:\s*[:,]\s*{_PAGES})?"
_JOURNAL = re.compile(rf"(?P<container>[^,]+?(?:,[^,\d]+?){{0,4}})\s*[,.]\s*{_YEAR}\s*{_NUMBERS}\s*")
_AHEAD_OF_PRINT = re.compile(r"(?P<container>[^,:]+?)\s*[,:]\s*(?P<pages>\d+\s*-\s*\d+)\s*")
_NEWSPAPER = re.compile(
    r"(?P<container>[^,]+?)\s*[,.]\s*(?P<date>(?:19|20)\d{2}\s*-\s*\d{1,2}\s*-\s*\d{1,2})"
    r"\s*(?:\(\s*(?P<issue>[\w\s]{1,8}?)\s*\))?\s*"
)
_BOOK = re.compile(
    r"(?:(?P<container>.+?)\.\s*)??(?:(?P<place>[^:,.]{1,30}|[A-Z][\w\s.]*, [A-Z]{2})\s*:\s*)"
    rf"(?P<publisher>[^:]{{2,80}}?)\s*,\s*{_YEAR}\s*(?:[:,]\s*{_PAGES})?\s*"
)
_THESIS = re.compile(rf"(?P<publisher>[^,.:]{{2,40}}(?:大学|学院|研究院|University|Institute))\s*,\s*{_YEAR}\s*")
_APA = re.compile(
    rf"(?P<authors>[^()]{{2,300}}?)\s*\(\s*{_YEAR}[^()]{{0,20}}\)\s*[.,]?\s*(?P<title>.+?[^A-Z\s])\.\s+(?P<container>[^.]+?)"
    r"(?:,\s*(?P<volume>\d{1,4}))?\s*(?:\(\s*(?P<issue>[^()]{1,14})\s*\))?"
    r"(?:\s*[,:]\s*(?P<pages>[A-Za-z]?\d+(?:\s*-+\s*[A-Za-z]?\d+)?))?\s*\.?\s*"
)
_SCHOOL = re.compile(r"(?:大学|学院|研究院|University|Institute of Technology)$")
_MADE = re.compile(
    r".{1,40}[,，、\s](?:等)?(?:译|编译|编|校|注|主编|译校|编著)(?:者)?$"
    r"|第?\s*\d+\s*版$|\d(?:st|nd|rd|th) ed(?:ition)?$"
)
"""Who translated or edited a work, or which edition it is."""


def _fold(text: str) -> str:
    """The text with Chinese punctuation as ASCII, character for character: what is found in it is at the same place."""
    return text.translate(_FOLD)


def _parsed(entry: str) -> dict[str, Any]:
    """The fields that an entry in one language fills."""
    entry = " ".join(_MARKUP.sub(lambda m: m[1] or "", entry).split())
    data: dict[str, Any] = {}
    entry = _addresses(entry, data)
    if mark := _KIND.search(_fold(entry)):
        data["kind"] = _KINDS[mark["kind"]]
        head, tail = _pieces(entry[: mark.start()]), entry[mark.end() :].strip(" .．。,，")
        _marked_tail(tail, data, in_host=mark["host"] is not None)
    elif apa := _APA.fullmatch(_fold(entry)):
        data |= {"kind": "journal", **_fields(apa, entry)}
        data |= _authors(data.pop("authors"))
        return _whole(data)
    else:
        head = _unmarked(_pieces(entry), data)
        if len(head) == 1 and "kind" not in data:
            # authors, title and source all in one: not understood
            head = []
    _head(head, data)
    return _whole(data)


def _whole(data: dict[str, Any]) -> dict[str, Any]:
    """The fields as a reference takes them, those without a value left out."""
    for name in ("volume", "issue", "pages"):
        if name in data:
            data[name] = re.sub(r"\s", "", re.sub(r"-+", "-", _fold(data[name])))
    if data.get("date"):
        data["date"] = _iso(data["date"])
    if data.get("kind") == "thesis" and data.get("publisher"):
        data["publisher"] = re.sub(r"(?:博士|硕士)?(?:学位|毕业)?论文$", "", data["publisher"])
    if not data.get("year") and data.get("date"):
        data["year"] = int(data["date"][:4])
    return {name: value for name, value in data.items() if value}


def _fields(found: re.Match[str], entry: str) -> dict[str, Any]:
    """The named groups of a match in the folded entry, as the entry itself writes them."""
    data: dict[str, Any] = {
        name: " ".join(entry[found.start(name) : found.end(name)].split(None)).strip(" ,，")
        for name, value in found.groupdict().items()
        if value
    }
    if "year" in data:
        data["year"] = int(data["year"][:4])
    return data


def _addresses(entry: str, data: dict[str, Any]) -> str:
    """Takes DOI, web address and dates of access and publication out of an entry; gives the rest."""
    # of two dates in square brackets, the last is that of access
    for name, pattern in (("accessed", _ACCESSED), ("date", _ISSUED), ("date", _ACCESSED)):
        if name not in data and (dates := [*pattern.finditer(_fold(entry))]):
            day = dates[-1]
            data[name] = _iso("-".join(day.groups()))
            entry = entry[: day.start()] + " " + entry[day.end() :]
    if found := _DOI.search(entry):
        data["doi"] = found[1].rstrip("。．")
        entry = entry[: found.start()] + entry[found.end() :]
    if found := _URL.search(entry):
        data["url"] = re.sub(r"\s", "", found[0]).rstrip(".,;。．，；")
        entry = entry[: found.start()] + entry[found.end() :]
    return " ".join(_NOISE.sub(" ", entry).split()).strip(" .．。,，;；")


def _iso(date: str) -> str:
    """The date as ISO 8601 writes it; empty where there is no such day."""
    year, month, day = (int(part) for part in re.findall(r"\d+", date)[:3])
    return f"{year:04}-{month:02}-{day:02}" if 1 <= month <= 12 and 1 <= day <= 31 else ""


def _marked_tail(tail: str, data: dict[str, Any], *, in_host: bool) -> None:
    """Reads what stands behind the mark of kind."""
    if in_host:
        data["kind"] = {"book": "chapter", "collection": "chapter"}.get(data["kind"], data["kind"])
    folded = _fold(tail)
    journals = data["kind"] in ("journal", "newspaper") or "host" in data
    order = (_NEWSPAPER, _JOURNAL, _AHEAD_OF_PRINT) if journals else (_BOOK, _THESIS, _NEWSPAPER, _JOURNAL)
    for pattern in order:
        if found := pattern.fullmatch(folded):
            data |= _fields(found, tail)
            break
    else:
        if journals and tail and not re.search(r"\d", tail):
            data["container"] = tail
        elif year := re.search(r"(?<!\d)(?:19|20)\d{2}(?!\d)", folded):
            data["year"] = int(year[0])
    if data["kind"] in ("book", "thesis", "report") and not in_host:
        data.pop("container", None)
    if in_host and "container" in data:
        # editors stand before the book that they made
        parts = [part for part in _pieces(data["container"]) if not _MADE.fullmatch(part)]
        data["container"] = ". ".join(parts[-2:] if len(parts) > 1 and not HAN.search(parts[-1]) else parts[-1:])


_DEEP = 12
"""How many pieces from its end an entry's source may begin."""


def _unmarked(pieces: list[str], data: dict[str, Any]) -> list[str]:
    """Reads the source at the end of an entry without a mark of kind; gives the pieces before it."""
    for k in range(len(pieces) - 1, max(len(pieces) - _DEEP, 0), -1):
        tail = ". ".join(pieces[k:])
        found = _source(tail, data)
        if found:
            while k > 2 and "container" in found and re.fullmatch(r"[A-Z][a-z]{1,11}", pieces[k - 1]):
                k -= 1
                found["container"] = f"{pieces[k]}. {found['container']}"
            data |= found
            return _without_host(pieces[:k], data)
    if data.get("url") or data.get("accessed"):
        data.setdefault("kind", "web")
        if len(pieces) > 2 and len(pieces[-1]) <= 20:
            data["container"] = pieces[-1]
            return pieces[:-1]
    return pieces


def _without_host(head: list[str], data: dict[str, Any]) -> list[str]:
    """The pieces before `In: Proceedings of …`, which is the container of what they name."""
    title, host, behind = ". ".join(head).partition("//")
    if host:
        head = [*_pieces(title), f"In: {'. '.join([behind, data.get('container', '')])}".rstrip(". ")]
    for n, piece in enumerate(head[1:], 1):
        if re.match(r"In\s*:\s*", piece):
            data["container"] = re.sub(r"^In\s*:\s*", "", ". ".join(head[n:]))
            data["kind"] = (
                "conference" if re.search("Proceedings|Conference|Symposium", data["container"]) else "chapter"
            )
            return head[:n]
    return [piece for n, piece in enumerate(head) if n < 2 or not _MADE.fullmatch(piece)]


def _source(tail: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of the source that the words name as a whole: a newspaper, a book or thesis, a journal; or none."""
    folded = _fold(tail)
    if found := _NEWSPAPER.fullmatch(folded):
        return {"kind": "newspaper", **_fields(found, tail)}
    if (found := _BOOK.fullmatch(folded)) and not found["container"]:
        fields = _fields(found, tail)
        return {"kind": "thesis" if _SCHOOL.search(fields["publisher"]) else "book", **fields}
    if found := _THESIS.fullmatch(folded):
        return {"kind": "thesis", **_fields(found, tail)}
    if found := _JOURNAL.fullmatch(folded):
        return {"kind": "web" if data.get("url") and not found["pages"] else "journal", **_fields(found, tail)}
    return {}


# --- authors and title ------------------------------------------------------------------------------------------------

_STOP = re.compile(r"\.")
_NAME_HAN = re.compile(
    r"(?:[\[(（【〔].{1,4}[\])）】〕]\s*)?[\u4e00-\u9fff]{1,4}(?:[·•・.][\u4e00-\u9fffA-Z.·]{1,12})*$"
)
_WORD = r"(?:[A-ZÀ-Þ][\w'’\-À-ÿ]*\.?|van|von|de|den|der|Van|da|di|la|Den)"
_NAME_LATIN = re.compile(rf"{_WORD}(?:[ -]{_WORD}){{0,5}}$")
_BODY = re.compile(
    r"(?:组|会|院|所|中心|部|局|委|署|厅|处|社|公司|大学|集团|政府|银行|办公室|联盟|国务院|网|小组|基金)$"
    r"|Office|Council|Committee|Commission|Bank|Ministry|Department|Agency|Organi[sz]ation|Association|Academy|Institute"
)
_OTHERS = re.compile(r"^等$|^et\.? ?al\.?$", re.IGNORECASE)


def _pieces(text: str) -> list[str]:
    """The parts that full stops divide, as the text writes them: not at initials, abbreviations and decimals."""
    text = re.sub(r"(?<=[?!])\s+(?=In\s*:)", ". ", text)
    folded, parts, at = _fold(text), [], 0
    for stop in _STOP.finditer(folded):
        if _divides(folded, stop.start()):
            parts.append(text[at : stop.start()])
            at = stop.end()
    parts.append(text[at:])
    return [part.strip(" ,，") for part in parts if part.strip(" ,，.．。")]


def _divides(text: str, at: int) -> bool:
    """Whether the point there ends an author, title or source: by what stands before it and behind it."""
    before, behind = text[max(at - _NEAR, 0) : at].rstrip(". "), text[at + 1 : at + _NEAR].lstrip()
    if not before or not behind or behind[0] in ",;:)&.":
        return False
    spaced = text[at + 1] == " "
    initial = re.search(r"(?:^|[\s,.\-])[A-Z]$", before) is not None
    if HAN.match(before[-1]) or before[-1] in ")]”》\"'’?!>%+":
        return not behind[0].islower()
    if before[-1].isdigit():
        return HAN.match(behind[0]) is not None or re.match(r" *[A-Z](?:[a-z]{2}|[A-Z])", text[at + 1 :]) is not None
    if initial and re.fullmatch(r"(?:[A-Z]\.\s*)*[A-Z]", before):
        return False
    if initial:
        # not between initials, nor between an initial and a family name
        if re.match(r"[A-Z](?:[.,\s-]|$)(?!\s*[a-z])", behind) or behind[0].islower():
            return False
        return spaced or re.match(r"\S+\.", behind) is None
    if re.search(r"\b(?:al|etc|vs|No|Vol|Dr|St|Eds?|Inc|Ltd|Co)$", before) and spaced:
        return before.endswith("al")
    return not behind[0].islower() and (not behind[0].isdigit() or not before[-1].isupper())


_NEAR = 60
"""How far around a full stop is looked to see what it ends, in characters."""


def _head(pieces: list[str], data: dict[str, Any]) -> None:
    """Reads authors and title from the pieces before the source."""
    if len(pieces) > 2 and all(map(_is_person, _parts(pieces[0]))) and _lists_people(pieces[1]):
        # a foreign name with a full stop in it
        pieces = [".".join(pieces[:2]), *pieces[2:]]
    if len(pieces) == 1 and data.get("container") and data.get("kind") == "journal" and _lists_people(pieces[0], 1):
        # authors, and a title with its year: what looked like the journal
        pieces = [*pieces, data.pop("container")]
    if len(pieces) > 1 and _names_authors(pieces[0]):
        data |= _authors(pieces[0])
        pieces = pieces[1:]
    if pieces:
        data["title"] = ". ".join(pieces) if not HAN.search("".join(pieces)) else ".".join(pieces)


def _names_authors(piece: str) -> bool:
    """Whether what stands before the title can name who wrote it: people, or a body."""
    parts = _parts(piece)
    if len([part for part in parts if _is_person(part)]) * 2 > len(parts) or _BODY.search(piece):
        return True
    return len(piece) <= (12 if HAN.search(piece) else 80) and piece[-1] not in "?!"


def _lists_people(piece: str, least: int = 2) -> bool:
    """Whether the piece is a list of names of people, and nothing else; a single one shows by its initials."""
    parts = _parts(piece)
    initials = HAN.search(piece) is None and re.search(r"\b[A-Z]\b", piece) is not None
    return len(parts) >= least and all(map(_is_person, parts)) and (least > 1 or initials)


def _is_person(part: str) -> bool:
    latin = part.replace(",", "")
    return bool(_OTHERS.match(part) or _NAME_HAN.match(_role_off(part)) or _NAME_LATIN.match(latin))


def _parts(piece: str) -> list[str]:
    """The single names of a list; initials that a comma parts from their family name belong to it."""
    names: list[str] = []
    for part in re.split(
        r"\s*(?:[,，;；、&]|\band\b)\s*", re.sub(r"(?<=[\u4e00-\u9fff])\s+(?=[\u4e00-\u9fff])", "", piece)
    ):
        part = re.sub(r"(?<=[a-z])\s*(et\.? ?al)\.?$", "", part)
        if names and re.fullmatch(r"(?:[A-Z]\.?[ -]?){1,4}", part):
            names[-1] += f", {part}" if "." in part else f" {part}"
        elif part.strip(" .．"):
            names.append(part.strip() if re.search(r"\b[A-Z]\.$", part) else part.strip(" .．"))
    return names


def _role_off(name: str) -> str:
    """The name without the word for what its bearer did: 主编, 译 …"""
    return re.sub(r"(?<=[\u4e00-\u9fff]{2})\s*(?:主编|编著|编译|编)$", "", name)


def _authors(piece: str) -> dict[str, Any]:
    parts = _parts(piece)
    if not HAN.search(piece) and not any(map(_is_person, parts)):
        # the name of a body, its commas and all
        parts = [piece]
    broken = [part for part in parts if _OTHERS.match(part)] or re.search(r"(?:等|\bet\.? ?al\.?)$", piece.strip())
    names = [re.sub(r"(?<=[\u4e00-\u9fff]{2})等$", "", _role_off(part)) for part in parts if not _OTHERS.match(part)]
    return {"authors": tuple(names), "others": bool(broken)}
