"""`linecard plugins`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize

if TYPE_CHECKING:
    from linecard.registry import Plugin


@click.command()
@site.json_option
def command(*, as_json: bool) -> None:
    """List the installed plugins: kinds of PBX and of inbox, and report formats."""
    from linecard.registry import Registry

    found = list(Registry().list_plugins())
    if as_json:
        site.print_json_list(map(_plain, found))
        return
    for plugin in found:
        click.echo(f"{plugin.name}  ({plugin.distribution} {plugin.version})")
        for kind in plugin.backends:
            click.echo(f"    backend {kind.name}: {kind.summary}")
        for inbox in plugin.inboxes:
            click.echo(f"    inbox {inbox.name}: {inbox.summary}")
        for opener in plugin.openers:
            click.echo(f"    opens {opener.name}: {opener.summary}")
        for keyring in plugin.keyrings:
            click.echo(f"    keys {keyring.name}: {keyring.summary}")
        for processor in plugin.processors:
            click.echo(f"    processor {processor.name}: {processor.summary}")
        for sink in plugin.sinks:
            click.echo(f"    sink {sink.name}: {sink.summary}")
        if plugin.renderers:
            click.echo(f"    report formats: {', '.join(renderer.name for renderer in plugin.renderers)}")
        if plugin.problem:
            click.echo(f"    cannot be used: {sanitize(plugin.problem)}")


def _plain(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "backends": [{"name": kind.name, "summary": kind.summary} for kind in plugin.backends],
        "inboxes": [{"name": kind.name, "summary": kind.summary} for kind in plugin.inboxes],
        "openers": [{"name": kind.name, "summary": kind.summary} for kind in plugin.openers],
        "keyrings": [{"name": kind.name, "summary": kind.summary} for kind in plugin.keyrings],
        "processors": [{"name": kind.name, "summary": kind.summary} for kind in plugin.processors],
        "sinks": [{"name": kind.name, "summary": kind.summary} for kind in plugin.sinks],
        "formats": [renderer.name for renderer in plugin.renderers],
        "problem": plugin.problem or None,
    }
