"""Extensions that have lost their leading zeros: `100`, where the PBX has `0100` and no `100`.

What is out of the PBX's ranges is found when a row is checked (`rules/numbering`); this is for what lies in them, and
for a PBX without ranges, where only what the PBX holds can tell.
"""

from __future__ import annotations

from collections.abc import Iterator

from linecard.model.sheet import Column, Fault, FaultCode, Row, Severity
from linecard.rules.numbering import NumberingPlan

_MOST_LOST = 3
_LONGEST = 8
"""Longer ones are public numbers, which are not written with zeros."""


def with_zeros(extension: str, plan: NumberingPlan) -> Iterator[str]:
    """What the extension may have been before a spreadsheet made a number of it, shortest first."""
    if extension.isdigit():
        for length in range(len(extension) + 1, min(len(extension) + _MOST_LOST, _LONGEST) + 1):
            if plan.has_extension(longer := extension.zfill(length)):
                yield longer


def may_have_lost_zeros(row: Row) -> bool:
    """Whether a spreadsheet can have made a number of the extension: not where a mark of text stood before it."""
    return not any(
        fault.column.startswith(Column.EXTENSION)
        and fault.code is FaultCode.CLEANED
        and fault.value.startswith(("'", "="))
        for fault in row.faults
    )


def lost_zeros(row: Row, pbx: str, guess: str) -> Fault:
    return Fault(
        row.line,
        Column.EXTENSION,
        row.extension,
        FaultCode.SPREADSHEET_DAMAGE,
        Severity.ERROR,
        f"{pbx} has no extension {row.extension}; its leading zeros may be lost (was it {guess}?).",
        "Write it with its zeros in a column formatted as Text; if it has none, put an apostrophe in front of it.",
    )
