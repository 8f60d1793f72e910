"""Reading sheets in tests: the files of tests/data/sheets, a PBX or two, and what every reading must hold to."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from linecard.languages.stored_sentences import match_sentence
from linecard.model.format import SheetFormat
from linecard.model.sheet import FILE_FAULTS, Action, Fault, FaultCode, Row, Severity
from linecard.rules.check import Destinations, Sheet
from linecard.rules.numbering import BadCell, NumberingPlan
from linecard.rules.sanitize import is_printable

FILES = Path(__file__).parents[2] / "data" / "sheets"
HEADER = "Action,LoginEmail,PbxId,Extension,Number\n"
FRENCH = NumberingPlan("FR", ["1000-4999", "0100-0199"], ["1515"])
HQ = Destinations({"hq": FRENCH}, {"Siège": "hq", "head office": "hq"}, "hq")
TWO = Destinations({"hq": FRENCH, "lab": NumberingPlan("DE", ["70-79"])}, {"Labor": "lab"})


@dataclass(frozen=True, slots=True)
class Reading:
    """All that came of a sheet."""

    rows: tuple[Row, ...]
    faults: tuple[Fault, ...]
    refused: bool

    @property
    def valid(self) -> list[tuple[int, str, str, str, str, str]]:
        """The valid rows as line, action, member, PBX, extension and number."""
        return [row[:6] for row in self.rows if row.valid and not row.asks_nothing]

    @property
    def idle(self) -> list[int]:
        """The lines of the rows that ask for nothing."""
        return [row.line for row in self.rows if row.asks_nothing]

    @property
    def errors(self) -> list[tuple[int, str, str]]:
        """Line, column and code of every error, those of the file first."""
        return _places(self._all(), Severity.ERROR)

    @property
    def warnings(self) -> list[tuple[int, str, str]]:
        return _places(self._all(), Severity.WARNING)

    @property
    def codes(self) -> list[str]:
        return [code for _, _, code in self.errors]

    @property
    def fault(self) -> Fault:
        """The only error."""
        (found,) = [fault for fault in self._all() if fault.severity is Severity.ERROR]
        return found

    @property
    def note(self) -> Fault:
        """The only warning."""
        (found,) = [fault for fault in self._all() if fault.severity is Severity.WARNING]
        return found

    def _all(self) -> list[Fault]:
        return [*self.faults, *(fault for row in self.rows for fault in row.faults)]


def _places(faults: Iterable[Fault], severity: Severity) -> list[tuple[int, str, str]]:
    return [(f.line, str(f.column), str(f.code)) for f in faults if f.severity is severity]


def read(
    source: str | bytes | Path | Iterable[bytes], to: Destinations = HQ, *, block: int = 1 << 20, **form: object
) -> Reading:
    """The sheet in this text, these bytes, this file or these blocks, read by an inbox of this format."""
    if isinstance(source, str):
        source = source.encode()
    if isinstance(source, Path):
        source = source.read_bytes()
    if isinstance(source, bytes):
        source = [source[at : at + block] for at in range(0, len(source), block)]
    sheet = Sheet(source, SheetFormat(**form), to)
    reading = Reading(tuple(sheet), tuple(sheet.faults), sheet.is_refused)
    hold(reading, to)
    return reading


def file(name: str, to: Destinations = HQ, **form: object) -> Reading:
    """A file of tests/data/sheets; read the same whether it comes in one block or in small ones."""
    whole = read(FILES / name, to, **form)
    for size in (1, 7):
        pieces = read(FILES / name, to, block=size, **form)
        assert pieces.faults == whole.faults
        assert pieces.refused or pieces.rows == whole.rows
    return whole


def row(text: str, to: Destinations = HQ, **form: object) -> Reading:
    """One row under the usual header; it stands in line 2."""
    return read(HEADER + text + "\n", to, **form)


def hold(reading: Reading, to: Destinations) -> None:
    """What every reading holds to, whatever the file was. Raises AssertionError."""
    lines = [row.line for row in reading.rows]
    assert lines == sorted(lines)
    assert all(line > 0 for line in lines)
    assert reading.refused == any(f.code in FILE_FAULTS for f in reading.faults)
    for fault in reading._all():
        clear(fault)
    for row in reading.rows:
        assert all(fault.line == row.line for fault in row.faults)
        assert all(fault.code not in FILE_FAULTS for fault in row.faults)
        if row.valid and not row.asks_nothing:
            usable(row, to)


def clear(fault: Fault) -> None:
    """A fault has a sentence, a place that can be shown, and, where something must be done, a remedy.

    Each of its sentences is one that the catalogs of readers' languages have, to the letter.
    """
    for sentence in filter(None, (fault.message, fault.remedy)):
        assert match_sentence(sentence) is not None, sentence
    assert isinstance(fault.code, FaultCode)
    assert fault.message[:1].strip(), fault
    assert fault.message.endswith("."), fault
    assert fault.line >= 0
    assert len(fault.value) <= 80
    assert len(fault.message) <= 400
    assert len(fault.remedy) <= 400
    for text in fault:
        assert is_printable(str(text)), fault
    if fault.severity is Severity.ERROR:
        assert fault.remedy, fault
        assert fault.line or fault.code in FILE_FAULTS, fault


def _accepts(plan: NumberingPlan, extension: str) -> bool:
    try:
        return plan.read_extension(extension) == extension
    except BadCell:
        return False


def usable(row: Row, to: Destinations) -> None:
    """A valid row can be played as it is."""
    assert isinstance(row.action, Action)
    assert row.member == row.member.lower()
    assert row.member.count("@") == 1
    plans = [to.plans[row.pbx]] if row.pbx else list(to.plans.values())
    assert row.pbx or row.action is Action.DETACH
    if row.extension:
        assert any(_accepts(plan, row.extension) for plan in plans)
    else:
        assert row.action is Action.DETACH
    if row.number:
        assert row.action is not Action.DETACH
        assert plans[0].read_number(row.number).number == row.number
