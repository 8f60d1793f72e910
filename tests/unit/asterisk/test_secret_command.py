"""`linecard secret`, on tables without an Asterisk."""

from __future__ import annotations

import pytest
import yaml
from click.testing import CliRunner

from linecard.cli import main
from unit.asterisk.pbx import ADA, VACANT, Pbx


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


def test_it_prints_the_secret_and_nothing_else(site):
    """On standard output, for whoever sets the phone up; exit code 0."""
    done = site("hq", "1000")
    assert (done.exit_code, done.stdout, done.stderr) == (0, "s3cret\n", "")


def test_it_prints_it_once(site):
    """Exit code 1 from then on, and what to do."""
    site("hq", "1000")
    done = site("hq", "1000")
    assert (done.exit_code, done.stdout) == (1, "")
    assert done.stderr.startswith("No secret of 1000 waits")


def test_an_extension_that_there_is_not_has_none(site):
    """The same answer."""
    assert site("hq", "9999").exit_code == 1


@pytest.mark.parametrize(
    ("pbx", "words"), [("lab", "There is no PBX lab."), ("old", "The PBX old has no secrets that linecard makes.")]
)
def test_a_pbx_that_has_no_secrets_is_refused(site, pbx, words):
    """Exit code 2, and what to do."""
    done = site(pbx, "1000")
    assert done.exit_code == 2
    assert done.stderr.startswith(f"Error: {words}\nRemedy: ")
