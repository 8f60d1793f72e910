"""linecard against the bare SQL of an attach, on SQLite and PostgreSQL; and from a sheet to a telephone that works.

    PYTHONPATH=tests .venv/bin/python tests/bench/asterisk.py [--rows 10000] [--tries 3] [--only sqlite]

Both write the same rows of the same tables in a database that waits for its disk. The bare SQL is what a script would
do that trusts its input, asks nothing, remembers nothing and puts all into one transaction. What linecard does from
the first change to the last outcome is measured: intents, changes, reading back and outcomes. A whole import also reads
the sheet, plans it, and reads again all that the plan rests on once it is approved. Asterisk learns the states of new
phones while linecard has ended already; that is measured apart. The last figure is from the command to apply one row
until the new phone has been answered 200, next to all the others, by a running Asterisk that knows them.
"""

from __future__ import annotations

import argparse
import gc
import os
import secrets
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Self

from integration.asterisk import places, postgres, schema
from integration.asterisk.exchange import AMI_SECRET, Exchange
from integration.asterisk.sip import Phone
from integration.asterisk.site import HEADER, Site
from linecard.model.run import Run, State
from linecard.runtime.operations import Operations
from linecard.runtime.service import Service

ASTERISK_ROWS = {
    "ps_aors": "id max_contacts remove_existing qualify_frequency mailboxes",
    "ps_auths": "id auth_type username password",
    "ps_endpoints": "id transport aors auth context disallow allow direct_media callerid",
    "voicemail": "context mailbox password fullname email",
    "dids": "e164 extension",
    "prov_assignment": "extension user_email did",
}
"""Tables and columns of one attach."""

OWN_TABLE = (
    "CREATE TABLE prov_assignment (extension varchar(20) PRIMARY KEY, user_email varchar(255), did varchar(20) UNIQUE)"
)


def values(n: int) -> dict[str, tuple[object, ...]]:
    """What one attach writes."""
    e, member, secret = f"{10000 + n}", f"member{n}@example.org", secrets.token_urlsafe(18)
    return {
        "ps_aors": (e, 2, "yes", 0, f"{e}@default"),
        "ps_auths": (e, "userpass", e, secret),
        "ps_endpoints": (
            e, "transport-udp", e, e, "internal", "all", "alaw,ulaw", "no", f'"m{n}" <{e}>',
        ),
        "voicemail": ("default", e, "123456", member, member),
        "dids": (f"+4930{1000000 + n}", e),
        "prov_assignment": (e, member, f"+4930{1000000 + n}"),
    }  # fmt: skip


def statements(mark: str) -> Iterator[tuple[str, str]]:
    for table, columns in ASTERISK_ROWS.items():
        names = columns.split()
        key = "(context, mailbox)" if table == "voicemail" else f"({names[0]})"
        rest = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
        marks = ", ".join([mark] * len(names))
        yield table, f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks}) ON CONFLICT {key} DO UPDATE SET {rest}"


def bare_sqlite(path: Path, rows: int) -> float:
    with closing(sqlite3.connect(path)) as connection:
        connection.execute(OWN_TABLE)
        connection.execute("PRAGMA synchronous=FULL")
        began = time.perf_counter()
        wanted = [values(n) for n in range(rows)]
        with connection:
            for table, statement in statements("?"):
                connection.executemany(statement, [row[table] for row in wanted])
        return time.perf_counter() - began


def bare_postgresql(cluster: postgres.Cluster, database: str, rows: int) -> float:
    with cluster.connection(database) as connection:
        connection.execute(OWN_TABLE)
        began = time.perf_counter()
        wanted = [values(n) for n in range(rows)]
        with connection.transaction(), connection.cursor() as cursor:
            for table, statement in statements("%s"):
                cursor.executemany(statement, [row[table] for row in wanted])
        return time.perf_counter() - began


class Linecard:
    """A site next to a running Asterisk, opened once as the daemon does."""

    def __init__(self, folder: Path, exchange: Exchange, **options: object) -> None:
        self.exchange = exchange
        self.site = Site(folder, exchange, **options)
        self.site.settings["pbxs"]["hq"]["extensions"] = ["10000-99999"]
        self.site.write()

    @contextmanager
    def open(self) -> Iterator[Self]:
        """When this ends, Asterisk knows the states of all phones."""
        with Service.load(self.site.folder / "linecard.yaml", who="bench") as self.service:
            self.inbox = self.service.feed(None)
            yield self

    def apply(self, name: str, numbers: range) -> tuple[float, float]:
        """Attach these; seconds from the first change to the end, and of the whole."""
        sheet = self.site.folder / name
        rows = (f"attach,member{n}@example.org,{10000 + n},+4930{1000000 + n}\n" for n in numbers)
        sheet.write_text(HEADER + "".join(rows))
        began = time.perf_counter()
        sent = began

        def stage(step: str, _run: Run) -> Callable[[int], None]:
            nonlocal sent
            if step == "apply":
                sent = time.perf_counter()
            return lambda _: None

        operations = Operations(self.service)
        run = operations.receive(sheet, self.inbox, description="", stage=stage)
        run = operations.approve(run, why="bench")
        run = operations.drive(run, self.inbox, confirm=lambda _: False, stage=stage, stop=lambda: False)
        ended = time.perf_counter()
        if run.state is not State.APPLIED:
            raise SystemExit(f"the import of {name} ended {run.state}")
        return ended - sent, ended - began

    def first_register(self, n: int) -> tuple[float, float]:
        """Attach one and register its phone: seconds from the approval, and from the file."""
        began = time.perf_counter()
        applying, whole = self.apply(f"one{n}.csv", range(n, n + 1))
        given = self.service.pbxs["hq"].backend.secret(f"{10000 + n}")
        with Phone(self.exchange.sip, f"{10000 + n}", given.secret, given.username) as phone:
            if phone.register() != 200:
                raise SystemExit("the new phone was refused")
        ended = time.perf_counter()
        return ended - began - (whole - applying), ended - began


def sqlite(stack: ExitStack, folder: Path, rows: int) -> tuple[float, Linecard]:
    bare, own = folder / "bare.sqlite3", folder / "realtime.sqlite3"
    for path in (bare, own):
        engine = places.engine_of(f"sqlite:///{path}")
        places.prepare(engine)
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("PRAGMA journal_mode=WAL")
    seconds = bare_sqlite(bare, rows)
    exchange = Exchange(folder / "asterisk", f"sqlite:{own}")
    stack.enter_context(exchange.running())
    options = {"url": f"sqlite:///{own}", "tables": {"contacts": None, "voicemail": "voicemail"}}
    return seconds, Linecard(folder / "site", exchange, **options)


def postgresql(stack: ExitStack, folder: Path, rows: int) -> tuple[float, Linecard]:
    cluster = stack.enter_context(postgres.cluster(durable=True))
    for database in ("bare", "own"):
        places.prepare(places.engine_of(cluster.create(database), postgres.PASSWORD), schema.alembic)
    seconds = bare_postgresql(cluster, "bare", rows)
    exchange = Exchange(folder / "asterisk", f"postgresql:{cluster.port}/own")
    stack.enter_context(exchange.running())
    options = {"url": cluster.url("own"), "password": "env:PGPASSWORD", "tables": {"voicemail": "voicemail"}}
    return seconds, Linecard(folder / "site", exchange, **options)


def measured(kind: Callable[[ExitStack, Path, int], tuple[float, Linecard]], rows: int) -> dict[str, float]:
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="linecard-bench-")))
        bare, linecard = kind(stack, folder, rows)
        with linecard.open():
            applying, whole = linecard.apply("sheet.csv", range(rows))
            ended = time.perf_counter()
        learning = time.perf_counter() - ended
        with linecard.open():
            firsts = [linecard.first_register(rows + n) for n in range(5)]
    first, from_file = min(firsts)
    found = {"bare": bare, "applying": applying, "whole": whole}
    return found | {"learning": learning, "first": first, "from_file": from_file}


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--tries", type=int, default=3)
    parser.add_argument("--only", choices=["sqlite", "postgresql"])
    given = parser.parse_args()
    gc.set_threshold(20_000, 50, 100)  # as the program does
    os.environ |= {"AMI_SECRET": AMI_SECRET, "PGPASSWORD": postgres.PASSWORD}
    met = True
    for kind in (sqlite, postgresql):
        if given.only not in (None, kind.__name__):
            continue
        tries = [measured(kind, given.rows) for _ in range(given.tries)]
        best = {name: min(found[name] for found in tries) for name in tries[0]}
        ratio = best["bare"] / best["applying"]
        print(f"{kind.__name__}, {given.rows:,} attaches")
        print(f"  bare SQL                         {best['bare']:7.2f} s")
        print(f"  linecard, first change to end     {best['applying']:7.2f} s   {ratio:.2f} times as fast")
        print(f"  linecard, file to end            {best['whole']:7.2f} s")
        print(f"  states learnt by Asterisk, after {best['learning']:7.2f} s")
        print(f"  one attach to its REGISTER 200   {best['first'] * 1000:7.1f} ms")
        print(f"  the same, from the file          {best['from_file'] * 1000:7.1f} ms")
        for aim, held in (
            ("at least half as fast as the bare SQL", ratio >= 0.5),
            ("an attach is in force within 50 ms", best["first"] <= 0.05),
        ):
            print(f"  {'met    ' if held else 'NOT MET'}  {aim}")
            met = met and held
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
