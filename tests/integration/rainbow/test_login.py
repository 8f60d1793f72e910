"""Who linecard is to Rainbow: tokens that are kept, shared and renewed, and credentials that are tried once."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from linecard.api.backend import BackendError, Change, Entry, Holding, Scope
from linecard.testing import make_context
from rainbow.accounts import Lock
from rainbow.examples import ADMINISTRATOR, PASSWORD
from rainbow.faults import Fault

HELD = Entry("1000", "ada@example.org")


@pytest.fixture
def tenant(make_tenant):
    return make_tenant(HELD)


def fetch(tenant, context=None, **options):
    backend = tenant.open(context, **options)
    try:
        return list(backend.fetch(Scope.everything()))
    finally:
        backend.close()


class Clock:
    def __init__(self):
        self.now = datetime.now(UTC)

    def time(self):
        return self.now

    def seconds(self):
        return self.now.timestamp()


def logins(tenant):
    return tenant.world.accounts.issued, tenant.world.accounts.failed


class TestToken:
    def test_one_login_serves_every_process_of_the_site(self, tenant):
        """The token lies in a folder of the account, for linecard's eyes only."""
        assert [fetch(tenant) for _ in range(3)] == [[HELD]] * 3
        assert logins(tenant) == (1, 0)
        (file,) = tenant.folder.glob("state/rainbow/*/token.json")
        assert file.stat().st_mode & 0o777 == 0o600
        assert file.parent.stat().st_mode & 0o777 == 0o700

    def test_it_is_renewed_in_the_second_half_of_its_life(self, tenant):
        """And logged in anew where it cannot be renewed any more."""
        clock = Clock()
        tenant.world.now = clock.seconds
        context = make_context(tenant.folder, "hq", now=clock.time)
        for _ in range(12):
            assert fetch(tenant, context) == [HELD]
            clock.now += timedelta(hours=7)
        accounts = tenant.world.accounts
        assert (accounts.renewed, accounts.issued) == (10, 2)

    def test_one_that_runs_out_on_the_way_is_replaced(self, tenant):
        """Rainbow says `jwt expired`: one more login, and the request is sent again."""
        backend = tenant.open()
        assert list(backend.fetch(Scope.everything())) == [HELD]
        tenant.world.accounts.tokens.clear()
        assert list(backend.fetch(Scope.everything())) == [HELD]
        backend.close()
        assert logins(tenant) == (2, 0)

    def test_a_file_that_was_cut_off_is_no_harm(self, tenant):
        fetch(tenant)
        (file,) = tenant.folder.glob("state/rainbow/*/token.json")
        file.write_text('{"account": "op')
        assert fetch(tenant) == [HELD]

    def test_one_of_another_account_is_not_taken(self, tenant):
        fetch(tenant)
        (file,) = tenant.folder.glob("state/rainbow/*/token.json")
        file.write_text(json.dumps(json.loads(file.read_text()) | {"account": "elsewhere"}))
        assert fetch(tenant) == [HELD]
        assert logins(tenant) == (2, 0)

    @pytest.mark.parametrize("hours", [-48, 14, 48])
    def test_a_clock_that_is_wrong_costs_no_login(self, tenant, hours):
        """What counts is how long the token has been here, and not what time it is at Rainbow."""
        skewed = timedelta(hours=hours)
        context = make_context(tenant.folder, "hq", now=lambda: datetime.now(UTC) + skewed)
        for _ in range(3):
            assert fetch(tenant, context) == [HELD]
        assert logins(tenant) == (1, 0)

    @pytest.mark.parametrize("kind", ["lose_answer", "html", "status"])
    def test_one_that_cannot_be_renewed_is_used_on(self, tenant, kind):
        """While it lasts, and without asking for another at each request."""
        clock = Clock()
        tenant.world.now = clock.seconds
        context = make_context(tenant.folder, "hq", now=clock.time)
        assert fetch(tenant, context) == [HELD]
        tenant.world.faults.add(Fault(kind, path="/renew", times=0, status=503))
        clock.now += timedelta(hours=7)
        assert [fetch(tenant, context) for _ in range(3)] == [[HELD]] * 3
        assert sum("/renew" in request.target for request in tenant.world.requests) == 1
        assert logins(tenant) == (1, 0)

    @pytest.mark.parametrize("wrong", [{"app_id": "f" * 32}, {"password": "file:app"}])
    def test_it_serves_only_those_who_logged_in(self, tenant, wrong):
        """A mistake in the configuration shows at once, and not when the token has run out."""
        tenant.world.accounts.accept_any_application = False
        assert fetch(tenant) == [HELD]
        with pytest.raises(BackendError, match="401"):
            fetch(tenant, **wrong)


class TestWrongCredentials:
    @pytest.mark.parametrize(("kind", "status"), [("lose_answer", 0), ("html", 502), ("garbled", 0)])
    def test_a_login_whose_answer_is_lost_is_not_sent_again(self, tenant, kind, status):
        """Rainbow may have counted it."""
        (tenant.folder / "password").write_text("wrong")
        tenant.world.faults.add(Fault(kind, path="/login", times=0, status=status))
        with pytest.raises(BackendError, match="log in"):
            fetch(tenant)
        assert sum("/login" in request.target for request in tenant.world.requests) == 1

    def test_a_change_for_which_nobody_could_log_in_was_not_sent(self, tenant):
        """So that nobody looks for it, and it is not said to be unknown."""
        backend = tenant.open()
        list(backend.fetch(Scope.everything()))
        tenant.world.faults.add(Fault("edit", method="GET", path="shortNumber=1000", edit={"do": "log_out"}))
        tenant.world.faults.add(Fault("html", path="/login", status=502))
        with pytest.raises(BackendError, match="log in"):
            list(backend.apply([Change(1, "hq", "1000", HELD.holding, Holding(None))]))
        backend.close()
        assert tenant.holders()["1000"] == HELD.member

    def test_they_are_tried_once(self, tenant):
        """Rainbow locks an account after five; linecard knows after one, for every PBX and process."""
        (tenant.folder / "password").write_text("wrong")
        for name in ("hq", "hq", "branch", "hq"):
            with pytest.raises(BackendError, match="401500") as caught:
                fetch(tenant, make_context(tenant.folder, name))
            assert "password" in str(caught.value.remedy) or "linecard.yaml" in caught.value.remedy
        assert logins(tenant) == (0, 1)

    def test_others_are_tried(self, tenant):
        """When the configuration changes."""
        (tenant.folder / "password").write_text("wrong")
        with pytest.raises(BackendError):
            fetch(tenant)
        (tenant.folder / "password").write_text(PASSWORD)
        assert fetch(tenant) == [HELD]

    def test_so_is_a_wrong_application(self, tenant):
        tenant.world.accounts.accept_any_application = False
        for _ in range(3):
            with pytest.raises(BackendError, match="application"):
                fetch(tenant, app_id="f" * 32)
        assert sum("/login" in request.target for request in tenant.world.requests) == 1

    def test_a_locked_account_is_left_in_peace_for_an_hour(self, tenant):
        """A wrong attempt would begin the hour again, and so would a right one be refused."""
        clock = Clock()
        tenant.world.now = clock.seconds
        context = make_context(tenant.folder, "hq", now=clock.time)
        lock = tenant.world.accounts.locks.setdefault(ADMINISTRATOR, Lock())
        lock.locked_until = clock.seconds() + 3600
        for _ in range(4):
            with pytest.raises(BackendError, match="locked"):
                fetch(tenant, context)
            clock.now += timedelta(minutes=10)
        assert sum("/login" in request.target for request in tenant.world.requests) == 1
        clock.now += timedelta(minutes=30)
        assert fetch(tenant, context) == [HELD]

    def test_nothing_in_the_folder_tells_them(self, tenant):
        """Neither the password nor what could be compared with guesses in a hurry."""
        (tenant.folder / "password").write_text("a wrong secret")
        with pytest.raises(BackendError):
            fetch(tenant)
        kept = "".join(file.read_text() for file in tenant.folder.glob("state/rainbow/*/*.json"))
        assert "a wrong secret" not in kept


class TestApiKey:
    def test_it_needs_no_login(self, tenant):
        member = tenant.world.tenant.find_member(ADMINISTRATOR)
        tenant.world.accounts.add_key(member, "key-1")
        file = tenant.folder / "key"
        file.touch(mode=0o600)
        file.write_text("key-1")
        options = {"login": None, "password": None, "api_key": "file:key"}
        assert fetch(tenant, **options) == [HELD]
        assert logins(tenant) == (0, 0)
        tenant.world.accounts.keys.clear()
        for _ in range(3):
            with pytest.raises(BackendError, match="API key"):
                fetch(tenant, **options)
        assert sum(request.status == 401 for request in tenant.world.requests) == 1

    @pytest.mark.parametrize("key", ["cl\u00e9-of-somebody", "key\nof-somebody", "key-of-somebody\0"])
    def test_one_that_can_be_none_is_not_told(self, tenant, key):
        """Nor sent: what refuses it would repeat it."""
        file = tenant.folder / "key"
        file.touch(mode=0o600)
        file.write_text(key)
        with pytest.raises(BackendError, match="API key") as caught:
            fetch(tenant, login=None, password=None, api_key="file:key")
        assert "of-somebody" not in f"{caught.value} {caught.value.remedy}"
        assert tenant.world.requests == []


class TestWhatComesBack:
    def test_a_suspended_company(self, tenant):
        company = tenant.world.tenant.companies
        company[tenant.company.id].is_active = False
        with pytest.raises(BackendError, match="401521") as caught:
            fetch(tenant)
        assert "suspended" in caught.value.remedy

    def test_an_account_that_is_no_administrator(self, tenant):
        tenant.world.tenant.find_member(ADMINISTRATOR).roles = ("user",)
        with pytest.raises(BackendError, match="403000") as caught:
            fetch(tenant)
        assert "administrator" in caught.value.remedy

    def test_an_administrator_without_rights_on_the_system(self, tenant):
        tenant.world.tenant.find_member(ADMINISTRATOR).managed_systems = frozenset()
        with pytest.raises(BackendError, match="403301") as caught:
            fetch(tenant)
        assert "Assign the administrator" in caught.value.remedy
        assert tenant.count_requests("PUT") == 0

    def test_a_host_that_is_not_rainbow(self, tenant):
        """A portal that answers everything with a page."""
        tenant.world.faults.add(Fault("html", times=0))
        with pytest.raises(BackendError, match="not Rainbow's API") as caught:
            fetch(tenant)
        assert "host" in caught.value.remedy

    @pytest.mark.parametrize("host", ["127.0.0.1:1", "localhost:1", "[::1]:1"])
    def test_a_host_where_nobody_is(self, tenant, host):
        with pytest.raises(BackendError, match="cannot be reached") as caught:
            fetch(tenant, host=host)
        assert "host" in caught.value.remedy

    @pytest.mark.parametrize("address", ["[:::::]", "a..b", "openrainbow.com:70000", "x" * 64 + ".example", "a:0"])
    def test_a_host_that_cannot_be(self, tenant, address):
        """Said where the configuration is read."""
        for option in ({"host": address}, {"proxy": f"http://{address}"}):
            with pytest.raises(ValidationError, match="expected"):
                tenant.make_options(**option)

    def test_a_proxy_where_nobody_is(self, tenant):
        with pytest.raises(BackendError, match="cannot be reached through") as caught:
            fetch(tenant, proxy="http://127.0.0.1:1")
        assert "proxy" in caught.value.remedy

    def test_a_page_in_place_of_a_refusal(self, tenant):
        """Its HTML is not told."""
        tenant.world.faults.add(Fault("html", times=0, status=404))
        with pytest.raises(BackendError, match="with a page of HTML") as caught:
            fetch(tenant)
        assert "<" not in str(caught.value)

    def test_a_certificate_of_nobody(self, tenant):
        with pytest.raises(BackendError, match="not trusted") as caught:
            fetch(tenant, ca_file=None)
        assert "ca_file" in caught.value.remedy

    def test_a_system_that_is_not_there(self, tenant):
        with pytest.raises(BackendError, match="no system PBXnowhere") as caught:
            fetch(tenant, systems=["PBXnowhere"])
        assert tenant.system.pbx_id in caught.value.remedy

    def test_a_name_that_two_systems_share(self, tenant):
        tenant.world.tenant.add_system([tenant.company], tenant.system.pbx_id, "Second")
        with pytest.raises(BackendError, match="2 systems of the company"):
            fetch(tenant)

    def test_two_systems_with_the_same_extension(self, tenant):
        """Side by side in one PBX they would be one."""
        other = tenant.world.tenant.add_system([tenant.company], "PBXother", "Branch")
        tenant.world.tenant.add_number(other, "1000")
        with pytest.raises(BackendError, match="1000 is on"):
            fetch(tenant, systems=["Headquarters", "Branch"])

    def test_several_systems_by_their_names(self, tenant):
        other = tenant.world.tenant.add_system([tenant.company], "PBXother", "Branch")
        tenant.world.tenant.add_number(other, "2000")
        assert fetch(tenant, systems=["Headquarters", "Branch"]) == [HELD, Entry("2000")]

    def test_a_holder_who_cannot_be_seen(self, tenant):
        """A member of another company on a shared PBX: held, by somebody."""
        elsewhere = tenant.world.tenant.add_company("Neighbour")
        stranger = tenant.world.tenant.add_member(elsewhere, "nele@example.net")
        tenant.world.tenant.find_number(tenant.system, "1000").user_id = stranger.id
        assert fetch(tenant) == [HELD._replace(member=f"user:{stranger.id}")]
