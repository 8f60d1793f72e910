"""A directory file is a backend as the contract wants it, whatever it is allowed to make."""

from __future__ import annotations

from itertools import count

import pytest

from contract.directories import filled
from linecard.testing.contract import BackendContract
from linecard_directory.backend import DirectoryBackend


class TestDirectory(BackendContract):
    """It makes members and extensions on demand."""

    kind = "directory"
    examples = 25
    creates = True

    @pytest.fixture
    def new_pbx(self, tmp_path):
        numbers = count()

        def new_pbx(entries=(), members=()):
            path = tmp_path / f"{next(numbers)}.sqlite"
            filled(path, entries, members)
            return lambda: DirectoryBackend(path, create_members=self.creates, create_extensions=self.creates)

        return new_pbx


class TestDirectoryThatMakesNothing(TestDirectory):
    """Members and extensions must be there."""

    creates = False
