"""One run of the program: lines in, lines out, and an end to it whatever it does."""

from __future__ import annotations

import json
import os
import pwd
import selectors
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any

from linecard.api import Log, account_name, sanitize_line
from linecard.api.backend import BackendError
from linecard_exec.options import ExecOptions

GRACE = 5.0
"""Seconds that it has to end when its input ends, and again after SIGTERM."""
MOST_SAID = 200
"""Lines of its standard error that are put into the log, of each run."""
BLOCK = 1 << 16
PLAIN = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}


class ProgramError(BackendError):
    """The program that leads to the PBX does not do what it should."""


class Process:
    """A running program. `write` and `read_message` are for one thread; `close` is for any.

    Raises `ProgramError` when it cannot be started, ends before it should, says nothing for too long, or writes what is
    not a line of JSON.
    """

    def __init__(self, options: ExecOptions, folder: Path, log: Log) -> None:
        self._options, self._log = options, log
        self.name = Path(options.command[0]).name
        self._buffer = bytearray()
        self._read_to = 0
        self._process = self._start(folder)
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._out, selectors.EVENT_READ)
        self._is_ended = False
        self._said = 0
        self._last_words = ""
        self._listener = threading.Thread(target=self._listen, name=f"stderr of {self.name}", daemon=True)
        self._listener.start()

    def _start(self, folder: Path) -> subprocess.Popen[bytes]:
        options = self._options
        program = folder / options.command[0]
        # prlimit, which starts it, would say so in words of its own.
        if not os.access(program, os.X_OK) or program.is_dir():
            why = "it is not a file that may be executed" if program.exists() else "there is no such file"
            raise ProgramError(f"{program} cannot be started: {why}.", remedy="Check `command`, and its permissions.")
        limits = [f"--as={options.memory << 20}", "--core=0"]
        try:
            return subprocess.Popen(  # noqa: S603 - what the configuration names is what is to be run
                # prlimit of util-linux sets the limits and becomes the program: nothing of ours runs between fork and
                # exec, which is not safe where there are threads.
                [_find_prlimit(), *limits, "--", str(program), *options.command[1:]],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=folder,
                env=PLAIN | options.environment,
                start_new_session=True,
                bufsize=0,
                **_become(options.user),
            )
        except OSError as error:
            raise ProgramError(
                f"{program} cannot be started: {error.strerror}.", remedy="Check `command`, and its permissions."
            ) from error

    @property
    def _out(self) -> IO[bytes]:
        return _present(self._process.stdout)

    # -- lines -------------------------------------------------------------------------------------------------------

    def write(self, *messages: Mapping[str, Any]) -> None:
        """Send lines. Its answers are read meanwhile, lest both wait for each other."""
        data = memoryview(b"".join(json.dumps(m, ensure_ascii=False).encode() + b"\n" for m in messages))
        pipe = _present(self._process.stdin)
        os.set_blocking(pipe.fileno(), False)
        until = time.monotonic() + self._options.timeout
        while data:
            try:
                data = data[os.write(pipe.fileno(), data) :]
            except BlockingIOError:
                self._wait_to_write(pipe, until)
            except OSError:
                raise self._explain_end() from None

    def _wait_to_write(self, pipe: IO[bytes], until: float) -> None:
        left = until - time.monotonic()
        if left <= 0:
            raise self._complain(f"did not take what linecard told it within {self._options.timeout:.0f} s")
        with selectors.DefaultSelector() as waiting:
            waiting.register(pipe, selectors.EVENT_WRITE)
            waiting.register(self._out, selectors.EVENT_READ)
            ready = {key.fileobj for key, _ in waiting.select(left)}
        if self._out in ready and not self._fill():
            raise self._explain_end()

    def read_message(self) -> dict[str, Any]:
        """The next line that it writes."""
        until = time.monotonic() + self._options.timeout
        while (end := self._buffer.find(b"\n", self._read_to)) < 0:
            self._read_to = len(self._buffer)
            if self._read_to > self._options.line:
                raise self._complain(f"wrote a line of more than {self._options.line} bytes")
            left = until - time.monotonic()
            if left <= 0 or not self._selector.select(left):
                raise self._complain(f"said nothing for {self._options.timeout:.0f} s")
            if not self._fill():
                raise self._explain_end()
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        self._read_to = 0
        return self._parse(line)

    def _fill(self) -> bool:
        data = os.read(self._out.fileno(), BLOCK)
        self._buffer += data
        return bool(data)

    def _parse(self, line: bytes) -> dict[str, Any]:
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            found = None
        if not isinstance(found, dict):
            raise self.misunderstand(line.decode("utf-8", errors="replace"))
        return found

    # -- what is said of it ------------------------------------------------------------------------------------------

    def misunderstand(self, said: object) -> ProgramError:
        """An answer that is against the protocol; it is not asked any more."""
        text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
        shown = sanitize_line(text[:200])
        return self._complain(f"wrote what linecard does not understand: {shown}")

    def _complain(self, words: str) -> ProgramError:
        self.kill()
        return ProgramError(f"{self.name} {words}.", remedy=self._remedy)

    def _explain_end(self) -> ProgramError:
        """It ended although it was not asked to."""
        try:
            code = self._process.wait(GRACE)
        except subprocess.TimeoutExpired:
            self.kill()
            return ProgramError(f"{self.name} closed its output.", remedy=self._remedy)
        self._listener.join(1.0)
        self.kill()
        how = f"was ended by {_name_signal(-code)}" if code < 0 else f"ended with status {code}"
        words = f": {self._last_words}" if self._last_words else ""
        return ProgramError(f"{self.name} {how}{words}.", remedy=self._remedy)

    @property
    def _remedy(self) -> str:
        return "Its standard error is in linecard's log. `linecard plugins try` shows what was said to it and by it."

    def _listen(self) -> None:
        """Its standard error goes to the log, line by line, up to a limit."""
        pipe = _present(self._process.stderr)
        rest = b""
        while data := os.read(pipe.fileno(), BLOCK):
            *lines, rest = (rest + data).split(b"\n")
            rest = rest[-BLOCK:]
            for line in lines:
                self._tell(line)
        if rest:
            self._tell(rest)

    def _tell(self, line: bytes) -> None:
        words = sanitize_line(line.decode("utf-8", errors="replace")[:1000]).strip()
        if not words:
            return
        self._last_words = words[:200].rstrip(".")
        self._said += 1
        if self._said <= MOST_SAID:
            self._log("the program says", level="warning", words=words)
        elif self._said == MOST_SAID + 1:
            self._log("the program says more than is kept", level="warning", kept=MOST_SAID)

    @property
    def is_alive(self) -> bool:
        """Whether it still runs and may be asked."""
        return not self._is_ended and self._process.poll() is None

    # -- its end -----------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Its input ends, which tells it to end; then SIGTERM, then SIGKILL."""
        _present(self._process.stdin).close()
        for ending in (None, signal.SIGTERM):
            if ending is not None:
                self._signal(ending)
            try:
                self._process.wait(GRACE)
            except subprocess.TimeoutExpired:
                continue
            break
        self.kill()

    def kill(self) -> None:
        """At once, with all that it has started."""
        if self._is_ended:
            return
        self._is_ended = True
        self._signal(signal.SIGKILL)
        self._process.wait()
        self._listener.join(GRACE)
        self._selector.close()
        for pipe in (self._process.stdin, self._process.stdout, self._process.stderr):
            if pipe is not None:
                pipe.close()

    def _signal(self, number: int) -> None:
        try:
            os.killpg(self._process.pid, number)
        except ProcessLookupError:
            return  # it and all that it had started are gone


def _present(pipe: IO[bytes] | None) -> IO[bytes]:
    if pipe is None:
        raise AssertionError("each of its pipes was asked for")
    return pipe


def _name_signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def _find_prlimit() -> str:
    found = shutil.which("prlimit", path=PLAIN["PATH"])
    if found is None:
        raise ProgramError("There is no prlimit on this machine.", remedy="Install util-linux.")
    return found


def _become(user: str | None) -> dict[str, Any]:
    """What makes the program run as another account, with its groups and no others."""
    if user is None or user == account_name(os.geteuid()):
        return {}
    if os.geteuid() != 0:
        raise ProgramError(
            f"linecard runs as {account_name(os.geteuid())} and cannot become {user}.",
            remedy="Leave out `user`, or name sudo in `command`, with a rule of its own.",
        )
    try:
        account = pwd.getpwnam(user)
    except KeyError:
        raise ProgramError(f"There is no account {user}.", remedy="Check `user`.") from None
    groups = os.getgrouplist(user, account.pw_gid)
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": groups}
