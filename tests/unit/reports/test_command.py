"""`linecard report RUN --format FORMAT -o FILE`, and what import and resume say of a report that waits."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from house import forked


class Desk:
    """A site made by `linecard init`, and commands typed there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.site = folder / "site"
        self.run("init", str(self.site), "--region", "FR", config=False)
        config = self.site / "linecard.yaml"
        config.write_text(config.read_text(encoding="utf-8") + "templates: templates\n", encoding="utf-8")
        (self.site / "templates").mkdir()
        self.sheet = folder / "sheet.csv"
        self.sheet.write_text("Action,LoginEmail,Extension\nattach,ada@example.org,1000\natach,b@example.org,1001\n")

    def run(self, *words: str, config: bool = True) -> subprocess.CompletedProcess[bytes]:
        more = {"LINECARD_CONFIG": str(self.site / "linecard.yaml")} if config else {}
        return subprocess.run(
            [forked.command(), *words], env=os.environ | more, capture_output=True, check=False, cwd=self.folder
        )


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    made = Desk(tmp_path_factory.mktemp("desk"))
    assert made.run("import", str(made.sheet), "--yes").returncode == 1
    return made


@pytest.mark.parametrize("form", ["html", "csv", "json", "text", "retry"])
def test_a_file_has_the_bytes_that_standard_output_has(desk: Desk, form: str) -> None:
    """In every format, with the line ends of the format."""
    shown = desk.run("report", "1", "--format", form)
    written = desk.run("report", "1", "--format", form, "-o", f"out.{form}")
    assert (shown.returncode, written.returncode, written.stdout) == (0, 0, b"")
    assert (desk.folder / f"out.{form}").read_bytes() == shown.stdout
    assert shown.stdout


def test_an_earlier_file_stays_as_it_was_when_the_report_cannot_be_written(desk: Desk) -> None:
    """It is replaced in one step or not at all, and nothing is left beside it."""
    out = desk.folder / "kept" / "report.html"
    out.parent.mkdir()
    out.write_text("yesterday's")
    template = desk.site / "templates" / "report.html.j2"
    template.write_text("<h1>{{ said.title }}</h1>\n{{ nothing }}")
    failed = desk.run("report", "1", "--format", "html", "-o", str(out))
    template.unlink()
    assert failed.returncode == 2
    assert f"{template}, line 2: 'nothing' is undefined." in failed.stderr.decode()
    assert b"Remedy: Correct it" in failed.stderr
    assert out.read_text() == "yesterday's"
    assert [file.name for file in out.parent.iterdir()] == ["report.html"]


def test_a_link_is_followed_and_a_device_stays_one(desk: Desk) -> None:
    """A file is never put in the place of what is not a plain file."""
    target, link = desk.folder / "target.csv", desk.folder / "link.csv"
    target.write_text("old")
    link.symlink_to(target)
    assert desk.run("report", "1", "--format", "csv", "-o", str(link)).returncode == 0
    assert link.is_symlink()
    assert b"atach" in target.read_bytes()
    pipe = desk.folder / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    assert desk.run("report", "1", "--format", "text", "-o", str(pipe)).returncode == 0
    assert os.read(reader, 20).startswith(b"1 of 2 rows")
    os.close(reader)
    assert pipe.is_fifo()
    full = desk.run("report", "1", "--format", "text", "-o", "/dev/full")
    assert full.returncode == 2
    assert b"/dev/full cannot be written: No space left on device." in full.stderr


def test_a_folder_is_no_file(desk: Desk) -> None:
    """It is said, and what is in it stays."""
    said = desk.run("report", "1", "-o", str(desk.site))
    assert said.returncode == 2
    assert b"cannot be written: it is a folder." in said.stderr
    assert (desk.site / "linecard.yaml").exists()


def test_an_import_says_that_its_report_waits_and_resume_files_it(tmp_path: Path) -> None:
    """The exit code of an import speaks of the rows; that of resume of the reports too."""
    desk = Desk(tmp_path)
    desk.sheet.write_text("Action,LoginEmail,Extension\nattach,ada@example.org,1000\n")
    template = desk.site / "templates" / "report.html.j2"
    template.write_text("{% if %}")
    done = desk.run("import", str(desk.sheet), "--yes")
    assert done.returncode == 0
    assert b"The only row is as it should be." in done.stdout
    assert b"Report:" not in done.stdout
    said = done.stderr.decode()
    assert f"The report of run 1 is not filed yet: {template}, line 1: " in said
    assert "Then `linecard resume` files it." in said
    assert desk.run("resume").returncode == 2
    template.unlink()
    assert desk.run("resume").returncode == 0
    assert len(list((desk.site / "reports").rglob("[0-9]*.html"))) == 1
