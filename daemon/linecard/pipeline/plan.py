"""Plan: a run's sheet is checked and planned, and the plan is remembered."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from linecard.errors import SheetError
from linecard.model.directory import Change, Holding
from linecard.model.outcome import Fate, Outcome
from linecard.model.run import Run, State
from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.pipeline import opening
from linecard.pipeline.places import Inbox
from linecard.pipeline.planning import Planning
from linecard.rules.check import Sheet
from linecard.store.journal import Journal
from linecard.store.store import Store

Progress = Callable[[int], None]
"""Told how many rows or changes were done since it was last told."""


def plan(store: Store, run: Run, inbox: Inbox, archive: Path, *, who: str, progress: Progress | None = None) -> Run:
    """Plan a received run, or one that was interrupted or went stale, on what the PBXs hold now.

    What this run has already made counts as made by its rows. The run goes to `rejected`, `unchanged`,
    `planned` or `held`; a second plan of an approved run that wants nothing but what is left of the approved one
    goes on to `approved` by itself. Raises `BackendError` when a PBX cannot be read, and `SheetError` when a file that
    was planned before would be refused now; the run stays as it was.
    """
    journal = Journal(store, run.id)
    attempt = run.attempt + 1
    with store.transaction() as connection:
        journal.clear(connection, keep=run.attempt)
    approved = journal.changes(None, Fate.PLANNED) if run.state in (State.INTERRUPTED, State.STALE) else ()
    sheet = opening.sheet(archive / run.drop.path, inbox)
    planning = Planning(sheet, inbox, run.drop.sha256, made(journal) if run.attempt else None)
    for _ in journal.add_rows(attempt, planning.rows()):
        if progress is not None:
            progress(1)
    if run.expected is not None and not sheet.refused and sheet.rows != run.expected:
        sheet.faults.append(_miscounted(run, sheet.rows))
    if sheet.refused:
        if run.state is not State.RECEIVED:
            raise _refused_now(run, sheet)
        return _rejected(store, journal, run, sheet, who)
    left = _Left(approved)
    journal.add_changes(attempt, left.watched(planning.changes(journal.last_seq() + 1)))
    holds = planning.holds()
    with store.transaction() as connection:
        journal.add_faults(connection, attempt, sheet.faults)
        counts = ", ".join(f"{n} {outcome}" for outcome, n in planning.counts.items() if n) or "no rows"
        if (
            run.state is not State.PLANNED
        ):  # else it was killed after it had been planned again, and nothing of it moves
            store.move(connection, run.id, State.PLANNED, who=who, why=f"{planning.size} changes; {counts}")
        store.planned(
            connection,
            run.id,
            attempt=attempt,
            digest=planning.digest,
            counts=planning.counts,
            holds=holds,
        )
        if run.attempt and left.only:  # also where nothing is left
            store.move(connection, run.id, State.APPROVED, who=who, why="what is left of the approved plan")
        elif holds:
            store.move(connection, run.id, State.HELD, who=who, why=" ".join(hold.message for hold in holds))
        elif not planning.size and not run.attempt:
            store.move(connection, run.id, State.UNCHANGED, who=who, why="nothing has to change on any PBX")
    if run.attempt:  # else the first plan is all there is
        with store.transaction() as connection:
            journal.clear(connection, keep=attempt)
    return store.run(run.id)


def _miscounted(run: Run, rows: int) -> Fault:
    return Fault(
        0,
        "",
        str(run.expected),
        FaultCode.ROW_COUNT,
        Severity.ERROR,
        f"The file was said to have {run.expected} rows; it has {rows}.",
        "It was cut off, or its producer counts otherwise: have it sent again, or correct `pattern` on the inbox.",
    )


def _refused_now(run: Run, sheet: Sheet) -> SheetError:
    """The file is what it was, so what it is read by has changed; what was decided about the run stands."""
    error = next(f for f in sheet.faults if f.severity is Severity.ERROR)
    return SheetError(
        f"Run {run.id} was planned before, and now its file would be refused: {error.message}",
        remedy=f"Set the inbox {run.inbox} back to what it was then; the run goes on by itself.",
    )


def _rejected(store: Store, journal: Journal, run: Run, sheet: Sheet, who: str) -> Run:
    error = next(f for f in sheet.faults if f.severity is Severity.ERROR)
    nothing = {outcome.value: 0 for outcome in Outcome}
    with store.transaction() as connection:
        journal.add_faults(connection, run.attempt, sheet.faults)
        journal.clear(connection, keep=run.attempt)
        store.move(connection, run.id, State.REJECTED, who=who, why=error.message, counts=nothing)
    return store.run(run.id)


def made(journal: Journal) -> dict[str, dict[str, tuple[Holding, Holding]]]:
    """What a run has already made, by PBX and extension: from what to what."""
    found: dict[str, dict[str, tuple[Holding, Holding]]] = {}
    for change in journal.changes(None, Fate.DONE):
        of_pbx = found.setdefault(change.pbx, {})
        first = of_pbx.get(change.extension, (change.before, change.after))[0]
        of_pbx[change.extension] = (first, change.after)
    return found


class _Left:
    """Whether a new plan wants nothing but what is left of the approved one."""

    def __init__(self, approved: Iterable[Change]) -> None:
        self._approved = {change[1:] for change in approved}
        self.only = True

    def watched(self, changes: Iterable[Change]) -> Iterator[Change]:
        for change in changes:
            self.only = self.only and change[1:] in self._approved
            yield change
