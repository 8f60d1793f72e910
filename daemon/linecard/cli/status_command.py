"""`linecard status`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, Any

import click

from linecard.cli import site
from linecard.errors import ConfigError
from linecard.rules.sanitize import sanitize

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from linecard.model.report import Report
    from linecard.model.run import Run


@click.command()
@click.option("--last", type=click.IntRange(1), default=5, show_default=True, help="How many runs, the newest first.")
@site.json_option
@site.config_option
def command(last: int, *, as_json: bool) -> None:
    """Show what the daemon is doing: work, queue, last runs, next timers, and what is wrong.

    Exits with 1 if no daemon is running, if it has reported nothing for a minute, or if something is wrong.
    """
    from zoneinfo import ZoneInfo

    from linecard.cli import run_flow
    from linecard.model.run import State
    from linecard.runtime import status
    from linecard.runtime.alerts import find_database_alerts

    try:
        service = site.service()
    except ConfigError as error:
        _show_despite(error, last, as_json=as_json)
        raise SystemExit(1) from error
    with service:
        applying = service.store.list_runs(of_states={State.APPLYING})
        facts = status.read_status(service.config.state)
        runs = service.store.list_runs(limit=last)
        held = service.store.list_runs(of_states={State.HELD})
        shown = {alert["what"] for alert in facts["alerts"]} if facts is not None else set()
        later = [alert for alert in find_database_alerts(service) if alert.what not in shown]
        stale = facts is not None and status.age(facts) > status.STALE_AFTER
        if as_json:
            head = {"running": facts is not None, "stale": stale, **(facts or {})}
            head["later_runs"] = [alert._asdict() for alert in later]
            head["configuration"] = None
            lists = {
                name: partial(run_flow.run_facts, service, found) for name, found in (("runs", runs), ("held", held))
            }
            site.print_json(head, lists, dict)
        else:
            zone = ZoneInfo(service.config.timezone)
            _show(facts, zone, stale=stale)
            _show_time_left(map(service.report, applying))
            _show_runs(runs, held, zone)
            for alert in later:
                click.echo(click.style(f"\n{sanitize(alert.message)}", fg="red"))
                click.echo(f"    {alert.remedy}")
    raise SystemExit(1 if facts is None or stale or later or facts["alerts"] else 0)


def _show_despite(error: ConfigError, last: int, *, as_json: bool) -> None:
    """What a daemon does that goes on with the configuration it has read, while the file is wrong by now.

    Raises the error where no daemon is running.
    """
    from zoneinfo import ZoneInfo

    from linecard.config.loader import find_state
    from linecard.model.run import State
    from linecard.pipeline.report import RunReport
    from linecard.rules import as_dict
    from linecard.runtime import status
    from linecard.runtime.service import utc_now
    from linecard.store.store import Store

    state = find_state(site.config_file())
    facts = None if state is None else status.read_status(state)
    if state is None or facts is None:
        raise error
    zone = ZoneInfo(facts.get("timezone", "UTC"))
    stale = status.age(facts) > status.STALE_AFTER
    with closing(Store.open(state, utc_now)) as store:
        runs, held = store.list_runs(limit=last), store.list_runs(of_states={State.HELD})

        def describe(found: Iterable[Run]) -> Iterator[dict[str, Any]]:
            reports = (RunReport(store, run, site="", timezone=zone.key) for run in found)
            return (as_dict.run(report.run, report.counts, report.seconds_left) for report in reports)

        if as_json:
            wrong = {"message": str(error), "problems": list(error.problems), "remedy": error.remedy or None}
            head = {"running": True, "stale": stale, **facts, "later_runs": [], "configuration": wrong}
            site.print_json(head, {"runs": lambda: describe(runs), "held": lambda: describe(held)}, dict)
            return
        _show(facts, zone, stale=stale)
        applying = store.list_runs(of_states={State.APPLYING})
        _show_time_left(RunReport(store, run, site="", timezone=zone.key) for run in applying)
        _show_runs(runs, held, zone)
    title = "\nThe configuration is wrong now; the daemon goes on with the one that it has read:"
    click.echo(click.style(title, fg="red"))
    for line in (str(error), *error.problems, error.remedy or "Correct it, then reload: `linecard reload`."):
        click.echo(f"    {sanitize(line)}")


def _show_time_left(applying: Iterable[Report]) -> None:
    from linecard.rules.forecasts import format_duration

    for report in applying:
        if (left := report.seconds_left) is not None:
            click.echo(f"  run {report.run.id}: at least {format_duration(left)} left, by what the PBX lets through")


def _show_runs(runs: Sequence[Run], held: Sequence[Run], zone: ZoneInfo) -> None:
    from linecard.pipeline.quarantine import has_crashed
    from linecard.rules.states import find_result

    if runs:
        click.echo("\nLast runs:")
        rows = [
            (
                str(run.id),
                f"{run.created.astimezone(zone):%Y-%m-%d %H:%M}",
                run.inbox,
                find_result(run.state, run.counts).value,
            )
            for run in runs
        ]
        site.print_table(("Run", f"Began ({zone.key})", "Inbox", "Result"), rows)
    if held:
        numbers = ", ".join(str(run.id) for run in held)
        click.echo(f"\nWaiting for a person: {numbers}. `linecard show RUN`, then approve or discard.")
    for run in filter(has_crashed, held):
        click.echo(click.style(f"Run {run.id}, {sanitize(run.drop.name)}: {run.holds[0].message}", fg="red"))


def _show(facts: dict[str, Any] | None, zone: ZoneInfo, *, stale: bool) -> None:
    from linecard.runtime import status

    def at(text: str | None, otherwise: str = "never") -> str:
        return f"{datetime.fromisoformat(text).astimezone(zone):%Y-%m-%d %H:%M:%S %Z}" if text else otherwise

    if facts is None:
        click.echo("No daemon is running on this site. `linecard serve` starts one.")
        return
    if stale:
        said = f"The daemon (process {facts['pid']}) has reported nothing since {at(facts.get('at'), 'it started')}"
        click.echo(click.style(f"{said}: it hangs, or was stopped.", fg="red"))
        click.echo("    Look at its log and restart it; nothing is lost. This is what it last reported:")
    else:
        click.echo(f"The daemon is running (process {facts['pid']}), as of {at(facts['at'])}.")
    for doing in facts["doing"]:
        of = f" ({doing['done']:,}{' of ' + format(doing['total'], ',') if doing['total'] else ''})"
        click.echo(f"  {doing['where']}: {sanitize(doing['what'])}{of if doing['done'] or doing['total'] else ''}")
    click.echo(f"  {site.count_noun(len(facts['queue']), 'run')} in the queue.")
    for inbox in facts["inboxes"]:
        waiting = site.count_noun(inbox["waiting"], "file")
        seen = at(inbox["looked"])
        click.echo(f"  inbox {inbox['name']}: scanned {seen}, {waiting} waiting, {inbox['received']:,} received.")
        counts = {use: inbox.get(f"awaiting_{use}", 0) for use in ("marker", "checksum")}
        for sentence in status.describe_missing_markers(counts, inbox.get("awaiting_files", [])):
            click.echo(f"    {sanitize(sentence)}")
    if facts["timers"]:
        click.echo("Next timers:")
    for timer in sorted(facts["timers"], key=lambda timer: timer["next"] or ""):
        click.echo(f"  {at(timer['next'])}  {timer['name']}")
    for alert in facts["alerts"]:
        click.echo(click.style(f"Wrong since {at(alert['since'])}: ", fg="red"), nl=False)
        click.echo(f"{alert['what']}: {sanitize(alert['message'])}")
        if alert["remedy"]:
            click.echo(f"    {sanitize(alert['remedy'])}")
