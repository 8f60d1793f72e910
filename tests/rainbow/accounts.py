"""Who may ask: logins with their lock, tokens that expire, API keys.

Source: ALE's OpenAPI description of the authentication portal (1.104.0, 1.239.2): five failed logins lock an account
for an hour, 401500 and 401501, 401521, 401523, the JWT's fields, renewal that is counted; the hash of
`x-rainbow-app-auth` and a logout that leaves the token valid were seen by running rainbow-cli 1.102.2.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from rainbow.answers import Json, RefusedError
from rainbow.tenant import Member, Tenant

HEX = re.compile(r"[0-9a-f]{64}")
SIGNING_KEY = b"the simulator's own"


@dataclass
class Token:
    member_id: str
    application: str
    issued: int
    expires: int
    renewed: int = 0


@dataclass
class ApiKey:
    key: str = field(repr=False)
    member_id: str
    expires: float | None = None
    is_active: bool = True


@dataclass
class Lock:
    failures: int = 0
    locked_until: float = 0.0


@dataclass
class Accounts:
    tenant: Tenant
    applications: dict[str, str] = field(default_factory=dict, repr=False)
    """Ids of applications and their secrets."""
    accept_any_application: bool = True
    """Whether an application that is not listed is taken, if only its header has the right form: rainbow-cli sends a
    built-in one to a private host."""
    token_seconds: float = 12 * 3600
    most_renewals: int = 5
    failures_to_lock: int = 5
    lock_seconds: float = 3600
    issued: int = 0
    renewed: int = 0
    failed: int = 0
    tokens: dict[str, Token] = field(default_factory=dict, repr=False)
    keys: dict[str, ApiKey] = field(default_factory=dict, repr=False)
    locks: dict[str, Lock] = field(default_factory=dict)

    def log_in(self, headers: Mapping[str, str], now: float) -> tuple[str, Member]:
        """A new token. Headers are named in lower case."""
        login, password = _basic(headers.get("authorization", ""))
        lock = self.locks.setdefault(login.lower(), Lock())
        is_locked = now < lock.locked_until
        member = self.tenant.find_member(login)
        right = member is not None and bool(password) and hmac.compare_digest(member.password, password)
        if not right:
            self._count_failure(lock, now)
        if is_locked or now < lock.locked_until:
            raise RefusedError(401, f"Too many failed logins: {login} is locked.", 401501)
        if not right or member is None:
            raise RefusedError(401, "Unknown login or wrong password for login", 401500)
        self._check_application(headers, password)
        lock.failures = 0
        self._check_member(member)
        self.issued += 1
        application, _ = _basic(headers.get("x-rainbow-app-auth", ""))
        return self._sign(Token(member.id, application, int(now), int(now + self.token_seconds)), now), member

    def _count_failure(self, lock: Lock, now: float) -> None:
        """A wrong password while the account is locked begins the hour again."""
        self.failed += 1
        lock.failures += 1
        if lock.failures >= self.failures_to_lock:
            lock.locked_until = now + self.lock_seconds

    def _check_application(self, headers: Mapping[str, str], salt: str) -> None:
        identifier, proof = _basic(headers.get("x-rainbow-app-auth", ""))
        secret = self.applications.get(identifier)
        right = HEX.fullmatch(proof) is not None and bool(identifier)
        if secret is not None:
            right = proof == hashlib.sha256((secret + salt).encode()).hexdigest()
        elif not self.accept_any_application:
            right = False
        if not right:
            raise RefusedError(401, "Unknown application or wrong application secret.")

    def _check_member(self, member: Member) -> None:
        if not self.tenant.companies[member.company_id].is_active:
            raise RefusedError(401, "The company of this user is not active.", 401521)
        if member.is_expired:
            raise RefusedError(401, "The user has expired.", 401523)

    def _sign(self, token: Token, now: float) -> str:
        member = self.tenant.members[token.member_id]
        payload = {
            "countRenewed": token.renewed,
            "maxTokenRenew": self.most_renewals,
            "user": {"id": member.id, "loginEmail": member.login_email},
            "app": {"id": token.application, "name": "application"},
            "iat": token.issued,
            "exp": token.expires,
            "jti": self.issued + self.renewed,
        }
        parts = [_url64(json.dumps(each).encode()) for each in ({"alg": "HS256", "typ": "JWT"}, payload)]
        signature = _url64(hmac.new(SIGNING_KEY, ".".join(parts).encode(), hashlib.sha256).digest())
        text = ".".join([*parts, signature])
        self.tokens[text] = token
        return text

    def renew(self, text: str, now: float) -> str:
        """A token in place of one that is still valid."""
        old = self._valid(text, now)
        if old.renewed >= self.most_renewals:
            raise RefusedError(401, "The token cannot be renewed any more.")
        self.renewed += 1
        return self._sign(
            Token(old.member_id, old.application, int(now), int(now + self.token_seconds), old.renewed + 1), now
        )

    def _valid(self, text: str, now: float) -> Token:
        token = self.tokens.get(text)
        if token is None:
            raise RefusedError(401, "jwt malformed")
        if now >= token.expires:
            raise RefusedError(401, "jwt expired")
        return token

    def identify(self, headers: Mapping[str, str], now: float) -> Member:
        """Who asks, by a token or by an API key."""
        if key := headers.get("x-rainbow-api-key"):
            return self._by_key(key, headers, now)
        scheme, _, text = headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise RefusedError(401, "No authorization token was found")
        member = self.tenant.members[self._valid(text, now).member_id]
        self._check_member(member)
        return member

    def _by_key(self, key: str, headers: Mapping[str, str], now: float) -> Member:
        known = self.keys.get(key)
        if known is None or not known.is_active or (known.expires is not None and now >= known.expires):
            raise RefusedError(401, "The API key is unknown, inactive or expired.")
        self._check_application(headers, headers.get("x-rainbow-challenge", ""))
        member = self.tenant.members[known.member_id]
        self._check_member(member)
        return member

    def add_key(self, member: Member, key: str, *, expires: float | None = None) -> ApiKey:
        self.keys[key] = ApiKey(key, member.id, expires)
        return self.keys[key]

    def figures(self) -> Json:
        return {"issued": self.issued, "renewed": self.renewed, "failed": self.failed}


def _basic(header: str) -> tuple[str, str]:
    """Name and secret of `Basic ...`; both empty if it is anything else."""
    scheme, _, coded = header.partition(" ")
    try:
        text = base64.b64decode(coded, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        text = ""
    name, _, secret = text.partition(":")
    return name, secret


def _url64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
