"""A simulated PBX on loopback: a thread a connection, a log of requests, and faults where a test wants them.

Nothing of linecard is imported here or in the PBXs beside: they are what it is compared with.
"""

from __future__ import annotations

import json
import socket
import ssl
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qsl, unquote, urlsplit


@dataclass(frozen=True)
class Asked:
    """A request: `query` has the last of each name; `path` is decoded, without a trailing slash."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes
    at: float = 0.0

    @property
    def json(self) -> Any:
        return json.loads(self.body) if self.body else None


@dataclass(frozen=True)
class Reply:
    """An answer; `content` of bytes is sent as it is, anything else as JSON, None as no body."""

    status: int
    content: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)
    kind: str = "application/json"

    @property
    def body(self) -> bytes:
        if self.content is None:
            return b""
        return self.content if isinstance(self.content, bytes) else json.dumps(self.content).encode()


class Refusal(Exception):
    """The answer, from wherever it is decided."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply.status)
        self.reply = reply


@dataclass
class Fault:
    """What goes wrong with the next `times` requests of a method whose path has this text, after `skip` of them.

    `lose_request`: nothing is done and the connection is closed. `lose_answer`: it is done, and the connection is
    closed. `late`: it is done `seconds` after the connection was closed. `reply`: this is answered, and nothing done.
    """

    kind: str
    method: str = ""
    path: str = ""
    reply: Reply | None = None
    times: int = 1
    skip: int = 0
    seconds: float = 0.0


class SimulatedPbx:
    """What each of them has: a lock, a log, faults, a pace that it bears."""

    def __init__(self) -> None:
        self.lock = threading.RLock()
        self.asked: list[Asked] = []
        self.faults: list[Fault] = []
        self.latency = 0.0
        self.most: tuple[int, float] | None = None
        """So many requests in so many seconds; one more is answered with 429."""
        self.too_many = 0
        self.keeps_log = True
        self.came: list[float] = []
        self._later: list[threading.Timer] = []

    def handle(self, asked: Asked) -> Reply:
        raise NotImplementedError

    def respond(self, asked: Asked) -> Reply | None:
        """None where the connection is to be closed."""
        with self.lock:
            self.came.append(asked.at)
            if self.keeps_log:
                self.asked.append(asked)
            if self.most is not None and self._count_since(asked.at - self.most[1]) > self.most[0]:
                self.too_many += 1
                return Reply(429, {"message": "too many requests"}, {"Retry-After": "1"})
            fault = self._take_fault(asked)
        if self.latency:
            time.sleep(self.latency)
        if fault is None:
            return self._answer(asked)
        if fault.kind == "reply":
            return fault.reply
        if fault.kind == "late":
            timer = threading.Timer(fault.seconds, self._answer, [asked])
            self._later.append(timer)
            timer.start()
        elif fault.kind == "lose_answer":
            self._answer(asked)
        return None

    def _count_since(self, since: float) -> int:
        count = 0
        for at in reversed(self.came):
            if at <= since:
                break
            count += 1
        return count

    def _answer(self, asked: Asked) -> Reply:
        with self.lock:
            try:
                return self.handle(asked)
            except Refusal as refusal:
                return refusal.reply

    def _take_fault(self, asked: Asked) -> Fault | None:
        for fault in self.faults:
            if fault.method in {"", asked.method} and fault.path in asked.path:
                if fault.skip:
                    fault.skip -= 1
                    continue
                fault.times -= 1
                if not fault.times:
                    self.faults.remove(fault)
                return fault
        return None

    def count(self, method: str = "", path: str = "") -> int:
        """Requests that came."""
        with self.lock:
            return sum(method in {"", each.method} and path in each.path for each in self.asked)

    def wait_for_late(self) -> None:
        for timer in self._later:
            timer.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1
    disable_nagle_algorithm = True
    server: _Listener

    def handle_any(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length", "0")))
        parts = urlsplit(self.path)
        headers = {name.lower(): value for name, value in self.headers.items()}
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        path = unquote(parts.path)
        reply = self.server.pbx.respond(Asked(self.command, path, query, headers, body, time.monotonic()))
        if reply is None:
            self.close_connection = True
            return
        content = reply.body
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if content:
            self.send_header("Content-Type", reply.kind)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)
        self.wfile.flush()

    do_GET = do_PUT = do_POST = do_PATCH = do_DELETE = handle_any  # noqa: N815

    def log_message(self, *_: object) -> None:
        """The log is the PBX's."""


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, pbx: SimulatedPbx, context: ssl.SSLContext | None) -> None:
        self.pbx, self._context = pbx, context
        super().__init__(("127.0.0.1", 0), _Handler)

    def get_request(self) -> tuple[socket.socket, object]:
        sock, address = super().get_request()
        if self._context is not None:
            sock = self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)
        return sock, address

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients hang up; anything else is a fault of the simulator's."""
        traceback.print_exc()


class ServedPbx:
    """`with ServedPbx(pbx) as served: served.url`; with a certificate and its key, over TLS."""

    def __init__(self, pbx: SimulatedPbx, keys: tuple[Path, Path] | None = None, ca_file: Path | None = None) -> None:
        self.pbx = pbx
        context = None
        if keys is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*keys)
            if ca_file is not None:
                context.load_verify_locations(ca_file)
                context.verify_mode = ssl.CERT_REQUIRED
        self._listener = _Listener(pbx, context)
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True)
        self.port: int = self._listener.server_address[1]
        self.url = f"{'https' if keys else 'http'}://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()
        self.pbx.wait_for_late()


Handler = Callable[..., Reply]


class Routes:
    """Handlers by method and path; `{name}` stands for one part of a path."""

    def __init__(self) -> None:
        self._routes: list[tuple[str, list[str], Handler]] = []

    def add(self, method: str, path: str) -> Callable[[Handler], Handler]:
        def keep(handler: Handler) -> Handler:
            self._routes.append((method, path.split("/"), handler))
            return handler

        return keep

    def find(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        parts = path.split("/")
        for of, pattern, handler in self._routes:
            if of == method and len(pattern) == len(parts) and all(_fits(pattern, parts)):
                return handler, dict(_bind(pattern, parts))
        return None


def _fits(pattern: list[str], parts: list[str]) -> Iterator[bool]:
    return (p.startswith("{") or p == part for p, part in zip(pattern, parts, strict=True))


def _bind(pattern: list[str], parts: list[str]) -> Iterator[tuple[str, str]]:
    return ((p.strip("{}"), part) for p, part in zip(pattern, parts, strict=True) if p.startswith("{"))
