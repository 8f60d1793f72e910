"""`linecard init`."""

from __future__ import annotations

from pathlib import Path

import click

from linecard.cli import site
from linecard.errors import ConfigError


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path, file_okay=False), required=False)
@click.option("--system", is_flag=True, help="Set up the service of this machine instead, as root.")
@click.option(
    "--region", default="FR", show_default=True, metavar="CC", help="The country in whose format numbers are read."
)
@click.option("--backend", default="", metavar="KIND", help="The kind of its PBX, as `linecard plugins` lists them.")
def command(folder: Path | None, region: str, backend: str, *, system: bool) -> None:
    """Create a new site in the folder DIR.

    It has an inbox named hr, an embedded PBX named hq with the extensions 1000-4999, and a commented linecard.yaml that
    works as it is. Nothing that is already there is overwritten. If root types it in a folder of another user, the site
    becomes that user's.

    With --backend the PBX is of another kind: its settings are there to be filled in, with a comment for each.

    With --system, root sets up what a service needs on a machine with systemd: the user linecard, the folders in
    /var/lib/linecard, /etc/linecard/linecard.yaml and the unit. Nothing is started.
    """
    if system:
        if folder is not None:
            raise click.UsageError("--system has folders of its own: leave out DIR.")
        _set_up_service()
        return
    if folder is None:
        raise click.UsageError("Missing argument 'DIR'.")
    _make_site(folder, region, backend)


def _set_up_service() -> None:
    from linecard.runtime.service_setup import CONFIGURATION, set_up

    done = set_up()
    for path in done:
        click.echo(f"Wrote {path}.")
    click.echo("The user linecard and its folders in /var/lib/linecard are there.\n")
    click.echo(f"Next:  edit {CONFIGURATION}")
    click.echo("       linecard doctor")
    click.echo("       systemctl enable --now linecard")


def _make_site(folder: Path, region: str, backend: str) -> None:
    from linecard.config import template
    from linecard.infrastructure.access import find_remedy
    from linecard.infrastructure.files import make_folder, write_whole
    from linecard.infrastructure.shipped_files import list_ready_names
    from linecard.model.directory import Scope
    from linecard.runtime.service import Service

    # In somebody's folder root makes a site that its owner can work with.
    site.become_owner_of(folder / "state")
    options = _read_starter(backend) if backend else ""
    columns = backend if backend in list_ready_names("columns", folder) else "workday"
    text = template(region.upper(), folder.absolute().name, backend, options, columns)
    file = folder / "linecard.yaml"
    if file.exists():
        raise ConfigError(f"{file} is there already.", remedy="Choose another folder, or edit it.")
    try:
        for name in ("inbox/hr", "archive", "reports", "state"):
            (folder / name).mkdir(mode=0o750, parents=True, exist_ok=True)
        if backend:
            make_folder(folder / "secrets", mode=0o700)
        with write_whole(file, text=True) as out:
            out.write(text)
    except OSError as error:
        raise ConfigError(
            f"The site cannot be made: {error.filename}: {error.strerror}.", remedy=find_remedy(error, folder)
        ) from error
    with Service.load(file) as service:
        assert service.store  # noqa: S101 - makes the state database now, while somebody looks
        if not backend:  # another kind is still to be filled in
            for pbx in service.pbxs.values():
                next(iter(pbx.backend.fetch(Scope())), None)
    click.echo(f"Made a site in {folder}.\n")
    click.echo(f"Next:  export LINECARD_CONFIG={file.absolute()}")
    if backend:
        click.echo(f"       edit {file}           # what the PBX needs; secrets go into {folder / 'secrets'}, mode 600")
        click.echo("       linecard doctor                  # what is missing")
    click.echo("       linecard sample -o sheet.csv     # a sheet to fill in")
    click.echo("       linecard plan sheet.csv          # what it would change")
    click.echo("       linecard import sheet.csv        # do it, with a report")


def _read_starter(backend: str) -> str:
    """What a kind of PBX has to begin with. Raises `PluginError` for a kind that there is not, or that has nothing."""
    from linecard.errors import PluginError
    from linecard.registry import Registry

    kind = Registry().backend_kind(backend)
    if not kind.starter:
        raise PluginError(
            f"The backend {backend} has no settings to begin with.",
            remedy="Leave out --backend, and write its options into linecard.yaml: docs/reference.md has them.",
        )
    return kind.starter
