"""The backend: the systems of one Rainbow company as a PBX."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from linecard.api import Context, Finding
from linecard.api.backend import Can, Change, Entry, Result, Scope
from linecard_rainbow.assumptions import TenantAnswers
from linecard_rainbow.bulk_import import MassProvisioning
from linecard_rainbow.client import Client
from linecard_rainbow.dispatch import make_side_by_side
from linecard_rainbow.holdings_index import HoldingsIndex
from linecard_rainbow.options import RainbowOptions
from linecard_rainbow.probe import TenantProbe
from linecard_rainbow.reader import TenantReader
from linecard_rainbow.sheet_writer import SheetWriter
from linecard_rainbow.tenant import Tenant
from linecard_rainbow.writer import Writer


def build(options: RainbowOptions, context: Context) -> RainbowBackend:
    return RainbowBackend(options, context)


class RainbowBackend:
    """One PBX at Rainbow. Nothing is sent before it is first used.

    It may be used from any thread, but two calls of `apply` must not overlap.
    """

    def __init__(self, options: RainbowOptions, context: Context) -> None:
        self._options, self._context = options, context
        self._client = Client(options, context)
        tenant_name = f"{options.host} {' '.join(options.systems)}".lower()
        self._answers = TenantAnswers(options.assume, context.state, tenant_name)
        several = self._answers.second_extension == "added"
        self.can: frozenset[Can] = frozenset({Can.SEVERAL} if several else ())
        self._tenant = Tenant(self._client, options)
        self._reader = TenantReader(self._tenant, context.now, context.log)
        self._provisioning = MassProvisioning(self._client, options.company)
        index = HoldingsIndex(self._tenant, context.now)
        self._writer = Writer(
            self._tenant,
            self._reader,
            self._answers,
            self._provisioning,
            index,
            settle=options.settle,
            several=several,
        )
        self._sheets = SheetWriter(self._tenant, self._reader, self._provisioning, index, several=several)

    def fetch(self, scope: Scope) -> Iterator[Entry]:
        """Each extension of the scope. A list of many pages is not read at one moment, but none is missed that is
        there all the while, and none comes twice."""
        yield from self._reader.list_entries(scope)

    def members(self, scope: Scope) -> Iterator[str]:
        """Members of the company: all, or those named."""
        yield from self._reader.list_members(scope)

    def apply(self, changes: Iterable[Change]) -> Iterator[Result]:
        """Make the changes side by side, each sent once, or by sheets; results come in the order of the changes."""
        if self._options.mode == "massprovisioning":
            yield from self._sheets.make_changes(changes)
            return
        self._writer.begin()
        yield from make_side_by_side(changes, self._writer.make, self._options.workers)

    def probe(self) -> Iterator[Finding]:
        """The way to the tenant, and what it answers where ALE's descriptions are silent."""
        yield from TenantProbe(self._options, self._tenant, self._reader, self._answers, self._provisioning).steps()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
