"""Which extension has each number, for PBXs that cannot be asked for the one or the other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from threading import Lock


class NumberIndex:
    """Read when it is first needed, and kept up to date with what is seen since. May be used from any thread."""

    def __init__(self, list_bearers: Callable[[], Mapping[str, str]]) -> None:
        self._list_bearers = list_bearers
        self._bearers: dict[str, str] | None = None
        self._borne: dict[str, set[str]] = {}
        self._mine = Lock()

    def forget(self) -> None:
        """Before the changes of a run: what was read for another is not believed."""
        with self._mine:
            self._bearers = None

    def find_bearer(self, number: str) -> str | None:
        """The extension that has a number."""
        with self._mine:
            return self._load().get(number)

    def list_borne(self, extension: str) -> set[str]:
        """The numbers of an extension."""
        with self._mine:
            self._load()
            return set(self._borne.get(extension, ()))

    def enter(self, extension: str, numbers: Iterable[str]) -> None:
        """An extension as it is now."""
        with self._mine:
            if self._bearers is None:
                return
            now = set(numbers)
            for number in self._borne.get(extension, set()) - now:
                if self._bearers.get(number) == extension:
                    del self._bearers[number]
            self._borne[extension] = now
            self._bearers |= dict.fromkeys(now, extension)

    def _load(self) -> dict[str, str]:
        if self._bearers is None:
            bearers = dict(self._list_bearers())
            self._borne = {}
            for number, extension in bearers.items():
                self._borne.setdefault(extension, set()).add(number)
            self._bearers = bearers
        return self._bearers
