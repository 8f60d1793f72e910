#!/bin/sh
# 389 Directory Server (Debian 12: 2.3.1), a search asked for in pages (RFC 2696): a base that does not exist is a success
# without entries, and the size limit is counted for each page by itself.
#
# Without the control, and from OpenLDAP (slapd 2.5.13) with it as well, a search below an entry that is not there ends
# with noSuchObject (32) and the DN up to which the base exists (RFC 4511, section 4.1.9). 389 answers with 0 and no
# entries as soon as the control is there, critical or not, in every scope: a mistyped base looks like an empty directory
# to any program that reads in pages. And where OpenLDAP holds all pages together against its limit of 500, 389 gives
# 150 entries to somebody who may have 100, as long as no single page is longer.
#
# Exits with 0 while that is so. Needs 389-ds-base and ldap-utils (apt-get install 389-ds-base ldap-utils).
set -eu
PATH=$PATH:/usr/sbin
work=$(mktemp -d)
trap 'kill "$(cat "$work/pid")" 2>/dev/null || :; sleep 1; rm -rf "$work"' EXIT
ns-slapd -v 2>&1 | head -n 1
WORK=$work python3 -W ignore - <<'PYTHON'
import getpass
import os
import re
import socket
import subprocess
import time
from pathlib import Path

work = Path(os.environ["WORK"])
SUFFIX, ADMIN, PASSWORD = "dc=example,dc=org", "cn=Directory Manager", "a password of this test"
with socket.socket() as free:
    free.bind(("127.0.0.1", 0))
    port = free.getsockname()[1]

names = ("config", "config/schema", "lock", "tmp", "ldif", "bak", "run", "inst", "log", "db")
for name in names:
    (work / name).mkdir()
digest = subprocess.run(["pwdhash", "-s", "SSHA512", PASSWORD], check=True, capture_output=True, text=True).stdout.strip()
known = {f"{name}_dir": str(work / name) for name in names} | {
    "schema_dir": f"{work}/config/schema", "cert_dir": f"{work}/config", "db_home_dir": f"{work}/db", "db_lib": "mdb",
    "fqdn": "localhost", "ds_port": str(port), "ds_user": getpass.getuser(), "ds_suffix": SUFFIX, "ds_passwd": digest,
    "rootdn": ADMIN, "ldapi": f"{work}/run/socket", "ldapi_enabled": "off", "ldapi_autobind": "off",
}
text = Path("/usr/share/dirsrv/data/template-dse.ldif").read_text()
for key, value in known.items():
    text = text.replace(f"%{key}%", value)
listens = f"nsslapd-port: {port}\n"
(work / "config/dse.ldif").write_text(text.replace(listens, listens + "nsslapd-listenhost: 127.0.0.1\n"))
for name in ("certmap.conf", "slapd-collations.conf"):
    (work / "config" / name).write_bytes(Path("/etc/dirsrv/config", name).read_bytes())
(work / "config/schema/99user.ldif").write_text("dn: cn=schema\n")
with (work / "said").open("wb") as said:
    server = subprocess.Popen(["ns-slapd", "-D", work / "config", "-i", work / "run/pid", "-d", "16384"], stdout=said, stderr=said)
(work / "pid").write_text(str(server.pid))


def tool(name, *words, who=ADMIN, given=""):
    words = [name, "-x", "-H", f"ldap://127.0.0.1:{port}", "-D", who, "-w", PASSWORD, *words]
    return subprocess.run(words, input=given, capture_output=True, text=True)


until = time.monotonic() + 30
while tool("ldapwhoami").returncode:
    assert server.poll() is None and time.monotonic() < until, (work / "said").read_text()
    time.sleep(0.1)
reader = f"uid=u0,{SUFFIX}"
entries = "".join(
    f"dn: uid=u{n},{SUFFIX}\nobjectClass: inetOrgPerson\nuid: u{n}\ncn: u{n}\nsn: u{n}\nmail: u{n}@example.org\n\n" for n in range(150)
)
rule = '(targetattr="*")(version 3.0; acl "all"; allow (read,search,compare) userdn="ldap:///all";)'
done = tool("ldapadd", given=f"""\
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
aci: {rule}

{entries}""")
assert done.returncode == 0, done.stderr
done = tool("ldapmodify", given=f"""\
dn: {reader}
changetype: modify
add: userPassword
userPassword: {PASSWORD}

dn: cn=config
changetype: modify
replace: nsslapd-sizelimit
nsslapd-sizelimit: 100
""")
assert done.returncode == 0, done.stderr


def search(base, scope, pages, who):
    words = ["-LLL", "-b", base, "-s", scope, *(["-E", pages] if pages else []), "(mail=*)", "mail"]
    done = tool("ldapsearch", *words, who=who)
    return done.returncode, len(re.findall("^dn:", done.stdout, re.MULTILINE))


NOWHERE = f"ou=nowhere,{SUFFIX}"
for scope in ("base", "one", "sub"):
    plain = search(NOWHERE, scope, "", ADMIN)
    paged = search(NOWHERE, scope, "pr=500/noprompt", ADMIN)
    critical = search(NOWHERE, scope, "!pr=500/noprompt", ADMIN)
    print(f"base that is not there, scope {scope}: result {plain[0]}; in pages {paged[0]}, critical {critical[0]}")
    assert (plain, paged, critical) == ((32, 0), (0, 0), (0, 0))
SIZE_LIMIT = 4
for pages, expected in (("", (SIZE_LIMIT, 100)), ("pr=120/noprompt", (SIZE_LIMIT, 100)), ("pr=50/noprompt", (0, 150))):
    found = search(SUFFIX, "sub", pages, reader)
    print(f"150 entries, limit 100, {pages or 'no pages'}: result {found[0]}, {found[1]} entries")
    assert found == expected, found
server.terminate()
server.wait()
PYTHON
