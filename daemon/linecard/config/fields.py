"""The kinds of value that settings have: what YAML may say, and the one form it is kept in."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, ValidationInfo, WithJsonSchema
from pydantic_core import PydanticCustomError

from linecard.infrastructure.problems import nearest
from linecard.model.sheet import Action, Column
from linecard.rules import feed_names
from linecard.rules.cells import fold_word
from linecard.rules.column_names import SYNONYMS

NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
MAPPED = {fold_word(column): str(column) for column in Column if column is not Column.REASON}
"""Folded name to linecard's own spelling of the columns that a feed's names can be mapped to."""

_KNOWN = {fold_word(name): column for column, names in SYNONYMS.items() for name in names}
_SIZE = re.compile(r"([0-9]{1,12}(?:\.[0-9]{1,3})?) ?(?:([kMGT])(i?)B|B)?", re.IGNORECASE)
_DURATION = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,3})?) ?(ms|s|min|h|d)?", re.IGNORECASE)
_SECONDS = {"ms": 0.001, "s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_RANGE = re.compile(r"([0-9]{1,32}|\+[1-9][0-9]{6,14})(?: *- *([0-9]{1,32}|\+[1-9][0-9]{6,14}))?", re.ASCII)


def mismatch(sentence: str) -> PydanticCustomError:
    """An error that says what belongs in place of what was found."""
    return PydanticCustomError("expected", "{sentence}", {"sentence": sentence})


def _text(value: Any) -> str:
    """Text; a plain whole number is taken as it was written."""
    return _word(str(value) if isinstance(value, int) and not isinstance(value, bool) else value)


def _word(value: Any) -> str:
    if not isinstance(value, str):
        raise mismatch("text; put it in quotes")
    if not value.strip():
        raise mismatch("text that is not empty")
    return value


def _several(value: Any) -> Any:
    """One value may stand for a list of one."""
    return [value] if isinstance(value, str | int) and not isinstance(value, bool) else value


def _name(text: str) -> str:
    if not re.fullmatch(NAME, text):
        raise mismatch("a name of up to 64 letters, digits, _ . and -, with a letter or digit first")
    return text


def _range(text: str) -> str:
    found = _RANGE.fullmatch(text.strip())
    if found is None:
        raise mismatch("an extension such as 0100 or a range such as 1000-4999")
    low, high = found[1], found[2]
    if high is None:
        return low
    if len(low) != len(high):
        raise mismatch("a range with as many digits at both ends, such as 0100-4999")
    if low > high:
        raise mismatch("a range such as 1000-4999 with the lower end first")
    return f"{low}-{high}"


def _emergency(text: str) -> str:
    if not re.fullmatch(r"[0-9]{1,8}", text, re.ASCII):
        raise mismatch("a number as it is dialled, of 1 to 8 digits")
    return text


def _region(text: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS

    region = text.upper()
    if region not in SUPPORTED_REGIONS:
        raise mismatch("the two letters of a country (ISO 3166), such as FR, DE or GB")
    return region


def _timezone(text: str) -> str:
    from zoneinfo import ZoneInfo, available_timezones

    try:
        ZoneInfo(text)
    except (KeyError, ValueError, OSError):  # OSError: the name of a folder, such as Europe
        raise mismatch(f"a time zone such as Europe/Paris{nearest(text, available_timezones())}") from None
    return text


def _encoding(text: str) -> str:
    try:
        "".encode(text)  # refuses codecs that are not for text, such as hex
        codecs.getincrementaldecoder(text)
        return codecs.lookup(text).name
    except (LookupError, ValueError):
        raise mismatch("an encoding that Python knows, such as utf-8, windows-1252 or utf-16") from None


def _size(value: Any) -> int:
    """Bytes; kB, MB, GB, TB count in thousands, KiB, MiB, GiB, TiB in 1024."""
    if isinstance(value, str | int) and not isinstance(value, bool):
        found = _SIZE.fullmatch(str(value).strip())
        if found is not None:
            power = " kmgt".index((found[2] or " ").lower())
            size = int(float(found[1]) * (1024 if found[3] else 1000) ** power)
            if size:
                return size
    raise mismatch("a size such as 200 MB or 5 GiB")


def _duration(value: Any) -> float:
    """Seconds; `s` may be left out."""
    if isinstance(value, str | int | float) and not isinstance(value, bool):
        found = _DURATION.fullmatch(str(value).strip())
        if found is not None:
            return float(found[1]) * _SECONDS[(found[2] or "s").lower()]
    raise mismatch("a time such as 30 s, 5 min, 1 h or 7 d")


def _cron(text: str) -> str:
    from linecard.rules import crontab

    try:
        crontab.canonical(text)
    except ValueError as error:
        raise mismatch(f"five fields of a crontab, such as 0,30 6-20 * * mon-fri ({error})") from None
    return text


def _time(value: Any) -> str:
    # YAML 1.1 readers take 07:00 for a number in base 60; ours leaves it as it is.
    if isinstance(value, str) and re.fullmatch(r"([01]?[0-9]|2[0-3]):[0-5][0-9]", value.strip(), re.ASCII):
        return value.strip().zfill(5)
    raise mismatch("a time of day such as 07:00")


def _hours(value: Any) -> str:
    begin, _, end = value.partition("-") if isinstance(value, str) else ("", "", "")
    try:
        return f"{_time(begin)}-{_time(end)}"
    except PydanticCustomError:
        raise mismatch("hours such as 22:00-06:00") from None


def _name_pattern(text: str) -> str:
    try:
        feed_names.check_pattern(text)
    except ValueError as error:
        raise mismatch(f"a pattern such as people_{{date}}_{{rows}}.csv; {error}") from None
    return text


def _site_path(value: Any, info: ValidationInfo) -> Path:
    """The path, taken from the site's folder unless it is absolute."""
    path = value if isinstance(value, Path) else Path(_word(value))
    if path.parts[:1] == ("~",) or "\0" in str(path):
        raise mismatch("a path, relative to linecard.yaml or absolute; ~ is not understood")
    folder = (info.context or {}).get("folder")
    return path if folder is None else Path(folder) / path


def _position(text: str) -> str:
    if fold_word(text) not in _KNOWN:
        raise mismatch(f"null or a column of linecard: {', '.join(MAPPED.values())}{nearest(text, MAPPED.values())}")
    return text


def _positions(names: tuple[str | None, ...]) -> tuple[str | None, ...]:
    columns = [_KNOWN[fold_word(name)] for name in names if name is not None]
    twice = next((column for column in columns if columns.count(column) > 1), None)
    if twice is not None:
        raise mismatch(f"each column once; {twice} is there twice")
    if Column.MEMBER not in columns:  # whether there must be an Action, the whole sheet says: see SheetOptions
        raise mismatch(f"a column {Column.MEMBER} among them")
    return names


def has_action(names: tuple[str | None, ...]) -> bool:
    """Whether one of these positions is the Action column."""
    return any(_KNOWN[fold_word(name)] is Column.ACTION for name in names if name is not None)


def _cell_words(value: Any) -> Any:
    """One word may stand for a list of one; an empty one is a blank cell."""
    words = value if isinstance(value, list) else [value]
    return [str(word) if isinstance(word, int) and not isinstance(word, bool) else word for word in words]


def _line_pattern(text: str) -> str:
    try:
        feed_names.check_pattern(text)
    except ValueError as error:
        raise mismatch(f"a pattern such as TRL|{{rows}}; {error}") from None
    return text


def _columns(value: Any) -> Any:
    if not isinstance(value, Mapping):
        raise mismatch("columns with their header names, or the name of a ready map such as workday")
    keys = [fold_word(str(key)) for key in value]
    twice = next((str(key) for key in value if keys.count(fold_word(str(key))) > 1), None)
    if twice is not None:
        raise mismatch(f"each column once; {twice} is there in two spellings")
    return value


def _column(text: str) -> str:
    if fold_word(text) not in MAPPED:
        raise mismatch(f"a column of linecard: {', '.join(MAPPED.values())}{nearest(text, MAPPED.values())}")
    return MAPPED[fold_word(text)]


def _distinct(columns: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    owner: dict[str, str] = {}
    for column, names in columns.items():
        for name in names:
            if owner.setdefault(fold_word(name), column) != column:
                raise mismatch(
                    f"each header name for one column; {name!r} stands for {owner[fold_word(name)]} and {column}"
                )
    return columns


def _actions(words: Mapping[str, Action]) -> Mapping[str, Action]:
    meaning = {fold_word(action): action for action in Action}
    for word, action in words.items():
        if not fold_word(word):
            raise mismatch("words that are not empty")
        if meaning.setdefault(fold_word(word), action) is not action:
            raise mismatch(f"one meaning for each word; {word!r} also means {meaning[fold_word(word)]}")
    return words


_TEXTS = str | int | list[str | int]
Text = Annotated[str, BeforeValidator(_text, json_schema_input_type=str | int)]
_Several = BeforeValidator(_several, json_schema_input_type=_TEXTS)
Name = Annotated[str, AfterValidator(_name), WithJsonSchema({"type": "string", "pattern": f"^{NAME}$"})]
Names = Annotated[tuple[Text, ...], _Several]
SomeNames = Annotated[tuple[Text, ...], Field(min_length=1), _Several]
Ranges = Annotated[tuple[Annotated[Text, AfterValidator(_range)], ...], _Several]
Emergencies = Annotated[tuple[Annotated[Text, AfterValidator(_emergency)], ...], _Several]
Word = Annotated[str, BeforeValidator(_word, json_schema_input_type=str)]
Region = Annotated[Word, AfterValidator(_region)]
Timezone = Annotated[Word, AfterValidator(_timezone)]
Encoding = Annotated[Word, AfterValidator(_encoding)]
Size = Annotated[int, BeforeValidator(_size, json_schema_input_type=int | str)]
Duration = Annotated[float, BeforeValidator(_duration, json_schema_input_type=float | str)]
Cron = Annotated[Word, AfterValidator(_cron)]
Time = Annotated[str, BeforeValidator(_time, json_schema_input_type=str)]
Hours = Annotated[str, BeforeValidator(_hours, json_schema_input_type=str)]
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Days = Annotated[tuple[Day, ...], Field(min_length=1), _Several]
Language = Literal["en", "fr", "de", "es", "pt"]
Whens = Annotated[tuple[Literal["all", "problems", "held", "digest"], ...], Field(min_length=1), _Several]
NamePattern = Annotated[Word, AfterValidator(_name_pattern)]
SitePath = Annotated[Path, BeforeValidator(_site_path, json_schema_input_type=str)]
Positions = Annotated[tuple[Annotated[Text, AfterValidator(_position)] | None, ...], AfterValidator(_positions)]
Count = Annotated[int, Field(strict=True, ge=0)]
AtLeastOne = Annotated[int, Field(strict=True, ge=1)]
Percent = Annotated[float, Field(strict=True, ge=0, le=100)]
Flag = Annotated[bool, Field(strict=True)]
_HEADERS = {"anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}, "minItems": 1}]}
Columns = Annotated[
    Mapping[Annotated[str, AfterValidator(_column)], SomeNames],
    BeforeValidator(_columns),
    AfterValidator(_distinct),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {"type": "object", "properties": dict.fromkeys(MAPPED.values(), _HEADERS)},
            ]
        }
    ),
]
IgnoredRows = Annotated[
    Mapping[
        Annotated[str, AfterValidator(_column)],
        Annotated[
            tuple[str, ...],
            Field(min_length=1),
            BeforeValidator(_cell_words, json_schema_input_type=str | int | list[str | int]),
        ],
    ],
    WithJsonSchema({"type": "object", "properties": dict.fromkeys(MAPPED.values(), _HEADERS)}),
]
LinePattern = Annotated[Word, AfterValidator(_line_pattern)]
Actions = Annotated[Mapping[str, Action], AfterValidator(_actions)]
