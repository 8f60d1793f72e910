"""Runs of every kind, made once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from linecard.model.run import Run
from unit.reports.scenes import SCENES
from unit.reports.sites import Site


@pytest.fixture(scope="session")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, tuple[Site, Run]]]:
    """Of each scene, its site and its run."""
    made = {name: scene(tmp_path_factory.mktemp(name)) for name, scene in SCENES.items()}
    yield made
    for site, _ in made.values():
        site.close()
