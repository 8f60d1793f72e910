"""What may stand below `options:` of a PBX of the kind `directory`."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class DirectoryOptions(BaseModel):
    """A telephone directory in an SQLite file."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Path = Field(
        description="The SQLite file, relative to the site's folder. It and its folder are made on first use."
    )
    create_members: bool = Field(
        default=True, description="Make a member that the directory does not know yet when first attached."
    )
    create_extensions: bool = Field(
        default=True,
        description="Make an extension that the directory does not have yet when first attached.",
    )
    busy_timeout: float = Field(
        default=5.0,
        ge=0,
        le=3600,
        allow_inf_nan=False,
        description="Seconds to wait for another program that is writing to the file.",
    )
