"""A PostgreSQL of our own: a cluster in a temporary folder, on a free port of the loopback interface."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from integration.cache import missing
from integration.debian import install_packages

PASSWORD = "pw;a^b"
"""With the characters that Asterisk's drivers stumble over."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """A running server; its superuser is `linecard`, with `PASSWORD`."""

    port: int

    def url(self, database: str) -> str:
        return f"postgresql://linecard@127.0.0.1:{self.port}/{database}"

    def create(self, database: str, template: str = "template0") -> str:
        """A new database, as its template is; its address."""
        with self.connection("postgres") as connection:
            connection.execute(f'CREATE DATABASE "{database}" TEMPLATE "{template}" STRATEGY file_copy')
        return self.url(database)

    def connection(self, database: str) -> psycopg.Connection:
        where = {"host": "127.0.0.1", "port": self.port, "dbname": database, "user": "linecard", "password": PASSWORD}
        return psycopg.connect(**where, autocommit=True)


def programs() -> Path:
    """The folder of PostgreSQL's programs. In CI they are installed or the test fails; else the test is skipped."""
    if os.environ.get("CI"):
        install_packages("postgresql", is_there=lambda: bool(_find_programs()))
    found = _find_programs()
    if not found:
        missing("PostgreSQL is not installed: apt-get install postgresql")
    return found[-1].parent


def _find_programs() -> list[Path]:
    return sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3]))


def user() -> dict[str, object]:
    """As whom it runs: PostgreSQL refuses to be root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def cluster(*, durable: bool = False) -> Iterator[Cluster]:
    """A server for as long as the context lasts; `durable` as in production, else it does not wait for the disk."""
    tools, identity, port = programs(), user(), free_port()
    folder = Path(tempfile.mkdtemp(prefix="linecard-pg-"))
    password = folder / "password"
    password.write_text(PASSWORD)
    if identity:
        for path in (folder, password):
            os.chown(path, identity["user"], identity["group"])
    quick = [] if durable else ["-c", "fsync=off", "-c", "synchronous_commit=off", "-c", "full_page_writes=off"]
    own = ["-c", f"port={port}", "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
    try:
        new = ["-D", folder / "data", "-U", "linecard", "-A", "scram-sha-256", "--pwfile", password, "-E", "UTF8"]
        calm = {"cwd": folder, "stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT, **identity}
        subprocess.run([tools / "initdb", *new, "--locale=C", "--no-sync"], check=True, **calm)
        start = ["-D", folder / "data", "-w", "-l", folder / "log", "-o", " ".join(quick + own), "start"]
        subprocess.run([tools / "pg_ctl", *start], check=True, **calm)
        pid = int((folder / "data" / "postmaster.pid").read_text().split()[0])
        try:
            yield Cluster(port)
        finally:
            os.kill(pid, signal.SIGINT)
            subprocess.run(
                [tools / "pg_ctl", "-D", folder / "data", "-m", "immediate", "-w", "stop"], check=False, **calm
            )
    finally:
        shutil.rmtree(folder, ignore_errors=True)
