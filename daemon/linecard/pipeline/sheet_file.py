"""Sheet files: the one way to the bytes of a sheet, whatever is wrapped around it.

What arrived is kept as it came. Whoever reads it, to check, to survey or to plan, for the first time or again, comes
through here; what is opened lies in files without a name, and nowhere else.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, cast

from linecard.infrastructure.plugin_faults import name_plugin_faults
from linecard.model.sheet import Fault, FaultCode
from linecard.pipeline.feed import Feed
from linecard.ports.opener import HEAD, AnyOpener, CannotOpen, TableOpener
from linecard.rules.check import Sheet
from linecard.rules.containers import TAIL, VOLUME, detect_container, is_volume
from linecard.rules.sizes import format_size
from linecard.rules.worksheet import HeaderRule, Origin

TEMPORARY = "plain"
"""The folder, in that of the state, on whose disk opened bytes lie."""

_BLOCK = 1 << 20


def open_sheet(file: Path, feed: Feed, guard: Callable[[Iterator[bytes]], Iterator[bytes]] = iter) -> Sheet:
    """A file of an inbox as a sheet, to be read once. Reading it may raise `OpenerError` and `ProcessorError`.

    Its bytes are read through `guard`.
    """
    noted: list[Fault] = []
    origin = Origin(name=file.name)
    blocks = guard(unwrap(file, feed, noted.append, origin))
    return Sheet(blocks, feed.form, feed.destinations, noted, feed.process, origin)


def unwrap(file: Path, feed: Feed, noted: Callable[[Fault], None], origin: Origin | None = None) -> Iterator[bytes]:
    """The bytes of the sheet in a file, in order. Each wrapping that the inbox knows comes off once, in any order.

    `origin` is told when they were a worksheet.
    """
    try:
        with name_plugin_faults():
            yield from _unwrap(file, feed, noted, origin or Origin())
    except CannotOpen as refused:
        with file.open("rb") as raw:
            is_part = refused.is_cut and is_volume(file.name, _tail(raw))
        if is_part:
            raise CannotOpen(FaultCode.PACKING, VOLUME.sentence, VOLUME.remedy) from refused
        raise


def _unwrap(file: Path, feed: Feed, noted: Callable[[Fault], None], origin: Origin) -> Iterator[bytes]:
    left = dict(feed.openers)
    with ExitStack() as open_files:
        raw = open_files.enter_context(file.open("rb"))
        most = feed.form.max_bytes
        found: BinaryIO = raw
        while not origin.is_worksheet and (name := _find_opener(_head(found), left)) is not None:
            if found is raw and os.fstat(raw.fileno()).st_size > most:
                raise CannotOpen(
                    FaultCode.TOO_LARGE,
                    f"The file is larger than {format_size(most)} before it is opened.",
                    "Split it.",
                )
            opener = left.pop(name)
            if isinstance(opener, TableOpener):
                inner, origin.is_worksheet = opener.open_table(found, most, noted, HeaderRule(feed.form)), True
            else:
                inner = opener.open(found, most, noted)
            found = open_files.enter_context(_peekable(inner))
        _refuse_rest(found, file.name, feed.openers, left)
        while block := found.read(_BLOCK):
            yield block


def _find_opener(head: bytes, openers: Mapping[str, AnyOpener]) -> str | None:
    """The name of the one that recognises a file; a workbook is a zip archive too, and is no archive to anybody."""
    names = sorted(openers, key=lambda name: not isinstance(openers[name], TableOpener))
    return next((name for name in names if openers[name].recognises(head)), None)


def _refuse_rest(found: BinaryIO, name: str, openers: Mapping[str, AnyOpener], left: Mapping[str, AnyOpener]) -> None:
    """Refuse what is no text after all that the inbox knows came off, and a text that should have been wrapped."""
    head = _head(found)
    is_inside = len(left) < len(openers)
    container = detect_container(head) if is_inside else detect_container(head, name=name, tail=_tail(found))
    if (container is None or container.is_wrapping) and any(opener.recognises(head) for opener in openers.values()):
        raise CannotOpen(FaultCode.PACKING, "The file is packed twice in the same way.", "Pack it only once.")
    wanted = next(filter(None, (opener.refuse_unwrapped() for opener in left.values())), None)
    # What cannot be opened is named before an opener says what it is not: encrypted with age is not "not encrypted".
    if container is not None:
        said = container.sentence_inside if is_inside else container.sentence
        remedy = wanted.fault.remedy if wanted and container.is_wrapping else container.remedy
        raise CannotOpen(FaultCode.PACKING, said, remedy)
    if wanted is not None and head:  # an empty file is told as what it is
        raise wanted


def _peekable(file: BinaryIO) -> BinaryIO:
    if isinstance(file, io.BufferedReader | io.BufferedRandom):
        return file
    return cast("BinaryIO", io.BufferedReader(file, 1 << 16))


def _head(file: BinaryIO) -> bytes:
    """The first bytes of a file, which are read again afterwards."""
    return cast("io.BufferedReader", file).peek(HEAD)[:HEAD]


def _tail(file: BinaryIO) -> bytes:
    """The last bytes of a file that lies on a disk, from which nothing was read yet."""
    size = os.fstat(file.fileno()).st_size
    return os.pread(file.fileno(), TAIL, size - TAIL) if size > TAIL else b""
