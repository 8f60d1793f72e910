"""`linecard plugins`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import click

from linecard.cli import site

if TYPE_CHECKING:
    from linecard.registry import Plugin


@click.command()
@site.json_option
def command(*, as_json: bool) -> None:
    """List the installed plugins: kinds of PBX and report formats."""
    from linecard.registry import Registry

    found = list(Registry().all())
    if as_json:
        click.echo(json.dumps([_plain(plugin) for plugin in found], ensure_ascii=False, indent=1))
        return
    for plugin in found:
        click.echo(f"{plugin.name}  ({plugin.distribution} {plugin.version})")
        for kind in plugin.kinds:
            click.echo(f"    backend {kind.name}: {kind.summary}")
        if plugin.renderers:
            click.echo(f"    report formats: {', '.join(renderer.name for renderer in plugin.renderers)}")
        if plugin.problem:
            click.echo(f"    cannot be used: {plugin.problem}")


def _plain(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "backends": [{"name": kind.name, "summary": kind.summary} for kind in plugin.kinds],
        "formats": [renderer.name for renderer in plugin.renderers],
        "problem": plugin.problem or None,
    }
