"""One linecard at a time changes a site; whoever only asks changes nothing and is in nobody's way."""

from __future__ import annotations

import os
import threading

import pytest

from linecard.errors import BusyError, StateError
from linecard.runtime import status
from linecard.runtime.lock import is_held, is_served, site_lock


@pytest.fixture
def held(tmp_path):
    with site_lock(tmp_path / "state"):
        yield tmp_path / "state"


def test_it_is_held_once(held):
    with (
        pytest.raises(BusyError, match=rf"Another linecard works on this site \(process {os.getpid()}\)"),
        site_lock(held),
    ):
        pass


def test_it_is_free_again_afterwards(tmp_path):
    for _ in range(2):
        with site_lock(tmp_path / "state"):
            assert is_held(tmp_path / "state")
        assert not is_held(tmp_path / "state")


def test_asking_makes_nothing(tmp_path):
    assert not is_held(tmp_path / "state")
    assert not is_served(tmp_path / "state")
    assert not (tmp_path / "state").exists()


def test_whoever_asks_is_in_nobodys_way(tmp_path):
    """`linecard status` in a loop must not keep the daemon from starting."""
    state, enough = tmp_path / "state", threading.Event()
    with site_lock(state):
        pass

    def ask():
        while not enough.is_set():
            is_held(state)

    askers = [threading.Thread(target=ask) for _ in range(2)]
    for asker in askers:
        asker.start()
    try:
        for _ in range(50):
            with site_lock(state):
                pass
    finally:
        enough.set()
        for asker in askers:
            asker.join()


@pytest.mark.parametrize(
    ("written", "served"),
    [
        (f'{{"pid": {os.getpid()}, "alerts": []}}', True),
        ('{"pid": 1, "alerts": []}', False),
        ("{", False),
        ("[]", False),
        (None, False),
    ],
    ids=["its own", "another's", "half", "no object", "none"],
)
def test_only_what_the_holder_itself_says_is_believed(held, written, served):
    """A daemon that was killed leaves its words behind."""
    if written is not None:
        (held / "status.json").write_text(written)
    assert is_served(held) is served
    assert (status.read_status(held) is not None) is served
    word = "A daemon serves" if served else "Another linecard works on"
    with pytest.raises(BusyError, match=word), site_lock(held):
        pass


def test_a_holder_that_could_not_sign_on_a_full_disk_is_believed(held):
    os.truncate(held / "lock", 0)
    (held / "status.json").write_text('{"pid": 1}')
    assert is_served(held)


def test_a_state_folder_that_cannot_be_is_told(tmp_path):
    (tmp_path / "state").write_text("a file")
    with pytest.raises(StateError, match="cannot be used"), site_lock(tmp_path / "state"):
        pass
