"""The webhook, against real servers on loopback: what is sent, signed, tried again and given up."""

from __future__ import annotations

import hashlib
import hmac
import json
import ssl
import subprocess
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from linecard.model.run import State
from linecard.runtime.alerts import AlertChecks
from linecard.runtime.delivery import GIVE_UP_AFTER, Delivery
from linecard.runtime.digests import Digests
from linecard.runtime.health import Health
from linecard.runtime.operations import Operations
from linecard.runtime.service import Service
from linecard.store.notices import Notices
from linecard.store.outbox import Outbox

SITE = """\
region: FR
pbxs: {{hq: {{backend: directory, options: {{path: state/hq.sqlite3}}, extensions: 1000-4999}}}}
sinks:
  chat: {{kind: webhook, options: {{url: "{url}", secret: "file:secret", timeout: 2{more}}}}}
inboxes:
  hr: {{path: hr, tell: [{{sink: chat, when: problems}}]}}
"""


class Server:
    """A server that remembers what it was sent and gives the answers it is told to."""

    def __init__(self, certificate=None) -> None:
        self.seen: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                content = self.rfile.read(int(self.headers["Content-Length"]))
                outer.seen.append((dict(self.headers), content))
                self.send_response(outer.answers.pop(0) if outer.answers else 204)
                self.send_header("Location", "/elsewhere")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Be quiet."""

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        scheme = "http"
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            self.http.socket = context.wrap_socket(self.http.socket, server_side=True)
            scheme = "https"
        self.url = f"{scheme}://127.0.0.1:{self.http.server_address[1]}/hook"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.02,))
        self.thread.start()

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server():
    running = Server()
    yield running
    running.close()


class Site:
    """A site of which one run has problems, and a post whose clock a test turns on."""

    def __init__(self, folder, url: str = "", more: str = "") -> None:
        if url:
            (folder / "linecard.yaml").write_text(SITE.format(url=url, more=more))
        (folder / "secret").write_text("s3cret\n")
        (folder / "secret").chmod(0o600)
        self.folder = folder
        self.service = Service.load(folder / "linecard.yaml")
        self.health = Health(self.service.now)
        self.post = Delivery(self.service, self.health)
        self.outbox = Outbox(self.service.store)

    def run(self, rows: str = "attach,ada@x.org,1000\nattach,bob@x.org,1000\n"):
        file = self.folder / "sheet.csv"
        file.write_text("Action,LoginEmail,Extension\n" + rows)
        inbox = self.service.feed("hr")
        silent = lambda *_: lambda _count: None  # noqa: E731
        operations = Operations(self.service)
        run = operations.approve(operations.receive(file, inbox, description="", stage=silent), why="test")
        return operations.drive(run, inbox, confirm=lambda _run: True, stage=silent, stop=lambda: False)

    def later(self, **passed) -> None:
        """The letters that wait become due."""
        with self.service.store.transaction() as connection:
            connection.exec_driver_sql("UPDATE outbox SET due = NULL WHERE delivered IS NULL AND dropped IS NULL")

    def close(self) -> None:
        self.post.close()
        self.service.__exit__()


@pytest.fixture
def site(tmp_path, server):
    made = Site(tmp_path, server.url)
    yield made
    made.close()


def test_what_is_sent_can_be_told_to_come_from_here(site, server):
    """JSON with the run, its headline and the rows that were not done; signed with the time, so that it cannot be
    sent again by somebody else."""
    run = site.run()
    assert run.state is State.PARTIAL
    site.post.deliver()
    ((headers, content),) = server.seen
    said = json.loads(content)
    assert (said["event"], said["run"]["id"], said["run"]["total"]) == ("run.partial", run.id, 2)
    assert [row["code"] for row in said["problems"]] == ["held_by_other"]
    parts = dict(part.split("=") for part in headers["Linecard-Signature"].split(","))
    wanted = hmac.new(b"s3cret", f"{parts['t']}.".encode() + content, hashlib.sha256).hexdigest()
    assert parts["v1"] == wanted
    assert site.outbox.list_pending("chat") == []
    site.post.deliver()
    assert len(server.seen) == 1


def test_a_run_without_problems_is_not_sent_to_whom_problems_are_sent(site, server):
    site.run("attach,ada@x.org,1000\n")
    site.post.deliver()
    assert server.seen == []


@pytest.mark.parametrize("answer", [500, 503, 429, 408])
def test_what_may_pass_is_tried_again_with_the_same_id(site, server, answer):
    """The letter waits, the alert is told, and goes away when it has arrived."""
    site.run()
    server.answers = [answer]
    site.post.deliver()
    (item,) = site.outbox.list_pending("chat")
    assert (item.attempts, str(answer) in item.problem, item.due is not None) == (1, True, True)
    assert [alert.what for alert in site.health.alerts] == ["sink chat"]
    site.post.deliver()
    assert len(server.seen) == 1, "it is not due yet"
    site.later()
    site.post.deliver()
    assert [headers["Linecard-Delivery"] for headers, _ in server.seen] == [str(item.id)] * 2
    assert site.outbox.list_pending("chat") == site.health.alerts == []


@pytest.mark.parametrize("answer", [302, 400, 401, 404, 410])
def test_what_is_refused_for_good_is_given_up_and_told(site, server, answer):
    """A redirect is a refusal, too: a letter goes where the configuration says."""
    site.run()
    server.answers = [answer]
    site.post.deliver()
    (item,) = site.outbox.list_given_up()
    assert str(answer) in item.problem
    (alert,) = site.health.alerts
    assert f"linecard outbox retry {item.id}" in alert.remedy


def test_a_server_that_is_away_is_tried_for_days_then_given_up(tmp_path):
    """Nobody listens; each try waits longer, and after ten days a person must look."""
    site = Site(tmp_path, "http://127.0.0.1:9/hook")
    try:
        run = site.run()
        site.post.deliver()
        (item,) = site.outbox.list_pending("chat")
        assert "cannot be reached" in item.problem
        old = run.changed - GIVE_UP_AFTER - GIVE_UP_AFTER / 100
        with site.service.store.transaction() as connection:
            connection.exec_driver_sql("UPDATE run SET changed = ?", (old.strftime("%Y-%m-%d %H:%M:%S.%f"),))
        site.later()
        site.post.deliver()
        assert [gone.id for gone in site.outbox.list_given_up()] == [item.id]
    finally:
        site.close()


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path):
    """Until the configuration names it; what is sent is never sent to whoever answers."""
    key = ("-newkey", "rsa:2048", "-nodes", "-keyout", "key.pem")
    words = ("req", "-x509", *key, "-out", "cert.pem", "-days", "2", "-subj", "/CN=hook")
    subprocess.run(
        ["openssl", *words, "-addext", "subjectAltName=IP:127.0.0.1"], cwd=tmp_path, check=True, capture_output=True
    )
    (tmp_path / "both.pem").write_text((tmp_path / "cert.pem").read_text() + (tmp_path / "key.pem").read_text())
    server = Server(tmp_path / "both.pem")
    try:
        for more, sent in (("", 0), (", ca_file: cert.pem", 1)):
            folder = tmp_path / f"site{sent}"
            folder.mkdir()
            (folder / "cert.pem").write_text((tmp_path / "cert.pem").read_text())
            site = Site(folder, server.url, more)
            site.run()
            site.post.deliver()
            site.close()
            assert len(server.seen) == sent
    finally:
        server.close()


def test_plain_http_leaves_the_machine_never(tmp_path):
    """An address without https that is not on this machine is refused before anything is sent."""
    site = Site(tmp_path, "http://192.0.2.1/hook")
    try:
        site.run()
        site.post.deliver()
        assert ["not encrypted" in item.problem for item in site.outbox.list_given_up()] == [True]
    finally:
        site.close()


def test_digests_and_alerts_are_sent_too(tmp_path, server):
    """With what they tell as facts, signed as a report is."""
    (tmp_path / "hr").mkdir()
    made = Site(tmp_path, server.url)
    config = tmp_path / "linecard.yaml"
    text = config.read_text().replace("when: problems}]", "when: digest}], expect: {by: 07:00}")
    config.write_text(text + "alerts: [{sink: chat}]\n")
    made.close()
    made = Site(tmp_path)
    store = made.service.store
    made.run()
    with store.transaction() as connection:
        Notices(store).start_digests(connection, "chat", made.service.now() - timedelta(days=3))
    made.service.now = store.now = lambda: datetime.now(UTC) + timedelta(days=2)
    AlertChecks(made.service, made.health).check_files()
    Digests(made.service).write_due()
    made.post.deliver()
    alert, digest = (json.loads(content) for _, content in server.seen)
    assert (alert["event"], alert["alert"]["what"]) == ("alert", "file of hr")
    assert digest["event"] == "digest"
    assert [row["member"] for row in digest["digest"]["wrong"]] == ["bob@x.org"]
    assert all("Linecard-Signature" in headers for headers, _ in server.seen)
    made.close()


@pytest.mark.parametrize(
    "cell",
    [
        "=cmd|' /C calc'!A0",
        '","event":"run.applied',
        "</script><script>x</script>",
        "\N{RIGHT-TO-LEFT OVERRIDE}x",
        "a\\u0000b",
    ],
    ids=["formula", "json", "html", "bidi", "escape"],
)
def test_what_a_cell_says_stays_a_text(site, server, cell):
    """JSON alone: no key, no event and no header comes from a sheet, a file's name or a description."""
    quoted = '"' + cell.replace('"', '""') + '"'
    run = site.run(f"attach,ada@x.org,1000\nattach,{quoted},1001\n")
    site.post.deliver()
    ((headers, content),) = server.seen
    said = json.loads(content)
    assert (run.state, said["event"], said["run"]["id"]) == (State.PARTIAL, "run.partial", run.id)
    assert set(said) == {"delivery", "event", "site", "run", "headline", "problems", "report"}
    (problem,) = said["problems"]
    assert problem["outcome"] == "invalid"
    assert problem["line"] == 3
    assert all(cell not in value for value in headers.values())
