"""What is said of each row: what became of each, and what to do."""

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
from linecard.rules.sentences import (
    AND,
    MADE_BEFORE,
    NOBODY,
    PART_MADE,
    THE_PBX,
    decision_remedy,
    number_loss,
    preview_sentence,
    sentence,
)
from linecard.rules.wording import ENGLISH, Wording
from linecard.store.row_codec import Packed, decode_numbers, decode_row, effects_alone

DONE, UNCHANGED, INVALID = Outcome.DONE, Outcome.UNCHANGED, Outcome.INVALID
SKIPPED, PLANNED = Outcome.SKIPPED, Outcome.PLANNED
REMOVED = Code.REMOVED
"""By a name of their own: to find a member of an enum takes Python 3.11 longer than to compare it."""


class RowMessages:
    """Says of packed rows what `line` says of them: of nearly all by a pattern, which costs a third of the time.

    `state` is that of their run, `words` the language of the reader.
    """

    def __init__(self, state: State | None, words: Wording) -> None:
        self._state, self._words = state, words
        self._patterns = {str(verdict.code): _build_pattern(verdict, state, words) for verdict in _PLAIN}

    def __call__(self, page: Iterable[Packed], faults: Mapping[int, Sequence[Fault]]) -> Iterator[Line]:
        """What is said of each row; `faults` are those of the rows that have some, by line."""
        patterns = self._patterns
        for packed in page:
            at, action, member, pbx, extension, number, _, code, held, rang, holds, rings, more = packed
            named = packed if more is None or more == _HOLDER % held else _fill_in_extension(packed)
            if named is None or code not in patterns or at in faults:
                yield describe_row(*decode_row(packed), faults.get(at, ()), state=self._state, words=self._words)
                continue
            outcome, message, remedy, cells, advised = patterns[code]
            message, remedy = message % cells(named), remedy and remedy % advised(named)
            before = VACANT if held is rang is None else Holding(held, decode_numbers(rang))
            is_as_before = outcome is SKIPPED or outcome is PLANNED or (holds == held and rings == rang)
            after = before if is_as_before else Holding(holds, decode_numbers(rings))
            yield Line(
                at, action, member, pbx, extension, number, outcome, code, message, remedy, before, after, (), ()
            )


def _fill_in_extension(packed: Packed) -> Packed | None:
    """A detach that names no extension and took one, with the one it took in its cell; None for any other row."""
    if packed[7] != REMOVED or packed[4]:
        return None
    effects = effects_alone(packed)
    if len(effects) != 1:
        return None
    pbx, extension, *_ = effects[0]
    return (*packed[:4], extension if packed[3] else f"{extension} ({pbx})", *packed[5:])


class _Pattern(NamedTuple):
    """What is said of every row with a code.

    `message` has a `%s` for each of the `cells` of a packed row, and `remedy` for each that is `advised`.
    """

    outcome: Outcome
    message: str
    remedy: str
    cells: Callable[[Packed], Any]
    advised: Callable[[Packed], Any]


_HOLDER = '{"holder": "%s"}'
"""What more a packed row has if that is no more than who held the extension, which it says already."""
_MARK = re.compile("\0([0-9])\0")
_MARKED = Row(0, "", "\0002\0", "\0003\0", "\0004\0", "\0005\0")
"""A row in whose cells stands where it has them, packed."""
_ITS, _ANOTHERS = Holding(_MARKED.member), Holding("\0008\0")
_PLAIN = tuple(
    Verdict(outcome, code, (Effect(_MARKED.pbx, _MARKED.extension, before, after),))
    for outcome, code, before, after in (
        (DONE, Code.LINKED, VACANT, _ITS),
        (DONE, Code.TOOK_OVER, _ANOTHERS, _ITS),
        (DONE, Code.NUMBER_CHANGED, _ITS, _ITS),
        (DONE, Code.REMOVED, _ITS, VACANT),
        (UNCHANGED, Code.ALREADY_SO, _ITS, _ITS),
        (Outcome.REFUSED, Code.HELD_BY_OTHER, _ANOTHERS, _ANOTHERS),
    )
)
"""What rows with one effect, on the extension that they name, come to. Their sentences name nothing but their cells,
and who held the extension."""


def _build_pattern(verdict: Verdict, state: State | None, words: Wording) -> _Pattern:
    said = describe_row(_MARKED, verdict, "", (), state=state, words=words)
    message, remedy = (_MARK.sub("%s", text.replace("%", "%%")) for text in (said.message, said.remedy))
    return _Pattern(said.outcome, message, remedy, _cell_getter(said.message), _cell_getter(said.remedy))


def _cell_getter(text: str) -> Callable[[Packed], Any]:
    places = [int(place) for place in _MARK.findall(text)]
    return itemgetter(*places) if places else _get_nothing


def _get_nothing(_packed: Packed) -> tuple[()]:
    return ()


def describe_row(
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
    errors = [f for f in faults if f.severity is Severity.ERROR] if faults else []
    if outcome is INVALID or errors:
        message = " ".join(f.message for f in errors)
        remedy = " ".join(dict.fromkeys(f.remedy for f in errors if f.remedy))
    else:
        facts = _facts(row, verdict, said, words)
        message, remedy = sentence(code, facts, words)
        if outcome is DONE and state is None:
            message = f"{_describe_wish(row, verdict, facts, words)}."
        elif outcome is DONE and state is not None and state not in states.SPOKEN:
            message, remedy = f"{_describe_wish(row, verdict, facts, words)}.", decision_remedy(state, words)
            outcome = states.pending_outcome(state)
            if outcome is SKIPPED:
                message, _ = sentence(Code.NOT_APPLIED, {"wanted": message.removesuffix(".")}, words)
        elif outcome is DONE and len(effects) > 1:
            message = (
                "; ".join((message.removesuffix("."), *_describe_lost_numbers(row, verdict, words, done=True))) + "."
            )
    main = effects[0] if effects else None
    after = None if main is None else (main.after if outcome is DONE or outcome is UNCHANGED else main.before)
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
        effects[1:] if outcome is DONE else (),
        tuple(f for f in faults if f.severity is Severity.WARNING) if faults else (),
    )


def add_partial_changes(said: Line, made: Sequence[Effect], words: Wording) -> Line:
    """A row that is not done, with what of it was made all the same: its extensions are as they were left."""
    if not made:
        return said
    main = next((e for e in made if (e.pbx, e.extension) == (said.pbx, said.extension)), None)
    message = f"{said.message} {words(PART_MADE).format(extensions=_extensions(made, said))}"
    after = said.after if main is None else main.after
    return said._replace(message=message, after=after, also=tuple(e for e in made if e is not main))


def add_earlier_changes(said: Line, made: Sequence[Effect], words: Wording) -> Line:
    """A row with what an earlier plan of its run has made for it, and somebody else has changed since."""
    message = f"{said.message} {words(MADE_BEFORE).format(extensions=_extensions(made, said))}"
    return said._replace(message=message, also=(*said.also, *made))


def _extensions(made: Sequence[Effect], said: Line) -> str:
    return ", ".join([effect.extension if said.pbx else f"{effect.extension} ({effect.pbx})" for effect in made])


def _facts(row: Row, verdict: Verdict, said: str, words: Wording) -> dict[str, str]:
    pbx, extension, holder, lost, numbers = row.pbx, row.extension, verdict.holder, "", ""
    if effects := verdict.effects:
        named, member = effects[0], row.member
        pbx, extension, holder = pbx or named.pbx, extension or named.extension, holder or named.before.member or ""
        numbers = f" {words(AND)} ".join(named.before.numbers)
        freed = [e for e in effects if e.before.member == member != e.after.member]
        lost = f" {words(AND)} ".join([_name_extension(e, row) for e in freed]) if freed else ""
    return {
        "member": row.member,
        "extension": extension,
        "pbx": pbx or words(THE_PBX),
        "number": row.number,
        "numbers": numbers,
        "holder": holder or words(NOBODY),
        "former": row.member or words(NOBODY),
        "other": verdict.other,
        "freed": lost,
        "lost": lost,
        "words": said.rstrip("."),
    }


def _describe_wish(row: Row, verdict: Verdict, facts: Mapping[str, str], words: Wording) -> str:
    return "; ".join(
        (preview_sentence(verdict.code, facts, words), *_describe_lost_numbers(row, verdict, words, done=False))
    )


def _describe_lost_numbers(row: Row, verdict: Verdict, words: Wording, *, done: bool) -> Iterator[str]:
    """The row's number left an extension that is not the member's own: whoever answers there must read it."""
    for effect in verdict.effects[1:]:
        was = effect.before
        taken = row.number and row.number in was.numbers and row.number not in effect.after.numbers
        if taken and was.member != row.member:
            yield number_loss(row.number, effect.extension, was.member or "", done=done, words=words)


def _name_extension(effect: Effect, row: Row) -> str:
    return effect.extension if row.pbx else f"{effect.extension} ({effect.pbx})"
