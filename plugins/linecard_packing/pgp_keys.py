"""The PGP keys of a site: made, listed, imported, given away and extended by gpg."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any, BinaryIO

from linecard.api import Context
from linecard.api.keyring import Key, KeyringError
from linecard.api.opener import key_version
from linecard_packing.gnupg_home import GnupgHome
from linecard_packing.options import PgpOptions, parse_fingerprint

_NEWEST = 4
_ENCRYPTION = 24 * 3600.0
"""Seconds that the encryption of a file may take at the most."""
_UNUSABLE = {"r": "revoked", "d": "disabled", "i": "not valid", "n": "not valid"}


class PgpKeyring:
    """All keys in the site's GNUPGHOME, its own and those of senders."""

    forms: Sequence[str] = ("pgp",)

    def __init__(self, options: PgpOptions, context: Context) -> None:
        self._passphrase_at, self._folder = options.passphrase, context.site.folder
        self._home = GnupgHome(context.site.state)

    def list_keys(self) -> Sequence[Key]:
        return list_keys(self._home) if self._home.exists else []

    def create_key(self, owner: str, until: date | None) -> Key:
        """A key that certifies and signs, with a second one for encryption: Curve25519, as any gpg of today reads."""
        if not re.fullmatch(r"[^\x00-\x1f\x7f<>()]{1,100}( <[^\s<>]+@[^\s<>]+>)?", owner):
            raise KeyringError(f"{owner!r} cannot be the owner of a key.", remedy='Write "Name <address@example.com>".')
        secret = self._reveal_passphrase()
        when = "0" if until is None else f"{until:%Y%m%dT235959}"
        made = self._run_gpg(
            ["--quick-generate-key", owner, "ed25519", "default", when], secret, "The key was not made."
        )
        found = re.search(r"KEY_CREATED \S+ ([0-9A-F]{40,64})", made)
        if found is None:
            raise KeyringError("gpg made no key.", remedy="Check whether gpg-agent is installed.")
        self._run_gpg(
            ["--quick-add-key", found[1], "cv25519", "encr", when], secret, "The key for encryption was not made."
        )
        return self._find_key(found[1])

    def import_keys(self, content: bytes) -> Sequence[Key]:
        secret = self._reveal_passphrase()
        result = self._home.make_gpg(limit=60).import_keys(content, passphrase=secret)
        names = set(result.fingerprints)
        version = key_version(content)
        if not names and version is not None and version > _NEWEST:
            raise KeyringError(
                f"The key in the file has version {version}, which gpg does not know.",
                remedy="Ask its owner for a key of version 4 (RFC 4880).",
            )
        if not names:
            raise KeyringError(
                "There is no PGP key in the file.",
                remedy="Give a public key as `gpg --export` writes it, or a secret one.",
            )
        return [key for key in self.list_keys() if key.id in names]

    def export_key(self, key: str, form: str) -> bytes:  # noqa: ARG002 - there is only one
        name = self._find_key(key).id
        text: str = self._home.make_gpg(limit=60).export_keys([name], armor=True)
        return text.encode()

    def extend_key(self, key: str, until: date) -> Key:
        found = self._find_key(key)
        if not found.secret:
            raise KeyringError(
                f"{found.id} is the key of somebody else.", remedy="Ask its owner for the extended key, and import it."
            )
        secret, when = self._reveal_passphrase(), f"{until:%Y%m%dT235959}"
        for subkeys in ([], ["*"]):
            self._run_gpg(["--quick-set-expire", found.id, when, *subkeys], secret, "The key was not extended.")
        return self._find_key(found.id)

    def encrypt(self, keys: Sequence[str], source: BinaryIO, into: BinaryIO) -> None:
        names = [self._find_key(key).id for key in keys]
        # Whose key it is was compared when it was imported; gpg's own web of trust knows nothing of that.
        words = ["--encrypt", "--trust-model", "always", "--compress-algo", "none"]
        arguments = [*words, *(word for name in names for word in ("--recipient", name))]
        done = subprocess.run(  # noqa: S603 - python-gnupg holds what it encrypts in memory
            self._home.make_gpg(limit=_ENCRYPTION).make_args(arguments, passphrase=False),
            stdin=source,
            stdout=into,
            stderr=subprocess.PIPE,
            env=self._home.environment,
            check=False,
        )
        text = done.stderr.decode(errors="replace")
        if done.returncode or "[GNUPG:] END_ENCRYPTION" not in text:
            raise KeyringError(
                f"Nothing was encrypted for {', '.join(names)}. gpg says: {_last_words(text)}.",
                remedy="`linecard keys list` shows whether a key has expired; ask its owner for a newer one.",
            )

    def close(self) -> None:
        self._home.close()

    # -- inside --------------------------------------------------------------------------------------------------------

    def _reveal_passphrase(self) -> str | None:
        return self._passphrase_at.reveal(self._folder, os.environ) if self._passphrase_at else None

    def _find_key(self, name: str) -> Key:
        try:
            wanted = parse_fingerprint(name)
        except ValueError as error:
            raise KeyringError(f"{name} is no full fingerprint.", remedy="`linecard keys list` shows them.") from error
        found = next((key for key in self.list_keys() if key.id == wanted), None)
        if found is None:
            raise KeyringError(f"This site has no PGP key {wanted}.", remedy="`linecard keys list` shows those it has.")
        return found

    def _run_gpg(self, command: list[str], passphrase: str | None, failed: str) -> str:
        """Have gpg do something; its status lines. The passphrase goes through a pipe, never on the command line."""
        arguments = ["--pinentry-mode", "loopback", "--passphrase-fd", "0", *command]
        done = subprocess.run(  # noqa: S603 - python-gnupg has no call for these
            self._home.make_gpg(limit=60).make_args(arguments, passphrase=False),
            input=f"{passphrase or ''}\n".encode(),
            capture_output=True,
            env=self._home.environment,
            check=False,
        )
        text = done.stderr.decode(errors="replace")
        if done.returncode:
            raise KeyringError(f"{failed} gpg says: {_last_words(text)}.")
        return text


def _last_words(stderr: str) -> str:
    """What gpg says last in words, not in status lines."""
    said = [line.removeprefix("gpg: ") for line in stderr.splitlines() if line.startswith("gpg: ")]
    return said[-1] if said else "nothing"


def list_keys(home: GnupgHome) -> list[Key]:
    """All keys in a GNUPGHOME, those with a secret half first. Raises `KeyringError` and `OpenerError`."""
    gpg = home.make_gpg(limit=60)
    secret = {found["fingerprint"] for found in gpg.list_keys(secret=True)}
    found = [_make_key(entry, secret=entry["fingerprint"] in secret) for entry in gpg.list_keys()]
    return sorted(found, key=lambda key: (not key.secret, key.owner, key.id))


def _make_key(entry: Any, *, secret: bool) -> Key:
    """A key is good for as long as its main part and the last of those parts that do its work."""
    parts = [
        part
        for part in entry["subkey_info"].values()
        if ("e" if secret else "s") in part["cap"] and part["trust"] not in ("r", "d", "i")
    ]
    ends = [_parse_time(part["expires"]) for part in parts]
    last = max(end for end in ends if end is not None) if ends and None not in ends else None
    expires = min((end for end in (_parse_time(entry["expires"]), last) if end is not None), default=None)
    owner = entry["uids"][0] if entry["uids"] else ""
    return Key(
        "pgp",
        entry["fingerprint"],
        owner,
        secret,
        _parse_time(entry["date"]),
        expires,
        _UNUSABLE.get(entry["trust"], ""),
    )


def _parse_time(text: str) -> datetime | None:
    return datetime.fromtimestamp(int(text), UTC) if text and text.isdigit() else None
