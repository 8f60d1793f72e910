"""Filing: a report that cannot be written waits, says why, and never stops what the PBXs are asked to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from linecard.api.report import ReportError, State
from linecard.model.run import Run
from linecard.runtime.operations import Operations
from linecard.store.outbox import Outbox
from unit.reports.scenes import PEOPLE
from unit.reports.sites import Site, sheet

JOINER = sheet("attach,new@example.org,,1300,")
LEAVER = sheet("detach,ada@example.org,,,")


def in_the_way(site: Site, run: Run) -> ReportError:
    """The one thing that keeps a run's report from being filed."""
    assert list(site.unfiled) == [run.id]
    return site.unfiled[run.id]


def announce(site: Site) -> None:
    """What `linecard resume`, or the next import, begins with."""
    with site.working():
        pass


class TestPlace:
    """Where a report lies."""

    def test_by_the_month_in_which_the_run_began(self, make: Callable[..., Site]) -> None:
        """Under a name of plain characters that tells run, inbox and file; nothing else is left there."""
        site = make(PEOPLE)
        site.imported(JOINER, "../été 2026.csv".replace("/", "_"))
        assert site.filed() == ["2026/12/000001-hr-ete_2026.csv", "2026/12/000001-hr-ete_2026.html"]

    def test_a_plan_that_waited_is_reported_again_under_the_same_name(self, make: Callable[..., Site]) -> None:
        """Also when it is approved in another month: there is one report of a run, and it says the last word."""
        site = make(PEOPLE)
        run = site.imported(sheet(*(f"detach,{n}@example.org,,," for n in ("ada", "alan", "grace", "edsger"))))
        (_, page) = site.filed()
        assert "waits for a decision" in (site.reports / page).read_text(encoding="utf-8")
        site.clock.at = site.clock.at.replace(year=2027, month=2)
        operations = Operations(site.service)
        with site.working():
            done = operations.drive(
                operations.approve(run, why="seen"),
                site.service.feed(None),
                confirm=lambda _run: False,
                stage=lambda _name, _run: lambda _count: None,
                stop=lambda: False,
            )
        assert done.state is State.APPLIED
        assert page in site.filed()
        assert "All 4 rows are as they should be." in (site.reports / page).read_text(encoding="utf-8")
        assert all(name.startswith("2026/12/") for name in site.filed())


class TestDisk:
    """A disk that takes no report."""

    def test_a_full_disk_keeps_the_report_queued_and_the_run_done(self, make: Callable[..., Site]) -> None:
        """No half file is left; once there is room the report is filed, complete."""
        site = make(PEOPLE)
        folder = site.reports / "2026" / "12"
        folder.mkdir(parents=True)
        (folder / ".000001-hr-sheet.csv.part").symlink_to("/dev/full")
        run = site.imported(JOINER)
        assert run.state is State.APPLIED
        assert site.pbx.extensions["1300"].member == "new@example.org"
        error = in_the_way(site, run)
        assert str(error) == f"{folder}/000001-hr-sheet.csv cannot be written: No space left on device."
        assert error.remedy == f"Give this user space and permissions in {site.reports}."
        assert site.filed() == ["2026/12/000001-hr-sheet.html"]
        announce(site)
        assert site.unfiled == {}
        assert site.filed() == ["2026/12/000001-hr-sheet.csv", "2026/12/000001-hr-sheet.html"]

    def test_a_folder_that_cannot_be_made_does_not_stop_the_next_import(self, make: Callable[..., Site]) -> None:
        """Both reports are filed when it can."""
        site = make(PEOPLE)
        site.reports.write_text("a file stands where the folder should be")
        first, second = site.imported(JOINER), site.imported(LEAVER)
        assert [run.state for run in (first, second)] == [State.APPLIED, State.APPLIED]
        assert sorted(site.unfiled) == [first.id, second.id]
        assert "cannot be written" in str(site.unfiled[second.id])
        site.reports.unlink()
        announce(site)
        assert len(site.filed()) == 4
        assert Outbox(site.service.store).list_pending() == []


class TestTemplates:
    """A site's own templates."""

    def test_one_takes_the_place_of_linecards_and_the_others_stay(self, make: Callable[..., Site]) -> None:
        """By its name."""
        site = make(PEOPLE)
        (site.templates / "report.html.j2").write_text("{{ report.site }}: {{ run.id }}<br>{{ said.title }}")
        run = site.imported(JOINER)
        assert site.rendered(run, "html") == "Nord &amp; Süd: 1<br>The only row is as it should be."
        assert site.rendered(run, "text").startswith("The only row is as it should be.\n")

    def test_one_may_change_a_part_and_keep_the_rest(self, make: Callable[..., Site]) -> None:
        """By extending the template whose place it takes, under `linecard/`."""
        site = make(PEOPLE)
        run = site.imported(sheet("atach,,,,", "force_attach,new@example.org,,1000,"))
        usual = site.rendered(run, "html")
        (site.templates / "report.html.j2").write_text(
            '{% extends "linecard/report.html.j2" %}\n{% block foot %}<p>Ask {{ run.inbox }}, 4357.</p>{% endblock %}'
        )
        page = site.rendered(run, "html")
        assert "<p>Ask hr, 4357.</p>" in page
        assert page.partition("<footer>")[0] == usual.partition("<footer>")[0]

    def test_a_template_that_another_includes_is_escaped_as_well(self, make: Callable[..., Site]) -> None:
        """Whatever it is called, unless it is for plain text."""
        site = make(PEOPLE)
        (site.templates / "report.html.j2").write_text('{% include "part" %}')
        (site.templates / "part").write_text("{{ run.description }}")
        assert site.rendered(site.imported(JOINER, description="<b>"), "html") == "&lt;b&gt;"

    @pytest.mark.parametrize(
        ("template", "line", "message"),
        [
            ("<h1>\n{% if %}", 2, "Expected an expression"),
            ("<h1>\n\n{{ run.titel }}", 3, "has no attribute 'titel'"),
            ("{{ counted }}", 1, "'counted' is undefined"),
            ("\n{{ total / 0 }}", 2, "division by zero"),
            ('\n\n{% include "footer.j2" %}', 3, "footer.j2"),
            ("\n{{ total.__class__ }}", 2, "unsafe"),
        ],
    )
    def test_a_wrong_one_is_named_with_its_line_and_the_report_waits(
        self, template: str, line: int, message: str, make: Callable[..., Site]
    ) -> None:
        """The run is done, the next one too; corrected, the reports of both are filed."""
        site = make(PEOPLE)
        file = site.templates / "report.html.j2"
        file.write_text(template)
        run = site.imported(JOINER)
        assert run.state is State.APPLIED
        error = in_the_way(site, run)
        assert str(error).startswith(f"{file}, line {line}: ")
        assert message in str(error)
        assert error.remedy == "Correct it, or take it away: linecard's own then takes its place."
        assert site.imported(LEAVER).state is State.APPLIED
        assert site.filed() == []
        file.write_text("corrected")
        announce(site)
        assert site.unfiled == {}
        assert [name for name in site.filed() if name.endswith(".html")] == [
            *("2026/12/000001-hr-sheet.html", "2026/12/000002-hr-sheet.html")
        ]

    def test_one_that_is_not_utf8_is_said_to_be(self, make: Callable[..., Site]) -> None:
        """It has no lines yet that could be named."""
        site = make(PEOPLE)
        (site.templates / "report.html.j2").write_bytes(b"caf\xe9")
        error = in_the_way(site, site.imported(JOINER))
        assert str(error).startswith(f"A template in {site.templates} is not UTF-8")

    def test_one_that_is_broken_keeps_no_other_format_from_being_written(self, make: Callable[..., Site]) -> None:
        """`linecard report --format csv` works all the same."""
        site = make(PEOPLE)
        run = site.imported(JOINER)
        (site.templates / "report.html.j2").write_text("{% if %}")
        with pytest.raises(ReportError):
            site.rendered(run, "html")
        for form in ("csv", "json", "text", "retry"):
            assert site.rendered(run, form)


def test_a_report_filed_twice_is_the_same_file(make: Callable[..., Site]) -> None:
    """After a crash between filing it and remembering that it was filed."""
    site = make(PEOPLE)
    site.imported(JOINER)
    before = {name: Path(site.reports, name).read_bytes() for name in site.filed()}
    with site.service.store.transaction() as connection:
        connection.exec_driver_sql("UPDATE outbox SET delivered = NULL")
    announce(site)
    assert {name: Path(site.reports, name).read_bytes() for name in site.filed()} == before
    assert Outbox(site.service.store).list_pending() == []
