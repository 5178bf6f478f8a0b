"""What happened in which year: dates in prose, as figures without a quantity.

A date is kept where a rule of `ingest/patterns/figures.*.toml` says what happened, in the clause of a year or in one
that follows it in the sentence, and where it is known to what it happened.
"""

import re
from collections.abc import Collection, Iterator, Sequence

from ingest.figure_rules import HappeningRule
from ingest.figures import FigureFinder, Scene
from ingest.relations import Mention
from kg.model import Document, Evidence, Figure, Period, Sentence

_LONGEST = 80
_CONFIDENCE = 0.65


def dates(
    finder: FigureFinder,
    document: Document,
    sentences: Sequence[Sentence],
    mentions: Sequence[Sequence[Mention]],
    kept: Collection[str],
) -> tuple[Figure, ...]:
    """The dates of what happened, in reading order; the arguments are those of `FigureFinder.read`."""
    found: dict[str, Figure] = {}
    for sentence, names in zip(sentences, mentions, strict=True):
        if re.search(r"\d{4}", sentence.text):
            for figure in _dates(finder, document, finder.scene(sentence, names), kept):
                found.setdefault(figure.id, figure)
    return tuple(found.values())


def _dates(finder: FigureFinder, document: Document, scene: Scene, kept: Collection[str]) -> Iterator[Figure]:
    taken: list[tuple[int, int]] = []
    for rule in finder.rules.happenings:
        for match in rule.pattern.finditer(scene.text):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            time = _time(finder, document, scene, match)
            if time and (figure := _date(finder, document, scene, rule, match, *time, kept)):
                taken.append(match.span())
                yield figure


def _time(
    finder: FigureFinder, document: Document, scene: Scene, match: re.Match[str]
) -> tuple[tuple[int, int], Period] | None:
    """The year of what happened: one inside its words, or the last before it; None where that is no single year."""
    inside = [t for t in scene.times if match.start() <= t[0] < match.end()]
    before = [t for t in scene.times if t[1] <= match.start()]
    ends = [end for start, end in finder.rules.clauses(scene.masked) if start <= match.start() < end]
    behind = [t for t in scene.times if ends and match.end() <= t[0] < ends[0]]
    named = inside[:1] or before[-1:] or behind[:1]
    if not named:
        return None
    meant = finder.meant(document, scene.text[slice(*named[0])])
    if meant is None or meant.start is None or meant.start != meant.end or meant.precision != "year":
        return None
    return named[0], meant


def _date(
    finder: FigureFinder,
    document: Document,
    scene: Scene,
    rule: HappeningRule,
    match: re.Match[str],
    time: tuple[int, int],
    meant: Period,
    kept: Collection[str],
) -> Figure | None:
    thing = _thing(finder, scene, match)
    if thing is None:
        return None
    sentence = scene.sentence
    return Figure(
        span=sentence.spans(document, *time)[0],
        subject=finder.rules.tidy(scene.text[slice(*thing)]).strip("“”‘’《》")[:_LONGEST],
        indicator=finder.rules.tidy(match.group())[:_LONGEST],
        modality=finder.modality(document, scene, match.start()),
        evidence=Evidence(
            document.source,
            sentence.section.label,
            sentence.spans(document),
            f"happening-{rule.name}",
            _CONFIDENCE,
        ),
        about=finder.named(scene, thing, kept),
        value=scene.text[slice(*time)],
        happening=rule.name,
        time=scene.text[slice(*time)],
        period=meant,
    )


def _thing(finder: FigureFinder, scene: Scene, match: re.Match[str]) -> tuple[int, int] | None:
    """Where the thing is named to which it happened: in the words themselves, before them in their clause, or as the
    topic of the clauses before."""
    groups = [name for name, words in match.groupdict().items() if words]
    if groups:
        start, end = match.span(groups[0])
        named = [m for m in scene.mentions if start <= m.start and m.end <= end]
        return (named[-1].start, named[-1].end) if named else finder.trimmed(scene, (start, end))
    start = max((a for a, b in finder.rules.clauses(scene.masked) if a <= match.start() < b), default=0)
    named = [m for m in scene.mentions if start <= m.start and m.end <= match.start() and m.type != "Place"]
    if named:
        return named[-1].start, named[-1].end
    for piece in _between(start, match.start(), scene.times):
        if (left := finder.trimmed(scene, piece)) and left[1] - left[0] > 1:
            return left
    return finder.topic(scene, match.start())


def _between(start: int, end: int, times: Sequence[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """The stretch in the pieces that the times in it leave."""
    for a, b in times:
        if start <= a and b <= end:
            yield start, a
            start = b
    yield start, end
