"""`linecard serve`."""

from __future__ import annotations

import click

from linecard.cli import site


@click.command()
@site.config_option
def command() -> None:
    """Watch the inboxes and process every file that arrives.

    Runs in the foreground and writes its log to standard output, as systemd expects. SIGTERM or Ctrl-C stops it at a
    safe point, a second one at once; the next start resumes. SIGHUP reloads the configuration; if it is wrong, it is
    refused and the old one stays in force.
    """
    from linecard.runtime.serve import serve

    serve(site.config_file())
