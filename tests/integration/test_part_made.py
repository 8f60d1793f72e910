"""What a run has made before it was stopped, held or ended is said of its rows, held against what the PBX was told.

A sheet is stopped after some of its changes, somebody else changes the PBX, and the run is planned again and left, or
discarded, or driven to its end. The PBX's own list of operations says what was made.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, example, given, settings
from hypothesis import strategies as st

from integration.test_premises import Daemon, approve, directories, rows
from integration.works import Works
from linecard.model.directory import Change, Entry, Holding
from linecard.model.outcome import Outcome
from linecard.model.report import Line
from linecard.model.run import Run, State
from linecard.pipeline.premises import Premises
from linecard.pipeline.report import RunReport
from linecard.pipeline.run_loop import drive
from linecard.store.newer_runs import find_newer_runs
from linecard.testing.memory import MemoryPbx


def go_on(works: Works, run: Run, *, most: int = 1000) -> Run:
    """The daemon drives a run until so many changes were made, or to its end."""
    operator = Daemon(
        "ada", lambda _run: False, lambda _what, _run: lambda _count: None, lambda: len(works.made()) >= most
    )
    return drive(works.store, run, works.inbox, works.pbxs, works.folder / "archive", operator, Premises()).run


def net(operations: list[Change]) -> dict[str, tuple[Holding, Holding]]:
    """From what to what each extension was brought."""
    found: dict[str, tuple[Holding, Holding]] = {}
    for change in operations:
        found[change.extension] = (found.get(change.extension, change[3:])[0], change.after)
    return {extension: ends for extension, ends in found.items() if ends[0] != ends[1]}


def meddle(pbx: MemoryPbx, now: dict[str, Holding]) -> None:
    """Somebody else changes the PBX, as far as it lets them."""
    for name, holding in now.items():
        with suppress(ValueError):
            pbx.put(name, holding)


@settings(
    max_examples=300 if os.environ.get("LINECARD_TORTURE") else 20,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # each example is a database of its own: to shrink takes long
)
@given(
    held=directories(),
    now=st.one_of(st.just({}), directories()),
    sheet=st.lists(rows(), min_size=2, max_size=5, unique_by=lambda row: row[1]),
    made=st.integers(1, 2),
    discarded=st.booleans(),
)
@example(  # made, then taken from her by somebody else
    held={},
    now={"1000": Holding("late@x.org")},
    sheet=[("attach", "a@x.org", "1000", ""), ("attach", "b@x.org", "1001", "")],
    made=1,
    discarded=False,
)
@example(  # removed, then given to somebody else
    held={"1000": Holding("a@x.org")},
    now={"1000": Holding("late@x.org")},
    sheet=[("detach", "a@x.org", "", ""), ("attach", "b@x.org", "1001", "")],
    made=1,
    discarded=False,
)
@example(  # freed, but the extension to move to is gone
    held={"1000": Holding("a@x.org")},
    now={"1001": Holding("late@x.org")},
    sheet=[("force_attach", "a@x.org", "1001", ""), ("attach", "b@x.org", "1002", "")],
    made=1,
    discarded=True,
)
def test_what_was_made_is_said(tmp_path_factory, held, now, sheet, made, discarded):
    """Counts are those of the rows, undo has all that was made, and each change that was made is said of a row."""
    works = Works(tmp_path_factory.mktemp("works"), hq=[Entry(name, *holding) for name, holding in held.items()])
    run = works.planned(*(",".join((action, member, "hq", ext, number)) for action, member, ext, number in sheet))
    if run.state is not State.PLANNED:
        return
    run = go_on(works, approve(works, run, seen=True), most=made)
    if run.state is not State.INTERRUPTED:
        return
    meddle(works.memory["hq"], now)
    run = go_on(works, run)
    if run.state is State.HELD and discarded:
        run = discard(works, run)
    report = RunReport(works.store, run, site="works", timezone="UTC")
    lines = list(report.lines())
    counts = Counter(line.outcome for line in lines)
    assert len(lines) == sum(report.counts.values()) == len(sheet)
    for outcome in Outcome:
        assert report.counts[outcome] == counts[outcome] == report.count(outcome) == len(list(report.lines(outcome)))
    ends = net(works.memory["hq"].operations)
    assert {c.extension: (c.before, c.after) for c in report.changes()} == ends
    assert ends.keys() <= {name for line in lines for name in said_to_be_made(line)}
    assert run.state is not State.DISCARDED or "after part of it was applied" in report.headline.title


def said_to_be_made(line: Line) -> set[str]:
    """The extensions that a row says were changed by its run."""
    also = {effect.extension for effect in line.also}
    if line.outcome is Outcome.DONE:
        removed = re.findall("[0-9]{4}", line.message) if not line.extension else []
        return {line.extension, *removed} | also
    return {name for said in re.findall(SAID, line.message) for name in said.split(", ")}


SAID = r"(?:Part of it was applied: |this run had changed )([0-9, ]+)\."


class TestWhatComesAfter:
    """A run of which a part was made and the rest discarded is not as if it had never been."""

    @pytest.fixture
    def works(self, tmp_path):
        return Works(tmp_path, hq=[Entry("1000", "ada@x.org", ())])

    def test_an_older_run_that_would_undo_what_was_made_is_not_applied_by_itself(self, works):
        older = works.planned("attach,ada@x.org,,1002,")
        half_made(works, "detach,ada@x.org,,,", "force_attach,bob@x.org,,1001,")
        assert find_newer_runs(works.store, older) == [2]
        assert find_newer_runs(works.store, works.planned("attach,ada@x.org,,1002,")) == []

    def test_an_older_run_for_others_is(self, works):
        older = works.planned("attach,bob@x.org,,1001,")
        half_made(works, "detach,ada@x.org,,,", "force_attach,bob@x.org,,1001,")
        assert find_newer_runs(works.store, older) == []

    def test_the_file_before_it_is_no_duplicate_any_more(self, works):
        """To drop it again puts right what was made."""
        works.sheet("attach,ada@x.org,,1000,")
        with works.store.snapshot() as connection:
            assert works.store.last_complete(connection, "hr")[0] == 1
        half_made(works, "detach,ada@x.org,,,", "force_attach,bob@x.org,,1001,")
        with works.store.snapshot() as connection:
            assert works.store.last_complete(connection, "hr") is None

    def test_its_file_counts_where_older_files_are_refused(self, works):
        half_made(works, "detach,ada@x.org,,,", "force_attach,bob@x.org,,1001,")
        never = works.planned("attach,cy@x.org,,1003,")
        discard(works, never)
        with works.store.snapshot() as connection:
            assert works.store.list_file_names(connection, "hr", 99) == [(1, "sheet.csv")]


def half_made(works: Works, *rows: str) -> Run:
    """A run of which the first change was made, and the rest discarded by a person."""
    run = go_on(works, approve(works, works.planned(*rows), seen=True), most=len(works.made()) + 1)
    assert run.state is State.INTERRUPTED
    works.memory["hq"].put("1001", Holding("late@x.org"))
    return discard(works, go_on(works, run))


def discard(works: Works, run: Run) -> Run:
    with works.store.transaction() as connection:
        if run.state is State.PLANNED:
            works.store.transition(connection, run.id, State.HELD, who="ada", why="a test")
        works.store.transition(connection, run.id, State.DISCARDED, who="ada", why="a test")
    return works.store.get_run(run.id)
