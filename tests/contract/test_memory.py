"""The PBX in memory is a backend as the contract wants it, whatever it can and however it groups its work."""

from __future__ import annotations

import pytest

from linecard.ports.backend import Can
from linecard.testing import MemoryBackend, MemoryPbx
from linecard.testing.contract import BackendContract, FaultMatrix


class Opener:
    """Opens backends on one PBX, and lets it do wrong."""

    def __init__(self, pbx, group):
        self.pbx, self.group, self.cause = pbx, group, pbx.cause

    def __call__(self):
        return MemoryBackend(self.pbx, group=self.group)


class TestMemory(BackendContract, FaultMatrix):
    """It can everything, and makes one change at a time."""

    survives = False
    examples = 20
    can = frozenset(Can)
    group = 1

    @pytest.fixture
    def new_pbx(self):
        def new_pbx(entries=(), members=()):
            return Opener(MemoryPbx(entries, members=members, can=self.can), self.group)

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
