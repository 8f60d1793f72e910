"""Every backend that a test makes is closed, as the daemon does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from unit.asterisk import pbx


@pytest.fixture(autouse=True)
def _closed() -> Iterator[None]:
    yield
    while pbx.opened:
        pbx.opened.pop().close()
