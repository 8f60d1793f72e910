"""Which site is meant, which inbox, and what a wrong configuration says."""

from __future__ import annotations

import pytest

from acceptance.cli.terminal import Site, typed

ROW = "attach,ada@x.org,,1000,"


class TestTheSite:
    def test_the_option_may_stand_before_or_after_the_command(self, site):
        """Both are --config FILE."""
        assert typed("--config", site.config, "runs").code == 0
        assert typed("runs", "--config", site.config).code == 0

    def test_the_environment(self, site):
        """LINECARD_CONFIG, if no option is given; the option wins."""
        named = {"LINECARD_CONFIG": str(site.config)}
        wrong = {"LINECARD_CONFIG": str(site.folder / "nowhere.yaml")}
        assert typed("runs", env=named).code == 0
        assert typed("runs", env=wrong).code == 2
        assert typed("runs", "--config", site.config, env=wrong).code == 0

    def test_the_folder_one_is_in(self, site, monkeypatch):
        """./linecard.yaml, if nothing names another."""
        monkeypatch.chdir(site.folder)
        assert typed("runs").out == "There are no runs yet.\n"

    def test_there_is_none(self, tmp_path, monkeypatch):
        """Exit code 2, and the three ways to have one."""
        monkeypatch.chdir(tmp_path)
        said = typed("runs", "--json")
        assert (said.code, said.out) == (2, "")
        assert said.err == (
            "Error: There is no site here.\n"
            "Remedy: `linecard init DIR` makes one; --config FILE or LINECARD_CONFIG names one.\n"
        )

    def test_paths_are_meant_from_the_folder_of_the_configuration(self, site, tmp_path, monkeypatch):
        """Wherever the command is typed."""
        site.import_(ROW)
        monkeypatch.chdir(tmp_path)
        assert len(typed("runs", "--json", "--config", "site/linecard.yaml").json) == 1
        assert {path.name for path in tmp_path.iterdir()} == {"site"}


class TestTheInbox:
    @pytest.fixture
    def two(self, site):
        """A second inbox, `it`, whose files have semicolons and another header."""
        text = "inboxes:             # where files arrive\n"
        site.configure(
            text, text + "  it: {path: inbox/it, default_pbx: hq, sheet: {columns: {LoginEmail: Who}, delimiter: ;}}\n"
        )
        return site

    @pytest.mark.parametrize("command", ["check", "plan", "import"])
    def test_it_need_not_be_named_where_there_is_one(self, site, command):
        """The site has one inbox: that is the one."""
        assert site.run(command, site.sheet(ROW), answers="y\n").code == 0

    @pytest.mark.parametrize("command", ["check", "plan", "import"])
    def test_where_there_are_several_they_are_named(self, two, command):
        """Exit code 2, and the names to choose from."""
        said = two.run(command, two.sheet(ROW))
        assert (said.code, said.out) == (2, "")
        assert said.err == "Error: This site has several inboxes.\nRemedy: Name one with --inbox: it, hr.\n"

    @pytest.mark.parametrize("command", ["check", "plan", "import"])
    def test_the_one_named_says_how_the_file_is_read(self, two, command):
        """A file of one inbox read as one of the other has faults, read as its own has none."""
        file = two.sheet("attach;ada@x.org;1000", head="Action;Who;Extension\n")
        assert two.run(command, file, "--inbox", "it", answers="y\n").code == 0
        assert two.run(command, file, "--inbox", "hr", answers="y\n").code == 1

    def test_an_unknown_one(self, site):
        """Exit code 2, and which there are."""
        said = site.run("check", site.sheet(ROW), "--inbox", "sap")
        assert (said.code, said.err) == (2, "Error: There is no inbox sap.\nRemedy: Name one with --inbox: hr.\n")


COMMANDS = (("check", "x.csv"), ("import", "x.csv"), ("runs",), ("members",), ("resume",))


class TestAWrongConfiguration:
    @pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
    def test_all_problems_are_told_at_once(self, site, words):
        """Exit code 2; file, line, key, what was found and what was expected, one line each."""
        site.configure("region: FR", "region: XY")
        site.configure("    extensions: 1000-4999", "    extensions: 4999-1000")
        site.configure("    default_pbx: hq", "    default_pbx: paris\n    colour: red")
        said = site.run(*words)
        assert (said.code, said.out) == (2, "")
        problems = [line for line in said.err.splitlines() if line.startswith("  ")]
        lines = site.config.read_text().splitlines()
        for key in ("region: XY", "4999-1000", "default_pbx: paris", "colour: red"):
            at = next(i for i, line in enumerate(lines, 1) if key in line)
            assert sum(f"linecard.yaml:{at}:" in problem for problem in problems) == 1, said.err
        assert len(problems) == 4

    def test_no_yaml_at_all(self, site):
        """One sentence with the place, no traceback."""
        site.config.write_text("site: [unclosed\nregion: FR\n")
        said = site.run("runs")
        assert (said.code, said.out) == (2, "")
        assert "linecard.yaml:" in said.err

    def test_a_folder_in_its_place(self, tmp_path):
        """Said, not raised."""
        said = typed("--config", tmp_path, "runs")
        assert said.code == 2
        assert said.err.startswith("Error: ")

    def test_it_is_not_there(self, tmp_path):
        """Its name is told."""
        said = typed("--config", tmp_path / "nowhere.yaml", "runs")
        assert said.code == 2
        assert "nowhere.yaml" in said.err


def test_an_unwritable_place_for_the_state(site):
    """A file where the state folder should be: exit code 2, the path, the reason and the remedy."""
    site.configure("site: ", "state: taken\nsite: ")
    Site(site.folder).folder.joinpath("taken").write_text("a file")
    said = site.run("import", site.sheet(ROW), "--yes")
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("Error: ")
    assert str(site.folder / "taken") in said.err
    assert "Remedy: " in said.err
