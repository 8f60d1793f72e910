"""Lines at the end of a file that say what they are: a total, a count of rows, a remark of the tool that wrote them.

They are recognised without a setting only where they are certain: such a line names no member and no action, and a
count is that of the rows. What an inbox promises of its last lines is in `rules/trailer`.
"""

from __future__ import annotations

import re

from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.rules.sanitize import shorten

_NOUN = (
    "aantal|anzahl|count|datensätze|de|der|des|di|einträge|employees|enregistrements?|entries|filas?|gesamt|"
    r"gesamtzahl|grand|lignes?|lines?|líneas?|linhas?|mitarbeiter|nombre|number|numero|número|of|"
    r"record\(s\)|records?|registros?|registri|regels?|righe|rijen|row\(s\)|rows?|sub|sum|summe|total|totale?|totaux|"
    "totals?|zeilen?"
)
_VERB = "affected|exported|exportiert|fetched|found|in|returned|selected|set|written"
_NUMBER = r"([0-9][0-9,.\u00a0 ]*)"
_COUNTS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"[\W_]*(?:{_NOUN})(?:[\W_]+(?:{_NOUN}|{_VERB}))*[\W_]*?{_NUMBER}[\W_]*\Z",
        rf"[\W_]*{_NUMBER}\W*(?:{_NOUN})(?:\W+(?:{_NOUN}|{_VERB}))*\W*(?:\([0-9.,]+ sec\)\W*)?\Z",
    )
]
_TAGGED = re.compile(
    r"\W*(?:trl|trlr|trailer|tr|t|ftr|footer|eof|end|z|9|99|999)\b((?:\W+[0-9]+)+)\W*\Z", re.IGNORECASE
)
_END = re.compile(
    r"[\W_]*(?:eof|eot|trl|trailer|footer|end|ende|fin|fine|fim|einde"
    r"|(?:end|ende|fin|fine|fim|einde)[\s_-]+(?:of|the|der|des|du|de|del|della|dell|do|da|van)\b[\w\s'\u2019-]{0,40})[\W_]*\Z"
    r"|[-=*_#]{3,}\Z"
    r"|\W*(?:copyright\b|\u00a9|confidential\b|completion time\b)"
    r"|\W*(?:report |file |list )?(?:generated|printed|exported|created) (?:by|on|at)\b",
    re.IGNORECASE,
)
_MOST = 200


def may_close(text: str) -> bool:
    """Whether a line that is no row may be one of these, however many rows there are."""
    return len(text) <= _MOST and "@" not in text and (_END.match(text) is not None or bool(_counts(text)))


def closes(text: str, rows: int) -> bool:
    """Whether it is one for certain, as the last line of a file of so many rows."""
    return _END.match(text) is not None or rows in _counts(text)


def _counts(text: str) -> list[int]:
    """What a line may say that the number of rows is."""
    for pattern in _COUNTS:
        if found := pattern.match(text):
            return [int(re.sub(r"\D", "", found[1]))]
    tagged = _TAGGED.match(text)
    return [int(number) for number in re.findall("[0-9]+", tagged[1])] if tagged else []


def closing_line(line: int, text: str) -> Fault:
    return Fault(
        line,
        "",
        shorten(text),
        FaultCode.CLOSING_LINE,
        Severity.WARNING,
        f"Line {line} closes the file and was not read as a row: {shorten(text)}.",
        "If it is meant as a row, correct it.",
    )
