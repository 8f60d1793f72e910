"""The backend: the systems of one Rainbow company as a PBX."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice

from linecard.api import Context, Finding
from linecard.api.backend import Can, Change, Entry, Forecast, Result, Scope, make_side_by_side
from linecard_rainbow.assumptions import TenantAnswers
from linecard_rainbow.bulk_import import MassProvisioning
from linecard_rainbow.client import Client
from linecard_rainbow.errors import RainbowError, RefusedError
from linecard_rainbow.holdings_index import HoldingsIndex
from linecard_rainbow.options import RainbowOptions
from linecard_rainbow.probe import TenantProbe
from linecard_rainbow.reader import TenantReader
from linecard_rainbow.sheet_writer import SheetWriter
from linecard_rainbow.tenant import Tenant
from linecard_rainbow.writer import Writer

CHECKED = 500
"""Changes that are given to Rainbow's own check at most."""
REQUESTS = 2
"""What a change costs: a look and the change."""


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

    def forecast(self, changes: Iterable[Change]) -> Forecast:
        """How long the pace of the tenant makes the changes take, and what Rainbow's own check says of them: counts,
        and licences before and after. Nothing is changed."""
        source = iter(changes)
        first = list(islice(source, CHECKED))
        count = len(first) + sum(1 for _ in source)
        by_sheet = self._options.mode == "massprovisioning"
        seconds = 0.0 if by_sheet else self._client.estimate_wait(REQUESTS * count)
        rows = self._sheets.compose_rows(first)
        if not rows:
            return Forecast(seconds)
        try:
            check = self._provisioning.check_rows(rows)
        except RainbowError as error:
            if not by_sheet:  # nobody has asked for mass provisioning
                self._context.log("no check by mass provisioning", level="debug", reason=str(error))
                return Forecast(seconds)
            if isinstance(error, RefusedError):
                return Forecast(seconds, (f"Rainbow's check refuses the sheet: {error}",))
            raise
        actions = ", ".join(f"{n} {action}" for action, n in check.actions.items() if n)
        part = f" of the first {len(first)} changes" if count > len(first) else ""
        counts = (f"Rainbow's own check{part}: {actions}.",) if by_sheet and actions else ()
        return Forecast(seconds, (*counts, *check.licences))

    def probe(self) -> Iterator[Finding]:
        """The way to the tenant, and what it answers where ALE's descriptions are silent."""
        yield from TenantProbe(self._options, self._tenant, self._reader, self._answers, self._provisioning).steps()

    def close(self) -> None:
        """Close the connections."""
        self._client.close()
