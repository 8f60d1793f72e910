"""Programs that deliver files, each in its own way, while the daemon dies and comes back."""

from __future__ import annotations

import os
import random
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from acceptance.crashes import HEADER

FULL = 40
"""Files in an inbox at which producers wait; else they would only ever pile up."""


@dataclass
class Delivered:
    """What was delivered so far: by inbox, name and bytes what is to become of it, and each link that it makes."""

    states: dict[tuple[str, str, bytes], str] = field(default_factory=dict)
    links: Counter = field(default_factory=Counter)
    """How often each extension of a PBX is to be given to a member."""


class Producer(threading.Thread):
    """Delivers files until it is stopped; a file that is begun is finished."""

    def __init__(self, site: Path, inbox: str, pbxs: tuple[str, ...], serial: Iterator[int], deliver: Way) -> None:
        super().__init__(name=deliver.__name__)
        self.folder, self._outside = site / "inbox" / inbox, site / "outside" / deliver.__name__
        self._outside.mkdir(parents=True)
        self._inbox, self._pbxs, self._serial, self._deliver = inbox, pbxs, serial, deliver
        self._chance = random.Random()
        self.stopping = threading.Event()
        self.delivered = Delivered()

    def run(self) -> None:
        while not self.stopping.is_set():
            if len(list(self.folder.iterdir())) < FULL:
                text, links, state = self._sheet()
                name = self._deliver(self, text.encode(), next(self._serial))
                if name is None:
                    return
                self.delivered.states[(self._inbox, name, text.encode())] = state
                self.delivered.links.update(links)
            self.pause(0.1)

    def pause(self, most: float) -> None:
        self.stopping.wait(self._chance.uniform(0, most))

    def _sheet(self) -> tuple[str, list[tuple[str, str, str]], str]:
        """A sheet, the links it makes, and what it comes to."""
        first = next(self._serial)
        kind = self._chance.randrange(30)
        if kind == 0:
            return f"no,sheet\nat,all {first}\n", [], "rejected"
        links = [
            (pbx, str(next(self._serial)), f"m{first}@x.org")
            if row == 0
            else (pbx, str(extension := next(self._serial)), f"m{extension}@x.org")
            for row in range(400 if kind == 1 else self._chance.randint(1, 4))
            for pbx in self._pbxs
        ]
        lines = [f"attach,{member},{pbx},{extension},\n" for pbx, extension, member in links]
        if kind < 8:
            lines.insert(self._chance.randrange(len(lines)), f"attach,nobody,{self._pbxs[0]},{first},\n")
        return HEADER + "".join(lines), links, "partial" if 0 < kind < 8 else "applied"

    # -- ways of delivering ----------------------------------------------------------------------------------------

    def by_rename(self, text: bytes, serial: int) -> str:
        """Written elsewhere and renamed into the inbox."""
        name = f"renamed-{serial}.csv"
        (self._outside / name).write_bytes(text)
        (self._outside / name).rename(self.folder / name)
        return name

    def by_slow_writing(self, text: bytes, serial: int) -> str:
        """Written into the inbox under its own name, with pauses longer than it takes a file to settle."""
        name = f"written-{serial}.csv"
        with (self.folder / name).open("wb", buffering=0) as file:
            for at in range(0, len(text), step := len(text) // 4 + 1):
                file.write(text[at : at + step])
                self.pause(0.4)
        return name

    def under_another_name(self, text: bytes, serial: int) -> str:
        """Written into the inbox under a temporary name, as transfer programs do."""
        name = f"copied-{serial}.csv"
        (self.folder / f"{name}.part").write_bytes(text)
        self.pause(0.2)
        (self.folder / f"{name}.part").rename(self.folder / name)
        return name

    def under_the_same_name(self, text: bytes, _serial: int) -> str | None:
        """Always the same name, as soon as it is free again; with the times of files set to the same instant.

        None if it did not become free any more.
        """
        made = self._outside / "update.csv"
        made.write_bytes(text)
        os.utime(made, (1_790_000_000, 1_790_000_000))
        while not self.stopping.is_set():
            try:
                os.link(made, self.folder / "update.csv")
            except FileExistsError:
                self.pause(0.02)
                continue
            made.unlink()
            return "update.csv"
        return None


Way = Callable[[Producer, bytes, int], str | None]
WAYS: tuple[Way, ...] = (
    Producer.by_rename,
    Producer.by_slow_writing,
    Producer.under_another_name,
    Producer.under_the_same_name,
)


def all_of(producers: list[Producer]) -> Delivered:
    """What all of them delivered together."""
    whole = Delivered()
    for producer in producers:
        whole.states |= producer.delivered.states
        whole.links.update(producer.delivered.links)
    return whole
