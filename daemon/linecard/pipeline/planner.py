"""A sheet planned against what the PBXs hold now. The same for a preview and for a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import chain, islice

from linecard.model.directory import VACANT, Change, Holding, Scope
from linecard.model.forecast import PbxForecast
from linecard.model.outcome import Code, Outcome, Verdict
from linecard.model.run import Affected, Hold
from linecard.model.sheet import RESTORE, Fault, FaultCode, Row, Severity
from linecard.pipeline.feed import Feed, Pbx
from linecard.pipeline.forecast import forecast
from linecard.pipeline.precheck import TOGETHER, precheck
from linecard.pipeline.premises import Premise
from linecard.ports.backend import Can, SupportsPrecheck
from linecard.rules.caveats import OfPbx, is_loss, is_prechecked, reasons_among, reasons_of, warnings
from linecard.rules.check import Sheet
from linecard.rules.limits import Losses, Totals, holds
from linecard.rules.lost_zeros import lost_zeros, may_have_lost_zeros, with_zeros
from linecard.rules.order import order_changes
from linecard.rules.plan_checksum import Checksum
from linecard.rules.play import Play, Policy
from linecard.rules.restoration import Restoration
from linecard.rules.undo import read_restore

NARROW = 5000
"""Sheets up to this many rows ask a PBX only for the names they contain; longer ones ask for all it holds."""

OUTCOMES_OF_FAULTS = {
    FaultCode.REFUSED_BY_PROCESSOR: Outcome.REFUSED,
    FaultCode.PROCESSOR_FAILED: Outcome.REFUSED,
}
"""Of rows in which nothing is wrong, though they may not be played."""

Ours = Mapping[str, Mapping[str, tuple[Holding, Holding]]]
"""By PBX and extension, what this run has already made of it: from what, to what."""


class Planner:
    """Reads a sheet once and works out what it comes to.

    Take all of `rows()`, then `changes()`, then ask for `holds`, `checksum` and `counts`. May raise `BackendError`
    when a PBX that the sheet names does not answer; nothing has been changed then.
    """

    def __init__(self, sheet: Sheet, feed: Feed, sha256: str, ours: Ours | None = None) -> None:
        self.sheet = sheet
        self._feed = feed
        self._ours = ours or {}
        self._prechecking = {name for name, pbx in feed.pbxs.items() if isinstance(pbx.backend, SupportsPrecheck)}
        self._plays: dict[str, Play] = {}
        self._scopes: dict[str, Scope] | None = None
        self.is_begun = bool(ours)
        """Whether the run has made a part of it already."""
        self._checksum = Checksum(sha256)
        self._losses: dict[str, Losses] = {}
        self._changed_links: dict[str, int] = {}
        self._numbers: dict[str, tuple[int, int]] = {}
        self._counted: dict[str, Totals] = {}
        self._premises: dict[str, Premise] = {}
        self._caveats: list[OfPbx] = []
        self._lines: dict[tuple[str, str], int] = {}
        self._restoring: list[Row] = []
        self._restorations: dict[str, Restoration] = {}
        self.counts: Counter[str] = Counter({outcome.value: 0 for outcome in Outcome})

    # -- rows ------------------------------------------------------------------------------------------------------

    def play_rows(self) -> Iterator[tuple[Row, Verdict]]:
        """Every row of the sheet with what it comes to, in file order."""
        rows = iter(self.sheet)
        first = list(islice(rows, NARROW + 1))
        if self.sheet.is_undo:  # which of its rows can be done is settled for all of them together
            first += rows
            self._restoring = [row for row in first if row.valid]
        if len(first) <= NARROW:
            self._scopes = self._collect_names(first)
        plays, counts, add = self._plays, self.counts, self._checksum.add_row
        for read in chain(first, rows):
            play = plays.get(read.pbx)
            row = self._examine_zeros(read) if play is None or play.has_zeros else read
            if row.faults and not row.valid:
                code = next(f.code for f in row.faults if f.severity is Severity.ERROR)
                verdict = Verdict(OUTCOMES_OF_FAULTS.get(code, Outcome.INVALID), code)
            elif row.asks_nothing:
                verdict = Verdict(Outcome.UNCHANGED, Code.NOTHING_ASKED)
            elif play is None or row.action == RESTORE:
                verdict = self._play_row(row)
            else:  # most rows
                verdict = play.play(row)
            counts[verdict.outcome] += 1
            add(verdict)
            if self._prechecking:
                for effect in verdict.effects:
                    self._lines[effect.pbx, effect.extension] = row.line
            yield (_with_warning(row, verdict) if verdict.overrides else row), verdict

    def _restore(self, row: Row) -> Verdict:
        restoration = self._restorations.get(row.pbx)
        if restoration is None:
            second = self._feed.pbxs[row.pbx].second_extension
            mine = [other for other in self._restoring if other.pbx == row.pbx]
            restoration = self._restorations[row.pbx] = Restoration(self._play(row.pbx), second, mine)
        return restoration.play(row)

    def _play_row(self, row: Row) -> Verdict:
        if row.action == RESTORE:
            return self._restore(row)
        if row.pbx:
            return self._play(row.pbx).play(row)
        verdicts = [self._play(name).play(row) for name in self._feed.pbxs]
        if len(verdicts) == 1:
            return verdicts[0]
        # On several PBXs at once: done where it was done; else why it was refused; else nothing was held.
        best = min(verdicts, key=lambda v: _RANK[v.outcome])
        done = [v for v in verdicts if v.outcome is Outcome.DONE] or [best]
        return best._replace(
            effects=tuple(e for v in done for e in v.effects),
            overrides=tuple(sorted({n for v in done for n in v.overrides})),
        )

    def _examine_zeros(self, row: Row) -> Row:
        """The row; with a fault where no PBX has its extension, and one has it with zeros before it."""
        settled = row.asks_nothing or row.action == RESTORE or (row.faults and not row.valid)
        if not row.extension or settled:
            return row
        if row.pbx:
            play = self._play(row.pbx)
            if not play.has_zeros or play.has_extension(row.extension):  # most rows
                return row
        plays = [self._play(name) for name in ((row.pbx,) if row.pbx else self._feed.pbxs)]
        if any(play.has_extension(row.extension) for play in plays):
            return row
        for play in plays:
            for longer in with_zeros(row.extension, self._feed.pbxs[play.pbx].numbering):
                if play.is_on_pbx(longer) and may_have_lost_zeros(row):
                    return row._replace(faults=(*row.faults, lost_zeros(row, play.pbx, longer)))
        return row

    def _collect_names(self, rows: list[Row]) -> dict[str, Scope]:
        """What these rows name on each PBX."""
        names: dict[str, tuple[set[str], set[str], set[str]]] = {}
        for row in rows:
            if row.valid and not row.asks_nothing:
                for pbx in (row.pbx,) if row.pbx else self._feed.pbxs:
                    extensions, members, numbers = names.setdefault(pbx, (set(), set(), set()))
                    if row.member:
                        members.add(row.member)
                    if row.extension:
                        extensions.add(row.extension)
                        extensions.update(with_zeros(row.extension, self._feed.pbxs[pbx].numbering))
                    if row.action == RESTORE:
                        numbers.update(read_restore(row.number)[0])
                    elif row.number:
                        numbers.add(row.number)
        for pbx, made in self._ours.items():
            names.setdefault(pbx, (set(), set(), set()))[0].update(made)
        return {pbx: Scope(frozenset(e), frozenset(m), frozenset(n)) for pbx, (e, m, n) in names.items()}

    def _play(self, name: str) -> Play:
        play = self._plays.get(name)
        if play is None:
            pbx = self._feed.pbxs[name]
            scope = self._scopes[name] if self._scopes is not None else Scope.everything()
            premise = Premise(name, pbx.backend, scope)
            creates = Can.CREATE_EXTENSIONS in pbx.backend.can
            policy = Policy(pbx.second_extension, creates, premise.members, pbx.second_number)
            play = Play(name, policy, premise.fetch_entries(), self._ours.get(name))
            self._premises[name] = premise
            self._plays[name] = play
        return play

    # -- changes ---------------------------------------------------------------------------------------------------

    def changes(self, first: int = 1) -> Iterator[Change]:
        """The changes that make it so, in the order in which they can be made, numbered from `first`."""
        for name in self._feed.pbxs:
            play = self._plays.get(name)
            if play is None:
                continue
            losses = self._losses[name] = Losses()
            self._changed_links[name] = 0
            asked: list[Change] = []
            begin, add, prechecks = first, self._checksum.add_change, name in self._prechecking
            for change in self._order(name, begin):
                first = change.seq + 1
                add(change)
                if change.before is not VACANT:  # most joiners' is
                    losses.count_numbers(change)
                    self._changed_links[name] += change.before.member is not None
                if prechecks and is_prechecked(change):
                    asked.append(change)
                    if len(asked) == TOGETHER:
                        self._precheck(name, asked)
                        asked = []
                yield change
            self._numbers[name] = begin, first - begin
            if prechecks:
                self._precheck(name, asked)
                self._add_caveats_of_made(name)
            for member, successor in play.losses():
                _count(losses, play, member, successor)

    def _order(self, name: str, first: int) -> Iterator[Change]:
        several, play = Can.SEVERAL in self._feed.pbxs[name].backend.can, self._plays[name]
        return order_changes(name, play.differences, several=several, first=first, only_adding=play.is_only_adding)

    def forecast(self) -> tuple[PbxForecast, ...]:
        """What the PBXs say of the plan as a whole; asked once the changes were taken.

        The changes are put in order once more for it: kept, those of a long sheet would fill the memory.
        """
        return tuple(
            found
            for name, (first, count) in self._numbers.items()
            for found in forecast(self._feed.pbxs[name], count, partial(self._order, name, first))
        )

    def _precheck(self, name: str, changes: Collection[Change]) -> None:
        premise = self._premises[name]
        premise.losses = premise.losses or any(map(is_loss, changes))
        for caveat in precheck(self._feed.pbxs[name].backend, changes):
            self._caveats.append(OfPbx(name, caveat))
            if caveat.holds:
                premise.reasons.add(caveat)

    def _add_caveats_of_made(self, name: str) -> None:
        """Of what the run has made already all is told once more, in the report of the whole; nobody needs to decide
        upon it."""
        made = (Change(0, name, extension, *ends) for extension, ends in self._ours.get(name, {}).items())
        found = precheck(self._feed.pbxs[name].backend, made)
        self._caveats += (OfPbx(name, caveat) for caveat in found if not caveat.holds)

    @property
    def premises(self) -> Collection[Premise]:
        """What was read of each PBX that the rows name."""
        return self._premises.values()

    @property
    def warnings(self) -> list[Fault]:
        """What the PBXs say of the changes, beside their rows; known once the changes were taken."""
        return list(warnings(self._caveats, self._lines))

    @property
    def checksum(self) -> str:
        return self._checksum.hexdigest(self.reasons)

    @property
    def reasons(self) -> frozenset[Hold]:
        """Why backends want a person to look at the plan."""
        return frozenset(reasons_of(self._caveats))

    def is_same(self, checksum: str, holds: Iterable[Hold]) -> bool:
        """Whether this is the plan that had this checksum and these holds, but for the reasons of backends."""
        return self._checksum.hexdigest(reasons_among(holds)) == checksum

    def has_new_reasons(self, holds: Iterable[Hold]) -> bool:
        """Whether a backend wants a person to look at the plan for another reason than those among these holds; one of
        those may be gone."""
        return not self.reasons <= reasons_among(holds)

    @property
    def size(self) -> int:
        """How many changes the plan has; known once they were taken."""
        return self._checksum.changes

    def find_holds(self) -> tuple[Hold, ...]:
        """Why the plan must wait for a person."""
        limits = self._feed.limits
        found: list[Hold] = []
        for name, losses in self._losses.items():
            if losses.most:
                pbx = self._feed.pbxs[name]
                if over := holds(name, losses, self._totals(pbx, losses), limits):
                    found += holds(name, losses, self._totals(pbx), limits) or over
        return (*found, *sorted(self.reasons, key=lambda hold: hold.message))

    def count_affected(self) -> tuple[Affected, ...]:
        """How many links of each PBX the plan changes, and of how many; a narrow plan asks the PBX for all it holds."""
        return tuple(
            Affected(name, changed, self._totals(self._feed.pbxs[name]).links)
            for name, changed in self._changed_links.items()
        )

    def _totals(self, pbx: Pbx, losses: Losses | None = None) -> Totals:
        """How much the PBX holds; a narrow plan counts it only if a share could matter."""
        play = self._plays[pbx.name]
        least = min((limit.at_least for limit in self._feed.limits.values()), default=0)
        if self._scopes is None or (losses is not None and losses.most < least):
            return Totals(play.links, play.numbers)
        if pbx.name not in self._counted:
            self._counted[pbx.name] = self._count_all(pbx)
        return self._counted[pbx.name]

    def _count_all(self, pbx: Pbx) -> Totals:
        links = numbers = 0
        for entry in pbx.backend.fetch(Scope.everything()):
            links += entry.member is not None
            numbers += len(entry.numbers)
        return Totals(links, numbers)


_RANK = {Outcome.DONE: 0, Outcome.REFUSED: 1, Outcome.UNCHANGED: 2}


def _count(losses: Losses, play: Play, member: str, successor: str | None) -> None:
    if successor is not None:
        losses.force += 1
    elif play.extensions_of(member):
        losses.move += 1
    else:
        losses.detach += 1


def _with_warning(row: Row, verdict: Verdict) -> Row:
    lines = ", ".join(map(str, verdict.overrides))
    warning = Fault(
        row.line,
        "",
        "",
        FaultCode.OVERRIDES_LINE,
        Severity.WARNING,
        f"This row undoes line {lines}.",
        "If you did not mean that, remove one of the two.",
    )
    return row._replace(faults=(*row.faults, warning))
