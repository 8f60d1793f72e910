"""The lines that a CSV reader is fed, with their numbers."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

_MOST_HEADER_LINES = 8
_MOST_PASSED = 100


class LineReader:
    """The lines a csv reader is fed: comments left out, numbers kept. Quoted cells may span lines.

    `passed` are lines at the top that were passed over because the inbox says so, with their numbers.
    """

    def __init__(self, lines: Iterable[str], quote: str) -> None:
        self._lines = iter(lines)
        self._quote = quote
        self.number = 0
        self.start = 0
        self.at_start = True
        self.passed: list[tuple[int, str]] = []

    def lines(self, delimiter: str, is_row: Callable[[str], bool]) -> Iterator[str]:
        """The lines of the rows; `is_row` is asked of an indented line that looks like a comment."""
        quote, between = self._quote, re.escape(delimiter)
        # `"abc" ;` is how Rainbow's own samples pad: blanks between a closing quote and the delimiter mean nothing.
        # Two quotes close a cell only where they are the whole cell; else they are a quote inside one.
        # A tab that delimits is no blank: a line of nothing but tabs would be searched again from each of them.
        blank = " " if delimiter == "\t" else r"[ \t]"
        closing = rf"(?:^|{between}){blank}*{quote}{quote}|(?<!{quote}){quote}"
        padded = re.compile(rf"({closing}){blank}+(?={between}|\n|\Z)")
        quote_blank = quote + " "
        for line in self._lines:
            self.number += 1
            if self.at_start:
                if line[0] in "% \t" and line.lstrip()[:1] == "%" and (line[0] == "%" or not is_row(line)):
                    continue
                self.at_start = False
                self.start = self.number
            yield padded.sub(r"\1", line) if quote_blank in line else line

    def next_content(self, skip: int, is_row: Callable[[str], bool] = lambda _: False) -> str | None:
        """The next line that is neither blank nor a comment, after `skip` lines counted from the file's start.

        `is_row` is asked of an indented line that looks like a comment.
        """
        for line in self._lines:
            self.number += 1
            text = line.lstrip()
            if not text or (text[0] == "%" and (line[0] == "%" or not is_row(line))):
                continue
            if self.number > skip:
                return line
            if len(self.passed) < _MOST_PASSED:
                self.passed.append((self.number, line))
        return None

    def whole_line(self, line: str) -> str:
        """This line with those that a quoted name in it spans: people press Alt+Enter in headers."""
        unclosed = re.compile(rf"(?:^|[,;\t|]) *{self._quote}[^{self._quote}]*\Z")
        lines = [line]
        while unclosed.search("".join(lines)):
            more = next(self._lines, None) if len(lines) < _MOST_HEADER_LINES else None
            if more is None:
                self.push_back(lines[1:])
                return line
            self.number += 1
            lines.append(more)
        return "".join(lines)

    def push_back(self, lines: Sequence[str]) -> None:
        """These lines come again."""
        self._lines = chain(lines, self._lines)
        self.number -= len(lines)
