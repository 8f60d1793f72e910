"""What may stand in the configuration of a directory, and what is built from it."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from linecard.model.directory import Scope
from linecard.ports.backend import Can
from linecard.testing import make_context
from linecard_directory import linecard_backends
from linecard_directory.options import DirectoryOptions


@pytest.fixture
def kind():
    (kind,) = linecard_backends()
    return kind


def test_the_plugin_serves_one_kind_of_pbx(kind):
    """Named as the configuration names it, with a summary for `linecard plugins`."""
    assert (kind.name, kind.options) == ("directory", DirectoryOptions)
    assert kind.summary.endswith(".")


def test_a_path_is_all_it_needs():
    """The rest has defaults that suit a small site."""
    options = DirectoryOptions.model_validate({"path": "pbx/hq.sqlite"})
    assert options.path == Path("pbx/hq.sqlite")
    assert (options.create_members, options.create_extensions, options.busy_timeout) == (True, True, 5.0)


@pytest.mark.parametrize(
    ("options", "place"),
    [
        ({}, "path"),
        ({"path": "hq.sqlite", "create_member": True}, "create_member"),
        ({"path": "hq.sqlite", "create_members": "perhaps"}, "create_members"),
        ({"path": "hq.sqlite", "busy_timeout": -1}, "busy_timeout"),
        ({"path": "hq.sqlite", "busy_timeout": 3601}, "busy_timeout"),
        ({"path": "hq.sqlite", "busy_timeout": float("inf")}, "busy_timeout"),
        ({"path": "hq.sqlite", "busy_timeout": float("nan")}, "busy_timeout"),
    ],
)
def test_what_it_cannot_mean_is_refused_at_its_key(options, place):
    """A misspelt key is an error, not a default."""
    with pytest.raises(ValidationError) as refused:
        DirectoryOptions.model_validate(options)
    assert [error["loc"] for error in refused.value.errors()] == [(place,)]


def test_options_do_not_change_after_they_were_read():
    """They are a value."""
    options = DirectoryOptions(path=Path("hq.sqlite"))
    with pytest.raises(ValidationError):
        options.path = Path("other.sqlite")


def test_every_option_is_described():
    """The editors' schema and the reference are made from it."""
    assert all(field.description for field in DirectoryOptions.model_fields.values())


def test_the_path_is_meant_from_the_sites_folder(kind, tmp_path):
    """And nothing is opened before it is used."""
    backend = kind.build(DirectoryOptions(path=Path("pbx/hq.sqlite")), make_context(tmp_path))
    assert list(tmp_path.iterdir()) == []
    assert list(backend.fetch(Scope.everything())) == []
    backend.close()
    assert (tmp_path / "pbx" / "hq.sqlite").is_file()


def test_an_absolute_path_stays_what_it_is(kind, tmp_path):
    """Whatever the site's folder."""
    backend = kind.build(DirectoryOptions(path=tmp_path / "hq.sqlite"), make_context(tmp_path / "site"))
    list(backend.fetch(Scope.everything()))
    backend.close()
    assert (tmp_path / "hq.sqlite").is_file()


@pytest.mark.parametrize(
    ("options", "can"),
    [
        ({}, {Can.SEVERAL, Can.SEVERAL_NUMBERS, Can.CREATE_MEMBERS, Can.CREATE_EXTENSIONS}),
        ({"create_members": False}, {Can.SEVERAL, Can.SEVERAL_NUMBERS, Can.CREATE_EXTENSIONS}),
        ({"create_extensions": False}, {Can.SEVERAL, Can.SEVERAL_NUMBERS, Can.CREATE_MEMBERS}),
        ({"create_members": False, "create_extensions": False}, {Can.SEVERAL, Can.SEVERAL_NUMBERS}),
    ],
)
def test_it_can_what_its_options_allow(kind, tmp_path, options, can):
    """The planner reads these words before it plans."""
    assert kind.build(DirectoryOptions(path=Path("hq.sqlite"), **options), make_context(tmp_path)).can == can
