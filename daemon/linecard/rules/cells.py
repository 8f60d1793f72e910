"""Cells as people and spreadsheets write them, made plain. What was cleaned is noted on the row."""

from __future__ import annotations

import re
import unicodedata
from string import ascii_letters
from string import digits as plain_digits

# What word processors and keyboards put in the place of - and ': U+2010 to U+2015 and their kin (Unicode, Pd and Po),
# and letters that look like an apostrophe. A wave dash is none: in Japan it is that of a range. What East Asian
# keyboards write in full width is the same character: a login in it would be another person's.
_TYPED = str.maketrans(
    dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u2212\ufe58\ufe63\uff0d", "-")
    | dict.fromkeys("\u02d7\u058a\u05be\u1806\u207b\u208b\u2796\u2e3a\u2e3b", "-")
    | dict.fromkeys("\u2018\u2019\u201b\u02bc\u02b9\u2032\u00b4\uff07", "'")
    | dict.fromkeys(
        "\u02bb\u02bd\u02c8\u02ca\u02cb\u0384\u055a\u05f3\u1fbd\u1fbf\u201a\u2035\u275b\u275c\ua78b\ua78c", "'"
    )
    | dict.fromkeys("`\uff40", "'")
    | dict.fromkeys("\u00a0\u202f\u2007\u3000", " ")
    | dict.fromkeys("\u3002\uff61\uff0e", ".")
    | {0xFEE0 + ord(c): c for c in ascii_letters + plain_digits + "@_+"}
)
_EXCEL_TEXT = re.compile(r'="([^"]*)"\Z')


def clean_cell(text: str, *, digits: bool = False) -> str:
    """The cell without Excel's marks, invisible characters and outer blanks.

    One leading `'` and a wrapping `="..."` go; NBSP becomes a blank; typographic dashes and apostrophes become those
    of a keyboard, for nobody's login has others; full-width letters and digits become plain ones; zero-width and bidi
    marks vanish; with `digits`, other full-width signs, and digits of other scripts, become plain ones too.
    """
    if not text.isascii() or "`" in text:
        if digits:
            # The mark of a long vowel is what a Japanese keyboard has where others have the hyphen.
            text = unicodedata.normalize("NFKC", text).replace("\u30fc", "-")
        text = "".join(c for c in text.translate(_TYPED) if unicodedata.category(c) != "Cf")
        if digits:  # of other scripts, as keyboards of Arabic, Persian or Hindi write them
            text = "".join(str(unicodedata.decimal(c, c)) for c in text)
    text = text.strip()
    if text.startswith("'"):
        text = text[1:].strip()
    wrapped = _EXCEL_TEXT.match(text)
    return wrapped[1].strip() if wrapped else text


def fold_word(name: str) -> str:
    """A header name or an action as it is compared: in normal form C, without case, blanks, `_` and `-`."""
    return re.sub(r"[\s_-]+", "", unicodedata.normalize("NFC", clean_cell(name).strip('"')).casefold())
