"""How sentences are put for a reader: the language is given, and English needs none."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from linecard.model.outcome import Outcome
from linecard.model.run import State


class Wording(Protocol):
    """A reader's language. `text` and `one`/`many` are the English; what has no translation stays so."""

    @property
    def language(self) -> str:
        """ISO 639."""
        ...

    def __call__(self, text: str) -> str: ...

    def many(self, one: str, many: str, count: int, **facts: str) -> str:
        """The form for so many, with `{count}` put in as the reader writes it, and the facts."""
        ...

    def translate_stored(self, said: str) -> str:
        """A sentence that was kept in English with its facts (of a fault, or of a hold), for this reader."""
        ...

    def number(self, count: int) -> str: ...

    def moment(self, at: datetime) -> str:
        """Day, time and zone, in the zone that it has."""
        ...


_MONTHS = "January February March April May June July August September October November December".split()  # noqa: SIM905


class English:
    """What linecard speaks by itself."""

    language = "en"

    def __call__(self, text: str) -> str:
        return text

    def many(self, one: str, many: str, count: int, **facts: str) -> str:
        return (one if count == 1 else many).format(count=self.number(count), **facts)

    def translate_stored(self, said: str) -> str:
        return said

    def number(self, count: int) -> str:
        return f"{count:,}"

    def moment(self, at: datetime) -> str:
        return f"{at.day} {_MONTHS[at.month - 1]} {at:%Y, %H:%M %Z}"


ENGLISH = English()

COUNTED: Mapping[Outcome, tuple[str, str]] = {
    Outcome.DONE: ("{count} done", "{count} done"),
    Outcome.UNCHANGED: ("{count} unchanged", "{count} unchanged"),
    Outcome.INVALID: ("{count} invalid", "{count} invalid"),
    Outcome.REFUSED: ("{count} refused", "{count} refused"),
    Outcome.FAILED: ("{count} failed", "{count} failed"),
    Outcome.UNKNOWN: ("{count} unknown", "{count} unknown"),
    Outcome.SKIPPED: ("{count} skipped", "{count} skipped"),
    Outcome.PLANNED: ("{count} planned", "{count} planned"),
}
"""Rows by what became of them."""

ENDED: Mapping[State, str] = {
    State.REJECTED: "file refused",
    State.HELD: "waits for a decision",
    State.DISCARDED: "discarded",
    State.SUPERSEDED: "superseded",
    **dict.fromkeys((State.APPLYING, State.INTERRUPTED, State.STALE), "interrupted"),
    **dict.fromkeys((State.RECEIVED, State.PLANNED, State.APPROVED), "nothing changed yet"),
}
"""What a run that was not applied came to, in a subject's words."""


def result(state: State, counts: Mapping[str, int], words: Wording = ENGLISH) -> str:
    """What came of a run in a few words, as a subject says it: `41 done, 2 refused`, `discarded, 3 done`.

    `counts` are those of a report: of a run that was not applied, rows are done only where they were made.
    """
    told = [words.many(*forms, counts[outcome]) for outcome, forms in COUNTED.items() if counts.get(outcome)]
    if state in ENDED:
        if not counts.get(Outcome.DONE):
            return words(ENDED[state])
        broke_off = ENDED[state] == ENDED[State.PLANNED]
        return f"{words(ENDED[State.STALE if broke_off else state])}, {told[0]}"
    return ", ".join(told) or words("no rows")
