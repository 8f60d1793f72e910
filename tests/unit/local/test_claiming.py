"""A file is put aside whole and once, or left untouched."""

from __future__ import annotations

import os

import pytest

from linecard.ports.inbox import InboxError, Unfinished
from linecard.rules.sanitize import is_printable, spell_out
from unit.local.folder import ID, MOST, Folder


def test_a_claimed_file_is_gone_from_the_inbox_and_lies_under_its_id(folder):
    folder.put()
    folder.claimed()
    assert folder.names == []
    assert folder.aside.read_text() == "one"


def test_on_another_disk_it_stays_on_the_disk_of_the_inbox(tmp_path, other_disk):
    """A rename never crosses disks; a copy would not be whole at every instant."""
    folder = Folder(tmp_path, other_disk / "work")
    folder.put()
    folder.claimed()
    assert (folder.path / ".linecard" / ID).read_text() == "one"
    assert not list((other_disk / "work").iterdir())
    assert oct((folder.path / ".linecard").stat().st_mode)[-3:] == "700"


def test_claiming_again_after_a_crash_finds_it_claimed(folder):
    folder.put()
    seen = folder.claimed()
    assert folder.opened.claim({ID: seen}) == [ID]


def test_a_new_file_of_the_same_name_does_not_disturb_a_claim(folder):
    """T8: the next file may come at once."""
    folder.put(content="one")
    seen = folder.claimed()
    folder.put(content="two")
    assert folder.opened.claim({ID: seen}) == [ID]
    assert folder.taken(seen)[1] == b"one"
    assert folder.names == ["a.csv"]


def test_a_file_that_is_gone_is_left_out(folder):
    path = folder.put()
    seen = folder.seen()
    path.unlink()
    assert folder.opened.claim({ID: seen}) == []


@pytest.mark.parametrize("restored", [False, True], ids=["plain", "old time restored"])
def test_a_file_that_changed_since_it_was_seen_is_left_untouched(folder, restored):
    """T8: also when size and time are as before: somebody just wrote, and must settle once more."""
    path = folder.put(content="one")
    seen, stat = folder.seen(), path.stat()
    path.write_text("two")
    if restored:
        os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert folder.opened.claim({ID: seen}) == []
    assert path.read_text() == "two"


def test_a_file_replaced_by_a_link_or_a_pipe_is_left_out(folder):
    seen = {}
    for name in ("link.csv", "pipe.csv"):
        folder.put(name)
        seen[name] = folder.seen(name)
        (folder.path / name).unlink()
    (folder.path / "link.csv").symlink_to("/etc/passwd")
    os.mkfifo(folder.path / "pipe.csv")
    assert folder.opened.claim({str(i) * 32: listing for i, listing in enumerate(seen.values())}) == []
    assert folder.names == ["link.csv", "pipe.csv"]


def test_a_file_that_somebody_has_open_for_writing_is_left_until_it_is_closed(folder):
    """T7: the kernel tells, where it can."""
    with folder.put().open("a"):
        seen = folder.seen()
        assert folder.opened.claim({ID: seen}) == []
        assert folder.names == ["a.csv"]
    assert folder.opened.claim({ID: seen}) == [ID]


def test_a_reader_does_not_keep_a_file_from_being_claimed(folder):
    with folder.put().open():
        folder.claimed()


def test_one_file_that_cannot_be_claimed_stops_no_other(folder):
    for name in ("a.csv", "b.csv", "c.csv"):
        folder.put(name)
    wanted = {name[0] * 32: folder.seen(name) for name in ("a.csv", "b.csv", "c.csv")}
    (folder.path / "b.csv").unlink()
    (folder.path / "b.csv").symlink_to("a.csv")
    assert sorted(folder.opened.claim(wanted)) == ["a" * 32, "c" * 32]


def test_two_linecards_on_one_folder_take_each_file_once(tmp_path):
    """T13: one rename wins; the other finds it gone."""
    one, two = Folder(tmp_path, tmp_path / "one"), Folder(tmp_path, tmp_path / "two")
    one.put()
    seen = one.seen()
    assert one.opened.claim({ID: seen}) == [ID]
    assert two.opened.claim({ID: seen}) == []


# -- markers -----------------------------------------------------------------------------------------------------------


def test_the_marker_is_claimed_with_its_file_and_goes_with_it(folder):
    folder.put("a.csv.done", "")
    folder.put()
    seen = folder.claimed(marker="a.csv.done")
    assert folder.names == []
    version, _ = folder.taken(seen)
    assert folder.parted(seen, version)
    assert not list(folder.path.rglob("*.marker"))
    assert not list(folder.work.rglob("*.marker"))


def test_a_crash_between_marker_and_file_is_made_good(folder):
    """The marker was moved, the file was not: it is claimed all the same."""
    folder.put("a.csv.done", "")
    folder.put()
    seen = folder.seen(marker="a.csv.done")
    folder.work.mkdir(parents=True)
    if folder.work.stat().st_dev == folder.path.stat().st_dev:
        (folder.path / "a.csv.done").rename(folder.work / f"{ID}.marker")
    else:
        (folder.path / ".linecard").mkdir()
        (folder.path / "a.csv.done").rename(folder.path / ".linecard" / f"{ID}.marker")
    assert folder.opened.claim({ID: seen}) == [ID]
    assert folder.names == []


def test_a_file_that_is_left_gets_its_marker_back(tmp_path):
    """Else it would never be taken: the marker was moved, a crash came, and meanwhile its producer wrote on."""
    folder = Folder(tmp_path)
    folder.put("a.csv.done", "")
    path = folder.put()
    seen = folder.seen(marker="a.csv.done")
    folder.work.mkdir(parents=True)
    (folder.path / "a.csv.done").rename(folder.work / f"{ID}.marker")
    folder.append(path)
    assert folder.opened.claim({ID: seen}) == []
    assert folder.names == ["a.csv", "a.csv.done"]


# -- taking ------------------------------------------------------------------------------------------------------------


def test_a_claimed_file_is_copied_byte_for_byte(folder):
    folder.put(content="one\r\ntwo\x00")
    assert folder.taken(folder.claimed())[1] == b"one\r\ntwo\x00"


def test_at_most_one_byte_more_than_allowed_is_copied(folder):
    folder.put(content="x" * (3 * MOST))
    assert len(folder.taken(folder.claimed())[1]) == MOST + 1


def test_a_claimed_file_that_is_written_on_is_not_finished(folder):
    """T7: a rename does not take the file out of its producer's hands."""
    with folder.put().open("a") as producer:
        seen = folder.seen()
        folder.work.mkdir(parents=True)
        _aside(folder)
        with pytest.raises(Unfinished):
            folder.taken(seen)
        producer.write(" more")
        producer.flush()
        with pytest.raises(Unfinished) as caught:
            folder.taken(seen)
    assert caught.value.now.size == 8
    assert folder.taken(caught.value.now)[1] == b"one more"


def _aside(folder):
    where = folder.work
    if folder.work.stat().st_dev != folder.path.stat().st_dev:
        where = folder.path / ".linecard"
        where.mkdir()
    (folder.path / "a.csv").rename(where / ID)


def test_a_claimed_file_that_changes_while_it_is_copied_is_not_finished(folder):
    folder.put(content="x" * 100)
    seen = folder.claimed()

    class Slow:
        def write(self, block):
            folder.append(folder.aside)
            return len(block)

    with pytest.raises(Unfinished):
        folder.opened.copy(ID, seen, Slow(), most=MOST)


@pytest.mark.parametrize("name", [b"caf\xe9.csv", b"a\nb.csv", "Arrivées\xa0: mars.csv".encode()])
def test_what_is_told_of_a_file_can_be_written_down_whatever_it_is_called(folder, name):
    """A lone surrogate could be put into no database, no log and no status file."""
    folder.put(name)
    seen = folder.claimed(name)
    folder.aside.unlink()
    with pytest.raises(InboxError) as told:
        folder.taken(seen)
    assert f"({spell_out(name)})" in str(told.value)
    assert is_printable(str(told.value).encode().decode())


def test_a_claimed_file_that_somebody_removed_is_told(folder):
    folder.put()
    seen = folder.claimed()
    folder.aside.unlink()
    with pytest.raises(InboxError, match="is not in the work folder any more"):
        folder.taken(seen)
