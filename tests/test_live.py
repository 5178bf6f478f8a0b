"""A store that others write, or put in the place of another, shows as it is at every look; one that is read often is
read from memory."""

import gc
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pyoxigraph as ox
import pytest
from hypothesis import given
from hypothesis import strategies as st
from served import filled
from small_graphs import Fact, document

from kg.errors import StoreError
from kg.live import LiveStore
from kg.ontology import load
from kg.resident import Resident
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


def test_no_file_stays_open_for_a_look_that_is_past(place: Path) -> None:
    live = LiveStore(place, load())
    with Store.open(place) as store:
        counts = []
        for number in range(4):
            store.put(document(f"new-{number}", Fact("Firm:新公司", "develops", f"Technology:新技术{number}")))
            live.current()
            counts.append(sum("MANIFEST" in name or ".log" in name for name in map(os.path.basename, opened_files())))
    assert counts[-1] <= counts[0]


def opened_files() -> list[str]:
    """The files that this process has opened."""
    gc.collect()
    links = [Path("/proc/self/fd") / name for name in os.listdir("/proc/self/fd")]
    return [os.readlink(link) for link in links if link.is_symlink()]


OFTEN = 150


def read_often(count: Callable[[], object]) -> None:
    for _ in range(OFTEN):
        count()
    for thread in threading.enumerate():
        if thread.name == "into memory":
            thread.join()


def files_of(store: Store) -> list[str]:
    """The files of the store that this process has opened."""
    return [name for name in opened_files() if name.startswith(f"{store.folder}/")]


def test_a_store_that_is_read_often_is_read_from_memory_until_it_changes(place: Path) -> None:
    live = LiveStore(place, load())
    store = live.current().graph.store
    before = set(store.quads())
    assert files_of(store)
    read_often(live.current)
    assert live.current().graph.store is store
    assert not files_of(store)
    assert set(store.quads()) == before
    assert sources(live) == ("paper-a", "paper-b")
    with Store.open(place) as other:
        other.put(document("new", Fact("Firm:新公司", "develops", "Technology:新技术")))
    assert sources(live) == ("new", "paper-a", "paper-b")
    assert set(store.quads()) == before


def test_what_is_large_stays_in_its_files(place: Path) -> None:
    with Store.open(place, read_only=True) as store:
        resident = Resident(store, most=100)
        read_often(resident.count)
        assert files_of(store)
        assert store.sources() == ("paper-a", "paper-b")


def test_a_closed_store_does_not_come_back_from_memory(place: Path) -> None:
    store = Store.open(place, read_only=True)
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.into_memory()
    read_often(Resident(store).count)
    with pytest.raises(StoreError, match="closed"):
        store.sources()


IRIS = st.builds(ox.NamedNode, st.from_regex(r"https://[a-z]{1,4}/[\w/]{0,6}", fullmatch=True))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
LITERALS = st.one_of(
    st.builds(ox.Literal, TEXTS),
    st.builds(lambda text, language: ox.Literal(text, language=language), TEXTS, st.sampled_from(["zh", "en"])),
    st.builds(lambda text, type_: ox.Literal(text, datatype=type_), TEXTS, IRIS),
)
QUADS = st.builds(ox.Quad, IRIS, IRIS, IRIS | LITERALS, IRIS | st.just(ox.DefaultGraph()))


@given(st.sets(QUADS, max_size=8))
def test_what_goes_into_memory_stays_as_it_was(quads: set[ox.Quad]) -> None:
    data = ox.Store()
    data.extend(quads)
    with Store(data) as store:
        store.into_memory()
        assert set(store.quads()) == quads
