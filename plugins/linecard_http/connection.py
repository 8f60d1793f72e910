"""One request over HTTP, and all of its answer; or why there is none, and whether anything can have come of it."""

from __future__ import annotations

import json
import logging
import ssl
import threading
import time
from collections.abc import Mapping
from typing import Any, NamedTuple

import httpx2

from linecard.api import Context
from linecard_http.errors import LostAnswerError, NotReachedError, RestError
from linecard_http.options import HttpOptions

MOST = 64 << 20
"""Bytes of an answer that are read."""
WHOLE = 5
"""Times the time-out, in which an answer that has begun must be complete."""
AGENT = "linecard"
logging.getLogger("httpx2").setLevel(logging.WARNING)  # it logs addresses, in which some PBXs want the token
_NOT_SENT = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)


class Outgoing(NamedTuple):
    """A request as it leaves: `body` is what httpx calls it by (`content`, `data`, `files`)."""

    method: str
    url: str
    query: Mapping[str, Any]
    headers: Mapping[str, str]
    body: Mapping[str, Any]


class Incoming(NamedTuple):
    """An answer as it came; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str]
    content: bytes

    @property
    def kind(self) -> str:
        """Its media type."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def body(self) -> Any:
        """The JSON that it is; None for anything else."""
        if not self.content or "html" in self.kind:
            return None
        try:
            return json.loads(self.content)
        except (ValueError, RecursionError):
            return None

    @property
    def is_readable(self) -> bool:
        """Whether it is what an API answers: JSON, or nothing at all. A portal in front of it sends pages."""
        return not self.content or self.content.strip() == b"null" or self.body is not None


class HttpConnection:
    """The way to one PBX. May be used from any thread; nothing is opened before it is first used."""

    def __init__(self, options: HttpOptions, context: Context) -> None:
        self._options, self._folder = options, context.site.folder
        self._http: httpx2.Client | None = None
        self._opening = threading.Lock()

    def exchange(self, request: Outgoing) -> Incoming:
        """Raises `NotReachedError` where nothing was sent, `LostAnswerError` where it is not known what came of it."""
        where = self._options.url
        try:
            with self._open().stream(
                request.method,
                httpx2.URL(request.url).copy_merge_params(request.query) if request.query else request.url,
                headers={"User-Agent": AGENT, "Accept": "application/json", **request.headers},
                **request.body,
            ) as response:
                return self._receive(response)
        except _NOT_SENT as error:
            raise self._explain(error) from error
        except httpx2.TimeoutException as error:
            raise LostAnswerError(f"{where} did not answer within {self._options.timeout:g} s.") from error
        except (httpx2.HTTPError, OSError) as error:
            said = str(error).rstrip(".") or type(error).__name__
            raise LostAnswerError(f"The connection to {where} was lost: {said}.") from error

    def _receive(self, response: httpx2.Response) -> Incoming:
        """The time-out of a connection begins anew with each byte, so the whole answer has one of its own."""
        until = time.monotonic() + WHOLE * self._options.timeout
        content = bytearray()
        for part in response.iter_bytes():
            content += part
            if len(content) > MOST or time.monotonic() > until:
                raise LostAnswerError(f"The answer of {self._options.url} has no end.")
        headers = {name.lower(): value for name, value in response.headers.items()}
        return Incoming(response.status_code, headers, bytes(content))

    def _explain(self, error: Exception) -> NotReachedError:
        where, words = self._options.url, str(error).rstrip(".") or type(error).__name__
        seen: BaseException | None = error
        while seen is not None:
            if isinstance(seen, ssl.SSLCertVerificationError):
                return NotReachedError(
                    f"The certificate of {where} is not trusted: {seen.verify_message}.",
                    remedy="Name the authority that signed it with `ca_file`, or check `url`.",
                )
            seen = seen.__cause__ or seen.__context__
        through = f" through {self._options.proxy}" if self._options.proxy else ""
        remedy = "Check `proxy` and `url`." if through else "Check `url`, and whether the PBX is up."
        return NotReachedError(f"{where} cannot be reached{through}: {words}.", remedy=remedy)

    def _open(self) -> httpx2.Client:
        with self._opening:
            if self._http is None:
                self._http = httpx2.Client(
                    verify=self._load_certificates() if self._is_encrypted else False,
                    proxy=self._options.proxy,
                    trust_env=False,
                    follow_redirects=False,
                    timeout=httpx2.Timeout(self._options.timeout, connect=min(self._options.timeout, 15.0)),
                    limits=httpx2.Limits(max_connections=self._options.workers + 2),
                )
            return self._http

    @property
    def _is_encrypted(self) -> bool:
        """To read the authorities that a machine trusts takes longer than some answers."""
        return any((address or "").startswith("https:") for address in (self._options.url, self._options.proxy))

    def _load_certificates(self) -> ssl.SSLContext:
        options, folder = self._options, self._folder
        try:
            trusted = ssl.create_default_context(cafile=options.ca_file and folder / options.ca_file)
        except OSError as error:
            raise RestError(f"{options.ca_file} cannot be read: {error}.", remedy="Check `ca_file`.") from error
        if options.client_certificate is not None and options.client_key is not None:
            files = folder / options.client_certificate, folder / options.client_key
            try:
                trusted.load_cert_chain(*files, password=_refuse_passphrase)
            except (OSError, ValueError) as error:
                raise RestError(
                    f"{options.client_certificate} cannot be used with {options.client_key}: {error}.",
                    remedy="Check `client_certificate` and `client_key`, and that the key has no passphrase.",
                ) from error
        return trusted

    def close(self) -> None:
        with self._opening:
            if self._http is not None:
                self._http.close()
                self._http = None


def _refuse_passphrase() -> str:
    raise ValueError("the key has a passphrase")
