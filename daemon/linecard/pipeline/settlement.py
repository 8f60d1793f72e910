"""Settlement: when no change is under way any more, every row gets its outcome and the run its end."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import islice
from typing import NamedTuple

from linecard.model.directory import Change
from linecard.model.outcome import FINE, ChangeStatus, Code, Outcome, Verdict
from linecard.model.run import Run, State
from linecard.model.sheet import Row
from linecard.store.attempts import Attempts
from linecard.store.journal import Journal
from linecard.store.store import Store

MOST_ATTEMPTS = 3
"""How often a run is planned anew because the PBX moved under it, before what is left is reported as failed."""

_CHUNK = 100_000
_OUTCOMES = {ChangeStatus.UNKNOWN: Outcome.UNKNOWN, ChangeStatus.PLANNED: Outcome.SKIPPED}


class _Unmade(NamedTuple):
    change: Change
    outcome: Outcome
    code: str
    words: str


def end_run(store: Store, journal: Journal, run: Run, *, who: str) -> Run:
    """Give rows whose changes did not come true their real outcome, and end the run."""
    tally = journal.tally(run.attempt)
    stale = tally.get(ChangeStatus.STALE, 0)  # those of earlier attempts were planned again
    if stale and Attempts(store, run.id).count_sent() < MOST_ATTEMPTS:
        with store.transaction() as connection:
            store.transition(
                connection,
                run.id,
                State.STALE,
                who=who,
                why=f"{stale} extensions were changed on the PBX",
            )
        return store.get_run(run.id)
    complete = tally.keys() <= {ChangeStatus.DONE}
    if not complete:
        for unmade in _chunks(journal, run.attempt):
            _correct(store, journal, run, unmade)
    with store.transaction() as connection:
        counts = journal.counts(run.attempt, connection)
        fine = sum(counts[outcome] for outcome in FINE)
        done = complete and fine == sum(counts.values())
        why = f"{journal.tally().get(ChangeStatus.DONE, 0)} changes made"
        store.transition(connection, run.id, State.APPLIED if done else State.PARTIAL, who=who, why=why, counts=counts)
    return store.get_run(run.id)


def _chunks(journal: Journal, attempt: int) -> Iterator[dict[tuple[str, str], _Unmade]]:
    """Changes that were not made, by PBX and extension, in portions that fit into memory."""
    unmade = journal.unmade_changes(attempt)
    while some := list(islice(unmade, _CHUNK)):
        yield {
            (c.pbx, c.extension): _Unmade(c, _OUTCOMES.get(status, Outcome.FAILED), code or Code.INTERRUPTED, words)
            for c, status, code, words in some
        }


def _correct(store: Store, journal: Journal, run: Run, unmade: Mapping[tuple[str, str], _Unmade]) -> None:
    stored = journal.rows(run.attempt, sorted(FINE))
    while page := list(
        islice(
            ((row.line, found) for row, verdict, _ in stored if (found := _find_missed(row, verdict, unmade))),
            1000,
        )
    ):
        with store.transaction() as connection:
            for line, (change, outcome, code, words) in page:
                journal.correct(connection, run.attempt, line, outcome, code, change.extension, words)


def _find_missed(row: Row, verdict: Verdict, unmade: Mapping[tuple[str, str], _Unmade]) -> _Unmade | None:
    """The change that this row needed and that was not made; the worst, if several."""
    if verdict.outcome is Outcome.DONE:
        missed = [unmade[key] for e in verdict.effects if (key := (e.pbx, e.extension)) in unmade]
        return min(missed, key=lambda m: _WORST.index(m.outcome), default=None)
    for effect in verdict.effects[:1]:
        found = unmade.get((effect.pbx, effect.extension))
        if found is not None and found.change.before.member != row.member:
            return found  # it "was already so" only thanks to an earlier row
    return None


_WORST = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED)
