"""How long a search by name takes: `python benchmarks/search.py [LABELS]`, 100,000 by default.

The names are put together from the dictionary's own (Chinese and English), two or three to a name. Searched is as
people do: beginnings, parts, whole names, pinyin, initials, slips, words, what is not there. Prints for each way the
milliseconds in the middle, the 95th of a hundred and the worst, and the seconds and megabytes that the index takes.
At most 20 ms for the 95th of a hundred is promised, at 100,000 labels.
"""

import random
import resource
import sys
from collections.abc import Callable
from functools import partial
from statistics import quantiles
from time import perf_counter
from typing import Any

from kg.iris import entity_id, normal
from kg.ontology import load
from kg.search import Names, syllables

_SEARCHES = 100


def main() -> None:
    labels = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    chance = random.Random(7)
    names = made_up(labels, chance)
    known = {id_: chance.randrange(50) for id_ in names}
    before = memory()
    index, built = timed(lambda: Names(names, known))
    _, rest = timed(lambda: (index.find("xnyqc"), index.find("zzzzzzzz"), index.find("龘龘龘")))
    print(
        f"{labels:,} labels of {len(names):,} things: index in {built:.2f} s, what pinyin and slips need in {rest:.2f}"
    )
    print(f"memory: {memory() - before} MB more than before")
    every: list[float] = []
    texts = [name for forms in names.values() for name in forms.values()]
    for way, make in WAYS.items():
        asked = [make(chance.choice(texts), chance) for _ in range(_SEARCHES)]
        times = [1000 * timed(partial(index.find, text))[1] for text in asked]
        every += times
        print(f"  {way:10} {told(times)}")
    print(f"  {'all':10} {told(every)}")


def made_up(labels: int, chance: random.Random) -> dict[str, dict[str, str]]:
    """So many names of things, two for each."""
    entries = [entry for entry in load().entries.values() if entry.label_zh and entry.label_en]
    names: dict[str, dict[str, str]] = {}
    while 2 * len(names) < labels:
        parts = chance.sample(entries, chance.choice((2, 3)))
        pair = ("".join(part.label_zh for part in parts), " ".join(part.label_en for part in parts))
        names[entity_id(parts[0].type, pair[0])] = {normal(name): name for name in pair}
    return names


def slip(name: str, chance: random.Random) -> str:
    at = chance.randrange(len(name))
    return name[:at] + chance.choice("车业电力aex") + name[at + 1 :]


def part(name: str, chance: random.Random) -> str:
    at = chance.randrange(len(name))
    return name[at : at + 4]


WAYS: dict[str, Callable[[str, random.Random], str]] = {
    "one sign": lambda name, chance: name[0],
    "beginning": lambda name, chance: name[: chance.randrange(2, 6)],
    "part": part,
    "whole": lambda name, chance: name,
    "pinyin": lambda name, chance: "".join(syllables(normal(name)))[: chance.randrange(3, 14)],
    "initials": lambda name, chance: "".join(said[:1] for said in syllables(normal(name)))[:5],
    "slip": slip,
    "words": lambda name, chance: " ".join(reversed(name.split())),
    "nothing": lambda name, chance: name[::-1] + "?",
}


def told(times: list[float]) -> str:
    cut = quantiles(times, n=100)
    return f"p50 {cut[49]:6.2f} ms   p95 {cut[94]:6.2f} ms   worst {max(times):6.2f} ms"


def timed(do: Callable[[], Any]) -> tuple[Any, float]:
    began = perf_counter()
    done = do()
    return done, perf_counter() - began


def memory() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


if __name__ == "__main__":
    main()
