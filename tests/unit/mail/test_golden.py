"""What a mail says of each kind of run in each language, as the files in tests/golden/mail have it.

When a mail is meant to read differently, write them anew and read the difference before committing it:

    LINECARD_GOLDEN=write .venv/bin/pytest tests/unit/mail/test_golden.py
"""

from __future__ import annotations

import os
from email.message import EmailMessage
from pathlib import Path

import pytest

from linecard.model.run import Run
from unit.mail.letters import LANGUAGES, body, mail
from unit.mail.notes import notice
from unit.reports.scenes import SCENES
from unit.reports.sites import Site

Runs = dict[str, tuple[Site, Run]]

GOLDEN = Path(__file__).parents[2] / "golden" / "mail"
OTHERS = ("everything", "held", "crashed", "half_made")
"""Scenes that are kept in every language; all are in English."""
FILES = {f"{name}.en" for name in SCENES} | {f"{name}.{language}" for name in OTHERS for language in LANGUAGES}
NOTICES = {f"{name}.{language}" for name in ("digest", "quiet", "alert") for language in LANGUAGES}


@pytest.mark.parametrize("name", SCENES)
def test_a_mail_reads_as_agreed(name: str, runs: Runs) -> None:
    """Subject and text in every language that is kept, HTML in English."""
    for language in LANGUAGES:
        if f"{name}.{language}" in FILES:
            reads_as_agreed(mail(*runs[name], language), f"{name}.{language}")


@pytest.mark.parametrize("name", ["digest", "quiet", "alert"])
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_notice_reads_as_agreed(name: str, language: str) -> None:
    """A digest with all that there can be in one, one of a week in which nothing happened, and an alert."""
    reads_as_agreed(notice(name, language), f"{name}.{language}")


def reads_as_agreed(found: EmailMessage, name: str) -> None:
    said = {".txt": f"Subject: {found['Subject']}\n\n{body(found, 'plain')}"}
    if name.endswith(".en"):
        said[".html"] = body(found, "html")
    for suffix, text in said.items():
        file = GOLDEN / f"{name}{suffix}"
        if os.environ.get("LINECARD_GOLDEN") == "write":
            file.write_text(text, encoding="utf-8")
        assert text == file.read_text(encoding="utf-8"), file


def test_every_golden_file_belongs_to_a_scene() -> None:
    assert {f.stem for f in GOLDEN.iterdir()} == FILES | NOTICES


@pytest.mark.parametrize("language", LANGUAGES[1:])
def test_no_word_of_english_is_left_but_what_others_said(language: str, runs: Runs) -> None:
    """Every sentence of every kind of run is the reader's, but for names of commands, columns and actions."""
    theirs = ("it shows nobody", "Joiners of December", "What can go wrong", "station <locked> by")
    english = (" the ", " were ", " is ", " and ", "There ", "What ", "Nothing", "Line ", " row")
    for name in SCENES:
        text = body(mail(*runs[name], language), "plain")
        for words in theirs:
            text = text.replace(words, "")
        assert [line for line in text.splitlines() if any(word in line for word in english)] == []
