"""What extensions and numbers a PBX may have. Source of all number rules: the phonenumbers package."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import cache, cached_property

import phonenumbers
from phonenumbers import PhoneMetadata, PhoneNumberFormat

from linecard.rules.text import shortened

_KINDS = (
    "fixed_line mobile toll_free premium_rate shared_cost personal_number voip pager uan voicemail".split()  # noqa: SIM905
)
_EXTENSION = re.compile(r"(?=[*#]*[0-9])[0-9*#]{1,32}\Z")
_BETWEEN = re.compile(r"[ ()./-]")
_DIALLED = re.compile(r"\+?[0-9]{1,20}\Z")
_DAMAGED = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+\Z|[0-9]+[.,]0+\Z|-[0-9.,]+\Z")

_DATE = re.compile(r"[0-9]{1,4}([/.-])[0-9]{1,2}\1[0-9]{1,4}(?:[ T][0-9:]+)?\Z")


class BadCell(ValueError):
    """A cell cannot be used: a fault code's name, a sentence and a hint. Never leaves `linecard.rules`."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


AS_TEXT = "In the spreadsheet format the column as Text before typing, then fill it in again and save as CSV UTF-8."


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


def surely_valid(number: str) -> bool:
    """True only if `number` is a valid number already written as E.164. False says nothing: parse it.

    Numbers of 8 digits and less are never sure: they may be emergency numbers of the PBX.
    """
    if number[:1] != "+" or not 9 < len(number) <= 16 or not number.isascii():
        return False
    for end in (3, 4, 2):  # no calling code begins another
        prefix = number[1:end]
        if prefix in _CALLING_CODES:
            pattern = _pattern_for(prefix)
            return pattern is not None and pattern.match(number, end) is not None
    return False


@cache
def _emergency(region: str) -> re.Pattern[str] | None:
    data = PhoneMetadata.short_metadata_for_region(region)
    if data is None or data.emergency is None or not data.emergency.national_number_pattern:
        return None
    return re.compile(f"(?:{data.emergency.national_number_pattern})\\Z")


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
        self._own_emergency = frozenset(emergency) | {"112", "911"}
        self._emergency = _emergency(region)
        metadata = PhoneMetadata.metadata_for_region(region, None)
        self._trunk_zero = bool(metadata and (metadata.national_prefix or "").startswith("0"))
        self._by_length: dict[int, list[tuple[str, str]]] = {}
        for text in ranges:
            low, _, high = (part.strip() for part in text.partition("-"))
            self._by_length.setdefault(len(low), []).append((low, high or low))

    def has(self, extension: str) -> bool:
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

    def extension(self, text: str) -> str:
        """The extension, checked. Raises `BadCell`."""
        if _DAMAGED.match(text) or _DATE.match(text):
            raise BadCell("spreadsheet_damage", f"{text} is no extension any more: a spreadsheet changed it.", AS_TEXT)
        if not _EXTENSION.match(text):
            raise BadCell(
                "bad_extension",
                f"{shortened(text)} is no extension.",
                "Extensions are up to 32 digits, such as 1234.",
            )
        if self.is_emergency(text):
            raise BadCell(
                "emergency_number",
                f"{text} is an emergency number in {self.region}.",
                "Choose another extension.",
            )
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

    def _in_range(self, text: str) -> bool:
        return text.isdigit() and any(low <= text <= high for low, high in self._by_length.get(len(text), ()))

    def number(self, text: str) -> str:
        """The number as E.164. Raises `BadCell`."""
        if _DAMAGED.match(text):
            raise BadCell(
                "spreadsheet_damage", f"{shortened(text)} is no number any more: a spreadsheet changed it.", AS_TEXT
            )
        digits = _BETWEEN.sub("", text)
        if not _DIALLED.match(digits):
            raise self._bad(text)
        if self.is_emergency(digits.removeprefix("+")):
            raise BadCell(
                "emergency_number",
                f"{shortened(text)} is an emergency number in {self.region}.",
                "Give a DDI number.",
            )
        if surely_valid(text):
            return text
        try:
            parsed = phonenumbers.parse(text, self.region)
            if phonenumbers.is_valid_number(parsed) and not parsed.extension:
                return str(phonenumbers.format_number(parsed, PhoneNumberFormat.E164))
        except phonenumbers.NumberParseException:
            pass
        if digits.isascii() and digits.isdigit():
            guess = self._valid("+" + digits, None)
            if guess:
                raise BadCell("spreadsheet_damage", f"{shortened(text)} has lost its + (was it {guess}?).", AS_TEXT)
            guess = self._valid("0" + digits, self.region)
            if guess:
                raise BadCell(
                    "spreadsheet_damage",
                    f"{shortened(text)} has lost its leading zero (was it {guess}?).",
                    AS_TEXT,
                )
        raise self._bad(text)

    def guessed(self, text: str, number: str) -> bool:
        """True if `number` was read from a text without the + or the leading 0 that belongs there."""
        digits = _BETWEEN.sub("", text)
        return digits[:1] not in ("+", "0") and (self._trunk_zero or number == "+" + digits)

    def _bad(self, text: str) -> BadCell:
        return BadCell(
            "bad_number",
            f"{shortened(text)} is no valid telephone number.",
            f"Write it as E.164, such as {self.example}.",
        )

    @staticmethod
    def _valid(text: str, region: str | None) -> str:
        """The text as E.164, or empty if it is no valid number."""
        try:
            parsed = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            return ""
        return (
            phonenumbers.format_number(parsed, PhoneNumberFormat.E164) if phonenumbers.is_valid_number(parsed) else ""
        )

    @cached_property
    def example(self) -> str:
        sample = phonenumbers.example_number(self.region)
        return phonenumbers.format_number(sample, PhoneNumberFormat.E164) if sample else "+33123456789"
