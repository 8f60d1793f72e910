"""What leads to an extension besides its endpoint, as Asterisk tells it: the next holder would inherit it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

FORWARDS = ("CFIM", "CFB", "CFBS", "CFU", "CF")
"""The families in which dialplans keep where an extension is forwarded to; the key is the extension."""
MEMBERS = "Queue/PersistentMembers"
_KEPT = re.compile(r"(?:^|\|)([^;|]+)")
"""Members stand in one value with | between them, each an interface and its settings with ; between them."""
_INTERFACE = re.compile(r"PJSIP/(?:[^@/]+/)?([^@/;&]+)|Local/([^@/;&]+)@.*")
_PLACES = {"static": "Remove it from queues.conf.", "realtime": "Remove it from the table of queue members."}

Event = Mapping[str, str]


class Pointer(NamedTuple):
    """Something that leads to an extension, as a clause without a full stop, and how to take it away."""

    extension: str
    words: str
    remedy: str


def read_persistent_members(tree: Iterable[tuple[str, str]]) -> Iterator[Pointer]:
    """Members that joined a queue and are kept over a restart: the queue, and its members in one value."""
    for queue, members in tree:
        for interface in _KEPT.findall(members):
            for extension in _parse_extensions(interface):
                kept = f"Asterisk's own database still has {MEMBERS}/{queue} for it"
                yield Pointer(extension, kept, f"queue remove member {interface} from {queue}")


def read_queue_members(events: Iterable[Event]) -> Iterator[Pointer]:
    """Members of queues, from wherever they come."""
    for event in events:
        if event.get("Event") == "QueueMember":
            queue, interface = event.get("Queue", ""), event.get("Location", "")
            rung = (*_parse_extensions(interface), *_parse_extensions(event.get("StateInterface", "")))
            for extension in dict.fromkeys(rung):
                remedy = _PLACES.get(event.get("Membership", ""), f"queue remove member {interface} from {queue}")
                yield Pointer(extension, f"it is a member of the queue {queue}", remedy)


def read_forwards(family: str, tree: Iterable[tuple[str, str]]) -> Iterator[Pointer]:
    """Forwards of extensions, and to extensions."""
    for extension, target in tree:
        remedy = f"database del {family} {extension}"
        yield Pointer(extension, f"Asterisk's own database still has {family}/{extension} for it", remedy)
        for led in (target.strip(), *_parse_extensions(target.strip())):
            if led and led != extension:
                yield Pointer(led, f"Asterisk's own database forwards {extension} to it ({family}/{extension})", remedy)


def read_subscriptions(events: Iterable[Event]) -> Iterator[Pointer]:
    """Lamps of phones that logged in as an endpoint: they tell who calls whom, whatever becomes of its secret."""
    watched: dict[str, dict[str, None]] = {}
    for event in events:
        if event.get("Event") == "InboundSubscriptionDetail":
            what = event.get("Extension") or event.get("Mailbox") or "something"
            watched.setdefault(event.get("Endpoint", ""), {})[what] = None
    for extension, what_all in watched.items():
        yield Pointer(
            extension,
            f"a phone that logged in with it subscribed to {', '.join(sorted(what_all))}, and is notified"
            " until the subscription expires",
            "`pjsip show subscriptions inbound` says when; neither a new secret nor a restart ends it before.",
        )


def _parse_extensions(interface: str) -> Iterator[str]:
    """The endpoint or extension that an interface such as `PJSIP/1001` or `Local/1001@internal/n` rings."""
    if found := _INTERFACE.match(interface):
        yield found[1] or found[2]
