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
