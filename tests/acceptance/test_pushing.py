"""HR systems push files by SFTP into a folder of this machine: the OpenSSH set-up that comes with linecard."""

from __future__ import annotations

import json


def test_producers_push_and_linecard_takes(machine):
    """Each producer writes into its own folder and reaches nothing else; linecard, another user, takes the files
    and puts what came of them where their producer alone reads it."""
    machine.do("push.sh")
    members = json.loads((machine.proof / "pushed.json").read_text())
    assert {m["member"]: m["extension"] for m in members} == {
        "ada@example.com": "1000",
        "bob@example.com": "1001",
        "eve@example.com": "1002",
    }
    assert "file private.csv: " in (machine.proof / "private").read_text(), "the only place where it is told"
    assert (machine.proof / "modes").read_text().splitlines() == ["640 hr-acme linecard", "640 hr-other linecard"]
    assert "ada@example.com" in (machine.proof / "result.csv").read_text(), "its producer reads what came of it"
    assert (machine.proof / "left").read_text() == "", "nothing is left in the folders of the producers"
