"""An Asterisk's tables are a backend as the contract wants it, whatever it is allowed to make, and its files are."""

from __future__ import annotations

import shutil
from itertools import count
from typing import ClassVar

import pytest

from integration.asterisk import places, schema
from integration.asterisk.exchange import AMI_SECRET, AMI_USER, Exchange
from linecard.testing.contract import BackendContract
from linecard_asterisk.backend import AsteriskBackend
from linecard_asterisk.options import AsteriskOptions

GROUP = 200


def at_once(_: float) -> None:
    """No phone registers here, so nobody waits for one."""


class TestAsteriskOnSqlite(BackendContract):
    """It makes extensions from its template."""

    kind = "asterisk"
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
    company = 500
    options: ClassVar = {"create": False}


class TestAsteriskThatRemovesExtensions(TestAsteriskOnSqlite):
    """An extension that nobody holds has no endpoint."""

    examples = 3
    company = 500
    options: ClassVar = {"on_release": "remove", "tables": {"voicemail": "voicemail"}, "handover": "secrets"}


class TestAsteriskWithNumbersInTheDialplan(TestAsteriskOnSqlite):
    """A number is a row of the table of the dialplan."""

    examples = 3
    company = 500
    options: ClassVar = {"tables": {"numbers": "extensions"}, "dialplan": {}}
    schema = staticmethod(schema.with_dialplan)


class TestAsteriskByFiles(BackendContract):
    """Of linecard's own tables a file is made, and a running Asterisk reads it."""

    kind = "asterisk"
    many = 250
    examples = 3
    company = 500

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
