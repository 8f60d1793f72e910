"""From bytes to lines: encoding, line ends and size, in bounded memory whatever comes."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator

from linecard.model.format import SheetFormat
from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.rules import containers
from linecard.rules.encodings import likely_encoding
from linecard.rules.sanitize import shorten
from linecard.rules.sizes import format_size


class Refused(Exception):
    """The file as a whole cannot be used; carries the fault. `Sheet` catches it, nobody else."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def refusal(line: int, code: FaultCode, message: str, remedy: str, *, column: str = "", value: str = "") -> Refused:
    return Refused(Fault(line, column, shorten(value), code, Severity.ERROR, message, remedy))


_BOMS = (  # that of UTF-32-LE begins with that of UTF-16-LE
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
DOS_END = "\x1a"
"""Ctrl-Z, with which DOS, CP/M and AS/400 end text files; once, or as often as fills the last block."""

_UTF8 = frozenset({"utf-8", "utf-8-sig"})
_UNORDERED = frozenset({"utf-16", "utf-32"})


class Lines:
    """The lines of a file, each with its `\\n` (CRLF and CR become LF). Raises `Refused` at the first bad place.

    `blocks` are the file's bytes in order. At no time is more than one block and one line held.
    """

    def __init__(self, blocks: Iterable[bytes], form: SheetFormat) -> None:
        self._blocks = blocks
        self._form = form
        self._taken = 0
        self._before = 0

    def __iter__(self) -> Iterator[str]:
        tail = ""
        for text in self._texts():
            parts = io.StringIO(tail + text).readlines()
            tail = parts.pop() if parts and not parts[-1].endswith("\n") else ""
            self._check_lengths(parts, tail)
            self._before += len(parts)
            yield from parts
        if tail := tail.rstrip(DOS_END):
            yield tail

    def _texts(self) -> Iterator[str]:
        decoder: codecs.IncrementalDecoder | None = None
        for raw in _with_head(self._blocks):
            block = raw
            if decoder is None:
                name, skip = self._encoding(block)
                decoder = codecs.getincrementaldecoder(name)("strict")
                newlines = io.IncrementalNewlineDecoder(decoder, translate=True)
                block = block[skip:]
                self._taken = skip
            self._check_size(len(block))
            text = self._decode(decoder, newlines, block, final=False)
            self._taken += len(block)
            self._check_for_nul(text)
            yield text
        if decoder is not None:
            yield self._decode(decoder, newlines, b"", final=True)

    def _encoding(self, block: bytes) -> tuple[str, int]:
        """The codec to use and how many bytes of byte order mark to pass over."""
        found = containers.detect_container(block[: containers.HEAD])
        if found is not None:
            raise refusal(0, FaultCode.PACKING, found.sentence, found.remedy)
        wanted = codecs.lookup(self._form.encoding).name
        for bom, name in _BOMS:
            if block.startswith(bom):
                if name == "utf-8" or wanted.startswith(name[:6]):
                    return name, len(bom)
                raise self._wrong_encoding(0, 1, name.upper(), block[:2])
        head = block[:64]
        if wanted in _UTF8 and head.count(0) > len(head) // 4:
            raise self._wrong_encoding(head.index(0), 1, likely_encoding(head), b"\0")
        if wanted in _UNORDERED:  # Python would raise in the middle of the file: there is no mark to tell the order
            raise self._wrong_encoding(0, 1, likely_encoding(head), head[:1])
        return ("utf-8" if wanted in _UTF8 else wanted), 0

    def _decode(
        self,
        decoder: codecs.IncrementalDecoder,
        newlines: io.IncrementalNewlineDecoder,
        block: bytes,
        *,
        final: bool,
    ) -> str:
        kept = len(decoder.getstate()[0])
        try:
            return newlines.decode(block, final=final)
        except UnicodeDecodeError as error:
            before = codecs.decode(error.object[: error.start], error.encoding, "replace")
            held_back = "\r" if newlines.getstate()[1] & 1 else ""
            line = self._before + _line_ends(held_back + before) + 1
            rest = bytes(error.object[error.start : error.start + 4096])
            offset = self._taken - kept + error.start
            if final:
                raise _truncation(offset, line, rest) from None
            line_start = error.object.rfind(b"\n", 0, error.start) + 1
            before_it = bytes(error.object[max(line_start, error.start - 1024) : error.start])
            raise self._wrong_encoding(offset, line, likely_encoding(rest, before_it), rest[:1]) from None

    def _wrong_encoding(self, offset: int, line: int, likely: str, found: bytes) -> Refused:
        wanted = self._form.encoding.upper()
        message = f"The file is not {wanted}: byte 0x{found.hex()} at offset {offset} (line {line})"
        message += f"; it looks like {likely}." if likely else "."
        remedy = "Save it as CSV UTF-8."
        return refusal(line, FaultCode.ENCODING, message, remedy, value=found.hex())

    def _check_lengths(self, lines: list[str], tail: str) -> None:
        most = self._form.max_line
        if len(tail) <= most and max(map(len, lines), default=0) <= most + 1:
            return
        at, line = next((at, line) for at, line in enumerate([*lines, tail], self._before + 1) if len(line) > most)
        raise refusal(
            at,
            FaultCode.TOO_LARGE,
            f"A line is longer than {most} characters.",
            "Check that this is a CSV file with one row on each line.",
            value=line[:40],
        )

    def _check_size(self, more: int) -> None:
        if self._taken + more > self._form.max_bytes:
            raise refusal(
                0,
                FaultCode.TOO_LARGE,
                f"The file is larger than {format_size(self._form.max_bytes)}.",
                "Split it.",
            )

    def _check_for_nul(self, text: str) -> None:
        at = text.find("\0")
        if at >= 0:
            line = self._before + text.count("\n", 0, at) + 1
            raise refusal(
                line,
                FaultCode.NUL_BYTE,
                f"There is a NUL byte in line {line}.",
                "The file was damaged in transit, or it is not a text file: export and send it again.",
            )


def _with_head(blocks: Iterable[bytes], least: int = containers.HEAD) -> Iterator[bytes]:
    """The blocks, of which the first is long enough to tell what the file is: a pipe may give single bytes."""
    rest = iter(blocks)
    head = b""
    for block in rest:
        head += block
        if len(head) >= least:
            break
    if head:
        yield head
    yield from rest


def _line_ends(text: str) -> int:
    return text.count("\n") + text.count("\r") - text.count("\r\n")


def _truncation(offset: int, line: int, rest: bytes) -> Refused:
    return refusal(
        line,
        FaultCode.ENCODING,
        f"The file ends in the middle of a character, at offset {offset} (line {line}): it was probably cut off.",
        "Send the whole file again.",
        value=rest.hex(),
    )
