"""Limits against files that are small when they arrive and endless when they are opened."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any, BinaryIO, NoReturn

from linecard.api import format_size
from linecard.api.opener import CannotOpen, FaultCode, OpenerError

UNLIMITED_SIZE = 1_000_000
"""Bytes from which on the ratio counts: a small sheet of equal rows packs very well."""


class LimitedStream(io.RawIOBase):
    """The bytes that `more` gives, up to a size and a ratio. `more(n)` gives at most n bytes, none at the end.

    `taken` tells how many packed bytes they were made of so far. `held` is closed with it.
    """

    def __init__(
        self,
        more: Callable[[int], bytes],
        taken: Callable[[], int],
        *,
        most: int,
        ratio: int,
        held: BinaryIO | None = None,
    ) -> None:
        super().__init__()
        self._held = held
        self._more, self._taken, self._most, self._ratio = more, taken, most, ratio
        self._given = 0

    def close(self) -> None:
        if self._held is not None:
            self._held.close()
        super().close()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, unless the end comes first."""
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view):
            block = self._more(len(view) - filled)
            if not block:
                break
            view[filled : filled + len(block)] = block
            filled += len(block)
            self._check(len(block))
        return filled

    def _check(self, more: int) -> None:
        self._given += more
        if self._given > self._most:
            raise CannotOpen(
                FaultCode.TOO_LARGE,
                f"What is packed in the file is larger than {format_size(self._most)}.",
                "Split it.",
            )
        if self._given > max(UNLIMITED_SIZE, self._ratio * self._taken()):
            raise CannotOpen(
                FaultCode.TOO_LARGE,
                f"What is packed in the file is more than {self._ratio} times larger than the file.",
                "Send the sheet in parts, or as plain CSV.",
            )


def refuse(message: str, remedy: str, *, is_cut: bool = False) -> NoReturn:
    raise CannotOpen(FaultCode.PACKING, message, remedy, is_cut=is_cut)


def not_packed_error(how: str) -> CannotOpen:
    return CannotOpen(
        FaultCode.PACKING,
        f"The file is not packed with {how}, and this inbox accepts no others.",
        f"Ask the sender to pack it with {how}.",
    )


def disk_full_error(error: OSError) -> OpenerError:
    return OpenerError(
        f"The opened file cannot be put down: {error.strerror}.", remedy="Make room on the disk of `state`."
    )
