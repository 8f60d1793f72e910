"""Plugins of others: which fit this linecard, and what may be added without breaking them."""

from __future__ import annotations

import pluggy
import pytest
from click.testing import CliRunner

from linecard.api import API_VERSION, hookimpl
from linecard.api.backend import Entry, Scope
from linecard.cli import main
from linecard.errors import PluginError
from linecard.hookspecs import hookspec
from linecard.registry import Registry, build, describe_version_problem
from linecard.testing import make_context
from unit.runtime import frozen_plugin


@pytest.fixture
def plugin(tmp_path, monkeypatch):
    """Installs a plugin with this text, under this name."""

    def install(name: str, text: str) -> Registry:
        (tmp_path / f"linecard_{name}.py").write_text(text)
        info = tmp_path / f"linecard_{name}-1.0.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: linecard-{name}\nVersion: 1.0\n")
        (info / "entry_points.txt").write_text(f"[linecard]\n{name} = linecard_{name}\n")
        return Registry()

    monkeypatch.syspath_prepend(tmp_path)
    return install


def problem(registry: Registry, name: str) -> str:
    with pytest.raises(PluginError) as caught:
        registry.backend_kind(name)
    assert caught.value.remedy
    return str(caught.value)


@pytest.mark.parametrize(
    ("written_for", "version", "fits"),
    [
        ("1.0", "1.0", True),
        ("1.0", "1.7", True),
        ("1.9", "1.10", True),
        ("1.1", "1.0", False),
        ("2.0", "1.9", False),
        ("1.9", "2.0", False),
    ],
)
def test_a_plugin_fits_every_version_that_only_added_something_to_its_own(written_for, version, fits):
    said = describe_version_problem(written_for, version)
    assert (said == "") is fits
    assert fits or (written_for in said and version in said)


@pytest.mark.parametrize("written_for", [1, 1.0, "1", "one", "1.0.0", "", ("1", "0")])
def test_what_is_no_version_is_refused_and_shown(written_for):
    assert repr(written_for) in describe_version_problem(written_for)


def test_a_plugin_for_another_version_is_refused_before_it_builds_anything(plugin):
    said = problem(plugin("next", 'LINECARD_API = "2.0"\n'), "next")
    assert said == (
        "The plugin next (linecard_next) cannot be used: it was written for version 2.0 of linecard.api, and this "
        f"linecard has {API_VERSION}."
    )


@pytest.mark.parametrize("line", ['LINECARD_API = "2.0"', 'LINECARD_API: str = "2.0"'])
def test_a_plugin_for_another_version_is_not_even_imported(plugin, line):
    """Its version is read from its source: what it imports may be gone, and what it does then is anybody's guess."""
    text = f"{line}\nraise SystemExit('imported')\n"
    assert "it was written for version 2.0" in problem(plugin("early", text), "early")


def test_the_version_of_a_module_within_a_package_is_read_without_importing_the_package(plugin, tmp_path):
    (tmp_path / "corp").mkdir()
    (tmp_path / "corp/__init__.py").write_text("raise SystemExit('imported')\n")
    (tmp_path / "corp/plugin.py").write_text('LINECARD_API = "2.0"\n')
    registry = plugin("within", "")
    info = tmp_path / "linecard_within-1.0.dist-info/entry_points.txt"
    info.write_text("[linecard]\nwithin = corp.plugin\n")
    assert "it was written for version 2.0" in problem(registry, "within")


BROKEN = f"""
from pydantic import BaseModel
from linecard.api import hookimpl
from linecard.api.backend import BackendKind
class Options(BaseModel): ...
LINECARD_API = "{API_VERSION}"
def build(options, context):
    return {{}}["no such key"]
@hookimpl
def linecard_backends():
    return [BackendKind("broken", "Fails.", Options, build)]
"""


def test_an_error_while_a_plugin_builds_is_told_as_its_own(plugin, tmp_path):
    """With the plugin, what it was to build, and the line; not as a bug of linecard."""
    kind = plugin("broken", BROKEN).backend_kind("broken")
    with pytest.raises(PluginError) as caught:
        build(kind, kind.options(), make_context(tmp_path, "hq"))
    assert str(caught.value) == (
        "The plugin of the kind broken failed on hq: KeyError: 'no such key' "
        f"({tmp_path / 'linecard_broken.py'}, line 8)."
    )
    assert "author of the plugin" in caught.value.remedy


FAILING = f"""
from linecard.api import hookimpl
LINECARD_API = "{API_VERSION}"
@hookimpl
def linecard_backends():
    raise KeyError("kind")
"""


def test_an_error_in_a_hook_is_told_as_the_plugins_own(plugin):
    """Whoever asks for the kind, and in the list of plugins, where the others stand as ever."""
    registry = plugin("failing", FAILING)
    wrong = "The plugin failing (linecard_failing) cannot be loaded: KeyError: 'kind'"
    assert problem(registry, "failing") == wrong
    listed = {each.name: each.problem for each in registry.list_plugins()}
    assert listed.pop("failing") == f"{wrong} Install it again, or ask its author."
    assert set(listed.values()) == {""}


def test_a_plugin_that_names_no_version_is_refused(plugin):
    assert f'LINECARD_API = "{API_VERSION}"' in problem(plugin("silent", ""), "silent")


@pytest.mark.parametrize("line", ["from linecard.api.teleport import Teleport", "from linecard.api import Teleport"])
def test_a_plugin_that_needs_what_is_not_there_was_written_for_another_version(plugin, line):
    said = problem(plugin("far", line), "far")
    assert "was written for another version of linecard.api" in said
    assert "eleport" in said


def test_another_import_that_fails_is_no_matter_of_versions(plugin):
    assert "cannot be loaded: ModuleNotFoundError" in problem(plugin("poor", "import nowhere_to_be_found"), "poor")


def test_the_frozen_plugin_still_works(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(frozen_plugin.install(tmp_path / "installed"))
    kind = Registry().backend_kind("frozen")
    backend = kind.build(kind.options(file="pbx"), make_context(tmp_path, "hq"))
    assert list(backend.fetch(Scope.everything())) == [Entry("1000", "ada@example.com", ("+33123456789",))]
    assert (backend.name, backend.file) == ("hq", tmp_path / "pbx")


def test_a_hook_may_gain_arguments_without_breaking_older_plugins():
    """Hooks get their arguments by name, and a plugin names those it wants."""

    class NextVersion:
        @hookspec
        def linecard_backends(self, site, language):
            """As a later linecard may ask."""

    class Newer:
        @hookimpl
        def linecard_backends(self, language):
            return [language]

    manager = pluggy.PluginManager("linecard")
    manager.add_hookspecs(NextVersion)
    manager.register(frozen_plugin)
    manager.register(Newer())
    manager.check_pending()
    (newer,), (frozen,) = manager.hook.linecard_backends(site="hq", language="fr")
    assert (newer, frozen.name) == ("fr", "frozen")


def test_a_plugin_that_cannot_be_used_is_listed_with_its_problem_said_once(plugin):
    """In a line of its own; the others are listed as ever."""
    plugin("next", 'LINECARD_API = "2.0"\n')
    done = CliRunner().invoke(main, ["plugins"])
    assert done.exit_code == 0
    (line,) = [line for line in done.output.splitlines() if "cannot be used" in line]
    assert line.startswith(
        "    problem: The plugin next (linecard_next) cannot be used: it was written for version 2.0"
    )
    assert line.count("cannot be used") == 1
    assert "backend exec:" in done.output
