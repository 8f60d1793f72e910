"""The inbox port: where files arrive, and how one is taken so that neither a crash nor its producer loses it.

The core decides when a file is finished, writes down that it will take it, and only then asks the inbox to act;
every method may be asked again after a crash with the same arguments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from typing import BinaryIO, NamedTuple, Protocol, runtime_checkable

from linecard.errors import LinecardError, PluginFault


class InboxError(LinecardError):
    """The inbox cannot be read or changed."""


class InboxFault(PluginFault, InboxError):
    """The plugin of the inbox failed in a way in which none should."""


class Listing(NamedTuple):
    """A file as one look saw it.

    `name` is raw, as the inbox has it. `version` changes whenever the file does; it is compared, never read.
    `modified` (seconds) only orders files that were found together. `refused` says in a sentence why this file is
    never taken; empty if it may be. `marker` is the name of the file that says this one is finished, if one must;
    `checksum` that of the file that says its SHA-256. Both go where it goes. `owner` is who put it there, as far as the
    inbox can tell; for people, never for a decision.
    """

    name: bytes
    size: int
    version: str
    modified: float
    refused: str = ""
    marker: bytes = b""
    checksum: bytes = b""
    owner: str = ""


class Unfinished(Exception):
    """A claimed file is still being written; carries what it looks like now. Nothing was lost: ask again later."""

    def __init__(self, now: Listing) -> None:
        super().__init__(now.name)
        self.now = now


class Disposition(StrEnum):
    """What shall become of a file that linecard took."""

    DONE = "done"
    """Linecard has it byte for byte: it goes."""
    REFUSED = "refused"
    """Linecard does not have it whole, because it is too large: it goes where a person finds it."""


class Watch(Protocol):
    """Hints that something arrived. They may come late, twice or never: the listing is the truth.

    While none can come, `remedy` says what a person can do about it, and `check` why; else it is empty.
    """

    @property
    def remedy(self) -> str: ...

    def check(self) -> str:
        """See that hints can still come, and begin anew where not; a sentence on what was wrong, or empty."""
        ...

    def close(self) -> None: ...


class Inbox(Protocol):
    """One source of files. Any method may raise `InboxError`; it is asked again at the next look.

    Used by one thread at a time.
    """

    @property
    def in_place(self) -> bool:
        """Whether a claimed file stays where it is and is listed on, as where nothing may be moved.

        The core then remembers by name and version what it took. `claim` answers with the files that are still as
        they were seen, `copy` and `settle` go by `seen`, and nothing is ever given back.
        """
        ...

    def list_files(self) -> Iterator[Listing]:
        """Every file there is now, in any order; folders are left out."""
        ...

    def claim(self, wanted: Mapping[str, Listing]) -> list[str]:
        """Move files aside, each under its claim's id, and make that durable; the ids whose file now lies aside.

        One that already does was claimed before a crash. One that is gone, is another by now, or is open for
        writing is left out and untouched.
        """
        ...

    def copy(self, claim: str, seen: Listing, into: BinaryIO, *, most: int) -> str:
        """Copy a claimed file, at most `most` bytes and one more; its version then. Raises `Unfinished`."""
        ...

    def checksum(self, claim: str, seen: Listing) -> bytes:
        """What the checksum file of a claimed file says, at most 64 KiB of it."""
        ...

    def settle(self, claim: str, seen: Listing, taken: str, disposition: Disposition) -> bool:
        """Part with a claimed file, the last thing done to it.

        If it is no longer as it was `taken` (its producer wrote on), it goes back where it came from instead, to be
        found as a new file, and the answer is False. One that is gone was parted with before.
        """
        ...

    def watch(self, wake: Callable[[], None]) -> Watch:
        """Call `wake` from any thread when something may have arrived."""
        ...

    def close(self) -> None:
        """Let go of what is held open."""
        ...


class ServerKey(NamedTuple):
    """A key by which a server shows that it is the right one.

    `where` is the server, `line` what is written down of it. `others` are the fingerprints of those trusted so far in
    its place.
    """

    where: str
    type: str
    fingerprint: str
    line: str
    trusted: bool
    others: tuple[str, ...] = ()


@runtime_checkable
class SupportsTrust(Protocol):
    """An inbox on a server whose key a person says yes to; see `linecard inbox trust`."""

    def list_server_keys(self) -> list[ServerKey]:
        """The keys that the server shows now."""
        ...

    def trust(self, keys: list[ServerKey]) -> str:
        """Trust these from now on; where that was written down."""
        ...


@runtime_checkable
class SupportsReply(Protocol):
    """An inbox that can put results where the system that sends files finds them."""

    def put_reply(self, name: str, content: BinaryIO) -> str:
        """Put a file into the folder `reply` of its place, whole or not at all; where it lies then.

        It has its name only when it is whole, and takes it from no other file. One that is there already with the
        same content was put before a crash. `content` can be sought. Raises `InboxError`.
        """
        ...


@runtime_checkable
class SupportsClaims(Protocol):
    """An inbox that can list what was claimed from it, wherever that lies: a restored state may not know of it."""

    def list_claims(self) -> tuple[str, list[str]]:
        """Where claimed files lie, for people, and their names, which begin with the ids of their claims.

        Raises `InboxError`.
        """
        ...
