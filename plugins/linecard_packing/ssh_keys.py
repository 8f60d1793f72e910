"""SSH keys of a site: ed25519, made by ssh-keygen, in a folder of its state."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
import textwrap
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from linecard.api import Context
from linecard.api.keyring import Key, KeyringError
from linecard_packing.options import SshOptions

FOLDER = "ssh"


class SshKeyring:
    """Keys without a passphrase, each in a file that only linecard's user may read."""

    forms: Sequence[str] = ("openssh", "rfc4716")

    def __init__(self, _options: SshOptions, context: Context) -> None:
        self._folder = context.site.state / FOLDER

    def list_keys(self) -> Sequence[Key]:
        if not self._folder.is_dir():
            return []
        return [_read_key(file) for file in sorted(self._folder.glob("*.pub"))]

    def create_key(self, owner: str, until: date | None) -> Key:
        if until is not None:
            raise KeyringError("An SSH key does not expire.", remedy="Leave --until out.")
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", owner):
            raise KeyringError(f"{owner!r} cannot be the name of a key.", remedy="Give the name of the inbox.")
        file = self._folder / owner
        if file.exists():
            raise KeyringError(f"There is already a key {file}.", remedy="Choose another name, or remove it yourself.")
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        try:
            done = subprocess.run(  # noqa: S603
                ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", f"linecard {owner}", "-f", file],  # noqa: S607
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=60,
                check=False,
            )
        except FileNotFoundError as error:
            raise KeyringError(
                "The program ssh-keygen cannot be run.", remedy="Install it: apt-get install openssh-client."
            ) from error
        if done.returncode:
            raise KeyringError(f"The key was not made: {done.stdout.decode(errors='replace').strip()}.")
        return _read_key(file.with_name(f"{owner}.pub"))

    def import_keys(self, content: bytes) -> Sequence[Key]:  # noqa: ARG002 - the port's signature
        raise KeyringError(
            "SSH keys are not imported.", remedy="Name the file of the private key in the options of the inbox."
        )

    def export_key(self, key: str, form: str) -> bytes:
        found = next((found for found in self.list_keys() if key in (found.id, found.owner)), None)
        if found is None:
            raise KeyringError(f"This site has no SSH key {key}.", remedy="`linecard keys list` shows those it has.")
        line = Path(f"{found.place}.pub").read_bytes()
        return format_rfc4716(line) if form == "rfc4716" else line

    def extend_key(self, key: str, until: date) -> Key:  # noqa: ARG002 - the port's signature
        raise KeyringError("An SSH key does not expire.", remedy="Nothing has to be done.")

    def close(self) -> None:
        """No process is left."""


def format_rfc4716(line: bytes) -> bytes:
    """A public key of OpenSSH's one-line form in that of RFC 4716, which Workday and others use."""
    _, blob, *comment = line.decode().split(maxsplit=2)
    said = f'Comment: "{comment[0].strip()}"\n' if comment else ""
    body = "\n".join(textwrap.wrap(blob, 70))
    return f"---- BEGIN SSH2 PUBLIC KEY ----\n{said}{body}\n---- END SSH2 PUBLIC KEY ----\n".encode()


def _read_key(public: Path) -> Key:
    try:
        _, blob, *_ = public.read_text(encoding="utf-8").split()
        digest = hashlib.sha256(base64.b64decode(blob)).digest()
        made = datetime.fromtimestamp(public.stat().st_mtime, UTC)
    except (OSError, ValueError) as error:
        raise KeyringError(f"{public} is no public key.", remedy="Move it away.") from error
    secret = public.with_suffix("")
    name = f"SHA256:{base64.b64encode(digest).decode().rstrip('=')}"
    return Key("ssh", name, secret.name, secret=secret.exists(), created=made, place=str(secret))
