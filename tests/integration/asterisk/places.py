"""PBXs without an Asterisk: only its tables, filled as somebody else would fill them."""

from __future__ import annotations

import sqlalchemy as sa

from integration.asterisk import schema
from linecard.api.backend import Backend, Change, ChangeStatus, Holding
from linecard_asterisk.database import DRIVERS, define_links

NOBODY_KNOWS = "nobody-knows"


def engine_of(url: str, password: str = "") -> sa.Engine:
    """An engine of the test's own, next to linecard's."""
    made = sa.make_url(url)
    if made.get_backend_name() != "sqlite":
        made = made.set(drivername=DRIVERS[made.drivername], password=password)
    return sa.create_engine(made, poolclass=sa.NullPool)


def prepare(engine: sa.Engine, tables=schema.small) -> sa.MetaData:
    """Make the administrator's tables."""
    metadata = sa.MetaData()
    tables(metadata)
    metadata.create_all(engine)
    return metadata


def endpoints(connection: sa.Connection, metadata: sa.MetaData, *names: str, context: str = "internal", **more: str):
    """Endpoints as the administrator makes them, each with an auth and an aor of its own."""
    tables = metadata.tables
    rows = [{"id": name, "aors": name, "auth": name, "context": context, "allow": "alaw", **more} for name in names]
    auths = [
        {"id": name, "auth_type": "userpass", "username": name, "password": f"{NOBODY_KNOWS}-{name}"} for name in names
    ]
    connection.execute(sa.insert(tables["ps_endpoints"]), rows)
    connection.execute(sa.insert(tables["ps_auths"]), auths)
    connection.execute(sa.insert(tables["ps_aors"]), [{"id": name, "max_contacts": 1} for name in names])


def filled(engine: sa.Engine, metadata: sa.MetaData, entries) -> None:
    """The tables as linecard leaves them when these entries were attached; numbers in the dialplan, if there is one."""
    entries = list(entries)
    links = define_links("linecard_links", sa.MetaData())
    with engine.begin() as connection:
        links.create(connection)
        if entries:
            endpoints(connection, metadata, *(entry.extension for entry in entries))
            held = [
                {"extension": e, "member": m, "number": n[0] if n else None, "made": 1, "unsettled": 0, "secret": None}
                for e, m, n in entries
            ]
            connection.execute(sa.insert(links), held)
        if "extensions" in metadata.tables:
            way = {"context": "from-did", "priority": 1, "app": "Goto"}
            rows = [
                {"exten": number, "appdata": f"internal,{e},1"} | way for e, _, several in entries for number in several
            ]
            if rows:
                connection.execute(sa.insert(metadata.tables["extensions"]), rows)
        elif numbers := [
            {"e164": number, "extension": extension} for extension, _, several in entries for number in several
        ]:
            connection.execute(sa.insert(metadata.tables["dids"]), numbers)


def attached(backend: Backend, entries) -> None:
    """Entries made by the backend itself, where there is no other way."""
    vacant = Holding(None, ())
    changes = [Change(n, "hq", e, vacant, Holding(m, d)) for n, (e, m, d) in enumerate(entries, start=1)]
    for result in backend.apply(changes):
        assert result.status is ChangeStatus.DONE, result
    backend.close()
