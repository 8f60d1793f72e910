"""An inbox that reads workbooks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from integration.packing.reading import Desk, Read


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    (tmp_path / "state" / "plain").mkdir(parents=True)
    found = Desk(tmp_path / "state", tmp_path)
    yield found
    found.close()


@pytest.fixture
def read(desk: Desk) -> Callable[..., Read]:
    """Reads the bytes of a workbook as a sheet; the options are those of the opener."""

    def read(data: bytes, most: int = 10_000_000, **options: object) -> Read:
        return desk.read(data, desk.inbox(most, workbook=options), name="people.xlsx")

    return read
