"""Checksum files: the SHA-256 that a file beside a sheet says the sheet has."""

from __future__ import annotations

import re
from collections.abc import Collection

from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.rules.names import display, fold_file_name

_SUM = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", re.IGNORECASE)


class SideFiles:
    """The files of an inbox that go with others: `a.csv.done`, or else `a.done`, where the ending is `.done`.

    Names are compared without case, as systems that write them in capitals think of them. One that differs in case
    alone goes with no file while another has it to the letter.
    """

    def __init__(self, ending: str, names: Collection[bytes]) -> None:
        self._ending, self._names = ending, names
        self._folded: dict[str, bytes] = {}
        self._owned: set[bytes] = set()
        for name in sorted(names, reverse=True):
            if self.is_side_file(name):
                self._folded[fold_file_name(display(name))] = name
            elif found := next((way for way in self._names_for(name) if way in names), None):
                self._owned.add(found)

    def _names_for(self, name: bytes) -> tuple[bytes, bytes]:
        last = self._ending.encode()
        return name + last, name.rpartition(b".")[0] + last

    def is_side_file(self, name: bytes) -> bool:
        """Whether a file is such a one itself."""
        return fold_file_name(display(name)).endswith(fold_file_name(self._ending))

    def side_file_of(self, name: bytes) -> bytes:
        """The file that goes with this one; empty if it is not there."""
        for way in self._names_for(name):
            if way in self._names:
                return way
        found = (self._folded.get(fold_file_name(display(way))) for way in self._names_for(name))
        return next((side for side in found if side and side not in self._owned), b"")


def ending_of(side: bytes, name: bytes) -> bytes:
    """What the name of a file that goes with another adds to its name, or to its name without the ending."""
    for stem in (name, name.rpartition(b".")[0]):
        if stem and fold_file_name(display(side[: len(stem)])) == fold_file_name(display(stem)):
            return side[len(stem) :]
    return b"." + side.rpartition(b".")[2]


def parse_checksum(content: bytes, name: str) -> str:
    """The sum that a checksum file says a file of this name has; empty if it says none.

    As `sha256sum`, `openssl dgst`, BSD's `sha256` and PowerShell's Get-FileHash write it. Where a file tells of
    several, the line with the name counts, else the first.
    """
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="replace")
    lines = [(line, found) for line in text.splitlines() if (found := _SUM.search(line))]
    named = [found for line, found in lines if name in line] or [
        found for line, found in lines if fold_file_name(name) in fold_file_name(line)
    ]
    found = named[0] if named else (lines[0][1] if lines else None)
    return found[0].lower() if found else ""


def checksum_fault(side: str, said: str, found: str) -> Fault:
    """That a file does not have the sum that it should have."""
    message = f"Its SHA-256 is {found}, but {side} says {said}." if said else f"{side} holds no SHA-256."
    remedy = (
        "It was damaged or cut off in transit, or is another file: have it sent again, together with its checksum file."
    )
    return Fault(0, "", "", FaultCode.CHECKSUM, Severity.ERROR, message, remedy)
