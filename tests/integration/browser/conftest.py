"""One browser for all tests of pages, another for pictures of them, and the rules of axe-core."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from importlib import resources

import pytest

from integration.browser import pictures
from integration.browser.chromium import Chromium, binary

NEEDED = "Chromium or its fonts are not there: apt-get install chromium fonts-dejavu-core"
STEADY = ("--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb")
"""What a screen would decide."""


@pytest.fixture(scope="session")
def program() -> str:
    """Chromium. In CI it is installed where it is missing, and has to be there; elsewhere tests are skipped."""
    if (binary() is None or not pictures.FONT.exists()) and os.environ.get("CI") and os.geteuid() == 0:
        packages = ("chromium", "fonts-dejavu-core")
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "--no-install-recommends", *packages]):
            subprocess.run(command, check=False, capture_output=True, timeout=240)
    found = binary()
    if found is None or not pictures.FONT.exists():
        if os.environ.get("CI"):
            pytest.fail(NEEDED)
        pytest.skip(NEEDED)
    return found


@pytest.fixture(scope="session")
def browser(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Without any choice of ours: what must hold does so with the fonts of any machine."""
    chromium = Chromium(program, tmp_path_factory.mktemp("chromium") / "profile")
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def camera(program: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """Another one, that knows the fonts of Debian's fonts-dejavu-core alone: its pictures are the same everywhere."""
    folder = tmp_path_factory.mktemp("camera")
    chromium = Chromium(program, folder / "profile", *STEADY, fonts=pictures.fonts(folder))
    yield chromium
    chromium.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """axe-core itself, as the package brings it."""
    return resources.files("axe_core_python").joinpath("axe.min.js").read_text(encoding="utf-8")
