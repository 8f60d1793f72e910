"""The inbox: a folder whose files are claimed by renaming them."""

from __future__ import annotations

import errno
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import BinaryIO

from linecard.api import InboxError, Listing, Parting, Place, Unfinished, Watch, safe_name
from linecard_local.lease import is_written
from linecard_local.options import LocalOptions
from linecard_local.watch import Deaf, FolderWatch

BLOCK = 1 << 20
HIDDEN = b".linecard"
"""The folder for claimed files inside an inbox on another file system than the site's, where no rename leads out."""


def build(options: LocalOptions, place: Place) -> LocalInbox:
    return LocalInbox(place, hard_links=options.hard_links, watch=options.watch)


class LocalInbox:
    """A folder of this machine.

    A claimed file lies in the site's private work folder, or, where that is on another file system, in a private
    folder inside the inbox; under the claim's id, so that whose it is can be told after a crash.
    """

    def __init__(self, place: Place, *, hard_links: bool = False, watch: bool = True) -> None:
        self._folder = place.folder / place.path
        self._path = os.fsencode(self._folder)
        self._work = os.fsencode(place.work)
        self._hidden = os.path.join(self._path, HIDDEN)
        self._quarantine = place.quarantine
        self._hard_links, self._watch = hard_links, watch
        self._elsewhere = False

    # -- looking ---------------------------------------------------------------------------------------------------

    def look(self) -> Iterator[Listing]:
        with self._told(), os.scandir(self._path) as entries:
            for entry in entries:
                try:
                    found = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # gone between the two calls
                if not stat.S_ISDIR(found.st_mode):
                    yield Listing(entry.name, found.st_size, _version(found), found.st_mtime, self._refusal(found))

    def _refusal(self, found: os.stat_result) -> str:
        if stat.S_ISLNK(found.st_mode):
            return "It is a symbolic link; only regular files are taken."
        if not stat.S_ISREG(found.st_mode):
            return "It is a pipe, socket or device; only regular files are taken."
        if found.st_nlink > 1 and not self._hard_links:
            return "It has several names (hard links), so it could still be changed; copy it instead."
        return ""

    def watch(self, wake: Callable[[], None]) -> Watch:
        return FolderWatch(self._folder, wake) if self._watch else Deaf()

    # -- claiming --------------------------------------------------------------------------------------------------

    def claim(self, wanted: Mapping[str, Listing]) -> list[str]:
        claimed = []
        with self._told():
            os.makedirs(self._work, mode=0o700, exist_ok=True)
            for claim, seen in wanted.items():
                if self._aside(claim) is not None or self._put_aside(claim, seen):
                    claimed.append(claim)
            if claimed:
                for folder in {self._path, self._hidden if self._elsewhere else self._work}:
                    _sync(folder)
        return claimed

    def _aside(self, claim: str) -> bytes | None:
        """Where the file of a claim lies, if it does."""
        places = (os.path.join(folder, claim.encode()) for folder in (self._work, self._hidden))
        return next((path for path in places if os.path.lexists(path)), None)

    def _put_aside(self, claim: str, seen: Listing) -> bool:
        source = os.path.join(self._path, seen.name)
        try:
            handle = _opened(source)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.ELOOP, errno.ENXIO):
                return False
            raise
        try:
            if _identity(os.fstat(handle)) != _identity_of(seen) or is_written(handle):
                return False
        finally:
            os.close(handle)
        try:
            if seen.marker:
                with suppress(FileNotFoundError):
                    self._rename(os.path.join(self._path, seen.marker), claim + ".marker")
            self._rename(source, claim)
        except FileNotFoundError:
            return False  # its owner, or another linecard, was quicker
        return True

    def _rename(self, source: bytes, name: str) -> None:
        if not self._elsewhere:
            try:
                os.rename(source, os.path.join(self._work, name.encode()))
            except OSError as error:
                if error.errno != errno.EXDEV:
                    raise
                self._elsewhere = True
            else:
                return
        os.makedirs(self._hidden, mode=0o700, exist_ok=True)
        os.rename(source, os.path.join(self._hidden, name.encode()))

    # -- taking ----------------------------------------------------------------------------------------------------

    def take(self, claim: str, seen: Listing, into: BinaryIO, *, most: int) -> str:
        with self._told():
            path = self._aside(claim)
            if path is None:
                raise InboxError(
                    f"The claimed file {claim} ({os.fsdecode(seen.name)}) is not in the work folder any more.",
                    remedy="Somebody removed it; have the file sent again.",
                )
            handle = _opened(path)
            try:
                before = os.fstat(handle)
                if _identity(before) != _identity_of(seen) or is_written(handle):
                    raise Unfinished(seen._replace(size=before.st_size, version=_version(before)))
                _copied(handle, into, most + 1)
                after = os.fstat(handle)
                if _version(after) != _version(before):
                    raise Unfinished(seen._replace(size=after.st_size, version=_version(after)))
                return _version(after)
            finally:
                os.close(handle)

    # -- parting ---------------------------------------------------------------------------------------------------

    def settle(self, claim: str, seen: Listing, taken: str, parting: Parting) -> bool:
        with self._told():
            path = self._aside(claim)
            if path is None:
                self._drop_marker(claim)
                return True
            handle = _opened(path)
            try:
                now = os.fstat(handle)
                if is_written(handle):
                    raise Unfinished(seen._replace(size=now.st_size, version=_version(now)))
            finally:
                os.close(handle)
            as_taken = _version(now) == taken
            if not as_taken:
                self._put_back(path, seen.name, claim)
            elif parting is Parting.DONE:
                os.unlink(path)
            else:
                self._to_quarantine(path, seen.name, claim)
            self._drop_marker(claim)
            _sync(os.path.dirname(path))
            return as_taken

    def _drop_marker(self, claim: str) -> None:
        marker = self._aside(claim + ".marker")
        if marker is not None:
            os.unlink(marker)

    def _put_back(self, path: bytes, name: bytes, claim: str) -> None:
        """Back into the inbox under its name, or, where that is taken, under one that tells it apart."""
        for target in (name, name + b"." + claim[:8].encode()):
            try:
                os.link(path, os.path.join(self._path, target), follow_symlinks=False)
            except FileExistsError:
                if not os.path.samefile(path, os.path.join(self._path, target)):
                    continue  # else a crash came between the two steps
            _sync(self._path)
            os.unlink(path)
            return

    def _to_quarantine(self, path: bytes, name: bytes, claim: str) -> None:
        self._quarantine.mkdir(mode=0o700, parents=True, exist_ok=True)
        target = self._quarantine / f"{claim[:12]}__{safe_name(os.fsdecode(name))}"
        shutil.move(os.fsdecode(path), target)
        _sync(os.fsencode(self._quarantine))

    def close(self) -> None:
        """Nothing is held open."""

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = os.fsdecode(error.filename) if error.filename else self._folder
            raise InboxError(f"{where}: {error.strerror or error}.", remedy=self._remedy(error)) from error

    def _remedy(self, error: OSError) -> str:
        if error.errno in (errno.EACCES, errno.EPERM):
            return f"Give the user that linecard runs as the right to list and rename files in {self._folder}."
        if error.errno in (errno.ENOENT, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN):
            return f"Make the folder {self._folder}, or mount it again; linecard goes on by itself."
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return "Make room on the disk; linecard goes on by itself."
        return "Look at the disk and the system's log."


def _opened(path: bytes) -> int:
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _version(found: os.stat_result) -> str:
    return f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}"


def _identity(found: os.stat_result) -> str:
    """What stays the same when a file is renamed: all but the time of its last change of name."""
    return _version(found).rpartition(":")[0]


def _identity_of(seen: Listing) -> str:
    return seen.version.rpartition(":")[0]


def _copied(handle: int, into: BinaryIO, most: int) -> None:
    left = most
    while left and (block := os.read(handle, min(BLOCK, left))):
        into.write(block)
        left -= len(block)


def _sync(folder: bytes) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
