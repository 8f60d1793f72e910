"""`linecard plugins try`: a PBX is asked a few things and nothing is changed; what its plugin did is shown."""

from __future__ import annotations

import json

import pytest

from acceptance.cli.schemas import check
from integration.daemon.site import CONFIG, rows

PASSWORD = "correct horse"


@pytest.fixture
def tried(site):
    """Two extensions on `hq`, whose plugin has a password that it does not keep to itself."""
    site.configure(CONFIG.replace("path: hq.ops}", "path: hq.ops, password: file:password}"))
    secret = site.folder / "password"
    secret.write_text(PASSWORD)
    secret.chmod(0o600)
    sheet = site.folder / "sheet.csv"
    sheet.write_text(rows("ada 1000", "bob 1001"))
    assert site.run("import", f"{sheet}", "--inbox", "hr", "--yes").returncode == 0
    return site


def test_the_first_few_are_read_and_one_again_by_each_of_its_names(tried):
    done = tried.run("plugins", "try", "hq")
    assert done.returncode == 0
    lines = [line for line in done.stdout.splitlines() if not line.startswith("      l")]
    steps = [line.rpartition(" (")[0] for line in lines if line.startswith("ok")]
    assert steps == [
        "ok    read the first 5 extensions: 2 extensions, 2 members",
        "ok    read extension 1000: 1 extension, 1 member",
        "ok    read member ada@example.org: 1 extension, 1 member",
    ]
    assert "      1001 bob@example.org" in lines
    assert tried.made("hq") == ["1000", "1001"]  # by the import alone


def test_what_the_plugin_did_is_told_at_each_step_and_secrets_are_hidden(tried):
    done = tried.run("plugins", "try", "hq", "--extension", "1001", "--json")
    check("plugins-try", done.stdout)
    found = json.loads(done.stdout)
    [step] = found["steps"]
    assert (found["pbx"], found["backend"], found["ok"]) == ("hq", "switchboard", True)
    assert (step["step"], step["extensions"], step["members"]) == ("read extension 1001", 1, 1)
    assert step["entries"] == [{"extension": "1001", "member": "bob@example.org", "number": None, "numbers": []}]
    assert [(event["event"], event["level"]) for event in step["events"]] == [
        ("listing read", "debug"),
        ("logged in", "info"),
    ]
    assert step["events"][1]["facts"] == {"password": "***"}
    assert "\x1b" not in done.stdout


def test_a_pbx_that_refuses_is_told_with_its_remedy_and_without_the_secret(tried):
    (tried.folder / "hq.deaf").write_text("")
    done = tried.run("plugins", "try", "hq")
    assert done.returncode == 1
    assert "FAIL  answer: *** is not the password" in done.stdout
    assert "      Remedy: Not ***." in done.stdout
    assert PASSWORD not in done.stdout + done.stderr
    failed = json.loads(tried.run("plugins", "try", "hq", "--json").stdout)
    assert (failed["ok"], failed["steps"][0]["remedy"]) == (False, "Not ***.")


def test_a_pbx_that_is_not_in_the_configuration_is_named(tried):
    done = tried.run("plugins", "try", "hp")
    assert (done.returncode, done.stdout) == (2, "")
    assert "There is no PBX hp." in done.stderr
    assert "The site has hq, lab." in done.stderr


def test_the_list_of_plugins_is_what_it_was(tried):
    assert "backend switchboard: A list of operations" in tried.run("plugins").stdout
    assert any(found["name"] == "switchboard" for found in json.loads(tried.run("plugins", "--json").stdout))
