"""Names that inboxes of every kind give to files, and what they say of them."""

from __future__ import annotations

import io
import stat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard.api.inbox import Listing, inbox_files

CLAIM = "c" * 32
NAMES = st.text(st.characters(exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1).map(str.encode)


def listing(name: bytes, marker: bytes = b"", checksum: bytes = b"") -> Listing:
    return Listing(name, 1, "v", 0.0)._replace(marker=marker, checksum=checksum)


def test_a_marked_name_keeps_its_ending():
    assert inbox_files.mark_name(b"joiners.csv", "1f3a5b7c") == b"joiners.1f3a5b7c.csv"
    assert inbox_files.mark_name(b".csv", "1f3a5b7c") == b".csv.1f3a5b7c"
    assert inbox_files.mark_name(b"joiners", "1f3a5b7c") == b"joiners.1f3a5b7c"


@given(NAMES.filter(lambda name: len(name) <= 255), st.integers(0, 20))
def test_it_is_never_too_long_and_ends_within_no_character(name, room):
    found = inbox_files.mark_name(name, CLAIM, room)
    assert len(found) + room <= 255
    assert found.decode()
    assert CLAIM.encode() in found


def test_where_a_file_may_go_with_what_goes_with_it():
    """Its own name first, then marked ones, whose companions are called like them."""
    seen = listing(b"a.csv", marker=b"a.csv.done", checksum=b"a.sha256")
    sides = {b"/work/c.marker": b"a.csv.done", b"/work/c.checksum": b"a.sha256"}
    own, *marked = inbox_files.choose_destinations(lambda name: b"in/" + name, seen, CLAIM, sides)
    assert own == (b"in/a.csv", {b"/work/c.marker": b"in/a.csv.done", b"/work/c.checksum": b"in/a.sha256"})
    for (name, others), mark in zip(marked, (CLAIM[:8], CLAIM), strict=True):
        assert name == f"in/a.{mark}.csv".encode()
        assert others == {b"/work/c.marker": name + b".done", b"/work/c.checksum": name + b".sha256"}


def test_a_file_that_may_not_have_its_own_name():
    found = inbox_files.choose_destinations(bytes, listing(b"a.csv"), CLAIM, {}, own_name=False)
    assert [name for name, _ in found] == [b"a.cccccccc.csv", b"a." + CLAIM.encode() + b".csv"]


@given(NAMES.filter(lambda name: len(name) <= 240))
def test_each_name_leaves_room_for_what_goes_with_the_file(name):
    seen = listing(name, marker=name + b".finished")
    for destination, others in inbox_files.choose_destinations(bytes, seen, CLAIM, {b"m": seen.marker}):
        assert len(destination) <= 255
        assert len(others[b"m"]) <= 255


@pytest.mark.parametrize(
    ("mode", "why"),
    [
        (None, ""),
        (0o644, ""),
        (stat.S_IFREG | 0o644, ""),
        (stat.S_IFLNK | 0o777, "symbolic link"),
        (stat.S_IFIFO, "pipe"),
        (stat.S_IFSOCK, "socket"),
        (stat.S_IFBLK, "device"),
    ],
)
def test_only_regular_files_are_taken(mode, why):
    said = inbox_files.refuse_mode(mode)
    assert why in said
    assert bool(said) == bool(why)


@given(st.binary(max_size=20), st.binary(max_size=20), st.integers(1, 5))
def test_a_file_is_compared_with_a_content(there, content, size):
    blocks = (there[at : at + size] for at in range(0, len(there), size))
    assert inbox_files.has_content(blocks, io.BytesIO(content)) == (there == content)


def test_a_file_in_quarantine_is_named_plainly():
    assert inbox_files.quarantine_name(CLAIM, "../Œuvre\n.csv".encode()).startswith("cccccccccccc__")
    assert set(inbox_files.quarantine_name(CLAIM, b"caf\xe9/../x.csv")) <= set(
        "abcdefghijklmnopqrstuvwxyz0123456789._-"
    )
