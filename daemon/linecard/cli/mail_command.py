"""`linecard mail`."""

from __future__ import annotations

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@site.config_option
def command() -> None:
    """Send a test mail."""


@command.command()
@click.argument("address")
@click.option(
    "--sink", metavar="NAME", default=None, help="The sink to send through; optional if only one is of the kind mail."
)
@click.option(
    "--language", type=click.Choice(["en", "fr", "de", "es", "pt"]), default=None, help="Default: the site's."
)
@click.option("--digest", is_flag=True, help="Send the digest of the last seven days, not a sample.")
@site.config_option
def test(address: str, sink: str | None, language: str | None, *, digest: bool) -> None:
    """Send a sample report to ADDRESS and show each step.

    It takes the same path as reports: through the same server, with the same login and the site's own templates.
    Nothing is put into the outbox. Exits with 2 if the server does not accept it.
    """
    from linecard.runtime import sample

    with site.service() as service:
        name = sample.find_sink(service, "mail", sink)
        send = sample.send_digest if digest else sample.send_sample
        where = send(service, name, address, language or service.config.language, say=_say)
    click.echo(f"Accepted by {sanitize(where)}")
    click.echo(f"Now check that it has arrived in the mailbox of {sanitize(address)}, and not in the spam folder.")


def _say(step: str) -> None:
    click.echo(f"{sanitize(step)} ...")
