"""The records of linecard's own backends are of their code as it is, and say no more than the suite shows."""

from __future__ import annotations

import importlib

import pytest

from house import tiers
from house.record_check import RecordCheck
from linecard.registry import Registry
from linecard.testing.recorder import KIND
from linecard.testing.tiers import PASSED, find_record, is_proven, read_results


def test_each_backend_has_a_suite():
    """And so a record."""
    assert {kind.name for plugin in Registry().list_plugins() for kind in plugin.backends} == set(tiers.SUITES)


@pytest.mark.parametrize("kind", tiers.SUITES)
def test_each_record_is_of_the_code_as_it_is(kind):
    """Else: make tiers. It runs the suite over the backends whose code has changed."""
    assert tiers.proof(kind).tier is not None, tiers.proof(kind).missing


@pytest.mark.parametrize("kind", tiers.SUITES)
def test_a_record_claims_nothing_that_no_test_of_the_backend_tries(kind):
    """What is said to have passed is a test that is run on this backend."""
    tried = set()
    for module in tiers.SUITES[kind]:
        for value in vars(importlib.import_module(f"contract.{module.removesuffix('.py')}")).values():
            if isinstance(value, type) and getattr(value, "kind", "") == kind:
                tried |= {name for name in dir(value) if name.startswith("test_")}
    said = read_results(find_record(tiers.place(kind)), kind)
    assert {test for test, result in said.items() if is_proven(result)} <= tried


class Session:
    """As much of a session as is looked at."""

    exitstatus = pytest.ExitCode.OK


def report(kind, test, outcome):
    return pytest.TestReport(
        f"x.py::{test}", ("x.py", 1, test), {}, outcome, None, "call", user_properties=[(KIND, f"{kind}:{test}")]
    )


@pytest.mark.parametrize("lacking", ["not run", "failed"])
def test_a_whole_run_fails_where_a_record_says_more_than_it_has_shown(lacking):
    """Each test of the record ran, but one."""
    kind = "directory"
    check, session = RecordCheck((kind,)), Session()
    said = [test for test, result in read_results(find_record(tiers.place(kind)), kind).items() if is_proven(result)]
    for test in said[1:]:
        check.pytest_runtest_logreport(report(kind, test, PASSED))
    if lacking == "failed":
        check.pytest_runtest_logreport(report(kind, said[0], "failed"))
    check.pytest_sessionfinish(session)
    assert session.exitstatus == pytest.ExitCode.TESTS_FAILED
    (claim,) = check.claims
    assert said[0] in claim
    assert claim.endswith(f"This run: {lacking}.")
    check = RecordCheck((kind,))
    for test in said:
        check.pytest_runtest_logreport(report(kind, test, PASSED))
    session.exitstatus = pytest.ExitCode.OK
    check.pytest_sessionfinish(session)
    assert (session.exitstatus, check.claims) == (pytest.ExitCode.OK, [])
