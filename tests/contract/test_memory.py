"""The PBX in memory is a backend as the contract wants it, whatever it can and however it groups its work."""

from __future__ import annotations

import pytest

from linecard.ports.backend import Can
from linecard.testing import MemoryBackend, MemoryPbx
from linecard.testing.contract import BackendContract


class TestMemory(BackendContract):
    """It can everything, and makes one change at a time."""

    survives = False
    examples = 20
    can = frozenset(Can)
    group = 1

    @pytest.fixture
    def new_pbx(self):
        def new_pbx(entries=(), members=()):
            pbx = MemoryPbx(entries, members=members, can=self.can)
            return lambda: MemoryBackend(pbx, group=self.group)

        return new_pbx


class TestMemoryThatCanNothing(TestMemory):
    """Extensions and members must be there, and a member holds one."""

    can = frozenset()


class TestMemoryWithOneExtensionAMember(TestMemory):
    """It makes what is missing, but a member holds one; in groups of three."""

    can = frozenset({Can.CREATE_EXTENSIONS, Can.CREATE_MEMBERS})
    group = 3


class TestMemoryInBulk(TestMemory):
    """It takes all changes before it makes the first."""

    can = frozenset({Can.SEVERAL})
    group = 1_000_000


class TestMemoryWhereNumbersAreExtensions(TestMemory):
    """People have a number and no extension, as on cloud systems; some have further numbers."""

    def extension(self, n):
        return f"+331980{n:05d}"
