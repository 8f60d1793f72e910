"""What may stand below `open:` of an inbox."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from linecard.api import Secret


def parse_fingerprint(value: Any) -> str:
    """A full fingerprint, as gpg writes it: capital letters without blanks. Raises ValueError for anything shorter."""
    text = re.sub(r"[\s:]", "", str(value)).upper().removeprefix("0X")
    if not re.fullmatch(r"[0-9A-F]{40}|[0-9A-F]{64}", text):
        raise ValueError("expected a full fingerprint of 40 hexadecimal digits; `linecard keys list` shows them")
    return text


Fingerprint = Annotated[str, BeforeValidator(parse_fingerprint, json_schema_input_type=str)]
Ratio = Annotated[int, Field(strict=True, ge=2)]


class PgpOptions(BaseModel):
    """Files encrypted with OpenPGP, binary or armoured."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    signers: tuple[Fingerprint, ...] = Field(
        default=(),
        description=(
            "The full fingerprints of those who may sign: each file must then have a good signature of one of "
            "them; with none listed, no signature is needed."
        ),
    )
    unencrypted: Literal["refuse", "signed", "accept"] = Field(
        default="refuse",
        description=(
            "What happens to a file that is not encrypted: refuse it, take one that is signed (by one of "
            "`signers`), or accept any."
        ),
    )
    passphrase: Secret | None = Field(
        default=None, description="A reference to the passphrase of the site's key; null: it has none."
    )
    seconds: float = Field(
        default=300.0, gt=0, description="How long decrypting one file may take before linecard stops it."
    )

    @model_validator(mode="after")
    def _check_signers(self) -> Self:
        if self.unencrypted == "signed" and not self.signers:
            raise ValueError("expected `signers` beside `unencrypted: signed`, for who may sign")
        if self.unencrypted == "accept" and self.signers:
            raise ValueError("expected refuse or signed for `unencrypted` beside `signers`: a plain file has none")
        return self


class GzipOptions(BaseModel):
    """Files packed with gzip."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    required: bool = Field(default=False, description="Whether a file that is not packed so is refused.")
    ratio: Ratio = Field(
        default=200,
        description="How many times larger than its packed form a file may become, counted from 1 MB on.",
    )


class ZipOptions(BaseModel):
    """Files packed as the one sheet of a zip archive."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    required: bool = Field(default=False, description="Whether a file that is not packed so is refused.")
    member: str = Field(
        default="*",
        min_length=1,
        description="The name of the sheet in the archive, as a pattern such as *.csv; exactly one must match.",
    )
    ratio: Ratio = Field(
        default=200,
        description="How many times larger than its packed form a file may become, counted from 1 MB on.",
    )


class SshOptions(BaseModel):
    """Keys with which SFTP inboxes log in: there is nothing to set."""

    model_config = ConfigDict(extra="forbid", frozen=True)
