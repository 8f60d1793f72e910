"""What may stand below `options:` of a PBX of the kind `ldap`."""

from __future__ import annotations

import re
import string
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from linecard.api import Secret

STARTER = """\
url: ldaps://directory.example.com    # or ldap://, which is encrypted by StartTLS
bind: cn=linecard,ou=services,dc=example,dc=com
password: file:secrets/ldap-password
base: ou=people,dc=example,dc=com
extension: telephoneNumber            # the attribute of the extension; ipPhone in Active Directory
# number: telephoneNumber             # the attribute of the public number, if that is another
# further_numbers: otherTelephone     # that of all numbers but the first
# ca_file: directory-ca.pem           # certificates to trust instead of the system's
"""
"""What a new site begins with."""

_FIELDS = frozenset({"extension", "number"})


def _check_url(text: str) -> str:
    if not re.fullmatch(r"(ldaps?://[^\s/?@]+|ldapi://[^\s/?@]*)/?", text):
        raise ValueError("expected ldaps://HOST, ldap://HOST or ldapi://SOCKET, without a path")
    return text


def _check_attribute(text: str) -> str:
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9-]{0,63}", text):
        raise ValueError("expected the name of an attribute, such as telephoneNumber")
    return text


def _check_template(text: str) -> str:
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"expected text with {{extension}} and {{number}} in it: {error}") from None
    if {name for _, name, _, _ in parts} - {None} - _FIELDS or any(spec or how for _, _, spec, how in parts):
        raise ValueError("expected text with {extension} and {number} in it, and nothing else in braces")
    return text


Attribute = Annotated[str, AfterValidator(_check_attribute)]
Template = Annotated[str, AfterValidator(_check_template)]


class LdapOptions(BaseModel):
    """A directory, where its people are, and which of their attributes are linecard's."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(_check_url)] = Field(
        description="ldaps://HOST, ldap://HOST or ldapi://SOCKET, with a port if it is not the usual one."
    )
    start_tls: bool = Field(
        default=True, description="Whether a connection to ldap:// is encrypted before anything is said on it."
    )
    ca_file: Path | None = Field(
        default=None,
        description="Certificates to trust instead of the system's, relative to the site's folder or absolute.",
    )
    bind: str | None = Field(
        default=None, min_length=1, description="The DN that linecard logs in as; Active Directory also takes a UPN."
    )
    password: Secret | None = Field(default=None, description="A reference to its password.")
    base: str = Field(min_length=1, description="The DN below which the people are.")
    filter: str = Field(
        default="(objectClass=person)",
        pattern=r"^\(.*\)$",
        description="Which entries below it are people, as an LDAP filter.",
    )
    member: Attribute = Field(default="mail", description="The attribute that has the login e-mail of a member.")
    extension: Attribute = Field(description="The attribute of the extension, such as telephoneNumber or ipPhone.")
    number: Attribute | None = Field(
        default=None,
        description="The attribute of the public number. Without one, linecard keeps the numbers of extensions itself.",
    )
    further_numbers: Attribute | None = Field(
        default=None,
        description="The attribute of all numbers but the first, such as otherTelephone; the same as `number` where "
        "that takes several values.",
    )
    also: Mapping[Attribute, Template] = Field(
        default={},
        description="Further attributes, each with what is written into it: text with {extension} and {number}, such "
        'as "tel:{number};ext={extension}".',
    )
    page: int = Field(default=500, ge=2, le=10_000, description="Entries to ask for in one page of a search.")
    timeout: float = Field(default=30.0, gt=0, le=600, description="Seconds to wait for an answer.")
    ahead: int = Field(
        default=32, ge=1, le=256, description="Changes that may be under way on the connection at the same time."
    )

    @model_validator(mode="after")
    def _check_together(self) -> Self:
        if (self.bind is None) != (self.password is None):
            raise ValueError("expected bind and password together")
        if self.further_numbers is not None and self.number is None:
            raise ValueError("expected number where there is further_numbers")
        ours = [self.member, self.extension, self.number, *self.also]
        if self.further_numbers != self.number:
            ours.append(self.further_numbers)
        names = [name.lower() for name in ours if name is not None]
        if len(set(names)) != len(names):
            raise ValueError("expected each attribute once")
        return self

    @property
    def is_encrypted(self) -> bool:
        """Whether others on the network cannot read what is said."""
        return self.start_tls or not self.url.startswith("ldap://")
