"""What the tests of reports share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from unit.reports.sites import Site


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Site]]:
    """Makes sites, each in a folder of its own."""
    made: list[Site] = []

    def site(*words: Any, **more: Any) -> Site:
        made.append(Site(tmp_path / f"site{len(made)}", *words, **more))
        return made[-1]

    yield site
    for one in made:
        one.close()
