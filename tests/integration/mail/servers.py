"""Real mail servers on loopback, each as well or as badly behaved as a test wants."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
import threading
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any, NamedTuple

from aiosmtpd.smtp import SMTP, AuthResult

DROP, HANG = "drop the line", "say nothing more"
PASSWORD = "s3cret"


class Taken(NamedTuple):
    """One mail that a server has seen whole, whatever it answered."""

    sender: str
    to: list[str]
    message: EmailMessage
    content: bytes
    encrypted: bool
    user: str
    connection: int


class Server:
    """`data` are answers to the next mails (250 when there are none left), `rcpt` those to addresses."""

    def __init__(self, **more: Any) -> None:
        self.mails: list[Taken] = []
        self.data: list[str] = []
        self.rcpt: dict[str, str] = {}
        self.mail_from = ""
        self.connections = 0
        self._more = {"enable_SMTPUTF8": True, "hostname": "mail.example.org"} | more
        self._implicit = self._more.pop("implicit", None)
        self._loop = asyncio.new_event_loop()
        self._ready = threading.Event()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        self._ready.wait()

    def _serve(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._closing = asyncio.Event()
        self._loop.run_until_complete(self._life())
        self._loop.close()

    async def _life(self) -> None:
        server = await self._loop.create_server(self._connected, "127.0.0.1", 0, ssl=self._implicit)
        self.port = server.sockets[0].getsockname()[1]
        self._ready.set()
        await self._closing.wait()
        server.close()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)
        await server.wait_closed()

    def _connected(self) -> SMTP:
        self.connections += 1
        return SMTP(self, loop=self._loop, **self._more)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join()

    # -- what aiosmtpd asks ----------------------------------------------------------------------------------------

    async def handle_MAIL(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if self.mail_from:
            return self.mail_from
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server: SMTP, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        answer = self.rcpt.get(address, "250 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: SMTP, session: Any, envelope: Any) -> str:  # noqa: N802
        content = envelope.content
        message = message_from_bytes(content, policy=default)
        user = session.auth_data.login.decode() if session.auth_data else ""
        encrypted = session.ssl is not None or self._implicit is not None
        self.mails.append(
            Taken(envelope.mail_from, list(envelope.rcpt_tos), message, content, encrypted, user, self.connections)
        )
        answer = self.data.pop(0) if self.data else "250 OK"
        if answer == DROP:
            server.transport.abort()
        if answer == HANG:
            await asyncio.Event().wait()
        return answer


def authenticator(server: Any, session: Any, envelope: Any, mechanism: str, auth_data: Any) -> AuthResult:
    good = (auth_data.login, auth_data.password) == (b"linecard", PASSWORD.encode())
    return AuthResult(success=good, handled=False, auth_data=auth_data)


class Keys:
    """An authority, a certificate of 127.0.0.1 and localhost by it, one of a client, and one of somebody else."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = self._own("ca")
        self.server = self._signed("server", "subjectAltName=IP:127.0.0.1,DNS:localhost")
        self.client = self._signed("client", "subjectAltName=DNS:linecard")
        self.elsewhere = self._signed("elsewhere", "subjectAltName=DNS:mail.example.net")

    def _openssl(self, *words: str) -> None:
        subprocess.run(["openssl", *words], cwd=self.folder, check=True, capture_output=True)

    def _own(self, name: str) -> Path:
        key = ("-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key")
        self._openssl("req", "-x509", *key, "-out", f"{name}.pem", "-days", "2", "-subj", f"/CN={name}")
        return self.folder / f"{name}.pem"

    def _signed(self, name: str, more: str) -> Path:
        key = ("-newkey", "rsa:2048", "-nodes", "-keyout", f"{name}.key")
        self._openssl("req", *key, "-out", f"{name}.csr", "-subj", f"/CN={name}")
        (self.folder / f"{name}.ext").write_text(more)
        by = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", f"{name}.ext")
        self._openssl("x509", "-req", "-in", f"{name}.csr", *by, "-out", f"{name}.crt")
        both = self.folder / f"{name}.pem"
        both.write_text((self.folder / f"{name}.crt").read_text() + (self.folder / f"{name}.key").read_text())
        both.chmod(0o600)
        return both

    def context(self, certificate: Path, *, client_needed: bool = False) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        if client_needed:
            context.load_verify_locations(self.ca)
            context.verify_mode = ssl.CERT_REQUIRED
        return context
