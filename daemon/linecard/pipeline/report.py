"""What is said about a run: the store's memory as a renderer reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import PurePath

from linecard.model.directory import Change
from linecard.model.outcome import FINE, Code, Effect, Outcome, Verdict
from linecard.model.report import Headline, Line
from linecard.model.run import Event, Run, State
from linecard.model.sheet import Fault, Row, Severity
from linecard.rules import states
from linecard.rules.names import safe_name
from linecard.rules.sentences import AND, NOBODY, THE_PBX, decision, headline, number_taken, sentence, wanted
from linecard.rules.wording import ENGLISH, Wording
from linecard.store.journal import PAGE, Journal, StoredRow
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
        return headline(self.run, self.counts, self._words)

    def _stored(self, outcomes: Sequence[Outcome]) -> list[str]:
        """The outcomes as they are stored: before a run is applied its rows still say `done`."""
        if self._applied or not outcomes:
            return list(outcomes)
        stored = [o.value for o in outcomes if o is not Outcome.DONE]
        return [*stored, Outcome.DONE.value] if Outcome.SKIPPED in outcomes else stored or ["-"]

    def lines(self, *outcomes: Outcome, codes: tuple[str, ...] = (), limit: int | None = None) -> Iterator[Line]:
        return self._said(self._journal.rows(self.run.attempt, self._stored(outcomes), codes, limit), self.run.state)

    def preview(self) -> Iterator[Line]:
        """Rows as `linecard plan` shows them: what would be done is said to be, though nothing was yet."""
        return self._said(self._journal.rows(self.run.attempt), None)

    def _said(self, stored: Iterator[StoredRow], state: State | None) -> Iterator[Line]:
        while page := list(islice(stored, PAGE)):
            faults = self._journal.faults_of(self.run.attempt, [row.line for row, _, _ in page])
            for row, verdict, said in page:
                found = list(self._again(faults[row.line])) if row.line in faults else ()
                yield line(row, verdict, said, found, state=state, words=self._words)

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


def line(
    row: Row,
    verdict: Verdict,
    said: str,
    faults: Sequence[Fault],
    *,
    state: State | None = None,
    words: Wording = ENGLISH,
) -> Line:
    """What is said of one row; `said` are the PBX's words, `faults` those of the row, `state` that of its run.

    Without a run, in a preview, a row that would be done keeps that outcome and says what would happen.
    """
    effects = verdict.effects
    outcome, code = verdict.outcome, verdict.code
    if outcome is Outcome.INVALID:
        errors = [f for f in faults if f.severity is Severity.ERROR]
        message = " ".join(f.message for f in errors)
        remedy = " ".join(dict.fromkeys(f.hint for f in errors if f.hint))
    else:
        facts = _facts(row, verdict, said, words)
        message, remedy = sentence(code, facts, words)
        if outcome is Outcome.DONE and state is None:
            message = f"{_wanted(row, verdict, facts, words)}."
        elif outcome is Outcome.DONE and state not in states.SPOKEN:
            outcome = Outcome.SKIPPED
            facts = {"wanted": _wanted(row, verdict, facts, words), "decision": decision(state, words)}
            message, remedy = sentence(Code.NOT_APPLIED, facts, words)
        elif outcome is Outcome.DONE and len(effects) > 1:
            message = "; ".join((message.removesuffix("."), *_numbers_taken(row, verdict, words, done=True))) + "."
    main = effects[0] if effects else None
    after = None if main is None else (main.after if outcome in (Outcome.DONE, Outcome.UNCHANGED) else main.before)
    return Line(
        row.line,
        row.action,
        row.member,
        row.pbx,
        row.extension,
        row.number,
        outcome,
        code,
        message,
        remedy,
        main.before if main is not None else None,
        after,
        effects[1:] if outcome is Outcome.DONE else (),
        tuple(f for f in faults if f.severity is Severity.WARNING) if faults else (),
    )


def _facts(row: Row, verdict: Verdict, said: str, words: Wording) -> dict[str, str]:
    pbx, extension, holder, lost = row.pbx, row.extension, verdict.holder, ""
    if effects := verdict.effects:
        named, member = effects[0], row.member
        pbx, extension, holder = pbx or named.pbx, extension or named.extension, holder or named.before.member or ""
        freed = [e for e in effects if e.before.member == member != e.after.member]
        lost = f" {words(AND)} ".join([_named(e, row) for e in freed]) if freed else ""
    return {
        "member": row.member,
        "extension": extension,
        "pbx": pbx or words(THE_PBX),
        "number": row.number,
        "holder": holder or words(NOBODY),
        "other": verdict.other,
        "freed": lost,
        "lost": lost,
        "words": said.rstrip("."),
    }


def _wanted(row: Row, verdict: Verdict, facts: Mapping[str, str], words: Wording) -> str:
    return "; ".join((wanted(verdict.code, facts, words), *_numbers_taken(row, verdict, words, done=False)))


def _numbers_taken(row: Row, verdict: Verdict, words: Wording, *, done: bool) -> Iterator[str]:
    """The row's number left an extension that is not the member's own: whoever answers there must read it."""
    for effect in verdict.effects[1:]:
        was = effect.before
        if row.number and was.number == row.number != effect.after.number and was.member != row.member:
            yield number_taken(row.number, effect.extension, was.member or "", done=done, words=words)


def _named(effect: Effect, row: Row) -> str:
    return effect.extension if row.pbx else f"{effect.extension} ({effect.pbx})"
