"""What a person can do about a path that the system refuses: who may not do what, and whose the path is."""

from __future__ import annotations

import errno
import os
import stat
import sys
from collections.abc import Iterator
from pathlib import Path

from linecard.errors import FileError
from linecard.infrastructure.accounts import account_name

_DENIED = frozenset({errno.EACCES, errno.EPERM})
_PASSING = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.ENOENT, errno.ESTALE, errno.EBUSY})
"""What may be over by itself: a disk has room again, or comes back."""
_REMEDIES = {
    errno.ENOENT: "Check the path.",
    errno.ENOTDIR: "Check the path: one of its folders is a file.",
    errno.EISDIR: "Give the path of a file, not of a folder.",
    errno.ELOOP: "Check the path: its symbolic links lead in a circle.",
    errno.ENAMETOOLONG: "Give a shorter name.",
    errno.EROFS: "Choose another place: this disk is mounted read-only.",
    errno.ENOSPC: "Make room on the disk, then try again.",
    errno.EDQUOT: "Make room within the quota, then try again.",
    errno.EIO: "Check the disk; the kernel's log (`dmesg`) says more.",
}


def find_remedy(error: OSError, path: Path | None = None) -> str:
    """What to do about a path that cannot be used, in sentences; `path` where the error does not name it."""
    named = _named_paths(error) or ([] if path is None else [path])
    if error.errno in _DENIED:
        return next((remedy for each in named if (remedy := _allow(each))), _ask_owner(named[0] if named else None))
    return _REMEDIES.get(error.errno or 0, "Check the path and its disk.")


def explain_error(error: OSError) -> FileError | None:
    """An error of the system, with the path that it names, in two lines for people; None where there is no path that a
    person could put right, as with a socket."""
    paths = _named_paths(error)
    if not paths:
        return _explain_nameless(error)
    found = FileError(f"{paths[0]} cannot be used: {error.strerror or error}.", remedy=find_remedy(error))
    found.is_lasting = error.errno not in _PASSING
    return found


def _explain_nameless(error: OSError) -> FileError | None:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return FileError(f"Standard output cannot be written: {error.strerror}.", remedy=find_remedy(error))
    if isinstance(error, FileNotFoundError) and not _has_folder():
        return FileError("The folder that you are in does not exist any more.", remedy="Go to another one.")
    return None


def _has_folder() -> bool:
    try:
        return bool(Path.cwd())
    except FileNotFoundError:
        return False


def drop_output() -> None:
    """Let what could not be written to standard output go, so that Python does not try it again when it ends."""
    try:
        sys.stdout.flush()
    except OSError:
        nowhere = os.open(os.devnull, os.O_WRONLY | os.O_CLOEXEC)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)


def _named_paths(error: OSError) -> list[Path]:
    named = (error.filename, error.filename2)
    return [Path(os.fsdecode(name)) for name in named if isinstance(name, str | bytes | os.PathLike)]


def _allow(path: Path) -> str:
    """Who may not do what on the way to a path; empty where the rights on it allow everything."""
    me = account_name(os.geteuid())
    for folder in _way(path):
        if not os.access(folder, os.X_OK):
            return f"{me} may not enter the folder {folder}. {_ask_owner(folder)}"
    if not path.exists():
        return f"{me} may not write to the folder {path.parent}. {_ask_owner(path.parent)}"
    lacking = [word for mode, word in ((os.R_OK, "read"), (os.W_OK, "write")) if not os.access(path, mode)]
    return f"{me} may not {' or '.join(lacking)} {path}. {_ask_owner(path)}" if lacking else ""


def _way(path: Path) -> Iterator[Path]:
    """The folders that lead to a path, the outermost first; the last of those that can be looked at."""
    for folder in reversed(path.absolute().parents):
        yield folder
        if not os.access(folder, os.X_OK):
            return


def _ask_owner(path: Path | None) -> str:
    owner = _find_owner(path)
    if owner in (None, os.geteuid()):
        return "Give this user the right."
    name = account_name(owner or 0)
    if owner == 0:
        return "Give this user the right, choose another place, or run the command as a user who has it."
    return f"Give this user the right, or run the command as its owner (`runuser -u {name} -- linecard ...`)."


def _find_owner(path: Path | None) -> int | None:
    try:
        found = None if path is None else path.stat()
    except OSError:
        return None
    return None if found is None or stat.S_ISLNK(found.st_mode) else found.st_uid
