"""What a row of mass provisioning does, and what it fails with.

Source: the actions by mode are those of AdminService in rainbow-node-sdk 2.46.1 and of ALE's article on bulk
association of PBX extensions (attach, force_attach frees the holder, detach removes all links); the codes 2001 to
2022 are AdminService's and exist for the Cloud PBX alone. What a failed row of the other modes says is in no public
text, so these have words and no code.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rainbow.assumptions import Assumptions
from rainbow.phone_numbers import link
from rainbow.provisioning_csv import Row
from rainbow.tenant import Company, Member, PhoneNumber, System, Tenant

NO_LICENCE = "No default licence managed or no available default licences to create/update user"


class RowError(Exception):
    """Why a row fails: words, and a code where ALE has one."""

    def __init__(self, words: str, code: int | None = None) -> None:
        super().__init__(words)
        self.words, self.code = words, code


@dataclass(frozen=True)
class Played:
    """What became of a row."""

    row: Row
    status: str
    """succeeded, failed or warning."""
    user_id: str | None = None
    words: str = ""
    code: int | None = None


@dataclass
class Player:
    """Does the rows of one company, one after the other; a row that fails changes nothing and stops no other."""

    tenant: Tenant
    company: Company
    rules: Assumptions
    mode: str
    no_strict: bool = False
    """Creating a member who exists, or deleting one who does not, is no error then."""

    def play(self, row: Row) -> Played:
        actions: dict[str, Callable[[Row], str | None]] = {
            "attach": self._attach,
            "force_attach": self._force_attach,
            "detach": self._detach_voice if self.mode == "rainbowvoice" else self._detach,
            "create": self._create,
            "update": self._update,
            "delete": self._delete,
            "upsert": self._upsert_voice if self.mode == "rainbowvoice" else self._upsert,
            "sync": self._sync,
        }
        try:
            warning = actions[row.action](row)
        except RowError as error:
            return Played(row, "failed", self._id_of(row), error.words, error.code)
        return Played(row, "warning" if warning else "succeeded", self._id_of(row), warning or "")

    def _id_of(self, row: Row) -> str | None:
        member = self.tenant.find_member(row.login)
        return None if member is None else member.id

    def look_up(self, row: Row) -> None:
        """Raise `RowError` if the member or the extension of a row of mode `device` does not exist."""
        self._member(row)
        if row.action != "detach":
            self._number(row)

    def _member(self, row: Row) -> Member:
        member = self.tenant.find_member(row.login)
        if member is None or member.company_id != self.company.id:
            raise RowError(f"User {row.login} does not exist in the company")
        return member

    def _system(self, row: Row) -> System:
        named = row.cells.get("pbxId", "")
        systems = [each for each in self.tenant.systems_of(self.company.id) if named in {"", each.pbx_id}]
        if len(systems) != 1:
            raise RowError(f"PBX {named or '(none named)'} matches {len(systems)} systems of the company")
        return systems[0]

    def _number(self, row: Row) -> PhoneNumber:
        system, short = self._system(row), row.cells.get("pbxShortNumber", "")
        if not short:
            raise RowError("pbxShortNumber is mandatory")
        number = self.tenant.find_number(system, short)
        if number is None:
            raise RowError(f"Phone number {short} does not exist on {system.pbx_id}")
        if system.agent == "absent":
            raise RowError(f"The agent of {system.pbx_id} does not answer")
        return number

    def _attach(self, row: Row) -> str | None:
        member, number = self._member(row), self._number(row)
        if number.user_id not in {None, member.id}:
            raise RowError(f"Phone number {number.short_number} is already used by another user")
        return self._give(row, member, number)

    def _force_attach(self, row: Row) -> str | None:
        return self._give(row, self._member(row), self._number(row))

    def _give(self, row: Row, member: Member, number: PhoneNumber) -> str | None:
        if number.user_id == member.id and not row.cells.get("number") and not row.cells.get("pbxInternalNumber"):
            return f"Phone number {number.short_number} is already attached to {row.login}"
        if number.user_id != member.id:
            link(self.tenant, number, member, self.rules)
        number.internal_number = row.cells.get("pbxInternalNumber") or number.internal_number
        number.number = row.cells.get("number") or number.number
        return None

    def _detach(self, row: Row) -> str | None:
        held = self.tenant.held_by(self._member(row))
        for number in held:
            number.user_id = None
        return None if held else f"{row.login} has no phone number"

    def _create(self, row: Row) -> str | None:
        if self.tenant.find_member(row.login) is not None:
            if self.no_strict:
                return f"User {row.login} exists"
            raise RowError(f"User {row.login} exists")
        for licence in self.company.licences[:1]:
            if licence.assigned >= licence.maximum:
                raise RowError(NO_LICENCE)
            licence.assigned += 1
        names = {"first_name": row.cells.get("firstName", ""), "last_name": row.cells.get("lastName", "")}
        self.tenant.add_member(self.company, row.login, **names)
        return None

    def _update(self, row: Row) -> str | None:
        member = self._member(row)
        member.first_name = row.cells.get("firstName") or member.first_name
        member.last_name = row.cells.get("lastName") or member.last_name
        return None

    def _delete(self, row: Row) -> str | None:
        if self.no_strict and self.tenant.find_member(row.login) is None:
            return f"User {row.login} does not exist"
        self.tenant.remove_member(self._member(row))
        for licence in self.company.licences[:1]:
            licence.assigned = max(0, licence.assigned - 1)
        return None

    def _upsert(self, row: Row) -> str | None:
        """Blank cells change nothing; a filled extension is taken from anybody."""
        exists = self.tenant.find_member(row.login) is not None
        self._update(row) if exists else self._create(row)
        return self._force_attach(row) if row.cells.get("pbxShortNumber") else None

    def _sync(self, row: Row) -> str | None:
        """Blank cells count: no extension in the row is none on the member."""
        warning = self._upsert(row)
        wanted = row.cells.get("pbxShortNumber", "")
        for number in self.tenant.held_by(self._member(row)):
            if number.short_number != wanted:
                number.user_id = None
        return warning

    def _cloud(self) -> System:
        for system in self.tenant.systems_of(self.company.id):
            if system.is_cloud:
                return system
        raise RowError("The company has no Cloud PBX", 2001)

    def _upsert_voice(self, row: Row) -> str | None:
        system, short = self._cloud(), row.cells.get("shortNumber", "")
        if self.tenant.find_member(row.login) is None:
            self._create(row)
        member = self._member(row)
        held = self.tenant.held_by(member)
        if short:
            number = self.tenant.find_number(system, short)
            if number is None:
                raise RowError(f"{short} is not in the numbering plan", 2002)
            if number.user_id not in {None, member.id}:
                raise RowError(f"{short} is already assigned to someone else in the company", 2003)
            if any(each.system_id != system.id for each in held):
                raise RowError("The user is already assigned in another PBX of the company", 2004)
            number.user_id = member.id
            held = [number]
        if ddi := row.cells.get("ddiE164Number"):
            self._give_ddi(system, held, ddi)
        return None

    def _give_ddi(self, system: System, held: list[PhoneNumber], ddi: str) -> None:
        if not held:
            raise RowError("The user is not yet a subscriber", 2013)
        wanted = "+" + ddi.lstrip("+")
        for number in self.tenant.numbers_of(system):
            if number.e164 == wanted and number not in held:
                raise RowError(f"The DDI {wanted} is attached to someone else", 2015)
        held[0].number = wanted

    def _detach_voice(self, row: Row) -> str | None:
        self._cloud()
        short, held = row.cells.get("shortNumber", ""), self.tenant.held_by(self._member(row))
        if not short and not row.cells.get("ddiE164Number"):
            raise RowError("Cannot detach: no shortNumber is given", 2018)
        if short and held and short not in {number.short_number for number in held}:
            real = held[0].short_number
            raise RowError(f"Cannot detach: the user is attached to {real}", 2019)
        for number in held:
            number.number = ""
            if short:
                number.user_id = None
        return None if held else f"{row.login} has no phone number"
