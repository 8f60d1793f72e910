"""What a person should know before extensions change hands: devices that would be silenced with them, and what
still leads there afterwards."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

import sqlalchemy as sa

from linecard.api.backend import Caveat, Change
from linecard_asterisk import rotation
from linecard_asterisk.database import Tables
from linecard_asterisk.judge import is_renewed
from linecard_asterisk.leading import read_queue_table, watchers
from linecard_asterisk.options import AsteriskOptions
from linecard_asterisk.pointers import Pointer
from linecard_asterisk.read import Reader, Seen
from linecard_asterisk.sharing import Account, names_in

_REMEDY = "Approve the plan if that is right; else give it an address of record of its own before."


class Precheck:
    """Of one PBX. `named` has, by extension, the devices of which it has told: no others are silenced."""

    def __init__(self, tables: Tables, options: AsteriskOptions) -> None:
        self._tables, self._options = tables, options
        self.named: dict[str, frozenset[str]] = {}

    def tell(
        self,
        connection: sa.Connection,
        changes: Sequence[Change],
        elsewhere: Collection[Account],
        pointers: Collection[Pointer],
    ) -> Iterator[Caveat]:
        """Of changes of holders. `elsewhere` are endpoints that stand in no table, `pointers` what a running Asterisk
        tells."""
        seen = Reader(connection, self._tables, self._options).seen({change.extension for change in changes})
        if self._options.second_devices == "hold":
            yield from self._devices(connection, changes, seen, elsewhere)
        losing = [change.extension for change in changes if change.before.member is not None]
        own = {name: names_in(seen.endpoints[name].aors) if name in seen.endpoints else () for name in losing}
        boxes = watchers(connection, self._tables.endpoints, self._tables.aors, self._options.voicemail_context, own)
        members = self._tables.queue_members
        queues = () if members is None or not losing else read_queue_table(connection, members)
        for extension, words, remedy in dict.fromkeys((*pointers, *queues, *boxes)):
            if extension in own:
                yield Caveat(extension, words, remedy)

    def _devices(
        self, connection: sa.Connection, changes: Sequence[Change], seen: Seen, elsewhere: Collection[Account]
    ) -> Iterator[Caveat]:
        """Those that can be silenced; where one cannot, the row fails and says why, whatever a person approves."""
        known = rotation.read_known(connection, self._tables, seen.endpoints, elsewhere)
        for _, _, extension, before, after in changes:
            endpoint, link = seen.endpoints.get(extension), seen.links.get(extension)
            if not is_renewed(self._options, (before.member, after.member), endpoint, link):
                continue
            others = rotation.devices(extension, endpoint, known)
            self.named[extension] = frozenset(account.name for account in others)
            if others and not rotation.refusal(extension, endpoint, known, silence=True):
                words = f"{rotation.ring(extension, others)}, and will be silenced with it"
                yield Caveat(extension, words, _REMEDY, holds=True)
