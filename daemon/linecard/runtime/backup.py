"""A backup: one archive of a site, taken while linecard works on it, and read back before it gets its name.

It is a tar file packed by gzip, which any machine can open: `backup.json` says what it is of, and `SHA256SUMS`, which
`sha256sum -c` reads, stands last, so that an archive that was cut off is seen to be. The
order is that of what depends on what: files that were claimed, the databases, claimed files again, then archive and
reports, so that nothing of what a database tells of is missing.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import sqlite3
import stat
import tarfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, cast

from linecard import __version__
from linecard.config import Config
from linecard.errors import LinecardError
from linecard.infrastructure.files import create_private, open_nameless, write_whole
from linecard.pipeline import sheet_file
from linecard.pipeline.receive import BEGUN
from linecard.ports.keyring import SupportsEncrypt
from linecard.rules.states import FINAL
from linecard.runtime import clock, lock
from linecard.runtime.service import Service
from linecard.store import migrate, restore_marker
from linecard.store.store import FILE as DATABASE
from linecard.store.unfinished_restore import STAGED, refuse_unfinished

FORMAT = 1
MANIFEST, SUMS = "backup.json", "SHA256SUMS"
CONFIGURATION = "configuration"
FOLDERS = ("state", "archive", "reports", "quarantine")
PUT_ASIDE = "before-restore-"
"""What the state folder had before a restore lies in a folder of this name and the time."""
_PACKED = 3
"""gzip's level: much quicker than the usual one, and hardly larger."""
_SQLITE = b"SQLite format 3\0"
_OF_SQLITE = ("-wal", "-shm", "-journal")
_BLOCK = 1 << 20


class BackupError(LinecardError):
    """The backup cannot be written or read."""


@dataclass(slots=True)
class Backup:
    """What a backup has. `left_out` are sentences on what a whole restore needs and this file has not."""

    file: Path
    made: datetime
    files: int = 0
    bytes: int = 0
    last_run: int = 0
    unfinished: list[int] = field(default_factory=list)
    encrypted_for: tuple[str, ...] = ()
    left_out: list[str] = field(default_factory=list)

    def note_runs(self, copy: sqlite3.Connection) -> None:
        """What the copied database has; the one at work is ahead of it by now."""
        (self.last_run,) = copy.execute("SELECT last FROM run_number").fetchone()
        ended = ", ".join(f"'{state}'" for state in sorted(FINAL))
        self.unfinished = [
            run for (run,) in copy.execute(f"SELECT id FROM run WHERE state NOT IN ({ended}) ORDER BY id")
        ]


def back_up(service: Service, target: Path, *, keys: Sequence[str] = (), with_configuration: bool = False) -> Backup:
    """Write a backup of the site into a new file that only this user may read.

    With `keys`, it is encrypted for these keys of the site's keyring, and never lies in the clear but in a file without
    a name on the disk of the state folder. Raises `BackupError`, and `KeyringError` where it cannot be encrypted.
    """
    config = service.config
    roots = {name: getattr(config, name) for name in FOLDERS}
    refuse_unfinished(config.state)
    _check_target(target, roots)
    backup = Backup(target, service.now(), encrypted_for=tuple(keys))
    temporary = config.state / sheet_file.TEMPORARY
    try:
        with ExitStack() as stack:
            # Without `replace`: a backup that went wrong must not take the place of one that did not.
            out = stack.enter_context(write_whole(target, text=False, mode=0o600, replace=False))
            plain = stack.enter_context(open_nameless(temporary)) if keys else out
            _write(service, plain, backup, with_configuration=with_configuration)
            plain.flush()
            with Path(f"/proc/self/fd/{plain.fileno()}").open("rb") as again:
                verify(again, str(target))
            if keys:
                plain.seek(0)
                _encrypt(service, keys, plain, out)
            out.flush()
            backup.bytes = os.fstat(out.fileno()).st_size
    except FileExistsError as error:
        raise _exists(target) from error
    except OSError as error:
        where = error.filename or target
        raise BackupError(
            f"The backup cannot be written: {where}: {error.strerror or error}.",
            remedy="Nothing was left behind. Check disk space and permissions, then try again.",
        ) from error
    return backup


def _exists(target: Path) -> BackupError:
    return BackupError(f"{target} is there already.", remedy="Choose another name; a backup replaces no file.")


def _check_target(target: Path, roots: dict[str, Path]) -> None:
    if os.path.lexists(target):
        raise _exists(target)
    if not target.parent.is_dir():
        raise BackupError(f"The folder {target.parent} does not exist.", remedy=f"mkdir -p {target.parent}")
    inside = next((root for root in roots.values() if target.absolute().resolve().is_relative_to(root.resolve())), None)
    if inside is not None:
        raise BackupError(
            f"{target} would be part of the next backup: it lies in {inside}.",
            remedy="Write it elsewhere, best to another disk.",
        )


def _encrypt(service: Service, keys: Sequence[str], plain: BinaryIO, out: BinaryIO) -> None:
    with closing(service.keyring("pgp")) as keyring:
        if not isinstance(keyring, SupportsEncrypt):
            raise BackupError("The keyring of this site cannot encrypt.", remedy="Write it without --encrypt-for.")
        keyring.encrypt(keys, plain, out)


# -- writing -------------------------------------------------------------------------------------------------------


def _write(service: Service, out: IO[bytes], backup: Backup, *, with_configuration: bool) -> None:
    config = service.config
    with ExitStack() as stack:
        packed = stack.enter_context(gzip.GzipFile("", "wb", _PACKED, out, mtime=0))
        tar = stack.enter_context(tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT))
        writer = _Writer(tar, backup)
        for path in _walk(config.state / "work", state=True):
            writer.add_path(f"state/{path.relative_to(config.state)}", path)
        databases = dict(_copy_databases(stack, config.state, backup))
        if DATABASE not in databases:
            raise BackupError(f"There is no state database in {config.state}.", remedy="linecard doctor")
        writer.add_bytes(MANIFEST, json.dumps(_manifest(service, backup), indent=1).encode())
        for place, copy in databases.items():
            writer.add_file(f"state/{place}", copy)
        for path in _walk(config.state, state=True):  # with files that were claimed meanwhile
            writer.add_path(f"state/{path.relative_to(config.state)}", path)
        for folder in FOLDERS[1:]:
            root = getattr(config, folder)
            for path in _walk(root):
                if not _lies_elsewhere(path, config, folder):
                    writer.add_path(f"{folder}/{path.relative_to(root)}", path)
        if with_configuration and service.file is not None:
            for path in _configuration_files(service.file):
                writer.add_path(f"{CONFIGURATION}/{path.relative_to(service.file.parent)}", path)
        elif service.file is not None:
            backup.left_out.append(f"the configuration, {service.file} (--with-configuration adds it)")
        _note_outside(service, backup)
        writer.add_bytes(SUMS, "".join(f"{digest}  {name}\n" for name, digest in writer.sums.items()).encode())


def _manifest(service: Service, backup: Backup) -> dict[str, object]:
    config = service.config
    return {
        "format": FORMAT,
        "linecard": __version__,
        "site": config.site,
        "made": backup.made.isoformat(),
        "schema": migrate.NEWEST,
        "last_run": backup.last_run,
        "unfinished": backup.unfinished,
        "folders": {name: str(getattr(config, name)) for name in FOLDERS},
        "configuration": str(service.file) if service.file is not None else None,
    }


class _Writer:
    """Adds files to the archive, and sums them while it does."""

    def __init__(self, tar: tarfile.TarFile, backup: Backup) -> None:
        self._tar, self._backup = tar, backup
        self.sums: dict[str, str] = {}

    def add_path(self, name: str, path: Path) -> None:
        """A file of a folder, unless it is there already or gone meanwhile."""
        if name in self.sums:
            return
        try:
            handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        with os.fdopen(handle, "rb") as file:
            self.add_file(name, file)

    def add_bytes(self, name: str, content: bytes) -> None:
        info = tarfile.TarInfo(name)
        info.size, info.mode, info.mtime = len(content), 0o600, int(self._backup.made.timestamp())
        self._tar.addfile(info, io.BytesIO(content))
        self.sums[name] = hashlib.sha256(content).hexdigest()

    def add_file(self, name: str, file: IO[bytes]) -> None:
        """As long as it is now: somebody may write on. Raises `BackupError` where it becomes shorter."""
        found = os.fstat(file.fileno())
        info = tarfile.TarInfo(name)
        info.size, info.mtime, info.mode = found.st_size, found.st_mtime, stat.S_IMODE(found.st_mode)
        reader = _SummedReader(file)
        try:
            self._tar.addfile(info, cast("IO[bytes]", reader))
        except OSError as error:
            if error.filename is None and error.errno is None:  # what tarfile says of a file that ended too soon
                raise BackupError(f"{name} became shorter while it was read.", remedy="Try again.") from error
            raise
        self.sums[name] = reader.sha256.hexdigest()
        self._backup.files += 1


class _SummedReader(io.RawIOBase):
    """A file that is summed while it is read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file, self.sha256 = file, hashlib.sha256()

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        block = self._file.read(len(buffer))
        self.sha256.update(block)
        buffer[: len(block)] = block
        return len(block)


def _copy_databases(stack: ExitStack, state: Path, backup: Backup) -> Iterator[tuple[str, IO[bytes]]]:
    """The databases below the state folder, each as it was at one moment, in a checked copy without a name."""
    found = [path for path in _walk(state, state=True) if path.parts[len(state.parts)] != "work" and _is_database(path)]
    # linecard's own first: what a PBX or a plugin knows beyond it is read back, what it lacks would be lost.
    for path in sorted(found, key=lambda path: (path != state / DATABASE, path)):
        look = backup.note_runs if path == state / DATABASE else None
        yield (
            str(path.relative_to(state)),
            stack.enter_context(_copy_database(path, state / sheet_file.TEMPORARY, look)),
        )


@contextmanager
def _copy_database(path: Path, folder: Path, look: Callable[[sqlite3.Connection], None] | None) -> Iterator[BinaryIO]:
    """A copy of a database as it is now, while others write to it. Raises `BackupError`."""
    name = folder / f"backup-{os.getpid()}-{path.name}"
    create_private(name)
    with name.open("rb") as copy:
        try:
            with closing(sqlite3.connect(path, timeout=60)) as source, closing(sqlite3.connect(name)) as target:
                source.backup(target)
                target.execute("PRAGMA journal_mode=DELETE")  # so that it is one file
                check_database(target, path)
                if look is not None:
                    look(target)
        except sqlite3.Error as error:
            raise BackupError(
                f"The database {path} cannot be copied: {error}.",
                remedy="Check the disk, and restore an older backup if the database is damaged.",
            ) from error
        finally:
            for ending in ("", *_OF_SQLITE):
                Path(f"{name}{ending}").unlink(missing_ok=True)
        if os.fstat(copy.fileno()).st_size == 0:  # a linecard that started just now swept the folder
            raise BackupError(f"The copy of {path} was removed while it was made.", remedy="Try again.")
        os.utime(copy.fileno(), ns=(path.stat().st_atime_ns, path.stat().st_mtime_ns))
        yield copy


def check_database(database: sqlite3.Connection, path: Path) -> None:
    """That SQLite finds it in order. Raises `BackupError`."""
    (said,) = database.execute("PRAGMA integrity_check(1)").fetchone()
    if said != "ok" or database.execute("PRAGMA foreign_key_check").fetchone() is not None:
        raise BackupError(
            f"The database {path} is damaged: {said if said != 'ok' else 'rows without those they belong to'}.",
            remedy="Restore it from an older backup.",
        )


def _note_outside(service: Service, backup: Backup) -> None:
    """Files that options of PBXs name and that lie in none of the folders, such as an embedded PBX elsewhere."""
    config = service.config
    roots = [getattr(config, name).resolve() for name in FOLDERS]
    for name, pbx in config.pbxs.items():
        for key, value in pbx.settings:
            path = config.folder / value if isinstance(value, Path) else None
            if path is None or not path.is_file() or any(path.resolve().is_relative_to(root) for root in roots):
                continue
            backup.left_out.append(f"{path} (pbxs.{name}.options.{key})")


# -- what belongs to a backup ------------------------------------------------------------------------------------


def _walk(root: Path, *, state: bool = False) -> Iterator[Path]:
    """The files of a folder, the `state` folder or another, that mean something on another day."""
    for folder, folders, names in os.walk(root):
        here = Path(folder)
        for found in (folders, names):
            found[:] = sorted(name for name in found if not _is_passing(name, state=state, top=here == root))
        yield from (path for name in names if (path := here / name).is_file() and not path.is_symlink())


def _is_passing(name: str, *, state: bool, top: bool) -> bool:
    """Pieces that are being written; in the state folder also locks, sockets, and copies that something left."""
    if (name.startswith(".") and name.endswith(".part")) or (top and name in (BEGUN, STAGED)):
        return True
    if not state:
        return False
    at_top = {lock.FILE, lock.STATUS_FILE, clock.FILE, sheet_file.TEMPORARY, restore_marker.FILE}
    is_old = name.startswith(PUT_ASIDE) or (".before-" in name and name.endswith(".db"))
    return (
        (top and (name in at_top or is_old)) or name.endswith((*_OF_SQLITE, ".lock")) or name.startswith((".#", "S."))
    )


def _lies_elsewhere(path: Path, config: Config, folder: str) -> bool:
    """Whether a file belongs to another folder of the site, where one lies in the other."""
    others: Iterator[Path] = (getattr(config, name) for name in FOLDERS if name != folder)
    mine: Path = getattr(config, folder)
    return any(other.is_relative_to(mine) and path.is_relative_to(other) for other in others)


def _is_database(path: Path) -> bool:
    with suppress(FileNotFoundError), path.open("rb") as file:
        return file.read(len(_SQLITE)) == _SQLITE
    return False


def _configuration_files(file: Path) -> list[Path]:
    """The configuration with its own column maps and templates."""
    more = (path for name in ("columns", "templates") for path in _walk(file.parent / name))
    return [file, *more]


# -- reading -------------------------------------------------------------------------------------------------------


def verify(source: BinaryIO, name: str) -> None:
    """Read a backup from its first byte to its last and compare every sum. Raises `BackupError`."""
    for _ in read_members(source, name):
        pass


def read_members(source: IO[bytes], name: str) -> Iterator[tuple[str, tarfile.TarInfo, IO[bytes]]]:
    """The files of a backup: name, facts, content. What the caller leaves unread is read here, for its sum.

    After the last one every sum was compared; before that nothing may be believed. Raises `BackupError`.
    """
    found: dict[str, str] = {}
    sums: dict[str, str] | None = None
    try:
        with tarfile.open(fileobj=source, mode="r|gz") as tar:
            for info in tar:
                content = tar.extractfile(info) if _is_safe(info) else None
                if sums is not None or content is None:
                    raise BackupError(f"{name} is no backup of linecard: {info.name!r} does not belong into one.")
                if info.name == SUMS:
                    sums = dict(line.split("  ", 1)[::-1] for line in content.read().decode().splitlines())
                    continue
                reader = _Content(content, name)
                yield info.name, info, cast("IO[bytes]", reader)
                while reader.read(_BLOCK):
                    pass
                found[info.name] = reader.sha256.hexdigest()
    except _BROKEN as error:
        raise _unreadable(name, error) from error
    if sums is None:
        raise BackupError(f"{name} is cut off: its end is missing.", remedy="Take another backup.")
    wrong = sorted(set(found.items()) ^ set(sums.items()))
    if wrong:
        raise BackupError(f"{name} is damaged: {wrong[0][0]!r} is not what was written.", remedy="Take another backup.")


_BROKEN = (tarfile.TarError, zlib.error, EOFError, OSError, ValueError)
"""What a file that is cut off, damaged or no backup at all makes of reading it."""


def _unreadable(name: str, error: Exception) -> BackupError:
    return BackupError(
        f"{name} cannot be read as a backup: {error}.",
        remedy="It is cut off, damaged, or encrypted: `gpg --decrypt FILE | linecard restore -`.",
    )


class _Content(_SummedReader):
    """What a file of a backup has in it. Raises `BackupError`."""

    def __init__(self, file: IO[bytes], name: str) -> None:
        super().__init__(file)
        self._name = name

    def readinto(self, buffer: Any) -> int:
        try:
            return super().readinto(buffer)
        except _BROKEN as error:
            raise _unreadable(self._name, error) from error


def _is_safe(info: tarfile.TarInfo) -> bool:
    """A plain file in one of the folders, so that nothing is written elsewhere."""
    path = PurePosixPath(info.name)
    if not info.isfile() or path.is_absolute() or ".." in path.parts:
        return False
    return info.name in (MANIFEST, SUMS) or (len(path.parts) > 1 and path.parts[0] in (*FOLDERS, CONFIGURATION))
