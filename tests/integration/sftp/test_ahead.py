"""Small files are asked for before their turn: they come whole and in any order, and nothing is left open for them."""

from __future__ import annotations

import io
import threading
from contextlib import closing, suppress

import pytest

from integration.sftp import hostile as sftp
from integration.sftp.sshd import USER
from linecard.ports.inbox import Disposition, InboxError, Listing, Unfinished
from linecard.testing import make_context
from linecard_sftp.inbox import SftpInbox, build
from linecard_sftp.options import SftpOptions
from linecard_sftp.prefetch import FILES

MANY = FILES + 8
MOST = 1 << 20


class Desk:
    """An inbox of which a test takes what it likes; `asked` is what the server was asked for."""

    def __init__(self, folder, server, *, claim: str | None) -> None:
        (folder / "known_hosts").write_text(server.known)
        login = {"host": server.address, "port": server.port, "user": USER, "known_hosts": "known_hosts"}
        options = SftpOptions.model_validate(login | {"claim": claim, "key": "hostile_key"})
        self.inbox: SftpInbox = build(options, make_context(folder, "hr", path="hr"))
        self.server = server
        self.asked: list[int] = []
        self.changed = threading.Condition()
        self.wanted: dict[str, Listing] = {}
        server.before = self._asked

    def _asked(self, kind: int, path: bytes) -> None:
        with self.changed:
            self.asked.append(kind)
            self.changed.notify()

    def claims(self) -> list[str]:
        self.wanted = {f"{number:032x}": seen for number, seen in enumerate(self.inbox.list_files())}
        return self.inbox.claim(self.wanted)

    def take(self, claim: str) -> bytes:
        into = io.BytesIO()
        self.version = self.inbox.copy(claim, self.wanted[claim], into, most=MOST)
        return into.getvalue()

    def closed(self, *, refused: int = 0) -> bool:
        """Whether every file that was opened has been closed, once whatever was sent has been dealt with."""
        with suppress(InboxError):
            self.inbox.client.run_job(lambda session: session.resolve(b"."), b"")
        with self.changed:
            return self.changed.wait_for(
                lambda: (
                    self.asked.count(sftp.CLOSE)
                    == self.asked.count(sftp.OPEN) + self.asked.count(sftp.OPENDIR) - refused
                ),
                10,
            )


@pytest.fixture(params=[".linecard", None], ids=["moved", "stays"])
def desk(request, hostile, folder):
    for number in range(MANY):
        hostile.put(b"%03d.csv" % number, b"file %d" % number)
    made = Desk(folder, hostile, claim=request.param)
    with closing(made.inbox):
        yield made


def content(desk: Desk, claim: str) -> bytes:
    return b"file %d" % int(desk.wanted[claim].name[:3])


@pytest.mark.parametrize("backwards", [False, True])
def test_all_come_in_their_order(desk, backwards):
    """Each opened and closed once; also from a server that answers in another order than it was asked."""
    claims = desk.claims()
    desk.server.backwards = backwards
    assert [desk.take(claim) for claim in claims] == [content(desk, claim) for claim in claims]
    assert desk.asked.count(sftp.OPEN) == MANY
    assert desk.closed()


def test_in_another_order_than_they_were_claimed_they_come_as_well(desk):
    """Then nothing is asked for ahead; what was, is let go."""
    claims = desk.claims()
    odd = [claims[0], *reversed(claims[1:])]
    assert [desk.take(claim) for claim in odd] == [content(desk, claim) for claim in odd]
    assert desk.asked.count(sftp.OPEN) <= MANY + FILES
    assert desk.closed()


def test_what_is_not_wanted_any_more_is_closed(desk):
    """A new look claims other files; those that were asked for ahead are not taken."""
    claims = desk.claims()
    desk.take(claims[0])
    desk.server.put(b"new.csv", b"file 900")
    again = {f"{900:032x}": next(seen for seen in desk.inbox.list_files() if seen.name == b"new.csv")}
    desk.wanted |= again
    assert desk.inbox.claim(again) == list(again)
    assert desk.take(*again) == b"file 900"
    assert desk.closed()


def test_one_that_is_gone_by_its_turn_is_told_then_and_the_others_come(desk):
    claims = desk.claims()
    gone = next(path for path in desk.server.names if b"005.csv" in path)
    del desk.server.files[gone]
    for claim in claims:
        if desk.wanted[claim].name == b"005.csv":
            with pytest.raises(InboxError, match="not"):
                desk.take(claim)
        else:
            assert desk.take(claim) == content(desk, claim)
    assert desk.closed(refused=1)


def test_one_that_changes_before_its_turn_is_never_parted_with_as_it_was(desk):
    """Its new content is told as unfinished, or is found when the old one is parted with."""
    claims = desk.claims()
    for claim in claims:
        if desk.wanted[claim].name == b"005.csv":
            (path,) = [path for path in desk.server.names if b"005.csv" in path]
            file = desk.server.files[path]
            file.data, file.modified = b"something else", file.modified + 1
            with suppress(Unfinished):
                assert desk.take(claim) == b"file 5"
                if desk.inbox.in_place:
                    (now,) = [seen for seen in desk.inbox.list_files() if seen.name == b"005.csv"]
                    assert now.version != desk.version
                else:
                    assert desk.inbox.settle(claim, desk.wanted[claim], desk.version, Disposition.DONE) is False
        else:
            assert desk.take(claim) == content(desk, claim)
    assert desk.closed()


def test_a_connection_that_breaks_in_the_middle_loses_none(desk):
    """What was asked for ahead on it is asked for again on the next."""
    claims = desk.claims()
    met = [0]

    def hook(kind: int, path: bytes) -> None:
        met[0] += kind == sftp.READ
        if met[0] == 40:
            met[0] += 1
            raise sftp.HangUp

    desk.server.before = hook
    found = []
    for claim in claims:
        try:
            found.append(desk.take(claim))
        except InboxError:
            found.append(desk.take(claim))
    assert found == [content(desk, claim) for claim in claims]
