"""What the backend says of changes before they are made: devices that wait for a person, and what is left behind."""

from __future__ import annotations

from contextlib import closing

import pytest
import sqlalchemy as sa

from integration.asterisk import schema
from linecard.api.backend import VACANT, BackendError, Caveat, ChangeStatus, Holding
from linecard_asterisk.pointers import Pointer, read_forwards, read_persistent_members, read_queue_members
from unit.asterisk.managers import Switch
from unit.asterisk.pbx import ADA, BOB, Pbx

WAYS = {"detach": VACANT, "force_attach": Holding(BOB)}


def with_a_second_device(pbx: Pbx, name: str = "1000-mobile") -> None:
    pbx.put("ps_endpoints", id=name, aors="1000", auth=name, context="internal")
    pbx.put("ps_auths", id=name, auth_type="userpass", username=name, password="theirs")


def password(pbx: Pbx, name: str = "1000-mobile") -> str:
    return pbx.row("ps_auths", id=name)["password"]


class TestHolding:
    @pytest.fixture
    def pbx(self, tmp_path):
        pbx = Pbx(tmp_path, second_devices="hold")
        pbx.becomes("1000", VACANT, ADA)
        with_a_second_device(pbx)
        return pbx

    @pytest.mark.parametrize("after", WAYS.values(), ids=WAYS)
    def test_a_device_is_named_before_and_silenced_when_the_change_is_made(self, pbx, after):
        """By the one backend that named it, in each process once more."""
        change = pbx.change("1000", ADA, after)
        with closing(pbx.backend()) as backend:
            (caveat,) = backend.precheck([change])
            assert caveat == Caveat(
                "1000",
                "the endpoint 1000-mobile rings with 1000, and will be silenced with it",
                "Approve the plan if that is right; otherwise first give the device an address of record of its own.",
                holds=True,
            )
            assert password(pbx) == "theirs"
            (result,) = backend.apply([change])
        assert result.status is ChangeStatus.DONE
        assert password(pbx) != "theirs"

    def test_a_device_of_which_nobody_was_told_keeps_the_extension_with_its_holder(self, pbx):
        """It came after the plan was made, or no plan was made."""
        change = pbx.change("1000", ADA, VACANT)
        for name, told in (("1000-mobile", False), ("1000-car", True)):
            with closing(pbx.backend()) as backend:
                if told:
                    assert len(list(backend.precheck([change]))) == 1
                    with_a_second_device(pbx, name)
                (result,) = backend.apply([change])
            assert result.status is ChangeStatus.FAILED
            assert result.words.endswith("with 1000, and would keep ringing")
            assert password(pbx, name) == "theirs"

    def test_it_waits_for_a_person_also_where_nobody_held_the_extension(self, pbx):
        """The next holder's secret is made anew, and a device that was set up meanwhile would lose its own."""
        detach, attach = pbx.change("1000", ADA, VACANT), pbx.change("1000", VACANT, BOB)
        for change in (detach, attach):
            with closing(pbx.backend()) as backend:
                assert [caveat.holds for caveat in backend.precheck([change])] == [True]
                (result,) = backend.apply([change])
            assert result.status is ChangeStatus.DONE

    def test_an_endpoint_that_keeps_its_secret_keeps_its_second_device(self, pbx):
        """It gets its first holder through linecard."""
        pbx.endpoints("1001")
        pbx.put("ps_endpoints", id="1001-mobile", aors="1001", auth="1000-mobile", context="internal")
        change = pbx.change("1001", VACANT, BOB)
        with closing(pbx.backend()) as backend:
            assert list(backend.precheck([change])) == []
            (result,) = backend.apply([change])
        assert (result.status, password(pbx)) == (ChangeStatus.DONE, "theirs")

    def test_a_device_that_cannot_be_silenced_waits_for_nobody(self, pbx):
        """The row fails, whatever a person approves."""
        with pbx.engine.begin() as connection:
            connection.execute(sa.text("DELETE FROM ps_auths WHERE id = '1000-mobile'"))
        change = pbx.change("1000", ADA, VACANT)
        with closing(pbx.backend()) as backend:
            assert list(backend.precheck([change])) == []
            (result,) = backend.apply([change])
        assert (result.status, "cannot be stopped" in result.words) == (ChangeStatus.FAILED, True)

    @pytest.mark.parametrize("setting", ["refuse", "silence"])
    def test_other_settings_hold_nothing(self, pbx, setting):
        """One lets the row fail, the other asks nobody."""
        pbx.options["second_devices"] = setting
        with closing(pbx.backend()) as backend:
            assert list(backend.precheck([pbx.change("1000", ADA, VACANT)])) == []

    def test_who_keeps_the_extension_is_not_asked_about(self, pbx):
        """Another number changes no phone."""
        with closing(pbx.backend()) as backend:
            change = pbx.change("1000", Holding(ADA, ("+4930901820",)), Holding(ADA, ("+4930901821",)))
            assert list(backend.precheck([change])) == []


def with_queues(metadata: sa.MetaData) -> None:
    schema.small(metadata)
    sa.Table("queue_members", metadata, *(sa.Column(name, sa.Text) for name in ("queue_name", "interface")))


class TestLeftBehind:
    def test_phones_that_are_told_of_messages_are_named_by_the_change_and_by_the_doctor(self, tmp_path):
        """Those of other endpoints and addresses, not the extension's own, and not of the mailbox of another office."""
        pbx = Pbx(tmp_path)
        pbx.endpoints("1000", aors="1000,desk")
        for name, mailboxes in (
            ("front", "2000@default, 1000@default"),
            ("bare", "1000"),
            ("office", "1000@office"),
            ("longer", "11000@default"),
            ("2000", "2000@default"),
        ):
            pbx.put("ps_endpoints", id=name, aors=name, auth=name, mailboxes=mailboxes)
        pbx.put("ps_aors", id="desk", mailboxes="1000@default")
        pbx.put("ps_aors", id="lobby", mailboxes="1000@default")
        pbx.becomes("1000", VACANT, ADA)
        words = [
            "the address of record lobby is notified of messages in its mailbox 1000@default",
            "the endpoint bare is notified of messages in its mailbox 1000",
            "the endpoint front is notified of messages in its mailbox 1000@default",
        ]
        with closing(pbx.backend()) as backend:
            found = list(backend.precheck([pbx.change("1000", ADA, VACANT)]))
            assert sorted(caveat.message for caveat in found) == words
            assert not any(caveat.holds for caveat in found)
            assert "Remove 1000@default from `mailboxes` of front in ps_endpoints" in " ".join(c.remedy for c in found)
            assert [flaw.message for flaw in backend.examine() if "messages" in flaw.message] == []
        pbx.becomes("1000", ADA, VACANT)
        with closing(pbx.backend()) as backend:
            said = [flaw.message for flaw in backend.examine() if "messages" in flaw.message]
        assert sorted(said) == [f"nobody holds 1000, but {each}" for each in words]

    def test_members_of_queues_in_a_table_are_named_by_the_change_and_by_the_doctor(self, tmp_path):
        """Where the options name it: Asterisk tells of a queue only what it has read."""
        pbx = Pbx(tmp_path, with_queues, tables={"queue_members": "queue_members"})
        for queue, interface in (("desk", "PJSIP/1000"), ("desk", "PJSIP/1001"), ("night", "Local/1000@internal/n")):
            pbx.put("queue_members", queue_name=queue, interface=interface)
        words = [f"it is a member of the queue {queue}" for queue in ("desk", "night")]
        pbx.becomes("1000", VACANT, ADA)
        with closing(pbx.backend()) as backend:
            found = [(c.extension, c.message) for c in backend.precheck([pbx.change("1000", ADA, VACANT)])]
        assert found == [("1000", each) for each in words]
        pbx.becomes("1000", ADA, VACANT)
        with closing(pbx.backend()) as backend:
            assert [flaw.message for flaw in backend.examine()] == [f"nobody holds 1000, but {each}" for each in words]

    def test_what_a_running_asterisk_tells_is_named_of_those_who_lose_an_extension(self, tmp_path):
        """And of no others."""
        with Switch() as switch:
            pbx = Pbx(tmp_path, ami={"port": switch.port, "user": "linecard", "password": "env:AMI"})
            switch.tree = {"/CFIM/1000": "+49301", "/CFIM/1001": "1002"}
            with closing(pbx.backend(environ={"AMI": "right"})) as backend:
                changes = [pbx.change("1000", ADA, VACANT), pbx.change("1001", VACANT, BOB)]
                (caveat,) = backend.precheck(changes)
        assert (caveat.extension, caveat.message) == ("1000", "Asterisk's own database still has CFIM/1000 for it")

    def test_an_asterisk_that_does_not_answer_is_a_pbx_that_does_not(self, tmp_path):
        """Nothing is planned on half of what there is to know."""
        with Switch() as switch:
            pbx = Pbx(tmp_path, ami={"port": switch.port, "user": "linecard", "password": "env:AMI"})
            with closing(pbx.backend(environ={"AMI": "wrong"})) as backend, pytest.raises(BackendError, match="Login"):
                list(backend.precheck([pbx.change("1000", ADA, VACANT)]))


class TestPointers:
    @pytest.mark.parametrize(
        ("interface", "extension"),
        [
            ("PJSIP/1000", "1000"),
            ("PJSIP/trunk/1000", "1000"),
            ("Local/1000@internal/n", "1000"),
            ("SIP/1000", None),
            ("Local/s@ring", "s"),
        ],
    )
    def test_members_of_queues_are_known_by_what_they_ring(self, interface, extension):
        """Whether they joined, or stand in a file or a table; with what takes each out."""
        events = [
            {"Event": "QueueParams", "Queue": "desk"},
            *({"Event": "QueueMember", "Queue": "desk", "Location": interface, "Membership": m} for m in REMEDIES),
        ]
        found = list(read_queue_members(events))
        if extension is None:
            assert found == []
        else:
            words = "it is a member of the queue desk"
            assert found == [Pointer(extension, words, say.format(interface)) for say in REMEDIES.values()]

    def test_several_members_of_one_queue_are_kept_in_one_value(self):
        """As Asterisk writes it."""
        kept = "PJSIP/1000;0;0;PJSIP/1000;PJSIP/1000;;0|Local/1001@internal/n;2;0;Bob;PJSIP/1001;;0"
        assert [(p.extension, p.remedy) for p in read_persistent_members([("desk", kept)])] == [
            ("1000", "queue remove member PJSIP/1000 from desk"),
            ("1001", "queue remove member Local/1001@internal/n from desk"),
        ]

    @pytest.mark.parametrize("target", ["1001", "PJSIP/1001", "Local/1001@internal"])
    def test_a_forward_leads_from_one_extension_to_another(self, target):
        """Both are named."""
        assert {p.extension for p in read_forwards("CFIM", [("1000", target)])} >= {"1000", "1001"}


REMEDIES = {
    "static": "Remove it from queues.conf.",
    "realtime": "Remove it from the table of queue members.",
    "dynamic": "queue remove member {} from desk",
}
