"""The simulator as an HTTPS server: a thread a connection, kept open between requests, with faults where they belong.

`https://127.0.0.1:PORT/api/...` is asked by most clients. ALE's own can only ask port 443 of a host that they do not
parse; with `--host 127.0.0.1:PORT/rb` they ask `https://127.0.0.1:PORT/rb:443/api/...`, so whatever stands before
`/api/` is dropped.
"""

from __future__ import annotations

import re
import socket
import ssl
import subprocess
import sys
import threading
import traceback
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import parse_qsl, urlsplit

from rainbow.answers import Answer, RefusedError, as_html, too_many_requests
from rainbow.edits import apply_edit
from rainbow.faults import Fault
from rainbow.routes import admin, authentication, control, enduser, massprovisioning
from rainbow.routes.table import ROUTES, Call
from rainbow.world import Request, World

HANDLERS = (admin, authentication, control, enduser, massprovisioning)
"""Importing them fills the table of routes."""

PREFIX = re.compile(r"^/[\w.-]*:443(?=/)")
NOTHING = Answer(0)
"""The connection is closed instead of an answer."""
SLOWEST = 600
MOST_OF_A_BODY = 32 << 20


def respond(world: World, method: str, target: str, headers: dict[str, str], body: bytes) -> Answer:
    """The answer to one request; `NOTHING` where there is none. Header names are in lower case."""
    target = PREFIX.sub("", target)
    path, query = urlsplit(target).path, dict(parse_qsl(urlsplit(target).query, keep_blank_values=True))
    with world.lock:
        world.provisioning.advance(world.now())
        if path.startswith(control.CONTROL):
            return _handle(Call(world, method, path, query, headers, body, {}))
        login, came = _name_account(world, headers), world.now()
        fault = world.faults.take(method, target)
        answer = _answer(Call(world, method, path, query, headers, body, {}), fault, login)
        text = body.decode(errors="replace")
        world.requests.append(Request(method, target, answer.status, login, text, came))
        return answer


def _answer(call: Call, fault: Fault | None, login: str) -> Answer:
    world, kind = call.world, "" if fault is None else fault.kind
    if (wait := world.limit.admit(login, world.now())) is not None:
        return too_many_requests(wait)
    world.pause(world.latency)
    if fault is not None:
        if kind == "status":
            return RefusedError(fault.status, "").answer()
        if kind == "html":
            return as_html(fault.status or 200)
        if kind == "too_many":
            return too_many_requests(int(fault.seconds))
        if kind == "lose_request":
            return NOTHING
        if kind == "slow":
            world.pause(min(fault.seconds, SLOWEST))
        if kind == "edit":
            apply_edit(world, fault.edit)
    answer = _handle(Call(world, call.method, call.path, call.query, call.headers, call.body, {}, kind))
    if kind == "lose_answer":
        return NOTHING
    if kind == "garbled":
        return Answer(answer.status, answer.body[: len(answer.body) // 2], answer.content_type)
    return answer


def _handle(call: Call) -> Answer:
    try:
        handler, parts = ROUTES.find(call.method, call.path)
        found = Call(call.world, call.method, call.path, call.query, call.headers, call.body, parts, call.fault)
        return handler(found)
    except RefusedError as error:
        return NOTHING if error.details == admin.SILENCE else error.answer()


def _name_account(world: World, headers: dict[str, str]) -> str:
    """For the log and the limit: who asks, or nobody."""
    with suppress(RefusedError):
        return world.accounts.identify(headers, world.now()).login_email
    return ""


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "nginx"
    sys_version = ""
    server: Listener
    wbufsize = -1  # headers and body leave in one piece

    def handle_any(self) -> None:
        length = self.headers.get("Content-Length", "0")
        if not length.isdecimal() or int(length) > MOST_OF_A_BODY:
            self._send(RefusedError(413, "The body is too large.", 413000).answer())
            self.close_connection = True
            return
        body = self.rfile.read(int(length))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self._send(respond(self.server.world, self.command, self.path, headers, body))

    do_GET = do_PUT = do_POST = do_DELETE = handle_any  # noqa: N815

    def _send(self, answer: Answer) -> None:
        if answer is NOTHING:
            self.close_connection = True
            return
        self.send_response(answer.status)
        if answer.status != 204:
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(answer.body)))
        for name, value in answer.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body if answer.status != 204 else b"")
        self.wfile.flush()

    def log_message(self, *_: object) -> None:
        """The log is the world's."""


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self, world: World, context: ssl.SSLContext, address: str, port: int) -> None:
        self.world, self._context = world, context
        self.address_family = socket.AF_INET6 if ":" in address else socket.AF_INET
        super().__init__((address, port), Handler)

    def get_request(self) -> tuple[socket.socket, object]:
        """The handshake is made by the connection's own thread: a client that never ends it holds up nobody."""
        sock, address = super().get_request()
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self._context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False), address

    def handle_error(self, request: object, client_address: object) -> None:
        """Clients hang up and distrust certificates; anything else is a fault of the simulator's."""
        if not isinstance(sys.exception(), OSError):
            traceback.print_exc()


class Simulator:
    """A running simulator of this process: `with Simulator(world, folder) as running: running.url`."""

    def __init__(self, world: World, folder: Path, *, address: str = "127.0.0.1", port: int = 0) -> None:
        """`folder` gets the certificate and its key, once."""
        self.world = world
        self.certificate, key = make_certificate(folder)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, key)
        self._listener = Listener(world, context, address, port)
        self._thread = threading.Thread(target=self._listener.serve_forever, args=(0.05,), daemon=True)
        self.port: int = self._listener.server_address[1]
        self.host = f"[{address}]:{self.port}" if ":" in address else f"{address}:{self.port}"
        self.url = f"https://{self.host}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.world.stopping.set()
        self._listener.shutdown()
        self._thread.join()
        self._listener.server_close()


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of loopback that signs itself, and its key: what a client has to be given as an authority."""
    certificate, key = folder / "rainbow.pem", folder / "rainbow.key"
    if not certificate.exists():
        names = "subjectAltName=IP:127.0.0.1,IP:::1,DNS:localhost"
        words = ["-newkey", "rsa:2048", "-nodes", "-keyout", str(key), "-out", str(certificate), "-days", "3650"]
        command = ["openssl", "req", "-x509", *words, "-subj", "/CN=Rainbow simulator", "-addext", names]
        subprocess.run(command, check=True, capture_output=True)
    return certificate, key
