"""The one door to a sheet's bytes, with wrappings of a test's own."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from linecard.api import expiry
from linecard.api.opener import CannotOpen, OpenerError
from linecard.api.report import Fault, FaultCode, Severity
from linecard.infrastructure.files import open_nameless, sweep
from linecard.model.format import SheetFormat
from linecard.pipeline import sheet_file
from linecard.pipeline.feed import Feed

SHEET = b"Action,LoginEmail,Extension\n"
NOTE = Fault(0, "", "", FaultCode.WEAK_CRYPTO, Severity.WARNING, "Old.", "")


class Mark:
    """A wrapping that is one word before the sheet. `given` are the files that it has opened."""

    def __init__(self, word: bytes, *, required: bool = False, broken: Exception | None = None) -> None:
        self.word, self.required, self.broken = word, required, broken
        self.given: list[BinaryIO] = []

    def recognises(self, head: bytes) -> bool:
        return head.startswith(self.word)

    def refuse_unwrapped(self) -> CannotOpen | None:
        return CannotOpen(FaultCode.PACKING, f"not {self.word!r}", "") if self.required else None

    def open(self, wrapped: BinaryIO, most: int, noted: Callable[[Fault], None]) -> BinaryIO:
        if self.broken is not None:
            raise self.broken
        noted(NOTE)
        wrapped.read(len(self.word))
        self.given.append(io.BytesIO(wrapped.read()))
        return self.given[-1]

    def close(self) -> None:
        """Nothing is held."""


def opened(folder: Path, data: bytes, *openers: Mark, most: int = 1000) -> tuple[bytes | str, int]:
    """What is inside, or the code of the fault; and how many warnings came."""
    file, noted = folder / "drop", []
    file.write_bytes(data)
    inbox = Feed("hr", SheetFormat(max_bytes=most), {}, None, {}, {o.word.decode(): o for o in openers})
    try:
        return b"".join(sheet_file.unwrap(file, inbox, noted.append)), len(noted)
    except CannotOpen as refused:
        return refused.fault.code.value, len(noted)


def test_wrappings_come_off_in_any_order_once_each(tmp_path):
    a, b = Mark(b"A!"), Mark(b"B!")
    assert opened(tmp_path, b"A!B!" + SHEET, a, b) == (SHEET, 2)
    assert opened(tmp_path, b"B!A!" + SHEET, a, b) == (SHEET, 2)
    assert opened(tmp_path, SHEET, a, b) == (SHEET, 0)
    assert all(file.closed for file in a.given + b.given)


def test_the_same_wrapping_twice_is_refused(tmp_path):
    assert opened(tmp_path, b"A!B!A!" + SHEET, Mark(b"A!"), Mark(b"B!"))[0] == "packing"


def test_a_wrapping_that_is_required_may_be_inside_another(tmp_path):
    assert opened(tmp_path, b"B!A!" + SHEET, Mark(b"A!", required=True), Mark(b"B!"))[0] == SHEET
    assert opened(tmp_path, b"B!" + SHEET, Mark(b"A!", required=True), Mark(b"B!"))[0] == "packing"


def test_an_empty_file_is_told_as_empty_by_the_sheet(tmp_path):
    assert opened(tmp_path, b"", Mark(b"A!", required=True)) == (b"", 0)


def test_a_file_that_was_too_large_to_be_kept_whole_is_not_opened(tmp_path):
    """Its copy in the archive is cut off, which would else be told as damage."""
    mark = Mark(b"A!")
    assert opened(tmp_path, b"A!" + SHEET * 100, mark, most=100)[0] == "too_large"
    assert mark.given == []


def test_what_is_no_fault_of_the_file_goes_through(tmp_path):
    with pytest.raises(OpenerError):
        opened(tmp_path, b"A!", Mark(b"A!", broken=OpenerError("no gpg")))


class TestThePrivateFile:
    def test_has_no_name_and_is_for_its_owner_alone(self, tmp_path):
        with open_nameless(tmp_path / "plain") as file:
            file.write(b"secret")
            file.seek(0)
            assert file.read() == b"secret"
            found = os.fstat(file.fileno())
            assert (found.st_nlink, found.st_mode & 0o777) == (0, 0o600)
            assert list((tmp_path / "plain").iterdir()) == []
        assert (tmp_path / "plain").stat().st_mode & 0o777 == 0o700

    def test_what_lies_there_under_a_name_is_swept(self, tmp_path):
        (tmp_path / "piece").write_bytes(b"left")
        sweep(tmp_path)
        assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("now", "said"),
    [
        ("2026-01-01", ""),
        ("2026-04-03", "expires on 2026-06-01, in less than 60 days"),
        ("2026-05-02", "expires on 2026-06-01, in less than 30 days"),
        ("2026-05-25", "expires on 2026-06-01, in less than 7 days"),
        ("2026-06-01", "expired on 2026-06-01"),
    ],
)
def test_an_expiry_is_told_in_four_steps(now, said):
    assert expiry(datetime.fromisoformat("2026-06-01"), datetime.fromisoformat(now)) == said
    assert expiry(None, datetime.fromisoformat(now)) == ""
