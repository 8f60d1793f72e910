"""The schema: made from nothing, brought up to date whole or not at all, and the same as the tables say."""

from __future__ import annotations

import json
import shutil
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy.exc import IntegrityError

from linecard.errors import StateError
from linecard.model.alert import Alert
from linecard.model.directory import VACANT, Holding
from linecard.model.outcome import Effect
from linecard.store import engine as engines
from linecard.store import migrate
from linecard.store.journal import Journal
from linecard.store.notices import Notices
from linecard.store.outbox import Outbox
from linecard.store.store import FILE, Store
from linecard.store.tables import metadata
from unit.mail.notes import digest


def now() -> datetime:
    return datetime(2026, 1, 1, tzinfo=UTC)


def schema(path: Path) -> set[str]:
    with closing(sqlite3.connect(path)) as db:
        return {sql for (sql,) in db.execute("SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL")}


@pytest.fixture
def path(tmp_path):
    """A database of the newest schema, with a drop in it."""
    path = tmp_path / FILE
    migrate.upgrade(path)
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO drop_file (inbox, name, sha256, size, path, received) VALUES ('hr','a','b',1,'c','d')")
    return path


@pytest.fixture
def scripts(tmp_path):
    """The migrations, to which a test may add one."""
    return Path(shutil.copytree(Path(migrate.__file__).with_name("migrations"), tmp_path / "migrations"))


def add(scripts: Path, number: int, *statements: str) -> None:
    """One more migration, after those that there are."""
    before = int(migrate.NEWEST) + number - 1
    body = "\n".join(f"    op.execute({statement!r})" for statement in statements)
    (scripts / "versions" / f"{before + 1:04d}_added.py").write_text(
        f'"""Added"""\nfrom alembic import op\nrevision = "{before + 1:04d}"\ndown_revision = "{before:04d}"\n'
        f"def upgrade():\n{body}\n"
    )


def test_from_nothing(tmp_path):
    """A new file gets every migration."""
    path = tmp_path / FILE
    assert migrate.version(path) is None
    migrate.upgrade(path)
    assert migrate.version(path) == migrate.NEWEST


def test_the_newest_is_the_last_of_the_migrations():
    """What the program compares with is what the folder ends with."""
    versions = sorted(p.name[:4] for p in Path(migrate.__file__).with_name("migrations").glob("versions/0*.py"))
    assert versions[-1] == migrate.NEWEST
    assert versions == [f"{i:04d}" for i in range(1, len(versions) + 1)]


def test_the_tables_are_what_the_migrations_make(path):
    """Alembic finds no difference in tables, columns, types, indexes and constraints."""
    engine = engines.create_engine(path)
    with engine.connect().execution_options(write=False) as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []
    engine.dispose()


def test_an_upgrade_keeps_a_copy_of_what_was(path, scripts):
    """The file as it was lies beside it, whole."""
    before = schema(path)
    add(scripts, 1, "CREATE TABLE added (id INTEGER)")
    migrate.upgrade(path, scripts=scripts)
    (copy,) = path.parent.glob("*.before-*.db")
    assert schema(copy) == before
    assert migrate.version(copy) == migrate.NEWEST
    assert any("CREATE TABLE added" in sql for sql in schema(path))


def test_a_migration_that_fails_leaves_the_database_as_it_was(path, scripts):
    """Not even the migrations before it are kept: the error names the versions, and the copy is there."""
    before = schema(path)
    add(scripts, 1, "CREATE TABLE added (id INTEGER)", "INSERT INTO added VALUES (1)")
    add(scripts, 2, "CREATE TABLE more (id INTEGER)", "INSERT INTO nowhere VALUES (1)")
    with pytest.raises(StateError) as caught:
        migrate.upgrade(path, scripts=scripts)
    assert f"from {migrate.NEWEST} to {int(migrate.NEWEST) + 2:04d}" in str(caught.value)
    assert "no such table: nowhere" in str(caught.value)
    assert caught.value.remedy
    assert (schema(path), migrate.version(path)) == (before, migrate.NEWEST)
    assert len(list(path.parent.glob("*.before-*.db"))) == 1


def test_a_program_that_has_a_bug_in_a_migration_rolls_back_too(path, scripts):
    """Any exception does, not the database's alone."""
    before = schema(path)
    add(scripts, 1, "CREATE TABLE added (id INTEGER)")
    file = scripts / "versions" / f"{int(migrate.NEWEST) + 1:04d}_added.py"
    file.write_text(file.read_text() + "    raise RuntimeError('a bug')\n")
    with pytest.raises(RuntimeError, match="a bug"):
        migrate.upgrade(path, scripts=scripts)
    assert (schema(path), migrate.version(path)) == (before, migrate.NEWEST)


def test_a_migration_that_breaks_a_reference_is_refused(path, scripts):
    """Foreign keys are off while tables are made anew, and are looked at before it is committed."""
    add(scripts, 1, "INSERT INTO run_event (run_id, at, state, who, why) VALUES (77, 'x', 'x', 'x', 'x')")
    with pytest.raises(StateError, match="run_event"):
        migrate.upgrade(path, scripts=scripts)
    with closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM run_event").fetchone() == (0,)
    assert migrate.version(path) == migrate.NEWEST


def test_a_newer_schema_is_left_alone(path):
    """An older program does not write into what it does not know."""
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StateError) as caught:
        Store.open(path.parent, now)
    assert "has the schema 9999" in str(caught.value)
    assert caught.value.remedy == "Run the newer linecard that wrote it."


def test_opening_upgrades_what_is_older(tmp_path):
    """A database of the first schema is brought to the newest when it is opened."""
    path = tmp_path / FILE
    migrate.upgrade(path, to="0001")
    Store.open(tmp_path, now).close()
    assert migrate.version(path) == migrate.NEWEST


def test_opening_what_is_up_to_date_writes_nothing(path):
    """No copy, no change."""
    Store.open(path.parent, now).close()
    before = path.read_bytes()
    Store.open(path.parent, now).close()
    assert path.read_bytes() == before
    assert not list(path.parent.glob("*.before-*.db"))


@pytest.mark.parametrize("content", [b"this is no database" * 100, b"SQLite format 3\0" + b"\xff" * 5000])
def test_a_damaged_file(tmp_path, content):
    """Said with its path and a remedy, and not touched."""
    path = tmp_path / FILE
    path.write_bytes(content)
    with pytest.raises(StateError) as caught:
        Store.open(tmp_path, now)
    assert str(path) in str(caught.value)
    assert caught.value.remedy
    assert path.read_bytes() == content


def test_letters_that_wait_survive_the_upgrade_that_makes_their_table_anew(tmp_path):
    """What waits is delivered afterwards, what was delivered stays so, and each still tells of its run."""
    path = tmp_path / FILE
    migrate.upgrade(path, to="0005")
    moment = "2026-01-01 00:00:00.000000"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute(
            "INSERT INTO drop_file (id, inbox, name, sha256, size, path, received) VALUES (1,'hr','a','b',1,'c',?)",
            (moment,),
        )
        db.execute(
            "INSERT INTO run (id, drop_id, inbox, state, counts, holds, created, changed) "
            "VALUES (5, 1, 'hr', 'applied', '{}', '[]', ?, ?)",
            (moment, moment),
        )
        letters = [("archive:applied", moment, "x.html", 1), ("post:applied:a@x.org", None, "", 3)]
        db.executemany(
            'INSERT INTO outbox (run_id, kind, delivered, "where", attempts) VALUES (5, ?, ?, ?, ?)', letters
        )
    store = Store.open(tmp_path, now)
    outbox = Outbox(store)
    assert store.report_location(5) == "x.html"
    (item,) = outbox.list_due("post")
    assert (item.run_id, item.tells, item.address, item.attempts, item.since) == (5, "applied", "a@x.org", 3, now())
    with store.transaction() as connection, pytest.raises(IntegrityError):
        connection.exec_driver_sql("INSERT INTO outbox (kind) VALUES ('post:applied')")  # it tells of nothing
    store.close()


def test_messages_that_wait_keep_their_meaning_when_the_word_for_them_changes(tmp_path):
    """A warning is an alert now; and a digest that was written before says what it said."""
    path = tmp_path / FILE
    migrate.upgrade(path, to="0011")
    moment = "2026-01-01 00:00:00.000000"
    key = {"what": "pgp key", "message": "It expires.", "remedy": "Extend it."}
    with closing(sqlite3.connect(path)) as db, db:
        store = Store.open(tmp_path / "other", now)
        with store.transaction() as connection:
            Notices(store).queue_digest(connection, "post", 1, digest("x"), [("post", "")])
        with store.snapshot() as connection:
            facts = connection.exec_driver_sql("SELECT facts FROM notice").scalar_one()
        store.close()
        old = json.dumps({"concerns" if name == "alerts" else name: v for name, v in json.loads(facts).items()})
        notices = [(1, "key", moment, "warning", json.dumps(key)), (2, "week", moment, "digest", old)]
        db.executemany("INSERT INTO notice (id, name, at, tells, facts) VALUES (?, ?, ?, ?, ?)", notices)
        kinds = [(1, "post:warning:warning:a@x.org"), (1, "chat:warning"), (2, "warning:digest:warning")]
        db.executemany("INSERT INTO outbox (notice_id, kind) VALUES (?, ?)", kinds)
    store = Store.open(tmp_path, now)
    found = [(item.sink, item.tells, item.address) for item in Outbox(store).list_pending()]
    assert found == [("post", "alert", "warning:a@x.org"), ("chat", "alert", ""), ("warning", "digest", "warning")]
    assert Notices(store).notice(1, "s", "UTC").about == Alert(**key)
    assert Notices(store).notice(2, "s", "UTC").about == digest("x")
    store.close()


def test_what_was_stored_with_one_number_an_extension_is_read_as_it_was(tmp_path):
    """By the program that knows of several, after the upgrade from the last schema that knew of one."""
    path = tmp_path / FILE
    migrate.upgrade(path, to="0006")
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO drop_file (inbox, name, sha256, size, path, received) VALUES ('hr','a','b',1,'c','d')")
        columns = "id, drop_id, inbox, state, counts, holds, created, changed"
        at = "'2026-01-01 00:00:00.000000'"
        db.execute(f"INSERT INTO run ({columns}) VALUES (1, 1, 'hr', 'applied', '{{}}', '[]', {at}, {at})")
        made = "INSERT INTO pbx_change VALUES (1, ?, 1, 'hq', ?, ?, ?, ?, ?, 'done', '', '')"
        db.execute(made, (1, "1000", None, "+33199001000", "ada@x.org", "+33199001001"))
        db.execute(made, (2, "1001", "bob@x.org", None, None, None))
        row = (
            "INSERT INTO sheet_row VALUES (1, 1, ?, 'attach', 'ada@x.org', 'hq', '1000', '', 'done', ?, ?, ?, ?, ?, ?)"
        )
        freed = '["hq", "1001", ["ada@x.org", null], [null, null]]'
        more = f'{{"effects": [["hq", "1000", [null, "+331"], ["ada@x.org", "+331"]], {freed}]}}'
        db.execute(row, (2, "number_changed", "ada@x.org", "+331", "ada@x.org", "+332", None))
        db.execute(row, (3, "moved", None, "+331", "ada@x.org", "+331", more))
    with closing(Store.open(path.parent, now)) as store:
        journal = Journal(store, 1)
        assert [change[3:] for change in journal.changes(None)] == [
            (Holding(None, ("+33199001000",)), Holding("ada@x.org", ("+33199001001",))),
            (Holding("bob@x.org"), VACANT),
        ]
        effects = [verdict.effects for _, verdict, _ in journal.rows(1)]
    assert effects == [
        (Effect("hq", "1000", Holding("ada@x.org", ("+331",)), Holding("ada@x.org", ("+332",))),),
        (
            Effect("hq", "1000", Holding(None, ("+331",)), Holding("ada@x.org", ("+331",))),
            Effect("hq", "1001", Holding("ada@x.org"), VACANT),
        ),
    ]
