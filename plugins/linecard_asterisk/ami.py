"""The manager interface of Asterisk: what no table tells or does. One connection for each piece of work."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from typing import Protocol, Self

from linecard.api.backend import BackendError
from linecard_asterisk.accounts import Account, split_names
from linecard_asterisk.caches import DEFAULT, Cache, read_caches, read_unlisted
from linecard_asterisk.contacts import parse_address
from linecard_asterisk.pointers import (
    FORWARDS,
    MEMBERS,
    Pointer,
    read_forwards,
    read_persistent_members,
    read_queue_members,
    read_subscriptions,
)

Message = dict[str, str]
MOST_LINE = 65_536
MANY = 500
"""Objects that are expired one by one; of more than that the whole cache is."""
MOST_QUALIFIED = 50
"""Addresses of record that are qualified one by one, each at the price of a look at all endpoints; of more than that
all are, by one reload."""
LONGEST_RELOAD = 300.0
"""Seconds to wait for a reload: Asterisk reads all endpoints before it answers, some thousand a second."""
_PLAIN = re.compile(r"[\w.*#@+-]+")
"""Names that the console takes as one word."""


class ManagerActions(Protocol):
    """What is asked of a running Asterisk."""

    def list_busy(self) -> set[str]:
        """The endpoints that are in a call."""
        ...

    def list_endpoints(self) -> set[str]:
        """The endpoints that there are, wherever they come from."""
        ...

    def list_accounts(self) -> list[Account]:
        """The same, with what each lists."""
        ...

    def hang_up(self, extension: str) -> None:
        """End the calls of an endpoint."""
        ...

    def list_registered(self) -> set[str]:
        """The endpoints and addresses of record with which a phone is registered, where Asterisk keeps that itself."""
        ...

    def drop_contacts(self, endpoints: Collection[str], aors: Collection[str]) -> None:
        """Forget the phones that are registered as these endpoints or in these addresses of record, where Asterisk
        keeps them itself."""
        ...

    def list_caches(self) -> list[Cache]:
        """The memory caches that sorcery.conf puts in front of PJSIP's objects."""
        ...

    def expire_objects(self, objects: Mapping[str, Collection[str]]) -> None:
        """Take objects out of the memory caches, by the kind of object, where there are any."""
        ...

    def list_unlisted_kinds(self) -> tuple[str, ...]:
        """The kinds of objects, such as endpoint, of which sorcery.conf lets Asterisk read no list."""
        ...

    def qualify(self, aors: Collection[str]) -> None:
        """Learn the state of the phones at these addresses of record, which may be new to Asterisk."""
        ...

    def list_pointers(self) -> list[Pointer]:
        """What leads to endpoints: queue members, forwards in Asterisk's own database, and subscriptions of phones."""
        ...

    def reload(self) -> None:
        """Read the endpoints that it includes again. When this returns they are in force."""
        ...

    def set_routes(self, family: str, wanted: Mapping[str, str]) -> None:
        """Let a family of its own database say which numbers ring which extensions, and nothing else."""
        ...


class ManagerSession:
    """A session with the manager interface; raises `BackendError` when it does not answer or refuses."""

    def __init__(self, host: str, port: int, timeout: float) -> None:
        self._where = f"the manager interface {host}:{port}"
        self._remedy = "Check `ami`, and manager.conf of Asterisk."
        self._timeout = timeout
        with self._translate_errors():
            self._socket = socket.create_connection((host, port), timeout)
            self._lines = self._socket.makefile("rb")
            self._lines.readline(MOST_LINE)  # its greeting

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._lines.close()
        self._socket.close()

    def login(self, user: str, secret: str) -> None:
        self._execute("Login", Username=user, Secret=secret, Events="off")

    def list_busy(self) -> set[str]:
        events = self._list_events("CoreShowChannels", "CoreShowChannelsComplete")
        return {e["Channel"].removeprefix("PJSIP/").rpartition("-")[0] for e in events if "Channel" in e}

    def list_endpoints(self) -> set[str]:
        return {account.name for account in self.list_accounts()}

    def list_accounts(self) -> list[Account]:
        events = self._list_events("PJSIPShowEndpoints", "EndpointListComplete")
        lists = ("Aor", "Auths", "OutboundAuths")
        return [
            Account(event["ObjectName"], *(split_names(event.get(name)) for name in lists))
            for event in events
            if "ObjectName" in event
        ]

    def hang_up(self, extension: str) -> None:
        pattern = extension.replace("*", r"\*")
        # Refused when there is no such channel, which is just as well.
        self._send_action("Hangup", Channel=rf"/^PJSIP\/{pattern}-[0-9a-f]+$/")

    def list_registered(self) -> set[str]:
        return {name for endpoint, aor, _ in self._list_contacts() for name in (endpoint, aor)}

    def drop_contacts(self, endpoints: Collection[str], aors: Collection[str]) -> None:
        for endpoint, aor, key in self._list_contacts():
            if endpoint in endpoints or aor in aors:
                self._send_action("DBDel", Family="registrar/contact", Key=key)

    def _list_contacts(self) -> list[tuple[str, str, str]]:
        """The endpoint, the address of record and the key of each contact in Asterisk's own database."""
        events = self._list_events("DBGetTree", "DBGetTreeComplete", Family="registrar/contact")
        found = []
        for event in events:
            key = event.get("Key", "").removeprefix("/registrar/contact/")
            found.append((_parse_endpoint(event.get("Val", "")), parse_address(key), key))
        return found

    def list_caches(self) -> list[Cache]:
        return list(read_caches(self._read_sorcery()))

    def list_unlisted_kinds(self) -> tuple[str, ...]:
        return tuple(read_unlisted(self._read_sorcery()))

    def qualify(self, aors: Collection[str]) -> None:
        if self.list_unlisted_kinds():  # Asterisk has the state of no phone, and this would not give it any
            return
        if len(aors) > MOST_QUALIFIED:
            self.reload()
            return
        for aor in sorted(filter(_PLAIN.fullmatch, aors)):
            self._execute("Command", Command=f"pjsip reload qualify aor {aor}")

    def list_pointers(self) -> list[Pointer]:
        kept = list(read_persistent_members(self._read_tree(MEMBERS)))
        queued = read_queue_members(self._list_events("QueueStatus", "QueueStatusComplete"))
        persistent = {pointer.remedy for pointer in kept}
        found = [*kept, *(pointer for pointer in queued if pointer.remedy not in persistent)]
        for family in FORWARDS:
            found += read_forwards(family, self._read_tree(family))
        lamps = self._list_events("PJSIPShowSubscriptionsInbound", "InboundSubscriptionDetailComplete")
        return [*found, *read_subscriptions(lamps)]

    def _read_tree(self, family: str) -> Iterator[tuple[str, str]]:
        """The keys and values of a family of Asterisk's own database."""
        for event in self._list_events("DBGetTree", "DBGetTreeComplete", Family=family):
            yield event.get("Key", "").removeprefix(f"/{family}/"), event.get("Val", "")

    def _read_sorcery(self) -> list[str]:
        """The lines of the section `res_pjsip` in sorcery.conf."""
        answer = self._send_action("GetConfig", Filename="sorcery.conf")
        if answer.get("Response") != "Success":  # there is none, or this user may not read it
            return []
        numbers = {name.removeprefix("Category-") for name, value in answer.items() if value == "res_pjsip"}
        return [value for name, value in answer.items() if name.startswith("Line-") and name.split("-")[1] in numbers]

    def expire_objects(self, objects: Mapping[str, Collection[str]]) -> None:
        for cache in dict.fromkeys([*self.list_caches(), *DEFAULT]):
            names = objects.get(cache.kind, ())
            if cache.full:
                self._send_action("SorceryMemoryCachePopulate", Cache=cache.name)
            elif len(names) > MANY:
                self._send_action("SorceryMemoryCacheExpire", Cache=cache.name)
            elif not self._expire_from(cache, names):
                return

    def _expire_from(self, cache: Cache, names: Collection[str]) -> bool:
        """Whether there are caches at all."""
        for name in sorted(names):
            answer = self._send_action("SorceryMemoryCacheExpireObject", Cache=cache.name, Object=name)
            said = _reason(answer).lower()
            if answer.get("Response") == "Success" or "could not be expired" in said:
                continue  # the second: it is not in the cache
            if "does not exist" in said:
                return True
            if "unknown command" in said:  # the module is not loaded
                return False
            raise BackendError(
                f"{self._where} refuses SorceryMemoryCacheExpireObject: {_reason(answer)}", remedy=self._remedy
            )
        return True

    def reload(self) -> None:
        self._socket.settimeout(max(LONGEST_RELOAD, self._timeout))
        self._execute("Reload", Module="res_pjsip.so")
        self._socket.settimeout(self._timeout)

    def set_routes(self, family: str, wanted: Mapping[str, str]) -> None:
        there: Message = {}
        for event in self._list_events("DBGetTree", "DBGetTreeComplete", Family=family):
            there[event.get("Key", "").removeprefix(f"/{family}/")] = event.get("Val", "")
        for number in there.keys() - wanted.keys():
            self._execute("DBDel", Family=family, Key=number)
        for number, extension in wanted.items():
            if there.get(number) != extension:
                self._execute("DBPut", Family=family, Key=number, Val=extension)

    # -- the wire --------------------------------------------------------------------------------------------------

    def _execute(self, action: str, **fields: str) -> Message:
        answer = self._send_action(action, **fields)
        if answer.get("Response") != "Success":
            raise BackendError(f"{self._where} refuses {action}: {_reason(answer)}", remedy=self._remedy)
        return answer

    def _list_events(self, action: str, end: str, **fields: str) -> list[Message]:
        """The events that answer an action. None where it says that there is nothing."""
        if self._send_action(action, **fields).get("Response") != "Success":
            return []
        events: list[Message] = []
        while True:
            event = self._read_message()
            if event.get("Event") == end:
                return events
            events.append(event)

    def _send_action(self, action: str, **fields: str) -> Message:
        lines = [f"Action: {action}", *(f"{name}: {value}" for name, value in fields.items())]
        with self._translate_errors():
            self._socket.sendall("\r\n".join([*lines, "", ""]).encode())
        while True:
            answer = self._read_message()
            if "Response" in answer:
                return answer

    def _read_message(self) -> Message:
        message: Message = {}
        while True:
            with self._translate_errors():
                line = self._lines.readline(MOST_LINE).decode(errors="replace")
            if not line:
                raise BackendError(f"{self._where} hung up.", remedy=self._remedy)
            if not line.strip():
                if message:
                    return message
                continue
            name, _, value = line.rstrip("\r\n").partition(":")
            message.setdefault(name, value.strip())

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise BackendError(f"{self._where} does not answer: {error}.", remedy=self._remedy) from error


def _reason(answer: Message) -> str:
    return answer.get("Message", "") or "it gives no reason"


def _parse_endpoint(contact: str) -> str:
    """The endpoint as which a phone registered, in the JSON of its contact."""
    try:
        return str(json.loads(contact).get("endpoint", ""))
    except (ValueError, AttributeError):
        return ""
