"""Talking to systemd (sd_notify(3)): one datagram to the socket it names; nothing where it names none."""

from __future__ import annotations

import os
import socket
import time


class SystemdNotifier:
    """`address` is what NOTIFY_SOCKET says."""

    def __init__(self, address: str | None = None) -> None:
        self._address = os.environ.get("NOTIFY_SOCKET") if address is None else address

    def _send(self, *lines: str) -> None:
        if not self._address:
            return
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
            try:
                sender.connect(address)
                sender.sendall("\n".join(lines).encode())
            except OSError:  # systemd is gone or does not listen: no reason to stop the work
                return

    def send_ready(self) -> None:
        self._send("READY=1")

    def send_status(self, sentence: str) -> None:
        self._send(f"STATUS={sentence.replace(chr(10), ' ')}")

    def send_alive(self) -> None:
        self._send("WATCHDOG=1")

    def send_reloading(self) -> None:
        self._send("RELOADING=1", f"MONOTONIC_USEC={time.clock_gettime_ns(time.CLOCK_MONOTONIC) // 1000}")

    def send_stopping(self) -> None:
        self._send("STOPPING=1")
