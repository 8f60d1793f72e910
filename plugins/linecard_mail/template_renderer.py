"""Templates of the mail: the inbox's own first, then the site's own, then linecard's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from linecard.api import sanitize
from linecard.api.report import BUILT_IN, Templates, format_duration, locate_error

if TYPE_CHECKING:
    from markupsafe import Markup


def render_both(name: str, inbox: str, facts: dict[str, Any], folder: Path | None) -> tuple[str, str, str]:
    """A letter in plain text and in HTML; and what is wrong with an own template, of which its text then tells."""
    found, wrong = [], ""
    for form in ("txt", "html"):
        text, broken = render(f"{name}.{form}.j2", inbox, facts | {"wrong": wrong}, folder)
        if broken:  # once more, with a word about it at its end
            wrong = broken
            text, _ = render(f"{name}.{form}.j2", inbox, facts | {"wrong": wrong}, None)
        found.append(text)
    return found[0], found[1], wrong


def render(name: str, inbox: str, facts: dict[str, Any], folder: Path | None) -> tuple[str, str]:
    """A template's text; and what is wrong with an own one, if linecard's had to take its place."""
    own = TEMPLATES.environment(folder)
    wrong = ""
    if folder is not None:
        try:
            found = own.select_template([name] if inbox == BUILT_IN else [f"{inbox}/{name}", name])
            if found.filename is None or Path(found.filename).is_relative_to(folder):
                return found.render(facts), ""
        except Exception as error:  # noqa: BLE001 - whatever is wrong with it, no letter is lost for it
            wrong = _describe_error(error, folder)
    return TEMPLATES.environment(None).get_template(name).render(facts), wrong


def _describe_error(error: Exception, folder: Path) -> str:
    """What is wrong, and where as far as it can be told."""
    place = locate_error(error, folder)
    where = f"{Path(place[0]).name}, line {place[1]}: " if place else ""
    return f"{where}{sanitize(error)[:300]}"


MOST_CELL = 300
"""Characters of one text: a mail is read on a telephone, and clipped by some programs."""


def sanitize_header(text: object) -> str:
    """Sanitized text for a header of a mail, where `=?...?=` would be read as encoded text, line ends in it and all."""
    return sanitize(text).replace("=?", "= ?")


def shorten(text: object) -> str:
    """Sanitized text, not too long."""
    said = sanitize(text)
    return said if len(said) <= MOST_CELL else said[: MOST_CELL - 1] + "…"


LONG = re.compile(r"[^\s-]{15,}")
"""A word that is wider than a telephone's screen has room for, beside another column."""
PIECE = 14


def make_breakable(text: object) -> Markup:
    """Harmless text for HTML that a narrow screen may break inside long words; copied, they are whole.

    Not every mail program knows the style for it: Yahoo's does not.
    """
    from markupsafe import Markup, escape

    pieces = LONG.sub(lambda word: "\0".join(_split_word(word[0])), sanitize(text)).split("\0")
    return Markup("<wbr>").join(map(escape, pieces))


def _split_word(word: str) -> list[str]:
    parts = re.split("(?=@)", word)
    return [part[at : at + PIECE] for part in parts for at in range(0, len(part), PIECE)]


TEMPLATES = Templates("linecard_mail", {"short": shorten, "breakable": make_breakable, "duration": format_duration})
