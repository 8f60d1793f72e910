"""What the tests of the configuration share."""

from __future__ import annotations

from pathlib import Path

import pytest

from unit.config.sites import Site


@pytest.fixture
def site(tmp_path: Path) -> Site:
    """A site's folder, empty."""
    return Site(tmp_path)
