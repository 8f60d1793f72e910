"""Pieces of work that may fail: the failure raises an alert, and stops nothing else."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import TypeVar

from linecard.errors import LinecardError
from linecard.infrastructure.access import find_remedy
from linecard.runtime.health import Health
from linecard.runtime.log import log

T = TypeVar("T")


def attempt(health: Health, what: str, piece: Callable[[], T]) -> T | None:
    """Do a piece of work; None if it failed, which is then the alert with `what`."""
    try:
        return piece()
    except LinecardError as error:
        health.raise_alert(what, str(error), error.remedy)
    except OSError as error:
        health.raise_alert(what, f"{error.filename or what}: {error.strerror or error}.", find_remedy(error))
    except Exception as error:  # noqa: BLE001 - a bug stops one piece of work, never the daemon
        report_bug(health, what, error)
    return None


def attempt_and_clear(health: Health, what: str, piece: Callable[[], object]) -> None:
    """Do a piece of work, and say whether it went well."""

    def whole() -> None:
        piece()
        health.clear_alert(what)

    attempt(health, what, whole)


def report_bug(health: Health, what: str, error: Exception) -> None:
    """Tell of an error that linecard should not make; called where it was caught."""
    log("bug", what=what, error=repr(error), traceback=traceback.format_exc(), level="error")
    health.raise_alert(what, f"A bug in linecard: {error!r}.", "Report it with the traceback in the log.")
