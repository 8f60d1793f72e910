"""What may stand below `options:` of an inbox of the kind `local`."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class LocalOptions(BaseModel):
    """A folder of this machine."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    hard_links: bool = Field(
        default=False,
        description=(
            "Take files that have several names (hard links) too; anyone who has another name can change what was sent."
        ),
    )
    watch: bool = Field(
        default=True,
        description="Let the kernel report arrivals; without it, and on network mounts, `scan` finds them.",
    )
