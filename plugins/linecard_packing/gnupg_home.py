"""The GNUPGHOME of a site: its own keys, and no agent that outlives it."""

from __future__ import annotations

import fcntl
import logging
import os
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

import gnupg

from linecard.api.opener import OpenerError

FOLDER = "gnupg"
_SOCKET = 107
"""Characters that the path of a socket may have on Linux."""
_AGENT = "default-cache-ttl 0\nmax-cache-ttl 0\nallow-loopback-pinentry\ndisable-scdaemon\n"
# Never --quiet: then it keeps from us, too, why a key cannot be used.
_OPTIONS = ["--no-auto-key-retrieve", "--no-auto-key-locate", "--disable-dirmngr"]

logging.getLogger("gnupg").setLevel(logging.CRITICAL)  # what it finds odd is judged here, and told in our words


class GnupgHome:
    """A folder `gnupg` in the site's state. It is made when it is first used, and held with others who use it."""

    def __init__(self, state: Path) -> None:
        self.folder = state / FOLDER
        self._held: int | None = None

    @property
    def exists(self) -> bool:
        return self.folder.is_dir()

    @property
    def environment(self) -> dict[str, str]:
        """What gpg may know: messages in English, and no screen or terminal on which to ask somebody."""
        asking = ("DISPLAY", "WAYLAND_DISPLAY", "GPG_TTY", "LANGUAGE")
        return {name: value for name, value in os.environ.items() if name not in asking} | {"LC_ALL": "C"}

    def acquire(self) -> None:
        """Make the folder and hold it, so that nobody else ends the agent that is at work in it."""
        if self._held is not None:
            return
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            agent = self.folder / "gpg-agent.conf"
            if not agent.exists():
                agent.write_text(_AGENT, encoding="utf-8")
            self._held = os.open(self.folder / "linecard.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(self._held, fcntl.LOCK_SH)
        except OSError as error:
            raise OpenerError(
                f"The keys in {self.folder} cannot be used: {error.strerror}.",
                remedy=f"Give this user permissions on {self.folder}, mode 700.",
            ) from error
        if not Path(f"/run/user/{os.geteuid()}").is_dir() and len(f"{self.folder.absolute()}/S.gpg-agent") > _SOCKET:
            raise OpenerError(
                f"The path {self.folder} is too long for gpg's agent.", remedy="Put `state` where its path is shorter."
            )

    def make_gpg(self, *, limit: float) -> gnupg.GPG:
        """gpg at work in this folder; each call ends after `limit` seconds, with exit code 124."""
        self.acquire()
        try:
            return _Limited(limit, gnupghome=str(self.folder), options=_OPTIONS, env=self.environment)
        except (OSError, ValueError) as error:
            raise OpenerError("The program gpg cannot be run.", remedy="Install it: apt-get install gnupg.") from error

    def close(self) -> None:
        """End the agent, unless somebody else uses it now."""
        held, self._held = self._held, None
        if held is None:
            return
        try:
            with suppress(OSError, subprocess.TimeoutExpired):
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                subprocess.run(  # noqa: S603
                    ["gpgconf", "--homedir", self.folder, "--kill", "all"],  # noqa: S607 - where the system has it
                    stdout=subprocess.DEVNULL,
                    stderr=subprocess.DEVNULL,
                    timeout=20,
                    check=False,
                )
        finally:
            os.close(held)


class _Limited(gnupg.GPG):  # type: ignore[misc]
    """Calls gpg through coreutils' `timeout`, which also keeps it apart from Ctrl-C in the terminal."""

    def __init__(self, limit: float | None, **facts: Any) -> None:
        self._limit: float | None = None
        super().__init__(**facts)
        self._limit = limit
        self.buffer_size = 1 << 16

    def make_args(self, args: list[str], passphrase: Any) -> list[str]:
        command: list[str] = super().make_args(args, passphrase)
        if not passphrase:
            command[1:1] = ["--pinentry-mode", "error"]  # nobody is there to be asked
        if self._limit is None:
            return command
        return ["timeout", "--kill-after=5", f"{self._limit:.3f}", *command]
