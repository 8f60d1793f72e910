"""One connection a server, however many inboxes it has; what is on it may be renegotiated, closed or lost."""

from __future__ import annotations

import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from integration.daemon.site import eventually, rows
from integration.sftp.sshd import fingerprint
from linecard.errors import LinecardError
from linecard.runtime.intakes import build_inbox

MANY = 60


@pytest.fixture
def all_open(open_office):
    """Opens many inboxes on one server, in this process."""
    with ExitStack() as undo:

        def make(server, **options):
            names = [f"inbox{number}" for number in range(MANY)]
            office = open_office(server, inboxes=dict.fromkeys(names, options))
            service = undo.enter_context(office.opened())
            ports = [build_inbox(service, name) for name in names]
            for port in ports:
                undo.callback(port.close)
            return ports

        yield make


def looked(port) -> list[str]:
    return [listing.name.decode() for listing in port.list_files()]


@pytest.mark.parametrize("sessions", [10, 1], ids=["as OpenSSH is set up", "one session at a time"])
def test_many_inboxes_share_a_connection_and_a_few_sessions(serve, all_open, sessions):
    """OpenSSH takes ten sessions on a connection and refuses more."""
    server = serve(sessions=sessions)
    server.put("a.csv", "one")
    ports = all_open(server)
    before = threading.active_count()
    with ThreadPoolExecutor(16) as pool:
        assert list(pool.map(looked, ports)) == [["a.csv"]] * MANY
    assert server.logins == 1
    assert threading.active_count() - before <= 2, "one for the connection, one that keeps watch"


def test_a_server_that_is_away_is_tried_once_for_all_inboxes(serve, all_open):
    server = serve()
    ports = all_open(server, pause=60)
    server.stop()
    tries = []
    with socket.create_server((server.address, server.port)) as listening:

        def count() -> None:
            while True:
                try:
                    sock, _ = listening.accept()
                except OSError:
                    return
                tries.append(sock.close())

        thread = threading.Thread(target=count)
        thread.start()
        said = set()
        for port in ports:
            try:
                looked(port)
            except LinecardError as error:
                said.add(str(error))
        listening.shutdown(socket.SHUT_RDWR)
        thread.join()
    assert len(tries) == 1
    assert len(said) == 1, "everybody is told the same, so that the log does not fill"


def test_a_connection_without_use_is_closed_and_comes_back_when_it_is_needed(server, open_office):
    office = open_office(server, inboxes={"hr": {"idle": 0.2}})
    with office.looking() as hr:
        hr.look()
        eventually(lambda: "Disconnected from user" in server.log or "Connection closed" in server.log, "it is closed")
        hr.look()
    assert server.logins == 2


def test_a_server_that_was_restarted_between_two_looks_is_not_noticed(server, office):
    with office.looking() as hr:
        hr.look()
        server.stop()
        server.start()
        server.put("a.csv", rows("ada 1000"))
        hr.look()
        assert len(hr.look(0.2).runs) == 1


@pytest.mark.parametrize("claim", [".linecard", None])
def test_keys_are_exchanged_anew_in_the_middle_of_a_file(serve, open_office, claim):
    """T12: every megabyte, over a file of 30."""
    server = serve(more="RekeyLimit 1M")
    content = rows("ada 1000") + "% 0123456789abcdef\n" * 1_600_000
    server.put("a.csv", content)
    office = open_office(server, inboxes={"hr": {"claim": claim}})
    assert office.once() == []
    (kept,) = (office.folder / "archive").rglob("*a.csv")
    assert kept.read_text() == content


def test_reading_is_held_back_where_that_is_wanted(server, open_office):
    """The rate counts from the first byte on, so that 300 kB at 1 MB/s keep the clock for a third of a second."""
    server.put("a.csv", "%" * 300_000)
    office = open_office(server, inboxes={"hr": {"rate": 1_000_000}})
    with office.looking() as hr:
        hr.look()
        assert len(hr.look(0.2).runs) == 1


def test_an_old_cipher_is_spoken_only_where_it_is_allowed(serve, open_office):
    server = serve(more="Ciphers aes128-cbc\nMACs hmac-sha1")
    office = open_office(server)
    (said,) = office.once()
    assert "only speaks old algorithms: for the cipher it offers aes128-cbc" in said
    assert "algorithms: [aes128-cbc]" in said
    office.sets_up({"hr": {"algorithms": ["aes128-cbc", "hmac-sha1"]}})
    server.put("a.csv", rows("ada 1000"))
    assert office.once() == []
    assert office.files == ["a.csv"]


def test_what_no_setting_allows_is_named(serve, open_office):
    """Key exchange by SHA-1 alone, as servers of 2012 offer it."""
    server = serve(more="KexAlgorithms diffie-hellman-group14-sha1")
    (said,) = open_office(server).once()
    assert "for the key exchange it offers diffie-hellman-group14-sha1" in said
    assert "no setting allows them" in said
    assert fingerprint(server.host_keys[0]) not in said
