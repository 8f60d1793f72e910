"""Opening: the one door to the bytes of a sheet, whatever is wrapped around it.

What arrived is kept as it came. Whoever reads it, to check, to survey or to plan, for the first time or again, comes
through here; what is opened lies in files without a name, and nowhere else.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

from linecard.model.sheet import Fault, FaultCode
from linecard.pipeline.files import blocks
from linecard.pipeline.places import Inbox
from linecard.ports.opener import HEAD, CannotOpen
from linecard.rules.check import Sheet

PLAIN = "plain"
"""The folder, in that of the state, on whose disk opened bytes lie."""

_BLOCK = 1 << 20


def sheet(file: Path, inbox: Inbox) -> Sheet:
    """A file of an inbox as a sheet, to be read once. Reading it may raise `OpenerError`."""
    noted: list[Fault] = []
    return Sheet(opened(file, inbox, noted.append), inbox.form, inbox.destinations, noted)


def opened(file: Path, inbox: Inbox, noted: Callable[[Fault], None]) -> Iterator[bytes]:
    """The bytes of the sheet in a file, in order. Each wrapping that the inbox knows comes off once, in any order."""
    if not inbox.openers:
        yield from blocks(file)
        return
    most = inbox.form.max_bytes
    left = dict(inbox.openers)
    with ExitStack() as open_files:
        raw = open_files.enter_context(file.open("rb"))
        if os.fstat(raw.fileno()).st_size > most:
            raise CannotOpen(
                FaultCode.TOO_LARGE,
                f"The file is larger than {most:,} bytes before it is opened.",
                "Split it, or raise `max_bytes` on the inbox.",
            )
        found: BinaryIO = raw
        while (name := next((n for n, o in left.items() if o.recognises(_head(found))), None)) is not None:
            inner = left.pop(name).open(found, most, noted)
            found = open_files.enter_context(_peekable(inner))
        head = _head(found)
        if any(opener.recognises(head) for opener in inbox.openers.values()):
            raise CannotOpen(
                FaultCode.PACKING, "The file is wrapped in the same way twice.", "Send it wrapped only once."
            )
        for opener in left.values() if head else ():  # an empty file is told as what it is
            refused = opener.bare()
            if refused is not None:
                raise refused
        while block := found.read(_BLOCK):
            yield block


def _peekable(file: BinaryIO) -> BinaryIO:
    if isinstance(file, io.BufferedReader | io.BufferedRandom):
        return file
    return cast("BinaryIO", io.BufferedReader(file, 1 << 16))


def _head(file: BinaryIO) -> bytes:
    """The first bytes of a file, which are read again afterwards."""
    return cast("io.BufferedReader", file).peek(HEAD)[:HEAD]
