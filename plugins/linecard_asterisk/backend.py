"""The backend: an Asterisk whose PJSIP reads its tables, or files made of linecard's own."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from linecard.api import Alert, Context, LinecardError, create_private
from linecard.api.backend import BackendError, Can, Caveat, Change, Entry, PhoneSecret, Result, Scope
from linecard_asterisk import convert, database, phone_check, schema_check
from linecard_asterisk.accounts import Account
from linecard_asterisk.ami import ManagerActions, ManagerSession
from linecard_asterisk.caches import Cache
from linecard_asterisk.device_states import DeviceStates
from linecard_asterisk.include_file import IncludeFile
from linecard_asterisk.options import AsteriskOptions
from linecard_asterisk.pointers import Pointer
from linecard_asterisk.post_commit import PostCommit
from linecard_asterisk.precheck import Precheck
from linecard_asterisk.reader import AsteriskReader
from linecard_asterisk.rotation import read_usernames
from linecard_asterisk.secret_files import SecretFolder
from linecard_asterisk.steps import ExtensionStep
from linecard_asterisk.voicemail import Spool
from linecard_asterisk.writer import AsteriskWriter, Draw, GroupContext, SecretSource

GROUP = 5000
"""Changes made in one transaction: as many are taken before the first result is given."""

PAUSE = 0.5
"""Seconds between two looks whether a call has ended."""


def build(options: AsteriskOptions, context: Context) -> AsteriskBackend:
    return AsteriskBackend(options, context.site.folder)


class Answers(NamedTuple):
    """What a running Asterisk says of itself."""

    accounts: list[Account]
    caches: list[Cache]
    unlisted: tuple[str, ...] = ()
    pointers: Collection[Pointer] = ()


class AsteriskBackend:
    """One Asterisk.

    The database is opened when first used. It may be used from any thread, but two calls of `apply` must not
    overlap. `group` is how many changes share a transaction; in the mode files all do, for one reload serves them.
    `clock` (seconds) and `pause` serve those who wait for the end of a call, `secrets` and `pins` draw new ones.
    """

    def __init__(
        self,
        options: AsteriskOptions,
        folder: Path,
        *,
        environ: Mapping[str, str] = os.environ,
        group: int = GROUP,
        secrets: Draw = convert.draw_secrets,
        pins: Draw = convert.draw_pins,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        files = options.files if options.mode == "files" else None
        self._include = IncludeFile(files, folder, options.template) if files is not None else None
        self._options = options.for_files() if files is not None else options
        self._folder, self._environ = folder, environ
        self._group = None if files is not None else group
        self._secrets, self._pins, self._clock, self._pause = secrets, pins, clock, pause
        self._settled = False
        wishes = {
            Can.SEVERAL: True,
            Can.SEVERAL_NUMBERS: True,
            Can.CREATE_MEMBERS: True,
            Can.CREATE_EXTENSIONS: options.create,
        }
        self.can: frozenset[Can] = frozenset(word for word, wished in wishes.items() if wished)

    def fetch(self, scope: Scope) -> Iterator[Entry]:
        """Each extension of the scope, as all of them were at one moment."""
        with database.translate_errors(self._engine):
            self._settle_once()
            with self._open_snapshot() as connection:
                entries = list(AsteriskReader(connection, self._tables, self._options).read_entries(scope))
        yield from entries

    def members(self, scope: Scope) -> Iterator[str]:
        """Those who hold something; whoever is named in a sheet may become one."""
        with database.translate_errors(self._engine):
            tables = self._tables
            with self._open_snapshot() as connection:
                logins = list(AsteriskReader(connection, tables, self._options).read_holders(scope))
        yield from logins

    def apply(self, changes: Iterable[Change]) -> Iterator[Result]:
        """Make the changes in groups, each group committed, and all that follows done, before its first result."""
        source = iter(changes)
        while group := list(islice(source, self._group)):  # outside the transaction: it may take long
            with database.translate_errors(self._engine):
                self._settle_once()
                results = self._make_changes(group)
            yield from results

    def precheck(self, changes: Sequence[Change]) -> Iterator[Caveat]:
        """Which other devices would be silenced, where a person wants to know before; and what still leads to an
        extension when its holder has lost it."""
        holding = self._options.second_devices == "hold"
        asked = [c for c in changes if c.before.member != c.after.member and (holding or c.before.member is not None)]
        if not asked:
            return
        with database.translate_errors(self._engine):
            self._settle_once()
            accounts: list[Account] = []
            pointers: list[Pointer] = []
            if self._options.ami is not None:
                with self._open_session() as asterisk:
                    accounts = asterisk.list_accounts() if holding else []
                    pointers = asterisk.list_pointers() if any(c.before.member is not None for c in asked) else []
            with self._open_snapshot() as connection:
                found = list(self._precheck.find_caveats(connection, asked, accounts, pointers))
        yield from found

    def secret(self, extension: str) -> PhoneSecret | None:
        """The secret that waits to be handed over for an extension, with its user name, and only once: from then on it
        is kept nowhere but where Asterisk needs it. None if there is none."""
        with database.translate_errors(self._engine):
            links = self._tables.links
            mine = links.c.extension == extension
            with self._engine.begin() as connection:
                found = connection.scalar(sa.select(links.c.secret).where(mine).with_for_update())
                if found is None:
                    return None
                username = read_usernames(connection, self._tables, [extension]).get(extension, extension)
                connection.execute(sa.update(links).where(mine).values(secret=None))
        return PhoneSecret(username, found)

    def examine(self) -> Iterator[Alert]:
        """What the database, the folders and the manager interface lack, and what is left behind of leavers."""
        yield from dict.fromkeys(self._alerts())  # a member of a queue may be told of by Asterisk and by its table

    def _alerts(self) -> Iterator[Alert]:
        asked = Answers([], [])
        if self._options.ami is not None:
            try:
                asked = self._ask_asterisk()
            except LinecardError as error:
                yield Alert("manager interface", str(error), error.remedy)
        freed = self._read_vacated()
        with database.translate_errors(self._engine):
            if self._include is None:
                yield from schema_check.find_alerts(self._engine, self._options, asked.accounts, freed)
                yield from phone_check.find_unfit_caches(asked.caches)
                yield from phone_check.find_stateless_kinds(asked.unlisted)
        yield from phone_check.find_leftovers(asked.pointers, freed)
        if self._secret_folder is not None:
            yield from self._check_secret_folder(self._secret_folder.ensure_writable)

    def _read_vacated(self) -> set[str]:
        """Extensions that linecard took from their last holder; none before it is first used. Nothing is made."""
        links = database.define_links(self._options.tables.links, sa.MetaData())
        try:
            with self._open_snapshot() as connection:
                return set(connection.scalars(sa.select(links.c.extension).where(links.c.member.is_(None))))
        except sa.exc.SQLAlchemyError:
            return set()

    @staticmethod
    def _check_secret_folder(attempt: Callable[[], object]) -> Iterator[Alert]:
        try:
            attempt()
        except LinecardError as error:
            yield Alert("handover", str(error), error.remedy)

    def close(self) -> None:
        """Close what is open, when Asterisk has learnt what it was to learn."""
        if "_states" in self.__dict__:
            self._states.finish()
        if "_engine" in self.__dict__:
            self._engine.dispose()

    # -- parts -----------------------------------------------------------------------------------------------------

    @cached_property
    def _engine(self) -> sa.Engine:
        return database.create_engine(self._options, self._folder, self._environ)

    @cached_property
    def _tables(self) -> database.Tables:
        if self._include is not None:
            self._make_private()
            database.create_own_tables(self._engine)
        return database.reflect_tables(self._engine, self._options)

    def _make_private(self) -> None:
        """The file of linecard's own tables, before SQLite makes it: secrets stand in it."""
        path = Path(self._engine.url.database or "")
        try:
            create_private(path)
        except OSError as error:
            raise BackendError(f"{path}: {error.strerror}.", remedy="Check `url`.") from error

    @cached_property
    def _precheck(self) -> Precheck:
        return Precheck(self._tables, self._options)

    @cached_property
    def _writer(self) -> AsteriskWriter:
        encode = self._options.encode
        if encode is None:
            encode = self._engine.dialect.name != "sqlite"
        making = SecretSource(self._secrets, self._pins, convert.encode if encode else str)
        return AsteriskWriter(self._engine, self._tables, self._options, making)

    @cached_property
    def _secret_folder(self) -> SecretFolder | None:
        return SecretFolder(self._folder / self._options.handover) if self._options.handover is not None else None

    @cached_property
    def _post_commit(self) -> PostCommit:
        options = self._options
        spool = options.voicemail_spool
        return PostCommit(
            self._tables,
            options,
            folder=self._secret_folder,
            spool=Spool(spool / options.voicemail_context) if spool is not None else None,
            session=self._open_session,
            include=self._include,
            pause=self._pause,
        )

    @cached_property
    def _states(self) -> DeviceStates:
        return DeviceStates(self._engine, self._tables, self._open_session)

    @contextmanager
    def _open_session(self) -> Iterator[ManagerActions]:
        ami = self._options.ami
        if ami is None:
            raise BackendError("There is no `ami` in the options.", remedy="Name the manager interface there.")
        with ManagerSession(ami.host, ami.port, ami.timeout) as manager:
            manager.login(ami.user, ami.password.reveal(self._folder, self._environ))
            yield manager

    def _ask_asterisk(self) -> Answers:
        with self._open_session() as asterisk:
            return Answers(
                asterisk.list_accounts(),
                asterisk.list_caches(),
                asterisk.list_unlisted_kinds(),
                asterisk.list_pointers(),
            )

    @contextmanager
    def _open_snapshot(self) -> Iterator[sa.Connection]:
        """A connection that sees one moment."""
        with self._engine.connect() as connection:
            connection.execution_options(write=False)
            if self._engine.dialect.name == "postgresql":
                connection.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
            yield connection

    # -- work ------------------------------------------------------------------------------------------------------

    def _settle_once(self) -> None:
        """What is left to be done, also by a crash, is done before this PBX is used."""
        if not self._settled:
            self._post_commit.settle(self._engine)
            self._settled = True
            if self._options.ami is not None:
                self._states.schedule()

    def _make_changes(self, group: list[Change]) -> list[Result]:
        if self._secret_folder is not None:
            self._secret_folder.ensure_writable()
        refused = self._wait_for_calls(group) | self._find_foreign(group)
        registered = self._find_registered(group)
        elsewhere = self._list_accounts(group)
        self._settled = False  # until what follows is done too, also if it fails: whoever reads must not be content
        around = GroupContext(refused, registered, elsewhere, self._precheck.named)
        results, steps = self._writer.make_changes(group, around)
        if self._options.calls == "hangup":
            self._hang_up(steps)
        self._settle_once()
        return results

    def _wait_for_calls(self, group: list[Change]) -> dict[str, str]:
        """Wait until nobody who loses an extension is in a call; by extension, why those who still are keep it."""
        if self._options.calls != "wait":
            return {}
        losing = {c.extension for c in group if c.before.member not in (None, c.after.member)}
        until = self._clock() + self._options.patience
        with self._open_session() as asterisk:
            while busy := losing & asterisk.list_busy():
                if self._clock() >= until:
                    return {extension: f"{extension} is still in a call" for extension in busy}
                self._pause(PAUSE)
        return {}

    def _find_foreign(self, group: list[Change]) -> dict[str, str]:
        """In the mode files: extensions that stand in the administrator's own files, which linecard leaves alone."""
        wanted = {change.extension for change in group if change.after.member is not None}
        if self._include is None or not wanted:
            return {}
        with self._open_session() as asterisk:
            there = wanted & asterisk.list_endpoints()
        with self._open_snapshot() as connection:
            ours = self._include.read_names() | set(connection.scalars(sa.select(self._tables.endpoints.c.id)))
        return {name: f"endpoint {name} is in Asterisk's own files and is not linecard's" for name in there - ours}

    def _find_registered(self, group: list[Change]) -> set[str]:
        """Extensions to be held that nobody holds now, and with which a phone is registered: somebody took the endpoint
        away under it. Where no table tells, Asterisk does; it must be there, for what follows the commit needs it."""
        if self._include is None and self._tables.contacts is not None:
            return set()
        gaining = {change.extension for change in group if change.before.member is None}
        with self._open_session() as asterisk:
            return gaining & asterisk.list_registered() if gaining else set()

    def _list_accounts(self, group: list[Change]) -> list[Account]:
        """The endpoints of Asterisk, also those of its own files, where somebody loses an extension; none where no
        manager interface tells. Asked before anything is written, so that it is there for what follows the commit."""
        losing = any(change.before.member not in (None, change.after.member) for change in group)
        if self._options.ami is None or not losing:
            return []
        with self._open_session() as asterisk:
            return asterisk.list_accounts()

    def _hang_up(self, steps: list[ExtensionStep]) -> None:
        losing = [step.extension for step in steps if step.leaver is not None]
        if losing:
            with self._open_session() as asterisk:
                for extension in losing:
                    asterisk.hang_up(extension)
