"""Files that are there whole or not at all, on a real disk."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from linecard.infrastructure.files import create_private, make_folder, write_whole


@contextmanager
def umask(bits: int) -> Iterator[None]:
    old = os.umask(bits)
    try:
        yield
    finally:
        os.umask(old)


def write(target: Path, text: str, **how: object) -> None:
    with write_whole(target, text=True, **how) as out:
        out.write(text)


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_a_file_is_there_whole(tmp_path):
    """With the line ends that were written, and nothing beside it."""
    write(tmp_path / "new" / "a.txt", "é\r\n")
    assert (tmp_path / "new" / "a.txt").read_bytes() == "é\r\n".encode()
    assert names(tmp_path / "new") == ["a.txt"]


@pytest.mark.parametrize("how", [{}, {"mode": 0o600}, {"replace": False}, {"fsync": False}])
def test_or_not_at_all(tmp_path, how):
    """An error within leaves what was there, and no piece."""
    target = tmp_path / "a.txt"
    if how.get("replace", True):
        target.write_text("old")
    before = names(tmp_path)
    with pytest.raises(TypeError), write_whole(target, text=True, **how) as out:
        out.write("half") and out.write(b"no text")
    assert names(tmp_path) == before
    assert not target.exists() or target.read_text() == "old"


@pytest.mark.parametrize("old", [0o600, 0o640, 0o664, 0o2640])
def test_a_file_that_is_replaced_keeps_its_mode(tmp_path, old):
    """One that was closed to others is not opened to them by a new content. Of a program, which no file here is, the
    kernel takes the setgid bit when anybody but root writes to it."""
    target = tmp_path / "a.txt"
    target.write_text("old")
    target.chmod(old)
    write(target, "new")
    assert (target.read_text(), mode(target)) == ("new", old)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
def test_a_file_that_is_replaced_keeps_its_owner(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("old")
    os.chown(target, 12, 34)
    write(target, "new")
    assert (target.stat().st_uid, target.stat().st_gid) == (12, 34)


def test_a_secret_can_be_read_by_nobody_while_it_is_written(tmp_path):
    """Whatever lay there before, under its name or as a piece, and whoever has it open."""
    target, part = tmp_path / "a.txt", tmp_path / ".a.txt.part"
    for path in (target, part):
        path.write_text("old")
        path.chmod(0o666)
    with umask(0), part.open() as spy, write_whole(target, text=True, mode=0o600) as out:
        assert mode(part) == 0o600
        out.write("secret")
        out.flush()
        assert spy.read() == "old"
    assert (target.read_text(), mode(target)) == ("secret", 0o600)


def test_a_secret_makes_no_folder(tmp_path):
    """Whose rights nobody would have thought of."""
    with pytest.raises(FileNotFoundError):
        write(tmp_path / "none" / "a.txt", "secret", mode=0o600)


def test_a_link_in_the_way_is_not_followed_where_others_may_write(tmp_path):
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / ".a.txt.part").symlink_to(victim)
    write(tmp_path / "a.txt", "new", replace=False)
    assert victim.read_text() == "precious"
    assert not (tmp_path / "a.txt").is_symlink()


def test_no_other_file_loses_its_name(tmp_path):
    target = tmp_path / "a.txt"
    target.write_text("theirs")
    with pytest.raises(FileExistsError):
        write(target, "ours", replace=False)
    assert target.read_text() == "theirs"
    assert names(tmp_path) == ["a.txt"]


def test_a_private_file_is_made_once(tmp_path):
    """With its folders, which are private too; one that is there is left as it is."""
    with umask(0):
        create_private(tmp_path / "a" / "b" / "pbx.db")
    assert [mode(path) for path in (tmp_path / "a", tmp_path / "a" / "b", tmp_path / "a" / "b" / "pbx.db")] == [
        *(0o700, 0o700, 0o600)
    ]
    (tmp_path / "a" / "b" / "pbx.db").write_text("kept")
    create_private(tmp_path / "a" / "b" / "pbx.db")
    assert (tmp_path / "a" / "b" / "pbx.db").read_text() == "kept"


def test_a_folder_has_its_mode_with_those_above_it(tmp_path):
    with umask(0):
        make_folder(os.fsencode(tmp_path / "a" / "b"), mode=0o700)
    assert mode(tmp_path / "a") == mode(tmp_path / "a" / "b") == 0o700
    make_folder(tmp_path / "a" / "b", mode=0o755)
    assert mode(tmp_path / "a" / "b") == 0o700
