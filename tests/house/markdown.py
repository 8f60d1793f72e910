"""The little of Markdown that the tests read: fenced blocks, tables and links."""

from __future__ import annotations

import re
from collections.abc import Iterator

_FENCE = re.compile(r"(?ms)^```(?P<language>\w*)[^\n]*\n(?P<body>.*?)^```$")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_HEADING = re.compile(r"(?m)^#{1,6} +(.+?) *$")


def blocks(text: str, language: str) -> list[str]:
    """The fenced blocks in this language, in order."""
    return [found["body"] for found in _FENCE.finditer(text) if found["language"] == language]


def prose(text: str) -> str:
    """The text without its fenced blocks and code spans."""
    return re.sub(r"`[^`\n]*`", "", _FENCE.sub("", text))


def links(text: str) -> list[str]:
    """The targets of all links."""
    return _LINK.findall(prose(text))


def anchors(text: str) -> set[str]:
    """The fragments by which the headings can be linked to, as GitHub makes them."""
    titles = _HEADING.findall(_FENCE.sub("", text))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def section(text: str, heading: str) -> str:
    """What stands under a heading, up to the next heading of the same rank or a higher one."""
    found = re.search(rf"(?m)^(#+) {re.escape(heading)}$", text)
    assert found, f"there is no heading {heading!r}"
    rest = text[found.end() :]
    end = re.search(rf"(?m)^#{{1,{len(found[1])}}} ", rest)
    return rest[: end.start()] if end else rest


def rows(text: str) -> Iterator[list[str]]:
    """The rows of every table, cell by cell, without heads and rules."""
    lines = [line.strip() for line in _FENCE.sub("", text).splitlines()]
    for at, line in enumerate(lines):
        following = lines[at + 1] if at + 1 < len(lines) else ""
        if line.startswith("|") and not line.startswith("|-") and not following.startswith("|-"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line.strip("|"))]


def words(cell: str) -> list[str]:
    """The code spans of a cell."""
    return re.findall(r"`([^`]+)`", cell)
