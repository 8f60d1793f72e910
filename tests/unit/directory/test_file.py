"""The file on disk: made for its owner only, never one that is not ours, and its troubles told with a remedy."""

from __future__ import annotations

import os
import resource
import threading
from contextlib import closing, contextmanager

import pytest

from linecard.errors import BackendError
from linecard.model.directory import Holding
from linecard.model.outcome import ChangeStatus
from linecard_directory.backend import DirectoryBackend
from linecard_directory.file import connect
from unit.directory.site import ALL, Site, link


def mode(path):
    return oct(path.stat().st_mode & 0o777)


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_the_file_and_its_folder_are_the_owners_alone(site, umask):
    """Whatever the umask: it holds names and numbers. The files that SQLite lays beside it are no different."""
    before = os.umask(umask)
    try:
        backend = site.backend()
        next(backend.apply(iter([link(1, "1000", "ada@example.org")])))
        modes = {path.name: mode(path) for path in site.path.parent.iterdir()}
    finally:
        os.umask(before)
    assert modes == {"hq.sqlite": "0o600", "hq.sqlite-wal": "0o600", "hq.sqlite-shm": "0o600"}
    assert mode(site.path.parent) == "0o700"


def test_all_folders_on_the_way_are_made(tmp_path):
    """Those that were there keep their mode."""
    tmp_path.chmod(0o755)
    with Site(tmp_path / "a" / "b" / "hq.sqlite") as site:
        assert site.held() == {}
    assert [mode(folder) for folder in (tmp_path / "a" / "b", tmp_path / "a", tmp_path)] == ["0o700", "0o700", "0o755"]


def test_the_mode_of_a_file_that_is_there_is_its_owners_business(site):
    """Somebody may have given a group the right to read it."""
    site.apply(link(1, "1000", "ada@example.org"))
    site.path.chmod(0o640)
    site.apply(link(2, "1001", "bob@example.org"))
    assert mode(site.path) == "0o640"


def test_nothing_is_made_before_it_is_needed(site):
    """A backend that was built and closed leaves no trace."""
    site.backend().close()
    assert not site.path.parent.exists()


def test_many_may_make_the_file_at_once(site):
    """Each finds a directory that is whole, whoever made it."""
    start, found = threading.Barrier(8), []

    def read():
        backend = DirectoryBackend(site.path)
        start.wait()
        found.append(list(backend.fetch(ALL)))

    threads = [threading.Thread(target=read) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [[]] * 8


FOREIGN = {
    "tables": "CREATE TABLE customers (name TEXT)",
    "an application id": "PRAGMA application_id=7",
    "a version": "PRAGMA user_version=3",
}


@pytest.mark.parametrize("mark", FOREIGN)
def test_a_database_of_another_program_is_refused_and_left_as_it_is(site, mark):
    """Whatever tells that it is one, also without tables yet."""
    site.path.parent.mkdir()
    with closing(site.connect()) as connection:
        connection.execute(FOREIGN[mark])
    before = site.path.read_bytes()
    for call in (site.held, lambda: site.apply(link(1, "1000", "ada@example.org"))):
        with pytest.raises(BackendError, match="belongs to another program") as refused:
            call()
        assert refused.value.remedy == "Give this PBX a `path` of its own."
    assert site.path.read_bytes() == before
    assert [path.name for path in site.path.parent.iterdir()] == ["hq.sqlite"]


def test_an_empty_file_becomes_a_directory(site):
    """As one made by `touch`, with the rights somebody wants."""
    site.path.parent.mkdir()
    site.path.touch(0o640)
    assert site.apply(link(1, "1000", "ada@example.org"))[0].status is ChangeStatus.DONE
    assert mode(site.path) == "0o640"


def test_the_file_of_a_later_linecard_is_refused(site):
    """It may mean something else by the same tables."""
    site.held()
    with closing(site.connect()) as connection:
        connection.execute("PRAGMA user_version=3")
    with pytest.raises(BackendError, match=r"later linecard \(tables of version 3, known is 2\)") as refused:
        site.held()
    assert "Install that version" in refused.value.remedy


def test_a_file_that_is_no_database_is_refused(site):
    """And not overwritten."""
    site.path.parent.mkdir()
    site.path.write_text("extension;member\n1000;ada@example.org\n" * 50)
    before = site.path.read_bytes()
    with pytest.raises(BackendError, match="not a database") as refused:
        site.held()
    assert str(site.path) in str(refused.value)
    assert refused.value.remedy == "Check `path`; if the file is damaged, put back its last backup."
    assert site.path.read_bytes() == before


def test_a_damaged_file_is_told_from_an_empty_one(site):
    """A directory that cannot be read must not look like one in which nobody holds anything."""
    site.apply(*(link(n, f"{1000 + n}", f"m{n}@example.org") for n in range(1, 500)))
    with closing(site.connect()) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
    content = bytearray(site.path.read_bytes())
    content[size:] = b"\xa5" * (len(content) - size)
    site.path.write_bytes(content)
    with pytest.raises(BackendError, match="malformed") as refused:
        site.held()
    assert "put back its last backup" in refused.value.remedy


@pytest.mark.parametrize("obstacle", ["a folder in the place of the file", "a file in the place of the folder"])
def test_a_path_that_cannot_be_one_is_told(tmp_path, obstacle):
    """With the path, not with a traceback."""
    path = tmp_path / "pbx" / "hq.sqlite"
    if obstacle.startswith("a folder"):
        path.mkdir(parents=True)
    else:
        path.parent.touch()
    with Site(path) as site, pytest.raises(BackendError, match=str(path)) as refused:
        site.held()
    assert refused.value.remedy


RIGHTS = "Give the user linecard runs as the right to write to the file and to its folder."


@pytest.mark.parametrize(
    ("file", "folder", "words", "remedy"),
    [
        (0o444, 0o777, "attempt to write a readonly database", RIGHTS),
        (0o666, 0o555, "attempt to write a readonly database", RIGHTS),
        (0o000, 0o777, "unable to open", "Check that `path` names a file in a folder that linecard may use."),
    ],
)
def test_a_file_that_may_not_be_used_is_told(open_folder, unprivileged, file, folder, words, remedy):
    """No change is made, and the operator reads which right is missing."""
    path = open_folder / "hq.sqlite"
    with Site(path) as site:
        site.apply(link(1, "1000", "ada@example.org"))
    path.chmod(file)
    open_folder.chmod(folder)
    with Site(path) as site, unprivileged(), pytest.raises(BackendError, match=f"{path}: {words}") as refused:
        site.apply(link(2, "1001", "bob@example.org"))
    assert refused.value.remedy == remedy
    path.chmod(0o600)
    with Site(path) as site:
        assert list(site.held()) == ["1000"]


def test_a_folder_that_may_not_be_written_is_told(open_folder, unprivileged):
    """Where the file would have to be made."""
    open_folder.chmod(0o555)
    with Site(open_folder / "pbx" / "hq.sqlite") as site, unprivileged(), pytest.raises(BackendError) as refused:
        site.held()
    assert "Permission denied" in str(refused.value)
    assert refused.value.remedy == RIGHTS


def test_another_writer_is_waited_for_and_then_told(site):
    """Nothing was made; when the other has ended the same backend goes on."""
    backend = site.backend()
    next(backend.apply(iter([link(1, "1000", "ada@example.org")])))
    with closing(site.connect()) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(BackendError, match="locked") as refused:
            list(backend.apply(iter([link(2, "1001", "bob@example.org")])))
        assert refused.value.remedy.startswith("Another program is writing")
        assert list(site.held()) == ["1000"], "reading waits for nobody"
        other.execute("ROLLBACK")
    assert next(backend.apply(iter([link(2, "1001", "bob@example.org")]))).status is ChangeStatus.DONE


def test_busy_timeout_is_in_seconds(site):
    """SQLite itself counts in milliseconds."""
    with closing(connect(site.path, 2.5)) as connection:
        assert connection.execute("PRAGMA busy_timeout").fetchone() == (2500,)


def test_every_commit_reaches_the_disk(site):
    """A result that was given survives a power failure, and an orphaned member cannot be written."""
    with closing(connect(site.path, 0)) as connection:
        asked = [connection.execute(f"PRAGMA {name}").fetchone()[0] for name in ("synchronous", "foreign_keys")]
    assert asked == [2, 1]


def test_a_full_disk_leaves_what_was_committed_and_nothing_half(site):
    """SQLite's own limit on the size of the file is its own full disk. With room again, the same backend goes on."""
    backend = site.backend()
    next(backend.apply(iter([link(1, "1000", "ada@example.org")])))
    connection = backend._writing
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count={pages + 1}")
    changes = [link(n, f"{1000 + n}", f"m{n}@example.org") for n in range(2, 900)]
    with pytest.raises(BackendError, match="full") as refused:
        list(backend.apply(iter(changes)))
    assert refused.value.remedy == "Make room on the disk, then run it again."
    assert list(site.held()) == ["1000"]
    connection.execute("PRAGMA max_page_count=1000000")
    assert {result.status for result in backend.apply(iter(changes))} == {ChangeStatus.DONE}
    assert site.ask("SELECT count(*) FROM operations") == [(899,)]


@contextmanager
def no_file_above(size):
    """The kernel lets no file of this process grow beyond this."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_a_write_that_the_kernel_refuses_leaves_nothing_half(site):
    """As beyond a quota; the journal of SQLite cannot grow then."""
    site.apply(link(1, "1000", "ada@example.org"))
    changes = [link(n, f"{1000 + n}", f"m{n}@example.org") for n in range(2, 900)]
    with no_file_above(40_000), pytest.raises(BackendError, match=str(site.path)) as refused:
        site.apply(*changes)
    assert "room" in refused.value.remedy
    assert list(site.held()) == ["1000"]
    assert {result.status for result in site.apply(*changes)} == {ChangeStatus.DONE}
    assert site.ask("PRAGMA integrity_check") == [("ok",)]


def test_a_file_of_before_extensions_had_several_numbers_is_brought_up_to_date(site):
    """What it holds stays, and a second number has its place."""
    site.apply(link(1, "1000", "ada@example.org", ("+33199000000",)))
    with closing(site.connect()) as connection:
        for name in ("number_in_use", "other_number_in_use"):
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DROP TABLE further_numbers")
        connection.execute("PRAGMA user_version=1")
    assert site.held() == {"1000": ("ada@example.org", ("+33199000000",))}
    was = Holding("ada@example.org", ("+33199000000",))
    site.apply(link(2, "1000", "ada@example.org", ("+33199000000", "+33199000001"), before=was))
    assert site.held() == {"1000": ("ada@example.org", ("+33199000000", "+33199000001"))}
