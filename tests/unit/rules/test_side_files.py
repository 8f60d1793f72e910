"""Markers and checksum files: which goes with which, in any case, and to the letter where two could."""

from __future__ import annotations

import pytest

from linecard.rules.checksum import SideFiles, ending_of, parse_checksum


@pytest.mark.parametrize(
    ("there", "name", "goes"),
    [
        (["a.csv", "a.csv.done"], "a.csv", "a.csv.done"),
        (["a.csv", "a.done"], "a.csv", "a.done"),
        (["JOINERS.CSV", "JOINERS.DONE"], "JOINERS.CSV", "JOINERS.DONE"),
        (["JOINERS.CSV", "joiners.csv.done"], "JOINERS.CSV", "joiners.csv.done"),
        (["joiners.csv", "Joiners.Done"], "joiners.csv", "Joiners.Done"),
        (["a.csv", "A.CSV.DONE", "a.done"], "a.csv", "a.done"),
        (["Übertritt.csv", "ÜBERTRITT.DONE"], "Übertritt.csv", "ÜBERTRITT.DONE"),
        (["Übertritt.csv", "ÜBERTRITT.done"], "Übertritt.csv", "ÜBERTRITT.done"),
        (["a.csv", "A.csv", "a.done"], "A.csv", ""),  # it is the other's
        (["a.csv", "A.csv", "a.done"], "a.csv", "a.done"),
        (["a.csv", "A.csv", "a.done", "A.DONE"], "A.csv", "A.DONE"),
        (["a.csv", "b.done"], "a.csv", ""),
        (["a.csv", "a.csv.done.txt"], "a.csv", ""),
    ],
)
def test_what_goes_with_a_file(there, name, goes):
    """To the letter first; a name that differs in case alone goes with no file while another has it."""
    files = SideFiles(".done", [found.encode() for found in there])
    assert files.side_file_of(name.encode()).decode() == goes


def test_an_ending_in_capitals_in_the_configuration():
    assert SideFiles(".DONE", [b"a.csv", b"a.done"]).side_file_of(b"a.csv") == b"a.done"


def test_a_name_that_is_no_text():
    """Bytes that are not UTF-8 are compared as they are."""
    assert SideFiles(".done", [b"\xff.CSV", b"\xff.DONE"]).side_file_of(b"\xff.CSV") == b"\xff.DONE"


def test_what_is_one_itself():
    files = SideFiles(".done", [])
    assert [files.is_side_file(name) for name in (b"a.done", b"A.DONE", b"a.csv")] == [True, True, False]


@pytest.mark.parametrize(
    ("side", "name", "ending"),
    [
        ("a.csv.done", "a.csv", ".done"),
        ("a.done", "a.csv", ".done"),
        ("JOINERS.DONE", "joiners.csv", ".DONE"),
        ("joiners.CSV.Done", "JOINERS.csv", ".Done"),
        ("E\u0301TE.DONE", "éte.csv", ".DONE"),
    ],
)
def test_the_ending_by_which_it_is_given_back(side, name, ending):
    assert ending_of(side.encode(), name.encode()).decode() == ending


def test_the_line_of_a_checksum_file_that_names_the_file_in_capitals():
    one, other = "1" * 64, "2" * 64
    assert parse_checksum(f"{one}  other.csv\n{other}  JOINERS.CSV\n".encode(), "joiners.csv") == other
