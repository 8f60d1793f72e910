"""What a server lists is not to be trusted: names that lead elsewhere are told of, all others are bytes like any."""

from __future__ import annotations

import pytest

from linecard_sftp import convert
from linecard_sftp.packets import Attributes, NameEntry

FILE = Attributes(10, 0o100644, 1_750_000_000)
CLAIM = "c" * 32


def listed(*entries: NameEntry) -> dict[bytes, str]:
    """The names that are listed, each with why it is not taken."""
    return {listing.name: listing.refused for listing in convert.make_listings(entries)}


@pytest.mark.parametrize(
    "name",
    [
        b"",
        b"a/b.csv",
        b"../a.csv",
        b"..\\a.csv",
        b"a\0.csv",
        b"a\nb.csv",
        b"\x1b[2J.csv",
        "a\u202eb.csv".encode(),
        b"n" * 256,
    ],
)
def test_names_that_are_never_asked_for(name):
    assert listed(NameEntry(name, FILE))[name] != ""


@pytest.mark.parametrize(
    "name", [b"a.csv", b"caf\xe9.csv", "café.csv".encode(), b"-rf.csv", b" .csv", b"n" * 255, b"a;b.csv"]
)
def test_names_that_are_taken(name):
    """Bytes that are no UTF-8, a leading dash, as many bytes as a name may have."""
    assert listed(NameEntry(name, FILE)) == {name: ""}


def test_folders_and_the_folder_itself_are_no_files():
    folder = Attributes(4096, 0o040755, 1)
    assert listed(NameEntry(b".", folder), NameEntry(b"..", FILE), NameEntry(b"sub", folder)) == {}


def test_a_name_that_is_listed_twice_is_one_file():
    (listing,) = convert.make_listings([NameEntry(b"a.csv", FILE), NameEntry(b"a.csv", FILE._replace(size=11))])
    assert listing.size == 11


@pytest.mark.parametrize("mode", [0o120777, 0o010644, 0o140777, 0o060644])
def test_links_pipes_sockets_and_devices_are_refused(mode):
    assert listed(NameEntry(b"a.csv", FILE._replace(mode=mode)))[b"a.csv"] != ""


def test_a_server_that_tells_no_modes_is_believed_to_list_files():
    assert listed(NameEntry(b"a.csv", FILE._replace(mode=None))) == {b"a.csv": ""}


def test_a_file_without_a_size_is_refused():
    """Nobody could tell whether all of it has come."""
    assert "how large" in listed(NameEntry(b"a.csv", FILE._replace(size=None)))[b"a.csv"]


@pytest.mark.parametrize("other", [{"size": 11}, {"modified": 1_750_000_001}, {"modified": None}])
def test_a_file_that_changed_is_another_version(other):
    assert convert.version(FILE) != convert.version(FILE._replace(**other))


def test_the_name_of_a_claimed_file_is_plain_and_begins_with_the_claim():
    assert convert.claimed_name(CLAIM, "../Œuvre\n.csv".encode()).startswith(CLAIM.encode() + b"__")
    assert set(convert.claimed_name(CLAIM, b"caf\xe9/../x.csv")) <= set(b"abcdefghijklmnopqrstuvwxyz0123456789._-")


@pytest.mark.parametrize(
    ("folder", "name", "path"),
    [
        (b"in", b"a", b"in/a"),
        (b"in/", b"a", b"in/a"),
        (b"/in", b"a", b"/in/a"),
        (b".", b"a", b"a"),
        (b"in", b"/b", b"/b"),
    ],
)
def test_paths(folder, name, path):
    assert convert.join_path(folder, name) == path
