"""Errors that a plugin should not make: told with the plugin, its method and what to do, and never as linecard's own.

Which code raised an error stands in its traceback, whatever port it came through: in a method, in a generator that
linecard goes through, or in a file that it reads. A plugin may raise any `LinecardError`; everything else is a fault.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import metadata
from traceback import walk_tb
from types import CodeType, TracebackType

from linecard.errors import LinecardError, PluginFault
from linecard.infrastructure.site_plugins import PACKAGE
from linecard.ports.inbox import Unfinished
from linecard.rules.text import Refused

GROUP = "linecard"
"""The entry points by which plugins are found."""

_OF_DISKS = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS})
"""What a disk answers that is full, damaged or read-only, whoever writes to it."""
_CORE = tuple(f"linecard.{layer}" for layer in ("cli", "runtime", "pipeline", "store", "registry"))
"""What hands itself to plugins as iterators and functions: what fails in there is linecard's."""


@contextmanager
def name_plugin_faults(kind: type[PluginFault] = PluginFault) -> Iterator[None]:
    """Turn what a plugin should not raise into an error of this kind. Errors of linecard's own pass."""
    try:
        yield
    except Exception as error:
        fault = find_plugin_fault(error, kind)
        if fault is None or fault is error:
            raise
        raise fault from error


def find_plugin_fault(error: Exception, kind: type[PluginFault] = PluginFault) -> PluginFault | None:
    """What to say of an error that a plugin should not make; None for any other."""
    if isinstance(error, LinecardError):
        return error if isinstance(error, PluginFault) else None
    if isinstance(error, Refused | Unfinished | MemoryError) or _is_of_disk(error):
        return None
    found = _find_place(error.__traceback__) or _find_missing(error)
    if found is None:
        return None
    entry, method, place = found
    name, version = (entry.dist.name, entry.dist.version) if entry.dist is not None else ("?", "?")
    whose = "linecard" if name == "linecard" else f"the author of {name} {version}"
    if entry.module.startswith(f"{PACKAGE}."):
        whose = f"its author, with plugins/{entry.name}.py"
    return kind(
        f"The plugin {entry.name} failed in {method}: {type(error).__name__}: {error}{place}.",
        remedy=f"This is a bug in the plugin {entry.name}: report it to {whose}, with the traceback if there is one.",
        plugin=entry.name,
        method=method,
    )


Found = tuple[metadata.EntryPoint, str, str]


def _find_place(traceback: TracebackType | None) -> Found | None:
    """The plugin that raised, its method that linecard called, and the line that failed."""
    entries = _list_entries()
    frames = [(str(frame.f_globals.get("__name__", "")), frame.f_code, line) for frame, line in walk_tb(traceback)]
    owners = [_find_owner(entries, module) for module, _, _ in frames]
    last = max((at for at, owner in enumerate(owners) if owner is not None), default=None)
    if last is None or any(module.startswith(_CORE) for module, _, _ in frames[last + 1 :]):
        return None
    first = last
    while first and not _is_of_linecard(frames[first - 1][0], owners[first - 1]):
        first -= 1
    while owners[first] is None:
        first += 1
    owner, code, line = owners[last], frames[last][1], frames[last][2]
    assert owner is not None  # noqa: S101 - it was looked for
    return owner, frames[first][1].co_qualname, f" ({_short(code)}, line {line})"


def _is_of_disk(error: Exception) -> bool:
    return isinstance(error, OSError) and (error.filename is not None or error.errno in _OF_DISKS)


def _find_missing(error: Exception) -> Found | None:
    """A method that linecard looked for in vain."""
    if not isinstance(error, AttributeError) or error.obj is None:
        return None
    of = error.obj if isinstance(error.obj, type) else type(error.obj)
    owner = _find_owner(_list_entries(), of.__module__)
    return None if owner is None else (owner, f"{of.__qualname__}.{error.name}", "")


def _is_of_linecard(module: str, owner: metadata.EntryPoint | None) -> bool:
    return owner is None and (module == "linecard" or module.startswith("linecard."))


def _list_entries() -> list[tuple[str, metadata.EntryPoint]]:
    """Each plugin after the package that it lies in, the longest first."""
    entries = [(e.module.rpartition(".")[0] or e.module, e) for e in metadata.entry_points(group=GROUP)]
    return sorted(entries, key=lambda pair: -len(pair[0]))


def _find_owner(entries: list[tuple[str, metadata.EntryPoint]], module: str) -> metadata.EntryPoint | None:
    package, _, name = module.partition(".")
    if package == PACKAGE:
        return metadata.EntryPoint(name, module, GROUP)
    return next((entry for home, entry in entries if module == home or module.startswith(f"{home}.")), None)


def _short(code: CodeType) -> str:
    """A file by its name and folder."""
    return "/".join(code.co_filename.split("/")[-2:])
