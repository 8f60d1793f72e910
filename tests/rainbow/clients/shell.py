"""ALE's own clients, unchanged: rainbow-cli (`rbw`) and rainbow-node-sdk of npm, in the versions of the lock here.

How they are brought to talk to a simulator was found by running rainbow-cli 1.102.2 with rainbow-node-sdk 2.46.1 on
Node.js 20:

- They put `:443` behind whatever host they are given, so it is `127.0.0.1:PORT/rb` and the server drops `/rb:443`.
- They verify certificates; NODE_EXTRA_CA_CERTS is enough.
- They name the packages `fs`, `dns` and `dgram`, which are not meant to be installed (one has no such version, one is
  fetched from a repository); node's own are what they load. The lock puts empty folders in their place.
- `rbw login` waits for a name server (`preload.js`); the SDK has an option.
- `rbw` exits with 0 whatever happens: what it prints has to be judged.

What surprised beside these:

- One wrong password is three failed logins (`findings/rainbow_login.sh`).
- The SDK can begin an import, but not read its report or a template; and it drops whatever is false or null from a PUT
  that it then calls done (`findings/rainbow_sdk.sh`).
- Its methods for phone numbers and for the import of a synchronisation give what stands in `data`, others everything.
- A GET whose connection is lost or whose JSON is cut short is sent again, and the user sees nothing of it.
- `rbw masspro status company` prints the failed rows under Warning, and the warnings under Failed.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from integration.npm import find_node, install
from rainbow.examples import ADMINISTRATOR, APPLICATION, PASSWORD, SECRET
from rainbow.server import Simulator

HERE = Path(__file__).parent
COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")
SPINNER = re.compile(r" +[◜◠◝◞◡◟] In progress, please wait\.\.\.")
PATIENCE = 240
"""Seconds; a client that is alone needs four."""


def find_modules() -> Path:
    """The folder with both clients."""
    return install("rainbow-clients", HERE, "ALE's clients of npm")


class Shell:
    """A user's home in which rbw is run against a simulator."""

    def __init__(self, simulator: Simulator, home: Path) -> None:
        self.home, self._simulator = home, simulator
        self.host = f"{simulator.host}/rb"
        self._node = find_node() / "node"
        self._modules = find_modules()

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.home),
            "NODE_EXTRA_CA_CERTS": str(self._simulator.certificate),
            "NODE_OPTIONS": f'--require "{HERE / "preload.js"}"',
        }

    def run(self, *words: str, typed: str = "") -> str:
        """What a command prints, without colours. `typed` is entered once it asks something."""
        entry = self._modules / "node_modules" / "rainbow-cli" / "index.js"
        with self._begin([str(self._node), str(entry), *words]) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            said = b""
            if typed:
                while b"sure" not in said:
                    block = os.read(process.stdout.fileno(), 4096)
                    assert block, said.decode()
                    said += block
                process.stdin.write(typed.encode())
                process.stdin.flush()
            rest, _ = process.communicate(timeout=PATIENCE)
        text = COLOURS.sub("", (said + rest).decode())
        return SPINNER.sub("", text)

    @contextmanager
    def _begin(self, words: list[str]) -> Iterator[subprocess.Popen[bytes]]:
        with subprocess.Popen(
            words,
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as process:
            try:
                yield process
            finally:
                process.kill()

    def log_in(self, login: str = ADMINISTRATOR, password: str = PASSWORD) -> str:
        return self.run("login", login, password, "--host", self.host)

    def copy(self, name: str) -> Shell:
        """Another home with the same login: commands that run beside each other write to their own."""
        home = self.home.with_name(name)
        shutil.copytree(self.home, home)
        return Shell(self._simulator, home)

    def file(self, name: str, file: str) -> Path:
        """What a command of this name, run beside others, has saved."""
        return self.home.with_name(f"home-{name}") / file

    def run_together(self, commands: dict[str, Sequence[str]], workers: int = 8) -> dict[str, str]:
        """What each command prints; they mostly wait, so several run at once."""
        with ThreadPoolExecutor(workers) as pool:
            begun = {name: pool.submit(self.copy(f"home-{name}").run, *words) for name, words in commands.items()}
            return {name: future.result() for name, future in begun.items()}

    def call_sdk(self, *calls: Sequence[object]) -> list[dict[str, Any]]:
        """Results or errors of methods of AdminService, called one after the other in one login."""
        words: list[str] = [str(self._node), str(HERE / "sdk_calls.js"), self.host, ADMINISTRATOR, PASSWORD]
        ended = subprocess.run(
            [*words, APPLICATION, SECRET, json.dumps(calls)],
            cwd=self._modules,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=True,
        )
        return [json.loads(line[1:]) for line in ended.stdout.splitlines() if line.startswith("@")]
