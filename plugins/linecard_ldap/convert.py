"""Between values of attributes and linecard's words; pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

from linecard.api.backend import Holding, sorted_numbers
from linecard_ldap.options import LdapOptions

Raw = Mapping[str, Sequence[bytes]]
"""The values of an entry, by attribute in lower case."""

_BETWEEN = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]+")
_NUMBER = re.compile(r"\+[1-9][0-9]{1,14}")


def parse_number(value: bytes) -> str | None:
    """A number in E.164, however it is spaced; None where it is not in international form."""
    text = _BETWEEN.sub("", value.decode("utf-8", "replace")).removeprefix("tel:")
    return text if _NUMBER.fullmatch(text) else None


def decode_value(value: bytes) -> str:
    return value.decode("utf-8", "replace").strip()


class Edit(NamedTuple):
    """What becomes of one attribute: the values that were read, and those that it shall have. All are bytes, so that
    they are compared as they are and never by a rule of the server."""

    attribute: str
    old: tuple[bytes, ...]
    new: tuple[bytes, ...]


@dataclass(frozen=True)
class Person:
    """An entry of the directory, as it was read."""

    dn: str
    raw: Raw
    options: LdapOptions

    def values(self, attribute: str | None) -> tuple[bytes, ...]:
        return () if attribute is None else tuple(self.raw.get(attribute.lower(), ()))

    @cached_property
    def member(self) -> str | None:
        """The login: of several, the first in order."""
        return min((decode_value(value).lower() for value in self.values(self.options.member)), default=None)

    @cached_property
    def extensions(self) -> tuple[str, ...]:
        return tuple(sorted({text for value in self.values(self.options.extension) if (text := decode_value(value))}))

    @cached_property
    def number_list(self) -> tuple[str, ...]:
        """Its numbers, as far as they are in international form."""
        return sorted_numbers(n for value in self._number_values if (n := parse_number(value)) is not None)

    @cached_property
    def unreadable(self) -> tuple[str, ...]:
        """Values in the place of numbers that are none."""
        return tuple(decode_value(value) for value in self._number_values if parse_number(value) is None)

    @property
    def _number_values(self) -> tuple[bytes, ...]:
        first, further = self.options.number, self.options.further_numbers
        return self.values(first) + (self.values(further) if further != first else ())

    def with_edits(self, edits: Iterable[Edit]) -> Person:
        """The same entry after these edits."""
        raw = dict(self.raw) | {edit.attribute.lower(): edit.new for edit in edits}
        return Person(self.dn, raw, self.options)

    def find_obstacle(self) -> str:
        """Why linecard does not change this entry, as a clause; empty if it may."""
        if len(self.extensions) > 1:
            return f"{self.dn} has several values of {self.options.extension}: {', '.join(self.extensions)}"
        if self.unreadable:
            return f"{self.dn} has {self.unreadable[0]!r}, which is not a number in international form"
        return ""

    def edit_link(self, extension: str, was: Holding, shall: Holding) -> list[Edit] | str:
        """What makes this entry that of `extension` with these numbers, or of none where `shall` has no member; or why
        that would lose something, as a clause."""
        options = self.options
        held = (extension,) if shall.member is not None else ()
        edits = [self._edit(options.extension, [name.encode() for name in held])]
        if options.number is not None:
            edits += self._edit_numbers(shall.numbers if held else ())
        for attribute, template in options.also.items():
            present, ours = self.values(attribute), _render(template, extension, was)
            if present and present != ours:
                return f"{self.dn} has {decode_value(present[0])!r} as {attribute}, which linecard did not write"
            edits.append(self._edit(attribute, _render(template, extension, shall) if held else ()))
        return [edit for edit in edits if set(edit.old) != set(edit.new)]

    def _edit_numbers(self, numbers: Sequence[str]) -> list[Edit]:
        first, further = str(self.options.number), self.options.further_numbers
        if further == first or further is None:
            return [self._edit(first, self._spell(first, numbers))]
        present = {parse_number(value) for value in self.values(first)}
        kept = [number for number in numbers if number in present]
        main = (kept or list(numbers))[:1]
        rest = [number for number in numbers if number not in main]
        return [self._edit(first, self._spell(first, main)), self._edit(further, self._spell(further, rest))]

    def _spell(self, attribute: str, numbers: Sequence[str]) -> list[bytes]:
        """These numbers, those that are there already as they are spelt."""
        present = {parse_number(value): value for value in self.values(attribute)}
        return [present.get(number, number.encode()) for number in numbers]

    def _edit(self, attribute: str, new: Sequence[bytes]) -> Edit:
        return Edit(attribute, self.values(attribute), tuple(new))


def _render(template: str, extension: str, held: Holding) -> tuple[bytes, ...]:
    """What a further attribute says of an extension; nothing where it has no holder or lacks what is said."""
    if held.member is None or ("{number}" in template and not held.numbers):
        return ()
    return (template.format(extension=extension, number=held.numbers[0] if held.numbers else "").encode(),)
