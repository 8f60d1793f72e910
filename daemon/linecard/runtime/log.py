"""What the daemon writes to standard output: a constant message, and facts in fields.

No names and no numbers of people stand in it above the level debug; secrets never do. Structlog is loaded by the first
use: a command that logs nothing would spend a tenth of its time on it.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, TextIO

from linecard.ports.context import Level
from linecard.rules.sanitize import sanitize


def configure(form: str, level: str, out: TextIO | None = None) -> None:
    """One line of text for each event, or one JSON object; nothing below this level. `out` is standard output."""
    import structlog

    last: Any = structlog.processors.JSONRenderer(ensure_ascii=False) if form == "json" else _Text()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            *([structlog.processors.TimeStamper(fmt="iso", utc=True)] if form == "json" else []),
            last,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.PrintLoggerFactory(out or sys.stdout),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(handlers=[_LibraryHandler()], level=logging.WARNING, force=True)


def log(event: str, *, level: Level = "info", **facts: Any) -> None:
    """Write one event; facts of the piece of work at hand (see `bound`) come with it.

    A log that cannot be written, on a full disk or with its reader gone, stops no work. In a command that has
    configured nothing, warnings and errors go to standard error.
    """
    import structlog

    if not structlog.is_configured():
        configure("text", "warning", sys.stderr)
    with suppress(OSError, ValueError):
        getattr(structlog.get_logger(), level)(
            event, **{name: fact for name, fact in facts.items() if fact is not None}
        )


@contextmanager
def log_context(**facts: Any) -> Iterator[None]:
    """Every event within carries these facts."""
    import structlog

    with structlog.contextvars.bound_contextvars(**facts):
        yield


class _Text:
    """`received run=12 inbox=hr`; with systemd's priority in front, where journald reads along."""

    _PRIORITIES = (("error", "<3>"), ("warning", "<4>"), ("info", "<6>"), ("debug", "<7>"))

    def __init__(self) -> None:
        import os

        self._mark = dict(self._PRIORITIES) if "JOURNAL_STREAM" in os.environ else {}

    def __call__(self, _logger: object, _name: str, event: Any) -> str:
        level = event.pop("level", "info")
        text = event.pop("event")
        long = event.pop("traceback", "")
        line = f"{self._mark.get(level, '')}{format_event(text, level, event)}"
        return f"{line}\n{long.rstrip()}" if long else line


def format_event(event: str, level: str, facts: Mapping[str, object]) -> str:
    """One line for an event with its facts: `warning: token refused account=hq`."""
    word = f"{level}: " if level in ("error", "warning") else ""
    return " ".join([f"{word}{event}", *(f"{name}={_quote(value)}" for name, value in facts.items())])


def _quote(value: object) -> str:
    text = sanitize(value)
    return f'"{text}"' if len(text.split()) != 1 else text


class _LibraryHandler(logging.Handler):
    """Warnings of the libraries, in the same form."""

    def emit(self, record: logging.LogRecord) -> None:
        log(record.getMessage(), level="error" if record.levelno >= logging.ERROR else "warning", logger=record.name)
