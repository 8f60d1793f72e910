"""What servers do that are no OpenSSH: rename over files, remember old sizes, list whole folders at once."""

from __future__ import annotations

import hashlib
import io

import pytest

from integration.daemon.site import rows
from integration.sftp import hostile as sftp
from integration.sftp.hostile import File, HangUp
from integration.sftp.office import Office
from integration.sftp.test_hostile import BLOCK, LARGE, QUICK, kept, never_taken, once, taken
from linecard.ports.inbox import Disposition, InboxError


@pytest.fixture
def office(folder, hostile, key):
    return Office(folder / "site", hostile, key, inboxes={"hr": {"timeouts": QUICK, "pause": 0.001}})


@pytest.fixture
def hr(office):
    with office.looking() as hr:
        yield hr


class TestReplacing:
    """A server whose rename takes a name from another file, as rclone, Conch and plain `rename(2)` do."""

    @pytest.fixture(autouse=True)
    def replacing(self, hostile):
        hostile.replaces = True

    def archived(self, hostile) -> list[bytes]:
        return sorted(file.data for name, file in hostile.files.items() if name.startswith(b"hr/done/"))

    def test_an_archive_keeps_every_file_of_a_name(self, hostile, office):
        office.sets_up({"hr": {"after": "archive done"}})
        contents = [rows(f"ada {number}").encode() for number in (1000, 1001, 1002)]
        for content in contents:
            hostile.put(b"a.csv", content)
            office.once()
        assert self.archived(hostile) == sorted(contents)
        assert len(hostile.files) == len(contents), "what it was tried with is gone"

    def test_a_file_that_goes_back_takes_no_name_from_the_next_one(self, hostile, office):
        """Also from one that came when it was already looked whether the name is free."""
        hostile.put(b"a.csv", LARGE)
        with office.looking() as hr:
            taken(hr)
        (claimed,) = hostile.names
        hostile.files[claimed].data += b"% more\n"
        hostile.before = lambda kind, path: (
            None if (kind, path) != (sftp.RENAME, claimed) else hostile.files.setdefault(b"hr/a.csv", File(b"next"))
        )
        office.once()
        found = {file.data for file in hostile.files.values()} | set(kept(office))
        assert found >= {b"next", LARGE, LARGE + b"% more\n"}

    def test_a_claim_that_is_asked_for_again_takes_no_name_from_the_file_it_claimed(self, hostile, office):
        """Its answer was lost, and a file of the same name, size and second has come since."""
        hostile.put(b"a.csv", LARGE)
        other = LARGE.replace(b"x", b"y")

        def lose() -> None:
            hostile.put(b"a.csv", other)
            raise HangUp

        lost = once(hostile, sftp.RENAME, lose, done=True)
        with office.looking() as hr:
            taken(hr)
            taken(hr)
        assert lost != []
        assert sorted(kept(office)) == sorted([LARGE, other])

    def test_files_that_are_too_large_lie_beside_each_other(self, hostile, open_office, key, folder):
        office = Office(folder / "small", hostile, key, sheet={"max_bytes": 100})
        for letter in (b"x", b"y"):
            hostile.put(b"a.csv", 1000 * letter)
            office.once()
        large = {file.data for name, file in hostile.files.items() if b"/refused/" in name}
        assert large >= {1000 * b"x", 1000 * b"y"}

    def test_a_result_takes_no_name_from_a_file_that_came_while_it_was_written(self, hostile, key, folder):
        office = Office(folder / "replying", hostile, key, reply="../out")
        hostile.put(b"a.csv", rows("ada 1000").encode())
        name = b"hr/../out/000001-hr-a.csv"
        once(hostile, sftp.WRITE, lambda: hostile.files.setdefault(name, File(b"mine")))
        assert "is there already" in str(office.once())
        assert hostile.files[name].data == b"mine"


def test_an_account_that_may_remove_nothing_leaves_no_marker_behind(hostile, key, folder):
    """It goes with the file, since it would lie aside for ever."""
    office = Office(folder / "site", hostile, key, marker=".done", inboxes={"hr": {"after": "archive done"}})
    hostile.put(b"A.DONE", b"")
    hostile.put(b"a.csv", rows("ada 1000").encode())
    hostile.refuses[sftp.REMOVE] = sftp.PERMISSION_DENIED
    office.once()
    assert office.runs == {"a.csv": "applied"}
    tried = b"hr/.linecard/.linecard-try-"
    assert [name for name in hostile.names if not name.startswith(tried)] == [b"hr/done/A.DONE", b"hr/done/a.csv"]


@pytest.mark.parametrize(("code", "arrives"), [(sftp.UNSUPPORTED, True), (sftp.FAILURE, False)])
def test_a_result_arrives_where_a_disk_knows_no_fsync(hostile, key, folder, code, arrives):
    """And not where the disk fails; it is put there later."""
    office = Office(folder / "site", hostile, key, reply="../out")
    hostile.can, hostile.refuses[sftp.EXTENDED] = (b"fsync@openssh.com",), code
    hostile.put(b"a.csv", rows("ada 1000").encode())
    assert (office.once() == []) is arrives
    assert hostile.names == ([b"hr/../out/000001-hr-a.csv"] if arrives else [])


@pytest.mark.parametrize("options", [{"after": "archive done"}, {"claim": None, "after": "delete"}])
def test_a_server_that_lists_names_alone_is_asked_for_the_rest(hostile, key, folder, options):
    """And ends its answers in ways of its own. A folder among the names is not taken for a file."""
    hostile.bare = True
    office = Office(folder / "site", hostile, key, reply="../out", inboxes={"hr": options})
    for number in (1000, 1001):
        hostile.put(b"a.csv", rows(f"ada {number}").encode()).modified += number
        assert office.once() == []
    assert office.files == ["a.csv"] * 2
    archived = [name for name in hostile.names if name.startswith(b"hr/done/")]
    assert len(archived) == (2 if "archive done" in options.values() else 0)
    assert len(hostile.names) == len(archived) + 2


@pytest.mark.parametrize("claim", [".linecard", None])
def test_a_file_that_is_listed_with_another_time_than_it_has_is_taken(hostile, key, folder, claim):
    """Once, and not left there for ever as one that changes all the time."""
    hostile.lists_later = 1
    office = Office(folder / "site", hostile, key, inboxes={"hr": {"claim": claim}})
    hostile.put(b"a.csv", rows("ada 1000").encode())
    for _ in range(3):
        office.once()
    assert office.runs == {"a.csv": "applied"}
    assert office.files == ["a.csv"]


@pytest.mark.parametrize(("options", "left"), [({}, []), ({"after": "archive done"}, [b"a.csv", b"a.csv.sum"])])
def test_of_two_sites_the_one_that_gets_the_file_has_what_goes_with_it(hostile, opened, options, left):
    """The other had moved marker and checksum file aside just before. None is left for the next file of that name."""
    first, second = opened(**options), opened(claim=".other")
    for name, content in ((b"a.csv", b"file"), (b"a.csv.sum", b"sum"), (b"a.done", b"")):
        hostile.put(name, content)
    (seen,) = [each for each in first.list_files() if each.name == b"a.csv"]
    seen = seen._replace(marker=b"a.done", checksum=b"a.csv.sum")
    claimed = list[str]()

    def overtake(kind: int, path: bytes) -> None:
        if kind == sftp.RENAME and path == b"hr/a.csv":
            hostile.before = hostile.after
            claimed.extend(first.claim({"f" * 32: seen}))

    hostile.before = overtake
    assert second.claim({"s" * 32: seen}) == []
    assert claimed == ["f" * 32]
    into = io.BytesIO()
    version = first.copy("f" * 32, seen, into, most=100)
    assert (into.getvalue(), first.checksum("f" * 32, seen)) == (b"file", b"sum")
    assert first.settle("f" * 32, seen, version, Disposition.DONE) is True
    assert hostile.names == [b"hr/done/" + name for name in left]


class TestVague:
    """A server that says of a file that is not there only that it failed."""

    @pytest.fixture(autouse=True)
    def vague(self, hostile):
        hostile.vague = True

    @pytest.mark.parametrize("options", [{}, {"after": "archive done"}, {"claim": None, "after": "delete"}])
    def test_a_file_ends_as_it_should_and_is_answered(self, hostile, key, folder, options):
        """Also where the word that it is gone was lost, and it is asked for again."""
        office = Office(folder / "vague", hostile, key, reply="../out", inboxes={"hr": {"pause": 0.001} | options})
        hostile.put(b"a.csv", rows("ada 1000").encode())
        end = sftp.RENAME if "archive done" in options.values() else sftp.REMOVE

        def lose(kind: int, path: bytes) -> None:
            if kind == end and path.endswith(b"a.csv") and office.runs:
                hostile.after = hostile.before
                raise HangUp

        hostile.after = lose
        for _ in range(3):
            office.once()
        assert office.runs == {"a.csv": "applied"}
        names = [name for name in hostile.names if not name.startswith(b"hr/../out/000001-hr-a")]
        assert names == ([b"hr/done/a.csv"] if "archive done" in options.values() else [])
        assert len(hostile.names) == len(names) + 1
        assert hostile.after == hostile.before


class TestCaching:
    """A server that remembers old sizes sends half a file as if it were whole, and says so when it is closed."""

    @pytest.mark.parametrize("claim", [".linecard", None])
    @pytest.mark.parametrize("size", [100, 3 * BLOCK])
    def test_a_file_that_the_server_does_not_stand_by_is_not_taken(self, hostile, office, claim, size):
        office.sets_up({"hr": {"claim": claim}})
        hostile.put(b"a.csv", LARGE[:size])
        hostile.refuses[sftp.CLOSE] = sftp.FAILURE
        with office.looking() as hr:
            assert "does not stand by what it sent" in never_taken(hr)
            hostile.refuses.clear()
            taken(hr)
        assert kept(office) == [LARGE[:size]]

    def test_one_whose_name_stands_for_more_when_it_was_read_is_read_again(self, hostile, hr, office):
        """What was open told the old size to its end; asked by its name again, the server knows better."""
        file = hostile.put(b"a.csv", LARGE[:100])

        looks = list[bytes]()

        def grow(kind: int, handle: bytes) -> None:
            looks.extend([handle] * (kind == sftp.FSTAT))
            if kind == sftp.CLOSE and looks.count(handle) == 2 and file.data != LARGE:
                file.data, file.modified = LARGE, file.modified + 1

        hostile.before = grow
        taken(hr)
        assert kept(office) == [LARGE]

    def test_a_checksum_file_that_it_does_not_stand_by_is_read_again(self, hostile, key, folder):
        office = Office(folder / "summing", hostile, key, checksum=".sha256")
        hostile.put(b"a.csv", LARGE)
        hostile.put(b"a.csv.sha256", hashlib.sha256(LARGE).hexdigest().encode())
        with office.looking() as hr:
            hr.look()
            hostile.refuses[sftp.CLOSE] = sftp.FAILURE
            assert hr.look(0.5).runs == []
            hostile.refuses.clear()
            taken(hr)
        assert office.runs != {"a.csv": "rejected"}


class TestListing:
    """A folder in one answer, as servers give it that were written after the examples of ssh2."""

    @pytest.fixture
    def patient(self, opened):
        """The server here takes its time to make such an answer."""
        return opened(timeouts={"read": 60})

    def test_one_of_many_megabytes_is_read(self, hostile, patient):
        hostile.listed = [b"%0200d.csv" % number for number in range(40_000)]
        assert sum(1 for _ in patient.list_files()) == len(hostile.listed)

    def test_one_beyond_what_is_kept_in_memory_is_named_with_what_to_do(self, hostile, patient):
        hostile.listed = [b"%0250d.csv" % number for number in range(120_000)]
        with pytest.raises(InboxError, match=r"lists a folder in one answer of [\d,]+ bytes") as told:
            list(patient.list_files())
        assert "old files" in told.value.remedy
