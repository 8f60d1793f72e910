"""`linecard outbox`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from linecard.cli import site
from linecard.errors import LinecardError
from linecard.rules.sanitize import sanitize

if TYPE_CHECKING:
    from linecard.store.outbox import Item, Outbox


class NoLetter(LinecardError):
    """There is no such message, or it was delivered."""

    remedy = "`linecard outbox list` shows undelivered messages, with their numbers."


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@site.config_option
def command() -> None:
    """List, retry and drop messages: reports on their way to readers.

    linecard retries a message that cannot be delivered for ten days, at longer and longer intervals.
    """


@command.command("list")
@click.option("--all", "every", is_flag=True, help="Include messages that were delivered or dropped.")
@site.json_option
@site.config_option
def list_letters(*, every: bool, as_json: bool) -> None:
    """List messages that wait or were not delivered.

    The oldest first. Exits with 1 if one could not be delivered.
    """
    from linecard.store.outbox import Outbox

    with site.service() as service:
        letters = [item for item in Outbox(service.store).list_all() if every or not _is_over(item)]
        if as_json:
            site.print_json_list(map(_plain, letters))
        elif letters:
            rows = [
                (
                    str(i.id),
                    str(i.run_id or i.tells),
                    i.sink,
                    sanitize(i.address),
                    _state(i),
                    str(i.attempts),
                    sanitize(_why(i)),
                )
                for i in letters
            ]
            site.print_table(("Letter", "Of run", "Sink", "To", "State", "Tries", "Why"), rows)
        else:
            click.echo("No message waits.")
    raise SystemExit(1 if any(_state(item) == "given up" for item in letters) else 0)


@command.command()
@click.argument("letter", metavar="MESSAGE", type=click.IntRange(1))
@site.config_option
def retry(letter: int) -> None:
    """Retry MESSAGE now.

    Even one that could not be delivered or was dropped. A running daemon sends it at once; without a
    daemon, use `linecard resume`.
    """
    from linecard.runtime import status
    from linecard.store.outbox import Outbox

    with site.service() as service:
        outbox = Outbox(service.store)
        item = _find_undelivered(outbox, letter)
        with service.store.transaction() as connection:
            outbox.retry(connection, item.id)
        at_work = status.read_status(service.config.state) is not None
    click.echo(f"Message {letter} is due. {'The daemon sends it.' if at_work else 'Send it with `linecard resume`.'}")


@command.command()
@click.argument("letter", metavar="MESSAGE", type=click.IntRange(1))
@click.option("--because", default="", metavar="TEXT", help="The reason, shown by list --all.")
@site.config_option
def drop(letter: int, because: str) -> None:
    """Drop MESSAGE, so that it is not retried.

    linecard no longer reports it as wrong. The report itself stays where it is filed.
    """
    from linecard.store.outbox import ARCHIVE, Outbox

    with site.service() as service:
        outbox = Outbox(service.store)
        item = _find_undelivered(outbox, letter)
        if item.sink == ARCHIVE:
            raise NoLetter(
                f"Message {letter} is a report that still has to be filed; it cannot be dropped.",
                remedy="`linecard doctor` says what is in its way.",
            )
        with service.store.transaction() as connection:
            outbox.discard(connection, item.id, f"{service.who}: {because or 'dropped'}")
    click.echo(f"Message {letter} was dropped.")


def _find_undelivered(outbox: Outbox, letter: int) -> Item:
    item = outbox.item(letter)
    if item is None:
        raise NoLetter(f"There is no message {letter}.")
    if item.delivered is not None:
        raise NoLetter(f"Message {letter} was delivered: {item.where}")
    return item


def _is_over(item: Item) -> bool:
    """It was delivered, dropped by a person, or forgotten with its report."""
    return item.delivered is not None or (item.dropped is not None and not item.problem)


def _state(item: Item) -> str:
    if item.delivered is not None:
        return "delivered"
    if item.dropped is not None:
        return "given up" if item.problem else "dropped"
    return "waits"


def _why(item: Item) -> str:
    return item.problem or item.where


def _plain(item: Item) -> dict[str, Any]:
    return {
        "id": item.id,
        "run": item.run_id,
        "sink": item.sink,
        "to": item.address or None,
        "tells": item.tells,
        "state": _state(item).replace(" ", "_"),
        "attempts": item.attempts,
        "due": item.due.isoformat() if item.due else None,
        "problem": item.problem or None,
        "delivered": item.delivered.isoformat() if item.delivered else None,
        "where": item.where or None,
    }
