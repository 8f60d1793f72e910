"""Summarize: what a digest tells, looked up in the memory."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import islice

from linecard.model.alert import Alert
from linecard.model.outcome import FINE, Outcome
from linecard.model.run import State
from linecard.model.summary import Ended, Summary, Undecided, Week, Wrong
from linecard.pipeline.report import RunReport, outcome_counts, report_counts
from linecard.rules import states
from linecard.rules.recipients import PROBLEMS
from linecard.rules.wording import Wording
from linecard.store.history import Past, list_ended, resolved_rows
from linecard.store.store import Store

WEEKS = 5
WEEK = timedelta(days=7)
LOOK_BACK = 4 * WEEK
"""How long a row that was not done is looked after."""
MOST_ENDED, MOST_UNDECIDED, MOST_WRONG = 30, 20, 40
"""How many of each a digest names; the others are counted."""
MOST_KNOWN = 2000
"""Rows that are looked after at a time; of more, those that went wrong first are."""
NOT_FINE = tuple(outcome for outcome in Outcome if outcome not in FINE)


def summarize(
    store: Store,
    inboxes: Collection[str],
    begins: datetime,
    ends: datetime,
    *,
    words: Wording,
    alerts: Iterable[Alert] = (),
) -> Summary:
    """What happened in these inboxes from `begins` until before `ends`, for one reader."""
    past = [_as_came(store, one) for one in list_ended(store, inboxes, min(begins, ends - WEEKS * WEEK), ends)]
    told = [_to_summary(one) for one in past if one.at >= begins]
    told.sort(key=lambda one: (one.fine, -one.at.timestamp()))
    wrong = _wrong(store, [one for one in past if one.at >= ends - LOOK_BACK], words)
    waiting = [one for one in store.list_runs(of_states={State.HELD}) if one.inbox in inboxes]
    undecided = [
        Undecided(
            run.id,
            run.inbox,
            run.drop.name,
            run.changed,
            run.checksum,
            tuple(words.translate_stored(hold.message) for hold in run.holds),
        )
        for run in reversed(waiting)
    ]
    counts = {outcome.value: sum(one.counts.get(outcome, 0) for one in told if _has_effect(one)) for outcome in Outcome}
    return Summary(
        begins=begins,
        ends=ends,
        language=words.language,
        inboxes=tuple(inboxes),
        files=len(told),
        counts=counts,
        ended=tuple(told[:MOST_ENDED]),
        more_ended=len(told[MOST_ENDED:]),
        undecided=tuple(undecided[:MOST_UNDECIDED]),
        more_undecided=len(undecided[MOST_UNDECIDED:]),
        wrong=tuple(wrong[:MOST_WRONG]),
        more_wrong=len(wrong[MOST_WRONG:]),
        alerts=tuple(alerts),
        weeks=tuple(_weeks(past, ends)),
    )


def _as_came(store: Store, one: Past) -> Past:
    """A run with its rows counted as what they came to: of one that was not applied, only those made are done."""
    if one.state is State.SUPERSEDED:  # never of one of which something was made
        return one._replace(counts=report_counts(one.counts, one.state))
    return one if _is_applied(one) else one._replace(counts=outcome_counts(store, store.get_run(one.id)))


def _is_applied(one: Ended | Past) -> bool:
    return one.state in states.SPOKEN


def _has_effect(one: Ended | Past) -> bool:
    """Whether the rows of a run count: it was applied, or a part of it was made before it was discarded."""
    return _is_applied(one) or one.counts.get(Outcome.DONE, 0) > 0


def _to_summary(one: Past) -> Ended:
    bad = _has_effect(one) and not states.is_fine(one.counts)
    fine = one.state not in PROBLEMS and not bad
    return Ended(one.id, one.inbox, one.file, one.at, one.state, one.counts, fine, one.filed)


def _weeks(past: list[Past], ends: datetime) -> Iterable[Week]:
    for back in range(WEEKS, 0, -1):
        begins, until = ends - back * WEEK, ends - (back - 1) * WEEK
        within = [one for one in past if begins <= one.at < until]
        rows = [(outcome, n) for one in within if _has_effect(one) for outcome, n in one.counts.items()]
        done = sum(n for outcome, n in rows if outcome in FINE)
        yield Week(begins, until, len(within), done, sum(n for _, n in rows) - done)


def _wrong(store: Store, past: list[Past], words: Wording) -> list[Wrong]:
    """Rows that were not done and are still not right, the oldest first.

    A row is right once a later file has a row of the same member on that PBX that is as it should be. Where the
    e-mail itself may have been wrong, or there is none, one of the same extension counts, too.
    """
    known: dict[tuple[str, str, str, str], Wrong] = {}
    for one in past:
        if not _has_effect(one):
            continue
        # What a person has discarded was decided upon: it is not wrong, and what was made of it may put others right.
        bad = sum(n for outcome, n in one.counts.items() if outcome not in FINE) if _is_applied(one) else 0
        found = {_key(wrong): wrong for wrong in _bad(store, one, words)} if bad else {}
        if known:
            members = {wrong.member for wrong in known.values()} - {""}
            extensions = {wrong.extension for wrong in known.values()} - {""}
            right = resolved_rows(store, one, members, extensions) if _is_applied(one) else _made_rows(store, one)
            people = {(member, at) for member, pbx, _ in right for at in (pbx, "")}
            places = {(extension, at) for _, pbx, extension in right for at in (pbx, "")}
            known = {key: wrong for key, wrong in known.items() if key in found or not _is_right(wrong, people, places)}
        for key, wrong in found.items():
            before = known.get(key)
            if before is not None:
                known[key] = replace(wrong, since=before.since, times=before.times + 1)
            elif len(known) < MOST_KNOWN:
                known[key] = wrong
    return sorted(known.values(), key=lambda wrong: (wrong.since, wrong.line))


def _is_right(wrong: Wrong, people: set[tuple[str, str]], places: set[tuple[str, str]]) -> bool:
    by_place = wrong.outcome is Outcome.INVALID or not wrong.member
    return (wrong.member != "" and (wrong.member, wrong.pbx) in people) or (
        by_place and wrong.extension != "" and (wrong.extension, wrong.pbx) in places
    )


def _key(wrong: Wrong) -> tuple[str, str, str, str]:
    return wrong.action, wrong.member, wrong.pbx, wrong.extension


def _made_rows(store: Store, one: Past) -> Iterable[tuple[str, str, str]]:
    """Member, PBX and extension of the rows that a run has made before it was discarded."""
    report = RunReport(store, store.get_run(one.id), site="", timezone="UTC")
    return [(line.member, line.pbx, line.extension) for line in report.lines(Outcome.DONE)]


def _bad(store: Store, one: Past, words: Wording) -> Iterable[Wrong]:
    report = RunReport(store, store.get_run(one.id), site="", timezone="UTC", words=words)
    for line in islice(report.lines(*NOT_FINE), MOST_KNOWN):
        yield Wrong(
            run=one.id,
            inbox=one.inbox,
            file=one.file,
            line=line.line,
            outcome=line.outcome,
            action=str(line.action),
            member=line.member,
            pbx=line.pbx,
            extension=line.extension,
            number=line.number,
            message=line.message,
            remedy=line.remedy,
            since=one.at,
            times=1,
        )
