"""Which names are never a sheet, and how a hostile name is tamed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linecard.rules.names import _any_of, display, fold_file_name, is_junk, is_system_file, matches, safe_name


@pytest.mark.parametrize(
    "name",
    [
        ".joiners.csv",  # rsync, NiFi, hidden
        ".nfs0000001",
        ".DS_Store",
        "._joiners.csv",  # macOS
        ".sftpgo-upload.x.joiners.csv",
        "~$joiners.xlsx",  # Office
        "joiners.csv~",
        "joiners.csv.filepart",  # WinSCP
        "joiners.csv.ocTransferId123.part",  # Nextcloud
        "joiners.csv.part",
        "JOINERS.CSV.TMP",
        "joiners.csv.writing",  # Spring
        "joiners.csv.camelLock",
        "joiners.csv.crdownload",
        "Thumbs.db",
        "desktop.ini",
    ],
)
def test_a_temporary_name_is_junk_whatever_is_in_the_file(name):
    assert is_junk(name)


@pytest.mark.parametrize("name", ["joiners.csv", "party.csv", "tmp.csv", "a", "-rf", "x\n.csv", "template.partial.csv"])
def test_any_other_name_is_none(name):
    assert not is_junk(name)


@pytest.mark.parametrize(
    "path",
    [
        "Thumbs.db",
        "people/.DS_Store",
        "People/~$People.xlsx",
        r"people\desktop.ini",
        "__MACOSX/people.csv",
        "a/__macosx/b/people.csv",
        "@eaDir/people.csv",
        ".cache/people.csv",
        "../.git/people.csv",
        "#recycle/people.csv",
        "@Recycle/people.csv",
        "RECYCLER/S-1-5-21/people.csv",
        "Network Trash Folder/people.csv",
        "lost+found/people.csv",
        "people.csv:Zone.Identifier",
        "Thumbs.db:encryptable",
    ],
)
def test_what_a_system_leaves_in_an_archive_is_no_member(path):
    """By its own name, or by a folder in which it lies, whatever its case and whichever way the strokes lean."""
    assert is_system_file(path)


@pytest.mark.parametrize(
    "path", ["people.csv", "a/people.csv", "../people.csv", "./people.csv", "people.tmp", "x\\y.csv"]
)
def test_any_other_member_is_one(path):
    """Also one that leads out of the archive: that is a fault of its own, and not a system's doing."""
    assert not is_system_file(path)


def test_several_patterns_are_one_expression_for_names_in_small_letters():
    found = _any_of(("*.Part", "x", "~$*"))
    assert all(found.match(name) for name in ("a.part", "x", "~$y"))
    assert not any(found.match(name) for name in ("a.PART", "xx", "a.party", "y"))


def test_names_are_the_same_whatever_their_case_and_however_their_accents_are_written():
    assert (
        fold_file_name("PE\N{COMBINING ACUTE ACCENT}RE.CSV")
        == fold_file_name("père.csv".replace("è", "é"))
        == "pére.csv"
    )


def test_a_plain_name_stays_as_it_is():
    assert safe_name("Xylophone_2026-05.csvX") == "Xylophone_2026-05.csvX"
    assert safe_name("._é/ü.csv._") == "e_u.csv"


def test_patterns_are_compared_without_case_and_with_the_whole_name():
    assert matches("Joiners.CSV", ("*.csv",))
    assert matches("joiners.csv", ("leavers*", "JOIN?RS.*"))
    assert not matches("joiners.csv.old", ("*.csv",))
    assert not matches("joiners.csv", ())
    assert matches("two\nlines.csv", ("*.csv",))


def test_bytes_that_are_not_utf_8_are_shown_and_stay_apart():
    assert display(b"b\xe9.csv") == "b\\xe9.csv"
    assert display("bé.csv".encode()) == "bé.csv"


@given(st.binary(max_size=300))
def test_a_name_of_ours_is_plain_whatever_the_name_was(raw):
    """It leads nowhere else, is not hidden and fits into a file system."""
    name = safe_name(display(raw))
    assert name
    assert name.isascii()
    assert name.isprintable()
    assert "/" not in name
    assert not name.startswith(".")
    assert len(name) <= 80


def test_what_can_be_read_of_a_name_stays():
    assert safe_name("Einträge Köln.csv") == "Eintrage_Koln.csv"
    assert safe_name("x" * 100 + ".csv").endswith("xx.csv")
    assert safe_name("../../etc/passwd") == "etc_passwd"
    assert safe_name("日本") == "sheet"
