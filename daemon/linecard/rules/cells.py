"""Cells as people and spreadsheets write them, made plain. What was cleaned is noted on the row."""

from __future__ import annotations

import re
import unicodedata

_EXCEL_TEXT = re.compile(r'="([^"]*)"\Z')


def plain(text: str, *, digits: bool = False) -> str:
    """The cell without Excel's marks, invisible characters and outer blanks.

    One leading `'` and a wrapping `="..."` go; NBSP becomes a blank; zero-width and bidi marks vanish; with
    `digits`, full-width digits and signs become plain ones.
    """
    if not text.isascii():
        if digits:
            text = unicodedata.normalize("NFKC", text)
        text = "".join(" " if c in "\u00a0\u202f\u2007" else c for c in text if unicodedata.category(c) != "Cf")
    text = text.strip()
    if text.startswith("'"):
        text = text[1:].strip()
    wrapped = _EXCEL_TEXT.match(text)
    return wrapped[1].strip() if wrapped else text


def folded(name: str) -> str:
    """A header name or an action as it is compared: in normal form C, without case, blanks, `_` and `-`."""
    return re.sub(r"[\s_-]+", "", unicodedata.normalize("NFC", plain(name).strip('"')).casefold())
