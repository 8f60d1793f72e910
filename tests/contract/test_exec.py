"""A program in Perl, that of the documents, is a backend as the contract wants it."""

from __future__ import annotations

from itertools import count

import pytest

from integration.exec.programs import fill_file, open_program, write_perl
from linecard.testing.contract import BackendContract


class TestPerl(BackendContract):
    """One change at a time, each a rewrite of its file."""

    kind = "exec"
    many = 60
    company = 2000
    examples = 5

    @pytest.fixture
    def new_pbx(self, tmp_path):
        numbers = count()
        program = write_perl(tmp_path)

        def new_pbx(entries=(), members=()):
            file = tmp_path / f"{next(numbers)}.json"
            fill_file(file, entries)
            return lambda: open_program(program, settings={"file": str(file)})

        return new_pbx
