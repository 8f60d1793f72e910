"""An SFTP server of paramiko's interface over the system's calls. Arguments: port, host key, the key let in, home."""

from __future__ import annotations

import os
import socket
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import paramiko
from paramiko import SFTPAttributes, SFTPServer

T = TypeVar("T")


class Door(paramiko.ServerInterface):
    def __init__(self, allowed: str) -> None:
        self._allowed = allowed

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        return paramiko.AUTH_SUCCESSFUL if key.get_base64() == self._allowed else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        return "publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


def answered(do: Callable[..., T]) -> Callable[..., T | int]:
    """What the operating system refuses is the answer."""

    def done(*words: object) -> T | int:
        try:
            found = do(*words)
        except OSError as error:
            return SFTPServer.convert_errno(error.errno)
        return paramiko.SFTP_OK if found is None else found

    return done


class Handle(paramiko.SFTPHandle):
    def stat(self) -> SFTPAttributes:
        return SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class Folder(paramiko.SFTPServerInterface):
    """Each request goes to the operating system; what that says is the answer."""

    home: Path

    def _at(self, path: str) -> Path:
        return self.home / self.canonicalize(path).lstrip("/")

    @answered
    def list_folder(self, path: str) -> list[SFTPAttributes]:
        folder = self._at(path)
        return [SFTPAttributes.from_stat(each.lstat(), each.name) for each in folder.iterdir()]

    @answered
    def stat(self, path: str) -> SFTPAttributes:
        return SFTPAttributes.from_stat(self._at(path).stat())

    @answered
    def lstat(self, path: str) -> SFTPAttributes:
        return SFTPAttributes.from_stat(self._at(path).lstat())

    @answered
    def open(self, path: str, flags: int, attr: SFTPAttributes) -> Handle:
        fd = os.open(self._at(path), flags, 0o600)
        handle = Handle(flags)
        handle.readfile = handle.writefile = os.fdopen(fd, "wb" if flags & os.O_WRONLY else "rb", buffering=0)
        return handle

    @answered
    def remove(self, path: str) -> None:
        self._at(path).unlink()

    @answered
    def rename(self, oldpath: str, newpath: str) -> None:
        self._at(oldpath).rename(self._at(newpath))

    @answered
    def mkdir(self, path: str, attr: SFTPAttributes) -> None:
        self._at(path).mkdir()

    @answered
    def rmdir(self, path: str) -> None:
        self._at(path).rmdir()


def talk(sock: socket.socket, host_key: str, allowed: str) -> None:
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    transport = paramiko.Transport(sock)
    transport.add_server_key(paramiko.Ed25519Key.from_private_key_file(host_key))
    transport.set_subsystem_handler("sftp", SFTPServer, Folder)
    with suppress(paramiko.SSHException, EOFError):
        transport.start_server(server=Door(allowed))
        channels = []  # one that nobody holds is closed
        while transport.is_active():
            channels.append(transport.accept(1))


def serve(port: str, host_key: str, let_in: str, home: str) -> None:
    Folder.home = Path(home)
    allowed = Path(let_in).read_text().split()[1]
    with socket.create_server(("127.0.0.1", int(port))) as listening:
        while True:
            sock, _ = listening.accept()
            threading.Thread(target=talk, args=(sock, host_key, allowed), daemon=True).start()


serve(*sys.argv[1:])
