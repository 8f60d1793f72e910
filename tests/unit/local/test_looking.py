"""What is found in a folder, and what is refused of it."""

from __future__ import annotations

import os
import socket

import pytest

from linecard.ports.inbox import InboxError
from unit.local.folder import Folder


def test_every_file_is_listed_with_its_size_and_time_and_folders_are_not(folder):
    folder.put("a.csv", "12345")
    os.utime(folder.path / "a.csv", (7, 7))
    (folder.path / "sub").mkdir()
    (listing,) = folder.opened.list_files()
    assert (listing.name, listing.size, listing.modified, listing.refused) == (b"a.csv", 5, 7.0, "")
    assert listing.owner == folder.path.owner()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_owner_without_a_name_is_shown_by_number(folder):
    """As where the account that delivered a file was removed since."""
    folder.put("a.csv")
    os.chown(folder.path / "a.csv", 3_000_017, -1)
    (listing,) = folder.opened.list_files()
    assert listing.owner == "uid 3000017"


@pytest.mark.parametrize(
    "name",
    [
        b"caf\xe9.csv",
        "café.csv".encode(),
        "cafe\u0301.csv".encode(),
        b"x" * 251 + b".csv",
        b"two\nlines.csv",
        b"-rf.csv",
        b" .csv",
    ],
    ids=["latin-1", "composed", "decomposed", "255 bytes", "newline", "dash", "blank"],
)
def test_an_odd_name_is_claimed_taken_and_gone_like_any_other(folder, name):
    """T10: bytes are names; nothing is decoded on the way."""
    folder.put(name)
    seen = folder.claimed(name)
    version, content = folder.taken(seen)
    assert content == b"one"
    assert folder.parted(seen, version)
    assert folder.names == []


def test_composed_and_decomposed_names_are_two_files(folder):
    """T10: they look the same to a person."""
    folder.put("café.csv", "one")
    folder.put("cafe\u0301.csv", "two")
    assert len({listing.name for listing in folder.opened.list_files()}) == 2


@pytest.mark.parametrize("change", ["content", "time", "mode", "replaced"])
def test_the_version_changes_whenever_the_file_does(folder, change):
    path = folder.put(content="one")
    before, stat = folder.seen().version, path.stat()
    if change == "content":
        path.write_text("two")  # the same size, and below the same time again
    elif change == "mode":
        path.chmod(0o600)
    elif change == "replaced":
        folder.put("b.csv", "one").rename(path)
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns + (change == "time")))
    assert folder.seen().version != before


def test_what_is_no_plain_file_is_refused_with_its_reason(folder):
    (folder.path / "link.csv").symlink_to(folder.put("a.csv"))
    os.mkfifo(folder.path / "pipe.csv")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(folder.path / "s.csv"))
        refused = {listing.name: listing.refused for listing in folder.opened.list_files()}
    assert refused[b"a.csv"] == ""
    assert "symbolic link" in refused[b"link.csv"]
    assert "pipe" in refused[b"pipe.csv"]
    assert "socket" in refused[b"s.csv"]


def test_a_file_with_two_names_is_refused_unless_the_inbox_allows_it(tmp_path):
    """Whoever holds the other name can change what was sent."""
    folder = Folder(tmp_path)
    os.link(folder.put(), tmp_path / "mine")
    assert "hard links" in folder.seen().refused
    assert Folder(tmp_path, hard_links=True).seen().refused == ""


def test_a_folder_that_is_gone_is_told_and_what_to_do(folder):
    folder.path.rmdir()
    with pytest.raises(InboxError, match=r"inbox: No such file") as caught:
        list(folder.opened.list_files())
    assert "mount it again" in caught.value.remedy
