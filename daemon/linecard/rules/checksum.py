"""Checksum files: the SHA-256 that a file beside a sheet says the sheet has."""

from __future__ import annotations

import re
from collections.abc import Container

from linecard.model.sheet import Fault, FaultCode, Severity

_SUM = re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])", re.IGNORECASE)


def side_file(name: bytes, ending: str, there: Container[bytes]) -> bytes:
    """The file that goes with `a.csv`, among those that are there: `a.csv.done`, or else `a.done`; empty if none."""
    last = ending.encode()
    ways = (name + last, name.rpartition(b".")[0] + last)
    return next((way for way in ways if way in there), b"")


def stated(content: bytes, name: str) -> str:
    """The sum that a checksum file says a file of this name has; empty if it says none.

    As `sha256sum`, `openssl dgst`, BSD's `sha256` and PowerShell's Get-FileHash write it. Where a file tells of
    several, the line with the name counts, else the first.
    """
    text = content.decode("utf-16" if content[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8", errors="replace")
    lines = [(line, found) for line in text.splitlines() if (found := _SUM.search(line))]
    named = [found for line, found in lines if name in line]
    found = named[0] if named else (lines[0][1] if lines else None)
    return found[0].lower() if found else ""


def fault(side: str, said: str, found: str) -> Fault:
    """That a file does not have the sum that it should have."""
    message = f"Its SHA-256 is {found}, but {side} says {said}." if said else f"{side} holds no SHA-256."
    hint = "It was damaged or cut off on its way, or is another: have it sent again, together with its checksum file."
    return Fault(0, "", "", FaultCode.CHECKSUM, Severity.ERROR, message, hint)
