"""An Asterisk's tables are a backend as the contract wants it on a server of a database, too."""

from __future__ import annotations

from itertools import count

import pytest
import sqlalchemy as sa

from integration.asterisk import mariadb, places, postgres, schema
from linecard.testing.contract import BackendContract
from linecard_asterisk.backend import AsteriskBackend
from linecard_asterisk.options import AsteriskOptions

GROUP = 200


def at_once(_: float) -> None:
    """No phone registers here, so nobody waits for one."""


@pytest.fixture(scope="module")
def cluster():
    with postgres.cluster() as cluster:
        places.prepare(places.engine_of(cluster.create("empty"), postgres.PASSWORD), schema.alembic)
        yield cluster


@pytest.fixture(scope="module")
def names():
    return count()


class TestAsteriskOnPostgreSQL(BackendContract):
    """With the types of Asterisk's own migrations."""

    many = 250
    examples = 4

    @pytest.fixture
    def new_pbx(self, tmp_path, cluster, names):
        def new_pbx(entries=(), members=()):
            url = cluster.create(f"pbx{next(names)}", "empty")
            metadata = sa.MetaData()
            schema.alembic(metadata)
            places.filled(places.engine_of(url, postgres.PASSWORD), metadata, entries)
            options = AsteriskOptions(url=url, password="env:PGPASSWORD", tables={"voicemail": "voicemail"})
            environ = {"PGPASSWORD": postgres.PASSWORD}
            return lambda: AsteriskBackend(options, tmp_path, environ=environ, group=GROUP, pause=at_once)

        return new_pbx


class TestAsteriskOnMariaDB(BackendContract):
    """With the types of Asterisk's own migrations, and names that differ by case alone kept apart."""

    many = 250
    examples = 2

    @pytest.fixture(scope="module")
    @staticmethod
    def server():
        with mariadb.server() as server:
            yield server

    @pytest.fixture
    def new_pbx(self, tmp_path, server, names):
        def new_pbx(entries=(), members=()):
            url = server.create(f"pbx{next(names)}")
            engine = places.engine_of(url, postgres.PASSWORD)
            places.filled(engine, places.prepare(engine, schema.alembic), entries)
            options = AsteriskOptions(url=url, password="env:PASSWORD", tables={"voicemail": "voicemail"})
            environ = {"PASSWORD": postgres.PASSWORD}
            return lambda: AsteriskBackend(options, tmp_path, environ=environ, group=GROUP, pause=at_once)

        return new_pbx
