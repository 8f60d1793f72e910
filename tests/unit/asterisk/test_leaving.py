"""What is left of a leaver in the tables: no secret, no contact, no address of a phone or a pager."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from integration.asterisk import schema
from linecard.api.backend import VACANT, ChangeStatus
from linecard_asterisk.caches import Cache, read_caches
from linecard_asterisk.phone_check import find_unfit_caches
from unit.asterisk.managers import Switch
from unit.asterisk.pbx import ADA, BOB, Pbx

WAYS = {"detach": VACANT, "force_attach": BOB}


def with_a_column_of_theirs(metadata: sa.MetaData) -> None:
    """The administrator's provisioning keeps a copy of the secret next to Asterisk's columns."""
    schema.small(metadata)
    metadata.tables["ps_auths"].append_column(sa.Column("phone_secret", sa.Text))


@pytest.mark.parametrize("after", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("stored", ["userpass", "md5"])
def test_no_column_of_the_secrets_keeps_what_it_had(tmp_path, after, stored):
    """Also those that Asterisk would prefer, and those that only the administrator knows of."""
    pbx = Pbx(tmp_path, with_a_column_of_theirs, store_secrets_as=stored, realm="office")
    pbx.endpoints("1000")
    pbx.becomes("1000", VACANT, ADA)
    old = ("password", "md5_cred", "password_digest", "refresh_token", "oauth_clientid", "oauth_secret", "phone_secret")
    with pbx.engine.begin() as connection:
        connection.execute(sa.update(pbx.metadata.tables["ps_auths"]).values(dict.fromkeys(old, "old")))
    pbx.becomes("1000", ADA, after)
    kept = {name: value for name, value in pbx.row("ps_auths", id="1000").items() if name in old and value is not None}
    assert list(kept) == ["password" if stored == "userpass" else "md5_cred"]
    assert "old" not in kept.values()


def test_all_secrets_that_an_endpoint_lists_are_made_anew_alike(tmp_path):
    """Each is let in by the one new secret, under the user name that it has."""
    pbx = Pbx(tmp_path)
    pbx.endpoints("1000", auth="1000, desk")
    pbx.put("ps_auths", id="desk", auth_type="digest", username="d1000", password_digest="MD5:old")
    pbx.becomes("1000", VACANT, ADA)
    pbx.becomes("1000", ADA, BOB, secrets=lambda n: ["s3cret"] * n)
    rows = {row["id"]: (row["auth_type"], row["password"], row["password_digest"]) for row in pbx.rows("ps_auths")}
    assert rows == {"1000": ("userpass", "s3cret", None), "desk": ("userpass", "s3cret", None)}


@pytest.mark.parametrize(
    ("auth", "words"),
    [
        (None, "endpoint 1000 has no secret in the table of secrets that could be replaced"),
        ("desk", "endpoint 1000 has no secret in the table of secrets that could be replaced: desk is not there"),
        ("1000,desk", "endpoint 1000 has a secret that could not be replaced: desk is not in the table"),
        ("1000,1001", "endpoint 1000 shares its secret 1001 with other endpoints"),
        ("1000,trunk", "endpoint 1000 shares its secret trunk with other endpoints"),
    ],
)
def test_a_secret_that_cannot_be_changed_alone_keeps_the_extension_with_its_holder(tmp_path, auth, words):
    """One that is not there, or one that others use, also a trunk that calls out with it; the doctor says so before."""
    pbx = Pbx(tmp_path)
    pbx.endpoints("1000", "1001")
    pbx.put("ps_auths", id="trunk", username="trunk", password="theirs")
    pbx.put("ps_endpoints", id="trunk", context="trunks", outbound_auth="trunk")
    with pbx.engine.begin() as connection:
        endpoints = pbx.metadata.tables["ps_endpoints"]
        connection.execute(sa.update(endpoints).where(endpoints.c.id == "1000").values(auth=auth))
    pbx.becomes("1000", VACANT, ADA)
    was = pbx.rows("ps_auths")
    for after in WAYS.values():
        (result,) = pbx.make(pbx.change("1000", ADA, after))
        assert (result.status, result.words) == (ChangeStatus.FAILED, words)
    assert pbx.rows("ps_auths") == was
    flaws = [flaw.message for flaw in pbx.backend().examine()]
    assert any(words in flaw or "share the secret" in flaw for flaw in flaws)


def test_an_address_of_record_that_is_not_in_the_table_keeps_the_extension_with_its_holder(tmp_path):
    """What is registered there, or stands there, could not be stopped."""
    pbx = Pbx(tmp_path)
    pbx.endpoints("1000", aors="1000,desk")
    pbx.becomes("1000", VACANT, ADA)
    (result,) = pbx.make(pbx.change("1000", ADA, VACANT))
    assert result.status is ChangeStatus.FAILED
    assert result.words.startswith("endpoint 1000 rings by desk, which is not in the table of addresses of record")


class TestDevices:
    @pytest.fixture
    def pbx(self, tmp_path):
        pbx = Pbx(tmp_path)
        pbx.endpoints("1000", "1000-mobile")
        with pbx.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE ps_endpoints SET aors = '1000-mobile, 1000' WHERE id = '1000-mobile'")
        pbx.becomes("1000", VACANT, ADA)
        return pbx

    def test_an_extension_stays_where_others_ring_with_it(self, pbx):
        """Named in the words, for whoever holds it and whoever is to come."""
        for after in WAYS.values():
            (result,) = pbx.make(pbx.change("1000", ADA, after))
            assert result.words == "the endpoint 1000-mobile rings with 1000, and would keep ringing"
        (flaw,) = pbx.backend().examine()
        assert flaw.message.endswith("the endpoint 1000-mobile rings with 1000, and would keep ringing")

    def test_they_may_be_silenced_with_it(self, pbx):
        """Secret, contacts and the addresses of phones that never register."""
        pbx.options["second_devices"] = "silence"
        for n, aor in enumerate(("1000", "1000-mobile", "1001")):
            pbx.put("ps_contacts", id=f"{aor};@{n}", uri="sip:x", endpoint="somebody")
        with pbx.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE ps_aors SET contact = 'sip:desk'")
        pbx.becomes("1000", ADA, BOB)
        assert not [row for row in pbx.rows("ps_auths") if row["password"].startswith("nobody-knows")]
        assert len({row["password"] for row in pbx.rows("ps_auths")}) == 2
        assert [row["id"] for row in pbx.rows("ps_contacts")] == ["1001;@2"]
        assert [row["contact"] for row in pbx.rows("ps_aors")] == [None, None]
        assert list(pbx.backend().examine()) == []

    def test_another_extension_is_never_silenced(self, tmp_path):
        """A colleague whose phone rings with it would lose hers."""
        pbx = Pbx(tmp_path, second_devices="silence")
        pbx.endpoints("1000", "1001", aors="1000")
        pbx.becomes("1000", VACANT, ADA)
        (result,) = pbx.make(pbx.change("1000", ADA, VACANT))
        assert result.words == ("the endpoint 1001 rings with 1000, and cannot be stopped: it is an extension itself")

    def test_what_is_left_of_an_extension_that_was_removed_is_not_forgotten(self, tmp_path):
        """Its mobile would ring for whoever gets it made anew."""
        pbx = Pbx(tmp_path)
        pbx.endpoints("1000-mobile", aors="1000")
        (result,) = pbx.make(pbx.change("1000", VACANT, ADA))
        assert result.words == "the endpoint 1000-mobile rings with 1000, and would keep ringing"


@pytest.mark.parametrize("after", WAYS.values(), ids=WAYS)
def test_news_of_messages_go_to_no_former_holder(tmp_path, after):
    """Asterisk tells a pager of each, and may keep them in a mail account."""
    pbx = Pbx(tmp_path, tables={"voicemail": "voicemail"})
    pbx.becomes("1000", VACANT, ADA)
    with pbx.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE voicemail SET pager = 'ada@pager.example.org'")
    pbx.becomes("1000", ADA, after)
    assert pbx.row("voicemail", mailbox="1000")["pager"] == ""


class TestRegistering:
    def test_a_contact_that_came_during_the_change_is_dropped_after_it(self, tmp_path):
        """The secret was read before the commit, the contact is stored after it."""
        pbx = Pbx(tmp_path)
        pbx.becomes("1000", VACANT, ADA)

        def moment(_: float) -> None:
            assert pbx.row("linecard_links")["member"] == BOB, "it is committed"

        for extension in ("1000", "2000"):
            pbx.put("ps_contacts", id=f"{extension};@1", uri="sip:x", endpoint=extension)
        with pbx.engine.begin() as connection:  # as Asterisk does, when the secret was changed
            connection.exec_driver_sql(
                "CREATE TRIGGER late AFTER UPDATE OF member ON linecard_links BEGIN "
                "INSERT INTO ps_contacts (id, endpoint) VALUES ('1000;@late', 'x'); END"
            )
        pbx.becomes("1000", ADA, BOB, pause=moment)
        assert [row["id"] for row in pbx.rows("ps_contacts")] == ["2000;@1"]

    def test_contacts_of_many_are_found_as_those_of_few(self, tmp_path):
        """More than are asked for by name."""
        pbx = Pbx(tmp_path)
        names = [str(n) for n in range(1000, 1040)]
        pbx.make(*(pbx.change(name, VACANT, ADA) for name in names))
        for name in (*names, "10001", "x1000"):
            pbx.put("ps_contacts", id=f"{name}^3B@1", uri="sip:x", endpoint="another")
        pbx.make(*(pbx.change(name, ADA, VACANT) for name in names))
        assert [row["id"] for row in pbx.rows("ps_contacts")] == ["10001^3B@1", "x1000^3B@1"]

    def test_contacts_in_asterisks_own_database_are_found_by_endpoint_and_by_address(self, tmp_path):
        """The address may be called otherwise than the extension: the contact says who registered."""
        with Switch() as switch:
            ami = {"port": switch.port, "user": "linecard", "password": "env:AMI", "timeout": 5}
            pbx = Pbx(tmp_path, ami=ami, tables={"contacts": None})
            pbx.becomes("1000", VACANT, ADA, environ={"AMI": "right"})
            switch.tree = {
                "/registrar/contact/desk;@a": '{"endpoint":"1000"}',
                "/registrar/contact/1000;@b": '{"endpoint":"mobile"}',
                "/registrar/contact/1001;@c": '{"endpoint":"1001"}',
            }
            pbx.becomes("1000", ADA, VACANT, environ={"AMI": "right"})
            assert {asked["Key"] for asked in switch.asked("DBDel")} == {"desk;@a", "1000;@b"}


class TestCaches:
    def test_they_are_read_from_sorcery_conf(self):
        """With the names that they have there."""
        lines = [
            "endpoint/cache=memory_cache,maximum_objects=100",
            "endpoint=realtime,ps_endpoints",
            "auth/cache = memory_cache,name=secrets,expire_on_reload=yes",
            "aor/cache=memory_cache,full_backend_cache=yes",
            "contact/cache=memory_cache",
        ]
        found = list(read_caches(lines))
        assert found == [
            Cache("endpoint", "res_pjsip/endpoint"),
            Cache("auth", "secrets"),
            Cache("aor", "res_pjsip/aor", full=True),
            Cache("contact", "res_pjsip/contact"),
        ]
        assert [flaw.remedy for flaw in find_unfit_caches(found)] == [
            "Remove `full_backend_cache` from sorcery.conf.",
            "Remove the line `contact/cache` from sorcery.conf.",
        ]

    def test_what_a_leaver_had_is_taken_out_of_them(self, tmp_path):
        """Endpoint, secrets and address of record."""
        with Switch() as switch:
            ami = {"port": switch.port, "user": "linecard", "password": "env:AMI", "timeout": 5}
            pbx = Pbx(tmp_path, ami=ami)
            pbx.endpoints("1000", aors="desk", auth="1000,1000-b")
            pbx.put("ps_auths", id="1000-b", username="1000", password="old")
            pbx.put("ps_aors", id="desk")
            for before, after in ((VACANT, ADA), (ADA, VACANT)):
                pbx.becomes("1000", before, after, environ={"AMI": "right"})
            assert [(a["Cache"], a["Object"]) for a in switch.asked("SorceryMemoryCacheExpireObject")] == [
                ("res_pjsip/endpoint", "1000"),
                ("res_pjsip/auth", "1000"),
                ("res_pjsip/auth", "1000-b"),
                ("res_pjsip/aor", "desk"),
            ]
