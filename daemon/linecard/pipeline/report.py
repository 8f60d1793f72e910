"""What is said about a run: the store's memory as a renderer reads it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import islice
from pathlib import PurePath

from linecard.errors import UnknownRun
from linecard.model.directory import Change
from linecard.model.follower import FollowerChange, FollowerSummary
from linecard.model.outcome import FINE, ChangeStatus, Outcome
from linecard.model.report import Headline, Line
from linecard.model.run import Event, Run, State
from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.pipeline.row_messages import RowMessages, add_earlier_changes, add_partial_changes
from linecard.rules import states
from linecard.rules.caveats import CAVEAT
from linecard.rules.forecasts import seconds_left
from linecard.rules.names import safe_name
from linecard.rules.sentences import (
    FOLLOWER_BEHIND,
    FOLLOWER_BEHIND_REMEDY,
    NOT_SENT_YET,
    TOOK_ITS_PLACE,
    headline,
)
from linecard.rules.wording import ENGLISH, Wording
from linecard.store.follower_changes import list_follower_changes, summarize_followers
from linecard.store.journal import Journal
from linecard.store.partial_changes import OrphanedChanges, PartialChanges
from linecard.store.row_codec import Packed, decode_row
from linecard.store.store import Store


class RunReport:
    """The report of a run (see `linecard.model.report.Report`).

    Of a run that has not been applied, rows that would be done are `planned`, or `skipped` if it was given up, and say
    what they would do; those that it has made all the same, before it was held, stopped or discarded, are `done`.
    `words` is the language of its reader.
    """

    def __init__(self, store: Store, run: Run, *, site: str, timezone: str, words: Wording = ENGLISH) -> None:
        again = words.translate_stored
        self.run = replace(
            run,
            holds=tuple(replace(hold, message=again(hold.message)) for hold in run.holds),
            forecasts=tuple(found._replace(notes=tuple(map(again, found.notes))) for found in run.forecasts),
        )
        self.site, self.timezone = site, timezone
        self._store, self._words = store, words
        self._journal = Journal(store, run.id)
        self._is_applied = run.state in states.SPOKEN
        self._unsent = states.pending_outcome(run.state)

    @cached_property
    def counts(self) -> Mapping[str, int]:
        return report_counts(self.run.counts, self.run.state, made=self._count_made_rows.total())

    @cached_property
    def _partial(self) -> PartialChanges:
        rows = self._journal.rows(self.run.attempt, sorted(_UNMADE)) if self._is_applied else ()
        wanted = {(effect.pbx, effect.extension) for _, verdict, _ in rows for effect in verdict.effects}
        return PartialChanges(self._store, self.run.id, self.run.attempt, wanted if self._is_applied else None)

    @cached_property
    def _count_made_rows(self) -> Counter[str]:
        """Rows that are made though the run was not applied, by code."""
        if self._is_applied or not self._partial.has_begun:
            return Counter()
        planned = self._journal.rows(self.run.attempt, [Outcome.DONE])
        return Counter(verdict.code for _, verdict, _ in planned if self._partial.is_made(verdict.effects))

    @cached_property
    def _forgotten_changes(self) -> OrphanedChanges:
        """What earlier plans have made and this one does not know of; a run with one plan has nothing of the kind."""
        if self.run.attempt < 2:
            return OrphanedChanges({})
        planned = self._journal.rows(self.run.attempt, [Outcome.DONE, *_UNMADE])
        return self._partial.orphans(verdict.effects for _, verdict, _ in planned)

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
        return sum(n for outcome, n in self.counts.items() if outcome not in FINE) if self._is_applied else 0

    @property
    def headline(self) -> Headline:
        said = headline(self.run, self.counts, self._words, begun=not self._is_applied and self.is_begun)
        newer = self._successor() if self.run.state is State.SUPERSEDED else None
        if newer is None:
            return said
        place = self._words(TOOK_ITS_PLACE).format(run=newer.id, file=newer.drop.name)
        return Headline(said.tone, said.title, place)

    def _successor(self) -> Run | None:
        """The run that took the place of a superseded one, while it is known: its event begins with the number."""
        whys = [event.why for event in self._store.events(self.run.id) if event.state is State.SUPERSEDED]
        found = re.match("run ([0-9]+) ", whys[-1]) if whys else None
        with suppress(UnknownRun):
            return self._store.get_run(int(found[1])) if found else None
        return None

    @property
    def seconds_left(self) -> float | None:
        """How long the changes that are left take at least; None where that is not known, or nothing is being made."""
        if self.run.state is not State.APPLYING or not self.run.forecasts:
            return None
        return seconds_left(self.run.forecasts, self._journal.count_left())

    @property
    def is_begun(self) -> bool:
        """Whether something was made, or may have been: the PBX could not say."""
        statuses = self._journal.tally().keys()
        return not statuses.isdisjoint({ChangeStatus.DONE, ChangeStatus.SENT, ChangeStatus.UNKNOWN})

    def _to_stored_outcomes(self, outcomes: Sequence[Outcome]) -> list[str]:
        """The outcomes as they are stored: before a run is applied its rows still say `done`."""
        if self._is_applied or not outcomes:
            return list(outcomes)
        stored = [o.value for o in outcomes if o is not Outcome.DONE]
        planned = self._unsent in outcomes or (Outcome.DONE in outcomes and self._partial.has_begun)
        return [*stored, Outcome.DONE.value] if planned else stored or ["-"]

    def lines(self, *outcomes: Outcome, codes: tuple[str, ...] = (), limit: int | None = None) -> Iterator[Line]:
        sorted_out = (
            outcomes and not self._is_applied and self._partial.has_begun
        )  # `done` is stored of made and not made
        most = None if sorted_out else limit
        pages = self._journal.pages(self.run.attempt, self._to_stored_outcomes(outcomes), codes, most)
        said = self._put_in_words(pages, self.run.state)
        return islice((line for line in said if line.outcome in outcomes), limit) if sorted_out else said

    def preview(self) -> Iterator[Line]:
        """Rows as `linecard plan` shows them: what would be done is said to be, though nothing was yet."""
        return self._put_in_words(self._journal.pages(self.run.attempt), None)

    @cached_property
    def followers(self) -> Sequence[FollowerSummary]:
        return summarize_followers(self._store, self.run.id)

    @cached_property
    def _behind(self) -> Mapping[tuple[str, str], list[FollowerChange]]:
        """What followers do not have yet, by PBX and extension."""
        found: dict[tuple[str, str], list[FollowerChange]] = {}
        for owed in list_follower_changes(self._store, run_id=self.run.id) if self.followers else ():
            if owed.is_open:
                found.setdefault((owed.change.pbx, owed.change.extension), []).append(owed)
        return found

    def _warn_of_followers(self, page: Sequence[Packed], faults: dict[int, list[Fault]]) -> None:
        """Warnings beside the rows of which a follower lacks something."""
        for packed in page:
            row, verdict, _ = decode_row(packed)
            for effect in verdict.effects if verdict.outcome is Outcome.DONE else ():
                for owed in self._behind.get((effect.pbx, effect.extension), ()):
                    faults.setdefault(row.line, []).append(self._describe_owed(row.line, owed))

    def _describe_owed(self, line: int, owed: FollowerChange) -> Fault:
        why = (owed.words or self._words(NOT_SENT_YET)).rstrip(".")
        facts = {"follower": owed.follower, "extension": owed.change.extension, "words": why, "pbx": owed.change.pbx}
        message = self._words(FOLLOWER_BEHIND).format(**facts)
        remedy = self._words(FOLLOWER_BEHIND_REMEDY).format(**facts)
        code, severity = FaultCode.FOLLOWER_BEHIND, Severity.WARNING
        return Fault(line, "", owed.change.extension, code, severity, message, remedy)

    def _put_in_words(self, pages: Iterator[Sequence[Packed]], state: State | None) -> Iterator[Line]:
        tell = RowMessages(state, self._words)
        # Where all went well, or nothing was begun, no row need be looked at twice.
        everywhere = bool(self._forgotten_changes) or (not self._is_applied and self._partial.has_begun)
        here = any(map(self.counts.get, _UNMADE)) if self._is_applied else False
        for page in pages:
            kept = self._journal.faults_of(self.run.attempt, [packed[0] for packed in page])
            faults = {at: list(self._again(found)) for at, found in kept.items()}
            if self._behind:
                self._warn_of_followers(page, faults)
            in_parts = everywhere or (here and any(packed[6] in _UNMADE_AS_STORED for packed in page))
            yield from self._add_changes(tell, page, faults) if in_parts else tell(page, faults)

    def _add_changes(
        self, tell: RowMessages, page: Sequence[Packed], faults: Mapping[int, list[Fault]]
    ) -> Iterator[Line]:
        """What is said of each row where some are made and others are not, or not wholly."""
        tell_made = RowMessages(State.APPLIED, self._words)
        for packed, line in zip(page, tell(page, faults), strict=True):
            if self._is_applied and line.outcome not in _UNMADE and not self._forgotten_changes:
                yield line
                continue
            row, verdict, _ = decode_row(packed)
            said = line
            if not self._is_applied and verdict.outcome is Outcome.DONE and self._partial.is_made(verdict.effects):
                (said,) = tell_made([packed], faults)
            elif line.outcome in _UNMADE:
                said = add_partial_changes(line, self._partial.changed_effects(verdict.effects), self._words)
            before = list(self._forgotten_changes.effects_for(row)) if self._forgotten_changes else ()
            yield add_earlier_changes(said, before, self._words) if before else said

    def count(self, *outcomes: Outcome, codes: tuple[str, ...] = ()) -> int:
        count = self._journal.count(self.run.attempt, self._to_stored_outcomes(outcomes), codes)
        if self._is_applied or not outcomes or not self._partial.has_begun:
            return count
        made = sum(n for code, n in self._count_made_rows.items() if not codes or code in codes)
        if self._unsent not in outcomes:  # what was planned as done was counted for those that are made
            planned = self._journal.count(self.run.attempt, [Outcome.DONE], codes)
            return count - (planned - made if Outcome.DONE in outcomes else 0)
        return count if Outcome.DONE in outcomes else count - made

    def faults(self, *, whole_file: bool = False) -> Iterator[Fault]:
        return self._again(self._journal.faults(self.run.attempt, whole_file=whole_file))

    def caveats(self) -> Iterator[Fault]:
        """What the PBXs said of the changes, and what these left as it was."""
        return self._again(self._journal.faults(self.run.attempt, code=CAVEAT))

    def _again(self, faults: Iterable[Fault]) -> Iterator[Fault]:
        """Faults were kept as they were found, in English."""
        if self._words is ENGLISH:
            return iter(faults)
        again = self._words.translate_stored
        return (fault._replace(message=again(fault.message), remedy=again(fault.remedy)) for fault in faults)

    def changes(self) -> Iterator[Change]:
        return (change for change in self._journal.net_changes() if change.before != change.after)

    def lost_numbers(self) -> Iterator[Change]:
        ended = self.run.state in states.FINAL  # then what was not made will not be
        statuses = (ChangeStatus.DONE,) if ended else (ChangeStatus.DONE, ChangeStatus.PLANNED)
        return self._journal.lost_numbers(*statuses)

    def events(self) -> Iterator[Event]:
        return iter(self._store.events(self.run.id))


_UNMADE = frozenset({Outcome.FAILED, Outcome.UNKNOWN, Outcome.SKIPPED, Outcome.PLANNED})
"""Outcomes of rows that were to be done, of which a part may be made."""
_UNMADE_AS_STORED = frozenset(outcome.value for outcome in _UNMADE)


def report_counts(counts: Mapping[str, int], state: str, *, made: int = 0) -> dict[str, int]:
    """Rows by outcome as a report shows them: before a run is applied, what would be done is planned, or skipped if it
    was given up, but for the rows that are `made` already."""
    shown = {outcome.value: counts.get(outcome, 0) for outcome in Outcome}
    if state not in states.SPOKEN:
        unsent = states.pending_outcome(state).value
        shown[unsent], shown["done"] = shown[unsent] + shown["done"] - made, made
    return shown


def outcome_counts(store: Store, run: Run) -> Mapping[str, int]:
    """Rows by what became of them, whatever the state of their run."""
    return RunReport(store, run, site="", timezone="UTC").counts


def report_path(run_id: int, created: datetime, inbox: str, file: str) -> str:
    """Where the report of a run is filed, below the folder `reports`, without the suffix of a format."""
    stem = safe_name(PurePath(file).stem, 60)
    return f"{created:%Y}/{created:%m}/{run_id:06d}-{safe_name(inbox)}-{stem}"
