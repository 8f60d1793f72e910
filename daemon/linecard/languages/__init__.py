"""The languages of readers: catalogs in gettext's form, LANGUAGE.po for people and LANGUAGE.mo for this program.

`make languages` writes both anew when a sentence has changed; a test fails until each is translated. What has no
translation all the same is said in English: a letter is never lost for want of a word.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from pathlib import Path

from linecard.languages.stored_sentences import match_sentence
from linecard.rules.wording import ENGLISH, Wording

LANGUAGES = ("fr", "de", "es", "pt")
"""Besides English."""

GROUPS = {"fr": "\N{NARROW NO-BREAK SPACE}", "de": ".", "es": ".", "pt": "\N{NO-BREAK SPACE}"}
"""What stands between the thousands (Unicode CLDR)."""

MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),  # noqa: SIM905
    "de": "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split(),  # noqa: SIM905
    "es": "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split(),  # noqa: SIM905
    "pt": "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro".split(),  # noqa: SIM905
}
MOMENTS: dict[str, Callable[[datetime, str], str]] = {
    "fr": lambda at, month: f"{'1er' if at.day == 1 else at.day} {month} {at:%Y} à {at:%H:%M %Z}",
    "de": lambda at, month: f"{at.day}. {month} {at:%Y, %H:%M Uhr %Z}",
    "es": lambda at, month: f"{at.day} de {month} de {at:%Y, %H:%M %Z}",
    "pt": lambda at, month: f"{at.day} de {month} de {at:%Y, %H:%M %Z}",
}


class Translation:
    """A language other than English. Of several catalogs, the first that has a sentence says it."""

    def __init__(self, language: str, folders: tuple[Path, ...]) -> None:
        self.language = language
        self._catalog: NullTranslations = NullTranslations()
        for folder in reversed(folders):
            with (folder / f"{language}.mo").open("rb") as file:
                catalog = GNUTranslations(file)
            catalog.add_fallback(self._catalog)
            self._catalog = catalog
        self.translate_stored = lru_cache(4096)(self._translate_stored)

    def __call__(self, text: str) -> str:
        return self._catalog.gettext(text) if text else ""  # to gettext, nothing means a catalog's own head

    def many(self, one: str, many: str, count: int, **facts: str) -> str:
        return self._catalog.ngettext(one, many, count).format(count=self.number(count), **facts)

    def _translate_stored(self, said: str) -> str:
        found = match_sentence(said)
        if found is None:
            return said
        text, facts = found
        return self(text).format(
            **{name: self._translate_stored(fact) if name == "said" else fact for name, fact in facts.items()}
        )

    def number(self, count: int) -> str:
        return f"{count:,}".replace(",", GROUPS[self.language])

    def moment(self, at: datetime) -> str:
        return MOMENTS[self.language](at, MONTHS[self.language][at.month - 1])


HERE = Path(__file__).parent


@cache
def wording(language: str, *folders: Path) -> Wording:
    """The language of a reader (ISO 639); `folders` have catalogs of a plugin's own, looked into first.

    English for a language that there is not.
    """
    return Translation(language, (*folders, HERE)) if language in LANGUAGES else ENGLISH
