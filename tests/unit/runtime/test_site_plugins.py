"""Plugins of one file in the site's folder: served like installed ones, and refused where others could write them."""

from __future__ import annotations

import os

import pytest

from linecard.api import API_VERSION
from linecard.errors import PluginError
from linecard.infrastructure.plugin_faults import find_plugin_fault
from linecard.registry import Registry

PLUGIN = f"""
from __future__ import annotations
from pydantic import BaseModel, ConfigDict
from linecard.api import Context, hookimpl
from linecard.api.processor import Processor, ProcessorKind, Row

LINECARD_API = "{API_VERSION}"

class UpperOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)
    pbx: Name = "hq"

Name = str

def build(options: UpperOptions, context: Context) -> Processor:
    def process(row: Row) -> Row:
        return row._replace(pbx=options.pbx, extension=str(1 // len(row.extension)))
    return process

@hookimpl
def linecard_processors() -> list[ProcessorKind[UpperOptions]]:
    return [ProcessorKind("upper", "A rule of the site.", UpperOptions, build)]
"""


HEAD = f'LINECARD_API = "{API_VERSION}"\nfrom linecard.api import hookimpl\n@hookimpl\n'


@pytest.fixture
def folder(tmp_path):
    folder = tmp_path / "site" / "plugins"
    folder.mkdir(parents=True, mode=0o755)
    (tmp_path / "site").chmod(0o755)
    put(folder, "upper", PLUGIN)
    return folder


def put(folder, name, text):
    file = folder / f"{name}.py"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o644)
    return file


def problem(folder, name="upper"):
    with pytest.raises(PluginError) as caught:
        Registry(folder).processor_kind(name)
    assert caught.value.remedy
    return f"{caught.value} {caught.value.remedy}"


def test_a_file_of_the_site_serves_what_its_hooks_say(folder):
    kind = Registry(folder).processor_kind("upper")
    assert kind.summary == "A rule of the site."
    listed = {plugin.name: plugin for plugin in Registry(folder).list_plugins()}
    assert listed["upper"].distribution == str(folder / "upper.py")
    assert [kind.name for kind in listed["upper"].processors] == ["upper"]


def test_without_the_folder_there_is_nothing_to_say(tmp_path):
    assert [p.name for p in Registry(tmp_path / "plugins").list_plugins()] == [
        p.name for p in Registry().list_plugins()
    ]


@pytest.mark.parametrize("mode", [0o664, 0o646, 0o666])
@pytest.mark.parametrize("place", ["site/plugins/upper.py", "site/plugins", "site"])
def test_what_others_may_write_to_is_refused(folder, tmp_path, place, mode):
    """The file, its folder, or any above: with the path, its mode, and the command that mends it. It is not run."""
    put(folder, "upper", "raise SystemExit('run')")
    path = tmp_path / place
    mode |= 0o111 if path.is_dir() else 0
    path.chmod(mode)
    said = problem(folder)
    why = f"Others may write to {path} (mode {mode:04o}) and put any code there."
    assert said == f"{why} chmod go-w {path}"


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may give files away")
@pytest.mark.parametrize("place", ["site/plugins/upper.py", "site/plugins", "site"])
def test_what_belongs_to_another_is_refused(folder, tmp_path, place):
    os.chown(tmp_path / place, 65_534, -1)
    said = problem(folder)
    assert f"{tmp_path / place} belongs to nobody, who could put any code there." in said
    assert f"chown root {tmp_path / place}" in said


def test_a_link_is_followed_to_where_it_leads(folder, tmp_path):
    """Who may write there decides, too."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    elsewhere.chmod(0o777)
    (folder / "upper.py").rename(elsewhere / "upper.py")
    (folder / "upper.py").symlink_to(elsewhere / "upper.py")
    assert f"Others may write to {elsewhere}" in problem(folder)
    elsewhere.chmod(0o755)
    assert Registry(folder).processor_kind("upper")


def test_a_folder_in_which_nobody_may_replace_what_is_anothers_will_do(folder, tmp_path):
    """The sticky bit, as /tmp has it."""
    (tmp_path / "site").chmod(0o1777)
    assert Registry(folder).processor_kind("upper")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("broken", "def (", "SyntaxError"),
        ("broken", "1 / 0", "ZeroDivisionError"),
        ("broken", "raise SystemExit(3)", "SystemExit: 3"),
        ("broken", "import nowhere_at_all", "nowhere_at_all"),
        ("broken", "x = 1", f'(LINECARD_API = "{API_VERSION}"). Add the line to '),
        ("broken", 'LINECARD_API = "9.0"\nraise SystemExit', "version 9.0"),
        ("broken", f'LINECARD_API = "{API_VERSION}"', "offers nothing"),
        (
            "broken",
            f"{HEAD}def linecard_backend(): return []",
            "there is no hook linecard_backend. Did you mean linecard_backends?",
        ),
        (
            "broken",
            f"{HEAD}def linecard_sinks(): return 7",
            "TypeError",
        ),
        ("mail", PLUGIN, "linecard itself has a plugin mail, which is used. Give yours another name."),
        ("frozen", PLUGIN, "There are 2 plugins named frozen: linecard-frozen 1.0 and"),
    ],
)
def test_a_plugin_that_is_broken_misspelt_or_there_twice_is_one_line_and_stops_no_other(
    folder, tmp_path, monkeypatch, name, text, said
):
    """It is asked for between two others, by the same registry, and listed with them."""
    from unit.runtime import frozen_plugin

    monkeypatch.syspath_prepend(frozen_plugin.install(tmp_path / "installed"))
    put(folder, name, text)
    registry = Registry(folder)
    with pytest.raises(PluginError):
        registry.backend_kind(name)
    assert registry.processor_kind("upper").name == "upper"
    assert registry.backend_kind("directory").name == "directory"
    problems = {(plugin.name, plugin.distribution): plugin.problem for plugin in registry.list_plugins()}
    (line,) = (problem for problem in problems.values() if problem)
    assert said in line
    assert "\n" not in line
    assert problems[("mail", "linecard")] == ""


def test_an_error_of_it_is_told_as_its_own(folder, tmp_path):
    """With the method, the file and the line."""
    from linecard.api.processor import Action, Row
    from linecard.testing import make_context

    kind = Registry(folder).processor_kind("upper")
    process = kind.build(kind.options(), make_context(tmp_path))
    with pytest.raises(ZeroDivisionError) as caught:
        process(Row(2, Action.DETACH, "ada@example.com", "hq", "", ""))
    fault = find_plugin_fault(caught.value)
    assert fault is not None
    assert str(fault).startswith("The plugin upper failed in build.<locals>.process: ZeroDivisionError")
    assert "plugins/upper.py, line" in str(fault)
    assert "plugins/upper.py" in fault.remedy
