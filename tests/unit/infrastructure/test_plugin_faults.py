"""Whose fault an error is: the plugin's that raised it, linecard's, or the world's."""

from __future__ import annotations

import errno
import sys

import pytest

from integration import faulty_plugin
from linecard.errors import BackendError, BackendFault, LinecardError
from linecard.infrastructure.plugin_faults import find_plugin_fault, name_plugin_faults
from linecard_directory.backend import DirectoryBackend


@pytest.fixture
def acme(tmp_path, monkeypatch):
    """The module of a plugin of somebody else."""
    monkeypatch.syspath_prepend(faulty_plugin.install(tmp_path / "plugins"))
    (tmp_path / "plugins/acme_faulty.py").write_text(
        "def walk(items):\n    for item in items:\n        yield int(item)\n\n\nclass Backend:\n    pass\n"
    )
    yield __import__("acme_faulty")
    del sys.modules["acme_faulty"]


def caught(call) -> Exception:
    with pytest.raises(Exception) as found:
        call()
    return found.value


def test_what_a_generator_of_a_plugin_raises_is_the_plugins(acme):
    fault = find_plugin_fault(caught(lambda: list(acme.walk(["x"]))))
    assert (fault.plugin, fault.method) == ("faulty", "walk")
    assert str(fault).startswith("The plugin faulty failed in walk: ValueError: invalid literal")
    assert str(fault).endswith("(plugins/acme_faulty.py, line 3).")


def test_what_linecard_raises_while_a_plugin_asks_it_is_linecards(acme):
    space = {"__name__": "linecard.pipeline.apply"}
    exec("def give():\n    yield 1\n    raise KeyError('here')", space)
    assert find_plugin_fault(caught(lambda: list(acme.walk(space["give"]())))) is None


def test_a_method_that_is_missing_is_named(acme):
    fault = find_plugin_fault(caught(lambda: acme.Backend().fetch))
    assert str(fault).startswith("The plugin faulty failed in Backend.fetch: AttributeError")


def test_what_nobodys_plugin_raises_is_no_fault_of_one():
    assert find_plugin_fault(caught(lambda: int("x"))) is None


@pytest.mark.parametrize("error", [OSError(errno.ENOSPC, "full"), FileNotFoundError(errno.ENOENT, "gone", "file")])
def test_what_a_disk_says_is_no_bug(acme, error):
    def items():
        raise error
        yield

    assert find_plugin_fault(caught(lambda: list(acme.walk(items())))) is None


def test_a_connection_that_breaks_is_the_plugins_to_explain(acme):
    def items():
        raise ConnectionResetError(errno.ECONNRESET, "reset by peer")
        yield

    assert find_plugin_fault(caught(lambda: list(acme.walk(items())))) is not None


def test_a_plugin_of_linecards_own_is_reported_to_linecard():
    fault = find_plugin_fault(caught(lambda: list(DirectoryBackend(None).fetch(None))))
    assert "This is a bug in the plugin directory: report it to linecard" in fault.remedy


def test_errors_that_a_plugin_may_raise_pass_as_they_are():
    error = BackendError("it does not answer")
    with pytest.raises(LinecardError) as found, name_plugin_faults(BackendFault):
        raise error
    assert found.value is error
