"""What a server may do to us: no file is ever taken in part, none is lost, and no look hangs."""

from __future__ import annotations

import io

import pytest

from integration.daemon.site import rows
from integration.sftp import hostile as sftp
from integration.sftp.hostile import HangUp
from integration.sftp.office import Office
from linecard.ports.inbox import InboxError

BLOCK = 32_768
QUICK = dict.fromkeys(("connect", "banner", "auth", "channel"), 5) | {"read": 0.5}
LARGE = (rows("ada 1000") + "%" + 9 * BLOCK * "x" + "\n").encode()


@pytest.fixture
def office(folder, hostile, key):
    return Office(folder / "site", hostile, key, inboxes={"hr": {"timeouts": QUICK, "pause": 0.001}})


@pytest.fixture
def hr(office):
    with office.looking() as hr:
        yield hr


def kept(office) -> list[bytes]:
    """What lies in the archive, each file whole."""
    return [path.read_bytes() for path in (office.folder / "archive").rglob("*.csv") if ".begun" not in path.parts]


def taken(hr, looks: int = 6) -> None:
    """Look until the file was taken."""
    said = []
    for _ in range(looks):
        try:
            look = hr.look(0.5)
        except InboxError as error:
            said.append(str(error))
            continue
        said += look.problems.values()
        if look.runs:
            assert len(look.runs) == 1
            return
    raise AssertionError(f"it was never taken: {said}")


def never_taken(hr, looks: int = 4) -> str:
    """Look several times, in vain; what was said last."""
    said = ""
    for _ in range(looks):
        try:
            look = hr.look(0.5)
        except InboxError as error:
            said = f"{error} {error.remedy}"
            continue
        assert look.runs == []
        said = " ".join(look.problems.values()) or said
    return said


def at_block(number: int, do):
    """Does something once, when so many blocks were asked for."""
    count = [0]

    def before(kind: int, path: bytes) -> None:
        count[0] += kind == sftp.READ
        if kind == sftp.READ and count[0] == number:
            do()

    return before


def once(hostile, kind: int, do, *, done: bool = False) -> list[bytes]:
    """Does something at the first request of a kind, before it is done or after; the paths of which it was done."""
    met: list[bytes] = []

    def hook(now: int, path: bytes) -> None:
        if now == kind and not met:
            met.append(path)
            do()

    if done:
        hostile.after = hook
    else:
        hostile.before = hook
    return met


def hang_up() -> None:
    raise HangUp


class TestChanging:
    """A file that changes while it is read is read again, until it was the same all the time."""

    def test_it_is_cut_short(self, hostile, hr, office):
        file = hostile.put(b"a.csv", LARGE)
        short = LARGE[: 2 * BLOCK]

        def cut():
            file.data, file.modified = short, file.modified + 1

        hostile.before = at_block(3, cut)
        taken(hr)
        assert kept(office) == [short]

    def test_it_grows(self, hostile, hr, office):
        file = hostile.put(b"a.csv", LARGE)

        def grow():
            file.data += b"% more\n"

        hostile.before = at_block(3, grow)
        taken(hr)
        assert kept(office) == [LARGE + b"% more\n"]

    def test_it_is_overwritten_in_place(self, hostile, hr, office):
        file = hostile.put(b"a.csv", LARGE)
        other = LARGE.replace(b"x", b"y")

        def overwrite():
            file.data, file.modified = other, file.modified + 1

        hostile.before = at_block(3, overwrite)
        taken(hr)
        assert kept(office) == [other]

    def test_another_file_comes_under_its_name(self, hostile, hr, office):
        """The claim is a rename: what comes under the old name then is another file, and is taken too."""
        hostile.put(b"a.csv", LARGE)
        hostile.before = at_block(3, lambda: hostile.put(b"a.csv", b"other"))
        taken(hr)
        taken(hr)
        assert sorted(kept(office)) == sorted([LARGE, b"other"])


class TestStaying:
    """Where nothing is moved, the name may come to mean another file while the first is read."""

    def test_another_file_under_the_name_is_taken_in_place_of_the_first(self, hostile, office):
        office.sets_up({"hr": {"claim": None}})
        hostile.put(b"a.csv", LARGE)

        def replaced():
            hostile.put(b"a.csv", b"other").modified += 1

        hostile.before = at_block(3, replaced)
        with office.looking() as hr:
            taken(hr)
            assert hr.look(0.5).runs == hr.look(0.5).runs == []
        assert kept(office) == [b"other"]

    def test_one_that_is_taken_away_while_it_is_read_is_no_drop(self, hostile, office):
        office.sets_up({"hr": {"claim": None}})
        hostile.put(b"a.csv", LARGE)
        hostile.before = at_block(3, hostile.files.clear)
        with office.looking() as hr:
            never_taken(hr)
            assert hr.look(0.5).problems == {}
        assert kept(office) == []


class TestLies:
    @pytest.mark.parametrize("says", [0, 10, 10 * len(LARGE)])
    def test_a_size_that_is_not_so_is_told_and_the_file_left(self, hostile, hr, office, says):
        hostile.put(b"a.csv", LARGE).says = says
        assert f"says that it has {says:,} bytes" in never_taken(hr)
        assert kept(office) == []
        assert len(hostile.files) == 1

    @pytest.mark.parametrize("says", [2**63, 2**64 - 1])
    def test_a_size_below_nothing_keeps_only_its_own_file(self, hostile, hr, office, says):
        hostile.put(b"a.csv", LARGE).says = says
        hostile.put(b"b.csv", LARGE[:100])
        taken(hr)
        assert "does not say how large it is" in never_taken(hr)
        assert kept(office) == [LARGE[:100]]

    @pytest.mark.parametrize(
        "name", [b"../../etc/a.csv", b"/etc/a.csv", b"..\\a.csv", b"a\0.csv", b"a\nb.csv", b"\x1b.csv"]
    )
    def test_names_that_lead_elsewhere_are_told_of_and_not_asked_for(self, hostile, hr, office, name):
        hostile.put(b"a.csv", LARGE)
        hostile.listed = [b".", b"..", b"", name, 256 * b"n" + b".csv"]
        asked = []
        hostile.before = lambda kind, path: asked.append(path)
        taken(hr)
        assert kept(office) == [LARGE]
        assert len(hr.look(0.5).problems) >= 2, "the odd name, and the one that is too long"
        assert not [path for path in asked if name in path]


@pytest.mark.parametrize("most", [1, 100, BLOCK - 1])
def test_short_answers_are_asked_on_from_where_they_end(hostile, hr, office, most):
    hostile.most = most
    content = LARGE if most == BLOCK - 1 else LARGE[:1000]
    hostile.put(b"a.csv", content)
    taken(hr)
    assert kept(office) == [content]


def test_answers_may_come_in_any_order(hostile, hr, office):
    hostile.backwards = True
    hostile.put(b"a.csv", LARGE)
    taken(hr)
    assert kept(office) == [LARGE]


def test_nothing_is_awaited_of_a_file_that_is_being_closed(hostile, opened):
    """A server on Node.js deals with requests all at once: what it would say of a closed file is that it failed.

    Also of one whose size is not known before, as that of a checksum file, and of those that are asked for ahead.
    """
    hostile.backwards = True
    closed: set[bytes] = set()
    late: list[tuple[int, bytes]] = []

    def watch(kind: int, handle: bytes) -> None:
        if kind == sftp.FSTAT and handle in closed:
            late.append((kind, handle))
        closed.update([handle] if kind == sftp.CLOSE else [])

    hostile.before = watch
    inbox, sizes = opened(), (0, 1, 100, BLOCK, BLOCK + 1, 3 * BLOCK)
    for number, size in enumerate(sizes):
        hostile.put(b"%d.csv" % number, LARGE[:size])
        hostile.put(b"%d.csv.sum" % number, b"sum")
    found = [listing for listing in inbox.list_files() if listing.name.endswith(b".csv")]
    claims = {
        f"{listing.name[:1].decode():c<32}": listing._replace(checksum=listing.name + b".sum") for listing in found
    }
    assert sorted(inbox.claim(claims)) == sorted(claims)
    for claim, listing in claims.items():
        into = io.BytesIO()
        inbox.copy(claim, listing, into, most=1 << 20)
        assert into.getvalue() == LARGE[: listing.size]
        assert inbox.checksum(claim, listing) == b"sum"
    assert late == []


class TestSilence:
    """A server that falls silent is given up after `read` seconds; the file is taken when it speaks again."""

    @pytest.mark.parametrize(
        "kind", [sftp.READ, sftp.CLOSE, sftp.FSTAT, sftp.OPEN, sftp.RENAME, sftp.READDIR, sftp.MKDIR]
    )
    def test_it_freezes_once(self, hostile, hr, office, kind):
        hostile.put(b"a.csv", LARGE)
        frozen = once(hostile, kind, hostile.freeze)
        taken(hr)
        assert frozen != []
        assert kept(office) == [LARGE]

    def test_it_is_said(self, hostile, hr):
        hostile.put(b"a.csv", LARGE)

        def freeze(kind: int, path: bytes) -> None:
            if kind == sftp.READ:
                hostile.freeze()

        hostile.before = freeze
        assert "did not answer within 0.5 seconds" in never_taken(hr)


@pytest.mark.parametrize("done", [False, True], ids=["before it is done", "when the answer is lost"])
class TestHangingUp:
    """The connection breaks before a request is done, or after, so that its answer is lost."""

    @pytest.mark.parametrize("kind", [sftp.READ, sftp.RENAME, sftp.OPEN, sftp.LSTAT, sftp.MKDIR, sftp.OPENDIR])
    def test_the_file_is_taken_once_all_the_same(self, hostile, hr, office, kind, done):
        hostile.put(b"a.csv", LARGE)
        broken = once(hostile, kind, hang_up, done=done)
        taken(hr)
        assert broken != []
        assert kept(office) == [LARGE]
        assert hr.look(0.5).runs == hr.look(0.5).runs == []

    def test_parting_is_tried_again(self, hostile, office, done):
        hostile.put(b"a.csv", LARGE)
        broken = once(hostile, sftp.REMOVE, hang_up, done=done)
        office.once()
        office.once()
        assert broken != []
        assert hostile.names == []
        assert office.files == ["a.csv"]


@pytest.mark.parametrize("claim", [".linecard", None])
def test_it_hangs_up_when_all_was_read(hostile, office, claim):
    """What was written is not written a second time behind it."""
    office.sets_up({"hr": {"claim": claim}})
    hostile.put(b"a.csv", LARGE)
    asked = []

    def before(kind: int, path: bytes) -> None:
        asked.append(kind)
        if kind == sftp.FSTAT and asked.count(sftp.FSTAT) == 2:
            raise HangUp

    hostile.before = before
    with office.looking() as hr:
        taken(hr)
    assert asked.count(sftp.FSTAT) > 2
    assert kept(office) == [LARGE]


class TestRefusals:
    def test_it_refuses_to_rename(self, hostile, hr, office):
        hostile.put(b"a.csv", LARGE)
        hostile.refuses[sftp.RENAME] = sftp.PERMISSION_DENIED
        assert "claim: null" in never_taken(hr)
        assert hostile.names == [b"hr/a.csv"]
        assert kept(office) == []

    def test_its_disk_is_full(self, hostile, hr, office):
        hostile.put(b"a.csv", LARGE)
        hostile.refuses[sftp.MKDIR] = sftp.FAILURE
        assert "cannot be made" in never_taken(hr)
        assert hostile.names == [b"hr/a.csv"]
        assert kept(office) == []

    def test_it_refuses_to_remove_a_file_which_is_not_taken_again_for_that(self, hostile, office):
        hostile.put(b"a.csv", LARGE)
        hostile.refuses[sftp.REMOVE] = sftp.PERMISSION_DENIED
        assert office.once() != []
        assert office.once() != []
        assert office.files == ["a.csv"]
        hostile.refuses.clear()
        assert office.once() == []
        assert hostile.names == []
