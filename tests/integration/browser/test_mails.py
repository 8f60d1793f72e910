"""Every mail, as a mail program with a browser's engine shows it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from integration.browser.chromium import Chromium
from integration.browser.looking import LOOKS, Look, faults
from integration.browser.pages import GOLDEN

MAILS = sorted(file.name for file in (GOLDEN / "mail").glob("*.html"))


@pytest.mark.parametrize("mail", MAILS)
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_nothing_is_wrong_with_it(browser: Chromium, axe: str, mail: str, look: Look) -> None:
    """Nothing is cut off or covered, nothing is fetched, and axe-core finds no violation."""
    assert faults(browser, axe, GOLDEN / "mail" / mail, look) == []


@pytest.mark.parametrize("mail", MAILS)
def test_nothing_is_wrong_without_its_style_sheet(browser: Chromium, axe: str, tmp_path: Path, mail: str) -> None:
    """As Gmail shows it to many: what stands in the head is gone, and with it the dark."""
    phone, _, desk, *_ = LOOKS
    page = tmp_path / "mail.html"
    text, count = re.subn(r"(?s)<style>.*?</style>", "", (GOLDEN / "mail" / mail).read_text(encoding="utf-8"))
    assert count == 1
    page.write_text(text, encoding="utf-8")
    for look in (phone, desk):
        assert faults(browser, axe, page, look) == []
