"""`linecard clock`."""

from __future__ import annotations

import click

from linecard.cli import site


@click.command()
@click.option("--confirm", is_flag=True, help="Say that the clock is right: what is old by it may go.")
@site.json_option
@site.config_option
def command(*, confirm: bool, as_json: bool) -> None:
    """Show whether the clock is trusted, and what would be removed by it.

    After a jump nothing is removed because of its age, and no letter given up, until the new time has lasted a day or
    somebody confirms it. Exits with 1 while the clock is doubted.
    """
    from linecard.runtime.clock import describe_doubt
    from linecard.runtime.housekeeping import find_old

    with site.service() as service:
        known = service.clock.confirm() if confirm else service.clock.peek()
        old = find_old(service)
    doubted = known.trusted is not None and not confirm
    if as_json:
        facts = {
            "now": known.seen.isoformat(),
            "doubted": doubted,
            "without_jump": known.trusted.isoformat() if known.trusted else None,
            "would_be_removed": old._asdict(),
        }
        site.print_json(facts, {}, dict)
    elif known.trusted is None:
        click.echo(f"The clock is believed: it is {known.seen:%Y-%m-%d %H:%M:%S} UTC.")
    elif confirm:
        click.echo(f"The clock is believed from now on: it is {known.seen:%Y-%m-%d %H:%M:%S} UTC.")
        click.echo(f"What `keep` says is removed within the hour by the daemon: {str(old) or 'nothing'}.")
    else:
        click.echo(f"{describe_doubt(known)} Older than `keep` would be: {str(old) or 'nothing'}.")
        click.echo("Set the clock right, or say that it is: `linecard clock --confirm`.")
    raise SystemExit(1 if doubted else 0)
