"""The wire: one connection to a mail server, kept for several letters, and what its answers mean."""

from __future__ import annotations

import os
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from linecard.api import Log
from linecard.api.sink import SinkError
from linecard_mail.answers import clean_answer, translate_error
from linecard_mail.options import MailOptions


class _PlainSmtp(smtplib.SMTP):
    """Known to its owner before it connects, so that it can be broken off while it waits for a greeting."""

    def __init__(self, began: Callable[[smtplib.SMTP], None], *words: Any, **more: Any) -> None:
        began(self)
        super().__init__(*words, **more)


class _TlsSmtp(smtplib.SMTP_SSL):
    """The same, encrypted from the first byte."""

    def __init__(self, began: Callable[[smtplib.SMTP], None], *words: Any, **more: Any) -> None:
        began(self)
        super().__init__(*words, **more)


class MailClient:
    """Used by one thread at a time. Whatever goes wrong, the next letter begins with a new connection."""

    def __init__(self, options: MailOptions, folder: Path, log: Log) -> None:
        self._options, self._folder, self._log = options, folder, log
        self._smtp: smtplib.SMTP | None = None

    def log_in(self) -> str:
        """Connect, encrypt and log in as for a mail, and send none; what was reached, in a few words. Raises
        `SinkError`."""
        options = self._options
        with self._translate_errors():
            sock = self._connect().sock
        how = [f"encrypted with {sock.version()}" if isinstance(sock, ssl.SSLSocket) else "not encrypted"]
        how += [f"logged in as {options.user}"] if options.user is not None and options.password is not None else []
        return f"{options.host} answers on port {options.at_port}, {', '.join(how)}"

    def read_size_limit(self) -> int | None:
        """Bytes that the server takes of one mail, if it says so. Raises `SinkError`."""
        with self._translate_errors():
            said = self._connect().esmtp_features.get("size", "")
        return int(said) if said.isdecimal() and int(said) else None

    def send_mail(self, sender: str, address: str, content: bytes, *, utf8: bool) -> str:
        """Give one mail to the server for one address; its answer. Raises `SinkError`.

        A mail whose answer is not heard may have been taken all the same: it is sent again, with the same id.
        """
        with self._translate_errors():
            smtp = self._connect()
            if utf8 and not smtp.has_extn("smtputf8"):
                raise SinkError(
                    f"{self._options.host} cannot deliver to {address}: it does not know SMTPUTF8.",
                    remedy="Give an address of plain letters.",
                    final=True,
                )
            self._log(f"Sending {len(content):,} bytes to {address}", level="debug")
            code, answer = self._transmit(smtp, sender, address, content, ("SMTPUTF8", "BODY=8BITMIME") if utf8 else ())
        return f"{self._options.host}: {code} {clean_answer(answer)}"

    def _transmit(
        self, smtp: smtplib.SMTP, sender: str, address: str, content: bytes, more: tuple[str, ...]
    ) -> tuple[int, bytes]:
        if smtp.does_esmtp and smtp.has_extn("size"):
            more = (*more, f"size={len(content)}")
        code, answer = smtp.mail(sender, more)
        if code != 250:
            raise smtplib.SMTPSenderRefused(code, answer, sender)
        code, answer = smtp.rcpt(address)
        if code not in (250, 251):
            raise smtplib.SMTPRecipientsRefused({address: (code, answer)})
        code, answer = smtp.data(content)
        if code != 250:
            raise smtplib.SMTPDataError(code, answer)
        return code, answer

    # -- the connection --------------------------------------------------------------------------------------------

    def _connect(self) -> smtplib.SMTP:
        if self._smtp is not None:
            try:
                if self._smtp.rset()[0] == 250:
                    return self._smtp
            except (smtplib.SMTPException, OSError):
                pass  # it has gone while nothing was to be sent
            self._drop()
        try:
            self._smtp = self._open_connection()
        except BaseException:
            self._drop()  # a line on which nobody has logged in is of no use to the next letter
            raise
        return self._smtp

    def _open_connection(self) -> smtplib.SMTP:
        options = self._options
        host, port = options.host, options.at_port
        self._log(f"Connecting to {host}, port {port}{' (TLS)' if options.security == 'tls' else ''}", level="debug")
        context = self._make_tls_context() if options.security != "none" else None
        hello, seconds = options.hello, options.timeout
        smtp: smtplib.SMTP
        if options.security == "tls":
            smtp = _TlsSmtp(self._keep_smtp, host, port, hello, timeout=seconds, context=context)
        else:
            smtp = _PlainSmtp(self._keep_smtp, host, port, hello, timeout=seconds)
        smtp.ehlo_or_helo_if_needed()
        if options.security == "starttls":
            self._log("Encrypting the connection (STARTTLS)", level="debug")
            smtp.starttls(context=context)
            smtp.ehlo_or_helo_if_needed()
        if isinstance(smtp.sock, ssl.SSLSocket):
            self._log(f"Encrypted with {smtp.sock.version()}, its certificate is good for {host}", level="debug")
        if options.user is not None and options.password is not None:
            self._log(f"Logging in as {options.user}", level="debug")
            smtp.login(options.user, options.password.reveal(self._folder, os.environ))
        return smtp

    def _keep_smtp(self, smtp: smtplib.SMTP) -> None:
        self._smtp = smtp

    def _make_tls_context(self) -> ssl.SSLContext:
        options = self._options
        file = options.ca_file
        context = ssl.create_default_context(cafile=str(self._folder / file) if file is not None else None)
        if options.certificate is not None:
            context.load_cert_chain(self._folder / options.certificate)
        return context

    def _drop(self) -> None:
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                smtp.close()

    def close(self) -> None:
        """Say goodbye, where somebody still listens."""
        smtp, self._smtp = self._smtp, None
        if smtp is not None:
            with suppress(smtplib.SMTPException, OSError):
                smtp.quit()
            smtp.close()

    # -- what goes wrong -------------------------------------------------------------------------------------------

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Every answer that is no yes, as a `SinkError`; no server keeps it longer than `longest`."""
        ended = threading.Event()
        clock = threading.Timer(self._options.longest, self._abort, (ended,))
        clock.daemon = True
        clock.start()
        try:
            yield
        except SinkError:
            raise
        except (smtplib.SMTPException, OSError, ValueError) as error:
            self._drop()
            if ended.is_set():
                raise SinkError(f"{self._options.host} took longer than {self._options.longest:g} seconds.") from error
            raise translate_error(error, self._options) from error
        finally:
            clock.cancel()

    def _abort(self, ended: threading.Event) -> None:
        ended.set()
        sock = getattr(self._smtp, "sock", None)
        if sock is not None:
            with suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
