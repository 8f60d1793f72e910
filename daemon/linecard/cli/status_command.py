"""`linecard status`."""

from __future__ import annotations

from typing import Any

import click

from linecard.cli import site


@click.command()
@click.option("--last", type=click.IntRange(1), default=5, show_default=True, help="How many runs, the newest first.")
@site.json_option
@site.config_option
def command(last: int, *, as_json: bool) -> None:
    """Show what the daemon does now: work, queue, last runs, next timers, and what is wrong.

    Exits with 1 when no daemon is at work, or something is wrong.
    """
    from linecard.model.run import State
    from linecard.rules import plain
    from linecard.runtime import status

    with site.service() as service:
        facts = status.read(service.config.state)
        runs = service.store.runs(limit=last)
        held = service.store.runs(of_states={State.HELD})
        if as_json:
            head = {"running": facts is not None, **(facts or {})}
            site.stream_json(head, {"runs": lambda: map(plain.run, runs), "held": lambda: map(plain.run, held)}, dict)
        else:
            _tell(facts)
            if runs:
                click.echo("\nLast runs:")
                rows = [(str(r.id), f"{r.created:%Y-%m-%d %H:%M}", r.inbox, r.state.value) for r in runs]
                site.table(("Run", "Began (UTC)", "Inbox", "State"), rows)
            if held:
                numbers = ", ".join(str(run.id) for run in held)
                click.echo(f"\nWaiting for a person: {numbers}. `linecard show RUN`, then approve or discard.")
    raise SystemExit(1 if facts is None or facts["troubles"] else 0)


def _tell(facts: dict[str, Any] | None) -> None:
    if facts is None:
        click.echo("No daemon is at work on this site. `linecard serve` starts one.")
        return
    click.echo(f"The daemon is at work (process {facts['pid']}).")
    for doing in facts["doing"]:
        of = f" ({doing['done']:,}{' of ' + format(doing['total'], ',') if doing['total'] else ''})"
        click.echo(f"  {doing['where']}: {site.shown(doing['what'])}{of if doing['done'] or doing['total'] else ''}")
    click.echo(f"  {site.number(len(facts['queue']), 'run')} in the queue.")
    for inbox in facts["inboxes"]:
        seen = (inbox["looked"] or "never")[:19].replace("T", " ")
        waiting = site.number(inbox["waiting"], "file")
        click.echo(f"  inbox {inbox['name']}: looked at {seen}, {waiting} waiting, {inbox['received']:,} received.")
    if facts["timers"]:
        click.echo("Next timers:")
    for timer in sorted(facts["timers"], key=lambda timer: timer["next"] or ""):
        click.echo(f"  {(timer['next'] or 'never')[:19].replace('T', ' ')}  {timer['name']}")
    for trouble in facts["troubles"]:
        click.echo(click.style(f"Wrong since {trouble['since'][:19].replace('T', ' ')}: ", fg="red"), nl=False)
        click.echo(f"{trouble['what']}: {site.shown(trouble['message'])}")
        if trouble["remedy"]:
            click.echo(f"    {site.shown(trouble['remedy'])}")
