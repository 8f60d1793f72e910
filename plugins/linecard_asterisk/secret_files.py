"""New secrets handed over to the provisioning server: a file for each extension, for its owner's eyes only."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from linecard.api import sync_folder, write_whole
from linecard.api.backend import BackendError

_RIGHTS = "Give the user linecard runs as the right to write to the folder `handover`."


@dataclass(frozen=True, slots=True)
class PhoneSetup:
    """What the provisioning server needs to set a phone up."""

    extension: str
    username: str
    secret: str
    member: str
    number: str | None
    numbers: tuple[str, ...]
    voicemail_pin: str | None


class SecretFolder:
    """The folder in which secrets are left. A file is whole or not there, and durable when a call returns."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def ensure_writable(self) -> None:
        """See that secrets can be left here, before any is made. Raises `BackendError`."""
        try:
            self._path.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise self._error(error) from error
        if not os.access(self._path, os.W_OK | os.X_OK):
            raise BackendError(f"{self._path} cannot be written.", remedy=_RIGHTS)

    def write_secret(self, handed: PhoneSetup) -> None:
        """Leave one secret, in the place of an earlier one of the extension."""
        facts = {name: getattr(handed, name) for name in PhoneSetup.__slots__}
        try:
            with write_whole(
                self._path / f"{_file_name(handed.extension)}.json", text=True, mode=0o600, named=False
            ) as out:
                json.dump(facts, out, indent=1)
                out.write("\n")
        except OSError as error:
            raise self._error(error) from error

    def withdraw(self, extension: str) -> None:
        """Take away what was left for an extension that nobody holds."""
        try:
            (self._path / f"{_file_name(extension)}.json").unlink(missing_ok=True)
        except OSError as error:
            raise self._error(error) from error

    def sync(self) -> None:
        """Make what was left and taken away durable."""
        try:
            sync_folder(self._path)
        except OSError as error:
            raise self._error(error) from error

    def _error(self, error: OSError) -> BackendError:
        return BackendError(f"{error.filename or self._path}: {error.strerror}.", remedy=_RIGHTS)


def _file_name(extension: str) -> str:
    return extension.replace("*", "star").replace("#", "hash")
