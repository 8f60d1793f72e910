"""A way to the directory on which writes are seen, and may be lost."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Callable
from typing import Literal

Fate = Literal["pass", "lose", "swallow"]
"""What becomes of a write: it passes; it is lost on the way; or it arrives and its answer is lost."""

MODIFY = 0x66
"""The tag of a modify request in LDAP's BER."""


class Proxy:
    """Listens on the loopback interface and passes on what is said in the clear. `decide` is asked for each block with
    writes, with the number of the first of them; a connection on which something was lost is cut."""

    def __init__(self, port: int, decide: Callable[[int], Fate]) -> None:
        self._to, self._decide = port, decide
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.writes = 0
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._carry, args=(client,), daemon=True).start()

    def _carry(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._to)) as server, selectors.DefaultSelector() as ready:
            ready.register(client, selectors.EVENT_READ, server)
            ready.register(server, selectors.EVENT_READ, client)
            while True:
                for key, _ in ready.select():
                    source, target = key.fileobj, key.data
                    assert isinstance(source, socket.socket)
                    data = source.recv(65536)
                    fate = self._judge(data) if source is client else "pass"
                    if not data or fate == "lose":
                        return
                    target.sendall(data)
                    if fate == "swallow":
                        server.recv(65536)  # it is made, and nobody hears of it
                        return

    def _judge(self, data: bytes) -> Fate:
        count = sum(tag == MODIFY for tag in _tags(data))
        if not count:
            return "pass"
        self.writes += count
        return self._decide(self.writes - count + 1)


def _tags(data: bytes) -> list[int]:
    """The operations in a block of whole messages: SEQUENCE { messageID INTEGER, operation, ... }."""
    found, at = [], 0
    while at < len(data):
        length, start = _length(data, at + 1)
        number, content = _length(data, start + 1)
        found.append(data[content + number])
        at = start + length
    return found


def _length(data: bytes, at: int) -> tuple[int, int]:
    """A BER length, and where what it measures begins."""
    first = data[at]
    if first < 0x80:
        return first, at + 1
    size = first & 0x7F
    return int.from_bytes(data[at + 1 : at + 1 + size], "big"), at + 1 + size
