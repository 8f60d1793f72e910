"""The people of a directory are a backend as the contract wants it, on a real slapd and a real 389 Directory Server."""

from __future__ import annotations

import os
from itertools import count

import pytest

from integration.ldap import dirsrv, slapd
from linecard.testing.contract import BackendContract
from linecard_ldap.kept_numbers import Kept, KeptNumbers


@pytest.fixture(scope="module")
def server():
    with slapd.server() as server:
        yield server


@pytest.fixture(scope="module")
def instance():
    with dirsrv.server() as server:
        yield server


def new_people_on(server, tmp_path):
    """Each PBX is an organizational unit of its own, and a state folder of its own."""
    numbers = count()

    def new_pbx(entries=(), members=()):
        entries = list(entries)
        folder = tmp_path / str(next(numbers))
        base = slapd.new_people(server, entries, members)
        KeptNumbers(folder / "state" / "directory").write(
            Kept(entry.extension, None, entry.numbers) for entry in entries if entry.member is None
        )
        return lambda: server.backend(base, folder)

    return new_pbx


class TestSlapd(BackendContract):
    kind = "ldap"
    many = 300
    examples = 6

    @pytest.fixture
    def new_pbx(self, tmp_path, server):
        return new_people_on(server, tmp_path)


@pytest.mark.skipif(not os.environ.get("LINECARD_TORTURE"), reason="long: make torture")
class TestDirsrv(BackendContract):
    """On 389 Directory Server."""

    many = 60
    examples = 3

    @pytest.fixture
    def new_pbx(self, tmp_path, instance):
        return new_people_on(instance, tmp_path)


@pytest.mark.skipif(not os.environ.get("LINECARD_TORTURE"), reason="long: make torture")
class TestSlapdWithoutNumbers(BackendContract):
    """The directory has the extension alone, in an attribute that slapd cannot compare; linecard keeps the numbers."""

    kind = "ldap"
    many = 40
    examples = 2

    @pytest.fixture
    def new_pbx(self, tmp_path, server):
        numbers = count()

        def new_pbx(entries=(), members=()):
            entries = list(entries)
            folder = tmp_path / str(next(numbers))
            bare = [entry._replace(numbers=()) for entry in entries]
            base = slapd.new_people(server, bare, members, extension="ipPhone")
            KeptNumbers(folder / "state" / "directory").write(Kept(*entry) for entry in entries)
            options = {"extension": "ipPhone", "number": None, "further_numbers": None}
            return lambda: server.backend(base, folder, **options)

        return new_pbx
