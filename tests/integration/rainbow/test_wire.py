"""What comes over the connection may be anything: each answer ends, in time and in a sentence."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from contextlib import closing
from datetime import UTC, datetime

import pytest

from linecard.api.backend import VACANT, BackendError, Change, ChangeStatus, Entry, Holding, Scope
from linecard.infrastructure.rate_budget import FileRateBudget
from linecard.infrastructure.request_gate import UNSAID, read_retry_after
from linecard.rules.token_bucket import Rate
from linecard.testing import make_context
from linecard_rainbow.errors import read_refusal
from rainbow.faults import Fault

NOW = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


@pytest.fixture
def serve(make_tenant):
    """A server that answers each request as `answer(connection)` does, and a backend that asks it."""
    tenant = make_tenant()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    keys = tenant.make_options().ca_file.parent
    context.load_cert_chain(keys / "rainbow.pem", keys / "rainbow.key")
    listener = socket.create_server(("127.0.0.1", 0))
    listener.settimeout(0.05)
    stopping, threads = threading.Event(), []
    key = tenant.folder / "key"
    key.touch(mode=0o600)
    key.write_text("key-1")

    def work(connection, answer):
        with closing(connection):
            try:
                with context.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(65536)
                    answer(secured, stopping)
            except OSError:
                pass  # the client has had enough

    def listen(answer):
        while not stopping.is_set():
            try:
                connection, _ = listener.accept()
            except TimeoutError:
                continue
            connection.settimeout(5)
            begin(work, connection, answer)

    def begin(task, *args):
        threads.append(threading.Thread(target=task, args=args, daemon=True))
        threads[-1].start()

    def open_backend(answer, **options):
        begin(listen, answer)
        host = f"127.0.0.1:{listener.getsockname()[1]}"
        return tenant.open(host=host, login=None, password=None, api_key="file:key", **options)

    yield open_backend
    stopping.set()
    for thread in threads:
        thread.join()
    listener.close()


HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def drip(connection, stopping):
    """A byte now and then, for ever."""
    connection.sendall(HEAD + b"Content-Length: 1000000\r\n\r\n")
    while not stopping.wait(0.02):
        connection.sendall(b" ")


def flood(connection, stopping):
    connection.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
    while not stopping.is_set():
        connection.sendall(b"100000\r\n" + b" " * 0x100000 + b"\r\n")


def bomb(connection, stopping):
    """A small answer of very many bytes."""
    _ = stopping
    body = gzip.compress(b" " * (65 << 20), 1)
    connection.sendall(HEAD + b"Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(body) + body)


def nest(connection, stopping):
    _ = stopping
    body = b"[" * 200_000
    connection.sendall(HEAD + b"Content-Length: %d\r\n\r\n" % len(body) + body)


@pytest.mark.parametrize("answer", [drip, flood, bomb, nest])
def test_an_answer_that_has_no_end(serve, answer):
    backend = serve(answer, timeout=0.1 if answer is drip else 5.0)
    began = time.monotonic()
    with pytest.raises(BackendError, match=r"complete within|larger than|cannot be read"):
        list(backend.fetch(Scope.everything()))
    backend.close()
    assert time.monotonic() - began < 60


def test_a_refusal_that_is_nested_without_end():
    assert "[[[" in str(read_refusal("look", 400, b"[" * 200_000))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        ("0", 1),
        ("-5", UNSAID),
        ("1.5", UNSAID),
        ("", UNSAID),
        (" ", UNSAID),
        ("soon", UNSAID),
        ("Mon, 02 Mar 2026 08:00:30 GMT", 30),
        ("Mon, 02 Mar 2020 08:00:30 GMT", 1),
        ("Mon, 02 Mar 99999 08:00:30 GMT", UNSAID),
        ("Mon, 02 Mar 2026 08:00:30", UNSAID),
        ("Mon, 02 Mar 2026 08:00:30 -0000", UNSAID),
        ("Mon,", UNSAID),
        (",,,,", UNSAID),
        ("9" * 400, float("inf")),
    ],
)
def test_a_pause_may_be_said_in_any_way(text, seconds):
    """Seconds or a date; what is neither is ten seconds."""
    assert read_retry_after(text, lambda: NOW) == seconds


def test_patience_is_that_of_all_workers(make_tenant):
    """A tenant that stays shut ends a run when the patience is over, however many changes wait."""
    tenant = make_tenant(*(Entry(f"{1000 + n}") for n in range(8)), members=[f"m{n}@example.org" for n in range(8)])
    budget = FileRateBudget(
        tenant.folder / "budget", Rate(0.001, 1), clock=time.monotonic, sleep=time.sleep, boot=b"0" * 16
    )
    context = make_context(tenant.folder, "hq", rate_budget=lambda *_: budget)
    backend = tenant.open(context, patience=3.5)
    list(backend.members(Scope.everything()))
    tenant.world.faults.add(Fault("too_many", path="phone-numbers", seconds=1, times=0, skip=8))
    began = time.monotonic()
    with pytest.raises(BackendError, match="too many requests"):
        list(backend.apply([Change(n, "hq", f"{1000 + n}", VACANT, Holding(f"m{n}@example.org")) for n in range(8)]))
    backend.close()
    assert time.monotonic() - began < 8


def test_a_connection_that_is_closed_before_the_answer(make_tenant):
    """Whether the change had been read is not known: it is looked for, and not sent again."""
    tenant = make_tenant(Entry("1000"), members=["ada@example.org"])
    tenant.world.faults.add(Fault("lose_request", method="PUT"))
    backend = tenant.open(settle=0.1)
    (result,) = backend.apply([Change(1, "hq", "1000", VACANT, Holding("ada@example.org"))])
    backend.close()
    assert (result.status, tenant.count_requests("PUT")) == (ChangeStatus.UNKNOWN, 1)
