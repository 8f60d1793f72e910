"""The catalogs of readers' languages: what there is to say, and what each catalog says.

`make languages` puts new sentences into the .po files, empty, and writes the .mo files from them.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from house.places import ROOT
from linecard.languages import LANGUAGES
from linecard.languages.stored_sentences import STORED_SENTENCES
from linecard.model.outcome import Outcome
from linecard.rules import sentences, wording
from linecard.runtime.sample import NOTE
from linecard_mail import notices

CORE = ROOT / "daemon" / "linecard" / "languages"
MAIL = ROOT / "plugins" / "linecard_mail" / "languages"
TEMPLATES = ROOT / "plugins" / "linecard_mail" / "templates"

Message = str | tuple[str, str]
"""A sentence, or the forms of one for one and for many."""


def core() -> list[Message]:
    """What linecard itself says to a reader."""
    s = sentences
    found: list[Message] = [
        *(text for pair in s.SENTENCES.values() for text in pair),
        *s.WANTED.values(),
        *s.NUMBER_TAKEN.values(),
        *(s.DECIDED, s.UNDECIDED),
        *(s.NOBODY, s.THE_PBX, s.AND),
        *s.NO_ROWS,
        s.ALL_FINE,
        s.NOTHING_TO_DO,
        s.NEEDS,
        *s.NONE_DONE,
        s.SO_FAR,
        *s.REMEDIES.values(),
        *(text for said in s._NOT_APPLIED.values() for text in (said.title, said.remedy)),
        *(text for said in s._PART_MADE.values() for text in (said.title, said.remedy)),
        s.TOOK_ITS_PLACE,
        *(s.CRASHED.title, s.CRASHED.remedy),
        s.PART_MADE,
        s.MADE_BEFORE,
        *(s.FOLLOWER_BEHIND, s.FOLLOWER_BEHIND_REMEDY, s.NOT_SENT_YET),
        *wording.COUNTED.values(),
        *wording.ENDED.values(),
        "no rows",
        NOTE,
        *STORED_SENTENCES,
    ]
    return list(dict.fromkeys(text for text in found if text and text != "{decision}"))


def mail() -> list[Message]:
    """What the mail adds, as its templates say it, and the words for outcomes."""
    found: list[Message] = [*map(str, Outcome), "Would be done", "Would have been done", "Not applied"]
    found += [notices.DIGEST, notices.NOTHING_TO_DO, notices.NO_FILE, notices.FILES, *notices.REMEDIES]
    keywords = {"_": None, "many": (1, 2)}
    for file in sorted(TEMPLATES.glob("*.j2")):
        with file.open("rb") as content:
            options = {"silent": "false", "trimmed": "false"}
            said = extract("jinja2.ext:babel_extract", content, keywords, options=options)
            for _line, text, _comments, _context in said:
                found.append((text[0], text[1]) if isinstance(text, tuple) else text)
    known = set(core())
    return [text for text in dict.fromkeys(found) if text not in known]


CATALOGS = {CORE: core, MAIL: mail}


def catalogs() -> Iterator[tuple[Path, str]]:
    for folder in CATALOGS:
        for language in LANGUAGES:
            yield folder, language


def read(folder: Path, language: str) -> Catalog:
    file = folder / f"{language}.po"
    if not file.exists():
        return Catalog(language)
    with file.open("rb") as content:
        return read_po(content, language, abort_invalid=True)


def compiled(catalog: Catalog) -> bytes:
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def fresh(folder: Path, language: str) -> Catalog:
    """The catalog with every sentence there is, and no other."""
    old = read(folder, language)
    made = Catalog(
        language,
        project="linecard",
        version="0",
        header_comment=f"# What linecard says in the language {language}.",
        last_translator="linecard",
        language_team="linecard",
        msgid_bugs_address="linecard",
        charset="utf-8",
        fuzzy=False,
    )
    made.revision_date = made.creation_date = datetime(2026, 11, 25, tzinfo=UTC)
    for text in CATALOGS[folder]():
        key = text[0] if isinstance(text, tuple) else text
        before = old.get(key)
        made.add(text, before.string if before is not None and before.pluralizable == isinstance(text, tuple) else "")
    return made


def write() -> None:
    for folder, language in catalogs():
        catalog = fresh(folder, language)
        with (folder / f"{language}.po").open("wb") as out:
            write_po(out, catalog, width=110, omit_header=False)
        (folder / f"{language}.mo").write_bytes(compiled(catalog))


if __name__ == "__main__":
    write()
