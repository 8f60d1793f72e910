"""The settings below `open:`, and what is said of wrong ones."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from linecard.config import Config, load
from linecard.errors import ConfigError
from linecard.registry import Registry
from linecard_packing.options import PgpOptions

KEY = "9F1C5A0B7E3D2C4861B70D95A4E238F6C17B5D20"


def loaded(folder: Path, wrappings: str) -> Config:
    file = folder / "linecard.yaml"
    file.write_text(
        "region: FR\npbxs:\n  hq: {backend: directory, options: {path: hq.sqlite3}}\n"
        f"inboxes:\n  hr:\n    path: in\n    open: {wrappings}\n"
    )
    return load(file, Registry())


def problem(folder: Path, wrappings: str) -> str:
    with pytest.raises(ConfigError) as caught:
        loaded(folder, wrappings)
    assert len(caught.value.problems) == 1
    return caught.value.problems[0]


def test_a_wrapping_without_settings_has_the_usual_ones(tmp_path: Path) -> None:
    found = loaded(tmp_path, "{pgp: , gzip: {}, zip: {member: '*.csv'}}").inboxes["hr"].openers
    assert list(found) == ["workbook", "pgp", "gzip", "zip"]
    assert found["pgp"] == PgpOptions()


@pytest.mark.parametrize("written", [KEY, KEY.lower(), f"0x{KEY}", " ".join(KEY[i : i + 4] for i in range(0, 40, 4))])
def test_a_fingerprint_may_be_written_as_programs_show_it(written: str) -> None:
    assert PgpOptions(signers=(written,)).signers == (KEY,)


def test_the_fingerprints_of_the_newest_keys_are_longer() -> None:
    assert PgpOptions(signers=("C" * 64,)).signers == ("C" * 64,)


@pytest.mark.parametrize("written", [KEY[-16:], KEY[:39], "hr@example.com", ""])
def test_what_could_match_another_key_is_refused(written: str) -> None:
    with pytest.raises(ValidationError, match="full fingerprint"):
        PgpOptions(signers=(written,))


@pytest.mark.parametrize("settings", [{"unencrypted": "signed"}, {"unencrypted": "accept", "signers": (KEY,)}])
def test_settings_that_contradict_each_other_are_refused(settings: dict) -> None:
    with pytest.raises(ValidationError, match="signers"):
        PgpOptions(**settings)


def test_a_wrapping_that_nobody_takes_off_is_told_with_its_line(tmp_path: Path) -> None:
    assert problem(tmp_path, "{rar: }").startswith("linecard.yaml:7:12 inboxes.hr.open.rar: found")


def test_an_unknown_setting_is_told_with_its_place(tmp_path: Path) -> None:
    assert "inboxes.hr.open.zip.members" in problem(tmp_path, "{zip: {members: 3}}")


def test_a_short_fingerprint_is_told_with_its_place(tmp_path: Path) -> None:
    assert "inboxes.hr.open.pgp.signers" in problem(tmp_path, "{pgp: {signers: [17B5D20]}}")


def test_a_passphrase_in_the_file_is_refused_without_being_repeated(tmp_path: Path) -> None:
    said = problem(tmp_path, "{pgp: {passphrase: korrekt Pferd}}")
    assert "a reference to the secret" in said
    assert "Pferd" not in said


def test_a_local_inbox_takes_workbooks_unless_it_says_off(tmp_path: Path) -> None:
    assert list(loaded(tmp_path, "{}").inboxes["hr"].openers) == ["workbook"]
    assert list(loaded(tmp_path, "{workbook: off, gzip: }").inboxes["hr"].openers) == ["gzip"]
    assert loaded(tmp_path, "{workbook: {sheet: Telephones}}").inboxes["hr"].openers["workbook"].sheet == "Telephones"
