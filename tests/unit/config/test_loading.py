"""A configuration without faults: what is read, what stays text, and what is filled in."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from linecard.config import SecondExtension, load
from linecard.config.loader import find_state
from linecard.errors import ConfigError
from linecard.model.sheet import Action
from unit.config.sites import PLUGINS, SMALL, Site, small


def test_a_small_configuration_has_the_promised_defaults(site: Site) -> None:
    config = site.load(SMALL)
    assert (config.site, config.timezone) == ("linecard", "UTC")
    pbx, inbox = config.pbxs["hq"], config.inboxes["hr"]
    assert (pbx.extensions, pbx.emergency, pbx.aliases) == ((), (), ())
    assert pbx.second_extension is SecondExtension.MOVE
    assert inbox.pbxs is None
    sheet = inbox.sheet
    assert (sheet.encoding, sheet.delimiter, sheet.quote, sheet.escape) == ("utf-8", "auto", '"', "double")
    assert (sheet.skip_lines, sheet.second_header, sheet.positions) == (0, False, None)
    assert (sheet.max_bytes, sheet.max_rows, sheet.max_columns, sheet.max_cell) == (200_000_000, 1_000_000, 256, 1024)
    for limit in (inbox.limits.detach, inbox.limits.move, inbox.limits.force):
        assert (limit.count, limit.share, limit.at_least) == (None, 30, 25)


def test_paths_are_absolute_from_the_folder_of_the_file(site: Site) -> None:
    config = site.load(SMALL + "archive: /srv/archive\n")
    assert config.file == site.file
    assert config.folder == site.folder
    assert config.state == site.folder / "state"
    assert config.reports == site.folder / "reports"
    assert config.archive == Path("/srv/archive")
    assert config.templates is None
    assert config.inboxes["hr"].path == "inbox/hr"


def test_a_configuration_named_by_a_relative_path_has_absolute_paths(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.file.write_text(SMALL, encoding="utf-8")
    monkeypatch.chdir(site.folder)
    assert load(Path("linecard.yaml"), PLUGINS).state == site.folder / "state"


def test_the_options_become_the_plugins_own_model(site: Site) -> None:
    settings = site.load(SMALL).pbxs["hq"].settings
    assert settings.model_dump() == {
        "path": Path("hq.sqlite3"),
        "create_members": True,
        "create_extensions": True,
    }


def test_a_pbx_has_its_own_region_or_the_sites(site: Site) -> None:
    config = site.load(
        "region: fr\n"
        "pbxs:\n"
        "  a: {backend: directory, options: {path: a}}\n"
        "  b: {backend: directory, options: {path: b}, region: NO}\n"
        "inboxes:\n  hr: {path: in}\n"
    )
    assert (config.pbxs["a"].region, config.pbxs["b"].region) == ("FR", "NO")


def test_an_inbox_with_one_pbx_has_it_as_its_default(site: Site) -> None:
    config = site.load(
        "region: FR\n"
        "pbxs:\n  a: {backend: directory, options: {path: a}}\n  b: {backend: directory, options: {path: b}}\n"
        "inboxes:\n  all: {path: all}\n  one: {path: one, pbxs: [b]}\n  said: {path: said, default_pbx: a}\n"
    )
    assert {name: inbox.default_pbx for name, inbox in config.inboxes.items()} == {
        "all": None,
        "one": "b",
        "said": "a",
    }


def test_zeros_plus_signs_and_no_stay_text(site: Site) -> None:
    """YAML 1.1 reads 0123 as 83, +33612345678 as a number, no and NO as false, and 12:30 as 750."""
    config = site.load(
        small(
            site="site: no",
            pbx="extensions: [0123, 0100-0199], region: NO, "
            "aliases: [+33612345678, 0x1F, 1_000, 12:30, 2026-11-23, yes]",
        )
    )
    assert config.site == "no"
    assert config.pbxs["hq"].extensions == ("0123", "0100-0199")
    assert config.pbxs["hq"].region == "NO"
    assert config.pbxs["hq"].aliases == ("+33612345678", "0x1F", "1_000", "12:30", "2026-11-23", "yes")


def test_whole_numbers_are_text_where_text_belongs(site: Site) -> None:
    config = site.load(
        "site: 2026\nregion: FR\n"
        "pbxs:\n"
        "  1: {backend: directory, options: {path: a}, extensions: [1000, 2000 - 2999], emergency: 3333, aliases: 7}\n"
        "inboxes:\n  2: {path: in, pbxs: 1, default_pbx: 1, sheet: {columns: {Extension: 5}, actions: {1: detach}}}\n"
    )
    assert config.site == "2026"
    assert config.pbxs["1"].extensions == ("1000", "2000-2999")
    assert config.pbxs["1"].emergency == ("3333",)
    assert config.pbxs["1"].aliases == ("7",)
    assert config.inboxes["2"].pbxs == ("1",)
    assert config.inboxes["2"].default_pbx == "1"
    assert config.inboxes["2"].sheet.columns == {"Extension": ("5",)}
    assert config.inboxes["2"].sheet.actions == {"1": Action.DETACH}


@pytest.mark.parametrize(
    ("written", "size"),
    [
        ("1000", 1000),
        ("200MB", 200_000_000),
        ("200 MB", 200_000_000),
        ("5 GiB", 5 * 1024**3),
        ("1.5 kB", 1500),
        ("64kib", 65_536),
        ("12 B", 12),
    ],
)
def test_a_size_may_have_a_unit(site: Site, written: str, size: int) -> None:
    assert site.load(small(sheet=f"max_bytes: {written}")).inboxes["hr"].sheet.max_bytes == size


@pytest.mark.parametrize(
    ("written", "codec"), [("UTF8", "utf-8"), ("windows-1252", "cp1252"), ("latin1", "iso8859-1"), ("utf-16", "utf-16")]
)
def test_an_encoding_is_kept_under_pythons_own_name(site: Site, written: str, codec: str) -> None:
    assert site.load(small(sheet=f"encoding: {written}")).inboxes["hr"].sheet.encoding == codec


def test_column_keys_are_known_in_any_spelling(site: Site) -> None:
    config = site.load(small(sheet="columns: {login_email: Mail, PBX-ID: [Site, Standort], 'pbx internal number': P}"))
    assert config.inboxes["hr"].sheet.columns == {
        "LoginEmail": ("Mail",),
        "PbxId": ("Site", "Standort"),
        "pbxInternalNumber": ("P",),
    }


def test_positions_may_pass_cells_over(site: Site) -> None:
    config = site.load(small(sheet="positions: [Action, null, Email, ~, pbxShortNumber]"))
    assert config.inboxes["hr"].sheet.positions == ("Action", None, "Email", None, "pbxShortNumber")


def test_a_key_whose_values_are_all_commented_out_counts_as_absent(site: Site) -> None:
    config = site.load(
        "region: FR\nsite:\n"
        "pbxs:\n  hq:\n    backend: directory\n    options:\n      path: hq\n    extensions:\n"
        "inboxes:\n  hr:\n    path: in\n    sheet:\n      # encoding: utf-16\n    limits:\n"
    )
    assert config.site == "linecard"
    assert config.pbxs["hq"].extensions == ()
    assert config.inboxes["hr"].sheet.encoding == "utf-8"
    assert config.inboxes["hr"].limits.move.share == 30


def test_naming_a_count_leaves_the_share_armed_and_null_disarms_it(site: Site) -> None:
    limits = site.load(small(inbox="limits: {detach: {count: 3}, move: {share: null}}")).inboxes["hr"].limits
    assert (limits.detach.count, limits.detach.share) == (3, 30)
    assert limits.move.share is None


def test_a_plain_number_is_the_count_of_a_limit(site: Site) -> None:
    limits = site.load(small(inbox="limits: {force: 3, number: 0}")).inboxes["hr"].limits
    assert (limits.force.count, limits.force.share, limits.number.count) == (3, 30, 0)


def test_anchors_say_a_thing_once(site: Site) -> None:
    config = site.load(
        "region: FR\n"
        "pbxs:\n  hq: {backend: directory, options: {path: hq}}\n"
        "inboxes:\n  a: {path: a, sheet: &feed {encoding: latin1}}\n  b: {path: b, sheet: *feed}\n"
    )
    assert config.inboxes["b"].sheet == config.inboxes["a"].sheet


def test_a_byte_order_mark_is_no_trouble(site: Site) -> None:
    assert site.load(b"\xef\xbb\xbf" + SMALL.encode()).region == "FR"


def test_a_configuration_cannot_be_changed(site: Site) -> None:
    config = site.load(SMALL)
    with pytest.raises(ValidationError):
        config.site = "other"  # type: ignore[misc]


def test_a_missing_file_is_told_with_the_way_to_make_one(site: Site) -> None:
    with pytest.raises(ConfigError, match="There is no file") as caught:
        load(site.file, PLUGINS)
    assert "linecard init" in caught.value.remedy


def test_importing_the_package_imports_neither_yaml_nor_pydantic() -> None:
    code = "import sys, linecard.config; print({'yaml', 'pydantic', 'phonenumbers'} & set(sys.modules))"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=dict(os.environ))
    assert run.stdout.strip() == "set()"


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("state: /a/b\n", "/a/b"),
        ("site: x\npbxs: {hq: {state: q, more: [1, 2]}}\nstate: '/x y'\n", "/x y"),
        ("region: state\n", "state"),
        ("", "state"),
        ("state: /a\ninboxes: [never closed\n", "/a"),
        ("site: [never closed\nstate: /a\n", "/a"),
        ("state: [a]\n", None),
    ],
)
def test_the_state_folder_is_found_in_a_file_that_is_wrong(tmp_path, text, state):
    """Whatever else is wrong, even if the file is no YAML; a list is no folder."""
    file = tmp_path / "linecard.yaml"
    file.write_text(text)
    assert find_state(file) == (None if state is None else tmp_path / state)
