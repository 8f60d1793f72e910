"""`init`, `members`, `plugins` and `doctor`: a site made, looked at and examined."""

from __future__ import annotations

import os
import re
import subprocess

import pytest

from acceptance.cli.shapes import Findings, Members, Plugins
from acceptance.cli.terminal import PROGRAM, Site, typed
from linecard.infrastructure.shipped_files import list_ready_names
from linecard.registry import Registry

BEGINNERS = [kind.name for plugin in Registry().list_plugins() for kind in plugin.backends if kind.starter]


class TestInit:
    def test_what_it_makes_runs_at_once(self, tmp_path):
        """Configuration, folders and databases; doctor is content, and the next steps are told."""
        said = typed("init", tmp_path / "new site", "--region", "de")
        site = Site(tmp_path / "new site")
        assert said.code == 0
        assert f"export LINECARD_CONFIG={site.config}" in said.out.replace("'", "")
        assert {p.name for p in site.folder.iterdir()} == {"linecard.yaml", "inbox", "archive", "reports", "state"}
        assert (site.folder / "inbox" / "hr").is_dir()
        assert site.run("doctor").code == 0
        site.import_("attach,ada@x.org,,1000,030 123456")
        assert site.holds() == {"1000": ("ada@x.org", "+4930123456")}

    @pytest.mark.parametrize("kind", BEGINNERS)
    def test_each_kind_of_pbx_that_has_a_beginning(self, tmp_path, kind):
        """Whether or not its library is here: the settings lie there to be filled in, and the next steps are told."""
        said = typed("init", tmp_path / "site", "--backend", kind)
        assert (said.code, said.err) == (0, "")
        assert "what the PBX needs; secrets go into" in said.out
        text = (tmp_path / "site" / "linecard.yaml").read_text()
        assert f"    backend: {kind}\n" in text
        (columns,) = re.findall("#   columns: ([a-z0-9]+) +# a ready map", text)
        assert columns in list_ready_names("columns", tmp_path)

    def test_it_overwrites_nothing(self, site):
        """A second `init` leaves the configuration as it is; exit code 2."""
        site.configure("region: FR", "region: BE")
        said = typed("init", site.folder)
        assert said.code == 2
        assert said.err.startswith(f"Error: {site.config} is there already.\n")
        assert "region: BE" in site.config.read_text()

    def test_an_unknown_country(self, tmp_path):
        """Refused before anything is made."""
        said = typed("init", tmp_path / "x", "--region", "XY")
        assert said.code == 2
        assert "'XY' is not a country that linecard knows." in said.err
        assert not (tmp_path / "x").exists()

    def test_a_folder_that_cannot_be_made(self, site):
        """Said with its name."""
        said = typed("init", site.config / "inside a file")
        assert said.code == 2
        assert said.err.startswith("Error: ")


class TestMembers:
    def test_the_table(self, site):
        """Who holds what, as the PBX says now."""
        assert site.run("members").out == "Nobody holds anything yet.\n"
        site.import_("attach,ada@x.org,,1000,+33199001000", "attach,bob@x.org,,1001,")
        site.dial("1002", "late@x.org")
        assert site.run("members").out == (
            "PBX          Extension    Number            Member\n"
            "hq           1000         +33199001000      ada@x.org\n"
            "hq           1001                           bob@x.org\n"
            "hq           1002                           late@x.org\n"
        )

    def test_json_and_what_can_be_asked_for(self, two_pbxs):
        """A list; --pbx, --member and --extension narrow it, alone or together."""
        two_pbxs.import_("attach,ada@x.org,,1000,", "attach,ada@x.org,lab,5000,", "attach,bob@x.org,,1001,")

        def asked(*words: str) -> list[str]:
            found = Members.validate_python(two_pbxs.run("members", "--json", *words).json)
            return sorted(f"{member.pbx} {member.extension}" for member in found)

        assert asked() == ["hq 1000", "hq 1001", "lab 5000"]
        assert asked("--pbx", "lab") == ["lab 5000"]
        assert asked("--member", "Ada@X.org") == ["hq 1000", "lab 5000"]
        assert asked("--extension", "1001") == ["hq 1001"]
        assert asked("--member", "ada@x.org", "--pbx", "hq") == ["hq 1000"]
        assert asked("--extension", "1001", "--member", "ada@x.org") == []
        assert asked("--extension", "4000") == []
        assert two_pbxs.run("members", "--extension", "4000").out == "Nobody holds anything there.\n"

    def test_a_sheet_of_what_is_so_changes_nothing(self, site):
        """Every link and number of every extension; zeros and plus signs survive a spreadsheet."""
        site.configure("extensions: 1000-4999", "extensions: 0100-4999\n    second_number: add")
        site.import_("attach,ada@x.org,,0100,+33199001000", "attach,ada@x.org,,0100,+33199001001")
        site.import_("attach,bob@x.org,,1001,", "attach,eve@x.org,,1002,+33199001002")
        site.import_("detach,eve@x.org,,,")
        said = site.run("members", "--sheet")
        assert said.out == (
            "\ufeffAction,LoginEmail,PbxId,Extension,Number,Reason\r\n"
            "attach,ada@x.org,hq,'0100,'+33199001000,\r\n"
            "attach,ada@x.org,hq,'0100,'+33199001001,\r\n"
            "attach,bob@x.org,hq,1001,,\r\n"
        )
        assert said.err == "Left out, because nobody holds them: 1 extension with a number.\n"
        (site.folder / "now.csv").write_text(said.out, newline="")
        planned = site.run("plan", site.folder / "now.csv")
        assert (planned.code, "Of 3 rows: 3 unchanged.\n" in planned.out) == (0, True)
        assert "warning" not in planned.out
        assert site.run("members", "--sheet", "--json").code == 2

    def test_an_unknown_pbx(self, site):
        """Exit code 2, and which there are."""
        said = site.run("members", "--pbx", "paris", "--json")
        assert (said.code, said.out) == (2, "")
        assert said.err == "Error: There is no PBX paris.\nRemedy: The site has hq.\n"

    def test_a_pbx_that_does_not_answer(self, site):
        """Exit code 2 and not half an answer."""
        (site.folder / "state" / "hq.pbx.sqlite3").write_text("this is no PBX")
        for words in (("members",), ("members", "--json")):
            said = site.run(*words)
            assert (said.code, said.out) == (2, "")
            assert "hq.pbx.sqlite3" in said.err


class TestPlugins:
    def test_the_list(self):
        """The built-in ones are plugins like anybody's; no site is needed."""
        said = typed("plugins")
        assert said.code == 0
        assert "backend directory: A telephone directory in an SQLite file." in said.out
        assert "report formats: html, csv, json, text, retry" in said.out

    def test_json(self):
        """The same facts."""
        found = {plugin.name: plugin for plugin in Plugins.validate_python(typed("plugins", "--json").json)}
        assert [offer.name for offer in found["directory"].backends] == ["directory"]
        assert [offer.name for offer in found["require_domain"].processors] == ["require_domain"]
        assert found["reports"].formats == ["html", "csv", "json", "text", "retry", "undo"]
        assert not any(plugin.problem for plugin in found.values())


class TestDoctor:
    def test_all_is_well(self, site):
        """Exit code 0; each thing that was looked at is named."""
        said = site.run("doctor")
        assert said.code == 0
        assert all(line.startswith("ok    ") for line in said.out.splitlines())
        checks = [finding.check for finding in Findings.validate_python(site.run("doctor", "--json").json)]
        assert checks[0] == "configuration"
        assert {"folder archive", "folder inbox hr", "disk", "state database", "pbx hq"} <= set(checks)

    def test_one_fault_does_not_hide_another(self, site):
        """A missing folder and a broken PBX are both told, each with its remedy; exit code 1."""
        (site.folder / "inbox" / "hr").rmdir()
        (site.folder / "state" / "hq.pbx.sqlite3").write_text("this is no PBX")
        said = site.run("doctor", "--json")
        bad = {finding.check: finding for finding in Findings.validate_python(said.json) if not finding.ok}
        assert said.code == 1
        assert set(bad) == {"folder inbox hr", "pbx hq"}
        assert bad["folder inbox hr"].remedy == f"mkdir -p {site.folder / 'inbox' / 'hr'}"
        assert bad["pbx hq"].remedy

    def test_every_problem_of_the_configuration_has_a_line(self, site):
        """Each with file, line and key."""
        site.configure("region: FR", "region: XY")
        site.configure("    backend: directory", "    backend: directory\n    colour: red")
        said = site.run("doctor")
        assert said.code == 1
        bad = [line for line in said.out.splitlines() if line.startswith("FAIL  configuration: ")]
        assert len(bad) == 2
        assert all("linecard.yaml:" in line for line in bad)

    def test_no_site(self, tmp_path):
        """Said, with how to make one."""
        said = typed("--config", tmp_path / "linecard.yaml", "doctor")
        assert said.code == 1
        assert said.out.startswith("FAIL  configuration: ")

    def test_a_damaged_state_database(self, site):
        """Found, and everything else is still looked at."""
        for file in (site.folder / "state").glob("linecard.db*"):
            file.unlink()
        (site.folder / "state" / "linecard.db").write_text("this is no database" * 100)
        bad = [f for f in Findings.validate_python(site.run("doctor", "--json").json) if not f.ok]
        assert [finding.check for finding in bad] == ["state database"]
        assert bad[0].remedy


@pytest.mark.parametrize("word", ["members", "runs", "doctor", "plugins"])
def test_json_is_utf8_whatever_the_terminal(site, word):
    """A program that reads the JSON need not know the locale."""
    site.dial("1000", "zoé@x.org")
    env = os.environ | {"PYTHONIOENCODING": "latin-1", "LINECARD_CONFIG": str(site.config)}
    done = subprocess.run([PROGRAM, word, "--json"], capture_output=True, env=env, check=False)
    assert done.returncode == 0
    text = done.stdout.decode("utf-8")
    assert ("zoé@x.org" in text) == (word == "members")


def test_a_plugin_with_a_slip_in_its_name_is_told_by_the_right_one(site):
    site.configure("backend: directory", "backend: directry")
    said = site.run("doctor")
    assert said.code == 1
    assert "Did you mean directory?" in said.out
