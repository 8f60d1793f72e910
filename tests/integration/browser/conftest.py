"""One browser for all tests of pages, another for pictures of them, and the rules of axe-core."""

from __future__ import annotations

import os
from collections.abc import Iterator
from importlib import resources

import pytest

from integration.browser import pictures
from integration.browser.chromium import Chromium, binary
from integration.cache import missing
from integration.debian import install_packages

NEEDED = "Chromium or its fonts are not there: apt-get install chromium fonts-dejavu-core"
STEADY = ("--font-render-hinting=none", "--disable-lcd-text", "--force-color-profile=srgb")
"""What a screen would decide."""


@pytest.fixture(scope="session")
def program() -> str:
    """Chromium. In CI it is installed where it is missing, and has to be there; elsewhere tests are skipped."""
    if os.environ.get("CI"):
        install_packages("chromium", "fonts-dejavu-core", is_there=_is_there)
    if not _is_there():
        missing(NEEDED)
    return str(binary())


def _is_there() -> bool:
    return binary() is not None and pictures.FONT.exists()


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
