"""What a mail server's answer, or its silence, means: for one letter and for good, or for now."""

from __future__ import annotations

import smtplib
import ssl

from linecard.api import sanitize_line
from linecard.api.sink import SinkError
from linecard_mail.options import MailOptions

TOO_LARGE = 552
FINAL = 500
"""Answers from here on are not given otherwise when they are asked for again (RFC 5321)."""


def translate_error(error: Exception, options: MailOptions) -> SinkError:
    """The answer as a `SinkError`. It is final only where it speaks of this letter: what is wrong with server, log-in
    or sender keeps every letter waiting until somebody has corrected it."""
    return _message_error(error, options) or _server_error(error, options)


def _message_error(error: Exception, options: MailOptions) -> SinkError | None:
    host = options.host
    match error:
        case smtplib.SMTPRecipientsRefused(recipients=refused):
            address, (code, answer) = next(iter(refused.items()))
            return SinkError(
                f"{host} does not take mail for {address}: {code} {clean_answer(answer)}.",
                remedy="Correct the address under `tell`, or ask the administrator of the mail server.",
                final=code >= FINAL,
            )
        case smtplib.SMTPDataError(smtp_code=code, smtp_error=answer):
            return SinkError(
                f"{host} did not take the mail: {code} {clean_answer(answer)}.",
                remedy="Ask the administrator of the mail server.",
                final=code >= FINAL,
            )
        case smtplib.SMTPSenderRefused(smtp_code=code, smtp_error=answer):
            return SinkError(
                f"{host} takes no mail from {options.sender}: {code} {clean_answer(answer)}.",
                remedy="Correct `sender`, or ask the administrator of the mail server.",
                final=code == TOO_LARGE,
            )
    return None


def _server_error(error: Exception, options: MailOptions) -> SinkError:
    host = options.host
    if isinstance(error, smtplib.SMTPServerDisconnected) and isinstance(error.__context__, TimeoutError):
        error = error.__context__  # smtplib tells a silence as a dropped line
    match error:
        case smtplib.SMTPAuthenticationError(smtp_code=code, smtp_error=answer):
            return SinkError(
                f"{host} did not let {options.user} log in: {code} {clean_answer(answer)}.",
                remedy="Correct `user` and `password`.",
            )
        case smtplib.SMTPNotSupportedError():
            return SinkError(
                f"{host} does not offer what the configuration asks for: {error}",
                remedy="Look at `security` and `user`, and whether this is the right port.",
            )
        case ssl.SSLCertVerificationError(verify_message=why):
            return SinkError(
                f"{host} shows a certificate that is not trusted: {why}.",
                remedy="Give the authority that signed it in `ca_file`, or correct `host`.",
            )
        case ssl.SSLError():
            return SinkError(
                f"No encryption could be negotiated with {host}: {error.reason or error}.",
                remedy="Look at `security` and the port: tls is for 465, starttls for 587.",
            )
        case TimeoutError():
            return SinkError(f"{host} did not answer within {options.timeout:g} seconds.")
        case smtplib.SMTPResponseException(smtp_code=code, smtp_error=answer):
            return SinkError(f"{host} answered {code} {clean_answer(answer)}.")
        case smtplib.SMTPServerDisconnected():
            return SinkError(f"{host} dropped the connection.")
    reason = getattr(error, "strerror", None) or str(error)
    return SinkError(f"{host} cannot be reached: {reason}.", remedy="Look at `host` and `port`.")


def clean_answer(answer: bytes | str) -> str:
    said = answer.decode(errors="replace") if isinstance(answer, bytes) else answer
    return sanitize_line(said)[:300].rstrip(".")
