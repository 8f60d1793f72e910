"""`linecard secret`."""

from __future__ import annotations

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize


@click.command()
@click.argument("pbx")
@click.argument("extension")
@site.json_option
@site.config_option
def command(pbx: str, extension: str, *, as_json: bool) -> None:
    """Print the secret that was made for EXTENSION of PBX, for the person who sets up its phone.

    It is printed only once, and no report or log ever contains it. Standard output has the secret alone; its user name,
    which may differ from the extension, goes to standard error. The JSON has both. Exits with 1 if there is none.
    """
    from linecard.errors import ConfigError
    from linecard.ports.backend import SupportsSecrets

    with site.service() as service:
        if pbx not in service.pbxs:
            raise ConfigError(f"There is no PBX {pbx}.", remedy=f"The site has {', '.join(service.pbxs)}.")
        backend = service.pbxs[pbx].backend
        if not isinstance(backend, SupportsSecrets):
            raise ConfigError(
                f"The PBX {pbx} has no secrets that linecard creates.", remedy="`linecard plugins` lists kinds."
            )
        found = backend.secret(extension)
    if found is None:
        click.echo(
            f"There is no secret for {sanitize(extension)}: it was read or handed over, or none was made. "
            "Detach and attach it to make a new one.",
            err=True,
        )
        raise SystemExit(1)
    if as_json:
        site.print_json({"extension": extension, "username": found.username, "secret": found.secret}, {}, dict)
        return
    click.echo(f"The user name is {sanitize(found.username)}; the secret:", err=True)
    click.echo(found.secret)
