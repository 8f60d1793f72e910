"""Which encoding bytes that are no UTF-8 probably come from: said in a remedy, never acted upon.

Source of the code pages: Python's codecs. What is weighed is whether letters come out as people write words. Libraries
for this (charset-normalizer 3.5, chardet 7.7) need some hundred letters to be right, and sheets have few beyond ASCII.
"""

from __future__ import annotations

import codecs

from linecard.rules.letter_weights import weigh_character

# In the order in which they are believed where several read the bytes equally well.
_CODE_PAGES = {
    "windows-1252": "cp1252",
    "ISO-8859-15": "iso8859_15",
    "Mac Roman": "mac_roman",
    "cp850": "cp850",
    "cp437": "cp437",
    "windows-1250": "cp1250",
    "ISO-8859-2": "iso8859_2",
    "cp852": "cp852",
    "windows-1254": "cp1254",
    "windows-1251": "cp1251",
    "cp866": "cp866",
    "KOI8-R": "koi8_r",
    "windows-1253": "cp1253",
    "ISO-8859-7": "iso8859_7",
    "windows-1255": "cp1255",
    "windows-1256": "cp1256",
    "GB18030": "gb18030",
    "Shift-JIS": "cp932",
    "Big5": "cp950",
    "EUC-KR": "cp949",
    "EUC-JP": "euc_jp",
    "Mac Central European": "mac_latin2",
    "Mac Cyrillic": "mac_cyrillic",
    "Mac Greek": "mac_greek",
    "Mac Turkish": "mac_turkish",
    "ISO-8859-5": "iso8859_5",
    "cp737": "cp737",
}
_EBCDIC = frozenset(range(0x40, 0x100)) | frozenset(b"\x0d\x15\x25")
"""Letters, digits and marks of mainframes and AS/400, and their line ends; in other text the delimiters are below."""

_OTHER_NAMES = {
    "Mac Roman": "mac-roman",
    "Mac Central European": "mac-latin2",
    "Mac Cyrillic": "mac-cyrillic",
    "Mac Greek": "mac-greek",
    "Mac Turkish": "mac-turkish",
    "EBCDIC": "cp500",
    "Shift-JIS": "cp932",
    "Big5": "cp950",
    "EUC-KR": "cp949",
}
"""What to set for an encoding where it is not its name: Windows adds letters of names to the East Asian ones."""


def encoding_setting(name: str) -> str:
    """What an inbox has as its `encoding` for the one that `likely_encoding` names."""
    return _OTHER_NAMES.get(name, name.lower())


def likely_encoding(rest: bytes, before: bytes = b"") -> str:
    """The name of the encoding; empty where the bytes are words in none. `before` are bytes of the same line before
    them."""
    head = rest[:64]
    if head.count(0) > len(head) // 4:
        return "UTF-16-LE" if head[1::2].count(0) >= head[0::2].count(0) else "UTF-16-BE"
    if not before and len(head) > len("Action,") and _EBCDIC.issuperset(head):
        return "EBCDIC"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(rest)
    except UnicodeDecodeError:
        weights = {name: _weight(before + rest, codec) for name, codec in _CODE_PAGES.items()}
        best = max(weights, key=weights.__getitem__)  # of equals the first
        return best if weights[best] > 0 else ""
    return "UTF-8"


def _weight(data: bytes, codec: str) -> int:
    """How well the characters beyond ASCII stand in words; far below nought where the code page lacks one."""
    decoder = codecs.getincrementaldecoder(codec)()
    try:
        text = decoder.decode(data)  # the last character may be cut off
    except UnicodeDecodeError:
        return -len(data) - 1
    padded = f" {text} "
    return sum(
        weigh_character(padded[at - 1], padded[at], padded[at + 1], codec)
        for at in range(1, len(padded) - 1)
        if not padded[at].isascii()
    )
