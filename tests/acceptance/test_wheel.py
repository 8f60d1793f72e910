"""The built wheel in a clean environment: it works the same with the sources out of reach."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from acceptance.built import build, run

SHEET = "Employee_ID,Action,Email - Primary Work,Extension\n7,attach,ada@example.com,1000\n8,attach,bob@example.com,9\n"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    return build(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def program(wheel, tmp_path_factory) -> Path:
    """`linecard` as installed from the wheel, with the locked versions of what it needs."""
    folder = tmp_path_factory.mktemp("clean")
    venv.create(folder / "venv", symlinks=True)
    # The pip of this environment installs into that one: a bare Debian has no ensurepip to make another.
    pip = (
        sys.executable,
        "-m",
        "pip",
        "--python",
        folder / "venv" / "bin" / "python",
        "install",
        "--no-compile",
        "--only-binary=:all:",
    )
    (lock,) = [file for file in wheel.parent.glob("*.lock") if file.name.count("-") == 1]
    got = run(*pip, "--require-hashes", "-r", lock, cwd=wheel.parent)
    if got.returncode and not os.environ.get("CI") and "onnection" in got.stderr:
        pytest.skip("The package index cannot be reached, so the wheel has nothing to run on.")
    assert got.returncode == 0, got.stderr
    return folder / "venv" / "bin" / "linecard"


@pytest.fixture(scope="module")
def site(program) -> Path:
    """A site made by the installed program, whose inbox reads Workday's headers by the map that came along."""
    folder = program.parents[2]
    made = run(program, "init", "site", cwd=folder)
    assert made.returncode == 0, made.stderr
    config = folder / "site" / "linecard.yaml"
    text = config.read_text()
    assert "default_pbx: hq" in text
    config.write_text(text.replace("    default_pbx: hq", "    sheet: {columns: workday}\n    default_pbx: hq", 1))
    return config


def test_the_wheel_holds_what_it_must_and_nothing_else(wheel):
    """The packages with templates, migrations and types, the shared files, the licence; no tests, no caches."""
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names}
    assert all(top.startswith("linecard") for top in tops), tops
    for part in (
        "linecard/py.typed",
        "linecard/store/migrations/versions/0001_the_first_schema.py",
        "linecard_reports/templates/report.html.j2",
        ".data/data/share/linecard/config/columns/workday.yaml",
        ".data/data/share/linecard/config/linecard.example.yaml",
        ".dist-info/licenses/LICENSE",
    ):
        assert any(name.endswith(part) for name in names), part
    assert not [name for name in names if "__pycache__" in name or "/tests/" in name or name.endswith(".pyc")]


def test_the_locks_beside_it_hold_what_it_needs_and_each_extra_of_an_installation(wheel):
    """The drivers of databases in theirs alone, nothing of the tests in any, and each file by its hash."""
    locks = {file.name: file.read_text() for file in wheel.parent.glob("*.lock")}
    version = wheel.name.split("-")[1]
    assert sorted(locks) == [f"linecard-{version}{extra}.lock" for extra in ("-ldap", "-mariadb", "-postgresql", "")]
    names = {name: set(re.findall(r"(?m)^([a-z0-9._-]+)(?:\[\w]+)?==", text)) for name, text in locks.items()}
    plain = names[f"linecard-{version}.lock"]
    assert {"sqlalchemy", "cryptography", "pydantic-core"} <= plain
    assert not plain & {"pytest", "mypy", "uv", "pip", "psycopg", "pymysql"}
    assert names[f"linecard-{version}-postgresql.lock"] - plain == {"psycopg", "psycopg-binary"}
    assert names[f"linecard-{version}-mariadb.lock"] - plain == {"pymysql"}
    assert names[f"linecard-{version}-ldap.lock"] - plain == {"python-ldap", "pyasn1", "pyasn1-modules"}
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    for name, text in locks.items():  # by its path: in an index, the name linecard is somebody else's
        extra = name.removeprefix(f"linecard-{version}").removesuffix(".lock").removeprefix("-")
        own = f"./{wheel.name}{f'[{extra}]' if extra else ''} --hash=sha256:{digest}"
        assert text.splitlines()[-1] == own
        assert not re.search(r"(?m)^linecard", text)


def test_it_runs_from_the_wheel_alone(program, tmp_path):
    """Every package comes from the clean environment."""
    code = "import linecard, linecard_directory, linecard_reports as r; print(linecard.__file__, r.__file__)"
    said = run(program.with_name("python"), "-I", "-c", code, cwd=tmp_path)
    assert said.returncode == 0, said.stderr
    files = said.stdout.split()
    assert len(files) == 2
    assert all(Path(file).is_relative_to(program.parents[1]) for file in files)


def test_its_plugins_are_found(program, tmp_path):
    """By their entry points, without a problem."""
    plugins = {p["name"]: p for p in json.loads(run(program, "plugins", "--json", cwd=tmp_path).stdout)}
    assert {"directory", "reports"} <= plugins.keys()
    assert not any(plugin["problem"] for plugin in plugins.values())


def test_from_a_sheet_to_a_report(program, site, tmp_path):
    """A sheet with an HR system's own headers is imported, and every format of the report is written."""
    (tmp_path / "feed.csv").write_text(SHEET)
    said = run(program, "import", "feed.csv", "--yes", "--json", cwd=tmp_path, LINECARD_CONFIG=str(site))
    assert said.returncode == 1, said.stderr
    assert [(row["member"], row["outcome"]) for row in json.loads(said.stdout)["rows"]] == [
        ("ada@example.com", "done"),
        ("bob@example.com", "invalid"),
    ]
    for form in ("html", "csv", "json", "text", "retry"):
        told = run(program, "report", "1", "--format", form, cwd=tmp_path, LINECARD_CONFIG=str(site))
        assert told.returncode == 0, told.stderr
        assert "bob" in told.stdout
    assert len(list((site.parent / "reports").rglob("[0-9]*.html"))) == 1


def test_the_sample_is_read_back(program, site, tmp_path):
    """Written and checked by the installed program; linecard's own header names are known beside Workday's."""
    assert run(program, "sample", "-o", "sheet.csv", cwd=tmp_path).returncode == 0
    said = run(program, "check", "sheet.csv", "--json", cwd=tmp_path, LINECARD_CONFIG=str(site))
    assert (said.returncode, json.loads(said.stdout)["rows"]) == (0, 4)


def test_the_doctor_is_content(program, site, tmp_path):
    """Configuration, folders, database at the newest schema, PBX."""
    said = run(program, "doctor", "--json", cwd=tmp_path, LINECARD_CONFIG=str(site))
    assert said.returncode == 0, said.stdout
    assert all(finding["ok"] for finding in json.loads(said.stdout))
