"""A directory as a PBX: attributes of people in OpenLDAP, 389 Directory Server or Active Directory."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.backend import BackendKind
from linecard_ldap.backend import build
from linecard_ldap.options import STARTER, LdapOptions

LINECARD_API = "1.0"


@hookimpl
def linecard_backends() -> list[BackendKind[LdapOptions]]:
    return [
        BackendKind(
            name="ldap",
            summary="The people of an LDAP directory, such as Active Directory, and their numbers.",
            options=LdapOptions,
            build=build,
            starter=STARTER,
        )
    ]
