"""Who approves, discards and imports is named: the login behind the account that runs linecard."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
import sys
from pathlib import Path

import pytest

from linecard.rules.attribution import NOBODY_LOGGED_IN, attribute
from linecard.runtime.identity import person

ACCOUNT = pwd.getpwuid(os.geteuid()).pw_name


@pytest.mark.parametrize(
    ("account", "login", "sudo", "said"),
    [
        ("linecard", "ada", "", "ada (as linecard)"),
        ("linecard", "ada", "bo", "ada (as linecard)"),
        ("linecard", "", "bo", "bo (as linecard)"),
        ("linecard", "", "", "linecard"),
        ("ada", "ada", "", "ada"),
        ("root", "root", "root", "root"),
        ("root", "", "EXAMPLE\\ada.lind", "EXAMPLE\\ada.lind (as root)"),
        ("linecard", "uid 1234", "", "uid 1234 (as linecard)"),
    ],
)
def test_the_person_is_named_with_the_account(account, login, sudo, said):
    """The kernel's word, which stays through su and runuser, comes before that of a variable."""
    assert attribute(account, login, sudo) == said


@pytest.mark.parametrize("sudo", ["<b>ada</b>", "ada\nroot", "ada (as root)", "a" * 65, "\x1b[31mada", "", " "])
def test_what_is_no_name_of_an_account_is_left_out(sudo):
    """The variable is anybody's to set."""
    assert attribute("linecard", "", sudo) == "linecard"


def test_the_login_uid_of_the_kernel_is_read(tmp_path: Path):
    """4294967295 is nobody: a service."""
    file = tmp_path / "loginuid"
    file.write_text(str(NOBODY_LOGGED_IN))
    assert person({}, file) == ACCOUNT
    other = next(entry for entry in pwd.getpwall() if entry.pw_name != ACCOUNT)
    file.write_text(str(other.pw_uid))
    assert person({"SUDO_USER": "bo"}, file) == f"{other.pw_name} (as {ACCOUNT})"
    assert person({"SUDO_USER": "bo"}, tmp_path / "absent") == f"bo (as {ACCOUNT})"


def test_the_events_of_a_run_name_who_imported_it(tmp_path: Path):
    """Through the program itself, as sudo starts it."""
    linecard = [str(Path(sys.executable).parent / "linecard")]
    environment = {**os.environ, "SUDO_USER": "ada.lind", "LINECARD_CONFIG": str(tmp_path / "site" / "linecard.yaml")}

    def run(*words: str) -> str:
        return subprocess.run([*linecard, *words], env=environment, check=True, capture_output=True, text=True).stdout

    run("init", str(tmp_path / "site"))
    sheet = tmp_path / "sheet.csv"
    sheet.write_text("Action,LoginEmail,Extension\nattach,ada@example.com,1001\n", encoding="utf-8")
    run("import", str(sheet), "--yes")
    events = json.loads(run("show", "1", "--json"))["events"]
    assert {event["who"] for event in events} == {f"ada.lind (as {ACCOUNT})"}
