"""Sentences as arrays for the trained models: what `ingest.tagger`, `ingest.classifier` and their training share.

All arrays are per character (tagger) or per token (classifier) of one sentence; a batch pads them on the right with
zeros. Which number stands for what is kept in `Tables`, which is stored with the models.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt

from ingest.lac import CharacterNumbers, Word
from ingest.names import Name

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float32]

PAD, UNKNOWN = 0, 1
"""The numbers of padding and of what was not seen in training, in every table."""

_MOST, _MOST_PLACES = 32, 16_384
"""How many sentences a batch has at most, and how many characters or words, padding included."""
_FEW, _LONGER = 8, 1.3
"""A batch of so many sentences takes none that is so many times as long as its shortest: to fill up the others would
take longer than another batch does."""
_PLACES = 3
"""A candidate name marks its first character, those in between, and its last."""


@dataclass(frozen=True, slots=True)
class Tables:
    """Numbers of characters, LAC tags, entity types, relations and words; the vectors of the words.

    `half_width` maps a character to the one that LAC's table has for it. `frequent` are the words that the
    classifier knows by themselves, `words` those that have a vector (row `words[w]` of `vectors`)."""

    types: tuple[str, ...]
    relations: tuple[str, ...]
    tags: tuple[str, ...]
    characters: Mapping[str, int] = field(repr=False)
    half_width: Mapping[str, str] = field(repr=False)
    frequent: Mapping[str, int] = field(repr=False)
    words: Mapping[str, int] = field(repr=False)
    vectors: Floats = field(repr=False)
    numbers: CharacterNumbers = field(init=False, repr=False, compare=False)
    """Looks up `characters`."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", CharacterNumbers(self.characters, self.half_width, UNKNOWN))

    @property
    def candidate_columns(self) -> int:
        """How many columns the candidates of a sentence fill."""
        return len(self.types) * 2 * _PLACES

    def word(self, word: str) -> int:
        """The row of a word's vector; that of its longest ending that has one (at least two characters) if it has none.

        A compound takes after its head, and in Chinese the head stands last: 锂离子电池 is a 电池."""
        word = word.lower()
        endings = (word[i:] for i in range(1, len(word) - 1))
        return self.words.get(word) or next((row for ending in endings if (row := self.words.get(ending))), UNKNOWN)

    def save(self, folder: Path) -> None:
        """Write `tables.json` and `vectors.npy` (half precision) into the folder."""
        data = {
            "types": self.types,
            "relations": self.relations,
            "tags": self.tags,
            "characters": "".join(self.characters),
            "half_width": dict(self.half_width),
            "frequent": list(self.frequent),
            "words": list(self.words),
        }
        text = json.dumps(data, ensure_ascii=False, indent=0)
        (folder / "tables.json").write_text(text + "\n", encoding="utf-8")
        np.save(folder / "vectors.npy", self.vectors.astype(np.float16))

    @classmethod
    def load(cls, folder: Path) -> "Tables":
        """The tables that `save` wrote."""
        data = json.loads((folder / "tables.json").read_text(encoding="utf-8"))
        return cls(
            types=tuple(data["types"]),
            relations=tuple(data["relations"]),
            tags=tuple(data["tags"]),
            characters=numbered(data["characters"]),
            half_width=data["half_width"],
            frequent=numbered(data["frequent"]),
            words=numbered(data["words"]),
            vectors=np.load(folder / "vectors.npy").astype(np.float32),
        )


def numbered(items: Sequence[str]) -> dict[str, int]:
    """The items with their numbers, which begin behind those of padding and the unknown."""
    return {item: number for number, item in enumerate(items, UNKNOWN + 1)}


@dataclass(frozen=True, slots=True)
class Characters:
    """A sentence for the tagger, a row per character: its number, LAC's tag (twice its number, plus one where the word
    goes on), the candidate names that lie on it (a column per type, whether the dictionary knows the name, and
    place), the row of its word's vector."""

    ids: Ints
    tags: Ints
    candidates: Floats
    words: Ints


def characters(text: str, words: Sequence[Word], names: Sequence[Name], tables: Tables) -> Characters:
    """The sentence as the tagger sees it. Words and candidate names are in offsets of the text."""
    size = len(text)
    ids = tables.numbers.of(text)
    tags, rows = np.zeros(size, np.int64), np.zeros(size, np.int64)
    known = {tag: number for number, tag in enumerate(tables.tags)}
    for word in words:
        number = 2 * known.get(word.tag, 0) + 1
        tags[word.start : word.end] = number + 1
        tags[word.start] = number
        rows[word.start : word.end] = tables.words.get(word.text.lower(), UNKNOWN)
    return Characters(ids, tags, _candidates(size, names, tables), rows)


def _candidates(size: int, names: Sequence[Name], tables: Tables) -> Floats:
    marks = np.zeros((size, tables.candidate_columns), np.float32)
    order = {name: number for number, name in enumerate(tables.types)}
    for name in names:
        column = (order[name.type] * 2 + bool(name.entry)) * _PLACES
        marks[name.start, column] = 1
        marks[name.end - 1, column + 2] = 1
        marks[name.start + 1 : name.end - 1, column + 1] = 1
    return marks


def batches(lengths: Mapping[int, int]) -> Iterator[list[int]]:
    """The numbers of the sentences, given with their lengths, in batches of like length; of long ones fewer, since all
    of a batch are filled up to the longest."""
    batch: list[int] = []
    for number in sorted(lengths, key=lambda number: lengths[number]):
        size, length = len(batch), lengths[number]
        full = size == _MOST or length * (size + 1) > _MOST_PLACES
        if batch and (full or (size >= _FEW and length > _LONGER * lengths[batch[0]])):
            yield batch
            batch = []
        batch.append(number)
    if batch:
        yield batch


def padded(arrays: Sequence[npt.NDArray[np.generic]]) -> npt.NDArray[np.generic]:
    """The arrays as one, a row each, the shorter ones filled with zeros behind."""
    longest = max(len(array) for array in arrays)
    batch = np.zeros((len(arrays), longest, *arrays[0].shape[1:]), arrays[0].dtype)
    for row, array in enumerate(arrays):
        batch[row, : len(array)] = array
    return batch
