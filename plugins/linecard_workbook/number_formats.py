"""Number formats of Excel: what people see of a number that is stored.

Source: ECMA-376 part 1, 18.8.30 and 18.8.31. Groups of thousands and decimals of a whole number are left away, for
they are for the eye; zeros before it, a plus sign and other literal text are not. Nothing is ever rounded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

Shown = Callable[[str], str]
"""From the text of a stored number to what is seen."""

BUILT_IN: Mapping[int, str] = {
    9: "0%",
    10: "0.00%",
    **dict.fromkeys((*range(14, 18), *range(27, 32), 36, *range(50, 55), 57, 58), "yyyy-mm-dd"),
    **dict.fromkeys((*range(18, 22), *range(32, 36), 45, 46, 47, 55, 56), "hh:mm:ss"),
    22: "yyyy-mm-dd hh:mm",
}
"""Formats that a file names by a number alone (18.8.30, the East Asian ones too), of those that matter here."""

_MOST_DIGITS = 15
"""Digits that a spreadsheet program keeps of a number."""
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|([_*]).|\[([^\]]*)\]|([0#?])|(general)|(.)', re.IGNORECASE | re.DOTALL)
_CONDITION = re.compile(r"(<=|>=|<>|<|>|=)\s*(-?[0-9.]+)\Z")
_TESTS: Mapping[str, Callable[[float, float], bool]] = {
    "<=": lambda a, b: a <= b,
    ">=": lambda a, b: a >= b,
    "<>": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    ">": lambda a, b: a > b,
    "=": lambda a, b: a == b,
}
_ELAPSED = re.compile(r"(?:h+|m+|s+)\Z", re.IGNORECASE)
_LONGEST = 255
"""Characters of a format; Excel takes no more."""


def general(text: str) -> str:
    """A number without a format: whole numbers as their digits, never `1001.0` or `3.3E+10`.

    What has more digits than a program keeps is given as a power of ten: its last digits are lost.
    """
    if text.isdigit() and len(text) <= _MOST_DIGITS:
        return text
    try:
        value = float(text)
    except ValueError:
        return text.strip()
    if value.is_integer() and abs(value) < 10**_MOST_DIGITS:
        return str(int(value))
    return f"{value:.{_MOST_DIGITS}G}"


def make_renderer(code: str, *, since_1904: bool = False) -> Shown | None:
    """How numbers of this format are seen; None where it is as `general` has it."""
    if len(code) > _LONGEST:
        return None
    sections = [_section(part) for part in _split(code)[:4]]
    if all(section.is_general for section in sections[:3]):
        return None

    simple = _simple(sections)
    if simple is not None:
        return simple

    def render(text: str) -> str:
        try:
            value = float(text)
            section = _choose_section(sections, value)
            if section.is_date:
                return _date(value, since_1904=since_1904) or general(text)
            return section.place_digits(value, is_only=section is sections[0]) or general(text)
        except (ValueError, OverflowError):
            return general(text)

    return render


def _simple(sections: list[_Section]) -> Shown | None:
    """A quick way for formats such as `0000` and `"+"0`: literal text, a number of digits, literal text."""
    first = sections[0]
    if len(sections) > 1 or first.is_date or first.is_percent or first.condition is not None:
        return None
    marks = "".join("0" if is_holder and mark == "0" else "#" if is_holder else "x" for mark, is_holder in first.places)
    found = re.fullmatch("(x*)#*(0*)x*", marks)
    if found is None or not found[2]:
        return None
    texts = [mark for mark, is_holder in first.places if not is_holder]
    before, after = "".join(texts[: len(found[1])]).lstrip(), "".join([*texts[len(found[1]) :], first.after]).rstrip()
    least = len(found[2])

    def render(text: str) -> str:
        if text.isdigit() and len(text) <= _MOST_DIGITS:
            return before + text.zfill(least) + after
        plain = general(text)
        if plain.isdigit():
            return before + plain.zfill(least) + after
        return f"-{before}{plain[1:].zfill(least)}{after}" if plain[1:].isdigit() and plain[0] == "-" else plain

    return render


def _split(code: str) -> list[str]:
    """The sections of a format: for positive numbers, negative ones, nought, and text."""
    parts = [""]
    for found in _TOKEN.finditer(code):
        if found[7] == ";":
            parts.append("")
        else:
            parts[-1] += found[0]
    return parts


class _Section(NamedTuple):
    """One section. `places` are its placeholders and literal text before the decimal point, `after` the text behind."""

    places: tuple[tuple[str, bool], ...]
    after: str
    is_date: bool
    is_general: bool
    is_percent: bool
    condition: Callable[[float], bool] | None

    def place_digits(self, value: float, *, is_only: bool) -> str:
        """The number in its places; empty where it is not whole or the section says nothing of numbers."""
        value = round(value * 100, 9) if self.is_percent else value
        if self.is_general or not value.is_integer() or abs(value) >= 10**_MOST_DIGITS:
            return ""
        digits = list(str(abs(int(value))))
        if digits == ["0"]:
            digits = []
        holders = sum(is_holder for _, is_holder in self.places)
        if not holders:
            return ""
        seen: list[str] = []
        for mark, is_holder in reversed(self.places):
            if not is_holder:
                seen.append(mark)
                continue
            holders -= 1
            if not holders:
                seen += reversed(digits)
                taken, digits = bool(digits), []
            elif taken := bool(digits):
                seen.append(digits.pop())
            if not taken and mark == "0":
                seen.append("0")
        sign = "-" if value < 0 and is_only else ""
        return (sign + "".join(reversed(seen)) + self.after).strip()


def _section(part: str) -> _Section:
    places: list[tuple[str, bool]] = []
    after: list[str] = []
    condition = None
    is_date = is_percent = is_general = in_decimals = False
    for quoted, escaped, space, bracket, holder, word, other in _TOKEN.findall(part):
        literal = quoted + escaped
        if bracket:
            literal, condition, elapsed = _bracket(bracket, condition)
            is_date = is_date or elapsed
        elif word or (other and other in "@eE/"):
            is_general = True
        elif holder and not in_decimals:
            places.append((holder, True))
        elif other == ".":
            in_decimals = True
        elif other == "%":
            is_percent = True
            literal = other
        elif other and other in "ymdhsYMDHS":
            is_date = True
        elif other and other != ",":
            literal = other
        elif space == "_":
            literal = " "
        if literal and in_decimals:
            after.append(literal)
        elif literal:
            places.append((literal, False))
    is_general = (is_general and not is_date) or not (places or is_date)
    return _Section(tuple(places), "".join(after), is_date, is_general, is_percent, condition)


def _bracket(text: str, condition: Callable[[float], bool] | None) -> tuple[str, Callable[[float], bool] | None, bool]:
    """What stands in brackets: literal text, a condition, or time that has passed."""
    if text.startswith("$"):
        return text[1:].partition("-")[0], condition, False
    found = _CONDITION.match(text)
    if found is not None:
        test, limit = _TESTS[found[1]], float(found[2])
        return "", lambda value: test(value, limit), False
    return "", condition, _ELAPSED.match(text) is not None


def _choose_section(sections: list[_Section], value: float) -> _Section:
    for section in sections:
        if section.condition is not None and section.condition(value):
            return section
    plain = [section for section in sections if section.condition is None] or sections
    if len(plain) < len(sections):
        return plain[-1] if len(sections) < 3 or value < 0 or len(plain) == 1 else plain[0]
    if value < 0 and len(sections) > 1:
        return sections[1]
    return sections[2] if value == 0 and len(sections) > 2 else sections[0]


def _date(value: float, *, since_1904: bool) -> str:
    """Days since the program's day nought as an ISO date, a time, or both; empty where it is no day of the calendar."""
    if not 0 <= value < 2_958_466:  # 9999-12-31
        return ""
    day = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30 if value >= 60 else 31)  # noqa: DTZ001
    moment = day + timedelta(seconds=round(value * 86_400))
    if value < 1:
        return f"{moment:%H:%M:%S}"
    return f"{moment:%Y-%m-%d}" if value.is_integer() else f"{moment:%Y-%m-%d %H:%M:%S}"
