"""The way to Rainbow: through a proxy, over IPv6, and what is told of it."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import threading
import traceback

import pytest

from integration.rainbow.tenants import SimulatedTenant
from linecard.api.backend import BackendError, Change, Entry, Holding, Scope
from linecard.testing import make_context
from rainbow.examples import PASSWORD, SECRET
from rainbow.faults import Fault

HELD = Entry("1000", "ada@example.org")
FAULTS = [
    ("status", "GET", 500),
    ("html", "GET", 200),
    ("garbled", "GET", 0),
    ("lose_answer", "PUT", 0),
    ("half", "PUT", 0),
]


class Proxy(socketserver.ThreadingTCPServer):
    """An HTTP proxy that leads where CONNECT says, or refuses."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, answer: bytes = b"200 OK") -> None:
        self.answer, self.asked = answer, []
        super().__init__(("127.0.0.1", 0), Tunnel)
        threading.Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Tunnel(socketserver.StreamRequestHandler):
    server: Proxy

    def handle(self) -> None:
        where = self.rfile.readline().split()[1].decode()
        while self.rfile.readline().strip():
            pass
        self.server.asked.append(where)
        self.wfile.write(b"HTTP/1.1 " + self.server.answer + b"\r\n\r\n")
        if not self.server.answer.startswith(b"200"):
            return
        host, _, port = where.rpartition(":")
        with socket.create_connection((host, int(port))) as there:
            back = threading.Thread(target=self.copy, args=(there, self.connection), daemon=True)
            back.start()
            self.copy(self.connection, there)
            back.join()

    @staticmethod
    def copy(source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65536):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)


@pytest.fixture
def proxy():
    servers = []

    def start(answer=b"200 OK"):
        servers.append(Proxy(answer))
        return servers[-1]

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


def fetch(tenant, **options):
    backend = tenant.open(**options)
    try:
        return list(backend.fetch(Scope.everything()))
    finally:
        backend.close()


def test_a_proxy_is_used_where_it_is_named(make_tenant, proxy, monkeypatch):
    """And only there: the environment has no say."""
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    tenant, server = make_tenant(HELD), proxy()
    assert fetch(tenant) == [HELD]
    assert server.asked == []
    assert fetch(tenant, proxy=server.url) == [HELD]
    assert set(server.asked) == {tenant.host}


@pytest.mark.parametrize("answer", [b"407 Proxy Authentication Required", b"403 Forbidden", b"502 Bad Gateway"])
def test_a_proxy_that_refuses_is_told(make_tenant, proxy, answer):
    with pytest.raises(BackendError, match="proxy does not lead") as caught:
        fetch(make_tenant(HELD), proxy=proxy(answer).url)
    assert "proxy" in caught.value.remedy


def test_over_ipv6(tmp_path, keys):
    with SimulatedTenant(tmp_path, [HELD], keys=keys, address="::1") as tenant:
        assert tenant.host.startswith("[::1]:")
        assert fetch(tenant) == [HELD]


def test_secrets_are_told_nowhere(make_tenant):
    """Not in the log, in an error or in what a debugger shows: password, application, token, Rainbow's own."""
    tenant = make_tenant(HELD, members=["bob@example.org"])
    told = []

    def log(event, *, level="info", **facts):
        told.append(json.dumps([event, level, facts], default=repr))

    context = make_context(tenant.folder, "hq", log=log)
    for kind, method, status in FAULTS:
        tenant.world.faults.add(Fault(kind, method=method, path="/admin/", status=status, times=0))
        backend = tenant.open(context, timeout=1.0, settle=0.0)
        try:
            told += map(repr, backend.fetch(Scope.everything()))
            told += map(repr, backend.apply([Change(1, "hq", "1000", HELD.holding, Holding("bob@example.org"))]))
        except BackendError as error:
            told += [repr(error), error.remedy, "".join(traceback.format_exception(error))]
        finally:
            told += [repr(backend), repr(vars(backend))]
            backend.close()
            tenant.world.faults.clear()
    tokens = list(tenant.world.accounts.tokens)
    assert tokens
    for secret in (PASSWORD, SECRET, *tokens, "a secret of the"):
        assert not [line for line in told if secret in line]
