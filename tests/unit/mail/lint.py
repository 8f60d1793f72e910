"""What mail programs do not show, or show otherwise: the rules that the HTML of a mail must keep.

Outlook on Windows lays out with Word: no flex, no grid, no position, no float that counts, no max-width, no
background images, widths as attributes. Gmail drops style sheets it does not like, `position`, and everything after
102 kB; many drop forms, scripts, frames and SVG. Source: caniemail.com.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser

TAGS = frozenset(
    {"html", "head", "meta", "title", "style", "body", "div", "table", "tr", "td", "th"}
    | {"h1", "h2", "p", "span", "b", "br", "wbr", "a"}
)
VOID = frozenset({"meta", "br", "wbr"})
CARRIES = frozenset(
    {"background-color", "border-bottom", "color", "font-family", "font-size", "font-weight", "height", "line-height"}
    | {"margin", "margin-top", "padding", "width"}
)
"""Properties that Outlook, Gmail and Apple Mail all show on the elements they stand on here."""
EXTRA = frozenset({"max-width", "word-break"})
"""Properties that some of them drop and that carry no meaning: a width stands beside, a long word is whole."""
SHEET = frozenset({"background-color", "color", "border-color", "color-scheme"})


class Lint(HTMLParser):
    """`problems` are the rules that the text breaks."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.problems: list[str] = []
        self._open: list[tuple[str, dict[str, str]]] = []
        self._layout = 0
        self.feed(text)
        self.close()
        self.problems += [f"<{tag}> is not closed" for tag, _ in self._open]
        if len(text.encode()) > 100_000:
            self.problems.append("Gmail would clip it")

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.problems += [f"<{tag}>: {problem}" for problem in self._of(tag, given)]
        if tag not in VOID:
            self._open.append((tag, given))

    def _of(self, tag: str, given: dict[str, str]) -> Iterator[str]:
        if tag not in TAGS:
            yield "not shown everywhere"
        for name, value in given.items():
            if name.startswith("on") or name in ("src", "srcset", "background", "action", "data"):
                yield f"{name} loads or runs something"
            if re.search(r"(?i)url\(|javascript:|@import|expression\(", value):
                yield f"{name} loads or runs something: {value}"
        if tag == "meta" and "http-equiv" in given:
            yield "http-equiv does something"
        if tag == "a" and not given.get("href", "").startswith(("https://", "http://")):
            yield f"leads to {given.get('href')}"
        style = styles(given.get("style", ""))
        for name in style.keys() - CARRIES - EXTRA:
            yield f"{name} is dropped by some"
        if "background-color" in style and given.get("bgcolor") != style["background-color"]:
            yield "a colour that Outlook does not know: bgcolor must stand beside it"
        yield from _of_style(tag, style)
        if "max-width" in style and "width" not in given:
            yield "max-width without a width for Outlook"
        if tag == "table" and ("width" not in given or {given.get("cellpadding"), given.get("cellspacing")} != {"0"}):
            yield "without width, cellpadding or cellspacing Outlook takes its own"
        if tag in ("td", "th") and "width" in style and "width" not in given:
            yield "width in the style alone"
        if tag == "th" and given.get("scope") != "col":
            yield "a head that does not say of what"

    def handle_endtag(self, tag: str) -> None:
        if not self._open or self._open.pop()[0] != tag:
            self.problems.append(f"</{tag}> closes nothing")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "style":
            for rule in re.findall(r"\{([^{}]*)\}", data):
                self.problems += [f"{name} in the style sheet" for name in styles(rule).keys() - SHEET]
            if re.search(r"(?i)url\(|@import|@font-face", data):
                self.problems.append("the style sheet loads something")
            if re.search(r"\S!important|!(?!important\b)", data):
                self.problems.append("!important without a space before it, or in capitals")

    def handle_comment(self, data: str) -> None:
        self.problems.append(f"a comment: {data}")


def _of_style(tag: str, style: dict[str, str]) -> Iterator[str]:
    """Values, and places of properties, that Outlook on Windows or Gmail passes over (caniemail.com, note by note)."""
    cell, body = tag in ("td", "th"), tag == "body"
    for name in style.keys() & {"margin", "margin-top"}:
        if re.search(r"auto|-\d", style[name]) or tag == "span":
            yield f"{name}:{style[name]} on <{tag}> is passed over"
    if not (cell or (body and style.get("padding") == "0")) and "padding" in style:
        yield "padding on something else than a cell"
    if not (cell or tag == "table") and style.keys() & {"width", "height"}:
        yield "a size of something else than a table or a cell"
    if not cell and "border-bottom" in style:
        yield "a border of something else than a cell"
    if not style.get("font-size", "1px").endswith("px"):
        yield f"font-size:{style['font-size']} is not in pixels"
    if style.get("font-weight", "bold") not in ("bold", "normal"):
        yield f"font-weight:{style['font-weight']} is bold to some and not to others"
    for name in style.keys() & {"color", "background-color"}:
        if not re.fullmatch("#[0-9a-f]{6}", style[name]):
            yield f"{name}:{style[name]} is written as not all know it"


def styles(text: str) -> dict[str, str]:
    """The properties of a style attribute."""
    parts = (part.partition(":") for part in text.split(";") if part.strip())
    return {name.strip(): value.strip() for name, _, value in parts}


def contrast(one: str, other: str) -> float:
    """The ratio of two colours, `#rrggbb` (WCAG 2): 4.5 is enough for small text."""
    low, high = sorted(map(_luminance, (one, other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
