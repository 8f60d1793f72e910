"""What `linecard doctor` looks at: each step of the way by itself, so that the first that fails is named."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import TYPE_CHECKING

from linecard.api import Finding, LinecardError, spell_out
from linecard.api.inbox import InboxError, Listing
from linecard_sftp import convert
from linecard_sftp.connector import read_host_key
from linecard_sftp.errors import Refused
from linecard_sftp.file_reader import FileReader
from linecard_sftp.folders import ensure_folder
from linecard_sftp.reply import RIGHTS as TO_REPLY
from linecard_sftp.reply import write_file
from linecard_sftp.session import Session

if TYPE_CHECKING:
    from linecard_sftp.inbox import SftpInbox

RIGHTS = "Give the account the right to rename in the inbox and in the claim and archive folders, or set `claim: null`."


def steps(inbox: SftpInbox) -> Iterator[Finding]:
    """Reach, host key, login, list, claim, read, reply; what comes after the first that fails is not tried."""
    way, found = inbox.way, list[Listing]()

    def reach() -> str:
        way.reach().close()
        return way.login.where

    def host_key() -> str:
        with closing(way.connect()) as transport:
            return f"{read_host_key(transport)} is trusted"

    def login() -> str:
        inbox.do(lambda session: session.resolve(b"."), inbox.folder)
        return f"as {way.login.user}"

    def look() -> str:
        found.extend(inbox.list_files())
        return f"{spell_out(inbox.folder)}, files: {len(found)}"

    def claim() -> str:
        return inbox.do(lambda session: _claim(inbox, session), inbox.folder)

    def read() -> str:
        return inbox.do(lambda session: _read(inbox, session, found), inbox.folder)

    def reply() -> str:
        return inbox.do(lambda session: _reply(inbox, session), inbox.folder)

    tries = {"reach": reach, "host key": host_key, "login": login, "list": look, "claim": claim, "read": read}
    if inbox.replies is not None:
        tries["reply"] = reply
    for what, tried in tries.items():
        try:
            yield Finding(what, ok=True, message=tried())
        except LinecardError as error:
            yield Finding(what, ok=False, message=str(error), remedy=error.remedy)
            return


def _claim(inbox: SftpInbox, session: Session) -> str:
    """Try the folders into which files are moved, in their order."""
    folders = [folder for folder in (inbox.claimed, inbox.archive) if folder is not None]
    if not folders:
        return "nothing is moved (`claim: null`)"
    for folder in folders:
        _move(inbox, session, folder)
    marked = "; a rename replaces files here, so names get a mark" if inbox.is_replacing(session, folders[0]) else ""
    return f"into {' and '.join(map(spell_out, folders))}{marked}"


def _move(inbox: SftpInbox, session: Session, folder: bytes) -> None:
    """Move something of our own as files are moved: a folder, which no producer and no other linecard takes."""
    ensure_folder(inbox, session, folder)
    name = f".linecard-try-{inbox.mark}".encode()
    here, there = convert.join_path(inbox.folder, name), convert.join_path(folder, name)
    try:
        for path in (here, there):  # from a try that was cut off
            with suppress(Refused):
                session.rmdir(path)
        session.mkdir(here)
        session.rename(here, there)
    except Refused as refused:
        raise InboxError(f"Nothing can be moved into {spell_out(folder)}: {refused.words}.", remedy=RIGHTS) from refused
    finally:
        for path in (here, there):
            with suppress(Refused):
                session.rmdir(path)


def _read(inbox: SftpInbox, session: Session, found: list[Listing]) -> str:
    newest = max((each for each in found if not each.refused), key=lambda each: each.modified, default=None)
    if newest is None:
        return "there is no file to try it with"
    try:
        path = inbox.source(newest)
        with closing(FileReader(session, session.open(path), size=1, most=1, path=path)) as reading:
            reading.stat_before()
            list(reading)
    except Refused as refused:
        raise InboxError(
            f"{spell_out(newest.name)} cannot be read: {refused.words}.",
            remedy="Give the account the right to read what arrives.",
        ) from refused
    return spell_out(newest.name)


def _reply(inbox: SftpInbox, session: Session) -> str:
    """Put an empty file of our own as results are put, under a name that nobody takes for one."""
    folder = inbox.replies or b""
    ensure_folder(inbox, session, folder)
    name = convert.join_path(folder, f".linecard-try-{inbox.mark}".encode())
    begun = name + b".part"
    try:
        for path in (begun, name):  # from a try that was cut off
            with suppress(Refused):
                session.remove(path)
        write_file(session, begun, io.BytesIO())
        session.rename(begun, name)
    except Refused as refused:
        raise InboxError(f"Nothing can be put into {spell_out(folder)}: {refused.words}.", remedy=TO_REPLY) from refused
    finally:
        for path in (begun, name):
            with suppress(Refused):
                session.remove(path)
    return f"into {spell_out(folder)}"
