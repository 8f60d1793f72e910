"""Letters through a real Postfix into the boxes of their readers."""

from __future__ import annotations

import shutil
import tempfile
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from integration.mail import postfix


@pytest.fixture(scope="module")
def hop(keys):
    """A Postfix that takes mail over STARTTLS alone."""
    postfix.needed()
    root = Path(tempfile.mkdtemp(prefix="linecard-postfix-", dir="/var/tmp"))
    root.chmod(0o755)
    made = postfix.Postfix(root, keys.server)
    made.start()
    yield made
    made.stop()
    shutil.rmtree(root)


def test_letters_lie_in_the_boxes_of_their_readers(hop, make, keys):
    """Encrypted to the next hop; whom it does not know is given up, the others arrive, a long report as well.

    Then it is away for a while: what was to be sent meanwhile arrives when it is there again.
    """
    to = ("anna@example.org", "gone@example.org", "zoe@example.org")
    site = make(hop.port, to=to, security="starttls", ca_file=str(keys.ca))
    run = site.run(name="Eintritte März.csv")
    site.run("".join(f"attach,member-number-{n}@x.org,{n}\n" for n in range(5000, 7000)), "long.csv")
    site.deliver()
    assert ["550 5.1.1" in item.problem for item in site.outbox.list_given_up()] == [True, True]
    hop.stop()
    site.run("attach,eve@x.org,1002\n", "late.csv")
    site.deliver()
    assert len(site.waiting) == 3
    hop.start()
    site.later()
    assert site.waiting == []
    for box in ("anna", "zoe"):
        mails = [message_from_bytes(raw, policy=default) for raw in hop.box(box, 3)]
        found = {mail["Subject"]: mail for mail in mails}
        assert set(found) == {
            "linecard hr: 1 done, 1 refused - Eintritte März.csv",
            "linecard hr: 2,000 invalid - long.csv",
            "linecard hr: 1 done - late.csv",
        }
        mail = found["linecard hr: 1 done, 1 refused - Eintritte März.csv"]
        assert mail.defects == []
        assert "1000 is held by ada@x.org." in mail.get_body(("plain",)).get_content()
        assert f"Run: {run.id}," in mail.get_body(("plain",)).get_content()
        (retry,) = [p for p in mail.iter_attachments() if p.get_filename().endswith(".retry.csv")]
        assert "held_by_other" in retry.get_content()
        assert len({mail["References"] for mail in mails}) == 1
