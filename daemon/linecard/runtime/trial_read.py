"""Trial reads: a file in whose reading linecard was ended is read in a process of its own first, to see how that ends.

How a process ended is known only to the one that began it. What the file itself provokes (a fault in a library, all
the memory there is) ends the process that tries, again and again, and nothing else; whatever ended linecard from
outside (somebody's SIGKILL, a power cut) does not come back with the file.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from time import monotonic

TIMEOUT = 3600.0
"""Seconds after which reading a file counts as never coming to an end."""

_POLL_INTERVAL = 0.2
_FAILED = 1
_PROGRAM = "import json, sys; sys.path[:] = json.loads(sys.argv[1]); from linecard.runtime import trial_read; "
"""The same modules as here, plugins included, wherever this process found them."""


def try_read(config: Path, run_id: int, stop: Callable[[], bool]) -> str | None:
    """Plan a run in a process of its own, writing nothing. Empty if that came to an end, be it with an error that
    linecard knows; else how the process ended, in a word; None if it was asked to stop meanwhile."""
    words = [sys.executable, "-P", "-c", f"{_PROGRAM}trial_read.main()", json.dumps(sys.path), str(config), str(run_id)]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            return _wait(process, monotonic() + TIMEOUT, stop)
        finally:
            process.kill()


def _wait(process: subprocess.Popen[str], until: float, stop: Callable[[], bool]) -> str | None:
    while True:
        with suppress(subprocess.TimeoutExpired):
            code = process.wait(_POLL_INTERVAL)
            return "" if code == 0 else _describe_exit(code, process.stdout.read() if process.stdout else "")
        if stop():
            return None
        if monotonic() > until:
            return f"no end within {TIMEOUT / 60:g} minutes"


def _describe_exit(code: int, said: str) -> str:
    if code < 0:
        with suppress(ValueError):
            return signal.Signals(-code).name
        return f"signal {-code}"
    return said.strip() if code == _FAILED and said.strip() else f"exit code {code}"


def main() -> None:
    """The process that tries: `sys.argv` names the configuration and the run."""
    from linecard.errors import BackendError, LinecardError, PluginFault
    from linecard.pipeline.plan import replay
    from linecard.runtime.service import Service

    _prefer_for_oom_kill()
    threading.Thread(target=_exit_with_parent, daemon=True).start()
    try:
        with Service.load(Path(sys.argv[2])) as service:
            run = service.store.get_run(int(sys.argv[3]))
            replay(service.store, run, service.feed(run.inbox), service.config.archive, lambda _count: None)
    except PluginFault as fault:
        if isinstance(fault, BackendError):
            return
        traceback.print_exc()
        print(f"{type(fault.__cause__).__name__} in the plugin {fault.plugin} ({fault.method})")
        sys.exit(_FAILED)
    except LinecardError:
        return  # whoever reads the file next meets it too, and knows what to do
    except Exception as error:  # noqa: BLE001 - a bug, which this file or what the PBX says of it provokes
        traceback.print_exc()
        print(type(error).__name__)
        sys.exit(_FAILED)


def _prefer_for_oom_kill() -> None:
    """Where memory runs out, this process is to be ended, and not the one that waits for it."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text("1000", encoding="ascii")


def _exit_with_parent() -> None:
    """Nobody waits for the answer any more when the other end of standard input is gone, however that came."""
    os.read(sys.stdin.fileno(), 1)
    os._exit(_FAILED)
