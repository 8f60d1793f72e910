"""What Rainbow's objects look like, as far as linecard uses them. Whatever does not is refused as no answer.

Source: ALE's OpenAPI description of the admin portal (1.82.0). `userId` is in the full form of a phone number alone;
`numberE164` is what Rainbow itself makes of `number` and the country.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, TypeAdapter, ValidationError

from linecard.api.backend import sorted_numbers
from linecard_rainbow.errors import UnansweredError

Id = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]{1,100}$")]
_E164 = re.compile(r"\+[1-9][0-9]{1,14}")


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class System(_Item):
    """A PBX of the company."""

    id: Id
    pbx_id: str = Field(alias="pbxId", max_length=200)
    name: str = Field(default="", max_length=1000)


class PhoneNumber(_Item):
    """An extension, with what hangs on it."""

    id: Id
    short_number: str = Field(alias="shortNumber", min_length=1, max_length=64)
    user_id: Id | None = Field(default=None, alias="userId")
    number: str | None = Field(default=None, max_length=64)
    e164: str | None = Field(default=None, alias="numberE164", max_length=64)

    @property
    def numbers(self) -> tuple[str, ...]:
        """The public number, as a holding has it. One that Rainbow cannot read is none."""
        return sorted_numbers([self.e164]) if self.e164 and _E164.fullmatch(self.e164) else ()

    @property
    def is_unreadable(self) -> bool:
        """Whether it has a public number of which Rainbow makes none."""
        return bool(self.number and self.number.strip()) and not self.numbers


class User(_Item):
    id: Id
    login_email: str = Field(alias="loginEmail", max_length=320)
    is_terminated: bool = Field(default=False, alias="isTerminated")

    @property
    def login(self) -> str:
        return self.login_email.lower()


Item = TypeVar("Item", System, PhoneNumber, User)

_ADAPTERS: dict[type[_Item], TypeAdapter[Any]] = {kind: TypeAdapter(list[kind]) for kind in (System, PhoneNumber, User)}  # type: ignore[valid-type]


def read_items(kind: type[Item], data: object) -> list[Item]:
    """The `data` of a list. Raises `UnansweredError` if something in it is not what it should be."""
    try:
        found: list[Item] = _ADAPTERS[kind].validate_python(data)
    except ValidationError as error:
        fault = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(map(str, fault["loc"])) or "data"
        words = f"Rainbow's answer has an unexpected {kind.__name__}: {where}: {fault['msg']}."
        raise UnansweredError(words) from None  # the error itself repeats what was answered, secrets included
    return found


def read_item(kind: type[Item], data: object) -> Item:
    """The `data` of one object. Raises as `read_items`."""
    return read_items(kind, [data])[0]
