"""linecard pointed at the database of FreePBX by mistake, for it is called asterisk too, on a real MariaDB."""

from __future__ import annotations

import json
import os
import subprocess

import pytest
import sqlalchemy as sa

from house import forked
from integration.asterisk import mariadb, places, postgres
from linecard_asterisk.freepbx import find_freepbx


def string(name: str, length: int, *, optional: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=optional, server_default=None if optional else "")


def define_freepbx() -> sa.MetaData:
    """The tables that say who has which extension and number, with the columns, types and keys of FreePBX 17."""
    metadata = sa.MetaData()
    after = [string(f"{when}_cid", 20) for when in ("noanswer", "busy", "chanunavail")]
    after += [string(f"{when}_dest", 255) for when in ("noanswer", "busy", "chanunavail")]
    sa.Table(
        "users",
        metadata,
        sa.Column("extension", sa.String(20), nullable=False, server_default="", index=True),
        string("password", 20, optional=True),
        string("name", 50, optional=True),
        string("voicemail", 50, optional=True),
        sa.Column("ringtimer", sa.Integer),
        string("noanswer", 100, optional=True),
        *(string(name, 50, optional=True) for name in ("recording", "outboundcid", "sipname")),
        *after,
        string("mohclass", 80, optional=True),
    )
    sa.Table(
        "devices",
        metadata,
        sa.Column("id", sa.String(20), nullable=False, server_default="", index=True),
        sa.Column("tech", sa.String(10), nullable=False, server_default="", index=True),
        string("dial", 255),
        string("devicetype", 5),
        string("user", 50, optional=True),
        string("description", 50, optional=True),
        string("emergency_cid", 100, optional=True),
        string("hint_override", 100, optional=True),
    )
    for name in ("sip", "pjsip"):
        sa.Table(
            name,
            metadata,
            sa.Column("id", sa.String(20), primary_key=True, server_default="-1"),
            sa.Column("keyword", sa.String(30), primary_key=True, server_default=""),
            sa.Column("data", sa.String(8100), nullable=False),
            sa.Column("flags", sa.Integer, nullable=False, server_default="0"),
        )
    lengths = {"alertinfo": 255, "ringing": 20, "fanswer": 20, "description": 80, "grppre": 80, "pricid": 20}
    lengths |= {"pmmaxretries": 2, "pmminlength": 2, "reversal": 10, "rvolume": 2, "indication_zone": 20}
    sa.Table(
        "incoming",
        metadata,
        string("cidnum", 50, optional=True),
        sa.Column("extension", sa.String(50), nullable=False),
        string("destination", 50, optional=True),
        sa.Column("privacyman", sa.SmallInteger),
        string("mohclass", 80),
        sa.Column("delay_answer", sa.Integer),
        *(string(name, length, optional=True) for name, length in lengths.items()),
    )
    return metadata


def fill(connection: sa.Connection, metadata: sa.MetaData) -> None:
    """Two extensions of people and the route of a number, as FreePBX writes them."""
    tables = metadata.tables
    for extension, name in (("100", "Ada Lovelace"), ("101", "Max Born")):
        connection.execute(tables["users"].insert().values(extension=extension, name=name, voicemail="default"))
        device = {"id": extension, "tech": "pjsip", "dial": f"PJSIP/{extension}", "devicetype": "fixed"}
        connection.execute(tables["devices"].insert().values(user=extension, description=name, **device))
        secret = {"id": extension, "keyword": "secret", "data": "not for us", "flags": 2}
        connection.execute(tables["sip"].insert().values(**secret))
    route = {"cidnum": "", "extension": "+33199001000", "destination": "from-did-direct,100,1"}
    connection.execute(tables["incoming"].insert().values(**route))


@pytest.fixture(scope="module")
def server():
    with mariadb.server() as server:
        yield server


@pytest.fixture
def freepbx(server):
    """The address of a FreePBX's database."""
    url = server.create("asterisk")
    engine = places.engine_of(url, postgres.PASSWORD)
    metadata = define_freepbx()
    metadata.create_all(engine)
    with engine.begin() as connection:
        fill(connection, metadata)
    yield url, engine
    with server.connection() as connection, connection.cursor() as cursor:
        cursor.execute("DROP DATABASE asterisk")
    engine.dispose()


def content(engine: sa.Engine) -> dict[str, list[tuple]]:
    metadata = sa.MetaData()
    metadata.reflect(engine)
    with engine.connect() as connection:
        return {name: sorted(map(repr, connection.execute(sa.select(t)))) for name, t in metadata.tables.items()}


def test_it_is_recognised_told_what_works_and_left_alone(freepbx, tmp_path):
    """Not as nine missing tables, which somebody might create there."""
    url, engine = freepbx
    before = content(engine)
    for name in ("state", "archive", "reports", "inbox"):
        (tmp_path / name).mkdir()
    (tmp_path / "linecard.yaml").write_text(
        f"region: FR\npbxs:\n  hq: {{backend: asterisk, options: {{url: '{url}', password: 'env:PW'}}}}\n"
        "inboxes:\n  hr: {path: inbox, default_pbx: hq}\n"
    )
    (tmp_path / "sheet.csv").write_text("Action,LoginEmail,Extension\nattach,ada@example.org,100\n")
    env = os.environ | {"PW": postgres.PASSWORD, "LINECARD_CONFIG": f"{tmp_path}/linecard.yaml"}

    def run(*words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [forked.command(), *words], env=env, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )

    findings = [found for found in json.loads(run("doctor", "--json").stdout) if found["check"] == "pbx hq"]
    (found,) = findings
    assert not found["ok"]
    assert "the database of FreePBX (extensions: 2, devices: 2, inbound routes: 1)" in found["message"]
    assert "Do not create Asterisk's tables there" in found["remedy"]
    assert run("check", "sheet.csv").returncode == 0, "what the remedy says that works"
    planned = run("plan", "sheet.csv")
    assert planned.returncode == 2
    assert "FreePBX" in planned.stderr
    assert content(engine) == before, "nothing was made or changed there"


def test_other_tables_of_these_names_are_not_taken_for_freepbx(server):
    engine = places.engine_of(server.create("other"), postgres.PASSWORD)
    metadata = sa.MetaData()
    for name in ("users", "devices", "incoming"):
        sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True))
    metadata.create_all(engine)
    assert find_freepbx(engine) is None
    engine.dispose()
