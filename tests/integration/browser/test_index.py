"""The page that lists all reports: a person types and clicks, and nothing but the file is there."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.browser.chromium import Chromium
from integration.browser.looking import LOOKS, Look, faults
from integration.browser.pages import HOSTILE, archive
from unit.reports.sites import Site


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    made = archive(tmp_path_factory.mktemp("archive"))
    yield made
    made.close()


@pytest.fixture
def page(browser: Chromium, site: Site) -> Path:
    browser.show(1280, 900)
    browser.open(site.reports / "index.html")
    return site.reports / "index.html"


def shown(browser: Chromium) -> list[str]:
    found: list[str] = browser.ask("[...document.querySelectorAll('#list .file a')].map(a => a.textContent)")
    return found


def value(browser: Chromium, field: str, text: str) -> None:
    """What a person chooses in a list or a calendar, whose windows are the system's own."""
    browser.ask(
        f"(() => {{ const f = document.getElementById('{field}'); f.value = '{text}';"
        " f.dispatchEvent(new Event('input', {bubbles: true})) })()"
    )


@pytest.mark.parametrize("where", ["index.html", "2027/01/index.html"])
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: look.name)
def test_nothing_is_wrong_with_it(browser: Chromium, axe: str, site: Site, where: str, look: Look) -> None:
    """Nothing is cut off or covered, nothing is fetched, and axe-core finds no violation."""
    assert faults(browser, axe, site.reports / where, look) == []


def test_typing_finds_reports_by_file_note_and_number(browser: Chromium, page: Path) -> None:
    """Without regard to case and accents; every word must be there."""
    assert shown(browser) == ["leavers.csv", "broken.csv", HOSTILE, "été.csv"]
    browser.click("#q")
    browser.type("ETE dec")
    assert shown(browser) == ["été.csv"]
    assert browser.ask("document.getElementById('count').textContent") == "1 of 4 reports"


def test_what_is_not_there_is_said(browser: Chromium, page: Path) -> None:
    browser.click("#q")
    browser.type("nobody")
    assert shown(browser) == []
    assert browser.ask("document.getElementById('nothing').checkVisibility()")


@pytest.mark.parametrize(
    ("field", "chosen", "found"),
    [
        ("result", "held", ["leavers.csv"]),
        ("result", "rejected", ["broken.csv"]),
        ("result", "partial", [HOSTILE]),
        ("inbox", "hr", ["leavers.csv", "broken.csv", HOSTILE, "été.csv"]),
        ("from", "2027-01-01", ["leavers.csv", "broken.csv"]),
        ("to", "2026-12-01", [HOSTILE, "été.csv"]),
    ],
)
def test_choosing_filters(browser: Chromium, page: Path, field: str, chosen: str, found: list[str]) -> None:
    """By result, by inbox, and by the first and the last day, both of them included."""
    value(browser, field, chosen)
    assert shown(browser) == found


def test_a_click_shows_all_again(browser: Chromium, page: Path) -> None:
    value(browser, "result", "held")
    browser.click("button[type=reset]")
    browser.ask("new Promise(done => setTimeout(done))")
    assert len(shown(browser)) == 4


def test_what_was_asked_for_stands_in_the_address(browser: Chromium, page: Path) -> None:
    """So that it can be sent to somebody, and is there again after going back."""
    value(browser, "result", "held")
    assert browser.ask("location.hash") == "#result=held"
    browser.open(page, "#result=held&q=leav")
    assert shown(browser) == ["leavers.csv"]
    assert browser.ask("document.getElementById('q').value") == "leav"


def test_a_click_opens_the_report(browser: Chromium, page: Path, site: Site) -> None:
    browser.click("#list .file a")
    browser.loaded()
    assert "waits for a decision" in browser.ask("document.querySelector('h1').textContent + document.title")


def test_keys_alone_are_enough(browser: Chromium, page: Path) -> None:
    """The first tabs go to the numbers of the weeks and through the form, and where they are can be seen."""
    reached: list[Any] = []
    for _ in range(4):
        browser.key("Tab", 9)
        reached.append(
            browser.ask(
                "(e => [e.id || e.localName, getComputedStyle(e).outlineStyle !== 'none'])(document.activeElement)"
            )
        )
    assert reached == [["summary", True], ["q", True], ["inbox", True], ["result", True]]


def test_names_run_nothing(browser: Chromium, page: Path) -> None:
    assert browser.ask("document.querySelectorAll('#list img, #list script').length") == 0
    assert browser.ask("document.title") == "Reports, Nord & Süd"


def test_without_scripts_the_newest_are_there(browser: Chromium, site: Site) -> None:
    """With their links, and without a form that would do nothing."""
    browser.open(site.reports / "index.html", scripts=False)
    root = browser.call("DOM.getDocument")["root"]["nodeId"]
    rows = browser.call("DOM.querySelectorAll", nodeId=root, selector="#list tr")["nodeIds"]
    forms = browser.call("DOM.querySelectorAll", nodeId=root, selector="form:not([hidden])")["nodeIds"]
    browser.call("Emulation.setScriptExecutionDisabled", value=False)
    assert (len(rows), len(forms)) == (4, 0)
