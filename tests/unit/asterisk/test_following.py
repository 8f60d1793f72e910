"""What follows a commit: secrets handed over, messages, calls; and what a crash in between leaves."""

from __future__ import annotations

import json
import stat

import pytest
import sqlalchemy as sa

from linecard.api.backend import VACANT, BackendError, ChangeStatus, Holding, Scope
from unit.asterisk.managers import Switch
from unit.asterisk.pbx import ADA, BOB, Pbx

NUMBER = "+4930901820"


class TestHandover:
    @pytest.fixture
    def pbx(self, tmp_path):
        return Pbx(tmp_path, handover="secrets", tables={"voicemail": "voicemail"})

    def test_each_new_secret_is_left_in_a_file_of_its_own(self, pbx):
        """For the provisioning server, and for nobody else to read."""
        pbx.becomes(
            "1000", VACANT, Holding(ADA, (NUMBER,)), secrets=lambda n: ["s3cret"] * n, pins=lambda n: ["123456"] * n
        )
        file = pbx.folder / "secrets" / "1000.json"
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert json.loads(file.read_text()) == {
            "extension": "1000",
            "username": "1000",
            "secret": "s3cret",
            "member": ADA,
            "number": NUMBER,
            "numbers": [NUMBER],
            "voicemail_pin": "123456",
        }
        assert pbx.backend().secret("1000") is None, "it was handed over"
        assert pbx.row("linecard_links")["secret"] is None

    def test_the_file_of_a_leaver_is_taken_away(self, pbx):
        """The provisioning server has nothing to give to a phone that asks again."""
        pbx.becomes("1000", VACANT, ADA)
        pbx.becomes("1000", ADA, VACANT)
        assert list((pbx.folder / "secrets").iterdir()) == []

    def test_the_next_holder_gets_another(self, pbx):
        """In its place."""
        secrets = iter(["first", "second"])
        for before, after in ((VACANT, ADA), (ADA, BOB)):
            pbx.becomes("1000", before, after, secrets=lambda n: [next(secrets) for _ in range(n)])
        left = json.loads((pbx.folder / "secrets" / "1000.json").read_text())
        assert (left["secret"], left["member"]) == ("second", BOB)

    def test_a_folder_that_cannot_be_written_stops_it_before_anything_is_made(self, pbx):
        """A secret that cannot be handed over is not made."""
        (pbx.folder / "secrets").write_text("a file")
        with pytest.raises(BackendError, match="secrets"):
            pbx.make(pbx.change("1000", VACANT, ADA))
        assert pbx.entries() == {}

    def test_a_crash_between_commit_and_file_loses_no_secret(self, pbx):
        """The next linecard that uses the PBX leaves it."""
        pbx.becomes("1000", VACANT, ADA)
        (pbx.folder / "secrets" / "1000.json").unlink()
        with pbx.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE linecard_links SET secret = 'waits', unsettled = 1")
        pbx.entries()
        assert json.loads((pbx.folder / "secrets" / "1000.json").read_text())["secret"] == "waits"
        assert (pbx.row("linecard_links")["secret"], pbx.row("linecard_links")["unsettled"]) == (None, 0)


class TestVoicemail:
    @pytest.fixture
    def spool(self, tmp_path):
        """A mailbox with two messages, and a greeting."""
        folder = tmp_path / "spool" / "default" / "1000"
        (folder / "INBOX").mkdir(parents=True)
        (folder / "greet.wav").touch()
        for number in (0, 1):
            for suffix in ("txt", "wav"):
                (folder / "INBOX" / f"msg000{number}.{suffix}").write_text(f"{number}{suffix}")
        return tmp_path / "spool"

    def pbx(self, folder, spool, **options):
        pbx = Pbx(folder, tables={"voicemail": "voicemail"}, voicemail_spool=spool, **options)
        pbx.becomes("1000", VACANT, ADA, pins=lambda n: ["111111"] * n)
        return pbx

    def test_a_mailbox_comes_with_its_holder(self, tmp_path, spool):
        """Address and PIN; the phone shows it."""
        pbx = self.pbx(tmp_path, spool)
        box = pbx.row("voicemail", mailbox="1000")
        assert (box["context"], box["email"], box["password"]) == ("default", ADA, "111111")
        assert pbx.row("ps_aors", id="1000")["mailboxes"] == "1000@default"

    def test_a_leaver_gets_no_mail_and_knows_no_pin(self, tmp_path, spool):
        """Messages are kept for whoever comes next."""
        pbx = self.pbx(tmp_path, spool)
        pbx.becomes("1000", ADA, VACANT, pins=lambda n: ["222222"] * n)
        box = pbx.row("voicemail", mailbox="1000")
        assert (box["email"], box["fullname"], box["password"]) == ("", "", "222222")
        assert len(list((spool / "default" / "1000" / "INBOX").iterdir())) == 4

    def test_messages_may_be_removed(self, tmp_path, spool):
        """With the greeting."""
        pbx = self.pbx(tmp_path, spool, on_release_voicemail="empty")
        pbx.becomes("1000", ADA, BOB)
        assert not (spool / "default" / "1000").exists()

    def test_messages_may_be_moved_behind_those_of_another(self, tmp_path, spool):
        """Each with all its parts, numbered on."""
        there = spool / "default" / "2000" / "INBOX"
        there.mkdir(parents=True)
        (there / "msg0000.txt").write_text("theirs")
        pbx = self.pbx(tmp_path, spool, on_release_voicemail="move", voicemail_successor="2000")
        pbx.becomes("1000", ADA, VACANT)
        assert {p.name: p.read_text() for p in there.iterdir()} == {
            "msg0000.txt": "theirs",
            "msg0001.txt": "0txt",
            "msg0001.wav": "0wav",
            "msg0002.txt": "1txt",
            "msg0002.wav": "1wav",
        }
        assert not (spool / "default" / "1000").exists()

    def test_messages_of_who_stays_are_left_alone(self, tmp_path, spool):
        """Another number is no other holder."""
        pbx = self.pbx(tmp_path, spool, on_release_voicemail="empty")
        pbx.becomes("1000", ADA, Holding(ADA, (NUMBER,)))
        assert (spool / "default" / "1000" / "greet.wav").exists()


class TestCalls:
    """With a manager interface that tells who is in a call."""

    @pytest.fixture
    def switch(self):
        with Switch() as switch:
            yield switch

    def pbx(self, folder, switch, **options):
        ami = {"port": switch.port, "user": "linecard", "password": "env:AMI", "timeout": 5}
        pbx = Pbx(folder, ami=ami, **options)
        pbx.becomes("1000", VACANT, ADA, environ={"AMI": "right"})
        return pbx

    def test_a_call_is_waited_for(self, tmp_path, switch):
        """Nothing is changed before it has ended."""
        pbx = self.pbx(tmp_path, switch, calls="wait")
        switch.channels = ["PJSIP/1000-00000001", "PJSIP/trunk-berlin-00000002"]
        waits = []

        def pause(seconds):
            waits.append(pbx.row("linecard_links")["member"])
            if len(waits) == 3:
                switch.channels = []

        pbx.becomes("1000", ADA, VACANT, environ={"AMI": "right"}, pause=pause)
        assert waits == [ADA, ADA, ADA, None], "at last for a phone that was registering when the secret changed"

    def test_a_call_is_not_waited_for_for_ever(self, tmp_path, switch):
        """Whoever still talks keeps the extension; the others lose theirs."""
        pbx = self.pbx(tmp_path, switch, calls="wait", patience=60)
        pbx.becomes("1001", VACANT, BOB, environ={"AMI": "right"})
        switch.channels = ["PJSIP/1000-00000001"]
        times = iter(range(0, 1000, 25))
        talking, silent = pbx.make(
            pbx.change("1000", ADA, VACANT),
            pbx.change("1001", BOB, VACANT),
            environ={"AMI": "right"},
            clock=lambda: next(times),
            pause=lambda _: None,
        )
        assert (talking.status, talking.words) == (ChangeStatus.FAILED, "1000 is still in a call")
        assert silent.status is ChangeStatus.DONE
        assert pbx.entries()["1000"].member == ADA

    def test_a_call_may_be_ended(self, tmp_path, switch):
        """After the extension is gone, and only that of who lost it."""
        pbx = self.pbx(tmp_path, switch, calls="hangup")
        assert switch.asked("Hangup") == []
        pbx.becomes("1000", ADA, VACANT, environ={"AMI": "right"})
        (hangup,) = switch.asked("Hangup")
        assert hangup["Channel"] == r"/^PJSIP\/1000-[0-9a-f]+$/"

    def test_contacts_in_asterisks_own_database_are_dropped(self, tmp_path, switch):
        """Those of the extension that changed hands, and no others."""
        pbx = self.pbx(tmp_path, switch, tables={"contacts": None})
        switch.tree = {"/registrar/contact/1000;@a1": "{}", "/registrar/contact/10001;@b2": "{}"}
        pbx.becomes("1000", ADA, BOB, environ={"AMI": "right"})
        assert [asked["Key"] for asked in switch.asked("DBDel")] == ["1000;@a1"]

    def test_a_phone_that_outlived_its_endpoint_does_not_ring_for_whoever_comes_next(self, tmp_path, switch):
        """Somebody took the endpoint away by hand; linecard makes it anew, and its contact is dropped."""
        pbx = self.pbx(tmp_path, switch, tables={"contacts": None})
        switch.tree = {"/registrar/contact/1001;@a1": "{}", "/registrar/contact/1002;@b2": "{}"}
        pbx.becomes("1001", VACANT, BOB, environ={"AMI": "right"})
        assert [asked["Key"] for asked in switch.asked("DBDel")] == ["1001;@a1"]

    def test_what_asterisk_must_do_is_not_begun_without_it(self, tmp_path, switch):
        """A leaver's phone would go on ringing."""
        pbx = self.pbx(tmp_path, switch, tables={"contacts": None})
        with pytest.raises(BackendError, match="refuses Login: Authentication failed") as raised:
            pbx.make(pbx.change("1000", ADA, VACANT), environ={"AMI": "wrong"})
        assert raised.value.remedy == "Check `ami`, and manager.conf of Asterisk."
        assert pbx.row("linecard_links")["member"] == ADA

    def test_an_asterisk_that_falls_silent_after_the_commit_is_out_until_all_is_done(self, tmp_path, switch):
        """Reading back would show a leaver gone whose phone still rings; it waits until the contact is dropped."""
        pbx = self.pbx(tmp_path, switch, tables={"contacts": None})
        switch.tree, switch.fatal = {"/registrar/contact/1000;@a1": "{}"}, {"DBGetTree"}
        backend = pbx.backend(environ={"AMI": "right"})
        for use in (
            lambda: backend.apply([pbx.change("1000", ADA, VACANT)]),
            lambda: backend.fetch(Scope.everything()),
        ):
            with pytest.raises(BackendError, match="hung up"):
                list(use())
        switch.fatal = set()
        assert [entry.member for entry in backend.fetch(Scope.everything())] == [None]
        assert [asked["Key"] for asked in switch.asked("DBDel")] == ["1000;@a1"]
        backend.close()

    def test_what_a_crash_left_to_be_done_is_done_by_the_next(self, tmp_path, switch):
        """Contacts that were to be dropped."""
        pbx = self.pbx(tmp_path, switch, tables={"contacts": None})
        switch.tree = {"/registrar/contact/1000;@a1": "{}"}
        with pbx.engine.begin() as connection:
            connection.execute(sa.text("UPDATE linecard_links SET unsettled = 1"))
        backend = pbx.backend(environ={"AMI": "right"})
        assert [entry.member for entry in backend.fetch(Scope.everything())] == [ADA]
        backend.close()
        assert [asked["Key"] for asked in switch.asked("DBDel")] == ["1000;@a1"]
