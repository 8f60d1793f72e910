"""Rainbow is a backend as the contract wants it: on the simulated tenant, under each way that it may behave."""

from __future__ import annotations

from contextlib import ExitStack
from itertools import count

import pytest

from integration.rainbow.tenants import KNOWN, SimulatedTenant
from linecard.testing.contract import BackendContract
from rainbow.examples import ADMINISTRATOR


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """The certificate takes long to make."""
    return tmp_path_factory.mktemp("keys")


class TestRainbow(BackendContract):
    """A tenant on which members may have several extensions."""

    many = 40
    examples = 8
    known = KNOWN
    page = 1000

    standing_members = frozenset({ADMINISTRATOR})

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


class TestRainbowWithSmallPages(TestRainbow):
    """Lists come in many pages, and it is cheaper to ask by name."""

    page = 3


class TestRainbowWhereASecondExtensionReplaces(TestRainbow):
    """A member has one extension; what is held is not given away, and is freed first."""

    known = KNOWN | {"second_extension": None, "number": "unset"}

    def prepare(self, tenant):
        tenant.world.assumptions.__dict__.update(second_number="replaces", held_number="refused")
