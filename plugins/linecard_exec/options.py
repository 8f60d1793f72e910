"""What may stand below `options:` of a PBX of the kind `exec`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from linecard.api import Secret

STARTER = """\
command: [/usr/local/lib/linecard/pbx.pl]   # your program, by its path, and its arguments
# settings: {host: pbx.example.com}         # what `hello` hands to it
# secrets: {token: file:secrets/token}      # the same, kept out of linecard.yaml
# user: linecard-pbx                        # where linecard runs as root
# timeout: 60                               # seconds to wait for its next line
# memory: 512                               # MiB that it may use
"""
"""What a new site begins with."""


class ExecOptions(BaseModel):
    """A program, and what it may do."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    command: tuple[str, ...] = Field(
        min_length=1,
        description="The program and its arguments, without a shell. A path that is not absolute is one in the site's "
        "folder.",
    )
    settings: dict[str, Any] = Field(default={}, description="Whatever it needs to know; linecard hands it over.")
    secrets: dict[str, Secret] = Field(default={}, description="References to secrets, handed over like the settings.")
    environment: dict[str, str] = Field(
        default={}, description="Variables of its environment, besides PATH and LANG; secrets do not belong here."
    )
    user: str | None = Field(
        default=None, description="The account that it runs as; only root can give it another than linecard's own."
    )
    timeout: float = Field(default=60.0, gt=0, le=3600, description="Seconds to wait for its next line.")
    memory: int = Field(default=512, ge=16, le=1_048_576, description="MiB of memory that it may use.")
    line: int = Field(default=1_048_576, ge=1024, le=67_108_864, description="Bytes of a line at most.")
    lines: int = Field(default=5_000_000, ge=1, description="Lines of one answer at most.")
