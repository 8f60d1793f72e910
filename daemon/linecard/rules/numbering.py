"""What extensions and numbers a PBX may have. Source of all number rules: the phonenumbers package."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain

import phonenumbers
from phonenumbers import PhoneMetadata

from linecard.rules.emergency import EVERYWHERE, emergency_pattern, helplines
from linecard.rules.number_cell import (
    AND,
    AS_TEXT,
    BadCell,
    NumberReading,
    check_for_damage,
    example,
    is_date,
    read_number,
)
from linecard.rules.sanitize import shorten

_KINDS = (
    "fixed_line mobile toll_free premium_rate shared_cost personal_number voip pager uan voicemail".split()  # noqa: SIM905
)
_EXTENSION = re.compile(r"(?=[*#]*[0-9])[0-9*#]{1,32}\Z")
_SEVERAL = re.compile(rf"[0-9]+(?:(?:\s*(?:[-/,;&+|]|--|\.\.+)\s*|\s+(?:{AND})\.?\s+)[0-9]+)+\Z", re.IGNORECASE)


@cache
def _valid_for(calling_code: int) -> re.Pattern[str] | None:
    """A pattern of national numbers under this calling code that are surely valid and in canonical form.

    It may miss some valid numbers, and never accepts an invalid one: `tests/unit/rules` holds it against
    phonenumbers. About twenty times as fast as parsing.
    """
    parts = []
    for region in phonenumbers.COUNTRY_CODE_TO_REGION_CODE.get(calling_code, ()):
        if region == "001":
            data = PhoneMetadata.metadata_for_nongeo_region(calling_code, None)
        else:
            data = PhoneMetadata.metadata_for_region(region, None)
        if data is None or data.general_desc is None or data.general_desc.national_number_pattern is None:
            continue
        leading = f"(?={data.leading_digits})" if data.leading_digits else ""
        general = f"(?=(?:{data.general_desc.national_number_pattern})\\Z)"
        kinds = [getattr(data, kind) for kind in _KINDS]
        patterns = [k.national_number_pattern for k in kinds if k is not None and k.national_number_pattern]
        if patterns:
            parts.append(leading + general + "(?:" + "|".join(f"(?:{p})" for p in patterns) + r")\Z")
    valid = "|".join(f"(?:{part})" for part in parts)
    return re.compile(f"{_unlike_a_call(calling_code)}(?:{valid})") if parts else None


def _unlike_a_call(calling_code: int) -> str:
    """A look-ahead for numbers from which phonenumbers takes no digits as those that are dialled before a number.

    Where a trunk prefix is a digit that numbers may begin with too, as 8 in Belarus, it takes them for such.
    """
    data = PhoneMetadata.metadata_for_region_or_calling_code(
        calling_code, phonenumbers.region_code_for_country_code(calling_code)
    )
    if data is None or data.general_desc is None or not data.national_prefix_for_parsing:
        return ""
    return f"(?!(?:{data.national_prefix_for_parsing})(?:{data.general_desc.national_number_pattern})\\Z)"


_CALLING_CODES = frozenset(str(code) for code in phonenumbers.COUNTRY_CODE_TO_REGION_CODE)


@cache
def _pattern_for(prefix: str) -> re.Pattern[str] | None:
    return _valid_for(int(prefix))


def is_surely_valid(number: str) -> bool:
    """True only if `number` is a valid number already written as E.164. False says nothing: parse it.

    Numbers of 9 digits and less are never sure: they may be emergency numbers of the PBX, or extensions in the
    wrong column.
    """
    if number[:1] != "+" or not 10 < len(number) <= 16 or not number.isascii():
        return False
    for end in (3, 4, 2):  # no calling code begins another
        prefix = number[1:end]
        if prefix in _CALLING_CODES:
            pattern = _pattern_for(prefix)
            return pattern is not None and pattern.match(number, end) is not None
    return False


class NumberingPlan:
    """Which extensions a PBX has and how numbers are read there.

    `region` is an ISO 3166 code that phonenumbers knows; `ranges` are strings such as `1000-4999` (empty: any
    extension); `emergency` are further numbers never to be given to a member.
    """

    def __init__(self, region: str, ranges: Sequence[str] = (), emergency: Iterable[str] = ()) -> None:
        if region not in phonenumbers.SUPPORTED_REGIONS:
            raise ValueError(f"{region!r} is no region that phonenumbers knows")
        self.region = region
        self.ranges = tuple(ranges)
        self._own_emergency = frozenset(emergency) | EVERYWHERE | helplines(region)
        self._emergency = emergency_pattern(region)
        self._by_length: dict[int, list[tuple[str, str]]] = {}
        for text in ranges:
            low, _, high = (part.strip() for part in text.partition("-"))
            self._by_length.setdefault(len(low), []).append((low, high or low))

    def has_extension(self, extension: str) -> bool:
        """True if this is an extension of the PBX, in range and no emergency number."""
        if self._by_length:
            for low, high in self._by_length.get(len(extension), ()):
                if low <= extension <= high:
                    break
            else:
                return False
        elif len(extension) > 32:
            return False
        return extension.isascii() and extension.isdigit() and not self.is_emergency(extension)

    def is_emergency(self, text: str) -> bool:
        if len(text) > 8:
            return False
        return text in self._own_emergency or (self._emergency is not None and self._emergency.match(text) is not None)

    def read_extension(self, text: str) -> str:
        """The extension, checked: up to 32 digits, or a number where the PBX has ranges of those. Raises `BadCell`."""
        if text.startswith("+") and any(low.startswith("+") for low, _ in chain(*self._by_length.values())):
            return self._require_range(self.read_number(text).number)
        if not text.isdigit():
            self._check_for_marks(text)
        if not _EXTENSION.match(text):
            raise BadCell(
                "bad_extension",
                f"{shorten(text)} is not an extension.",
                "Extensions are up to 32 digits, such as 1234.",
            )
        if self.is_emergency(text):
            raise BadCell(
                "emergency_number",
                f"{text} is an emergency number in {self.region}.",
                "Choose another extension.",
            )
        return self._require_range(text)

    def _require_range(self, text: str) -> str:
        """An extension that lies in a range of the PBX, if it has any. Raises `BadCell`."""
        if self._by_length and not self._in_range(text):
            padded = next((p for n in self._by_length if self._in_range(p := text.zfill(n))), None)
            if padded is not None and len(padded) > len(text):
                raise BadCell(
                    "spreadsheet_damage",
                    f"{text} is out of range; its leading zeros may be lost (was it {padded}?).",
                    AS_TEXT,
                )
            raise BadCell(
                "out_of_range",
                f"{text} is not an extension of this PBX.",
                f"Its extensions are {', '.join(self.ranges)}.",
            )
        return text

    @staticmethod
    def _check_for_marks(text: str) -> None:
        """Refuse what a spreadsheet has changed, and more than one extension."""
        check_for_damage(text, "extension")
        if is_date(text):
            raise BadCell("spreadsheet_damage", f"{text} is a date: a spreadsheet has changed it.", AS_TEXT)
        if _SEVERAL.match(text):
            raise BadCell(
                "bad_extension", f"{shorten(text)} is more than one extension.", "Give one extension in the cell."
            )

    def _in_range(self, text: str) -> bool:
        return text.removeprefix("+").isdigit() and any(
            low <= text <= high for low, high in self._by_length.get(len(text), ())
        )

    def read_number(self, text: str, extension: str = "") -> NumberReading:
        """The number in a cell; `extension` is that of its row. Raises `BadCell`."""
        if is_surely_valid(text) and not self.is_emergency(text[1:]):
            return NumberReading(text)
        return read_number(text, self.region, extension, self.is_emergency)

    def is_number(self, text: str) -> bool:
        try:
            return bool(self.read_number(text).number)
        except BadCell:
            return False

    @property
    def example(self) -> str:
        """A number of the region that nobody has, as E.164."""
        return example(self.region)
