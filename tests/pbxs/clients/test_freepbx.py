"""A public client of FreePBX against the simulator, unchanged: where they disagree, FreePBX's source is right.

The client's own requests were written without a FreePBX, as its warnings say: they name fields that the source does not
have. So FreePBX refuses them, and so does the simulator; requests of ours go through the same client.
"""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from integration.cache import cached, run
from pbxs.freepbx import FreePbx
from pbxs.service import ServedPbx

HERE = Path(__file__).parent


def find_client() -> Path:
    lock = HERE / "freepbx.txt"

    def fetch(work: Path) -> Path:
        pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        run(*pip, "install", "--no-deps", "--require-hashes", "--target", work / "packages", "-r", lock)
        return work / "packages"

    return cached(f"pyfreepbx-{hashlib.sha256(lock.read_bytes()).hexdigest()[:12]}", fetch, "the client of FreePBX")


@pytest.fixture(scope="module")
def told():
    pbx = FreePbx()
    pbx.tokens.add("a token")
    pbx.add_extension("100", "ann@example.org", "Ann")
    pbx.add_extension("101")
    with ServedPbx(pbx) as served:
        ended = subprocess.run(
            [sys.executable, HERE / "freepbx_calls.py", served.url, "a token"],
            env=os.environ | {"PYTHONPATH": str(find_client())},
            capture_output=True,
            text=True,
            check=False,
        )
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


def test_the_client_reads_and_changes_what_the_profile_does(told):
    secret = {"extPassword": "secret-of-100"}
    assert told["list"]["totalCount"] == 2
    assert told["list"]["extension"][0] == {"extensionId": "100", "user": secret}
    assert told["one"] == {
        "status": True,
        "message": "Extension found successfully",
        "extensionId": "100",
        "user": {"name": "Ann", **secret},
    }
    assert told["change"] == {"updateExtension": {"status": True, "message": "Extension has been updated"}}
    assert told["changed"] == {"name": "Bob", "extPassword": "kept"}
    assert told["reload"] == ["status", "transaction_id"]


def test_the_client_takes_a_failure_for_success_unless_the_status_was_asked_for(told):
    """A status of 400 comes with `status` alone."""
    assert told["absent"][0] == "HTTPStatusError"
    assert "400" in told["absent"][1]
    assert told["failure_without_status"] == {"deleteExtension": {"message": "Extension does not exists."}}


def test_fields_that_freepbx_does_not_have_are_refused(told):
    assert told["its_list"][0] == told["its_one"][0] == "GraphQLError"
    assert "extensions" in told["its_list"][1]


def test_the_client_is_refused_with_a_wrong_token(told):
    """It waits for a 401, which the GraphQL of FreePBX 17 does not answer."""
    assert told["wrong_token"][0] == "HTTPStatusError"
    assert "500" in told["wrong_token"][1]
