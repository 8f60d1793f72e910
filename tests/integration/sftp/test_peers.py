"""What is promised of SFTP holds on OpenSSH, ProFTPD, rclone, asyncssh, paramiko's server and the ssh2 of npm."""

from __future__ import annotations

import hashlib
import json
import random
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from fnmatch import fnmatch
from importlib.metadata import version
from pathlib import Path

import pytest

from acceptance.crashes import TORTURE
from integration.daemon.site import eventually, rows
from integration.sftp.office import Office
from integration.sftp.peers import PEERS, SCRIPTS, Peer, Proftpd, Rclone, Relay, RememberingRclone, Ssh2
from integration.sftp.sshd import made_key

DOCS = Path(__file__).parents[3] / "docs"
ADA, BOB = rows("ada 1000"), rows("bob 1001")
LONGER = rows("ada 1000", "bob 1001")
LARGE = ADA + "% 0123456789abcdef\n" * 400_000
"""7.6 MB."""

SHORTEST = 50
"""Blocks that each of the servers sends at least while a file is on its way."""
TRIES = 4

Start = Callable[..., Peer]


@pytest.fixture(scope="session")
def key(tmp_path_factory) -> Path:
    return made_key(tmp_path_factory.mktemp("key") / "id")


@pytest.fixture(scope="session")
def serve(key) -> Iterator[Start]:
    """Starts a server of a kind, which ends with the last test."""
    with ExitStack() as undo:

        def start(kind: type[Peer], **more: int) -> Peer:
            folder = undo.enter_context(tempfile.TemporaryDirectory(prefix="peer-"))
            peer = kind(Path(folder), key, **more)
            undo.callback(peer.stop)
            peer.start()
            return peer

        yield start


@pytest.fixture(scope="session")
def shared(serve) -> Start:
    """The one server of a kind that most tests have together."""
    started: dict[type[Peer], Peer] = {}

    def find(kind: type[Peer]) -> Peer:
        if kind not in started:
            started[kind] = serve(kind)
        started[kind].begin_room()
        return started[kind]

    return find


@pytest.fixture(params=PEERS, ids=lambda kind: kind.__name__)
def peer(request, shared) -> Peer:
    return shared(request.param)


@pytest.fixture
def open_office(open_office):
    """Opens sites whose inboxes are in the room of this test."""
    return lambda server, **more: open_office(server, **({"path": server.path} | more))


def deliver(peer: Peer, content: str) -> None:
    """A file with its checksum file and its marker."""
    peer.put("A.CSV.SHA256", hashlib.sha256(content.encode()).hexdigest())
    peer.put("A.DONE", "")
    peer.put("a.csv", content)


def write_on(peer: Peer, office: Office, content: str) -> None:
    """Its producer has it open still when it was taken, and changes it and its sum."""
    with office.looking() as hr:
        hr.look()
        assert len(hr.look(0.2).runs) == 1
    aside = peer.inbox / ".linecard"
    (claimed,) = aside.glob("*__a.csv")
    claimed.write_text(content)
    aside.joinpath(f"{claimed.name}.checksum").write_text(hashlib.sha256(content.encode()).hexdigest())


def contents(folder: Path, pattern: str) -> list[str]:
    return sorted(path.read_text() for path in folder.glob(pattern))


def files_in(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


def test_a_file_comes_whole_is_done_answered_and_gone(peer, open_office):
    """And the doctor finds all well, whatever he tries; what he tried is gone, too."""
    office = open_office(peer, reply="../results")
    with office.looking() as hr:
        steps = list(hr.inbox.probe())
    assert [step.ok for step in steps] == [True] * 7, steps
    peer.put("large.csv", LARGE)
    assert office.once() == []
    (kept,) = (office.folder / "archive").rglob("*large.csv")
    assert kept.read_text() == LARGE
    assert office.held == {"1000": "ada@example.org"}
    (result,) = (peer.room / "results").iterdir()
    (filed,) = (office.folder / "reports").rglob(result.name)
    assert result.read_bytes() == filed.read_bytes()
    assert files_in(peer.inbox) == []


def test_an_archive_keeps_every_file_of_a_name_with_its_checksum_file(peer, open_office):
    office = open_office(peer, marker=".done", checksum=".sha256", inboxes={"hr": {"after": "archive done"}})
    for content in (ADA, BOB):
        deliver(peer, content)
        assert office.once() == []
    assert office.held == {"1000": "ada@example.org", "1001": "bob@example.org"}
    archived = peer.inbox / "done"
    assert contents(archived, "*.csv") == sorted([ADA, BOB])
    for path in archived.glob("*.csv"):
        (summed,) = (file for file in archived.iterdir() if file.name.upper() == f"{path.name}.sha256".upper())
        assert summed.read_text() == hashlib.sha256(path.read_bytes()).hexdigest()
    assert (archived / "a.csv").exists() is not peer.is_replacing
    assert files_in(peer.inbox) == files_in(archived)


def test_files_that_are_not_moved_aside_end_as_they_should(peer, open_office):
    """And one that is too large lies where a person finds it, with its reason."""
    ends = {"left": None, "removed": "delete", "archived": "archive done/2026", "large": None}
    inboxes = {name: {"claim": None, "after": after, "path": f"{peer.path}/{name}"} for name, after in ends.items()}
    inboxes["large"] |= {"claim": ".claimed", "sheet": {"max_bytes": 10}}
    office = open_office(peer, inboxes=inboxes)
    for number, name in enumerate(ends):
        peer.inbox.joinpath(name).mkdir()
        peer.put("a.csv", rows(f"{name} 100{number}"), peer.inbox / name)
    for _ in range(2):
        assert office.once() == []
    assert office.held == {"1000": "left@example.org", "1001": "removed@example.org", "1002": "archived@example.org"}
    assert office.files == ["a.csv"] * 4, "none is taken twice"
    mark = ".????????" if peer.is_replacing else ""
    refused = f"large/.claimed/refused/a{mark}.csv"
    wanted = [f"archived/done/2026/a{mark}.csv", refused, f"{refused}.reason", "left/a.csv"]
    found = [str(path.relative_to(peer.inbox)) for path in files_in(peer.inbox)]
    assert all(fnmatch(name, pattern) for name, pattern in zip(found, wanted, strict=True)), found


def test_a_file_that_goes_back_takes_no_name_from_the_next_days(peer, open_office):
    """Neither do its marker and the next day's get mixed up."""
    office = open_office(peer, marker=".done")
    peer.put("A.DONE", "")
    peer.put("a.csv", ADA)
    with office.looking() as hr:
        hr.look()
        assert len(hr.look(0.2).runs) == 1
    (claimed,) = (path for path in (peer.inbox / ".linecard").iterdir() if path.name.endswith("__a.csv"))
    peer.put("A.DONE", "")
    peer.put("a.csv", BOB)
    with claimed.open("a") as out:  # its producer has it open still
        out.write("attach,cleo@example.org,,1002,\n")
    for _ in range(3):
        office.once()
    assert office.held == {"1000": "ada@example.org", "1001": "bob@example.org", "1002": "cleo@example.org"}
    assert files_in(peer.inbox) == []


def test_connections_that_are_dropped_between_two_looks_are_not_noticed(peer, open_office):
    """Of two inboxes, each with a session that died."""
    relay = Relay(peer)
    try:
        office = open_office(relay, inboxes={"hr": {}, "other": {}})
        with office.looking() as hr, office.looking("other") as other:
            hr.look()
            other.look()
            for _ in range(2):
                relay.drop()
                assert hr.look(0.2).problems == other.look(0.2).problems == {}
            peer.put("a.csv", ADA)
            relay.drop()
            assert hr.look(0.2).problems == {}
            relay.drop()
            assert len(hr.look(0.2).runs) == 1
    finally:
        relay.close()


@pytest.mark.parametrize("is_written_on", [False, True], ids=["archived", "given back"])
def test_wherever_a_connection_is_cut_a_file_is_done_once_and_stays_with_its_checksum(
    peer, open_office, tmp_path, is_written_on
):
    """At a place of its way that chance chooses, or at all of them: after each block that the server sends."""
    relay = Relay(peer)
    try:
        for place in range(8, 1000, 3) if TORTURE else (random.randrange(8, SHORTEST),):
            peer.begin_room()
            relay.path, relay.left = peer.path, None
            options = {"marker": ".done", "checksum": ".sha256", "reply": "../results"}
            inboxes = {"hr": {"after": "archive done", "pause": 0.01}}
            office = open_office(relay, name=str(tmp_path / str(place)), inboxes=inboxes, **options)
            deliver(peer, ADA)
            if is_written_on:
                write_on(peer, office, LONGER)
            relay.left = place
            for _ in range(TRIES):
                office.once()
                results = files_in(peer.room / "results")
                if len(results) == len(office.files) == 1 + is_written_on and len(files_in(peer.inbox)) == 2:
                    break
            assert len(results) == len(office.files) == 1 + is_written_on, place
            assert set(office.runs.values()) == {"applied"}, place
            last = LONGER if is_written_on else ADA
            archived, summed = sorted(files_in(peer.inbox), key=lambda path: path.suffix == ".SHA256")
            assert (archived.parent, archived.read_text()) == (peer.inbox / "done", last), place
            assert summed.read_text() == hashlib.sha256(last.encode()).hexdigest(), place
            if not relay.is_cut:
                break
        assert relay.is_cut is not TORTURE
    finally:
        relay.close()


def test_the_page_names_the_versions_that_are_tried_here():
    page = DOCS.joinpath("sftp.md").read_text()
    ssh2 = json.loads(SCRIPTS.joinpath("package.json").read_text())["dependencies"]["ssh2"]
    for name, server in (("asyncssh", version("asyncssh")), ("paramiko", version("paramiko")), ("ssh2 of npm", ssh2)):
        assert re.search(rf"\| {name}[^|]* \| {re.escape(server)} \|", page), name


def test_an_idle_time_out_of_the_server_keeps_no_inbox_from_being_looked_at(serve, open_office):
    """ProFTPD ends a connection that was idle; two inboxes had sessions on it, and the daemon says nothing of it."""
    peer = serve(Proftpd, idle=1)
    office = open_office(peer, inboxes={"hr": {}, "other": {"claim": ".other"}}, scan=3)
    with office.served() as serving:
        for name, content in (("a", ADA), ("b", BOB)):
            peer.put(f"{name}.csv", content)
            eventually(lambda name=name: office.came_to(**{name: "applied"}), f"{name} is carried out")
        log = serving.log
    assert "alert " not in log


@pytest.mark.parametrize("kind", [Ssh2, Rclone])
def test_a_folder_of_thousands_is_listed(shared, open_office, kind):
    """ssh2 after its examples gives it in one answer, of more than 256 KiB."""
    peer = shared(kind)
    for number in range(4000):
        (peer.inbox / f"{number:040d}.csv").touch()
    office = open_office(peer)
    with office.looking() as hr:
        assert hr.look().waiting == 4000


def test_half_a_file_is_not_taken_from_a_server_that_remembers_old_sizes(serve, open_office):
    """rclone 1.60 goes by the size that it saw first, and finds out that there is more when the file is closed."""
    peer = serve(RememberingRclone)
    office = open_office(peer, inboxes={"hr": {"claim": None}})
    path = peer.put("a.csv", ADA)
    with office.looking() as hr:
        hr.look()
        with path.open("a") as out:
            out.write("attach,bob@example.org,,1001,\n")
        look = hr.look(0.2)
        assert look.runs == []
        assert peer.knows_sizes or "does not stand by what it sent" in str(look.problems)
    assert office.files == []
