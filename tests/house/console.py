"""The `console` blocks of a document, typed into a shell as they stand.

A line that begins with `$ ` is typed, `> ` continues it, everything else is what must be seen; a line `...` stands
for any number of lines. All blocks of a document belong to one session in one empty folder, shown as /home/anna.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from house.forked import linecard

HOME = "/home/anna"
_MARK = "\x01"
_CHANGING = (
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(:\d\d(\.\d+)?)?"), "2026-12-01 08:00"),
    (re.compile(r"/\d{4}/\d\d/"), "/2026/12/"),
    (re.compile(r"\b[0-9a-f]{12}__"), "3f9c52d0a1b4__"),
    (re.compile(r"[\d.]+ GB free"), "80 GB free"),
    (re.compile(r"files, [\d.]+ kB;"), "files, 7.5 kB;"),
    (
        re.compile(r'(?<="who": ")[^"]+(?=")|(?<="delivered_by": ")[^"]+(?=")|(?<=^Delivered by ).+$', re.MULTILINE),
        "anna",
    ),
    (re.compile(r"local \([\w.]+\)"), "local (ext4)"),
)


@dataclass(frozen=True, slots=True)
class Example:
    """One command and the lines it must print."""

    command: str
    shown: list[str] = field(default_factory=list)


def examples(blocks: Sequence[str]) -> list[Example]:
    found: list[Example] = []
    for block in blocks:
        for line in block.splitlines():
            if line.startswith("$ "):
                found.append(Example(line[2:]))
            elif line.startswith("> ") and not found[-1].shown:
                found[-1] = Example(f"{found[-1].command}\n{line[2:]}")
            else:
                found[-1].shown.append(line)
    return found


def environment(folder: Path) -> dict[str, str]:
    """A plain environment in which `linecard` is the one of this tree."""
    path = os.pathsep.join((str(Path(sys.executable).parent), "/usr/local/bin", "/usr/bin", "/bin"))
    return {"PATH": path, "HOME": str(folder), "LOGNAME": "anna", "COLUMNS": "100", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def typed(commands: Sequence[str], folder: Path) -> list[list[str]]:
    """What each command prints, output and errors together, in one session of bash."""
    script = "".join(f"(exit $was)\n{c}\nwas=$?\nprintf '{_MARK}\\n'\n" for c in commands)
    env = environment(folder)
    with tempfile.TemporaryDirectory() as place, linecard(Path(place), env) as programs:
        session = Path(place, "session")
        session.write_text("was=0\n" + script, encoding="utf-8")
        done = subprocess.run(
            ["bash", session],
            cwd=folder,
            env=env | {"PATH": f"{programs}:{env['PATH']}"},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
        )
    return [part.strip("\n").splitlines() for part in settled(done.stdout, folder).split(_MARK)[:-1]]


def settled(text: str, folder: Path | None = None) -> str:
    """The text with what differs from one day and folder to another replaced by examples of it."""
    text = text.replace(str(folder), HOME) if folder else text
    for changing, example in _CHANGING:
        text = changing.sub(example, text)
    return text


def matches(shown: Sequence[str], seen: Sequence[str]) -> bool:
    """Whether the lines seen are those shown, `...` standing for any."""
    if not shown:
        return not seen
    if shown[0].strip() == "...":
        return any(matches(shown[1:], seen[at:]) for at in range(len(seen) + 1))
    return bool(seen) and shown[0].rstrip() == seen[0].rstrip() and matches(shown[1:], seen[1:])
