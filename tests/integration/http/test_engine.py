"""What a profile can say besides: GraphQL, pages, logins, a reload at the end; and what is wrong with one."""

from __future__ import annotations

import subprocess
from datetime import UTC, datetime, timedelta

import pytest

from integration.http.pbxs_under_test import SECRET, HttpSite
from linecard.api import load_model
from linecard.api.backend import BackendError, Change, ChangeStatus, Entry, Holding, Scope
from linecard.errors import ConfigError
from linecard.testing import make_context
from linecard_http.errors import ProfileError
from linecard_http.expression import OMIT, render_all, render_path
from linecard_http.profile import Profile
from pbxs.service import Fault, Reply, ServedPbx, SimulatedPbx

ANN = "ann@example.org"


class Plain(SimulatedPbx):
    """A handler from the test answers; `people` is by extension."""

    def __init__(self, answer):
        super().__init__()
        self.answer, self.people = answer, {}

    def handle(self, asked):
        return self.answer(self, asked)


def make_profile(**more):
    known = {
        "name": "Plain",
        "can": ["create_members", "several"],
        "tables": {
            "extensions": {
                "list": {"get": "/all"},
                "items": "rows",
                "fields": {"extension": "ext", "member": "who"},
                "find": {"extension": {"get": "/one/{{ value }}", "items": "@"}},
            }
        },
        "changes": [{"name": "set", "when": "now != after", "put": "/one/{{ extension }}", "json": "{{ after }}"}],
    }
    return Profile.model_validate({**known, **more})


@pytest.fixture
def open_site(tmp_path):
    opened = []

    def open_site(answer, profile=None, keys=None, ca_file=None, **options):
        served = ServedPbx(Plain(answer), keys, ca_file)
        site = HttpSite(tmp_path / "site", served, "plain", profile=profile or make_profile(), **options)
        served.__enter__()
        opened.append((served, site))
        return site

    yield open_site
    for served, site in opened:
        site.__exit__()
        served.__exit__(None, None, None)


def plain(pbx, asked):
    if asked.path == "/all":
        return Reply(200, {"rows": [{"ext": ext, "who": who} for ext, who in pbx.people.items()]})
    name = asked.path.rpartition("/")[2]
    if asked.method == "PUT":
        pbx.people[name] = asked.json["member"]
        return Reply(204)
    return Reply(200, {"ext": name, "who": pbx.people[name]}) if name in pbx.people else Reply(404, {})


def read(site):
    return {entry.extension: entry.member for entry in site.open().fetch(Scope.everything())}


# -- values ------------------------------------------------------------------------------------------------------------


def test_null_blank_and_left_out_are_three_things():
    value = {"a": "{{ none }}", "b": "", "c": "{{ omit }}", "d": "{{ n }}", "e": "n is {{ n }}"}
    value["f"] = ["{{ omit }}", "{{ n }}"]
    assert render_all(value, {"n": 7}) == {"a": None, "b": "", "d": 7, "e": "n is 7", "f": [7]}
    assert render_all("{{ omit }}", {}) is OMIT


@pytest.mark.parametrize(("name", "path"), [("a/b", "/x/a%2Fb"), ("?#", "/x/%3F%23"), ("o'h", "/x/o%27h")])
def test_values_in_a_path_are_escaped(name, path):
    assert render_path("/x/{{ name }}", {"name": name}) == path


@pytest.mark.parametrize("name", ["..", ".", "", None])
def test_a_value_that_would_be_another_path_is_refused(name):
    with pytest.raises(ProfileError, match="cannot be part of a path"):
        render_path("/x/{{ name }}/y", {"name": name})


def test_a_template_reaches_nothing_of_python():
    with pytest.raises(ProfileError, match="is unsafe"):
        render_all("x{{ ().__class__.__bases__ }}", {})


# -- a reload at the end -----------------------------------------------------------------------------------------------

RELOAD = [
    {"name": "reload", "post": "/reload", "save": {"id": "id"}},
    {
        "name": "wait",
        "get": "/reload/{{ reload.id }}",
        "until": "state == 'done'",
        "failed": "state == 'failed'",
        "every": 0.01,
    },
]


def with_reload(pbx, asked):
    if not asked.path.startswith("/reload"):
        return plain(pbx, asked)
    if asked.method == "POST":
        return Reply(202, {"id": 7})
    return Reply(200, {"state": "done" if pbx.count("GET", "/reload/7") > 2 else "running"})


def test_one_reload_follows_all_changes_and_is_waited_for(open_site):
    site = open_site(with_reload, make_profile(finish=RELOAD))
    site.pbx.people |= dict.fromkeys(map(str, range(100, 105)))
    changes = [Change(n, "hq", str(99 + n), Holding(None), Holding(ANN)) for n in range(1, 6)]
    assert {result.status for result in site.open().apply(changes)} == {ChangeStatus.DONE}
    assert site.pbx.count("POST", "/reload") == 1
    assert site.pbx.asked[-1].path == "/reload/7"
    assert site.pbx.count("GET", "/reload/7") == 3


def test_no_change_is_no_reload(open_site):
    site = open_site(with_reload, make_profile(finish=RELOAD))
    assert list(site.open().apply([])) == []
    assert site.pbx.asked == []


def test_a_reload_that_failed_is_owed_until_it_is_done(open_site):
    """A crash between the changes and the reload comes to the same: the next run does it."""
    site = open_site(with_reload, make_profile(finish=RELOAD))
    site.pbx.people["100"] = None
    site.pbx.faults.append(Fault("reply", "POST", "/reload", Reply(400, {"error": "busy"})))
    change = Change(1, "hq", "100", Holding(None), Holding(ANN))
    with pytest.raises(BackendError, match="refuses `reload` after the changes"):
        list(site.open().apply([change]))
    (alert,) = site.open().examine()
    assert alert.what == "reload"
    assert list(site.open().apply([])) == []
    assert list(site.open().examine()) == []
    assert site.pbx.count("POST", "/reload") == 2


# -- GraphQL, other pages, other logins --------------------------------------------------------------------------------


def test_graphql_fails_with_200_and_takes_values_as_variables_alone(open_site):
    """A name that is a query elsewhere goes where variables go."""
    query = "query($ext: ID!) { one(ext: $ext) { ext who } }"
    tables = {
        "extensions": {
            "items": "data.one",
            "fields": {"extension": "ext", "member": "who"},
            "find": {"extension": {"post": "/gql", "graphql": {"query": query, "variables": {"ext": "{{ value }}"}}}},
        }
    }
    answers = [
        {"status": 200, "when": "errors[?message == 'no such extension']", "means": "absent"},
        {"status": 200, "when": "errors", "means": "refused", "words": "errors[].message"},
    ]

    def answer(pbx, asked):
        if asked.method == "PUT":
            return Reply(200, {"errors": [{"message": "no licence"}, {"message": "no luck"}]})
        assert asked.json["query"] == query
        ext = asked.json["variables"]["ext"]
        if ext not in pbx.people:
            return Reply(200, {"errors": [{"message": "no such extension"}]})
        return Reply(200, {"data": {"one": {"ext": ext, "who": pbx.people[ext]}}})

    site = open_site(answer, make_profile(tables=tables, answers=answers))
    site.pbx.people["100"] = ANN
    scope = Scope(extensions=frozenset({"100", '1") { secrets } #', "101"}))
    assert list(site.open().fetch(scope)) == [Entry("100", ANN)]
    (result,) = site.open().apply([Change(1, "hq", "100", Holding(ANN), Holding(None))])
    assert (result.status, result.words) == (ChangeStatus.FAILED, "no licence; no luck")


def page_by_cursor(pbx, asked):
    after = asked.query.get("after", "")
    rows = [ext for ext in sorted(pbx.people) if ext > after][:2]
    return Reply(200, {"rows": [{"ext": ext} for ext in rows], "next": rows[-1] if len(rows) == 2 else None})


def page_by_link(pbx, asked):
    at, rows = int(asked.query.get("at", "0")), sorted(pbx.people)
    link = {"Link": f'</all?at={at + 2}>; rel="next", </all>; rel="first"'} if at + 2 < len(rows) else {}
    return Reply(200, {"rows": [{"ext": ext} for ext in rows[at : at + 2]]}, link)


def page_by_offset(pbx, asked):
    """Somebody removes the first entry while the list is read."""
    at, size, rows = int(asked.query["offset"]), int(asked.query["limit"]), sorted(pbx.people)
    if at and pbx.people.pop("gone", None):
        rows = sorted(pbx.people)
    return Reply(200, {"total": len(rows), "rows": [{"ext": ext} for ext in rows[at : at + size]]})


PAGES = {
    "cursor": (page_by_cursor, {"kind": "cursor", "position": "after", "next": "next"}),
    "link": (page_by_link, {"kind": "link"}),
    "offset": (page_by_offset, {"kind": "offset", "position": "offset", "size": "limit", "per": 3, "total": "total"}),
}


@pytest.mark.parametrize("kind", PAGES)
def test_lists_go_on_in_other_ways(open_site, kind):
    answer, paging = PAGES[kind]
    fields = {"extension": "ext"}
    tables = {"extensions": {"list": {"get": "/all", "paging": paging}, "items": "rows", "fields": fields}}
    site = open_site(answer, make_profile(tables=tables))
    site.pbx.people |= dict.fromkeys(map(str, range(100, 107)), ANN)
    if kind == "offset":
        site.pbx.people["099"] = ANN
        site.pbx.people["gone"] = ANN
    assert sorted(read(site)) == sorted(site.pbx.people)


def test_nobody_else_is_given_the_token(open_site):
    """A list that goes on at another host is refused."""
    elsewhere = lambda pbx, asked: Reply(200, {"rows": [], "more": "https://elsewhere.example.com/all"})  # noqa: E731
    paging = {"kind": "next", "next": "more"}
    fields = {"extension": "ext"}
    tables = {"extensions": {"list": {"get": "/all", "paging": paging}, "items": "more && [`1`]", "fields": fields}}
    site = open_site(elsewhere, make_profile(tables=tables))
    with pytest.raises(BackendError, match=r"said to be at elsewhere\.example\.com"):
        read(site)


def test_a_token_in_the_address_is_not_told_and_is_refreshed(open_site):
    """As Yeastar has it: always 200, a code in the body, a token in the address, another for its refresh token."""
    auth = {
        "kind": "login",
        "login": {"post": "/token", "json": {"username": "me", "password": "{{ secrets.key }}"}},
        "token": "access_token",
        "lifetime": "life",
        "refresh": {"post": "/refresh", "json": {"refresh_token": "{{ refresh_token }}"}},
        "refresh_token": "refresh_token",
        "query": {"access_token": "{{ token }}"},
    }
    answers = [{"status": 200, "when": "code != `0`", "means": "expired"}]

    def answer(pbx, asked):
        if asked.path in {"/token", "/refresh"}:
            wanted = {"/token": ("password", SECRET), "/refresh": ("refresh_token", "refresh-token-1")}[asked.path]
            assert asked.json[wanted[0]] == wanted[1]
            count = pbx.count("POST")
            tokens = {"access_token": f"token-no-{count}", "refresh_token": f"refresh-token-{count}"}
            return Reply(200, {"code": 0, "life": 10, **tokens})
        if asked.query.get("access_token") != f"token-no-{pbx.count('POST')}":
            return Reply(200, {"code": 10004})
        return Reply(200, {"code": 0, "rows": [{"ext": "100", "who": ANN}]})

    told = []
    profile = make_profile(auth=auth, answers=answers, secrets={"key": "a key"})
    site = open_site(answer, profile, secrets={"key": "file:secret"})
    clock = [datetime.now(UTC)]
    log = lambda event, **facts: told.append(facts)  # noqa: E731
    backend = site.open(make_context(site.folder, "hq", now=lambda: clock[0], log=log))
    assert [entry.extension for entry in backend.fetch(Scope.everything())] == ["100"]
    clock[0] += timedelta(seconds=9.5)
    assert [entry.extension for entry in backend.fetch(Scope.everything())] == ["100"]
    assert [each.path for each in site.pbx.asked if each.method == "POST"] == ["/token", "/refresh"]
    assert not [word for word in ("token-no-", "refresh-token-", SECRET) if word in repr(told)]


def test_a_client_certificate_is_shown(open_site, tmp_path):
    names = "subjectAltName=IP:127.0.0.1"
    for name in ("server", "client"):
        made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "30", "-subj", f"/CN={name}"]
        made += ["-keyout", tmp_path / f"{name}.key", "-out", tmp_path / f"{name}.pem", "-addext", names]
        subprocess.run(made, check=True, capture_output=True)
    keys = tmp_path / "server.pem", tmp_path / "server.key"
    shown = {"client_certificate": tmp_path / "client.pem", "client_key": tmp_path / "client.key"}
    site = open_site(plain, None, keys, tmp_path / "client.pem", **shown)
    site.pbx.people["100"] = ANN
    with pytest.raises(BackendError, match="is not trusted"):
        read(site)
    backend = site.open(ca_file=tmp_path / "server.pem")
    assert [entry.member for entry in backend.fetch(Scope.everything())] == [ANN]


# -- what is wrong with a profile --------------------------------------------------------------------------------------


def test_each_mistake_is_named_at_its_place(tmp_path):
    file = tmp_path / "bad.yaml"
    file.write_text(
        "name: Bad\n"
        "can: [create_members]\n"
        "tables:\n"
        "  extensions:\n"
        "    list: {get: all}\n"
        "    items: 'rows['\n"
        "    fields: {extension: ext, member: {path: who, pattern: '('}}\n"
        "changes:\n"
        "  - {name: set, when: 'now !=', put: '/x/{{ extension }'}\n"
        "  - {name: both, put: /x, post: /y}\n"
        "answers: [{status: 200, means: perfect}]\n"
    )
    with pytest.raises(ConfigError) as caught:
        load_model(file, "bad.yaml", Profile)
    said = "\n".join(caught.value.problems)
    for place in ("bad.yaml:5:", "bad.yaml:6:", "bad.yaml:7:", "bad.yaml:9:", "bad.yaml:10:", "bad.yaml:11:"):
        assert place in said, said
    assert "path of JMESPath" in said
    assert "expression of Jinja2" in said
