"""`linecard clock`."""

from __future__ import annotations

import click

from linecard.cli import site


@click.command()
@click.option("--confirm", is_flag=True, help="Confirm that the clock is right, so that old files may be removed.")
@site.json_option
@site.config_option
def command(*, confirm: bool, as_json: bool) -> None:
    """Show whether linecard trusts the clock, and what it would remove because of it.

    After a jump nothing expires, neither files nor messages, until the new time has held for a day or somebody confirms
    it. Exits with 1 while the clock is in doubt.
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
        click.echo(f"The clock is trusted: it is {known.seen:%Y-%m-%d %H:%M:%S} UTC.")
    elif confirm:
        click.echo(f"The clock is trusted from now on: it is {known.seen:%Y-%m-%d %H:%M:%S} UTC.")
        click.echo(f"Within the hour the daemon removes what `keep` says: {str(old) or 'nothing'}.")
    else:
        click.echo(f"{describe_doubt(known)} Older than `keep` by this clock: {str(old) or 'nothing'}.")
        click.echo("Set the clock right, or confirm that it is: `linecard clock --confirm`.")
    raise SystemExit(1 if doubted else 0)
