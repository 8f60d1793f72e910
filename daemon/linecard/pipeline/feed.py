"""A feed: what the files of an inbox look like and which PBXs they may name, ready to work with."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from linecard.model.format import SheetFormat
from linecard.ports.backend import Backend
from linecard.ports.opener import AnyOpener
from linecard.rules.check import Destinations, Process
from linecard.rules.limits import Limit
from linecard.rules.numbering import NumberingPlan
from linecard.rules.play import SecondExtension, SecondNumber


@dataclass(frozen=True, slots=True)
class Pbx:
    """One PBX of the site. Its `followers` are given what was made on it; `turn` is held by whoever writes to a
    follower."""

    name: str
    backend: Backend
    numbering: NumberingPlan
    second_extension: SecondExtension = SecondExtension.MOVE
    second_number: SecondNumber = SecondNumber.REPLACE
    aliases: tuple[str, ...] = ()
    followers: tuple[Pbx, ...] = ()
    turn: threading.Lock = field(default_factory=threading.Lock, compare=False, repr=False)

    @property
    def follower_names(self) -> list[str]:
        return [follower.name for follower in self.followers]


@dataclass(frozen=True, slots=True)
class Feed:
    """The sheets of one inbox: their form, the PBXs that their rows may name, how much one may take away.

    How files arrive is the business of the port, `linecard.ports.inbox.Inbox`.
    """

    name: str
    form: SheetFormat
    pbxs: Mapping[str, Pbx]
    default_pbx: str | None
    limits: Mapping[str, Limit]
    openers: Mapping[str, AnyOpener] = field(default_factory=dict)
    process: Process | None = None
    """The processors of its rows; None where it has none."""

    @property
    def destinations(self) -> Destinations:
        return Destinations(
            {name: pbx.numbering for name, pbx in self.pbxs.items()},
            {alias: name for name, pbx in self.pbxs.items() for alias in pbx.aliases},
            self.default_pbx,
        )
