"""For authors of keyrings, the keys that `linecard keys` manages."""

from linecard.ports.keyring import Key, Keyring, KeyringError, SupportsEncrypt
from linecard.ports.kind import KeyringKind
from linecard.rules.openpgp import key_version

__all__ = [
    "Key",
    "Keyring",
    "KeyringError",
    "KeyringKind",
    "SupportsEncrypt",
    "key_version",
]
