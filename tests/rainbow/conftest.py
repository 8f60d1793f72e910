"""What tests of the simulator share."""

from __future__ import annotations

import pytest

from rainbow.asking import Client


@pytest.fixture
def client() -> Client:
    """Logged in."""
    made = Client()
    assert made.log_in().status == 200
    return made
