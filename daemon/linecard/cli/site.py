"""What the commands share: finding the site, its options, and streams of JSON."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linecard.errors import ConfigError

if TYPE_CHECKING:
    from linecard.runtime.service import Service

PLACES = (Path("linecard.yaml"), Path("/etc/linecard/linecard.yaml"))

type_file = click.Path(path_type=Path, dir_okay=False)


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
inbox_option = click.option(
    "--inbox", metavar="NAME", help="The inbox the file belongs to; optional where there is one."
)


def service() -> Service:
    """The site that this command line means."""
    from linecard.runtime.service import Service

    given = click.get_current_context().obj
    file = Path(given) if given else next((place for place in PLACES if place.exists()), None)
    if file is None:
        raise ConfigError(
            "There is no site here.",
            remedy="`linecard init DIR` makes one; --config FILE or LINECARD_CONFIG names one.",
        )
    return Service.load(file)


def stream_json(
    out: Callable[[str], Any],
    head: dict[str, Any],
    lists: dict[str, Callable[[], Iterable[Any]]],
    tail: Callable[[], dict[str, Any]],
) -> None:
    """Write one JSON object: `head`, then long lists item by item, then `tail`; each is asked for in its turn."""
    separator = "{"
    for key, value in head.items():
        out(f"{separator}{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
        separator = ",\n "
    for key, items in lists.items():
        out(f"{separator}{json.dumps(key)}: [")
        comma = "\n  "
        for item in items():
            out(comma + json.dumps(item, ensure_ascii=False))
            comma = ",\n  "
        out("]")
        separator = ",\n "
    for key, value in tail().items():
        out(f"{separator}{json.dumps(key)}: {json.dumps(value, ensure_ascii=False)}")
        separator = ",\n "
    out("}\n")


def write(text: str) -> None:
    """Text to standard output as it is; JSON is UTF-8 whatever the terminal."""
    click.echo(text, nl=False)


def number(count: int, one: str, many: str = "") -> str:
    """`1 row`, `2 rows`."""
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
    """Columns as wide as they need to be; colours do not count."""
    widths = [max(len(click.unstyle(row[i])) for row in (head, *rows)) for i in range(len(head))]
    for row in (head, *rows):
        cells = (cell + " " * (width - len(click.unstyle(cell))) for cell, width in zip(row, widths, strict=True))
        click.echo("  ".join(cells).rstrip())
