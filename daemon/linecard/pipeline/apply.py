"""Apply: the changes of an approved plan, each intended before it is made and read back after."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from itertools import islice
from time import monotonic

from linecard.errors import BackendError, BackendFault
from linecard.infrastructure.plugin_faults import name_plugin_faults
from linecard.model.directory import VACANT, Change, Holding, Scope
from linecard.model.outcome import ChangeStatus, Code, Result
from linecard.model.run import Run, State
from linecard.pipeline.feed import Pbx
from linecard.pipeline.plan import Progress
from linecard.pipeline.settlement import end_run
from linecard.store.journal import PAGE, Journal
from linecard.store.store import Store

GROUP = 1000
"""Results that are read back and committed together; more where the PBX has taken more before it answered."""
MOST = 5 * GROUP
"""Results that are committed together at most."""
SECONDS = 5.0
"""Results of a slow PBX are read back and committed after this time, however few they are; or after ten times as long
as that took the last time."""

Checkpoint = Callable[[], bool]
"""Asked before each change is handed out; true means: stop here, at a safe point."""


def begin_run(store: Store, run: Run, *, who: str) -> list[str]:
    """Say that an approved run is being applied; the PBXs that have changes to make, each to be given to `send`."""
    with store.transaction() as connection:
        store.transition(connection, run.id, State.APPLYING, who=who, why=f"attempt {run.attempt}")
    return Journal(store, run.id).pbxs(ChangeStatus.PLANNED)


def send_changes(
    store: Store,
    run: Run,
    pbx: Pbx,
    *,
    progress: Progress | None = None,
    stop: Checkpoint = lambda: False,
) -> str:
    """Make a run's changes on one PBX; may be done for several PBXs at once.

    The answer is empty, or why the PBX stopped answering. What was under way and what is left are then as they were:
    the PBX can be asked again later, or be given up (`give_up`).
    """
    return _Lane(store, Journal(store, run.id), pbx, progress, stop).send()


def abandon_pbx(store: Store, run: Run, pbx: Pbx, words: str) -> None:
    """A PBX stopped answering: ask it once more what was made; what it cannot tell stays unknown."""
    journal = Journal(store, run.id)
    with suppress(BackendError):  # what it could not tell is marked below
        read_back(store, journal, pbx, words, failed=ChangeStatus.PLANNED)
    with store.transaction() as connection:
        journal.settle_pbx(connection, pbx.name, ChangeStatus.SENT, ChangeStatus.UNKNOWN, Code.IN_DOUBT, words)
        journal.settle_pbx(connection, pbx.name, ChangeStatus.PLANNED, ChangeStatus.PLANNED, Code.PBX_DOWN, words)


def abandon_run(store: Store, run: Run, words: str, *, who: str) -> Run:
    """End a run of which a part may be made and whose PBX cannot be read to plan the rest: that is skipped."""
    journal = Journal(store, run.id)
    left = journal.pbxs(ChangeStatus.PLANNED, ChangeStatus.STALE)
    with store.transaction() as connection:
        journal.clear(connection, keep=run.attempt)  # what the plans that failed have written
        for name in left:
            for status in (ChangeStatus.PLANNED, ChangeStatus.STALE):
                journal.settle_pbx(connection, name, status, ChangeStatus.PLANNED, Code.PBX_DOWN, words)
        for state in (State.PLANNED, State.APPROVED, State.APPLYING):
            store.transition(connection, run.id, state, who=who, why="given up: the rest cannot be planned again")
    return end_run(store, journal, store.get_run(run.id), who=who)


def finish_run(store: Store, run: Run, *, who: str, stopped: bool = False) -> Run:
    """When no change is under way any more, the run ends; or waits for the next start, if it was `stopped`."""
    if stopped:
        with store.transaction() as connection:
            store.transition(connection, run.id, State.INTERRUPTED, who=who, why="asked to stop")
        return store.get_run(run.id)
    return end_run(store, Journal(store, run.id), run, who=who)


class _Lane:
    """The changes of one run on one PBX."""

    def __init__(self, store: Store, journal: Journal, pbx: Pbx, progress: Progress | None, stop: Checkpoint) -> None:
        self._store, self._journal, self._pbx = store, journal, pbx
        self._progress, self._stop = progress, stop
        self._taken = 0

    def send(self) -> str:
        results: list[Result] = []
        answered, since, patience = 0, monotonic(), SECONDS
        try:
            with name_plugin_faults(BackendFault):
                for result in self._pbx.backend.apply(self._intend()):
                    if not results:
                        since = monotonic()
                    results.append(result)
                    answered += 1
                    several = len(results) >= GROUP and (answered == self._taken or len(results) >= MOST)
                    waited = monotonic() - since
                    if several or waited >= patience:
                        self._commit(results)
                        results = []
                        patience = max(SECONDS, 10 * (monotonic() - since - waited))
                self._commit(results)
                results = []
                read_back(self._store, self._journal, self._pbx, "it said nothing of it", failed=ChangeStatus.FAILED)
        except BackendError as error:
            self._record([(r, _code(r.status)) for r in results if r.status is not ChangeStatus.DONE])
            return f"{error} {error.remedy}" if isinstance(error, BackendFault) else str(error)
        return ""

    def _intend(self) -> Iterator[Change]:
        """The changes to make; before one is handed out, the intent to make it and many after it is on disk.

        Asked to stop, it takes back the intents to make those that it has not handed out.
        """
        changes = self._journal.changes(self._pbx.name, ChangeStatus.PLANNED)
        while page := list(islice(changes, PAGE)):
            # Order (intend): the intent is on disk before the backend sees the change. Handed out first, a kill leaves
            # a change made that the journal calls planned, and it is made again. Shown by
            # tests/acceptance/test_killed.py::test_killed_at_every_statement_and_file_operation.
            self._mark(page, ChangeStatus.SENT)
            for n, change in enumerate(page):
                if self._stop():
                    self._mark(page[n:], ChangeStatus.PLANNED)
                    return
                self._taken += 1
                yield change

    def _mark(self, changes: list[Change], status: ChangeStatus) -> None:
        with self._store.transaction() as connection:
            self._journal.mark(connection, changes, status)

    def _commit(self, results: list[Result]) -> None:
        """Read back what the PBX says is done, then remember what became of it."""
        if not results:
            return
        # Order (read back): what the PBX holds is read before a change is remembered as done. Remembered first, the yes
        # of a PBX that did nothing stands for good when it cannot be asked, or linecard is killed, before the reading.
        # Shown by tests/integration/test_troubles.py::test_a_yes_counts_for_nothing_until_it_is_read_back; that nothing
        # is read at all, by test_it_is_found_out there.
        now = self._read_holdings({r.change.extension for r in results if r.status is ChangeStatus.DONE})
        seen = [
            r.status is ChangeStatus.DONE and now.get(r.change.extension, VACANT) == r.change.after for r in results
        ]
        last = {} if all(seen) else {r.change.extension: r.change.seq for r in results}
        self._record(
            [
                (r, "") if as_told else self._confirm(r, now, final=last[r.change.extension] == r.change.seq)
                for r, as_told in zip(results, seen, strict=True)
            ]
        )
        if self._progress is not None:
            self._progress(len(results))

    def _confirm(self, result: Result, now: Mapping[str, Holding], *, final: bool) -> tuple[Result, str]:
        if result.status is not ChangeStatus.DONE:
            return result, _code(result.status)
        held = now.get(result.change.extension, VACANT)
        if not final or self._journal.has_later_change(result.change):
            return result, ""
        return result._replace(
            status=ChangeStatus.FAILED, words=f"it shows {describe_holding(held)}"
        ), Code.NOT_READ_BACK

    def _read_holdings(self, extensions: set[str]) -> dict[str, Holding]:
        if not extensions:
            return {}
        entries = self._pbx.backend.fetch(Scope(extensions=frozenset(extensions)))
        return {extension: Holding(member, numbers) for extension, member, numbers in entries}

    def _record(self, results: list[tuple[Result, str]]) -> None:
        if results:
            with self._store.transaction() as connection:
                self._journal.record(connection, results, self._pbx.follower_names)


def read_back(store: Store, journal: Journal, pbx: Pbx, words: str, *, failed: ChangeStatus) -> None:
    """Find out what became of changes that were sent and whose result is not known.

    Made, or taken on by a later change: done. Not made: `failed`. Something else: stale. Raises `BackendError`
    when the PBX cannot be asked; they stay in doubt then.
    """
    chains: dict[str, list[Change]] = {}
    for change in journal.changes(pbx.name, ChangeStatus.SENT):
        chains.setdefault(change.extension, []).append(change)
    names = list(chains)
    for some in (names[i : i + GROUP] for i in range(0, len(names), GROUP)):
        entries = pbx.backend.fetch(Scope(extensions=frozenset(some)))
        now = {e.extension: e.holding for e in entries}
        results = [found for name in some for found in _judge(chains[name], now, words, failed)]
        with store.transaction() as connection:
            journal.record(connection, sorted(results, key=lambda pair: pair[0].change.seq), pbx.follower_names)


def _judge(
    chain: list[Change], now: Mapping[str, Holding], words: str, failed: ChangeStatus
) -> Iterator[tuple[Result, str]]:
    """What became of one extension's changes, in order: all up to the one whose result is seen were made."""
    held = now.get(chain[0].extension, VACANT)
    made = max((i for i, change in enumerate(chain) if change.after == held), default=-1)
    for i, change in enumerate(chain):
        if i <= made:
            yield Result(change, ChangeStatus.DONE), ""
        elif made >= 0 or held == chain[0].before:
            yield Result(change, failed, words), Code.PBX_REFUSED if failed is ChangeStatus.FAILED else ""
        else:
            yield Result(change, ChangeStatus.STALE, f"it shows {describe_holding(held)}"), Code.PBX_MOVED


def describe_holding(held: Holding) -> str:
    """A holding in words."""
    who = held.member or "nobody"
    return f"{who}, number{'s' if len(held.numbers) > 1 else ''} {', '.join(held.numbers)}" if held.numbers else who


def _code(status: ChangeStatus) -> str:
    return {ChangeStatus.FAILED: Code.PBX_REFUSED, ChangeStatus.STALE: Code.PBX_MOVED}.get(status, Code.IN_DOUBT)
