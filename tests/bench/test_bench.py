"""The bench itself, on a tiny sheet: a figure means something only if both do the same work."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections import Counter
from pathlib import Path

import phonenumbers

from bench import agree, sheets

BENCH = Path(__file__).with_name("bench.py")


def test_linecard_and_the_plain_script_find_the_same_bad_rows_and_leave_the_same_directory(tmp_path):
    """Of a thousand rows, imported, imported again and detached; the bench ends with 1 where they disagree."""
    facts = tmp_path / "facts.json"
    words = ["--rows", "1000", "--tries", "1", "--cache", tmp_path, "--json", facts]
    ended = subprocess.run([sys.executable, BENCH, *words], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (result,) = json.loads(facts.read_text())["sizes"]
    assert result["disagreements"] == []
    assert (result["bad_rows"], result["directory"]) == (58, 942)
    for name in ("check", "import", "import_again", "detach_all"):
        assert f"  {name.replace('_', ' ')} " in ended.stdout
        assert result["figures"][name]["peak"] > 10_000_000, "linecard itself was measured"


def test_sheets_are_the_same_whenever_they_are_made_and_name_nothing_twice(tmp_path):
    """Distinct e-mails, extensions and numbers from eight countries; about 6 % of the rows are wrong."""
    one, other = sheets.joiners(tmp_path / "1", 5000), sheets.joiners(tmp_path / "2", 5000)
    assert one.read_bytes() == other.read_bytes()
    rows = [line.split(";") for line in one.read_text().splitlines()[1:]]
    good = [row for i, row in enumerate(rows) if i % sheets.BAD_EVERY != sheets.BAD_EVERY - 1]
    for column in (1, 3, 4):
        assert len({row[column].lower() for row in good}) == len(good)
    assert 0.05 < 1 - len(good) / len(rows) < 0.07
    assert len({row[1].lower().rpartition("@")[2] for row in good}) == 37
    parsed = [phonenumbers.parse(row[4], "FR") for row in good]
    assert all(map(phonenumbers.is_valid_number, parsed))
    assert len(Counter(number.country_code for number in parsed)) == len(sheets.RANGES) == 8


def test_a_difference_between_two_directories_is_named(tmp_path):
    """One extension held by somebody else, or missing at the end, is enough."""
    files = [tmp_path / name for name in ("one", "same", "other", "shorter")]
    for file, rows in zip(files, (["a", "b"], ["a", "b"], ["a", "c"], ["a"]), strict=True):
        connection = sqlite3.connect(file)
        with connection:
            connection.execute("CREATE TABLE extensions (extension TEXT PRIMARY KEY, member TEXT, number TEXT)")
            connection.executemany("INSERT INTO extensions VALUES (?, ?, NULL)", enumerate(rows))
        connection.close()
    one, same, other, shorter = files
    assert agree.difference(one, same) == ""
    assert "'1', 'b'" in agree.difference(one, other)
    assert "None" in agree.difference(one, shorter)
    assert agree.size(one) == 2
