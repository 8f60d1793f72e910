"""An office: a running Asterisk, the site that looks after it, and the telephones of the people there."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from integration.asterisk import mariadb, places, postgres, schema
from integration.asterisk.exchange import Exchange
from integration.asterisk.sip import Phone
from integration.asterisk.site import Site


class Office:
    """A running Asterisk, the site that looks after it, and the telephones of the people there."""

    def __init__(self, site: Site, open_phones: ExitStack) -> None:
        self.site, self.exchange = site, site.exchange
        self._open = open_phones
        self._extensions = iter(range(1000, 9999, 10))

    def extensions(self, count: int) -> list[str]:
        """Extensions, and by their last three digits numbers, that no other test uses."""
        first = next(self._extensions)
        return [f"{first + n}" for n in range(count)]

    def phone(self, extension: str, secret: str | None = None) -> Phone:
        """A telephone set up for an extension, with the secret that waits for whoever does that."""
        login = extension
        if secret is None:
            login, secret = self.site.login(extension)
        return self._open.enter_context(Phone(self.exchange.sip, extension, secret, login))

    def registered(self, extension: str) -> Phone:
        phone = self.phone(extension)
        assert phone.register() == 200
        return phone


@contextmanager
def office(folder: Path, kind: str, *, dialplan: str = "", caching: bool = False) -> Iterator[Office]:
    """One whose Asterisk has its extensions from `sqlite`, `postgresql`, `mariadb` or `files`; with `dialplan`, from
    SQLite, and its numbers from rows of the dialplan.

    `dialplan` is added to that of all: a context `boxes` is reached by a star before the number. With
    `caching` Asterisk keeps what it read of the tables.
    """
    with ExitStack() as stack:
        made = {
            "sqlite": _sqlite,
            "dialplan": _dialplan,
            "postgresql": _postgresql,
            "mariadb": _mariadb,
            "files": _files,
        }
        database, options = made[kind](folder, stack)
        numbers = "switch => Realtime/from-did@extensions\n" if kind == "dialplan" else None
        exchange = Exchange(folder / "asterisk", database, dialplan=dialplan, numbers=numbers, caching=caching)
        stack.enter_context(exchange.running())
        yield Office(Site(folder / "site", exchange, **options), stack)


def _sqlite(folder: Path, _: ExitStack) -> tuple[str, dict[str, object]]:
    url = f"sqlite:///{folder}/realtime.sqlite3"
    places.prepare(places.engine_of(url))
    return f"sqlite:{folder}/realtime.sqlite3", {"url": url, "tables": {"contacts": None, "voicemail": "voicemail"}}


def _dialplan(folder: Path, stack: ExitStack) -> tuple[str, dict[str, object]]:
    database, options = _sqlite(folder, stack)
    places.prepare(places.engine_of(str(options["url"])), schema.with_dialplan)
    tables = {"contacts": None, "voicemail": "voicemail", "numbers": "extensions"}
    return database, options | {"tables": tables, "dialplan": {"context": "from-did"}}


def _postgresql(_: Path, stack: ExitStack) -> tuple[str, dict[str, object]]:
    cluster = stack.enter_context(postgres.cluster())
    url = cluster.create("asterisk")
    places.prepare(places.engine_of(url, postgres.PASSWORD), schema.alembic)
    options = {"url": url, "password": "env:PGPASSWORD", "tables": {"voicemail": "voicemail"}}
    return f"postgresql:{cluster.port}/asterisk", options


def _mariadb(_: Path, stack: ExitStack) -> tuple[str, dict[str, object]]:
    server = stack.enter_context(mariadb.server())
    url = server.create("asterisk")
    places.prepare(places.engine_of(url, postgres.PASSWORD), schema.alembic)
    options = {"url": url, "password": "env:PGPASSWORD", "tables": {"voicemail": "voicemail"}}
    return f"mariadb:{server.port}/asterisk", options


def _files(folder: Path, _: ExitStack) -> tuple[str, dict[str, object]]:
    file = folder / "asterisk" / "etc" / "linecard_pjsip.conf"
    return "", {"mode": "files", "url": f"sqlite:///{folder}/tables.db", "files": {"endpoints": str(file)}}
