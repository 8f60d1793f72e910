"""Whether linecard may read the secrets that the configuration refers to, and the command that lets it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path

from pydantic import BaseModel

from linecard.config import Config
from linecard.errors import ConfigError
from linecard.infrastructure.accounts import account_name
from linecard.model.alert import Finding
from linecard.ports.secret import Secret


def check_secrets(config: Config, environ: Mapping[str, str]) -> Iterator[Finding]:
    """One finding for each secret that cannot be read, or one for all; none where there are no secrets."""
    found, wrong = dict(find_secrets(config)), False
    for place, secret in found.items():
        try:
            secret.reveal(config.folder, environ)
        except ConfigError as error:
            wrong = True
            yield Finding(f"secret {place}", ok=False, message=str(error), remedy=_find_remedy(secret, config, error))
    if found and not wrong:
        yield Finding("secrets", ok=True, message=f"{account_name(os.geteuid())} can read them")


def find_secrets(config: Config) -> Iterator[tuple[str, Secret]]:
    """Each secret that the configuration refers to, by the key where it stands."""
    for part in ("pbxs", "inboxes", "sinks", "processors"):
        for name, section in getattr(config, part).items():
            yield from _walk(f"{part}.{name}", section)
            yield from _walk(f"{part}.{name}.options", section.settings)
    for name, inbox in config.inboxes.items():
        for kind, settings in inbox.openers.items():
            yield from _walk(f"inboxes.{name}.open.{kind}", settings)


def _walk(place: str, value: object) -> Iterator[tuple[str, Secret]]:
    if isinstance(value, Secret):
        yield place, value
    elif isinstance(value, BaseModel):
        for key, inner in value:
            yield from _walk(f"{place}.{key}", inner)
    elif isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _walk(f"{place}.{key}", inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from _walk(place, inner)


def _find_remedy(secret: Secret, config: Config, error: ConfigError) -> str:
    """The command to type as root."""
    kind, _, name = secret.reference.partition(":")
    if kind == "credential" and "CREDENTIALS_DIRECTORY" in str(error):
        return (
            f"The service has it by LoadCredential={name}:FILE; for a doctor by hand: systemd-run --wait --pipe "
            f"-p User={account_name(os.geteuid())} -p LoadCredential={name}:FILE linecard doctor"
        )
    if kind != "file":
        return error.remedy
    path = config.folder / name
    owner, quoted = account_name(os.geteuid()), shlex.quote(str(path))
    if not _is_there(path):
        return f"As root: install -D -o {owner} -m 600 /dev/stdin {quoted}, then type the secret and Ctrl-D twice."
    if not _is_private(path):
        return f"As root: chown {owner} {quoted} && chmod 600 {quoted}"
    return error.remedy


def _is_there(path: Path) -> bool:
    try:
        path.lstat()
    except FileNotFoundError:
        return False
    except OSError:  # a folder on the way may not be entered
        return True
    return True


def _is_private(path: Path) -> bool:
    """Whether only this user may read it."""
    try:
        found = path.stat()
    except OSError:
        return False
    return found.st_uid == os.geteuid() and not found.st_mode & 0o077
