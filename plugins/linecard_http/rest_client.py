"""Requests of a profile: composed, sent at the pace that the PBX bears, judged, and told in the log.

A read is sent again after a fault on the way; a change is sent once, unless the profile calls it repeatable.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urljoin, urlsplit

import stamina
import stamina.instrumentation

from linecard.api import Context
from linecard.api.backend import RequestGate, read_retry_after
from linecard_http.connection import HttpConnection, Incoming, Outgoing
from linecard_http.errors import LostAnswerError, NotReachedError, ProfileError, RestError
from linecard_http.expression import OMIT, Variables, render_all, render_header, render_path
from linecard_http.identity import Proof, SiteAccount, make_requester
from linecard_http.mask import HIDDEN, show
from linecard_http.options import HttpOptions
from linecard_http.profile import Meaning, Profile, RequestRule
from linecard_http.verdict import Judgement, judge

ATTEMPTS = 4
"""How often a read is sent at most."""

# Else it writes to whatever structlog is set to, which for a command is the standard output.
stamina.instrumentation.set_on_retry_hooks([])


class RestReply(NamedTuple):
    """An answer that says something of the one request; `next_url` is what its Link header calls the next page."""

    verdict: Meaning
    body: Any
    words: str
    remedy: str
    next_url: str = ""


Extra = Mapping[str, Mapping[str, Any]]
"""What paging adds: to `query`, to `json`, to `variables`; by `url`, another address."""


class RestClient:
    """One account at one PBX. May be used from any thread."""

    def __init__(self, options: HttpOptions, profile: Profile, context: Context) -> None:
        self._options, self.profile, self._context = options, profile, context
        self.account = SiteAccount(options, profile, context)
        name = hashlib.sha256(options.account.encode()).hexdigest()[:16]
        self.folder = context.site.state / "http" / name
        self._identity = make_requester(profile, self.account, self.folder, context.now)
        rate = options.rate
        self._budget = context.rate_budget(f"http {options.account}", rate.requests, rate.seconds)
        self._gate: RequestGate[tuple[Judgement, Incoming]] = RequestGate(
            self._budget, options.patience, find_pause=self._find_pause, give_up=self._give_up
        )
        self._connection = HttpConnection(options, context)

    @property
    def settings(self) -> Mapping[str, Any]:
        return self.account.settings

    def query(self, name: str, request: RequestRule, variables: Variables, extra: Extra | None = None) -> RestReply:
        """What a request that changes nothing brings: `GOOD` or `ABSENT`. Raises `RestError` for anything else."""
        reply = self._send(name, request, variables, extra, repeatable=request.repeatable is not False)
        if reply.verdict in {Meaning.GOOD, Meaning.ABSENT}:
            return reply
        raise RestError(
            f"{self.profile.name} refuses `{name}`: {reply.words}.", remedy=reply.remedy or RestError.remedy
        )

    def change(self, name: str, request: RequestRule, variables: Variables) -> RestReply:
        """What the PBX says to a change. Raises `RestError` where it would say it to any."""
        return self._send(name, request, variables, None, repeatable=request.repeatable is True)

    def estimate_wait(self, requests: int) -> float:
        """Seconds until so many requests can have been sent."""
        return self._budget.wait_for(requests)

    def close(self) -> None:
        self._connection.close()

    # -- sending -----------------------------------------------------------------------------------------------------

    def _send(
        self, name: str, request: RequestRule, variables: Variables, extra: Extra | None, *, repeatable: bool
    ) -> RestReply:
        attempts = ATTEMPTS if repeatable else 1
        for attempt in stamina.retry_context(
            on=(LostAnswerError, NotReachedError), attempts=attempts, timeout=None, wait_initial=0.2, wait_max=10.0
        ):
            with attempt:
                reply = self._send_as_us(name, request, variables, extra)
                if reply.verdict in {Meaning.LOST, Meaning.FAILED} and repeatable:
                    raise LostAnswerError(f"{self.profile.name} failed at `{name}`: {reply.words}.")
                return reply
        raise AssertionError("a try either returns or raises")

    def _send_as_us(self, name: str, request: RequestRule, variables: Variables, extra: Extra | None) -> RestReply:
        """The answer to a request of this account; one whose token is not taken any more is sent again, once."""
        for is_second in (False, True):
            proof = self._identity.prove(self._log_in)
            judgement, answer = self._exchange(name, request, variables, proof, extra)
            if judgement.verdict is Meaning.EXPIRED and not is_second and self._identity.reject(proof):
                continue
            return self._read_answer(name, judgement, answer)
        raise AssertionError("the second try returns or raises")

    def _read_answer(self, name: str, judgement: Judgement, answer: Incoming) -> RestReply:
        if judgement.verdict in {Meaning.EXPIRED, Meaning.BROKEN}:
            words = f"{self.profile.name} does not answer `{name}`: {judgement.words}."
            raise RestError(words, remedy=judgement.remedy or RestError.remedy)
        return RestReply(judgement.verdict, answer.body, judgement.words, judgement.remedy, _find_next(answer))

    def _log_in(
        self, name: str, request: RequestRule, variables: Variables, proof: Proof
    ) -> tuple[Judgement, Incoming]:
        """A login is sent once: whether one whose answer is lost has counted is not known."""
        try:
            return self._exchange(name, request, variables, proof, None)
        except NotReachedError:
            raise
        except LostAnswerError as error:  # what it was for was not sent
            raise RestError(str(error), remedy=error.remedy) from error

    def _exchange(
        self, name: str, request: RequestRule, variables: Variables, proof: Proof, extra: Extra | None
    ) -> tuple[Judgement, Incoming]:
        outgoing = self._compose(request, {**variables, "settings": self.settings}, proof, extra or {})
        is_login = proof.token == "" and "secrets" in variables

        def exchange() -> tuple[Judgement, Incoming]:
            try:
                answer = self._connection.exchange(outgoing)
            except RestError as error:
                self._tell(name, outgoing, proof, f"nothing: {error}", is_login=is_login)
                raise
            judgement = judge(answer, request, self.profile)
            self._tell(name, outgoing, proof, answer, judgement.verdict, is_login=is_login)
            return judgement, answer

        return self._gate.send(exchange)

    def _find_pause(self, found: tuple[Judgement, Incoming]) -> float | None:
        judgement, answer = found
        if judgement.verdict is not Meaning.LATER:
            return None
        return read_retry_after(answer.headers.get("retry-after", ""), self._context.now)

    def _give_up(self, wait: float) -> RestError:
        return RestError(
            f"{self.profile.name} lets nothing through for another {wait:.0f} s: too many requests were sent.",
            remedy="Nothing is lost: linecard tries again. Lower `rate` if other programs use this account.",
        )

    # -- what is sent ------------------------------------------------------------------------------------------------

    def _compose(self, request: RequestRule, variables: Variables, proof: Proof, extra: Extra) -> Outgoing:
        headers = {**self.profile.headers, **request.headers}
        sent = {name: render_header(name, text, variables) for name, text in headers.items()}
        query = _compose_query(render_all(request.query, variables) | dict(extra.get("query", {})))
        body: dict[str, Any] = {}
        if request.graphql is not None:
            given = render_all(request.graphql.variables, variables) | dict(extra.get("variables", {}))
            body["content"] = _dump({"query": request.graphql.query, "variables": given})
        elif request.content is not None:
            content = render_all(request.content, variables)
            body["content"] = _dump(content | dict(extra["json"]) if "json" in extra else content)
        elif request.form is not None:
            body["data"] = _compose_query(render_all(request.form, variables))
        elif request.multipart is not None:
            parts = _compose_query(render_all(request.multipart, variables))
            body["files"] = {name: (None, str(value)) for name, value in parts.items()}
        if "content" in body:
            sent.setdefault("Content-Type", "application/json")
        url = self._options.url + render_path(request.path, variables)
        if address := extra.get("url", {}).get("next"):
            url, query = self._check_next(urljoin(url, address)), {}
        return Outgoing(request.method, url, {**query, **proof.query}, {**sent, **proof.headers}, body)

    def _check_next(self, address: str) -> str:
        """Nobody else is given the token."""
        if urlsplit(address)[:2] != urlsplit(self._options.url)[:2]:
            other = urlsplit(address).netloc
            raise ProfileError(
                f"The next page of a list is said to be at {other}, which is not {self._options.url}.",
                remedy="Check `url`; the PBX may know itself by another name.",
            )
        return address

    # -- what is told ------------------------------------------------------------------------------------------------

    def _tell(
        self,
        name: str,
        sent: Outgoing,
        proof: Proof,
        came: Incoming | str,
        verdict: Meaning | None = None,
        *,
        is_login: bool,
    ) -> None:
        """Names and numbers of people stand at the level debug alone, secrets nowhere."""
        secrets = self._identity.secrets() if not is_login else self.account.reveal().values()
        query = {key: HIDDEN if key in proof.query else value for key, value in sent.query.items()}
        facts: dict[str, Any] = {"request": name, "sent": f"{sent.method} {show(sent.url, secrets)}"}
        if query:
            facts["query"] = show(query, secrets)
        if sent.body and not is_login:
            facts["body"] = show(_read_body(sent.body), secrets)
        if isinstance(came, str):
            facts["came"] = show(came, secrets)
        else:
            facts["status"] = came.status
            if came.content:
                body = came.body if came.body is not None else came.content[:2000].decode("utf-8", errors="replace")
                facts["came"] = show(body, [*secrets, proof.token])
        self._context.log("asked the PBX", level="debug", **facts, understood=verdict and verdict.value)


def _compose_query(values: Mapping[str, Any]) -> dict[str, Any]:
    """Parameters as they are written: null leaves one out, true and false are words."""
    found: dict[str, Any] = {}
    for name, value in values.items():
        if value is None or value is OMIT:
            continue
        found[name] = str(value).lower() if isinstance(value, bool) else value
    return found


def _dump(value: Any) -> bytes:
    try:
        return json.dumps(value, ensure_ascii=False, allow_nan=False).encode()
    except (TypeError, ValueError) as error:
        raise ProfileError(f"The body of a request cannot be written as JSON: {error}.") from error


def _read_body(body: Mapping[str, Any]) -> Any:
    return json.loads(body["content"]) if "content" in body else next(iter(body.values()))


def _find_next(answer: Incoming) -> str:
    """The address of the next page in a Link header (RFC 8288), or nothing."""
    for part in answer.headers.get("link", "").split(","):
        address, *params = part.split(";")
        if any(param.strip().replace('"', "") == "rel=next" for param in params):
            return address.strip().strip("<>")
    return ""
