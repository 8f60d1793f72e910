"""Hints: they come for every way in which a file arrives, and begin anew when they have stopped."""

from __future__ import annotations

import os
import threading

import pytest

from linecard_local.folder_watch import FolderWatch, NoWatch

LONG = 10.0


@pytest.fixture
def hints(tmp_path):
    """A watched folder; `hinted` waits for the next hint."""
    (tmp_path / "inbox").mkdir()
    rung = threading.Event()
    watch = FolderWatch(tmp_path / "inbox", rung.set)
    watch.rung = rung
    yield watch
    watch.close()


def hinted(watch, action):
    """Whether this leads to a hint."""
    watch.rung.clear()
    action()
    return watch.rung.wait(LONG)


def ways(inbox, outside):
    """T6: each way of delivery."""
    outside.mkdir(exist_ok=True)

    def made(name="x"):
        path = outside / name
        path.write_text("one")
        return path

    yield "written", lambda: (inbox / "written.csv").write_text("one")
    yield "renamed in", lambda: made().rename(inbox / "renamed.csv")
    yield "linked in", lambda: os.link(made("l"), inbox / "linked.csv")
    yield "renamed over another", lambda: made().rename(inbox / "renamed.csv")
    yield "given its name", lambda: (inbox / "written.csv").rename(inbox / "named.csv")
    yield "time set", lambda: os.utime(inbox / "named.csv", (1, 1))


def test_every_way_of_delivery_is_hinted_at(hints, tmp_path):
    """T6: a file that is renamed into the folder is only ever `created`, never `closed`."""
    for way, action in ways(tmp_path / "inbox", tmp_path / "outside"):
        assert hinted(hints, action), way
    assert hints.check() == ""


def test_reading_a_file_is_no_hint(hints, tmp_path):
    """Else linecard's own reading would wake it for ever. The writing that follows is the proof."""
    path = tmp_path / "inbox" / "a.csv"
    assert hinted(hints, lambda: path.write_text("one"))
    calls = []
    other = FolderWatch(tmp_path / "inbox", lambda: calls.append(1))
    try:
        path.read_text()
        path.read_text()
        assert hinted(hints, (tmp_path / "inbox" / "b.csv").touch)
    finally:
        other.close()
    assert len(calls) <= 4


def arrives(tmp_path, name):
    return lambda: (tmp_path / "inbox" / name).write_text("one")


def test_an_observer_that_died_is_begun_anew(hints, tmp_path):
    """T4: watchdog's thread ends for good when anything is raised in it."""
    observer = hints._observer
    observer.stop()
    observer.join(LONG)
    assert "restarted" in hints.check()
    assert hinted(hints, arrives(tmp_path, "a.csv"))
    assert hints.check() == ""


def test_an_emitter_that_died_is_begun_anew(hints, tmp_path):
    """T4: the observer says that it is alive all the same."""
    (emitter,) = hints._observer.emitters
    emitter.stop()
    emitter.join(LONG)
    assert hints._observer.is_alive()
    assert "restarted" in hints.check()
    assert hinted(hints, arrives(tmp_path, "a.csv"))


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_hint_that_raises_ends_the_observer_and_the_next_look_mends_it(tmp_path):
    """T4: an exception in the handler kills watchdog's thread."""
    (tmp_path / "inbox").mkdir()
    rung = threading.Event()
    fail = True

    def wake():
        rung.set()
        if fail:
            raise SystemExit

    watch = FolderWatch(tmp_path / "inbox", wake)
    try:
        arrives(tmp_path, "a.csv")()
        assert rung.wait(LONG)
        watch._observer.join(LONG)
        assert not watch._observer.is_alive()
        fail = False
        assert "restarted" in watch.check()
        rung.clear()
        arrives(tmp_path, "b.csv")()
        assert rung.wait(LONG)
    finally:
        watch.close()


def test_a_folder_that_was_renamed_away_and_made_anew_is_watched_again(hints, tmp_path):
    """T5: the kernel goes on about the folder that was renamed, and says nothing of the new one."""
    inbox = tmp_path / "inbox"
    inbox.rename(tmp_path / "old")
    assert hints.check() == "", "the look itself says that it is gone"
    inbox.mkdir()
    hints.check()
    assert hinted(hints, arrives(tmp_path, "a.csv"))


def test_a_folder_that_was_deleted_and_made_anew_is_watched_again(hints, tmp_path):
    """T5: watchdog's thread ended with the folder."""
    (tmp_path / "inbox").rmdir()
    (tmp_path / "inbox").mkdir()
    hints.check()
    assert hinted(hints, arrives(tmp_path, "a.csv"))


def test_a_folder_that_comes_later_is_watched_from_then_on(tmp_path):
    rung = threading.Event()
    watch = FolderWatch(tmp_path / "inbox", rung.set)
    watch.rung = rung
    try:
        (tmp_path / "inbox").mkdir()
        watch.check()
        assert hinted(watch, arrives(tmp_path, "a.csv"))
    finally:
        watch.close()


def test_watching_leaves_no_thread_and_no_open_file(tmp_path):
    """However often it is begun anew."""
    inbox = tmp_path / "inbox"
    inbox.mkdir()

    def open_now():
        return len(os.listdir("/proc/self/fd")), threading.active_count()  # noqa: PTH208 - a count

    FolderWatch(inbox, lambda: None).close()
    before = open_now()
    watch = FolderWatch(inbox, lambda: None)
    for _ in range(10):
        inbox.rmdir()
        watch.check()
        inbox.mkdir()
        watch.check()
    watch.close()
    assert open_now() == before


def test_where_no_hints_are_wanted_there_are_none_and_nothing_is_wrong():
    deaf = NoWatch()
    assert deaf.check() == ""
    deaf.close()
