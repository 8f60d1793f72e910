"""Who linecard is to a PBX: what goes with each request, and a token where the PBX gives one.

Some PBXs take one token at a time (3CX), some lock an address after a few wrong passwords (Yeastar): a token is shared
by all processes of the site, one of them logs in at a time, and credentials that were refused are tried once.
"""

from __future__ import annotations

import base64
import os
import threading
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from linecard.api import Clock, Context
from linecard.api.backend import RefusedCredentials, TokenFile, lock_account
from linecard_http.connection import Incoming
from linecard_http.errors import ProfileError, RestError
from linecard_http.expression import Variables, render, render_header, search
from linecard_http.options import HttpOptions
from linecard_http.profile import BasicAuth, HeaderAuth, LoginAuth, Meaning, Profile, QueryAuth, RequestRule
from linecard_http.verdict import Judgement

EARLY = 0.1
"""The share of its life before whose end a token is exchanged for another, ..."""
EARLIEST = 60.0
"""... but not more seconds than these."""


class Proof(NamedTuple):
    """What goes with a request to say whose it is."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    token: str = ""


Ask = Callable[[str, RequestRule, Variables, Proof], tuple[Judgement, Incoming]]
"""Sends a login, once."""


class Requester(Protocol):
    """What makes a request one of this account."""

    def prove(self, ask: Ask) -> Proof:
        """What goes with a request; logs in before, where that is needed."""
        ...

    def reject(self, proof: Proof) -> bool:
        """The PBX does not take this any more: whether another may be tried."""
        ...

    def secrets(self) -> list[str]:
        """What must not be shown."""
        ...


class SiteAccount:
    """The settings and secrets of the options; secrets are read when they are needed and kept nowhere."""

    def __init__(self, options: HttpOptions, profile: Profile, context: Context) -> None:
        self.options, self._folder = options, context.site.folder
        defaults = {name: rule.default for name, rule in profile.settings.items()}
        self.settings: dict[str, Any] = {**defaults, **options.settings}

    def reveal(self) -> dict[str, str]:
        return {name: secret.reveal(self._folder, os.environ) for name, secret in self.options.secrets.items()}

    def variables(self) -> dict[str, Any]:
        """For templates of logins alone: no other request sees a secret."""
        return {"settings": self.settings, "secrets": self.reveal()}


class FixedIdentity:
    """Something that never changes: nothing, a password, a key."""

    def __init__(self, rule: object, account: SiteAccount) -> None:
        self._rule, self._account = rule, account

    def prove(self, ask: Ask) -> Proof:  # noqa: ARG002 - nothing has to be asked for
        variables = self._account.variables()
        match self._rule:
            case BasicAuth(username=username, password=password):
                return Proof({"Authorization": _basic(username, password, variables)}, {})
            case HeaderAuth(headers=headers):
                return Proof({name: render_header(name, text, variables) for name, text in headers.items()}, {})
            case QueryAuth(query=query):
                return Proof({}, {name: str(render(text, variables)) for name, text in query.items()})
        return Proof({}, {})

    def reject(self, proof: Proof) -> bool:  # noqa: ARG002 - there is no other
        return False

    def secrets(self) -> list[str]:
        return list(self._account.reveal().values())


class AccessToken(NamedTuple):
    """`expires` and `renews` are seconds since 1970 by this machine's clock."""

    text: str
    refresh: str
    renews: float
    expires: float

    def __repr__(self) -> str:
        return f"AccessToken(..., {self.renews!r}, {self.expires!r})"


class LoginIdentity:
    """A token that a login gives. It lies in the folder of the account, where each process of the site finds it."""

    def __init__(self, rule: LoginAuth, account: SiteAccount, folder: Path, now: Clock) -> None:
        self._token: AccessToken | None = None
        self._mine, self._rule, self._account = threading.RLock(), rule, account
        self._refused = RefusedCredentials(folder / "refused.json", now, self._explain_refusal)
        self._now, self._folder, self._kept = now, folder, TokenFile(folder)

    def prove(self, ask: Ask) -> Proof:
        with self._mine:
            now = self._now().timestamp()
            if self._token is None or now >= self._token.renews:
                self._token = self._obtain(ask, now)
            variables = {"settings": self._account.settings, "token": self._token.text}
            return Proof(
                {name: render_header(name, text, variables) for name, text in self._rule.headers.items()},
                {name: str(render(text, variables)) for name, text in self._rule.query.items()},
                self._token.text,
            )

    def reject(self, proof: Proof) -> bool:
        with self._mine:
            self._token = None if self._token is None or self._token.text == proof.token else self._token
            with lock_account(self._folder):
                self._kept.drop_token(proof.token)
        return True

    def secrets(self) -> list[str]:
        with self._mine:
            tokens = [self._token.text, self._token.refresh] if self._token is not None else []
        return [*self._account.reveal().values(), *tokens]

    def _obtain(self, ask: Ask, now: float) -> AccessToken:
        """One that another process has, a renewed one, or a new one; by one process at a time."""
        with lock_account(self._folder):
            kept = self._load()
            if kept is None or now >= kept.renews:
                variables = self._account.variables()
                renewed = self._renew(ask, kept, variables, now) if kept is not None else None
                kept = renewed or self._log_in(ask, variables, now)
                facts = {"token": kept.text, "refresh": kept.refresh, "renews": kept.renews, "expires": kept.expires}
                self._kept.store_token(facts)
            return kept

    def _renew(self, ask: Ask, kept: AccessToken, variables: Variables, now: float) -> AccessToken | None:
        if self._rule.refresh is None or not kept.refresh:
            return None
        judgement, answer = ask(
            "refresh", self._rule.refresh, {**variables, "refresh_token": kept.refresh}, Proof({}, {})
        )
        if judgement.verdict is not Meaning.GOOD:
            return None
        found = self._read(answer, now)
        return found if found.refresh else found._replace(refresh=kept.refresh)

    def _log_in(self, ask: Ask, variables: Variables, now: float) -> AccessToken:
        where, secrets = self._account.options, variables["secrets"]
        credentials = [where.account, *(f"{name}={secret}" for name, secret in sorted(secrets.items()))]
        self._refused.ensure_untried(credentials)
        rule = self._rule
        headers = {"Authorization": _basic(rule.username, rule.password, variables)} if rule.username else {}
        judgement, answer = ask("login", rule.login, variables, Proof(headers, {}))
        if judgement.verdict is Meaning.GOOD:
            return self._read(answer, now)
        words = f"{where.url} refuses the login: {judgement.words}."
        if judgement.verdict in {Meaning.EXPIRED, Meaning.REFUSED, Meaning.BROKEN} and answer.status < 500:
            self._refused.remember(credentials, words)
        raise RestError(words, remedy=judgement.remedy or "Check `secrets` and `settings`.")

    def _read(self, answer: Incoming, now: float) -> AccessToken:
        rule = self._rule
        text = search(rule.token, answer.body)
        if not isinstance(text, str) or not text:
            raise ProfileError("The answer to the login has no token where the profile looks for one.")
        life = search(rule.lifetime, answer.body) if isinstance(rule.lifetime, str) else rule.lifetime
        seconds = float(life) if isinstance(life, int | float) and life > 0 else timedelta(minutes=5).total_seconds()
        refresh = search(rule.refresh_token, answer.body) if rule.refresh_token is not None else None
        early = min(EARLY * seconds, EARLIEST)
        return AccessToken(text, refresh if isinstance(refresh, str) else "", now + seconds - early, now + seconds)

    def _load(self) -> AccessToken | None:
        """The token that is kept; the folder is that of these settings, so that it is one of this account."""
        kept = self._kept.load_token()
        try:
            return AccessToken(str(kept["token"]), str(kept["refresh"]), float(kept["renews"]), float(kept["expires"]))
        except (KeyError, ValueError, TypeError):
            return None

    @staticmethod
    def _explain_refusal(words: str, file: Path) -> RestError:
        return RestError(
            f"{words} linecard does not try the same again, lest the PBX lock it out.",
            remedy=f"Correct `secrets` or `settings`. If they are right again, delete {file}.",
        )


def make_requester(profile: Profile, account: SiteAccount, folder: Path, now: Clock) -> Requester:
    """`folder` is that of the account: all PBXs of the site that use it share it."""
    if isinstance(profile.auth, LoginAuth):
        return LoginIdentity(profile.auth, account, folder, now)
    return FixedIdentity(profile.auth, account)


def _basic(username: str, password: str, variables: Variables) -> str:
    pair = f"{render(username, variables)}:{render(password, variables)}"
    return "Basic " + base64.b64encode(pair.encode()).decode()
