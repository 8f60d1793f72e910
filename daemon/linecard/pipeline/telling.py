"""Rows put into sentences: what became of each, and what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from linecard.model.directory import VACANT, Holding
from linecard.model.outcome import Code, Effect, Outcome, Verdict
from linecard.model.report import Line
from linecard.model.run import State
from linecard.model.sheet import Fault, Row, Severity
from linecard.rules import states
from linecard.rules.sentences import AND, NOBODY, THE_PBX, decision, number_taken, sentence, wanted
from linecard.rules.wording import ENGLISH, Wording
from linecard.store.journal import Packed, unpacked


class Telling:
    """Says of packed rows what `line` says of them: of nearly all by a pattern, which costs a third of the time.

    `state` is that of their run, `words` the language of the reader.
    """

    def __init__(self, state: State | None, words: Wording) -> None:
        self._state, self._words = state, words
        self._patterns = {str(verdict.code): _pattern(verdict, state, words) for verdict in _PLAIN}

    def __call__(self, page: Iterable[Packed], faults: Mapping[int, Sequence[Fault]]) -> Iterator[Line]:
        """What is said of each row; `faults` are those of the rows that have some, by line."""
        patterns = self._patterns
        for packed in page:
            at, action, member, pbx, extension, number, _, code, held, rang, holds, rings, more = packed
            if more is not None or code not in patterns or at in faults:
                yield line(*unpacked(packed), faults.get(at, ()), state=self._state, words=self._words)
                continue
            outcome, message, cells, remedy = patterns[code]
            message %= cells(packed)
            before = VACANT if held is rang is None else Holding(held, rang)
            after = before if outcome is Outcome.SKIPPED else Holding(holds, rings)
            yield Line(
                at, action, member, pbx, extension, number, outcome, code, message, remedy, before, after, (), ()
            )


class _Pattern(NamedTuple):
    """What is said of every row with a code; `message` has a `%s` for each of the `cells` of a packed row."""

    outcome: Outcome
    message: str
    cells: Callable[[Packed], Any]
    remedy: str


_MARK = re.compile("\0([0-9])\0")
_MARKED = Row(0, "", "\0002\0", "\0003\0", "\0004\0", "\0005\0")
"""A row in whose cells stands where it has them, packed."""
_ITS = Holding(_MARKED.member, None)
_PLAIN = tuple(
    Verdict(outcome, code, (Effect(_MARKED.pbx, _MARKED.extension, before, after),))
    for outcome, code, before, after in (
        (Outcome.DONE, Code.LINKED, VACANT, _ITS),
        (Outcome.DONE, Code.NUMBER_CHANGED, _ITS, _ITS),
        (Outcome.DONE, Code.REMOVED, _ITS, VACANT),
        (Outcome.UNCHANGED, Code.ALREADY_SO, _ITS, _ITS),
    )
)
"""What rows with one effect, on the extension that they name, come to; their sentences name nothing but their cells."""


def _pattern(verdict: Verdict, state: State | None, words: Wording) -> _Pattern:
    said = line(_MARKED, verdict, "", (), state=state, words=words)
    message = _MARK.sub("%s", said.message.replace("%", "%%"))
    return _Pattern(said.outcome, message, itemgetter(*map(int, _MARK.findall(said.message))), said.remedy)


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
