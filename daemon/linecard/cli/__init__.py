"""The command line. One command a file; each is imported only when it is called."""

from __future__ import annotations

import atexit
import gc
import importlib
import sys
from typing import Any

import click

from linecard import __version__
from linecard.errors import ConfigError, LinecardError, PluginFault

SECTIONS: dict[str, dict[str, str]] = {
    "From a sheet to a report": {
        "sample": "Print a sample sheet that explains itself.",
        "check": "Find the faults of a sheet without asking any PBX.",
        "plan": "Show what a sheet would change (dry run).",
        "import": "Plan a sheet, ask, apply it and report.",
        "resume": "Finish interrupted imports.",
    },
    "The daemon": {
        "serve": "Watch the inboxes and process every file that arrives.",
        "reload": "Make the daemon read its configuration again.",
        "once": "Process the files in the inboxes, then exit.",
        "status": "Show what the daemon is doing, and what is wrong.",
        "approve": "Approve a held plan, so that it is applied.",
        "discard": "Discard a run that waits for a person.",
    },
    "Results": {
        "runs": "List the runs and their results.",
        "show": "Show one run and the outcome of each row.",
        "report": "Write the report of a run in a format of your choice.",
        "undo": "Roll back what a run changed.",
        "digest": "Show what happened lately, and what is still wrong.",
        "outbox": "List, retry and drop messages that were not delivered.",
    },
    "The site": {
        "init": "Create a new site in a folder.",
        "inbox": "Trust the server of an inbox.",
        "keys": "Make, list, exchange and extend keys.",
        "members": "Show who holds what, read from the PBX.",
        "secret": "Print the new secret of an extension, once.",
        "mail": "Send a test mail.",
        "plugins": "List the installed plugins, write a new one, try a PBX.",
        "backup": "Write a backup of the site while the daemon runs.",
        "restore": "Restore a site from a backup.",
        "clock": "Show whether the clock is trusted, and confirm it.",
        "doctor": "Check the site, and say how to fix what does not work.",
    },
}


class Commands(click.Group):
    """Knows its commands by name and summary, and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return [name for commands in SECTIONS.values() for name in commands]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"linecard.cli.{cmd_name}_command")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        for title, commands in SECTIONS.items():
            with formatter.section(title):
                formatter.write_dl(list(commands.items()))

    def invoke(self, ctx: click.Context) -> Any:
        try:
            try:
                return super().invoke(ctx)
            finally:
                sys.stdout.flush()  # now, while somebody can still be told that the disk is full
        except LinecardError as error:
            complain(error)
            ctx.exit(2)
        except OSError as error:
            from linecard.infrastructure.access import drop_output, explain_error

            known = explain_error(error) or _find_plugin_fault(error)
            if known is None:
                raise
            drop_output()
            complain(known)
            ctx.exit(2)
        except Exception as error:
            fault = _find_plugin_fault(error)
            if fault is None:
                raise
            complain(fault)
            ctx.exit(2)


def _find_plugin_fault(error: Exception) -> LinecardError | None:
    """What to say of an error that a plugin should not make, and that it caused it."""
    from linecard.infrastructure.plugin_faults import find_plugin_fault

    fault = find_plugin_fault(error)
    if fault is not None:
        fault.__cause__ = error
    return fault


def complain(error: LinecardError) -> None:
    """Say on standard error what is wrong and what to do."""

    from linecard.rules.sanitize import sanitize

    if isinstance(error, PluginFault) and error.__cause__ is not None:  # for the author of the plugin
        import traceback

        said = "".join(traceback.format_exception(error.__cause__)).rstrip()
        click.echo("\n".join(map(sanitize, said.split("\n"))), err=True)
    click.echo(f"Error: {sanitize(str(error))}", err=True)
    for problem in error.problems if isinstance(error, ConfigError) else ():
        click.echo(f"  {sanitize(problem)}", err=True)
    if error.remedy:
        click.echo(f"Remedy: {sanitize(error.remedy)}", err=True)


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="linecard")
@click.option("--config", "config", metavar="FILE", envvar="LINECARD_CONFIG", help="The site's linecard.yaml.")
@click.pass_context
def main(ctx: click.Context, config: str | None) -> None:
    """From an HR sheet to the telephone system: checked, planned, applied, read back, reported.

    --config or LINECARD_CONFIG gives the configuration of the site; without them, linecard uses linecard.yaml in this
    folder, or /etc/linecard/linecard.yaml.

    Exit codes: 0 everything is done or unchanged, 1 some row is not, 2 wrong usage, configuration or file, or a
    PBX that does not answer, 3 the plan is held for a person.
    """
    ctx.obj = config
    # A long sheet makes millions of tuples and nothing that goes round in circles: look for such garbage seldom.
    gc.set_threshold(250_000, 50, 100)
    # At the end Python would look through all that is loaded several times, for a sixth of the time of a short command.
    atexit.register(gc.freeze)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")
