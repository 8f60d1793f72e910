"""The source goes last, and only as it was taken."""

from __future__ import annotations

import itertools
import os
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from acceptance.killing import DIED, Countdown, forked
from linecard.api import rename_new
from linecard.ports.inbox import Disposition, InboxError, Unfinished
from linecard.rules.names import matches
from unit.local.folder import ID, Folder, as_nobody, open_to_all

FEWEST = 40
"""Calls into C that it takes at least to give a file back."""


@pytest.fixture
def given_away(folder):
    """A file that was claimed and taken: as it was seen, its version then, and where it lies."""
    folder.put()
    seen = folder.claimed()
    version, _ = folder.taken(seen)
    return seen, version, folder.aside


def test_a_file_that_is_as_it_was_taken_goes(folder, given_away):
    seen, version, aside = given_away
    assert folder.parted(seen, version)
    assert not aside.exists()


def test_parting_again_after_a_crash_is_no_matter(folder, given_away):
    seen, version, _ = given_away
    assert folder.parted(seen, version)
    assert folder.parted(seen, version)


def test_what_was_written_on_goes_back_where_it_came_from(folder, given_away):
    """T7: the producer appended after the take; nothing of it is lost."""
    seen, version, aside = given_away
    folder.append(aside)
    assert not folder.parted(seen, version)
    assert folder.names == ["a.csv"]
    assert (folder.path / "a.csv").read_text() == "one more"
    assert not aside.exists()


def test_a_file_whose_numbers_are_others_but_not_its_bytes_is_as_it_was_taken(folder, given_away):
    """A reboot gives disks other numbers, a restored backup gives files others; it must not be imported again."""
    seen, version, aside = given_away
    content = aside.read_bytes()
    aside.unlink()
    aside.write_bytes(content)
    assert folder.parted(seen, version)
    assert folder.names == []


def test_other_bytes_of_the_same_length_are_another_file(folder, given_away):
    """T8: whatever its times say."""
    seen, version, aside = given_away
    stat = aside.stat()
    aside.write_text("two")
    os.utime(aside, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert not folder.parted(seen, version)
    assert (folder.path / "a.csv").read_text() == "two"


def test_what_is_being_written_right_now_is_asked_again_later(folder, given_away):
    seen, version, aside = given_away
    with aside.open("a"), pytest.raises(Unfinished):
        folder.parted(seen, version)
    assert aside.exists()


def test_where_its_name_is_taken_it_goes_back_beside_it(folder, given_away):
    """T8: under a name that the patterns of the inbox still match, or it would lie there for ever."""
    seen, version, aside = given_away
    folder.put(content="the next one")
    folder.append(aside)
    assert not folder.parted(seen, version)
    (back,) = set(folder.names) - {"a.csv"}
    assert matches(back, ("*.csv",))
    assert (folder.path / back).read_text() == "one more"
    assert (folder.path / "a.csv").read_text() == "the next one"


@pytest.mark.parametrize("name", ["x" * 251 + ".csv", "y" * 255])
def test_a_name_as_long_as_names_can_be_goes_back_beside_its_own_too(tmp_path, name):
    """T10: the addition must fit."""
    folder = Folder(tmp_path)
    folder.put(name)
    seen = folder.claimed(name)
    version, _ = folder.taken(seen)
    folder.put(name, "the next one")
    folder.append(folder.aside)
    assert not folder.parted(seen, version)
    assert len(folder.names) == 2


def test_a_crash_between_the_steps_of_going_back_is_made_good(folder, given_away):
    """The name was given and the other not yet taken away."""
    seen, version, aside = given_away
    folder.append(aside)
    os.link(aside, folder.path / "a.csv")
    assert not folder.parted(seen, version)
    assert folder.names == ["a.csv"]
    assert (folder.path / "a.csv").stat().st_nlink == 1


@pytest.mark.parametrize("marker", ["a.csv.done", "a.done"])
@pytest.mark.parametrize("taken", [False, True], ids=["name free", "name taken"])
def test_what_goes_back_has_its_marker_with_it(tmp_path, marker, taken):
    """Without it nobody would take the file again."""
    folder = Folder(tmp_path)
    folder.put(marker, "")
    folder.put()
    seen = folder.claimed(marker=marker)
    version, _ = folder.taken(seen)
    if taken:
        folder.put(content="the next one")
        folder.put(marker, "")
    folder.append(folder.aside)
    assert not folder.parted(seen, version)
    back = f"a.{ID[:8]}.csv"
    beside = {back, f"{back}.done"}
    assert set(folder.names) == ({"a.csv", marker} | (beside if taken else set()))
    assert not list(folder.work.iterdir())


@pytest.mark.parametrize("taken", [False, True], ids=["name free", "name taken"])
def test_wherever_going_back_is_killed_the_marker_is_where_the_file_is(tmp_path, taken):
    """One without the other would lie there for ever, or have the next file taken before it is finished."""
    for at in itertools.count(1):
        folder, countdown = Folder(tmp_path / str(at)), Countdown(at, every_call=True)
        folder.put("A.DONE", "")
        folder.put()
        seen = folder.claimed(marker="A.DONE")
        version, _ = folder.taken(seen)
        folder.append(folder.aside)
        if taken:
            folder.put(content="the next one")
            folder.put("A.DONE", "")

        def go_back(folder=folder, seen=seen, version=version, countdown=countdown) -> None:
            with countdown.armed():
                folder.parted(seen, version)

        code, _ = forked(go_back, tmp_path / "log")
        folder.parted(seen, version)
        back = f"a.{ID[:8]}.csv" if taken else "a.csv"
        assert set(folder.names) == {"a.csv", "A.DONE", back, f"{back}.DONE" if taken else "A.DONE"}
        assert (folder.path / back).read_text() == "one more"
        assert not list(folder.work.iterdir())
        if code != DIED:
            break
    assert at > FEWEST


def test_a_file_that_is_too_large_goes_into_quarantine_with_its_reason(folder, given_away):
    """T14: linecard does not have it whole, so it must not go."""
    seen, version, aside = given_away
    assert folder.parted(seen, version, Disposition.REFUSED)
    assert not aside.exists()
    kept, reason = sorted(folder.quarantine.iterdir())
    assert kept.read_text() == "one"
    assert reason.name == f"{kept.name}.reason"
    assert "max_bytes" in reason.read_text()


def test_the_checksum_file_of_one_that_is_too_large_lies_beside_it(folder):
    folder.put("A.SHA256", "sum")
    folder.put()
    seen = folder.seen()._replace(checksum=b"A.SHA256")
    assert folder.opened.claim({ID: seen}) == [ID]
    version, _ = folder.taken(seen)
    assert folder.parted(seen, version, Disposition.REFUSED)
    kept, summed, _ = sorted(folder.quarantine.iterdir())
    assert summed.name == f"{kept.name}.SHA256"
    assert summed.read_text() == "sum"
    assert folder.names == []


@pytest.mark.skipif(os.geteuid() != 0, reason="takes two users")
@pytest.mark.parametrize("taken", [False, True], ids=["name free", "name taken"])
def test_the_files_of_others_go_back_too(taken):
    """The kernel lets nobody make a link to a file that is not theirs (fs.protected_hardlinks)."""
    with tempfile.TemporaryDirectory() as site:
        folder = Folder(Path(site))
        folder.put()
        seen = folder.claimed()
        version, _ = folder.taken(seen)
        folder.append(folder.aside)
        if taken:
            folder.put(content="the next one")
        open_to_all(Path(site))
        assert not as_nobody(lambda: folder.parted(seen, version))
        assert [*folder.work.iterdir()] == []
        assert (folder.path / (f"a.{ID[:8]}.csv" if taken else "a.csv")).read_text() == "one more"


class TestInboxUnmounted:
    """T5: an inbox on a disk of its own, whose claimed files are out of sight while it is not mounted."""

    @pytest.fixture
    def folder(self, tmp_path, other_disk):
        (other_disk / "inbox").mkdir()
        (tmp_path / "inbox").symlink_to(other_disk / "inbox")
        return Folder(tmp_path)

    @pytest.fixture
    def seen(self, folder):
        folder.put()
        return folder.claimed()

    def unmount(self, folder):
        folder.path.rename(folder.path.with_name("elsewhere"))
        folder.path.mkdir()

    def mount(self, folder):
        folder.path.rmdir()
        folder.path.with_name("elsewhere").rename(folder.path)

    def test_a_claim_is_not_given_up_while_its_file_is_out_of_sight(self, folder, seen):
        self.unmount(folder)
        with pytest.raises(InboxError, match=r"is not the folder that 'a.csv' was found in"):
            folder.opened.claim({ID: seen})
        self.mount(folder)
        assert folder.opened.claim({ID: seen}) == [ID]
        assert folder.taken(seen)[1] == b"one"

    def test_a_file_is_not_said_to_be_gone_while_it_is_out_of_sight(self, folder, seen):
        version, _ = folder.taken(seen)
        self.unmount(folder)
        with pytest.raises(InboxError, match="is not the folder"):
            folder.parted(seen, version)
        self.mount(folder)
        assert folder.parted(seen, version)
        assert [*(folder.path / ".linecard").iterdir()] == []

    def test_a_claim_of_a_file_that_its_owner_took_away_is_given_up(self, folder):
        path = folder.put()
        seen = folder.seen()
        path.unlink()
        assert folder.opened.claim({ID: seen}) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="takes two users")
def test_a_folder_that_may_not_be_searched_is_not_one_without_the_file(other_disk):
    """T5: the right to look into it was taken away; the claim must not be given up for that."""
    with tempfile.TemporaryDirectory() as site:
        (other_disk / "inbox").mkdir()
        other_disk.chmod(0o777)
        (Path(site) / "inbox").symlink_to(other_disk / "inbox")
        folder = Folder(Path(site))
        folder.put()
        seen = folder.claimed()
        open_to_all(Path(site))
        (other_disk / "inbox").chmod(0o777)

        def is_told():
            try:
                folder.opened.claim({ID: seen})
            except InboxError as error:
                return "Permission denied" in str(error) and "right to list" in error.remedy
            return False

        assert as_nobody(is_told)
        (folder.path / ".linecard").chmod(0o777)
        assert as_nobody(lambda: folder.opened.claim({ID: seen}) == [ID])


@pytest.mark.skipif(os.geteuid() != 0, reason="takes two users")
def test_a_file_that_may_not_be_read_is_refused_and_stops_no_other():
    """T5: it is taken as soon as the right is given."""
    with tempfile.TemporaryDirectory() as site:
        folder = Folder(Path(site))
        folder.put("a.csv")
        folder.put("b.csv")
        open_to_all(Path(site))
        folder.path.joinpath("a.csv").chmod(0o600)
        assert as_nobody(lambda: "may not read it" in folder.seen("a.csv").refused)
        a, b = folder.seen("a.csv"), folder.seen("b.csv")
        assert as_nobody(lambda: folder.opened.claim({"a" * 32: a, "b" * 32: b}) == ["b" * 32])
        assert folder.names == ["a.csv"]


def test_of_files_that_want_one_name_at_the_same_time_one_gets_it_and_none_is_lost(tmp_path):
    """`os.rename` would give it to each in its turn, in place of the one before."""
    names = [os.fsencode(tmp_path / f"{number}") for number in range(8)]

    def wins(name: bytes) -> bool:
        try:
            rename_new(name, os.fsencode(tmp_path / "wanted"))
        except FileExistsError:
            return False
        return True

    with ThreadPoolExecutor(len(names)) as pool:
        for _ in range(50):
            for name in names:
                Path(os.fsdecode(name)).write_bytes(name)
            assert list(pool.map(wins, names)).count(True) == 1
            left = sorted(path.read_bytes() for path in tmp_path.iterdir())
            assert left == sorted(names)
            (tmp_path / "wanted").unlink()
