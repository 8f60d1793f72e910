"""Changes made together leave the tables as they are left when each is made by itself, whatever the changes are."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
import sqlalchemy as sa

from integration.asterisk import places, postgres, schema
from linecard.api.backend import VACANT, Change, ChangeStatus, Holding, Scope, sorted_numbers
from linecard_asterisk.backend import AsteriskBackend
from linecard_asterisk.options import AsteriskOptions

SEEDS = 20 if os.environ.get("LINECARD_TORTURE") else 1
EXTENSIONS = [str(1000 + n) for n in range(300)]
MEMBERS = [f"m{n}@x.org" for n in range(200)]
NUMBERS = [f"+493030{n:03d}" for n in range(250)]
THERE = EXTENSIONS[:90]
"""Endpoints that the administrator made; every fourth in a context that is not to be touched."""
LED = dict(zip(NUMBERS[:30], EXTENSIONS[80:100] + EXTENSIONS[75:85], strict=True))
"""Numbers that the administrator has led to extensions, two to some of them."""

OPTIONS: dict[str, dict[str, Any]] = {
    "plain": {},
    "voicemail": {"tables": {"voicemail": "voicemail"}, "columns": {"owner": "owner_email"}},
    "removing": {"on_release": "remove", "tables": {"voicemail": "voicemail"}},
    "adopting anew": {"when_adopted": "new", "store_secrets_as": "md5"},
    "creating none": {"create": False},
    "without plus": {"plus": False},
    "in the dialplan": {"tables": {"numbers": "extensions"}, "dialplan": {}},
}


class Twins:
    """The same database twice: one is told of all changes together, the other of one after the other."""

    def __init__(self, together: AsteriskBackend, alone: AsteriskBackend) -> None:
        self.together, self.alone = together, alone

    def agree(self, rng: random.Random, many: int) -> set[ChangeStatus]:
        """What became of some rounds of changes, after both had them."""
        statuses = set()
        for _ in range(5):
            now = {entry.extension: entry.holding for entry in self.alone.fetch(Scope.everything())}
            changes = round_of(rng, many, now)
            ends = [[(r.status, r.words) for r in each.apply(changes)] for each in (self.together, self.alone)]
            assert ends[0] == ends[1]
            left, right = tables(self.together), tables(self.alone)
            for name in left:
                assert left[name] == right[name], name
            statuses |= {status for status, _ in ends[0]}
            finds_the_same(self.together, rng)
        return statuses


def finds_the_same(backend: AsteriskBackend, rng: random.Random) -> None:
    """What is asked for by name is what is found by looking at everything."""
    everything = list(backend.fetch(Scope.everything()))
    for many in (0, 2, 60):
        e, m, n = (frozenset(rng.sample(names, many)) for names in (EXTENSIONS, MEMBERS, NUMBERS))
        for scope in (Scope(extensions=e), Scope(members=m), Scope(numbers=n), Scope(e, m, n)):
            wanted = [
                x
                for x in everything
                if x.extension in scope.extensions or x.member in scope.members or scope.numbers & set(x.numbers)
            ]
            assert sorted(backend.fetch(scope), key=str) == sorted(wanted, key=str)


def tables(backend: AsteriskBackend) -> dict[str, list[str]]:
    """Every row of every table. Where rows are numbered, the numbers do not count."""
    metadata = sa.MetaData()
    metadata.reflect(backend._engine)
    found = {}
    with backend._engine.connect().execution_options(write=False) as connection:
        for name, table in metadata.tables.items():
            columns = [c for c in table.c if not (c.primary_key and isinstance(c.type, sa.Integer))]
            found[name] = sorted(map(repr, connection.execute(sa.select(*columns))))
    return found


def round_of(rng: random.Random, many: int, now: dict[str, Holding]) -> list[Change]:
    """Changes of this many extensions, as a plan has them: each once, and again where a number is to change places.

    A few are of an extension that is not so, or want a number that somebody has.
    """
    now, changes = dict(now), list[Change]()

    def change(extension: str, after: Holding, before: Holding | None = None) -> None:
        held = now.get(extension, VACANT)
        changes.append(Change(len(changes) + 1, "hq", extension, held if before is None else before, after))
        if before is None:
            now[extension] = after

    free = sorted(set(NUMBERS) - {number for held in now.values() for number in held.numbers})
    rng.shuffle(free)
    for extension in rng.sample(EXTENSIONS, many):
        held = now.get(extension, VACANT)
        member = rng.choice([None, held.member, rng.choice(MEMBERS), rng.choice(MEMBERS)])
        match rng.random():
            case chance if chance < 0.04:
                change(extension, VACANT, Holding("nobody@x.org", ()))
            case chance if chance < 0.08:
                change(extension, Holding(member, sorted_numbers({*held.numbers[1:], rng.choice(NUMBERS)})))
                break  # whatever follows may rest on it
            case chance if chance < 0.3 and held.numbers:
                change(extension, Holding(member, ()))
                other = rng.choice(EXTENSIONS)
                was = now.get(other, VACANT)
                if other != extension:
                    change(other, Holding(was.member, held.numbers))
                    if was.numbers:
                        change(extension, Holding(member, was.numbers))
            case chance if chance < 0.6 and free:
                some = free[: rng.randint(1, 3)]
                del free[: len(some)]
                change(extension, Holding(member, sorted_numbers([*held.numbers[: rng.randint(0, 2)], *some])))
            case _:
                change(extension, Holding(member, held.numbers))
    return changes


def filled(engine: sa.Engine, made: Any) -> None:
    metadata = places.prepare(engine, made)
    with engine.begin() as connection:
        for n, name in enumerate(THERE):
            places.endpoints(connection, metadata, name, context="internal" if n % 4 else "trunks")
        contacts = [{"id": f"{name};@1", "uri": "sip:x", "endpoint": name} for name in EXTENSIONS]
        connection.execute(sa.insert(metadata.tables["ps_contacts"]), contacts)
        mailboxes = [{"context": "default", "mailbox": name, "password": "9", "email": "x"} for name in THERE[::2]]
        connection.execute(sa.insert(metadata.tables["voicemail"]), mailboxes)
        if "extensions" in metadata.tables:
            way = {"context": "from-did", "priority": 1, "app": "Goto"}
            rows = [{"exten": number, "appdata": f"internal,{e},1"} | way for number, e in LED.items()]
            connection.execute(sa.insert(metadata.tables["extensions"]), rows)
        else:
            rows = [{"e164": number, "extension": extension} for number, extension in LED.items()]
            connection.execute(sa.insert(metadata.tables["dids"]), rows)


def at_once(_: float) -> None:
    """No phone registers here, so nobody waits for one."""


def drawn(n: int) -> list[str]:
    return ["drawn"] * n


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.cluster() as cluster:
        yield cluster


@pytest.fixture
def twins(tmp_path, request) -> Iterator[Any]:
    numbers = count()
    made: list[AsteriskBackend] = []

    def twins(kind: str, options: dict[str, Any]) -> Twins:
        dialplan = "dialplan" in options
        for group in (10_000, 1):
            if kind == "postgresql":
                url = request.getfixturevalue("cluster").create(f"twin{id(tmp_path)}n{next(numbers)}")
                given = options | {"url": url, "password": "env:PGPASSWORD"}
                filled(places.engine_of(url, postgres.PASSWORD), schema.alembic)
            else:
                url = f"sqlite:///{tmp_path / f'{next(numbers)}.sqlite'}"
                given = options | {"url": url}
                filled(places.engine_of(url), schema.with_dialplan if dialplan else schema.small)
            environ = {"PGPASSWORD": postgres.PASSWORD}
            backend = AsteriskBackend(
                AsteriskOptions(**given),
                tmp_path,
                environ=environ,
                group=group,
                secrets=drawn,
                pins=drawn,
                pause=at_once,
            )
            made.append(backend)
        return Twins(*made[-2:])

    yield twins
    for backend in made:
        backend.close()


@pytest.mark.parametrize("many", [15, 140])
@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_on_sqlite(twins, options, many):
    """Few that are written one by one, and many that are written together."""
    statuses = {status for seed in range(SEEDS) for status in twins("sqlite", options).agree(random.Random(seed), many)}
    assert statuses == {ChangeStatus.DONE, ChangeStatus.STALE, ChangeStatus.FAILED} or many < 100


@pytest.mark.parametrize("options", [name for name in OPTIONS if name not in {"in the dialplan", "voicemail"}])
def test_on_postgresql(twins, options):
    assert ChangeStatus.DONE in twins("postgresql", OPTIONS[options]).agree(random.Random(7), 140)
