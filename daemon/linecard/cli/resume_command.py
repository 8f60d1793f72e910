"""`linecard resume`."""

from __future__ import annotations

import click

from linecard.cli import site


@click.command()
@click.option(
    "--yes",
    is_flag=True,
    help="Do not ask, even if the plan is new or had not been approved yet.",
)
@click.option(
    "--approve", metavar="CHECKSUM", default="", help="Apply a new plan even if it is held, if it has this checksum."
)
@click.option(
    "--although-newer",
    is_flag=True,
    help="Apply it even though a newer run was applied for the same members or extensions.",
)
@site.json_option
@site.config_option
def command(approve: str, *, yes: bool, although_newer: bool, as_json: bool) -> None:
    """Finish imports that were killed, stopped, or interrupted by a power failure.

    First reads back from the PBX whatever was under way, then applies the rest of an approved plan without asking.
    Shows you a plan that had to be made again, or that nobody has approved yet, and asks. Nothing is ever done twice.
    Then followers of PBXs are given what they lack. Exit codes are those of import.
    """
    from linecard.cli import progress, run_flow
    from linecard.rules import as_dict
    from linecard.runtime.report_folder import ReportFolder

    with site.service() as service:
        report_folder = ReportFolder(service)
        with service.exclusive():
            report_folder.file_reports()
            with progress.catch_stop() as stop:
                runs, blocked = run_flow.resume(
                    service, yes=yes, approve=approve, stop=stop, although_newer=although_newer
                )
                runs += run_flow.resume_pending(service, yes=yes, stop=stop, although_newer=although_newer)
                behind = run_flow.update_followers(service, stop=stop)
            unfiled = report_folder.publish()
        if as_json:
            facts = {"followers": [as_dict.follower(found) for found in behind]}
            site.print_json(facts, {"runs": lambda: run_flow.run_facts(service, runs)}, dict)
        elif not runs and not blocked and not behind:
            click.echo("No import was interrupted.")
        for run in runs if not as_json else ():
            run_flow.show_result(service, run, as_json=False, unfiled=unfiled)
        run_flow.show_unfiled(unfiled)
        run_flow.send_messages(service)
        left = 2 if (unfiled and not runs) or blocked or behind else 0
        raise SystemExit(max([run_flow.exit_code(run) for run in runs] + [left]))
