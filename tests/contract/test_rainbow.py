"""Rainbow is a backend as the contract wants it: on the simulated tenant, under each way that it may behave."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import count

import pytest

from integration.rainbow.tenants import KNOWN, SimulatedTenant
from linecard.testing.contract import BackendContract
from linecard.testing.contract.changes import ChangeContract
from linecard.testing.contract.reads import ReadContract
from linecard.testing.contract.refusals import RefusalContract
from rainbow.examples import ADMINISTRATOR


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """The certificate takes long to make."""
    return tmp_path_factory.mktemp("keys")


class OnTheSimulator:
    """Makes simulated tenants, and backends on them."""

    kind = "rainbow"
    many = 30
    examples = 5
    known = KNOWN
    page = 1000

    standing_members = frozenset({ADMINISTRATOR})

    fill = BackendContract.fill

    @pytest.fixture
    def new_pbx(self, tmp_path, keys):
        numbers = count()
        with ExitStack() as running:

            def new_pbx(entries=(), members=()):
                tenant = running.enter_context(
                    SimulatedTenant(tmp_path / str(next(numbers)), entries, members, keys=keys)
                )
                self.prepare(tenant)
                return lambda: tenant.open(assume=self.known, page=self.page)

            yield new_pbx

    def prepare(self, tenant):
        """How this tenant behaves."""


class TestRainbow(OnTheSimulator, BackendContract):
    """A tenant on which members may have several extensions."""


class TestRainbowWithSmallPages(OnTheSimulator, ReadContract):
    """Lists come in many pages, and it is cheaper to ask by name."""

    page = 3


class TestRainbowWhereASecondExtensionReplaces(OnTheSimulator, ChangeContract, RefusalContract):
    """A member has one extension; what is held is not given away, and is freed first."""

    known = KNOWN | {"second_extension": None, "number": "unset"}

    def prepare(self, tenant):
        tenant.world.assumptions.__dict__.update(second_number="replaces", held_number="refused")
