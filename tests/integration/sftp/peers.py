"""Servers of many makes, as people run them: what a test says of one is said of all."""

from __future__ import annotations

import getpass
import grp
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

from integration.debian import unpacked
from integration.npm import find_node, install
from integration.sftp.sshd import SSHD, made_key, needed, public

SCRIPTS = Path(__file__).parent / "peer_servers"
OPENSSH = """\
Port {port}
ListenAddress 127.0.0.1
HostKey {host_key}
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
Subsystem sftp internal-sftp
ForceCommand internal-sftp -d {home}
"""
PROFTPD = """\
ServerName test
ServerType standalone
ModulePath {modules}
LoadModule mod_sftp.c
DefaultAddress 127.0.0.1
Port {port}
User {user}
Group {group}
ControlsEngine off
PidFile {folder}/pid
ScoreboardFile {folder}/scoreboard
DelayEngine off
WtmpLog off
TransferLog none
SystemLog {folder}/log
UseReverseDNS off
RequireValidShell off
RootLogin on
AuthOrder mod_auth_file.c
AuthUserFile {folder}/passwd
AuthGroupFile {folder}/group
AllowOverwrite on
TimeoutIdle {idle}
SFTPEngine on
SFTPHostKey {host_key}
SFTPAuthMethods publickey
SFTPAuthorizedUserKeys file:{folder}/authorized_keys
"""


class Peer:
    """A server of one kind. `idle` seconds end an idle connection. Each test has a room of its own there: a folder."""

    is_replacing = False
    """Whether a rename takes a name from another file."""
    address = "127.0.0.1"

    def __init__(self, folder: Path, key: Path, *, idle: int = 600) -> None:
        self.folder, self.home, self.idle = folder, folder / "home", idle
        self.home.mkdir(parents=True)
        self.host_key = made_key(folder / "host_ed25519")
        self.let_in = key.with_name(f"{key.name}.pub")
        with socket.create_server((self.address, 0)) as free:
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self._rooms = 0
        self.begin_room()

    def begin_room(self) -> None:
        self._rooms += 1
        self.room = self.home / str(self._rooms)
        self.inbox.mkdir(parents=True)

    @property
    def inbox(self) -> Path:
        return self.room / "hr"

    @property
    def path(self) -> str:
        """The inbox, as it is named on the server."""
        return str(self.inbox.relative_to(self.home))

    @property
    def known(self) -> str:
        return f"[{self.address}]:{self.port} {public(self.host_key)}"

    def put(self, name: str, content: str, within: Path | None = None) -> Path:
        """Deliver a file as a careful producer beside the server does: written elsewhere, then renamed."""
        part = self.room / "part"
        part.write_text(content)
        return part.rename((within or self.inbox) / name)

    def words(self) -> list[str | Path]:
        """The command that serves."""
        raise NotImplementedError

    def start(self) -> None:
        with (self.folder / "said").open("ab") as out:
            self._process = subprocess.Popen(self.words(), stdout=out, stderr=out, cwd=self.cwd, env=self.environment)
        deadline = time.monotonic() + 30
        while not self._answers():
            assert self._process.poll() is None, (self.folder / "said").read_text()
            assert time.monotonic() < deadline, (self.folder / "said").read_text()

    cwd: Path | None = None

    @property
    def environment(self) -> dict[str, str]:
        return dict(os.environ)

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection((self.address, self.port), 1) as sock:
            return sock.recv(4) == b"SSH-"
        return False

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()  # with those that it started itself
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None


class Openssh(Peer):
    def words(self) -> list[str | Path]:
        needed()
        shutil.copy(self.let_in, self.folder / "authorized_keys")
        config = self.folder / "sshd_config"
        config.write_text(
            OPENSSH.format(port=self.port, folder=self.folder, host_key=self.host_key, home=self.home),
        )
        return [SSHD, "-D", "-e", "-f", config]


class Proftpd(Peer):
    @property
    def _root(self) -> Path:
        return unpacked("proftpd", "proftpd-core", "proftpd-mod-crypto")

    def words(self) -> list[str | Path]:
        root = self._root
        user, uid, gid = getpass.getuser(), os.getuid(), os.getgid()
        passwd, group, keys = (self.folder / name for name in ("passwd", "group", "authorized_keys"))
        passwd.write_text(f"{user}:*:{uid}:{gid}::{self.home}:/bin/sh\n")
        group.write_text(f"{user}:*:{gid}:\n")
        for file in (passwd, group):
            file.chmod(0o600)
        with keys.open("w") as out:  # in the form of RFC 4716, the only one that it reads
            subprocess.run(["ssh-keygen", "-e", "-f", self.let_in], check=True, stdout=out)
        config = self.folder / "proftpd.conf"
        config.write_text(
            PROFTPD.format(
                modules=root / "usr/lib/proftpd",
                port=self.port,
                user=user,
                group=grp.getgrgid(gid).gr_name,
                folder=self.folder,
                idle=self.idle,
                host_key=self.host_key,
            )
        )
        return [root / "usr/sbin/proftpd", "-n", "-q", "-c", config]

    @property
    def environment(self) -> dict[str, str]:
        libraries = next(self._root.glob("usr/lib/*-linux-gnu"), Path())
        return os.environ | {"LD_LIBRARY_PATH": str(libraries)}


class Rclone(Peer):
    is_replacing = True
    remembers = "1ns"
    """How long it remembers what it saw in a folder; 5 minutes unless it is told otherwise."""

    @property
    def program(self) -> Path:
        return unpacked("rclone", "rclone") / "usr/bin/rclone"

    def words(self) -> list[str | Path]:
        keys = self.folder / "authorized_keys"
        shutil.copy(self.let_in, keys)
        address = f"{self.address}:{self.port}"
        options = ["--addr", address, "--key", self.host_key, "--authorized-keys", keys, "--config", "/dev/null"]
        options += ["--dir-cache-time", self.remembers, "--cache-dir", self.folder / "cache"]
        return [self.program, "serve", "sftp", self.home, *options]


class RememberingRclone(Rclone):
    remembers = "5m"

    @property
    def knows_sizes(self) -> bool:
        """Whether it asks for the size of a file again when that is opened, as releases after Debian 12's do."""
        said = subprocess.run([self.program, "version"], check=True, capture_output=True, text=True).stdout
        return not said.startswith("rclone v1.60.")


class Asyncssh(Peer):
    def words(self) -> list[str | Path]:
        script = SCRIPTS / "asyncssh_server.py"
        return [sys.executable, script, str(self.port), self.host_key, self.let_in, self.home]


class Paramiko(Peer):
    is_replacing = True

    def words(self) -> list[str | Path]:
        script = SCRIPTS / "paramiko_server.py"
        return [sys.executable, script, str(self.port), self.host_key, self.let_in, self.home]


class Ssh2(Peer):
    is_replacing = True

    def words(self) -> list[str | Path]:
        self.cwd = _modules()
        return [find_node() / "node", SCRIPTS / "ssh2_server.js", str(self.port), self.host_key, self.let_in, self.home]


PEERS = (Openssh, Proftpd, Rclone, Asyncssh, Paramiko, Ssh2)


def _modules() -> Path:
    """Where ssh2 of npm lies in the version of our lock."""
    return install("sftp-peers", SCRIPTS, "ssh2 of npm")


class Relay:
    """A port before a server, on which all connections end when a test says so."""

    def __init__(self, server: Peer) -> None:
        self._to = (server.address, server.port)
        self._listening = socket.create_server((server.address, 0))
        self.address, self.port = server.address, self._listening.getsockname()[1]
        self.known = f"[{self.address}]:{self.port} {public(server.host_key)}"
        self.path = server.path
        self.left: int | None = None
        """After so many blocks more that the server sends, they end by themselves."""
        self._pairs: list[socket.socket] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def is_cut(self) -> bool:
        return self.left is not None and self.left <= 0

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._listening.accept()
                far = socket.create_connection(self._to)
                self._pairs += [near, far]
                for one, other, counted in ((near, far, False), (far, near, True)):
                    one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._pass_on, args=(one, other, counted), daemon=True).start()

    def _pass_on(self, one: socket.socket, other: socket.socket, counted: bool) -> None:
        with suppress(OSError):
            while block := one.recv(1 << 16):
                if counted and self.left is not None:
                    self.left -= 1
                    if self.left == 0:
                        self.drop()
                        return
                other.sendall(block)
        with suppress(OSError):
            other.shutdown(socket.SHUT_RDWR)

    def drop(self) -> None:
        pairs, self._pairs = self._pairs, []
        for sock in pairs:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()

    def close(self) -> None:
        self._listening.close()
        self.drop()
