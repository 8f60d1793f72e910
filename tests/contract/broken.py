"""Backends as people first write them, each wrong in one way that the suite must find."""

from __future__ import annotations

import unicodedata
from itertools import count, islice

from linecard.errors import BackendError
from linecard.model.directory import VACANT, Entry, Scope
from linecard.model.outcome import Caveat, ChangeStatus, Result
from linecard.ports.backend import Can
from linecard.testing import MemoryBackend, PbxFault, Trouble


class Blind(MemoryBackend):
    """Writes without looking what is there."""

    def apply(self, changes):
        for change in changes:
            if words := self.pbx.refusal(change):
                yield Result(change, ChangeStatus.FAILED, words)
            else:
                self.pbx.make(change)
                yield Result(change, ChangeStatus.DONE)


class Raising(MemoryBackend):
    """Makes one refusal everybody's trouble."""

    def apply(self, changes):
        for result in super().apply(changes):
            if result.status is ChangeStatus.FAILED:
                raise BackendError(result.words)
            yield result


class Speechless(MemoryBackend):
    """Refuses without a word."""

    def apply(self, changes):
        yield from (result._replace(words="") for result in super().apply(changes))


class Hasty(MemoryBackend):
    """Says done first, and writes everything at the end."""

    def apply(self, changes):
        later = []
        for change in changes:
            later.append(change)
            yield Result(change, ChangeStatus.DONE)
        for _ in super().apply(later):
            pass


class Eager(MemoryBackend):
    """Works when it is called, not when it is asked for results."""

    def apply(self, changes):
        return iter(list(super().apply(changes)))


class Backwards(MemoryBackend):
    """Makes the last change first."""

    def apply(self, changes):
        yield from super().apply(reversed(list(changes)))


class Twice(MemoryBackend):
    """Gives each result again, as a retried request does."""

    def apply(self, changes):
        for result in super().apply(changes):
            yield result
            yield result


class AllOrNothing(MemoryBackend):
    """Lets one refusal stop the changes that have nothing to do with it."""

    def apply(self, changes):
        broken = False
        for change in changes:
            if broken:
                yield Result(change, ChangeStatus.FAILED, "an earlier change was refused")
            else:
                (result,) = super().apply([change])
                broken = result.status is not ChangeStatus.DONE
                yield result


class Remembering(MemoryBackend):
    """Reads once and believes it for ever."""

    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self.remembered = None

    def fetch(self, scope):
        if self.remembered is None:
            self.remembered = list(super().fetch(Scope.everything()))
        yield from (e for e in self.remembered if scope.whole or e.extension in scope.extensions)


class Repeating(MemoryBackend):
    """Asks its database three times and adds the answers up."""

    def fetch(self, scope):
        if scope.whole:
            yield from super().fetch(scope)
            return
        yield from super().fetch(Scope(extensions=scope.extensions))
        yield from super().fetch(Scope(members=scope.members))
        yield from super().fetch(Scope(numbers=scope.numbers))


class Generous(MemoryBackend):
    """Tells everything, whatever was asked."""

    def fetch(self, scope):
        yield from super().fetch(Scope.everything())


class Inventing(MemoryBackend):
    """Tells of extensions that it was asked for and does not have."""

    def fetch(self, scope):
        found = list(super().fetch(scope))
        yield from found
        yield from (Entry(name, *VACANT) for name in scope.extensions - {entry.extension for entry in found})


class Counting(MemoryBackend):
    """Reads extensions as numbers."""

    def fetch(self, scope):
        yield from super().fetch(
            Scope(frozenset(str(int(name)) for name in scope.extensions), scope.members, scope.numbers, scope.whole)
        )


class Short(MemoryBackend):
    """Takes as many names as one query of its database can carry."""

    def fetch(self, scope):
        extensions, members, numbers = (
            frozenset(sorted(names)[:999]) for names in (scope.extensions, scope.members, scope.numbers)
        )
        yield from super().fetch(Scope(extensions, members, numbers, scope.whole))


class Locking(MemoryBackend):
    """Keeps its lock when the generator is let go."""

    def apply(self, changes):
        if getattr(self.pbx, "locked", False):
            raise BackendError("the PBX is locked")
        self.pbx.locked = True
        yield from super().apply(changes)
        self.pbx.locked = False


class ClosedOnce(MemoryBackend):
    """Falls over when it is closed again."""

    def close(self):
        if self.closed:
            raise RuntimeError("closed already")
        super().close()


class OneNumber(MemoryBackend):
    """Has a column for the number of an extension."""

    def apply(self, changes):
        for change in changes:
            after = change.after._replace(numbers=change.after.numbers[:1])
            (result,) = super().apply([change._replace(after=after)])
            yield result._replace(change=change)


class FirstNumber(MemoryBackend):
    """Reads the first row of several."""

    def fetch(self, scope):
        yield from (entry._replace(numbers=entry.numbers[:1]) for entry in super().fetch(scope))


class Thorough(MemoryBackend):
    """Takes the number along when it releases a holder."""

    def apply(self, changes):
        for change in changes:
            after = VACANT if change.after.member is None else change.after
            (result,) = super().apply([change._replace(after=after)])
            yield result._replace(change=change)


class Impatient(MemoryBackend):
    """Makes what it is asked about, to see what the PBX says."""

    def precheck(self, changes):
        for result in super().apply(changes):
            if result.words:
                yield Caveat(result.change.extension, result.words)


class Talkative(MemoryBackend):
    """Tells of whatever it knows."""

    def precheck(self, _changes):
        yield Caveat("9999", "the queue desk rings it")


class Pretending(MemoryBackend):
    """Says done of the second change, and makes nothing."""

    def __init__(self, *args, **settings):
        super().__init__(*args, trouble=Trouble(pretends=lambda change: change.seq == 2), **settings)


class Forgetful(MemoryBackend):
    """Says nothing of the second change."""

    def __init__(self, *args, **settings):
        super().__init__(*args, trouble=Trouble(forgets=lambda change: change.seq == 2), **settings)


class Throttled(MemoryBackend):
    """Takes `too many requests` for a refusal."""

    def apply(self, changes):
        for change in changes:
            if self.pbx.switch.strikes(PbxFault.RATE_LIMITED):
                yield Result(change, ChangeStatus.FAILED, "too many requests")
            else:
                yield from super().apply([change])


class Resending(MemoryBackend):
    """Sends a change again whose answer did not come."""

    def _settle(self, change, *, is_answered):
        return super()._settle(change, is_answered=True) if is_answered else self._answer(change)


class Trusting(MemoryBackend):
    """Says done as soon as the PBX does."""

    def _settle(self, change, *, is_answered):
        return Result(change, ChangeStatus.DONE)


class Paging(MemoryBackend):
    """Reads its list page by page, by how much of it is read; what shifts meanwhile is lost or comes twice."""

    def fetch(self, scope):
        for start in count(0, 5):
            held = (entry for entry in super().fetch(Scope.everything()) if entry.holding != VACANT)
            page = list(islice(held, start, start + 5))
            yield from (e for e in page if scope.whole or e.extension in scope.extensions)
            if not page:
                return


class Wildcard(MemoryBackend):
    """Looks names up by LIKE."""

    def fetch(self, scope):
        yield from super().fetch(Scope.everything() if "%" in scope.extensions else scope)


class Folding(MemoryBackend):
    """Leaves out of logins what it does not know."""

    def apply(self, changes):
        for change in changes:
            plain = unicodedata.normalize("NFKD", change.after.member or "").encode("ascii", "ignore").decode()
            after = change.after._replace(member=plain or None)
            (result,) = super().apply([change._replace(after=after)])
            yield result._replace(change=change)


class Capped(MemoryBackend):
    """Reads as much as its PBX gives in one answer."""

    def fetch(self, scope):
        yield from islice(super().fetch(scope), 5000)


class Dying(MemoryBackend):
    """Says that a change was refused when the PBX is gone."""

    def apply(self, changes):
        for change in changes:
            try:
                yield from super().apply([change])
            except BackendError as error:
                yield Result(change, ChangeStatus.FAILED, str(error))


class Empty(MemoryBackend):
    """Reads nothing where nobody answers, and thinks that there is nothing."""

    def fetch(self, scope):
        try:
            yield from super().fetch(scope)
        except BackendError:
            return


class Believing(MemoryBackend):
    """Reads back what it has sent, from its own memory."""

    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self.believed = {}

    def _answer(self, change):
        self.believed[change.extension] = Entry(change.extension, *change.after)
        return super()._answer(change)

    def fetch(self, scope):
        yield from (self.believed.get(entry.extension, entry) for entry in super().fetch(scope))


class MakingMembers(MemoryBackend):
    """Makes members, and does not say that it does."""

    def __init__(self, *args, **settings):
        super().__init__(*args, **settings)
        self.can -= {Can.CREATE_MEMBERS}


class OneCursor(MemoryBackend):
    """Has one place in its answer, whoever asks."""

    def fetch(self, scope):
        self.cursor = super().fetch(scope)
        while (entry := next(self.cursor, None)) is not None:
            yield entry
