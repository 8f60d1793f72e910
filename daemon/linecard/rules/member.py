"""Login e-mails: syntax only, never a look-up. Source of the syntax: the email-validator package."""

from __future__ import annotations

import re
import unicodedata

_PLAIN_LOCAL = re.compile(r"[a-z0-9]+(?:[._+-][a-z0-9]+)*\Z")
_MOST_DOMAINS = 10_000
_MOST_CHARACTERS = 254  # RFC 3696, erratum 1690


class Members:
    """Checks and normalises logins. A domain is checked once, then known: files repeat few domains often."""

    def __init__(self) -> None:
        self.domains: set[str] = set()

    def plain(self, login: str) -> bool:
        """True only if `login` (lower case) is valid and already in normal form. False says nothing: ask `login`."""
        local, _, domain = login.partition("@")
        return (
            domain in self.domains
            and len(local) <= 64
            and len(login) <= _MOST_CHARACTERS
            and _PLAIN_LOCAL.match(local) is not None
        )

    def login(self, text: str) -> str:
        """The login in lower case and normal form C. Raises ValueError with a sentence."""
        if self.plain(lower := text.lower()):
            return lower
        import email_validator

        if text.startswith("'"):  # legal, but the next spreadsheet would make another member of it
            raise ValueError("An address does not start with an apostrophe.")
        try:
            found = email_validator.validate_email(
                unicodedata.normalize("NFC", text), check_deliverability=False, globally_deliverable=False
            )
        except email_validator.EmailNotValidError as error:
            raise ValueError(str(error)) from None
        if "." not in found.domain:
            raise ValueError("The part after the @-sign has no dot.")
        login = unicodedata.normalize("NFC", found.normalized.lower())  # lower case may leave the normal form
        if len(self.domains) < _MOST_DOMAINS and found.domain.isascii() and login.endswith("@" + found.domain):
            self.domains.add(found.domain)
        return login
