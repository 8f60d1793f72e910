"""`linecard secret`, on tables without an Asterisk."""

from __future__ import annotations

import json

import pytest
import yaml
from click.testing import CliRunner

from linecard.api.backend import PhoneSecret
from linecard.cli import main
from unit.asterisk.pbx import ADA, BOB, VACANT, Pbx


@pytest.fixture
def site(tmp_path):
    pbx = Pbx(tmp_path)
    pbx.becomes("1000", VACANT, ADA, secrets=lambda n: ["s3cret"] * n)
    options = {"hq": {"backend": "asterisk", "options": {"url": pbx.url}}}
    options["old"] = {"backend": "directory", "options": {"path": "old.db"}}
    settings = {"region": "DE", "pbxs": options, "inboxes": {"hr": {"path": "inbox", "default_pbx": "hq"}}}
    (tmp_path / "linecard.yaml").write_text(yaml.safe_dump(settings))

    def run(*words):
        return CliRunner().invoke(main, ["--config", str(tmp_path / "linecard.yaml"), "secret", *words])

    return run


def test_it_prints_the_secret_and_the_user_name_beside_it(site):
    """The secret alone on standard output, for scripts; the user name on standard error; exit code 0."""
    done = site("hq", "1000")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "s3cret\n", "The user name is 1000; the secret:\n")


def test_it_gives_both_as_json(site):
    """For a script that sets phones up."""
    done = site("hq", "1000", "--json")
    assert json.loads(done.stdout) == {"extension": "1000", "username": "1000", "secret": "s3cret"}
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("auth", "usernames", "expected"),
    [
        ("desk-1001", {"desk-1001": "ada"}, "ada"),
        ("desk-1001", {"desk-1001": None}, "desk-1001"),
        ("desk-1001, 1001-b", {"desk-1001": "ada", "1001-b": "1001"}, "ada"),
        ("1001", {"1001": "office/1001"}, "office/1001"),
    ],
)
def test_the_user_name_of_an_adopted_extension_is_that_of_its_secret(tmp_path, auth, usernames, expected):
    """A phone that gives the extension's is refused. The handover for the provisioning server has the same."""
    pbx = Pbx(tmp_path)
    pbx.put("ps_endpoints", id="1001", aors="1001", auth=auth, context="internal")
    pbx.put("ps_aors", id="1001", max_contacts=1)
    for name, username in usernames.items():
        pbx.put("ps_auths", id=name, auth_type="userpass", username=username, password="old")
    pbx.options = {"when_adopted": "new"}
    pbx.becomes("1001", VACANT, ADA, secrets=lambda n: ["s3cret"] * n)
    assert pbx.backend().secret("1001") == PhoneSecret(expected, "s3cret")
    pbx.options = {"handover": "secrets"}
    pbx.becomes("1001", ADA, BOB)
    assert json.loads((tmp_path / "secrets" / "1001.json").read_text())["username"] == expected


def test_it_prints_it_once(site):
    """Exit code 1 from then on, and what to do."""
    site("hq", "1000")
    done = site("hq", "1000")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("There is no secret for 1000: ")


def test_an_extension_that_there_is_not_has_none(site):
    """The same answer."""
    assert site("hq", "9999").exit_code == 1


@pytest.mark.parametrize(
    ("pbx", "words"), [("lab", "There is no PBX lab."), ("old", "The PBX old has no secrets that linecard creates.")]
)
def test_a_pbx_that_has_no_secrets_is_refused(site, pbx, words):
    """Exit code 2, and what to do."""
    done = site(pbx, "1000")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: {words}\nRemedy: ")
