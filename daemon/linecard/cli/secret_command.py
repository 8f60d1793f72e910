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
    """Print the secret that was made for EXTENSION of PBX, for the person who sets its phone up.

    It is printed once: nobody can ask for it again, and no report or log ever has it. Standard output has the secret
    alone; the user name that goes with it, which need not be the extension, is printed beside it on standard error,
    and both are in the JSON. Exits with 1 when none waits.
    """
    from linecard.errors import ConfigError
    from linecard.ports.backend import SupportsSecrets

    with site.service() as service:
        if pbx not in service.pbxs:
            raise ConfigError(f"There is no PBX {pbx}.", remedy=f"The site has {', '.join(service.pbxs)}.")
        backend = service.pbxs[pbx].backend
        if not isinstance(backend, SupportsSecrets):
            raise ConfigError(
                f"The PBX {pbx} has no secrets that linecard makes.", remedy="`linecard plugins` lists kinds."
            )
        found = backend.secret(extension)
    if found is None:
        click.echo(
            f"No secret of {sanitize(extension)} waits: it was read or handed over, or none was made. "
            "A detach and an attach make a new one.",
            err=True,
        )
        raise SystemExit(1)
    if as_json:
        site.print_json({"extension": extension, "username": found.username, "secret": found.secret}, {}, dict)
        return
    click.echo(f"The user name is {sanitize(found.username)}; the secret:", err=True)
    click.echo(found.secret)
