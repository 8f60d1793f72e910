"""A domain controller of Samba, from Debian's packages, in a root and a network of its own. It takes root.

Its ports cannot be chosen, so whoever speaks to it is in that network too: `unshare --net`.
"""

from __future__ import annotations

import os
import shutil
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path

from integration.cache import cached, missing
from integration.debian import download_release
from integration.ldap.slapd import make_certificate

PASSWORD = "Passw0rd;a^b"
SUFFIX = "DC=example,DC=test"
ADMIN = "Administrator@example.test"
READY = 60.0
PACKAGES = ("samba", "samba-ad-provision", "samba-dsdb-modules", "python3-samba", "bash", "coreutils")
CONFIGURATION = """\
[global]
interfaces = lo
bind interfaces only = yes
netbios name = DC1
realm = EXAMPLE.TEST
workgroup = EXAMPLE
server role = active directory domain controller
server services = ldap
tls keyfile = /root/tls/key.pem
tls certfile = /root/tls/cert.pem
tls cafile = /root/tls/ca.pem
[sysvol]
path = /var/lib/samba/sysvol
[netlogon]
path = /var/lib/samba/sysvol/example.test/scripts
"""
PROVISION = """\
import logging
from samba.auth import system_session
from samba.param import LoadParm
from samba.provision import provision

file = "/etc/samba/smb.conf"
settings = LoadParm()
settings.load(file)
provision(
    logging.getLogger(), system_session(), smbconf=file, realm="EXAMPLE.TEST", domain="EXAMPLE", hostname="dc1",
    hostip="127.0.0.1", adminpass=%r, serverrole="active directory domain controller", dns_backend="NONE",
    lp=settings, skip_sysvolacl=True, dom_for_fun_level=4,
)
"""


def root() -> Path:
    """A root with a domain in it, made once."""

    def fetch(work: Path) -> Path:
        made = download_release(work, "bookworm", *PACKAGES)
        for name in ("tmp", "dev", "run", "root/tls", "var/lib/samba/private", "var/log/samba", "var/cache/samba"):
            (made / name).mkdir(parents=True, exist_ok=True)
        for device, number in (("null", "3"), ("random", "8"), ("urandom", "9")):
            subprocess.run(["mknod", "-m", "666", made / "dev" / device, "c", "1", number], check=True)
        for name in ("passwd", "group"):
            shutil.copy(Path("/etc", name), made / "etc" / name)
        (made / "etc" / "hosts").write_text("127.0.0.1 localhost dc1.example.test dc1\n")
        (made / "etc" / "samba" / "smb.conf").write_text(CONFIGURATION)
        program = made / "root" / "provision.py"
        program.write_text(PROVISION % PASSWORD)
        subprocess.run(["chroot", made, "/usr/bin/python3", "/root/provision.py"], check=True, capture_output=True)
        return made

    if os.geteuid() != 0:
        missing("a domain controller of Samba takes root")
    return cached("samba-domain-bookworm", fetch, "Samba's domain controller")


@contextmanager
def controller() -> Iterator[Path]:
    """A running one; what to trust. To be called in a network of its own."""
    made = root()
    tls = made / "root" / "tls"
    make_certificate(tls)
    for file in tls.iterdir():
        file.chmod(0o600)
    with socket.socket() as any_socket:  # lo is down in a new network
        ioctl(any_socket, 0x8914, struct.pack("16sh", b"lo", 0x41))
    process = subprocess.Popen(
        ["chroot", made, "/usr/sbin/samba", "--foreground", "--model=single", "--debug-stdout"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        until = time.monotonic() + READY
        while True:
            try:
                socket.create_connection(("127.0.0.1", 636), 1).close()
                break
            except OSError:
                assert process.poll() is None, "samba has ended"
                assert time.monotonic() < until, "samba does not answer"
                time.sleep(0.1)
        yield tls / "ca.pem"
    finally:
        process.terminate()
        process.wait()


def run_in_network(file: Path) -> subprocess.CompletedProcess[str]:
    """The tests of a file, in a network of their own."""
    words = ["unshare", "--net", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", file]
    return subprocess.run(words, capture_output=True, text=True, check=False)
