"""The schemas in config/schemas are those of the code, one for each command with --json, and real output keeps them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator

import click
import jsonschema
import pytest

from acceptance.cli.schemas import FOLDER, check
from acceptance.cli.terminal import Site, typed, until
from linecard.cli import main
from linecard.cli.json_output import OUTPUTS, make_schema

MAIL = """\
sinks:
  post: {kind: mail, options: {host: 127.0.0.1, port: 9, security: none, sender: linecard@example.com}}
"""


def list_commands() -> Iterator[str]:
    """The words of each command that has --json, with a dash between them."""
    top = click.Context(main)
    for name in main.list_commands(top):
        command = main.get_command(top, name)
        within = getattr(command, "commands", {}).items()
        for words, each in ((name, command), *((f"{name}-{inner}", part) for inner, part in within)):
            if any("--json" in parameter.opts for parameter in each.params):
                yield words


def test_each_command_with_json_has_a_schema_and_no_other():
    assert set(list_commands()) == set(OUTPUTS)
    assert {file.stem for file in FOLDER.iterdir()} == set(OUTPUTS)


@pytest.mark.parametrize("command", OUTPUTS)
def test_the_published_schema_is_what_the_code_says(command):
    """`make docs` writes it anew."""
    published = json.loads((FOLDER / f"{command}.json").read_text(encoding="utf-8"))
    assert published == make_schema(command)
    jsonschema.Draft202012Validator.check_schema(published)


@pytest.fixture(scope="module")
def used(tmp_path_factory) -> Site:
    """A site on which a good deal has happened: done, refused, held and rejected, with messages that do not arrive."""
    folder = tmp_path_factory.mktemp("schemas") / "site"
    assert typed("init", folder).code == 0
    site = Site(folder)
    site.configure("region: FR", f"{MAIL}region: FR")
    site.configure("    default_pbx: hq", "    default_pbx: hq\n    tell: [{sink: post, to: ada@example.com}]")
    site.run("import", site.sheet("attach,ada@x.org,,1000,+33199001000", "attach,bob@x.org,,1001,"), "--yes")
    rows = ("attach,cyd@x.org,,1000,", "attach,'dan@x.org,,9999,", "force_attach,eve@x.org,,1001,+33199001002")
    check("import", site.run("import", site.sheet(*rows, name="mixed.csv"), "--yes", "--json").out)
    check("import", site.run("import", site.sheet(name="empty.csv", head=""), "--yes", "--json").out)
    site.configure("    default_pbx: hq", "    default_pbx: hq\n    limits: {detach: {count: 0}}")
    check("import", site.run("import", site.sheet("detach,ada@x.org,,,", name="held.csv"), "--yes", "--json").out)
    return site


def test_what_is_read_keeps_its_schema(used):
    sheet = used.sheet("attach,cyd@x.org,,1000,", "attach,,,9999,x", "detach,ada@x.org,,,", name="look.csv")
    assert check("check", used.run("check", sheet, "--json").out)["faults"]
    planned = check("plan", used.run("plan", sheet, "--json").out)
    assert planned["holds"]
    assert planned["changes"]
    check("plan", used.run("plan", used.sheet(name="nothing.csv", head=""), "--json").out)
    assert len(check("runs", used.run("runs", "--json").out)) == 4
    for run in ("1", "2", "3", "4"):
        check("show", used.run("show", run, "--json").out)
    assert check("members", used.run("members", "--json").out)
    assert check("doctor", used.run("doctor", "--json").out)
    assert check("plugins", used.run("plugins", "--json").out)
    check("clock", used.run("clock", "--json").out)
    digest = check("digest", used.run("digest", "--json").out)
    assert digest["ended"]
    assert digest["undecided"]
    assert digest["wrong"]
    assert check("outbox-list", used.run("outbox", "list", "--all", "--json").out)
    check("undo", used.run("undo", "1", "--yes", "--json").out)
    check("resume", used.run("resume", "--yes", "--json").out)


def test_once_and_status_keep_theirs_with_a_daemon_and_without_and_while_the_configuration_is_wrong(used):
    (used.folder / "inbox/hr/new.csv").write_text("Action,LoginEmail,Extension\nattach,fay@x.org,1002\n")
    used.configure("    default_pbx: hq", "    default_pbx: hq\n    settle: 0s")
    assert check("once", used.run("once", "--json").out)["runs"]
    assert check("status", used.run("status", "--json").out)["running"] is False
    good = used.config.read_text()
    with used.process("serve", stdout=subprocess.DEVNULL):
        until(lambda: used.run("status", "--json").json.get("inboxes"))
        facts = check("status", used.run("status", "--json").out)
        assert facts["running"]
        assert facts["inboxes"]
        assert facts["timers"]
        used.config.write_text(f"{good}\ncolour: red\n")
        assert check("status", used.run("status", "--json").out)["configuration"]["problems"]
    used.config.write_text(good)


def test_backup_and_restore_keep_theirs(used, tmp_path):
    file = tmp_path / "backup.tar.gz"
    backup = used.run("backup", file, "--with-configuration", "--json")
    assert check("backup", backup.out)["files"]
    new = Site(tmp_path / "new")
    new.folder.mkdir()
    restored = new.run("restore", file, "--with-configuration", "--json")
    assert check("restore", restored.out)["configuration"]
    check("restore", new.run("restore", "--confirm", "--json").out)


def test_keys_keep_theirs(used, tmp_path):
    (made,) = check("keys-make", used.run("keys", "make", "Ada <ada@example.com>", "--json").out)
    check("keys-extend", used.run("keys", "extend", made["fingerprint"], "--until", "2099-12-31", "--json").out)
    file = tmp_path / "key.asc"
    used.run("keys", "export", made["fingerprint"], "-o", file)
    check("keys-import", used.run("keys", "import", file, "--json").out)
    assert check("keys-list", used.run("keys", "list", "--json").out)
