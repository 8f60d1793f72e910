"""The doctor reads each secret that the configuration refers to, and says by which command one becomes readable."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from linecard import config as configuration
from linecard.registry import Registry
from linecard.runtime.secret_check import check_secrets, find_secrets

CONFIG = """\
region: FR
pbxs:
  hq:
    backend: asterisk
    extensions: [1000-4999]
    options: {url: "postgresql://a@127.0.0.1/a", context: internal, password: "file:secrets/db"}
inboxes:
  hr: {path: in, open: {pgp: {passphrase: "env:PASSPHRASE"}}}
  far:
    kind: sftp
    path: out
    options: {host: 127.0.0.1, user: u, password: "credential:far"}
"""


@pytest.fixture
def config(tmp_path: Path) -> configuration.Config:
    (tmp_path / "linecard.yaml").write_text(CONFIG)
    return configuration.load(tmp_path / "linecard.yaml", Registry())


def test_each_secret_is_found_where_it_stands(config) -> None:
    assert {place: secret.reference for place, secret in find_secrets(config)} == {
        "pbxs.hq.options.password": "file:secrets/db",
        "inboxes.hr.open.pgp.passphrase": "env:PASSPHRASE",
        "inboxes.far.options.password": "credential:far",
    }


def remedies(config, **environ: str) -> dict[str, str]:
    return {found.check: found.remedy for found in check_secrets(config, environ)}


def test_each_is_said_with_the_command_that_helps(config, tmp_path) -> None:
    found = remedies(config)
    path = tmp_path / "secrets" / "db"
    assert f"install -D -o {owner()} -m 600 /dev/stdin {path}" in found["secret pbxs.hq.options.password"]
    assert "LoadCredential=far:FILE linecard doctor" in found["secret inboxes.far.options.password"]
    assert "Set PASSPHRASE" in found["secret inboxes.hr.open.pgp.passphrase"]
    path.parent.mkdir()
    path.write_text("s3cret")
    path.chmod(0o640)
    assert f"chown {owner()} {path} && chmod 600 {path}" in remedies(config)["secret pbxs.hq.options.password"]


def test_when_all_can_be_read_one_line_says_so_and_none_of_them(config, tmp_path) -> None:
    (tmp_path / "secrets").mkdir()
    for name in ("secrets/db", "far"):
        (tmp_path / name).write_text("s3cret")
        (tmp_path / name).chmod(0o600)
    (found,) = check_secrets(config, {"PASSPHRASE": "s3cret", "CREDENTIALS_DIRECTORY": str(tmp_path)})
    assert found.ok
    assert "s3cret" not in repr(found)


def owner() -> str:
    import pwd

    return pwd.getpwuid(os.geteuid()).pw_name
