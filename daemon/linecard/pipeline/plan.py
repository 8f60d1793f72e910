"""Plan: a run's sheet is checked and planned, and the plan is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from linecard.errors import SheetError
from linecard.model.directory import Change, Holding
from linecard.model.forecast import PbxForecast
from linecard.model.outcome import ChangeStatus, Outcome
from linecard.model.run import Affected, Hold, Run, State
from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.pipeline import sheet_file
from linecard.pipeline.difference import NOT_AS_APPROVED, Difference
from linecard.pipeline.feed import Feed
from linecard.pipeline.planner import Planner
from linecard.pipeline.premises import Premises
from linecard.rules import limits as limiting
from linecard.rules.check import Sheet
from linecard.rules.replan import Replanned, next_state
from linecard.store.attempts import Attempts
from linecard.store.journal import Journal
from linecard.store.restore_marker import find_doubt
from linecard.store.store import Store

Progress = Callable[[int], None]
"""Told how many rows or changes were done since it was last told."""


def plan(
    store: Store,
    run: Run,
    feed: Feed,
    archive: Path,
    *,
    who: str,
    progress: Progress | None = None,
    premises: Premises | None = None,
    asking: bool = False,
) -> Run:
    """Plan a received run, or one that was planned before, on what the PBXs hold now.

    What this run has already made counts as made by its rows. The run goes to `rejected`, `unchanged`,
    `planned` or `held`; a second plan of an approved run that wants nothing but what is left of the approved one
    goes on to `approved` by itself (`rules/replan`). One that a person approved and that comes to something else is
    held, or stays `planned` where the person is there and is `asking`; its rows tell what they were.

    Raises `BackendError` when a PBX cannot be read, and `SheetError` when a file that was planned before would be
    refused now; the run stays as it was. `premises` remember what the plan was made of.
    """
    journal = Journal(store, run.id)
    attempt = run.attempt + 1
    seen = Attempts(store, run.id).first() if run.approved_checksum else None
    with store.transaction() as connection:
        journal.clear(connection, keep=run.attempt, seen=seen)
    noted = [found for found in journal.faults(run.attempt, whole_file=True) if found.code is FaultCode.LATE_FILE]
    left = _Left(journal.changes(None, ChangeStatus.PLANNED) if run.state in _UNFINISHED else ())
    sheet = sheet_file.open_sheet(archive / run.drop.path, feed)
    planning = Planner(sheet, feed, run.drop.sha256, find_made(journal) if run.attempt else None)
    for _ in journal.add_rows(attempt, planning.play_rows()):
        if progress is not None:
            progress(1)
    if run.expected is not None and not sheet.is_refused and sheet.rows != run.expected:
        sheet.faults.append(_row_count_fault(run, sheet.rows))
    if sheet.is_refused:
        if run.attempt:
            raise _refusal(run, sheet)
        return _reject(store, journal, run, sheet, who)
    journal.add_changes(attempt, left.note(planning.changes(journal.last_seq() + 1)))
    new = _judge(store, run, planning, left, seen, asking=asking and run.state is not State.HELD)
    if run.state is State.HELD and planning.checksum == run.checksum and new.holds == run.holds:
        with store.transaction() as connection:  # it waits with this plan already, and everybody was told of it
            journal.clear(connection, keep=run.attempt, seen=seen)
        return run
    # Outside the transaction: the PBX may take its time.
    new = new._replace(forecasts=planning.forecast())
    with store.transaction() as connection:
        journal.add_faults(connection, attempt, [*noted, *sheet.faults, *planning.warnings])
        if new.difference is not None:
            new.difference.note(connection, journal)
        _adopt(store, connection, run, planning, new, who)
    if run.attempt:  # else the first plan is all there is
        with store.transaction() as connection:
            journal.clear(connection, keep=attempt, seen=seen)
    run = store.get_run(run.id)
    if premises is not None and run.state in (State.PLANNED, State.APPROVED):
        premises.keep(run, planning.premises)
    return run


class _Judged(NamedTuple):
    """A new plan beside the one before it: where the run goes, and why."""

    state: State
    holds: tuple[Hold, ...]
    difference: Difference | None
    """From the plan that a person approved, where it is another."""
    affected: tuple[Affected, ...] = ()
    forecasts: tuple[PbxForecast, ...] = ()


def _judge(store: Store, run: Run, planning: Planner, left: _Left, seen: int | None, *, asking: bool) -> _Judged:
    begun, limits = planning.is_begun, planning.find_holds()
    unfinished = run.state in _UNFINISHED
    difference = Difference(store, run, seen, run.attempt + 1, begun=begun) if seen is not None else None
    if begun:
        same = left.is_only and (difference is None or not difference.count)
    else:
        same = planning.is_same(run.approved_checksum or (run.checksum if unfinished else ""), run.holds)
    if same or not planning.size:
        difference = None
    same = same and not planning.has_new_reasons(run.holds)
    if planning.size and (doubt := find_doubt(store, run)):
        limits, same = (limiting.restored_site(doubt.made, doubt.restored), *limits), False
    approved = unfinished or run.attempt > 1
    state = next_state(Replanned(approved, seen is not None, same, planning.size, bool(limits), asking))
    affected = planning.count_affected() if state is State.HELD else ()
    return _Judged(state, _holds(run, state, limits, difference), difference, affected)


def _holds(run: Run, state: State, limits: tuple[Hold, ...], difference: Difference | None) -> tuple[Hold, ...]:
    """Why the new plan waits. Where only this one goes over a limit, that is why, and no other reason is needed."""
    if state is not State.HELD or difference is None:
        return limits
    told = run.holds if run.state in _UNFINISHED else [hold for hold in run.holds if hold.kind == NOT_AS_APPROVED]
    return (difference.hold, *limits) if told or not limits else limits


def _adopt(store: Store, connection: sa.Connection, run: Run, planning: Planner, new: _Judged, who: str) -> None:
    """The plan is the run's from here on."""
    counts = ", ".join(f"{n} {outcome}" for outcome, n in planning.counts.items() if n) or "no rows"
    if run.state is not State.PLANNED:  # else nobody decided upon the plan before it, and nothing of it moves
        store.transition(connection, run.id, State.PLANNED, who=who, why=f"{planning.size} changes; {counts}")
    store.set_plan(
        connection,
        run.id,
        attempt=run.attempt + 1,
        checksum=planning.checksum,
        counts=planning.counts,
        holds=new.holds,
        affected=new.affected,
        forecasts=new.forecasts,
    )
    if new.state is not State.PLANNED:
        why = " ".join(hold.message for hold in new.holds) if new.state is State.HELD else _WHY[new.state]
        store.transition(connection, run.id, new.state, who=who, why=why)


_UNFINISHED = frozenset({State.INTERRUPTED, State.STALE})
"""States in which an approved plan was not carried out to its end."""

_WHY = {
    State.APPROVED: "what is left of the approved plan",
    State.UNCHANGED: "nothing has to change on any PBX",
}


def replay(store: Store, run: Run, feed: Feed, archive: Path, progress: Progress) -> Planner | None:
    """The plan that a run would have now; nothing is written. None if its file would be refused."""
    sheet = sheet_file.open_sheet(archive / run.drop.path, feed)
    planning = Planner(sheet, feed, run.drop.sha256, find_made(Journal(store, run.id)))
    for _ in planning.play_rows():
        progress(1)
    if sheet.is_refused:
        return None
    for _ in planning.changes():
        pass
    return planning


def _row_count_fault(run: Run, rows: int) -> Fault:
    return Fault(
        0,
        "",
        str(run.expected),
        FaultCode.ROW_COUNT,
        Severity.ERROR,
        f"The file's name promises {run.expected} rows; it has {rows}.",
        "It was cut off, or its producer counts otherwise: have it sent again.",
    )


def _refusal(run: Run, sheet: Sheet) -> SheetError:
    """The file is what it was, so what it is read by has changed; what was decided about the run stands."""
    error = next(f for f in sheet.faults if f.severity is Severity.ERROR)
    return SheetError(
        f"Run {run.id} was planned before, and now its file would be refused: {error.message}",
        remedy=f"Set the inbox {run.inbox} back to what it was then; the run continues by itself.",
    )


def _reject(store: Store, journal: Journal, run: Run, sheet: Sheet, who: str) -> Run:
    error = next(f for f in sheet.faults if f.severity is Severity.ERROR)
    nothing = {outcome.value: 0 for outcome in Outcome}
    with store.transaction() as connection:
        journal.add_faults(connection, run.attempt, sheet.faults)
        journal.clear(connection, keep=run.attempt)
        if run.state is State.RECEIVED:
            store.transition(connection, run.id, State.REJECTED, who=who, why=error.message, counts=nothing)
        else:  # a person had it read once more: it was held, and cannot be as if it had not been
            store.transition(connection, run.id, State.HELD, who=who, why="read once more")
            store.transition(connection, run.id, State.DISCARDED, who=who, why=error.message, counts=nothing)
    return store.get_run(run.id)


def find_made(journal: Journal) -> dict[str, dict[str, tuple[Holding, Holding]]]:
    """What a run has already made, by PBX and extension: from what to what."""
    found: dict[str, dict[str, tuple[Holding, Holding]]] = {}
    for change in journal.changes(None, ChangeStatus.DONE):
        of_pbx = found.setdefault(change.pbx, {})
        first = of_pbx.get(change.extension, (change.before, change.after))[0]
        of_pbx[change.extension] = (first, change.after)
    return found


class _Left:
    """Whether a new plan wants nothing but what is left of the approved one."""

    def __init__(self, approved: Iterable[Change]) -> None:
        self._approved = {change[1:] for change in approved}
        self.is_only = True

    def note(self, changes: Iterable[Change]) -> Iterator[Change]:
        for change in changes:
            self.is_only = self.is_only and change[1:] in self._approved
            yield change
