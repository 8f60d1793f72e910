"""A Postfix of Debian as the next hop: an instance of its own in a folder of the test, which files mail in Maildirs."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path

from integration.cache import missing
from integration.debian import install_packages

MAIN = """\
compatibility_level = 3.6
queue_directory = {root}/queue
data_directory = {root}/data
maillog_file = {root}/log/mail.log
maillog_file_prefixes = {root}
multi_instance_enable = no
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.example.org
mydestination =
mynetworks = 127.0.0.1/32
virtual_mailbox_domains = example.org
virtual_mailbox_base = {root}/boxes
virtual_mailbox_maps = inline:{{ {{anna@example.org = anna/}}, {{zoe@example.org = zoe/}} }}
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
default_transport = error:no mail leaves this test
alias_maps =
alias_database =
smtputf8_enable = yes
smtpd_tls_cert_file = {certificate}
smtpd_tls_key_file = {certificate}
smtpd_tls_security_level = encrypt
smtpd_recipient_restrictions = reject_unlisted_recipient, reject_unauth_destination
smtpd_client_restrictions =
smtpd_peername_lookup = no
message_size_limit = 200000
mailbox_size_limit = 0
virtual_mailbox_limit = 0
"""
MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
error unix - - n - - error
tlsmgr unix - - n 1000? 1 tlsmgr
anvil unix - - n - 1 anvil
proxymap unix - - n - - proxymap
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
"""


def needed() -> None:
    """Postfix, and the right to run it: in CI the test fails without, elsewhere it is skipped."""
    if os.geteuid() != 0:
        missing("Postfix can be run by root alone")
    if not install_packages("postfix", is_there=lambda: shutil.which("postfix") is not None):
        missing("Postfix could not be installed")


class Postfix:
    """`root` must be a folder that others may look into."""

    def __init__(self, root: Path, certificate: Path) -> None:
        self.root, self.config = root, root / "etc"
        owner = pwd.getpwnam("nobody")
        for name in ("etc", "queue", "data", "log", "boxes"):
            (root / name).mkdir(parents=True)
        own = root / "server.pem"
        own.write_bytes(certificate.read_bytes())
        own.chmod(0o600)
        os.chown(root / "boxes", owner.pw_uid, owner.pw_gid)
        shutil.chown(root / "data", "postfix")
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        facts = {"root": root, "uid": owner.pw_uid, "gid": owner.pw_gid, "certificate": own, "port": self.port}
        (self.config / "main.cf").write_text(MAIN.format(**facts))
        (self.config / "master.cf").write_text(MASTER.format(**facts))

    def _postfix(self, word: str) -> None:
        done = subprocess.run(["postfix", "-c", self.config, word], capture_output=True, text=True, check=False)
        log = self.root / "log" / "mail.log"
        assert done.returncode == 0, f"{done.stderr} {log.read_text() if log.exists() else ''}"

    def start(self) -> None:
        self._postfix("start")

    def stop(self) -> None:
        self._postfix("stop")

    def box(self, name: str, count: int) -> list[bytes]:
        """The mails of a reader, once there are so many."""
        new = self.root / "boxes" / name / "new"
        ends = time.monotonic() + 30
        while time.monotonic() < ends:
            found = sorted(new.iterdir()) if new.is_dir() else []
            if len(found) >= count:
                return [file.read_bytes() for file in found]
            subprocess.run(["postqueue", "-c", self.config, "-f"], capture_output=True, check=False, timeout=10)
        raise AssertionError((self.root / "log" / "mail.log").read_text())
