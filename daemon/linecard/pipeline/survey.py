"""Survey: which PBXs a sheet names, so that it waits for those alone."""

from __future__ import annotations

from linecard.pipeline.feed import Feed
from linecard.rules.check import Sheet


def survey_pbxs(sheet: Sheet, feed: Feed) -> tuple[str, ...]:
    """The PBXs that the rows of a sheet name, in the inbox's order; none for one that is refused as a whole.

    A detach that names none means all of the inbox.
    """
    named: set[str] = set()
    for row in sheet:
        if row.asks_nothing or (row.faults and not row.valid):
            continue
        named.add(row.pbx)
    if sheet.is_refused:
        return ()
    return tuple(name for name in feed.pbxs if name in named or "" in named)
