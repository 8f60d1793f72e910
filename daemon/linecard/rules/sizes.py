"""Sizes of files and disks as people read them."""

from __future__ import annotations

_UNITS = ("kB", "MB", "GB", "TB")


def format_size(count: int) -> str:
    """A number of bytes as `812 bytes`, `4.2 kB`, `200 MB`, in units of thousands as the settings have them.

    Cut off and not rounded: what is larger than a limit is larger than what is said of it.
    """
    if count < 1000:
        return "1 byte" if count == 1 else f"{count} bytes"
    tenths, unit = count // 100, 0
    while tenths >= 10_000 and unit < len(_UNITS) - 1:
        tenths, unit = tenths // 1000, unit + 1
    whole, tenth = divmod(tenths, 10)
    return f"{whole}.{tenth} {_UNITS[unit]}" if tenth and whole < 100 else f"{whole:,} {_UNITS[unit]}"
