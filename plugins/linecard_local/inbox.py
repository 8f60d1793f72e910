"""The inbox: a folder whose files are claimed by renaming them."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from linecard.api import Context, account_name, make_folder, rename_new, safe_name, spell_out, sync_folder
from linecard.api.inbox import Disposition, InboxError, Listing, Unfinished, Watch, ending_of, inbox_files
from linecard_local.files import copy_bytes, hash_bytes, move_file, move_to_quarantine
from linecard_local.folder_watch import FolderWatch, NoWatch
from linecard_local.lease import is_open_for_writing
from linecard_local.options import LocalOptions
from linecard_local.reply import put_reply

HIDDEN = os.fsencode(inbox_files.CLAIM_FOLDER)
"""The folder for claimed files inside an inbox on another file system than the site's, where no rename leads out."""


def build(options: LocalOptions, context: Context) -> LocalInbox:
    return LocalInbox(context, hard_links=options.hard_links, watch=options.watch)


class LocalInbox:
    """A folder of this machine.

    A claimed file lies in the site's private work folder, or, where that is on another file system, in a private
    folder inside the inbox; under the claim's id, so that whose it is can be told after a crash.
    """

    in_place = False

    def __init__(self, context: Context, *, hard_links: bool = False, watch: bool = True) -> None:
        self._folder = context.site.folder / context.path
        self._path = os.fsencode(self._folder)
        self._work = os.fsencode(context.state)
        self._hidden = os.path.join(self._path, HIDDEN)
        self._quarantine, self._reply = context.site.quarantine, context.reply
        self._hard_links, self._watch = hard_links, watch

    # -- looking ---------------------------------------------------------------------------------------------------

    def list_files(self) -> Iterator[Listing]:
        with self._translate_errors(), os.scandir(self._path) as entries:
            for entry in entries:
                try:
                    found = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue  # gone between the two calls
                if not stat.S_ISDIR(found.st_mode):
                    refused = self._refusal(entry.path, found)
                    owner = account_name(found.st_uid)
                    yield Listing(entry.name, found.st_size, _version(found), found.st_mtime, refused, owner=owner)

    def _refusal(self, path: bytes, found: os.stat_result) -> str:
        if refused := inbox_files.refuse_mode(found.st_mode):
            return refused
        if found.st_nlink > 1 and not self._hard_links:
            return "It has several names (hard links), so it could still be changed; copy it instead."
        if not os.access(path, os.R_OK, effective_ids=True):
            return "The user that linecard runs as may not read it."
        return ""

    def watch(self, wake: Callable[[], None]) -> Watch:
        return FolderWatch(self._folder, wake) if self._watch else NoWatch()

    # -- claiming --------------------------------------------------------------------------------------------------

    def claim(self, wanted: Mapping[str, Listing]) -> list[str]:
        claimed: dict[str, bytes] = {}
        with self._translate_errors():
            make_folder(self._work, mode=0o700)
            for claim, seen in wanted.items():
                path = self._find_claimed(claim) or self._claim_file(claim, seen)
                if path is not None:
                    claimed[claim] = path
            # Order (claim): the new name is on disk, and then that the old one is gone, before the claim counts as
            # true. Left out, or the other way round, a power cut takes away both names, or brings the old one back
            # beside a run that has the file. Shown by tests/integration/daemon/test_power.py.
            for folder in {os.path.dirname(path) for path in claimed.values()}:
                sync_folder(folder)
            if claimed:
                sync_folder(self._path)
        return list(claimed)

    def _find_claimed(self, claim: str, ending: bytes = b"") -> bytes | None:
        """Where the file of a claim lies, if it does. A folder that may not be searched is no folder without it."""
        for folder in (self._work, self._hidden):
            path = os.path.join(folder, claim.encode() + ending)
            with suppress(FileNotFoundError, NotADirectoryError):
                os.lstat(path)
                return path
        return None

    def _claim_file(self, claim: str, seen: Listing) -> bytes | None:
        """Move a file that is still as it was seen; where it lies then, None if it was left."""
        source = self._inbox_path(seen.name)
        try:
            if _is_as_listed(source, seen):
                for side, ending in inbox_files.side_files(seen):
                    with suppress(FileNotFoundError, FileExistsError):  # moved before a crash, or with another file
                        self._move_to_claimed(self._inbox_path(side), claim, ending)
                return self._move_to_claimed(source, claim)
        except FileNotFoundError:  # its owner, or another linecard, was quicker
            self._check_mounted(seen)
        for side, ending in inbox_files.side_files(seen):
            kept = self._find_claimed(claim, ending)
            if kept is not None:
                there = self._inbox_path(side)
                try:
                    self._restore_name(kept, there)
                except FileExistsError:  # another came for the next file
                    self._restore_name(kept, inbox_files.free_side_name(there, claim))
        return None

    def _check_mounted(self, seen: Listing) -> None:
        """Where claimed files lie inside the inbox, a missing one may only be out of sight with its file system."""
        make_folder(self._work, mode=0o700)
        where = seen.version.partition(":")[0]
        if where in {str(os.stat(folder).st_dev) for folder in (self._path, self._work)} or os.path.isdir(self._hidden):
            return
        raise InboxError(
            f"{self._folder} is not the folder that '{spell_out(seen.name)}' was found in.",
            remedy="Mount it again; linecard continues by itself.",
        )

    def _move_to_claimed(self, source: bytes, claim: str, ending: bytes = b"") -> bytes:
        name = claim.encode() + ending
        target = os.path.join(self._work, name)
        try:
            rename_new(source, target)
        except OSError as error:
            if error.errno != errno.EXDEV:
                raise
            target = os.path.join(self._hidden, name)
            make_folder(self._hidden, mode=0o700)
            rename_new(source, target)
        return target

    # -- taking ----------------------------------------------------------------------------------------------------

    def copy(self, claim: str, seen: Listing, into: BinaryIO, *, most: int) -> str:
        with self._translate_errors():
            path = self._find_claimed(claim)
            if path is None:
                raise InboxError(
                    f"The claimed file {claim} ({spell_out(seen.name)}) is not in the work folder any more.",
                    remedy=inbox_files.SENT_AGAIN,
                )
            handle = _open_file(path)
            try:
                before = os.fstat(handle)
                if _identity(before) != _listed_identity(seen) or is_open_for_writing(handle):
                    raise Unfinished(seen._replace(size=before.st_size, version=_version(before)))
                length, digest = copy_bytes(handle, into, most + 1)
                after = os.fstat(handle)
                if _version(after) != _version(before):
                    raise Unfinished(seen._replace(size=after.st_size, version=_version(after)))
                return f"{_version(after)} {length} {digest}"
            finally:
                os.close(handle)

    def checksum(self, claim: str, seen: Listing) -> bytes:
        with self._translate_errors():
            path = self._find_claimed(claim, inbox_files.CHECKSUM)
            if path is None:
                raise InboxError(
                    f"{spell_out(seen.checksum)} went away before it was read.",
                    remedy=inbox_files.SENT_AGAIN,
                )
            handle = _open_file(path)
            try:
                return os.read(handle, inbox_files.MOST_CHECKSUM)
            finally:
                os.close(handle)

    # -- disposition -----------------------------------------------------------------------------------------------

    def settle(self, claim: str, seen: Listing, taken: str, disposition: Disposition) -> bool:
        with self._translate_errors():
            path = self._find_claimed(claim)
            if path is None:
                self._check_mounted(seen)
                self._remove_side_files(claim)
                return True
            handle = _open_file(path)
            try:
                now = os.fstat(handle)
                if is_open_for_writing(handle):
                    raise Unfinished(seen._replace(size=now.st_size, version=_version(now)))
                as_taken = _is_as_taken(handle, now, taken)
            finally:
                os.close(handle)
            if not as_taken:
                self._give_back(path, seen, claim)
            elif disposition is Disposition.DONE:
                os.unlink(path)
            else:
                self._quarantine_file(path, seen, claim)
            self._remove_side_files(claim)
            sync_folder(os.path.dirname(path))
            return as_taken

    def _quarantine_file(self, path: bytes, seen: Listing, claim: str) -> None:
        """Where a person finds it, with its checksum file, by which it can be seen to be whole."""
        name = inbox_files.quarantine_name(claim, seen.name)
        summed = self._find_claimed(claim, inbox_files.CHECKSUM)
        if summed is not None:
            make_folder(self._quarantine, mode=0o700)
            ending = safe_name(spell_out(ending_of(seen.checksum, seen.name)))
            move_file(Path(os.fsdecode(summed)), self._quarantine / f"{name}.{ending}")
        move_to_quarantine(path, self._quarantine, name)

    def _remove_side_files(self, claim: str) -> None:
        for ending in (inbox_files.MARKER, inbox_files.CHECKSUM):
            side = self._find_claimed(claim, ending)
            if side is not None:
                os.unlink(side)

    def _give_back(self, path: bytes, seen: Listing, claim: str) -> None:
        """Back into the inbox under its name, or where that is taken, under one beside it.

        What goes with it goes first: once the file is gone, a try after a crash would not know any more where it
        belongs.
        """
        kept = {
            lies: side
            for side, use in inbox_files.side_files(seen)
            if (lies := self._find_claimed(claim, use)) is not None
        }
        lying = {lies: lies for lies in kept}
        for name, others in inbox_files.choose_destinations(self._inbox_path, seen, claim, kept):
            wanted = [(path, name), *((lies, others[first]) for first, lies in lying.items())]
            if any(os.path.lexists(target) and not _is_same(lies, target) for lies, target in wanted):
                continue
            try:
                for first, lies in lying.items():
                    self._restore_name(lies, others[first])
                    lying[first] = others[first]
                self._restore_name(path, name)
            except FileExistsError:
                continue
            return
        raise InboxError(f"{spell_out(name)} is in the way of a file that is to go back.")

    def _inbox_path(self, name: bytes) -> bytes:
        return os.path.join(self._path, name)

    def _restore_name(self, path: bytes, target: bytes) -> None:
        """Give a file a name in the inbox. Raises `FileExistsError` where another has it."""
        if path == target:
            return
        if _is_same(path, target):  # a crash came between the two steps, where there are two
            os.unlink(path)
            return
        rename_new(path, target)
        sync_folder(self._path)

    def put_reply(self, name: str, content: BinaryIO) -> str:
        with self._translate_errors():
            return put_reply(self._folder / self._reply, name, content)

    def close(self) -> None:
        """Nothing is held open."""

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            where = spell_out(os.fsencode(error.filename)) if error.filename else self._folder
            raise InboxError(f"{where}: {error.strerror or error}.", remedy=self._remedy(error)) from error

    def _remedy(self, error: OSError) -> str:
        if error.errno in (errno.EACCES, errno.EPERM):
            return f"Give the user that linecard runs as the right to list and rename files in {self._folder}."
        if error.errno in (errno.ENOENT, errno.ESTALE, errno.ENOTCONN, errno.EHOSTDOWN):
            return f"Make the folder {self._folder}, or mount it again; linecard continues by itself."
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return "Make room on the disk; linecard continues by itself."
        return "Look at the disk and the system's log."


def _is_same(path: bytes, target: bytes) -> bool:
    """Whether two names are those of one file."""
    with suppress(FileNotFoundError):
        return os.path.samefile(path, target)
    return False


def _open_file(path: bytes) -> int:
    return os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)


def _is_as_listed(path: bytes, seen: Listing) -> bool:
    """Whether a file may be moved: it did not change since, and nobody has it open for writing."""
    try:
        handle = _open_file(path)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO, errno.EACCES):
            return False  # another by now, of which the next look says what is wrong
        raise
    try:
        return _version(os.fstat(handle)) == seen.version and not is_open_for_writing(handle)
    finally:
        os.close(handle)


def _is_as_taken(handle: int, now: os.stat_result, taken: str) -> bool:
    """Whether nobody wrote on. After a reboot or a restored backup its numbers are others, but not its bytes."""
    version, length, digest = taken.split(" ")
    if _version(now) == version:
        return True
    return str(now.st_size) == version.split(":")[2] and hash_bytes(handle, int(length)) == digest


def _version(found: os.stat_result) -> str:
    return f"{found.st_dev}:{found.st_ino}:{found.st_size}:{found.st_mtime_ns}:{found.st_ctime_ns}"


def _identity(found: os.stat_result) -> str:
    """What stays the same when a file is renamed: all but the time of its last change of name."""
    return _version(found).rpartition(":")[0]


def _listed_identity(seen: Listing) -> str:
    return seen.version.rpartition(":")[0]
