"""People with keys: a site, the HR system that writes to it, and others. All by the real gpg."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest

ONCE = "20190101T120000!"
LONG_AGO = "20200101T120000!"
"""When keys were made that expired after a week. The clock stands still (!): a second call would precede the first."""

HINT = "gpg is not installed, so nothing encrypted can be tried: apt-get install gnupg"


def must_have_gpg() -> None:
    """On somebody's machine these tests may be passed over; where the project is proven they may not."""
    missing = [name for name in ("gpg", "gpgconf", "gpg-agent") if shutil.which(name) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(HINT)
    if missing:
        pytest.skip(HINT)


class Person:
    """Somebody with a GNUPGHOME of their own."""

    def __init__(self, folder: Path) -> None:
        self.home = folder
        folder.mkdir(mode=0o700)
        self.key = ""

    def gpg(self, *words: str | Path, data: bytes = b"") -> bytes:
        always = ("--batch", "--no-tty", "--quiet", "--yes", "--pinentry-mode", "loopback", "--passphrase", "")
        done = subprocess.run(
            ["gpg", "--homedir", self.home, *always, "--trust-model", "always", *words],
            input=data,
            capture_output=True,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def make_key(self, name: str, *, when: str = "", lasts: str = "0") -> str:
        then = ("--faked-system-time", when) if when else ()
        self.gpg(*then, "--quick-generate-key", f"{name} <{name}@example.com>", "ed25519", "default", lasts)
        self.key = self._fingerprints()[0]
        self.gpg(*then, "--quick-add-key", self.key, "cv25519", "encr", lasts)
        return self.key

    def _fingerprints(self) -> list[str]:
        lines = self.gpg("--with-colons", "--list-secret-keys").decode().splitlines()
        return [line.split(":")[9] for line in lines if line.startswith("fpr")]

    @property
    def public(self) -> bytes:
        return self.gpg("--export", self.key)

    def knows(self, *keys: bytes) -> None:
        for key in keys:
            self.gpg("--import", data=key)

    def writes(
        self, data: bytes, to: str = "", *, sign: bool = False, when: str = "", more: Sequence[str] = ()
    ) -> bytes:
        """A message of these bytes; `to` is the fingerprint of whom it is encrypted for."""
        words = [*(("--faked-system-time", when) if when else ()), *more]
        words += ["--sign", "--local-user", self.key] if sign else []
        words += ["--encrypt", "--recipient", to] if to else []
        return self.gpg(*words, *(() if sign or to else ("--store",)), data=data)


@contextmanager
def gone_afterwards(*homes: Path) -> Iterator[None]:
    """No agent of these homes outlives the block."""
    try:
        yield
    finally:
        for home in homes:
            subprocess.run(["gpgconf", "--homedir", home, "--kill", "all"], capture_output=True, check=False)
            until = time.monotonic() + 30
            while agents(home) and time.monotonic() < until:  # it says yes, and then takes its sockets away
                time.sleep(0.01)


def agents(home: Path) -> list[str]:
    """The agents at work in a home, by what the kernel tells of every process."""
    found = []
    for cmdline in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = cmdline.read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].endswith(b"gpg-agent") and os.fsencode(home) in words:
            found.append(cmdline.parent.name)
    return found
