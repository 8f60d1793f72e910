"""What comes from outside reaches neither the terminal's controls nor a spreadsheet's, and breaks nothing."""

from __future__ import annotations

import os

import pytest

from acceptance.cli.terminal import HEAD
from linecard.api import is_printable

NAMES = [
    "two\nlines.csv",
    "\x1b[31mred\x1b[2J.csv",
    "\x9b31m.csv",
    "right\u202eto left.csv",
    os.fsdecode(b"latin-\xe9\xff.csv"),
    "-" * 3 + "dashes.csv",
    "%s{0}$(id).csv",
    "Arrivées\u00a0: mars.csv",
]
CELLS = ["\x1b[31mred", "a\x07b", "x\u202ey", "=cmd|' /C calc'!A0", "<script>alert(1)</script>", "{{ 7 * 7 }}", "%n%s"]


def calm(*texts: str) -> bool:
    """Whether nothing in it would steer a terminal."""
    return all(is_printable(text.replace("\n", "")) for text in texts)


@pytest.mark.parametrize("name", NAMES, ids=ascii)
class TestFileNames:
    def test_the_file_is_imported_and_its_name_is_harmless(self, site, name):
        """Imported, listed, shown and reported; every command's words are calm."""
        file = site.sheet("attach,ada@x.org,,1000,", "attach,bob,,1001,", name=name)
        heard = [
            site.run("check", file),
            site.run("plan", file),
            site.run("import", file, answers="y\n"),
            site.run("import", file),
            site.run("runs"),
            site.run("show", "1"),
        ]
        assert [said.code for said in heard] == [1, 1, 1, 1, 0, 0]
        for said in heard:
            assert calm(said.out, said.err), said
        for report in site.reports(""):
            assert calm(report.name)

    def test_its_json_is_json(self, site, name):
        """Also where the name is not text at all."""
        file = site.sheet("attach,ada@x.org,,1000,", name=name)
        for words in (("check", file), ("plan", file), ("import", file, "--yes"), ("runs",), ("show", "1")):
            said = site.run(*words, "--json")
            assert said.json
            assert calm(said.out)

    def test_a_missing_file_of_that_name(self, site, name):
        """The complaint is calm as well."""
        for command in ("check", "plan", "import"):
            said = site.run(command, site.folder / "nowhere" / name)
            assert said.code == 2
            assert calm(said.err)
            assert said.err.count("\n") == 2


def test_cells(site):
    """In any column, of any command: shown harmlessly, and the rows around them are done."""
    rows = []
    for column in range(5):
        for cell in CELLS:
            cells = ["attach", "ada@x.org", "hq", "1000", "+33199001000"]
            cells[column] = '"' + cell.replace('"', '""') + '"'
            rows += [",".join(cells), f"attach,m{len(rows)}@x.org,,{2000 + len(rows)},"]
    file = site.sheet(*rows)
    heard = [site.run(*words) for words in (("check", file), ("plan", file), ("import", file, "--yes"), ("show", "1"))]
    assert [said.code for said in heard] == [1, 1, 1, 0]
    for said in heard:
        assert calm(said.out, said.err), said
    assert len(site.holds()) == len(rows) // 2


def test_a_header_with_escape_codes(site):
    """An unknown column is told by a harmless name."""
    file = site.sheet("attach,ada@x.org,,1000,,x", head=HEAD.strip() + ",\x1b[31mCost\x07\n")
    for words in (("check", file), ("plan", file), ("import", file, "--yes"), ("show", "1")):
        said = site.run(*words)
        assert calm(said.out, said.err)
        assert said.code == 0


def test_a_description_that_is_no_text(site):
    """Kept readable; the import goes on."""
    said = site.run("import", site.sheet("attach,ada@x.org,,1000,"), "--yes", "--description", os.fsdecode(b"caf\xe9"))
    assert said.code == 0
    assert site.run("show", "1", "--json").json["description"] == "caf\\xe9"
    assert calm(site.run("show", "1").out)


def test_no_break_spaces_stay_as_french_sets_them(site):
    """In names, descriptions, cells and site: at the terminal, in JSON, in reports and in the archive's index."""
    words, name = "Arrivées\u00a0: mars, 1\u202f234 personnes", "Arrivées\u00a0: mars.csv"
    file = site.sheet("attach,ada@x.org,,1000,", "attaché\u00a0!,bob@x.org,,1001,", name=name)
    heard = [
        site.run("check", file),
        site.run("plan", file),
        site.run("import", file, "--yes", "--description", words),
        site.run("runs"),
        site.run("show", "1"),
        site.run("show", "1", "--json"),
    ]
    for said in heard:
        assert "\ufffd" not in said.out + said.err
    for said in heard[3:]:
        assert name in said.out
    assert words in heard[4].out
    assert words in heard[5].out
    for form in ("html", "text", "json", "csv", "retry", "undo"):
        text = site.run("report", "1", "--format", form).out
        assert "\ufffd" not in text, form
        assert words in text or form in ("csv", "retry", "undo"), form
    pages = [page.read_text(encoding="utf-8") for page in (site.folder / "reports").rglob("index.html")]
    assert all("\ufffd" not in page for page in pages)
    assert any(name in page and words in page for page in pages)
