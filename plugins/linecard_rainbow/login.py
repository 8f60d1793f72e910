"""Who linecard is to Rainbow: a token that is renewed in time, or an API key.

Source: ALE's OpenAPI description of the authentication portal (1.104.0, 1.239.2). Five failed logins lock an account
for an hour, and a wrong attempt while it is locked begins the hour again; so wrong credentials are tried once.
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import os
import secrets
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from linecard.api import Clock, is_printable
from linecard.api.backend import RefusedCredentials, TokenFile, digest_credentials, lock_account
from linecard_rainbow.errors import REMEDIES, RainbowError, RefusedError
from linecard_rainbow.options import RainbowOptions

LOGIN = "/api/rainbow/authentication/v1.0/login"
RENEW = "/api/rainbow/authentication/v1.0/renew"

LOCKED = 401501
WRONG = frozenset({0, 401500})
"""Codes of a 401 that says that login, password or application are wrong; 0 is that of the application."""
LOCK = timedelta(minutes=65)
"""How long a locked account is left in peace: ALE's hour, and a little for clocks that differ."""

Send = Callable[[str, Mapping[str, str]], Any]
"""Sends a GET with these headers; the JSON of the answer. Raises `RefusedError`."""


class Identity(Protocol):
    """What makes a request one of this account."""

    def make_headers(self, send: Send) -> dict[str, str]:
        """Headers to send with a request; logs in before, where that is needed."""
        ...

    def reject(self, headers: Mapping[str, str], error: RefusedError) -> bool:
        """Rainbow answered 401 to a request with these headers: whether others may be tried."""
        ...


class Credentials(NamedTuple):
    """What the configuration says, read when it is needed and kept no longer than a request."""

    app_id: str
    app_secret: str
    login: str
    secret: str
    """The password, or the API key."""

    def __repr__(self) -> str:
        return f"Credentials({self.app_id!r}, ...)"

    def make_proof(self, salt: str) -> str:
        """The header that shows that the application's secret is known, without telling it."""
        digest = hashlib.sha256((self.app_secret + salt).encode()).hexdigest()
        return _basic(self.app_id, digest)


def read_credentials(options: RainbowOptions, folder: Path) -> Credentials:
    """Raises `ConfigError` where a secret cannot be read."""
    secret = options.password or options.api_key
    if secret is None:
        raise AssertionError("the options have neither")
    app_secret = options.app_secret.reveal(folder, os.environ)
    revealed = secret.reveal(folder, os.environ)
    if options.api_key is not None and not _can_be_header(revealed):
        raise RainbowError(
            "The API key has characters that no key has, such as a line break inside it.",
            remedy=f"Copy the key once more to where `api_key` points ({options.api_key.reference}).",
        )
    return Credentials(options.app_id, app_secret, options.login or "", revealed)


def _explain_refusal(words: str, file: Path) -> RainbowError:
    return RainbowError(
        f"{words} linecard does not try these credentials again, lest Rainbow lock the account.",
        remedy=f"Correct them in linecard.yaml or where they lie. If they are right again, delete {file}.",
    )


class Token(NamedTuple):
    text: str
    issued: float
    expires: float
    """Seconds since 1970 by this machine's clock, which may differ from Rainbow's; 0 where the token does not say."""

    def __repr__(self) -> str:
        return f"Token(..., {self.issued!r}, {self.expires!r})"

    def is_fresh(self, now: float) -> bool:
        """Whether it is in the first half of its life."""
        return not self.expires or now < (self.issued + self.expires) / 2

    def is_valid(self, now: float) -> bool:
        return not self.expires or now < self.expires


def read_token(text: object, now: float) -> Token:
    """A token that was issued right now, with the life that it bears, if it is a JWT. Raises `RainbowError` for what
    cannot be a header."""
    if not isinstance(text, str) or not _can_be_header(text):
        raise RainbowError("Rainbow's answer to the login has no token.", remedy="Check `host`; is this Rainbow?")
    try:
        payload = text.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        life = float(claims["exp"]) - float(claims["iat"])
    except (IndexError, ValueError, KeyError, TypeError):
        life = 0
    return Token(text, now, now + life) if life > 0 and math.isfinite(life) else Token(text, 0, 0)


def _can_be_header(text: str) -> bool:
    return bool(text) and text.isascii() and is_printable(text)


class TokenIdentity:
    """Login and password. The token lies in the folder of the account, where each process of the site finds it."""

    def __init__(self, options: RainbowOptions, site: Path, folder: Path, now: Clock) -> None:
        self._options, self._site, self._folder, self._now = options, site, folder, now
        self._refusals = RefusedCredentials(folder / "refused.json", now, _explain_refusal)
        self._kept = TokenFile(folder)
        self._mine = threading.RLock()
        self._token: Token | None = None

    def make_headers(self, send: Send) -> dict[str, str]:
        with self._mine:
            now = self._now().timestamp()
            if self._token is None or not self._token.is_fresh(now):
                self._token = self._obtain(send, now)
            return {"Authorization": f"Bearer {self._token.text}"}

    def reject(self, headers: Mapping[str, str], error: RefusedError) -> bool:
        """A token that ran out, or that Rainbow does not know any more: another is asked for."""
        with self._mine:
            if self._token is not None and headers.get("Authorization") == f"Bearer {self._token.text}":
                self._token = None
                self._kept.drop_token(headers["Authorization"].removeprefix("Bearer "))
        return error.code not in REMEDIES  # those are of the account, and not of its token

    def _obtain(self, send: Send, now: float) -> Token:
        """One that another process has, a renewed one, or a new one; by one process at a time."""
        account = read_credentials(self._options, self._site)
        with lock_account(self._folder):
            kept = self._load(account)
            if kept is not None and kept.is_fresh(now):
                return kept
            token = self._renew(send, kept, now) if kept is not None and kept.is_valid(now) else None
            token = token or self._log_in(send, account, now)
            self._keep(account, token)
            return token

    def _keep(self, account: Credentials, token: Token) -> None:
        salt = secrets.token_bytes(16)
        kept = {"account": self._options.account, "salt": salt.hex(), "digest": digest_credentials(account, salt)}
        self._kept.store_token(kept | {"token": token.text, "issued": token.issued, "expires": token.expires})

    def _load(self, account: Credentials) -> Token | None:
        """The token that is kept, if it was given for these credentials: others have to be tried."""
        try:
            kept = self._kept.load_token()
            digest = digest_credentials(account, bytes.fromhex(kept["salt"]))
            if (kept["account"], kept["digest"]) != (self._options.account, digest):
                return None
            token = read_token(kept["token"], 0)
            return token._replace(issued=float(kept["issued"]), expires=float(kept["expires"]))
        except (ValueError, KeyError, TypeError, RainbowError):
            return None

    @staticmethod
    def _renew(send: Send, token: Token, now: float) -> Token | None:
        """A token can be renewed so many times; then one has to log in. Where the answer is lost, the old one goes on,
        and is renewed when half of what is left of its life is over."""
        try:
            said = send(RENEW, {"Authorization": f"Bearer {token.text}"})
        except RefusedError:
            return None
        except RainbowError:
            return token._replace(issued=now)
        return read_token(said.get("token"), now)

    def _log_in(self, send: Send, account: Credentials, now: float) -> Token:
        self._refusals.ensure_untried(account)
        headers = {
            "Authorization": _basic(account.login, account.secret),
            "x-rainbow-app-auth": account.make_proof(account.secret),
        }
        try:
            return read_token(send(LOGIN, headers).get("token"), now)
        except RefusedError as error:
            if error.status == 401 and error.code in WRONG:
                self._refusals.remember(account, str(error))
            elif error.code == LOCKED:
                self._refusals.remember(account, str(error), self._now() + LOCK)
            raise


class KeyIdentity:
    """An API key: no login and no token; each request proves anew that the application's secret is known."""

    def __init__(self, options: RainbowOptions, site: Path, folder: Path, now: Clock) -> None:
        self._options, self._site = options, site
        self._refusals = RefusedCredentials(folder / "refused.json", now, _explain_refusal)

    def make_headers(self, send: Send) -> dict[str, str]:  # noqa: ARG002 - nothing has to be asked for
        account = read_credentials(self._options, self._site)
        self._refusals.ensure_untried(account)
        challenge = secrets.token_hex(16)
        return {
            "x-rainbow-api-key": account.secret,
            "x-rainbow-challenge": challenge,
            "x-rainbow-app-auth": account.make_proof(challenge),
        }

    def reject(self, headers: Mapping[str, str], error: RefusedError) -> bool:  # noqa: ARG002 - there is but one key
        if error.code in WRONG:
            self._refusals.remember(read_credentials(self._options, self._site), str(error))
        return False


def make_identity(options: RainbowOptions, site: Path, folder: Path, now: Clock) -> Identity:
    """`folder` is that of the account: all PBXs of the site that use it share it."""
    kind = KeyIdentity if options.api_key is not None else TokenIdentity
    return kind(options, site, folder, now)


def _basic(name: str, secret: str) -> str:
    return "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()
