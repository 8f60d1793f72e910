"""Text from sheets, file names, people and PBXs is text in a report, whatever it says."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acceptance.crashes import TORTURE
from linecard.api import is_printable
from linecard.api.backend import Change
from linecard.model.run import Run
from linecard.testing import Trouble
from unit.reports.page import Element, Page
from unit.reports.scenes import SCENES
from unit.reports.sites import HEAD, Site

EXAMPLES = 500 if TORTURE else 12
nasty = st.one_of(
    st.sampled_from(
        [
            *("<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</td></tr></table>", "<!--", "-->", "<b"),
            *("]]>", "<?php", "&lt;b&gt;", "&#60;b>", "' onmouseover='x", "{{ 7*7 }}", "{% raw %}", "javascript:x"),
            *("</title><h1>", "</style><script>", "</bdi></bdi>", "\x1b[31mred", "\x9b2J", "\u202egnp.exe", "\u2066x"),
            *(
                "<a href=//evil.example>",
                "\u200b",
                "\x07",
                "\r\nSet-Cookie: x",
                "a@b@c",
                "\u2028",
                "\x00"[1:] + "<svg/",
            ),
        ]
    ),
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20),
)


class Words:
    """What the PBX says when it refuses; a test changes it between runs."""

    said = "locked"

    def __call__(self, change: Change) -> str:
        return self.said if change.extension == "1500" else ""


@pytest.fixture(scope="module")
def talk() -> Words:
    return Words()


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, talk: Words) -> Iterator[Site]:
    made = Site(
        tmp_path_factory.mktemp("hostile"),
        trouble=Trouble(refuses=talk),
        name="<i>Nord</i> & Süd \u202e",
        who="<u>anna</u>",
    )
    yield made
    made.close()


def told(site: Site, cells: list[str], name: str, description: str) -> Run:
    """A run of three rows: one that is wrong in every cell, one that the PBX refuses, one that is done already."""
    out = io.StringIO()
    open_row, done_row = ["attach", "no@example.org", "hq", "1500", ""], ["detach", "nil@example.org", "", "", ""]
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([HEAD.split(","), cells, open_row, done_row])
    return site.imported(out.getvalue(), name, description=description)


def file_name(text: str) -> str:
    """A name that a file can have and that does not change the file's shape in the report."""
    return "x" + text.replace("/", "_").encode()[:120].decode(errors="ignore")


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(nasty, min_size=5, max_size=5), nasty, nasty, nasty)
def test_no_element_and_no_attribute_of_a_page_comes_from_data(
    site: Site, talk: Words, harmless: set[Element], cells: list[str], name: str, description: str, words: str
) -> None:
    """The page has the elements of harmless pages and no others, and says the data as text, tags and all."""
    talk.said = words or "no"
    cells = [f"x+{cell}" for cell in cells]  # wrong in any case, and never blank
    run = told(site, cells, file_name(name), f"d{description}")
    page = Page(site.rendered(run, "html"))
    assert page.oddities == page.open == []
    assert kinds(page) <= harmless
    for said in (*cells, file_name(name), f"d{description}", words):
        assert squeezed(said) in squeezed(page.words)


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> set[Element]:
    """Every kind of element that pages of calm runs have."""
    found: set[Element] = set()
    for name in ("clean", "broken", "everything"):
        calm, run = SCENES[name](tmp_path_factory.mktemp(name))
        found |= kinds(Page(calm.rendered(run, "html")))
        calm.close()
    return found


def kinds(page: Page) -> set[Element]:
    """Elements with their attributes; the two whose values differ from run to run are looked at by themselves."""
    found = set()
    for tag, attributes in page.elements:
        for name, value in attributes:
            if name == "href":
                assert re.fullmatch(r"[A-Za-z0-9._-]+\.csv", value or "")
            if name == "style":
                assert re.fullmatch(r"width:[0-9.]+%", value or "")
        found.add((tag, tuple((n, "" if n in ("href", "style") else v) for n, v in attributes)))
    return found


def squeezed(text: str) -> str:
    """Text as far as a report keeps it: no blanks, and what is invisible made visible."""
    kept = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text if not c.isspace())
    return kept.replace("\N{REPLACEMENT CHARACTER}", "").rstrip(".")


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(nasty, min_size=5, max_size=5), nasty, nasty, nasty)
def test_no_control_or_bidi_character_reaches_text_or_json(
    site: Site, talk: Words, cells: list[str], name: str, description: str, words: str
) -> None:
    """Nothing that a terminal would obey, or that would turn a line around; line ends are the report's own."""
    talk.said = words or "no"
    run = told(site, [f"x+{cell}" for cell in cells], file_name(name), description)
    for form in ("text", "json", "html"):
        text = site.rendered(run, form)
        assert is_printable(text.replace("\n", "")), form
    lines = site.rendered(run, "text").splitlines()
    assert [line for line in lines if line.startswith("NOT DONE")] == ["NOT DONE (2)"]


@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(nasty | st.sampled_from(["=1", "@x", "-1+1", "\t=1", "|a", "\uff1dx"]), min_size=5, max_size=5), nasty)
def test_no_cell_of_a_csv_file_is_run_by_a_spreadsheet(site: Site, talk: Words, cells: list[str], words: str) -> None:
    """A cell that begins as a formula has a mark before it, unless it is a number such as +33199001000."""
    talk.said = f"={words}"
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows([HEAD.split(",")[::-1], [*cells[:4], f"x{cells[4]}"]])
    run = site.imported(out.getvalue())
    for form in ("csv", "retry"):
        for row in csv.reader(io.StringIO(site.rendered(run, form).removeprefix("\ufeff"), newline="")):
            for cell in row:
                first = cell.lstrip()[:1]
                assert first not in set("=+-@|\uff1d\uff0b\uff0d\uff20") or cell[1:].isdigit(), (form, cell)


def test_a_public_number_keeps_its_plus(site: Site) -> None:
    """Behind the mark of a text, which spreadsheets do not show and linecard takes away: without it they drop the +."""
    run = site.imported(f"{HEAD}\natach,a@example.org,hq,1000,+33199001000\n")
    for form in ("csv", "retry"):
        rows = list(csv.reader(io.StringIO(site.rendered(run, form).removeprefix("\ufeff"), newline="")))
        assert rows[1][rows[0].index("Number")] == "'+33199001000"


def test_a_file_name_that_is_not_utf8_is_shown_as_far_as_it_can_be(site: Site) -> None:
    """Its bytes are written out; the report's own name has plain characters only."""
    run = site.imported(f"{HEAD}\n", "caf\udce9 \u202e.csv")
    report = site.service.report(run)
    assert report.path.isascii()
    for form in ("html", "text", "json", "csv"):
        site.rendered(run, form).encode()
    assert r"caf\xe9" in site.rendered(run, "text")
    assert (Path(site.reports) / f"{report.path}.html").exists()
