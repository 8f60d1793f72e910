"""A mail as a program shows it that does not know all of HTML: what it drops is gone.

What each drops is from caniemail.com, feature by feature (its data, 2019 to 2024), and where that says "buggy" the
feature is taken to be dropped. Only what our mails use is here: `shown` refuses what nobody has looked up.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping
from html.parser import HTMLParser
from typing import NamedTuple

from unit.mail.lint import VOID, styles

Shown = Callable[[str, str], bool]
"""Whether a property is shown on an element, by its tag and the property's value."""

CELLS = frozenset({"td", "th"})
BOXES = CELLS | {"table"}


def always(_tag: str, _value: str) -> bool:
    return True


def never(_tag: str, _value: str) -> bool:
    return False


def cells(tag: str, _value: str) -> bool:
    return tag in CELLS


def boxes(tag: str, _value: str) -> bool:
    return tag in BOXES


def margin(tag: str, value: str) -> bool:
    return tag not in ("span", "body") and "auto" not in value and "-" not in value


def weight(_tag: str, value: str) -> bool:
    return value in ("bold", "normal")


def pixels(_tag: str, value: str) -> bool:
    return value.endswith("px")


class Program(NamedTuple):
    """A mail program; `body`: it keeps html, head and body; `readers`: it keeps what is for screen readers."""

    body: bool
    readers: bool
    properties: Mapping[str, Shown]


_SHOWN: Mapping[str, Shown] = {
    **dict.fromkeys(("background-color", "color", "font-family", "border-bottom", "line-height", "padding"), always),
    **dict.fromkeys(("height", "width", "max-width"), always),
    "font-size": pixels,
    "font-weight": weight,
    "margin": margin,
    "margin-top": margin,
    "word-break": never,
}
"""By all but Outlook on Windows; css-margin: not below zero; css-word-break: buggy, or not at all."""
PROGRAMS = {
    # css-padding: on cells alone; css-width, css-height: not on body, span, div, p; css-border: unreliable on p, div;
    # css-line-height: pixels behave weirdly; css-max-width: not before 2019
    "Outlook on Windows": Program(
        body=True,
        readers=True,
        properties=_SHOWN
        | dict.fromkeys(("padding", "border-bottom"), cells)
        | dict.fromkeys(("height", "width"), boxes)
        | dict.fromkeys(("line-height", "max-width"), never),
    ),
    # html-body: replaced by a div; css-word-break: words are broken even more
    "Gmail": Program(body=False, readers=True, properties=_SHOWN | {"word-break": always}),
    # html-role: not at all; css-height: made another
    "Yahoo": Program(body=False, readers=False, properties=_SHOWN | {"height": never}),
    "one that knows no style": Program(body=False, readers=False, properties=dict.fromkeys(_SHOWN, never)),
}
KEPT = {
    "a": {"href"},
    "meta": {"charset", "name", "content"},
    "table": {"align", "bgcolor", "border", "cellpadding", "cellspacing", "width"},
    "td": {"align", "bgcolor", "colspan", "height", "valign", "width"},
    "th": {"align", "scope", "width"},
}
"""Attributes that all of them keep (html-align, html-height, html-valign, html-width)."""
READERS = frozenset({"role", "lang"})
GONE = frozenset({"class", "style", "bgcolor"})
"""`class` is good for nothing without a style sheet, and the colour of the body is not kept by all."""


def shown(text: str, program: Program) -> str:
    """What is left of a mail. Raises `LookupError` for what is not in the tables."""
    return _Left(program).of(text)


class _Left(HTMLParser):
    def __init__(self, program: Program) -> None:
        super().__init__(convert_charrefs=True)
        self._program, self._left = program, [""]
        self._gone = {"style"} if program.body else {"style", "html", "head", "meta", "title"}
        self._unseen = False

    def of(self, text: str) -> str:
        self.feed(text)
        self.close()
        whole = "".join(self._left)
        if self._program.body:
            return f"<!doctype html>{whole}"
        # as the program's own page has it around a mail, which brings its main part unless that is dropped
        head = '<meta name="viewport" content="width=device-width, initial-scale=1"><title>Inbox</title>'
        main = whole if self._program.readers else f"<main>{whole}</main>"
        return f'<!doctype html><html lang="en"><head>{head}</head><body>{main}</body></html>'

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag in self._gone:
            self._unseen = tag in ("style", "title")
            return
        given = {name: value or "" for name, value in attrs}
        kept = {name: value for name, value in given.items() if self._kept(tag, name)}
        if style := self._style(tag, given.get("style", "")):
            kept["style"] = style
        self._left.append(f"<{self._named(tag)}")
        self._left += [f' {name}="{html.escape(value)}"' for name, value in kept.items()]
        self._left.append(">")

    def handle_endtag(self, tag: str) -> None:
        if tag in self._gone:
            self._unseen = False
        elif tag not in VOID:
            self._left.append(f"</{self._named(tag)}>")

    def handle_data(self, data: str) -> None:
        if not self._unseen:
            self._left.append(html.escape(data, quote=False))

    def _named(self, tag: str) -> str:
        return "div" if tag == "body" and not self._program.body else tag

    def _kept(self, tag: str, name: str) -> bool:
        if name in READERS:
            return self._program.readers
        if name not in KEPT.get(tag, ()) and name not in GONE:
            raise LookupError(f"{name} of <{tag}>")
        return name in KEPT.get(tag, ())

    def _style(self, tag: str, text: str) -> str:
        found, known = styles(text), self._program.properties
        if unknown := found.keys() - known.keys():
            raise LookupError(f"{', '.join(unknown)} of <{tag}>")
        return ";".join(f"{name}:{value}" for name, value in found.items() if known[name](tag, value))
