"""The plugin `ssh`: keys with which an SFTP inbox logs in."""

from __future__ import annotations

from linecard.api import hookimpl
from linecard.api.keyring import KeyringKind
from linecard_packing.options import SshOptions
from linecard_packing.ssh_keys import SshKeyring

LINECARD_API = "1.0"


@hookimpl
def linecard_keyrings() -> list[KeyringKind[SshOptions]]:
    return [KeyringKind("ssh", "Ed25519 keys with which SFTP inboxes log in.", SshOptions, SshKeyring)]
