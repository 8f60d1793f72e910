"""A tenant that allows nothing but sheets: checked, imported, waited for, and read back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from linecard.api.backend import VACANT, BackendError, Change, ChangeStatus, Entry, Holding, Scope
from rainbow import provisioning_csv
from rainbow.faults import Fault
from rainbow.tenant import Licence

ADA, BOB, CY, DEE = (f"{name}@example.org" for name in ("ada", "bob", "cy", "dee"))
HELD = [Entry("1000"), Entry("1001", BOB, ("+33199001001",)), Entry("1002", CY), Entry("1003")]


@pytest.fixture
def tenant(make_tenant):
    made = make_tenant(*HELD, members=[ADA, DEE])
    made.world.provisioning.start_seconds = 0.05
    return made


def apply(tenant, *changes, **options):
    backend = tenant.open(**{"mode": "massprovisioning"} | options)
    try:
        return list(backend.apply(iter(changes)))
    finally:
        backend.close()


def change(seq, extension, after, numbers=()):
    before = next(entry.holding for entry in HELD if entry.extension == extension)
    return Change(seq, "hq", extension, before, Holding(after, tuple(numbers) or before.numbers))


def test_what_a_sheet_can_do(tenant):
    """Link with a number, take over, free; in one import, and each is read back."""
    wanted = [change(1, "1000", ADA, ["+33199001000"]), change(2, "1001", DEE), change(3, "1002", None)]
    results = apply(tenant, *wanted)
    assert [result.status for result in results] == [ChangeStatus.DONE] * 3
    assert tenant.holders() == {"1000": ADA, "1001": DEE, "1002": None, "1003": None}
    assert tenant.count_requests("PUT") == 0
    assert tenant.count_requests("POST") == 2


def test_what_builds_upon_another_goes_in_a_sheet_of_its_own(tenant):
    """Two people exchange their extensions: in which order one sheet is done, nobody says."""
    results = apply(
        tenant,
        change(1, "1001", None),
        Change(2, "hq", "1002", HELD[2].holding, Holding(BOB)),
        Change(3, "hq", "1001", Holding(None, HELD[1].numbers), Holding(CY, HELD[1].numbers)),
    )
    assert [result.status for result in results] == [ChangeStatus.DONE] * 3
    assert (tenant.holders()["1001"], tenant.holders()["1002"]) == (CY, BOB)


def test_the_same_sheet_twice(tenant):
    """Rainbow takes the same data once: the report of the last time is deleted, and the sheet is imported again."""
    for _ in range(2):
        (result,) = apply(tenant, change(1, "1000", ADA))
        assert result.status is ChangeStatus.DONE
        tenant.world.tenant.find_number(tenant.system, "1000").user_id = None
    assert tenant.count_requests("DELETE") == 1


def test_an_import_that_goes_on_is_waited_for_not_begun_again(tenant):
    """As after a kill: the same data is under way."""
    tenant.world.provisioning.start_seconds = 1.0
    tenant.world.faults.add(Fault("lose_answer", method="POST", path="imports\\?"))
    (result,) = apply(tenant, change(1, "1000", ADA))
    assert result.status is ChangeStatus.DONE
    assert len(tenant.world.provisioning.imports) == 1
    assert tenant.count_requests("POST") == 2


@pytest.mark.parametrize("looks_up", [True, False])
def test_a_line_that_fails_is_that_change(tenant, looks_up):
    """In Rainbow's words, whether the check finds it or the import; the others are done."""
    tenant.world.assumptions = replace(tenant.world.assumptions, check_looks_up=looks_up)
    backend = tenant.open(mode="massprovisioning")
    list(backend.members(Scope.everything()))
    tenant.world.tenant.remove_member(tenant.world.tenant.find_member(DEE))
    results = list(backend.apply([change(1, "1000", ADA), change(2, "1003", DEE)]))
    backend.close()
    assert [result.status for result in results] == [ChangeStatus.DONE, ChangeStatus.FAILED]
    assert "does not exist in the company" in results[1].words


def test_what_a_sheet_cannot_do_is_said(tenant):
    """Nothing is sent for it."""
    tenant.world.tenant.find_number(tenant.system, "1003").user_id = tenant.add_member(CY)
    results = apply(
        tenant,
        Change(1, "hq", "1000", VACANT, Holding(None, ("+33199001000",))),
        Change(2, "hq", "1001", HELD[1].holding, Holding(BOB)),
        change(3, "1002", None),
    )
    assert [result.status for result in results] == [ChangeStatus.FAILED] * 3
    assert "other extensions" in results[2].words
    assert tenant.count_requests("POST") == 0


def test_what_moved_meanwhile_is_stale(tenant):
    tenant.world.tenant.find_number(tenant.system, "1000").user_id = tenant.add_member(BOB)
    (result,) = apply(tenant, change(1, "1000", ADA))
    assert result.status is ChangeStatus.STALE


def test_an_agent_that_is_away_fails_the_line(tenant):
    """The report says so, and what Rainbow shows decides."""
    tenant.system.agent = "absent"
    (result,) = apply(tenant, change(1, "1000", ADA))
    assert (result.status, "agent" in result.words) == (ChangeStatus.FAILED, True)


def test_a_tenant_without_mass_provisioning(tenant):
    tenant.world.faults.add(Fault("status", method="POST", path="massprovisioning", status=403, times=0))
    with pytest.raises(BackendError, match="403"):
        apply(tenant, change(1, "1000", ADA))


@pytest.mark.parametrize("options", [{}, {"mode": "rest", "assume": {"detach": "sheet"}}])
def test_a_sheet_of_which_nobody_knows_whether_it_was_taken(tenant, options):
    """No row of it is said to have failed: it may still be imported, and reading tells."""
    tenant.world.faults.add(Fault("html", method="POST", path="imports\\?", status=502))
    with pytest.raises(BackendError, match="import by mass provisioning"):
        apply(tenant, change(1, "1002", None), **options)
    assert tenant.count_requests("POST") == 2


@pytest.mark.parametrize("login", ["%a@x.example", "a%b@x.example", "a;b@x.example", 'a"b@x.example', "=a@x.example"])
def test_a_login_with_signs_of_the_sheet(tenant, login):
    """Delimiter, quote and comment are cells like any other."""
    tenant.add_member(login)
    (result,) = apply(tenant, change(1, "1000", login))
    assert (result.status, tenant.holders()["1000"]) == (ChangeStatus.DONE, login)


def test_an_extension_of_two_systems(tenant):
    """Which of them is meant, nobody can say."""
    other = tenant.world.tenant.add_system([tenant.company], "PBXother", "Branch")
    tenant.world.tenant.add_number(other, "1000")
    (result,) = apply(tenant, change(1, "1000", ADA), systems=["Headquarters", "Branch"])
    assert (result.status, "2 systems" in result.words) == (ChangeStatus.FAILED, True)


@pytest.mark.parametrize("column", ["number", "pbxId"])
def test_a_cell_without_a_column_is_not_dropped(tenant, column, monkeypatch):
    """A tenant whose template has fewer columns: the row would mean something else."""
    fewer = [name for name in provisioning_csv.COLUMNS["device"] if name != column]
    monkeypatch.setitem(provisioning_csv.COLUMNS, "device", fewer)
    with pytest.raises(BackendError, match=f"no column for {column}"):
        apply(tenant, change(1, "1000", ADA, ["+33199001000"]))
    assert tenant.holders()["1000"] is None


class TestForecast:
    @pytest.mark.parametrize("fault", [Fault("status", status=500, times=0), Fault("html", times=0)])
    def test_a_check_that_nobody_asked_for_may_fail(self, tenant, fault):
        """Whatever the tenant makes of it: changes one by one do not need it."""
        tenant.world.faults.add(replace(fault, path="imports/check"))
        backend = tenant.open()
        assert backend.forecast([change(1, "1000", ADA)]).notes == ()
        backend.close()

    def test_licences_and_counts_are_told_before_anything_is_approved(self, tenant):
        """By Rainbow's own check, which changes nothing."""
        tenant.company.licences.append(Licence("Business", 20, 12))
        backend = tenant.open(mode="massprovisioning")
        found = backend.forecast([change(1, "1000", ADA), change(2, "1001", DEE), change(3, "1002", None)])
        backend.close()
        assert found.notes == (
            "Rainbow's own check: 1 attach, 1 force_attach, 1 detach.",
            "Licences Business: 12 of 20 in use, 12 afterwards.",
        )
        assert tenant.holders() == {"1000": None, "1001": BOB, "1002": CY, "1003": None}

    def test_a_tenant_without_mass_provisioning_has_no_say(self, tenant):
        """The plan is none the worse for it; how long it takes is told all the same."""
        tenant.world.faults.add(Fault("status", path="massprovisioning", status=403, times=0))
        backend = tenant.open()
        assert backend.forecast([change(1, "1000", ADA)]).notes == ()
        backend.close()

    def test_what_the_check_refuses_is_told(self, tenant):
        tenant.world.assumptions = replace(tenant.world.assumptions, check_looks_up=True)
        backend = tenant.open(mode="massprovisioning")
        unknown = Change(1, "hq", "1000", VACANT, Holding("nobody@example.org"))
        (note,) = backend.forecast([unknown]).notes
        backend.close()
        assert "nobody@example.org does not exist" in note
