"""What the doctor says of an administrator's own database."""

from __future__ import annotations

import pytest

from integration.asterisk import schema
from unit.asterisk.managers import Switch
from unit.asterisk.pbx import ADA, VACANT, Pbx


def flaws(pbx: Pbx, **more) -> list[str]:
    backend = pbx.backend(**more)
    found = list(backend.examine())
    backend.close()
    assert all(flaw.remedy for flaw in found)
    return [flaw.message for flaw in found]


@pytest.mark.parametrize("made", [schema.small, schema.alembic], ids=["by hand", "by Asterisk's own migrations"])
def test_a_database_that_has_all_that_is_needed(tmp_path, made):
    """Nothing is said, and nothing was made."""
    pbx = Pbx(tmp_path, made, tables={"voicemail": "voicemail"})
    assert flaws(pbx) == []
    with pytest.raises(Exception, match="linecard_links"):
        pbx.rows("linecard_links")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        ("DROP TABLE ps_aors", "there is no table ps_aors"),
        ("ALTER TABLE ps_auths DROP COLUMN password", "the table ps_auths has no column password"),
        ("ALTER TABLE ps_aors DROP COLUMN max_contacts", "the table ps_aors has no column max_contacts"),
        ("ALTER TABLE dids RENAME COLUMN e164 TO number", "the table dids has no column e164"),
        ("DROP INDEX ps_contacts_endpoint", "ps_contacts.endpoint has no index: each change reads the whole table"),
        ("DROP INDEX ix_dids_extension", "dids.extension has no index: each change reads the whole table"),
    ],
)
def test_what_is_missing_is_named(tmp_path, damage, message):
    """Tables, columns, also those of the template, and indexes without which it is slow."""
    pbx = Pbx(tmp_path, schema.alembic)
    with pbx.engine.begin() as connection:
        connection.exec_driver_sql(damage)
    assert flaws(pbx) == [message]


def test_all_that_is_missing_is_told_at_once(tmp_path):
    """One look is enough to mend it."""
    pbx = Pbx(tmp_path, template={"endpoint": {"colour": "red", "shape": "round"}}, columns={"owner": "who"})
    assert sorted(flaws(pbx)) == [
        "the table ps_endpoints has no column colour",
        "the table ps_endpoints has no column shape",
        "the table ps_endpoints has no column who",
    ]


def test_a_table_of_numbers_need_not_be_there(tmp_path):
    """Asterisk's own schema has none: linecard makes it when it is first used."""
    pbx = Pbx(tmp_path)
    with pbx.engine.begin() as connection:
        connection.exec_driver_sql("DROP TABLE dids")
    assert flaws(pbx) == []
    pbx.becomes("1000", VACANT, ADA)
    assert pbx.rows("dids") == []


def test_extensions_that_share_a_secret_are_told(tmp_path):
    """None of them could be taken from its holder; trunks may share one."""
    pbx = Pbx(tmp_path)
    pbx.endpoints("1000", "1001")
    pbx.endpoints("trunk-a", "trunk-b", context="from-trunk")
    with pbx.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE ps_endpoints SET auth = 'one' WHERE id LIKE '1%'")
        connection.exec_driver_sql("UPDATE ps_endpoints SET auth = 'two' WHERE id LIKE 't%'")
    assert flaws(pbx) == ["2 endpoints share the secret one: none of them can be taken from its holder"]


def test_a_manager_interface_that_refuses_is_told(tmp_path):
    """Before it is needed."""
    with Switch() as switch:
        pbx = Pbx(tmp_path, ami={"port": switch.port, "user": "linecard", "password": "env:AMI"})
        assert flaws(pbx, environ={"AMI": "right"}) == []
        (said,) = flaws(pbx, environ={"AMI": "wrong"})
        assert "refuses Login" in said
        (said,) = flaws(pbx, environ={})
        assert "AMI" in said


@pytest.mark.parametrize(("plus", "has"), [(True, "without a +"), (False, "with a +")])
def test_numbers_that_are_written_in_another_way_are_told(tmp_path, plus, has):
    """The dialplan looks for one of both ways."""
    pbx = Pbx(tmp_path, plus=plus)
    for number in ("4930123", "+4930456"):
        pbx.put("dids", e164=number, extension="1000")
    (message,) = flaws(pbx)
    assert message.startswith(f"dids has numbers {has} in front (1); linecard writes them ")
