"""Drops read as check, survey and plan read them: through the one door."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Any

from linecard.api import Context, Site
from linecard.api.opener import CannotOpen, Opener
from linecard.api.report import Fault, FaultCode, Row, Severity
from linecard.infrastructure.files import open_nameless
from linecard.languages.stored_sentences import match_sentence
from linecard.model.format import SheetFormat
from linecard.pipeline import sheet_file
from linecard.pipeline.feed import Feed, Pbx
from linecard.registry import Registry
from linecard.rules.numbering import NumberingPlan
from linecard.testing import make_context
from linecard.testing.backend import MemoryBackend
from linecard.testing.memory import MemoryPbx

SHEET = b"Action,LoginEmail,Extension\nattach,ada@example.com,1234\nattach,alan@example.com,1235\n"
BIG = SHEET + b"".join(b"attach,m%06d@example.com,%04d\n" % (n, 1000 + n % 4000) for n in range(20_000))
CONTAINERS = Path(__file__).parents[2] / "data" / "containers"


def zipped(*members: tuple[str, bytes], how: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", how) as archive:
        for name, data in members:
            archive.writestr(zipfile.ZipInfo(name), data, how)
    return out.getvalue()


@dataclass
class Read:
    """What a drop came to."""

    rows: list[Row]
    codes: list[str]
    warnings: list[str]
    messages: list[str]
    remedies: list[str]

    @property
    def taken(self) -> bool:
        return not self.codes


OF_OPENERS = {
    *(FaultCode.PACKING, FaultCode.TOO_LARGE, FaultCode.NOT_ENCRYPTED, FaultCode.CANNOT_DECRYPT),
    *(FaultCode.SIGNATURE, FaultCode.WEAK_CRYPTO, FaultCode.NUL_BYTE),
    *(FaultCode.WORKBOOK, FaultCode.WORKBOOK_NOTE),
}


def must_be_translated(faults: Iterable[Fault]) -> None:
    """Every sentence of these is one that readers of other languages get in theirs."""
    for fault in faults:
        for said in filter(None, (fault.message, fault.remedy)):
            found = match_sentence(said)
            assert found is not None, said
            assert "said" not in found[1] or match_sentence(found[1]["said"]) is not None, said


def context_of(folder: Path, state: Path, name: str = "hr") -> Context:
    """What openers and keyrings of a site with this state are built with."""
    site = Site(name="Test", folder=folder, state=state, reports=folder / "reports", quarantine=folder / "quarantine")
    return make_context(folder, name, site=site, temporary_file=partial(open_nameless, state / sheet_file.TEMPORARY))


@cache
def _registry() -> Registry:
    """The plugins, looked for once."""
    return Registry()


class Desk:
    """Reads drops of inboxes with this state; `most` bytes at the most."""

    def __init__(self, state: Path, folder: Path) -> None:
        self._state, self._folder = state, folder
        self._openers: list[Opener] = []
        self._registry = _registry()
        self._count = 0

    def opener(self, kind: str, **options: Any) -> Opener:
        found = self._registry.opener_kind(kind)
        made = found.build(found.options(**options), context_of(self._folder, self._state))
        self._openers.append(made)
        return made

    def inbox(self, most: int = 10_000_000, **wrappings: dict[str, Any]) -> Feed:
        pbx = Pbx("hq", MemoryBackend(MemoryPbx(())), NumberingPlan("FR", ("1000-4999",), ()))
        openers = {kind: self.opener(kind, **options) for kind, options in wrappings.items()}
        return Feed("hr", SheetFormat(max_bytes=most), {"hq": pbx}, "hq", {}, openers)

    def _drop(self, data: bytes, name: str = "people.csv.pgp") -> Path:
        self._count += 1
        file = self._folder / f"{self._count}__{name}"
        file.write_bytes(data)
        return file

    def size(self, data: bytes, inbox: Feed) -> int | str:
        """How many bytes are inside, nobody looking at what they are; or the code of the fault that stops it."""
        try:
            return sum(map(len, sheet_file.unwrap(self._drop(data), inbox, lambda _: None)))
        except CannotOpen as refused:
            return refused.fault.code.value

    def read(self, data: bytes, inbox: Feed, *, name: str = "people.csv.pgp") -> Read:
        sheet = sheet_file.open_sheet(self._drop(data, name), inbox)
        rows = list(sheet)
        errors = [fault for fault in sheet.faults if fault.severity is Severity.ERROR]
        must_be_translated(fault for fault in sheet.faults if fault.code in OF_OPENERS)
        return Read(
            rows,
            [fault.code.value for fault in errors],
            [fault.code.value for fault in sheet.faults if fault.severity is Severity.WARNING],
            [fault.message for fault in sheet.faults],
            [fault.remedy for fault in sheet.faults],
        )

    def pgp(self, data: bytes, most: int = 10_000_000, **options: Any) -> Read:
        with closing(self.opener("pgp", **options)) as opener:
            inbox = self.inbox(most)
            return self.read(data, Feed(inbox.name, inbox.form, inbox.pbxs, "hq", {}, {"pgp": opener}))

    def close(self) -> None:
        for opener in self._openers:
            opener.close()
