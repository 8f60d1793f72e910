"""Text from outside as people may be shown it: in terminals, mails, pages, logs and names of files.

Control, bidi and other invisible characters could run something in a terminal, turn a line around, or begin a line of
their own. Letters of every script stay, and so do no-break spaces: French sets them before `:`, and several languages
between thousands.
"""

from __future__ import annotations

import json
import re

NO_BREAK_SPACES = "\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}\N{FIGURE SPACE}"
_TO_BLANKS = str.maketrans(dict.fromkeys(NO_BREAK_SPACES, " "))
_BREAKS = re.compile(rf"(?:(?![{NO_BREAK_SPACES}])\s)+")


def is_printable(text: str) -> bool:
    """Whether the text can be shown as it is."""
    return text.isprintable() or text.translate(_TO_BLANKS).isprintable()


def sanitize(text: object) -> str:
    """The text with U+FFFD for each character that people could not see."""
    said = str(text)
    if said.isprintable():
        return said
    return "".join(c if is_printable(c) else "\N{REPLACEMENT CHARACTER}" for c in said)


def sanitize_json(text: str, keep: str = "") -> str:
    """JSON that says the same, with such characters escaped; those in `keep` stay."""
    rest = text
    for character in keep:
        rest = rest.replace(character, "")
    if is_printable(rest):  # nearly every text, and hundreds of thousands of them
        return text
    return "".join(c if c in keep or is_printable(c) else json.dumps(c)[1:-1] for c in text)


def spell_out(name: bytes) -> str:
    """A raw file name, in which such characters, and bytes that are no UTF-8, are written out: `a\\n\\xff.csv`."""
    return "".join(c if is_printable(c) else repr(c)[1:-1] for c in name.decode(errors="backslashreplace"))


def sanitize_line(text: object) -> str:
    """The same in one line: what would end it, or pad it out, becomes one blank."""
    return sanitize(_BREAKS.sub(" ", str(text)).strip(" "))


def shorten(value: str, most: int = 80) -> str:
    """The value as a message may repeat it: cut, in one line."""
    if len(value) <= most and value.isprintable():
        return value
    text = sanitize(value[: most + 1])
    return text if len(text) <= most else text[: most - 1] + "…"
