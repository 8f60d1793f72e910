"""`linecard inbox`."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize

if TYPE_CHECKING:
    from linecard.ports.inbox import ServerKey


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@site.config_option
def command() -> None:
    """Trust the server of an inbox, by its host keys."""


@command.command(short_help="Show the host keys of a server and, on yes, trust them.")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Trust the keys that the server presents without asking.")
@site.config_option
def trust(name: str, *, yes: bool) -> None:
    """Show the host keys of the server of the inbox NAME and, if you answer yes, trust them from now on.

    Compare them with what the server's owner says before you answer. linecard writes them to the file `known_hosts` in
    the state folder, or where the inbox says. Exits with 1 if the answer is no.
    """
    from linecard.errors import ConfigError
    from linecard.ports.inbox import SupportsTrust
    from linecard.runtime.intakes import build_inbox

    with site.service() as service:
        service.feed(name)  # complains of one that there is not
        with closing(build_inbox(service, name)) as inbox:
            if not isinstance(inbox, SupportsTrust):
                raise ConfigError(f"The inbox {name} is not on a server.", remedy="There is nothing to trust.")
            while new := _show_keys(inbox.list_server_keys()):
                if not yes and not click.confirm("Trust these keys?"):
                    click.echo("Nothing was changed.")
                    raise SystemExit(1)
                click.echo(f"Trusted, in {sanitize(inbox.trust(new))}.")
            click.echo(f"Next:  linecard doctor     # tests the connection of {name}")


def _show_keys(keys: list[ServerKey]) -> list[ServerKey]:
    """Tell of all keys; those that are not trusted yet, unless one of the server already is."""
    for key in keys:
        state = "trusted" if key.trusted else "not trusted yet"
        click.echo(f"{sanitize(key.where)}  {key.fingerprint} ({key.type.removeprefix('ssh-')})  {state}")
        for other in key.others:
            click.secho(
                f"      In its place {other} was trusted until now. Somebody may be intercepting the connection!",
                fg="red",
            )
    return [key for key in keys if not key.trusted]
