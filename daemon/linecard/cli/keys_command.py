"""`linecard keys`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from linecard.cli import site
from linecard.rules.sanitize import sanitize

if TYPE_CHECKING:
    from linecard.ports.keyring import Key, Keyring
    from linecard.runtime.service import Service

KINDS = ("pgp", "ssh")
_until = click.option(
    "--until", metavar="DATE", type=click.DateTime(["%Y-%m-%d"]), help="The last day on which it is valid."
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@site.config_option
def command() -> None:
    """Make, list, exchange and extend keys: PGP for encrypted files, SSH for SFTP inboxes.

    PGP keys are kept in a GNUPGHOME of the site's own, SSH keys in a folder beside it, both below the state folder.
    """


@command.command("list", short_help="List all keys and when they expire.")
@site.json_option
@site.config_option
def list_keys(*, as_json: bool) -> None:
    """List all keys: fingerprint, owner, expiry, and whether the secret half is here.

    Exits with 1 when a key has expired or will within 60 days.
    """
    with site.service() as service:
        keys = [key for kind in KINDS for key in _list_kind(service, kind)]
        told = {key.id: describe_expiry(key, service.now()) for key in keys}
        if as_json:
            site.print_json_list(_plain(key, told[key.id]) for key in keys)
        elif keys:
            for key in keys:
                _show(key, told[key.id])
        else:
            click.echo("This site has no keys. `linecard keys make` makes one.")
    raise SystemExit(1 if any(told.values()) else 0)


@command.command()
@click.argument("owner")
@click.option("--ssh", "kind", flag_value="ssh", help="An SSH key for the SFTP inbox OWNER.")
@click.option("--pgp", "kind", flag_value="pgp", default="pgp", help="A PGP key (the default).")
@_until
@site.json_option
@site.config_option
def make(owner: str, kind: str, until: datetime | None, *, as_json: bool) -> None:
    """Make a key for OWNER.

    For PGP, OWNER is "Name <address>" as senders will see it; the key is valid for two years unless you set --until.
    For SSH (--ssh), OWNER is the name of the inbox.
    """
    with site.service() as service, _keyring(service, kind) as keyring:
        day = until.date() if until is not None else None
        if day is None and kind == "pgp":
            day = (service.now() + timedelta(days=730)).date()
        _check_day(day, service)
        key = keyring.create_key(owner, day)
        _answer([key], as_json=as_json, said="Made")
    if not as_json:
        what = f"{key.id} -o linecard.asc" if kind == "pgp" else f"{key.owner} -o {key.owner}.pub"
        click.echo(f"Next:  linecard keys export {what}     # for the sender")
        if key.place:
            click.echo(f"       The private key is {key.place}; name it in the options of the inbox.")


@command.command("import", short_help="Add the PGP keys in FILE.")
@click.argument("file", type=site.type_file)
@site.json_option
@site.config_option
def take(file: Path, *, as_json: bool) -> None:
    """Add the PGP keys in FILE: a sender's public key, or a secret key of this site.

    Compare the fingerprint with the sender's through another channel before you list it under `signers`.
    """
    from linecard.errors import ConfigError
    from linecard.infrastructure.access import find_remedy

    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.", remedy=find_remedy(error, file)) from error
    with site.service() as service, _keyring(service, "pgp") as keyring:
        _answer(keyring.import_keys(content), as_json=as_json, said="Imported")


@command.command(short_help="Write the public half of KEY.")
@click.argument("key")
@click.option("--format", "form", metavar="FORMAT", default="", help="For SSH keys: openssh (the default) or rfc4716.")
@click.option("-o", "--output", metavar="FILE", type=site.type_file, help="The file to write instead of the terminal.")
@site.config_option
def export(key: str, form: str, output: Path | None) -> None:
    """Write the public half of KEY, for senders who encrypt for this site or servers that let it in.

    KEY is a full fingerprint, or the name of an SSH key. Secret halves are never exported.
    """
    from linecard.errors import ConfigError
    from linecard.infrastructure.access import find_remedy

    with site.service() as service:
        kind = "pgp" if _is_pgp(key) else "ssh"
        with _keyring(service, kind) as keyring:
            if form and form not in keyring.forms:
                raise ConfigError(
                    f"A key of the kind {kind} cannot be exported as {form}.",
                    remedy=f"Leave out --format, or use {' or '.join(keyring.forms)}.",
                )
            content = keyring.export_key(key, form or keyring.forms[0])
    if output is None:
        click.echo(content.decode(), nl=False)
        return
    try:
        output.write_bytes(content)
    except OSError as error:
        raise ConfigError(
            f"{output} cannot be written: {error.strerror}.", remedy=find_remedy(error, output)
        ) from error
    click.echo(f"Wrote {sanitize(str(output))}.")


@command.command(short_help="Extend a PGP key.")
@click.argument("key", metavar="FINGERPRINT")
@click.option(
    "--until",
    metavar="DATE",
    required=True,
    type=click.DateTime(["%Y-%m-%d"]),
    help="The last day on which it is valid.",
)
@site.json_option
@site.config_option
def extend(key: str, until: datetime, *, as_json: bool) -> None:
    """Extend the site's PGP key FINGERPRINT until DATE (2028-12-31).

    It stays the same key, so files encrypted for it can still be opened. Send its public half to the senders again.
    """
    with site.service() as service, _keyring(service, "pgp") as keyring:
        _check_day(until.date(), service)
        found = keyring.extend_key(key, until.date())
        _answer([found], as_json=as_json, said="Prolonged")
    if not as_json:
        click.echo(f"Next:  linecard keys export {found.id} -o linecard.asc     # send it to the senders again")


def describe_expiry(key: Key, now: datetime) -> str:
    """That a key has expired or will soon; empty if it will not."""
    from linecard.rules.expiry import expiry

    if key.unusable:
        return f"is {key.unusable}"
    return expiry(key.expires, now)


def _is_pgp(key: str) -> bool:
    return len(key) in (40, 64) and all(c in "0123456789abcdefABCDEF" for c in key)


def _check_day(day: date | None, service: Service) -> None:
    from linecard.errors import ConfigError

    if day is not None and day <= service.now().date():
        raise ConfigError(f"{day} is not in the future.", remedy="Give the last day on which the key is valid.")


@contextmanager
def _keyring(service: Service, kind: str) -> Iterator[Keyring]:
    keyring = service.keyring(kind)
    try:
        yield keyring
    finally:
        keyring.close()


def _list_kind(service: Service, kind: str) -> list[Key]:
    with _keyring(service, kind) as keyring:
        return list(keyring.list_keys())


def _answer(keys: Any, *, as_json: bool, said: str) -> None:
    if as_json:
        site.print_json_list(_plain(key, describe_expiry(key, datetime.now(UTC))) for key in keys)
        return
    for key in keys:
        click.echo(f"{said}:")
        _show(key, "")


def _show(key: Key, told: str) -> None:
    whose = "secret" if key.secret else "public"
    click.echo(f"{key.kind}  {key.id}  {whose}  {sanitize(key.owner)}")
    when = f"valid until {key.expires:%Y-%m-%d}" if key.expires else "does not expire"
    click.echo(f"     {when}{f'; {told}' if told else ''}")


def _plain(key: Key, told: str) -> dict[str, Any]:
    return {
        "kind": key.kind,
        "fingerprint": key.id,
        "owner": key.owner,
        "secret": key.secret,
        "created": key.created.isoformat() if key.created else None,
        "expires": key.expires.isoformat() if key.expires else None,
        "warning": told or None,
        "place": key.place or None,
    }
