"""What a login is made with: the private key with its certificate, the passphrase, the password."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import paramiko
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import SSHCertificate, load_ssh_public_identity

from linecard.api import LinecardError, Secret
from linecard.api.inbox import InboxError
from linecard_sftp.options import Login

KEYS = (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey)
CERTIFICATE = "-cert.pub"
FOREVER = datetime(9999, 1, 1, tzinfo=UTC).timestamp()


def reveal_secret(reference: Secret, folder: Path) -> str:
    """The value behind a reference. Raises `InboxError`."""
    try:
        return reference.reveal(folder, os.environ)
    except LinecardError as error:
        raise InboxError(str(error), remedy=error.remedy) from error


def find_key_file(login: Login, folder: Path, ours: Path) -> Path | None:
    """The file of the key: the one named, or the one that was made for the inbox, if either is there."""
    if login.key is not None:
        return folder / login.key
    return ours if ours.exists() else None


def load_key(login: Login, folder: Path, ours: Path) -> paramiko.PKey | None:
    """The private key, with its certificate if it has one; None where there is none. Raises `InboxError`."""
    file = find_key_file(login, folder, ours)
    if file is None:
        return None
    try:
        mode = file.stat().st_mode
        content = file.read_text(encoding="ascii", errors="replace")
    except OSError as error:
        raise InboxError(f"The key {file} cannot be read: {error.strerror}.", remedy="Put it there.") from error
    if mode & 0o077 and not str(file).startswith(os.environ.get("CREDENTIALS_DIRECTORY", "\0")):
        raise InboxError(f"The key {file} can be read by others.", remedy=f"chmod 600 {file}")
    if "PRIVATE KEY" not in content:
        raise InboxError(f"{file} is no private key.", remedy="Name the file without .pub at its end.")
    found = _unlock(file, reveal_secret(login.passphrase, folder) if login.passphrase is not None else None)
    _load_certificate(found, login, folder, ours)
    return found


def _unlock(file: Path, passphrase: str | None) -> paramiko.PKey:
    for kind in KEYS:
        try:
            return kind.from_private_key_file(str(file), passphrase)
        except paramiko.PasswordRequiredException:
            raise InboxError(
                f"The key {file} is encrypted.", remedy="Set `passphrase`, as a reference such as env:NAME."
            ) from None
        except Exception:  # noqa: BLE001,S112 - another type of key, or a wrong passphrase; cryptography raises many
            continue
    if passphrase is not None:
        raise InboxError(
            f"The key {file} cannot be opened with its passphrase.", remedy="Check what `passphrase` refers to."
        )
    raise InboxError(
        f"The key {file} is of no type that can be used.", remedy="Use ed25519, ECDSA or RSA, as OpenSSH writes them."
    )


def find_certificate_file(login: Login, folder: Path, ours: Path) -> Path | None:
    """The file of the key's certificate: the one named, or the one beside the key, if it is there."""
    if login.certificate is not None:
        return folder / login.certificate
    file = find_key_file(login, folder, ours)
    beside = file.with_name(file.name + CERTIFICATE) if file is not None else None
    return beside if beside is not None and beside.exists() else None


def read_certificate_expiry(login: Login, folder: Path, ours: Path) -> datetime | None:
    """When the certificate of the key expires; None where there is none, or it never does or cannot be read."""
    file = find_certificate_file(login, folder, ours)
    if file is None:
        return None
    try:
        found = load_ssh_public_identity(file.read_bytes())
    except (OSError, ValueError, UnsupportedAlgorithm):  # the login says so
        return None
    if not isinstance(found, SSHCertificate) or found.valid_before >= FOREVER:
        return None
    return datetime.fromtimestamp(found.valid_before, UTC)


def _load_certificate(found: paramiko.PKey, login: Login, folder: Path, ours: Path) -> None:
    certificate = find_certificate_file(login, folder, ours)
    if certificate is None:
        return
    try:
        found.load_certificate(str(certificate))
    except Exception as error:  # as above
        raise InboxError(
            f"{certificate} is no certificate of the key {find_key_file(login, folder, ours)}.",
            remedy="Have the key signed again.",
        ) from error
