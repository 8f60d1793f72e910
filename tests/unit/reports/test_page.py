"""The page as a reader meets it: order, structure, and the files beside it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import linecard_reports
from unit.reports.page import Page
from unit.reports.scenes import SCENES, everything
from unit.reports.sites import Site


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The filed page of every scene."""
    found = {}
    for name, scene in SCENES.items():
        site, run = scene(tmp_path_factory.mktemp(name))
        found[name] = site.rendered(run, "html")
        site.close()
    return found


@pytest.mark.parametrize("scene", SCENES)
def test_a_page_is_one_well_formed_file_without_outside_resources(scene: str, pages: dict[str, str]) -> None:
    """Nothing is loaded from anywhere; links lead only to the files beside it."""
    page = Page(pages[scene])
    assert page.oddities == page.open == []
    assert {name for name, _ in page.elements} & {"script", "img", "link", "iframe", "object", "base", "form"} == set()
    attributes = [a for _, found in page.elements for a in found]
    assert not [a for a in attributes if a[0] in ("src", "srcset", "background") or a[0].startswith("on")]
    assert all(re.fullmatch(r"[\w.-]+\.csv", value or "") for name, value in attributes if name == "href")
    assert "url(" not in pages[scene]
    assert "@import" not in pages[scene]
    assert "default-src 'none'" in pages[scene]


@pytest.mark.parametrize("scene", SCENES)
def test_a_page_can_be_read_by_ear(scene: str, pages: dict[str, str]) -> None:
    """A language, a title, one first heading, no level left out, and every table has named columns and rows."""
    page = Page(pages[scene])
    assert ("html", (("lang", "en"),)) in page.elements
    levels = [name for name, _ in page.elements if re.fullmatch(r"h\d", name)]
    assert levels[0] == "h1"
    assert set(levels[1:]) == {"h2"}
    cells = [(name, dict(found)) for name, found in page.elements if name in ("table", "tr", "th", "td")]
    assert all("role" in found for _, found in cells)
    assert all(found["scope"] in ("col", "row") for name, found in cells if name == "th")
    assert sum(found.get("scope") == "row" for _, found in cells) == sum(name == "tr" for name, _ in cells) - sum(
        name == "table" for name, _ in cells
    )


def test_first_whether_it_worked_then_what_failed_then_who_lost_then_the_rest(pages: dict[str, str]) -> None:
    """In the order in which a reader needs it."""
    words = Page(pages["everything"]).words
    order = [
        *("9 of 21 rows are as they should be; 12 rows need attention.", "Correct the rows below", "7 done"),
        *("000001-hr-b_onload_x_every_thing.retry.csv", "Not done 12", "1004 is held by barbara@example.org."),
        *("Detach barbara@example.org first", "Taken from their holders 1", "hedy@example.org"),
        *("Moved, or number changed 2", "Worth knowing 5", "All rows that are done or unchanged 9", "About this run"),
    ]
    places = [words.find(part) for part in order]
    assert -1 not in places, order[places.index(-1)]
    assert places == sorted(places)


def test_a_page_names_the_files_that_lie_beside_it(tmp_path: Path) -> None:
    """Each link is a file in the same folder, and each file there is linked."""
    site, run = everything(tmp_path)
    links = {dict(found)["href"] for name, found in Page(site.rendered(run, "html")).elements if name == "a"}
    site.close()
    folder = Path(site.reports, site.service.report(run).path).parent
    assert links == {file.name for file in folder.glob("*.csv")}


def test_of_a_file_that_was_refused_no_table_without_rows_is_offered(pages: dict[str, str]) -> None:
    """But every reason, with its place and remedy."""
    words = Page(pages["header"]).words
    assert "Why the file was refused" in words
    assert "There is no column LoginEmail" in words
    assert "Add a column named LoginEmail or Email." in words
    assert ".csv for" not in words
    assert "href" not in pages["header"]


def test_a_plan_that_waits_says_why_and_what_it_would_do(pages: dict[str, str]) -> None:
    """And by which checksum it is approved; once it was refused it waits no longer."""
    words = Page(pages["held"]).words
    assert words.index("Why it waits for a decision") < words.index("Not done 1") < words.index("Would be done 5")
    assert "4 members would lose their extension on hq: more than 3." in words
    checksum = re.search(r"linecard approve \d+ [0-9a-f]{12,64}\b", words)
    assert checksum is not None
    gone = Page(pages["discarded"]).words
    assert "Would have been done 5" in gone
    assert "waits" not in gone


def pairs() -> list[tuple[str, str, str]]:
    style = (Path(linecard_reports.__file__).parent / "templates" / "report.html.j2").read_text()
    roots = re.findall(r":root \{(.*?)\}", style, re.DOTALL)
    light, dark, on_paper = (dict(re.findall(r"--([\w-]+): (#\w+)", root)) for root in roots)
    text = [("ink", "paper"), ("ink", "ground"), ("soft", "paper"), ("soft", "ground"), ("link", "paper")]
    text += [("attention", "attention-bg"), ("attention", "paper"), ("bad", "bad-bg")]
    themes = {"light": light, "dark": light | dark, "print": light | on_paper}
    return [(f"{name}: {a} on {b}", theme[a], theme[b]) for name, theme in themes.items() for a, b in text]


@pytest.mark.parametrize(("what", "text", "ground"), pairs(), ids=lambda value: value)
def test_text_can_be_read_on_its_ground(what: str, text: str, ground: str) -> None:
    """A contrast of 4.5 to 1 at least (WCAG 2.2, 1.4.3), light, dark and on paper."""
    low, high = sorted((luminance(text), luminance(ground)))
    assert (high + 0.05) / (low + 0.05) >= 4.5, what


def luminance(colour: str) -> float:
    """Relative luminance of `#rgb` or `#rrggbb` (WCAG 2.2)."""
    digits = colour[1:] if len(colour) == 7 else "".join(c * 2 for c in colour[1:])
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_few_rows_that_are_fine_are_shown_and_many_are_folded(tmp_path: Path) -> None:
    """So that a short report needs no click, and a long one no scrolling."""
    site = Site(tmp_path)
    head = "Action,LoginEmail,Extension"
    few, many = (
        site.imported("\n".join([head, *(f"attach,m{n}@example.org,{1000 + n}" for n in range(count)), ""]))
        for count in (25, 26)
    )
    assert "<details open>" in site.rendered(few, "html")
    assert "<details>" in site.rendered(many, "html")
    site.close()
