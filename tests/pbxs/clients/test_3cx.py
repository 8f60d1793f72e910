"""A public SDK of 3CX against the simulator, unchanged: where they disagree, it is right."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from integration.cache import cached, run
from pbxs.service import ServedPbx
from pbxs.threecx import ThreeCX

HERE = Path(__file__).parent


def find_sdk() -> Path:
    lock = HERE / "3cx.txt"

    def fetch(work: Path) -> Path:
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        run(*pip, "install", "--no-deps", "--require-hashes", "--target", work / "packages", "-r", lock)
        return work / "packages"

    return cached(f"3cx-sdk-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}", fetch, "the SDK of 3CX")


def call_sdk(url: str, secret: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, HERE / "3cx_calls.py", url, "linecard", secret]
    environment = os.environ | {"PYTHONPATH": str(find_sdk())}
    return subprocess.run(words, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def served():
    pbx = ThreeCX(secret="of 3CX")
    for n in range(230):
        pbx.add_user(f"{100 + n}", f"m{n}@example.org" if n != 7 else "o'hara@example.org")
    pbx.add_rule("+33199000100", "100")
    with ServedPbx(pbx) as running:
        yield running


def test_the_sdk_reads_and_changes_what_the_profile_does(served):
    """Pages by their links, filters with quotes, fields that are cleared, rules with three destinations."""
    ended = call_sdk(served.url, "of 3CX")
    assert ended.returncode == 0, ended.stderr
    told = json.loads(ended.stdout)
    assert told.pop("all") == [f"{100 + n}" for n in range(230)]
    assert told == {
        "page": 100,
        "ann": "m0@example.org",
        "apostrophe": ["107"],
        "after": ["", "Nobody"],
        "renumber": "ValidationError",
        "rule": ["+33199009999", "102", "101"],
        "rules": 2,
        "gone": "NotFoundError",
    }
    assert served.pbx.logins == 1
    assert next(iter(served.pbx.users.values()))["VMPIN"] == "1234", "a PATCH leaves what it does not name"


def test_the_sdk_is_refused_with_a_wrong_secret(served):
    assert "AuthenticationError" in call_sdk(served.url, "wrong").stderr
