"""From names in sentences to the entities of a document.

Needs the document's sentences and the names that `ingest.names` or `ingest.english` found in each (spaCy Docs with
`ents`), in reading order. Gives every sentence's mentions, each with the id of its entity, and the entities
themselves. In this order:

1. a dictionary name that is also an ordinary word stays only where the entry is named in full somewhere;
2. short forms that the text introduces in brackets become aliases, and are found wherever they stand;
3. what the document names surely in one place is found in its other sentences;
4. names become entities: the dictionary's entry, the alias's owner, or a new entity of that type and name; so do
   words such as 国家 where they act. A program or policy whose name stands right behind a country is that country's:
   Japan's VLSI program is not Korea's, and where the document names both, the bare name is the one named last; so is
   a law that a country issues, if the dictionary knows one of that name and country;
5. definite descriptions (该计划) go to the last entity of a fitting type that was named before.

What else is one, in this document or with other documents, is decided over the whole store (`kg.resolution`).
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, NamedTuple

from spacy.tokens import Doc, Span

from ingest.lac import text_of
from ingest.names import Name, confidence, select
from ingest.patterns import DICTIONARY, FOLDER, WEAK, NameRules, longest_first, read_toml
from ingest.relations import Mention, outside, whole
from kg.iris import entity_id, normal
from kg.model import Entity
from kg.ontology import Entry, Ontology

_BRACKETS = re.compile(r"\s?[（(]([^（）()]{2,80})[）)]")
_PARTS = re.compile(r"[，,；;、/]|——")
_LATIN_NAME = re.compile(r"^[A-Z0-9][A-Za-z0-9&.\-–' /]*[A-Za-z][A-Za-z0-9&.\-–' ]*$")
_LATIN = re.compile(r"[A-Za-z0-9]")
_CLAUSE_START = re.compile(r"(?:^|[，。；：、！？]|而|但|由|时)$")
_OF_A_COUNTRY = frozenset({"Program", "Policy"})
"""The types whose country is part of what they are."""
_QUOTES = re.compile(r"[“”‘’《》〈〉\"]")
_SURE = 0.6
"""From this confidence on a rule's name is looked for in the rest of the document."""
_REACH = 3
"""How many sentences back a definite description may reach."""
_COUNTRY_REACH = 40
"""How far in front of a name its country may begin."""
_SHORTEST_REPEAT = 3
_REPEATED = 0.5
"""How sure a name is that is found only because another sentence has it."""


@dataclass(frozen=True, slots=True)
class References:
    """What `references.<language>.toml` states."""

    introduces: tuple[str, ...]
    definite: Mapping[str, tuple[str, ...]]
    acting: tuple[tuple[str, str, str], ...]
    short: tuple[str, ...]
    issues: tuple[str, ...]


@cache
def references(language: str) -> References:
    """The references of one language."""
    data: Mapping[str, Any] = read_toml(FOLDER / f"references.{language}.toml")
    definite = {word: tuple(row["types"]) for row in data.get("definite", ()) for word in row["words"]}
    acting = tuple((row["word"], row["type"], row["stands_for"]) for row in data.get("acting", ()))
    short, issues = (tuple(data.get(name, ())) for name in ("short", "issues"))
    return References(tuple(data["introduces"]), definite, acting, short, issues)


@dataclass(slots=True)
class Resolved:
    """A document's entities by id, and each sentence's mentions in order."""

    mentions: list[list[Mention]]
    entities: dict[str, Entity]


class _Owner(NamedTuple):
    """What an alias stands for: type, name as written, dictionary entry (empty where none)."""

    type: str
    name: str
    entry: str


class _Nation(NamedTuple):
    """A country as it stands in front of a name: what is written of it there, its code."""

    name: str
    code: str


@dataclass(frozen=True, slots=True)
class _Countries:
    """The countries of the dictionary, by name."""

    codes: Mapping[str, str]
    front: re.Pattern[str]
    issuing: re.Pattern[str]

    @classmethod
    def of(cls, ontology: Ontology, issues: Iterable[str]) -> "_Countries":
        """Places of a country that are no part of another place; by `issues` a country is told to issue something."""
        places = [e for e in ontology.entries.values() if e.type == "Place" and e.country and not e.parent]
        codes = {name: e.country for e in places for name in (e.label_zh, e.label_en, *e.aliases)}
        listed = "|".join(map(re.escape, longest_first(codes)))
        verbs = "|".join(map(re.escape, longest_first(issues))) or "$^"
        return cls(
            codes,
            re.compile(rf"(?<![A-Za-z])({listed})(?:政府)?(?:的|['’]s? )?[“‘《]?$"),
            re.compile(rf"({listed})(?:政府|国会|议会)?(?:{verbs})了?[“‘《]?$"),
        )

    def before(self, text: str, end: int) -> _Nation | None:
        """The country that stands right in front of `end`."""
        return self._nation(self.front, text, end)

    def issuer(self, text: str, end: int) -> _Nation | None:
        """The country that is told to issue what begins at `end`."""
        return self._nation(self.issuing, text, end)

    def _nation(self, pattern: re.Pattern[str], text: str, end: int) -> _Nation | None:
        found = pattern.search(text[max(0, end - _COUNTRY_REACH) : end])
        if not found:
            return None
        return _Nation(found[1] if found[1][-1] > "z" else f"{found[1]}'s ", self.codes[found[1]])


@dataclass(slots=True)
class _Draft:
    """An entity as it is gathered."""

    id: str
    type: str
    label: str
    entry: Entry | None = None
    surfaces: Counter[str] = field(default_factory=Counter)
    country: str = ""

    def entity(self) -> Entity:
        aliases = tuple(dict.fromkeys(map(_bare, self.surfaces)))
        if self.entry:
            known = self.entry.entity()
            names = {normal(name) for name in known.names}
            return replace(known, aliases=known.aliases + tuple(a for a in aliases if normal(a) not in names))
        latin = self.label.isascii()
        others = tuple(a for a in aliases if a != self.label)
        zh, en = ("", self.label) if latin else (self.label, "")
        return Entity(self.id, self.type, zh, en, others, self.country)


class Resolver:
    """The document-level step."""

    def __init__(self, ontology: Ontology, rules: NameRules) -> None:
        self._entries = ontology.entries
        self._rules = rules
        self._refs = references(rules.language)
        self._by_name: dict[tuple[str, str], Entry] = {}
        for entry in ontology.entries.values():
            for name in (entry.label_zh, entry.label_en, *entry.aliases):
                self._by_name.setdefault((entry.type, normal(name)), entry)
        self._countries = _Countries.of(ontology, self._refs.issues)

    def resolve(self, docs: Sequence[Doc]) -> Resolved:
        """Mentions and entities of the document whose sentences these are."""
        names = [[_name(doc, ent) for ent in doc.ents if ent.text not in self._refs.definite] for doc in docs]
        texts = [text_of(doc) for doc in docs]
        names = _strong_only(names)
        aliases = self._introduced(texts, names)
        names = self._repeated(texts, names, aliases)
        drafts: dict[str, _Draft] = {}
        nations = self._nations(texts, names)
        mentions = [
            self._mentions(text, found, aliases, drafts, nations) for text, found in zip(texts, names, strict=True)
        ]
        mentions = self._described(texts, self._shortened(texts, mentions))
        used = {mention.entity for row in mentions for mention in row}
        return Resolved(mentions, {i: d.entity() for i, d in drafts.items() if i in used})

    def _introduced(self, texts: Sequence[str], names: Sequence[Sequence[Name]]) -> dict[str, _Owner]:
        """Alias → the thing that it stands for."""
        aliases: dict[str, _Owner] = {}
        for text, row in zip(texts, names, strict=True):
            for name in row:
                owner = _Owner(name.type, text[name.start : name.end], name.entry)
                for alias in self._in_brackets(text, name):
                    if normal(alias) != normal(owner.name) and not _second_place(owner, alias):
                        aliases.setdefault(alias, owner)
        return aliases

    def _in_brackets(self, text: str, name: Name) -> Iterator[str]:
        """The short forms that brackets right behind the name introduce."""
        end = name.end + (1 if text[name.end : name.end + 1] in {"”", "》", "’"} else 0)
        match = _BRACKETS.match(text, end)
        if not match:
            return
        for part in _PARTS.split(match.group(1)):
            word = next((w for w in self._refs.introduces if part.strip().startswith(w)), "")
            alias = _QUOTES.sub("", part.strip()[len(word) :]).strip(" ：:为")
            if 2 <= len(alias) <= 60 and (word or _LATIN_NAME.match(alias)):
                yield alias

    def _repeated(
        self, texts: Sequence[str], names: list[list[Name]], aliases: Mapping[str, _Owner]
    ) -> list[list[Name]]:
        """The names, with every alias and every sure name found wherever the document repeats it."""
        sure: dict[str, tuple[str, str]] = {alias: (owner.type, "alias") for alias, owner in aliases.items()}
        for text, row in zip(texts, names, strict=True):
            for name in row:
                surface = text[name.start : name.end]
                if not name.entry and name.confidence >= _SURE and len(surface) >= _SHORTEST_REPEAT:
                    sure.setdefault(surface, (name.type, name.rule))
        if not sure:
            return names
        pattern = re.compile("|".join(map(re.escape, longest_first(sure))))
        return [select([*row, *_again(text, pattern, sure)]) for text, row in zip(texts, names, strict=True)]

    def _nations(self, texts: Sequence[str], names: Sequence[Sequence[Name]]) -> dict[tuple[str, str], _Nation | None]:
        """Type and name → the first country that the name stands behind, for names that somewhere stand behind one;
        None where the dictionary knows whose it is unless the text says otherwise."""
        found: dict[tuple[str, str], _Nation | None] = {}
        for text, row in zip(texts, names, strict=True):
            for name in row:
                if name.type in _OF_A_COUNTRY and (nation := self._nation(text, name)):
                    entry = self._entries.get(name.entry)
                    known = entry is not None and entry.country
                    found.setdefault((name.type, normal(text[name.start : name.end])), None if known else nation)
        return found

    def _nation(self, text: str, name: Name) -> _Nation | None:
        """The country whose a program or policy is: it stands right in front, or issues what the dictionary knows as
        that country's though others have something of the same name."""
        if nation := self._countries.before(text, name.start):
            return nation
        nation = self._countries.issuer(text, name.start)
        known = nation and (name.type, normal(nation.name + _bare(text[name.start : name.end]))) in self._by_name
        return nation if known else None

    def _mentions(
        self,
        text: str,
        names: Iterable[Name],
        aliases: Mapping[str, _Owner],
        drafts: dict[str, _Draft],
        nations: dict[tuple[str, str], _Nation | None],
    ) -> list[Mention]:
        mentions = []
        for name in names:
            surface = text[name.start : name.end]
            key = (name.type, normal(surface))
            if key in nations and (nation := self._nation(text, name)):
                nations[key] = nation
            draft = self._draft(name, surface, aliases, nations.get(key))
            draft = drafts.setdefault(draft.id, draft)
            draft.surfaces[surface] += 1
            mentions.append(Mention(name.start, name.end, draft.type, draft.id, name.confidence))
        return mentions + self._acting(text, mentions, drafts)

    def _draft(self, name: Name, surface: str, aliases: Mapping[str, _Owner], nation: _Nation | None = None) -> _Draft:
        type_, label, entry_id = name.type, _bare(surface), name.entry
        if surface in aliases:
            type_, owner, entry_id = aliases[surface]
            label = _bare(owner)
        rule = self._rules.by_id.get(name.rule)
        if rule and rule.append and not label.endswith(rule.append):
            label += rule.append
        entry = self._entries.get(entry_id) or self._by_name.get((type_, normal(label)))
        if nation and (entry is None or entry.country not in ("", nation.code)):
            label, country = nation.name + label, nation.code
            entry = self._by_name.get((type_, normal(label)))
        else:
            country = ""
        if entry:
            return _Draft(entry.id, entry.type, entry.label_zh, entry)
        return _Draft(entity_id(type_, label), type_, label, country=country)

    def _acting(self, text: str, taken: Sequence[Mention], drafts: dict[str, _Draft]) -> list[Mention]:
        """Words such as 国家 where they act: at the start of a clause and outside any name."""
        found = []
        for word, type_, owner in self._refs.acting:
            for match in re.finditer(rf"{word}(?=[^的、，。级性化与和及家]{{2}})", text):
                if outside(taken, *match.span()) and _CLAUSE_START.search(text[: match.start()]):
                    draft = self._draft(Name(0, len(owner), type_, "acting"), owner, {})
                    drafts.setdefault(draft.id, draft).surfaces[owner] += 1
                    found.append(Mention(match.start(), match.end(), type_, draft.id, _REPEATED))
        return found

    def _shortened(self, texts: Sequence[str], mentions: Sequence[list[Mention]]) -> list[list[Mention]]:
        """The mentions in order, with names cut down to their telling word ("the Administration") resolved to the last
        name that begins or ends with it."""
        if not self._refs.short:
            return list(mentions)
        pattern = re.compile(rf"\b(?:[Tt]he|[Tt]his) ({'|'.join(self._refs.short)})\b(?! (?:of|for|on|[A-Z]))")
        last: dict[str, Mention] = {}
        result = []
        for text, row in zip(texts, mentions, strict=True):
            found = [*row]
            for match in pattern.finditer(text):
                owner = last.get(match.group(1))
                if owner and outside(row, *match.span()):
                    found.append(Mention(*match.span(1), owner.type, owner.entity))
            for mention in row:
                words = text[mention.start : mention.end].split(" ")
                last.update({word: mention for word in (words[0], words[-1]) if len(words) > 1})
            result.append(sorted(found, key=lambda m: m.start))
        return result

    def _described(self, texts: Sequence[str], mentions: Sequence[Sequence[Mention]]) -> list[list[Mention]]:
        """The mentions in order, with definite descriptions resolved to what was named last."""
        result: list[list[Mention]] = []
        for number, (text, row) in enumerate(zip(texts, mentions, strict=True)):
            before = [m for earlier in result[max(0, number - _REACH) : number] for m in earlier]
            found = list(row)
            here = ((word, types) for word, types in self._refs.definite.items() if word in text)
            for word, types in here:
                for match in re.finditer(whole(word), text):
                    named = [*before, *(m for m in row if m.end <= match.start())]
                    last = next((m for t in types for m in reversed(named) if m.type == t), None)
                    if last and outside(row, *match.span()):
                        found.append(Mention(match.start(), match.end(), last.type, last.entity, _REPEATED))
            result.append(sorted(found, key=lambda m: m.start))
        return result


def _name(doc: Doc, ent: Span) -> Name:
    return Name(ent.start_char, ent.end_char, ent.label_, ent.id_, ent.kb_id_, confidence(doc, ent))


def _second_place(owner: _Owner, alias: str) -> bool:
    """Whether the brackets behind a place say where in it something is: China (Beijing)."""
    return owner.type == "Place" and owner.name.isascii() and not alias.isupper()


def _strong_only(names: Sequence[Sequence[Name]]) -> list[list[Name]]:
    """The names without those ordinary words whose entry the document never names in full."""
    full = {name.entry for row in names for name in row if name.rule == DICTIONARY}
    return [[name for name in row if name.rule != WEAK or name.entry in full] for row in names]


def _again(text: str, pattern: re.Pattern[str], sure: Mapping[str, tuple[str, str]]) -> Iterator[Name]:
    """The sure names that stand in the text, none of them a part of a longer word in Latin letters."""
    for match in pattern.finditer(text):
        surface = match.group()
        cut = _LATIN.match(surface[0]) and _LATIN.search(text[match.start() - 1 : match.start()])
        cut = cut or (_LATIN.match(surface[-1]) and _LATIN.match(text[match.end() : match.end() + 1]))
        if not cut:
            type_, rule = sure[surface]
            yield Name(match.start(), match.end(), type_, rule, "", _REPEATED)


def _bare(surface: str) -> str:
    """A name without quotation and book marks."""
    return _QUOTES.sub("", surface).strip() or surface
