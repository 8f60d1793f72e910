"""The plugin `pgp`: encrypted files, and the keys they need."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.keyring import KeyringKind
from linecard.api.opener import OpenerKind
from linecard_packing.decryption import PgpOpener
from linecard_packing.options import PgpOptions
from linecard_packing.pgp_keys import PgpKeyring

LINECARD_API = "1.0"


@hookimpl
def linecard_openers() -> list[OpenerKind[PgpOptions]]:
    return [OpenerKind("pgp", "Files encrypted with OpenPGP, opened by gpg.", PgpOptions, PgpOpener)]


@hookimpl
def linecard_keyrings() -> list[KeyringKind[PgpOptions]]:
    return [KeyringKind("pgp", "OpenPGP keys in a GNUPGHOME of the site.", PgpOptions, PgpKeyring)]
