"""Retention: what has become old goes, so that disks and database stay in bounds. What is unfinished always stays."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path


@dataclass(frozen=True, slots=True)
class RetentionBounds:
    """How old and how large, at the most; None: no bound."""

    days: int | None
    size: int | None


def prune(folder: Path, bounds: RetentionBounds, now: datetime, *, keep: Iterable[Path] = ()) -> int:
    """Remove files below a folder that are too old, then the oldest until the rest is small enough; how many.

    `keep` are files to leave alone. Folders that became empty go, too; links are neither followed nor removed.
    """
    kept = set(keep)
    found = sorted(_files(folder))
    oldest = None if bounds.days is None else (now - timedelta(days=bounds.days)).timestamp()
    total = sum(size for _, size, _ in found)
    removed = 0
    for modified, size, path in found:
        too_old = oldest is not None and modified < oldest
        too_much = bounds.size is not None and total > bounds.size
        if not (too_old or too_much):
            break
        if path not in kept:
            path.unlink(missing_ok=True)
            removed += 1
            total -= size
    if removed:
        _drop_empty(folder)
    return removed


def count_old(folder: Path, days: int | None, now: datetime, *, keep: Iterable[Path] = ()) -> int:
    """How many files `prune` would remove because of their age."""
    if days is None:
        return 0
    kept, oldest = set(keep), (now - timedelta(days=days)).timestamp()
    return sum(modified < oldest and path not in kept for modified, _, path in _files(folder))


def _files(folder: Path) -> Iterator[tuple[float, int, Path]]:
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where, name)
            with suppress(FileNotFoundError):
                found = path.lstat()
                if stat.S_ISREG(found.st_mode):
                    yield found.st_mtime, found.st_size, path


def _drop_empty(folder: Path) -> None:
    for where, _, _ in os.walk(folder, topdown=False):
        if Path(where) != folder:
            with suppress(OSError):  # not empty
                Path(where).rmdir()
