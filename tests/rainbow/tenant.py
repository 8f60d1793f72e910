"""Companies, their members, PBXs and phone numbers: what Rainbow knows, without HTTP.

Source: the fields are those of ALE's OpenAPI description of the admin portal (1.82.0), and those that rainbow-cli
1.102.2 prints. A system is Rainbow's word for a PBX; a phone number is an extension with all that hangs on it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count
from typing import Literal

import phonenumbers

from rainbow.answers import Json, missing

ALPHA2 = {"FRA": "FR", "DEU": "DE", "ESP": "ES", "GBR": "GB", "USA": "US", "PRT": "PT", "LUX": "LU", "CHE": "CH"}
"""Rainbow names countries by three letters, phonenumbers by two."""


@dataclass
class Licence:
    """A profile of a company, of which so many may be assigned."""

    name: str
    maximum: int
    assigned: int = 0


@dataclass
class Company:
    id: str
    name: str
    is_active: bool = True
    tenant_call_number: str = ""
    """Prefix of this company's numbers on a PBX that several companies share."""
    licences: list[Licence] = field(default_factory=list)

    def as_json(self) -> Json:
        status = "active" if self.is_active else "inactive"
        return {"id": self.id, "name": self.name, "status": status, "tenantCallNumber": self.tenant_call_number}


@dataclass
class Member:
    id: str
    login_email: str
    company_id: str
    first_name: str = ""
    last_name: str = ""
    password: str = field(default="", repr=False)
    roles: tuple[str, ...] = ("user",)
    admin_type: str = "undefined"
    managed_systems: frozenset[str] | None = None
    """Ids of the systems that an administrator may change; None is each one of the company."""
    is_active: bool = True
    is_terminated: bool = False
    is_expired: bool = False

    @property
    def display_name(self) -> str:
        return f"{self.first_name} {self.last_name}".strip()


Agent = Literal["online", "slow", "absent"]


@dataclass
class System:
    """A PBX. Its agent has to take each change of a number before Rainbow saves it."""

    id: str
    pbx_id: str
    name: str
    company_ids: list[str]
    country: str = "FRA"
    type: str = "oxe"
    version: str = "R102.1-n3.514.41"
    agent: Agent = "online"
    agent_seconds: float = 0.0
    """How long the agent takes when it is slow."""

    @property
    def is_cloud(self) -> bool:
        return self.type == "cloudpbx"

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "pbxId": self.pbx_id,
            "name": self.name,
            "type": self.type,
            "version": self.version,
            "country": self.country,
            "status": "created",
            "isShared": len(self.company_ids) > 1,
            "isCentrex": False,
            "jid": f"{self.pbx_id.lower()}@example.com",
            "jid_password": "a secret of the PBX agent",
        }


@dataclass
class PhoneNumber:
    id: str
    system_id: str
    pbx_id: str
    short_number: str
    internal_number: str
    number: str = ""
    country: str = "FRA"
    user_id: str | None = None
    company_prefix: str = ""
    type: str = "work"
    device_type: str = "landline"
    first_name: str = ""
    last_name: str = ""
    device_name: str = ""
    voice_mail_number: str = ""
    is_monitored: bool = False
    is_visible_by_others: bool = True

    @property
    def e164(self) -> str:
        return e164(self.number, self.country) or ""

    def as_json(self, form: str = "full") -> Json:
        """`userId` and secrets are in the full form alone."""
        small: Json = {
            "id": self.id,
            "shortNumber": self.short_number,
            "internalNumber": self.internal_number,
            "number": self.number,
            "numberE164": self.e164,
        }
        if form == "small":
            return small
        medium = small | {
            "pbxId": self.pbx_id,
            "systemId": self.system_id,
            "pbxUserId": self.id[-6:],
            "voiceMailNumber": self.voice_mail_number,
            "country": self.country,
            "type": self.type,
            "deviceType": self.device_type,
            "firstName": self.first_name,
            "lastName": self.last_name,
            "deviceName": self.device_name,
            "isFromSystem": True,
            "isMonitored": self.is_monitored,
            "isVisibleByOthers": self.is_visible_by_others,
        }
        if form == "medium":
            return medium
        held = self.user_id is not None
        return medium | {
            "userId": self.user_id,
            "userType": "Business" if held else None,
            "jid_im": f"{self.user_id}@example.com" if held else None,
            "jid_tel": f"tel_{self.user_id}@example.com" if held else None,
            "jid_password": "a secret of the member" if held else None,
            "rainbowNumber": f"rb{self.id[-6:]}" if held else None,
            "isNomadic": False,
            "isVoipNomadic": False,
        }


@lru_cache(maxsize=1 << 16)
def e164(number: str, country: str) -> str | None:
    """The number as ALE's server computes it, with the same library; None where it cannot. Kept, because a page has a
    thousand of them."""
    try:
        parsed = phonenumbers.parse(number, ALPHA2.get(country, "FR"))
    except phonenumbers.NumberParseException:
        return None
    possible = phonenumbers.is_possible_number(parsed)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164) if possible else None


class Tenant:
    """All of them, found by their ids. Not safe for threads: its owner locks."""

    def __init__(self) -> None:
        self.companies: dict[str, Company] = {}
        self.members: dict[str, Member] = {}
        self.systems: dict[str, System] = {}
        self.numbers: dict[str, PhoneNumber] = {}
        self._by_login: dict[str, str] = {}
        self._by_system: dict[str, dict[str, PhoneNumber]] = {}
        self._ids = count(0x5E0000000000000000000001)

    def _next_id(self) -> str:
        return f"{next(self._ids):024x}"

    def add_company(self, name: str, *, licences: Iterable[Licence] = (), prefix: str = "") -> Company:
        company = Company(self._next_id(), name, tenant_call_number=prefix, licences=list(licences))
        self.companies[company.id] = company
        return company

    def add_member(self, company: Company, login_email: str, **more: object) -> Member:
        """`more` are the fields of `Member`. Raises `ValueError` if somebody has that login."""
        if login_email.lower() in self._by_login:
            raise ValueError(f"{login_email} exists")
        member = Member(self._next_id(), login_email, company.id, **more)  # type: ignore[arg-type]
        self.members[member.id] = member
        self._by_login[login_email.lower()] = member.id
        return member

    def add_system(self, companies: Iterable[Company], pbx_id: str, name: str, **more: object) -> System:
        """`more` are the fields of `System`. Several systems may have one pbxId."""
        owners = [company.id for company in companies]
        system = System(self._next_id(), pbx_id, name, owners, **more)  # type: ignore[arg-type]
        self.systems[system.id] = system
        self._by_system[system.id] = {}
        return system

    def add_number(self, system: System, short_number: str, **more: object) -> PhoneNumber:
        """`more` are the fields of `PhoneNumber`. Raises `ValueError` if the system has that short number."""
        if short_number in self._by_system[system.id]:
            raise ValueError(f"{system.name} has {short_number}")
        fields: Json = {"internal_number": short_number, "country": system.country} | more
        number = PhoneNumber(self._next_id(), system.id, system.pbx_id, short_number, **fields)
        self.numbers[number.id] = number
        self._by_system[system.id][short_number] = number
        return number

    def remove_number(self, number: PhoneNumber) -> None:
        del self.numbers[number.id], self._by_system[number.system_id][number.short_number]

    def remove_member(self, member: Member) -> None:
        """Deleted members free their numbers, and are kept as terminated for a while: nobody finds them by login."""
        for number in self.held_by(member):
            number.user_id = None
        member.is_active, member.is_terminated = False, True
        del self._by_login[member.login_email.lower()]

    def rename_member(self, member: Member, login_email: str) -> None:
        del self._by_login[member.login_email.lower()]
        member.login_email = login_email
        self._by_login[login_email.lower()] = member.id

    def find_member(self, login_email: str) -> Member | None:
        """By login e-mail, compared without case."""
        found = self._by_login.get(login_email.lower())
        return None if found is None else self.members[found]

    def find_number(self, system: System, short_number: str) -> PhoneNumber | None:
        return self._by_system[system.id].get(short_number)

    def numbers_of(self, system: System) -> list[PhoneNumber]:
        return list(self._by_system[system.id].values())

    def held_by(self, member: Member) -> list[PhoneNumber]:
        return [number for number in self.numbers.values() if number.user_id == member.id]

    def systems_of(self, company_id: str) -> list[System]:
        return [system for system in self.systems.values() if company_id in system.company_ids]

    def systems_by_pbx(self, pbx_id: str) -> list[System]:
        return [system for system in self.systems.values() if system.pbx_id == pbx_id]

    def member(self, identifier: str) -> Member:
        if identifier not in self.members:
            raise missing("User", identifier)
        return self.members[identifier]

    def system(self, identifier: str) -> System:
        if identifier not in self.systems:
            raise missing("System", identifier)
        return self.systems[identifier]

    def member_json(self, member: Member, form: str = "full") -> Json:
        company = self.companies[member.company_id]
        small: Json = {
            "id": member.id,
            "loginEmail": member.login_email,
            "firstName": member.first_name,
            "lastName": member.last_name,
            "displayName": member.display_name,
            "companyId": company.id,
            "companyName": company.name,
            "isActive": member.is_active,
        }
        if form == "small":
            return small
        medium = small | {
            "roles": list(member.roles),
            "adminType": member.admin_type,
            "accountType": "business",
            "isTerminated": member.is_terminated,
            "isInDefaultCompany": False,
            "language": "en",
            "timezone": "Europe/Paris",
        }
        if form == "medium":
            return medium
        return medium | {
            "jid_im": f"{member.id}@example.com",
            "jid_password": "a secret of the member",
            "phoneNumbers": [
                {"phoneNumberId": number.id}
                | {key: value for key, value in number.as_json("medium").items() if key != "id"}
                for number in self.held_by(member)
            ],
        }
