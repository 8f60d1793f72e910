"""All parts of the specification in one class."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import pytest

from linecard.api.backend import Entry
from linecard.testing.contract.changes import ChangeContract
from linecard.testing.contract.company import CompanyContract
from linecard.testing.contract.concurrency import ConcurrencyContract
from linecard.testing.contract.hostile_names import HostileNamesContract
from linecard.testing.contract.interruption import InterruptionContract
from linecard.testing.contract.law import Law
from linecard.testing.contract.reads import ReadContract
from linecard.testing.contract.refusals import RefusalContract
from linecard.testing.contract.subject import Fill, NewPbx, Subject


class BackendContract(
    ReadContract,
    ChangeContract,
    RefusalContract,
    ConcurrencyContract,
    HostileNamesContract,
    CompanyContract,
    InterruptionContract,
    Law,
):
    """What linecard expects of a backend, test by test.

    Subclass it and give the fixture `new_pbx` (see `NewPbx`): called with entries and members, it makes a PBX that
    holds exactly these and returns a callable that opens a backend on it, each time another one on the same PBX.
    Tests that speak of a capability skip where the backend's `can` says otherwise.

    May be set in the subclass:

    - `extension(n)`, `member(n)`, `number(n)`: names that the PBX accepts, for n from 0 up;
    - `many`: how many changes or names make a lot; lower it for a PBX that is slow, but keep it above the size of
      the groups in which the backend works, if it does;
    - `company`: how many links the PBX of a company has, 10,000; lower it for a PBX that takes long to fill;
    - `hostile_members`: logins that are odd and still addresses; leave out what the PBX itself cannot have;
    - `examples`: how many random sheets are tried;
    - `standing_members`: logins that every such PBX has, such as that of its administrator;
    - `survives`: False if the PBX lives in the memory of this process, so that killing a process cannot be tried.

    `FaultMatrix` beside it is what linecard expects when the PBX does wrong.

    What most first versions get wrong: raising where one change is refused (that is a `FAILED` result, with the
    PBX's words); making a change without looking whether the extension still is `before`; yielding a result before
    its effect would survive a crash; holding a lock after the generator was let go.
    """

    @pytest.fixture
    def new_pbx(self) -> NewPbx:
        raise NotImplementedError("give the fixture `new_pbx`: see linecard.testing.contract")

    @pytest.fixture
    def fill(self, new_pbx: NewPbx) -> Iterator[Fill]:
        """A PBX that holds these entries, ready to be tested; may be asked for again and again."""
        subjects: list[Subject] = []

        def fill(*entries: Entry, members: Iterable[str] = ()) -> Subject:
            subjects.append(Subject(new_pbx(entries, members)))
            return subjects[-1]

        yield fill
        for subject in subjects:
            subject.close()
