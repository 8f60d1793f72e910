"""Each plugin that docs/plugins.md shows is taken from the page, installed as it stands, and serves a site."""

from __future__ import annotations

import bz2
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from house.markdown import blocks
from house.places import ROOT
from house.test_backends import run

TEXT = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
SITE = """\
region: FR
pbxs:
  hq: {{backend: directory, options: {{path: state/hq.sqlite3}}}}
sinks: {sinks}
inboxes:
  hr: {{path: inbox, default_pbx: hq, settle: 0s, {inbox}}}
"""
SHEET = "Action,LoginEmail,Extension\nattach,ada@example.com,1000\n"
Chat = tuple[str, list[tuple[str | None, dict[str, object]]]]
KINDS = {"readonly": "inboxes", "chat": "sinks", "bzip2": "openers", "markdown": "formats"}


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the modules of the page, known to linecard by their entry points."""
    folder = tmp_path_factory.mktemp("plugins")
    info = folder / "site" / "linecard_page-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: linecard-page\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[linecard]\n" + "".join(f"{kind} = linecard_{kind}\n" for kind in KINDS))
    for block in blocks(TEXT, "python"):
        if block.startswith("# linecard_"):
            (folder / "site" / block.splitlines()[0].removeprefix("# ")).write_text(block, encoding="utf-8")
    return folder


@pytest.fixture
def site(installed: Path, tmp_path: Path) -> Path:
    """A folder for a site that finds the plugins."""
    (tmp_path / "site").symlink_to(installed / "site")
    (tmp_path / "inbox").mkdir()
    return tmp_path


def configure(site: Path, *, inbox: str = "", sinks: str = "{}") -> None:
    (site / "linecard.yaml").write_text(SITE.format(sinks=sinks, inbox=inbox), encoding="utf-8")


def holders(site: Path) -> dict[str, str]:
    return {link["extension"]: link["member"] for link in json.loads(run(site, "linecard", "members", "--json"))}


def test_they_are_listed_with_what_they_serve(site: Path) -> None:
    listed = {plugin["name"]: plugin for plugin in json.loads(run(site, "linecard", "plugins", "--json"))}
    for name, offers in KINDS.items():
        found = [kind if isinstance(kind, str) else kind["name"] for kind in listed[name][offers]]
        assert found == [name], listed[name]


def test_the_inbox_takes_each_file_once_and_leaves_it_where_it_is(site: Path) -> None:
    configure(site, inbox="kind: readonly")
    (site / "inbox" / "one.csv").write_text(SHEET)
    run(site, "linecard", "once")
    assert holders(site) == {"1000": "ada@example.com"}
    assert (site / "inbox" / "one.csv").read_text() == SHEET
    assert run(site, "linecard", "once") == "There was nothing to do.\n"
    (site / "inbox" / "one.csv").write_text(SHEET + "attach,bob@example.com,1001\n")
    run(site, "linecard", "once")
    assert len(json.loads(run(site, "linecard", "runs", "--json"))) == 2, "another file under the same name is new"


@pytest.fixture
def chat() -> Iterator[Chat]:
    """A chat that wants a token: its address, and what it was told, with the token."""
    told: list[tuple[str | None, dict[str, object]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            told.append((self.headers["Authorization"], body))
            self.send_response(204 if self.headers["Authorization"] == "Bearer s3cret" else 401)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Nothing of this is for the terminal."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/post", told
        server.shutdown()
        thread.join()


def test_the_sink_tells_the_chat_with_its_secret(site: Path, chat: Chat) -> None:
    url, told = chat
    configure(
        site,
        inbox="tell: [{sink: team}]",
        sinks=f"{{team: {{kind: chat, options: {{url: '{url}', token: file:token}}}}}}",
    )
    (site / "token").write_text("s3cret\n")
    (site / "token").chmod(0o600)
    (site / "sheet.csv").write_text(SHEET)
    run(site, "linecard", "import", "sheet.csv", "--yes")
    ((token, message),) = told
    assert token == "Bearer s3cret"
    assert message["text"] == "hr, sheet.csv: The only row is as it should be."


def test_a_secret_that_others_may_read_keeps_the_letter(site: Path, chat: Chat) -> None:
    """With a remedy; what it is appears nowhere."""
    url, told = chat
    configure(
        site,
        inbox="tell: [{sink: team}]",
        sinks=f"{{team: {{kind: chat, options: {{url: '{url}', token: file:token}}}}}}",
    )
    (site / "token").write_text("s3cret\n")
    (site / "token").chmod(0o644)
    (site / "sheet.csv").write_text(SHEET)
    run(site, "linecard", "import", "sheet.csv", "--yes")
    waiting = run(site, "linecard", "outbox", "list")
    assert told == []
    assert "can be read by others (mode 0644)" in waiting
    assert "s3cret" not in waiting


def test_the_opener_opens_and_refuses(site: Path) -> None:
    configure(site, inbox="open: {bzip2: {required: true}}")
    packed = bz2.compress(SHEET.encode())
    (site / "inbox" / "whole.csv").write_bytes(packed)
    (site / "inbox" / "cut.csv").write_bytes(packed[:-8])
    (site / "inbox" / "plain.csv").write_text(SHEET)
    run(site, "linecard", "once", code=1)
    assert holders(site) == {"1000": "ada@example.com"}
    states = {one["file"]: one["state"] for one in json.loads(run(site, "linecard", "runs", "--json"))}
    assert states == {"whole.csv": "applied", "cut.csv": "rejected", "plain.csv": "rejected"}


def test_the_format_writes_reports(site: Path) -> None:
    configure(site)
    (site / "sheet.csv").write_text(SHEET)
    run(site, "linecard", "import", "sheet.csv", "--yes")
    run(site, "linecard", "report", "1", "--format", "markdown", "-o", "report.md")
    assert (site / "report.md").read_text().splitlines()[-1] == (
        "| 2 | ada@example.com | 1000 | done | ada@example.com has 1000 now. |"
    )
