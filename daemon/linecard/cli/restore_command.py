"""`linecard restore`."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize

if TYPE_CHECKING:
    from linecard.runtime.restore import Restored


@click.command()
@click.argument("file", type=site.type_file, required=False)
@click.option(
    "--with-configuration", is_flag=True, help="Put back the configuration as well, to where --config says it is."
)
@click.option("--next-run", type=click.IntRange(1), metavar="N", help="The number of the next run.")
@click.option("--confirm", is_flag=True, help="Confirm that nothing from before the restore is in doubt any more.")
@site.json_option
@site.config_option
def command(file: Path | None, next_run: int | None, *, with_configuration: bool, confirm: bool, as_json: bool) -> None:
    """Restore the site from the backup FILE (- reads it from standard input).

    Stop the daemon first. The state must be empty or know no run. What linecard did after the backup was made is
    unknown, so runs and files from before the restore wait for a person until you confirm, with --confirm alone, that
    nothing is in doubt any more. Run numbers continue far enough ahead that no number ever names two runs.
    """
    from linecard import config as configuration
    from linecard.infrastructure import site_plugins
    from linecard.registry import Registry
    from linecard.runtime import restore
    from linecard.runtime.service import utc_now

    if confirm:
        if file is not None or with_configuration or next_run is not None:
            raise click.UsageError("--confirm stands alone.")
        _confirm(as_json=as_json)
        return
    if file is None:
        raise click.UsageError("Missing argument 'FILE'.")
    if with_configuration and str(file) == "-":
        raise click.UsageError("--with-configuration reads the backup twice: give a file, not -.")
    written: list[Path] = []
    place = site.config_file().absolute()
    if with_configuration:
        with _open_backup(file) as source:
            written = restore.restore_configuration(place, source, str(file), now=utc_now)
    with _open_backup(file) as source:  # as who was asked to: root may read a backup that the site's owner may not
        site.become_owner(place)
        config = configuration.load(place, Registry(place.parent / site_plugins.FOLDER))
        restored = restore.restore(config, source, str(file), now=utc_now, next_run=next_run)
    restored.configuration = written
    if as_json:
        site.print_json(_plain(restored), {}, dict)
    else:
        _show(restored, config.site)


def _confirm(*, as_json: bool) -> None:
    from linecard.runtime.backup import BackupError
    from linecard.store.restore_marker import remove_restore_marker

    with site.service() as service:
        try:
            remove_restore_marker(service.config.state)
        except OSError as error:
            raise BackupError(f"It cannot be confirmed: {error.filename}: {error.strerror}.") from error
    if as_json:
        site.print_json({"confirmed": True}, {}, dict)
    else:
        click.echo("Confirmed. Files from before the restore are imported like others from now on.")


@contextmanager
def _open_backup(file: Path) -> Iterator[IO[bytes]]:
    from linecard.runtime.backup import BackupError

    if str(file) == "-":
        yield sys.stdin.buffer
        return
    try:
        source = file.open("rb")
    except OSError as error:
        raise BackupError(f"{file} cannot be read: {error.strerror}.") from error
    with source:
        yield source


def _show(restored: Restored, name: str) -> None:
    for path in restored.configuration:
        click.echo(f"Wrote {sanitize(str(path))}.")
    kept = f"; {site.count_noun(restored.kept, 'file')} of the same name stayed" if restored.kept else ""
    click.echo(f"Restored {site.count_noun(restored.files, 'file')} of {restored.made:%Y-%m-%d %H:%M} UTC{kept}.")
    if restored.site != name:
        click.echo(f"The backup is of the site {sanitize(restored.site)}; this one is {sanitize(name)}.")
    for folder in restored.aside:
        click.echo(f"What the state had before is in {sanitize(str(folder))}.")
    click.echo("\nlinecard does not know what it did after that:")
    click.echo(f"- The last run it knows is {restored.last_run}. The next one is {restored.next_run}.")
    if restored.unfinished:
        numbers = ", ".join(map(str, restored.unfinished))
        click.echo(f"- Not finished then: {numbers}. They wait for you; what was being sent is read back first.")
    if restored.undelivered:
        messages = site.count_noun(restored.undelivered, "message")
        click.echo(f"- Not delivered then: {messages}, which may arrive a second time.")
    click.echo("- Files from before now that come in wait for you, because they may have been imported already.")
    click.echo("\nNext:  linecard doctor")
    click.echo("       systemctl start linecard         # or linecard resume, linecard once")
    click.echo("       linecard restore --confirm       # when nothing is in doubt any more")


def _plain(restored: Restored) -> dict[str, Any]:
    return {
        "site": restored.site,
        "made": restored.made.isoformat(),
        "files": restored.files,
        "kept": restored.kept,
        "last_run": restored.last_run,
        "next_run": restored.next_run,
        "unfinished": restored.unfinished,
        "undelivered_messages": restored.undelivered,
        "put_aside": [str(folder) for folder in restored.aside],
        "configuration": [str(path) for path in restored.configuration],
    }
