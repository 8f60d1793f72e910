"""What may stand below `options:` of an inbox of the kind `sftp`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from linecard.api import Secret

OLD = (
    *("aes128-cbc", "aes192-cbc", "aes256-cbc", "3des-cbc"),
    *("hmac-sha1", "hmac-md5", "hmac-sha1-96", "hmac-md5-96"),
)
"""Algorithms that are known here and refused unless they are named."""
ARCHIVE = "archive "

Seconds = Annotated[float, Field(gt=0, le=3600)]
Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[str, Field(pattern=r"^[A-Za-z0-9_]([A-Za-z0-9._:%-]*[A-Za-z0-9])?$|^::[A-Fa-f0-9:.]*$")]
Fingerprint = Annotated[str, Field(pattern=r"^SHA256:[A-Za-z0-9+/]{43}=?$")]
Fingerprints = Annotated[
    tuple[Fingerprint, ...], BeforeValidator(lambda given: [given] if isinstance(given, str) else given)
]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Login(_Part):
    """A machine to log in to by SSH, how, and how to know that it is the right one."""

    host: Host = Field(description="The server, by name or address (IPv4 or IPv6).")
    port: Port = Field(default=22, description="Its SSH port.")
    user: str = Field(min_length=1, description="The account to log in with.")
    key: Path | None = Field(
        default=None,
        description="The private key (ed25519, ECDSA or RSA), relative to the site's folder or absolute; null: the one "
        "that `linecard keys make --ssh` made under the name of the inbox.",
    )
    passphrase: Secret | None = Field(default=None, description="What the key is encrypted with, as a reference.")
    certificate: Path | None = Field(
        default=None,
        description="The certificate of the key, signed by an authority that the server trusts; null: the file beside "
        "the key whose name ends in -cert.pub, if there is one.",
    )
    password: Secret | None = Field(
        default=None, description="The password of the account, as a reference; for servers that take no key."
    )
    known_hosts: Path | None = Field(
        default=None,
        description="The file of the host keys that are trusted, as OpenSSH writes it; null: `known_hosts` in the "
        "state folder, where `linecard inbox trust` writes.",
    )
    fingerprint: Fingerprints = Field(
        default=(),
        description="The fingerprint of the server's host key, SHA256:..., in place of a file; several while it is "
        "being changed.",
    )
    algorithms: tuple[Literal[OLD], ...] = Field(  # type: ignore[valid-type]
        default=(), description="Old ciphers and hashes to allow besides the good ones, for old servers."
    )

    @property
    def where(self) -> str:
        """The server, as its host keys are filed and as people read it."""
        return self.host if self.port == 22 else f"[{self.host}]:{self.port}"


class Timeouts(_Part):
    """How long the server may take for each thing, in seconds."""

    connect: Seconds = Field(default=15.0, description="Until the machine is reached.")
    banner: Seconds = Field(default=15.0, description="Until it says that it speaks SSH, and keys are exchanged.")
    auth: Seconds = Field(default=30.0, description="Until the login is accepted.")
    channel: Seconds = Field(default=15.0, description="Until SFTP is ready.")
    read: Seconds = Field(default=30.0, description="Until the next answer, of 32 kB at the most, is there whole.")


class SftpOptions(Login):
    """A folder of an SFTP server."""

    jump: Login | None = Field(default=None, description="A jump host through which the server is reached.")
    claim: str | None = Field(
        default=".linecard",
        pattern=r"^[^\x00]+$",
        description="The folder on the server, in the inbox or absolute, into which a file is moved before it is read; "
        "null: nothing is moved, for accounts that may not, and each file is remembered instead.",
    )
    after: str | None = Field(
        default=None,
        pattern=r"^(delete|leave|archive [^\x00\s][^\x00]*)$",
        description="What happens to a file whose run has ended: delete, `archive FOLDER` (on the server, in the inbox "
        "or absolute) or leave; null: delete, or leave where nothing is moved.",
    )
    rate: int | None = Field(
        default=None, ge=1000, description="The most bytes to read in a second; null: as fast as it goes."
    )
    timeouts: Timeouts = Field(
        default_factory=Timeouts, description="How long the server may take for each thing, in seconds."
    )
    idle: Seconds = Field(default=300.0, description="Seconds after which a connection without use is closed.")
    pause: Seconds = Field(
        default=5.0,
        description="Seconds to leave a server alone after it could not be reached, whatever number of inboxes it has; "
        "twice as long each time, up to two minutes.",
    )

    @model_validator(mode="after")
    def _check_consistency(self) -> Self:
        if self.claim is not None and self.after == "leave":
            raise ValueError("delete or archive FOLDER; leave goes with `claim: null`")
        for folder in (self.claim, self.archive):
            if folder is not None and re.fullmatch(r"[./]*", folder):
                raise ValueError(f"a folder below the inbox or elsewhere, not {folder!r}")
        return self

    @property
    def archive(self) -> str | None:
        after = self.after or ""
        return after.removeprefix(ARCHIVE).strip() if after.startswith(ARCHIVE) else None

    @property
    def deletes(self) -> bool:
        return self.after == "delete" or (self.after is None and self.claim is not None)
