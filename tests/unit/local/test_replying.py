"""A result is put into a folder whole, in no other file's place, and once."""

from __future__ import annotations

import io
import os
import stat

import pytest

from acceptance.killing import DIED, Countdown, forked
from linecard.ports.inbox import InboxError
from linecard.testing import make_context
from linecard_local.inbox import LocalInbox

NAME = "000001-hr-joiners.csv"
REPORT = b"Row,Outcome\r\n2,done\r\n" * 100_000


@pytest.fixture
def replies(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "out").mkdir()
    return tmp_path / "out"


def put(replies, content: bytes = REPORT) -> str:
    site = replies.parent
    context = make_context(site, "hr", path="in", reply="../out")
    return LocalInbox(context, watch=False).put_reply(NAME, io.BytesIO(content))


def names(folder) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_it_lies_there_whole(replies):
    where = put(replies)
    assert (replies / NAME).samefile(where)
    assert (replies / NAME).read_bytes() == REPORT
    assert names(replies) == [NAME]


def test_whoever_may_read_the_folder_may_read_it(replies):
    """As the umask of the service says: linecard takes no right away."""
    before = os.umask(0o027)
    try:
        put(replies)
    finally:
        os.umask(before)
    assert stat.S_IMODE((replies / NAME).stat().st_mode) == 0o640


def test_a_second_try_finds_what_the_first_has_put(replies):
    """It is the same file, not a new one of the same content: whoever reads it just now is not disturbed."""
    put(replies)
    first = (replies / NAME).stat()
    put(replies)
    again = (replies / NAME).stat()
    assert (again.st_ino, again.st_mtime_ns) == (first.st_ino, first.st_mtime_ns)
    assert names(replies) == [NAME]


def test_killed_at_any_place_it_is_put_whole_by_the_next_try(replies):
    """Under its name there is all of it or nothing."""
    place, code = 0, DIED
    while code == DIED:
        place += 1
        with_kill = Countdown(place)

        def job(countdown=with_kill):
            with countdown.armed():
                put(replies)

        code, _ = forked(job, replies.parent / "log")
        assert not (replies / NAME).exists() or (replies / NAME).read_bytes() == REPORT
        put(replies)
        assert (names(replies), (replies / NAME).read_bytes()) == ([NAME], REPORT)
        (replies / NAME).unlink()
    assert (place > 5, code) == (True, 0)


@pytest.mark.parametrize("other", [b"", REPORT[:-1], REPORT + b"x", b"x" * len(REPORT)])
def test_another_file_of_the_name_is_left_alone(replies, other):
    (replies / NAME).write_bytes(other)
    with pytest.raises(InboxError, match="another file") as told:
        put(replies)
    assert "continues by itself" in told.value.remedy
    assert (replies / NAME).read_bytes() == other
    assert names(replies) == [NAME]


def test_what_a_killed_try_left_is_taken_away(replies):
    (replies / f".{NAME}.part").write_bytes(REPORT[:1000])
    put(replies)
    assert names(replies) == [NAME]


def test_a_link_laid_in_its_way_is_not_followed(replies):
    """Whoever may write into the folder cannot have linecard overwrite, or tell of, a file elsewhere."""
    secret = replies.parent / "secret"
    secret.write_bytes(REPORT)
    (replies / f".{NAME}.part").symlink_to(secret)
    put(replies, b"new")
    assert (replies / NAME).read_bytes() == b"new"
    assert secret.read_bytes() == REPORT
    (replies / NAME).unlink()
    (replies / NAME).symlink_to(secret)
    with pytest.raises(InboxError, match="another file"):
        put(replies)
    assert names(replies) == [NAME]


def test_a_folder_that_is_not_there_is_made_but_none_above_it(replies):
    replies.rmdir()
    put(replies)
    assert names(replies) == [NAME]
    context = make_context(replies.parent, "hr", path="in", reply="../there/is/none")
    with pytest.raises(InboxError, match="No such file"):
        LocalInbox(context, watch=False).put_reply(NAME, io.BytesIO(REPORT))
