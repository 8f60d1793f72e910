"""Who holds what, read with as few requests as the question allows.

A list of a thousand phone numbers is one request, and so is each of them by its name: whichever is cheaper is done,
decided by counting. Rainbow has no way to ask which extension has a public number, so whoever names one reads the list.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from linecard.api import Clock, Log
from linecard.api.backend import Entry, Holding, Scope
from linecard_rainbow.errors import RainbowError
from linecard_rainbow.tenant import Held, Tenant
from linecard_rainbow.wire import PhoneNumber, User

KNOWN_FOR = timedelta(minutes=10)
"""How long it is believed whose an id is, where a change is made or read back, and how much there is. A plan always
asks whose an id is."""
STRANGER = "user:"
"""Begins the name of a holder whom this account may not see, such as a member of another company."""


class Sizes(NamedTuple):
    """How much the tenant had when it was last counted: enough to tell which way is cheaper."""

    numbers: int
    users: int
    since: datetime


class People:
    """Logins by the ids of members, and the other way round, as far as they are known."""

    def __init__(self) -> None:
        self.logins: dict[str, str] = {}
        self.ids: dict[str, str] = {}
        self.is_complete = False
        self.since: datetime | None = None

    def learn(self, user: User) -> None:
        self.logins[user.id] = user.login
        self.ids[user.login] = user.id


class TenantReader:
    """Reads one tenant. Not for several threads, but for `find_id`, `name_holder` and what they need."""

    def __init__(self, tenant: Tenant, now: Clock, log: Log) -> None:
        self._tenant, self._now, self._log = tenant, now, log
        self._people = People()
        self._just_asked: Scope | None = None
        self._sizes: Sizes | None = None

    def list_members(self, scope: Scope) -> Iterator[str]:
        """Logins of the scope that exist. Who they are stays known for the `list_entries` that follows."""
        people = self._begin()
        wanted = scope.members
        if scope.whole or self._is_list_cheaper(self._pages_of_users(), len(wanted)):
            self._read_all_people(people)
            found = people.ids.keys() if scope.whole else people.ids.keys() & wanted
        else:
            for login in wanted:
                self._find(login)
            found = people.ids.keys() & wanted
        self._just_asked = scope
        yield from sorted(found)

    def list_entries(self, scope: Scope) -> Iterator[Entry]:
        """Each extension of the scope, once."""
        if not (scope.whole or scope.extensions or scope.members or scope.numbers):
            return
        if (self._just_asked != scope and (scope.whole or scope.members)) or self._are_people_old():
            self._begin()
        self._just_asked = None
        if scope.whole or self._is_whole_cheaper(scope):
            yield from self._read_whole(scope)
        else:
            yield from self._read_scoped(scope)

    # -- all of it, or each by its name ------------------------------------------------------------------------------

    def _is_whole_cheaper(self, scope: Scope) -> bool:
        if scope.numbers:
            self._log("read", level="debug", how="whole", why="only the list tells which extension has a number")
            return True
        unknown = 0 if self._people.is_complete else len(scope.members - self._people.ids.keys())
        return self._is_list_cheaper(self._pages_of_numbers(), len(scope.extensions) + len(scope.members) + unknown)

    def _is_list_cheaper(self, pages: int, named: int) -> bool:
        how = "whole" if pages <= named else "by name"
        self._log("read", level="debug", how=how, requests_for_the_list=pages, requests_by_name=named)
        return pages <= named

    def _pages_of_numbers(self) -> int:
        return self._tenant.pages.pages_of(self._count().numbers)

    def _pages_of_users(self) -> int:
        return self._tenant.pages.pages_of(self._count().users)

    def _count(self) -> Sizes:
        if self._sizes is None or not timedelta(0) <= self._now() - self._sizes.since <= KNOWN_FOR:
            self._sizes = Sizes(self._tenant.count_numbers(), self._tenant.count_users(), self._now())
        return self._sizes

    def _read_whole(self, scope: Scope) -> Iterator[Entry]:
        names = len(scope.extensions) + len(scope.members) + len(scope.numbers)
        if not self._people.is_complete and (scope.whole or self._is_list_cheaper(self._pages_of_users(), names)):
            self._read_all_people(self._people)
        ids = {self.find_id(login) for login in scope.members} - {None}
        yield from self._name_entries(
            held
            for held in self._tenant.numbers()
            if scope.whole
            or held.number.short_number in scope.extensions
            or held.number.user_id in ids
            or not scope.numbers.isdisjoint(held.number.numbers)
        )

    def find_numbers(self, extensions: frozenset[str]) -> dict[str, list[Held]]:
        """The phone numbers with these short numbers, as they are now."""
        found: dict[str, list[Held]] = {extension: [] for extension in extensions}
        if self._is_list_cheaper(self._pages_of_numbers(), len(extensions)):
            for held in self._tenant.numbers():
                if held.number.short_number in found:
                    found[held.number.short_number].append(held)
        else:
            found.update((extension, self._tenant.numbers_named(extension)) for extension in extensions)
        return found

    def read_holding(self, number: PhoneNumber) -> Holding:
        """Who holds a phone number, and its public number."""
        holder = self.name_holder(number.user_id) if number.user_id is not None else None
        return Holding(holder, number.numbers)

    def _read_scoped(self, scope: Scope) -> Iterator[Entry]:
        found: dict[str, Held] = {}
        for extension in sorted(scope.extensions):
            found.update((held.number.id, held) for held in self._tenant.numbers_named(extension))
        for login in sorted(scope.members):
            if (user_id := self.find_id(login)) is not None:
                found.update((held.number.id, held) for held in self._tenant.numbers_held_by(user_id))
        yield from self._name_entries(found.values())

    def _name_entries(self, numbers: Iterable[Held]) -> Iterator[Entry]:
        several = len(self._tenant.systems()) > 1
        seen: dict[str, str] = {}
        for system, number in numbers:
            if several and seen.setdefault(number.short_number, system.pbx_id) != system.pbx_id:
                raise RainbowError(
                    f"Extension {number.short_number} is on {seen[number.short_number]} and on {system.pbx_id}.",
                    remedy="Make a PBX of each of these systems in linecard.yaml.",
                )
            yield Entry(number.short_number, *self.read_holding(number))

    # -- whose an id is ----------------------------------------------------------------------------------------------

    def name_holder(self, user_id: str) -> str:
        """The login of a member; for one whom this account may not see, the id."""
        login = self._people.logins.get(user_id)
        if login is None:
            user = self._tenant.read_user(user_id)
            if user is None:
                return f"{STRANGER}{user_id.lower()}"
            self._people.learn(user)
            login = user.login
        return login

    def find_id(self, login: str) -> str | None:
        """The id of a member; None if there is none."""
        return self._people.ids.get(login) or self._find(login)

    def _find(self, login: str) -> str | None:
        if login.startswith(STRANGER):
            return login.removeprefix(STRANGER)
        user = None if self._people.is_complete else self._tenant.find_user(login)
        if user is None:
            return None
        self._people.learn(user)
        return user.id

    def _begin(self) -> People:
        self._people = People()
        self._people.since = self._now()
        return self._people

    def refresh(self) -> None:
        """Ask anew whose ids are whose, if that was long ago: before changes are made."""
        if self._are_people_old():
            self._begin()

    def _are_people_old(self) -> bool:
        since = self._people.since
        return since is None or not timedelta(0) <= self._now() - since <= KNOWN_FOR

    def _read_all_people(self, people: People) -> None:
        for user in self._tenant.users():
            people.learn(user)
        people.is_complete = True
