"""Login e-mails: syntax only, never a look-up. Source of the syntax: the email-validator package."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from types import ModuleType

_PLAIN_LOCAL = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*\Z")
_PLAIN_DOMAIN = re.compile(r"(?=.{4,253}\Z)(?:[a-z0-9](?:(?:[a-z0-9]|-(?!-)){0,61}[a-z0-9])?\.)+[a-z]{2,63}\Z")
"""Most domains are plainly well formed; to load what knows the others takes longer than a short sheet."""
_BETWEEN = re.compile(r"[\s,;/&|]")
"""Marks between two addresses, none of which stands in a domain."""
_LETTERS = re.compile(r"[^\W\d_]+")
_MOST_DOMAINS = 10_000
_MOST_CHARACTERS = 254  # RFC 3696, erratum 1690


_DOTLESS = frozenset({"localdomain", "localhost"})
"""Domains of machines' own accounts; of any other, a missing dot is a mistake."""

REASONS = (
    "An email address must have an @-sign.",
    "There must be something before the @-sign.",
    "There must be something after the @-sign.",
    "An email address cannot have two periods in a row.",
    "An email address cannot start with a period.",
    "An email address cannot end with a period.",
    "An email address cannot have a period immediately before the @-sign.",
    "An email address cannot have a period immediately after the @-sign.",
    "The email address contains invalid characters before the @-sign: {characters}.",
    "The part after the @-sign contains invalid characters: {characters}.",
    "The email address is too long{where}.",
)
"""What email-validator says that helps its reader; anything else it says becomes `UNREADABLE`."""
UNREADABLE = "It is not written as an email address is, such as ada@example.com."


def _reason(said: str) -> str:
    return said if any(pattern.fullmatch(said) for pattern in _reasons()) else UNREADABLE


@cache
def _reasons() -> list[re.Pattern[str]]:
    return [re.compile(re.sub(r"\\{[a-z]+\\}", ".*", re.escape(text)), re.DOTALL) for text in REASONS]


@cache
def _form_checker() -> ModuleType:
    """email-validator, told that a login is a name: nobody sends mail to it, so no domain is reserved.

    The list is a part of the package's interface that its users may change. Imported when first needed: it is slow.
    """
    import email_validator

    email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()
    return email_validator


def _mixes_alphabets(word: str) -> bool:
    """Whether a word has letters of alphabets that share shapes: with a Cyrillic a it is somebody else's login."""
    alphabets = {unicodedata.name(letter, "").partition(" ")[0] for letter in word}
    return len(alphabets & {"LATIN", "CYRILLIC", "GREEK"}) > 1


class Members:
    """Checks and normalises logins. A domain is checked once, then known: files repeat few domains often."""

    def __init__(self) -> None:
        self.domains: set[str] = set()

    def is_plain(self, login: str) -> bool:
        """True only if `login` (lower case) is valid and already in normal form. False says nothing: `normalize`."""
        local, _, domain = login.partition("@")
        return (
            domain in self.domains
            and len(local) <= 64
            and len(login) <= _MOST_CHARACTERS
            and _PLAIN_LOCAL.match(local) is not None
        )

    def is_login(self, text: str) -> bool:
        try:
            return bool(self.normalize(text))
        except ValueError:
            return False

    def normalize(self, text: str) -> str:
        """The login in lower case and normal form C. Raises ValueError with a sentence."""
        domain = (lower := text.lower()).partition("@")[2]
        if len(self.domains) < _MOST_DOMAINS and _PLAIN_DOMAIN.match(domain):
            self.domains.add(domain)
        if self.is_plain(lower):
            return lower
        email_validator = _form_checker()
        if text.startswith("'"):  # legal, but the next spreadsheet would make another member of it
            raise ValueError("An address does not start with an apostrophe.")
        if any(map(_BETWEEN.search, text.split("@")[1:-1])):
            raise ValueError("There is more than one address in the cell.")
        if not text.isascii() and any(map(_mixes_alphabets, _LETTERS.findall(text))):
            raise ValueError("Letters of two alphabets that look alike are mixed in one word.")
        try:
            found = email_validator.validate_email(
                unicodedata.normalize("NFC", text), check_deliverability=False, globally_deliverable=False
            )
        except email_validator.EmailNotValidError as error:
            raise ValueError(_reason(str(error))) from None
        if "." not in found.domain and found.domain not in _DOTLESS:
            raise ValueError("The part after the @-sign has no dot.")
        return unicodedata.normalize("NFC", found.normalized.lower())  # lower case may leave the normal form
