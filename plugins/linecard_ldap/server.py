"""What a directory server can do, as it says itself, and how it is asked for values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from linecard_ldap.convert import Edit
from linecard_ldap.errors import load_library

ACTIVE_DIRECTORY = "1.2.840.113556.1.4.800"
ASSERTION = "1.3.6.1.1.12"
_ABOUT = ["supportedControl", "supportedCapabilities", "vendorName", "vendorVersion", "subschemaSubentry"]


@dataclass
class LdapServer:
    """A directory server. `asserts`: whether it takes a critical assertion with a write (RFC 4528). Some say so and
    refuse it; then it is put to False.

    `rules` has the rule by which it compares values of each attribute that it knows, by name in lower case; it is None
    where the server's schema does not tell, as in Active Directory, which compares everything.
    """

    name: str
    asserts: bool
    rules: Mapping[str, str | None] | None

    def knows(self, attribute: str) -> bool:
        return self.rules is None or attribute.lower() in self.rules

    def compares(self, attribute: str) -> bool:
        """Whether it can tell values of this attribute apart: else it finds and deletes none of them."""
        return self.rules is None or self.rules.get(attribute.lower()) is not None

    def match(self, attribute: str, value: str | bytes) -> str:
        """A filter for entries that have this value, or one that the server takes for the same."""
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else value
        words = load_library("ldap.filter").escape_filter_chars(text)
        return f"({attribute}={words})" if self.compares(attribute) else f"({attribute}:caseIgnoreMatch:={words})"

    def match_number(self, attribute: str, number: str) -> str:
        """A filter for entries that have this number. Active Directory knows no telephone numbers, only text: whatever
        stands between the digits must be left open."""
        if self.rules is not None:
            return self.match(attribute, number)
        escape = load_library("ldap.filter").escape_filter_chars
        return f"({attribute}=*{'*'.join(map(escape, number))}*)"

    def assert_old(self, edit: Edit) -> Iterator[str]:
        """What must hold of an attribute for an edit of it to be made, besides what deleting its old values holds."""
        if not edit.old:
            yield f"(!({edit.attribute}=*))"
        elif not self.compares(edit.attribute):
            yield from (self.match(edit.attribute, value) for value in edit.old)


def any_of(terms: Iterable[str]) -> str:
    return f"(|{''.join(terms)})"


def read_server(connection: Any, timeout: float) -> LdapServer:
    """Ask a server what it can. Raises what the library raises."""
    ldap = load_library()
    asked = connection.search_ext("", ldap.SCOPE_BASE, "(objectClass=*)", _ABOUT)
    found = connection.result3(asked, timeout=timeout)[1]
    about = {name.lower(): [v.decode("utf-8", "replace") for v in values] for name, values in found[0][1].items()}
    is_ad = ACTIVE_DIRECTORY in about.get("supportedcapabilities", ())
    asserts = ASSERTION in about.get("supportedcontrol", ())
    name = "Active Directory" if is_ad else " ".join(about.get("vendorversion", about.get("vendorname", ["OpenLDAP"])))
    where = about.get("subschemasubentry", [])
    if is_ad or not where:
        return LdapServer(name, asserts, None)
    asked = connection.search_ext(where[0], ldap.SCOPE_BASE, "(objectClass=*)", ["attributeTypes"])
    found = connection.result3(asked, timeout=timeout)[1]
    if not found:
        return LdapServer(name, asserts, None)
    schema = load_library("ldap.schema")
    return LdapServer(name, asserts, _read_rules(schema, schema.SubSchema(found[0][1], check_uniqueness=0)))


def _read_rules(schema: Any, subschema: Any) -> dict[str, str | None]:
    rules: dict[str, str | None] = {}
    for oid in subschema.listall(schema.AttributeType):
        kind = subschema.get_obj(schema.AttributeType, oid)
        while (rule := kind.equality) is None and kind.sup:
            above = subschema.get_obj(schema.AttributeType, kind.sup[0])
            if above is None:
                break
            kind = above
        names = subschema.get_obj(schema.AttributeType, oid).names or (oid,)
        rules.update(dict.fromkeys((name.lower() for name in names), rule))
    return rules
