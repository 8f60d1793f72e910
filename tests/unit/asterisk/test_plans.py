"""A few extensions of twenty thousand are found by indexes: no table is read through, whatever is asked."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from integration.asterisk import places, postgres, schema
from linecard.api.backend import Change, ChangeStatus, Entry, Holding, Scope
from linecard_asterisk.backend import AsteriskBackend
from linecard_asterisk.options import AsteriskOptions

MANY = 20_000
SCOPES = {
    "extensions": Scope(extensions=frozenset({"5000", "17777", "nobody"})),
    "a member": Scope(members=frozenset({"m16000@x.org"})),
    "a number": Scope(numbers=frozenset({"+4930000017000"})),
    "many extensions": Scope(extensions=frozenset(str(n) for n in range(100))),
}
BIG = ("ps_endpoints", "ps_auths", "ps_aors", "ps_contacts", "dids", "extensions", "linecard_links")


def entries() -> list[Entry]:
    return [Entry(str(n), f"m{n}@x.org", (f"+4930{n:09d}",)) for n in range(MANY)]


class Plans:
    """A backend beside twenty thousand extensions, and what the database says of how it will find them."""

    def __init__(self, backend: AsteriskBackend) -> None:
        self.backend, self.seen = backend, list[tuple[str, object]]()
        sa.event.listen(backend._engine, "before_cursor_execute", self._noted)

    def _noted(self, _c: object, _cursor: object, statement: str, parameters: object, *_: object) -> None:
        if statement.lstrip().upper().startswith(("SELECT", "UPDATE", "DELETE")):
            self.seen.append((statement, parameters))

    def read_through(self) -> list[str]:
        """Statements that read a whole big table, with what the database says."""
        sqlite = self.backend._engine.dialect.name == "sqlite"
        found = []
        seen, self.seen = self.seen, []
        with self.backend._engine.connect().execution_options(write=False) as connection:
            for statement, parameters in seen:
                given = parameters[0] if isinstance(parameters, list) else parameters
                ask = "EXPLAIN QUERY PLAN " if sqlite else "EXPLAIN "
                plan = [str(row[-1]) for row in connection.exec_driver_sql(ask + statement, given)]
                scans = tuple(f"SCAN {name}" if sqlite else f"Seq Scan on {name}" for name in BIG)
                if any(line.lstrip(" ->").startswith(scans) for line in plan):
                    found.append("\n".join([statement, *plan]))
        return found


@pytest.fixture(scope="module")
def cluster() -> Iterator[postgres.Cluster]:
    with postgres.cluster() as cluster:
        yield cluster


@pytest.fixture(scope="module", params=["sqlite", "dialplan", "postgresql"])
def plans(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plans]:
    folder = tmp_path_factory.mktemp(request.param)
    given: dict[str, object] = {}
    url, password = f"sqlite:///{folder}/realtime.sqlite3", ""
    if request.param == "postgresql":
        cluster: postgres.Cluster = request.getfixturevalue("cluster")
        url, password = cluster.create("plans"), postgres.PASSWORD
        given = {"password": "env:PGPASSWORD"}
    made = {"postgresql": schema.alembic, "dialplan": schema.with_dialplan, "sqlite": schema.small}[request.param]
    if request.param == "dialplan":
        given = {"tables": {"numbers": "extensions"}, "dialplan": {}}
    engine = places.engine_of(url, password)
    metadata = places.prepare(engine, made)
    places.filled(engine, metadata, entries())
    with engine.begin() as connection:
        contacts = [{"id": f"{n};@1", "uri": "sip:x", "endpoint": str(n)} for n in range(0, MANY, 5)]
        connection.execute(sa.insert(metadata.tables["ps_contacts"]), contacts)
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        connection.exec_driver_sql("ANALYZE")
    backend = AsteriskBackend(AsteriskOptions(url=url, **given), folder, environ={"PGPASSWORD": password})
    yield Plans(backend)
    backend.close()


@pytest.mark.parametrize("scope", SCOPES.values(), ids=SCOPES)
def test_who_holds_what_is_found_by_indexes(plans: Plans, scope: Scope) -> None:
    """For extensions, members and numbers; what is found is what is there."""
    found = list(plans.backend.fetch(scope))
    assert len(found) == {3: 2, 1: 1, 0: 1, 100: 100}[len(scope.extensions)]
    assert all(member == f"m{extension}@x.org" for extension, member, _ in found)
    assert list(plans.backend.members(scope)) or not scope.members
    assert plans.read_through() == []


def test_a_change_finds_its_rows_by_indexes(plans: Plans) -> None:
    """An extension is taken from one, another gets a number, one is freed. Who lists what of these extensions is in
    lists, for which no index helps: all endpoints are looked at, but once, however many changes there are."""
    held = Holding("m1@x.org", ("+4930000000001",))
    changes = [
        Change(1, "hq", "1", held, Holding("eve@x.org", held.numbers)),
        Change(2, "hq", "2", Holding("m2@x.org", ("+4930000000002",)), Holding("m2@x.org", ("+49309999",))),
        Change(3, "hq", "3", Holding("m3@x.org", ("+4930000000003",)), Holding(None, ("+4930000000003",))),
    ]
    assert [result.status for result in plans.backend.apply(changes)] == [ChangeStatus.DONE] * 3
    lists, *others = plans.read_through()
    assert "ps_endpoints.aors != ps_endpoints.id" in lists
    assert others == []


def test_the_check_sees_a_table_that_is_read_through(plans: Plans) -> None:
    with plans.backend._engine.connect().execution_options(write=False) as connection:
        connection.exec_driver_sql("SELECT count(*) FROM ps_endpoints WHERE callerid = 'x'")
    assert len(plans.read_through()) == 1
