"""`linecard members`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize

if TYPE_CHECKING:
    from linecard.model.directory import Entry
    from linecard.runtime.service import Service


@click.command()
@click.option("--pbx", metavar="NAME", help="Only this PBX.")
@click.option("--member", metavar="EMAIL", help="Only what this member holds.")
@click.option("--extension", metavar="EXTENSION", help="Only this extension.")
@click.option("--sheet", is_flag=True, help="Write it as a sheet; importing it changes nothing.")
@site.json_option
@site.config_option
def command(pbx: str | None, member: str | None, extension: str | None, *, sheet: bool, as_json: bool) -> None:
    """Show who holds what, read from the PBX now.

    Extensions that nobody holds are shown when they have a number, or when asked for by name. A sheet has a row for
    each link, and one for each further number of an extension.
    """
    if sheet and as_json:
        raise click.UsageError("--sheet and --json exclude each other.")
    with site.service() as service:
        found = _find_entries(service, pbx, member.lower() if member else None, extension)
        if as_json:
            from linecard.rules import as_dict

            site.print_json_list(
                {"pbx": name, "extension": entry.extension, "member": entry.member, **as_dict.numbers(entry.numbers)}
                for name, entry in found
            )
            return
        if sheet:
            _write_sheet(found)
            return
        count = 0
        for count, (name, entry) in enumerate(found, 1):
            if count == 1:
                click.echo(f"{'PBX':<12} {'Extension':<12} {'Number':<17} Member")
            first, *others = entry.numbers or ("",)
            click.echo(_row(name, entry.extension, first, entry.member or ""))
            for number in others:
                click.echo(_row("", "", number, ""))
        if not count:
            click.echo("Nobody holds anything there." if pbx or member or extension else "Nobody holds anything yet.")


def _write_sheet(found: Iterator[tuple[str, Entry]]) -> None:
    """The links as linecard's own sheet, which every inbox reads and no spreadsheet changes."""
    import csv
    import io
    import sys

    from linecard.model.sheet import Action
    from linecard.rules.defuse import defuse
    from linecard.rules.own_sheet import RETRY_HEADER

    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(encoding="utf-8", newline="")
    sys.stdout.write("\ufeff")
    write = csv.writer(sys.stdout).writerow
    write(RETRY_HEADER)
    vacant = 0
    for name, entry in found:
        vacant += entry.member is None
        for number in (entry.numbers or ("",)) if entry.member else ():
            write([defuse(cell) for cell in (Action.ATTACH, entry.member or "", name, entry.extension, number, "")])
    if vacant:
        click.echo(
            f"Left out, because nobody holds them: {site.count_noun(vacant, 'extension')} with a number.", err=True
        )


def _row(name: str, extension: str, number: str, member: str) -> str:
    return sanitize(f"{name:<12} {extension:<12} {number:<17} {member}".rstrip())


def _find_entries(
    service: Service, pbx: str | None, member: str | None, extension: str | None
) -> Iterator[tuple[str, Entry]]:
    from linecard.errors import ConfigError
    from linecard.model.directory import Scope

    if pbx is not None and pbx not in service.pbxs:
        raise ConfigError(f"There is no PBX {pbx}.", remedy=f"The site has {', '.join(service.pbxs)}.")
    scope = Scope.everything()
    if extension is not None:
        scope = Scope(extensions=frozenset({extension}))
    elif member is not None:
        scope = Scope(members=frozenset({member}))
    for name in (pbx,) if pbx else service.pbxs:
        for entry in service.pbxs[name].backend.fetch(scope):
            if member is not None and entry.member != member:
                continue
            if entry.member or entry.numbers or extension is not None:
                yield name, entry
