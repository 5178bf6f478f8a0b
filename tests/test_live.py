"""A store that others write, or put in the place of another, shows as it is at every look."""

import gc
import os
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from served import filled
from small_graphs import Fact, document

from kg.errors import StoreError
from kg.live import LiveStore
from kg.ontology import load
from kg.store import Store

SAID = ox.Quad(ox.NamedNode("http://example.org/a"), ox.NamedNode("http://example.org/b"), ox.Literal("c"))


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return filled(tmp_path / "store")


def sources(live: LiveStore) -> tuple[str, ...]:
    return live.read(lambda now: now.graph.store.sources())


def holds(live: LiveStore) -> bool:
    return any(live.current().graph.store.matches(SAID.subject, SAID.predicate, SAID.object, ox.DefaultGraph()))


def test_a_store_is_opened_again_only_when_it_has_changed(place: Path) -> None:
    live = LiveStore(place, load())
    assert live.unchanged() is None
    first = live.current()
    assert live.unchanged() is live.current() is first
    with Store.open(place) as store:
        store.put(document("new", Fact("Firm:新公司", "develops", "Technology:新技术")))
        assert live.unchanged() is None
        second = live.current()
        assert "new" in second.graph.store.sources()
    # the writer has ended: before, it may clear up at any time
    third = live.current()
    assert live.unchanged() is live.current() is third
    assert first.tag not in (second.tag, third.tag)
    assert "new" not in first.graph.store.sources()


def test_what_is_written_to_the_log_alone_shows(place: Path) -> None:
    live = LiveStore(place, load())
    writer = ox.Store(str(place / "data"))
    assert not holds(live)
    for _ in range(3):
        before = live.current()
        writer.add(SAID)
        assert holds(live)
        # the next log is written over an old one, which does not grow
        writer.flush()
        writer.remove(SAID)
        assert not holds(live)
        assert live.current().tag != before.tag


def test_another_store_in_the_place_of_one_shows(place: Path, tmp_path: Path) -> None:
    live = LiveStore(place, load())
    assert sources(live) == ("paper-a", "paper-b")
    with Store.open(tmp_path / "other") as store:
        store.put(document("other", Fact("Firm:新公司", "develops", "Technology:新技术")))
    times = os.stat(place / "data")
    place.rename(tmp_path / "before")
    with pytest.raises(StoreError):
        live.current()
    (tmp_path / "other").rename(place)
    os.utime(place / "data", ns=(times.st_atime_ns, times.st_mtime_ns))
    assert sources(live) == ("other",)


def test_no_file_stays_open_for_a_look_that_is_past(place: Path, opened: Callable[[], int]) -> None:
    live = LiveStore(place, load())
    with Store.open(place) as store:
        counts = []
        for number in range(4):
            store.put(document(f"new-{number}", Fact("Firm:新公司", "develops", f"Technology:新技术{number}")))
            live.current()
            counts.append(opened())
    assert counts[-1] <= counts[0]


@pytest.fixture
def opened() -> Callable[[], int]:
    """How many descriptors this process has of logs and manifests that the writer has."""

    def count() -> int:
        gc.collect()
        links = [Path("/proc/self/fd") / name for name in os.listdir("/proc/self/fd")]
        names = [os.path.basename(os.readlink(link)) for link in links if link.is_symlink()]
        return sum("MANIFEST" in name or ".log" in name for name in names)

    return count
