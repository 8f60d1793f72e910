"""Intake: files of an inbox become received runs, none lost and none taken twice, wherever the program ends.

A file is believed finished when it looked the same for long enough by a clock that nobody sets. The claim is
committed before the file is moved aside, the drop is durable before its run begins, and the file itself goes last,
when the run has ended.
"""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, cast

from linecard.errors import StateError
from linecard.infrastructure.files import write_whole
from linecard.infrastructure.plugin_faults import name_plugin_faults
from linecard.model.run import Drop
from linecard.model.sheet import Fault
from linecard.pipeline import precedence
from linecard.pipeline.receive import reject
from linecard.ports.inbox import Disposition, Inbox, InboxError, InboxFault, Listing, Unfinished
from linecard.rules import checksum
from linecard.rules.checksum import SideFiles
from linecard.rules.feed_names import NameFacts, order_by_date, parse_name
from linecard.rules.names import display, is_junk, matches, safe_name
from linecard.rules.sizes import format_size
from linecard.store.claims import Claim, Claims
from linecard.store.store import Store

BATCH = 500
"""Files claimed by one commit, and kept by one look, so that the work on them can begin."""
MIN_RESCAN = 0.1
"""Seconds between two looks at least, where a file must be seen again."""
OVERDUE = 2 * 3600.0
"""Seconds that a file may wait for its marker or checksum file before somebody is told."""


@dataclass(frozen=True, slots=True)
class IntakeOptions:
    """How files arrive in an inbox; `settle` in seconds, `most` and `reserve` in bytes."""

    settle: float = 5.0
    names: tuple[str, ...] = ("*",)
    ignore: tuple[str, ...] = ()
    marker: str = ""
    checksum: str = ""
    refuse_duplicates: bool = True
    pattern: str = ""
    replaces: str = "same"
    most: int = 200_000_000
    reserve: int = 100_000_000


class _Sighting(NamedTuple):
    """What a file and its checksum file looked like, since when (monotonic), and how often they were seen so."""

    seen: Listing
    side: str
    since: float
    looks: int


@dataclass(slots=True)
class Scan:
    """What one look came to.

    `runs` were received. `due` is the monotonic time at which the next look is worth while, if it is before the next
    scan. `waiting` files are not finished. `awaiting` are files by name that wait for their marker or checksum file,
    and which of the two, `overdue` those of them that have done so for hours. `problems` are sentences by what they
    are about.
    """

    runs: list[int] = field(default_factory=list)
    due: float | None = None
    waiting: int = 0
    awaiting: dict[str, str] = field(default_factory=dict)
    overdue: list[str] = field(default_factory=list)
    problems: dict[str, str] = field(default_factory=dict)

    def rescan_at(self, at: float) -> None:
        self.due = at if self.due is None else min(self.due, at)


class Intake:
    """One inbox being emptied. `free` tells how many bytes there is room for; `monotonic` is in seconds."""

    def __init__(
        self,
        name: str,
        inbox: Inbox,
        habits: IntakeOptions,
        store: Store,
        archive: Path,
        *,
        who: str,
        monotonic: Callable[[], float],
        free: Callable[[], int],
    ) -> None:
        self.name = name
        self._inbox, self._options, self._store, self._archive, self._who = inbox, habits, store, archive, who
        self._monotonic, self._free = monotonic, free
        self._claims = Claims(store, name)
        self._sightings: dict[bytes, _Sighting] = {}
        self._claimed: dict[str, tuple[Claim, float]] = {}
        self._awaiting: dict[str, float] = {}
        self._reconciled = False

    def scan(self) -> Scan:
        """Scan once: claim what has settled, keep what was claimed, begin a run for each.

        Raises `InboxError` when the inbox cannot be read or changed and `StateError` when nothing can be remembered;
        what was begun is found and finished by the next look. Never once a run was received: the answer tells of it.
        """
        look = Scan()
        room = self._free() >= self._options.reserve
        if not room:
            look.problems["room"] = (
                f"Less than {format_size(self._options.reserve)} is free, so no new files are taken."
            )
        self._reconcile()
        ready = self._find_settled(look)
        if room:
            self._claim(ready)
            self._keep_claimed(look)
        look.waiting = len(self._sightings) + len(self._claimed) + len(look.awaiting)
        self._count_awaiting(look)
        return look

    def _count_awaiting(self, look: Scan) -> None:
        """See since when each file waits for its marker or checksum file."""
        now = self._monotonic()
        self._awaiting = {name: self._awaiting.get(name, now) for name in look.awaiting}
        look.overdue = [name for name, since in self._awaiting.items() if now - since >= OVERDUE]

    # -- finding ---------------------------------------------------------------------------------------------------

    def _find_settled(self, look: Scan) -> list[Listing]:
        """Files that were the same for long enough, in the order of their arrival."""
        now, settle = self._monotonic(), self._options.settle
        sights: dict[bytes, _Sighting] = {}
        ready: list[_Sighting] = []
        for listing, side in self._candidates(self._list_new(), look):
            old = self._sightings.get(listing.name)
            now_is = (listing.version, listing.refused, side)
            if old is not None and (old.seen.version, old.seen.refused, old.side) == now_is:
                sight = _Sighting(listing, side, old.since, old.looks + 1)
            else:
                sight = _Sighting(listing, side, now, 1)
            sights[listing.name] = sight
            if now - sight.since < settle or sight.looks < 2:
                look.rescan_at(max(sight.since + settle, now + MIN_RESCAN))
            elif listing.refused:
                look.problems[f"file {display(listing.name)}"] = listing.refused
            else:
                ready.append(sight)
        self._sightings = sights
        ready.sort(key=lambda sight: (sight.since, sight.seen.modified, sight.seen.name))
        seen = [sight.seen for sight in ready]
        if self._options.pattern:  # what comes late or all at once arrives in any order
            names = [display(listing.name) for listing in seen]
            return [seen[place] for place in order_by_date(self._options.pattern, names)]
        return seen

    def _candidates(self, found: Sequence[Listing], look: Scan) -> Iterator[tuple[Listing, str]]:
        """Files whose names say that they are to be taken, whose marker and checksum file are there if they need them.

        With each, what its checksum file looks like. Those that wait for one of these are written into the look.
        """
        habits = self._options
        there = {listing.name: listing for listing in found}
        endings = {use: end for use in ("marker", "checksum") if (end := getattr(habits, use))}
        uses = {use: SideFiles(end, there) for use, end in endings.items()}
        for listing in found:
            shown = display(listing.name)
            if not matches(shown, habits.names) or matches(shown, habits.ignore):
                continue
            if any(files.is_side_file(listing.name) for files in uses.values()):
                continue
            sides = {use: files.side_file_of(listing.name) for use, files in uses.items()}
            if all(sides.values()):
                beside = listing._replace(marker=sides.get("marker", b""), checksum=sides.get("checksum", b""))
                yield beside, there[beside.checksum].version if beside.checksum else ""
            else:
                look.awaiting[shown] = next(use for use, side in sides.items() if not side)

    def find_awaiting(self) -> dict[str, str]:
        """Files that wait for their marker or checksum file now, and which of the two; nothing is changed."""
        look, known = Scan(), self._claims.known_files() if self._inbox.in_place else None
        found = [listing for listing in self._inbox.list_files() if not is_junk(display(listing.name))]
        for _ in self._candidates([one for one in found if known is None or not known.includes(one)], look):
            pass
        return look.awaiting

    def _list_new(self) -> list[Listing]:
        """What is there, without temporary files, and those that were taken and only stay where they are."""
        found = [listing for listing in self._inbox.list_files() if not is_junk(display(listing.name))]
        if not self._inbox.in_place:
            return found
        known = self._claims.known_files()
        there = {listing.name for listing in found}
        gone = [claim for claim, name in known.ended.items() if name not in there]
        if gone and there:  # an empty folder says nothing: its disk may only be out of sight
            with self._store.transaction() as connection:
                self._claims.forget_unlisted(connection, gone)
        return [listing for listing in found if not known.includes(listing)]

    # -- claiming --------------------------------------------------------------------------------------------------

    def _claim(self, ready: Sequence[Listing]) -> None:
        for some in (ready[i : i + BATCH] for i in range(0, len(ready), BATCH)):
            now = self._store.now()
            claims = [_claim(listing, f"{now:%Y/%m}") for listing in some]
            # Order (claim): the claim is remembered before the file is moved. Moved first, a file lies aside after a
            # kill under a name that nobody looks for, and is never imported. Shown by
            # tests/acceptance/test_daemon_killed.py::test_killed_at_every_statement_and_file_operation.
            with self._store.transaction() as connection:
                self._claims.record_intent(connection, claims, stays=self._inbox.in_place)
            self._put_aside(claims)

    def _put_aside(self, claims: Sequence[Claim]) -> None:
        """Have the inbox move the files of these claims aside; forget those of which nothing was taken."""
        self._reconciled = False
        aside = set(self._inbox.claim({claim.id: claim.seen for claim in claims}))
        gone = [claim.id for claim in claims if claim.id not in aside]
        if gone:
            with self._store.transaction() as connection:
                self._claims.drop_claims(connection, gone)
        now = self._monotonic()
        self._claimed |= {claim.id: (claim, now) for claim in claims if claim.id in aside}
        for claim in claims:
            self._sightings.pop(claim.seen.name, None)
        self._reconciled = True

    def _reconcile(self) -> None:
        """After a start or a failure: which claims came true?"""
        if self._reconciled:
            return
        claims = [claim for claim in self._claims.list_untaken() if claim.id not in self._claimed]
        for some in (claims[i : i + BATCH] for i in range(0, len(claims), BATCH)):
            self._put_aside(some)
        self._reconciled = True

    # -- keeping ---------------------------------------------------------------------------------------------------

    def _keep_claimed(self, look: Scan) -> None:
        """Keep every claimed file that is finished, byte for byte, and begin its run."""
        now = self._monotonic()
        for claim, due in list(self._claimed.values()):
            if due > now:
                look.rescan_at(due)
            elif len(look.runs) >= BATCH:
                look.rescan_at(now)
                return
            elif not self._try_to_keep(claim, look):
                return

    def _try_to_keep(self, claim: Claim, look: Scan) -> bool:
        """Keep one file. What is wrong with it alone stops no other; False where no other could be kept either."""
        try:
            look.runs.append(self._keep_file(claim))
        except Unfinished as unfinished:
            self._wait(claim, unfinished.now, look)
            return True
        except InboxError as error:
            look.problems[f"file {display(claim.seen.name)}"] = f"{error} {error.remedy}".rstrip()
            if self._inbox.in_place:  # where its owner may have taken it away: the next look asks whether it is there
                del self._claimed[claim.id]
                self._reconciled = False
            return True
        except StateError as error:
            look.problems["memory"] = f"{error} {error.remedy}".rstrip()
            return False
        except (OSError, _NotWritten) as error:
            found = error.error if isinstance(error, _NotWritten) else error
            look.problems["room"] = f"{found.filename or self._archive}: {found.strerror or found}."
            return False
        del self._claimed[claim.id]
        return True

    def _wait(self, claim: Claim, seen: Listing, look: Scan) -> None:
        """Its producer writes on, though it was moved: it must settle once more where it lies."""
        due = self._monotonic() + max(self._options.settle, MIN_RESCAN)
        self._claimed[claim.id] = (claim._replace(seen=seen), due)
        look.rescan_at(due)
        try:
            with self._store.transaction() as connection:
                self._claims.update_listing(connection, claim.id, seen)
        except StateError as error:  # after a restart it is found to be another than was seen, and settles once more
            look.problems["memory"] = f"{error} {error.remedy}".rstrip()

    def _keep_file(self, claim: Claim) -> int:
        most = self._options.most
        # Order (keep): the copy is on disk before its run is received. Received first, a power cut leaves a run whose
        # file is empty or missing. Shown by tests/integration/daemon/test_power.py.
        with write_whole(self._archive / claim.path, text=False) as out:
            copy = _Copy(out)
            with name_plugin_faults(InboxFault):
                taken = self._inbox.copy(claim.id, claim.seen, cast("BinaryIO", copy), most=most)
        damaged = self._find_damage(claim, copy) if claim.seen.checksum and copy.size <= most else None
        drop = Drop(display(claim.seen.name), copy.sha256.hexdigest(), copy.size, claim.path, claim.seen.owner)
        with self._store.transaction() as connection:
            run_id = self._store.receive(
                connection, self.name, drop, description="", who=self._who, expected=self._parse_name(drop.name).rows
            )
            # Order (keep): in one transaction with the run. In two, a kill between them leaves a claim without a run,
            # and the file comes in again as a second run. Shown by
            # tests/unit/intake/test_keeping.py::test_a_crash_before_the_claim_knows_its_run_leaves_no_run.
            self._claims.mark_taken(connection, claim.id, run_id, taken, whole=copy.size <= most)
            if damaged is not None:
                reject(self._store, connection, run_id, damaged, who=self._who)
                return run_id
            habits = self._options
            policy = precedence.PrecedencePolicy(
                self.name, habits.pattern, habits.replaces, habits.refuse_duplicates, self._who
            )
            precedence.apply_policy(self._store, connection, run_id, drop, policy)
        return run_id

    def _find_damage(self, claim: Claim, copy: _Copy) -> Fault | None:
        """That what was copied is not what its checksum file speaks of."""
        name, side = display(claim.seen.name), display(claim.seen.checksum)
        with name_plugin_faults(InboxFault):
            text = self._inbox.checksum(claim.id, claim.seen)
        said, found = checksum.parse_checksum(text, name), copy.sha256.hexdigest()
        return None if said == found else checksum.checksum_fault(side, said, found)

    def _parse_name(self, name: str) -> NameFacts:
        return (parse_name(self._options.pattern, name) if self._options.pattern else None) or NameFacts()

    # -- disposition -----------------------------------------------------------------------------------------------

    def settle_files(self, run_id: int | None = None) -> list[str]:
        """Part with the files of a run that has ended, or of all that have; what could not be, in sentences."""
        problems = []
        for claim in self._claims.list_unsettled(run_id):
            # Order (dispose): the inbox lets the file go before that is remembered. Remembered first, nobody would ask
            # again for a file that could not be removed or given back. Shown by tests/unit/intake/test_keeping.py.
            disposition = Disposition.DONE if claim.whole else Disposition.REFUSED
            try:
                with name_plugin_faults(InboxFault):
                    self._inbox.settle(claim.id, claim.seen, claim.taken, disposition)
            except Unfinished:
                problems.append(f"{display(claim.seen.name)} was imported and is still being written.")
                continue
            except InboxError as error:
                problems.append(f"{error} {error.remedy}" if isinstance(error, InboxFault) else str(error))
                continue
            with self._store.transaction() as connection:
                self._claims.mark_settled(connection, claim.id)
        return problems

    def close(self) -> None:
        self._inbox.close()


class _NotWritten(Exception):
    """The copy could not be written on: no fault of the inbox, which would else be told as one."""

    def __init__(self, error: OSError) -> None:
        super().__init__(str(error))
        self.error = error


class _Copy:
    """Writes on what it is given, counting and summing."""

    def __init__(self, out: IO[bytes]) -> None:
        self._out = out
        self.sha256 = hashlib.sha256()
        self.size = 0

    def write(self, block: bytes) -> int:
        self.sha256.update(block)
        self.size += len(block)
        try:
            return self._out.write(block)
        except OSError as error:
            raise _NotWritten(error) from error


def _claim(seen: Listing, folder: str) -> Claim:
    name = uuid.uuid4().hex
    return Claim(name, seen, f"{folder}/{name[:12]}__{safe_name(display(seen.name))}")
