"""A folder as an inbox, and its site around it."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

from linecard.ports.inbox import Disposition, Listing
from linecard.testing import make_context
from linecard_local.inbox import LocalInbox

MOST = 1000
NOBODY = 65534
ID = "c" * 32


class Folder:
    """An inbox whose claimed files lie in `work`; each `opened` is linecard started anew."""

    def __init__(self, site: Path, work: Path | None = None, **options: bool) -> None:
        self.path = site / "inbox"
        self.path.mkdir(parents=True, exist_ok=True)
        self.work = work or site / "state" / "work" / "hr"
        self.quarantine = site / "quarantine"
        self.context = make_context(site, "hr", path="inbox", state=self.work)
        self._options = options

    @property
    def opened(self) -> LocalInbox:
        return LocalInbox(self.context, watch=False, **self._options)

    @property
    def aside(self) -> Path:
        """Where the claimed file lies."""
        return next(p for p in (self.work / ID, self.path / ".linecard" / ID) if p.exists())

    def append(self, path: Path) -> None:
        """A producer writes on."""
        with path.open("a") as file:
            file.write(" more")

    @property
    def names(self) -> list[str]:
        """What a person sees in the inbox."""
        return sorted(name for name in os.listdir(self.path) if name != ".linecard")  # noqa: PTH208 - names alone

    def put(self, name: str | bytes = "a.csv", content: str = "one") -> Path:
        path = self.path / (os.fsdecode(name) if isinstance(name, bytes) else name)
        path.write_text(content)
        return path

    def seen(self, name: str | bytes = "a.csv", marker: str = "") -> Listing:
        raw = os.fsencode(name)
        listing = next(listing for listing in self.opened.list_files() if listing.name == raw)
        return listing._replace(marker=os.fsencode(marker))

    def claimed(self, name: str | bytes = "a.csv", marker: str = "") -> Listing:
        """A file put aside under `ID`; as it was seen before."""
        seen = self.seen(name, marker)
        assert self.opened.claim({ID: seen}) == [ID]
        return seen

    def taken(self, seen: Listing, most: int = MOST) -> tuple[str, bytes]:
        into = io.BytesIO()
        version = self.opened.copy(ID, seen, into, most=most)
        return version, into.getvalue()

    def parted(self, seen: Listing, taken: str, parting: Disposition = Disposition.DONE) -> bool:
        return self.opened.settle(ID, seen, taken, parting)


def as_nobody(job: Callable[[], bool]) -> bool:
    """What a job answers that another user does, in a process of its own. Takes root."""
    child = os.fork()
    if child == 0:
        code = 3
        try:
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            code = 0 if job() else 1
        finally:
            os._exit(code)
    return {0: True, 1: False}[os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])]


def open_to_all(site: Path) -> None:
    for path in (site, *site.rglob("*")):
        path.chmod(0o777 if path.is_dir() else 0o644)
