"""Markers and checksum files: which goes with which, in any case, and to the letter where two could."""

from __future__ import annotations

import pytest

from linecard.languages.stored_sentences import match_sentence
from linecard.model.sheet import Fault, FaultCode, Severity
from linecard.rules.checksum import SideFiles, checksum_fault, ending_of, parse_checksum


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
        (["a.b.csv", "a.b.done", "a.done"], "a.b.csv", "a.b.done"),
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
        ("a.ok.done", "a.csv", ".ok.done"),
        ("a.b.ok.done", "a.b.csv", ".ok.done"),
        ("JOINERS.DONE", "joiners.csv", ".DONE"),
        ("joiners.CSV.Done", "JOINERS.csv", ".Done"),
        ("E\u0301TE.DONE", "éte.csv", ".DONE"),
        ("E\u0301TE.2.DONE", "éte.2.csv", ".DONE"),
    ],
)
def test_the_ending_by_which_it_is_given_back(side, name, ending):
    assert ending_of(side.encode(), name.encode()).decode() == ending


SUM, OTHER = "1aB" * 21 + "0", "2" * 64


@pytest.mark.parametrize(
    "content",
    [
        f"{SUM}  a.csv\n".encode(),
        f"{SUM} *a.csv\r\n".encode(),
        f"SHA256 (a.csv) = {SUM}\n".encode(),
        f"SHA2-256(a.csv)= {SUM}\n".encode(),
        SUM.upper().encode(),
        f"SHA256  {SUM.upper()}  C:\\export\\a.csv\r\n".encode("utf-16"),
        b"\xfe\xff" + f"{SUM}  a.csv\n".encode("utf-16-be"),
        f"{SUM}  caf\xe9/a.csv\n".encode("latin-1"),
        f"{OTHER}  b.csv\n{SUM}  a.csv\n".encode(),
        f"{OTHER}  A.CSV\n{SUM}  a.csv\n".encode(),
        f"{OTHER}  b.csv\n{SUM}  A.CSV\n".encode(),
        f"{SUM}  b.csv\n{OTHER}  c.csv\n".encode(),
        f"a.csv\n{SUM}\n".encode(),
    ],
)
def test_the_sum_is_found_as_any_program_writes_it(content):
    """That of the line with the file's name, to the letter first; where no line has it, the first sum."""
    assert parse_checksum(content, "a.csv") == SUM.lower()


@pytest.mark.parametrize(
    "content", [b"", b"\xff\xfe\x00", SUM[:-1].encode(), f"{SUM}{SUM}".encode(), b"d41d8cd98f00b204"]
)
def test_what_is_no_sum_is_none(content):
    assert parse_checksum(content, "a.csv") == ""


@pytest.mark.parametrize(
    ("said", "message"),
    [(OTHER, f"Its SHA-256 is {SUM}, but a.csv.sha256 says {OTHER}."), ("", "a.csv.sha256 holds no SHA-256.")],
)
def test_what_is_said_of_a_file_with_another_sum(said, message):
    """It is of the whole file, and refuses it."""
    fault = checksum_fault("a.csv.sha256", said, SUM)
    assert fault == Fault(0, "", "", FaultCode.CHECKSUM, Severity.ERROR, message, fault.remedy)
    assert match_sentence(fault.message)
    assert match_sentence(fault.remedy)
