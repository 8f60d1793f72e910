"""Each profile that comes with linecard is a backend as the contract wants it, on its simulated PBX."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from itertools import count
from threading import Event

import pytest

from integration.http.pbxs_under_test import MAKES, HttpSite
from linecard.api.backend import ChangeStatus, Holding
from linecard.testing.contract import BackendContract
from linecard.testing.contract.changes import ChangeContract
from linecard.testing.contract.concurrency import read_until
from linecard.testing.contract.hostile_names import HostileNamesContract
from linecard.testing.contract.law import Law
from linecard.testing.contract.reads import ReadContract
from linecard.testing.contract.refusals import RefusalContract
from pbxs.service import ServedPbx


class OnTheSimulator:
    """Makes simulated PBXs, and backends on them."""

    kind = "http"
    profile = "wazo"
    many = 12
    company = 300
    examples = 2
    options: dict[str, object] = {}  # noqa: RUF012

    fill = BackendContract.fill

    @pytest.fixture
    def new_pbx(self, tmp_path):
        numbers = count()
        fill, options = MAKES[self.profile]
        with ExitStack() as running:

            def new_pbx(entries=(), members=()):
                served = running.enter_context(ServedPbx(fill(entries, members)))
                folder = tmp_path / str(next(numbers))
                return running.enter_context(HttpSite(folder, served, **options, **self.options)).open

            yield new_pbx


class TestWazo(OnTheSimulator, BackendContract):
    """A line for each extension, which a user has or nobody."""

    def test_what_is_read_while_another_makes_changes_is_before_or_after(self, fill):
        """Or in between, with nobody: Wazo has no request that takes a line from one user and gives it to another."""
        pbx = fill(*(self.entry(n, n, n) for n in range(6)), members=map(self.member, range(6, 12)))
        changes = [self.change(n + 1, n, self.holding(n, n), self.holding(n + 6, n)) for n in range(6)]
        allowed = {c.extension: (c.before, Holding(None, c.before.numbers), c.after) for c in changes}
        begun, ended = Event(), Event()
        with ThreadPoolExecutor(1) as pool:
            reading = pool.submit(read_until, pbx, allowed, begun, ended)
            begun.wait(60)
            try:
                statuses = pbx.statuses(*changes)
            finally:
                ended.set()
            reading.result()
        assert statuses == [ChangeStatus.DONE] * 6


class Test3cx(OnTheSimulator, ReadContract, ChangeContract, RefusalContract, HostileNamesContract, Law):
    """An extension is a user, and whoever's e-mail stands there holds it."""

    profile = "3cx"


class TestFreePbx(OnTheSimulator, ReadContract, ChangeContract, RefusalContract, HostileNamesContract, Law):
    """An extension is held by its person of User Management, and is made anew for each."""

    profile = "freepbx"


class TestYeastar(OnTheSimulator, ReadContract, ChangeContract, RefusalContract, HostileNamesContract, Law):
    """Nothing is searched for, and no two extensions have the same e-mail."""

    profile = "yeastar"


class TestWazoSideBySide(OnTheSimulator, ChangeContract):
    """Several changes at a time."""

    options = {"workers": 4}  # noqa: RUF012
