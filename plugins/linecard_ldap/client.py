"""The wire: connections to the directory, searches page by page, and writes that are sent ahead of their answers."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from itertools import count
from typing import Any, NamedTuple

import stamina

from linecard.api import Context
from linecard_ldap.convert import Edit
from linecard_ldap.errors import (
    DirectoryError,
    EntryMovedError,
    NoAnswerError,
    WriteRefusedError,
    describe_error,
    load_library,
)
from linecard_ldap.options import LdapOptions
from linecard_ldap.server import LdapServer, read_server

ATTEMPTS = 3
"""How often a read is asked for at most."""

Found = tuple[str, dict[str, list[bytes]]]
"""An entry: its DN, and its values by attribute in lower case."""


class LdapClient:
    """One directory. Connects when it is first asked; may be used from any thread.

    Raises `DirectoryError`; `NoAnswerError` where what was asked for may have been done all the same.
    """

    def __init__(self, options: LdapOptions, context: Context) -> None:
        self._options, self._context = options, context
        self._idle: list[Any] = []
        self._mine = threading.Lock()
        self._server: LdapServer | None = None

    @property
    def server(self) -> LdapServer:
        """What it says of itself, read once."""
        if self._server is None:
            with self._translate("say what it can"):
                self._server = self._retry(lambda connection: read_server(connection, self._options.timeout))
        return self._server

    def search(self, wanted: str, attributes: Sequence[str], base: str = "") -> Iterator[Found]:
        """Entries below the base, or below the one of the options, page by page.

        The first page is asked for again where it is not answered. References to other servers are left out.
        """
        begun, entries = time.monotonic(), 0
        connection, cookie = None, b""
        base = base or self._options.base
        try:
            with self._translate(f"search {base}"):
                connection, page, cookie = self._retry_first_page(base, wanted, attributes)
                while True:
                    for dn, raw in page:
                        if dn is None:
                            self._context.log("a reference to another server is not followed", level="debug", to=raw)
                            continue
                        entries += 1
                        yield dn, {name.lower(): values for name, values in raw.items()}
                    if not cookie:
                        break
                    page, cookie = self._search_page(connection, base, wanted, attributes, cookie)
                if not entries:
                    self._require_entry(connection, base)
            self._give_back(connection)
            connection = None
        finally:
            if connection is not None:
                _drop(connection)
        seconds = round(time.monotonic() - begun, 3)
        self._context.log("searched", level="debug", base=base, filter=wanted[:500], entries=entries, seconds=seconds)

    def read_entry(self, dn: str, attributes: Sequence[str]) -> dict[str, list[bytes]] | None:
        """The values of one entry; None where it is not there."""
        ldap = load_library()

        def search_one(connection: Any) -> list[tuple[str | None, dict[str, list[bytes]]]]:
            found = connection.search_ext(dn, ldap.SCOPE_BASE, "(objectClass=*)", list(attributes))
            answer: list[tuple[str | None, dict[str, list[bytes]]]] = connection.result3(
                found, timeout=self._options.timeout
            )[1]
            return answer

        try:
            with self._translate(f"read {dn}"):
                found = self._retry(search_one)
        except _NoSuchEntry:
            return None
        return next(({k.lower(): v for k, v in raw.items()} for at, raw in found if at is not None), None)

    @contextmanager
    def writing(self) -> Iterator[WritePipeline]:
        """A connection on which writes are sent. One that broke is not used again."""
        with self._translate("log linecard in"):
            connection = self._take()
        pipeline = WritePipeline(connection, self.server, self._options)
        try:
            yield pipeline
        finally:
            if pipeline.is_broken or pipeline.under_way:
                _drop(connection)
            else:
                self._give_back(connection)

    def close(self) -> None:
        """Close the connections that wait."""
        with self._mine:
            idle, self._idle = self._idle, []
        for connection in idle:
            _drop(connection)

    # -- connections -------------------------------------------------------------------------------------------------

    def _retry(self, ask: Any) -> Any:
        """The answer to a read, on a connection that waits or a new one; asked again where it does not come."""
        for attempt in stamina.retry_context(on=_is_lost, attempts=ATTEMPTS, timeout=None, wait_max=5.0):
            with attempt:
                connection = self._take()
                try:
                    answer = ask(connection)
                except BaseException as error:
                    if _is_lost(error):
                        _drop(connection)
                        self.close()  # those that wait are no better
                    else:
                        self._give_back(connection)
                    raise
                self._give_back(connection)
                return answer
        raise AssertionError("a try either returns or raises")

    def _retry_first_page(self, base: str, wanted: str, attributes: Sequence[str]) -> tuple[Any, Any, bytes]:
        for attempt in stamina.retry_context(on=_is_lost, attempts=ATTEMPTS, timeout=None, wait_max=5.0):
            with attempt:
                connection = self._take()
                try:
                    return connection, *self._search_page(connection, base, wanted, attributes, b"")
                except BaseException:
                    _drop(connection)
                    self.close()
                    raise
        raise AssertionError("a try either returns or raises")

    def _search_page(
        self, connection: Any, base: str, wanted: str, attributes: Sequence[str], cookie: bytes
    ) -> tuple[Any, bytes]:
        ldap, controls = load_library(), load_library("ldap.controls.libldap")
        control = controls.SimplePagedResultsControl(True, size=self._options.page, cookie=cookie)
        asked = connection.search_ext(base, ldap.SCOPE_SUBTREE, wanted, list(attributes), serverctrls=[control])
        _, page, _, said = connection.result3(asked, timeout=self._options.timeout)
        cookies = [c.cookie for c in said if c.controlType == controls.SimplePagedResultsControl.controlType]
        return page, cookies[0] if cookies else b""

    def _require_entry(self, connection: Any, base: str) -> None:
        """Find out whether the place of a search that gave nothing is there at all.

        389 Directory Server (2.3.1), asked for pages, answers as if it were, and a directory that is looked for in the
        wrong place would pass for an empty one.
        """
        asked = connection.search_ext(base, load_library().SCOPE_BASE, "(objectClass=*)", ["1.1"])
        connection.result3(asked, timeout=self._options.timeout)

    def _take(self) -> Any:
        with self._mine:
            if self._idle:
                return self._idle.pop()
        return self._connect()

    def _give_back(self, connection: Any) -> None:
        with self._mine:
            self._idle.append(connection)

    def _connect(self) -> Any:
        ldap, options = load_library(), self._options
        connection = ldap.initialize(options.url)
        connection.set_option(ldap.OPT_PROTOCOL_VERSION, 3)
        connection.set_option(ldap.OPT_REFERRALS, 0)
        connection.set_option(ldap.OPT_NETWORK_TIMEOUT, options.timeout)
        connection.set_option(ldap.OPT_TIMEOUT, options.timeout)
        if options.is_encrypted and not options.url.startswith("ldapi"):
            connection.set_option(ldap.OPT_X_TLS_REQUIRE_CERT, ldap.OPT_X_TLS_DEMAND)
            if options.ca_file is not None:
                file = self._context.site.folder / options.ca_file
                if not os.access(file, os.R_OK):
                    raise DirectoryError(f"{file} cannot be read.", remedy="Check `ca_file`.")
                connection.set_option(ldap.OPT_X_TLS_CACERTFILE, str(file))
            connection.set_option(ldap.OPT_X_TLS_NEWCTX, 0)
        try:
            if options.start_tls and options.url.startswith("ldap://"):
                connection.start_tls_s()
            if options.bind is not None and options.password is not None:
                password = options.password.reveal(self._context.site.folder, os.environ)
                connection.simple_bind_s(options.bind, password)
        except BaseException:
            _drop(connection)
            raise
        self._context.log("connected", level="debug", url=options.url, bind=options.bind)
        return connection

    @contextmanager
    def _translate(self, doing: str) -> Iterator[None]:
        """What the library raises, in linecard's words."""
        ldap = load_library()
        url = self._options.url
        try:
            yield
        except (ldap.SERVER_DOWN, ldap.CONNECT_ERROR) as error:
            words = f"{url} cannot be reached: {describe_error(error)}."
            remedy = "Check `url`, and `ca_file` if a certificate is not trusted."
            raise NoAnswerError(words, remedy=remedy) from error
        except (ldap.TIMEOUT, ldap.TIMELIMIT_EXCEEDED, ldap.BUSY, ldap.UNAVAILABLE) as error:
            raise NoAnswerError(f"{url} did not {doing}: {describe_error(error)}.") from error
        except (ldap.INVALID_CREDENTIALS, ldap.INAPPROPRIATE_AUTH) as error:
            words = f"{url} does not let {self._options.bind} in: {describe_error(error)}."
            raise DirectoryError(words, remedy="Check `bind` and `password`.") from error
        except (ldap.STRONG_AUTH_REQUIRED, ldap.CONFIDENTIALITY_REQUIRED) as error:
            words = f"{url} takes passwords on encrypted connections only: {describe_error(error)}."
            raise DirectoryError(words, remedy="Use ldaps://, or leave `start_tls` on.") from error
        except (ldap.SIZELIMIT_EXCEEDED, ldap.ADMINLIMIT_EXCEEDED) as error:
            words = f"{url} does not give all that linecard asked for: {describe_error(error)}."
            remedy = f"Raise the size limit for {self._options.bind}: docs/ldap.md says how."
            raise DirectoryError(words, remedy=remedy) from error
        except ldap.NO_SUCH_OBJECT as error:
            words = f"{url} has no entry where linecard was to {doing}, or hides it from {self._options.bind}."
            raise _NoSuchEntry(words, remedy="Check `base`, and what `bind` may read.") from error
        except ldap.REFERRAL as error:
            words = f"{url} sends linecard to another server: {describe_error(error)}."
            raise DirectoryError(words, remedy="Name the server that is written to as `url`.") from error
        except ldap.LDAPError as error:
            raise DirectoryError(f"{url} did not {doing}: {describe_error(error)}.") from error


class _NoSuchEntry(DirectoryError):
    """There is no such entry."""


class _SentWrite(NamedTuple):
    number: int
    dn: str
    edits: Sequence[Edit]
    guard: list[Any] | None


class WritePipeline:
    """Writes on one connection, sent before the earlier ones are answered. For one thread."""

    def __init__(self, connection: Any, server: LdapServer, options: LdapOptions) -> None:
        self._ldap = load_library()
        self._connection, self._server, self._options = connection, server, options
        self._numbers = count(1)
        self._sent: dict[int, _SentWrite] = {}
        self.is_broken = False

    @property
    def under_way(self) -> int:
        """How many writes are not answered yet."""
        return len(self._sent)

    def send_edits(self, dn: str, edits: Sequence[Edit]) -> int:
        """Send a write of one entry; the number by which its answer is known. Raises `NoAnswerError`."""
        number = next(self._numbers)
        self._send(_SentWrite(number, dn, edits, self._guard(edits)))
        return number

    def _send(self, write: _SentWrite) -> None:
        changes = [change for edit in write.edits for change in self._compose(edit)]
        try:
            sent = self._connection.modify_ext(write.dn, changes, serverctrls=write.guard)
        except self._ldap.LDAPError as error:
            self.is_broken = True
            raise NoAnswerError(f"{self._options.url} took no write: {describe_error(error)}.") from error
        self._sent[sent] = write

    def wait(self) -> tuple[int, Exception | None]:
        """The next answer: to which write, and `EntryMovedError` or `WriteRefusedError` where it was not made.

        Raises `NoAnswerError`; what became of all that is under way is then not known.
        """
        try:
            _, _, sent, _ = self._connection.result3(self._ldap.RES_ANY, 1, timeout=self._options.timeout)
        except self._ldap.LDAPError as error:
            return self._explain(error)
        return self._sent.pop(sent).number, None

    def _explain(self, error: Any) -> tuple[int, Exception | None]:
        ldap = self._ldap
        facts = error.args[0] if error.args and isinstance(error.args[0], dict) else {}
        sent = facts.get("msgid")
        if sent not in self._sent or isinstance(error, (ldap.BUSY, ldap.UNAVAILABLE)):
            self.is_broken = True
            raise NoAnswerError(f"{self._options.url} did not answer a write: {describe_error(error)}.") from error
        write = self._sent.pop(sent)
        if isinstance(error, ldap.UNAVAILABLE_CRITICAL_EXTENSION) and write.guard:
            self._server.asserts = False  # it was refused, so nothing was done
            self._send(write._replace(guard=None))
            return self.wait()
        words = describe_error(error)
        moved = (ldap.ASSERTION_FAILED, ldap.NO_SUCH_ATTRIBUTE, ldap.TYPE_OR_VALUE_EXISTS, ldap.NO_SUCH_OBJECT)
        return write.number, EntryMovedError(words) if isinstance(error, moved) else WriteRefusedError(words)

    def _compose(self, edit: Edit) -> Iterator[tuple[int, str, list[bytes] | None]]:
        """Old values by their bytes, then new ones: servers compare what they delete. An attribute whose values the
        server cannot compare is replaced; the guard compares it."""
        if not self._server.compares(edit.attribute):
            yield self._ldap.MOD_REPLACE, edit.attribute, list(edit.new) or None
            return
        gone = [value for value in edit.old if value not in edit.new]
        come = [value for value in edit.new if value not in edit.old]
        if gone:
            yield self._ldap.MOD_DELETE, edit.attribute, gone
        if come:
            yield self._ldap.MOD_ADD, edit.attribute, come

    def _guard(self, edits: Sequence[Edit]) -> list[Any] | None:
        """The write is made only if the entry is as it was read, where the server can hold that."""
        if not self._server.asserts:
            return None
        terms = [term for edit in edits for term in self._server.assert_old(edit)]
        control = load_library("ldap.controls.libldap").AssertionControl
        return [control(True, f"(&{''.join(terms)})")] if terms else None


def _is_lost(error: BaseException) -> bool:
    """Whether a connection is of no use any more."""
    ldap = load_library()
    return isinstance(error, Exception) and isinstance(
        error, (ldap.SERVER_DOWN, ldap.CONNECT_ERROR, ldap.TIMEOUT, ldap.BUSY, ldap.UNAVAILABLE)
    )


def _drop(connection: Any) -> None:
    with suppress(load_library().LDAPError, AttributeError):
        connection.unbind_ext()
