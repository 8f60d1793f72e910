"""Pieces of work that may fail: the failure raises an alert, and stops nothing else."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from typing import TypeVar

from linecard.errors import LinecardError, PluginFault
from linecard.infrastructure.access import find_remedy
from linecard.infrastructure.plugin_faults import find_plugin_fault
from linecard.runtime.health import Health
from linecard.runtime.log import log

T = TypeVar("T")


def attempt(health: Health, what: str, piece: Callable[[], T]) -> T | None:
    """Do a piece of work; None if it failed, which is then the alert with `what`."""
    try:
        return piece()
    except LinecardError as error:
        log_plugin_fault(error)
        health.raise_alert(what, str(error), error.remedy)
    except OSError as error:
        if find_plugin_fault(error) is not None:
            report_unexpected(health, what, error)
            return None
        health.raise_alert(what, f"{error.filename or what}: {error.strerror or error}.", find_remedy(error))
    except Exception as error:  # noqa: BLE001 - a bug stops one piece of work, never the daemon
        report_unexpected(health, what, error)
    return None


def attempt_and_clear(health: Health, what: str, piece: Callable[[], object]) -> None:
    """Do a piece of work, and say whether it went well."""

    def whole() -> None:
        piece()
        health.clear_alert(what)

    attempt(health, what, whole)


def report_unexpected(health: Health, what: str, error: Exception) -> None:
    """Tell of an error that a plugin, or linecard itself, should not make; called where it was caught."""
    found = explain_unexpected(error)
    health.raise_alert(what, str(found), found.remedy)


def explain_unexpected(error: Exception) -> LinecardError:
    """What to say of such an error, whose traceback is left in the log; called where it was caught."""
    fault = find_plugin_fault(error)
    if fault is not None:
        log_plugin_fault(fault, error)
        return fault
    log("bug", error=repr(error), traceback=traceback.format_exc(), level="error")
    return LinecardError(f"A bug in linecard: {error!r}.", remedy="Report it with the traceback in the log.")


def log_plugin_fault(fault: LinecardError, cause: BaseException | None = None) -> None:
    """Leave in the log what a plugin raised, for its author; nothing of any other error."""
    cause = cause or fault.__cause__
    if isinstance(fault, PluginFault) and cause is not None:
        said = "".join(traceback.format_exception(cause))
        log("plugin failed", plugin=fault.plugin, method=fault.method, traceback=said, level="error")
