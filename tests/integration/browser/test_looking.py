"""What looks at pages sees what is wrong with one."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.browser.chromium import Chromium
from integration.browser.looking import LOOKS, faults

WRONG = {
    "outside the window": "<p style='width: 900px'>wide</p>",
    "scrolls sideways": "<p style='width: 900px'>wide</p>",
    "one over the other": "<p>one</p><p style='margin-top: -2rem'>two</p>",
    "color-contrast": "<p style='color: #ccc'>pale</p>",
    "image-alt": "<img src='data:,' width=10 height=10>",
    "Uncaught": "<script>nobody()</script>",
    "fetched": "<link rel=stylesheet href='http://example.org/a.css'>",
}


@pytest.mark.parametrize("fault", WRONG)
def test_a_fault_is_seen(browser: Chromium, axe: str, tmp_path: Path, fault: str) -> None:
    page = tmp_path / "page.html"
    head = "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>t</title>"
    page.write_text(f"{head}<main><h1>Title</h1>{WRONG[fault]}</main></html>", encoding="utf-8")
    assert [said for said in faults(browser, axe, page, LOOKS[0]) if fault in said]


def test_a_page_without_faults_has_none(browser: Chromium, axe: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    head = "<!doctype html><html lang=en><meta name=viewport content='width=device-width'><title>t</title>"
    page.write_text(f"{head}<main><h1>Title</h1><p>Text</p></main></html>", encoding="utf-8")
    assert faults(browser, axe, page, LOOKS[0]) == []
