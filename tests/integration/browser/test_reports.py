"""The report of each scene, as a browser shows it."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.browser.chromium import Chromium
from integration.browser.looking import LOOKS, Look, faults
from unit.reports.scenes import SCENES


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    made = {}
    for name, scene in SCENES.items():
        site, run = scene(tmp_path_factory.mktemp(name))
        made[name] = site.reports / f"{site.service.report(run).path}.html"
        site.close()
    return made


@pytest.mark.parametrize("scene", SCENES)
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_nothing_is_wrong_with_it(browser: Chromium, axe: str, pages: dict[str, Path], scene: str, look: Look) -> None:
    """Nothing is cut off or covered, nothing is fetched, and axe-core finds no violation."""
    assert faults(browser, axe, pages[scene], look) == []


@pytest.mark.parametrize("scene", SCENES)
def test_the_first_screen_of_a_phone_answers(browser: Chromium, pages: dict[str, Path], scene: str) -> None:
    """Whether it worked, and what to do, without a finger being moved."""
    browser.show(360, 740)
    browser.open(pages[scene])
    answer = browser.ask("document.querySelector('.todo, h1').getBoundingClientRect().bottom")
    assert 0 < answer < 740
