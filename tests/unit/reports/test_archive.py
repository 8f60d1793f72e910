"""The archive: pages that list every filed report, one for each month and one for all."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from linecard.api.report import ReportError
from linecard.pipeline import report_index
from linecard.runtime.housekeeping import remove_old
from linecard.runtime.operations import Operations
from linecard.runtime.report_folder import ReportFolder
from linecard.store.outbox import Outbox
from unit.reports.scenes import PEOPLE
from unit.reports.sites import Site, sheet

JOINER = sheet("attach,new@example.org,,1300,")


def listed(page: Path) -> list[Any]:
    """What the script of a page is given."""
    found = re.search(r'(?s)<script type="application/json" id="runs">(.*?)</script>', page.read_text("utf-8"))
    assert found is not None
    return json.loads(found[1])


def top(site: Site) -> Path:
    return site.reports / "index.html"


def in_december_and_january(make: Callable[..., Site]) -> Site:
    site = make(PEOPLE)
    site.imported(JOINER, "december.csv")
    site.clock.at = site.clock.at.replace(year=2027, month=1)
    site.imported(sheet("attach,new@example.org,,1301,"), "january.csv")
    return site


class TestListing:
    def test_every_filed_report_is_there_the_newest_first(self, make: Callable[..., Site]) -> None:
        """With its time in the site's zone, its file, its result, its rows and where it lies."""
        site = make(PEOPLE)
        site.imported(JOINER, "joiners.csv", description="of December")
        site.imported(sheet("attach,other@example.org,,1000,", "detach,nobody@example.org,,,"), "more.csv")
        site.imported(sheet(*(f"detach,{n}@example.org,,," for n in ("ada", "alan", "grace", "edsger"))), "leavers.csv")
        month = "2026/12/"
        at = "2026-12-01 08:30"
        assert listed(top(site)) == [
            [
                3,
                at,
                "hr",
                "leavers.csv",
                "",
                "held",
                "Waits for a decision",
                [0] * 7 + [4],
                f"{month}000003-hr-leavers",
                0,
            ],
            [2, at, "hr", "more.csv", "", "partial", "Not all done", [0, 1, 0, 1], f"{month}000002-hr-more", 1],
            [1, at, "hr", "joiners.csv", "of December", "done", "All done", [1], f"{month}000001-hr-joiners", 0],
        ]
        assert listed(site.reports / "2026/12/index.html") == listed(top(site))

    def test_what_it_links_to_is_there(self, make: Callable[..., Site]) -> None:
        site = in_december_and_january(make)
        for page in (top(site), *site.reports.glob("*/*/index.html")):
            links = re.findall(r'href="([^"]+)"', page.read_text("utf-8"))
            assert links
            assert [link for link in links if not (page.parent / link).is_file()] == []

    def test_each_month_has_a_page_of_its_own(self, make: Callable[..., Site]) -> None:
        site = in_december_and_january(make)
        assert [run[0] for run in listed(top(site))] == [2, 1]
        assert [run[0] for run in listed(site.reports / "2026/12/index.html")] == [1]
        assert [run[0] for run in listed(site.reports / "2027/01/index.html")] == [2]
        assert '<a href="2027/01/index.html">January 2027</a>' in top(site).read_text("utf-8")

    def test_the_page_of_all_has_the_newest_and_says_so(self, make: Callable[..., Site]) -> None:
        """So that it stays in bounds however many reports there are."""
        site = in_december_and_january(make)
        renderer = site.service.registry.index()
        assert renderer is not None
        said = {"site": site.name, "timezone": "Europe/Paris", "templates": None}
        report_index.refresh_index(site.service.store, site.reports, renderer, anew=True, most=1, **said)
        assert [run[0] for run in listed(top(site))] == [2]
        assert "the newest 1 of 2 reports" in top(site).read_text("utf-8")

    def test_a_plan_that_was_approved_later_says_its_last_word(self, make: Callable[..., Site]) -> None:
        site = make(PEOPLE)
        run = site.imported(sheet(*(f"detach,{n}@example.org,,," for n in ("ada", "alan", "grace", "edsger"))))
        assert listed(top(site))[0][5] == "held"
        with site.working():
            Operations(site.service).discard(run, why="no")
        assert listed(top(site))[0][5] == "discarded"

    def test_no_name_of_a_file_can_end_an_element_or_turn_the_text_round(self, make: Callable[..., Site]) -> None:
        """Neither in the list that the script reads nor in the rows that stand in the page."""
        site = make(PEOPLE, name="</title><script>alert(1)</script>")
        name, note = "<!--<script>alert(2)<\u202e.csv", "</script><img src=x onerror=alert(3)>\u2028"
        site.imported(JOINER, name, description=note)
        text = top(site).read_text("utf-8")
        assert text.count("<script") == text.count("</script>") == 3
        assert "<img" not in text
        assert text.count("<!--") == 1
        assert not {"\u202e", "\u2028"} & set(text)
        assert listed(top(site))[0][3] == "<!--<script>alert(2)<\ufffd.csv"

    def test_only_the_one_script_runs(self, make: Callable[..., Site]) -> None:
        """It is named by its sum, whatever else the page may come to contain."""
        site = make(PEOPLE)
        site.imported(JOINER)
        text = top(site).read_text("utf-8")
        assert "default-src 'none'" in text
        assert re.search(r"script-src 'sha256-[A-Za-z0-9+/]{43}='", text)


class TestRefreshing:
    def test_nothing_is_written_when_nothing_was_filed(self, make: Callable[..., Site]) -> None:
        site = in_december_and_january(make)
        assert ReportFolder(site.service).refresh_index() == 0

    def test_a_report_changes_the_page_of_its_month_and_that_of_all(self, make: Callable[..., Site]) -> None:
        """Whatever lies in the other months is taken from their pages."""
        site = in_december_and_january(make)
        december = (site.reports / "2026/12/index.html").stat()
        site.imported(sheet("detach,new@example.org,,,"), "more.csv")
        assert (site.reports / "2026/12/index.html").stat() == december
        assert [run[0] for run in listed(top(site))] == [3, 2, 1]

    def test_what_a_crash_prevented_is_made_up_for(self, make: Callable[..., Site]) -> None:
        """Between the report and its entry nothing has to be remembered."""
        site = make(PEOPLE)
        run = site.imported(JOINER)
        top(site).unlink()
        (site.reports / "2026/12/index.html").write_text("<!-- linecard-index 00")
        assert ReportFolder(site.service).refresh_index() == 2
        assert [entry[0] for entry in listed(top(site))] == [run.id]

    def test_the_same_list_gives_the_same_bytes(self, make: Callable[..., Site]) -> None:
        site = in_december_and_january(make)
        before = {page: page.read_bytes() for page in report_index.find_pages(site.reports)}
        assert ReportFolder(site.service).refresh_index(every_page=True) == len(before) == 3
        assert {page: page.read_bytes() for page in report_index.find_pages(site.reports)} == before

    def test_a_full_disk_stops_no_import(self, make: Callable[..., Site]) -> None:
        """The page stays as it was; the next one that can be written makes up for it."""
        site = make(PEOPLE)
        site.imported(JOINER)
        (site.reports / ".index.html.part").symlink_to("/dev/full")
        run = site.imported(sheet("detach,new@example.org,,,"))
        assert Outbox(site.service.store).list_pending() == []
        assert [entry[0] for entry in listed(top(site))] == [1]
        with site.working():
            pass
        assert [entry[0] for entry in listed(top(site))] == [run.id, 1]

    def test_a_folder_that_may_not_be_written_is_told_with_the_remedy(self, make: Callable[..., Site]) -> None:
        site = make(PEOPLE)
        site.imported(JOINER)
        top(site).unlink()
        top(site).mkdir()
        with pytest.raises(ReportError, match=r"index\.html cannot be written: ") as caught:
            ReportFolder(site.service).refresh_index(every_page=True)
        assert caught.value.remedy == f"Give this user space and permissions in {site.reports}."

    def test_a_template_of_the_site_takes_the_place_of_linecards(self, make: Callable[..., Site]) -> None:
        site = make(PEOPLE)
        (site.templates / "index.html.j2").write_text(
            '{% extends "linecard/index.html.j2" %}{% block head %}<h1>Ask 4357</h1>{% endblock %}'
        )
        site.imported(JOINER)
        assert "<h1>Ask 4357</h1>" in top(site).read_text("utf-8")
        assert len(listed(top(site))) == 1


class TestRetention:
    def aged(self, site: Site, month: str) -> None:
        for path in (site.reports / month).iterdir():
            os.utime(path, (0, 0))

    def test_reports_that_were_removed_are_listed_no_more(self, make: Callable[..., Site]) -> None:
        """A month without reports loses its page and its folder; the others stay, however old their pages are."""
        site = in_december_and_january(make)
        self.aged(site, "2026/12")
        os.utime(site.reports / "2027/01/index.html", (0, 0))
        site.service.clock.confirm()  # what was a jump here is a year of work
        remove_old(site.service, ReportFolder(site.service))
        assert [run[0] for run in listed(top(site))] == [2]
        assert not (site.reports / "2026").exists()
        assert (site.reports / "2027/01/index.html").is_file()
        assert ReportFolder(site.service).refresh_index() == 0

    def test_a_run_that_is_forgotten_is_listed_no_more(self, make: Callable[..., Site]) -> None:
        site = in_december_and_january(make)
        site.clock.at = site.clock.at.replace(year=2028)
        site.imported(sheet("detach,new@example.org,,,"), "later.csv")
        for path in (path for folder in ("archive", "reports") for path in (site.folder / folder).rglob("*.*")):
            os.utime(path, (site.clock.at.timestamp(),) * 2)
        site.service.clock.confirm()  # what was a jump here is a year of work
        remove_old(site.service, ReportFolder(site.service))
        assert len(site.filed()) == 6
        assert [run[0] for run in listed(top(site))] == [3]
