"""`linecard reload`."""

from __future__ import annotations

import click

from linecard.cli import site


@click.command()
@site.config_option
def command() -> None:
    """Make the daemon read its configuration again.

    Waits until it has, and exits with 2 if the daemon refuses the configuration: the old one stays in force. This is
    what `systemctl reload linecard` runs.
    """
    from linecard.config.loader import find_state
    from linecard.errors import ConfigError
    from linecard.runtime.reload import request_reload

    file = site.config_file()
    site.become_owner(file)
    state = find_state(file)
    if state is None:
        raise ConfigError(f"{file} does not say where the state folder is.", remedy="Correct `state`.")
    request_reload(state)
    click.echo("The daemon has read its configuration again.")
