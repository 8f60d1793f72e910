"""A restore: a backup becomes the site again, whole or not at all, and says what it does not know."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import tarfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import IO, Any

from linecard.config import Config
from linecard.config.loader import find_state_in
from linecard.errors import BusyError
from linecard.infrastructure.files import make_folder, sync_folder, write_whole
from linecard.rules.states import FINAL
from linecard.runtime import lock, privileges
from linecard.runtime.backup import (
    CONFIGURATION,
    FOLDERS,
    FORMAT,
    MANIFEST,
    PUT_ASIDE,
    BackupError,
    check_database,
    read_members,
)
from linecard.store import run_numbers, unfinished_restore
from linecard.store.outbox import Outbox
from linecard.store.restore_marker import RestoreMarker, write_restore_marker
from linecard.store.store import FILE as DATABASE
from linecard.store.store import Clock, Store

_GAP = 1000
"""Numbers of runs that are left out at least: those that a site may have given after its backup was made."""


@dataclass(slots=True)
class Restored:
    """What was put back, and what it does not know. `kept` files were there already; `aside` are where others went."""

    site: str
    made: datetime
    files: int = 0
    kept: int = 0
    last_run: int = 0
    next_run: int = 0
    unfinished: list[int] = field(default_factory=list)
    undelivered: int = 0
    aside: list[Path] = field(default_factory=list)
    configuration: list[Path] = field(default_factory=list)


def restore(config: Config, source: IO[bytes], name: str, *, now: Clock, next_run: int | None = None) -> Restored:
    """Put a backup in place of a state that knows no run, while no linecard works on the site.

    Nothing is put in its place before all was read and compared. From the first file on that is, until the last one
    was, the state is marked as unfinished, and no linecard works on it: a restore that broke off is begun again. Files
    of the archive, reports and quarantine that are there already stay as they are. Runs go on with `next_run`, or so
    far on that no number names two runs. Raises `BackupError`, `BusyError`, `StateError`.
    """
    roots = {folder: Path(getattr(config, folder)) for folder in FOLDERS}
    with _hold_unused(config.state):
        try:
            return _restore(roots, source, name, now=now, next_run=next_run)
        except OSError as error:
            raise BackupError(
                f"The backup cannot be restored: {error.filename or name}: {error.strerror or error}.",
                remedy="Check disk space and permissions, then restore again.",
            ) from error
        finally:
            for root in roots.values():
                shutil.rmtree(root / unfinished_restore.STAGED, ignore_errors=True)


@contextmanager
def _hold_unused(state: Path) -> Iterator[None]:
    """Hold a site whose state knows no run, or belongs to a restore that broke off: nobody has worked on it since."""
    if lock.is_held(state):
        raise BusyError(
            "A linecard works on this site; nothing was restored.", remedy="Stop it first: systemctl stop linecard"
        )
    with lock.site_lock(state):
        if not unfinished_restore.is_unfinished(state):
            _refuse_used_state(state)
        yield


def _restore(roots: dict[str, Path], source: IO[bytes], name: str, *, now: Clock, next_run: int | None) -> Restored:
    manifest, staged = _stage(roots, source, name)
    restored = Restored(manifest["site"], datetime.fromisoformat(manifest["made"]))
    state, staging = roots["state"], roots["state"] / unfinished_restore.STAGED
    if not (staging / DATABASE).is_file():
        raise BackupError(f"{name} has no state database.", remedy="Take another backup.")
    for path in staging.rglob("*"):
        if path.is_file() and path.name.endswith((".db", ".sqlite3")):
            _check_copy(path)
    _read_database(staging, now, restored, next_run)
    for root in roots.values():
        _sync(root / unfinished_restore.STAGED)
    # The order matters: that it is unfinished is on disk before anything gets its place, and forgotten when all has it.
    # Otherwise a linecard that starts after a crash takes a state without its runs for a new one, and imports anew
    # what was imported. Shown by tests/acceptance/test_restore_killed.py.
    unfinished_restore.begin_restore(state, name, now())
    for folder in FOLDERS[1:]:
        for place in staged[folder]:
            restored.kept += not _place(roots[folder] / unfinished_restore.STAGED / place, roots[folder] / place)
    _put_aside(state, now())
    restored.aside = sorted(state.glob(f"{PUT_ASIDE}*"))
    write_restore_marker(state, RestoreMarker(restored.made, now(), restored.last_run))
    for place in staged["state"]:
        if not _place(staging / place, state / place):
            raise BackupError(f"{state / place} came there during the restore.", remedy="Restore again.")
    unfinished_restore.end_restore(state)
    restored.files = sum(map(len, staged.values())) - restored.kept
    return restored


def _refuse_used_state(state: Path) -> None:
    """A state that knows runs is not written over."""
    path = state / DATABASE
    if not path.is_file() or not path.stat().st_size:
        return
    try:
        with closing(sqlite3.connect(path, timeout=5)) as database:
            (last,) = database.execute("SELECT last FROM run_number").fetchone() or (0,)
    except sqlite3.OperationalError as error:
        if "no such table" not in str(error):
            raise BackupError(f"{path} cannot be read: {error}.", remedy=_move_away(state)) from error
        last = 0
    except sqlite3.DatabaseError as error:
        raise BackupError(f"{path} is damaged: {error}. It is not written over.", remedy=_move_away(state)) from error
    if last:
        raise BackupError(f"{state} has runs up to {last}; a backup does not replace them.", remedy=_move_away(state))


def _move_away(state: Path) -> str:
    return f"If you do not need it any more, move it away: mv {state} {state}.old"


def _stage(roots: dict[str, Path], source: IO[bytes], name: str) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """Unpack beside the places of the files, and compare the sums; the manifest, and what each folder gets."""
    manifest: dict[str, Any] = {}
    staged: dict[str, list[str]] = {folder: [] for folder in FOLDERS}
    for root in roots.values():
        shutil.rmtree(root / unfinished_restore.STAGED, ignore_errors=True)
        make_folder(root, mode=0o750)
        (root / unfinished_restore.STAGED).mkdir(mode=0o700)
    for member, info, content in read_members(source, name):
        if member == MANIFEST:
            manifest = _read_manifest(content, name)
            continue
        folder, _, path = member.partition("/")
        if folder in roots:
            _unpack(info, content, roots[folder] / unfinished_restore.STAGED / path)
            staged[folder].append(path)
    if not manifest:
        raise BackupError(f"{name} is no backup of linecard: it has no {MANIFEST}.")
    return manifest, staged


def _read_manifest(content: IO[bytes], name: str) -> dict[str, Any]:
    try:
        found = json.loads(content.read(1 << 20))
        if found["format"] == FORMAT and isinstance(found["site"], str) and datetime.fromisoformat(found["made"]):
            return dict(found)
        said = f"its form is {found['format']}, and this linecard knows {FORMAT}"
    except (ValueError, KeyError, TypeError) as error:
        said = f"{MANIFEST} cannot be read ({error})"
    raise BackupError(f"{name} cannot be restored: {said}.", remedy="Use the linecard that wrote it.")


def _unpack(info: tarfile.TarInfo, content: IO[bytes], target: Path) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with write_whole(target, text=False, mode=0o600, replace=False, named=False) as out:
        shutil.copyfileobj(content, out, 1 << 20)
    target.chmod(info.mode & 0o770)
    os.utime(target, (info.mtime, info.mtime))


def _check_copy(path: Path) -> None:
    with closing(sqlite3.connect(path)) as database:
        check_database(database, path)


def _read_database(staging: Path, now: Clock, restored: Restored, next_run: int | None) -> None:
    """Bring it to the schema of this program, pass over numbers that may be given already, and see what it knows."""
    with closing(Store.open(staging, now)) as store:
        with store.snapshot() as connection:
            restored.last_run = run_numbers.last_number(connection)
        restored.next_run = next_run or (restored.last_run + 2 * _GAP - 1) // _GAP * _GAP + 1
        if restored.next_run <= restored.last_run:
            raise BackupError(
                f"Run {restored.next_run} is in the backup, whose last run is {restored.last_run}.",
                remedy="Give --next-run a number that no run has had.",
            )
        with store.transaction() as connection:
            run_numbers.skip_to(connection, restored.next_run - 1)
        restored.unfinished = sorted(run.id for run in store.list_runs() if run.state not in FINAL)
        restored.undelivered = len(Outbox(store).list_pending())
    with closing(sqlite3.connect(staging / DATABASE)) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for copy in staging.glob("linecard.before-*.db"):
        copy.unlink()


def _place(source: Path, target: Path) -> bool:
    """Move a file to its place; whether it was put there, or another was there already."""
    make_folder(target.parent, mode=source.parent.stat().st_mode & 0o700 | 0o050)
    if os.path.lexists(target):
        return False
    source.rename(target)
    sync_folder(target.parent)
    return True


def _put_aside(state: Path, now: datetime) -> None:
    """Move what the state has out of the way: what was just made, or placed by a restore that broke off."""
    stays = {lock.FILE, unfinished_restore.STAGED, unfinished_restore.FILE}
    found = [path for path in state.iterdir() if path.name not in stays and not path.name.startswith(PUT_ASIDE)]
    if not found:
        return
    aside = state / f"{PUT_ASIDE}{now:%Y%m%dT%H%M%S.%f}"
    aside.mkdir(mode=0o700)
    for path in found:
        path.rename(aside / path.name)
    sync_folder(state)


def _sync(folder: Path) -> None:
    for here, _, _ in os.walk(folder):
        sync_folder(Path(here))


def restore_configuration(file: Path, source: IO[bytes], name: str, *, now: Clock) -> list[Path]:
    """Put the configuration of a backup where the site's is to be; what was written. No other is written over.

    Where there was none, the state is marked as unfinished before the configuration gets its name, so that no linecard
    works on the site before `restore` has put back its state. Raises as `restore` does.
    """
    wanted = _read_configuration(file, source, name)
    try:
        missing = {path: content for path, content in wanted.items() if not path.exists()}
        other = next((path for path in wanted.keys() - missing.keys() if path.read_bytes() != wanted[path]), None)
        if other is not None:
            raise BackupError(
                f"{other} is there already, and is another than in the backup.",
                remedy="Leave out --with-configuration to use the one that is there, or move it away.",
            )
        for path, content in sorted(missing.items(), key=lambda found: found[0] == file):
            state = find_state_in(content.decode("utf-8-sig", "replace"), file.parent) if path == file else None
            if state is not None:
                with privileges.acting_as_owner(state), _hold_unused(state):
                    unfinished_restore.begin_restore(state, name, now())
            with write_whole(path, text=False) as out:
                out.write(content)
    except OSError as error:
        raise BackupError(f"The configuration cannot be restored: {error.filename}: {error.strerror}.") from error
    return sorted(missing)


def _read_configuration(file: Path, source: IO[bytes], name: str) -> dict[Path, bytes]:
    """The files of the configuration in a backup, by the places that they have beside `file`."""
    manifest: dict[str, Any] = {}
    found: dict[str, bytes] = {}
    for member, _, content in read_members(source, name):
        if member == MANIFEST:
            manifest = _read_manifest(content, name)
        elif member.startswith(f"{CONFIGURATION}/"):
            found[member.partition("/")[2]] = content.read(-1)
    if not found:
        raise BackupError(
            f"{name} has no configuration.", remedy="Write a new one; `linecard backup --with-configuration` adds it."
        )
    main = Path(manifest.get("configuration") or "linecard.yaml").name
    return {file if path == main else file.parent / path: content for path, content in found.items()}
