"""Which host keys are trusted: the lines of known_hosts files, and fingerprints. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Container, Iterable, Iterator, Sequence
from fnmatch import translate
from typing import NamedTuple

FAMILIES = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""Types of host keys, and by which signatures each is proven. Signatures of the type ssh-rsa rest on SHA-1: never."""


class HostKey(NamedTuple):
    """A server's public key: its type as it stands in the key, and its bytes."""

    type: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        digest = hashlib.sha256(self.blob).digest()
        return f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"

    def format_line(self, where: str) -> str:
        """As it stands in a known_hosts file."""
        return f"{where} {self.type} {base64.b64encode(self.blob).decode()}"

    def __str__(self) -> str:
        return f"{self.fingerprint} ({self.type.removeprefix('ssh-')})"


class Pins(NamedTuple):
    """What is trusted of one server."""

    keys: tuple[HostKey, ...] = ()
    revoked: tuple[HostKey, ...] = ()
    fingerprints: tuple[str, ...] = ()

    def is_trusted(self, key: HostKey) -> bool:
        if key in self.revoked:
            return False
        return key in self.keys or key.fingerprint in self.fingerprints

    @property
    def types(self) -> list[str]:
        """Types of key to ask the server for, those that are known first."""
        known = [key.type for key in self.keys if key.type in FAMILIES]
        return list(dict.fromkeys([*known, *FAMILIES]))

    @property
    def description(self) -> str:
        """What is trusted, for people."""
        return " or ".join([*map(str, self.keys), *self.fingerprints])


def parse_pins(lines: Iterable[str], where: str, fingerprints: Sequence[str] = ()) -> Pins:
    """What a known_hosts file and the configuration say of a server. Certificates of hosts are passed over."""
    keys, revoked = [], []
    for marker, key in _parse_entries(lines, where):
        if marker == "@revoked":
            revoked.append(key)
        elif not marker:
            keys.append(key)
    return Pins(tuple(keys), tuple(revoked), tuple(f.rstrip("=") for f in fingerprints))


def strip_keys(line: str, where: str, types: Container[str]) -> str:
    """A line that no longer trusts keys of these types of this server; empty if it is about nothing else."""
    if not any(key.type in types for key in parse_pins([line], where).keys):
        return line
    field, _, rest = line.partition(" ")
    others = [name for name in field.split(",") if not _is_named(name, where)]
    return f"{','.join(others)} {rest}" if others else ""


def _parse_entries(lines: Iterable[str], where: str) -> Iterator[tuple[str, HostKey]]:
    for line in lines:
        marker, *rest = line.split() or [""]
        if not marker.startswith("@"):
            marker, rest = "", line.split()
        if len(rest) < 3 or rest[0].startswith("#") or not _is_named(rest[0], where):
            continue
        try:
            yield marker, HostKey(rest[1], base64.b64decode(rest[2], validate=True))
        except (binascii.Error, ValueError):
            continue  # as OpenSSH does: a damaged line trusts nobody


def _is_named(field: str, where: str) -> bool:
    """Whether the first field of a line means this server: names with * and ?, ! before one that it is not, hashes."""
    where, named = where.lower(), False
    for pattern in field.split(","):
        if pattern.startswith("|1|"):
            named = named or _is_hash_of(pattern, where)
        elif pattern.startswith("!"):
            if _is_match(pattern[1:], where):
                return False
        else:
            named = named or _is_match(pattern, where)
    return named


def _is_match(pattern: str, where: str) -> bool:
    # The brackets of [host]:port are no pattern here.
    plain = pattern.lower().replace("[", "[[]")
    return re.fullmatch(translate(plain), where) is not None


def _is_hash_of(pattern: str, where: str) -> bool:
    try:
        _, _, salt, digest = pattern.split("|")
        wanted = base64.b64decode(digest)
        return hmac.compare_digest(hmac.digest(base64.b64decode(salt), where.encode(), "sha1"), wanted)
    except (binascii.Error, ValueError):
        return False
