"""Finding things by name: any name, parts, pinyin, initials, sound, slips, words; and in what order."""

import pytest

from kg.iris import normal
from kg.search import Hits, Names

KNOWN = {
    "firm/比亚迪": ("比亚迪", "BYD"),
    "industry/新能源汽车产业": ("新能源汽车产业", "new energy vehicle industry"),
    "technology/新能源": ("新能源", "new energy"),
    "place/重庆": ("重庆", "Chongqing"),
    "technology/hydrogen": ("氢燃料电池", "hydrogen fuel cell"),
    "policy/line": ("一\n—", "x\ny"),
}
STATEMENTS = {"industry/新能源汽车产业": 9, "technology/新能源": 1}


@pytest.fixture(scope="module")
def names() -> Names:
    return Names({id_: {normal(name): name for name in all_} for id_, all_ in KNOWN.items()}, STATEMENTS)


def ids(found: Hits) -> list[str]:
    return [hit.id for hit in found.hits]


@pytest.mark.parametrize(
    ("text", "id_", "kind"),
    [
        ("BYD", "firm/比亚迪", "exact"),
        ("比亚", "firm/比亚迪", "prefix"),
        ("燃料", "technology/hydrogen", "part"),
        ("cell hydrogen", "technology/hydrogen", "part"),
        ("biyadi", "firm/比亚迪", "pinyin"),
        ("bǐ yà dí", "firm/比亚迪", "pinyin"),
        ("qrldc", "technology/hydrogen", "pinyin"),
        ("ranliao", "technology/hydrogen", "pinyin"),
        ("chongqin", "place/重庆", "prefix"),
        ("zhongqing", "place/重庆", "near"),
        ("比压迪", "firm/比亚迪", "near"),
        ("新能原汽车产业", "industry/新能源汽车产业", "near"),
        ("hydrogne", "technology/hydrogen", "near"),
    ],
)
def test_a_thing_is_found(names: Names, text: str, id_: str, kind: str) -> None:
    best = names.find(text).hits[0]
    assert (best.id, best.kind) == (id_, kind)


def test_a_whole_name_comes_before_a_beginning_and_the_known_before_the_unknown(names: Names) -> None:
    assert ids(names.find("新能源")) == ["technology/新能源", "industry/新能源汽车产业"]
    assert ids(names.find("新能")) == ["industry/新能源汽车产业", "technology/新能源"]
    assert ids(names.find("xinneng")) == ["industry/新能源汽车产业", "technology/新能源"]


def test_a_type_a_page_and_all(names: Names) -> None:
    assert ids(names.find("新能", "Technology")) == ["technology/新能源"]
    whole = names.find("", limit=100)
    assert (len(whole.hits), whole.total) == (len(KNOWN), len(KNOWN))
    pages = [names.find("", limit=2, offset=at) for at in (0, 2, 4, 6)]
    assert [hit for page in pages for hit in page.hits] == list(whole.hits)


@pytest.mark.parametrize("text", ["zzzz", "龘", "?", "\n", "(", "\\", "\U0001f600", "\u0301", "a" * 200, "鑫" * 200])
def test_what_is_not_there_is_not_found(names: Names, text: str) -> None:
    assert names.find(text).total in (0, len(KNOWN))
    assert Names({}, {}).find(text).total == 0
