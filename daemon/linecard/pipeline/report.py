"""What is said about a run: the store's memory as a renderer reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import PurePath

from linecard.model.directory import Change
from linecard.model.outcome import FINE, Fate, Outcome
from linecard.model.report import Headline, Line
from linecard.model.run import Event, Run, State
from linecard.model.sheet import Fault
from linecard.pipeline.telling import Telling
from linecard.rules import states
from linecard.rules.names import safe_name
from linecard.rules.sentences import headline
from linecard.rules.wording import ENGLISH, Wording
from linecard.store.attempts import Attempts
from linecard.store.journal import Journal
from linecard.store.packed import Packed
from linecard.store.store import Store


class RunReport:
    """The report of a run (see `linecard.model.report.Report`).

    Of a run that has not been applied, rows that would be done are `skipped`, and say what they would do. `words`
    is the language of its reader.
    """

    def __init__(self, store: Store, run: Run, *, site: str, timezone: str, words: Wording = ENGLISH) -> None:
        self.run = replace(run, holds=tuple(replace(hold, message=words.again(hold.message)) for hold in run.holds))
        self.site, self.timezone = site, timezone
        self._store, self._words = store, words
        self._journal = Journal(store, run.id)
        self._applied = run.state in states.SPOKEN
        self.counts: Mapping[str, int] = shown_counts(run.counts, applied=self._applied)

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def path(self) -> str:
        """By the month in which the run began, under a name that tells run, inbox and file."""
        return report_path(self.run.id, self.run.created, self.run.inbox, self.run.drop.name)

    @property
    def to_retry(self) -> int:
        """Of a run that was not applied there is nothing to send again: its rows still wait, or were decided upon."""
        return sum(n for outcome, n in self.counts.items() if outcome not in FINE) if self._applied else 0

    @property
    def headline(self) -> Headline:
        begun = self.run.attempt > 1 and Attempts(self._store, self.run.id).sent() > 0
        return headline(self.run, self.counts, self._words, begun=begun)

    def _stored(self, outcomes: Sequence[Outcome]) -> list[str]:
        """The outcomes as they are stored: before a run is applied its rows still say `done`."""
        if self._applied or not outcomes:
            return list(outcomes)
        stored = [o.value for o in outcomes if o is not Outcome.DONE]
        return [*stored, Outcome.DONE.value] if Outcome.SKIPPED in outcomes else stored or ["-"]

    def lines(self, *outcomes: Outcome, codes: tuple[str, ...] = (), limit: int | None = None) -> Iterator[Line]:
        pages = self._journal.pages(self.run.attempt, self._stored(outcomes), codes, limit)
        return self._said(pages, self.run.state)

    def preview(self) -> Iterator[Line]:
        """Rows as `linecard plan` shows them: what would be done is said to be, though nothing was yet."""
        return self._said(self._journal.pages(self.run.attempt), None)

    def _said(self, pages: Iterator[Sequence[Packed]], state: State | None) -> Iterator[Line]:
        tell = Telling(state, self._words)
        for page in pages:
            faults = self._journal.faults_of(self.run.attempt, [packed[0] for packed in page])
            yield from tell(page, {at: list(self._again(found)) for at, found in faults.items()})

    def count(self, *outcomes: Outcome, codes: tuple[str, ...] = ()) -> int:
        return self._journal.count(self.run.attempt, self._stored(outcomes), codes)

    def faults(self, *, whole_file: bool = False) -> Iterator[Fault]:
        return self._again(self._journal.faults(self.run.attempt, whole_file=whole_file))

    def _again(self, faults: Iterable[Fault]) -> Iterator[Fault]:
        """Faults were kept as they were found, in English."""
        if self._words is ENGLISH:
            return iter(faults)
        again = self._words.again
        return (fault._replace(message=again(fault.message), hint=again(fault.hint)) for fault in faults)

    def changes(self) -> Iterator[Change]:
        return (change for change in self._journal.net_changes() if change.before != change.after)

    def lost_numbers(self) -> Iterator[Change]:
        fates = (Fate.DONE,) if self._applied else (Fate.DONE, Fate.PLANNED)
        return self._journal.lost_numbers(*fates)

    def events(self) -> Iterator[Event]:
        return iter(self._store.events(self.run.id))


def shown_counts(counts: Mapping[str, int], *, applied: bool) -> dict[str, int]:
    """Rows by outcome as a report shows them: before a run is applied, what would be done is skipped."""
    shown = {outcome.value: counts.get(outcome, 0) for outcome in Outcome}
    if not applied:
        shown["skipped"], shown["done"] = shown["skipped"] + shown["done"], 0
    return shown


def report_path(run_id: int, created: datetime, inbox: str, file: str) -> str:
    """Where the report of a run is filed, below the folder `reports`, without the suffix of a format."""
    stem = safe_name(PurePath(file).stem, 60)
    return f"{created:%Y}/{created:%m}/{run_id:06d}-{safe_name(inbox)}-{stem}"
