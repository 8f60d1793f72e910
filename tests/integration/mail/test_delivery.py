"""How letters reach a mail server, and what becomes of them when it does not behave."""

from __future__ import annotations

import re
import socket
from datetime import UTC, datetime, timedelta

import pytest

from integration.mail.servers import DROP, HANG, PASSWORD, authenticator
from linecard.runtime.delivery import GIVE_UP_AFTER
from linecard.runtime.doctor import examine_site

# aiosmtpd warns of a server that takes passwords before STARTTLS, and does not see that the first byte was encrypted
pytestmark = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")

LOGIN = {"user": "linecard", "password": "file:password"}


def secret(folder, text=PASSWORD):
    site = folder / "site"
    site.mkdir(exist_ok=True)
    (site / "password").write_text(text)
    (site / "password").chmod(0o600)


@pytest.fixture
def guarded(serve, keys):
    """Servers that take mail from nobody who has not encrypted and logged in, by STARTTLS or from the first byte."""

    def start(security, certificate=keys.server, **more):
        context = keys.context(certificate, client_needed=more.pop("client_needed", False))
        how = {"tls_context": context, "require_starttls": True} if security == "starttls" else {"implicit": context}
        plain = {"auth_require_tls": security == "starttls"}  # aiosmtpd cannot tell that the first byte was encrypted
        return serve(authenticator=authenticator, auth_required=True, **how, **plain, **more)

    return start


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_nothing_is_said_before_the_line_is_encrypted(security, guarded, make, keys, tmp_path):
    """And the password is read from where the configuration says."""
    secret(tmp_path)
    server = guarded(security)
    site = make(server.port, security=security, ca_file=str(keys.ca), **LOGIN)
    site.run()
    site.deliver()
    (mail,) = server.mails
    assert (mail.encrypted, mail.user) == (True, "linecard")
    assert PASSWORD not in (site.folder / "linecard.yaml").read_text()


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_client_certificate_is_shown_to_a_server_that_asks(security, guarded, make, keys, tmp_path):
    secret(tmp_path)
    server = guarded(security, client_needed=True)
    for certificate, arrived in ((None, 0), (str(keys.client), 1)):
        site = make(server.port, security=security, ca_file=str(keys.ca), certificate=certificate, **LOGIN)
        site.run(f"attach,ada@x.org,100{arrived}\n")
        site.deliver()
        assert bool(server.mails) == bool(arrived)
        if not arrived:
            site.service.__exit__()


@pytest.mark.parametrize("security", ["starttls", "tls"])
@pytest.mark.parametrize("why", ["signed by nobody known", "of another server"])
def test_a_wrong_certificate_gets_no_letter_and_no_password(security, why, guarded, make, keys, tmp_path):
    """Whoever answers: the letter waits, and the alert says what to do."""
    secret(tmp_path)
    server = guarded(security, keys.elsewhere if why == "of another server" else keys.server)
    trusted = {"ca_file": str(keys.ca)} if why == "of another server" else {}
    site = make(server.port, security=security, **trusted, **LOGIN)
    site.run()
    site.deliver()
    assert server.mails == []
    (problem,) = site.problems
    assert "certificate that is not trusted" in problem
    assert "`ca_file`" in problem
    assert PASSWORD not in problem


def test_a_wrong_password_keeps_the_letters_until_it_is_corrected(guarded, make, keys, tmp_path):
    """It is no fault of theirs."""
    secret(tmp_path, "wrong")
    server = guarded("starttls")
    site = make(server.port, security="starttls", ca_file=str(keys.ca), **LOGIN)
    site.run()
    site.deliver()
    assert "did not let linecard log in: 535" in site.problems[0]
    secret(tmp_path)
    site.later()
    assert (len(server.mails), site.waiting) == (1, [])


def test_doctor_logs_in_and_sends_nothing(guarded, make, keys, tmp_path):
    """It connects, encrypts and logs in as for a mail; what keeps mails from leaving is a finding with its remedy."""
    secret(tmp_path)
    server = guarded("starttls")
    site = make(server.port, security="starttls", ca_file=str(keys.ca), **LOGIN)

    def look():
        return next(found for found in examine_site(site.service) if found.check.endswith(" server"))

    found = look()
    assert found.ok, found
    assert re.fullmatch(
        r"127.0.0.1 answers on port \d+, encrypted with TLSv1\.\d, logged in as linecard", found.message
    )
    secret(tmp_path, "wrong")
    assert (look().ok, look().remedy) == (False, "Correct `user` and `password`.")
    assert server.mails == []


def test_a_server_without_encryption_gets_nothing(server, make, keys):
    """It says so before the letter is shown to anybody."""
    site = make(server.port, security="starttls", ca_file=str(keys.ca))
    site.run()
    site.deliver()
    assert server.mails == []
    assert "does not offer what the configuration asks for" in site.problems[0]


@pytest.mark.parametrize(
    ("options", "wrong"),
    [
        ({"host": "mail.example.org"}, "security starttls or tls: none is for a server on this machine alone"),
        ({"user": "linecard"}, "user and password together"),
        ({**LOGIN, "security": "none"}, "security starttls or tls beside a password"),
        ({"sender": "linecard"}, "an e-mail address"),
        ({"sender": "a@b.org\nBcc: eve@evil.example"}, "an e-mail address"),
        ({"link": "javascript:alert(1)"}, "link"),
        ({"password": "s3cret", "user": "linecard"}, "a reference to the secret"),
    ],
)
def test_options_that_would_harm_are_refused_when_they_are_read(options, wrong, server, make):
    with pytest.raises(Exception) as told:
        make(server.port, **options)
    assert any(wrong in problem for problem in told.value.problems), told.value.problems


@pytest.mark.parametrize("answer", ["421 shutting down", "451 try later", "452 full", DROP])
def test_a_letter_whose_arrival_was_not_confirmed_is_sent_again(answer, server, make):
    """The server has seen all of it and did not say yes; the second time it is the same mail, id included."""
    site = make(server.port)
    site.run()
    server.data = [answer]
    site.deliver()
    assert len(site.waiting) == len(server.mails) == 1
    (alert,) = site.health.alerts
    assert alert.what == "sink post"
    site.later()
    assert site.waiting == site.health.alerts == []
    first, second = server.mails
    assert first.message["Message-ID"] == second.message["Message-ID"]
    assert first.message["Date"] == second.message["Date"]


@pytest.mark.parametrize("where", ["recipient", "sender"])
def test_a_server_that_puts_off_for_a_day_gets_the_letter_in_the_end(where, server, make):
    """Each try waits longer; none is the last before a week has gone."""
    site = make(server.port)
    site.run()
    if where == "recipient":
        server.rcpt = {"anna@example.org": "450 greylisted"}
    else:
        server.mail_from = "550 5.7.1 sender unknown"  # what is wrong with the sender is no fault of the letter
    waits = []
    for _ in range(12):
        site.later()
        (item,) = site.waiting
        waits.append(item.due - site.service.now())
    assert waits[0] < timedelta(minutes=2)
    assert waits[-1] > timedelta(hours=3)
    server.rcpt, server.mail_from = {}, ""
    site.later()
    assert (len(server.mails), site.waiting) == (1, [])


def test_one_reader_whom_the_server_does_not_know_keeps_no_other_from_theirs(server, make):
    """Their letter is given up and told; the others arrive."""
    site = make(server.port, to=("anna@example.org", "gone@example.org", "zoe@example.org"))
    site.run()
    server.rcpt = {"gone@example.org": "550 5.1.1 no such user"}
    site.deliver()
    assert [mail.to[0] for mail in server.mails] == ["anna@example.org", "zoe@example.org"]
    (item,) = site.outbox.list_given_up()
    assert "does not take mail for gone@example.org: 550 5.1.1 no such user" in item.problem
    (alert,) = site.health.alerts
    assert f"linecard outbox retry {item.id}" in alert.remedy


def test_a_letter_that_is_refused_for_what_it_says_is_given_up(server, make):
    site = make(server.port)
    site.run()
    server.data = ["554 5.7.1 looks like spam"]
    site.deliver()
    assert [item.problem.partition(": ")[2][:3] for item in site.outbox.list_given_up()] == ["554"]


@pytest.mark.parametrize("address", ["nobody", "a@b.org\r\nBcc: eve@evil.example", "a@b.org, eve@evil.example"])
def test_what_is_no_address_is_never_given_to_a_server(address, server, make):
    site = make(server.port, to=(address, "anna@example.org"))
    site.run()
    site.deliver()
    assert [mail.to for mail in server.mails] == [["anna@example.org"]]
    assert ["is not an e-mail address" in item.problem for item in site.outbox.list_given_up()] == [True]


def test_an_address_in_letters_of_its_own_needs_a_server_that_knows_them(serve, make):
    """A domain can be written otherwise; a name cannot."""
    old, new = serve(enable_SMTPUTF8=False), serve()
    for server, arrived in (
        (old, [["uwe@xn--bcher-kva.example"]]),
        (new, [["uwe@xn--bcher-kva.example"], ["élodie@example.org"]]),
    ):
        site = make(server.port, to=("uwe@bücher.example", "élodie@example.org"))
        site.run(f"attach,ada@x.org,{1000 + server.port % 1000}\n", f"{server.port}.csv")
        site.deliver()
        assert [mail.to for mail in server.mails] == arrived
        assert ["does not know SMTPUTF8" in item.problem for item in site.outbox.list_given_up()] == [True]
        site.close()


def test_a_server_that_says_nothing_more_is_left_after_the_time_out(server, make):
    """The next letter begins with a new connection."""
    site = make(server.port, timeout=0.2)
    site.run()
    server.data = [HANG]
    site.deliver()
    assert "did not answer within 0.2 seconds" in site.problems[0]
    site.later()
    assert (server.connections, site.waiting) == (2, [])


def test_a_port_where_nobody_greets_is_left_after_the_time_out(make):
    """Connected, and then silence."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        site = make(silent.getsockname()[1], timeout=0.2)
        site.run()
        site.deliver()
        assert "did not answer within 0.2 seconds" in site.problems[0]


def test_a_server_that_trickles_is_broken_off(make, trickle):
    """Each byte comes in time, and the greeting would take for ever."""
    site = make(trickle, timeout=3, longest=0.5)
    site.run()
    site.deliver()
    assert "took longer than 0.5 seconds" in site.problems[0]


@pytest.fixture
def trickle():
    """A server that greets with a byte each tenth of a second."""
    import threading

    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def greet():
            line, _ = listening.accept()
            with line:
                while not ended.wait(0.1):
                    try:
                        line.sendall(b"2")
                    except OSError:
                        return

        thread = threading.Thread(target=greet)
        thread.start()
        yield listening.getsockname()[1]
        ended.set()
        thread.join()


def test_a_week_without_a_server_loses_nothing(server, make):
    """Every four hours in the end; then each reader gets each letter once."""
    now = [datetime(2026, 11, 30, 8, 0, tzinfo=UTC)]
    site = make(server.port, to=("anna@example.org", "hans@example.org"), now=lambda: now[0])
    server.mail_from = "421 4.3.2 down for a week"
    site.run()
    for hours in range(0, 7 * 24, 6):
        if hours == 3 * 24:
            site.run("attach,eve@x.org,1001\n", "later.csv")
        site.deliver()
        now[0] += timedelta(hours=6)
    assert server.mails == []
    assert 20 < max(item.attempts for item in site.waiting) < 60
    server.mail_from = ""
    now[0] += timedelta(hours=5)
    site.deliver()
    assert sorted(mail.to[0] for mail in server.mails) == 2 * ["anna@example.org"] + 2 * ["hans@example.org"]
    assert site.outbox.list_given_up() == site.waiting == site.health.alerts == []


def test_no_server_for_too_long_and_a_letter_is_given_up_then(make):
    """Not a day sooner; and a person can have it tried again."""
    site = make(9)
    run = site.run()
    site.deliver()
    assert "cannot be reached" in site.problems[0]
    for age, left in ((GIVE_UP_AFTER * 0.98, 1), (GIVE_UP_AFTER * 1.02, 0)):
        with site.service.store.transaction() as connection:
            then = (site.service.now() - age).strftime("%Y-%m-%d %H:%M:%S.%f")
            connection.exec_driver_sql("UPDATE run SET changed = ? WHERE id = ?", (then, run.id))
        site.later()
        assert len(site.waiting) == left
    assert len(site.outbox.list_given_up()) == 1


def test_a_line_that_went_while_nothing_was_to_be_sent_is_opened_anew(server, make):
    """Servers close idle lines; that is no failure."""
    site = make(server.port)
    site.run()
    site.deliver()
    (sink,) = site.post._sinks.values()
    sink._client._smtp.sock.shutdown(socket.SHUT_RDWR)
    site.run("attach,eve@x.org,1001\n", "second.csv")
    site.deliver()
    assert [mail.connection for mail in server.mails] == [1, 2]
    assert [item.attempts for item in site.waiting] == []


def test_a_port_of_another_kind_is_told(make, serve, keys):
    """TLS where none is spoken: the remedy names the ports."""
    server = serve()
    site = make(server.port, security="tls", ca_file=str(keys.ca))
    site.run()
    site.deliver()
    assert "tls is for 465, starttls for 587" in site.problems[0]


def test_the_password_is_read_anew_for_each_connection(guarded, make, keys, tmp_path):
    """It may be exchanged while the daemon runs."""
    secret(tmp_path)
    server = guarded("tls")
    site = make(server.port, security="tls", ca_file=str(keys.ca), **LOGIN)
    (site.folder / "password").chmod(0o644)
    site.run()
    site.deliver()
    assert "can be read by others" in site.problems[0]
    (site.folder / "password").chmod(0o600)
    site.later()
    assert site.waiting == []
