"""The objects of one company as linecard asks for them: its systems, members and phone numbers.

Source: paths and filters are those of ALE's OpenAPI description of the admin portal (1.82.0). Filters by short number
match by prefix (12 finds 120 and 1234), so what comes is compared here, character by character.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from linecard_rainbow.client import ADMIN, Client, Query
from linecard_rainbow.errors import RainbowError, RefusedError, UnansweredError
from linecard_rainbow.options import RainbowOptions
from linecard_rainbow.pages import Pages
from linecard_rainbow.wire import PhoneNumber, System, User, read_item

NUMBERS: Query = {"format": "full", "sortField": "shortNumber", "sortOrder": 1}
"""The full form, for only that names the holder; sorted, for only then do pages follow one another."""
USERS: Query = {"format": "small", "isTerminated": "false"}


class Held(NamedTuple):
    """A phone number of one of the systems."""

    system: System
    number: PhoneNumber


class Tenant:
    """One company at Rainbow, and those of its systems that are this PBX. Keeps nothing but who its systems are."""

    def __init__(self, client: Client, options: RainbowOptions) -> None:
        self._client, self._names = client, options.systems
        self._company: Query = {} if options.company is None else {"companyId": options.company}
        self.pages = Pages(client, options.page)
        self._systems: tuple[System, ...] = ()

    # -- systems -----------------------------------------------------------------------------------------------------

    def systems(self) -> tuple[System, ...]:
        """Those that the options name. Raises `RainbowError` where a name fits none, or several."""
        if not self._systems:
            query = {"format": "medium", **self._company}
            all_of_them = list(self.pages.read_list(System, "list the systems", f"{ADMIN}/systems", query))
            self._systems = tuple(dict.fromkeys(_choose(all_of_them, name) for name in self._names))
        return self._systems

    def forget_systems(self) -> None:
        """One of them is not there any more, or not this account's: ask again next time."""
        self._systems = ()

    # -- phone numbers -----------------------------------------------------------------------------------------------

    def numbers(self) -> Iterator[Held]:
        """All of all systems."""
        for system in self.systems():
            doing = f"list the phone numbers of {system.name or system.pbx_id}"
            for number in self.pages.read_list(PhoneNumber, doing, _numbers_path(system), NUMBERS):
                yield Held(system, number)

    def count_numbers(self) -> int:
        counts = [
            self.pages.count("count the phone numbers", _numbers_path(system), NUMBERS) for system in self.systems()
        ]
        return sum(counts)

    def numbers_named(self, extension: str) -> list[Held]:
        """Those that have this short number: one, or none, unless two systems of the PBX have it."""
        return [
            Held(system, number)
            for system, number in self._search({"shortNumber": extension})
            if number.short_number == extension
        ]

    def numbers_held_by(self, user_id: str) -> list[Held]:
        return [held for held in self._search({"userId": user_id}) if held.number.user_id == user_id]

    def _search(self, wanted: dict[str, str]) -> Iterator[Held]:
        for system in self.systems():
            doing = f"find a phone number of {system.name or system.pbx_id}"
            for number in self.pages.read_list(PhoneNumber, doing, _numbers_path(system), {**NUMBERS, **wanted}):
                yield Held(system, number)

    def look_up_number(self, held: Held) -> PhoneNumber | None:
        """The same phone number as it is now; None if it is gone."""
        try:
            answer = self._client.get(f"show extension {held.number.short_number}", _number_path(held))
        except RefusedError as error:
            if error.is_gone:
                return None
            raise
        return read_item(PhoneNumber, answer.get("data"))

    def change_number(self, held: Held, body: dict[str, Any]) -> PhoneNumber | None:
        """Sent once. What Rainbow says that the phone number is now; None where it says nothing. Raises as
        `Client.put`."""
        answer = self._client.put(f"change extension {held.number.short_number}", _number_path(held), body)
        return read_item(PhoneNumber, answer["data"]) if "data" in answer else None

    # -- members -----------------------------------------------------------------------------------------------------

    def users(self) -> Iterator[User]:
        """All members of the company."""
        for user in self.pages.read_list(User, "list the members", f"{ADMIN}/users", {**USERS, **self._company}):
            if not user.is_terminated:
                yield user

    def count_users(self) -> int:
        return self.pages.count("count the members", f"{ADMIN}/users", {**USERS, **self._company})

    def find_user(self, login: str) -> User | None:
        """The member with this login, in whatever case it was written there."""
        query = {**USERS, **self._company, "loginEmail": login}
        for user in self.pages.read_list(User, "find a member", f"{ADMIN}/users", query):
            if user.login == login and not user.is_terminated:
                return user
        return None

    def read_user(self, user_id: str) -> User | None:
        """A member by its id; None where there is none, or none of this company."""
        try:
            answer = self._client.get("show a member", f"{ADMIN}/users/{user_id}")
        except RefusedError as error:
            if error.status in {403, 404}:
                return None
            raise
        return read_item(User, answer.get("data"))

    def links_of(self, user_id: str) -> set[str]:
        """Ids of all phone numbers of PBXs that a member holds, on whichever system of the company."""
        answer = self._client.get("show a member", f"{ADMIN}/users/{user_id}", {"format": "full"})
        data = answer.get("data")
        numbers = data.get("phoneNumbers") if isinstance(data, dict) else None
        if not isinstance(numbers, list):
            raise UnansweredError("Rainbow's answer does not say which phone numbers the member has.")
        return {str(n["phoneNumberId"]) for n in numbers if isinstance(n, dict) and n.get("phoneNumberId")}


def _choose(systems: list[System], name: str) -> System:
    """The system that a name of the options means: a pbxId before a name."""
    for found in ([s for s in systems if s.pbx_id == name], [s for s in systems if s.name == name]):
        if len(found) > 1:
            ids = ", ".join(system.id for system in found)
            raise RainbowError(
                f"{len(found)} systems of the company are called {name} ({ids}).",
                remedy="Name it by its pbxId in `systems`; if they share that too, by what else tells them apart "
                "your reseller knows: one of them has to be renamed.",
            )
        if found:
            return found[0]
    known = ", ".join(f"{system.name} ({system.pbx_id})" for system in systems[:10]) or "none"
    raise RainbowError(
        f"The company has no system {name}, or this account may not see it.",
        remedy=f"Write the pbxId or the name of one of these in `systems`: {known}.",
    )


def _numbers_path(system: System) -> str:
    return f"{ADMIN}/systems/{system.id}/phone-numbers"


def _number_path(held: Held) -> str:
    return f"{_numbers_path(held.system)}/{held.number.id}"
