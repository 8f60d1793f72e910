"""Which encoding bytes that are no UTF-8 probably come from: said in a remedy, never acted upon.

Source of the code pages: Python's codecs. What is weighed is whether letters come out as people write words.
"""

from __future__ import annotations

import codecs
import unicodedata

# In the order in which they are believed where several read the bytes equally well.
_CODE_PAGES = {
    "windows-1252": "cp1252",
    "Mac Roman": "mac_roman",
    "cp850": "cp850",
    "cp437": "cp437",
    "windows-1250": "cp1250",
    "cp852": "cp852",
    "windows-1251": "cp1251",
    "cp866": "cp866",
    "KOI8-R": "koi8_r",
}
_BESIDE_WORDS = frozenset(
    "\N{EN DASH}\N{MIDDLE DOT}"
    "\N{LEFT SINGLE QUOTATION MARK}\N{LEFT DOUBLE QUOTATION MARK}\N{RIGHT DOUBLE QUOTATION MARK}"
    "\N{DOUBLE LOW-9 QUOTATION MARK}\N{LEFT-POINTING DOUBLE ANGLE QUOTATION MARK}"
    "\N{RIGHT-POINTING DOUBLE ANGLE QUOTATION MARK}\N{HORIZONTAL ELLIPSIS}\N{EM DASH}\N{NO-BREAK SPACE}\N{DEGREE SIGN}"
    "\N{SECTION SIGN}\N{EURO SIGN}\N{INVERTED EXCLAMATION MARK}\N{INVERTED QUESTION MARK}\N{FEMININE ORDINAL INDICATOR}"
    "\N{MASCULINE ORDINAL INDICATOR}\N{COPYRIGHT SIGN}\N{REGISTERED SIGN}\N{TRADE MARK SIGN}"
)


def likely_encoding(rest: bytes, before: bytes = b"") -> str:
    """The name of the encoding; empty where the bytes are words in none. `before` is the byte before them."""
    head = rest[:64]
    if head.count(0) > len(head) // 4:
        return "UTF-16-LE" if head[1::2].count(0) >= head[0::2].count(0) else "UTF-16-BE"
    try:
        codecs.getincrementaldecoder("utf-8")().decode(rest)
    except UnicodeDecodeError:
        weights = {name: _weight(before + rest, codec) for name, codec in _CODE_PAGES.items()}
        best = max(weights, key=weights.__getitem__)  # of equals the first
        return best if weights[best] > 0 else ""
    return "UTF-8"


def _weight(data: bytes, codec: str) -> int:
    """How well the characters beyond ASCII stand in words; far below nought where the code page lacks one."""
    try:
        text = data.decode(codec)
    except UnicodeDecodeError:
        return -len(data) - 1
    padded = f" {text} "
    return sum(
        _weight_of(padded[at - 1], padded[at], padded[at + 1])
        for at in range(1, len(padded) - 1)
        if not padded[at].isascii()
    )


def _weight_of(left: str, char: str, right: str) -> int:
    if not char.isalpha():
        return _weight_of_mark(left, char, right)
    if not (_is_one_script(left, char) and _is_one_script(char, right)):
        return -4
    if char.isupper() and (left.islower() or (left.isupper() and right.islower())):
        return -4  # a capital within a word
    if char.islower() and left.isupper() and right.isupper():
        return -4
    weight = _weight_of_letter(char)
    if char.lower() in _VOWELS:
        weight -= (left.lower() in _VOWELS) + (right.lower() in _VOWELS)
    return weight if char.isupper() or left.isalpha() else weight // 2


def _weight_of_mark(left: str, char: str, right: str) -> int:
    within = left.isalpha() and right.isalpha()
    if char == "\N{RIGHT SINGLE QUOTATION MARK}":
        return 6 if within else 1
    return 1 if char in _BESIDE_WORDS and not within else -4


def _weight_of_letter(char: str) -> int:
    if "CYRILLIC" in unicodedata.name(char, ""):
        return 4
    return _FREQUENCY.get(char.lower(), 0)


_FREQUENCY = (
    {"é": 10}
    | dict.fromkeys("äöüç", 8)
    | dict.fromkeys("áèóß", 6)
    | dict.fromkeys("íñ", 5)
    | dict.fromkeys("ãåøúïšžčřěłęąśżő", 4)
    | dict.fromkeys("õêàôëæýćńźťďňůűđăâîșț", 3)
    | dict.fromkeys("ûœ", 2)
    | dict.fromkeys("ùìò", 1)
)
"""How often letters stand in the names of Europe, roughly: by hand, in steps that part the code pages."""

_VOWELS = frozenset("aeiouyáàâäãåæéèêíìîóòôöõøœúùûüýąęěőůű")
"""Two of them seldom meet where one has an accent, but for ë and ï, whose dots say just that."""


def _is_one_script(one: str, other: str) -> bool:
    """Whether two letters can stand in one word; what is no letter can stand beside any."""
    if not (one.isalpha() and other.isalpha()):
        return True
    return ("CYRILLIC" in unicodedata.name(one, "")) == ("CYRILLIC" in unicodedata.name(other, ""))
