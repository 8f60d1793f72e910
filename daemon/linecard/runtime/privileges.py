"""Root at the command line: linecard goes on as the owner of the site, so that the service can open what it makes."""

from __future__ import annotations

import os
import pwd
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from linecard.errors import LinecardError
from linecard.infrastructure.accounts import account_name


class RunAsOwner(LinecardError):
    """linecard was started by root, and cannot go on as the owner of the site."""


def become_owner(state: Path) -> str:
    """Root becomes, for good, who owns the state folder, or the folder in which it would be made; that account's name.

    Does nothing, and gives an empty name, where that is root. Raises `RunAsOwner` with the command to type where the
    system does not let root become that account, or where the account may not read this program.
    """
    folder, owner = _find_owner(state)
    if owner.st_uid == 0:
        return ""
    name = account_name(owner.st_uid)
    if not _may_read_program(owner.st_uid, owner.st_gid):
        raise _refuse(folder, owner.st_uid, f"{name} may not read the program in {Path(__file__).parents[1]}.")
    try:
        _set_account(owner.st_uid, owner.st_gid)
    except OSError as error:
        raise _refuse(folder, owner.st_uid, f"root cannot become {name} here: {error.strerror}.") from error
    return name


@contextmanager
def acting_as_owner(state: Path) -> Iterator[None]:
    """Let root make what belongs to the owner of the state folder, and be root again; others act as themselves."""
    _, owner = _find_owner(state)
    if os.geteuid() != 0 or owner.st_uid == 0:
        yield
        return
    with _acting_as(owner.st_uid, owner.st_gid):
        yield


def find_existing(state: Path) -> Path:
    """The state folder, or the nearest one above it that is there."""
    return next(place for place in (state, *state.absolute().parents) if place.exists())


def _find_owner(state: Path) -> tuple[Path, os.stat_result]:
    """The state folder, or the one in which it would be made, and whose it is."""
    folder = find_existing(state)
    return folder, folder.stat()


def _set_account(uid: int, gid: int) -> None:
    """Become an account with all its groups; a number without an account has the group of its folder alone."""
    try:
        account = pwd.getpwuid(uid)
    except KeyError:
        os.setgroups([gid])
    else:
        gid = account.pw_gid
        os.initgroups(account.pw_name, gid)
        os.environ.update(HOME=account.pw_dir, USER=account.pw_name, LOGNAME=account.pw_name)
    os.setgid(gid)
    os.setuid(uid)


def _may_read_program(uid: int, gid: int) -> bool:
    """Whether an account may read linecard and Python's own modules, which are loaded when they are needed."""
    with _acting_as(uid, gid):
        return all(os.access(file, os.R_OK, effective_ids=True) for file in (__file__, os.__file__))


@contextmanager
def _acting_as(uid: int, gid: int) -> Iterator[None]:
    """Ask the system as another account would; a system that does not allow it answers as to root."""
    try:
        os.setegid(gid)
        os.seteuid(uid)
    except OSError:
        pass
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


def _refuse(folder: Path, uid: int, why: str) -> RunAsOwner:
    try:
        as_owner = f"runuser -u {pwd.getpwuid(uid).pw_name} --"
    except KeyError:
        as_owner = f"setpriv --reuid={uid} --regid={uid} --clear-groups"
    return RunAsOwner(
        f"{folder} belongs to {account_name(uid)}, who could not open what root makes there; {why}",
        remedy=f"Type `{as_owner} {shlex.join(sys.argv)}`, with a program that this account may read.",
    )
