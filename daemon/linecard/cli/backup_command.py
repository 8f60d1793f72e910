"""`linecard backup`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize
from linecard.rules.sizes import format_size

if TYPE_CHECKING:
    from linecard.runtime.backup import Backup


@click.command()
@click.argument("file", type=site.type_file)
@click.option("--with-configuration", is_flag=True, help="Add linecard.yaml with its columns/ and templates/.")
@click.option(
    "--encrypt-for",
    "keys",
    metavar="FINGERPRINT",
    multiple=True,
    help="Encrypt it for this PGP key of `linecard keys list`; repeat for more.",
)
@site.json_option
@site.config_option
def command(file: Path, keys: tuple[str, ...], *, with_configuration: bool, as_json: bool) -> None:
    """Write a backup of the site to the new file FILE, while the daemon runs.

    It is a tar.gz with the state (databases, keys, known hosts), the archive, the reports and the quarantine. Only you
    can read it. It is read back and compared before it gets its name. `linecard restore` puts it back.
    """
    from linecard.runtime.backup import back_up

    with site.service() as service:
        backup = back_up(service, file, keys=keys, with_configuration=with_configuration)
    if as_json:
        site.print_json(_plain(backup), {}, dict)
        return
    size = format_size(backup.bytes)
    click.echo(f"Wrote {sanitize(str(file))}: {site.count_noun(backup.files, 'file')}, {size}; read back and compared.")
    click.echo(f"Its last run is {backup.last_run}.")
    if keys:
        click.echo("It is encrypted. Keep the secret key elsewhere: the one in this site is inside the backup.")
    for what in backup.left_out:
        click.echo(f"Not in it: {sanitize(what)}.")


def _plain(backup: Backup) -> dict[str, Any]:
    return {
        "file": str(backup.file),
        "made": backup.made.isoformat(),
        "files": backup.files,
        "bytes": backup.bytes,
        "last_run": backup.last_run,
        "unfinished": backup.unfinished,
        "encrypted_for": list(backup.encrypted_for),
        "not_included": backup.left_out,
    }
