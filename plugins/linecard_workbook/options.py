"""What may stand below `open: workbook:` of an inbox."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class WorkbookOptions(BaseModel):
    """Workbooks of a spreadsheet program: .xlsx, .xlsm and .ods."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    required: bool = Field(default=False, description="Whether a file that is no workbook is refused.")
    sheet: str | None = Field(
        default=None,
        min_length=1,
        description=(
            "The name of the worksheet to read, compared without case; null: the one whose header names the columns "
            "of a sheet."
        ),
    )
    ratio: Annotated[int, Field(strict=True, ge=2)] = Field(
        default=200,
        description="How many times larger than the file its content may become, counted from 10 MB on.",
    )
