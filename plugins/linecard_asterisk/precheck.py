"""What a person should know before extensions change hands: devices that would be silenced with them, and what
still leads there afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import sqlalchemy as sa

from linecard.api.backend import Caveat, Change
from linecard_asterisk import rotation
from linecard_asterisk.accounts import Account, split_names
from linecard_asterisk.database import Tables
from linecard_asterisk.options import AsteriskOptions
from linecard_asterisk.pointers import Pointer
from linecard_asterisk.reader import AsteriskReader, Snapshot
from linecard_asterisk.steps import is_secret_renewed
from linecard_asterisk.table_pointers import read_mailbox_watchers, read_queue_table

_REMEDY = "Approve the plan if that is right; otherwise first give the device an address of record of its own."


class Precheck:
    """Of one PBX. `named` has, by extension, the devices of which it has told: no others are silenced."""

    def __init__(self, tables: Tables, options: AsteriskOptions) -> None:
        self._tables, self._options = tables, options
        self.named: dict[str, frozenset[str]] = {}

    def find_caveats(
        self,
        connection: sa.Connection,
        changes: Sequence[Change],
        elsewhere: Collection[Account],
        pointers: Collection[Pointer],
    ) -> Iterator[Caveat]:
        """Of changes of holders. `elsewhere` are endpoints that stand in no table, `pointers` what a running Asterisk
        tells."""
        reader = AsteriskReader(connection, self._tables, self._options)
        seen = reader.read_snapshot({change.extension for change in changes})
        if self._options.second_devices == "hold":
            yield from self._find_silenced_devices(connection, changes, seen, elsewhere)
        losing = [change.extension for change in changes if change.before.member is not None]
        own = {name: split_names(seen.endpoints[name].aors) if name in seen.endpoints else () for name in losing}
        boxes = read_mailbox_watchers(
            connection, self._tables.endpoints, self._tables.aors, self._options.voicemail_context, own
        )
        members = self._tables.queue_members
        queues = () if members is None or not losing else read_queue_table(connection, members)
        for extension, words, remedy in dict.fromkeys((*pointers, *queues, *boxes)):
            if extension in own:
                yield Caveat(extension, words, remedy)

    def _find_silenced_devices(
        self, connection: sa.Connection, changes: Sequence[Change], seen: Snapshot, elsewhere: Collection[Account]
    ) -> Iterator[Caveat]:
        """Those that can be silenced; where one cannot, the row fails and says why, whatever a person approves."""
        known = rotation.read_surroundings(connection, self._tables, seen.endpoints, elsewhere)
        for _, _, extension, before, after in changes:
            endpoint, link = seen.endpoints.get(extension), seen.links.get(extension)
            if not is_secret_renewed(self._options, (before.member, after.member), endpoint, link):
                continue
            others = rotation.find_devices(extension, endpoint, known)
            self.named[extension] = frozenset(account.name for account in others)
            if others and not rotation.find_refusal(extension, endpoint, known, silence=True):
                words = f"{rotation.describe_devices(extension, others)}, and will be silenced with it"
                yield Caveat(extension, words, _REMEDY, holds=True)
