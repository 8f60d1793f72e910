"""What a file is that is no text at all, by its first bytes, so that a refusal can name it and the remedy."""

from __future__ import annotations

import re

_OPEN = "set `open: {{{name}: {{}}}}` on the inbox"
_CSV = "In the spreadsheet program, save it as CSV UTF-8, and send that."
_ANY_BYTE = re.DOTALL

# The control bytes that each of these has make sure that no text is taken for one, whatever its encoding.
_KINDS = (
    (rb"(?:\xef\xbb\xbf)?\s*-----BEGIN PGP ", "encrypted or signed with PGP", "pgp"),
    # A session key for a public key or a passphrase, by its version; something compressed.
    (rb"(?:\x84.|\x85..|\xc1(?:[\0-\xbf]|[\xc0-\xdf].))[\x02\x03\x06]", "encrypted with PGP", "pgp"),
    (rb"(?:\x8c|\xc3).[\x04-\x06]|\xa3[\0-\x03]", "encrypted or signed with PGP", "pgp"),
    (rb"\x1f\x8b\x08", "packed with gzip", "gzip"),
    (rb"PK\x03\x04.{26}(?:\[Content_Types\]|_rels/|docProps/|xl/|mimetypeapplication/vnd)", "a workbook, not CSV", ""),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old or protected Excel workbook, not CSV", ""),
    (rb"PK(?:\x03\x04|\x05\x06|\x07\x08)", "a zip archive", "zip"),
)
_LOOKS = [(re.compile(start, _ANY_BYTE), what, opener) for start, what, opener in _KINDS]


def wrapped(head: bytes) -> tuple[str, str] | None:
    """What a file with this beginning is (to stand behind "The file is"), and the remedy; None for a text."""
    for start, what, opener in _LOOKS:
        if start.match(head):
            remedy = _OPEN.format(name=opener)
            return what, f"Send it as plain CSV, or {remedy} if files come like this." if opener else _CSV
    return None
