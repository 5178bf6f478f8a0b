"""Chains as things that can be pointed at: an id from which each is rebuilt, a paragraph that tells it with numbered
quotes, and exports.

The id of a chain is made of its statements' ids, with the direction in which each is walked, and nothing else: URL-safe
base64 of a byte of directions and the ten bytes of each statement's id, 15 characters for one hop and 108 for eight.
So nothing has to be stored for a chain to be found again, and the same documents give the same ids in every store.
Merges change the ids of statements; the decisions, reversed ones too, say which an older id stands for. A chain whose
statements are no longer there, as a document was removed or reads differently now, is not found, and it is said which
statement is missing.
"""

import csv
import json
import re
import tomllib
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from io import StringIO
from itertools import islice, pairwise, product
from pathlib import Path
from types import MappingProxyType
from typing import Any, Literal, get_args

import pyoxigraph as ox

from kg import rdf
from kg.chains import Index
from kg.config import data_folder
from kg.context import context
from kg.errors import NotFound, OntologyError
from kg.export import jsonld_nodes
from kg.graph import Graph
from kg.iris import CHAIN, PREFIXES, STATEMENT
from kg.model import Assertion, Bibliography, Chain, Entity, Evidence, Hop, Language, Modality
from kg.ontology import load
from kg.resolution import renamed

Form = Literal["text", "json", "jsonld", "csv", "markdown"]
"""How chains are written."""
MEDIA: Mapping[str, Form] = MappingProxyType(
    {
        "application/json": "json",
        "application/ld+json": "jsonld",
        "text/csv": "csv",
        "text/markdown": "markdown",
        "text/plain": "text",
    }
)
"""Media type → form."""

_LONGEST_QUOTE = 400
"""So many characters of a sentence are quoted in a paragraph."""


# ---- Ids

_BYTES = 10
"""So many bytes the id of a statement has."""
_MOST_HOPS = 8
_MOST_CHOICES = 1_000
"""So many ways are tried to put a chain together whose statements have become several."""


def chain_id(chain: Chain) -> str:
    """The chain's stable id: letters, digits, `-` and `_`. Raises ValueError for a chain of more than eight hops."""
    if len(chain.hops) > _MOST_HOPS:
        raise ValueError(f"a chain of {len(chain.hops)} hops has no id: at most {_MOST_HOPS}")
    return _encoded([(hop.assertion.id, hop.inverse) for hop in chain.hops])


def chain_iri(chain: Chain) -> str:
    """The IRI that names the chain."""
    return CHAIN + chain_id(chain)


def _encoded(steps: Sequence[tuple[str, bool]]) -> str:
    directions = sum(1 << place for place, (_, inverse) in enumerate(steps) if inverse)
    parts = bytes([directions]) + b"".join(bytes.fromhex(id_) for id_, _ in steps)
    return urlsafe_b64encode(parts).rstrip(b"=").decode()


def steps(id: str) -> tuple[tuple[str, bool], ...]:
    """The statements of the chain of that id, and whether each is walked from object to subject. Raises NotFound for
    what is no chain's id."""
    try:
        parts = urlsafe_b64decode((id + "=" * (-len(id) % 4)).encode("ascii"))
    except ValueError:
        parts = b""
    hops = len(parts) // _BYTES
    ids = [parts[1 + place * _BYTES :][:_BYTES].hex() for place in range(min(hops, _MOST_HOPS))]
    found = tuple((id_, bool(parts[0] >> place & 1)) for place, id_ in enumerate(ids))
    # one chain has one id: no other spelling of the same bytes, no directions of hops that are not there
    if not found or _encoded(found) != id:
        raise NotFound("this is no id of a chain: copy it whole, or search with /api/chains or kg chain")
    return found


def find(graph: Graph, index: Callable[[], Index], id: str) -> Chain:
    """The chain of that id, as the store believes it now; where entities were merged since, or a merge was taken back,
    what has become of it, under its present id. Raises NotFound, saying why, for what is no id and where a statement of
    the chain is gone."""
    wanted = steps(id)
    known = {each.id: (each,) for each in graph.store.assertions(id_ for id_, _ in wanted)}
    before = renamed(graph.store, {id_ for id_, _ in wanted} - known.keys())
    for place, (id_, _) in enumerate(wanted, 1):
        if id_ not in known and id_ not in before:
            raise NotFound(
                f"the statement of hop {place}, {id_}, is no longer in the store: its document was removed or reads "
                "differently now, or a merge of its entities is gone; search again with /api/chains or kg chain"
            )
    choices = product(*((known | before)[id_] for id_, _ in wanted))
    for statements in islice(choices, _MOST_CHOICES):
        hops = tuple(Hop(each, inverse) for each, (_, inverse) in zip(statements, wanted, strict=True))
        passed = [hops[0].tail, *(hop.head for hop in hops)]
        joined = all(one.head == other.tail for one, other in pairwise(hops))
        # what has become of a chain may come back to where it was
        if joined and not (before and len(set(passed)) < len(passed)):
            return index().judged(Chain(hops))
    if before:
        raise NotFound(
            "the entities of this chain were merged, or a merge was taken back, and its statements no longer lead from "
            "one thing to the next: search again with /api/chains or kg chain"
        )
    raise NotFound("the statements of this id do not lead from one to the next: it was never a chain's")


# ---- How statements read


@dataclass(frozen=True, slots=True)
class Sentence:
    """How the statements of a relation read: templates forwards and backwards in both languages, with the words for
    what is proposed and denied."""

    zh: str
    zh_back: str
    en: str
    en_back: str
    zh_should: str
    zh_not: str
    en_should: str

    def read(self, subject: str, object_: str, modality: Modality, language: Language, *, inverse: bool) -> str:
        """The statement as a sentence, without a full stop."""
        if language == "zh":
            template = self.zh_back if inverse else self.zh
            word = {"actual": "", "proposed": self.zh_should, "negated": self.zh_not}[modality]
            return _filled(template, {"s": subject, "o": object_, "m": word})
        template = _VERB.sub(lambda verb: self._verb(verb[1], verb[2], modality), self.en_back if inverse else self.en)
        return _filled(template, {"s": subject, "o": object_})

    def _verb(self, fact: str, bare: str, modality: Modality) -> str:
        if modality == "proposed":
            return f"{self.en_should} {bare}"
        if modality == "negated":
            return f"{fact} not" if bare == "be" else f"does not {bare}"
        return fact


_VERB = re.compile(r"\[([^|\]]+)\|([^|\]]+)\]")


def _filled(template: str, values: Mapping[str, str]) -> str:
    """The template with its slots filled; a name that looks like a slot stays as it is."""
    return re.sub(r"\{([som])\}", lambda slot: values[slot.group(1)], template)


@dataclass(frozen=True, slots=True)
class Sentences:
    """The sentences by relation, and how a proposal begins."""

    relations: Mapping[str, Sentence]
    proposed: Mapping[Language, str]


@cache
def load_sentences(path: Path | None = None) -> Sentences:
    """The templates in a file, or the packaged ones. Raises OntologyError for what cannot be read, and where they are
    not of the very relations that the ontology has."""
    path = path or data_folder("ontology") / "telling.toml"
    try:
        data: Mapping[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
        words = dict(data["words"])
        proposed: dict[Language, str] = {"zh": words.pop("zh_proposed"), "en": words.pop("en_proposed")}
        relations = {name: Sentence(**{**words, **each}) for name, each in data["relations"].items()}
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise OntologyError(f"{path.name} cannot be read ({error!r}): install policykg again") from error
    if strange := relations.keys() ^ load().relations.keys():
        raise OntologyError(f"{path.name}: {min(strange)} must stand both there and in policykg.ttl")
    return Sentences(MappingProxyType(relations), proposed)


# ---- A paragraph


@dataclass(frozen=True, slots=True)
class Works:
    """What is told with: the entities by id, and what documents say of themselves, by source."""

    labels: Mapping[str, Entity]
    bibliographies: Mapping[str, Bibliography]

    @classmethod
    def of(cls, graph: Graph, chains: Sequence[Chain]) -> "Works":
        """All that telling those chains needs."""
        assertions = [hop.assertion for chain in chains for hop in chain.hops]
        return cls(graph.ends(assertions), graph.store.bibliographies({each.source for each in assertions}))

    def cite(self, evidence: Evidence, language: Language) -> str:
        """Where the sentence stands, as one cites it: `贺德方等，2025，第785页，2.1节`."""
        chinese = language == "zh"
        page, section = evidence.page, evidence.section
        place = (
            page and (f"第{page}页" if chinese else f"{'pp' if '–' in page else 'p'}. {page}"),
            section and (f"{section}节" if chinese else f"section {section}"),
        )
        return ("，" if chinese else ", ").join((self.work(evidence.source, language), *filter(None, place)))

    def work(self, source: str, language: Language) -> str:
        """Authors and year of a document, or its name where it does not give them."""
        found = self.bibliographies.get(source, Bibliography())
        chinese = language == "zh"
        authors = (found.authors or found.authors_en) if chinese else (found.authors_en or found.authors)
        if not authors:
            who = source
        elif len(authors) > 2:
            who = f"{authors[0]}等" if chinese else f"{authors[0]} et al."
        else:
            who = ("、" if chinese else " & ").join(authors)
        return ("，" if chinese else ", ").join([who, *([str(found.year)] if found.year else [])])

    def reference(self, source: str, language: Language) -> str:
        """A document as a list of references gives it: authors, year, title, journal, DOI, as far as it says."""
        found = self.bibliographies.get(source, Bibliography())
        chinese = language == "zh"
        titles = (found.title_zh, found.title_en) if chinese else (found.title_en, found.title_zh)
        journals = (found.journal_zh, found.journal_en) if chinese else (found.journal_en, found.journal_zh)
        issue = found.volume + (f"({found.issue})" if found.issue else "")
        parts = (
            self.work(source, language),
            titles[0] or titles[1],
            journals[0] or journals[1],
            issue + (f": {found.pages}" if found.pages else ""),
            f"doi:{found.doi}" if found.doi else "",
            source,
        )
        return ". ".join(dict.fromkeys(filter(None, parts)))


@dataclass(frozen=True, slots=True)
class Told:
    """A chain in words: what it is, a sentence for each hop, what is to be said of the whole, and the quotes that the
    numbers in brackets name, from 1 on, each with its evidence."""

    opening: str
    sentences: tuple[str, ...]
    closing: str
    quotes: tuple[tuple[str, Evidence], ...]


def tell(chain: Chain, works: Works, language: Language) -> Told:
    """The chain in words, for readers of that language."""
    best = [max(hop.assertion.evidence, key=lambda e: e.confidence) for hop in chain.hops]
    numbers = {key: number for number, key in enumerate(dict.fromkeys(map(_sentence_of, best)), 1)}
    sentences = tuple(
        f"{_read(hop, works.labels, language)}[{numbers[_sentence_of(evidence)]}]"
        for hop, evidence in zip(chain.hops, best, strict=True)
    )
    quoted = {numbers[_sentence_of(evidence)]: evidence for evidence in reversed(best)}
    quotes = tuple((_cut(quoted[number].quote), quoted[number]) for number in sorted(quoted))
    return Told(_opening(chain, works.labels, language), sentences, _closing(chain, language), quotes)


def paragraph(chain: Chain, works: Works, language: Language) -> str:
    """The chain told in one paragraph: numbered quotes, a citation for each, and how far to trust it."""
    told = tell(chain, works, language)
    if language == "zh":
        quotes = "；".join(f"[{n}]“{quote}”（{works.cite(at, 'zh')}）" for n, (quote, at) in enumerate(told.quotes, 1))
        return f"{told.opening}{'；'.join(told.sentences)}。{told.closing}引文：{quotes}。"
    quotes = "; ".join(f"[{n}] “{quote}” ({works.cite(at, 'en')})" for n, (quote, at) in enumerate(told.quotes, 1))
    return f"{told.opening} {'. '.join(told.sentences)}. {told.closing} Quotes: {quotes}."


def _sentence_of(evidence: Evidence) -> tuple[str, int, int]:
    return evidence.source, evidence.spans[0].start, evidence.spans[-1].end


def _cut(quote: str) -> str:
    line = " ".join(quote.split())
    return line if len(line) <= _LONGEST_QUOTE else line[: _LONGEST_QUOTE - 1] + "…"


def _read(hop: Hop, labels: Mapping[str, Entity], language: Language) -> str:
    """A hop as a sentence, with its time and value."""
    assertion, sentences = hop.assertion, load_sentences()
    one, other = (labels[end].label(language) for end in (assertion.subject, assertion.object))
    said = sentences.relations[assertion.predicate].read(one, other, assertion.modality, language, inverse=hop.inverse)
    if assertion.modality == "proposed":
        said = sentences.proposed[language] + said
    when, value = _time(assertion, language), _value(assertion, language)
    if language == "zh":
        return said + (f"（{'，'.join(filter(None, (when, value)))}）" if when or value else "")
    return said + (f" ({', '.join(filter(None, (when, value)))})" if when or value else "")


def _time(assertion: Assertion, language: Language) -> str:
    """When: the text's own words where the reader's language has them, else the years that they mean."""
    if assertion.period and not _is_in(assertion.time, language):
        return assertion.period.text() + ("年" if language == "zh" else "")
    return assertion.time


def _value(assertion: Assertion, language: Language) -> str:
    if assertion.quantity and not _is_in(assertion.value, language):
        return assertion.quantity.text()
    return assertion.value


def _is_in(words: str, language: Language) -> bool:
    """Whether words are of that language; figures are of both."""
    other = _LATIN if language == "zh" else _HAN
    return bool(words) and not other.search(words)


_HAN = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]{3}")


def _opening(chain: Chain, labels: Mapping[str, Entity], language: Language) -> str:
    start, end = (labels[id_].label(language) for id_ in (chain.hops[0].tail, chain.hops[-1].head))
    hops = len(chain.hops)
    if language == "zh":
        return f"从{start}到{end}，共{hops}步："
    return f"From {start} to {end} in {hops} hop{'s' if hops > 1 else ''}:"


_WHOLE: dict[Modality, tuple[str, str]] = {
    "actual": ("", ""),
    "proposed": ("其中有只是建议的步骤，整条链因此是建议，不是事实。", "As a hop is only proposed, so is the whole."),
    "negated": ("其中有被否定的步骤，整条链因此不是事实。", "As a hop is denied, the whole is no fact."),
}


def _closing(chain: Chain, language: Language) -> str:
    at = 0 if language == "zh" else 1
    place, belief = chain.weakest + 1, f"{chain.belief:.2f}"
    strength = (
        f"信度{belief}，最弱的是第{place}步。" if language == "zh" else f"Belief {belief}; hop {place} is the weakest."
    )
    parts = (_WHOLE[chain.modality][at], strength, *(reason.text(language) for reason in chain.reasons))
    return ("" if language == "zh" else " ").join(filter(None, parts))


# ---- Exports


def as_markdown(chains: Sequence[Chain], works: Works, language: Language) -> str:
    """The chains as Markdown: each told, its quotes as a numbered list with citations; then the references."""
    zh = language == "zh"
    lines = [line for chain in chains for line in _markdown(chain, works, language)]
    sources = sorted({hop.assertion.source for chain in chains for hop in chain.hops})
    if sources:
        lines += [f"## {'参考文献' if zh else 'References'}", ""]
        lines += [f"- {_escaped(works.reference(source, language))}" for source in sources]
    return "\n".join(lines) + "\n"


def _markdown(chain: Chain, works: Works, language: Language) -> list[str]:
    told = tell(chain, works, language)
    names = [chain.hops[0].tail, *(hop.head for hop in chain.hops)]
    between, stop = ("；", "。") if language == "zh" else (". ", ".")
    body = between.join(told.sentences) + stop + ("" if language == "zh" else " ") + told.closing
    opening = told.opening + ("" if language == "zh" else " ")
    quotes = [
        f"{n}. “{_escaped(quote)}” ({_escaped(works.cite(at, language))})"
        for n, (quote, at) in enumerate(told.quotes, 1)
    ]
    return [
        "## " + " → ".join(_escaped(works.labels[id_].label(language)) for id_ in names),
        "",
        _escaped(opening + body),
        "",
        *quotes,
        "",
        f"<{chain_iri(chain)}>",
        "",
    ]


_MARKS = re.compile(r"([\\`*_\[\]<>|~#])")


def _escaped(text: str) -> str:
    """The text as Markdown shows it, on one line, so that no name of a document becomes markup."""
    return _MARKS.sub(r"\\\1", " ".join(text.split()))


_COLUMNS: tuple[tuple[str, str, str], ...] = (
    ("chain", "链", "chain"),
    ("hop", "步", "hop"),
    ("subject", "主语", "subject"),
    ("relation", "关系", "relation"),
    ("object", "宾语", "object"),
    ("inverse", "反向", "inverse"),
    ("modality", "模态", "modality"),
    ("time", "时间", "time"),
    ("period", "年份", "years"),
    ("value", "数值", "value"),
    ("belief", "信度", "belief"),
    ("quote", "原文", "quote"),
    ("citation", "引证", "citation"),
    ("document", "文献", "document"),
    ("section", "章节", "section"),
    ("page", "页", "page"),
    ("start", "起", "start"),
    ("end", "止", "end"),
    ("subject_id", "主语标识", "subject id"),
    ("predicate", "关系标识", "relation id"),
    ("object_id", "宾语标识", "object id"),
    ("statement", "陈述标识", "statement id"),
)


def as_csv(chains: Sequence[Chain], works: Works, language: Language) -> str:
    """The chains as CSV with a line of titles, a row for each hop. What a spreadsheet would take for a formula is
    marked as text; offsets are code points of the document, end exclusive."""
    lines = StringIO()
    writer = csv.writer(lines)
    writer.writerow([zh if language == "zh" else en for _, zh, en in _COLUMNS])
    for chain in chains:
        for number, hop in enumerate(chain.hops, 1):
            row = {"chain": chain_id(chain), "hop": number, **_cells(hop, works, language)}
            writer.writerow([_plain(row[name]) for name, _, _ in _COLUMNS])
    return lines.getvalue()


def _cells(hop: Hop, works: Works, language: Language) -> dict[str, str | int | float]:
    assertion, ontology = hop.assertion, load()
    best = max(assertion.evidence, key=lambda e: e.confidence)
    zh, en = ontology.modality_labels[assertion.modality]
    inverse = ("是", "yes") if hop.inverse else ("否", "no")
    relation = ontology.phrases[assertion.predicate]
    at = 0 if language == "zh" else 1
    return {
        "subject": works.labels[assertion.subject].label(language),
        "relation": relation.label(language),
        "object": works.labels[assertion.object].label(language),
        "inverse": inverse[at],
        "modality": (zh, en)[at],
        "time": assertion.time,
        "period": assertion.period.text() if assertion.period else "",
        "value": assertion.value,
        "belief": round(assertion.belief, 4),
        "quote": best.quote,
        "citation": works.cite(best, language),
        "document": assertion.source,
        "section": best.section,
        "page": best.page,
        "start": best.spans[0].start,
        "end": best.spans[-1].end,
        "subject_id": assertion.subject,
        "predicate": assertion.predicate,
        "object_id": assertion.object,
        "statement": assertion.id,
    }


def _plain(cell: str | float) -> str | float:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(("=", "+", "-", "@", "\t", "\r")) else cell


def as_jsonld(chains: Sequence[Chain], works: Works) -> str:
    """The chains as JSON-LD with its context: each a list whose items are its statements in order, and the statements
    as the store has them, with evidence, and the entities that they name."""
    assertions = {hop.assertion.id: hop.assertion for chain in chains for hop in chain.hops}
    entities = {end: works.labels[end] for each in assertions.values() for end in (each.subject, each.object)}
    triples = [triple for chain in chains for triple in _chain_triples(chain, works)]
    triples += rdf.triples(assertions.values(), entities.values())
    triples += [
        triple for source in sorted({a.source for a in assertions.values()}) for triple in _cited(source, works)
    ]
    nodes = jsonld_nodes(sorted(dict.fromkeys(triples), key=str))
    return json.dumps({"@context": context(), "@graph": nodes}, ensure_ascii=False, indent=1) + "\n"


def _chain_triples(chain: Chain, works: Works) -> list[ox.Triple]:
    node, named = ox.NamedNode(chain_iri(chain)), ox.NamedNode
    pairs: list[tuple[str, ox.NamedNode | ox.Literal]] = [
        (_TYPE, named(f"{_SCHEMA}ItemList")),
        (f"{_SCHEMA}numberOfItems", ox.Literal(len(chain.hops))),
        (f"{_DCTERMS}identifier", ox.Literal(chain_id(chain))),
        (f"{_DCTERMS}description", ox.Literal(paragraph(chain, works, "zh"), language="zh")),
        (f"{_DCTERMS}description", ox.Literal(paragraph(chain, works, "en"), language="en")),
        (rdf.term("belief").value, ox.Literal(chain.belief)),
        (rdf.term("modality").value, rdf.term(chain.modality)),
    ]
    found = [ox.Triple(node, named(name), value) for name, value in pairs]
    for number, hop in enumerate(chain.hops, 1):
        item = named(f"{node.value}#{number}")
        found += [
            ox.Triple(node, named(f"{_SCHEMA}itemListElement"), item),
            ox.Triple(item, named(_TYPE), named(f"{_SCHEMA}ListItem")),
            ox.Triple(item, named(f"{_SCHEMA}position"), ox.Literal(number)),
            ox.Triple(item, named(f"{_SCHEMA}item"), named(STATEMENT + hop.assertion.id)),
            ox.Triple(item, rdf.term("walkedBack"), ox.Literal(hop.inverse)),
        ]
    return found


def _cited(source: str, works: Works) -> list[ox.Triple]:
    node, citation = rdf.document_node(source), f"{_DCTERMS}bibliographicCitation"
    return [
        ox.Triple(node, ox.NamedNode(citation), ox.Literal(works.reference(source, language), language=language))
        for language in get_args(Language)
    ]


_TYPE = PREFIXES["rdf"] + "type"
_SCHEMA = PREFIXES["schema"]
_DCTERMS = PREFIXES["dcterms"]


def exported(chains: Sequence[Chain], works: Works, form: Form, language: Language) -> str:
    """The chains in one of the forms `jsonld`, `csv` and `markdown`, and as `text` each in one paragraph. (`json` is
    made by `kg.rows`.)"""
    match form:
        case "jsonld":
            return as_jsonld(chains, works)
        case "csv":
            return as_csv(chains, works, language)
        case "markdown":
            return as_markdown(chains, works, language)
        case "text":
            return "".join(f"{paragraph(chain, works, language)}\n" for chain in chains)
        case "json":
            raise ValueError("JSON is made by kg.rows")
