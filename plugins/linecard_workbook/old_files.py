"""Workbooks in OLE compound files: what Excel wrote until 2003, and what it writes where a password protects one."""

from __future__ import annotations

from typing import BinaryIO, NoReturn

from linecard_workbook.archive import PROTECTED, UNPROTECT
from linecard_workbook.refusals import refuse, refuse_kind

_BLOCK = 1 << 20
_PACKAGE = "EncryptedPackage".encode("utf-16-le")
"""The name of the stream in which an encrypted workbook lies: [MS-OFFCRYPTO] 2.3.4.4."""


def refuse_old(file: BinaryIO) -> NoReturn:
    """Say which of the two it is. The file is read once, in order."""
    before = b""
    while block := file.read(_BLOCK):
        if _PACKAGE in before + block:
            refuse(PROTECTED, UNPROTECT)
        before = block[-len(_PACKAGE) :]
    refuse_kind(".xls")
