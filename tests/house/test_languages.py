"""Every sentence that a reader may get is there in every language, with the same facts in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from string import Formatter

import pytest
from babel.dates import get_month_names
from babel.numbers import format_decimal

from house.languages import CATALOGS, CORE, MAIL, Message, catalogs, compiled, fresh, read
from linecard.languages import LANGUAGES, MONTHS, wording
from linecard.languages.stored_sentences import STORED_SENTENCES, match_sentence
from linecard.rules.sanitize import is_printable

LOCALES = {"fr": "fr_FR", "de": "de_DE", "es": "es_ES", "pt": "pt_PT"}
EACH = pytest.mark.parametrize(
    ("folder", "language"), list(catalogs()), ids=lambda value: value if isinstance(value, str) else value.parent.name
)


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


@EACH
def test_nothing_is_left_untranslated(folder: Path, language: str) -> None:
    """A new sentence is said in English until somebody has translated it: here, not in a reader's mail.

    `make languages` puts it into the catalogs; then write what it is in each language.
    """
    found = read(folder, language)
    missing: list[Message] = []
    for text in CATALOGS[folder]():
        key = text[0] if isinstance(text, tuple) else text
        said = found.get(key)
        strings = () if said is None else said.string if isinstance(said.string, tuple) else (said.string,)
        if said is None or said.fuzzy or not all(strings) or (len(strings) == 2) != isinstance(text, tuple):
            missing.append(text)
    assert missing == []


@EACH
def test_nothing_is_translated_that_is_not_said(folder: Path, language: str) -> None:
    assert {m.id for m in read(folder, language)} == {m.id for m in fresh(folder, language)}


@EACH
def test_a_translation_has_the_facts_of_its_sentence(folder: Path, language: str) -> None:
    """One more would be a traceback in somebody's mail, one less a gap."""
    for said in read(folder, language):
        if said.id:
            texts = said.id if isinstance(said.id, tuple) else (said.id,)
            wanted = set().union(*map(fields, texts))
            for string in said.string if isinstance(said.string, tuple) else (said.string,):
                assert fields(string) in ([fields(text) for text in texts] if isinstance(said.id, tuple) else [wanted])
                assert string == string.strip()
                assert is_printable(string), f"{string!r} would be made harmless"
                assert texts[-1].endswith(".") == string.endswith("."), string


@EACH
def test_what_is_read_is_what_is_written_for_people(folder: Path, language: str) -> None:
    """The .mo belongs to the .po beside it: `make languages`."""
    assert (folder / f"{language}.mo").read_bytes() == compiled(read(folder, language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("count", [0, 1, 2, 999, 1000, 9999, 10_000, 41_234, 1_000_000])
def test_counts_are_written_as_unicode_has_it(language: str, count: int) -> None:
    assert wording(language).number(count) == format_decimal(count, locale=LOCALES[language])


@pytest.mark.parametrize("language", LANGUAGES)
def test_months_are_named_as_unicode_has_it(language: str) -> None:
    assert MONTHS[language] == [get_month_names("wide", locale=LOCALES[language])[n] for n in range(1, 13)]


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("en", "1 March 2026, 07:05 UTC"),
        ("fr", "1er mars 2026 à 07:05 UTC"),
        ("de", "1. März 2026, 07:05 Uhr UTC"),
        ("es", "1 de marzo de 2026, 07:05 UTC"),
        ("pt", "1 de março de 2026, 07:05 UTC"),
    ],
)
def test_a_moment_is_told_with_its_zone(language: str, said: str) -> None:
    assert wording(language).moment(datetime(2026, 3, 1, 7, 5, tzinfo=UTC)) == said


@pytest.mark.parametrize(
    ("language", "none", "one", "two"),
    [
        ("en", "0 rows", "1 row", "2 rows"),
        ("fr", "0 ligne", "1 ligne", "2 lignes"),
        ("de", "0 Zeilen", "1 Zeile", "2 Zeilen"),
        ("es", "0 filas", "1 fila", "2 filas"),
        ("pt", "0 linhas", "1 linha", "2 linhas"),
    ],
)
def test_each_language_has_its_own_plural(language: str, none: str, one: str, two: str) -> None:
    """Nought is one in French."""
    words = wording(language, MAIL)
    assert [words.many("{count} row", "{count} rows", n) for n in range(3)] == [none, one, two]


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_has_no_translation_is_said_in_english(language: str) -> None:
    """And nothing at all stays nothing: to gettext it would mean the head of the catalog."""
    words = wording(language, MAIL)
    assert words("A sentence that nobody knows.") == "A sentence that nobody knows."
    assert words.many("{count} egg", "{count} eggs", 2) == "2 eggs"
    assert words.translate_stored("A sentence that nobody knows.") == "A sentence that nobody knows."
    assert words("") == words.translate_stored("") == ""


def test_a_language_that_there_is_not_is_english() -> None:
    assert wording("xx").language == "en"


@pytest.mark.parametrize("text", STORED_SENTENCES)
def test_a_kept_sentence_is_known_again_with_its_facts(text: str) -> None:
    """And is taken for no other."""
    facts = {name: f"{name}-1" for name in fields(text)}
    assert match_sentence(text.format(**facts)) == (text, facts)


def test_a_reason_within_a_reason_is_translated_too() -> None:
    said = "4 members would lose their extension on hq: more than 30 % of the 12 that hq holds."
    assert (
        wording("de").translate_stored(said)
        == "4 Mitglieder verlören ihre Nebenstelle auf hq: mehr als 30 % der 12, die hq hat."
    )


def test_what_a_pbx_reports_of_a_change_is_translated_too() -> None:
    """Asterisk's reasons are sentences of linecard's own plugin, not of somebody's PBX."""
    reason = "the endpoint door rings with 1001, and will be silenced with it"
    assert (
        wording("es").translate_stored(f"On hq, a person must approve the change of 1001: {reason}.")
        == "En hq, alguien debe aprobar el cambio de 1001: el terminal door suena con 1001 y se desactivará con ella."
    )
    said = "hq reports about 1001: the PBX's own words."
    assert wording("de").translate_stored(said) == "hq meldet zu 1001: the PBX's own words."


def test_facts_are_never_taken_for_parts_of_a_sentence() -> None:
    """Whatever a cell says."""
    said = "{__class__} {0} %s is not an action."
    assert wording("fr").translate_stored(said) == "{__class__} {0} %s n'est pas une action."


def test_every_catalog_is_one_of_a_language_there_is() -> None:
    for folder in (CORE, MAIL):
        assert (
            {file.stem for file in folder.glob("*.po")} == {file.stem for file in folder.glob("*.mo")} == set(LANGUAGES)
        )
