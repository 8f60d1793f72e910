"""Rainbow over HTTPS: what is sent, how long it may take, and what an answer must look like.

Source: an answer that is not JSON or CSV is none, whatever its status says (rainbow-node-sdk 2.46.1 takes a page of
HTML with 200 for a wrong host); a 429 comes from a proxy in front, as plain text with Retry-After.
"""

from __future__ import annotations

import hashlib
import json
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import httpx2
import stamina
import stamina.instrumentation

from linecard.api import Context
from linecard.api.backend import RequestGate, read_retry_after
from linecard_rainbow.errors import RainbowError, RefusedError, UnansweredError, read_refusal
from linecard_rainbow.login import Identity, make_identity
from linecard_rainbow.options import RainbowOptions

MOST = 64 << 20
"""Bytes of an answer that are read; a page of a thousand phone numbers has less than one million."""
WHOLE = 5
"""Times the time-out, in which an answer that has begun must be complete."""
PAGES_AHEAD = 4
"""Pages of a list that are asked for at the same time; each is some half a megabyte."""
TOO_MANY = 429
ATTEMPTS = 4
"""How often a read is sent at most."""
ADMIN = "/api/rainbow/admin/v1.0"
MASS = "/api/rainbow/massprovisioning/v1.0"

Query = Mapping[str, str | int]

# Else it writes to whatever structlog is set to, which for a command is the standard output.
stamina.instrumentation.set_on_retry_hooks([])


class HttpAnswer(NamedTuple):
    status: int
    content_type: str
    retry_after: str
    body: bytes


class Client:
    """One account of one tenant. May be used from any thread.

    Reads are sent again after a fault on the way; changes never are.
    """

    def __init__(self, options: RainbowOptions, context: Context) -> None:
        self._options, self._context = options, context
        rate = options.rate
        self._budget = context.rate_budget(f"rainbow {options.account}", rate.requests, rate.seconds)
        self._gate: RequestGate[HttpAnswer] = RequestGate(
            self._budget, options.patience, find_pause=self._find_pause, give_up=_give_up
        )
        folder = context.site.state / "rainbow" / _folder_name(options.account)
        self._identity: Identity = make_identity(options, context.site.folder, folder, context.now)
        self._http: httpx2.Client | None = None
        self._opening = threading.Lock()

    def get(self, doing: str, path: str, query: Query | None = None) -> dict[str, Any]:
        """The JSON object that Rainbow answers; `doing` is what for, as in "Rainbow refuses to ...".

        Raises `RefusedError`, and `RainbowError` when Rainbow cannot be asked.
        """
        found: dict[str, Any] = self._read(doing, lambda: self._send_as_us(doing, "GET", path, query=query))
        return found

    def get_text(self, doing: str, path: str, query: Query | None = None) -> str:
        """A text that Rainbow answers, such as a template."""
        text: str = self._read(
            doing, lambda: self._send_as_us(doing, "GET", path, query=query), lambda body: body.decode("utf-8-sig")
        )
        return text

    def put(self, doing: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """The JSON object that Rainbow answers to a change. It is sent once.

        Raises `RefusedError`, `UnansweredError` where it is not known whether the change was made, and `RainbowError`
        where it was not sent.
        """
        content = json.dumps(body, ensure_ascii=False).encode()
        return _read_json(doing, self._send_as_us(doing, "PUT", path, content=content))

    def post_csv(self, doing: str, path: str, text: str, query: Query | None = None) -> dict[str, Any]:
        """The same for a sheet of mass provisioning."""
        kind = "text/csv; charset=utf-8"
        return _read_json(doing, self._send_as_us(doing, "POST", path, query=query, content=text.encode(), kind=kind))

    def delete(self, doing: str, path: str) -> None:
        """Raises as `put`."""
        self._send_as_us(doing, "DELETE", path)

    def estimate_wait(self, requests: int) -> float:
        """Seconds until so many requests can have been sent."""
        return self._budget.wait_for(requests)

    def close(self) -> None:
        if self._http is not None:
            self._http.close()
            self._http = None

    # -- sending -----------------------------------------------------------------------------------------------------

    def _read(self, doing: str, send: Callable[[], HttpAnswer], parse: Callable[[bytes], Any] | None = None) -> Any:
        for attempt in stamina.retry_context(on=UnansweredError, attempts=ATTEMPTS, timeout=None, wait_max=10.0):
            with attempt:
                if attempt.num > 1:
                    self._context.log("asked again", doing=doing, attempt=attempt.num)
                answer = send()
                return _read_json(doing, answer) if parse is None else _parse(doing, answer, parse)
        raise AssertionError("a try either returns or raises")

    def _send_as_us(
        self,
        doing: str,
        method: str,
        path: str,
        *,
        query: Query | None = None,
        content: bytes | None = None,
        kind: str = "application/json",
    ) -> HttpAnswer:
        """The answer to a request of this account; one whose token has run out is sent again with another."""
        for is_second in (False, True):
            headers = self._identity.make_headers(self._ask_for_token)
            try:
                return self._send(doing, method, path, headers, query=query, content=content, kind=kind)
            except RefusedError as error:
                # 401: nothing was done, not even of a change.
                if error.status != 401 or is_second or not self._identity.reject(headers, error):
                    raise
        raise AssertionError("the second try either returns or raises")

    def _ask_for_token(self, path: str, headers: Mapping[str, str]) -> Any:
        """A login is sent once, also for a read: whether one whose answer is lost has counted is not known. And what
        it was for was not sent."""
        try:
            return _read_json("log in", self._send("log in", "GET", path, headers))
        except NotSentError:
            raise
        except UnansweredError as error:
            raise RainbowError(str(error), remedy=error.remedy) from error

    def _send(
        self,
        doing: str,
        method: str,
        path: str,
        headers: Mapping[str, str],
        *,
        query: Query | None = None,
        content: bytes | None = None,
        kind: str = "application/json",
    ) -> HttpAnswer:
        sent = {"Accept": "application/json", "Content-Type": kind, "x-rainbow-client": "linecard", **headers}
        url = httpx2.URL(f"https://{self._options.host}{path}", params=query)

        def exchange() -> HttpAnswer:
            try:
                with self._open().stream(method, url, headers=sent, content=content) as response:
                    return _receive(response, self._options.timeout)
            except (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError) as error:
                raise self._explain(error) from error
            except httpx2.TimeoutException as error:
                words = f"Rainbow did not answer within {self._options.timeout:g} s when asked to {doing}."
                raise UnansweredError(words) from error
            except (httpx2.HTTPError, OSError) as error:
                said = str(error).rstrip(".") or type(error).__name__
                words = f"The connection was lost when Rainbow was asked to {doing}: {said}."
                raise UnansweredError(words) from error

        answer = self._gate.send(exchange)
        if answer.status >= 500:
            raise _failure(doing, answer)
        if answer.status >= 400:
            raise read_refusal(doing, answer.status, answer.body)
        if answer.status >= 300:
            words = f"{self._options.host} sends linecard elsewhere ({answer.status}) instead of an answer."
            raise RainbowError(words, remedy="Check `host`; redirects are not followed.")
        return answer

    def _explain(self, error: Exception) -> RainbowError:
        """Why there is no connection: nothing was sent."""
        host, words = self._options.host, str(error)
        cause: BaseException | None = error
        while cause is not None and not isinstance(cause, ssl.SSLError):
            cause = cause.__cause__ or cause.__context__
        if isinstance(cause, ssl.SSLCertVerificationError):
            words = f"The certificate of {host} is not trusted: {cause.verify_message}."
            return NotSentError(words, remedy="Name the authority that signed it with `ca_file`, or check `host`.")
        if isinstance(error, httpx2.ProxyError):
            return NotSentError(f"The proxy does not lead to {host}: {words}.", remedy="Check `proxy`.")
        if self._options.proxy is not None:
            words = f"{host} cannot be reached through {self._options.proxy}: {words or type(error).__name__}."
            return NotSentError(words, remedy="Check `proxy` and `host`.")
        return NotSentError(f"{host} cannot be reached: {words or type(error).__name__}.", remedy="Check `host`.")

    def _find_pause(self, answer: HttpAnswer) -> float | None:
        return read_retry_after(answer.retry_after, self._context.now) if answer.status == TOO_MANY else None

    def _open(self) -> httpx2.Client:
        with self._opening:
            if self._http is None:
                self._http = self._connect()
            return self._http

    def _connect(self) -> httpx2.Client:
        options = self._options
        file = str(self._context.site.folder / options.ca_file) if options.ca_file is not None else None
        try:
            trusted = ssl.create_default_context(cafile=file)
        except OSError as error:
            raise RainbowError(f"{file} cannot be read: {error}.", remedy="Check `ca_file`.") from error
        connections = options.workers + PAGES_AHEAD + 2
        return httpx2.Client(
            verify=trusted,
            proxy=options.proxy,
            trust_env=False,
            follow_redirects=False,
            timeout=httpx2.Timeout(options.timeout, connect=min(options.timeout, 15.0)),
            limits=httpx2.Limits(max_connections=connections, max_keepalive_connections=connections),
        )


class NotSentError(UnansweredError):
    """Rainbow was not reached, so nothing was done: a read may be tried again, and so may a change."""

    is_over = True


def _receive(response: httpx2.Response, timeout: float) -> HttpAnswer:
    """All of an answer. The time-out of a connection begins anew with each byte, so the whole has one of its own."""
    parts, size = [], 0
    until = time.monotonic() + WHOLE * timeout
    for part in response.iter_bytes():
        if time.monotonic() > until:
            raise UnansweredError(f"Rainbow's answer was not complete within {WHOLE * timeout:g} s.")
        size += len(part)
        if size > MOST:
            raise UnansweredError(f"Rainbow's answer is larger than {MOST >> 20} MiB.")
        parts.append(part)
    headers = response.headers
    kind = headers.get("Content-Type", "")
    return HttpAnswer(response.status_code, kind, headers.get("Retry-After", ""), b"".join(parts))


def _give_up(wait: float) -> RainbowError:
    return RainbowError(
        f"Rainbow lets nothing through for another {wait:.0f} s: too many requests were sent.",
        remedy="Nothing is lost: linecard tries again. Lower `rate` if other programs use this account.",
    )


def _failure(doing: str, answer: HttpAnswer) -> UnansweredError:
    """An error 5xx. Rainbow's own has its form and ends the request; that of a gateway says nothing of who works
    behind it."""
    error = UnansweredError(f"Rainbow failed when asked to {doing} ({answer.status}).")
    with suppress(ValueError):
        said = json.loads(answer.body)
        error.is_over = isinstance(said, dict) and said.get("errorCode") == answer.status != 504
    return error


def _read_json(doing: str, answer: HttpAnswer) -> dict[str, Any]:
    if answer.status == 204 or (not answer.body and "html" not in answer.content_type):
        return {}
    found = _parse(doing, answer, json.loads)
    if not isinstance(found, dict):
        raise UnansweredError(f"Rainbow's answer is no JSON object when asked to {doing}.")
    return found


def _parse(doing: str, answer: HttpAnswer, parse: Callable[[bytes], Any]) -> Any:
    kind = answer.content_type.partition(";")[0].strip().lower()
    if "json" not in kind and "csv" not in kind:
        error = UnansweredError(
            f"What answers is not Rainbow's API when linecard asks it to {doing}: it sent {kind or 'no content type'}.",
            remedy="Check `host`; a portal, a proxy or a page of maintenance may stand in front of it.",
        )
        raise error
    try:
        return parse(answer.body)
    except (ValueError, RecursionError) as error:
        raise UnansweredError(f"Rainbow's answer cannot be read when asked to {doing}.") from error


def _folder_name(account: str) -> str:
    return hashlib.sha256(account.encode()).hexdigest()[:16]
