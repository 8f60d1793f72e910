"""What a file is that is no text, by its first bytes, so that a refusal can name it and say what to do.

The one table of all that may stand around a sheet or in its place, whether an inbox can open it or nobody here can.
"""

from __future__ import annotations

import re
import zlib
from dataclasses import dataclass

from linecard.rules.openpgp import PgpKind, detect_openpgp

HEAD = 512
"""How many bytes of a file are looked at: the first block of a tar archive, whose mark stands at byte 257."""

TAIL = 22
"""How many bytes are looked at from its end: where a zip archive says of how many volumes it is the last."""

_AS_CSV = "In the spreadsheet program, save it as CSV UTF-8, and send that."
_REPACK = "Send the CSV file itself, or pack it with zip or gzip."
_REENCRYPT = "Have it encrypted with OpenPGP instead, or send plain CSV."
_WHOLE = "Send the CSV file itself, or pack it with zip or gzip in one piece."
_OPEN = "Send it as plain CSV."


@dataclass(frozen=True, slots=True)
class Container:
    """`what` stands behind "The file is". `opener` is the plugin that opens such files, if there is one.

    `is_wrapping` where it may hold the sheet, so that an inbox that asks for another wrapping says so.
    """

    what: str
    remedy: str
    opener: str = ""
    is_wrapping: bool = True

    @property
    def sentence(self) -> str:
        return f"The file is {self.what}; it cannot be read as it is."

    @property
    def sentence_inside(self) -> str:
        """What is said when something else was taken off before."""
        return f"What is packed in the file is {self.what}; it cannot be read as it is."


def _needs_opener(opener: str, what: str) -> Container:
    return Container(what, _OPEN, opener)


def _other(what: str, remedy: str) -> Container:
    return Container(what, remedy, is_wrapping=False)


VOLUME = Container("one volume of a split archive", _WHOLE)

_PGP = {
    PgpKind.ENCRYPTED: _needs_opener("pgp", "encrypted with PGP"),
    PgpKind.MESSAGE: _needs_opener("pgp", "signed or packed with PGP"),
    PgpKind.KEY: _other(
        "a PGP key, not a sheet", "Import the key with `linecard keys import`, and ask the sender for the sheet itself."
    ),
    PgpKind.SECRET_KEY: _other(
        "a secret PGP key, not a sheet", "It is no longer secret: its owner should revoke it and create another one."
    ),
    PgpKind.SIGNATURE: _other(
        "a PGP signature alone, without what it signs", "Sign and encrypt the sheet into one file, or send plain CSV."
    ),
    PgpKind.PART: _other("one part of a PGP message in several parts", "Send the message in one piece."),
}

_ZIP = rb"(?:PK00)?PK\x03\x04"
_ODD = rb"[\x01\x03\x05\x07\x09\x0b\x0d\x0f\x11\x13\x15\x17\x19\x1b\x1d\x1f]"
_RAR_VOLUME = (
    rb"Rar!\x1a\x07\0..\x73" + _ODD,  # RAR 1.5 to 4: the lowest bit of the archive's flags
    rb"Rar!\x1a\x07\x01\0.{4}[\0-\x7f]\x01(?:[\0\x04]|[\x01\x05][\0-\x7f])" + _ODD,  # RAR 5
)
_DER = rb"0(?:\x80|\x81.|\x82..|\x83.{3}|\x84.{4})\x06"
_PKCS = rb"\x2a\x86\x48\x86\xf7\x0d\x01"
_MAIL = rb"(?i:(?:[a-z-]+:[^\n]*\n(?:[ \t][^\n]*\n)*)*content-type:\s*)"
_BLANK = rb"(?:\xef\xbb\xbf)?\s*"
_MARKUP = _BLANK + rb"(?:<\?xml\s[^>]*>\s*|<!--.*?-->\s*)*"
_XML = _MARKUP + rb"(?:<!DOCTYPE[^>]*>\s*(?:<!--.*?-->\s*)*)?"
_CSV_EXPORT = "Export the sheet as CSV UTF-8, and send that."
_SMIME = (
    _BLANK + rb"-----BEGIN (?:PKCS7|CMS)-----",
    _DER + rb"\x09" + _PKCS + rb"\x07[\x01-\x06]",
    _DER + rb"\x0b" + _PKCS + rb"\x09\x10\x01[\x09\x17]",
    _MAIL + rb"(?i:application/(?:x-)?pkcs7-)",
)

# The control bytes that most of these have make sure that no text is taken for one, whatever its encoding; the others
# begin with words with which no sheet begins.
_TABLE = (
    (rb"\x1f\x8b\x08", _needs_opener("gzip", "packed with gzip")),
    (
        _ZIP + rb".{26}(?:\[Content_Types\]|_rels/|docProps/|xl/|mimetype|content\.xml|META-INF/manifest)",
        Container("a workbook, not CSV", _OPEN.format(opener="workbook"), "workbook", is_wrapping=False),
    ),
    (rb"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", _other("an old or protected Excel workbook, not CSV", _AS_CSV)),
    (rb"PK\x07\x08PK", VOLUME),
    (_ZIP + rb"|PK\x05\x06", _needs_opener("zip", "a zip archive")),
    (rb"7z\xbc\xaf\x27\x1c", Container("a 7z archive", _REPACK)),
    (rb"|".join(_RAR_VOLUME), VOLUME),
    (rb"Rar!\x1a\x07", Container("a RAR archive", _REPACK)),
    (rb"\xfd7zXZ\0", Container("packed with xz", _REPACK)),
    (rb"\]\0\0.{2}(?:\xff{8}|.{5}\0{3})", Container("packed with lzma", _REPACK)),
    (rb"LZIP[\0\x01]", Container("packed with lzip", _REPACK)),
    (rb"BZh[1-9](?:1AY&SY|\x17rE8P\x90)", Container("packed with bzip2", _REPACK)),
    (rb"\x28\xb5\x2f\xfd(?=.*[\0-\x08\x0e-\x19])", Container("packed with zstd", _REPACK)),
    (rb"\x04\x22\x4d\x18|\x02\x21\x4c\x18", Container("packed with lz4", _REPACK)),
    (rb"[\x50-\x5f]\x2a\x4d\x18", Container("packed with zstd or lz4", _REPACK)),
    (rb"\x1f[\x9d\xa0]", Container("packed with compress", _REPACK)),
    (rb"\xff\x06\0\0sNaPpY", Container("packed with snappy", _REPACK)),
    (rb"MSCF\0{4}", Container("a cab archive", _REPACK)),
    (rb"\x60\xea.\0[\x1e-\x22]", Container("an ARJ archive", _REPACK)),
    (rb"..-l[hz][0-9ds]-.{13}[\0-\x03]", Container("an LHA archive", _REPACK)),
    (rb"07070[127][0-9A-Fa-f]{70}", Container("a cpio archive", _REPACK)),
    (rb"MZ.{58}..\0\0|\x7fELF", Container("a program, perhaps an archive that unpacks itself", _REPACK)),
    (rb"age-encryption\.org/v\d|-----BEGIN AGE ENCRYPTED", Container("encrypted with age", _REENCRYPT)),
    (
        rb"Salted__(?=.{0,64}[\0-\x08\x0e-\x1f])|U2FsdGVkX1[0-9A-Za-z+/]{6}",
        Container("encrypted with openssl", _REENCRYPT),
    ),
    (
        rb"|".join(_SMIME),
        Container("encrypted or signed with S/MIME", _REENCRYPT),
    ),
    (_MAIL + rb"(?i:multipart/)", _other("a mail message", "Save the sheet that is attached to it, and send that.")),
    (rb"%PDF-\d", _other("a PDF document, not CSV", _CSV_EXPORT)),
    (
        _MARKUP + rb"<(?i:!doctype\s+html|html|head|body|table|title|meta|link|script|style|div|form|center|h1)\b",
        _other(
            "a web page, not CSV",
            "Open it in a browser. If it asks for a login, fix the login of the export; otherwise export as CSV UTF-8.",
        ),
    ),
    (
        _XML + rb"(?:<\?mso-application|<(?:office:document|(?:\w+:)?Workbook|ss:Workbook)\b)",
        _other("a workbook, not CSV", _AS_CSV),
    ),
    (rb"ID;P(?:WXL|S?CALC)[^\r\n]*[\r\n]|TABLE\r?\n0,1\r?\n", _other("a workbook, not CSV", _AS_CSV)),
    (_BLANK + rb"\{\\rtf\d", _other("a text document, not CSV", _CSV_EXPORT)),
    (_BLANK + rb"<\?xml\s", _other("an XML document, not CSV", _CSV_EXPORT)),
    (_BLANK + rb"(?:\[\s*)?\{\s*(?:\"|\})", _other("JSON, not CSV", _CSV_EXPORT)),
)
_LOOKS = [(re.compile(start, re.DOTALL), container) for start, container in _TABLE]
_TAR = Container("a tar archive", _REPACK)
_TAR_IN_GZIP = Container("a tar archive packed with gzip", _REPACK)
_TAR_SUM = slice(148, 156)
_LEAST = 8
"""The head of a packet may be six bytes; a text of so few could be taken for one that was cut off."""

_VOLUME_NAME = re.compile(
    r"\.(?:7z|zipx?|rar|tar|tgz|gz|bz2|xz|zst|lz4|lzma|pgp|gpg)\.(?:\d{2,3}|a[a-z]|part\d+)"
    r"|\.zx?\d\d|\.r\d\d|\.part\d+\.rar",
    re.IGNORECASE,
)
_CONTROL = re.compile(rb"[\0-\x08\x0e-\x19\x1b-\x1f]")


def detect_container(head: bytes, *, name: str = "", tail: bytes = b"") -> Container | None:
    """What a file with this beginning (`HEAD` bytes of it) is; None for a text.

    Only where the first bytes say that it is no text do the name and the last `TAIL` bytes count: all volumes of an
    archive but the first begin with anything.
    """
    found = _detect(head)
    is_text = found is None and _CONTROL.search(head) is None
    return VOLUME if not is_text and is_volume(name, tail) else found


def containers() -> tuple[Container, ...]:
    """All that a file can be found to be."""
    return tuple(dict.fromkeys([*_PGP.values(), *(container for _, container in _TABLE), _TAR, _TAR_IN_GZIP]))


def is_volume(name: str, tail: bytes) -> bool:
    """Whether a file that is no text is one of several, by its name or by its last `TAIL` bytes.

    The last volume of a split zip archive is called .zip, and says at its end that it has another number than nought.
    """
    is_last = len(tail) == TAIL and tail.startswith(b"PK\x05\x06") and tail[4:6] not in (b"\0\0", b"\xff\xff")
    return is_last or has_volume_name(name)


def has_volume_name(name: str) -> bool:
    """Whether volumes of split archives are named so: people.z01, people.7z.002, people.part1.rar."""
    return any(match.end() == len(name) for match in _VOLUME_NAME.finditer(name))


def _detect(head: bytes) -> Container | None:
    pgp = detect_openpgp(head) if len(head) >= _LEAST else None
    if pgp is not None:
        return _PGP[pgp]
    for start, container in _LOOKS:
        if start.match(head):
            return _TAR_IN_GZIP if container.opener == "gzip" and _is_tar(_inside_gzip(head)) else container
    return _TAR if _is_tar(head) else None


def _is_tar(head: bytes) -> bool:
    """Whether this is the head of a tar archive: the oldest (v7) have no mark, but all have a check sum."""
    if len(head) < HEAD or b"\0" not in head:
        return False
    told = re.fullmatch(rb"[\0 ]*([0-7]{1,8})[\0 ]*", head[_TAR_SUM])
    return told is not None and int(told[1], 8) == sum(head[:148]) + 8 * ord(" ") + sum(head[156:HEAD])


def _inside_gzip(head: bytes) -> bytes:
    """The first bytes of what is packed; fewer than `HEAD` where `head` does not give them."""
    try:
        return zlib.decompressobj(wbits=31).decompress(head, HEAD)
    except zlib.error:
        return b""
