"""What `linecard doctor` learns of a tenant: once, on what the administrator named, and put back."""

from __future__ import annotations

from dataclasses import asdict

import pytest

from linecard.api.backend import Can, Change, ChangeStatus, Entry, Holding, Scope
from linecard.testing import make_context
from rainbow.assumptions import Assumptions
from rainbow.faults import Fault

ADA, TEST = "ada@example.org", "test@example.org"
PROBE = {"extension": "1059", "member": TEST, "second": "1058"}
HELD = [Entry("1000", ADA, ("+33199001000",)), Entry("1058"), Entry("1059", None, ("+33199001059",))]


@pytest.fixture
def tenant(make_tenant):
    return make_tenant(*HELD, members=[TEST])


def probe(tenant, **options):
    backend = tenant.open(**{"assume": {}, "probe": PROBE} | options)
    try:
        return list(backend.probe())
    finally:
        backend.close()


def behave(tenant, **assumptions):
    tenant.world.assumptions = Assumptions(**asdict(tenant.world.assumptions) | assumptions)


@pytest.mark.parametrize("null_user", ["detaches", "ignored", "refused"])
@pytest.mark.parametrize("second_number", ["added", "replaces"])
def test_it_learns_how_the_tenant_behaves(tenant, null_user, second_number):
    """And then does it so, whatever it is; what it tried on is as it was."""
    behave(tenant, null_user=null_user, second_number=second_number)
    assert [finding.ok for finding in probe(tenant)] == [True] * 5
    backend = tenant.open(assume={})
    assert sorted(backend.fetch(Scope.everything())) == HELD
    assert (Can.SEVERAL in backend.can) == (second_number == "added")
    (result,) = backend.apply([Change(1, "hq", "1000", HELD[0].holding, Holding(None, HELD[0].numbers))])
    assert result.status is ChangeStatus.DONE
    assert tenant.holders() == {"1000": None, "1058": None, "1059": None}
    backend.close()


def test_it_asks_once(tenant):
    """What is known is not tried again."""
    probe(tenant)
    changes = tenant.count_requests("PUT")
    probe(tenant)
    assert tenant.count_requests("PUT") == changes


def test_without_a_name_nothing_is_tried(tenant):
    """And nothing is guessed: the extension keeps its holder, and a sentence says what to do."""
    *_, finding = probe(tenant, probe=None)
    assert (finding.ok, "probe" in finding.remedy) == (False, True)
    backend = tenant.open(assume={})
    (result,) = backend.apply([Change(1, "hq", "1000", HELD[0].holding, Holding(None, HELD[0].numbers))])
    backend.close()
    assert (result.status, tenant.count_requests("PUT")) == (ChangeStatus.FAILED, 0)
    assert "does not know yet" in result.words


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"extension": "1000"}, "held by somebody"),
        ({"extension": "1999"}, "no extension 1999"),
        ({"member": "nobody@example.org"}, "no member nobody@example.org"),
        ({"member": ADA}, "holds extension 1000"),
    ],
)
def test_it_does_not_touch_what_somebody_needs(tenant, named, words):
    *_, finding = probe(tenant, probe=PROBE | named)
    assert words in finding.message
    assert tenant.count_requests("PUT") == 0


@pytest.mark.parametrize("null_user", ["detaches", "ignored"])
@pytest.mark.parametrize("kind", ["lose_answer", "status"])
@pytest.mark.parametrize("skip", range(9))
def test_one_that_was_cut_off_is_taken_up_again(tenant, null_user, kind, skip):
    """Wherever: the next one puts back what the first has left, and learns the rest. Tenants that answer nothing for a
    while are not put back at once."""
    behave(tenant, null_user=null_user)
    tenant.world.faults.add(Fault(kind, method="PUT", skip=skip, status=503, times=2))
    probe(tenant)
    tenant.world.faults.clear()
    assert all(finding.ok for finding in probe(tenant))
    assert tenant.holders() == {"1000": ADA, "1058": None, "1059": None}
    assert [number.number for number in tenant.numbers()] == ["+33199001000", "", "+33199001059"]
    backend = tenant.open(assume={})
    assert Can.SEVERAL in backend.can
    backend.close()
    changes = tenant.count_requests("PUT")
    probe(tenant)
    assert tenant.count_requests("PUT") == changes


def test_an_extension_of_another_system_is_not_lost(tenant):
    """Mass provisioning would take it from the member too."""
    behave(tenant, null_user="ignored")
    other = tenant.world.tenant.add_system([tenant.company], "PBXother", "Branch")
    number = tenant.world.tenant.add_number(other, "2000")
    number.user_id = tenant.add_member(TEST)
    *_, finding = probe(tenant)
    assert "another system" in finding.message
    assert number.user_id == tenant.add_member(TEST)
    assert tenant.count_requests("PUT") == 0


def test_a_process_that_runs_already_learns_it(tenant):
    """The daemon was started before `linecard doctor` asked."""
    daemon = tenant.open(assume={})
    probe(tenant)
    (result,) = daemon.apply([Change(1, "hq", "1000", HELD[0].holding, Holding(None, HELD[0].numbers))])
    daemon.close()
    assert result.status is ChangeStatus.DONE


@pytest.mark.parametrize("kept", ["[]", "1", "null", '"x"', "", '{"tenant": 3}', '{"detach": "x"}', "{"])
def test_a_file_of_answers_that_is_none(tenant, kept):
    """It is asked again."""
    context = make_context(tenant.folder, "hq")
    context.state.mkdir(parents=True)
    (context.state / "tenant.json").write_text(kept)
    assert all(finding.ok for finding in probe(tenant))


def test_a_tenant_that_frees_nothing_is_told(tenant):
    """Neither way: linecard says so, and that the administrator has to unlink what it linked."""
    behave(tenant, null_user="ignored")
    tenant.world.faults.add(Fault("status", method="POST", path="massprovisioning", status=403, times=0))
    *_, finding = probe(tenant)
    assert not finding.ok
    assert "neither" in finding.message
    assert TEST in finding.remedy


def test_a_sheet_takes_all_extensions_of_a_member(tenant):
    """So it is not used where the member would lose another one."""
    behave(tenant, null_user="ignored")
    other = tenant.world.tenant.add_system([tenant.company], "PBXother", "Branch")
    tenant.world.tenant.add_number(other, "2000").user_id = tenant.add_member(ADA)
    backend = tenant.open(assume={"detach": "sheet"})
    (result,) = backend.apply([Change(1, "hq", "1000", HELD[0].holding, Holding(None, HELD[0].numbers))])
    backend.close()
    assert result.status is ChangeStatus.FAILED
    assert "other extensions" in result.words
    assert tenant.holders()["1000"] == ADA
