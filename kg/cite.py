"""Citing: documents and the works that they cite, as GB/T 7714 (numeric), BibTeX and RIS.

A field that is not known is left out, never made up; where a title is known in a second language, so is it written.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Literal, get_args

from kg.errors import QueryError
from kg.model import Bibliography, Reference, WorkKind

Style = Literal["gbt7714", "bibtex", "ris"]
STYLES: tuple[Style, ...] = get_args(Style)


@dataclass(frozen=True, slots=True)
class Work:
    """What can be cited. `key` names it in BibTeX; `text` is how the citing document writes it, where it is a
    reference; `page` is the page that is pointed to. The other fields are those of `kg.model.Reference`."""

    key: str
    kind: WorkKind = ""
    authors: tuple[str, ...] = ()
    title: str = ""
    container: str = ""
    year: int | None = None
    volume: str = ""
    issue: str = ""
    pages: str = ""
    doi: str = ""
    publisher: str = ""
    place: str = ""
    url: str = ""
    date: str = ""
    accessed: str = ""
    others: bool = False
    authors_en: tuple[str, ...] = ()
    title_en: str = ""
    container_en: str = ""
    keywords: tuple[str, ...] = ()
    text: str = ""
    page: str = ""


def of_document(source: str, found: Bibliography) -> Work:
    """The document of that name as a work: its own language first, English where there is only that.

    Raises QueryError where it does not say its title, without which nothing can be cited."""
    if not (found.title_zh or found.title_en):
        raise QueryError(f"{source} does not say its title, so it cannot be cited: add it at the head of the text")
    own = bool(found.title_zh)
    return Work(
        key=_key(source),
        kind="journal" if found.journal_zh or found.journal_en else "",
        authors=(found.authors if own else found.authors_en) or found.authors or found.authors_en,
        title=found.title_zh or found.title_en,
        container=(found.journal_zh if own else found.journal_en) or found.journal_zh or found.journal_en,
        year=found.year,
        volume=found.volume,
        issue=found.issue,
        pages=found.pages,
        doi=found.doi,
        authors_en=found.authors_en if own else (),
        title_en=found.title_en if own else "",
        container_en=found.journal_en if own else "",
        keywords=found.keywords if own else found.keywords_en,
    )


def of_reference(source: str, found: Reference) -> Work:
    """An entry of the list of references of the document of that name as a work."""
    names = (field for field in Work.__dataclass_fields__ if field not in ("key", "text", "keywords", "page"))
    return Work(
        key=_key(f"{source}-{found.label or found.start}"),
        text=" ".join(found.text.split()),
        **{name: getattr(found, name) for name in names},
    )


def at_page(work: Work, page: str) -> Work:
    """The work with the page that is pointed to. Raises QueryError where the work's own pages exclude it."""
    ends = re.fullmatch(r"(\d+)-(\d+)", work.pages)
    if ends and page.isdecimal() and not int(ends[1]) <= int(page) <= int(ends[2]):
        raise QueryError(f"page {page} is not one of pages {work.pages}: give one of these")
    return replace(work, page=page)


def written(work: Work, style: Style) -> str:
    """The work in that style, on one or more lines. Raises QueryError for a style that there is none of."""
    if style not in STYLES:
        raise QueryError(f"there is no style {style!r}: choose one of {', '.join(STYLES)}")
    return {"gbt7714": _gbt, "bibtex": _bibtex, "ris": _ris}[style](work)


def short(reference: Reference) -> str:
    """A reference on one line for people: authors, title, container, year; its entry where these are not known."""
    if not reference.title:
        return " ".join(reference.text.split())
    names = [*reference.authors[:3], *(["等"] if len(reference.authors) > 3 or reference.others else [])]
    if names and names[-1] == "等" and not _HAN.search(reference.title):
        names[-1] = "et al."
    parts = (", ".join(names), reference.title, reference.container or reference.publisher, str(reference.year or ""))
    return ". ".join(part.rstrip(".") for part in parts if part)


def _key(name: str) -> str:
    """A name as a BibTeX key: ASCII letters, digits, `-` and `_`; told apart by a digest where others are lost."""
    kept = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")
    return kept if kept == name else f"{kept or 'work'}-{sha256(name.encode('utf-8', 'replace')).hexdigest()[:8]}"


_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")


# ---- GB/T 7714

_MARKS: Mapping[WorkKind, str] = {
    "journal": "J",
    "newspaper": "N",
    "book": "M",
    "chapter": "M",
    "collection": "G",
    "conference": "C",
    "thesis": "D",
    "report": "R",
    "standard": "S",
    "patent": "P",
    "web": "EB",
    "data": "DB",
    "other": "Z",
}
_MOST_NAMES = 3
"""So many authors are named before 等, et al."""


def _gbt(work: Work) -> str:
    if not work.title:
        return work.text
    lines = [_gbt_line(work)]
    if work.title_en and _HAN.search(work.title):
        other = replace(work, authors=work.authors_en, title=work.title_en, container=work.container_en)
        if _HAN.search(work.publisher + work.place):
            # which the translation does not name
            other = replace(other, publisher="", place="")
        lines.append(_gbt_line(other))
    return "\n".join(lines)


def _gbt_line(work: Work) -> str:
    """One entry in one language: `authors. title[J]. container, year, volume(issue): pages. DOI: …`."""
    mark = _MARKS.get(work.kind, "")
    online = "/OL" if mark and (work.url or work.kind == "web") else ""
    title = f"{work.title}[{mark}{online}]" if mark else work.title
    host = work.kind in ("chapter", "conference") and work.container
    parts = [_named(work), f"{title}//{work.container}" if host else title, "" if host else _serial(work)]
    if host or work.publisher or work.kind in ("book", "thesis", "report", "collection"):
        parts[2 if not parts[2] else len(parts) :] = [_imprint(work)]
    web = f"{f'({work.date})' if work.date and work.kind != 'newspaper' else ''}"
    web += f"[{work.accessed}]" if work.accessed else ""
    parts += [web, work.url, f"DOI: {work.doi}" if work.doi else ""]
    kept = [part.rstrip(" .") for part in parts if part]
    return ". ".join(kept) + ("" if kept[-1] in (work.url, f"DOI: {work.doi}") else ".")


def _named(work: Work) -> str:
    more = "等" if _HAN.search("".join(work.authors)) else "et al"
    broken = len(work.authors) > _MOST_NAMES or work.others
    return ", ".join([*work.authors[:_MOST_NAMES], *([more] if work.authors and broken else [])])


def _serial(work: Work) -> str:
    """Journal or newspaper: `刊名, 2025, 40(5): 785`; the page pointed to takes the place of all pages."""
    if work.kind == "newspaper":
        day = work.date or (str(work.year) if work.year else "")
        number = f"({work.issue})" if work.issue else ""
        return ", ".join(part for part in (work.container, day + number) if part)
    if work.publisher or work.kind in ("book", "thesis"):
        return work.container
    year = str(work.year) if work.year and not (work.kind in ("web", "report") and work.date) else ""
    number = f"({work.issue})" if work.issue else ""
    place = ", ".join(part for part in (work.container, year, work.volume) if part) + number
    return _paged(place, work)


def _imprint(work: Work) -> str:
    """Book: `北京: 科学出版社, 2018: 236-239`."""
    publisher = ": ".join(part for part in (work.place, work.publisher) if part)
    known = publisher or work.kind != "report"
    return _paged(", ".join(part for part in (publisher, str(work.year or "") if known else "") if part), work)


def _paged(place: str, work: Work) -> str:
    pages = work.page or work.pages
    return f"{place}: {pages}" if place and pages else place or pages


# ---- Names

_INITIALS = re.compile(r"(?P<family>\S+(?: \S+)*?),? (?P<given>(?:[A-Z]\.?[ -]?){1,4})")
_CAPITALS = re.compile(r"(?P<family>[A-ZÀ-Þ][A-ZÀ-Þ'’-]+),? (?P<given>[A-Z][a-zà-ÿ'’-]+.*)")


def _inverted(name: str) -> str:
    """`Family, Given` for a Latin name that is written family first (`Li X H`, `YAO Shujie`); any other one as it is.

    >>> _inverted("Li X H"), _inverted("YAO Shujie"), _inverted("李晓红"), _inverted("World Bank")
    ('Li, X H', 'YAO, Shujie', '李晓红', 'World Bank')
    """
    found = None if _HAN.search(name) else _INITIALS.fullmatch(name) or _CAPITALS.fullmatch(name)
    return f"{found['family']}, {found['given'].strip()}" if found else name


def _is_body(name: str) -> bool:
    """Whether a name is that of an institution, as far as its form shows."""
    if _HAN.search(name):
        return len(name) > 4 and "·" not in name
    return len(name.split()) > 4 or re.search(r"\b(?:and|of|for|the)\b", name, re.IGNORECASE) is not None


# ---- BibTeX

_ENTRIES: Mapping[WorkKind, str] = {
    "journal": "article",
    "newspaper": "article",
    "book": "book",
    "chapter": "incollection",
    "collection": "book",
    "conference": "inproceedings",
    "thesis": "thesis",
    "report": "techreport",
}
_HOSTS = {"article": "journal", "incollection": "booktitle", "inproceedings": "booktitle"}
_HOUSES = {"thesis": "school", "techreport": "institution"}
_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{mark: f"\\{mark}" for mark in "&%$#_"},
}
_VERBATIM = str.maketrans({"\\": "%5C", "{": "%7B", "}": "%7D", " ": "%20"})


def _bibtex(work: Work) -> str:
    type_ = _ENTRIES.get(work.kind, "misc")
    fields = {
        "author": _bibtex_names(work.authors, work.others),
        # a second pair of braces keeps capitals as they are
        "title": f"{{{_escaped(work.title)}}}" if work.title else "",
        _HOSTS.get(type_, "howpublished"): _escaped(work.container),
        "year": str(work.year or ""),
        "date": work.date if work.kind == "newspaper" else "",
        "volume": _escaped(work.volume),
        "number": _escaped(work.issue),
        "pages": _escaped(re.sub("-+", "--", work.pages)),
        _HOUSES.get(type_, "publisher"): _escaped(work.publisher),
        "address": _escaped(work.place),
        "doi": work.doi.translate(_VERBATIM),
        "url": work.url.translate(_VERBATIM),
        "urldate": work.accessed,
        "keywords": _escaped(", ".join(work.keywords)),
        "author_en": _bibtex_names(work.authors_en, work.others),
        "title_en": f"{{{_escaped(work.title_en)}}}" if work.title_en else "",
        "journal_en": _escaped(work.container_en),
        "note": _escaped("; ".join(filter(None, [work.page and f"p. {work.page}", "" if work.title else work.text]))),
    }
    lines = [f"  {name} = {{{value}}}," for name, value in fields.items() if value]
    return "\n".join([f"@{type_}{{{work.key},", *lines, "}"])


def _bibtex_names(names: Sequence[str], others: bool) -> str:
    written = (f"{{{_escaped(name)}}}" if _is_body(name) else _escaped(_inverted(name)) for name in names)
    return " and ".join([*written, *(["others"] if names and others else [])])


def _escaped(text: str) -> str:
    """The text on one line, with what TeX would take as a command written out."""
    return "".join(_SPECIAL.get(character, character) for character in " ".join(_printable(text).split()))


# ---- RIS

_RIS_TYPES: Mapping[WorkKind, str] = {
    "journal": "JOUR",
    "newspaper": "NEWS",
    "book": "BOOK",
    "chapter": "CHAP",
    "collection": "BOOK",
    "conference": "CPAPER",
    "thesis": "THES",
    "report": "RPRT",
    "standard": "STAND",
    "patent": "PAT",
    "web": "ELEC",
    "data": "DATA",
}


def _ris(work: Work) -> str:
    lines = (f"{tag}  - {' '.join(_printable(value).split())}".rstrip() for tag, value in _ris_lines(work))
    return "\n".join([*lines, "ER  -"])


def _ris_lines(work: Work) -> Iterator[tuple[str, str]]:
    yield "TY", _RIS_TYPES.get(work.kind, "GEN")
    yield "ID", work.key
    yield from (("AU", _inverted(name)) for name in work.authors)
    pages = re.fullmatch(r"([^-,+]+)-([^-,+]+)", work.pages)
    start, end = (pages[1], pages[2]) if pages else (work.pages, "")
    notes = (work.page and f"p. {work.page}", "" if work.title else work.text)
    known: Iterable[tuple[str, str]] = (
        ("TI", work.title),
        ("TT", work.title_en),
        ("T2", work.container),
        ("PY", str(work.year or "")),
        ("DA", work.date.replace("-", "/")),
        ("VL", work.volume),
        ("IS", work.issue),
        ("SP", start),
        ("EP", end),
        ("PB", work.publisher),
        ("CY", work.place),
        ("DO", work.doi),
        ("UR", work.url),
        ("Y2", work.accessed.replace("-", "/")),
        *(("KW", word) for word in work.keywords),
        *(("N1", note) for note in notes),
    )
    yield from ((tag, value) for tag, value in known if value)


_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def _printable(text: str) -> str:
    return _CONTROL.sub(" ", text)
