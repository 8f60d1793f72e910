"""`linecard once`."""

from __future__ import annotations

import threading
from collections import Counter

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize


@click.command()
@site.json_option
@site.config_option
def command(*, as_json: bool) -> None:
    """Process the files in the inboxes, then exit.

    For machines without a daemon: run it from cron. Waits for a file that is still being written. Leaves runs that wait
    for a person, or for a PBX that does not answer, for later. Exits with 1 if some row was not done and with 3 if a
    plan is held.
    """
    from linecard.cli import progress, run_flow
    from linecard.runtime import status
    from linecard.runtime.health import MAX_NAMED
    from linecard.runtime.serve import once

    with site.service() as service:
        with progress.catch_stop() as stop:
            ended, unfiled, alerts, inboxes = once(service, stop=stop, wait=threading.Event().wait)
        awaiting = {
            name: status.describe_missing_markers(Counter(view.awaiting.values()), sorted(view.awaiting)[:MAX_NAMED])
            for name, view in inboxes.items()
            if view.awaiting
        }
        if as_json:
            facts = [{"what": t.what, "message": t.message, "remedy": t.remedy or None} for t in alerts]
            head = {"awaiting": awaiting}
            site.print_json(head, {"runs": lambda: run_flow.run_facts(service, ended), "alerts": lambda: facts}, dict)
        else:
            for run in ended:
                run_flow.show_result(service, run, as_json=False, unfiled=unfiled)
            for alert in alerts:
                said = f"{alert.what}: {alert.message} {alert.remedy}".rstrip()
                click.echo(sanitize(said), err=True)
            for inbox, sentences in awaiting.items():
                for sentence in sentences:
                    click.echo(sanitize(f"inbox {inbox}: {sentence}"), err=True)
            if not ended and not alerts:
                click.echo("There was nothing to do.")
    code = max((run_flow.exit_code(run) for run in ended), default=0)
    raise SystemExit(code or (1 if alerts else 0))
