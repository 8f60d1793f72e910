"""Extensions whose holder could not be shut out, and caches in which a leaver's secret would live on."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from itertools import chain
from typing import Any

import sqlalchemy as sa

from linecard.api import Alert
from linecard_asterisk import database, rotation
from linecard_asterisk.accounts import Account, read_accounts, split_names
from linecard_asterisk.caches import Cache
from linecard_asterisk.convert import is_extension
from linecard_asterisk.options import AsteriskOptions
from linecard_asterisk.pointers import Pointer
from linecard_asterisk.reader import Endpoint
from linecard_asterisk.rotation import Surroundings
from linecard_asterisk.table_pointers import read_mailbox_watchers, read_queue_table

_OWN = "Give it a secret and an address of record of its own in these tables, or keep it out of `adopt`."
_DEVICES = "Give each device an address of record of its own, or set `second_devices: hold` or `silence`."


def find_bound_extensions(
    connection: sa.Connection,
    options: AsteriskOptions,
    columns: Mapping[str, list[Any]],
    elsewhere: Collection[Account],
    freed: Collection[str] = (),
) -> Iterator[Alert]:
    """Every extension that could not be taken from its holder, and why: the words with which its row would fail. Of
    those that were, the phones that are told of messages in their mailboxes.

    `columns` are those of the administrator's tables, by their names; `elsewhere` are endpoints that stand in none.
    """
    endpoints_table, auths, aors = (
        database.define_table(name, columns[name])
        for name in (options.tables.endpoints, options.tables.auths, options.tables.aors)
    )
    extensions = _read_extensions(connection, endpoints_table, options)
    accounts = chain(read_accounts(connection, endpoints_table), elsewhere)
    known = rotation.find_surroundings(connection, auths, aors, extensions, accounts)
    yield from _find_shared_secrets(extensions, known)
    silence = options.silences
    for extension, endpoint in extensions.items():
        if _has_shared_secret(endpoint, known):
            continue
        if words := rotation.find_refusal(extension, endpoint, known, silence=silence):
            remedy = _DEVICES if rotation.find_devices(extension, endpoint, known) and not silence else _OWN
            yield Alert(f"extension {extension}", f"{extension} cannot be taken from its holder: {words}", remedy)
        elif options.second_devices == "hold" and (others := rotation.find_devices(extension, endpoint, known)):
            ring = rotation.describe_devices(extension, others)
            yield Alert(
                f"extension {extension}",
                f"{extension} is taken from its holder only when a person approves it: {ring}",
                "Give each device an address of record of its own if it is not that of the holder.",
            )
    own = {name: split_names(extensions[name].aors) if name in extensions else () for name in freed}
    found = list(read_mailbox_watchers(connection, endpoints_table, aors, options.voicemail_context, own))
    if options.tables.queue_members is not None:
        name = options.tables.queue_members
        found += read_queue_table(connection, database.define_table(name, columns[name]))
    yield from find_leftovers(found, freed)


def _read_extensions(connection: sa.Connection, table: sa.Table, options: AsteriskOptions) -> dict[str, Endpoint]:
    """The endpoints that linecard may take for extensions, or has taken."""
    c = table.c
    query = sa.select(c.id, c.context, c.auth, c.aors).where(c.context.in_(sorted(options.adoptable)))
    rows = connection.execute(query.order_by(c.id))
    return {name: Endpoint(*values) for name, *values in rows if is_extension(name)}


def _has_shared_secret(endpoint: Endpoint, known: Surroundings) -> bool:
    return any(len(known.sharing.find_users(auth)) > 1 for auth in split_names(endpoint.auth))


def _find_shared_secrets(extensions: Mapping[str, Endpoint], known: Surroundings) -> Iterator[Alert]:
    """Secrets that several endpoints use: one alert each, for many may share one."""
    for auth in dict.fromkeys(auth for endpoint in extensions.values() for auth in split_names(endpoint.auth)):
        users = known.sharing.find_users(auth)
        if len(users) > 1:
            yield Alert(
                f"secret {auth}",
                f"{len(users)} endpoints share the secret {auth}: none of them can be taken from its holder",
                "Give each endpoint a secret of its own.",
            )


def find_unfit_caches(found: Collection[Cache]) -> Iterator[Alert]:
    """Caches of sorcery.conf of which linecard cannot take what it changed."""
    for cache in found:
        if cache.kind == "contact":
            yield Alert(
                "sorcery.conf",
                f"sorcery.conf keeps registered phones in the memory cache {cache.name}: a leaver's phone rings on",
                "Remove the line `contact/cache` from sorcery.conf.",
            )
        elif cache.full:
            yield Alert(
                "sorcery.conf",
                f"sorcery.conf keeps all there is in the memory cache {cache.name}: Asterisk finds no new extension",
                "Remove `full_backend_cache` from sorcery.conf.",
            )


def find_stateless_kinds(unlisted: Collection[str]) -> Iterator[Alert]:
    """Kinds of objects of which Asterisk may read no list: it has the state of no phone then."""
    for kind in unlisted:
        if kind in ("endpoint", "aor"):
            yield Alert(
                "sorcery.conf",
                f"sorcery.conf has allow_unqualified_fetch=no for {kind}: no queue rings an extension of the tables,"
                " and no lamp shows it",
                f"Remove `allow_unqualified_fetch` from the line `{kind}` of sorcery.conf, and restart Asterisk.",
            )


def find_leftovers(pointers: Collection[Pointer], vacant: Collection[str]) -> Iterator[Alert]:
    """What still leads to extensions that nobody holds: the next holder would inherit it."""
    for extension, words, remedy in dict.fromkeys(pointers):
        if extension in vacant:
            yield Alert(f"extension {extension}", f"nobody holds {extension}, but {words}", remedy)
