"""What may stand below `options:` of a sink of the kind `mail`."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from email_validator import EmailNotValidError, validate_email
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from linecard.api import Secret

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
PORTS = {"starttls": 587, "tls": 465, "none": 25}


class MailOptions(BaseModel):
    """A mail to each reader, in their language."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = Field(
        pattern=r"^[A-Za-z0-9.:_-]+$",
        description="The mail server (SMTP) that takes mail from here, by name or address.",
    )
    port: int | None = Field(
        default=None, ge=1, le=65535, description="Its port; default: 587 for starttls, 465 for tls, 25 for none."
    )
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls",
        description="starttls: the connection is encrypted before anything is said; tls: from its first byte; "
        "none: never, only to a server on this machine.",
    )
    user: str | None = Field(default=None, description="The name to log in with; null: without logging in.")
    password: Secret | None = Field(default=None, description="Its password, as a reference.")
    certificate: Path | None = Field(
        default=None,
        description="A client certificate with its key, in one PEM file, relative to the site's folder or absolute.",
    )
    ca_file: Path | None = Field(
        default=None,
        description="Certificates to trust instead of the system's, relative to the site's folder or absolute.",
    )
    sender: str = Field(description="The address that the mail comes from.")
    sender_name: str = Field(default="linecard", max_length=100, description="The name that is shown beside it.")
    reply_to: str | None = Field(default=None, description="Where replies of readers go; null: nobody reads them.")
    hello: str | None = Field(
        default=None,
        pattern=r"^[A-Za-z0-9.:\[\]-]+$",
        description="The name of this machine to greet the server with; null: the one it gives itself.",
    )
    timeout: float = Field(default=30.0, gt=0, le=600, description="Seconds to wait for each answer.")
    longest: float = Field(default=300.0, gt=0, le=3600, description="Seconds after which sending one mail is aborted.")
    link: str | None = Field(
        default=None,
        pattern=r"^https?://[^\s<>\"]+$",
        description="The web address under which the folder `reports` can be read, for a link to the whole report; "
        "null: no link.",
    )
    within: int | None = Field(
        default=None, ge=1, le=365, description="Days in which readers should reply; null: no day is named."
    )
    retry_form: Literal["csv", "workbook"] = Field(
        default="csv",
        description="What the attached retry sheet is: csv, or a workbook (.xlsx) whose cells stay text in Excel.",
    )
    plain_most: int = Field(
        default=500_000, ge=0, description="Bytes up to which a file is attached as it is; a larger one is zipped."
    )
    attached_most: int = Field(
        default=10_000_000, ge=0, description="Bytes that attached files may have, zipped, to be attached at all."
    )

    @field_validator("sender", "reply_to")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        try:
            return validate_email(value, check_deliverability=False, test_environment=True).normalized
        except EmailNotValidError:
            raise ValueError("an e-mail address such as linecard@example.com") from None

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.security == "none" and self.host not in LOOPBACK:
            raise ValueError("security starttls or tls: none is for a server on this machine alone")
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password together, or neither")
        if self.user is not None and self.security == "none":
            raise ValueError("security starttls or tls beside a password")
        return self

    @property
    def at_port(self) -> int:
        return self.port if self.port is not None else PORTS[self.security]
