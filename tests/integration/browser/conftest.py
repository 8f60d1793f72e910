"""One browser for all tests of pages, and the rules of axe-core."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from importlib import resources

import pytest

from integration.browser.chromium import Chromium, binary

NEEDED = "Chromium is not there: apt-get install chromium"


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """In CI it is installed where it is missing, and must be there; elsewhere the tests are skipped without it."""
    if binary() is None and os.environ.get("CI") and os.geteuid() == 0:
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]):
            subprocess.run(command, check=False, capture_output=True, timeout=240)
    program = binary()
    if program is None:
        if os.environ.get("CI"):
            pytest.fail(NEEDED)
        pytest.skip(NEEDED)
    chromium = Chromium(program, tmp_path_factory.mktemp("chromium") / "profile")
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core itself, as the package brings it."""
    return resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
