"""The keyring port: the keys of a site, made, shown, exchanged and extended by `linecard keys`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import BinaryIO, Protocol, runtime_checkable

from linecard.errors import LinecardError


class KeyringError(LinecardError):
    """The keys cannot be read or changed."""


@dataclass(frozen=True, slots=True)
class Key:
    """One key. `id` is its full fingerprint; `owner` is what it says of its owner.

    `secret`: this site has the secret half. `unusable` says in a word why it serves nobody (revoked, disabled),
    empty if it may serve. `place` is where its secret half lies, where that is a file of its own.
    """

    kind: str
    id: str
    owner: str
    secret: bool
    created: datetime | None = None
    expires: datetime | None = None
    unusable: str = ""
    place: str = ""


class Keyring(Protocol):
    """The keys of one kind. Any method may raise `KeyringError`."""

    forms: Sequence[str]
    """The forms in which a public key is given away; the first is the usual one."""

    def list_keys(self) -> Sequence[Key]:
        """All keys there are; an empty keyring need not exist."""
        ...

    def create_key(self, owner: str, until: date | None) -> Key:
        """A new key of this owner, good until the end of that day."""
        ...

    def import_keys(self, content: bytes) -> Sequence[Key]:
        """Add the keys in a file."""
        ...

    def export_key(self, key: str, form: str) -> bytes:
        """The public half of a key, by its full fingerprint."""
        ...

    def extend_key(self, key: str, until: date) -> Key:
        """Let a key of this site, by its full fingerprint, be good until the end of that day."""
        ...

    def close(self) -> None:
        """Let go of every process that was started."""
        ...


@runtime_checkable
class SupportsEncrypt(Protocol):
    """A keyring that can encrypt for its keys."""

    def encrypt(self, keys: Sequence[str], source: BinaryIO, into: BinaryIO) -> None:
        """Encrypt all that `source`, a file of the system, has left, for each of these keys by their full fingerprints.

        Raises `KeyringError` where a key is not there or may not be used; what was written then is worth nothing.
        """
        ...
