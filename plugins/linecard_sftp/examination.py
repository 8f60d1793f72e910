"""What `linecard doctor` looks at: each step of the way by itself, so that the first that fails is named."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, suppress

from linecard.api import Finding, LinecardError, spell_out
from linecard.api.inbox import InboxError, Listing
from linecard_sftp import convert
from linecard_sftp.client import SftpClient
from linecard_sftp.connector import Connector, read_host_key
from linecard_sftp.errors import RequestRefused
from linecard_sftp.file_reader import FileReader
from linecard_sftp.folders import ensure_folder
from linecard_sftp.layout import FolderLayout
from linecard_sftp.reply import RIGHTS as TO_REPLY
from linecard_sftp.reply import write_file
from linecard_sftp.session import Session

RIGHTS = "Give the account the right to rename in the inbox and in the claim and archive folders, or set `claim: null`."


class Examination:
    """Tries what an inbox does, with things of its own. `list_files` lists the inbox."""

    def __init__(
        self,
        connector: Connector,
        client: SftpClient,
        layout: FolderLayout,
        list_files: Callable[[], Iterable[Listing]],
    ) -> None:
        self._connector, self._client, self._layout, self._list_files = connector, client, layout, list_files
        self._found: list[Listing] = []

    def try_steps(self) -> Iterator[Finding]:
        """Reach, host key, login, list, claim, read, reply; what comes after the first that fails is not tried."""
        tries = {
            "reach": self._try_reach,
            "host key": self._try_host_key,
            "login": self._try_login,
            "list": self._try_list,
            "claim": self._try_claim,
            "read": self._try_read,
        }
        if self._layout.replies is not None:
            tries["reply"] = self._try_reply
        for what, attempt in tries.items():
            try:
                yield Finding(what, ok=True, message=attempt())
            except LinecardError as error:
                yield Finding(what, ok=False, message=str(error), remedy=error.remedy)
                return

    def _try_reach(self) -> str:
        self._connector.reach().close()
        return self._layout.server

    def _try_host_key(self) -> str:
        with closing(self._connector.connect()) as transport:
            return f"{read_host_key(transport)} is trusted"

    def _try_login(self) -> str:
        self._client.run_job(lambda session: session.resolve(b"."), self._layout.inbox)
        return f"as {self._connector.login.user}"

    def _try_list(self) -> str:
        self._found = list(self._list_files())
        return f"{spell_out(self._layout.inbox)}, files: {len(self._found)}"

    def _try_claim(self) -> str:
        return self._client.run_job(self._claim, self._layout.inbox)

    def _try_read(self) -> str:
        return self._client.run_job(self._read_newest, self._layout.inbox)

    def _try_reply(self) -> str:
        return self._client.run_job(self._reply, self._layout.inbox)

    def _claim(self, session: Session) -> str:
        """Try the folders into which files are moved, in their order."""
        folders = [folder for folder in (self._layout.claimed, self._layout.archive) if folder is not None]
        if not folders:
            return "nothing is moved (`claim: null`)"
        for folder in folders:
            self._move(session, folder)
        marked = (
            "; a rename replaces files here, so names get a mark"
            if self._client.is_replacing(session, folders[0])
            else ""
        )
        return f"into {' and '.join(map(spell_out, folders))}{marked}"

    def _move(self, session: Session, folder: bytes) -> None:
        """Move something of our own as files are moved: a folder, which no producer and no other linecard takes."""
        ensure_folder(session, self._layout, folder)
        name = f".linecard-try-{self._client.mark}".encode()
        here, there = convert.join_path(self._layout.inbox, name), convert.join_path(folder, name)
        try:
            for path in (here, there):  # from a try that was cut off
                with suppress(RequestRefused):
                    session.rmdir(path)
            session.mkdir(here)
            session.rename(here, there)
        except RequestRefused as refused:
            raise InboxError(
                f"Nothing can be moved into {spell_out(folder)}: {refused.words}.", remedy=RIGHTS
            ) from refused
        finally:
            for path in (here, there):
                with suppress(RequestRefused):
                    session.rmdir(path)

    def _read_newest(self, session: Session) -> str:
        newest = max((each for each in self._found if not each.refused), key=lambda each: each.modified, default=None)
        if newest is None:
            return "there is no file to try it with"
        try:
            path = self._layout.inbox_path(newest.name)
            with closing(FileReader(session, session.open(path), size=1, most=1, path=path)) as reading:
                reading.stat_before()
                list(reading)
        except RequestRefused as refused:
            raise InboxError(
                f"{spell_out(newest.name)} cannot be read: {refused.words}.",
                remedy="Give the account the right to read what arrives.",
            ) from refused
        return spell_out(newest.name)

    def _reply(self, session: Session) -> str:
        """Put an empty file of our own as results are put, under a name that nobody takes for one."""
        folder = self._layout.replies or b""
        ensure_folder(session, self._layout, folder)
        name = convert.join_path(folder, f".linecard-try-{self._client.mark}".encode())
        begun = name + b".part"
        try:
            for path in (begun, name):  # from a try that was cut off
                with suppress(RequestRefused):
                    session.remove(path)
            write_file(session, begun, io.BytesIO())
            session.rename(begun, name)
        except RequestRefused as refused:
            raise InboxError(
                f"Nothing can be put into {spell_out(folder)}: {refused.words}.", remedy=TO_REPLY
            ) from refused
        finally:
            for path in (begun, name):
                with suppress(RequestRefused):
                    session.remove(path)
        return f"into {spell_out(folder)}"
