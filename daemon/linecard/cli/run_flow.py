"""What import and resume share: the question, finishing what broke off, and the result."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, NamedTuple, TextIO, cast

import click

from linecard.cli import progress, recap
from linecard.cli.site import count_noun, json_out
from linecard.errors import BackendError, LinecardError, ReportError
from linecard.model.follower import FollowerSummary
from linecard.model.outcome import FINE, ChangeStatus, Outcome
from linecard.model.run import Run, State
from linecard.rules.sanitize import sanitize
from linecard.rules.states import find_result
from linecard.runtime.operations import Operations
from linecard.runtime.report_folder import ReportFolder
from linecard.store.journal import Journal

if TYPE_CHECKING:
    from pathlib import Path

    from linecard.pipeline.feed import Feed
    from linecard.runtime.service import Service


class NoAnswer(LinecardError):
    """Nobody answered the question; nothing was changed."""

    remedy = "Answer it, or add --yes if you have seen the plan."


def import_file(
    service: Service, file: Path, feed: Feed, *, description: str, approve: str, yes: bool, as_json: bool
) -> int:
    """Take a file into a run of its own and see that through, after those that broke off; the exit code."""
    report_folder = ReportFolder(service)
    with service.exclusive():
        report_folder.file_reports()
        run = _import(service, file, feed, description=description, approve=approve, yes=yes)
        unfiled = report_folder.publish()
    if run is None:
        click.echo(f"{sanitize(str(file))} was not imported.", err=True)
        return 1
    show_result(service, run, as_json=as_json, unfiled=unfiled)
    show_unfiled(unfiled)
    send_messages(service)
    return exit_code(run)


def _import(service: Service, file: Path, feed: Feed, *, description: str, approve: str, yes: bool) -> Run | None:
    """The run of a file as far as it went; None if it was not begun, because a person wants to stop."""
    operations = Operations(service)
    with progress.catch_stop() as stop:
        resumed = resume(service, yes=yes, stop=stop)
        if stop():
            return None
        operations.raise_if_blocked(file, feed, resumed.blocked)
    with progress.show_progress(service) as bars:
        run = operations.receive(file, feed, description=description, stage=bars.stage)
    run = decide(service, run, yes=yes, approve=approve)
    with progress.catch_stop() as stop, progress.show_progress(service) as bars:
        confirm = build_confirm(service, bars, yes=yes or bool(approve))
        asks = not (yes or approve)
        return operations.drive(run, feed, confirm=confirm, stage=bars.stage, stop=stop, asks=asks)


def decide(service: Service, run: Run, *, yes: bool, approve: str = "") -> Run:
    """A new plan approved, held or discarded, as a person says; the recap goes to standard error.

    A checksum approves this plan and no other, whatever `yes` says.
    """
    operations = Operations(service)
    if run.state not in (State.PLANNED, State.HELD):
        return run
    if approve:
        if approve == run.checksum:
            return operations.approve(run, why=f"approved by its checksum {approve[:12]}", seen=True)
        click.echo("The plan is not the one that was approved: it has another checksum.", err=True)
        return run if run.state is State.HELD else operations.hold(run, why=f"not the plan {approve[:12]}")
    if run.state is State.HELD:
        return run
    if yes:
        return operations.approve(run, why="--yes")
    show_plan(service, run)
    answer = ask("Apply it?")
    if answer:
        return operations.approve(run, why="answered yes", seen=True)
    run = operations.discard(run, why="answered no" if answer is not None else "nobody answered")
    if answer is None:
        raise NoAnswer
    return run


def show_plan(service: Service, run: Run) -> None:
    """The recap of a stored plan, on standard error."""
    report = service.report(run)
    with recap.on_stderr():
        recap.show_rows(report.preview())
        recap.show_faults(report.faults(whole_file=True))
        click.echo(f"\nOf {count_noun(sum(run.counts.values()), 'row')}: {recap.format_counts(run.counts)}.")
        click.echo("Changes:")
        recap.show_changes(Journal(service.store, run.id).changes(None, ChangeStatus.PLANNED))
        recap.show_forecasts(run.forecasts)


def ask(question: str) -> bool | None:
    """The answer; None when nobody is there to give one."""
    try:
        return click.confirm(question, err=True)
    except click.Abort:
        click.echo(err=True)
        return None


class Resumption(NamedTuple):
    """Runs that were interrupted: those that could be driven on, and by run why others could not."""

    runs: list[Run]
    blocked: Mapping[int, BackendError]


def resume(
    service: Service, *, yes: bool, approve: str = "", stop: Callable[[], bool], although_newer: bool = False
) -> Resumption:
    """Finish what broke off, saying so."""
    finished: list[Run] = []
    blocked: dict[int, BackendError] = {}
    with progress.show_progress(service) as bars:
        confirm = build_confirm(service, bars, yes=yes, approve=approve, although_newer=although_newer)
        resumed = Operations(service).resume(confirm=confirm, stage=bars.stage, stop=stop, asks=not (yes or approve))
        for run, error in resumed:
            if error is not None:
                blocked[run.id] = error
                continue
            with bars.suspend():
                result = find_result(run.state, run.counts)
                click.echo(f"Run {run.id} ({sanitize(run.drop.name)}) was interrupted; it is now {result}.", err=True)
            finished.append(run)
    for run_id, error in blocked.items():
        name = sanitize(service.store.get_run(run_id).drop.name)
        click.echo(
            f"Run {run_id} ({name}) was interrupted and cannot be finished yet: {sanitize(str(error))}", err=True
        )
    if blocked:
        click.echo("When the PBX answers, `linecard resume` finishes the rest; nothing is done twice.", err=True)
    return Resumption(finished, blocked)


def update_followers(service: Service, *, stop: Callable[[], bool]) -> list[FollowerSummary]:
    """Give followers of PBXs what they lack, saying what is left; those that still lack something."""
    behind = Operations(service).update_followers(stop)
    for found in behind:
        changes = "1 change" if found.open == 1 else f"{found.open:,} changes"
        why = sanitize(f": {found.words.rstrip('.')}" if found.words else "")
        click.echo(f"{sanitize(found.follower)} does not have {changes} of {sanitize(found.pbx)} yet{why}.", err=True)
    return behind


def resume_pending(service: Service, *, yes: bool, stop: Callable[[], bool], although_newer: bool = False) -> list[Run]:
    """Go on with imports that were killed before their plan was approved: it is shown and asked for now.

    Where nobody answers they wait on; nothing was changed by them. `yes` does not count for a sheet that a newer one
    of its inbox has overtaken.
    """
    operations, picked_up = Operations(service), []
    with progress.show_progress(service) as bars:
        confirm = build_confirm(service, bars, yes=yes, although_newer=although_newer)
        for waiting in operations.plan_pending(bars.stage):
            run = waiting
            with bars.suspend():
                name = sanitize(run.drop.name)
                click.echo(
                    f"The import of run {run.id} ({name}) was interrupted before its plan was approved.", err=True
                )
                if run.state is State.PLANNED:
                    run = _approve_late(service, run, yes=yes, although_newer=although_newer)
            feed = service.feed(run.inbox)
            picked_up.append(operations.drive(run, feed, confirm=confirm, stage=bars.stage, stop=stop, asks=not yes))
    return picked_up


def _approve_late(service: Service, run: Run, *, yes: bool, although_newer: bool) -> Run:
    operations = Operations(service)
    if operations.current_checksum(run) != run.checksum:
        click.echo("The PBX has changed since then, so the run is planned again.", err=True)
        run = operations.plan(run, service.feed(run.inbox), lambda _what, _run: lambda _count: None)
        if run.state is not State.PLANNED:
            return run
    if not although_newer and report_newer_runs(service, run):
        show_plan(service, run)
        return run
    if operations.has_newer_sheet(run) and not although_newer:
        click.echo("A newer sheet of the same inbox has been applied since.", err=True)
    elif yes:
        return operations.approve(run, why="resumed with --yes")
    show_plan(service, run)
    match ask("Apply it?"):
        case True:
            return operations.approve(run, why="answered yes when resumed", seen=True)
        case False:
            return operations.discard(run, why="answered no when resumed")
    return run


def report_newer_runs(service: Service, run: Run) -> bool:
    """Whether a run would undo a newer one, saying so: it is left as it is then."""
    from linecard.rules.limits import older_run

    newer = Operations(service).newer_runs(run)
    if newer:
        click.echo(f"Run {run.id} is not applied. {older_run(newer).message}", err=True)
        click.echo("Remedy: If its plan is still right, add --although-newer.", err=True)
    return bool(newer)


def build_confirm(
    service: Service, bars: progress.Bars, *, yes: bool, approve: str = "", although_newer: bool = False
) -> Callable[[Run], bool]:
    """Asks whether a new plan, made because the PBX moved under the old one, may be applied."""

    def confirm(run: Run) -> bool:
        if run.state is State.HELD and not (approve and approve == run.checksum):
            return False
        if not although_newer:
            with bars.suspend():
                if report_newer_runs(service, run):
                    show_plan(service, run)
                    return False
        if run.state is State.HELD:
            return True
        if yes:
            return True
        with bars.suspend():
            click.echo(f"The PBX was changed before run {run.id} had ended. The rest was planned again:", err=True)
            show_plan(service, run)
            return bool(ask("Apply it?"))

    return confirm


def show_result(service: Service, run: Run, *, as_json: bool, unfiled: Collection[int] = ()) -> None:
    """The result of a run; `unfiled` are runs whose report could not be filed."""
    report = service.report(run)
    if as_json:
        with json_out() as out:
            service.renderers["json"].render(report, cast("TextIO", out))
        return
    said = report.headline
    colour = {"good": "green", "attention": "yellow", "bad": "red"}[said.tone]
    result = find_result(run.state, report.counts)
    click.echo(f"\nRun {run.id} is {result}. {click.style(said.title, fg=colour, bold=True)}")
    click.echo(f"{count_noun(report.total, 'row')}: {recap.format_counts(report.counts)}. {sanitize(said.remedy)}")
    recap.show_faults(report.faults(whole_file=True))
    recap.show_rows(report.lines(*(o for o in Outcome if o not in FINE)))
    if run.state is not State.HELD:  # else its rows were shown, with their warnings
        recap.show_faults(report.caveats())
    if run.state is State.HELD:
        recap.show_forecasts(run.forecasts)
        recap.show_holds(run.holds, run.affected, run.checksum)
        again = "import --approve {} FILE" if run.attempt == 1 else "resume --approve {}"
        if run.id in service.store.list_inbox_runs():  # its file is in the inbox no more
            again = f"approve {run.id} {{}}"
        if run.checksum:
            click.echo(f"To apply it anyway: linecard {again.format(run.checksum)}")
        click.echo(f"To discard it: linecard discard {run.id}")
    filed = service.store.report_location(run.id)
    if filed and run.id not in unfiled:
        click.echo(f"Report: {filed}")


def run_facts(service: Service, runs: Iterable[Run]) -> Iterator[dict[str, Any]]:
    """The facts of runs, with their rows counted as reports do."""
    from linecard.rules import as_dict

    reports = map(service.report, runs)
    return (as_dict.run(report.run, report.counts, report.seconds_left) for report in reports)


def show_unfiled(unfiled: Mapping[int, ReportError]) -> None:
    """Which reports could not be filed, and why; on standard error, and no matter for the exit code of an import."""
    for run_id, error in unfiled.items():
        click.echo(f"The report of run {run_id} is not filed yet: {sanitize(str(error))}", err=True)
        click.echo(f"Remedy: {sanitize(error.remedy)} Then `linecard resume` files it.", err=True)


def send_messages(service: Service) -> None:
    """Letters to readers that are due, as far as they can be sent now; the daemon or the next command sends the rest.

    It is said on standard error, and no matter for the exit code. A mail server that hangs is left after its time-out,
    and Ctrl-C ends it after the letter under way: what was not sent waits in the outbox.
    """
    from contextlib import closing

    from linecard.errors import BusyError
    from linecard.runtime.delivery import Delivery
    from linecard.runtime.health import Health
    from linecard.runtime.lock import site_lock
    from linecard.runtime.log import configure

    if not service.config.queues:
        return
    configure("text", "error", sys.stderr)
    health = Health(service.now)
    try:
        with (
            site_lock(service.config.state),
            progress.catch_stop() as stop,
            closing(Delivery(service, health, stop=stop)) as delivery,
        ):
            due = delivery.count_due()
            if due:
                click.echo(f"Sending {count_noun(due, 'letter')} ...", err=True)
                delivery.deliver()
    except BusyError:
        return  # whoever holds the site sends them
    for alert in health.alerts:
        click.echo(sanitize(f"{alert.what}: {alert.message} {alert.remedy}".rstrip()), err=True)


def exit_code(run: Run) -> int:
    """3 held, 0 when every row is done or unchanged, else 1."""
    if run.state is State.HELD:
        return 3
    return recap.exit_code(run.counts) if run.state in (State.APPLIED, State.PARTIAL, State.UNCHANGED) else 1
