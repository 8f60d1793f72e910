"""What a change does to the tables: to the rows and columns that are linecard's, and to no others."""

from __future__ import annotations

from typing import ClassVar

import pytest

from integration.asterisk import schema
from linecard.api.backend import VACANT, BackendError, ChangeStatus, Entry, Holding, Scope, sorted_numbers
from unit.asterisk.pbx import ADA, BOB, Pbx

NUMBER = "+4930901820"


@pytest.fixture
def pbx(tmp_path):
    return Pbx(tmp_path)


class TestMaking:
    def test_a_missing_extension_is_made_from_the_template(self, tmp_path):
        """Endpoint, secret and address of record; booleans as Asterisk writes them, more columns as they are given."""
        template = {"endpoint": {"transport": "t1", "allow": "opus", "force_rport": True}, "aor": {"max_contacts": 3}}
        pbx = Pbx(tmp_path, template=template, context="phones")
        pbx.becomes("1000", VACANT, ADA, secrets=lambda n: ["s3cret"] * n)
        endpoint = pbx.row("ps_endpoints", id="1000")
        assert {k: v for k, v in endpoint.items() if v is not None} == {
            "id": "1000",
            "aors": "1000",
            "auth": "1000",
            "context": "phones",
            "transport": "t1",
            "allow": "opus",
            "force_rport": "yes",
            "callerid": f'"{ADA}" <1000>',
        }
        auth = pbx.row("ps_auths", id="1000")
        assert (auth["auth_type"], auth["username"], auth["password"]) == ("userpass", "1000", "s3cret")
        assert pbx.row("ps_aors", id="1000")["max_contacts"] == "3"

    def test_a_secret_may_be_kept_as_its_md5(self, tmp_path):
        """For a realm; the secret itself stands nowhere, once it was read."""
        pbx = Pbx(tmp_path, store_secrets_as="md5", realm="office")
        pbx.becomes("1000", VACANT, ADA, secrets=lambda n: ["s3cret"] * n)
        auth = pbx.row("ps_auths", id="1000")
        assert (auth["auth_type"], auth["password"], auth["realm"]) == ("md5", None, "office")
        assert auth["md5_cred"] == "662693bfe483201a51a2fb3edbe8ca45"  # of 1000:office:s3cret
        backend = pbx.backend()
        assert [backend.secret("1000"), backend.secret("1000")] == [("1000", "s3cret"), None]
        backend.close()
        assert b"s3cret" not in (tmp_path / "realtime.sqlite").read_bytes()

    def test_each_new_secret_is_another(self, pbx):
        """24 letters and digits."""
        for extension in ("1000", "1001"):
            pbx.becomes(extension, VACANT, ADA)
        secrets = {row["password"] for row in pbx.rows("ps_auths")}
        assert len(secrets) == 2
        assert all(len(secret) == 24 and secret.isalnum() for secret in secrets)

    def test_an_extension_that_has_only_a_number_has_no_endpoint_yet(self, pbx):
        """It is there to be attached."""
        pbx.becomes("1000", VACANT, Holding(None, (NUMBER,)))
        assert pbx.rows("ps_endpoints") == []
        assert pbx.entries() == {"1000": Holding(None, (NUMBER,))}

    def test_a_left_over_secret_of_that_name_is_not_taken_over(self, pbx):
        """Somebody else's row: the change fails, in the database's words, and the others are made."""
        pbx.put("ps_auths", id="1000", password="theirs")
        refused, made = pbx.make(pbx.change("1000", VACANT, ADA), pbx.change("1001", VACANT, ADA))
        assert (refused.status, made.status) == (ChangeStatus.FAILED, ChangeStatus.DONE)
        assert "ps_auths" in refused.words
        assert pbx.row("ps_auths", id="1000")["password"] == "theirs"
        assert pbx.rows("ps_endpoints", id="1000") == []

    def test_a_caller_id_fits_into_its_column(self, tmp_path):
        """Forty characters in Asterisk's own schema: the login is cut short, never the extension."""
        pbx = Pbx(tmp_path, schema.alembic)
        pbx.becomes("1000", VACANT, "a.very.long.name.of.a.person@a.long.example.org")
        callerid = pbx.row("ps_endpoints", id="1000")["callerid"]
        assert callerid == '"a.very.long.name.of.a.person@a." <1000>'
        assert len(callerid) <= 40

    def test_values_are_encoded_as_the_driver_needs(self, tmp_path):
        """`;` and `^` would be split and decoded by Asterisk's drivers for PostgreSQL and ODBC."""
        pbx = Pbx(tmp_path, encode=True)
        pbx.becomes("1000", VACANT, "a^b@example.org", secrets=lambda n: ["x;y^z"] * n)
        assert pbx.row("ps_endpoints", id="1000")["callerid"] == '"a^5Eb@example.org" <1000>'
        assert pbx.row("ps_auths", id="1000")["password"] == "x^3By^5Ez"
        assert pbx.entries() == {"1000": Holding("a^b@example.org", ())}


class TestOwnership:
    def test_an_endpoint_of_another_context_is_not_linecards(self, pbx):
        """A trunk, a door phone: not told, not changed, not taken, whatever it is called."""
        pbx.endpoints("1000", "trunk-berlin", context="from-trunk")
        before = [pbx.rows(table) for table in ("ps_endpoints", "ps_auths", "ps_aors")]
        assert pbx.entries() == {}
        (result,) = pbx.make(pbx.change("1000", VACANT, ADA))
        assert result.status is ChangeStatus.FAILED
        assert result.words == "endpoint 1000 is not linecard's: its context is from-trunk"
        assert [pbx.rows(table) for table in ("ps_endpoints", "ps_auths", "ps_aors")] == before

    def test_an_endpoint_that_is_there_gets_a_holder_and_keeps_all_else(self, pbx):
        """Columns that linecard does not know, its codecs, its secret."""
        pbx.endpoints("1000", accountcode="42", allow="g722")
        pbx.becomes("1000", VACANT, ADA)
        endpoint = pbx.row("ps_endpoints", id="1000")
        assert (endpoint["accountcode"], endpoint["allow"]) == ("42", "g722")
        assert endpoint["callerid"] == f'"{ADA}" <1000>'
        assert pbx.row("ps_auths", id="1000")["password"] == "nobody-knows-1000"

    def test_its_secret_may_be_made_anew_at_once(self, tmp_path):
        """Where the administrator says so."""
        pbx = Pbx(tmp_path, when_adopted="new")
        pbx.endpoints("1000")
        pbx.becomes("1000", VACANT, ADA, secrets=lambda n: ["s3cret"] * n)
        assert pbx.row("ps_auths", id="1000")["password"] == "s3cret"

    def test_the_owner_may_be_shown_to_the_dialplan(self, tmp_path):
        """In a column of the administrator's choice; emptied when nobody holds it."""
        pbx = Pbx(tmp_path, columns={"owner": "owner_email"})
        pbx.becomes("1000", VACANT, ADA)
        assert pbx.row("ps_endpoints", id="1000")["owner_email"] == ADA
        pbx.becomes("1000", ADA, VACANT)
        assert pbx.row("ps_endpoints", id="1000")["owner_email"] == ""

    def test_an_endpoint_without_a_secret_is_not_taken_from_its_holder(self, pbx):
        """Its phone could not be stopped."""
        pbx.endpoints("1000")
        pbx.becomes("1000", VACANT, ADA)
        with pbx.engine.begin() as connection:
            connection.exec_driver_sql("DELETE FROM ps_auths")
        (result,) = pbx.make(pbx.change("1000", ADA, VACANT))
        assert result.status is ChangeStatus.FAILED
        assert "no secret" in result.words
        assert pbx.entries()["1000"].member == ADA

    def test_a_secret_that_others_share_is_not_changed(self, pbx):
        """Their phones would stop as well."""
        pbx.endpoints("1000", "1001")
        pbx.becomes("1000", VACANT, ADA)
        with pbx.engine.begin() as connection:
            connection.exec_driver_sql("UPDATE ps_endpoints SET auth = '1001'")
        (result,) = pbx.make(pbx.change("1000", ADA, VACANT))
        assert result.words == "endpoint 1000 shares its secret 1001 with other endpoints"

    def test_who_holds_an_endpoint_that_somebody_took_away_holds_nothing(self, pbx):
        """It can be attached again, and is made anew."""
        pbx.becomes("1000", VACANT, ADA)
        with pbx.engine.begin() as connection:
            for table in ("ps_endpoints", "ps_auths", "ps_aors"):
                connection.exec_driver_sql(f"DELETE FROM {table}")
        assert pbx.entries() == {"1000": VACANT}
        pbx.put("ps_contacts", id="1000^3B@x", uri="sip:x", endpoint="1000")
        pbx.becomes("1000", VACANT, BOB)
        assert pbx.rows("ps_contacts") == [], "it was the phone of who had it before"
        assert pbx.entries() == {"1000": Holding(BOB, ())}


class TestNumbers:
    def test_a_number_that_somebody_else_led_to_an_extension_is_told(self, pbx):
        """And kept, when the extension is attached."""
        pbx.endpoints("1000")
        pbx.put("dids", e164=NUMBER, extension="1000")
        assert pbx.entries() == {"1000": Holding(None, (NUMBER,))}
        pbx.becomes("1000", Holding(None, (NUMBER,)), Holding(ADA, (NUMBER,)))
        assert pbx.rows("dids") == [{"e164": NUMBER, "extension": "1000"}]

    def test_a_number_that_leads_to_what_is_not_linecards_is_not_taken(self, pbx):
        """Such as the switchboard's."""
        pbx.put("dids", e164=NUMBER, extension="operator")
        (result,) = pbx.make(pbx.change("1000", VACANT, Holding(ADA, (NUMBER,))))
        assert (result.status, result.words) == (ChangeStatus.FAILED, f"{NUMBER} is on extension operator")
        assert pbx.rows("dids") == [{"e164": NUMBER, "extension": "operator"}]

    def test_all_numbers_of_an_extension_are_read_and_only_the_difference_is_written(self, pbx):
        """Those that somebody else has set too."""
        others = ("+4930000000", "+4930000001")
        pbx.becomes("1000", VACANT, Holding(ADA, (NUMBER,)))
        for number in others:
            pbx.put("dids", e164=number, extension="1000")
        now = sorted_numbers((NUMBER, *others))
        assert pbx.entries() == {"1000": Holding(ADA, now)}
        after = sorted_numbers((f"{NUMBER}1", *others))
        pbx.becomes("1000", Holding(ADA, now), Holding(ADA, after))
        assert {row["e164"] for row in pbx.rows("dids")} == set(after)
        assert pbx.entries() == {"1000": Holding(ADA, after)}

    def test_a_change_of_an_extension_that_got_another_number_meanwhile_is_stale(self, pbx):
        """The exact set is the precondition; nothing of it is written."""
        pbx.becomes("1000", VACANT, Holding(ADA, (NUMBER,)))
        pbx.put("dids", e164="+4930000000", extension="1000")
        (result,) = pbx.make(pbx.change("1000", Holding(ADA, (NUMBER,)), Holding(BOB, (NUMBER,))))
        both = " and ".join(sorted_numbers((NUMBER, "+4930000000")))
        assert (result.status, result.words) == (ChangeStatus.STALE, f"1000 is held by {ADA}, with number {both}, now")
        assert {row["e164"] for row in pbx.rows("dids")} == {NUMBER, "+4930000000"}

    def test_numbers_may_stand_there_without_a_plus(self, tmp_path):
        """As carriers send them."""
        pbx = Pbx(tmp_path, plus=False)
        pbx.becomes("1000", VACANT, Holding(ADA, (NUMBER,)))
        assert pbx.rows("dids") == [{"e164": NUMBER[1:], "extension": "1000"}]
        assert pbx.entries() == {"1000": Holding(ADA, (NUMBER,))}

    @pytest.mark.parametrize("plus", [True, False])
    def test_one_that_somebody_wrote_in_the_other_way_is_the_same_number(self, tmp_path, plus):
        """It is found, it is nobody else's to have, and it goes when it is to go."""
        pbx = Pbx(tmp_path, plus=plus)
        pbx.endpoints("1000", "1001")
        pbx.put("dids", e164=NUMBER.removeprefix("+") if plus else NUMBER, extension="1000")
        backend = pbx.backend()
        assert list(backend.fetch(Scope(numbers=frozenset({NUMBER})))) == [Entry("1000", None, (NUMBER,))]
        backend.close()
        (refused,) = pbx.make(pbx.change("1001", VACANT, Holding(ADA, (NUMBER,))))
        assert refused.words == f"{NUMBER} is on extension 1000"
        pbx.becomes("1000", Holding(None, (NUMBER,)), VACANT)
        pbx.becomes("1001", VACANT, Holding(ADA, (NUMBER,)))
        assert pbx.rows("dids") == [{"e164": NUMBER if plus else NUMBER.removeprefix("+"), "extension": "1001"}]


class TestNumbersInTheDialplan:
    @pytest.fixture
    def pbx(self, tmp_path):
        return Pbx(tmp_path, schema.with_dialplan, tables={"numbers": "extensions"}, dialplan={"context": "from-did"})

    WAY: ClassVar = {"context": "from-did", "priority": 1}

    def led(self, pbx) -> dict[str, tuple[str, str]]:
        return {row["exten"]: (row["app"], row["appdata"]) for row in pbx.rows("extensions")}

    def test_a_number_is_a_row_that_leads_to_the_extension(self, pbx):
        """It moves and goes with the number, and stays with a freed extension."""
        pbx.becomes("1000", VACANT, Holding(ADA, (NUMBER,)))
        assert self.led(pbx) == {NUMBER: ("Goto", "internal,1000,1")}
        pbx.becomes("1000", Holding(ADA, (NUMBER,)), Holding(None, (NUMBER,)))
        assert self.led(pbx) == {NUMBER: ("Goto", "internal,1000,1")}
        pbx.becomes("1000", Holding(None, (NUMBER,)), Holding(BOB, (f"{NUMBER}1",)))
        assert self.led(pbx) == {f"{NUMBER}1": ("Goto", "internal,1000,1")}
        assert pbx.entries() == {"1000": Holding(BOB, (f"{NUMBER}1",))}

    @pytest.mark.parametrize(
        ("app", "appdata", "leads"),
        [("Queue", "support", "Queue(support)"), ("Goto", "ivr,s,1", "ivr,s,1"), ("Goto", "internal,1001,1", "1001")],
    )
    def test_what_somebody_else_has_a_number_do_is_told_and_left_alone(self, pbx, app, appdata, leads):
        pbx.put("extensions", exten=NUMBER, app=app, appdata=appdata, **self.WAY)
        (result,) = pbx.make(pbx.change("1000", VACANT, Holding(ADA, (NUMBER,))))
        assert (result.status, result.words) == (ChangeStatus.FAILED, f"{NUMBER} is on extension {leads}")
        assert self.led(pbx) == {NUMBER: (app, appdata)}

    def test_rows_of_other_contexts_and_priorities_are_no_numbers(self, pbx):
        """Whatever stands there is the administrator's, and stays."""
        way = {"app": "Goto", "appdata": "internal,1000,1"}
        for context, priority in (("from-did", 2), ("internal", 1)):
            pbx.put("extensions", exten=NUMBER, context=context, priority=priority, **way)
        pbx.becomes("1000", VACANT, Holding(ADA, (NUMBER,)))
        pbx.becomes("1000", Holding(ADA, (NUMBER,)), Holding(ADA, (f"{NUMBER}1",)))
        assert sorted((row["context"], row["priority"]) for row in pbx.rows("extensions", exten=NUMBER)) == [
            ("from-did", 2),
            ("internal", 1),
        ]

    def test_the_doctor_says_what_is_missing(self, pbx):
        """The table, which linecard does not make, its columns, its key, and the index by which a number is found."""
        assert [flaw.message for flaw in pbx.backend().examine()] == []
        with pbx.engine.begin() as connection:
            connection.exec_driver_sql("DROP INDEX ix_extensions_appdata")
        (flaw,) = pbx.backend().examine()
        assert (flaw.message, flaw.remedy) == (
            "extensions.appdata has no index: each change reads the whole table",
            "CREATE INDEX ON extensions (appdata);",
        )
        with pbx.engine.begin() as connection:
            connection.exec_driver_sql("DROP TABLE extensions")
        assert [flaw.message for flaw in pbx.backend().examine()] == ["there is no table extensions"]
        with pytest.raises(BackendError, match="there is no table extensions"):
            pbx.entries()


class TestReleasing:
    def test_the_leavers_phone_is_forgotten_and_its_secret_changed(self, pbx):
        """In the same transaction; other phones stay."""
        for extension, member in (("1000", ADA), ("1001", BOB)):
            pbx.becomes(extension, VACANT, member)
            pbx.put("ps_contacts", id=f"{extension}^3B@x", uri="sip:x", endpoint=extension)
        was = pbx.row("ps_auths", id="1000")["password"]
        pbx.becomes("1000", ADA, VACANT)
        assert [row["endpoint"] for row in pbx.rows("ps_contacts")] == ["1001"]
        assert pbx.row("ps_auths", id="1000")["password"] != was
        assert pbx.row("ps_endpoints", id="1000")["callerid"] == '"1000" <1000>'
        assert pbx.backend().secret("1000") is None

    def test_what_linecard_made_may_be_removed(self, tmp_path):
        """Endpoint, secret and address of record; the number stays with the extension."""
        pbx = Pbx(tmp_path, on_release="remove")
        pbx.becomes("1000", VACANT, Holding(ADA, (NUMBER,)))
        pbx.becomes("1000", Holding(ADA, (NUMBER,)), Holding(None, (NUMBER,)))
        assert [pbx.rows(t) for t in ("ps_endpoints", "ps_auths", "ps_aors")] == [[], [], []]
        assert pbx.entries() == {"1000": Holding(None, (NUMBER,))}

    def test_what_the_administrator_made_is_never_removed(self, tmp_path):
        """It gets another secret instead."""
        pbx = Pbx(tmp_path, on_release="remove")
        pbx.endpoints("1000")
        pbx.becomes("1000", VACANT, ADA)
        pbx.becomes("1000", ADA, VACANT)
        assert pbx.row("ps_endpoints", id="1000")["auth"] == "1000"
        assert pbx.row("ps_auths", id="1000")["password"] != "nobody-knows-1000"
