"""From bytes to lines: encoding, line ends and size, in bounded memory whatever comes."""

from __future__ import annotations

import codecs
import io
from collections.abc import Iterable, Iterator

from linecard.model.format import SheetFormat
from linecard.model.sheet import Fault, FaultCode, Severity


class Refused(Exception):
    """The file as a whole cannot be used; carries the fault. Never leaves `linecard.rules`."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(fault.message)
        self.fault = fault


def refuse(line: int, code: FaultCode, message: str, hint: str, *, column: str = "", value: str = "") -> Refused:
    return Refused(Fault(line, column, shortened(value), code, Severity.ERROR, message, hint))


def shortened(value: str, most: int = 80) -> str:
    """The value as it may be shown in a message: cut, without line ends and control characters."""
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value[: most + 1])
    return text if len(text) <= most else text[: most - 1] + "…"


_BOMS = ((codecs.BOM_UTF8, "utf-8"), (codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be"))
_UTF8 = frozenset({"utf-8", "utf-8-sig"})


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
            if len(tail) > self._form.max_line:
                raise refuse(
                    self._before + len(parts) + 1,
                    FaultCode.TOO_LARGE,
                    f"A line is longer than {self._form.max_line} characters.",
                    "Check that this is a CSV file with one row on each line.",
                    value=tail[:40],
                )
            self._before += len(parts)
            yield from parts
        if tail:
            yield tail

    def _texts(self) -> Iterator[str]:
        decoder: codecs.IncrementalDecoder | None = None
        text = ""
        for raw in self._blocks:
            block = raw
            if decoder is None:
                name, skip = self._encoding(block)
                self._name = name
                decoder = codecs.getincrementaldecoder(name)("strict")
                newlines = io.IncrementalNewlineDecoder(decoder, translate=True)
                block = block[skip:]
                self._taken = skip
            self._check_size(len(block))
            text = self._decode(decoder, newlines, block, final=False)
            self._taken += len(block)
            self._check_nul(text)
            yield text
        if decoder is not None:
            yield self._decode(decoder, newlines, b"", final=True)

    def _encoding(self, block: bytes) -> tuple[str, int]:
        """The codec to use and how many bytes of byte order mark to pass over."""
        wanted = codecs.lookup(self._form.encoding).name
        for bom, name in _BOMS:
            if block.startswith(bom):
                if name == "utf-8" or wanted.startswith("utf-16"):
                    return name, len(bom)
                raise self._wrong_encoding(0, 1, name.upper(), block[:2])
        if wanted in _UTF8 and b"\0" in block[:64]:
            odd = block[1:64:2].count(0) >= block[0:64:2].count(0)
            if block[:64].count(0) > len(block[:64]) // 4:
                raise self._wrong_encoding(block.index(0), 1, "UTF-16-LE" if odd else "UTF-16-BE", b"\0")
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
            before = bytes(error.object[: error.start])
            lines = before.count(b"\n") or before.count(b"\r")
            rest = bytes(error.object[error.start : error.start + 4096])
            raise self._wrong_encoding(
                self._taken - kept + error.start, self._before + lines + 1, _likely(rest), rest[:1]
            ) from None

    def _wrong_encoding(self, offset: int, line: int, likely: str, found: bytes) -> Refused:
        wanted = self._form.encoding.upper()
        return refuse(
            line,
            FaultCode.ENCODING,
            f"The file is not {wanted}: byte 0x{found.hex()} at offset {offset} (line {line}); it looks like {likely}.",
            f"Save it as CSV UTF-8, or set `encoding: {likely.lower()}` on the inbox if every file comes like this.",
            value=found.hex(),
        )

    def _check_size(self, more: int) -> None:
        if self._taken + more > self._form.max_bytes:
            raise refuse(
                0,
                FaultCode.TOO_LARGE,
                f"The file is larger than {self._form.max_bytes:,} bytes.",
                "Split it, or raise `max_bytes` on the inbox.",
            )

    def _check_nul(self, text: str) -> None:
        at = text.find("\0")
        if at >= 0:
            line = self._before + text.count("\n", 0, at) + 1
            raise refuse(
                line,
                FaultCode.NUL_BYTE,
                f"There is a NUL byte in line {line}.",
                "The file was damaged on its way, or it is no text file: export and send it again.",
            )


def _likely(rest: bytes) -> str:
    """The encoding such bytes usually come from; said in a hint, never acted upon."""
    if b"\0" in rest[:16]:
        return "UTF-16-LE"
    for name in ("cp1252", "cp850"):
        try:
            rest.decode(name)
        except UnicodeDecodeError:
            continue
        return {"cp1252": "windows-1252", "cp850": "cp850"}[name]
    return "an unknown encoding"
