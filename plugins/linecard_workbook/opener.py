"""Workbooks as sheets: CSV whose line N is row N of the worksheet, made while it is read."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, BinaryIO, cast

from linecard.api import Context
from linecard.api.opener import CannotOpen, Fault, FaultCode, HeaderRule, OpenerError, detect_container
from linecard_workbook.options import WorkbookOptions
from linecard_workbook.refusals import Bounds

if TYPE_CHECKING:
    from linecard_workbook.table import Workbook

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_BLOCK = 1 << 16


class WorkbookOpener:
    """Reads the workbooks of one inbox. What reads them is imported when the first one comes."""

    def __init__(self, options: WorkbookOptions, context: Context) -> None:
        self._options, self._context = options, context

    def recognises(self, head: bytes) -> bool:
        """By the first member of the archive: each program has its own, and none that a packed sheet would have."""
        found = detect_container(head)
        return head.startswith(_OLE) or (found is not None and found.opener == "workbook")

    def refuse_unwrapped(self) -> CannotOpen | None:
        if not self._options.required:
            return None
        return CannotOpen(
            FaultCode.WORKBOOK,
            "The file is no workbook, and this inbox accepts no others.",
            "Save it as .xlsx, and send that.",
        )

    def open_table(self, wrapped: BinaryIO, most: int, noted: Callable[[Fault], None], header: HeaderRule) -> BinaryIO:
        held = None
        try:
            if not wrapped.seekable():
                wrapped = held = self._put_down(wrapped)
            size = wrapped.seek(0, io.SEEK_END)
            bounds = Bounds(size, most, self._options.ratio)
            blocks = self._blocks(wrapped, bounds, noted, header)
            return cast("BinaryIO", io.BufferedReader(_Stream(blocks, bounds, held), _BLOCK))
        except BaseException:
            if held is not None:
                held.close()
            raise

    def _put_down(self, wrapped: BinaryIO) -> BinaryIO:
        """The directory of an archive stands at its end, so what comes as a stream must be whole first."""
        try:
            plain = self._context.temporary_file()
            shutil.copyfileobj(wrapped, plain, _BLOCK)
            plain.seek(0)
        except OSError as error:
            remedy = "Make room on the disk of `state`."
            raise OpenerError(f"The workbook cannot be put down: {error.strerror}.", remedy=remedy) from error
        return plain

    def _blocks(
        self, file: BinaryIO, bounds: Bounds, noted: Callable[[Fault], None], rule: HeaderRule
    ) -> Iterator[bytes]:
        from linecard_workbook.choice import HEAD_ROWS, choose_worksheet
        from linecard_workbook.lines import blocks

        workbook = self._workbook(file, bounds)
        worksheet, header = choose_worksheet(workbook, self._options.sheet, rule, noted)
        return blocks(workbook.read_rows(worksheet), header, rule.least_width, noted, most_above=HEAD_ROWS)

    def _workbook(self, file: BinaryIO, bounds: Bounds) -> Workbook:
        from linecard_workbook.archive import Archive
        from linecard_workbook.choice import HEAD_ROWS
        from linecard_workbook.ods import CONTENT, Ods
        from linecard_workbook.old_files import refuse_old
        from linecard_workbook.refusals import refuse_kind
        from linecard_workbook.xlsx import Xlsx

        file.seek(0)
        if file.read(len(_OLE)) == _OLE:
            refuse_old(file)
        archive = Archive(file, bounds)
        if any(name.endswith(".iwa") for name in archive.names):
            refuse_kind(".numbers")
        return Ods(archive, HEAD_ROWS) if CONTENT in archive.names else Xlsx(archive)

    def close(self) -> None:
        """Nothing is held."""


class _Stream(io.RawIOBase):
    """Blocks as a stream in these bounds; `held` is closed with it."""

    def __init__(self, blocks: Iterator[bytes], bounds: Bounds, held: BinaryIO | None) -> None:
        super().__init__()
        self._blocks, self._bounds, self._held, self._rest = blocks, bounds, held, b""
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            block = next(self._blocks, None)
            if block is None:
                return 0
            self._given += len(block)
            self._bounds.check_size(self._given)
            self._rest = block
        view = memoryview(buffer).cast("B")
        size = min(len(view), len(self._rest))
        view[:size], self._rest = self._rest[:size], self._rest[size:]
        return size

    def close(self) -> None:
        if self._held is not None:
            self._held.close()
        super().close()
