"""A path that this user may not use is two lines, whatever the command: what cannot be used and why, and what to do."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import pytest

from acceptance.cli import forbidden
from acceptance.cli.terminal import PROGRAM

HERE = Path(__file__).parent


def drop_privileges() -> list[str]:
    """What comes before a command so that root runs it as a user of another name, or else without root's rights."""
    if os.geteuid() != 0:
        return []
    for words in (
        ["unshare", "--user", "--map-user=1000", "--map-group=1000"],
        ["setpriv", "--bounding-set=-dac_override,-dac_read_search"],
    ):
        tried = shutil.which(words[0]) and subprocess.run([*words, "true"], check=False, capture_output=True)
        if tried and tried.returncode == 0:
            return words
    pytest.skip("Nothing here takes root its rights.")


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """What each command said, by case; all commands typed in one process."""
    words = (*drop_privileges(), sys.executable, str(HERE / "forbidden.py"), str(tmp_path_factory.mktemp("forbidden")))
    done = subprocess.run(words, capture_output=True, encoding="utf-8", check=False, timeout=240)
    assert done.returncode == 0, done.stderr
    cases = defaultdict(list)
    for line in done.stdout.splitlines():
        if line.startswith("{"):
            said = json.loads(line)
            cases[said["case"]].append(said)
    return cases


@pytest.mark.parametrize("case", forbidden.CASES)
def test_no_command_ends_in_a_traceback(told, case):
    """Whatever cannot be used is an error for people, or does not matter to the command."""
    assert len(told[case]) == len(forbidden.CASES[case][1])
    assert [said for said in told[case] if said["exception"] or said["code"] not in (0, 1, 2, 78)] == []


@pytest.mark.parametrize("case", [case for case in forbidden.CASES if case not in ("reports", "templates")])
def test_what_stops_a_command_is_two_lines(told, case):
    """Error and remedy, and nothing on standard output."""
    stopped = [said for said in told[case] if said["code"] in (2, 78)]
    assert stopped
    for said in stopped:
        error, remedy = said["err"].splitlines()
        assert error.startswith("Error: "), said
        assert remedy.startswith("Remedy: "), said


@pytest.mark.parametrize(
    ("case", "named"),
    [("configuration", "site/linecard.yaml"), ("folder of the sheet", "sheets"), ("output folder", "out")],
)
def test_the_remedy_names_what_is_forbidden(told, case, named):
    stopped = [said for said in told[case] if said["code"] == 2]
    assert all(f"/{named}. Give this user the right" in said["err"] for said in stopped), stopped


def test_a_folder_that_one_may_not_enter_has_no_site(told):
    """As where runuser was called in root's home: the machine's configuration is looked for all the same."""
    errors = {said["err"].splitlines()[0] for said in told["this folder"] if said["code"] == 2}
    assert errors == {"Error: There is no site here."}


@pytest.mark.parametrize(("case", "named"), [("templates", "folder templates: "), ("column maps", "columns/feed.yaml")])
def test_doctor_says_so_with_its_other_findings(told, case, named):
    (said,) = [said for said in told[case] if said["command"] == "doctor"]
    assert said["code"] == 1
    assert named in said["out"]


def run_in_shell(script: str, folder: Path) -> tuple[int, list[str]]:
    """The exit code of a script in which $linecard is the program, and what it wrote to standard error."""
    env = {key: value for key, value in os.environ.items() if key != "LINECARD_CONFIG"} | {"linecard": str(PROGRAM)}
    done = subprocess.run(
        ["sh", "-c", script], cwd=folder, env=env, capture_output=True, encoding="utf-8", check=False, timeout=60
    )
    return done.returncode, [line for line in done.stderr.splitlines() if not line.startswith("sh: ")]


def test_a_folder_that_was_removed_under_ones_feet_is_two_lines(tmp_path):
    code, lines = run_in_shell('mkdir gone && cd gone && rmdir ../gone && "$linecard" init site', tmp_path)
    assert (code, lines[0]) == (2, "Error: The folder that you are in does not exist any more.")
    assert len(lines) == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="There is no device that is always full.")
def test_a_disk_that_is_full_under_standard_output_is_two_lines(tmp_path):
    script = '"$linecard" init site >&2 && "$linecard" --config site/linecard.yaml runs > /dev/full'
    code, lines = run_in_shell(script, tmp_path)
    assert (code, lines[-2]) == (2, "Error: Standard output cannot be written: No space left on device.")
    assert lines[-1].startswith("Remedy: ")


def test_reports_that_cannot_be_written_stop_no_import(told):
    (said,) = [said for said in told["reports"] if said["command"].startswith("import")]
    assert said["code"] == 0
    assert "is not filed yet" in said["err"]


@pytest.mark.parametrize("case", ["configuration", "state folder", "archive"])
def test_a_daemon_that_cannot_start_exits_with_78(told, case):
    """systemd does not start it again and again: only a person can put this right."""
    (code,) = [said["code"] for said in told[case] if said["command"] == "serve"]
    assert code == 78


def test_doctor_finds_what_the_service_may_not_open(told):
    (said,) = [said for said in told["folder of files that were begun"] if said["command"] == "doctor"]
    assert said["code"] == 1
    assert "own files: " in said["out"]
    assert "As root: chown -R " in said["out"]
