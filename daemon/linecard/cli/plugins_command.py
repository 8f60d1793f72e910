"""`linecard plugins`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize

if TYPE_CHECKING:
    from linecard.registry import Plugin
    from linecard.runtime.pbx_trial import LoggedEvent, TrialStep
    from linecard.testing.tiers import TierProof


KINDS = ("backend", "inbox", "sink", "opener", "renderer", "processor")


@click.group(invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]})
@site.json_option
@click.pass_context
def command(ctx: click.Context, *, as_json: bool) -> None:
    """List the installed plugins, write a new one, or try one on its PBX.

    Without a command, lists kinds of PBX and of inbox, openers, sinks and report formats.
    """
    if ctx.invoked_subcommand is None:
        _list_plugins(as_json=as_json)


@command.command("new")
@click.argument("name", metavar="NAME")
@click.option("--kind", required=True, type=click.Choice(KINDS), help="What it brings.")
@click.option(
    "-o",
    "--output",
    "folder",
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="Where to write it, a folder that is not there yet; linecard-NAME unless given.",
)
def new_plugin(name: str, kind: str, folder: Path | None) -> None:
    """Write a new plugin NAME, to be filled in.

    It is a Python package that can be installed and passes its own tests as it is, with types, a README and a file for
    CI. NAME is what linecard.yaml will call it.
    """
    from linecard.runtime.plugin_project import make_plugin_project

    folder = folder or Path(f"linecard-{name.replace('_', '-')}")
    for path in make_plugin_project(folder, name, kind):
        click.echo(f"Wrote {path}.")
    click.echo(f"\nNext:  cd {folder}")
    click.echo("       pytest && mypy")
    click.echo("       less README.md")


@command.command("try")
@click.argument("pbx", metavar="NAME")
@click.option("--extension", metavar="EXTENSION", default="", help="Read this extension, not the first few.")
@click.option("--member", metavar="EMAIL", default="", help="Read what this member holds.")
@site.json_option
@site.config_option
def try_pbx(pbx: str, extension: str, member: str, *, as_json: bool) -> None:
    """Try the PBX NAME of the configuration, changing nothing.

    Shows, step by step, what its plugin did, what was understood and how long it took. Secrets are hidden. Exits with
    1 if something is wrong.
    """
    from time import monotonic

    from linecard.runtime.pbx_trial import PbxTrial, Recorder, is_fine, read_secrets

    log = Recorder()
    with site.service(write=log) as service:
        log.secrets = read_secrets(service.config)
        found = PbxTrial(service, pbx, log, monotonic).try_out(extension, member.lower())
        steps: list[TrialStep] = []
        for step in found:
            steps.append(step)
            if not as_json:
                _show_step(step)
        backend = service.config.pbxs[pbx].backend
    if as_json:
        head = {"pbx": pbx, "backend": backend, "ok": is_fine(steps)}
        site.print_json(head, {"steps": lambda: map(_step_facts, steps)}, dict)
    raise SystemExit(0 if is_fine(steps) else 1)


def _show_step(step: TrialStep) -> None:
    from linecard.runtime.log import format_event

    for event in step.events:
        click.echo(f"      {sanitize(format_event(event.event, event.level, _without_name(event)))}")
    mark = click.style("ok  ", fg="green") if step.ok else click.style("FAIL", fg="red")
    click.echo(f"{mark}  {sanitize(step.step)}: {sanitize(step.message)} ({step.seconds:.2f} s)")
    for entry in step.entries:
        click.echo(f"      {sanitize(' '.join((entry.extension, entry.member or '(nobody)', *entry.numbers)))}")
    if step.remedy:
        click.echo(f"      Remedy: {sanitize(step.remedy)}")


def _without_name(event: LoggedEvent) -> dict[str, str]:
    return {name: fact for name, fact in event.facts.items() if name != "pbx"}


def _step_facts(step: TrialStep) -> dict[str, Any]:
    from linecard.rules import as_dict

    return {
        "step": step.step,
        "ok": step.ok,
        "message": step.message,
        "remedy": step.remedy or None,
        "seconds": round(step.seconds, 3),
        "extensions": step.extensions,
        "members": step.members,
        "entries": [
            {"extension": entry.extension, "member": entry.member, **as_dict.numbers(entry.numbers)}
            for entry in step.entries
        ],
        "events": [{"event": e.event, "level": e.level, "facts": _without_name(e)} for e in step.events],
    }


def _list_plugins(*, as_json: bool) -> None:
    from linecard.registry import Registry

    found = list(Registry(site.find_plugin_folder()).list_plugins())
    if as_json:
        site.print_json_list(map(_plain, found))
        return
    for plugin in found:
        click.echo(sanitize(f"{plugin.name}  ({f'{plugin.distribution} {plugin.version}'.rstrip()})"))
        for kind in plugin.backends:
            click.echo(f"    backend {kind.name}: {kind.summary}{_describe_tier(plugin.proofs.get(kind.name))}")
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
            click.echo(f"    problem: {sanitize(plugin.problem)}")


def _describe_tier(proof: TierProof | None) -> str:
    return f" [{proof.tier}]" if proof is not None and proof.tier is not None else ""


def _proof_facts(proof: TierProof | None) -> dict[str, Any]:
    """What a backend has proven, and what is missing for the next tier."""
    if proof is None:
        return {"tier": None, "next_tier": None, "missing": []}
    return {"tier": proof.tier, "next_tier": proof.next_tier, "missing": list(proof.missing)}


def _plain(plugin: Plugin) -> dict[str, Any]:
    return {
        "name": plugin.name,
        "distribution": plugin.distribution,
        "version": plugin.version,
        "backends": [
            {"name": kind.name, "summary": kind.summary, **_proof_facts(plugin.proofs.get(kind.name))}
            for kind in plugin.backends
        ],
        "inboxes": [{"name": kind.name, "summary": kind.summary} for kind in plugin.inboxes],
        "openers": [{"name": kind.name, "summary": kind.summary} for kind in plugin.openers],
        "keyrings": [{"name": kind.name, "summary": kind.summary} for kind in plugin.keyrings],
        "processors": [{"name": kind.name, "summary": kind.summary} for kind in plugin.processors],
        "sinks": [{"name": kind.name, "summary": kind.summary} for kind in plugin.sinks],
        "formats": [renderer.name for renderer in plugin.renderers],
        "problem": plugin.problem or None,
    }
