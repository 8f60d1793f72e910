"""An administrator's own endpoints, on a running Asterisk."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from integration.asterisk import places, schema
from integration.asterisk.office import office as made


@pytest.fixture(scope="module")
def office(tmp_path_factory):
    with made(tmp_path_factory.mktemp("adopting"), "sqlite") as office:
        yield office


def test_without_a_database_an_endpoint_of_the_administrators_own_files_is_left_alone(tmp_path):
    """The row is refused and says why; the phone goes on. Others of the same sheet are done."""
    with made(tmp_path, "files") as office:
        mine, theirs = office.extensions(2)
        own = f"[{theirs}]\ntype = endpoint\ncontext = internal\nallow = alaw\naors = {theirs}\nauth = {theirs}\n"
        own += f"[{theirs}]\ntype = auth\nauth_type = userpass\nusername = {theirs}\npassword = at-the-desk\n"
        own += f"[{theirs}]\ntype = aor\nmax_contacts = 1\n"
        with (office.exchange.folder / "etc" / "pjsip.conf").open("a") as file:
            file.write(own)
        office.exchange.command("module reload res_pjsip.so")
        desk = office.phone(theirs, "at-the-desk")
        assert desk.register() == 200
        rows = [f"attach,ada@example.org,{mine},", f"attach,bob@example.org,{theirs},"]
        said = office.site.sheet(*rows, code=1)
        assert f"endpoint {theirs} is in Asterisk's own files and is not linecard's" in said
        assert desk.register() == 200
        assert [member for _, member, _ in office.site.members()] == ["ada@example.org"]
        office.registered(mine)


def test_an_extension_that_was_there_keeps_its_phone_when_it_is_first_attached(office):
    """The administrator's own endpoint: it gets a holder, and loses its secret only with that."""
    (extension,) = office.extensions(1)
    engine = places.engine_of(office.site.settings["pbxs"]["hq"]["options"]["url"])
    metadata = sa.MetaData()
    schema.small(metadata)
    with engine.begin() as connection:
        places.endpoints(connection, metadata, extension, transport="transport-udp", accountcode="desk")
    desk = office.phone(extension, f"{places.NOBODY_KNOWS}-{extension}")
    assert desk.register() == 200
    office.site.sheet(f"attach,ada@example.org,{extension},")
    assert desk.register() == 200
    office.site.sheet("detach,ada@example.org,,")
    assert desk.register() == 401


def test_a_phone_whose_endpoint_was_taken_away_by_hand_does_not_ring_for_the_next(office):
    """Asterisk still has its contact when linecard makes the extension anew."""
    caller, extension = office.extensions(2)
    engine = places.engine_of(office.site.settings["pbxs"]["hq"]["options"]["url"])
    metadata = sa.MetaData()
    schema.small(metadata)
    with engine.begin() as connection:
        places.endpoints(connection, metadata, extension, transport="transport-udp")
    desk = office.phone(extension, f"{places.NOBODY_KNOWS}-{extension}")
    assert desk.register() == 200
    with engine.begin() as connection:
        for name in ("ps_endpoints", "ps_auths", "ps_aors"):
            table = metadata.tables[name]
            connection.execute(sa.delete(table).where(table.c.id == extension))
    office.site.sheet(f"attach,ada@example.org,{caller},", f"attach,bob@example.org,{extension},")
    ada = office.registered(caller)
    assert ada.answered(ada.call(extension)) == 480
    assert desk.is_silent()
