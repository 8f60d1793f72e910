"""XML, part by part, in bounded memory: nothing is declared, nested or as long as no workbook needs it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import NoReturn
from xml.parsers import expat

from linecard_workbook.refusals import damage, odd

DEEPEST = 100
"""Elements in elements. LibreOffice writes 12 at the most."""
LONGEST = 131_072
"""Characters of one cell; Excel holds 32,767, written with escapes and runs of formatted text."""
_LONGEST_TAG = 1_000_000

Start = Callable[[str, dict[str, str]], None]
"""Called with the name of an element and its attributes."""
End = Callable[[str], None]


class Parser:
    """A parser that names elements `namespace local`; the attributes of the element's own namespace have no prefix.

    `start` and `end` see to it that nothing is nested deeper than `DEEPEST`; `expat` takes a handler of text.
    """

    def __init__(self, start: Start, end: End) -> None:
        self.expat = expat.ParserCreate(namespace_separator=" ")
        self.expat.buffer_text, self.expat.buffer_size = True, 1 << 16
        self.expat.StartElementHandler, self.expat.EndElementHandler = start, end
        self.expat.StartDoctypeDeclHandler = _refuse_doctype
        self._fed = 0

    def feed(self, block: bytes) -> None:
        """Read on. Raises `CannotOpen`."""
        try:
            self.expat.Parse(block)
        except expat.ExpatError as error:
            raise damage() from error
        self._fed += len(block)
        # A tag that never ends is held, and looked at again from its beginning with each block.
        if self._fed - max(self.expat.CurrentByteIndex, 0) > _LONGEST_TAG:
            raise odd("it has a tag that does not end")

    def feed_all(self, blocks: Iterable[bytes]) -> Iterator[None]:
        """Read all that there is; yields after each block. Raises `CannotOpen`."""
        for block in blocks:
            self.feed(block)
            yield
        try:
            self.expat.Parse(b"", True)
        except expat.ExpatError as error:
            raise damage() from error
        yield


def check_text(held: list[str]) -> None:
    """Refuse a cell that is longer than any program writes; asked after each block."""
    if sum(map(len, held)) > LONGEST:
        raise odd(f"a cell is longer than {LONGEST:,} characters")


def too_deep() -> NoReturn:
    raise odd(f"its parts are nested deeper than {DEEPEST}")


def local(name: str) -> str:
    """The name of an element or attribute without its namespace."""
    return name.rpartition(" ")[2]


def _refuse_doctype(*_: object) -> NoReturn:
    raise odd("it declares a document type")
