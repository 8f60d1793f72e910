"""A MariaDB of our own: a server in a temporary folder, on a free port of the loopback interface."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pymysql

from integration.asterisk.postgres import PASSWORD, free_port
from integration.cache import missing
from integration.debian import install_packages

READY = 60.0


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; its user is `linecard`, with `PASSWORD`."""

    port: int

    def url(self, database: str, *, tls: bool = True) -> str:
        """With `tls` off a connection costs a tenth: the driver reads all certificates of the machine for each."""
        return f"mariadb://linecard@127.0.0.1:{self.port}/{database}{'' if tls else '?ssl_disabled=true'}"

    def create(self, database: str, template: str | None = None, *, tls: bool = True) -> str:
        """A new database with the tables of its template, empty; its address."""
        with self.connection() as connection, connection.cursor() as cursor:
            cursor.execute(f"CREATE DATABASE `{database}` CHARACTER SET utf8mb4 COLLATE utf8mb4_bin")
            if template is not None:
                cursor.execute(f"SHOW TABLES FROM `{template}`")
                for (table,) in cursor.fetchall():
                    cursor.execute(f"CREATE TABLE `{database}`.`{table}` LIKE `{template}`.`{table}`")
        return self.url(database, tls=tls)

    def connection(self) -> pymysql.Connection:
        login = {"user": "linecard", "password": PASSWORD}
        return pymysql.connect(host="127.0.0.1", port=self.port, autocommit=True, ssl_disabled=True, **login)


def programs() -> tuple[str, str]:
    """MariaDB's programs. In CI they are installed or the test fails; else the test is skipped."""
    if os.environ.get("CI"):
        install_packages("mariadb-server", is_there=lambda: None not in _find_programs())
    found = _find_programs()
    if None in found:
        missing("MariaDB is not installed: apt-get install mariadb-server")
    return str(found[0]), str(found[1])


def _find_programs() -> tuple[str | None, str | None]:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin"
    return shutil.which("mariadb-install-db", path=path), shutil.which("mariadbd", path=path)


@contextmanager
def server() -> Iterator[Server]:
    """A server for as long as the context lasts; it does not wait for the disk."""
    install, program = programs()
    port = free_port()
    folder = Path(tempfile.mkdtemp(prefix="linecard-maria-"))
    socket = folder / "socket"
    as_whom = ["--user=nobody"] if os.geteuid() == 0 else []
    if as_whom:
        shutil.chown(folder, "nobody", "nogroup")
    data = ["--no-defaults", f"--datadir={folder / 'data'}"]
    calm = {"stdout": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
    try:
        how = ["--auth-root-authentication-method=normal", "--skip-test-db", "--skip-name-resolve"]
        subprocess.run([install, *data, *as_whom, *how], check=True, **calm)
        own = [f"--port={port}", "--bind-address=127.0.0.1", f"--socket={socket}", "--skip-name-resolve"]
        quick = ["--innodb-flush-log-at-trx-commit=0", "--innodb-doublewrite=0", "--sync-binlog=0"]
        with (folder / "output").open("wb") as output:
            process = subprocess.Popen(
                [program, *data, *as_whom, *own, *quick, f"--pid-file={folder / 'pid'}"],
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        try:
            _let_in(process, socket, folder / "output")
            yield Server(port)
        finally:
            process.kill()  # nothing in it is to be kept
            process.wait()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _let_in(process: subprocess.Popen[bytes], socket: Path, output: Path) -> None:
    """Make the user, once the server answers."""
    give_up = time.monotonic() + READY
    while not socket.exists():
        assert process.poll() is None, output.read_text(errors="replace")
        assert time.monotonic() < give_up, output.read_text(errors="replace")
        time.sleep(0.05)
    root = pymysql.connect(unix_socket=str(socket), user="root", autocommit=True)
    with root, root.cursor() as cursor:
        cursor.execute("CREATE USER linecard@'127.0.0.1' IDENTIFIED BY %s", (PASSWORD,))
        cursor.execute("GRANT ALL ON *.* TO linecard@'127.0.0.1' WITH GRANT OPTION")
