"""OpenLDAP's slapd: a server in a temporary folder, on free ports of the loopback interface."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from integration.asterisk.postgres import free_port
from integration.ldap import library
from linecard.api.backend import Entry
from linecard.testing import make_context
from linecard_ldap.backend import LdapBackend, build
from linecard_ldap.options import LdapOptions

SUFFIX = "dc=example,dc=org"
ADMIN = f"cn=admin,{SUFFIX}"
PASSWORD = "pw;a^b"
READY = 30.0
CONFIGURATION = """\
include {schemas}/core.schema
include {schemas}/cosine.schema
include {schemas}/nis.schema
include {schemas}/inetorgperson.schema
attributetype ( 1.3.6.1.4.1.99999.1.1 NAME 'ipPhone' SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
attributetype ( 1.3.6.1.4.1.99999.1.2 NAME 'extensionNumber' EQUALITY caseExactMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )
attributetype ( 1.3.6.1.4.1.99999.1.3 NAME 'sipLine' EQUALITY caseExactMatch
  SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 SINGLE-VALUE )
objectclass ( 1.3.6.1.4.1.99999.2.1 NAME 'telephoneUser' SUP top AUXILIARY
  MAY ( ipPhone $ extensionNumber $ sipLine ) )
modulepath {modules}
moduleload back_mdb
moduleload syncprov
pidfile {folder}/slapd.pid
TLSCACertificateFile {folder}/ca.pem
TLSCertificateFile {folder}/cert.pem
TLSCertificateKeyFile {folder}/key.pem
{more}
database mdb
suffix {suffix}
rootdn {admin}
rootpw {password}
directory {folder}/data
maxsize 268435456
dbnosync
index objectClass,mail,telephoneNumber,extensionNumber eq
"""


@dataclass
class Slapd:
    """A running server. `port` is that of ldap://, `secure` that of ldaps://; `authority` is what to trust."""

    folder: Path
    port: int
    secure: int
    process: subprocess.Popen[bytes] | None = None
    admin: str = ADMIN

    @property
    def authority(self) -> Path:
        return self.folder / "ca.pem"

    @property
    def password(self) -> Path:
        return self.folder / "password"

    def start(self) -> None:
        """Returns when it answers."""
        with (self.folder / "said").open("ab") as said:
            self.process = subprocess.Popen(self.command(), env=environment(), stdout=said, stderr=said)
        until = time.monotonic() + READY
        while True:
            try:
                self.tool("ldapwhoami")
            except AssertionError:
                if self.process.poll() is not None or time.monotonic() > until:
                    text = (self.folder / "said").read_text(errors="replace")
                    raise AssertionError(f"the server did not start: {text}") from None
                time.sleep(0.02)
            else:
                return

    def command(self) -> list[str | Path]:
        urls = f"ldap://127.0.0.1:{self.port} ldaps://127.0.0.1:{self.secure}"
        return [library.openldap() / "usr/sbin/slapd", "-f", self.folder / "slapd.conf", "-d", "0", "-h", urls]

    def stop(self) -> None:
        if self.process is not None:
            self.process.terminate()
            self.process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def options(self, base: str, **more: object) -> LdapOptions:
        known = {
            "url": f"ldap://127.0.0.1:{self.port}",
            "ca_file": str(self.authority),
            "bind": self.admin,
            "password": f"file:{self.password}",
            "base": base,
            "extension": "extensionNumber",
            "number": "telephoneNumber",
            "further_numbers": "telephoneNumber",
            "timeout": 10,
        }
        return LdapOptions.model_validate(known | more)

    def backend(self, base: str, folder: Path, **more: object) -> LdapBackend:
        return build(self.options(base, **more), make_context(folder, "directory"))

    def tool(self, name: str, *words: str | Path, given: str = "") -> str:
        """One of OpenLDAP's own programs, logged in as the administrator; what it prints."""
        command = [
            library.openldap() / "usr" / "bin" / name,
            "-H",
            f"ldap://127.0.0.1:{self.port}",
            "-x",
            "-D",
            self.admin,
            "-y",
            self.password,
            *words,
        ]
        done = subprocess.run(command, input=given, capture_output=True, text=True, check=False, env=environment())
        if done.returncode:
            raise AssertionError(f"{name}: {done.stderr}")
        return done.stdout

    def add(self, ldif: str) -> None:
        self.tool("ldapadd", given=ldif)

    def modify(self, ldif: str) -> None:
        self.tool("ldapmodify", given=ldif)

    def values(self, dn: str) -> dict[str, list[str]]:
        """What an entry has, as OpenLDAP's own program tells it."""
        found: dict[str, list[str]] = {}
        for line in self.tool("ldapsearch", "-LLL", "-o", "ldif-wrap=no", "-s", "base", "-b", dn).splitlines():
            name, _, value = line.partition(": ")
            if value:
                found.setdefault(name, []).append(value)
        return found


def environment() -> dict[str, str]:
    """With the libraries of the unpacked packages."""
    return os.environ | {"LD_LIBRARY_PATH": str(library.libraries()), "LDAPNOINIT": "1"}


@contextmanager
def server(more: str = "", *, port: int | None = None) -> Iterator[Slapd]:
    """A server for as long as the context lasts, with these further lines of configuration; it does not wait for the
    disk."""
    library.add_to_path()
    with tempfile.TemporaryDirectory(prefix="linecard-slapd-") as name:
        folder = Path(name)
        (folder / "data").mkdir()
        make_certificate(folder)
        password = folder / "password"
        password.touch(mode=0o600)
        password.write_text(PASSWORD)
        root = library.openldap()
        (folder / "slapd.conf").write_text(
            CONFIGURATION.format(
                schemas=root / "etc/ldap/schema",
                modules=root / "usr/lib/ldap",
                folder=folder,
                suffix=SUFFIX,
                admin=ADMIN,
                password=PASSWORD,
                more=more,
            )
        )
        found = Slapd(folder, port or free_port(), free_port())
        found.start()
        try:
            found.add(f"dn: {SUFFIX}\nobjectClass: domain\ndc: example\n")
            yield found
        finally:
            found.stop()


def make_certificate(folder: Path) -> None:
    """An authority, `ca.pem`, and what it has signed for the loopback address, `cert.pem` and `key.pem`."""
    kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"]
    authority = ["-keyout", folder / "ca.key", "-out", folder / "ca.pem", "-subj", "/CN=Test authority"]
    usage = ["-addext", "keyUsage=critical,keyCertSign,cRLSign"]
    subprocess.run(["openssl", "req", "-x509", *kind, *authority, *usage], check=True, capture_output=True)
    own = ["-keyout", folder / "key.pem", "-out", folder / "cert.pem", "-subj", "/CN=slapd"]
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE"]
    signed = ["-CA", folder / "ca.pem", "-CAkey", folder / "ca.key"]
    subprocess.run(["openssl", "req", "-x509", *kind, *own, *names, *signed], check=True, capture_output=True)


def write_person(base: str, login: str, *, name: str = "", **values: object) -> str:
    """The LDIF of a person with this mail, and these further values."""
    name = name or login.partition("@")[0]
    lines = [
        f"dn: uid={name},{base}",
        "objectClass: inetOrgPerson",
        "objectClass: telephoneUser",
        f"uid: {name}",
        f"cn: {name}",
        f"sn: {name}",
        *([f"mail:: {b64encode(login.encode()).decode()}"] if login else []),
    ]
    for attribute, several in values.items():
        lines += [f"{attribute}: {value}" for value in (several if isinstance(several, (list, tuple)) else [several])]
    return "\n".join(lines) + "\n\n"


_numbers = count()


def new_people(
    found: Slapd, entries: Iterable[Entry] = (), members: Iterable[str] = (), *, extension: str = "extensionNumber"
) -> str:
    """A new organizational unit with a person for each member of these entries and each other one; its DN.

    Nobody in an OpenLDAP has a mail outside of ASCII: its syntax forbids it.
    """
    unit = f"people{next(_numbers)}"
    base = f"ou={unit},{SUFFIX}"
    held: Mapping[str, Entry] = {entry.member: entry for entry in entries if entry.member is not None}
    ldif = f"dn: {base}\nobjectClass: organizationalUnit\nou: {unit}\n\n"
    for at, login in enumerate(filter(str.isascii, dict.fromkeys([*held, *members]))):
        of = held.get(login)
        values = {} if of is None else {extension: of.extension, "telephoneNumber": list(of.numbers)}
        name = login.partition("@")[0]
        ldif += write_person(base, login, name=name if name.isalnum() else f"person{at}", **values)
    found.add(ldif)
    return base
