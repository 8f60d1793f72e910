"""What tests of the Rainbow backend share."""

from __future__ import annotations

from contextlib import ExitStack

import pytest

from integration.rainbow.tenants import SimulatedTenant


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """The certificate takes long to make."""
    return tmp_path_factory.mktemp("keys")


@pytest.fixture
def make_tenant(tmp_path, keys):
    """A running tenant with these entries and members."""
    with ExitStack() as running:
        yield lambda *entries, members=(): running.enter_context(
            SimulatedTenant(tmp_path / "site", entries, members, keys=keys)
        )
