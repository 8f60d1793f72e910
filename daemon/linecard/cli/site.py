"""What the commands share: finding the site, its options, and streams of JSON."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linecard.errors import ConfigError
from linecard.rules.sanitize import sanitize, sanitize_json

if TYPE_CHECKING:
    from linecard.ports.context import Level, Log
    from linecard.runtime.service import Service

HELD_BACK = 1_000_000
"""Characters of JSON that wait for the end of the command, so that an error leaves no half answer."""

CONFIG_FILES = (Path("linecard.yaml"), Path("/etc/linecard/linecard.yaml"))

_PARTS = ("pbx", "inbox", "opener", "keyring", "processor", "sink")
"""What the log of a plugin always tells: which part of the site it is."""

type_file = click.Path(path_type=Path, readable=False)
"""Looked at by the commands themselves: click would print a name with its escape codes."""


def _config(ctx: click.Context, _param: click.Parameter, value: str | None) -> str | None:
    if value is not None:
        ctx.obj = value
    return value


config_option = click.option(
    "--config",
    metavar="FILE",
    expose_value=False,
    callback=_config,
    help="The site's linecard.yaml (or LINECARD_CONFIG).",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON, and nothing else, to standard output.")
verbose_option = click.option(
    "--verbose", is_flag=True, help="Tell on standard error what the plugins do, such as how they read a PBX."
)
inbox_option = click.option(
    "--inbox", metavar="NAME", help="The inbox the file belongs to; optional if there is only one."
)


def config_file() -> Path:
    """The configuration of the site that this command line means."""
    given = click.get_current_context().obj
    file = Path(given) if given else _usual_file()
    if file is None:
        raise ConfigError(
            "There is no site here.",
            remedy="`linecard init DIR` makes one; --config FILE or LINECARD_CONFIG names one.",
        )
    return file


def _usual_file() -> Path | None:
    """The configuration of this folder, else that of the machine; None where there is neither.

    One that this user may not look for is none of this folder's, as where runuser was called in root's home. The
    machine's is named all the same, so that reading it says why it cannot be read.
    """
    for file in CONFIG_FILES:
        try:
            file.stat()
        except PermissionError:
            if not file.is_absolute():
                continue
        except OSError:
            continue
        return file
    return None


def find_plugin_folder() -> Path | None:
    """Where the plugins of the site lie that this command line means; None where there is no site."""
    from linecard.infrastructure.site_plugins import FOLDER

    try:
        file = config_file()
    except ConfigError:
        return None
    become_owner(file)
    return file.absolute().parent / FOLDER


def service(*, verbose: bool = False, write: Log | None = None) -> Service:
    """The site that this command line means. Root goes on as its owner (see `runtime.privileges`).

    `verbose`: what plugins log is told on standard error, all of it; `write` takes it instead.
    """
    file = config_file()
    former = "root" if become_owner(file) else ""
    from linecard.runtime.identity import person
    from linecard.runtime.service import Service

    who = person(former=former)
    write = tell_event if verbose else write
    return Service.load(file, who=who) if write is None else Service.load(file, who=who, write=write)


def tell_event(event: str, *, level: Level = "info", **facts: Any) -> None:
    """An event of a plugin as a line on standard error, with the name of the PBX, inbox or sink before it."""
    from linecard.runtime.log import format_event

    said = {name: fact for name, fact in facts.items() if fact is not None}
    parts = [str(said.pop(part)) for part in _PARTS if part in said]
    click.echo(f"{' '.join(parts)}: {sanitize(format_event(event, level, said))}", err=True)


def become_owner(file: Path) -> bool:
    """Let root go on as the owner of this site, saying so on standard error; whether it does."""
    if os.geteuid() != 0:
        return False
    from linecard.config.loader import find_state

    state = find_state(file)
    return state is not None and become_owner_of(state)


def become_owner_of(state: Path) -> bool:
    """The same, by the state folder, or by the folder in which it would be made."""
    from linecard.runtime import privileges

    if os.geteuid() != 0:
        return False
    folder = privileges.find_existing(state)
    name = privileges.become_owner(state)
    if name:
        click.echo(f"Going on as {name}, who owns {sanitize(str(folder))}.", err=True)
    return bool(name)


def print_json(
    head: dict[str, Any],
    lists: Mapping[str, Callable[[], Iterable[Any]]],
    tail: Callable[[], dict[str, Any]],
) -> None:
    """Write one JSON object: `head`, then long lists item by item, then `tail`; each is asked for in its turn."""
    with json_out() as out:
        separator = "{"
        for key, value in head.items():
            out.write(f"{separator}{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
            separator = ",\n "
        for key, items in lists.items():
            out.write(f"{separator}{json.dumps(key)}: [")
            comma = "\n  "
            for item in items():
                out.write(comma + json.dumps(item, ensure_ascii=False))
                comma = ",\n  "
            out.write("]")
            separator = ",\n "
        for key, value in tail().items():
            out.write(f"{separator}{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
            separator = ",\n "
        out.write("}\n")


class JsonOut:
    """Standard output for JSON: UTF-8 whatever the terminal, and nothing in it that would steer one."""

    def __init__(self) -> None:
        self._held: list[str] = []
        self._size = 0

    def write(self, text: str) -> None:
        self._held.append(sanitize_json(text, keep="\n"))
        self._size += len(text)
        if self._size > HELD_BACK:
            self.flush()

    def flush(self) -> None:
        sys.stdout.flush()
        sys.stdout.buffer.write("".join(self._held).encode())
        self._held, self._size = [], 0


@contextmanager
def json_out() -> Iterator[JsonOut]:
    """Where a command writes its JSON. Nothing of a short answer is written when an error ends the command."""
    out = JsonOut()
    yield out
    out.flush()


def print_json_list(items: Iterable[Any]) -> None:
    """Write one JSON list to standard output."""
    with json_out() as out:
        comma = "[\n "
        for item in items:
            out.write(comma + json.dumps(item, ensure_ascii=False))
            comma = ",\n "
        out.write("]\n" if comma != "[\n " else "[]\n")


def count_noun(count: int, one: str, many: str = "") -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def print_table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Columns as wide as they need to be; colours do not count."""
    widths = [max(len(click.unstyle(row[i])) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        cells = (cell + " " * (width - len(click.unstyle(cell))) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
