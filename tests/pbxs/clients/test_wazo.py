"""Wazo's own client for JavaScript against the simulator, unchanged: where they disagree, it is right."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from integration.npm import find_node, install
from pbxs.service import ServedPbx
from pbxs.wazo import Wazo

HERE = Path(__file__).parent


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """The client speaks TLS alone."""
    folder = tmp_path_factory.mktemp("keys")
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", "/CN=Wazo"]
    made += ["-keyout", folder / "key.pem", "-out", folder / "wazo.pem", "-addext", "subjectAltName=IP:127.0.0.1"]
    subprocess.run(made, check=True, capture_output=True)
    return folder / "wazo.pem", folder / "key.pem"


@pytest.fixture
def served(keys):
    pbx = Wazo("linecard", "of Wazo")
    for n in range(5):
        pbx.add_line(f"{1000 + n}", pbx.add_user(f"m{n}@example.org"))
    with ServedPbx(pbx, keys) as running:
        yield running


def call_client(served, keys, password):
    modules = install("wazo-client", HERE / "wazo", "Wazo's client of npm")
    ended = subprocess.run(
        [find_node() / "node", HERE / "wazo_calls.js", f"127.0.0.1:{served.port}", "linecard", password],
        cwd=modules,
        env={"PATH": os.environ["PATH"], "NODE_EXTRA_CA_CERTS": str(keys[0])},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    (said,) = [line[1:] for line in ended.stdout.splitlines() if line.startswith("@")]
    return json.loads(said)


def test_the_client_logs_in_reads_and_changes_users(served, keys):
    told = call_client(served, keys, "of Wazo")
    assert told == {
        "token": True,
        "total": 5,
        "emails": [f"m{n}@example.org" for n in range(5)],
        "lines": [[[f"{1000 + n}"]] for n in range(5)],
        "first": "Ann",
        "updated": True,
        "after": "Renamed",
        "gone": 404,
    }
    assert served.pbx.logins == 1


def test_the_client_is_refused_with_a_wrong_password(served, keys):
    assert call_client(served, keys, "wrong")["status"] == 401
