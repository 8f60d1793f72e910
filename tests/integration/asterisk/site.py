"""A site of linecard next to a running Asterisk: sheets are imported as a person would, by the command line."""

from __future__ import annotations

import json
from pathlib import Path

import yaml
from click.testing import CliRunner

from acceptance.cli.schemas import check
from integration.asterisk.exchange import AMI_SECRET, AMI_USER, Exchange
from integration.asterisk.postgres import PASSWORD
from linecard.cli import main

HEADER = "Action,LoginEmail,Extension,Number\n"


class Site:
    """`options` are those of its one PBX, `hq`."""

    def __init__(self, folder: Path, exchange: Exchange, **options: object) -> None:
        self.folder, self.exchange = folder, exchange
        (folder / "inbox").mkdir(parents=True)
        ami = {"port": exchange.ami, "user": AMI_USER, "password": "env:AMI_SECRET"}
        self._sheets = 0
        self.settings = {
            "region": "DE",
            "pbxs": {"hq": {"backend": "asterisk", "extensions": ["1000-9999"], "options": {"ami": ami, **options}}},
            "reserve": 1,
            "inboxes": {"hr": {"path": "inbox", "settle": "100ms"}},
        }
        self.write()

    def write(self) -> None:
        """The configuration, as `settings` have it now."""
        (self.folder / "linecard.yaml").write_text(yaml.safe_dump(self.settings))

    def run(self, *words: str, code: int = 0) -> str:
        """What linecard prints; it must end with this exit code."""
        environ = {"AMI_SECRET": AMI_SECRET, "PGPASSWORD": PASSWORD}
        done = CliRunner().invoke(main, ["--config", str(self.folder / "linecard.yaml"), *words], env=environ)
        assert done.exit_code == code, done.output
        return done.stdout

    def sheet(self, *rows: str, code: int = 0) -> str:
        """Import a sheet of these rows."""
        self._sheets += 1
        file = self.folder / f"{self._sheets}.csv"
        file.write_text(HEADER + "".join(f"{row}\n" for row in rows))
        return self.run("import", str(file), "--yes", code=code)

    def drop(self, *rows: str) -> str:
        """Leave a sheet of these rows in the inbox, and let linecard do what lies there."""
        self._sheets += 1
        made = self.folder / f"{self._sheets}.part"
        made.write_text(HEADER + "".join(f"{row}\n" for row in rows))
        made.rename(self.folder / "inbox" / f"{self._sheets}.csv")
        return self.run("once")

    def waiting(self) -> tuple[int, str]:
        """The run that waits for a person, and the checksum of its plan."""
        (found,) = [run for run in json.loads(self.run("runs", "--json")) if run["state"] == "held"]
        return found["id"], found["checksum"]

    def secret(self, extension: str) -> str:
        """The secret of an extension, read once."""
        return self.run("secret", "hq", extension).strip()

    def login(self, extension: str) -> tuple[str, str]:
        """The user name and the secret of an extension, read once."""
        found = check("secret", self.run("secret", "hq", extension, "--json"))
        return found["username"], found["secret"]

    def members(self) -> list[tuple[str, str | None, str | None]]:
        listed = json.loads(self.run("members", "--json"))
        return [(e["extension"], e["member"], e["number"]) for e in listed]
