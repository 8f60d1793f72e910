"""A site on a simulated Wazo, by the commands that an administrator types."""

from __future__ import annotations

import json

import pytest

from acceptance.cli.terminal import typed
from integration.http.pbxs_under_test import PROFILES, SECRET, fill_wazo
from linecard.api.backend import Entry
from pbxs.service import ServedPbx
from pbxs.wazo import TENANT

ANN, BOB, CAT = "ann@example.org", "bob@example.org", "cat@example.org"
CONFIG = """\
region: FR
pbxs:
  hq:
    backend: http
    extensions: ["1000-1999"]
    options:
      profile: wazo
      url: {url}
      settings: {{username: linecard, tenant: {tenant}}}
      secrets: {{password: file:secret}}
      rate: {{requests: 5000, seconds: 1}}
      settle: 1
inboxes:
  hr: {{path: inbox, default_pbx: hq}}
"""
ROWS = f"""\
Action,LoginEmail,Extension,Number
force_attach,{BOB},1000,
attach,{CAT},1001,+33199000007
attach,dan@example.org,1002,
"""


@pytest.fixture
def site(tmp_path):
    pbx = fill_wazo([Entry("1000", ANN, ("+33199000001",)), Entry("1001"), Entry("1002")], [BOB, CAT])
    with ServedPbx(pbx) as served:
        (tmp_path / "inbox").mkdir()
        (tmp_path / "backends").symlink_to(PROFILES)
        (tmp_path / "secret").touch(mode=0o600)
        (tmp_path / "secret").write_text(SECRET)
        (tmp_path / "linecard.yaml").write_text(CONFIG.format(url=served.url, tenant=TENANT))
        (tmp_path / "sheet.csv").write_text(ROWS)
        yield tmp_path, pbx


def test_a_sheet_is_planned_imported_and_undone(site):
    """Each step as on any PBX; a row for somebody whom Wazo does not know is refused, and the others are made."""
    folder, pbx = site
    environ = {"LINECARD_CONFIG": str(folder / "linecard.yaml")}
    before = read_books(pbx)

    planned = typed("plan", folder / "sheet.csv", "--verbose", env=environ)
    assert f"{BOB} would get 1000 and {ANN} would lose it" in planned.out
    assert "read how=whole requests_for_the_lists=5 requests_by_name=" in planned.err
    assert read_books(pbx) == before

    imported = typed("import", folder / "sheet.csv", "--yes", "--json", env=environ)
    assert read_books(pbx) == {"1000": BOB, "1001": CAT, "1002": None} | {"33199000001": "1000", "33199000007": "1001"}
    assert json.loads(imported.out)
    assert "unknown_member" in imported.out

    undone = typed("undo", "1", "--yes", env=environ)
    assert undone.code == 0, undone.out + undone.err
    assert read_books(pbx) == before | {"33199000007": None}


def test_what_plugins_try_shows_request_by_request(site):
    """What was sent, what came and what linecard understood; no secret, and nothing is changed."""
    folder, pbx = site
    said = typed("plugins", "try", "hq", env={"LINECARD_CONFIG": str(folder / "linecard.yaml")})
    assert said.code == 0, said.out + said.err
    assert "POST" in said.out
    for word in ("asked the PBX", "request=extensions", "understood=good", "status=200", ANN, "1000"):
        assert word in said.out, said.out
    assert SECRET not in said.out
    assert not [token for token in pbx.tokens if token in said.out]
    assert {each.method for each in pbx.asked if "auth" not in each.path} == {"GET"}


def test_doctor_says_what_reading_costs(site):
    folder, _ = site
    said = typed("doctor", env={"LINECARD_CONFIG": str(folder / "linecard.yaml")})
    assert "Wazo answers; all extensions take 5 requests, one by its name takes" in said.out, said.out


def test_a_profile_with_a_mistake_is_named_with_its_line(site):
    folder, _ = site
    (folder / "backends").unlink()
    (folder / "backends").mkdir()
    (folder / "backends" / "wazo.yaml").write_text("name: Wazo\ntables: {}\nchanges: [{name: x, put: /x, josn: {}}]\n")
    said = typed("plan", folder / "sheet.csv", env={"LINECARD_CONFIG": str(folder / "linecard.yaml")})
    assert said.code != 0
    assert "backends/wazo.yaml:3:" in said.out + said.err
    assert "did you mean json?" in said.out + said.err


def read_books(pbx):
    """Who holds which extension, and which numbers ring it, by the simulator's own books."""
    found = {}
    for line in pbx.lines.values():
        exten = pbx.extensions[line.extensions[0]].exten
        found[exten] = pbx.users[line.users[0]].email if line.users else None
    for incall in pbx.incalls.values():
        found[pbx.extensions[incall.extensions[0]].exten] = incall.destination.get("exten")
    return found
