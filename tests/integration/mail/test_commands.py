"""`linecard mail test`, `linecard outbox`, and what import and resume do for letters."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from datetime import timedelta

import pytest

from house import forked
from integration.daemon.site import LINECARD, eventually
from integration.mail.site import PROBLEMS, Site
from linecard.store.notices import Notices


class Desk:
    """Commands typed at a site."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def type(self, *words: str) -> subprocess.CompletedProcess[str]:
        more = {"LINECARD_CONFIG": str(self.site.folder / "linecard.yaml")}
        done = subprocess.run(
            [forked.command(), *words], env=os.environ | more, capture_output=True, text=True, check=False, timeout=60
        )
        assert "Traceback" not in done.stderr, done.stderr
        return done

    def sheet(self, rows: str = PROBLEMS) -> str:
        file = self.site.folder / "sheet.csv"
        file.write_text("Action,LoginEmail,Extension\n" + rows)
        return str(file)

    def letters(self, *words: str) -> list[dict]:
        return json.loads(self.type("outbox", "list", "--json", *words).stdout)


@pytest.fixture
def desk(make, server):
    return Desk(make(server.port, to=("anna@example.org", "gone@example.org")))


def test_an_import_sends_its_letters(desk, server):
    """Said on standard error; a letter that does not arrive is no fault of the import."""
    server.rcpt = {"gone@example.org": "451 later"}
    done = desk.type("import", desk.sheet("attach,ada@x.org,1000\n"), "--yes", "--json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["state"] == "applied"
    assert "Sending 2 letters ..." in done.stderr
    assert "451 later" in done.stderr
    assert [mail.to for mail in server.mails] == [["anna@example.org"]]
    (letter,) = desk.letters()
    assert (letter["to"], letter["state"], letter["attempts"]) == ("gone@example.org", "waits", 1)


def test_a_server_that_hangs_does_not_keep_an_import(make):
    """It ends after the time-outs, says what happened, and the letter waits."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        desk = Desk(make(silent.getsockname()[1], timeout=0.2))
        done = desk.type("import", desk.sheet(), "--yes")
    assert done.returncode == 1
    assert "did not answer within 0.2 seconds" in done.stderr
    assert len(desk.letters()) == 1


def test_a_letter_that_was_given_up_is_listed_retried_and_sent_by_resume(desk, server):
    """From the list to the box of its reader."""
    server.rcpt = {"gone@example.org": "550 5.1.1 no such user"}
    desk.type("import", desk.sheet(), "--yes")
    listed = desk.type("outbox", "list")
    assert listed.returncode == 1
    assert "given up" in listed.stdout
    assert "550 5.1.1" in listed.stdout
    doctor = desk.type("doctor")
    assert doctor.returncode == 1
    assert "undeliverable messages: 1, " in doctor.stdout
    (letter,) = desk.letters()
    server.rcpt = {}
    assert "Send it with `linecard resume`." in desk.type("outbox", "retry", str(letter["id"])).stdout
    resumed = desk.type("resume")
    assert resumed.returncode == 0
    assert "Sending 1 letter ..." in resumed.stderr
    assert [mail.to for mail in server.mails] == [["anna@example.org"], ["gone@example.org"]]
    assert desk.type("outbox", "list").stdout == "No message waits.\n"
    states = {letter["state"] for letter in desk.letters("--all")}
    assert states == {"delivered"}
    assert desk.type("doctor").returncode == 0


def test_a_dropped_letter_is_tried_no_more_and_no_trouble(desk, server):
    """Who dropped it and why is remembered."""
    server.rcpt = {"gone@example.org": "550 5.1.1 no such user"}
    desk.type("import", desk.sheet(), "--yes")
    (letter,) = desk.letters()
    assert desk.type("outbox", "drop", str(letter["id"]), "--because", "has left").returncode == 0
    assert desk.letters() == []
    (dropped,) = [found for found in desk.letters("--all") if found["state"] == "dropped"]
    assert dropped["where"].endswith(": has left")
    assert desk.type("doctor").returncode == 0
    desk.type("resume")
    assert len(server.mails) == 1


@pytest.mark.parametrize("word", ["retry", "drop"])
def test_a_letter_that_has_arrived_or_never_was_is_left_alone(word, desk):
    """With a sentence."""
    desk.type("import", desk.sheet(), "--yes")
    done = desk.type("outbox", word, "1")
    assert done.returncode == 2
    assert "Message 1 was delivered" in done.stderr
    gone = desk.type("outbox", word, "4711")
    assert gone.returncode == 2
    assert "There is no message 4711." in gone.stderr


def test_mail_test_says_each_step_and_sends_a_sample(desk, server):
    """In the language asked for; nothing is put into the outbox."""
    done = desk.type("mail", "test", "zoe@example.org", "--language", "fr")
    assert done.returncode == 0
    port = server.port
    assert done.stdout.startswith(f"Connecting to 127.0.0.1, port {port} ...\nSending ")
    assert "Accepted by 127.0.0.1: 250 OK" in done.stdout
    (mail,) = server.mails
    assert mail.to == ["zoe@example.org"]
    assert mail.message["Subject"] == "linecard hr: 2 faites, 1 refusée - sample.csv"
    plain = mail.message.get_body(("plain",)).get_content()
    assert "rien n'a été modifié" in plain
    assert "Retirés à leurs titulaires".upper() in plain
    assert [part.get_filename() for part in mail.message.iter_attachments()] == ["sample.retry.csv", "sample.csv"]
    assert desk.letters("--all") == []


def test_mail_test_says_what_is_wrong_and_what_to_do(desk, server):
    """The server's words, and where to look."""
    server.rcpt = {"gone@example.org": "550 5.1.1 no such user"}
    done = desk.type("mail", "test", "gone@example.org")
    assert done.returncode == 2
    assert "127.0.0.1 does not take mail for gone@example.org: 550 5.1.1 no such user." in done.stderr
    wrong = desk.type("mail", "test", "--sink", "nope", "gone@example.org")
    assert wrong.returncode == 2
    assert "There is no sink nope." in wrong.stderr
    assert "Name one with --sink: post." in wrong.stderr


def test_a_digest_is_shown_and_sent_on_trial(desk, server):
    """`digest` says what needs a person and exits with 1 then; `mail test --digest` sends the same; nothing is kept."""
    desk.type("import", desk.sheet("attach,ada@x.org,1000\nattach,bob@x.org,1000\n"), "--yes")
    server.mails.clear()
    shown = desk.type("digest")
    assert shown.returncode == 1
    assert "1 file, 1 done, 1 refused" in shown.stdout
    assert "attach bob@x.org 1000 hq: refused" in shown.stdout
    facts = json.loads(desk.type("digest", "--json", "--inbox", "hr").stdout)
    assert (facts["files"], facts["counts"]["refused"], facts["inboxes"]) == (1, 1, ["hr"])
    assert [(row["member"], row["number"], row["times"]) for row in facts["wrong"]] == [("bob@x.org", None, 1)]
    assert [week["files"] for week in facts["weeks"]] == [0, 0, 0, 0, 1]
    assert desk.type("digest", "--inbox", "nobody").returncode == 2
    sent = desk.type("mail", "test", "hans@example.org", "--digest", "--language", "fr")
    assert sent.returncode == 0, sent.stderr
    (mail,) = server.mails
    assert mail.message["Subject"] == "linecard Nord bilan: 1 fichier, 1 faite, 1 refusée"
    assert desk.letters() == []
    desk.type("import", desk.sheet("attach,bob@x.org,1001\n"), "--yes")
    assert desk.type("digest").returncode == 0


def test_a_daemon_sends_what_came_due_without_it_and_tells_the_next_time(desk, server):
    """As after a night without power; `status` shows when the next one comes."""
    config = desk.site.folder / "linecard.yaml"
    text = config.read_text().replace('"sink": "post"', '"sink": "post", "when": ["digest"]')
    config.write_text(text)
    site = desk.site.service
    with site.store.transaction() as connection:
        Notices(site.store).start_digests(connection, "post", site.now() - timedelta(days=2))
    environment = os.environ | {"LINECARD_CONFIG": str(config)}
    serving = subprocess.Popen([*LINECARD, "serve"], env=environment, stdout=subprocess.DEVNULL)
    try:
        eventually(lambda: len(server.mails) == 2, "both digests")
        timers = eventually(lambda: json.loads(desk.type("status", "--json").stdout).get("timers"), "timers")
        assert [timer["next"][11:16] for timer in timers if timer["name"] == "digest by post"] in (["06:00"], ["05:00"])
    finally:
        serving.terminate()
        serving.wait(60)
    assert {mail.to[0] for mail in server.mails} == {"anna@example.org", "gone@example.org"}
    assert all(mail.message["Subject"] == "linecard Nord digest: No file arrived" for mail in server.mails)
