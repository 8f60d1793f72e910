"""389 Directory Server of Debian's packages: an instance in a temporary folder, on free ports of the loopback.

Its programs cannot be moved, so the packages are installed: it takes root where they are not there yet.
"""

from __future__ import annotations

import getpass
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from integration.asterisk.postgres import free_port
from integration.cache import missing, run
from integration.debian import install_packages
from integration.ldap import library
from integration.ldap.slapd import PASSWORD, SUFFIX, Slapd, make_certificate

PROGRAM = Path("/usr/sbin/ns-slapd")
TEMPLATE = Path("/usr/share/dirsrv/data/template-dse.ldif")
SYSTEM = Path("/etc/dirsrv")
ADMIN = "cn=Directory Manager"
SCHEMA = """\
dn: cn=schema
attributeTypes: ( 1.3.6.1.4.1.99999.1.1 NAME 'ipPhone' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributeTypes: ( 1.3.6.1.4.1.99999.1.2 NAME 'extensionNumber' EQUALITY caseExactMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributeTypes: ( 1.3.6.1.4.1.99999.1.3 NAME 'sipLine' EQUALITY caseExactMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectClasses: ( 1.3.6.1.4.1.99999.2.1 NAME 'telephoneUser' SUP top AUXILIARY
  MAY ( ipPhone $ extensionNumber $ sipLine ) )
"""
DATABASE = f"""\
dn: cn=people,cn=ldbm database,cn=plugins,cn=config
objectClass: extensibleObject
objectClass: nsBackendInstance
nsslapd-suffix: {SUFFIX}

dn: cn="{SUFFIX}",cn=mapping tree,cn=config
objectClass: extensibleObject
objectClass: nsMappingTree
nsslapd-state: backend
nsslapd-backend: people

dn: {SUFFIX}
objectClass: domain
dc: example
"""


@dataclass
class Dirsrv(Slapd):
    """A running instance."""

    admin: str = ADMIN

    def command(self) -> list[str | Path]:
        # With a level of its log the server stays in the foreground; this one is the usual.
        return [PROGRAM, "-D", self.folder / "config", "-i", self.folder / "run" / "pid", "-d", "16384"]


@contextmanager
def server() -> Iterator[Dirsrv]:
    """An instance for as long as the context lasts."""
    library.add_to_path()
    if not install_packages("389-ds-base", is_there=PROGRAM.exists):
        missing("389 Directory Server is not installed: apt-get install 389-ds-base")
    with tempfile.TemporaryDirectory(prefix="linecard-dirsrv-") as name:
        folder = Path(name)
        found = Dirsrv(folder, free_port(), free_port())
        found.password.touch(mode=0o600)
        found.password.write_text(PASSWORD)
        _write_configuration(found)
        found.start()
        try:
            found.add(DATABASE)
            yield found
        finally:
            found.stop()


def _write_configuration(instance: Dirsrv) -> None:
    folder = instance.folder
    names = ("config", "config/schema", "lock", "tmp", "ldif", "bak", "run", "inst", "log", "db")
    for name in names:
        (folder / name).mkdir()
    known = {f"{name}_dir": str(folder / name) for name in names} | {
        "schema_dir": str(folder / "config" / "schema"),
        "cert_dir": str(folder / "config"),
        "db_home_dir": str(folder / "db"),
        "db_lib": "mdb",
        "fqdn": "localhost",
        "ds_port": str(instance.port),
        "ds_user": getpass.getuser(),
        "ds_suffix": SUFFIX,
        "ds_passwd": _hash_password(),
        "rootdn": ADMIN,
        "ldapi": str(folder / "run" / "socket"),
        "ldapi_enabled": "off",
        "ldapi_autobind": "off",
    }
    text = TEMPLATE.read_text()
    for key, value in known.items():
        text = text.replace(f"%{key}%", value)
    port = f"nsslapd-port: {instance.port}\n"
    listens = "nsslapd-listenhost: 127.0.0.1\nnsslapd-securelistenhost: 127.0.0.1\n"
    secure = f"nsslapd-security: on\nnsslapd-secureport: {instance.secure}\n"
    (folder / "config" / "dse.ldif").write_text(text.replace(port, port + listens + secure))
    for name in ("certmap.conf", "slapd-collations.conf"):
        (folder / "config" / name).write_bytes((SYSTEM / "config" / name).read_bytes())
    (folder / "config" / "schema" / "99user.ldif").write_text(SCHEMA)
    make_certificate(folder)
    _store_certificate(folder)


def _hash_password() -> str:
    done = subprocess.run(["pwdhash", "-s", "SSHA512", PASSWORD], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def _store_certificate(folder: Path) -> None:
    """Put the certificate where the server looks for it, under the name that its configuration has."""
    config, bundle = folder / "config", folder / "cert.p12"
    run("certutil", "-N", "-d", config, "--empty-password")
    run("certutil", "-A", "-d", config, "-n", "authority", "-t", "CT,,", "-a", "-i", folder / "ca.pem")
    export = ["-export", "-in", folder / "cert.pem", "-inkey", folder / "key.pem", "-out", bundle]
    run("openssl", "pkcs12", *export, "-name", "Server-Cert", "-passout", "pass:")
    run("pk12util", "-i", bundle, "-d", config, "-W", "")
