"""What goes wrong on the way to a PBX, and that nothing is lost, sent twice or tried too often."""

from __future__ import annotations

import threading
import time

import pytest

from integration.http.pbxs_under_test import SECRET, WAZO, HttpSite, fill_wazo
from linecard.api.backend import BackendError, Change, ChangeStatus, Entry, Holding, Scope
from linecard.testing import make_context
from linecard.testing.contexts import UnlimitedRateBudget
from pbxs.service import Fault, Reply, ServedPbx

ANN, BOB = "ann@example.org", "bob@example.org"
ENTRIES = [Entry("1000", ANN, ("+331990000",)), Entry("1001")]


@pytest.fixture
def site(tmp_path):
    with ServedPbx(fill_wazo(ENTRIES, [BOB])) as served, HttpSite(tmp_path / "site", served, **WAZO) as site:
        yield site


def take_over(site):
    return Change(1, "hq", "1000", Holding(ANN, ("+331990000",)), Holding(BOB, ("+331990000",)))


def apply(site, *changes, **options):
    return list(site.open(**options).apply(changes))


def holders(site):
    return {entry.extension: entry.member for entry in site.open().fetch(Scope.everything())}


WRITES = ["DELETE /users", "PUT /users"]


@pytest.mark.parametrize("write", WRITES)
def test_a_change_is_sent_once_whatever_becomes_of_it(site, write):
    """Done and not answered: it is found by reading, and the steps after it are taken."""
    method, _, path = write.partition(" ")
    site.pbx.faults.append(Fault("lose_answer", method, path))
    (result,) = apply(site, take_over(site))
    assert result.status is ChangeStatus.DONE
    assert [site.pbx.count(*each.split(" ")) for each in WRITES] == [1, 1]
    assert holders(site)["1000"] == BOB


@pytest.mark.parametrize("write", WRITES)
def test_a_change_that_may_still_come_about_is_unknown(site, write):
    """It was not done when linecard stopped looking, and is not sent again."""
    method, _, path = write.partition(" ")
    site.pbx.faults.append(Fault("lose_request", method, path))
    (result,) = apply(site, take_over(site))
    assert result.status is ChangeStatus.UNKNOWN
    assert "may still change" in result.words
    assert site.pbx.count(method, path) == 1


def test_a_change_that_comes_about_late_is_waited_for(site):
    site.pbx.faults.append(Fault("late", "PUT", "/users", seconds=0.4))
    (result,) = apply(site, take_over(site), settle=5)
    assert result.status is ChangeStatus.DONE
    assert site.pbx.count("PUT", "/users") == 1


def test_a_failure_in_the_form_of_the_api_is_over_at_once(site):
    """The PBX has said that it is done with the request: nobody waits for it."""
    site.pbx.faults.append(Fault("reply", "PUT", "/users", Reply(500, ["Unexpected error"])))
    begun = time.monotonic()
    (result,) = apply(site, take_over(site), settle=60)
    assert result.status is ChangeStatus.FAILED
    assert "It shows held by nobody with +331990000" in result.words
    assert time.monotonic() - begun < 10


def test_a_refusal_half_way_says_what_was_made(site):
    site.pbx.faults.append(Fault("reply", "PUT", "/users", Reply(400, ["Resource Error - no licence"])))
    (result,) = apply(site, take_over(site))
    assert result.status is ChangeStatus.FAILED
    assert result.words.startswith("Resource Error - no licence; some of it was made: 1000 is held by nobody")


def test_lost_answers_again_and_again_end_a_run(tmp_path):
    """A gateway answers for a PBX that does not: the run waits, and nothing goes on in the dark."""
    entries = [Entry(str(1000 + n), f"m{n}@example.org") for n in range(6)]
    with ServedPbx(fill_wazo(entries, [])) as served, HttpSite(tmp_path / "site", served, **WAZO) as site:
        served.pbx.faults.append(Fault("reply", "DELETE", "/users", Reply(502, b"<html>", kind="text/html"), times=99))
        changes = [Change(n + 1, "hq", e.extension, e.holding, Holding(None)) for n, e in enumerate(entries)]
        with pytest.raises(BackendError, match="3 changes in a row"):
            apply(site, *changes, settle=0)
        assert served.pbx.count("DELETE") == 3


def test_reads_are_sent_again(site):
    """After a connection that was lost, a page of a proxy and an error of a gateway."""
    site.pbx.faults += [Fault("lose_answer", "GET"), Fault("reply", "GET", reply=Reply(502, b"<html>"))]
    assert holders(site)["1000"] == ANN


def test_a_page_of_a_portal_is_no_empty_pbx(site):
    site.pbx.faults.append(Fault("reply", "GET", reply=Reply(200, b"<html>sign in</html>", kind="text/html"), times=99))
    with pytest.raises(BackendError, match="is not its API: it sent text/html"):
        holders(site)


def test_too_many_requests_are_waited_for_by_everybody(site):
    """As long as Retry-After says; a change that was refused so was not made, and is sent again."""
    site.pbx.faults.append(Fault("reply", "PUT", "/users", Reply(429, None, {"Retry-After": "7"})))
    budget = UnlimitedRateBudget()
    context = make_context(site.folder, "hq", rate_budget=lambda *_: budget)
    (result,) = list(site.open(context).apply([take_over(site)]))
    assert result.status is ChangeStatus.DONE
    assert budget.holds == [7.0]
    assert budget.taken == len(site.pbx.asked)


# -- logins ------------------------------------------------------------------------------------------------------------


def test_one_login_serves_all_processes(site):
    for _ in range(3):
        holders(site)
    assert site.pbx.logins == 1
    assert (next((site.folder / "state" / "http").iterdir()) / "token.json").stat().st_mode & 0o077 == 0


def test_a_token_that_is_not_taken_any_more_is_renewed_once(site):
    """In the middle of a change, too: 401 means that nothing was done."""
    backend = site.open()
    list(backend.fetch(Scope.everything()))
    site.pbx.tokens.clear()
    (result,) = list(backend.apply([take_over(site)]))
    assert result.status is ChangeStatus.DONE
    assert site.pbx.logins == 2
    site.pbx.faults.append(Fault("reply", "GET", "/extensions", Reply(401, ["no"]), times=99))
    with pytest.raises(BackendError, match="does not answer"):
        list(backend.fetch(Scope.everything()))
    assert site.pbx.logins == 3


def test_workers_log_in_together(site):
    backend = site.open()
    threads = [threading.Thread(target=lambda: list(backend.fetch(Scope.everything()))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert site.pbx.logins == 1


def test_credentials_that_were_refused_are_tried_once(site):
    """By any process, until they are others: some PBXs lock out who tries again."""
    (site.folder / "secret").write_text("wrong")
    with pytest.raises(BackendError, match="refuses the login"):
        holders(site)
    with pytest.raises(BackendError, match="does not try the same again"):
        holders(site)
    assert site.pbx.logins == 1
    (site.folder / "secret").write_text(SECRET)
    assert holders(site)["1000"] == ANN


def test_no_secret_is_told(site):
    """In no log, whatever the PBX answers; and what is told says what was sent, what came and what it meant."""
    told = []
    log = lambda event, **facts: told.append({"event": event, **facts})  # noqa: E731
    list(site.open(make_context(site.folder, "hq", log=log)).fetch(Scope.everything()))
    text = repr(told)
    assert SECRET not in text
    assert not [token for token in site.pbx.tokens if token in text]
    assert [each["came"] for each in told if '"password", "' in each.get("came", "")] != []
    assert [each["came"] for each in told if '"password", "p"' in each.get("came", "")] == []
    asked = [each for each in told if each["event"] == "asked the PBX"]
    assert {each["request"] for each in asked} == {"login", "extensions", "lines", "members", "numbers", "incalls"}
    assert {each["understood"] for each in asked} == {"good"}
    assert ANN in text
