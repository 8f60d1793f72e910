"""`linecard doctor`."""

from __future__ import annotations

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize


@click.command()
@site.verbose_option
@site.json_option
@site.config_option
def command(*, verbose: bool, as_json: bool) -> None:
    """Check configuration, folders, disk, state and PBXs: what works, what does not, and how to fix it.

    Exits with 0 if all is well and with 1 if something needs fixing.
    """
    from linecard.errors import ConfigError
    from linecard.model.alert import Finding
    from linecard.runtime.doctor import examine_site

    try:
        with site.service(verbose=verbose) as service:
            findings = [
                Finding("configuration", ok=True, message=f"{service.config.file} is valid"),
                *examine_site(service),
            ]
    except ConfigError as error:
        findings = [
            Finding("configuration", ok=False, message=message, remedy=error.remedy)
            for message in error.problems or (str(error),)
        ]
    if as_json:
        site.print_json_list(
            {"check": f.check, "ok": f.ok, "message": f.message, "remedy": f.remedy or None} for f in findings
        )
    else:
        for f in findings:
            mark = click.style("ok  ", fg="green") if f.ok else click.style("FAIL", fg="red")
            click.echo(f"{mark}  {f.check}: {sanitize(f.message)}")
            if f.remedy:
                click.echo(f"      Remedy: {sanitize(f.remedy)}")
    raise SystemExit(0 if all(f.ok for f in findings) else 1)
