"""What a server offers before anything is agreed on: its first packet, which is in plain text (RFC 4253, 7.1)."""

from __future__ import annotations

import socket
from typing import NamedTuple

KEXINIT = 20
HELLO = b"SSH-2.0-linecard\r\n"
MOST_LINES = 50


class Offers(NamedTuple):
    """Algorithms by what they are for, in the server's order."""

    kex: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    ciphers: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()


def read_offers(sock: socket.socket) -> Offers:
    """Ask over a connection of its own. Raises `OSError`, `ValueError` for what is no SSH."""
    with sock.makefile("rwb") as stream:
        for _ in range(MOST_LINES):
            line = stream.readline(256)
            if line.startswith(b"SSH-") or not line:
                break
        if not line.startswith(b"SSH-"):
            raise ValueError("it does not speak SSH")
        stream.write(HELLO)
        stream.flush()
        length = int.from_bytes(stream.read(4), "big")
        packet = stream.read(length) if 20 < length < 1 << 16 else b""
    return parse_offers(packet)


def parse_offers(packet: bytes) -> Offers:
    """The lists of a packet: its padding's length, its type, 16 bytes of chance, then the lists."""
    if packet[1:2] != bytes([KEXINIT]):
        raise ValueError("it does not speak SSH")
    lists, at = [], 18
    for _ in range(6):
        length = int.from_bytes(packet[at : at + 4], "big")
        lists.append(tuple(packet[at + 4 : at + 4 + length].decode("ascii", "replace").split(",")))
        at += 4 + length
    kex, keys, _, ciphers, _, macs = lists
    return Offers(tuple(name for name in kex if not name.startswith(("ext-info", "kex-strict"))), keys, ciphers, macs)
