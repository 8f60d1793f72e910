"""A leaver's messages, left by real calls on a running Asterisk: kept, removed, or moved to a successor."""

from __future__ import annotations

import pytest

from integration.asterisk.exchange import AMI_SECRET, AMI_USER
from integration.asterisk.office import Office
from integration.asterisk.office import office as made
from integration.daemon.site import eventually
from linecard_asterisk.ami import ManagerSession

BOXES = "[boxes]\nexten => _XXXX,1,VoiceMail(${EXTEN}@default,s)\n same => n,Hangup()\n"
"""Where a caller gets, who has not the extension but its mailbox on the line."""


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with made(tmp_path_factory.mktemp("voicemail"), "postgresql", dialplan=BOXES) as office:
        spool = office.exchange.folder / "spool" / "voicemail"
        office.site.settings["pbxs"]["hq"]["options"] |= {"voicemail_spool": str(spool)}
        office.site.write()
        yield office


def policy(office: Office, **options: str) -> None:
    office.site.settings["pbxs"]["hq"]["options"] |= options
    office.site.write()


def new_messages(office: Office, mailbox: str) -> int:
    """What Asterisk itself says."""
    with ManagerSession("127.0.0.1", office.exchange.ami, 10) as asterisk:
        asterisk.login(AMI_USER, AMI_SECRET)
        return int(asterisk._execute("MailboxCount", Mailbox=f"{mailbox}@default")["NewMessages"])


def left_a_message(office: Office, mailbox: str) -> None:
    """Somebody calls, says something for a second, and hangs up."""
    before = new_messages(office, mailbox)
    (caller,) = office.extensions(1)
    office.site.sheet(f"attach,caller{caller}@example.org,{caller},")
    phone = office.registered(caller)
    call = phone.call(f"*{mailbox}")
    assert phone.answered(call) == 200
    phone.talk(1.5)
    assert phone.hang_up(call) == 200
    eventually(lambda: new_messages(office, mailbox) == before + 1, "the message")


def test_they_are_kept_for_whoever_comes_next(office):
    """Unless the policy says otherwise; the PIN is a new one, so the leaver cannot listen."""
    policy(office, on_release_voicemail="keep")
    (box,) = office.extensions(1)
    office.site.sheet(f"attach,bob@example.org,{box},")
    left_a_message(office, box)
    office.site.sheet("detach,bob@example.org,,")
    office.site.sheet(f"attach,eve@example.org,{box},")
    assert new_messages(office, box) == 1


def test_they_are_removed_when_the_holder_leaves(office):
    policy(office, on_release_voicemail="empty")
    (box,) = office.extensions(1)
    office.site.sheet(f"attach,bob@example.org,{box},")
    left_a_message(office, box)
    left_a_message(office, box)
    assert new_messages(office, box) == 2
    office.site.sheet(f"force_attach,eve@example.org,{box},")
    assert new_messages(office, box) == 0
    left_a_message(office, box)
    assert new_messages(office, box) == 1


def test_they_go_to_the_successor_behind_the_successors_own(office):
    box, successor = office.extensions(2)
    policy(office, on_release_voicemail="move", voicemail_successor=successor)
    office.site.sheet(f"attach,kim@example.org,{box},", f"attach,lou@example.org,{successor},")
    left_a_message(office, successor)
    left_a_message(office, box)
    office.site.sheet("detach,kim@example.org,,")
    assert (new_messages(office, box), new_messages(office, successor)) == (0, 2)
    left_a_message(office, successor)
    assert new_messages(office, successor) == 3
