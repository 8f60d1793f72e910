"""The inbox: a folder of an SFTP server, whose files are claimed by renaming them, or by remembering them."""

from __future__ import annotations

import hashlib
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, suppress
from datetime import datetime
from io import BytesIO
from typing import BinaryIO

from linecard.api import Alert, Context, Finding, make_folder, spell_out, write_whole
from linecard.api.inbox import Disposition, InboxError, Listing, ServerKey, Watch, inbox_files
from linecard_sftp import convert, trust
from linecard_sftp.claimed_file import ClaimedFile
from linecard_sftp.client import SftpClient
from linecard_sftp.connector import Connector
from linecard_sftp.download import Download, read_side_file
from linecard_sftp.errors import Lost, RequestRefused
from linecard_sftp.examination import Examination
from linecard_sftp.folders import ensure_folder, find_file, list_folder
from linecard_sftp.layout import FolderLayout
from linecard_sftp.options import SftpOptions
from linecard_sftp.packets import Attributes, Status
from linecard_sftp.prefetch import Fetch, Prefetch, Wanted
from linecard_sftp.rate_limit import RateLimit
from linecard_sftp.renames import move_file
from linecard_sftp.reply import put_reply
from linecard_sftp.session import Session

FEW = 20
"""Files of which the first look asks by name whether the list of their folder tells the truth."""
STUCK = 60.0
"""Seconds after which a file that could not be renamed is tried again."""


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

    def __init__(self, options: SftpOptions, context: Context, connector: Connector) -> None:
        folder = convert.encode_path(context.path)

        def below(path: str | None) -> bytes | None:
            return convert.join_path(folder, convert.encode_path(path)) if path else None

        self.connector = connector
        self.layout = FolderLayout(
            connector.login.where,
            folder,
            claimed=below(options.claim),
            archive=below(options.archive),
            replies=below(context.reply),
        )
        self.in_place = self.layout.in_place
        self.client = SftpClient(connector, options, _make_mark(context))
        self.options, self._quarantine = options, context.site.quarantine
        self._prefetch = Prefetch()
        self._stuck: dict[bytes, tuple[str, float, str]] = {}
        self._doubted: set[bytes] | None = None
        """Files of which the list tells something else than the server does by name; None before the first look."""

    # -- listing ---------------------------------------------------------------------------------------------------

    def list_files(self) -> Iterator[Listing]:
        few, doubted = (FEW, set[bytes]()) if self._doubted is None else (0, self._doubted)
        entries, self._doubted = self.client.run_job(
            lambda session: list_folder(session, self.layout.inbox, doubted, few), self.layout.inbox
        )
        found = list(convert.make_listings(entries))
        now = time.monotonic()
        self._stuck = {name: stuck for name, stuck in self._stuck.items() if now < stuck[1]}
        for listing in found:
            version, _, why = self._stuck.get(listing.name, ("", 0.0, ""))
            refused = why if why and version == listing.version else listing.refused
            yield listing._replace(refused=refused, owner=f"{self.options.user}@{self.options.host}")

    def watch(self, wake: Callable[[], None]) -> Watch:  # noqa: ARG002 - SFTP has no hints to give
        return _NoHints()

    def alerts(self, now: datetime) -> Iterator[Alert]:
        return self.connector.alerts(now)

    # -- claiming --------------------------------------------------------------------------------------------------

    def claim(self, wanted: Mapping[str, Listing]) -> list[str]:
        known = {claim: seen for claim, seen in wanted.items() if not convert.name_fault(seen.name)}
        if self.layout.claimed is None:
            found = self.client.run_job(lambda session: self._find_unchanged(session, known), self.layout.inbox)
        else:
            found = self.client.run_job(lambda session: self._move_aside(session, known), self.layout.claimed)
        there = set(found)
        self._prefetch.expect((claim, self._locate(claim, seen)) for claim, seen in known.items() if claim in there)
        return found

    def _find_unchanged(self, session: Session, wanted: Mapping[str, Listing]) -> list[str]:
        """Of these claims, those whose file lies in the inbox as it was seen."""
        found = session.stat_all(self.layout.inbox_path(seen.name) for seen in wanted.values())
        pairs = list(zip(wanted.items(), found, strict=True))
        other = {
            seen.name for (_, seen), now in pairs if not isinstance(now, RequestRefused) and not _is_same(now, seen)
        }
        self._doubted = (self._doubted or set()) | other
        return [claim for (claim, seen), now in pairs if _is_same(now, seen)]

    def _move_aside(self, session: Session, wanted: Mapping[str, Listing]) -> list[str]:
        ensure_folder(session, self.layout, self.layout.claimed or b"")
        # What was claimed before a crash, or before an answer was lost, lies aside under its id. It is looked for
        # first: where a rename replaces files, another file of the same name would be put in its place.
        claimed = self._find_aside(session, wanted)
        left = {claim: seen for claim, seen in wanted.items() if claim not in set(claimed)}
        ready = {claim: left[claim] for claim in self._find_unchanged(session, left)}
        self._move_sides_aside(session, ready)
        done = session.rename_all(
            (self.layout.inbox_path(seen.name), self.layout.claimed_path(claim, seen)) for claim, seen in ready.items()
        )
        refused = {claim: why for claim, why in zip(ready, done, strict=True) if why is not None}
        claimed += [claim for claim in ready if claim not in refused]
        claimed += self._find_aside(session, {claim: ready[claim] for claim in refused})
        for claim in left.keys() - set(claimed):
            self._note_refusal(session, claim, left[claim], refused.get(claim, GONE))
        return claimed

    def _find_aside(self, session: Session, wanted: Mapping[str, Listing]) -> list[str]:
        """Of these claims, those whose file lies aside."""
        found = session.stat_all(self.layout.claimed_path(claim, seen) for claim, seen in wanted.items())
        return [claim for claim, now in zip(wanted, found, strict=True) if not isinstance(now, RequestRefused)]

    def _move_sides_aside(self, session: Session, ready: Mapping[str, Listing]) -> None:
        pairs = [
            (self.layout.inbox_path(side), self.layout.claimed_path(claim, seen) + ending)
            for claim, seen in ready.items()
            for side, ending in inbox_files.side_files(seen)
        ]
        found = session.stat_all(target for _, target in pairs)  # moved before a crash, and another came since
        session.rename_all(pair for pair, now in zip(pairs, found, strict=True) if isinstance(now, RequestRefused))

    def _note_refusal(self, session: Session, claim: str, seen: Listing, why: RequestRefused) -> None:
        """A file was not claimed: what goes with it goes back, and where a person can help, that is remembered."""
        for side, ending in inbox_files.side_files(seen):
            self._give_side_back(session, claim, self.layout.claimed_path(claim, seen) + ending, side)
        if not why.is_gone:
            self._stuck[seen.name] = (seen.version, time.monotonic() + STUCK, _cannot_rename(why, self.connector))

    def _give_side_back(self, session: Session, claim: str, path: bytes, name: bytes) -> None:
        """Put back what goes with a file that was not claimed; where its name is taken by now, under a free one."""
        if not isinstance(session.stat_all([path])[0], RequestRefused):
            names = (name, inbox_files.free_side_name(name, claim))
            with suppress(InboxError):
                move_file(session, path, [self.layout.inbox_path(each) for each in names])

    def list_claims(self) -> tuple[str, list[str]]:
        folder = self.layout.claimed
        if folder is None:
            return "", []

        def job(session: Session) -> list[str]:
            try:
                return [spell_out(entry.name) for entry in session.list_folder(folder)]
            except RequestRefused as refused:
                if refused.is_gone:  # nothing was ever claimed
                    return []
                raise

        return f"{self.layout.server}: {spell_out(folder)}", self.client.run_job(job, folder)

    # -- downloading -----------------------------------------------------------------------------------------------

    def copy(self, claim: str, seen: Listing, into: BinaryIO, *, most: int) -> str:
        wanted = self._locate(claim, seen)
        return self.client.run_job(lambda session: self._download(session, claim, wanted, into, most), wanted.path)

    def _download(self, session: Session, claim: str, wanted: Wanted, into: BinaryIO, most: int) -> str:
        """Where nothing is to be held back, the files that will be wanted next are asked for as well."""
        limit = RateLimit(self.options.rate, self.client.keep_alive)
        if self.options.rate:
            fetch = Fetch(session, wanted, most=most + 1)
        else:
            fetch = self._prefetch.fetch(session, claim, wanted, most=most + 1)
        download = Download(session, wanted, in_place=self.in_place)
        with closing(download.open(fetch, limit.under_way)) as reader:
            before = reader.stat_before()
            try:
                return download.copy_to(reader, before, into, most, limit)
            except Lost as lost:  # some of it may be written already, so it is not begun anew here
                raise self.client.drop_session(session, lost) from lost

    def _locate(self, claim: str, seen: Listing) -> Wanted:
        return Wanted(self.layout.claimed_path(claim, seen), seen)

    def checksum(self, claim: str, seen: Listing) -> bytes:
        beside = self.layout.inbox_path(seen.checksum)
        path = beside if self.in_place else self.layout.claimed_path(claim, seen) + inbox_files.CHECKSUM

        def job(session: Session) -> bytes:
            try:
                return read_side_file(session, path, seen.checksum)
            except RequestRefused:
                if self.in_place:
                    raise
                return read_side_file(session, beside, seen.checksum)  # another site may have put it back

        return self.client.run_job(job, path)

    # -- settling --------------------------------------------------------------------------------------------------

    def settle(self, claim: str, seen: Listing, taken: str, disposition: Disposition) -> bool:
        def job(session: Session) -> bool:
            if self.in_place and (
                disposition is Disposition.REFUSED or not (self.layout.archive or self.options.deletes)
            ):
                return True
            file = ClaimedFile(session, self.layout, claim, seen, self.client.is_replacing)
            now = find_file(session, file.path)
            if now is None:  # and what goes with it went before it
                return True
            if convert.version(now) == taken:
                file.dispose(disposition)
                return True
            if not self.in_place:
                file.give_back()
            return False

        gone = self.client.run_job(job, self.layout.inbox)
        if gone and disposition is Disposition.REFUSED:
            self._leave_reason(claim, seen)
        return gone

    def _leave_reason(self, claim: str, seen: Listing) -> None:
        """Say of a file that is too large why it was not imported and where it lies. Raises `InboxError`.

        In the quarantine of this machine, into which a file of that size is not copied; and beside it on the server,
        if the account may write there.
        """
        place = self._find_refused(claim, seen)
        reason = inbox_files.explain_too_large(f"it lies as it was sent on {self.layout.server}: {spell_out(place)}")
        target = self._quarantine / f"{inbox_files.quarantine_name(claim, seen.name)}.reason"
        try:
            make_folder(target.parent, mode=0o700)
            with write_whole(target, text=True) as note:
                note.write(reason)
        except OSError as error:
            raise InboxError(
                f"{target}: {error.strerror or error}.",
                remedy="Make room, or give the right; linecard continues by itself.",
            ) from error
        if not self.in_place:
            with suppress(InboxError):  # the account may rename there, but not write
                name = place.rpartition(b"/")[2] + b".reason"
                self._put(self.layout.refused_folder, name, BytesIO(reason.encode()))

    def _find_refused(self, claim: str, seen: Listing) -> bytes:
        """Where a file lies that was not taken whole."""
        if self.in_place:
            return self.layout.inbox_path(seen.name)
        folder = self.layout.refused_folder
        paths = [convert.join_path(folder, name) for name in inbox_files.choose_names(seen, claim)]
        found = self.client.run_job(lambda session: session.stat_all(reversed(paths)), folder)
        marked = (path for path, now in zip(reversed(paths), found, strict=True) if not isinstance(now, RequestRefused))
        return next(marked, paths[0])  # one with a mark is this file for certain

    # -- replying --------------------------------------------------------------------------------------------------

    def put_reply(self, name: str, content: BinaryIO) -> str:
        folder = self.layout.replies
        assert folder is not None  # noqa: S101 - asked only where replies are wanted
        self._put(folder, name.encode(), content)
        return f"{self.layout.server}: {spell_out(convert.join_path(folder, name.encode()))}"

    def _put(self, folder: bytes, name: bytes, content: BinaryIO) -> None:
        self.client.run_job(lambda session: put_reply(session, self.layout, folder, name, content), folder)

    def close(self) -> None:
        self.client.close()

    # -- for people ------------------------------------------------------------------------------------------------

    def probe(self) -> Iterator[Finding]:
        return Examination(self.connector, self.client, self.layout, self.list_files).try_steps()

    def list_server_keys(self) -> list[ServerKey]:
        return trust.list_server_keys(self.connector)

    def trust(self, keys: list[ServerKey]) -> str:
        return trust.pin(self.connector, keys)


GONE = RequestRefused(Status.NO_SUCH_FILE, "")


def _is_same(now: Attributes | RequestRefused, seen: Listing) -> bool:
    return not isinstance(now, RequestRefused) and convert.version(now) == seen.version


def _cannot_rename(why: RequestRefused, connector: Connector) -> str:
    return (
        f"The server does not let it be moved aside: {why.words}. Give {connector.login.user} the right to rename in "
        "the inbox and in its claim folder; where it may change nothing, set `claim: null`."
    )


def _make_mark(context: Context) -> str:
    """What is in the names of files and folders that something is tried with: of this inbox of this site alone.

    It is the same each time, so that what a try left that was cut off is found and cleared away by the next.
    """
    of = f"{socket.gethostname()} {context.site.folder} {context.name}"
    return hashlib.sha256(of.encode()).hexdigest()[:12]


class _NoHints:
    remedy = ""

    def check(self) -> str:
        return ""

    def close(self) -> None:
        """Nothing to let go of."""
