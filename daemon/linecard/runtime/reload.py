"""Having a daemon read its configuration again, and hearing what became of it.

Both by files in the state folder: a signal has no answer, and it cannot be told from outside a container, or from a
service's own name space, which process is the daemon.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from linecard.errors import ConfigError, LinecardError
from linecard.infrastructure.files import write_whole
from linecard.runtime.clock import since_boot
from linecard.runtime.lock import holder_of, is_served

REQUEST, ANSWER = "reload.request", "reload.json"
LONGEST = 80.0
"""Seconds to wait for an answer; systemd waits 90 by default."""
PAUSE = 5.0
"""Seconds for which a daemon may say nothing of itself while one configuration gives way to the next."""
INTERVAL = 0.05


class ReloadError(LinecardError):
    """The daemon cannot be asked to read its configuration again."""


class ReloadAnswer(NamedTuple):
    """What became of a request: when the daemon began to read (seconds since boot), and what was wrong, or nothing."""

    began: float
    message: str = ""
    remedy: str = ""


# -- the daemon's side -----------------------------------------------------------------------------------------------


def take_request(state: Path) -> bool:
    """Whether somebody has asked since this was called last."""
    try:
        (state / REQUEST).unlink()
    except OSError:
        return False
    return True


def write_answer(state: Path, answer: ReloadAnswer) -> None:
    """Say what became of all requests so far. Worth nothing after a crash, so it need not be durable."""
    with suppress(OSError), write_whole(state / ANSWER, text=True, fsync=False) as out:  # a full disk is told elsewhere
        json.dump(answer._asdict(), out)


# -- the other side --------------------------------------------------------------------------------------------------


def request_reload(state: Path) -> None:
    """Have the daemon of a site read its configuration again, and wait until it has.

    Raises `ConfigError` when it refuses the configuration, `ReloadError` when there is none or it does not answer.
    """
    _find_daemon(state)
    with suppress(OSError):  # an answer of before the machine was started, whose clock begins anew
        (state / ANSWER).unlink(missing_ok=True)
    asked = since_boot()
    with write_whole(state / REQUEST, text=True, fsync=False):
        pass
    while since_boot() < asked + LONGEST:
        answer = _read_answer(state)
        if answer is not None and answer.began >= asked:
            if answer.message:
                raise ConfigError(answer.message, remedy=answer.remedy)
            return
        if holder_of(state) is None:
            take_request(state)
            raise ReloadError("The daemon has ended.", remedy="Look at its log, then start it.")
        time.sleep(INTERVAL)
    take_request(state)
    raise ReloadError(
        f"The daemon has not answered within {LONGEST:.0f} seconds.",
        remedy="`linecard status` shows what it is doing; look at its log.",
    )


def _find_daemon(state: Path) -> None:
    until = since_boot() + PAUSE
    while not is_served(state):
        if holder_of(state) is None or since_boot() > until:
            raise ReloadError("No daemon is running on this site.", remedy="Start it: `systemctl start linecard`.")
        time.sleep(INTERVAL)


def _read_answer(state: Path) -> ReloadAnswer | None:
    try:
        return ReloadAnswer(**json.loads((state / ANSWER).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
