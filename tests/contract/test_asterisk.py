"""An Asterisk's tables are a backend as the contract wants it, whatever the database and what it is allowed to make."""

from __future__ import annotations

import shutil
from itertools import count
from typing import ClassVar

import pytest
import sqlalchemy as sa

from integration.asterisk import mariadb, places, postgres, schema
from integration.asterisk.exchange import AMI_SECRET, AMI_USER, Exchange
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


class TestAsteriskOnSqlite(BackendContract):
    """It makes extensions from its template."""

    many = 250
    examples = 6
    options: ClassVar = {}
    schema = staticmethod(schema.small)

    @pytest.fixture(scope="class")
    @classmethod
    def prepared(cls, tmp_path_factory):
        """A database with the administrator's tables: copied, for making them takes longer than a test."""
        path = tmp_path_factory.mktemp("empty") / "realtime.sqlite"
        return path, places.prepare(places.engine_of(f"sqlite:///{path}"), cls.schema)

    @pytest.fixture
    def new_pbx(self, tmp_path, prepared):
        numbers = count()

        def new_pbx(entries=(), members=()):
            path = shutil.copy(prepared[0], tmp_path / f"{next(numbers)}.sqlite")
            url = f"sqlite:///{path}"
            places.filled(places.engine_of(url), prepared[1], entries)
            options = AsteriskOptions(url=url, **self.options)
            return lambda: AsteriskBackend(options, tmp_path, group=GROUP, pause=at_once)

        return new_pbx


class TestAsteriskThatMakesNoExtensions(TestAsteriskOnSqlite):
    """Its endpoints are made by others."""

    examples = 3
    options: ClassVar = {"create": False}


class TestAsteriskThatRemovesExtensions(TestAsteriskOnSqlite):
    """An extension that nobody holds has no endpoint."""

    examples = 3
    options: ClassVar = {"on_release": "remove", "tables": {"voicemail": "voicemail"}, "handover": "secrets"}


class TestAsteriskWithNumbersInTheDialplan(TestAsteriskOnSqlite):
    """A number is a row of the table of the dialplan."""

    examples = 3
    options: ClassVar = {"tables": {"numbers": "extensions"}, "dialplan": {}}
    schema = staticmethod(schema.with_dialplan)


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


class TestAsteriskByFiles(BackendContract):
    """Of linecard's own tables a file is made, and a running Asterisk reads it."""

    many = 250
    examples = 3

    @pytest.fixture(scope="module")
    @staticmethod
    def exchange(tmp_path_factory):
        exchange = Exchange(tmp_path_factory.mktemp("files") / "asterisk", "")
        with exchange.running():
            yield exchange

    @pytest.fixture
    def new_pbx(self, tmp_path, exchange):
        numbers = count()

        def new_pbx(entries=(), members=()):
            path = tmp_path / f"{next(numbers)}.sqlite"
            options = AsteriskOptions(
                mode="files",
                url=f"sqlite:///{path}",
                files={"endpoints": exchange.folder / "etc" / "linecard_pjsip.conf"},
                ami={"port": exchange.ami, "user": AMI_USER, "password": "env:AMI"},
            )

            def open_pbx():
                return AsteriskBackend(options, tmp_path, environ={"AMI": AMI_SECRET}, pause=at_once)

            places.attached(open_pbx(), entries)
            return open_pbx

        return new_pbx
