"""What may stand below `options:` of a PBX of the kind `rainbow`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

import httpx2
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from linecard.api import Secret
from linecard_rainbow.assumptions import Assumptions

STARTER = """\
systems: [PBXpbxid]           # the pbxId of the Rainbow system, or its name
# host: openrainbow.com       # sandbox.openrainbow.com, or another
login: admin@example.com      # an administrator of the company
password: file:secrets/rainbow-password
app_id: 0123456789abcdef      # of the application that ALE has registered for you
app_secret: file:secrets/rainbow-application
# ca_file: rainbow.pem        # certificates to trust instead of the system's
# rate: {requests: 600, seconds: 60}   # the pace that your tenant allows
# With an extension that nobody needs and a test account, `linecard doctor` finds out how your tenant frees extensions:
# probe: {extension: 1999, member: test@example.com}
"""
"""What a new site begins with."""


def _host(text: str) -> str:
    if not re.fullmatch(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(:[0-9]{1,5})?", text):
        raise ValueError("expected a host such as openrainbow.com, without https:// and without a path")
    _check_address(f"https://{text}")
    return text


def _proxy(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/@]+/?", text):
        raise ValueError("expected an address such as http://proxy.example.com:3128, without a password in it")
    _check_address(text)
    return text


def _check_address(text: str) -> None:
    """What can never be connected to, such as port 70000, is a fault of the configuration."""
    try:
        url = httpx2.URL(text)
        url.host.encode("idna")
    except (httpx2.InvalidURL, UnicodeError):
        raise ValueError("expected the name or the address of a host") from None
    if url.port is not None and not 0 < url.port < 65536:
        raise ValueError("expected a port from 1 to 65535")


def _keep_digits(value: object) -> object:
    """Extensions need no quotes in the configuration: YAML makes a number of one that has no zero before it."""
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Name = Annotated[str, BeforeValidator(_keep_digits)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RequestRate(_Part):
    """The pace that the tenant allows; all that linecard asks of it shares one budget."""

    requests: int = Field(default=600, ge=10, le=1_000_000, description="So many requests ...")
    seconds: float = Field(default=60.0, gt=0, le=3600, description="... in so many seconds.")


class Probe(_Part):
    """What `linecard doctor` may try the tenant on, once; both are left as they were."""

    extension: Name = Field(min_length=1, description="An extension of this PBX that nobody holds and nobody needs.")
    second: Name | None = Field(
        default=None,
        description="Another such extension: to learn whether a member who is given a second one keeps the first.",
    )
    member: str = Field(
        min_length=3, description="The login of a member who holds no extension of any PBX, such as a test account."
    )

    @model_validator(mode="after")
    def _check_second(self) -> Self:
        if self.second == self.extension:
            raise ValueError("expected another extension as `second`")
        return self


class RainbowOptions(_Part):
    """One system of a Rainbow company, or several whose extensions differ."""

    systems: tuple[Name, ...] = Field(
        min_length=1,
        description="The pbxId or the name of the Rainbow system, as `rbw systems` or the portal shows it.",
    )
    company: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9]{1,64}$",
        description="The id of the company, where the account manages several.",
    )
    host: Annotated[str, AfterValidator(_host)] = Field(
        default="openrainbow.com",
        description="openrainbow.com, sandbox.openrainbow.com or another; with a port if it is not 443.",
    )
    login: str | None = Field(default=None, description="The login e-mail of an administrator of the company.")
    password: Secret | None = Field(default=None, description="A reference to that administrator's password.")
    api_key: Secret | None = Field(default=None, description="A reference to an API key, in place of both.")
    app_id: str = Field(min_length=1, description="The id of the application that ALE has registered for you.")
    app_secret: Secret = Field(description="A reference to that application's secret.")
    proxy: Annotated[str, AfterValidator(_proxy)] | None = Field(
        default=None, description="An HTTP proxy on the way to Rainbow. The environment is not asked for one."
    )
    ca_file: Path | None = Field(
        default=None,
        description="Certificates to trust instead of the system's, relative to the site's folder or absolute.",
    )
    timeout: float = Field(
        default=60.0,
        gt=0,
        le=600,
        description="Seconds to wait for an answer; a change waits until the agent of the PBX has taken it.",
    )
    settle: float = Field(
        default=60.0,
        ge=0,
        le=3600,
        description="Seconds in which a change whose answer was lost is looked for by reading. It is never sent again.",
    )
    patience: float = Field(
        default=900.0,
        ge=0,
        le=86400,
        description="Seconds to keep waiting when Rainbow answers that requests are too many (429).",
    )
    workers: int = Field(default=8, ge=1, le=64, description="Changes that may be under way at the same time.")
    page: int = Field(default=1000, ge=2, le=1000, description="Entries to ask for in one request of a list.")
    rate: RequestRate = RequestRate()
    mode: Literal["rest", "massprovisioning"] = Field(
        default="rest",
        description="How changes are made: one by one, or by sheets of mass provisioning.",
    )
    assume: Assumptions = Assumptions()
    probe: Probe | None = Field(
        default=None, description="What `linecard doctor` may try once to learn how this tenant frees an extension."
    )

    @model_validator(mode="after")
    def _check_login(self) -> Self:
        if (self.login is None) != (self.password is None):
            raise ValueError("expected login and password together")
        if (self.login is None) == (self.api_key is None):
            raise ValueError("expected either login and password, or api_key")
        return self

    @property
    def account(self) -> str:
        """Who linecard is to which host: what is kept and counted by account goes by it."""
        name = self.login if self.api_key is None else self.api_key.reference
        return f"{self.host} {name}".lower()
