"""What stands in a Number cell: one telephone number, or something else that must be called by its name.

A cell is never glued together: a range, two numbers, a date or a formula's error is no number, however many of its
digits make one. Source of all number rules: the phonenumbers package.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import NamedTuple

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType

from linecard.rules.sanitize import shorten

AS_TEXT = "In the spreadsheet, format the column as Text before you type, fill it in again, and save the file."
MOST_DIGITS = 15  # ITU-T E.164, 6.2.1
FEW_DIGITS = 7
"""A national number of fewer digits is worth a remark, unless numbers of its region are as short."""

BETWEEN = re.compile(r"[ ()./-]")
_DIALLED = re.compile(r"\+?[0-9]+\Z")
_SCHEME = re.compile(r"(?:tel|callto|sips?):(?://)?\s*", re.IGNORECASE)
_PARAMETERS = re.compile(r";(?!ext=)[a-z][a-z-]*(?:=\+?[\w.-]*)?(?=;|\Z)", re.IGNORECASE)
"""What RFC 3966 and RFC 3261 let stand behind a number and what is no part of it: `phone-context`, `user`."""
_LOCAL = re.compile(r"[0-9].*;phone-context=\+", re.IGNORECASE)
"""A local number, to which the digits of its context belong."""
_HOST = re.compile(r"(?<=[0-9])@[\w.-]+(?::[0-9]+)?\Z")
_TRUNK_IN_BRACKETS = re.compile(r"([1-9][0-9]{0,2})\s*\(0\)")
_RANGE = re.compile(r"(.*[0-9])\s*-\s*[0-9]{1,4}\Z")
_SECOND_PLUS = re.compile(r"[0-9]\D*\+")
AND = (
    "a|al|albo|alebo|and|až|até|bis|bzw|do|e|el|eller|en|es|et|ev|i|ili|ja|lub|nebo|o|od|oder|of|og|oppure|or|oraz|och|"
    "ou|resp|sau|si|t/m|tai|thru|through|til|till|to|tot|u|und|vagy|ve|veya|y|à|és|și|και|ή|έως|и|или|до|по"
)
"""What people write between two numbers, or the ends of a range, in the languages of Europe."""
_EXTENSION = re.compile(
    rf"(.*[0-9])\s*[,;]?\s*[(\[]?(?:ext=|#|(?!(?:{AND})\b)[^\W\d_]{{1,12}}\.?)\s*[:.=]?\s*([0-9]{{1,7}})[)\]]?\Z",
    re.IGNORECASE,
)
_MARK = r"[,;|&\n\r/~\u2026\u3001\u301c]|\.\.+|--+|\s-\s"
_MARKS = re.compile(rf"\s*(?:{_MARK})")
_MARKS_AND_WORDS = re.compile(rf"\s*(?:{_MARK}|\s(?:{AND})(?:\.\s*|\s))", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")

_EXPONENT = re.compile(r"[+-]?[0-9]+(?:[.,][0-9]+)?[eE]\+?[0-9]+\Z|[0-9]+[.,]0+\Z|-[0-9.,]+\Z")
_FORMULA = re.compile(r"#[\u00a1\u00bf]?[^\W\d_][\w/.]*[!?]?\Z|err:[0-9]+\Z", re.IGNORECASE)
_UNWORKED = re.compile(r"=[^\s=]")
_TOO_NARROW = re.compile(r"#{2,}\Z")
_THOUSANDS = re.compile(
    r"[1-9][0-9]{0,2}(?:([,'])[0-9]{3}(?:\1[0-9]{3})*(?:\.0{1,2})?|([. ])[0-9]{3}(?:\2[0-9]{3})*,0{1,2})\Z"
)
_THOUSANDS_SHORT = re.compile(r"[1-9][0-9]{0,2}([,'. ])[0-9]{3}(?:\1[0-9]{3})*\Z")
_TIME = r"(?:(?:,? |T)[0-9]{1,2}:[0-9:]+(?:[.,][0-9]+)?(?: ?[ap]\.?m\.?)?(?:Z| ?[+-][0-9:]{2,6})?)?\.?\Z"
_DATE = re.compile(r"([0-9]{1,4})\.? ?([/.-]) ?([0-9]{1,2}) ?\2 ?([0-9]{1,4})" + _TIME, re.IGNORECASE)
_YEAR = "(?:19|20)[0-9]{2}"
_MONTH_OF_YEAR = re.compile(rf"(?:0?[1-9]|1[0-2])[./-]{_YEAR}\Z")
_IN_ONE = re.compile(rf"{_YEAR}(?:0[1-9]|1[0-2])(?:0[1-9]|[12][0-9]|3[01])\Z")
_EAST_ASIAN_DATE = re.compile(rf"(?:{_YEAR} ?[年년] ?)?(?:[0-9]{{1,2}} ?[月월] ?)(?:[0-9]{{1,2}} ?[日号일])?" + _TIME)
_MONTHS = (
    # cs, da, de, en, es, fi, fr, hr, hu, it, nl, no, pl, pt, ro, sv, tr: how a month begins, short or in full
    "jan|ene|gen|ian|led|sij|sty|tammi|oca|feb|fe[bv]r?|f[eé]v|úno|unor|velj|lut|helmi|[şs]ub|m[aä]r[sz]?|márc|mrt|mrz|"
    "maa|bře|ožu|apr|a[vb]r|ápr|dub|tra|kwi|huhti|nis|ma[iyg]|máj|maj|mei|kvě|svi|touko|jui?n|jún|giu|iun|čvn|červ|"
    "lip|cze|kesä|haz|jui?l|júl|lug|iul|čvc|srp|heinä|tem|a[ou]g|août|ago|kol|sie|elo|ağu|sept?|set|szept|září|zář|ruj|"
    "wrz|syys|eyl|o[ckt]?[ct]|okt|ott|out|říj|lis|paź|loka|eki|nov|noi|stu|marras|kas|de[cz]|déc|dic|pro|gru|joulu|ara|"
    "янв|фев|мар|апр|ма[йя]|июн|июл|авг|сен|окт|ноя|дек|"
    "ιαν|φεβ|μαρ|απρ|μα[ΐϊι]|ιουν|ιουλ|αυγ|σεπ|οκτ|νοε|δεκ"  # noqa: RUF001 - Greek
)
_DAY_OR_YEAR = rf"(?:{_YEAR}|[0-9]{{1,2}})"
_MONTH_DATE = re.compile(
    rf"(?=\D*[0-9])(?:[^\W\d_]{{2,12}}\.?,? )?(?:{_DAY_OR_YEAR}(?:st|nd|rd|th|er|º)?[-. /]+(?:(?:de|of) )?)?"
    rf"(?:{_MONTHS})[^\W\d_]*\.?(?:[-. /,]+(?:(?:del?) )?{_DAY_OR_YEAR}){{0,2}}" + _TIME,
    re.IGNORECASE,
)


class BadCell(ValueError):
    """A cell cannot be used: a fault code's name, a sentence and a remedy. Never leaves `linecard.rules`."""

    def __init__(self, code: str, message: str, remedy: str) -> None:
        super().__init__(message)
        self.code, self.message, self.remedy = code, message, remedy


class CellNote(NamedTuple):
    """A remark on a cell that was read all the same: a fault code's name, a sentence and a remedy."""

    code: str
    message: str
    remedy: str = ""


class NumberReading(NamedTuple):
    """What a Number cell was read as: the number as E.164, and what there is to say of it."""

    number: str
    notes: tuple[CellNote, ...] = ()


def check_for_damage(text: str, what: str) -> None:
    """Raise `BadCell` where a spreadsheet has changed or failed to work out the cell; `what` it should have held."""
    if _EXPONENT.match(text):
        lost = "an extension" if what == "extension" else "a number"
        raise BadCell(
            "spreadsheet_damage", f"{shorten(text)} is no longer {lost}: a spreadsheet has changed it.", AS_TEXT
        )
    check_for_failure(text)
    if _UNWORKED.match(text):
        raise BadCell(
            "spreadsheet_damage",
            f"{shorten(text)} is a formula whose value was not stored.",
            "Correct the formula in the spreadsheet, or type the value, and save the file again.",
        )
    if _THOUSANDS.match(text) or (what == "extension" and _THOUSANDS_SHORT.match(text)):
        raise BadCell(
            "spreadsheet_damage", f"{shorten(text)} has a thousands separator that a spreadsheet has added.", AS_TEXT
        )


def check_for_failure(text: str) -> None:
    """Raise `BadCell` where a spreadsheet could not work out or show the cell, whatever it should have held."""
    if _TOO_NARROW.match(text):
        raise BadCell(
            "spreadsheet_damage",
            f"{shorten(text)} is what a spreadsheet shows in a column that is too narrow; the value is lost.",
            "Widen the column in the spreadsheet and save the file again.",
        )
    if _FORMULA.match(text):
        raise BadCell(
            "spreadsheet_damage",
            f"{shorten(text)} is a formula error.",
            "Correct the formula in the spreadsheet, or type the value, and save the file again.",
        )


def is_date(text: str) -> bool:
    """Whether the text is a day of the calendar as spreadsheets write it."""
    if _LETTER.search(text) and (_MONTH_DATE.match(text) or _EAST_ASIAN_DATE.match(text)):
        return True
    if _MONTH_OF_YEAR.match(text):
        return True
    found = _DATE.match(text)
    if found is None:
        return False
    first, last = found[1], found[4]
    if len(first) == 4:
        year, parts = int(first), (int(found[3]), int(last))
        return 1900 <= year <= 2100 and len(last) <= 2 and _is_month_and_day(*parts)
    if len(first) > 2 or len(last) not in (2, 4):
        return False
    return (len(last) == 2 or 1900 <= int(last) <= 2100) and _is_month_and_day(int(first), int(found[3]))


def _is_month_and_day(one: int, other: int) -> bool:
    return 1 <= min(one, other) <= 12 and 1 <= max(one, other) <= 31


def read_number(text: str, region: str, extension: str, is_emergency: Callable[[str], bool]) -> NumberReading:
    """The one number in a cell, as people of `region` write it. Raises `BadCell`.

    `extension` is that of the row: the same one behind the number is passed over with a note.
    """
    notes: list[CellNote] = []
    number = _without_scheme(text) if text[:1] in "tTcCsS" else text
    if number != text:
        notes.append(CellNote("cleaned", f"Number contained stray characters and was read as {shorten(number)}."))
    if not _DIALLED.match(number):
        check_for_damage(number, "number")
        number = _without_extension(number, region, extension, notes)
        _check_for_one(number, region)
    _check_length(number, region)
    digits = BETWEEN.sub("", number)
    if not _DIALLED.match(digits):
        raise _bad_number(text, region)
    if is_emergency(digits.removeprefix("+")):
        raise BadCell("emergency_number", f"{shorten(text)} is an emergency number in {region}.", "Give a DDI number.")
    found = _read_international(text, digits, region) if digits[0] == "+" else _read_bare(number, digits, region, notes)
    short = _shortness(found)
    if short is not None:
        notes.append(short)
    return NumberReading(phonenumbers.format_number(found, PhoneNumberFormat.E164), tuple(notes))


def _without_scheme(text: str) -> str:
    number = _SCHEME.sub("", text, count=1)
    if number == text or _LOCAL.match(number):
        return text
    return _HOST.sub("", _PARAMETERS.sub("", number))


def _without_extension(text: str, region: str, extension: str, notes: list[CellNote]) -> str:
    found = _EXTENSION.match(text) if "#" in text or _LETTER.search(text) else None
    if found is None or not (_parse(found[1], region) or _parse("+" + found[1], None)):
        return text
    if found[2] != extension:
        raise BadCell(
            "bad_number",
            f"{shorten(text)} is a number and an extension ({found[2]}) in one cell.",
            "Write the number alone; the extension goes into the column Extension.",
        )
    notes.append(CellNote("cleaned", f"Number contained its extension and was read as {shorten(found[1])}."))
    return found[1]


def _check_for_one(text: str, region: str) -> None:
    """Refuse what holds more than one number, or a day instead of one."""
    if is_date(text) and text != _national_spelling(text, region):
        raise _date(text)
    if _SECOND_PLUS.search(text) or any(_parse(part, region) for part in _beginnings(text)) or _is_range(text, region):
        raise BadCell(
            "bad_number", f"{shorten(text)} is a range or more than one number.", "Give one number in the cell."
        )


def _is_range(text: str, region: str) -> bool:
    """Whether what stands before the last dash is a number, and all of it together is none: `910 123 400-09`."""
    found = _RANGE.match(text)
    if found is None or _parse(found[1], region) is None or _parse(text, region) is not None:
        return False
    return text[0] in "+0" or _parse("+" + text, None) is None


def _check_length(text: str, region: str) -> None:
    if len(text) <= MOST_DIGITS:
        return
    count = sum(map(str.isdigit, text))
    if count > MOST_DIGITS and _parse(text, region) is None:
        raise BadCell(
            "bad_number",
            f"{shorten(text)} has {count} digits; a telephone number has at most 15.",
            "Give one number in the cell.",
        )


def _beginnings(text: str) -> Iterator[str]:
    """What stands before each mark that may separate two numbers."""
    separator = _MARKS_AND_WORDS if _LETTER.search(text) else _MARKS
    return (text[: found.start()] for found in separator.finditer(text) if found.end() < len(text))


def _read_international(text: str, digits: str, region: str) -> PhoneNumber:
    found = _parse(digits, None)
    if found is None:
        raise _bad_number(text, region)
    return found


def _read_bare(text: str, digits: str, region: str, notes: list[CellNote]) -> PhoneNumber:
    """A number without +. What can be two numbers is refused with both: a lost + must never make another number."""
    national = _parse(text, region)
    international = _parse("+" + digits, None) if digits[0] != "0" else None  # no country code begins with a zero
    if international is not None and national != international and not _is_national_spelling(text, national, region):
        own = international.country_code == phonenumbers.country_code_for_region(region)
        trunk = _TRUNK_IN_BRACKETS.match(text)
        certain = trunk is not None and trunk[1] == str(international.country_code)
        if own and (national is None or certain):
            national = international
        elif national is None or certain:
            raise BadCell(
                "spreadsheet_damage", f"{shorten(text)} has lost its + (was it {_e164(international)}?).", AS_TEXT
            )
        else:
            raise BadCell(
                "spreadsheet_damage",
                f"{shorten(text)} can be {_e164(national)} or, with a lost +, {_e164(international)}.",
                "Write the number with its + in a column formatted as Text.",
            )
    if _IN_ONE.match(text) and (national is None or _is_unusual(digits, national, region)):
        raise _date(text)
    if national is None:
        raise _unreadable(text, digits, region)
    if _is_unusual(digits, national, region) or _TRUNK_IN_BRACKETS.match(text):
        notes.append(CellNote("cleaned", f"Number had no + or prefix and was read as {_e164(national)}."))
    return national


def _unreadable(text: str, digits: str, region: str) -> BadCell:
    guess = _parse("0" + digits, region) if digits[0] != "0" else None
    if guess is None:
        return _bad_number(text, region)
    return BadCell(
        "spreadsheet_damage", f"{shorten(text)} has lost its leading zero (was it {_e164(guess)}?).", AS_TEXT
    )


def _is_national_spelling(text: str, number: PhoneNumber | None, region: str) -> bool:
    """Whether a person wrote it so: with the marks between digits that the region has, which a lost + never leaves."""
    groups = BETWEEN.split(text, maxsplit=1)
    if number is None or len(groups) == 1:
        return False
    if groups[0] == phonenumbers.ndd_prefix_for_region(region, True):
        return True  # the trunk prefix alone, as 8 in Russia
    usual = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return text == usual and text != phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL)[1:]


def _is_unusual(digits: str, number: PhoneNumber, region: str) -> bool:
    """Whether the + or the trunk prefix is missing that people of the region write."""
    if digits == f"{number.country_code}{phonenumbers.national_significant_number(number)}":
        trunk = phonenumbers.ndd_prefix_for_region(region, True)
        return trunk != str(number.country_code)  # 1 is both in North America
    if digits != phonenumbers.national_significant_number(number):
        return False
    usual = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return digits != BETWEEN.sub("", usual)


def _national_spelling(text: str, region: str) -> str:
    found = _parse(text, region)
    return phonenumbers.format_number(found, PhoneNumberFormat.NATIONAL) if found is not None else ""


def _shortness(number: PhoneNumber) -> CellNote | None:
    digits = phonenumbers.national_significant_number(number)
    region = phonenumbers.region_code_for_number(number)
    if len(digits) >= FEW_DIGITS or region is None or len(digits) >= _shortest(region):
        return None
    return CellNote(
        "short_number",
        f"{_e164(number)} has only {len(digits)} digits after the country code.",
        "If it is an extension or an employee number, it is in the wrong column.",
    )


@cache
def _shortest(region: str) -> int:
    """How many digits the shortest example of a line or a mobile of the region has."""
    kinds = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
    samples = [sample for kind in kinds if (sample := phonenumbers.example_number_for_type(region, kind))]
    return min((len(phonenumbers.national_significant_number(sample)) for sample in samples), default=FEW_DIGITS)


def _parse(text: str, region: str | None) -> PhoneNumber | None:
    """The text as a valid number of at most 15 digits without an extension, or None."""
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if parsed.extension or not phonenumbers.is_valid_number(parsed) or len(_e164(parsed)) > MOST_DIGITS + 1:
        return None
    return parsed


def _e164(number: PhoneNumber) -> str:
    return str(phonenumbers.format_number(number, PhoneNumberFormat.E164))


def _date(text: str) -> BadCell:
    return BadCell("spreadsheet_damage", f"{shorten(text)} is a date: a spreadsheet has changed it.", AS_TEXT)


def _bad_number(text: str, region: str) -> BadCell:
    return BadCell(
        "bad_number",
        f"{shorten(text)} is not a valid telephone number.",
        f"Write it as E.164, such as {example(region)}.",
    )


@cache
def example(region: str) -> str:
    """A number of the region that nobody has, as E.164."""
    sample = phonenumbers.example_number(region)
    return phonenumbers.format_number(sample, PhoneNumberFormat.E164) if sample else "+33123456789"
