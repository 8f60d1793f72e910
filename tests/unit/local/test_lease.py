"""Whether somebody has a file open for writing: only what the kernel is sure of is believed."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from linecard_local.lease import is_open_for_writing
from unit.local.folder import as_nobody


@pytest.fixture
def path(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("one")
    return path


def asked(path):
    handle = os.open(path, os.O_RDONLY)
    try:
        return is_open_for_writing(handle)
    finally:
        os.close(handle)


def test_a_writer_is_seen_as_long_as_it_has_the_file_open(path):
    with path.open("a"):
        assert asked(path)
    assert not asked(path)


def test_a_reader_is_none(path):
    with path.open():
        assert not asked(path)


def test_asking_is_in_no_writers_way_afterwards(path):
    """The lease is given back: a writer is neither kept waiting nor does it end us."""
    handle = os.open(path, os.O_RDONLY)
    assert not is_open_for_writing(handle)
    with path.open("a") as file:
        file.write("two")
    assert is_open_for_writing(handle) is False
    os.close(handle)
    assert path.read_text() == "onetwo"


def test_a_writer_in_another_process_is_seen(path):
    program = "import sys; file = open(sys.argv[1], 'a'); print('open', flush=True); sys.stdin.read()"
    with subprocess.Popen(
        [sys.executable, "-c", program, path], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout.readline() == "open\n"
        assert asked(path)
        writer.stdin.close()
    assert not asked(path)


@pytest.mark.skipif(os.geteuid() != 0, reason="takes two users")
def test_of_the_files_of_others_nothing_is_known_and_nothing_claimed():
    """The kernel grants leases on our own files only; that says nothing of writers."""
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        path = Path(folder) / "a.csv"
        path.write_text("one")
        path.chmod(0o644)
        with path.open("a"):
            assert as_nobody(lambda: not asked(path))


def test_what_is_no_file_says_nothing():
    reading, writing = os.pipe()
    try:
        assert is_open_for_writing(reading) is False
    finally:
        os.close(reading)
        os.close(writing)
