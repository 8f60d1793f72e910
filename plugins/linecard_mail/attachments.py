"""The files of a mail: every row for a spreadsheet, and the rows to send again."""

from __future__ import annotations

import io
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import PurePath
from typing import IO, NamedTuple

from linecard.api import safe_name
from linecard.api.sink import WORKBOOK_ENDING, Letter, Write, write_workbook

FORMS = {"csv": ".csv", "retry": ".retry.csv"}
BLOCK = 1 << 16
_PACKS = 5
"""How many times larger a sheet may be than the workbook that it would make; a larger one goes as CSV."""
OLDEST = (1980, 1, 1, 0, 0, 0)
"""A zip file knows no earlier time."""


class Attachment(NamedTuple):
    """One attached file, whole in memory: never larger than the options allow."""

    name: str
    kind: str
    content: bytes


class Attachments(NamedTuple):
    """`attached`, and the names of those that were `left_out` because they are too large."""

    attached: tuple[Attachment, ...]
    left_out: tuple[str, ...]

    @property
    def is_packed(self) -> bool:
        return any(file.kind == "zip" for file in self.attached)

    @property
    def retry(self) -> str:
        """The name of the attached retry sheet, or empty."""
        return next((file.name for file in self.attached if ".retry." in file.name), "")


NONE = Attachments((), ())


def collect_attachments(
    letter: Letter, write: Write, *, plain_most: int, attached_most: int, is_workbook: bool = False
) -> Attachments:
    """The files of a letter; where `is_workbook`, the retry sheet is one.

    They are written to disk first: a report may be larger than the memory.
    """
    report = letter.report
    stem = safe_name(PurePath(report.path).name)
    attached: list[Attachment] = []
    left_out: list[str] = []
    room = attached_most
    # the retry sheet first: it is the smaller one, and the one that somebody has to work on
    for form in ("retry", "csv"):
        if form == "retry" and not report.to_retry:
            continue
        if not report.total and form == "csv":
            continue
        name = stem + FORMS[form]
        with _render_to_disk(form, write) as file:
            size = file.seek(0, io.SEEK_END)
            file.seek(0)
            if is_workbook and form == "retry" and size <= _PACKS * room:
                made = Attachment(name.removesuffix(".csv") + WORKBOOK_ENDING, "workbook", _convert_to_workbook(file))
            elif size <= min(plain_most, room):
                made = Attachment(name, "csv", file.read())
            else:
                made = Attachment(f"{name}.zip", "zip", _zip(file, name, report.run.changed))
        if len(made.content) > room:
            left_out.append(name)
        else:
            attached.append(made)
            room -= len(made.content)
    return Attachments(tuple(attached), tuple(left_out))


@contextmanager
def _render_to_disk(form: str, write: Write) -> Iterator[IO[bytes]]:
    with tempfile.TemporaryFile() as file:
        out = io.TextIOWrapper(file, encoding="utf-8", newline="")
        write(form, out)
        out.flush()
        out.detach()
        yield file


def _convert_to_workbook(file: IO[bytes]) -> bytes:
    """The sheet as a workbook."""
    out = io.BytesIO()
    lines = io.TextIOWrapper(file, encoding="utf-8", newline="")
    write_workbook(lines, out)
    lines.detach()
    return out.getvalue()


def _zip(file: IO[bytes], name: str, at: datetime) -> bytes:
    """Packed, the same bytes whenever it is done."""
    packed = io.BytesIO()
    when = max(at.timetuple()[:6], OLDEST)
    with zipfile.ZipFile(packed, "w") as archive:
        entry = zipfile.ZipInfo(name, when)
        entry.compress_type = zipfile.ZIP_DEFLATED
        with archive.open(entry, "w") as out:
            while block := file.read(BLOCK):
                out.write(block)
    return packed.getvalue()
