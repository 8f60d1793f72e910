"""What Asterisk learns of endpoints that came while it runs: soon after the commit, and nobody waits for it."""

from __future__ import annotations

import threading
from contextlib import closing

import pytest

from linecard.api.backend import VACANT
from unit.asterisk.managers import Switch
from unit.asterisk.pbx import ADA, BOB, Pbx


@pytest.fixture
def switch():
    with Switch() as switch:
        yield switch


@pytest.fixture
def pbx(tmp_path, switch):
    return Pbx(tmp_path, ami={"port": switch.port, "user": "linecard", "password": "env:AMI", "timeout": 5})


def opened(pbx):
    return closing(pbx.backend(environ={"AMI": "right"}))


def qualified(switch) -> list[str]:
    return [asked["Command"].removeprefix("pjsip reload qualify aor ") for asked in switch.asked("Command")]


def test_a_change_is_made_before_asterisk_has_learnt_the_state_of_its_phone(pbx, switch):
    """It is learnt by the time the PBX is closed, of the addresses of record that the endpoint has."""
    pbx.endpoints("1001", aors="desk,1001")
    with opened(pbx) as backend:
        list(backend.apply([pbx.change("1000", VACANT, ADA), pbx.change("1001", VACANT, BOB)]))
        assert qualified(switch) == []
    assert qualified(switch) == ["1000", "1001", "desk"]
    assert [row["unsettled"] for row in pbx.rows("linecard_links")] == [0, 0]


def test_what_comes_while_asterisk_is_busy_learning_is_learnt_next(pbx, switch):
    """Changes are made meanwhile."""
    switch.open = threading.Event()
    with opened(pbx) as backend:
        list(backend.apply([pbx.change("1000", VACANT, ADA)]))
        assert switch.arrived.wait(10)
        list(backend.apply([pbx.change("1001", VACANT, BOB)]))
        assert qualified(switch) == ["1000"]
        switch.open.set()
    assert qualified(switch) == ["1000", "1001"]


def test_what_an_asterisk_that_does_not_answer_has_not_learnt_the_next_linecard_lets_it_learn(pbx, switch):
    """The change is made all the same; also where a crash came in between."""
    switch.fatal = {"Command"}
    with opened(pbx) as backend:
        list(backend.apply([pbx.change("1000", VACANT, ADA)]))
    assert pbx.row("linecard_links")["unsettled"] == 16
    switch.fatal = set()
    with opened(pbx) as backend:
        list(backend.apply([pbx.change("1000", ADA, BOB)]))
    assert qualified(switch)[-1] == "1000"
    assert pbx.row("linecard_links")["unsettled"] == 0


def test_many_are_learnt_by_one_reload(pbx, switch):
    """Asterisk looks at all endpoints for each of a few."""
    with opened(pbx) as backend:
        list(backend.apply([pbx.change(f"{n}", VACANT, f"m{n}@example.org") for n in range(1000, 1051)]))
    assert (qualified(switch), len(switch.asked("Reload"))) == ([], 1)
