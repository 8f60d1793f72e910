"""`make rainbow` as a new user meets it: what it prints works when it is typed."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

from integration.cache import missing

HERE = Path(__file__).parent


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "rainbow", "--folder", str(folder), *words]
    environment = os.environ | {"PYTHONPATH": str(HERE.parent)}
    return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def read_all(process: subprocess.Popen[str]) -> str:
    """What it prints before it waits; its last line is of faults."""
    assert process.stdout is not None
    said = ""
    while '"times": 3' not in said:
        line = process.stdout.readline()
        assert line, process.communicate()
        said += line
    return said


def test_the_commands_for_curl_work_as_they_are_printed(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        missing("curl is not installed: the commands that `make rainbow` prints for it are not tried.")
    with start(tmp_path, "--port", "0") as process:
        try:
            said = read_all(process)
            script = "\n".join(re.findall(r"(?m)^  ((?:cert=|proof=|token=|curl )(?:.*\\\n)*.*)$", said))
            ended = subprocess.run(["bash", "-euc", script], capture_output=True, text=True, check=True)
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    found = json.JSONDecoder()
    systems, end = found.raw_decode(ended.stdout)
    numbers, end = found.raw_decode(ended.stdout, end)
    assert [system["name"] for system in systems["data"]] == ["Headquarters", "Cloud"]
    assert (numbers["total"], numbers["data"][0]["shortNumber"]) == (10, "1000")
    assert '"holder": "alan@example.com"' in ended.stdout[end:]
    for command in ("rbw login admin@example.com", "rbw phones 5e", "rbw masspro check"):
        assert command in said


def test_the_commands_for_linecard_work_as_they_are_printed(tmp_path: Path) -> None:
    """A site from nothing to an import and its undo: all is as it was."""
    with start(tmp_path, "--port", "0") as process:
        try:
            said = read_all(process)
            part = said.partition("With linecard")[2].partition("With curl")[0]
            script = "\n".join(line[2:] for line in part.splitlines() if line.startswith("  "))
            environment = os.environ | {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
            typed = subprocess.run(
                ["bash", "-euc", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
        finally:
            process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
    assert typed.returncode == 0, typed.stdout + typed.stderr
    assert "an extension is freed by a change with userId null" in typed.stdout
    assert "grace@example.com would get 1000 and alan@example.com would lose it." in typed.stdout
    assert "Run 1 is applied. All 3 rows are as they should be." in typed.stdout
    assert "Run 2 is applied. All 3 rows are as they should be." in typed.stdout
    site = tmp_path / "rainbow-site"
    kept = b"".join(path.read_bytes() for path in site.rglob("*") if path.is_file() and "secrets" not in path.parts)
    assert b"a secret of" not in kept  # what Rainbow's full form of a phone number has in it


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with start(tmp_path, "--port", "0") as first:
        try:
            port = re.findall(r"listens at \S+:(\d+)", read_all(first))[0]
            with start(tmp_path, "--port", port) as second:
                _, said = second.communicate(timeout=60)
                assert second.returncode == 1
        finally:
            first.send_signal(signal.SIGINT)
    assert f"Port {port} of 127.0.0.1 cannot be used" in said
