"""An SFTP server that does what OpenSSH never would: it lies, freezes, forgets, and hangs up, when a test says so.

SSH is paramiko's; SFTP is done here, packet by packet, on files in memory.
"""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import paramiko

from integration.sftp.sshd import made_key, public

OPEN, CLOSE, READ, WRITE, LSTAT, FSTAT, OPENDIR, READDIR = 3, 4, 5, 6, 7, 8, 11, 12
REMOVE, MKDIR, RMDIR, REALPATH, STAT, RENAME = 13, 14, 15, 16, 17, 18
CREATE, EXCLUSIVE = 8, 32
STATUS, HANDLE, DATA, NAME, ATTRS = 101, 102, 103, 104, 105
OK, EOF, NO_SUCH_FILE, PERMISSION_DENIED, FAILURE = range(5)
EXTENDED, UNSUPPORTED = 200, 8
DISCONNECT = b"\x01"
REGULAR, FOLDER = 0o100600, 0o040700


@dataclass
class File:
    data: bytes
    modified: int = 1_750_000_000
    mode: int = REGULAR
    says: int | None = None
    """The size that the server tells; None for the true one."""


class HangUp(Exception):
    """The connection ends here and now."""


def _nothing(kind: int, path: bytes) -> None:
    """What a server does by itself before and after a request."""


@dataclass
class Hostile:
    """`before` is called with each request and its path or handle before it is done, `after` before it is answered."""

    folder: Path
    files: dict[bytes, File] = field(default_factory=dict)
    folders: set[bytes] = field(default_factory=lambda: {b"hr"})
    listed: list[bytes] = field(default_factory=list)
    """Names that are listed besides, whether there are such files or not."""
    refuses: dict[int, int] = field(default_factory=dict)
    """What is always answered to these requests."""
    most: int = 1 << 20
    """Bytes that one answer holds at most."""
    backwards: bool = False
    """Whether requests that came together are answered in the reverse order."""
    replaces: bool = False
    """Whether a rename takes a name from another file, as it does on many servers."""
    vague: bool = False
    """Whether it says nothing but that it failed where there is no such file, as the examples of ssh2 do."""
    can: tuple[bytes, ...] = ()
    """The extensions that it announces."""
    bare: bool = False
    """Whether it lists names alone, ends a list with empty answers and a file with an empty block."""
    lists_later: int = 0
    """Seconds by which the times in its lists are later than those that it tells by name."""
    sessions: int = 10
    """Sessions that it takes on one connection at a time."""
    password: str = ""
    """What lets in, in place of any key."""
    names_no_way: bool = False
    """Whether it does not say how to log in when it does not let in, as ProFTPD does after its last way."""
    ends_at: str = ""
    """When it ends the connection with words that are no UTF-8, in place of an answer: at `login` or at `session`."""
    before: Callable[[int, bytes], None] = _nothing
    after: Callable[[int, bytes], None] = _nothing

    def __post_init__(self) -> None:
        self.address = "127.0.0.1"
        key = made_key(self.folder / "hostile_key")
        self._key = paramiko.Ed25519Key.from_private_key_file(str(key))
        self._listening = socket.create_server((self.address, 0))
        self.port: int = self._listening.getsockname()[1]
        self.known = f"[{self.address}]:{self.port} {public(key)}"
        self._thawed = threading.Event()
        self._transports: list[paramiko.Transport] = []
        self._threads: list[threading.Thread] = []
        self._begin(self._accept)

    def put(self, name: bytes, data: bytes) -> File:
        self.files[b"hr/" + name] = file = File(data)
        return file

    @property
    def names(self) -> list[bytes]:
        return sorted(self.files)

    def freeze(self) -> None:
        """The request at hand is never answered."""
        self._thawed.wait(60)
        raise HangUp

    def drop(self) -> None:
        """Every connection ends, as after an idle time-out."""
        for transport in self._transports:
            transport.close()

    def close(self) -> None:
        self._thawed.set()
        with suppress(OSError):
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for transport in self._transports:
            transport.close()
        for thread in self._threads:
            thread.join(10)

    # -- SSH -----------------------------------------------------------------------------------------------------------

    def _begin(self, what: Callable[..., None], *words: object) -> None:
        thread = threading.Thread(target=what, args=words, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self._listening.accept()
            except OSError:
                return
            self._begin(self._serve, sock)

    def _serve(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        transport = paramiko.Transport(sock)
        self._transports.append(transport)
        transport.add_server_key(self._key)
        door = _Door(self, transport)
        with suppress(paramiko.SSHException, EOFError, OSError):
            transport.start_server(server=door)
            while transport.is_active():
                channel = transport.accept(0.2)
                if channel is not None:
                    self._begin(self._talk, channel, transport, door)

    def _talk(self, channel: paramiko.Channel, transport: paramiko.Transport, door: _Door) -> None:
        with suppress(EOFError, OSError, paramiko.SSHException):
            try:
                _Session(self, channel).run()
            except HangUp:
                transport.close()
        channel.close()
        door.sessions += 1


class _Door(paramiko.ServerInterface):
    """Lets everybody in, for SFTP; or whoever has the password."""

    def __init__(self, server: Hostile, transport: paramiko.Transport) -> None:
        self._password, self.sessions, self._names_no_way = server.password, server.sessions, server.names_no_way
        self._ends_at, self._transport = server.ends_at, transport

    def _end_at(self, step: str) -> None:
        if self._ends_at == step:
            message = paramiko.Message()
            message.add_byte(DISCONNECT)
            message.add_int(11)
            message.add_string("Zeitüberschreitung".encode("latin-1"))
            message.add_string("")
            self._transport._send_message(message)  # it is paramiko's, and says this in no other way
            raise EOFError

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        self._end_at("login")
        return paramiko.AUTH_FAILED if self._password else paramiko.AUTH_SUCCESSFUL

    def check_auth_password(self, username: str, password: str) -> int:
        right = self._password != "" and password == self._password
        return paramiko.AUTH_SUCCESSFUL if right else paramiko.AUTH_FAILED

    def get_allowed_auths(self, username: str) -> str:
        if self._names_no_way:
            return ""
        return "password" if self._password else "publickey"

    def check_channel_request(self, kind: str, chanid: int) -> int:
        self._end_at("session")
        if not self.sessions:
            return paramiko.OPEN_FAILED_RESOURCE_SHORTAGE
        self.sessions -= 1
        return paramiko.OPEN_SUCCEEDED

    def check_channel_subsystem_request(self, channel: paramiko.Channel, name: str) -> bool:
        return name == "sftp"


class _Session:
    def __init__(self, server: Hostile, channel: paramiko.Channel) -> None:
        self._server, self._channel = server, channel
        self._open: dict[bytes, File | list[bytes]] = {}
        self._handles = 0

    def run(self) -> None:
        self._packet()
        can = b"".join(_packed(name) + _packed(b"1") for name in self._server.can)
        self._channel.sendall(_packed(b"\x02" + struct.pack(">I", 3) + can))
        while True:
            asked = [self._packet()]
            while self._server.backwards and self._channel.recv_ready():
                asked.append(self._packet())
            for packet in reversed(asked):
                self._answer(packet)

    def _packet(self) -> bytes:
        return self._exactly(int.from_bytes(self._exactly(4), "big"))

    def _exactly(self, length: int) -> bytes:
        found = b""
        while len(found) < length:
            block = self._channel.recv(length - len(found))
            if not block:
                raise EOFError
            found += block
        return found

    def _answer(self, packet: bytes) -> None:
        kind, number = packet[0], packet[1:5]
        path, rest = _text(packet[5:])
        self._server.before(kind, path)
        if kind in self._server.refuses:
            answer, body = STATUS, _status(self._server.refuses[kind])
        else:
            answer, body = self._done(kind, path, rest)
        self._server.after(kind, path)
        self._channel.sendall(_packed(bytes([answer]) + number + body))

    def _done(self, kind: int, path: bytes, rest: bytes) -> tuple[int, bytes]:
        files, folders = self._server.files, self._server.folders
        if kind in (LSTAT, STAT) and path in folders:
            return ATTRS, _attributes(File(b"", mode=FOLDER))
        if kind == OPEN and rest[3] & CREATE:
            if path in files and rest[3] & EXCLUSIVE:
                return STATUS, _status(FAILURE)
            files[path] = File(b"")
        if kind in (RENAME, RMDIR) and path in folders:
            return STATUS, _status(self._moved(path, _text(rest)[0] if kind == RENAME else None))
        if kind in (LSTAT, STAT, OPEN, REMOVE, RENAME) and path not in files:
            return STATUS, _status(FAILURE if self._server.vague else NO_SUCH_FILE)
        if kind in (LSTAT, STAT):
            return ATTRS, _attributes(files[path])
        if kind == OPEN:
            return HANDLE, self._handle(files[path])
        if kind == OPENDIR:
            folders = [b"done"] if self._server.bare and b"hr/done" in folders else []
            return HANDLE, self._handle(self._within(path) + self._server.listed + folders)
        if kind == REALPATH:
            return NAME, struct.pack(">I", 1) + _packed(b"/") + _packed(b"") + struct.pack(">I", 0)
        if kind in (CLOSE, READ, WRITE, FSTAT, READDIR):
            return self._by_handle(kind, path, rest)
        if kind == REMOVE:
            del files[path]
        elif kind == RENAME:
            new = _text(rest)[0]
            if new in files and not self._server.replaces:
                return STATUS, _status(FAILURE)
            files[new] = files.pop(path)
        elif kind == MKDIR:
            folders.add(path)
        return STATUS, _status(OK)

    def _moved(self, folder: bytes, new: bytes | None) -> int:
        """A folder that is empty gets another name, or goes."""
        folders = self._server.folders
        if new in folders or self._within(folder):
            return FAILURE
        folders.discard(folder)
        if new is not None:
            folders.add(new)
        return OK

    def _by_handle(self, kind: int, handle: bytes, rest: bytes) -> tuple[int, bytes]:
        found = self._open.get(handle)
        if found is None:
            return STATUS, _status(FAILURE)
        if kind == CLOSE:
            del self._open[handle]
            return STATUS, _status(OK)
        if isinstance(found, list):
            names, found[:] = found[:], []
            if self._server.bare:
                return NAME, struct.pack(">I", len(names)) + b"".join(_packed(n) + bytes(8) for n in names)
            later = self._server.lists_later
            entries = [_packed(n) + _packed(b"") + _attributes(self._file(n), later) for n in names]
            return (NAME, struct.pack(">I", len(names)) + b"".join(entries)) if names else (STATUS, _status(EOF))
        if kind == FSTAT:
            return ATTRS, _attributes(found)
        offset, length = struct.unpack(">QI", rest[:12])
        if kind == WRITE:
            found.data = found.data[:offset] + rest[12 : 12 + length] + found.data[offset + length :]
            return STATUS, _status(OK)
        block = found.data[offset : offset + min(length, self._server.most)]
        return (DATA, _packed(block)) if block or self._server.bare else (STATUS, _status(EOF))

    def _within(self, path: bytes) -> list[bytes]:
        names = [name.removeprefix(path + b"/") for name in self._server.files if name.startswith(path + b"/")]
        return [name for name in names if b"/" not in name]

    def _file(self, name: bytes) -> File:
        return self._server.files.get(b"hr/" + name, File(b"odd"))

    def _handle(self, of: File | list[bytes]) -> bytes:
        self._handles += 1
        handle = b"handle %d" % self._handles
        self._open[handle] = of
        return _packed(handle)


def _packed(value: bytes) -> bytes:
    return struct.pack(">I", len(value)) + value


def _text(packet: bytes) -> tuple[bytes, bytes]:
    end = 4 + int.from_bytes(packet[:4], "big")
    return packet[4:end], packet[end:]


def _status(code: int) -> bytes:
    return struct.pack(">I", code) + _packed(b"no") + _packed(b"en")


def _attributes(file: File, later: int = 0) -> bytes:
    size = len(file.data) if file.says is None else file.says
    return struct.pack(">IQIII", 1 | 4 | 8, size, file.mode, file.modified, file.modified + later)
