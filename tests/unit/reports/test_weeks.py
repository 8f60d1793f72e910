"""The weeks of an archive as a picture."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from linecard.runtime.operations import Operations
from linecard.runtime.report_folder import ReportFolder
from linecard_reports.weeks import HEIGHT, SHOWN, Counted, draw
from unit.reports.scenes import PEOPLE
from unit.reports.sites import Site, sheet

DAYS = st.dates(date(2026, 11, 1), date(2027, 3, 1))
PARTS = st.dictionaries(st.sampled_from(["done", "not-done", "held"]), st.integers(0, 10**6)).map(Counter)


@given(st.lists(st.builds(Counted, DAYS, PARTS), max_size=30), st.booleans())
def test_a_column_is_as_high_as_its_rows_and_what_is_there_is_seen(reports: list[Counted], whole: bool) -> None:
    """Weeks follow each other without a gap, and no column leaves the picture."""
    picture = draw(reports, whole=whole)
    if picture is None:
        return
    assert 1 <= len(picture.weeks) <= SHOWN
    assert {after.begins - before.begins for before, after in zip(picture.weeks, picture.weeks[1:], strict=False)} <= {
        timedelta(days=7)
    }
    for week in picture.weeks:
        assert week.begins.weekday() == 0
        assert 0 <= week.left < week.left + week.width <= 100
        assert {bar.part for bar in week.bars} == {part for part, n in week.parts.items() if n}
        assert all(bar.height >= 2 and -0.1 <= bar.top <= HEIGHT for bar in week.bars)
        high = sum(bar.height for bar in week.bars)
        assert abs(high - HEIGHT * week.parts.total() / picture.most) <= 9


def test_a_week_of_which_some_is_left_out_is_not_shown() -> None:
    """The page of all has the newest reports alone: half a week would look like a bad one."""
    reports = [Counted(date(2026, 12, 9), Counter(done=3)), Counted(date(2026, 12, 1), Counter(done=1))]
    assert [week.name for week in (draw(reports) or ((), 0))[0]] == ["30 November 2026", "7 December 2026"]
    assert [week.name for week in (draw(reports, whole=False) or ((), 0))[0]] == ["7 December 2026"]
    assert draw(reports[1:], whole=False) is None


def test_the_page_counts_what_is_done_not_done_and_held(make: Callable[..., Site]) -> None:
    """A plan that was discarded was decided upon: nobody has to see to its rows."""
    site = make(PEOPLE)
    leavers = sheet(*(f"detach,{n}@example.org,,," for n in ("ada", "alan", "grace", "edsger")))
    run = site.imported(leavers, "leavers.csv")
    with site.working():
        Operations(site.service).discard(run, why="a mistake")
    site.imported(sheet("attach,new@example.org,,1300,", "atach,new@example.org,,1301,"), "joiners.csv")
    site.imported(leavers, "again.csv")
    ReportFolder(site.service).refresh_index(every_page=True)
    page = (site.reports / "index.html").read_text(encoding="utf-8")
    assert "<title>Week of 30 November 2026: 1 done, 1 not done, 4 held</title>" in page
