"""An Asterisk's tables are a backend as the contract wants it on a server of a database, too."""

from __future__ import annotations

import re
from itertools import count
from pathlib import Path

import pytest
import sqlalchemy as sa

from house.markdown import blocks
from house.places import ROOT
from integration.asterisk import mariadb, places, postgres, schema
from linecard.api.backend import VACANT, Change, ChangeStatus, Holding
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
    company = 2000
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

    def test_the_rights_that_the_page_gives_are_enough(self, cluster, names, tmp_path):
        url = cluster.create(f"pbx{next(names)}", "empty")
        grants = granted("CREATE ROLE").replace("linecard", f"granted{next(names)}")
        with cluster.connection(url.rpartition("/")[2]) as connection:
            connection.execute(grants)
        role = re.search(r"ROLE (\w+)", grants)[1]
        attach_and_free(url.replace("linecard@", f"{role}@"), tmp_path)


class TestAsteriskOnMariaDB(BackendContract):
    """With the types of Asterisk's own migrations, and names that differ by case alone kept apart."""

    many = 250
    company = 500
    examples = 2

    @pytest.fixture(scope="module")
    @staticmethod
    def server():
        with mariadb.server() as server:
            places.prepare(places.engine_of(server.create("empty"), postgres.PASSWORD), schema.alembic)
            yield server

    @pytest.fixture
    def new_pbx(self, tmp_path, server, names):
        def new_pbx(entries=(), members=()):
            url = server.create(f"pbx{next(names)}", "empty", tls=False)
            metadata = sa.MetaData()
            schema.alembic(metadata)
            places.filled(places.engine_of(url, postgres.PASSWORD), metadata, entries)
            options = AsteriskOptions(url=url, password="env:PASSWORD", tables={"voicemail": "voicemail"})
            environ = {"PASSWORD": postgres.PASSWORD}
            return lambda: AsteriskBackend(options, tmp_path, environ=environ, group=GROUP, pause=at_once)

        return new_pbx

    def test_the_rights_that_the_page_gives_are_enough(self, server, names, tmp_path):
        url = server.create(database := f"pbx{next(names)}", "empty")
        grants = granted("CREATE USER").replace("linecard@", "granted@").replace("asterisk.", f"{database}.")
        with server.connection() as connection, connection.cursor() as cursor:
            for statement in filter(str.strip, re.split(r";\n", grants)):
                cursor.execute(statement)
        attach_and_free(url.replace("linecard@", "granted@"), tmp_path)


def granted(beginning: str) -> str:
    """The statements of docs/asterisk.md that make a login for linecard; its password is that of these servers."""
    page = (ROOT / "docs" / "asterisk.md").read_text(encoding="utf-8")
    (found,) = [block for block in blocks(page, "sql") if block.startswith(beginning)]
    return found.replace("a password of its own", postgres.PASSWORD)


def attach_and_free(url: str, folder: Path) -> None:
    """A first use, which makes the table of links, then each right once."""
    backend = AsteriskBackend(AsteriskOptions(url=url, password="env:PW"), folder, environ={"PW": postgres.PASSWORD})
    try:
        assert [alert.message for alert in backend.examine()] == []
        held = Holding("ada@example.com", ("+33123456789",))
        for before, after in ((VACANT, held), (held, Holding(None, ())), (VACANT, held)):
            (result,) = backend.apply([Change(1, "hq", "1000", before, after)])
            assert result.status is ChangeStatus.DONE, result
    finally:
        backend.close()
