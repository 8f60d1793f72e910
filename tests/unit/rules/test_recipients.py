"""Who is told of a run's end."""

from __future__ import annotations

from typing import NamedTuple

import pytest

from linecard.model.run import State
from linecard.rules.recipients import choose_recipients


class Reader(NamedTuple):
    sink: str
    to: tuple[str, ...]
    when: tuple[str, ...]


READERS = [
    Reader("post", ("all@x.org", "too@x.org"), ("all",)),
    Reader("post", ("problems@x.org",), ("problems",)),
    Reader("chat", (), ("held",)),
    Reader("post", ("digest@x.org",), ("digest",)),
    Reader("post", ("both@x.org",), ("problems", "held")),
]


@pytest.mark.parametrize(
    ("state", "counts", "more"),
    [
        (State.APPLIED, {"done": 3, "unchanged": 1}, []),
        (State.UNCHANGED, {"unchanged": 1, "refused": 1}, ["problems@x.org", "both@x.org"]),
        (State.PARTIAL, {"done": 3, "failed": 1}, ["problems@x.org", "both@x.org"]),
        (State.REJECTED, {}, ["problems@x.org", "both@x.org"]),
        (State.HELD, {"done": 9}, ["problems@x.org", "", "both@x.org"]),
        (State.SUPERSEDED, {"done": 9}, []),
    ],
)
def test_each_reader_hears_of_what_they_asked_for(state, counts, more):
    """A sink without addresses has one, the empty one; whoever wants a digest gets no single letter."""
    assert [address for _, address in choose_recipients(READERS, state, counts)] == ["all@x.org", "too@x.org", *more]
