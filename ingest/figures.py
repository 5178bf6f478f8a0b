"""Numbers in prose as figures: what each measures, of what, when, where, and who says so.

`ingest.quantities` finds the numbers of a sentence and reads them; the frames of `ingest/patterns/figures.*.toml` say
what the words around a number make of it. A list of numbers is shared out over a list of things as long as it; what a
clause leaves out is taken from the figure before it in the sentence. Nothing is guessed: a number that was damaged is
kept with what is wrong with it, and no value.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise, zip_longest

from ingest.figure_rules import Frame, figure_rules
from ingest.periods import leaning, leans, period
from ingest.qualifiers import Qualifiers, qualifiers
from ingest.quantities import numbers, quantity
from ingest.relations import Mention
from kg.model import Assertion, Document, Evidence, Figure, Modality, Period, Quantity, Sentence
from kg.ontology import Ontology

MASK = "·"
"""Stands for each character of a time, a source or a citation, so that frames see past them."""
_LONGEST_LIST = 12
"""How many numbers a list may have whose unit is written once, at its end."""
_LONGEST_SUBJECT = 40
_LONGEST_INDICATOR = 60
_NEVER = re.compile(r"(?!)")


_BRACKETS = re.compile("（[^（）]*）|\\([^()]*\\)")
_OPENS = re.compile("[（(]")
_PER = re.compile(r"(?:/|每|\bper ).+$")
_LIKE = {"名": "人", "位": "人"}
"""Units that count the same as another one."""


@dataclass(frozen=True, slots=True)
class _Value:
    """A number of a sentence at `start` to `end`: what it means or what is wrong with it."""

    start: int
    end: int
    words: str
    flaw: str = ""

    def unit(self, ontology: Ontology) -> str:
        found = quantity(self.words, ontology)
        if found is None or found.kind == "rank":
            return found.unit if found else ""
        return _LIKE.get(found.unit, found.unit)


@dataclass(frozen=True, slots=True)
class Draft:
    """What was read of a value: `subject` as a stretch of the sentence's text."""

    value: _Value
    rule: str
    confidence: float
    subject: tuple[int, int] | None = None
    indicator: str = ""
    measured: str = ""
    verb: str = ""
    unit: str = ""
    at_start: bool = False
    place: str = ""
    time: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Scene:
    """A sentence with its names, as frames look at it."""

    sentence: Sentence
    mentions: Sequence[Mention]
    masked: str
    times: tuple[tuple[int, int], ...]
    source: str
    source_end: int

    @property
    def text(self) -> str:
        """The sentence."""
        return self.sentence.text


class FigureFinder:
    """Reads the figures of one document after the other, in one language."""

    def __init__(self, ontology: Ontology, language: str) -> None:
        self._ontology = ontology
        self.rules = figure_rules(language)
        self._words: Qualifiers = qualifiers(language)

    def read(
        self,
        document: Document,
        sentences: Sequence[Sentence],
        mentions: Sequence[Sequence[Mention]],
        kept: Collection[str],
        assertions: Sequence[Assertion] = (),
    ) -> tuple[Figure, ...]:
        """The figures of a document in reading order. `mentions` has the names of each sentence, `kept` the ids of the
        entities that the document keeps: only these can be what a figure is about."""
        stated = _stated(assertions)
        found: dict[str, Figure] = {}
        for sentence, names in zip(sentences, mentions, strict=True):
            if not self.rules.worth_reading(sentence.text):
                continue
            scene = self.scene(sentence, names)
            for draft in self.drafts(scene):
                figure = self._figure(document, scene, draft, kept)
                figure = replace(figure, statement=_same(figure, stated))
                found.setdefault(figure.id, figure)
        return tuple(found.values())

    # ---- What a sentence shows

    def scene(self, sentence: Sentence, mentions: Sequence[Mention]) -> Scene:
        """The sentence with its times, its source and what is no number masked."""
        text = sentence.text
        times = _outermost([(m.start(), m.end()) for m in self._words.times.finditer(text)] + self.rules.times(text))
        source, at = self.rules.source(text)
        # a time inside quotes or a title is a part of a name, and is masked with it
        masked = _masked(text, [*times, *([at] if at else [])])
        return Scene(sentence, mentions, masked, tuple(times), source, at[1] if at else 0)

    def values(self, scene: Scene) -> list[_Value]:
        """The numbers of a sentence that measure something, and those that are damaged, in order."""
        text = scene.text
        flaws = [_Value(start, end, text[start:end], flaw) for flaw, start, end in self.rules.flaws(scene.masked)]
        masked = [*self.rules.no_figures(text), *((v.start, v.end) for v in flaws), *self._names(scene)]
        found = [
            _Value(n.start, n.end, n.words)
            for n in numbers(scene.masked, self._ontology)
            if not any(start < n.end and n.start < end for start, end in masked)
        ]
        return sorted([*self._with_units(scene, found), *flaws], key=lambda v: v.start)

    def _names(self, scene: Scene) -> Iterator[tuple[int, int]]:
        """Names that hold digits: the numbers in them measure nothing."""
        for mention in scene.mentions:
            # 期限9年以上的专项债券 is a description that measures, and no name
            if "的" in scene.text[mention.start : mention.end]:
                continue
            if mention.type not in ("Indicator", "Goal", "Challenge", "Event", "Place"):
                yield mention.start, mention.end

    def _with_units(self, scene: Scene, found: Sequence[_Value]) -> Iterator[_Value]:
        """The numbers that have a unit of their own or share that of the next of their list, and bare ones where the
        words show that something is measured."""
        for at, value in enumerate(found):
            read = quantity(value.words, self._ontology)
            if read is None:
                if self._impossible(value):
                    yield replace(value, flaw="impossible")
                continue
            if read.unit != "1":
                if not self.rules.idle(read, scene.masked, value.start):
                    yield value
                continue
            shared = self._shared(scene.masked, found[at : at + _LONGEST_LIST])
            if shared and (words := f"{value.words}{shared}") and quantity(words, self._ontology):
                yield replace(value, words=words)
            elif self.rules.counts(scene.masked, value.start, value.end, value.words):
                unit = self.rules.counted(scene.masked, value.end)
                yield replace(value, words=value.words + unit)

    def _impossible(self, value: _Value) -> bool:
        """Whether the number has a unit and is written so that it can mean nothing: 40%—30%."""
        return bool(re.search(r"[%％元]|\d\s?[—–~～]\s?\d", value.words)) and not re.search("年", value.words)

    def _shared(self, text: str, rest: Sequence[_Value]) -> str:
        """The unit of the list that the first number stands in, written once at its end (5、8和10亿元)."""
        for one, other in pairwise(rest):
            if not self.rules.joint.fullmatch(text[one.end : other.start]):
                return ""
            read = quantity(other.words, self._ontology)
            if read and read.unit != "1" and (unit := re.search(r"[^\d.,，\s—–]+$", other.words)):
                return unit.group()
        return ""

    # ---- What a value measures

    def drafts(self, scene: Scene) -> list[Draft]:
        """What is read of each value of a sentence, in order."""
        done: list[Draft] = []
        found = self.values(scene)
        brackets = [m.span() for m in _BRACKETS.finditer(scene.masked)]
        inside = [v for v in found if any(a < v.start < b for a, b in brackets)]
        scene = replace(scene, masked=_masked(scene.masked, brackets))
        for start, end in self.rules.clauses(scene.masked):
            values = [v for v in found if start <= v.start < end and v not in inside]
            groups = self._groups(scene.masked, values)
            last = start
            for at, group in enumerate(groups):
                until = groups[at + 1][0].start if at + 1 < len(groups) else end
                done += self._group(scene, group, (last, until), done)
                last = group[-1].end
        done += [self._bracketed(scene, value, done) for value in inside]
        return sorted(self._completed(done), key=lambda d: d.value.start)

    def _bracketed(self, scene: Scene, value: _Value, done: Sequence[Draft]) -> Draft:
        """The draft of a value in brackets: it measures what the figure right before the bracket does
        (2.23%（486亿欧元）), or else what is named there."""
        opens = max(m.start() for m in _OPENS.finditer(scene.text, 0, value.start))
        if before := next((d for d in done if 0 <= opens - d.value.end <= 1), None):
            return replace(before, value=value, rule=self.rules.bracket, unit=value.unit(self._ontology))
        clause = max((a for a, b in self.rules.clauses(scene.masked) if a <= opens), default=0)
        subject, measured = self._split(scene, (clause, opens)) if opens > clause else (None, "")
        subject = self.trimmed(scene, subject)
        return Draft(value, self.rules.bracket, 0.5, subject, measured, measured, "", value.unit(self._ontology))

    def _completed(self, drafts: Sequence[Draft]) -> Iterator[Draft]:
        """The drafts, that of what a thing changed from having the whole unit of what it changed to, which says it once
        at the end (从900欧元降至300欧元每千瓦)."""
        for draft, other in zip_longest(drafts, drafts[1:]):
            if draft is None:
                continue
            per = _PER.search(other.value.words) if draft.at_start and other else None
            if per and other and other.unit.startswith(f"{draft.unit}/"):
                value = replace(draft.value, words=draft.value.words + per.group())
                yield replace(draft, value=value, unit=other.unit)
            else:
                yield draft

    def _groups(self, text: str, values: Sequence[_Value]) -> list[list[_Value]]:
        groups: list[list[_Value]] = []
        for value in values:
            if groups and self.rules.joint.fullmatch(text[groups[-1][-1].end : value.start]):
                groups[-1].append(value)
            else:
                groups.append([value])
        return groups

    def _group(
        self, scene: Scene, group: Sequence[_Value], around: tuple[int, int], done: Sequence[Draft]
    ) -> list[Draft]:
        first, last = group[0], group[-1]
        unit = last.unit(self._ontology) or first.unit(self._ontology)
        for frame in self.rules.frames:
            found = frame.match(scene.masked, around[0], (first.start, last.end), around[1], unit)
            if found is not None:
                base = self._draft(scene, frame, found, replace(first), unit, done)
                if base is not None and self.rules.roughly.search(scene.masked[around[0] : first.start]):
                    group = [self._rough(value) for value in group]
                    base = replace(base, value=group[0])
                if base is not None:
                    return self._shared_out(scene, frame, base, group, done)
        return self._shared_out(scene, None, self._near(scene, first, around, unit, done), group, done)

    def _rough(self, value: _Value) -> _Value:
        """The value as one given roughly, where its own words compare it with nothing."""
        read = quantity(value.words, self._ontology)
        return replace(value, words=f"约{value.words}") if read and read.comparator == "=" else value

    def _draft(
        self,
        scene: Scene,
        frame: Frame,
        roles: Mapping[str, tuple[int, int]],
        value: _Value,
        unit: str,
        done: Sequence[Draft],
    ) -> Draft | None:
        """What the frame makes of the value; None where it needs something to inherit that is not there."""
        before = done[-1] if done else None
        words = {name: self.rules.tidy(scene.masked[slice(*span)]) for name, span in roles.items()}
        subject, measured = self._named(scene, frame, roles, value, done)
        silent = "what" in frame.before.groupindex and "what" not in roles and not measured
        if before and not measured and (silent or ("measured" in frame.inherit and subject is None)):
            measured = before.measured
        verb = words.get("verb", "") or (before.verb if before and "verb" in frame.inherit else "")
        measured = measured or words.get("measured", "")
        words |= {"measured": measured, "verb": verb}
        made = re.sub(" {2,}", " ", frame.indicator.format_map(_Missing(words)))
        indicator = self.rules.tidy(made)[:_LONGEST_INDICATOR]
        lent = next((d for d in reversed(done) if d.unit == unit and d.indicator), None)
        if "share" in frame.inherit and lent and lent.indicator.startswith("占"):
            indicator = lent.indicator
        elif not indicator and {"indicator", "same unit"} & set(frame.inherit):
            if lent is None and subject is None:
                return None
            if lent:
                indicator, measured, verb = lent.indicator, lent.measured, lent.verb
        elif measured and lent and len(measured) < 4 and lent.indicator.endswith(f"的{measured}"):
            # the share of others (的比重) is the share that was spoken of before
            indicator, measured = lent.indicator, lent.measured
        if "noun" in roles and subject and self.rules.is_place(scene.masked[slice(*subject)]):
            # 港内登记渔船83.2万艘 counts what is named behind the verb
            subject = roles["noun"] if roles["noun"][1] <= value.start else subject
        if subject is None and "subject" in frame.inherit and before:
            subject = before.subject
        if subject is None and {"topic", "subject"} & set(frame.inherit):
            subject = self.topic(scene, value.start)
        start = frame.at == "start"
        return Draft(value, frame.id, frame.confidence, subject, indicator, measured, verb, unit, start)

    def _named(
        self,
        scene: Scene,
        frame: Frame,
        roles: Mapping[str, tuple[int, int]],
        value: _Value,
        done: Sequence[Draft],
    ) -> tuple[tuple[int, int] | None, str]:
        """What the value's own clause, or a clause right before it that leads to it, names as the thing and as what is
        measured of it."""
        subject, measured = self.trimmed(scene, roles.get("subject")), ""
        if what := roles.get("what"):
            subject, measured = self._split(scene, what)
            subject = self.trimmed(scene, subject)
        if subject and (frame.inherit and self.rules.verb_first.match(scene.masked, *subject)):
            # 获得高校的专利许可数量为… has its subject in a clause before
            subject = None
        if subject is None and frame.inherit:
            ahead = self._ahead(scene, value, done)
            if ahead and not measured:
                subject, measured = self._split(scene, ahead)
            elif ahead:
                subject = ahead
            subject = self.trimmed(scene, subject)
        if subject is None and what and (head := self.rules.head.search(measured)) and head.start() > 1:
            # 农业技术合同 交易额 names its thing by what the measure is put together from
            start = scene.masked.rfind(measured, *what)
            subject = (start, start + head.start()) if start >= 0 else None
        return subject, measured

    def _ahead(self, scene: Scene, value: _Value, done: Sequence[Draft]) -> tuple[int, int] | None:
        """The clause right before that of the value, where it holds no figure and only brings up what the value
        measures: 尤其是中上游企业，…; 捕捞设备占比最大，为12%."""
        clauses = self.rules.clauses(scene.masked)
        at = next((i for i, (a, b) in enumerate(clauses) if a <= value.start < b), 0)
        if at == 0:
            return None
        start, end = clauses[at - 1]
        if any(start <= d.value.start < end for d in done):
            return None
        if match := self.rules.brings_up.fullmatch(scene.masked[start:end]):
            return start + match.start("what"), start + match.end("what")
        return None

    def _split(self, scene: Scene, what: tuple[int, int]) -> tuple[tuple[int, int] | None, str]:
        """The subject, and the name of its measure that stands at its end: 电池的 平均成本."""
        words = scene.masked[slice(*what)]
        stripped = words.rstrip("的在于从 " + MASK)
        if match := self.rules.measured_first.search(stripped):
            start, end = match.span("subject")
            return (what[0] + start, what[0] + end), match.group("measured")
        if match := self.rules.measured.search(stripped) or self.rules.rate.search(stripped):
            start = what[0] + match.start()
            start = max([start, *(m.end for m in scene.mentions if m.start < start < m.end < what[1])])
            measured = self.rules.tidy(scene.masked[start : what[0] + len(stripped)])
            if re.search("用[于在]?$", scene.masked[what[0] : start]) and (head := self.rules.head.search(stripped)):
                # 用于基础研究的 经费 is about what it is used for
                start, measured = what[0] + head.start(), head.group()
            return ((what[0], start) if start > what[0] else None), measured
        at = stripped.rfind("的")
        if at > 1 and len(stripped) - at > 2:
            return (what[0], what[0] + at), self.rules.tidy(stripped[at + 1 :])
        return (what if stripped.strip(MASK) else None), ""

    def trimmed(self, scene: Scene, subject: tuple[int, int] | None) -> tuple[int, int] | None:
        """The stretch without words that are no part of the thing; None where nothing is left."""
        if subject is None:
            return None
        start, end = subject
        while (match := self.rules.lead.match(scene.masked, start, end)) and match.end() > start:
            start = match.end()
        start = self._behind_place(scene, start, end)
        while (match := self.rules.tail.search(scene.masked, start, end)) and match.start() < match.end() == end:
            end = match.start()
        return (start, end) if start < end else None

    def _behind_place(self, scene: Scene, start: int, end: int) -> int:
        """Where the words begin behind a place that limits them: 我国 光伏产业, but not in 日本政府, 美国、日本."""
        place = self.rules.place_ahead(scene.masked[start:end])
        behind = start + len(place)
        if not place or behind == end or not self.rules.limited.match(scene.masked, behind):
            return start
        if any(m.start <= start and behind < m.end and m.type != "Indicator" for m in scene.mentions):
            return start
        return behind + 1 if scene.masked[behind] == "的" else behind

    def topic(self, scene: Scene, before: int) -> tuple[int, int] | None:
        """What the clauses before a value speak of: a program or policy named last, else what stands first."""
        for start, end in reversed([c for c in self.rules.clauses(scene.masked) if c[1] <= before]):
            named = [m for m in scene.mentions if start <= m.start and m.end <= end and m.start >= scene.source_end]
            if named:
                last = named[-1]
                chosen = last if last.type in ("Program", "Policy") else named[0]
                return chosen.start, chosen.end
            if (left := self.trimmed(scene, (start, end))) and left[1] - left[0] <= _LONGEST_SUBJECT // 2:
                return left
        return None

    def _near(self, scene: Scene, value: _Value, around: tuple[int, int], unit: str, done: Sequence[Draft]) -> Draft:
        """The nearest name of the clause, where no frame fits."""
        names = [
            m
            for m in scene.mentions
            if around[0] <= m.start and m.end <= around[1] and not m.start < value.start < m.end
        ]
        ahead = [m for m in names if m.end <= value.start]
        counted = next((m for m in names if 0 <= m.start - value.end <= 1), None)
        chosen = counted or (ahead[-1] if ahead else None)
        subject = (chosen.start, chosen.end) if chosen else self.topic(scene, value.start)
        return Draft(value, self.rules.near, 0.4, subject, "", "", "", unit)

    # ---- Lists

    def _shared_out(
        self, scene: Scene, frame: Frame | None, base: Draft, group: Sequence[_Value], done: Sequence[Draft]
    ) -> list[Draft]:
        """One draft for each value, or for each thing that one value holds of."""
        things = self._things(scene, base.subject)
        if frame and "same unit" in frame.inherit:
            return [self._alike(base, value, done) for value in group]
        if len(group) == 1:
            each = len(things) > 1 and self.rules.each.search(
                scene.masked, base.subject[1] if base.subject else 0, group[0].start
            )
            return [replace(base, subject=thing) for thing in things] if each else [base]
        last = list(done[-len(group) :])
        if len(last) == len(group) and base.subject in (None, last[-1].subject) and self._respective(scene, group):
            return [
                replace(
                    base, value=value, subject=one.subject, measured=one.measured, indicator=one.measured + _own(base)
                )
                for value, one in zip(group, last, strict=True)
            ]
        if len(things) == len(group):
            return [replace(base, value=value, subject=thing) for value, thing in zip(group, things, strict=True)]
        times = self._list_of_times(scene, group[0].start)
        if len(times) == len(group):
            return [replace(base, value=value, time=time) for value, time in zip(group, times, strict=True)]
        if len(things) > 1:
            return [replace(base, value=replace(value, flaw=value.flaw or "uneven-list")) for value in group]
        return [replace(base, value=value) for value in group]

    def _respective(self, scene: Scene, group: Sequence[_Value]) -> bool:
        """Whether the clause says that the list goes with what was named before it: 分别增长9.6%和6.2%."""
        start = max((a for a, b in self.rules.clauses(scene.masked) if a <= group[0].start < b), default=0)
        return bool(self.rules.respectively.search(scene.masked, start, group[0].start))

    def _alike(self, base: Draft, value: _Value, done: Sequence[Draft]) -> Draft:
        """The draft with the indicator of the figure before it that has the value's unit."""
        unit = value.unit(self._ontology)
        lent = next((d for d in reversed(done) if d.unit == unit and d.indicator), None)
        if lent is None:
            return replace(base, value=value, unit=unit, indicator="", measured="")
        return replace(base, value=value, unit=unit, indicator=lent.indicator, measured=lent.measured)

    def _things(self, scene: Scene, subject: tuple[int, int] | None) -> list[tuple[int, int]]:
        """The members of a list of things (组件、电池片和硅片), or the one thing. 和 links only the last two of a list
        that has 、, and nothing inside a name."""
        if subject is None:
            return []
        inside = [(m.start, m.end) for m in scene.mentions]
        links = [
            match.span()
            for match in self.rules.coordinator.finditer(scene.masked, *subject)
            if not any(a < match.start() and match.end() < b for a, b in inside)
        ]
        last = max((a for a, b in links if self.rules.comma.fullmatch(scene.masked, a, b)), default=0)
        links = [(a, b) for a, b in links if a >= last or self.rules.comma.fullmatch(scene.masked, a, b)]
        starts, ends = [subject[0], *(b for _, b in links)], [*(a for a, _ in links), subject[1]]
        things = [self.trimmed(scene, thing) for thing in zip(starts, ends, strict=True)]
        whole = [thing for thing in things if thing]
        return whole if len(whole) == len(things) else [subject]

    def _list_of_times(self, scene: Scene, before: int) -> list[tuple[int, int]]:
        """The times of the last list of times before a place: 2019年和2020年."""
        listed: list[tuple[int, int]] = []
        for time in reversed([t for t in scene.times if t[1] <= before]):
            if listed and not self.rules.joint.fullmatch(scene.text[time[1] : listed[0][0]]):
                break
            listed.insert(0, time)
        return listed

    # ---- From drafts to figures

    def _figure(self, document: Document, scene: Scene, draft: Draft, kept: Collection[str]) -> Figure:
        value, text = draft.value, scene.text
        time, meant = self._time(document, scene, draft)
        subject, place = self._subject(scene, draft)
        read = None if value.flaw else quantity(value.words, self._ontology, draft.indicator or draft.measured)
        return Figure(
            span=scene.sentence.spans(document, value.start, value.end)[0],
            subject=subject,
            indicator=draft.indicator,
            modality=self.modality(document, scene, value.start),
            evidence=Evidence(
                document.source,
                scene.sentence.section.label,
                scene.sentence.spans(document),
                draft.rule,
                draft.confidence,
            ),
            about=self.named(scene, draft.subject, kept),
            value=text[value.start : value.end],
            quantity=read,
            flaw=value.flaw or ("" if read else "impossible"),
            time=time,
            period=meant,
            place=place,
            attributed_to=scene.source,
        )

    def modality(self, document: Document, scene: Scene, at: int) -> Modality:
        """Whether what stands at a place of the sentence is of the past or only planned. A time that had passed when
        the document was written plans nothing: 降至2023年的100美元."""
        text, year = scene.text, document.bibliography.year
        past = [
            time
            for time in scene.times
            if (meant := self.meant(document, text[slice(*time)])) and year and (meant.end or meant.start or 0) <= year
        ]
        # what is counted of a past year is no proposal, whatever the section proposes
        headings = () if past else scene.sentence.section.path
        return self._words.modality(_masked(text, past), at, headings)

    def _subject(self, scene: Scene, draft: Draft) -> tuple[str, str]:
        """The words for the thing and those for the place."""
        if draft.subject is None:
            return "", ""
        words = self.rules.tidy(scene.text[slice(*draft.subject)])[-_LONGEST_SUBJECT:]
        start, end = draft.subject
        own = self.rules.first_place(scene.masked[start:end])
        begins = max((m.end() for m in re.finditer("[；;。]", scene.masked[:start])), default=0)
        return words, own or self.rules.place(scene.masked[begins:start])

    def named(self, scene: Scene, subject: tuple[int, int] | None, kept: Collection[str]) -> str:
        """The entity that the subject names: the one at its end, else the last in it that is no place."""
        if subject is None:
            return ""
        start, end = subject
        named = [m for m in scene.mentions if m.start < end and start < m.end and m.entity in kept]
        named = [m for m in named if m.type != "Indicator"]
        things = [m for m in named if m.type not in ("Place", "Government")] or named
        return max(things, key=lambda m: (m.end, m.start)).entity if things else ""

    def _time(self, document: Document, scene: Scene, draft: Draft) -> tuple[str, Period | None]:
        span = draft.time or self._nearest_time(scene, draft)
        if span is None:
            return "", None
        words = scene.text[slice(*span)].strip()
        if leans(words):
            before = [self.meant(document, scene.text[a:b]) for a, b in scene.times if b <= span[0]]
            return words, leaning(words, [each for each in before if each])
        meant = self.meant(document, words)
        if meant and draft.at_start and meant.start is not None:
            meant = Period(meant.start, meant.start, meant.precision, meant.approximate)
        return words, meant

    def meant(self, document: Document, words: str) -> Period | None:
        """What words for a time mean in that document."""
        return period(words, self._ontology.periods, year=document.bibliography.year, as_of=True)

    def _nearest_time(self, scene: Scene, draft: Draft) -> tuple[int, int] | None:
        """The last time before the value, or the first behind it in its clause."""
        ahead = [t for t in scene.times if t[1] <= draft.value.start]
        if ahead:
            return ahead[-1]
        ends = [end for start, end in self.rules.clauses(scene.masked) if start <= draft.value.start < end]
        return next((t for t in scene.times if ends and draft.value.end <= t[0] < ends[0]), None)


def _own(draft: Draft) -> str:
    """What a draft's indicator says beyond what is measured: 增长."""
    return draft.indicator.removeprefix(draft.measured)


class _Missing(dict[str, str]):
    """Groups of a pattern, those that are not there being empty."""

    def __missing__(self, key: str) -> str:
        return ""


def _masked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    characters = list(text)
    for start, end in spans:
        characters[start:end] = MASK * (end - start)
    return "".join(characters)


def _outermost(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The spans in order, those inside or across another, longer one left out."""
    kept: list[tuple[int, int]] = []
    for span in sorted(set(spans), key=lambda s: s[0] - s[1]):
        if not any(span[0] < end and start < span[1] for start, end in kept):
            kept.append(span)
    return sorted(kept)


_Stated = dict[tuple[Quantity, int], str]


def _stated(assertions: Sequence[Assertion]) -> _Stated:
    """The statements that give a figure, by it and by where their sentences begin."""
    return {(a.quantity, evidence.spans[0].start): a.id for a in assertions if a.quantity for evidence in a.evidence}


def _same(figure: Figure, stated: _Stated) -> str:
    return stated.get((figure.quantity, figure.evidence.spans[0].start), "") if figure.quantity else ""
