"""`linecard serve`."""

from __future__ import annotations

from os import EX_CONFIG

import click

from linecard.cli import complain, site
from linecard.errors import LinecardError


@click.command()
@site.config_option
def command() -> None:
    """Watch the inboxes and process every file that arrives.

    Runs in the foreground and writes its log to standard output, as systemd expects. SIGTERM or Ctrl-C stops it at a
    safe point, a second one stops it at once; the next start resumes. SIGHUP reloads the configuration; a wrong one is
    refused, and the old one stays in force.

    Exits with 78 if it cannot start until somebody puts something right, and with 2 if another start may succeed.
    """
    from linecard.infrastructure.access import explain_error
    from linecard.runtime.serve import serve

    file = site.config_file()
    try:
        site.become_owner(file)
        serve(file)
    except (LinecardError, OSError) as error:
        known = explain_error(error) if isinstance(error, OSError) else error
        if known is None:
            raise
        complain(known)
        raise SystemExit(EX_CONFIG if known.is_lasting else 2) from error
