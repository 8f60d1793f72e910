"""`linecard secret`."""

from __future__ import annotations

import click

from linecard.cli import site


@click.command()
@click.argument("pbx")
@click.argument("extension")
@site.config_option
def command(pbx: str, extension: str) -> None:
    """Print the secret that was made for EXTENSION of PBX, for whoever sets its phone up.

    It is printed once: nobody can ask for it again, and no report or log ever has it. Exits with 1 when none waits.
    """
    from linecard.errors import ConfigError
    from linecard.ports.backend import KeepsSecrets

    with site.service() as service:
        if pbx not in service.pbxs:
            raise ConfigError(f"There is no PBX {pbx}.", remedy=f"The site has {', '.join(service.pbxs)}.")
        backend = service.pbxs[pbx].backend
        if not isinstance(backend, KeepsSecrets):
            raise ConfigError(
                f"The PBX {pbx} has no secrets that linecard makes.", remedy="`linecard plugins` lists kinds."
            )
        secret = backend.secret(extension)
    if secret is None:
        click.echo(
            f"No secret of {site.shown(extension)} waits: it was read or handed over, or none was made. "
            "A detach and an attach make a new one.",
            err=True,
        )
        raise SystemExit(1)
    click.echo(secret)
