"""An inbox's client of its server: each piece of work is done on a session that is open, or on a new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from linecard.api import spell_out
from linecard.api.inbox import InboxError
from linecard_sftp.connector import Connector
from linecard_sftp.errors import Lost, RequestRefused, Silent, TooLong
from linecard_sftp.options import SftpOptions
from linecard_sftp.renames import is_replacing
from linecard_sftp.servers import Server, join_server
from linecard_sftp.session import Session

T = TypeVar("T")


class SftpClient:
    """`mark` is in the names of files and folders that something is tried with."""

    def __init__(self, connector: Connector, options: SftpOptions, mark: str) -> None:
        self.login, self.mark = connector.login, mark
        self._server: Server = join_server(connector, options)

    def run_job(self, job: Callable[[Session], T], where: bytes) -> T:
        """Do a job on the session that is open, or on a new one. Raises `InboxError`."""
        with self._server.keep_watch():
            return self._run_job(job, where, fresh=False)

    def _run_job(self, job: Callable[[Session], T], where: bytes, *, fresh: bool) -> T:
        with self._server.borrow(fresh=fresh) as (session, used):
            heard = session.heard
            try:
                return job(session)
            except Lost as lost:
                error = self.drop_session(session, lost)
                # Silence from the first request on is a connection that something on the way has forgotten.
                fell_silent = isinstance(lost, Silent) and session.heard > heard
                if not used or fell_silent or isinstance(lost, TooLong):
                    raise error from lost
            except RequestRefused as refused:
                raise self._refusal(refused, where) from refused
        # It had come to its end since it was last used. Others that were used may have, too, so it is a new one now.
        return self._run_job(job, where, fresh=True)

    def _refusal(self, refused: RequestRefused, where: bytes) -> InboxError:
        return InboxError(
            f"{self.login.where}: {spell_out(where)}: {refused.words}.",
            remedy=f"Look at it as the account sees it: `sftp {self.login.user}@{self.login.host}`.",
        )

    def drop_session(self, session: Session, lost: Lost) -> InboxError:
        """Let go of a session that came to its end; the error that says so."""
        self._server.drop(session)
        remedy = "linecard tries again by itself."
        if isinstance(lost, TooLong):
            remedy = "Have old files moved out of the folder, or the server set up to list it in parts."
        return InboxError(f"{self.login.where}: {lost}", remedy=remedy)

    def is_replacing(self, session: Session, folder: bytes) -> bool:
        """Whether a rename on this server takes a name from another file; tried in a folder, once a connection."""
        if self._server.replaces is None:
            self._server.replaces = is_replacing(session, folder, self.mark)
        return self._server.replaces

    def keep_alive(self) -> None:
        """Whoever works is alive, though the server has nothing to say."""
        self._server.keep_alive()

    def close(self) -> None:
        self._server.leave()
