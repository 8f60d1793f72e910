"""Pages and mails as people see them, held against the pictures in tests/golden/pictures.

When a page is meant to look otherwise, take them anew and look at each before committing it:

    LINECARD_GOLDEN=write .venv/bin/pytest tests/integration/browser/test_pictures.py
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from PIL import Image

from integration.browser import pictures
from integration.browser.chromium import Chromium
from integration.browser.looking import LOOKS, Look
from integration.browser.pages import PICTURED, archive

GOLDEN = Path(__file__).parents[2] / "golden" / "pictures"


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Each page, by name."""
    site = archive(tmp_path_factory.mktemp("archive"))
    site.close()
    return {name: file or site.reports / "index.html" for name, file in PICTURED.items()}


def golden(name: str, look: Look) -> Path:
    return GOLDEN / f"{name}.{look.name.replace(' ', '-')}.png"


@pytest.mark.parametrize("name", PICTURED)
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_it_looks_as_agreed(camera: Chromium, shown: dict[str, Path], tmp_path: Path, name: str, look: Look) -> None:
    """On a phone and at a desk, in the light and in the dark, and on paper."""
    file = golden(name, look)
    found = pictures.taken(camera, shown[name], look)
    if os.environ.get("LINECARD_GOLDEN") == "write":
        pictures.kept(found, file)
    found.save(tmp_path / "found.png")
    with Image.open(file) as agreed:
        assert pictures.difference(agreed, found, look) == "", f"see {tmp_path / 'found.png'} and {file}"


CHANGES = {
    "another word": ("1004 is held by", "1004 is kept by"),
    "another number": ("rings extension 1000,", "rings extension 1007,"),
    "another outcome": ('"badge refused"', '"badge skipped"'),
    "another colour of the bar": ("--done: #2b8a57", "--done: #4b7a97"),
    "a sentence less": ("Choose another number, or write force_attach if it should move.", ""),
    "a line moved": ("h1 { ", "h1 { padding-top: 5px; "),
    "paler words": ("--soft: #505c6c", "--soft: #a0acbc"),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("look", [LOOKS[0], LOOKS[2]], ids=lambda look: look.name)
def test_a_page_that_looks_otherwise_is_found_out(camera: Chromium, tmp_path: Path, change: str, look: Look) -> None:
    """However little of it is another, on a phone as at a desk."""
    was, now = CHANGES[change]
    text = (PICTURED["report-everything"] or tmp_path).read_text(encoding="utf-8")
    assert was in text
    page = tmp_path / "page.html"
    page.write_text(text.replace(was, now), encoding="utf-8")
    with Image.open(golden("report-everything", look)) as agreed:
        assert pictures.difference(agreed, pictures.taken(camera, page, look), look) != ""


def test_letters_drawn_a_little_otherwise_are_the_same_picture(
    program: str, shown: dict[str, Path], tmp_path: Path
) -> None:
    """As another release of the browser, or a machine with other settings for its screen, may draw them."""
    other = Chromium(
        program, tmp_path / "profile", "--font-render-hinting=full", "--enable-lcd-text", fonts=pictures.fonts(tmp_path)
    )
    try:
        for name in ("report-everything", "mail-held", "index"):
            for look in LOOKS:
                with Image.open(golden(name, look)) as agreed:
                    assert pictures.difference(agreed, pictures.taken(other, shown[name], look), look) == "", (
                        name,
                        look,
                    )
    finally:
        other.close()


def test_every_picture_is_of_a_page() -> None:
    """And they are small: a clone brings all of them."""
    assert {file.name for file in GOLDEN.iterdir()} == {golden(name, look).name for name in PICTURED for look in LOOKS}
    assert sum(file.stat().st_size for file in GOLDEN.iterdir()) < 1_500_000
