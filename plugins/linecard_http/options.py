"""What may stand below `options:` of a PBX of the kind `http`: where it is, and which profile describes it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from linecard.api import Secret

STARTER = """\
profile: wazo                       # or another of docs/http.md, or a file of your own in backends/
url: https://pbx.example.com        # where its API is
secrets: {password: file:secrets/pbx}
# settings: {username: linecard}    # what the profile asks for; docs/http.md lists it
# ca_file: pbx.pem                  # certificates to trust instead of the system's
# rate: {requests: 20, seconds: 1}  # the pace that the PBX bears
"""
"""What a new site begins with."""


def _address(text: str) -> str:
    if not re.fullmatch(r"https?://[^\s/?#@]+(/[^\s?#]*)?", text):
        raise ValueError("expected an address such as https://pbx.example.com, without a user, `?` or `#` in it")
    try:
        parts = urlsplit(text)
        known = parts.port is None or 0 < parts.port < 65536
    except ValueError:
        known = False
    if not known:
        raise ValueError("expected a port from 1 to 65535")
    return text.rstrip("/")


Address = Annotated[str, AfterValidator(_address)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class HttpRate(_Part):
    """The pace that the PBX bears; all that linecard asks of it with this account shares one budget."""

    requests: int = Field(default=20, ge=1, le=1_000_000, description="So many requests ...")
    seconds: float = Field(default=1.0, gt=0, le=3600, description="... in so many seconds.")


class HttpOptions(_Part):
    """One PBX, and the profile that says how it is asked."""

    profile: str = Field(
        min_length=1,
        description="A profile that comes with linecard (docs/http.md), or NAME for the site's own backends/NAME.yaml.",
    )
    url: Address = Field(description="Where its API is; the profile's paths begin behind it.")
    settings: dict[str, str | int | bool] = Field(default={}, description="What the profile asks for.")
    secrets: dict[str, Secret] = Field(default={}, description="References to the secrets that the profile asks for.")
    ca_file: Path | None = Field(
        default=None,
        description="Certificates to trust instead of the system's, relative to the site's folder or absolute.",
    )
    client_certificate: Path | None = Field(
        default=None, description="A certificate to show, with its chain, in PEM; with `client_key`."
    )
    client_key: Path | None = Field(default=None, description="Its private key, in PEM, without a passphrase.")
    proxy: Address | None = Field(
        default=None, description="An HTTP proxy on the way. The environment is not asked for one."
    )
    timeout: float = Field(default=30.0, gt=0, le=600, description="Seconds to wait for an answer.")
    settle: float = Field(
        default=30.0,
        ge=0,
        le=3600,
        description="Seconds in which a change whose answer was lost is looked for by reading. It is never sent again.",
    )
    patience: float = Field(
        default=900.0, ge=0, le=86400, description="Seconds to keep waiting when the PBX says: too many requests."
    )
    workers: int = Field(
        default=4, ge=1, le=64, description="Changes that may be under way at the same time; the profile may lower it."
    )
    rate: HttpRate = HttpRate()

    @model_validator(mode="after")
    def _check_certificate(self) -> Self:
        if (self.client_certificate is None) != (self.client_key is None):
            raise ValueError("expected client_certificate and client_key together")
        return self

    @property
    def account(self) -> str:
        """Who linecard is to which PBX: what is kept and counted by account goes by it."""
        secrets = " ".join(f"{name}={secret.reference}" for name, secret in sorted(self.secrets.items()))
        settings = " ".join(f"{name}={value}" for name, value in sorted(self.settings.items()))
        return f"{self.profile} {self.url.lower()} {settings} {secrets}"
