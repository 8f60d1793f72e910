"""What the archive of reports has: one entry for each run whose report is filed, in pages by month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple


class ArchiveEntry(NamedTuple):
    """A run with its report. `path` is that of the report below the folder `reports`, without the suffix of a
    format; `retry` says whether a retry sheet lies beside it. `counts` are rows by outcome."""

    id: int
    created: datetime
    inbox: str
    file: str
    description: str
    state: str
    counts: Mapping[str, int]
    path: str
    retry: bool


class Month(NamedTuple):
    """The reports of one month, by the time (UTC) at which their runs began: `name` is such as 2026/12."""

    name: str
    reports: int


@dataclass(frozen=True, slots=True)
class Index:
    """One page of the archive: of a month or, where that is empty, of the whole.

    `lines` are its entries, the newest first, as the renderer itself writes each. `months` are all there are, the
    newest first; `total` is how many entries they have together. `stamp` stands in the page, so that it can be told
    later whether it is still right.
    """

    site: str
    timezone: str
    month: str
    lines: Sequence[str]
    months: tuple[Month, ...]
    total: int
    stamp: str
