"""The inbox: a folder of an SFTP server, whose files are claimed by renaming them, or by remembering them."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import BinaryIO, TypeVar

from linecard.api import Concern, Context, Finding, spell_out
from linecard.api.inbox import Disposition, InboxError, Listing, ServerKey, Watch, inbox_files
from linecard_sftp import convert, trust
from linecard_sftp.connector import Connector
from linecard_sftp.disposition import dispose, find_sides, give_back, give_side_back
from linecard_sftp.errors import Lost, Refused, Silent, TooLong
from linecard_sftp.examine import steps
from linecard_sftp.folders import ensure_folder, list_folder
from linecard_sftp.options import SftpOptions
from linecard_sftp.packets import Attributes, Status
from linecard_sftp.prefetch import Prefetch, Wanted
from linecard_sftp.reason import leave_reason
from linecard_sftp.renames import is_replacing
from linecard_sftp.reply import put_reply
from linecard_sftp.servers import Server, join_server
from linecard_sftp.session import Session
from linecard_sftp.taking import read_side, taken, there

FEW = 20
"""Files of which the first look asks by name whether the list of their folder tells the truth."""
STUCK = 60.0
"""Seconds after which a file that could not be renamed is tried again."""

T = TypeVar("T")


def build(options: SftpOptions, context: Context) -> SftpInbox:
    site, name = context.site, context.name
    through = None
    if options.jump is not None:
        through = Connector(options.jump, options.timeouts, folder=site.folder, state=site.state, name=name)
    return SftpInbox(
        options,
        context,
        Connector(options, options.timeouts, folder=site.folder, state=site.state, name=name, through=through),
    )


class SftpInbox:
    """A folder of an SFTP server.

    Where the account may rename, a claimed file lies in a folder of its own on the server, under the claim's id.
    Where it may not (`in_place`), it lies where it was, and the core's memory alone tells that it is ours.
    """

    def __init__(self, options: SftpOptions, context: Context, way: Connector) -> None:
        self.options, self.context, self.way = options, context, way
        self.folder = convert.encode_path(context.path)
        self.claimed = (
            convert.join_path(self.folder, convert.encode_path(options.claim)) if options.claim is not None else None
        )
        self.archive = convert.join_path(self.folder, convert.encode_path(options.archive)) if options.archive else None
        self.replies = convert.join_path(self.folder, convert.encode_path(context.reply)) if context.reply else None
        self.in_place = self.claimed is None
        self._server: Server = join_server(way, options)
        self.ahead = Prefetch()
        self._stuck: dict[bytes, tuple[str, float, str]] = {}
        self._doubted: set[bytes] | None = None
        """Files of which the list tells something else than the server does by name; None before the first look."""

    # -- looking ---------------------------------------------------------------------------------------------------

    def list_files(self) -> Iterator[Listing]:
        few, doubted = (FEW, set[bytes]()) if self._doubted is None else (0, self._doubted)
        entries, self._doubted = self.do(lambda session: list_folder(session, self.folder, doubted, few), self.folder)
        found = list(convert.make_listings(entries))
        now = time.monotonic()
        self._stuck = {name: stuck for name, stuck in self._stuck.items() if now < stuck[1]}
        for listing in found:
            version, _, why = self._stuck.get(listing.name, ("", 0.0, ""))
            refused = why if why and version == listing.version else listing.refused
            yield listing._replace(refused=refused, owner=f"{self.options.user}@{self.options.host}")

    def watch(self, wake: Callable[[], None]) -> Watch:  # noqa: ARG002 - SFTP has no hints to give
        return _NoHints()

    def concerns(self, now: datetime) -> Iterator[Concern]:
        return self.way.concerns(now)

    # -- claiming --------------------------------------------------------------------------------------------------

    def claim(self, wanted: Mapping[str, Listing]) -> list[str]:
        known = {claim: seen for claim, seen in wanted.items() if not convert.name_fault(seen.name)}
        if self.claimed is None:
            found = self.do(lambda session: self._as_seen(session, known), self.folder)
        else:
            found = self.do(lambda session: self._put_aside(session, known), self.claimed)
        there = set(found)
        self.ahead.expect((claim, self._wanted(claim, seen)) for claim, seen in known.items() if claim in there)
        return found

    def _as_seen(self, session: Session, wanted: Mapping[str, Listing]) -> list[str]:
        """Of these claims, those whose file lies in the inbox as it was seen."""
        found = session.stat_all(self.source(seen) for seen in wanted.values())
        pairs = list(zip(wanted.items(), found, strict=True))
        other = {seen.name for (_, seen), now in pairs if not isinstance(now, Refused) and not _is(now, seen)}
        self._doubted = (self._doubted or set()) | other
        return [claim for (claim, seen), now in pairs if _is(now, seen)]

    def _put_aside(self, session: Session, wanted: Mapping[str, Listing]) -> list[str]:
        ensure_folder(self, session, self.claimed or b"")
        # What was claimed before a crash, or before an answer was lost, lies aside under its id. It is looked for
        # first: where a rename replaces files, another file of the same name would be put in its place.
        claimed = self._found_aside(session, wanted)
        left = {claim: seen for claim, seen in wanted.items() if claim not in set(claimed)}
        ready = {claim: left[claim] for claim in self._as_seen(session, left)}
        self._put_sides_aside(session, ready)
        done = session.rename_all((self.source(seen), self.aside(claim, seen)) for claim, seen in ready.items())
        refused = {claim: why for claim, why in zip(ready, done, strict=True) if why is not None}
        claimed += [claim for claim in ready if claim not in refused]
        claimed += self._found_aside(session, {claim: ready[claim] for claim in refused})
        for claim in left.keys() - set(claimed):
            self._leave(session, claim, left[claim], refused.get(claim, GONE))
        return claimed

    def _found_aside(self, session: Session, wanted: Mapping[str, Listing]) -> list[str]:
        """Of these claims, those whose file lies aside."""
        found = session.stat_all(self.aside(claim, seen) for claim, seen in wanted.items())
        return [claim for claim, now in zip(wanted, found, strict=True) if not isinstance(now, Refused)]

    def _put_sides_aside(self, session: Session, ready: Mapping[str, Listing]) -> None:
        pairs = [
            (self.beside(side), self.aside(claim, seen) + ending)
            for claim, seen in ready.items()
            for side, ending in inbox_files.side_files(seen)
        ]
        found = session.stat_all(target for _, target in pairs)  # moved before a crash, and another came since
        session.rename_all(pair for pair, now in zip(pairs, found, strict=True) if isinstance(now, Refused))

    def _leave(self, session: Session, claim: str, seen: Listing, why: Refused) -> None:
        """A file was not claimed: what goes with it goes back, and where a person can help, that is remembered."""
        for side, ending in inbox_files.side_files(seen):
            give_side_back(self, session, claim, self.aside(claim, seen) + ending, side)
        if not why.is_gone:
            self._stuck[seen.name] = (seen.version, time.monotonic() + STUCK, _cannot_rename(why, self.way))

    # -- taking ----------------------------------------------------------------------------------------------------

    def copy(self, claim: str, seen: Listing, into: BinaryIO, *, most: int) -> str:
        wanted = self._wanted(claim, seen)
        return self.do(lambda session: taken(self, session, claim, wanted, into, most), wanted.path)

    def _wanted(self, claim: str, seen: Listing) -> Wanted:
        return Wanted(self.source(seen) if self.in_place else self.aside(claim, seen), seen)

    def checksum(self, claim: str, seen: Listing) -> bytes:
        path = self.beside(seen.checksum) if self.in_place else self.aside(claim, seen) + inbox_files.CHECKSUM

        def job(session: Session) -> bytes:
            try:
                return read_side(session, path, seen.checksum)
            except Refused:
                if self.in_place:
                    raise
                return read_side(session, self.beside(seen.checksum), seen.checksum)  # as `find_sides` says

        return self.do(job, path)

    # -- disposition -----------------------------------------------------------------------------------------------

    def settle(self, claim: str, seen: Listing, taken: str, disposition: Disposition) -> bool:
        def job(session: Session) -> bool:
            if self.in_place and (disposition is Disposition.REFUSED or not (self.archive or self.options.deletes)):
                return True
            path = self._wanted(claim, seen).path
            now = there(session, path)
            if now is None:  # and what goes with it went before it
                return True
            sides = find_sides(self, session, claim, seen)
            if convert.version(now) == taken:
                dispose(self, session, claim, seen, path, sides, disposition)
                return True
            if not self.in_place:
                give_back(self, session, claim, seen, sides)
            return False

        gone = self.do(job, self.folder)
        if gone and disposition is Disposition.REFUSED:
            leave_reason(self, claim, seen)
        return gone

    # -- replying --------------------------------------------------------------------------------------------------

    def put_reply(self, name: str, content: BinaryIO) -> str:
        assert self.replies is not None  # noqa: S101 - asked only where replies are wanted
        folder = self.replies
        self.do(lambda session: put_reply(self, session, folder, name.encode(), content), folder)
        return f"{self.way.login.where}: {spell_out(convert.join_path(folder, name.encode()))}"

    # -- names -----------------------------------------------------------------------------------------------------

    def source(self, seen: Listing) -> bytes:
        return convert.join_path(self.folder, seen.name)

    def beside(self, side: bytes) -> bytes:
        return convert.join_path(self.folder, side)

    def aside(self, claim: str, seen: Listing) -> bytes:
        assert self.claimed is not None  # noqa: S101 - asked only where files are moved
        return convert.join_path(self.claimed, convert.claimed_name(claim, seen.name))

    # -- the server ------------------------------------------------------------------------------------------------

    def do(self, job: Callable[[Session], T], where: bytes) -> T:
        """Do a job on the session that is open, or on a new one. Raises `InboxError`."""
        with self._server.keep_watch():
            return self._do(job, where, fresh=False)

    def _do(self, job: Callable[[Session], T], where: bytes, *, fresh: bool) -> T:
        with self._server.borrow(fresh=fresh) as (session, used):
            heard = session.heard
            try:
                return job(session)
            except Lost as lost:
                error = self.broken(session, lost)
                # Silence from the first request on is a connection that something on the way has forgotten.
                fell_silent = isinstance(lost, Silent) and session.heard > heard
                if not used or fell_silent or isinstance(lost, TooLong):
                    raise error from lost
            except Refused as refused:
                raise self._refusal(refused, where) from refused
        # It had come to its end since it was last used. Others that were used may have, too, so it is a new one now.
        return self._do(job, where, fresh=True)

    def _refusal(self, refused: Refused, where: bytes) -> InboxError:
        return InboxError(
            f"{self.way.login.where}: {spell_out(where)}: {refused.words}.",
            remedy=f"Look at it as the account sees it: `sftp {self.way.login.user}@{self.way.login.host}`.",
        )

    def broken(self, session: Session, lost: Lost) -> InboxError:
        self._server.drop(session)
        remedy = "linecard tries again by itself."
        if isinstance(lost, TooLong):
            remedy = "Have old files moved out of the folder, or the server set up to list it in parts."
        return InboxError(f"{self.way.login.where}: {lost}", remedy=remedy)

    def is_replacing(self, session: Session, folder: bytes) -> bool:
        """Whether a rename on this server takes a name from another file; tried in a folder, once a connection."""
        if self._server.replaces is None:
            self._server.replaces = is_replacing(session, folder, self.mark)
        return self._server.replaces

    @property
    def mark(self) -> str:
        """What is in the names of files and folders that something is tried with: of this inbox of this site alone.

        It is the same each time, so that what a try left that was cut off is found and cleared away by the next.
        """
        of = f"{socket.gethostname()} {self.context.site.folder} {self.context.name}"
        return hashlib.sha256(of.encode()).hexdigest()[:12]

    def touch(self) -> None:
        """Whoever works is alive, though the server has nothing to say."""
        self._server.keep_alive()

    def close(self) -> None:
        self._server.leave()

    # -- for people ------------------------------------------------------------------------------------------------

    def probe(self) -> Iterator[Finding]:
        return steps(self)

    def list_server_keys(self) -> list[ServerKey]:
        return trust.list_server_keys(self.way)

    def trust(self, keys: list[ServerKey]) -> str:
        return trust.pin(self.way, keys)


GONE = Refused(Status.NO_SUCH_FILE, "")


def _is(now: Attributes | Refused, seen: Listing) -> bool:
    return not isinstance(now, Refused) and convert.version(now) == seen.version


def _cannot_rename(why: Refused, way: Connector) -> str:
    return (
        f"The server does not let it be moved aside: {why.words}. Give {way.login.user} the right to rename in the "
        "inbox and in its claim folder; where it may change nothing, set `claim: null`."
    )


class _NoHints:
    remedy = ""

    def check(self) -> str:
        return ""

    def close(self) -> None:
        """Nothing to let go of."""
