"""What may stand below `options:` of a sink of the kind `webhook`."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from linecard.api import Secret


class WebhookOptions(BaseModel):
    """Signed JSON to a web address."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = Field(pattern=r"^https?://[^\s]+$", description="Where it is sent by POST; https, or http on loopback.")
    secret: Secret | None = Field(
        default=None, description="The key of the signature, as a reference; without one, nothing is signed."
    )
    ca_file: Path | None = Field(
        default=None,
        description="Certificates to trust instead of the system's, relative to the site's folder or absolute.",
    )
    timeout: float = Field(default=10.0, gt=0, le=120, description="Seconds to wait for each step of an answer.")
