"""One place for one idea: no two modules have the same function, by whatever name."""

from __future__ import annotations

from pathlib import Path

import pytest

from house.places import modules, name
from house.similarity import bodies, pairs

MOST_ALIKE = 0.7

_QUERY = "each is one query of SQLAlchemy, of other tables and columns"
ALLOWED = {
    frozenset({"Attempts.count_sent", "Journal.last_seq"}): _QUERY,
    frozenset({"Attempts.count_sent", "Journal.count_left"}): _QUERY,
    frozenset({"Attempts.first", "Journal.last_seq"}): _QUERY,
    frozenset({"Attempts.first", "Store.last_arrival"}): _QUERY,
    frozenset({"Store.count_try", "allocate"}): _QUERY,
    frozenset({"AsteriskBackend.apply", "DirectoryBackend.apply"}): "what `Backend.apply` promises, in six lines",
}
"""Functions that may be alike, and why."""

READ_ALONE = ("daemon/linecard/testing/contract/", "daemon/linecard/store/migrations/")
"""Tests of a contract are read one by one, as its specification; a migration never changes again."""


def test_no_function_is_written_twice() -> None:
    """A second one would be mended without the first: put it where both can reach it, or say here why not."""
    compared = [path for path in modules() if not name(path).startswith(READ_ALONE)]
    found = {
        frozenset({one.name, other.name}): f"{alike:.0%}: {name(one.path)} {one.name}, {name(other.path)} {other.name}"
        for alike, one, other in pairs(bodies(compared), MOST_ALIKE)
    }
    assert [said for names, said in found.items() if names not in ALLOWED] == []
    assert ALLOWED.keys() - found.keys() == set(), "exceptions that are needed no longer"


ONE = '''
def settle(self, claim, seen):
    """One."""
    path = self._aside(claim)
    if path is None:
        raise InboxError(f"{claim} is not there.", remedy="Send it again.")
    handle = open_file(path)
    try:
        return handle.read(MOST)
    finally:
        handle.close()
'''
OTHER = ONE.replace("settle", "take").replace("claim", "name").replace("One.", "Another.").replace("is not", "went")
ANOTHER = '''
def sizes(self, names):
    """Another."""
    found = {name: self._find(name).size for name in sorted(names) if name}
    for name, size in found.items():
        if size > MOST:
            self._report(f"{name} is too large.")
    return found
'''


@pytest.mark.parametrize(
    ("other", "is_alike"),
    [
        (OTHER, True),
        (OTHER.replace("return handle.read(MOST)", "return handle.read(MOST + 1)"), True),
        (OTHER.replace("_aside", "_find").replace("open_file", "connect"), True),
        (ANOTHER, False),
    ],
)
def test_likeness_is_seen_through_other_names_and_sentences(tmp_path: Path, other: str, *, is_alike: bool) -> None:
    (tmp_path / "one.py").write_text(ONE)
    (tmp_path / "other.py").write_text(other)
    found = list(pairs(bodies(sorted(tmp_path.iterdir())), MOST_ALIKE))
    assert bool(found) == is_alike


def test_functions_of_one_module_may_be_alike(tmp_path: Path) -> None:
    """They are read together; and what is shorter than a few calls is no idea of its own."""
    (tmp_path / "one.py").write_text(ONE + OTHER)
    assert len(list(bodies([tmp_path / "one.py"]))) == 2
    assert list(pairs(bodies([tmp_path / "one.py"]), MOST_ALIKE)) == []
    (tmp_path / "one.py").write_text("def close(self):\n    self._connection.close()\n")
    assert list(bodies([tmp_path / "one.py"])) == []
