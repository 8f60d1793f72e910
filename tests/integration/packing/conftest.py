"""One site with one key, and the people who write to it; made once, for keys take their time."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from house import forked
from integration.packing.people import LONG_AGO, ONCE, Person, gone_afterwards, must_have_gpg
from integration.packing.reading import Desk


@dataclass
class Town:
    """Everybody, and the folder of a site that knows hr, other and expired, but not stranger."""

    folder: Path
    site: Person
    hr: Person
    other: Person
    stranger: Person
    expired: Person

    @property
    def state(self) -> Path:
        return self.folder / "state"


@pytest.fixture(scope="session")
def town() -> Iterator[Town]:
    must_have_gpg()
    folder = Path(tempfile.mkdtemp(prefix="lc-"))  # short: the paths of sockets may not be long
    (folder / "state").mkdir()
    names = ("site", "hr", "other", "stranger", "expired")
    homes = {name: folder / name for name in names if name != "site"} | {"site": folder / "state" / "gnupg"}
    people = {name: Person(homes[name]) for name in names}
    with gone_afterwards(*homes.values()):
        for name, person in people.items():
            if name == "expired":
                person.make_key(name, when=LONG_AGO, lasts="7d")
            else:
                person.make_key(name, when=ONCE)
        site = people["site"]
        for name in ("hr", "other", "expired"):
            site.knows(people[name].public)
        for name in names[1:]:
            people[name].knows(site.public)
        yield Town(folder, **people)
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def linecard() -> Iterator[Path]:
    """The command, which starts at once."""
    with tempfile.TemporaryDirectory(prefix="lc-") as folder, forked.linecard(Path(folder), os.environ) as programs:
        yield programs / "linecard"


@pytest.fixture
def desk(town: Town, tmp_path: Path) -> Iterator[Desk]:
    """What reads drops as the site does, and leaves nothing behind."""
    made = Desk(town.state, tmp_path)
    yield made
    made.close()
    assert list((town.state / "plain").glob("*")) == []
