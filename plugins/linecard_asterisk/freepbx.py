"""The database of FreePBX: called like Asterisk's, but Asterisk does not read it. FreePBX writes files from it.

Seen in FreePBX's module core 17 (September 2024), which makes these tables and no realtime table of PJSIP.
"""

from __future__ import annotations

import sqlalchemy as sa

from linecard.api import Alert

_COLUMNS = {
    "devices": {"id", "tech", "dial", "devicetype", "user"},
    "users": {"extension", "name", "voicemail", "outboundcid"},
    "incoming": {"cidnum", "extension", "destination"},
}
"""Tables that FreePBX has had in all its versions, with columns by which they are told from others of these names."""

REMEDY = (
    "Do not create Asterisk's tables there. `linecard check` reads sheets without a PBX; plan, import and undo need an "
    "Asterisk whose endpoints are in tables. What FreePBX manages, change in FreePBX itself, such as with its Bulk "
    "Handler; docs/asterisk.md says more."
)


def find_freepbx(engine: sa.Engine) -> Alert | None:
    """What to say of a database of FreePBX, with what it has; None for any other. Nothing is changed."""
    inspector = sa.inspect(engine)
    there = inspector.get_multi_columns(filter_names=list(_COLUMNS))
    found = {name: {column["name"] for column in columns} for (_, name), columns in there.items()}
    if any(not wanted <= found.get(name, set()) for name, wanted in _COLUMNS.items()):
        return None
    with engine.connect().execution_options(write=False) as connection:
        counts = {
            name: connection.scalar(sa.select(sa.func.count()).select_from(sa.table(name))) or 0 for name in _COLUMNS
        }
    what = (
        f"this is the database of FreePBX (extensions: {counts['users']}, devices: {counts['devices']}, "
        f"inbound routes: {counts['incoming']}). Asterisk does not read it: FreePBX writes Asterisk's files from it, "
        "so that nothing which linecard could write here would ring a phone"
    )
    return Alert("FreePBX", what, REMEDY)
