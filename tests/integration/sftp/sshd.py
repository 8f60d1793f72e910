"""A real OpenSSH server on loopback: its own host keys and configuration, a port that was free, SFTP alone."""

from __future__ import annotations

import getpass
import os
import shutil
import signal
import socket
import subprocess
import time
from contextlib import suppress
from pathlib import Path

from integration.cache import missing
from integration.debian import install_packages

USER = getpass.getuser()
SSHD = "/usr/sbin/sshd"
CONFIG = """\
Port {port}
ListenAddress {address}
{host_keys}
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
TrustedUserCAKeys {folder}/authorities
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
StrictModes no
UseDNS no
LogLevel VERBOSE
MaxStartups 200
MaxSessions {sessions}
{more}
Subsystem sftp internal-sftp
ForceCommand internal-sftp -d {home} {flags}
AllowTcpForwarding {forwarding}
"""


def needed() -> None:
    """OpenSSH's server: in CI the test fails without, elsewhere it is skipped."""
    if not install_packages("openssh-server", "openssh-client", is_there=Path(SSHD).exists):
        missing("OpenSSH's server (package openssh-server) is not installed, and only root can install it")
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)


def made_key(file: Path, kind: str = "ed25519", passphrase: str = "") -> Path:
    """A new key pair; the private one's file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    words = ["ssh-keygen", "-q", "-t", kind, "-N", passphrase, "-C", "test", "-f", str(file)]
    subprocess.run([*words, *(["-b", "2048"] if kind == "rsa" else [])], check=True)
    return file


def public(key: Path) -> str:
    return key.with_name(f"{key.name}.pub").read_text()


def fingerprint(key: Path) -> str:
    words = ["ssh-keygen", "-l", "-f", f"{key}.pub"]
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.split()[1]


class Sshd:
    """`home` is where an account is after its login. `flags` are those of internal-sftp, such as -R.

    `more` are lines of sshd_config.
    """

    def __init__(
        self,
        folder: Path,
        *,
        flags: str = "",
        forwarding: str = "no",
        address: str = "127.0.0.1",
        sessions: int = 10,
        more: str = "",
    ) -> None:
        needed()
        self.folder, self.home, self.address = folder, folder / "home", address
        self._flags, self._forwarding, self._sessions, self._extra = flags, forwarding, sessions, more
        for path in (folder, self.home, self.inbox):
            path.mkdir(parents=True, exist_ok=True)
        for name in ("authorized_keys", "authorities"):
            (folder / name).touch()
        self.host_keys = [made_key(folder / "host_ed25519")]
        with socket.create_server((address, 0), family=socket.AF_INET6 if ":" in address else socket.AF_INET) as free:
            self.port: int = free.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None
        self.limit: int | None = None
        """Bytes after which the server ends when it writes a file; to be set before it starts."""

    @property
    def inbox(self) -> Path:
        return self.home / "hr"

    @property
    def names(self) -> list[str]:
        return sorted(path.name for path in self.inbox.iterdir() if path.is_file())

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    @property
    def logins(self) -> int:
        return self.log.count("Accepted publickey")

    @property
    def known(self) -> str:
        """The lines of a known_hosts file for this server."""
        return "".join(f"[{self.address}]:{self.port} {public(key)}" for key in self.host_keys)

    def lets_in(self, key: Path) -> None:
        with (self.folder / "authorized_keys").open("a") as file:
            file.write(public(key))

    def put(self, name: str | bytes, content: str | bytes) -> Path:
        """Deliver a file as a careful producer does: written elsewhere, then renamed into the inbox."""
        part = self.home / "part"
        part.write_bytes(content.encode() if isinstance(content, str) else content)
        target = self.inbox / os.fsdecode(name)
        part.rename(target)
        return target

    # -- life ----------------------------------------------------------------------------------------------------------

    def start(self) -> None:
        config = self.folder / "sshd_config"
        lines = "\n".join(f"HostKey {key}" for key in self.host_keys)
        config.write_text(
            CONFIG.format(
                port=self.port,
                address=self.address,
                host_keys=lines,
                folder=self.folder,
                home=self.home,
                flags=self._flags,
                forwarding=self._forwarding,
                sessions=self._sessions,
                more=self._extra,
            )
        )
        with (self.folder / "log").open("ab") as log:
            limited = ["prlimit", f"--fsize={self.limit}"] if self.limit is not None else []
            words = [*limited, SSHD, "-D", "-e", "-f", str(config)]
            self._process = subprocess.Popen(words, stdout=log, stderr=log)
        deadline = time.monotonic() + 20
        while not self._answers():
            assert self._process.poll() is None, self.log
            assert time.monotonic() < deadline, self.log

    def _answers(self) -> bool:
        with suppress(OSError), socket.create_connection((self.address, self.port), 1) as sock:
            return sock.recv(4) == b"SSH-"
        return False

    def stop(self) -> None:
        """The machine goes off: nobody is served any more, and no connection lives on."""
        if self._process is not None:
            family = _family(self._process.pid)
            self._process.kill()
            for pid in family:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def rekeyed(self) -> None:
        """The server comes back with another host key."""
        self.stop()
        for key in self.host_keys:
            shutil.move(key, f"{key}.old")
            shutil.move(f"{key}.pub", f"{key}.old.pub")
            made_key(key)
        self.start()


def _family(pid: int) -> list[int]:
    """Every process below this one; each session of a server leads a group of its own."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
    found, new = [], [pid]
    while new:
        new = [child for parent in new for child in parents.get(parent, [])]
        found += new
    return found
