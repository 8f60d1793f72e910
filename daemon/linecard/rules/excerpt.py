"""The first of many, for a page or a mail that has room for a few."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Excerpt(Generic[_T]):
    """The first of many; `count` is how many there are, `hidden` how many are left out."""

    def __init__(self, found: Iterator[_T], most: int) -> None:
        self._shown = list(islice(found, most))
        self.hidden = sum(1 for _ in found)
        self.count = len(self._shown) + self.hidden

    def __iter__(self) -> Iterator[_T]:
        return iter(self._shown)
