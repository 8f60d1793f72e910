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
    """There is no such letter, or it has arrived."""

    remedy = "`linecard outbox list` shows the letters that did not arrive, with their numbers."


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@site.config_option
def command() -> None:
    """List, retry and drop messages: reports on their way to readers.

    A letter that cannot be delivered is tried again for ten days, at longer and longer intervals.
    """


@command.command("list")
@click.option("--all", "every", is_flag=True, help="Also those that have arrived or were dropped.")
@site.json_option
@site.config_option
def list_letters(*, every: bool, as_json: bool) -> None:
    """List the letters that wait or were given up, the oldest first.

    Exits with 1 when one was given up.
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
            click.echo("No letter waits.")
    raise SystemExit(1 if any(_state(item) == "given up" for item in letters) else 0)


@command.command()
@click.argument("letter", type=click.IntRange(1))
@site.config_option
def retry(letter: int) -> None:
    """Let LETTER be tried now, also one that was given up or dropped.

    A daemon does it at once; without one, `linecard resume` does.
    """
    from linecard.runtime import status
    from linecard.store.outbox import Outbox

    with site.service() as service:
        outbox = Outbox(service.store)
        item = _find_undelivered(outbox, letter)
        with service.store.transaction() as connection:
            outbox.retry(connection, item.id)
        at_work = status.read_status(service.config.state) is not None
    click.echo(f"Letter {letter} is due. {'The daemon sends it.' if at_work else 'Send it with `linecard resume`.'}")


@command.command()
@click.argument("letter", type=click.IntRange(1))
@click.option("--because", default="", metavar="TEXT", help="Why, for whoever lists it with --all.")
@site.config_option
def drop(letter: int, because: str) -> None:
    """Give up LETTER: it is not tried any more, and no alert. The report itself stays where it is filed."""
    from linecard.store.outbox import ARCHIVE, Outbox

    with site.service() as service:
        outbox = Outbox(service.store)
        item = _find_undelivered(outbox, letter)
        if item.sink == ARCHIVE:
            raise NoLetter(
                f"Letter {letter} is the report that is to be filed; it cannot be dropped.",
                remedy="`linecard doctor` says what stands in its way.",
            )
        with service.store.transaction() as connection:
            outbox.discard(connection, item.id, f"{service.who}: {because or 'dropped'}")
    click.echo(f"Letter {letter} is dropped.")


def _find_undelivered(outbox: Outbox, letter: int) -> Item:
    item = outbox.item(letter)
    if item is None:
        raise NoLetter(f"There is no letter {letter}.")
    if item.delivered is not None:
        raise NoLetter(f"Letter {letter} has arrived: {item.where}")
    return item


def _is_over(item: Item) -> bool:
    """Arrived, dropped by a person, or forgotten with its report."""
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
