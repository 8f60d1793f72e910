"""Credentials that a service has refused, so that they are not tried again, and the folder that an account's logins
share."""

from __future__ import annotations

import fcntl
import hashlib
import json
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from linecard.errors import LinecardError
from linecard.infrastructure.files import create_private, make_folder, write_whole
from linecard.ports.context import Clock


class RefusedCredentials:
    """Remembers credentials that a service has refused: salted and hashed, in one file.

    `explain` makes the error that is raised when they would be tried again, of what the service said and the file.
    """

    def __init__(self, path: Path, now: Clock, explain: Callable[[str, Path], LinecardError]) -> None:
        self._path, self._now, self._explain = path, now, explain

    def ensure_untried(self, credentials: Sequence[str]) -> None:
        """Raises what `explain` makes if these have been refused."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
            salt, digest, words = bytes.fromhex(kept["salt"]), str(kept["digest"]), str(kept["words"])
            until = datetime.fromisoformat(kept["until"]) if kept["until"] else None
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError):
            return  # cut off by a full disk, say: no more than one further try
        if digest != digest_credentials(credentials, salt) or (until is not None and self._now() >= until):
            return
        raise self._explain(words, self._path)

    def remember(self, credentials: Sequence[str], words: str, until: datetime | None = None) -> None:
        """Not to be tried again, or not before `until`; `words` are what the service said."""
        salt = secrets.token_bytes(16)
        kept = {
            "salt": salt.hex(),
            "digest": digest_credentials(credentials, salt),
            "words": words,
            "until": until.isoformat() if until is not None else "",
        }
        make_folder(self._path.parent, mode=0o700)
        with write_whole(self._path, text=True, mode=0o600) as file:
            json.dump(kept, file)


def digest_credentials(credentials: Sequence[str], salt: bytes) -> str:
    """Slow on purpose: whoever reads the file must not be able to try passwords on it."""
    text = "\0".join(credentials).encode()
    return hashlib.scrypt(text, salt=salt, n=1 << 14, r=8, p=1, dklen=32).hex()


class TokenFile:
    """A token in the folder of an account, where each process of the site finds it. `content` is any JSON object that
    has the token below `token`."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "token.json"

    def load_token(self) -> dict[str, Any]:
        """What is kept; nothing where that cannot be read: whoever needs a token logs in once more then."""
        try:
            kept = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return kept if isinstance(kept, dict) else {}

    def store_token(self, content: Mapping[str, Any]) -> None:
        with write_whole(self._path, text=True, mode=0o600) as file:
            json.dump(content, file)

    def drop_token(self, token: str) -> None:
        """This token is not taken any more: it goes, unless another is kept by now."""
        if self.load_token().get("token") == token:
            self._path.unlink(missing_ok=True)


@contextmanager
def lock_account(folder: Path) -> Iterator[None]:
    """One process at a time in the folder of an account; the lock ends with the process."""
    make_folder(folder, mode=0o700)
    path = folder / "lock"
    create_private(path)
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield
