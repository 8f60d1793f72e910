"""Whether the holder of an extension can be shut out, and what of: decided on what was read."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import chain

import sqlalchemy as sa

from linecard_asterisk.accounts import Account, AccountIndex, read_related_accounts, split_names
from linecard_asterisk.bulk import where_in
from linecard_asterisk.convert import is_extension
from linecard_asterisk.database import Tables
from linecard_asterisk.reader import Endpoint


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What stands around some extensions: which endpoints share something with them, the user names of the secrets
    that are in the table, by their ids, and the addresses of record that are."""

    sharing: AccountIndex = field(default_factory=AccountIndex)
    usernames: Mapping[str, str] = field(default_factory=dict)
    aors: Collection[str] = ()


def read_surroundings(
    connection: sa.Connection, tables: Tables, endpoints: Mapping[str, Endpoint], elsewhere: Iterable[Account]
) -> Surroundings:
    """What is to be known of these endpoints. `elsewhere` are those that stand in no table."""
    lists = {name: (*split_names(e.aors), *split_names(e.auth)) for name, e in endpoints.items()}
    around = read_related_accounts(connection, tables.endpoints, lists)
    return find_surroundings(connection, tables.auths, tables.aors, endpoints, chain(around, elsewhere))


def find_surroundings(
    connection: sa.Connection,
    auths: sa.Table,
    aors: sa.Table,
    endpoints: Mapping[str, Endpoint],
    accounts: Iterable[Account],
) -> Surroundings:
    """The same where the other endpoints are known already."""
    own = (Account(name, split_names(e.aors), split_names(e.auth)) for name, e in endpoints.items())
    sharing = AccountIndex(chain(accounts, own))
    concerned = set(endpoints)
    for name, endpoint in endpoints.items():
        concerned.update(sharing.find_devices(name, split_names(endpoint.aors)))
    family = [sharing.accounts[name] for name in concerned]
    usernames: dict[str, str] = {}
    for some in where_in(connection, auths.c.id, {auth for account in family for auth in account.auths}):
        found = connection.execute(sa.select(auths.c.id, auths.c.username).where(some))
        usernames.update((auth, username or auth) for auth, username in found)
    there: set[str] = set()
    for some in where_in(connection, aors.c.id, {aor for account in family for aor in account.aors}):
        there.update(connection.scalars(sa.select(aors.c.id).where(some)))
    return Surroundings(sharing, usernames, there)


def read_usernames(connection: sa.Connection, tables: Tables, extensions: Collection[str]) -> dict[str, str]:
    """With which user name a phone of each endpoint logs in: that of the first secret it lists that is in the table."""
    endpoints, auths = tables.endpoints.c, tables.auths.c
    listed: dict[str, tuple[str, ...]] = {}
    for some in where_in(connection, endpoints.id, extensions):
        rows = connection.execute(sa.select(endpoints.id, endpoints.auth).where(some))
        listed.update((name, split_names(auth)) for name, auth in rows)
    there: dict[str, str] = {}
    for some in where_in(connection, auths.id, {auth for names in listed.values() for auth in names}):
        rows = connection.execute(sa.select(auths.id, auths.username).where(some))
        there.update((auth, username or auth) for auth, username in rows)
    firsts = ((name, next(filter(None, map(there.get, names)), None)) for name, names in listed.items())
    return {name: username for name, username in firsts if username is not None}


def find_devices(extension: str, endpoint: Endpoint | None, known: Surroundings) -> tuple[Account, ...]:
    """The other endpoints whose phones ring with an extension; one that is about to be made lists itself."""
    if not known.sharing.accounts:
        return ()
    aors = (extension,) if endpoint is None else split_names(endpoint.aors)
    return tuple(known.sharing.accounts[name] for name in known.sharing.find_devices(extension, aors))


def describe_devices(extension: str, others: Collection[Account]) -> str:
    """That these endpoints ring with an extension, as a clause."""
    names = ", ".join(account.name for account in others)
    who = f"the endpoint {names} rings" if len(others) == 1 else f"the endpoints {names} ring"
    return f"{who} with {extension}"


def find_refusal(extension: str, endpoint: Endpoint | None, known: Surroundings, *, silence: bool) -> str:
    """Why the former holder of an extension could not be shut out of it; empty if that can be done.

    `silence` says that devices which ring with it may be shut out as well.
    """
    others = find_devices(extension, endpoint, known)
    if endpoint is None and not others:
        return ""
    family = {extension, *(account.name for account in others)} if silence else {extension}
    if endpoint is not None:
        words = _find_secret_refusal(extension, split_names(endpoint.auth), family, known)
        words = words or _find_address_refusal(extension, split_names(endpoint.aors), known)
        if words:
            return words
    if not others:
        return ""
    if not silence:
        return f"{describe_devices(extension, others)}, and would keep ringing"
    for account in others:
        if words := _find_device_refusal(account, family, known):
            return f"the endpoint {account.name} rings with {extension}, and cannot be stopped: {words}"
    return ""


def _find_secret_refusal(extension: str, auths: tuple[str, ...], family: set[str], known: Surroundings) -> str:
    missing = [auth for auth in auths if auth not in known.usernames]
    if len(missing) == len(auths):  # also where it lists none
        where = f": {', '.join(missing)} is not there" if missing else ""
        return f"endpoint {extension} has no secret in the table of secrets that could be replaced{where}"
    if missing:
        return f"endpoint {extension} has a secret that could not be replaced: {', '.join(missing)} is not in the table"
    for auth in auths:
        if not family.issuperset(known.sharing.find_users(auth)):
            return f"endpoint {extension} shares its secret {auth} with other endpoints"
    return ""


def _find_address_refusal(extension: str, aors: tuple[str, ...], known: Surroundings) -> str:
    missing = [aor for aor in aors if aor not in known.aors]
    if not missing:
        return ""
    return (
        f"endpoint {extension} rings by {', '.join(missing)}, which is not in the table of addresses of record: "
        "its phones could not be stopped"
    )


def _find_device_refusal(account: Account, family: set[str], known: Surroundings) -> str:
    if is_extension(account.name):
        return "it is an extension itself"
    return _find_secret_refusal(account.name, account.auths, family, known) or _find_address_refusal(
        account.name, account.aors, known
    )
